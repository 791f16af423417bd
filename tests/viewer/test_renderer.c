#include <math.h>
#include <stdio.h>
#include <string.h>

#include "canvas.h"

static int distance(const uint8_t *pixel, int r, int g, int b) {
    return abs(pixel[0] - r) + abs(pixel[1] - g) + abs(pixel[2] - b);
}

static double slope(double x, double y) {
    return x + 0 * y;
}

/* The pixel of a map over (alpha, beta). */
static const uint8_t *get_at(const canvas *c, double alpha, double beta) {
    double plot[4], lo[2], hi[2];
    tau_renderer_get_plot(c->renderer, TAU_RENDERER_IMAGE_SLOT, plot);
    tau_renderer_get_region(c->renderer, TAU_RENDERER_IMAGE_SLOT, lo, hi);
    return canvas_get(c, plot[0] + (alpha - lo[0]) / (hi[0] - lo[0]) * plot[2],
                      plot[1] + (hi[1] - beta) / (hi[1] - lo[1]) * plot[3]);
}

static void release(canvas *c, picture *p) {
    picture_release(p);
    canvas_release(c);
}

static picture make_map(double (*f)(double, double)) {
    picture p = picture_create(PICTURE_MAP);
    picture_add_field(&p, 41, 41, 1, f);
    p.view.isolines = false;
    p.view.range_lo = -1, p.view.range_hi = 1;
    return p;
}

Test(renderer, a_map_has_its_colours_in_their_places) {
    canvas c = canvas_create(400, 300);
    picture p = make_map(slope);
    canvas_draw(&c, &p, "slope");
    cr_expect_lt(distance(get_at(&c, -0.99, 0), 68, 1, 84), 16, "lowest");
    cr_expect_lt(distance(get_at(&c, 0, 0), 33, 145, 140), 16, "the middle of viridis");
    cr_expect_lt(distance(get_at(&c, 0.98, 0), 253, 231, 37), 30, "highest");
    release(&c, &p);
}

Test(renderer, the_colour_bar_is_where_it_says) {
    canvas c = canvas_create(400, 300);
    picture p = make_map(slope);
    double bar[4], lo, hi;
    canvas_draw(&c, &p, "bar");
    cr_assert(tau_renderer_get_colorbar(c.renderer, TAU_RENDERER_IMAGE_SLOT, bar, &lo, &hi));
    cr_expect_float_eq(lo, -1, 1e-9);
    cr_expect_float_eq(hi, 1, 1e-9);
    const double middle = bar[0] + bar[2] / 2;
    cr_expect_lt(distance(canvas_get(&c, middle, bar[1] + bar[3] - 3), 68, 1, 84), 30);
    cr_expect_lt(distance(canvas_get(&c, middle, bar[1] + bar[3] / 2), 33, 145, 140), 16);
    cr_expect_lt(distance(canvas_get(&c, middle, bar[1] + 3), 253, 231, 37), 40);
    p.view.colorbar = false;
    canvas_draw(&c, &p, "no bar");
    cr_expect_not(tau_renderer_get_colorbar(c.renderer, TAU_RENDERER_IMAGE_SLOT, bar, &lo, &hi));
    release(&c, &p);
}

Test(renderer, a_map_shows_the_region_asked_for) {
    canvas c = canvas_create(400, 300);
    picture p = make_map(slope);
    double lo[2], hi[2];
    for (int axis = 0; axis < 2; axis++) p.view.map_lo[axis] = 0.5, p.view.map_hi[axis] = 0.75;
    canvas_draw(&c, &p, "zoomed");
    tau_renderer_get_region(c.renderer, TAU_RENDERER_IMAGE_SLOT, lo, hi);
    cr_assert_eq(lo[0], 0.5);
    cr_assert_eq(hi[1], 0.75);
    cr_expect_lt(distance(get_at(&c, 0.51, 0.6), 94, 201, 98), 30, "three quarters of viridis");
    release(&c, &p);
}

Test(renderer, contour_lines_lie_at_their_levels_and_nowhere_else) {
    canvas c = canvas_create(640, 480);
    picture p = make_map(slope);
    canvas_draw(&c, &p, "without");
    double plot[4];
    tau_renderer_get_plot(c.renderer, TAU_RENDERER_IMAGE_SLOT, plot);
    uint8_t *before = malloc(640 * 480 * 4);
    memcpy(before, c.rgba, 640 * 480 * 4);
    p.view.isolines = true;
    p.view.level_count = 9;
    canvas_draw(&c, &p, "with");
    int y = (int)(plot[1] + plot[3] / 2), lines = 0, changed = 0;
    bool inside = false;
    for (int x = (int)plot[0] + 2; x < (int)(plot[0] + plot[2]) - 2; x++) {
        const uint8_t *old = before + 4 * (y * 640 + x), *new = canvas_get(&c, x, y);
        bool differs = distance(new, old[0], old[1], old[2]) > 12;
        lines += differs && !inside;
        changed += differs;
        inside = differs;
    }
    cr_expect(lines >= 6 && lines <= 12, "%d lines", lines);
    cr_expect(changed <= 4 * lines, "%d pixels of %d lines: they are thin", changed, lines);
    free(before);
    release(&c, &p);
}

/* Grey patterns: nothing but lightness is left to tell the three kinds of gaps apart. */
Test(renderer, gaps_differ_without_colour) {
    canvas c = canvas_create(640, 480);
    picture p = picture_create(PICTURE_GAPS_MAP);
    p.view.isolines = false;
    canvas_draw(&c, &p, "gaps");
    static const double places[4][2] = {{-0.85, -0.85}, {0.7, 0.6}, {0.6, -0.7}, {-0.3, 0.4}};
    double rough[4] = {0}, mean[4] = {0};
    for (int i = 0; i < 4; i++) {
        const int side = 28;
        const uint8_t *at = get_at(&c, places[i][0], places[i][1]);
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) {
                const uint8_t *a = at + 4 * (y * 640 + x), *b = a + 4;
                mean[i] += (a[0] + a[1] + a[2]) / 3.0 / side / side;
                rough[i] += abs(a[0] + a[1] + a[2] - b[0] - b[1] - b[2]) / 3.0 / side / side;
            }
    }
    for (int i = 0; i < 3; i++) cr_expect_gt(rough[i], 8, "gap %d has a pattern: %.1f", i, rough[i]);
    cr_expect_lt(rough[3], 4, "the field has none: %.1f", rough[3]);
    cr_expect_gt(mean[0] - mean[1], 40, "not computed is lighter than not finite");
    release(&c, &p);
}

Test(renderer, nothing_is_drawn_above_the_clip) {
    canvas c = canvas_create(400, 300);
    picture p = picture_create(PICTURE_SURFACE);
    p.view.axes = p.view.colorbar = p.view.isolines = p.view.light = p.view.shading = false;
    p.scene.title = NULL;
    int yellow[2] = {0};
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) p.view.clip = 1.5, p.view.range_hi = 6.5;
        canvas_draw(&c, &p, "clip");
        for (int i = 0; i < 400 * 300; i++) yellow[pass] += distance(c.rgba + 4 * i, 220, 226, 40) < 60;
    }
    cr_expect_gt(yellow[0], 20);
    cr_expect_eq(yellow[1], 0, "%d pixels of the walls are left", yellow[1]);
    release(&c, &p);
}

Test(renderer, a_transparent_picture_has_no_ground) {
    canvas c = canvas_create(200, 150);
    picture p = picture_create(PICTURE_SURFACE);
    cr_assert_eq(tau_renderer_draw_image(c.renderer, &p.scene, &p.view, 200, 150, 1, true, c.rgba),
                 TAU_STATUS_OK);
    size_t clear = 0, opaque = 0;
    for (int i = 0; i < 200 * 150; i++) {
        clear += c.rgba[4 * i + 3] == 0;
        opaque += c.rgba[4 * i + 3] == 255;
    }
    cr_expect_gt(clear, 200 * 150 / 3);
    cr_expect_gt(opaque, 200 * 150 / 20);
    release(&c, &p);
}

Test(renderer, layers_keep_texts_and_axes_apart) {
    canvas c = canvas_create(400, 300);
    picture p = picture_create(PICTURE_SURFACE);
    tau_image_overlay overlay;
    cr_assert_eq(tau_renderer_draw_layers(c.renderer, &p.scene, &p.view, 400, 300, 1, c.rgba, &overlay),
                 TAU_STATUS_OK);
    cr_expect_gt(overlay.text_count, 8);
    cr_expect_gt(overlay.line_count, 12);
    bool title = false;
    for (size_t i = 0; i < overlay.text_count; i++) title |= strstr(overlay.texts[i].text, "MNIST") != NULL;
    cr_expect(title);
    for (int x = 0; x < 400; x++)
        cr_assert_eq(canvas_get(&c, x, 12)[3], 0, "the title is not among the pixels");
    release(&c, &p);
}

Test(renderer, a_field_that_changes_is_drawn_anew) {
    canvas c = canvas_create(200, 150);
    picture p = make_map(slope);
    canvas_draw(&c, &p, "before");
    int before = distance(get_at(&c, -0.9, 0), 68, 1, 84);
    double *value = (double *)p.scene.field->value;
    for (int i = 0; i < 41 * 41; i++) value[i] = -value[i];
    p.scene.version++;
    canvas_draw(&c, &p, "after");
    cr_expect_lt(before, 60);
    cr_expect_gt(distance(get_at(&c, -0.9, 0), 68, 1, 84), 150);
    release(&c, &p);
}

Test(renderer, arrows_and_lines_end_where_the_region_ends) {
    canvas c = canvas_create(300, 225);
    picture p = picture_create(PICTURE_SURFACE);
    static uint8_t plain[300 * 225 * 4];
    picture_add_field(&p, 21, 21, 1, picture_bowl);
    canvas_draw(&c, &p, "plain");
    memcpy(plain, c.rgba, sizeof plain);
    const tau_scene_arrow out = {{1, 0}, {1, 0}}, in = {{0, 0}, {1, 0}};
    const double beside[2][2] = {{1.2, -0.5}, {3, 0.5}}, across[2][2] = {{-3, 0}, {3, 0}};
    p.scene.arrows = &out;
    p.scene.arrow_count = 1;
    p.scene.profile = beside;
    canvas_draw(&c, &p, "outside");
    cr_expect_eq(memcmp(c.rgba, plain, sizeof plain), 0,
                 "what leads out of the region is not drawn on its floor");
    p.scene.profile = across;
    canvas_draw(&c, &p, "across");
    cr_expect_neq(memcmp(c.rgba, plain, sizeof plain), 0);
    p.scene.profile = NULL;
    p.scene.arrows = &in;
    canvas_draw(&c, &p, "inside");
    cr_expect_neq(memcmp(c.rgba, plain, sizeof plain), 0);
    release(&c, &p);
}

Test(renderer, views_side_by_side_do_not_touch_each_other) {
    canvas c = canvas_create(64, 64);
    picture p = picture_create(PICTURE_SURFACE);
    const tau_viewport left = {0, 0, 30, 64, 1}, right = {34, 0, 30, 64, 1};
    cr_assert_eq(tau_renderer_draw(c.renderer, 0, &p.scene, &p.view, &left), TAU_STATUS_OK);
    cr_assert_eq(tau_renderer_draw(c.renderer, 1, &p.scene, &p.view, &right), TAU_STATUS_OK);
    const tau_viewport nothing = {0, 0, 0, 64, 1};
    cr_assert_eq(tau_renderer_draw(c.renderer, 1, &p.scene, &p.view, &nothing), TAU_STATUS_USAGE);
    cr_assert_eq(tau_renderer_draw(c.renderer, 9, &p.scene, &p.view, &left), TAU_STATUS_USAGE);
    release(&c, &p);
}

/* Zoomed in a thousand million times, every step of the path crosses the picture. */
Test(renderer, a_path_is_seen_however_far_a_map_is_zoomed) {
    canvas c = canvas_create(200, 150);
    picture p = picture_create(PICTURE_PATHS_MAP);
    static double coords[500][2];
    for (int i = 0; i < 500; i++) coords[i][0] = coords[i][1] = i % 2 ? 1 : -1;
    tau_path paths[2] = {{.count = 500, .coords = (const double(*)[2])coords},
                         {.count = 500, .coords = (const double(*)[2])coords}};
    p.scene.paths = paths, p.scene.path_count = 2;
    p.scene.field = NULL;
    for (int axis = 0; axis < 2; axis++) p.view.map_lo[axis] = -1e-9, p.view.map_hi[axis] = 1e-9;
    canvas_draw(&c, &p, "zoomed");
    const uint8_t *middle = get_at(&c, 0, 0);
    cr_expect_lt(middle[0] + middle[1] + middle[2], 600, "the diagonal is drawn");
    release(&c, &p);
}

static void draw_size(canvas *c, size_t nx, size_t ny, double (*f)(double, double)) {
    for (int kind = 0; kind < 2; kind++) {
        picture p = picture_create(kind ? PICTURE_MAP : PICTURE_SURFACE);
        picture_add_field(&p, nx, ny, 1, f);
        char name[64];
        snprintf(name, sizeof name, "%zu x %zu", nx, ny);
        canvas_draw(c, &p, name);
        size_t drawn = 0;
        for (int i = 0; i < c->width * c->height; i++) {
            const uint8_t *pixel = c->rgba + 4 * i;
            drawn += abs(pixel[0] - pixel[2]) > 30 || abs(pixel[1] - pixel[2]) > 30;
        }
        cr_expect_gt(drawn, 20, "%s shows something", name);
        picture_release(&p);
    }
}

/* The accuracy is known where the loss has overflowed. */
Test(renderer, the_accuracy_of_a_line_goes_on_where_its_loss_is_not_finite) {
    canvas c = canvas_create(400, 300);
    picture p = picture_create(PICTURE_LINE);
    const tau_curve *curve = p.scene.curves;
    double *accuracy = (double *)curve->right;
    uint8_t *with = calloc(400 * 300, 4), *done = calloc(curve->count, 1);
    for (size_t i = 0; i < curve->count; i++) {
        done[i] = i < curve->count / 2 ? TAU_FIELD_STATE_DONE : TAU_FIELD_STATE_NOT_FINITE;
        if (done[i] == TAU_FIELD_STATE_NOT_FINITE) ((double *)curve->loss)[i] = INFINITY;
    }
    ((tau_curve *)curve)->done = done;
    canvas_draw(&c, &p, "with");
    memcpy(with, c.rgba, 400 * 300 * 4);
    for (size_t i = curve->count / 2; i < curve->count; i++) accuracy[i] = NAN;
    p.scene.version++;
    canvas_draw(&c, &p, "without");
    cr_assert(memcmp(with, c.rgba, 400 * 300 * 4) != 0);
    free(with);
    free(done);
    picture_release(&p);
    canvas_release(&c);
}

Test(renderer, every_size_of_field_is_drawn) {
    canvas c = canvas_create(200, 150);
    draw_size(&c, 1, 1, picture_bowl);
    draw_size(&c, 1, 17, picture_bowl);
    draw_size(&c, 17, 1, picture_bowl);
    draw_size(&c, 2, 2, picture_bowl);
    draw_size(&c, 1001, 1001, picture_bowl);
    canvas_release(&c);
}

/* Every combination of hostile values ends in a picture or an error. */
Test(renderer, hostile_values_are_survived) {
    static const double values[] = {0, -1, 1e308, -1e308, 1e-320, INFINITY, -INFINITY, NAN, 2.5};
    canvas c = canvas_create(64, 48);
    unsigned state = 1;
    for (int round = 0; round < 60; round++) {
        picture p = picture_create(round % 3 == 0   ? PICTURE_MAP
                                   : round % 3 == 1 ? PICTURE_PATH_STEMS
                                                    : PICTURE_LINE);
        double ends[3] = {-1, 0, 1}, value[9], coords[3][2];
        if (round % 4 == 0) ends[0] = -1e300, ends[2] = 1e300;
        uint8_t done[9];
        for (int i = 0; i < 9; i++) {
            state = state * 1664525u + 1013904223u;
            value[i] = values[(state >> 16) % (sizeof values / sizeof values[0])];
            done[i] = (uint8_t)(state >> 28);
            if (i < 6) coords[i / 2][i % 2] = values[(state >> 12) % (sizeof values / sizeof values[0])];
        }
        const tau_field field = {
            .nx = 3, .ny = 3, .alpha = ends, .beta = ends, .value = value, .done = round % 2 ? done : NULL};
        const tau_path path = {.count = 3, .coords = (const double(*)[2])coords, .loss_true = value};
        const tau_curve curve = {.count = 3,
                                 .alpha = ends,
                                 .loss = value,
                                 .loss_se = value + 3,
                                 .right = value + 6,
                                 .share = true};
        p.scene.field = &field;
        p.scene.paths = &path, p.scene.path_count = 1;
        p.scene.curves = &curve, p.scene.curve_count = 1;
        p.view.log = round % 5 == 0;
        p.view.time = round % 7 == 0 ? value[3] : NAN;
        p.view.range_hi = value[4];
        canvas_draw(&c, &p, "hostile");
        picture_release(&p);
    }
    canvas_release(&c);
}

Test(renderer, what_cannot_be_drawn_is_an_error) {
    canvas c = canvas_create(16, 16);
    const double falling[2] = {1, 0}, value[4] = {0, 1, 2, 3};
    const tau_field field = {.nx = 2, .ny = 2, .alpha = falling, .beta = falling, .value = value};
    const tau_scene scene = {.field = &field, .version = 1};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    cr_assert_eq(tau_renderer_draw_image(c.renderer, &scene, &view, 16, 16, 1, false, c.rgba),
                 TAU_STATUS_INPUT);
    const tau_scene empty = {0};
    cr_assert_eq(tau_renderer_draw_image(c.renderer, &empty, &view, 0, 16, 1, false, c.rgba),
                 TAU_STATUS_USAGE);
    strcpy(view.colormap, "no-such-map");
    cr_assert_eq(tau_renderer_draw_image(c.renderer, &empty, &view, 16, 16, 1, false, c.rgba),
                 TAU_STATUS_MISSING);
    canvas_release(&c);
}
