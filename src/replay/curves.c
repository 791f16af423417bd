/* Loss, penalty and confusion of every state. */
#include "replay/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend/loss.h"
#include "core/memory.h"
#include "replay/expression.h"
#include "replay/replay_internal.h"

struct tau_curves {
    tau_replay *replay;
    tau_curve_table table; /* its pointers are those below */
    size_t moment_capacity, loss_capacity, se_capacity, accuracy_capacity, penalty_capacity,
        confusion_capacity, undecided_capacity;
    tau_moment *moments;
    double *loss, *loss_se, *accuracy;
    tau_penalty *penalties;
    uint64_t *confusion, *undecided;
    double *probability;
    double *losses, *right; /* [N] of the state at hand */
};

static tau_status make_room(tau_curves *view, size_t count) {
    const size_t classes = (size_t)view->replay->class_count;
    TAU_TRY(TAU_GROW(view->moments, view->moment_capacity, count));
    TAU_TRY(TAU_GROW(view->loss, view->loss_capacity, count));
    TAU_TRY(TAU_GROW(view->loss_se, view->se_capacity, count));
    TAU_TRY(TAU_GROW(view->accuracy, view->accuracy_capacity, count));
    TAU_TRY(TAU_GROW(view->penalties, view->penalty_capacity, count));
    if (classes == 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_GROW(view->confusion, view->confusion_capacity, count * classes * classes));
    return TAU_GROW(view->undecided, view->undecided_capacity, count * classes);
}

static void count_decisions(tau_curves *view, size_t state, const float *outputs) {
    const tau_replay *replay = view->replay;
    const size_t classes = (size_t)replay->class_count;
    uint64_t *matrix = view->confusion + state * classes * classes, *lost = view->undecided + state * classes;
    memset(matrix, 0, classes * classes * sizeof *matrix);
    memset(lost, 0, classes * sizeof *lost);
    for (size_t n = 0; n < replay->samples->count; n++) {
        const size_t label = (size_t)replay->labels[n];
        const int32_t decided = tau_replay_decide(replay, outputs + n * replay->outputs, view->probability);
        if (decided < 0)
            lost[label]++;
        else
            matrix[label * classes + (size_t)decided]++;
    }
}

/* One pass of the network serves loss and decisions, and the other pictures of the state. */
static tau_status visit(tau_curves *view, size_t state) {
    tau_replay *replay = view->replay;
    const size_t count = replay->samples->count;
    const float *outputs;
    TAU_TRY(tau_replay_get_outputs(replay, state, &outputs));
    for (size_t n = 0; n < count; n++)
        view->losses[n] =
            tau_replay_sample_loss(replay, replay->loss, outputs + n * replay->outputs, n, &view->right[n]);
    view->moments[state] = replay->moments[state];
    tau_loss_reduce(&view->loss[state], &view->loss_se[state], view->losses, count); /* eq:loss_se */
    view->accuracy[state] = tau_loss_sum(view->right, count) / (double)count;
    TAU_TRY(tau_replay_load(replay, state));
    tau_replay_get_penalty(replay, state, replay->theta, view->loss[state], &view->penalties[state]);
    if (replay->class_count > 0) count_decisions(view, state, outputs);
    return TAU_STATUS_OK;
}

/* The last state seen may have been dropped and trained anew: a shorter recording is read from its start. */
tau_status tau_curves_update(tau_curves *view) {
    const size_t count = view->replay->state_count;
    size_t from = view->table.count;
    if (count < from || (from > 0 && view->moments[from - 1].step != view->replay->moments[from - 1].step))
        from = 0;
    TAU_TRY(make_room(view, count));
    view->table.count = from;
    for (size_t state = from; state < count; state++) {
        TAU_TRY(visit(view, state));
        view->table.count = state + 1;
    }
    view->table.moments = view->moments;
    view->table.loss = view->loss;
    view->table.loss_se = view->loss_se;
    view->table.accuracy = view->accuracy;
    view->table.has_penalty = view->replay->has_penalty;
    view->table.penalties = view->table.has_penalty ? view->penalties : NULL;
    view->table.confusion = view->confusion;
    view->table.undecided = view->undecided;
    return TAU_STATUS_OK;
}

tau_status tau_curves_create(tau_curves **out, tau_replay *replay) {
    tau_curves *view;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(view, 1));
    view->replay = replay;
    view->table.class_count = replay->class_count;
    tau_status status = TAU_ALLOC(view->probability, (size_t)replay->class_count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(view->losses, replay->samples->count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(view->right, replay->samples->count);
    if (status == TAU_STATUS_OK) status = tau_curves_update(view);
    if (status == TAU_STATUS_OK)
        *out = view;
    else
        tau_curves_destroy(view);
    return status;
}

void tau_curves_destroy(tau_curves *view) {
    if (!view) return;
    tau_mem_free(view->moments);
    tau_mem_free(view->loss);
    tau_mem_free(view->loss_se);
    tau_mem_free(view->accuracy);
    tau_mem_free(view->penalties);
    tau_mem_free(view->confusion);
    tau_mem_free(view->undecided);
    tau_mem_free(view->probability);
    tau_mem_free(view->losses);
    tau_mem_free(view->right);
    tau_mem_free(view);
}

const tau_curve_table *tau_curves_get(const tau_curves *view) {
    return &view->table;
}

/* ---- metrics ---- */

enum { TP, TN, FP, FN, LOSS, ACCURACY, PENALTY, COUNT, EPOCH, STEP, VARIABLES };
static const char *const variables[VARIABLES + 1] = {"tp",       "tn",      "fp", "fn",    "loss",
                                                     "accuracy", "penalty", "n",  "epoch", "step"};

static const uint64_t *matrix_of(const tau_curves *view, size_t state) {
    const size_t classes = (size_t)view->table.class_count;
    return view->confusion + state * classes * classes;
}

static const uint64_t *undecided_of(const tau_curves *view, size_t state) {
    return view->undecided + state * (size_t)view->table.class_count;
}

static void fill_variables(double values[VARIABLES], const tau_curves *view, size_t state) {
    const int classes = view->table.class_count;
    tau_confusion counts = {NAN, NAN, NAN, NAN};
    if (classes > 0)
        counts = tau_metric_counts(matrix_of(view, state), undecided_of(view, state), (size_t)classes,
                                   classes == 2 ? 1 : -1);
    values[TP] = counts.tp;
    values[TN] = counts.tn;
    values[FP] = counts.fp;
    values[FN] = counts.fn;
    values[LOSS] = view->loss[state];
    values[ACCURACY] = view->accuracy[state];
    values[PENALTY] = view->penalties[state].total;
    values[COUNT] = (double)view->replay->samples->count;
    values[EPOCH] = view->moments[state].epoch;
    values[STEP] = (double)view->moments[state].step;
}

static tau_status measure_expression(const tau_curves *view, const char *text, double *values,
                                     bool *undefined) {
    tau_expression *expression;
    TAU_TRY(tau_expression_compile(&expression, text, variables));
    for (size_t i = 0; i < view->table.count; i++) {
        double inputs[VARIABLES];
        bool without;
        fill_variables(inputs, view, i);
        values[i] = tau_expression_evaluate(expression, inputs, &without);
        if (undefined) undefined[i] = without;
    }
    tau_expression_destroy(expression);
    return TAU_STATUS_OK;
}

static tau_status measure_kind(const tau_curves *view, const char *name, double *values, bool *undefined) {
    tau_metric_kind kind;
    tau_average average;
    TAU_TRY(tau_metric_kind_parse(name, &kind, &average));
    TAU_TRY(tau_replay_need_classes(view->replay, name));
    for (size_t i = 0; i < view->table.count; i++) {
        const tau_measure one = tau_metric_matrix(matrix_of(view, i), undecided_of(view, i),
                                                  (size_t)view->table.class_count, kind, average);
        values[i] = one.value;
        if (undefined) undefined[i] = one.undefined;
    }
    return TAU_STATUS_OK;
}

static bool is_plain_name(const char *text) {
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) &&
           (!strchr(text, '-') || !strncmp(text, "macro-", 6) || !strncmp(text, "micro-", 6) ||
            !strcmp(text, "balanced-accuracy"));
}

tau_status tau_curves_measure(const tau_curves *view, const char *metric, double *values, bool *undefined) {
    const char *equals = strchr(metric, '=');
    if (equals) return measure_expression(view, equals + 1, values, undefined);
    const bool counted = !strcmp(metric, "accuracy") && view->table.class_count > 0;
    for (int v = 0; v < VARIABLES && !counted; v++)
        if (!strcmp(metric, variables[v])) return measure_expression(view, metric, values, undefined);
    if (is_plain_name(metric)) return measure_kind(view, metric, values, undefined);
    return measure_expression(view, metric, values, undefined);
}

void tau_curves_label(char out[64], const char *metric) {
    const char *equals = strchr(metric, '=');
    int length = equals ? (int)(equals - metric) : (int)strlen(metric);
    while (length > 0 && metric[length - 1] == ' ') length--;
    snprintf(out, 64, "%.*s", length < 63 ? length : 63, metric);
}
