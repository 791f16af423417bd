/* Elementwise activations: y = f(x), dx += f'(x)·dy, any shape; rows as operators.h has them.
 *
 * Written with comparisons that are false for NaN, so that NaN travels. At a kink the slope is the one
 * PyTorch takes. Values and slopes are formed in FP32 with the accurate functions of CUDA's library; what
 * decides on which side of a kink x lies is compared in FP64, because bounds such as 0.7 are no FP32 numbers.
 */
#include <math.h>

#include "kernels/rows.cuh"

struct activation {
    tau_op op;
    double low, high; /* alpha and beta unrounded */
    float alpha, beta, gamma;
    bool approximate;
};

static __device__ float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

static __device__ float clamp(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}

static constexpr float sqrt_half = 0.70710678118654752440f, sqrt_2_over_pi = 0.79788456080286535588f,
                       two_over_sqrt_pi = 1.12837916709551257390f, gelu_cubic = 0.044715f;

static __device__ float gelu_tanh(float x) {
    return tanhf(sqrt_2_over_pi * (x + gelu_cubic * x * x * x));
}

static __device__ float gelu(float x, bool approximate) {
    if (!approximate) return x * (0.5f * erfcf(-x * sqrt_half));
    return 0.5f * x * (1 + gelu_tanh(x));
}

/* The square of x overflows FP32 where the factor before it is 0: its product is formed in FP64. */
static __device__ float gelu_slope(float x, bool approximate) {
    if (!approximate) return 0.5f * erfcf(-x * sqrt_half) + x * 0.5f * sqrt_2_over_pi * expf(-0.5f * x * x);
    const double wide = x, t = gelu_tanh(x);
    return (float)(0.5 * (1 + t) +
                   0.5 * wide * (1 - t * t) * sqrt_2_over_pi * (1 + 3 * (double)gelu_cubic * wide * wide));
}

static __device__ float value_of(const activation &f, float x) {
    switch (f.op) {
    case TAU_OP_RELU:
        return x < 0 ? 0 : x;
    case TAU_OP_LEAKY_RELU:
        return x < 0 ? f.alpha * x : x;
    case TAU_OP_ELU:
        return x < 0 ? f.alpha * expm1f(x) : x;
    case TAU_OP_SELU:
        return f.gamma * (x < 0 ? f.alpha * expm1f(x) : x);
    case TAU_OP_GELU:
        return gelu(x, f.approximate);
    case TAU_OP_SIGMOID:
        return sigmoid(x);
    case TAU_OP_HARD_SIGMOID:
        return clamp(f.alpha * x + f.beta, 0, 1);
    case TAU_OP_TANH:
        return tanhf(x);
    case TAU_OP_SOFTPLUS:
        return (x > 0 ? x : 0) + (is_nan(x) ? x : log1pf(expf(-fabsf(x))));
    case TAU_OP_SOFTSIGN:
        return x / (1 + fabsf(x));
    case TAU_OP_ERF:
        return erff(x);
    default: /* TAU_OP_CLIP */
        return clamp(x, f.alpha, f.beta);
    }
}

/* 1 between the ends of the ramp; no contraction, which would move them. */
static __device__ float hard_sigmoid_slope(const activation &f, float x) {
    const double t = __dadd_rn(__dmul_rn(f.low, (double)x), f.high);
    return t <= 0 || t >= 1 ? 0 : f.alpha;
}

static __device__ float slope_of(const activation &f, float x) {
    float t;
    switch (f.op) {
    case TAU_OP_RELU:
        return x <= 0 ? 0 : 1;
    case TAU_OP_LEAKY_RELU:
        return x <= 0 ? f.alpha : 1;
    case TAU_OP_ELU:
        return x <= 0 ? f.alpha * expf(x) : 1;
    case TAU_OP_SELU:
        return f.gamma * (x <= 0 ? f.alpha * expf(x) : 1);
    case TAU_OP_GELU:
        return gelu_slope(x, f.approximate);
    case TAU_OP_SIGMOID:
        t = sigmoid(x);
        return t * (1 - t);
    case TAU_OP_HARD_SIGMOID:
        return hard_sigmoid_slope(f, x);
    case TAU_OP_TANH:
        t = tanhf(x);
        return 1 - t * t;
    case TAU_OP_SOFTPLUS:
        return sigmoid(x);
    case TAU_OP_SOFTSIGN:
        t = 1 + fabsf(x);
        return 1 / (t * t);
    case TAU_OP_ERF:
        return two_over_sqrt_pi * expf(-x * x);
    default: /* TAU_OP_CLIP */
        return (double)x < f.low || (double)x > f.high ? 0 : 1;
    }
}

/* Operands of the walk: y, x. */
template <int width> static __global__ void forward(walk w, activation f, float *y, const float *x) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        pack<width> v = pack_load<width>(x + at[1], w.inner[1]);
        for (int j = 0; j < width; j++) v.at[j] = value_of(f, v.at[j]);
        pack_store(y + at[0], v);
    }
}

/* Operands of the walk: dy, x, dx. */
template <int width>
static __global__ void backward(walk w, activation f, float *dx, const float *x, const float *dy) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        const pack<width> v = pack_load<width>(x + at[1], w.inner[1]),
                          d = pack_load<width>(dy + at[0], w.inner[0]);
        pack<width> sum = pack_load<width>(dx + at[2], w.inner[2]);
        for (int j = 0; j < width; j++) sum.at[j] += slope_of(f, v.at[j]) * d.at[j];
        pack_store(dx + at[2], sum);
    }
}

static activation activation_of(const tau_cuda_call *call) {
    const tau_attributes *a = call->attributes;
    return {call->op, a->alpha, a->beta, (float)a->alpha, (float)a->beta, (float)a->gamma, a->approximate};
}

cudaError_t tau_cuda_activation_forward(const tau_cuda_call *call) {
    const tau_cuda_input *x = &call->inputs[0];
    walk w = walk_rows(call, x);
    const bool wide = walk_widen(&w, call->y, x->value);
    return launch_walk(wide, forward<WALK_WIDTH>, forward<1>, call->stream, w, activation_of(call), call->y,
                       x->value);
}

cudaError_t tau_cuda_activation_backward(const tau_cuda_call *call) {
    const tau_cuda_input *x = &call->inputs[0];
    if (!x->gradient) return cudaSuccess;
    walk w = walk_rows(call, x);
    const bool wide = walk_widen(&w, call->dy, x->value, x->gradient);
    return launch_walk(wide, backward<WALK_WIDTH>, backward<1>, call->stream, w, activation_of(call),
                       x->gradient, x->value, call->dy);
}
