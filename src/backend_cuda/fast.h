/** The fast engine: a graph lowered to steps over blocked f16 tensors (kernels/fast.h), and rows (f32) where
 * tensor cores cannot help.
 *
 *  A value of the graph has at most one place in each layout; a step that needs another layout is preceded by
 * a conversion, which serves all later steps. Reshapes and dropout move nothing: their output is another name
 * of the value that they read. What depends on the samples alone (the input in the layout that the first
 * layer reads, or a transposed input) is resident: made once, for all samples, and shared by all networks.
 *
 *  Samples that do not fit f16 mark every network that reads them, so that all its points are computed in
 * FP32.
 *
 *  The environment variable TAUSCAPE_CUDA_FUSED=0 leaves out the kernels that fuse several layers, to compare
 * them with the generic ones; the bits of the results differ between the two. */
#ifndef TAU_BACKEND_CUDA_FAST_H
#define TAU_BACKEND_CUDA_FAST_H

#include "backend_cuda/arena.h"
#include "backend_cuda/engine.h"
#include "backend_cuda/places.h"
#include "kernels/fast.h"

typedef enum tau_fast_layout {
    TAU_FAST_LAYOUT_ROWS,     /**< f32 [points, samples, elements] */
    TAU_FAST_LAYOUT_BLOCKED,  /**< f16, as kernels/fast.h says */
    TAU_FAST_LAYOUT_UNFOLDED, /**< blocked: tau_cuda_fast_unfold for one convolution */
    TAU_FAST_LAYOUT_IMAGES,   /**< f32 [groups][28][28][8 samples]: tau_cuda_fast_cnn_images */
} tau_fast_layout;

/** Channels, height and width. */
typedef struct tau_fast_geometry {
    int channels, height, width;
} tau_fast_geometry;

/** Where a value lies, in one layout. */
typedef struct tau_fast_place {
    tau_fast_layout layout;
    int value;                  /**< of the graph, the first of its names */
    tau_fast_geometry geometry; /**< in ROWS: elements, 1, 1 */
    int node;                   /**< UNFOLDED: the convolution; else -1 */
    bool resident;              /**< made once for all samples, one for all networks */
    bool padded;                /**< ROWS: each network has 8·groups rows, not just those of the samples */
    tau_cuda_life life;         /**< of bytes for one group of one network; resident: size 0 */
    bool kept;                  /**< resident: steps that run with the networks read it */
    void *memory;               /**< resident: set by the engine; NULL once nobody needs it any more */
    bool overflows;             /**< resident: set by the engine; the samples do not fit f16 */
} tau_fast_place;

/** When a step runs. */
typedef enum tau_fast_when {
    TAU_FAST_WHEN_ALWAYS,
    TAU_FAST_WHEN_ONCE,     /**< with the samples, when the engine is made */
    TAU_FAST_WHEN_SHARED,   /**< where products of the first layer with the basis are at hand */
    TAU_FAST_WHEN_UNSHARED, /**< where they are not */
} tau_fast_when;

typedef struct tau_fast_step tau_fast_step;
typedef struct tau_fast_frame tau_fast_frame;

/** One kind of step. */
typedef struct tau_fast_operation {
    const char *name;
    cudaError_t (*run)(const tau_fast_step *step, const tau_fast_frame *frame);
} tau_fast_operation;

/** Places, packings and affines are indices into the program's arrays; -1 = none. */
struct tau_fast_step {
    const tau_fast_operation *operation;
    tau_fast_when when;
    int node;                          /**< the first of the nodes that it does; -1 for conversions */
    int x, residual, y;                /**< places; ROWS nodes read more: by the values of their node */
    int packing[2], affine[2];         /**< of its layers */
    tau_fast_activation activation[2]; /**< after each of its layers */
    tau_window window;
    tau_fast_geometry outputs; /**< convolution that gives rows: what they are rows of */
    int channel;               /**< concatenation: the first of y's channels that it fills */
    size_t first_layer; /**< tau_fast_cnn: where the first layer's parameters stand among the vectors */
};

/** Weights of a layer on their way to tensor cores. */
typedef struct tau_fast_packing {
    tau_fast_weights weights;
    size_t size, offset; /**< bytes of one network */
    bool unshared;       /**< not needed where the layer's products with the basis are at hand */
} tau_fast_packing;

/** Bias and batch norm of a layer: values of the graph, -1 = none. */
typedef struct tau_fast_affine {
    int outputs, bias, gamma, beta, mean, var;
    double epsilon;
    size_t offset; /**< bytes of one network */
} tau_fast_affine;

/** Neighbouring tensors of theta or of the buffers that stay f32. */
typedef struct tau_fast_range {
    bool buffers, clamp;
    size_t offset, size;
    size_t at; /**< element among a network's vectors */
} tau_fast_range;

typedef struct tau_fast_options {
    int parts;            /**< of weights: 1 or 2 */
    size_t samples;       /**< how many there are */
    size_t most_resident; /**< bytes that samples may take on the device besides the rows that they come in; a
                             property of the card, so that the same card always gives the same bits */
    bool cnn;             /**< the card runs tau_cuda_fast_cnn */
    bool (*block_fits)(int channels, int height, int width, int parts); /**< NULL = no fused blocks */
} tau_fast_options;

typedef struct tau_fast_program {
    const tau_graph *graph;
    tau_fast_options options;
    int *name_of; /**< [values] the first name of the same elements */
    tau_fast_place *places;
    int place_count;
    size_t place_capacity;
    tau_fast_step *steps;
    int step_count;
    size_t step_capacity;
    tau_fast_packing *packings;
    int packing_count;
    size_t packing_capacity;
    tau_fast_affine *affines;
    int affine_count;
    size_t affine_capacity;
    tau_fast_range *ranges;
    int range_count;
    size_t range_capacity;
    size_t *vector_of;   /**< [values] where a parameter or buffer stands among the vectors; SIZE_MAX = not */
    size_t vector_count; /**< f32 elements of one network */
    size_t vectors_at;   /**< bytes before the vectors, for one network */
    size_t parameter_size; /**< bytes of one network */
    size_t arena_size;     /**< bytes of one group of one network */
    size_t resident_size;  /**< bytes that the residents take */
    int output;            /**< place of the network's output: ROWS */
    int share;             /**< step of the shared first layer, or -1 */
} tau_fast_program;

/** Lowers a graph. @lifetime the graph must outlive the program
 *  @errors TAU_STATUS_UNSUPPORTED: no operators, or a value that is too large; TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_fast_program_create(tau_fast_program **out, const tau_graph *graph,
                                             const tau_fast_options *options);
void tau_fast_program_destroy(tau_fast_program *program);

/** Bytes of a place for all samples. */
size_t tau_fast_resident_size(const tau_fast_program *program, const tau_fast_place *place);

/** What steps see while they run. */
struct tau_fast_frame {
    const tau_fast_program *program;
    const tau_cuda_chunk *chunk; /**< NULL in steps that run once */
    unsigned char *arena, *parameters;
    void *scratch;
    const float *constants, *products; /**< on the device */
    size_t product_stride;
    int points;                   /**< of the networks */
    int room_points, room_groups; /**< what the memory was laid out for */
    size_t first;
    int samples, groups;
    unsigned char *overflow; /**< [points] */
    tau_cuda_place *bound;   /**< [values] filled for the call at hand */
    tau_cuda_input *inputs;  /**< [most inputs of a node] likewise */
    cudaStream_t stream;
};

/** ---- fast_parameters.c ---- */

/** Enqueues the forming of a chunk's parameters. @param[in] shared  the first layer is shared */
TAU_CHECK tau_status tau_fast_load(const tau_fast_frame *frame, bool shared);

/** A stored value (parameter, buffer or constant) of the networks at hand. */
tau_fast_vector tau_fast_vector_at(const tau_fast_frame *frame, int value);

/** Where a network's parameters begin; those of the next follow after `size` bytes. */
void *tau_fast_parameters_at(const tau_fast_frame *frame, size_t offset);

/** Whether a step runs. */
static inline bool tau_fast_runs(const tau_fast_step *step, bool shared) {
    return step->when == TAU_FAST_WHEN_ALWAYS ||
           step->when == (shared ? TAU_FAST_WHEN_SHARED : TAU_FAST_WHEN_UNSHARED);
}

/** ---- fast_steps.c ---- */

extern const tau_fast_operation tau_fast_op_conv, tau_fast_op_elementwise, tau_fast_op_pool,
    tau_fast_op_concat, tau_fast_op_from_rows, tau_fast_op_to_rows, tau_fast_op_unfold, tau_fast_op_images,
    tau_fast_op_share, tau_fast_op_cnn, tau_fast_op_block, tau_fast_op_node;

/** The place of a value in rows, or -1. Any name of the value will do. */
int tau_fast_find_rows(const tau_fast_program *program, int value);

/** First element of a ROWS place for the samples at hand, with its strides. */
tau_cuda_place tau_fast_rows_at(const tau_fast_frame *frame, int place);

/** Bytes of scratch that the rows kernels need. @param[in] once  in the steps that run once, or in the others
 */
size_t tau_fast_scratch(const tau_fast_frame *frame, bool once);

/** Rounds up to what every area of device memory is aligned to. */
static inline size_t tau_fast_round(size_t bytes) {
    return (bytes + 255) / 256 * 256;
}

/** Samples with those that fill up the last group. */
static inline size_t tau_fast_round_samples(size_t samples) {
    return (samples + TAU_FAST_GROUP - 1) / TAU_FAST_GROUP * TAU_FAST_GROUP;
}

/** Bytes of an affine of one network. */
static inline size_t tau_fast_affine_size(int outputs) {
    return tau_fast_round(2 * (size_t)((outputs + 15) / 16 * 16) * sizeof(float));
}

#endif
