/* Distributions of a layer's numbers as violins. */
#include <math.h>

#include "figure/picture_internal.h"

#define HALF_WIDTH 0.42

static double clip(double value) {
    return fmin(fmax(value, -1e300), 1e300);
}

static tau_status add_body(tau_chart *chart, const tau_violin *violin, double at, const tau_look *look) {
    double(*points)[2];
    double highest = 0;
    size_t n = violin->points;
    for (size_t i = 0; i < n; i++) highest = fmax(highest, violin->density[i]);
    if (!(highest > 0) || !isfinite(highest)) return TAU_STATUS_OK;
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_AREA, look, 2 * n, &points));
    for (size_t i = 0; i < n; i++) {
        double half = HALF_WIDTH * violin->density[i] / highest;
        points[i][0] = at - half;
        points[2 * n - 1 - i][0] = at + half;
        points[i][1] = points[2 * n - 1 - i][1] = clip(violin->at[i]);
    }
    return TAU_STATUS_OK;
}

static tau_status add_segment(tau_chart *chart, const tau_look *look, double x0, double y0, double x1,
                              double y1) {
    const double x[2] = {x0, x1}, y[2] = {clip(y0), clip(y1)};
    return tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_LINE, look, x, y, 2);
}

static tau_status add_violin(const tau_page *page, tau_chart *chart, const tau_violin *violin, double at) {
    const tau_theme *theme = &page->plan.theme;
    const tau_look body = {
        .color = tau_picture_color(page, TAU_PICTURE_ROLE_BODY), .opacity = 0.55, .outline = true};
    const tau_look whisker = {.color = theme->ink, .width = 0.5}, box = {.color = theme->ink, .width = 2.4};
    const tau_look median = {.color = theme->paper, .marker = TAU_MARKER_CIRCLE, .size = 0.5};
    if (violin->count == 0) return TAU_STATUS_OK;
    if (violin->flat) {
        const tau_look line = {.color = body.color, .width = 2};
        return add_segment(chart, &line, at - HALF_WIDTH, violin->low, at + HALF_WIDTH, violin->low);
    }
    TAU_TRY(add_body(chart, violin, at, &body));
    TAU_TRY(add_segment(chart, &whisker, at, violin->low, at, violin->high));
    TAU_TRY(add_segment(chart, &box, at, violin->quartile[0], at, violin->quartile[2]));
    const double y = clip(violin->quartile[1]);
    return tau_chart_add_series(chart, TAU_CHART_SHAPE_KIND_DOTS, &median, &at, &y, 1);
}

static const char *const names[] = {"Weights", "Activations", "z-values", "Gradients"};

static tau_status set_axes(tau_chart *chart, const tau_violins_picture *p) {
    const tau_violin_frame *f = p->frame;
    void *block;
    double lo = p->low, hi = p->high;
    if (!isfinite(lo) || !isfinite(hi)) lo = f->low, hi = f->high;
    tau_chart_set_range(&chart->y, lo, hi, 0.04);
    chart->y.name = names[f->kind];
    TAU_TRY(tau_chart_alloc(chart, &block, f->count, sizeof *chart->x.categories));
    chart->x.categories = block;
    chart->x.category_count = f->count;
    chart->x.name = "Layer";
    chart->x.lo = -0.5, chart->x.hi = (double)f->count - 0.5;
    for (size_t i = 0; i < f->count; i++)
        TAU_TRY(tau_chart_format(chart, &chart->x.categories[i], "%s", f->violins[i].layer));
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_violins(tau_page *page, const tau_picture *picture) {
    const tau_violin_frame *f = picture->violins.frame;
    tau_chart *chart;
    char epoch[64];
    size_t bad = 0;
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &f->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "%s - %s", names[f->kind], epoch));
    if (f->count == 0) return tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "no layers");
    TAU_TRY(set_axes(chart, &picture->violins));
    for (size_t i = 0; i < f->count; i++) {
        TAU_TRY(add_violin(page, chart, &f->violins[i], (double)i));
        bad += f->violins[i].not_finite;
    }
    return bad ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", bad) : TAU_STATUS_OK;
}
