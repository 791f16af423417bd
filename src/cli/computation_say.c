#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/computation.h"
#include "cli/tracing.h"

static void say_smaller(const tau_computation *c, double seconds) {
    size_t samples = c->subject.samples->count;
    size_t fewer = (size_t)((double)samples * 300 / seconds);
    if (fewer >= 100)
        tau_cli_say(c->cli, "  for about 5 minutes: the same command with --samples %zu", fewer / 100 * 100);
    else
        tau_cli_say(c->cli, "  for a first look: the same command with --grid %zux%zu --samples %zu",
                    c->grid->columns < 15 ? c->grid->columns : 15, c->grid->rows < 15 ? c->grid->rows : 15,
                    samples < 200 ? samples : 200);
}

/* "mcc 0.978, macro-f1 0.981" */
static void say_metrics(const tau_computation *c) {
    char text[TAU_METRIC_CHOICES_MAX * 64] = "";
    for (size_t m = 0; m < c->metric_count; m++) {
        char name[TAU_METRIC_NAME];
        const size_t used = strlen(text);
        tau_computation_name_metric(c, m, name);
        if (isnan(c->centre_metrics[m]))
            snprintf(text + used, sizeof text - used, "%s%s not defined", m ? ", " : "", name);
        else
            snprintf(text + used, sizeof text - used, "%s%s %.4g", m ? ", " : "", name, c->centre_metrics[m]);
    }
    if (c->metric_count > 0) tau_cli_say(c->cli, "           %s", text);
}

static json_t *pack_metrics(const tau_computation *c) {
    json_t *object = json_object();
    for (size_t m = 0; m < c->metric_count; m++) {
        char name[TAU_METRIC_NAME];
        tau_computation_name_metric(c, m, name);
        json_object_set_new(object, name, tau_cli_json_real(c->centre_metrics[m]));
    }
    return object;
}

void tau_computation_say_centre(const tau_computation *c, double seconds, size_t points) {
    char duration[32];
    const tau_point *p = &c->centre;
    tau_evaluator_identity evaluator = tau_evaluator_get_identity(c->evaluator);
    char accuracy[64] = "";
    if (!isnan(p->accuracy)) snprintf(accuracy, sizeof accuracy, ", accuracy %.2f %%", 100 * p->accuracy);
    tau_cli_say(c->cli, "centre     loss %.6g ± %.2g%s (%zu samples, %s %s, %s)", p->loss, p->loss_se,
                accuracy, c->subject.samples->count, evaluator.backend, evaluator.instruction_set,
                tau_precision_name(evaluator.precision));
    say_metrics(c);
    double total = seconds * (double)points;
    /* Neighbours share work and threads, the one point that was measured had neither. */
    tau_cli_say(c->cli, "to compute %zu of %zu points, at most about %s", points,
                c->grid->columns * c->grid->rows, tau_cli_format_duration(duration, total));
    if (total > 600) say_smaller(c, total);
}

void tau_computation_say_result(const tau_computation *c, size_t computed) {
    tau_landscape_summary s = tau_landscape_summarize(c->landscape);
    char duration[32];
    tau_cli_say(c->cli, "computed   %zu points in %s", computed,
                tau_cli_format_duration(duration, c->seconds));
    char place[64] = "";
    if (!c->landscape->line) snprintf(place, sizeof place, ", beta %.4g", c->landscape->beta[s.lowest_row]);
    if (s.done > s.infinite + s.nan)
        tau_cli_say(c->cli, "loss       %.6g to %.6g; lowest at alpha %.4g%s", s.lowest, s.highest,
                    c->landscape->alpha[s.lowest_column], place);
    if (s.infinite + s.nan)
        tau_cli_say(c->cli, "not finite %zu points: %zu infinite, %zu not a number", s.infinite + s.nan,
                    s.infinite, s.nan);
    const double *explained = c->landscape->explained;
    if (!isnan(explained[0]) && isnan(explained[1]))
        tau_cli_say(c->cli, "explained  %.1f %% by alpha", 100 * explained[0]);
    else if (!isnan(explained[0]))
        tau_cli_say(c->cli, "explained  %.1f %% by alpha, %.1f %% by beta", 100 * explained[0],
                    100 * explained[1]);
    for (int p = 0; p < c->landscape->projection_count; p++)
        tau_trace_say(c->cli, &c->landscape->projections[p], c->landscape->line);
    tau_cli_print_json(c->cli,
                       json_pack("{so sI sI sI sf so so so so sI sI so so}", "landscape",
                                 tau_cli_json_text(c->path), "points", (json_int_t)s.points, "done",
                                 (json_int_t)s.done, "computed", (json_int_t)computed, "seconds", c->seconds,
                                 "centre_loss", tau_cli_json_real(c->centre.loss), "centre_loss_se",
                                 tau_cli_json_real(c->centre.loss_se), "centre_accuracy",
                                 tau_cli_json_real(c->centre.accuracy), "centre_metrics", pack_metrics(c),
                                 "samples", (json_int_t)c->subject.samples->count, "not_finite",
                                 (json_int_t)(s.infinite + s.nan), "lowest", tau_cli_json_real(s.lowest),
                                 "highest", tau_cli_json_real(s.highest)));
}
