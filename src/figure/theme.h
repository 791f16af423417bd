/** Sizes, colours, dashes and markers of the two styles. Lengths in points. */
#ifndef TAU_FIGURE_THEME_H
#define TAU_FIGURE_THEME_H

#include <cairo.h>

#include "figure/series.h"

/** Sets the dash pattern of a series; 0 is solid. @param[in] width  of the line */
void tau_theme_set_series_dash(cairo_t *cr, size_t index, double width);

void tau_theme_set_color(cairo_t *cr, tau_color color, double opacity);

/** Adds a marker's outline to the path; crosses and pluses are to be stroked, the others filled. */
void tau_theme_add_marker(cairo_t *cr, tau_marker marker, double x, double y, double radius);

#endif
