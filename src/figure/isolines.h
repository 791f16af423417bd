/** Lines of equal value and the outlines of what lies above them: marching squares with linear interpolation
 * along cell edges; an ambiguous saddle is resolved by the mean of its four corners. A cell with an
 * undrawable corner is a hole: lines end at it, outlines run around it. Pure geometry, in the coordinates of
 * the grid. */
#ifndef TAU_FIGURE_ISOLINES_H
#define TAU_FIGURE_ISOLINES_H

#include "figure/mesh.h"

typedef struct tau_polyline {
    size_t first, count; /**< into tau_polylines.points; a closed line does not repeat its first point */
    bool closed;
} tau_polyline;

/** A growing set of lines; zero-initialised = empty. */
typedef struct tau_polylines {
    double (*points)[2]; /**< [point_count,2] (x, y) */
    size_t point_count, point_capacity;
    tau_polyline *lines; /**< [line_count] */
    size_t line_count, line_capacity;
} tau_polylines;

void tau_polylines_release(tau_polylines *lines);

/** Scratch memory for one grid, used for any number of levels. */
typedef struct tau_isolines tau_isolines;

/** @param[in] grid  borrowed until destroy   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_isolines_create(tau_isolines **out, const tau_mesh *grid);
void tau_isolines_destroy(tau_isolines *isolines);

/** Appends the lines z = level, the higher side on their left. Open lines end at the border or at a hole. */
TAU_CHECK tau_status tau_isolines_trace(tau_isolines *isolines, tau_polylines *out, double level);

/** Appends the closed outlines of {z >= level} for a non-zero winding fill; -INFINITY gives all drawable
 * cells. */
TAU_CHECK tau_status tau_isolines_trace_region(tau_isolines *isolines, tau_polylines *out, double level);

#endif
