/* Which of the values of a landscape is drawn or written. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend/metrics.h"
#include "cli/export.h"
#include "cli/figure_spec.h"

bool tau_export_is_figure(const char *text, const char *name) {
    const size_t length = strlen(name);
    return text && strncmp(text, name, length) == 0 && (text[length] == '\0' || text[length] == ':');
}

/* What the command line calls it: of= of the figure, or --metric; else it is the loss. */
static tau_status get_name(char out[64], bool *named, const tau_cli *cli) {
    static const char *const keys[] = {"of", NULL};
    const char *figure = tau_cli_get_nth(&cli->arguments, "figure", 0),
               *metric = tau_cli_get(&cli->arguments, "metric");
    tau_figure_spec spec;
    snprintf(out, 64, "%s", metric ? metric : "loss");
    *named = metric != NULL;
    if (!figure) return TAU_STATUS_OK;
    TAU_TRY(tau_figure_spec_parse(&spec, figure));
    tau_status status = tau_figure_spec_check(&spec, keys);
    const char *of = tau_figure_spec_get(&spec, "of");
    if (status == TAU_STATUS_OK && of && metric && strcmp(of, metric) != 0)
        status = tau_fail(TAU_STATUS_USAGE,
                          "--figure and --metric contradict each other" TAU_WHY
                          "one says %.40s, the other %.40s" TAU_FIX "leave --metric out",
                          of, metric);
    if (of) snprintf(out, 64, "%s", of), *named = true;
    tau_figure_spec_clear(&spec);
    return status;
}

static tau_status unknown_quantity(const char *name, const tau_landscape *l, const char *path) {
    const char *names[5 + TAU_LANDSCAPE_METRICS_MAX] = {"loss", "loss_se", "accuracy", "regularisation"};
    char list[1024] = "loss, loss_se, accuracy, regularisation";
    for (int m = 0; m < l->metric_count; m++) {
        names[4 + m] = l->metrics[m].name;
        snprintf(list + strlen(list), sizeof list - strlen(list), ", %s", names[4 + m]);
    }
    const char *near = tau_cli_nearest(name, names);
    tau_metric_kind kind;
    tau_average average;
    if (!near && tau_metric_kind_parse(name, &kind, &average) == TAU_STATUS_OK)
        return tau_fail(TAU_STATUS_USAGE,
                        "there is no %s in %s" TAU_WHY "it has %s" TAU_FIX
                        "compute the landscape with --metric %s",
                        name, path, list, name);
    return tau_fail(TAU_STATUS_USAGE, "there is no \"%s\" in %s" TAU_WHY "it has %s" TAU_FIX "%s%s", name,
                    path, list, near ? "did you mean " : "choose one of these", near ? near : "");
}

/* Landscapes without points are drawn as such. */
static bool is_recorded(const tau_export_quantity *quantity, const tau_landscape *l) {
    bool any_point = false;
    for (size_t i = 0; i < l->columns * l->rows; i++) {
        if (l->done[i] == TAU_DONE_NOT) continue;
        any_point = true;
        if (!isnan(quantity->values[i])) return true;
    }
    return !any_point;
}

static tau_status not_recorded(const char *name, const char *path) {
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no %s in %s" TAU_WHY "none of its points has a value of it" TAU_FIX "%s", name,
                    path,
                    strcmp(name, "regularisation") == 0
                        ? "compute a landscape of a training with weight decay, or choose another quantity"
                        : "choose another quantity");
}

int tau_export_get_only_axis(const tau_landscape *landscape) {
    if (landscape->line || landscape->rows == 1) return 0;
    return landscape->columns == 1 ? 1 : -1;
}

tau_status tau_export_choose_quantity(tau_export_quantity *out, const tau_cli *cli,
                                      const tau_landscape *landscape, const char *path) {
    const tau_export_quantity fixed[] = {{"loss", landscape->loss, true, false, true},
                                         {"loss_se", landscape->loss_se, false, false, true},
                                         {"accuracy", landscape->accuracy, false, true, true},
                                         {"regularisation", landscape->regularisation, false, false, true}};
    char name[64];
    bool named;
    TAU_TRY(get_name(name, &named, cli));
    *out = fixed[0];
    out->named = named;
    if (!named) return TAU_STATUS_OK;
    const tau_landscape_metric *metric = tau_landscape_find_metric(landscape, name);
    bool found = metric != NULL;
    if (metric) *out = (tau_export_quantity){metric->name, metric->values, false, true, true};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && !found; i++)
        if (strcmp(fixed[i].name, name) == 0) *out = fixed[i], found = true;
    if (!found) return unknown_quantity(name, landscape, path);
    if (!out->is_loss && !is_recorded(out, landscape)) return not_recorded(out->name, path);
    if (!out->share || tau_export_get_only_axis(landscape) >= 0 || !tau_cli_has(&cli->arguments, "log"))
        return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "--log does not go with %s" TAU_WHY "it is no loss: it ends at 1, and may be 0" TAU_FIX
                    "leave --log out",
                    out->name);
}

tau_field tau_export_make_field(const tau_export_quantity *quantity, const tau_landscape *landscape) {
    return (tau_field){.nx = landscape->columns,
                       .ny = landscape->rows,
                       .alpha = landscape->alpha,
                       .beta = landscape->beta,
                       .value = quantity->values,
                       .done = landscape->done,
                       .name = quantity->name,
                       .share = quantity->share};
}
