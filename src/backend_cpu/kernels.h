/** The hot loops, compiled once for each instruction set; one table of them is chosen at start-up.
 *
 *  Matrices of weights are packed in panels of TAU_CPU_PANEL columns, and the channels of images are padded
 * to a multiple of it, whatever the width of the machine's registers: layouts do not depend on the
 * instruction set. */
#ifndef TAU_BACKEND_CPU_KERNELS_H
#define TAU_BACKEND_CPU_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/graph.h"
#include "model/loss.h"

/** Columns of a panel, and what rows of floats are padded to. */
#define TAU_CPU_PANEL 16

/** Samples that a tiny network is evaluated for at once. */
#define TAU_CPU_TINY_BLOCK 64

static inline size_t tau_cpu_pad(size_t count) {
    return (count + TAU_CPU_PANEL - 1) / TAU_CPU_PANEL * TAU_CPU_PANEL;
}

/** C[m,n] = A[m,k]·B[k,n] (+ C) (+ bias) (+ residual), then perhaps a rectifier. k runs over `tap_count` taps
 * of `depth` elements each: A[i, (t,d)] = a[i·a_row + taps[t] + d·a_column] B[k, j]     = b[(j / 16)·b_panel
 * + k·b_row + j % 16] so that one routine is a product of matrices (one tap) and a convolution (a tap for
 * each place of the window). Every element is summed in an order that depends on k alone: the bits are the
 * same whichever rows and columns a call covers. Rows of B are readable up to a multiple of 16 columns. */
typedef struct tau_cpu_product {
    size_t m, n, depth;
    const float *a;
    size_t a_row, a_column;
    const size_t *taps; /**< NULL = one tap at 0 */
    size_t tap_count;   /**< read if `taps` is not NULL */
    const float *b;
    size_t b_row, b_panel;
    float *c;
    size_t c_row;
    bool accumulate;
    const float *bias;     /**< [n] or NULL */
    const float *residual; /**< rows like those of C, or NULL */
    size_t residual_row;
    bool relu;
} tau_cpu_product;

/** Geometry of a convolution by Winograd's F(4x4,3x3) of some images at once. */
typedef struct tau_cpu_winograd {
    size_t images, image_stride, height, width, channels, channel_stride, pad_top, pad_left;
    size_t out_stride, out_height, out_width, out_channels, out_channel_stride; /**< before pooling */
    size_t tiles_at_once;                                                       /**< a multiple of 6 */
    const float
        *residual; /**< images like the output, added before the rectifier, or NULL; not with `pool` */
    bool relu;
    bool pool; /**< followed by a 2x2 max pool of stride 2; the output is what the pool gives */
} tau_cpu_winograd;

/** A chain of narrow linear layers with one activation between them. */
typedef struct tau_cpu_tiny_layer {
    size_t in, out;
    bool has_activation;
    tau_op activation;
    double alpha, beta, gamma; /**< of the activation */
    bool approximate;
    size_t weights; /**< [out][in], then [out] biases, in the packed parameters */
} tau_cpu_tiny_layer;

/** An elementwise function. */
typedef struct tau_cpu_function {
    tau_op op;
    float alpha, beta, gamma;
    bool approximate;
} tau_cpu_function;

typedef struct tau_cpu_kernels {
    const char *instruction_set;
    void (*product)(const tau_cpu_product *product);

    /** y = f(x) of `count` elements; x may be y. */
    void (*apply)(float *y, const float *x, size_t count, const tau_cpu_function *function);
    /** dx (+)= dy·f'(x). */
    void (*apply_backward)(float *dx, const float *x, const float *y, const float *dy, size_t count,
                           const tau_cpu_function *function, bool accumulate);

    /** y = (x - mean)·scale + shift for `pixels` rows of `channels`. */
    void (*normalise)(float *y, const float *x, const float *mean, const float *scale, const float *shift,
                      size_t pixels, size_t channels);
    /** out = sum_k c[k]·terms[k] of `size` elements, rectified if wanted. */
    void (*mix)(float *out, const float *const *terms, const float *c, int count, size_t size, bool relu);
    /** y = the largest of a and b, NaN before all. */
    void (*largest)(float *y, const float *a, const float *b, size_t count);
    void (*add)(float *y, const float *a, const float *b, size_t count, bool relu);

    /** Filters [ci][9 places][pad(co)] to 36 packed matrices [co panels][ci][16]. */
    void (*winograd_filters)(float *packed, const float *filters, size_t in, size_t out);
    /** @param[in] scratch  36·tiles_at_once·(channels + pad(out_channels)) floats */
    void (*winograd)(const tau_cpu_winograd *shape, const float *input, const float *packed,
                     const float *bias, float *output, float *scratch);

    /** A whole narrow network for TAU_CPU_TINY_BLOCK samples. @param[in] inputs  [in][block]
     *  @param[in] scratch  two times widest layer x block   @return outputs [out][block], inside scratch */
    const float *(*tiny)(const tau_cpu_tiny_layer *layers, int count, const float *packed,
                         const float *inputs, float *scratch, size_t widest);
    /** Losses of a block from its outputs [outputs][block]; false if this loss has no fast path. */
    bool (*tiny_loss)(tau_loss loss, const float *outputs, size_t output_count, const int32_t *classes,
                      const float *values, size_t count, double *losses, double *right);
} tau_cpu_kernels;

/** The best table for this machine, or the lower one that TAUSCAPE_CPU_ISA names. */
const tau_cpu_kernels *tau_cpu_kernels_get(void);

/** Why the environment's wish cannot be met, if so. */
TAU_CHECK tau_status tau_cpu_kernels_check(void);

#endif
