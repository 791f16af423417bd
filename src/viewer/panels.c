/* The window's frame: menus, status line, toasts, messages. */
#include "viewer/panels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/tools.h"

/* ---- arrangement ---- */

void tau_panels_arrange(tau_panels *p, const tau_app *app, double width, double height, double scale) {
    const tau_app_settings *s = &app->settings;
    double line = 15 * scale;
    p->width = width;
    p->height = height;
    p->scale = scale;
    if (p->menu_height <= 0) p->menu_height = 22 * scale;
    p->status_height = s->status_line ? 2 * line + 22 * scale : 0;
    p->time_height =
        s->timeline_panel && app->timeline.count > 1 ? fmin(0.3 * height, 8.2 * line + 16 * scale) : 0;
    p->side_width = s->side_panel && app->document_count ? fmin(0.42 * width, 262 * scale) : 0;
    const tau_document *document = tau_app_get_document(app);
    bool profile = app->tools.profile.count > 1 && document && document->exploration;
    p->profile_height = profile ? fmin(0.19 * height, 8 * line) : 0;
    p->scene[0] = 0;
    p->scene[1] = p->menu_height;
    p->scene[2] = fmax(1, width - p->side_width);
    p->scene[3] = fmax(1, height - p->menu_height - p->status_height - p->time_height - p->profile_height);
}

void tau_panels_get_pane(const tau_panels *p, int pane, int count, double area[4]) {
    bool wide = p->scene[2] >= p->scene[3];
    int columns = count == 1 ? 1 : count == 2 ? (wide ? 2 : 1) : 2, rows = (count + columns - 1) / columns;
    int column = pane % columns, row = pane / columns;
    bool alone = column == 0 && pane == count - 1; /* the third of three has the whole row */
    area[0] = p->scene[0] + floor(p->scene[2] * column / columns);
    area[1] = p->scene[1] + floor(p->scene[3] * row / rows);
    area[2] =
        (alone ? p->scene[0] + p->scene[2] : p->scene[0] + floor(p->scene[2] * (column + 1) / columns)) -
        area[0];
    area[3] = p->scene[1] + floor(p->scene[3] * (row + 1) / rows) - area[1];
}

/* ---- menus ---- */

static void draw_row(tau_app *app, const tau_action *action, const char *title) {
    tau_chord chords[TAU_ACTION_CHORDS];
    char keys[48] = "";
    if (tau_action_get_chords(action, chords)) tau_chord_format(keys, chords[0]);
    bool on = action->is_on && action->is_on(app, action->argument);
    if (tau_ui_menu_item(title, *keys ? keys : NULL, on, tau_action_is_enabled(action, app)))
        (void)tau_action_run(action, app);
    tau_ui_tooltip(action->help);
}

void tau_panels_draw_action(tau_app *app, const char *id) {
    const tau_action *action = tau_action_find(id);
    draw_row(app, action, action->title);
}

static void draw_recent(tau_app *app) {
    if (!tau_ui_begin_menu("Open recent")) return;
    for (int i = 0; i < app->settings.recent_count; i++) {
        char id[32], title[160], value[TAU_ACTION_VALUE];
        snprintf(id, sizeof id, "file.recent%d", i + 1);
        const tau_action *action = tau_action_find(id);
        tau_action_format_value(action, app, value);
        snprintf(title, sizeof title, "%s##%d", value, i);
        draw_row(app, action, title);
    }
    if (app->settings.recent_count == 0) tau_ui_menu_item("(none yet)", NULL, false, false);
    tau_ui_end_menu();
}

static void draw_menu(tau_app *app, const char *menu) {
    for (size_t i = 0; i < tau_action_count(); i++) {
        const tau_action *action = tau_action_get(i);
        if (!action->menu || strcmp(action->menu, menu) != 0) continue;
        draw_row(app, action, action->title);
        if (strcmp(action->id, "file.open") == 0) draw_recent(app);
    }
}

static void draw_menu_bar(tau_panels *p, tau_app *app) {
    p->menu_open = false;
    if (!tau_ui_begin_menu_bar(&p->menu_height)) return;
    for (const char *const *menu = tau_action_get_menus(); *menu; menu++) {
        if (!tau_ui_begin_menu(*menu)) continue;
        p->menu_open = true;
        draw_menu(app, *menu);
        tau_ui_end_menu();
    }
    tau_ui_end_menu_bar();
}

/* The menu of a place; the place is that of the last hover, which stands still meanwhile. */
static void draw_context_menu(tau_panels *p, tau_app *app) {
    static const char *const always[] = {"edit.copy",    "view.map", "view.log",     "camera.fit",
                                         "camera.reset", "pane.add", "file.picture", NULL};
    static const char *const asking[] = {"explore.descent", "explore.minimum", "explore.line",
                                         "explore.arrows", NULL};
    if (p->context_asked) tau_ui_open_context_menu();
    p->context_asked = false;
    p->context_open = tau_ui_begin_context_menu();
    if (!p->context_open) return;
    char text[TAU_DOCUMENT_TEXT];
    if (app->hovering) {
        tau_reading_format(text, &app->hover, tau_app_get_pane_document(app, app->hover_pane));
        tau_ui_text(text);
        tau_ui_separator();
        if (tau_ui_menu_item("Pin this place", "Click", false, app->state.pin_count < TAU_APP_PINS))
            app->state.pins[app->state.pin_count++] = (tau_pin){{app->hover.coords[0], app->hover.coords[1]},
                                                                app->state.panes[app->hover_pane].document};
    }
    for (const char *const *id = asking; *id && tau_tools_can_ask(app); id++)
        tau_panels_draw_action(app, *id);
    tau_ui_separator();
    for (const char *const *id = always; *id; id++) tau_panels_draw_action(app, *id);
    tau_ui_end_context_menu();
}

/* ---- lines of text ---- */

/* The end of a line that is too long gives way to an ellipsis, at a whole character. */
static void shorten(char *text, double width) {
    if (tau_ui_measure(text) <= width) return;
    size_t length = strlen(text);
    while (length > 3) {
        do length--;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80);
        memcpy(text + length, "…", sizeof "…");
        if (tau_ui_measure(text) <= width) return;
    }
}

static void draw_task(tau_app *app, double right) {
    double share;
    if (!tau_tools_get_task(app, &share)) return;
    tau_ui_same_line_at(right);
    if (tau_ui_button("Stop")) tau_tools_stop_task(app);
}

static void draw_status(tau_panels *p, tau_app *app) {
    if (p->status_height <= 0) return;
    char text[2 * TAU_DOCUMENT_TEXT + 16] = "", status[TAU_DOCUMENT_TEXT];
    const tau_document *document = tau_app_get_document(app);
    if (tau_ui_begin_window("status", TAU_UI_STRIP, 0, p->height - p->status_height, p->width,
                            p->status_height)) {
        if (app->hovering)
            tau_reading_format(text, &app->hover, tau_app_get_pane_document(app, app->hover_pane));
        else if (app->tools.drawing)
            snprintf(text, sizeof text, "drag over the landscape to draw a line");
        else if (document)
            snprintf(text, sizeof text,
                     "Point at the landscape to read it. F1 shows all keys, Ctrl+P finds an action.");
        shorten(text, p->width - 24 * p->scale);
        tau_ui_text(text);
        draw_task(app, 0.9);
        tau_app_format_status(app, status);
        snprintf(text, sizeof text, "%s%s%s", status, document && *document->honesty ? "   |   " : "",
                 document ? document->honesty : "");
        shorten(text, p->width - 24 * p->scale);
        tau_ui_line_muted(text);
        tau_ui_tooltip(document && *document->honesty ? document->honesty : status);
    }
    tau_ui_end_window();
}

static void draw_toasts(tau_panels *p, tau_app *app) {
    double x = p->scene[0] + 8 * p->scale, y = p->scene[1] + 8 * p->scale;
    for (int i = 0; i < TAU_APP_TOASTS; i++) {
        char name[16], text[sizeof app->toasts[i].text + 8];
        if (!app->toasts[i].text[0]) continue;
        snprintf(name, sizeof name, "toast %d", i);
        snprintf(text, sizeof text, "%s", app->toasts[i].text);
        shorten(text, p->scene[2] - 40 * p->scale);
        double width, height;
        if (tau_ui_begin_window(name, TAU_UI_OVERLAY, x, y, 0, 0)) tau_ui_text(text);
        tau_ui_get_window_size(&width, &height);
        tau_ui_end_window();
        y += height + 4 * p->scale;
    }
}

static void draw_welcome(tau_panels *p, tau_app *app) {
    if (app->document_count || app->dialog != TAU_DIALOG_NONE || app->message.open) return;
    double width = fmin(p->scene[2] - 40 * p->scale, 420 * p->scale);
    if (tau_ui_begin_window("welcome", TAU_UI_PANEL, p->scene[0] + (p->scene[2] - width) / 2,
                            p->scene[1] + p->scene[3] * 0.25, width, 0)) {
        tau_ui_heading("tauscape");
        tau_ui_text_wrapped("Drop a landscape or a run file here, or open one.");
        tau_panels_draw_action(app, "file.open");
        for (int i = 0; i < app->settings.recent_count; i++) {
            char id[32], value[TAU_ACTION_VALUE], title[TAU_ACTION_VALUE + 16];
            snprintf(id, sizeof id, "file.recent%d", i + 1);
            const tau_action *action = tau_action_find(id);
            tau_action_format_value(action, app, value);
            snprintf(title, sizeof title, "%s##%d", value, i);
            draw_row(app, action, title);
        }
        tau_ui_space(0.5);
        tau_ui_text_muted("tauscape demo makes landscapes to look at, without any data.");
    }
    tau_ui_end_window();
}

static void draw_message(tau_panels *p, tau_app *app) {
    tau_app_message *m = &app->message;
    if (!m->open) return;
    double width = fmin(p->width - 40 * p->scale, 520 * p->scale);
    tau_ui_focus_next_window();
    if (tau_ui_begin_window("Something went wrong", TAU_UI_DIALOG, (p->width - width) / 2, p->height * 0.3,
                            width, 0)) {
        tau_ui_text_wrapped(m->what);
        if (*m->why) {
            tau_ui_space(0.2);
            tau_ui_text_muted("Why");
            tau_ui_text_wrapped(m->why);
        }
        if (*m->fix) {
            tau_ui_space(0.2);
            tau_ui_text_muted("What to do");
            tau_ui_text_wrapped(m->fix);
        }
        tau_ui_space(0.4);
        if (tau_ui_button("Close (Esc)")) m->open = false;
        tau_ui_same_line();
        if (tau_ui_button("Copy") && app->host.set_clipboard) {
            char text[1700];
            snprintf(text, sizeof text, "error: %s\n  why: %s\n  fix: %s\n", m->what, m->why, m->fix);
            app->host.set_clipboard(app->host.payload, text);
        }
    }
    tau_ui_end_window();
}

/* Which of several panes the keys act on. */
static void draw_frames(tau_panels *p, const tau_app *app) {
    for (int i = 0; app->state.pane_count > 1 && i < app->state.pane_count; i++) {
        double a[4];
        tau_panels_get_pane(p, i, app->state.pane_count, a);
        tau_ui_draw_behind(a[0] + 1, a[1] + 1, a[2] - 2, a[3] - 2,
                           i == app->state.active ? TAU_UI_INK_ACCENT : TAU_UI_INK_FRAME);
    }
}

void tau_panels_draw(tau_panels *p, tau_app *app) {
    draw_frames(p, app);
    draw_menu_bar(p, app);
    tau_panels_draw_side(p, app);
    tau_panels_draw_time(p, app);
    tau_panels_draw_profile(p, app);
    draw_status(p, app);
    draw_welcome(p, app);
    tau_panels_draw_dialogs(p, app);
    draw_message(p, app);
    draw_context_menu(p, app);
    if (!app->wants.screenshot) draw_toasts(p, app); /* they tell of what was done, not of what is seen */
    p->shown = app->dialog;
}
