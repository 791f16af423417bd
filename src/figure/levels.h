/** Which values get a contour line. */
#ifndef TAU_FIGURE_LEVELS_H
#define TAU_FIGURE_LEVELS_H

#include "figure/mesh.h"
#include "figure/number.h"

#define TAU_LEVELS_MAX 64

typedef struct tau_levels {
    int count;
    double z[TAU_LEVELS_MAX]; /**< ascending, on the scale of the grid (log10 if logarithmic) */
    char label[TAU_LEVELS_MAX][TAU_NUMBER_TEXT]; /**< the value as text */
} tau_levels;

/** Chooses about `wanted` levels for all grids together. Levels are spaced evenly in the logarithm of the
 * excess over the minimum, from the excess of the lowest fiftieth of the points up to the maximum, so that
 * basin and walls both get lines; on a logarithmic scale of two decades and more they are powers of ten.
 * Values are rounded as far as the distance to the next level allows. A constant field, or none, has no
 * levels. Those of shares are round numbers, evenly spaced, unless the scale is logarithmic.
 *  @param[in] lo, hi  range on the scale of the grid that levels must lie in; NaN = that of the data
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_levels_choose(tau_levels *out, const tau_mesh *grids, size_t grid_count, int wanted,
                                       double lo, double hi, bool log);

/** Takes the levels given: sorted, doubles dropped.
 *  @errors TAU_STATUS_USAGE (too many, not finite, or not positive on a logarithmic scale) */
TAU_CHECK tau_status tau_levels_take(tau_levels *out, const double *values, size_t count, bool log);

#endif
