/** Losses of single samples from a network's outputs, their derivatives, and the reduction over samples. */
#ifndef TAU_BACKEND_LOSS_H
#define TAU_BACKEND_LOSS_H

#include "backend/backend.h"

/** What one sample is compared with. */
typedef struct tau_target {
    int32_t class_index; /**< for losses that take classes */
    const float *values; /**< [outputs] otherwise */
} tau_target;

tau_target tau_target_of(const tau_samples *samples, size_t index);

/** Loss of one sample. @param[in] output  [count] of the network
 *  @param[out] right  share of the sample's outputs that are right: 0 or 1 for classes, 0..1 for binary
 * outputs, NaN for regression. A row with a NaN is wrong. May be NULL. */
double tau_loss_sample(tau_loss loss, const double *output, size_t count, tau_target target, double *right);

/** Classes that a loss tells apart by `outputs` outputs: all of them for a loss of classes, 2 for one binary
 * output, otherwise 0. */
size_t tau_loss_class_count(tau_loss loss, size_t outputs);

/** The class that a network decides on: the first largest output, or the side of the threshold.
 *  @param[in] output  [count], of a loss with classes   @return -1 where a NaN leaves no decision */
int32_t tau_loss_decide(tau_loss loss, const double *output, size_t count);

/** Counts the decisions on all samples. @param[out] confusion  [tau_confusion_size(classes)], overwritten
 *  @param[in] decided  [samples->count] classes, or -1 */
void tau_loss_count(uint64_t *confusion, size_t classes, const tau_samples *samples, const int32_t *decided);

/** d loss / d output of one sample. @param[out] gradient  [count] */
void tau_loss_gradient(double *gradient, tau_loss loss, const double *output, size_t count,
                       tau_target target);

/** Mean and standard error of per-sample losses: eq:loss_se. Pairwise sums in double over the sample index,
 * so the bits depend on the values alone. @param[in] losses  [count]   @param[out] se  NaN for one sample */
void tau_loss_reduce(double *mean, double *se, const double *losses, size_t count);

/** Pairwise sum in double over the index. */
double tau_loss_sum(const double *values, size_t count);

#endif
