/* From the nodes of a graph to the layers of a Sequential model. */
#include "store/keras_write.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

typedef struct work {
    tau_keras_chain *out;
    const tau_graph *graph;
    const tau_node *node, *end; /* the one at hand; the one whose values are put out, in other axes perhaps */
    double decay;
    int value; /* that the layers so far make */
} work;

static tau_status refuse(const work *w, const char *why) {
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "cannot write '%s' (%s) for Keras" TAU_WHY "%s" TAU_FIX
                    "only chains of dense layers, their functions, dropout and batch norm can be written",
                    w->node->name, tau_op_name(w->node->op), why);
}

/* ---- layers ---- */

static bool is_taken(const tau_keras_chain *chain, const char *name) {
    for (size_t i = 0; i + 1 < chain->count; i++)
        if (!strcmp(chain->layers[i].name, name)) return true;
    return false;
}

/* Keras's names begin with a letter or digit; nodes may be called "/0/Gemm". */
static void choose_name(const tau_keras_chain *chain, char out[TAU_KERAS_NAME], const char *from) {
    char base[TAU_KERAS_NAME - 16];
    size_t length = 0;
    while (*from && !isalnum((unsigned char)*from)) from++;
    for (; *from && length + 1 < sizeof base; from++)
        base[length++] = isalnum((unsigned char)*from) || *from == '-' || *from == '.' ? *from : '_';
    base[length] = '\0';
    snprintf(out, TAU_KERAS_NAME, "%s", length ? base : "layer");
    for (size_t n = 2; is_taken(chain, out); n++)
        snprintf(out, TAU_KERAS_NAME, "%s_%zu", length ? base : "layer", n);
}

static tau_status add_layer(work *w, const char *name, const char *kind, json_t *config,
                            tau_keras_layer **out) {
    tau_keras_chain *chain = w->out;
    tau_status status = TAU_GROW(chain->layers, chain->capacity, chain->count + 1);
    if (status == TAU_STATUS_OK && !config)
        status = tau_fail(TAU_STATUS_MEMORY, "cannot describe the layer '%s'", name);
    if (status != TAU_STATUS_OK) {
        json_decref(config);
        return status;
    }
    tau_keras_layer *layer = &chain->layers[chain->count++];
    *layer = (tau_keras_layer){.kind = kind, .function = "", .config = config};
    choose_name(chain, layer->name, name);
    json_object_set_new(config, "name", json_string(layer->name));
    json_object_set_new(config, "trainable", json_true());
    if (out) *out = layer;
    return TAU_STATUS_OK;
}

static tau_status add_tensor(const work *w, tau_keras_layer *layer, int place, const char *what) {
    const tau_graph *graph = w->graph;
    for (int i = 0; i < graph->parameter_count + graph->buffer_count; i++) {
        const bool buffer = i >= graph->parameter_count;
        const tau_parameter *parameter =
            buffer ? &graph->buffers[i - graph->parameter_count] : &graph->parameters[i];
        if (parameter->value != w->node->inputs[place]) continue;
        layer->tensors[layer->tensor_count++] =
            (tau_keras_tensor){parameter, what, buffer, place == 1 && w->node->attributes.transposed};
        return TAU_STATUS_OK;
    }
    return refuse(w, "one of its operands is not trained");
}

/* ---- functions ---- */

static const struct {
    tau_op op;
    const char *name;
    double alpha, beta, gamma;
} functions[] = {
    {TAU_OP_SIGMOID, "sigmoid", 0, 0, 0},
    {TAU_OP_TANH, "tanh", 0, 0, 0},
    {TAU_OP_RELU, "relu", 0, 0, 0},
    {TAU_OP_ELU, "elu", 1, 0, 0},
    {TAU_OP_SELU, "selu", 1.67326324235437728481, 0, 1.05070098735548049342},
    {TAU_OP_SOFTPLUS, "softplus", 0, 0, 0},
    {TAU_OP_SOFTSIGN, "softsign", 0, 0, 0},
    {TAU_OP_HARD_SIGMOID, "hard_sigmoid", 0.2, 0.5, 0},
    {TAU_OP_SOFTMAX, "softmax", 0, 0, 0},
};

static bool is_near(double a, double b) {
    return a - b < 1e-6 && b - a < 1e-6;
}

static const char *find_function(const tau_node *node) {
    const tau_attributes *a = &node->attributes;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].op != node->op) continue;
        const bool same = is_near(a->alpha, functions[i].alpha) && is_near(a->beta, functions[i].beta) &&
                          is_near(a->gamma, functions[i].gamma);
        return same ? functions[i].name : NULL;
    }
    return NULL;
}

/* A dense layer has its function within. */
static tau_status add_function(work *w, const char *function) {
    tau_keras_chain *chain = w->out;
    tau_keras_layer *layer = chain->count ? &chain->layers[chain->count - 1] : NULL;
    if (!layer || strcmp(layer->function, "linear") != 0)
        TAU_TRY(add_layer(w, w->node->name, "Activation", json_object(), &layer));
    layer->function = function;
    json_object_set_new(layer->config, "activation", json_string(function));
    return TAU_STATUS_OK;
}

/* ---- nodes ---- */

static json_t *make_regularizer(double decay) {
    if (!(decay > 0)) return json_null();
    return json_pack("{s s s {s f s f}}", "class_name", "L1L2", "config", "l1", 0.0, "l2", decay);
}

static tau_status add_dense(work *w) {
    tau_keras_layer *layer;
    const tau_graph *graph = w->graph;
    const bool bias = w->node->input_count > 2 && w->node->inputs[2] >= 0;
    const json_int_t units = (json_int_t)graph->values[w->node->output].shape.dim[0];
    if (graph->values[w->value].shape.rank != 1) return refuse(w, "its input is no row of numbers");
    json_t *config = json_pack("{sI ss sb so so}", "units", units, "activation", "linear", "use_bias", bias,
                               "kernel_regularizer", make_regularizer(w->decay), "bias_regularizer",
                               make_regularizer(w->decay));
    TAU_TRY(add_layer(w, w->node->name, "Dense", config, &layer));
    layer->function = "linear";
    TAU_TRY(add_tensor(w, layer, 1, "kernel"));
    return bias ? add_tensor(w, layer, 2, "bias") : TAU_STATUS_OK;
}

static tau_status add_batch_norm(work *w) {
    static const char *const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    const tau_attributes *a = &w->node->attributes;
    tau_keras_layer *layer;
    if (w->graph->values[w->value].shape.rank != 1) return refuse(w, "its input is no row of numbers");
    json_t *config = json_pack("{si sf sf sb sb so so}", "axis", -1, "momentum", a->momentum, "epsilon",
                               a->epsilon, "center", 1, "scale", 1, "gamma_regularizer",
                               make_regularizer(w->decay), "beta_regularizer", make_regularizer(w->decay));
    TAU_TRY(add_layer(w, w->node->name, "BatchNormalization", config, &layer));
    for (int i = 0; i < TAU_KERAS_WEIGHTS; i++) TAU_TRY(add_tensor(w, layer, 1 + i, names[i]));
    return TAU_STATUS_OK;
}

static tau_status add_node(work *w) {
    const tau_node *node = w->node;
    switch (node->op) {
    case TAU_OP_LINEAR:
        return add_dense(w);
    case TAU_OP_BATCH_NORM:
        return add_batch_norm(w);
    case TAU_OP_DROPOUT:
        return add_layer(w, node->name, "Dropout", json_pack("{sf}", "rate", node->attributes.alpha), NULL);
    case TAU_OP_RESHAPE:
        if (w->graph->values[node->output].shape.rank != 1) return refuse(w, "it does not flatten");
        return add_layer(w, node->name, "Flatten", json_object(), NULL);
    default:
        break;
    }
    const char *function = find_function(node);
    return function ? add_function(w, function)
                    : refuse(w, "Keras has no such layer, as far as is known here");
}

/* Keras's losses of classes and of two cases take probabilities. */
static tau_status add_end(work *w, tau_loss loss) {
    static const char *const losses[TAU_LOSS_COUNT] = {
        [TAU_LOSS_NLL] = "sparse_categorical_crossentropy",
        [TAU_LOSS_CROSS_ENTROPY] = "sparse_categorical_crossentropy",
        [TAU_LOSS_MSE] = "mean_squared_error",
        [TAU_LOSS_MAE] = "mean_absolute_error",
        [TAU_LOSS_HUBER] = "huber_loss",
        [TAU_LOSS_BCE] = "binary_crossentropy",
        [TAU_LOSS_BCE_LOGITS] = "binary_crossentropy",
    };
    w->out->loss = losses[loss];
    if (loss == TAU_LOSS_BCE_LOGITS) return add_function(w, "sigmoid");
    const bool ended = w->end && (w->end->op == TAU_OP_SOFTMAX || w->end->op == TAU_OP_LOG_SOFTMAX);
    if (!tau_loss_takes_classes(loss) || ended) return TAU_STATUS_OK;
    return loss == TAU_LOSS_NLL ? refuse(w, "the loss nll takes log-probabilities")
                                : add_function(w, "softmax");
}

static tau_status create(work *w, tau_loss loss) {
    const tau_graph *graph = w->graph;
    if (graph->node_count == 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED, "cannot write %s for Keras" TAU_WHY "it has no layers",
                        graph->name);
    TAU_TRY(tau_loss_check_graph(loss, graph));
    for (int n = 0; n < graph->node_count; n++) {
        w->node = &graph->nodes[n];
        if (w->node->inputs[0] != w->value) return refuse(w, "the network is no chain of layers");
        if (w->node == w->end && w->node->op == TAU_OP_LOG_SOFTMAX && tau_loss_takes_classes(loss))
            TAU_TRY(add_function(w, "softmax")); /* whose logarithm is the loss's own */
        else
            TAU_TRY(add_node(w));
        w->value = w->node->output;
    }
    return add_end(w, loss);
}

static void set_input(const tau_keras_chain *chain, const tau_shape *shape) {
    json_t *batch = json_pack("[n]");
    for (int i = 0; i < shape->rank; i++) json_array_append_new(batch, json_integer(shape->dim[i]));
    json_object_set_new(chain->layers[0].config, "batch_input_shape", batch);
}

tau_status tau_keras_chain_create(tau_keras_chain *out, const tau_graph *graph, tau_loss loss, double decay) {
    *out = (tau_keras_chain){0};
    work w = {
        .out = out, .graph = graph, .end = tau_graph_find_end(graph), .decay = decay, .value = graph->input};
    tau_status status = create(&w, loss);
    if (status == TAU_STATUS_OK)
        set_input(out, &graph->values[graph->input].shape);
    else
        tau_keras_chain_clear(out);
    return status;
}

void tau_keras_chain_clear(tau_keras_chain *chain) {
    for (size_t i = 0; i < chain->count; i++) json_decref(chain->layers[i].config);
    tau_mem_free(chain->layers);
    *chain = (tau_keras_chain){0};
}

json_t *tau_keras_chain_describe(const tau_keras_chain *chain) {
    json_t *layers = json_array();
    for (size_t i = 0; i < chain->count; i++)
        json_array_append_new(layers, json_pack("{ss sO}", "class_name", chain->layers[i].kind, "config",
                                                chain->layers[i].config));
    return json_pack("{ss so}", "class_name", "Sequential", "config", layers);
}
