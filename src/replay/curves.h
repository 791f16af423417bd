/** Loss, penalty and metrics of every state, recomputed over the recorded samples. A recorded epoch loss of a
 * trainer is a running mean over the epoch; these are not, and need not equal it. */
#ifndef TAU_REPLAY_CURVES_H
#define TAU_REPLAY_CURVES_H

#include "backend/metrics.h"
#include "replay/replay.h"

typedef struct tau_curves tau_curves;

/** Numbers of all states, in their order. @lifetime the view's, until an update */
typedef struct tau_curve_table {
    size_t count;
    const tau_moment *moments;
    const double *loss, *loss_se; /**< of the data */
    const double *accuracy;       /**< NaN where the loss knows no classes */
    bool has_penalty;
    const tau_penalty *penalties; /**< [count]; NULL without a penalty */
    int class_count;              /**< 0 for regression */
    const uint64_t *confusion;    /**< [count, classes, classes] true × decided; NULL for regression */
    const uint64_t *undecided;    /**< [count, classes] samples with no decision (NaN) */
} tau_curve_table;

/** Visits every state. */
TAU_CHECK tau_status tau_curves_create(tau_curves **out, tau_replay *replay);
void tau_curves_destroy(tau_curves *view);
/** Takes in states that came with a refresh. */
TAU_CHECK tau_status tau_curves_update(tau_curves *view);
const tau_curve_table *tau_curves_get(const tau_curves *view);

/** One metric over all states.
 *  @param[in] metric  "loss", "penalty", "accuracy", a name of metrics.h ("f1", "micro-f1"), or an expression
 *             "NAME=EXPR" or "EXPR" over tp, tn, fp, fn (of several classes: summed), loss, accuracy,
 *             penalty, n, epoch, step
 *  @param[out] values  [count]   @param[out] undefined  [count] zero denominators; may be NULL
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_USAGE (expression), TAU_STATUS_UNSUPPORTED (no classes) */
TAU_CHECK tau_status tau_curves_measure(const tau_curves *view, const char *metric, double *values,
                                        bool *undefined);

/** Name to show for a metric: what stands before "=", else the text. @param[out] out  at least 64 bytes */
void tau_curves_label(char out[64], const char *metric);

/** Moving average over an odd window centred on each number; an even window is widened by one, and near the
 *  ends it shrinks evenly on both sides, so that data shorter than the window are smoothed too. A window of 0
 *  or 1 copies. Numbers that are not finite are left out of the mean; where none is finite, NaN.
 *  @param[out] out  [count]; may not overlap `values` */
void tau_curve_smooth(double *out, const double *values, size_t count, size_t window);

#endif
