/* Histograms of probabilities and of losses. */
#include <math.h>

#include "figure/picture_internal.h"

static tau_status add_bars(tau_chart *chart, const tau_look *look, const double *edges,
                           const uint64_t *counts, size_t bins) {
    for (size_t i = 0; i < bins; i++)
        if (counts[i] > 0)
            TAU_TRY(tau_chart_add_bar(chart, look, edges[i], edges[i + 1], 0, (double)counts[i]));
    return TAU_STATUS_OK;
}

static uint64_t find_highest(const uint64_t *counts, size_t bins) {
    uint64_t highest = 0;
    for (size_t i = 0; i < bins; i++) highest = counts[i] > highest ? counts[i] : highest;
    return highest;
}

static tau_status set_axes(tau_chart *chart, const double *edges, size_t bins, double highest,
                           const char *x_name) {
    tau_chart_set_range(&chart->x, edges[0], edges[bins], 0.02);
    chart->x.name = x_name;
    chart->y.lo = 0;
    chart->y.hi = highest > 0 ? highest * 1.02 : 1;
    chart->y.name = "Samples";
    chart->y.whole = true;
    return TAU_STATUS_OK;
}

static tau_status note_not_finite(tau_chart *chart, size_t count) {
    return count ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", count) : TAU_STATUS_OK;
}

static tau_status add_case(tau_page *page, const tau_probability_frame *frame,
                           const tau_probability_case *one, bool last) {
    tau_chart *chart;
    char epoch[64];
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &frame->moment);
    TAU_TRY(
        tau_chart_format(chart, &chart->title, "%s%s%s", one->name, last ? " - " : "", last ? epoch : ""));
    TAU_TRY(set_axes(chart, frame->edges, frame->bins, (double)one->total,
                     frame->binary ? "Probability of class 1" : "Probability of its class"));
    const tau_look right = {
        .color = tau_picture_color(page, TAU_PICTURE_ROLE_RIGHT), .opacity = 0.85, .outline = true};
    const tau_look wrong = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_WRONG),
                            .opacity = 0.85,
                            .outline = true,
                            .hatch = TAU_HATCH_RISING};
    TAU_TRY(add_bars(chart, &right, frame->edges, one->right, frame->bins));
    TAU_TRY(add_bars(chart, &wrong, frame->edges, one->wrong, frame->bins));
    TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_AREA, &right, "right: %zu", one->right_total));
    TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_AREA, &wrong, "wrong: %zu", one->total - one->right_total));
    return note_not_finite(chart, one->not_finite);
}

tau_status tau_picture_add_probability(tau_page *page, const tau_picture *picture) {
    const tau_probability_frame *frame = picture->probability.frame;
    int wanted = picture->probability.class_index;
    for (size_t i = 0; i < frame->case_count; i++) {
        if (wanted >= 0 && frame->cases[i].class_index != wanted) continue;
        TAU_TRY(add_case(page, frame, &frame->cases[i], wanted >= 0 || i + 1 == frame->case_count));
    }
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_distribution(tau_page *page, const tau_picture *picture) {
    const tau_probability_frame *frame = picture->distribution;
    tau_chart *chart;
    char epoch[64];
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &frame->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "Predicted probabilities - %s", epoch));
    TAU_TRY(set_axes(chart, frame->edges, frame->bins, (double)find_highest(frame->all, frame->bins),
                     frame->binary ? "Probability of class 1" : "Probability of the class decided on"));
    const tau_look look = {
        .color = tau_picture_color(page, TAU_PICTURE_ROLE_BODY), .opacity = 0.85, .outline = true};
    TAU_TRY(add_bars(chart, &look, frame->edges, frame->all, frame->bins));
    return note_not_finite(chart, frame->not_finite);
}

tau_status tau_picture_add_loss_histogram(tau_page *page, const tau_picture *picture) {
    const tau_loss_frame *frame = picture->loss_histogram;
    tau_chart *chart;
    char epoch[64];
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &frame->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "Losses - %s", epoch));
    double highest = (double)find_highest(frame->counts, frame->bins);
    TAU_TRY(set_axes(chart, frame->edges, frame->bins, fmax((double)frame->highest, highest),
                     "Loss of a sample"));
    const tau_look body = {
        .color = tau_picture_color(page, TAU_PICTURE_ROLE_BODY), .opacity = 0.85, .outline = true};
    TAU_TRY(add_bars(chart, &body, frame->edges, frame->counts, frame->bins));
    if (isfinite(frame->mean)) {
        const tau_look mean = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_LOSS), .dash = 1};
        double at[2] = {frame->mean, frame->mean}, heights[2] = {0, chart->y.hi};
        TAU_TRY(tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_LINE, &mean, at, heights, 2));
        TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_LINE, &mean, "mean %.4g", frame->mean));
    }
    return note_not_finite(chart, frame->not_finite);
}
