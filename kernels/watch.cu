/* Who is told of launches, and the names of kernels. */
#include "kernels/watch.h"

#include "kernels/device.cuh"

tau_cuda_watch tau_cuda_launch_watch = nullptr;

const char *tau_cuda_kernel_name(const void *kernel) {
    const char *name = nullptr;
#ifndef TAU_CUDA_EMULATION
    if (cudaFuncGetName(&name, kernel) != cudaSuccess) name = nullptr;
#else
    (void)kernel;
#endif
    return name ? name : "kernel";
}
