/* Recordings at the edge: one sample, weights that are not numbers, files that are none. */
#include <unistd.h>

#include "core/file.h"
#include "replay/curves.h"
#include "replay/features.h"
#include "replay/histogram.h"
#include "replay_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(hostile, .init = make_directory);

static tau_replay *open_pair(size_t count, const float *states, size_t state_count) {
    static const float inputs[] = {0.5f, -0.5f, -0.25f, 0.75f}, targets[] = {1, 0};
    tau_samples *samples = make_samples(count, 2, inputs, targets, 0);
    record(scratch("pair.run.h5"), "encoder2:2-2-1:tanh", "bce", NULL, samples, states, state_count);
    tau_samples_destroy(samples);
    return open_ref(scratch("pair.run.h5"));
}

static const float good[9] = {1, 0, 0, 1, 0, 0, 2, -2, 0};

Test(hostile, a_single_sample_has_every_picture) {
    tau_replay *replay = open_pair(1, good, 1);
    tau_features *features;
    tau_feature_frame feature;
    tau_probabilities *probabilities;
    tau_probability_frame probability;
    tau_loss_histogram *histogram;
    tau_loss_frame loss;
    OK(tau_features_create(&features, replay, &(tau_features_options){.mesh = 3}));
    OK(tau_features_compute(features, 0, &feature));
    cr_assert(feature.count == 1 && feature.points[0] == 0.5);
    OK(tau_probabilities_create(&probabilities, replay, 10));
    OK(tau_probabilities_compute(probabilities, 0, &probability));
    /* sigmoid(2·0.5 + 2·0.5) = 0.8808 */
    cr_assert(probability.cases[1].right[8] == 1 && probability.cases[0].total == 0);
    OK(tau_loss_histogram_create(&histogram, replay, NULL, 4));
    OK(tau_loss_histogram_compute(histogram, 0, &loss));
    NEAR(loss.mean, log1p(exp(-2)), 1e-6);
    cr_assert(isnan(loss.se) && loss.edges[0] < loss.mean && loss.mean < loss.edges[4]);
    cr_assert_eq(loss.counts[2], 1, "in the middle of the bins");
    tau_features_destroy(features);
    tau_probabilities_destroy(probabilities);
    tau_loss_histogram_destroy(histogram);
    tau_replay_close(replay);
}

Test(hostile, weights_that_are_not_numbers_are_counted_and_not_drawn) {
    float states[18];
    memcpy(states, good, sizeof good);
    for (int i = 0; i < 9; i++) states[9 + i] = NAN;
    tau_replay *replay = open_pair(2, states, 2);
    tau_features *features;
    tau_feature_frame feature;
    tau_probabilities *probabilities;
    tau_probability_frame probability;
    tau_loss_histogram *histogram;
    tau_loss_frame loss;
    double low[3], high[3];
    OK(tau_features_create(&features, replay, &(tau_features_options){.mesh = 3}));
    OK(tau_features_compute(features, 1, &feature));
    cr_assert(feature.not_finite == 2 && feature.decision[4] == -1 && isnan(feature.probability[4]));
    OK(tau_features_get_limits(features, low, high));
    cr_assert(isfinite(low[0]) && isfinite(high[1]) && low[0] < high[0]);
    OK(tau_probabilities_create(&probabilities, replay, 10));
    OK(tau_probabilities_compute(probabilities, 1, &probability));
    cr_assert(probability.not_finite == 2 && probability.cases[0].not_finite == 1);
    OK(tau_loss_histogram_create(&histogram, replay, NULL, 4));
    OK(tau_loss_histogram_compute(histogram, 1, &loss));
    cr_assert(loss.not_finite == 2 && isnan(loss.mean) && isfinite(loss.edges[4]));
    tau_features_destroy(features);
    tau_probabilities_destroy(probabilities);
    tau_loss_histogram_destroy(histogram);
    tau_replay_close(replay);
}

Test(hostile, losses_that_are_never_finite_leave_bins_from_zero_to_one) {
    float states[9];
    for (int i = 0; i < 9; i++) states[i] = NAN;
    tau_replay *replay = open_pair(2, states, 1);
    tau_loss_histogram *histogram;
    tau_loss_frame loss;
    OK(tau_loss_histogram_create(&histogram, replay, NULL, 4));
    OK(tau_loss_histogram_compute(histogram, 0, &loss));
    cr_assert(loss.edges[0] == 0 && loss.edges[4] == 1 && loss.not_finite == 2 && loss.highest == 0);
    tau_loss_histogram_destroy(histogram);
    tau_replay_close(replay);
}

Test(hostile, another_training_in_its_place_is_not_followed) {
    static const float inputs[] = {1, 2}, targets[] = {0, 1}, states[3] = {0};
    tau_replay *replay = open_pair(2, good, 1);
    bool grown = true;
    unlink(scratch("pair.run.h5"));
    assert_fails(tau_replay_refresh(replay, &grown), TAU_STATUS_MISSING, "pair.run.h5");
    cr_assert_not(grown);
    tau_samples *samples = make_samples(1, 2, inputs, targets, 0);
    record(scratch("pair.run.h5"), "mlp:2-1:tanh", "mse", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    assert_fails(tau_replay_refresh(replay, &grown), TAU_STATUS_MISMATCH, "another training");
    /* What was open stays open. */
    float outputs[2];
    OK(tau_replay_read_outputs(replay, 0, outputs));
    NEAR(outputs[0], 1 / (1 + exp(-2)), 1e-6);
    tau_replay_close(replay);
}

Test(hostile, a_recording_without_states_waits_for_them) {
    tau_replay *replay = open_pair(2, good, 0);
    tau_curves *curves;
    tau_loss_histogram *histogram;
    tau_features *features;
    tau_loss_frame frame;
    size_t state;
    cr_assert_eq(tau_replay_get_state_count(replay), 0);
    assert_fails(tau_replay_find_state(replay, "last", &state), TAU_STATUS_MISSING, "none was recorded");
    OK(tau_curves_create(&curves, replay));
    cr_assert_eq(tau_curves_get(curves)->count, 0);
    OK(tau_loss_histogram_create(&histogram, replay, NULL, 4));
    assert_fails(tau_loss_histogram_compute(histogram, 0, &frame), TAU_STATUS_MISSING, "there are 0");
    OK(tau_features_create(&features, replay, &(tau_features_options){.mesh = 3}));
    tau_features_destroy(features);
    OK(tau_boundary_create(&features, replay, &(tau_boundary_options){.mesh = 3}));
    tau_features_destroy(features);
    tau_loss_histogram_destroy(histogram);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

Test(hostile, states_that_do_not_exist_are_refused) {
    tau_replay *replay = open_pair(2, good, 1);
    tau_features *features;
    tau_feature_frame frame;
    OK(tau_features_create(&features, replay, &(tau_features_options){.mesh = 3}));
    assert_fails(tau_features_compute(features, 1, &frame), TAU_STATUS_MISSING, "state 1");
    tau_features_destroy(features);
    tau_replay_close(replay);
}

Test(hostile, regressions_have_no_probabilities) {
    static const float inputs[] = {1, 2}, targets[] = {0.5f, 7}, states[] = {1, 0};
    tau_samples *samples = make_samples(2, 1, inputs, targets, 0);
    record(scratch("values.run.h5"), "mlp:1-1:relu", "mse", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("values.run.h5"));
    tau_probabilities *view;
    tau_features *boundary;
    assert_fails(tau_probabilities_create(&view, replay, 10), TAU_STATUS_UNSUPPORTED, "not classes");
    assert_fails(tau_boundary_create(&boundary, replay, &(tau_boundary_options){.mesh = 3}), TAU_STATUS_USAGE,
                 "single numbers");
    tau_replay_close(replay);
}

/* Softmax over three logits; the right class's probability is shown for each class. */
Test(hostile, more_than_two_classes_have_a_case_each) {
    static const float inputs[] = {1, 0, 0, 1, 1, 1}, targets[] = {0, 1, 2},
                       states[] = {3, 0, 0, 3, -1, -1, 0, 0, 0};
    tau_samples *samples = make_samples(3, 2, inputs, targets, 3);
    record(scratch("three.run.h5"), "mlp:2-3:relu", "cross-entropy", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("three.run.h5"));
    tau_probabilities *view;
    tau_probability_frame frame;
    OK(tau_probabilities_create(&view, replay, 10));
    OK(tau_probabilities_compute(view, 0, &frame));
    cr_assert(!frame.binary && frame.case_count == 3);
    cr_assert_str_eq(frame.cases[2].name, "Class 2");
    /* exp(3)/(exp(3) + 1 + exp(-1)) = 0.936; exp(-2)/(2·exp(3) + exp(-2)) = 0.003 */
    cr_assert(frame.cases[0].right[9] == 1 && frame.cases[1].right[9] == 1 && frame.cases[2].wrong[0] == 1);
    cr_assert(frame.all[9] == 2 && frame.all[4] == 1);
    tau_probabilities_destroy(view);
    tau_replay_close(replay);
}

Test(hostile, files_that_are_no_recordings_are_refused) {
    const tau_replay_options options = ref_options();
    tau_replay *replay;
    assert_fails(tau_replay_open(&replay, scratch("none.h5"), NULL, &options), TAU_STATUS_MISSING, "none.h5");
    OK(tau_file_write(scratch("text.h5"), "not HDF5", 8));
    assert_fails(tau_replay_open(&replay, scratch("text.h5"), NULL, &options), TAU_STATUS_INPUT, "HDF5");
    cr_assert_null(replay);
    replay = open_pair(2, good, 1);
    tau_replay_close(replay);
    assert_fails(tau_replay_open(&replay, scratch("pair.run.h5"), "other", &options), TAU_STATUS_MISSING,
                 "run");
    tau_replay_options wrong = options;
    wrong.loss = "nll";
    assert_fails(tau_replay_open(&replay, scratch("pair.run.h5"), NULL, &wrong), TAU_STATUS_SHAPE, "nll");
}
