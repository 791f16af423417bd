/* True classes against those decided on: counts in cells, shaded by their share of the true class. */
#include "figure/picture_internal.h"

static tau_status add_cell(const tau_page *page, tau_chart *chart, uint64_t count, uint64_t total, double x,
                           double y) {
    const tau_theme *theme = &page->plan.theme;
    double share = total > 0 ? (double)count / (double)total : 0;
    const tau_look look = {
        .color = tau_color_mix(theme->paper, tau_picture_color(page, TAU_PICTURE_ROLE_BODY), share)};
    const char *text;
    TAU_TRY(tau_chart_add_bar(chart, &look, x - 0.5, x + 0.5, y - 0.5, y + 0.5));
    TAU_TRY(tau_chart_format(chart, &text, "%llu", (unsigned long long)count));
    bool dark = tau_color_get_lightness(look.color) < 0.6;
    return tau_chart_add_text(chart, x, y, 0.5, text, dark ? theme->paper : theme->ink);
}

static tau_status name_classes(tau_chart *chart, tau_chart_axis *axis, int classes, bool from_above,
                               bool none) {
    void *block;
    size_t count = (size_t)classes + none;
    TAU_TRY(tau_chart_alloc(chart, &block, count, sizeof *axis->categories));
    axis->categories = block;
    axis->category_count = count;
    axis->lo = -0.5, axis->hi = (double)count - 0.5;
    for (int c = 0; c < classes; c++)
        TAU_TRY(tau_chart_format(chart, &axis->categories[from_above ? classes - 1 - c : c], "%d", c));
    if (none) axis->categories[classes] = "none";
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_confusion(tau_page *page, const tau_picture *picture) {
    const tau_confusion_picture *p = &picture->confusion;
    tau_chart *chart;
    char epoch[64];
    size_t classes = p->class_count > 0 ? (size_t)p->class_count : 0;
    bool none = false;
    if (classes == 0)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot draw a confusion matrix" TAU_WHY "the targets are no classes" TAU_FIX
                        "choose another picture");
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &p->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "Confusion - %s", epoch));
    for (size_t c = 0; c < classes && p->undecided; c++) none = none || p->undecided[c] > 0;
    chart->boxed = true;
    chart->x.name = "Decided", chart->y.name = "True";
    TAU_TRY(name_classes(chart, &chart->x, p->class_count, false, none));
    TAU_TRY(name_classes(chart, &chart->y, p->class_count, true, false));
    for (size_t t = 0; t < classes; t++) {
        uint64_t total = p->undecided ? p->undecided[t] : 0;
        double y = (double)(classes - 1 - t);
        for (size_t d = 0; d < classes; d++) total += p->matrix[t * classes + d];
        for (size_t d = 0; d < classes; d++)
            TAU_TRY(add_cell(page, chart, p->matrix[t * classes + d], total, (double)d, y));
        if (none) TAU_TRY(add_cell(page, chart, p->undecided[t], total, (double)classes, y));
    }
    return TAU_STATUS_OK;
}
