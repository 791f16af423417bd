#include <math.h>
#include <string.h>

#include "model/onnx_export.h"

#define TYPE(name) ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name

static tau_status add_int(tau_onnx_export *export, Onnx__NodeProto *node, const char *name, int64_t value) {
    Onnx__AttributeProto *attribute;
    TAU_TRY(tau_onnx_export_attribute(export, node, name, TYPE(INT), &attribute));
    attribute->has_i = 1;
    attribute->i = value;
    return TAU_STATUS_OK;
}

static tau_status add_float(tau_onnx_export *export, Onnx__NodeProto *node, const char *name, double value) {
    Onnx__AttributeProto *attribute;
    TAU_TRY(tau_onnx_export_attribute(export, node, name, TYPE(FLOAT), &attribute));
    attribute->has_f = 1;
    attribute->f = (float)value;
    return TAU_STATUS_OK;
}

static tau_status add_text(tau_onnx_export *export, Onnx__NodeProto *node, const char *name,
                           const char *text) {
    Onnx__AttributeProto *attribute;
    TAU_TRY(tau_onnx_export_attribute(export, node, name, TYPE(STRING), &attribute));
    attribute->has_s = 1;
    attribute->s = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    return TAU_STATUS_OK;
}

static tau_status add_ints(tau_onnx_export *export, Onnx__NodeProto *node, const char *name,
                           const int64_t *list, size_t count) {
    Onnx__AttributeProto *attribute;
    TAU_TRY(tau_onnx_export_attribute(export, node, name, TYPE(INTS), &attribute));
    TAU_TRY(tau_onnx_arena_take(&export->arena, (void **)&attribute->ints, count, sizeof *list));
    memcpy(attribute->ints, list, count * sizeof *list);
    attribute->n_ints = count;
    return TAU_STATUS_OK;
}

/* Makes input `i` of the node a stored list of integers. */
static tau_status store_ints(tau_onnx_export *export, Onnx__NodeProto *node, size_t i, const char *suffix,
                             const int64_t *list, int count) {
    Onnx__TensorProto *tensor;
    char *name;
    void *copy;
    const tau_shape shape = {1, {count}};
    TAU_TRY(tau_onnx_arena_join(&export->arena, &name, node->name, suffix));
    TAU_TRY(tau_onnx_arena_take(&export->arena, &copy, (size_t)count, sizeof *list));
    memcpy(copy, list, (size_t)count * sizeof *list);
    TAU_TRY(tau_onnx_export_tensor(export, &tensor, name, &shape, NULL));
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){(size_t)count * sizeof *list, copy};
    node->input[i] = name;
    return tau_onnx_export_initializer(export, tensor);
}

/* Makes input `i` of the node a stored number. */
static tau_status store_number(tau_onnx_export *export, Onnx__NodeProto *node, size_t i, const char *suffix,
                               double value) {
    Onnx__TensorProto *tensor;
    char *name;
    float *copy;
    const tau_shape scalar = {0};
    TAU_TRY(tau_onnx_arena_join(&export->arena, &name, node->name, suffix));
    TAU_TRY(tau_onnx_arena_take(&export->arena, (void **)&copy, 1, sizeof *copy));
    *copy = (float)value;
    TAU_TRY(tau_onnx_export_tensor(export, &tensor, name, &scalar, copy));
    node->input[i] = name;
    return tau_onnx_export_initializer(export, tensor);
}

static char *value_name(const tau_onnx_export *export, int value) {
    return value < 0 ? "" : export->graph->values[value].name;
}

/* The node itself, with its operands and `extra` more inputs. */
static tau_status add_node(tau_onnx_export *export, Onnx__NodeProto **out, const tau_node *node,
                           const char *type, size_t extra) {
    const size_t count = (size_t)node->input_count;
    TAU_TRY(tau_onnx_export_message(export, out, type, node->name, "", count + extra,
                                    value_name(export, node->output)));
    for (size_t i = 0; i < count; i++) (*out)->input[i] = value_name(export, node->inputs[i]);
    while ((*out)->n_input > 0 && extra == 0 && !*(*out)->input[(*out)->n_input - 1]) (*out)->n_input--;
    return TAU_STATUS_OK;
}

/* Gemm takes matrices only; samples with more axes go through MatMul and Add. */
static tau_status export_dense(tau_onnx_export *export, const tau_node *node) {
    const bool biased = node->input_count > 2 && node->inputs[2] >= 0;
    char *output = value_name(export, node->output), *weights = value_name(export, node->inputs[1]);
    char *product = output;
    Onnx__NodeProto *out;
    if (node->attributes.transposed) {
        char *turned;
        TAU_TRY(tau_onnx_arena_join(&export->arena, &turned, weights, "/transposed"));
        TAU_TRY(tau_onnx_export_message(export, &out, "Transpose", node->name, "/transpose", 1, turned));
        out->input[0] = weights;
        TAU_TRY(add_ints(export, out, "perm", (int64_t[]){1, 0}, 2));
        weights = turned;
    }
    if (biased) TAU_TRY(tau_onnx_arena_join(&export->arena, &product, output, "/product"));
    TAU_TRY(tau_onnx_export_message(export, &out, "MatMul", node->name, "", 2, product));
    out->input[0] = value_name(export, node->inputs[0]);
    out->input[1] = weights;
    if (!biased) return TAU_STATUS_OK;
    TAU_TRY(tau_onnx_export_message(export, &out, "Add", node->name, "/bias", 2, output));
    out->input[0] = product;
    out->input[1] = value_name(export, node->inputs[2]);
    return TAU_STATUS_OK;
}

static tau_status export_linear(tau_onnx_export *export, const tau_node *node) {
    Onnx__NodeProto *out;
    if (export->graph->values[node->inputs[0]].shape.rank != 1) return export_dense(export, node);
    TAU_TRY(add_node(export, &out, node, "Gemm", 0));
    return add_int(export, out, "transB", node->attributes.transposed);
}

static tau_status export_window(tau_onnx_export *export, const tau_node *node) {
    const tau_window *w = &node->attributes.window;
    const size_t axes = (size_t) export->graph->values[node->inputs[0]].shape.rank - 1, skip = 2 - axes;
    int64_t pads[4];
    Onnx__NodeProto *out;
    for (size_t i = 0; i < axes; i++) {
        pads[i] = w->pad[skip + i];
        pads[axes + i] = w->pad[2 + skip + i];
    }
    TAU_TRY(add_node(export, &out, node, tau_op_name(node->op), 0));
    TAU_TRY(add_ints(export, out, "kernel_shape", w->kernel + skip, axes));
    TAU_TRY(add_ints(export, out, "strides", w->stride + skip, axes));
    TAU_TRY(add_ints(export, out, "pads", pads, 2 * axes));
    if (node->op != TAU_OP_AVERAGE_POOL)
        TAU_TRY(add_ints(export, out, "dilations", w->dilation + skip, axes));
    if (node->op == TAU_OP_CONV) return add_int(export, out, "group", w->groups);
    if (node->op == TAU_OP_AVERAGE_POOL) TAU_TRY(add_int(export, out, "count_include_pad", w->count_pad));
    return add_int(export, out, "ceil_mode", w->ceil_mode);
}

static tau_status export_reshape(tau_onnx_export *export, const tau_node *node) {
    const tau_shape *shape = &export->graph->values[node->output].shape;
    int64_t list[TAU_SHAPE_MAX_RANK + 1] = {0}; /* a first 0 copies the batch */
    Onnx__NodeProto *out;
    for (int i = 0; i < shape->rank; i++) list[i + 1] = shape->dim[i];
    TAU_TRY(add_node(export, &out, node, "Reshape", 1));
    return store_ints(export, out, 1, "/shape", list, shape->rank + 1);
}

static tau_status export_transpose(tau_onnx_export *export, const tau_node *node) {
    const int rank = export->graph->values[node->output].shape.rank;
    int64_t list[TAU_SHAPE_MAX_RANK + 1] = {0};
    Onnx__NodeProto *out;
    for (int i = 0; i < rank; i++) list[i + 1] = node->attributes.permutation[i] + 1;
    TAU_TRY(add_node(export, &out, node, "Transpose", 0));
    return add_ints(export, out, "perm", list, (size_t)rank + 1);
}

static tau_status export_pad(tau_onnx_export *export, const tau_node *node) {
    const int rank = export->graph->values[node->output].shape.rank;
    int64_t list[2 * (TAU_SHAPE_MAX_RANK + 1)] = {0};
    Onnx__NodeProto *out;
    for (int i = 0; i < rank; i++) {
        list[i + 1] = node->attributes.pads[i];
        list[rank + 2 + i] = node->attributes.pads[rank + i];
    }
    TAU_TRY(add_node(export, &out, node, "Pad", 2));
    TAU_TRY(store_ints(export, out, 1, "/pads", list, 2 * (rank + 1)));
    return store_number(export, out, 2, "/value", node->attributes.alpha);
}

static tau_status export_clip(tau_onnx_export *export, const tau_node *node) {
    Onnx__NodeProto *out;
    TAU_TRY(add_node(export, &out, node, "Clip", 2));
    if (isfinite(node->attributes.alpha))
        TAU_TRY(store_number(export, out, 1, "/min", node->attributes.alpha));
    if (isfinite(node->attributes.beta)) return store_number(export, out, 2, "/max", node->attributes.beta);
    out->n_input--;
    return TAU_STATUS_OK;
}

static tau_status export_dropout(tau_onnx_export *export, const tau_node *node) {
    Onnx__NodeProto *out;
    TAU_TRY(add_node(export, &out, node, "Dropout", 1));
    return store_number(export, out, 1, "/ratio", node->attributes.alpha);
}

static tau_status export_plain(tau_onnx_export *export, const tau_node *node) {
    const tau_attributes *a = &node->attributes;
    Onnx__NodeProto *out;
    TAU_TRY(add_node(export, &out, node, tau_op_name(node->op), 0));
    switch (node->op) {
    case TAU_OP_SOFTMAX:
    case TAU_OP_LOG_SOFTMAX:
    case TAU_OP_CONCAT:
        return add_int(export, out, "axis", a->axis + 1);
    case TAU_OP_LEAKY_RELU:
    case TAU_OP_ELU:
        return add_float(export, out, "alpha", a->alpha);
    case TAU_OP_GELU:
        return add_text(export, out, "approximate", a->approximate ? "tanh" : "none");
    case TAU_OP_SELU:
        TAU_TRY(add_float(export, out, "alpha", a->alpha));
        return add_float(export, out, "gamma", a->gamma);
    case TAU_OP_HARD_SIGMOID:
        TAU_TRY(add_float(export, out, "alpha", a->alpha));
        return add_float(export, out, "beta", a->beta);
    case TAU_OP_BATCH_NORM:
        TAU_TRY(add_float(export, out, "epsilon", a->epsilon));
        return add_float(export, out, "momentum", a->momentum);
    default:
        return TAU_STATUS_OK;
    }
}

tau_status tau_onnx_export_node(tau_onnx_export *export, const tau_node *node) {
    switch (node->op) {
    case TAU_OP_LINEAR:
        return export_linear(export, node);
    case TAU_OP_CONV:
    case TAU_OP_MAX_POOL:
    case TAU_OP_AVERAGE_POOL:
        return export_window(export, node);
    case TAU_OP_RESHAPE:
        return export_reshape(export, node);
    case TAU_OP_TRANSPOSE:
        return export_transpose(export, node);
    case TAU_OP_PAD:
        return export_pad(export, node);
    case TAU_OP_CLIP:
        return export_clip(export, node);
    case TAU_OP_DROPOUT:
        return export_dropout(export, node);
    default:
        return export_plain(export, node);
    }
}
