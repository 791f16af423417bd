#include "model/graph.h"

/* The multiply-adds of one output element: the terms that are summed for it. */
static double terms_per_output(const tau_graph *graph, const tau_node *node) {
    const tau_shape *x = &graph->values[node->inputs[0]].shape;
    switch (node->op) {
    case TAU_OP_LINEAR:
    case TAU_OP_MATMUL:
        return (double)x->dim[x->rank - 1];
    case TAU_OP_CONV: {
        const tau_shape *weight = &graph->values[node->inputs[1]].shape;
        return (double)(tau_shape_size(weight) / (size_t)weight->dim[0]);
    }
    default:
        return 0;
    }
}

double tau_graph_flops(const tau_graph *graph) {
    double total = 0;
    for (int i = 0; i < graph->node_count; i++) {
        const tau_node *node = &graph->nodes[i];
        total +=
            2 * terms_per_output(graph, node) * (double)tau_shape_size(&graph->values[node->output].shape);
    }
    return total;
}
