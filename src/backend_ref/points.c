/* Values at points: each sample goes through the network by itself, samples are shared out to the threads. */
#include <math.h>

#include "backend/combine.h"
#include "backend/loss.h"
#include "backend_ref/plan.h"

enum { SAMPLES_PER_JOB = 8 };

typedef struct run {
    tau_plan *plan;
    const tau_cancel *cancel;
    float *captured; /* [N, captured_size], or NULL: compute losses */
    int captured_value;
} run;

static tau_status forward(const run *r, const tau_ref_memory *memory, size_t sample) {
    const tau_graph *graph = r->plan->request.graph;
    tau_ref_plan_read_input(r->plan, memory->values, sample);
    for (int n = 0; n < graph->node_count; n++) {
        if (tau_cancel_requested(r->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        const tau_ref_call call = tau_ref_plan_bind(r->plan, n, memory);
        tau_ref_operator_get(call.op)->forward(&call);
    }
    return TAU_STATUS_OK;
}

static void keep_loss(const run *r, const double *values, size_t sample) {
    const tau_plan_request *request = &r->plan->request;
    int output = request->graph->output;
    const double *outputs = values + r->plan->offset[output];
    size_t count = tau_shape_size(&request->graph->values[output].shape);
    r->plan->losses[sample] = tau_loss_sample(
        request->loss, outputs, count, tau_target_of(request->samples, sample), &r->plan->right[sample]);
    if (r->plan->decided) r->plan->decided[sample] = tau_loss_decide(request->loss, outputs, count);
}

static void keep_value(const run *r, const double *values, size_t sample) {
    size_t size = tau_shape_size(&r->plan->request.graph->values[r->captured_value].shape);
    const double *value = values + r->plan->offset[r->captured_value];
    for (size_t i = 0; i < size; i++) r->captured[sample * size + i] = (float)value[i];
}

static tau_status run_samples(void *payload, size_t index, int worker) {
    const run *r = payload;
    tau_plan *plan = r->plan;
    const tau_ref_memory memory = {.values = plan->arenas + (size_t)worker * plan->arena_size,
                                   .inputs = plan->inputs + (size_t)worker * plan->inputs_max};
    size_t first = index * SAMPLES_PER_JOB, samples = plan->request.samples->count;
    for (size_t s = first; s < samples && s < first + SAMPLES_PER_JOB; s++) {
        TAU_TRY(forward(r, &memory, s));
        if (r->captured)
            keep_value(r, memory.values, s);
        else
            keep_loss(r, memory.values, s);
    }
    return TAU_STATUS_OK;
}

static tau_status run_all(run *r) {
    size_t jobs = (r->plan->request.samples->count + SAMPLES_PER_JOB - 1) / SAMPLES_PER_JOB;
    return tau_pool_run(r->plan->request.pool, jobs, run_samples, r, r->cancel);
}

/* @param[out] confusion  of all points, of which this is number `index`; or NULL */
static tau_status evaluate(tau_plan *plan, const float *theta, const float *buffers, size_t index,
                           tau_point *out, uint64_t *confusion, const tau_cancel *cancel) {
    tau_ref_plan_load(plan, theta, buffers);
    run r = {.plan = plan, .cancel = cancel};
    TAU_TRY(run_all(&r));
    const size_t samples = plan->request.samples->count, classes = plan->request.classes;
    tau_point *point = &out[index];
    tau_loss_reduce(&point->loss, &point->loss_se, plan->losses, samples);
    point->accuracy = tau_loss_sum(plan->right, samples) / (double)samples;
    point->precision = plan->request.precision;
    if (confusion)
        tau_loss_count(confusion + index * tau_confusion_size(classes), classes, plan->request.samples,
                       plan->decided);
    return TAU_STATUS_OK;
}

tau_status tau_ref_plan_set_basis(tau_plan *plan, const tau_basis *basis) {
    plan->basis = *basis;
    return TAU_STATUS_OK;
}

tau_status tau_ref_plan_tile(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                             const tau_cancel *cancel) {
    for (size_t row = 0; row < tile->rows; row++)
        for (size_t column = 0; column < tile->columns; column++) {
            (void)tau_combine_point(plan->theta, plan->buffers, &plan->basis, plan->request.graph,
                                    tile->alpha[column], tile->beta[row]);
            TAU_TRY(evaluate(plan, plan->theta, plan->buffers, row * tile->columns + column, out, confusion,
                             cancel));
        }
    return TAU_STATUS_OK;
}

tau_status tau_ref_plan_states(tau_plan *plan, size_t count, const float *const *theta,
                               const float *const *buffers, tau_point *out, uint64_t *confusion,
                               const tau_cancel *cancel) {
    for (size_t i = 0; i < count; i++)
        TAU_TRY(evaluate(plan, theta[i], buffers ? buffers[i] : NULL, i, out, confusion, cancel));
    return TAU_STATUS_OK;
}

tau_status tau_ref_plan_capture(tau_plan *plan, const float *theta, const float *buffers, int value,
                                float *out, const tau_cancel *cancel) {
    tau_ref_plan_load(plan, theta, buffers);
    run r = {.plan = plan, .cancel = cancel, .captured = out, .captured_value = value};
    return run_all(&r);
}
