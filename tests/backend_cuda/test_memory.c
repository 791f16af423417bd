/* Memory that runs out makes the pieces smaller; whatever fails leaves nothing behind. */
#include "core/log.h"
#include "fixture.h"

static int notes;

static void count_note(void *payload, tau_log_level level, const char *message) {
    (void)payload;
    if (level == TAU_LOG_LEVEL_NOTE && strstr(message, "memory of the GPU ran out")) notes++;
}

/* All but `left` bytes of the card's memory are taken. */
static void leave(size_t left) {
    emulation_set_memory(emulation_allocated() + left);
}

Test(memory, little_of_it_means_smaller_pieces_and_the_same_bits) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-90-40:relu", 50, TAU_PRECISION_EXACT);
    fixture_run(&f, expected);
    cr_assert_eq(f.plan->main.points, FIXTURE_POINTS);
    int seen = 0, last = 0;
    for (size_t left = 1 << 20; left > 32 << 10; left -= left / 4) {
        (void)tau_cuda_block_release(f.plan);
        leave(left);
        f.plan->main.laid_out = false;
        const tau_tile tile = fixture_tile();
        const tau_status status = tau_cuda_evaluate_tile(f.plan, &tile, actual, NULL, NULL);
        if (status == TAU_STATUS_MEMORY) break;
        succeed(status);
        assert_same_points(actual, expected, FIXTURE_POINTS);
        const int size = f.plan->main.points * f.plan->main.samples;
        if (size != last) seen++;
        last = size;
    }
    cr_assert_geq(seen, 4, "only %d sizes were tried", seen);
    emulation_reset();
    fixture_clear(&f);
}

Test(memory, too_little_for_one_network_is_an_error_that_says_so) {
    fixture f;
    tau_point points[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-90-40:relu", 50, TAU_PRECISION_EXACT);
    leave(4 << 10);
    const tau_tile tile = fixture_tile();
    cr_assert_eq(tau_cuda_evaluate_tile(f.plan, &tile, points, NULL, NULL), TAU_STATUS_MEMORY);
    cr_assert(strstr(tau_error_last()->what, "too small for this network"), "%s", tau_error_last()->what);
    cr_assert_str_not_empty(tau_error_last()->fix);
    emulation_reset();
    fixture_run(&f, points);
    fixture_clear(&f);
}

/* The device's answer about free memory may be out of date when the block is asked for. */
static void fail_first(const char *function, int expected_points) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 50, TAU_PRECISION_EXACT);
    fixture_run(&f, expected);
    (void)tau_cuda_block_release(f.plan);
    f.plan->main.laid_out = false;
    notes = 0;
    tau_log_set_sink(count_note, NULL);
    emulation_fail(function, 1, cudaErrorMemoryAllocation);
    fixture_run(&f, actual);
    cr_assert_eq(notes, 1, "%s: %d notes", function, notes);
    cr_assert_leq(f.plan->main.points, expected_points);
    assert_same_points(actual, expected, FIXTURE_POINTS);
    tau_log_set_sink(NULL, NULL);
    fixture_clear(&f);
}

Test(memory, an_allocation_that_fails_is_tried_again_with_half) {
    fail_first("cudaMalloc", FIXTURE_POINTS / 2);
}

Test(memory, a_launch_that_lacks_memory_is_tried_again_with_half) {
    fail_first("cudaMemsetAsync", FIXTURE_POINTS / 2);
    fail_first("cudaLaunchKernelExC", FIXTURE_POINTS / 2);
}

Test(memory, running_out_in_the_middle_keeps_what_is_done) {
    fixture f;
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    fixture_create(&f, "mlp:12-9-4:relu", 50, TAU_PRECISION_EXACT);
    fixture_run(&f, expected);
    for (long nth = 1; nth < 8; nth++) {
        fixture_limit(&f, 4, 16);
        f.plan->main.graphs_refused = true;
        emulation_fail("cudaEventRecord", nth, cudaErrorMemoryAllocation);
        fixture_run(&f, actual);
        assert_same_points(actual, expected, FIXTURE_POINTS);
    }
    fixture_clear(&f);
}

/* What may fail: all but the calls that give something back, of which nobody could make good a failure. */
static const char *const fallible[] = {
    "cudaGetDeviceProperties",
    "cudaSetDevice",
    "cudaMemGetInfo",
    "cudaStreamCreateWithFlags",
    "cudaMalloc",
    "cudaMallocHost",
    "cudaMemcpy",
    "cudaEventCreateWithFlags",
    "cudaMemcpyAsync",
    "cudaMemsetAsync",
    "cudaLaunchKernelExC",
    "cudaEventRecord",
    "cudaEventSynchronize",
    "cudaStreamBeginCapture",
    "cudaStreamEndCapture",
    "cudaGraphInstantiate",
    "cudaGraphLaunch",
    "cudaStreamSynchronize",
};
enum { FALLIBLE = sizeof fallible / sizeof *fallible, EACH = 24 };

typedef struct failure {
    const char *function;
    long nth;
    cudaError_t error;
} failure;

static tau_status run_everything(fixture *f, tau_point points[FIXTURE_POINTS]) {
    float captured[20 * 4];
    const tau_basis basis = {2, {f->model->theta, f->directions[0]}, {f->model->buffers}, false, plane};
    const tau_tile tile = fixture_tile();
    if (!f->plan) {
        const tau_plan_request request = fixture_request(f, TAU_PRECISION_EXACT);
        TAU_TRY(tau_cuda_plan_create(&f->plan, &request));
    }
    TAU_TRY(tau_cuda_plan_set_basis(f->plan, &basis));
    fixture_limit(f, 4, 16);
    TAU_TRY(tau_cuda_evaluate_tile(f->plan, &tile, points, NULL, NULL));
    return tau_cuda_evaluate_capture(f->plan, f->model->theta, f->model->buffers, f->model->graph->output,
                                     captured, NULL);
}

/* @return whether the failure came through to the caller */
static bool run_with(const failure *once, tau_point points[FIXTURE_POINTS]) {
    fixture f;
    fixture_create_model(&f, "mlp:5-6-4:relu", 20);
    if (once) emulation_fail(once->function, once->nth, once->error);
    const tau_status status = run_everything(&f, points);
    if (status != TAU_STATUS_OK) {
        cr_assert_str_not_empty(tau_error_last()->what);
        emulation_reset();
        succeed(run_everything(&f, points));
    }
    emulation_reset();
    fixture_clear(&f);
    return status != TAU_STATUS_OK;
}

/* No crash, nothing left behind, and the same plan, where there is one, works afterwards. */
Test(memory, any_call_of_the_runtime_may_fail) {
    tau_point expected[FIXTURE_POINTS], actual[FIXTURE_POINTS];
    cr_assert_not(run_with(NULL, expected));
    for (int f = 0; f < FALLIBLE; f++) {
        int failures = 0;
        for (long nth = 1; nth <= EACH; nth++) {
            const failure once = {fallible[f], nth, nth % 2 ? cudaErrorUnknown : cudaErrorMemoryAllocation};
            failures += run_with(&once, actual);
            assert_same_points(actual, expected, FIXTURE_POINTS);
        }
        const bool hidden = strncmp(fallible[f], "cudaStream", 10) == 0 && f != 3;
        cr_assert(failures > 0 || hidden || strcmp(fallible[f], "cudaGraphInstantiate") == 0, "%s",
                  fallible[f]);
    }
}
