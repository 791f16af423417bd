#include "cli/train_live.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"

extern char **environ;

enum { WORDS_MOST = 20 };
static const double BEAT_SECONDS = 2, STOP_SECONDS = 10;

/* ---- opening ---- */

static tau_status check_watch(const char *watch) {
    if (strcmp(watch, "terminal") == 0 || strcmp(watch, "screen") == 0) return TAU_STATUS_OK;
    if (strncmp(watch, "file:", 5) == 0 && watch[5]) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "--watch cannot be \"%s\"" TAU_FIX "write --watch, --watch=terminal, --watch=screen or "
                    "--watch=file:DIR",
                    watch);
}

tau_status tau_live_open(tau_live *live, tau_cli *cli) {
    const tau_cli_arguments *a = &cli->arguments;
    const char *control = tau_cli_get(a, "control");
    live->cli = cli;
    if (tau_cli_has(a, "watch")) {
        live->watch = tau_cli_get(a, "watch");
        if (!live->watch) live->watch = "terminal";
        TAU_TRY(check_watch(live->watch));
        const char *kind = getenv("TERM");
        live->in_place = strcmp(live->watch, "terminal") == 0 && isatty(STDERR_FILENO) &&
                         !(kind && strcmp(kind, "dumb") == 0);
    }
    if (!control && !live->watch) return TAU_STATUS_OK;
    TAU_TRY(tau_control_open(&live->control, control, live->watch != NULL));
    if (tau_control_has_keys(live->control) && !live->in_place)
        tau_cli_say(cli, "%s", tau_control_get_keys());
    return TAU_STATUS_OK;
}

/* ---- the dashboard ---- */

/* The words of `tauscape watch` for this training. */
static void write_words(const tau_live *live, const char *program, const char *path, const char *group,
                        const char *words[WORDS_MOST]) {
    int count = 0;
    const bool screen = strcmp(live->watch, "screen") == 0, file = strncmp(live->watch, "file:", 5) == 0;
    words[count++] = program;
    words[count++] = "watch";
    words[count++] = "--mode";
    words[count++] = screen ? "screen" : file ? "file" : "terminal";
    words[count++] = "--group";
    words[count++] = group;
    if (file) words[count++] = "-o", words[count++] = live->watch + 5;
    if (live->cli->force) words[count++] = "--force";
    words[count++] = "-j"; /* the processor and the GPU are the training's */
    words[count++] = "1";
    words[count++] = "-d";
    words[count++] = "cpu";
    if (tau_control_has_keys(live->control) && live->in_place)
        words[count++] = "--note", words[count++] = tau_control_get_keys();
    words[count++] = "--";
    words[count++] = path;
    words[count] = NULL;
}

/* Ctrl-C is the trainer's alone, which then ends the dashboard; its output is not mixed with results. In a
 * process group of its own it is in the background: "stty tostop" would stop it at its first line. */
static int spawn(pid_t *process, const char *program, const char *const *words) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    if (!error) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    if (!error) error = posix_spawnattr_setpgroup(&attributes, 0);
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGTTOU, &ignore, &before); /* what is ignored stays ignored in the new program */
    if (!error) error = posix_spawn(process, program, &actions, &attributes, (char *const *)words, environ);
    sigaction(SIGTTOU, &before, NULL);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

void tau_live_start(tau_live *live, const char *path, const char *group) {
    char program[4096];
    const char *words[WORDS_MOST];
    if (!live->watch) return;
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    write_words(live, program, path, group, words);
    fflush(stdout);
    const int error = length > 0 ? spawn(&live->watcher, program, words) : errno;
    if (error) {
        live->watcher = 0;
        live->in_place = false;
        tau_log(TAU_LOG_LEVEL_WARNING, "the training is not watched: %s", strerror(error));
        return;
    }
    setpriority(PRIO_PROCESS, (id_t)live->watcher, 10);
}

/* ---- while it runs ---- */

static void rest(long milliseconds) {
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static tau_status tell_pause(tau_run_writer *writer, const tau_train_state *state, double epoch,
                             bool paused) {
    TAU_TRY(tau_run_write_metric(writer, "paused", state->step, epoch, paused));
    return tau_run_write_sign(writer);
}

static tau_status wait_paused(tau_live *live, tau_run_writer *writer, const tau_train_state *state,
                              double epoch, tau_train_knobs *knobs, bool *stop) {
    double beat = tau_progress_now();
    TAU_TRY(tell_pause(writer, state, epoch, true));
    while (tau_control_is_paused(live->control) && !*stop && !tau_cancel_requested(live->cli->cancel)) {
        rest(50);
        *stop = tau_control_poll(live->control, state->step, knobs);
        if (tau_progress_now() - beat < BEAT_SECONDS) continue;
        beat = tau_progress_now();
        TAU_TRY(tau_run_write_sign(writer));
    }
    return tell_pause(writer, state, epoch, false);
}

tau_status tau_live_turn(tau_live *live, tau_run_writer *writer, const tau_train_state *state, double epoch,
                         tau_train_knobs *knobs) {
    bool stop = tau_control_poll(live->control, state->step, knobs);
    if (!stop && tau_control_is_paused(live->control))
        TAU_TRY(wait_paused(live, writer, state, epoch, knobs, &stop));
    return stop ? tau_fail(TAU_STATUS_CANCELLED, "the training was stopped on request") : TAU_STATUS_OK;
}

/* ---- the end ---- */

/* One that was stopped would be waited for without end. */
static bool has_ended(tau_live *live) {
    int status = 0;
    if (waitpid(live->watcher, &status, WNOHANG | WUNTRACED) == 0) return false;
    if (WIFSTOPPED(status)) {
        kill(live->watcher, SIGKILL);
        return false;
    }
    live->watcher = 0;
    return true;
}

/* It shows what is still to be shown; a window stays open by itself. */
static void wait_for_watcher(tau_live *live, bool finished) {
    if (finished && strcmp(live->watch, "screen") == 0) return;
    while (finished && !tau_cancel_requested(live->cli->cancel) && !has_ended(live)) rest(20);
    if (!live->watcher) return;
    kill(live->watcher, SIGTERM);
    const double until = tau_progress_now() + STOP_SECONDS;
    while (!has_ended(live) && tau_progress_now() < until) rest(20);
    if (live->watcher) kill(live->watcher, SIGKILL);
}

void tau_live_close(tau_live *live, bool finished) {
    if (live->watcher) wait_for_watcher(live, finished);
    live->watcher = 0;
    tau_control_close(live->control);
    live->control = NULL;
}

/* ---- going on ---- */

static bool has_series(const tau_run *run, const char *name) {
    const char *const *names = tau_run_get_metric_names(run);
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

tau_status tau_live_read_record(tau_live_record *out, const char *path, const char *group) {
    static const char *const names[3] = {"set_lr", "set_weight_decay", "set_batch"};
    tau_run *run;
    *out = (tau_live_record){0};
    TAU_TRY(tau_run_open(&run, path, group));
    tau_status status = TAU_STATUS_OK;
    for (int i = 0; i < 3 && status == TAU_STATUS_OK; i++)
        if (has_series(run, names[i]))
            status = tau_run_read_metric(run, names[i], &out->series[i], &out->count[i]);
    out->states = tau_run_get_state_count(run);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->steps, out->states);
    for (size_t i = 0; i < out->states && status == TAU_STATUS_OK; i++)
        out->steps[i] = tau_run_get_step(run, i);
    tau_run_close(run);
    return status;
}

void tau_live_record_clear(tau_live_record *record) {
    tau_mem_free(record->steps);
    for (int i = 0; i < 3; i++) tau_mem_free(record->series[i]);
    *record = (tau_live_record){0};
}

/* The last change up to the step, or NULL. */
static const tau_metric *find_last(const tau_live_record *record, int series, uint64_t step, size_t *total) {
    const tau_metric *last = NULL;
    for (size_t i = 0; i < record->count[series]; i++) {
        if (record->series[series][i].step > (int64_t)step) break;
        last = &record->series[series][i];
        ++*total;
    }
    return last;
}

/* That before training is always one. */
static uint64_t count_states(const tau_live_record *record, int64_t step) {
    uint64_t count = 0;
    while (count < record->states && record->steps[count] <= step) count++;
    return count > 0 ? count : 1;
}

size_t tau_live_apply_record(const tau_live_record *record, tau_train_state *state, size_t samples) {
    size_t total = 0;
    tau_train_changes *c = &state->changes;
    const tau_metric *rate = find_last(record, 0, state->step, &total);
    const tau_metric *decay = find_last(record, 1, state->step, &total);
    const tau_metric *batch = find_last(record, 2, state->step, &total);
    if (rate) c->has_rate = true, c->rate = rate->value;
    if (decay) c->has_weight_decay = true, c->weight_decay = decay->value;
    if (batch && batch->value >= 1 && batch->value < 1e9 && batch->epoch >= 0 && batch->epoch < 1e15) {
        const double epoch = floor(batch->epoch);
        c->has_batch = true;
        c->batch = (size_t)batch->value;
        c->batch_step = (uint64_t)batch->step;
        c->batch_epoch = (uint64_t)epoch;
        c->batch_samples = (uint64_t)((batch->epoch - epoch) * (double)samples + 0.5);
        c->batch_states = count_states(record, batch->step);
    }
    return total;
}
