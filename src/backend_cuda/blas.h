/** Opens the vendor's matrix product. */
#ifndef TAU_BACKEND_CUDA_BLAS_H
#define TAU_BACKEND_CUDA_BLAS_H

#include "core/status.h"
#include "kernels/blas.h"

/** cuBLAS, found at run time and opened once for the process.
 *  @errors TAU_STATUS_DEVICE: the library is not found or does not fit, with the remedy */
TAU_CHECK tau_status tau_cuda_blas_open(const tau_cuda_blas **out);

#endif
