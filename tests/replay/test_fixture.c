/* DeepReplay's own recording, against numbers that NumPy gave for its weights and inputs. */
#include "replay/curves.h"
#include "replay/features.h"
#include "replay/histogram.h"
#include "replay_fixture.h"

Test(fixture, opens_with_its_layers_states_and_series) {
    tau_replay *replay = open_fixture();
    size_t count;
    cr_assert_eq(tau_replay_get_kind(replay), TAU_REPLAY_KIND_DEEPREPLAY);
    cr_assert_eq(tau_replay_get_state_count(replay), 21);
    cr_assert_eq(tau_replay_get_loss(replay), TAU_LOSS_BCE);
    cr_assert_eq(tau_replay_get_class_count(replay), 2);
    const tau_replay_layer *layers = tau_replay_get_layers(replay, &count);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(layers[0].name, "hidden");
    cr_assert_str_eq(layers[0].function, "Sigmoid");
    cr_assert_eq(layers[0].units, 2);
    cr_assert_str_eq(layers[1].name, "output");
    const tau_moment moment = tau_replay_get_moment(replay, 20);
    cr_assert_eq(moment.step, 20 * 125);
    cr_assert_eq(moment.epoch, 20);
    tau_series series;
    OK(tau_replay_read_series(replay, "acc", &series));
    cr_assert_eq(series.count, 20);
    NEAR(series.value[19], 0.746, 1e-6);
    NEAR(series.epoch[19], 20, 0);
    tau_series_clear(&series);
    tau_replay_close(replay);
}

Test(fixture, loss_and_accuracy_are_those_of_its_authors_weights) {
    tau_replay *replay = open_fixture();
    tau_curves *curves;
    OK(tau_curves_create(&curves, replay));
    const tau_curve_table *table = tau_curves_get(curves);
    cr_assert_eq(table->count, 21);
    NEAR(table->loss[0], 0.6933918643502957, 1e-6);
    NEAR(table->accuracy[0], 0.5, 0);
    NEAR(table->loss[20], 0.48369265989078825, 1e-6);
    NEAR(table->accuracy[20], 0.769, 1e-12);
    cr_assert_not(table->has_penalty);
    double values[21];
    bool undefined[21];
    /* State 20: 733 of 1,000 positives found, 195 of 1,000 negatives taken for positive. */
    OK(tau_curves_measure(curves, "precision", values, undefined));
    NEAR(values[20], 733.0 / 928, 1e-12);
    cr_assert(undefined[0] && values[0] == 0 && !undefined[20], "nothing is called positive at state 0");
    OK(tau_curves_measure(curves, "recall", values, undefined));
    NEAR(values[20], 0.733, 1e-12);
    OK(tau_curves_measure(curves, "J=tp/(tp+fn) + tn/(tn+fp) - 1", values, NULL));
    NEAR(values[20], 0.733 + 0.805 - 1, 1e-12);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

Test(fixture, states_are_named_by_number_epoch_and_step) {
    tau_replay *replay = open_fixture();
    size_t state;
    OK(tau_replay_find_state(replay, "epoch:7", &state));
    cr_assert_eq(state, 7);
    OK(tau_replay_find_state(replay, "step:1000", &state));
    cr_assert_eq(state, 8);
    OK(tau_replay_find_state(replay, "best", &state));
    cr_assert_eq(state, 20);
    OK(tau_replay_find_state(replay, "17", &state));
    cr_assert_eq(state, 17);
    assert_fails(tau_replay_find_state(replay, "21", &state), TAU_STATUS_MISSING, "0 to 20");
    assert_fails(tau_replay_find_state(replay, "later", &state), TAU_STATUS_USAGE, "first, last");
    assert_fails(tau_replay_find_state(replay, "-1", &state), TAU_STATUS_USAGE, "-1");
    tau_replay_close(replay);
}

Test(fixture, probabilities_fall_into_the_bins_of_numpy) {
    static const uint64_t negative[10] = {0, 196, 218, 170, 221, 195},
                          positive[10] = {0, 0, 82, 98, 87, 94, 127, 284, 228};
    tau_replay *replay = open_fixture();
    tau_probabilities *view;
    tau_probability_frame frame;
    OK(tau_probabilities_create(&view, replay, 0));
    OK(tau_probabilities_compute(view, 20, &frame));
    cr_assert(frame.binary && frame.case_count == 2 && frame.bins == 10);
    cr_assert_str_eq(frame.cases[0].name, "Negative Cases");
    cr_assert_str_eq(frame.cases[1].name, "Positive Cases");
    cr_assert_eq(frame.cases[0].total, 1000);
    cr_assert_eq(frame.cases[0].right_total, 805);
    cr_assert_eq(frame.cases[1].right_total, 733);
    for (int b = 0; b < 10; b++) {
        const tau_probability_case *cases = frame.cases;
        cr_assert_eq(cases[0].right[b] + cases[0].wrong[b], negative[b], "bin %d", b);
        cr_assert_eq(cases[1].right[b] + cases[1].wrong[b], positive[b], "bin %d", b);
        cr_assert_eq(b < 5 ? cases[0].wrong[b] : cases[0].right[b], 0, "right below one half");
        cr_assert_eq(frame.all[b], negative[b] + positive[b]);
    }
    OK(tau_probabilities_compute(view, 0, &frame));
    cr_assert_eq(frame.cases[1].wrong[4], 1000, "a frame starts from nothing");
    tau_probabilities_destroy(view);
    tau_replay_close(replay);
}

Test(fixture, losses_of_samples_have_common_bins_over_all_epochs) {
    tau_replay *replay = open_fixture();
    tau_loss_histogram *view;
    tau_loss_frame first, last;
    OK(tau_loss_histogram_create(&view, replay, NULL, 20));
    OK(tau_loss_histogram_compute(view, 20, &last));
    NEAR(last.mean, 0.48369265989078825, 1e-6);
    NEAR(last.edges[20], 1.436460116924702, 1e-5);
    cr_assert_eq(last.bins, 20);
    uint64_t sum = 0, highest = 0;
    for (int b = 0; b < 20; b++) sum += last.counts[b];
    cr_assert_eq(sum, 2000);
    const double low = last.edges[0];
    OK(tau_loss_histogram_compute(view, 0, &first));
    cr_assert_eq(first.edges[0], low);
    for (int b = 0; b < 20; b++) highest = first.counts[b] > highest ? first.counts[b] : highest;
    cr_assert_geq(first.highest, highest);
    tau_loss_histogram_destroy(view);
    /* Squared errors of the same outputs: a loss that was not trained with. */
    OK(tau_loss_histogram_create(&view, replay, "mse", 20));
    OK(tau_loss_histogram_compute(view, 0, &first));
    NEAR(first.losses[0], 0.4975351 * 0.4975351, 1e-6);
    NEAR(first.losses[1], (1 - 0.49721986) * (1 - 0.49721986), 1e-6);
    tau_loss_histogram_destroy(view);
    assert_fails(tau_loss_histogram_create(&view, replay, "nll", 20), TAU_STATUS_USAGE, "values");
    tau_replay_close(replay);
}

Test(fixture, the_hidden_layer_bends_points_lines_and_mesh) {
    tau_replay *replay = open_fixture();
    tau_features *view;
    tau_feature_frame frame;
    OK(tau_features_create(&view, replay, &(tau_features_options){.layer = "hidden", .mesh = 5}));
    OK(tau_features_compute(view, 20, &frame));
    cr_assert_eq(frame.dims, 2);
    cr_assert_eq(frame.count, 2000);
    cr_assert_not(frame.projected);
    cr_assert_str_eq(frame.axis[1], "unit 2");
    NEAR(frame.points[0], 0.35950683, 1e-6);
    NEAR(frame.points[1], 0.54248141, 1e-6);
    NEAR(frame.points[2], 0.79563314, 1e-6);
    cr_assert_eq(frame.labels[0], 0);
    cr_assert_eq(frame.labels[1], 1);
    cr_assert_eq(frame.line_count, 22);
    cr_assert_eq(frame.line_points, 1000);
    /* The first vertical line begins at (-1, -1): sigmoid of W1ᵀ(-1, -1) + b1. */
    const double z1 = 0.0884251669049263 + 3.2544944286346436 - 0.11567439883947372,
                 z2 = 0.13725365698337555 - 1.133848786354065 + 0.07050386071205139;
    const double h1 = 1 / (1 + exp(-z1)), h2 = 1 / (1 + exp(-z2));
    NEAR(frame.lines[0], h1, 1e-6);
    NEAR(frame.lines[1], h2, 1e-6);
    cr_assert_eq(frame.mesh_rows, 5);
    NEAR(frame.mesh[0], h1, 1e-6);
    cr_assert_eq(frame.planes, 1);
    const double p = 1 / (1 + exp(-(3.4244191646575928 * h1 - 1.3216981887817383 * h2 - 0.8098368048667908)));
    NEAR(frame.probability[0], p, 1e-6);
    cr_assert_eq(frame.decision[0], p > 0.5);
    double low[3], high[3];
    OK(tau_features_get_limits(view, low, high));
    NEAR(high[0], h1, 1e-6); /* the corner reaches farthest in the last state */
    cr_assert(low[0] > 0 && low[0] < 0.04);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(fixture, the_boundary_is_drawn_over_the_unbent_grid) {
    tau_replay *replay = open_fixture();
    tau_features *view;
    tau_feature_frame frame;
    OK(tau_boundary_create(&view, replay, &(tau_boundary_options){.mesh = 3, .lines = 2, .line_points = 3}));
    OK(tau_features_compute(view, 20, &frame));
    NEAR(frame.points[0], 0.36336336, 1e-6);
    static const double lines[4][3][2] = {{{-1, -1}, {-1, 0}, {-1, 1}},
                                          {{1, -1}, {1, 0}, {1, 1}},
                                          {{-1, -1}, {0, -1}, {1, -1}},
                                          {{-1, 1}, {0, 1}, {1, 1}}};
    for (int i = 0; i < 24; i++) NEAR(frame.lines[i], (&lines[0][0][0])[i], 1e-12);
    NEAR(frame.mesh[2 * 5], 1, 1e-12); /* row 1, column 2: (1, 0) */
    NEAR(frame.mesh[2 * 5 + 1], 0, 1e-12);
    const double h1 = 1 / (1 + exp(0.0884251669049263 + 0.11567439883947372)),
                 h2 = 1 / (1 + exp(0.13725365698337555 - 0.07050386071205139));
    NEAR(frame.probability[5],
         1 / (1 + exp(-(3.4244191646575928 * h1 - 1.3216981887817383 * h2 - 0.8098368048667908))), 1e-6);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(fixture, a_layer_or_a_group_that_does_not_exist_is_named_with_those_there_are) {
    tau_replay *replay = open_fixture();
    tau_features *view;
    assert_fails(tau_features_create(&view, replay, &(tau_features_options){.layer = "hiden"}),
                 TAU_STATUS_MISSING, "hidden, output");
    cr_assert_null(view);
    tau_replay_close(replay);
    const tau_replay_options options = ref_options();
    assert_fails(tau_replay_open(&replay, DEEPREPLAY_FIXTURES "hyperparms_in_action.h5", "part2", &options),
                 TAU_STATUS_MISSING, "part1_activation_functions");
    cr_assert_null(replay);
}
