#include "backend_cuda/plan.h"

#include "backend_cuda/gradient.h"
#include "backend_cuda/profile.h"
#include "core/memory.h"

tau_status tau_cuda_plan_enter(const tau_plan *plan) {
    TAU_CUDA_TRY(cudaSetDevice(plan->context.device));
    return TAU_STATUS_OK;
}

/* ---- what stays on the device ---- */

static tau_status upload(void **out, const void *from, size_t bytes) {
    TAU_TRY(tau_cuda_allocate(out, bytes));
    return tau_cuda_upload(*out, from, bytes);
}

static tau_status upload_samples(tau_plan *plan) {
    const tau_samples *samples = plan->request.samples;
    const tau_graph *graph = plan->request.graph;
    tau_cuda_data *data = &plan->data;
    data->count = samples->count;
    data->input_size = tau_shape_size(&samples->input_shape);
    data->output_size = tau_shape_size(&graph->values[graph->output].shape);
    TAU_TRY(upload((void **)&data->inputs, samples->inputs, data->count * data->input_size * sizeof(float)));
    if (tau_loss_takes_classes(plan->request.loss))
        return upload((void **)&data->targets.classes, samples->classes,
                      data->count * sizeof *samples->classes);
    return upload((void **)&data->targets.values, samples->values,
                  data->count * samples->target_size * sizeof *samples->values);
}

static tau_status create_slots(tau_plan *plan) {
    const size_t classes = plan->request.classes;
    const size_t counts = tau_cuda_lane_most_points(classes) * tau_confusion_size(classes);
    for (int s = 0; s < TAU_CUDA_SLOTS; s++) {
        tau_cuda_slot *slot = &plan->slots[s];
        const size_t points = TAU_CUDA_POINTS_MAX;
        TAU_CUDA_TRY(cudaMallocHost((void **)&slot->coefficients,
                                    points * TAU_CUDA_BASIS_MAX * sizeof *slot->coefficients));
        TAU_CUDA_TRY(cudaMallocHost((void **)&slot->sums, points * sizeof *slot->sums));
        TAU_CUDA_TRY(cudaMallocHost((void **)&slot->overflow, points));
        if (counts > 0)
            TAU_CUDA_TRY(cudaMallocHost((void **)&slot->confusion, counts * sizeof *slot->confusion));
        TAU_CUDA_TRY(cudaEventCreateWithFlags(&slot->done, cudaEventDisableTiming));
    }
    return TAU_STATUS_OK;
}

static void destroy_slots(tau_plan *plan) {
    for (int s = 0; s < TAU_CUDA_SLOTS; s++) {
        const tau_cuda_slot *slot = &plan->slots[s];
        if (slot->coefficients) (void)cudaFreeHost(slot->coefficients);
        if (slot->sums) (void)cudaFreeHost(slot->sums);
        if (slot->overflow) (void)cudaFreeHost(slot->overflow);
        if (slot->confusion) (void)cudaFreeHost(slot->confusion);
        if (slot->done) (void)cudaEventDestroy(slot->done);
    }
}

/* ---- creation ---- */

static tau_status create_engine(tau_plan *plan) {
    const tau_plan_request *request = &plan->request;
    plan->main.precision = request->precision;
    if (request->precision == TAU_PRECISION_EXACT)
        return tau_cuda_rows_create(&plan->main.engine, request->graph, &plan->data);
    return tau_cuda_fast_create(&plan->main.engine, request->graph, &plan->data, request->precision,
                                &plan->context);
}

static tau_status fill_plan(tau_plan *plan) {
    TAU_TRY(tau_cuda_context_open(&plan->context, plan->request.device));
    TAU_CUDA_TRY(cudaStreamCreateWithFlags(&plan->stream, cudaStreamNonBlocking));
    TAU_TRY(create_slots(plan));
    TAU_TRY(upload_samples(plan));
    return create_engine(plan);
}

tau_status tau_cuda_plan_create(tau_plan **out, const tau_plan_request *request) {
    tau_plan *plan;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(plan, 1));
    plan->request = *request;
    tau_cuda_profile_start();
    const tau_status status = fill_plan(plan);
    if (status == TAU_STATUS_OK)
        *out = plan;
    else
        tau_cuda_plan_destroy(plan);
    return status;
}

void tau_cuda_plan_destroy(tau_plan *plan) {
    if (!plan) return;
    if (plan->stream) { /* else nothing is on a device, and none should be started for that */
        (void)cudaSetDevice(plan->context.device);
        (void)cudaStreamSynchronize(plan->stream);
    }
    tau_cuda_profile_report();
    tau_cuda_trainer_destroy(plan->trainer);
    tau_cuda_lane_close(&plan->main);
    tau_cuda_lane_close(&plan->again);
    (void)tau_cuda_block_release(plan);
    for (int k = 0; k < TAU_BASIS_MAX; k++) {
        tau_cuda_free(plan->theta[k]);
        tau_cuda_free(plan->buffers[k]);
    }
    tau_cuda_free((void *)plan->data.inputs);
    tau_cuda_free((void *)plan->data.targets.classes);
    tau_cuda_free((void *)plan->data.targets.values);
    destroy_slots(plan);
    if (plan->stream) (void)cudaStreamDestroy(plan->stream);
    (void)cudaGetLastError();
    tau_mem_free(plan);
}

/* ---- the slice ---- */

static tau_status upload_vector(float **to, const float *from, size_t size) {
    if (size == 0) return TAU_STATUS_OK;
    if (!*to) TAU_TRY(tau_cuda_allocate((void **)to, size * sizeof(float)));
    return tau_cuda_upload(*to, from, size * sizeof(float));
}

static tau_status upload_basis(tau_plan *plan) {
    const tau_graph *graph = plan->request.graph;
    const tau_basis *basis = &plan->basis;
    for (int k = 0; k < basis->count; k++) {
        TAU_TRY(upload_vector(&plan->theta[k], basis->theta[k], graph->theta_size));
        if (k == 0 || basis->move_buffers)
            TAU_TRY(upload_vector(&plan->buffers[k], basis->buffers[k], graph->buffer_size));
    }
    return TAU_STATUS_OK;
}

tau_status tau_cuda_plan_set_basis(tau_plan *plan, const tau_basis *basis) {
    TAU_TRY(tau_cuda_plan_enter(plan));
    plan->basis = *basis;
    tau_cuda_lane_forget(&plan->main);
    tau_cuda_lane_forget(&plan->again);
    const tau_status status = upload_basis(plan);
    if (status != TAU_STATUS_MEMORY || !tau_cuda_block_release(plan)) return status;
    return upload_basis(plan);
}

/* ---- training ---- */

static tau_status run_gradient(tau_plan *plan, const float *theta, float *buffers, const tau_batch *batch,
                               float *gradient, tau_batch_result *out) {
    const tau_plan_request *request = &plan->request;
    if (!plan->trainer)
        TAU_TRY(tau_cuda_trainer_create(&plan->trainer, request->graph, &plan->data, request->loss,
                                        &plan->context));
    return tau_cuda_trainer_run(plan->trainer, theta, buffers, batch, gradient, out);
}

tau_status tau_cuda_plan_gradient(tau_plan *plan, const float *theta, float *buffers, const tau_batch *batch,
                                  float *gradient, tau_batch_result *out) {
    TAU_TRY(tau_cuda_plan_enter(plan));
    const tau_status status = run_gradient(plan, theta, buffers, batch, gradient, out);
    if (status != TAU_STATUS_MEMORY || !tau_cuda_block_release(plan)) return status;
    return run_gradient(plan, theta, buffers, batch, gradient, out);
}
