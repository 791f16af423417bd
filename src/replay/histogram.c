/* Histograms of probabilities and of per-sample losses. */
#include "replay/histogram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend/loss.h"
#include "core/memory.h"
#include "replay/replay_internal.h"

enum { BINS_MOST = 100000 };

static tau_status check_bins(size_t bins) {
    if (bins <= BINS_MOST) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE, "cannot make a histogram of %zu bins" TAU_WHY "at most %d are possible",
                    bins, BINS_MOST);
}

/* The bin whose lower edge is the last not above the value; the last bin holds its upper edge. The division
 * finds it but for rounding, which the edges themselves decide. */
static size_t bin_of(const double *edges, size_t bins, double value) {
    const double low = edges[0], width = edges[bins] - low;
    const double place = width > 0 ? (value - low) / width * (double)bins : 0;
    size_t bin = place <= 0 ? 0 : place >= (double)bins ? bins - 1 : (size_t)place;
    while (bin > 0 && value < edges[bin]) bin--;
    while (bin + 1 < bins && value >= edges[bin + 1]) bin++;
    return bin;
}

static void make_edges(double *edges, size_t bins, double low, double high) {
    for (size_t i = 0; i <= bins; i++)
        edges[i] = (low * (double)(bins - i) + high * (double)i) / (double)bins;
}

/* ---- probabilities ---- */

struct tau_probabilities {
    tau_replay *replay;
    size_t bins;
    double *edges;
    tau_probability_case *cases;
    uint64_t *counts; /* [cases][right, wrong][bins], then [bins] of all */
    double *probability;
};

static void name_case(tau_probability_case *made, int classes) {
    static const char *const two[] = {"Negative Cases", "Positive Cases"};
    if (classes == 2)
        snprintf(made->name, sizeof made->name, "%s", two[made->class_index]);
    else
        snprintf(made->name, sizeof made->name, "Class %d", made->class_index);
}

static tau_status prepare(tau_probabilities *view) {
    const size_t classes = (size_t)view->replay->class_count, bins = view->bins;
    TAU_TRY(TAU_ALLOC(view->edges, bins + 1));
    TAU_TRY(TAU_ALLOC(view->cases, classes));
    TAU_TRY(TAU_ALLOC(view->counts, (2 * classes + 1) * bins));
    TAU_TRY(TAU_ALLOC(view->probability, classes));
    make_edges(view->edges, bins, 0, 1);
    for (size_t c = 0; c < classes; c++) {
        view->cases[c].class_index = (int)c;
        view->cases[c].right = view->counts + 2 * c * bins;
        view->cases[c].wrong = view->counts + (2 * c + 1) * bins;
        name_case(&view->cases[c], (int)classes);
    }
    for (size_t n = 0; n < view->replay->samples->count; n++) view->cases[view->replay->labels[n]].total++;
    return TAU_STATUS_OK;
}

tau_status tau_probabilities_create(tau_probabilities **out, tau_replay *replay, size_t bins) {
    tau_probabilities *view;
    *out = NULL;
    TAU_TRY(check_bins(bins));
    TAU_TRY(tau_replay_need_classes(replay, "probabilities"));
    TAU_TRY(TAU_ALLOC(view, 1));
    view->replay = replay;
    view->bins = bins > 0 ? bins : 10;
    tau_status status = prepare(view);
    if (status == TAU_STATUS_OK)
        *out = view;
    else
        tau_probabilities_destroy(view);
    return status;
}

void tau_probabilities_destroy(tau_probabilities *view) {
    if (!view) return;
    tau_mem_free(view->edges);
    tau_mem_free(view->cases);
    tau_mem_free(view->counts);
    tau_mem_free(view->probability);
    tau_mem_free(view);
}

static void count_sample(tau_probabilities *view, size_t n, const float *output, size_t *not_finite) {
    const tau_replay *replay = view->replay;
    const size_t classes = (size_t)replay->class_count, bins = view->bins;
    const int32_t label = replay->labels[n], decided = tau_replay_decide(replay, output, view->probability);
    const bool binary = classes == 2;
    const double shown = view->probability[binary ? 1 : label];
    tau_probability_case *one = &view->cases[label];
    if (decided < 0 || !isfinite(shown)) {
        one->not_finite++;
        (*not_finite)++;
        return;
    }
    const bool right = decided == label;
    one->right_total += right;
    view->counts[(2 * (size_t)label + !right) * bins + bin_of(view->edges, bins, shown)]++;
    view->counts[2 * classes * bins + bin_of(view->edges, bins, view->probability[binary ? 1 : decided])]++;
}

tau_status tau_probabilities_compute(tau_probabilities *view, size_t state, tau_probability_frame *out) {
    tau_replay *replay = view->replay;
    const size_t classes = (size_t)replay->class_count;
    const float *outputs;
    TAU_TRY(tau_replay_get_outputs(replay, state, &outputs));
    memset(view->counts, 0, (2 * classes + 1) * view->bins * sizeof *view->counts);
    for (size_t c = 0; c < classes; c++) view->cases[c].not_finite = view->cases[c].right_total = 0;
    *out = (tau_probability_frame){.moment = replay->moments[state],
                                   .binary = classes == 2,
                                   .bins = view->bins,
                                   .edges = view->edges,
                                   .case_count = classes,
                                   .cases = view->cases,
                                   .all = view->counts + 2 * classes * view->bins};
    for (size_t n = 0; n < replay->samples->count; n++)
        count_sample(view, n, outputs + n * replay->outputs, &out->not_finite);
    return TAU_STATUS_OK;
}

/* ---- losses ---- */

struct tau_loss_histogram {
    tau_replay *replay;
    tau_loss loss;
    size_t bins;
    double *edges;
    uint64_t *counts;
    double *losses; /* [N] of the state at hand */
    size_t seen;    /* states that the range covers */
    int64_t last_step;
    double low, high; /* of all finite losses; low > high: none */
    uint64_t highest;
};

/* The outputs are what the training's loss takes: then it is both losses of classes. */
static tau_status fit(tau_loss *loss, const tau_replay *replay) {
    if (!tau_loss_takes_classes(*loss)) return tau_loss_check_graph(*loss, replay->graph);
    *loss = replay->loss;
    return TAU_STATUS_OK;
}

static tau_status choose_loss(tau_loss *out, const tau_replay *replay, const char *name) {
    *out = replay->loss;
    if (!name) return TAU_STATUS_OK;
    TAU_TRY(tau_loss_parse(out, name));
    if (tau_loss_takes_classes(*out) == (replay->samples->classes != NULL)) return fit(out, replay);
    return tau_fail(TAU_STATUS_USAGE,
                    "the loss %s does not fit '%s'" TAU_WHY "its targets are %s" TAU_FIX "choose %s", name,
                    replay->group, replay->samples->classes ? "classes" : "values",
                    replay->samples->classes ? "nll or cross-entropy" : "mse, mae, huber, bce or bce-logits");
}

static tau_status compute_losses(tau_loss_histogram *view, size_t state) {
    tau_replay *replay = view->replay;
    const float *outputs;
    TAU_TRY(tau_replay_get_outputs(replay, state, &outputs));
    for (size_t n = 0; n < replay->samples->count; n++)
        view->losses[n] = tau_replay_sample_loss(replay, view->loss, outputs + n * replay->outputs, n, NULL);
    return TAU_STATUS_OK;
}

static uint64_t count_losses(tau_loss_histogram *view, size_t *not_finite) {
    uint64_t highest = 0;
    *not_finite = 0;
    memset(view->counts, 0, view->bins * sizeof *view->counts);
    for (size_t n = 0; n < view->replay->samples->count; n++) {
        if (!isfinite(view->losses[n])) {
            (*not_finite)++;
            continue;
        }
        const uint64_t now = ++view->counts[bin_of(view->edges, view->bins, view->losses[n])];
        if (now > highest) highest = now;
    }
    return highest;
}

/* @param[in] from  the first state that the range does not cover yet */
static tau_status widen(tau_loss_histogram *view, size_t from) {
    for (size_t state = from; state < view->replay->state_count; state++) {
        TAU_TRY(compute_losses(view, state));
        for (size_t n = 0; n < view->replay->samples->count; n++) {
            if (!isfinite(view->losses[n])) continue;
            if (view->losses[n] < view->low) view->low = view->losses[n];
            if (view->losses[n] > view->high) view->high = view->losses[n];
        }
    }
    return TAU_STATUS_OK;
}

/* Equal losses have bins of a width of their own around them. */
static void place_edges(tau_loss_histogram *view) {
    double low = view->low, high = view->high;
    if (low > high) low = 0, high = 1;
    if (low == high) {
        const double around = fabs(low) > 0 ? 0.5 * fabs(low) : 0.5;
        low -= around;
        high += around;
    }
    make_edges(view->edges, view->bins, low, high);
}

tau_status tau_loss_histogram_update(tau_loss_histogram *view) {
    const tau_replay *replay = view->replay;
    const size_t count = replay->state_count;
    size_t missing;
    const bool anew =
        view->seen > count || view->seen == 0 || replay->moments[view->seen - 1].step != view->last_step;
    if (!anew && view->seen == count) return TAU_STATUS_OK;
    if (anew) {
        view->low = INFINITY;
        view->high = -INFINITY;
    }
    TAU_TRY(widen(view, anew ? 0 : view->seen));
    place_edges(view);
    view->highest = 0;
    for (size_t state = 0; state < count; state++) {
        TAU_TRY(compute_losses(view, state));
        const uint64_t highest = count_losses(view, &missing);
        if (highest > view->highest) view->highest = highest;
    }
    view->seen = count;
    view->last_step = count > 0 ? replay->moments[count - 1].step : 0;
    return TAU_STATUS_OK;
}

tau_status tau_loss_histogram_create(tau_loss_histogram **out, tau_replay *replay, const char *loss,
                                     size_t bins) {
    tau_loss_histogram *view;
    tau_loss chosen;
    *out = NULL;
    TAU_TRY(check_bins(bins));
    TAU_TRY(choose_loss(&chosen, replay, loss));
    TAU_TRY(TAU_ALLOC(view, 1));
    view->replay = replay;
    view->loss = chosen;
    view->bins = bins > 0 ? bins : 30;
    tau_status status = TAU_ALLOC(view->edges, view->bins + 1);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(view->counts, view->bins);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(view->losses, replay->samples->count);
    if (status == TAU_STATUS_OK) status = tau_loss_histogram_update(view);
    if (status == TAU_STATUS_OK)
        *out = view;
    else
        tau_loss_histogram_destroy(view);
    return status;
}

void tau_loss_histogram_destroy(tau_loss_histogram *view) {
    if (!view) return;
    tau_mem_free(view->edges);
    tau_mem_free(view->counts);
    tau_mem_free(view->losses);
    tau_mem_free(view);
}

tau_status tau_loss_histogram_compute(tau_loss_histogram *view, size_t state, tau_loss_frame *out) {
    tau_replay *replay = view->replay;
    TAU_TRY(compute_losses(view, state));
    *out = (tau_loss_frame){.moment = replay->moments[state],
                            .loss = view->loss,
                            .bins = view->bins,
                            .edges = view->edges,
                            .counts = view->counts,
                            .highest = view->highest,
                            .losses = view->losses};
    count_losses(view, &out->not_finite);
    tau_loss_reduce(&out->mean, &out->se, view->losses, replay->samples->count); /* eq:loss_se */
    return TAU_STATUS_OK;
}
