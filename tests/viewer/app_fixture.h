/** An app as a window holds it, without the window. */
#ifndef TESTS_VIEWER_APP_FIXTURE_H
#define TESTS_VIEWER_APP_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "landscapes.h"
#include "viewer/actions.h"
#include "viewer/loader.h"

static char clipboard[8192];

static inline void set_clipboard(void *payload, const char *text) {
    (void)payload;
    snprintf(clipboard, sizeof clipboard, "%s", text);
}

static inline const char *get_clipboard(void *payload) {
    (void)payload;
    return clipboard;
}

/* An app with one bowl, drawn in a window of 800x600. */
static inline tau_app *make_app(void) {
    tau_app *app;
    cr_assert_eq(tau_app_create(&app, NULL), TAU_STATUS_OK);
    app->host = (tau_app_host){.set_clipboard = set_clipboard, .get_clipboard = get_clipboard};
    cr_assert_eq(tau_app_open(app, write_bowl("a.land.h5", 9, 0, 11, 0)), TAU_STATUS_OK);
    return app;
}

/* What a window does after drawing. */
static inline void place(tau_app *app, int pane, double x, double width) {
    tau_pane_place *p = &app->places[pane];
    tau_app_picture picture;
    cr_assert(tau_app_compose(app, pane, &picture));
    *p = (tau_pane_place){.x = x, .y = 0, .width = width, .height = 600, .plot = {0, 0, width, 600}};
    for (int axis = 0; axis < 2; axis++) {
        p->lo[axis] = isnan(picture.view.map_lo[axis]) ? -1 : picture.view.map_lo[axis];
        p->hi[axis] = isnan(picture.view.map_hi[axis]) ? 1 : picture.view.map_hi[axis];
    }
    if (picture.scene.field) {
        tau_space_fit(&p->space, &picture.scene, &picture.view);
        p->has_space = true;
    }
    tau_app_picture_clear(&picture);
}

static inline void run(tau_app *app, const char *id) {
    cr_assert_not_null(tau_action_find(id), "%s", id);
    cr_assert_eq(tau_action_run(tau_action_find(id), app), TAU_STATUS_OK, "%s: %s", id,
                 tau_error_last()->what);
    tau_app_settle(app);
}

/* Lets the window go on until all files are read. */
static inline void read_all(tau_app *app, double now) {
    for (int i = 0; tau_loader_is_busy(app); i++) {
        cr_assert_lt(i, 60000);
        tau_app_tick(app, now);
        usleep(1000);
    }
}

#endif
