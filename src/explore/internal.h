/** The explorer's inside: what its thread and its callers share. */
#ifndef TAU_EXPLORE_INTERNAL_H
#define TAU_EXPLORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "explore/agenda.h"
#include "explore/cache.h"
#include "explore/explore.h"
#include "explore/lattice.h"

/** What the explorer's thread computes just now. */
typedef enum tau_explore_work {
    TAU_EXPLORE_WORK_NONE,
    TAU_EXPLORE_WORK_UNIT,
    TAU_EXPLORE_WORK_JOB,
} tau_explore_work;

typedef struct tau_explore_queued {
    struct tau_explore_queued *next;
    tau_explore_job job;
    int id;
} tau_explore_queued;

typedef struct tau_explore_held {
    struct tau_explore_held *next;
    tau_explore_answer answer;
} tau_explore_held;

struct tau_explore {
    /* fixed from create on */
    tau_explore_stage stages[TAU_EXPLORE_STAGES_MAX];
    int stage_count;
    const tau_graph *graph;
    void (*wake)(void *payload);
    void *payload;
    pthread_t thread;

    pthread_mutex_t mutex;  /**< guards what follows */
    pthread_cond_t work;    /**< the thread has something to do */
    pthread_cond_t applied; /**< a slice was taken, or refused */
    bool quit, paused;
    bool slice_due; /**< next_slice is to be taken */
    const tau_slice *next_slice;
    tau_lattice next_lattice;
    tau_status slice_status;
    tau_error_copy slice_error;
    bool ready; /**< there is a slice that every evaluator has */
    const tau_slice *slice;
    tau_lattice lattice;
    tau_wanted view; /**< of the last look */
    bool renew;      /**< the view is newer than the agenda */
    bool failed;     /**< the picture rests because of `error` */
    char error[512];
    tau_explore_work current;
    tau_agenda_unit unit; /**< WORK_UNIT: what is computed */
    int job_id;           /**< of the job that runs or waits for its turn; 0 = none */
    bool job_cancelled;   /**< nobody wants its answers any more */
    int last_id;
    tau_explore_queued *queue; /**< oldest first */
    tau_explore_held *answers; /**< oldest job first */
    tau_cache cache;           /**< written by the thread alone, which reads it without the mutex */
    size_t tiles_done, tiles_wanted, points_wanted;
    size_t points_left[TAU_EXPLORE_STAGES_MAX];
    double seconds_per_point[TAU_EXPLORE_STAGES_MAX]; /**< 0 = not measured */
    int stage_now;
    bool work_left; /**< the agenda has units */

    tau_cancel cancel; /**< of what is computed just now */
    atomic_uint_fast64_t version;

    tau_agenda agenda; /**< the thread's own */
    tau_point points[TAU_AGENDA_SIDE_MAX * TAU_AGENDA_SIDE_MAX];
};

/** The explorer's thread. @param[in] explore  a tau_explore */
void *tau_explore_work_on(void *explore);

/** Something new can be read. Called without the mutex. */
void tau_explore_tell(tau_explore *explore);

/** "what\nwhy: …\nfix: …" of this thread's last error. @param[out] out  [size] */
void tau_explore_format_error(char *out, size_t size);

/** Drops jobs and answers. Called with the mutex held. */
void tau_explore_drop_jobs(tau_explore *explore);

/** Computes some of the picture, if anything is due. Called by the thread without the mutex, between two
 * steps of a job. */
void tau_explore_take_turn(tau_explore *explore);

/** Runs the oldest job. Called by the thread with the mutex held; held again on return. */
void tau_explore_run_job(tau_explore *explore);

#endif
