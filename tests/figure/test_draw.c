#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/draw.h"
#include "scenes.h"

/* A picture on a surface of one pixel a point. */
typedef struct canvas {
    tau_plan *plan;
    cairo_surface_t *surface;
} canvas;

static canvas paint(const tau_figure *figure) {
    canvas c;
    cr_assert_eq(tau_plan_create(&c.plan, figure), TAU_STATUS_OK, "%s", tau_error_last()->why);
    c.surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)c.plan->layout.width, (int)c.plan->layout.height);
    cairo_t *cr = cairo_create(c.surface);
    tau_draw_page(cr, c.plan, true);
    cr_assert_eq(cairo_status(cr), CAIRO_STATUS_SUCCESS);
    cairo_destroy(cr);
    cairo_surface_flush(c.surface);
    return c;
}

static void release(canvas *c) {
    cairo_surface_destroy(c->surface);
    tau_plan_destroy(c->plan);
}

static uint32_t get_pixel(const canvas *c, double x, double y) {
    uint32_t pixel;
    memcpy(&pixel,
           cairo_image_surface_get_data(c->surface) +
               (size_t)y * (size_t)cairo_image_surface_get_stride(c->surface) + 4 * (size_t)x,
           4);
    return pixel & 0xffffff;
}

/* The pixel at data coordinates of the first panel. */
static uint32_t get_pixel_at(const canvas *c, double x, double y) {
    return get_pixel(c, tau_plan_get_x(&c->plan->panels[0], x), tau_plan_get_y(&c->plan->panels[0], y));
}

static int distance(uint32_t pixel, int r, int g, int b) {
    return abs((int)(pixel >> 16) - r) + abs((int)(pixel >> 8 & 255) - g) + abs((int)(pixel & 255) - b);
}

static tau_figure make_figure(const tau_figure_panel *panel, tau_figure_kind kind) {
    tau_figure figure = {.options = tau_figure_default_options(), .panels = panel, .panel_count = 1};
    figure.options.kind = kind;
    return figure;
}

TestSuite(draw, .fini = tau_figure_finish);

Test(draw, heat_map_cells_stand_where_their_points_are) {
    const double ends[3] = {0, 1, 2}, value[9] = {0, 10, 5, 3, 4, 5, 10, NAN, 0};
    const tau_field field = {.nx = 3, .ny = 3, .alpha = ends, .beta = ends, .value = value};
    const tau_figure_panel panel = {.field = &field};
    const tau_figure figure = make_figure(&panel, TAU_FIGURE_KIND_HEATMAP);
    canvas c = paint(&figure);
    cr_assert_lt(distance(get_pixel_at(&c, 0, 0), 68, 1, 84), 6, "lowest");
    cr_assert_lt(distance(get_pixel_at(&c, 1, 0), 253, 231, 37), 6, "highest, to the right");
    cr_assert_lt(distance(get_pixel_at(&c, 0, 2), 253, 231, 37), 6, "highest, above");
    cr_assert_lt(distance(get_pixel_at(&c, 2, 2), 68, 1, 84), 6);
    cr_assert_lt(distance(get_pixel_at(&c, 2, 1), 33, 145, 140), 12, "the middle of viridis");
    uint32_t gap = get_pixel_at(&c, 1, 2);
    cr_assert((gap >> 16) > (gap >> 8 & 255) + 30, "not finite is reddish: %06x", gap);
    release(&c);
}

Test(draw, unevenly_spaced_cells_end_half_way) {
    const double x[3] = {0, 1, 4}, y[2] = {0, 1}, value[6] = {0, 10, 0, 0, 10, 0};
    const tau_field field = {.nx = 3, .ny = 2, .alpha = x, .beta = y, .value = value};
    const tau_figure_panel panel = {.field = &field};
    const tau_figure figure = make_figure(&panel, TAU_FIGURE_KIND_HEATMAP);
    canvas c = paint(&figure);
    cr_assert_lt(distance(get_pixel_at(&c, 0.4, 0), 68, 1, 84), 6);
    cr_assert_lt(distance(get_pixel_at(&c, 0.6, 0), 253, 231, 37), 6);
    cr_assert_lt(distance(get_pixel_at(&c, 2.4, 0), 253, 231, 37), 6);
    cr_assert_lt(distance(get_pixel_at(&c, 2.6, 0), 68, 1, 84), 6);
    release(&c);
}

static double slope(double x, double y) {
    return x + 0 * y;
}

Test(draw, bands_change_at_the_levels) {
    scene s = {0};
    const double levels[2] = {-0.5, 0.5};
    const tau_figure_panel panel = {.field = scene_add_field(&s, 21, 21, 1, slope)};
    tau_figure figure = make_figure(&panel, TAU_FIGURE_KIND_FILLED);
    figure.options.levels = levels, figure.options.levels_given = 2;
    canvas c = paint(&figure);
    for (double y = -0.9; y < 1; y += 0.3) {
        cr_assert_lt(distance(get_pixel_at(&c, -0.6, y), 68, 1, 84), 6);
        cr_assert_lt(distance(get_pixel_at(&c, -0.4, y), 33, 145, 140), 9);
        cr_assert_lt(distance(get_pixel_at(&c, 0.4, y), 33, 145, 140), 9);
        cr_assert_lt(distance(get_pixel_at(&c, 0.6, y), 253, 231, 37), 6);
    }
    release(&c);
    scene_release(&s);
}

Test(draw, what_was_not_computed_is_hatched) {
    scene s = {0};
    tau_field *field = scene_add_field(&s, 21, 21, 1, slope);
    uint8_t done[21 * 21];
    for (int i = 0; i < 21 * 21; i++) done[i] = i / 21 < 10;
    field->done = done;
    const tau_figure_panel panel = {.field = field};
    const tau_figure figure = make_figure(&panel, TAU_FIGURE_KIND_HEATMAP);
    canvas c = paint(&figure);
    int light = 0, dark = 0;
    for (double x = -0.9; x < 0.9; x += 0.01) {
        uint32_t pixel = get_pixel_at(&c, x, 0.5);
        cr_assert_lt(abs((int)(pixel >> 16) - (int)(pixel & 255)), 4, "grey only: %06x", pixel);
        light += (pixel & 255) > 240;
        dark += (pixel & 255) < 215;
    }
    cr_assert(light > 20 && dark > 10, "%d light, %d dark", light, dark);
    release(&c);
    scene_release(&s);
}

Test(draw, a_path_lies_at_its_coordinates) {
    const double coords[2][2] = {{-0.5, 0.5}, {0.5, 0.5}}, outside[2][2] = {{1e30, 1e30}, {NAN, 0}};
    scene s = {0};
    const tau_path paths[2] = {{.count = 2, .coords = coords}, {.count = 2, .coords = outside}};
    const tau_figure_panel panel = {
        .field = scene_add_field(&s, 21, 21, 1, slope), .paths = paths, .path_count = 2};
    const tau_figure figure = make_figure(&panel, TAU_FIGURE_KIND_FILLED);
    canvas c = paint(&figure);
    double x = tau_plan_get_x(&c.plan->panels[0], 0), y = tau_plan_get_y(&c.plan->panels[0], 0.5);
    int nearest = 1000; /* a thin line may be shared by two rows */
    for (int row = -1; row <= 1; row++) {
        int difference = distance(get_pixel(&c, x, y + row), 0, 114, 178);
        if (difference < nearest) nearest = difference;
    }
    cr_assert_lt(nearest, 90, "the blue of the first series");
    release(&c);
    scene_release(&s);
}

/* Every combination of hostile values ends in a picture or an error. */
Test(draw, hostile_values_are_survived) {
    const double values[] = {0, -1, 1e308, -1e308, 1e-320, INFINITY, -INFINITY, NAN, 2.5};
    const double ends[3] = {-1e300, 0, 1e300};
    unsigned state = 1;
    for (int round = 0; round < 300; round++) {
        double value[9];
        uint8_t done[9];
        for (int i = 0; i < 9; i++) {
            state = state * 1664525u + 1013904223u;
            value[i] = values[(state >> 16) % (sizeof values / sizeof values[0])];
            done[i] = (uint8_t)(state >> 28);
        }
        const tau_field field = {
            .nx = 3, .ny = 3, .alpha = ends, .beta = ends, .value = value, .done = round % 2 ? done : NULL};
        const tau_curve curve = {.count = 3,
                                 .alpha = ends,
                                 .loss = value,
                                 .loss_se = value + 3,
                                 .right = value + 6,
                                 .share = true};
        const tau_figure_panel panels[2] = {{.field = &field, .mark_minimum = true},
                                            {.curves = &curve, .curve_count = 1}};
        tau_figure figure = make_figure(panels, (tau_figure_kind)(round % 3));
        figure.panel_count = 2;
        figure.options.log = round % 5 == 0;
        canvas c = paint(&figure);
        size_t a, b;
        cr_assert_not(tau_layout_find_fault(&c.plan->layout, &a, &b), "round %d: %s, %s", round,
                      c.plan->layout.labels[a].text, c.plan->layout.labels[b].text);
        release(&c);
    }
}

static bool says(const canvas *c, const char *text) {
    for (size_t i = 0; i < c->plan->layout.label_count; i++)
        if (strcmp(c->plan->layout.labels[i].text, text) == 0) return true;
    return false;
}

Test(draw, a_metric_is_named_and_its_gaps_are_not_defined) {
    static const double axis[2] = {0, 1}, value[4] = {0.5, 0.625, NAN, 0.75}, low[2] = {-0.5, 0.5};
    const tau_field field = {
        .nx = 2, .ny = 2, .alpha = axis, .beta = axis, .value = value, .name = "mcc", .share = true};
    const tau_curve curve = {
        .count = 2, .alpha = axis, .loss = value, .right = low, .metric = "mcc", .share = true};
    const tau_figure_panel plane = {.field = &field}, line = {.curves = &curve, .curve_count = 1};
    tau_figure figure = make_figure(&plane, TAU_FIGURE_KIND_HEATMAP);
    canvas c = paint(&figure);
    cr_assert(says(&c, "mcc") && says(&c, "not defined (1)") && !says(&c, "not finite (1)"));
    cr_assert(c.plan->panels[0].scale.lo == 0 && c.plan->panels[0].scale.hi == 1);
    release(&c);
    figure = make_figure(&line, TAU_FIGURE_KIND_CONTOUR);
    c = paint(&figure);
    cr_assert(says(&c, "mcc") && !says(&c, "accuracy"));
    cr_assert(c.plan->panels[0].right.lo < -0.5 && c.plan->panels[0].right.hi > 1);
    release(&c);
}
