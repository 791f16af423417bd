/* Violins: a known distribution, and the numbers of each kind by hand. */
#include "replay/violins.h"

#include "replay_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(violins, .init = make_directory);

Test(violins, quartiles_and_density_are_those_of_the_definition) {
    float values[5] = {4, 1, NAN, 2, 8};
    double at[3], density[3];
    tau_violin v = {.layer = "a"};
    OK(tau_violin_fit(&v, values, 5, at, density, 3));
    cr_assert(v.count == 4 && v.not_finite == 1 && v.points == 3 && !v.flat);
    cr_assert_str_eq(v.layer, "a");
    NEAR(v.quartile[0], 1.75, 1e-12);
    NEAR(v.quartile[1], 3, 1e-12);
    NEAR(v.quartile[2], 5, 1e-12);
    NEAR(v.mean, 3.75, 1e-12);
    NEAR(v.deviation, sqrt((0.0625 + 7.5625 + 3.0625 + 18.0625) / 3), 1e-12);
    NEAR(at[0], 1, 0);
    NEAR(at[1], 4.5, 1e-12);
    NEAR(at[2], 8, 0);
    /* Scott: sd·n^(-1/5). */
    const double h = v.deviation * pow(4, -0.2), data[4] = {1, 2, 4, 8};
    double expected = 0;
    for (int i = 0; i < 4; i++)
        expected += exp(-0.5 * pow((4.5 - data[i]) / h, 2)) / (4 * h * sqrt(2 * M_PI));
    NEAR(density[1], expected, 1e-12);
}

Test(violins, equal_numbers_are_flat_and_no_numbers_are_empty) {
    float same[3] = {2, 2, 2}, none[2] = {NAN, INFINITY};
    double at[3], density[3];
    tau_violin v = {0};
    OK(tau_violin_fit(&v, same, 3, at, density, 3));
    cr_assert(v.flat && v.points == 0 && v.low == 2 && v.quartile[1] == 2);
    OK(tau_violin_fit(&v, none, 2, at, density, 3));
    cr_assert(v.count == 0 && v.not_finite == 2 && v.points == 0 && isnan(v.low) && !v.flat);
    OK(tau_violin_fit(&v, none, 0, at, density, 3));
    cr_assert(v.count == 0 && v.not_finite == 0);
}

/* More than are sorted: the range is exact, quartiles nearly. */
Test(violins, very_many_numbers_keep_their_range) {
    enum { MANY = 600000 };
    float *values;
    double at[3], density[3];
    OK(TAU_ALLOC(values, MANY));
    for (int i = 0; i < MANY; i++) values[i] = i % 2 ? (float)i / MANY : -1; /* a pattern of two units */
    tau_violin v = {0};
    OK(tau_violin_fit(&v, values, MANY, at, density, 3));
    cr_assert(v.count == MANY && v.low == -1 && v.quartile[0] == -1);
    NEAR(v.high, 1, 1e-5);
    NEAR(v.quartile[2], 0.5, 0.01);
    NEAR(v.mean, -0.25, 1e-3);
    tau_mem_free(values);
}

/* 20,000 numbers are thinned to quantiles: the outline is that of all. */
Test(violins, many_numbers_keep_their_outline) {
    enum { MANY = 20000, POINTS = 41 };
    float *values;
    double at[POINTS], density[POINTS];
    OK(TAU_ALLOC(values, MANY));
    for (int i = 0; i < MANY; i++) values[i] = (float)i / MANY;
    tau_violin v = {0};
    OK(tau_violin_fit(&v, values, MANY, at, density, POINTS));
    NEAR(density[POINTS / 2], 1, 1e-3); /* uniform, far from its ends */
    NEAR(density[0], 0.5, 1e-2);        /* half of the kernels reach over the end */
    tau_mem_free(values);
}

/* One sample x = 2 with target 1 through y = w2·relu(w1·x + b1) + b2, squared error. */
static tau_replay *open_small(void) {
    static const float input = 2, target = 1, states[] = {0.5f, 1, 3, -1, NAN, 0, 1, 0};
    tau_samples *samples = make_samples(1, 1, &input, &target, 0);
    record(scratch("small.run.h5"), "mlp:1-1-1:relu", "mse", NULL, samples, states, 2);
    tau_samples_destroy(samples);
    return open_ref(scratch("small.run.h5"));
}

static double only(tau_replay *replay, tau_violin_kind kind, int layer) {
    tau_violins *view;
    tau_violin_frame frame;
    OK(tau_violins_create(&view, replay, kind, NULL));
    OK(tau_violins_compute(view, 0, &frame));
    cr_assert(frame.kind == kind && frame.count == 2 && frame.violins[layer].count == 1);
    const double value = frame.violins[layer].mean;
    tau_violins_destroy(view);
    return value;
}

Test(violins, each_kind_shows_its_own_numbers) {
    tau_replay *replay = open_small();
    NEAR(only(replay, TAU_VIOLIN_KIND_WEIGHTS, 0), 0.5, 0);
    NEAR(only(replay, TAU_VIOLIN_KIND_WEIGHTS, 1), 3, 0);
    NEAR(only(replay, TAU_VIOLIN_KIND_Z_VALUES, 0), 2, 1e-7);
    NEAR(only(replay, TAU_VIOLIN_KIND_ACTIVATIONS, 0), 2, 1e-7);
    NEAR(only(replay, TAU_VIOLIN_KIND_ACTIVATIONS, 1), 5, 1e-6);
    /* y = 5, dL/dy = 8; dL/dw2 = 8·2, dL/dw1 = 8·3·2. */
    NEAR(only(replay, TAU_VIOLIN_KIND_GRADIENTS, 1), 16, 1e-5);
    NEAR(only(replay, TAU_VIOLIN_KIND_GRADIENTS, 0), 48, 1e-5);
    tau_replay_close(replay);
}

Test(violins, z_values_come_before_the_activation_function) {
    static const float inputs[] = {1, -1}, targets[] = {0, 0}, state[] = {2, 0, 1, 0};
    tau_samples *samples = make_samples(2, 1, inputs, targets, 0);
    record(scratch("z.run.h5"), "mlp:1-1-1:relu", "mse", NULL, samples, state, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("z.run.h5"));
    tau_violins *view;
    tau_violin_frame frame;
    OK(tau_violins_create(&view, replay, TAU_VIOLIN_KIND_Z_VALUES, (const char *const[]){"fc1", NULL}));
    OK(tau_violins_compute(view, 0, &frame));
    cr_assert(frame.count == 1 && frame.low == -2 && frame.high == 2);
    tau_violins_destroy(view);
    OK(tau_violins_create(&view, replay, TAU_VIOLIN_KIND_ACTIVATIONS, (const char *const[]){"fc1", NULL}));
    OK(tau_violins_compute(view, 0, &frame));
    cr_assert(frame.low == 0 && frame.high == 2);
    tau_violins_destroy(view);
    assert_fails(
        tau_violins_create(&view, replay, TAU_VIOLIN_KIND_WEIGHTS, (const char *const[]){"fc9", NULL}),
        TAU_STATUS_MISSING, "fc1, fc2");
    assert_fails(
        tau_violins_create(&view, replay, TAU_VIOLIN_KIND_WEIGHTS, (const char *const[]){"relu1", NULL}),
        TAU_STATUS_MISSING, "relu1");
    tau_replay_close(replay);
}

/* x -> fc1 -> norm -> relu -> fc2, which two functions read, and their sum. */
static tau_replay *open_norm(void) {
    static const float inputs[] = {3, -3}, targets[] = {0, 0};
    /* fc1: 2x; norm: (z - 1)/2·10 + 1 with variance 4 (and a negligible epsilon); fc2: as it is. */
    static const float state[] = {2, 0, 10, 1, 1, 0};
    tau_layers layers;
    tau_graph *graph;
    tau_model *model;
    tau_layers_begin(&layers, "norm", 1, (int64_t[]){1});
    tau_layers_linear(&layers, "fc1", 1, 1);
    tau_layers_batch_norm(&layers, "bn", 1);
    tau_layers_apply(&layers, TAU_OP_RELU, "relu1", 0);
    tau_layers_linear(&layers, "fc2", 1, 1);
    const int two_readers = layers.value;
    tau_layers_apply(&layers, TAU_OP_TANH, "tanh2", 0);
    const int other = layers.value;
    layers.value = two_readers;
    tau_layers_apply(&layers, TAU_OP_RELU, "relu2", 0);
    tau_layers_add(&layers, "sum", other);
    OK(tau_layers_finish(&layers, &graph));
    OK(tau_model_create(&model, graph));
    tau_samples *samples = make_samples(2, 1, inputs, targets, 0);
    model->buffers[0] = 1;
    model->buffers[1] = 4;
    record_model(scratch("norm.run.h5"), model, "mse", NULL, samples, state, 1);
    tau_samples_destroy(samples);
    tau_model_destroy(model);
    return open_ref(scratch("norm.run.h5"));
}

Test(violins, z_values_lie_behind_batch_norm_and_layers_end_where_paths_part) {
    tau_replay *replay = open_norm();
    tau_violins *view;
    tau_violin_frame frame;
    size_t count;
    const tau_replay_layer *layers = tau_replay_get_layers(replay, &count);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(layers[0].function, "Relu");
    cr_assert_str_eq(layers[1].function, "");
    cr_assert_eq(layers[1].activation, layers[1].z);
    OK(tau_violins_create(&view, replay, TAU_VIOLIN_KIND_Z_VALUES, NULL));
    OK(tau_violins_compute(view, 0, &frame));
    NEAR(frame.violins[0].low, (-6.0 - 1) / 2 * 10 + 1, 1e-3);
    NEAR(frame.violins[0].high, (6.0 - 1) / 2 * 10 + 1, 1e-3);
    tau_violins_destroy(view);
    tau_replay_close(replay);
}

Test(violins, limits_cover_all_states_and_leave_nan_out) {
    tau_replay *replay = open_small();
    tau_violins *view;
    tau_violin_frame frame;
    double low, high;
    OK(tau_violins_create(&view, replay, TAU_VIOLIN_KIND_WEIGHTS, NULL));
    OK(tau_violins_get_limits(view, &low, &high));
    cr_assert(low == 0.5 && high == 3);
    OK(tau_violins_compute(view, 1, &frame));
    cr_assert(frame.violins[0].count == 0 && frame.violins[0].not_finite == 1);
    cr_assert(frame.low == 1 && frame.high == 1);
    tau_violins_destroy(view);
    tau_replay_close(replay);
}

Test(violins, kinds_have_names) {
    tau_violin_kind kind;
    OK(tau_violin_kind_parse(&kind, "z-values"));
    cr_assert_eq(kind, TAU_VIOLIN_KIND_Z_VALUES);
    assert_fails(tau_violin_kind_parse(&kind, "biases"), TAU_STATUS_MISSING, "biases");
}
