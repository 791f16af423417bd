/* Passes over points, chunk by chunk: two chunks are in flight, so that the device never waits for the host.
 * What a chunk cannot say (a value that does not fit FP16, a loss that is not finite) a second pass in FP32
 * does. */
#include "backend_cuda/evaluate.h"

#include <math.h>

#include "core/memory.h"

/* Where the parameters of points come from, and where results go. */
typedef struct pass {
    tau_plan *plan;
    tau_cuda_lane *lane;
    const tau_tile *tile; /* or NULL, and then: */
    const float *const *theta, *const *buffers;
    const size_t *indices; /* [count] points of the tile or list; NULL = all */
    size_t count;
    tau_point *out;
    uint64_t *confusion; /* [points, tau_confusion_size], or NULL */
    const tau_cancel *cancel;
    size_t next, finished; /* points launched, points collected */
    size_t *again;         /* [again_count] points to be run again, or NULL where there is no better mode */
    size_t again_count;
} pass;

static size_t point_at(const pass *p, size_t position) {
    return p->indices ? p->indices[position] : position;
}

static void fill_coefficients(const pass *p, const tau_cuda_slot *slot) {
    for (int i = 0; i < p->lane->points; i++) {
        /* The last chunk repeats its last point: every chunk has the same launches. */
        const size_t position = slot->first + ((size_t)i < slot->count ? (size_t)i : slot->count - 1);
        const size_t point = point_at(p, position);
        double c[TAU_BASIS_MAX] = {0};
        p->plan->basis.coefficients(p->tile->alpha[point % p->tile->columns],
                                    p->tile->beta[point / p->tile->columns], c);
        for (int k = 0; k < TAU_BASIS_MAX; k++) slot->coefficients[i * TAU_CUDA_BASIS_MAX + k] = c[k];
    }
}

static tau_cuda_chunk chunk_of_slice(const pass *p) {
    const tau_plan *plan = p->plan;
    const tau_cuda_layout *at = &p->lane->layout;
    tau_cuda_chunk chunk = {.points = p->lane->points, .overflow = at->overflow};
    chunk.theta = (tau_cuda_source){.count = plan->basis.count, .coefficients = at->coefficients};
    for (int k = 0; k < plan->basis.count; k++) chunk.theta.vectors[k] = plan->theta[k];
    chunk.buffers = (tau_cuda_source){.count = 1, .vectors = {plan->buffers[0]}};
    if (!plan->basis.move_buffers) return chunk;
    chunk.buffers = (tau_cuda_source){.count = plan->basis.count, .coefficients = at->coefficients};
    for (int k = 0; k < plan->basis.count; k++) chunk.buffers.vectors[k] = plan->buffers[k];
    return chunk;
}

static tau_status upload(float *to, const float *from, size_t count, cudaStream_t stream) {
    if (count == 0) return TAU_STATUS_OK;
    TAU_CUDA_TRY(cudaMemcpyAsync(to, from, count * sizeof(float), cudaMemcpyHostToDevice, stream));
    return TAU_STATUS_OK;
}

/* Parameters from the host: [points, P] and [points, Q], the last ones repeated like the last point. */
static tau_status stage(const pass *p, const tau_cuda_slot *slot, tau_cuda_chunk *chunk) {
    const tau_graph *graph = p->plan->request.graph;
    const tau_cuda_layout *at = &p->lane->layout;
    const size_t theta = graph->theta_size, buffers = graph->buffer_size;
    for (int i = 0; i < p->lane->points; i++) {
        const size_t position = slot->first + ((size_t)i < slot->count ? (size_t)i : slot->count - 1);
        const size_t point = point_at(p, position);
        TAU_TRY(upload(at->theta + (size_t)i * theta, p->theta[point], theta, p->plan->stream));
        if (buffers > 0)
            TAU_TRY(upload(at->buffers + (size_t)i * buffers, p->buffers[point], buffers, p->plan->stream));
    }
    *chunk = (tau_cuda_chunk){
        .theta = {.count = 1, .vectors = {at->theta}, .point_stride = theta},
        .buffers = {.count = 1, .vectors = {at->buffers}, .point_stride = buffers},
        .points = p->lane->points,
        .overflow = at->overflow,
    };
    return TAU_STATUS_OK;
}

static tau_status launch_next(pass *p, int slot_index) {
    tau_cuda_slot *slot = &p->plan->slots[slot_index];
    const size_t left = p->count - p->next;
    slot->first = p->next;
    slot->count = left < (size_t)p->lane->points ? left : (size_t)p->lane->points;
    tau_cuda_chunk chunk;
    if (p->tile) {
        fill_coefficients(p, slot);
        chunk = chunk_of_slice(p);
    } else {
        TAU_TRY(stage(p, slot, &chunk));
    }
    TAU_TRY(tau_cuda_lane_launch(p->plan, p->lane, slot_index, &chunk));
    slot->busy = true;
    p->next += slot->count;
    return TAU_STATUS_OK;
}

static void collect_counts(const pass *p, const tau_cuda_slot *slot, size_t from, size_t point) {
    if (!p->confusion) return;
    const size_t size = tau_confusion_size(p->plan->request.classes);
    for (size_t i = 0; i < size; i++) p->confusion[point * size + i] = slot->confusion[from * size + i];
}

static tau_status collect(pass *p, tau_cuda_slot *slot) {
    TAU_CUDA_TRY(cudaEventSynchronize(slot->done));
    slot->busy = false;
    for (size_t i = 0; i < slot->count; i++) {
        const tau_cuda_sums *sums = &slot->sums[i];
        const size_t point = point_at(p, slot->first + i);
        p->out[point] = (tau_point){sums->loss, sums->loss_se, sums->right, p->lane->precision};
        collect_counts(p, slot, i, point);
        if (p->again && (slot->overflow[i] || !isfinite(sums->loss))) p->again[p->again_count++] = point;
    }
    p->finished += slot->count;
    return TAU_STATUS_OK;
}

/* From the first point that has no result to the end. */
static tau_status run_rest(pass *p) {
    TAU_TRY(tau_cuda_lane_open(p->plan, p->lane, p->count, !p->tile));
    p->next = p->finished;
    for (int s = 0; p->finished < p->count; s = (s + 1) % TAU_CUDA_SLOTS) {
        if (p->plan->slots[s].busy) TAU_TRY(collect(p, &p->plan->slots[s]));
        if (p->next == p->count) continue;
        if (tau_cancel_requested(p->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        TAU_TRY(launch_next(p, s));
    }
    return TAU_STATUS_OK;
}

/* Nothing of a pass that stopped may still be under way: the next one writes to the same memory. */
static void abandon(const pass *p) {
    (void)cudaStreamSynchronize(p->plan->stream);
    for (int s = 0; s < TAU_CUDA_SLOTS; s++) p->plan->slots[s].busy = false;
}

static tau_status run_pass(pass *p) {
    for (;;) {
        const tau_status status = run_rest(p);
        if (status == TAU_STATUS_OK) return status;
        tau_error_copy error;
        tau_error_save(&error);
        abandon(p);
        if (status != TAU_STATUS_MEMORY || !tau_cuda_lane_shrink(p->lane)) return tau_error_restore(&error);
        (void)tau_cuda_block_release(p->plan);
    }
}

static tau_status open_again(tau_plan *plan) {
    if (plan->again.engine) return TAU_STATUS_OK;
    plan->again.precision = TAU_PRECISION_EXACT;
    return tau_cuda_rows_create(&plan->again.engine, plan->request.graph, &plan->data);
}

static tau_status run_again(const pass *first) {
    if (first->again_count == 0) return TAU_STATUS_OK;
    TAU_TRY(open_again(first->plan));
    pass second = *first;
    second.lane = &first->plan->again;
    second.indices = first->again;
    second.count = first->again_count;
    second.next = second.finished = 0;
    second.again = NULL;
    return run_pass(&second);
}

static tau_status run_all(pass *p) {
    TAU_TRY(tau_cuda_plan_enter(p->plan));
    p->lane = &p->plan->main;
    if (p->lane->precision != TAU_PRECISION_EXACT) TAU_TRY(TAU_ALLOC(p->again, p->count));
    tau_status status = run_pass(p);
    if (status == TAU_STATUS_OK) status = run_again(p);
    tau_mem_free(p->again);
    return status;
}

tau_status tau_cuda_evaluate_tile(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                                  const tau_cancel *cancel) {
    return run_all(&(pass){.plan = plan,
                           .tile = tile,
                           .count = tile->columns * tile->rows,
                           .out = out,
                           .confusion = confusion,
                           .cancel = cancel});
}

tau_status tau_cuda_evaluate_states(tau_plan *plan, size_t count, const float *const *theta,
                                    const float *const *buffers, tau_point *out, uint64_t *confusion,
                                    const tau_cancel *cancel) {
    if (count == 0) return TAU_STATUS_OK;
    return run_all(&(pass){.plan = plan,
                           .theta = theta,
                           .buffers = buffers,
                           .count = count,
                           .out = out,
                           .confusion = confusion,
                           .cancel = cancel});
}
