/* Why a GPU cannot be used, and what to do about it. */
#include "fixture.h"

static void assert_refused(int device, tau_status status, const char *why, const char *fix) {
    tau_cuda_context context;
    cr_assert_eq(tau_cuda_context_open(&context, device), status);
    const tau_error *error = tau_error_last();
    cr_assert(strstr(error->what, why) || strstr(error->why, why), "%s: %s", error->what, error->why);
    cr_assert(strstr(error->fix, fix), "%s", error->fix);
    cr_assert_str_empty(context.name);
}

static void set_up(void) {
    emulation_reset();
}

TestSuite(context, .init = set_up);

Test(context, a_device_says_what_it_can_do) {
    tau_cuda_context context;
    succeed(tau_cuda_context_open(&context, 0));
    cr_assert_str_eq(context.capability, "sm_90");
    cr_assert_eq(context.major, 9);
    cr_assert_eq(context.multiprocessors, 3);
    cr_assert_str_not_empty(context.name);
}

Test(context, a_machine_without_a_driver_is_told_to_install_one) {
    emulation_set_driver(false);
    assert_refused(0, TAU_STATUS_DEVICE, "there is no NVIDIA driver", "install the driver");
}

Test(context, a_driver_that_is_too_old_is_to_be_replaced) {
    emulation_fail("cudaGetDeviceCount", 1, cudaErrorInsufficientDriver);
    assert_refused(0, TAU_STATUS_DEVICE, "the NVIDIA driver is too old", "install a newer driver");
}

Test(context, a_driver_without_devices_points_at_what_hides_them) {
    emulation_set_devices(0);
    assert_refused(0, TAU_STATUS_DEVICE, "sees no device", "CUDA_VISIBLE_DEVICES");
}

Test(context, a_driver_updated_under_its_libraries_asks_for_a_restart) {
    emulation_fail("cudaGetDeviceCount", 1, cudaErrorSystemDriverMismatch);
    assert_refused(0, TAU_STATUS_DEVICE, "different versions", "restart");
}

Test(context, any_other_failure_to_start_is_named) {
    emulation_fail("cudaGetDeviceCount", 1, cudaErrorUnknown);
    assert_refused(0, TAU_STATUS_DEVICE, "CUDA does not start", "nvidia-smi");
}

Test(context, an_index_past_the_last_device_is_refused_with_their_number) {
    emulation_set_devices(2);
    tau_cuda_context context;
    succeed(tau_cuda_context_open(&context, 1));
    cr_assert_eq(context.device, 1);
    assert_refused(2, TAU_STATUS_DEVICE, "this machine has 2", "cuda:1");
}

Test(context, a_card_older_than_ampere_is_refused) {
    emulation_set_capability(7, 5);
    assert_refused(0, TAU_STATUS_DEVICE, "compute capability 7.5, the kernels need 8.0", "--device cpu");
    emulation_set_capability(8, 0);
    tau_cuda_context context;
    succeed(tau_cuda_context_open(&context, 0));
    cr_assert_str_eq(context.capability, "sm_80");
}

Test(context, a_card_whose_memory_others_hold_is_refused) {
    emulation_set_memory((size_t)255 << 20);
    assert_refused(0, TAU_STATUS_DEVICE, "255 MiB are free, 256 are needed", "nvidia-smi");
}

Test(context, a_card_that_another_program_holds_alone_is_refused) {
    emulation_fail("cudaMemGetInfo", 1, cudaErrorDevicesUnavailable);
    assert_refused(0, TAU_STATUS_DEVICE, "does not start", "another program");
}

Test(context, memory_that_ran_out_is_no_broken_device) {
    cr_assert_eq(tau_cuda_check(cudaErrorMemoryAllocation, "cudaMalloc(x)"), TAU_STATUS_MEMORY);
    cr_assert_eq(tau_cuda_check(cudaErrorLaunchFailure, "cudaMalloc(x)"), TAU_STATUS_DEVICE);
    cr_assert(strstr(tau_error_last()->why, "cudaMalloc: "), "%s", tau_error_last()->why);
    cr_assert(strstr(tau_error_last()->why, "cudaErrorLaunchFailure"), "%s", tau_error_last()->why);
}

Test(context, a_failed_allocation_gives_null_and_leaves_no_error_behind) {
    void *memory = &memory;
    emulation_set_memory((size_t)1 << 20);
    cr_assert_eq(tau_cuda_allocate(&memory, (size_t)2 << 20), TAU_STATUS_MEMORY);
    cr_assert_null(memory);
    cr_assert_eq(cudaPeekAtLastError(), cudaSuccess);
}

Test(backend, devices_are_described_up_to_the_last) {
    const tau_backend *backend = tau_backend_cuda_get();
    emulation_reset();
    emulation_set_devices(2);
    cr_assert(strstr(backend->describe(1), "GiB, sm_90"), "%s", backend->describe(1));
    cr_assert_null(backend->describe(2));
    cr_assert_null(backend->describe(-1));
    emulation_set_driver(false);
    cr_assert_null(backend->describe(0));
}

Test(backend, the_instruction_set_is_that_of_the_device) {
    const tau_backend *backend = tau_backend_cuda_get();
    emulation_reset();
    emulation_set_capability(8, 6);
    cr_assert_str_eq(backend->instruction_set(), "sm_86");
}

Test(backend, a_device_is_chosen_by_its_index) {
    fixture f;
    fixture_create_model(&f, "mlp:4-3-2:relu", 4);
    emulation_set_devices(2);
    tau_backend_register(tau_backend_cuda_get());
    tau_pool *pool;
    tau_evaluator *evaluator;
    succeed(tau_pool_create(&pool, 1));
    tau_evaluator_options options = {
        .backend = "cuda:1", .precision = TAU_PRECISION_EXACT, .loss = TAU_LOSS_CROSS_ENTROPY};
    succeed(tau_evaluator_create(&evaluator, f.model->graph, f.samples, &options, pool));
    int device = -1;
    cr_assert_eq(cudaGetDevice(&device), cudaSuccess);
    cr_assert_eq(device, 1);
    tau_evaluator_destroy(evaluator);
    options.backend = "cuda:2";
    cr_assert_eq(tau_evaluator_create(&evaluator, f.model->graph, f.samples, &options, pool),
                 TAU_STATUS_DEVICE);
    cr_assert(strstr(tau_error_last()->why, "cuda has 2 devices"), "%s", tau_error_last()->why);
    tau_pool_destroy(pool);
    fixture_clear(&f);
}
