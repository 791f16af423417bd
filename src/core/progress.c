#include "core/progress.h"

#include <time.h>

double tau_progress_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void tau_progress_start(tau_progress_meter *meter, const tau_progress *progress, const char *task,
                        const char *unit, uint64_t done, uint64_t total) {
    *meter = (tau_progress_meter){.progress = progress,
                                  .task = task,
                                  .unit = unit,
                                  .start_done = done,
                                  .total = total,
                                  .start_time = tau_progress_now()};
}

void tau_progress_update(const tau_progress_meter *meter, uint64_t done, const char *detail) {
    if (!meter->progress || !meter->progress->report) return;
    double elapsed = tau_progress_now() - meter->start_time;
    double rate = elapsed > 0 && done > meter->start_done ? (double)(done - meter->start_done) / elapsed : 0;
    uint64_t left = done < meter->total ? meter->total - done : 0;
    tau_progress_state state = {.task = meter->task,
                                .unit = meter->unit,
                                .done = done,
                                .total = meter->total,
                                .elapsed = elapsed,
                                .rate = rate,
                                .remaining = rate > 0 ? (double)left / rate : -1,
                                .detail = detail ? detail : ""};
    meter->progress->report(meter->progress->payload, &state);
}
