/** A picture fully decided but not drawn: scales, ticks, contour lines, and the place of every text. Private
 * to the figure module; tests look at it. */
#ifndef TAU_FIGURE_PLAN_H
#define TAU_FIGURE_PLAN_H

#include "figure/figure.h"
#include "figure/isolines.h"
#include "figure/layout.h"
#include "figure/levels.h"
#include "figure/theme.h"
#include "figure/ticks.h"

/** From values to colours. */
typedef struct tau_scale {
    double lo, hi; /**< on the scale of the grids; NaN without data */
    bool log;
    bool banded;       /**< one colour between two levels, evenly spaced in the map */
    tau_levels levels; /**< empty unless banded */
} tau_scale;

typedef struct tau_axis {
    double lo, hi; /**< log10 of the values where logarithmic */
    bool log;
    tau_ticks ticks;
} tau_axis;

typedef struct tau_panel_plan {
    const tau_figure_panel *panel; /**< borrowed */
    bool is_line;                  /**< curves, not a plane */
    tau_rect plot;                 /**< inside the axes */
    tau_rect bar;                  /**< own colour bar; width 0 = none */
    tau_axis x, y, right;          /**< right = accuracy */
    bool has_right;
    tau_mesh grid; /**< z is NULL without a field */
    bool as_cells; /**< drawn as rectangles */
    tau_scale scale;
    tau_polylines *regions; /**< [levels + 1] outlines of what is above each level, the first of everything */
    tau_polylines *lines;   /**< [levels] */
} tau_panel_plan;

typedef enum tau_legend_symbol {
    TAU_LEGEND_SYMBOL_LOSS,
    TAU_LEGEND_SYMBOL_ACCURACY,
    TAU_LEGEND_SYMBOL_BAND,
    TAU_LEGEND_SYMBOL_PATH,
    TAU_LEGEND_SYMBOL_MARKER,
    TAU_LEGEND_SYMBOL_TRUE_LOSS,
    TAU_LEGEND_SYMBOL_NOT_FINITE,
    TAU_LEGEND_SYMBOL_ABOVE, /**< triangles at the upper edge of a line plot */
    TAU_LEGEND_SYMBOL_NOT_COMPUTED,
} tau_legend_symbol;

typedef struct tau_legend_entry {
    tau_legend_symbol symbol;
    size_t series;
    tau_marker marker;
    char *text;
    tau_rect place; /**< of the symbol */
} tau_legend_entry;

typedef struct tau_plan {
    const tau_figure *figure; /**< borrowed */
    tau_theme theme;
    tau_colormap colormap;
    double dpi;
    int pixel_width, pixel_height; /**< of a PNG */
    tau_layout layout;
    tau_panel_plan *panels;
    size_t panel_count;
    tau_rect bar; /**< the colour bar of all panels; width 0 = none */
    tau_legend_entry *legend;
    size_t legend_count, legend_capacity;
} tau_plan;

/** Decides everything. @param[in] figure  borrowed until destroy */
TAU_CHECK tau_status tau_plan_create(tau_plan **out, const tau_figure *figure);
void tau_plan_destroy(tau_plan *plan);

/* The steps of tau_plan_create, in order. */
TAU_CHECK tau_status tau_plan_set_page(tau_plan *plan);   /**< size, font, colours */
TAU_CHECK tau_status tau_plan_set_data(tau_plan *plan);   /**< grids, scales, ranges, contour lines */
TAU_CHECK tau_status tau_plan_set_legend(tau_plan *plan); /**< entries */
TAU_CHECK tau_status
tau_plan_set_frames(tau_plan *plan); /**< plots, colour bars, all texts outside the plots */
TAU_CHECK tau_status tau_plan_set_colorbars(tau_plan *plan); /**< their texts */
TAU_CHECK tau_status tau_plan_set_labels(tau_plan *plan);    /**< texts inside the plots */

TAU_CHECK tau_status tau_plan_label_contours(tau_plan *plan, const tau_panel_plan *panel);

/** What the curves of a panel have at the right: "accuracy", "mcc". */
const char *tau_plan_name_right(const tau_figure_panel *panel);

/** Is the lowest point of the panel's field marked? Not where all points are. */
bool tau_plan_marks_minimum(const tau_panel_plan *panel);

/** Contour lines on white paper: their colours and labels say what a colour bar would. */
bool tau_plan_has_white_bands(const tau_plan *plan);

/** Width that a colour bar takes beside a plot of at most this height, its distance and texts included. */
double tau_plan_measure_bar(const tau_plan *plan, const tau_scale *scale, double height);

/** Frees the contour lines of a panel. */
void tau_plan_release_lines(tau_panel_plan *panel);

/** Page coordinates of data coordinates. */
double tau_plan_get_x(const tau_panel_plan *panel, double x);
double tau_plan_get_y(const tau_panel_plan *panel, double y);

/** The value of a curve on the axis: log10 where logarithmic; NaN where it cannot be drawn. */
double tau_plan_get_loss(const tau_panel_plan *panel, const tau_curve *curve, size_t i);

/** The share along a continuous colour bar of z: 0 = lowest, 1 = highest. */
double tau_plan_get_position(const tau_scale *scale, double z);

#endif
