#include "model/onnx_export.h"

#include <limits.h>
#include <string.h>

#include "core/memory.h"
#include "model/model.h"

tau_status tau_onnx_export_tensor(tau_onnx_export *export, Onnx__TensorProto **out, const char *name,
                                  const tau_shape *shape, const float *data) {
    TAU_TRY(tau_onnx_arena_take(&export->arena, (void **)out, 1, sizeof **out));
    Onnx__TensorProto *tensor = *out;
    onnx__tensor_proto__init(tensor);
    TAU_TRY(tau_onnx_arena_take(&export->arena, (void **)&tensor->dims, (size_t)shape->rank,
                                sizeof *tensor->dims));
    tensor->n_dims = (size_t)shape->rank;
    memcpy(tensor->dims, shape->dim, tensor->n_dims * sizeof *tensor->dims);
    tensor->name = (char *)name;
    tensor->has_data_type = 1;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->has_raw_data = data != NULL;
    tensor->raw_data.data = (uint8_t *)data;
    tensor->raw_data.len = data ? tau_shape_size(shape) * sizeof *data : 0;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_export_initializer(tau_onnx_export *export, Onnx__TensorProto *tensor) {
    TAU_TRY(TAU_GROW(export->tensors, export->tensor_capacity, export->tensor_count + 1));
    export->tensors[export->tensor_count++] = tensor;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_export_message(tau_onnx_export *export, Onnx__NodeProto **out, const char *type,
                                   const char *name, const char *suffix, size_t count, char *output) {
    tau_onnx_arena *arena = &export->arena;
    TAU_TRY(tau_onnx_arena_take(arena, (void **)out, 1, sizeof **out));
    Onnx__NodeProto *node = *out;
    onnx__node_proto__init(node);
    TAU_TRY(tau_onnx_arena_join(arena, &node->name, name, suffix));
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&node->input, count, sizeof *node->input));
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&node->output, 1, sizeof *node->output));
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&node->attribute, TAU_ONNX_EXPORT_ATTRIBUTES,
                                sizeof *node->attribute));
    node->op_type = (char *)type;
    node->n_input = count;
    for (size_t i = 0; i < count; i++) node->input[i] = "";
    node->n_output = 1;
    node->output[0] = output;
    TAU_TRY(TAU_GROW(export->nodes, export->node_capacity, export->node_count + 1));
    export->nodes[export->node_count++] = node;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_export_attribute(tau_onnx_export *export, Onnx__NodeProto *node, const char *name,
                                     Onnx__AttributeProto__AttributeType type, Onnx__AttributeProto **out) {
    TAU_TRY(tau_onnx_arena_take(&export->arena, (void **)out, 1, sizeof **out));
    onnx__attribute_proto__init(*out);
    (*out)->name = (char *)name;
    (*out)->has_type = 1;
    (*out)->type = type;
    node->attribute[node->n_attribute++] = *out;
    return TAU_STATUS_OK;
}

/* The batch axis is left open. */
static tau_status describe_value(tau_onnx_export *export, Onnx__ValueInfoProto **out,
                                 const tau_value *value) {
    tau_onnx_arena *arena = &export->arena;
    Onnx__TypeProto__Tensor *tensor;
    Onnx__TensorShapeProto *shape;
    const size_t count = (size_t)value->shape.rank + 1;
    TAU_TRY(tau_onnx_arena_take(arena, (void **)out, 1, sizeof **out));
    onnx__value_info_proto__init(*out);
    (*out)->name = value->name;
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&(*out)->type, 1, sizeof *(*out)->type));
    onnx__type_proto__init((*out)->type);
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&tensor, 1, sizeof *tensor));
    onnx__type_proto__tensor__init(tensor);
    (*out)->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    (*out)->type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&shape, 1, sizeof *shape));
    onnx__tensor_shape_proto__init(shape);
    tensor->shape = shape;
    TAU_TRY(tau_onnx_arena_take(arena, (void **)&shape->dim, count, sizeof *shape->dim));
    shape->n_dim = count;
    for (size_t i = 0; i < count; i++) {
        TAU_TRY(tau_onnx_arena_take(arena, (void **)&shape->dim[i], 1, sizeof **shape->dim));
        onnx__tensor_shape_proto__dimension__init(shape->dim[i]);
        shape->dim[i]->value_case = i ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                      : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (i == 0)
            shape->dim[i]->dim_param = "N";
        else
            shape->dim[i]->dim_value = value->shape.dim[i - 1];
    }
    return TAU_STATUS_OK;
}

static tau_status export_table(tau_onnx_export *export, const tau_parameter *table, int count,
                               const float *data) {
    Onnx__TensorProto *tensor;
    for (int i = 0; i < count; i++) {
        TAU_TRY(tau_onnx_export_tensor(export, &tensor, table[i].name, &table[i].shape,
                                       data ? data + table[i].offset : NULL));
        TAU_TRY(tau_onnx_export_initializer(export, tensor));
    }
    return TAU_STATUS_OK;
}

/* Constants become Constant nodes: an initializer would be taken for something to train. */
static tau_status export_constants(tau_onnx_export *export) {
    const tau_graph *graph = export->graph;
    for (int i = 0; i < graph->value_count; i++) {
        const tau_value *value = &graph->values[i];
        Onnx__NodeProto *node;
        Onnx__AttributeProto *attribute;
        if (value->kind != TAU_VALUE_KIND_CONSTANT) continue;
        TAU_TRY(tau_onnx_export_message(export, &node, "Constant", value->name, "", 0, value->name));
        TAU_TRY(tau_onnx_export_attribute(export, node, "value",
                                          ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, &attribute));
        TAU_TRY(tau_onnx_export_tensor(export, &attribute->t, value->name, &value->shape,
                                       graph->constants + value->offset));
    }
    return TAU_STATUS_OK;
}

/* Gelu is an operator of its own from opset 20 (IR 9) on; everything else is in 17 (IR 8). */
static bool needs_new_opset(const tau_graph *graph) {
    for (int i = 0; i < graph->node_count; i++)
        if (graph->nodes[i].op == TAU_OP_GELU) return true;
    return false;
}

static tau_status pack(const Onnx__ModelProto *model, uint8_t **bytes, size_t *size) {
    const size_t packed = onnx__model_proto__get_packed_size(model);
    if (packed > INT_MAX)
        return tau_fail(TAU_STATUS_UNSUPPORTED, "the model is too large for one ONNX file" TAU_WHY
                                                "ONNX files end at 2 GB" TAU_FIX "write it as safetensors");
    TAU_TRY(tau_mem_alloc((void **)bytes, packed, 1));
    *size = onnx__model_proto__pack(model, *bytes);
    return TAU_STATUS_OK;
}

static tau_status export_model(tau_onnx_export *export, const float *theta, const float *buffers,
                               uint8_t **bytes, size_t *size) {
    const tau_graph *graph = export->graph;
    Onnx__GraphProto out = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets = &opset;
    Onnx__ValueInfoProto *input, *output;
    TAU_TRY(export_table(export, graph->parameters, graph->parameter_count, theta));
    TAU_TRY(export_table(export, graph->buffers, graph->buffer_count, buffers));
    TAU_TRY(export_constants(export));
    for (int i = 0; i < graph->node_count; i++) TAU_TRY(tau_onnx_export_node(export, &graph->nodes[i]));
    TAU_TRY(describe_value(export, &input, &graph->values[graph->input]));
    TAU_TRY(describe_value(export, &output, &graph->values[graph->output]));
    out.name = *graph->name ? graph->name : "model";
    out.n_node = export->node_count, out.node = export->nodes;
    out.n_initializer = export->tensor_count, out.initializer = export->tensors;
    out.n_input = 1, out.input = &input;
    out.n_output = 1, out.output = &output;
    opset.domain = "";
    opset.has_version = 1;
    opset.version = needs_new_opset(graph) ? 20 : 17;
    model.has_ir_version = 1;
    model.ir_version = opset.version == 17 ? 8 : 9;
    model.producer_name = "tauscape";
    model.n_opset_import = 1, model.opset_import = &opsets;
    model.graph = &out;
    return pack(&model, bytes, size);
}

tau_status tau_model_format_onnx(const tau_graph *graph, const float *theta, const float *buffers,
                                 bool with_weights, uint8_t **bytes, size_t *size) {
    tau_onnx_export export = {.graph = graph};
    *bytes = NULL;
    *size = 0;
    tau_status status =
        export_model(&export, with_weights ? theta : NULL, with_weights ? buffers : NULL, bytes, size);
    tau_onnx_arena_clear(&export.arena);
    tau_mem_free(export.nodes);
    tau_mem_free(export.tensors);
    return status;
}
