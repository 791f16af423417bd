/** A training that is watched and changed while it runs. The dashboard is another process that reads the run
 *  file, so that showing never touches training. */
#ifndef TAU_CLI_TRAIN_LIVE_H
#define TAU_CLI_TRAIN_LIVE_H

#include <sys/types.h>

#include "cli/cli.h"
#include "cli/train_control.h"
#include "store/run.h"

typedef struct tau_live {
    tau_cli *cli;
    tau_control *control; /**< NULL = nothing is listened to */
    const char *watch;    /**< "terminal", "screen", "file:DIR"; NULL = not watched */
    pid_t watcher;        /**< 0 = none */
    bool in_place;        /**< the dashboard has the terminal: no bar beside it */
} tau_live;

/** Reads --watch and --control and opens what listens. @errors TAU_STATUS_USAGE, those of tau_control_open */
TAU_CHECK tau_status tau_live_open(tau_live *live, tau_cli *cli);

/** Starts the dashboard of a group that is there. A failure is warned of: training goes on without it. */
void tau_live_start(tau_live *live, const char *path, const char *group);

/** For the observer's `turn`: takes in what was asked for, and waits while it is paused, with signs of life
 *  in the run. @errors TAU_STATUS_CANCELLED: it is to stop; those of the writer */
TAU_CHECK tau_status tau_live_turn(tau_live *live, tau_run_writer *writer, const tau_train_state *state,
                                   double epoch, tau_train_knobs *knobs);

/** Waits until the dashboard has shown the end; stops it where the training was stopped. Closes the rest. */
void tau_live_close(tau_live *live, bool finished);

/* ---- going on with what was changed ---- */

/** Changes that stand in a group. */
typedef struct tau_live_record {
    tau_metric *series[3]; /**< rate, weight decay, batch */
    size_t count[3];
    int64_t *steps; /**< [states] of the recorded states */
    size_t states;
} tau_live_record;

/** @param[out] out  freed with tau_live_record_clear either way */
TAU_CHECK tau_status tau_live_read_record(tau_live_record *out, const char *path, const char *group);
void tau_live_record_clear(tau_live_record *record);
/** Makes the changes up to the state's step those of the state. @param[in] samples  that are trained on
 *  @return how many there are */
size_t tau_live_apply_record(const tau_live_record *record, tau_train_state *state, size_t samples);

#endif
