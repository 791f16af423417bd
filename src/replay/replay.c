/* A recording opened: what is known of it before any picture. */
#include "replay/replay.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "replay/replay_internal.h"
#include "store/deepreplay.h"

/* ---- opening ---- */

static tau_status copy_names(char ***out, const char *const *names) {
    size_t count = 0;
    while (names && names[count]) count++;
    TAU_TRY(TAU_ALLOC(*out, count + 1));
    for (size_t i = 0; i < count; i++) TAU_TRY(tau_string_copy(&(*out)[i], names[i]));
    return TAU_STATUS_OK;
}

static void free_names(char **names) {
    for (size_t i = 0; names && names[i]; i++) tau_mem_free(names[i]);
    tau_mem_free(names);
}

/* What grows with the file: states and series. */
static tau_status take_growth(tau_replay *replay) {
    const tau_source *source = replay->source;
    const size_t count = source->get_count(replay->file);
    tau_moment *moments = NULL;
    double *decay = NULL;
    char **series = NULL;
    tau_status status = TAU_ALLOC(moments, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(decay, count);
    if (status == TAU_STATUS_OK && source->get_decay) status = source->get_decay(replay->file, decay);
    if (status == TAU_STATUS_OK) status = copy_names(&series, source->get_series_names(replay->file));
    if (status != TAU_STATUS_OK) {
        tau_mem_free(moments);
        tau_mem_free(decay);
        free_names(series);
        return status;
    }
    for (size_t i = 0; i < count; i++) moments[i] = source->get_moment(replay->file, i);
    for (size_t i = 0; i < count; i++) replay->has_penalty |= decay[i] != 0;
    tau_mem_free(replay->moments);
    tau_mem_free(replay->decay);
    free_names(replay->series);
    replay->moments = moments;
    replay->decay = decay;
    replay->series = series;
    replay->state_count = count;
    replay->growing = source->is_growing(replay->file, &replay->silence);
    replay->loaded = replay->captured = SIZE_MAX;
    return TAU_STATUS_OK;
}

/* A file that cannot be looked into is left to the run's reader, whose message then stands. */
static const tau_source *choose_source(const char *path) {
    bool recording = false;
    if (tau_deepreplay_recognise(&recording, path) == TAU_STATUS_OK && recording)
        return &TAU_SOURCE_DEEPREPLAY;
    return &TAU_SOURCE_RUN;
}

static tau_status take_penalties(tau_replay *replay) {
    const size_t count = (size_t)replay->graph->parameter_count;
    TAU_TRY(TAU_ALLOC(replay->l1, count));
    TAU_TRY(TAU_ALLOC(replay->l2, count));
    if (replay->source->get_penalties)
        TAU_TRY(replay->source->get_penalties(replay->file, replay->l1, replay->l2));
    for (size_t i = 0; i < count; i++) replay->has_penalty |= replay->l1[i] != 0 || replay->l2[i] != 0;
    return TAU_STATUS_OK;
}

/* The first so many of the recorded samples, in their order. */
static tau_status take_samples(tau_replay *replay) {
    TAU_TRY(replay->source->read_samples(replay->file, &replay->samples));
    const size_t wanted = replay->options.samples;
    if (wanted > 0 && wanted < replay->samples->count) replay->samples->count = wanted;
    return TAU_STATUS_OK;
}

static tau_status choose_loss(tau_replay *replay) {
    if (replay->loss_name)
        TAU_TRY(tau_loss_parse(&replay->loss, replay->loss_name));
    else
        TAU_TRY(replay->source->get_loss(replay->file, &replay->loss));
    const bool fits = tau_loss_takes_classes(replay->loss) == (replay->samples->classes != NULL);
    if (!fits) return TAU_STATUS_OK; /* the evaluator says so */
    return tau_loss_fit_graph(replay->loss, replay->graph);
}

static tau_status load(tau_replay *replay, const char *group) {
    const tau_source *source = replay->source;
    TAU_TRY(source->open(&replay->file, replay->path, group, replay->loss_name));
    TAU_TRY(tau_string_copy(&replay->group, source->get_group(replay->file)));
    TAU_TRY(tau_string_copy(&replay->created, source->get_created(replay->file)));
    TAU_TRY(tau_graph_copy(&replay->graph, source->get_graph(replay->file)));
    tau_graph_digest(replay->graph, replay->digest);
    replay->outputs = tau_shape_size(&replay->graph->values[replay->graph->output].shape);
    TAU_TRY(take_growth(replay));
    TAU_TRY(take_penalties(replay));
    TAU_TRY(take_samples(replay));
    TAU_TRY(choose_loss(replay));
    const tau_evaluator_options options = {
        .backend = replay->options.backend, .precision = replay->options.precision, .loss = replay->loss};
    TAU_TRY(tau_evaluator_create(&replay->evaluator, replay->graph, replay->samples, &options,
                                 replay->options.pool));
    TAU_TRY(TAU_ALLOC(replay->theta, replay->graph->theta_size));
    TAU_TRY(TAU_ALLOC(replay->buffers, replay->graph->buffer_size));
    TAU_TRY(TAU_ALLOC(replay->output_values, replay->samples->count * replay->outputs));
    TAU_TRY(tau_replay_find_layers(replay));
    return tau_replay_find_classes(replay);
}

tau_status tau_replay_open(tau_replay **out, const char *path, const char *group,
                           const tau_replay_options *options) {
    tau_replay *replay;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(replay, 1));
    replay->options = *options;
    replay->options.loss = NULL; /* `loss_name` is the copy that stays */
    tau_status status = tau_string_copy(&replay->path, path);
    if (status == TAU_STATUS_OK && options->loss) status = tau_string_copy(&replay->loss_name, options->loss);
    if (status == TAU_STATUS_OK) {
        replay->source = choose_source(path);
        status = load(replay, group);
    }
    if (status != TAU_STATUS_OK) {
        tau_replay_close(replay);
        return status;
    }
    *out = replay;
    return TAU_STATUS_OK;
}

void tau_replay_close(tau_replay *replay) {
    if (!replay) return;
    tau_replay_rest(replay);
    tau_evaluator_destroy(replay->evaluator);
    tau_samples_destroy(replay->samples);
    tau_graph_destroy(replay->graph);
    free_names(replay->series);
    tau_mem_free(replay->layers);
    tau_mem_free(replay->moments);
    tau_mem_free(replay->labels);
    tau_mem_free(replay->l1);
    tau_mem_free(replay->l2);
    tau_mem_free(replay->decay);
    tau_mem_free(replay->theta);
    tau_mem_free(replay->buffers);
    tau_mem_free(replay->output_values);
    tau_mem_free(replay->path);
    tau_mem_free(replay->group);
    tau_mem_free(replay->created);
    tau_mem_free(replay->loss_name);
    tau_mem_free(replay);
}

/* ---- following ---- */

void tau_replay_rest(tau_replay *replay) {
    if (replay->file) replay->source->close(replay->file);
    replay->file = NULL;
}

/* Opens the group again, and makes sure that it is the same training. @param[out] out  the file */
static tau_status open_again(void **out, const tau_replay *replay) {
    char digest[TAU_HASH_TEXT];
    TAU_TRY(replay->source->open(out, replay->path, replay->group, replay->loss_name));
    const tau_graph *graph = replay->source->get_graph(*out);
    tau_graph_digest(graph, digest);
    const bool same = !strcmp(replay->source->get_created(*out), replay->created);
    if (same && !strcmp(digest, replay->digest) && graph->theta_size == replay->graph->theta_size)
        return TAU_STATUS_OK;
    replay->source->close(*out);
    *out = NULL;
    return tau_fail(TAU_STATUS_MISMATCH,
                    "cannot follow '%s' of %s" TAU_WHY "it holds another training than before" TAU_FIX
                    "open it anew",
                    replay->group, replay->path);
}

static tau_status need_file(tau_replay *replay) {
    return replay->file ? TAU_STATUS_OK : open_again(&replay->file, replay);
}

tau_status tau_replay_refresh(tau_replay *replay, bool *grown) {
    void *file;
    const size_t before = replay->state_count;
    if (grown) *grown = false;
    TAU_TRY(open_again(&file, replay));
    tau_replay_rest(replay);
    replay->file = file;
    TAU_TRY(take_growth(replay));
    if (grown) *grown = replay->state_count != before;
    return TAU_STATUS_OK;
}

bool tau_replay_is_growing(const tau_replay *replay, double *silence) {
    if (silence) *silence = replay->growing ? replay->silence : 0;
    return replay->growing;
}

/* ---- what is known ---- */

tau_replay_kind tau_replay_get_kind(const tau_replay *replay) {
    return replay->source->kind;
}
const char *tau_replay_get_path(const tau_replay *replay) {
    return replay->path;
}
const char *tau_replay_get_group(const tau_replay *replay) {
    return replay->group;
}
const tau_graph *tau_replay_get_graph(const tau_replay *replay) {
    return replay->graph;
}
const tau_samples *tau_replay_get_samples(const tau_replay *replay) {
    return replay->samples;
}
tau_loss tau_replay_get_loss(const tau_replay *replay) {
    return replay->loss;
}
size_t tau_replay_get_state_count(const tau_replay *replay) {
    return replay->state_count;
}
tau_moment tau_replay_get_moment(const tau_replay *replay, size_t state) {
    return replay->moments[state];
}
const char *const *tau_replay_get_series_names(const tau_replay *replay) {
    return (const char *const *)replay->series;
}

tau_status tau_replay_find_state(tau_replay *replay, const char *text, size_t *state) {
    *state = 0;
    TAU_TRY(need_file(replay));
    return replay->source->find_state(replay->file, text, state);
}

/* ---- states ---- */

tau_status tau_replay_load(tau_replay *replay, size_t state) {
    if (state >= replay->state_count)
        return tau_fail(TAU_STATUS_MISSING,
                        "'%s' in %s has no state %zu" TAU_WHY "there are %zu, counted from 0", replay->group,
                        replay->path, state, replay->state_count);
    if (replay->loaded == state) return TAU_STATUS_OK;
    replay->loaded = SIZE_MAX;
    TAU_TRY(need_file(replay));
    TAU_TRY(replay->source->read_state(replay->file, state, replay->theta, replay->buffers));
    replay->loaded = state;
    return TAU_STATUS_OK;
}

tau_status tau_replay_capture(tau_replay *replay, size_t state, int value, float *out) {
    TAU_TRY(tau_replay_load(replay, state));
    return tau_evaluator_capture(replay->evaluator, replay->theta, replay->buffers, value, out,
                                 replay->options.cancel);
}

tau_status tau_replay_get_outputs(tau_replay *replay, size_t state, const float **out) {
    *out = replay->output_values;
    if (replay->captured == state) return TAU_STATUS_OK;
    replay->captured = SIZE_MAX;
    TAU_TRY(tau_replay_capture(replay, state, replay->graph->output, replay->output_values));
    replay->captured = state;
    return TAU_STATUS_OK;
}

tau_status tau_replay_read_parameters(tau_replay *replay, size_t state, float *theta) {
    TAU_TRY(tau_replay_load(replay, state));
    memcpy(theta, replay->theta, replay->graph->theta_size * sizeof *theta);
    return TAU_STATUS_OK;
}

tau_status tau_replay_read_outputs(tau_replay *replay, size_t state, float *out) {
    const float *values;
    TAU_TRY(tau_replay_get_outputs(replay, state, &values));
    memcpy(out, values, replay->samples->count * replay->outputs * sizeof *out);
    return TAU_STATUS_OK;
}

/* ---- series ---- */

tau_status tau_series_create(tau_series *out, size_t count) {
    *out = (tau_series){.count = count};
    TAU_TRY(tau_mem_alloc((void **)&out->step, count, 3 * sizeof *out->step));
    out->epoch = out->step + count;
    out->value = out->epoch + count;
    return TAU_STATUS_OK;
}

void tau_series_clear(tau_series *series) {
    tau_mem_free(series->step);
    *series = (tau_series){0};
}

tau_status tau_replay_read_series(tau_replay *replay, const char *name, tau_series *out) {
    *out = (tau_series){0};
    TAU_TRY(need_file(replay));
    return replay->source->read_series(replay->file, name, out);
}

/* ---- the penalty ---- */

void tau_replay_get_penalty(const tau_replay *replay, size_t state, const float *theta, double data_loss,
                            tau_penalty *out) {
    *out = (tau_penalty){0};
    for (int p = 0; p < replay->graph->parameter_count; p++) {
        const tau_parameter *parameter = &replay->graph->parameters[p];
        const size_t size = tau_shape_size(&parameter->shape);
        const float *values = theta + parameter->offset;
        double absolute = 0, squares = 0;
        for (size_t i = 0; i < size && replay->has_penalty; i++) {
            absolute += fabs((double)values[i]);
            squares += (double)values[i] * (double)values[i];
        }
        if (replay->l1[p] != 0) out->l1 += replay->l1[p] * absolute;
        const double l2 = replay->l2[p] + replay->decay[state];
        if (l2 != 0) out->l2 += l2 * squares;
    }
    out->total = out->l1 + out->l2;
    const double sum = data_loss + out->total;
    out->share = out->total == 0 ? 0 : isfinite(sum) ? out->total / sum : NAN;
    out->significant = out->share > 0.1;
}
