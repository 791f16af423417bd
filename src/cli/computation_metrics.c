/* The metrics that a computation is asked for, and its centre. */
#include <math.h>
#include <string.h>

#include "backend/loss.h"
#include "cli/computation.h"
#include "core/memory.h"

static tau_status unknown_metric(const char *name) {
    static const char *const names[] = {"accuracy",     "precision",         "recall",   "specificity",
                                        "f1",           "balanced-accuracy", "mcc",      "macro-precision",
                                        "macro-recall", "macro-specificity", "macro-f1", "micro-precision",
                                        "micro-recall", "micro-specificity", "micro-f1", NULL};
    const char *near = tau_cli_nearest(name, names);
    return tau_fail(
        TAU_STATUS_USAGE,
        "--metric: there is no metric \"%s\"" TAU_WHY
        "there are accuracy, precision, recall, specificity, f1, balanced-accuracy and mcc" TAU_FIX "%s%s",
        name, near ? "did you mean " : "name some of these, as in f1,macro-recall,mcc", near ? near : "");
}

static tau_status add_metric(tau_computation *c, const char *name) {
    tau_metric_choice asked;
    if (tau_metric_kind_parse(name, &asked.kind, &asked.average) != TAU_STATUS_OK)
        return unknown_metric(name);
    if (asked.kind == TAU_METRIC_KIND_ACCURACY) return TAU_STATUS_OK;
    for (size_t m = 0; m < c->metric_count; m++)
        if (c->metrics[m].kind == asked.kind && c->metrics[m].average == asked.average) return TAU_STATUS_OK;
    c->metrics[c->metric_count++] = asked;
    return TAU_STATUS_OK;
}

tau_status tau_computation_parse_metrics(tau_computation *c) {
    const char *text = tau_cli_get(&c->cli->arguments, "metric");
    for (bool more = text != NULL; more;) {
        char name[64] = "";
        const size_t length = strcspn(text, ",");
        strncat(name, text, length < sizeof name ? length : sizeof name - 1);
        TAU_TRY(add_metric(c, name));
        more = text[length] == ',';
        text += length + 1;
    }
    return TAU_STATUS_OK;
}

tau_status tau_computation_check_metrics(const tau_computation *c) {
    const tau_graph *graph = c->subject.graph;
    const size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    if (c->metric_count == 0 || tau_loss_class_count(c->subject.loss, outputs) > 1) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "--metric %s cannot be computed" TAU_WHY
                    "the loss %s of %zu output%s tells no classes apart" TAU_FIX
                    "leave --metric out, or choose a network that decides between classes",
                    tau_cli_get(&c->cli->arguments, "metric"), tau_loss_name(c->subject.loss), outputs,
                    outputs == 1 ? "" : "s");
}

void tau_computation_name_metric(const tau_computation *c, size_t index, char out[TAU_METRIC_NAME]) {
    tau_metric_choice_name(out, c->metrics[index], tau_evaluator_get_classes(c->evaluator));
}

tau_status tau_computation_measure_centre(tau_computation *c, double *seconds) {
    double alpha = 0, beta = 0;
    if (c->spec.transform == TAU_TRANSFORM_TAU || c->spec.transform == TAU_TRANSFORM_RADIAL) alpha = 1;
    const tau_tile tile = {&alpha, 1, &beta, 1};
    const size_t classes = tau_evaluator_get_classes(c->evaluator);
    uint64_t *confusion = NULL;
    if (c->metric_count > 0) TAU_TRY(TAU_ALLOC(confusion, tau_confusion_size(classes)));
    const double start = tau_progress_now();
    const tau_status status = tau_evaluator_tile(c->evaluator, &tile, &c->centre, confusion, c->cli->cancel);
    *seconds = tau_progress_now() - start;
    for (size_t m = 0; m < c->metric_count && status == TAU_STATUS_OK; m++)
        c->centre_metrics[m] = tau_metric_choice_value(c->metrics[m], confusion, classes);
    tau_mem_free(confusion);
    return status;
}
