#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "core/progress.h"

static tau_progress_state last;
static int reports;

static void keep(void *payload, const tau_progress_state *state) {
    (void)payload;
    last = *state;
    reports++;
}

static const tau_progress listener = {.report = keep};

Test(progress, rate_counts_this_run_only) {
    tau_progress_meter meter;
    tau_progress_start(&meter, &listener, "compute", "points", 900, 1000);
    usleep(20000);
    tau_progress_update(&meter, 950, "loss 1");
    cr_assert_eq(last.done, 950);
    cr_assert_eq(last.total, 1000);
    cr_assert_str_eq(last.detail, "loss 1");
    cr_assert_gt(last.elapsed, 0.019);
    cr_assert_float_eq(last.rate * last.elapsed, 50, 1e-6);
    cr_assert_float_eq(last.remaining, last.elapsed, 1e-6);
}

Test(progress, nothing_is_guessed_before_the_first_unit) {
    tau_progress_meter meter;
    tau_progress_start(&meter, &listener, "compute", "points", 10, 100);
    tau_progress_update(&meter, 10, NULL);
    cr_assert_eq(last.rate, 0);
    cr_assert_lt(last.remaining, 0);
    cr_assert_str_eq(last.detail, "");
}

Test(progress, more_than_the_total_leaves_nothing_to_do) {
    tau_progress_meter meter;
    tau_progress_start(&meter, &listener, "train", "batches", 0, 10);
    usleep(2000);
    tau_progress_update(&meter, 12, NULL);
    cr_assert_eq(last.remaining, 0);
}

Test(progress, nobody_needs_to_listen) {
    tau_progress_meter meter;
    tau_progress_start(&meter, NULL, "compute", "points", 0, 1);
    tau_progress_update(&meter, 1, NULL);
    const tau_progress deaf = {0};
    tau_progress_start(&meter, &deaf, "compute", "points", 0, 1);
    tau_progress_update(&meter, 1, NULL);
    cr_assert_eq(reports, 0);
}

Test(progress, the_clock_never_runs_backwards) {
    double before = tau_progress_now();
    for (int i = 0; i < 1000; i++) {
        double now = tau_progress_now();
        cr_assert_geq(now, before);
        before = now;
    }
}
