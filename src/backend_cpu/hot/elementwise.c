/* Functions of one element, and sums and products of rows. */
#include <math.h>

#include "backend_cpu/hot/math.h"

INLINE vec gelu_tanh(vec x) {
    const vec inner = 0.797884560802865f * (x + 0.044715f * x * x * x);
    return 0.5f * x * (1.0f + hyperbolic_tangent(inner));
}

INLINE vec clamp(vec x, float low, float high) {
    const vec raised = choose(x < splat(low), splat(low), x);
    return choose(raised > splat(high), splat(high), raised);
}

INLINE vec function_of(vec x, const tau_op op, const tau_cpu_function *f) {
    switch (op) {
    case TAU_OP_RELU:
        return rectify(x);
    case TAU_OP_LEAKY_RELU:
        return choose(x < splat(0), f->alpha * x, x);
    case TAU_OP_ELU:
        return choose(x < splat(0), f->alpha * exponential_minus_one(x), x);
    case TAU_OP_SELU:
        return f->gamma * choose(x < splat(0), f->alpha * exponential_minus_one(x), x);
    case TAU_OP_GELU:
        return gelu_tanh(x);
    case TAU_OP_SIGMOID:
        return logistic(x);
    case TAU_OP_HARD_SIGMOID:
        return clamp(f->alpha * x + f->beta, 0, 1);
    case TAU_OP_TANH:
        return hyperbolic_tangent(x);
    case TAU_OP_SOFTPLUS:
        return soft_plus(x);
    case TAU_OP_SOFTSIGN:
        return x / (magnitude(x) + 1.0f);
    case TAU_OP_CLIP:
        return clamp(x, f->alpha, f->beta);
    default:
        return x;
    }
}

/* `op` is a constant wherever this is inlined, so that the choice stands outside the loop. */
INLINE void apply_all(float *y, const float *x, size_t count, const tau_cpu_function *f, const tau_op op) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) store(y + i, function_of(load(x + i), op, f));
    if (i < count) store_part(y + i, function_of(load_part(x + i, count - i), op, f), count - i);
}

static void apply_erf(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = erff(x[i]);
}

static void apply_gelu_erf(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = 0.5f * x[i] * erfcf(-0.707106781f * x[i]);
}

#define APPLY_CASE(op)                                                                                       \
    case op:                                                                                                 \
        apply_all(y, x, count, f, op);                                                                       \
        break;

void HOT(apply)(float *y, const float *x, size_t count, const tau_cpu_function *f) {
    switch (f->op) {
        APPLY_CASE(TAU_OP_RELU)
        APPLY_CASE(TAU_OP_LEAKY_RELU)
        APPLY_CASE(TAU_OP_ELU)
        APPLY_CASE(TAU_OP_SELU)
        APPLY_CASE(TAU_OP_SIGMOID)
        APPLY_CASE(TAU_OP_HARD_SIGMOID)
        APPLY_CASE(TAU_OP_TANH)
        APPLY_CASE(TAU_OP_SOFTPLUS)
        APPLY_CASE(TAU_OP_SOFTSIGN)
        APPLY_CASE(TAU_OP_CLIP)
    case TAU_OP_GELU:
        if (f->approximate)
            apply_all(y, x, count, f, TAU_OP_GELU);
        else
            apply_gelu_erf(y, x, count);
        break;
    case TAU_OP_ERF:
        apply_erf(y, x, count);
        break;
    default:
        break;
    }
}

static double gelu_tanh_derivative(double x) {
    const double c = 0.7978845608028654, inner = c * (x + 0.044715 * x * x * x), t = tanh(inner);
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
}

static double gelu_derivative(double x) {
    return 0.5 * erfc(-0.7071067811865476 * x) + x * 0.3989422804014327 * exp(-0.5 * x * x);
}

/* f'(x), from x or from y = f(x), whichever is cheaper. */
INLINE float derivative(float x, float y, const tau_op op, const tau_cpu_function *f) {
    switch (op) {
    case TAU_OP_RELU:
        return x > 0 ? 1.0f : 0.0f;
    case TAU_OP_LEAKY_RELU:
        return x > 0 ? 1.0f : f->alpha;
    case TAU_OP_ELU:
        return x > 0 ? 1.0f : y + f->alpha;
    case TAU_OP_SELU:
        return x > 0 ? f->gamma : y + f->gamma * f->alpha;
    case TAU_OP_SIGMOID:
        return y * (1 - y);
    case TAU_OP_HARD_SIGMOID:
        return y > 0 && y < 1 ? f->alpha : 0;
    case TAU_OP_TANH:
        return 1 - y * y;
    case TAU_OP_CLIP:
        return x < f->alpha || x > f->beta ? 0.0f : 1.0f;
    case TAU_OP_SOFTPLUS:
        return (float)(1 / (1 + exp(-(double)x)));
    case TAU_OP_SOFTSIGN: {
        const float d = 1 + fabsf(x);
        return 1 / (d * d);
    }
    case TAU_OP_ERF:
        return (float)(1.1283791670955126 * exp(-(double)x * x));
    default:
        return (float)(f->approximate ? gelu_tanh_derivative(x) : gelu_derivative(x));
    }
}

INLINE void derive_all(float *dx, const float *x, const float *y, const float *dy, size_t count,
                       const tau_cpu_function *f, bool accumulate, const tau_op op) {
    if (accumulate)
        for (size_t i = 0; i < count; i++) dx[i] += dy[i] * derivative(x[i], y[i], op, f);
    else
        for (size_t i = 0; i < count; i++) dx[i] = dy[i] * derivative(x[i], y[i], op, f);
}

#define DERIVE_CASE(op)                                                                                      \
    case op:                                                                                                 \
        derive_all(dx, x, y, dy, count, f, accumulate, op);                                                  \
        break;

void HOT(apply_backward)(float *dx, const float *x, const float *y, const float *dy, size_t count,
                         const tau_cpu_function *f, bool accumulate) {
    switch (f->op) {
        DERIVE_CASE(TAU_OP_RELU)
        DERIVE_CASE(TAU_OP_LEAKY_RELU)
        DERIVE_CASE(TAU_OP_ELU)
        DERIVE_CASE(TAU_OP_SELU)
        DERIVE_CASE(TAU_OP_SIGMOID)
        DERIVE_CASE(TAU_OP_HARD_SIGMOID)
        DERIVE_CASE(TAU_OP_TANH)
        DERIVE_CASE(TAU_OP_CLIP)
        DERIVE_CASE(TAU_OP_SOFTPLUS)
        DERIVE_CASE(TAU_OP_SOFTSIGN)
        DERIVE_CASE(TAU_OP_ERF)
        DERIVE_CASE(TAU_OP_GELU)
    default:
        break;
    }
}

void HOT(normalise)(float *y, const float *x, const float *mean, const float *scale, const float *shift,
                    size_t pixels, size_t channels) {
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < channels; c++)
            y[i * channels + c] = (x[i * channels + c] - mean[c]) * scale[c] + shift[c];
}

INLINE vec mixed(const float *const *terms, const float *c, int count, size_t i, bool relu) {
    vec sum = c[0] * load(terms[0] + i);
    for (int k = 1; k < count; k++) sum += c[k] * load(terms[k] + i);
    return relu ? rectify(sum) : sum;
}

void HOT(mix)(float *out, const float *const *terms, const float *c, int count, size_t size, bool relu) {
    for (size_t i = 0; i < size; i += LANES) store(out + i, mixed(terms, c, count, i, relu));
}

void HOT(largest)(float *y, const float *a, const float *b, size_t count) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) store(y + i, larger(load(a + i), load(b + i)));
    for (; i < count; i++) y[i] = a[i] >= b[i] || a[i] != a[i] ? a[i] : b[i];
}

void HOT(add)(float *y, const float *a, const float *b, size_t count, bool relu) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const vec sum = load(a + i) + load(b + i);
        store(y + i, relu ? rectify(sum) : sum);
    }
    for (; i < count; i++) {
        const float sum = a[i] + b[i];
        y[i] = relu && sum < 0 ? 0 : sum;
    }
}
