/* Batch normalisation: y[c,…] = gamma[c]·(x[c,…] - mean[c]) / sqrt(var[c] + epsilon) + beta[c].
 *
 * Inputs x[C,…], gamma[C], beta[C], mean[C], var[C]. Outside training mean and var are the stored ones, and
 * constants of the derivative. In training they are the batch's, over samples and positions (n values a
 * channel, var biased), so with xhat = (x - mean)/sqrt(var + epsilon)
 *   dx += gamma/sqrt(var + epsilon)·(dy - mean(dy) - xhat·mean(dy·xhat))
 * and running = momentum·running + (1 - momentum)·batch, where the batch's variance is unbiased: times
 * n/(n - 1), or as it is for n = 1.
 *
 * What belongs to a channel is formed first, in FP64, in scratch memory; a second kernel goes over the
 * elements. Scratch, FP64: affine [points·C, AFFINE], statistics [STATISTICS, points·C], pieces of sums.
 * Training and backward are of one network (points = 1). */
#include "kernels/sums.cuh"

enum { X, GAMMA, BETA, MEAN, VAR };

/* Forward: y = SCALE·(x - CENTRE) + SHIFT. Backward: dx += SCALE·(dy - SHIFT - (x - CENTRE)·SLOPE). */
enum { SCALE, CENTRE, SHIFT, SLOPE, AFFINE };

/* Mean and variance, and over samples and positions the sums of dy and dy·(x - mean). */
enum { OF_MEAN, OF_VAR, OF_DY, OF_DY_X, STATISTICS };

/* One of the stored inputs: [C] of each network. */
struct vector {
    const float *value;
    size_t point_stride;
};

/* The channels of all networks: channel c of network p is number p·C + c. */
struct channels {
    vector gamma, beta, mean, var;
    size_t each, count; /* C, points·C */
    double epsilon, momentum;
    double n; /* values a channel in a batch */
    double *affine, *statistics;
};

static __device__ double stored(const vector &v, const channels &all, size_t i) {
    return (double)v.value[i / all.each * v.point_stride + i % all.each];
}

static __device__ double statistic(const channels &all, int which, size_t i) {
    return all.statistics[(size_t)which * all.count + i];
}

static __global__ void take_stored(channels all) {
    for (size_t i = thread_index(); i < all.count; i += thread_count()) {
        all.statistics[OF_MEAN * all.count + i] = stored(all.mean, all, i);
        all.statistics[OF_VAR * all.count + i] = stored(all.var, all, i);
    }
}

/* Operands of the walks: dy, x. */
struct batch {
    const float *dy, *x;
    const double *mean; /* [C] */
};

static __device__ double term_x(const batch &b, size_t, const size_t *at) {
    return (double)b.x[at[1]];
}

static __device__ double term_square(const batch &b, size_t channel, const size_t *at) {
    const double deviation = (double)b.x[at[1]] - b.mean[channel];
    return deviation * deviation;
}

static __device__ double term_dy(const batch &b, size_t, const size_t *at) {
    return (double)b.dy[at[0]];
}

static __device__ double term_dy_x(const batch &b, size_t channel, const size_t *at) {
    return (double)b.dy[at[0]] * ((double)b.x[at[1]] - b.mean[channel]);
}

static __global__ void finish_sum(double *statistic, size_t channels, size_t pieces, const double *partial,
                                  double divisor) {
    for (size_t c = thread_index(); c < channels; c += thread_count())
        statistic[c] = sum_of_pieces(partial, pieces, channels, c) / divisor;
}

static __global__ void affine_forward(channels all) {
    for (size_t i = thread_index(); i < all.count; i += thread_count()) {
        double *own = all.affine + i * AFFINE;
        own[SCALE] = stored(all.gamma, all, i) / sqrt(statistic(all, OF_VAR, i) + all.epsilon);
        own[CENTRE] = statistic(all, OF_MEAN, i);
        own[SHIFT] = stored(all.beta, all, i);
        own[SLOPE] = 0;
    }
}

static __device__ void move(float *running, double momentum, double to) {
    *running = (float)(momentum * (double)*running + (1 - momentum) * to);
}

static __global__ void move_running(channels all, float *mean, float *var) {
    for (size_t i = thread_index(); i < all.count; i += thread_count()) {
        const double biased = statistic(all, OF_VAR, i);
        move(&mean[i], all.momentum, statistic(all, OF_MEAN, i));
        move(&var[i], all.momentum, all.n > 1 ? biased * all.n / (all.n - 1) : biased);
    }
}

static __device__ void add_to(float *gradient, double sum) {
    *gradient = (float)((double)*gradient + sum);
}

/* Gradients of gamma and beta, and what dx is made of: the means are 0 where the statistics are constants. */
static __global__ void affine_backward(channels all, bool training, float *gamma_gradient,
                                       float *beta_gradient) {
    for (size_t i = thread_index(); i < all.count; i += thread_count()) {
        const double per_deviation = 1 / sqrt(statistic(all, OF_VAR, i) + all.epsilon);
        const double sum_dy = statistic(all, OF_DY, i),
                     sum_dy_xhat = statistic(all, OF_DY_X, i) * per_deviation;
        double *own = all.affine + i * AFFINE;
        own[SCALE] = stored(all.gamma, all, i) * per_deviation;
        own[CENTRE] = statistic(all, OF_MEAN, i);
        own[SHIFT] = training ? sum_dy / all.n : 0;
        own[SLOPE] = training ? sum_dy_xhat / all.n * per_deviation : 0;
        if (gamma_gradient) add_to(&gamma_gradient[i], sum_dy_xhat);
        if (beta_gradient) add_to(&beta_gradient[i], sum_dy);
    }
}

/* Operands of the walk: y, x, channel. */
template <int width> static __global__ void forward(walk w, float *y, const float *x, const double *affine) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        const double *own = affine + at[2] * AFFINE;
        pack<width> v = pack_load<width>(x + at[1], w.inner[1]);
        for (int j = 0; j < width; j++)
            v.at[j] = (float)(own[SCALE] * ((double)v.at[j] - own[CENTRE]) + own[SHIFT]);
        pack_store(y + at[0], v);
    }
}

/* Operands of the walk: dy, x (and dx, which lies alike), channel. */
template <int width>
static __global__ void backward(walk w, float *dx, const float *x, const float *dy, const double *affine) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        const double *own = affine + at[2] * AFFINE;
        const pack<width> v = pack_load<width>(x + at[1], w.inner[1]),
                          d = pack_load<width>(dy + at[0], w.inner[0]);
        pack<width> sum = pack_load<width>(dx + at[1], w.inner[1]);
        for (int j = 0; j < width; j++) {
            const double of_mean = own[SHIFT] + ((double)v.at[j] - own[CENTRE]) * own[SLOPE];
            sum.at[j] += (float)(own[SCALE] * ((double)d.at[j] - of_mean));
        }
        pack_store(dx + at[1], sum);
    }
}

static vector vector_of(const tau_cuda_input *input) {
    return {input->value, input->point_stride};
}

static size_t channels_of(const tau_cuda_call *call) {
    return (size_t)call->shape.dim[0];
}

static size_t positions_of(const tau_cuda_call *call) {
    return size_of(call->shape) / channels_of(call);
}

static channels channels_make(const tau_cuda_call *call) {
    const tau_cuda_input *in = call->inputs;
    const size_t each = channels_of(call), count = (size_t)call->points * each;
    double *affine = static_cast<double *>(call->scratch);
    return {vector_of(&in[GAMMA]),
            vector_of(&in[BETA]),
            vector_of(&in[MEAN]),
            vector_of(&in[VAR]),
            each,
            count,
            call->attributes->epsilon,
            call->attributes->momentum,
            (double)call->samples * (double)positions_of(call),
            affine,
            affine + count * AFFINE};
}

/* One network's sums over samples and positions. */
static sums sums_of(const tau_cuda_call *call) {
    const size_t positions = positions_of(call);
    walk results = walk_make(), summed = walk_make();
    walk_add(&results, channels_of(call), positions, positions);
    walk_add(&summed, (size_t)call->samples, size_of(call->shape), call->inputs[X].sample_stride);
    walk_add(&summed, positions, 1, 1);
    return sums_make(results, summed, positions == 1);
}

template <double (*term)(const batch &b, size_t channel, const size_t *at)>
static cudaError_t sum(const tau_cuda_call *call, const channels &all, int which, double divisor) {
    const sums n = sums_of(call);
    const batch b = {call->dy, call->inputs[X].value, all.statistics + OF_MEAN * all.count};
    double *partial = all.statistics + STATISTICS * all.count;
    const cudaError_t error =
        launch(sum_pieces<batch, term>, sums_grid(n), dim3(ROWS_THREADS), 0, call->stream, partial, n, b);
    if (error != cudaSuccess) return error;
    return launch(finish_sum, rows_grid(all.count), dim3(ROWS_THREADS), 0, call->stream,
                  all.statistics + (size_t)which * all.count, all.count, n.pieces, partial, divisor);
}

/* Fills in OF_MEAN and OF_VAR. */
static cudaError_t find_statistics(const tau_cuda_call *call, const channels &all) {
    if (!call->training)
        return launch(take_stored, rows_grid(all.count), dim3(ROWS_THREADS), 0, call->stream, all);
    if (call->points != 1) return cudaErrorInvalidValue;
    const cudaError_t error = sum<term_x>(call, all, OF_MEAN, all.n);
    return error != cudaSuccess ? error : sum<term_square>(call, all, OF_VAR, all.n);
}

/* @param[in] gradient  of x; NULL in forward   @param[out] wide  whether elements became packs of one channel
 */
static walk walk_channels(const tau_cuda_call *call, const float *from, const float *gradient, bool *wide) {
    const size_t count = channels_of(call), positions = positions_of(call);
    const tau_cuda_input *x = &call->inputs[X];
    walk w = walk_make();
    walk_add(&w, (size_t)call->points, (size_t)call->samples * count * positions, x->point_stride, count);
    walk_add(&w, (size_t)call->samples, count * positions, x->sample_stride, 0);
    walk_add(&w, count, positions, positions, 1);
    walk_add(&w, positions, 1, 1, 0);
    *wide =
        w.rank > 0 && w.step[2][w.rank - 1] == 0 && is_aligned(gradient) && walk_widen(&w, from, x->value);
    return w;
}

cudaError_t tau_cuda_batch_norm_forward(const tau_cuda_call *call) {
    const channels all = channels_make(call);
    cudaError_t error = find_statistics(call, all);
    if (error == cudaSuccess && call->training && call->running[0])
        error = launch(move_running, rows_grid(all.count), dim3(ROWS_THREADS), 0, call->stream, all,
                       call->running[0], call->running[1]);
    if (error == cudaSuccess)
        error = launch(affine_forward, rows_grid(all.count), dim3(ROWS_THREADS), 0, call->stream, all);
    if (error != cudaSuccess) return error;
    bool wide;
    const walk w = walk_channels(call, call->y, NULL, &wide);
    return launch_walk(wide, forward<WALK_WIDTH>, forward<1>, call->stream, w, call->y, call->inputs[X].value,
                       all.affine);
}

cudaError_t tau_cuda_batch_norm_backward(const tau_cuda_call *call) {
    if (call->points != 1) return cudaErrorInvalidValue;
    const channels all = channels_make(call);
    const tau_cuda_input *in = call->inputs;
    cudaError_t error = find_statistics(call, all);
    if (error == cudaSuccess) error = sum<term_dy>(call, all, OF_DY, 1);
    if (error == cudaSuccess) error = sum<term_dy_x>(call, all, OF_DY_X, 1);
    if (error == cudaSuccess)
        error = launch(affine_backward, rows_grid(all.count), dim3(ROWS_THREADS), 0, call->stream, all,
                       call->training, in[GAMMA].gradient, in[BETA].gradient);
    if (error != cudaSuccess || !in[X].gradient) return error;
    bool wide;
    const walk w = walk_channels(call, call->dy, in[X].gradient, &wide);
    return launch_walk(wide, backward<WALK_WIDTH>, backward<1>, call->stream, w, in[X].gradient, in[X].value,
                       call->dy, all.affine);
}

size_t tau_cuda_batch_norm_scratch(const tau_cuda_call *call) {
    const size_t count = (size_t)call->points * channels_of(call);
    const size_t pieces = call->dy || call->training ? sums_scratch(sums_of(call)) : 0;
    return (count * (AFFINE + STATISTICS) + pieces) * sizeof(double);
}
