/* Chains that backends fuse, share or run in place: what single operators cannot show. */
#include <stdio.h>

#include "parity/cases.h"

static tau_status weight(tau_builder *builder, int *value, const char *name, int rank, const int64_t *dim) {
    tau_shape shape;
    TAU_TRY(tau_shape_make(&shape, rank, dim));
    return tau_builder_parameter(builder, value, name, rank > 1 ? TAU_ROLE_WEIGHT : TAU_ROLE_BIAS, &shape);
}

static tau_status unary(tau_builder *builder, int *value, tau_op op, const char *name, double alpha) {
    const tau_attributes attributes = {.alpha = alpha};
    return tau_builder_node(builder, value, op, name, value, 1, &attributes, NULL);
}

static tau_status linear(tau_builder *builder, int *value, const char *name, int64_t in, int64_t out) {
    int inputs[3] = {*value};
    const tau_attributes attributes = {.transposed = true};
    char tensor[64];
    snprintf(tensor, sizeof tensor, "%s.weight", name);
    TAU_TRY(weight(builder, &inputs[1], tensor, 2, (int64_t[]){out, in}));
    snprintf(tensor, sizeof tensor, "%s.bias", name);
    TAU_TRY(weight(builder, &inputs[2], tensor, 1, (int64_t[]){out}));
    return tau_builder_node(builder, value, TAU_OP_LINEAR, name, inputs, 3, &attributes, NULL);
}

static tau_status conv(tau_builder *builder, int *value, const char *name, int64_t in, int64_t out,
                       bool bias) {
    int inputs[3] = {*value};
    const tau_attributes attributes = {.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, false, false}};
    char tensor[64];
    snprintf(tensor, sizeof tensor, "%s.weight", name);
    TAU_TRY(weight(builder, &inputs[1], tensor, 4, (int64_t[]){out, in, 3, 3}));
    snprintf(tensor, sizeof tensor, "%s.bias", name);
    if (bias) TAU_TRY(weight(builder, &inputs[2], tensor, 1, &out));
    return tau_builder_node(builder, value, TAU_OP_CONV, name, inputs, bias ? 3 : 2, &attributes, NULL);
}

static tau_status batch_norm(tau_builder *builder, int *value, const char *name, int64_t channels) {
    static const tau_role roles[] = {TAU_ROLE_BN_GAMMA, TAU_ROLE_BN_BETA, TAU_ROLE_BN_MEAN, TAU_ROLE_BN_VAR};
    const tau_attributes attributes = {.epsilon = 1e-5, .momentum = 0.9};
    const tau_shape shape = {1, {channels}};
    int inputs[5] = {*value};
    for (int i = 0; i < 4; i++) {
        char tensor[64];
        snprintf(tensor, sizeof tensor, "%s.%s", name, tau_role_name(roles[i]));
        TAU_TRY(tau_builder_parameter(builder, &inputs[i + 1], tensor, roles[i], &shape));
    }
    return tau_builder_node(builder, value, TAU_OP_BATCH_NORM, name, inputs, 5, &attributes, NULL);
}

static tau_status pool(tau_builder *builder, int *value, tau_op op, const char *name) {
    const tau_attributes attributes = {.window = {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, false, false}};
    return tau_builder_node(builder, value, op, name, value, 1, &attributes, NULL);
}

static tau_status conv_relu_pool(tau_builder *builder, int x, int *y) {
    *y = x;
    TAU_TRY(conv(builder, y, "conv", 3, 18, true));
    TAU_TRY(unary(builder, y, TAU_OP_RELU, "relu", 0));
    return pool(builder, y, TAU_OP_MAX_POOL, "pool");
}

/* A pool before the rectifier gives the same values, but other gradients where windows are negative. */
static tau_status conv_pool_relu(tau_builder *builder, int x, int *y) {
    *y = x;
    TAU_TRY(conv(builder, y, "conv", 3, 5, true));
    TAU_TRY(pool(builder, y, TAU_OP_MAX_POOL, "pool"));
    return unary(builder, y, TAU_OP_RELU, "relu", 0);
}

static tau_status conv_batch_norm_relu(tau_builder *builder, int x, int *y) {
    *y = x;
    TAU_TRY(conv(builder, y, "conv1", 3, 7, false));
    TAU_TRY(batch_norm(builder, y, "bn1", 7));
    TAU_TRY(unary(builder, y, TAU_OP_RELU, "relu1", 0));
    TAU_TRY(conv(builder, y, "conv2", 7, 4, true));
    return batch_norm(builder, y, "bn2", 4);
}

static tau_status conv_read_twice(tau_builder *builder, int x, int *y) {
    int inputs[2] = {x};
    TAU_TRY(conv(builder, &inputs[0], "conv", 3, 4, true));
    inputs[1] = inputs[0];
    TAU_TRY(unary(builder, &inputs[1], TAU_OP_RELU, "relu", 0));
    return tau_builder_node(builder, y, TAU_OP_SUB, "difference", inputs, 2, NULL, NULL);
}

static tau_status residual_block(tau_builder *builder, int x, int *y) {
    int inputs[2] = {x, x};
    TAU_TRY(conv(builder, &inputs[0], "conv1", 3, 3, false));
    TAU_TRY(batch_norm(builder, &inputs[0], "bn1", 3));
    TAU_TRY(unary(builder, &inputs[0], TAU_OP_RELU, "relu1", 0));
    TAU_TRY(conv(builder, &inputs[0], "conv2", 3, 3, false));
    TAU_TRY(batch_norm(builder, &inputs[0], "bn2", 3));
    TAU_TRY(tau_builder_node(builder, y, TAU_OP_ADD, "sum", inputs, 2, NULL, NULL));
    return unary(builder, y, TAU_OP_RELU, "relu2", 0);
}

static tau_status mlp_log_softmax(tau_builder *builder, int x, int *y) {
    *y = x;
    TAU_TRY(linear(builder, y, "fc1", 9, 33));
    TAU_TRY(unary(builder, y, TAU_OP_RELU, "relu1", 0));
    TAU_TRY(linear(builder, y, "fc2", 33, 17));
    TAU_TRY(unary(builder, y, TAU_OP_TANH, "tanh2", 0));
    TAU_TRY(linear(builder, y, "fc3", 17, 5));
    return unary(builder, y, TAU_OP_LOG_SOFTMAX, "log_softmax", 0);
}

static tau_status dropout_between(tau_builder *builder, int x, int *y) {
    *y = x;
    TAU_TRY(linear(builder, y, "fc1", 9, 21));
    TAU_TRY(unary(builder, y, TAU_OP_RELU, "relu", 0));
    TAU_TRY(unary(builder, y, TAU_OP_DROPOUT, "dropout", 0.5));
    return linear(builder, y, "fc2", 21, 4);
}

static tau_status shared_weights(tau_builder *builder, int x, int *y) {
    int inputs[2] = {x};
    const tau_attributes attributes = {.transposed = true};
    TAU_TRY(weight(builder, &inputs[1], "tied.weight", 2, (int64_t[]){9, 9}));
    TAU_TRY(tau_builder_node(builder, &inputs[0], TAU_OP_LINEAR, "first", inputs, 2, &attributes, NULL));
    TAU_TRY(unary(builder, &inputs[0], TAU_OP_TANH, "tanh", 0));
    return tau_builder_node(builder, y, TAU_OP_LINEAR, "second", inputs, 2, &attributes, NULL);
}

static const parity_sequence sequences[] = {
    {"conv_relu_pool", {3, {3, 9, 10}}, conv_relu_pool},
    {"conv_pool_relu", {3, {3, 9, 10}}, conv_pool_relu},
    {"conv_batch_norm_relu", {3, {3, 7, 6}}, conv_batch_norm_relu},
    {"conv_read_twice", {3, {3, 5, 5}}, conv_read_twice},
    {"residual_block", {3, {3, 7, 5}}, residual_block},
    {"mlp_log_softmax", {1, {9}}, mlp_log_softmax},
    {"dropout_between", {1, {9}}, dropout_between},
    {"shared_weights", {1, {9}}, shared_weights},
};

const parity_sequence *parity_sequence_get(int index) {
    return index >= 0 && (size_t)index < sizeof sequences / sizeof *sequences ? &sequences[index] : NULL;
}
