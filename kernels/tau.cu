/* Parameters of some networks from the vectors that span a slice: out[p][i] = sum_k c[p][k]·v_k[offset + i],
 * in FP64 in the order of k, rounded once.    eq:tau eq:tau_2d eq:radial
 *
 * A thread has one element of all networks, so each vector is read once for all of them; stores of
 * neighbouring threads lie together. */
#include "kernels/points.h"
#include "kernels/rows.cuh"

/* Variances that interpolation made negative become 0; NaN stays. */
static __device__ float stored(float value, bool clamp) {
    return clamp && value < 0 ? 0 : value;
}

/* Products and sums are rounded one by one, as tau_combine's are: a contraction would have other bits. The
 * loop has its full length so that elements stay in registers. */
static __device__ float combine(const double *coefficients, const double *element, int count) {
    double sum = 0;
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++)
        if (k < count && coefficients[k] != 0) sum = __dadd_rn(sum, __dmul_rn(coefficients[k], element[k]));
    return (float)sum;
}

static __global__ void combine_points(float *out, size_t out_stride, tau_cuda_source source, size_t offset,
                                      size_t size, int points, bool clamp) {
    for (size_t i = thread_index(); i < size; i += thread_count()) {
        double element[TAU_CUDA_BASIS_MAX] = {};
        for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++)
            if (k < source.count) element[k] = (double)source.vectors[k][offset + i];
        for (int p = 0; p < points; p++)
            out[(size_t)p * out_stride + i] =
                stored(combine(source.coefficients + p * TAU_CUDA_BASIS_MAX, element, source.count), clamp);
    }
}

static __global__ void copy_points(float *out, size_t out_stride, tau_cuda_source source, size_t offset,
                                   size_t size, int points, bool clamp) {
    for (size_t i = thread_index(); i < size; i += thread_count())
        for (int p = 0; p < points; p++)
            out[(size_t)p * out_stride + i] =
                stored(source.vectors[0][(size_t)p * source.point_stride + offset + i], clamp);
}

cudaError_t tau_cuda_combine(float *out, size_t out_stride, const tau_cuda_source *source, size_t offset,
                             size_t size, int points, bool clamp, cudaStream_t stream) {
    if (size == 0 || points == 0) return cudaSuccess;
    return launch(source->coefficients ? combine_points : copy_points, rows_grid(size), dim3(ROWS_THREADS), 0,
                  stream, out, out_stride, *source, offset, size, points, clamp);
}
