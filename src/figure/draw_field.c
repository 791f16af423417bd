/* Contours, cells, and the places without a value. */
#include <math.h>
#include <string.h>

#include "figure/draw.h"

/* Points closer than this to the last one drawn, in points, are left out: no eye or printer sees them. */
#define RESOLUTION 0.08

/* A bitmap smaller than this is enlarged, because viewers of PDF blur small ones. */
#define BITMAP_SIDE 800

tau_color tau_draw_get_band_color(const tau_plan *plan, const tau_scale *scale, int band) {
    int levels = scale->levels.count;
    tau_color color = tau_colormap_get(&plan->colormap, levels > 0 ? (double)band / levels : 0.5);
    bool tinted = plan->figure->options.kind == TAU_FIGURE_KIND_CONTOUR && plan->theme.tint < 1;
    return tinted ? tau_color_mix(color, plan->theme.paper, plan->theme.tint) : color;
}

tau_color tau_draw_get_value_color(const tau_plan *plan, const tau_scale *scale, double z) {
    if (!scale->banded) return tau_colormap_get(&plan->colormap, tau_plan_get_position(scale, z));
    int band = 0;
    while (band < scale->levels.count && z >= scale->levels.z[band]) band++;
    return tau_draw_get_band_color(plan, scale, band);
}

/* ---- contours ---- */

static void add_lines(cairo_t *cr, const tau_panel_plan *panel, const tau_polylines *lines) {
    for (size_t l = 0; l < lines->line_count; l++) {
        const tau_polyline *line = &lines->lines[l];
        double last_x = INFINITY, last_y = INFINITY;
        cairo_new_sub_path(cr);
        for (size_t i = 0; i < line->count; i++) {
            double x = tau_plan_get_x(panel, lines->points[line->first + i][0]);
            double y = tau_plan_get_y(panel, lines->points[line->first + i][1]);
            bool is_end = i + 1 == line->count;
            if (!is_end && fabs(x - last_x) < RESOLUTION && fabs(y - last_y) < RESOLUTION) continue;
            cairo_line_to(cr, x, y);
            last_x = x, last_y = y;
        }
        if (line->closed) cairo_close_path(cr);
    }
}

/* Everything above the first level is painted over all, above the second over that: neighbouring bands leave
 * no seam. */
static void fill_bands(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
    for (int k = 0; k <= panel->scale.levels.count; k++) {
        add_lines(cr, panel, &panel->regions[k]);
        tau_theme_set_color(cr, tau_draw_get_band_color(plan, &panel->scale, k), 1);
        cairo_fill(cr);
    }
}

/* Leaves the texts that stand in the lines out of what is drawn from here on. */
static void clip_labels(cairo_t *cr, const tau_plan *plan, const tau_rect *plot) {
    double pad = plan->theme.font * 0.18;
    cairo_rectangle(cr, plot->x, plot->y, plot->width, plot->height);
    for (size_t i = 0; i < plan->layout.label_count; i++) {
        const tau_label *label = &plan->layout.labels[i];
        if (label->role != TAU_TEXT_ROLE_CONTOUR || !tau_box_is_within(label->box, *plot)) continue;
        cairo_save(cr);
        cairo_translate(cr, label->box.x, label->box.y);
        cairo_rotate(cr, label->box.angle);
        cairo_rectangle(cr, -label->box.half_width - pad, -label->box.half_height,
                        2 * (label->box.half_width + pad), 2 * label->box.half_height);
        cairo_restore(cr);
    }
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_clip(cr);
}

static void stroke_levels(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_theme *theme = &plan->theme;
    bool filled = plan->figure->options.kind == TAU_FIGURE_KIND_FILLED,
         white = tau_plan_has_white_bands(plan);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, filled ? theme->hairline * 0.7 : theme->hairline * 1.25);
    for (int k = 0; k < panel->scale.levels.count; k++) {
        /* Light colours of a map would vanish on white. */
        tau_color color = tau_colormap_get(&plan->colormap, (double)k / panel->scale.levels.count);
        double light = tau_color_get_lightness(color);
        color = white ? tau_color_mix(color, (tau_color){0, 0, 0}, light > 0.55 ? light - 0.45 : 0)
                      : tau_color_mix(color, theme->ink, 0.65);
        add_lines(cr, panel, &panel->lines[k]);
        tau_theme_set_color(cr, filled ? theme->ink : color, filled ? 0.45 : 1);
        cairo_stroke(cr);
    }
}

void tau_draw_field(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    if (!tau_plan_has_white_bands(plan)) fill_bands(cr, plan, panel);
    cairo_save(cr);
    clip_labels(cr, plan, &panel->plot);
    stroke_levels(cr, plan, panel);
    cairo_restore(cr);
}

/* ---- cells ---- */

/* The lower edge of cell i on an axis; count gives the upper edge of the last. */
static double get_edge(const double *values, size_t count, size_t i, double lo, double hi) {
    if (i == 0) return lo;
    if (i == count) return hi;
    return values[i - 1] / 2 + values[i] / 2;
}

static void add_cells(cairo_t *cr, const tau_panel_plan *panel, size_t i0, size_t i1, size_t j) {
    const tau_mesh *grid = &panel->grid;
    double left = tau_plan_get_x(panel, get_edge(grid->x, grid->nx, i0, panel->x.lo, panel->x.hi));
    double right = tau_plan_get_x(panel, get_edge(grid->x, grid->nx, i1, panel->x.lo, panel->x.hi));
    double bottom = tau_plan_get_y(panel, get_edge(grid->y, grid->ny, j, panel->y.lo, panel->y.hi));
    double top = tau_plan_get_y(panel, get_edge(grid->y, grid->ny, j + 1, panel->y.lo, panel->y.hi));
    cairo_rectangle(cr, left, top, right - left, bottom - top);
}

static bool is_uniform(const double *values, size_t count) {
    if (count < 3) return true;
    double step = (values[count - 1] - values[0]) / (double)(count - 1);
    for (size_t i = 0; i < count; i++)
        if (fabs(values[i] - (values[0] + step * (double)i)) > 1e-3 * step) return false;
    return true;
}

static uint32_t get_pixel(const tau_plan *plan, const tau_panel_plan *panel, double z) {
    if (isnan(z)) return 0;
    tau_color color = tau_draw_get_value_color(plan, &panel->scale, z);
    return 0xffu << 24 | (uint32_t)lround(color.r * 255) << 16 | (uint32_t)lround(color.g * 255) << 8 |
           (uint32_t)lround(color.b * 255);
}

/* One pixel a cell, repeated `factor` times both ways; the first row is the highest beta. */
static cairo_surface_t *make_bitmap(const tau_plan *plan, const tau_panel_plan *panel, int factor) {
    const tau_mesh *grid = &panel->grid;
    int width = (int)grid->nx * factor, height = (int)grid->ny * factor;
    cairo_surface_t *bitmap = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    if (cairo_surface_status(bitmap) != CAIRO_STATUS_SUCCESS) return bitmap;
    unsigned char *bytes = cairo_image_surface_get_data(bitmap);
    size_t stride = (size_t)cairo_image_surface_get_stride(bitmap);
    for (size_t j = 0; j < grid->ny; j++) {
        unsigned char *row = bytes + (grid->ny - 1 - j) * (size_t)factor * stride;
        for (int x = 0; x < width; x++) {
            uint32_t pixel = get_pixel(plan, panel, grid->z[j * grid->nx + (size_t)(x / factor)]);
            memcpy(row + 4 * (size_t)x, &pixel, 4);
        }
        for (int copy = 1; copy < factor; copy++) memcpy(row + (size_t)copy * stride, row, (size_t)width * 4);
    }
    cairo_surface_mark_dirty(bitmap);
    return bitmap;
}

static void draw_bitmap(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_mesh *grid = &panel->grid;
    const tau_rect *plot = &panel->plot;
    size_t longest = grid->nx > grid->ny ? grid->nx : grid->ny;
    int factor = longest < BITMAP_SIDE ? (int)((BITMAP_SIDE + longest - 1) / longest) : 1;
    bool shrunk =
        (double)grid->nx > plot->width * plan->dpi / 72 || (double)grid->ny > plot->height * plan->dpi / 72;
    cairo_surface_t *bitmap = make_bitmap(plan, panel, factor);
    cairo_save(cr);
    cairo_translate(cr, plot->x, plot->y);
    cairo_scale(cr, plot->width / ((double)grid->nx * factor), plot->height / ((double)grid->ny * factor));
    cairo_set_source_surface(cr, bitmap, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), shrunk ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_rectangle(cr, 0, 0, (double)grid->nx * factor, (double)grid->ny * factor);
    cairo_fill(cr);
    cairo_restore(cr);
    cairo_surface_destroy(bitmap);
}

static void draw_rectangles(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_mesh *grid = &panel->grid;
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE); /* no seams between neighbours */
    for (size_t j = 0; j < grid->ny; j++)
        for (size_t i = 0; i < grid->nx; i++) {
            double z = grid->z[j * grid->nx + i];
            if (isnan(z)) continue;
            add_cells(cr, panel, i, i + 1, j);
            tau_theme_set_color(cr, tau_draw_get_value_color(plan, &panel->scale, z), 1);
            cairo_fill(cr);
        }
    cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

void tau_draw_cells(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_mesh *grid = &panel->grid;
    bool uniform = is_uniform(grid->x, grid->nx) && is_uniform(grid->y, grid->ny);
    if (uniform && grid->nx < 32000 && grid->ny < 32000)
        draw_bitmap(cr, plan, panel);
    else
        draw_rectangles(cr, plan, panel);
}

/* ---- gaps ---- */

typedef enum gap { GAP_NONE, GAP_NOT_COMPUTED, GAP_NOT_FINITE } gap;

static gap get_point_gap(const tau_panel_plan *panel, size_t i, size_t j) {
    size_t index = j * panel->grid.nx + i;
    if (!isnan(panel->grid.z[index])) return GAP_NONE;
    const uint8_t *done = panel->panel->field->done;
    return done && done[index] == TAU_FIELD_STATE_NOT_COMPUTED ? GAP_NOT_COMPUTED : GAP_NOT_FINITE;
}

/* Of a cell around a point, or, under contours, of the cell between four points: the worst of them. */
static gap get_gap(const tau_panel_plan *panel, size_t i, size_t j) {
    gap worst = get_point_gap(panel, i, j);
    for (size_t k = 1; k < 4 && !panel->as_cells; k++) {
        gap corner = get_point_gap(panel, i + k % 2, j + k / 2);
        if (corner > worst) worst = corner;
    }
    return worst;
}

static void add_gap_run(cairo_t *cr, const tau_panel_plan *panel, size_t i0, size_t i1, size_t j) {
    const tau_mesh *grid = &panel->grid;
    if (panel->as_cells) {
        add_cells(cr, panel, i0, i1, j);
        return;
    }
    double left = tau_plan_get_x(panel, grid->x[i0]), right = tau_plan_get_x(panel, grid->x[i1]);
    double bottom = tau_plan_get_y(panel, grid->y[j]), top = tau_plan_get_y(panel, grid->y[j + 1]);
    cairo_rectangle(cr, left, top, right - left, bottom - top);
}

static void draw_gaps_of(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel, gap kind) {
    size_t columns = panel->grid.nx - !panel->as_cells, rows = panel->grid.ny - !panel->as_cells;
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++) {
            size_t first = i;
            while (i < columns && get_gap(panel, i, j) == kind) i++;
            if (i > first) add_gap_run(cr, panel, first, i, j);
        }
    tau_draw_fill_gap(cr, plan, kind == GAP_NOT_FINITE);
}

void tau_draw_gaps(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    if (panel->grid.not_computed > 0) draw_gaps_of(cr, plan, panel, GAP_NOT_COMPUTED);
    if (panel->grid.not_finite + panel->grid.not_positive > 0) draw_gaps_of(cr, plan, panel, GAP_NOT_FINITE);
}
