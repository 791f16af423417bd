/** How far a long task is, told to whoever shows it. */
#ifndef TAU_CORE_PROGRESS_H
#define TAU_CORE_PROGRESS_H

#include <stdint.h>

typedef struct tau_progress_state {
    const char *task;   /**< "compute", "train" … */
    const char *unit;   /**< "points", "batches" … */
    uint64_t done;      /**< units finished, those of an earlier, interrupted run included */
    uint64_t total;     /**< units in all */
    double elapsed;     /**< seconds since this run started */
    double rate;        /**< units a second in this run; 0 = not known yet */
    double remaining;   /**< seconds, estimated; < 0 = not known yet */
    const char *detail; /**< a short text such as "loss 0.031–8.4"; borrowed for the call, never NULL */
} tau_progress_state;

/** Receives states; `report` may be NULL. @threads called from the thread that runs the task */
typedef struct tau_progress {
    void (*report)(void *payload, const tau_progress_state *state);
    void *payload;
} tau_progress;

/** Measures rate and remaining time of one task. */
typedef struct tau_progress_meter {
    const tau_progress *progress;
    const char *task, *unit;
    uint64_t start_done, total;
    double start_time;
} tau_progress_meter;

/** Monotonic seconds. */
double tau_progress_now(void);

/** Starts the clock. @param[in] progress  NULL = nobody listens   @param[in] done  already finished before */
void tau_progress_start(tau_progress_meter *meter, const tau_progress *progress, const char *task,
                        const char *unit, uint64_t done, uint64_t total);

/** Reports `done` units. */
void tau_progress_update(const tau_progress_meter *meter, uint64_t done, const char *detail);

#endif
