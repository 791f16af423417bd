#include <stdio.h>

#include "model/builtin.h"
#include "model/layers.h"

static tau_status refuse_spec(const char *name, const char *spec) {
    if (!spec) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "'%s:%.64s' is not a model" TAU_WHY "%s has no options" TAU_FIX "write %s", name, spec,
                    name, name);
}

tau_status tau_builtin_mnist_cnn(tau_graph **out, const char *spec) {
    tau_layers net;
    *out = NULL;
    TAU_TRY(refuse_spec("mnist-cnn", spec));
    tau_layers_begin(&net, "mnist-cnn", 3, (int64_t[]){1, 28, 28});
    tau_layers_conv(&net, "conv1", &(tau_conv_size){.in = 1, .out = 32, .kernel = 3, .stride = 1}, true);
    tau_layers_apply(&net, TAU_OP_RELU, "relu1", 0);
    tau_layers_conv(&net, "conv2", &(tau_conv_size){.in = 32, .out = 64, .kernel = 3, .stride = 1}, true);
    tau_layers_apply(&net, TAU_OP_RELU, "relu2", 0);
    tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool", 2);
    tau_layers_apply(&net, TAU_OP_DROPOUT, "dropout1", 0.25);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "fc1", 9216, 128);
    tau_layers_apply(&net, TAU_OP_RELU, "relu3", 0);
    tau_layers_apply(&net, TAU_OP_DROPOUT, "dropout2", 0.5);
    tau_layers_linear(&net, "fc2", 128, 10);
    tau_layers_apply(&net, TAU_OP_LOG_SOFTMAX, "log_softmax", 0);
    return tau_layers_finish(&net, out);
}

/* LeCun et al. 1998, with the rectifiers and max pools that it is trained with today; ends in logits. */
tau_status tau_builtin_lenet5(tau_graph **out, const char *spec) {
    tau_layers net;
    *out = NULL;
    TAU_TRY(refuse_spec("lenet5", spec));
    tau_layers_begin(&net, "lenet5", 3, (int64_t[]){1, 28, 28});
    tau_layers_conv(&net, "conv1", &(tau_conv_size){.in = 1, .out = 6, .kernel = 5, .stride = 1, .pad = 2},
                    true);
    tau_layers_apply(&net, TAU_OP_RELU, "relu1", 0);
    tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool1", 2);
    tau_layers_conv(&net, "conv2", &(tau_conv_size){.in = 6, .out = 16, .kernel = 5, .stride = 1}, true);
    tau_layers_apply(&net, TAU_OP_RELU, "relu2", 0);
    tau_layers_pool(&net, TAU_OP_MAX_POOL, "pool2", 2);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "fc1", 400, 120);
    tau_layers_apply(&net, TAU_OP_RELU, "relu3", 0);
    tau_layers_linear(&net, "fc2", 120, 84);
    tau_layers_apply(&net, TAU_OP_RELU, "relu4", 0);
    tau_layers_linear(&net, "fc3", 84, 10);
    return tau_layers_finish(&net, out);
}

/* One name of a residual block: "layer2.0" + ".conv1". */
typedef char block_name[48];

static const char *part(block_name out, const char *block, const char *name) {
    snprintf(out, sizeof(block_name), "%s.%s", block, name);
    return out;
}

static void add_block(tau_layers *net, const char *block, int64_t in, int64_t out, int64_t stride,
                      bool shortcut) {
    const int entry = net->value;
    block_name name;
    const tau_conv_size first = {.in = in, .out = out, .kernel = 3, .stride = stride, .pad = 1};
    const tau_conv_size second = {.in = out, .out = out, .kernel = 3, .stride = 1, .pad = 1};
    const tau_conv_size across = {.in = in, .out = out, .kernel = 1, .stride = stride};
    tau_layers_conv(net, part(name, block, "conv1"), &first, false);
    tau_layers_batch_norm(net, part(name, block, "bn1"), out);
    tau_layers_apply(net, TAU_OP_RELU, part(name, block, "relu1"), 0);
    tau_layers_conv(net, part(name, block, "conv2"), &second, false);
    tau_layers_batch_norm(net, part(name, block, "bn2"), out);
    if (shortcut) {
        const int body = net->value;
        net->value = entry;
        if (stride != 1 || in != out) {
            tau_layers_conv(net, part(name, block, "shortcut.0"), &across, false);
            tau_layers_batch_norm(net, part(name, block, "shortcut.1"), out);
        }
        const int carried = net->value;
        net->value = body;
        tau_layers_add(net, part(name, block, "add"), carried);
    }
    tau_layers_apply(net, TAU_OP_RELU, part(name, block, "relu2"), 0);
}

/* The CIFAR network of He et al. 2016 with 16, 32 and 64 channels in three stages of `blocks` blocks and
 * convolutions as shortcuts, named as in tomgoldstein/loss-landscape; ends in logits. */
static tau_status build_resnet(tau_graph **out, const char *name, const char *spec, int blocks,
                               bool shortcut) {
    tau_layers net;
    *out = NULL;
    TAU_TRY(refuse_spec(name, spec));
    tau_layers_begin(&net, name, 3, (int64_t[]){3, 32, 32});
    tau_layers_conv(&net, "conv1", &(tau_conv_size){.in = 3, .out = 16, .kernel = 3, .stride = 1, .pad = 1},
                    false);
    tau_layers_batch_norm(&net, "bn1", 16);
    tau_layers_apply(&net, TAU_OP_RELU, "relu", 0);
    int64_t channels = 16;
    for (int stage = 1; stage <= 3; stage++) {
        const int64_t wanted = INT64_C(8) << stage;
        for (int i = 0; i < blocks; i++) {
            char block[24];
            snprintf(block, sizeof block, "layer%d.%d", stage, i);
            add_block(&net, block, channels, wanted, stage > 1 && i == 0 ? 2 : 1, shortcut);
            channels = wanted;
        }
    }
    tau_layers_pool(&net, TAU_OP_AVERAGE_POOL, "pool", 8);
    tau_layers_flatten(&net, "flatten");
    tau_layers_linear(&net, "linear", 64, 10);
    return tau_layers_finish(&net, out);
}

tau_status tau_builtin_resnet20(tau_graph **out, const char *spec) {
    return build_resnet(out, "resnet20", spec, 3, true);
}

tau_status tau_builtin_resnet20_noshort(tau_graph **out, const char *spec) {
    return build_resnet(out, "resnet20-noshort", spec, 3, false);
}

tau_status tau_builtin_resnet56(tau_graph **out, const char *spec) {
    return build_resnet(out, "resnet56", spec, 9, true);
}
