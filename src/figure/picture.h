/** Pictures of a training: what `replay` computes, drawn. Any number of them stand on one page, still or as
 * the frame of a film. Ranges that are to stay the same over all frames of a film are given; NaN takes those
 * of the frame. */
#ifndef TAU_FIGURE_PICTURE_H
#define TAU_FIGURE_PICTURE_H

#include "figure/figure.h"
#include "replay/features.h"
#include "replay/histogram.h"
#include "replay/learner.h"
#include "replay/violins.h"

typedef enum tau_picture_kind {
    TAU_PICTURE_KIND_FEATURES,       /**< a feature space or a decision boundary */
    TAU_PICTURE_KIND_PROBABILITY,    /**< right and wrong by probability, one diagram a class */
    TAU_PICTURE_KIND_DISTRIBUTION,   /**< all predicted probabilities */
    TAU_PICTURE_KIND_CURVES,         /**< loss and metrics over the epochs, with a dot at the current one */
    TAU_PICTURE_KIND_LOSS_HISTOGRAM, /**< losses of single samples */
    TAU_PICTURE_KIND_VIOLINS,        /**< weights, activations, z-values or gradients by layer */
    TAU_PICTURE_KIND_LEARNER,        /**< a line that learns its data: three diagrams */
    TAU_PICTURE_KIND_CONFUSION,      /**< true against decided classes */
} tau_picture_kind;

typedef struct tau_features_picture {
    const tau_feature_frame *frame;
    double low[3], high[3];       /**< of the axes; NaN = of the frame */
    double value_low, value_high; /**< of a regression's values, for colours; NaN = of the frame */
    double azimuth;               /**< degrees by which three dimensions are turned */
} tau_features_picture;

typedef struct tau_probability_picture {
    const tau_probability_frame *frame;
    int class_index; /**< -1 = all */
} tau_probability_picture;

#define TAU_PICTURE_METRICS_MAX 8

/** All series are [count]. */
typedef struct tau_curves_picture {
    size_t count;
    const double *x;    /**< epochs or steps, ascending */
    const char *x_name; /**< "Epoch" */
    size_t current;     /**< index of the dots; `count` or more = none */
    const double *loss; /**< on the right axis, on the left where there is no metric; or NULL */
    const char *loss_name;
    const double *penalty;   /**< on the axis of the loss, or NULL */
    const bool *significant; /**< where the penalty is a tenth of the total or more: marked; or NULL */
    size_t metric_count;
    const double *metrics[TAU_PICTURE_METRICS_MAX]; /**< on the left axis */
    const char *metric_names[TAU_PICTURE_METRICS_MAX];
    bool unit_range; /**< the metrics' axis is 0..1 */
    bool log_loss;
} tau_curves_picture;

typedef struct tau_violins_picture {
    const tau_violin_frame *frame;
    double low, high; /**< NaN = of the frame */
} tau_violins_picture;

typedef struct tau_confusion_picture {
    int class_count;
    const uint64_t *matrix;    /**< [classes, classes] true × decided */
    const uint64_t *undecided; /**< [classes], or NULL */
    tau_moment moment;
} tau_confusion_picture;

/** @lifetime everything is borrowed for tau_page_create */
typedef struct tau_picture {
    tau_picture_kind kind;
    const char *title;         /**< NULL = its own */
    const char *group;         /**< of which training, before the title; NULL = not said */
    int row_span, column_span; /**< cells of each of its diagrams; 0 = chosen */
    union {
        tau_features_picture features;
        tau_probability_picture probability;
        const tau_probability_frame *distribution;
        tau_curves_picture curves;
        const tau_loss_frame *loss_histogram;
        tau_violins_picture violins;
        const tau_learner_frame *learner;
        tau_confusion_picture confusion;
    };
} tau_picture;

/** A page of pictures that is ready to be drawn. */
typedef struct tau_page tau_page;

/** Places pictures in the cells of a page, in their order, row by row; feature spaces, boundaries and
 * learners take 2 × 2 cells where the others still find room: four pictures in 2 × 4 cells become
 * DeepReplay's composition.
 *  @param[in] options  size, font, style, transparency and colour map count
 *  @param[in] rows, columns  0 = chosen   @param[in] title, footer, recipe  or NULL
 *  @errors TAU_STATUS_USAGE (sizes; too few cells; no room), TAU_STATUS_MISSING (font), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_page_create(tau_page **out, const tau_figure_options *options,
                                     const tau_picture *pictures, size_t count, int rows, int columns,
                                     const char *title, const char *footer, const char *recipe);
void tau_page_destroy(tau_page *page);

/** As tau_figure_encode and tau_figure_write. */
TAU_CHECK tau_status tau_page_encode(const tau_page *page, tau_figure_format format, uint8_t **bytes,
                                     size_t *size);
TAU_CHECK tau_status tau_page_write(const tau_page *page, const char *path, tau_figure_format format);

/** Size as pixels. */
void tau_page_get_size(const tau_page *page, int *width, int *height);

/** Draws a frame of a film. @param[out] pixels  [height,width] words of 0xffRRGGBB, caller-owned: on a
 * little-endian machine TAU_PIXEL_ORDER_BGRA */
TAU_CHECK tau_status tau_page_render(const tau_page *page, uint32_t *pixels);

#endif
