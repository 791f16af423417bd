// Broken kernels: each is caught, by a message that says what is wrong.
#include "test_support.hpp"
#include <criterion/criterion.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#define EXPECT_FAULT(kernel, threads, shared_bytes, text)                                                    \
    do {                                                                                                     \
        std::string said = fault_of([] { launch(kernel, dim3(1), dim3(threads), shared_bytes, nullptr); });  \
        cr_assert(said.find(text) != std::string::npos, "expected \"%s\", and it said: %s", text,            \
                  said.c_str());                                                                             \
    } while (0)

static __global__ void exits_before_barrier() {
    if (threadIdx.x >= 40) return;
    __syncthreads();
}
enum { BARRIER_LINE = __LINE__ + 2 };
static __global__ void exits_after_others_wait() {
    if (threadIdx.x < 40) __syncthreads();
}
static __global__ void two_barriers() {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __syncthreads();
    }
}

Test(faults, divergent_barriers_are_caught) {
    EXPECT_FAULT(exits_before_barrier, 64, 0, "divergent __syncthreads");
    EXPECT_FAULT(exits_after_others_wait, 64, 0, "divergent __syncthreads");
    EXPECT_FAULT(two_barriers, 64, 0, "divergent __syncthreads");
}

Test(faults, messages_name_file_line_and_thread) {
    std::string said = fault_of([] { launch(exits_after_others_wait, dim3(1), dim3(64), 0, nullptr); });
    std::string place = "test_faults.cpp:" + std::to_string(BARRIER_LINE) + ": ";
    cr_assert(said.find(place) != std::string::npos, "%s", said.c_str());
    cr_assert(said.find("[block 0,0,0 of 1,1,1, thread ") != std::string::npos, "%s", said.c_str());
}

static __global__ void never_arrives() {
    __shared__ uint64_t barrier;
    if (threadIdx.x == 0) ptx_mbarrier_init(&barrier, 33);
    __syncthreads();
    ptx_mbarrier_arrive(&barrier);
    ptx_mbarrier_wait_parity(&barrier, 0);
}
static __global__ void barrier_and_shuffle() {
    if (threadIdx.x < 16) {
        __syncthreads();
    } else {
        __shfl_sync(0xffffffffu, 1, 0);
    }
}
static __global__ void named_for_too_many() {
    ptx_bar_sync(1, 64 + threadIdx.x / 32 * 32);
}

Test(faults, deadlocks_are_reported) {
    EXPECT_FAULT(never_arrives, 32, 0, "threads 0 to 31 wait in mbarrier.try_wait");
    EXPECT_FAULT(barrier_and_shuffle, 32, 0, "threads 0 to 15 wait in __syncthreads");
    EXPECT_FAULT(barrier_and_shuffle, 32, 0, "threads 16 to 31 wait in __shfl_sync");
    EXPECT_FAULT(named_for_too_many, 96, 0, "bar.sync");
}

static __global__ void shuffle_from_the_dead() {
    if (threadIdx.x == 31) return;
    __shfl_down_sync(0xffffffffu, 1.0f, 1);
}
static __global__ void two_shuffles() {
    if (threadIdx.x < 16) {
        __shfl_down_sync(0xffffffffu, 1, 1);
    } else {
        __syncwarp();
    }
}
static __global__ void not_in_the_mask() {
    __syncwarp(0xffu);
}
static __global__ void half_a_product() {
    float d[4] = {};
    uint32_t a[4] = {}, b[2] = {};
    if (threadIdx.x < 16) ptx_mma_m16n8k16(d, a, b);
}

Test(faults, lanes_that_do_not_meet_are_caught) {
    EXPECT_FAULT(shuffle_from_the_dead, 32, 0, "read lane 31, which does not take part");
    EXPECT_FAULT(two_shuffles, 32, 0, "in one warp");
    EXPECT_FAULT(not_in_the_mask, 32, 0, "lacks the calling lane");
    EXPECT_FAULT(half_a_product, 32, 0, "needs a whole warp");
}

static __global__ void misaligned_store() {
    TAU_DYNAMIC_SHARED(unsigned char, shared);
    ptx_store_shared_8(shared + 4, make_uint2(0, 0));
}
static __global__ void misaligned_rows() {
    TAU_DYNAMIC_SHARED(unsigned char, shared);
    uint32_t d[4];
    ptx_ldmatrix_x4(d, shared + 8 * threadIdx.x);
}
static __global__ void misaligned_copy() {
    TAU_DYNAMIC_SHARED(unsigned char, shared);
    ptx_cp_async_16(shared + 4, shared);
}

Test(faults, misaligned_addresses_are_caught) {
    EXPECT_FAULT(misaligned_store, 32, 1024, "not aligned to 8");
    EXPECT_FAULT(misaligned_rows, 32, 1024, "not aligned to 16");
    EXPECT_FAULT(misaligned_copy, 32, 1024, "not aligned to 16");
}

static __global__ void arrives_too_often() {
    __shared__ uint64_t barrier[2];
    if (threadIdx.x == 0) ptx_mbarrier_init(barrier, 16);
    __syncthreads();
    if (threadIdx.x == 0) barrier[0] = 0;
    __syncthreads();
    ptx_mbarrier_arrive(barrier);
}
static __global__ void never_initialised() {
    __shared__ uint64_t barrier;
    ptx_mbarrier_arrive(&barrier);
}

Test(faults, misused_mbarriers_are_caught) {
    EXPECT_FAULT(arrives_too_often, 32, 0, "was overwritten");
    EXPECT_FAULT(never_initialised, 32, 0, "not an initialised mbarrier");
}

// A product of one warpgroup, 64 x 96 x 16, with its steps taken away one by one. B has 16 x 96 halves.
enum {
    NO_STORE_FENCE = 1,
    NO_REGISTER_FENCE = 2,
    NO_WAIT = 4,
    TOUCH = 8,
    PLAIN_STORE = 16,
    LEAVE = 32,
    LATE_STORE = 64
};
enum { B_BYTES = 16 * 96 * 2, NEXT_8_K = 96 * 16, NEXT_8_N = 128 };
template <int broken> static __global__ void product() {
    TAU_DYNAMIC_SHARED(uint2, shared);
    __shared__ float sums[128];
    uint2 ones = {0x3c003c00, 0x3c003c00};
    for (unsigned i = threadIdx.x; i < B_BYTES / sizeof ones; i += 128) {
        if (broken & PLAIN_STORE) {
            shared[i] = ones;
        } else {
            ptx_store_shared_8(shared + i, ones);
        }
    }
    if (!(broken & NO_STORE_FENCE)) ptx_fence_proxy_async();
    __syncthreads();
    if (broken & LATE_STORE && threadIdx.x == 5) ((volatile uint32_t *)shared)[4] = 0;
    __syncthreads();
    if (broken & LEAVE && threadIdx.x >= 96) return;
    float d[48] = {};
    uint32_t a[4] = {0x3c003c00, 0x3c003c00, 0x3c003c00, 0x3c003c00};
    if (!(broken & NO_REGISTER_FENCE)) ptx_wgmma_fence();
    ptx_wgmma_m64n96k16<true>(d, a, ptx_matrix_descriptor(ptx_shared_address(shared), NEXT_8_K, NEXT_8_N));
    ptx_wgmma_commit();
    if (broken & TOUCH) d[3] = 1.0f;
    if (!(broken & NO_WAIT)) ptx_wgmma_wait<0>();
    sums[threadIdx.x] = d[0];
    if (!(broken & NO_WAIT) && sums[threadIdx.x] != 16.0f) abort();
}
static __global__ void other_descriptors() {
    TAU_DYNAMIC_SHARED(unsigned char, shared);
    float d[48] = {};
    uint32_t a[4] = {};
    ptx_wgmma_fence();
    uint64_t b = ptx_matrix_descriptor(ptx_shared_address(shared), NEXT_8_K, NEXT_8_N);
    ptx_wgmma_m64n96k16<true>(d, a, b + threadIdx.x / 32);
}

static __global__ void beyond_the_end() {
    TAU_DYNAMIC_SHARED(uint2, shared);
    if (threadIdx.x < 64) ptx_store_shared_8(shared + threadIdx.x, make_uint2(0, 0));
    ptx_fence_proxy_async();
    __syncthreads();
    float d[48] = {};
    uint32_t a[4] = {};
    ptx_wgmma_fence();
    ptx_wgmma_m64n96k16<true>(d, a, ptx_matrix_descriptor(ptx_shared_address(shared), NEXT_8_K, NEXT_8_N));
    ptx_wgmma_commit();
    ptx_wgmma_wait<0>();
}

Test(faults, a_sound_product_passes) {
    cr_assert_eq(launch(product<0>, dim3(2), dim3(128), B_BYTES, nullptr), cudaSuccess);
    cr_assert_eq(cudaDeviceSynchronize(), cudaSuccess);
}

Test(faults, misused_wgmma_is_caught) {
    EXPECT_FAULT(product<NO_STORE_FENCE>, 128, B_BYTES, "without fence.proxy.async");
    EXPECT_FAULT(product<NO_REGISTER_FENCE>, 128, B_BYTES, "without wgmma.fence");
    EXPECT_FAULT(product<NO_WAIT>, 128, B_BYTES, "with a wgmma in flight");
    EXPECT_FAULT(product<TOUCH>, 128, B_BYTES, "changed accumulator 3 of a wgmma in flight");
    EXPECT_FAULT(product<PLAIN_STORE>, 128, B_BYTES, "which no ptx_store_shared");
    EXPECT_FAULT(product<LATE_STORE>, 128, B_BYTES, "an ordinary store changed after the fence");
    EXPECT_FAULT(product<LEAVE>, 128, B_BYTES, "incomplete warpgroup");
    EXPECT_FAULT(product<0>, 96, B_BYTES, "incomplete warpgroup");
    EXPECT_FAULT(product<0>, 128, 1024, "ptx_store_shared_8 at byte 1024 of 1024");
    EXPECT_FAULT(beyond_the_end, 128, 512, "outside of the block's 512 bytes");
    EXPECT_FAULT(other_descriptors, 128, 4096, "issue different wgmma");
}

Test(faults, an_older_card_has_no_wgmma) {
    emulation_set_capability(8, 0);
    EXPECT_FAULT(product<0>, 128, B_BYTES, "needs compute capability 9.0");
}

#if defined(__SANITIZE_ADDRESS__)
static float *on_the_card;
static __global__ void past_global(float *x) {
    x[threadIdx.x] = 0;
}
static __global__ void past_dynamic() {
    TAU_DYNAMIC_SHARED(float, shared);
    shared[threadIdx.x] = 0;
}
static __global__ void past_static(float *x) {
    __shared__ float shared[31];
    shared[threadIdx.x] = 0;
    x[0] = shared[3];
}

// The children end in a report of the sanitizer, which is no abort.
static void (*reported)();
static std::string report_of(void (*run)()) {
    reported = run;
    return fault_of([] {
        __sanitizer_set_death_callback([] { abort(); });
        reported();
    });
}

Test(faults, the_address_sanitizer_sees_the_ends_of_arrays) {
    cr_assert_eq(cudaMalloc(&on_the_card, 31 * sizeof(float)), cudaSuccess);
    std::string global = report_of([] { launch(past_global, dim3(1), dim3(32), 0, nullptr, on_the_card); });
    cr_assert(global.find("heap-buffer-overflow") != std::string::npos, "%s", global.c_str());
    std::string dynamic =
        report_of([] { launch(past_dynamic, dim3(1), dim3(32), 31 * sizeof(float), nullptr); });
    cr_assert(dynamic.find("ERROR: AddressSanitizer") != std::string::npos, "%s", dynamic.c_str());
    std::string fixed = report_of([] { launch(past_static, dim3(1), dim3(32), 0, nullptr, on_the_card); });
    cr_assert(fixed.find("global-buffer-overflow") != std::string::npos, "%s", fixed.c_str());
    std::string host = report_of([] { on_the_card[0] = 1; });
    cr_assert(host.find("use-after-poison") != std::string::npos, "the host wrote to the card: %s",
              host.c_str());
    cudaFree(on_the_card);
}
#endif

template <int produces, int consumes> static __global__ void trades_registers() {
    if (threadIdx.x < 128) {
        ptx_setmaxnreg_dec<produces>();
    } else {
        ptx_setmaxnreg_inc<consumes>();
    }
}
static __global__ void takes_with_dec() {
    ptx_setmaxnreg_dec<200>();
}

/* 65536 registers are 170 for each of 384 threads, of which a launch gives 168. */
Test(faults, registers_that_no_other_warp_group_gave_back_are_caught) {
    cr_assert_eq(launch(trades_registers<88, 208>, dim3(1), dim3(384), 0, nullptr), cudaSuccess);
    EXPECT_FAULT((trades_registers<96, 208>), 384, 0, "65536 registers are asked for, the block has 64512");
    EXPECT_FAULT(takes_with_dec, 384, 0, "setmaxnreg.dec from 168 registers to 200");
}
