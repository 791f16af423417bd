#include "backend_cpu/backend_cpu.h"

#include "backend_cpu/plan.h"
#include "core/memory.h"

static const char *instruction_set(void) {
    return tau_cpu_kernels_get()->instruction_set;
}

static tau_status supports(const tau_graph *graph, tau_precision precision) {
    (void)graph; /* every operator of model/graph.h */
    if (precision == TAU_PRECISION_EXACT || precision == TAU_PRECISION_FINE) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "the precision %s is not for processors" TAU_WHY
                    "16-bit operands would lose digits here and gain little" TAU_FIX "choose exact or fine",
                    tau_precision_name(precision));
}

static bool shares(const tau_cpu_program *program) {
    for (int s = 0; s < program->step_count; s++)
        if (program->steps[s].operation == &tau_cpu_shared_linear) return true;
    return false;
}

static tau_status create_programs(tau_plan *plan) {
    const tau_plan_request *request = &plan->request;
    tau_cpu_lowering lowering = {.target = request->graph->output, .fuse = true, .shared_node = -1};
    TAU_TRY(tau_cpu_program_create(&plan->exact, request->graph, &lowering));
    plan->share.node = -1;
    if (request->precision == TAU_PRECISION_EXACT) return TAU_STATUS_OK;
    lowering.winograd = true;
    TAU_TRY(tau_cpu_program_create(&plan->fine, request->graph, &lowering));
    plan->share.node = tau_cpu_share_find(request->graph, request->samples->count);
    if (plan->share.node < 0) return TAU_STATUS_OK;
    lowering.shared_node = plan->share.node;
    TAU_TRY(tau_cpu_program_create(&plan->line, request->graph, &lowering));
    if (shares(plan->line)) return TAU_STATUS_OK;
    tau_cpu_program_destroy(plan->line); /* fusing the layer with what follows came first */
    plan->line = NULL;
    return TAU_STATUS_OK;
}

static void measure(tau_plan *plan) {
    const tau_plan_request *request = &plan->request;
    const tau_graph *graph = request->graph;
    plan->sizes = (tau_cpu_sizes){.theta = graph->theta_size,
                                  .buffers = graph->buffer_size,
                                  .samples = request->samples->count,
                                  .outputs = tau_shape_size(&graph->values[graph->output].shape),
                                  .decisions = request->classes > 0};
    tau_cpu_sizes_cover(&plan->sizes, plan->exact);
    tau_cpu_sizes_cover(&plan->sizes, plan->fine);
    tau_cpu_sizes_cover(&plan->sizes, plan->line);
    if (!plan->tiny) return;
    const size_t packed = tau_cpu_tiny_packed_size(plan->tiny),
                 scratch = tau_cpu_tiny_scratch_size(plan->tiny);
    if (packed > plan->sizes.packed) plan->sizes.packed = packed;
    if (scratch > plan->sizes.scratch) plan->sizes.scratch = scratch;
}

static tau_status fill_plan(tau_plan *plan) {
    TAU_TRY(create_programs(plan));
    TAU_TRY(tau_cpu_tiny_create(&plan->tiny, &plan->request));
    measure(plan);
    return tau_cpu_workers_create(&plan->workers, tau_pool_size(plan->request.pool), &plan->sizes);
}

static void destroy(tau_plan *plan) {
    if (!plan) return;
    const int threads = tau_pool_size(plan->request.pool);
    tau_cpu_workers_destroy(plan->workers, threads);
    tau_cpu_workers_destroy(plan->slots, threads);
    tau_cpu_gradient_destroy(plan->gradient);
    tau_cpu_share_clear(&plan->share);
    tau_cpu_tiny_destroy(plan->tiny);
    tau_cpu_program_destroy(plan->line);
    tau_cpu_program_destroy(plan->fine);
    tau_cpu_program_destroy(plan->exact);
    tau_mem_free(plan);
}

static tau_status create(tau_plan **out, const tau_plan_request *request) {
    tau_plan *plan;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(plan, 1));
    plan->request = *request;
    plan->kernels = tau_cpu_kernels_get();
    const tau_status status = fill_plan(plan);
    if (status == TAU_STATUS_OK)
        *out = plan;
    else
        destroy(plan);
    return status;
}

static tau_status set_basis(tau_plan *plan, const tau_basis *basis) {
    plan->basis = *basis;
    return plan->line && !plan->tiny ? tau_cpu_share_set(plan, basis) : TAU_STATUS_OK;
}

static const tau_backend backend_cpu = {
    .name = "cpu",
    .kernel_version = 1,
    .default_precision = TAU_PRECISION_FINE,
    .instruction_set = instruction_set,
    .available = tau_cpu_kernels_check,
    .supports = supports,
    .create = create,
    .destroy = destroy,
    .set_basis = set_basis,
    .tile = tau_cpu_tile,
    .states = tau_cpu_states,
    .capture = tau_cpu_capture,
    .gradient = tau_cpu_gradient_run,
};

const tau_backend *tau_backend_cpu_get(void) {
    return &backend_cpu;
}
