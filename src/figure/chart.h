/** Diagrams of any kind: axes, shapes in the units of the axes, a legend. Pictures are built of them and
 * pages place them. Private to the figure module; tests look at it. */
#ifndef TAU_FIGURE_CHART_H
#define TAU_FIGURE_CHART_H

#include "figure/layout.h"
#include "figure/theme.h"
#include "figure/ticks.h"

typedef struct tau_chart_axis {
    const char *name; /**< or NULL */
    double lo, hi;    /**< log10 of the values where logarithmic; lo < hi */
    bool log;
    bool whole;              /**< ticks at whole numbers only */
    size_t category_count;   /**< > 0: names at 0, 1, 2 … in place of ticks */
    const char **categories; /**< [category_count] */
    bool hidden;             /**< neither ticks nor name */
    tau_ticks ticks;         /**< decided by the page; empty with categories */
} tau_chart_axis;

typedef enum tau_chart_shape_kind {
    TAU_CHART_SHAPE_KIND_LINE, /**< a point that is not finite interrupts it */
    TAU_CHART_SHAPE_KIND_AREA, /**< a closed polygon */
    TAU_CHART_SHAPE_KIND_DOTS,
    TAU_CHART_SHAPE_KIND_IMAGE, /**< between points[0] (top left) and points[1] (bottom right) */
} tau_chart_shape_kind;

/** Stripes say what colours say. */
typedef enum tau_hatch {
    TAU_HATCH_NONE,
    TAU_HATCH_RISING,
    TAU_HATCH_FALLING,
} tau_hatch;

/** How a shape looks. */
typedef struct tau_look {
    tau_color color;
    double opacity;    /**< of lines and areas; 0 = 1 */
    double width;      /**< of a line, in widths of data lines; 0 = 1 */
    size_t dash;       /**< series whose dashes a line has; 0 = solid */
    tau_hatch hatch;   /**< of an area */
    bool outline;      /**< of an area: stroked in its colour too */
    tau_marker marker; /**< of dots */
    double size;       /**< of dots, in radii of markers; 0 = 1 */
    bool rim;          /**< of dots: a rim of paper */
} tau_look;

typedef struct tau_chart_shape {
    tau_chart_shape_kind kind;
    tau_look look;
    bool right;          /**< y is on the right axis */
    size_t count;        /**< points */
    double (*points)[2]; /**< the chart's */
    cairo_surface_t *image;
} tau_chart_shape;

/** A text at a place of the diagram. */
typedef struct tau_chart_text {
    double x, y;
    double
        align_x; /**< which part of it stands there: 0 = its left end, 0.5 = its middle, 1 = its right end */
    const char *text;
    tau_color color;
    bool plate; /**< on a plate of paper */
} tau_chart_text;

typedef enum tau_key_kind {
    TAU_KEY_KIND_LINE,
    TAU_KEY_KIND_AREA,
    TAU_KEY_KIND_DOTS,
    TAU_KEY_KIND_NOTE, /**< words alone */
} tau_key_kind;

/** One entry of the legend above the plot. */
typedef struct tau_chart_key {
    tau_key_kind kind;
    tau_look look;
    const char *text;
    tau_rect place; /**< of the symbol, decided by the page */
} tau_chart_key;

typedef struct tau_chart {
    const char *title; /**< or NULL */
    tau_chart_axis x, y, right;
    bool has_right;
    bool boxed;                /**< a frame all around; else only the axes used */
    bool square;               /**< one unit of x is as long as one of y */
    int row_span, column_span; /**< at least 1 */
    bool is_large;             /**< would like 2 × 2 cells where there is room */
    tau_chart_shape *shapes;
    size_t shape_count, shape_capacity;
    tau_chart_text *texts;
    size_t text_count, text_capacity;
    tau_chart_key *keys;
    size_t key_count, key_capacity;
    void **blocks; /**< what the chart owns */
    size_t block_count, block_capacity;
    int row, column;           /**< decided by the page */
    tau_rect plot;             /**< decided by the page: inside the axes */
    double cell_x, cell_width; /**< with what stands left and right of the plot */
    double slot_x, slot_width; /**< what the title and legend may use: the plot before it was made square */
} tau_chart;

void tau_chart_release(tau_chart *chart);

/** Memory that lives as long as the chart. */
TAU_CHECK tau_status tau_chart_alloc(tau_chart *chart, void **out, size_t count, size_t size);

/** A formatted text that lives as long as the chart. */
TAU_CHECK tau_status tau_chart_format(tau_chart *chart, const char **out, const char *format, ...)
    TAU_PRINTF(3, 4);

/** Adds a shape with room for `count` points, which the caller fills. @param[out] points  [count,2], the
 * chart's */
TAU_CHECK tau_status tau_chart_add(tau_chart *chart, tau_chart_shape_kind kind, const tau_look *look,
                                   size_t count, double (**points)[2]);

/** A line or dots of x and y; x NULL = 0, 1, 2 … */
TAU_CHECK tau_status tau_chart_add_series(tau_chart *chart, tau_chart_shape_kind kind, const tau_look *look,
                                          const double *x, const double *y, size_t count);

/** The rectangle between two corners. */
TAU_CHECK tau_status tau_chart_add_bar(tau_chart *chart, const tau_look *look, double x0, double x1,
                                       double y0, double y1);

/** An image of 0xAARRGGBB words with premultiplied alpha, copied. */
TAU_CHECK tau_status tau_chart_add_image(tau_chart *chart, const uint32_t *pixels, int width, int height,
                                         double left, double right, double bottom, double top);

TAU_CHECK tau_status tau_chart_add_key(tau_chart *chart, tau_key_kind kind, const tau_look *look,
                                       const char *format, ...) TAU_PRINTF(4, 5);

/** @param[in] text  the chart's or static */
TAU_CHECK tau_status tau_chart_add_text(tau_chart *chart, double x, double y, double align_x,
                                        const char *text, tau_color color);

/** Sets an axis to a range widened by `margin` of its length; a range that is empty or not finite becomes one
 * about its value, or 0..1. */
void tau_chart_set_range(tau_chart_axis *axis, double lo, double hi, double margin);

/** Page coordinates. */
double tau_chart_get_x(const tau_chart *chart, double x);
double tau_chart_get_y(const tau_chart *chart, double y, bool right);

#endif
