#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/threads.h"

static char text[2048];
static tau_log_level level_seen;

static void keep(void *payload, tau_log_level level, const char *message) {
    ++*(int *)payload;
    level_seen = level;
    snprintf(text, sizeof text, "%s", message);
}

Test(log, a_message_reaches_the_sink) {
    int count = 0;
    tau_log_set_sink(keep, &count);
    tau_log(TAU_LOG_LEVEL_WARNING, "%d of %s", 3, "four");
    cr_assert_eq(count, 1);
    cr_assert_eq(level_seen, TAU_LOG_LEVEL_WARNING);
    cr_assert_str_eq(text, "3 of four");
}

Test(log, without_a_sink_there_is_silence) {
    int count = 0;
    tau_log_set_sink(keep, &count);
    tau_log_set_sink(NULL, NULL);
    tau_log(TAU_LOG_LEVEL_NOTE, "nobody hears");
    cr_assert_eq(count, 0);
}

Test(log, an_overlong_message_is_cut) {
    int count = 0;
    tau_log_set_sink(keep, &count);
    tau_log(TAU_LOG_LEVEL_NOTE, "%05000d", 1);
    cr_assert_eq(count, 1);
    cr_assert_lt(strlen(text), 2000);
}

static atomic_int inside, overlaps;

static void notice_overlap(void *payload, tau_log_level level, const char *message) {
    (void)payload, (void)level, (void)message;
    if (atomic_fetch_add(&inside, 1) != 0) atomic_fetch_add(&overlaps, 1);
    usleep(200);
    atomic_fetch_sub(&inside, 1);
}

static tau_status log_one(void *payload, size_t index, int worker) {
    (void)payload, (void)worker;
    tau_log(TAU_LOG_LEVEL_DEBUG, "%zu", index);
    return TAU_STATUS_OK;
}

Test(log, the_sink_sees_one_message_at_a_time) {
    tau_log_set_sink(notice_overlap, NULL);
    tau_pool *pool;
    cr_assert_eq(tau_pool_create(&pool, 4), TAU_STATUS_OK);
    cr_assert_eq(tau_pool_run(pool, 200, log_one, NULL, NULL), TAU_STATUS_OK);
    tau_pool_destroy(pool);
    cr_assert_eq(atomic_load(&overlaps), 0);
}
