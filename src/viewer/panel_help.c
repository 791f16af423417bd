/* The help overlay and the command palette, both made from the table of actions. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/panels.h"

enum { KEY_ENTER = 257, KEY_DOWN = 264, KEY_UP = 265 }; /* as GLFW counts them */

static void format_keys(const tau_action *action, char *out, size_t size) {
    tau_chord chords[TAU_ACTION_CHORDS];
    int count = tau_action_get_chords(action, chords);
    out[0] = '\0';
    for (int c = 0; c < count; c++) {
        char key[48];
        tau_chord_format(key, chords[c]);
        size_t length = strlen(out);
        snprintf(out + length, size - length, "%s%s", c ? ", " : "", key);
    }
}

/* One row: what, keys, value. @return whether it was chosen */
static bool draw_row(const tau_app *app, const tau_action *action, bool chosen) {
    char keys[160], value[TAU_ACTION_VALUE];
    format_keys(action, keys, sizeof keys);
    tau_action_format_value(action, app, value);
    tau_ui_table_next();
    bool clicked = tau_ui_selectable(action->title, chosen, 0);
    tau_ui_tooltip(action->help);
    tau_ui_table_next();
    tau_ui_text(keys);
    tau_ui_table_next();
    tau_ui_text_muted(value);
    return clicked;
}

static bool is_found(const tau_action *action, const tau_action *const *found, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (found[i] == action) return true;
    return false;
}

static void draw_mouse(void) {
    tau_ui_heading("Mouse");
    if (!tau_ui_begin_table("mouse", 2)) return;
    tau_ui_table_column(0.35);
    tau_ui_table_column(0.65);
    for (const tau_mouse_help *row = tau_bindings_get_mouse_help(); row->how; row++) {
        tau_ui_table_next();
        tau_ui_text_wrapped(row->how);
        tau_ui_table_next();
        tau_ui_text_wrapped(row->what);
    }
    tau_ui_end_table();
}

/* @return the action that was clicked, or NULL */
static const tau_action *draw_group(const tau_app *app, const char *menu, const tau_action *const *found,
                                    size_t count) {
    const tau_action *clicked = NULL;
    bool any = false;
    for (size_t i = 0; i < tau_action_count(); i++) {
        const tau_action *action = tau_action_get(i);
        bool here = menu ? action->menu && strcmp(action->menu, menu) == 0 : !action->menu;
        if (!here || !is_found(action, found, count)) continue;
        if (!any) {
            tau_ui_heading(menu ? menu : "More keys");
            if (!tau_ui_begin_table(menu ? menu : "more", 3)) return NULL;
            tau_ui_table_column(0.42);
            tau_ui_table_column(0.3);
            tau_ui_table_column(0.28);
            any = true;
        }
        if (draw_row(app, action, false)) clicked = action;
    }
    if (any) tau_ui_end_table();
    return clicked;
}

void tau_panels_draw_help(tau_panels *p, tau_app *app) {
    const tau_action *found[512], *clicked = NULL;
    double width = p->width < 700 * p->scale ? p->width - 20 * p->scale : 680 * p->scale;
    double height = 0.86 * p->height;
    bool fresh = p->shown != TAU_DIALOG_HELP;
    if (fresh) p->filter[0] = '\0';
    if (fresh) tau_ui_focus_next_window();
    if (tau_ui_begin_window("Keys and values (Esc closes)", TAU_UI_DIALOG, (p->width - width) / 2,
                            0.07 * p->height, width, height)) {
        tau_ui_next_width(-1);
        tau_ui_input("##filter", "find a key or an action", p->filter, sizeof p->filter, fresh);
        size_t count = tau_action_search(p->filter, found, 512);
        if (tau_ui_begin_child("rows", 0, 0, false)) {
            if (!p->filter[0]) draw_mouse();
            for (const char *const *menu = tau_action_get_menus(); *menu; menu++) {
                const tau_action *one = draw_group(app, *menu, found, count);
                if (one) clicked = one;
            }
            const tau_action *one = draw_group(app, NULL, found, count);
            if (one) clicked = one;
        }
        tau_ui_end_child();
    }
    tau_ui_end_window();
    if (!clicked) return;
    app->dialog = TAU_DIALOG_NONE;
    (void)tau_action_run(clicked, app);
}

/* Places of the list of recent files that are empty only fill the palette. */
static size_t keep_useful(const tau_app *app, const tau_action **found, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (tau_action_is_enabled(found[i], app) || strncmp(found[i]->id, "file.recent", 11) != 0)
            found[kept++] = found[i];
    return kept;
}

void tau_panels_draw_palette(tau_panels *p, tau_app *app) {
    enum { SHOWN = 200 };
    const tau_action *found[SHOWN], *chosen = NULL;
    double width = p->width < 600 * p->scale ? p->width - 20 * p->scale : 560 * p->scale;
    bool fresh = p->shown != TAU_DIALOG_PALETTE;
    if (fresh) tau_ui_focus_next_window();
    if (tau_ui_begin_window("Find an action (Esc closes)", TAU_UI_DIALOG, (p->width - width) / 2,
                            0.12 * p->height, width, 0.6 * p->height)) {
        tau_ui_next_width(-1);
        bool entered = tau_ui_input("##words", "type a part of its name", app->text, 64, fresh);
        size_t count = keep_useful(app, found, tau_action_search(app->text, found, SHOWN));
        int last = count ? (int)count - 1 : 0;
        bool moved = tau_ui_is_key_pressed(KEY_DOWN) || tau_ui_is_key_pressed(KEY_UP);
        app->choice += tau_ui_is_key_pressed(KEY_DOWN) - tau_ui_is_key_pressed(KEY_UP);
        app->choice = app->choice < 0 ? 0 : app->choice > last ? last : app->choice;
        if (entered && count) chosen = found[app->choice];
        if (tau_ui_begin_child("rows", 0, 0, false) && count && tau_ui_begin_table("found", 3)) {
            tau_ui_table_column(0.45);
            tau_ui_table_column(0.27);
            tau_ui_table_column(0.28);
            for (size_t i = 0; i < count; i++) {
                if (draw_row(app, found[i], (int)i == app->choice)) chosen = found[i];
                if (moved && (int)i == app->choice) tau_ui_scroll_here();
            }
            tau_ui_end_table();
        }
        tau_ui_end_child();
    }
    tau_ui_end_window();
    if (!chosen) return;
    app->dialog = TAU_DIALOG_NONE;
    (void)tau_action_run(chosen, app);
}
