/** Cuts a grid into rectangles and puts them in order. */
#ifndef TAU_SWEEP_TILING_H
#define TAU_SWEEP_TILING_H

#include <stdint.h>

#include "slice/slice.h"
#include "sweep/sweep.h"

/** A rectangle of grid points. */
typedef struct tau_area {
    size_t column, row, columns, rows;
    double distance; /**< of its middle from the centre, in points; the order of a sweep from the centre */
} tau_area;

typedef struct tau_tiling {
    tau_area *areas;
    size_t count;
} tau_tiling;

/** The grid point nearest to the centre of a slice: its trained point theta*. */
void tau_tiling_find_centre(size_t *column, size_t *row, const tau_slice *slice, const tau_grid *grid);

/** Areas of about `points` points that hold at least one point to be done, each wider than high, because
 * backends walk along rows. @param[in] todo  [rows, columns] non-zero = to be done
 *  @param[in] centre  column and row */
TAU_CHECK tau_status tau_tiling_create(tau_tiling *out, const tau_grid *grid, const uint8_t *todo,
                                       size_t points, tau_order order, const size_t centre[2]);
void tau_tiling_clear(tau_tiling *tiling);

#endif
