/* One kernel an operator, over values that share one arena. What an arena place is sized in is a plane: one
 * float of each sample of each network. A value has as many planes as a sample of it has elements, so that
 * the places are the same for any number of networks and samples. */
#include "backend_cuda/rows.h"

#include <string.h>

#include "backend_cuda/arena.h"
#include "backend_cuda/places.h"
#include "core/memory.h"

enum { ALIGNMENT = 256 };

typedef struct rows_engine {
    tau_cuda_engine base; /* first, so that a pointer to one is a pointer to the other */
    const tau_graph *graph;
    const tau_cuda_data *data;
    int target;
    int *steps; /* [step_count] nodes that are run, in order */
    int step_count;
    tau_cuda_life *lives;   /* [step_count] of the outputs of the steps, in planes */
    int *made_by;           /* [values] step that makes the value or what it is an alias of; -1 = none */
    tau_cuda_place *places; /* [values] */
    tau_cuda_input *inputs; /* [inputs of a node, at most] */
    size_t planes;
    float *constants; /* on the device */
    int points;
    float *theta, *buffers; /* [points, theta_stride], [points, buffers_stride] */
    char *activations;      /* [planes, plane_size] bytes */
    void *scratch;
} rows_engine;

static size_t align(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t plane_size(int points, int samples) {
    return align((size_t)points * (size_t)samples * sizeof(float));
}

static size_t padded_floats(size_t count) {
    return align(count * sizeof(float)) / sizeof(float);
}

static size_t value_size(const rows_engine *engine, int value) {
    return tau_shape_size(&engine->graph->values[value].shape);
}

/* ---- which nodes are run, and where values lie ---- */

static void mark_needed(const tau_graph *graph, int target, bool *needed) {
    needed[target] = true;
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const tau_node *node = &graph->nodes[n];
        for (int i = 0; needed[node->output] && i < node->input_count; i++)
            if (node->inputs[i] >= 0) needed[node->inputs[i]] = true;
    }
}

/* Operators that leave the elements as they are need no step where a step of ours makes their input. */
static bool is_alias(const rows_engine *engine, const tau_node *node) {
    return (node->op == TAU_OP_RESHAPE || node->op == TAU_OP_DROPOUT) &&
           engine->made_by[node->inputs[0]] >= 0;
}

static void choose_steps(rows_engine *engine, const bool *needed) {
    const tau_graph *graph = engine->graph;
    for (int v = 0; v < graph->value_count; v++) engine->made_by[v] = -1;
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        if (!needed[node->output]) continue;
        if (is_alias(engine, node)) {
            engine->made_by[node->output] = engine->made_by[node->inputs[0]];
            continue;
        }
        const int step = engine->step_count++;
        engine->made_by[node->output] = step;
        engine->steps[step] = n;
        engine->lives[step] =
            (tau_cuda_life){.size = value_size(engine, node->output), .first = step, .last = step};
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0 && engine->made_by[node->inputs[i]] >= 0)
                engine->lives[engine->made_by[node->inputs[i]]].last = step;
    }
    engine->lives[engine->made_by[engine->target]].last = engine->step_count;
    engine->planes = tau_cuda_arena_place(engine->lives, engine->step_count);
}

static tau_status lay_out(rows_engine *engine) {
    const tau_graph *graph = engine->graph;
    bool *needed;
    size_t inputs = 1;
    for (int n = 0; n < graph->node_count; n++)
        if ((size_t)graph->nodes[n].input_count > inputs) inputs = (size_t)graph->nodes[n].input_count;
    TAU_TRY(TAU_ALLOC(engine->steps, (size_t)graph->node_count));
    TAU_TRY(TAU_ALLOC(engine->lives, (size_t)graph->node_count));
    TAU_TRY(TAU_ALLOC(engine->made_by, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(engine->places, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(engine->inputs, inputs));
    TAU_TRY(TAU_ALLOC(needed, (size_t)graph->value_count));
    mark_needed(graph, engine->target, needed);
    choose_steps(engine, needed);
    tau_mem_free(needed);
    return TAU_STATUS_OK;
}

/* Places for `samples` samples from `first` on of the networks that are loaded. Stored tensors are placed by
 * `load`. */
static void place_samples(rows_engine *engine, size_t first, int samples) {
    const tau_graph *graph = engine->graph;
    const size_t unit = plane_size(engine->points, samples);
    for (int v = 0; v < graph->value_count; v++) {
        const size_t size = value_size(engine, v);
        const int step = engine->made_by[v];
        if (graph->values[v].kind == TAU_VALUE_KIND_INPUT)
            engine->places[v] = (tau_cuda_place){.value = (float *)engine->data->inputs + first * size,
                                                 .sample_stride = size};
        else if (step >= 0)
            engine->places[v] =
                (tau_cuda_place){.value = (float *)(engine->activations + engine->lives[step].offset * unit),
                                 .point_stride = (size_t)samples * size,
                                 .sample_stride = size};
    }
}

static tau_cuda_call bind_step(const rows_engine *engine, int step, int points, int samples) {
    const int node = engine->steps[step];
    tau_cuda_call call;
    tau_cuda_bind(&call, engine->inputs, engine->graph, node, engine->places);
    call.points = points;
    call.samples = samples;
    call.training = false;
    call.mask = (tau_dropout_mask){.layer = node, .rate = engine->graph->nodes[node].attributes.alpha};
    call.scratch = engine->scratch;
    return call;
}

static size_t scratch_size(const rows_engine *engine, int points, int samples) {
    size_t most = 0;
    for (int s = 0; s < engine->step_count; s++) {
        const tau_cuda_call call = bind_step(engine, s, points, samples);
        const tau_cuda_operator *kernels = tau_cuda_operator_get(call.op);
        const size_t size = kernels->scratch ? kernels->scratch(&call) : 0;
        if (size > most) most = size;
    }
    return align(most);
}

/* ---- the entries ---- */

static size_t stored_size(int points, size_t count) {
    return (size_t)points * padded_floats(count) * sizeof(float);
}

static size_t rows_memory(const tau_cuda_engine *base, int points, int samples) {
    const rows_engine *engine = (const rows_engine *)base;
    return stored_size(points, engine->graph->theta_size) + stored_size(points, engine->graph->buffer_size) +
           engine->planes * plane_size(points, samples) + scratch_size(engine, points, samples);
}

static void rows_bind(tau_cuda_engine *base, void *memory, int points, int samples) {
    rows_engine *engine = (rows_engine *)base;
    char *next = memory;
    engine->points = points;
    engine->theta = (float *)next;
    next += stored_size(points, engine->graph->theta_size);
    engine->buffers = (float *)next;
    next += stored_size(points, engine->graph->buffer_size);
    engine->activations = next;
    engine->scratch = next + engine->planes * plane_size(points, samples);
}

/* Statistics that do not move are read where they are, once for all networks. */
static bool is_shared(const tau_cuda_source *source) {
    return !source->coefficients && source->point_stride == 0;
}

static void place_stored(rows_engine *engine, const tau_cuda_source *buffers) {
    const tau_graph *graph = engine->graph;
    const bool shared = is_shared(buffers);
    for (int v = 0; v < graph->value_count; v++) {
        const tau_value *value = &graph->values[v];
        tau_cuda_place *place = &engine->places[v];
        if (value->kind == TAU_VALUE_KIND_PARAMETER)
            *place = (tau_cuda_place){.value = engine->theta + value->offset,
                                      .point_stride = padded_floats(graph->theta_size)};
        else if (value->kind == TAU_VALUE_KIND_CONSTANT)
            *place = (tau_cuda_place){.value = engine->constants + value->offset};
        else if (value->kind == TAU_VALUE_KIND_BUFFER && shared)
            *place = (tau_cuda_place){.value = (float *)buffers->vectors[0] + value->offset};
        else if (value->kind == TAU_VALUE_KIND_BUFFER)
            *place = (tau_cuda_place){.value = engine->buffers + value->offset,
                                      .point_stride = padded_floats(graph->buffer_size)};
    }
}

/* Statistics of each network; what interpolation makes of variances is clamped at 0, given ones are not. */
static tau_status load_buffers(rows_engine *engine, const tau_cuda_source *source, cudaStream_t stream) {
    const tau_graph *graph = engine->graph;
    const size_t stride = padded_floats(graph->buffer_size);
    TAU_CUDA_TRY(tau_cuda_combine(engine->buffers, stride, source, 0, graph->buffer_size, engine->points,
                                  false, stream));
    for (int b = 0; source->coefficients && b < graph->buffer_count; b++) {
        const tau_parameter *buffer = &graph->buffers[b];
        if (buffer->role != TAU_ROLE_BN_VAR) continue;
        TAU_CUDA_TRY(tau_cuda_combine(engine->buffers + buffer->offset, stride, source, buffer->offset,
                                      tau_shape_size(&buffer->shape), engine->points, true, stream));
    }
    return TAU_STATUS_OK;
}

static tau_status rows_load(tau_cuda_engine *base, const tau_cuda_chunk *chunk, cudaStream_t stream) {
    rows_engine *engine = (rows_engine *)base;
    const tau_graph *graph = engine->graph;
    if (graph->theta_size > 0)
        TAU_CUDA_TRY(tau_cuda_combine(engine->theta, padded_floats(graph->theta_size), &chunk->theta, 0,
                                      graph->theta_size, chunk->points, false, stream));
    if (graph->buffer_size > 0 && !is_shared(&chunk->buffers))
        TAU_TRY(load_buffers(engine, &chunk->buffers, stream));
    place_stored(engine, &chunk->buffers);
    return TAU_STATUS_OK;
}

static tau_status rows_run(tau_cuda_engine *base, const tau_cuda_chunk *chunk, size_t first, int samples,
                           const float **output, int *row_samples, cudaStream_t stream) {
    rows_engine *engine = (rows_engine *)base;
    place_samples(engine, first, samples);
    for (int s = 0; s < engine->step_count; s++) {
        tau_cuda_call call = bind_step(engine, s, chunk->points, samples);
        call.stream = stream;
        TAU_TRY(tau_cuda_check(tau_cuda_operator_get(call.op)->forward(&call), tau_op_name(call.op)));
    }
    *output = engine->places[engine->target].value;
    *row_samples = samples;
    return TAU_STATUS_OK;
}

static void rows_destroy(tau_cuda_engine *base) {
    rows_engine *engine = (rows_engine *)base;
    tau_cuda_free(engine->constants);
    tau_mem_free(engine->steps);
    tau_mem_free(engine->lives);
    tau_mem_free(engine->made_by);
    tau_mem_free(engine->places);
    tau_mem_free(engine->inputs);
    tau_mem_free(engine);
}

static tau_status upload_constants(rows_engine *engine) {
    const size_t bytes = engine->graph->constant_size * sizeof(float);
    if (bytes == 0) return TAU_STATUS_OK;
    TAU_TRY(tau_cuda_allocate((void **)&engine->constants, bytes));
    return tau_cuda_upload(engine->constants, engine->graph->constants, bytes);
}

tau_status tau_cuda_rows_supports(const tau_graph *graph) {
    for (int n = 0; n < graph->node_count; n++)
        if (!tau_cuda_operator_get(graph->nodes[n].op)->forward)
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "the device cuda cannot compute this network" TAU_WHY
                            "there is no kernel for %s (node %s)" TAU_FIX "choose --device cpu",
                            tau_op_name(graph->nodes[n].op), graph->nodes[n].name);
    if (graph->values[graph->output].kind == TAU_VALUE_KIND_ACTIVATION) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "the device cuda cannot compute this network" TAU_WHY
                    "its output %s is not made by any node" TAU_FIX "choose --device cpu",
                    graph->values[graph->output].name);
}

tau_status tau_cuda_rows_create_value(tau_cuda_engine **out, const tau_graph *graph, int value,
                                      const tau_cuda_data *data) {
    rows_engine *engine;
    *out = NULL;
    TAU_TRY(tau_cuda_rows_supports(graph));
    TAU_TRY(TAU_ALLOC(engine, 1));
    engine->base = (tau_cuda_engine){.memory = rows_memory,
                                     .bind = rows_bind,
                                     .load = rows_load,
                                     .run = rows_run,
                                     .destroy = rows_destroy};
    engine->graph = graph;
    engine->data = data;
    engine->target = value;
    tau_status status = lay_out(engine);
    if (status == TAU_STATUS_OK) status = upload_constants(engine);
    if (status == TAU_STATUS_OK)
        *out = &engine->base;
    else
        rows_destroy(&engine->base);
    return status;
}

tau_status tau_cuda_rows_create(tau_cuda_engine **out, const tau_graph *graph, const tau_cuda_data *data) {
    return tau_cuda_rows_create_value(out, graph, graph->output, data);
}
