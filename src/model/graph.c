#include "model/graph.h"

#include <string.h>

#include "core/memory.h"
#include "model/names.h"

static const char *const op_names[TAU_OP_COUNT] = {
    [TAU_OP_LINEAR] = "Linear",
    [TAU_OP_MATMUL] = "MatMul",
    [TAU_OP_CONV] = "Conv",
    [TAU_OP_MAX_POOL] = "MaxPool",
    [TAU_OP_AVERAGE_POOL] = "AveragePool",
    [TAU_OP_GLOBAL_AVERAGE_POOL] = "GlobalAveragePool",
    [TAU_OP_BATCH_NORM] = "BatchNormalization",
    [TAU_OP_RELU] = "Relu",
    [TAU_OP_LEAKY_RELU] = "LeakyRelu",
    [TAU_OP_ELU] = "Elu",
    [TAU_OP_SELU] = "Selu",
    [TAU_OP_GELU] = "Gelu",
    [TAU_OP_SIGMOID] = "Sigmoid",
    [TAU_OP_HARD_SIGMOID] = "HardSigmoid",
    [TAU_OP_TANH] = "Tanh",
    [TAU_OP_SOFTPLUS] = "Softplus",
    [TAU_OP_SOFTSIGN] = "Softsign",
    [TAU_OP_ERF] = "Erf",
    [TAU_OP_CLIP] = "Clip",
    [TAU_OP_SOFTMAX] = "Softmax",
    [TAU_OP_LOG_SOFTMAX] = "LogSoftmax",
    [TAU_OP_ADD] = "Add",
    [TAU_OP_SUB] = "Sub",
    [TAU_OP_MUL] = "Mul",
    [TAU_OP_DIV] = "Div",
    [TAU_OP_RESHAPE] = "Reshape",
    [TAU_OP_TRANSPOSE] = "Transpose",
    [TAU_OP_CONCAT] = "Concat",
    [TAU_OP_PAD] = "Pad",
    [TAU_OP_DROPOUT] = "Dropout",
};

const char *tau_op_name(tau_op op) {
    return op >= 0 && op < TAU_OP_COUNT ? op_names[op] : "unknown";
}

const char *tau_role_name(tau_role role) {
    static const char *const names[] = {"weight", "bias", "bn_gamma", "bn_beta", "bn_mean", "bn_var"};
    return role >= 0 && role <= TAU_ROLE_BN_VAR ? names[role] : "unknown";
}

static void free_table(tau_parameter *table, int count) {
    for (int i = 0; i < count; i++) {
        tau_mem_free(table[i].name);
        tau_mem_free(table[i].layer);
    }
    tau_mem_free(table);
}

void tau_graph_destroy(tau_graph *graph) {
    if (!graph) return;
    for (int i = 0; i < graph->value_count; i++) tau_mem_free(graph->values[i].name);
    for (int i = 0; i < graph->node_count; i++) {
        tau_mem_free(graph->nodes[i].name);
        tau_mem_free(graph->nodes[i].inputs);
    }
    free_table(graph->parameters, graph->parameter_count);
    free_table(graph->buffers, graph->buffer_count);
    tau_mem_free(graph->values);
    tau_mem_free(graph->nodes);
    tau_mem_free(graph->constants);
    tau_mem_free(graph->name);
    tau_mem_free(graph);
}

static tau_node *find_maker(const tau_graph *graph, int value) {
    for (int n = 0; n < graph->node_count; n++)
        if (graph->nodes[n].output == value) return &graph->nodes[n];
    return NULL;
}

tau_node *tau_graph_find_end(const tau_graph *graph) {
    tau_node *end = find_maker(graph, graph->output);
    while (end && (end->op == TAU_OP_RESHAPE || end->op == TAU_OP_TRANSPOSE))
        end = find_maker(graph, end->inputs[0]);
    return end;
}

bool tau_graph_gives_probabilities(const tau_graph *graph) {
    const tau_node *end = tau_graph_find_end(graph);
    return end && (end->op == TAU_OP_SOFTMAX || end->op == TAU_OP_SIGMOID || end->op == TAU_OP_HARD_SIGMOID);
}

int tau_graph_find_node(const tau_graph *graph, const char *name) {
    for (int i = 0; i < graph->node_count; i++)
        if (strcmp(graph->nodes[i].name, name) == 0) return i;
    return -1;
}

int tau_graph_find_value(const tau_graph *graph, const char *name) {
    for (int i = 0; i < graph->value_count; i++)
        if (strcmp(graph->values[i].name, name) == 0) return i;
    return -1;
}

/* A new order in the making: the tables as `names` lists them. */
typedef struct ordering {
    tau_parameter *parameters, *buffers;
    int parameter_count, buffer_count;
    tau_names places; /* of parameters; those of buffers come after them */
} ordering;

static tau_status mismatch(const char *name, const char *why) {
    return tau_fail(TAU_STATUS_MISMATCH,
                    "the parameters do not fit the model" TAU_WHY "tensor '%s' %s" TAU_FIX
                    "take the graph and the table from the same training",
                    name, why);
}

static tau_status list_places(ordering *order, const tau_graph *graph) {
    for (int i = 0; i < graph->parameter_count; i++)
        TAU_TRY(tau_names_set(&order->places, graph->parameters[i].name, i));
    for (int i = 0; i < graph->buffer_count; i++)
        TAU_TRY(tau_names_set(&order->places, graph->buffers[i].name, graph->parameter_count + i));
    TAU_TRY(TAU_ALLOC(order->parameters, (size_t)graph->parameter_count));
    return TAU_ALLOC(order->buffers, (size_t)graph->buffer_count);
}

static tau_status follow_names(ordering *order, const tau_graph *graph, const char *const *names, int count) {
    for (int i = 0; i < count; i++) {
        const int place = tau_names_find(&order->places, names[i]);
        if (place < 0) return mismatch(names[i], "is listed twice or unknown to the model");
        TAU_TRY(tau_names_set(&order->places, names[i], -1));
        if (place < graph->parameter_count)
            order->parameters[order->parameter_count++] = graph->parameters[place];
        else
            order->buffers[order->buffer_count++] = graph->buffers[place - graph->parameter_count];
    }
    for (int i = 0; i < graph->parameter_count; i++)
        if (tau_names_find(&order->places, graph->parameters[i].name) >= 0)
            return mismatch(graph->parameters[i].name, "is missing from the list");
    for (int i = 0; order->buffer_count > 0 && i < graph->buffer_count; i++)
        if (tau_names_find(&order->places, graph->buffers[i].name) >= 0)
            return mismatch(graph->buffers[i].name, "is missing from the list");
    return TAU_STATUS_OK;
}

static void assign_table(tau_graph *graph, tau_parameter *table, const tau_parameter *sorted, int count) {
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        table[i] = sorted[i];
        table[i].offset = offset;
        graph->values[table[i].value].offset = offset;
        offset += tau_shape_size(&table[i].shape);
    }
}

tau_status tau_graph_reorder(tau_graph *graph, const char *const *names, int count) {
    ordering order = {0};
    tau_status status = list_places(&order, graph);
    if (status == TAU_STATUS_OK) status = follow_names(&order, graph, names, count);
    if (status == TAU_STATUS_OK) {
        assign_table(graph, graph->parameters, order.parameters, order.parameter_count);
        assign_table(graph, graph->buffers, order.buffers, order.buffer_count);
    }
    tau_names_clear(&order.places);
    tau_mem_free(order.parameters);
    tau_mem_free(order.buffers);
    return status;
}
