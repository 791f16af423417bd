/* The reference against PyTorch in double: golden.txt, written by make_golden.py. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parity/backends.h"
#include "parity/networks.h"

enum { LINE_MAX_BYTES = 4096 };

/* Losses are handed out in double; outputs and gradients are rounded to FP32 once. */
static const double loss_tolerance = 1e-12, rounding = 0x1p-24;

/* What the reference gives for the case at hand. */
typedef struct answers {
    parity_network network;
    tau_pool *pool;
    tau_evaluator *evaluator;
    float *output, *gradient, *running;
    size_t output_size;
    double loss;
    bool training;
} answers;

static void succeed(tau_status status, const char *label) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s: %s", label, tau_error_last()->what, tau_error_last()->why);
}

static int find_case(const char *name) {
    for (int i = 0; parity_case_get(i); i++)
        if (strcmp(parity_case_get(i)->name, name) == 0) return i;
    cr_assert_fail("the parity table has no case \"%s\"", name);
    return -1;
}

static void compute_points(answers *a) {
    const parity_network *n = &a->network;
    const float *theta[] = {n->theta[0]}, *buffers[] = {n->buffers[0]};
    tau_point point;
    succeed(tau_evaluator_states(a->evaluator, 1, theta, buffers, &point, NULL, NULL), n->name);
    succeed(tau_evaluator_capture(a->evaluator, theta[0], buffers[0], n->graph->output, a->output, NULL),
            n->name);
    a->loss = point.loss;
}

static void compute_gradient(answers *a) {
    const uint32_t indices[] = {0, 1, 2, 3, 4};
    const tau_batch batch = {indices, a->network.samples->count, a->training, 0, 0};
    tau_batch_result result;
    memcpy(a->running, a->network.buffers[0], a->network.graph->buffer_size * sizeof(float));
    succeed(
        tau_evaluator_gradient(a->evaluator, a->network.theta[0], a->running, &batch, a->gradient, &result),
        a->network.name);
    if (a->training) a->loss = result.loss;
}

static void compute(answers *a, const char *name, bool training) {
    succeed(parity_network_create(&a->network, 2 * find_case(name) + 1), name);
    const tau_graph *graph = a->network.graph;
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = a->network.loss};
    succeed(tau_evaluator_create(&a->evaluator, graph, a->network.samples, &options, a->pool), name);
    a->output_size = a->network.samples->count * tau_shape_size(&graph->values[graph->output].shape);
    a->output = calloc(a->output_size, sizeof(float));
    a->gradient = calloc(graph->theta_size, sizeof(float));
    a->running = calloc(graph->buffer_size + 1, sizeof(float));
    a->training = training;
    compute_points(a);
    compute_gradient(a);
}

static void release(answers *a) {
    tau_evaluator_destroy(a->evaluator);
    parity_network_clear(&a->network);
    free(a->output), free(a->gradient), free(a->running);
    *a = (answers){.pool = a->pool};
}

static void compare(const answers *a, const char *key, const float *actual, size_t size, char *numbers) {
    size_t count = strtoul(numbers, &numbers, 10), stride = strtoul(numbers, &numbers, 10);
    cr_assert_eq(count, size, "%s: %zu values of %s, not %zu", a->network.name, size, key, count);
    for (size_t i = 0; i < count; i += stride) {
        double expected = strtod(numbers, &numbers);
        cr_assert_leq(fabs(actual[i] - expected), rounding * fabs(expected) + 1e-15,
                      "%s: %s[%zu] is %.9g, not %.17g", a->network.name, key, i, actual[i], expected);
    }
}

static void compare_loss(const answers *a, char *numbers) {
    double expected;
    cr_assert_eq(sscanf(numbers, "%*u %*u %lf", &expected), 1);
    cr_assert_leq(fabs(a->loss - expected), loss_tolerance * (1 + fabs(expected)),
                  "%s: the loss is %.17g, not %.17g", a->network.name, a->loss, expected);
}

static void check_line(answers *a, char *line, int *cases) {
    char *rest = strchr(line, ' ');
    if (!rest || line[0] == '#') return;
    *rest++ = '\0';
    rest[strcspn(rest, "\n")] = '\0';
    if (strcmp(line, "case") == 0) {
        char *mode = strstr(rest, " training");
        if (mode) *mode = '\0';
        release(a);
        compute(a, rest, mode != NULL);
        ++*cases;
    } else if (strcmp(line, "loss") == 0) {
        compare_loss(a, rest);
    } else if (strcmp(line, "gradient") == 0) {
        compare(a, line, a->gradient, a->network.graph->theta_size, rest);
    } else if (strcmp(line, "running") == 0) {
        compare(a, line, a->running, a->network.graph->buffer_size, rest);
    } else if (!a->training) { /* the evaluator hands out no outputs of training */
        cr_assert_str_eq(line, "output");
        compare(a, line, a->output, a->output_size, rest);
    }
}

Test(golden, reference_agrees_with_pytorch) {
    char line[LINE_MAX_BYTES];
    int cases = 0;
    answers a = {0};
    parity_backends_register();
    succeed(tau_pool_create(&a.pool, 2), "pool");
    FILE *file = fopen(PARITY_GOLDEN, "r");
    cr_assert_not_null(file, "cannot open %s", PARITY_GOLDEN);
    while (fgets(line, sizeof line, file)) check_line(&a, line, &cases);
    cr_assert_gt(cases, 60);
    fclose(file);
    release(&a);
    tau_pool_destroy(a.pool);
}
