#include <string.h>

#include "model/onnx_import.h"

static bool is_vector_of(const tau_onnx_symbol *symbol, int64_t size) {
    return symbol && symbol->kind == TAU_ONNX_KIND_STORED && symbol->transposed_from < 0 &&
           symbol->shape.rank == 1 && symbol->shape.dim[0] == size;
}

/* Outputs of a matrix of weights, 0 if it is none. */
static int64_t outputs_of(const tau_onnx_symbol *weight, bool transposed) {
    if (!weight || weight->kind != TAU_ONNX_KIND_STORED || weight->shape.rank != 2) return 0;
    return weight->shape.dim[transposed ? 0 : 1];
}

tau_status tau_onnx_gemm(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const bool flip = tau_onnx_attribute_int(node, "transB", 0) != 0,
               has_c = tau_onnx_input(import, node, 2) != NULL;
    int inputs[3] = {-1, -1, -1};
    bool viewed;
    if (tau_onnx_attribute_int(node, "transA", 0) != 0)
        return tau_onnx_unsupported(import, node, "transA would mix samples");
    if (tau_onnx_attribute_float(node, "alpha", 1) != 1 ||
        (has_c && tau_onnx_attribute_float(node, "beta", 1) != 1))
        return tau_onnx_unsupported(import, node, "alpha and beta other than 1 are not supported");
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    TAU_TRY(tau_onnx_parameter(import, node, 1, TAU_ROLE_WEIGHT, &inputs[1], &viewed));
    if (tau_builder_shape(import->builder, inputs[0])->rank != 1)
        return tau_onnx_unsupported(import, node, "its operand must be a matrix, one row a sample");
    const tau_attributes attributes = {.transposed = flip != viewed};
    const int64_t outputs = outputs_of(tau_onnx_input(import, node, 1), flip);
    if (!has_c) return tau_onnx_emit(import, node, TAU_OP_LINEAR, inputs, 2, &attributes, NULL);
    if (is_vector_of(tau_onnx_input(import, node, 2), outputs)) {
        TAU_TRY(tau_onnx_parameter(import, node, 2, TAU_ROLE_BIAS, &inputs[2], NULL));
        return tau_onnx_emit(import, node, TAU_OP_LINEAR, inputs, 3, &attributes, NULL);
    }
    int operands[2];
    TAU_TRY(tau_onnx_emit_part(import, node, "/product", TAU_OP_LINEAR, inputs, 2, &attributes, NULL,
                               &operands[0]));
    TAU_TRY(tau_onnx_operand(import, node, 2, TAU_ROLE_BIAS, &operands[1]));
    return tau_onnx_emit(import, node, TAU_OP_ADD, operands, 2, NULL, NULL);
}

/* The one node that reads the product, if it adds a vector of `outputs` stored numbers; else -1. */
static int find_bias_node(const tau_onnx_import *import, const Onnx__NodeProto *node, int64_t outputs,
                          int *operand) {
    const int reader = tau_names_find(&import->readers, node->output[0]);
    if (reader < 0 || reader == TAU_ONNX_SEVERAL) return -1;
    const Onnx__NodeProto *next = import->graph->node[reader];
    if (strcmp(next->op_type, "Add") != 0 || next->n_input != 2 || (next->domain && *next->domain)) return -1;
    *operand = strcmp(next->input[0], node->output[0]) == 0 ? 1 : 0;
    return is_vector_of(tau_onnx_input(import, next, *operand), outputs) ? reader : -1;
}

static tau_status import_dense(tau_onnx_import *import, const Onnx__NodeProto *node) {
    int inputs[3] = {-1, -1, -1}, operand;
    bool viewed;
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    TAU_TRY(tau_onnx_parameter(import, node, 1, TAU_ROLE_WEIGHT, &inputs[1], &viewed));
    const int64_t outputs = outputs_of(tau_onnx_input(import, node, 1), false);
    const tau_attributes attributes = {.transposed = viewed};
    const int reader = find_bias_node(import, node, outputs, &operand);
    if (reader < 0) return tau_onnx_emit(import, node, TAU_OP_LINEAR, inputs, 2, &attributes, NULL);
    const Onnx__NodeProto *bias = import->graph->node[reader];
    int value;
    TAU_TRY(tau_onnx_parameter(import, bias, operand, TAU_ROLE_BIAS, &inputs[2], NULL));
    TAU_TRY(tau_onnx_emit_part(import, node, "", TAU_OP_LINEAR, inputs, 3, &attributes, NULL, &value));
    import->done[reader] = true;
    return tau_onnx_bind(import, bias, value);
}

tau_status tau_onnx_matmul(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_onnx_symbol *right = tau_onnx_input(import, node, 1);
    int inputs[2];
    if (right && right->kind == TAU_ONNX_KIND_STORED) {
        if (right->shape.rank != 2)
            return tau_onnx_unsupported(import, node, "stored weights must be a matrix");
        return import_dense(import, node);
    }
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    TAU_TRY(tau_onnx_sample(import, node, 1, &inputs[1]));
    return tau_onnx_emit(import, node, TAU_OP_MATMUL, inputs, 2, NULL, NULL);
}
