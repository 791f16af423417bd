#include <criterion/criterion.h>
#include <math.h>

#include "viewer/history.h"
#include "viewer/timeline.h"

static tau_timeline make(size_t count) {
    tau_timeline timeline;
    tau_timeline_init(&timeline, count);
    timeline.speed = 10;
    return timeline;
}

Test(timeline, starts_at_the_end_and_plays_from_the_start) {
    tau_timeline t = make(101);
    cr_assert_eq(t.position, 100);
    tau_timeline_toggle(&t);
    cr_assert(t.playing);
    cr_assert_eq(t.position, 0);
    cr_assert(tau_timeline_advance(&t, 0.5));
    cr_assert_float_eq(t.position, 5, 1e-12);
}

Test(timeline, shows_the_last_state_before_it_repeats) {
    tau_timeline t = make(11);
    tau_timeline_seek(&t, 9.9);
    t.playing = true;
    tau_timeline_advance(&t, 0.1);
    cr_assert_eq(t.position, 10);
    tau_timeline_advance(&t, 0.1);
    cr_assert_eq(t.position, 0);
    cr_assert(t.playing);
}

Test(timeline, stops_at_the_end_where_it_does_not_repeat) {
    tau_timeline t = make(11);
    t.loop = false;
    tau_timeline_seek(&t, 9.9);
    t.playing = true;
    cr_assert(tau_timeline_advance(&t, 1));
    cr_assert_eq(t.position, 10);
    cr_assert_not(t.playing);
    cr_assert_not(tau_timeline_advance(&t, 1));
}

Test(timeline, plays_between_its_marks) {
    tau_timeline t = make(101);
    tau_timeline_seek(&t, 20);
    tau_timeline_mark(&t, false);
    tau_timeline_seek(&t, 30);
    tau_timeline_mark(&t, true);
    t.playing = true;
    double lowest = 100, highest = 0;
    for (int i = 0; i < 200; i++) {
        tau_timeline_advance(&t, 0.05);
        lowest = fmin(lowest, t.position);
        highest = fmax(highest, t.position);
    }
    cr_assert_eq(lowest, 20);
    cr_assert_eq(highest, 30);
    tau_timeline_seek(&t, 10);
    tau_timeline_mark(&t, true);
    cr_assert(isnan(t.loop_lo), "an end before the start takes its place");
}

Test(timeline, steps_to_whole_states) {
    tau_timeline t = make(11);
    tau_timeline_seek(&t, 3.4);
    tau_timeline_step(&t, 1);
    cr_assert_eq(t.position, 4);
    tau_timeline_seek(&t, 3.4);
    tau_timeline_step(&t, -1);
    cr_assert_eq(t.position, 3);
    tau_timeline_step(&t, -9);
    cr_assert_eq(t.position, 0);
    tau_timeline_scrub(&t, 0.01);
    cr_assert_eq(t.position, 1, "a hundredth of ten states is at least one");
}

Test(timeline, follows_what_grows_until_it_is_moved) {
    tau_timeline t = make(5);
    tau_timeline_follow(&t);
    tau_timeline_set_count(&t, 9);
    cr_assert_eq(t.position, 8);
    tau_timeline_seek(&t, 2);
    tau_timeline_set_count(&t, 12);
    cr_assert_eq(t.position, 2);
    tau_timeline_set_count(&t, 2);
    cr_assert_eq(t.position, 1);
}

Test(timeline, hostile_numbers_do_nothing) {
    tau_timeline t = make(0);
    tau_timeline_toggle(&t);
    cr_assert_not(t.playing);
    tau_timeline_seek(&t, NAN);
    tau_timeline_seek(&t, INFINITY);
    tau_timeline_step(&t, 5);
    cr_assert_eq(t.position, 0);
    t = make(3);
    t.playing = true;
    cr_assert_not(tau_timeline_advance(&t, NAN));
    for (int i = 0; i < 100; i++) tau_timeline_scale_speed(&t, 2);
    cr_assert_eq(t.speed, 10000);
}

static bool same_int(const void *a, const void *b) {
    return *(const int *)a == *(const int *)b;
}

static tau_history *make_history(size_t limit, int changes) {
    tau_history *history;
    cr_assert_eq(tau_history_create(&history, sizeof(int), limit, same_int), TAU_STATUS_OK);
    for (int i = 0; i <= changes; i++) tau_history_settle(history, &i);
    return history;
}

Test(history, goes_back_and_forth) {
    tau_history *h = make_history(10, 3);
    int state = -1;
    cr_assert(tau_history_undo(h, &state));
    cr_assert_eq(state, 2);
    cr_assert(tau_history_undo(h, &state));
    cr_assert(tau_history_undo(h, &state));
    cr_assert_eq(state, 0);
    cr_assert_not(tau_history_undo(h, &state));
    cr_assert(tau_history_redo(h, &state));
    cr_assert_eq(state, 1);
    tau_history_destroy(h);
}

Test(history, what_did_not_change_is_no_step_and_a_change_drops_what_was_undone) {
    tau_history *h = make_history(10, 3);
    int state = 3;
    cr_assert_not(tau_history_settle(h, &state));
    cr_assert_eq(tau_history_count_undo(h), 3);
    tau_history_undo(h, &state);
    cr_assert_eq(tau_history_count_redo(h), 1);
    state = 77;
    cr_assert(tau_history_settle(h, &state));
    cr_assert_eq(tau_history_count_redo(h), 0);
    tau_history_undo(h, &state);
    cr_assert_eq(state, 2);
    tau_history_destroy(h);
}

Test(history, the_oldest_goes_where_there_is_no_room) {
    tau_history *h = make_history(4, 9);
    int state = 9, steps = 0;
    while (tau_history_undo(h, &state)) steps++;
    cr_assert_eq(steps, 3);
    cr_assert_eq(state, 6);
    tau_history_clear(h);
    cr_assert_not(tau_history_undo(h, &state));
    tau_history_destroy(h);
}
