/* Drags, wheel, pointer: cameras of surfaces and regions of maps and lines. */
#include <math.h>
#include <string.h>

#include "viewer/app.h"

static bool is_flat(const tau_pane *pane) {
    return pane->view.kind != TAU_VIEW_KIND_SURFACE;
}

int tau_app_find_pane(const tau_app *app, double x, double y) {
    for (int p = 0; p < app->state.pane_count; p++) {
        const tau_pane_place *place = &app->places[p];
        if (x >= place->x && x < place->x + place->width && y >= place->y && y < place->y + place->height)
            return p;
    }
    return -1;
}

/* Explorations are zoomed and moved in their plane, so that what is looked at is computed; their box always
 * shows the region. Others are looked at from nearer. */
static bool moves_region(const tau_app *app, int pane) {
    const tau_document *document = tau_app_get_pane_document(app, pane);
    return document && (is_flat(&app->state.panes[pane]) || document->exploration);
}

/* The region that a pane shows: as drawn, or what has been set since, or everything. */
static bool get_region(const tau_app *app, int pane, double lo[2], double hi[2]) {
    const tau_pane *p = &app->state.panes[pane];
    const tau_pane_place *place = &app->places[pane];
    const tau_document *document = tau_app_get_pane_document(app, pane);
    if (!document || !tau_document_get_extent(document, lo, hi)) return false;
    for (int axis = 0; axis < 2; axis++) {
        bool drawn = is_flat(p) && place->hi[axis] > place->lo[axis];
        if (drawn) lo[axis] = place->lo[axis];
        if (drawn) hi[axis] = place->hi[axis];
        if (drawn || isnan(p->view.map_lo[axis]) || isnan(p->view.map_hi[axis])) continue;
        lo[axis] = p->view.map_lo[axis];
        hi[axis] = p->view.map_hi[axis];
    }
    return true;
}

/* Smallest region: below it the numbers of the axes run out of digits. */
static bool is_sane(double lo, double hi) {
    double size = hi - lo, far = fmax(fabs(lo), fabs(hi));
    return isfinite(size) && size > 1e-9 * far && size > 1e-30 && far < 1e12;
}

/* Sets a region, and what was drawn with it, so that several moves between two pictures add up. */
static void set_region(tau_app *app, int pane, const double lo[2], const double hi[2]) {
    tau_view *view = &app->state.panes[pane].view;
    int axes = view->kind == TAU_VIEW_KIND_LINE ? 1 : 2;
    for (int axis = 0; axis < axes; axis++)
        if (!is_sane(lo[axis], hi[axis])) return;
    for (int axis = 0; axis < axes; axis++) {
        view->map_lo[axis] = app->places[pane].lo[axis] = lo[axis];
        view->map_hi[axis] = app->places[pane].hi[axis] = hi[axis];
    }
    tau_app_link(app, pane);
}

static double get_plot_size(const tau_app *app, int pane, int axis) {
    double size = app->places[pane].plot[2 + axis];
    return size >= 1 ? size : 1;
}

/* ---- moving ---- */

/* On a surface the pointer's way is turned into the plane: right stays right as it is seen. */
static void pan_region(tau_app *app, int pane, double dx, double dy) {
    double lo[2], hi[2];
    if (!get_region(app, pane, lo, hi)) return;
    const tau_view *view = &app->state.panes[pane].view;
    if (view->kind == TAU_VIEW_KIND_SURFACE) {
        double angle = view->camera.yaw * 3.14159265358979323846 / 180;
        double x = dx * cos(angle) + dy * sin(angle), y = dy * cos(angle) - dx * sin(angle);
        dx = x;
        dy = y;
    }
    double by[2] = {-dx / get_plot_size(app, pane, 0) * (hi[0] - lo[0]),
                    dy / get_plot_size(app, pane, 1) * (hi[1] - lo[1])};
    for (int axis = 0; axis < 2; axis++) {
        lo[axis] += by[axis];
        hi[axis] += by[axis];
    }
    set_region(app, pane, lo, hi);
}

static void zoom_region(tau_app *app, int pane, const double towards[2], double factor) {
    double lo[2], hi[2];
    if (!get_region(app, pane, lo, hi)) return;
    for (int axis = 0; axis < 2; axis++) {
        double at = towards ? towards[axis] : (lo[axis] + hi[axis]) / 2;
        if (!(at >= lo[axis] && at <= hi[axis])) at = (lo[axis] + hi[axis]) / 2;
        lo[axis] = at + (lo[axis] - at) * factor;
        hi[axis] = at + (hi[axis] - at) * factor;
    }
    set_region(app, pane, lo, hi);
}

/* What lies right of the plot belongs to the colour bar. */
static bool is_on_colorbar(const tau_app *app, int pane, double x) {
    const tau_pane_place *place = &app->places[pane];
    const tau_view *view = &app->state.panes[pane].view;
    return view->kind != TAU_VIEW_KIND_LINE && view->colorbar && place->has_space &&
           x > place->x + place->plot[0] + place->plot[2];
}

/* Ends of the colours on the scale that is drawn. */
static void get_colors(const tau_app *app, int pane, double *lo, double *hi) {
    const tau_view *view = &app->state.panes[pane].view;
    const tau_space *space = &app->places[pane].space;
    *lo = space->lo[2];
    *hi = space->hi[2];
    double set;
    if (!isnan(view->range_lo) && tau_space_get_scaled(space, view->range_lo, &set)) *lo = set;
    if (!isnan(view->range_hi) && tau_space_get_scaled(space, view->range_hi, &set)) *hi = set;
}

/* Moves the ends by shares of the range; they stay apart. */
static void move_colors(tau_app *app, int pane, double by_lo, double by_hi) {
    double lo, hi;
    tau_view *view = &app->state.panes[pane].view;
    get_colors(app, pane, &lo, &hi);
    double size = hi - lo, next_lo = lo + by_lo * size, next_hi = hi + by_hi * size;
    if (!(next_hi - next_lo > 1e-6 * (fabs(next_lo) + fabs(next_hi)))) return;
    bool log = app->places[pane].space.log;
    if (by_lo != 0) view->range_lo = log ? pow(10, next_lo) : next_lo;
    if (by_hi != 0) view->range_hi = log ? pow(10, next_hi) : next_hi;
}

void tau_app_zoom(tau_app *app, int pane, double x, double y, double factor) {
    if (pane < 0 || !tau_app_get_pane_document(app, pane)) return;
    double coords[2] = {0, 0}, world[3];
    if (is_on_colorbar(app, pane, x)) { /* the end that is nearer to the pointer */
        bool upper = y < app->places[pane].y + app->places[pane].height / 2;
        move_colors(app, pane, upper ? 0 : 1 - factor, upper ? factor - 1 : 0);
        return;
    }
    bool hit = tau_app_pick(app, pane, x, y, coords);
    if (moves_region(app, pane)) {
        zoom_region(app, pane, hit ? coords : NULL, factor);
        return;
    }
    const tau_document *document = tau_app_get_pane_document(app, pane);
    tau_camera *camera = &app->state.panes[pane].view.camera;
    const tau_pane_place *place = &app->places[pane];
    hit = hit && place->has_space && document->scene.field &&
          tau_scene_get_surface(&place->space, document->scene.field, coords[0], coords[1], world);
    tau_camera_zoom(camera, factor, hit ? world : NULL);
    tau_app_link(app, pane);
}

void tau_app_drag(tau_app *app, int pane, tau_drag drag, double x, double y, double dx, double dy) {
    if (pane < 0 || !tau_app_get_pane_document(app, pane)) return;
    tau_camera *camera = &app->state.panes[pane].view.camera;
    double height = fmax(1, app->places[pane].height);
    bool flat = is_flat(&app->state.panes[pane]);
    if (drag != TAU_DRAG_LINE && is_on_colorbar(app, pane, x)) {
        bool upper = y < app->places[pane].y + height / 2;
        move_colors(app, pane, upper ? 0 : -dy / height, upper ? -dy / height : 0);
        return;
    }
    switch (drag) {
    case TAU_DRAG_ORBIT:
        if (!flat) tau_camera_orbit(camera, dx, dy, height);
        break;
    case TAU_DRAG_PAN:
        if (moves_region(app, pane))
            pan_region(app, pane, dx, dy);
        else
            tau_camera_pan(camera, dx, dy, height);
        break;
    case TAU_DRAG_ZOOM:
        if (flat)
            zoom_region(app, pane, NULL, exp(2 * dy / height));
        else
            tau_camera_zoom(camera, exp(2 * dy / height), NULL);
        break;
    case TAU_DRAG_ROLL:
        if (!flat) tau_camera_roll(camera, dx, height);
        break;
    case TAU_DRAG_LINE: {
        double coords[2];
        if (!tau_app_pick(app, pane, x, y, coords)) return;
        if (!app->state.has_line) memcpy(app->state.line[0], coords, sizeof coords);
        memcpy(app->state.line[1], coords, sizeof coords);
        app->state.has_line = true;
        return;
    }
    case TAU_DRAG_NONE:
        return;
    }
    tau_app_link(app, pane);
}

/* ---- pointer ---- */

static bool pick_flat(const tau_app *app, int pane, double x, double y, double coords[2]) {
    const tau_pane_place *place = &app->places[pane];
    double u = (x - place->x - place->plot[0]) / place->plot[2];
    double v = 1 - (y - place->y - place->plot[1]) / place->plot[3];
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return false;
    coords[0] = place->lo[0] + u * (place->hi[0] - place->lo[0]);
    coords[1] = place->lo[1] + v * (place->hi[1] - place->lo[1]);
    if (app->state.panes[pane].view.kind == TAU_VIEW_KIND_LINE) coords[1] = 0;
    return isfinite(coords[0]) && isfinite(coords[1]);
}

bool tau_app_pick(const tau_app *app, int pane, double x, double y, double coords[2]) {
    const tau_document *document = tau_app_get_pane_document(app, pane);
    const tau_pane_place *place = &app->places[pane];
    if (!document || !(place->plot[2] >= 1) || !(place->plot[3] >= 1)) return false;
    if (is_flat(&app->state.panes[pane])) return pick_flat(app, pane, x, y, coords);
    if (!place->has_space || !document->scene.field) return false;
    double u = 2 * (x - place->x - place->plot[0]) / place->plot[2] - 1;
    double v = 1 - 2 * (y - place->y - place->plot[1]) / place->plot[3];
    double origin[3], direction[3];
    tau_camera_get_ray(&app->state.panes[pane].view.camera, place->plot[2] / place->plot[3], u, v, origin,
                       direction);
    return tau_scene_pick(&place->space, document->scene.field, origin, direction, coords);
}

void tau_app_hover(tau_app *app, double x, double y) {
    double coords[2];
    int pane = tau_app_find_pane(app, x, y);
    app->hovering = pane >= 0 && tau_app_pick(app, pane, x, y, coords);
    if (!app->hovering) return;
    app->hover_pane = pane;
    app->hover = tau_document_read(tau_app_get_pane_document(app, pane), coords);
    app->hovering = app->hover.inside;
}

void tau_app_click(tau_app *app, double x, double y) {
    double coords[2];
    int pane = tau_app_find_pane(app, x, y);
    if (pane < 0) return;
    app->state.active = pane;
    if (!tau_app_pick(app, pane, x, y, coords)) return;
    tau_app_state *s = &app->state;
    if (s->pin_count == TAU_APP_PINS) {
        memmove(s->pins, s->pins + 1, (TAU_APP_PINS - 1) * sizeof *s->pins);
        s->pin_count--;
    }
    s->pins[s->pin_count++] = (tau_pin){{coords[0], coords[1]}, s->panes[pane].document};
}

void tau_app_double_click(tau_app *app, double x, double y) {
    double coords[2], world[3], lo[2], hi[2];
    int pane = tau_app_find_pane(app, x, y);
    if (pane < 0) return;
    if (!tau_app_pick(app, pane, x, y, coords)) {
        tau_app_fit(app, pane);
        return;
    }
    const tau_pane_place *place = &app->places[pane];
    const tau_document *document = tau_app_get_pane_document(app, pane);
    if (moves_region(app, pane)) {
        if (!get_region(app, pane, lo, hi)) return;
        for (int axis = 0; axis < 2; axis++) {
            double half = (hi[axis] - lo[axis]) / 2;
            lo[axis] = coords[axis] - half;
            hi[axis] = coords[axis] + half;
        }
        set_region(app, pane, lo, hi);
    } else if (tau_scene_get_surface(&place->space, document->scene.field, coords[0], coords[1], world)) {
        memcpy(app->state.panes[pane].view.camera.target, world, sizeof world);
        tau_app_link(app, pane);
    }
}

/* ---- whole cameras ---- */

void tau_app_set_preset(tau_app *app, tau_camera_preset preset) {
    tau_view *view = &tau_app_get_pane(app)->view;
    bool orthographic = view->camera.orthographic;
    view->camera = tau_camera_get_preset(preset);
    view->camera.orthographic = orthographic;
    tau_app_fit(app, app->state.active);
}

/* Whether a pane follows the camera and region of another one. */
static bool follows(const tau_app *app, int pane, int other) {
    const tau_document *a = tau_app_get_pane_document(app, pane), *b = tau_app_get_pane_document(app, other);
    if (!app->state.linked || pane == other || !a || !b || a->line != b->line) return false;
    return (a->kind == TAU_DOCUMENT_KIND_RUN) == (b->kind == TAU_DOCUMENT_KIND_RUN);
}

/* How far a camera has to be to see all of a pane's box. */
static void fit_box(const tau_pane_place *place, tau_camera *camera) {
    double lo[3], hi[3];
    for (int k = 0; k < 3; k++) {
        lo[k] = -place->space.half[k];
        hi[k] = place->space.half[k];
    }
    tau_camera_fit(camera, lo, hi, place->plot[2] / place->plot[3]);
}

static bool has_box(const tau_app *app, int pane) {
    const tau_pane_place *place = &app->places[pane];
    return app->state.panes[pane].view.kind == TAU_VIEW_KIND_SURFACE && place->has_space &&
           place->plot[3] >= 1;
}

/* Linked panes have one camera: it is as far as the largest of their boxes needs. */
static tau_camera find_camera(const tau_app *app, int pane) {
    tau_camera camera = app->state.panes[pane].view.camera;
    fit_box(&app->places[pane], &camera);
    for (int p = 0; p < app->state.pane_count; p++) {
        tau_camera other = camera;
        if (!follows(app, pane, p) || !has_box(app, p)) continue;
        fit_box(&app->places[p], &other);
        camera.distance = fmax(camera.distance, other.distance);
    }
    return camera;
}

/* All of the landscape, from the side it is seen from now. */
void tau_app_fit(tau_app *app, int pane) {
    tau_view *view = &app->state.panes[pane].view;
    for (int axis = 0; axis < 2; axis++) view->map_lo[axis] = view->map_hi[axis] = NAN;
    if (has_box(app, pane)) view->camera = app->fitted[pane] = find_camera(app, pane);
    tau_app_link(app, pane);
    for (int p = 0; p < app->state.pane_count; p++)
        if (follows(app, pane, p)) app->fitted[p] = app->fitted[pane];
}

bool tau_app_is_fitted(const tau_app *app, int pane) {
    const tau_camera *now = &app->state.panes[pane].view.camera, *fitted = &app->fitted[pane];
    return has_box(app, pane) && now->distance == fitted->distance &&
           memcmp(now->target, fitted->target, sizeof now->target) == 0;
}

void tau_app_reset_camera(tau_app *app) {
    tau_view *view = &tau_app_get_pane(app)->view;
    view->camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO);
    view->stretch = 1;
    tau_app_fit(app, app->state.active);
}

void tau_app_link(tau_app *app, int pane) {
    const tau_pane *from = &app->state.panes[pane];
    for (int p = 0; p < app->state.pane_count; p++) {
        tau_pane *to = &app->state.panes[p];
        if (!follows(app, pane, p)) continue;
        to->view.camera = from->view.camera;
        memcpy(to->view.map_lo, from->view.map_lo, sizeof from->view.map_lo);
        memcpy(to->view.map_hi, from->view.map_hi, sizeof from->view.map_hi);
    }
}
