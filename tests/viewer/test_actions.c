#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "viewer/actions.h"

static tau_app *make_app(void) {
    tau_app *app;
    cr_assert_eq(tau_app_create(&app, NULL), TAU_STATUS_OK);
    return app;
}

static tau_chord chord(const char *text) {
    tau_chord out;
    cr_assert_eq(tau_chord_parse(&out, text, strlen(text)), TAU_STATUS_OK, "%s", text);
    return out;
}

Test(chord, text_and_value_are_the_same_thing) {
    static const char *const texts[] = {
        "Ctrl+Shift+C", "F1",      "F12", "Space", "Ctrl++", "+",
        "Alt+Left",     "Ctrl+Q",  "?",   "\\",    "Home",   "Ctrl+Alt+Shift+Up",
        "Shift+Delete", "PageDown"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char back[48];
        tau_chord_format(back, chord(texts[i]));
        cr_assert_str_eq(back, texts[i]);
    }
}

Test(chord, what_is_no_key_is_refused_by_name) {
    static const char *const texts[] = {"", "Ctrl+", "F13", "F0", "Foo", "Ctrl+Shift", "F1x", "  "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tau_chord out;
        cr_assert_eq(tau_chord_parse(&out, texts[i], strlen(texts[i])), TAU_STATUS_USAGE, "%s", texts[i]);
        cr_assert_eq(out.key, 0);
    }
}

Test(actions, every_chord_is_one_and_belongs_to_one_action) {
    for (size_t i = 0; i < tau_action_count(); i++) {
        const tau_action *action = tau_action_get(i);
        tau_chord chords[TAU_ACTION_CHORDS];
        int words = action->keys ? 1 : 0, count = tau_action_get_chords(action, chords);
        for (const char *c = action->keys; c && *c; c++) words += *c == ' ';
        cr_assert_eq(count, words, "%s: not all of \"%s\" are chords", action->id, action->keys);
        for (int c = 0; c < count; c++)
            cr_assert_eq(tau_action_find_chord(chords[c]), action, "%s shares chord %d", action->id, c);
    }
}

Test(actions, every_action_is_told_of_in_full) {
    for (size_t i = 0; i < tau_action_count(); i++) {
        const tau_action *action = tau_action_get(i);
        cr_assert(action->id && action->title && action->help && action->run, "action %zu", i);
        cr_assert_eq(tau_action_find(action->id), action, "%s is not the only one of its name", action->id);
        cr_assert_eq(action->help[strlen(action->help) - 1], '.', "%s: %s", action->id, action->help);
        bool known = !action->menu;
        for (const char *const *menu = tau_action_get_menus(); *menu; menu++)
            known |= action->menu && strcmp(*menu, action->menu) == 0;
        cr_assert(known, "%s stands in the menu %s", action->id, action->menu);
    }
}

Test(actions, the_bindings_that_people_expect_are_there) {
    static const char *const expected[][2] = {
        {"Space", "time.play"},
        {"Left", "time.back"},
        {"Ctrl+Right", "time.step_on"},
        {"Home", "time.start"},
        {"End", "time.follow"},
        {"F12", "file.screenshot"},
        {"Ctrl+F12", "file.picture"},
        {"Shift+F12", "file.record"},
        {"F1", "help.keys"},
        {"H", "help.keys"},
        {"?", "help.keys"},
        {"Ctrl+P", "help.palette"},
        {"Ctrl+K", "help.palette"},
        {"M", "view.map"},
        {"L", "view.log"},
        {"I", "view.isolines"},
        {"X", "view.axes"},
        {"P", "view.colormap"},
        {"Shift+P", "view.colormap_back"},
        {"1", "camera.front"},
        {"3", "camera.right"},
        {"7", "camera.top"},
        {"9", "camera.iso"},
        {"5", "camera.ortho"},
        {"F", "camera.fit"},
        {"R", "camera.reset"},
        {"+", "view.higher"},
        {"-", "view.lower"},
        {"Tab", "pane.next_document"},
        {"Ctrl+Z", "edit.undo"},
        {"Ctrl+Y", "edit.redo"},
        {"Alt+Left", "camera.back"},
        {"Ctrl+Shift+C", "edit.copy_view"},
        {"Ctrl+C", "edit.copy"},
        {"Ctrl+O", "file.open"},
        {"Ctrl+S", "file.save"},
        {"F5", "file.reload"},
        {"Ctrl+,", "edit.settings"},
        {"F11", "window.fullscreen"},
        {"Ctrl+Q", "file.quit"},
        {"Ctrl+1", "file.recent1"},
        {"Ctrl++", "window.larger"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const tau_action *action = tau_action_find_chord(chord(expected[i][0]));
        cr_assert(action && strcmp(action->id, expected[i][1]) == 0, "%s does %s", expected[i][0],
                  action ? action->id : "nothing");
    }
}

Test(actions, a_switch_turns_what_it_says_and_tells_its_value) {
    tau_app *app = make_app();
    const tau_action *dark = tau_action_find("view.dark");
    char value[TAU_ACTION_VALUE];
    tau_action_format_value(dark, app, value);
    cr_assert_str_eq(value, "on");
    cr_assert_eq(tau_action_run(dark, app), TAU_STATUS_OK);
    tau_action_format_value(dark, app, value);
    cr_assert_str_eq(value, "off");
    cr_assert_not(app->state.panes[2].view.dark);
    cr_assert_str_eq(app->toasts[TAU_APP_TOASTS - 1].text, "Dark theme: off");
    tau_app_destroy(app);
}

Test(actions, all_of_them_survive_an_app_without_documents) {
    tau_app *app = make_app();
    for (size_t i = 0; i < tau_action_count(); i++) {
        char value[TAU_ACTION_VALUE];
        (void)tau_action_run(tau_action_get(i), app);
        tau_action_format_value(tau_action_get(i), app, value);
        tau_app_tick(app, (double)i);
    }
    cr_assert(app->wants.quit);
    tau_app_destroy(app);
}

Test(actions, what_cannot_be_done_now_says_so_and_changes_nothing) {
    tau_app *app = make_app();
    cr_assert_eq(tau_action_run(tau_action_find("explore.arrows"), app), TAU_STATUS_USAGE);
    cr_assert(strstr(app->toasts[TAU_APP_TOASTS - 1].text, "not now"));
    cr_assert_not(app->message.open);
    tau_app_destroy(app);
}

Test(search, titles_come_before_helps_and_all_words_count) {
    const tau_action *found[8];
    cr_assert_geq(tau_action_search("screenshot", found, 8), 1);
    cr_assert_str_eq(found[0]->id, "file.screenshot");
    cr_assert_geq(tau_action_search("COLOUR map next", found, 8), 1);
    cr_assert_str_eq(found[0]->id, "view.colormap");
    cr_assert_eq(tau_action_search("no such thing", found, 8), 0);
    cr_assert_eq(tau_action_search("", found, 3), 3);
    const tau_action *all[512];
    cr_assert_eq(tau_action_search("", all, 512), tau_action_count());
}

Test(drags, buttons_do_what_the_help_says) {
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_LEFT, 0, false, false), TAU_DRAG_ORBIT);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_LEFT, 0, true, false), TAU_DRAG_PAN);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_LEFT, TAU_MOD_SHIFT, false, false), TAU_DRAG_PAN);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_LEFT, TAU_MOD_CTRL, false, false), TAU_DRAG_ROLL);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_MIDDLE, 0, false, false), TAU_DRAG_PAN);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_RIGHT, 0, false, false), TAU_DRAG_ZOOM);
    cr_assert_eq(tau_bindings_get_drag(TAU_BUTTON_RIGHT, 0, false, true), TAU_DRAG_PAN);
    cr_assert_eq(tau_bindings_get_drag(7, 0, false, false), TAU_DRAG_NONE);
}
