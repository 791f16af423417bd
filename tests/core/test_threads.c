#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/threads.h"

static tau_pool *start(int threads) {
    tau_pool *pool;
    cr_assert_eq(tau_pool_create(&pool, threads), TAU_STATUS_OK);
    return pool;
}

static tau_status count_index(void *payload, size_t index, int worker) {
    (void)worker;
    atomic_fetch_add(&((atomic_int *)payload)[index], 1);
    return TAU_STATUS_OK;
}

Test(threads, every_index_runs_once_whatever_the_pool) {
    for (int threads = 1; threads <= 8; threads++) {
        tau_pool *pool = start(threads);
        cr_assert_eq(tau_pool_size(pool), threads);
        static atomic_int seen[1000];
        for (size_t count = 0; count <= 1000; count += 125) {
            for (size_t i = 0; i < 1000; i++) atomic_store(&seen[i], 0);
            cr_assert_eq(tau_pool_run(pool, count, count_index, seen, NULL), TAU_STATUS_OK);
            for (size_t i = 0; i < 1000; i++) cr_assert_eq(atomic_load(&seen[i]), i < count);
        }
        tau_pool_destroy(pool);
    }
}

static tau_status check_worker(void *payload, size_t index, int worker) {
    (void)index;
    atomic_int *inside = payload;
    if (atomic_fetch_add(&inside[worker], 1) != 0) return tau_fail(TAU_STATUS_USAGE, "shared scratch");
    usleep(100);
    atomic_fetch_sub(&inside[worker], 1);
    return TAU_STATUS_OK;
}

Test(threads, a_worker_number_belongs_to_one_job_at_a_time) {
    tau_pool *pool = start(4);
    atomic_int inside[4] = {0};
    cr_assert_eq(tau_pool_run(pool, 200, check_worker, inside, NULL), TAU_STATUS_OK);
    tau_pool_destroy(pool);
}

typedef struct failing {
    atomic_size_t started;
    size_t bad;
} failing;

static tau_status fail_at(void *payload, size_t index, int worker) {
    (void)worker;
    failing *self = payload;
    atomic_fetch_add(&self->started, 1);
    return index == self->bad ? tau_fail(TAU_STATUS_INPUT, "index %zu", index) : TAU_STATUS_OK;
}

Test(threads, a_failure_stops_the_run_and_the_pool_can_be_used_again) {
    tau_pool *pool = start(3);
    failing payload = {.bad = 10};
    cr_assert_eq(tau_pool_run(pool, 1000000, fail_at, &payload, NULL), TAU_STATUS_INPUT);
    cr_assert_str_eq(tau_error_last()->what, "index 10");
    cr_assert_lt(atomic_load(&payload.started), 1000000);
    payload.bad = 100;
    cr_assert_eq(tau_pool_run(pool, 100, fail_at, &payload, NULL), TAU_STATUS_OK);
    tau_pool_destroy(pool);
}

static tau_status fail_without_message(void *payload, size_t index, int worker) {
    (void)payload, (void)worker;
    return index == 3 ? TAU_STATUS_DEVICE : TAU_STATUS_OK;
}

Test(threads, a_status_without_a_message_is_still_a_failure) {
    tau_pool *pool = start(1);
    cr_assert_eq(tau_pool_run(pool, 10, fail_without_message, NULL, NULL), TAU_STATUS_DEVICE);
    cr_assert_eq(tau_error_last()->code, TAU_STATUS_DEVICE);
    tau_pool_destroy(pool);
}

Test(threads, a_stale_message_is_not_taken_for_the_failure) {
    tau_pool *pool = start(1);
    (void)tau_fail(TAU_STATUS_IO, "long ago");
    cr_assert_eq(tau_pool_run(pool, 10, fail_without_message, NULL, NULL), TAU_STATUS_DEVICE);
    cr_assert_str_neq(tau_error_last()->what, "long ago");
    tau_pool_destroy(pool);
}

typedef struct cancelling {
    tau_cancel cancel;
    atomic_size_t done;
} cancelling;

static tau_status cancel_at_five(void *payload, size_t index, int worker) {
    (void)worker;
    cancelling *self = payload;
    if (index == 5) tau_cancel_request(&self->cancel, 15);
    atomic_fetch_add(&self->done, 1);
    return TAU_STATUS_OK;
}

Test(threads, cancel_stops_before_the_next_job) {
    for (int threads = 1; threads <= 4; threads += 3) {
        tau_pool *pool = start(threads);
        cancelling payload = {0};
        cr_assert_eq(tau_pool_run(pool, 100000, cancel_at_five, &payload, &payload.cancel),
                     TAU_STATUS_CANCELLED);
        cr_assert_lt(atomic_load(&payload.done), 100000);
        cr_assert_eq(tau_cancel_reason(&payload.cancel), 15);
        if (threads == 1) cr_assert_eq(atomic_load(&payload.done), 6);
        tau_pool_destroy(pool);
    }
}

Test(threads, a_cancel_during_the_last_job_does_not_undo_a_complete_run) {
    tau_pool *pool = start(1);
    cancelling payload = {0};
    cr_assert_eq(tau_pool_run(pool, 6, cancel_at_five, &payload, &payload.cancel), TAU_STATUS_OK);
    cr_assert_eq(atomic_load(&payload.done), 6);
    tau_pool_destroy(pool);
}

Test(threads, absurd_sizes_are_refused) {
    tau_pool *pool = (tau_pool *)&pool;
    cr_assert_eq(tau_pool_create(&pool, -1), TAU_STATUS_USAGE);
    cr_assert_null(pool);
    cr_assert_eq(tau_pool_create(&pool, 1000000), TAU_STATUS_USAGE);
    tau_pool_destroy(NULL);
}

Test(threads, zero_means_all_cores) {
    tau_pool *pool = start(0);
    cr_assert_geq(tau_pool_size(pool), 1);
    tau_pool_destroy(pool);
}

/* Every worker takes one, since none ends before all have begun. */
static tau_status note_niceness(void *payload, size_t index, int worker) {
    static atomic_int begun;
    (void)index;
    atomic_fetch_add(&begun, 1);
    while (atomic_load(&begun) < 3) usleep(1000);
    ((int *)payload)[worker] = getpriority(PRIO_PROCESS, 0);
    return TAU_STATUS_OK;
}

static void *run_behind(void *payload) {
    tau_pool *pool = start(3);
    tau_thread_give_way();
    tau_thread_give_way();
    cr_assert_eq(tau_pool_run(pool, 3, note_niceness, payload, NULL), TAU_STATUS_OK);
    tau_pool_destroy(pool);
    return NULL;
}

Test(threads, one_that_gives_way_takes_its_workers_along_and_no_other) {
    int before = getpriority(PRIO_PROCESS, 0), expected = before + 5 > 19 ? 19 : before + 5, seen[3] = {0};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run_behind, seen), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++) cr_assert_eq(seen[i], expected, "worker %d has %d", i, seen[i]);
    cr_assert_eq(getpriority(PRIO_PROCESS, 0), before);
}
