/* Points of a tile or states over the pool: each worker takes whole points, and the few that are left over at
 * the end are cut into ranges of samples. */
#include <math.h>

#include "backend/combine.h"
#include "backend/loss.h"
#include "backend_cpu/plan.h"
#include "core/memory.h"

/* Where the parameters of points come from, and where results go. */
typedef struct evaluation {
    tau_plan *plan;
    const tau_tile *tile; /* or NULL, and then: */
    const float *const *theta, *const *buffers;
    tau_point *out;
    uint64_t *confusion; /* or NULL */
    const tau_cancel *cancel;
    size_t first;  /* point number of the first job */
    size_t ranges; /* pieces that a point is cut into */
} evaluation;

static tau_cpu_point form_point(const evaluation *e, size_t index, tau_cpu_worker *memory) {
    const tau_plan *plan = e->plan;
    tau_cpu_point point = {
        .theta = memory->theta, .buffers = memory->buffers, .packed = memory->packed, .share = &plan->share};
    if (!e->tile) {
        point.theta = e->theta[index];
        point.buffers = e->buffers[index];
        return point;
    }
    const double alpha = e->tile->alpha[index % e->tile->columns],
                 beta = e->tile->beta[index / e->tile->columns];
    double c[TAU_BASIS_MAX] = {0};
    plan->basis.coefficients(alpha, beta, c);
    for (int k = 0; k < TAU_BASIS_MAX; k++) point.coefficients[k] = (float)c[k];
    (void)tau_combine_point(memory->theta, memory->buffers, &plan->basis, plan->request.graph, alpha, beta);
    return point;
}

static const tau_cpu_program *program_for(const evaluation *e) {
    if (e->tile && e->plan->line && e->plan->share.count > 0) return e->plan->line;
    return e->plan->fine ? e->plan->fine : e->plan->exact;
}

static void prepare(const evaluation *e, const tau_cpu_program *program, const tau_cpu_point *point,
                    tau_cpu_worker *memory) {
    if (e->plan->tiny)
        tau_cpu_tiny_prepare(e->plan->tiny, point);
    else
        tau_cpu_program_prepare(&(tau_cpu_frame){
            .program = program, .kernels = e->plan->kernels, .point = point, .scratch = memory->scratch});
}

/* Losses of samples [first, end), block by block. */
static tau_status run_losses(const evaluation *e, const tau_cpu_program *program, const tau_cpu_point *point,
                             size_t first, size_t end, tau_cpu_worker *worker, tau_cpu_worker *results) {
    const tau_plan_request *request = &e->plan->request;
    const tau_cpu_tensor *output = &program->tensors[program->output];
    const size_t sample = tau_shape_size(&request->samples->input_shape);
    for (size_t block = first; block < end; block += program->block) {
        const size_t count = end - block < program->block ? end - block : program->block;
        tau_cpu_worker_bind(worker, program, request->samples->inputs + block * sample);
        TAU_TRY(tau_cpu_program_run(&(tau_cpu_frame){.program = program,
                                                     .kernels = e->plan->kernels,
                                                     .point = point,
                                                     .data = worker->data,
                                                     .scratch = worker->scratch,
                                                     .block = block,
                                                     .count = count},
                                    e->cancel));
        for (size_t i = 0; i < count; i++) {
            const float *y = worker->data[program->output] + i * output->stride;
            for (size_t o = 0; o < output->size; o++) worker->outputs[o] = (double)y[o];
            results->losses[block + i] =
                tau_loss_sample(request->loss, worker->outputs, output->size,
                                tau_target_of(request->samples, block + i), &results->right[block + i]);
            if (results->decided)
                results->decided[block + i] = tau_loss_decide(request->loss, worker->outputs, output->size);
        }
        if (tau_cancel_requested(e->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
    }
    return TAU_STATUS_OK;
}

static tau_status run_range(const evaluation *e, const tau_cpu_program *program, const tau_cpu_point *point,
                            size_t first, size_t end, tau_cpu_worker *worker, tau_cpu_worker *results) {
    if (e->plan->tiny) return tau_cpu_tiny_losses(e->plan, point, first, end, worker, results, e->cancel);
    return run_losses(e, program, point, first, end, worker, results);
}

/* Numbers of point `index` from those of its samples. */
static void reduce(const evaluation *e, const tau_cpu_worker *results, size_t index,
                   tau_precision precision) {
    const tau_plan_request *request = &e->plan->request;
    const size_t count = request->samples->count, classes = request->classes;
    tau_point *point = &e->out[index];
    tau_loss_reduce(&point->loss, &point->loss_se, results->losses, count);
    point->accuracy = tau_loss_sum(results->right, count) / (double)count;
    point->precision = precision;
    if (e->confusion)
        tau_loss_count(e->confusion + index * tau_confusion_size(classes), classes, request->samples,
                       results->decided);
}

/* What is not finite in fine may be so only because of it: exact has the last word. */
static tau_status finish_point(const evaluation *e, const tau_cpu_point *point, tau_cpu_worker *worker,
                               tau_cpu_worker *results, size_t index) {
    const tau_plan *plan = e->plan;
    reduce(e, results, index, plan->request.precision);
    if (plan->request.precision == TAU_PRECISION_EXACT || isfinite(e->out[index].loss)) return TAU_STATUS_OK;
    if (!plan->tiny) {
        prepare(e, plan->exact, point, worker);
        TAU_TRY(run_losses(e, plan->exact, point, 0, plan->request.samples->count, worker, results));
    }
    reduce(e, results, index, TAU_PRECISION_EXACT);
    return TAU_STATUS_OK;
}

static tau_status whole_point_job(void *payload, size_t index, int worker_index) {
    const evaluation *e = payload;
    tau_cpu_worker *worker = &e->plan->workers[worker_index];
    const tau_cpu_program *program = program_for(e);
    const tau_cpu_point point = form_point(e, index, worker);
    prepare(e, program, &point, worker);
    TAU_TRY(run_range(e, program, &point, 0, e->plan->request.samples->count, worker, worker));
    return finish_point(e, &point, worker, worker, index);
}

/* Points that several workers share stand in slots: formed by one, evaluated by all, finished by one. */
static tau_status slot_form_job(void *payload, size_t index, int worker_index) {
    const evaluation *e = payload;
    tau_cpu_worker *slot = &e->plan->slots[index];
    const tau_cpu_point point = form_point(e, e->first + index, slot);
    prepare(e, program_for(e), &point, &e->plan->workers[worker_index]);
    return TAU_STATUS_OK;
}

static tau_cpu_point point_in_slot(const evaluation *e, size_t slot) {
    const tau_plan *plan = e->plan;
    const size_t index = e->first + slot;
    tau_cpu_point point = {.theta = plan->slots[slot].theta,
                           .buffers = plan->slots[slot].buffers,
                           .packed = plan->slots[slot].packed,
                           .share = &plan->share};
    if (!e->tile) {
        point.theta = e->theta[index];
        point.buffers = e->buffers[index];
        return point;
    }
    double c[TAU_BASIS_MAX] = {0};
    plan->basis.coefficients(e->tile->alpha[index % e->tile->columns],
                             e->tile->beta[index / e->tile->columns], c);
    for (int k = 0; k < TAU_BASIS_MAX; k++) point.coefficients[k] = (float)c[k];
    return point;
}

static tau_status slot_range_job(void *payload, size_t index, int worker_index) {
    const evaluation *e = payload;
    const size_t slot = index / e->ranges, range = index % e->ranges, count = e->plan->request.samples->count;
    const tau_cpu_program *program = program_for(e);
    const size_t block = e->plan->tiny ? TAU_CPU_TINY_BLOCK : program->block;
    const size_t blocks = (count + block - 1) / block;
    const size_t first = blocks * range / e->ranges * block, last = blocks * (range + 1) / e->ranges * block;
    const tau_cpu_point point = point_in_slot(e, slot);
    return run_range(e, program, &point, first, last < count ? last : count, &e->plan->workers[worker_index],
                     &e->plan->slots[slot]);
}

static tau_status slot_finish_job(void *payload, size_t index, int worker_index) {
    const evaluation *e = payload;
    const tau_cpu_point point = point_in_slot(e, index);
    return finish_point(e, &point, &e->plan->workers[worker_index], &e->plan->slots[index], e->first + index);
}

static tau_status evaluate_shared(evaluation *e, size_t count) {
    tau_pool *pool = e->plan->request.pool;
    const int threads = tau_pool_size(pool);
    tau_cpu_sizes sizes = e->plan->sizes;
    sizes.arena = sizes.scratch = sizes.tensors = sizes.outputs = 0;
    if (!e->plan->slots) TAU_TRY(tau_cpu_workers_create(&e->plan->slots, threads, &sizes));
    e->ranges = (2 * (size_t)threads + count - 1) / count;
    TAU_TRY(tau_pool_run(pool, count, slot_form_job, e, e->cancel));
    TAU_TRY(tau_pool_run(pool, count * e->ranges, slot_range_job, e, e->cancel));
    return tau_pool_run(pool, count, slot_finish_job, e, e->cancel);
}

static tau_status evaluate(evaluation *e, size_t points) {
    const size_t threads = (size_t)tau_pool_size(e->plan->request.pool), left = points % threads;
    TAU_TRY(tau_pool_run(e->plan->request.pool, points - left, whole_point_job, e, e->cancel));
    if (left == 0) return TAU_STATUS_OK;
    e->first = points - left;
    return evaluate_shared(e, left);
}

tau_status tau_cpu_tile(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                        const tau_cancel *cancel) {
    evaluation e = {.plan = plan, .tile = tile, .out = out, .confusion = confusion, .cancel = cancel};
    return evaluate(&e, tile->columns * tile->rows);
}

tau_status tau_cpu_states(tau_plan *plan, size_t count, const float *const *theta,
                          const float *const *buffers, tau_point *out, uint64_t *confusion,
                          const tau_cancel *cancel) {
    evaluation e = {.plan = plan,
                    .theta = theta,
                    .buffers = buffers,
                    .out = out,
                    .confusion = confusion,
                    .cancel = cancel};
    return evaluate(&e, count);
}
