/* A learner at work: its data, its line with a band of loss, and the losses of sample and batches. */
#include <math.h>

#include "figure/picture_internal.h"

static tau_status add_band(tau_chart *chart, const tau_learner_frame *f, tau_color color) {
    double(*points)[2];
    size_t n = f->line_count, kept = 0;
    const tau_look band = {.color = color, .opacity = 0.25},
                   edge = {.color = color, .width = 0.6, .opacity = 0.8};
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_AREA, &band, 2 * n, &points));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(f->band_low[i]) || !isfinite(f->band_high[i])) continue;
        points[kept][0] = f->line_x[i];
        points[kept++][1] = f->band_low[i];
    }
    for (size_t i = n; i-- > 0;) {
        if (!isfinite(f->band_low[i]) || !isfinite(f->band_high[i])) continue;
        points[kept][0] = f->line_x[i];
        points[kept++][1] = f->band_high[i];
    }
    chart->shapes[chart->shape_count - 1].count = kept;
    TAU_TRY(tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_LINE, &edge, f->line_x, f->band_low, n));
    TAU_TRY(tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_LINE, &edge, f->line_x, f->band_high, n));
    return tau_chart_add_key(chart, TAU_KEY_KIND_AREA, &band, "± loss of the sample");
}

static size_t count_bad(const double *values, size_t count) {
    size_t bad = 0;
    for (size_t i = 0; i < count; i++) bad += !isfinite(values[i]);
    return bad;
}

static tau_status add_main(tau_page *page, const tau_learner_frame *f) {
    tau_chart *chart;
    char epoch[64];
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &f->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "%s", epoch));
    chart->row_span = chart->column_span = 2;
    tau_chart_set_range(&chart->x, f->x[0], f->x[1], 0.03);
    tau_chart_set_range(&chart->y, f->y[0], f->y[1], 0.15);
    chart->x.name = "Feature", chart->y.name = "Label";
    const tau_look data = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_DATA),
                           .marker = TAU_MARKER_CIRCLE,
                           .size = tau_picture_dot_size(f->scatter_count)};
    const tau_look line = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_MODEL), .width = 2.2};
    TAU_TRY(tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_DOTS, &data, f->scatter_x, f->scatter_y,
                                 f->scatter_count));
    if (f->scatter_count > 0) TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_DOTS, &data, "data"));
    TAU_TRY(add_band(chart, f, line.color));
    TAU_TRY(
        tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_LINE, &line, f->line_x, f->line_y, f->line_count));
    TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_LINE, &line, "model"));
    size_t bad = count_bad(f->line_y, f->line_count);
    return bad ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", bad) : TAU_STATUS_OK;
}

/* Before the first batch there is nothing on a logarithmic axis: the state before training stands at one
 * half. */
static double place_step(double step) {
    return log10(fmax(step, 0.5));
}

static tau_status add_losses(tau_page *page, const tau_learner_frame *f, const char *title,
                             const double *step, const double *loss, size_t count) {
    tau_chart *chart;
    double(*points)[2];
    TAU_TRY(tau_page_add_chart(page, &chart));
    chart->title = title;
    double first = count > 0 ? step[0] : 1;
    chart->x.log = chart->x.whole = true;
    tau_chart_set_range(&chart->x, place_step(fmin(first, 1)), fmax(place_step(f->last_step), 0.1), 0.02);
    tau_chart_set_range(&chart->y, f->loss_range[0] > 0 ? 0 : f->loss_range[0], f->loss_range[1], 0.04);
    TAU_TRY(tau_chart_format(chart, &chart->x.name, "%s", f->step_label ? f->step_label : "Batch"));
    chart->y.name = "Loss";
    const tau_look line = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_MODEL)};
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_LINE, &line, count, &points));
    for (size_t i = 0; i < count; i++) points[i][0] = place_step(step[i]), points[i][1] = loss[i];
    size_t bad = count_bad(loss, count);
    return bad ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", bad) : TAU_STATUS_OK;
}

/* The penalty is shown beside the loss, and said where it weighs. */
static tau_status add_penalty(tau_page *page, const tau_learner_frame *f) {
    tau_chart *chart = &page->charts[page->chart_count - 1];
    if (!(f->penalty.total > 0)) return TAU_STATUS_OK;
    const tau_look mark = {.color = page->plan.theme.ink, .marker = TAU_MARKER_CROSS, .size = 0.9};
    const double x = place_step(f->total_count > 0 ? f->total_step[f->total_count - 1] : 1),
                 y = f->penalty.total;
    TAU_TRY(tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_DOTS, &mark, &x, &y, 1));
    return tau_chart_add_key(chart, TAU_KEY_KIND_DOTS, &mark, "regularisation %.3g%s", y,
                             f->penalty.significant ? ": above 10 %" : "");
}

tau_status tau_picture_add_learner(tau_page *page, const tau_picture *picture) {
    const tau_learner_frame *f = picture->learner;
    TAU_TRY(add_main(page, f));
    TAU_TRY(add_losses(page, f, "Total Loss", f->total_step, f->total_loss, f->total_count));
    TAU_TRY(add_penalty(page, f));
    return add_losses(page, f, "Batch Loss", f->batch_step, f->batch_loss, f->batch_count);
}
