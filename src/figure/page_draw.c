#include <math.h>

#include "figure/draw.h"
#include "figure/page.h"

/* ---- areas ---- */

static void hatch_path(cairo_t *cr, const tau_theme *theme, const tau_look *look) {
    double left, top, right, bottom, pitch = theme->font * 0.45;
    cairo_save(cr);
    cairo_clip(cr);
    cairo_clip_extents(cr, &left, &top, &right, &bottom);
    double height = bottom - top, direction = look->hatch == TAU_HATCH_RISING ? -1 : 1;
    /* Lines start at multiples of the pitch on the page, so that neighbours continue each other. */
    double first = floor((left - height) / pitch) * pitch, shift = fmod(top, pitch) * direction;
    for (double x = first - pitch; right > left && x <= right + height + pitch; x += pitch) {
        cairo_move_to(cr, x + shift, top);
        cairo_line_to(cr, x + shift + direction * height, bottom);
    }
    tau_theme_set_color(cr, tau_color_mix(look->color, theme->paper, 0.75), 1);
    cairo_set_line_width(cr, theme->hairline * 1.3);
    cairo_stroke(cr);
    cairo_restore(cr);
}

static void add_polygon(cairo_t *cr, const tau_chart *chart, const tau_chart_shape *shape) {
    cairo_new_path(cr);
    for (size_t i = 0; i < shape->count; i++)
        cairo_line_to(cr, tau_chart_get_x(chart, shape->points[i][0]),
                      tau_chart_get_y(chart, shape->points[i][1], shape->right));
    cairo_close_path(cr);
}

static double opacity_of(const tau_look *look) {
    return look->opacity > 0 ? look->opacity : 1;
}

static void draw_area(cairo_t *cr, const tau_theme *theme, const tau_chart *chart,
                      const tau_chart_shape *shape) {
    const tau_look *look = &shape->look;
    add_polygon(cr, chart, shape);
    tau_theme_set_color(cr, look->color, opacity_of(look));
    if (look->hatch == TAU_HATCH_NONE && !look->outline) {
        cairo_fill(cr);
        return;
    }
    cairo_fill_preserve(cr);
    if (look->hatch != TAU_HATCH_NONE) {
        hatch_path(cr, theme, look);
        add_polygon(cr, chart, shape);
    }
    tau_theme_set_color(cr, look->color, 1);
    cairo_set_line_width(cr, theme->hairline);
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_stroke(cr);
}

/* ---- lines ---- */

/* Far outside the plot, where the coordinates of cairo end. */
static double keep_near(double value, double start, double extent) {
    return fmin(fmax(value, start - 4 * extent), start + 5 * extent);
}

static bool find_place(const tau_chart *chart, const tau_chart_shape *shape, size_t i, double *x, double *y) {
    double a = shape->points[i][0], b = shape->points[i][1];
    if (!isfinite(a) || !isfinite(b)) return false;
    *x = keep_near(tau_chart_get_x(chart, a), chart->plot.x, chart->plot.width);
    *y = keep_near(tau_chart_get_y(chart, b, shape->right), chart->plot.y, chart->plot.height);
    return true;
}

static void set_line(cairo_t *cr, const tau_theme *theme, const tau_look *look) {
    double width = theme->line * (look->width > 0 ? look->width : 1);
    cairo_set_line_width(cr, width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, look->dash ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    tau_theme_set_series_dash(cr, look->dash, width);
    tau_theme_set_color(cr, look->color, opacity_of(look));
}

/* A point between two gaps would not be seen. */
static void add_dot(cairo_t *cr, double x, double y, double radius) {
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
}

/* Points nearer than a part of a line's width change nothing and cost time. */
static void draw_line(cairo_t *cr, const tau_theme *theme, const tau_chart *chart,
                      const tau_chart_shape *shape) {
    bool drawing = false;
    double x, y, last_x = 0, last_y = 0, step = theme->hairline * 0.5;
    cairo_new_path(cr);
    for (size_t i = 0; i < shape->count; i++) {
        bool there = find_place(chart, shape, i, &x, &y);
        bool ends =
            i + 1 == shape->count || !isfinite(shape->points[i + 1][0]) || !isfinite(shape->points[i + 1][1]);
        if (there && drawing && !ends && fabs(x - last_x) + fabs(y - last_y) < step) continue;
        if (there && !drawing) {
            if (ends) add_dot(cr, x, y, theme->line);
            cairo_move_to(cr, x, y);
        } else if (there) {
            cairo_line_to(cr, x, y);
        }
        drawing = there;
        last_x = x, last_y = y;
    }
    set_line(cr, theme, &shape->look);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
}

/* ---- dots ---- */

static void paint_markers(cairo_t *cr, const tau_theme *theme, const tau_look *look) {
    tau_theme_set_color(cr, look->color, opacity_of(look));
    cairo_set_line_width(cr, theme->line);
    if (look->marker == TAU_MARKER_CROSS || look->marker == TAU_MARKER_PLUS)
        cairo_stroke(cr);
    else
        cairo_fill(cr);
}

static void draw_dots(cairo_t *cr, const tau_theme *theme, const tau_chart *chart,
                      const tau_chart_shape *shape) {
    const tau_look *look = &shape->look;
    double x, y, radius = theme->marker * (look->size > 0 ? look->size : 1);
    cairo_new_path(cr);
    for (size_t i = 0; i < shape->count; i++) {
        if (!find_place(chart, shape, i, &x, &y)) continue;
        tau_theme_add_marker(cr, look->marker, x, y, radius);
        if (look->rim) {
            tau_theme_set_color(cr, theme->paper, 1);
            cairo_set_line_width(cr, theme->hairline * 2.4);
            cairo_stroke_preserve(cr);
        }
        if (!look->rim && i % 256 != 255 && i + 1 < shape->count)
            continue; /* few long paths are slower than many */
        paint_markers(cr, theme, look);
    }
    paint_markers(cr, theme, look);
}

static void draw_image(cairo_t *cr, const tau_chart *chart, const tau_chart_shape *shape) {
    double left = tau_chart_get_x(chart, shape->points[0][0]),
           right = tau_chart_get_x(chart, shape->points[1][0]);
    double top = tau_chart_get_y(chart, shape->points[0][1], false);
    double bottom = tau_chart_get_y(chart, shape->points[1][1], false);
    cairo_save(cr);
    cairo_translate(cr, left, top);
    cairo_scale(cr, (right - left) / cairo_image_surface_get_width(shape->image),
                (bottom - top) / cairo_image_surface_get_height(shape->image));
    cairo_set_source_surface(cr, shape->image, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
    cairo_paint(cr);
    cairo_restore(cr);
}

static void draw_shape(cairo_t *cr, const tau_theme *theme, const tau_chart *chart,
                       const tau_chart_shape *shape) {
    switch (shape->kind) {
    case TAU_CHART_SHAPE_KIND_LINE:
        draw_line(cr, theme, chart, shape);
        break;
    case TAU_CHART_SHAPE_KIND_AREA:
        draw_area(cr, theme, chart, shape);
        break;
    case TAU_CHART_SHAPE_KIND_DOTS:
        draw_dots(cr, theme, chart, shape);
        break;
    case TAU_CHART_SHAPE_KIND_IMAGE:
        draw_image(cr, chart, shape);
        break;
    }
}

/* ---- axes and legend ---- */

static void add_ticks(cairo_t *cr, const tau_theme *theme, const tau_chart *chart) {
    const tau_rect *plot = &chart->plot;
    double bottom = plot->y + plot->height, right = plot->x + plot->width;
    for (int i = 0; i < chart->x.ticks.count; i++) {
        double x = tau_chart_get_x(chart, chart->x.ticks.position[i]);
        cairo_move_to(cr, x, bottom);
        cairo_line_to(cr, x, bottom + theme->tick);
    }
    for (int i = 0; i < chart->y.ticks.count; i++) {
        double y = tau_chart_get_y(chart, chart->y.ticks.position[i], false);
        cairo_move_to(cr, plot->x, y);
        cairo_line_to(cr, plot->x - theme->tick, y);
    }
    for (int i = 0; i < chart->right.ticks.count && chart->has_right; i++) {
        double y = tau_chart_get_y(chart, chart->right.ticks.position[i], true);
        cairo_move_to(cr, right, y);
        cairo_line_to(cr, right + theme->tick, y);
    }
    cairo_stroke(cr);
}

static void draw_axes(cairo_t *cr, const tau_theme *theme, const tau_chart *chart) {
    const tau_rect *plot = &chart->plot;
    cairo_new_path(cr);
    cairo_set_line_width(cr, theme->hairline);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    cairo_set_dash(cr, NULL, 0, 0);
    tau_theme_set_color(cr, theme->frame, 1);
    add_ticks(cr, theme, chart);
    if (chart->boxed) {
        cairo_rectangle(cr, plot->x, plot->y, plot->width, plot->height);
    } else {
        cairo_move_to(cr, plot->x, chart->y.hidden ? plot->y + plot->height : plot->y);
        cairo_line_to(cr, plot->x, plot->y + plot->height);
        if (!chart->x.hidden) cairo_line_to(cr, plot->x + plot->width, plot->y + plot->height);
        if (chart->has_right) cairo_line_to(cr, plot->x + plot->width, plot->y);
    }
    cairo_stroke(cr);
}

/* The legend shows a chart of its own size with one shape. */
static void draw_key(cairo_t *cr, const tau_theme *theme, const tau_chart_key *key) {
    double line[2][2] = {{0, 0.5}, {1, 0.5}}, corners[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}},
           middle[1][2] = {{0.5, 0.5}};
    const tau_chart small = {.x = {.lo = 0, .hi = 1}, .y = {.lo = 0, .hi = 1}, .plot = key->place};
    tau_chart_shape shape = {.look = key->look};
    switch (key->kind) {
    case TAU_KEY_KIND_LINE:
        shape.kind = TAU_CHART_SHAPE_KIND_LINE, shape.points = line, shape.count = 2;
        break;
    case TAU_KEY_KIND_AREA:
        shape.kind = TAU_CHART_SHAPE_KIND_AREA, shape.points = corners, shape.count = 4;
        break;
    case TAU_KEY_KIND_DOTS:
        shape.kind = TAU_CHART_SHAPE_KIND_DOTS, shape.points = middle, shape.count = 1;
        shape.look.opacity = 1;
        shape.look.size = fmax(key->look.size, 0.8);
        break;
    case TAU_KEY_KIND_NOTE:
        return;
    }
    draw_shape(cr, theme, &small, &shape);
}

static void draw_chart(cairo_t *cr, const tau_theme *theme, const tau_chart *chart) {
    cairo_save(cr);
    cairo_rectangle(cr, chart->plot.x, chart->plot.y, chart->plot.width, chart->plot.height);
    cairo_clip(cr);
    for (size_t i = 0; i < chart->shape_count; i++) draw_shape(cr, theme, chart, &chart->shapes[i]);
    cairo_restore(cr);
    draw_axes(cr, theme, chart);
    for (size_t i = 0; i < chart->key_count; i++) draw_key(cr, theme, &chart->keys[i]);
}

void tau_page_draw(cairo_t *cr, const tau_page *page, bool paper) {
    if (paper) {
        tau_theme_set_color(cr, page->plan.theme.paper, 1);
        cairo_paint(cr);
    }
    tau_text_set_options(cr);
    for (size_t i = 0; i < page->chart_count; i++) draw_chart(cr, &page->plan.theme, &page->charts[i]);
    cairo_new_path(cr);
    tau_draw_labels(cr, &page->plan);
}
