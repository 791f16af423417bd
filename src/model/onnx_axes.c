#include "core/memory.h"
#include "model/onnx_import.h"

static tau_status reshape_to(tau_onnx_import *import, const Onnx__NodeProto *node, int input,
                             const tau_shape *shape) {
    return tau_onnx_emit(import, node, TAU_OP_RESHAPE, &input, 1, NULL, shape);
}

/* Product of the axes from..to-1. */
static int64_t product(const tau_shape *shape, int from, int to) {
    int64_t size = 1;
    for (int i = from; i < to; i++) size *= shape->dim[i];
    return size;
}

tau_status tau_onnx_flatten(tau_onnx_import *import, const Onnx__NodeProto *node) {
    int input;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    const tau_shape shape = *tau_builder_shape(import->builder, input);
    int64_t axis = tau_onnx_attribute_int(node, "axis", 1);
    if (axis < -(shape.rank + 1) || axis > shape.rank + 1)
        return tau_fail(TAU_STATUS_SHAPE, "Flatten names an axis that its input does not have");
    if (axis < 0) axis += shape.rank + 1;
    if (axis == 0 || product(&shape, 0, (int)axis - 1) != 1)
        return tau_onnx_unsupported(import, node, "it would join the batch with other axes");
    return reshape_to(import, node, input, &(tau_shape){1, {(int64_t)tau_shape_size(&shape)}});
}

/* Whether the first entry of a new shape keeps the batch; -1 does if the others take all of a sample. */
static bool keeps_batch(const tau_onnx_import *import, const tau_onnx_integers *wanted,
                        const tau_shape *shape, bool allow_zero) {
    const int64_t first = wanted->item[0];
    if (first == TAU_ONNX_BATCH || (first == 0 && !allow_zero)) return true;
    if (first > 0) return first == import->batch;
    int64_t rest = 1;
    for (int i = 1; i < wanted->count; i++) {
        int64_t size = wanted->item[i];
        if (size == 0 && !allow_zero && i <= shape->rank) size = shape->dim[i - 1];
        if (size < 1 || __builtin_mul_overflow(rest, size, &rest)) return false;
    }
    return first == -1 && rest == (int64_t)tau_shape_size(shape);
}

tau_status tau_onnx_reshape(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const bool allow_zero = tau_onnx_attribute_int(node, "allowzero", 0) != 0;
    tau_onnx_integers wanted;
    int input, open = -1;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    TAU_TRY(tau_onnx_integers_of(import, node, 1, &wanted));
    const tau_shape shape = *tau_builder_shape(import->builder, input);
    tau_shape out = {.rank = wanted.count - 1};
    if (wanted.count < 1 || out.rank > TAU_SHAPE_MAX_RANK ||
        !keeps_batch(import, &wanted, &shape, allow_zero))
        return tau_onnx_unsupported(import, node,
                                    "its first axis is not the batch, so that it would mix samples");
    int64_t known = 1;
    for (int i = 0; i < out.rank; i++) {
        const int64_t size = wanted.item[i + 1];
        out.dim[i] = size == 0 && !allow_zero && i < shape.rank ? shape.dim[i] : size;
        if (size == -1 && open < 0) {
            open = i;
            out.dim[i] = 1;
        }
        if (out.dim[i] < 1 || __builtin_mul_overflow(known, out.dim[i], &known))
            return tau_onnx_unsupported(import, node, "its shape is not made of positive sizes");
    }
    if (open >= 0) out.dim[open] = (int64_t)tau_shape_size(&shape) / known;
    return reshape_to(import, node, input, &out);
}

/* Reading a stored matrix through a Transpose costs nothing: it is remembered. */
static tau_status transpose_stored(tau_onnx_import *import, const Onnx__NodeProto *node,
                                   const tau_onnx_symbol *symbol) {
    int64_t order[2] = {1, 0};
    if (tau_onnx_attribute(node, "perm")) TAU_TRY(tau_onnx_attribute_ints(node, "perm", order, 2, 0));
    if (symbol->shape.rank != 2 || order[0] != 1 || order[1] != 0)
        return tau_onnx_unsupported(import, node, "of stored tensors only matrices can be transposed");
    if (symbol->transposed_from >= 0)
        return tau_onnx_alias(import, node->output[0], &import->symbols[symbol->transposed_from]);
    tau_onnx_symbol view = *symbol;
    view.name = node->output[0];
    view.transposed_from = (int)(symbol - import->symbols);
    view.value = -1;
    view.shape = (tau_shape){2, {symbol->shape.dim[1], symbol->shape.dim[0]}};
    return tau_onnx_define(import, &view);
}

tau_status tau_onnx_transpose(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, 0);
    tau_attributes attributes = {0};
    int64_t order[TAU_SHAPE_MAX_RANK + 1];
    int input;
    if (symbol && symbol->kind == TAU_ONNX_KIND_STORED) return transpose_stored(import, node, symbol);
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    const int rank = tau_builder_shape(import->builder, input)->rank;
    for (int i = 0; i <= rank; i++) order[i] = rank - i;
    if (tau_onnx_attribute(node, "perm")) TAU_TRY(tau_onnx_attribute_ints(node, "perm", order, rank + 1, 0));
    if (order[0] != 0)
        return tau_onnx_unsupported(import, node, "it moves the batch away from the first axis");
    for (int i = 1; i <= rank; i++)
        if (order[i] < 1 || order[i] > rank)
            return tau_fail(TAU_STATUS_SHAPE, "the perm of a Transpose is not a permutation");
        else
            attributes.permutation[i - 1] = (int)order[i] - 1;
    return tau_onnx_emit(import, node, TAU_OP_TRANSPOSE, &input, 1, &attributes, NULL);
}

tau_status tau_onnx_squeeze(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_onnx_integers axes;
    bool gone[TAU_SHAPE_MAX_RANK] = {false};
    tau_shape out = {0};
    int input, axis;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    TAU_TRY(tau_onnx_axes_of(import, node, 13, &axes));
    const tau_shape shape = *tau_builder_shape(import->builder, input);
    for (int i = 0; i < axes.count; i++) {
        TAU_TRY(tau_onnx_axis(import, node, axes.item[i], shape.rank, &axis));
        if (shape.dim[axis] != 1)
            return tau_fail(TAU_STATUS_SHAPE, "a Squeeze removes an axis that is longer than 1");
        gone[axis] = true;
    }
    for (int i = 0; i < shape.rank; i++)
        if (axes.count == 0 ? shape.dim[i] != 1 : !gone[i]) out.dim[out.rank++] = shape.dim[i];
    return reshape_to(import, node, input, &out);
}

tau_status tau_onnx_unsqueeze(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_onnx_integers axes;
    bool added[TAU_SHAPE_MAX_RANK] = {false};
    int input, axis;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    TAU_TRY(tau_onnx_axes_of(import, node, 13, &axes));
    const tau_shape shape = *tau_builder_shape(import->builder, input);
    tau_shape out = {.rank = shape.rank + axes.count};
    if (out.rank > TAU_SHAPE_MAX_RANK)
        return tau_onnx_unsupported(import, node, "its output has too many axes");
    for (int i = 0; i < axes.count; i++) {
        TAU_TRY(tau_onnx_axis(import, node, axes.item[i], out.rank, &axis));
        if (added[axis]) return tau_fail(TAU_STATUS_INPUT, "an Unsqueeze names an axis twice");
        added[axis] = true;
    }
    for (int i = 0, from = 0; i < out.rank; i++) out.dim[i] = added[i] ? 1 : shape.dim[from++];
    return reshape_to(import, node, input, &out);
}

tau_status tau_onnx_concat(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes attributes = {0};
    const int count = (int)node->n_input;
    int *inputs;
    TAU_TRY(TAU_ALLOC(inputs, (size_t)count));
    tau_status status = count > 0 ? TAU_STATUS_OK : tau_onnx_unsupported(import, node, "it has no inputs");
    for (int i = 0; status == TAU_STATUS_OK && i < count; i++)
        status = tau_onnx_sample(import, node, i, &inputs[i]);
    if (status == TAU_STATUS_OK)
        status = tau_onnx_axis(import, node, tau_onnx_attribute_int(node, "axis", 1),
                               tau_builder_shape(import->builder, inputs[0])->rank, &attributes.axis);
    if (status == TAU_STATUS_OK)
        status = tau_onnx_emit(import, node, TAU_OP_CONCAT, inputs, count, &attributes, NULL);
    tau_mem_free(inputs);
    return status;
}

/* Before opset 13 the axes from `axis` on are taken as one, unless that is what they are anyway. */
tau_status tau_onnx_softmax(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_op op = node->op_type[0] == 'S' ? TAU_OP_SOFTMAX : TAU_OP_LOG_SOFTMAX;
    const bool joined = import->opset < 13;
    tau_attributes attributes = {0};
    int input;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    const tau_shape shape = *tau_builder_shape(import->builder, input);
    TAU_TRY(tau_onnx_axis(import, node, tau_onnx_attribute_int(node, "axis", joined ? 1 : -1), shape.rank,
                          &attributes.axis));
    const int axis = attributes.axis;
    if (!joined || product(&shape, axis + 1, shape.rank) == 1)
        return tau_onnx_emit(import, node, op, &input, 1, &attributes, NULL);
    tau_shape flat = shape;
    flat.rank = axis + 1;
    flat.dim[axis] = product(&shape, axis, shape.rank);
    TAU_TRY(tau_onnx_emit_part(import, node, "/flatten", TAU_OP_RESHAPE, &input, 1, NULL, &flat, &input));
    TAU_TRY(tau_onnx_emit_part(import, node, "", op, &input, 1, &attributes, NULL, &input));
    TAU_TRY(tau_onnx_emit_part(import, node, "/restore", TAU_OP_RESHAPE, &input, 1, NULL, &shape, &input));
    return tau_onnx_bind(import, node, input);
}

/* Spreads paddings of chosen axes (befores, then afters) over all axes, the batch included. */
static tau_status spread_pads(tau_onnx_integers *pads, const tau_onnx_import *import,
                              const Onnx__NodeProto *node, int rank) {
    const tau_onnx_integers chosen = *pads;
    tau_onnx_integers axes;
    int axis;
    TAU_TRY(tau_onnx_integers_of(import, node, 3, &axes));
    if (chosen.count != 2 * axes.count)
        return tau_onnx_unsupported(import, node, "it does not give two paddings for each of its axes");
    *pads = (tau_onnx_integers){.rank = 1, .count = 2 * (rank + 1)};
    for (int i = 0; i < axes.count; i++) {
        TAU_TRY(tau_onnx_axis(import, node, axes.item[i], rank, &axis));
        pads->item[axis + 1] = chosen.item[i];
        pads->item[rank + 2 + axis] = chosen.item[axes.count + i];
    }
    return TAU_STATUS_OK;
}

/* Paddings of all axes: attribute before opset 11, then an input, from opset 18 on perhaps for chosen axes.
 */
static tau_status read_pads(tau_onnx_integers *out, const tau_onnx_import *import,
                            const Onnx__NodeProto *node, int rank) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, "pads");
    if (import->opset >= 11) {
        TAU_TRY(tau_onnx_integers_of(import, node, 1, out));
        return tau_onnx_input(import, node, 3) ? spread_pads(out, import, node, rank) : TAU_STATUS_OK;
    }
    *out = (tau_onnx_integers){.rank = 1};
    if (!attribute || attribute->n_ints > TAU_ONNX_MAX_INTEGERS)
        return tau_onnx_unsupported(import, node, "its pads are missing or too many");
    out->count = (int)attribute->n_ints;
    for (int i = 0; i < out->count; i++) out->item[i] = attribute->ints[i];
    return TAU_STATUS_OK;
}

tau_status tau_onnx_pad(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes attributes = {.alpha = tau_onnx_attribute_float(node, "value", 0)};
    tau_onnx_integers pads;
    int input;
    if (!tau_onnx_attribute_is(node, "mode", "constant", "constant"))
        return tau_onnx_unsupported(import, node, "only the mode 'constant' is");
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    const int rank = tau_builder_shape(import->builder, input)->rank;
    TAU_TRY(read_pads(&pads, import, node, rank));
    if (import->opset >= 11 && tau_onnx_input(import, node, 2))
        TAU_TRY(tau_onnx_number_of(import, node, 2, &attributes.alpha));
    if (pads.count != 2 * (rank + 1) || pads.item[0] != 0 || pads.item[rank + 1] != 0)
        return tau_onnx_unsupported(import, node, "it pads the batch, or not every axis has its paddings");
    for (int i = 0; i < rank; i++) {
        attributes.pads[i] = pads.item[i + 1];
        attributes.pads[rank + i] = pads.item[rank + 2 + i];
    }
    return tau_onnx_emit(import, node, TAU_OP_PAD, &input, 1, &attributes, NULL);
}
