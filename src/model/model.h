/** A graph with one set of weights: what an ONNX file holds and what training starts from. */
#ifndef TAU_MODEL_MODEL_H
#define TAU_MODEL_MODEL_H

#include "model/graph.h"

typedef struct tau_model {
    tau_graph *graph;
    float *theta;   /**< [P] */
    float *buffers; /**< [Q]; a valid block even for Q = 0 */
} tau_model;

/** A model with all weights zero. @param[in] graph  taken, also on failure */
TAU_CHECK tau_status tau_model_create(tau_model **out, tau_graph *graph);

void tau_model_destroy(tau_model *model);

/** Makes a built-in model with weights initialised as PyTorch does by default (uniform ±1/sqrt(fan in), batch
 * norm 1 and 0), seeded by tensor name. Names: mnist-cnn, mlp:IN-H-…-OUT:ACT, lenet5, resnet20,
 * resnet20-noshort, resnet56, encoder2:IN-H-…-2-1:ACT.
 *  @errors TAU_STATUS_MISSING with a list of the names, TAU_STATUS_USAGE for a malformed one */
TAU_CHECK tau_status tau_model_builtin(tau_model **out, const char *name, uint64_t seed);

/** Reads an ONNX model, opset 7 to 21, with one input whose first axis is the batch, and one output.
 *  Parameters: the float tensors that Gemm, MatMul, Conv and BatchNormalization read as weights, biases,
 * gamma and beta, and initializers of more than one element that Add, Sub, Mul and Div read, in the order of
 * first use. Constants: scalars, and what Constant nodes give to arithmetic. Buffers: mean and variance. A
 * tensor without data is zero.
 *  @errors TAU_STATUS_INPUT (broken file), TAU_STATUS_UNSUPPORTED (naming node, operator, opset and what is
 *          supported), TAU_STATUS_MISSING (file or external data) */
TAU_CHECK tau_status tau_model_read_onnx(tau_model **out, const char *path);

/** Same from memory. @param[in] directory  where external data lie; NULL = none allowed
 *  @param[in] name  used in messages */
TAU_CHECK tau_status tau_model_parse_onnx(tau_model **out, const uint8_t *bytes, size_t size,
                                          const char *directory, const char *name);

/** The model as ONNX bytes, unfused, names kept. @param[in] with_weights  false: names and shapes only, as in
 * a run file (tau_model_parse_onnx reads such bytes back with zero weights)
 *  @param[out] bytes  freed with tau_mem_free */
TAU_CHECK tau_status tau_model_format_onnx(const tau_graph *graph, const float *theta, const float *buffers,
                                           bool with_weights, uint8_t **bytes, size_t *size);

/** Reads weights for `graph` from safetensors, matched by name. @param[out] theta,buffers  [P], [Q]
 * caller-owned */
TAU_CHECK tau_status tau_model_read_safetensors(const tau_graph *graph, const char *path, float *theta,
                                                float *buffers);

/** The weights as safetensors, written atomically. */
TAU_CHECK tau_status tau_model_write_safetensors(const tau_graph *graph, const float *theta,
                                                 const float *buffers, const char *path);

#endif
