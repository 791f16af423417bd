/* Values of one activation at one set of parameters, in FP32, block by block. */
#include <string.h>

#include "backend_cuda/evaluate.h"
#include "backend_cuda/rows.h"

typedef struct capture {
    tau_plan *plan;
    tau_cuda_lane lane; /* one of its own: it ends in the wanted value */
    const float *theta, *buffers;
    size_t size; /* of one sample of the value */
    float *out;
    const tau_cancel *cancel;
} capture;

static tau_status load(const capture *c, tau_cuda_chunk *chunk) {
    const tau_graph *graph = c->plan->request.graph;
    const tau_cuda_layout *at = &c->lane.layout;
    cudaStream_t stream = c->plan->stream;
    if (graph->theta_size > 0)
        TAU_CUDA_TRY(cudaMemcpyAsync(at->theta, c->theta, graph->theta_size * sizeof(float),
                                     cudaMemcpyHostToDevice, stream));
    if (graph->buffer_size > 0)
        TAU_CUDA_TRY(cudaMemcpyAsync(at->buffers, c->buffers, graph->buffer_size * sizeof(float),
                                     cudaMemcpyHostToDevice, stream));
    *chunk = (tau_cuda_chunk){.theta = {.count = 1, .vectors = {at->theta}},
                              .buffers = {.count = 1, .vectors = {at->buffers}},
                              .points = 1,
                              .overflow = at->overflow};
    return c->lane.engine->load(c->lane.engine, chunk, stream);
}

static tau_status run_blocks(capture *c) {
    tau_cuda_chunk chunk;
    const size_t count = c->plan->data.count;
    TAU_TRY(tau_cuda_lane_open(c->plan, &c->lane, 1, true));
    TAU_TRY(load(c, &chunk));
    for (size_t first = 0; first < count; first += (size_t)c->lane.samples) {
        const size_t left = count - first;
        const int samples = left < (size_t)c->lane.samples ? (int)left : c->lane.samples;
        const float *output;
        int rows;
        if (tau_cancel_requested(c->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        TAU_TRY(c->lane.engine->run(c->lane.engine, &chunk, first, samples, &output, &rows, c->plan->stream));
        TAU_CUDA_TRY(cudaMemcpyAsync(c->out + first * c->size, output,
                                     (size_t)samples * c->size * sizeof(float), cudaMemcpyDeviceToHost,
                                     c->plan->stream));
        TAU_CUDA_TRY(cudaStreamSynchronize(c->plan->stream));
    }
    return TAU_STATUS_OK;
}

static tau_status run_capture(capture *c) {
    for (;;) {
        const tau_status status = run_blocks(c);
        if (status == TAU_STATUS_OK) return status;
        tau_error_copy error;
        tau_error_save(&error);
        (void)cudaStreamSynchronize(c->plan->stream);
        if (status != TAU_STATUS_MEMORY || !tau_cuda_lane_shrink(&c->lane)) return tau_error_restore(&error);
        (void)tau_cuda_block_release(c->plan);
    }
}

tau_status tau_cuda_evaluate_capture(tau_plan *plan, const float *theta, const float *buffers, int value,
                                     float *out, const tau_cancel *cancel) {
    const tau_plan_request *request = &plan->request;
    const tau_value *wanted = &request->graph->values[value];
    const size_t size = tau_shape_size(&wanted->shape);
    if (wanted->kind == TAU_VALUE_KIND_INPUT) {
        memcpy(out, request->samples->inputs, request->samples->count * size * sizeof *out);
        return TAU_STATUS_OK;
    }
    capture c = {.plan = plan,
                 .lane = {.precision = TAU_PRECISION_EXACT},
                 .theta = theta,
                 .buffers = buffers,
                 .size = size,
                 .out = out,
                 .cancel = cancel};
    TAU_TRY(tau_cuda_plan_enter(plan));
    TAU_TRY(tau_cuda_rows_create_value(&c.lane.engine, request->graph, value, &plan->data));
    const tau_status status = run_capture(&c);
    tau_cuda_lane_close(&c.lane);
    return status;
}
