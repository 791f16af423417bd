/* Softmax and its logarithm over one axis of a sample, in lanes x[before, n, after]:
 *
 * softmax      y_i = e^(x_i - m) / S, S = sum_j e^(x_j - m), m = max_j x_j;  dx_i += y_i·(dy_i - sum_j
 * y_j·dy_j) log-softmax  y_i = x_i - m - log S;                                        dx_i += dy_i -
 * e^(y_i)·sum_j dy_j
 *
 * As the definition has it, a lane with a NaN or with +inf becomes NaN. */
#include <math.h>

#include "backend_ref/operators.h"

typedef struct lanes {
    size_t before, length, step; /* lane elements lie `step` apart */
} lanes;

static lanes lanes_of(const tau_ref_call *call) {
    lanes n = {1, (size_t)call->shape->dim[call->attributes->axis], 1};
    for (int i = 0; i < call->attributes->axis; i++) n.before *= (size_t)call->shape->dim[i];
    for (int i = call->attributes->axis + 1; i < call->shape->rank; i++)
        n.step *= (size_t)call->shape->dim[i];
    return n;
}

typedef void (*lane_function)(const tau_ref_call *call, size_t first, const lanes *n);

static void visit_lanes(const tau_ref_call *call, lane_function visit) {
    const lanes n = lanes_of(call);
    for (size_t b = 0; b < n.before; b++)
        for (size_t a = 0; a < n.step; a++) visit(call, b * n.length * n.step + a, &n);
}

static double lane_max(const double *x, const lanes *n) {
    double max = x[0];
    for (size_t i = 1; i < n->length; i++)
        if (!(x[i * n->step] <= max)) max = x[i * n->step];
    return max;
}

static double lane_sum(const double *x, const lanes *n, double max) {
    double sum = 0;
    for (size_t i = 0; i < n->length; i++) sum += exp(x[i * n->step] - max);
    return sum;
}

static void softmax(const tau_ref_call *call, size_t first, const lanes *n) {
    const double *x = call->inputs[0].value + first;
    double max = lane_max(x, n), sum = lane_sum(x, n, max);
    for (size_t i = 0; i < n->length; i++) call->y[first + i * n->step] = exp(x[i * n->step] - max) / sum;
}

static void softmax_gradient(const tau_ref_call *call, size_t first, const lanes *n) {
    const double *y = call->y + first, *dy = call->dy + first;
    double mean = 0;
    for (size_t i = 0; i < n->length; i++) mean += y[i * n->step] * dy[i * n->step];
    for (size_t i = 0; i < n->length; i++)
        call->inputs[0].gradient[first + i * n->step] += y[i * n->step] * (dy[i * n->step] - mean);
}

static void log_softmax(const tau_ref_call *call, size_t first, const lanes *n) {
    const double *x = call->inputs[0].value + first;
    double max = lane_max(x, n), log_sum = log(lane_sum(x, n, max));
    for (size_t i = 0; i < n->length; i++) call->y[first + i * n->step] = x[i * n->step] - max - log_sum;
}

static void log_softmax_gradient(const tau_ref_call *call, size_t first, const lanes *n) {
    const double *y = call->y + first, *dy = call->dy + first;
    double total = 0;
    for (size_t i = 0; i < n->length; i++) total += dy[i * n->step];
    for (size_t i = 0; i < n->length; i++)
        call->inputs[0].gradient[first + i * n->step] += dy[i * n->step] - exp(y[i * n->step]) * total;
}

void tau_ref_softmax_forward(const tau_ref_call *call) {
    visit_lanes(call, softmax);
}

void tau_ref_softmax_backward(const tau_ref_call *call) {
    if (call->inputs[0].gradient) visit_lanes(call, softmax_gradient);
}

void tau_ref_log_softmax_forward(const tau_ref_call *call) {
    visit_lanes(call, log_softmax);
}

void tau_ref_log_softmax_backward(const tau_ref_call *call) {
    if (call->inputs[0].gradient) visit_lanes(call, log_softmax_gradient);
}
