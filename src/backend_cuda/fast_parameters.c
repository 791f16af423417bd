/* The parameters of a chunk's networks: packed weights, scales and shifts, and what stays f32. */
#include "backend_cuda/fast_lower.h"
#include "core/memory.h"

tau_status tau_fast_want_packing(tau_fast_program *program, int *index, const tau_fast_weights *weights) {
    TAU_TRY(TAU_GROW(program->packings, program->packing_capacity, (size_t)program->packing_count + 1));
    *index = program->packing_count++;
    program->packings[*index] = (tau_fast_packing){
        .weights = *weights, .size = tau_fast_round(tau_fast_weights_size(weights, program->options.parts))};
    return TAU_STATUS_OK;
}

tau_status tau_fast_append_vector(tau_fast_program *program, int value) {
    const tau_graph *graph = program->graph;
    const tau_value *v = &graph->values[value];
    tau_fast_range range = {.buffers = v->kind == TAU_VALUE_KIND_BUFFER,
                            .offset = v->offset,
                            .size = tau_shape_size(&v->shape),
                            .at = program->vector_count};
    for (int b = 0; range.buffers && b < graph->buffer_count; b++)
        if (graph->buffers[b].value == value) range.clamp = graph->buffers[b].role == TAU_ROLE_BN_VAR;
    program->vector_of[value] = program->vector_count;
    program->vector_count += range.size;
    tau_fast_range *last = program->range_count > 0 ? &program->ranges[program->range_count - 1] : NULL;
    if (last && last->buffers == range.buffers && last->clamp == range.clamp &&
        last->offset + last->size == range.offset) {
        last->size += range.size;
        return TAU_STATUS_OK;
    }
    TAU_TRY(TAU_GROW(program->ranges, program->range_capacity, (size_t)program->range_count + 1));
    program->ranges[program->range_count++] = range;
    return TAU_STATUS_OK;
}

tau_status tau_fast_want_vector(tau_fast_program *program, int value) {
    if (value < 0 || program->graph->values[value].kind == TAU_VALUE_KIND_CONSTANT ||
        program->vector_of[value] != SIZE_MAX)
        return TAU_STATUS_OK;
    return tau_fast_append_vector(program, value);
}

static int input_of(const tau_node *node, int index) {
    return node && index < node->input_count ? node->inputs[index] : -1;
}

tau_status tau_fast_want_affine(tau_fast_program *program, int *index, const tau_fast_chain *chain) {
    const tau_node *norm = chain->batch_norm, *named = chain->layer ? chain->layer : norm;
    const tau_shape *shape = &program->graph->values[named->output].shape;
    const tau_fast_affine affine = {.outputs = (int)shape->dim[0],
                                    .bias = input_of(chain->layer, 2),
                                    .gamma = input_of(norm, 1),
                                    .beta = input_of(norm, 2),
                                    .mean = input_of(norm, 3),
                                    .var = input_of(norm, 4),
                                    .epsilon = norm ? norm->attributes.epsilon : 0};
    TAU_TRY(TAU_GROW(program->affines, program->affine_capacity, (size_t)program->affine_count + 1));
    *index = program->affine_count++;
    program->affines[*index] = affine;
    TAU_TRY(tau_fast_want_vector(program, affine.bias));
    TAU_TRY(tau_fast_want_vector(program, affine.gamma));
    TAU_TRY(tau_fast_want_vector(program, affine.beta));
    TAU_TRY(tau_fast_want_vector(program, affine.mean));
    return tau_fast_want_vector(program, affine.var);
}

void tau_fast_place_parameters(tau_fast_program *program) {
    size_t offset = 0;
    for (int i = 0; i < program->packing_count; i++) {
        program->packings[i].offset = offset;
        offset += program->packings[i].size;
    }
    for (int i = 0; i < program->affine_count; i++) {
        program->affines[i].offset = offset;
        offset += tau_fast_affine_size(program->affines[i].outputs);
    }
    program->vectors_at = offset;
    program->parameter_size = offset + tau_fast_round(program->vector_count * sizeof(float));
}

void *tau_fast_parameters_at(const tau_fast_frame *frame, size_t offset) {
    return frame->parameters + offset * (size_t)frame->room_points;
}

static float *vectors_at(const tau_fast_frame *frame, size_t element) {
    return (float *)tau_fast_parameters_at(frame, frame->program->vectors_at) + element;
}

/* Statistics that all networks share, or that each brings along, are read where they lie. */
static bool lies_in_place(const tau_fast_frame *frame, bool buffers) {
    return buffers && !frame->chunk->buffers.coefficients;
}

tau_fast_vector tau_fast_vector_at(const tau_fast_frame *frame, int value) {
    if (value < 0) return (tau_fast_vector){0};
    const tau_value *v = &frame->program->graph->values[value];
    if (v->kind == TAU_VALUE_KIND_CONSTANT) return (tau_fast_vector){frame->constants + v->offset, 0};
    const tau_cuda_source *buffers = &frame->chunk->buffers;
    if (lies_in_place(frame, v->kind == TAU_VALUE_KIND_BUFFER))
        return (tau_fast_vector){buffers->vectors[0] + v->offset, buffers->point_stride};
    return (tau_fast_vector){vectors_at(frame, frame->program->vector_of[value]),
                             frame->program->vector_count};
}

static tau_status load_ranges(const tau_fast_frame *frame) {
    const tau_fast_program *program = frame->program;
    for (int i = 0; i < program->range_count; i++) {
        const tau_fast_range *range = &program->ranges[i];
        if (lies_in_place(frame, range->buffers)) continue;
        TAU_CUDA_TRY(tau_cuda_combine(vectors_at(frame, range->at), program->vector_count,
                                      range->buffers ? &frame->chunk->buffers : &frame->chunk->theta,
                                      range->offset, range->size, frame->points, range->clamp,
                                      frame->stream));
    }
    return TAU_STATUS_OK;
}

static tau_status load_affines(const tau_fast_frame *frame) {
    for (int i = 0; i < frame->program->affine_count; i++) {
        const tau_fast_affine *a = &frame->program->affines[i];
        TAU_CUDA_TRY(tau_cuda_fast_affine(
            tau_fast_parameters_at(frame, a->offset), a->outputs, tau_fast_vector_at(frame, a->bias),
            tau_fast_vector_at(frame, a->gamma), tau_fast_vector_at(frame, a->beta),
            tau_fast_vector_at(frame, a->mean), tau_fast_vector_at(frame, a->var), a->epsilon, frame->points,
            frame->stream));
    }
    return TAU_STATUS_OK;
}

static tau_status load_packings(const tau_fast_frame *frame, bool shared) {
    const tau_fast_program *program = frame->program;
    for (int i = 0; i < program->packing_count; i++) {
        const tau_fast_packing *packing = &program->packings[i];
        if (shared && packing->unshared) continue;
        TAU_CUDA_TRY(tau_cuda_fast_pack(tau_fast_parameters_at(frame, packing->offset), packing->size,
                                        &packing->weights, program->options.parts, &frame->chunk->theta,
                                        frame->points, frame->overflow, frame->stream));
    }
    return TAU_STATUS_OK;
}

tau_status tau_fast_load(const tau_fast_frame *frame, bool shared) {
    TAU_TRY(load_ranges(frame));
    TAU_TRY(load_affines(frame));
    return load_packings(frame, shared);
}
