/* Looks at a run that another process writes: open, read, close, so that the writer is never locked out. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/watch.h"
#include "core/progress.h"
#include "store/run.h"

/* A file that was not written to is still looked into so often, for its writer may have died. */
static const double LOOK_SECONDS = 1;
/* A reader may meet a writer in the middle of something. */
static const double PATIENCE_SECONDS = 5;

/* Whether the file was written to since. */
static bool take_stamp(tau_watch_follower *f) {
    struct stat info;
    if (stat(f->path, &info) != 0) return true;
    const int64_t stamp[3] = {(int64_t)info.st_mtim.tv_sec, info.st_mtim.tv_nsec, (int64_t)info.st_size};
    bool same = true;
    for (int i = 0; i < 3; i++) {
        same &= stamp[i] == f->stamp[i];
        f->stamp[i] = stamp[i];
    }
    return !same;
}

tau_status tau_watch_look_at_writer(tau_watch_follower *f, tau_watch_news *news) {
    tau_run *run;
    TAU_TRY(tau_run_open(&run, f->path, f->group));
    const tau_run_status status = tau_run_get_status(run);
    tau_run_feel(&f->pulse, run);
    f->is_parent = tau_run_is_writer(run, getppid());
    f->states = tau_run_get_state_count(run);
    tau_run_close(run);
    if (status == TAU_RUN_STATUS_FINISHED)
        *news = TAU_WATCH_NEWS_FINISHED;
    else if (status == TAU_RUN_STATUS_FAILED)
        *news = TAU_WATCH_NEWS_FAILED;
    else if (tau_run_has_stopped(&f->pulse, f->stale))
        *news = TAU_WATCH_NEWS_STOPPED;
    return TAU_STATUS_OK;
}

static tau_status look(tau_watch_follower *f, tau_watch_news *news) {
    bool grown;
    TAU_TRY(tau_replay_refresh(f->replay, &grown));
    tau_replay_rest(f->replay);
    if (!grown) {
        TAU_TRY(tau_watch_look_at_writer(f, news));
        if (*news == TAU_WATCH_NEWS_NONE || *news == TAU_WATCH_NEWS_NUMBERS) return TAU_STATUS_OK;
        TAU_TRY(tau_replay_refresh(f->replay, &grown)); /* what came between the two looks */
        tau_replay_rest(f->replay);
    }
    if (!grown) return TAU_STATUS_OK;
    f->pulse.since = tau_progress_now(); /* a state is a sign of life */
    *news = TAU_WATCH_NEWS_STATES;
    return TAU_STATUS_OK;
}

tau_status tau_watch_poll(tau_watch_follower *f, tau_watch_news *news) {
    const double now = tau_progress_now();
    const bool written = take_stamp(f);
    *news = TAU_WATCH_NEWS_NONE;
    if (!written && f->looked > 0 && now - f->looked < LOOK_SECONDS) return TAU_STATUS_OK;
    if (written) *news = TAU_WATCH_NEWS_NUMBERS;
    f->looked = now;
    tau_status status = look(f, news);
    if (status == TAU_STATUS_OK) {
        f->failing = 0;
        return status;
    }
    *news = TAU_WATCH_NEWS_NONE;
    if (f->failing <= 0) f->failing = now;
    const bool passes = status == TAU_STATUS_INPUT || status == TAU_STATUS_IO || status == TAU_STATUS_MISSING;
    return passes && now - f->failing < PATIENCE_SECONDS ? TAU_STATUS_OK : status;
}
