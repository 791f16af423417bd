/** The emulated card as a C program sees it: memory, devices, failures on demand. */
#include "emulation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(card, memory_is_counted_and_runs_out) {
    void *half = NULL, *rest = NULL;
    size_t available = 0, total = 0;
    emulation_set_memory(1 << 20);
    cr_assert_eq(cudaMalloc(&half, 1 << 19), cudaSuccess);
    cr_assert_eq(cudaMemGetInfo(&available, &total), cudaSuccess);
    cr_assert_eq(total, 1 << 20);
    cr_assert_eq(available, 1 << 19);
    cr_assert_eq(cudaMalloc(&rest, (1 << 19) + 1), cudaErrorMemoryAllocation);
    cr_assert_null(rest);
    cr_assert_eq(cudaGetLastError(), cudaErrorMemoryAllocation);
    cr_assert_eq(cudaMalloc(&rest, 1 << 19), cudaSuccess);
    cr_assert_eq(emulation_allocated(), 1 << 20);
    cr_assert_eq(cudaFree(half), cudaSuccess);
    cr_assert_eq(cudaFree(half), cudaErrorInvalidValue);
    cr_assert_eq(emulation_allocations(), 1);
    cr_assert_eq(cudaFree(rest), cudaSuccess);
    cr_assert_eq(cudaFree(NULL), cudaSuccess);
    cr_assert_eq(emulation_allocated(), 0);
}

Test(card, copies_check_ends_and_directions) {
    float host[4] = {1, 2, 3, 4}, back[4] = {0};
    void *device = NULL;
    cr_assert_eq(cudaMalloc(&device, sizeof host), cudaSuccess);
    cr_assert_eq(cudaMemcpy(device, host, sizeof host, cudaMemcpyHostToDevice), cudaSuccess);
    cr_assert_eq(cudaMemcpy(back, device, sizeof host, cudaMemcpyDefault), cudaSuccess);
    cr_assert_eq(memcmp(host, back, sizeof host), 0);
    cr_assert_eq(cudaMemcpy(device, host, sizeof host + 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    cr_assert_eq(cudaMemcpy(host, back, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    cr_assert_eq(cudaMemcpy(host, device, sizeof host, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
    cr_assert_eq(cudaMemset(device, 0, sizeof host + 1), cudaErrorInvalidValue);
    cr_assert_eq(cudaMemset(device, 0, sizeof host), cudaSuccess);
    cr_assert_eq(cudaMemcpy(back, device, sizeof host, cudaMemcpyDeviceToHost), cudaSuccess);
    cr_assert_eq(back[3], 0.0f);
    cudaFree(device);
}

Test(card, no_card_and_no_driver_answer_as_cuda_does) {
    int count = -1;
    void *memory = NULL;
    emulation_set_devices(0);
    cr_assert_eq(cudaGetDeviceCount(&count), cudaErrorNoDevice);
    cr_assert_eq(count, 0);
    cr_assert_eq(cudaMalloc(&memory, 4), cudaErrorNoDevice);
    emulation_set_devices(1);
    emulation_set_driver(false);
    cr_assert_eq((int)cudaGetDeviceCount(&count), 35);
    cr_assert_str_eq(cudaGetErrorName(cudaErrorInsufficientDriver), "cudaErrorInsufficientDriver");
    cr_assert_eq(cudaDriverGetVersion(&count), cudaSuccess);
    cr_assert_eq(count, 0);
}

Test(card, properties_are_those_that_were_set) {
    struct cudaDeviceProp properties;
    int value = 0;
    emulation_set_devices(2);
    emulation_set_capability(8, 0);
    emulation_set_multiprocessors(7);
    cr_assert_eq(cudaSetDevice(2), cudaErrorInvalidDevice);
    cr_assert_eq(cudaSetDevice(1), cudaSuccess);
    cr_assert_eq(cudaGetDevice(&value), cudaSuccess);
    cr_assert_eq(value, 1);
    cr_assert_eq(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
    cr_assert_eq(properties.major, 8);
    cr_assert_eq(properties.multiProcessorCount, 7);
    cr_assert_eq(properties.sharedMemPerBlockOptin, 163 * 1024);
    cr_assert_eq(cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0), cudaSuccess);
    cr_assert_eq(value, 163 * 1024);
    cr_assert_eq(cudaDeviceGetAttribute(&value, cudaDevAttrComputeCapabilityMinor, 0), cudaSuccess);
    cr_assert_eq(value, 0);
    cr_assert_eq(cudaDeviceGetAttribute(&value, (enum cudaDeviceAttr)999, 0), cudaErrorInvalidValue);
    emulation_reset();
    cr_assert_eq(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
    cr_assert_eq(properties.major, 9);
}

Test(card, each_card_has_memory_of_its_own) {
    size_t available = 0, total = 0;
    void *memory = NULL;
    emulation_set_devices(2);
    cr_assert_eq(cudaMalloc(&memory, 1 << 20), cudaSuccess);
    cr_assert_eq(cudaSetDevice(1), cudaSuccess);
    cr_assert_eq(cudaMemGetInfo(&available, &total), cudaSuccess);
    cr_assert_eq(available, total);
    cr_assert_eq(cudaFree(memory), cudaSuccess);
}

Test(card, the_nth_call_fails_on_demand) {
    void *first = NULL, *second = NULL;
    cudaStream_t stream;
    emulation_fail("cudaMalloc", 2, cudaErrorMemoryAllocation);
    cr_assert_eq(cudaMalloc(&first, 4), cudaSuccess);
    cr_assert_eq(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    cr_assert_eq(cudaMalloc(&second, 4), cudaErrorMemoryAllocation);
    cr_assert_eq(cudaMalloc(&second, 4), cudaSuccess);
    emulation_reset();
    emulation_fail(NULL, 1, cudaErrorUnknown);
    cr_assert_eq(cudaStreamSynchronize(stream), cudaErrorUnknown);
    cr_assert_eq(cudaStreamSynchronize(stream), cudaSuccess);
    cr_assert_eq(emulation_calls(), 2);
    cr_assert_eq(emulation_handles(), 1);
    cudaStreamDestroy(stream);
    cudaFree(first);
    cudaFree(second);
}

Test(card, schedules_are_checked) {
    cr_assert(emulation_set_schedule("ordered"));
    cr_assert(emulation_set_schedule("shuffled:12"));
    cr_assert(emulation_set_schedule("starve:0-127:3"));
    cr_assert_not(emulation_set_schedule("shuffled"));
    cr_assert_not(emulation_set_schedule("shuffled:1x"));
    cr_assert_not(emulation_set_schedule("random"));
    cr_assert_not(emulation_set_schedule(""));
}
