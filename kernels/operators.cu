/* The table of operators. */
#include "kernels/operators.h"

#define OPERATOR(name)                                                                                       \
    { tau_cuda_##name##_forward, tau_cuda_##name##_backward, nullptr }
#define OPERATOR_WITH_SCRATCH(name)                                                                          \
    { tau_cuda_##name##_forward, tau_cuda_##name##_backward, tau_cuda_##name##_scratch }

static const tau_cuda_operator activation = OPERATOR(activation);
static const tau_cuda_operator average_pool = OPERATOR(average_pool);
static const tau_cuda_operator batch_norm = OPERATOR_WITH_SCRATCH(batch_norm);
static const tau_cuda_operator binary = OPERATOR_WITH_SCRATCH(binary);
static const tau_cuda_operator concat = OPERATOR(concat);
static const tau_cuda_operator conv = OPERATOR_WITH_SCRATCH(conv);
static const tau_cuda_operator dropout = OPERATOR(dropout);
static const tau_cuda_operator global_average_pool = OPERATOR(global_average_pool);
static const tau_cuda_operator linear = OPERATOR(linear);
static const tau_cuda_operator log_softmax = OPERATOR(log_softmax);
static const tau_cuda_operator matmul = OPERATOR(matmul);
static const tau_cuda_operator max_pool = OPERATOR(max_pool);
static const tau_cuda_operator none = {nullptr, nullptr, nullptr};
static const tau_cuda_operator pad = OPERATOR(pad);
static const tau_cuda_operator reshape = OPERATOR(reshape);
static const tau_cuda_operator softmax = OPERATOR(softmax);
static const tau_cuda_operator transpose = OPERATOR(transpose);

extern "C" const tau_cuda_operator *tau_cuda_operator_get(tau_op op) {
    if (op >= TAU_OP_RELU && op <= TAU_OP_CLIP) return &activation;
    if (op >= TAU_OP_ADD && op <= TAU_OP_DIV) return &binary;
    switch (op) {
    case TAU_OP_LINEAR:
        return &linear;
    case TAU_OP_MATMUL:
        return &matmul;
    case TAU_OP_CONV:
        return &conv;
    case TAU_OP_MAX_POOL:
        return &max_pool;
    case TAU_OP_AVERAGE_POOL:
        return &average_pool;
    case TAU_OP_GLOBAL_AVERAGE_POOL:
        return &global_average_pool;
    case TAU_OP_BATCH_NORM:
        return &batch_norm;
    case TAU_OP_SOFTMAX:
        return &softmax;
    case TAU_OP_LOG_SOFTMAX:
        return &log_softmax;
    case TAU_OP_RESHAPE:
        return &reshape;
    case TAU_OP_TRANSPOSE:
        return &transpose;
    case TAU_OP_CONCAT:
        return &concat;
    case TAU_OP_PAD:
        return &pad;
    case TAU_OP_DROPOUT:
        return &dropout;
    default:
        return &none;
    }
}
