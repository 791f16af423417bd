/** The matrix product of a vendor's library, behind a table: the plugin opens cuBLAS only where a gradient is
 * asked for, and tests fill the table with plain loops. */
#ifndef TAU_KERNELS_BLAS_H
#define TAU_KERNELS_BLAS_H

#include <cuda_runtime_api.h>
#include <stdbool.h>

/** A row-major matrix on the device; `stride` elements from row to row. */
typedef struct tau_cuda_matrix {
    const float *data;
    int stride;
    bool transposed; /**< the product takes its transpose */
} tau_cuda_matrix;

typedef struct tau_cuda_blas {
    void *handle;
    /** c[m,n] = a[m,k]·b[k,n] + beta·c, FP32 operands and sums (no TF32), on a stream; c row-major.
     *  @numerics the same bits for the same shapes on the same device and library version */
    cudaError_t (*gemm)(const struct tau_cuda_blas *blas, int m, int n, int k, tau_cuda_matrix a,
                        tau_cuda_matrix b, float beta, float *c, int c_stride, cudaStream_t stream);
} tau_cuda_blas;

#endif
