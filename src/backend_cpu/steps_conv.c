/* Convolutions. */
#include <string.h>

#include "backend_cpu/operations.h"

tau_cpu_window_shape tau_cpu_window_shape_of(const tau_graph *graph, const tau_node *node) {
    const tau_shape *x = &graph->values[node->inputs[0]].shape, *y = &graph->values[node->output].shape;
    const tau_window *w = &node->attributes.window;
    const bool flat = x->rank == 2;
    tau_cpu_window_shape s = {.channels = (size_t)x->dim[0],
                              .height = flat ? 1 : (size_t)x->dim[1],
                              .width = (size_t)x->dim[x->rank - 1],
                              .out_channels = (size_t)y->dim[0],
                              .out_height = flat ? 1 : (size_t)y->dim[1],
                              .out_width = (size_t)y->dim[y->rank - 1],
                              .pad = {(size_t)w->pad[0], (size_t)w->pad[1]},
                              .groups = w->groups > 1 ? (size_t)w->groups : 1};
    for (int i = 0; i < 2; i++) {
        s.kernel[i] = (size_t)w->kernel[i];
        s.stride[i] = (size_t)w->stride[i];
        s.dilation[i] = (size_t)w->dilation[i];
    }
    return s;
}

/* What the windows reach, which may be less than the image and its padding. */
tau_cpu_padded_shape tau_cpu_padded_shape_of(const tau_cpu_window_shape *s) {
    tau_cpu_padded_shape p;
    p.height = (s->out_height - 1) * s->stride[0] + (s->kernel[0] - 1) * s->dilation[0] + 1;
    p.width = (s->out_width - 1) * s->stride[1] + (s->kernel[1] - 1) * s->dilation[1] + 1;
    p.needed = s->pad[0] + s->pad[1] > 0 || p.height > s->height || p.width > s->width;
    if (!p.needed) p.height = s->height, p.width = s->width;
    return p;
}

void tau_cpu_pad_image(float *padded, const tau_cpu_padded_shape *to, const float *image,
                       const tau_cpu_window_shape *s, size_t channel_stride) {
    memset(padded, 0, to->height * to->width * channel_stride * sizeof *padded);
    const size_t columns = to->width < s->width + s->pad[1] ? to->width - s->pad[1] : s->width;
    if (to->width <= s->pad[1]) return;
    for (size_t y = 0; y < s->height && y + s->pad[0] < to->height; y++)
        memcpy(padded + ((y + s->pad[0]) * to->width + s->pad[1]) * channel_stride,
               image + y * s->width * channel_stride, columns * channel_stride * sizeof *padded);
}

size_t tau_cpu_conv_scratch(const tau_cpu_window_shape *s, size_t channel_stride, bool trains) {
    const tau_cpu_padded_shape p = tau_cpu_padded_shape_of(s);
    const size_t taps = 2 * tau_cpu_pad(s->kernel[0] * s->kernel[1] + s->out_height);
    const size_t image = tau_cpu_pad(p.height * p.width * channel_stride);
    const size_t weights = s->kernel[0] * s->kernel[1] * s->channels * tau_cpu_pad(s->out_channels);
    const size_t running = taps + (trains ? 2 * image + weights : image);
    const size_t preparing = tau_cpu_scale_scratch(s->out_channels);
    return TAU_CPU_PANEL + (running > preparing ? running : preparing);
}

/* Whether all weights are finite: zeros of the padding times infinity would be NaN where there is nothing. */
static bool all_finite(const float *weights, size_t count) {
    float sum = 0;
    for (size_t i = 0; i < count; i++) sum += weights[i] - weights[i];
    return sum == 0;
}

static void prepare_direct(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const size_t places = s.kernel[0] * s.kernel[1];
    float *packed = frame->point->packed + step->packed;
    double *scale = (double *)(void *)frame->scratch;
    tau_cpu_pack_bias(packed + places * s.channels * tau_cpu_pad(s.out_channels), scale, step, frame,
                      s.out_channels);
    tau_cpu_pack(packed, &(tau_cpu_packing){.weights = tau_cpu_stored(frame, step->node->inputs[1]),
                                            .outers = s.channels,
                                            .inners = places,
                                            .k_step = 1,
                                            .n = s.out_channels,
                                            .n_step = places * s.channels,
                                            .scale = step->batch_norm ? scale : NULL});
    packed[(places * s.channels + 1) * tau_cpu_pad(s.out_channels)] =
        all_finite(packed, places * s.channels * tau_cpu_pad(s.out_channels));
    const float *weights = tau_cpu_stored(frame, step->node->inputs[1]);
    for (size_t t = 0; step->trains && t < places; t++)
        tau_cpu_pack(frame->point->packed + step->packed_backward +
                         t * s.out_channels * tau_cpu_pad(s.channels),
                     &(tau_cpu_packing){.weights = weights + t,
                                        .outers = 1,
                                        .inners = s.out_channels,
                                        .k_step = places * s.channels,
                                        .n = s.channels,
                                        .n_step = places});
}

/* Outputs [first, end) along one axis that a place of the window gives something. */
static void reached(size_t *first, size_t *end, const tau_cpu_window_shape *s, int axis, size_t place) {
    const size_t size = axis == 0 ? s->height : s->width, out = axis == 0 ? s->out_height : s->out_width;
    const size_t shift = place * s->dilation[axis], pad = s->pad[axis], stride = s->stride[axis];
    *first = shift >= pad ? 0 : (pad - shift + stride - 1) / stride;
    *end = size + pad <= shift ? 0 : (size + pad - shift - 1) / stride + 1;
    if (*end > out) *end = out;
    if (*first > *end) *first = *end;
}

/* One place of the window after the other over the image itself, so that padding is left out and not
 * multiplied. */
static void convolve_inside(const tau_cpu_step *step, const tau_cpu_frame *frame,
                            const tau_cpu_window_shape *s, const float *image, float *output) {
    const size_t pixel = frame->program->tensors[step->inputs[0]].channel_stride;
    const size_t out_pixel = frame->program->tensors[step->output].channel_stride;
    const size_t places = s->kernel[0] * s->kernel[1], k = places * s->channels;
    const float *packed = frame->point->packed + step->packed,
                *bias = packed + k * tau_cpu_pad(s->out_channels);
    for (size_t p = 0; p < s->out_height * s->out_width; p++)
        memcpy(output + p * out_pixel, bias, s->out_channels * sizeof *output);
    for (size_t t = 0; t < places; t++) {
        const size_t ky = t / s->kernel[1], kx = t % s->kernel[1];
        size_t y0, y1, x0, x1;
        reached(&y0, &y1, s, 0, ky);
        reached(&x0, &x1, s, 1, kx);
        for (size_t y = y0; y < y1 && x0 < x1; y++) {
            const size_t row = y * s->stride[0] + ky * s->dilation[0] - s->pad[0];
            const size_t column = x0 * s->stride[1] + kx * s->dilation[1] - s->pad[1];
            frame->kernels->product(&(tau_cpu_product){.m = x1 - x0,
                                                       .n = s->out_channels,
                                                       .depth = s->channels,
                                                       .a = image + (row * s->width + column) * pixel,
                                                       .a_row = s->stride[1] * pixel,
                                                       .a_column = 1,
                                                       .b = packed + t * s->channels * TAU_CPU_PANEL,
                                                       .b_row = TAU_CPU_PANEL,
                                                       .b_panel = k * TAU_CPU_PANEL,
                                                       .c = output + (y * s->out_width + x0) * out_pixel,
                                                       .c_row = out_pixel,
                                                       .accumulate = true});
        }
    }
}

static void finish_inside(const tau_cpu_step *step, const tau_cpu_frame *frame, float *output,
                          const float *residual) {
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const size_t other = residual ? frame->program->tensors[step->residual].channel_stride : 0;
    for (size_t p = 0; p < out->height * out->width; p++) {
        float *pixel = output + p * out->channel_stride;
        if (residual)
            frame->kernels->add(pixel, pixel, residual + p * other, out->channels, step->relu);
        else if (step->relu)
            frame->kernels->apply(pixel, pixel, out->channels, &(tau_cpu_function){.op = TAU_OP_RELU});
    }
}

/* Places of the window in a padded image. Channels that lie side by side make one tap of a row of the window.
 */
static size_t place_taps(size_t *taps, size_t *depth, const tau_cpu_window_shape *s, size_t row,
                         size_t pixel) {
    const bool merged = pixel == s->channels && s->dilation[1] == 1;
    const size_t across = merged ? 1 : s->kernel[1];
    *depth = merged ? s->kernel[1] * s->channels : s->channels;
    for (size_t y = 0; y < s->kernel[0]; y++)
        for (size_t x = 0; x < across; x++)
            taps[y * across + x] = y * s->dilation[0] * row + x * s->dilation[1] * pixel;
    return s->kernel[0] * across;
}

static void run_direct(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const tau_cpu_padded_shape to = tau_cpu_padded_shape_of(&s);
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const tau_cpu_tensor *other = step->residual < 0 ? out : &frame->program->tensors[step->residual];
    const size_t pixel = in->channel_stride, row = to.width * pixel,
                 k = s.kernel[0] * s.kernel[1] * s.channels;
    size_t *taps = (size_t *)(void *)frame->scratch, depth;
    const size_t tap_count = place_taps(taps, &depth, &s, row, pixel);
    float *padded = frame->scratch + 2 * tau_cpu_pad(tap_count);
    const float *packed = frame->point->packed + step->packed;
    const bool finite = packed[(k + 1) * tau_cpu_pad(s.out_channels)] == 1;
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        float *output = tau_cpu_at(frame, step->output) + i * out->stride;
        const float *residual =
            step->residual < 0 ? NULL : tau_cpu_at(frame, step->residual) + i * other->stride;
        if (to.needed && !finite) {
            convolve_inside(step, frame, &s, image, output);
            finish_inside(step, frame, output, residual);
            continue;
        }
        if (to.needed) tau_cpu_pad_image(padded, &to, image, &s, pixel);
        for (size_t y = 0; y < s.out_height; y++) {
            const size_t line = y * s.out_width * out->channel_stride;
            frame->kernels->product(&(tau_cpu_product){
                .m = s.out_width,
                .n = s.out_channels,
                .depth = depth,
                .a = (to.needed ? padded : image) + y * s.stride[0] * row,
                .a_row = s.stride[1] * pixel,
                .a_column = 1,
                .taps = taps,
                .tap_count = tap_count,
                .b = packed,
                .b_row = TAU_CPU_PANEL,
                .b_panel = k * TAU_CPU_PANEL,
                .c = output + line,
                .c_row = out->channel_stride,
                .bias = packed + k * tau_cpu_pad(s.out_channels),
                .residual = residual ? residual + y * s.out_width * other->channel_stride : NULL,
                .residual_row = other->channel_stride,
                .relu = step->relu});
        }
    }
}

/* Tiles that are transformed together: their inputs and products stay in the second-level cache. */
static size_t tiles_at_once(const tau_cpu_window_shape *s) {
    const size_t cache = (size_t)96 << 10,
                 fitting = cache / (36 * (s->channels + tau_cpu_pad(s->out_channels)));
    const size_t tiles = fitting / 6 * 6;
    return tiles < 6 ? 6 : tiles > 48 ? 48 : tiles;
}

size_t tau_cpu_winograd_scratch(const tau_cpu_window_shape *s) {
    const size_t padded = tau_cpu_pad(s->out_channels);
    const size_t filters = s->channels * 9 * padded + tau_cpu_scale_scratch(s->out_channels);
    const size_t tiles = 36 * tiles_at_once(s) * (s->channels + padded);
    const size_t border = 36 * (tiles_at_once(s) + 1) * s->channels;
    const size_t running = tiles > border ? tiles : border;
    return filters > running ? filters : running;
}

static void prepare_winograd(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const size_t padded = tau_cpu_pad(s.out_channels), k = s.channels * 9;
    float *packed = frame->point->packed + step->packed;
    double *scale = (double *)(void *)frame->scratch;
    float *filters = frame->scratch + tau_cpu_scale_scratch(s.out_channels);
    const float *weights = tau_cpu_stored(frame, step->node->inputs[1]);
    tau_cpu_pack_bias(packed + 36 * s.channels * padded, scale, step, frame, s.out_channels);
    for (size_t o = 0; o < padded; o++) {
        const double factor = step->batch_norm && o < s.out_channels ? scale[o] : 1.0;
        for (size_t i = 0; i < k; i++)
            filters[i * padded + o] = o < s.out_channels ? (float)((double)weights[o * k + i] * factor) : 0;
    }
    frame->kernels->winograd_filters(packed, filters, s.channels, s.out_channels);
}

static void run_winograd(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const float *packed = frame->point->packed + step->packed;
    const tau_cpu_winograd shape = {.images = frame->count,
                                    .image_stride = in->stride,
                                    .height = s.height,
                                    .width = s.width,
                                    .channels = s.channels,
                                    .channel_stride = in->channel_stride,
                                    .pad_top = s.pad[0],
                                    .pad_left = s.pad[1],
                                    .out_stride = out->stride,
                                    .out_height = s.out_height,
                                    .out_width = s.out_width,
                                    .out_channels = s.out_channels,
                                    .out_channel_stride = out->channel_stride,
                                    .tiles_at_once = tiles_at_once(&s),
                                    .residual = step->residual < 0 ? NULL : tau_cpu_at(frame, step->residual),
                                    .relu = step->relu,
                                    .pool = step->pool};
    frame->kernels->winograd(&shape, tau_cpu_at(frame, step->inputs[0]), packed,
                             packed + 36 * s.channels * tau_cpu_pad(s.out_channels),
                             tau_cpu_at(frame, step->output), frame->scratch);
}

/* One filter plane over one channel of a plain image: out += w * in. */
static void add_plane(float *out, const float *in, const float *weights, const tau_cpu_window_shape *s) {
    for (size_t ky = 0; ky < s->kernel[0]; ky++) {
        for (size_t kx = 0; kx < s->kernel[1]; kx++) {
            size_t y0, y1, x0, x1;
            reached(&y0, &y1, s, 0, ky);
            reached(&x0, &x1, s, 1, kx);
            const float w = weights[ky * s->kernel[1] + kx];
            for (size_t y = y0; y < y1; y++) {
                const float *row = in + (y * s->stride[0] + ky * s->dilation[0] - s->pad[0]) * s->width;
                for (size_t x = x0; x < x1; x++)
                    out[y * s->out_width + x] += w * row[x * s->stride[1] + kx * s->dilation[1] - s->pad[1]];
            }
        }
    }
}

static void run_grouped(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const size_t per_in = s.channels / s.groups, per_out = s.out_channels / s.groups;
    const size_t plane = s.height * s.width, out_plane = s.out_height * s.out_width;
    const size_t places = s.kernel[0] * s.kernel[1];
    const tau_node *node = step->node;
    const float *weights = tau_cpu_stored(frame, node->inputs[1]);
    const float *bias =
        node->input_count > 2 && node->inputs[2] >= 0 ? tau_cpu_stored(frame, node->inputs[2]) : NULL;
    for (size_t i = 0; i < frame->count; i++) {
        const float *in =
            tau_cpu_at(frame, step->inputs[0]) + i * frame->program->tensors[step->inputs[0]].stride;
        float *out = tau_cpu_at(frame, step->output) + i * frame->program->tensors[step->output].stride;
        for (size_t o = 0; o < s.out_channels; o++) {
            float *to = out + o * out_plane;
            for (size_t p = 0; p < out_plane; p++) to[p] = bias ? bias[o] : 0;
            for (size_t c = 0; c < per_in; c++)
                add_plane(to, in + (o / per_out * per_in + c) * plane, weights + (o * per_in + c) * places,
                          &s);
        }
    }
}

/* Derivatives of one filter plane and one channel; either may be left out. */
static void add_plane_derivatives(float *din, float *dweights, const float *dout, const float *in,
                                  const float *weights, const tau_cpu_window_shape *s) {
    for (size_t ky = 0; ky < s->kernel[0]; ky++) {
        for (size_t kx = 0; kx < s->kernel[1]; kx++) {
            size_t y0, y1, x0, x1;
            reached(&y0, &y1, s, 0, ky);
            reached(&x0, &x1, s, 1, kx);
            const float w = weights[ky * s->kernel[1] + kx];
            double sum = 0;
            for (size_t y = y0; y < y1; y++) {
                const size_t row = (y * s->stride[0] + ky * s->dilation[0] - s->pad[0]) * s->width;
                for (size_t x = x0; x < x1; x++) {
                    const size_t at = row + x * s->stride[1] + kx * s->dilation[1] - s->pad[1];
                    const float d = dout[y * s->out_width + x];
                    sum += (double)d * (double)in[at];
                    if (din) din[at] += d * w;
                }
            }
            dweights[ky * s->kernel[1] + kx] += (float)sum;
        }
    }
}

static void add_bias_derivative(float *bias, const float *dout, size_t count) {
    double sum = 0;
    for (size_t p = 0; p < count; p++) sum += (double)dout[p];
    *bias += (float)sum;
}

static void run_grouped_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const size_t per_in = s.channels / s.groups, per_out = s.out_channels / s.groups;
    const size_t plane = s.height * s.width, out_plane = s.out_height * s.out_width;
    const size_t places = s.kernel[0] * s.kernel[1], stride = frame->program->tensors[step->inputs[0]].stride;
    const tau_node *node = step->node;
    const float *weights = tau_cpu_stored(frame, node->inputs[1]);
    float *dweights = tau_cpu_stored_gradient(frame, node->inputs[1]);
    float *dbias = node->input_count > 2 && node->inputs[2] >= 0
                       ? tau_cpu_stored_gradient(frame, node->inputs[2])
                       : NULL;
    float *din = tau_cpu_derivative_at(frame, step->inputs[0]);
    if (din && !step->accumulates[0]) memset(din, 0, frame->count * stride * sizeof *din);
    for (size_t i = 0; i < frame->count; i++) {
        const float *in = tau_cpu_at(frame, step->inputs[0]) + i * stride;
        const float *dout =
            tau_cpu_derivative_at(frame, step->output) + i * frame->program->tensors[step->output].stride;
        for (size_t o = 0; o < s.out_channels; o++) {
            if (dbias) add_bias_derivative(dbias + o, dout + o * out_plane, out_plane);
            for (size_t c = 0; c < per_in; c++) {
                const size_t from = (o / per_out * per_in + c) * plane, filter = (o * per_in + c) * places;
                add_plane_derivatives(din ? din + i * stride + from : NULL, dweights + filter,
                                      dout + o * out_plane, in + from, weights + filter, &s);
            }
        }
    }
}

const tau_cpu_operation tau_cpu_direct_conv = {prepare_direct, run_direct, tau_cpu_direct_conv_backward};
const tau_cpu_operation tau_cpu_winograd_conv = {.prepare = prepare_winograd, .run = run_winograd};
const tau_cpu_operation tau_cpu_grouped_conv = {.run = run_grouped, .run_backward = run_grouped_backward};
