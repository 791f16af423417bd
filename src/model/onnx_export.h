/** The ONNX export from within: messages under construction. */
#ifndef TAU_MODEL_ONNX_EXPORT_H
#define TAU_MODEL_ONNX_EXPORT_H

#include "model/graph.h"
#include "model/onnx_arena.h"
#include "onnx/onnx.pb-c.h"

typedef struct tau_onnx_export {
    const tau_graph *graph;
    tau_onnx_arena arena;
    Onnx__NodeProto **nodes;
    size_t node_count, node_capacity;
    Onnx__TensorProto **tensors; /**< initializers */
    size_t tensor_count, tensor_capacity;
} tau_onnx_export;

/** Most attributes of a node. */
#define TAU_ONNX_EXPORT_ATTRIBUTES 6

/** A tensor message of that shape. @param[in] data  borrowed until the export ends; NULL = none */
TAU_CHECK tau_status tau_onnx_export_tensor(tau_onnx_export *export, Onnx__TensorProto **out,
                                            const char *name, const tau_shape *shape, const float *data);
TAU_CHECK tau_status tau_onnx_export_initializer(tau_onnx_export *export, Onnx__TensorProto *tensor);

/** A node of that type with `count` empty places for inputs, named `name` + `suffix`. */
TAU_CHECK tau_status tau_onnx_export_message(tau_onnx_export *export, Onnx__NodeProto **out, const char *type,
                                             const char *name, const char *suffix, size_t count,
                                             char *output);

TAU_CHECK tau_status tau_onnx_export_attribute(tau_onnx_export *export, Onnx__NodeProto *node,
                                               const char *name, Onnx__AttributeProto__AttributeType type,
                                               Onnx__AttributeProto **out);

/** Adds the messages of one node of the graph. */
TAU_CHECK tau_status tau_onnx_export_node(tau_onnx_export *export, const tau_node *node);

#endif
