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

static fixture set_up_model(tau_model *model, int threads) {
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

static fixture set_up(const char *name, int threads) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, name, 1), TAU_STATUS_OK);
    return set_up_model(model, threads);
}

static int parameter(tau_builder *builder, const char *name, tau_role role, int64_t rows, int64_t columns) {
    const tau_shape shape = columns ? (tau_shape){2, {rows, columns}} : (tau_shape){1, {rows}};
    int value;
    cr_assert_eq(tau_builder_parameter(builder, &value, name, role, &shape), TAU_STATUS_OK);
    return value;
}

static int node(tau_builder *builder, tau_op op, const char *name, const int *inputs, int count) {
    const tau_attributes attributes = {
        .transposed = true, .epsilon = 1e-5, .momentum = 0.9, .alpha = op == TAU_OP_DROPOUT ? 0.3 : 0};
    int output;
    cr_assert_eq(tau_builder_node(builder, &output, op, name, inputs, count, &attributes, NULL),
                 TAU_STATUS_OK, "%s", tau_error_last()->why);
    return output;
}

/* 2 - 6 - batch norm - tanh - dropout - 1: what changes in training besides theta. */
static tau_graph *batch_norm_graph(void) {
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

static fixture set_up_batch_norm(int threads) {
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

static void tear_down(fixture *f) {
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

static void keep(witness *w, const char *name, uint64_t step, double value) {
    cr_assert_lt(w->count, sizeof w->all / sizeof *w->all);
    told *t = &w->all[w->count++];
    snprintf(t->name, sizeof t->name, "%s", name);
    t->step = step, t->value = value;
}

static size_t count_of(const witness *w, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) count += strcmp(w->all[i].name, name) == 0;
    return count;
}

/* Number `index` of that name, from the end if negative. */
static told nth_of(const witness *w, const char *name, int index) {
    int left = index < 0 ? (int)count_of(w, name) + index : index;
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->all[i].name, name) == 0 && left-- == 0) return w->all[i];
    cr_assert_fail("no %s %d", name, index);
    return (told){0};
}

static tau_status see_state(void *payload, const tau_train_state *state, double epoch) {
    double sum = epoch;
    for (size_t i = 0; i < state->theta_size; i++) sum += state->theta[i] * (double)(i + 1);
    keep(payload, "state", state->step, sum);
    const witness *w = payload;
    if (w->failure && count_of(w, "state") == 2) return tau_fail(w->failure, "the disk is full");
    return TAU_STATUS_OK;
}

static tau_status see_metric(void *payload, const char *name, uint64_t step, double epoch, double value) {
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

static tau_status train(fixture *f, witness *w, const tau_train_options *with) {
    const tau_train_observer observer = {
        .state = see_state, .metric = see_metric, .turn = w->turn, .payload = w};
    return tau_train_run(f->state, f->train, f->data.train->count, f->test, with, &observer, NULL,
                         &w->cancel);
}

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

static void assert_same_state(const tau_train_state *a, const tau_train_state *b) {
    cr_assert_eq(a->step, b->step);
    cr_assert_arr_eq(a->theta, b->theta, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->moment1, b->moment1, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->moment2, b->moment2, a->theta_size * sizeof(float));
    cr_assert_arr_eq(a->buffers, b->buffers, a->buffer_size * sizeof(float));
}

static void assert_same_log(const witness *a, const witness *b) {
    cr_assert_eq(a->count, b->count, "%zu and %zu", a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        cr_assert_str_eq(a->all[i].name, b->all[i].name, "at %zu", i);
        cr_assert_eq(a->all[i].step, b->all[i].step);
        cr_assert_eq(a->all[i].value, b->all[i].value, "%s at step %lu", a->all[i].name, a->all[i].step);
    }
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

/* ---- knobs ---- */

static tau_status turn_at(void *payload, const tau_train_state *state, double epoch, tau_train_knobs *knobs) {
    const witness *w = payload;
    (void)epoch;
    if (state->step >= w->turn_at) *knobs = w->wanted;
    return TAU_STATUS_OK;
}

static double sum_of_losses(const witness *w, int first, const int *sizes, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += nth_of(w, "loss", first + i).value * sizes[i];
    return sum;
}

Test(train, knobs_that_are_left_alone_change_nothing) {
    fixture a = set_up("mlp:2-8-1:tanh", 1), b = set_up("mlp:2-8-1:tanh", 1);
    witness plain = {0}, asked = {.turn = turn_at, .wanted = {options.rate, 0, options.batch}};
    cr_assert_eq(train(&a, &plain, &options), TAU_STATUS_OK);
    cr_assert_eq(train(&b, &asked, &options), TAU_STATUS_OK);
    assert_same_state(a.state, b.state);
    assert_same_log(&plain, &asked);
    tear_down(&a);
    tear_down(&b);
}

Test(train, a_rate_turned_to_nearly_nothing_stops_the_parameters) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {.turn = turn_at, .turn_at = 14, .wanted = {1e-30, 0, 20}};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(count_of(&w, "set_lr"), 1);
    cr_assert_eq(count_of(&w, "set_batch"), 0);
    cr_assert_eq(nth_of(&w, "set_lr", 0).step, 14);
    cr_assert_eq(nth_of(&w, "lr", 2).step, 14);
    cr_assert_eq(nth_of(&w, "lr", -1).value, 1e-30);
    const double moved = nth_of(&w, "state", 2).value - 14.0 / 5; /* the sums have the epoch in them */
    cr_assert_float_eq(nth_of(&w, "state", -1).value - 6, moved, 1e-9);
    cr_assert_float_neq(nth_of(&w, "state", 1).value - 7.0 / 5, moved, 1e-3);
    tear_down(&f);
}

/* 81 samples: two batches of 20 of the second epoch are done, 41 samples are cut into 30 and 11. */
Test(train, a_batch_turned_within_an_epoch_still_visits_every_sample_once) {
    fixture f = set_up("mlp:2-8-1:tanh", 1);
    witness w = {.turn = turn_at, .turn_at = 7, .wanted = {options.rate, 0, 30}};
    static const int cut[] = {20, 20, 30, 11}, whole[] = {30, 30, 21};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(f.state->step, 5 + 4 + 4 * 3);
    cr_assert_eq(count_of(&w, "epoch_loss"), 6);
    cr_assert_eq(nth_of(&w, "epoch_loss", 1).step, 9);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 1).value, sum_of_losses(&w, 5, cut, 4) / 81, 1e-14);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 2).value, sum_of_losses(&w, 9, whole, 3) / 81, 1e-14);
    cr_assert_eq(f.state->changes.batch_step, 7);
    cr_assert_eq(f.state->changes.batch_epoch, 1);
    cr_assert_eq(f.state->changes.batch_samples, 40);
    tear_down(&f);
}

Test(train, with_batch_norm_a_turned_batch_leaves_no_sample_alone) {
    fixture f = set_up_batch_norm(1);
    witness w = {.turn = turn_at, .turn_at = 5, .wanted = {options.rate, 0, 30}}; /* 61 samples are left */
    static const int cut[] = {20, 30, 31};
    cr_assert_eq(train(&f, &w, &options), TAU_STATUS_OK);
    cr_assert_eq(nth_of(&w, "epoch_loss", 1).step, 7);
    cr_assert_float_eq(nth_of(&w, "epoch_loss", 1).value, sum_of_losses(&w, 4, cut, 3) / 81, 1e-14);
    tear_down(&f);
}

Test(train, a_training_with_turned_knobs_goes_on_to_the_same_bits) {
    for (uint64_t stop = 6; stop <= 13; stop++) {
        fixture a = set_up_batch_norm(1), b = set_up_batch_norm(1);
        witness whole = {.turn = turn_at, .turn_at = 7, .wanted = {0.005, 0.001, 31}};
        witness parts = {.turn = turn_at, .turn_at = 7, .wanted = {0.005, 0.001, 31}, .stop_at = stop};
        cr_assert_eq(train(&a, &whole, &options), TAU_STATUS_OK);
        cr_assert_eq(train(&b, &parts, &options), TAU_STATUS_CANCELLED);
        cr_assert_eq(b.state->step, stop);
        parts.cancel = (tau_cancel){0};
        if (stop > 7) parts.turn = NULL; /* the state alone has them */
        cr_assert_eq(train(&b, &parts, &options), TAU_STATUS_OK);
        assert_same_state(a.state, b.state);
        assert_same_log(&whole, &parts);
        tear_down(&a);
        tear_down(&b);
    }
}

Test(train, knobs_out_of_range_and_changes_from_nowhere_are_refused) {
    static const tau_train_knobs bad[] = {{0, 0, 20}, {NAN, 0, 20}, {0.1, -1, 20}, {0.1, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fixture f = set_up("mlp:2-8-1:tanh", 1);
        witness w = {.turn = turn_at, .turn_at = 3, .wanted = bad[i]};
        cr_assert_eq(train(&f, &w, &options), TAU_STATUS_USAGE);
        cr_assert_eq(f.state->step, 3);
        tear_down(&f);
    }
    static const tau_train_changes from[] = {
        {.has_batch = true, .batch = 10, .batch_step = 1},
        {.has_batch = true, .batch = 10, .batch_samples = 81},
        {.has_batch = true, .batch = 10, .batch_epoch = 6},
    };
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        fixture f = set_up("mlp:2-8-1:tanh", 1);
        witness w = {0};
        f.state->changes = from[i];
        cr_assert_eq(train(&f, &w, &options), TAU_STATUS_INPUT);
        tear_down(&f);
    }
}
