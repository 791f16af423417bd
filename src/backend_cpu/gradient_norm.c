/* Batch norm in training: statistics over the whole batch, in double, summed chunk by chunk in their order.
 */
#include <math.h>

#include "backend_cpu/gradient.h"

static tau_status sum_job(void *payload, size_t chunk, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    tau_cpu_training training;
    const tau_cpu_frame frame = tau_cpu_gradient_frame(run, &training, chunk, worker);
    const size_t channels = run->memory->program->tensors[run->step->inputs[0]].channels;
    const tau_cpu_norm_derivative *norm = &run->memory->norms[run->step - run->memory->program->steps];
    tau_cpu_norm_sums(run->memory->norm_sums + chunk * 2 * channels, run->sum, run->step, &frame, norm->mean);
    return TAU_STATUS_OK;
}

static tau_status sum_chunks(tau_cpu_gradient_pass *run, const tau_cpu_step *step, tau_cpu_norm_sum kind) {
    run->step = step;
    run->sum = kind;
    return tau_cpu_gradient_jobs(run, run->chunks, sum_job);
}

static double total(const tau_cpu_gradient_pass *run, size_t channels, size_t index) {
    double sum = 0;
    for (size_t chunk = 0; chunk < run->chunks; chunk++)
        sum += run->memory->norm_sums[chunk * 2 * channels + index];
    return sum;
}

typedef struct norm_shape {
    size_t channels;
    double count;                  /* values that each statistic is taken over */
    size_t gamma, beta, mean, var; /* offsets */
    const tau_node *node;
} norm_shape;

static norm_shape norm_shape_of(const tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const tau_cpu_tensor *in = &run->memory->program->tensors[step->inputs[0]];
    const tau_value *values = run->memory->program->graph->values;
    const int *inputs = step->node->inputs;
    return (norm_shape){in->channels,
                        (double)(run->batch->count * in->height * in->width),
                        values[inputs[1]].offset,
                        values[inputs[2]].offset,
                        values[inputs[3]].offset,
                        values[inputs[4]].offset,
                        step->node};
}

/* running = momentum·running + (1 - momentum)·batch, with the unbiased variance, as PyTorch does. */
static void update_running(const tau_cpu_gradient_pass *run, const norm_shape *s, size_t c, double mean,
                           double squares) {
    const double momentum = s->node->attributes.momentum;
    float *running_mean = run->buffers + s->mean + c, *running_var = run->buffers + s->var + c;
    const double unbiased = s->count > 1 ? squares / (s->count - 1) : squares / s->count;
    *running_mean = (float)(momentum * (double)*running_mean + (1 - momentum) * mean);
    *running_var = (float)(momentum * (double)*running_var + (1 - momentum) * unbiased);
}

static void use_running(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const norm_shape s = norm_shape_of(run, step);
    tau_cpu_norm_derivative *norm = &run->memory->norms[step - run->memory->program->steps];
    for (size_t c = 0; c < s.channels; c++) {
        norm->mean[c] = (double)run->buffers[s.mean + c];
        norm->slope[c] = 1 / sqrt((double)run->buffers[s.var + c] + s.node->attributes.epsilon);
    }
}

static tau_status use_batch(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const norm_shape s = norm_shape_of(run, step);
    tau_cpu_norm_derivative *norm = &run->memory->norms[step - run->memory->program->steps];
    TAU_TRY(sum_chunks(run, step, TAU_CPU_NORM_SUM_X));
    for (size_t c = 0; c < s.channels; c++) norm->mean[c] = total(run, s.channels, c) / s.count;
    TAU_TRY(sum_chunks(run, step, TAU_CPU_NORM_SUM_SQUARES));
    for (size_t c = 0; c < s.channels; c++) {
        const double squares = total(run, s.channels, c);
        norm->slope[c] = 1 / sqrt(squares / s.count + s.node->attributes.epsilon);
        update_running(run, &s, c, norm->mean[c], squares);
    }
    return TAU_STATUS_OK;
}

/* Until the backward pass, `slope` holds 1 / standard deviation. */
tau_status tau_cpu_gradient_norm(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const norm_shape s = norm_shape_of(run, step);
    tau_cpu_norm_derivative *norm = &run->memory->norms[step - run->memory->program->steps];
    if (run->batch->training)
        TAU_TRY(use_batch(run, step));
    else
        use_running(run, step);
    float *mean = run->memory->packed + step->packed;
    float *scale = mean + tau_cpu_pad(s.channels), *shift = scale + tau_cpu_pad(s.channels);
    for (size_t c = 0; c < s.channels; c++) {
        norm->factor[c] = (double)run->memory->theta[s.gamma + c] * norm->slope[c];
        mean[c] = (float)norm->mean[c];
        scale[c] = (float)norm->factor[c];
        shift[c] = run->memory->theta[s.beta + c];
    }
    return TAU_STATUS_OK;
}

tau_status tau_cpu_gradient_norm_backward(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const norm_shape s = norm_shape_of(run, step);
    tau_cpu_norm_derivative *norm = &run->memory->norms[step - run->memory->program->steps];
    TAU_TRY(sum_chunks(run, step, TAU_CPU_NORM_SUM_BACKWARD));
    for (size_t c = 0; c < s.channels; c++) {
        const double sum = total(run, s.channels, c), product = total(run, s.channels, s.channels + c);
        const double inverse = norm->slope[c];
        run->gradient[s.beta + c] += (float)sum;
        run->gradient[s.gamma + c] += (float)(product * inverse);
        norm->offset[c] = run->batch->training ? sum / s.count : 0;
        norm->slope[c] = run->batch->training ? inverse * inverse * product / s.count : 0;
    }
    return TAU_STATUS_OK;
}
