/** The kinds of steps, and the choices the lowering makes between them. */
#ifndef TAU_BACKEND_CPU_OPERATIONS_H
#define TAU_BACKEND_CPU_OPERATIONS_H

#include "backend_cpu/program.h"

extern const tau_cpu_operation tau_cpu_linear, tau_cpu_shared_linear, tau_cpu_matmul;
extern const tau_cpu_operation tau_cpu_direct_conv, tau_cpu_winograd_conv, tau_cpu_grouped_conv;
extern const tau_cpu_operation tau_cpu_window_pool, tau_cpu_global_pool, tau_cpu_batch_norm;
extern const tau_cpu_operation tau_cpu_function_step, tau_cpu_arithmetic, tau_cpu_softmax, tau_cpu_dropout;
extern const tau_cpu_operation tau_cpu_to_plain, tau_cpu_to_image, tau_cpu_transpose, tau_cpu_concat,
    tau_cpu_pad_axes;

/** How a linear layer sees its operands. */
typedef struct tau_cpu_linear_shape {
    size_t in, out;
    size_t rows; /**< of one sample: all axes before the last */
} tau_cpu_linear_shape;

tau_cpu_linear_shape tau_cpu_linear_shape_of(const tau_graph *graph, const tau_node *node);

/** Images and window of a convolution or pool, from the graph's shapes. */
typedef struct tau_cpu_window_shape {
    size_t channels, height, width, out_channels, out_height, out_width;
    size_t kernel[2], stride[2], dilation[2];
    size_t pad[2]; /**< top, left */
    size_t groups;
} tau_cpu_window_shape;

tau_cpu_window_shape tau_cpu_window_shape_of(const tau_graph *graph, const tau_node *node);

/** A function with its attributes as the kernels want them. */
tau_cpu_function tau_cpu_function_of(const tau_node *node);
bool tau_cpu_is_function(tau_op op);

/** Weights to be packed in panels. Element (k,n) with k = (outer, inner) in natural order stands at
 *  weights[k·k_step + n·n_step] and goes to row inner·outers + outer, so that channels become innermost. */
typedef struct tau_cpu_packing {
    const float *weights;
    size_t outers, inners, k_step;
    size_t n, n_step;
    const double *scale; /**< [n] factors of the columns, or NULL */
} tau_cpu_packing;

/** @param[out] packed  [n panels][k][16], the last panel padded with zeros */
void tau_cpu_pack(float *packed, const tau_cpu_packing *packing);

/** Packs the bias behind the weights of a linear layer or convolution, a folded batch norm in it.
 *  @param[out] scale  [outputs] factors of the weights; NULL without a batch norm */
void tau_cpu_pack_bias(float *bias, double *scale, const tau_cpu_step *step, const tau_cpu_frame *frame,
                       size_t outputs);

/** Floats of scratch that packing needs for its factors. */
static inline size_t tau_cpu_scale_scratch(size_t outputs) {
    return 4 * tau_cpu_pad(outputs);
}

/** Copies an image into the middle of zeros. @param[out] padded  [height + …][width + …][channel_stride] */
typedef struct tau_cpu_padded_shape {
    size_t height, width; /**< with padding */
    bool needed;          /**< false: the image itself will do */
} tau_cpu_padded_shape;
tau_cpu_padded_shape tau_cpu_padded_shape_of(const tau_cpu_window_shape *shape);
void tau_cpu_pad_image(float *padded, const tau_cpu_padded_shape *to, const float *image,
                       const tau_cpu_window_shape *shape, size_t channel_stride);

/** Scratch of a direct convolution, with room for its derivatives if it trains. */
size_t tau_cpu_conv_scratch(const tau_cpu_window_shape *shape, size_t channel_stride, bool trains);
/** Scratch of a Winograd convolution. */
size_t tau_cpu_winograd_scratch(const tau_cpu_window_shape *shape);

/** Backward pass of a direct convolution. */
void tau_cpu_direct_conv_backward(const tau_cpu_step *step, const tau_cpu_frame *frame);

/** Sums over the samples of a frame that batch norm needs, channel by channel, in double. */
typedef enum tau_cpu_norm_sum {
    TAU_CPU_NORM_SUM_X,        /**< x */
    TAU_CPU_NORM_SUM_SQUARES,  /**< (x - mean)^2 */
    TAU_CPU_NORM_SUM_BACKWARD, /**< dy, and behind these dy·(x - mean) */
} tau_cpu_norm_sum;

/** @param[out] sums  [channels], [2·channels] for BACKWARD   @param[in] mean  [channels] */
void tau_cpu_norm_sums(double *sums, tau_cpu_norm_sum kind, const tau_cpu_step *step,
                       const tau_cpu_frame *frame, const double *mean);

#endif
