#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/memory.h"
#include "landscapes.h"
#include "viewer/session.h"

static tau_app *make_app(void) {
    tau_app *app;
    cr_assert_eq(tau_app_create(&app, NULL), TAU_STATUS_OK);
    return app;
}

Test(session, brings_back_settings_documents_and_views) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("a.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    tau_app_add_pane(app);
    app->state.panes[0].view.camera.yaw = 33;
    app->state.panes[1].view.kind = TAU_VIEW_KIND_MAP;
    app->state.panes[1].view.log = true;
    app->settings.dark = false;
    app->settings.scale = 1.5;
    app->settings.width = 1234;
    app->state.active = 1;
    char *text;
    cr_assert_eq(tau_session_write(app, &text), TAU_STATUS_OK);

    tau_app *back = make_app();
    cr_assert_eq(tau_session_read(back, text, strlen(text), true), TAU_STATUS_OK, "%s",
                 tau_error_last()->why);
    cr_assert_eq(back->document_count, 2);
    cr_assert_eq(back->state.pane_count, 2);
    cr_assert_eq(back->state.active, 1);
    cr_assert_eq(back->state.panes[0].view.camera.yaw, 33);
    cr_assert_str_eq(tau_app_get_pane_document(back, 0)->title, "b");
    cr_assert_eq(back->state.panes[1].view.kind, TAU_VIEW_KIND_MAP);
    cr_assert(back->state.panes[1].view.log);
    cr_assert_not(back->state.panes[1].view.dark);
    cr_assert_eq(back->settings.width, 1234);
    cr_assert_eq(back->settings.recent_count, 2);
    cr_assert(strstr(back->settings.recent[0], "b.land.h5"));
    tau_mem_free(text);
    tau_app_destroy(app);
    tau_app_destroy(back);
}

Test(session, without_documents_only_settings_come_back) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("a.land.h5", 5, 0, 3, 0)), TAU_STATUS_OK);
    char *text;
    cr_assert_eq(tau_session_write(app, &text), TAU_STATUS_OK);
    tau_app *back = make_app();
    cr_assert_eq(tau_session_read(back, text, strlen(text), false), TAU_STATUS_OK);
    cr_assert_eq(back->document_count, 0);
    cr_assert_eq(back->settings.recent_count, 1);
    tau_mem_free(text);
    tau_app_destroy(app);
    tau_app_destroy(back);
}

Test(session, hostile_texts_change_nothing) {
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"tauscape_session\": 99}",
        "{\"tauscape_session\": 1, \"scale\": 1e300}",
        "{\"tauscape_session\": 1, \"scale\": \"x\"}",
        "{\"tauscape_session\": 1, \"dark\": 3}",
        "{\"tauscape_session\": 1, \"width\": -5}",
        "{\"tauscape_session\": 1, \"recent\": [1, 2]}",
        "{\"tauscape_session\": 1, \"recent\": {}}",
        "{\"tauscape_session\": 1, \"dark\": false, \"dark\": true}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tau_app *app = make_app();
        tau_app_settings before = app->settings;
        cr_assert_eq(tau_session_read(app, texts[i], strlen(texts[i]), true), TAU_STATUS_INPUT, "%s",
                     texts[i]);
        cr_assert_eq(app->settings.dark, before.dark);
        cr_assert_eq(app->settings.scale, before.scale);
        cr_assert_eq(app->settings.recent_count, 0);
        tau_app_destroy(app);
    }
}

Test(session, files_that_are_gone_and_views_that_make_no_sense_are_left_out) {
    static const char text[] = "{\"tauscape_session\": 1, \"files\": [\"/no/such\", 5, null], \"panes\": "
                               "[{\"file\": \"/no/such\", \"view\": {\"x\": 1}}, 7, {}], \"active\": 3}";
    tau_app *app = make_app();
    cr_assert_eq(tau_session_read(app, text, sizeof text - 1, true), TAU_STATUS_OK);
    cr_assert_eq(app->document_count, 0);
    cr_assert_eq(app->state.active, 0);
    cr_assert(app->note && strstr(app->note, "1 file of the last session"), "%s", app->note);
    tau_app_destroy(app);
}

Test(session, lies_in_the_state_folder_and_survives_rubbish_there) {
    char path[500], folder[400];
    strcpy(folder, scratch("state"));
    cr_assert_eq(mkdir(folder, 0700), 0);
    setenv("XDG_STATE_HOME", folder, 1);
    cr_assert_eq(tau_session_get_path(path, sizeof path), TAU_STATUS_OK);
    cr_assert_eq(strncmp(path, folder, strlen(folder)), 0);
    tau_app *app = make_app();
    app->settings.scale = 2;
    cr_assert_eq(tau_session_save(app), TAU_STATUS_OK);
    app->settings.scale = 1;
    tau_session_restore(app, true);
    cr_assert_eq(app->settings.scale, 2);
    cr_assert_null(app->note);
    cr_assert_eq(tau_file_write(path, "rubbish", 7), TAU_STATUS_OK);
    tau_session_restore(app, true);
    cr_assert(app->note && strstr(app->note, "not restored"), "%s", app->note ? app->note : "no note");
    cr_assert_eq(app->settings.scale, 2);
    tau_app_destroy(app);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(folder);
}

Test(session, without_a_home_there_is_none) {
    char path[100];
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "relative", 1);
    cr_assert_eq(tau_session_get_path(path, sizeof path), TAU_STATUS_MISSING);
}
