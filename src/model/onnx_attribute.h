/** Attributes of an ONNX node by name. */
#ifndef TAU_MODEL_ONNX_ATTRIBUTE_H
#define TAU_MODEL_ONNX_ATTRIBUTE_H

#include <stdbool.h>

#include "core/status.h"
#include "onnx/onnx.pb-c.h"

/** NULL when the node has none of that name. */
const Onnx__AttributeProto *tau_onnx_attribute(const Onnx__NodeProto *node, const char *name);

/** The attribute's value, or `otherwise` when it is absent. */
int64_t tau_onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t otherwise);
double tau_onnx_attribute_float(const Onnx__NodeProto *node, const char *name, double otherwise);

/** Whether the text attribute is `text`; an absent one is `otherwise`. */
bool tau_onnx_attribute_is(const Onnx__NodeProto *node, const char *name, const char *text,
                           const char *otherwise);

/** Copies a list of exactly `count` integers; an absent list becomes `otherwise` throughout.
 *  @errors TAU_STATUS_INPUT when the list has another length */
TAU_CHECK tau_status tau_onnx_attribute_ints(const Onnx__NodeProto *node, const char *name, int64_t *out,
                                             int count, int64_t otherwise);

/** Checks that every attribute is one of `known` (names between blanks) and that none is there twice or a
 * reference.
 *  @errors TAU_STATUS_UNSUPPORTED, TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_onnx_attribute_check(const Onnx__NodeProto *node, const char *known);

#endif
