/* Values written into the contour lines of a panel. */
#include <math.h>

#include "figure/line_labels.h"
#include "figure/plan.h"

typedef struct page {
    tau_plan *plan;
    const tau_panel_plan *panel;
    tau_rect bounds;
    double margin;
} page;

static tau_label_spec get_spec(const page *p, double x, double y, double angle) {
    const tau_theme *theme = &p->plan->theme;
    return (tau_label_spec){.role = TAU_TEXT_ROLE_CONTOUR,
                            .size = theme->small * 0.92,
                            .color = theme->ink,
                            .x = x,
                            .y = y,
                            .angle = angle,
                            .align_x = 0.5,
                            .align_y = 0.5};
}

static void place(void *payload, const double point[2], double out[2]) {
    const page *p = payload;
    out[0] = tau_plan_get_x(p->panel, point[0]);
    out[1] = tau_plan_get_y(p->panel, point[1]);
}

static bool is_free(void *payload, const char *text, double x, double y, double angle) {
    const page *p = payload;
    tau_label_spec spec = get_spec(p, x, y, angle);
    return tau_layout_is_free(&p->plan->layout, tau_layout_get_box(&p->plan->layout, text, &spec), p->bounds,
                              p->margin);
}

static tau_status put(void *payload, const char *text, double x, double y, double angle) {
    const page *p = payload;
    tau_label_spec spec = get_spec(p, x, y, angle);
    return tau_layout_add(&p->plan->layout, text, &spec, INFINITY);
}

tau_status tau_plan_label_contours(tau_plan *plan, const tau_panel_plan *panel) {
    double margin = plan->theme.font * 0.25;
    const tau_rect *plot = &panel->plot;
    page p = {.plan = plan, .panel = panel, .margin = margin};
    p.bounds =
        (tau_rect){plot->x + margin, plot->y + margin, plot->width - 2 * margin, plot->height - 2 * margin};
    /* All of the lines is seen, up to rounding at the frame. */
    const tau_line_labels labels = {.place = place,
                                    .is_free = is_free,
                                    .put = put,
                                    .lo = {plot->x - 1, plot->y - 1},
                                    .hi = {plot->x + plot->width + 1, plot->y + plot->height + 1},
                                    .payload = &p};
    const tau_levels *levels = &panel->scale.levels;
    double size = get_spec(&p, 0, 0, 0).size;
    for (int k = 0; k < levels->count && panel->lines; k++) {
        double width = tau_layout_measure(&plan->layout, levels->label[k], size, false).width;
        TAU_TRY(tau_line_labels_write(&labels, &panel->lines[k], levels->label[k],
                                      width + plan->theme.font * 0.5));
    }
    return TAU_STATUS_OK;
}
