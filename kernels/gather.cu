/* Rows by index: out[i, j] = from[indices[i], j], 32-bit elements of any type; a batch's inputs, classes or
 * values, row-major. */
#include "kernels/gather.h"

#include "kernels/device.cuh"

static __global__ void gather_rows(uint32_t *out, const uint32_t *from, const uint32_t *indices,
                                   int64_t elements, int64_t size) {
    const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
    for (int64_t at = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; at < elements;
         at += stride)
        out[at] = from[static_cast<int64_t>(indices[at / size]) * size + at % size];
}

extern "C" cudaError_t tau_cuda_gather(void *out, const void *from, const uint32_t *indices, size_t count,
                                       size_t size, cudaStream_t stream) {
    const int64_t elements = static_cast<int64_t>(count * size);
    if (elements == 0) return cudaSuccess;
    const int64_t blocks = ceil_div(elements, INT64_C(256)), most = 1 << 20;
    return launch(gather_rows, dim3(static_cast<unsigned>(blocks < most ? blocks : most)), dim3(256), 0,
                  stream, static_cast<uint32_t *>(out), static_cast<const uint32_t *>(from), indices,
                  elements, static_cast<int64_t>(size));
}
