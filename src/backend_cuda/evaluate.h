/** Losses at points of the slice and at states, and values inside the network. */
#ifndef TAU_BACKEND_CUDA_EVALUATE_H
#define TAU_BACKEND_CUDA_EVALUATE_H

#include "backend_cuda/plan.h"

TAU_CHECK tau_status tau_cuda_evaluate_tile(tau_plan *plan, const tau_tile *tile, tau_point *out,
                                            uint64_t *confusion, const tau_cancel *cancel);
TAU_CHECK tau_status tau_cuda_evaluate_states(tau_plan *plan, size_t count, const float *const *theta,
                                              const float *const *buffers, tau_point *out,
                                              uint64_t *confusion, const tau_cancel *cancel);
TAU_CHECK tau_status tau_cuda_evaluate_capture(tau_plan *plan, const float *theta, const float *buffers,
                                               int value, float *out, const tau_cancel *cancel);

#endif
