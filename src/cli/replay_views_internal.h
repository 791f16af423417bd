/** One picture of a training: its settings and what replay computes for it. Private to replay_views*.c. */
#ifndef TAU_CLI_REPLAY_VIEWS_INTERNAL_H
#define TAU_CLI_REPLAY_VIEWS_INTERNAL_H

#include "cli/figure_spec.h"
#include "cli/replay_views.h"
#include "replay/curves.h"

typedef struct view view;

/** A kind of figure. */
typedef struct view_kind {
    const char *name;
    const char *keys[12]; /**< settings of its own; "title" and "span" go with all */
    tau_status (*create)(tau_replay_views *views, view *v);
    tau_status (*compute)(tau_replay_views *views, view *v, size_t state, tau_picture *out);
} view_kind;

struct view {
    const view_kind *kind;
    tau_figure_spec spec;
    int row_span, column_span;
    bool common_scale;
    char *list; /**< names that were split */
    tau_features *features;
    tau_probabilities *probabilities;
    tau_loss_histogram *losses;
    tau_violins *violins;
    tau_learner *learner;
    int class_index;
    const char *metrics[TAU_PICTURE_METRICS_MAX + 1]; /**< as tau_curves_measure takes them */
    char *expanded[TAU_PICTURE_METRICS_MAX];          /**< definitions put in; owned */
    char labels[TAU_PICTURE_METRICS_MAX][64];
    size_t metric_count;
    double *values[TAU_PICTURE_METRICS_MAX]; /**< [states] each */
    double *x, *penalty;                     /**< [states] */
    bool *significant;
    bool with_loss, log;
    double low[3], high[3];
    union { /**< what the picture borrows */
        tau_feature_frame feature;
        tau_probability_frame probability;
        tau_loss_frame loss;
        tau_violin_frame violin;
        tau_learner_frame lesson;
    } frame;
};

struct tau_replay_views {
    tau_replay *replay;
    const tau_replay_views_options *options; /**< while being created */
    bool film, log;
    double turn;
    tau_curves *curves; /**< made when first wanted */
    view *views;
    size_t count, capacity;
    tau_picture *pictures; /**< [count] */
};

extern const view_kind tau_view_kinds[];

/** Curves of the replay, made at first use. */
TAU_CHECK tau_status tau_views_get_curves(tau_replay_views *views, const tau_curve_table **table);

TAU_CHECK tau_status tau_view_create_metrics(tau_replay_views *views, view *v);
TAU_CHECK tau_status tau_view_measure(tau_replay_views *views, view *v);
TAU_CHECK tau_status tau_view_compute_metrics(tau_replay_views *views, view *v, size_t state,
                                              tau_picture *out);
TAU_CHECK tau_status tau_view_create_confusion(tau_replay_views *views, view *v);
TAU_CHECK tau_status tau_view_compute_confusion(tau_replay_views *views, view *v, size_t state,
                                                tau_picture *out);

#endif
