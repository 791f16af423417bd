/* Documents of run files: the metrics of all trainings as curves over the steps. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "viewer/document_content.h"

/* Where a step lies among the steps of the recorded states; before the first it is 0. */
static double find_place(const int64_t *steps, size_t count, int64_t step) {
    if (count == 0 || step <= steps[0]) return 0;
    size_t lo = 0, hi = count - 1;
    if (step >= steps[hi]) return (double)hi;
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        if (steps[middle] <= step)
            lo = middle;
        else
            hi = middle;
    }
    return (double)lo + (double)(step - steps[lo]) / (double)(steps[hi] - steps[lo]);
}

static tau_status add_metric_name(tau_document_content *content, const char *name) {
    for (size_t i = 0; i < content->metric_name_count; i++)
        if (strcmp(content->metric_names[i], name) == 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_GROW(content->metric_names, content->metric_name_capacity, content->metric_name_count + 1));
    TAU_TRY(tau_string_copy(&content->metric_names[content->metric_name_count], name));
    content->metric_name_count++;
    return TAU_STATUS_OK;
}

static tau_status read_metrics(tau_document_content *content, tau_run *run) {
    for (const char *const *name = tau_run_get_metric_names(run); name && *name; name++) {
        TAU_TRY(TAU_GROW(content->metrics, content->metric_capacity, content->metric_count + 1));
        tau_document_metric *metric = &content->metrics[content->metric_count++];
        TAU_TRY(tau_string_copy(&metric->group, tau_run_get_group(run)));
        TAU_TRY(tau_string_copy(&metric->name, *name));
        TAU_TRY(tau_run_read_metric(run, *name, &metric->records, &metric->count));
        TAU_TRY(add_metric_name(content, *name));
    }
    return TAU_STATUS_OK;
}

/* Of several unfinished trainings only one can be written: that of the newest sign of life. */
static void feel(tau_document *document, const tau_run *run) {
    tau_run_pulse pulse = {0}, *newest = &document->content->pulse;
    if (tau_run_get_status(run) != TAU_RUN_STATUS_RUNNING) return;
    tau_run_feel(&pulse, run);
    if (!document->growing || pulse.heartbeat > newest->heartbeat) *newest = pulse;
    document->growing = true;
}

/* The timeline counts the states of the longest training. */
static tau_status take_states(tau_document *document, const tau_run *run) {
    size_t count = tau_run_get_state_count(run);
    feel(document, run);
    if (count <= document->states) return TAU_STATUS_OK;
    tau_mem_free(document->content->steps);
    TAU_TRY(TAU_ALLOC(document->content->steps, count));
    for (size_t t = 0; t < count; t++) document->content->steps[t] = tau_run_get_step(run, t);
    document->steps = document->content->steps;
    document->states = count;
    return TAU_STATUS_OK;
}

static tau_status read_group(tau_document *document, const char *group) {
    tau_run *run;
    TAU_TRY(tau_run_open(&run, document->path, group));
    tau_status status = take_states(document, run);
    if (status == TAU_STATUS_OK) status = read_metrics(document->content, run);
    tau_run_close(run);
    return status;
}

static tau_status take_series(tau_document *document, const tau_document_metric *metric) {
    tau_series *series;
    TAU_TRY(tau_document_add_series(document, &series, metric->count, metric->group, metric->name));
    for (size_t i = 0; i < metric->count; i++) {
        series->place[i] = find_place(document->steps, document->states, metric->records[i].step);
        series->value[i] = metric->records[i].value;
    }
    return TAU_STATUS_OK;
}

static void summarise(tau_document *document) {
    const int count = document->content->trainings;
    document->stopped =
        document->growing && tau_run_has_stopped(&document->content->pulse, TAU_RUN_STALE_SECONDS);
    snprintf(document->summary, sizeof document->summary, "%d training%s, %zu states%s", count,
             count == 1 ? "" : "s", document->states,
             document->stopped   ? ", the writer stopped"
             : document->growing ? ", going on"
                                 : "");
}

void tau_document_follow_writer(tau_document *document, const tau_document *before) {
    tau_run_pulse *now = &document->content->pulse;
    const tau_run_pulse *then = &before->content->pulse;
    if (then->since > 0 && then->heartbeat == now->heartbeat) now->since = then->since;
    summarise(document);
}

tau_status tau_document_read_run(tau_document *document) {
    char **groups;
    int count = 0;
    document->content->looked = tau_progress_now();
    TAU_TRY(tau_run_list_groups(&groups, document->path));
    tau_status status = TAU_STATUS_OK;
    for (char **group = groups; *group && status == TAU_STATUS_OK; group++) {
        if (document->group && strcmp(document->group, *group) != 0) continue;
        status = read_group(document, *group);
        count++;
    }
    tau_run_free_names(groups);
    TAU_TRY(status);
    if (count == 0 && document->group)
        return tau_fail(TAU_STATUS_MISSING, "%s has no group \"%s\"" TAU_FIX "leave #%s out", document->path,
                        document->group, document->group);
    if (count == 0)
        return tau_fail(TAU_STATUS_MISSING,
                        "%s shows nothing" TAU_WHY "it holds no training and no landscape" TAU_FIX
                        "make or copy it again, if it should hold one",
                        document->path);
    for (size_t i = 0; i < document->content->metric_count; i++)
        TAU_TRY(take_series(document, &document->content->metrics[i]));
    document->line = true;
    document->scene.title = document->title;
    document->scene.xlabel = "step";
    document->content->trainings = count;
    summarise(document);
    snprintf(document->honesty, sizeof document->honesty,
             "no landscape yet: tauscape compute makes one, tauscape view -x auto explores");
    return tau_document_take_metrics(document);
}

/* ---- curves ---- */

static bool is_loss(const char *name) {
    size_t length = strlen(name);
    return length >= 4 && strcmp(name + length - 4, "loss") == 0;
}

/* One point a step: of several with one step the last counts, and steps that go back are left out. */
static tau_status take_curve(tau_document_content *content, tau_curve *curve,
                             const tau_document_metric *metric) {
    double *step, *value;
    size_t count = 0;
    TAU_TRY(tau_document_add_array(content, &step, metric->count));
    TAU_TRY(tau_document_add_array(content, &value, metric->count));
    for (size_t i = 0; i < metric->count; i++) {
        double at = (double)metric->records[i].step;
        if (count && at < step[count - 1]) continue;
        if (count && at == step[count - 1]) count--;
        step[count] = at;
        value[count++] = metric->records[i].value;
    }
    char *label;
    TAU_TRY(tau_document_add_label(content, &label, metric->group, metric->name));
    *curve = (tau_curve){.count = count, .alpha = step, .loss = value, .label = label};
    return TAU_STATUS_OK;
}

static void drop_curves(tau_document *document) {
    tau_document_content *content = document->content;
    for (size_t i = 0; i < content->array_count; i++) tau_mem_free(content->arrays[i]);
    for (size_t i = 0; i < content->label_count; i++) tau_mem_free(content->labels[i]);
    tau_mem_free(content->curves);
    content->curves = NULL;
    content->array_count = content->label_count = content->curve_count = 0;
    document->scene.curves = NULL;
    document->scene.curve_count = 0;
}

tau_status tau_document_take_metrics(tau_document *document) {
    tau_document_content *content = document->content;
    const char *wanted = document->quantity > 0 ? content->metric_names[document->quantity - 1] : NULL;
    drop_curves(document);
    TAU_TRY(TAU_ALLOC(content->curves, content->metric_count));
    for (size_t i = 0; i < content->metric_count; i++) {
        const tau_document_metric *metric = &content->metrics[i];
        bool taken = wanted ? strcmp(metric->name, wanted) == 0 : is_loss(metric->name);
        if (!taken || metric->count == 0) continue;
        TAU_TRY(take_curve(content, &content->curves[content->curve_count], metric));
        content->curve_count++;
    }
    document->scene.curves = content->curves;
    document->scene.curve_count = content->curve_count;
    document->scene.zlabel = wanted ? wanted : "loss";
    document->scene.version++;
    return TAU_STATUS_OK;
}
