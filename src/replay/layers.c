/* The layers of a graph: what has weights, with the activation function behind it. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "replay/replay_internal.h"

static bool is_function(tau_op op) {
    return op >= TAU_OP_RELU && op <= TAU_OP_LOG_SOFTMAX;
}

/* The one node that reads a value, or NULL where there is another number of them. */
static const tau_node *only_reader(const tau_graph *graph, int value) {
    const tau_node *found = NULL;
    if (value == graph->output) return NULL;
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].input_count; i++) {
            if (graph->nodes[n].inputs[i] != value) continue;
            if (found) return NULL;
            found = &graph->nodes[n];
        }
    return found;
}

static bool has_weights(const tau_graph *graph, const tau_node *node) {
    if (node->op != TAU_OP_LINEAR && node->op != TAU_OP_CONV) return false;
    return graph->values[node->inputs[1]].kind == TAU_VALUE_KIND_PARAMETER;
}

static tau_replay_layer describe(const tau_graph *graph, const tau_node *node) {
    tau_replay_layer layer = {.name = node->name, .function = "", .z = node->output};
    const tau_node *next = only_reader(graph, layer.z);
    if (next && next->op == TAU_OP_BATCH_NORM) {
        layer.z = next->output;
        next = only_reader(graph, layer.z);
    }
    layer.activation = layer.z;
    if (next && is_function(next->op)) {
        layer.activation = next->output;
        layer.function = tau_op_name(next->op);
    }
    layer.units = tau_shape_size(&graph->values[layer.activation].shape);
    return layer;
}

tau_status tau_replay_find_layers(tau_replay *replay) {
    const tau_graph *graph = replay->graph;
    TAU_TRY(TAU_ALLOC(replay->layers, (size_t)graph->node_count));
    for (int n = 0; n < graph->node_count; n++)
        if (has_weights(graph, &graph->nodes[n]))
            replay->layers[replay->layer_count++] = describe(graph, &graph->nodes[n]);
    return TAU_STATUS_OK;
}

const tau_replay_layer *tau_replay_get_layers(const tau_replay *replay, size_t *count) {
    *count = replay->layer_count;
    return replay->layers;
}

/* "a, b, c", cut where there are many. */
static void list_layers(char *out, size_t size, const tau_replay *replay) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < replay->layer_count; i++) {
        const char *name = replay->layers[i].name;
        if (used + strlen(name) + 8 >= size) {
            snprintf(out + used, size - used, ", …");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", name);
    }
}

static int default_value(const tau_replay *replay) {
    const size_t hidden = replay->layer_count > 0 ? replay->layer_count - 1 : 0;
    for (size_t i = hidden; i > 0; i--)
        if (replay->layers[i - 1].units == 2) return replay->layers[i - 1].activation;
    return hidden > 0 ? replay->layers[hidden - 1].activation : replay->graph->output;
}

tau_status tau_replay_find_value(const tau_replay *replay, const char *name, int *value) {
    const tau_graph *graph = replay->graph;
    *value = default_value(replay);
    if (!name) return TAU_STATUS_OK;
    for (size_t i = 0; i < replay->layer_count; i++) {
        *value = replay->layers[i].activation;
        if (!strcmp(replay->layers[i].name, name)) return TAU_STATUS_OK;
    }
    const int node = tau_graph_find_node(graph, name);
    *value = node >= 0 ? graph->nodes[node].output : tau_graph_find_value(graph, name);
    if (*value >= 0 && (graph->values[*value].kind == TAU_VALUE_KIND_ACTIVATION ||
                        graph->values[*value].kind == TAU_VALUE_KIND_INPUT))
        return TAU_STATUS_OK;
    char list[400];
    list_layers(list, sizeof list, replay);
    *value = -1;
    return tau_fail(TAU_STATUS_MISSING,
                    "'%s' in %s has no layer '%.100s'" TAU_WHY "its layers are %s" TAU_FIX
                    "name one of these, or another node of the network",
                    replay->group, replay->path, name, list);
}
