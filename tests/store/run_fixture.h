/** A small training with batch norm on the reference backend, recorded. */
#ifndef TAU_TESTS_STORE_RUN_FIXTURE_H
#define TAU_TESTS_STORE_RUN_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend_impl.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "data/data.h"
#include "model/builder.h"
#include "ok.h"
#include "scratch.h"
#include "store/run.h"

static inline void assert_message(tau_status got, tau_status expected) {
    cr_assert_eq(got, expected, "%d: %s (%s)", got, tau_error_last()->what, tau_error_last()->why);
    cr_assert(*tau_error_last()->what && *tau_error_last()->why);
}

/** 2 inputs, 3 hidden units with batch norm, 1 output: P = 2·3 + 3 + 3 + 3 + 3 + 1 = 19, Q = 6. */
static inline tau_model *small_model(void) {
    enum { HIDDEN = 3 };
    const tau_shape input = {1, {2}}, w1 = {2, {HIDDEN, 2}}, b1 = {1, {HIDDEN}}, w2 = {2, {1, HIDDEN}},
                    b2 = {1, {1}};
    tau_builder *builder;
    tau_model *model;
    int x, in[5];
    OK(TAU_ALLOC(model, 1));
    OK(tau_builder_create(&builder, "small"));
    OK(tau_builder_input(builder, &x, "x", &input));
    in[0] = x;
    OK(tau_builder_parameter(builder, &in[1], "hidden.weight", TAU_ROLE_WEIGHT, &w1));
    OK(tau_builder_parameter(builder, &in[2], "hidden.bias", TAU_ROLE_BIAS, &b1));
    OK(tau_builder_node(builder, &x, TAU_OP_LINEAR, "hidden", in, 3, &(tau_attributes){.transposed = true},
                        NULL));
    in[0] = x;
    OK(tau_builder_parameter(builder, &in[1], "norm.weight", TAU_ROLE_BN_GAMMA, &b1));
    OK(tau_builder_parameter(builder, &in[2], "norm.bias", TAU_ROLE_BN_BETA, &b1));
    OK(tau_builder_parameter(builder, &in[3], "norm.mean", TAU_ROLE_BN_MEAN, &b1));
    OK(tau_builder_parameter(builder, &in[4], "norm.var", TAU_ROLE_BN_VAR, &b1));
    OK(tau_builder_node(builder, &x, TAU_OP_BATCH_NORM, "norm", in, 5,
                        &(tau_attributes){.epsilon = 1e-5, .momentum = 0.9}, NULL));
    in[0] = x;
    OK(tau_builder_node(builder, &x, TAU_OP_RELU, "relu", in, 1, &(tau_attributes){0}, NULL));
    in[0] = x;
    OK(tau_builder_parameter(builder, &in[1], "out.weight", TAU_ROLE_WEIGHT, &w2));
    OK(tau_builder_parameter(builder, &in[2], "out.bias", TAU_ROLE_BIAS, &b2));
    OK(tau_builder_node(builder, &x, TAU_OP_LINEAR, "out", in, 3, &(tau_attributes){.transposed = true},
                        NULL));
    OK(tau_builder_finish(builder, &model->graph, x));
    tau_builder_destroy(builder);
    OK(TAU_ALLOC(model->theta, model->graph->theta_size));
    OK(TAU_ALLOC(model->buffers, model->graph->buffer_size));
    for (size_t i = 0; i < model->graph->theta_size; i++) model->theta[i] = sinf((float)i + 1);
    for (size_t i = 0; i < model->graph->buffer_size; i++) model->buffers[i] = i < HIDDEN ? 0 : 1;
    return model;
}

static inline tau_run_header small_header(void) {
    return (tau_run_header){.command = "tauscape train",
                            .framework = "tauscape",
                            .loss = "bce-logits",
                            .optimizer = "adam",
                            .parameters = "{\"rate\":0.02,\"batch\":20}",
                            .seed = 4};
}

/** A training that can be run and recorded. */
typedef struct training {
    tau_model *model;
    tau_dataset data;
    tau_pool *pool;
    tau_evaluator *train, *test;
    tau_train_state *state;
    tau_run_writer *writer;
    tau_run_header header;
    size_t stop_after; /**< losses; 0 = to the end */
    tau_cancel cancel;
} training;

static inline training make_training(void) {
    training t = {.model = small_model(), .header = small_header()};
    const tau_data_options data = {.data = "moons:n=90", .test_fraction = 0.1, .values_wanted = true};
    const tau_evaluator_options evaluator = {.backend = "ref", .loss = TAU_LOSS_BCE_LOGITS};
    tau_backend_register(tau_backend_ref_get());
    OK(tau_data_load(&t.data, &data));
    OK(tau_pool_create(&t.pool, 1));
    OK(tau_evaluator_create(&t.train, t.model->graph, t.data.train, &evaluator, t.pool));
    OK(tau_evaluator_create(&t.test, t.model->graph, t.data.test, &evaluator, t.pool));
    return t;
}

static inline void clear_training(training *t) {
    tau_train_state_destroy(t->state);
    tau_evaluator_destroy(t->train);
    tau_evaluator_destroy(t->test);
    tau_pool_destroy(t->pool);
    tau_dataset_clear(&t->data);
    tau_model_destroy(t->model);
}

static inline tau_status record_state(void *payload, const tau_train_state *state, double epoch) {
    return tau_run_write_state(((training *)payload)->writer, state, epoch);
}

static inline tau_status record_metric(void *payload, const char *name, uint64_t step, double epoch,
                                       double value) {
    training *t = payload;
    if (t->stop_after && !strcmp(name, "loss") && --t->stop_after == 0) tau_cancel_request(&t->cancel, 1);
    return tau_run_write_metric(t->writer, name, step, epoch, value);
}

/** Begins or continues the group. */
static inline tau_status begin_training(training *t, const char *path, const char *group) {
    tau_train_state_destroy(t->state);
    tau_status status = tau_run_continue(&t->writer, &t->state, path, group, &t->header, t->model);
    if (status != TAU_STATUS_MISSING) return status;
    TAU_TRY(tau_run_create(&t->writer, path, group, &t->header, t->model, t->data.train));
    OK(tau_train_state_create(&t->state, t->model->graph->theta_size, t->model->graph->buffer_size));
    memcpy(t->state->theta, t->model->theta, t->state->theta_size * sizeof(float));
    memcpy(t->state->buffers, t->model->buffers, t->state->buffer_size * sizeof(float));
    return TAU_STATUS_OK;
}

/** 4 batches an epoch, 25 epochs, a state every third step. */
static inline tau_status go_on_training(training *t) {
    const tau_train_options options = {.loss = TAU_LOSS_BCE_LOGITS,
                                       .optimizer = TAU_OPTIMIZER_ADAM,
                                       .rate = 0.02,
                                       .batch = 20,
                                       .epochs = 25,
                                       .seed = 4,
                                       .record = {.every_steps = 3}};
    const tau_train_observer observer = {.state = record_state, .metric = record_metric, .payload = t};
    return tau_train_run(t->state, t->train, t->data.train->count, t->test, &options, &observer, NULL,
                         &t->cancel);
}

/** Runs a training to its end, from wherever it stands. */
static inline void train_to_the_end(const char *path, const char *group) {
    training t = make_training();
    OK(begin_training(&t, path, group));
    OK(go_on_training(&t));
    OK(tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED));
    clear_training(&t);
}

/** Same states, bit by bit, and same numbers per batch. */
static inline void assert_same_runs(const char *path_a, const char *group_a, const char *path_b,
                                    const char *group_b) {
    tau_run *a, *b;
    float x[32], y[32], p[8], q[8];
    tau_metric *records_a, *records_b;
    size_t count_a, count_b;
    OK(tau_run_open(&a, path_a, group_a));
    OK(tau_run_open(&b, path_b, group_b));
    cr_assert_eq(tau_run_get_state_count(a), tau_run_get_state_count(b), "%zu and %zu states",
                 tau_run_get_state_count(a), tau_run_get_state_count(b));
    for (size_t i = 0; i < tau_run_get_state_count(a); i++) {
        OK(tau_run_read_state(a, i, x, p));
        OK(tau_run_read_state(b, i, y, q));
        cr_assert_eq(tau_run_get_step(a, i), tau_run_get_step(b, i));
        cr_assert_eq(tau_run_get_epoch(a, i), tau_run_get_epoch(b, i));
        cr_assert(!memcmp(x, y, 19 * sizeof *x) && !memcmp(p, q, 6 * sizeof *p), "state %zu differs", i);
    }
    OK(tau_run_read_metric(a, "loss", &records_a, &count_a));
    OK(tau_run_read_metric(b, "loss", &records_b, &count_b));
    cr_assert(count_a == count_b && !memcmp(records_a, records_b, count_a * sizeof *records_a));
    tau_mem_free(records_a);
    tau_mem_free(records_b);
    tau_run_close(a);
    tau_run_close(b);
}

#endif
