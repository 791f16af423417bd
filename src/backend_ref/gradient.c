/* Gradient of one batch by reverse accumulation, node by node over all samples, because batch norm in
 * training couples them. The batch is cut into a fixed number of chunks; each sums its own gradient of theta,
 * and these are added in order, so the bits do not depend on the threads. */
#include "backend/loss.h"
#include "backend_ref/plan.h"
#include "core/memory.h"

enum { CHUNKS_MAX = 8 };

typedef struct gradient_run {
    const tau_plan *plan;
    const tau_batch *batch;
    size_t chunks;
    double *values, *gradients; /* [count, arena_size] */
    double *theta_gradient;     /* [chunks, P] */
    tau_ref_input *inputs;      /* [count, inputs_max] */
    tau_ref_call *calls;        /* [count] of the node at hand */
    double *losses, *right;     /* [count] */
    int node;
    bool backward;
} gradient_run;

static tau_status allocate(gradient_run *r) {
    const tau_plan *plan = r->plan;
    size_t count = r->batch->count, arena = plan->arena_size * sizeof(double);
    TAU_TRY(tau_mem_alloc((void **)&r->values, count, arena));
    TAU_TRY(tau_mem_alloc((void **)&r->gradients, count, arena));
    TAU_TRY(tau_mem_alloc((void **)&r->theta_gradient, plan->request.graph->theta_size,
                          r->chunks * sizeof(double)));
    TAU_TRY(tau_mem_alloc((void **)&r->inputs, count, plan->inputs_max * sizeof(tau_ref_input)));
    TAU_TRY(TAU_ALLOC(r->calls, count));
    TAU_TRY(TAU_ALLOC(r->losses, count));
    return TAU_ALLOC(r->right, count);
}

static void release(gradient_run *r) {
    tau_mem_free(r->values);
    tau_mem_free(r->gradients);
    tau_mem_free(r->theta_gradient);
    tau_mem_free(r->inputs);
    tau_mem_free(r->calls);
    tau_mem_free(r->losses);
    tau_mem_free(r->right);
}

static size_t chunk_start(const gradient_run *r, size_t chunk) {
    return r->batch->count * chunk / r->chunks;
}

static void bind(gradient_run *r, size_t sample, size_t chunk) {
    const tau_plan *plan = r->plan;
    const tau_ref_memory memory = {
        .values = r->values + sample * plan->arena_size,
        .gradients = r->gradients + sample * plan->arena_size,
        .theta_gradient = r->theta_gradient + chunk * plan->request.graph->theta_size,
        .inputs = r->inputs + sample * plan->inputs_max,
    };
    tau_ref_call *call = &r->calls[sample];
    *call = tau_ref_plan_bind(plan, r->node, &memory);
    call->training = r->batch->training;
    call->position = sample;
    call->mask.seed = r->batch->seed;
    call->mask.step = r->batch->step;
}

static tau_status run_chunk(void *payload, size_t chunk, int worker) {
    (void)worker;
    gradient_run *r = payload;
    for (size_t s = chunk_start(r, chunk); s < chunk_start(r, chunk + 1); s++) {
        bind(r, s, chunk);
        const tau_ref_operator *definition = tau_ref_operator_get(r->calls[s].op);
        (r->backward ? definition->backward : definition->forward)(&r->calls[s]);
    }
    return TAU_STATUS_OK;
}

static void run_batch_norm(gradient_run *r, float *buffers) {
    const tau_graph *graph = r->plan->request.graph;
    const tau_node *node = &graph->nodes[r->node];
    for (size_t s = 0; s < r->batch->count; s++) bind(r, s, 0);
    const tau_ref_batch batch = {r->calls, r->batch->count};
    if (r->backward)
        tau_ref_batch_norm_train_backward(&batch);
    else
        tau_ref_batch_norm_train_forward(&batch, buffers + graph->values[node->inputs[3]].offset,
                                         buffers + graph->values[node->inputs[4]].offset);
}

static tau_status run_node(gradient_run *r, int node, float *buffers) {
    r->node = node;
    if (r->batch->training && r->plan->request.graph->nodes[node].op == TAU_OP_BATCH_NORM) {
        run_batch_norm(r, buffers);
        return TAU_STATUS_OK;
    }
    return tau_pool_run(r->plan->request.pool, r->chunks, run_chunk, r, NULL);
}

/* Losses of the samples, and what backward starts from: d(mean loss)/d(output). */
static void start_backward(gradient_run *r) {
    const tau_plan_request *request = &r->plan->request;
    size_t offset = r->plan->offset[request->graph->output], count = r->batch->count;
    size_t outputs = tau_shape_size(&request->graph->values[request->graph->output].shape);
    for (size_t s = 0; s < count; s++) {
        const double *output = r->values + s * r->plan->arena_size + offset;
        double *gradient = r->gradients + s * r->plan->arena_size + offset;
        tau_target target = tau_target_of(request->samples, r->batch->indices[s]);
        r->losses[s] = tau_loss_sample(request->loss, output, outputs, target, &r->right[s]);
        tau_loss_gradient(gradient, request->loss, output, outputs, target);
        for (size_t i = 0; i < outputs; i++) gradient[i] /= (double)count;
    }
    r->backward = true;
}

static void sum_chunks(const gradient_run *r, float *gradient) {
    size_t size = r->plan->request.graph->theta_size;
    for (size_t i = 0; i < size; i++) {
        double sum = 0;
        for (size_t c = 0; c < r->chunks; c++) sum += r->theta_gradient[c * size + i];
        gradient[i] = (float)sum;
    }
}

static tau_status run_all(gradient_run *r, float *buffers) {
    const tau_graph *graph = r->plan->request.graph;
    for (size_t s = 0; s < r->batch->count; s++)
        tau_ref_plan_read_input(r->plan, r->values + s * r->plan->arena_size, r->batch->indices[s]);
    for (int n = 0; n < graph->node_count; n++) TAU_TRY(run_node(r, n, buffers));
    start_backward(r);
    for (int n = graph->node_count - 1; n >= 0; n--) TAU_TRY(run_node(r, n, buffers));
    return TAU_STATUS_OK;
}

tau_status tau_ref_plan_gradient(tau_plan *plan, const float *theta, float *buffers, const tau_batch *batch,
                                 float *gradient, tau_batch_result *out) {
    tau_ref_plan_load(plan, theta, buffers);
    gradient_run r = {.plan = plan, .batch = batch};
    r.chunks = batch->count < CHUNKS_MAX ? batch->count : CHUNKS_MAX;
    tau_status status = allocate(&r);
    if (status == TAU_STATUS_OK) status = run_all(&r, buffers);
    if (status == TAU_STATUS_OK) {
        sum_chunks(&r, gradient);
        out->loss = tau_loss_sum(r.losses, batch->count) / (double)batch->count;
        out->accuracy = tau_loss_sum(r.right, batch->count) / (double)batch->count;
    }
    release(&r);
    return status;
}
