/* Grids, scales and ranges. */
#include <math.h>

#include "core/log.h"
#include "core/memory.h"
#include "figure/plan.h"

#define LEVELS_DEFAULT  10
#define MARGIN_OF_RANGE 0.05
#define LINE_POINTS_MAX                                                                                      \
    400000 /* of all levels of a panel: more is a grey haze, and a file of many megabytes */
#define MARGIN_OF_PATHS 0.08

typedef struct range {
    double lo, hi;
} range;

static const range nothing = {INFINITY, -INFINITY};

static void widen(range *r, double value) {
    if (!isfinite(value)) return;
    r->lo = fmin(r->lo, value);
    r->hi = fmax(r->hi, value);
}

/* A range that is empty or a point becomes one that can be drawn on. */
static range make_drawable(range r) {
    if (!(r.lo <= r.hi)) return (range){0, 1};
    if (r.hi - r.lo > fmax(fabs(r.lo), fabs(r.hi)) * 1e-12) return r;
    double half = r.lo == 0 ? 0.5 : fabs(r.lo) * 0.05;
    return (range){r.lo - half, r.hi + half};
}

static range with_margin(range r, double share) {
    double margin = (r.hi / 2 - r.lo / 2) * 2 * share;
    range wide = {r.lo - margin, r.hi + margin};
    return isfinite(wide.lo) && isfinite(wide.hi) ? wide : r;
}

/* The user's range on the scale of the drawing; NaN where it is left to the data. */
static tau_status read_range(const tau_figure_options *options, range *out) {
    double lo = options->range_lo, hi = options->range_hi;
    if (isinf(lo) || isinf(hi) || lo >= hi)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw the range %g:%g" TAU_WHY "it must be finite and increasing", lo, hi);
    if (options->log && (lo <= 0 || hi <= 0))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw the range %g:%g" TAU_WHY
                        "a logarithmic scale has positive values only" TAU_FIX
                        "start above 0, or leave out --log",
                        lo, hi);
    *out = options->log ? (range){log10(lo), log10(hi)} : (range){lo, hi};
    return TAU_STATUS_OK;
}

static tau_status check_curve(const tau_curve *curve) {
    if (curve->count == 0)
        return tau_fail(TAU_STATUS_INPUT, "cannot draw a curve" TAU_WHY "it has no points");
    for (size_t i = 0; i < curve->count; i++)
        if (!isfinite(curve->alpha[i]) || (i > 0 && !(curve->alpha[i] > curve->alpha[i - 1])))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot draw a curve" TAU_WHY
                            "value %zu of its axis is not finite or not above the one before",
                            i);
    return TAU_STATUS_OK;
}

static tau_status check_panel(const tau_figure_panel *panel) {
    bool plane = panel->field || panel->path_count > 0;
    if (plane && panel->curve_count > 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw a panel" TAU_WHY "curves and a plane do not fit into one diagram");
    if (!plane && panel->curve_count == 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw a panel" TAU_WHY "it has neither a field nor curves nor trajectories");
    for (size_t i = 0; i < panel->curve_count; i++) TAU_TRY(check_curve(&panel->curves[i]));
    return TAU_STATUS_OK;
}

/* ---- planes ---- */

/* Ends of an axis of a field: its points, or the outer edges of the cells around them. */
static range get_field_axis(const double *values, size_t count, bool as_cells) {
    if (count == 1) return make_drawable((range){values[0], values[0]});
    double first = as_cells ? (values[1] - values[0]) / 2 : 0;
    double last = as_cells ? (values[count - 1] - values[count - 2]) / 2 : 0;
    return (range){values[0] - first, values[count - 1] + last};
}

static void get_path_ranges(const tau_figure_panel *panel, range *x, range *y) {
    for (size_t p = 0; p < panel->path_count; p++)
        for (size_t t = 0; t < panel->paths[p].count; t++) {
            widen(x, panel->paths[p].coords[t][0]);
            widen(y, panel->paths[p].coords[t][1]);
        }
}

static void set_axis(tau_axis *axis, range r) {
    axis->lo = r.lo, axis->hi = r.hi;
}

static void set_plane_ranges(tau_plan *plan) {
    range all_x = nothing, all_y = nothing;
    for (size_t i = 0; i < plan->panel_count; i++) get_path_ranges(plan->panels[i].panel, &all_x, &all_y);
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        if (panel->is_line) continue;
        if (panel->grid.z) {
            set_axis(&panel->x, get_field_axis(panel->grid.x, panel->grid.nx, panel->as_cells));
            set_axis(&panel->y, get_field_axis(panel->grid.y, panel->grid.ny, panel->as_cells));
            continue;
        }
        range x = nothing, y = nothing;
        get_path_ranges(panel->panel, &x, &y);
        if (plan->figure->options.share_scale) x = all_x, y = all_y;
        set_axis(&panel->x, with_margin(make_drawable(x), MARGIN_OF_PATHS));
        set_axis(&panel->y, with_margin(make_drawable(y), MARGIN_OF_PATHS));
    }
}

/* One scale for `count` grids, continuous if they are drawn as cells. */
static tau_status choose_scale(tau_scale *out, const tau_figure_options *options, const tau_mesh *grids,
                               size_t count, bool as_cells) {
    range asked, data = nothing;
    TAU_TRY(read_range(options, &asked));
    for (size_t g = 0; g < count; g++) {
        if (grids[g].drawable == 0) continue;
        widen(&data, grids[g].lowest);
        widen(&data, grids[g].highest);
        if (grids[g].share && !options->log) widen(&data, 0), widen(&data, 1);
    }
    *out = (tau_scale){.log = options->log, .banded = !as_cells};
    out->lo = isnan(asked.lo) ? data.lo : asked.lo;
    out->hi = isnan(asked.hi) ? data.hi : asked.hi;
    if (!(out->lo <= out->hi)) out->lo = out->hi = NAN;
    if (!out->banded) return TAU_STATUS_OK;
    if (options->levels)
        return tau_levels_take(&out->levels, options->levels, options->levels_given, options->log);
    int wanted = options->level_count > 0 ? options->level_count : LEVELS_DEFAULT;
    return tau_levels_choose(&out->levels, grids, count, wanted, asked.lo, asked.hi, options->log);
}

static tau_status set_scales(tau_plan *plan) {
    const tau_figure_options *options = &plan->figure->options;
    if (!options->share_scale) {
        for (size_t i = 0; i < plan->panel_count; i++)
            if (plan->panels[i].grid.z)
                TAU_TRY(choose_scale(&plan->panels[i].scale, options, &plan->panels[i].grid, 1,
                                     plan->panels[i].as_cells));
        return TAU_STATUS_OK;
    }
    tau_mesh *grids;
    TAU_TRY(TAU_ALLOC(grids, plan->panel_count));
    size_t count = 0;
    bool all_cells = true;
    for (size_t i = 0; i < plan->panel_count; i++) {
        if (!plan->panels[i].grid.z) continue;
        grids[count++] = plan->panels[i].grid;
        all_cells &= plan->panels[i].as_cells;
    }
    tau_scale scale;
    tau_status status = choose_scale(&scale, options, grids, count, all_cells);
    for (size_t i = 0; i < plan->panel_count && status == TAU_STATUS_OK; i++)
        if (plan->panels[i].grid.z) plan->panels[i].scale = scale;
    tau_mem_free(grids);
    return status;
}

static tau_status trace_into(tau_panel_plan *panel, tau_isolines *isolines, bool *too_rough) {
    size_t points = 0;
    *too_rough = false;
    TAU_TRY(tau_isolines_trace_region(isolines, &panel->regions[0], -INFINITY));
    for (int k = 0; k < panel->scale.levels.count && !*too_rough; k++) {
        TAU_TRY(tau_isolines_trace(isolines, &panel->lines[k], panel->scale.levels.z[k]));
        points += panel->lines[k].point_count;
        *too_rough = points > LINE_POINTS_MAX;
        if (!*too_rough)
            TAU_TRY(tau_isolines_trace_region(isolines, &panel->regions[k + 1], panel->scale.levels.z[k]));
    }
    return TAU_STATUS_OK;
}

/* A field that is mere noise at the scale of its grid is drawn as cells in the colours of the bands. */
static tau_status trace_levels(tau_panel_plan *panel) {
    size_t count = (size_t)panel->scale.levels.count;
    TAU_TRY(TAU_ALLOC(panel->regions, count + 1));
    TAU_TRY(TAU_ALLOC(panel->lines, count + 1));
    tau_isolines *isolines;
    TAU_TRY(tau_isolines_create(&isolines, &panel->grid));
    bool too_rough;
    tau_status status = trace_into(panel, isolines, &too_rough);
    tau_isolines_destroy(isolines);
    if (status != TAU_STATUS_OK || !too_rough) return status;
    tau_plan_release_lines(panel);
    panel->as_cells = true;
    tau_log(TAU_LOG_LEVEL_NOTE,
            "contour lines are left out: the landscape is too rough for them; its cells are "
            "drawn in the colours of the levels");
    return TAU_STATUS_OK;
}

/* ---- line plots ---- */

/* The band of a standard error belongs to the range, except where its lower end leaves a logarithmic axis or
 * would stretch it by more than a decade. */
static void widen_by_band(range *r, const tau_panel_plan *panel, double loss, const tau_curve *curve,
                          size_t i) {
    double value = curve->loss[i], error = fmax(curve->loss_se[i], 0);
    if (!panel->y.log) {
        widen(r, loss - error);
        widen(r, loss + error);
        return;
    }
    widen(r, log10(value + error));
    if (value - error >= 0.1 * value) widen(r, log10(value - error));
}

static range get_loss_range(const tau_panel_plan *panel) {
    range r = nothing;
    for (size_t c = 0; c < panel->panel->curve_count; c++) {
        const tau_curve *curve = &panel->panel->curves[c];
        for (size_t i = 0; i < curve->count; i++) {
            double loss = tau_plan_get_loss(panel, curve, i);
            if (isnan(loss)) continue;
            widen(&r, loss);
            if (curve->loss_se && isfinite(curve->loss_se[i])) widen_by_band(&r, panel, loss, curve, i);
        }
    }
    return r;
}

static void set_line_ranges(tau_plan *plan, range asked) {
    range all = nothing;
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        if (!panel->is_line) continue;
        panel->y.log = plan->figure->options.log;
        range x = nothing, right = nothing, loss = get_loss_range(panel);
        for (size_t c = 0; c < panel->panel->curve_count; c++) {
            const tau_curve *curve = &panel->panel->curves[c];
            widen(&x, curve->alpha[0]);
            widen(&x, curve->alpha[curve->count - 1]);
            panel->has_right |= curve->right != NULL;
            if (curve->right && curve->share) widen(&right, 0), widen(&right, 1);
            for (size_t k = 0; k < curve->count && curve->right; k++) widen(&right, curve->right[k]);
        }
        set_axis(&panel->x, make_drawable(x));
        set_axis(&panel->right, with_margin(make_drawable(right), MARGIN_OF_RANGE));
        set_axis(&panel->y, loss);
        widen(&all, loss.lo), widen(&all, loss.hi);
    }
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        if (!panel->is_line) continue;
        range r = plan->figure->options.share_scale ? all : (range){panel->y.lo, panel->y.hi};
        r = with_margin(make_drawable(r), MARGIN_OF_RANGE);
        if (!isnan(asked.lo)) r.lo = asked.lo;
        if (!isnan(asked.hi)) r.hi = asked.hi;
        set_axis(&panel->y, r.lo < r.hi ? r : make_drawable((range){fmin(r.lo, r.hi), fmin(r.lo, r.hi)}));
    }
}

/* Lines need cells between the points; a single row or column has none, and mostly neither has a shard. */
static bool lacks_cells(const tau_mesh *grid) {
    if (tau_mesh_has_cells(grid)) return false;
    if (grid->drawable > 0 && grid->not_computed > 0)
        tau_log(TAU_LOG_LEVEL_NOTE,
                "contour lines are left out: %zu of %zu points are not computed, and no four neighbours are "
                "there; each point is drawn as a cell, as --figure heatmap does. tauscape merge joins shards",
                grid->not_computed, grid->nx * grid->ny);
    return true;
}

tau_status tau_plan_set_data(tau_plan *plan) {
    const tau_figure_options *options = &plan->figure->options;
    range asked;
    TAU_TRY(read_range(options, &asked));
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        panel->panel = &plan->figure->panels[i];
        TAU_TRY(check_panel(panel->panel));
        panel->is_line = panel->panel->curve_count > 0;
        if (!panel->panel->field) continue;
        TAU_TRY(tau_mesh_create(&panel->grid, panel->panel->field, options->log));
        panel->as_cells = options->kind == TAU_FIGURE_KIND_HEATMAP || lacks_cells(&panel->grid);
    }
    TAU_TRY(set_scales(plan));
    for (size_t i = 0; i < plan->panel_count; i++)
        if (plan->panels[i].grid.z && !plan->panels[i].as_cells) TAU_TRY(trace_levels(&plan->panels[i]));
    set_plane_ranges(plan);
    set_line_ranges(plan, asked);
    return TAU_STATUS_OK;
}
