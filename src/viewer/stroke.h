/** What series are drawn with: dashes and markers, alike in pictures and in the viewer. Private to the
 * viewer. */
#ifndef TAU_VIEWER_STROKE_H
#define TAU_VIEWER_STROKE_H

#include "figure/series.h"
#include "viewer/paint.h"

/** A line through points in pixels with the dash of a series; a point that is not finite interrupts it.
 *  @param[in,out] phase  pixels of the dash's pattern that are behind; NULL = from its start */
void tau_stroke_series(tau_paint *paint, const double (*points)[3], size_t count, size_t series, double width,
                       tau_color color, double opacity, double *phase);

/** A marker, filled, with a rim; crosses and pluses are lines. @param[in] at  x, y, depth */
void tau_stroke_marker(tau_paint *paint, tau_marker marker, const double at[3], double radius, tau_color fill,
                       tau_color rim, double rim_width);

#endif
