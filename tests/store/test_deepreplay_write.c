/* Runs written as recordings of DeepReplay, and read back. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend_impl.h"
#include "backend_ref/backend_ref.h"
#include "core/file.h"
#include "core/memory.h"
#include "h5/dataset.h"
#include "model/layers.h"
#include "ok.h"
#include "scratch.h"
#include "store/deepreplay.h"
#include "store/run.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(deepreplay_write, .init = make_directory);

enum { N = 5, EPOCHS = 3, BATCHES = 4 };

/* A number for every index, all different. */
static float number(size_t i) {
    return (float)sin(1.7 * (double)i + 0.3);
}

static tau_samples *make_samples(const tau_shape *shape, int classes) {
    tau_samples *samples;
    OK(tau_samples_create(&samples, N, shape, classes, classes ? 0 : 1));
    for (size_t i = 0; i < N * tau_shape_size(shape); i++) samples->inputs[i] = number(i + 100);
    for (int n = 0; n < N; n++) {
        if (classes)
            samples->classes[n] = n % classes;
        else
            samples->values[n] = (float)(n % 2);
    }
    return samples;
}

/* The numbers at the end of an epoch; of two of one name the first counts. */
static void record_numbers(tau_run_writer *writer, uint64_t step, double epoch) {
    static const char *const names[] = {"epoch_loss", "epoch_accuracy", "test_loss", "test_accuracy",
                                        "epoch_loss"};
    for (int i = 0; i < 5; i++) OK(tau_run_write_metric(writer, names[i], step, epoch, epoch / 4 + 10 * i));
}

/* A state every half epoch, and the numbers of each epoch. @param[in] shape  of the samples; NULL = the
 * network's   @param[in] without  an epoch whose state is left out */
static void record_samples(const char *name, tau_graph *graph, const char *loss, int classes,
                           const tau_shape *shape, int without) {
    const tau_run_header header = {.loss = (char *)loss,
                                   .optimizer = "adam",
                                   .parameters = "{\"batch\":2,\"rate\":0.125,\"weight_decay\":0.5}"};
    tau_model *model;
    tau_run_writer *writer;
    tau_train_state *state;
    OK(tau_model_create(&model, graph));
    tau_samples *samples = make_samples(shape ? shape : &graph->values[graph->input].shape, classes);
    unlink(scratch(name));
    OK(tau_run_create(&writer, scratch(name), "a b", &header, model, samples));
    OK(tau_train_state_create(&state, graph->theta_size, graph->buffer_size));
    for (uint64_t half = 0; half <= 2 * EPOCHS; half++) {
        state->step = half * BATCHES / 2;
        for (size_t i = 0; i < graph->theta_size; i++) state->theta[i] = number(i + 1000 * half);
        for (size_t i = 0; i < graph->buffer_size; i++) state->buffers[i] = 1.5f + number(i + 2000 * half);
        if (half > 0 && half % 2 == 0) record_numbers(writer, state->step, (double)half / 2);
        if (half != 2 * (uint64_t)without || without == 0)
            OK(tau_run_write_state(writer, state, (double)half / 2));
    }
    OK(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    tau_train_state_destroy(state);
    tau_samples_destroy(samples);
    tau_model_destroy(model);
}

static void record(const char *name, tau_graph *graph, const char *loss, int classes, int without) {
    record_samples(name, graph, loss, classes, NULL, without);
}

/* Outputs of a state, [N, outputs]. */
static void evaluate(const tau_graph *graph, const tau_samples *samples, tau_loss loss, const float *theta,
                     const float *buffers, float *out) {
    tau_pool *pool;
    tau_evaluator *evaluator;
    tau_backend_register(tau_backend_ref_get());
    OK(tau_pool_create(&pool, 1));
    const tau_evaluator_options options = {.backend = "ref", .loss = loss};
    OK(tau_evaluator_create(&evaluator, graph, samples, &options, pool));
    OK(tau_evaluator_capture(evaluator, theta, buffers, graph->output, out, NULL));
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
}

/* Keras compares all axes with those of the model. */
static void check_inputs(const tau_shape *shape) {
    tau_h5 *file;
    tau_h5_extent extent;
    OK(tau_h5_open_read(&file, scratch("old.h5")));
    OK(tau_h5_inspect(&extent, file, "/a b/inputs"));
    cr_assert(extent.rank == shape->rank + 1 && extent.dim[0] == N);
    for (int i = 0; i < shape->rank; i++) cr_assert_eq(extent.dim[1 + i], shape->dim[i]);
    tau_h5_discard(file);
}

static void check_series(tau_deepreplay *replay) {
    static const char *const names[] = {"loss", "acc", "val_loss", "val_acc", "lr"};
    for (int i = 0; i < 5; i++) {
        double *values;
        size_t count;
        OK(tau_deepreplay_read_series(replay, names[i], &values, &count));
        cr_assert_eq(count, EPOCHS);
        for (size_t k = 0; k < count && i < 4; k++) NEAR(values[k], (double)(k + 1) / 4 + 10 * i, 1e-6);
        if (i == 4) cr_assert(isnan(values[0]));
        tau_mem_free(values);
    }
}

/* Writes the run, reads it back, and compares samples, numbers and what each state puts out.
 * @param[in] turn  makes of an output of ours what Keras's network puts out */
static void check_round_trip(const char *name, double (*turn)(const float *row, int at, int count)) {
    tau_run *run;
    tau_deepreplay *replay;
    tau_samples *ours, *theirs;
    const double *l1, *l2;
    OK(tau_run_open(&run, scratch(name), NULL));
    OK(tau_deepreplay_write(scratch("old.h5"), run, true));
    OK(tau_deepreplay_open(&replay, scratch("old.h5"), NULL, NULL));
    cr_assert_str_eq(tau_deepreplay_get_group(replay), "a b");
    cr_assert_eq(tau_deepreplay_get_state_count(replay), EPOCHS + 1);
    cr_assert_eq(tau_deepreplay_get_batches(replay), BATCHES);
    tau_deepreplay_get_penalties(replay, &l1, &l2);
    const tau_graph *graph = tau_run_get_graph(run), *other = tau_deepreplay_get_graph(replay);
    cr_assert_eq(other->parameter_count, graph->parameter_count);
    for (int i = 0; i < other->parameter_count; i++) cr_assert(l1[i] == 0 && l2[i] == 0.5);
    check_inputs(&other->values[other->input].shape);
    OK(tau_run_read_samples(run, &ours));
    OK(tau_deepreplay_read_samples(replay, &theirs));
    cr_assert(theirs->count == N && theirs->class_count == ours->class_count);
    cr_assert_arr_eq(theirs->inputs, ours->inputs,
                     N * tau_shape_size(&ours->input_shape) * sizeof *ours->inputs);
    if (ours->classes) cr_assert_arr_eq(theirs->classes, ours->classes, N * sizeof *ours->classes);
    float theta[200], buffers[20], out[N * 3], expected[N * 3];
    const int outputs = (int)tau_shape_size(&graph->values[graph->output].shape);
    const tau_loss loss = tau_deepreplay_get_loss(replay);
    for (size_t epoch = 0; epoch <= EPOCHS; epoch++) {
        OK(tau_deepreplay_read_state(replay, epoch, theta, buffers));
        evaluate(other, theirs, loss, theta, buffers, out);
        OK(tau_run_read_state(run, 2 * epoch, theta, buffers));
        evaluate(graph, ours, loss, theta, buffers, expected);
        for (int i = 0; i < N * outputs; i++)
            NEAR(out[i], turn(expected + i / outputs * outputs, i % outputs, outputs), 1e-6);
    }
    check_series(replay);
    tau_samples_destroy(ours);
    tau_samples_destroy(theirs);
    tau_deepreplay_close(replay);
    tau_run_close(run);
}

static double as_it_is(const float *row, int at, int count) {
    (void)count;
    return row[at];
}
static double sigmoid(const float *row, int at, int count) {
    (void)count;
    return 1 / (1 + exp(-(double)row[at]));
}
static double exponential(const float *row, int at, int count) {
    (void)count;
    return exp((double)row[at]);
}
static double softmax(const float *row, int at, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += exp((double)row[i]);
    return exp((double)row[at]) / sum;
}

/* Flattened 2 x 3, dense with tanh, batch norm, a function apart, dropout, dense; then what is given. */
static tau_graph *make_classifier_laid(tau_op end, bool laid) {
    tau_layers net;
    tau_graph *graph;
    tau_layers_begin(&net, "net", 2, (int64_t[]){2, 3});
    tau_layers_flatten(&net, "/flat/Reshape");
    tau_layers_linear(&net, "fc1", 6, 4);
    tau_layers_apply(&net, TAU_OP_TANH, "tanh", 0);
    tau_layers_batch_norm(&net, "bn", 4);
    tau_layers_apply(&net, TAU_OP_SOFTSIGN, "soft", 0);
    tau_layers_apply(&net, TAU_OP_DROPOUT, "drop", 0.25);
    tau_layers_linear(&net, "fc2", 4, 3);
    if (end != TAU_OP_COUNT) tau_layers_apply(&net, end, "end", 0);
    if (laid) tau_layers_flatten(&net, "laid");
    OK(tau_layers_finish(&net, &graph));
    return graph;
}
static tau_graph *make_classifier(tau_op end) {
    return make_classifier_laid(end, false);
}

Test(deepreplay_write, classes_come_back_with_the_softmax_that_keras_needs) {
    record("a.run.h5", make_classifier(TAU_OP_COUNT), "cross-entropy", 3, 0);
    check_round_trip("a.run.h5", softmax);
    record("b.run.h5", make_classifier(TAU_OP_SOFTMAX), "nll", 3, 0);
    check_round_trip("b.run.h5", as_it_is);
    record("c.run.h5", make_classifier(TAU_OP_LOG_SOFTMAX), "nll", 3, 0);
    check_round_trip("c.run.h5", exponential);
}

Test(deepreplay_write, an_end_that_is_laid_out_anew_is_an_end) {
    record("f.run.h5", make_classifier_laid(TAU_OP_COUNT, true), "cross-entropy", 3, 0);
    check_round_trip("f.run.h5", softmax);
    record("g.run.h5", make_classifier_laid(TAU_OP_SOFTMAX, true), "cross-entropy", 3, 0);
    check_round_trip("g.run.h5", as_it_is);
    record("h.run.h5", make_classifier_laid(TAU_OP_LOG_SOFTMAX, true), "nll", 3, 0);
    check_round_trip("h.run.h5", exponential);
}

/* The second layer's weights are stored (in, out), as Keras's are. */
static tau_graph *make_pair(void) {
    tau_builder *builder;
    tau_graph *graph;
    int inputs[3], value;
    OK(tau_builder_create(&builder, "pair"));
    OK(tau_builder_input(builder, &inputs[0], "x", &(tau_shape){1, {2}}));
    OK(tau_builder_parameter(builder, &inputs[1], "w", TAU_ROLE_WEIGHT, &(tau_shape){2, {2, 1}}));
    OK(tau_builder_parameter(builder, &inputs[2], "b", TAU_ROLE_BIAS, &(tau_shape){1, {1}}));
    OK(tau_builder_node(builder, &value, TAU_OP_LINEAR, "fc", inputs, 3, NULL, NULL));
    OK(tau_builder_finish(builder, &graph, value));
    tau_builder_destroy(builder);
    return graph;
}

Test(deepreplay_write, values_come_back_and_logits_get_their_sigmoid) {
    record("d.run.h5", make_pair(), "bce-logits", 0, 0);
    check_round_trip("d.run.h5", sigmoid);
    record("e.run.h5", make_pair(), "mse", 0, 0);
    check_round_trip("e.run.h5", as_it_is);
}

Test(deepreplay_write, inputs_get_the_axes_that_the_model_takes) {
    record_samples("image.run.h5", make_pair(), "mse", 0, &(tau_shape){3, {1, 1, 2}}, 0);
    check_round_trip("image.run.h5", as_it_is);
}

Test(deepreplay_write, the_name_of_the_model_is_not_taken_for_the_recording) {
    tau_run *run;
    record("a.run.h5", make_pair(), "mse", 0, 0);
    OK(tau_run_open(&run, scratch("a.run.h5"), NULL));
    cr_assert_eq(tau_deepreplay_write(scratch("a b_model.h5"), run, true), TAU_STATUS_USAGE);
    cr_assert_not(tau_file_exists(scratch("a b_model.h5")));
    tau_run_close(run);
}

static void refuse(const char *name, tau_status expected, const char *part) {
    tau_run *run;
    OK(tau_run_open(&run, scratch(name), NULL));
    cr_assert_eq(tau_deepreplay_write(scratch("none.h5"), run, true), expected, "%s", tau_error_last()->what);
    const tau_error *error = tau_error_last();
    cr_assert(strstr(error->what, part) || strstr(error->why, part), "'%s' is not in: %s (%s)", part,
              error->what, error->why);
    cr_assert_not(tau_file_exists(scratch("none.h5")));
    tau_run_close(run);
}

Test(deepreplay_write, what_keras_or_deepreplay_cannot_have_is_named) {
    tau_layers net;
    tau_graph *graph;
    record("gap.run.h5", make_pair(), "mse", 0, 2);
    refuse("gap.run.h5", TAU_STATUS_MISSING, "epoch 2");
    tau_layers_begin(&net, "conv", 3, (int64_t[]){1, 4, 4});
    tau_layers_conv(&net, "conv1", &(tau_conv_size){1, 2, 3, 1, 0}, true);
    tau_layers_flatten(&net, "flat");
    tau_layers_linear(&net, "fc", 8, 3);
    OK(tau_layers_finish(&net, &graph));
    record("conv.run.h5", graph, "cross-entropy", 3, 0);
    refuse("conv.run.h5", TAU_STATUS_UNSUPPORTED, "'conv1' (Conv)");
    tau_layers_begin(&net, "around", 1, (int64_t[]){2});
    tau_layers_linear(&net, "fc1", 2, 2);
    const int around = net.value;
    tau_layers_linear(&net, "fc2", 2, 2);
    tau_layers_add(&net, "sum", around);
    OK(tau_layers_finish(&net, &graph));
    record("around.run.h5", graph, "cross-entropy", 2, 0);
    refuse("around.run.h5", TAU_STATUS_UNSUPPORTED, "'sum' (Add)");
    record("nll.run.h5", make_classifier(TAU_OP_COUNT), "nll", 3, 0);
    refuse("nll.run.h5", TAU_STATUS_UNSUPPORTED, "log-probabilities");
}
