/** Run files, `*.run.h5`: one group = one training, self-contained (docs/formats.md, section 1). */
#ifndef TAU_STORE_RUN_H
#define TAU_STORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "data/samples.h"
#include "model/model.h"
#include "slice/rows.h"
#include "train/train.h"

typedef enum tau_run_status {
    TAU_RUN_STATUS_RUNNING,
    TAU_RUN_STATUS_FINISHED,
    TAU_RUN_STATUS_FAILED
} tau_run_status;

/** What stands in the head of a group. Strings are owned by whoever owns the struct. */
typedef struct tau_run_header {
    char *created;   /**< ISO 8601, UTC */
    char *command;   /**< the command line */
    char *framework; /**< "tauscape", "pytorch" … */
    char *loss;      /**< tau_loss_name */
    char *optimizer;
    char *parameters; /**< hyper-parameters as JSON: identity when an unfinished group is continued */
    int64_t seed;
} tau_run_header;
void tau_run_header_clear(tau_run_header *header);

/* ---- writing ---- */

typedef struct tau_run_writer tau_run_writer;

/** Starts a group in a new or existing file: all objects are made, then the file can be followed while it
 * grows.
 *  @param[in] samples  the recorded sample X, y: what landscapes are evaluated on
 *  @errors TAU_STATUS_EXISTS: the group exists and is finished (nothing is written; the message suggests
 * another name), or another process writes the file; TAU_STATUS_IO */
TAU_CHECK tau_status tau_run_create(tau_run_writer **out, const char *path, const char *group,
                                    const tau_run_header *header, const tau_model *model,
                                    const tau_samples *samples);

/** Continues an unfinished group: recovers the file if its writer was killed, reads where training stood.
 *  @param[out] state  to go on from; states and metrics after its step are dropped
 *  @errors TAU_STATUS_MISSING (no such group), TAU_STATUS_EXISTS (finished), TAU_STATUS_MISMATCH naming the
 * first hyper-parameter that differs */
TAU_CHECK tau_status tau_run_continue(tau_run_writer **out, tau_train_state **state, const char *path,
                                      const char *group, const tau_run_header *header,
                                      const tau_model *model);

/** Appends one recorded state and flushes: what was written survives a kill. */
TAU_CHECK tau_status tau_run_write_state(tau_run_writer *writer, const tau_train_state *state, double epoch);

/** Appends one number to the series `name`; buffered until the next state or flush. */
TAU_CHECK tau_status tau_run_write_metric(tau_run_writer *writer, const char *name, uint64_t step,
                                          double epoch, double value);

/** Writes the numbers that wait, and a sign of life: for a training that makes no steps for a while. */
TAU_CHECK tau_status tau_run_write_sign(tau_run_writer *writer);

/** Saves what the trainer needs to go on from here, metrics included. */
TAU_CHECK tau_status tau_run_write_resume(tau_run_writer *writer, const tau_train_state *state);

/** Ends the group with a status and closes the file. NULL is legal. */
TAU_CHECK tau_status tau_run_finish(tau_run_writer *writer, tau_run_status status);

/** Closes without ending the group: it stays unfinished and can be continued. NULL is legal. */
void tau_run_abandon(tau_run_writer *writer);

/* ---- reading ---- */

typedef struct tau_run tau_run;

/** Opens a group, also of a file that grows or whose writer was killed.
 *  @param[in] group  NULL = the only one
 *  @errors TAU_STATUS_MISSING: no such file or group; several groups and none named: the message lists them
 */
TAU_CHECK tau_status tau_run_open(tau_run **out, const char *path, const char *group);
void tau_run_close(tau_run *run);

/** Names of the groups. @param[out] names  NULL-terminated, freed with tau_run_free_names */
TAU_CHECK tau_status tau_run_list_groups(char ***names, const char *path);
void tau_run_free_names(char **names);

/** The groups in a text "A,B,C"; the whole text is one where the file has a group of that name. Empty ones
 * are left out. @param[out] names  NULL-terminated, freed with tau_run_free_names */
TAU_CHECK tau_status tau_run_split_groups(char ***names, const char *path, const char *text);

/** Cuts "FILE#GROUP" in two: not where a file has the whole text as its name, at the '#' behind the name of a
 * file if there is one, otherwise at the last.
 *  @param[in,out] text  ends before the '#'   @return the group, in `text`, or NULL */
char *tau_run_cut_group(char *text);

const char *tau_run_get_group(const tau_run *run);
const tau_run_header *tau_run_get_header(const tau_run *run);
tau_run_status tau_run_get_status(const tau_run *run);
/** Seconds since the writer last gave a sign of life (running groups), if its clock and ours agree. */
double tau_run_get_silence(const tau_run *run);
/** Whether the group's writer is, or was, this process of this machine. */
bool tau_run_is_writer(const tau_run *run, int64_t process);
const tau_graph *tau_run_get_graph(const tau_run *run);
size_t tau_run_get_state_count(const tau_run *run);
int64_t tau_run_get_step(const tau_run *run, size_t state);
double tau_run_get_epoch(const tau_run *run, size_t state);

/** What is known of the writer of a group. */
typedef enum tau_run_life {
    TAU_RUN_LIFE_ENDED,   /**< the group is finished, or failed */
    TAU_RUN_LIFE_UNKNOWN, /**< it runs on another host, or in another container: only its signs tell */
    TAU_RUN_LIFE_HERE,    /**< its process runs on this host and holds the file's lock */
    TAU_RUN_LIFE_GONE     /**< its process ran on this host and is no more, and nobody writes the file */
} tau_run_life;

/** Follows a writer from look to look. Silence counts by our clock from the sign on that was new at a look,
 * for the clock of another host may be wrong. Zero before the first look. */
typedef struct tau_run_pulse {
    tau_run_life life;
    double heartbeat; /**< the last sign, by the writer's clock */
    double since;     /**< when it was first seen, by tau_progress_now */
} tau_run_pulse;

/** Seconds of silence after which a writer of unknown life has stopped, if nothing else was asked for. */
#define TAU_RUN_STALE_SECONDS 60

/** Looks at the writer of a group that was opened anew. */
void tau_run_feel(tau_run_pulse *pulse, const tau_run *run);
/** Seconds without a new sign; 0 where the group has ended. */
double tau_run_get_quiet(const tau_run_pulse *pulse);
/** Whether the writer is gone, or of unknown life and silent for longer than `stale`. A process that is there
 * and does nothing has not stopped: it may go on. */
bool tau_run_has_stopped(const tau_run_pulse *pulse, double stale);

/** Reads one state. @param[out] theta  [P]   @param[out] buffers  [Q], or NULL */
TAU_CHECK tau_status tau_run_read_state(tau_run *run, size_t state, float *theta, float *buffers);

/** The states as rows. @lifetime borrows the run */
tau_rows tau_run_get_rows(tau_run *run);

/** Reads the recorded sample. @param[out] samples  the caller's */
TAU_CHECK tau_status tau_run_read_samples(tau_run *run, tau_samples **samples);

/** One number of a series. */
typedef struct tau_metric {
    int64_t step;
    double epoch, value;
} tau_metric;

/** Names of the series, NULL-terminated. @lifetime borrowed from the run */
const char *const *tau_run_get_metric_names(const tau_run *run);

/** Reads a series in order of time. @param[out] records  freed with tau_mem_free */
TAU_CHECK tau_status tau_run_read_metric(tau_run *run, const char *name, tau_metric **records, size_t *count);

/** The state that a text names: first, last, best (lowest test loss, else epoch loss, else loss), INDEX,
 * epoch:E, step:S (the last recorded not after it). @errors TAU_STATUS_MISSING with the range there is,
 * TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_run_find_state(tau_run *run, const char *text, size_t *state);

#endif
