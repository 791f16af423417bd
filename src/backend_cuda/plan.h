/** A plan of the cuda backend: the samples and the slice on the device, and the engines that read them. */
#ifndef TAU_BACKEND_CUDA_PLAN_H
#define TAU_BACKEND_CUDA_PLAN_H

#include "backend_cuda/engine.h"
#include "backend_cuda/lane.h"

struct tau_cuda_trainer;

struct tau_plan {
    tau_plan_request request;
    tau_cuda_context context;
    cudaStream_t stream; /**< all work of the plan, so that chunks can share one block of memory */
    tau_cuda_data data;
    tau_cuda_slot slots[TAU_CUDA_SLOTS];
    tau_cuda_block block;
    tau_cuda_lane main;  /**< in the mode of the plan */
    tau_cuda_lane again; /**< rows; no engine until a point overflows in `main` */
    tau_basis basis;
    float *theta[TAU_BASIS_MAX];      /**< each [P] on the device, or NULL */
    float *buffers[TAU_BASIS_MAX];    /**< each [Q] */
    struct tau_cuda_trainer *trainer; /**< NULL until the first gradient */
};

TAU_CHECK tau_status tau_cuda_plan_create(tau_plan **out, const tau_plan_request *request);
void tau_cuda_plan_destroy(tau_plan *plan);
TAU_CHECK tau_status tau_cuda_plan_set_basis(tau_plan *plan, const tau_basis *basis);
TAU_CHECK tau_status tau_cuda_plan_gradient(tau_plan *plan, const float *theta, float *buffers,
                                            const tau_batch *batch, float *gradient, tau_batch_result *out);

/** Makes the plan's device the one of the calling thread. */
TAU_CHECK tau_status tau_cuda_plan_enter(const tau_plan *plan);

#endif
