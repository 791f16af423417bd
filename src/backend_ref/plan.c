#include "backend_ref/plan.h"

#include "core/memory.h"

static bool is_per_sample(const tau_value *value) {
    return value->kind == TAU_VALUE_KIND_INPUT || value->kind == TAU_VALUE_KIND_ACTIVATION;
}

static tau_status lay_out(tau_plan *plan) {
    const tau_graph *graph = plan->request.graph;
    TAU_TRY(TAU_ALLOC(plan->offset, (size_t)graph->value_count));
    for (int v = 0; v < graph->value_count; v++) {
        if (!is_per_sample(&graph->values[v])) continue;
        plan->offset[v] = plan->arena_size;
        plan->arena_size += tau_shape_size(&graph->values[v].shape);
    }
    for (int n = 0; n < graph->node_count; n++)
        if ((size_t)graph->nodes[n].input_count > plan->inputs_max)
            plan->inputs_max = (size_t)graph->nodes[n].input_count;
    return TAU_STATUS_OK;
}

static tau_status allocate(tau_plan *plan) {
    const tau_graph *graph = plan->request.graph;
    size_t threads = (size_t)tau_pool_size(plan->request.pool), samples = plan->request.samples->count;
    TAU_TRY(TAU_ALLOC(plan->theta, graph->theta_size));
    TAU_TRY(TAU_ALLOC(plan->buffers, graph->buffer_size));
    TAU_TRY(TAU_ALLOC(plan->theta_wide, graph->theta_size));
    TAU_TRY(TAU_ALLOC(plan->buffers_wide, graph->buffer_size));
    TAU_TRY(TAU_ALLOC(plan->constants_wide, graph->constant_size));
    for (size_t i = 0; i < graph->constant_size; i++) plan->constants_wide[i] = graph->constants[i];
    TAU_TRY(TAU_ALLOC(plan->losses, samples));
    TAU_TRY(TAU_ALLOC(plan->right, samples));
    if (plan->request.classes > 0) TAU_TRY(TAU_ALLOC(plan->decided, samples));
    TAU_TRY(tau_mem_alloc((void **)&plan->arenas, plan->arena_size, threads * sizeof(double)));
    return TAU_ALLOC(plan->inputs, threads * plan->inputs_max);
}

tau_status tau_ref_plan_create(tau_plan **out, const tau_plan_request *request) {
    *out = NULL;
    tau_plan *plan;
    TAU_TRY(TAU_ALLOC(plan, 1));
    plan->request = *request;
    tau_status status = lay_out(plan);
    if (status == TAU_STATUS_OK) status = allocate(plan);
    if (status != TAU_STATUS_OK) {
        tau_ref_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return TAU_STATUS_OK;
}

void tau_ref_plan_destroy(tau_plan *plan) {
    if (!plan) return;
    tau_mem_free(plan->offset);
    tau_mem_free(plan->theta);
    tau_mem_free(plan->buffers);
    tau_mem_free(plan->theta_wide);
    tau_mem_free(plan->buffers_wide);
    tau_mem_free(plan->constants_wide);
    tau_mem_free(plan->losses);
    tau_mem_free(plan->right);
    tau_mem_free(plan->decided);
    tau_mem_free(plan->arenas);
    tau_mem_free(plan->inputs);
    tau_mem_free(plan);
}

void tau_ref_plan_load(tau_plan *plan, const float *theta, const float *buffers) {
    const tau_graph *graph = plan->request.graph;
    for (size_t i = 0; i < graph->theta_size; i++) plan->theta_wide[i] = theta[i];
    for (size_t i = 0; i < graph->buffer_size; i++) plan->buffers_wide[i] = buffers[i];
}

void tau_ref_plan_read_input(const tau_plan *plan, double *values, size_t sample) {
    const tau_samples *samples = plan->request.samples;
    size_t size = tau_shape_size(&samples->input_shape);
    double *input = values + plan->offset[plan->request.graph->input];
    for (size_t i = 0; i < size; i++) input[i] = samples->inputs[sample * size + i];
}

static tau_ref_input bind_input(const tau_plan *plan, int index, const tau_ref_memory *memory) {
    if (index < 0) return (tau_ref_input){0};
    const tau_value *value = &plan->request.graph->values[index];
    tau_ref_input input = {.shape = &value->shape};
    switch (value->kind) {
    case TAU_VALUE_KIND_PARAMETER:
        input.value = plan->theta_wide + value->offset;
        if (memory->theta_gradient) input.gradient = memory->theta_gradient + value->offset;
        break;
    case TAU_VALUE_KIND_BUFFER:
        input.value = plan->buffers_wide + value->offset;
        break;
    case TAU_VALUE_KIND_CONSTANT:
        input.value = plan->constants_wide + value->offset;
        break;
    case TAU_VALUE_KIND_ACTIVATION:
        if (memory->gradients) input.gradient = memory->gradients + plan->offset[index]; /* fall through */
    case TAU_VALUE_KIND_INPUT:
        input.value = memory->values + plan->offset[index];
        break;
    }
    return input;
}

tau_ref_call tau_ref_plan_bind(const tau_plan *plan, int index, const tau_ref_memory *memory) {
    const tau_graph *graph = plan->request.graph;
    const tau_node *node = &graph->nodes[index];
    for (int i = 0; i < node->input_count; i++) memory->inputs[i] = bind_input(plan, node->inputs[i], memory);
    return (tau_ref_call){
        .attributes = &node->attributes,
        .op = node->op,
        .inputs = memory->inputs,
        .input_count = node->input_count,
        .shape = &graph->values[node->output].shape,
        .y = memory->values + plan->offset[node->output],
        .dy = memory->gradients ? memory->gradients + plan->offset[node->output] : NULL,
        .mask = {.layer = index, .rate = node->attributes.alpha},
    };
}
