/* A plain program, so that ThreadSanitizer sees it whole: runs, failures, cancels and logging in one pool. */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "core/log.h"
#include "core/threads.h"

enum { JOBS = 2000, ROUNDS = 200 };

typedef struct shared {
    uint64_t value[JOBS]; /* written by one job each, read by the caller after the run */
    uint64_t scratch[8];  /* one per worker */
    size_t bad, cancel_at;
    tau_cancel cancel;
} shared;

static tau_status job(void *payload, size_t index, int worker) {
    shared *self = payload;
    self->value[index] = index * index;
    self->scratch[worker] += index;
    if (index == self->cancel_at) tau_cancel_request(&self->cancel, 1);
    if (index % 500 == 0) tau_log(TAU_LOG_LEVEL_DEBUG, "job %zu", index);
    return index == self->bad ? tau_fail(TAU_STATUS_INPUT, "job %zu", index) : TAU_STATUS_OK;
}

static void count_message(void *payload, tau_log_level level, const char *message) {
    (void)level, (void)message;
    ++*(int *)payload; /* the log serialises its sink */
}

static int check(int condition, const char *what) {
    if (!condition) fprintf(stderr, "failed: %s\n", what);
    return !condition;
}

static int run_round(tau_pool *pool, int round) {
    static shared payload;
    payload = (shared){.bad = round % 3 == 1 ? 700 : SIZE_MAX, .cancel_at = round % 3 == 2 ? 900 : SIZE_MAX};
    tau_status status = tau_pool_run(pool, JOBS, job, &payload, &payload.cancel);
    if (round % 3 == 1) return check(status == TAU_STATUS_INPUT, "the failure arrives");
    if (round % 3 == 2) return check(status == TAU_STATUS_CANCELLED, "the cancel arrives");
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++) sum += payload.scratch[i];
    int failures = check(status == TAU_STATUS_OK, "the run succeeds");
    failures += check(sum == (uint64_t)JOBS * (JOBS - 1) / 2, "every index was added once");
    for (uint64_t i = 0; i < JOBS; i++) failures += check(payload.value[i] == i * i, "every job wrote");
    return failures;
}

int main(void) {
    int messages = 0, failures = 0;
    tau_log_set_sink(count_message, &messages);
    tau_pool *pool;
    if (tau_pool_create(&pool, 4) != TAU_STATUS_OK) return 1;
    for (int round = 0; round < ROUNDS; round++) failures += run_round(pool, round);
    tau_pool_destroy(pool);
    failures += check(messages >= ROUNDS, "messages arrived");
    return failures != 0;
}
