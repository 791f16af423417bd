#include "backend_cuda/places.h"

void tau_cuda_bind(tau_cuda_call *out, tau_cuda_input *inputs, const tau_graph *graph, int node,
                   const tau_cuda_place *places) {
    const tau_node *n = &graph->nodes[node];
    for (int i = 0; i < n->input_count; i++) {
        const int value = n->inputs[i];
        if (value < 0) {
            inputs[i] = (tau_cuda_input){0};
            continue;
        }
        inputs[i] = (tau_cuda_input){.shape = graph->values[value].shape,
                                     .value = places[value].value,
                                     .gradient = places[value].gradient,
                                     .point_stride = places[value].point_stride,
                                     .sample_stride = places[value].sample_stride};
    }
    *out = (tau_cuda_call){.op = n->op,
                           .attributes = &n->attributes,
                           .inputs = inputs,
                           .input_count = n->input_count,
                           .shape = graph->values[n->output].shape,
                           .y = places[n->output].value,
                           .dy = places[n->output].gradient};
}
