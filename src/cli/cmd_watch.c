/* tauscape watch: follows a training that another process records. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/export.h"
#include "cli/files.h"
#include "cli/plugins.h"
#include "cli/replay_show.h"
#include "cli/terminal.h"
#include "cli/watch.h"
#include "core/file.h"
#include "core/memory.h"
#include "figure/animation.h"
#include "store/run.h"

static const double REDRAW_SECONDS = 1;

static const tau_cli_option watch_options[] = {
    {0, "mode", "MODE",
     "screen: the window, as view -w; file: one numbered picture for each update in the folder of -o; "
     "terminal: a dashboard in text, in place on a terminal, otherwise a line for each update. By default "
     "file with -o, otherwise screen where there is a display, otherwise terminal.",
     "screen|file|terminal", false},
    {0, "every", "N|LIST|RULE",
     "Show every Nth state (1), those of a list (0,5,epoch:2,step:100), or by a rule: rule:moved=X shows a "
     "state in "
     "which some parameter is more than X away from the last one shown; rule:moved=X,atleast=K also every "
     "Kth.",
     NULL, false},
    {'o', "output", "DIR", "Folder of the numbered pictures.", NULL, false},
    {0, "animate", "OUT",
     "At the end make a film of the states that were shown: mp4, gif, webm or frames/%05d.png, written and "
     "refused as by export.",
     NULL, false},
    {0, "fps", "N", "Frames a second of the film (15).", NULL, false},
    {0, "group", "NAME", "Group of the run file.", NULL, false},
    {0, "stale", "SECONDS",
     "A writer of another machine without a sign of life for so long has stopped (60).", NULL, false},
    {0, "note", "TEXT", "A last line of the dashboard in text.", NULL, false},
    {0},
};

static const tau_cli_option watch_figure_options[] = {
    {0, "figure", "NAME[:KEY=VALUE,…]",
     "Repeatable: dashboard (default), feature-space, boundary, probability, distribution, loss-metric, "
     "loss, "
     "metrics, loss-histogram, violins, learner, confusion (tauscape help figures).",
     "dashboard|feature-space|boundary|probability|distribution|loss-metric|loss|metrics|loss-histogram|"
     "violins|learner|confusion|*",
     true},
    {0, "layout", "ROWSxCOLUMNS", "Arrangement of several figures.", NULL, false},
    {0, "size", "WxH", "Size in pixels (1280x720).", NULL, false},
    {0, "define", "NAME=EXPRESSION", "A metric over tp, tn, fp, fn, loss …, for metrics:of=.", NULL, true},
    {0, "log", NULL, "Logarithmic losses.", NULL, false},
    {0, "title", "TEXT", "Title of the pictures.", NULL, false},
    {0, "style", "STYLE", "default, or article: for a column of a paper.", "default|article", false},
    {0, "loss", "NAME", "A loss instead of the training's.", NULL, false},
    {0, "samples", "N", "Use the first N recorded samples (all).", NULL, false},
    {0},
};

typedef enum watch_mode { MODE_SCREEN, MODE_FILE, MODE_TERMINAL } watch_mode;

typedef struct watch {
    tau_cli *cli;
    const char *path, *folder, *animate;
    char *pictures; /* of the folder: "FOLDER/%05d.png" */
    watch_mode mode;
    double fps;
    tau_watch_rule rule;
    tau_watch_follower follower;
    tau_show show;
    tau_watch_text *text;
    size_t *shown; /* [shown_count] states */
    size_t shown_count, shown_capacity;
    size_t next;      /* the first state that was not looked at */
    size_t fitted;    /* pictures: states that there were when the views were made */
    size_t on_screen; /* terminal: the state that the dashboard shows */
    double redrawn;
    tau_watch_news end;
} watch;

/* ---- the command line ---- */

static bool has_display(void) {
    const tau_viewer *viewer;
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    return ((x && *x) || (wayland && *wayland)) && tau_cli_get_viewer(&viewer) == TAU_STATUS_OK;
}

static void choose_mode(watch *w) {
    const char *mode = tau_cli_get(&w->cli->arguments, "mode");
    if (mode)
        w->mode = *mode == 's' ? MODE_SCREEN : *mode == 'f' ? MODE_FILE : MODE_TERMINAL;
    else if (w->folder)
        w->mode = MODE_FILE;
    else
        w->mode = !w->animate && !w->cli->json && has_display() ? MODE_SCREEN : MODE_TERMINAL;
}

/* Options that would do nothing. */
static tau_status check_idle(const watch *w) {
    static const char *const pictures[] = {"figure", "layout", "size",  "define",
                                           "log",    "title",  "style", NULL};
    static const char *const not_screen[] = {"every",  "animate", "output", "stale",   "fps",
                                             "figure", "layout",  "size",   "samples", NULL};
    const bool drawn = w->mode == MODE_FILE || w->animate;
    const char *const *idle = w->mode == MODE_SCREEN ? not_screen : drawn ? NULL : pictures;
    for (; idle && *idle; idle++)
        if (tau_cli_has(&w->cli->arguments, *idle))
            return tau_fail(TAU_STATUS_USAGE,
                            "--%s does nothing here" TAU_WHY "%s" TAU_FIX
                            "leave it out, or draw pictures: --mode file -o DIR",
                            *idle,
                            w->mode == MODE_SCREEN ? "the window has its own settings"
                                                   : "the dashboard in text has no pictures");
    if (tau_cli_has(&w->cli->arguments, "fps") && !w->animate)
        return tau_fail(TAU_STATUS_USAGE, "--fps does nothing here" TAU_WHY "no film was asked for" TAU_FIX
                                          "add --animate OUT.mp4");
    if (w->folder && w->mode != MODE_FILE)
        return tau_fail(TAU_STATUS_USAGE,
                        "-o does nothing here" TAU_WHY "only --mode file writes pictures" TAU_FIX
                        "leave it out, or say --mode file");
    return TAU_STATUS_OK;
}

/* Pictures of another time would be mixed with these. */
static tau_status check_folder(watch *w) {
    bool any;
    if (w->mode != MODE_FILE) return TAU_STATUS_OK;
    if (!w->folder) return tau_fail(TAU_STATUS_USAGE, "--mode file needs a folder" TAU_FIX "add -o DIR");
    TAU_TRY(tau_string_format(&w->pictures, "%s/%%05d.png", w->folder));
    TAU_TRY(tau_animation_find_frames(&any, w->pictures));
    if (!any || w->cli->force) return w->cli->dry_run ? TAU_STATUS_OK : tau_file_make_directory(w->folder);
    return tau_fail(TAU_STATUS_EXISTS,
                    "there are numbered pictures in %s already" TAU_WHY
                    "they would be mixed with the new ones" TAU_FIX
                    "name another folder, or remove them with --force",
                    w->folder);
}

static tau_status read_options(watch *w) {
    const tau_cli_arguments *a = &w->cli->arguments;
    tau_file_kind kind;
    w->path = a->positional[0];
    w->folder = tau_cli_get(a, "output");
    w->animate = tau_cli_get(a, "animate");
    w->fps = 15;
    w->follower.stale = TAU_RUN_STALE_SECONDS;
    w->follower.path = w->path;
    w->follower.group = tau_cli_get(a, "group");
    choose_mode(w);
    TAU_TRY(tau_watch_rule_parse(&w->rule, tau_cli_get(a, "every")));
    TAU_TRY(tau_cli_get_real(a, "fps", &w->fps, 0.1, 240));
    TAU_TRY(tau_cli_get_real(a, "stale", &w->follower.stale, 0.1, 1e9));
    TAU_TRY(check_idle(w));
    TAU_TRY(tau_file_find_kind(&kind, w->path));
    if (kind != TAU_FILE_KIND_RUN)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot watch %s" TAU_WHY "it is not a run" TAU_FIX
                        "watch follows a training; tauscape view -w follows landscapes",
                        w->path);
    if (w->animate) TAU_TRY(tau_watch_film_check(w->cli, w->animate, w->fps));
    return check_folder(w);
}

/* ---- showing ---- */

static tau_status draw_picture(watch *w, size_t state) {
    char *path;
    tau_page *page;
    TAU_TRY(tau_show_make_page(&w->show, state, 0, &page));
    /* The old ones go once there is a new one to draw. */
    tau_status status =
        w->shown_count == 0 && w->cli->force ? tau_animation_remove_frames(w->pictures) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK) status = tau_string_format(&path, "%s/%05zu.png", w->folder, w->shown_count);
    if (status == TAU_STATUS_OK) {
        status = tau_page_write(page, path, TAU_FIGURE_FORMAT_PNG);
        const tau_moment moment = tau_replay_get_moment(w->show.replay, state);
        if (status == TAU_STATUS_OK)
            tau_cli_say(w->cli, "%s  state %zu, epoch %.4g, step %" PRId64, path, state, moment.epoch,
                        moment.step);
        tau_mem_free(path);
    }
    tau_page_destroy(page);
    return status;
}

static tau_status keep_shown(watch *w, size_t state) {
    TAU_TRY(TAU_GROW(w->shown, w->shown_capacity, w->shown_count + 1));
    w->shown[w->shown_count++] = state;
    return TAU_STATUS_OK;
}

static tau_status show_state(watch *w, size_t state) {
    if (w->mode == MODE_FILE)
        TAU_TRY(draw_picture(w, state));
    else if (!tau_watch_text_is_in_place(w->text))
        TAU_TRY(tau_watch_text_show(w->text, state, ""));
    w->on_screen = state;
    return keep_shown(w, state);
}

/* Whether the trainer says that it pauses. */
static bool is_paused(watch *w) {
    tau_series series;
    const char *const *names = tau_replay_get_series_names(w->show.replay);
    bool paused = false;
    for (; names && *names && strcmp(*names, "paused") != 0;) names++;
    if (!names || !*names || tau_replay_read_series(w->show.replay, "paused", &series) != TAU_STATUS_OK)
        return false;
    paused = series.count > 0 && series.value[series.count - 1] != 0;
    tau_series_clear(&series);
    return paused;
}

/* Its process is there, but does nothing, perhaps stopped by Ctrl-Z. */
static bool is_silent(const watch *w) {
    return tau_run_get_quiet(&w->follower.pulse) > w->follower.stale;
}

static const char *describe_condition(watch *w) {
    switch (w->end) {
    case TAU_WATCH_NEWS_FINISHED:
        return "finished";
    case TAU_WATCH_NEWS_FAILED:
        return "failed";
    case TAU_WATCH_NEWS_STOPPED:
        return "the writer stopped";
    default:
        return is_paused(w) ? "paused" : is_silent(w) ? "silent" : "training";
    }
}

/* Another copy of the file may have fewer states, and a training that goes on drops what it does again. */
static void forget_lost(watch *w, size_t count) {
    if (w->next > count) {
        w->next = count;
        w->fitted = 0; /* the views are made anew */
        tau_watch_rule_forget(&w->rule, count);
    }
    while (w->shown_count > 0 && w->shown[w->shown_count - 1] >= count) w->shown_count--;
    if (w->on_screen >= count) w->on_screen = count > 0 ? count - 1 : 0;
}

static tau_status redraw(watch *w) {
    forget_lost(w, tau_replay_get_state_count(w->show.replay));
    if (!w->text || !tau_watch_text_is_in_place(w->text) || !w->shown_count) return TAU_STATUS_OK;
    w->redrawn = tau_progress_now();
    return tau_watch_text_show(w->text, w->on_screen, describe_condition(w));
}

static tau_status start_views(watch *w) {
    tau_animation_options size = {0};
    if (w->mode == MODE_TERMINAL) {
        const tau_watch_text_options options = {.json = w->cli->json,
                                                .note = tau_cli_get(&w->cli->arguments, "note")};
        return tau_watch_text_create(&w->text, w->show.replay, &options);
    }
    TAU_TRY(tau_show_start(&w->show, false));
    return tau_show_find_size(&w->show, 0, &size);
}

/* Axes that were fitted to few states are fitted again where there are twice as many, and lie as before. */
static tau_status update_views(watch *w) {
    const size_t count = tau_replay_get_state_count(w->show.replay);
    if (w->mode == MODE_TERMINAL) return w->text ? tau_watch_text_update(w->text) : start_views(w);
    if (w->show.views[0] && count < 2 * w->fitted) return tau_show_update(&w->show);
    w->fitted = count;
    return start_views(w);
}

/* All states that were not looked at. @param[in] last  nothing follows the last of them */
static tau_status show_new(watch *w, bool last) {
    const size_t count = tau_replay_get_state_count(w->show.replay);
    forget_lost(w, count);
    if (count == 0) return TAU_STATUS_OK;
    if (w->next < count) TAU_TRY(update_views(w));
    for (; w->next < count; w->next++) {
        bool show;
        if (tau_cancel_requested(w->cli->cancel)) return TAU_STATUS_OK;
        TAU_TRY(tau_watch_rule_decide(&w->rule, w->show.replay, w->next, false, &show));
        if (show) TAU_TRY(show_state(w, w->next));
    }
    if (last && count > 0) {
        bool show;
        TAU_TRY(tau_watch_rule_decide(&w->rule, w->show.replay, count - 1, true, &show));
        if (show) TAU_TRY(show_state(w, count - 1));
    }
    return redraw(w);
}

/* ---- following ---- */

static void wait_a_moment(void) {
    const struct timespec pause = {0, 100000000};
    nanosleep(&pause, NULL);
}

static tau_status follow(watch *w) {
    tau_watch_news news = TAU_WATCH_NEWS_STATES;
    w->follower.replay = w->show.replay;
    w->follower.group = tau_replay_get_group(w->show.replay);
    while (!tau_cancel_requested(w->cli->cancel)) {
        if (news >= TAU_WATCH_NEWS_FINISHED) {
            w->end = news;
            return show_new(w, news == TAU_WATCH_NEWS_FINISHED);
        }
        if (news == TAU_WATCH_NEWS_STATES)
            TAU_TRY(show_new(w, false));
        else if ((news == TAU_WATCH_NEWS_NUMBERS || is_silent(w)) &&
                 tau_progress_now() - w->redrawn > REDRAW_SECONDS)
            TAU_TRY(redraw(w));
        tau_replay_rest(w->show.replay);
        TAU_TRY(tau_watch_poll(&w->follower, &news));
        if (news < TAU_WATCH_NEWS_STATES) wait_a_moment();
    }
    return TAU_STATUS_OK;
}

/* ---- the end ---- */

static tau_status say_stopped(const watch *w) {
    const tau_watch_follower *f = &w->follower;
    char why[96];
    if (f->pulse.life == TAU_RUN_LIFE_GONE)
        snprintf(why, sizeof why, "its process is gone, and it has not finished");
    else
        snprintf(why, sizeof why, "it has given no sign of life for %.0f s", tau_run_get_quiet(&f->pulse));
    return tau_fail(TAU_STATUS_INPUT,
                    "the writer of '%s' in %s stopped" TAU_WHY "%s" TAU_FIX
                    "its %zu states are kept; the command that began the training goes on from there",
                    f->group, f->path, why, f->states);
}

static tau_status say_finished(const watch *w) {
    if (w->mode == MODE_SCREEN) {
        tau_cli_say(w->cli, "finished: %zu states", w->follower.states);
        return TAU_STATUS_OK;
    }
    tau_cli_say(w->cli, "finished: %zu states, %zu shown", w->follower.states, w->shown_count);
    if (w->mode == MODE_FILE)
        tau_cli_print_json(w->cli, json_pack("{sI sI}", "states", (json_int_t)w->follower.states, "pictures",
                                             (json_int_t)w->shown_count));
    return TAU_STATUS_OK;
}

/* The dashboard of train --watch is ended by its trainer, which says why. */
static tau_status say_interrupted(watch *w) {
    tau_watch_news news = TAU_WATCH_NEWS_NONE;
    if (tau_watch_look_at_writer(&w->follower, &news) == TAU_STATUS_OK && w->follower.is_parent)
        return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_CANCELLED,
                    "stopped watching after %zu updates" TAU_WHY "a signal asked for it" TAU_FIX
                    "what was written is kept, and the training goes on",
                    w->shown_count);
}

static tau_status say_end(watch *w) {
    switch (w->end) {
    case TAU_WATCH_NEWS_FINISHED:
        return say_finished(w);
    case TAU_WATCH_NEWS_FAILED:
        return tau_fail(TAU_STATUS_INPUT,
                        "the training '%s' in %s failed" TAU_WHY "its writer says so" TAU_FIX
                        "its %zu states are kept; tauscape info %s says more",
                        w->follower.group, w->path, w->follower.states, w->path);
    case TAU_WATCH_NEWS_STOPPED:
        return say_stopped(w);
    default:
        return say_interrupted(w);
    }
}

static tau_status say_empty(const watch *w) {
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot make %s" TAU_WHY "none of the %zu states of %s was shown" TAU_FIX
                    "choose others with --every",
                    w->animate, w->follower.states, w->path);
}

static tau_status watch_run(watch *w) {
    if (w->animate) tau_cli_warn_without_ffmpeg(w->animate);
    TAU_TRY(tau_show_open(&w->show, w->cli, w->path, w->cli->cancel));
    if (w->show.replay_count > 1)
        return tau_fail(TAU_STATUS_USAGE, "one training is followed at a time" TAU_FIX "name one --group");
    tau_status status = follow(w);
    if (status != TAU_STATUS_OK && status != TAU_STATUS_CANCELLED) return status;
    const tau_watch_film film = {w->path, w->animate, w->fps, w->shown, w->shown_count};
    if (w->animate && w->shown_count > 0) TAU_TRY(tau_watch_film_make(w->cli, &film));
    TAU_TRY(say_end(w));
    return w->animate && w->shown_count == 0 && w->end == TAU_WATCH_NEWS_FINISHED ? say_empty(w)
                                                                                  : TAU_STATUS_OK;
}

/* ---- the window ---- */

/* What became of the training is said as in the other modes, where the window showed one. */
static tau_status say_window_end(watch *w) {
    char **groups;
    TAU_TRY(tau_run_list_groups(&groups, w->path));
    const bool one = groups[0] && !groups[1];
    tau_status status = TAU_STATUS_OK;
    if (one) w->follower.group = groups[0];
    if (w->follower.group) status = tau_watch_look_at_writer(&w->follower, &w->end);
    if (status == TAU_STATUS_OK && w->end != TAU_WATCH_NEWS_NONE) status = say_end(w);
    tau_run_free_names(groups);
    return status;
}

static tau_status open_window(watch *w) {
    const tau_viewer *viewer;
    char *name;
    TAU_TRY(tau_cli_get_viewer(&viewer));
    TAU_TRY(w->follower.group ? tau_string_format(&name, "%s#%s", w->path, w->follower.group)
                              : tau_string_copy(&name, w->path));
    const char *files[] = {name};
    const tau_viewer_request request = {.files = files, .file_count = 1, .watch = true, .fresh = true};
    tau_status status = viewer->run(&request);
    tau_mem_free(name);
    return status == TAU_STATUS_OK ? say_window_end(w) : status;
}

static tau_status start(watch *w) {
    TAU_TRY(read_options(w));
    if (w->cli->dry_run) {
        static const char *const ways[] = {"in a window", "in numbered pictures", "in text"};
        tau_cli_say(w->cli, "would watch %s %s", w->path, ways[w->mode]);
        return TAU_STATUS_OK;
    }
    return w->mode == MODE_SCREEN ? open_window(w) : watch_run(w);
}

static tau_status run(tau_cli *cli) {
    watch w = {.cli = cli};
    tau_error_copy error;
    tau_status status = start(&w);
    if (status != TAU_STATUS_OK) tau_error_save(&error);
    tau_watch_text_destroy(w.text);
    tau_show_close(&w.show);
    tau_watch_rule_clear(&w.rule);
    tau_mem_free(w.pictures);
    tau_mem_free(w.shown);
    return status == TAU_STATUS_OK ? status : tau_error_restore(&error);
}

const tau_cli_command tau_cli_watch = {
    .name = "watch",
    .usage = "RUN [options]",
    .summary = "follow a training while another process records it",
    .description = "Follows a run file that grows: in a window, as numbered pictures, or as a dashboard in "
                   "text that works over "
                   "ssh. The file is opened, read and closed again at each look, so that the writer is never "
                   "locked out.\n\nEnds "
                   "with 0 when the training has finished. When the writer stops without finishing (killed, "
                   "or on another machine and silent for "
                   "--stale), what it recorded is kept, and the command says so and ends with 1. Ctrl-C ends "
                   "it; the film of "
                   "--animate is still made of what was shown.\n\nA film has one scale for all of its "
                   "frames; a numbered "
                   "picture has that of the states until then.",
    .examples = "  tauscape watch run.run.h5 --mode terminal\n"
                "  tauscape watch run.run.h5 --mode file -o frames --figure feature-space --figure loss\n"
                "  tauscape watch run.run.h5 --mode terminal --every 5 --animate training.mp4\n"
                "  tauscape watch run.run.h5 -o frames --every rule:moved=0.05,atleast=20\n",
    .sections = {{"Watching", watch_options}, {"Pictures", watch_figure_options}},
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
