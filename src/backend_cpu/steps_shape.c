/* Elements that only move: layouts, transposes, joints and borders. */
#include <string.h>

#include "backend_cpu/operations.h"

/* plain[c][p] <-> image[p][c] */
static void to_plain(float *plain, const float *image, const tau_cpu_tensor *t) {
    const size_t pixels = t->height * t->width;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < t->channels; c++) plain[c * pixels + p] = image[p * t->channel_stride + c];
}

static void to_image(float *image, const float *plain, const tau_cpu_tensor *t) {
    const size_t pixels = t->height * t->width;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < t->channels; c++) image[p * t->channel_stride + c] = plain[c * pixels + p];
}

static void add_to_image(float *image, const float *plain, const tau_cpu_tensor *t) {
    const size_t pixels = t->height * t->width;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < t->channels; c++) image[p * t->channel_stride + c] += plain[c * pixels + p];
}

static void add_to_plain(float *plain, const float *image, const tau_cpu_tensor *t) {
    const size_t pixels = t->height * t->width;
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < t->channels; c++) plain[c * pixels + p] += image[p * t->channel_stride + c];
}

static void run_to_plain(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    for (size_t i = 0; i < frame->count; i++)
        to_plain(tau_cpu_at(frame, step->output) + i * out->stride,
                 tau_cpu_at(frame, step->inputs[0]) + i * in->stride, in);
}

static void run_to_plain_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    float *din = tau_cpu_derivative_at(frame, step->inputs[0]);
    for (size_t i = 0; din && i < frame->count; i++)
        (step->accumulates[0] ? add_to_image : to_image)(
            din + i * in->stride, tau_cpu_derivative_at(frame, step->output) + i * out->stride, in);
}

static void run_to_image(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    for (size_t i = 0; i < frame->count; i++)
        to_image(tau_cpu_at(frame, step->output) + i * out->stride,
                 tau_cpu_at(frame, step->inputs[0]) + i * in->stride, out);
}

static void run_to_image_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    float *din = tau_cpu_derivative_at(frame, step->inputs[0]);
    for (size_t i = 0; din && i < frame->count; i++)
        (step->accumulates[0] ? add_to_plain : to_plain)(
            din + i * in->stride, tau_cpu_derivative_at(frame, step->output) + i * out->stride, out);
}

/* A walk over a block of one tensor inside another: `size` per axis, and the distance of neighbours in the
 * inner tensor (which may be permuted) and the outer one. */
typedef struct block_walk {
    int rank;
    size_t size[TAU_SHAPE_MAX_RANK], inner_step[TAU_SHAPE_MAX_RANK], outer_step[TAU_SHAPE_MAX_RANK];
    size_t outer_start;
} block_walk;

static void row_major_steps(size_t *steps, const tau_shape *shape) {
    size_t step = 1;
    for (int axis = shape->rank - 1; axis >= 0; axis--) {
        steps[axis] = step;
        step *= (size_t)shape->dim[axis];
    }
}

typedef enum move { MOVE_TO_OUTER, MOVE_TO_INNER, ADD_TO_INNER } move;

static void walk_axis(const block_walk *w, int axis, float *outer, float *inner, move kind) {
    const size_t size = w->rank ? w->size[axis] : 1;
    for (size_t i = 0; i < size; i++) {
        float *o = outer + (w->rank ? i * w->outer_step[axis] : 0);
        float *n = inner + (w->rank ? i * w->inner_step[axis] : 0);
        if (axis + 1 < w->rank)
            walk_axis(w, axis + 1, o, n, kind);
        else if (kind == MOVE_TO_OUTER)
            *o = *n;
        else if (kind == MOVE_TO_INNER)
            *n = *o;
        else
            *n += *o;
    }
}

/* The block of input number `index` of a transpose, a joint or a border inside the output. */
static block_walk walk_of(const tau_cpu_step *step, const tau_graph *graph, int index) {
    const tau_node *node = step->node;
    const tau_shape *in = &graph->values[node->inputs[index]].shape,
                    *out = &graph->values[node->output].shape;
    block_walk w = {.rank = in->rank};
    size_t in_steps[TAU_SHAPE_MAX_RANK] = {0};
    row_major_steps(in_steps, in);
    row_major_steps(w.outer_step, out);
    for (int axis = 0; axis < in->rank; axis++) {
        const int from = node->op == TAU_OP_TRANSPOSE ? node->attributes.permutation[axis] : axis;
        w.size[axis] = (size_t)in->dim[from];
        w.inner_step[axis] = in_steps[from];
        if (node->op == TAU_OP_PAD) w.outer_start += (size_t)node->attributes.pads[axis] * w.outer_step[axis];
    }
    for (int i = 0; node->op == TAU_OP_CONCAT && i < index; i++) {
        const int axis = node->attributes.axis;
        w.outer_start += (size_t)graph->values[node->inputs[i]].shape.dim[axis] * w.outer_step[axis];
    }
    return w;
}

static void run_block(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors, *out = &tensors[step->output];
    float *to = tau_cpu_at(frame, step->output);
    for (int k = 0; k < step->input_count; k++) {
        if (step->inputs[k] < 0) continue;
        const block_walk w = walk_of(step, frame->program->graph, k);
        for (size_t i = 0; i < frame->count; i++)
            walk_axis(&w, 0, to + i * out->stride + w.outer_start,
                      tau_cpu_at(frame, step->inputs[k]) + i * tensors[step->inputs[k]].stride,
                      MOVE_TO_OUTER);
    }
}

static void run_pad(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    float *to = tau_cpu_at(frame, step->output);
    for (size_t i = 0; i < frame->count * out->stride; i++) to[i] = (float)step->node->attributes.alpha;
    run_block(step, frame);
}

static void run_block_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_tensor *tensors = frame->program->tensors, *out = &tensors[step->output];
    float *from = tau_cpu_derivative_at(frame, step->output);
    for (int k = 0; k < step->input_count; k++) {
        float *din = step->inputs[k] < 0 ? NULL : tau_cpu_derivative_at(frame, step->inputs[k]);
        const block_walk w = walk_of(step, frame->program->graph, k);
        for (size_t i = 0; din && i < frame->count; i++)
            walk_axis(&w, 0, from + i * out->stride + w.outer_start,
                      din + i * tensors[step->inputs[k]].stride,
                      step->accumulates[k] ? ADD_TO_INNER : MOVE_TO_INNER);
    }
}

const tau_cpu_operation tau_cpu_to_plain = {.run = run_to_plain, .run_backward = run_to_plain_backward};
const tau_cpu_operation tau_cpu_to_image = {.run = run_to_image, .run_backward = run_to_image_backward};
const tau_cpu_operation tau_cpu_transpose = {.run = run_block, .run_backward = run_block_backward};
const tau_cpu_operation tau_cpu_concat = {.run = run_block, .run_backward = run_block_backward};
const tau_cpu_operation tau_cpu_pad_axes = {.run = run_pad, .run_backward = run_block_backward};
