/* Points that do not fit FP16, and points that are not finite, are run again in FP32. */
#include "fixture.h"

/* An engine that runs another and marks every third network of a chunk. */
enum { OUTPUTS = 4 };

typedef struct marking {
    tau_cuda_engine base;
    tau_cuda_engine *inner;
} marking;

static size_t marking_memory(const tau_cuda_engine *base, int points, int samples) {
    tau_cuda_engine *inner = ((const marking *)base)->inner;
    return inner->memory(inner, points, samples);
}

static void marking_bind(tau_cuda_engine *base, void *memory, int points, int samples) {
    tau_cuda_engine *inner = ((marking *)base)->inner;
    inner->bind(inner, memory, points, samples);
}

static tau_status marking_load(tau_cuda_engine *base, const tau_cuda_chunk *chunk, cudaStream_t stream) {
    tau_cuda_engine *inner = ((marking *)base)->inner;
    for (int p = 0; p < chunk->points; p += 3)
        TAU_CUDA_TRY(cudaMemsetAsync(chunk->overflow + p, 1, 1, stream));
    return inner->load(inner, chunk, stream);
}

static tau_status marking_run(tau_cuda_engine *base, const tau_cuda_chunk *chunk, size_t first, int samples,
                              const float **output, int *row_samples, cudaStream_t stream) {
    tau_cuda_engine *inner = ((marking *)base)->inner;
    TAU_TRY(inner->run(inner, chunk, first, samples, output, row_samples, stream));
    /* What overflowed may hold anything. */
    for (int p = 0; p < chunk->points; p += 3)
        TAU_CUDA_TRY(cudaMemsetAsync((float *)*output + (size_t)p * (size_t)*row_samples * OUTPUTS, 7,
                                     sizeof(float), stream));
    return TAU_STATUS_OK;
}

static void marking_destroy(tau_cuda_engine *base) {
    tau_cuda_engine *inner = ((marking *)base)->inner;
    inner->destroy(inner);
}

static marking marked;

static void mark_third_points(fixture *f) {
    marked = (marking){.base = {.memory = marking_memory,
                                .bind = marking_bind,
                                .load = marking_load,
                                .run = marking_run,
                                .destroy = marking_destroy},
                       .inner = f->plan->main.engine};
    f->plan->main.engine = &marked.base;
    f->plan->main.precision = TAU_PRECISION_FAST;
    f->plan->main.laid_out = false;
}

static void compare_marked(int points, int samples) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    fixture_run(&f, expected);
    mark_third_points(&f);
    for (int run = 0; run < 2; run++) {
        fixture_limit(&f, points, samples);
        fixture_run(&f, actual);
        const int chunk = f.plan->main.points;
        for (int i = 0; i < FIXTURE_POINTS; i++)
            expected[i].precision = i % chunk % 3 == 0 ? TAU_PRECISION_EXACT : TAU_PRECISION_FAST;
        assert_same_points(actual, expected, FIXTURE_POINTS);
    }
    fixture_clear(&f);
}

Test(again, points_that_overflow_are_exact_and_say_so) {
    compare_marked(64, 0);
    compare_marked(7, 8);
    compare_marked(1, 0);
}

Test(again, the_second_engine_is_made_when_it_is_needed) {
    fixture f;
    tau_point points[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_FAST);
    fixture_run(&f, points);
    for (int i = 0; i < FIXTURE_POINTS; i++) cr_assert_eq(points[i].precision, TAU_PRECISION_FAST);
    cr_assert_null(f.plan->again.engine);
    f.model->theta[0] = NAN;
    fixture_set_basis(&f, false);
    fixture_run(&f, points);
    cr_assert_not_null(f.plan->again.engine);
    for (int i = 0; i < FIXTURE_POINTS; i++) {
        cr_assert(isnan(points[i].loss));
        cr_assert_eq(points[i].precision, TAU_PRECISION_EXACT);
    }
    fixture_clear(&f);
}

/* Values between the layers that FP16 cannot hold, and a loss that FP32 can. */
static void compare_large(tau_precision precision) {
    fixture f;
    tau_point exact[FIXTURE_POINTS], points[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    const tau_graph *graph = f.model->graph;
    for (int t = 0; t < graph->parameter_count; t++) {
        const tau_parameter *tensor = &graph->parameters[t];
        const float scale = t == 0 ? 1e5f : t == 2 ? 1e-5f : 1;
        for (size_t i = 0; i < tau_shape_size(&tensor->shape); i++)
            f.model->theta[tensor->offset + i] *= scale;
    }
    fixture_set_basis(&f, false);
    fixture_run(&f, exact);
    tau_cuda_plan_destroy(f.plan);
    const tau_plan_request request = fixture_request(&f, precision);
    succeed(tau_cuda_plan_create(&f.plan, &request));
    fixture_set_basis(&f, false);
    fixture_run(&f, points);
    assert_same_points(points, exact, FIXTURE_POINTS);
    fixture_clear(&f);
}

Test(again, a_network_too_large_for_half_precision_is_computed_exactly) {
    compare_large(TAU_PRECISION_FAST);
    compare_large(TAU_PRECISION_FINE);
}

Test(again, states_are_run_again_too) {
    fixture f;
    tau_point points[3];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_FAST);
    float *broken = random_like(f.model->theta, f.model->graph->theta_size, 9);
    broken[3] = INFINITY;
    const float *theta[] = {f.model->theta, broken, f.model->theta};
    succeed(tau_cuda_evaluate_states(f.plan, 3, theta, NULL, points, NULL, NULL));
    cr_assert_eq(points[0].precision, TAU_PRECISION_FAST);
    cr_assert_eq(points[1].precision, TAU_PRECISION_EXACT);
    assert_same_points(&points[2], &points[0], 1);
    tau_mem_free(broken);
    fixture_clear(&f);
}
