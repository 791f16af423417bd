/* The panel at the side: documents, settings of the view, pins, the explorer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure/colormap.h"
#include "figure/number.h"
#include "train/train.h"
#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/panels.h"
#include "viewer/tools.h"

/* A switch of the table of actions, with its key and sentence as a tip. */
static void draw_switch(tau_app *app, const char *id) {
    const tau_action *action = tau_action_find(id);
    bool on = action->is_on && action->is_on(app, action->argument);
    tau_ui_begin_disabled(!tau_action_is_enabled(action, app));
    if (tau_ui_checkbox(action->title, &on)) (void)action->run(app, action->argument);
    tau_ui_end_disabled();
    char tip[256];
    snprintf(tip, sizeof tip, "%s%s%s", action->help, action->keys ? "  Key: " : "",
             action->keys ? action->keys : "");
    tau_ui_tooltip(tip);
}

static void draw_button(tau_app *app, const char *id, const char *label) {
    const tau_action *action = tau_action_find(id);
    tau_ui_begin_disabled(!tau_action_is_enabled(action, app));
    if (tau_ui_button(label)) (void)tau_action_run(action, app);
    tau_ui_end_disabled();
    char tip[256];
    snprintf(tip, sizeof tip, "%s%s%s", action->help, action->keys ? "  Key: " : "",
             action->keys ? action->keys : "");
    tau_ui_tooltip(tip);
}

static void draw_documents(tau_app *app) {
    const tau_document *document = tau_app_get_document(app);
    tau_ui_next_width(-1);
    if (tau_ui_begin_combo("##document", document ? document->title : "")) {
        for (int i = 0; i < app->document_count; i++) {
            tau_ui_push_id(i);
            if (tau_ui_combo_item(app->documents[i]->title, app->documents[i] == document))
                tau_app_show(app, app->state.active, i);
            tau_ui_pop_id();
        }
        tau_ui_end_combo();
    }
    tau_ui_tooltip(document && document->path ? document->path : "the document of this pane");
}

static void draw_quantity(tau_panels *p, tau_app *app, tau_document *document) {
    if (!tau_document_get_quantity(document, 1)) return;
    tau_ui_next_width(-90 * p->scale);
    if (!tau_ui_begin_combo("shows", tau_document_get_quantity(document, document->quantity))) return;
    for (int i = 0; tau_document_get_quantity(document, i); i++)
        if (tau_ui_combo_item(tau_document_get_quantity(document, i), i == document->quantity)) {
            (void)tau_app_report(app, tau_document_set_quantity(document, i));
            break;
        }
    tau_ui_end_combo();
}

static void draw_kind(tau_app *app, tau_view *view) {
    static const char *const names[] = {"surface", "map"};
    (void)app;
    for (int kind = 0; kind < 2; kind++) {
        if (kind) tau_ui_same_line();
        bool on = (int)view->kind == kind;
        if (tau_ui_checkbox(names[kind], &on) && on) view->kind = (tau_view_kind)kind;
    }
}

static void draw_colormap(tau_panels *p, tau_view *view) {
    const char *names = tau_colormap_get_names();
    tau_ui_next_width(-90 * p->scale);
    if (!tau_ui_begin_combo("colours", view->colormap)) return;
    for (const char *name = names; *name;) {
        char one[64] = "";
        size_t length = strcspn(name, ",");
        strncat(one, name, length < sizeof one ? length : sizeof one - 1);
        if (tau_ui_combo_item(one, strcmp(one, view->colormap) == 0))
            snprintf(view->colormap, sizeof view->colormap, "%s", one);
        name += length + strspn(name + length, ", ");
    }
    tau_ui_end_combo();
}

/* An end of the range of colours; what makes no sense is not taken. */
static void draw_range_end(tau_panels *p, tau_app *app, tau_view *view, bool high) {
    double *end = high ? &view->range_hi : &view->range_lo;
    const tau_pane_place *place = &app->places[app->state.active];
    double value = *end;
    if (isnan(value) && place->has_space) {
        value = place->space.lo[2];
        if (high) value = place->space.hi[2];
        if (place->space.log) value = pow(10, value);
    }
    tau_ui_next_width(-90 * p->scale);
    if (!tau_ui_input_real(high ? "highest" : "lowest", &value)) return;
    double other = high ? view->range_lo : view->range_hi;
    const bool log = place->has_space ? place->space.log : view->log;
    if (!isfinite(value) || (!isnan(other) && (high ? value <= other : value >= other)) ||
        (log && value <= 0))
        tau_app_toast_text(app, "the range must ascend%s", log ? " and be above 0" : "");
    else
        *end = value;
}

static void draw_range(tau_panels *p, tau_app *app, tau_view *view) {
    draw_range_end(p, app, view, false);
    draw_range_end(p, app, view, true);
    bool set = !isnan(view->range_lo) || !isnan(view->range_hi);
    if (set && tau_ui_button("range of the data")) view->range_lo = view->range_hi = NAN;
}

static void draw_clip(tau_panels *p, tau_app *app, tau_view *view) {
    const tau_pane_place *place = &app->places[app->state.active];
    bool cut = !isnan(view->clip);
    if (tau_ui_checkbox("cut at", &cut)) {
        double top = place->has_space ? place->space.hi[2] : NAN;
        view->clip = cut ? (place->has_space && place->space.log ? pow(10, top) : top) : NAN;
    }
    tau_ui_tooltip("Cuts the surface at a loss.  Keys: Shift+Up, Shift+Down");
    if (!cut) return;
    tau_ui_same_line();
    tau_ui_next_width(-1);
    double value = view->clip;
    (void)p;
    if (tau_ui_input_real("##clip", &value) && isfinite(value)) view->clip = value;
}

static void draw_plane(tau_panels *p, tau_app *app, tau_view *view) {
    tau_ui_heading("View");
    draw_kind(app, view);
    draw_switch(app, "view.log");
    draw_colormap(p, view);
    draw_range(p, app, view);
    draw_switch(app, "view.isolines");
    if (view->isolines) {
        int count = view->level_count ? view->level_count : 12;
        tau_ui_next_width(-90 * p->scale);
        if (tau_ui_slider_int("lines", &count, 2, 60)) view->level_count = count;
    }
    if (view->kind == TAU_VIEW_KIND_SURFACE) {
        tau_ui_next_width(-90 * p->scale);
        tau_ui_slider("height", &view->stretch, 0.1, 5, "%.2f", true);
        draw_clip(p, app, view);
        draw_switch(app, "view.light");
        draw_switch(app, "view.shading");
        draw_switch(app, "view.wireframe");
        draw_switch(app, "camera.ortho");
    }
    draw_switch(app, "view.axes");
    draw_switch(app, "view.colorbar");
}

static void draw_paths(tau_panels *p, tau_app *app, tau_view *view, const tau_document *document) {
    if (document->scene.path_count == 0) return;
    tau_ui_heading("Trajectories");
    draw_switch(app, "view.paths");
    if (view->kind == TAU_VIEW_KIND_SURFACE) draw_switch(app, "view.stems");
    int most = document->states > 2 ? (int)(document->states < 1000 ? document->states - 1 : 999) : 2;
    tau_ui_next_width(-90 * p->scale);
    tau_ui_slider_int("tail", &view->comet, 0, most);
    tau_ui_tooltip("States that are drawn behind the marker; 0 is the whole way.  Key: Shift+T");
}

static void draw_pins(tau_app *app) {
    if (app->state.pin_count == 0) return;
    tau_ui_heading("Pins");
    int removed = -1;
    for (int i = 0; i < app->state.pin_count; i++) {
        char text[TAU_DOCUMENT_TEXT + 16], reading[TAU_DOCUMENT_TEXT];
        const tau_pin *pin = &app->state.pins[i];
        tau_reading r = tau_document_read(app->documents[pin->document], pin->coords);
        tau_reading_format(reading, &r, app->documents[pin->document]);
        char *value = strstr(reading, "   loss"); /* the place on one line, what is known there on the next */
        if (value) memmove(value + 1, value + 3, strlen(value + 3) + 1);
        if (value) *value = '\n';
        snprintf(text, sizeof text, "%d: %s", i + 1, reading);
        tau_ui_push_id(i);
        if (tau_ui_button("x")) removed = i;
        tau_ui_tooltip("Removes this pin.");
        tau_ui_same_line();
        tau_ui_text_wrapped(text);
        tau_ui_pop_id();
    }
    if (removed < 0) return;
    app->state.pin_count--;
    for (int i = removed; i < app->state.pin_count; i++) app->state.pins[i] = app->state.pins[i + 1];
}

static void draw_explorer(tau_app *app, const tau_document *document) {
    if (!document->exploration) return;
    tau_ui_heading("Explorer");
    draw_switch(app, "explore.pause");
    if (!document->line) {
        draw_switch(app, "explore.arrows");
        draw_switch(app, "explore.line");
    }
    draw_button(app, "explore.descent", "Optimiser here");
    tau_ui_same_line();
    draw_button(app, "explore.descent_options", "…");
    draw_button(app, "explore.minimum", "Go to the minimum");
    if (!document->line) draw_button(app, "explore.plane", "Another plane…");
    draw_button(app, "file.save", "Save what is seen…");
    draw_button(app, "explore.clear", "Remove what was drawn");
    for (int w = 0; w < TAU_APP_WAYS; w++) {
        const tau_app_way *way = &app->tools.ways[w];
        if (!way->job || way->answer.count == 0) continue;
        char text[160], loss[TAU_NUMBER_TEXT];
        tau_number_format(loss, way->answer.loss[way->answer.count - 1], 4);
        snprintf(text, sizeof text, "%s: %zu steps, loss %s%s", way->label, way->answer.count - 1, loss,
                 way->answer.finished ? "" : " …");
        tau_ui_text_wrapped(text);
    }
}

void tau_panels_draw_side(tau_panels *p, tau_app *app) {
    if (p->side_width <= 0) return;
    if (app->wants.focus_panel) tau_ui_focus_next_window();
    app->wants.focus_panel = false;
    if (tau_ui_begin_window("side", TAU_UI_PANEL, p->width - p->side_width, p->menu_height, p->side_width,
                            p->height - p->menu_height - p->status_height)) {
        draw_documents(app);
        tau_document *document = tau_app_get_document(app);
        tau_view *view = &tau_app_get_pane(app)->view;
        if (document) {
            draw_quantity(p, app, document);
            if (document->line) {
                tau_ui_heading("View");
                draw_switch(app, "view.log");
                draw_switch(app, "view.axes");
            } else {
                draw_plane(p, app, view);
                draw_paths(p, app, view, document);
            }
            draw_explorer(app, document);
            draw_pins(app);
            if (*document->honesty) {
                tau_ui_heading(document->line ? "About" : "What the plane shows");
                tau_ui_text_muted(document->honesty);
            }
        }
    }
    tau_ui_end_window();
}
