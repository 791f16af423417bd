/* What each kind of step launches. */
#include "backend_cuda/fast.h"

/* ---- where places are ---- */

static const tau_fast_place *place_of(const tau_fast_frame *frame, int place) {
    return &frame->program->places[place];
}

static unsigned char *arena_at(const tau_fast_frame *frame, int place) {
    return frame->arena +
           place_of(frame, place)->life.offset * (size_t)frame->room_points * (size_t)frame->room_groups;
}

/* A blocked place for the samples at hand; none for -1. */
static tau_fast_tensor tensor_at(const tau_fast_frame *frame, int index) {
    if (index < 0) return (tau_fast_tensor){0};
    const tau_fast_place *place = place_of(frame, index);
    const tau_fast_geometry *g = &place->geometry;
    const size_t group = tau_fast_group_size(g->channels, g->height, g->width);
    tau_fast_tensor tensor = {.channels = g->channels, .height = g->height, .width = g->width};
    if (place->resident) {
        tensor.data = (unsigned char *)place->memory + frame->first / TAU_FAST_GROUP * group * 2;
    } else {
        tensor.data = arena_at(frame, index);
        tensor.point_stride = group * (size_t)frame->groups;
    }
    return tensor;
}

tau_cuda_place tau_fast_rows_at(const tau_fast_frame *frame, int index) {
    const tau_fast_place *place = place_of(frame, index);
    const size_t size = (size_t)place->geometry.channels;
    if (place->resident)
        return (tau_cuda_place){.value = (float *)place->memory + frame->first * size, .sample_stride = size};
    const int rows = place->padded ? TAU_FAST_GROUP * frame->groups : frame->samples;
    return (tau_cuda_place){.value = (float *)(void *)arena_at(frame, index),
                            .point_stride = (size_t)rows * size,
                            .sample_stride = size};
}

static const float *affine_at(const tau_fast_frame *frame, int affine) {
    return affine < 0 ? NULL : tau_fast_parameters_at(frame, frame->program->affines[affine].offset);
}

static const void *weights_at(const tau_fast_frame *frame, int packing, size_t *stride) {
    const tau_fast_packing *p = &frame->program->packings[packing];
    *stride = p->size;
    return tau_fast_parameters_at(frame, p->offset);
}

/* ---- layers ---- */

static cudaError_t run_conv(const tau_fast_step *step, const tau_fast_frame *frame) {
    tau_fast_conv conv = {.points = frame->points,
                          .groups = frame->groups,
                          .x = tensor_at(frame, step->x),
                          .parts = frame->program->options.parts,
                          .window = step->window,
                          .affine = affine_at(frame, step->affine[0]),
                          .residual = tensor_at(frame, step->residual),
                          .activation = step->activation[0],
                          .overflow = frame->overflow};
    conv.weights = weights_at(frame, step->packing[0], &conv.weights_stride);
    if (place_of(frame, step->y)->layout == TAU_FAST_LAYOUT_ROWS) {
        conv.y = (tau_fast_tensor){
            .channels = step->outputs.channels, .height = step->outputs.height, .width = step->outputs.width};
        conv.rows = tau_fast_rows_at(frame, step->y).value;
    } else {
        conv.y = tensor_at(frame, step->y);
    }
    return tau_cuda_fast_conv(&conv, frame->stream);
}

static cudaError_t run_elementwise(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor x = tensor_at(frame, step->x), y = tensor_at(frame, step->y);
    const tau_fast_tensor residual = tensor_at(frame, step->residual);
    return tau_cuda_fast_elementwise(&y, &x, affine_at(frame, step->affine[0]),
                                     step->residual < 0 ? NULL : &residual, step->activation[0],
                                     frame->points, frame->groups, frame->overflow, frame->stream);
}

static cudaError_t run_pool(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor x = tensor_at(frame, step->x), y = tensor_at(frame, step->y);
    return tau_cuda_fast_pool(&y, &x, frame->program->graph->nodes[step->node].op, &step->window,
                              frame->points, frame->groups, frame->overflow, frame->stream);
}

static cudaError_t run_concat(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor x = tensor_at(frame, step->x), y = tensor_at(frame, step->y);
    return tau_cuda_fast_concat(&y, &x, step->channel, frame->points, frame->groups, frame->stream);
}

static cudaError_t run_share(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor y = tensor_at(frame, step->y);
    return tau_cuda_fast_share(&y, frame->products + frame->first * (size_t)y.channels, frame->product_stride,
                               &frame->chunk->theta, affine_at(frame, step->affine[0]), step->activation[0],
                               frame->points, frame->groups, frame->overflow, frame->stream);
}

static cudaError_t run_cnn(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_program *program = frame->program;
    const size_t image = 28 * 28;
    tau_fast_cnn cnn = {.points = frame->points,
                        .groups = frame->groups,
                        .images = (const float *)place_of(frame, step->x)->memory + frame->first * image,
                        .first = (const float *)tau_fast_parameters_at(frame, program->vectors_at) +
                                 step->first_layer,
                        .first_stride = program->vector_count,
                        .parts = program->options.parts,
                        .affine = affine_at(frame, step->affine[0]),
                        .y = tensor_at(frame, step->y),
                        .overflow = frame->overflow};
    cnn.second = weights_at(frame, step->packing[0], &cnn.second_stride);
    return tau_cuda_fast_cnn(&cnn, frame->stream);
}

static cudaError_t run_block(const tau_fast_step *step, const tau_fast_frame *frame) {
    tau_fast_block block = {.points = frame->points,
                            .groups = frame->groups,
                            .x = tensor_at(frame, step->x),
                            .y = tensor_at(frame, step->y),
                            .parts = frame->program->options.parts,
                            .overflow = frame->overflow};
    for (int i = 0; i < 2; i++) {
        block.weights[i] = weights_at(frame, step->packing[i], &block.weights_stride[i]);
        block.affine[i] = affine_at(frame, step->affine[i]);
        block.activation[i] = step->activation[i];
    }
    return tau_cuda_fast_block(&block, frame->stream);
}

/* ---- between layouts ---- */

static cudaError_t run_from_rows(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor y = tensor_at(frame, step->y);
    const tau_cuda_place x = tau_fast_rows_at(frame, step->x);
    return tau_cuda_fast_from_rows(&y, x.value, x.point_stride, frame->points, frame->samples,
                                   frame->overflow, frame->stream);
}

static cudaError_t run_to_rows(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor x = tensor_at(frame, step->x);
    return tau_cuda_fast_to_rows(tau_fast_rows_at(frame, step->y).value, &x, frame->points, frame->samples,
                                 frame->stream);
}

static cudaError_t run_unfold(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_tensor y = tensor_at(frame, step->y);
    const tau_node *node = &frame->program->graph->nodes[step->node];
    const tau_shape *shape = &frame->program->graph->values[node->inputs[0]].shape;
    const int height = shape->rank == 3 ? (int)shape->dim[1] : 1;
    return tau_cuda_fast_unfold(&y, tau_fast_rows_at(frame, step->x).value, (int)shape->dim[0], height,
                                (int)shape->dim[shape->rank - 1], &step->window,
                                frame->program->options.parts, frame->samples, frame->overflow,
                                frame->stream);
}

static cudaError_t run_images(const tau_fast_step *step, const tau_fast_frame *frame) {
    return tau_cuda_fast_cnn_images(place_of(frame, step->y)->memory, tau_fast_rows_at(frame, step->x).value,
                                    frame->samples, frame->stream);
}

/* ---- rows ---- */

/* The call of a node's rows kernel, but for where its values are. */
static tau_cuda_call call_of(const tau_fast_step *step, const tau_fast_frame *frame) {
    tau_cuda_call call;
    tau_cuda_bind(&call, frame->inputs, frame->program->graph, step->node, frame->bound);
    call.points = frame->points;
    call.samples = frame->samples;
    call.scratch = frame->scratch;
    call.stream = frame->stream;
    return call;
}

static cudaError_t run_node(const tau_fast_step *step, const tau_fast_frame *frame) {
    const tau_fast_program *program = frame->program;
    const tau_node *node = &program->graph->nodes[step->node];
    for (int i = 0; i < node->input_count; i++) {
        const int value = node->inputs[i];
        if (value < 0) continue;
        const int rows = tau_fast_find_rows(program, value);
        if (rows >= 0) {
            frame->bound[value] = tau_fast_rows_at(frame, rows);
            continue;
        }
        const tau_fast_vector stored = tau_fast_vector_at(frame, value);
        frame->bound[value] =
            (tau_cuda_place){.value = (float *)(uintptr_t)stored.data, .point_stride = stored.point_stride};
    }
    frame->bound[node->output] = tau_fast_rows_at(frame, step->y);
    const tau_cuda_call call = call_of(step, frame);
    return tau_cuda_operator_get(node->op)->forward(&call);
}

size_t tau_fast_scratch(const tau_fast_frame *frame, bool once) {
    const tau_fast_program *program = frame->program;
    size_t most = 0;
    for (int s = 0; s < program->step_count; s++) {
        const tau_fast_step *step = &program->steps[s];
        if (step->operation != &tau_fast_op_node || (step->when == TAU_FAST_WHEN_ONCE) != once) continue;
        const tau_cuda_call call = call_of(step, frame);
        const tau_cuda_operator *known = tau_cuda_operator_get(call.op);
        const size_t bytes = known->scratch ? known->scratch(&call) : 0;
        if (bytes > most) most = bytes;
    }
    return most;
}

const tau_fast_operation tau_fast_op_conv = {"conv", run_conv};
const tau_fast_operation tau_fast_op_elementwise = {"elementwise", run_elementwise};
const tau_fast_operation tau_fast_op_pool = {"pool", run_pool};
const tau_fast_operation tau_fast_op_concat = {"concat", run_concat};
const tau_fast_operation tau_fast_op_from_rows = {"from_rows", run_from_rows};
const tau_fast_operation tau_fast_op_to_rows = {"to_rows", run_to_rows};
const tau_fast_operation tau_fast_op_unfold = {"unfold", run_unfold};
const tau_fast_operation tau_fast_op_images = {"images", run_images};
const tau_fast_operation tau_fast_op_share = {"share", run_share};
const tau_fast_operation tau_fast_op_cnn = {"cnn", run_cnn};
const tau_fast_operation tau_fast_op_block = {"block", run_block};
const tau_fast_operation tau_fast_op_node = {"node", run_node};
