/** Opens the vendor's matrix product. */
#ifndef TAU_BACKEND_CUDA_BLAS_H
#define TAU_BACKEND_CUDA_BLAS_H

#include "core/status.h"
#include "kernels/blas.h"

/** Products on the device of the calling thread, of one stream at a time: their workspace is the handle's,
 * and a handle is of one device. cuBLAS is found at run time and opened once for the process.
 *  @param[out] out  closed with tau_cuda_blas_close; all 0 on failure
 *  @errors TAU_STATUS_DEVICE: the library is not found or does not fit, with the remedy; TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_cuda_blas_open(tau_cuda_blas *out);

/** What is all 0 may be closed. */
void tau_cuda_blas_close(tau_cuda_blas *blas);

#endif
