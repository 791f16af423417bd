/* Values of one activation: a program of its own that ends there. */
#include <string.h>

#include "backend_cpu/plan.h"
#include "core/memory.h"

typedef struct capture {
    const tau_plan *plan;
    const tau_cpu_program *program;
    tau_cpu_worker *workers;
    tau_cpu_point point;
    float *out;
    const tau_cancel *cancel;
} capture;

static tau_status capture_block(void *payload, size_t index, int worker_index) {
    const capture *c = payload;
    const tau_samples *samples = c->plan->request.samples;
    const tau_cpu_tensor *output = &c->program->tensors[c->program->output];
    tau_cpu_worker *worker = &c->workers[worker_index];
    const size_t first = index * c->program->block, left = samples->count - first;
    const size_t count = left < c->program->block ? left : c->program->block;
    tau_cpu_worker_bind(worker, c->program, samples->inputs + first * tau_shape_size(&samples->input_shape));
    TAU_TRY(tau_cpu_program_run(&(tau_cpu_frame){.program = c->program,
                                                 .kernels = c->plan->kernels,
                                                 .point = &c->point,
                                                 .data = worker->data,
                                                 .scratch = worker->scratch,
                                                 .block = first,
                                                 .count = count},
                                c->cancel));
    for (size_t i = 0; i < count; i++)
        memcpy(c->out + (first + i) * output->size, worker->data[c->program->output] + i * output->stride,
               output->size * sizeof *c->out);
    return TAU_STATUS_OK;
}

static tau_status run_capture(capture *c) {
    const tau_plan_request *request = &c->plan->request;
    const int threads = tau_pool_size(request->pool);
    tau_cpu_sizes sizes = {0};
    tau_cpu_sizes_cover(&sizes, c->program);
    TAU_TRY(TAU_ALLOC(c->point.packed, sizes.packed));
    sizes.packed = 0;
    TAU_TRY(tau_cpu_workers_create(&c->workers, threads, &sizes));
    tau_cpu_program_prepare(&(tau_cpu_frame){.program = c->program,
                                             .kernels = c->plan->kernels,
                                             .point = &c->point,
                                             .scratch = c->workers[0].scratch});
    const size_t block = c->program->block, blocks = (request->samples->count + block - 1) / block;
    return tau_pool_run(request->pool, blocks, capture_block, c, c->cancel);
}

tau_status tau_cpu_capture(tau_plan *plan, const float *theta, const float *buffers, int value, float *out,
                           const tau_cancel *cancel) {
    const tau_cpu_lowering lowering = {.target = value,
                                       .winograd = plan->request.precision == TAU_PRECISION_FINE,
                                       .fuse = true,
                                       .shared_node = -1};
    tau_cpu_program *program;
    TAU_TRY(tau_cpu_program_create(&program, plan->request.graph, &lowering));
    capture c = {.plan = plan,
                 .program = program,
                 .point = {.theta = theta, .buffers = buffers},
                 .out = out,
                 .cancel = cancel};
    const tau_status status = run_capture(&c);
    tau_mem_free(c.point.packed);
    tau_cpu_workers_destroy(c.workers, tau_pool_size(plan->request.pool));
    tau_cpu_program_destroy(program);
    return status;
}
