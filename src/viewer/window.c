#include "viewer/window.h"

#include <GL/glew.h>
#include <GLFW/glfw3.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/text.h"
#include "figure/font_file.h"
#include "viewer/imgui.h"
#include "viewer/session.h"
#include "viewer/tools.h"

static const double FRAME_SECONDS = 1.0 / 60;

/* Whether GLFW runs: waking it then is safe from any thread. */
static atomic_bool running;

void tau_window_wake(void) {
    if (atomic_load(&running)) glfwPostEmptyEvent();
}

static void wake(void *payload) {
    (void)payload;
    tau_window_wake();
}

/* ---- opening ---- */

static tau_status refuse(const char *fix) {
    const char *words = NULL;
    glfwGetError(&words);
    return tau_fail(TAU_STATUS_DEVICE, "cannot open a window" TAU_WHY "%s" TAU_FIX "%s",
                    words ? words : "there is no display", fix);
}

/* A window of the last time fits what is there now: X11 has no windows of 32768 pixels, and no one sees them.
 */
static void fit_to_screens(int *width, int *height) {
    int count, right = 0, bottom = 0;
    GLFWmonitor **monitors = glfwGetMonitors(&count);
    for (int i = 0; i < count; i++) {
        int x, y;
        const GLFWvidmode *mode = glfwGetVideoMode(monitors[i]);
        glfwGetMonitorPos(monitors[i], &x, &y);
        if (mode && x + mode->width > right) right = x + mode->width;
        if (mode && y + mode->height > bottom) bottom = y + mode->height;
    }
    if (right > 0 && *width > right) *width = right;
    if (bottom > 0 && *height > bottom) *height = bottom;
}

static tau_status open_window(tau_viewer_window *w) {
    static const char no_display[] =
        "run it where there is a display (DISPLAY or WAYLAND_DISPLAY), or draw a "
        "picture without one: tauscape view FILE --screenshot OUT.png";
    const tau_viewer_request *request = w->app->request;
    const tau_app_settings *s = &w->app->settings;
    if (!glfwInit()) return refuse(no_display);
    atomic_store(&running, true);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    glfwWindowHint(GLFW_SAMPLES, 0); /* landscapes are drawn apart, with many samples a pixel */
    bool asked = request->width > 0 && request->height > 0;
    if (!asked) glfwWindowHint(GLFW_SCALE_TO_MONITOR, s->width <= 0);
    glfwWindowHintString(GLFW_X11_CLASS_NAME, "tauscape");
    glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "tauscape");
    int width = asked ? request->width : s->width > 0 ? s->width : 1280;
    int height = asked ? request->height : s->height > 0 ? s->height : 800;
    if (!asked) fit_to_screens(&width, &height);
    w->glfw = glfwCreateWindow(width, height, "tauscape", NULL, NULL);
    if (!w->glfw) return refuse("install libgl1-mesa-dri or the driver of the GPU: OpenGL 3.3 is needed");
    glfwSetWindowSizeLimits(w->glfw, 480, 320, GLFW_DONT_CARE, GLFW_DONT_CARE);
    glfwMakeContextCurrent(w->glfw);
    glfwSwapInterval(1);
    return TAU_STATUS_OK;
}

static tau_status start_drawing(tau_viewer_window *w) {
    glewExperimental = GL_TRUE;
    GLenum loaded = glewInit(); /* on Wayland it misses GLX, which is not needed */
    if (loaded != GLEW_OK && loaded != GLEW_ERROR_NO_GLX_DISPLAY)
        return tau_fail(TAU_STATUS_DEVICE, "cannot draw in the window" TAU_WHY "GLEW: %s",
                        (const char *)glewGetErrorString(loaded));
    snprintf(w->graphics, sizeof w->graphics, "%.100s, OpenGL %.30s", (const char *)glGetString(GL_RENDERER),
             (const char *)glGetString(GL_VERSION));
    w->panels.graphics = w->graphics;
    TAU_TRY(tau_renderer_create(&w->renderer, w->app->request->shaders));
    TAU_TRY(tau_ui_create(w->glfw));
    if (tau_font_file_find(&w->font, "DejaVu Sans") != TAU_STATUS_OK) w->font = NULL;
    tau_window_measure(w);
    return TAU_STATUS_OK;
}

void tau_window_measure(tau_viewer_window *w) {
    int width, height;
    float x = 1, y = 1;
    glfwGetWindowSize(w->glfw, &width, &height);
    glfwGetFramebufferSize(w->glfw, &w->width, &w->height);
    glfwGetWindowContentScale(w->glfw, &x, &y);
    if (width > 0 && height > 0 && !glfwGetWindowMonitor(w->glfw)) {
        w->app->settings.width = width;
        w->app->settings.height = height;
    }
    w->ratio = width > 0 ? (double)w->width / width : 1;
    double screen = w->fixed_scale ? w->wanted_scale : x > 0 ? x / w->ratio : 1;
    double scale = fmin(6, fmax(0.5, screen * w->app->settings.scale));
    bool changed = scale != w->scale || w->app->wants.rescale;
    w->scale = scale;
    w->app->wants.rescale = false;
    if (changed) tau_ui_set_style(w->font, scale, w->app->settings.dark);
    if (changed) w->panels.menu_height = 0;
    w->frames = 3;
}

/* ---- drawing ---- */

static void draw(tau_viewer_window *w) {
    tau_panels_arrange(&w->panels, w->app, w->width / w->ratio, w->height / w->ratio, w->scale);
    tau_window_draw_scene(w);
    tau_tools_look(w->app);
    glDisable(GL_SCISSOR_TEST);
    glViewport(0, 0, w->width, w->height);
    /* What is open is steered by keys; the palette has its own way with arrows. */
    bool open = w->panels.menu_open || w->panels.context_open || w->app->message.open ||
                (w->app->dialog != TAU_DIALOG_NONE && w->app->dialog != TAU_DIALOG_PALETTE);
    tau_ui_set_navigation(w->navigating || open);
    tau_ui_begin();
    tau_panels_draw(&w->panels, w->app);
    tau_ui_end();
    w->app->interacting = w->mouse.button >= 0 || tau_ui_is_active() || w->panels.seeking;
    if (w->app->wants.rescale) tau_window_measure(w);
}

static void show(tau_viewer_window *w) {
    double start = tau_progress_now(), before = w->drawn;
    draw(w);
    w->app->pictures++;
    tau_window_film(w);
    /* Once panels have settled, also while it plays and no picture is the last one. */
    w->pictures_waited = w->app->wants.screenshot ? w->pictures_waited + 1 : 0;
    if (w->pictures_waited >= 2) tau_window_serve(w);
    glfwSwapBuffers(w->glfw);
    w->drawn = tau_progress_now();
    /* Taking what was computed is slow: one picture of twenty does, so that the others follow the hand, and
     * computing has the processors where drawing takes them. */
    w->app->rest = fmin(1, fmax(0.03, 20 * (w->drawn - start)));
    if (w->frames > 0) w->frames--;
    if (w->script) tau_frame_times_add(&w->app->frames, w->drawn - (w->due ? before : w->began));
    w->due = w->frames > 0 || w->app->timeline.playing || w->recorder;
}

/* ---- the loop ---- */

/* How long nothing will happen by itself. */
static double get_patience(const tau_viewer_window *w) {
    double patience = fmin(tau_app_get_patience(w->app), 0.5); /* a request to close comes as a flag */
    if (w->frames > 0 || w->app->wants.screenshot) patience = 0;
    if (w->script) patience = fmin(patience, tau_script_get_patience(w->script, w->app));
    if (w->recorder) patience = fmin(patience, tau_recorder_get_patience(w->recorder, tau_progress_now()));
    return fmax(patience, w->drawn + FRAME_SECONDS - tau_progress_now());
}

static tau_status step(tau_viewer_window *w) {
    w->began = tau_progress_now();
    if (tau_app_tick(w->app, w->began)) w->frames = 2;
    if (w->script && !tau_script_is_over(w->script)) {
        TAU_TRY(tau_script_advance(w->script, w->app));
        w->frames = w->frames ? w->frames : 2;
    }
    if (w->app->wants.screenshot && w->frames == 0) w->frames = 2;
    if (!w->app->wants.screenshot) tau_window_serve(w);
    if (w->app->timeline.playing || w->recorder) w->frames = w->frames ? w->frames : 1;
    if (w->frames > 0)
        show(w);
    else
        w->due = false;
    double patience = get_patience(w);
    if (patience > 0.0005)
        glfwWaitEventsTimeout(patience);
    else
        glfwPollEvents();
    return TAU_STATUS_OK;
}

static bool is_computing(const tau_viewer_window *w) {
    tau_explore_progress progress;
    if (!w->app->exploration.explore) return false;
    if (w->app->task) return true;
    tau_explore_get_progress(w->app->exploration.explore, &progress);
    return progress.busy;
}

static tau_status loop(tau_viewer_window *w) {
    w->frames = 3;
    while (!glfwWindowShouldClose(w->glfw) && !w->app->wants.quit) {
        if (tau_cancel_requested(w->app->request->cancel))
            return tau_fail(TAU_STATUS_CANCELLED, "the window was closed" TAU_WHY "a signal asked for it");
        /* The clock of the status line runs on while something is computed. */
        if (is_computing(w) && tau_progress_now() - w->drawn > 0.5) w->frames = w->frames ? w->frames : 1;
        TAU_TRY(step(w));
    }
    return TAU_STATUS_OK;
}

/* ---- beginning and end ---- */

static void set_clipboard(void *payload, const char *text) {
    glfwSetClipboardString(((tau_viewer_window *)payload)->glfw, text);
}

static const char *get_clipboard(void *payload) {
    return glfwGetClipboardString(((tau_viewer_window *)payload)->glfw);
}

/* A file that cannot be opened is told in the window, where others may be open. */
static tau_status open_request(tau_viewer_window *w) {
    const tau_viewer_request *r = w->app->request;
    bool alone = r->file_count == 0 && !r->exploration;
    if (!r->fresh) tau_session_restore(w->app, alone);
    for (int i = 0; i < r->file_count; i++)
        if (tau_app_open(w->app, r->files[i]) != TAU_STATUS_OK) {
            if (r->file_count == 1) return tau_error_last()->code;
            (void)tau_app_report(w->app, tau_error_last()->code);
        }
    if (!alone && w->app->document_count > 1) tau_app_show(w->app, 0, 0);
    if (r->state) {
        w->app->fit_due[w->app->state.active] = false;
        tau_view *view = &tau_app_get_pane(w->app)->view;
        TAU_TRY(tau_view_read_json(view, r->state, strlen(r->state)));
        tau_timeline_seek(&w->app->timeline, view->time);
        w->app->settings.dark = view->dark;
    }
    if (r->script) TAU_TRY(tau_script_create(&w->script, r->script));
    if (w->app->note) tau_app_toast_text(w->app, "%.200s", w->app->note);
    return TAU_STATUS_OK;
}

/* What is asked for goes before the environment, and both before the screen. */
static tau_status choose_scale(tau_viewer_window *w) {
    const char *text = getenv("TAUSCAPE_SCALE");
    double scale = w->app->request->scale;
    if (!(scale > 0) && text && *text) {
        if (!tau_text_parse_real(&scale, text) || !(scale >= 0.25 && scale <= 8))
            return tau_fail(TAU_STATUS_USAGE,
                            "the type cannot have the size \"%.32s\"" TAU_WHY
                            "TAUSCAPE_SCALE names it, and it is no number from 0.25 to 8" TAU_FIX
                            "set it to such a factor, as in TAUSCAPE_SCALE=1.5, or unset it",
                            text);
    }
    w->fixed_scale = scale > 0;
    w->wanted_scale = scale;
    return TAU_STATUS_OK;
}

static void close_window(tau_viewer_window *w) {
    if (w->glfw) glfwHideWindow(w->glfw); /* what works in the background comes to its end first */
    tau_app_destroy(w->app);              /* and may still wake the window */
    if (tau_recorder_finish(w->recorder, false) != TAU_STATUS_OK) tau_error_context("the film");
    tau_script_destroy(w->script);
    if (w->renderer) tau_window_drop_scene(w);
    if (w->renderer) tau_renderer_destroy(w->renderer);
    if (w->scale > 0) tau_ui_destroy();
    tau_mem_free(w->font);
    atomic_store(&running, false);
    if (w->glfw) glfwDestroyWindow(w->glfw);
    glfwTerminate();
}

tau_status tau_window_run(const tau_viewer_request *request) {
    if (request->screenshot) return tau_window_draw_file(request);
    /* Drawing on the processor takes and frees megabytes for every picture; coming back page by page they
     * took a third of the window's own time. */
    tau_mem_keep_freed();
    tau_viewer_window w = {.mouse = {.button = -1}};
    TAU_TRY(tau_app_create(&w.app, request));
    w.app->host = (tau_app_host){set_clipboard, get_clipboard, wake, &w};
    w.app->now = tau_progress_now();
    tau_status status = choose_scale(&w);
    if (status == TAU_STATUS_OK) status = open_request(&w);
    if (status == TAU_STATUS_OK) status = open_window(&w);
    if (status == TAU_STATUS_OK) status = start_drawing(&w);
    if (status == TAU_STATUS_OK) {
        tau_window_listen(&w);
        status = loop(&w);
        if (w.recorder) {
            tau_status filmed = tau_recorder_finish(w.recorder, true);
            w.recorder = NULL;
            if (status == TAU_STATUS_OK) status = filmed;
        }
        if (!request->fresh && tau_session_save(w.app) != TAU_STATUS_OK) tau_error_context("the session");
    }
    tau_error_copy error;
    tau_error_save(&error);
    close_window(&w);
    return status == TAU_STATUS_OK ? status : tau_error_restore(&error);
}
