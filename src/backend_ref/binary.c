/* Elementwise arithmetic of two operands: y = a + b, a - b, a·b, a / b.
 *
 * Shapes are aligned at their last axes; an axis of 1, or one that an operand lacks, is repeated. Leading
 * axes of 1 that a stored operand has beyond the output's rank do not count. Gradients of repeated elements
 * add. */
#include "backend_ref/operators.h"

/* Steps of an operand along the axes of the output: 0 where it is repeated. */
typedef struct steps {
    size_t along[TAU_SHAPE_MAX_RANK];
} steps;

static steps steps_of(const tau_shape *operand, const tau_shape *output) {
    steps found = {{0}};
    size_t step = 1;
    int axis = output->rank - 1;
    for (int i = operand->rank - 1; i >= 0 && axis >= 0; i--, axis--) {
        if (operand->dim[i] > 1) found.along[axis] = step;
        step *= (size_t)operand->dim[i];
    }
    return found;
}

static size_t offset_of(const steps *step, const tau_shape *output, size_t index) {
    size_t offset = 0;
    for (int axis = output->rank - 1; axis >= 0; axis--) {
        offset += index % (size_t)output->dim[axis] * step->along[axis];
        index /= (size_t)output->dim[axis];
    }
    return offset;
}

static double value_of(tau_op op, double a, double b) {
    switch (op) {
    case TAU_OP_ADD:
        return a + b;
    case TAU_OP_SUB:
        return a - b;
    case TAU_OP_MUL:
        return a * b;
    default: /* TAU_OP_DIV */
        return a / b;
    }
}

static void slopes_of(tau_op op, double a, double b, double *of_a, double *of_b) {
    switch (op) {
    case TAU_OP_ADD:
        *of_a = 1, *of_b = 1;
        return;
    case TAU_OP_SUB:
        *of_a = 1, *of_b = -1;
        return;
    case TAU_OP_MUL:
        *of_a = b, *of_b = a;
        return;
    default: /* TAU_OP_DIV */
        *of_a = 1 / b, *of_b = -a / (b * b);
    }
}

void tau_ref_binary_forward(const tau_ref_call *call) {
    const tau_ref_input *a = &call->inputs[0], *b = &call->inputs[1];
    const steps step_a = steps_of(a->shape, call->shape), step_b = steps_of(b->shape, call->shape);
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++)
        call->y[i] = value_of(call->op, a->value[offset_of(&step_a, call->shape, i)],
                              b->value[offset_of(&step_b, call->shape, i)]);
}

void tau_ref_binary_backward(const tau_ref_call *call) {
    const tau_ref_input *a = &call->inputs[0], *b = &call->inputs[1];
    const steps step_a = steps_of(a->shape, call->shape), step_b = steps_of(b->shape, call->shape);
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) {
        size_t at_a = offset_of(&step_a, call->shape, i), at_b = offset_of(&step_b, call->shape, i);
        double of_a, of_b;
        slopes_of(call->op, a->value[at_a], b->value[at_b], &of_a, &of_b);
        if (a->gradient) a->gradient[at_a] += of_a * call->dy[i];
        if (b->gradient) b->gradient[at_b] += of_b * call->dy[i];
    }
}
