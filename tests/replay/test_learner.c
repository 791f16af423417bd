/* The learner's view of a line through points. */
#include "replay/learner.h"

#include "replay_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(learner, .init = make_directory);

enum { COUNT = 11 };

/* x runs through 0..10 out of order; the target is 2x but for one outlier, and the model is 2x. */
static tau_replay *open_line(const char *parameters) {
    float inputs[COUNT], targets[COUNT];
    static const float states[] = {0, 0, 2, 0};
    for (int i = 0; i < COUNT; i++) {
        inputs[i] = (float)(i * 4 % COUNT);
        targets[i] = 2 * inputs[i] + (inputs[i] == 5 ? 3 : 0);
    }
    tau_samples *samples = make_samples(COUNT, 1, inputs, targets, 0);
    record(scratch("line.run.h5"), "mlp:1-1:relu", "mse", parameters, samples, states, 2);
    tau_samples_destroy(samples);
    return open_ref(scratch("line.run.h5"));
}

static tau_learner_frame compute(tau_replay *replay, tau_learner **view, tau_learner_options options,
                                 size_t state) {
    tau_learner_frame frame;
    OK(tau_learner_create(view, replay, &options));
    OK(tau_learner_compute(*view, state, &frame));
    return frame;
}

Test(learner, line_band_and_losses_are_those_of_the_state) {
    tau_replay *replay = open_line(NULL);
    tau_learner *view;
    const tau_learner_frame f = compute(replay, &view, (tau_learner_options){1, 1, 1}, 1);
    cr_assert(f.line_count == COUNT && f.scatter_count == COUNT);
    for (int i = 0; i < COUNT; i++) {
        NEAR(f.line_x[i], i, 0);
        NEAR(f.line_y[i], 2 * i, 1e-6);
        NEAR(f.line_loss[i], i == 5 ? 9 : 0, 1e-6);
        NEAR(f.band_high[i] - f.band_low[i], 2 * f.line_loss[i], 1e-9);
        NEAR(f.scatter_x[i], i * 4 % COUNT, 0);
    }
    NEAR(f.loss, 9.0 / COUNT, 1e-9);
    cr_assert(f.total_count == 2 && f.total_step[1] == 10);
    NEAR(f.total_loss[1], f.loss, 0);
    cr_assert(f.batch_count == 10 && f.batch_step[9] == 10);
    NEAR(f.batch_loss[9], 0.1, 1e-12);
    cr_assert(f.x[0] == 0 && f.x[1] == 10 && f.y[0] == 0 && f.y[1] == 20 && f.last_step == 10);
    NEAR(f.loss_range[0], 0.1, 1e-12);
    cr_assert_str_eq(f.step_label, "Batch");
    tau_learner_destroy(view);
    tau_replay_close(replay);
}

Test(learner, before_training_no_batch_is_done) {
    tau_replay *replay = open_line(NULL);
    tau_learner *view;
    const tau_learner_frame f = compute(replay, &view, TAU_LEARNER_DEFAULTS, 0);
    cr_assert(f.batch_count == 0 && f.total_count == 1 && f.line_y[10] == 0);
    tau_learner_destroy(view);
    tau_replay_close(replay);
}

Test(learner, sparsities_take_every_nth_and_the_line_keeps_its_end) {
    tau_replay *replay = open_line(NULL);
    tau_learner *view;
    tau_learner_frame f = compute(replay, &view, (tau_learner_options){1, 4, 3}, 1);
    static const double line[] = {0, 4, 8, 10};
    cr_assert(f.line_count == 4 && f.scatter_count == 4);
    for (int i = 0; i < 4; i++) NEAR(f.line_x[i], line[i], 0);
    for (int i = 0; i < 4; i++) NEAR(f.scatter_x[i], 3 * i * 4 % COUNT, 0);
    tau_learner_destroy(view);
    f = compute(replay, &view, (tau_learner_options){1, 1000, 0}, 1);
    cr_assert(f.line_count == 2 && f.scatter_count == 0);
    tau_learner_destroy(view);
    f = compute(replay, &view, TAU_LEARNER_DEFAULTS, 1);
    cr_assert(f.line_count == COUNT && f.scatter_count == 3);
    tau_learner_destroy(view);
    assert_fails(tau_learner_create(&view, replay, &(tau_learner_options){1, -1, 0}), TAU_STATUS_USAGE,
                 "negative");
    tau_replay_close(replay);
}

Test(learner, the_band_is_smoothed_also_where_the_data_are_shorter_than_the_window) {
    tau_replay *replay = open_line(NULL);
    tau_learner *view;
    tau_learner_frame f = compute(replay, &view, (tau_learner_options){3, 1, 0}, 1);
    NEAR(f.line_loss[4], 3, 1e-6);
    NEAR(f.line_loss[5], 3, 1e-6);
    NEAR(f.line_loss[7], 0, 1e-6);
    tau_learner_destroy(view);
    f = compute(replay, &view, (tau_learner_options){101, 1, 0}, 1);
    NEAR(f.line_loss[5], 9.0 / 11, 1e-6); /* the middle sees all */
    NEAR(f.line_loss[0], 0, 1e-6);
    tau_learner_destroy(view);
    tau_replay_close(replay);
}

Test(learner, a_penalty_is_shown_beside_the_loss) {
    tau_replay *replay = open_line("{\"weight_decay\":0.05}");
    tau_learner *view;
    const tau_learner_frame f = compute(replay, &view, TAU_LEARNER_DEFAULTS, 1);
    NEAR(f.penalty.l2, 0.2, 1e-9);
    NEAR(f.penalty.share, 0.2 / (0.2 + 9.0 / 11), 1e-9);
    cr_assert(f.penalty.significant);
    NEAR(f.loss, 9.0 / 11, 1e-9);
    tau_learner_destroy(view);
    tau_replay_close(replay);
}

Test(learner, more_than_one_feature_or_classes_are_refused) {
    static const float inputs[] = {1, 2, 3, 4}, targets[] = {0, 1}, states[12] = {0};
    tau_learner *view;
    tau_samples *samples = make_samples(2, 2, inputs, targets, 0);
    record(scratch("two.run.h5"), "mlp:2-1:relu", "mse", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("two.run.h5"));
    assert_fails(tau_learner_create(&view, replay, &TAU_LEARNER_DEFAULTS), TAU_STATUS_UNSUPPORTED,
                 "2 features");
    tau_replay_close(replay);
    samples = make_samples(2, 2, inputs, targets, 2);
    record(scratch("classes.run.h5"), "mlp:2-2:relu", "cross-entropy", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    replay = open_ref(scratch("classes.run.h5"));
    assert_fails(tau_learner_create(&view, replay, &TAU_LEARNER_DEFAULTS), TAU_STATUS_UNSUPPORTED, "classes");
    tau_replay_close(replay);
}
