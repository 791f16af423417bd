/* Keras's JSON: the chain of layers and the compiled loss. */
#include "store/keras.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "store/keras_internal.h"

enum { LAYERS_MOST = 10000 };

void tau_keras_destroy(tau_keras_model *model) {
    if (!model) return;
    tau_graph_destroy(model->graph);
    tau_mem_free(model->weights);
    tau_mem_free(model->l1);
    tau_mem_free(model->l2);
    tau_mem_free(model);
}

static tau_status bad_config(const char *where, const char *why) {
    return tau_fail(TAU_STATUS_INPUT, "cannot read the Keras model in %s" TAU_WHY "%s", where, why);
}

/* ---- the loss ---- */

static const struct {
    const char *keras;
    tau_loss loss;
    bool classes;
} losses[] = {
    {"binary_crossentropy", TAU_LOSS_BCE, false},
    {"categorical_crossentropy", TAU_LOSS_CROSS_ENTROPY, true},
    {"sparse_categorical_crossentropy", TAU_LOSS_CROSS_ENTROPY, true},
    {"mean_squared_error", TAU_LOSS_MSE, false},
    {"mse", TAU_LOSS_MSE, false},
    {"MSE", TAU_LOSS_MSE, false},
    {"mean_absolute_error", TAU_LOSS_MAE, false},
    {"mae", TAU_LOSS_MAE, false},
    {"MAE", TAU_LOSS_MAE, false},
    {"huber_loss", TAU_LOSS_HUBER, false},
    {"huber", TAU_LOSS_HUBER, false},
};

/* A name; or a list or an object of one name. */
static const char *compiled_loss(const json_t *training) {
    const json_t *loss = json_object_get(training, "loss");
    if (json_is_array(loss)) loss = json_array_get(loss, 0);
    if (json_is_object(loss)) loss = json_object_iter_value(json_object_iter((json_t *)loss));
    return json_is_string(loss) ? json_string_value(loss) : "";
}

static tau_status choose_loss(tau_keras_model *model, const char *training_config, const char *wanted) {
    json_t *training = training_config ? json_loads(training_config, 0, NULL) : NULL;
    snprintf(model->keras_loss, sizeof model->keras_loss, "%s", compiled_loss(training));
    json_decref(training);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        if (strcmp(model->keras_loss, losses[i].keras) != 0) continue;
        model->loss = losses[i].loss;
        model->classes = losses[i].classes;
        model->has_loss = true;
    }
    if (!wanted) return TAU_STATUS_OK;
    TAU_TRY(tau_loss_parse(&model->loss, wanted));
    model->classes = tau_loss_takes_classes(model->loss);
    model->has_loss = true;
    return TAU_STATUS_OK;
}

/* Keras makes shares of whatever its losses of classes are given: only a softmax gives them as they are. */
static tau_status check_loss(const tau_keras_model *model, const char *wanted, const char *where) {
    const tau_node *end = tau_graph_find_end(model->graph);
    if (wanted || !model->has_loss || !model->classes || (end && end->op == TAU_OP_SOFTMAX))
        return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "cannot evaluate the Keras model in %s" TAU_WHY
                    "its loss, '%s', takes probabilities, but the model does not end in a softmax" TAU_FIX
                    "choose --loss cross-entropy, which takes logits",
                    where, model->keras_loss);
}

/* ---- the layers ---- */

static const json_t *layers_of(const json_t *root) {
    const json_t *config = json_object_get(root, "config");
    return json_is_array(config) ? config : json_object_get(config, "layers");
}

static bool is_input(const json_t *layer) {
    const char *kind = json_string_value(json_object_get(layer, "class_name"));
    return kind && !strcmp(kind, "InputLayer");
}

/* Images are turned to (C, H, W) where a layer reads them with channels last. */
static bool finds_channels_last(const json_t *layers, size_t rank) {
    for (size_t i = 0; rank == 3 && i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        const char *kind = json_string_value(json_object_get(layer, "class_name"));
        if (kind && tau_keras_reads_images(kind))
            return tau_keras_channels_last(kind, json_object_get(layer, "config"));
    }
    return false;
}

static tau_status add_input(keras_work *work, const json_t *layers, const char *where) {
    const json_t *config = json_object_get(json_array_get(layers, 0), "config");
    const json_t *batch = json_object_get(config, "batch_input_shape");
    if (!batch) batch = json_object_get(config, "batch_shape");
    const size_t axes = json_array_size(batch);
    int64_t dim[TAU_SHAPE_MAX_RANK] = {0};
    if (axes < 2 || axes > 1 + TAU_SHAPE_MAX_RANK)
        return bad_config(where, "its first layer does not say what shape the inputs have");
    for (size_t i = 1; i < axes; i++) {
        dim[i - 1] = json_integer_value(json_array_get(batch, i));
        if (dim[i - 1] < 1) return bad_config(where, "the shape of its inputs is not fixed");
    }
    work->model->channels_last = finds_channels_last(layers, axes - 1);
    if (work->model->channels_last) {
        const int64_t channels = dim[2];
        dim[2] = dim[1];
        dim[1] = dim[0];
        dim[0] = channels;
    }
    tau_shape shape;
    TAU_TRY(tau_shape_make(&shape, (int)axes - 1, dim));
    return tau_builder_input(work->builder, &work->value, "inputs", &shape);
}

static tau_status add_layers(keras_work *work, const json_t *layers, const char *where) {
    const size_t count = json_array_size(layers);
    TAU_TRY(add_input(work, layers, where));
    for (size_t i = 0; i < count; i++) {
        const json_t *layer = json_array_get(layers, i);
        if (is_input(layer)) continue;
        work->kind = json_string_value(json_object_get(layer, "class_name"));
        work->config = json_object_get(layer, "config");
        const char *name = json_string_value(json_object_get(work->config, "name"));
        if (!work->kind || !name || !*name || strlen(name) >= KERAS_NAME)
            return bad_config(where, "one of its layers has no class or no name");
        snprintf(work->name, sizeof work->name, "%s", name);
        work->index = work->model->layer_count++;
        TAU_TRY(tau_keras_add_layer(work));
    }
    return TAU_STATUS_OK;
}

static tau_status build(keras_work *work, const json_t *root, const char *where) {
    tau_keras_model *model = work->model;
    const char *kind = json_string_value(json_object_get(root, "class_name"));
    const json_t *layers = layers_of(root);
    if (!kind) return bad_config(where, "its description is no JSON object of Keras");
    if (strcmp(kind, "Sequential") != 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot use the Keras model in %s" TAU_WHY
                        "its class is %.60s, and only Sequential is "
                        "known" TAU_FIX "export the model as ONNX",
                        where, kind);
    if (json_array_size(layers) == 0 || json_array_size(layers) > LAYERS_MOST)
        return bad_config(where, "it has no layers, or too many");
    TAU_TRY(tau_builder_create(&work->builder, "keras"));
    TAU_TRY(add_layers(work, layers, where));
    TAU_TRY(TAU_GROW(work->l1, work->l1_capacity, 1));
    TAU_TRY(TAU_GROW(work->l2, work->l2_capacity, 1));
    return tau_builder_finish(work->builder, &model->graph, work->value);
}

tau_status tau_keras_build(tau_keras_model **out, const char *model_config, const char *training_config,
                           const char *loss, const char *where) {
    keras_work work = {.value = -1};
    *out = NULL;
    TAU_TRY(TAU_ALLOC(work.model, 1));
    json_t *root = json_loads(model_config, 0, NULL);
    tau_status status = choose_loss(work.model, training_config, loss);
    if (status == TAU_STATUS_OK) status = build(&work, root, where);
    if (status == TAU_STATUS_OK) status = check_loss(work.model, loss, where);
    json_decref(root);
    tau_builder_destroy(work.builder);
    work.model->l1 = work.l1;
    work.model->l2 = work.l2;
    if (status != TAU_STATUS_OK) {
        tau_keras_destroy(work.model);
        return status;
    }
    *out = work.model;
    return TAU_STATUS_OK;
}
