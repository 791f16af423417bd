/* Keras's layers, one function a class. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "store/keras_internal.h"

enum { SIZE_MOST = 1 << 24 };

static tau_status bad_layer(const keras_work *work, tau_status code, const char *why) {
    return tau_fail(code, "cannot use the Keras layer '%s' (%s)" TAU_WHY "%s", work->name, work->kind, why);
}

/* ---- reading the configuration ---- */

static const char *get_text(const keras_work *work, const char *key, const char *fallback) {
    const json_t *member = json_object_get(work->config, key);
    return json_is_string(member) ? json_string_value(member) : fallback;
}

static bool get_flag(const keras_work *work, const char *key, bool fallback) {
    const json_t *member = json_object_get(work->config, key);
    return json_is_boolean(member) ? json_is_true(member) : fallback;
}

static double get_real(const keras_work *work, const char *key, double fallback) {
    const json_t *member = json_object_get(work->config, key);
    return json_is_number(member) ? json_number_value(member) : fallback;
}

static tau_status check_size(const keras_work *work, const char *key, json_int_t value) {
    if (value >= 1 && value <= SIZE_MOST) return TAU_STATUS_OK;
    char why[120];
    snprintf(why, sizeof why, "its '%s' is %" JSON_INTEGER_FORMAT, key, value);
    return bad_layer(work, TAU_STATUS_INPUT, why);
}

static tau_status get_size(int64_t *out, const keras_work *work, const char *key) {
    *out = json_integer_value(json_object_get(work->config, key));
    return check_size(work, key, *out);
}

/* One number for both axes, or one each. */
static tau_status get_pair(int64_t out[2], const keras_work *work, const char *key, const int64_t *fallback) {
    const json_t *member = json_object_get(work->config, key);
    for (size_t i = 0; i < 2; i++) {
        if (json_is_array(member) && json_array_size(member) == 2)
            out[i] = json_integer_value(json_array_get(member, i));
        else if (json_is_integer(member))
            out[i] = json_integer_value(member);
        else
            out[i] = fallback && (!member || json_is_null(member)) ? fallback[i] : 0;
        TAU_TRY(check_size(work, key, out[i]));
    }
    return TAU_STATUS_OK;
}

bool tau_keras_reads_images(const char *kind) {
    return !strcmp(kind, "Conv2D") || !strcmp(kind, "Convolution2D") || !strcmp(kind, "MaxPooling2D") ||
           !strcmp(kind, "AveragePooling2D") || !strcmp(kind, "BatchNormalization");
}

bool tau_keras_channels_last(const char *kind, const json_t *config) {
    if (!strcmp(kind, "BatchNormalization")) {
        const json_t *axis = json_object_get(config, "axis");
        if (json_is_array(axis)) axis = json_array_get(axis, 0);
        return !json_is_integer(axis) || json_integer_value(axis) != 1;
    }
    const json_t *format = json_object_get(config, "data_format");
    return !json_is_string(format) || strcmp(json_string_value(format), "channels_first") != 0;
}

/* Images must all lie in the order that the input was turned from. */
static tau_status check_image(const keras_work *work) {
    if (tau_builder_shape(work->builder, work->value)->rank != 3)
        return bad_layer(work, TAU_STATUS_UNSUPPORTED, "its input is no image");
    if (tau_keras_channels_last(work->kind, work->config) != work->model->channels_last)
        return bad_layer(work, TAU_STATUS_UNSUPPORTED, "the layers do not agree about 'data_format'");
    return TAU_STATUS_OK;
}

/* ---- tensors and nodes ---- */

static void read_regularizer(const keras_work *work, const char *key, double *l1, double *l2) {
    const json_t *inner = json_object_get(json_object_get(work->config, key), "config");
    const json_t *first = json_object_get(inner, "l1"), *second = json_object_get(inner, "l2");
    *l1 = json_number_value(first);
    *l2 = json_number_value(second);
}

/* What a tensor is: its name after the layer's, its role, its place in get_weights() and in Keras's shape. */
typedef struct tensor {
    const char *what;
    tau_role role;
    int place;
    bool is_kernel2d;
    const char *regularizer; /* key in the configuration, or NULL */
} tensor;

static tau_status note_tensor(keras_work *work, const tensor *t) {
    tau_keras_model *model = work->model;
    const bool buffer = t->role == TAU_ROLE_BN_MEAN || t->role == TAU_ROLE_BN_VAR;
    TAU_TRY(TAU_GROW(model->weights, model->weight_capacity, model->weight_count + 1));
    model->weights[model->weight_count++] =
        (tau_keras_weight){.layer = work->index,
                           .place = t->place,
                           .fill = t->role == TAU_ROLE_BN_GAMMA ? 1 : 0,
                           .buffer = buffer,
                           .entry = buffer ? work->buffers++ : work->parameters++,
                           .is_kernel2d = t->is_kernel2d};
    if (buffer) return TAU_STATUS_OK;
    const size_t count = (size_t)work->parameters;
    TAU_TRY(TAU_GROW(work->l1, work->l1_capacity, count));
    TAU_TRY(TAU_GROW(work->l2, work->l2_capacity, count));
    if (t->regularizer) read_regularizer(work, t->regularizer, &work->l1[count - 1], &work->l2[count - 1]);
    return TAU_STATUS_OK;
}

static tau_status add_tensor(keras_work *work, int *value, const tensor *t, int rank, const int64_t *dim) {
    char name[KERAS_NAME + 32];
    tau_shape shape;
    snprintf(name, sizeof name, "%s/%s", work->name, t->what);
    TAU_TRY(tau_shape_make(&shape, rank, dim));
    TAU_TRY(tau_builder_parameter(work->builder, value, name, t->role, &shape));
    return note_tensor(work, t);
}

static tau_status add_node(keras_work *work, tau_op op, const char *suffix, const int *inputs, int count,
                           const tau_attributes *attributes, const tau_shape *shape) {
    char name[KERAS_NAME + 32];
    snprintf(name, sizeof name, "%s%s%s", work->name, suffix ? "/" : "", suffix ? suffix : "");
    return tau_builder_node(work->builder, &work->value, op, name, inputs, count, attributes, shape);
}

/* Keras's activation functions with the attributes that give them their meaning. */
static const struct {
    const char *name;
    tau_op op;
    double alpha, beta, gamma;
} functions[] = {
    {"sigmoid", TAU_OP_SIGMOID, 0, 0, 0},
    {"tanh", TAU_OP_TANH, 0, 0, 0},
    {"relu", TAU_OP_RELU, 0, 0, 0},
    {"elu", TAU_OP_ELU, 1, 0, 0},
    {"selu", TAU_OP_SELU, 1.67326324235437728481, 0, 1.05070098735548049342},
    {"softplus", TAU_OP_SOFTPLUS, 0, 0, 0},
    {"softsign", TAU_OP_SOFTSIGN, 0, 0, 0},
    {"hard_sigmoid", TAU_OP_HARD_SIGMOID, 0.2, 0.5, 0},
    {"softmax", TAU_OP_SOFTMAX, 0, 0, 0},
};

/* @param[in] named  whether the node has the function's name behind the layer's */
static tau_status add_function(keras_work *work, bool named) {
    const char *function = get_text(work, "activation", "linear");
    if (!strcmp(function, "linear")) return TAU_STATUS_OK;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(function, functions[i].name) != 0) continue;
        const int rank = tau_builder_shape(work->builder, work->value)->rank;
        const tau_attributes attributes = {.alpha = functions[i].alpha,
                                           .beta = functions[i].beta,
                                           .gamma = functions[i].gamma,
                                           .axis = work->model->channels_last ? 0 : rank - 1};
        return add_node(work, functions[i].op, named ? function : NULL, &work->value, 1, &attributes, NULL);
    }
    char why[200];
    snprintf(why, sizeof why, "its activation function '%.60s' is not known", function);
    return bad_layer(work, TAU_STATUS_UNSUPPORTED, why);
}

/* ---- the layers ---- */

static tau_status add_dense(keras_work *work) {
    const tau_shape *input = tau_builder_shape(work->builder, work->value);
    int64_t units;
    int inputs[3] = {work->value, -1, -1};
    if (input->rank < 1 || (input->rank > 1 && work->model->channels_last))
        return bad_layer(work, TAU_STATUS_UNSUPPORTED, "its input is an image: a Flatten is missing");
    const int64_t in = input->dim[input->rank - 1];
    TAU_TRY(get_size(&units, work, "units"));
    const bool bias = get_flag(work, "use_bias", true);
    TAU_TRY(add_tensor(work, &inputs[1], &(tensor){"kernel", TAU_ROLE_WEIGHT, 0, false, "kernel_regularizer"},
                       2, (int64_t[]){in, units}));
    if (bias)
        TAU_TRY(add_tensor(work, &inputs[2], &(tensor){"bias", TAU_ROLE_BIAS, 1, false, "bias_regularizer"},
                           1, &units));
    TAU_TRY(add_node(work, TAU_OP_LINEAR, NULL, inputs, bias ? 3 : 2, NULL, NULL));
    return add_function(work, true);
}

/* "same" pads so that an axis of n becomes ceil(n / stride), one element more behind than before. */
static tau_status read_window(keras_work *work, tau_window *window) {
    const tau_shape *input = tau_builder_shape(work->builder, work->value);
    const char *padding = get_text(work, "padding", "valid");
    const bool same = !strcmp(padding, "same");
    if (!same && strcmp(padding, "valid") != 0)
        return bad_layer(work, TAU_STATUS_UNSUPPORTED, "its padding is neither 'valid' nor 'same'");
    for (int i = 0; i < 2 && same; i++) {
        const int64_t size = input->dim[1 + i], places = (size + window->stride[i] - 1) / window->stride[i];
        const int64_t extent = (window->kernel[i] - 1) * window->dilation[i] + 1;
        const int64_t total = (places - 1) * window->stride[i] + extent - size;
        window->pad[i] = total > 0 ? total / 2 : 0;
        window->pad[2 + i] = total > 0 ? total - total / 2 : 0;
    }
    return TAU_STATUS_OK;
}

static tau_status add_conv(keras_work *work) {
    static const int64_t ones[2] = {1, 1};
    tau_attributes attributes = {.window = {.groups = 1}};
    tau_window *window = &attributes.window;
    int64_t filters, in;
    int inputs[3] = {work->value, -1, -1};
    TAU_TRY(check_image(work));
    in = tau_builder_shape(work->builder, work->value)->dim[0];
    TAU_TRY(get_size(&filters, work, "filters"));
    TAU_TRY(get_pair(window->kernel, work, "kernel_size", NULL));
    TAU_TRY(get_pair(window->stride, work, "strides", ones));
    TAU_TRY(get_pair(window->dilation, work, "dilation_rate", ones));
    TAU_TRY(read_window(work, window));
    if (get_real(work, "groups", 1) != 1) return bad_layer(work, TAU_STATUS_UNSUPPORTED, "it has groups");
    const bool bias = get_flag(work, "use_bias", true);
    TAU_TRY(add_tensor(work, &inputs[1], &(tensor){"kernel", TAU_ROLE_WEIGHT, 0, true, "kernel_regularizer"},
                       4, (int64_t[]){filters, in, window->kernel[0], window->kernel[1]}));
    if (bias)
        TAU_TRY(add_tensor(work, &inputs[2], &(tensor){"bias", TAU_ROLE_BIAS, 1, false, "bias_regularizer"},
                           1, &filters));
    TAU_TRY(add_node(work, TAU_OP_CONV, NULL, inputs, bias ? 3 : 2, &attributes, NULL));
    return add_function(work, true);
}

static tau_status add_pool(keras_work *work) {
    tau_attributes attributes = {.window = {.dilation = {1, 1}}};
    tau_window *window = &attributes.window;
    const tau_op op = !strcmp(work->kind, "MaxPooling2D") ? TAU_OP_MAX_POOL : TAU_OP_AVERAGE_POOL;
    TAU_TRY(check_image(work));
    TAU_TRY(get_pair(window->kernel, work, "pool_size", (int64_t[]){2, 2}));
    TAU_TRY(get_pair(window->stride, work, "strides", window->kernel));
    TAU_TRY(read_window(work, window));
    return add_node(work, op, NULL, &work->value, 1, &attributes, NULL);
}

/* Keras leaves gamma or beta out where they would be all ones or zeros. */
static tau_status add_batch_norm(keras_work *work) {
    const tau_shape *input = tau_builder_shape(work->builder, work->value);
    if (input->rank != 1 && input->rank != 3)
        return bad_layer(work, TAU_STATUS_UNSUPPORTED, "its input is neither a row of numbers nor an image");
    if (input->rank == 3) TAU_TRY(check_image(work));
    const int64_t channels = tau_builder_shape(work->builder, work->value)->dim[0];
    const bool scale = get_flag(work, "scale", true), centre = get_flag(work, "center", true);
    const tensor tensors[] = {{"gamma", TAU_ROLE_BN_GAMMA, scale ? 0 : -1, false, "gamma_regularizer"},
                              {"beta", TAU_ROLE_BN_BETA, centre ? scale : -1, false, "beta_regularizer"},
                              {"moving_mean", TAU_ROLE_BN_MEAN, scale + centre, false, NULL},
                              {"moving_variance", TAU_ROLE_BN_VAR, scale + centre + 1, false, NULL}};
    const tau_attributes attributes = {.epsilon = get_real(work, "epsilon", 1e-3),
                                       .momentum = get_real(work, "momentum", 0.99)};
    int inputs[5] = {work->value};
    for (int i = 0; i < 4; i++) TAU_TRY(add_tensor(work, &inputs[1 + i], &tensors[i], 1, &channels));
    return add_node(work, TAU_OP_BATCH_NORM, NULL, inputs, 5, &attributes, NULL);
}

/* Keras flattens in the order of its own axes. */
static tau_status add_flatten(keras_work *work) {
    const tau_shape *input = tau_builder_shape(work->builder, work->value);
    const tau_shape flat = {.rank = 1, .dim = {(int64_t)tau_shape_size(input)}};
    if (input->rank == 3 && work->model->channels_last)
        TAU_TRY(add_node(work, TAU_OP_TRANSPOSE, "order", &work->value, 1,
                         &(tau_attributes){.permutation = {1, 2, 0}}, NULL));
    return add_node(work, TAU_OP_RESHAPE, NULL, &work->value, 1, NULL, &flat);
}

static tau_status add_activation(keras_work *work) {
    return add_function(work, false);
}

static tau_status add_dropout(keras_work *work) {
    const tau_attributes attributes = {.alpha = get_real(work, "rate", 0)};
    if (!(attributes.alpha >= 0 && attributes.alpha < 1))
        return bad_layer(work, TAU_STATUS_INPUT, "its 'rate' is not between 0 and 1");
    return add_node(work, TAU_OP_DROPOUT, NULL, &work->value, 1, &attributes, NULL);
}

tau_status tau_keras_add_layer(keras_work *work) {
    static const struct {
        const char *kind;
        tau_status (*add)(keras_work *work);
    } known[] = {
        {"Dense", add_dense},       {"Activation", add_activation}, {"Dropout", add_dropout},
        {"Flatten", add_flatten},   {"Conv2D", add_conv},           {"Convolution2D", add_conv},
        {"MaxPooling2D", add_pool}, {"AveragePooling2D", add_pool}, {"BatchNormalization", add_batch_norm},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(work->kind, known[i].kind)) return known[i].add(work);
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "cannot use the Keras layer '%s' (%.60s)" TAU_WHY
                    "Dense, Activation, Dropout, Flatten, BatchNormalization, Conv2D, MaxPooling2D and "
                    "AveragePooling2D are known" TAU_FIX "export the model as ONNX",
                    work->name, work->kind);
}
