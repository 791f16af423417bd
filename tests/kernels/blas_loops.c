/* Matrix products by plain loops for the emulated build, in the place of cuBLAS. */
#include "backend_cuda/blas.h"

#include <stdlib.h>

typedef struct product {
    int m, n, k;
    tau_cuda_matrix a, b;
    float beta, *c;
    int c_stride;
} product;

static double element(const tau_cuda_matrix *matrix, size_t row, size_t column) {
    const size_t stride = (size_t)matrix->stride;
    return (double)matrix->data[matrix->transposed ? column * stride + row : row * stride + column];
}

static void run_product(void *payload) {
    const product *p = payload;
    for (size_t row = 0; row < (size_t)p->m; row++)
        for (size_t column = 0; column < (size_t)p->n; column++) {
            float *c = &p->c[row * (size_t)p->c_stride + column];
            double sum = p->beta == 0 ? 0 : (double)(p->beta * *c);
            for (size_t i = 0; i < (size_t)p->k; i++)
                sum += element(&p->a, row, i) * element(&p->b, i, column);
            *c = (float)sum;
        }
    free(payload);
}

/* Runs on the host when the stream gets there. */
static cudaError_t multiply(const tau_cuda_blas *self, int m, int n, int k, tau_cuda_matrix a,
                            tau_cuda_matrix b, float beta, float *c, int c_stride, cudaStream_t stream) {
    (void)self;
    product *p = malloc(sizeof *p);
    if (!p) return cudaErrorMemoryAllocation;
    *p = (product){m, n, k, a, b, beta, c, c_stride};
    const cudaError_t error = cudaLaunchHostFunc(stream, run_product, p);
    if (error != cudaSuccess) free(p);
    return error;
}

/* A workspace on the device stands for the handle: who forgets to close it leaves memory behind. */
tau_status tau_cuda_blas_open(tau_cuda_blas *out) {
    void *workspace = NULL;
    *out = (tau_cuda_blas){0};
    if (cudaMalloc(&workspace, 1) != cudaSuccess)
        return tau_fail(TAU_STATUS_MEMORY, "no memory for a workspace");
    *out = (tau_cuda_blas){workspace, multiply};
    return TAU_STATUS_OK;
}

void tau_cuda_blas_close(tau_cuda_blas *blas) {
    if (blas->handle) (void)cudaFree(blas->handle);
    *blas = (tau_cuda_blas){0};
}
