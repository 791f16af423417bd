/** The parts of `tauscape watch`: which states are shown, how a file is followed, the dashboard in text. */
#ifndef TAU_CLI_WATCH_H
#define TAU_CLI_WATCH_H

#include "cli/cli.h"
#include "replay/replay.h"
#include "store/run.h"

/* ---- which states are shown: watch_rule.c ---- */

typedef enum tau_watch_rule_kind {
    TAU_WATCH_RULE_KIND_EVERY,
    TAU_WATCH_RULE_KIND_LIST,
    TAU_WATCH_RULE_KIND_MOVED,
} tau_watch_rule_kind;

/** One entry of a list. */
typedef struct tau_watch_mark {
    char unit; /**< 'i' = number of a state; 's', 'e' = the first state at or after that step or epoch */
    double at;
} tau_watch_mark;

typedef struct tau_watch_rule {
    tau_watch_rule_kind kind;
    uint64_t every;        /**< EVERY: states; MOVED: at least every so many, 0 = off */
    double moved;          /**< MOVED: by how much any one parameter must have changed */
    tau_watch_mark *marks; /**< [mark_count] */
    size_t mark_count, mark_capacity;
    size_t shown; /**< the last state shown */
    bool any;     /**< one was shown */
    float *theta; /**< [P] MOVED: of the last state shown */
    float *now;   /**< [P] */
} tau_watch_rule;

/** "5", "0,3,10", "step:100,epoch:2", "rule:moved=0.1", "rule:moved=0.1,atleast=20". NULL = every state.
 *  @errors TAU_STATUS_USAGE; the rule is freed with tau_watch_rule_clear either way */
TAU_CHECK tau_status tau_watch_rule_parse(tau_watch_rule *out, const char *text);
void tau_watch_rule_clear(tau_watch_rule *rule);

/** Whether a state is to be shown; states come in their order. A state that is will be what the next one's
 *  movement is measured from. The first is always shown, except by a list.
 *  @param[in] last  nothing follows: it is shown, except by a list */
TAU_CHECK tau_status tau_watch_rule_decide(tau_watch_rule *rule, tau_replay *replay, size_t state, bool last,
                                           bool *show);
/** Only so many states are left. Where the last one shown is not among them, the next is as the first. */
void tau_watch_rule_forget(tau_watch_rule *rule, size_t count);

/* ---- following: watch_follow.c ---- */

typedef enum tau_watch_news {
    TAU_WATCH_NEWS_NONE,
    TAU_WATCH_NEWS_NUMBERS, /**< something was written, no state */
    TAU_WATCH_NEWS_STATES,
    TAU_WATCH_NEWS_FINISHED,
    TAU_WATCH_NEWS_FAILED,  /**< the writer says that the training failed */
    TAU_WATCH_NEWS_STOPPED, /**< the writer is gone, or another host's gives no sign of life */
} tau_watch_news;

typedef struct tau_watch_follower {
    const char *path, *group; /**< borrowed */
    tau_replay *replay;       /**< of these, borrowed; looking at the writer needs none */
    double stale;             /**< seconds without a sign of life after which a writer has stopped */
    int64_t stamp[3];         /**< of the file when it was last looked into */
    double looked, failing;
    bool is_parent;      /**< the writer has started this process, and says itself how it ends */
    size_t states;       /**< when the writer was last looked at */
    tau_run_pulse pulse; /**< of the writer */
} tau_watch_follower;

/** Whether the writer has ended. @param[out] news  FINISHED, FAILED or STOPPED; not set while it goes on */
TAU_CHECK tau_status tau_watch_look_at_writer(tau_watch_follower *follower, tau_watch_news *news);

/** Looks once and lets the file go. After the end it still tells of states first.
 *  @errors those of tau_replay_refresh, once they have lasted for some seconds */
TAU_CHECK tau_status tau_watch_poll(tau_watch_follower *follower, tau_watch_news *news);

/* ---- the film of what was shown: watch_film.c ---- */

typedef struct tau_watch_film {
    const char *path; /**< of the run */
    const char *out;
    double fps;
    const size_t *shown; /**< [shown_count] states, in their order */
    size_t shown_count;
} tau_watch_film;

/** Whether such a film can be made, before anything is followed; what stands at `out` is for
 *  tau_export_check_output.
 *  @errors TAU_STATUS_USAGE, TAU_STATUS_EXISTS */
TAU_CHECK tau_status tau_watch_film_check(tau_cli *cli, const char *out, double fps);

/** Makes it, of the states that the run has still. After a signal too: the next one stops it. */
TAU_CHECK tau_status tau_watch_film_make(tau_cli *cli, const tau_watch_film *film);

/* ---- the dashboard in text: watch_text.c ---- */

typedef struct tau_watch_text tau_watch_text;

typedef struct tau_watch_text_options {
    bool json;        /**< an object a line */
    const char *note; /**< a last line of the dashboard, or NULL */
} tau_watch_text_options;

/** On a terminal the dashboard is drawn again in place; otherwise each update is a line.
 *  @param[in] replay  with a state; borrowed   @param[in] options  its strings are borrowed */
TAU_CHECK tau_status tau_watch_text_create(tau_watch_text **out, tau_replay *replay,
                                           const tau_watch_text_options *options);
void tau_watch_text_destroy(tau_watch_text *text);
bool tau_watch_text_is_in_place(const tau_watch_text *text);

/** Takes in states that came with a refresh. */
TAU_CHECK tau_status tau_watch_text_update(tau_watch_text *text);
/** Shows a state on the standard output. @param[in] condition  "training", "finished" … */
TAU_CHECK tau_status tau_watch_text_show(tau_watch_text *text, size_t state, const char *condition);

/** A line of blocks ▁ to █, one for each of `width` equal parts of the numbers (their mean); × where none is
 *  finite. @param[out] out  at least 3 · width + 1 bytes   @param[in] lo, hi  NaN = those of the numbers */
void tau_watch_spark(char *out, size_t width, const double *values, size_t count, double lo, double hi);

#endif
