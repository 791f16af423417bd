/* The table of the plugin: the window's entries, and pictures without a window. */
#include <stdio.h>

#include "core/memory.h"
#include "viewer/offscreen.h"
#include "viewer/renderer.h"
#include "viewer/viewer_entry.h"
#include "viewer/window.h"

typedef struct session {
    tau_offscreen *offscreen;
    tau_renderer *renderer;
} session;

static void end(void *opaque) {
    session *s = opaque;
    if (!s) return;
    tau_renderer_destroy(s->renderer);
    tau_offscreen_destroy(s->offscreen);
    tau_mem_free(s);
}

static tau_status begin(void **out) {
    *out = NULL;
    session *s;
    TAU_TRY(TAU_ALLOC(s, 1));
    tau_status status = tau_offscreen_create(&s->offscreen);
    if (status == TAU_STATUS_OK) status = tau_renderer_create(&s->renderer, NULL);
    if (status != TAU_STATUS_OK) {
        end(s);
        return status;
    }
    *out = s;
    return TAU_STATUS_OK;
}

static tau_status fit(void *opaque, const tau_scene *scene, const tau_view *view, int width, int height,
                      double scale, double turn, tau_camera *camera) {
    session *s = opaque;
    return tau_renderer_fit_camera(s->renderer, scene, view, width, height, scale, turn, camera);
}

static tau_status render(void *opaque, const tau_scene *scene, const tau_view *view, int width, int height,
                         double scale, bool transparent, uint8_t *rgba) {
    session *s = opaque;
    return tau_renderer_draw_image(s->renderer, scene, view, width, height, scale, transparent, rgba);
}

static tau_status render_layers(void *opaque, const tau_scene *scene, const tau_view *view, int width,
                                int height, double scale, uint8_t *rgba, tau_image_overlay *overlay) {
    session *s = opaque;
    return tau_renderer_draw_layers(s->renderer, scene, view, width, height, scale, rgba, overlay);
}

static tau_status describe(char *text, size_t size) {
    tau_offscreen *offscreen;
    TAU_TRY(tau_offscreen_create(&offscreen));
    snprintf(text, size, "%s", tau_offscreen_describe(offscreen));
    tau_offscreen_destroy(offscreen);
    return TAU_STATUS_OK;
}

const tau_viewer tau_viewer_gl = {.run = tau_window_run,
                                  .wake = tau_window_wake,
                                  .begin = begin,
                                  .fit = fit,
                                  .render = render,
                                  .render_layers = render_layers,
                                  .end = end,
                                  .describe = describe};
