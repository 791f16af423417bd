/** Where states lie relative to a plane: eq:project. */
#ifndef TAU_SLICE_PROJECT_H
#define TAU_SLICE_PROJECT_H

#include "core/status.h"
#include "slice/rows.h"
#include "slice/slice.h"

/** Projection of a trajectory: where its states are on the slice and how far off it. eq:offplane */
typedef struct tau_projection {
    size_t count;
    double *coords;   /**< [count, 2]: (a, b) = argmin ‖(theta_t - origin) - a·delta - b·eta‖ */
    double *residual; /**< [count]: what is left of the norm, r_t */
    double *distance; /**< [count]: ‖theta_t - origin‖ */
    double explained; /**< share of the rows' squared distance from the origin that lies in the slice, 0..1 */
} tau_projection;

/** Projects every row by least squares, right for oblique and non-unit axes: eq:project. The origin is the
 * slice's point (0, 0): theta* of a plane, `from` of a TAU line (so that a is the alpha of the nearest
 * point), zero for RADIAL. On a line and on the radial planes, which are lines in truth, b is 0. Numbers of a
 * row that is not finite are not finite; it is left out of `explained`.
 *  @errors TAU_STATUS_SHAPE (row width is not P), TAU_STATUS_INPUT (degenerate axes) */
TAU_CHECK tau_status tau_project_rows(tau_projection *out, const tau_slice *slice, const tau_rows *rows);
void tau_projection_clear(tau_projection *projection);

#endif
