/** From points of a slice to parameters, and from outputs of the networks to numbers of each point. */
#ifndef TAU_KERNELS_POINTS_H
#define TAU_KERNELS_POINTS_H

#include <cuda_runtime_api.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/loss.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most vectors a slice is spanned by: TAU_BASIS_MAX of backend.h, which C++ cannot read. */
enum { TAU_CUDA_BASIS_MAX = 3 };

/** Where the parameters (or the batch-norm statistics) of some networks come from. With coefficients:
 * parameters of network p are sum_k coefficients[p][k]·vectors[k], formed in FP64 in the order of k without
 * contraction, a coefficient of exactly 0 leaving its vector out, and rounded once: eq:tau eq:tau_2d
 * eq:radial. Without: vectors[0] + p·point_stride, as it is. */
typedef struct tau_cuda_source {
    int count;
    const float *vectors[TAU_CUDA_BASIS_MAX]; /**< on the device */
    const double *coefficients;               /**< on the device, [points, TAU_CUDA_BASIS_MAX]; or NULL */
    size_t point_stride; /**< elements; only read without coefficients; 0 = all the same */
} tau_cuda_source;

/** Parameters offset .. offset+size-1 of some networks. Twin: tau_combine.    eq:tau eq:tau_2d eq:radial
 *  @param[out] out  network p at out + p·out_stride: [size] f32, on the device
 *  @param[in] clamp  values below 0 become 0 (variances that interpolation made negative) */
cudaError_t tau_cuda_combine(float *out, size_t out_stride, const tau_cuda_source *source, size_t offset,
                             size_t size, int points, bool clamp, cudaStream_t stream);

/** What samples are compared with, on the device, from the first sample of a block on. */
typedef struct tau_cuda_targets {
    const int32_t *classes; /**< [samples]; NULL where the loss takes values */
    const float *values;    /**< [samples, outputs] */
} tau_cuda_targets;

/** Loss of each sample of each network, in double, and counts of what the networks decide on. Twins:
 * tau_loss_sample, tau_loss_decide, tau_loss_count.
 *  @param[out] losses,right  network p at + p·stride: [samples] f64; `right` is 0 or 1, a share, or NaN
 *  @param[in,out] confusion  [points, C·(C + 1)] of C classes: these samples are added, row = the true class,
 *             column = the class decided on, then [C] undecided ones; NULL = none are counted. Only for
 * losses of classes (C = outputs) and one binary output (C = 2).
 *  @param[in] output  [points, row_samples, outputs] f32 of which the first `samples` rows count */
cudaError_t tau_cuda_loss_sample(double *losses, double *right, size_t stride, uint32_t *confusion,
                                 tau_loss loss, const float *output, int points, int samples, int row_samples,
                                 int outputs, tau_cuda_targets targets, cudaStream_t stream);

/** scale · d loss / d output of each sample of one network. Twin: tau_loss_gradient.
 *  @param[out] gradient  [samples, outputs] f32 */
cudaError_t tau_cuda_loss_gradient(float *gradient, tau_loss loss, const float *output, int samples,
                                   int outputs, tau_cuda_targets targets, double scale, cudaStream_t stream);

/** Numbers of one network over its whole sample. */
typedef struct tau_cuda_sums {
    double loss;    /**< mean */
    double loss_se; /**< eq:loss_se; NaN for one sample */
    double right;   /**< mean */
} tau_cuda_sums;

/** Means and standard errors by the fixed tree of tau_loss_sum, bit for bit: eq:loss_se. Twin:
 * tau_loss_reduce.
 *  @param[out] out  [points], on the device   @param[in] losses,right  network p at + p·stride: [samples]
 *  @param[in,out] scratch  [points, tau_cuda_loss_reduce_scratch(samples)] f64 */
cudaError_t tau_cuda_loss_reduce(tau_cuda_sums *out, const double *losses, const double *right, size_t stride,
                                 int points, size_t samples, double *scratch, cudaStream_t stream);
size_t tau_cuda_loss_reduce_scratch(size_t samples);

#ifdef __cplusplus
}
#endif

#endif
