#include "model/onnx_attribute.h"

#include <string.h>

const Onnx__AttributeProto *tau_onnx_attribute(const Onnx__NodeProto *node, const char *name) {
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0)
            return node->attribute[i];
    return NULL;
}

int64_t tau_onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t otherwise) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, name);
    return attribute && attribute->has_i ? attribute->i : otherwise;
}

double tau_onnx_attribute_float(const Onnx__NodeProto *node, const char *name, double otherwise) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, name);
    return attribute && attribute->has_f ? (double)attribute->f : otherwise;
}

bool tau_onnx_attribute_is(const Onnx__NodeProto *node, const char *name, const char *text,
                           const char *otherwise) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, name);
    if (!attribute || !attribute->has_s) return strcmp(text, otherwise) == 0;
    return attribute->s.len == strlen(text) && memcmp(attribute->s.data, text, attribute->s.len) == 0;
}

tau_status tau_onnx_attribute_ints(const Onnx__NodeProto *node, const char *name, int64_t *out, int count,
                                   int64_t otherwise) {
    const Onnx__AttributeProto *attribute = tau_onnx_attribute(node, name);
    if (attribute && attribute->n_ints != (size_t)count)
        return tau_fail(TAU_STATUS_INPUT, "the attribute '%s' of %s has %zu numbers" TAU_WHY "it needs %d",
                        name, node->op_type, attribute->n_ints, count);
    for (int i = 0; i < count; i++) out[i] = attribute ? attribute->ints[i] : otherwise;
    return TAU_STATUS_OK;
}

static bool is_listed(const char *list, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = list; length > 0 && (at = strstr(at, name)) != NULL; at += length) {
        const bool begins = at == list || at[-1] == ' ';
        if (begins && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

tau_status tau_onnx_attribute_check(const Onnx__NodeProto *node, const char *known) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *attribute = node->attribute[i];
        if (!attribute->name || !is_listed(known, attribute->name))
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "the attribute '%s' of %s is not supported" TAU_WHY "supported are: %s",
                            attribute->name ? attribute->name : "", node->op_type, *known ? known : "none");
        if (attribute->ref_attr_name && *attribute->ref_attr_name)
            return tau_fail(TAU_STATUS_UNSUPPORTED, "the attribute '%s' refers to a function's",
                            attribute->name);
        if (tau_onnx_attribute(node, attribute->name) != attribute)
            return tau_fail(TAU_STATUS_INPUT, "the attribute '%s' is there twice", attribute->name);
    }
    return TAU_STATUS_OK;
}
