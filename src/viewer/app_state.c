#include "viewer/app_state.h"

#include <math.h>
#include <string.h>

/* NaN is a setting like others: "everything there is". */
static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static bool same_settings(const tau_view *a, const tau_view *b) {
    return a->kind == b->kind && a->log == b->log && same(a->range_lo, b->range_lo) &&
           same(a->range_hi, b->range_hi) && same(a->clip, b->clip) && same(a->stretch, b->stretch) &&
           strcmp(a->colormap, b->colormap) == 0 && a->isolines == b->isolines &&
           a->level_count == b->level_count && a->wireframe == b->wireframe && a->light == b->light &&
           a->shading == b->shading && a->axes == b->axes && a->colorbar == b->colorbar &&
           a->dark == b->dark && a->paths == b->paths && a->stems == b->stems && a->comet == b->comet;
}

bool tau_app_state_equal(const void *left, const void *right) {
    const tau_app_state *a = left, *b = right;
    if (a->pane_count != b->pane_count || a->linked != b->linked || a->reference != b->reference ||
        a->pin_count != b->pin_count || a->has_line != b->has_line)
        return false;
    for (int p = 0; p < a->pane_count; p++)
        if (a->panes[p].document != b->panes[p].document ||
            !same_settings(&a->panes[p].view, &b->panes[p].view))
            return false;
    for (int i = 0; i < a->pin_count; i++)
        if (a->pins[i].document != b->pins[i].document || !same(a->pins[i].coords[0], b->pins[i].coords[0]) ||
            !same(a->pins[i].coords[1], b->pins[i].coords[1]))
            return false;
    return !a->has_line || memcmp(a->line, b->line, sizeof a->line) == 0;
}

static bool same_camera(const tau_camera *a, const tau_camera *b) {
    for (int k = 0; k < 3; k++)
        if (!same(a->target[k], b->target[k])) return false;
    return same(a->yaw, b->yaw) && same(a->pitch, b->pitch) && same(a->roll, b->roll) &&
           same(a->distance, b->distance) && same(a->field_of_view, b->field_of_view) &&
           a->orthographic == b->orthographic;
}

bool tau_app_cameras_equal(const void *left, const void *right) {
    const tau_app_cameras *a = left, *b = right;
    for (int p = 0; p < TAU_APP_PANES; p++) {
        if (!same_camera(&a->panes[p].camera, &b->panes[p].camera)) return false;
        for (int axis = 0; axis < 2; axis++)
            if (!same(a->panes[p].map_lo[axis], b->panes[p].map_lo[axis]) ||
                !same(a->panes[p].map_hi[axis], b->panes[p].map_hi[axis]))
                return false;
    }
    return true;
}

/* ---- undo ---- */

void tau_app_get_cameras(const tau_app *app, tau_app_cameras *out) {
    memset(out, 0, sizeof *out);
    for (int p = 0; p < TAU_APP_PANES; p++) {
        const tau_view *view = &app->state.panes[p].view;
        out->panes[p].camera = view->camera;
        memcpy(out->panes[p].map_lo, view->map_lo, sizeof view->map_lo);
        memcpy(out->panes[p].map_hi, view->map_hi, sizeof view->map_hi);
    }
}

static void put_cameras(tau_app *app, const tau_app_cameras *cameras) {
    for (int p = 0; p < TAU_APP_PANES; p++) {
        tau_view *view = &app->state.panes[p].view;
        view->camera = cameras->panes[p].camera;
        memcpy(view->map_lo, cameras->panes[p].map_lo, sizeof view->map_lo);
        memcpy(view->map_hi, cameras->panes[p].map_hi, sizeof view->map_hi);
    }
}

void tau_app_settle(tau_app *app) {
    if (app->interacting) return;
    tau_app_cameras cameras;
    tau_app_get_cameras(app, &cameras);
    tau_history_settle(app->data, &app->state);
    tau_history_settle(app->cameras, &cameras);
}

void tau_app_undo(tau_app *app, bool redo) {
    tau_app_state before;
    tau_app_cameras cameras;
    tau_app_get_cameras(app, &cameras);
    tau_app_settle(app);
    if (!(redo ? tau_history_redo : tau_history_undo)(app->data, &before)) {
        tau_app_toast_text(app, redo ? "nothing to redo" : "nothing to undo");
        return;
    }
    app->state = before;
    put_cameras(app, &cameras); /* seen from where one stands: the camera has an undo of its own */
    tau_app_toast_text(app, redo ? "done again" : "undone");
}

void tau_app_undo_camera(tau_app *app, bool redo) {
    tau_app_cameras before;
    tau_app_settle(app);
    if ((redo ? tau_history_redo : tau_history_undo)(app->cameras, &before)) put_cameras(app, &before);
}
