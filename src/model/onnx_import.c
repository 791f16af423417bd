#include "model/onnx_import.h"

#include <inttypes.h>

#include "core/memory.h"

tau_status tau_onnx_unsupported(const tau_onnx_import *import, const Onnx__NodeProto *node, const char *why) {
    const char *name = node->name && *node->name ? node->name : node->n_output ? node->output[0] : "unnamed";
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "node '%.100s' (%.40s, opset %d) is not supported" TAU_WHY "%s" TAU_FIX
                    "write this layer with supported operators, or leave it out, and export the model again",
                    name, node->op_type ? node->op_type : "no operator", import->opset, why);
}

static bool is_free_name(const tau_onnx_import *import, const char *name) {
    if (!name || !*name || tau_names_find(&import->node_names, name) >= 0) return false;
    const int symbol = tau_names_find(&import->names, name);
    return symbol < 0 || import->symbols[symbol].kind == TAU_ONNX_KIND_SAMPLE;
}

/* The node's own name, or its output's where it has none or another took it (stored tensors keep theirs). */
static tau_status choose_name(char **out, tau_onnx_import *import, const Onnx__NodeProto *node,
                              const char *suffix) {
    const char *base = is_free_name(import, node->name) ? node->name : node->output[0];
    TAU_TRY(tau_string_format(out, "%s%s", base, suffix));
    for (int i = 2; !is_free_name(import, *out); i++) {
        tau_mem_free(*out);
        TAU_TRY(tau_string_format(out, "%s%s#%d", base, suffix, i));
    }
    return TAU_STATUS_OK;
}

tau_status tau_onnx_emit_part(tau_onnx_import *import, const Onnx__NodeProto *node, const char *suffix,
                              tau_op op, const int *inputs, int count, const tau_attributes *attributes,
                              const tau_shape *shape, int *value) {
    char *name;
    TAU_TRY(choose_name(&name, import, node, suffix));
    tau_status status = tau_builder_node(import->builder, value, op, name, inputs, count, attributes, shape);
    if (status == TAU_STATUS_OK) /* the graph's copy of the name lives as long as the import */
        status = tau_names_set(&import->node_names, tau_builder_last_node_name(import->builder), 1);
    tau_mem_free(name);
    return status;
}

tau_status tau_onnx_bind(tau_onnx_import *import, const Onnx__NodeProto *node, int value) {
    const tau_onnx_symbol symbol = {
        .name = node->output[0], .kind = TAU_ONNX_KIND_SAMPLE, .value = value, .transposed_from = -1};
    return tau_onnx_define(import, &symbol);
}

tau_status tau_onnx_emit(tau_onnx_import *import, const Onnx__NodeProto *node, tau_op op, const int *inputs,
                         int count, const tau_attributes *attributes, const tau_shape *shape) {
    int value;
    TAU_TRY(tau_onnx_emit_part(import, node, "", op, inputs, count, attributes, shape, &value));
    return tau_onnx_bind(import, node, value);
}

tau_status tau_onnx_axis(const tau_onnx_import *import, const Onnx__NodeProto *node, int64_t axis, int rank,
                         int *out) {
    *out = -1;
    if (axis < -(int64_t)(rank + 1) || axis > rank)
        return tau_fail(TAU_STATUS_SHAPE, "%s names axis %" PRId64 " of a tensor with %d axes", node->op_type,
                        axis, rank + 1);
    if (axis < 0) axis += rank + 1;
    if (axis == 0)
        return tau_onnx_unsupported(import, node, "it works along the batch and so would mix samples");
    *out = (int)axis - 1;
    return TAU_STATUS_OK;
}
