/** A graph lowered for this backend: a list of steps over tensors with a layout, weights packed for each
 * step.
 *
 *  Samples pass in blocks of a fixed size; consecutive steps with the same `group` form a segment, which
 * takes that many samples at once from its first step to its last, so that what lies between stays in cache.
 */
#ifndef TAU_BACKEND_CPU_PROGRAM_H
#define TAU_BACKEND_CPU_PROGRAM_H

#include "backend/backend_impl.h"
#include "backend/dropout.h"
#include "backend_cpu/kernels.h"

typedef enum tau_cpu_layout {
    TAU_CPU_LAYOUT_PLAIN, /**< as the graph says, row-major */
    TAU_CPU_LAYOUT_IMAGE, /**< [height][width][channel_stride], channels innermost */
} tau_cpu_layout;

/** An activation as it lies in memory; one value of the graph may have one of each layout. */
typedef struct tau_cpu_tensor {
    tau_cpu_layout layout;
    size_t channels, height, width, channel_stride; /**< IMAGE */
    size_t size;     /**< floats of one sample in use, paddings within included */
    size_t stride;   /**< floats from one sample to the next */
    bool resident;   /**< all samples of a block exist at once, not only those of one group */
    size_t offset;   /**< into the arena */
    int first, last; /**< steps that write and last read it */
    int twin;        /**< the same value in the other layout, or -1 */
    int alias;       /**< the tensor whose memory it shares, itself if none */
} tau_cpu_tensor;

typedef struct tau_cpu_step tau_cpu_step;
typedef struct tau_cpu_program tau_cpu_program;

/** A linear layer that reads the network's input: its products with the vectors of the basis, bias included,
 * for all samples. At a point the layer's output is their sum with the point's coefficients. */
typedef struct tau_cpu_share {
    int node;                       /**< -1 = none */
    int count;                      /**< vectors of the basis; 0 = none set */
    float *products[TAU_BASIS_MAX]; /**< each [N, pad(outputs)] */
} tau_cpu_share;

/** Parameters of one point. */
typedef struct tau_cpu_point {
    const float *theta, *buffers;
    float *packed;                     /**< [program->packed_size] */
    float coefficients[TAU_BASIS_MAX]; /**< of the basis, for steps that share work between points */
    const tau_cpu_share *share;
} tau_cpu_point;

/** Derivative of a batch norm: dx = factor·(dy - offset - (x - mean)·slope), channel by channel. */
typedef struct tau_cpu_norm_derivative {
    double *mean, *factor, *offset, *slope; /**< [channels] */
} tau_cpu_norm_derivative;

/** What training adds to a run. */
typedef struct tau_cpu_training {
    const tau_batch *batch;
    float *gradient;           /**< sums of one chunk of samples, for parameters that are summed by chunks */
    const size_t *places;      /**< [values] where a parameter stands in them */
    float *const *derivatives; /**< [tensors] d loss / d tensor, as `data` of the frame; NULL = not wanted */
    const tau_cpu_norm_derivative *norms; /**< [steps] of batch norms */
} tau_cpu_training;

/** One run of steps over `count` samples from number `first` of the block on. */
typedef struct tau_cpu_frame {
    const tau_cpu_program *program;
    const tau_cpu_kernels *kernels;
    const tau_cpu_point *point;
    float *const *data; /**< [tensors]: sample 0 of the block, or of the group where not resident */
    float *scratch;     /**< [program->scratch_size] */
    size_t block;       /**< number of the block's first sample among all */
    size_t first, count;
    const tau_cpu_training *training; /**< NULL in evaluation */
} tau_cpu_frame;

/** What one kind of step does; steps_*.c and backward_*.c hold them. */
typedef struct tau_cpu_operation {
    /** Packs the parameters of a point for the step; may be NULL. */
    void (*prepare)(const tau_cpu_step *step, const tau_cpu_frame *frame);
    void (*run)(const tau_cpu_step *step, const tau_cpu_frame *frame);
    /** Derivatives of the inputs and of theta from that of the output. */
    void (*run_backward)(const tau_cpu_step *step, const tau_cpu_frame *frame);
} tau_cpu_operation;

struct tau_cpu_step {
    const tau_cpu_operation *operation;
    const tau_node *node;
    int node_index;
    int *inputs; /**< [input_count] tensors, in the order of the node's inputs; -1 = a stored tensor */
    int input_count;
    int output;
    bool *accumulates; /**< [input_count] whether a derivative is there already, to be added to */

    const tau_node *batch_norm; /**< folded into a convolution's or linear layer's weights, or NULL */
    int residual;               /**< tensor added before the rectifier, or -1 */
    bool relu;                  /**< the output is rectified */
    bool pool;                  /**< a Winograd convolution with its 2x2 max pool */
    bool trains;                /**< part of a program that computes gradients */
    bool permuted;              /**< a linear layer that reads a flattened image as it lies */

    size_t packed; /**< offset of its packed parameters */
    size_t packed_size;
    size_t
        packed_backward; /**< offset of a convolution's transposed weights, in a program that is not fused */
    size_t scratch_size;
    size_t group; /**< samples that it takes at once */
    double cost;  /**< about the floating-point operations of one sample */
};

struct tau_cpu_program {
    const tau_graph *graph;
    tau_cpu_tensor *tensors;
    int tensor_count;
    size_t tensor_capacity;
    int *tensor_of; /**< [values] the tensor that holds a value, or -1 */
    tau_cpu_step *steps;
    int step_count;
    size_t step_capacity;
    int input, output; /**< tensors; the output is plain */
    size_t block;      /**< samples of a block: fixed by the graph, so that bits never depend on threads */
    size_t packed_size, arena_size, scratch_size;
};

/** How a graph is lowered. */
typedef struct tau_cpu_lowering {
    int target;      /**< the value that is wanted */
    bool winograd;   /**< convolutions by Winograd where they pay */
    bool fuse;       /**< several nodes in one step; a gradient needs every value */
    int shared_node; /**< the linear layer whose products with the basis are at hand, or -1: share.c */
} tau_cpu_lowering;

/** Lowers what `lowering->target` depends on. */
TAU_CHECK tau_status tau_cpu_program_create(tau_cpu_program **out, const tau_graph *graph,
                                            const tau_cpu_lowering *lowering);
void tau_cpu_program_destroy(tau_cpu_program *program);

/** Gives tensors their places in the arena, and steps their groups. */
TAU_CHECK tau_status tau_cpu_program_place(tau_cpu_program *program);

/** Packs all parameters of a point. The frame needs program, kernels, point and scratch. */
void tau_cpu_program_prepare(const tau_cpu_frame *frame);

/** Runs all steps over frame->count samples of a block. @errors TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_cpu_program_run(const tau_cpu_frame *frame, const tau_cancel *cancel);

/** First sample of the frame in a tensor. */
static inline float *tau_cpu_at(const tau_cpu_frame *frame, int tensor) {
    const tau_cpu_tensor *t = &frame->program->tensors[tensor];
    return frame->data[tensor] + (t->resident ? frame->first * t->stride : 0);
}

/** Same for its derivative, in training. */
static inline float *tau_cpu_derivative_at(const tau_cpu_frame *frame, int tensor) {
    float *base = frame->training->derivatives[tensor];
    return base ? base + frame->first * frame->program->tensors[tensor].stride : NULL;
}

/** A stored tensor of the point: parameter, buffer or constant. */
const float *tau_cpu_stored(const tau_cpu_frame *frame, int value);

/** Its place in the gradient, or NULL if it is not trained. */
float *tau_cpu_stored_gradient(const tau_cpu_frame *frame, int value);

#endif
