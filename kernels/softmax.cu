/* Softmax and its logarithm over one axis of a sample, in lanes [before, n, after]:
 *
 * softmax      y_i = e^(x_i - m) / S, S = sum_j e^(x_j - m), m = max_j x_j
 *              dx_i += y_i·(dy_i - sum_j y_j·dy_j)
 * log-softmax  y_i = x_i - m - log S
 *              dx_i += dy_i - e^(y_i)·sum_j dy_j
 *
 * As the definition has it, a lane with a NaN or with +inf becomes NaN. Exponentials are FP32, sums FP64 in a
 * fixed order.
 *
 * Lanes along the innermost axis are read by a warp each; along another axis by a thread each, so that
 * neighbouring threads read neighbouring elements either way. */
#include <math.h>

#include "kernels/rows.cuh"

/* Lane l, of network and sample and place among `before` and `after`: operands of the walk are output (or its
 * gradient), input, the input's gradient; elements of a lane lie `step` apart in all of them. */
struct lanes {
    walk first; /* first elements */
    int length;
    size_t step;
};

static lanes lanes_of(const tau_cuda_call *call) {
    const tau_shape &shape = call->shape;
    const int axis = call->attributes->axis;
    const size_t step = size_between(shape, axis + 1, shape.rank), length = (size_t)shape.dim[axis];
    lanes n = {walk_make(), (int)length, step};
    walk_add_rows(&n.first, call, &call->inputs[0]);
    walk_add(&n.first, size_between(shape, 0, axis), length * step, length * step, length * step);
    walk_add(&n.first, step, 1, 1, 1);
    return n;
}

/* Elements rank, rank + threads, … of a lane are one thread's, where `threads` is 1 or those of a warp. */
template <int threads> static __device__ double all_sum(double x) {
    return threads == 1 ? x : warp_sum(x);
}

/* Which of two NaN or numbers is returned does not matter: a NaN in a lane makes its sum NaN. */
template <int threads> static __device__ float all_max(float x) {
    for (int far = threads / 2; far > 0; far /= 2) {
        const float other = __shfl_xor_sync(0xffffffffu, x, far);
        if (other > x) x = other;
    }
    return x;
}

template <int threads> static __device__ float lane_max(const float *x, const lanes &n, int rank) {
    float max = -INFINITY;
    for (int i = rank; i < n.length; i += threads)
        if (x[i * n.step] > max) max = x[i * n.step];
    return all_max<threads>(max);
}

template <int threads>
static __device__ double lane_sum(const float *x, const lanes &n, int rank, float max) {
    double sum = 0;
    for (int i = rank; i < n.length; i += threads) sum += (double)expf(x[i * n.step] - max);
    return all_sum<threads>(sum);
}

template <int threads, bool logarithm>
static __global__ void forward(lanes n, float *outputs, const float *inputs) {
    const int rank = (int)(threadIdx.x % threads);
    for (size_t l = thread_index() / threads; l < n.first.count; l += thread_count() / threads) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(n.first, l, at);
        const float *x = inputs + at[1];
        float *y = outputs + at[0];
        const float max = lane_max<threads>(x, n, rank);
        const double sum = lane_sum<threads>(x, n, rank, max);
        const double shift = logarithm ? (double)max + log(sum) : 0;
        for (int i = rank; i < n.length; i += threads)
            y[i * n.step] = logarithm ? (float)((double)x[i * n.step] - shift)
                                      : (float)((double)expf(x[i * n.step] - max) / sum);
    }
}

template <int threads, bool logarithm>
static __global__ void backward(lanes n, float *input_gradients, const float *outputs,
                                const float *output_gradients) {
    const int rank = (int)(threadIdx.x % threads);
    for (size_t l = thread_index() / threads; l < n.first.count; l += thread_count() / threads) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(n.first, l, at);
        const float *y = outputs + at[0], *dy = output_gradients + at[0];
        float *dx = input_gradients + at[2];
        double sum = 0;
        for (int i = rank; i < n.length; i += threads)
            sum += logarithm ? (double)dy[i * n.step] : (double)y[i * n.step] * (double)dy[i * n.step];
        sum = all_sum<threads>(sum);
        for (int i = rank; i < n.length; i += threads) {
            const double d = (double)dy[i * n.step];
            dx[i * n.step] += (float)(logarithm ? d - (double)expf(y[i * n.step]) * sum
                                                : (double)y[i * n.step] * (d - sum));
        }
    }
}

template <bool logarithm> static cudaError_t run_forward(const tau_cuda_call *call) {
    const lanes n = lanes_of(call);
    const int threads = n.step == 1 ? (int)TAU_WARP : 1;
    return launch(threads == 1 ? forward<1, logarithm> : forward<TAU_WARP, logarithm>,
                  rows_grid(n.first.count, threads), dim3(ROWS_THREADS), 0, call->stream, n, call->y,
                  call->inputs[0].value);
}

template <bool logarithm> static cudaError_t run_backward(const tau_cuda_call *call) {
    const lanes n = lanes_of(call);
    const int threads = n.step == 1 ? (int)TAU_WARP : 1;
    if (!call->inputs[0].gradient) return cudaSuccess;
    return launch(threads == 1 ? backward<1, logarithm> : backward<TAU_WARP, logarithm>,
                  rows_grid(n.first.count, threads), dim3(ROWS_THREADS), 0, call->stream, n,
                  call->inputs[0].gradient, call->y, call->dy);
}

cudaError_t tau_cuda_softmax_forward(const tau_cuda_call *call) {
    return run_forward<false>(call);
}

cudaError_t tau_cuda_softmax_backward(const tau_cuda_call *call) {
    return run_backward<false>(call);
}

cudaError_t tau_cuda_log_softmax_forward(const tau_cuda_call *call) {
    return run_forward<true>(call);
}

cudaError_t tau_cuda_log_softmax_backward(const tau_cuda_call *call) {
    return run_backward<true>(call);
}
