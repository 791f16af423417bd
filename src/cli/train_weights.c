#include "cli/train_weights.h"

#include <string.h>

#include "cli/options.h"
#include "core/memory.h"

static tau_status refuse(const char *why, const char *fix) {
    return tau_fail(TAU_STATUS_USAGE, "--class-weights cannot be used here" TAU_WHY "%s" TAU_FIX "%s", why,
                    fix);
}

/* Classes of the samples; of single values 0 and 1 are classes. */
static tau_status read_classes(tau_train_weights *out, const tau_samples *samples) {
    TAU_TRY(TAU_ALLOC(out->classes, samples->count));
    out->count = samples->classes ? samples->class_count : 2;
    if (samples->classes) {
        memcpy(out->classes, samples->classes, samples->count * sizeof *out->classes);
        return TAU_STATUS_OK;
    }
    for (size_t i = 0; i < samples->count; i++) {
        float value = samples->target_size == 1 ? samples->values[i] : -1;
        if (value != 0 && value != 1)
            return refuse("the targets are values, no classes", "leave --class-weights out");
        out->classes[i] = value == 1;
    }
    return TAU_STATUS_OK;
}

static tau_status read_list(tau_train_weights *out, const char *text) {
    int count = 0;
    double sum = 0;
    for (const char *at = text;; at++) {
        char number[32] = "";
        size_t length = strcspn(at, ",");
        double weight;
        strncat(number, at, length < sizeof number ? length : sizeof number - 1);
        TAU_TRY(tau_cli_parse_real(&weight, number, "--class-weights"));
        if (!(weight >= 0 && weight <= 1e6))
            return tau_fail(TAU_STATUS_USAGE,
                            "--class-weights: a class cannot weigh %s" TAU_FIX "write numbers from 0 to 1e6",
                            number);
        if (count < out->count) out->weight[count] = weight, sum += weight;
        count++;
        at += length;
        if (!*at) break;
    }
    if (count != out->count)
        return tau_fail(TAU_STATUS_USAGE,
                        "--class-weights has %d weights" TAU_WHY "the samples have %d classes" TAU_FIX
                        "give one for each class, or write balanced",
                        count, out->count);
    return sum > 0 ? TAU_STATUS_OK : refuse("all weights are 0", "give one class a weight above 0");
}

static tau_status read(tau_train_weights *out, const char *text, const tau_graph *graph,
                       const tau_samples *samples) {
    if (graph->buffer_count > 0)
        return refuse("the network has batch norm, whose statistics would be those of one class",
                      "train without weights, or a network without batch norm");
    TAU_TRY(read_classes(out, samples));
    TAU_TRY(TAU_ALLOC(out->weight, (size_t)out->count));
    if (strcmp(text, "balanced") == 0)
        tau_class_weights_balance(out->weight, out->classes, samples->count, out->count);
    else
        TAU_TRY(read_list(out, text));
    out->use = (tau_class_weights){out->count, out->weight, out->classes, graph->theta_size};
    return TAU_STATUS_OK;
}

tau_status tau_train_weights_read(tau_train_weights *out, const char *text, const tau_graph *graph,
                                  const tau_samples *samples) {
    *out = (tau_train_weights){0};
    if (!text) return TAU_STATUS_OK;
    tau_status status = read(out, text, graph, samples);
    if (status != TAU_STATUS_OK) tau_train_weights_clear(out);
    return status;
}

void tau_train_weights_clear(tau_train_weights *weights) {
    tau_mem_free(weights->weight);
    tau_mem_free(weights->classes);
    *weights = (tau_train_weights){0};
}

json_t *tau_train_weights_describe(const tau_train_weights *weights) {
    json_t *array = json_array();
    for (int c = 0; c < weights->count; c++) json_array_append_new(array, json_real(weights->weight[c]));
    return array;
}
