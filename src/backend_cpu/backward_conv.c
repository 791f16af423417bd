/* Derivatives of a direct convolution: products whose rows are pixels (of the input) or inputs of a filter
 * (of the weights). */
#include <string.h>

#include "backend_cpu/operations.h"

typedef struct workspace {
    tau_cpu_window_shape shape;
    tau_cpu_padded_shape to;
    size_t pixel, row; /* distances of neighbours in the padded image */
    size_t out_pixel, out_row;
    size_t *taps; /* rows of the output, as places in the padded input */
    float *padded, *dpadded, *dweights;
} workspace;

static workspace lay_out(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    workspace w = {.shape = tau_cpu_window_shape_of(frame->program->graph, step->node)};
    const tau_cpu_window_shape *s = &w.shape;
    w.to = tau_cpu_padded_shape_of(s);
    w.pixel = frame->program->tensors[step->inputs[0]].channel_stride;
    w.row = w.to.width * w.pixel;
    w.out_pixel = frame->program->tensors[step->output].channel_stride;
    w.out_row = s->out_width * w.out_pixel;
    const size_t image = tau_cpu_pad(w.to.height * w.row);
    w.taps = (size_t *)(void *)frame->scratch;
    w.padded = frame->scratch + 2 * tau_cpu_pad(s->out_height);
    w.dpadded = w.padded + image;
    w.dweights = w.dpadded + image;
    for (size_t y = 0; y < s->out_height; y++) w.taps[y] = y * s->stride[0] * w.row;
    return w;
}

/* Every tap of every row of outputs adds dy·W^T where it came from. */
static void add_input_derivatives(const workspace *w, const tau_cpu_step *step, const tau_cpu_frame *frame,
                                  const float *dy) {
    const tau_cpu_window_shape *s = &w->shape;
    const size_t matrix = s->out_channels * tau_cpu_pad(s->channels);
    memset(w->dpadded, 0, w->to.height * w->row * sizeof *w->dpadded);
    for (size_t y = 0; y < s->out_height; y++) {
        for (size_t t = 0; t < s->kernel[0] * s->kernel[1]; t++) {
            const size_t ky = t / s->kernel[1], kx = t % s->kernel[1];
            frame->kernels->product(&(tau_cpu_product){
                .m = s->out_width,
                .n = s->channels,
                .depth = s->out_channels,
                .a = dy + y * w->out_row,
                .a_row = w->out_pixel,
                .a_column = 1,
                .b = frame->point->packed + step->packed_backward + t * matrix,
                .b_row = TAU_CPU_PANEL,
                .b_panel = s->out_channels * TAU_CPU_PANEL,
                .c = w->dpadded + w->taps[y] + ky * s->dilation[0] * w->row + kx * s->dilation[1] * w->pixel,
                .c_row = s->stride[1] * w->pixel,
                .accumulate = true});
        }
    }
}

static void take_input_derivatives(float *dx, const workspace *w, bool accumulate) {
    const tau_cpu_window_shape *s = &w->shape;
    for (size_t y = 0; y < s->height; y++) {
        for (size_t x = 0; x < s->width; x++) {
            const size_t py = y + s->pad[0], px = x + s->pad[1];
            const bool inside = py < w->to.height && px < w->to.width;
            const float *from = w->dpadded + py * w->row + px * w->pixel;
            float *to = dx + (y * s->width + x) * w->pixel;
            for (size_t c = 0; c < s->channels; c++)
                to[c] = (accumulate ? to[c] : 0) + (inside ? from[c] : 0);
        }
    }
}

/* dW[place][ci][co] += sum over pixels of x·dy. Channels that lie side by side make one product of a window's
 * row. */
static void add_weight_derivatives(const workspace *w, const tau_cpu_frame *frame, const float *image,
                                   const float *dy) {
    const tau_cpu_window_shape *s = &w->shape;
    const bool merged = w->pixel == s->channels && s->dilation[1] == 1;
    const size_t across = merged ? 1 : s->kernel[1], rows = merged ? s->kernel[1] * s->channels : s->channels;
    const size_t padded = tau_cpu_pad(s->out_channels);
    for (size_t ky = 0; ky < s->kernel[0]; ky++) {
        for (size_t kx = 0; kx < across; kx++) {
            frame->kernels->product(
                &(tau_cpu_product){.m = rows,
                                   .n = s->out_channels,
                                   .depth = s->out_width,
                                   .a = image + ky * s->dilation[0] * w->row + kx * s->dilation[1] * w->pixel,
                                   .a_row = 1,
                                   .a_column = s->stride[1] * w->pixel,
                                   .taps = w->taps,
                                   .tap_count = s->out_height,
                                   .b = dy,
                                   .b_row = w->out_pixel,
                                   .b_panel = TAU_CPU_PANEL,
                                   .c = w->dweights + (ky * across + kx) * rows * padded,
                                   .c_row = padded,
                                   .accumulate = true});
        }
    }
}

static void take_weight_derivatives(float *gradient, const workspace *w) {
    const tau_cpu_window_shape *s = &w->shape;
    const size_t places = s->kernel[0] * s->kernel[1], padded = tau_cpu_pad(s->out_channels);
    for (size_t o = 0; o < s->out_channels; o++)
        for (size_t i = 0; i < s->channels; i++)
            for (size_t t = 0; t < places; t++)
                gradient[(o * s->channels + i) * places + t] +=
                    w->dweights[(t * s->channels + i) * padded + o];
}

static void add_bias_derivatives(float *gradient, const workspace *w, const float *dy) {
    const size_t pixels = w->shape.out_height * w->shape.out_width;
    for (size_t p = 0; p < pixels; p++, dy += w->out_pixel)
        for (size_t o = 0; o < w->shape.out_channels; o++) gradient[o] += dy[o];
}

void tau_cpu_direct_conv_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const workspace w = lay_out(step, frame);
    const tau_cpu_window_shape *s = &w.shape;
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const tau_node *node = step->node;
    float *bias = node->input_count > 2 && node->inputs[2] >= 0
                      ? tau_cpu_stored_gradient(frame, node->inputs[2])
                      : NULL;
    float *dx = tau_cpu_derivative_at(frame, step->inputs[0]);
    memset(w.dweights, 0,
           s->kernel[0] * s->kernel[1] * s->channels * tau_cpu_pad(s->out_channels) * sizeof *w.dweights);
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        const float *dy = tau_cpu_derivative_at(frame, step->output) + i * out->stride;
        if (w.to.needed) tau_cpu_pad_image(w.padded, &w.to, image, s, w.pixel);
        add_weight_derivatives(&w, frame, w.to.needed ? w.padded : image, dy);
        if (bias) add_bias_derivatives(bias, &w, dy);
        if (!dx) continue;
        add_input_derivatives(&w, step, frame, dy);
        take_input_derivatives(dx + i * in->stride, &w, step->accumulates[0]);
    }
    take_weight_derivatives(tau_cpu_stored_gradient(frame, node->inputs[1]), &w);
}
