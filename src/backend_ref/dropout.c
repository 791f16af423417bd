/* Dropout: y = x, except in training, where y = x·m with m = 1/(1 - rate) for kept elements and 0 for dropped
 * ones; the mask is that of backend/dropout.h. A dropped NaN stays NaN. */
#include "backend_ref/operators.h"

static double factor(const tau_ref_call *call, size_t index, size_t size) {
    if (!call->training) return 1;
    bool keeps = tau_dropout_keeps(&call->mask, (uint64_t)call->position * size + index);
    return keeps ? tau_dropout_scale(call->mask.rate) : 0;
}

void tau_ref_dropout_forward(const tau_ref_call *call) {
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) call->y[i] = call->inputs[0].value[i] * factor(call, i, size);
}

void tau_ref_dropout_backward(const tau_ref_call *call) {
    double *dx = call->inputs[0].gradient;
    size_t size = dx ? tau_shape_size(call->shape) : 0;
    for (size_t i = 0; i < size; i++) dx[i] += call->dy[i] * factor(call, i, size);
}
