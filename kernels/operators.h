/** The FP32 operators: what one node of a network sees and does for many networks and samples at once.
 *
 *  An activation is `rows`: f32 [points, samples, elements of one sample], where points are networks that
 *  differ in their parameters. Each launcher has its twin of the same name in backend_ref (tau_ref_… for
 *  tau_cuda_…) that defines in double what it computes; the file has the same name too.
 *
 *  Backward adds (d loss/d y)·(d y/d x) to the gradient of each input. It works on one network (points = 1);
 *  gradients of inputs that all samples share (parameters) are summed over the samples in a fixed order. */
#ifndef TAU_KERNELS_OPERATORS_H
#define TAU_KERNELS_OPERATORS_H

#include <cuda_runtime_api.h>

#include "backend/dropout.h"
#include "kernels/blas.h"
#include "model/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An input of a node. Element i of sample s of network p: value[p·point_stride + s·sample_stride + i]. */
typedef struct tau_cuda_input {
    tau_shape shape;      /**< of one sample, or of the stored tensor */
    const float *value;   /**< on the device; NULL = an optional input left out */
    float *gradient;      /**< on the device, same layout, added to; NULL = not wanted */
    size_t point_stride;  /**< elements from network to network; 0 = the same for all (data, constants) */
    size_t sample_stride; /**< elements from sample to sample; 0 = the same for all (parameters) */
} tau_cuda_input;

/** One node at a block of samples of some networks. */
typedef struct tau_cuda_call {
    tau_op op;
    const tau_attributes *attributes; /**< on the host */
    const tau_cuda_input *inputs;     /**< on the host */
    int input_count;
    tau_shape shape;       /**< of one sample of the output */
    float *y;              /**< [points, samples, shape], on the device; only read in backward */
    const float *dy;       /**< d loss / d y, same layout; NULL in forward */
    int points, samples;   /**< both at least 1 */
    bool training;         /**< batch norm uses the batch's statistics, dropout drops */
    float *running[2];     /**< batch norm in training: mean and variance [C] on the device, moved towards
                                the batch's statistics; NULL otherwise */
    tau_dropout_mask mask; /**< rate and layer are the node's own; sample s is at position s of the batch */
    void *scratch;         /**< on the device, as many bytes as the operator's `scratch` says */
    const tau_cuda_blas *blas; /**< matrix products of backward; NULL in forward */
    cudaStream_t stream;
} tau_cuda_call;

/** Enqueues the work. @return what became of the launches */
typedef cudaError_t (*tau_cuda_function)(const tau_cuda_call *call);

typedef struct tau_cuda_operator {
    tau_cuda_function forward, backward;
    /** Bytes of scratch memory that the call needs (forward if dy is NULL); NULL = none ever. Reads shapes,
     * counts and `training` only. */
    size_t (*scratch)(const tau_cuda_call *call);
} tau_cuda_operator;

/** The kernels of an operator; both functions NULL where there are none. @lifetime static */
const tau_cuda_operator *tau_cuda_operator_get(tau_op op);

cudaError_t tau_cuda_activation_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_activation_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_linear_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_linear_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_matmul_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_matmul_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_conv_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_conv_backward(const tau_cuda_call *call);
size_t tau_cuda_conv_scratch(const tau_cuda_call *call);
cudaError_t tau_cuda_max_pool_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_max_pool_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_average_pool_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_average_pool_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_global_average_pool_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_global_average_pool_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_batch_norm_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_batch_norm_backward(const tau_cuda_call *call);
size_t tau_cuda_batch_norm_scratch(const tau_cuda_call *call);
cudaError_t tau_cuda_softmax_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_softmax_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_log_softmax_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_log_softmax_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_binary_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_binary_backward(const tau_cuda_call *call);
size_t tau_cuda_binary_scratch(const tau_cuda_call *call);
cudaError_t tau_cuda_reshape_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_reshape_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_transpose_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_transpose_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_concat_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_concat_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_pad_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_pad_backward(const tau_cuda_call *call);
cudaError_t tau_cuda_dropout_forward(const tau_cuda_call *call);
cudaError_t tau_cuda_dropout_backward(const tau_cuda_call *call);

#ifdef __cplusplus
}
#endif

#endif
