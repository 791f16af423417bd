#include <math.h>
#include <stdio.h>
#include <string.h>

#include "canvas.h"

/* Without a framebuffer nothing is drawn, and every text has its place. */
static void place_texts(const canvas *c, const picture *p, const char *name) {
    const tau_viewport viewport = {0, 0, c->width, c->height, 1};
    cr_assert_eq(tau_renderer_draw(c->renderer, 0, &p->scene, &p->view, &viewport), TAU_STATUS_OK,
                 "%s: %s: %s", name, tau_error_last()->what, tau_error_last()->why);
}

static bool overlap(const tau_axes_label *a, const tau_axes_label *b) {
    return fabs(a->x - b->x) < (a->width + b->width) / 2 && fabs(a->y - b->y) < (a->height + b->height) / 2;
}

static void check(const canvas *c, const char *name) {
    size_t count;
    const tau_axes_label *labels = tau_renderer_get_labels(c->renderer, 0, &count);
    cr_assert_gt(count, 0, "%s at %d x %d has no text", name, c->width, c->height);
    for (size_t i = 0; i < count; i++) {
        const tau_axes_label *l = &labels[i];
        cr_expect(l->x - l->width / 2 >= 0 && l->x + l->width / 2 <= c->width && l->y - l->height / 2 >= 0 &&
                      l->y + l->height / 2 <= c->height,
                  "%s at %d x %d: \"%s\" leaves the picture", name, c->width, c->height, l->text);
        for (size_t k = 0; k < i; k++)
            cr_expect_not(overlap(l, &labels[k]), "%s at %d x %d: \"%s\" and \"%s\" overlap", name, c->width,
                          c->height, l->text, labels[k].text);
    }
}

/* No text lies on another or leaves the picture, whatever is drawn. */
static void check_all(int width, int height) {
    canvas c = canvas_create(width, height);
    for (int kind = 0; kind < PICTURE_COUNT; kind++) {
        picture p = picture_create(kind);
        picture_fit(&p, width, height);
        place_texts(&c, &p, picture_get_name(kind));
        check(&c, picture_get_name(kind));
        picture_release(&p);
    }
    canvas_release(&c);
}

Test(labels, keep_clear_of_each_other_at_320x240) {
    check_all(320, 240);
}

Test(labels, keep_clear_of_each_other_at_800x600) {
    check_all(800, 600);
}

Test(labels, keep_clear_of_each_other_at_1280x720) {
    check_all(1280, 720);
}

Test(labels, keep_clear_of_each_other_at_2560x1440) {
    check_all(2560, 1440);
}

Test(labels, keep_clear_of_each_other_around_the_surface) {
    canvas c = canvas_create(480, 360);
    picture p = picture_create(PICTURE_TOOLS);
    picture_fit(&p, 480, 360);
    for (int yaw = -180; yaw < 180; yaw += 15) {
        for (int pitch = -30; pitch <= 90; pitch += 20) {
            char name[64];
            snprintf(name, sizeof name, "yaw %d pitch %d", yaw, pitch);
            p.view.camera.yaw = yaw, p.view.camera.pitch = pitch;
            place_texts(&c, &p, name);
            check(&c, name);
        }
    }
    picture_release(&p);
    canvas_release(&c);
}

static bool has_text(const canvas *c, const char *text) {
    size_t count;
    const tau_axes_label *labels = tau_renderer_get_labels(c->renderer, 0, &count);
    for (size_t i = 0; i < count; i++)
        if (strstr(labels[i].text, text)) return true;
    return false;
}

Test(labels, name_axes_title_series_and_gaps) {
    static const struct {
        picture_kind kind;
        const char *texts[6];
    } wanted[] = {
        {PICTURE_SURFACE, {"MNIST CNN", "α along δ", "β along η", "loss", "0.5"}},
        {PICTURE_MAP_LOG, {"α along δ", "β along η", "loss", "100"}},
        {PICTURE_LINE, {"loss", "accuracy", "standard error", "initial", "trained"}},
        {PICTURE_PATHS_MAP, {"SGD", "Adam", "RMSprop", "Nesterov"}},
        {PICTURE_GAPS, {"not finite", "not computed", "preview"}},
        {PICTURE_TOOLS, {"minimum 0.112", "pin 1"}},
    };
    canvas c = canvas_create(800, 600);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        picture p = picture_create(wanted[i].kind);
        picture_fit(&p, 800, 600);
        place_texts(&c, &p, picture_get_name(wanted[i].kind));
        for (int k = 0; k < 6 && wanted[i].texts[k]; k++)
            cr_expect(has_text(&c, wanted[i].texts[k]), "%s lacks \"%s\"", picture_get_name(wanted[i].kind),
                      wanted[i].texts[k]);
        picture_release(&p);
    }
    canvas_release(&c);
}

Test(labels, what_a_metric_has_not_is_not_defined) {
    canvas c = canvas_create(800, 600);
    picture p = picture_create(PICTURE_GAPS);
    ((tau_field *)p.scene.field)->share = true;
    picture_fit(&p, 800, 600);
    place_texts(&c, &p, "gaps of a metric");
    cr_assert(has_text(&c, "not defined") && !has_text(&c, "not finite"));
    picture_release(&p);
    canvas_release(&c);
}

/* A fitted surface is whole, large and named at every shape of picture, from every side and straight from
 * above. */
Test(labels, a_fitted_surface_has_room_for_its_names) {
    static const int sizes[][2] = {{400, 900}, {1600, 400}, {1280, 720}, {800, 600}};
    static const double poses[][2] = {{30, 32}, {0, 90}, {120, 20}};
    for (int s = 0; s < 4; s++) {
        canvas c = canvas_create(sizes[s][0], sizes[s][1]);
        picture p = picture_create(PICTURE_SURFACE);
        p.scene.xlabel = "α (PC 1, 71.3 %)", p.scene.ylabel = "β (PC 2, 14.5 %)";
        for (int i = 0; i < 3; i++) {
            char name[64];
            double plot[4], widest = 0, highest = 0;
            snprintf(name, sizeof name, "yaw %g pitch %g", poses[i][0], poses[i][1]);
            p.view.camera.yaw = poses[i][0], p.view.camera.pitch = poses[i][1];
            cr_assert_eq(tau_renderer_fit_camera(c.renderer, &p.scene, &p.view, c.width, c.height, 1, 0,
                                                 &p.view.camera),
                         TAU_STATUS_OK);
            place_texts(&c, &p, name);
            check(&c, name);
            cr_expect(has_text(&c, "α (PC 1, 71.3 %)") && has_text(&c, "β (PC 2, 14.5 %)"), "%s at %d x %d",
                      name, c.width, c.height);
            tau_renderer_get_plot(c.renderer, 0, plot);
            const tau_space *space = tau_renderer_get_space(c.renderer, 0);
            for (int corner = 0; corner < 8; corner++) {
                double world[3], x, y;
                for (int k = 0; k < 3; k++) world[k] = (corner >> k & 1 ? 1 : -1) * space->half[k];
                cr_assert(tau_camera_project(&p.view.camera, plot[2] / plot[3], world, &x, &y));
                widest = fmax(widest, fabs(x)), highest = fmax(highest, fabs(y));
            }
            cr_expect(widest < 0.97 && highest < 0.97 && fmax(widest, highest) > 0.7, "%s at %d x %d: %g, %g",
                      name, c.width, c.height, widest, highest);
        }
        picture_release(&p);
        canvas_release(&c);
    }
}

/* ---- values of contour lines ---- */

/* The value that a text inside the plot shows; NaN for other texts. */
static double get_shown(const canvas *c, const tau_axes_label *label) {
    static const char minus[] = "−";
    double plot[4];
    char *end;
    bool negative = strncmp(label->text, minus, strlen(minus)) == 0;
    const char *digits = label->text + (negative ? strlen(minus) : 0);
    tau_renderer_get_plot(c->renderer, 0, plot);
    bool inside = label->x > plot[0] && label->x < plot[0] + plot[2] && label->y > plot[1] &&
                  label->y < plot[1] + plot[3];
    double value = strtod(digits, &end);
    return inside && end > digits && !*end ? (negative ? -value : value) : NAN;
}

/* The value of the map at a pixel; NaN in holes and outside. */
static double get_value(const canvas *c, const picture *p, double x, double y) {
    double plot[4], lo[2], hi[2], world[3], alpha, beta, value;
    tau_renderer_get_plot(c->renderer, 0, plot);
    tau_renderer_get_region(c->renderer, 0, lo, hi);
    const tau_space *space = tau_renderer_get_space(c->renderer, 0);
    alpha = lo[0] + (x - plot[0]) / plot[2] * (hi[0] - lo[0]);
    beta = hi[1] - (y - plot[1]) / plot[3] * (hi[1] - lo[1]);
    if (!tau_scene_get_surface(space, p->scene.field, alpha, beta, world)) return NAN;
    tau_space_get_data(space, world, &alpha, &beta, &value);
    return value;
}

/* The line goes through the middle of its text, which hides neither a hole nor the line of another text.
 * @return how many texts there are */
static int check_values(const canvas *c, const picture *p, const char *name) {
    size_t count;
    int values = 0;
    const tau_axes_label *labels = tau_renderer_get_labels(c->renderer, 0, &count);
    for (size_t i = 0; i < count; i++) {
        const tau_axes_label *l = &labels[i];
        double shown = get_shown(c, l), middle[2] = {INFINITY, -INFINITY}, box[2] = {INFINITY, -INFINITY};
        if (isnan(shown)) continue;
        values++;
        for (int k = 0; k < 9; k++) {
            double right = k % 3 - 1, down = (k / 3 - 1) * l->height / 2;
            double value = get_value(c, p, l->x + right * l->height / 2, l->y + down);
            double corner = get_value(c, p, l->x + right * l->width / 2, l->y + down);
            cr_expect_not(isnan(value) || isnan(corner), "%s: \"%s\" lies on a hole", name, l->text);
            middle[0] = fmin(middle[0], value), middle[1] = fmax(middle[1], value);
            box[0] = fmin(box[0], corner), box[1] = fmax(box[1], corner);
        }
        cr_expect(shown >= middle[0] && shown <= middle[1], "%s at %d x %d: \"%s\" stands at %g to %g", name,
                  c->width, c->height, l->text, middle[0], middle[1]);
        for (size_t k = 0; k < count; k++) {
            double other = get_shown(c, &labels[k]);
            cr_expect_not(other != shown && other > box[0] && other < box[1],
                          "%s at %d x %d: \"%s\" lies on the line of \"%s\"", name, c->width, c->height,
                          l->text, labels[k].text);
        }
    }
    return values;
}

Test(values, stand_on_their_lines_at_every_size) {
    static const int sizes[][2] = {{320, 240}, {800, 600}, {1280, 720}, {2560, 1440}};
    static const picture_kind kinds[] = {PICTURE_MAP,        PICTURE_MAP_DARK,  PICTURE_MAP_LOG,
                                         PICTURE_MAP_ZOOMED, PICTURE_PATHS_MAP, PICTURE_GAPS_MAP,
                                         PICTURE_TOOLS_MAP};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        canvas c = canvas_create(sizes[s][0], sizes[s][1]);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            picture p = picture_create(kinds[k]);
            place_texts(&c, &p, picture_get_name(kinds[k]));
            int values = check_values(&c, &p, picture_get_name(kinds[k]));
            cr_expect_geq(values, s == 0 ? 1 : 4, "%s at %d x %d has %d values", picture_get_name(kinds[k]),
                          c.width, c.height, values);
            picture_release(&p);
        }
        canvas_release(&c);
    }
}

Test(values, are_written_only_into_lines_that_are_drawn) {
    static const picture_kind kinds[] = {PICTURE_CONSTANT, PICTURE_NAN,    PICTURE_POINT, PICTURE_NOTHING,
                                         PICTURE_ROW_MAP,  PICTURE_COLUMN, PICTURE_MAP};
    canvas c = canvas_create(800, 600);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        picture p = picture_create(kinds[k]);
        size_t count;
        p.view.kind = TAU_VIEW_KIND_MAP;
        p.view.isolines = kinds[k] != PICTURE_MAP;
        place_texts(&c, &p, picture_get_name(kinds[k]));
        const tau_axes_label *labels = tau_renderer_get_labels(c.renderer, 0, &count);
        for (size_t i = 0; i < count; i++)
            cr_expect(isnan(get_shown(&c, &labels[i])), "%s has the value %s", picture_get_name(kinds[k]),
                      labels[i].text);
        picture_release(&p);
    }
    canvas_release(&c);
}

static double correlation(double x, double y) {
    return 0.9 - x * x - 0.8 * y * y;
}

/* Values of shares are those of the colour bar, whatever the view says of the loss. */
Test(values, of_shares_are_those_of_the_linear_scale) {
    canvas c = canvas_create(800, 600);
    for (int log = 0; log < 2; log++) {
        picture p = picture_create(PICTURE_MAP);
        picture_add_field(&p, 81, 81, 1, correlation)->share = true;
        p.view.log = log;
        place_texts(&c, &p, log ? "log" : "linear");
        cr_assert_geq(check_values(&c, &p, log ? "log" : "linear"), 4);
        cr_expect(has_text(&c, "−0.4"), "the lines below zero have their values");
        picture_release(&p);
    }
    canvas_release(&c);
}

Test(values, keep_off_paths) {
    canvas c = canvas_create(800, 600);
    picture p = picture_create(PICTURE_PATHS_MAP);
    double plot[4], lo[2], hi[2];
    size_t count, values = 0;
    place_texts(&c, &p, "paths");
    tau_renderer_get_plot(c.renderer, 0, plot);
    tau_renderer_get_region(c.renderer, 0, lo, hi);
    const tau_axes_label *labels = tau_renderer_get_labels(c.renderer, 0, &count);
    for (size_t k = 0; k < count; k++) values += !isnan(get_shown(&c, &labels[k]));
    cr_assert_geq(values, 4);
    for (size_t i = 0; i < p.scene.path_count; i++)
        for (size_t t = 0; t < p.scene.paths[i].count; t++)
            for (size_t k = 0; k < count; k++) {
                const tau_axes_label *l = &labels[k];
                const double *at = p.scene.paths[i].coords[t];
                double x = plot[0] + (at[0] - lo[0]) / (hi[0] - lo[0]) * plot[2];
                double y = plot[1] + (hi[1] - at[1]) / (hi[1] - lo[1]) * plot[3];
                cr_expect(isnan(get_shown(&c, l)) || fabs(x - l->x) > l->width / 2 ||
                              fabs(y - l->y) > l->height / 2,
                          "\"%s\" lies on state %zu of path %zu", l->text, t, i);
            }
    picture_release(&p);
    canvas_release(&c);
}
