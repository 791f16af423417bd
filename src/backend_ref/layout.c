/* Operators that move elements and compute nothing.
 *
 * Reshape: the same elements in the same order.
 * Transpose: y[i_0, i_1, …] = x at the place whose axis permutation[k] is i_k.
 * Concat: inputs one after another along `axis`.
 * Pad: x inside a frame of the constant `alpha`. */
#include "backend_ref/operators.h"

void tau_ref_reshape_forward(const tau_ref_call *call) {
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) call->y[i] = call->inputs[0].value[i];
}

void tau_ref_reshape_backward(const tau_ref_call *call) {
    double *dx = call->inputs[0].gradient;
    size_t size = dx ? tau_shape_size(call->shape) : 0;
    for (size_t i = 0; i < size; i++) dx[i] += call->dy[i];
}

/* Where element `index` of the transposed output comes from. */
static size_t transposed_offset(const tau_ref_call *call, size_t index) {
    const tau_shape *x = call->inputs[0].shape;
    size_t step[TAU_SHAPE_MAX_RANK], offset = 0, next = 1;
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        step[axis] = next;
        next *= (size_t)x->dim[axis];
    }
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        offset += index % (size_t)call->shape->dim[axis] * step[call->attributes->permutation[axis]];
        index /= (size_t)call->shape->dim[axis];
    }
    return offset;
}

void tau_ref_transpose_forward(const tau_ref_call *call) {
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) call->y[i] = call->inputs[0].value[transposed_offset(call, i)];
}

void tau_ref_transpose_backward(const tau_ref_call *call) {
    double *dx = call->inputs[0].gradient;
    size_t size = dx ? tau_shape_size(call->shape) : 0;
    for (size_t i = 0; i < size; i++) dx[transposed_offset(call, i)] += call->dy[i];
}

/* Elements after `axis`: those that lie together along it. */
static size_t size_after(const tau_shape *shape, int axis) {
    size_t size = 1;
    for (int i = axis + 1; i < shape->rank; i++) size *= (size_t)shape->dim[i];
    return size;
}

/* Where element `index` of an input lies in the output; `start` is the input's first place along the axis. */
static size_t joined_offset(const tau_ref_call *call, const tau_ref_input *input, size_t start,
                            size_t index) {
    int axis = call->attributes->axis;
    size_t after = size_after(call->shape, axis);
    size_t length = (size_t)input->shape->dim[axis], total = (size_t)call->shape->dim[axis];
    size_t before = index / (length * after);
    return (before * total + start) * after + index % (length * after);
}

void tau_ref_concat_forward(const tau_ref_call *call) {
    size_t start = 0;
    for (int k = 0; k < call->input_count; k++) {
        const tau_ref_input *input = &call->inputs[k];
        size_t size = tau_shape_size(input->shape);
        for (size_t i = 0; i < size; i++) call->y[joined_offset(call, input, start, i)] = input->value[i];
        start += (size_t)input->shape->dim[call->attributes->axis];
    }
}

void tau_ref_concat_backward(const tau_ref_call *call) {
    size_t start = 0;
    for (int k = 0; k < call->input_count; k++) {
        const tau_ref_input *input = &call->inputs[k];
        size_t size = input->gradient ? tau_shape_size(input->shape) : 0;
        for (size_t i = 0; i < size; i++)
            input->gradient[i] += call->dy[joined_offset(call, input, start, i)];
        start += (size_t)input->shape->dim[call->attributes->axis];
    }
}

/* Where element `index` of the input lies in the padded output. */
static size_t padded_offset(const tau_ref_call *call, size_t index) {
    const tau_shape *x = call->inputs[0].shape;
    size_t offset = 0, step = 1;
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        size_t place = index % (size_t)x->dim[axis];
        index /= (size_t)x->dim[axis];
        offset += (place + (size_t)call->attributes->pads[axis]) * step;
        step *= (size_t)call->shape->dim[axis];
    }
    return offset;
}

void tau_ref_pad_forward(const tau_ref_call *call) {
    size_t size = tau_shape_size(call->shape), inner = tau_shape_size(call->inputs[0].shape);
    for (size_t i = 0; i < size; i++) call->y[i] = call->attributes->alpha;
    for (size_t i = 0; i < inner; i++) call->y[padded_offset(call, i)] = call->inputs[0].value[i];
}

void tau_ref_pad_backward(const tau_ref_call *call) {
    double *dx = call->inputs[0].gradient;
    size_t inner = dx ? tau_shape_size(call->inputs[0].shape) : 0;
    for (size_t i = 0; i < inner; i++) dx[i] += call->dy[padded_offset(call, i)];
}
