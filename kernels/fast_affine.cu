/** Bias and batch norm of a layer as y = scale·x + shift:
 *
 *      scale = gamma/sqrt(var + epsilon),  shift = (bias - mean)·scale + beta
 *
 *  in FP64, a vector that is left out counting as 1 (gamma, and the whole scale without var) or 0. The tables
 *  [points][2][outputs rounded up to 16] are a few kilobytes: a thread a channel of a network. */
#include "kernels/fast.cuh"

typedef struct affine_problem {
    float *affine;
    int outputs, padded, points;
    tau_fast_vector bias, gamma, beta, mean, var;
    double epsilon;
} affine_problem;

static __device__ inline double value_of(const tau_fast_vector &vector, int point, int channel,
                                         double otherwise) {
    if (vector.data == nullptr) return otherwise;
    return static_cast<double>(
        vector.data[static_cast<size_t>(point) * vector.point_stride + static_cast<size_t>(channel)]);
}

static __global__ void __launch_bounds__(FAST_THREADS)
    affine(const __grid_constant__ affine_problem problem) {
    const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (channel >= problem.padded) return;
    for (int point = static_cast<int>(blockIdx.y); point < problem.points;
         point += static_cast<int>(gridDim.y)) {
        double scale = 0.0, shift = 0.0;
        if (channel < problem.outputs) {
            scale = 1.0;
            if (problem.var.data != nullptr) {
                scale = value_of(problem.gamma, point, channel, 1.0) /
                        sqrt(value_of(problem.var, point, channel, 1.0) + problem.epsilon);
            }
            shift =
                (value_of(problem.bias, point, channel, 0.0) - value_of(problem.mean, point, channel, 0.0)) *
                    scale +
                value_of(problem.beta, point, channel, 0.0);
        }
        float *out = problem.affine + static_cast<size_t>(point) * 2 * static_cast<size_t>(problem.padded);
        out[channel] = static_cast<float>(scale);
        out[problem.padded + channel] = static_cast<float>(shift);
    }
}

cudaError_t tau_cuda_fast_affine(float *out, int outputs, tau_fast_vector bias, tau_fast_vector gamma,
                                 tau_fast_vector beta, tau_fast_vector mean, tau_fast_vector var,
                                 double epsilon, int points, cudaStream_t stream) {
    if (outputs < 1 || points < 1) return cudaErrorInvalidValue;
    const int padded = ceil_div(outputs, 16) * 16;
    const affine_problem problem = {out, outputs, padded, points, bias, gamma, beta, mean, var, epsilon};
    const dim3 grid(static_cast<unsigned>(ceil_div<int>(padded, FAST_THREADS)),
                    min(static_cast<unsigned>(points), fast_grid_y));
    return launch(affine, grid, dim3(FAST_THREADS), 0, stream, problem);
}
