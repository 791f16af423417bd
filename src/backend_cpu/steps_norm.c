/* Batch norm that is not folded into what comes before it. */
#include <math.h>
#include <string.h>

#include "backend_cpu/operations.h"

/* Packed: means, scales and shifts. */
static void prepare_norm(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const size_t channels = frame->program->tensors[step->inputs[0]].channels, padded = tau_cpu_pad(channels);
    const int *inputs = step->node->inputs;
    const float *gamma = tau_cpu_stored(frame, inputs[1]), *beta = tau_cpu_stored(frame, inputs[2]);
    const float *mean = tau_cpu_stored(frame, inputs[3]), *var = tau_cpu_stored(frame, inputs[4]);
    float *packed = frame->point->packed + step->packed;
    for (size_t c = 0; c < channels; c++) {
        packed[c] = mean[c];
        packed[padded + c] =
            (float)((double)gamma[c] / sqrt((double)var[c] + step->node->attributes.epsilon));
        packed[2 * padded + c] = beta[c];
    }
}

/* In training the gradient puts mean and scale of the batch where those of the running statistics were. */
static void run_norm(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const float *mean = frame->point->packed + step->packed;
    const float *scale = mean + tau_cpu_pad(in->channels), *shift = scale + tau_cpu_pad(in->channels);
    for (size_t i = 0; i < frame->count; i++)
        frame->kernels->normalise(tau_cpu_at(frame, step->output) + i * out->stride,
                                  tau_cpu_at(frame, step->inputs[0]) + i * in->stride, mean, scale, shift,
                                  in->height * in->width, in->channel_stride);
}

void tau_cpu_norm_sums(double *sums, tau_cpu_norm_sum kind, const tau_cpu_step *step,
                       const tau_cpu_frame *frame, const double *mean) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const size_t channels = in->channels, pixels = in->height * in->width;
    memset(sums, 0, (kind == TAU_CPU_NORM_SUM_BACKWARD ? 2 : 1) * channels * sizeof *sums);
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        const float *dy = kind == TAU_CPU_NORM_SUM_BACKWARD
                              ? tau_cpu_derivative_at(frame, step->output) + i * out->stride
                              : NULL;
        for (size_t p = 0; p < pixels; p++, image += in->channel_stride) {
            if (kind == TAU_CPU_NORM_SUM_X)
                for (size_t c = 0; c < channels; c++) sums[c] += (double)image[c];
            if (kind == TAU_CPU_NORM_SUM_SQUARES)
                for (size_t c = 0; c < channels; c++)
                    sums[c] += ((double)image[c] - mean[c]) * ((double)image[c] - mean[c]);
            if (!dy) continue;
            for (size_t c = 0; c < channels; c++) {
                sums[c] += (double)dy[c];
                sums[channels + c] += (double)dy[c] * ((double)image[c] - mean[c]);
            }
            dy += in->channel_stride;
        }
    }
}

static void run_norm_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_norm_derivative *k = &frame->training->norms[step - frame->program->steps];
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const size_t pixels = in->height * in->width;
    float *dx = tau_cpu_derivative_at(frame, step->inputs[0]);
    for (size_t i = 0; dx && i < frame->count; i++) {
        const float *x = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        const float *dy = tau_cpu_derivative_at(frame, step->output) + i * out->stride;
        float *to = dx + i * in->stride;
        for (size_t at = 0; at < pixels * in->channel_stride; at += in->channel_stride) {
            for (size_t c = 0; c < in->channels; c++) {
                const double d = k->factor[c] * ((double)dy[at + c] - k->offset[c] -
                                                 ((double)x[at + c] - k->mean[c]) * k->slope[c]);
                to[at + c] = (step->accumulates[0] ? to[at + c] : 0) + (float)d;
            }
        }
    }
}

/* What is summed over the whole batch is in gradient_norm.c. */
const tau_cpu_operation tau_cpu_batch_norm = {prepare_norm, run_norm, run_norm_backward};
