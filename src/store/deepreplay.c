/* DeepReplay's recordings: the group of states and the model beside it. */
#include "store/deepreplay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/rehearse.h"
#include "store/deepreplay_internal.h"

static const tau_store_kind RECORDINGS = {"recording of DeepReplay", "layer0"};

static tau_status look_for_groups(bool *out, const char *path) {
    tau_h5 *file;
    char **names = NULL;
    *out = false;
    TAU_TRY(tau_h5_open_read(&file, path));
    tau_status status = TAU_STATUS_OK;
    if (!tau_h5_has_attribute(file, "/", "tauscape_format"))
        status = tau_store_list_groups(&names, file, &RECORDINGS);
    *out = names && names[0];
    tau_store_free_names(names);
    tau_h5_discard(file);
    return status;
}

static void rehearse_looking(void *payload) {
    bool found;
    (void)!look_for_groups(&found, payload);
}

tau_status tau_deepreplay_recognise(bool *out, const char *path) {
    *out = false;
    if (!tau_h5_has_checksums(path)) TAU_TRY(tau_h5_rehearse(path, rehearse_looking, (void *)path, 0));
    return look_for_groups(out, path);
}

/* ---- the model's file ---- */

/* `GROUP_model.h5` beside the file, else in the working directory. @param[out] out  freed with tau_mem_free
 */
static tau_status find_model(char **out, const char *path, const char *group) {
    const char *slash = strrchr(path, '/');
    const int directory = slash ? (int)(slash - path) + 1 : 0;
    TAU_TRY(tau_string_format(out, "%.*s%s_model.h5", directory, path, group));
    if (tau_file_exists(*out)) return TAU_STATUS_OK;
    char *beside = *out;
    *out = NULL;
    tau_status status = tau_string_format(out, "%s_model.h5", group);
    if (status == TAU_STATUS_OK && !tau_file_exists(*out)) {
        status =
            tau_fail(TAU_STATUS_MISSING,
                     "cannot open '%s' of %s" TAU_WHY
                     "its Keras model is missing: there is no %s, and no %s in the working directory" TAU_FIX
                     "put the model file that DeepReplay wrote beside the recording",
                     group, path, beside, *out);
        tau_mem_free(*out);
        *out = NULL;
    }
    tau_mem_free(beside);
    return status;
}

static tau_status read_configs(tau_h5 *file, char **model, char **training) {
    if (!tau_h5_has_attribute(file, "/", "model_config"))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read the Keras model in %s" TAU_WHY "it has no attribute 'model_config'",
                        tau_h5_path(file));
    TAU_TRY(tau_h5_get_text(model, file, "/", "model_config"));
    if (!tau_h5_has_attribute(file, "/", "training_config")) return TAU_STATUS_OK;
    return tau_h5_get_text(training, file, "/", "training_config");
}

static tau_status load_model(tau_deepreplay *replay, const char *path, const char *loss) {
    char *name = NULL, *config = NULL, *training = NULL;
    tau_h5 *file = NULL;
    TAU_TRY(find_model(&name, path, replay->group));
    tau_status status = tau_h5_open_read(&file, name);
    if (status == TAU_STATUS_OK) status = read_configs(file, &config, &training);
    if (status == TAU_STATUS_OK) status = tau_keras_build(&replay->model, config, training, loss, name);
    if (file) tau_h5_discard(file);
    if (status == TAU_STATUS_OK && !replay->model->has_loss)
        status = tau_fail(TAU_STATUS_UNSUPPORTED,
                          "cannot evaluate '%s' of %s" TAU_WHY
                          "its loss, '%s', is not one that is known" TAU_FIX "name one with --loss",
                          replay->group, path, replay->model->keras_loss);
    tau_mem_free(name);
    tau_mem_free(config);
    tau_mem_free(training);
    return status;
}

/* ---- the recording ---- */

static const char *weight_path(char out[TAU_STORE_PATH], const tau_deepreplay *replay,
                               const tau_keras_weight *weight) {
    snprintf(out, TAU_STORE_PATH, "/%s/layer%d/weights%d", replay->group, weight->layer, weight->place);
    return out;
}

static const tau_parameter *entry_of(const tau_deepreplay *replay, const tau_keras_weight *weight) {
    const tau_graph *graph = replay->model->graph;
    return weight->buffer ? &graph->buffers[weight->entry] : &graph->parameters[weight->entry];
}

/* The shape in which Keras keeps a tensor. */
static tau_shape stored_shape(const tau_keras_weight *weight, const tau_shape *shape) {
    if (!weight->is_kernel2d) return *shape;
    return (tau_shape){4, {shape->dim[2], shape->dim[3], shape->dim[1], shape->dim[0]}};
}

static tau_status check_weight(tau_deepreplay *replay, const tau_keras_weight *weight) {
    char path[TAU_STORE_PATH], text[TAU_SHAPE_TEXT];
    tau_h5_extent extent;
    const tau_parameter *entry = entry_of(replay, weight);
    const tau_shape shape = stored_shape(weight, &entry->shape);
    TAU_TRY(tau_h5_inspect(&extent, replay->file, weight_path(path, replay, weight)));
    bool fits = extent.rank == shape.rank + 1 && extent.type <= TAU_H5_TYPE_F64;
    for (int i = 0; fits && i < shape.rank; i++) fits = extent.dim[1 + i] == shape.dim[i];
    if (!fits)
        return tau_fail(TAU_STATUS_MISMATCH,
                        "the recording '%s' of %s does not fit its model" TAU_WHY
                        "%s does not hold states of %s, which the model's '%s' is" TAU_FIX
                        "put the model file of this recording beside it",
                        replay->group, tau_h5_path(replay->file), path, tau_shape_format(text, &shape),
                        entry->name);
    if ((size_t)extent.dim[0] < replay->count) replay->count = (size_t)extent.dim[0];
    return TAU_STATUS_OK;
}

static tau_status check_layers(tau_deepreplay *replay) {
    char path[TAU_STORE_PATH];
    const int layers = replay->model->layer_count;
    tau_store_path(path, replay->group, NULL);
    int64_t recorded = layers;
    if (tau_h5_has_attribute(replay->file, path, "n_layers"))
        TAU_TRY(tau_h5_get_i64(&recorded, replay->file, path, "n_layers"));
    if (recorded != layers)
        return tau_fail(TAU_STATUS_MISMATCH,
                        "the recording '%s' of %s does not fit its model" TAU_WHY "it has %" PRId64
                        " layers, the model %d" TAU_FIX "put the model file of this recording beside it",
                        replay->group, tau_h5_path(replay->file), recorded, layers);
    replay->count = SIZE_MAX;
    for (size_t i = 0; i < replay->model->weight_count; i++)
        if (replay->model->weights[i].place >= 0) TAU_TRY(check_weight(replay, &replay->model->weights[i]));
    if (replay->count > 0 && replay->count < SIZE_MAX) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "cannot use '%s' of %s" TAU_WHY "it holds no states", replay->group,
                    tau_h5_path(replay->file));
}

static tau_status note_series(void *payload, const char *name, bool is_group) {
    tau_deepreplay *replay = payload;
    char path[TAU_STORE_PATH];
    tau_h5_extent extent;
    if (is_group || !strcmp(name, "inputs") || !strcmp(name, "targets")) return TAU_STATUS_OK;
    if (strlen(name) + strlen(replay->group) + 3 > TAU_STORE_PATH) return TAU_STATUS_OK;
    TAU_TRY(tau_h5_inspect(&extent, replay->file, tau_store_path(path, replay->group, name)));
    if (extent.rank != 1 || extent.type > TAU_H5_TYPE_F64) return TAU_STATUS_OK;
    TAU_TRY(TAU_GROW(replay->series, replay->series_capacity, replay->series_count + 2));
    TAU_TRY(tau_string_copy(&replay->series[replay->series_count], name));
    replay->series_count++;
    return TAU_STATUS_OK;
}

static tau_status load(tau_deepreplay *replay, const char *path, const char *group, const char *loss) {
    char place[TAU_STORE_PATH];
    TAU_TRY(tau_h5_open_read(&replay->file, path));
    TAU_TRY(tau_store_choose_group(&replay->group, replay->file, &RECORDINGS, group));
    TAU_TRY(load_model(replay, path, loss));
    TAU_TRY(check_layers(replay));
    tau_store_path(place, replay->group, NULL);
    if (tau_h5_has_attribute(replay->file, place, "n_batches"))
        TAU_TRY(tau_h5_get_i64(&replay->batches, replay->file, place, "n_batches"));
    if (replay->batches < 0 || replay->batches > INT32_MAX) replay->batches = 0;
    TAU_TRY(TAU_GROW(replay->series, replay->series_capacity, 1));
    return tau_h5_list(replay->file, place, note_series, replay);
}

static tau_status open_here(tau_deepreplay **out, const char *path, const char *group, const char *loss) {
    tau_deepreplay *replay;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(replay, 1));
    tau_status status = load(replay, path, group, loss);
    if (status != TAU_STATUS_OK) {
        tau_deepreplay_close(replay);
        return status;
    }
    *out = replay;
    return TAU_STATUS_OK;
}

typedef struct request {
    const char *path, *group, *loss;
} request;

static void read_states(tau_deepreplay *replay) {
    float *theta = NULL, *buffers = NULL;
    if (TAU_ALLOC(theta, replay->model->graph->theta_size) == TAU_STATUS_OK &&
        TAU_ALLOC(buffers, replay->model->graph->buffer_size) == TAU_STATUS_OK)
        for (size_t i = 0; i < replay->count; i++)
            if (tau_deepreplay_read_state(replay, i, theta, buffers) != TAU_STATUS_OK) break;
    tau_mem_free(theta);
    tau_mem_free(buffers);
}

/* Everything that will ever be read. */
static void rehearse_reading(void *payload) {
    const request *r = payload;
    tau_deepreplay *replay;
    tau_samples *samples;
    if (open_here(&replay, r->path, r->group, r->loss) != TAU_STATUS_OK) return;
    read_states(replay);
    if (tau_deepreplay_read_samples(replay, &samples) == TAU_STATUS_OK) tau_samples_destroy(samples);
    for (size_t i = 0; i < replay->series_count; i++) {
        double *values;
        size_t count;
        if (tau_deepreplay_read_series(replay, replay->series[i], &values, &count) == TAU_STATUS_OK)
            tau_mem_free(values);
    }
    tau_deepreplay_close(replay);
}

tau_status tau_deepreplay_open(tau_deepreplay **out, const char *path, const char *group, const char *loss) {
    request wanted = {path, group, loss};
    *out = NULL;
    if (tau_h5_rehearse(path, rehearse_reading, &wanted, 0) != TAU_STATUS_OK)
        return tau_error_context("cannot open %s with the model that belongs to it", path);
    return open_here(out, path, group, loss);
}

void tau_deepreplay_close(tau_deepreplay *replay) {
    if (!replay) return;
    tau_h5_discard(replay->file);
    tau_keras_destroy(replay->model);
    tau_store_free_names(replay->series);
    tau_mem_free(replay->group);
    tau_mem_free(replay);
}

const char *tau_deepreplay_get_group(const tau_deepreplay *replay) {
    return replay->group;
}
const tau_graph *tau_deepreplay_get_graph(const tau_deepreplay *replay) {
    return replay->model->graph;
}
tau_loss tau_deepreplay_get_loss(const tau_deepreplay *replay) {
    return replay->model->loss;
}
size_t tau_deepreplay_get_state_count(const tau_deepreplay *replay) {
    return replay->count;
}
int64_t tau_deepreplay_get_batches(const tau_deepreplay *replay) {
    return replay->batches;
}
void tau_deepreplay_get_penalties(const tau_deepreplay *replay, const double **l1, const double **l2) {
    *l1 = replay->model->l1;
    *l2 = replay->model->l2;
}
const char *const *tau_deepreplay_get_series_names(const tau_deepreplay *replay) {
    return (const char *const *)replay->series;
}

/* ---- states and series ---- */

/* (height, width, in, out) to (out, in, height, width). */
static void turn_kernel(float *out, const float *from, const tau_shape *shape) {
    const int64_t outputs = shape->dim[0], inputs = shape->dim[1], places = shape->dim[2] * shape->dim[3];
    for (int64_t o = 0; o < outputs; o++)
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t p = 0; p < places; p++)
                out[(o * inputs + i) * places + p] = from[(p * inputs + i) * outputs + o];
}

static tau_status read_weight(tau_deepreplay *replay, const tau_keras_weight *weight, size_t state,
                              float *out) {
    char path[TAU_STORE_PATH];
    const tau_parameter *entry = entry_of(replay, weight);
    const size_t size = tau_shape_size(&entry->shape);
    out += entry->offset;
    if (weight->place < 0) {
        for (size_t i = 0; i < size; i++) out[i] = weight->fill;
        return TAU_STATUS_OK;
    }
    weight_path(path, replay, weight);
    if (!weight->is_kernel2d) return tau_h5_read_rows(replay->file, path, TAU_H5_TYPE_F32, state, 1, out);
    float *stored;
    TAU_TRY(TAU_ALLOC(stored, size));
    tau_status status = tau_h5_read_rows(replay->file, path, TAU_H5_TYPE_F32, state, 1, stored);
    if (status == TAU_STATUS_OK) turn_kernel(out, stored, &entry->shape);
    tau_mem_free(stored);
    return status;
}

tau_status tau_deepreplay_read_state(tau_deepreplay *replay, size_t state, float *theta, float *buffers) {
    if (state >= replay->count)
        return tau_fail(TAU_STATUS_MISSING,
                        "'%s' in %s has no state %zu" TAU_WHY "there are %zu, counted from 0", replay->group,
                        tau_h5_path(replay->file), state, replay->count);
    for (size_t i = 0; i < replay->model->weight_count; i++) {
        const tau_keras_weight *weight = &replay->model->weights[i];
        if (weight->buffer && !buffers) continue;
        TAU_TRY(read_weight(replay, weight, state, weight->buffer ? buffers : theta));
    }
    return TAU_STATUS_OK;
}

tau_status tau_deepreplay_read_series(tau_deepreplay *replay, const char *name, double **values,
                                      size_t *count) {
    char path[TAU_STORE_PATH];
    size_t at = 0;
    *values = NULL;
    *count = 0;
    while (at < replay->series_count && strcmp(replay->series[at], name) != 0) at++;
    if (at == replay->series_count)
        return tau_fail(TAU_STATUS_MISSING, "'%s' in %s has no series '%.60s'" TAU_WHY "it has %zu others",
                        replay->group, tau_h5_path(replay->file), name, replay->series_count);
    tau_store_path(path, replay->group, name);
    tau_h5_extent extent;
    TAU_TRY(tau_h5_inspect(&extent, replay->file, path));
    TAU_TRY(TAU_ALLOC(*values, extent.count));
    tau_status status = tau_h5_read(replay->file, path, TAU_H5_TYPE_F64, *values, extent.count);
    if (status == TAU_STATUS_OK) {
        *count = extent.count;
        return TAU_STATUS_OK;
    }
    tau_mem_free(*values);
    *values = NULL;
    return status;
}
