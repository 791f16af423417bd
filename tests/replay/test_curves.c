/* Loss, penalty and metrics of states that are set by hand. */
#include "replay/curves.h"

#include "h5/attribute.h"
#include "h5/dataset.h"
#include "replay/histogram.h"
#include "replay/replay_internal.h"
#include "replay_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(curves, .init = make_directory);

/* y = w·x + b over x = 0, 1, 2 with targets 0, 1, 2. */
static const float line_inputs[] = {0, 1, 2}, line_targets[] = {0, 1, 2};
static const float line_states[] = {0, 0, 1, 0.5f, 1, 0};

static tau_replay *open_line(const char *parameters) {
    tau_samples *samples = make_samples(3, 1, line_inputs, line_targets, 0);
    record(scratch("line.run.h5"), "mlp:1-1:tanh", "mse", parameters, samples, line_states, 3);
    tau_samples_destroy(samples);
    return open_ref(scratch("line.run.h5"));
}

Test(curves, loss_of_each_state_is_the_mean_over_the_sample) {
    tau_replay *replay = open_line(NULL);
    tau_curves *curves;
    double values[3];
    OK(tau_curves_create(&curves, replay));
    const tau_curve_table *table = tau_curves_get(curves);
    cr_assert_eq(table->count, 3);
    cr_assert_eq(table->class_count, 0);
    NEAR(table->loss[0], 5.0 / 3, 1e-12);
    NEAR(table->loss[1], 0.25, 1e-12);
    NEAR(table->loss[2], 0, 0);
    cr_assert_eq(table->moments[2].step, 20);
    cr_assert(isnan(table->accuracy[0]));
    OK(tau_curves_measure(curves, "rmse=sqrt(loss)", values, NULL));
    NEAR(values[1], 0.5, 1e-12);
    OK(tau_curves_measure(curves, "loss", values, NULL));
    NEAR(values[0], 5.0 / 3, 1e-12);
    assert_fails(tau_curves_measure(curves, "f1", values, NULL), TAU_STATUS_UNSUPPORTED, "not classes");
    assert_fails(tau_curves_measure(curves, "auc", values, NULL), TAU_STATUS_MISSING, "auc");
    assert_fails(tau_curves_measure(curves, "x=tp+", values, NULL), TAU_STATUS_USAGE, "column");
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

Test(curves, a_penalty_above_a_tenth_of_the_total_is_marked) {
    /* lambda·|theta|²: 0; 0.02·1.25 = 0.025 of 0.275, just below a tenth; 0.02 of 0.02. */
    tau_replay *replay = open_line("{\"weight_decay\":0.02}");
    tau_curves *curves;
    OK(tau_curves_create(&curves, replay));
    const tau_curve_table *table = tau_curves_get(curves);
    cr_assert(table->has_penalty);
    NEAR(table->penalties[0].total, 0, 0);
    cr_assert_not(table->penalties[0].significant);
    NEAR(table->penalties[1].l2, 0.025, 1e-9);
    NEAR(table->penalties[1].share, 0.025 / 0.275, 1e-9);
    cr_assert_not(table->penalties[1].significant);
    NEAR(table->penalties[2].share, 1, 1e-9);
    cr_assert(table->penalties[2].significant);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
    replay = open_with(scratch("line.run.h5"), "run", ref_options());
    tau_penalty penalty;
    tau_replay_get_penalty(replay, 1, line_states + 2, 0.2, &penalty);
    NEAR(penalty.share, 0.025 / 0.225, 1e-9);
    cr_assert(penalty.significant);
    tau_replay_close(replay);
}

/* The states of the line after steps 0, 10 and 20, and two changes of the decay. */
static void record_decays(const char *parameters, const tau_samples *samples, const uint64_t step[2],
                          const double decay[2]) {
    const tau_run_header header = {.loss = "mse", .parameters = (char *)parameters};
    tau_model *model;
    tau_run_writer *writer;
    tau_train_state *state;
    OK(tau_model_builtin(&model, "mlp:1-1:tanh", 1));
    OK(tau_run_create(&writer, scratch("changed.run.h5"), "run", &header, model, samples));
    OK(tau_train_state_create(&state, 2, 0));
    for (uint64_t i = 0, next = 0; i < 3; i++) {
        state->step = 10 * i;
        for (; next < 2 && step[next] < state->step; next++)
            OK(tau_run_write_metric(writer, "set_weight_decay", step[next], 0, decay[next]));
        memcpy(state->theta, line_states + 2 * i, 2 * sizeof *line_states);
        OK(tau_run_write_state(writer, state, (double)i));
    }
    OK(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    tau_train_state_destroy(state);
    tau_model_destroy(model);
}

/* States after steps 0, 10 and 20; what is changed after step 10 made none of the first two. */
Test(curves, a_weight_decay_that_was_changed_counts_from_the_first_state_that_it_made) {
    static const struct {
        const char *parameters;
        uint64_t step[2];
        double decay[2];
        double expected[3]; /* decay·(w² + b²): the squares are 0, 1.25 and 1 */
    } cases[] = {{"{\"weight_decay\":0.5}", {10, 12}, {9, 0.25}, {0, 0.625, 0.25}},
                 {"{\"weight_decay\":0.5}", {0, 10}, {0.125, 0}, {0, 0.15625, 0}},
                 {"{}", {3, 19}, {2, 3}, {0, 2.5, 3}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        tau_samples *samples = make_samples(3, 1, line_inputs, line_targets, 0);
        record_decays(cases[c].parameters, samples, cases[c].step, cases[c].decay);
        tau_samples_destroy(samples);
        tau_replay *replay = open_ref(scratch("changed.run.h5"));
        tau_curves *curves;
        OK(tau_curves_create(&curves, replay));
        const tau_curve_table *table = tau_curves_get(curves);
        cr_assert(table->has_penalty);
        for (int i = 0; i < 3; i++) NEAR(table->penalties[i].l2, cases[c].expected[i], 1e-9);
        tau_curves_destroy(curves);
        tau_replay_close(replay);
        cr_assert_eq(unlink(scratch("changed.run.h5")), 0);
    }
}

/* Logits (ln 3, 0) have the probabilities 3/4 and 1/4; that of (0, 200) is no float. */
static const float pair_inputs[] = {1.0986123f, 0, 1.0986123f, 0, 0, 200}, pair_classes[] = {0, 1, 0},
                   pair_states[] = {1, 0, 0, 1, 0, 0};
static const double pair_losses[] = {0.28768207, 1.38629436, 200};

static void record_pair(tau_op end, const char *loss) {
    tau_samples *samples = make_samples(3, 2, pair_inputs, pair_classes, 2);
    tau_layers net;
    tau_graph *graph;
    tau_model *model;
    tau_layers_begin(&net, "pair", 1, (int64_t[]){2});
    tau_layers_linear(&net, "fc", 2, 2);
    tau_layers_apply(&net, end, "end", 0);
    OK(tau_layers_finish(&net, &graph));
    OK(tau_model_create(&model, graph));
    unlink(scratch("pair.run.h5"));
    record_model(scratch("pair.run.h5"), model, loss, NULL, samples, pair_states, 1);
    tau_model_destroy(model);
    tau_samples_destroy(samples);
}

static void check_pair(const char *path, const char *end, const char *loss) {
    tau_replay_options options = ref_options();
    options.loss = loss;
    tau_replay *replay = open_with(path, NULL, options);
    tau_curves *curves;
    const float *outputs;
    double probability[2];
    bool grown;
    OK(tau_curves_create(&curves, replay));
    NEAR(tau_curves_get(curves)->loss[0], (pair_losses[0] + pair_losses[1] + pair_losses[2]) / 3, 1e-5);
    NEAR(tau_curves_get(curves)->accuracy[0], 1.0 / 3, 1e-12);
    OK(tau_replay_get_outputs(replay, 0, &outputs));
    cr_assert_eq(tau_replay_decide(replay, outputs, probability), 0, "%s", end);
    NEAR(probability[0], 0.75, 1e-6);
    NEAR(probability[1], 0.25, 1e-6);
    for (int i = 0; i < 3; i++) {
        const char *const asked[] = {NULL, "nll", "cross-entropy"};
        tau_loss_histogram *view;
        tau_loss_frame frame;
        OK(tau_loss_histogram_create(&view, replay, asked[i], 5));
        OK(tau_loss_histogram_compute(view, 0, &frame));
        for (int n = 0; n < 3; n++) NEAR(frame.losses[n], pair_losses[n], 1e-5);
        tau_loss_histogram_destroy(view);
    }
    OK(tau_replay_refresh(replay, &grown));
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

Test(curves, a_softmax_that_ends_a_run_belongs_to_its_loss) {
    static const char *const losses[] = {"nll", "cross-entropy"};
    static const tau_op ends[] = {TAU_OP_SOFTMAX, TAU_OP_LOG_SOFTMAX};
    for (int l = 0; l < 2; l++)
        for (int e = 0; e < 2; e++) {
            record_pair(ends[e], losses[l]);
            check_pair(scratch("pair.run.h5"), tau_op_name(ends[e]), NULL);
        }
}

/* The same network and samples as Keras and DeepReplay write them; the targets are class numbers. */
static void write_keras_pair(void) {
    static const char config[] =
        "{\"class_name\":\"Sequential\",\"config\":[{\"class_name\":\"Dense\",\"config\":{\"name\":\"fc\","
        "\"units\":2,"
        "\"activation\":\"softmax\",\"use_bias\":true,\"batch_input_shape\":[null,2]}}]}";
    tau_h5 *file;
    OK(tau_h5_create_compatible(&file, scratch("pair_model.h5")));
    OK(tau_h5_set_text(file, "/", "model_config", config));
    OK(tau_h5_set_text(file, "/", "training_config", "{\"loss\":\"sparse_categorical_crossentropy\"}"));
    OK(tau_h5_close(file));
    OK(tau_h5_create_compatible(&file, scratch("keras.h5")));
    OK(tau_h5_write(file, "/pair/layer0/weights0", TAU_H5_TYPE_F32, 3, (int64_t[]){1, 2, 2}, pair_states));
    OK(tau_h5_write(file, "/pair/layer0/weights1", TAU_H5_TYPE_F32, 2, (int64_t[]){1, 2}, pair_states + 4));
    OK(tau_h5_write(file, "/pair/inputs", TAU_H5_TYPE_F32, 2, (int64_t[]){3, 2}, pair_inputs));
    OK(tau_h5_write(file, "/pair/targets", TAU_H5_TYPE_F32, 1, (int64_t[]){3}, pair_classes));
    OK(tau_h5_close(file));
}

Test(curves, a_softmax_that_ends_a_model_of_keras_belongs_to_its_loss) {
    static const char *const losses[] = {NULL, "nll", "cross-entropy"};
    write_keras_pair();
    for (int l = 0; l < 3; l++) check_pair(scratch("keras.h5"), "keras", losses[l]);
}

Test(curves, a_sigmoid_that_ends_a_run_with_a_loss_of_classes_is_refused) {
    const tau_replay_options options = ref_options();
    tau_replay *replay;
    record_pair(TAU_OP_SIGMOID, "nll");
    assert_fails(tau_replay_open(&replay, scratch("pair.run.h5"), NULL, &options), TAU_STATUS_MISMATCH,
                 "Sigmoid");
    cr_assert_null(replay);
}

Test(curves, another_loss_can_be_asked_for) {
    tau_replay *replay = open_line(NULL);
    tau_replay_close(replay);
    tau_replay_options options = ref_options();
    options.loss = "mae";
    replay = open_with(scratch("line.run.h5"), NULL, options);
    tau_curves *curves;
    OK(tau_curves_create(&curves, replay));
    NEAR(tau_curves_get(curves)->loss[0], 1, 1e-12);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
    options.loss = "rmse";
    assert_fails(tau_replay_open(&replay, scratch("line.run.h5"), NULL, &options), TAU_STATUS_USAGE, "rmse");
}

Test(curves, the_first_so_many_samples_can_be_asked_for) {
    tau_replay_close(open_line(NULL));
    tau_replay_options options = ref_options();
    options.samples = 2;
    tau_replay *replay = open_with(scratch("line.run.h5"), NULL, options);
    tau_curves *curves;
    OK(tau_curves_create(&curves, replay));
    cr_assert_eq(tau_replay_get_samples(replay)->count, 2);
    NEAR(tau_curves_get(curves)->loss[0], 0.5, 1e-12);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

/* Logits are the three weights' products with x: classes by argmax. */
Test(curves, several_classes_fill_a_confusion_matrix) {
    static const float inputs[] = {1, 0, 0, 1, -1, -1, 1, 1}, targets[] = {0, 1, 2, 2};
    /* W = rows (1,0), (0,1), (-1,-1); no bias. The fourth sample ties 0 and 1: the first wins. */
    static const float states[] = {1, 0, 0, 1, -1, -1, 0, 0, 0, NAN, 0, 0, 1, -1, -1, 0, 0, 0};
    tau_samples *samples = make_samples(4, 2, inputs, targets, 3);
    record(scratch("three.run.h5"), "mlp:2-3:relu", "cross-entropy", NULL, samples, states, 2);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("three.run.h5"));
    tau_curves *curves;
    double values[2];
    bool undefined[2];
    OK(tau_curves_create(&curves, replay));
    const tau_curve_table *table = tau_curves_get(curves);
    static const uint64_t expected[9] = {1, 0, 0, 0, 1, 0, 1, 0, 1};
    cr_assert_eq(table->class_count, 3);
    cr_assert_arr_eq(table->confusion, expected, sizeof expected);
    NEAR(table->accuracy[0], 0.75, 0);
    OK(tau_curves_measure(curves, "recall", values, undefined));
    NEAR(values[0], (1 + 1 + 0.5) / 3, 1e-12);
    cr_assert_not(undefined[0]);
    OK(tau_curves_measure(curves, "micro-precision", values, undefined));
    NEAR(values[0], 0.75, 1e-12);
    OK(tau_curves_measure(curves, "tp + 10*fp + 100*fn + 1000*tn", values, NULL));
    NEAR(values[0], 3 + 10 + 100 + 7000, 1e-9);
    /* A NaN weight: no sample is decided on, all are wrong, and the loss says so. */
    cr_assert_eq(table->undecided[3] + table->undecided[4] + table->undecided[5], 4);
    cr_assert(isnan(table->loss[1]));
    OK(tau_curves_measure(curves, "accuracy", values, undefined));
    NEAR(values[1], 0, 0);
    OK(tau_curves_measure(curves, "precision", values, undefined));
    cr_assert(undefined[1] && values[1] == 0);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

Test(curves, no_positives_leave_recall_undefined) {
    static const float inputs[] = {1, 2, 3}, targets[] = {0, 0, 0}, states[] = {-1, 0};
    tau_samples *samples = make_samples(3, 1, inputs, targets, 0);
    record(scratch("zero.run.h5"), "mlp:1-1:relu", "bce-logits", NULL, samples, states, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("zero.run.h5"));
    tau_curves *curves;
    double value;
    bool undefined;
    OK(tau_curves_create(&curves, replay));
    OK(tau_curves_measure(curves, "recall", &value, &undefined));
    cr_assert(undefined && value == 0);
    OK(tau_curves_measure(curves, "tp/(tp+fn)", &value, &undefined));
    cr_assert(undefined && value == 0);
    OK(tau_curves_measure(curves, "specificity", &value, &undefined));
    cr_assert(!undefined && value == 1);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
}

/* A state more is written by another handle; the views that follow see it after a refresh. */
Test(curves, states_that_come_later_are_taken_in) {
    tau_model *model;
    tau_run_writer *writer;
    tau_train_state *state;
    const tau_run_header header = {
        .command = "test", .framework = "t", .loss = "mse", .optimizer = "sgd", .parameters = "{}"};
    tau_samples *samples = make_samples(3, 1, line_inputs, line_targets, 0);
    OK(tau_model_builtin(&model, "mlp:1-1:tanh", 1));
    OK(tau_run_create(&writer, scratch("grow.run.h5"), "run", &header, model, samples));
    OK(tau_train_state_create(&state, 2, 0));
    state->theta[0] = state->theta[1] = 0;
    OK(tau_run_write_state(writer, state, 0));
    tau_run_abandon(writer); /* a process cannot follow the file that it writes itself */
    tau_replay *replay = open_ref(scratch("grow.run.h5"));
    tau_curves *curves;
    bool grown;
    double silence;
    OK(tau_curves_create(&curves, replay));
    cr_assert_eq(tau_curves_get(curves)->count, 1);
    cr_assert(tau_replay_is_growing(replay, &silence) && silence >= 0);
    OK(tau_replay_refresh(replay, &grown));
    cr_assert_not(grown);
    tau_replay_rest(replay);
    tau_train_state *resumed = NULL;
    tau_status status = tau_run_continue(&writer, &resumed, scratch("grow.run.h5"), "run", &header, model);
    if (status == TAU_STATUS_OK) {
        resumed->theta[0] = 1;
        resumed->step = 10;
        OK(tau_run_write_state(writer, resumed, 1));
        tau_run_abandon(writer);
        OK(tau_replay_refresh(replay, &grown));
        OK(tau_curves_update(curves));
        cr_assert_eq(tau_curves_get(curves)->count, tau_replay_get_state_count(replay));
        NEAR(tau_curves_get(curves)->loss[tau_curves_get(curves)->count - 1], 0, 1e-12);
    }
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
    tau_train_state_destroy(resumed);
    tau_train_state_destroy(state);
    tau_curves_destroy(curves);
    tau_replay_close(replay);
    tau_samples_destroy(samples);
    tau_model_destroy(model);
}

Test(curves, smoothing_is_a_centred_mean_that_shrinks_at_the_ends) {
    const double values[5] = {1, 2, 6, 4, 5};
    double out[5];
    tau_curve_smooth(out, values, 5, 3);
    NEAR(out[0], 1, 0);
    NEAR(out[1], 3, 1e-12);
    NEAR(out[2], 4, 1e-12);
    NEAR(out[4], 5, 0);
    tau_curve_smooth(out, values, 5, 1);
    cr_assert_arr_eq(out, values, sizeof values);
    tau_curve_smooth(out, values, 5, 0);
    cr_assert_arr_eq(out, values, sizeof values);
}

Test(curves, data_shorter_than_the_window_are_smoothed_too) {
    const double values[3] = {3, 0, 6}, holes[3] = {NAN, 4, INFINITY};
    double out[3];
    tau_curve_smooth(out, values, 3, 101);
    NEAR(out[0], 3, 0);
    NEAR(out[1], 3, 1e-12);
    NEAR(out[2], 6, 0);
    tau_curve_smooth(out, values, 1, 101);
    NEAR(out[0], 3, 0);
    tau_curve_smooth(out, holes, 3, 3);
    cr_assert(isnan(out[0]) && out[1] == 4 && isnan(out[2]));
}

Test(curves, a_metric_is_labelled_by_what_stands_before_the_equals_sign) {
    char label[64];
    tau_curves_label(label, "Youden =tp/(tp+fn)");
    cr_assert_str_eq(label, "Youden");
    tau_curves_label(label, "f1");
    cr_assert_str_eq(label, "f1");
}
