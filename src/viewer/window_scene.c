/* The landscapes of the window, drawn when something in them changes and kept for the pictures between: a
 * pointer that moves over panels costs no surface. */
#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "viewer/app_state.h"
#include "viewer/window.h"

enum { SAMPLES = 4 };

/* What a picture of the landscapes depends on, beside the states compared apart. */
typedef struct numbers {
    double areas[TAU_APP_PANES][4];
    uint64_t versions[TAU_APP_PANES], documents[TAU_APP_PANES];
    uint64_t width, height, ways, arrows, reference, dark;
    double position, scale;
} numbers;

typedef struct scene_key {
    bool valid;
    tau_app_state state;
    tau_app_cameras cameras;
    numbers numbers;
} scene_key;

struct tau_window_scene {
    unsigned drawn, shown; /* framebuffers: with samples, without; one and the same where there are none */
    unsigned buffers[3];   /* colour and depth of the first, colour of the second */
    int width, height;
    scene_key key;
    bool refitted; /* while drawing: what came before in the same picture is not right */
};

static uint64_t count_ways(const tau_app *app) {
    uint64_t count = 0;
    for (int i = 0; i < TAU_APP_WAYS; i++)
        if (app->tools.ways[i].job)
            count += ((uint64_t)app->tools.ways[i].job << 32) + app->tools.ways[i].answer.count;
    return count;
}

static void make_key(const tau_viewer_window *w, scene_key *key) {
    const tau_app *app = w->app;
    memset(key, 0, sizeof *key);
    numbers *n = &key->numbers;
    key->valid = true;
    key->state = app->state;
    tau_app_get_cameras(app, &key->cameras);
    for (int p = 0; p < app->state.pane_count; p++) {
        const tau_document *document = tau_app_get_pane_document(app, p);
        tau_panels_get_pane(&w->panels, p, app->state.pane_count, n->areas[p]);
        n->versions[p] = document ? document->scene.version : 0;
        n->documents[p] = (uint64_t)(uintptr_t)document;
    }
    n->width = (uint64_t)w->width;
    n->height = (uint64_t)w->height;
    n->ways = count_ways(app);
    n->arrows = (uint64_t)(uintptr_t)app->tools.arrow_list + app->tools.arrow_count;
    n->reference = app->show_reference ? (uint64_t)app->state.active + 1 : 0;
    n->dark = app->settings.dark;
    n->position = app->timeline.position;
    n->scale = w->scale * w->ratio;
}

static bool same_key(const scene_key *a, const scene_key *b) {
    return a->valid && b->valid && memcmp(&a->numbers, &b->numbers, sizeof a->numbers) == 0 &&
           tau_app_cameras_equal(&a->cameras, &b->cameras) && tau_app_state_equal(&a->state, &b->state);
}

/* ---- buffers ---- */

static void drop_buffers(struct tau_window_scene *scene) {
    glDeleteFramebuffers(1, &scene->drawn);
    if (scene->shown != scene->drawn) glDeleteFramebuffers(1, &scene->shown);
    glDeleteRenderbuffers(3, scene->buffers);
    *scene = (struct tau_window_scene){0};
}

static void attach(unsigned framebuffer, unsigned buffer, GLenum place, GLenum format, int samples, int width,
                   int height) {
    glBindRenderbuffer(GL_RENDERBUFFER, buffer);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, samples, format, width, height);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, place, GL_RENDERBUFFER, buffer);
}

/* @return false = there is no memory for them: the window is then drawn into directly */
static bool make_buffers(struct tau_window_scene *scene, int samples, int width, int height) {
    if (scene->drawn && scene->width == width && scene->height == height) return true;
    drop_buffers(scene);
    glGenFramebuffers(1, &scene->drawn);
    glGenRenderbuffers(3, scene->buffers);
    attach(scene->drawn, scene->buffers[0], GL_COLOR_ATTACHMENT0, GL_RGBA8, samples, width, height);
    attach(scene->drawn, scene->buffers[1], GL_DEPTH_STENCIL_ATTACHMENT, GL_DEPTH24_STENCIL8, samples, width,
           height);
    bool whole = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    if (samples > 0) {
        glGenFramebuffers(1, &scene->shown);
        attach(scene->shown, scene->buffers[2], GL_COLOR_ATTACHMENT0, GL_RGBA8, 0, width, height);
        whole = whole && glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
    } else {
        scene->shown = scene->drawn;
    }
    scene->width = width;
    scene->height = height;
    if (!whole) drop_buffers(scene);
    return whole;
}

static void copy(unsigned from, unsigned to, int width, int height) {
    glBindFramebuffer(GL_READ_FRAMEBUFFER, from);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, to);
    glDisable(GL_SCISSOR_TEST);
    glBlitFramebuffer(0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, to);
}

/* ---- panes ---- */

/* What is shown for the first time fills its pane, and goes on to where the pane takes another shape. */
static void fit_once(tau_viewer_window *w, int pane) {
    tau_app *app = w->app;
    tau_view *view = &app->state.panes[pane].view;
    const tau_pane_place *place = &app->places[pane];
    bool surface = view->kind == TAU_VIEW_KIND_SURFACE;
    double aspect = place->height > 0 ? place->width / place->height : 1;
    bool reshaped = surface && w->aspects[pane] > 0 && fabs(aspect / w->aspects[pane] - 1) > 0.02;
    if (!app->fit_due[pane] && !(reshaped && tau_app_is_fitted(app, pane))) return;
    if (surface && !place->has_space) return;
    double lo[2], hi[2]; /* the region stays where only the shape has changed */
    memcpy(lo, view->map_lo, sizeof lo);
    memcpy(hi, view->map_hi, sizeof hi);
    bool first = app->fit_due[pane];
    app->fit_due[pane] = false;
    tau_app_fit(app, pane);
    if (!first) memcpy(view->map_lo, lo, sizeof lo);
    if (!first) memcpy(view->map_hi, hi, sizeof hi);
    w->aspects[pane] = aspect;
    if (w->scene) w->scene->refitted = true;
    w->frames = w->frames < 2 ? 2 : w->frames;
}

/* Draws a pane and remembers where, so that the pointer finds its way back. */
static void draw_pane(tau_viewer_window *w, int pane) {
    tau_app_picture picture;
    tau_pane_place *place = &w->app->places[pane];
    double area[4];
    tau_panels_get_pane(&w->panels, pane, w->app->state.pane_count, area);
    *place = (tau_pane_place){.x = area[0] * w->ratio,
                              .y = area[1] * w->ratio,
                              .width = area[2] * w->ratio,
                              .height = area[3] * w->ratio};
    if (!tau_app_compose(w->app, pane, &picture)) return;
    const tau_viewport viewport = {.x = (int)place->x,
                                   .y = w->height - (int)(place->y + place->height),
                                   .width = (int)place->width,
                                   .height = (int)place->height,
                                   .scale = w->scale * w->ratio};
    tau_status status = TAU_STATUS_OK;
    if (viewport.width > 1 && viewport.height > 1)
        status = tau_renderer_draw(w->renderer, pane, &picture.scene, &picture.view, &viewport);
    if (status == TAU_STATUS_OK && viewport.width > 1 && viewport.height > 1) {
        tau_renderer_get_plot(w->renderer, pane, place->plot);
        tau_renderer_get_region(w->renderer, pane, place->lo, place->hi);
        const tau_space *space = picture.scene.field ? tau_renderer_get_space(w->renderer, pane) : NULL;
        place->has_space = space != NULL;
        if (space) place->space = *space;
        fit_once(w, pane);
    } else {
        (void)tau_app_report(w->app, status);
        if (status == TAU_STATUS_MISSING) /* a colour map that is gone */
            memcpy(w->app->state.panes[pane].view.colormap, "viridis", sizeof "viridis");
    }
    tau_app_picture_clear(&picture);
}

static void draw_panes(tau_viewer_window *w) {
    float ground = w->app->settings.dark ? 0.1f : 1.0f;
    glDisable(GL_SCISSOR_TEST);
    glViewport(0, 0, w->width, w->height);
    glClearColor(ground, ground, ground, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    for (int p = 0; p < w->app->state.pane_count; p++) draw_pane(w, p);
    glDisable(GL_SCISSOR_TEST);
    glViewport(0, 0, w->width, w->height);
}

void tau_window_draw_scene(tau_viewer_window *w) {
    scene_key key;
    if (w->width < 1 || w->height < 1) return;
    if (!w->scene && TAU_ALLOC(w->scene, 1) != TAU_STATUS_OK) {
        draw_panes(w);
        return;
    }
    struct tau_window_scene *scene = w->scene;
    make_key(w, &key);
    if (scene->width != w->width || scene->height != w->height) scene->key.valid = false;
    /* What is drawn without a GPU makes no use of samples, and each costs as much as the pixel. */
    int samples = tau_renderer_is_software(w->renderer) ? 0 : SAMPLES;
    if (!make_buffers(scene, samples, w->width, w->height)) {
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
        draw_panes(w);
        return;
    }
    if (!same_key(&scene->key, &key)) {
        glBindFramebuffer(GL_FRAMEBUFFER, scene->drawn);
        scene->refitted = false;
        draw_panes(w);
        if (scene->shown != scene->drawn) copy(scene->drawn, scene->shown, w->width, w->height);
        scene->key = key; /* what drawing itself has changed is drawn next time */
        scene->key.valid = !scene->refitted;
    }
    copy(scene->shown, 0, w->width, w->height);
    glViewport(0, 0, w->width, w->height);
}

void tau_window_drop_scene(tau_viewer_window *w) {
    if (w->scene) drop_buffers(w->scene);
    tau_mem_free(w->scene);
    w->scene = NULL;
}
