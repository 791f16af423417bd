/* Actions on how the active pane looks, its camera, and panes beside each other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure/colormap.h"
#include "figure/number.h"
#include "viewer/actions.h"

static tau_view *get_view(tau_app *app) {
    return &tau_app_get_pane(app)->view;
}

static const tau_view *see_view(const tau_app *app) {
    return &app->state.panes[app->state.active].view;
}

static bool has_document(const tau_app *app, int argument) {
    (void)argument;
    return tau_app_get_document(app) != NULL;
}

static bool has_plane(const tau_app *app, int argument) {
    (void)argument;
    const tau_document *document = tau_app_get_document(app);
    return document && !document->line;
}

static bool has_surface(const tau_app *app, int argument) {
    return has_plane(app, argument) && see_view(app)->kind == TAU_VIEW_KIND_SURFACE;
}

/* ---- switches ---- */

enum {
    SWITCH_LOG,
    SWITCH_ISOLINES,
    SWITCH_WIREFRAME,
    SWITCH_LIGHT,
    SWITCH_SHADING,
    SWITCH_AXES,
    SWITCH_COLORBAR,
    SWITCH_PATHS,
    SWITCH_STEMS,
    SWITCH_ORTHO,
};

static bool *find_switch(tau_view *view, int which) {
    bool *const switches[] = {
        &view->log,  &view->isolines, &view->wireframe, &view->light, &view->shading,
        &view->axes, &view->colorbar, &view->paths,     &view->stems, &view->camera.orthographic};
    return switches[which];
}

static tau_status toggle(tau_app *app, int which) {
    bool *value = find_switch(get_view(app), which);
    *value = !*value;
    if (which == SWITCH_ORTHO) tau_app_link(app, app->state.active);
    return TAU_STATUS_OK;
}

static bool is_on(const tau_app *app, int which) {
    return *find_switch((tau_view *)see_view(app), which);
}

static tau_status toggle_map(tau_app *app, int argument) {
    (void)argument;
    tau_view *view = get_view(app);
    view->kind = view->kind == TAU_VIEW_KIND_MAP ? TAU_VIEW_KIND_SURFACE : TAU_VIEW_KIND_MAP;
    return TAU_STATUS_OK;
}

static void get_kind(const tau_app *app, int argument, char *out) {
    static const char *const names[] = {"surface", "map", "line"};
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%s", names[see_view(app)->kind]);
}

static tau_status toggle_dark(tau_app *app, int argument) {
    (void)argument;
    app->settings.dark = !app->settings.dark;
    for (int p = 0; p < TAU_APP_PANES; p++) app->state.panes[p].view.dark = app->settings.dark;
    app->wants.rescale = true; /* the panels change their colours too */
    return TAU_STATUS_OK;
}

static bool is_dark(const tau_app *app, int argument) {
    (void)argument;
    return app->settings.dark;
}

/* ---- values ---- */

/* The name of a built-in map, in the list "viridis, cividis, …". @return its place, or -1 */
static int find_colormap(const char *names, const char *wanted, int *count) {
    int found = -1;
    *count = 0;
    for (const char *name = names; *name;) {
        size_t length = strcspn(name, ",");
        if (strlen(wanted) == length && strncmp(name, wanted, length) == 0) found = *count;
        ++*count;
        name += length + strspn(name + length, ", ");
    }
    return found;
}

static tau_status next_colormap(tau_app *app, int step) {
    const char *names = tau_colormap_get_names();
    int count, at = find_colormap(names, get_view(app)->colormap, &count);
    int wanted = at < 0 ? 0 : (at + step + count) % count;
    for (; wanted > 0; wanted--) names += strcspn(names, ",") + strspn(names + strcspn(names, ","), ", ");
    snprintf(get_view(app)->colormap, sizeof get_view(app)->colormap, "%.*s", (int)strcspn(names, ","),
             names);
    return TAU_STATUS_OK;
}

static void get_colormap(const tau_app *app, int argument, char *out) {
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%.80s", see_view(app)->colormap);
}

static tau_status change_levels(tau_app *app, int by) {
    tau_view *view = get_view(app);
    int now = view->level_count ? view->level_count : 12;
    int next = by ? now + by : 0;
    view->level_count = by && next < 2 ? 2 : next > 100 ? 100 : next;
    if (by) view->isolines = true;
    return TAU_STATUS_OK;
}

static void get_levels(const tau_app *app, int argument, char *out) {
    (void)argument;
    if (see_view(app)->level_count)
        snprintf(out, TAU_ACTION_VALUE, "%d", see_view(app)->level_count);
    else
        snprintf(out, TAU_ACTION_VALUE, "chosen");
}

static tau_status stretch(tau_app *app, int percent) {
    tau_view *view = get_view(app);
    view->stretch = percent ? fmin(20, fmax(0.01, view->stretch * percent / 100)) : 1;
    return TAU_STATUS_OK;
}

static void get_stretch(const tau_app *app, int argument, char *out) {
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%.2f", see_view(app)->stretch);
}

/* The plane moves by a tenth of the box. */
static tau_status clip(tau_app *app, int tenths) {
    tau_view *view = get_view(app);
    const tau_pane_place *place = &app->places[app->state.active];
    if (tenths == 0) {
        view->clip = NAN;
        return TAU_STATUS_OK;
    }
    if (!place->has_space) return TAU_STATUS_OK;
    double lo = place->space.lo[2], hi = place->space.hi[2];
    double top = isnan(view->clip) ? hi : place->space.log ? log10(view->clip) : view->clip;
    top += tenths * (hi - lo) / 10;
    if (!(top > lo)) return TAU_STATUS_OK;
    view->clip = place->space.log ? pow(10, top) : top;
    return TAU_STATUS_OK;
}

static void get_clip(const tau_app *app, int argument, char *out) {
    char number[TAU_NUMBER_TEXT];
    (void)argument;
    tau_number_format(number, see_view(app)->clip, 4);
    snprintf(out, TAU_ACTION_VALUE, "%s", isnan(see_view(app)->clip) ? "chosen" : number);
}

static tau_status reset_range(tau_app *app, int argument) {
    (void)argument;
    get_view(app)->range_lo = get_view(app)->range_hi = NAN;
    return TAU_STATUS_OK;
}

static void get_range(const tau_app *app, int argument, char *out) {
    char lo[TAU_NUMBER_TEXT], hi[TAU_NUMBER_TEXT];
    const tau_view *view = see_view(app);
    (void)argument;
    tau_number_format(lo, view->range_lo, 3);
    tau_number_format(hi, view->range_hi, 3);
    snprintf(out, TAU_ACTION_VALUE, "%.40s to %.40s", isnan(view->range_lo) ? "lowest" : lo,
             isnan(view->range_hi) ? "highest" : hi);
}

static tau_status next_quantity(tau_app *app, int argument) {
    tau_document *document = tau_app_get_document(app);
    (void)argument;
    return tau_document_set_quantity(document, document->quantity + 1);
}

static void get_quantity(const tau_app *app, int argument, char *out) {
    const tau_document *document = tau_app_get_document(app);
    (void)argument;
    if (document)
        snprintf(out, TAU_ACTION_VALUE, "%.90s", tau_document_get_quantity(document, document->quantity));
}

/* ---- camera ---- */

static tau_status preset(tau_app *app, int which) {
    tau_app_set_preset(app, (tau_camera_preset)which);
    return TAU_STATUS_OK;
}

static tau_status fit(tau_app *app, int argument) {
    (void)argument;
    tau_app_fit(app, app->state.active);
    return TAU_STATUS_OK;
}

static tau_status reset_camera(tau_app *app, int argument) {
    (void)argument;
    tau_app_reset_camera(app);
    return TAU_STATUS_OK;
}

static tau_status undo_camera(tau_app *app, int redo) {
    tau_app_undo_camera(app, redo);
    return TAU_STATUS_OK;
}

enum { MOVE_LEFT, MOVE_RIGHT, MOVE_UP, MOVE_DOWN };

/* As a drag of a fifteenth of the pane would. */
static void move(tau_app *app, tau_drag drag, int where) {
    static const double ways[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    double by = fmax(1, app->places[app->state.active].height) / 15;
    tau_app_drag(app, app->state.active, drag, 0, 0, ways[where][0] * by, ways[where][1] * by);
}

static tau_status orbit(tau_app *app, int where) {
    move(app, TAU_DRAG_ORBIT, where);
    return TAU_STATUS_OK;
}

static tau_status pan(tau_app *app, int where) {
    move(app, TAU_DRAG_PAN, where);
    return TAU_STATUS_OK;
}

static tau_status zoom(tau_app *app, int percent) {
    const tau_pane_place *place = &app->places[app->state.active];
    tau_app_zoom(app, app->state.active, place->x + place->plot[0] + place->plot[2] / 2,
                 place->y + place->plot[1] + place->plot[3] / 2, percent / 100.0);
    return TAU_STATUS_OK;
}

/* ---- panes ---- */

static tau_status add_pane(tau_app *app, int argument) {
    (void)argument;
    tau_app_add_pane(app);
    return TAU_STATUS_OK;
}

static tau_status remove_pane(tau_app *app, int argument) {
    (void)argument;
    tau_app_remove_pane(app);
    return TAU_STATUS_OK;
}

static void count_panes(const tau_app *app, int argument, char *out) {
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%d", app->state.pane_count);
}

static bool has_panes(const tau_app *app, int argument) {
    (void)argument;
    return app->state.pane_count > 1;
}

static tau_status next_pane(tau_app *app, int argument) {
    (void)argument;
    app->state.active = (app->state.active + 1) % app->state.pane_count;
    return TAU_STATUS_OK;
}

static tau_status next_document(tau_app *app, int step) {
    tau_app_next_document(app, step);
    return TAU_STATUS_OK;
}

static void get_document(const tau_app *app, int argument, char *out) {
    const tau_document *document = tau_app_get_document(app);
    (void)argument;
    if (document) snprintf(out, TAU_ACTION_VALUE, "%.90s", document->title);
}

static tau_status link_cameras(tau_app *app, int argument) {
    (void)argument;
    app->state.linked = !app->state.linked;
    tau_app_link(app, app->state.active);
    return TAU_STATUS_OK;
}

static bool is_linked(const tau_app *app, int argument) {
    (void)argument;
    return app->state.linked;
}

static tau_status set_reference(tau_app *app, int argument) {
    (void)argument;
    app->state.reference = tau_app_get_pane(app)->document;
    return TAU_STATUS_OK;
}

/* Heights and colours of all panes with landscapes on one scale, which holds what each of them shows. */
static tau_status share_scale(tau_app *app, int argument) {
    (void)argument;
    double lo = INFINITY, hi = -INFINITY;
    for (int p = 0; p < app->state.pane_count; p++) {
        const tau_space *space = &app->places[p].space;
        if (!app->places[p].has_space) continue;
        lo = fmin(lo, space->log ? pow(10, space->lo[2]) : space->lo[2]);
        hi = fmax(hi, space->log ? pow(10, space->hi[2]) : space->hi[2]);
    }
    for (int p = 0; p < app->state.pane_count && lo < hi; p++) {
        tau_view *view = &app->state.panes[p].view;
        if (!app->places[p].has_space || (app->places[p].space.log && lo <= 0)) continue;
        view->range_lo = lo;
        view->range_hi = hi;
        view->clip = NAN;
    }
    return TAU_STATUS_OK;
}

static void get_reference(const tau_app *app, int argument, char *out) {
    (void)argument;
    if (app->state.reference >= 0)
        snprintf(out, TAU_ACTION_VALUE, "%.90s", app->documents[app->state.reference]->title);
    else
        snprintf(out, TAU_ACTION_VALUE, "none");
}

static tau_status subtract(tau_app *app, int argument) {
    (void)argument;
    int active = tau_app_get_pane(app)->document, other = app->state.reference;
    if (other < 0 || other == active) other = (active + 1) % app->document_count;
    tau_document *difference;
    if (other == active)
        return tau_fail(TAU_STATUS_USAGE, "a difference needs two landscapes" TAU_FIX "open a second one");
    TAU_TRY(tau_document_open_difference(&difference, app->documents[active], app->documents[other]));
    return tau_app_add_document(app, difference);
}

const tau_action tau_actions_view[] = {
    {"view.map", "View", "Map or surface", "M", "The landscape from above, or in three dimensions.",
     toggle_map, 0, get_kind, NULL, has_plane},
    {"view.log", "View", "Logarithmic loss", "L", "The scale of height and colours.", toggle, SWITCH_LOG,
     NULL, is_on, has_document},
    {"view.quantity", "View", "Next quantity", "Z",
     "Loss, accuracy, standard error; the metrics of a run or landscape.", next_quantity, 0, get_quantity,
     NULL, has_document},
    {"view.isolines", "View", "Contour lines", "I", "Lines of equal loss.", toggle, SWITCH_ISOLINES, NULL,
     is_on, has_plane},
    {"view.more_levels", "View", "More contour lines", "Shift+I", "Four lines more.", change_levels, 4,
     get_levels, NULL, has_plane},
    {"view.fewer_levels", "View", "Fewer contour lines", "Ctrl+I", "Four lines fewer.", change_levels, -4,
     get_levels, NULL, has_plane},
    {"view.axes", "View", "Axes", "X", "Axes with ticks and names.", toggle, SWITCH_AXES, NULL, is_on,
     has_document},
    {"view.colorbar", "View", "Colour bar", "C", "The scale of the colours.", toggle, SWITCH_COLORBAR, NULL,
     is_on, has_plane},
    {"view.colormap", "View", "Next colour map", "P", "The colours of values.", next_colormap, 1,
     get_colormap, NULL, has_plane},
    {"view.colormap_back", "View", "Colour map before", "Shift+P", "The colours of values.", next_colormap,
     -1, get_colormap, NULL, has_plane},
    {"view.range", "View", "Colours from the data", "Shift+L", "Drops a range of colours that was set.",
     reset_range, 0, get_range, NULL, has_plane},
    {"view.wireframe", "View", "Grid lines", "W", "The lines of the grid on the surface.", toggle,
     SWITCH_WIREFRAME, NULL, is_on, has_surface},
    {"view.light", "View", "Light", "Shift+Q", "Lights the surface.", toggle, SWITCH_LIGHT, NULL, is_on,
     has_surface},
    {"view.shading", "View", "Darker hollows", "Q", "Shades the surface where it is hollow.", toggle,
     SWITCH_SHADING, NULL, is_on, has_surface},
    {"view.paths", "View", "Trajectories", "T", "The trainings on the landscape.", toggle, SWITCH_PATHS, NULL,
     is_on, has_document},
    {"view.stems", "View", "Stems", "S", "From the true loss of a state down to the surface.", toggle,
     SWITCH_STEMS, NULL, is_on, has_surface},
    {"view.higher", "View", "Higher", "+ =", "Stretches the height.", stretch, 125, get_stretch, NULL,
     has_surface},
    {"view.lower", "View", "Lower", "-", "Flattens the height.", stretch, 80, get_stretch, NULL, has_surface},
    {"view.clip_lower", "View", "Cut lower", "Shift+Down", "Cuts the surface at a lower loss.", clip, -1,
     get_clip, NULL, has_surface},
    {"view.clip_higher", "View", "Cut higher", "Shift+Up", "Cuts the surface at a higher loss.", clip, 1,
     get_clip, NULL, has_surface},
    {"view.clip_none", "View", "Cut where it suits", NULL, "The height is chosen by the data.", clip, 0,
     get_clip, NULL, has_surface},
    {"view.dark", "View", "Dark theme", "G Ctrl+Shift+T", "Light or dark ground.", toggle_dark, 0, NULL,
     is_dark, NULL},
    {"camera.fit", "Camera", "Show everything", "F", "Moves until all of it is seen.", fit, 0, NULL, NULL,
     has_document},
    {"camera.reset", "Camera", "Reset", "R", "The view as at the start.", reset_camera, 0, NULL, NULL,
     has_document},
    {"camera.front", "Camera", "From the front", "1", "Along beta.", preset, TAU_CAMERA_PRESET_FRONT, NULL,
     NULL, has_surface},
    {"camera.right", "Camera", "From the right", "3", "Along alpha.", preset, TAU_CAMERA_PRESET_RIGHT, NULL,
     NULL, has_surface},
    {"camera.top", "Camera", "From above", "7", "Down along the loss.", preset, TAU_CAMERA_PRESET_TOP, NULL,
     NULL, has_surface},
    {"camera.iso", "Camera", "From a corner", "9", "From above at an angle.", preset, TAU_CAMERA_PRESET_ISO,
     NULL, NULL, has_surface},
    {"camera.ortho", "Camera", "Without perspective", "5", "Parallel lines stay parallel.", toggle,
     SWITCH_ORTHO, NULL, is_on, has_surface},
    {"camera.left", NULL, "Turn left", "4", "Turns the landscape.", orbit, MOVE_LEFT, NULL, NULL,
     has_surface},
    {"camera.right_turn", NULL, "Turn right", "6", "Turns the landscape.", orbit, MOVE_RIGHT, NULL, NULL,
     has_surface},
    {"camera.up", NULL, "Tilt up", "8", "Tilts the landscape.", orbit, MOVE_UP, NULL, NULL, has_surface},
    {"camera.down", NULL, "Tilt down", "2", "Tilts the landscape.", orbit, MOVE_DOWN, NULL, NULL,
     has_surface},
    {"camera.pan_left", NULL, "Move left", "Alt+Shift+Left", "Moves the picture.", pan, MOVE_LEFT, NULL, NULL,
     has_document},
    {"camera.pan_right", NULL, "Move right", "Alt+Shift+Right", "Moves the picture.", pan, MOVE_RIGHT, NULL,
     NULL, has_document},
    {"camera.pan_up", NULL, "Move up", "Alt+Shift+Up", "Moves the picture.", pan, MOVE_UP, NULL, NULL,
     has_document},
    {"camera.pan_down", NULL, "Move down", "Alt+Shift+Down", "Moves the picture.", pan, MOVE_DOWN, NULL, NULL,
     has_document},
    {"camera.nearer", "Camera", "Nearer", "PageUp", "Zooms in; an exploration computes what is seen.", zoom,
     80, NULL, NULL, has_document},
    {"camera.farther", "Camera", "Farther", "PageDown", "Zooms out.", zoom, 125, NULL, NULL, has_document},
    {"camera.back", "Camera", "View before", "Alt+Left", "Takes back a move of the camera.", undo_camera, 0,
     NULL, NULL, has_document},
    {"camera.forward", "Camera", "View after", "Alt+Right", "Does a move of the camera again.", undo_camera,
     1, NULL, NULL, has_document},
    {"pane.add", "Panes", "Another pane", "V", "The next document beside this one, or the same as a map.",
     add_pane, 0, count_panes, NULL, has_document},
    {"pane.remove", "Panes", "Remove this pane", "Shift+V", "Its document stays open.", remove_pane, 0,
     count_panes, NULL, has_panes},
    {"pane.next", "Panes", "Next pane", "Ctrl+Tab", "The pane that keys and the side panel act on.",
     next_pane, 0, NULL, NULL, has_panes},
    {"pane.next_document", "Panes", "Next document", "Tab", "Shows the next document in this pane.",
     next_document, 1, get_document, NULL, has_document},
    {"pane.document_before", "Panes", "Document before", "Shift+Tab",
     "Shows the document before in this pane.", next_document, -1, get_document, NULL, has_document},
    {"pane.link", "Panes", "Linked cameras", "K", "Panes are moved and turned together.", link_cameras, 0,
     NULL, is_linked, NULL},
    {"pane.share_scale", "Panes", "One scale for all", "Shift+K",
     "Heights and colours of all panes on one scale; Shift+L takes a pane's own again.", share_scale, 0, NULL,
     NULL, has_panes},
    {"pane.reference", "Panes", "Make this the reference", "B",
     "What Shift shows while it is held, and what a difference takes away.", set_reference, 0, get_reference,
     NULL, has_document},
    {"pane.difference", "Panes", "Difference", "D",
     "This landscape minus the reference, or minus the next one.", subtract, 0, NULL, NULL, has_document},
};
const size_t tau_actions_view_count = sizeof tau_actions_view / sizeof *tau_actions_view;
