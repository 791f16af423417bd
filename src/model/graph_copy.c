/* A graph of one's own, which outlives the file it was read from. */
#include <string.h>

#include "core/memory.h"
#include "model/graph.h"

static tau_status copy_values(tau_graph *to, const tau_graph *from) {
    TAU_TRY(TAU_ALLOC(to->values, (size_t)from->value_count));
    for (int i = 0; i < from->value_count; i++) {
        to->values[i] = from->values[i];
        to->values[i].name = NULL;
        to->value_count = i + 1;
        TAU_TRY(tau_string_copy(&to->values[i].name, from->values[i].name));
    }
    return TAU_STATUS_OK;
}

static tau_status copy_nodes(tau_graph *to, const tau_graph *from) {
    TAU_TRY(TAU_ALLOC(to->nodes, (size_t)from->node_count));
    for (int i = 0; i < from->node_count; i++) {
        tau_node *node = &to->nodes[i];
        *node = from->nodes[i];
        node->name = NULL;
        node->inputs = NULL;
        to->node_count = i + 1;
        TAU_TRY(tau_string_copy(&node->name, from->nodes[i].name));
        TAU_TRY(TAU_ALLOC(node->inputs, (size_t)node->input_count));
        memcpy(node->inputs, from->nodes[i].inputs, (size_t)node->input_count * sizeof *node->inputs);
    }
    return TAU_STATUS_OK;
}

static tau_status copy_table(tau_parameter **to, int *to_count, const tau_parameter *from, int count) {
    TAU_TRY(TAU_ALLOC(*to, (size_t)count));
    for (int i = 0; i < count; i++) {
        tau_parameter *entry = &(*to)[i];
        *entry = from[i];
        entry->name = entry->layer = NULL;
        *to_count = i + 1;
        TAU_TRY(tau_string_copy(&entry->name, from[i].name));
        if (from[i].layer) TAU_TRY(tau_string_copy(&entry->layer, from[i].layer));
    }
    return TAU_STATUS_OK;
}

static tau_status copy_all(tau_graph *to, const tau_graph *from) {
    TAU_TRY(tau_string_copy(&to->name, from->name ? from->name : ""));
    TAU_TRY(copy_values(to, from));
    TAU_TRY(copy_nodes(to, from));
    TAU_TRY(copy_table(&to->parameters, &to->parameter_count, from->parameters, from->parameter_count));
    TAU_TRY(copy_table(&to->buffers, &to->buffer_count, from->buffers, from->buffer_count));
    TAU_TRY(TAU_ALLOC(to->constants, from->constant_size));
    if (from->constant_size > 0)
        memcpy(to->constants, from->constants, from->constant_size * sizeof *to->constants);
    to->constant_size = from->constant_size;
    to->input = from->input;
    to->output = from->output;
    to->theta_size = from->theta_size;
    to->buffer_size = from->buffer_size;
    return TAU_STATUS_OK;
}

tau_status tau_graph_copy(tau_graph **out, const tau_graph *from) {
    tau_graph *graph;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(graph, 1));
    tau_status status = copy_all(graph, from);
    if (status == TAU_STATUS_OK)
        *out = graph;
    else
        tau_graph_destroy(graph);
    return status;
}
