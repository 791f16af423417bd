/* The same bits for any number of threads and any tile. */
#include <string.h>

#include "backend_cpu/fixture.h"

enum { SAMPLES = 173, SIDE = 8, POINTS = SIDE * SIDE };

static const char *const names[] = {"lenet5", "mlp:100-70-10:relu", "mlp:4-9-3:tanh"};

/* All points, cut into tiles of so many columns of one row; 0 = one tile. */
static void evaluate(const fixture *f, tau_precision precision, int threads, size_t columns, tau_point *out) {
    tau_pool *pool;
    succeed(tau_pool_create(&pool, threads));
    tau_evaluator *evaluator = fixture_evaluator(f, precision, pool);
    const tau_basis basis = fixture_basis(f);
    succeed(tau_evaluator_set_basis(evaluator, &basis));
    double axis[SIDE];
    for (int i = 0; i < SIDE; i++) axis[i] = 0.2 * i - 0.6;
    if (columns == 0)
        succeed(tau_evaluator_tile(evaluator, &(tau_tile){axis, SIDE, axis, SIDE}, out, NULL, NULL));
    for (size_t row = 0; columns && row < SIDE; row++)
        for (size_t c = 0; c < SIDE; c += columns) {
            const tau_tile tile = {axis + c, SIDE - c < columns ? SIDE - c : columns, axis + row, 1};
            succeed(tau_evaluator_tile(evaluator, &tile, out + row * SIDE + c, NULL, NULL));
        }
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
}

static void expect_same(const tau_point *a, const tau_point *b, const char *what) {
    for (size_t i = 0; i < POINTS; i++)
        cr_assert(memcmp(&a[i].loss, &b[i].loss, sizeof a->loss) == 0 &&
                      memcmp(&a[i].loss_se, &b[i].loss_se, sizeof a->loss) == 0 &&
                      a[i].accuracy == b[i].accuracy,
                  "%s: point %zu", what, i);
}

Test(test_determinism, points_do_not_depend_on_threads_or_tiles) {
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        fixture f;
        fixture_create(&f, names[n], SAMPLES);
        for (tau_precision p = TAU_PRECISION_EXACT; p <= TAU_PRECISION_FINE; p++) {
            tau_point one[POINTS], other[POINTS];
            evaluate(&f, p, 1, 0, one);
            for (int threads = 2; threads <= 3; threads++) {
                evaluate(&f, p, threads, 0, other);
                expect_same(one, other, names[n]);
            }
            for (size_t columns = 1; columns <= 7; columns += 6) {
                evaluate(&f, p, 3, columns, other);
                expect_same(one, other, names[n]);
            }
        }
        fixture_clear(&f);
    }
}

static float *gradient_of(const fixture *f, int threads, float *buffers, tau_batch_result *result) {
    tau_pool *pool;
    succeed(tau_pool_create(&pool, threads));
    tau_evaluator *evaluator = fixture_evaluator(f, TAU_PRECISION_FINE, pool);
    uint32_t indices[64];
    for (uint32_t i = 0; i < 64; i++) indices[i] = i * 7 % (uint32_t)f->samples->count;
    float *gradient;
    succeed(TAU_ALLOC(gradient, f->model->graph->theta_size));
    memcpy(buffers, f->model->buffers, f->model->graph->buffer_size * sizeof *buffers);
    const tau_batch batch = {indices, f->samples->count < 64 ? f->samples->count : 64, true, 3, 4};
    succeed(tau_evaluator_gradient(evaluator, f->model->theta, buffers, &batch, gradient, result));
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    return gradient;
}

static void expect_same_gradients(const char *name, size_t samples) {
    fixture f;
    fixture_create(&f, name, samples);
    const size_t theta = f.model->graph->theta_size * sizeof(float);
    const size_t buffers = f.model->graph->buffer_size * sizeof(float);
    float *running[2];
    tau_batch_result results[2];
    for (int i = 0; i < 2; i++) succeed(TAU_ALLOC(running[i], f.model->graph->buffer_size));
    float *one = gradient_of(&f, 1, running[0], &results[0]);
    for (int threads = 2; threads <= 3; threads++) {
        float *other = gradient_of(&f, threads, running[1], &results[1]);
        cr_assert(memcmp(one, other, theta) == 0, "%s: gradient", name);
        cr_assert(memcmp(running[0], running[1], buffers) == 0, "%s: running statistics", name);
        cr_assert(results[0].loss == results[1].loss, "%s: loss", name);
        tau_mem_free(other);
    }
    tau_mem_free(one);
    tau_mem_free(running[0]);
    tau_mem_free(running[1]);
    fixture_clear(&f);
}

Test(test_determinism, gradients_do_not_depend_on_threads) {
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) expect_same_gradients(names[n], SAMPLES);
    expect_same_gradients("resnet20", 9);
}
