/* What lies behind a value: its nodes built anew, with that value as the input. */
#include "replay/tail.h"

#include <string.h>

#include "core/memory.h"
#include "model/builder.h"

typedef struct work {
    const tau_graph *graph;
    tau_tail *out;
    tau_builder *builder;
    bool *needed; /* [values] */
    int *place;   /* [values] in the new graph; -1 = not there yet */
    int *inputs;  /* of the node at hand */
    size_t input_capacity;
} work;

/* Backwards from the output to the value. @return whether nothing else of a sample is needed */
static bool mark(work *w, int value) {
    const tau_graph *graph = w->graph;
    w->needed[graph->output] = true;
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const tau_node *node = &graph->nodes[n];
        if (!w->needed[node->output] || node->output == value) continue;
        for (int i = 0; i < node->input_count; i++)
            if (node->inputs[i] >= 0) w->needed[node->inputs[i]] = true;
    }
    return graph->input == value || !w->needed[graph->input];
}

static tau_status note_piece(work *w, bool buffer, size_t from, size_t size) {
    tau_tail *out = w->out;
    tau_tail_piece **pieces = buffer ? &out->buffers : &out->theta;
    size_t *count = buffer ? &out->buffer_count : &out->theta_count;
    size_t *capacity = buffer ? &out->buffer_capacity : &out->theta_capacity;
    TAU_TRY(tau_mem_grow((void **)pieces, capacity, *count + 1, sizeof **pieces));
    const tau_tail_piece *last = *count > 0 ? &(*pieces)[*count - 1] : NULL;
    (*pieces)[*count] = (tau_tail_piece){from, last ? last->to + last->size : 0, size};
    (*count)++;
    return TAU_STATUS_OK;
}

static tau_role role_of(const tau_graph *graph, int value) {
    for (int p = 0; p < graph->parameter_count; p++)
        if (graph->parameters[p].value == value) return graph->parameters[p].role;
    for (int p = 0; p < graph->buffer_count; p++)
        if (graph->buffers[p].value == value) return graph->buffers[p].role;
    return TAU_ROLE_WEIGHT;
}

static tau_status bring_value(work *w, int value) {
    const tau_value *from = &w->graph->values[value];
    const size_t size = tau_shape_size(&from->shape);
    if (w->place[value] >= 0) return TAU_STATUS_OK;
    if (from->kind == TAU_VALUE_KIND_CONSTANT)
        return tau_builder_constant(w->builder, &w->place[value], from->name, &from->shape,
                                    w->graph->constants + from->offset);
    TAU_TRY(tau_builder_parameter(w->builder, &w->place[value], from->name, role_of(w->graph, value),
                                  &from->shape));
    return note_piece(w, from->kind == TAU_VALUE_KIND_BUFFER, from->offset, size);
}

static tau_status bring_node(work *w, const tau_node *node) {
    TAU_TRY(TAU_GROW(w->inputs, w->input_capacity, (size_t)node->input_count));
    for (int i = 0; i < node->input_count; i++) {
        w->inputs[i] = -1;
        if (node->inputs[i] < 0) continue;
        TAU_TRY(bring_value(w, node->inputs[i]));
        w->inputs[i] = w->place[node->inputs[i]];
    }
    const tau_shape *wanted = node->op == TAU_OP_RESHAPE ? &w->graph->values[node->output].shape : NULL;
    return tau_builder_node(w->builder, &w->place[node->output], node->op, node->name, w->inputs,
                            node->input_count, &node->attributes, wanted);
}

static tau_status build(work *w, int value) {
    const tau_graph *graph = w->graph;
    TAU_TRY(tau_builder_create(&w->builder, "tail"));
    TAU_TRY(tau_builder_input(w->builder, &w->place[value], "tail/input", &graph->values[value].shape));
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        if (node->output != value && w->needed[node->output]) TAU_TRY(bring_node(w, node));
    }
    return tau_builder_finish(w->builder, &w->out->graph, w->place[graph->output]);
}

tau_status tau_tail_create(tau_tail *out, const tau_graph *graph, int value) {
    work w = {.graph = graph, .out = out};
    *out = (tau_tail){0};
    tau_status status = TAU_ALLOC(w.needed, (size_t)graph->value_count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(w.place, (size_t)graph->value_count);
    for (int i = 0; status == TAU_STATUS_OK && i < graph->value_count; i++) w.place[i] = -1;
    if (status == TAU_STATUS_OK) {
        out->possible = mark(&w, value);
        if (out->possible && value != graph->output) status = build(&w, value);
    }
    tau_builder_destroy(w.builder);
    tau_mem_free(w.needed);
    tau_mem_free(w.place);
    tau_mem_free(w.inputs);
    if (status != TAU_STATUS_OK) tau_tail_clear(out);
    return status;
}

void tau_tail_clear(tau_tail *tail) {
    tau_graph_destroy(tail->graph);
    tau_mem_free(tail->theta);
    tau_mem_free(tail->buffers);
    *tail = (tau_tail){0};
}

void tau_tail_take(const tau_tail *tail, const float *theta, const float *buffers, float *to_theta,
                   float *to_buffers) {
    for (size_t i = 0; i < tail->theta_count; i++)
        memcpy(to_theta + tail->theta[i].to, theta + tail->theta[i].from,
               tail->theta[i].size * sizeof *theta);
    for (size_t i = 0; i < tail->buffer_count; i++)
        memcpy(to_buffers + tail->buffers[i].to, buffers + tail->buffers[i].from,
               tail->buffers[i].size * sizeof *buffers);
}
