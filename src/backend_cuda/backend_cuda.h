/** The evaluator for NVIDIA GPUs, from Ampere on. */
#ifndef TAU_BACKEND_CUDA_H
#define TAU_BACKEND_CUDA_H

#include "backend/backend_impl.h"

/** The backend "cuda". Modes: exact (FP32), fine and fast (the default; both FP16 operands with FP32 sums,
 * and whatever does not fit FP16 again in FP32). Its devices are those that CUDA_VISIBLE_DEVICES leaves.
 * @lifetime static */
const tau_backend *tau_backend_cuda_get(void);

/** The same table, for the plugin's entry, which must be a constant. */
extern const tau_backend tau_backend_cuda;

#endif
