/* The fast engine: a program, the samples laid out for it, and its memory. */
#include <stdlib.h>
#include <string.h>

#include "backend_cuda/fast.h"
#include "core/memory.h"

typedef struct fast_engine {
    tau_cuda_engine base;
    tau_fast_program *program;
    tau_cuda_data data;
    float *constants, *products; /* on the device */
    size_t product_stride;
    bool shared; /* products with the basis at hand */
    tau_cuda_place *bound;
    tau_cuda_input *inputs;
    unsigned char *memory; /* borrowed, for so many networks and groups: */
    int points, groups;
} fast_engine;

static int groups_of(size_t samples) {
    return (int)((samples + TAU_FAST_GROUP - 1) / TAU_FAST_GROUP);
}

static tau_fast_frame frame_of(const fast_engine *e, int points, size_t first, int samples,
                               cudaStream_t stream) {
    return (tau_fast_frame){.program = e->program,
                            .constants = e->constants,
                            .products = e->products,
                            .product_stride = e->product_stride,
                            .points = points,
                            .room_points = e->points,
                            .room_groups = e->groups,
                            .first = first,
                            .samples = samples,
                            .groups = groups_of((size_t)samples),
                            .bound = e->bound,
                            .inputs = e->inputs,
                            .stream = stream};
}

static size_t parameters_size(const fast_engine *e, int points) {
    return e->program->parameter_size * (size_t)points;
}

static size_t arena_size(const fast_engine *e, int points, int groups) {
    return e->program->arena_size * (size_t)points * (size_t)groups;
}

static size_t memory(const tau_cuda_engine *engine, int points, int samples) {
    const fast_engine *e = (const fast_engine *)engine;
    const tau_fast_frame frame = frame_of(e, points, 0, samples, NULL);
    return parameters_size(e, points) + arena_size(e, points, frame.groups) +
           tau_fast_round(tau_fast_scratch(&frame, false));
}

static void bind(tau_cuda_engine *engine, void *bytes, int points, int samples) {
    fast_engine *e = (fast_engine *)engine;
    e->memory = bytes;
    e->points = points;
    e->groups = groups_of((size_t)samples);
}

/* The frame of a chunk: parameters first, then values, then scratch. */
static tau_fast_frame chunk_frame(const fast_engine *e, const tau_cuda_chunk *chunk, size_t first,
                                  int samples, cudaStream_t stream) {
    tau_fast_frame frame = frame_of(e, chunk->points, first, samples, stream);
    frame.chunk = chunk;
    frame.overflow = chunk->overflow;
    frame.parameters = e->memory;
    frame.arena = e->memory + parameters_size(e, e->points);
    frame.scratch = frame.arena + arena_size(e, e->points, e->groups);
    return frame;
}

/* The layer's products with the vectors of the basis: [count][samples rounded up][outputs], in FP32. */
static tau_status multiply(const fast_engine *e, const tau_cuda_source *theta, cudaStream_t stream,
                           void **scratch) {
    const tau_fast_step *step = &e->program->steps[e->program->share];
    const tau_graph *graph = e->program->graph;
    const tau_node *node = &graph->nodes[step->node];
    const tau_value *weights = &graph->values[node->inputs[1]];
    const tau_fast_frame frame = frame_of(e, 1, 0, (int)e->data.count, stream);
    const tau_cuda_place x = tau_fast_rows_at(&frame, step->x);
    for (int k = 0; k < theta->count; k++) {
        const tau_cuda_input inputs[] = {
            {.shape = graph->values[node->inputs[0]].shape,
             .value = x.value,
             .sample_stride = x.sample_stride},
            {.shape = weights->shape, .value = theta->vectors[k] + weights->offset},
            {.value = NULL}};
        tau_cuda_call call = {.op = TAU_OP_LINEAR,
                              .attributes = &node->attributes,
                              .inputs = inputs,
                              .input_count = 3,
                              .shape = graph->values[node->output].shape,
                              .y = e->products + (size_t)k * e->product_stride,
                              .points = 1,
                              .samples = (int)e->data.count,
                              .stream = stream};
        const tau_cuda_operator *linear = tau_cuda_operator_get(TAU_OP_LINEAR);
        const size_t bytes = linear->scratch ? linear->scratch(&call) : 0;
        if (bytes > 0 && !*scratch) TAU_TRY(tau_cuda_allocate(scratch, bytes));
        call.scratch = *scratch;
        TAU_CUDA_TRY(linear->forward(&call));
    }
    return TAU_STATUS_OK;
}

static tau_status prepare(tau_cuda_engine *engine, const tau_cuda_source *theta, cudaStream_t stream) {
    fast_engine *e = (fast_engine *)engine;
    void *scratch = NULL;
    if (e->program->share < 0) return TAU_STATUS_OK;
    e->shared = false;
    tau_status status = multiply(e, theta, stream, &scratch);
    if (scratch && status == TAU_STATUS_OK)
        status = tau_cuda_check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    tau_cuda_free(scratch);
    e->shared = status == TAU_STATUS_OK;
    return status;
}

static bool shares(const fast_engine *e, const tau_cuda_chunk *chunk) {
    return e->shared && chunk->theta.coefficients;
}

/* Whether the networks read samples that do not fit f16. */
static bool reads_overflow(const fast_engine *e, bool shared) {
    for (int s = 0; s < e->program->step_count; s++) {
        const tau_fast_step *step = &e->program->steps[s];
        if (step->x < 0 || !tau_fast_runs(step, shared)) continue;
        if (e->program->places[step->x].overflows ||
            (step->residual >= 0 && e->program->places[step->residual].overflows))
            return true;
    }
    return false;
}

static tau_status load(tau_cuda_engine *engine, const tau_cuda_chunk *chunk, cudaStream_t stream) {
    const fast_engine *e = (const fast_engine *)engine;
    const tau_fast_frame frame = chunk_frame(e, chunk, 0, 0, stream);
    const bool shared = shares(e, chunk);
    if (reads_overflow(e, shared))
        TAU_CUDA_TRY(cudaMemsetAsync(chunk->overflow, 1, (size_t)chunk->points, stream));
    return tau_fast_load(&frame, shared);
}

static tau_status run(tau_cuda_engine *engine, const tau_cuda_chunk *chunk, size_t first, int samples,
                      const float **output, int *row_samples, cudaStream_t stream) {
    const fast_engine *e = (const fast_engine *)engine;
    const tau_fast_program *program = e->program;
    const tau_fast_frame frame = chunk_frame(e, chunk, first, samples, stream);
    const bool shared = shares(e, chunk);
    for (int s = 0; s < program->step_count; s++) {
        const tau_fast_step *step = &program->steps[s];
        if (!tau_fast_runs(step, shared)) continue;
        TAU_TRY(tau_cuda_check(step->operation->run(step, &frame), step->operation->name));
    }
    *output = tau_fast_rows_at(&frame, program->output).value;
    *row_samples = program->places[program->output].padded ? TAU_FAST_GROUP * frame.groups : samples;
    return TAU_STATUS_OK;
}

/* ---- what is there once ---- */

static bool owns(const fast_engine *e, const tau_fast_place *place) {
    return place->resident && place->memory != (const void *)e->data.inputs;
}

static void release(fast_engine *e, tau_fast_place *place) {
    if (owns(e, place)) tau_cuda_free(place->memory);
    place->memory = NULL;
}

static void destroy(tau_cuda_engine *engine) {
    fast_engine *e = (fast_engine *)engine;
    if (!e) return;
    for (int p = 0; e->program && p < e->program->place_count; p++) release(e, &e->program->places[p]);
    tau_fast_program_destroy(e->program);
    tau_cuda_free(e->constants);
    tau_cuda_free(e->products);
    tau_mem_free(e->bound);
    tau_mem_free(e->inputs);
    tau_mem_free(e);
}

static tau_status upload(float **out, const float *values, size_t count) {
    if (count == 0) return TAU_STATUS_OK;
    TAU_TRY(tau_cuda_allocate((void **)out, count * sizeof **out));
    return tau_cuda_upload(*out, values, count * sizeof **out);
}

/* A flag for each step; samples that do not fit f16 set it. */
static tau_status run_once(fast_engine *e, void *scratch, unsigned char *flags) {
    tau_fast_program *program = e->program;
    tau_fast_frame frame = frame_of(e, 1, 0, (int)e->data.count, NULL);
    frame.scratch = scratch;
    TAU_CUDA_TRY(cudaMemset(flags, 0, (size_t)program->step_count));
    for (int s = 0; s < program->step_count; s++) {
        const tau_fast_step *step = &program->steps[s];
        if (step->when != TAU_FAST_WHEN_ONCE) continue;
        frame.overflow = flags + s;
        TAU_TRY(tau_cuda_check(step->operation->run(step, &frame), step->operation->name));
    }
    return TAU_STATUS_OK;
}

static tau_status read_flags(fast_engine *e, const unsigned char *flags) {
    tau_fast_program *program = e->program;
    for (int s = 0; s < program->step_count; s++) {
        unsigned char flag;
        if (program->steps[s].when != TAU_FAST_WHEN_ONCE) continue;
        TAU_CUDA_TRY(cudaMemcpy(&flag, flags + s, 1, cudaMemcpyDeviceToHost));
        program->places[program->steps[s].y].overflows = flag != 0;
    }
    return TAU_STATUS_OK;
}

/* Residents that only other residents were made of are needed no more. */
static void release_unread(fast_engine *e) {
    for (int p = 0; p < e->program->place_count; p++)
        if (!e->program->places[p].kept) release(e, &e->program->places[p]);
}

static tau_status make_residents(fast_engine *e) {
    tau_fast_program *program = e->program;
    const tau_fast_frame frame = frame_of(e, 1, 0, (int)e->data.count, NULL);
    const size_t scratch_size = tau_fast_scratch(&frame, true);
    void *scratch = NULL, *flags = NULL;
    tau_status status = tau_cuda_allocate(&flags, (size_t)program->step_count);
    if (status == TAU_STATUS_OK && scratch_size > 0) status = tau_cuda_allocate(&scratch, scratch_size);
    for (int p = 0; p < program->place_count && status == TAU_STATUS_OK; p++) {
        tau_fast_place *place = &program->places[p];
        if (place->resident && !place->memory)
            status = tau_cuda_allocate(&place->memory, tau_fast_resident_size(program, place));
    }
    if (status == TAU_STATUS_OK) status = run_once(e, scratch, flags);
    if (status == TAU_STATUS_OK) status = read_flags(e, flags);
    tau_cuda_free(scratch);
    tau_cuda_free(flags);
    release_unread(e);
    return status;
}

static tau_status make_products(fast_engine *e) {
    if (e->program->share < 0) return TAU_STATUS_OK;
    const int y = e->program->steps[e->program->share].y;
    e->product_stride =
        tau_fast_round_samples(e->data.count) * (size_t)e->program->places[y].geometry.channels;
    const size_t bytes = TAU_BASIS_MAX * e->product_stride * sizeof(float);
    TAU_TRY(tau_cuda_allocate((void **)&e->products, bytes));
    /* Rows past the last sample stay 0. */
    return tau_cuda_check(cudaMemset(e->products, 0, bytes), "cudaMemset");
}

static bool fuses(void) {
    const char *wish = getenv("TAUSCAPE_CUDA_FUSED");
    return !wish || strcmp(wish, "0") != 0;
}

static tau_status choose(tau_fast_options *out, const tau_cuda_data *data, tau_precision precision,
                         const tau_cuda_context *context) {
    size_t available, total;
    TAU_CUDA_TRY(cudaMemGetInfo(&available, &total));
    *out = (tau_fast_options){.parts = precision == TAU_PRECISION_FINE ? 2 : 1,
                              .samples = data->count,
                              .most_resident = total / 4,
                              .cnn = fuses() && context->major == 9 && context->minor == 0,
                              .block_fits = fuses() ? tau_cuda_fast_block_fits : NULL};
    return TAU_STATUS_OK;
}

static tau_status fill(fast_engine *e, const tau_graph *graph, const tau_fast_options *options) {
    size_t inputs = 1;
    for (int n = 0; n < graph->node_count; n++)
        if ((size_t)graph->nodes[n].input_count > inputs) inputs = (size_t)graph->nodes[n].input_count;
    TAU_TRY(TAU_ALLOC(e->bound, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(e->inputs, inputs));
    TAU_TRY(upload(&e->constants, graph->constants, graph->constant_size));
    TAU_TRY(tau_fast_program_create(&e->program, graph, options));
    for (int p = 0; p < e->program->place_count; p++) {
        tau_fast_place *place = &e->program->places[p];
        if (place->layout == TAU_FAST_LAYOUT_ROWS && place->value == graph->input)
            place->memory = (void *)(uintptr_t)e->data.inputs;
    }
    TAU_TRY(make_residents(e));
    TAU_TRY(make_products(e));
    /* The plan's stream waits for no other. Waiting for the whole device would fail, and spoil the recording,
     * while another plan records its launches. */
    return tau_cuda_check(cudaStreamSynchronize(NULL), "cudaStreamSynchronize");
}

tau_status tau_cuda_fast_create(tau_cuda_engine **out, const tau_graph *graph, const tau_cuda_data *data,
                                tau_precision precision, const tau_cuda_context *context) {
    fast_engine *e;
    tau_fast_options options;
    *out = NULL;
    TAU_TRY(choose(&options, data, precision, context));
    TAU_TRY(TAU_ALLOC(e, 1));
    e->base = (tau_cuda_engine){
        .memory = memory, .bind = bind, .prepare = prepare, .load = load, .run = run, .destroy = destroy};
    e->data = *data;
    const tau_status status = fill(e, graph, &options);
    if (status == TAU_STATUS_OK)
        *out = &e->base;
    else
        destroy(&e->base);
    return status;
}
