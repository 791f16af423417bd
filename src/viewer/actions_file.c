/* Actions on files, the clipboard, undo, the window itself and help. */
#include <stdio.h>
#include <string.h>

#include "viewer/actions.h"
#include "viewer/loader.h"
#include "viewer/tools.h"

static tau_status open_dialog(tau_app *app, int dialog) {
    bool same = app->dialog == (tau_dialog)dialog;
    app->dialog = same ? TAU_DIALOG_NONE : (tau_dialog)dialog;
    app->choice = 0;
    app->text[0] = '\0';
    return TAU_STATUS_OK;
}

static bool has_document(const tau_app *app, int argument) {
    (void)argument;
    return tau_app_get_document(app) != NULL;
}

static bool can_save(const tau_app *app, int argument) {
    (void)argument;
    return tau_tools_can_ask(app);
}

static tau_status reload(tau_app *app, int argument) {
    (void)argument;
    app->wants.shaders = app->request && app->request->shaders;
    for (int i = 0; i < app->document_count; i++)
        if (app->documents[i]->path) TAU_TRY(tau_loader_refresh(app, app->documents[i]));
    return TAU_STATUS_OK;
}

static tau_status toggle_watch(tau_app *app, int argument) {
    (void)argument;
    app->watch = !app->watch;
    return TAU_STATUS_OK;
}

static bool is_watching(const tau_app *app, int argument) {
    (void)argument;
    return app->watch;
}

static tau_status close_document(tau_app *app, int argument) {
    (void)argument;
    tau_app_close_document(app, tau_app_get_pane(app)->document);
    return TAU_STATUS_OK;
}

static tau_status open_recent(tau_app *app, int index) {
    char path[TAU_APP_PATH];
    memcpy(path, app->settings.recent[index], sizeof path); /* opening moves the list */
    return tau_loader_open(app, path);
}

static bool has_recent(const tau_app *app, int index) {
    return index < app->settings.recent_count;
}

static void get_recent(const tau_app *app, int index, char *out) {
    const char *path = index < app->settings.recent_count ? app->settings.recent[index] : "";
    size_t length = strlen(path), most = TAU_ACTION_VALUE - 8;
    snprintf(out, TAU_ACTION_VALUE, "%s%s", length > most ? "…" : "",
             length > most ? path + length - most : path);
}

static tau_status screenshot(tau_app *app, int plain) {
    app->wants.screenshot = true;
    app->wants.plain = plain;
    app->wants.width = app->wants.height = 0;
    app->wants.path[0] = '\0';
    return TAU_STATUS_OK;
}

static tau_status record(tau_app *app, int argument) {
    (void)argument;
    if (!app->recording) return open_dialog(app, TAU_DIALOG_RECORD);
    app->wants.record = true;
    return TAU_STATUS_OK;
}

static bool is_recording(const tau_app *app, int argument) {
    (void)argument;
    return app->recording;
}

static tau_status quit(tau_app *app, int argument) {
    (void)argument;
    app->wants.quit = true;
    return TAU_STATUS_OK;
}

static tau_status undo(tau_app *app, int redo) {
    tau_app_undo(app, redo);
    return TAU_STATUS_OK;
}

static void count_undo(const tau_app *app, int redo, char *out) {
    snprintf(out, TAU_ACTION_VALUE, "%zu steps",
             redo ? tau_history_count_redo(app->data) : tau_history_count_undo(app->data));
}

static tau_status copy(tau_app *app, int argument) {
    (void)argument;
    tau_app_copy_reading(app);
    return TAU_STATUS_OK;
}

static tau_status copy_view(tau_app *app, int argument) {
    (void)argument;
    return tau_app_copy_view(app);
}

static tau_status paste_view(tau_app *app, int argument) {
    (void)argument;
    return tau_app_paste_view(app);
}

static tau_status clear_pins(tau_app *app, int argument) {
    (void)argument;
    app->state.pin_count = 0;
    return TAU_STATUS_OK;
}

static bool has_pins(const tau_app *app, int argument) {
    (void)argument;
    return app->state.pin_count > 0;
}

static tau_status pin_middle(tau_app *app, int lowest) {
    double coords[2], lo[2], hi[2];
    const tau_document *document = tau_app_get_document(app);
    tau_app_state *s = &app->state;
    if (s->pin_count == TAU_APP_PINS)
        return tau_fail(TAU_STATUS_USAGE, "there are %d pins already" TAU_FIX "clear some", TAU_APP_PINS);
    if (lowest) {
        if (!tau_document_find_minimum(document, coords)) return TAU_STATUS_OK;
    } else {
        if (!tau_document_get_extent(document, lo, hi)) return TAU_STATUS_OK;
        for (int axis = 0; axis < 2; axis++) coords[axis] = (lo[axis] + hi[axis]) / 2;
    }
    s->pins[s->pin_count++] = (tau_pin){{coords[0], coords[1]}, s->panes[s->active].document};
    return TAU_STATUS_OK;
}

static tau_status fullscreen(tau_app *app, int argument) {
    (void)argument;
    app->wants.fullscreen = true;
    return TAU_STATUS_OK;
}

enum { PANEL_SIDE, PANEL_TIMELINE, PANEL_STATUS };

static bool *find_panel(tau_app *app, int panel) {
    return panel == PANEL_SIDE       ? &app->settings.side_panel
           : panel == PANEL_TIMELINE ? &app->settings.timeline_panel
                                     : &app->settings.status_line;
}

static tau_status toggle_panel(tau_app *app, int panel) {
    bool *shown = find_panel(app, panel);
    *shown = !*shown;
    return TAU_STATUS_OK;
}

static bool is_panel_shown(const tau_app *app, int panel) {
    return *find_panel((tau_app *)app, panel);
}

static tau_status focus_panel(tau_app *app, int argument) {
    (void)argument;
    app->settings.side_panel = true;
    app->wants.focus_panel = true;
    return TAU_STATUS_OK;
}

static tau_status scale(tau_app *app, int percent) {
    double next = percent ? app->settings.scale * percent / 100.0 : 1;
    app->settings.scale = next < 0.5 ? 0.5 : next > 4 ? 4 : next;
    app->wants.rescale = true;
    return TAU_STATUS_OK;
}

static void get_scale(const tau_app *app, int argument, char *out) {
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%.0f %%", 100 * app->settings.scale);
}

static tau_status escape(tau_app *app, int argument) {
    (void)argument;
    app->message.open = false;
    app->dialog = TAU_DIALOG_NONE;
    app->tools.drawing = false;
    return TAU_STATUS_OK;
}

#define RECENT(n, title, keys)                                                                               \
    {                                                                                                        \
        "file.recent" #n, NULL, title, keys, "Opens a file of the list of recent ones.", open_recent, n - 1, \
            get_recent, NULL, has_recent                                                                     \
    }

const tau_action tau_actions_file[] = {
    {"file.open", "File", "Open…", "Ctrl+O", "Opens a landscape or a run file.", open_dialog, TAU_DIALOG_OPEN,
     NULL, NULL, NULL},
    {"file.save", "File", "Save what is seen…", "Ctrl+S",
     "Computes the region with all samples and keeps it as a landscape file.", open_dialog, TAU_DIALOG_SAVE,
     NULL, NULL, can_save},
    {"file.reload", "File", "Read again", "F5", "Reads all files again, and the shaders of --shaders.",
     reload, 0, NULL, NULL, has_document},
    {"file.watch", "File", "Follow files", NULL, "Reads files again whenever they change.", toggle_watch, 0,
     NULL, is_watching, NULL},
    {"file.close", "File", "Close", "Ctrl+W", "Closes the document of the active pane.", close_document, 0,
     NULL, NULL, has_document},
    {"file.screenshot", "File", "Screenshot", "F12", "A picture of the window, in the working folder.",
     screenshot, 0, NULL, NULL, NULL},
    {"file.picture", "File", "Picture without overlays", "Ctrl+F12",
     "The landscape alone on a transparent ground, its ink for light paper.", screenshot, 1, NULL, NULL,
     has_document},
    {"file.picture_as", "File", "Picture of any size…", "Ctrl+Shift+F12",
     "The landscape alone, at a size and under a name of your choice.", open_dialog, TAU_DIALOG_SCREENSHOT,
     NULL, NULL, has_document},
    {"file.record", "File", "Record a film…", "Shift+F12",
     "Starts or ends a film of the window: MP4, GIF, or numbered pictures.", record, 0, NULL, is_recording,
     NULL},
    RECENT(1, "Recent file 1", "Ctrl+1"),
    RECENT(2, "Recent file 2", "Ctrl+2"),
    RECENT(3, "Recent file 3", "Ctrl+3"),
    RECENT(4, "Recent file 4", "Ctrl+4"),
    RECENT(5, "Recent file 5", "Ctrl+5"),
    RECENT(6, "Recent file 6", "Ctrl+6"),
    RECENT(7, "Recent file 7", "Ctrl+7"),
    RECENT(8, "Recent file 8", "Ctrl+8"),
    RECENT(9, "Recent file 9", "Ctrl+9"),
    {"file.quit", "File", "Quit", "Ctrl+Q", "Closes the window; the session is kept.", quit, 0, NULL, NULL,
     NULL},
    {"edit.undo", "Edit", "Undo", "Ctrl+Z", "Takes back a change of settings, pins or panes.", undo, 0,
     count_undo, NULL, NULL},
    {"edit.redo", "Edit", "Redo", "Ctrl+Y Ctrl+Shift+Z", "Does again what was undone.", undo, 1, count_undo,
     NULL, NULL},
    {"edit.copy", "Edit", "Copy the values here", "Ctrl+C",
     "Copies what is known of the place under the pointer, or of the last pin.", copy, 0, NULL, NULL,
     has_document},
    {"edit.copy_view", "Edit", "Copy the view", "Ctrl+Shift+C",
     "Copies camera and settings as text, for another window, --state or a colleague.", copy_view, 0, NULL,
     NULL, has_document},
    {"edit.paste_view", "Edit", "Paste a view", "Ctrl+V", "Takes camera and settings from the clipboard.",
     paste_view, 0, NULL, NULL, has_document},
    {"edit.pin_lowest", "Edit", "Pin the lowest point", "N", "Sets a pin at the lowest computed point.",
     pin_middle, 1, NULL, NULL, has_document},
    {"edit.pin_middle", "Edit", "Pin the middle", NULL, "Sets a pin at the middle of the landscape.",
     pin_middle, 0, NULL, NULL, has_document},
    {"edit.clear_pins", "Edit", "Remove pins", "Delete", "Removes all pins.", clear_pins, 0, NULL, NULL,
     has_pins},
    {"edit.settings", "Edit", "Settings…", "Ctrl+,", "Buttons of the mouse, size of the type, theme.",
     open_dialog, TAU_DIALOG_SETTINGS, NULL, NULL, NULL},
    {"window.fullscreen", "View", "Full screen", "F11", "The whole screen, or a window.", fullscreen, 0, NULL,
     NULL, NULL},
    {"window.side", "View", "Side panel", "F9", "Shows or hides the settings at the side.", toggle_panel,
     PANEL_SIDE, NULL, is_panel_shown, NULL},
    {"window.timeline", "View", "Timeline", "F8", "Shows or hides the timeline.", toggle_panel,
     PANEL_TIMELINE, NULL, is_panel_shown, NULL},
    {"window.status", "View", "Status line", "F7", "Shows or hides the line at the bottom.", toggle_panel,
     PANEL_STATUS, NULL, is_panel_shown, NULL},
    {"window.focus", "View", "Go to the side panel", "F6",
     "Gives the keys to the panel: arrows, Space, Enter; Esc gives them back.", focus_panel, 0, NULL, NULL,
     NULL},
    {"window.larger", "View", "Larger type", "Ctrl++ Ctrl+=", "Everything in the window larger.", scale, 125,
     get_scale, NULL, NULL},
    {"window.smaller", "View", "Smaller type", "Ctrl+-", "Everything in the window smaller.", scale, 80,
     get_scale, NULL, NULL},
    {"window.scale", "View", "Type as it was", "Ctrl+0", "The size that suits the screen.", scale, 0,
     get_scale, NULL, NULL},
    {"help.keys", "Help", "Keys and values", "F1 H ?", "All actions with their keys and present values.",
     open_dialog, TAU_DIALOG_HELP, NULL, NULL, NULL},
    {"help.palette", "Help", "Find an action…", "Ctrl+P Ctrl+K", "Type a part of its name, press Enter.",
     open_dialog, TAU_DIALOG_PALETTE, NULL, NULL, NULL},
    {"help.about", "Help", "About tauscape", NULL, "Version and what draws here.", open_dialog,
     TAU_DIALOG_ABOUT, NULL, NULL, NULL},
    {"window.escape", NULL, "Close what is open", "Esc", "Closes dialogs and messages, ends drawing.", escape,
     0, NULL, NULL, NULL},
};
const size_t tau_actions_file_count = sizeof tau_actions_file / sizeof *tau_actions_file;
