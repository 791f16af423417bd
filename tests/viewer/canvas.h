/* Pictures drawn without a window, for tests. */
#ifndef TESTS_VIEWER_CANVAS_H
#define TESTS_VIEWER_CANVAS_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "pictures.h"
#include "viewer/offscreen.h"
#include "viewer/renderer.h"

typedef struct canvas {
    tau_offscreen *offscreen;
    tau_renderer *renderer;
    int width, height;
    uint8_t *rgba;
} canvas;

static inline canvas canvas_create(int width, int height) {
    canvas c = {.width = width, .height = height};
    cr_assert_eq(tau_offscreen_create(&c.offscreen), TAU_STATUS_OK, "%s: %s (%s)", tau_error_last()->what,
                 tau_error_last()->why, tau_error_last()->fix);
    cr_assert_eq(tau_renderer_create(&c.renderer, NULL), TAU_STATUS_OK, "%s", tau_error_last()->why);
    c.rgba = calloc((size_t)width * (size_t)height, 4);
    return c;
}

static inline void canvas_release(canvas *c) {
    free(c->rgba);
    tau_renderer_destroy(c->renderer);
    tau_offscreen_destroy(c->offscreen);
    tau_figure_finish();
}

static inline void canvas_draw(canvas *c, const picture *p, const char *name) {
    cr_assert_eq(
        tau_renderer_draw_image(c->renderer, &p->scene, &p->view, c->width, c->height, 1, false, c->rgba),
        TAU_STATUS_OK, "%s: %s: %s", name, tau_error_last()->what, tau_error_last()->why);
}

static inline const uint8_t *canvas_get(const canvas *c, double x, double y) {
    return c->rgba + 4 * ((size_t)y * (size_t)c->width + (size_t)x);
}

#endif
