#include "core/memory.h"
#include "model/onnx_import.h"

tau_status tau_onnx_define(tau_onnx_import *import, const tau_onnx_symbol *symbol) {
    if (!symbol->name || !*symbol->name)
        return tau_fail(TAU_STATUS_INPUT, "a tensor of the file has no name");
    if (tau_names_find(&import->names, symbol->name) >= 0)
        return tau_fail(TAU_STATUS_INPUT, "two tensors of the file are called '%s'", symbol->name);
    TAU_TRY(TAU_GROW(import->symbols, import->symbol_capacity, (size_t)import->symbol_count + 1));
    TAU_TRY(tau_names_set(&import->names, symbol->name, import->symbol_count));
    import->symbols[import->symbol_count++] = *symbol;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_define_integers(tau_onnx_import *import, const char *name,
                                    const tau_onnx_integers *integers) {
    tau_onnx_symbol symbol = {
        .name = name, .kind = TAU_ONNX_KIND_INTEGERS, .value = -1, .transposed_from = -1};
    TAU_TRY(TAU_ALLOC(symbol.integers, 1));
    *symbol.integers = *integers;
    tau_status status = tau_onnx_define(import, &symbol);
    if (status != TAU_STATUS_OK) tau_mem_free(symbol.integers);
    return status;
}

tau_status tau_onnx_alias(tau_onnx_import *import, const char *name, const tau_onnx_symbol *symbol) {
    if (!*name || tau_names_find(&import->names, name) >= 0)
        return tau_fail(TAU_STATUS_INPUT, "two tensors of the file are called '%s'", name);
    return tau_names_set(&import->names, name, (int)(symbol - import->symbols));
}

const tau_onnx_symbol *tau_onnx_input(const tau_onnx_import *import, const Onnx__NodeProto *node, int i) {
    if ((size_t)i >= node->n_input || !*node->input[i]) return NULL;
    const int found = tau_names_find(&import->names, node->input[i]);
    return found < 0 ? NULL : &import->symbols[found];
}

tau_status tau_onnx_sample(const tau_onnx_import *import, const Onnx__NodeProto *node, int i, int *value) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, i);
    *value = -1;
    if (!symbol) return tau_onnx_unsupported(import, node, "one of its inputs is missing");
    if (symbol->kind != TAU_ONNX_KIND_SAMPLE)
        return tau_onnx_unsupported(import, node, "its operand must depend on the network's input");
    *value = symbol->value;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_parameter(tau_onnx_import *import, const Onnx__NodeProto *node, int i, tau_role role,
                              int *value, bool *transposed) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, i);
    *value = -1;
    if (!symbol || symbol->kind != TAU_ONNX_KIND_STORED)
        return tau_onnx_unsupported(import, node, "its weights must be float tensors stored in the file");
    if (transposed) *transposed = symbol->transposed_from >= 0;
    if (symbol->transposed_from >= 0 && !transposed)
        return tau_onnx_unsupported(import, node, "it reads a stored tensor through a Transpose");
    tau_onnx_symbol *stored =
        &import->symbols[symbol->transposed_from >= 0 ? symbol->transposed_from : symbol - import->symbols];
    if (stored->value < 0)
        TAU_TRY(tau_builder_parameter(import->builder, &stored->value, stored->name, role, &stored->shape));
    *value = stored->value;
    return TAU_STATUS_OK;
}

/* Larger tensors are weights, and those belong into initializers. */
static const size_t constant_limit = (size_t)1 << 24;

static tau_status make_constant(tau_onnx_import *import, tau_onnx_symbol *stored) {
    const float *numbers = stored->floats;
    float *read = NULL;
    tau_status status = TAU_STATUS_OK;
    if (tau_shape_size(&stored->shape) > constant_limit)
        return tau_fail(TAU_STATUS_UNSUPPORTED, "the constant '%s' is too large", stored->name);
    if (!numbers) {
        status = TAU_ALLOC(read, tau_shape_size(&stored->shape));
        if (status == TAU_STATUS_OK) status = tau_onnx_tensor_floats(read, stored->tensor, import->directory);
        numbers = read;
    }
    if (status == TAU_STATUS_OK)
        status = tau_builder_constant(import->builder, &stored->value, stored->name, &stored->shape, numbers);
    tau_mem_free(read);
    return status;
}

tau_status tau_onnx_operand(tau_onnx_import *import, const Onnx__NodeProto *node, int i, tau_role role,
                            int *value) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, i);
    *value = -1;
    if (symbol && symbol->kind == TAU_ONNX_KIND_SAMPLE) {
        *value = symbol->value;
        return TAU_STATUS_OK;
    }
    if (!symbol || symbol->kind != TAU_ONNX_KIND_STORED)
        return tau_onnx_unsupported(import, node, "its operands must be activations or stored float tensors");
    if (symbol->transposed_from >= 0)
        return tau_onnx_unsupported(import, node, "it reads a stored tensor through a Transpose");
    if (!symbol->constant && tau_shape_size(&symbol->shape) > 1)
        return tau_onnx_parameter(import, node, i, role, value, NULL);
    tau_onnx_symbol *stored = &import->symbols[symbol - import->symbols];
    if (stored->value < 0) TAU_TRY(make_constant(import, stored));
    *value = stored->value;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_integers_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                tau_onnx_integers *out) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, i);
    *out = (tau_onnx_integers){0};
    if (!symbol || symbol->kind != TAU_ONNX_KIND_INTEGERS)
        return tau_onnx_unsupported(import, node, "its shape, axes or paddings must be known beforehand");
    if (symbol->integers->rank > 1)
        return tau_onnx_unsupported(import, node, "it reads a table where a list belongs");
    *out = *symbol->integers;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_number_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                              double *out) {
    const tau_onnx_symbol *symbol = tau_onnx_input(import, node, i);
    float number = 0;
    if (!symbol || symbol->kind != TAU_ONNX_KIND_STORED || tau_shape_size(&symbol->shape) != 1)
        return tau_onnx_unsupported(import, node, "a bound, rate or filling must be a stored number");
    if (symbol->tensor)
        TAU_TRY(tau_onnx_tensor_floats(&number, symbol->tensor, import->directory));
    else
        number = symbol->floats[0];
    *out = (double)number;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_axes_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int since,
                            tau_onnx_integers *out) {
    *out = (tau_onnx_integers){.rank = 1};
    if (import->opset >= since) {
        const bool given = node->n_input > 1 && *node->input[1];
        return given ? tau_onnx_integers_of(import, node, 1, out) : TAU_STATUS_OK;
    }
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, "axes");
    const size_t count = attribute ? attribute->n_ints : 0;
    if (count > TAU_SHAPE_MAX_RANK + 1) return tau_onnx_unsupported(import, node, "it names too many axes");
    out->count = (int)count;
    for (size_t k = 0; k < count; k++) out->item[k] = attribute->ints[k];
    return TAU_STATUS_OK;
}
