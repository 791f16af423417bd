/** Loss and gradient of a batch on the device: every activation is kept, then the nodes are derived in
 * reverse. The whole batch is one unit, so the bits depend on the batch alone. Twin: tau_ref_plan_gradient.
 */
#ifndef TAU_BACKEND_CUDA_GRADIENT_H
#define TAU_BACKEND_CUDA_GRADIENT_H

#include "backend_cuda/engine.h"

/** What gradients need on the device: parameters, their gradient, and memory for the largest batch so far. */
typedef struct tau_cuda_trainer tau_cuda_trainer;

/** Opens the library of matrix products and puts the graph's constants on the device.
 *  @lifetime all arguments are borrowed and outlive the trainer   @threads one caller at a time, which
 *  works with the context's device from then on
 *  @errors TAU_STATUS_DEVICE (no cuBLAS, the device failed), TAU_STATUS_UNSUPPORTED (node and operator
 * named), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_cuda_trainer_create(tau_cuda_trainer **out, const tau_graph *graph,
                                             const tau_cuda_data *data, tau_loss loss,
                                             const tau_cuda_context *context);
void tau_cuda_trainer_destroy(tau_cuda_trainer *trainer);

/** The entry `gradient` of backend_impl.h.
 *  @param[in,out] buffers  [Q]; running statistics, updated when batch->training, unchanged on failure
 *  @param[out] gradient  [P], of the mean loss over the batch; undefined on failure
 *  @errors TAU_STATUS_DEVICE, TAU_STATUS_MEMORY, after which the trainer can be used again */
TAU_CHECK tau_status tau_cuda_trainer_run(tau_cuda_trainer *trainer, const float *theta, float *buffers,
                                          const tau_batch *batch, float *gradient, tau_batch_result *out);

#endif
