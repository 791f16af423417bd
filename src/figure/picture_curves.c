/* Loss and metrics over the epochs, with dots that move along. */
#include <math.h>

#include "figure/picture_internal.h"

typedef struct range {
    double lo, hi;
} range;

static void take(range *r, const double *values, size_t count, bool log) {
    for (size_t i = 0; values && i < count; i++) {
        double value = log ? log10(values[i]) : values[i];
        if (!isfinite(value)) continue;
        r->lo = fmin(r->lo, value), r->hi = fmax(r->hi, value);
    }
}

static tau_status add_line(tau_chart *chart, const tau_curves_picture *p, const double *values,
                           const tau_look *look, bool right, bool log) {
    double(*points)[2];
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_LINE, look, p->count, &points));
    chart->shapes[chart->shape_count - 1].right = right;
    for (size_t i = 0; i < p->count; i++)
        points[i][0] = p->x[i], points[i][1] = log ? log10(values[i]) : values[i];
    return TAU_STATUS_OK;
}

static tau_status add_dot(tau_chart *chart, const tau_curves_picture *p, const double *values,
                          const tau_look *line, tau_marker marker, bool right, bool log) {
    double(*points)[2];
    if (p->current >= p->count) return TAU_STATUS_OK;
    const tau_look look = {.color = line->color, .marker = marker, .size = 1.3, .rim = true};
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_DOTS, &look, 1, &points));
    chart->shapes[chart->shape_count - 1].right = right;
    points[0][0] = p->x[p->current];
    points[0][1] = log ? log10(values[p->current]) : values[p->current];
    return TAU_STATUS_OK;
}

static size_t count_bad(const double *values, size_t count, bool log) {
    size_t bad = 0;
    for (size_t i = 0; values && i < count; i++) bad += !isfinite(log ? log10(values[i]) : values[i]);
    return bad;
}

static tau_status add_metrics(tau_page *page, tau_chart *chart, const tau_curves_picture *p) {
    range r = {INFINITY, -INFINITY};
    size_t bad = 0;
    for (size_t m = 0; m < p->metric_count; m++) {
        take(&r, p->metrics[m], p->count, false);
        bad += count_bad(p->metrics[m], p->count, false);
    }
    if (p->unit_range) r = (range){fmin(r.lo, 0), fmax(r.hi, 1)};
    tau_chart_set_range(&chart->y, r.lo, r.hi, 0.04);
    chart->y.name = p->metric_count == 1 ? p->metric_names[0] : "Metrics";
    for (size_t m = 0; m < p->metric_count; m++) {
        size_t series = m < 1 ? 0 : m + 1; /* the second colour is the loss's */
        const tau_look look = {.color = m == 0 ? tau_picture_color(page, TAU_PICTURE_ROLE_METRIC)
                                               : tau_theme_get_series_color(series),
                               .dash = series};
        TAU_TRY(add_line(chart, p, p->metrics[m], &look, false, false));
        TAU_TRY(add_dot(chart, p, p->metrics[m], &look, tau_theme_get_series_marker(series), false, false));
        TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_LINE, &look, "%s", p->metric_names[m]));
    }
    return bad ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", bad) : TAU_STATUS_OK;
}

static tau_status add_penalty(tau_chart *chart, const tau_curves_picture *p, tau_color ink, bool right) {
    const tau_look look = {.color = ink, .dash = 2},
                   mark = {.color = ink, .marker = TAU_MARKER_CROSS, .size = 0.8};
    double(*points)[2];
    size_t marked = 0;
    TAU_TRY(add_line(chart, p, p->penalty, &look, right, p->log_loss));
    TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_LINE, &look, "regularisation"));
    if (!p->significant) return TAU_STATUS_OK;
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_DOTS, &mark, p->count, &points));
    chart->shapes[chart->shape_count - 1].right = right;
    for (size_t i = 0; i < p->count; i++) {
        points[i][0] = p->significant[i] ? p->x[i] : NAN;
        points[i][1] = p->log_loss ? log10(p->penalty[i]) : p->penalty[i];
        marked += p->significant[i];
    }
    return marked ? tau_chart_add_key(chart, TAU_KEY_KIND_DOTS, &mark, "above 10 %% of the total")
                  : TAU_STATUS_OK;
}

static tau_status add_loss(tau_page *page, tau_chart *chart, const tau_curves_picture *p) {
    bool right = p->metric_count > 0;
    tau_chart_axis *axis = right ? &chart->right : &chart->y;
    range r = {INFINITY, -INFINITY};
    take(&r, p->loss, p->count, p->log_loss);
    take(&r, p->penalty, p->count, p->log_loss);
    if (!p->log_loss && r.lo > 0 && r.lo < 0.3 * r.hi) r.lo = 0;
    tau_chart_set_range(axis, r.lo, r.hi, 0.04);
    axis->name = p->loss_name ? p->loss_name : "Loss";
    axis->log = p->log_loss;
    chart->has_right = right;
    const tau_look look = {.color = tau_picture_color(page, TAU_PICTURE_ROLE_LOSS), .dash = right ? 1 : 0};
    TAU_TRY(add_line(chart, p, p->loss, &look, right, p->log_loss));
    TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_LINE, &look, "%s", axis->name));
    if (p->penalty) TAU_TRY(add_penalty(chart, p, page->plan.theme.ink, right));
    TAU_TRY(add_dot(chart, p, p->loss, &look, TAU_MARKER_SQUARE, right, p->log_loss));
    size_t bad = count_bad(p->loss, p->count, p->log_loss);
    return bad ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%s: %zu not %s", axis->name, bad,
                                   p->log_loss ? "positive" : "finite")
               : TAU_STATUS_OK;
}

tau_status tau_picture_add_curves(tau_page *page, const tau_picture *picture) {
    const tau_curves_picture *p = &picture->curves;
    tau_chart *chart;
    TAU_TRY(tau_page_add_chart(page, &chart));
    range r = {INFINITY, -INFINITY};
    take(&r, p->x, p->count, false);
    tau_chart_set_range(&chart->x, r.lo, r.hi, 0.03);
    chart->x.name = p->x_name ? p->x_name : "Epoch";
    if (p->metric_count > 0) TAU_TRY(add_metrics(page, chart, p));
    return p->loss ? add_loss(page, chart, p) : TAU_STATUS_OK;
}
