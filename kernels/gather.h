/** Picking samples out of those that are resident on the device. */
#ifndef TAU_KERNELS_GATHER_H
#define TAU_KERNELS_GATHER_H

#include <cuda_runtime_api.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Copies rows of 32-bit elements: out[i] = from[indices[i]].
 *  @param[out] out  [count, size]   @param[in] from  [rows, size], indices below rows; all on the device */
cudaError_t tau_cuda_gather(void *out, const void *from, const uint32_t *indices, size_t count, size_t size,
                            cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
