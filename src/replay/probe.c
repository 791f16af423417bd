/* Points of a mesh or a grid's lines, put through a network as if they were samples. */
#include <string.h>

#include "replay/replay_internal.h"

tau_status tau_probe_create(tau_probe *out, const tau_replay *replay, const tau_graph *graph,
                            const float *inputs, size_t count) {
    const tau_shape *shape = &graph->values[graph->input].shape;
    const size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    /* Nothing is asked about targets; zeros with a loss that takes values fit any network. */
    const tau_evaluator_options options = {
        .backend = replay->options.backend, .precision = replay->options.precision, .loss = TAU_LOSS_MSE};
    *out = (tau_probe){.graph = graph};
    tau_status status = tau_samples_create(&out->samples, count, shape, 0, outputs);
    if (status == TAU_STATUS_OK) {
        memcpy(out->samples->inputs, inputs, count * tau_shape_size(shape) * sizeof *inputs);
        status = tau_evaluator_create(&out->evaluator, graph, out->samples, &options, replay->options.pool);
    }
    if (status != TAU_STATUS_OK) tau_probe_clear(out);
    return status;
}

tau_status tau_probe_capture(const tau_probe *probe, const tau_replay *replay, const float *theta,
                             const float *buffers, int value, float *out) {
    return tau_evaluator_capture(probe->evaluator, theta, buffers, value, out, replay->options.cancel);
}

void tau_probe_clear(tau_probe *probe) {
    tau_evaluator_destroy(probe->evaluator);
    tau_samples_destroy(probe->samples);
    *probe = (tau_probe){0};
}
