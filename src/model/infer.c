#include "model/infer.h"

#include <inttypes.h>

static bool is_sample(const tau_value *value) {
    return value && (value->kind == TAU_VALUE_KIND_INPUT || value->kind == TAU_VALUE_KIND_ACTIVATION);
}

static bool is_parameter(const tau_value *value) {
    return value && value->kind == TAU_VALUE_KIND_PARAMETER;
}

static bool is_vector(const tau_value *value, int64_t size) {
    return value->shape.rank == 1 && value->shape.dim[0] == size;
}

static tau_status unfit(const tau_shape *a, const tau_shape *b, const char *why) {
    char ta[TAU_SHAPE_TEXT], tb[TAU_SHAPE_TEXT];
    return tau_fail(TAU_STATUS_SHAPE, "shapes %s and %s do not fit together" TAU_WHY "%s",
                    tau_shape_format(ta, a), tau_shape_format(tb, b), why);
}

static tau_status infer_linear(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *x = &request->inputs[0]->shape, *weight = &request->inputs[1]->shape;
    const tau_value *bias = request->inputs[2];
    if (x->rank < 1 || weight->rank != 2) return unfit(x, weight, "a linear layer needs a matrix of weights");
    const int in = request->attributes->transposed ? 1 : 0;
    if (x->dim[x->rank - 1] != weight->dim[in])
        return unfit(x, weight, "the last axis of a sample is not what the weights read");
    if (bias && !is_vector(bias, weight->dim[1 - in]))
        return unfit(&bias->shape, weight, "the bias does not have one element for each output");
    tau_shape shape = *x;
    shape.dim[x->rank - 1] = weight->dim[1 - in];
    return tau_shape_make(out, shape.rank, shape.dim);
}

static tau_status infer_matmul(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *a = &request->inputs[0]->shape, *b = &request->inputs[1]->shape;
    if (!is_sample(request->inputs[1]))
        return tau_fail(TAU_STATUS_UNSUPPORTED, "a product of activations and a constant is not supported");
    if (a->rank < 2 || a->rank != b->rank || a->dim[a->rank - 1] != b->dim[b->rank - 2])
        return unfit(a, b, "a matrix product of samples needs [...,M,K] and [...,K,N] with as many axes");
    tau_shape left = *a, right = *b, batch;
    left.rank = right.rank = a->rank - 2;
    TAU_TRY(tau_shape_broadcast(&batch, &left, &right));
    batch.dim[batch.rank] = a->dim[a->rank - 2];
    batch.dim[batch.rank + 1] = b->dim[b->rank - 1];
    return tau_shape_make(out, a->rank, batch.dim);
}

/* Leading axes of 1 that a stored tensor has beyond a sample's rank stood for the batch. */
static tau_status drop_batch_axes(tau_shape *out, const tau_value *operand, int rank) {
    const int extra = operand->shape.rank - rank;
    *out = operand->shape;
    if (extra <= 0) return TAU_STATUS_OK;
    for (int i = 0; i < extra; i++)
        if (operand->shape.dim[i] != 1)
            return tau_fail(TAU_STATUS_SHAPE, "a tensor has more axes than a sample");
    out->rank = rank;
    for (int i = 0; i < rank; i++) out->dim[i] = operand->shape.dim[i + extra];
    return TAU_STATUS_OK;
}

static tau_status infer_elementwise(tau_shape *out, const tau_infer_request *request) {
    const tau_value *a = request->inputs[0], *b = request->inputs[1];
    if (!is_sample(a) && !is_sample(b))
        return tau_fail(TAU_STATUS_UNSUPPORTED, "arithmetic between parameters is not supported" TAU_WHY
                                                "one operand must depend on the input" TAU_FIX
                                                "fold it into one tensor before the export");
    if (is_sample(a) && is_sample(b)) {
        if (a->shape.rank != b->shape.rank)
            return unfit(&a->shape, &b->shape, "samples with different numbers of axes would mix samples");
        return tau_shape_broadcast(out, &a->shape, &b->shape);
    }
    const tau_shape *sample = is_sample(a) ? &a->shape : &b->shape;
    tau_shape stored;
    TAU_TRY(drop_batch_axes(&stored, is_sample(a) ? b : a, sample->rank));
    return tau_shape_broadcast(out, sample, &stored);
}

static tau_status infer_batch_norm(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *x = &request->inputs[0]->shape;
    if (x->rank < 1) return tau_fail(TAU_STATUS_SHAPE, "batch normalisation needs an axis of channels");
    for (int i = 1; i < 5; i++) {
        const tau_value *operand = request->inputs[i];
        const tau_value_kind kind = i < 3 ? TAU_VALUE_KIND_PARAMETER : TAU_VALUE_KIND_BUFFER;
        if (!operand || operand->kind != kind)
            return tau_fail(TAU_STATUS_INPUT,
                            "batch normalisation needs stored gamma, beta, mean and variance");
        if (!is_vector(operand, x->dim[0]))
            return unfit(&operand->shape, x,
                         "gamma, beta, mean and variance have one element for each channel");
    }
    *out = *x;
    return TAU_STATUS_OK;
}

static tau_status infer_global_pool(tau_shape *out, const tau_infer_request *request) {
    *out = request->inputs[0]->shape;
    if (out->rank < 2) return tau_fail(TAU_STATUS_SHAPE, "a global pool needs channels and positions");
    for (int i = 1; i < out->rank; i++) out->dim[i] = 1;
    return TAU_STATUS_OK;
}

static tau_status infer_reshape(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *x = &request->inputs[0]->shape;
    if (!request->wanted) return tau_fail(TAU_STATUS_INPUT, "a reshape does not say its shape");
    TAU_TRY(tau_shape_make(out, request->wanted->rank, request->wanted->dim));
    if (tau_shape_size(out) != tau_shape_size(x))
        return unfit(x, out, "they have different numbers of elements");
    return TAU_STATUS_OK;
}

static tau_status infer_transpose(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *x = &request->inputs[0]->shape;
    bool seen[TAU_SHAPE_MAX_RANK] = {false};
    *out = *x;
    for (int i = 0; i < x->rank; i++) {
        const int from = request->attributes->permutation[i];
        if (from < 0 || from >= x->rank || seen[from])
            return tau_fail(TAU_STATUS_SHAPE,
                            "the order of axes is not a permutation of the sample's %d axes", x->rank);
        seen[from] = true;
        out->dim[i] = x->dim[from];
    }
    return TAU_STATUS_OK;
}

static tau_status check_axis(int axis, int rank) {
    if (axis < 0 || axis >= rank)
        return tau_fail(TAU_STATUS_SHAPE, "axis %d is not one of the sample's %d axes", axis, rank);
    return TAU_STATUS_OK;
}

static tau_status infer_concat(tau_shape *out, const tau_infer_request *request) {
    const int axis = request->attributes->axis;
    tau_shape shape = request->inputs[0]->shape;
    TAU_TRY(check_axis(axis, shape.rank));
    for (int i = 1; i < request->input_count; i++) {
        const tau_value *operand = request->inputs[i];
        if (!is_sample(operand))
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "joining activations with stored tensors is not supported");
        tau_shape other = operand->shape;
        if (other.rank != shape.rank) return unfit(&shape, &other, "joined tensors have as many axes");
        const int64_t added = other.dim[axis];
        other.dim[axis] = shape.dim[axis];
        if (!tau_shape_equal(&other, &shape))
            return unfit(&shape, &operand->shape, "joined tensors differ along the joined axis only");
        shape.dim[axis] += added;
        TAU_TRY(tau_shape_make(out, shape.rank, shape.dim));
    }
    return tau_shape_make(out, shape.rank, shape.dim);
}

static tau_status infer_pad(tau_shape *out, const tau_infer_request *request) {
    const int64_t *pads = request->attributes->pads, limit = INT64_C(1) << 32;
    tau_shape shape = request->inputs[0]->shape;
    for (int i = 0; i < shape.rank; i++) {
        const int64_t before = pads[i], after = pads[shape.rank + i];
        if (before < 0 || after < 0 || before > limit || after > limit)
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "padding by %" PRId64 " and %" PRId64 " is not supported" TAU_WHY
                            "it must not be negative",
                            before, after);
        shape.dim[i] += before + after;
    }
    for (int i = 2 * shape.rank; i < 2 * TAU_SHAPE_MAX_RANK; i++)
        if (pads[i] != 0)
            return tau_fail(TAU_STATUS_SHAPE, "there are paddings for more axes than a sample has");
    return tau_shape_make(out, shape.rank, shape.dim);
}

static tau_status infer_softmax(tau_shape *out, const tau_infer_request *request) {
    *out = request->inputs[0]->shape;
    return check_axis(request->attributes->axis, out->rank);
}

static tau_status infer_same(tau_shape *out, const tau_infer_request *request) {
    *out = request->inputs[0]->shape;
    return TAU_STATUS_OK;
}

/* What an operator reads: `least` to `most` operands; the first is a sample, or any (elementwise arithmetic);
 * `stored` of those after the first are parameters. */
typedef struct operator_rule {
    int least, most;
    bool stored;
    tau_status (*infer)(tau_shape *out, const tau_infer_request *request);
} operator_rule;

static operator_rule rule_of(tau_op op) {
    switch (op) {
    case TAU_OP_LINEAR:
        return (operator_rule){2, 3, true, infer_linear};
    case TAU_OP_CONV:
        return (operator_rule){2, 3, true, tau_infer_conv};
    case TAU_OP_MATMUL:
        return (operator_rule){2, 2, false, infer_matmul};
    case TAU_OP_MAX_POOL:
    case TAU_OP_AVERAGE_POOL:
        return (operator_rule){1, 1, false, tau_infer_pool};
    case TAU_OP_GLOBAL_AVERAGE_POOL:
        return (operator_rule){1, 1, false, infer_global_pool};
    case TAU_OP_BATCH_NORM:
        return (operator_rule){5, 5, false, infer_batch_norm};
    case TAU_OP_ADD:
    case TAU_OP_SUB:
    case TAU_OP_MUL:
    case TAU_OP_DIV:
        return (operator_rule){2, 2, false, infer_elementwise};
    case TAU_OP_SOFTMAX:
    case TAU_OP_LOG_SOFTMAX:
        return (operator_rule){1, 1, false, infer_softmax};
    case TAU_OP_RESHAPE:
        return (operator_rule){1, 1, false, infer_reshape};
    case TAU_OP_TRANSPOSE:
        return (operator_rule){1, 1, false, infer_transpose};
    case TAU_OP_CONCAT:
        return (operator_rule){1, INT32_MAX, false, infer_concat};
    case TAU_OP_PAD:
        return (operator_rule){1, 1, false, infer_pad};
    default:
        return (operator_rule){1, 1, false, infer_same};
    }
}

tau_status tau_infer_shape(tau_shape *out, const tau_infer_request *request) {
    const operator_rule rule = rule_of(request->op);
    const int count = request->input_count;
    *out = (tau_shape){0};
    if (count < rule.least || count > rule.most)
        return tau_fail(TAU_STATUS_INPUT, "%s cannot have %d inputs", tau_op_name(request->op), count);
    for (int i = 0; i < rule.least; i++)
        if (!request->inputs[i])
            return tau_fail(TAU_STATUS_INPUT, "input %d of %s is missing", i, tau_op_name(request->op));
    if (rule.infer != infer_elementwise && !is_sample(request->inputs[0]))
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "%s of a stored tensor is not supported" TAU_WHY
                        "its first operand must depend on the network's input",
                        tau_op_name(request->op));
    for (int i = 1; rule.stored && i < count; i++)
        if (request->inputs[i] && !is_parameter(request->inputs[i]))
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "weights computed by the network are not supported" TAU_WHY
                            "input %d of %s must be a stored tensor",
                            i, tau_op_name(request->op));
    const tau_value *padded[TAU_INFER_MAX_OPERANDS] = {NULL};
    tau_infer_request complete = *request;
    if (count < TAU_INFER_MAX_OPERANDS) {
        for (int i = 0; i < count; i++) padded[i] = request->inputs[i];
        complete.inputs = padded; /* optional operands that were left out can be looked at */
    }
    return rule.infer(out, &complete);
}
