/* Batch normalisation: y[c,…] = gamma[c]·(x[c,…] - mean[c]) / sqrt(var[c] + epsilon) + beta[c].
 *
 * Inputs x[C,…], gamma[C], beta[C], mean[C], var[C]. Outside training mean and var are the stored ones, and
 * constants of the derivative. In training they are the batch's, over samples and positions (n values a
 * channel, var biased), so with xhat = (x - mean)/sqrt(var + epsilon)
 *   dx += gamma/sqrt(var + epsilon)·(dy - mean(dy) - xhat·mean(dy·xhat))
 * and running = momentum·running + (1 - momentum)·batch, where the batch's variance is unbiased: times
 * n/(n - 1), or as it is for n = 1. */
#include <math.h>

#include "backend_ref/operators.h"

enum { X, GAMMA, BETA, MEAN, VAR };

static size_t positions_of(const tau_ref_call *call) {
    return tau_shape_size(call->shape) / (size_t)call->shape->dim[0];
}

typedef struct statistics {
    double mean, var;
} statistics;

static void normalise(const tau_ref_call *call, size_t c, statistics s) {
    const tau_ref_input *in = call->inputs;
    size_t positions = positions_of(call);
    double scale = in[GAMMA].value[c] / sqrt(s.var + call->attributes->epsilon);
    for (size_t i = c * positions; i < (c + 1) * positions; i++)
        call->y[i] = scale * (in[X].value[i] - s.mean) + in[BETA].value[c];
}

static statistics stored(const tau_ref_call *call, size_t c) {
    return (statistics){call->inputs[MEAN].value[c], call->inputs[VAR].value[c]};
}

void tau_ref_batch_norm_forward(const tau_ref_call *call) {
    for (size_t c = 0; c < (size_t)call->shape->dim[0]; c++) normalise(call, c, stored(call, c));
}

/* Adds to the gradients of gamma and beta, and gives the sums they are made of. */
static void add_scale_gradients(const tau_ref_call *call, size_t c, statistics s, double *sum_dy,
                                double *sum_dy_xhat) {
    size_t positions = positions_of(call);
    double per_deviation = 1 / sqrt(s.var + call->attributes->epsilon), of_beta = 0, of_gamma = 0;
    for (size_t i = c * positions; i < (c + 1) * positions; i++) {
        of_beta += call->dy[i];
        of_gamma += call->dy[i] * (call->inputs[X].value[i] - s.mean) * per_deviation;
    }
    if (call->inputs[BETA].gradient) call->inputs[BETA].gradient[c] += of_beta;
    if (call->inputs[GAMMA].gradient) call->inputs[GAMMA].gradient[c] += of_gamma;
    *sum_dy += of_beta;
    *sum_dy_xhat += of_gamma;
}

/* dx of one channel of one sample; the means are 0 where the statistics are constants. */
static void add_input_gradient(const tau_ref_call *call, size_t c, statistics s, double mean_dy,
                               double mean_dy_xhat) {
    double *dx = call->inputs[X].gradient;
    if (!dx) return;
    size_t positions = positions_of(call);
    double per_deviation = 1 / sqrt(s.var + call->attributes->epsilon);
    for (size_t i = c * positions; i < (c + 1) * positions; i++) {
        double xhat = (call->inputs[X].value[i] - s.mean) * per_deviation;
        dx[i] += call->inputs[GAMMA].value[c] * per_deviation * (call->dy[i] - mean_dy - xhat * mean_dy_xhat);
    }
}

void tau_ref_batch_norm_backward(const tau_ref_call *call) {
    for (size_t c = 0; c < (size_t)call->shape->dim[0]; c++) {
        double sum_dy = 0, sum_dy_xhat = 0;
        add_scale_gradients(call, c, stored(call, c), &sum_dy, &sum_dy_xhat);
        add_input_gradient(call, c, stored(call, c), 0, 0);
    }
}

static double channel_count(const tau_ref_batch *batch) {
    return (double)batch->count * (double)positions_of(&batch->calls[0]);
}

static double mean_power(const tau_ref_batch *batch, size_t c, double centre, int power) {
    size_t positions = positions_of(&batch->calls[0]);
    double sum = 0;
    for (size_t s = 0; s < batch->count; s++) {
        const double *x = batch->calls[s].inputs[X].value + c * positions;
        for (size_t i = 0; i < positions; i++) sum += power == 1 ? x[i] : (x[i] - centre) * (x[i] - centre);
    }
    return sum / channel_count(batch);
}

static statistics batch_statistics(const tau_ref_batch *batch, size_t c) {
    double mean = mean_power(batch, c, 0, 1);
    return (statistics){mean, mean_power(batch, c, mean, 2)};
}

static void move_running(float *running, double momentum, double to) {
    *running = (float)(momentum * (double)*running + (1 - momentum) * to);
}

void tau_ref_batch_norm_train_forward(const tau_ref_batch *batch, float *running_mean, float *running_var) {
    const tau_ref_call *first = &batch->calls[0];
    double n = channel_count(batch), momentum = first->attributes->momentum;
    for (size_t c = 0; c < (size_t)first->shape->dim[0]; c++) {
        statistics s = batch_statistics(batch, c);
        for (size_t i = 0; i < batch->count; i++) normalise(&batch->calls[i], c, s);
        move_running(&running_mean[c], momentum, s.mean);
        move_running(&running_var[c], momentum, n > 1 ? s.var * n / (n - 1) : s.var);
    }
}

void tau_ref_batch_norm_train_backward(const tau_ref_batch *batch) {
    double n = channel_count(batch);
    for (size_t c = 0; c < (size_t)batch->calls[0].shape->dim[0]; c++) {
        statistics s = batch_statistics(batch, c);
        double sum_dy = 0, sum_dy_xhat = 0;
        for (size_t i = 0; i < batch->count; i++)
            add_scale_gradients(&batch->calls[i], c, s, &sum_dy, &sum_dy_xhat);
        for (size_t i = 0; i < batch->count; i++)
            add_input_gradient(&batch->calls[i], c, s, sum_dy / n, sum_dy_xhat / n);
    }
}
