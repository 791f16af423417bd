/** Draws a plan. Private to the figure module. */
#ifndef TAU_FIGURE_DRAW_H
#define TAU_FIGURE_DRAW_H

#include "figure/plan.h"

/** Draws the whole page; one unit of `cr` is a point. @param[in] paper  fill the page first */
void tau_draw_page(cairo_t *cr, const tau_plan *plan, bool paper);

/* Its parts. */
void tau_draw_field(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_cells(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_gaps(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_paths(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_marks(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_curves(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_axes(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel);
void tau_draw_colorbar(cairo_t *cr, const tau_plan *plan, const tau_scale *scale, tau_rect bar);

/** Colour of a value as the picture shows it. */
tau_color tau_draw_get_value_color(const tau_plan *plan, const tau_scale *scale, double z);

/** Colour of a band as drawn: lighter under contour lines. */
tau_color tau_draw_get_band_color(const tau_plan *plan, const tau_scale *scale, int band);

void tau_draw_legend(cairo_t *cr, const tau_plan *plan);
void tau_draw_labels(cairo_t *cr, const tau_plan *plan);

/** Fills the current path with the colour and lines of what is not finite, or with the hatch of what was not
 *  computed: the two differ without colour too. */
void tau_draw_fill_gap(cairo_t *cr, const tau_plan *plan, bool not_finite);

/** Draws one marker: filled with a rim of paper, or stroked on one. */
void tau_draw_marker(cairo_t *cr, const tau_plan *plan, tau_marker marker, double x, double y, double radius,
                     tau_color fill);

/** Draws a disc whose colour is a value, with a dark rim. */
void tau_draw_value_mark(cairo_t *cr, const tau_plan *plan, double x, double y, double radius,
                         tau_color color);

/** How a curve of a picture is drawn: the colour of loss and accuracy. */
tau_color tau_draw_get_curve_color(const tau_plan *plan, size_t curve_count, size_t series, bool accuracy);

/** Strokes the current path as loss (bold) or accuracy (thin) of a series. */
void tau_draw_stroke_curve(cairo_t *cr, const tau_plan *plan, size_t curve_count, size_t series,
                           bool accuracy);

/** Strokes the current path as a trajectory: its colour on a rim of paper. */
void tau_draw_stroke_path(cairo_t *cr, const tau_plan *plan, size_t series);

#endif
