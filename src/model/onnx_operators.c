#include <string.h>

#include "model/onnx_import.h"

typedef struct operator_entry {
    const char *type;
    tau_onnx_operator import;
    const char *attributes; /* the names it knows */
} operator_entry;

static const operator_entry operators[] = {
    {"Abs", tau_onnx_activation, ""},
    {"Add", tau_onnx_arithmetic, ""},
    {"AveragePool", tau_onnx_pool,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides"},
    {"BatchNormalization", tau_onnx_batch_norm, "epsilon momentum spatial training_mode"},
    {"Clip", tau_onnx_clip, "max min"},
    {"Concat", tau_onnx_concat, "axis"},
    {"Constant", tau_onnx_constant, "value value_float value_floats value_int value_ints"},
    {"Conv", tau_onnx_conv, "auto_pad dilations group kernel_shape pads strides"},
    {"Div", tau_onnx_arithmetic, ""},
    {"Dropout", tau_onnx_dropout, "ratio seed"},
    {"Elu", tau_onnx_activation, "alpha"},
    {"Erf", tau_onnx_activation, ""},
    {"Flatten", tau_onnx_flatten, "axis"},
    {"Gelu", tau_onnx_activation, "approximate"},
    {"Gemm", tau_onnx_gemm, "alpha beta transA transB"},
    {"GlobalAveragePool", tau_onnx_global_pool, ""},
    {"HardSigmoid", tau_onnx_activation, "alpha beta"},
    {"HardSwish", tau_onnx_hard_swish, ""},
    {"Identity", tau_onnx_identity, ""},
    {"LeakyRelu", tau_onnx_activation, "alpha"},
    {"LogSoftmax", tau_onnx_softmax, "axis"},
    {"MatMul", tau_onnx_matmul, ""},
    {"MaxPool", tau_onnx_pool, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides"},
    {"Mul", tau_onnx_arithmetic, ""},
    {"Pad", tau_onnx_pad, "mode pads value"},
    {"ReduceMean", tau_onnx_reduce_mean, "axes keepdims noop_with_empty_axes"},
    {"Relu", tau_onnx_activation, ""},
    {"Reshape", tau_onnx_reshape, "allowzero"},
    {"Selu", tau_onnx_activation, "alpha gamma"},
    {"Sigmoid", tau_onnx_activation, ""},
    {"Softmax", tau_onnx_softmax, "axis"},
    {"Softplus", tau_onnx_activation, ""},
    {"Softsign", tau_onnx_activation, ""},
    {"Squeeze", tau_onnx_squeeze, "axes"},
    {"Sub", tau_onnx_arithmetic, ""},
    {"Tanh", tau_onnx_activation, ""},
    {"Transpose", tau_onnx_transpose, "perm"},
    {"Unsqueeze", tau_onnx_unsqueeze, "axes"},
};

tau_onnx_operator tau_onnx_operator_find(const char *type, const char **attributes) {
    *attributes = "";
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strcmp(operators[i].type, type) != 0) continue;
        *attributes = operators[i].attributes;
        return operators[i].import;
    }
    return NULL;
}
