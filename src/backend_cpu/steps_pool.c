/* Pools over images. */
#include <math.h>
#include <string.h>

#include "backend_cpu/operations.h"

/* Rows or columns of the image under one window: [first, first + step, …) below end. */
typedef struct span {
    size_t first, end, step;
    size_t with_padding; /**< how many there are if padding counts */
} span;

static span span_of(const tau_cpu_window_shape *s, const tau_window *window, int axis, size_t place) {
    const size_t size = axis == 0 ? s->height : s->width, step = s->dilation[axis], pad = s->pad[axis];
    const size_t start = place * s->stride[axis], stop = start + (s->kernel[axis] - 1) * step + 1;
    const size_t limit = size + pad + (size_t)window->pad[axis + 2];
    span result = {.step = step};
    size_t first = start;
    while (first < pad) first += step;
    result.first = first - pad;
    result.end = stop < size + pad ? stop - pad : size;
    if (stop <= pad) result.end = 0;
    result.with_padding = (stop < limit ? stop : limit) - start;
    return result;
}

static size_t places_in(const span *s) {
    return s->first >= s->end ? 0 : (s->end - s->first + s->step - 1) / s->step;
}

static double average_divisor(const tau_window *window, const span *rows, const span *columns) {
    return window->count_pad ? (double)(rows->with_padding * columns->with_padding)
                             : (double)(places_in(rows) * places_in(columns));
}

static void pool_window(float *to, const float *image, const tau_cpu_tensor *in, const span *rows,
                        const span *columns, bool largest, const tau_cpu_frame *frame) {
    bool first = true;
    for (size_t y = rows->first; y < rows->end; y += rows->step) {
        for (size_t x = columns->first; x < columns->end; x += columns->step) {
            const float *pixel = image + (y * in->width + x) * in->channel_stride;
            if (first)
                memcpy(to, pixel, in->channels * sizeof *to);
            else if (largest)
                frame->kernels->largest(to, to, pixel, in->channels);
            else
                frame->kernels->add(to, to, pixel, in->channels, false);
            first = false;
        }
    }
    if (first)
        for (size_t c = 0; c < in->channels; c++) to[c] = largest ? -INFINITY : 0;
}

static void run_window_pool(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const tau_window *window = &step->node->attributes.window;
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const bool largest = step->node->op == TAU_OP_MAX_POOL;
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        float *to = tau_cpu_at(frame, step->output) + i * out->stride;
        for (size_t y = 0; y < s.out_height; y++) {
            const span rows = span_of(&s, window, 0, y);
            for (size_t x = 0; x < s.out_width; x++, to += out->channel_stride) {
                const span columns = span_of(&s, window, 1, x);
                pool_window(to, image, in, &rows, &columns, largest, frame);
                if (largest) continue;
                const float share = (float)(1.0 / average_divisor(window, &rows, &columns));
                for (size_t c = 0; c < in->channels; c++) to[c] *= share;
            }
        }
    }
}

/* The first place that holds the maximum gets the derivative; so does the first NaN. */
static void spread_largest(float *din, const float *image, const float *dout, const float *y, size_t channel,
                           const tau_cpu_tensor *in, const span *rows, const span *columns) {
    for (size_t r = rows->first; r < rows->end; r += rows->step) {
        for (size_t c = columns->first; c < columns->end; c += columns->step) {
            const size_t at = (r * in->width + c) * in->channel_stride + channel;
            if (image[at] != y[channel] && !(isnan(y[channel]) && isnan(image[at]))) continue;
            din[at] += dout[channel];
            return;
        }
    }
}

static void spread_average(float *din, const float *dout, const tau_cpu_tensor *in, const span *rows,
                           const span *columns, float share) {
    for (size_t r = rows->first; r < rows->end; r += rows->step)
        for (size_t c = columns->first; c < columns->end; c += columns->step) {
            float *pixel = din + (r * in->width + c) * in->channel_stride;
            for (size_t k = 0; k < in->channels; k++) pixel[k] += dout[k] * share;
        }
}

static void spread_window(const tau_cpu_step *step, const tau_cpu_tensor *in, const span *rows,
                          const span *columns, float *din, const float *image, const float *dout,
                          const float *y) {
    const tau_window *window = &step->node->attributes.window;
    if (step->node->op == TAU_OP_MAX_POOL)
        for (size_t c = 0; c < in->channels; c++) spread_largest(din, image, dout, y, c, in, rows, columns);
    else
        spread_average(din, dout, in, rows, columns, (float)(1.0 / average_divisor(window, rows, columns)));
}

static void run_window_pool_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(frame->program->graph, step->node);
    const tau_window *window = &step->node->attributes.window;
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    float *din = tau_cpu_derivative_at(frame, step->inputs[0]);
    if (!din) return;
    if (!step->accumulates[0]) memset(din, 0, frame->count * in->stride * sizeof *din);
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        const float *dout = tau_cpu_derivative_at(frame, step->output) + i * out->stride;
        const float *y = tau_cpu_at(frame, step->output) + i * out->stride;
        for (size_t p = 0; p < s.out_height * s.out_width; p++) {
            const span rows = span_of(&s, window, 0, p / s.out_width);
            const span columns = span_of(&s, window, 1, p % s.out_width);
            spread_window(step, in, &rows, &columns, din + i * in->stride, image,
                          dout + p * out->channel_stride, y + p * out->channel_stride);
        }
    }
}

static void run_global_pool(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const size_t pixels = in->height * in->width;
    for (size_t i = 0; i < frame->count; i++) {
        const float *image = tau_cpu_at(frame, step->inputs[0]) + i * in->stride;
        float *to = tau_cpu_at(frame, step->output) + i * out->stride;
        memset(to, 0, in->channels * sizeof *to);
        for (size_t p = 0; p < pixels; p++)
            frame->kernels->add(to, to, image + p * in->channel_stride, in->channels, false);
        for (size_t c = 0; c < in->channels; c++) to[c] *= (float)(1.0 / (double)pixels);
    }
}

static void run_global_pool_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const size_t pixels = in->height * in->width;
    const float share = (float)(1.0 / (double)pixels);
    float *din = tau_cpu_derivative_at(frame, step->inputs[0]);
    if (!din) return;
    if (!step->accumulates[0]) memset(din, 0, frame->count * in->stride * sizeof *din);
    for (size_t i = 0; i < frame->count; i++) {
        const float *dout = tau_cpu_derivative_at(frame, step->output) + i * out->stride;
        for (size_t p = 0; p < pixels; p++) {
            float *pixel = din + i * in->stride + p * in->channel_stride;
            for (size_t c = 0; c < in->channels; c++) pixel[c] += dout[c] * share;
        }
    }
}

const tau_cpu_operation tau_cpu_window_pool = {.run = run_window_pool,
                                               .run_backward = run_window_pool_backward};
const tau_cpu_operation tau_cpu_global_pool = {.run = run_global_pool,
                                               .run_backward = run_global_pool_backward};
