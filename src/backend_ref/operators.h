/** What an operator of the reference backend sees and does: one sample at a time, forward and backward.
 *
 *  Backward adds (d loss/d y)·(d y/d x) to the gradient of each input, so that a value read by several nodes
 *  collects them all. */
#ifndef TAU_BACKEND_REF_OPERATORS_H
#define TAU_BACKEND_REF_OPERATORS_H

#include "backend/dropout.h"
#include "model/graph.h"

/** An input of a node. */
typedef struct tau_ref_input {
    const tau_shape *shape; /**< of one sample, or of the stored tensor */
    const double *value;    /**< NULL = an optional input left out */
    double *gradient;       /**< same layout, added to; NULL = not wanted */
} tau_ref_input;

/** One node at one sample. */
typedef struct tau_ref_call {
    const tau_attributes *attributes;
    tau_op op;
    const tau_ref_input *inputs;
    int input_count;
    const tau_shape *shape; /**< of the output */
    double *y;              /**< output; only read in backward */
    const double *dy;       /**< d loss / d output, same shape; NULL in forward */
    bool training;
    tau_dropout_mask mask; /**< rate and layer are the node's own */
    size_t position;       /**< of the sample in the batch */
} tau_ref_call;

typedef void (*tau_ref_function)(const tau_ref_call *call);

typedef struct tau_ref_operator {
    tau_ref_function forward, backward;
} tau_ref_operator;

/** The definition of an operator. @lifetime static */
const tau_ref_operator *tau_ref_operator_get(tau_op op);

/** Batch norm in training couples the samples of a batch, so it is called once for all of them.
 *  Call `i` is that of sample i; the stored inputs of all calls are the same. */
typedef struct tau_ref_batch {
    const tau_ref_call *calls;
    size_t count;
} tau_ref_batch;

/** @param[out] running_mean,running_var  [C], moved towards the batch's statistics */
void tau_ref_batch_norm_train_forward(const tau_ref_batch *batch, float *running_mean, float *running_var);
void tau_ref_batch_norm_train_backward(const tau_ref_batch *batch);

void tau_ref_activation_forward(const tau_ref_call *call);
void tau_ref_activation_backward(const tau_ref_call *call);
void tau_ref_linear_forward(const tau_ref_call *call);
void tau_ref_linear_backward(const tau_ref_call *call);
void tau_ref_matmul_forward(const tau_ref_call *call);
void tau_ref_matmul_backward(const tau_ref_call *call);
void tau_ref_conv_forward(const tau_ref_call *call);
void tau_ref_conv_backward(const tau_ref_call *call);
void tau_ref_max_pool_forward(const tau_ref_call *call);
void tau_ref_max_pool_backward(const tau_ref_call *call);
void tau_ref_average_pool_forward(const tau_ref_call *call);
void tau_ref_average_pool_backward(const tau_ref_call *call);
void tau_ref_global_average_pool_forward(const tau_ref_call *call);
void tau_ref_global_average_pool_backward(const tau_ref_call *call);
void tau_ref_batch_norm_forward(const tau_ref_call *call);
void tau_ref_batch_norm_backward(const tau_ref_call *call);
void tau_ref_softmax_forward(const tau_ref_call *call);
void tau_ref_softmax_backward(const tau_ref_call *call);
void tau_ref_log_softmax_forward(const tau_ref_call *call);
void tau_ref_log_softmax_backward(const tau_ref_call *call);
void tau_ref_binary_forward(const tau_ref_call *call);
void tau_ref_binary_backward(const tau_ref_call *call);
void tau_ref_reshape_forward(const tau_ref_call *call);
void tau_ref_reshape_backward(const tau_ref_call *call);
void tau_ref_transpose_forward(const tau_ref_call *call);
void tau_ref_transpose_backward(const tau_ref_call *call);
void tau_ref_concat_forward(const tau_ref_call *call);
void tau_ref_concat_backward(const tau_ref_call *call);
void tau_ref_pad_forward(const tau_ref_call *call);
void tau_ref_pad_backward(const tau_ref_call *call);
void tau_ref_dropout_forward(const tau_ref_call *call);
void tau_ref_dropout_backward(const tau_ref_call *call);

#endif
