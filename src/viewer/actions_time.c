/* Actions on the timeline. */
#include <math.h>
#include <stdio.h>

#include "viewer/actions.h"

static bool has_time(const tau_app *app, int argument) {
    (void)argument;
    return app->timeline.count > 1;
}

static void get_place(const tau_app *app, int argument, char *out) {
    (void)argument;
    tau_app_format_time(app, out);
}

static tau_status play(tau_app *app, int argument) {
    (void)argument;
    tau_timeline_toggle(&app->timeline);
    return TAU_STATUS_OK;
}

static bool is_playing(const tau_app *app, int argument) {
    (void)argument;
    return app->timeline.playing;
}

static tau_status scrub(tau_app *app, int percent) {
    tau_timeline_scrub(&app->timeline, percent / 100.0);
    return TAU_STATUS_OK;
}

static tau_status step(tau_app *app, int states) {
    tau_timeline_step(&app->timeline, states);
    return TAU_STATUS_OK;
}

static tau_status go_to_start(tau_app *app, int argument) {
    (void)argument;
    tau_timeline_seek(&app->timeline, 0);
    return TAU_STATUS_OK;
}

static tau_status follow(tau_app *app, int argument) {
    (void)argument;
    tau_timeline_follow(&app->timeline);
    return TAU_STATUS_OK;
}

static bool is_following(const tau_app *app, int argument) {
    (void)argument;
    return app->timeline.follow;
}

static tau_status change_speed(tau_app *app, int percent) {
    tau_timeline_scale_speed(&app->timeline, percent / 100.0);
    return TAU_STATUS_OK;
}

static void get_speed(const tau_app *app, int argument, char *out) {
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%.3g states a second", app->timeline.speed);
}

static tau_status toggle_loop(tau_app *app, int argument) {
    (void)argument;
    app->timeline.loop = !app->timeline.loop;
    return TAU_STATUS_OK;
}

static bool is_looping(const tau_app *app, int argument) {
    (void)argument;
    return app->timeline.loop;
}

static tau_status mark(tau_app *app, int end) {
    tau_timeline_mark(&app->timeline, end);
    return TAU_STATUS_OK;
}

static tau_status clear_marks(tau_app *app, int argument) {
    (void)argument;
    tau_timeline_clear_marks(&app->timeline);
    return TAU_STATUS_OK;
}

static void get_marks(const tau_app *app, int argument, char *out) {
    const tau_timeline *t = &app->timeline;
    (void)argument;
    snprintf(out, TAU_ACTION_VALUE, "%.0f to %.0f", isnan(t->loop_lo) ? 0 : t->loop_lo,
             isnan(t->loop_hi) ? (double)t->count - 1 : t->loop_hi);
}

static tau_status change_comet(tau_app *app, int argument) {
    (void)argument;
    int *comet = &tau_app_get_pane(app)->view.comet;
    *comet = *comet == 0 ? 5 : *comet < 20 ? 20 : 0;
    return TAU_STATUS_OK;
}

static void get_comet(const tau_app *app, int argument, char *out) {
    int comet = app->state.panes[app->state.active].view.comet;
    (void)argument;
    if (comet)
        snprintf(out, TAU_ACTION_VALUE, "the last %d states", comet);
    else
        snprintf(out, TAU_ACTION_VALUE, "the whole way");
}

const tau_action tau_actions_time[] = {
    {"time.play", "Replay", "Play", "Space", "Plays the training, or stops.", play, 0, NULL, is_playing,
     has_time},
    {"time.back", "Replay", "Back", "Left", "A hundredth of the training back.", scrub, -1, get_place, NULL,
     has_time},
    {"time.on", "Replay", "On", "Right", "A hundredth of the training on.", scrub, 1, get_place, NULL,
     has_time},
    {"time.back_fast", "Replay", "Back, fast", "Shift+Left", "A tenth of the training back.", scrub, -10,
     get_place, NULL, has_time},
    {"time.on_fast", "Replay", "On, fast", "Shift+Right", "A tenth of the training on.", scrub, 10, get_place,
     NULL, has_time},
    {"time.step_back", "Replay", "State before", "Ctrl+Left", "To the recorded state before.", step, -1,
     get_place, NULL, has_time},
    {"time.step_on", "Replay", "Next state", "Ctrl+Right", "To the next recorded state.", step, 1, get_place,
     NULL, has_time},
    {"time.start", "Replay", "Start", "Home", "To the state before training.", go_to_start, 0, get_place,
     NULL, has_time},
    {"time.follow", "Replay", "End, and follow", "End",
     "To the newest state, and on to newer ones as they are recorded.", follow, 0, NULL, is_following,
     has_time},
    {"time.faster", "Replay", "Faster", "Up", "Twice as fast.", change_speed, 200, get_speed, NULL, has_time},
    {"time.slower", "Replay", "Slower", "Down", "Half as fast.", change_speed, 50, get_speed, NULL, has_time},
    {"time.loop", "Replay", "Repeat", "\\", "Starts again at the end.", toggle_loop, 0, NULL, is_looping,
     has_time},
    {"time.from", "Replay", "Play from here", "[", "The start of what is played.", mark, 0, get_marks, NULL,
     has_time},
    {"time.to", "Replay", "Play to here", "]", "The end of what is played.", mark, 1, get_marks, NULL,
     has_time},
    {"time.all", "Replay", "Play everything", "Shift+Home", "Forgets both ends.", clear_marks, 0, get_marks,
     NULL, has_time},
    {"time.comet", "Replay", "Comet tail", "Shift+T", "How much of the way is drawn behind the marker.",
     change_comet, 0, get_comet, NULL, has_time},
};
const size_t tau_actions_time_count = sizeof tau_actions_time / sizeof *tau_actions_time;
