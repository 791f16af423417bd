/** What every kernel file includes: CUDA itself, or on a machine without it the emulation of the tests; the
 * wrappers of single instructions; the launch. */
#ifndef TAU_KERNELS_DEVICE_CUH
#define TAU_KERNELS_DEVICE_CUH

#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/watch.h"

#ifdef TAU_CUDA_EMULATION
#include "emulation/ptx.h"
#define TAU_DYNAMIC_SHARED(type, name) type *const name = static_cast<type *>(emulation_dynamic_shared())
#else
#include "kernels/ptx.cuh"
/** Declares the block's dynamic shared memory, aligned to 128 bytes. */
#define TAU_DYNAMIC_SHARED(type, name)                                                                       \
    extern __shared__ __align__(128) unsigned char tau_dynamic_shared[];                                     \
    type *const name = reinterpret_cast<type *>(tau_dynamic_shared)
#endif

enum { TAU_WARP = 32 };

template <class T> static __host__ __device__ inline T ceil_div(T value, T by) {
    return (value + by - 1) / by;
}

/** Lets a kernel without static shared memory have all that the device gives a block. A limit for one launch
 * alone might be lower than the one that another thread has just set for its own. */
static inline cudaError_t allow_shared(const void *kernel) {
    int device = 0, most = 0;
    cudaError_t error = cudaGetDevice(&device);
    if (!error) error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    return error ? error : cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, most);
}

/** Launches a kernel on a stream and returns what became of the launch itself. More dynamic shared memory
 * than 48 KiB is asked for first. */
template <class... Expected, class... Actual>
static inline cudaError_t launch(void (*kernel)(Expected...), dim3 grid, dim3 block, size_t shared_bytes,
                                 cudaStream_t stream, Actual... arguments) {
    if (shared_bytes > 48 * 1024) {
        const cudaError_t error = allow_shared(reinterpret_cast<const void *>(kernel));
        if (error != cudaSuccess) return error;
    }
    cudaLaunchConfig_t config = {};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream;
    const tau_cuda_watch watch = tau_cuda_launch_watch;
    if (watch) watch(reinterpret_cast<const void *>(kernel), stream, false);
    const cudaError_t launched = cudaLaunchKernelEx(&config, kernel, static_cast<Expected>(arguments)...);
    if (watch) watch(reinterpret_cast<const void *>(kernel), stream, true);
    return launched;
}

#endif
