/** The first linear layer of all networks from its products with the vectors of a slice:
 *
 *      X·(sum_k c_k W_k) = sum_k c_k (X·W_k),  y = activation(scale·that + shift)    eq:tau_2d
 *
 *  A thread has 8 outputs of one sample: it reads their products once, for many networks. The sum is formed
 * in FP32 by fused multiply-adds in the order of k, coefficients rounded to FP32 and one of exactly 0 leaving
 * its product out: it errs by at most 2^-22·sum_k |c_k·product_k|, far below the 2^-11 of the f16 that it is
 *  rounded to unless the products cancel to a thousandth. */
#include "kernels/fast.cuh"

enum { POINTS = 16 }; /* networks a thread serves */

typedef struct share_problem {
    tau_fast_tensor y;
    const float *products;
    size_t product_stride;
    int count;
    const double *coefficients;
    const float *affine;
    int padded, points;
    tau_fast_activation activation;
    unsigned char *overflow;
} share_problem;

/** The products of a thread's outputs with each vector; outputs past the last have 0. */
static __device__ inline void read_products(float (&out)[TAU_CUDA_BASIS_MAX][8], const share_problem &problem,
                                            const blocked_place &place) {
    const unsigned outputs = static_cast<unsigned>(problem.y.channels);
    const size_t row = (static_cast<size_t>(place.group) * 8 + place.sample) * outputs;
#pragma unroll
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) {
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            const unsigned output = place.block * 8 + i;
            const bool exists = k < problem.count && output < outputs;
            out[k][i] = exists ? __ldg(problem.products + k * problem.product_stride + row + output) : 0.0f;
        }
    }
}

static __device__ inline void combine_products(float (&out)[8],
                                               const float (&products)[TAU_CUDA_BASIS_MAX][8],
                                               const share_problem &problem, int point) {
#pragma unroll
    for (int i = 0; i < 8; i++) out[i] = 0.0f;
#pragma unroll
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) {
        if (k >= problem.count) break;
        const double coefficient = problem.coefficients[point * TAU_CUDA_BASIS_MAX + k];
        if (coefficient == 0.0) continue;
        const float c = static_cast<float>(coefficient);
#pragma unroll
        for (int i = 0; i < 8; i++) out[i] = fmaf(c, products[k][i], out[i]);
    }
}

static __global__ void __launch_bounds__(FAST_THREADS) share(unsigned count, const share_problem problem) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_place place = blocked_place_at(blocked_shape_of(problem.y), vector);
    const activation_form activation = activation_make(problem.activation);
    const size_t padded = static_cast<size_t>(problem.padded);
    float products[TAU_CUDA_BASIS_MAX][8];
    read_products(products, problem, place);
    const int first = static_cast<int>(blockIdx.y) * POINTS, left = problem.points - first;
    for (int point = first; point < first + (left < POINTS ? left : POINTS); point++) {
        float values[8];
        combine_products(values, products, problem, point);
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            const unsigned output = place.block * 8 + i;
            const float *scale = problem.affine + static_cast<size_t>(point) * 2 * padded + output;
            const float value = fmaf(__ldg(scale), values[i], __ldg(scale + padded));
            values[i] =
                output < static_cast<unsigned>(problem.y.channels) ? activate(activation, value) : 0.0f;
        }
        bool overflow = false;
        blocked_vectors(problem.y, point)[vector] = pack_vector(values, &overflow);
        mark_overflow(problem.overflow, point, overflow);
    }
}

cudaError_t tau_cuda_fast_share(const tau_fast_tensor *y, const float *products, size_t product_stride,
                                const tau_cuda_source *source, const float *affine,
                                tau_fast_activation activation, int points, int groups,
                                unsigned char *overflow, cudaStream_t stream) {
    const bool fits =
        source->count >= 1 && source->count <= TAU_CUDA_BASIS_MAX && source->coefficients != nullptr;
    if (!fits || y->height != 1 || y->width != 1) return cudaErrorInvalidValue;
    const share_problem problem = {*y,
                                   products,
                                   product_stride,
                                   source->count,
                                   source->coefficients,
                                   affine,
                                   ceil_div(y->channels, 16) * 16,
                                   points,
                                   activation,
                                   overflow};
    /* Rows of the grid are runs of POINTS networks. */
    return launch_vectors(share, blocked_count(y, groups), ceil_div<int>(points, POINTS), stream, problem);
}
