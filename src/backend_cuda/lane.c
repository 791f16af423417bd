#include "backend_cuda/lane.h"

#include "backend_cuda/plan.h"
#include "core/log.h"
#include "kernels/watch.h"

/* Networks × samples that give every multiprocessor a few thousand threads in the narrowest layers; a chunk
 * is not made smaller than that before blocks of samples are. */
enum { ALIGNMENT = 256, GROUP = 8, FILL = 1024, SAMPLES_MAX = 1 << 20, COUNTS_MAX = 1 << 24 };

/* A chunk of more work than this takes too long between two looks at the cancel token: half a second in FP32
 * on the cards of today. */
#define CHUNK_FLOPS 2e13

/* The host needs about 4 microseconds for a launch. A kernel with less work than this is done before the next
 * one is launched, and only then does it pay to replay recorded launches. */
#define LAUNCH_FLOPS 2e8

/* Recording costs about as much as this many chunks launched one by one. */
enum { CHUNKS_BEFORE_RECORDING = 3 };

/* ---- sizes ---- */

static size_t align(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t divide_up(size_t value, size_t by) {
    return (value + by - 1) / by;
}

size_t tau_cuda_lane_most_points(size_t classes) {
    const size_t fitting = classes > 0 ? COUNTS_MAX / tau_confusion_size(classes) : TAU_CUDA_POINTS_MAX;
    return fitting > 0 ? least(fitting, TAU_CUDA_POINTS_MAX) : 1;
}

/* Bytes of the counts of some points. */
static size_t counts_size(const tau_plan *plan, size_t points) {
    return points * tau_confusion_size(plan->request.classes) * sizeof(uint32_t);
}

static char *take(char **next, size_t bytes) {
    char *memory = *next;
    *next += align(bytes);
    return memory;
}

/* Lays out the block from `base` on. @return bytes */
static size_t lay_out(tau_cuda_layout *out, char *base, const tau_plan *plan, const tau_cuda_lane *lane,
                      size_t points, size_t samples, bool staged) {
    const tau_graph *graph = plan->request.graph;
    const size_t n = plan->data.count;
    char *next = base;
    out->engine = take(&next, lane->engine->memory(lane->engine, (int)points, (int)samples));
    out->losses = (double *)take(&next, points * n * sizeof(double));
    out->right = (double *)take(&next, points * n * sizeof(double));
    out->scratch = (double *)take(&next, points * tau_cuda_loss_reduce_scratch(n) * sizeof(double));
    out->coefficients = (double *)take(&next, points * TAU_CUDA_BASIS_MAX * sizeof(double));
    out->sums = (tau_cuda_sums *)take(&next, points * sizeof(tau_cuda_sums));
    out->overflow = (unsigned char *)take(&next, points);
    out->confusion = (uint32_t *)(plan->request.classes > 0 ? take(&next, counts_size(plan, points)) : NULL);
    out->theta = (float *)(staged ? take(&next, points * graph->theta_size * sizeof(float)) : NULL);
    out->buffers = (float *)(staged ? take(&next, points * graph->buffer_size * sizeof(float)) : NULL);
    return (size_t)(next - base);
}

static size_t bytes_needed(const tau_plan *plan, const tau_cuda_lane *lane, size_t points, size_t samples,
                           bool staged) {
    /* Any base serves to measure; this one is no null pointer. */
    tau_cuda_layout layout;
    return lay_out(&layout, (char *)&layout, plan, lane, points, samples, staged);
}

/* Some memory stays free: for the library's own needs and for other programs. */
static tau_status find_budget(size_t *out, const tau_plan *plan) {
    size_t free_bytes, total;
    TAU_CUDA_TRY(cudaMemGetInfo(&free_bytes, &total));
    const size_t usable = free_bytes + plan->block.size;
    *out = usable - usable / 8;
    return TAU_STATUS_OK;
}

static size_t most_points(const tau_plan *plan, const tau_cuda_lane *lane, size_t count) {
    const double flops = tau_graph_flops(plan->request.graph) * (double)plan->data.count;
    size_t points = least(count, tau_cuda_lane_most_points(plan->request.classes));
    if (lane->points_limit > 0) points = least(points, (size_t)lane->points_limit);
    if (flops * (double)points > CHUNK_FLOPS)
        points = flops < CHUNK_FLOPS ? (size_t)(CHUNK_FLOPS / flops) : 1;
    return divide_up(count, divide_up(count, points)); /* chunks of equal size repeat fewest points */
}

static size_t block_of(size_t count, size_t blocks) {
    return divide_up(divide_up(count, blocks), GROUP) * GROUP;
}

/* As many networks as fill the card over all samples; fewer networks while they fill it still, then smaller
 * blocks of samples, then fewer networks. */
static tau_status choose(size_t *points, size_t *samples, const tau_plan *plan, const tau_cuda_lane *lane,
                         size_t count, bool staged) {
    const size_t fill = (size_t)plan->context.multiprocessors * FILL;
    const size_t limit = lane->samples_limit > 0 ? (size_t)lane->samples_limit : SAMPLES_MAX;
    size_t budget, blocks = divide_up(plan->data.count, limit);
    TAU_TRY(find_budget(&budget, plan));
    *points = most_points(plan, lane, count);
    *samples = block_of(plan->data.count, blocks);
    while (bytes_needed(plan, lane, *points, *samples, staged) > budget) {
        if (*points > 1 && (*samples == GROUP || *points / 2 * *samples >= fill))
            *points = divide_up(*points, 2);
        else if (*samples > GROUP)
            *samples = block_of(plan->data.count, blocks *= 2);
        else
            return tau_fail(TAU_STATUS_MEMORY,
                            "the memory of the GPU is too small for this network" TAU_WHY
                            "one copy over %zu samples needs %zu MiB" TAU_FIX
                            "end other programs on it, choose fewer samples, or --device cpu",
                            *samples, bytes_needed(plan, lane, *points, *samples, staged) >> 20);
    }
    return TAU_STATUS_OK;
}

bool tau_cuda_lane_shrink(tau_cuda_lane *lane) {
    const int points = lane->points, samples = lane->samples;
    if (points > 1)
        lane->points_limit = points / 2;
    else if (samples > GROUP)
        lane->samples_limit = samples / 2 < GROUP ? GROUP : samples / 2 / GROUP * GROUP;
    else
        return false;
    lane->points_limit = lane->points_limit > 0 ? lane->points_limit : points;
    lane->points = lane->samples = 0;
    lane->laid_out = false;
    tau_log(TAU_LOG_LEVEL_NOTE,
            "the memory of the GPU ran out at %d networks over %d samples: going on with smaller pieces",
            points, samples);
    return true;
}

/* ---- memory ---- */

static void drop_graphs(tau_cuda_lane *lane) {
    for (int s = 0; s < TAU_CUDA_SLOTS; s++) {
        if (lane->graphs[s]) (void)cudaGraphExecDestroy(lane->graphs[s]);
        lane->graphs[s] = NULL;
    }
    lane->launched = 0;
}

bool tau_cuda_block_release(tau_plan *plan) {
    tau_cuda_block *block = &plan->block;
    if (!block->memory) return false;
    (void)cudaStreamSynchronize(plan->stream);
    tau_cuda_free(block->memory);
    *block = (tau_cuda_block){.generation = block->generation + 1};
    return true;
}

static tau_status grow_block(tau_plan *plan, size_t size) {
    tau_cuda_block *block = &plan->block;
    if (block->size >= size) return TAU_STATUS_OK;
    (void)tau_cuda_block_release(plan);
    TAU_TRY(tau_cuda_allocate((void **)&block->memory, size));
    block->size = size;
    return TAU_STATUS_OK;
}

static bool is_laid_out(const tau_cuda_lane *lane, const tau_plan *plan) {
    return lane->laid_out && lane->generation == plan->block.generation;
}

static tau_status resize(tau_plan *plan, tau_cuda_lane *lane, size_t count, bool staged) {
    size_t points, samples;
    const tau_status status = choose(&points, &samples, plan, lane, count, staged);
    if (status != TAU_STATUS_OK) {
        lane->points = lane->samples = 0; /* none that could be halved */
        lane->laid_out = false;
        return status;
    }
    lane->count = count;
    if (is_laid_out(lane, plan) && lane->points == (int)points && lane->samples == (int)samples &&
        lane->staged == staged)
        return TAU_STATUS_OK;
    drop_graphs(lane);
    lane->laid_out = false;
    /* From here on a failure is one of these sizes: tau_cuda_lane_shrink halves them. */
    lane->points = (int)points;
    lane->samples = (int)samples;
    lane->staged = staged;
    TAU_TRY(grow_block(plan, bytes_needed(plan, lane, points, samples, staged)));
    lane->generation = plan->block.generation;
    (void)lay_out(&lane->layout, plan->block.memory, plan, lane, points, samples, staged);
    lane->engine->bind(lane->engine, lane->layout.engine, (int)points, (int)samples);
    lane->laid_out = true;
    return TAU_STATUS_OK;
}

tau_status tau_cuda_lane_open(tau_plan *plan, tau_cuda_lane *lane, size_t count, bool staged) {
    if (!is_laid_out(lane, plan) || lane->count != count || lane->staged != staged)
        TAU_TRY(resize(plan, lane, count, staged));
    if (staged || lane->prepared || !lane->engine->prepare) return TAU_STATUS_OK;
    tau_cuda_source theta = {.count = plan->basis.count};
    for (int k = 0; k < theta.count; k++) theta.vectors[k] = plan->theta[k];
    drop_graphs(lane); /* what they read may have moved */
    TAU_TRY(lane->engine->prepare(lane->engine, &theta, plan->stream));
    lane->prepared = true;
    return TAU_STATUS_OK;
}

void tau_cuda_lane_forget(tau_cuda_lane *lane) {
    lane->prepared = false;
}

void tau_cuda_lane_close(tau_cuda_lane *lane) {
    drop_graphs(lane);
    if (lane->engine) lane->engine->destroy(lane->engine);
    lane->engine = NULL;
}

/* ---- launches ---- */

static tau_cuda_targets targets_from(const tau_cuda_data *data, size_t first) {
    tau_cuda_targets targets = data->targets;
    if (targets.classes) targets.classes += first;
    if (targets.values) targets.values += first * data->output_size;
    return targets;
}

static tau_status run_samples(const tau_plan *plan, const tau_cuda_lane *lane, const tau_cuda_chunk *chunk) {
    const tau_cuda_data *data = &plan->data;
    const tau_cuda_layout *at = &lane->layout;
    for (size_t first = 0; first < data->count; first += (size_t)lane->samples) {
        const int samples = (int)least((size_t)lane->samples, data->count - first);
        const float *output;
        int rows;
        TAU_TRY(lane->engine->run(lane->engine, chunk, first, samples, &output, &rows, plan->stream));
        TAU_CUDA_TRY(tau_cuda_loss_sample(at->losses + first, at->right + first, data->count, at->confusion,
                                          plan->request.loss, output, chunk->points, samples, rows,
                                          (int)data->output_size, targets_from(data, first), plan->stream));
    }
    return TAU_STATUS_OK;
}

static tau_status enqueue(const tau_plan *plan, const tau_cuda_lane *lane, const tau_cuda_slot *slot,
                          const tau_cuda_chunk *chunk) {
    const tau_cuda_layout *at = &lane->layout;
    const size_t points = (size_t)chunk->points, count = plan->data.count;
    cudaStream_t stream = plan->stream;
    TAU_CUDA_TRY(cudaMemsetAsync(at->overflow, 0, points, stream));
    if (at->confusion) TAU_CUDA_TRY(cudaMemsetAsync(at->confusion, 0, counts_size(plan, points), stream));
    if (chunk->theta.coefficients)
        TAU_CUDA_TRY(cudaMemcpyAsync(at->coefficients, slot->coefficients,
                                     points * TAU_CUDA_BASIS_MAX * sizeof(double), cudaMemcpyHostToDevice,
                                     stream));
    TAU_TRY(lane->engine->load(lane->engine, chunk, stream));
    TAU_TRY(run_samples(plan, lane, chunk));
    TAU_CUDA_TRY(tau_cuda_loss_reduce(at->sums, at->losses, at->right, count, chunk->points, count,
                                      at->scratch, stream));
    TAU_CUDA_TRY(
        cudaMemcpyAsync(slot->sums, at->sums, points * sizeof *at->sums, cudaMemcpyDeviceToHost, stream));
    TAU_CUDA_TRY(cudaMemcpyAsync(slot->overflow, at->overflow, points, cudaMemcpyDeviceToHost, stream));
    if (at->confusion)
        TAU_CUDA_TRY(cudaMemcpyAsync(slot->confusion, at->confusion, counts_size(plan, points),
                                     cudaMemcpyDeviceToHost, stream));
    return TAU_STATUS_OK;
}

/* Records the launches of a chunk. Whatever goes wrong here goes on without recording. */
static void record(const tau_plan *plan, tau_cuda_lane *lane, int slot, const tau_cuda_chunk *chunk) {
    cudaGraph_t graph = NULL;
    if (cudaStreamBeginCapture(plan->stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess) {
        const tau_status status = enqueue(plan, lane, &plan->slots[slot], chunk);
        const cudaError_t error = cudaStreamEndCapture(plan->stream, &graph);
        /* A stream that records still would swallow the launches to come. */
        if (error != cudaSuccess) (void)cudaStreamEndCapture(plan->stream, &graph);
        if (status == TAU_STATUS_OK && error == cudaSuccess &&
            cudaGraphInstantiate(&lane->graphs[slot], graph, 0) != cudaSuccess)
            lane->graphs[slot] = NULL;
        if (graph) (void)cudaGraphDestroy(graph);
    }
    if (lane->graphs[slot]) return;
    lane->graphs_refused = true;
    (void)cudaGetLastError();
}

static bool same_source(const tau_cuda_source *a, const tau_cuda_source *b) {
    bool same =
        a->count == b->count && a->coefficients == b->coefficients && a->point_stride == b->point_stride;
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) same = same && a->vectors[k] == b->vectors[k];
    return same;
}

static bool is_worth_recording(const tau_plan *plan, const tau_cuda_lane *lane) {
    const tau_graph *graph = plan->request.graph;
    const double blocks = (double)divide_up(plan->data.count, (size_t)lane->samples);
    const double flops = tau_graph_flops(graph) * (double)plan->data.count * lane->points;
    return !tau_cuda_launch_watch && !lane->staged && !lane->graphs_refused &&
           lane->launched >= CHUNKS_BEFORE_RECORDING &&
           flops < LAUNCH_FLOPS * blocks * (graph->node_count + 1);
}

tau_status tau_cuda_lane_launch(tau_plan *plan, tau_cuda_lane *lane, int slot, const tau_cuda_chunk *chunk) {
    if (!same_source(&lane->theta, &chunk->theta) || !same_source(&lane->buffers, &chunk->buffers))
        drop_graphs(lane);
    lane->theta = chunk->theta;
    lane->buffers = chunk->buffers;
    if (!lane->graphs[slot] && is_worth_recording(plan, lane)) record(plan, lane, slot, chunk);
    lane->launched++;
    if (lane->graphs[slot])
        TAU_CUDA_TRY(cudaGraphLaunch(lane->graphs[slot], plan->stream));
    else
        TAU_TRY(enqueue(plan, lane, &plan->slots[slot], chunk));
    TAU_CUDA_TRY(cudaEventRecord(plan->slots[slot].done, plan->stream));
    return TAU_STATUS_OK;
}
