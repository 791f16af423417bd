#include "figure/draw.h"

#include <math.h>

/* ---- texts ---- */

static void draw_plate(cairo_t *cr, const tau_plan *plan, const tau_label *label) {
    double pad = label->size * 0.18;
    tau_theme_set_color(cr, plan->theme.paper, 0.82);
    cairo_rectangle(cr, -label->box.half_width - pad, -label->box.half_height - pad,
                    2 * (label->box.half_width + pad), 2 * (label->box.half_height + pad));
    cairo_fill(cr);
}

static void draw_halo(cairo_t *cr, const tau_plan *plan, const tau_label *label, const tau_text_font *font) {
    tau_text_add_path(cr, font, label->text);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, label->size * 0.28);
    tau_theme_set_color(cr, plan->theme.paper, 0.9);
    cairo_stroke(cr);
}

void tau_draw_labels(cairo_t *cr, const tau_plan *plan) {
    for (size_t i = 0; i < plan->layout.label_count; i++) {
        const tau_label *label = &plan->layout.labels[i];
        cairo_save(cr);
        cairo_translate(cr, label->box.x, label->box.y);
        cairo_rotate(cr, label->box.angle);
        if (label->plate) draw_plate(cr, plan, label);
        cairo_translate(cr, -label->box.half_width, label->box.half_height - label->descent);
        const tau_text_font font = {plan->layout.family, label->size, label->bold};
        if (label->halo) draw_halo(cr, plan, label, &font);
        tau_theme_set_color(cr, label->color, 1);
        tau_text_draw(cr, &font, label->text);
        cairo_restore(cr);
    }
}

/* ---- gaps ---- */

void tau_draw_fill_gap(cairo_t *cr, const tau_plan *plan, bool not_finite) {
    const tau_theme *theme = &plan->theme;
    double left, top, right, bottom, pitch = theme->font * 0.55;
    cairo_save(cr);
    cairo_clip(cr);
    cairo_clip_extents(cr, &left, &top, &right, &bottom);
    tau_theme_set_color(cr, not_finite ? theme->not_finite : theme->paper, 1);
    cairo_paint(cr);
    double height = bottom - top, direction = not_finite ? -1 : 1;
    /* Lines start at multiples of the pitch on the page, so that neighbouring gaps continue each other. */
    double first = floor((left - height) / pitch) * pitch, shift = fmod(top, pitch) * direction;
    for (double x = first - pitch; x <= right + height + pitch && right > left; x += pitch) {
        cairo_move_to(cr, x - shift, top);
        cairo_line_to(cr, x - shift - direction * height, bottom);
    }
    tau_theme_set_color(cr, not_finite ? tau_color_mix(theme->not_finite, theme->ink, 0.45) : theme->hatch,
                        1);
    cairo_set_line_width(cr, theme->hairline * 0.9);
    cairo_stroke(cr);
    cairo_restore(cr);
}

/* ---- axes ---- */

static void draw_ticks(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_rect *plot = &panel->plot;
    double tick = plan->theme.tick, bottom = plot->y + plot->height, right = plot->x + plot->width;
    for (int i = 0; i < panel->x.ticks.count; i++) {
        double x = tau_plan_get_x(panel, panel->x.ticks.position[i]);
        cairo_move_to(cr, x, bottom);
        cairo_line_to(cr, x, bottom + tick);
    }
    for (int i = 0; i < panel->y.ticks.count; i++) {
        double y = tau_plan_get_y(panel, panel->y.ticks.position[i]);
        cairo_move_to(cr, plot->x, y);
        cairo_line_to(cr, plot->x - tick, y);
    }
    for (int i = 0; i < panel->right.ticks.count && panel->has_right; i++) {
        double share =
            (panel->right.hi - panel->right.ticks.position[i]) / (panel->right.hi - panel->right.lo);
        cairo_move_to(cr, right, plot->y + share * plot->height);
        cairo_line_to(cr, right + tick, plot->y + share * plot->height);
    }
    cairo_stroke(cr);
}

/* A plane has a frame; a line plot only the axes it uses. */
void tau_draw_axes(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    const tau_rect *plot = &panel->plot;
    cairo_set_line_width(cr, plan->theme.hairline);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    cairo_set_dash(cr, NULL, 0, 0);
    tau_theme_set_color(cr, plan->theme.frame, 1);
    draw_ticks(cr, plan, panel);
    if (!panel->is_line) {
        cairo_rectangle(cr, plot->x, plot->y, plot->width, plot->height);
    } else {
        cairo_move_to(cr, plot->x, plot->y);
        cairo_line_to(cr, plot->x, plot->y + plot->height);
        cairo_line_to(cr, plot->x + plot->width, plot->y + plot->height);
        if (panel->has_right) cairo_line_to(cr, plot->x + plot->width, plot->y);
    }
    cairo_stroke(cr);
}

/* ---- colour bar ---- */

static void fill_gradient(cairo_t *cr, const tau_plan *plan, tau_rect bar) {
    cairo_pattern_t *gradient = cairo_pattern_create_linear(0, bar.y + bar.height, 0, bar.y);
    for (int i = 0; i < 256; i += 3) {
        tau_color color = tau_colormap_get(&plan->colormap, i / 255.0);
        cairo_pattern_add_color_stop_rgb(gradient, i / 255.0, color.r, color.g, color.b);
    }
    cairo_set_source(cr, gradient);
    cairo_rectangle(cr, bar.x, bar.y, bar.width, bar.height);
    cairo_fill(cr);
    cairo_pattern_destroy(gradient);
}

static void fill_bands(cairo_t *cr, const tau_plan *plan, const tau_scale *scale, tau_rect bar) {
    int bands = scale->levels.count + 1;
    for (int k = 0; k < bands; k++) { /* from the whole bar upwards, so that no seam shows the paper */
        double height = bar.height * (bands - k) / bands;
        tau_theme_set_color(cr, tau_draw_get_band_color(plan, scale, k), 1);
        cairo_rectangle(cr, bar.x, bar.y, bar.width, height);
        cairo_fill(cr);
    }
}

void tau_draw_colorbar(cairo_t *cr, const tau_plan *plan, const tau_scale *scale, tau_rect bar) {
    const tau_theme *theme = &plan->theme;
    if (scale->banded)
        fill_bands(cr, plan, scale, bar);
    else
        fill_gradient(cr, plan, bar);
    cairo_set_line_width(cr, theme->hairline);
    tau_theme_set_color(cr, theme->frame, 1);
    int bands = scale->levels.count + 1;
    for (int k = 1; k < bands && scale->banded; k++) {
        double y = bar.y + bar.height * k / bands;
        cairo_move_to(cr, bar.x, y);
        cairo_line_to(cr, bar.x + bar.width, y);
    }
    cairo_rectangle(cr, bar.x, bar.y, bar.width, bar.height);
    cairo_stroke(cr);
}

/* ---- legend ---- */

static size_t count_curves(const tau_plan *plan) {
    size_t most = 0;
    for (size_t i = 0; i < plan->panel_count; i++)
        if (plan->panels[i].panel->curve_count > most) most = plan->panels[i].panel->curve_count;
    return most;
}

static void draw_line_symbol(cairo_t *cr, const tau_plan *plan, const tau_legend_entry *entry) {
    tau_rect place = entry->place;
    double y = place.y + place.height / 2, middle = place.x + place.width / 2;
    size_t curves = count_curves(plan);
    bool accuracy = entry->symbol == TAU_LEGEND_SYMBOL_ACCURACY;
    cairo_move_to(cr, place.x, y);
    cairo_line_to(cr, place.x + place.width, y);
    if (entry->symbol == TAU_LEGEND_SYMBOL_PATH) {
        tau_draw_stroke_path(cr, plan, entry->series);
        tau_draw_marker(cr, plan, entry->marker, middle, y, plan->theme.marker * 0.7,
                        tau_theme_get_series_color(entry->series));
        return;
    }
    tau_draw_stroke_curve(cr, plan, curves, entry->series, accuracy);
    if (!accuracy && curves > 1)
        tau_draw_marker(cr, plan, entry->marker, middle, y, plan->theme.marker * 0.8,
                        tau_draw_get_curve_color(plan, curves, entry->series, false));
}

static void draw_symbol(cairo_t *cr, const tau_plan *plan, const tau_legend_entry *entry) {
    tau_rect place = entry->place;
    double x = place.x + place.width / 2, y = place.y + place.height / 2, radius = plan->theme.marker;
    switch (entry->symbol) {
    case TAU_LEGEND_SYMBOL_LOSS:
    case TAU_LEGEND_SYMBOL_ACCURACY:
    case TAU_LEGEND_SYMBOL_PATH:
        draw_line_symbol(cr, plan, entry);
        break;
    case TAU_LEGEND_SYMBOL_BAND:
        tau_theme_set_color(cr, tau_draw_get_curve_color(plan, count_curves(plan), entry->series, false),
                            0.25);
        cairo_rectangle(cr, place.x, place.y, place.width, place.height);
        cairo_fill(cr);
        break;
    case TAU_LEGEND_SYMBOL_MARKER:
        tau_draw_marker(cr, plan, entry->marker, x, y, radius, plan->theme.ink);
        break;
    case TAU_LEGEND_SYMBOL_TRUE_LOSS:
        tau_draw_value_mark(cr, plan, x, y, radius * 0.8, tau_colormap_get(&plan->colormap, 0.6));
        break;
    case TAU_LEGEND_SYMBOL_ABOVE:
        tau_draw_marker(cr, plan, TAU_MARKER_TRIANGLE, x, y, radius * 0.8, plan->theme.ink);
        break;
    case TAU_LEGEND_SYMBOL_NOT_FINITE:
    case TAU_LEGEND_SYMBOL_NOT_COMPUTED:
        cairo_rectangle(cr, place.x, place.y, place.width, place.height);
        tau_draw_fill_gap(cr, plan, entry->symbol == TAU_LEGEND_SYMBOL_NOT_FINITE);
        cairo_rectangle(cr, place.x, place.y, place.width, place.height);
        cairo_set_line_width(cr, plan->theme.hairline);
        tau_theme_set_color(cr, plan->theme.frame, 1);
        cairo_stroke(cr);
        break;
    }
}

void tau_draw_legend(cairo_t *cr, const tau_plan *plan) {
    for (size_t i = 0; i < plan->legend_count; i++) {
        cairo_save(cr);
        draw_symbol(cr, plan, &plan->legend[i]);
        cairo_restore(cr);
    }
}

/* ---- the page ---- */

static void draw_panel(cairo_t *cr, const tau_plan *plan, const tau_panel_plan *panel) {
    cairo_save(cr);
    cairo_rectangle(cr, panel->plot.x, panel->plot.y, panel->plot.width, panel->plot.height);
    cairo_clip(cr);
    if (panel->grid.z) {
        tau_draw_gaps(cr, plan, panel);
        if (panel->as_cells)
            tau_draw_cells(cr, plan, panel);
        else
            tau_draw_field(cr, plan, panel);
    }
    cairo_restore(cr);
    cairo_save(cr);
    if (panel->is_line) {
        tau_draw_curves(cr, plan, panel);
    } else {
        tau_draw_marks(cr, plan, panel);
        tau_draw_paths(cr, plan, panel);
    }
    cairo_restore(cr);
    tau_draw_axes(cr, plan, panel);
    if (panel->bar.width > 0) tau_draw_colorbar(cr, plan, &panel->scale, panel->bar);
}

void tau_draw_page(cairo_t *cr, const tau_plan *plan, bool paper) {
    if (paper) {
        tau_theme_set_color(cr, plan->theme.paper, 1);
        cairo_paint(cr);
    }
    tau_text_set_options(cr);
    for (size_t i = 0; i < plan->panel_count; i++) draw_panel(cr, plan, &plan->panels[i]);
    for (size_t i = 0; i < plan->panel_count && plan->bar.width > 0; i++) {
        if (!plan->panels[i].grid.z) continue;
        tau_draw_colorbar(cr, plan, &plan->panels[i].scale, plan->bar);
        break;
    }
    tau_draw_legend(cr, plan);
    tau_draw_labels(cr, plan);
}
