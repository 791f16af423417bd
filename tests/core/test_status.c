#include <criterion/criterion.h>
#include <string.h>

#include "core/status.h"
#include "core/threads.h"

Test(status, three_parts_are_kept_apart) {
    cr_assert_eq(tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "byte %d" TAU_FIX "mend it", "x", 7),
                 TAU_STATUS_INPUT);
    const tau_error *error = tau_error_last();
    cr_assert_eq(error->code, TAU_STATUS_INPUT);
    cr_assert_str_eq(error->what, "cannot read x");
    cr_assert_str_eq(error->why, "byte 7");
    cr_assert_str_eq(error->fix, "mend it");
}

Test(status, left_out_parts_are_empty) {
    (void)tau_fail(TAU_STATUS_USAGE, "no reason");
    cr_assert_str_eq(tau_error_last()->why, "");
    cr_assert_str_eq(tau_error_last()->fix, "");
    (void)tau_fail(TAU_STATUS_USAGE, "only a fix" TAU_FIX "do it");
    cr_assert_str_eq(tau_error_last()->what, "only a fix");
    cr_assert_str_eq(tau_error_last()->why, "");
    cr_assert_str_eq(tau_error_last()->fix, "do it");
}

Test(status, a_fresh_thread_has_no_error) {
    cr_assert_eq(tau_error_last()->code, TAU_STATUS_OK);
    cr_assert_str_eq(tau_error_last()->what, "");
}

Test(status, context_widens_the_error_and_keeps_code_and_fix) {
    (void)tau_fail(TAU_STATUS_SHAPE, "axis 2" TAU_WHY "3 is not 4" TAU_FIX "transpose");
    cr_assert_eq(tau_error_context("cannot load %s", "net.onnx"), TAU_STATUS_SHAPE);
    cr_assert_str_eq(tau_error_last()->what, "cannot load net.onnx");
    cr_assert_str_eq(tau_error_last()->why, "axis 2: 3 is not 4");
    cr_assert_str_eq(tau_error_last()->fix, "transpose");
}

Test(status, context_may_quote_the_error_it_widens) {
    (void)tau_fail(TAU_STATUS_IO, "inner");
    (void)tau_error_context("outer of %s", tau_error_last()->what);
    cr_assert_str_eq(tau_error_last()->what, "outer of inner");
    cr_assert_str_eq(tau_error_last()->why, "inner");
}

Test(status, an_overlong_message_is_cut_and_not_overrun) {
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)tau_fail(TAU_STATUS_INPUT, "%s" TAU_WHY "%s" TAU_FIX "%s", text, text, text);
    cr_assert_lt(strlen(tau_error_last()->what), sizeof(tau_error_copy));
    tau_error_copy copy;
    tau_error_save(&copy);
    cr_assert_eq(tau_error_restore(&copy), TAU_STATUS_INPUT);
}

Test(status, saved_error_survives_later_ones) {
    tau_error_copy copy;
    (void)tau_fail(TAU_STATUS_IO, "first" TAU_WHY "why" TAU_FIX "fix");
    tau_error_save(&copy);
    (void)tau_fail(TAU_STATUS_USAGE, "second");
    cr_assert_eq(tau_error_restore(&copy), TAU_STATUS_IO);
    cr_assert_str_eq(tau_error_last()->what, "first");
    cr_assert_str_eq(tau_error_last()->why, "why");
    cr_assert_str_eq(tau_error_last()->fix, "fix");
}

static tau_status fail_at_seven(void *payload, size_t index, int worker) {
    (void)payload, (void)worker;
    if (index != 7) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_DEVICE, "job %zu" TAU_WHY "by design" TAU_FIX "skip it", index);
}

Test(status, message_of_a_failing_job_reaches_the_caller) {
    tau_pool *pool;
    cr_assert_eq(tau_pool_create(&pool, 4), TAU_STATUS_OK);
    cr_assert_eq(tau_pool_run(pool, 100, fail_at_seven, NULL, NULL), TAU_STATUS_DEVICE);
    cr_assert_str_eq(tau_error_last()->what, "job 7");
    cr_assert_str_eq(tau_error_last()->why, "by design");
    cr_assert_str_eq(tau_error_last()->fix, "skip it");
    tau_pool_destroy(pool);
}
