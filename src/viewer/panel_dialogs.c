/* Dialogs: open, save, pictures, films, planes, optimisers, settings, about. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure/number.h"
#include "train/train.h"
#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/loader.h"
#include "viewer/panels.h"
#include "viewer/tools.h"

/* @return whether it is seen; tau_ui_end_window follows either way */
static bool begin(tau_panels *p, const tau_app *app, const char *title, double wanted, double height) {
    double width = fmin(p->width - 20 * p->scale, wanted * p->scale);
    if (p->shown != app->dialog) tau_ui_focus_next_window();
    return tau_ui_begin_window(title, TAU_UI_DIALOG, (p->width - width) / 2, 0.15 * p->height, width, height);
}

static void close_dialog(tau_app *app) {
    app->dialog = TAU_DIALOG_NONE;
}

/* ---- files ---- */

static void draw_entries(tau_panels *p, tau_app *app) {
    tau_browser_list(&p->browser, app->text);
    for (size_t i = 0; i < p->browser.count; i++) {
        char label[300];
        const tau_browser_entry *entry = &p->browser.entries[i];
        snprintf(label, sizeof label, "%s%s", entry->name, entry->folder ? "/" : "");
        tau_ui_push_id((int)i);
        if (tau_ui_selectable(label, false, 0) &&
            tau_browser_take(&p->browser, i, app->text, sizeof app->text) && !p->browser.entries[i].folder) {
            close_dialog(app);
            (void)tau_app_report(app, tau_loader_open(app, app->text));
        }
        tau_ui_pop_id();
        if (app->dialog == TAU_DIALOG_NONE) return;
    }
    if (p->browser.more) tau_ui_text_muted("… and more: type the beginning of the name");
    if (p->browser.count == 0) tau_ui_text_muted("nothing begins like this");
}

static void draw_open(tau_panels *p, tau_app *app) {
    if (begin(p, app, "Open a landscape or a run (Esc closes)", 560, 0.6 * p->height)) {
        if (p->shown != TAU_DIALOG_OPEN) p->browser.valid = false;
        tau_ui_next_width(-1);
        bool entered = tau_ui_input("##path", "a path; or choose below, or drop files on the window",
                                    app->text, sizeof app->text, p->shown != TAU_DIALOG_OPEN);
        if (tau_ui_begin_child("entries", 0, 0, true)) draw_entries(p, app);
        tau_ui_end_child();
        if (entered && app->text[0] && app->dialog == TAU_DIALOG_OPEN) {
            close_dialog(app);
            (void)tau_app_report(app, tau_loader_open(app, app->text));
        }
    }
    tau_ui_end_window();
}

static void draw_save(tau_panels *p, tau_app *app) {
    if (begin(p, app, "Save what is seen (Esc closes)", 480, 0)) {
        tau_ui_text_wrapped("The region is computed with all samples and kept with its recipe.");
        tau_ui_next_width(-1);
        bool entered =
            tau_ui_input("##path", "here.land.h5", app->text, sizeof app->text, p->shown != TAU_DIALOG_SAVE);
        if (tau_ui_button("Save") || entered) {
            close_dialog(app);
            (void)tau_app_report(app, tau_tools_save(app, app->text));
        }
    }
    tau_ui_end_window();
}

static void draw_screenshot(tau_panels *p, tau_app *app) {
    if (begin(p, app, "Picture of any size (Esc closes)", 480, 0)) {
        bool fresh = p->shown != TAU_DIALOG_SCREENSHOT;
        double size[2] = {p->size[0] ? p->size[0] : 1920, p->size[1] ? p->size[1] : 1080};
        tau_ui_next_width(-1);
        bool entered = tau_ui_input("##path", "landscape.png", app->text, sizeof app->text, fresh);
        for (int axis = 0; axis < 2; axis++) {
            tau_ui_next_width(150 * p->scale);
            tau_ui_input_real(axis ? "pixels high" : "pixels wide", &size[axis]);
            p->size[axis] = size[axis] >= 16 && size[axis] <= 16384 ? (int)size[axis] : p->size[axis];
        }
        tau_ui_text_muted("PNG on a transparent ground; tauscape export writes SVG and PDF.");
        if (tau_ui_button("Draw") || entered) {
            app->wants.screenshot = app->wants.plain = true;
            app->wants.width = (int)size[0];
            app->wants.height = (int)size[1];
            snprintf(app->wants.path, sizeof app->wants.path, "%s", app->text);
            close_dialog(app);
        }
    }
    tau_ui_end_window();
}

static void draw_record(tau_panels *p, tau_app *app) {
    if (begin(p, app, "Record a film (Esc closes)", 480, 0)) {
        tau_ui_text_wrapped(
            "The window as it is seen, until Shift+F12 is pressed again. The name decides: .mp4, "
            ".webm, .gif, or frames/%05d.png.");
        tau_ui_next_width(-1);
        bool entered = tau_ui_input("##path", "tauscape.mp4", app->text, sizeof app->text,
                                    p->shown != TAU_DIALOG_RECORD);
        if (tau_ui_button("Record") || entered) {
            snprintf(app->wants.path, sizeof app->wants.path, "%s",
                     app->text[0] ? app->text : "tauscape.mp4");
            app->wants.record = true;
            close_dialog(app);
        }
    }
    tau_ui_end_window();
}

/* ---- the explorer ---- */

static void draw_replane(tau_panels *p, tau_app *app) {
    char words[240] = "";
    if (begin(p, app, "Another plane (Esc closes)", 480, 0)) {
        if (!p->seed[0]) snprintf(p->seed, sizeof p->seed, "1");
        tau_ui_heading("Random, through the same centre");
        tau_ui_next_width(150 * p->scale);
        bool entered = tau_ui_input("seed", "", p->seed, sizeof p->seed, p->shown != TAU_DIALOG_REPLANE);
        tau_ui_same_line();
        if (tau_ui_button("Random plane") || entered) snprintf(words, sizeof words, "random:%s", p->seed);
        tau_ui_heading("Of the training");
        if (tau_ui_button("First two components")) snprintf(words, sizeof words, "pca");
        tau_ui_heading("Through three states");
        static const char *const hints[] = {"first", "best", "last"};
        for (int s = 0; s < 3; s++) {
            tau_ui_push_id(s);
            tau_ui_next_width(150 * p->scale);
            tau_ui_input(s == 0   ? "state: first, best, last, an index"
                         : s == 1 ? "or epoch:E, step:S"
                                  : "##state",
                         hints[s], p->states[s], sizeof p->states[s], false);
            tau_ui_pop_id();
        }
        if (tau_ui_button("Plane through the states"))
            snprintf(words, sizeof words, "states:%s,%s,%s", p->states[0][0] ? p->states[0] : hints[0],
                     p->states[1][0] ? p->states[1] : hints[1], p->states[2][0] ? p->states[2] : hints[2]);
    }
    tau_ui_end_window();
    if (!words[0]) return;
    close_dialog(app);
    (void)tau_app_report(app, tau_tools_replane(app, words));
}

static void draw_descent(tau_panels *p, tau_app *app) {
    tau_app_tools *t = &app->tools;
    if (begin(p, app, "Optimiser (Esc closes)", 420, 0)) {
        tau_ui_next_width(170 * p->scale);
        if (tau_ui_begin_combo("optimiser", tau_optimizer_name((tau_optimizer)t->optimizer))) {
            for (int o = TAU_OPTIMIZER_SGD; o <= TAU_OPTIMIZER_RMSPROP; o++)
                if (tau_ui_combo_item(tau_optimizer_name((tau_optimizer)o), o == t->optimizer)) {
                    t->optimizer = o;
                    t->rate = tau_optimizer_default_rate((tau_optimizer)o);
                }
            tau_ui_end_combo();
        }
        double rate = t->rate;
        tau_ui_next_width(170 * p->scale);
        if (tau_ui_slider("learning rate", &rate, 1e-5, 10, "%.5g", true) && rate > 0) t->rate = rate;
        tau_ui_next_width(170 * p->scale);
        tau_ui_slider_int("steps", &t->steps, 1, 1000);
        tau_ui_checkbox("over all parameters, then projected", &t->full_space);
        tau_ui_tooltip("Otherwise it stays in the plane.");
        tau_ui_text_muted("It starts at the pointer (O), else at the last pin, else in the middle.");
        tau_ui_begin_disabled(!tau_tools_can_ask(app));
        if (tau_ui_button("Start")) {
            close_dialog(app);
            app->hovering = false;
            (void)tau_app_report(app, tau_tools_ask_descent(app));
        }
        tau_ui_end_disabled();
    }
    tau_ui_end_window();
}

/* ---- the program ---- */

static void draw_settings(tau_panels *p, tau_app *app) {
    if (begin(p, app, "Settings (Esc closes)", 440, 0)) {
        bool dark = app->settings.dark;
        if (tau_ui_checkbox("dark theme", &dark)) (void)tau_action_run(tau_action_find("view.dark"), app);
        tau_ui_checkbox("right drag pans, middle drag zooms", &app->settings.swap_buttons);
        tau_ui_checkbox("side panel", &app->settings.side_panel);
        tau_ui_checkbox("timeline", &app->settings.timeline_panel);
        tau_ui_checkbox("status line", &app->settings.status_line);
        tau_ui_checkbox("follow all files", &app->watch);
        char text[64];
        snprintf(text, sizeof text, "size of the type: %.0f %%", 100 * app->settings.scale);
        tau_ui_text(text);
        tau_ui_same_line();
        if (tau_ui_button("smaller")) (void)tau_action_run(tau_action_find("window.smaller"), app);
        tau_ui_same_line();
        if (tau_ui_button("larger")) (void)tau_action_run(tau_action_find("window.larger"), app);
        tau_ui_text_muted("TAUSCAPE_SCALE=1.5 sets the size for screens that do not tell theirs.");
    }
    tau_ui_end_window();
}

static void draw_about(tau_panels *p, tau_app *app) {
    char text[300];
    if (begin(p, app, "About tauscape (Esc closes)", 460, 0)) {
        tau_ui_text_wrapped(
            "tauscape shows where a network was trained: the loss of the real network over lines and "
            "planes in parameter space, and its training beside it.");
        snprintf(text, sizeof text, "drawn by %s; panels by Dear ImGui %s",
                 p->graphics ? p->graphics : "OpenGL", tau_ui_get_version());
        tau_ui_text_muted(text);
        if (app->exploration.device) {
            snprintf(text, sizeof text, "computed on %s", app->exploration.device);
            tau_ui_text_muted(text);
        }
    }
    tau_ui_end_window();
}

void tau_panels_draw_dialogs(tau_panels *p, tau_app *app) {
    static void (*const dialogs[])(tau_panels *, tau_app *) = {
        [TAU_DIALOG_HELP] = tau_panels_draw_help,
        [TAU_DIALOG_PALETTE] = tau_panels_draw_palette,
        [TAU_DIALOG_OPEN] = draw_open,
        [TAU_DIALOG_SAVE] = draw_save,
        [TAU_DIALOG_SCREENSHOT] = draw_screenshot,
        [TAU_DIALOG_RECORD] = draw_record,
        [TAU_DIALOG_REPLANE] = draw_replane,
        [TAU_DIALOG_DESCENT] = draw_descent,
        [TAU_DIALOG_SETTINGS] = draw_settings,
        [TAU_DIALOG_ABOUT] = draw_about,
    };
    if (app->dialog != TAU_DIALOG_NONE) dialogs[app->dialog](p, app);
}
