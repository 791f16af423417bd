#include "parity/cases.h"

/* Shapes are {rank, {axes}}, windows {kernel, stride, dilation, pad (top, left, bottom, right), groups,
 * count_pad, ceil_mode}. */
#define PARAMETER(tensor_role, ...)                                                                          \
    { PARITY_KIND_PARAMETER, tensor_role, __VA_ARGS__ }
#define WEIGHT(...)    PARAMETER(TAU_ROLE_WEIGHT, __VA_ARGS__)
#define BIAS(channels) PARAMETER(TAU_ROLE_BIAS, {1, {channels}})
#define CONSTANT(...)                                                                                        \
    { PARITY_KIND_CONSTANT, TAU_ROLE_WEIGHT, __VA_ARGS__ }
#define BATCH_NORM_OF(channels)                                                                              \
    PARAMETER(TAU_ROLE_BN_GAMMA, {1, {channels}}), PARAMETER(TAU_ROLE_BN_BETA, {1, {channels}}),             \
        PARAMETER(TAU_ROLE_BN_MEAN, {1, {channels}}), PARAMETER(TAU_ROLE_BN_VAR, {1, {channels}})

/* One entry reads best as one line. */
/* clang-format off */
static const parity_case cases[] = {
    /* Linear */
    {"linear_transposed", TAU_OP_LINEAR, .input = {1, {7}}, {WEIGHT({2, {5, 7}}), BIAS(5)},
     .attributes.transposed = true},
    {"linear_in_out", TAU_OP_LINEAR, .input = {1, {7}}, {WEIGHT({2, {7, 5}}), BIAS(5)}},
    {"linear_without_bias", TAU_OP_LINEAR, .input = {1, {13}}, {WEIGHT({2, {3, 13}})},
     .attributes.transposed = true},
    {"linear_bias_omitted", TAU_OP_LINEAR, .input = {1, {13}},
     {WEIGHT({2, {13, 3}}), {.kind = PARITY_KIND_OMITTED}}},
    {"linear_one_to_one", TAU_OP_LINEAR, .input = {1, {1}}, {WEIGHT({2, {1, 1}}), BIAS(1)},
     .attributes.transposed = true},
    {"linear_wide", TAU_OP_LINEAR, .input = {1, {129}}, {WEIGHT({2, {65, 129}}), BIAS(65)},
     .attributes.transposed = true},
    {"linear_wide_in_out", TAU_OP_LINEAR, .input = {1, {129}}, {WEIGHT({2, {129, 33}}), BIAS(33)}},
    {"linear_rank_2", TAU_OP_LINEAR, .input = {2, {3, 5}}, {WEIGHT({2, {4, 5}}), BIAS(4)},
     .attributes.transposed = true},
    {"linear_rank_3", TAU_OP_LINEAR, .input = {3, {2, 3, 5}}, {WEIGHT({2, {5, 4}}), BIAS(4)}},

    /* MatMul of activations */
    {"matmul_square", TAU_OP_MATMUL, .input = {2, {3, 5}}, {{.kind = PARITY_KIND_TRANSPOSED}}},
    {"matmul_batched", TAU_OP_MATMUL, .input = {3, {2, 4, 3}}, {{.kind = PARITY_KIND_TRANSPOSED}}},
    {"matmul_swapped", TAU_OP_MATMUL, .input = {3, {2, 4, 3}}, {{.kind = PARITY_KIND_TRANSPOSED}},
     .input_last = true},
    {"matmul_row_by_column", TAU_OP_MATMUL, .input = {2, {1, 17}}, {{.kind = PARITY_KIND_TRANSPOSED}}},

    /* Conv */
    {"conv_3x3", TAU_OP_CONV, .input = {3, {3, 7, 6}}, {WEIGHT({4, {5, 3, 3, 3}}), BIAS(5)},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, false, false}},
    {"conv_3x3_same", TAU_OP_CONV, .input = {3, {3, 9, 11}}, {WEIGHT({4, {17, 3, 3, 3}}), BIAS(17)},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, false, false}},
    {"conv_3x3_many_channels", TAU_OP_CONV, .input = {3, {33, 9, 10}},
     {WEIGHT({4, {35, 33, 3, 3}}), BIAS(35)},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, false, false}},
    {"conv_without_bias", TAU_OP_CONV, .input = {3, {2, 5, 5}}, {WEIGHT({4, {4, 2, 3, 3}})},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, false, false}},
    {"conv_1x1", TAU_OP_CONV, .input = {3, {5, 4, 3}}, {WEIGHT({4, {7, 5, 1, 1}}), BIAS(7)},
     .attributes.window = {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, false, false}},
    {"conv_1x1_stride_2", TAU_OP_CONV, .input = {3, {4, 7, 7}}, {WEIGHT({4, {8, 4, 1, 1}})},
     .attributes.window = {{1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 1, false, false}},
    {"conv_3x3_stride_2", TAU_OP_CONV, .input = {3, {3, 8, 7}}, {WEIGHT({4, {4, 3, 3, 3}}), BIAS(4)},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1, false, false}},
    {"conv_stride_3x1", TAU_OP_CONV, .input = {3, {2, 10, 5}}, {WEIGHT({4, {3, 2, 2, 3}}), BIAS(3)},
     .attributes.window = {{2, 3}, {3, 1}, {1, 1}, {0, 1, 0, 1}, 1, false, false}},
    {"conv_asymmetric_padding", TAU_OP_CONV, .input = {3, {2, 6, 5}}, {WEIGHT({4, {3, 2, 3, 3}}), BIAS(3)},
     .attributes.window = {{3, 3}, {1, 2}, {1, 1}, {0, 2, 3, 1}, 1, false, false}},
    {"conv_dilation_2", TAU_OP_CONV, .input = {3, {2, 9, 8}}, {WEIGHT({4, {3, 2, 3, 3}}), BIAS(3)},
     .attributes.window = {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1, false, false}},
    {"conv_dilation_3x1", TAU_OP_CONV, .input = {3, {2, 9, 8}}, {WEIGHT({4, {3, 2, 2, 3}}), BIAS(3)},
     .attributes.window = {{2, 3}, {2, 1}, {3, 1}, {1, 0, 1, 0}, 1, false, false}},
    {"conv_groups_2", TAU_OP_CONV, .input = {3, {6, 5, 5}}, {WEIGHT({4, {4, 3, 3, 3}}), BIAS(4)},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 2, false, false}},
    {"conv_depthwise", TAU_OP_CONV, .input = {3, {5, 6, 6}}, {WEIGHT({4, {5, 1, 3, 3}}), BIAS(5)},
     .attributes.window = {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 5, false, false}},
    {"conv_depthwise_doubled", TAU_OP_CONV, .input = {3, {3, 6, 6}}, {WEIGHT({4, {6, 1, 3, 3}}), BIAS(6)},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 3, false, false}},
    {"conv_5x5", TAU_OP_CONV, .input = {3, {1, 8, 9}}, {WEIGHT({4, {6, 1, 5, 5}}), BIAS(6)},
     .attributes.window = {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1, false, false}},
    {"conv_whole_image", TAU_OP_CONV, .input = {3, {3, 5, 4}}, {WEIGHT({4, {6, 3, 5, 4}}), BIAS(6)},
     .attributes.window = {{5, 4}, {1, 1}, {1, 1}, {0, 0, 0, 0}, 1, false, false}},
    {"conv_1d", TAU_OP_CONV, .input = {2, {3, 11}}, {WEIGHT({3, {4, 3, 3}}), BIAS(4)},
     .attributes.window = {{1, 3}, {1, 1}, {1, 1}, {0, 1, 0, 1}, 1, false, false}},
    {"conv_1d_stride_dilation_groups", TAU_OP_CONV, .input = {2, {4, 13}}, {WEIGHT({3, {6, 2, 3}})},
     .attributes.window = {{1, 3}, {1, 2}, {1, 2}, {0, 0, 0, 3}, 2, false, false}},

    /* Pools */
    {"max_pool_2", TAU_OP_MAX_POOL, .input = {3, {3, 6, 8}},
     .attributes.window = {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, false, false}},
    {"max_pool_odd", TAU_OP_MAX_POOL, .input = {3, {3, 7, 5}},
     .attributes.window = {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, false, false}},
    {"max_pool_overlapping_padded", TAU_OP_MAX_POOL, .input = {3, {3, 7, 7}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, false, false}},
    {"max_pool_ceil", TAU_OP_MAX_POOL, .input = {3, {2, 7, 8}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, false, true}},
    {"max_pool_dilated", TAU_OP_MAX_POOL, .input = {3, {2, 8, 7}},
     .attributes.window = {{2, 2}, {1, 2}, {2, 3}, {0, 1, 1, 0}, 0, false, false}},
    {"max_pool_1d", TAU_OP_MAX_POOL, .input = {2, {3, 11}},
     .attributes.window = {{1, 3}, {1, 2}, {1, 1}, {0, 1, 0, 0}, 0, false, false}},
    {"average_pool_2", TAU_OP_AVERAGE_POOL, .input = {3, {3, 6, 5}},
     .attributes.window = {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, 0, false, false}},
    {"average_pool_padding_counts", TAU_OP_AVERAGE_POOL, .input = {3, {2, 7, 7}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, true, false}},
    {"average_pool_padding_excluded", TAU_OP_AVERAGE_POOL, .input = {3, {2, 7, 7}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, false, false}},
    {"average_pool_ceil_padding_counts", TAU_OP_AVERAGE_POOL, .input = {3, {2, 8, 6}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, true, true}},
    {"average_pool_ceil_padding_excluded", TAU_OP_AVERAGE_POOL, .input = {3, {2, 8, 6}},
     .attributes.window = {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 0, false, true}},
    {"average_pool_asymmetric", TAU_OP_AVERAGE_POOL, .input = {3, {2, 5, 6}},
     .attributes.window = {{2, 3}, {1, 2}, {1, 1}, {1, 0, 0, 2}, 0, true, false}},
    {"average_pool_1d", TAU_OP_AVERAGE_POOL, .input = {2, {3, 9}},
     .attributes.window = {{1, 4}, {1, 2}, {1, 1}, {0, 1, 0, 1}, 0, false, false}},
    {"global_average_pool", TAU_OP_GLOBAL_AVERAGE_POOL, .input = {3, {5, 3, 7}}},
    {"global_average_pool_1d", TAU_OP_GLOBAL_AVERAGE_POOL, .input = {2, {5, 9}}},

    /* Batch norm */
    {"batch_norm_image", TAU_OP_BATCH_NORM, .input = {3, {5, 3, 4}}, {BATCH_NORM_OF(5)},
     .attributes = {.epsilon = 1e-5, .momentum = 0.9}},
    {"batch_norm_sequence", TAU_OP_BATCH_NORM, .input = {2, {3, 7}}, {BATCH_NORM_OF(3)},
     .attributes = {.epsilon = 1e-3, .momentum = 0.99}},
    {"batch_norm_vector", TAU_OP_BATCH_NORM, .input = {1, {17}}, {BATCH_NORM_OF(17)},
     .attributes = {.epsilon = 1e-5, .momentum = 0.9}, .tolerance = 1e-5,
     .reason = "with 5 values a channel the batch's statistics amplify rounding of x by 1/sd"},

    /* Activations, with a size that fills no vector register */
    {"relu", TAU_OP_RELU, .input = {1, {37}}},
    {"leaky_relu", TAU_OP_LEAKY_RELU, .input = {1, {37}}, .attributes.alpha = 0.1},
    {"elu", TAU_OP_ELU, .input = {1, {37}}, .attributes.alpha = 0.7},
    {"selu", TAU_OP_SELU, .input = {1, {37}}, .attributes = {.alpha = 1.67326319, .gamma = 1.05070102}},
    {"gelu", TAU_OP_GELU, .input = {1, {37}}},
    {"gelu_tanh", TAU_OP_GELU, .input = {1, {37}}, .attributes.approximate = true},
    {"sigmoid", TAU_OP_SIGMOID, .input = {1, {37}}},
    {"hard_sigmoid", TAU_OP_HARD_SIGMOID, .input = {1, {37}}, .attributes = {.alpha = 0.2, .beta = 0.5}},
    {"tanh", TAU_OP_TANH, .input = {1, {37}}},
    {"softplus", TAU_OP_SOFTPLUS, .input = {1, {37}}},
    {"softsign", TAU_OP_SOFTSIGN, .input = {1, {37}}},
    {"erf", TAU_OP_ERF, .input = {1, {37}}},
    {"clip", TAU_OP_CLIP, .input = {1, {37}}, .attributes = {.alpha = -0.5, .beta = 0.75}},
    {"relu_image", TAU_OP_RELU, .input = {3, {3, 5, 7}}},
    {"tanh_image", TAU_OP_TANH, .input = {3, {2, 3, 5}}},

    /* Softmax over every axis */
    {"softmax_vector", TAU_OP_SOFTMAX, .input = {1, {11}}},
    {"softmax_axis_0", TAU_OP_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 0},
    {"softmax_axis_1", TAU_OP_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 1},
    {"softmax_axis_2", TAU_OP_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 2},
    {"softmax_one_class", TAU_OP_SOFTMAX, .input = {1, {1}}},
    {"log_softmax_vector", TAU_OP_LOG_SOFTMAX, .input = {1, {11}}},
    {"log_softmax_axis_0", TAU_OP_LOG_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 0},
    {"log_softmax_axis_1", TAU_OP_LOG_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 1},
    {"log_softmax_axis_2", TAU_OP_LOG_SOFTMAX, .input = {3, {3, 4, 5}}, .attributes.axis = 2},

    /* Arithmetic: parameter, constant or activation, on either side, in every way of broadcasting */
    {"add_parameter", TAU_OP_ADD, .input = {3, {3, 4, 5}}, {WEIGHT({3, {3, 4, 5}})}},
    {"add_channels", TAU_OP_ADD, .input = {3, {3, 4, 5}}, {WEIGHT({3, {3, 1, 1}})}},
    {"add_last_axis", TAU_OP_ADD, .input = {3, {3, 4, 5}}, {BIAS(5)}},
    {"add_batch_axis", TAU_OP_ADD, .input = {2, {4, 5}}, {WEIGHT({3, {1, 4, 1}})}},
    {"add_scalar", TAU_OP_ADD, .input = {2, {4, 5}}, {CONSTANT({0, {0}})}},
    {"add_constant", TAU_OP_ADD, .input = {2, {4, 5}}, {CONSTANT({2, {4, 1}})}},
    {"add_activation", TAU_OP_ADD, .input = {3, {3, 4, 5}}, {{.kind = PARITY_KIND_SIGMOID}}},
    {"add_activation_broadcast", TAU_OP_ADD, .input = {3, {3, 4, 5}}, {{.kind = PARITY_KIND_GLOBAL_POOL}}},
    {"add_stretches_input", TAU_OP_ADD, .input = {3, {3, 1, 5}}, {WEIGHT({3, {3, 4, 1}})}},
    {"sub_parameter", TAU_OP_SUB, .input = {2, {4, 5}}, {WEIGHT({2, {4, 5}})}},
    {"sub_from_parameter", TAU_OP_SUB, .input = {2, {4, 5}}, {WEIGHT({2, {1, 5}})}, .input_last = true},
    {"sub_from_constant", TAU_OP_SUB, .input = {2, {4, 5}}, {CONSTANT({1, {1}})}, .input_last = true},
    {"sub_activation", TAU_OP_SUB, .input = {3, {3, 4, 5}}, {{.kind = PARITY_KIND_GLOBAL_POOL}},
     .input_last = true},
    {"mul_parameter", TAU_OP_MUL, .input = {2, {4, 5}}, {WEIGHT({2, {4, 1}})}},
    {"mul_constant", TAU_OP_MUL, .input = {3, {3, 2, 5}}, {CONSTANT({3, {3, 1, 1}})}},
    {"mul_activation", TAU_OP_MUL, .input = {3, {3, 4, 5}}, {{.kind = PARITY_KIND_SIGMOID}}},
    {"mul_activation_broadcast", TAU_OP_MUL, .input = {3, {3, 4, 5}}, {{.kind = PARITY_KIND_GLOBAL_POOL}}},
    {"div_parameter", TAU_OP_DIV, .input = {2, {4, 5}}, {WEIGHT({1, {5}})}},
    {"div_constant", TAU_OP_DIV, .input = {2, {4, 5}}, {CONSTANT({2, {4, 5}})}},
    {"div_activation", TAU_OP_DIV, .input = {2, {4, 5}}, {{.kind = PARITY_KIND_SIGMOID}}},

    /* Layout */
    {"reshape_flatten", TAU_OP_RESHAPE, .input = {3, {3, 4, 5}}, .shape = {1, {60}}},
    {"reshape_split", TAU_OP_RESHAPE, .input = {1, {24}}, .shape = {4, {2, 3, 1, 4}}},
    {"transpose_matrix", TAU_OP_TRANSPOSE, .input = {2, {3, 5}}, .attributes.permutation = {1, 0}},
    {"transpose_to_last", TAU_OP_TRANSPOSE, .input = {3, {3, 4, 5}}, .attributes.permutation = {1, 2, 0}},
    {"transpose_rank_4", TAU_OP_TRANSPOSE, .input = {4, {2, 3, 4, 5}},
     .attributes.permutation = {2, 0, 3, 1}},
    {"concat_3_axis_0", TAU_OP_CONCAT, .input = {3, {3, 4, 5}},
     {{.kind = PARITY_KIND_SIGMOID}, {.kind = PARITY_KIND_RELU}},
     .attributes.axis = 0},
    {"concat_3_axis_1", TAU_OP_CONCAT, .input = {3, {3, 4, 5}},
     {{.kind = PARITY_KIND_RELU}, {.kind = PARITY_KIND_SIGMOID}},
     .attributes.axis = 1},
    {"concat_3_unequal", TAU_OP_CONCAT, .input = {2, {3, 5}},
     {{.kind = PARITY_KIND_SIGMOID}, {.kind = PARITY_KIND_GLOBAL_POOL}},
     .attributes.axis = 1},
    {"pad_image", TAU_OP_PAD, .input = {3, {2, 3, 4}},
     .attributes = {.pads = {0, 1, 2, 0, 3, 1}, .alpha = -0.5}},
    {"pad_channels", TAU_OP_PAD, .input = {3, {2, 3, 4}}, .attributes.pads = {1, 0, 0, 2, 0, 0}},
    {"pad_vector", TAU_OP_PAD, .input = {1, {7}}, .attributes = {.pads = {2, 1}, .alpha = 1.5}},

    /* Dropout: its masks are pinned, so all backends drop the same elements */
    {"dropout", TAU_OP_DROPOUT, .input = {1, {37}}, .attributes.alpha = 0.5},
    {"dropout_image", TAU_OP_DROPOUT, .input = {3, {3, 5, 7}}, .attributes.alpha = 0.25},
    {"dropout_rate_0", TAU_OP_DROPOUT, .input = {1, {9}}, .attributes.alpha = 0},
};
/* clang-format on */

const parity_case *parity_case_get(int index) {
    return index >= 0 && (size_t)index < sizeof cases / sizeof *cases ? &cases[index] : NULL;
}
