/** The device's share of tau_combine: one parameter of one network from the vectors of a slice. */
#ifndef TAU_KERNELS_COMBINE_CUH
#define TAU_KERNELS_COMBINE_CUH

#include "kernels/device.cuh"
#include "kernels/points.h"

/** The same element of every vector of a source: read once, for all the networks that a thread serves. */
typedef struct combine_terms {
    float of[TAU_CUDA_BASIS_MAX];
} combine_terms;

static __device__ inline combine_terms combine_read(const tau_cuda_source &source, size_t element) {
    combine_terms terms = {};
#pragma unroll
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) {
        if (k < source.count) terms.of[k] = __ldg(source.vectors[k] + element);
    }
    return terms;
}

/** sum_k c[k]·terms[k] in FP64 in the order of k, without contraction so that host and device agree in every
 * bit; a coefficient of exactly 0 leaves its vector out, whatever it holds.    eq:tau eq:tau_2d eq:radial
 *  @param[in] c  [TAU_CUDA_BASIS_MAX], of one network */
static __device__ inline float combine_sum(const combine_terms &terms, int count, const double *c) {
    double sum = 0.0;
#pragma unroll
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) {
        if (k < count && c[k] != 0.0) {
            sum = __dadd_rn(sum, __dmul_rn(c[k], static_cast<double>(terms.of[k])));
        }
    }
    return __double2float_rn(sum);
}

/** Element `element` of network `point`; `terms` is what combine_read gave for it, only used where there are
 * coefficients. */
static __device__ inline float combine_value(const tau_cuda_source &source, const combine_terms &terms,
                                             size_t element, int point) {
    if (source.coefficients == nullptr) {
        return __ldg(source.vectors[0] + static_cast<size_t>(point) * source.point_stride + element);
    }
    return combine_sum(terms, source.count, source.coefficients + point * TAU_CUDA_BASIS_MAX);
}

#endif
