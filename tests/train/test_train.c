#include "training.h"

/* 81 samples in batches of 20: the last batch of an epoch has one sample. */
Test(train, observer_sees_every_batch_epoch_and_recorded_state) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {0};
    cr_assert_eq(f.data.train->count, 81);
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(count_of(&w, "loss"), 30);
    cr_assert_eq(count_of(&w, "accuracy"), 30);
    static const char *const once[] = {"epoch_loss", "epoch_accuracy", "lr", "test_loss", "test_accuracy"};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++) cr_assert_eq(count_of(&w, once[i]), 6);
    static const uint64_t steps[] = {0, 7, 14, 21, 28, 30};
    cr_assert_eq(count_of(&w, "state"), 6);
    for (int i = 0; i < 6; i++) cr_assert_eq(nth_of(&w, "state", i).step, steps[i]);
    cr_assert_lt(nth_of(&w, "epoch_loss", -1).value, nth_of(&w, "epoch_loss", 0).value);
    double sum = 0;
    for (int i = 0; i < 5; i++) sum += nth_of(&w, "loss", i).value * (i < 4 ? 20 : 1);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 0).value, sum / 81, 1e-14);
    tear_down(&f);
}

/* One sample has no variance: the last batch takes it in. */
Test(train, with_batch_norm_a_last_sample_joins_the_batch_before) {
    fixture f = set_up_batch_norm(1);
    witness w = {0};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(count_of(&w, "loss"), 24);
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += nth_of(&w, "loss", i).value * (i < 3 ? 20 : 21);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 0).value, sum / 81, 1e-14);
    cr_assert_neq(f.state->buffers[0], 0);
    tear_down(&f);
}

/* The network is a logistic regression: its gradient and first step by hand, in one batch of all samples. */
Test(train, first_step_of_a_logistic_regression_is_the_one_by_hand) {
    fixture f = set_up("mlp:2-1", 1);
    tau_train_options full = options;
    full.optimizer = TAU_OPTIMIZER_SGD, full.rate = 0.5, full.weight_decay = 0.01;
    full.batch = 1000, full.epochs = 1;
    const float *theta = f.model->theta;
    double gradient[3] = {0};
    for (size_t n = 0; n < 81; n++) {
        const float *x = f.data.train->inputs + 2 * n;
        double z = (double)theta[0] * x[0] + (double)theta[1] * x[1] + theta[2];
        double error = 1 / (1 + exp(-z)) - f.data.train->values[n];
        gradient[0] += error * x[0] / 81, gradient[1] += error * x[1] / 81, gradient[2] += error / 81;
    }
    witness w = {0};
    cr_assert_eq(train(&f, &w, &full), TAU_STATUS_OK);
    cr_assert_eq(f.state->step, 1);
    for (int i = 0; i < 3; i++)
        cr_assert_float_eq(f.state->theta[i], theta[i] - 0.5 * (gradient[i] + 0.02 * theta[i]), 1e-7);
    tear_down(&f);
}

Test(train, first_step_with_weights_of_classes_is_the_one_by_hand) {
    fixture f = set_up("mlp:2-1", 1);
    tau_train_options full = options;
    const double weight[] = {0.5, 3};
    int32_t classes[81];
    full.optimizer = TAU_OPTIMIZER_SGD, full.rate = 0.5, full.batch = 1000, full.epochs = 1;
    const float *theta = f.model->theta;
    double gradient[3] = {0}, loss = 0;
    for (size_t n = 0; n < 81; n++) {
        const float *x = f.data.train->inputs + 2 * n;
        classes[n] = f.data.train->values[n] == 1;
        double z = (double)theta[0] * x[0] + (double)theta[1] * x[1] + theta[2], p = 1 / (1 + exp(-z));
        double error = weight[classes[n]] * (p - classes[n]);
        loss -= log(classes[n] ? p : 1 - p) / 81;
        gradient[0] += error * x[0] / 81, gradient[1] += error * x[1] / 81, gradient[2] += error / 81;
    }
    full.class_weights = (tau_class_weights){2, weight, classes, 3};
    witness w = {0};
    cr_assert_eq(train(&f, &w, &full), TAU_STATUS_OK);
    for (int i = 0; i < 3; i++) cr_assert_float_eq(f.state->theta[i], theta[i] - 0.5 * gradient[i], 1e-6);
    /* What is told is the loss without the weights. */
    tau_batch_result result;
    uint32_t indices[81];
    float out[3], buffers[1] = {0};
    for (uint32_t i = 0; i < 81; i++) indices[i] = i;
    const tau_batch batch = {.indices = indices, .count = 81};
    cr_assert_eq(
        tau_class_weights_gradient(&full.class_weights, f.train, theta, buffers, &batch, out, &result),
        TAU_STATUS_OK);
    cr_assert_float_eq(result.loss, loss, 1e-6);
    for (int i = 0; i < 3; i++) cr_assert_float_eq(out[i], gradient[i], 1e-6);
    tear_down(&f);
}

Test(train, schedules_set_the_rate) {
    fixture f = set_up("mlp:2-1", 1);
    tau_train_options stepped = options;
    cr_assert_eq(tau_schedule_parse(&stepped.schedule, "step:2,0.1"), TAU_STATUS_OK);
    witness w = {0};
    cr_assert_eq(train(&f, &w, &stepped), TAU_STATUS_OK);
    for (int epoch = 0; epoch < 6; epoch++)
        cr_assert_float_eq(nth_of(&w, "lr", epoch).value, 0.02 * pow(0.1, epoch / 2), 1e-17);
    tear_down(&f);
}

Test(train, same_seed_gives_the_same_bits_on_any_threads) {
    fixture a = set_up_batch_norm(1), b = set_up_batch_norm(3), c = set_up_batch_norm(1);
    witness first = {0}, second = {0}, third = {0};
    tau_train_options other = options;
    other.seed = 5;
    cr_assert_eq(train(&a, &first, &options), TAU_STATUS_OK);
    cr_assert_eq(train(&b, &second, &options), TAU_STATUS_OK);
    cr_assert_eq(train(&c, &third, &other), TAU_STATUS_OK);
    assert_same_state(a.state, b.state);
    assert_same_log(&first, &second);
    cr_assert_neq(nth_of(&first, "loss", -1).value, nth_of(&third, "loss", -1).value);
    tear_down(&a);
    tear_down(&b);
    tear_down(&c);
}

/* Interruptions within an epoch and during its test: states, numbers and their order stay the same. */
Test(train, stopped_anywhere_it_goes_on_bit_for_bit) {
    for (int optimizer = TAU_OPTIMIZER_SGD; optimizer <= TAU_OPTIMIZER_RMSPROP; optimizer++) {
        tau_train_options with = options;
        with.optimizer = (tau_optimizer)optimizer, with.momentum = 0.9;
        fixture whole = set_up_batch_norm(1);
        witness uninterrupted = {0};
        cr_assert_eq(train(&whole, &uninterrupted, &with), TAU_STATUS_OK);
        for (uint64_t stop = 1; stop <= 24; stop++) {
            fixture f = set_up_batch_norm(1);
            witness w = {.stop_at = stop};
            cr_assert_eq(train(&f, &w, &with), TAU_STATUS_CANCELLED);
            cr_assert_eq(f.state->step, stop);
            w.stop_at = 0, w.cancel = (tau_cancel){0};
            cr_assert_eq(train(&f, &w, &with), TAU_STATUS_OK);
            assert_same_state(f.state, whole.state);
            assert_same_log(&w, &uninterrupted);
            tear_down(&f);
        }
        tear_down(&whole);
    }
}

Test(train, divergence_is_recorded_and_reported) {
    fixture f = set_up("mlp:2-8-8-1:relu", 1);
    tau_train_options wild = options;
    wild.optimizer = TAU_OPTIMIZER_SGD;
    wild.rate = 1e30;
    witness w = {0};
    cr_assert_eq(train(&f, &w, &wild), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->what, "not finite"));
    cr_assert_eq(nth_of(&w, "state", -1).step, f.state->step);
    cr_assert_not(isfinite(nth_of(&w, "loss", -1).value));
    tear_down(&f);
}

Test(train, a_failing_observer_stops_it) {
    fixture f = set_up("mlp:2-1", 1);
    witness w = {.failure = TAU_STATUS_IO};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_IO);
    cr_assert_eq(f.state->step, 7);
    tear_down(&f);
}

Test(train, nothing_is_left_to_do_after_the_last_step) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {0}, again = {0};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(train(&f, &again, &options), TAU_STATUS_OK);
    cr_assert_eq(again.count, 0);
    tear_down(&f);
}

Test(train, options_that_make_no_sense_are_refused) {
    fixture f = set_up("mlp:2-1", 1);
    tau_train_options bad[7];
    for (int i = 0; i < 7; i++) bad[i] = options;
    bad[0].batch = 0;
    bad[1].rate = 0;
    bad[2].rate = NAN;
    bad[3].momentum = 1;
    bad[4].weight_decay = -1;
    bad[5].epochs = SIZE_MAX;
    bad[6].rate = INFINITY;
    for (int i = 0; i < 7; i++) {
        witness w = {0};
        cr_assert_eq(train(&f, &w, &bad[i]), TAU_STATUS_USAGE, "%d", i);
        cr_assert_eq(w.count, 0);
    }
    tau_train_options large = options;
    large.batch = SIZE_MAX, large.epochs = 2;
    witness w = {0};
    cr_assert_eq(train(&f, &w, &large), TAU_STATUS_OK);
    cr_assert_eq(count_of(&w, "loss"), 2);
    tear_down(&f);
}
