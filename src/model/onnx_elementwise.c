#include <math.h>
#include <string.h>

#include "model/onnx_import.h"

typedef struct activation_rule {
    const char *type;
    tau_op op;
    double alpha, beta, gamma; /* what ONNX assumes where the file says nothing */
} activation_rule;

static const activation_rule rules[] = {
    {"Relu", TAU_OP_RELU, 0, 0, 0},
    {"Abs", TAU_OP_LEAKY_RELU, -1, 0, 0},
    {"LeakyRelu", TAU_OP_LEAKY_RELU, 0.01, 0, 0},
    {"Elu", TAU_OP_ELU, 1, 0, 0},
    {"Selu", TAU_OP_SELU, 1.67326319217681884765625, 0, 1.05070102214813232421875},
    {"Gelu", TAU_OP_GELU, 0, 0, 0},
    {"Sigmoid", TAU_OP_SIGMOID, 0, 0, 0},
    {"HardSigmoid", TAU_OP_HARD_SIGMOID, 0.2, 0.5, 0},
    {"Tanh", TAU_OP_TANH, 0, 0, 0},
    {"Softplus", TAU_OP_SOFTPLUS, 0, 0, 0},
    {"Softsign", TAU_OP_SOFTSIGN, 0, 0, 0},
    {"Erf", TAU_OP_ERF, 0, 0, 0},
};

tau_status tau_onnx_activation(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const activation_rule *rule = rules;
    while (strcmp(rule->type, node->op_type) != 0) rule++; /* the table of operators sends only these here */
    const tau_attributes attributes = {.alpha = tau_onnx_attribute_float(node, "alpha", rule->alpha),
                                       .beta = tau_onnx_attribute_float(node, "beta", rule->beta),
                                       .gamma = tau_onnx_attribute_float(node, "gamma", rule->gamma),
                                       .approximate =
                                           tau_onnx_attribute_is(node, "approximate", "tanh", "none")};
    int input;
    if (!attributes.approximate && !tau_onnx_attribute_is(node, "approximate", "none", "none"))
        return tau_onnx_unsupported(import, node, "approximate is 'none' or 'tanh'");
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    return tau_onnx_emit(import, node, rule->op, &input, 1, &attributes, NULL);
}

/* x·clamp(x/6 + 1/2, 0, 1) */
tau_status tau_onnx_hard_swish(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_attributes gate = {.alpha = 1.0 / 6, .beta = 0.5};
    int inputs[2];
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    TAU_TRY(
        tau_onnx_emit_part(import, node, "/gate", TAU_OP_HARD_SIGMOID, inputs, 1, &gate, NULL, &inputs[1]));
    return tau_onnx_emit(import, node, TAU_OP_MUL, inputs, 2, NULL, NULL);
}

tau_status tau_onnx_arithmetic(tau_onnx_import *import, const Onnx__NodeProto *node) {
    static const struct {
        const char *type;
        tau_op op;
        tau_role role; /* of a stored operand */
    } table[] = {{"Add", TAU_OP_ADD, TAU_ROLE_BIAS},
                 {"Sub", TAU_OP_SUB, TAU_ROLE_BIAS},
                 {"Mul", TAU_OP_MUL, TAU_ROLE_WEIGHT},
                 {"Div", TAU_OP_DIV, TAU_ROLE_WEIGHT}};
    int i = 0, inputs[2];
    while (strcmp(table[i].type, node->op_type) != 0) i++;
    if (node->n_input != 2) return tau_onnx_unsupported(import, node, "it needs two operands");
    TAU_TRY(tau_onnx_operand(import, node, 0, table[i].role, &inputs[0]));
    TAU_TRY(tau_onnx_operand(import, node, 1, table[i].role, &inputs[1]));
    return tau_onnx_emit(import, node, table[i].op, inputs, 2, NULL, NULL);
}

tau_status tau_onnx_batch_norm(tau_onnx_import *import, const Onnx__NodeProto *node) {
    static const tau_role roles[5] = {TAU_ROLE_WEIGHT, TAU_ROLE_BN_GAMMA, TAU_ROLE_BN_BETA, TAU_ROLE_BN_MEAN,
                                      TAU_ROLE_BN_VAR};
    const tau_attributes attributes = {.epsilon = tau_onnx_attribute_float(node, "epsilon", 1e-5),
                                       .momentum = tau_onnx_attribute_float(node, "momentum", 0.9)};
    int inputs[5];
    if (tau_onnx_attribute_int(node, "training_mode", 0) != 0)
        return tau_onnx_unsupported(import, node,
                                    "it was exported in training mode; export the model after eval()");
    if (tau_onnx_attribute_int(node, "spatial", 1) != 1)
        return tau_onnx_unsupported(import, node, "spatial = 0 is not supported");
    TAU_TRY(tau_onnx_sample(import, node, 0, &inputs[0]));
    for (int i = 1; i < 5; i++) TAU_TRY(tau_onnx_parameter(import, node, i, roles[i], &inputs[i], NULL));
    return tau_onnx_emit(import, node, TAU_OP_BATCH_NORM, inputs, 5, &attributes, NULL);
}

/* A bound: attribute or, from opset 11 on, input; `open` where it is left out. */
static tau_status read_bound(double *out, const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                             const char *name, double open) {
    *out = open;
    if (import->opset < 11) {
        *out = tau_onnx_attribute_float(node, name, open);
        return TAU_STATUS_OK;
    }
    return tau_onnx_input(import, node, i) ? tau_onnx_number_of(import, node, i, out) : TAU_STATUS_OK;
}

tau_status tau_onnx_clip(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes attributes = {0};
    int input;
    TAU_TRY(read_bound(&attributes.alpha, import, node, 1, "min", -INFINITY));
    TAU_TRY(read_bound(&attributes.beta, import, node, 2, "max", INFINITY));
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    return tau_onnx_emit(import, node, TAU_OP_CLIP, &input, 1, &attributes, NULL);
}

tau_status tau_onnx_dropout(tau_onnx_import *import, const Onnx__NodeProto *node) {
    tau_attributes attributes = {.alpha = tau_onnx_attribute_float(node, "ratio", 0.5)};
    int input;
    if (import->opset >= 12 && tau_onnx_input(import, node, 1))
        TAU_TRY(tau_onnx_number_of(import, node, 1, &attributes.alpha));
    TAU_TRY(tau_onnx_sample(import, node, 0, &input));
    return tau_onnx_emit(import, node, TAU_OP_DROPOUT, &input, 1, &attributes, NULL);
}

/* PyTorch stores tensors that happen to be equal, as those of a fresh network are, once, and gives the others
 * their names through Identity nodes. They are trained apart; where one tensor is meant, it is read under one
 * name. */
static tau_status define_twin(tau_onnx_import *import, const char *name, const tau_onnx_symbol *symbol) {
    tau_onnx_symbol twin = *symbol;
    twin.name = name;
    twin.value = -1;
    return tau_onnx_define(import, &twin);
}

tau_status tau_onnx_identity(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, 0);
    if (!symbol) return tau_onnx_unsupported(import, node, "its input is missing");
    const bool read_elsewhere = tau_names_find(&import->readers, node->input[0]) == TAU_ONNX_SEVERAL;
    if (symbol->kind == TAU_ONNX_KIND_STORED && symbol->transposed_from < 0 && read_elsewhere)
        return define_twin(import, node->output[0], symbol);
    return tau_onnx_alias(import, node->output[0], symbol);
}

static tau_status define_tensor(tau_onnx_import *import, const Onnx__NodeProto *node,
                                const Onnx__TensorProto *tensor) {
    tau_onnx_symbol symbol = {.name = node->output[0],
                              .kind = TAU_ONNX_KIND_STORED,
                              .value = -1,
                              .tensor = tensor,
                              .constant = true,
                              .transposed_from = -1};
    if (tau_onnx_tensor_is_integer(tensor)) {
        tau_onnx_integers integers;
        TAU_TRY(tau_onnx_tensor_integers(&integers, tensor));
        return tau_onnx_define_integers(import, node->output[0], &integers);
    }
    if (!tau_onnx_tensor_is_float(tensor))
        return tau_onnx_unsupported(import, node,
                                    "its value holds neither floating-point numbers nor integers");
    TAU_TRY(tau_onnx_tensor_shape(&symbol.shape, tensor));
    TAU_TRY(tau_onnx_tensor_check(tensor));
    return tau_onnx_define(import, &symbol);
}

static tau_status define_integers(tau_onnx_import *import, const Onnx__NodeProto *node, const int64_t *items,
                                  size_t count, int rank) {
    tau_onnx_integers integers = {.rank = rank, .count = (int)count};
    if (count > TAU_ONNX_MAX_INTEGERS)
        return tau_onnx_unsupported(import, node, "its list of integers is too long");
    for (size_t i = 0; i < count; i++) integers.item[i] = items[i];
    return tau_onnx_define_integers(import, node->output[0], &integers);
}

tau_status tau_onnx_constant(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const Onnx__AttributeProto *value = node->n_attribute == 1 ? node->attribute[0] : NULL;
    if (!value) return tau_onnx_unsupported(import, node, "it must have exactly one value");
    if (strcmp(value->name, "value") == 0)
        return value->t ? define_tensor(import, node, value->t)
                        : tau_onnx_unsupported(import, node, "its value is missing");
    if (strcmp(value->name, "value_int") == 0) return define_integers(import, node, &value->i, 1, 0);
    if (strcmp(value->name, "value_ints") == 0)
        return define_integers(import, node, value->ints, value->n_ints, 1);
    tau_onnx_symbol symbol = {.name = node->output[0],
                              .kind = TAU_ONNX_KIND_STORED,
                              .value = -1,
                              .floats = &value->f,
                              .constant = true,
                              .transposed_from = -1};
    if (strcmp(value->name, "value_floats") == 0) {
        symbol.floats = value->floats;
        TAU_TRY(tau_shape_make(&symbol.shape, 1, (int64_t[]){(int64_t)value->n_floats}));
    }
    return tau_onnx_define(import, &symbol);
}
