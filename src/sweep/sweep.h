/** Evaluates a slice tile by tile; knows no file: finished tiles go to a sink. */
#ifndef TAU_SWEEP_SWEEP_H
#define TAU_SWEEP_SWEEP_H

#include <stdint.h>

#include "backend/backend.h"
#include "backend/metrics.h"
#include "core/cancel.h"
#include "core/progress.h"
#include "slice/slice.h"
#include "sweep/grid.h"

typedef enum tau_order {
    TAU_ORDER_CENTRE_OUT, /**< the centre's tile first, then by distance */
    TAU_ORDER_ROWS,
} tau_order;

/** One finished rectangle of the grid. */
typedef struct tau_sweep_tile {
    size_t column, row; /**< of its first point */
    size_t columns, rows;
    const tau_point *points;      /**< [rows, columns], borrowed for the call */
    const double *regularisation; /**< [rows, columns]: weight decay's share of the loss, or NULL */
    const double *metrics;        /**< [rows, columns, metric_count], NaN = not defined; or NULL */
    size_t metric_count;
} tau_sweep_tile;

/** Takes finished tiles. A failure stops the sweep with that status. */
typedef struct tau_sweep_sink {
    tau_status (*accept)(void *payload, const tau_sweep_tile *tile);
    void *payload;
} tau_sweep_sink;

typedef struct tau_sweep_options {
    tau_order order;
    size_t tile_points;  /**< most points computed at once; 0 = chosen from the pool and the measured speed */
    int shard_index;     /**< 0..shard_count-1; a shard takes every shard_count-th point */
    int shard_count;     /**< 0 or 1 = everything */
    const uint8_t *done; /**< [rows, columns] points not to be computed (0 = to do), or NULL */
    double weight_decay; /**< lambda of lambda·‖theta‖²; 0 = no regularisation column */
    const tau_metric_choice *metrics; /**< [metric_count], of an evaluator that was created for confusion
                                         counts; they are asked for only where metric_count > 0 */
    size_t metric_count;
    int threads; /**< of the pool, for the tile size */
    const tau_progress *progress;
    const tau_cancel *cancel;
} tau_sweep_options;

/** Evaluates what is not done yet of one shard. From the centre outwards, the first call of the sink holds
 * the point nearest to theta* alone, so that its loss and the time to come are known early. What the
 * evaluator computes at once takes 0.2 to 1 s; the sink sees it as rectangles without holes. Which points are
 * computed together never changes their values. Where metrics are asked for, so few are computed together
 * that their confusion counts stay within 64 MiB, or are those of one point.
 *  @errors TAU_STATUS_USAGE (a shard that does not exist, metrics of a loss without classes), what the
 * evaluator or the sink returned; TAU_STATUS_CANCELLED after the last finished tile */
TAU_CHECK tau_status tau_sweep_run(tau_evaluator *evaluator, const tau_slice *slice, const tau_grid *grid,
                                   const tau_sweep_options *options, const tau_sweep_sink *sink);

/** Whether a shard computes a point: those whose place in the row-major grid is shard_index modulo
 * shard_count. A count of 0 or 1 takes all. */
int tau_sweep_in_shard(size_t column, size_t row, size_t columns, int shard_index, int shard_count);

/** Automatic range of one axis through theta* (L9), each side by itself: a step, at first a thousandth of
 * theta*'s norm, doubles until the loss is `factor` times the centre's or not finite (60 doublings at most);
 * then the crossing is bisected to 2 %. A centre loss below 0.001 counts as 0.001, so that a perfect fit has
 * a range too.
 *  @param[in] axis  0 = alpha, 1 = beta   @param[in] factor  > 1
 *  @param[out] lo,hi  coordinates on the axis; symmetric only if the landscape is
 *  @errors TAU_STATUS_USAGE (factor; beta of a line), TAU_STATUS_INPUT: the loss at the centre is not finite;
 * those of the evaluator */
TAU_CHECK tau_status tau_sweep_auto_range(tau_evaluator *evaluator, const tau_slice *slice, int axis,
                                          double factor, double *lo, double *hi, const tau_cancel *cancel);

#endif
