/** The fast path: FP16 operands with FP32 sums on tensor cores, over the blocked layout.
 *
 *  Blocked layout of an activation [C,H,W]: f16 [points][groups of 8 samples][H][C/8][W][8 samples][8
 * channels], C rounded up to a multiple of 8. Each 8×8 block is 128 contiguous bytes: one operand tile of the
 * tensor cores, one coalesced access of a warp. Channels past C hold values that are finite. A vector of
 * features is [C,1,1]. Samples past the last are computed and ignored.
 *
 *  A value that rounds to infinity in f16 although it was finite, or is not finite, marks its network in
 *  `overflow`; such points are computed again in FP32. */
#ifndef TAU_KERNELS_FAST_H
#define TAU_KERNELS_FAST_H

#include "kernels/points.h"
#include "model/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TAU_FAST_GROUP = 8, TAU_FAST_CHANNELS = 8 };

/** What follows sums: RELU, LEAKY_RELU, ELU, SELU, GELU (the exact one), SIGMOID, HARD_SIGMOID, TANH,
 * SOFTPLUS, SOFTSIGN, ERF, CLIP, or TAU_OP_COUNT for the identity. The constants are those of tau_attributes.
 */
typedef struct tau_fast_activation {
    tau_op op;
    float alpha, beta, gamma;
} tau_fast_activation;

/** An activation in blocked layout. */
typedef struct tau_fast_tensor {
    void *data; /**< f16 on the device */
    int channels, height, width;
    size_t point_stride; /**< f16 values from network to network; 0 = the same for all networks */
} tau_fast_tensor;

/** f16 values of one group of eight samples. */
static inline size_t tau_fast_group_size(int channels, int height, int width) {
    return (size_t)((channels + 7) / 8) * (size_t)height * (size_t)width * 64;
}

/** ---- parameters ---- */

/** A weight tensor of a convolution, or of a linear layer seen as a convolution whose kernel covers its whole
 * input: element (o, i) with i = (c·kh + y)·kw + x lies at offset + o·output_stride + i·input_stride. */
typedef struct tau_fast_weights {
    size_t offset; /**< into theta */
    int outputs, channels, kernel[2];
    size_t output_stride, input_stride;
    int copies; /**< the channels are so many copies of the stored ones, which follow one another (data split
                     in two f16 by tau_cuda_fast_unfold): element (o, i) is that of i modulo the stored
                     channels·kh·kw, in a kernel of 1×1; 0 means 1 */
} tau_fast_weights;

/** Bytes of one network's packed weights: [m-tiles of 16 outputs][k-steps][parts][32 lanes] of 16 bytes, the
 * A fragment of mma.m16n8k16 (and of one warp of wgmma.m64nNk16). k runs over chunks of 8 channels, q =
 * tap·(C/8) + c/8, two chunks a step; what is padding holds 0. parts = 1: f16; parts = 2: f16 nearest, then
 * f16 of what is left, adjacent. */
size_t tau_fast_weights_size(const tau_fast_weights *weights, int parts);

/** Forms and packs a layer's weights for some networks, reading the basis once for all of them.
 *  Twin: tau_combine.    eq:tau eq:tau_2d eq:radial
 *  @param[out] out  network p at out + p·out_stride bytes   @param[out] overflow  [points] */
cudaError_t tau_cuda_fast_pack(void *out, size_t out_stride, const tau_fast_weights *weights, int parts,
                               const tau_cuda_source *source, int points, unsigned char *overflow,
                               cudaStream_t stream);

/** A vector of one value an output channel, f32; NULL data = left out. */
typedef struct tau_fast_vector {
    const float *data;
    size_t point_stride; /**< elements; 0 = the same for all networks */
} tau_fast_vector;

/** Bias and batch norm as y = scale·x + shift: scale = gamma/sqrt(var + epsilon) (1 without batch norm),
 * shift = (bias - mean)·scale + beta, formed in FP64.
 *  @param[out] affine  [points][2][outputs rounded up to 16] f32: scales, then shifts; padding is 0 */
cudaError_t tau_cuda_fast_affine(float *affine, int outputs, tau_fast_vector bias, tau_fast_vector gamma,
                                 tau_fast_vector beta, tau_fast_vector mean, tau_fast_vector var,
                                 double epsilon, int points, cudaStream_t stream);

/** ---- layers ---- */

/** y = activation(scale·conv(x, w) + shift + residual). */
typedef struct tau_fast_conv {
    int points, groups;
    tau_fast_tensor x;
    const void *weights;   /**< packed */
    size_t weights_stride; /**< bytes from network to network */
    int parts;
    tau_window window;        /**< groups = 1 */
    const float *affine;      /**< as above; NULL = scale 1, shift 0 */
    tau_fast_tensor residual; /**< data NULL = none; y's shape; not together with `rows` */
    tau_fast_activation activation;
    tau_fast_tensor y;       /**< its data NULL where `rows` is wanted; may be the residual's */
    float *rows;             /**< [points, 8·groups, outputs·height·width] f32; NULL = blocked output */
    unsigned char *overflow; /**< [points] */
} tau_fast_conv;

cudaError_t tau_cuda_fast_conv(const tau_fast_conv *conv, cudaStream_t stream);

/** y = activation(scale·x + shift + residual), element by element; affine NULL = scale 1, shift 0. */
cudaError_t tau_cuda_fast_elementwise(const tau_fast_tensor *y, const tau_fast_tensor *x, const float *affine,
                                      const tau_fast_tensor *residual, tau_fast_activation activation,
                                      int points, int groups, unsigned char *overflow, cudaStream_t stream);

/** Pools: op is MAX_POOL, AVERAGE_POOL or GLOBAL_AVERAGE_POOL; sums in FP32. NaN wins a maximum. */
cudaError_t tau_cuda_fast_pool(const tau_fast_tensor *y, const tau_fast_tensor *x, tau_op op,
                               const tau_window *window, int points, int groups, unsigned char *overflow,
                               cudaStream_t stream);

/** y = the channels of x from channel `first` of y on; x's channels and `first` are multiples of 8. */
cudaError_t tau_cuda_fast_concat(const tau_fast_tensor *y, const tau_fast_tensor *x, int first, int points,
                                 int groups, cudaStream_t stream);

/** ---- between layouts ---- */

/** f32 rows [samples, C·H·W] (network p at x + p·point_stride) -> blocked; samples past `samples` become 0.
 */
cudaError_t tau_cuda_fast_from_rows(const tau_fast_tensor *y, const float *x, size_t point_stride, int points,
                                    int samples, unsigned char *overflow, cudaStream_t stream);

/** Blocked -> f32 rows [points, samples, C·H·W]. */
cudaError_t tau_cuda_fast_to_rows(float *y, const tau_fast_tensor *x, int points, int samples,
                                  cudaStream_t stream);

/** The data of a first convolution with few channels, unfolded so that the layer becomes a 1×1 convolution:
 * channel part·C·kh·kw + (c·kh + i)·kw + j of position (y,x) is x[c, y·stride + i·dilation - pad, …], 0
 * outside. parts = 2 adds what rounding to f16 left as further channels (the same weights apply to both).
 *  @param[in] x  f32 [samples, C, H, W]   @param[out] y  channels = parts·C·kh·kw, one set for all networks
 *  @param[out] overflow  one flag: a value of the data does not fit */
cudaError_t tau_cuda_fast_unfold(const tau_fast_tensor *y, const float *x, int channels, int height,
                                 int width, const tau_window *window, int parts, int samples,
                                 unsigned char *overflow, cudaStream_t stream);

/** ---- fused layers ---- */

/** First linear layer shared by all networks: X·(sum_k c_k W_k) = sum_k c_k (X·W_k).
 *  y = activation(scale·sum_k c[p][k]·products[k] + shift): products f32 [count][samples rounded up to
 * 8][outputs].
 *  @param[out] y  blocked [outputs,1,1]   eq:tau_2d */
cudaError_t tau_cuda_fast_share(const tau_fast_tensor *y, const float *products, size_t product_stride,
                                const tau_cuda_source *source, const float *affine,
                                tau_fast_activation activation, int points, int groups,
                                unsigned char *overflow, cudaStream_t stream);

/** conv 3×3 (1 -> 32) + ReLU + conv 3×3 (32 -> 64) + bias + ReLU + max pool 2×2 of 28×28 images in one kernel
 * on Hopper's wgmma; the first convolution in FP32. cudaErrorNotSupported elsewhere than on compute
 * capability 9.0, and for parts = 2: registers hold the weights once. */
typedef struct tau_fast_cnn {
    int points, groups;
    const float *images; /**< f32 [groups][28][28][8 samples], one set for all networks */
    const float *first;  /**< f32 network p at + p·first_stride: weights [32,1,3,3], then bias [32] */
    size_t first_stride;
    const void *second;   /**< packed */
    size_t second_stride; /**< bytes */
    int parts;
    const float *affine; /**< of the second convolution; NULL = scale 1, shift 0 */
    tau_fast_tensor y;   /**< [64,12,12] */
    unsigned char *overflow;
} tau_fast_cnn;

cudaError_t tau_cuda_fast_cnn(const tau_fast_cnn *cnn, cudaStream_t stream);

/** f32 [samples, 28·28] -> the images above; samples past the last become 0. */
cudaError_t tau_cuda_fast_cnn_images(float *images, const float *x, int samples, cudaStream_t stream);

/** A residual block in one kernel: y = act(affine2(conv2(act(affine1(conv1(x))))) + x), both convolutions
 * 3×3, stride 1, padding 1, C channels in and out, C in {16, 32, 64}; the values between them stay on chip.
 * y may be x, and must not overlap it otherwise. Activations are RELU or TAU_OP_COUNT: cudaErrorNotSupported
 * for others, and for what does not fit. */
typedef struct tau_fast_block {
    int points, groups;
    tau_fast_tensor x, y; /**< [C,H,W] */
    const void *weights[2];
    size_t weights_stride[2]; /**< bytes */
    int parts;
    const float *affine[2]; /**< NULL = scale 1, shift 0 */
    tau_fast_activation activation[2];
    unsigned char *overflow;
} tau_fast_block;

/** Whether the kernel takes blocks of this shape, with RELU or no function after each convolution, on the
 * current device: otherwise two convolutions do. The width must be a multiple of 8; two parts of weights fit
 * for C up to 32. */
bool tau_cuda_fast_block_fits(int channels, int height, int width, int parts);
cudaError_t tau_cuda_fast_block(const tau_fast_block *block, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
