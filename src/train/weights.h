/** Weights of classes: samples of a rare class count for more. */
#ifndef TAU_TRAIN_WEIGHTS_H
#define TAU_TRAIN_WEIGHTS_H

#include "backend/backend.h"

/** Weights w of classes: the gradient is that of (1/n)·Σ w[class of i]·loss_i over the n samples of a batch.
 * @lifetime borrowed by a training */
typedef struct tau_class_weights {
    int class_count;        /**< 0 = every sample counts the same */
    const double *weight;   /**< [class_count] */
    const int32_t *of;      /**< class of each training sample, 0..class_count-1 */
    size_t parameter_count; /**< P */
} tau_class_weights;

/** N/(C·N_c) for each class c: all classes then weigh the same together, and the mean weight is 1.
 *  @param[out] weight  [class_count]; 0 for a class without samples */
void tau_class_weights_balance(double *weight, const int32_t *classes, size_t count, int class_count);

/** As tau_evaluator_gradient, with the gradient of the weighted loss: the parts of a batch that belong to one
 * class are evaluated one after the other and added in the order of the classes. Loss and accuracy stay the
 * plain means over the batch. Dropout masks of the parts differ. The network has no batch norm, whose
 * statistics would be those of the parts: callers see to that. */
TAU_CHECK tau_status tau_class_weights_gradient(const tau_class_weights *weights, tau_evaluator *evaluator,
                                                const float *theta, float *buffers, const tau_batch *batch,
                                                float *gradient, tau_batch_result *out);

#endif
