/* Narrow networks: a chain of linear layers and functions, run by one fused kernel. */
#include "backend/loss.h"
#include "backend_cpu/plan.h"
#include "core/memory.h"

enum { MOST_UNITS = 64, MOST_LAYERS = 16, BLOCK = TAU_CPU_TINY_BLOCK };

struct tau_cpu_tiny {
    const tau_graph *graph;
    tau_cpu_tiny_layer layers[MOST_LAYERS];
    const tau_node *nodes[MOST_LAYERS]; /* the linear ones */
    int count;
    size_t widest, packed_size;
    size_t inputs;
    float *samples; /* [blocks][inputs][BLOCK] */
};

static bool add_linear(tau_cpu_tiny *tiny, const tau_node *node) {
    const tau_cpu_linear_shape s = tau_cpu_linear_shape_of(tiny->graph, node);
    if (tiny->count == MOST_LAYERS || s.rows != 1 || s.in > MOST_UNITS || s.out > MOST_UNITS) return false;
    tiny->nodes[tiny->count] = node;
    tiny->layers[tiny->count++] =
        (tau_cpu_tiny_layer){.in = s.in, .out = s.out, .weights = tiny->packed_size};
    tiny->packed_size += (s.in + 1) * s.out;
    if (s.out > tiny->widest) tiny->widest = s.out;
    return true;
}

static bool add_function(tau_cpu_tiny *tiny, const tau_node *node) {
    if (tiny->count == 0 || !tau_cpu_is_function(node->op)) return false;
    tau_cpu_tiny_layer *layer = &tiny->layers[tiny->count - 1];
    if (layer->has_activation) return false;
    layer->has_activation = true;
    layer->activation = node->op;
    layer->alpha = node->attributes.alpha;
    layer->beta = node->attributes.beta;
    layer->gamma = node->attributes.gamma;
    layer->approximate = node->attributes.approximate;
    return true;
}

/* Whether the graph is one chain of narrow layers; fills in the layers as it goes. */
static bool read_chain(tau_cpu_tiny *tiny) {
    const tau_graph *graph = tiny->graph;
    int value = graph->input;
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        if (node->inputs[0] != value) return false;
        const bool passes = node->op == TAU_OP_RESHAPE || node->op == TAU_OP_DROPOUT;
        if (!passes && !(node->op == TAU_OP_LINEAR ? add_linear(tiny, node) : add_function(tiny, node)))
            return false;
        value = node->output;
    }
    return tiny->count > 0 && value == graph->output;
}

static tau_status lay_out_samples(tau_cpu_tiny *tiny, const tau_samples *samples) {
    const size_t blocks = (samples->count + BLOCK - 1) / BLOCK;
    tiny->inputs = tau_shape_size(&samples->input_shape);
    TAU_TRY(TAU_ALLOC(tiny->samples, blocks * tiny->inputs * BLOCK));
    for (size_t i = 0; i < samples->count; i++)
        for (size_t k = 0; k < tiny->inputs; k++)
            tiny->samples[(i / BLOCK * tiny->inputs + k) * BLOCK + i % BLOCK] =
                samples->inputs[i * tiny->inputs + k];
    return TAU_STATUS_OK;
}

tau_status tau_cpu_tiny_create(tau_cpu_tiny **out, const tau_plan_request *request) {
    tau_cpu_tiny *tiny;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(tiny, 1));
    tiny->graph = request->graph;
    if (!read_chain(tiny)) {
        tau_cpu_tiny_destroy(tiny);
        return TAU_STATUS_OK;
    }
    const tau_status status = lay_out_samples(tiny, request->samples);
    if (status == TAU_STATUS_OK)
        *out = tiny;
    else
        tau_cpu_tiny_destroy(tiny);
    return status;
}

void tau_cpu_tiny_destroy(tau_cpu_tiny *tiny) {
    if (!tiny) return;
    tau_mem_free(tiny->samples);
    tau_mem_free(tiny);
}

size_t tau_cpu_tiny_packed_size(const tau_cpu_tiny *tiny) {
    return tiny->packed_size;
}

size_t tau_cpu_tiny_scratch_size(const tau_cpu_tiny *tiny) {
    return 2 * tiny->widest * BLOCK;
}

void tau_cpu_tiny_prepare(const tau_cpu_tiny *tiny, const tau_cpu_point *point) {
    for (int i = 0; i < tiny->count; i++) {
        const tau_cpu_tiny_layer *layer = &tiny->layers[i];
        const tau_node *node = tiny->nodes[i];
        const tau_value *values = tiny->graph->values;
        const float *weights = point->theta + values[node->inputs[1]].offset;
        const float *bias = node->input_count > 2 && node->inputs[2] >= 0
                                ? point->theta + values[node->inputs[2]].offset
                                : NULL;
        const bool transposed = node->attributes.transposed;
        float *packed = point->packed + layer->weights;
        for (size_t o = 0; o < layer->out; o++)
            for (size_t k = 0; k < layer->in; k++)
                *packed++ = weights[transposed ? o * layer->in + k : k * layer->out + o];
        for (size_t o = 0; o < layer->out; o++) *packed++ = bias ? bias[o] : 0;
    }
}

/* Those of one sample of a block. */
static void read_outputs(double *row, const float *outputs, size_t count, size_t sample) {
    for (size_t o = 0; o < count; o++) row[o] = (double)outputs[o * BLOCK + sample];
}

/* Any loss, sample by sample, from the outputs of a block. */
static void losses_one_by_one(const tau_plan *plan, const float *outputs, size_t count, size_t first,
                              size_t in_block, double *row, tau_cpu_worker *results) {
    for (size_t i = 0; i < in_block; i++) {
        read_outputs(row, outputs, count, i);
        results->losses[first + i] =
            tau_loss_sample(plan->request.loss, row, count, tau_target_of(plan->request.samples, first + i),
                            &results->right[first + i]);
    }
}

static void decide(const tau_plan *plan, const float *outputs, size_t count, size_t first, size_t in_block,
                   double *row, tau_cpu_worker *results) {
    for (size_t i = 0; i < in_block; i++) {
        read_outputs(row, outputs, count, i);
        results->decided[first + i] = tau_loss_decide(plan->request.loss, row, count);
    }
}

tau_status tau_cpu_tiny_losses(const tau_plan *plan, const tau_cpu_point *point, size_t first, size_t end,
                               tau_cpu_worker *worker, tau_cpu_worker *results, const tau_cancel *cancel) {
    enum { BLOCKS_BETWEEN_POLLS = 256 };
    const tau_cpu_tiny *tiny = plan->tiny;
    const tau_samples *samples = plan->request.samples;
    const size_t outputs = tiny->layers[tiny->count - 1].out;
    for (size_t s = first; s < end; s += BLOCK) {
        const size_t count = end - s < BLOCK ? end - s : BLOCK;
        const float *y = plan->kernels->tiny(tiny->layers, tiny->count, point->packed,
                                             tiny->samples + s * tiny->inputs, worker->scratch, tiny->widest);
        if (!plan->kernels->tiny_loss(plan->request.loss, y, outputs,
                                      samples->classes ? samples->classes + s : NULL,
                                      samples->values ? samples->values + s * samples->target_size : NULL,
                                      count, results->losses + s, results->right + s))
            losses_one_by_one(plan, y, outputs, s, count, worker->outputs, results);
        if (results->decided) decide(plan, y, outputs, s, count, worker->outputs, results);
        if (s / BLOCK % BLOCKS_BETWEEN_POLLS == 0 && tau_cancel_requested(cancel))
            return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
    }
    return TAU_STATUS_OK;
}
