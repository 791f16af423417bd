#include "parity/networks.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/model.h"

enum { STREAM_INPUT = 1, STREAM_TARGET = 2, STREAM_CONSTANT = 3, STREAM_BUFFER = 50, STREAM_THETA = 100 };

typedef struct large_model {
    const char *name;
    size_t samples;
    tau_loss loss;
    double tolerance; /* of outputs and gradients */
} large_model;

/* Rounding of one layer is handed on and amplified by the next ones. */
static const large_model large_models[] = {
    {"mlp:784-64-10:relu", 50, TAU_LOSS_CROSS_ENTROPY, 1e-5},
    {"mlp:2-16-16-1:tanh", 67, TAU_LOSS_BCE_LOGITS, 1e-5},
    {"encoder2:9-5-2-1:tanh", 33, TAU_LOSS_BCE, 1e-5},
    {"lenet5", 26, TAU_LOSS_CROSS_ENTROPY, 1e-5},
    {"mnist-cnn", 5, TAU_LOSS_NLL, 1e-5},
    {"resnet20", 3, TAU_LOSS_CROSS_ENTROPY, 5e-5},
};
enum { LARGE_MODELS = sizeof large_models / sizeof *large_models };

static int count_cases(void) {
    int count = 0;
    while (parity_case_get(count)) count++;
    return count;
}

static int count_sequences(void) {
    int count = 0;
    while (parity_sequence_get(count)) count++;
    return count;
}

int parity_network_count(void) {
    return 2 * count_cases() + count_sequences() + LARGE_MODELS;
}

float parity_value(uint32_t stream, uint32_t index) {
    uint32_t h = index * UINT32_C(2654435761) + stream * UINT32_C(2246822519); /* then Murmur's finaliser */
    h = (h ^ h >> 16) * UINT32_C(0x85ebca6b);
    h = (h ^ h >> 13) * UINT32_C(0xc2b2ae35);
    h ^= h >> 16;
    return (float)(h >> 8) * 0x1p-23f - 1.0f;
}

static float away_from_zero(float value) {
    return value < 0 ? value - 0.25f : value + 0.25f;
}

/* 2^-k with 4^k up to the elements behind the first axis. */
static float scale_of(const tau_shape *shape) {
    int64_t fan = 1;
    for (int i = 1; i < shape->rank; i++) fan *= shape->dim[i];
    float scale = 1;
    for (; fan >= 4; fan /= 4) scale /= 2;
    return scale;
}

static float buffer_value(tau_role role, float value) {
    return role == TAU_ROLE_BN_VAR ? 1.25f + value : 0.5f * value;
}

void parity_fill(const tau_graph *graph, float *theta, float *buffers) {
    for (int t = 0; t < graph->parameter_count; t++) {
        const tau_parameter *tensor = &graph->parameters[t];
        float scale = scale_of(&tensor->shape);
        for (size_t i = 0; i < tau_shape_size(&tensor->shape); i++)
            theta[tensor->offset + i] =
                scale * away_from_zero(parity_value(STREAM_THETA + (uint32_t)t, (uint32_t)i));
    }
    for (int t = 0; t < graph->buffer_count; t++) {
        const tau_parameter *tensor = &graph->buffers[t];
        for (size_t i = 0; i < tau_shape_size(&tensor->shape); i++)
            buffers[tensor->offset + i] =
                buffer_value(tensor->role, parity_value(STREAM_BUFFER + (uint32_t)t, (uint32_t)i));
    }
}

/* The graphs of cases. */

static tau_status make_constant(tau_builder *builder, int *value, const char *name, const tau_shape *shape) {
    float *data;
    size_t size = tau_shape_size(shape);
    TAU_TRY(TAU_ALLOC(data, size));
    for (size_t i = 0; i < size; i++) data[i] = away_from_zero(parity_value(STREAM_CONSTANT, (uint32_t)i));
    tau_status status = tau_builder_constant(builder, value, name, shape, data);
    tau_mem_free(data);
    return status;
}

static tau_status transpose_last(tau_builder *builder, int *value, const char *name, int input) {
    tau_attributes attributes = {0};
    int rank = tau_builder_shape(builder, input)->rank;
    for (int i = 0; i < rank; i++) attributes.permutation[i] = i;
    attributes.permutation[rank - 2] = rank - 1;
    attributes.permutation[rank - 1] = rank - 2;
    return tau_builder_node(builder, value, TAU_OP_TRANSPOSE, name, &input, 1, &attributes, NULL);
}

static tau_status make_operand(tau_builder *builder, int *value, const parity_operand *operand, int number,
                               int input) {
    char name[32];
    snprintf(name, sizeof name, "operand%d", number);
    switch (operand->kind) {
    case PARITY_KIND_PARAMETER:
        return tau_builder_parameter(builder, value, name, operand->role, &operand->shape);
    case PARITY_KIND_CONSTANT:
        return make_constant(builder, value, name, &operand->shape);
    case PARITY_KIND_SIGMOID:
        return tau_builder_node(builder, value, TAU_OP_SIGMOID, name, &input, 1, NULL, NULL);
    case PARITY_KIND_RELU:
        return tau_builder_node(builder, value, TAU_OP_RELU, name, &input, 1, NULL, NULL);
    case PARITY_KIND_GLOBAL_POOL:
        return tau_builder_node(builder, value, TAU_OP_GLOBAL_AVERAGE_POOL, name, &input, 1, NULL, NULL);
    case PARITY_KIND_TRANSPOSED:
        return transpose_last(builder, value, name, input);
    default:
        *value = -1;
        return TAU_STATUS_OK;
    }
}

static tau_status scale_input(tau_builder *builder, int *value, const tau_shape *shape) {
    int inputs[2] = {*value};
    TAU_TRY(tau_builder_parameter(builder, &inputs[1], "scale", TAU_ROLE_WEIGHT, shape));
    return tau_builder_node(builder, value, TAU_OP_MUL, "scaled", inputs, 2, NULL, NULL);
}

static tau_status add_case(tau_builder *builder, int *output, const parity_case *entry, bool scaled) {
    int x, inputs[PARITY_OPERANDS_MAX + 1], count = 1;
    TAU_TRY(tau_builder_input(builder, &x, "input", &entry->input));
    if (scaled) TAU_TRY(scale_input(builder, &x, &entry->input));
    inputs[0] = x;
    for (int i = 0; i < PARITY_OPERANDS_MAX && entry->operands[i].kind != PARITY_KIND_END; i++, count++)
        TAU_TRY(make_operand(builder, &inputs[count], &entry->operands[i], i, x));
    if (entry->input_last) {
        inputs[0] = inputs[1];
        inputs[1] = x;
    }
    return tau_builder_node(builder, output, entry->op, "operator", inputs, count, &entry->attributes,
                            entry->op == TAU_OP_RESHAPE ? &entry->shape : NULL);
}

tau_status parity_case_build(tau_graph **out, const parity_case *entry, bool scaled) {
    tau_builder *builder;
    int output;
    *out = NULL;
    TAU_TRY(tau_builder_create(&builder, entry->name));
    tau_status status = add_case(builder, &output, entry, scaled);
    if (status == TAU_STATUS_OK) status = tau_builder_finish(builder, out, output);
    tau_builder_destroy(builder);
    return status;
}

static tau_status build_sequence(tau_graph **out, const parity_sequence *entry) {
    tau_builder *builder;
    int input, output;
    *out = NULL;
    TAU_TRY(tau_builder_create(&builder, entry->name));
    tau_status status = tau_builder_input(builder, &input, "input", &entry->input);
    if (status == TAU_STATUS_OK) status = entry->build(builder, input, &output);
    if (status == TAU_STATUS_OK) status = tau_builder_finish(builder, out, output);
    tau_builder_destroy(builder);
    return status;
}

/* Parameters and samples. */

static tau_status make_vectors(parity_network *network) {
    const tau_graph *graph = network->graph;
    for (int k = 0; k < PARITY_BASIS; k++) {
        TAU_TRY(TAU_ALLOC(network->theta[k], graph->theta_size));
        TAU_TRY(TAU_ALLOC(network->buffers[k], graph->buffer_size));
    }
    parity_fill(graph, network->theta[0], network->buffers[0]);
    for (int k = 1; k < PARITY_BASIS; k++) {
        for (size_t i = 0; i < graph->theta_size; i++)
            network->theta[k][i] = 0.25f * network->theta[0][i] * parity_value(10 + (uint32_t)k, (uint32_t)i);
        for (size_t i = 0; i < graph->buffer_size; i++)
            network->buffers[k][i] =
                0.25f * network->buffers[0][i] * parity_value(20 + (uint32_t)k, (uint32_t)i);
    }
    return TAU_STATUS_OK;
}

/* Initialised weights; batch norm as if something had been learned. */
static tau_status load_large(parity_network *network, const char *name) {
    tau_model *model;
    TAU_TRY(tau_model_builtin(&model, name, 1));
    network->graph = model->graph;
    tau_status status = make_vectors(network);
    if (status == TAU_STATUS_OK)
        memcpy(network->theta[0], model->theta, network->graph->theta_size * sizeof(float));
    for (int k = 1; status == TAU_STATUS_OK && k < PARITY_BASIS; k++)
        for (size_t i = 0; i < network->graph->theta_size; i++)
            network->theta[k][i] = 0.25f * model->theta[i] * parity_value(10 + (uint32_t)k, (uint32_t)i);
    model->graph = NULL;
    tau_model_destroy(model);
    return status;
}

static tau_status make_samples(parity_network *network, size_t count) {
    const tau_graph *graph = network->graph;
    const tau_shape *input = &graph->values[graph->input].shape;
    size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    bool classes = tau_loss_takes_classes(network->loss);
    bool binary = network->loss == TAU_LOSS_BCE || network->loss == TAU_LOSS_BCE_LOGITS;
    TAU_TRY(tau_samples_create(&network->samples, count, input, classes ? (int)outputs : 0, outputs));
    for (size_t i = 0; i < count * tau_shape_size(input); i++)
        network->samples->inputs[i] = 2 * parity_value(STREAM_INPUT, (uint32_t)i);
    for (size_t i = 0; classes && i < count; i++) network->samples->classes[i] = (int32_t)(i * 7 % outputs);
    for (size_t i = 0; !classes && i < count * outputs; i++) {
        float value = parity_value(STREAM_TARGET, (uint32_t)i);
        network->samples->values[i] = binary ? value > 0 : value;
    }
    return TAU_STATUS_OK;
}

static tau_loss loss_for(const tau_graph *graph) {
    const tau_node *last = &graph->nodes[graph->node_count - 1];
    bool vector = graph->values[graph->output].shape.rank == 1;
    return last->op == TAU_OP_LOG_SOFTMAX && vector ? TAU_LOSS_NLL : TAU_LOSS_MSE;
}

static tau_status create_small(parity_network *out, int index) {
    int cases = count_cases();
    tau_status status;
    if (index < 2 * cases) {
        const parity_case *entry = parity_case_get(index / 2);
        snprintf(out->name, sizeof out->name, "%s%s", entry->name, index % 2 ? ", scaled" : "");
        if (entry->tolerance > 0) out->tolerance = entry->tolerance;
        status = parity_case_build(&out->graph, entry, index % 2);
    } else {
        const parity_sequence *entry = parity_sequence_get(index - 2 * cases);
        snprintf(out->name, sizeof out->name, "%s", entry->name);
        out->tolerance = 1e-5; /* as for whole networks */
        status = build_sequence(&out->graph, entry);
    }
    if (status != TAU_STATUS_OK) return status;
    out->loss = loss_for(out->graph);
    TAU_TRY(make_vectors(out));
    return make_samples(out, 5);
}

static tau_status create_large(parity_network *out, const large_model *entry) {
    snprintf(out->name, sizeof out->name, "%s", entry->name);
    out->tolerance = entry->tolerance;
    out->loss = entry->loss;
    out->large = true;
    TAU_TRY(load_large(out, entry->name));
    return make_samples(out, entry->samples);
}

tau_status parity_network_create(parity_network *out, int index) {
    *out = (parity_network){.tolerance = PARITY_TOLERANCE};
    int small = parity_network_count() - LARGE_MODELS;
    tau_status status =
        index < small ? create_small(out, index) : create_large(out, &large_models[index - small]);
    if (status != TAU_STATUS_OK) parity_network_clear(out);
    return status;
}

void parity_network_clear(parity_network *network) {
    tau_graph_destroy(network->graph);
    tau_samples_destroy(network->samples);
    for (int k = 0; k < PARITY_BASIS; k++) {
        tau_mem_free(network->theta[k]);
        tau_mem_free(network->buffers[k]);
    }
    *network = (parity_network){0};
}
