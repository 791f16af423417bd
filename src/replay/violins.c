/* Weights, activations, z-values and gradients of each layer. */
#include "replay/violins.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "replay/replay_internal.h"

enum { POINTS = 100, NUMBERS_MOST = 32 << 20 };

struct tau_violins {
    tau_replay *replay;
    tau_violin_kind kind;
    const tau_replay_layer **layers;
    size_t count;
    tau_violin *violins;
    double *at, *density; /* [count, POINTS] */
    float *values;        /* of one layer */
    size_t capacity;
    size_t samples;  /* that activations are of */
    tau_probe probe; /* of these, where they are not all */
    float *gradient; /* [P] */
    uint32_t *indices;
};

static const char *const kind_names[] = {"weights", "activations", "z-values", "gradients"};

tau_status tau_violin_kind_parse(tau_violin_kind *out, const char *name) {
    for (int k = 0; k <= TAU_VIOLIN_KIND_GRADIENTS; k++) {
        *out = (tau_violin_kind)k;
        if (!strcmp(name, kind_names[k])) return TAU_STATUS_OK;
    }
    return tau_fail(
        TAU_STATUS_MISSING,
        "there are no violins of '%.60s'" TAU_FIX "choose weights, activations, z-values or gradients", name);
}

static tau_status choose_layers(tau_violins *view, const char *const *names) {
    const tau_replay *replay = view->replay;
    size_t wanted = 0;
    while (names && names[wanted]) wanted++;
    TAU_TRY(TAU_ALLOC(view->layers, names ? wanted : replay->layer_count));
    for (size_t i = 0; i < replay->layer_count && !names; i++)
        view->layers[view->count++] = &replay->layers[i];
    for (size_t w = 0; w < wanted; w++) {
        size_t i = 0;
        int value;
        while (i < replay->layer_count && strcmp(replay->layers[i].name, names[w]) != 0) i++;
        if (i < replay->layer_count) {
            view->layers[view->count++] = &replay->layers[i];
            continue;
        }
        TAU_TRY(tau_replay_find_value(replay, names[w], &value));
        return tau_fail(TAU_STATUS_MISSING,
                        "'%s' in %s has no layer '%.100s' with weights" TAU_WHY
                        "it is another node of the network" TAU_FIX "name a layer that has weights",
                        replay->group, replay->path, names[w]);
    }
    return TAU_STATUS_OK;
}

static bool of_samples(const tau_violins *view) {
    return view->kind == TAU_VIOLIN_KIND_ACTIVATIONS || view->kind == TAU_VIOLIN_KIND_Z_VALUES;
}

static int value_of(const tau_violins *view, const tau_replay_layer *layer) {
    return view->kind == TAU_VIOLIN_KIND_ACTIVATIONS ? layer->activation : layer->z;
}

/* As many samples as the widest layer allows. */
static tau_status choose_samples(tau_violins *view) {
    const tau_replay *replay = view->replay;
    size_t widest = 1;
    view->samples = replay->samples->count;
    for (size_t i = 0; i < view->count && of_samples(view); i++) {
        const size_t size = tau_shape_size(&replay->graph->values[value_of(view, view->layers[i])].shape);
        if (size > widest) widest = size;
    }
    if (view->samples <= NUMBERS_MOST / widest) return TAU_STATUS_OK;
    view->samples = widest < NUMBERS_MOST ? NUMBERS_MOST / widest : 1;
    return tau_probe_create(&view->probe, replay, replay->graph, replay->samples->inputs, view->samples);
}

static tau_status prepare(tau_violins *view, const char *const *names) {
    const tau_replay *replay = view->replay;
    TAU_TRY(choose_layers(view, names));
    TAU_TRY(choose_samples(view));
    TAU_TRY(TAU_ALLOC(view->violins, view->count));
    TAU_TRY(TAU_ALLOC(view->at, view->count * POINTS));
    TAU_TRY(TAU_ALLOC(view->density, view->count * POINTS));
    for (size_t i = 0; i < view->count; i++) view->violins[i].layer = view->layers[i]->name;
    if (view->kind != TAU_VIOLIN_KIND_GRADIENTS) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(view->gradient, replay->graph->theta_size));
    TAU_TRY(TAU_ALLOC(view->indices, replay->samples->count));
    for (size_t n = 0; n < replay->samples->count; n++) view->indices[n] = (uint32_t)n;
    return TAU_STATUS_OK;
}

tau_status tau_violins_create(tau_violins **out, tau_replay *replay, tau_violin_kind kind,
                              const char *const *layers) {
    tau_violins *view;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(view, 1));
    view->replay = replay;
    view->kind = kind;
    tau_status status = prepare(view, layers);
    if (status == TAU_STATUS_OK)
        *out = view;
    else
        tau_violins_destroy(view);
    return status;
}

void tau_violins_destroy(tau_violins *view) {
    if (!view) return;
    tau_probe_clear(&view->probe);
    tau_mem_free(view->layers);
    tau_mem_free(view->violins);
    tau_mem_free(view->at);
    tau_mem_free(view->density);
    tau_mem_free(view->values);
    tau_mem_free(view->gradient);
    tau_mem_free(view->indices);
    tau_mem_free(view);
}

/* The tensor of a layer's weights. */
static const tau_value *weights_of(const tau_replay *replay, const tau_replay_layer *layer) {
    const tau_graph *graph = replay->graph;
    const tau_node *node = &graph->nodes[tau_graph_find_node(graph, layer->name)];
    return &graph->values[node->inputs[1]];
}

static tau_status take_values(tau_violins *view, size_t state, const tau_replay_layer *layer, size_t *count) {
    tau_replay *replay = view->replay;
    if (of_samples(view)) {
        const int value = value_of(view, layer);
        *count = view->samples * tau_shape_size(&replay->graph->values[value].shape);
        TAU_TRY(TAU_GROW(view->values, view->capacity, *count));
        if (!view->probe.samples) return tau_replay_capture(replay, state, value, view->values);
        return tau_probe_capture(&view->probe, replay, replay->theta, replay->buffers, value, view->values);
    }
    const tau_value *weights = weights_of(replay, layer);
    const float *from = view->kind == TAU_VIOLIN_KIND_WEIGHTS ? replay->theta : view->gradient;
    *count = tau_shape_size(&weights->shape);
    TAU_TRY(TAU_GROW(view->values, view->capacity, *count));
    memcpy(view->values, from + weights->offset, *count * sizeof *from);
    return TAU_STATUS_OK;
}

/* The state's statistics stay as they are: the batch is not one of training. */
static tau_status take_gradient(tau_violins *view) {
    tau_replay *replay = view->replay;
    const tau_batch batch = {.indices = view->indices, .count = replay->samples->count};
    tau_batch_result result;
    return tau_evaluator_gradient(replay->evaluator, replay->theta, replay->buffers, &batch, view->gradient,
                                  &result);
}

static void widen(double *low, double *high, const tau_violin *violin) {
    if (violin->low < *low) *low = violin->low;
    if (violin->high > *high) *high = violin->high;
}

static void close_range(double *low, double *high) {
    if (*low <= *high) return;
    *low = -1;
    *high = 1;
}

/* @param[in] points  of the density; 0 = only the numbers' range and quartiles */
static tau_status compute(tau_violins *view, size_t state, size_t points) {
    TAU_TRY(tau_replay_load(view->replay, state));
    if (view->kind == TAU_VIOLIN_KIND_GRADIENTS) TAU_TRY(take_gradient(view));
    for (size_t i = 0; i < view->count; i++) {
        size_t count;
        TAU_TRY(take_values(view, state, view->layers[i], &count));
        TAU_TRY(tau_violin_fit(&view->violins[i], view->values, count, view->at + i * POINTS,
                               view->density + i * POINTS, points));
    }
    return TAU_STATUS_OK;
}

tau_status tau_violins_compute(tau_violins *view, size_t state, tau_violin_frame *out) {
    TAU_TRY(compute(view, state, POINTS));
    *out = (tau_violin_frame){.moment = view->replay->moments[state],
                              .kind = view->kind,
                              .samples = view->samples,
                              .count = view->count,
                              .violins = view->violins,
                              .low = INFINITY,
                              .high = -INFINITY};
    for (size_t i = 0; i < view->count; i++) widen(&out->low, &out->high, &view->violins[i]);
    close_range(&out->low, &out->high);
    return TAU_STATUS_OK;
}

tau_status tau_violins_get_limits(tau_violins *view, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t state = 0; state < view->replay->state_count; state++) {
        TAU_TRY(compute(view, state, 0));
        for (size_t i = 0; i < view->count; i++) widen(low, high, &view->violins[i]);
    }
    close_range(low, high);
    return TAU_STATUS_OK;
}
