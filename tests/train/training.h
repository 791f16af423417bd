/** Small trainings on the reference backend, and a witness of all that they tell. */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "data/data.h"
#include "model/builder.h"
#include "model/model.h"
#include "train/train.h"

/* A small training on the reference backend. */
typedef struct fixture {
    tau_model *model;
    tau_dataset data;
    tau_pool *pool;
    tau_evaluator *train, *test;
    tau_train_state *state;
} fixture;

static inline fixture set_up_model(tau_model *model, int threads) {
    fixture f = {.model = model};
    const tau_data_options options = {.data = "moons:n=90", .test_fraction = 0.1, .values_wanted = true};
    const tau_evaluator_options evaluator = {.backend = "ref", .loss = TAU_LOSS_BCE_LOGITS};
    tau_backend_register(tau_backend_ref_get());
    cr_assert_eq(tau_data_load(&f.data, &options), TAU_STATUS_OK);
    cr_assert_eq(tau_pool_create(&f.pool, threads), TAU_STATUS_OK);
    cr_assert_eq(tau_evaluator_create(&f.train, f.model->graph, f.data.train, &evaluator, f.pool),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_evaluator_create(&f.test, f.model->graph, f.data.test, &evaluator, f.pool),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_train_state_create(&f.state, f.model->graph->theta_size, f.model->graph->buffer_size),
                 TAU_STATUS_OK);
    memcpy(f.state->theta, f.model->theta, f.state->theta_size * sizeof(float));
    memcpy(f.state->buffers, f.model->buffers, f.state->buffer_size * sizeof(float));
    return f;
}

static inline fixture set_up(const char *name, int threads) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, name, 1), TAU_STATUS_OK);
    return set_up_model(model, threads);
}

static inline int parameter(tau_builder *builder, const char *name, tau_role role, int64_t rows,
                            int64_t columns) {
    const tau_shape shape = columns ? (tau_shape){2, {rows, columns}} : (tau_shape){1, {rows}};
    int value;
    cr_assert_eq(tau_builder_parameter(builder, &value, name, role, &shape), TAU_STATUS_OK);
    return value;
}

static inline int node(tau_builder *builder, tau_op op, const char *name, const int *inputs, int count) {
    const tau_attributes attributes = {
        .transposed = true, .epsilon = 1e-5, .momentum = 0.9, .alpha = op == TAU_OP_DROPOUT ? 0.3 : 0};
    int output;
    cr_assert_eq(tau_builder_node(builder, &output, op, name, inputs, count, &attributes, NULL),
                 TAU_STATUS_OK, "%s", tau_error_last()->why);
    return output;
}

/* 2 - 6 - batch norm - tanh - dropout - 1: what changes in training besides theta. */
static inline tau_graph *batch_norm_graph(void) {
    const tau_shape input = {1, {2}};
    tau_builder *builder;
    tau_graph *graph;
    int x;
    cr_assert_eq(tau_builder_create(&builder, "bn"), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_input(builder, &x, "x", &input), TAU_STATUS_OK);
    int first[3] = {x, parameter(builder, "fc1.weight", TAU_ROLE_WEIGHT, 6, 2),
                    parameter(builder, "fc1.bias", TAU_ROLE_BIAS, 6, 0)};
    int bn[5] = {node(builder, TAU_OP_LINEAR, "fc1", first, 3),
                 parameter(builder, "bn.weight", TAU_ROLE_BN_GAMMA, 6, 0),
                 parameter(builder, "bn.bias", TAU_ROLE_BN_BETA, 6, 0),
                 parameter(builder, "bn.running_mean", TAU_ROLE_BN_MEAN, 6, 0),
                 parameter(builder, "bn.running_var", TAU_ROLE_BN_VAR, 6, 0)};
    int normalised = node(builder, TAU_OP_BATCH_NORM, "bn", bn, 5);
    int active = node(builder, TAU_OP_TANH, "tanh", &normalised, 1);
    int second[3] = {node(builder, TAU_OP_DROPOUT, "dropout", &active, 1),
                     parameter(builder, "fc2.weight", TAU_ROLE_WEIGHT, 1, 6),
                     parameter(builder, "fc2.bias", TAU_ROLE_BIAS, 1, 0)};
    int output = node(builder, TAU_OP_LINEAR, "fc2", second, 3);
    cr_assert_eq(tau_builder_finish(builder, &graph, output), TAU_STATUS_OK);
    tau_builder_destroy(builder);
    return graph;
}

static inline fixture set_up_batch_norm(int threads) {
    tau_model *model;
    cr_assert_eq(TAU_ALLOC(model, 1), TAU_STATUS_OK);
    model->graph = batch_norm_graph();
    cr_assert_eq(TAU_ALLOC(model->theta, model->graph->theta_size), TAU_STATUS_OK);
    cr_assert_eq(TAU_ALLOC(model->buffers, model->graph->buffer_size), TAU_STATUS_OK);
    for (size_t i = 0; i < model->graph->theta_size; i++)
        model->theta[i] = (float)(0.2 + 0.1 * (double)((i * 7) % 11) - 0.05 * (double)(i % 5));
    for (size_t i = 6; i < 12; i++) model->buffers[i] = 1;
    return set_up_model(model, threads);
}

static inline void tear_down(fixture *f) {
    tau_train_state_destroy(f->state);
    tau_evaluator_destroy(f->train);
    tau_evaluator_destroy(f->test);
    tau_pool_destroy(f->pool);
    tau_dataset_clear(&f->data);
    tau_model_destroy(f->model);
}

/* What an observer saw. */
typedef struct told {
    char name[16]; /* of a number; "state" for a state, whose value is a sum over theta */
    uint64_t step;
    double value;
} told;

typedef struct witness {
    told all[512];
    size_t count;
    uint64_t stop_at;   /* step after which to ask for an end; 0 = never */
    tau_status failure; /* returned for the second state */
    tau_status (*turn)(void *payload, const tau_train_state *state, double epoch, tau_train_knobs *knobs);
    tau_train_knobs wanted; /* what turn sets from turn_at on */
    uint64_t turn_at;
    tau_cancel cancel;
} witness;

static inline void keep(witness *w, const char *name, uint64_t step, double value) {
    cr_assert_lt(w->count, sizeof w->all / sizeof *w->all);
    told *t = &w->all[w->count++];
    snprintf(t->name, sizeof t->name, "%s", name);
    t->step = step, t->value = value;
}

static inline size_t count_of(const witness *w, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) count += strcmp(w->all[i].name, name) == 0;
    return count;
}

/* Number `index` of that name, from the end if negative. */
static inline told nth_of(const witness *w, const char *name, int index) {
    int left = index < 0 ? (int)count_of(w, name) + index : index;
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->all[i].name, name) == 0 && left-- == 0) return w->all[i];
    cr_assert_fail("no %s %d", name, index);
    return (told){0};
}

static inline tau_status see_state(void *payload, const tau_train_state *state, double epoch) {
    double sum = epoch;
    for (size_t i = 0; i < state->theta_size; i++) sum += state->theta[i] * (double)(i + 1);
    keep(payload, "state", state->step, sum);
    const witness *w = payload;
    if (w->failure && count_of(w, "state") == 2) return tau_fail(w->failure, "the disk is full");
    return TAU_STATUS_OK;
}

static inline tau_status see_metric(void *payload, const char *name, uint64_t step, double epoch,
                                    double value) {
    witness *w = payload;
    (void)epoch;
    keep(w, name, step, value);
    if (step == w->stop_at && strcmp(name, "accuracy") == 0) tau_cancel_request(&w->cancel, 1);
    return TAU_STATUS_OK;
}

static const tau_train_options options = {.loss = TAU_LOSS_BCE_LOGITS,
                                          .optimizer = TAU_OPTIMIZER_ADAM,
                                          .rate = 0.02,
                                          .batch = 20,
                                          .epochs = 6,
                                          .seed = 4,
                                          .record = {.every_steps = 7}};

static inline tau_status train(fixture *f, witness *w, const tau_train_options *with) {
    const tau_train_observer observer = {
        .state = see_state, .metric = see_metric, .turn = w->turn, .payload = w};
    return tau_train_run(f->state, f->train, f->data.train->count, f->test, with, &observer, NULL,
                         &w->cancel);
}

static inline void assert_same_state(const tau_train_state *a, const tau_train_state *b) {
    cr_assert_eq(a->step, b->step);
    cr_assert_arr_eq(a->theta, b->theta, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->moment1, b->moment1, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->moment2, b->moment2, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->buffers, b->buffers, a->buffer_size * sizeof(float));
}

static inline void assert_same_log(const witness *a, const witness *b) {
    cr_assert_eq(a->count, b->count, "%zu and %zu", a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        cr_assert_str_eq(a->all[i].name, b->all[i].name, "at %zu", i);
        cr_assert_eq(a->all[i].step, b->all[i].step);
        cr_assert_eq(a->all[i].value, b->all[i].value, "%s at step %lu", a->all[i].name, a->all[i].step);
    }
}

#endif
