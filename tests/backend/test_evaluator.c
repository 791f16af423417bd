/* What an evaluator checks before any backend sees it. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "backend_ref/backend_ref.h"
#include "model/model.h"

/* A network with 2 inputs and 3 outputs, samples that fit, and a pool. */
typedef struct fixture {
    tau_model *model;
    tau_samples *samples;
    tau_pool *pool;
    tau_evaluator *evaluator;
} fixture;

static void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static fixture set_up(int64_t inputs, int classes, size_t target_size) {
    fixture f = {0};
    const tau_shape shape = {1, {inputs}};
    tau_backend_register(tau_backend_ref_get());
    succeed(tau_model_builtin(&f.model, "mlp:2-4-3:tanh", 1));
    succeed(tau_pool_create(&f.pool, 1));
    succeed(tau_samples_create(&f.samples, 4, &shape, classes, target_size));
    for (size_t i = 0; i < 4 * (size_t)inputs; i++) f.samples->inputs[i] = (float)i / 8;
    return f;
}

static void tear_down(fixture *f) {
    tau_evaluator_destroy(f->evaluator);
    tau_samples_destroy(f->samples);
    tau_pool_destroy(f->pool);
    tau_model_destroy(f->model);
}

static tau_status create(fixture *f, const char *backend, tau_loss loss) {
    const tau_evaluator_options options = {.backend = backend, .precision = TAU_PRECISION_NONE, .loss = loss};
    return tau_evaluator_create(&f->evaluator, f->model->graph, f->samples, &options, f->pool);
}

static void assert_refused(fixture *f, const char *backend, tau_loss loss, tau_status expected,
                           const char *said) {
    cr_assert_eq(create(f, backend, loss), expected);
    cr_assert_null(f->evaluator);
    cr_assert(strstr(tau_error_last()->what, said) || strstr(tau_error_last()->why, said), "%s: %s",
              tau_error_last()->what, tau_error_last()->why);
    cr_assert_neq(tau_error_last()->fix[0], '\0');
    tear_down(f);
}

Test(evaluator, samples_of_another_shape_are_refused) {
    fixture f = set_up(3, 3, 0);
    assert_refused(&f, "ref", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_SHAPE, "a sample is 3, the network takes 2");
}

/* Whether a network takes samples of a shape. */
static tau_status take_shape(const char *model, tau_shape shape) {
    fixture f = {0};
    const tau_evaluator_options options = {.backend = "ref", .loss = TAU_LOSS_CROSS_ENTROPY};
    tau_backend_register(tau_backend_ref_get());
    succeed(tau_model_builtin(&f.model, model, 1));
    succeed(tau_pool_create(&f.pool, 1));
    succeed(tau_samples_create(&f.samples, 1, &shape, 10, 0));
    tau_status status = tau_evaluator_create(&f.evaluator, f.model->graph, f.samples, &options, f.pool);
    tear_down(&f);
    return status;
}

Test(evaluator, as_many_numbers_in_another_shape_are_refused) {
    const tau_shape others[] = {{3, {32, 32, 3}}, {3, {32, 3, 32}}, {3, {6, 16, 32}}, {3, {1, 96, 32}}};
    const char *fixes[] = {"with --data-layout nhwc", "leave --data-layout nhwc out", "other data",
                           "other data"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(take_shape("resnet20", others[i]), TAU_STATUS_SHAPE, "shape %zu", i);
        cr_assert_not_null(strstr(tau_error_last()->why, "the network takes 3x32x32"));
        cr_assert_not_null(strstr(tau_error_last()->fix, fixes[i]), "%s", tau_error_last()->fix);
    }
}

Test(evaluator, rows_serve_for_images_and_images_for_rows) {
    succeed(take_shape("resnet20", (tau_shape){1, {3072}}));
    succeed(take_shape("resnet20", (tau_shape){3, {3, 32, 32}}));
    succeed(take_shape("mnist-cnn", (tau_shape){2, {28, 28}}));
    succeed(take_shape("mnist-cnn", (tau_shape){3, {28, 28, 1}}));
    succeed(take_shape("mlp:12-4-10:tanh", (tau_shape){3, {3, 2, 2}}));
}

Test(evaluator, an_empty_sample_is_refused) {
    fixture f = set_up(2, 3, 0);
    f.samples->count = 0;
    assert_refused(&f, "ref", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_SHAPE, "no samples");
}

Test(evaluator, a_label_beyond_the_outputs_is_refused) {
    fixture f = set_up(2, 5, 0);
    f.samples->classes[2] = 3;
    assert_refused(&f, "ref", TAU_LOSS_NLL, TAU_STATUS_SHAPE, "sample 2 has class 3");
}

Test(evaluator, a_negative_label_is_refused) {
    fixture f = set_up(2, 3, 0);
    f.samples->classes[1] = -1;
    assert_refused(&f, "ref", TAU_LOSS_NLL, TAU_STATUS_SHAPE, "sample 1 has class -1");
}

Test(evaluator, classes_do_not_serve_a_loss_of_values) {
    fixture f = set_up(2, 3, 0);
    assert_refused(&f, "ref", TAU_LOSS_MSE, TAU_STATUS_SHAPE, "mse");
}

Test(evaluator, values_do_not_serve_a_loss_of_classes) {
    fixture f = set_up(2, 0, 3);
    assert_refused(&f, "ref", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_SHAPE, "cross-entropy");
}

Test(evaluator, targets_of_another_size_are_refused) {
    fixture f = set_up(2, 0, 2);
    assert_refused(&f, "ref", TAU_LOSS_MSE, TAU_STATUS_SHAPE, "2 target values, the network 3 outputs");
}

Test(evaluator, an_unknown_backend_is_refused_with_those_there_are) {
    fixture f = set_up(2, 3, 0);
    assert_refused(&f, "abacus", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_DEVICE, "ref");
}

Test(evaluator, auto_takes_the_first_backend_and_its_precision) {
    fixture f = set_up(2, 3, 0);
    succeed(create(&f, "auto", TAU_LOSS_CROSS_ENTROPY));
    const tau_evaluator_identity identity = tau_evaluator_get_identity(f.evaluator);
    cr_assert_str_eq(identity.backend, "ref");
    cr_assert_str_eq(identity.instruction_set, "portable");
    cr_assert_eq(identity.precision, TAU_PRECISION_EXACT);
    cr_assert_geq(identity.kernel_version, 1);
    tear_down(&f);
}

Test(evaluator, a_device_may_be_chosen_by_its_index) {
    fixture f = set_up(2, 3, 0);
    succeed(create(&f, "ref:0", TAU_LOSS_CROSS_ENTROPY));
    cr_assert_str_eq(tau_evaluator_get_identity(f.evaluator).backend, "ref");
    tear_down(&f);
}

Test(evaluator, a_device_past_the_last_is_refused_with_their_number) {
    fixture f = set_up(2, 3, 0);
    assert_refused(&f, "ref:1", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_DEVICE, "ref has 1 device here");
}

Test(evaluator, a_device_index_that_is_no_number_is_refused) {
    const char *const refused[] = {"ref:", "ref:x", "ref:1x", "ref:-1", "ref: 1", "ref:00001", "auto:1"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        fixture f = set_up(2, 3, 0);
        assert_refused(&f, refused[i], TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_DEVICE, refused[i]);
    }
}

static int asked_for = -1;

static const char *describe_two(int device) {
    return device < 2 ? "a device" : NULL;
}

static tau_status remember_device(tau_plan **out, const tau_plan_request *request) {
    *out = NULL;
    asked_for = request->device;
    return tau_fail(TAU_STATUS_DEVICE, "this backend makes no plans");
}

Test(evaluator, the_plan_is_asked_for_on_the_device_of_the_index) {
    fixture f = set_up(2, 3, 0);
    tau_backend two = *tau_backend_ref_get();
    two.name = "two";
    two.describe = describe_two;
    two.create = remember_device;
    tau_backend_register(&two);
    cr_assert_eq(create(&f, "two:1", TAU_LOSS_CROSS_ENTROPY), TAU_STATUS_DEVICE);
    cr_assert_eq(asked_for, 1);
    cr_assert_eq(create(&f, "two", TAU_LOSS_CROSS_ENTROPY), TAU_STATUS_DEVICE);
    cr_assert_eq(asked_for, 0);
    assert_refused(&f, "two:2", TAU_LOSS_CROSS_ENTROPY, TAU_STATUS_DEVICE, "two has 2 devices here");
}

static void along(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = alpha + beta;
}

Test(evaluator, a_tile_needs_a_basis) {
    fixture f = set_up(2, 3, 0);
    const double one = 1;
    tau_point point;
    succeed(create(&f, "ref", TAU_LOSS_CROSS_ENTROPY));
    cr_assert_eq(tau_evaluator_tile(f.evaluator, &(tau_tile){&one, 1, &one, 1}, &point, NULL, NULL),
                 TAU_STATUS_USAGE);
    tau_basis basis = {.count = 0, .coefficients = along};
    cr_assert_eq(tau_evaluator_set_basis(f.evaluator, &basis), TAU_STATUS_USAGE);
    basis.count = TAU_BASIS_MAX + 1;
    cr_assert_eq(tau_evaluator_set_basis(f.evaluator, &basis), TAU_STATUS_USAGE);
    tear_down(&f);
}

Test(evaluator, confusion_counts_come_only_where_they_were_asked_for) {
    fixture f = set_up(2, 3, 0);
    const float *theta = f.model->theta, *buffers = f.model->buffers;
    uint64_t counts[12];
    tau_point point;
    succeed(create(&f, "ref", TAU_LOSS_CROSS_ENTROPY));
    cr_assert_eq(tau_evaluator_get_classes(f.evaluator), 3);
    cr_assert_eq(tau_evaluator_states(f.evaluator, 1, &theta, &buffers, &point, counts, NULL),
                 TAU_STATUS_USAGE);
    tear_down(&f);
}

Test(evaluator, a_loss_without_classes_has_no_confusion_counts) {
    fixture f = set_up(2, 0, 3);
    const tau_evaluator_options options = {.backend = "ref", .loss = TAU_LOSS_MSE, .confusion = true};
    cr_assert_eq(tau_evaluator_create(&f.evaluator, f.model->graph, f.samples, &options, f.pool),
                 TAU_STATUS_UNSUPPORTED);
    cr_assert_null(f.evaluator);
    cr_assert(strstr(tau_error_last()->why, "the loss mse of 3 outputs"), "%s", tau_error_last()->why);
    tear_down(&f);
}

Test(evaluator, only_activations_and_the_input_can_be_captured) {
    fixture f = set_up(2, 3, 0);
    float out[64];
    const tau_graph *graph = f.model->graph;
    succeed(create(&f, "ref", TAU_LOSS_CROSS_ENTROPY));
    const int refused[] = {-1, graph->value_count, graph->parameters[0].value};
    for (int i = 0; i < 3; i++)
        cr_assert_eq(
            tau_evaluator_capture(f.evaluator, f.model->theta, f.model->buffers, refused[i], out, NULL),
            TAU_STATUS_MISSING);
    succeed(tau_evaluator_capture(f.evaluator, f.model->theta, f.model->buffers, graph->output, out, NULL));
    tear_down(&f);
}

Test(evaluator, a_batch_must_hold_samples_that_exist) {
    fixture f = set_up(2, 3, 0);
    float gradient[64];
    tau_batch_result result;
    const uint32_t indices[] = {0, 4};
    succeed(create(&f, "ref", TAU_LOSS_CROSS_ENTROPY));
    cr_assert_leq(f.model->graph->theta_size, 64);
    cr_assert_eq(tau_evaluator_gradient(f.evaluator, f.model->theta, f.model->buffers,
                                        &(tau_batch){.indices = indices, .count = 0}, gradient, &result),
                 TAU_STATUS_USAGE);
    cr_assert_eq(tau_evaluator_gradient(f.evaluator, f.model->theta, f.model->buffers,
                                        &(tau_batch){.indices = indices, .count = 2}, gradient, &result),
                 TAU_STATUS_USAGE);
    succeed(tau_evaluator_gradient(f.evaluator, f.model->theta, f.model->buffers,
                                   &(tau_batch){.indices = indices, .count = 1}, gradient, &result));
    cr_assert(isfinite(result.loss));
    tear_down(&f);
}

Test(precision, names_are_read_back) {
    tau_precision precision;
    for (tau_precision p = TAU_PRECISION_EXACT; p <= TAU_PRECISION_FAST; p++) {
        succeed(tau_precision_parse(&precision, tau_precision_name(p)));
        cr_assert_eq(precision, p);
    }
    cr_assert_eq(tau_precision_parse(&precision, "none"), TAU_STATUS_USAGE);
    cr_assert_eq(tau_precision_parse(&precision, ""), TAU_STATUS_USAGE);
}
