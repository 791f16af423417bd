/* Every backend against the reference, on every network of the table. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/loss.h"
#include "parity/backends.h"
#include "parity/networks.h"

typedef struct comparison {
    int network;
    parity_subject subject;
} comparison;

static void free_list(struct criterion_test_params *list) {
    cr_free(list->params);
}

/* Every network on every subject, or on those whose captured values and gradients are their own. */
static struct criterion_test_params list_comparisons(bool values) {
    parity_backends_register();
    const size_t networks = (size_t)parity_network_count();
    parity_subject subject;
    size_t count = 0, subjects = 0;
    while (parity_subject_get(&subject, (int)subjects)) subjects++;
    comparison *list = cr_calloc(networks * subjects + 1, sizeof *list);
    for (size_t s = 0; s < subjects; s++) {
        parity_subject_get(&subject, (int)s);
        for (size_t n = 0; n < networks && (subject.values || !values); n++)
            list[count++] = (comparison){(int)n, subject};
    }
    return cr_make_param_array(comparison, list, count, free_list);
}

static struct criterion_test_params all_comparisons(void) {
    return list_comparisons(false);
}

static struct criterion_test_params value_comparisons(void) {
    return list_comparisons(true);
}

/* The network under test with its two evaluators. */
typedef struct bench {
    parity_network network;
    tau_pool *pool;
    tau_evaluator *reference, *subject;
    double loss;    /* tolerance */
    size_t classes; /* that the network decides between; less than 2: none */
    char label[128];
} bench;

static void succeed(tau_status status, const char *label) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s: %s", label, tau_error_last()->what, tau_error_last()->why);
}

static size_t output_size(const bench *b) {
    const tau_graph *graph = b->network.graph;
    return b->network.samples->count * tau_shape_size(&graph->values[graph->output].shape);
}

static void create_evaluators(bench *b, const comparison *c) {
    b->classes = tau_loss_class_count(b->network.loss, output_size(b) / b->network.samples->count);
    const bool confusion = b->classes > 1;
    const tau_evaluator_options reference = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = b->network.loss, .confusion = confusion};
    const tau_evaluator_options subject = {.backend = c->subject.backend,
                                           .precision = c->subject.precision,
                                           .loss = b->network.loss,
                                           .confusion = confusion};
    succeed(tau_evaluator_create(&b->reference, b->network.graph, b->network.samples, &reference, b->pool),
            b->label);
    succeed(tau_evaluator_create(&b->subject, b->network.graph, b->network.samples, &subject, b->pool),
            b->label);
}

static void set_up(bench *b, const comparison *c) {
    *b = (bench){0};
    parity_backends_register();
    succeed(parity_network_create(&b->network, c->network), "network");
    b->loss = c->subject.loss;
    snprintf(b->label, sizeof b->label, "%s on %s, %s", b->network.name, c->subject.backend,
             tau_precision_name(c->subject.precision));
    succeed(tau_pool_create(&b->pool, 2), b->label);
    create_evaluators(b, c);
}

static void tear_down(bench *b) {
    tau_evaluator_destroy(b->reference);
    tau_evaluator_destroy(b->subject);
    tau_pool_destroy(b->pool);
    parity_network_clear(&b->network);
}

static double largest(const float *values, size_t count) {
    double max = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]) && fabs(values[i]) > max) max = fabs(values[i]);
    return max;
}

static bool same_kind(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return isinf(a) || isinf(b) ? a == b : true;
}

static void assert_close(const bench *b, const char *what, const float *actual, const float *expected,
                         size_t count) {
    double allowed = b->network.tolerance * largest(expected, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert(same_kind(actual[i], expected[i]), "%s: %s[%zu] is %g, not %g", b->label, what, i,
                  actual[i], expected[i]);
        if (!isfinite(expected[i])) continue;
        cr_assert_leq(fabs((double)actual[i] - expected[i]), allowed, "%s: %s[%zu] is %.9g, not %.9g (%.1e)",
                      b->label, what, i, actual[i], expected[i], allowed);
    }
}

static void capture(const bench *b, float **expected, float **actual) {
    const parity_network *n = &b->network;
    *expected = calloc(output_size(b), sizeof(float));
    *actual = calloc(output_size(b), sizeof(float));
    succeed(
        tau_evaluator_capture(b->reference, n->theta[0], n->buffers[0], n->graph->output, *expected, NULL),
        b->label);
    succeed(tau_evaluator_capture(b->subject, n->theta[0], n->buffers[0], n->graph->output, *actual, NULL),
            b->label);
}

ParameterizedTestParameters(parity, outputs_agree) {
    return value_comparisons();
}

ParameterizedTest(const comparison *c, parity, outputs_agree) {
    bench b;
    float *expected, *actual;
    set_up(&b, c);
    capture(&b, &expected, &actual);
    assert_close(&b, "output", actual, expected, output_size(&b));
    free(expected), free(actual);
    tear_down(&b);
}

/* A tie may decide one sample's class otherwise. */
static void assert_points(const bench *b, const tau_point *actual, const tau_point *expected, size_t count) {
    double one_sample = 1.0 / (double)b->network.samples->count + 1e-12;
    for (size_t i = 0; i < count; i++) {
        cr_assert(same_kind(actual[i].loss, expected[i].loss), "%s: loss[%zu] is %g, not %g", b->label, i,
                  actual[i].loss, expected[i].loss);
        cr_assert(same_kind(actual[i].accuracy, expected[i].accuracy), "%s: accuracy[%zu]", b->label, i);
        cr_assert_neq(actual[i].precision, TAU_PRECISION_NONE, "%s", b->label);
        if (!isfinite(expected[i].loss)) continue;
        double allowed = b->loss * (1 + fabs(expected[i].loss));
        cr_assert_leq(fabs(actual[i].loss - expected[i].loss), allowed, "%s: loss[%zu] is %.12g, not %.12g",
                      b->label, i, actual[i].loss, expected[i].loss);
        cr_assert_leq(fabs(actual[i].loss_se - expected[i].loss_se), 2 * allowed,
                      "%s: standard error[%zu] is %.12g, not %.12g", b->label, i, actual[i].loss_se,
                      expected[i].loss_se);
        if (!isnan(expected[i].accuracy))
            cr_assert_leq(fabs(actual[i].accuracy - expected[i].accuracy), one_sample, "%s: accuracy[%zu]",
                          b->label, i);
    }
}

/* Every sample is counted once, in the row of its class, and the diagonal is the accuracy. The counts are
 * those of the reference but for one sample: two cells. */
static void assert_counts(const bench *b, const tau_point *actual, const uint64_t *counts,
                          const uint64_t *expected, size_t points) {
    const size_t classes = b->classes, size = tau_confusion_size(classes);
    const double samples = (double)b->network.samples->count;
    for (size_t p = 0; p < points; p++) {
        const uint64_t *matrix = counts + p * size;
        double all = 0, right = 0, apart = 0;
        for (size_t i = 0; i < size; i++) {
            all += (double)matrix[i];
            apart += fabs((double)matrix[i] - (double)expected[p * size + i]);
        }
        for (size_t k = 0; k < classes; k++) right += (double)matrix[k * (classes + 1)];
        cr_assert_eq(all, samples, "%s: %g of %g samples are counted at point %zu", b->label, all, samples,
                     p);
        cr_assert_float_eq(right / samples, actual[p].accuracy, 1e-12, "%s: %g right at point %zu", b->label,
                           right, p);
        cr_assert_leq(apart, 2, "%s: %g counts differ at point %zu", b->label, apart, p);
    }
}

/* Room for the counts of points, or NULL where the network tells no classes apart. */
static uint64_t *new_counts(const bench *b, size_t points) {
    return b->classes > 1 ? calloc(points * tau_confusion_size(b->classes), sizeof(uint64_t)) : NULL;
}

static void plane(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1, c[1] = alpha, c[2] = beta;
}

static void compare_tile(bench *b, bool move_buffers) {
    const double alpha[] = {-1, 0, 0.5}, beta[] = {0, 0.75};
    const tau_tile tile = {alpha, b->network.large ? 2 : 3, beta, 2};
    tau_basis basis = {.count = PARITY_BASIS, .move_buffers = move_buffers, .coefficients = plane};
    for (int k = 0; k < PARITY_BASIS; k++) {
        basis.theta[k] = b->network.theta[k];
        basis.buffers[k] = b->network.buffers[k];
    }
    tau_point expected[6], actual[6];
    succeed(tau_evaluator_set_basis(b->reference, &basis), b->label);
    succeed(tau_evaluator_set_basis(b->subject, &basis), b->label);
    uint64_t *counts[] = {new_counts(b, 6), new_counts(b, 6)};
    succeed(tau_evaluator_tile(b->reference, &tile, expected, counts[0], NULL), b->label);
    succeed(tau_evaluator_tile(b->subject, &tile, actual, counts[1], NULL), b->label);
    assert_points(b, actual, expected, tile.columns * tile.rows);
    if (counts[0]) assert_counts(b, actual, counts[1], counts[0], tile.columns * tile.rows);
    free(counts[0]), free(counts[1]);
}

ParameterizedTestParameters(parity, tiles_agree) {
    return all_comparisons();
}

ParameterizedTest(const comparison *c, parity, tiles_agree) {
    bench b;
    set_up(&b, c);
    compare_tile(&b, false);
    if (b.network.graph->buffer_size > 0) compare_tile(&b, true);
    tear_down(&b);
}

ParameterizedTestParameters(parity, states_agree) {
    return all_comparisons();
}

ParameterizedTest(const comparison *c, parity, states_agree) {
    bench b;
    set_up(&b, c);
    const parity_network *n = &b.network;
    const float *theta[] = {n->theta[0], n->theta[1]}, *buffers[] = {n->buffers[0], n->buffers[0]};
    tau_point expected[2], actual[2];
    uint64_t *counts[] = {new_counts(&b, 2), new_counts(&b, 2)};
    succeed(tau_evaluator_states(b.reference, 2, theta, buffers, expected, counts[0], NULL), b.label);
    succeed(tau_evaluator_states(b.subject, 2, theta, buffers, actual, counts[1], NULL), b.label);
    const size_t compared = strncmp(n->name, "div_", 4) == 0 ? 1 : 2; /* at delta denominators come near 0 */
    assert_points(&b, actual, expected, compared);
    if (counts[0]) assert_counts(&b, actual, counts[1], counts[0], compared);
    free(counts[0]), free(counts[1]);
    tear_down(&b);
}

static void gradient_of(tau_evaluator *evaluator, const bench *b, bool training, float *gradient,
                        float *buffers, tau_batch_result *result) {
    const parity_network *n = &b->network;
    uint32_t indices[8];
    size_t count = n->samples->count < 7 ? n->samples->count : 7;
    for (size_t i = 0; i < count; i++) indices[i] = (uint32_t)(count - 1 - i);
    const tau_batch batch = {indices, count, training, .seed = 11, .step = 3};
    memcpy(buffers, n->buffers[0], n->graph->buffer_size * sizeof *buffers);
    succeed(tau_evaluator_gradient(evaluator, n->theta[0], buffers, &batch, gradient, result), b->label);
}

static void compare_gradients(const bench *b, bool training) {
    size_t p = b->network.graph->theta_size, q = b->network.graph->buffer_size;
    float *gradient[2], *buffers[2];
    tau_batch_result result[2];
    for (int i = 0; i < 2; i++) {
        gradient[i] = calloc(p + 1, sizeof(float));
        buffers[i] = calloc(q + 1, sizeof(float));
        gradient_of(i ? b->subject : b->reference, b, training, gradient[i], buffers[i], &result[i]);
    }
    assert_close(b, training ? "training gradient" : "gradient", gradient[1], gradient[0], p);
    assert_close(b, "running statistics", buffers[1], buffers[0], q);
    cr_assert_leq(fabs(result[1].loss - result[0].loss), 2e-6 * (1 + fabs(result[0].loss)), "%s: loss",
                  b->label);
    for (int i = 0; i < 2; i++) free(gradient[i]), free(buffers[i]);
}

ParameterizedTestParameters(parity, gradients_agree) {
    return value_comparisons();
}

ParameterizedTest(const comparison *c, parity, gradients_agree) {
    bench b;
    set_up(&b, c);
    compare_gradients(&b, false);
    compare_gradients(&b, true);
    tear_down(&b);
}

static const float strange[] = {NAN, INFINITY, -INFINITY};

/* One strange number in sample 1: it must reach the same outputs in exact. In fine, where work is shared, no
 * sample that is not finite may look finite, and no other sample may be touched. */
static void compare_strange_input(bench *b, const comparison *c, float number) {
    size_t size = tau_shape_size(&b->network.samples->input_shape),
           per_sample = output_size(b) / b->network.samples->count;
    b->network.samples->inputs[size + size / 2] = number;
    tau_evaluator_destroy(b->reference);
    tau_evaluator_destroy(b->subject);
    create_evaluators(b, c);
    float *expected, *actual;
    capture(b, &expected, &actual);
    if (c->subject.precision == TAU_PRECISION_EXACT) {
        assert_close(b, "output", actual, expected, output_size(b));
    } else {
        for (size_t i = 0; i < output_size(b); i++) {
            bool touched = i / per_sample == 1;
            cr_assert(isfinite(expected[i]) || !isfinite(actual[i]), "%s: output[%zu] hides %g", b->label, i,
                      expected[i]);
            cr_assert(touched || isfinite(actual[i]), "%s: output[%zu] of another sample", b->label, i);
        }
    }
    free(expected), free(actual);
}

ParameterizedTestParameters(parity, non_finite_inputs_travel) {
    return value_comparisons();
}

ParameterizedTest(const comparison *c, parity, non_finite_inputs_travel) {
    bench b;
    set_up(&b, c);
    for (size_t i = 0; !b.network.large && i < sizeof strange / sizeof *strange; i++)
        compare_strange_input(&b, c, strange[i]);
    tear_down(&b);
}

ParameterizedTestParameters(parity, non_finite_weights_travel) {
    return all_comparisons();
}

/* A NaN weight makes the loss NaN everywhere. An infinite one need not give the same kind: a backend may
 * multiply the zeros of padding with it or fold it into a scale (0·inf = NaN). Where the reference is not
 * finite nobody is, and two finite losses agree. */
static void assert_infinite_weight(const bench *b, const tau_point *actual, const tau_point *expected) {
    if (isfinite(expected->loss) && isfinite(actual->loss))
        assert_points(b, actual, expected, 1);
    else
        cr_assert(!isfinite(actual->loss), "%s: loss is %g, not %g", b->label, actual->loss, expected->loss);
}

ParameterizedTest(const comparison *c, parity, non_finite_weights_travel) {
    bench b;
    set_up(&b, c);
    parity_network *n = &b.network;
    for (size_t i = 0; n->graph->theta_size > 0 && i < sizeof strange / sizeof *strange; i++) {
        n->theta[0][n->graph->theta_size / 2] = strange[i];
        const float *theta[] = {n->theta[0]}, *buffers[] = {n->buffers[0]};
        tau_point expected, actual;
        succeed(tau_evaluator_states(b.reference, 1, theta, buffers, &expected, NULL, NULL), b.label);
        succeed(tau_evaluator_states(b.subject, 1, theta, buffers, &actual, NULL, NULL), b.label);
        if (isnan(strange[i]))
            assert_points(&b, &actual, &expected, 1);
        else
            assert_infinite_weight(&b, &actual, &expected);
    }
    tear_down(&b);
}
