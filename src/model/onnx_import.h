/** The ONNX import from within: what its operators share. An import goes through the nodes in the file's
 * order and keeps, for every tensor name, a symbol: an activation, a stored tensor, or integers that describe
 * a shape.
 *
 *  What is trained: stored float tensors read by Gemm, MatMul, Conv and BatchNormalization as weights,
 * biases, gamma and beta, and initializers of more than one element read by Add, Sub, Mul and Div. Scalars
 * and the results of Constant nodes in arithmetic are constants; mean and variance are buffers. Their order
 * is that of first use. */
#ifndef TAU_MODEL_ONNX_IMPORT_H
#define TAU_MODEL_ONNX_IMPORT_H

#include "model/builder.h"
#include "model/names.h"
#include "model/onnx_attribute.h"
#include "model/onnx_tensor.h"

#define TAU_ONNX_MIN_OPSET 7
#define TAU_ONNX_MAX_OPSET 21

typedef enum tau_onnx_kind {
    TAU_ONNX_KIND_SAMPLE,   /**< the input or an activation; its first ONNX axis is the batch */
    TAU_ONNX_KIND_STORED,   /**< a float tensor of the file */
    TAU_ONNX_KIND_INTEGERS, /**< known integers */
} tau_onnx_kind;

typedef struct tau_onnx_symbol {
    const char *name; /**< borrowed from the file */
    tau_onnx_kind kind;
    int value;                       /**< in the builder; -1 = a stored tensor not read yet */
    const Onnx__TensorProto *tensor; /**< STORED; NULL for a Constant given as numbers */
    const float *floats;             /**< STORED without a tensor: the numbers, */
    tau_shape shape;                 /**< and the shape of either */
    bool constant;                   /**< made by a Constant node */
    int transposed_from;             /**< symbol whose transpose this is, or -1 */
    tau_onnx_integers *integers;     /**< owned */
} tau_onnx_symbol;

typedef struct tau_onnx_import {
    const Onnx__GraphProto *graph;
    const char *directory;
    int opset;
    int64_t batch; /**< the fixed number of samples in the file; 0 = left open */
    tau_builder *builder;
    tau_onnx_symbol *symbols;
    int symbol_count;
    size_t symbol_capacity;
    tau_names names;      /**< of tensors: their symbols */
    tau_names readers;    /**< of tensors: the one node that reads it, or TAU_ONNX_SEVERAL */
    tau_names node_names; /**< taken so far */
    bool *live, *done;    /**< per node: needed for the output; imported, perhaps together with another */
} tau_onnx_import;

#define TAU_ONNX_SEVERAL INT32_MAX

typedef tau_status (*tau_onnx_operator)(tau_onnx_import *import, const Onnx__NodeProto *node);

/** The operator of that name, or NULL. @param[out] attributes  names of those it knows, between blanks */
tau_onnx_operator tau_onnx_operator_find(const char *type, const char **attributes);

/** @errors TAU_STATUS_UNSUPPORTED naming node, operator and opset, with `why` */
TAU_CHECK tau_status tau_onnx_unsupported(const tau_onnx_import *import, const Onnx__NodeProto *node,
                                          const char *why);

/** Symbols: made for a new name, given another name, looked up for input `i` of a node (NULL = left out). */
TAU_CHECK tau_status tau_onnx_define(tau_onnx_import *import, const tau_onnx_symbol *symbol);
TAU_CHECK tau_status tau_onnx_define_integers(tau_onnx_import *import, const char *name,
                                              const tau_onnx_integers *integers);
TAU_CHECK tau_status tau_onnx_alias(tau_onnx_import *import, const char *name, const tau_onnx_symbol *symbol);
const tau_onnx_symbol *tau_onnx_input(const tau_onnx_import *import, const Onnx__NodeProto *node, int i);

/** Input `i` as an activation. @errors TAU_STATUS_UNSUPPORTED when it is missing or stored */
TAU_CHECK tau_status tau_onnx_sample(const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                     int *value);

/** Input `i` as a parameter or buffer of the model. @param[out] transposed  whether the file reads it through
 * a Transpose; NULL = refuse that */
TAU_CHECK tau_status tau_onnx_parameter(tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                        tau_role role, int *value, bool *transposed);

/** Input `i` of an arithmetic node: activation, parameter or constant. */
TAU_CHECK tau_status tau_onnx_operand(tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                      tau_role role, int *value);

/** Input `i` as known integers, at most a list of them, or as one stored number. */
TAU_CHECK tau_status tau_onnx_integers_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                          tau_onnx_integers *out);
TAU_CHECK tau_status tau_onnx_number_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int i,
                                        double *out);

/** The axes of an operator: an attribute before `since`, the second input from then on.
 *  @param[out] out  count 0 = none given */
TAU_CHECK tau_status tau_onnx_axes_of(const tau_onnx_import *import, const Onnx__NodeProto *node, int since,
                                      tau_onnx_integers *out);

/** A node of the graph named like this one, with its output bound to the first output of this one. */
TAU_CHECK tau_status tau_onnx_emit(tau_onnx_import *import, const Onnx__NodeProto *node, tau_op op,
                                   const int *inputs, int count, const tau_attributes *attributes,
                                   const tau_shape *shape);

/** A node besides, named with a suffix. @param[out] value  its output */
TAU_CHECK tau_status tau_onnx_emit_part(tau_onnx_import *import, const Onnx__NodeProto *node,
                                        const char *suffix, tau_op op, const int *inputs, int count,
                                        const tau_attributes *attributes, const tau_shape *shape, int *value);

/** Makes `value` the first output of the node. */
TAU_CHECK tau_status tau_onnx_bind(tau_onnx_import *import, const Onnx__NodeProto *node, int value);

/** Turns an ONNX axis (negative ones count from the end) into an axis of a sample of that rank.
 *  @errors TAU_STATUS_UNSUPPORTED when it is the batch, TAU_STATUS_SHAPE when there is none such */
TAU_CHECK tau_status tau_onnx_axis(const tau_onnx_import *import, const Onnx__NodeProto *node, int64_t axis,
                                   int rank, int *out);

/** Computes a node on known integers, if it is one. @param[out] folded  whether it was */
TAU_CHECK tau_status tau_onnx_fold(tau_onnx_import *import, const Onnx__NodeProto *node, bool *folded);

/** The operators, grouped as in the files onnx_<group>.c. */
tau_status tau_onnx_gemm(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_matmul(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_conv(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_pool(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_global_pool(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_reduce_mean(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_batch_norm(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_activation(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_hard_swish(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_arithmetic(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_clip(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_dropout(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_identity(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_constant(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_softmax(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_flatten(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_reshape(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_transpose(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_squeeze(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_unsqueeze(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_concat(tau_onnx_import *import, const Onnx__NodeProto *node);
tau_status tau_onnx_pad(tau_onnx_import *import, const Onnx__NodeProto *node);

#endif
