/* Runs as recordings of DeepReplay: one file of states, one of the model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/deepreplay.h"
#include "store/groups.h"
#include "store/keras_write.h"
#include "store/run.h"

typedef struct recording {
    tau_run *run;
    const char *group;
    json_t *parameters; /* the trainer's, or NULL */
    tau_keras_chain chain;
    tau_samples *samples;
    size_t epochs, *states; /* [epochs + 1] where they end */
    int64_t batches;        /* of an epoch; 0 = not known */
    float *theta, *buffers; /* [P], [Q] of one state */
    float *values;          /* [max(P, Q)] room for one tensor */
} recording;

/* ---- what is written ---- */

static bool is_at(double epoch, size_t whole) {
    return fabs(epoch - (double)whole) < 1e-6;
}

/* @param[in,out] state  of an epoch before */
static tau_status find_state(size_t *state, const tau_run *run, size_t epoch) {
    const size_t count = tau_run_get_state_count(run);
    for (; *state < count; ++*state)
        if (is_at(tau_run_get_epoch(run, *state), epoch)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot write '%s' as a recording of DeepReplay" TAU_WHY
                    "it has no state at the end of epoch %zu, and DeepReplay has one of each" TAU_FIX
                    "train with --record every=1epoch",
                    tau_run_get_group(run), epoch);
}

static tau_status find_states(recording *r) {
    const size_t count = tau_run_get_state_count(r->run);
    const double last = count ? tau_run_get_epoch(r->run, count - 1) : 0;
    size_t capacity = 0, state = 0;
    r->epochs = last > 0 && last < 1e9 ? (size_t)(last + 1e-6) : 0;
    for (size_t epoch = 0; epoch <= r->epochs; epoch++) {
        TAU_TRY(find_state(&state, r->run, epoch));
        TAU_TRY(TAU_GROW(r->states, capacity, epoch + 1));
        r->states[epoch] = state;
    }
    if (r->epochs > 0) r->batches = tau_run_get_step(r->run, r->states[1]);
    return TAU_STATUS_OK;
}

static tau_status make_room(recording *r) {
    const tau_graph *graph = tau_run_get_graph(r->run);
    const size_t p = graph->theta_size, q = graph->buffer_size;
    TAU_TRY(TAU_ALLOC(r->theta, p));
    TAU_TRY(TAU_ALLOC(r->buffers, q));
    return TAU_ALLOC(r->values, p > q ? p : q);
}

static tau_status prepare(recording *r) {
    const tau_run_header *header = tau_run_get_header(r->run);
    tau_loss loss;
    r->group = tau_run_get_group(r->run);
    if (!header->loss || !*header->loss)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot write '%s' as a recording of DeepReplay" TAU_WHY
                        "the run does not say with which loss it was trained" TAU_FIX
                        "import or record it with a loss",
                        r->group);
    TAU_TRY(tau_loss_parse(&loss, header->loss));
    r->parameters = header->parameters ? json_loads(header->parameters, 0, NULL) : NULL;
    const double decay = json_number_value(json_object_get(r->parameters, "weight_decay"));
    TAU_TRY(tau_keras_chain_create(&r->chain, tau_run_get_graph(r->run), loss, decay));
    TAU_TRY(tau_run_read_samples(r->run, &r->samples));
    TAU_TRY(find_states(r));
    return make_room(r);
}

static tau_status read_state(const recording *r, size_t epoch) {
    return tau_run_read_state(r->run, r->states[epoch], r->theta, r->buffers);
}

/* The axes of a tensor as Keras has them. */
static tau_shape find_shape(const tau_keras_tensor *tensor) {
    tau_shape shape = tensor->parameter->shape;
    for (int i = 0; i < shape.rank && tensor->turned; i++)
        shape.dim[i] = tensor->parameter->shape.dim[shape.rank - 1 - i];
    return shape;
}

/* A tensor of the state that was read, as Keras keeps it. */
static const float *get_tensor(const recording *r, const tau_keras_tensor *tensor) {
    const tau_shape *shape = &tensor->parameter->shape;
    const float *from = (tensor->buffer ? r->buffers : r->theta) + tensor->parameter->offset;
    if (!tensor->turned) return from;
    const size_t outputs = (size_t)shape->dim[0], inputs = (size_t)shape->dim[1];
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++) r->values[i * outputs + o] = from[o * inputs + i];
    return r->values;
}

/* ---- the recording ---- */

static int64_t find_batch(const recording *r) {
    const json_int_t batch = json_integer_value(json_object_get(r->parameters, "batch"));
    const int64_t count = (int64_t)r->samples->count;
    if (batch > 0) return batch;
    return r->batches > 0 ? (count + r->batches - 1) / r->batches : count;
}

static tau_status write_attributes(const recording *r, tau_h5 *file, const char *group) {
    const char **texts;
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"samples", (int64_t)r->samples->count},
                   {"batch_size", find_batch(r)},
                   {"n_batches", r->batches},
                   {"n_epochs", (int64_t)r->epochs},
                   {"n_layers", (int64_t)r->chain.count}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        TAU_TRY(tau_h5_set_i64(file, group, numbers[i].name, numbers[i].value));
    TAU_TRY(TAU_ALLOC(texts, r->chain.count));
    for (size_t i = 0; i < r->chain.count; i++) texts[i] = r->chain.layers[i].function;
    tau_status status = tau_h5_set_texts(file, group, "activation_functions", texts, r->chain.count);
    tau_mem_free(texts);
    return status;
}

/* The inputs have the axes that the model takes, whatever those of the data were. */
static tau_status write_samples(const recording *r, tau_h5 *file) {
    char path[TAU_STORE_PATH];
    const tau_samples *s = r->samples;
    const tau_graph *graph = tau_run_get_graph(r->run);
    const tau_shape *input = &graph->values[graph->input].shape;
    int64_t dim[1 + TAU_SHAPE_MAX_RANK] = {(int64_t)s->count};
    for (int i = 0; i < input->rank; i++) dim[1 + i] = input->dim[i];
    TAU_TRY(tau_h5_write(file, tau_store_path(path, r->group, "inputs"), TAU_H5_TYPE_F32, input->rank + 1,
                         dim, s->inputs));
    tau_store_path(path, r->group, "targets");
    dim[1] = s->classes ? 1 : (int64_t)s->target_size;
    if (s->classes) return tau_h5_write(file, path, TAU_H5_TYPE_I32, 2, dim, s->classes);
    return tau_h5_write(file, path, TAU_H5_TYPE_F32, 2, dim, s->values);
}

/* One number at the end of each epoch: the first that was told there. */
static tau_status write_series(const recording *r, tau_h5 *file, const char *from, const char *to,
                               bool needed) {
    char path[TAU_STORE_PATH];
    const char *const *names = tau_run_get_metric_names(r->run);
    const int64_t count = (int64_t)r->epochs;
    tau_metric *records = NULL;
    float *values;
    size_t total = 0;
    while (names && *names && strcmp(*names, from) != 0) names++;
    const bool found = names && *names;
    if (!found && !needed) return TAU_STATUS_OK;
    if (found) TAU_TRY(tau_run_read_metric(r->run, from, &records, &total));
    tau_status status = TAU_ALLOC(values, r->epochs);
    for (size_t epoch = 0; epoch < r->epochs && status == TAU_STATUS_OK; epoch++) {
        values[epoch] = NAN;
        for (size_t i = total; i > 0; i--)
            if (is_at(records[i - 1].epoch, epoch + 1)) values[epoch] = (float)records[i - 1].value;
    }
    if (status == TAU_STATUS_OK)
        status = tau_h5_write(file, tau_store_path(path, r->group, to), TAU_H5_TYPE_F32, 1, &count, values);
    tau_mem_free(values);
    tau_mem_free(records);
    return status;
}

static void find_place(char out[TAU_STORE_PATH], const recording *r, size_t layer, int tensor) {
    snprintf(out, TAU_STORE_PATH, "/%s/layer%zu/weights%d", r->group, layer, tensor);
}

static tau_status make_layers(const recording *r, tau_h5 *file) {
    char path[TAU_STORE_PATH];
    for (size_t l = 0; l < r->chain.count; l++) {
        const tau_keras_layer *layer = &r->chain.layers[l];
        snprintf(path, sizeof path, "/%s/layer%zu", r->group, l);
        TAU_TRY(tau_h5_make_group(file, path));
        for (int t = 0; t < layer->tensor_count; t++) {
            const tau_shape shape = find_shape(&layer->tensors[t]);
            find_place(path, r, l, t);
            TAU_TRY(tau_h5_create_rows(file, path, TAU_H5_TYPE_F32, shape.rank, shape.dim));
        }
    }
    return TAU_STATUS_OK;
}

static tau_status append_state(const recording *r, tau_h5 *file) {
    char path[TAU_STORE_PATH];
    for (size_t l = 0; l < r->chain.count; l++) {
        const tau_keras_layer *layer = &r->chain.layers[l];
        for (int t = 0; t < layer->tensor_count; t++) {
            find_place(path, r, l, t);
            TAU_TRY(tau_h5_append_rows(file, path, TAU_H5_TYPE_F32, 1, get_tensor(r, &layer->tensors[t])));
        }
    }
    return TAU_STATUS_OK;
}

static tau_status write_states(void *payload, tau_h5 *file) {
    const recording *r = payload;
    char group[TAU_STORE_PATH];
    TAU_TRY(tau_h5_make_group(file, tau_store_path(group, r->group, NULL)));
    TAU_TRY(write_attributes(r, file, group));
    TAU_TRY(write_samples(r, file));
    TAU_TRY(make_layers(r, file));
    for (size_t epoch = 0; epoch <= r->epochs; epoch++) {
        TAU_TRY(read_state(r, epoch));
        TAU_TRY(append_state(r, file));
    }
    TAU_TRY(write_series(r, file, "epoch_loss", "loss", true));
    TAU_TRY(write_series(r, file, "epoch_accuracy", "acc", false));
    TAU_TRY(write_series(r, file, "test_loss", "val_loss", false));
    TAU_TRY(write_series(r, file, "test_accuracy", "val_acc", false));
    return write_series(r, file, "lr", "lr", true);
}

/* ---- the model ---- */

/* Takes the object over. */
static tau_status write_json(tau_h5 *file, const char *name, json_t *object) {
    char *text = object ? json_dumps(object, JSON_SORT_KEYS) : NULL;
    json_decref(object);
    if (!text) return tau_fail(TAU_STATUS_MEMORY, "cannot write the %s of a recording", name);
    tau_status status = tau_h5_set_text(file, "/", name, text);
    free(text);
    return status;
}

static json_t *describe_training(const recording *r) {
    static const char *const optimizers[][2] = {{"adam", "Adam"}, {"rmsprop", "RMSprop"}};
    const char *name = "SGD";
    const double rate = json_number_value(json_object_get(r->parameters, "rate"));
    for (int i = 0; i < 2; i++)
        if (!strcmp(tau_run_get_header(r->run)->optimizer, optimizers[i][0])) name = optimizers[i][1];
    return json_pack("{s{ss s{sf}} ss s[s] sn sn}", "optimizer_config", "class_name", name, "config", "lr",
                     rate > 0 ? rate : 0.01, "loss", r->chain.loss, "metrics", "acc", "loss_weights",
                     "sample_weight_mode");
}

/* Those of the state that was read. */
static tau_status write_weights(const recording *r, tau_h5 *file, const tau_keras_layer *layer) {
    char group[TAU_STORE_PATH], path[TAU_STORE_PATH + 2 * TAU_KERAS_NAME];
    char names[TAU_KERAS_WEIGHTS][TAU_KERAS_NAME + 32];
    const char *texts[TAU_KERAS_WEIGHTS];
    snprintf(group, sizeof group, "/model_weights/%s", layer->name);
    TAU_TRY(tau_h5_make_group(file, group));
    for (int t = 0; t < layer->tensor_count; t++) {
        snprintf(names[t], sizeof names[t], "%s/%s:0", layer->name, layer->tensors[t].what);
        texts[t] = names[t];
        snprintf(path, sizeof path, "%s/%s", group, names[t]);
        const tau_shape shape = find_shape(&layer->tensors[t]);
        TAU_TRY(tau_h5_write(file, path, TAU_H5_TYPE_F32, shape.rank, shape.dim,
                             get_tensor(r, &layer->tensors[t])));
    }
    return layer->tensor_count
               ? tau_h5_set_texts(file, group, "weight_names", texts, (size_t)layer->tensor_count)
               : TAU_STATUS_OK;
}

static tau_status write_model(void *payload, tau_h5 *file) {
    const recording *r = payload;
    const char **names;
    TAU_TRY(tau_h5_set_text(file, "/", "keras_version", "2.2.0"));
    TAU_TRY(tau_h5_set_text(file, "/", "backend", "tensorflow"));
    TAU_TRY(write_json(file, "model_config", tau_keras_chain_describe(&r->chain)));
    TAU_TRY(write_json(file, "training_config", describe_training(r)));
    TAU_TRY(TAU_ALLOC(names, r->chain.count));
    tau_status status = read_state(r, r->epochs);
    if (status == TAU_STATUS_OK) status = tau_h5_make_group(file, "/model_weights");
    for (size_t i = 0; i < r->chain.count && status == TAU_STATUS_OK; i++) {
        names[i] = r->chain.layers[i].name;
        status = write_weights(r, file, &r->chain.layers[i]);
    }
    if (status == TAU_STATUS_OK)
        status = tau_h5_set_texts(file, "/model_weights", "layer_names", names, r->chain.count);
    tau_mem_free(names);
    return status;
}

/* ---- the files ---- */

static tau_status check_free(const char *path) {
    if (!tau_file_exists(path)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot write %s" TAU_WHY
                    "there is a file of this name, which may hold other recordings" TAU_FIX
                    "write elsewhere with -o, or replace it with --force",
                    path);
}

/* Both files, before one of them is written. */
static tau_status check_files(const char *path, const char *model, bool replace) {
    if (!strcmp(path, model))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot write %s" TAU_WHY "the model's own file has this name" TAU_FIX
                        "choose another name with -o",
                        path);
    if (replace) return TAU_STATUS_OK;
    TAU_TRY(check_free(path));
    return check_free(model);
}

tau_status tau_deepreplay_write(const char *path, tau_run *run, bool replace) {
    recording r = {.run = run};
    char *model = NULL;
    const char *slash = strrchr(path, '/');
    tau_status status = prepare(&r);
    if (status == TAU_STATUS_OK)
        status =
            tau_string_format(&model, "%.*s%s_model.h5", slash ? (int)(slash - path) + 1 : 0, path, r.group);
    if (status == TAU_STATUS_OK) status = check_files(path, model, replace);
    if (status == TAU_STATUS_OK) status = tau_h5_replace(model, true, write_model, &r);
    if (status == TAU_STATUS_OK) status = tau_h5_replace(path, true, write_states, &r);
    tau_mem_free(model);
    tau_keras_chain_clear(&r.chain);
    tau_samples_destroy(r.samples);
    json_decref(r.parameters);
    tau_mem_free(r.states);
    tau_mem_free(r.theta);
    tau_mem_free(r.buffers);
    tau_mem_free(r.values);
    return status;
}
