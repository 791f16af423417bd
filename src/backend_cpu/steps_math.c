/* Functions, arithmetic, softmax, dropout and batch norm with running statistics. */
#include <math.h>
#include <string.h>

#include "backend_cpu/operations.h"

bool tau_cpu_is_function(tau_op op) {
    return op >= TAU_OP_RELU && op <= TAU_OP_CLIP;
}

tau_cpu_function tau_cpu_function_of(const tau_node *node) {
    const tau_attributes *a = &node->attributes;
    return (tau_cpu_function){node->op, (float)a->alpha, (float)a->beta, (float)a->gamma, a->approximate};
}

static void run_function(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_function function = tau_cpu_function_of(step->node);
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const float *x = tau_cpu_at(frame, step->inputs[0]);
    float *y = tau_cpu_at(frame, step->output);
    if (in->stride == out->stride) {
        frame->kernels->apply(y, x, frame->count * in->stride, &function);
        return;
    }
    for (size_t i = 0; i < frame->count; i++)
        frame->kernels->apply(y + i * out->stride, x + i * in->stride, in->size, &function);
}

static void run_function_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_function function = tau_cpu_function_of(step->node);
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    float *dx = tau_cpu_derivative_at(frame, step->inputs[0]);
    for (size_t i = 0; dx && i < frame->count; i++)
        frame->kernels->apply_backward(dx + i * in->stride,
                                       tau_cpu_at(frame, step->inputs[0]) + i * in->stride,
                                       tau_cpu_at(frame, step->output) + i * out->stride,
                                       tau_cpu_derivative_at(frame, step->output) + i * out->stride, in->size,
                                       &function, step->accumulates[0]);
}

/* An operand of elementwise arithmetic, right-aligned with the output's shape. */
typedef struct operand {
    const float *data; /* of the sample, or of the stored tensor */
    float *derivative; /* same, or NULL */
    size_t step[TAU_SHAPE_MAX_RANK];
} operand;

static operand operand_of(const tau_cpu_step *step, const tau_cpu_frame *frame, int index, size_t sample) {
    const tau_graph *graph = frame->program->graph;
    const int value = step->node->inputs[index], tensor = step->inputs[index];
    const tau_shape *shape = &graph->values[value].shape, *out = &graph->values[step->node->output].shape;
    operand o = {0};
    if (tensor >= 0) {
        const size_t offset = sample * frame->program->tensors[tensor].stride;
        o.data = tau_cpu_at(frame, tensor) + offset;
        if (frame->training) o.derivative = tau_cpu_derivative_at(frame, tensor);
        if (o.derivative) o.derivative += offset;
    } else {
        o.data = tau_cpu_stored(frame, value);
        if (frame->training) o.derivative = tau_cpu_stored_gradient(frame, value);
    }
    size_t distance = 1;
    for (int axis = out->rank - 1, own = shape->rank - 1; axis >= 0 && own >= 0; axis--, own--) {
        o.step[axis] = shape->dim[own] > 1 ? distance : 0;
        distance *= (size_t)shape->dim[own];
    }
    return o;
}

static float combine(tau_op op, float a, float b) {
    switch (op) {
    case TAU_OP_ADD:
        return a + b;
    case TAU_OP_SUB:
        return a - b;
    case TAU_OP_MUL:
        return a * b;
    default:
        return a / b;
    }
}

/* Offsets of neighbours along the innermost axis. */
typedef struct line {
    size_t count, a, b;
} line;

static void combine_line(tau_op op, float *y, const float *a, const float *b, const line *l) {
    for (size_t i = 0; i < l->count; i++) y[i] = combine(op, a[i * l->a], b[i * l->b]);
}

static void derive_line(tau_op op, const float *dy, const operand *x, const operand *y, size_t at_a,
                        size_t at_b, const line *l) {
    for (size_t i = 0; i < l->count; i++) {
        const size_t p = at_a + i * l->a, q = at_b + i * l->b;
        const float a = x->data[p], b = y->data[q], d = dy[i];
        const float of_a = op == TAU_OP_MUL ? b : op == TAU_OP_DIV ? 1 / b : 1;
        const float of_b = op == TAU_OP_ADD ? 1 : op == TAU_OP_SUB ? -1 : op == TAU_OP_MUL ? a : -a / (b * b);
        if (x->derivative) x->derivative[p] += d * of_a;
        if (y->derivative) y->derivative[q] += d * of_b;
    }
}

/* Walks the output line by line; `y` is written (forward) or holds derivatives (backward). */
static void walk_lines(const tau_cpu_step *step, const tau_shape *shape, float *y, const operand *a,
                       const operand *b, bool backward) {
    const int last = shape->rank - 1;
    const line l = {last < 0 ? 1 : (size_t)shape->dim[last], last < 0 ? 0 : a->step[last],
                    last < 0 ? 0 : b->step[last]};
    const size_t lines = tau_shape_size(shape) / l.count;
    for (size_t n = 0; n < lines; n++, y += l.count) {
        size_t rest = n, at_a = 0, at_b = 0;
        for (int axis = last - 1; axis >= 0; axis--) {
            const size_t place = rest % (size_t)shape->dim[axis];
            rest /= (size_t)shape->dim[axis];
            at_a += place * a->step[axis];
            at_b += place * b->step[axis];
        }
        if (backward)
            derive_line(step->node->op, y, a, b, at_a, at_b, &l);
        else
            combine_line(step->node->op, y, a->data + at_a, b->data + at_b, &l);
    }
}

static bool is_alike(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors;
    return step->inputs[0] >= 0 && step->inputs[1] >= 0 &&
           tensors[step->inputs[0]].size == tensors[step->output].size &&
           tensors[step->inputs[1]].size == tensors[step->output].size;
}

static void run_arithmetic(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    const tau_shape *shape = &frame->program->graph->values[step->node->output].shape;
    for (size_t i = 0; i < frame->count; i++) {
        float *y = tau_cpu_at(frame, step->output) + i * out->stride;
        const operand a = operand_of(step, frame, 0, i), b = operand_of(step, frame, 1, i);
        if (is_alike(step, frame) && step->node->op == TAU_OP_ADD) {
            frame->kernels->add(y, a.data, b.data, out->size, step->relu);
            continue;
        }
        if (is_alike(step, frame))
            combine_line(step->node->op, y, a.data, b.data, &(line){out->size, 1, 1});
        else
            walk_lines(step, shape, y, &a, &b, false);
        for (size_t k = 0; step->relu && k < out->size; k++) y[k] = y[k] < 0 ? 0 : y[k];
    }
}

static void run_arithmetic_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors, *out = &tensors[step->output];
    const tau_shape *shape = &frame->program->graph->values[step->node->output].shape;
    for (int k = 0; k < 2; k++) {
        if (step->inputs[k] < 0 || step->accumulates[k]) continue;
        float *d = tau_cpu_derivative_at(frame, step->inputs[k]);
        if (d) memset(d, 0, frame->count * tensors[step->inputs[k]].stride * sizeof *d);
    }
    for (size_t i = 0; i < frame->count; i++) {
        float *dy = tau_cpu_derivative_at(frame, step->output) + i * out->stride;
        const operand a = operand_of(step, frame, 0, i), b = operand_of(step, frame, 1, i);
        if (is_alike(step, frame))
            derive_line(step->node->op, dy, &a, &b, 0, 0, &(line){out->size, 1, 1});
        else
            walk_lines(step, shape, dy, &a, &b, true);
    }
}

/* Rows of a softmax: `count` elements `step` apart. */
typedef struct softmax_shape {
    size_t outer, count, step;
} softmax_shape;

static softmax_shape softmax_shape_of(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_shape *shape = &frame->program->graph->values[step->node->output].shape;
    softmax_shape s = {1, (size_t)shape->dim[step->node->attributes.axis], 1};
    for (int axis = 0; axis < shape->rank; axis++) {
        if (axis < step->node->attributes.axis) s.outer *= (size_t)shape->dim[axis];
        if (axis > step->node->attributes.axis) s.step *= (size_t)shape->dim[axis];
    }
    return s;
}

static void softmax_row(float *y, const float *x, const softmax_shape *s, bool logarithm) {
    float largest = x[0];
    for (size_t i = 1; i < s->count; i++)
        if (!(x[i * s->step] <= largest)) largest = x[i * s->step]; /* NaN wins, and travels */
    double sum = 0;
    for (size_t i = 0; i < s->count; i++) sum += exp((double)x[i * s->step] - (double)largest);
    const double log_sum = log(sum);
    for (size_t i = 0; i < s->count; i++) {
        const double l = (double)x[i * s->step] - (double)largest - log_sum;
        y[i * s->step] = (float)(logarithm ? l : exp(l));
    }
}

static void softmax_row_backward(float *dx, const float *y, const float *dy, const softmax_shape *s,
                                 bool logarithm, bool accumulate) {
    double sum = 0;
    for (size_t i = 0; i < s->count; i++)
        sum += (double)dy[i * s->step] * (logarithm ? 1.0 : (double)y[i * s->step]);
    for (size_t i = 0; i < s->count; i++) {
        const double p = (double)y[i * s->step], d = (double)dy[i * s->step];
        const float result = (float)(logarithm ? d - exp(p) * sum : p * (d - sum));
        dx[i * s->step] = accumulate ? dx[i * s->step] + result : result;
    }
}

static void run_softmax(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const softmax_shape s = softmax_shape_of(step, frame);
    const tau_cpu_tensor *tensors = frame->program->tensors;
    for (size_t i = 0; i < frame->count; i++) {
        const float *x = tau_cpu_at(frame, step->inputs[0]) + i * tensors[step->inputs[0]].stride;
        float *y = tau_cpu_at(frame, step->output) + i * tensors[step->output].stride;
        for (size_t r = 0; r < s.outer * s.step; r++) {
            const size_t start = r / s.step * s.count * s.step + r % s.step;
            softmax_row(y + start, x + start, &s, step->node->op == TAU_OP_LOG_SOFTMAX);
        }
    }
}

static void run_softmax_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const softmax_shape s = softmax_shape_of(step, frame);
    const tau_cpu_tensor *tensors = frame->program->tensors;
    float *dx = tau_cpu_derivative_at(frame, step->inputs[0]);
    for (size_t i = 0; dx && i < frame->count; i++) {
        const float *y = tau_cpu_at(frame, step->output) + i * tensors[step->output].stride;
        const float *dy = tau_cpu_derivative_at(frame, step->output) + i * tensors[step->output].stride;
        for (size_t r = 0; r < s.outer * s.step; r++) {
            const size_t start = r / s.step * s.count * s.step + r % s.step;
            softmax_row_backward(dx + i * tensors[step->inputs[0]].stride + start, y + start, dy + start, &s,
                                 step->node->op == TAU_OP_LOG_SOFTMAX, step->accumulates[0]);
        }
    }
}

/* y (+)= x·mask of one sample; the identity outside training. */
static void apply_mask(float *y, const float *x, const tau_cpu_step *step, const tau_cpu_frame *frame,
                       size_t sample, bool accumulate) {
    const size_t size = frame->program->tensors[step->output].size;
    const tau_batch *batch = frame->training->batch;
    const tau_dropout_mask mask = {batch->seed, batch->step, step->node_index, step->node->attributes.alpha};
    const float scale = (float)tau_dropout_scale(mask.rate);
    const uint32_t threshold = tau_dropout_threshold(mask.rate);
    uint32_t words[TAU_DROPOUT_BLOCK];
    uint64_t drawn = UINT64_MAX;
    for (size_t i = 0; i < size; i++) {
        const uint64_t element = (uint64_t)sample * size + i;
        if (element / TAU_DROPOUT_BLOCK != drawn) {
            drawn = element / TAU_DROPOUT_BLOCK;
            tau_dropout_draw(words, &mask, drawn);
        }
        const float factor = words[element % TAU_DROPOUT_BLOCK] >= threshold ? scale : 0;
        y[i] = accumulate ? y[i] + x[i] * factor : x[i] * factor;
    }
}

static void pass_dropout(const tau_cpu_step *step, const tau_cpu_frame *frame, float *y, const float *x,
                         size_t y_stride, size_t x_stride, bool accumulate) {
    const size_t size = frame->program->tensors[step->output].size;
    const bool drops = frame->training && frame->training->batch->training;
    for (size_t i = 0; i < frame->count; i++, y += y_stride, x += x_stride) {
        if (drops)
            apply_mask(y, x, step, frame, frame->first + i, accumulate);
        else if (accumulate)
            frame->kernels->add(y, y, x, size, false);
        else
            memcpy(y, x, size * sizeof *y);
    }
}

static void run_dropout(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors;
    pass_dropout(step, frame, tau_cpu_at(frame, step->output), tau_cpu_at(frame, step->inputs[0]),
                 tensors[step->output].stride, tensors[step->inputs[0]].stride, false);
}

static void run_dropout_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors;
    float *dx = tau_cpu_derivative_at(frame, step->inputs[0]);
    if (dx)
        pass_dropout(step, frame, dx, tau_cpu_derivative_at(frame, step->output),
                     tensors[step->inputs[0]].stride, tensors[step->output].stride, step->accumulates[0]);
}

const tau_cpu_operation tau_cpu_function_step = {.run = run_function, .run_backward = run_function_backward};
const tau_cpu_operation tau_cpu_arithmetic = {.run = run_arithmetic, .run_backward = run_arithmetic_backward};
const tau_cpu_operation tau_cpu_softmax = {.run = run_softmax, .run_backward = run_softmax_backward};
const tau_cpu_operation tau_cpu_dropout = {.run = run_dropout, .run_backward = run_dropout_backward};
