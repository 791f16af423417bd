#include "cli/remarks.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/tracing.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"
#include "store/run.h"

/* What the remarks look at. */
typedef struct view {
    const tau_landscape *landscape;
    tau_landscape_summary summary;
    size_t centre; /* index of the point that is theta* itself, where there is one */
    const json_t *identity, *provenance;
    json_t *remarks;
} view;

static void remark(const view *v, const char *format, ...) TAU_PRINTF(2, 3);
static void remark(const view *v, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(v->remarks, tau_cli_json_text(text));
}

static const char *text_of(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

/* @return the point of an axis that is `wanted` but for rounding, or `count` */
static size_t find_point(const double *values, size_t count, double wanted) {
    const double rounding = 1e-12 * (1 + fabs(values[0]) + fabs(values[count - 1]));
    size_t i = 0;
    while (i < count && !(fabs(values[i] - wanted) <= rounding)) i++;
    return i;
}

/* Lines and multiples of theta* have theta* at alpha = 1. */
bool tau_remarks_find_centre(size_t *out, const tau_landscape *l) {
    bool at_one = strcmp(l->transform, "tau") == 0 || strcmp(l->transform, "radial") == 0;
    size_t row = find_point(l->beta, l->rows, 0), column = find_point(l->alpha, l->columns, at_one);
    bool found = row < l->rows && column < l->columns;
    *out = found ? row * l->columns + column : 0;
    return found;
}

/* The state at the centre in the words of the recipe, or NULL. */
static const char *name_of_centre(const view *v) {
    const json_t *slice = json_object_get(v->identity, "slice");
    const char *to = text_of(slice, "to");
    return to ? to : text_of(slice, "center");
}

static bool is_before_training(const char *state) {
    return state && (strcmp(state, "first") == 0 || strcmp(state, "0") == 0);
}

static void remark_on_minimum(const view *v) {
    const tau_landscape *l = v->landscape;
    const tau_landscape_summary *s = &v->summary;
    if (!(l->loss[v->centre] > s->lowest + 2 * l->loss_se[v->centre])) return;
    remark(v,
           "the centre (loss %.4g) is not the lowest point (%.4g at %.3g, %.3g): the state is no minimum of "
           "this slice",
           l->loss[v->centre], s->lowest, l->alpha[s->lowest_column], l->beta[s->lowest_row]);
}

static void remark_on_infinite(const view *v) {
    size_t count = v->summary.infinite + v->summary.nan;
    if (count == 0) return;
    remark(v, "%.1f %% of the points are not finite: the network overflows there; a smaller range shows more",
           100 * (double)count / (double)v->summary.done);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median standard error of the finite points, NaN if there is none. */
static double typical_error(const tau_landscape *l) {
    double *errors, median = NAN;
    size_t count = 0, points = l->columns * l->rows;
    if (TAU_ALLOC(errors, points) != TAU_STATUS_OK) return NAN;
    for (size_t i = 0; i < points; i++)
        if (l->done[i] == TAU_DONE_FINITE && isfinite(l->loss_se[i])) errors[count++] = l->loss_se[i];
    qsort(errors, count, sizeof *errors, by_size);
    if (count) median = errors[count / 2];
    tau_mem_free(errors);
    return median;
}

static void remark_on_levels(const view *v) {
    enum { LEVELS = 10 };
    double spacing = (v->summary.highest - v->summary.lowest) / LEVELS, error = typical_error(v->landscape);
    if (!(spacing > 0 && spacing < error)) return;
    remark(
        v,
        "%d contour lines would lie %.2g apart, closer than the standard error of the loss (%.2g): use more "
        "samples or a wider range",
        LEVELS, spacing, error);
}

/* Chance is one in the number of classes; two standard errors of that are still chance. */
static void remark_on_accuracy(const view *v) {
    json_int_t classes = json_integer_value(json_object_get(v->provenance, "classes"));
    json_int_t samples = json_integer_value(json_object_get(v->identity, "samples"));
    double accuracy = v->landscape->accuracy[v->centre];
    double chance = 1.0 / (double)(classes > 1 ? classes : 2);
    double margin = samples > 0 ? 2 * sqrt(chance * (1 - chance) / (double)samples) : 0;
    if (isnan(accuracy) || accuracy > chance + margin || is_before_training(name_of_centre(v))) return;
    remark(v,
           "the accuracy at the centre is %.1f %%, no better than chance: do labels and normalisation belong "
           "to these weights?",
           100 * accuracy);
}

static void remark_on_paths(const view *v) {
    for (int p = 0; p < v->landscape->projection_count; p++) {
        const tau_landscape_projection *path = &v->landscape->projections[p];
        double share = tau_trace_find_residual(path);
        if (!(share >= 0.5)) continue;
        remark(v,
               "the path of %.60s leaves this slice by up to %.0f %% of its extent: heights under it are not "
               "its "
               "losses",
               path->group, 100 * share);
    }
}

/* ---- the loss that the run recorded ---- */

/* The mean of a series over its last `window` values up to a step. */
static bool read_recent(tau_run *run, const char *series, size_t window, int64_t step, double *out) {
    tau_metric *records = NULL;
    size_t count = 0, taken = 0;
    double sum = 0;
    if (tau_run_read_metric(run, series, &records, &count) != TAU_STATUS_OK) return false;
    while (count > 0 && records[count - 1].step > step) count--;
    for (; taken < window && taken < count; taken++) sum += records[count - 1 - taken].value;
    tau_mem_free(records);
    *out = sum / (double)taken;
    return taken > 0 && isfinite(*out);
}

/* The loss that training saw around a state: the mean over its epoch, or over its last batches. */
static bool find_recorded_loss(const view *v, const char *path, const char *state, double *out) {
    enum { BATCHES = 50 };
    tau_run *run;
    size_t index;
    if (tau_run_open(&run, path, text_of(v->provenance, "group")) != TAU_STATUS_OK) return false;
    const char *loss = text_of(v->identity, "loss");
    bool found = loss && strcmp(tau_run_get_header(run)->loss, loss) == 0 &&
                 tau_run_find_state(run, state, &index) == TAU_STATUS_OK;
    if (found) {
        int64_t step = tau_run_get_step(run, index);
        found = read_recent(run, "epoch_loss", 1, step, out) || read_recent(run, "loss", BATCHES, step, out);
    }
    tau_run_close(run);
    return found;
}

/* Training sees dropout, and weights from before the end of the epoch: only a loss far above what it recorded
 * speaks of other data or another normalisation. */
static void remark_on_recorded_loss(const view *v) {
    const char *source = text_of(v->provenance, "source"), *state = name_of_centre(v);
    double recorded, loss = v->landscape->loss[v->centre];
    if (!source || !state || strchr(state, '@') || is_before_training(state) || !tau_file_exists(source) ||
        !find_recorded_loss(v, source, state, &recorded))
        return;
    if (!(loss > 2 * recorded + 5 * v->landscape->loss_se[v->centre])) return;
    remark(v,
           "the loss at the centre (%.4g) is far above the one that its training recorded there (%.4g): are "
           "data and normalisation the same?",
           loss, recorded);
}

json_t *tau_remarks_find(const tau_landscape *landscape, const json_t *recipe) {
    view v = {.landscape = landscape,
              .summary = tau_landscape_summarize(landscape),
              .identity = json_object_get(recipe, "identity"),
              .provenance = json_object_get(recipe, "provenance"),
              .remarks = json_array()};
    const bool on_grid = tau_remarks_find_centre(&v.centre, landscape);
    const bool centre_is_known = on_grid && landscape->done[v.centre] == TAU_DONE_FINITE;
    if (!on_grid)
        remark(&v, "no grid point lies on the centre: its loss and accuracy are not among these values");
    if (v.summary.done > 0) remark_on_infinite(&v);
    if (centre_is_known) {
        remark_on_minimum(&v);
        remark_on_recorded_loss(&v);
        remark_on_accuracy(&v);
    }
    if (v.summary.done == v.summary.points) remark_on_levels(&v);
    remark_on_paths(&v);
    return v.remarks;
}
