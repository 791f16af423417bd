#include "model/model.h"

#include "core/memory.h"

tau_status tau_model_create(tau_model **out, tau_graph *graph) {
    tau_model *model = NULL;
    *out = NULL;
    tau_status status = TAU_ALLOC(model, 1);
    if (status != TAU_STATUS_OK) {
        tau_graph_destroy(graph);
        return status;
    }
    model->graph = graph;
    status = TAU_ALLOC(model->theta, graph->theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(model->buffers, graph->buffer_size);
    if (status == TAU_STATUS_OK)
        *out = model;
    else
        tau_model_destroy(model);
    return status;
}

void tau_model_destroy(tau_model *model) {
    if (!model) return;
    tau_graph_destroy(model->graph);
    tau_mem_free(model->theta);
    tau_mem_free(model->buffers);
    tau_mem_free(model);
}
