/** A network as a typed graph: nodes in topological order, values between them, and the tables of what is
 * trained.
 *
 *  theta is the vector of all P trainable values, `buffers` the vector of all Q batch-norm statistics. The
 * graph holds no weights, only where each tensor lies in those vectors; constants belong to the graph. */
#ifndef TAU_MODEL_GRAPH_H
#define TAU_MODEL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "model/shape.h"

/** Operators after import: spellings that mean the same are one operator here (Gemm and MatMul with a
 * parameter are LINEAR; Flatten, Squeeze, Unsqueeze and Reshape are RESHAPE; Identity is gone; a 1-D window
 * has height 1). */
typedef enum tau_op {
    TAU_OP_LINEAR,       /**< x[…,in], W, bias? -> […,out] */
    TAU_OP_MATMUL,       /**< a[…,M,K], b[…,K,N], both activations */
    TAU_OP_CONV,         /**< x[C,H,W], W[O,C/groups,kh,kw] (1-D: [O,C/groups,k]), bias? -> [O,H',W'] */
    TAU_OP_MAX_POOL,     /**< windows reach into padding of -infinity */
    TAU_OP_AVERAGE_POOL, /**< window.count_pad tells whether padding counts */
    TAU_OP_GLOBAL_AVERAGE_POOL, /**< x[C,…] -> [C,1,…] */
    TAU_OP_BATCH_NORM,          /**< x[C,…], gamma, beta, mean, var (the last two in buffers); epsilon */
    TAU_OP_RELU,
    TAU_OP_LEAKY_RELU, /**< alpha·x for x < 0 */
    TAU_OP_ELU,        /**< alpha·(e^x - 1) for x < 0 */
    TAU_OP_SELU,       /**< gamma·(x, or alpha·(e^x - 1) for x < 0) */
    TAU_OP_GELU,       /**< x·Phi(x); `approximate` = the tanh form */
    TAU_OP_SIGMOID,
    TAU_OP_HARD_SIGMOID, /**< clamp(alpha·x + beta, 0, 1) */
    TAU_OP_TANH,
    TAU_OP_SOFTPLUS,
    TAU_OP_SOFTSIGN,
    TAU_OP_ERF,
    TAU_OP_CLIP,        /**< clamp(x, alpha, beta) */
    TAU_OP_SOFTMAX,     /**< over `axis` */
    TAU_OP_LOG_SOFTMAX, /**< over `axis` */
    TAU_OP_ADD, /**< a + b, broadcast; either may be a parameter or constant, whose leading axes of 1 beyond
                     the sample's rank do not count (they stood for the batch) */
    TAU_OP_SUB,
    TAU_OP_MUL,
    TAU_OP_DIV,
    TAU_OP_RESHAPE,   /**< same elements in the same order, the output value's shape */
    TAU_OP_TRANSPOSE, /**< permutation[] of the sample's axes */
    TAU_OP_CONCAT,    /**< along `axis` */
    TAU_OP_PAD,       /**< constant `alpha`, window.pad unused: pads[2*rank] (all befores, then all afters) */
    TAU_OP_DROPOUT,   /**< rate `alpha`; the identity except in training */
    TAU_OP_COUNT
} tau_op;

/** Name as users know it, "Conv". */
const char *tau_op_name(tau_op op);

/** A sliding window of a convolution or pool; [0] is height, [1] width. */
typedef struct tau_window {
    int64_t kernel[2], stride[2], dilation[2];
    int64_t pad[4]; /**< top, left, bottom, right */
    int64_t groups; /**< convolutions; C = depthwise */
    bool count_pad; /**< average pools */
    bool ceil_mode; /**< pools: the output size is already inferred so; kept for export */
} tau_window;

/** What an operator needs besides its inputs; fields an operator does not name are zero. */
typedef struct tau_attributes {
    tau_window window;
    int axis; /**< of the sample's axes: 0 is the first after the batch */
    int permutation[TAU_SHAPE_MAX_RANK];
    int64_t pads[2 * TAU_SHAPE_MAX_RANK];
    double alpha, beta, gamma, epsilon;
    double momentum;  /**< batch norm in training: running = momentum·running + (1 - momentum)·batch */
    bool transposed;  /**< LINEAR: W is stored (out, in), as PyTorch does; else (in, out), as Keras */
    bool approximate; /**< GELU */
} tau_attributes;

typedef enum tau_value_kind {
    TAU_VALUE_KIND_INPUT,
    TAU_VALUE_KIND_PARAMETER,  /**< offset into theta */
    TAU_VALUE_KIND_BUFFER,     /**< offset into buffers */
    TAU_VALUE_KIND_CONSTANT,   /**< offset into graph->constants */
    TAU_VALUE_KIND_ACTIVATION, /**< one per sample */
} tau_value_kind;

typedef struct tau_value {
    char *name;
    tau_value_kind kind;
    tau_shape shape; /**< of one sample for INPUT and ACTIVATION, of the tensor itself otherwise */
    size_t offset;
} tau_value;

typedef struct tau_node {
    tau_op op;
    char *name;  /**< never empty; unique */
    int *inputs; /**< indices of values; -1 = an optional input left out */
    int input_count;
    int output;
    tau_attributes attributes;
} tau_node;

typedef enum tau_role {
    TAU_ROLE_WEIGHT,
    TAU_ROLE_BIAS,
    TAU_ROLE_BN_GAMMA,
    TAU_ROLE_BN_BETA,
    TAU_ROLE_BN_MEAN,
    TAU_ROLE_BN_VAR,
} tau_role;

const char *tau_role_name(tau_role role);

/** One tensor of theta or of the buffers. */
typedef struct tau_parameter {
    char *name;  /**< canonical: as the framework spells it, "conv1.weight" */
    char *layer; /**< name of the node that reads it */
    tau_role role;
    tau_shape shape; /**< of the tensor as stored */
    size_t offset;   /**< into theta, or into the buffers for BN_MEAN and BN_VAR */
    int filter_axis; /**< axis that counts outputs (filters), -1 for tensors with fewer than two axes:
                        eq:filter_norm */
    int value;       /**< index into graph->values */
} tau_parameter;

typedef struct tau_graph {
    char *name;
    tau_value *values;
    int value_count;
    tau_node *nodes;
    int node_count;
    int input, output; /**< indices of values */
    tau_parameter *parameters;
    int parameter_count;
    size_t theta_size; /**< P */
    tau_parameter *buffers;
    int buffer_count;
    size_t buffer_size; /**< Q; 0 = no batch norm */
    float *constants;
    size_t constant_size;
} tau_graph;

void tau_graph_destroy(tau_graph *graph);

/** A copy that shares nothing with the original. @param[out] out  the caller's */
TAU_CHECK tau_status tau_graph_copy(tau_graph **out, const tau_graph *from);

/** Index of the node or value of that name, or -1. */
int tau_graph_find_node(const tau_graph *graph, const char *name);
int tau_graph_find_value(const tau_graph *graph, const char *name);

/** The node that gives the outputs their meaning: the one that makes them, before what only lays them out
 * anew (Reshape, Transpose). @return NULL where there is none   @lifetime the graph's */
tau_node *tau_graph_find_end(const tau_graph *graph);

/** Whether that node makes probabilities: Softmax, Sigmoid, HardSigmoid. */
bool tau_graph_gives_probabilities(const tau_graph *graph);

/** Gives theta (and the buffers) a new order: tensors move to the places that `names` gives them.
 *  @param[in] names  all parameter names in their new order; names of buffers may stand among them, all or
 * none (none: the buffers keep their order)
 *  @errors TAU_STATUS_MISMATCH naming the first tensor that is missing or unknown (graph unchanged) */
TAU_CHECK tau_status tau_graph_reorder(tau_graph *graph, const char *const *names, int count);

/** Floating-point operations of one forward pass of one sample: 2 per multiply-add of its linear layers,
 * matrix products and convolutions. */
double tau_graph_flops(const tau_graph *graph);

/** SHA-256 over operators, attributes, wiring and the names and shapes of parameters (not the weights, nor
 * the names of nodes, nor the order of nodes and parameters), as text of 64 digits: identity of the model in
 * a recipe. The same for an ONNX file and the run made from it. @param[out] out  65 bytes; an empty text if
 * memory runs out */
void tau_graph_digest(const tau_graph *graph, char *out);

#endif
