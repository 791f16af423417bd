/** Inner products of a trajectory's rows, all of them, without holding the trajectory. */
#ifndef TAU_SLICE_GRAM_H
#define TAU_SLICE_GRAM_H

#include "core/cancel.h"
#include "slice/rows.h"

typedef struct tau_gram {
    double *products;      /**< [T, T]: <row_s - origin, row_t - origin> */
    double largest_square; /**< of the norms of the rows themselves: the scale of their rounding */
} tau_gram;

/** Bytes that blocks of rows may take; more means fewer readings of a long trajectory. */
#define TAU_GRAM_BLOCK_BYTES ((size_t)512 << 20)

/** Reads the rows in blocks of at most `block_bytes` in all; differences and sums in double.
 *  @errors TAU_STATUS_INPUT naming a row that is not finite, TAU_STATUS_CANCELLED, TAU_STATUS_MEMORY, those
 * of rows->read */
TAU_CHECK tau_status tau_gram_compute(tau_gram *out, const tau_rows *rows, const float *origin,
                                      size_t block_bytes, const tau_cancel *cancel);
void tau_gram_clear(tau_gram *gram);

/** Reads one row and takes the origin from it. @param[out] difference  [P]   @param[in] scratch  [P]
 *  @errors TAU_STATUS_INPUT naming the row if it is not finite */
TAU_CHECK tau_status tau_gram_read_difference(double *difference, float *scratch, const tau_rows *rows,
                                              size_t row, const float *origin);

#endif
