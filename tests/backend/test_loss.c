#include <criterion/criterion.h>
#include <math.h>

#include "backend/loss.h"

static const double outputs[] = {0.5, -1.0, 2.0};

static double values_loss(tau_loss loss, const double *y, const float *t, size_t count, double *right) {
    return tau_loss_sample(loss, y, count, (tau_target){.values = t}, right);
}

static double class_loss(tau_loss loss, const double *y, size_t count, int32_t chosen, double *right) {
    return tau_loss_sample(loss, y, count, (tau_target){.class_index = chosen}, right);
}

Test(loss, nll_is_minus_the_output_of_the_class) {
    double right;
    cr_assert_eq(class_loss(TAU_LOSS_NLL, outputs, 3, 1, &right), 1.0);
    cr_assert_eq(right, 0);
    cr_assert_eq(class_loss(TAU_LOSS_NLL, outputs, 3, 2, &right), -2.0);
    cr_assert_eq(right, 1);
}

Test(loss, cross_entropy_is_minus_log_softmax) {
    double right, expected = log(exp(0.5) + exp(-1.0) + exp(2.0)) - 0.5;
    cr_assert_float_eq(class_loss(TAU_LOSS_CROSS_ENTROPY, outputs, 3, 0, &right), expected, 1e-15);
    cr_assert_eq(right, 0);
}

Test(loss, cross_entropy_does_not_overflow) {
    const double far[] = {1e300, -1e300, 0};
    cr_assert_eq(class_loss(TAU_LOSS_CROSS_ENTROPY, far, 3, 0, NULL), 0);
    cr_assert_eq(class_loss(TAU_LOSS_CROSS_ENTROPY, far, 3, 2, NULL), 1e300);
}

Test(loss, values_are_averaged_over_outputs) {
    const double y[] = {1, -2, 0.25};
    const float t[] = {0.5f, 1, 0.25f};
    double right;
    cr_assert_float_eq(values_loss(TAU_LOSS_MSE, y, t, 3, &right), (0.25 + 9 + 0) / 3, 1e-15);
    cr_assert(isnan(right));
    cr_assert_float_eq(values_loss(TAU_LOSS_MAE, y, t, 3, NULL), (0.5 + 3) / 3, 1e-15);
    cr_assert_float_eq(values_loss(TAU_LOSS_HUBER, y, t, 3, NULL), (0.125 + 2.5) / 3, 1e-15);
}

Test(loss, bce_is_binary_cross_entropy_of_probabilities) {
    const double p[] = {0.25, 0.75};
    const float t[] = {1, 1};
    double right, expected = -(log(0.25) + log(0.75)) / 2;
    cr_assert_float_eq(values_loss(TAU_LOSS_BCE, p, t, 2, &right), expected, 1e-15);
    cr_assert_eq(right, 0.5);
}

Test(loss, bce_clamps_logarithms_at_minus_100) {
    const double p[] = {0, 1};
    const float wrong[] = {1, 0}, right[] = {0, 1};
    cr_assert_eq(values_loss(TAU_LOSS_BCE, p, wrong, 2, NULL), 100);
    cr_assert_eq(values_loss(TAU_LOSS_BCE, p, right, 2, NULL), 0);
}

Test(loss, bce_logits_is_bce_of_the_sigmoid) {
    const double x[] = {0.5, -2, 3};
    const float t[] = {1, 0, 0.25f};
    double p[3], right;
    for (int i = 0; i < 3; i++) p[i] = 1 / (1 + exp(-x[i]));
    cr_assert_float_eq(values_loss(TAU_LOSS_BCE_LOGITS, x, t, 3, &right),
                       values_loss(TAU_LOSS_BCE, p, t, 3, NULL), 1e-15);
    cr_assert_float_eq(right, 2.0 / 3, 1e-15);
    const double far[] = {-1000, 1000, 1000};
    cr_assert_float_eq(values_loss(TAU_LOSS_BCE_LOGITS, far, t, 3, NULL), (1000 + 1000 + 750) / 3.0, 1e-12);
}

Test(loss, nan_travels_and_is_wrong) {
    const double y[] = {3, NAN, 1};
    const float t[] = {1, 1, 1};
    double right = 1;
    cr_assert(isnan(class_loss(TAU_LOSS_CROSS_ENTROPY, y, 3, 0, &right)));
    cr_assert_eq(right, 0);
    cr_assert_eq(class_loss(TAU_LOSS_NLL, y, 3, 0, &right), -3);
    cr_assert_eq(right, 0, "a row with a NaN is wrong although its first output is the largest number");
    for (tau_loss loss = TAU_LOSS_MSE; loss < TAU_LOSS_COUNT; loss++)
        cr_assert(isnan(values_loss(loss, y, t, 3, NULL)), "%s", tau_loss_name(loss));
    values_loss(TAU_LOSS_BCE, y, t, 3, &right);
    cr_assert_float_eq(right, 2.0 / 3, 1e-15);
}

Test(loss, infinite_outputs_give_infinite_losses) {
    const double y[] = {INFINITY, 0};
    const float t[] = {0, 0};
    cr_assert_eq(class_loss(TAU_LOSS_CROSS_ENTROPY, y, 2, 1, NULL), INFINITY);
    for (tau_loss loss = TAU_LOSS_MSE; loss <= TAU_LOSS_HUBER; loss++)
        cr_assert_eq(values_loss(loss, y, t, 2, NULL), INFINITY, "%s", tau_loss_name(loss));
    cr_assert_eq(values_loss(TAU_LOSS_BCE_LOGITS, y, t, 2, NULL), INFINITY);
    const float surely[] = {1, 0};
    cr_assert_float_eq(values_loss(TAU_LOSS_BCE_LOGITS, y, surely, 2, NULL), log(2) / 2, 1e-15);
}

Test(loss, of_equal_outputs_the_first_is_chosen) {
    const double y[] = {1, 2, 2};
    double right;
    class_loss(TAU_LOSS_NLL, y, 3, 1, &right);
    cr_assert_eq(right, 1);
    class_loss(TAU_LOSS_NLL, y, 3, 2, &right);
    cr_assert_eq(right, 0);
}

Test(loss, the_first_largest_output_or_the_side_of_the_threshold_decides) {
    const double tied[] = {1, 2, 2}, broken[] = {3, NAN, 1};
    cr_assert_eq(tau_loss_decide(TAU_LOSS_NLL, tied, 3), 1);
    cr_assert_eq(tau_loss_decide(TAU_LOSS_CROSS_ENTROPY, broken, 3), -1);
    const double logits[] = {-1, 0, 0.25, NAN};
    const int32_t sides[] = {0, 0, 1, -1}, sides_of_probabilities[] = {0, 0, 0, -1};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(tau_loss_decide(TAU_LOSS_BCE_LOGITS, &logits[i], 1), sides[i], "logit %d", i);
        cr_assert_eq(tau_loss_decide(TAU_LOSS_BCE, &logits[i], 1), sides_of_probabilities[i], "value %d", i);
    }
}

Test(loss, classes_are_known_to_losses_of_classes_and_of_one_binary_output) {
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_NLL, 10), 10);
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_CROSS_ENTROPY, 3), 3);
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_BCE, 1), 2);
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_BCE_LOGITS, 1), 2);
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_BCE, 3), 0, "several binary outputs exclude nothing");
    cr_assert_eq(tau_loss_class_count(TAU_LOSS_MSE, 1), 0);
}

Test(loss, every_decision_is_counted_in_the_row_of_its_class) {
    int32_t classes[] = {0, 2, 2, 1, 2, 0};
    const int32_t decided[] = {0, 2, 1, -1, 2, 2};
    const uint64_t expected[] = {1, 0, 1, 0, 0, 0, 0, 1, 2, /* undecided: */ 0, 1, 0};
    uint64_t found[12];
    for (int i = 0; i < 12; i++) found[i] = 77;
    tau_loss_count(found, 3, &(tau_samples){.count = 6, .classes = classes}, decided);
    for (int i = 0; i < 12; i++) cr_assert_eq(found[i], expected[i], "count %d", i);

    float values[] = {0, 1, 1, 0.5f};
    const int32_t sides[] = {1, 1, -1, 0};
    const uint64_t binary[] = {1, 1, 0, 1, /* undecided: */ 0, 1};
    tau_loss_count(found, 2, &(tau_samples){.count = 4, .values = values, .target_size = 1}, sides);
    for (int i = 0; i < 6; i++) cr_assert_eq(found[i], binary[i], "binary count %d", i);
}

/* Against central differences; the outputs lie away from all kinks. */
Test(loss, gradients_agree_with_central_differences) {
    const double h = 1e-6;
    const float t[] = {0.75f, 0.25f, 1};
    for (tau_loss loss = 0; loss < TAU_LOSS_COUNT; loss++) {
        double y[] = {0.5, -1.5, 2.5}, gradient[3];
        for (int i = 0; i < 3 && loss == TAU_LOSS_BCE; i++) y[i] = 0.2 + 0.3 * i;
        const tau_target target = {.class_index = 1, .values = t};
        tau_loss_gradient(gradient, loss, y, 3, target);
        for (int i = 0; i < 3; i++) {
            double kept = y[i];
            y[i] = kept + h;
            double above = tau_loss_sample(loss, y, 3, target, NULL);
            y[i] = kept - h;
            double below = tau_loss_sample(loss, y, 3, target, NULL);
            y[i] = kept;
            cr_assert_float_eq(gradient[i], (above - below) / (2 * h), 1e-8, "%s, output %d",
                               tau_loss_name(loss), i);
        }
    }
}

Test(loss, gradient_is_flat_where_bce_is_clamped) {
    const double p[] = {0, 1};
    const float t[] = {1, 0};
    double gradient[2];
    tau_loss_gradient(gradient, TAU_LOSS_BCE, p, 2, (tau_target){.values = t});
    cr_assert(isfinite(gradient[0]) && isfinite(gradient[1]));
    cr_assert_eq(gradient[0], 0);
    cr_assert_eq(gradient[1], 0);
}

Test(loss, gradient_is_zero_where_the_loss_is_least) {
    const double y[] = {0.5, 0.25};
    const float t[] = {0.5f, 0.25f};
    for (tau_loss loss = TAU_LOSS_MSE; loss <= TAU_LOSS_BCE; loss++) {
        double gradient[2];
        tau_loss_gradient(gradient, loss, y, 2, (tau_target){.values = t});
        for (int i = 0; i < 2; i++) cr_assert_float_eq(gradient[i], 0, 1e-15, "%s", tau_loss_name(loss));
    }
}
