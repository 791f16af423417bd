#include "model/builder.h"

#include <string.h>

#include "core/memory.h"
#include "model/infer.h"
#include "model/names.h"

/* More elements than this fit no machine of today; the limit keeps hostile files from exhausting memory. */
static const size_t element_limit = (size_t)1 << 31;

struct tau_builder {
    tau_graph *graph;
    size_t value_capacity, node_capacity, parameter_capacity, buffer_capacity, constant_capacity;
    int *table_places; /* per value: its place in the table of parameters or buffers */
    size_t place_capacity;
    tau_names values, nodes; /* names borrowed from the graph */
};

tau_status tau_builder_create(tau_builder **out, const char *name) {
    tau_builder *builder;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(builder, 1));
    tau_status status = TAU_ALLOC(builder->graph, 1);
    if (status == TAU_STATUS_OK) {
        builder->graph->input = builder->graph->output = -1;
        status = tau_string_copy(&builder->graph->name, name);
    }
    if (status == TAU_STATUS_OK)
        *out = builder;
    else
        tau_builder_destroy(builder);
    return status;
}

void tau_builder_destroy(tau_builder *builder) {
    if (!builder) return;
    tau_graph_destroy(builder->graph);
    tau_mem_free(builder->table_places);
    tau_names_clear(&builder->values);
    tau_names_clear(&builder->nodes);
    tau_mem_free(builder);
}

const tau_shape *tau_builder_shape(const tau_builder *builder, int value) {
    return &builder->graph->values[value].shape;
}

const char *tau_builder_last_node_name(const tau_builder *builder) {
    return builder->graph->nodes[builder->graph->node_count - 1].name;
}

static tau_status append_value(tau_builder *builder, int *index, const char *name, tau_value_kind kind,
                               const tau_shape *shape, size_t offset) {
    tau_graph *graph = builder->graph;
    *index = -1;
    if (!*name) return tau_fail(TAU_STATUS_INPUT, "a tensor of the model has no name");
    if (tau_names_find(&builder->values, name) >= 0)
        return tau_fail(TAU_STATUS_INPUT, "two tensors of the model are called '%s'", name);
    const size_t count = (size_t)graph->value_count + 1;
    TAU_TRY(TAU_GROW(graph->values, builder->value_capacity, count));
    TAU_TRY(TAU_GROW(builder->table_places, builder->place_capacity, count));
    tau_value value = {.kind = kind, .offset = offset};
    TAU_TRY(tau_shape_make(&value.shape, shape->rank, shape->dim));
    TAU_TRY(tau_string_copy(&value.name, name));
    tau_status status = tau_names_set(&builder->values, value.name, graph->value_count);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(value.name);
        return status;
    }
    *index = graph->value_count;
    builder->table_places[*index] = -1;
    graph->values[graph->value_count++] = value;
    return TAU_STATUS_OK;
}

tau_status tau_builder_input(tau_builder *builder, int *value, const char *name, const tau_shape *shape) {
    if (builder->graph->input >= 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "a model with more than one input is not supported" TAU_WHY "'%s' comes after '%s'",
                        name, builder->graph->values[builder->graph->input].name);
    TAU_TRY(append_value(builder, value, name, TAU_VALUE_KIND_INPUT, shape, 0));
    builder->graph->input = *value;
    return TAU_STATUS_OK;
}

/* Room for `added` more elements of a vector that has `size`. */
static tau_status check_room(size_t size, size_t added, const char *name) {
    if (added > element_limit || size > element_limit - added)
        return tau_fail(
            TAU_STATUS_MEMORY,
            "tensor '%s' makes the model too large" TAU_WHY "at most 2^31 parameters are supported", name);
    return TAU_STATUS_OK;
}

tau_status tau_builder_parameter(tau_builder *builder, int *value, const char *name, tau_role role,
                                 const tau_shape *shape) {
    tau_graph *graph = builder->graph;
    const bool is_buffer = role == TAU_ROLE_BN_MEAN || role == TAU_ROLE_BN_VAR;
    tau_parameter **table = is_buffer ? &graph->buffers : &graph->parameters;
    int *count = is_buffer ? &graph->buffer_count : &graph->parameter_count;
    size_t *capacity = is_buffer ? &builder->buffer_capacity : &builder->parameter_capacity;
    size_t *total = is_buffer ? &graph->buffer_size : &graph->theta_size;
    tau_parameter entry = {.role = role, .offset = *total, .filter_axis = -1};
    TAU_TRY(tau_shape_make(&entry.shape, shape->rank, shape->dim));
    TAU_TRY(check_room(*total, tau_shape_size(&entry.shape), name));
    TAU_TRY(tau_mem_grow((void **)table, capacity, (size_t)*count + 1, sizeof **table));
    TAU_TRY(append_value(builder, value, name, is_buffer ? TAU_VALUE_KIND_BUFFER : TAU_VALUE_KIND_PARAMETER,
                         &entry.shape, *total));
    entry.value = *value;
    TAU_TRY(tau_string_copy(&entry.name, name));
    builder->table_places[*value] = *count;
    (*table)[(*count)++] = entry;
    *total += tau_shape_size(&entry.shape);
    return TAU_STATUS_OK;
}

tau_status tau_builder_constant(tau_builder *builder, int *value, const char *name, const tau_shape *shape,
                                const float *data) {
    tau_graph *graph = builder->graph;
    const size_t offset = graph->constant_size, size = tau_shape_size(shape);
    TAU_TRY(check_room(offset, size, name));
    TAU_TRY(TAU_GROW(graph->constants, builder->constant_capacity, offset + size));
    TAU_TRY(append_value(builder, value, name, TAU_VALUE_KIND_CONSTANT, shape, offset));
    memcpy(graph->constants + offset, data, size * sizeof *data);
    graph->constant_size += size;
    return TAU_STATUS_OK;
}

static tau_parameter *find_parameter(tau_builder *builder, int value) {
    if (value < 0 || builder->table_places[value] < 0) return NULL;
    tau_graph *graph = builder->graph;
    tau_parameter *table =
        graph->values[value].kind == TAU_VALUE_KIND_BUFFER ? graph->buffers : graph->parameters;
    return &table[builder->table_places[value]];
}

/* Which axis of the tensor read as operand `place` counts filters: the operator tells. */
static int filter_axis_of(const tau_node *node, int place, const tau_shape *shape) {
    int long_axes = 0;
    for (int i = 0; i < shape->rank; i++) long_axes += shape->dim[i] > 1;
    if (node->op == TAU_OP_LINEAR && place == 1) return node->attributes.transposed ? 0 : 1;
    if (node->op == TAU_OP_CONV && place == 1) return 0;
    return long_axes < 2 ? -1 : 0;
}

/* The first node that reads a tensor is its layer. */
static tau_status claim_parameters(tau_builder *builder, const tau_node *node) {
    for (int i = 0; i < node->input_count; i++) {
        tau_parameter *parameter = find_parameter(builder, node->inputs[i]);
        if (!parameter || parameter->layer) continue;
        TAU_TRY(tau_string_copy(&parameter->layer, node->name));
        parameter->filter_axis = filter_axis_of(node, i, &parameter->shape);
    }
    return TAU_STATUS_OK;
}

static tau_status infer_output(tau_builder *builder, tau_shape *out, tau_node *node,
                               const tau_shape *wanted) {
    const tau_graph *graph = builder->graph;
    const tau_value **operands;
    TAU_TRY(TAU_ALLOC(operands, (size_t)node->input_count));
    for (int i = 0; i < node->input_count; i++)
        operands[i] = node->inputs[i] < 0 ? NULL : &graph->values[node->inputs[i]];
    const tau_infer_request request = {node->op, operands, node->input_count, &node->attributes, wanted};
    tau_status status = tau_infer_shape(out, &request);
    tau_mem_free(operands);
    return status;
}

/* The output of a node is called like the node, unless a tensor has that name already. */
static tau_status append_output(tau_builder *builder, int *output, const char *name, const tau_shape *shape) {
    if (tau_names_find(&builder->values, name) < 0)
        return append_value(builder, output, name, TAU_VALUE_KIND_ACTIVATION, shape, 0);
    char *other = NULL;
    tau_status status = TAU_STATUS_OK;
    for (int i = 1; status == TAU_STATUS_OK && (!other || tau_names_find(&builder->values, other) >= 0);
         i++) {
        tau_mem_free(other);
        status = tau_string_format(&other, "%s_output%d", name, i);
    }
    if (status == TAU_STATUS_OK)
        status = append_value(builder, output, other, TAU_VALUE_KIND_ACTIVATION, shape, 0);
    tau_mem_free(other);
    return status;
}

static tau_status check_references(const tau_builder *builder, const int *inputs, int count) {
    if (count < 0) return tau_fail(TAU_STATUS_INPUT, "a node has a negative number of inputs");
    for (int i = 0; i < count; i++)
        if (inputs[i] < -1 || inputs[i] >= builder->graph->value_count)
            return tau_fail(TAU_STATUS_INPUT, "input %d refers to a tensor that does not exist", i);
    return TAU_STATUS_OK;
}

/* Fills in the node; its name and inputs are the caller's to free after a failure. */
static tau_status append_node(tau_builder *builder, tau_node *node, const int *inputs,
                              const tau_attributes *attributes, const tau_shape *wanted, const char *name) {
    tau_graph *graph = builder->graph;
    tau_shape shape;
    TAU_TRY(check_references(builder, inputs, node->input_count));
    TAU_TRY(tau_string_copy(&node->name, name));
    TAU_TRY(TAU_ALLOC(node->inputs, (size_t)node->input_count));
    memcpy(node->inputs, inputs, (size_t)node->input_count * sizeof *inputs);
    TAU_TRY(tau_attributes_clean(&node->attributes, node->op, attributes));
    TAU_TRY(infer_output(builder, &shape, node, wanted));
    TAU_TRY(append_output(builder, &node->output, name, &shape));
    TAU_TRY(claim_parameters(builder, node));
    return tau_names_set(&builder->nodes, node->name, graph->node_count);
}

static tau_status check_node_name(const tau_builder *builder, tau_op op, const char *name) {
    if (!*name) return tau_fail(TAU_STATUS_INPUT, "a %s node has no name", tau_op_name(op));
    if (tau_names_find(&builder->nodes, name) >= 0)
        return tau_fail(TAU_STATUS_INPUT, "two nodes of the model are called '%s'", name);
    return TAU_STATUS_OK;
}

/* `output` may be one of `inputs`, so that it is written last. */
tau_status tau_builder_node(tau_builder *builder, int *output, tau_op op, const char *name, const int *inputs,
                            int input_count, const tau_attributes *attributes, const tau_shape *shape) {
    tau_graph *graph = builder->graph;
    tau_node node = {.op = op, .input_count = input_count, .output = -1};
    tau_status status = check_node_name(builder, op, name);
    if (status == TAU_STATUS_OK)
        status = TAU_GROW(graph->nodes, builder->node_capacity, (size_t)graph->node_count + 1);
    if (status == TAU_STATUS_OK) {
        status = append_node(builder, &node, inputs, attributes, shape, name);
        if (status != TAU_STATUS_OK) {
            tau_mem_free(node.name);
            tau_mem_free(node.inputs);
            status = tau_error_context("node '%s' (%s) cannot be used", name, tau_op_name(op));
        } else {
            graph->nodes[graph->node_count++] = node;
        }
    }
    *output = status == TAU_STATUS_OK ? node.output : -1;
    return status;
}

static tau_status check_all_read(const tau_parameter *table, int count) {
    for (int i = 0; i < count; i++)
        if (!table[i].layer)
            return tau_fail(TAU_STATUS_INPUT, "no node of the model reads the tensor '%s'", table[i].name);
    return TAU_STATUS_OK;
}

tau_status tau_builder_finish(tau_builder *builder, tau_graph **out, int output_value) {
    tau_graph *graph = builder->graph;
    *out = NULL;
    if (graph->input < 0) return tau_fail(TAU_STATUS_INPUT, "the model has no input");
    if (output_value < 0 || output_value >= graph->value_count ||
        graph->values[output_value].kind != TAU_VALUE_KIND_ACTIVATION)
        return tau_fail(TAU_STATUS_INPUT, "the output of the model is not computed by any node");
    TAU_TRY(check_all_read(graph->parameters, graph->parameter_count));
    TAU_TRY(check_all_read(graph->buffers, graph->buffer_count));
    graph->output = output_value;
    *out = graph;
    builder->graph = NULL;
    return TAU_STATUS_OK;
}
