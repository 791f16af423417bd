/** y = activation(scale·x + shift + residual), element by element over the blocked layout.
 *
 *  A thread has the vector of one sample: 8 channels, 16 bytes of each tensor; a warp moves 512 contiguous
 *  bytes. Channels past the last become 0. */
#include "kernels/fast.cuh"

typedef struct elementwise_problem {
    tau_fast_tensor y, x, residual; /* residual.data NULL = none */
    const float *affine;            /* [points][2][padded]; NULL = 1 and 0 */
    int padded, points;
    tau_fast_activation activation;
    unsigned char *overflow;
} elementwise_problem;

/** scale·x + shift of the 8 channels from `first` on. */
static __device__ inline void shift_and_scale(float (&values)[8], const elementwise_problem &problem,
                                              int point, unsigned first) {
    if (problem.affine == nullptr) return;
    const size_t padded = static_cast<size_t>(problem.padded);
    const float *scale = problem.affine + static_cast<size_t>(point) * 2 * padded + first;
#pragma unroll
    for (int i = 0; i < 8; i++) values[i] = fmaf(__ldg(scale + i), values[i], __ldg(scale + padded + i));
}

static __global__ void __launch_bounds__(FAST_THREADS)
    elementwise(unsigned count, const elementwise_problem problem) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_shape shape = blocked_shape_of(problem.y);
    const unsigned first = blocked_place_at(shape, vector).block * 8;
    const activation_form activation = activation_make(problem.activation);
    for (int point = static_cast<int>(blockIdx.y); point < problem.points;
         point += static_cast<int>(gridDim.y)) {
        float values[8];
        unpack_vector(values, blocked_vectors(problem.x, point)[vector]);
        shift_and_scale(values, problem, point, first);
        if (problem.residual.data != nullptr) {
            float rest[8];
            unpack_vector(rest, blocked_vectors(problem.residual, point)[vector]);
#pragma unroll
            for (int i = 0; i < 8; i++) values[i] += rest[i];
        }
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            values[i] = first + i < shape.channels ? activate(activation, values[i]) : 0.0f;
        }
        bool overflow = false;
        blocked_vectors(problem.y, point)[vector] = pack_vector(values, &overflow);
        mark_overflow(problem.overflow, point, overflow);
    }
}

cudaError_t tau_cuda_fast_elementwise(const tau_fast_tensor *y, const tau_fast_tensor *x, const float *affine,
                                      const tau_fast_tensor *residual, tau_fast_activation activation,
                                      int points, int groups, unsigned char *overflow, cudaStream_t stream) {
    const tau_fast_tensor none = {};
    const elementwise_problem problem = {*y,
                                         *x,
                                         residual == nullptr ? none : *residual,
                                         affine,
                                         ceil_div(y->channels, 16) * 16,
                                         points,
                                         activation,
                                         overflow};
    return launch_vectors(elementwise, blocked_count(y, groups), points, stream, problem);
}
