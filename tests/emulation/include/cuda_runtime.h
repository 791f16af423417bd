// CUDA C++ for the host compiler: the qualifiers, built-in variables and launches. The intrinsics are in
// emulated_intrinsics.h. One block runs at a time in a process, so a __shared__ array is a static one.
#pragma once

#include "cuda_runtime_api.h"
#include "emulated_device.h"
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __restrict__ __restrict
#define __shared__ static
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define CUDART_INF_F     __builtin_inff()
#define CUDART_NAN_F     __builtin_nanf("")

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
constexpr int warpSize = 32;

/** The block's dynamic shared memory, aligned to 128 bytes: for TAU_DYNAMIC_SHARED. */
inline void *emulation_dynamic_shared() {
    return emulation::dynamic_shared();
}

// Each thread gets its own copy of the arguments, as parameters of a kernel are.
template <typename... Expected, typename... Actual>
inline cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *config, void (*kernel)(Expected...),
                                      Actual &&...args) {
    std::tuple<Expected...> arguments(std::forward<Actual>(args)...);
    return emulation::launch(config, (const void *)kernel,
                             [kernel, arguments] { std::apply(kernel, arguments); });
}

template <typename... Expected>
inline cudaError_t cudaFuncSetAttribute(void (*kernel)(Expected...), cudaFuncAttribute attribute, int value) {
    return cudaFuncSetAttribute((const void *)kernel, attribute, value);
}

template <typename T> inline cudaError_t cudaMalloc(T **pointer, size_t bytes) {
    return cudaMalloc((void **)pointer, bytes);
}

#include "emulated_intrinsics.h"
#include "emulated_warp.h"
