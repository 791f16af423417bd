/* Figures of loss and metrics over all states. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "cli/replay_views_internal.h"
#include "core/log.h"
#include "core/memory.h"

/* A metric that --define names becomes its definition. */
static const char *find_definition(const tau_replay_views *views, const char *name) {
    const char *const *definitions = views->options->definitions;
    for (; definitions && *definitions; definitions++) {
        size_t length = strcspn(*definitions, "=");
        if (strlen(name) == length && strncmp(*definitions, name, length) == 0) return *definitions;
    }
    return NULL;
}

static void name_metric(char label[64], const char *metric) {
    tau_curves_label(label, metric);
    if (strchr(metric, '=')) return;
    if (strcmp(label, "mcc") == 0)
        strcpy(label, "MCC");
    else
        label[0] = (char)toupper((unsigned char)label[0]);
    char *f1 = strstr(label, "-f1");
    if (f1) f1[1] = 'F';
}

static tau_status set_metrics(tau_replay_views *views, view *v, const char *list) {
    TAU_TRY(tau_string_copy(&v->list, list));
    TAU_TRY(tau_figure_spec_split(v->list, v->metrics, TAU_PICTURE_METRICS_MAX));
    for (; v->metrics[v->metric_count]; v->metric_count++) {
        size_t i = v->metric_count;
        const char *definition = find_definition(views, v->metrics[i]);
        if (definition) {
            TAU_TRY(tau_string_copy(&v->expanded[i], definition));
            v->metrics[i] = v->expanded[i];
        }
        name_metric(v->labels[i], v->metrics[i]);
    }
    return TAU_STATUS_OK;
}

tau_status tau_view_create_metrics(tau_replay_views *views, view *v) {
    const char *metric = tau_figure_spec_get(&v->spec, "metric"), *of = tau_figure_spec_get(&v->spec, "of");
    bool classes = tau_replay_get_class_count(views->replay) > 0;
    v->with_loss = strcmp(v->spec.name, "metrics") != 0;
    if (strcmp(v->spec.name, "metrics") == 0)
        TAU_TRY(set_metrics(views, v, of ? of : "precision+recall+f1"));
    else if (strcmp(v->spec.name, "loss-metric") == 0 && (metric || classes))
        TAU_TRY(set_metrics(views, v, metric ? metric : "accuracy"));
    return tau_view_measure(views, v);
}

static tau_status measure_one(tau_replay_views *views, view *v, size_t m, size_t count) {
    bool *undefined;
    size_t missing = 0;
    bool partial = false; /* an average is drawn in which some class counts as 0 */
    tau_mem_free(v->values[m]);
    v->values[m] = NULL;
    TAU_TRY(TAU_ALLOC(v->values[m], count));
    TAU_TRY(TAU_ALLOC(undefined, count));
    tau_status status = tau_curves_measure(views->curves, v->metrics[m], v->values[m], undefined);
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        missing += undefined[i];
        partial |= undefined[i] && v->values[m][i] != 0;
    }
    tau_mem_free(undefined);
    if (missing)
        tau_log(TAU_LOG_LEVEL_NOTE,
                partial ? "%s is not defined for every class in %zu of %zu states (a denominator is zero): "
                          "there the class counts as 0 in the average that is drawn"
                        : "%s is not defined in %zu of %zu states (a denominator is zero) and drawn as 0",
                v->labels[m], missing, count);
    return status;
}

/* Epochs, unless the recording knows none. */
static tau_status set_x(view *v, const tau_curve_table *table) {
    tau_mem_free(v->x);
    tau_mem_free(v->penalty);
    tau_mem_free(v->significant);
    v->x = v->penalty = NULL;
    v->significant = NULL;
    TAU_TRY(TAU_ALLOC(v->x, table->count));
    for (size_t i = 0; i < table->count; i++)
        v->x[i] = isfinite(table->moments[i].epoch) ? table->moments[i].epoch : (double)i;
    if (!table->has_penalty) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(v->penalty, table->count));
    TAU_TRY(TAU_ALLOC(v->significant, table->count));
    for (size_t i = 0; i < table->count; i++) {
        v->penalty[i] = table->penalties[i].total;
        v->significant[i] = table->penalties[i].significant;
    }
    return TAU_STATUS_OK;
}

tau_status tau_view_measure(tau_replay_views *views, view *v) {
    const tau_curve_table *table;
    TAU_TRY(tau_views_get_curves(views, &table));
    TAU_TRY(set_x(v, table));
    for (size_t m = 0; m < v->metric_count; m++) TAU_TRY(measure_one(views, v, m, table->count));
    return TAU_STATUS_OK;
}

static bool is_share(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (values[i] < 0 || values[i] > 1) return false;
    return true;
}

tau_status tau_view_compute_metrics(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    const tau_curve_table *table;
    TAU_TRY(tau_views_get_curves(views, &table));
    out->kind = TAU_PICTURE_KIND_CURVES;
    tau_curves_picture *p = &out->curves;
    *p = (tau_curves_picture){.count = table->count,
                              .x = v->x,
                              .x_name = table->count && isfinite(table->moments[0].epoch) ? "Epoch" : "State",
                              .current = state,
                              .loss = v->with_loss ? table->loss : NULL,
                              .loss_name = "Loss",
                              .penalty = v->with_loss ? v->penalty : NULL,
                              .significant = v->significant,
                              .metric_count = v->metric_count,
                              .unit_range = v->metric_count > 1,
                              .log_loss = v->log};
    for (size_t m = 0; m < v->metric_count; m++) {
        p->metrics[m] = v->values[m];
        p->metric_names[m] = v->labels[m];
        p->unit_range = p->unit_range && is_share(v->values[m], table->count);
    }
    return TAU_STATUS_OK;
}

/* ---- confusion ---- */

tau_status tau_view_create_confusion(tau_replay_views *views, view *v) {
    (void)v;
    const tau_curve_table *table;
    TAU_TRY(tau_views_get_curves(views, &table));
    if (table->class_count > 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "there is no confusion matrix" TAU_WHY "the targets are values, no classes" TAU_FIX
                    "choose another figure: loss, loss-histogram, violins");
}

tau_status tau_view_compute_confusion(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    (void)v;
    const tau_curve_table *table;
    TAU_TRY(tau_views_get_curves(views, &table));
    size_t classes = (size_t)table->class_count;
    out->kind = TAU_PICTURE_KIND_CONFUSION;
    out->confusion =
        (tau_confusion_picture){.class_count = table->class_count,
                                .matrix = table->confusion + state * classes * classes,
                                .undecided = table->undecided ? table->undecided + state * classes : NULL,
                                .moment = table->moments[state]};
    return TAU_STATUS_OK;
}
