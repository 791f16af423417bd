#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app_fixture.h"
#include "core/file.h"
#include "core/memory.h"
#include "viewer/script.h"

Test(app, a_map_is_read_panned_and_zoomed_under_the_pointer) {
    tau_app *app = make_app();
    run(app, "view.map");
    place(app, 0, 0, 800);
    tau_app_hover(app, 600, 300);
    cr_assert(app->hovering);
    cr_assert_float_eq(app->hover.coords[0], 0.5, 1e-12);
    cr_assert_float_eq(app->hover.loss, 0.25, 1e-12);
    tau_app_zoom(app, 0, 600, 300, 0.5);
    place(app, 0, 0, 800);
    double coords[2];
    cr_assert(tau_app_pick(app, 0, 600, 300, coords));
    cr_assert_float_eq(coords[0], 0.5, 1e-12, "the place under the pointer stays there");
    cr_assert_float_eq(app->places[0].hi[0] - app->places[0].lo[0], 1, 1e-12);
    tau_app_drag(app, 0, TAU_DRAG_PAN, 0, 0, 400, 0);
    tau_app_drag(app, 0, TAU_DRAG_PAN, 0, 0, 400, 0);
    cr_assert_float_eq(app->state.panes[0].view.map_lo[0], 0 - 1, 0.51, "two moves of one picture add up");
    tau_app_double_click(app, 5, 900);
    tau_app_destroy(app);
}

Test(app, zooming_without_end_stays_sane) {
    tau_app *app = make_app();
    run(app, "view.map");
    for (int i = 0; i < 2000; i++) {
        place(app, 0, 0, 800);
        tau_app_zoom(app, 0, 123, 45, i < 1000 ? 0.7 : 1.6);
        const tau_view *view = &app->state.panes[0].view;
        cr_assert(isfinite(view->map_lo[0]) && view->map_hi[0] > view->map_lo[0], "after %d", i);
    }
    tau_app_destroy(app);
}

Test(app, a_surface_is_picked_where_it_is_seen) {
    tau_app *app = make_app();
    place(app, 0, 0, 800);
    run(app, "camera.top");
    place(app, 0, 0, 800);
    double coords[2];
    cr_assert(tau_app_pick(app, 0, 400, 300, coords));
    cr_assert_float_eq(coords[0], 0, 0.02);
    cr_assert_float_eq(coords[1], 0, 0.02);
    cr_assert_not(tau_app_pick(app, 0, 2, 2, coords));
    tau_app_click(app, 400, 300);
    cr_assert_eq(app->state.pin_count, 1);
    tau_app_copy_reading(app);
    cr_assert(strstr(clipboard, "loss"), "%s", clipboard);
    tau_app_destroy(app);
}

Test(app, data_and_camera_are_undone_apart) {
    tau_app *app = make_app();
    place(app, 0, 0, 800);
    tau_app_settle(app);
    double yaw = app->state.panes[0].view.camera.yaw;
    run(app, "view.log");
    tau_app_drag(app, 0, TAU_DRAG_ORBIT, 0, 0, 100, 0);
    tau_app_settle(app);
    double turned = app->state.panes[0].view.camera.yaw;
    cr_assert_neq(turned, yaw);
    run(app, "edit.undo");
    cr_assert_not(app->state.panes[0].view.log);
    cr_assert_eq(app->state.panes[0].view.camera.yaw, turned, "the camera stays");
    run(app, "camera.back");
    cr_assert_eq(app->state.panes[0].view.camera.yaw, yaw);
    run(app, "edit.redo");
    cr_assert(app->state.panes[0].view.log);
    tau_app_destroy(app);
}

Test(app, a_drag_is_one_step_of_undo) {
    tau_app *app = make_app();
    place(app, 0, 0, 800);
    tau_app_settle(app);
    size_t before = tau_history_count_undo(app->cameras);
    app->interacting = true;
    for (int i = 0; i < 50; i++) {
        tau_app_drag(app, 0, TAU_DRAG_ORBIT, 0, 0, 3, 1);
        tau_app_tick(app, 1 + i * 0.01);
    }
    app->interacting = false;
    tau_app_tick(app, 2);
    cr_assert_eq(tau_history_count_undo(app->cameras), before + 1);
    tau_app_destroy(app);
}

Test(app, panes_beside_each_other_move_together_while_linked) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0.5, 0, 0)), TAU_STATUS_OK);
    run(app, "pane.add");
    cr_assert_eq(app->state.pane_count, 2);
    cr_assert_neq(app->state.panes[0].document, app->state.panes[1].document);
    place(app, 0, 0, 400);
    place(app, 1, 400, 400);
    tau_app_drag(app, 1, TAU_DRAG_ORBIT, 0, 0, 50, 0);
    cr_assert_eq(app->state.panes[0].view.camera.yaw, app->state.panes[1].view.camera.yaw);
    run(app, "pane.link");
    tau_app_drag(app, 1, TAU_DRAG_ORBIT, 0, 0, 50, 0);
    cr_assert_neq(app->state.panes[0].view.camera.yaw, app->state.panes[1].view.camera.yaw);
    cr_assert_eq(tau_app_find_pane(app, 410, 10), 1);
    cr_assert_eq(tau_app_find_pane(app, 810, 10), -1);
    tau_app_destroy(app);
}

Test(app, a_difference_has_a_map_with_a_middle) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0.5, 0, 0)), TAU_STATUS_OK);
    run(app, "pane.difference");
    const tau_view *view = &app->state.panes[0].view;
    cr_assert_str_eq(view->colormap, "vik");
    cr_assert_eq(view->range_lo, -view->range_hi);
    run(app, "pane.next_document");
    cr_assert_str_neq(view->colormap, "vik");
    cr_assert(isnan(view->range_lo));
    tau_app_destroy(app);
}

Test(app, closing_documents_keeps_the_rest_in_place) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0, 0, 0)), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(app, write_bowl("c.land.h5", 9, 0, 0, 0)), TAU_STATUS_OK);
    run(app, "pane.reference");
    tau_app_close_document(app, 0);
    cr_assert_eq(app->document_count, 2);
    cr_assert_eq(app->state.reference, 1);
    cr_assert_str_eq(tau_app_get_document(app)->title, "c");
    run(app, "file.close");
    run(app, "file.close");
    cr_assert_null(tau_app_get_document(app));
    cr_assert_eq(app->state.reference, -1);
    tau_app_destroy(app);
}

Test(app, the_view_goes_through_the_clipboard) {
    tau_app *app = make_app();
    run(app, "view.log");
    run(app, "time.start");
    run(app, "edit.copy_view");
    run(app, "view.log");
    run(app, "time.follow");
    run(app, "edit.paste_view");
    cr_assert(app->state.panes[0].view.log);
    cr_assert_eq(app->timeline.position, 0);
    snprintf(clipboard, sizeof clipboard, "{\"nonsense\": 1}");
    cr_assert_neq(tau_action_run(tau_action_find("edit.paste_view"), app), TAU_STATUS_OK);
    cr_assert(app->message.open);
    cr_assert(app->state.panes[0].view.log);
    tau_app_destroy(app);
}

Test(app, an_error_is_shown_in_its_three_parts) {
    tau_app *app = make_app();
    cr_assert_neq(tau_app_report(app, tau_app_open(app, "/no/such/file")), TAU_STATUS_OK);
    cr_assert(app->message.open);
    cr_assert(strstr(app->message.what, "/no/such/file"));
    cr_assert(*app->message.why && *app->message.fix);
    run(app, "window.escape");
    cr_assert_not(app->message.open);
    cr_assert_eq(app->document_count, 1);
    tau_app_destroy(app);
}

Test(script, waits_for_the_file_that_it_opens) {
    tau_app *app = make_app();
    tau_script *script;
    char text[2 * TAU_APP_PATH];
    snprintf(text, sizeof text, "open %s\nview.map\nopen /no/such/file\nview.log\n",
             write_bowl("b.land.h5", 301, 0.5, 3, 0));
    cr_assert_eq(tau_script_create(&script, text), TAU_STATUS_OK);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert_eq(app->state.panes[0].view.kind, TAU_VIEW_KIND_SURFACE, "it waits");
    read_all(app, 1);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert_eq(app->document_count, 2);
    cr_assert_eq(app->state.panes[0].view.kind, TAU_VIEW_KIND_MAP);
    cr_assert_not(tau_script_is_over(script));
    read_all(app, 2);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->what, "line 3"), "%s", tau_error_last()->what);
    cr_assert(tau_script_is_over(script));
    cr_assert_not(app->state.panes[0].view.log);
    tau_script_destroy(script);
    tau_app_destroy(app);
}

Test(frame_times, are_told_by_rank_and_begin_anew) {
    tau_frame_times times = {0};
    char text[128];
    tau_frame_times_tell(&times, text, sizeof text);
    cr_assert_str_eq(text, "no frames");
    for (int i = 20; i >= 1; i--) tau_frame_times_add(&times, 1e-3 * i);
    tau_frame_times_tell(&times, text, sizeof text);
    cr_assert_str_eq(text, "20 frames: median 10.0 ms, 95 % within 19.0 ms, longest 20.0 ms");
    tau_frame_times_add(&times, 0.25);
    tau_frame_times_tell(&times, text, sizeof text);
    cr_assert_str_eq(text, "1 frames: median 250.0 ms, 95 % within 250.0 ms, longest 250.0 ms");
    tau_frame_times_clear(&times);
}

Test(script, runs_actions_and_waits_for_time_and_window) {
    tau_app *app = make_app();
    tau_script *script;
    cr_assert_eq(tau_script_create(&script,
                                   "# a tour\nview.log\n\n wait 2\nseek 4\r\npicture /x/y z.png 64x32\n"
                                   "view.log\n"),
                 TAU_STATUS_OK, "%s", tau_error_last()->why);
    tau_app_tick(app, 10);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert(app->state.panes[0].view.log);
    cr_assert_eq(app->timeline.position, 10);
    tau_app_tick(app, 13);
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert_eq(app->timeline.position, 4);
    cr_assert(app->wants.screenshot && app->wants.plain);
    cr_assert_str_eq(app->wants.path, "/x/y z.png");
    cr_assert_eq(app->wants.width, 64);
    cr_assert(app->state.panes[0].view.log, "it waits for the picture");
    app->wants.screenshot = false;
    cr_assert_eq(tau_script_advance(script, app), TAU_STATUS_OK);
    cr_assert_not(app->state.panes[0].view.log);
    cr_assert(tau_script_is_over(script));
    tau_script_destroy(script);
    tau_app_destroy(app);
}

Test(script, a_wrong_line_is_found_before_anything_runs) {
    static const char *const texts[] = {"view.log\nno.such.thing",
                                        "wait",
                                        "wait -1",
                                        "seek x",
                                        "pin 1",
                                        "line 1 2 3",
                                        "size 0x5",
                                        "picture",
                                        "open",
                                        "set {\"x\": 1}",
                                        "view.log now",
                                        "wait nan"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tau_script *script;
        cr_assert_neq(tau_script_create(&script, texts[i]), TAU_STATUS_OK, "%s", texts[i]);
        cr_assert_null(script);
        cr_assert(strstr(tau_error_last()->what, i ? "line 1" : "line 2"), "%s", tau_error_last()->what);
    }
}

Test(app, another_pane_shows_what_no_pane_shows) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0, 11, 0)), TAU_STATUS_OK);
    cr_assert_eq(tau_app_open(app, write_bowl("c.land.h5", 9, 0, 11, 0)), TAU_STATUS_OK);
    tau_app_show(app, 0, 0);
    for (int k = 0; k < 3; k++) run(app, "pane.add");
    cr_assert_eq(app->state.panes[1].document, 1);
    cr_assert_eq(app->state.panes[2].document, 2);
    cr_assert_eq(app->state.panes[3].document, 1, "all are shown: the next one again");
    tau_app_destroy(app);
}

Test(app, linked_panes_are_fitted_to_the_largest_box) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0, 11, 0)), TAU_STATUS_OK);
    tau_app_show(app, 0, 0);
    run(app, "pane.add");
    place(app, 0, 0, 400);
    place(app, 1, 400, 400);
    app->places[0].space.half[0] = 0.2;
    app->places[0].space.half[1] = 0.2;
    tau_app_fit(app, 1);
    double far = app->state.panes[1].view.camera.distance;
    cr_assert_eq(app->state.panes[0].view.camera.distance, far);
    tau_app_fit(app, 0);
    cr_assert_eq(app->state.panes[0].view.camera.distance, far, "the larger one would be cut off");
    cr_assert_eq(app->state.panes[1].view.camera.distance, far);
    app->state.linked = false;
    tau_app_fit(app, 0);
    cr_assert_lt(app->state.panes[0].view.camera.distance, far);
    tau_app_destroy(app);
}

Test(app, a_camera_is_as_fitted_until_it_is_moved) {
    tau_app *app = make_app();
    place(app, 0, 0, 800);
    tau_app_fit(app, 0);
    cr_assert(tau_app_is_fitted(app, 0));
    run(app, "camera.left");
    cr_assert(tau_app_is_fitted(app, 0), "turning does not count");
    run(app, "camera.nearer");
    cr_assert_not(tau_app_is_fitted(app, 0));
    tau_app_fit(app, 0);
    cr_assert(tau_app_is_fitted(app, 0));
    tau_app_drag(app, 0, TAU_DRAG_PAN, 400, 300, 20, 0);
    cr_assert_not(tau_app_is_fitted(app, 0));
    tau_app_destroy(app);
}

Test(app, a_fit_that_is_due_is_not_forgotten_for_another_document_of_the_same_place) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 0, 11, 0)), TAU_STATUS_OK);
    tau_app_show(app, 0, 0);
    cr_assert(app->fit_due[0], "nothing has been drawn yet");
    app->fit_due[0] = false;
    tau_app_show(app, 0, 1);
    cr_assert_not(app->fit_due[0], "the camera stays");
    run(app, "pane.add");
    cr_assert(app->fit_due[1], "a new pane has a shape of its own");
    tau_app_destroy(app);
}

Test(app, panes_come_on_one_scale_and_back) {
    tau_app *app = make_app();
    cr_assert_eq(tau_app_open(app, write_bowl("b.land.h5", 9, 3, 11, 0)), TAU_STATUS_OK);
    tau_app_show(app, 0, 0);
    run(app, "pane.add");
    place(app, 0, 0, 400);
    place(app, 1, 400, 400);
    double high = app->places[1].space.hi[2];
    cr_assert_gt(high, app->places[0].space.hi[2]);
    run(app, "pane.share_scale");
    place(app, 0, 0, 400);
    place(app, 1, 400, 400);
    cr_assert_eq(app->places[0].space.hi[2], app->places[1].space.hi[2]);
    cr_assert_eq(app->places[0].space.lo[2], app->places[1].space.lo[2]);
    cr_assert_geq(app->places[0].space.hi[2], high);
    run(app, "edit.undo");
    cr_assert(isnan(app->state.panes[0].view.range_hi));
    tau_app_destroy(app);
}
