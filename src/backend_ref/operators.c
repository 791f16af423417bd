#include "backend_ref/operators.h"

static const tau_ref_operator activation = {tau_ref_activation_forward, tau_ref_activation_backward};
static const tau_ref_operator binary = {tau_ref_binary_forward, tau_ref_binary_backward};

static const tau_ref_operator operators[TAU_OP_COUNT] = {
    [TAU_OP_LINEAR] = {tau_ref_linear_forward, tau_ref_linear_backward},
    [TAU_OP_MATMUL] = {tau_ref_matmul_forward, tau_ref_matmul_backward},
    [TAU_OP_CONV] = {tau_ref_conv_forward, tau_ref_conv_backward},
    [TAU_OP_MAX_POOL] = {tau_ref_max_pool_forward, tau_ref_max_pool_backward},
    [TAU_OP_AVERAGE_POOL] = {tau_ref_average_pool_forward, tau_ref_average_pool_backward},
    [TAU_OP_GLOBAL_AVERAGE_POOL] = {tau_ref_global_average_pool_forward,
                                    tau_ref_global_average_pool_backward},
    [TAU_OP_BATCH_NORM] = {tau_ref_batch_norm_forward, tau_ref_batch_norm_backward},
    [TAU_OP_SOFTMAX] = {tau_ref_softmax_forward, tau_ref_softmax_backward},
    [TAU_OP_LOG_SOFTMAX] = {tau_ref_log_softmax_forward, tau_ref_log_softmax_backward},
    [TAU_OP_RESHAPE] = {tau_ref_reshape_forward, tau_ref_reshape_backward},
    [TAU_OP_TRANSPOSE] = {tau_ref_transpose_forward, tau_ref_transpose_backward},
    [TAU_OP_CONCAT] = {tau_ref_concat_forward, tau_ref_concat_backward},
    [TAU_OP_PAD] = {tau_ref_pad_forward, tau_ref_pad_backward},
    [TAU_OP_DROPOUT] = {tau_ref_dropout_forward, tau_ref_dropout_backward},
};

const tau_ref_operator *tau_ref_operator_get(tau_op op) {
    if (op >= TAU_OP_RELU && op <= TAU_OP_CLIP) return &activation;
    if (op >= TAU_OP_ADD && op <= TAU_OP_DIV) return &binary;
    return &operators[op];
}
