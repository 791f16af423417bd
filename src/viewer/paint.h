/** Lines, markers and filled shapes, gathered as triangles in pixels and drawn together. Private to the
 * viewer. Pixels are counted from the left and upper edge of the viewport; depth is in 0..1. */
#ifndef TAU_VIEWER_PAINT_H
#define TAU_VIEWER_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "figure/colormap.h"

typedef struct tau_paint tau_paint;

/** How what is painted meets the depth of what is there already. */
typedef enum tau_paint_depth {
    TAU_PAINT_DEPTH_IGNORED, /**< over everything */
    TAU_PAINT_DEPTH_TESTED,  /**< only what is not hidden */
    TAU_PAINT_DEPTH_FAINT,   /**< what is hidden too, faintly */
} tau_paint_depth;

TAU_CHECK tau_status tau_paint_create(tau_paint **out);
void tau_paint_destroy(tau_paint *paint);

/** Before what is painted for a viewport of this size: what lies far outside is left out. */
void tau_paint_begin(tau_paint *paint, int width, int height);

/** Cuts off what lies outside of the viewport, and a line's width around it.
 *  @param[in,out] from, to   x, y, depth   @param[out] skipped  pixels cut off before `from`, or NULL
 *  @return false = nothing is left */
bool tau_paint_clip_line(const tau_paint *paint, double from[3], double to[3], double width, double *skipped);

/** A line with round ends. @param[in] from, to  x, y, depth */
void tau_paint_line(tau_paint *paint, const double from[3], const double to[3], double width, tau_color color,
                    double opacity);

/** A filled convex polygon. @param[in] points  [count] x, y, depth */
void tau_paint_polygon(tau_paint *paint, const double (*points)[3], size_t count, tau_color color,
                       double opacity);

void tau_paint_rectangle(tau_paint *paint, double x, double y, double width, double height, tau_color color,
                         double opacity);

/** Which squares of `cell` pixels the edges of what was gathered go through.
 *  @param[in,out] taken  [rows, columns], 1 where there is something */
void tau_paint_find_taken(const tau_paint *paint, double cell, size_t columns, size_t rows, uint8_t *taken);

/** Draws what was gathered and forgets it. @errors TAU_STATUS_MEMORY: something was not gathered */
TAU_CHECK tau_status tau_paint_flush(tau_paint *paint, unsigned program, int width, int height,
                                     tau_paint_depth depth);

#endif
