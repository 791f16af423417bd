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
