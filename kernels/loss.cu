/* Losses of samples and the classes decided on, their gradients, and the numbers of networks made of them:
 * what src/backend/loss.c defines, in FP64.
 *
 * Samples with up to 32 outputs have a thread each, those with more a warp each; which it is depends on the
 * number of outputs alone, so the bits of a sample's loss never depend on the samples beside it. */
#include <math.h>

#include "kernels/points.h"
#include "kernels/rows.cuh"

/* One sample: outputs rank, rank + threads, … are this thread's, where `threads` is 1 or those of a warp. */
struct sample {
    const float *output;
    int count, rank;
    int chosen;          /* class */
    const float *values; /* or what the outputs are compared with */
};

/* Reductions over the threads of a sample, in a fixed order; every thread gets the result. */
template <int threads> static __device__ double all_sum(double x) {
    return threads == 1 ? x : warp_sum(x);
}

template <int threads> static __device__ double all_max(double x) {
    for (int far = threads / 2; far > 0; far /= 2) {
        const double other = __shfl_xor_sync(0xffffffffu, x, far);
        if (other > x) x = other;
    }
    return x;
}

template <int threads> static __device__ bool all_true(bool x) {
    return threads == 1 ? x : __all_sync(0xffffffffu, x) != 0;
}

/* The twin looks for the largest in order, where a NaN takes the place of what was before it and is replaced
 * by what comes after it: the largest after the last NaN, or NaN where that is the end. */
template <int threads> static __device__ double largest_of(const sample &s) {
    int after = 0;
    for (int i = s.rank; i < s.count; i += threads)
        if (is_nan(s.output[i])) after = i + 1;
    after = (int)all_max<threads>(after);
    if (after == s.count) return NAN;
    double largest = -INFINITY;
    for (int i = s.rank; i < s.count; i += threads)
        if (i >= after && (double)s.output[i] > largest) largest = (double)s.output[i];
    return all_max<threads>(largest);
}

template <int threads> static __device__ double log_sum_exp(const sample &s) {
    const double largest = largest_of<threads>(s);
    if (fabs(largest) == INFINITY) return largest;
    double sum = 0;
    for (int i = s.rank; i < s.count; i += threads) sum += exp((double)s.output[i] - largest);
    return largest + log(all_sum<threads>(sum));
}

/* The first largest of the outputs; -1 where one is a NaN. */
template <int threads> static __device__ int first_largest(const sample &s) {
    float most = -INFINITY;
    int best = s.count;
    bool numbers = true;
    for (int i = s.rank; i < s.count; i += threads) {
        numbers = numbers && !is_nan(s.output[i]);
        if (best < s.count && !(s.output[i] > most)) continue;
        most = s.output[i];
        best = i;
    }
    for (int far = threads / 2; far > 0; far /= 2) {
        const float other_most = __shfl_xor_sync(0xffffffffu, most, far);
        const int other = __shfl_xor_sync(0xffffffffu, best, far);
        if (other == s.count ||
            (best < s.count && (other_most < most || (other_most == most && other > best))))
            continue;
        most = other_most;
        best = other;
    }
    return all_true<threads>(numbers) ? best : -1;
}

static __device__ double huber(double d) {
    return fabs(d) <= 1 ? 0.5 * d * d : fabs(d) - 0.5;
}

/* fmax would hide a NaN probability: compare instead. */
static __device__ double clamped_log(double p) {
    const double l = log(p);
    return l < -100 ? -100 : l;
}

static __device__ double bce(double p, double t) {
    return -(t * clamped_log(p) + (1 - t) * clamped_log(1 - p));
}

static __device__ double softplus(double x) {
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

/* A weight of 0 leaves its term out, so that an infinite logit has the loss it tends to. */
static __device__ double bce_logits(double x, double t) {
    return (t != 0 ? t * softplus(-x) : 0) + (t != 1 ? (1 - t) * softplus(x) : 0);
}

static __device__ double value_loss(tau_loss loss, double y, double t) {
    switch (loss) {
    case TAU_LOSS_MSE:
        return (y - t) * (y - t);
    case TAU_LOSS_MAE:
        return fabs(y - t);
    case TAU_LOSS_HUBER:
        return is_nan(y) ? y : huber(y - t);
    case TAU_LOSS_BCE:
        return bce(y, t);
    default: /* TAU_LOSS_BCE_LOGITS */
        return is_nan(y) ? y : bce_logits(y, t);
    }
}

template <int threads> static __device__ double class_loss(tau_loss loss, const sample &s) {
    const double chosen = (double)s.output[s.chosen];
    return loss == TAU_LOSS_NLL ? -chosen : log_sum_exp<threads>(s) - chosen;
}

template <int threads> static __device__ double values_loss(tau_loss loss, const sample &s) {
    double sum = 0;
    for (int i = s.rank; i < s.count; i += threads)
        sum += value_loss(loss, (double)s.output[i], (double)s.values[i]);
    return all_sum<threads>(sum) / s.count;
}

static __device__ float threshold_of(tau_loss loss) {
    return loss == TAU_LOSS_BCE ? 0.5f : 0.0f;
}

/* Share of the outputs on the right side of the threshold; NaN where a loss knows no sides. */
template <int threads> static __device__ double values_right(tau_loss loss, const sample &s) {
    if (loss != TAU_LOSS_BCE && loss != TAU_LOSS_BCE_LOGITS) return NAN;
    const float threshold = threshold_of(loss);
    double hits = 0;
    for (int i = s.rank; i < s.count; i += threads)
        if (!is_nan(s.output[i])) hits += (s.output[i] > threshold) == (s.values[i] > 0.5f);
    return all_sum<threads>(hits) / s.count;
}

template <int threads>
static __device__ sample sample_at(const float *output, int outputs, tau_cuda_targets targets, size_t index) {
    sample s = {output, outputs, (int)(threadIdx.x % threads), 0, NULL};
    if (targets.classes)
        s.chosen = targets.classes[index];
    else
        s.values = targets.values + index * (size_t)outputs;
    return s;
}

/* Shapes of a block of samples. */
struct block {
    int points, samples, row_samples, outputs;
};

/* Whole numbers: their sum does not depend on the order in which the threads come. */
static __device__ void count_decision(uint32_t *confusion, int classes, int label, int decided) {
    atomicAdd(&confusion[decided < 0 ? classes * classes + label : label * classes + decided], 1u);
}

/* One binary output: two classes. */
static __device__ void count_side(uint32_t *confusion, tau_loss loss, const sample &s) {
    const int decided = is_nan(s.output[0]) ? -1 : s.output[0] > threshold_of(loss);
    count_decision(confusion, 2, s.values[0] > 0.5f, decided);
}

static __device__ uint32_t *counts_of(uint32_t *confusion, size_t point, int classes) {
    return confusion + point * (size_t)classes * (size_t)(classes + 1);
}

template <int threads>
static __global__ void loss_sample(double *losses, double *right, size_t stride, uint32_t *confusion,
                                   tau_loss loss, const float *output, block n, tau_cuda_targets targets) {
    const size_t count = (size_t)n.points * (size_t)n.samples;
    for (size_t i = thread_index() / threads; i < count; i += thread_count() / threads) {
        const size_t p = i / (size_t)n.samples, index = i % (size_t)n.samples;
        const float *row = output + (p * (size_t)n.row_samples + index) * (size_t)n.outputs;
        const sample s = sample_at<threads>(row, n.outputs, targets, index);
        const double l = targets.classes ? class_loss<threads>(loss, s) : values_loss<threads>(loss, s);
        const int decided = targets.classes ? first_largest<threads>(s) : -1;
        const double r = targets.classes ? decided == s.chosen : values_right<threads>(loss, s);
        if (s.rank != 0) continue;
        losses[p * stride + index] = l;
        right[p * stride + index] = r;
        if (!confusion) continue;
        if (targets.classes)
            count_decision(counts_of(confusion, p, s.count), s.count, s.chosen, decided);
        else
            count_side(counts_of(confusion, p, 2), loss, s);
    }
}

static __device__ double value_derivative(tau_loss loss, double y, double t) {
    switch (loss) {
    case TAU_LOSS_MSE:
        return 2 * (y - t);
    case TAU_LOSS_MAE:
        return is_nan(y) ? y : (double)(y > t) - (double)(y < t);
    case TAU_LOSS_HUBER:
        return fabs(y - t) <= 1 || is_nan(y) ? y - t : (y > t ? 1 : -1);
    case TAU_LOSS_BCE: { /* the clamped logarithm is flat where it is clamped */
        const double of_p = log(y) < -100 ? 0 : t / y, of_q = log(1 - y) < -100 ? 0 : (1 - t) / (1 - y);
        return of_q - of_p;
    }
    default: /* TAU_LOSS_BCE_LOGITS */
        return 1 / (1 + exp(-y)) - t;
    }
}

/* Output i; `total` is the logarithm of the sum of exponentials where the loss needs it. */
static __device__ double derivative(tau_loss loss, const sample &s, int i, double total) {
    if (loss == TAU_LOSS_NLL) return i == s.chosen ? -1 : 0;
    if (loss == TAU_LOSS_CROSS_ENTROPY) return exp((double)s.output[i] - total) - (i == s.chosen ? 1 : 0);
    return value_derivative(loss, (double)s.output[i], (double)s.values[i]) / s.count;
}

template <int threads>
static __global__ void loss_gradient(float *gradient, tau_loss loss, const float *output, block n,
                                     tau_cuda_targets targets, double scale) {
    for (size_t i = thread_index() / threads; i < (size_t)n.samples; i += thread_count() / threads) {
        const size_t row = i * (size_t)n.outputs;
        const sample s = sample_at<threads>(output + row, n.outputs, targets, i);
        const double total = loss == TAU_LOSS_CROSS_ENTROPY ? log_sum_exp<threads>(s) : 0;
        for (int k = s.rank; k < s.count; k += threads)
            gradient[row + (size_t)k] = (float)(scale * derivative(loss, s, k, total));
    }
}

/* Leaves of eight values are summed in sequence, then pairs of sums level by level, an odd one carried: the
 * tree of tau_loss_sum, which halves at the largest power of two. Rounded one by one, for its bits. */
static constexpr size_t LEAF = 8;

/* What a leaf adds up: values, or their squared deviations from a mean. */
struct term {
    bool squared;
    double mean;
};

static __device__ double leaf_sum(const double *values, size_t count, term of) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double deviation = __dadd_rn(values[i], -of.mean);
        sum = __dadd_rn(sum, of.squared ? __dmul_rn(deviation, deviation) : values[i]);
    }
    return sum;
}

/* The whole block sums [count] values with [ceil(count/8)] of scratch; every thread gets the sum. Sums of a
 * level stay where the left one of their pair was, so that no thread writes what another reads. */
static __device__ double tree_sum(const double *values, size_t count, term of, double *scratch) {
    const size_t leaves = ceil_div(count, LEAF);
    __syncthreads(); /* the sum before may still be read */
    for (size_t leaf = threadIdx.x; leaf < leaves; leaf += blockDim.x) {
        const size_t first = leaf * LEAF, left = count - first;
        scratch[leaf] = leaf_sum(values + first, left < LEAF ? left : LEAF, of);
    }
    for (size_t apart = 1; apart < leaves; apart *= 2) {
        __syncthreads();
        for (size_t i = 2 * apart * threadIdx.x; i + apart < leaves; i += 2 * apart * blockDim.x)
            scratch[i] = __dadd_rn(scratch[i], scratch[i + apart]);
    }
    __syncthreads();
    return scratch[0];
}

/* A block a network.    eq:loss_se */
static __global__ void loss_reduce(tau_cuda_sums *out, const double *losses, const double *right,
                                   size_t stride, int points, size_t samples, double *scratch) {
    const double n = (double)samples;
    const size_t leaves = ceil_div(samples, LEAF);
    for (int p = (int)blockIdx.x; p < points; p += (int)gridDim.x) {
        double *own = scratch + (size_t)p * leaves;
        const double *values = losses + (size_t)p * stride;
        tau_cuda_sums sums;
        sums.loss = tree_sum(values, samples, {false, 0}, own) / n;
        sums.right = tree_sum(right + (size_t)p * stride, samples, {false, 0}, own) / n;
        const double squares = tree_sum(values, samples, {true, sums.loss}, own);
        sums.loss_se = samples < 2 ? NAN : sqrt(squares / (n - 1) / n);
        if (threadIdx.x == 0) out[p] = sums;
    }
}

static bool one_thread(int outputs) {
    return outputs <= TAU_WARP;
}

cudaError_t tau_cuda_loss_sample(double *losses, double *right, size_t stride, uint32_t *confusion,
                                 tau_loss loss, const float *output, int points, int samples, int row_samples,
                                 int outputs, tau_cuda_targets targets, cudaStream_t stream) {
    const block n = {points, samples, row_samples, outputs};
    const size_t count = (size_t)points * (size_t)samples;
    return launch(one_thread(outputs) ? loss_sample<1> : loss_sample<TAU_WARP>,
                  rows_grid(count, one_thread(outputs) ? 1 : TAU_WARP), dim3(ROWS_THREADS), 0, stream, losses,
                  right, stride, confusion, loss, output, n, targets);
}

cudaError_t tau_cuda_loss_gradient(float *gradient, tau_loss loss, const float *output, int samples,
                                   int outputs, tau_cuda_targets targets, double scale, cudaStream_t stream) {
    const block n = {1, samples, samples, outputs};
    return launch(one_thread(outputs) ? loss_gradient<1> : loss_gradient<TAU_WARP>,
                  rows_grid((size_t)samples, one_thread(outputs) ? 1 : TAU_WARP), dim3(ROWS_THREADS), 0,
                  stream, gradient, loss, output, n, targets, scale);
}

cudaError_t tau_cuda_loss_reduce(tau_cuda_sums *out, const double *losses, const double *right, size_t stride,
                                 int points, size_t samples, double *scratch, cudaStream_t stream) {
    return launch(loss_reduce, dim3((unsigned)points), dim3(ROWS_THREADS), 0, stream, out, losses, right,
                  stride, points, samples, scratch);
}

size_t tau_cuda_loss_reduce_scratch(size_t samples) {
    return ceil_div(samples, LEAF);
}
