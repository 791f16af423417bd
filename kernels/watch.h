/** Somebody who is told of every launch: how the plugin takes the times of kernels. */
#ifndef TAU_KERNELS_WATCH_H
#define TAU_KERNELS_WATCH_H

#include <cuda_runtime_api.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @param[in] kernel  the function on the host   @param[in] after  false just before its launch, true after
 */
typedef void (*tau_cuda_watch)(const void *kernel, cudaStream_t stream, bool after);

/** NULL = nobody. Set while no other thread launches. */
extern tau_cuda_watch tau_cuda_launch_watch;

/** The name of a kernel as the compiler writes it, or "kernel". @lifetime static */
const char *tau_cuda_kernel_name(const void *kernel);

#ifdef __cplusplus
}
#endif

#endif
