/* However a tile is cut into chunks and blocks, the bits are the same. */
#include "fixture.h"

static void compare_cuts(const char *model, size_t samples, tau_precision precision, bool move_buffers) {
    static const int cuts[][2] = {{1, 0}, {3, 8}, {64, 16}, {1, 8}, {2, 24}, {64, 8}};
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, model, samples, precision);
    fixture_set_basis(&f, move_buffers);
    fixture_run(&f, expected);
    cr_assert_eq(f.plan->main.points, FIXTURE_POINTS);
    cr_assert_geq(f.plan->main.samples, (int)samples);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        fixture_limit(&f, cuts[i][0], cuts[i][1]);
        fixture_run(&f, actual);
        cr_assert_leq(f.plan->main.points, cuts[i][0]);
        if (cuts[i][1]) cr_assert_leq(f.plan->main.samples, cuts[i][1]);
        assert_same_points(actual, expected, FIXTURE_POINTS);
    }
    fixture_clear(&f);
}

Test(chunks, bits_of_exact_are_the_same_for_any_cut) {
    compare_cuts("mlp:12-9-4:tanh", 37, TAU_PRECISION_EXACT, false);
}

Test(chunks, bits_of_fine_are_the_same_for_any_cut) {
    compare_cuts("mlp:12-9-4:tanh", 37, TAU_PRECISION_FINE, false);
}

Test(chunks, bits_of_fast_are_the_same_for_any_cut) {
    compare_cuts("mlp:12-9-4:tanh", 37, TAU_PRECISION_FAST, false);
}

Test(chunks, bits_of_a_convolutional_network_are_the_same_for_any_cut) {
    compare_cuts("lenet5", 9, TAU_PRECISION_EXACT, false);
    compare_cuts("lenet5", 9, TAU_PRECISION_FAST, false);
}

Test(chunks, two_runs_give_the_same_bits) {
    fixture f;
    tau_point first[FIXTURE_POINTS], second[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 37, TAU_PRECISION_FAST);
    fixture_run(&f, first);
    fixture_run(&f, second);
    assert_same_points(second, first, FIXTURE_POINTS);
    fixture_set_basis(&f, false);
    fixture_run(&f, second);
    assert_same_points(second, first, FIXTURE_POINTS);
    fixture_clear(&f);
}

Test(chunks, threads_in_any_order_give_the_same_bits) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_FAST);
    fixture_run(&f, expected);
    cr_assert(emulation_set_schedule("shuffled:7"));
    fixture_run(&f, actual);
    assert_same_points(actual, expected, FIXTURE_POINTS);
    fixture_clear(&f);
}

Test(chunks, points_of_a_tile_follow_its_rows) {
    fixture f;
    tau_point all[FIXTURE_POINTS], one;
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    fixture_run(&f, all);
    const tau_tile tile = fixture_tile();
    for (size_t i = 0; i < FIXTURE_POINTS; i++) {
        const tau_tile single = {&tile.alpha[i % FIXTURE_COLUMNS], 1, &tile.beta[i / FIXTURE_COLUMNS], 1};
        succeed(tau_cuda_evaluate_tile(f.plan, &single, &one, NULL, NULL));
        assert_same_points(&one, &all[i], 1);
    }
    fixture_clear(&f);
}

/* States that are points of the slice, in the network's FP32 parameters. */
static void compare_states(tau_precision precision, int points) {
    fixture f;
    tau_point from_tile[FIXTURE_POINTS], from_states[3];
    fixture_create(&f, "mlp:12-9-4:relu", 19, precision);
    const double alpha[] = {0, 1, -1}, beta = 0;
    const size_t size = f.model->graph->theta_size;
    const tau_tile tile = {alpha, 3, &beta, 1};
    float *theta[3];
    for (int s = 0; s < 3; s++) {
        succeed(TAU_ALLOC(theta[s], size));
        for (size_t i = 0; i < size; i++)
            theta[s][i] = (float)((double)f.model->theta[i] + alpha[s] * (double)f.directions[0][i]);
    }
    fixture_limit(&f, points, 0);
    succeed(tau_cuda_evaluate_tile(f.plan, &tile, from_tile, NULL, NULL));
    succeed(tau_cuda_evaluate_states(f.plan, 3, (const float *const[]){theta[0], theta[1], theta[2]}, NULL,
                                     from_states, NULL, NULL));
    assert_same_points(from_states, from_tile, 3);
    succeed(tau_cuda_evaluate_tile(f.plan, &tile, from_tile, NULL, NULL));
    assert_same_points(from_states, from_tile, 3);
    for (int s = 0; s < 3; s++) tau_mem_free(theta[s]);
    fixture_clear(&f);
}

Test(chunks, states_are_the_tile_at_the_same_parameters) {
    compare_states(TAU_PRECISION_EXACT, 64);
    compare_states(TAU_PRECISION_EXACT, 2);
}

Test(chunks, recorded_launches_give_the_same_bits) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_FAST);
    fixture_limit(&f, 2, 8);
    f.plan->main.graphs_refused = true;
    fixture_run(&f, expected);
    cr_assert_null(f.plan->main.graphs[0]);
    f.plan->main.graphs_refused = false;
    fixture_run(&f, actual);
    cr_assert_not_null(f.plan->main.graphs[0], "nothing was recorded");
    cr_assert_not_null(f.plan->main.graphs[1]);
    assert_same_points(actual, expected, FIXTURE_POINTS);
    fixture_set_basis(&f, false);
    fixture_run(&f, actual);
    assert_same_points(actual, expected, FIXTURE_POINTS);
    fixture_clear(&f);
}

Test(chunks, a_slice_of_other_vectors_is_not_the_recorded_one) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    const tau_basis one = {1, {NULL}, {NULL}, false, plane};
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    fixture_limit(&f, 1, 8);
    fixture_run(&f, expected);
    cr_assert_not_null(f.plan->main.graphs[0]);
    tau_basis centre = one;
    centre.theta[0] = f.model->theta;
    centre.buffers[0] = f.model->buffers;
    succeed(tau_cuda_plan_set_basis(f.plan, &centre));
    fixture_run(&f, actual);
    for (size_t i = 0; i < FIXTURE_POINTS; i++)
        assert_same_points(&actual[i], &expected[FIXTURE_COLUMNS + 3], 1); /* alpha = beta = 0 */
    fixture_clear(&f);
}

enum { CLASSES = 4, COUNTS = CLASSES * (CLASSES + 1), COUNTED = 9 };

/* The last points are beyond the reach of FP16: what the first pass counted there must not stay. */
static void count(const fixture *f, tau_point points[COUNTED], uint64_t counts[COUNTED * COUNTS]) {
    static const double alpha[COUNTED] = {-1, -0.5, -0.25, 0, 0.125, 0.5, 1, 1e6, 2e6}, beta = 0.25;
    for (int i = 0; i < COUNTED * COUNTS; i++) counts[i] = 77;
    succeed(tau_cuda_evaluate_tile(f->plan, &(tau_tile){alpha, COUNTED, &beta, 1}, points, counts, NULL));
}

static void assert_counts_are_whole(const fixture *f, const tau_point *points, const uint64_t *counts) {
    for (size_t p = 0; p < COUNTED; p++) {
        const uint64_t *matrix = counts + p * COUNTS;
        uint64_t all = 0, right = 0;
        for (size_t i = 0; i < COUNTS; i++) all += matrix[i];
        for (size_t k = 0; k < CLASSES; k++) right += matrix[k * (CLASSES + 1)];
        cr_assert_eq(all, f->samples->count, "%zu samples are counted at point %zu", (size_t)all, p);
        cr_assert_float_eq(points[p].accuracy, (double)right / (double)all, 1e-12, "point %zu", p);
    }
}

static void compare_counts(tau_precision precision) {
    static const int limits[][2] = {{1, 8}, {2, 16}, {3, 0}};
    fixture f;
    tau_point points[COUNTED];
    uint64_t expected[COUNTED * COUNTS], actual[COUNTED * COUNTS];
    fixture_create_model(&f, "mlp:12-9-4:relu", 19);
    tau_plan_request request = fixture_request(&f, precision);
    request.classes = CLASSES;
    succeed(tau_cuda_plan_create(&f.plan, &request));
    fixture_set_basis(&f, false);
    count(&f, points, expected);
    cr_assert_eq(points[COUNTED - 1].precision, TAU_PRECISION_EXACT);
    assert_counts_are_whole(&f, points, expected);
    for (int i = 0; i < 3; i++) {
        fixture_limit(&f, limits[i][0], limits[i][1]);
        count(&f, points, actual);
        for (int k = 0; k < COUNTED * COUNTS; k++)
            cr_assert_eq(actual[k], expected[k], "%s, %d networks at once: count %d",
                         tau_precision_name(precision), limits[i][0], k);
        if (i == 0) cr_assert_not_null(f.plan->main.graphs[0], "nothing was recorded");
    }
    fixture_clear(&f);
}

Test(chunks, confusion_counts_do_not_depend_on_chunks_and_recordings) {
    compare_counts(TAU_PRECISION_EXACT);
    compare_counts(TAU_PRECISION_FINE);
    compare_counts(TAU_PRECISION_FAST);
}

Test(chunks, counts_of_many_classes_make_chunks_smaller) {
    cr_assert_eq(tau_cuda_lane_most_points(0), TAU_CUDA_POINTS_MAX);
    cr_assert_eq(tau_cuda_lane_most_points(10), TAU_CUDA_POINTS_MAX);
    cr_assert_eq(tau_cuda_lane_most_points(1000), 16, "of 1,001,000 counts each");
    cr_assert_eq(tau_cuda_lane_most_points(100000), 1);
}

Test(chunks, launches_that_cannot_be_recorded_are_made_one_by_one) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_FAST);
    fixture_run(&f, expected);
    static const char *const calls[] = {"cudaStreamBeginCapture", "cudaStreamEndCapture",
                                        "cudaGraphInstantiate"};
    for (int i = 0; i < 3; i++) {
        fixture_limit(&f, 1, 0);
        f.plan->main.graphs_refused = false;
        emulation_fail(calls[i], 1, cudaErrorNotSupported);
        fixture_run(&f, actual);
        cr_assert(f.plan->main.graphs_refused, "%s", calls[i]);
        assert_same_points(actual, expected, FIXTURE_POINTS);
    }
    fixture_clear(&f);
}

Test(chunks, a_request_to_stop_ends_between_chunks) {
    fixture f;
    tau_point points[FIXTURE_POINTS];
    tau_cancel cancel = {0};
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    const tau_tile tile = fixture_tile();
    tau_cancel_request(&cancel, 1);
    cr_assert_eq(tau_cuda_evaluate_tile(f.plan, &tile, points, NULL, &cancel), TAU_STATUS_CANCELLED);
    cr_assert_eq(tau_cuda_evaluate_capture(f.plan, f.model->theta, f.model->buffers, f.model->graph->output,
                                           (float[80]){0}, &cancel),
                 TAU_STATUS_CANCELLED);
    fixture_run(&f, points);
    cr_assert(isfinite(points[FIXTURE_POINTS - 1].loss));
    fixture_clear(&f);
}

static const tau_cancel *watched;
static int asked;

static void stop_at_the_third_point(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    plane(alpha, beta, c);
    if (++asked == 3) tau_cancel_request((tau_cancel *)watched, 1);
}

Test(chunks, a_request_in_the_middle_leaves_nothing_under_way) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], points[FIXTURE_POINTS];
    tau_cancel cancel = {0};
    watched = &cancel;
    fixture_create(&f, "mlp:12-9-4:relu", 19, TAU_PRECISION_EXACT);
    fixture_run(&f, expected);
    fixture_limit(&f, 1, 0);
    f.plan->basis.coefficients = stop_at_the_third_point;
    const tau_tile tile = fixture_tile();
    cr_assert_eq(tau_cuda_evaluate_tile(f.plan, &tile, points, NULL, &cancel), TAU_STATUS_CANCELLED);
    cr_assert_eq(asked, 3, "%d chunks were launched", asked);
    f.plan->basis.coefficients = plane;
    fixture_run(&f, points);
    assert_same_points(points, expected, FIXTURE_POINTS);
    fixture_clear(&f);
}
