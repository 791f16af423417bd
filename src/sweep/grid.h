/** The points of a landscape: axes and ranges. */
#ifndef TAU_SWEEP_GRID_H
#define TAU_SWEEP_GRID_H

#include <stddef.h>

#include "core/status.h"

typedef struct tau_grid {
    size_t columns, rows; /**< nx, ny; rows = 1 for a line */
    double *alpha;        /**< [columns] */
    double *beta;         /**< [rows] */
} tau_grid;

/** x_i = (lo·(n-1-i) + hi·i)/(n-1): both ends exact; a point within rounding of 0 or 1 is exactly that. n = 1
 * gives the middle. @param[out] out  [n]   @errors TAU_STATUS_USAGE: not finite, or lo = hi with n > 1 */
TAU_CHECK tau_status tau_grid_axis(double *out, size_t n, double lo, double hi);

/** @errors TAU_STATUS_USAGE (as tau_grid_axis; more than 2^31 points), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_grid_create(tau_grid **out, size_t columns, double x_lo, double x_hi, size_t rows,
                                     double y_lo, double y_hi);
void tau_grid_destroy(tau_grid *grid);

/** Whether an axis spans x although no point is x: worth telling. */
int tau_grid_misses(const double *axis, size_t n, double x);

#endif
