/* Memory of gradients: made for the first batch, and again when a larger one comes. */
#include "backend_cpu/gradient.h"
#include "core/memory.h"

/* Chunks of a batch: enough for many threads, as long as their sums do not fill the memory. They depend on
 * batch and model alone, so that bits never depend on threads. */
enum { MOST_CHUNKS = 32, LEAST_CHUNKS = 2 };
static const size_t most_sum_floats = (size_t)1 << 26;

static size_t chunks_of(const tau_cpu_gradient *memory, size_t samples) {
    size_t chunks = memory->sum_size ? most_sum_floats / memory->sum_size : MOST_CHUNKS;
    if (chunks > MOST_CHUNKS) chunks = MOST_CHUNKS;
    if (chunks < LEAST_CHUNKS) chunks = LEAST_CHUNKS;
    return chunks < samples ? chunks : samples;
}

static void find_direct(tau_cpu_gradient *memory, int *readers) {
    const tau_graph *graph = memory->program->graph;
    for (int n = 0; n < graph->node_count; n++)
        for (int i = 0; i < graph->nodes[n].input_count; i++)
            if (graph->nodes[n].inputs[i] >= 0) readers[graph->nodes[n].inputs[i]]++;
    for (int s = 0; s < memory->program->step_count; s++) {
        const tau_cpu_step *step = &memory->program->steps[s];
        if (step->operation != &tau_cpu_linear) continue;
        for (int i = 1; i < step->node->input_count; i++)
            if (step->node->inputs[i] >= 0)
                memory->direct[step->node->inputs[i]] = readers[step->node->inputs[i]] == 1;
    }
    for (int p = 0; p < graph->parameter_count; p++) {
        const int value = graph->parameters[p].value;
        if (memory->direct[value]) continue;
        memory->places[value] = memory->sum_size;
        memory->sum_size += tau_cpu_pad(tau_shape_size(&graph->parameters[p].shape));
    }
}

static void find_needed(tau_cpu_gradient *memory) {
    const tau_cpu_program *program = memory->program;
    for (int s = 0; s < program->step_count; s++) {
        const tau_cpu_step *step = &program->steps[s];
        bool needed = false;
        for (int i = 0; i < step->input_count; i++)
            needed |= step->inputs[i] >= 0 && memory->needed[program->tensors[step->inputs[i]].alias];
        for (int i = 0; step->node && i < step->node->input_count; i++)
            needed |= step->node->inputs[i] >= 0 &&
                      program->graph->values[step->node->inputs[i]].kind == TAU_VALUE_KIND_PARAMETER;
        memory->needed[step->output] = needed;
    }
    for (int t = 0; t < program->tensor_count; t++)
        memory->needed[t] = memory->needed[program->tensors[t].alias];
}

static tau_status make_norms(tau_cpu_gradient *memory, size_t *widest) {
    const tau_cpu_program *program = memory->program;
    size_t size = 0;
    *widest = 0;
    TAU_TRY(TAU_ALLOC(memory->norms, (size_t)program->step_count));
    for (int s = 0; s < program->step_count; s++) {
        const size_t channels = program->tensors[program->steps[s].output].channels;
        if (program->steps[s].operation != &tau_cpu_batch_norm) continue;
        size += 4 * channels;
        if (channels > *widest) *widest = channels;
    }
    TAU_TRY(TAU_ALLOC(memory->norm_values, size));
    double *values = memory->norm_values;
    for (int s = 0; s < program->step_count; s++) {
        const size_t channels = program->tensors[program->steps[s].output].channels;
        if (program->steps[s].operation != &tau_cpu_batch_norm) continue;
        memory->norms[s] = (tau_cpu_norm_derivative){values, values + channels, values + 2 * channels,
                                                     values + 3 * channels};
        values += 4 * channels;
    }
    return TAU_STATUS_OK;
}

/* All that does not depend on the size of a batch. */
static tau_status make_fixed(tau_cpu_gradient *memory, const tau_plan *plan) {
    const tau_graph *graph = plan->request.graph;
    const tau_cpu_lowering lowering = {.target = graph->output, .shared_node = -1};
    TAU_TRY(tau_cpu_program_create(&memory->program, graph, &lowering));
    tau_cpu_program *program = memory->program;
    for (int t = 0; t < program->tensor_count; t++) program->tensors[t].resident = true;
    const size_t tensors = (size_t)program->tensor_count, values = (size_t)graph->value_count;
    int *readers;
    TAU_TRY(TAU_ALLOC(memory->data, tensors));
    TAU_TRY(TAU_ALLOC(memory->derivatives, tensors));
    TAU_TRY(TAU_ALLOC(memory->needed, tensors));
    TAU_TRY(TAU_ALLOC(memory->theta, graph->theta_size + TAU_CPU_PANEL));
    TAU_TRY(TAU_ALLOC(memory->packed, program->packed_size));
    TAU_TRY(TAU_ALLOC(memory->direct, values));
    TAU_TRY(TAU_ALLOC(memory->places, values));
    TAU_TRY(TAU_ALLOC(memory->outputs, (size_t)tau_pool_size(plan->request.pool) * 2 *
                                           program->tensors[program->output].size));
    TAU_TRY(TAU_ALLOC(memory->scratch, (size_t)tau_pool_size(plan->request.pool)));
    for (memory->workers = 0; memory->workers < tau_pool_size(plan->request.pool); memory->workers++)
        TAU_TRY(TAU_ALLOC(memory->scratch[memory->workers], program->scratch_size));
    TAU_TRY(TAU_ALLOC(readers, values));
    find_direct(memory, readers);
    tau_mem_free(readers);
    find_needed(memory);
    size_t widest;
    TAU_TRY(make_norms(memory, &widest));
    return TAU_ALLOC(memory->norm_sums, MOST_CHUNKS * 2 * widest);
}

static void free_batch(tau_cpu_gradient *memory) {
    const tau_cpu_program *program = memory->program;
    for (int t = 0; program && t < program->tensor_count; t++) {
        if (program->tensors[t].alias == t) {
            if (memory->data) tau_mem_free(memory->data[t]);
            if (memory->derivatives) tau_mem_free(memory->derivatives[t]);
        }
        if (memory->data) memory->data[t] = NULL;
        if (memory->derivatives) memory->derivatives[t] = NULL;
    }
    tau_mem_free(memory->sums);
    tau_mem_free(memory->losses);
    tau_mem_free(memory->right);
    memory->sums = NULL;
    memory->losses = memory->right = NULL;
    memory->capacity = 0;
}

static tau_status make_room(tau_cpu_gradient *memory, size_t samples) {
    const tau_cpu_program *program = memory->program;
    if (samples <= memory->capacity) return TAU_STATUS_OK;
    free_batch(memory);
    for (int t = 0; t < program->tensor_count; t++) {
        const int root = program->tensors[t].alias;
        const size_t floats = samples * program->tensors[root].stride + TAU_CPU_PANEL;
        if (root == t) {
            TAU_TRY(TAU_ALLOC(memory->data[t], floats));
            if (memory->needed[t]) TAU_TRY(TAU_ALLOC(memory->derivatives[t], floats));
        }
        memory->data[t] = memory->data[root];
        memory->derivatives[t] = memory->derivatives[root];
    }
    TAU_TRY(TAU_ALLOC(memory->sums, chunks_of(memory, samples) * memory->sum_size));
    TAU_TRY(TAU_ALLOC(memory->losses, samples));
    TAU_TRY(TAU_ALLOC(memory->right, samples));
    memory->capacity = samples;
    return TAU_STATUS_OK;
}

void tau_cpu_gradient_destroy(tau_cpu_gradient *memory) {
    if (!memory) return;
    free_batch(memory);
    for (int w = 0; w < memory->workers; w++) tau_mem_free(memory->scratch[w]);
    tau_mem_free(memory->scratch);
    tau_mem_free(memory->data);
    tau_mem_free(memory->derivatives);
    tau_mem_free(memory->needed);
    tau_mem_free(memory->theta);
    tau_mem_free(memory->packed);
    tau_mem_free(memory->direct);
    tau_mem_free(memory->places);
    tau_mem_free(memory->norms);
    tau_mem_free(memory->norm_values);
    tau_mem_free(memory->norm_sums);
    tau_mem_free(memory->outputs);
    tau_cpu_program_destroy(memory->program);
    tau_mem_free(memory);
}

static tau_status ensure_memory(tau_plan *plan, size_t samples) {
    if (!plan->gradient) {
        tau_cpu_gradient *memory;
        TAU_TRY(TAU_ALLOC(memory, 1));
        const tau_status status = make_fixed(memory, plan);
        if (status != TAU_STATUS_OK) {
            tau_cpu_gradient_destroy(memory);
            return status;
        }
        plan->gradient = memory;
    }
    return make_room(plan->gradient, samples);
}

/* Below some hundred microseconds of work other threads are not worth waking. */
static bool is_little(const tau_cpu_program *program, size_t samples) {
    double cost = 0;
    for (int s = 0; s < program->step_count; s++) cost += program->steps[s].cost;
    return cost * (double)samples < 1e6;
}

tau_status tau_cpu_gradient_run(tau_plan *plan, const float *theta, float *buffers, const tau_batch *batch,
                                float *gradient, tau_batch_result *out) {
    TAU_TRY(ensure_memory(plan, batch->count));
    tau_cpu_gradient *memory = plan->gradient;
    tau_cpu_gradient_pass pass = {
        .plan = plan,
        .memory = memory,
        .batch = batch,
        .buffers = buffers,
        .gradient = gradient,
        .point = {.theta = memory->theta, .buffers = buffers, .packed = memory->packed},
        .chunks = chunks_of(memory, batch->count),
        .alone = is_little(memory->program, batch->count)};
    return tau_cpu_gradient_pass_run(&pass, theta, out);
}
