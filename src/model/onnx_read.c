/* The course of an ONNX import: check the file, declare what it stores, keep the nodes that the output needs,
 * turn them one by one, load the weights. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "model/model.h"
#include "model/onnx_import.h"
#include "model/onnx_wire.h"

static bool is_default_domain(const char *domain) {
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static tau_status find_opset(int *out, const Onnx__ModelProto *model) {
    int64_t version = 0;
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (is_default_domain(model->opset_import[i]->domain)) version = model->opset_import[i]->version;
    *out = 0;
    if (version < TAU_ONNX_MIN_OPSET || version > TAU_ONNX_MAX_OPSET)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "opset %" PRId64 " is not supported" TAU_WHY "opsets %d to %d are" TAU_FIX
                        "export the model with opset 17",
                        version, TAU_ONNX_MIN_OPSET, TAU_ONNX_MAX_OPSET);
    *out = (int)version;
    return TAU_STATUS_OK;
}

static tau_status check_nodes(const Onnx__GraphProto *graph) {
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__NodeProto *node = graph->node[i];
        if (!node->op_type || node->n_output == 0 || !*node->output[0])
            return tau_fail(TAU_STATUS_INPUT, "node %zu of the file has no operator or no output", i);
    }
    if (graph->n_sparse_initializer > 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "sparse weights are not supported" TAU_WHY "the file stores some" TAU_FIX
                        "export the model with dense weights");
    return TAU_STATUS_OK;
}

static tau_status declare_initializers(tau_onnx_import *import) {
    for (size_t i = 0; i < import->graph->n_initializer; i++) {
        const Onnx__TensorProto *tensor = import->graph->initializer[i];
        tau_onnx_symbol symbol = {.name = tensor->name,
                                  .kind = TAU_ONNX_KIND_STORED,
                                  .value = -1,
                                  .tensor = tensor,
                                  .transposed_from = -1};
        const bool is_short =
            tensor->n_dims == 0 || (tensor->n_dims == 1 && tensor->dims[0] <= TAU_ONNX_MAX_INTEGERS);
        if (tau_onnx_tensor_is_integer(tensor) && is_short) {
            tau_onnx_integers integers;
            TAU_TRY(tau_onnx_tensor_integers(&integers, tensor));
            TAU_TRY(tau_onnx_define_integers(import, tensor->name, &integers));
            continue;
        }
        if (tau_onnx_tensor_is_float(tensor)) {
            TAU_TRY(tau_onnx_tensor_check(tensor));
            TAU_TRY(tau_onnx_tensor_shape(&symbol.shape, tensor));
        }
        TAU_TRY(tau_onnx_define(import, &symbol));
    }
    return TAU_STATUS_OK;
}

/* From the output backwards: which nodes are needed, and who reads what. */
static tau_status find_live_nodes(tau_onnx_import *import) {
    const Onnx__GraphProto *graph = import->graph;
    TAU_TRY(tau_names_set(&import->readers, graph->output[0]->name, TAU_ONNX_SEVERAL));
    for (size_t i = graph->n_node; i-- > 0;) {
        const Onnx__NodeProto *node = graph->node[i];
        for (size_t k = 0; k < node->n_output; k++)
            if (tau_names_find(&import->readers, node->output[k]) >= 0) import->live[i] = true;
        if (!import->live[i]) continue;
        for (size_t k = 0; k < node->n_input; k++) {
            const bool known = tau_names_find(&import->readers, node->input[k]) >= 0;
            TAU_TRY(tau_names_set(&import->readers, node->input[k], known ? TAU_ONNX_SEVERAL : (int)i));
        }
    }
    return TAU_STATUS_OK;
}

static tau_status read_input_shape(tau_shape *out, int64_t *batch, const Onnx__ValueInfoProto *input) {
    const Onnx__TypeProto *type = input->type;
    const bool is_tensor = type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    const Onnx__TensorShapeProto *shape = is_tensor && type->tensor_type ? type->tensor_type->shape : NULL;
    int64_t dim[TAU_SHAPE_MAX_RANK];
    *batch = 0;
    *out = (tau_shape){0};
    if (!shape || shape->n_dim < 1 || shape->n_dim > TAU_SHAPE_MAX_RANK + 1)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "the input '%s' has no usable shape" TAU_WHY
                        "it must be a tensor with a batch axis and at most %d more" TAU_FIX
                        "export the model with the shape of its input",
                        input->name, TAU_SHAPE_MAX_RANK);
    for (size_t i = 0; i < shape->n_dim; i++) {
        const bool fixed = shape->dim[i]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        const int64_t size = fixed && shape->dim[i]->dim_value > 0 ? shape->dim[i]->dim_value : 0;
        if (i == 0)
            *batch = size;
        else if (size == 0)
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "axis %zu of the input '%s' has no fixed size" TAU_WHY
                            "only the batch may be left open" TAU_FIX
                            "export the model with fixed sizes for the other axes",
                            i, input->name);
        else
            dim[i - 1] = size;
    }
    return tau_shape_make(out, (int)shape->n_dim - 1, dim);
}

static tau_status check_input_type(const Onnx__ValueInfoProto *input) {
    const int32_t type = input->type->tensor_type->elem_type;
    const Onnx__TensorProto like = {.data_type = type};
    if (tau_onnx_tensor_is_float(&like)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "the input '%s' does not take floating-point numbers" TAU_WHY
                    "models that read indices or bytes are not supported" TAU_FIX
                    "export the part of the model behind its embedding or conversion",
                    input->name);
}

static tau_status declare_input(tau_onnx_import *import) {
    const Onnx__ValueInfoProto *found = NULL;
    tau_onnx_symbol symbol = {.kind = TAU_ONNX_KIND_SAMPLE, .value = -1, .transposed_from = -1};
    for (size_t i = 0; i < import->graph->n_input; i++) {
        const Onnx__ValueInfoProto *input = import->graph->input[i];
        if (!input->name || !*input->name)
            return tau_fail(TAU_STATUS_INPUT, "an input of the model has no name");
        if (tau_names_find(&import->names, input->name) >= 0) continue; /* weights stand here in old files */
        if (tau_names_find(&import->readers, input->name) < 0) continue;
        if (found)
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "a model with more than one input is not supported" TAU_WHY
                            "it reads '%s' and '%s'" TAU_FIX
                            "export it with one input, the others as constants",
                            found->name, input->name);
        found = input;
    }
    if (!found) return tau_fail(TAU_STATUS_INPUT, "the output of the model does not depend on any input");
    symbol.name = found->name;
    TAU_TRY(read_input_shape(&symbol.shape, &import->batch, found));
    TAU_TRY(check_input_type(found));
    TAU_TRY(tau_builder_input(import->builder, &symbol.value, found->name, &symbol.shape));
    return tau_onnx_define(import, &symbol);
}

static tau_status check_inputs_exist(const tau_onnx_import *import, const Onnx__NodeProto *node) {
    for (size_t i = 0; i < node->n_input; i++)
        if (*node->input[i] && tau_names_find(&import->names, node->input[i]) < 0)
            return tau_fail(TAU_STATUS_INPUT,
                            "node '%s' (%s) reads '%s', which does not exist" TAU_WHY
                            "no earlier node makes it: the graph is damaged or has a cycle",
                            node->name && *node->name ? node->name : node->output[0], node->op_type,
                            node->input[i]);
    return TAU_STATUS_OK;
}

/* Operators have one output here; masks, indices and statistics beside it may exist as long as nobody reads
 * them. */
static tau_status check_outputs(const tau_onnx_import *import, const Onnx__NodeProto *node) {
    for (size_t i = 1; i < node->n_output; i++)
        if (*node->output[i] && tau_names_find(&import->readers, node->output[i]) >= 0)
            return tau_onnx_unsupported(import, node, "the model uses more than its first output");
    return TAU_STATUS_OK;
}

static tau_status import_node(tau_onnx_import *import, const Onnx__NodeProto *node) {
    const char *attributes;
    bool folded;
    TAU_TRY(check_inputs_exist(import, node));
    TAU_TRY(check_outputs(import, node));
    const tau_onnx_operator operator= tau_onnx_operator_find(node->op_type, &attributes);
    if (is_default_domain(node->domain)) {
        TAU_TRY(tau_onnx_fold(import, node, &folded));
        if (folded) return TAU_STATUS_OK;
    }
    if (!operator|| !is_default_domain(node->domain))
        return tau_onnx_unsupported(
            import, node,
            "supported are Gemm MatMul Add Sub Mul Div Conv MaxPool AveragePool GlobalAveragePool "
            "BatchNormalization "
            "Relu LeakyRelu Elu Selu Gelu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Erf Abs Clip "
            "Softmax "
            "LogSoftmax "
            "ReduceMean Flatten Reshape Transpose Squeeze Unsqueeze Concat Pad Identity Dropout Constant");
    tau_status status = tau_onnx_attribute_check(node, attributes);
    if (status != TAU_STATUS_OK) return tau_onnx_unsupported(import, node, tau_error_last()->what);
    return operator(import, node);
}

/* Constants come first: whatever reads them can then look ahead. */
static tau_status import_nodes(tau_onnx_import *import, bool constants) {
    for (size_t i = 0; i < import->graph->n_node; i++) {
        const Onnx__NodeProto *node = import->graph->node[i];
        if (!import->live[i] || import->done[i]) continue;
        if (constants && strcmp(node->op_type, "Constant") != 0) continue;
        TAU_TRY(import_node(import, node));
        import->done[i] = true;
    }
    return TAU_STATUS_OK;
}

/* Weights go to where the finished graph has their tensors. */
static tau_status load_weights(const tau_onnx_import *import, tau_model *model) {
    for (int i = 0; i < import->symbol_count; i++) {
        const tau_onnx_symbol *symbol = &import->symbols[i];
        if (symbol->kind != TAU_ONNX_KIND_STORED || symbol->value < 0) continue;
        const tau_value *value = &model->graph->values[symbol->value];
        float *out = value->kind == TAU_VALUE_KIND_PARAMETER ? model->theta + value->offset
                     : value->kind == TAU_VALUE_KIND_BUFFER  ? model->buffers + value->offset
                                                             : NULL;
        if (!out) continue;
        if (symbol->tensor)
            TAU_TRY(tau_onnx_tensor_floats(out, symbol->tensor, import->directory));
        else
            memcpy(out, symbol->floats, tau_shape_size(&symbol->shape) * sizeof *out);
    }
    return TAU_STATUS_OK;
}

static tau_status finish(tau_onnx_import *import, tau_model **out) {
    const char *name = import->graph->output[0]->name;
    const int output = tau_names_find(&import->names, name);
    tau_graph *graph;
    if (output < 0) return tau_fail(TAU_STATUS_INPUT, "no node makes the model's output '%s'", name);
    TAU_TRY(tau_builder_finish(import->builder, &graph, import->symbols[output].value));
    TAU_TRY(tau_model_create(out, graph));
    tau_status status = load_weights(import, *out);
    if (status == TAU_STATUS_OK) return status;
    tau_model_destroy(*out);
    *out = NULL;
    return status;
}

static tau_status run(tau_onnx_import *import, tau_model **out) {
    const Onnx__GraphProto *graph = import->graph;
    if (graph->n_output != 1 || !graph->output[0]->name || !*graph->output[0]->name)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "the model has %zu outputs" TAU_WHY "exactly one is supported" TAU_FIX
                        "export it with the output alone that its loss is of",
                        graph->n_output);
    TAU_TRY(check_nodes(graph));
    TAU_TRY(TAU_ALLOC(import->live, graph->n_node));
    TAU_TRY(TAU_ALLOC(import->done, graph->n_node));
    TAU_TRY(tau_builder_create(&import->builder, graph->name ? graph->name : ""));
    TAU_TRY(declare_initializers(import));
    TAU_TRY(find_live_nodes(import));
    TAU_TRY(declare_input(import));
    TAU_TRY(import_nodes(import, true));
    TAU_TRY(import_nodes(import, false));
    return finish(import, out);
}

static void clear(tau_onnx_import *import) {
    for (int i = 0; i < import->symbol_count; i++) tau_mem_free(import->symbols[i].integers);
    tau_mem_free(import->symbols);
    tau_names_clear(&import->names);
    tau_names_clear(&import->readers);
    tau_names_clear(&import->node_names);
    tau_mem_free(import->live);
    tau_mem_free(import->done);
    tau_builder_destroy(import->builder);
}

tau_status tau_model_parse_onnx(tau_model **out, const uint8_t *bytes, size_t size, const char *directory,
                                const char *name) {
    Onnx__ModelProto *file = NULL;
    tau_onnx_import import = {.directory = directory};
    *out = NULL;
    tau_status status = tau_onnx_unpack(&file, bytes, size);
    if (status == TAU_STATUS_OK && !file->graph)
        status = tau_fail(TAU_STATUS_INPUT, "this is not a sound ONNX file" TAU_WHY "it holds no graph");
    if (status == TAU_STATUS_OK) status = find_opset(&import.opset, file);
    if (status == TAU_STATUS_OK) {
        import.graph = file->graph;
        status = run(&import, out);
    }
    clear(&import);
    if (file) onnx__model_proto__free_unpacked(file, NULL);
    return status == TAU_STATUS_OK ? status : tau_error_context("cannot read the model %s", name);
}

tau_status tau_model_read_onnx(tau_model **out, const char *path) {
    uint8_t *bytes;
    size_t size;
    char *directory;
    *out = NULL;
    TAU_TRY(tau_file_read(&bytes, &size, path, INT_MAX));
    tau_status status = tau_string_copy(&directory, path);
    if (status == TAU_STATUS_OK) {
        char *slash = strrchr(directory, '/');
        if (slash) slash[slash == directory ? 1 : 0] = '\0';
        status = tau_model_parse_onnx(out, bytes, size, slash ? directory : ".", path);
        tau_mem_free(directory);
    }
    tau_mem_free(bytes);
    return status;
}
