/* Elementwise activations: y = f(x), dx += f'(x)·dy, any shape.
 *
 * Written with comparisons that are false for NaN, so that NaN travels. At a kink the slope is the one
 * PyTorch takes. */
#include <math.h>

#include "backend_ref/operators.h"

static const double sqrt_half = 0.70710678118654752440, sqrt_2_over_pi = 0.79788456080286535588,
                    two_over_sqrt_pi = 1.12837916709551257390, gelu_cubic = 0.044715;

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* Phi, the distribution function of the standard normal. */
static double normal_cdf(double x) {
    return 0.5 * erfc(-x * sqrt_half);
}

static double gelu(double x, bool approximate) {
    if (!approximate) return x * normal_cdf(x);
    return 0.5 * x * (1 + tanh(sqrt_2_over_pi * (x + gelu_cubic * x * x * x)));
}

static double gelu_slope(double x, bool approximate) {
    if (!approximate) return normal_cdf(x) + x * 0.5 * sqrt_2_over_pi * exp(-0.5 * x * x);
    double t = tanh(sqrt_2_over_pi * (x + gelu_cubic * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * sqrt_2_over_pi * (1 + 3 * gelu_cubic * x * x);
}

static double value_of(tau_op op, const tau_attributes *a, double x) {
    switch (op) {
    case TAU_OP_RELU:
        return x < 0 ? 0 : x;
    case TAU_OP_LEAKY_RELU:
        return x < 0 ? a->alpha * x : x;
    case TAU_OP_ELU:
        return x < 0 ? a->alpha * expm1(x) : x;
    case TAU_OP_SELU:
        return a->gamma * (x < 0 ? a->alpha * expm1(x) : x);
    case TAU_OP_GELU:
        return gelu(x, a->approximate);
    case TAU_OP_SIGMOID:
        return sigmoid(x);
    case TAU_OP_HARD_SIGMOID:
        return clamp(a->alpha * x + a->beta, 0, 1);
    case TAU_OP_TANH:
        return tanh(x);
    case TAU_OP_SOFTPLUS:
        return (x > 0 ? x : 0) + (isnan(x) ? x : log1p(exp(-fabs(x))));
    case TAU_OP_SOFTSIGN:
        return x / (1 + fabs(x));
    case TAU_OP_ERF:
        return erf(x);
    default: /* TAU_OP_CLIP */
        return clamp(x, a->alpha, a->beta);
    }
}

static double slope_of(tau_op op, const tau_attributes *a, double x) {
    double t;
    switch (op) {
    case TAU_OP_RELU:
        return x <= 0 ? 0 : 1;
    case TAU_OP_LEAKY_RELU:
        return x <= 0 ? a->alpha : 1;
    case TAU_OP_ELU:
        return x <= 0 ? a->alpha * exp(x) : 1;
    case TAU_OP_SELU:
        return a->gamma * (x <= 0 ? a->alpha * exp(x) : 1);
    case TAU_OP_GELU:
        return gelu_slope(x, a->approximate);
    case TAU_OP_SIGMOID:
        t = sigmoid(x);
        return t * (1 - t);
    case TAU_OP_HARD_SIGMOID:
        t = a->alpha * x + a->beta;
        return t <= 0 || t >= 1 ? 0 : a->alpha;
    case TAU_OP_TANH:
        t = tanh(x);
        return 1 - t * t;
    case TAU_OP_SOFTPLUS:
        return sigmoid(x);
    case TAU_OP_SOFTSIGN:
        t = 1 + fabs(x);
        return 1 / (t * t);
    case TAU_OP_ERF:
        return two_over_sqrt_pi * exp(-x * x);
    default: /* TAU_OP_CLIP */
        return x < a->alpha || x > a->beta ? 0 : 1;
    }
}

void tau_ref_activation_forward(const tau_ref_call *call) {
    const double *x = call->inputs[0].value;
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) call->y[i] = value_of(call->op, call->attributes, x[i]);
}

void tau_ref_activation_backward(const tau_ref_call *call) {
    const double *x = call->inputs[0].value;
    double *dx = call->inputs[0].gradient;
    size_t size = dx ? tau_shape_size(call->shape) : 0;
    for (size_t i = 0; i < size; i++) dx[i] += slope_of(call->op, call->attributes, x[i]) * call->dy[i];
}
