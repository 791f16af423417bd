#include "backend_cuda/gradient.h"

#include <limits.h>
#include <string.h>

#include "backend_cuda/blas.h"
#include "backend_cuda/places.h"
#include "core/memory.h"
#include "kernels/gather.h"

enum { ALIGNMENT = 256 };

/* Memory of one batch; all pointers lie within one block. */
typedef struct batch_memory {
    char *block;
    size_t size; /* bytes */
    uint32_t *indices;
    tau_cuda_targets targets;
    double *losses, *right, *partial;
    tau_cuda_sums *sums;
    void *scratch;
    char *gradients; /* of the activations, next to each other */
    size_t gradients_size;
} batch_memory;

struct tau_cuda_trainer {
    const tau_graph *graph;
    const tau_cuda_data *data;
    tau_loss loss;
    const tau_cuda_context *context;
    tau_cuda_blas blas;
    cudaStream_t stream;
    float *theta, *gradient, *buffers, *constants; /* on the device */
    float *statistics;                             /* [Q] on the host, of the last batch */
    bool *needed;                                  /* [values] activations that parameters move */
    tau_cuda_place *places;                        /* [values] */
    tau_cuda_input *inputs;                        /* [most inputs of a node] */
    batch_memory memory;
};

/* ---- creation ---- */

static bool is_needed(const tau_cuda_trainer *trainer, int value) {
    return value >= 0 &&
           (trainer->needed[value] || trainer->graph->values[value].kind == TAU_VALUE_KIND_PARAMETER);
}

static tau_status check_node(const tau_node *node) {
    const tau_cuda_operator *definition = tau_cuda_operator_get(node->op);
    if (definition->forward && definition->backward) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "node %s (%s) cannot be trained on a GPU" TAU_WHY "there are no kernels for it" TAU_FIX
                    "train with --device cpu",
                    node->name, tau_op_name(node->op));
}

static tau_status read_graph(tau_cuda_trainer *trainer) {
    const tau_graph *graph = trainer->graph;
    size_t most = 1;
    TAU_TRY(TAU_ALLOC(trainer->needed, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(trainer->places, (size_t)graph->value_count));
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        TAU_TRY(check_node(node));
        if ((size_t)node->input_count > most) most = (size_t)node->input_count;
        for (int i = 0; i < node->input_count; i++)
            if (is_needed(trainer, node->inputs[i])) trainer->needed[node->output] = true;
    }
    return TAU_ALLOC(trainer->inputs, most);
}

static tau_status allocate_vector(float **out, size_t count) {
    return tau_cuda_allocate((void **)out, count * sizeof(float));
}

static tau_status upload(tau_cuda_trainer *trainer, void *to, const void *from, size_t bytes) {
    if (bytes > 0) TAU_CUDA_TRY(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, trainer->stream));
    return TAU_STATUS_OK;
}

static tau_status prepare(tau_cuda_trainer *trainer) {
    const tau_graph *graph = trainer->graph;
    TAU_TRY(read_graph(trainer));
    TAU_TRY(TAU_ALLOC(trainer->statistics, graph->buffer_size));
    TAU_CUDA_TRY(cudaSetDevice(trainer->context->device));
    TAU_TRY(tau_cuda_blas_open(&trainer->blas));
    TAU_CUDA_TRY(cudaStreamCreateWithFlags(&trainer->stream, cudaStreamNonBlocking));
    TAU_TRY(allocate_vector(&trainer->theta, graph->theta_size));
    TAU_TRY(allocate_vector(&trainer->gradient, graph->theta_size));
    TAU_TRY(allocate_vector(&trainer->buffers, graph->buffer_size));
    TAU_TRY(allocate_vector(&trainer->constants, graph->constant_size));
    return tau_cuda_upload(trainer->constants, graph->constants, graph->constant_size * sizeof(float));
}

tau_status tau_cuda_trainer_create(tau_cuda_trainer **out, const tau_graph *graph, const tau_cuda_data *data,
                                   tau_loss loss, const tau_cuda_context *context) {
    tau_cuda_trainer *trainer;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(trainer, 1));
    trainer->graph = graph;
    trainer->data = data;
    trainer->loss = loss;
    trainer->context = context;
    const tau_status status = prepare(trainer);
    if (status == TAU_STATUS_OK)
        *out = trainer;
    else
        tau_cuda_trainer_destroy(trainer);
    return status;
}

void tau_cuda_trainer_destroy(tau_cuda_trainer *trainer) {
    if (!trainer) return;
    (void)cudaSetDevice(trainer->context->device);
    if (trainer->stream) {
        (void)cudaStreamSynchronize(trainer->stream);
        (void)cudaStreamDestroy(trainer->stream);
    }
    tau_cuda_blas_close(&trainer->blas);
    tau_cuda_free(trainer->theta);
    tau_cuda_free(trainer->gradient);
    tau_cuda_free(trainer->buffers);
    tau_cuda_free(trainer->constants);
    tau_cuda_free(trainer->memory.block);
    tau_mem_free(trainer->statistics);
    tau_mem_free(trainer->needed);
    tau_mem_free(trainer->places);
    tau_mem_free(trainer->inputs);
    tau_mem_free(trainer);
}

/* ---- memory of a batch ---- */

static tau_cuda_call bind(const tau_cuda_trainer *trainer, int node, int samples, const tau_batch *batch) {
    tau_cuda_call call;
    tau_cuda_bind(&call, trainer->inputs, trainer->graph, node, trainer->places);
    call.dy = NULL;
    call.points = 1;
    call.samples = samples;
    call.training = batch->training;
    call.mask =
        (tau_dropout_mask){batch->seed, batch->step, node, trainer->graph->nodes[node].attributes.alpha};
    call.scratch = trainer->memory.scratch;
    call.stream = trainer->stream;
    return call;
}

/* Most bytes of scratch that a node asks for, forward or backward. */
static size_t scratch_size(const tau_cuda_trainer *trainer, int samples, const tau_batch *batch) {
    static const float present;
    size_t most = 0;
    for (int n = 0; n < trainer->graph->node_count; n++) {
        const tau_cuda_operator *definition = tau_cuda_operator_get(trainer->graph->nodes[n].op);
        if (!definition->scratch) continue;
        tau_cuda_call call = bind(trainer, n, samples, batch);
        const size_t forward = definition->scratch(&call);
        call.dy = &present; /* only whether there is one is asked */
        const size_t backward = definition->scratch(&call);
        if (forward > most) most = forward;
        if (backward > most) most = backward;
    }
    return most;
}

/* The next `bytes` of a block; NULL while only the size is measured. */
static void *take(char *block, size_t *used, size_t bytes) {
    const size_t offset = *used;
    *used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return block ? block + offset : NULL;
}

static size_t value_bytes(const tau_cuda_trainer *trainer, int value, size_t count) {
    return count * tau_shape_size(&trainer->graph->values[value].shape) * sizeof(float);
}

/* Stored tensors lie where theta, the buffers and the constants do; the others are the batch's. */
static void place_value(tau_cuda_trainer *trainer, int value, char *block, size_t *used, size_t count) {
    const tau_value *v = &trainer->graph->values[value];
    tau_cuda_place *place = &trainer->places[value];
    *place = (tau_cuda_place){0};
    switch (v->kind) {
    case TAU_VALUE_KIND_PARAMETER:
        place->value = trainer->theta + v->offset;
        place->gradient = trainer->gradient + v->offset;
        break;
    case TAU_VALUE_KIND_BUFFER:
        place->value = trainer->buffers + v->offset;
        break;
    case TAU_VALUE_KIND_CONSTANT:
        place->value = trainer->constants + v->offset;
        break;
    case TAU_VALUE_KIND_INPUT:
    case TAU_VALUE_KIND_ACTIVATION:
        place->value = take(block, used, value_bytes(trainer, value, count));
        place->sample_stride = tau_shape_size(&v->shape);
        break;
    }
}

/* Lays a batch out from `block` on. @return its bytes */
static size_t lay_out(tau_cuda_trainer *trainer, char *block, const tau_batch *batch) {
    const tau_graph *graph = trainer->graph;
    batch_memory *m = &trainer->memory;
    const size_t count = batch->count, outputs = trainer->data->output_size;
    size_t used = 0;
    m->indices = take(block, &used, count * sizeof *m->indices);
    m->targets = (tau_cuda_targets){0};
    if (trainer->data->targets.classes)
        m->targets.classes = take(block, &used, count * sizeof *m->targets.classes);
    else
        m->targets.values = take(block, &used, count * outputs * sizeof *m->targets.values);
    m->losses = take(block, &used, count * sizeof *m->losses);
    m->right = take(block, &used, count * sizeof *m->right);
    m->partial = take(block, &used, tau_cuda_loss_reduce_scratch(count) * sizeof *m->partial);
    m->sums = take(block, &used, sizeof *m->sums);
    for (int v = 0; v < graph->value_count; v++) place_value(trainer, v, block, &used, count);
    const size_t start = used;
    m->gradients = block ? block + start : NULL;
    for (int v = 0; v < graph->value_count; v++)
        if (trainer->needed[v])
            trainer->places[v].gradient = take(block, &used, value_bytes(trainer, v, count));
    m->gradients_size = used - start;
    const size_t scratch = scratch_size(trainer, (int)count, batch);
    m->scratch = take(block, &used, scratch);
    return used;
}

static tau_status reserve(tau_cuda_trainer *trainer, const tau_batch *batch) {
    batch_memory *m = &trainer->memory;
    if (batch->count > INT_MAX)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "a batch of %zu samples cannot be used" TAU_WHY "the most is %d", batch->count,
                        INT_MAX);
    const size_t size = lay_out(trainer, NULL, batch);
    if (size > m->size) {
        tau_cuda_free(m->block);
        m->size = 0;
        TAU_TRY(tau_cuda_allocate((void **)&m->block, size));
        m->size = size;
    }
    lay_out(trainer, m->block, batch);
    return TAU_STATUS_OK;
}

/* ---- a batch ---- */

static tau_status begin(tau_cuda_trainer *trainer, const float *theta, const float *buffers,
                        const tau_batch *batch) {
    const tau_graph *graph = trainer->graph;
    const batch_memory *m = &trainer->memory;
    const tau_cuda_targets *targets = &trainer->data->targets;
    cudaStream_t stream = trainer->stream;
    TAU_TRY(upload(trainer, trainer->theta, theta, graph->theta_size * sizeof(float)));
    TAU_TRY(upload(trainer, trainer->buffers, buffers, graph->buffer_size * sizeof(float)));
    TAU_TRY(upload(trainer, m->indices, batch->indices, batch->count * sizeof *m->indices));
    TAU_CUDA_TRY(tau_cuda_gather(trainer->places[graph->input].value, trainer->data->inputs, m->indices,
                                 batch->count, trainer->data->input_size, stream));
    if (targets->classes)
        TAU_CUDA_TRY(tau_cuda_gather((int32_t *)m->targets.classes, targets->classes, m->indices,
                                     batch->count, 1, stream));
    else
        TAU_CUDA_TRY(tau_cuda_gather((float *)m->targets.values, targets->values, m->indices, batch->count,
                                     trainer->data->output_size, stream));
    return TAU_STATUS_OK;
}

static tau_status run_forward(tau_cuda_trainer *trainer, const tau_batch *batch) {
    const tau_graph *graph = trainer->graph;
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        tau_cuda_call call = bind(trainer, n, (int)batch->count, batch);
        for (int i = 0; batch->training && node->op == TAU_OP_BATCH_NORM && i < 2; i++)
            call.running[i] = trainer->places[node->inputs[3 + i]].value;
        TAU_TRY(tau_cuda_check(tau_cuda_operator_get(node->op)->forward(&call), tau_op_name(node->op)));
    }
    return TAU_STATUS_OK;
}

static tau_status run_loss(tau_cuda_trainer *trainer, const tau_batch *batch) {
    const batch_memory *m = &trainer->memory;
    const tau_cuda_place *output = &trainer->places[trainer->graph->output];
    const int count = (int)batch->count, outputs = (int)trainer->data->output_size;
    TAU_CUDA_TRY(tau_cuda_loss_sample(m->losses, m->right, batch->count, NULL, trainer->loss, output->value,
                                      1, count, count, outputs, m->targets, trainer->stream));
    TAU_CUDA_TRY(tau_cuda_loss_reduce(m->sums, m->losses, m->right, batch->count, 1, batch->count, m->partial,
                                      trainer->stream));
    TAU_CUDA_TRY(
        cudaMemsetAsync(trainer->gradient, 0, trainer->graph->theta_size * sizeof(float), trainer->stream));
    TAU_CUDA_TRY(cudaMemsetAsync(m->gradients, 0, m->gradients_size, trainer->stream));
    if (output->gradient)
        TAU_CUDA_TRY(tau_cuda_loss_gradient(output->gradient, trainer->loss, output->value, count, outputs,
                                            m->targets, 1 / (double)batch->count, trainer->stream));
    return TAU_STATUS_OK;
}

static tau_status run_backward(tau_cuda_trainer *trainer, const tau_batch *batch) {
    const tau_graph *graph = trainer->graph;
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const tau_node *node = &graph->nodes[n];
        if (!trainer->needed[node->output]) continue;
        tau_cuda_call call = bind(trainer, n, (int)batch->count, batch);
        call.dy = trainer->places[node->output].gradient;
        call.blas = &trainer->blas;
        TAU_TRY(tau_cuda_check(tau_cuda_operator_get(node->op)->backward(&call), tau_op_name(node->op)));
    }
    return TAU_STATUS_OK;
}

static tau_status download(tau_cuda_trainer *trainer, void *to, const void *from, size_t bytes) {
    if (bytes > 0) TAU_CUDA_TRY(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, trainer->stream));
    return TAU_STATUS_OK;
}

static tau_status download_all(tau_cuda_trainer *trainer, float *gradient, tau_cuda_sums *sums) {
    const tau_graph *graph = trainer->graph;
    TAU_TRY(download(trainer, sums, trainer->memory.sums, sizeof *sums));
    TAU_TRY(download(trainer, gradient, trainer->gradient, graph->theta_size * sizeof(float)));
    return download(trainer, trainer->statistics, trainer->buffers, graph->buffer_size * sizeof(float));
}

/* The caller's statistics change when nothing can fail any more. */
static tau_status finish(tau_cuda_trainer *trainer, float *buffers, const tau_batch *batch, float *gradient,
                         tau_batch_result *out) {
    tau_cuda_sums sums = {0};
    const tau_status status = download_all(trainer, gradient, &sums);
    /* Also after a failure: `sums` must not be written to once this function has returned. */
    const cudaError_t error = cudaStreamSynchronize(trainer->stream);
    TAU_TRY(status);
    TAU_TRY(tau_cuda_check(error, "cudaStreamSynchronize"));
    if (batch->training && trainer->graph->buffer_size > 0)
        memcpy(buffers, trainer->statistics, trainer->graph->buffer_size * sizeof(float));
    *out = (tau_batch_result){sums.loss, sums.right};
    return TAU_STATUS_OK;
}

static tau_status run_batch(tau_cuda_trainer *trainer, const float *theta, const float *buffers,
                            const tau_batch *batch) {
    TAU_TRY(begin(trainer, theta, buffers, batch));
    TAU_TRY(run_forward(trainer, batch));
    TAU_TRY(run_loss(trainer, batch));
    return run_backward(trainer, batch);
}

tau_status tau_cuda_trainer_run(tau_cuda_trainer *trainer, const float *theta, float *buffers,
                                const tau_batch *batch, float *gradient, tau_batch_result *out) {
    TAU_CUDA_TRY(cudaSetDevice(trainer->context->device));
    TAU_TRY(reserve(trainer, batch));
    tau_status status = run_batch(trainer, theta, buffers, batch);
    if (status == TAU_STATUS_OK) status = finish(trainer, buffers, batch, gradient, out);
    /* What is still on its way reads the caller's vectors and writes to them. */
    if (status != TAU_STATUS_OK) (void)cudaStreamSynchronize(trainer->stream);
    return status;
}
