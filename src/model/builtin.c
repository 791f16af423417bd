#include "model/builtin.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "model/model.h"

typedef struct family {
    const char *name;
    tau_status (*build)(tau_graph **out, const char *spec);
} family;

static const family families[] = {
    {"mnist-cnn", tau_builtin_mnist_cnn}, {"mlp", tau_builtin_mlp},
    {"lenet5", tau_builtin_lenet5},       {"resnet20", tau_builtin_resnet20},
    {"encoder2", tau_builtin_encoder2},   {"resnet20-noshort", tau_builtin_resnet20_noshort},
    {"resnet56", tau_builtin_resnet56},
};

/* Inputs that feed one unit of the layer: of its weights, whose first axis counts units. */
static double fan_in(const tau_graph *graph, const char *layer) {
    for (int i = 0; i < graph->parameter_count; i++) {
        const tau_parameter *weight = &graph->parameters[i];
        if (weight->role == TAU_ROLE_WEIGHT && strcmp(weight->layer, layer) == 0)
            return (double)(tau_shape_size(&weight->shape) / (size_t)weight->shape.dim[0]);
    }
    return 1;
}

static void initialize(const tau_model *model, uint64_t seed) {
    const tau_graph *graph = model->graph;
    for (int i = 0; i < graph->parameter_count; i++) {
        const tau_parameter *parameter = &graph->parameters[i];
        const tau_rng_key key = {seed, tau_rng_stream(parameter->name)};
        const double bound = 1 / sqrt(fan_in(graph, parameter->layer));
        float *out = model->theta + parameter->offset;
        for (size_t k = 0; k < tau_shape_size(&parameter->shape); k++) {
            switch (parameter->role) {
            case TAU_ROLE_BN_GAMMA:
                out[k] = 1;
                break;
            case TAU_ROLE_BN_BETA:
                out[k] = 0;
                break;
            default:
                out[k] = (float)((2 * tau_rng_uniform(key, k) - 1) * bound);
            }
        }
    }
    for (int i = 0; i < graph->buffer_count; i++) {
        const tau_parameter *buffer = &graph->buffers[i];
        for (size_t k = 0; k < tau_shape_size(&buffer->shape); k++)
            model->buffers[buffer->offset + k] = buffer->role == TAU_ROLE_BN_VAR ? 1 : 0;
    }
}

static tau_status build_graph(tau_graph **out, const char *name) {
    const char *colon = strchr(name, ':');
    const size_t length = colon ? (size_t)(colon - name) : strlen(name);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strlen(families[i].name) == length && strncmp(families[i].name, name, length) == 0)
            return families[i].build(out, colon ? colon + 1 : NULL);
    return tau_fail(TAU_STATUS_MISSING,
                    "there is no built-in model '%.64s'" TAU_WHY
                    "there are mnist-cnn, mlp:IN-H-…-OUT:ACT, lenet5, resnet20, resnet20-noshort, resnet56 "
                    "and encoder2:IN-H-…-2-1:ACT" TAU_FIX
                    "choose one of these, or give the path of an ONNX file",
                    name);
}

tau_status tau_model_builtin(tau_model **out, const char *name, uint64_t seed) {
    tau_graph *graph;
    *out = NULL;
    TAU_TRY(build_graph(&graph, name));
    TAU_TRY(tau_model_create(out, graph));
    initialize(*out, seed);
    return TAU_STATUS_OK;
}
