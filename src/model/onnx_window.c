#include "model/onnx_import.h"

/* Spatial axes of a sample [C,…]: 1 or 2. */
static tau_status spatial_axes(int *out, const tau_onnx_import *import, const Onnx__NodeProto *node,
                               int value) {
    *out = tau_builder_shape(import->builder, value)->rank - 1;
    if (*out == 1 || *out == 2) return TAU_STATUS_OK;
    return tau_onnx_unsupported(import, node, "windows slide over one or two axes");
}

/* A list with one number a spatial axis; a one-dimensional window has height 1. */
static tau_status read_list(int64_t out[2], const Onnx__NodeProto *node, const char *name, int axes,
                            int64_t otherwise) {
    out[0] = 1;
    return tau_onnx_attribute_ints(node, name, out + (2 - axes), axes, otherwise);
}

static tau_status read_pads(int64_t pad[4], const Onnx__NodeProto *node, int axes) {
    int64_t list[4];
    TAU_TRY(tau_onnx_attribute_ints(node, "pads", list, 2 * axes, 0));
    for (int i = 0; i < 4; i++) pad[i] = 0;
    for (int i = 0; i < axes; i++) {
        pad[2 - axes + i] = list[i];
        pad[4 - axes + i] = list[axes + i];
    }
    return TAU_STATUS_OK;
}

/* SAME: as many places as input elements over the stride, rounded up; an odd element of padding goes to the
 * end (UPPER) or the beginning (LOWER). */
static void pad_same(tau_window *window, const tau_shape *input, int axes, bool upper) {
    for (int i = 2 - axes; i < 2; i++) {
        const int64_t size = input->dim[i - (2 - axes) + 1], stride = window->stride[i];
        const int64_t extent = window->dilation[i] * (window->kernel[i] - 1) + 1;
        const int64_t total = (((size + stride - 1) / stride) - 1) * stride + extent - size;
        const int64_t both = total > 0 ? total : 0;
        window->pad[i] = upper ? both / 2 : both - both / 2;
        window->pad[i + 2] = both - window->pad[i];
    }
}

static bool is_sane(const tau_window *window) {
    const int64_t limit = 1 << 20;
    for (int i = 0; i < 2; i++) {
        if (window->kernel[i] < 1 || window->kernel[i] > limit) return false;
        if (window->stride[i] < 1 || window->stride[i] > limit) return false;
        if (window->dilation[i] < 1 || window->dilation[i] > limit) return false;
    }
    return true;
}

static tau_status read_padding(tau_window *window, const tau_onnx_import *import, const Onnx__NodeProto *node,
                               const tau_shape *input, int axes) {
    const char *unset = "NOTSET";
    const bool upper = tau_onnx_attribute_is(node, "auto_pad", "SAME_UPPER", unset);
    if (tau_onnx_attribute_is(node, "auto_pad", unset, unset)) return read_pads(window->pad, node, axes);
    if (tau_onnx_attribute_is(node, "auto_pad", "VALID", unset)) return TAU_STATUS_OK;
    if (!upper && !tau_onnx_attribute_is(node, "auto_pad", "SAME_LOWER", unset))
        return tau_onnx_unsupported(import, node,
                                    "auto_pad is one of NOTSET, SAME_UPPER, SAME_LOWER and VALID");
    if (!is_sane(window))
        return tau_fail(TAU_STATUS_SHAPE, "kernel, stride and dilation of a %s must be positive",
                        node->op_type);
    pad_same(window, input, axes, upper);
    return TAU_STATUS_OK;
}

static tau_status read_window(tau_window *out, const tau_onnx_import *import, const Onnx__NodeProto *node,
                              const tau_shape *input, int axes) {
    TAU_TRY(read_list(out->stride, node, "strides", axes, 1));
    TAU_TRY(read_list(out->dilation, node, "dilations", axes, 1));
    return read_padding(out, import, node, input, axes);
}

tau_status tau_onnx_conv(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes attributes = {.window = {.groups = tau_onnx_attribute_int(node, "group", 1)}};
    tau_window *window = &attributes.window;
    int inputs[3] = {-1, -1, -1}, axes;
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    TAU_TRY(spatial_axes(&axes, import, node, inputs[0]));
    TAU_TRY(tau_onnx_parameter(import, node, 1, TAU_ROLE_WEIGHT, &inputs[1], NULL));
    const bool biased = tau_onnx_input(import, node, 2) != NULL;
    if (biased) TAU_TRY(tau_onnx_parameter(import, node, 2, TAU_ROLE_BIAS, &inputs[2], NULL));
    const tau_shape *weight = tau_builder_shape(import->builder, inputs[1]);
    if (weight->rank != axes + 2)
        return tau_onnx_unsupported(import, node, "its weights do not have as many axes as its input");
    window->kernel[0] = 1;
    for (int i = 0; i < axes; i++) window->kernel[2 - axes + i] = weight->dim[2 + i];
    if (tau_onnx_attribute(node, "kernel_shape"))
        TAU_TRY(read_list(window->kernel, node, "kernel_shape", axes, 1));
    TAU_TRY(read_window(window, import, node, tau_builder_shape(import->builder, inputs[0]), axes));
    return tau_onnx_emit(import, node, TAU_OP_CONV, inputs, biased ? 3 : 2, &attributes, NULL);
}

tau_status tau_onnx_pool(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_op op = node->op_type[0] == 'M' ? TAU_OP_MAX_POOL : TAU_OP_AVERAGE_POOL;
    tau_attributes attributes = {
        .window = {.count_pad = tau_onnx_attribute_int(node, "count_include_pad", 0) != 0,
                   .ceil_mode = tau_onnx_attribute_int(node, "ceil_mode", 0) != 0}};
    int input, axes;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    TAU_TRY(spatial_axes(&axes, import, node, input));
    if (tau_onnx_attribute_int(node, "storage_order", 0) != 0)
        return tau_onnx_unsupported(import, node, "storage_order other than 0 is not supported");
    TAU_TRY(read_list(attributes.window.kernel, node, "kernel_shape", axes, 0));
    TAU_TRY(read_window(&attributes.window, import, node, tau_builder_shape(import->builder, input), axes));
    return tau_onnx_emit(import, node, op, &input, 1, &attributes, NULL);
}

tau_status tau_onnx_global_pool(tau_onnx_import *import, const Onnx__NodeProto *node) {
    int input;
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    return tau_onnx_emit(import, node, TAU_OP_GLOBAL_AVERAGE_POOL, &input, 1, NULL, NULL);
}

/* The one axis of a sample that a mean keeps. */
static tau_status kept_axis(int *out, const tau_onnx_import *import, const Onnx__NodeProto *node, int rank) {
    bool reduced[TAU_SHAPE_MAX_RANK] = {false};
    tau_onnx_integers axes;
    int axis, kept = 0;
    *out = 0;
    TAU_TRY(tau_onnx_axes_of(import, node, 18, &axes));
    for (int i = 0; i < axes.count; i++) {
        TAU_TRY(tau_onnx_axis(import, node, axes.item[i], rank, &axis));
        reduced[axis] = true;
    }
    for (int i = 0; i < rank; i++) {
        if (reduced[i]) continue;
        *out = i;
        kept++;
    }
    if (kept == 1 && rank > 1) return TAU_STATUS_OK;
    return tau_onnx_unsupported(import, node, "means are taken over all positions and leave the channels");
}

/* A mean over all axes but the channels, as some exporters write a global pool, wherever the channels are. */
tau_status tau_onnx_reduce_mean(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes turn = {0};
    int value, channels;
    TAU_TRY(tau_onnx_sample(import, node, 0, &value));
    const tau_shape shape = *tau_builder_shape(import->builder, value);
    TAU_TRY(kept_axis(&channels, import, node, shape.rank));
    tau_shape out = {1, {shape.dim[channels]}};
    if (tau_onnx_attribute_int(node, "keepdims", 1) != 0) {
        out.rank = shape.rank;
        for (int i = 0; i < shape.rank; i++) out.dim[i] = i == channels ? shape.dim[i] : 1;
    }
    turn.permutation[0] = channels;
    for (int i = 0, next = 1; i < shape.rank; i++)
        if (i != channels) turn.permutation[next++] = i;
    if (channels != 0)
        TAU_TRY(
            tau_onnx_emit_part(import, node, "/transpose", TAU_OP_TRANSPOSE, &value, 1, &turn, NULL, &value));
    TAU_TRY(tau_onnx_emit_part(import, node, "", TAU_OP_GLOBAL_AVERAGE_POOL, &value, 1, NULL, NULL, &value));
    if (!tau_shape_equal(tau_builder_shape(import->builder, value), &out))
        TAU_TRY(tau_onnx_emit_part(import, node, "/reshape", TAU_OP_RESHAPE, &value, 1, NULL, &out, &value));
    return tau_onnx_bind(import, node, value);
}
