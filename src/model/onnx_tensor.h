/** Numbers of stored ONNX tensors: raw or typed, inside the file or beside it. */
#ifndef TAU_MODEL_ONNX_TENSOR_H
#define TAU_MODEL_ONNX_TENSOR_H

#include <stdbool.h>

#include "model/shape.h"
#include "onnx/onnx.pb-c.h"

/** Longest list of integers that is looked at: shapes, axes and paddings are short. */
#define TAU_ONNX_MAX_INTEGERS 64

/** Stands for the number of samples among the integers of a shape. */
#define TAU_ONNX_BATCH (INT64_MIN + 7919)

/** Integers known while importing. */
typedef struct tau_onnx_integers {
    int rank;    /**< 0 = a single number, 1 = a list, 2 = a table */
    int columns; /**< of a table */
    int count;   /**< of all numbers */
    int64_t item[TAU_ONNX_MAX_INTEGERS];
} tau_onnx_integers;

bool tau_onnx_tensor_is_float(const Onnx__TensorProto *tensor);
bool tau_onnx_tensor_is_integer(const Onnx__TensorProto *tensor);

TAU_CHECK tau_status tau_onnx_tensor_shape(tau_shape *out, const Onnx__TensorProto *tensor);

/** Whether the data of a float tensor inside the file are as many as its shape says (none at all is legal).
 *  @errors TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_onnx_tensor_check(const Onnx__TensorProto *tensor);

/** Reads a tensor of floats; one without any data (a graph without weights) is all zeros.
 *  @param[out] out  [size of its shape]   @param[in] directory  of external files; NULL = none allowed
 *  @errors TAU_STATUS_INPUT, TAU_STATUS_MISSING, TAU_STATUS_UNSUPPORTED (element type) */
TAU_CHECK tau_status tau_onnx_tensor_floats(float *out, const Onnx__TensorProto *tensor,
                                            const char *directory);

/** Reads a short list of integers, or a single one. @errors TAU_STATUS_INPUT, TAU_STATUS_UNSUPPORTED */
TAU_CHECK tau_status tau_onnx_tensor_integers(tau_onnx_integers *out, const Onnx__TensorProto *tensor);

#endif
