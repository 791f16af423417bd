/* Metrics of confusion matrices against values worked out by hand. eq:mcc */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "backend/metrics.h"
#include "ok.h"

static tau_measure binary(double tp, double tn, double fp, double fn, tau_metric_kind kind) {
    return tau_metric_binary(&(tau_confusion){tp, tn, fp, fn}, kind);
}

Test(metrics, binary_ones_are_their_ratios) {
    /* 6 found, 3 rejected, 1 false alarm, 2 missed. */
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_ACCURACY).value, 0.75, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_PRECISION).value, 6.0 / 7, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_RECALL).value, 0.75, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_SPECIFICITY).value, 0.75, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_F1).value, 0.8, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_BALANCED).value, 0.75, 1e-12);
    NEAR(binary(6, 3, 1, 2, TAU_METRIC_KIND_MCC).value, 16 / sqrt(7.0 * 8 * 4 * 5), 1e-12); /* eq:mcc */
}

Test(metrics, the_correlation_does_not_overflow) {
    const double n = 1e9;
    NEAR(binary(n, n, 0, 0, TAU_METRIC_KIND_MCC).value, 1, 1e-12);
    NEAR(binary(0, 0, n, n, TAU_METRIC_KIND_MCC).value, -1, 1e-12);
}

Test(metrics, a_zero_denominator_gives_zero_and_says_so) {
    /* No positives at all, none called so. */
    for (int k = TAU_METRIC_KIND_PRECISION; k < TAU_METRIC_KIND_COUNT; k++) {
        const tau_measure m = binary(0, 10, 0, 0, (tau_metric_kind)k);
        const bool defined = k == TAU_METRIC_KIND_SPECIFICITY;
        cr_assert_eq(m.undefined, !defined, "%s", tau_metric_kind_name((tau_metric_kind)k));
        NEAR(m.value, defined ? 1 : k == TAU_METRIC_KIND_BALANCED ? 0.5 : 0, 1e-12);
    }
    cr_assert(binary(0, 0, 0, 0, TAU_METRIC_KIND_ACCURACY).undefined, "no samples");
    cr_assert_not(binary(0, 0, 0, 3, TAU_METRIC_KIND_RECALL).undefined, "zero, but defined");
}

/* Rows are true classes:  a 5 1 0,  b 2 6 2,  c 0 0 4. */
static const uint64_t matrix[9] = {5, 1, 0, 2, 6, 2, 0, 0, 4};

static double of(tau_metric_kind kind, tau_average average) {
    const tau_measure m = tau_metric_matrix(matrix, NULL, 3, kind, average);
    cr_assert_not(m.undefined);
    return m.value;
}

Test(metrics, several_classes_have_macro_and_micro_averages) {
    NEAR(of(TAU_METRIC_KIND_ACCURACY, TAU_AVERAGE_MACRO), 15.0 / 20, 1e-12);
    NEAR(of(TAU_METRIC_KIND_PRECISION, TAU_AVERAGE_MACRO), (5.0 / 7 + 6.0 / 7 + 4.0 / 6) / 3, 1e-12);
    NEAR(of(TAU_METRIC_KIND_RECALL, TAU_AVERAGE_MACRO), (5.0 / 6 + 6.0 / 10 + 1) / 3, 1e-12);
    NEAR(of(TAU_METRIC_KIND_BALANCED, TAU_AVERAGE_MACRO), (5.0 / 6 + 6.0 / 10 + 1) / 3, 1e-12);
    NEAR(of(TAU_METRIC_KIND_F1, TAU_AVERAGE_MACRO), (10.0 / 13 + 12.0 / 17 + 8.0 / 10) / 3, 1e-12);
    NEAR(of(TAU_METRIC_KIND_SPECIFICITY, TAU_AVERAGE_MACRO), (12.0 / 14 + 9.0 / 10 + 14.0 / 16) / 3, 1e-12);
    NEAR(of(TAU_METRIC_KIND_PRECISION, TAU_AVERAGE_MICRO), 15.0 / 20, 1e-12);
    NEAR(of(TAU_METRIC_KIND_RECALL, TAU_AVERAGE_MICRO), 15.0 / 20, 1e-12);
    NEAR(of(TAU_METRIC_KIND_F1, TAU_AVERAGE_MICRO), 15.0 / 20, 1e-12);
    NEAR(of(TAU_METRIC_KIND_SPECIFICITY, TAU_AVERAGE_MICRO), 35.0 / 40, 1e-12);
    /* R_K: (15·20 - (6·7 + 10·7 + 4·6)) / sqrt(20² - 49 - 49 - 36) / sqrt(20² - 36 - 100 - 16) */
    NEAR(of(TAU_METRIC_KIND_MCC, TAU_AVERAGE_MACRO), 164 / sqrt(266.0 * 248), 1e-12);
}

Test(metrics, of_two_classes_the_second_is_the_positive_one) {
    const uint64_t two[4] = {3, 1, 2, 6};
    const tau_confusion c = tau_metric_counts(two, NULL, 2, 1);
    cr_assert(c.tp == 6 && c.tn == 3 && c.fp == 1 && c.fn == 2);
    NEAR(tau_metric_matrix(two, NULL, 2, TAU_METRIC_KIND_F1, TAU_AVERAGE_MACRO).value, 0.8, 1e-12);
    NEAR(tau_metric_matrix(two, NULL, 2, TAU_METRIC_KIND_MCC, TAU_AVERAGE_MICRO).value, 16 / sqrt(1120.0),
         1e-12);
}

Test(metrics, r_k_of_two_classes_is_their_correlation) {
    const uint64_t three[9] = {3, 1, 0, 2, 6, 0, 0, 0, 0};
    const tau_measure m = tau_metric_matrix(three, NULL, 3, TAU_METRIC_KIND_MCC, TAU_AVERAGE_MACRO);
    NEAR(m.value, 16 / sqrt(1120.0), 1e-12);
}

Test(metrics, a_class_without_samples_is_counted_as_zero_and_said) {
    const uint64_t three[9] = {4, 0, 0, 0, 4, 0, 0, 0, 0};
    tau_measure m = tau_metric_matrix(three, NULL, 3, TAU_METRIC_KIND_PRECISION, TAU_AVERAGE_MACRO);
    NEAR(m.value, 2.0 / 3, 1e-12);
    cr_assert(m.undefined && m.undefined_classes == 1);
    m = tau_metric_matrix(three, NULL, 3, TAU_METRIC_KIND_BALANCED, TAU_AVERAGE_MACRO);
    NEAR(m.value, 1, 1e-12);
    cr_assert(!m.undefined && m.undefined_classes == 1);
}

Test(metrics, a_sample_without_decision_is_wrong) {
    const uint64_t two[4] = {3, 0, 0, 5}, lost[2] = {1, 2};
    const tau_confusion c = tau_metric_counts(two, lost, 2, 1);
    cr_assert(c.tp == 5 && c.tn == 3 && c.fp == 1 && c.fn == 2);
    const uint64_t three[9] = {2, 0, 0, 0, 2, 0, 0, 0, 2}, one[3] = {2, 0, 0};
    NEAR(tau_metric_matrix(three, one, 3, TAU_METRIC_KIND_ACCURACY, TAU_AVERAGE_MACRO).value, 0.75, 1e-12);
    NEAR(tau_metric_matrix(three, one, 3, TAU_METRIC_KIND_RECALL, TAU_AVERAGE_MACRO).value, 2.5 / 3, 1e-12);
    NEAR(tau_metric_matrix(three, one, 3, TAU_METRIC_KIND_PRECISION, TAU_AVERAGE_MACRO).value, 1, 1e-12);
    /* (6·8 - (4·2 + 2·2 + 2·2)) / sqrt(8² - 4 - 4 - 4 - 4) / sqrt(8² - 16 - 4 - 4) */
    NEAR(tau_metric_matrix(three, one, 3, TAU_METRIC_KIND_MCC, TAU_AVERAGE_MACRO).value, 32 / sqrt(48.0 * 40),
         1e-12);
}

Test(metrics, names_are_parsed_with_their_average) {
    tau_metric_kind kind;
    tau_average average;
    cr_assert_eq(tau_metric_kind_parse("micro-f1", &kind, &average), TAU_STATUS_OK);
    cr_assert(kind == TAU_METRIC_KIND_F1 && average == TAU_AVERAGE_MICRO);
    for (int k = 0; k < TAU_METRIC_KIND_COUNT; k++) {
        cr_assert_eq(tau_metric_kind_parse(tau_metric_kind_name((tau_metric_kind)k), &kind, &average),
                     TAU_STATUS_OK);
        cr_assert(kind == (tau_metric_kind)k && average == TAU_AVERAGE_MACRO);
    }
    cr_assert_eq(tau_metric_kind_parse("auc", &kind, &average), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "balanced-accuracy"));
}

static tau_metric_choice choice_of(const char *name) {
    tau_metric_choice choice;
    cr_assert_eq(tau_metric_kind_parse(name, &choice.kind, &choice.average), TAU_STATUS_OK);
    return choice;
}

Test(metrics, choices_have_one_order_and_names_that_say_the_average) {
    static const char *const asked[] = {"mcc", "macro-f1", "accuracy", "micro-mcc", "f1", "micro-f1"};
    static const char *const of_three[] = {"macro-f1", "micro-f1", "mcc"}, *const of_two[] = {"binary-f1",
                                                                                              "mcc"};
    for (size_t classes = 2; classes <= 3; classes++) {
        tau_metric_choice choices[6];
        for (int i = 0; i < 6; i++) choices[i] = choice_of(asked[i]);
        cr_assert_eq(tau_metric_choices_sort(choices, 6, classes), classes);
        for (size_t i = 0; i < classes; i++) {
            char name[TAU_METRIC_NAME];
            tau_metric_choice_name(name, choices[i], classes);
            cr_assert_str_eq(name, classes == 2 ? of_two[i] : of_three[i]);
        }
    }
}

Test(metrics, a_point_without_a_denominator_has_no_value) {
    /* Nothing is decided to be class 2: its precision is not defined, its recall is 0. */
    const uint64_t confusion[12] = {4, 0, 0, 0, 4, 0, 1, 1, 0, 0, 0, 2};
    cr_assert(isnan(tau_metric_choice_value(choice_of("precision"), confusion, 3)));
    NEAR(tau_metric_choice_value(choice_of("recall"), confusion, 3), 2.0 / 3, 1e-12);
    NEAR(tau_metric_choice_value(choice_of("micro-precision"), confusion, 3), 0.8, 1e-12);
    NEAR(tau_metric_choice_value(choice_of("micro-recall"), confusion, 3), 8.0 / 12, 1e-12);
    const uint64_t one_side[6] = {3, 0, 2, 0, 0, 0};
    cr_assert(isnan(tau_metric_choice_value(choice_of("mcc"), one_side, 2)));
    NEAR(tau_metric_choice_value(choice_of("balanced-accuracy"), one_side, 2), 0.5, 1e-12);
}
