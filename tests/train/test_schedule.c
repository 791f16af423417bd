#include <criterion/criterion.h>
#include <math.h>

#include "train/train.h"

Test(schedule, step_drops_by_its_factor) {
    tau_schedule schedule;
    cr_assert_eq(tau_schedule_parse(&schedule, "step:10,0.5"), TAU_STATUS_OK);
    cr_assert_eq(tau_schedule_factor(&schedule, 9.99, 30), 1);
    cr_assert_eq(tau_schedule_factor(&schedule, 10, 30), 0.5);
    cr_assert_eq(tau_schedule_factor(&schedule, 29, 30), 0.25);
}

Test(schedule, cosine_falls_from_one_to_zero) {
    tau_schedule schedule;
    cr_assert_eq(tau_schedule_parse(&schedule, "cosine"), TAU_STATUS_OK);
    cr_assert_float_eq(tau_schedule_factor(&schedule, 0, 8), 1, 1e-15);
    cr_assert_float_eq(tau_schedule_factor(&schedule, 4, 8), 0.5, 1e-15);
    cr_assert_float_eq(tau_schedule_factor(&schedule, 8, 8), 0, 1e-15);
}

Test(schedule, malformed_texts_are_refused) {
    tau_schedule schedule;
    const char *const bad[] = {"",        "linear",  "step",       "step:",      "step:0",
                               "step:-3", "step:5,", "step:5,nan", "step:5,0.1x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(tau_schedule_parse(&schedule, bad[i]), TAU_STATUS_USAGE, "%s", bad[i]);
}

Test(record_rule, strides_follow_the_rule) {
    tau_record_rule rule;
    cr_assert_eq(tau_record_rule_parse(&rule, "every=20"), TAU_STATUS_OK);
    cr_assert_eq(tau_record_rule_stride(&rule, 507, 1), 20);
    cr_assert_eq(tau_record_rule_parse(&rule, "max=11"), TAU_STATUS_OK);
    cr_assert_eq(tau_record_rule_stride(&rule, 507, 1), 51);
}

/* The steps of epochs of 10 and 169 batches that a rule records. */
Test(record_rule, states_by_epochs_are_the_first_at_or_after_each_multiple) {
    static const struct {
        const char *text;
        int batches, steps[6];
    } cases[] = {{"every=1epoch", 169, {169, 338, 507}},
                 {"every=0.1epochs", 10, {1, 2, 3, 4, 5, 6}},
                 {"every=0.3epochs", 10, {3, 6, 9, 12, 15, 18}},
                 {"every=0.25epochs", 10, {3, 5, 8, 10, 13, 15}},
                 {"every=2.5epochs", 10, {25, 50}},
                 {"every=0.001epochs", 169, {1, 2, 3, 4, 5, 6}},
                 {"every=999999999epochs", 10, {0}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        tau_record_rule rule;
        int found = 0;
        cr_assert_eq(tau_record_rule_parse(&rule, cases[c].text), TAU_STATUS_OK);
        for (int step = 1; step <= (cases[c].batches > 10 ? 507 : 50) && found < 6; step++) {
            const double epoch = (double)step / cases[c].batches,
                         before = (double)(step - 1) / cases[c].batches;
            if (!tau_record_rule_crosses(&rule, before, epoch)) continue;
            cr_assert_eq(step, cases[c].steps[found], "%s: step %d", cases[c].text, step);
            found++;
        }
        cr_assert(found == 6 || cases[c].steps[found] == 0, "%s: %d states", cases[c].text, found);
    }
}

Test(record_rule, strides_stay_within_the_training) {
    const tau_record_rule rules[] = {{.every_steps = UINT64_MAX}, {.max_states = 2}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        cr_assert_eq(tau_record_rule_stride(&rules[i], 30, 1), 30);
    cr_assert_eq(tau_record_rule_stride(&rules[0], 0, 1), 1);
    cr_assert_eq(tau_record_rule_stride(&(tau_record_rule){0}, 30, 1), 1);
}

Test(record_rule, max_keeps_at_most_that_many_states) {
    for (uint64_t most = 2; most < 40; most++) {
        for (uint64_t total = 1; total < 300; total += 7) {
            const tau_record_rule rule = {.max_states = most};
            uint64_t stride = tau_record_rule_stride(&rule, total, 1);
            uint64_t states = 1 + total / stride + (total % stride != 0);
            cr_assert_leq(states, most, "%lu states of %lu steps, at most %lu", states, total, most);
        }
    }
}

Test(record_rule, malformed_texts_are_refused) {
    tau_record_rule rule;
    const char *const bad[] = {"",          "20",    "every=",      "every=0",   "every=-1",
                               "every=2.5", "max=1", "max=5epochs", "every=1e99"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(tau_record_rule_parse(&rule, bad[i]), TAU_STATUS_USAGE, "%s", bad[i]);
}
