/* Runs as recordings of DeepReplay: one file of states, one of the model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    size_t epochs;
    int64_t batches;        /* of an epoch; 0 = not known */
    float *theta, *buffers; /* [epochs + 1, P or Q] */
    float *values;          /* [epochs + 1, P + Q] room for one tensor, or one series */
} recording;

/* ---- what is written ---- */

static bool is_at(double epoch, size_t whole) {
    return fabs(epoch - (double)whole) < 1e-6;
}

static tau_status find_state(size_t *out, const tau_run *run, size_t epoch) {
    const size_t count = tau_run_get_state_count(run);
    for (*out = 0; *out < count; ++*out)
        if (is_at(tau_run_get_epoch(run, *out), epoch)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot write '%s' as a recording of DeepReplay" TAU_WHY
                    "it has no state at the end of epoch %zu, and DeepReplay has one of each" TAU_FIX
                    "train with --record every=1epoch",
                    tau_run_get_group(run), epoch);
}

static tau_status read_states(recording *r) {
    const tau_graph *graph = tau_run_get_graph(r->run);
    const size_t count = tau_run_get_state_count(r->run), sizes = graph->theta_size + graph->buffer_size;
    const double last = count ? tau_run_get_epoch(r->run, count - 1) : 0;
    r->epochs = last > 0 && last < 1e9 ? (size_t)(last + 1e-6) : 0;
    TAU_TRY(tau_mem_alloc((void **)&r->theta, r->epochs + 1, graph->theta_size * sizeof *r->theta));
    TAU_TRY(tau_mem_alloc((void **)&r->buffers, r->epochs + 1, graph->buffer_size * sizeof *r->buffers));
    TAU_TRY(tau_mem_alloc((void **)&r->values, r->epochs + 1, sizes * sizeof *r->values));
    for (size_t epoch = 0; epoch <= r->epochs; epoch++) {
        size_t state;
        TAU_TRY(find_state(&state, r->run, epoch));
        TAU_TRY(tau_run_read_state(r->run, state, r->theta + epoch * graph->theta_size,
                                   r->buffers + epoch * graph->buffer_size));
        if (epoch == 1) r->batches = tau_run_get_step(r->run, state);
    }
    return TAU_STATUS_OK;
}

static tau_status prepare(recording *r) {
    const tau_run_header *header = tau_run_get_header(r->run);
    tau_loss loss;
    r->group = tau_run_get_group(r->run);
    if (!header->loss || !*header->loss)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot write '%s' as a recording of DeepReplay" TAU_WHY
                        "the run does not say with which loss it was trained",
                        r->group);
    TAU_TRY(tau_loss_parse(&loss, header->loss));
    r->parameters = header->parameters ? json_loads(header->parameters, 0, NULL) : NULL;
    const double decay = json_number_value(json_object_get(r->parameters, "weight_decay"));
    TAU_TRY(tau_keras_chain_create(&r->chain, tau_run_get_graph(r->run), loss, decay));
    TAU_TRY(tau_run_read_samples(r->run, &r->samples));
    return read_states(r);
}

/* One tensor of the states from `first` on, as Keras keeps it. */
static void gather(const recording *r, const tau_keras_tensor *tensor, size_t first, size_t count) {
    const tau_graph *graph = tau_run_get_graph(r->run);
    const tau_shape *shape = &tensor->parameter->shape;
    const size_t size = tau_shape_size(shape), row = tensor->buffer ? graph->buffer_size : graph->theta_size;
    const float *all = (tensor->buffer ? r->buffers : r->theta) + tensor->parameter->offset;
    for (size_t state = 0; state < count; state++) {
        const float *from = all + (first + state) * row;
        float *to = r->values + state * size;
        if (!tensor->turned) {
            memcpy(to, from, size * sizeof *to);
            continue;
        }
        const size_t outputs = (size_t)shape->dim[0], inputs = (size_t)shape->dim[1];
        for (size_t o = 0; o < outputs; o++)
            for (size_t i = 0; i < inputs; i++) to[i * outputs + o] = from[o * inputs + i];
    }
}

/* [count, shape as Keras has it], or the shape alone where `count` is 1. */
static tau_status write_tensor(const recording *r, tau_h5 *file, const char *path,
                               const tau_keras_tensor *tensor, size_t first, size_t count, bool states) {
    const tau_shape *shape = &tensor->parameter->shape;
    int64_t dim[1 + TAU_SHAPE_MAX_RANK] = {(int64_t)count};
    for (int i = 0; i < shape->rank; i++) dim[1 + i] = shape->dim[tensor->turned ? shape->rank - 1 - i : i];
    gather(r, tensor, first, count);
    return states ? tau_h5_write(file, path, TAU_H5_TYPE_F32, shape->rank + 1, dim, r->values)
                  : tau_h5_write(file, path, TAU_H5_TYPE_F32, shape->rank, dim + 1, r->values);
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

static tau_status write_samples(const recording *r, tau_h5 *file) {
    char path[TAU_STORE_PATH];
    const tau_samples *s = r->samples;
    int64_t dim[1 + TAU_SHAPE_MAX_RANK] = {(int64_t)s->count};
    for (int i = 0; i < s->input_shape.rank; i++) dim[1 + i] = s->input_shape.dim[i];
    TAU_TRY(tau_h5_write(file, tau_store_path(path, r->group, "inputs"), TAU_H5_TYPE_F32,
                         s->input_shape.rank + 1, dim, s->inputs));
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
    size_t total = 0;
    while (names && *names && strcmp(*names, from) != 0) names++;
    const bool found = names && *names;
    if (!found && !needed) return TAU_STATUS_OK;
    if (found) TAU_TRY(tau_run_read_metric(r->run, from, &records, &total));
    for (size_t epoch = 0; epoch < r->epochs; epoch++) {
        r->values[epoch] = NAN;
        for (size_t i = total; i > 0; i--)
            if (is_at(records[i - 1].epoch, epoch + 1)) r->values[epoch] = (float)records[i - 1].value;
    }
    tau_mem_free(records);
    return tau_h5_write(file, tau_store_path(path, r->group, to), TAU_H5_TYPE_F32, 1, &count, r->values);
}

static tau_status write_states(tau_h5 *file, recording *r) {
    char path[TAU_STORE_PATH], group[TAU_STORE_PATH];
    TAU_TRY(tau_h5_make_group(file, tau_store_path(group, r->group, NULL)));
    TAU_TRY(write_attributes(r, file, group));
    TAU_TRY(write_samples(r, file));
    for (size_t l = 0; l < r->chain.count; l++) {
        const tau_keras_layer *layer = &r->chain.layers[l];
        snprintf(path, sizeof path, "/%s/layer%zu", r->group, l);
        TAU_TRY(tau_h5_make_group(file, path));
        for (int t = 0; t < layer->tensor_count; t++) {
            snprintf(path, sizeof path, "/%s/layer%zu/weights%d", r->group, l, t);
            TAU_TRY(write_tensor(r, file, path, &layer->tensors[t], 0, r->epochs + 1, true));
        }
    }
    TAU_TRY(write_series(r, file, "epoch_loss", "loss", true));
    TAU_TRY(write_series(r, file, "epoch_accuracy", "acc", false));
    TAU_TRY(write_series(r, file, "test_loss", "val_loss", false));
    TAU_TRY(write_series(r, file, "test_accuracy", "val_acc", false));
    return write_series(r, file, "lr", "lr", true);
}

/* ---- the model ---- */

static tau_status describe_training(char **out, const recording *r) {
    static const char *const optimizers[][2] = {{"adam", "Adam"}, {"rmsprop", "RMSprop"}};
    const char *name = "SGD";
    const double rate = json_number_value(json_object_get(r->parameters, "rate"));
    for (int i = 0; i < 2; i++)
        if (!strcmp(tau_run_get_header(r->run)->optimizer, optimizers[i][0])) name = optimizers[i][1];
    json_t *root = json_pack("{s{ss s{sf}} ss s[s] sn sn}", "optimizer_config", "class_name", name, "config",
                             "lr", rate > 0 ? rate : 0.01, "loss", r->chain.loss, "metrics", "acc",
                             "loss_weights", "sample_weight_mode");
    char *text = root ? json_dumps(root, JSON_SORT_KEYS) : NULL;
    json_decref(root);
    if (!text) return tau_fail(TAU_STATUS_MEMORY, "cannot describe the training");
    tau_status status = tau_string_copy(out, text);
    free(text);
    return status;
}

static tau_status write_configs(const recording *r, tau_h5 *file) {
    char *model = NULL, *training = NULL;
    tau_status status = tau_keras_chain_describe(&model, &r->chain);
    if (status == TAU_STATUS_OK) status = describe_training(&training, r);
    if (status == TAU_STATUS_OK) status = tau_h5_set_text(file, "/", "model_config", model);
    if (status == TAU_STATUS_OK) status = tau_h5_set_text(file, "/", "training_config", training);
    tau_mem_free(model);
    tau_mem_free(training);
    return status;
}

/* The weights after the last epoch. */
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
        TAU_TRY(write_tensor(r, file, path, &layer->tensors[t], r->epochs, 1, false));
    }
    return layer->tensor_count
               ? tau_h5_set_texts(file, group, "weight_names", texts, (size_t)layer->tensor_count)
               : TAU_STATUS_OK;
}

static tau_status write_model(tau_h5 *file, recording *r) {
    const char **names;
    TAU_TRY(tau_h5_set_text(file, "/", "keras_version", "2.2.0"));
    TAU_TRY(tau_h5_set_text(file, "/", "backend", "tensorflow"));
    TAU_TRY(write_configs(r, file));
    TAU_TRY(TAU_ALLOC(names, r->chain.count));
    tau_status status = tau_h5_make_group(file, "/model_weights");
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

static tau_status write_file(const char *path, recording *r,
                             tau_status (*write)(tau_h5 *file, recording *r)) {
    tau_file_replacement replacement;
    tau_h5 *file;
    TAU_TRY(tau_file_replace_begin(&replacement, path));
    unlink(replacement.temporary); /* the library makes the file itself */
    tau_status status = tau_h5_create_compatible(&file, replacement.temporary);
    if (status == TAU_STATUS_OK) {
        status = write(file, r);
        if (status == TAU_STATUS_OK)
            status = tau_h5_close(file);
        else
            tau_h5_discard(file);
    }
    if (status == TAU_STATUS_OK) return tau_file_replace_commit(&replacement);
    tau_file_replace_abort(&replacement);
    return tau_error_context("cannot write %s", path);
}

static tau_status check_free(const char *path) {
    if (!tau_file_exists(path)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot write %s" TAU_WHY
                    "there is a file of this name, which may hold other recordings" TAU_FIX
                    "write elsewhere with -o, or replace it with --force",
                    path);
}

tau_status tau_deepreplay_write(const char *path, tau_run *run, bool replace) {
    recording r = {.run = run};
    char *model = NULL;
    const char *slash = strrchr(path, '/');
    tau_status status = prepare(&r);
    if (status == TAU_STATUS_OK)
        status =
            tau_string_format(&model, "%.*s%s_model.h5", slash ? (int)(slash - path) + 1 : 0, path, r.group);
    if (status == TAU_STATUS_OK && !replace) status = check_free(path);
    if (status == TAU_STATUS_OK && !replace) status = check_free(model);
    if (status == TAU_STATUS_OK) status = write_file(model, &r, write_model);
    if (status == TAU_STATUS_OK) status = write_file(path, &r, write_states);
    tau_mem_free(model);
    tau_keras_chain_clear(&r.chain);
    tau_samples_destroy(r.samples);
    json_decref(r.parameters);
    tau_mem_free(r.theta);
    tau_mem_free(r.buffers);
    tau_mem_free(r.values);
    return status;
}
