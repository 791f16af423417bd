/* Curves, trajectories and marks. */
#include <math.h>

#include "figure/draw.h"

#define MARKERS_ALL 25 /* a curve of at most so many points shows each of them */
#define MARKERS_FEW 9

/* ---- strokes that the legend repeats ---- */

void tau_draw_marker(cairo_t *cr, const tau_plan *plan, tau_marker marker, double x, double y, double radius,
                     tau_color fill) {
    const tau_theme *theme = &plan->theme;
    bool stroked = marker == TAU_MARKER_CROSS || marker == TAU_MARKER_PLUS;
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, stroked ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
    cairo_new_path(cr);
    tau_theme_add_marker(cr, marker, x, y, radius);
    tau_theme_set_color(cr, theme->paper, 1);
    cairo_set_line_width(cr, stroked ? theme->line * 2.2 : theme->line * 0.9);
    cairo_stroke_preserve(cr);
    tau_theme_set_color(cr, fill, 1);
    if (!stroked) {
        cairo_fill(cr);
        if (marker != TAU_MARKER_RING) return;
        tau_theme_add_marker(cr, marker, x, y, radius * 0.5);
        tau_theme_set_color(cr, theme->paper, 1);
        cairo_fill(cr);
        return;
    }
    cairo_set_line_width(cr, theme->line * 0.9);
    cairo_stroke(cr);
}

void tau_draw_value_mark(cairo_t *cr, const tau_plan *plan, double x, double y, double radius,
                         tau_color color) {
    cairo_new_path(cr);
    tau_theme_add_marker(cr, TAU_MARKER_CIRCLE, x, y, radius);
    tau_theme_set_color(cr, color, 1);
    cairo_fill_preserve(cr);
    tau_theme_set_color(cr, plan->theme.ink, 1);
    cairo_set_line_width(cr, plan->theme.hairline);
    cairo_stroke(cr);
}

tau_color tau_draw_get_curve_color(const tau_plan *plan, size_t curve_count, size_t series, bool accuracy) {
    if (series == SIZE_MAX) return plan->theme.muted;
    return tau_theme_get_series_color(curve_count == 1 && accuracy ? series + 1 : series);
}

void tau_draw_stroke_curve(cairo_t *cr, const tau_plan *plan, size_t curve_count, size_t series,
                           bool accuracy) {
    double width = plan->theme.line * (accuracy ? (curve_count == 1 ? 0.85 : 0.55) : 1);
    cairo_set_line_width(cr, width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    size_t dash = curve_count == 1 && accuracy ? 1 : series == SIZE_MAX ? 0 : series;
    tau_theme_set_series_dash(cr, dash, plan->theme.line);
    tau_theme_set_color(cr, tau_draw_get_curve_color(plan, curve_count, series, accuracy), 1);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

void tau_draw_stroke_path(cairo_t *cr, const tau_plan *plan, size_t series) {
    double width = plan->theme.line * 0.9;
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_dash(cr, NULL, 0, 0);
    tau_theme_set_color(cr, plan->theme.paper, 0.85);
    cairo_set_line_width(cr, width * 2.4);
    cairo_stroke_preserve(cr);
    tau_theme_set_series_dash(cr, series, width);
    tau_theme_set_color(cr, tau_theme_get_series_color(series), 1);
    cairo_set_line_width(cr, width);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

/* ---- line plots ---- */

static void draw_grid_lines(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_rect *plot = &panel->plot;
    for (int i = 0; i < panel->y.ticks.count; i++) {
        double y = tau_plan_get_y(panel, panel->y.ticks.position[i]);
        cairo_move_to(cr, plot->x, y);
        cairo_line_to(cr, plot->x + plot->width, y);
    }
    tau_theme_set_color(cr, (tau_color){0.91, 0.91, 0.91}, 1);
    cairo_set_line_width(cr, plan->theme.hairline);
    cairo_stroke(cr);
}

static void draw_line_marks(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const double dash[2] = {plan->theme.hairline * 3, plan->theme.hairline * 3};
    cairo_set_dash(cr, dash, 2, 0);
    for (size_t m = 0; m < panel->panel->mark_count; m++) {
        double position = panel->panel->marks[m].x;
        if (!(position >= panel->x.lo && position <= panel->x.hi)) continue;
        double x = tau_plan_get_x(panel, position);
        cairo_move_to(cr, x, panel->plot.y);
        cairo_line_to(cr, x, panel->plot.y + panel->plot.height);
    }
    tau_theme_set_color(cr, plan->theme.muted, 1);
    cairo_set_line_width(cr, plan->theme.hairline);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

static double get_value(const tau_panel_plan *panel, const tau_curve *curve, size_t i, bool accuracy) {
    if (!accuracy) return tau_plan_get_loss(panel, curve, i);
    bool done = !curve->done || curve->done[i] != TAU_FIELD_STATE_NOT_COMPUTED;
    return done && isfinite(curve->right[i]) ? curve->right[i] : NAN;
}

static double get_page_y(const tau_panel_plan *panel, double value, bool accuracy) {
    if (!accuracy) return tau_plan_get_y(panel, value);
    return panel->plot.y +
           (panel->right.hi - value) / (panel->right.hi - panel->right.lo) * panel->plot.height;
}

/* The band of one standard error each way; its lower end may leave a logarithmic axis. */
static void get_band(const tau_panel_plan *panel, const tau_curve *curve, size_t i, double *low,
                     double *high) {
    double loss = curve->loss[i], error = fmax(curve->loss_se[i], 0);
    *low = panel->y.log ? (loss > error ? log10(loss - error) : -INFINITY) : loss - error;
    *high = panel->y.log ? log10(loss + error) : loss + error;
    *low = tau_plan_get_y(panel, fmax(*low, panel->y.lo - (panel->y.hi - panel->y.lo)));
    *high = tau_plan_get_y(panel, *high);
}

static bool has_band(const tau_panel_plan *panel, const tau_curve *curve, size_t i) {
    return !isnan(tau_plan_get_loss(panel, curve, i)) && isfinite(curve->loss_se[i]);
}

static void draw_band(cairo_t *cr, const tau_panel_plan *panel, const tau_curve *curve, tau_color color) {
    for (size_t first = 0; first < curve->count; first++) {
        size_t end = first;
        double low, high;
        for (; end < curve->count && has_band(panel, curve, end); end++) {
            get_band(panel, curve, end, &low, &high);
            cairo_line_to(cr, tau_plan_get_x(panel, curve->alpha[end]), high);
        }
        for (size_t i = end; i > first; i--) {
            get_band(panel, curve, i - 1, &low, &high);
            cairo_line_to(cr, tau_plan_get_x(panel, curve->alpha[i - 1]), low);
        }
        if (end > first) cairo_close_path(cr);
        first = end;
    }
    tau_theme_set_color(cr, color, 0.22);
    cairo_fill(cr);
}

static void add_curve(cairo_t *cr, const tau_panel_plan *panel, const tau_curve *curve, bool accuracy) {
    bool drawing = false;
    for (size_t i = 0; i < curve->count; i++) {
        double value = get_value(panel, curve, i, accuracy);
        if (isnan(value)) {
            drawing = false;
            continue;
        }
        double x = tau_plan_get_x(panel, curve->alpha[i]), y = get_page_y(panel, value, accuracy);
        if (drawing)
            cairo_line_to(cr, x, y);
        else
            cairo_move_to(cr, x, y);
        drawing = true;
    }
}

/* All points of a short curve; some of a long one where several must be told apart; and a point between two
 * gaps, which no line shows. */
static bool has_marker(const tau_panel_plan *panel, const tau_curve *curve, size_t series, size_t i,
                       bool accuracy) {
    bool alone = (i == 0 || isnan(get_value(panel, curve, i - 1, accuracy))) &&
                 (i + 1 == curve->count || isnan(get_value(panel, curve, i + 1, accuracy)));
    if (alone || (curve->count <= MARKERS_ALL && !accuracy)) return true;
    if (panel->panel->curve_count < 2 || accuracy) return false;
    size_t stride = curve->count / MARKERS_FEW;
    return i % stride == (stride / 2 + series * stride / panel->panel->curve_count) % stride;
}

static void draw_curve_markers(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, size_t series,
                               bool accuracy) {
    const tau_curve *curve = &panel->panel->curves[series];
    tau_color color = tau_draw_get_curve_color(plan, panel->panel->curve_count, series, accuracy);
    for (size_t i = 0; i < curve->count; i++) {
        double value = get_value(panel, curve, i, accuracy);
        if (isnan(value) || !has_marker(panel, curve, series, i, accuracy)) continue;
        tau_draw_marker(cr, plan, tau_theme_get_series_marker(series), tau_plan_get_x(panel, curve->alpha[i]),
                        get_page_y(panel, value, accuracy), plan->theme.marker * 0.8, color);
    }
}

/* Values that are not finite stand at the upper edge, not closer than they can be told apart. */
static void draw_above(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, size_t series) {
    const tau_curve *curve = &panel->panel->curves[series];
    double radius = plan->theme.marker * 0.8, last = -INFINITY;
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->done && curve->done[i] == TAU_FIELD_STATE_NOT_COMPUTED) continue;
        if (!isnan(tau_plan_get_loss(panel, curve, i))) continue;
        double x = tau_plan_get_x(panel, curve->alpha[i]);
        if (x - last < 2.6 * radius) continue;
        tau_draw_marker(cr, plan, TAU_MARKER_TRIANGLE, x, panel->plot.y + radius * 1.4, radius,
                        tau_draw_get_curve_color(plan, panel->panel->curve_count, series, false));
        last = x;
    }
}

static void clip_plot(cairo_t *cr, const tau_panel_plan *panel, double slack) {
    const tau_rect *plot = &panel->plot;
    cairo_rectangle(cr, plot->x - slack, plot->y - slack, plot->width + 2 * slack, plot->height + 2 * slack);
    cairo_clip(cr);
}

void tau_draw_curves(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    size_t count = panel->panel->curve_count;
    draw_grid_lines(cr, plan, panel);
    draw_line_marks(cr, plan, panel);
    clip_plot(cr, panel, plan->theme.line);
    for (size_t c = 0; c < count; c++)
        if (panel->panel->curves[c].loss_se)
            draw_band(cr, panel, &panel->panel->curves[c], tau_draw_get_curve_color(plan, count, c, false));
    for (size_t c = 0; c < count; c++) {
        const tau_curve *curve = &panel->panel->curves[c];
        for (int accuracy = curve->right ? 1 : 0; accuracy >= 0; accuracy--) {
            add_curve(cr, panel, curve, accuracy);
            tau_draw_stroke_curve(cr, plan, count, c, accuracy);
        }
    }
    cairo_reset_clip(cr);
    clip_plot(cr, panel, plan->theme.marker * 1.5);
    for (size_t c = 0; c < count; c++) {
        if (panel->panel->curves[c].right) draw_curve_markers(cr, plan, panel, c, true);
        draw_curve_markers(cr, plan, panel, c, false);
        draw_above(cr, plan, panel, c);
    }
}

/* ---- trajectories ---- */

static void add_path(cairo_t *cr, const tau_panel_plan *panel, const tau_path *path) {
    bool drawing = false;
    cairo_new_path(cr);
    for (size_t t = 0; t < path->count; t++) {
        double x = tau_plan_get_x(panel, path->coords[t][0]), y = tau_plan_get_y(panel, path->coords[t][1]);
        /* cairo's coordinates are 24 bits wide; what is further out than this is not on the page anyway. */
        bool finite = fabs(x) < 1e6 && fabs(y) < 1e6;
        if (finite && drawing) cairo_line_to(cr, x, y);
        if (finite && !drawing) cairo_move_to(cr, x, y);
        drawing = finite;
    }
}

/* Marks carry the true loss in the colours of the picture: where one stands out, the plane does not show what
 * the training saw. */
static void draw_step_mark(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, size_t series,
                           size_t t, double x, double y) {
    const tau_path *path = &panel->panel->paths[series];
    double radius = plan->theme.marker;
    if (!path->loss_true || panel->grid.drawable == 0) {
        tau_draw_marker(cr, plan, tau_theme_get_series_marker(series), x, y, radius * 0.55,
                        tau_theme_get_series_color(series));
        return;
    }
    double z = plan->figure->options.log ? log10(path->loss_true[t]) : path->loss_true[t];
    tau_draw_value_mark(cr, plan, x, y, radius * 0.75,
                        isfinite(z) ? tau_draw_get_value_color(plan, &panel->scale, z)
                                    : plan->theme.not_finite);
}

/* Marks keep a distance on the page, and from the ends. */
static void draw_step_marks(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, size_t series) {
    const tau_path *path = &panel->panel->paths[series];
    double distance = plan->theme.marker * 2.6, last_x = INFINITY, last_y = INFINITY, end_x = INFINITY,
           end_y = INFINITY;
    for (size_t t = 0; t < path->count; t++) {
        double x = tau_plan_get_x(panel, path->coords[t][0]), y = tau_plan_get_y(panel, path->coords[t][1]);
        if (!(fabs(x) < 1e6 && fabs(y) < 1e6)) continue;
        if (t == 0) {
            end_x = tau_plan_get_x(panel, path->coords[path->count - 1][0]);
            end_y = tau_plan_get_y(panel, path->coords[path->count - 1][1]);
        } else if (hypot(x - last_x, y - last_y) < distance || hypot(x - end_x, y - end_y) < distance) {
            continue;
        } else {
            draw_step_mark(cr, plan, panel, series, t, x, y);
        }
        last_x = x, last_y = y;
    }
}

/* The start is a ring, the end a star. */
static void draw_ends(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, size_t series) {
    const tau_path *path = &panel->panel->paths[series];
    tau_color color = tau_theme_get_series_color(series);
    for (int end = 0; end < 2 && path->count > 0; end++) {
        size_t t = end ? path->count - 1 : 0;
        double x = tau_plan_get_x(panel, path->coords[t][0]), y = tau_plan_get_y(panel, path->coords[t][1]);
        if (!(fabs(x) < 1e6 && fabs(y) < 1e6)) continue;
        tau_draw_marker(cr, plan, end ? TAU_MARKER_STAR : TAU_MARKER_RING, x, y, plan->theme.marker * 1.15,
                        color);
    }
}

void tau_draw_paths(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    clip_plot(cr, panel, plan->theme.hairline);
    for (size_t p = 0; p < panel->panel->path_count; p++) {
        add_path(cr, panel, &panel->panel->paths[p]);
        tau_draw_stroke_path(cr, plan, p);
        draw_step_marks(cr, plan, panel, p);
    }
    for (size_t p = 0; p < panel->panel->path_count; p++) draw_ends(cr, plan, panel, p);
}

void tau_draw_marks(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_mesh *grid = &panel->grid;
    for (size_t m = 0; m < panel->panel->mark_count; m++) {
        const tau_figure_mark *mark = &panel->panel->marks[m];
        double x = tau_plan_get_x(panel, mark->x), y = tau_plan_get_y(panel, mark->y);
        if (fabs(x) < 1e6 && fabs(y) < 1e6)
            tau_draw_marker(cr, plan, TAU_MARKER_PLUS, x, y, plan->theme.marker, plan->theme.ink);
    }
    if (!tau_plan_marks_minimum(panel)) return;
    tau_draw_marker(cr, plan, TAU_MARKER_CROSS, tau_plan_get_x(panel, grid->x[grid->lowest_index % grid->nx]),
                    tau_plan_get_y(panel, grid->y[grid->lowest_index / grid->nx]), plan->theme.marker,
                    plan->theme.ink);
}
