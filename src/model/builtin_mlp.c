#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "model/builtin.h"
#include "model/layers.h"

#define MAX_SIZES 64

static const int64_t size_limit = 1000000;

typedef struct activation {
    const char *name;
    tau_op op;
    double alpha;
} activation;

static const activation activations[] = {
    {"relu", TAU_OP_RELU, 0},         {"tanh", TAU_OP_TANH, 0},
    {"sigmoid", TAU_OP_SIGMOID, 0},   {"elu", TAU_OP_ELU, 1},
    {"gelu", TAU_OP_GELU, 0},         {"leaky-relu", TAU_OP_LEAKY_RELU, 0.01},
    {"softplus", TAU_OP_SOFTPLUS, 0}, {"softsign", TAU_OP_SOFTSIGN, 0},
};

typedef struct mlp_spec {
    int64_t sizes[MAX_SIZES];
    int count;
    activation activation;
    double dropout; /* share of each hidden layer's units that a training step leaves out; 0 = none */
} mlp_spec;

static tau_status malformed(const char *family, const char *spec, const char *why) {
    return tau_fail(TAU_STATUS_USAGE,
                    "'%s:%.64s' is not a model" TAU_WHY "%s" TAU_FIX
                    "write the sizes of the layers and an activation, such as %s",
                    family, spec, why,
                    strcmp(family, "mlp") == 0 ? "mlp:2-16-16-1:tanh" : "encoder2:9-5-2-1:tanh");
}

static tau_status parse_dropout(double *out, const char *family, const char *spec, const char *text) {
    static const char key[] = "dropout=";
    bool good = strncmp(text, key, sizeof key - 1) == 0 && tau_text_parse_real(out, text + sizeof key - 1);
    if (good && *out >= 0 && *out < 1) return TAU_STATUS_OK;
    return malformed(family, spec, "after the activation there can be dropout=P, with P from 0 to below 1");
}

/* ACTIVATION[:dropout=P] */
static tau_status parse_activation(mlp_spec *out, const char *family, const char *spec, const char *name) {
    size_t length = strcspn(name, ":");
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strlen(activations[i].name) != length || memcmp(activations[i].name, name, length) != 0) continue;
        out->activation = activations[i];
        return name[length] ? parse_dropout(&out->dropout, family, spec, name + length + 1) : TAU_STATUS_OK;
    }
    return malformed(family, spec,
                     "the activations are relu, tanh, sigmoid, elu, gelu, leaky-relu, softplus and softsign");
}

/* SIZE-SIZE-…[:ACTIVATION[:dropout=P]]; without an activation it is relu. */
static tau_status parse_spec(mlp_spec *out, const char *family, const char *spec) {
    *out = (mlp_spec){.activation = activations[0]};
    if (!spec) return malformed(family, "", "the sizes of its layers are missing");
    const char *at = spec;
    for (;;) {
        int64_t size = 0;
        if (*at < '1' || *at > '9') return malformed(family, spec, "a size is a number from 1 to 1000000");
        for (; *at >= '0' && *at <= '9'; at++) {
            size = 10 * size + (*at - '0');
            if (size > size_limit) return malformed(family, spec, "a size is a number from 1 to 1000000");
        }
        if (out->count == MAX_SIZES) return malformed(family, spec, "it has more than 63 layers");
        out->sizes[out->count++] = size;
        if (*at != '-') break;
        at++;
    }
    if (*at == ':') return parse_activation(out, family, spec, at + 1);
    return *at ? malformed(family, spec, "sizes are separated by '-'") : TAU_STATUS_OK;
}

/* Linear layers fc1, fc2, … with an activation after each but the last `bare` ones. */
static void add_body(tau_layers *layers, const mlp_spec *spec, int bare) {
    for (int i = 1; i < spec->count; i++) {
        char name[32];
        snprintf(name, sizeof name, "fc%d", i);
        tau_layers_linear(layers, name, spec->sizes[i - 1], spec->sizes[i]);
        if (i >= spec->count - bare) continue;
        snprintf(name, sizeof name, "%s%d", spec->activation.name, i);
        tau_layers_apply(layers, spec->activation.op, name, spec->activation.alpha);
        if (spec->dropout == 0) continue;
        snprintf(name, sizeof name, "dropout%d", i);
        tau_layers_apply(layers, TAU_OP_DROPOUT, name, spec->dropout);
    }
}

/* The network is called as it was asked for. */
static void begin(tau_layers *layers, const char *family, const char *spec, const mlp_spec *parsed) {
    char name[256];
    snprintf(name, sizeof name, "%s:%s", family, spec);
    tau_layers_begin(layers, name, 1, parsed->sizes);
}

tau_status tau_builtin_mlp(tau_graph **out, const char *spec) {
    mlp_spec parsed;
    tau_layers layers;
    *out = NULL;
    TAU_TRY(parse_spec(&parsed, "mlp", spec));
    if (parsed.count < 2) return malformed("mlp", spec, "it needs at least an input and an output size");
    begin(&layers, "mlp", spec, &parsed);
    add_body(&layers, &parsed, 1);
    return tau_layers_finish(&layers, out);
}

/* Any body, then a linear layer of two units whose plane can be looked at, then a logistic unit. */
tau_status tau_builtin_encoder2(tau_graph **out, const char *spec) {
    mlp_spec parsed;
    tau_layers layers;
    *out = NULL;
    TAU_TRY(parse_spec(&parsed, "encoder2", spec));
    if (parsed.count < 3 || parsed.sizes[parsed.count - 2] != 2 || parsed.sizes[parsed.count - 1] != 1)
        return malformed("encoder2", spec, "its last two layers have 2 units and 1 unit");
    begin(&layers, "encoder2", spec, &parsed);
    add_body(&layers, &parsed, 2);
    tau_layers_apply(&layers, TAU_OP_SIGMOID, "probability", 0);
    return tau_layers_finish(&layers, out);
}
