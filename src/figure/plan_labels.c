/* Texts inside the plots. What matters more is placed first: notes, then trajectories, then contour lines. */
#include <math.h>
#include <stdio.h>

#include "figure/plan.h"

#define PATH_OBSTACLES 400
#define STEP_NUMBERS   4

static tau_rect inset(tau_rect rect, double margin) {
    return (tau_rect){rect.x + margin, rect.y + margin, rect.width - 2 * margin, rect.height - 2 * margin};
}

static tau_status block_point(tau_plan *plan, double x, double y, double radius) {
    return tau_layout_block(&plan->layout, (tau_box){x, y, radius, radius, 0});
}

/* ---- notes ---- */

static tau_status add_note(tau_plan *plan, const tau_panel_plan *panel, const char *text) {
    return tau_layout_add(
        &plan->layout, text,
        &(tau_label_spec){.role = TAU_TEXT_ROLE_NOTE,
                          .size = plan->theme.font,
                          .color = plan->theme.ink,
                          .x = panel->plot.x + panel->plot.width / 2,
                          .y = panel->plot.y + panel->plot.height * 0.28, /* clear of a mark in the centre */
                          .align_x = 0.5,
                          .align_y = 0.5,
                          .plate = true},
        panel->plot.width - 2 * plan->theme.font);
}

static bool has_drawable_point(const tau_panel_plan *panel) {
    for (size_t c = 0; c < panel->panel->curve_count; c++)
        for (size_t i = 0; i < panel->panel->curves[c].count; i++)
            if (!isnan(tau_plan_get_loss(panel, &panel->panel->curves[c], i))) return true;
    return false;
}

/* Says why there is nothing, or nothing more, to see. */
static tau_status place_note(tau_plan *plan, const tau_panel_plan *panel) {
    const tau_mesh *grid = &panel->grid;
    const char *positive = plan->figure->options.log ? "no positive finite value" : "no finite value";
    if (panel->is_line) return has_drawable_point(panel) ? TAU_STATUS_OK : add_note(plan, panel, positive);
    if (!grid->z) return TAU_STATUS_OK;
    if (grid->drawable == 0)
        return add_note(plan, panel,
                        grid->not_computed == grid->nx * grid->ny ? "nothing computed yet" : positive);
    if (tau_mesh_range_varies(grid->lowest, grid->highest)) return TAU_STATUS_OK;
    char number[TAU_NUMBER_TEXT], text[TAU_NUMBER_TEXT + 16];
    tau_number_format(number, panel->panel->field->value[grid->lowest_index], 5);
    snprintf(text, sizeof text, grid->drawable > 1 ? "constant: %s" : "%s", number);
    return add_note(plan, panel, text);
}

/* ---- trajectories ---- */

static bool get_path_point(const tau_panel_plan *panel, const tau_path *path, size_t t, double *x,
                           double *y) {
    *x = tau_plan_get_x(panel, path->coords[t][0]);
    *y = tau_plan_get_y(panel, path->coords[t][1]);
    const tau_rect *plot = &panel->plot;
    return isfinite(*x) && isfinite(*y) && *x >= plot->x && *x <= plot->x + plot->width && *y >= plot->y &&
           *y <= plot->y + plot->height;
}

/* Contour labels keep off the line itself. */
static tau_status block_path(tau_plan *plan, const tau_panel_plan *panel, const tau_path *path) {
    double last_x = INFINITY, last_y = INFINITY, x, y, radius = plan->theme.marker * 0.7;
    size_t blocked = 0;
    for (size_t t = 0; t < path->count && blocked < PATH_OBSTACLES; t++) {
        if (!get_path_point(panel, path, t, &x, &y) || hypot(x - last_x, y - last_y) < radius) continue;
        double gap = isfinite(last_x) ? hypot(x - last_x, y - last_y) : 0;
        int pieces = (int)fmin(gap / (4 * radius), 32) + 1;
        for (int k = isfinite(last_x) ? 1 : pieces; k <= pieces; k++, blocked++) {
            double s = (double)k / pieces;
            TAU_TRY(block_point(plan, isfinite(last_x) ? last_x + (x - last_x) * s : x,
                                isfinite(last_y) ? last_y + (y - last_y) * s : y, radius));
        }
        last_x = x, last_y = y;
    }
    return TAU_STATUS_OK;
}

/* Tries the eight places around a point. */
static tau_status label_point(tau_plan *plan, const tau_panel_plan *panel, double x, double y,
                              double distance, const char *text, double size, tau_color color, bool *placed) {
    static const double place[8][2] = {{1, -1}, {-1, -1}, {1, 1}, {-1, 1}, {1, 0}, {-1, 0}, {0, -1}, {0, 1}};
    *placed = false;
    for (int k = 0; k < 8 && !*placed; k++) {
        double reach = place[k][0] != 0 && place[k][1] != 0 ? distance * 0.75 : distance * 1.2;
        TAU_TRY(tau_layout_try(&plan->layout, text,
                               &(tau_label_spec){.role = TAU_TEXT_ROLE_MARK,
                                                 .size = size,
                                                 .color = color,
                                                 .x = x + place[k][0] * reach,
                                                 .y = y + place[k][1] * reach,
                                                 .align_x = (1 - place[k][0]) / 2,
                                                 .align_y = (1 - place[k][1]) / 2,
                                                 .halo = true},
                               inset(panel->plot, plan->theme.font * 0.2), plan->theme.font * 0.1, placed));
    }
    return TAU_STATUS_OK;
}

static tau_status block_ends(tau_plan *plan, const tau_panel_plan *panel, const tau_path *path) {
    double x, y;
    for (int end = 0; end < 2 && path->count > 0; end++)
        if (get_path_point(panel, path, end ? path->count - 1 : 0, &x, &y))
            TAU_TRY(block_point(plan, x, y, plan->theme.marker * 1.5));
    return TAU_STATUS_OK;
}

static tau_status label_ends(tau_plan *plan, const tau_panel_plan *panel, const tau_path *path) {
    double x, y, distance = plan->theme.marker * 2.2;
    bool placed;
    if (path->count > 1 && get_path_point(panel, path, path->count - 1, &x, &y))
        TAU_TRY(label_point(plan, panel, x, y, distance, "end", plan->theme.small, plan->theme.ink, &placed));
    if (path->count > 0 && get_path_point(panel, path, 0, &x, &y))
        TAU_TRY(
            label_point(plan, panel, x, y, distance, "start", plan->theme.small, plan->theme.ink, &placed));
    return TAU_STATUS_OK;
}

/* A few step numbers, evenly spaced in states, in the colour of the line: they are no values of contours. */
static tau_status label_steps(tau_plan *plan, const tau_panel_plan *panel, const tau_path *path) {
    tau_color color = tau_color_mix(tau_theme_get_series_color(0), plan->theme.ink, 0.25);
    for (int k = 1; k <= STEP_NUMBERS && path->count > 2; k++) {
        size_t t = path->count * (size_t)k / (STEP_NUMBERS + 1);
        double x, y;
        if (t == 0 || t + 1 >= path->count || !get_path_point(panel, path, t, &x, &y)) continue;
        char text[32];
        snprintf(text, sizeof text, "%lld", path->step ? (long long)path->step[t] : (long long)t);
        bool placed;
        TAU_TRY(label_point(plan, panel, x, y, plan->theme.marker * 1.6, text, plan->theme.small * 0.9, color,
                            &placed));
    }
    return TAU_STATUS_OK;
}

static tau_status label_paths(tau_plan *plan, const tau_panel_plan *panel) {
    const tau_figure_panel *source = panel->panel;
    for (size_t p = 0; p < source->path_count; p++) {
        TAU_TRY(block_ends(plan, panel, &source->paths[p]));
        TAU_TRY(block_path(plan, panel, &source->paths[p]));
    }
    for (size_t p = 0; p < source->path_count && source->path_count == 1; p++) {
        TAU_TRY(label_ends(plan, panel, &source->paths[p]));
        TAU_TRY(label_steps(plan, panel, &source->paths[p]));
    }
    return TAU_STATUS_OK;
}

static tau_status block_marks(tau_plan *plan, const tau_panel_plan *panel) {
    double radius = plan->theme.marker * 1.4;
    for (size_t m = 0; m < panel->panel->mark_count; m++) {
        const tau_figure_mark *mark = &panel->panel->marks[m];
        if (isfinite(mark->x) && isfinite(mark->y))
            TAU_TRY(
                block_point(plan, tau_plan_get_x(panel, mark->x), tau_plan_get_y(panel, mark->y), radius));
    }
    if (!tau_plan_marks_minimum(panel)) return TAU_STATUS_OK;
    const tau_mesh *grid = &panel->grid;
    return block_point(plan, tau_plan_get_x(panel, grid->x[grid->lowest_index % grid->nx]),
                       tau_plan_get_y(panel, grid->y[grid->lowest_index / grid->nx]), radius);
}

tau_status tau_plan_set_labels(tau_plan *plan) {
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_panel_plan *panel = &plan->panels[i];
        TAU_TRY(place_note(plan, panel));
        if (panel->is_line) continue;
        TAU_TRY(block_marks(plan, panel));
        TAU_TRY(label_paths(plan, panel));
        if (plan->figure->options.contour_labels && plan->figure->options.kind == TAU_FIGURE_KIND_CONTOUR)
            TAU_TRY(tau_plan_label_contours(plan, panel));
    }
    return TAU_STATUS_OK;
}
