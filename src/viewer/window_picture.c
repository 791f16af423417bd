/* What the window hands out: screenshots, pictures, films; and the whole screen. */
#include <GL/glew.h>
#include <GLFW/glfw3.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/progress.h"
#include "figure/image.h"
#include "viewer/offscreen.h"
#include "viewer/window.h"

void tau_window_find_name(char *path) {
    for (int i = 1; i < 100000; i++) {
        snprintf(path, TAU_APP_PATH, "tauscape-%d.png", i);
        if (!tau_file_exists(path)) return;
    }
}

static tau_status write_png(const char *path, int width, int height, const uint8_t *rgba) {
    const tau_image image = {.width = width, .height = height, .rgba = rgba, .dpi = 96, .title = "tauscape"};
    return tau_image_write(&image, path, TAU_FIGURE_FORMAT_PNG);
}

/* What is in the back buffer, rows from below. @param[out] rgba  freed with tau_mem_free */
static tau_status read_window(const tau_viewer_window *w, uint8_t **rgba) {
    size_t pixels = (size_t)w->width * (size_t)w->height;
    TAU_TRY(TAU_ALLOC(*rgba, 4 * pixels));
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glPixelStorei(GL_PACK_ALIGNMENT, 4);
    glReadBuffer(GL_BACK);
    glReadPixels(0, 0, w->width, w->height, GL_RGBA, GL_UNSIGNED_BYTE, *rgba);
    for (size_t i = 0; i < pixels; i++) (*rgba)[4 * i + 3] = 255;
    return TAU_STATUS_OK;
}

static void flip(uint8_t *rgba, int width, int height) {
    size_t row = (size_t)width * 4;
    for (int y = 0; y < height / 2; y++) {
        uint8_t *a = rgba + (size_t)y * row, *b = rgba + (size_t)(height - 1 - y) * row;
        for (size_t i = 0; i < row; i++) {
            uint8_t kept = a[i];
            a[i] = b[i];
            b[i] = kept;
        }
    }
}

static tau_status save_window(const tau_viewer_window *w, const char *path) {
    uint8_t *rgba;
    TAU_TRY(read_window(w, &rgba));
    flip(rgba, w->width, w->height);
    tau_status status = write_png(path, w->width, w->height, rgba);
    tau_mem_free(rgba);
    return status;
}

static tau_status draw_picture(tau_renderer *renderer, const tau_app *app, int width, int height,
                               double scale, bool transparent, bool fit, const char *path) {
    tau_app_picture picture;
    uint8_t *rgba;
    if (width < 16 || height < 16 || width > TAU_APP_SIDE || height > TAU_APP_SIDE)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw a picture of %dx%d pixels" TAU_FIX "choose sides of 16 to %d", width,
                        height, TAU_APP_SIDE);
    if (!tau_app_compose(app, app->state.active, &picture))
        return tau_fail(TAU_STATUS_USAGE, "there is nothing to draw" TAU_FIX "open a landscape first");
    if (transparent) picture.view.dark = false; /* for paper: light ink could not be read on it */
    tau_status status = TAU_ALLOC(rgba, (size_t)width * (size_t)height * 4);
    if (status == TAU_STATUS_OK && fit)
        status = tau_renderer_fit_camera(renderer, &picture.scene, &picture.view, width, height, scale, 0,
                                         &picture.view.camera);
    if (status == TAU_STATUS_OK)
        status = tau_renderer_draw_image(renderer, &picture.scene, &picture.view, width, height, scale,
                                         transparent, rgba);
    if (status == TAU_STATUS_OK) status = write_png(path, width, height, rgba);
    tau_mem_free(rgba);
    tau_app_picture_clear(&picture);
    return status;
}

static void take_screenshot(tau_viewer_window *w) {
    tau_app_wants *wants = &w->app->wants;
    char path[TAU_APP_PATH];
    memcpy(path, wants->path, sizeof path);
    if (!path[0]) tau_window_find_name(path);
    tau_status status;
    if (wants->plain) {
        const tau_pane_place *place = &w->app->places[w->app->state.active];
        int width = wants->width > 0 ? wants->width : (int)place->width;
        int height = wants->height > 0 ? wants->height : (int)place->height;
        double scale = w->scale * w->ratio;
        if (wants->width > 0 && place->height > 1) scale *= fmax(0.5, height / place->height);
        /* What fills its pane fills a picture of another shape too, turned or not; what was moved or zoomed
         * stays so. */
        bool fit = wants->width > 0 && tau_app_is_fitted(w->app, w->app->state.active);
        status = draw_picture(w->renderer, w->app, width, height, scale, true, fit, path);
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
    } else {
        status = save_window(w, path);
    }
    wants->screenshot = wants->plain = false;
    wants->width = wants->height = 0;
    wants->path[0] = '\0';
    if (tau_app_report(w->app, status) == TAU_STATUS_OK) tau_app_toast_text(w->app, "saved %.200s", path);
    w->frames = 2;
}

/* ---- films ---- */

static void end_film(tau_viewer_window *w) {
    tau_recorder *recorder = w->recorder;
    w->recorder = NULL;
    w->app->recording = false;
    if (tau_app_report(w->app, tau_recorder_finish(recorder, true)) == TAU_STATUS_OK)
        tau_app_toast_text(w->app, "the film is saved");
}

static void toggle_film(tau_viewer_window *w) {
    w->app->wants.record = false;
    w->frames = 2;
    if (w->recorder) {
        end_film(w);
        return;
    }
    tau_status status = tau_recorder_create(&w->recorder, w->app->wants.path, w->width, w->height);
    w->app->wants.path[0] = '\0';
    w->app->recording = tau_app_report(w->app, status) == TAU_STATUS_OK;
}

void tau_window_film(tau_viewer_window *w) {
    uint8_t *rgba = NULL;
    if (!w->recorder) return;
    tau_status status = read_window(w, &rgba);
    if (status == TAU_STATUS_OK)
        status = tau_recorder_add(w->recorder, tau_progress_now(), w->width, w->height, rgba);
    tau_mem_free(rgba);
    if (status == TAU_STATUS_OK) return;
    (void)tau_app_report(w->app, status);
    end_film(w);
}

/* ---- the window itself ---- */

static void toggle_fullscreen(tau_viewer_window *w) {
    int *r = w->restored;
    if (glfwGetWindowMonitor(w->glfw)) {
        glfwSetWindowMonitor(w->glfw, NULL, r[0], r[1], r[2], r[3], GLFW_DONT_CARE);
        return;
    }
    GLFWmonitor *monitor = glfwGetPrimaryMonitor();
    const GLFWvidmode *mode = monitor ? glfwGetVideoMode(monitor) : NULL;
    if (!mode) return;
    glfwGetWindowPos(w->glfw, &r[0], &r[1]);
    glfwGetWindowSize(w->glfw, &r[2], &r[3]);
    glfwSetWindowMonitor(w->glfw, monitor, 0, 0, mode->width, mode->height, mode->refreshRate);
}

void tau_window_serve(tau_viewer_window *w) {
    tau_app_wants *wants = &w->app->wants;
    if (wants->screenshot) take_screenshot(w);
    if (wants->record) toggle_film(w);
    if (wants->fullscreen) toggle_fullscreen(w);
    if (wants->resize) glfwSetWindowSize(w->glfw, w->app->settings.width, w->app->settings.height);
    if (wants->shaders) (void)tau_app_report(w->app, tau_renderer_reload(w->renderer));
    wants->fullscreen = wants->resize = wants->shaders = false;
    if (wants->rescale) tau_window_measure(w);
}

/* ---- without a window ---- */

static tau_status fill_app(tau_app *app) {
    const tau_viewer_request *r = app->request;
    for (int i = 0; i < r->file_count; i++) TAU_TRY(tau_app_open(app, r->files[i]));
    if (app->document_count > 0) tau_app_show(app, 0, 0);
    tau_view *view = &tau_app_get_pane(app)->view;
    view->dark = false; /* on paper, unless the state says otherwise */
    if (!r->state) return TAU_STATUS_OK;
    TAU_TRY(tau_view_read_json(view, r->state, strlen(r->state)));
    tau_timeline_seek(&app->timeline, view->time);
    return TAU_STATUS_OK;
}

tau_status tau_window_draw_file(const tau_viewer_request *request) {
    tau_app *app;
    tau_offscreen *offscreen = NULL;
    tau_renderer *renderer = NULL;
    int width = request->width > 0 ? request->width : 1280,
        height = request->height > 0 ? request->height : 800;
    TAU_TRY(tau_app_create(&app, request));
    tau_status status = fill_app(app);
    if (status == TAU_STATUS_OK) status = tau_offscreen_create(&offscreen);
    if (status == TAU_STATUS_OK) status = tau_renderer_create(&renderer, request->shaders);
    if (status == TAU_STATUS_OK)
        status = draw_picture(renderer, app, width, height, request->scale > 0 ? request->scale : 1, false,
                              request->state == NULL, request->screenshot);
    tau_error_copy error;
    tau_error_save(&error);
    if (renderer) tau_renderer_destroy(renderer);
    tau_offscreen_destroy(offscreen);
    tau_app_destroy(app);
    return status == TAU_STATUS_OK ? status : tau_error_restore(&error);
}
