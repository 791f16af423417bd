// Threads, blocks, barriers, warps: kernels whose results plain loops know, under every schedule.
#include "test_support.hpp"
#include <criterion/criterion.h>
#include <signal.h>

enum { TILE = 16 };

static __global__ void matmul(int n, const float *a, const float *b, float *c) {
    __shared__ float tile_a[TILE][TILE + 1], tile_b[TILE][TILE + 1];
    int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
    float sum = 0;
    for (int first = 0; first < n; first += TILE) {
        tile_a[threadIdx.y][threadIdx.x] = a[row * n + first + threadIdx.x];
        tile_b[threadIdx.y][threadIdx.x] = b[(first + threadIdx.y) * n + column];
        __syncthreads();
        for (int k = 0; k < TILE; k++) sum += tile_a[threadIdx.y][k] * tile_b[k][threadIdx.x];
        __syncthreads();
    }
    c[row * n + column] = sum;
}

Test(threads, tiled_matmul_equals_loops_under_every_schedule) {
    int n = 3 * TILE;
    std::vector<float> a((size_t)n * n), b(a.size());
    for (size_t i = 0; i < a.size(); i++) a[i] = whole(i, 9), b[i] = whole(i + 77, 7);
    on_card<float> card_a(a), card_b(b), card_c(a.size());
    for (const char *schedule : SCHEDULES) {
        cr_assert(emulation_set_schedule(schedule));
        dim3 grid(n / TILE, n / TILE), threads(TILE, TILE);
        cr_assert_eq(launch(matmul, grid, threads, 0, nullptr, n, card_a.data, card_b.data, card_c.data),
                     cudaSuccess);
        std::vector<float> c = card_c.read();
        for (int i = 0; i < n * n; i++) {
            float sum = 0;
            for (int k = 0; k < n; k++) sum += a[i / n * n + k] * b[k * n + i % n];
            cr_assert_eq(c[i], sum, "%s: element %d is %g, not %g", schedule, i, c[i], sum);
        }
    }
}

static __global__ void block_sum(const float *x, int n, float *out) {
    TAU_DYNAMIC_SHARED(float, partial);
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) sum += x[i];
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x >= 32) return;
    sum = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f;
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
}

Test(threads, shuffles_and_shared_memory_reduce) {
    std::vector<float> x(5000);
    float sum = 0;
    for (size_t i = 0; i < x.size(); i++) sum += x[i] = whole(i, 100);
    on_card<float> card_x(x);
    for (const char *schedule : SCHEDULES) {
        cr_assert(emulation_set_schedule(schedule));
        on_card<float> out(3);
        cr_assert_eq(
            launch(block_sum, dim3(3), dim3(256), 8 * sizeof(float), nullptr, card_x.data, 5000, out.data),
            cudaSuccess);
        std::vector<float> sums = out.read();
        cr_assert_eq(sums[0] + sums[1] + sums[2], sum, "%s", schedule);
    }
}

static __global__ void shuffle_kinds(int *out) {
    int lane = threadIdx.x, *mine = out + 8 * lane;
    mine[0] = __shfl_sync(0xffffffffu, lane, 5);
    mine[1] = __shfl_sync(0xffffffffu, lane, 9, 8); // lane 1 of each segment of 8
    mine[2] = __shfl_up_sync(0xffffffffu, lane, 3);
    mine[3] = __shfl_down_sync(0xffffffffu, lane, 3, 16);
    mine[4] = __shfl_xor_sync(0xffffffffu, lane, 7);
    mine[5] = (int)__ballot_sync(0xffffffffu, lane % 3 == 0);
    mine[6] = __any_sync(0xffffffffu, lane == 40) + 2 * __all_sync(0xffffffffu, lane < 32);
    mine[7] = lane < 8 ? __shfl_xor_sync(0xffu, lane, 1) : -1; // a part of the warp by itself
}

Test(threads, shuffles_follow_the_manual) {
    on_card<int> out(256);
    cr_assert(emulation_set_schedule("shuffled:7"));
    cr_assert_eq(launch(shuffle_kinds, dim3(1), dim3(32), 0, nullptr, out.data), cudaSuccess);
    std::vector<int> got = out.read();
    int thirds = 0;
    for (int lane = 0; lane < 32; lane += 3) thirds |= 1 << lane;
    for (int lane = 0; lane < 32; lane++) {
        const int expected[8] = {5,
                                 lane / 8 * 8 + 1,
                                 lane < 3 ? lane : lane - 3,
                                 lane % 16 + 3 < 16 ? lane + 3 : lane,
                                 lane ^ 7,
                                 thirds,
                                 2,
                                 lane < 8 ? lane ^ 1 : -1};
        for (int kind = 0; kind < 8; kind++)
            cr_assert_eq(got[8 * lane + kind], expected[kind], "%d/%d", lane, kind);
    }
}

static __global__ void count_votes(int *out) {
    int even = __syncthreads_count(threadIdx.x % 2 == 0);
    int any = __syncthreads_or(threadIdx.x == 3), all = __syncthreads_and(threadIdx.x != 3);
    if (threadIdx.x == 70) out[0] = even, out[1] = any, out[2] = all;
}

Test(threads, votes_of_a_block_count_its_threads) {
    on_card<int> out(3);
    cr_assert_eq(launch(count_votes, dim3(1), dim3(71), 0, nullptr, out.data), cudaSuccess);
    std::vector<int> got = out.read();
    cr_assert(got[0] == 36 && got[1] == 1 && got[2] == 0);
}

static __global__ void who(int *out) {
    int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    atomicAdd(&out[block * (int)(blockDim.x * blockDim.y * blockDim.z) + thread], 1);
}

Test(threads, every_thread_of_every_block_runs_once) {
    for (const char *schedule : SCHEDULES) {
        cr_assert(emulation_set_schedule(schedule));
        on_card<int> out(std::vector<int>(2 * 3 * 4 * 5 * 3 * 2, 0));
        cr_assert_eq(launch(who, dim3(2, 3, 4), dim3(5, 3, 2), 0, nullptr, out.data), cudaSuccess);
        for (int times : out.read()) cr_assert_eq(times, 1);
    }
}

static __global__ void named(int *out, int *wrong) {
    __shared__ int box;
    for (int round = 0; round < 5; round++) {
        if (threadIdx.x < 64) { // producers wait for the box to be free, consumers for it to be full
            ptx_bar_sync(1, 128);
            if (threadIdx.x == 0) box = round;
            ptx_bar_sync(2, 128);
        } else {
            ptx_bar_sync(1, 128);
            ptx_bar_sync(2, 128);
            if (box != round) atomicAdd(wrong, 1);
            out[threadIdx.x] = box;
        }
    }
}

Test(threads, named_barriers_hand_over) {
    for (const char *schedule : {"ordered", "shuffled:1", "starve:0-63:1", "starve:64-127:1"}) {
        cr_assert(emulation_set_schedule(schedule));
        on_card<int> out(128), wrong(std::vector<int>{0});
        cr_assert_eq(launch(named, dim3(1), dim3(128), 0, nullptr, out.data, wrong.data), cudaSuccess);
        cr_assert_eq(wrong.read()[0], 0, "%s", schedule);
        cr_assert_eq(out.read()[127], 4);
    }
}

static __global__ void nothing() {}

Test(threads, launches_that_no_card_takes_are_refused) {
    cr_assert_eq(launch(nothing, dim3(0), dim3(32), 0, nullptr), cudaErrorInvalidConfiguration);
    cr_assert_eq(launch(nothing, dim3(1), dim3(1025), 0, nullptr), cudaErrorInvalidConfiguration);
    cr_assert_eq(launch(nothing, dim3(1), dim3(32, 64), 0, nullptr), cudaErrorInvalidConfiguration);
    cr_assert_eq(launch(nothing, dim3(1, 65536), dim3(32), 0, nullptr), cudaErrorInvalidConfiguration);
    cr_assert_eq(launch(nothing, dim3(1), dim3(32), 228 << 10, nullptr), cudaErrorInvalidValue);
    cr_assert_eq(cudaGetLastError(), cudaErrorInvalidValue);
    cr_assert_eq(cudaGetLastError(), cudaSuccess);
    cr_assert_eq(launch(nothing, dim3(1, 65535), dim3(1024), 227 << 10, nullptr), cudaSuccess);
}

Test(threads, much_shared_memory_must_be_asked_for) {
    cudaLaunchConfig_t config = {};
    config.dynamicSmemBytes = (48 << 10) + 1;
    cr_assert_eq(cudaLaunchKernelEx(&config, nothing), cudaErrorInvalidValue);
    cr_assert_eq(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 << 10),
                 cudaSuccess);
    cr_assert_eq(cudaLaunchKernelEx(&config, nothing), cudaSuccess);
    emulation_set_capability(8, 0);
    cr_assert_eq(cudaFuncSetAttribute(nothing, cudaFuncAttributeMaxDynamicSharedMemorySize, 164 << 10),
                 cudaErrorInvalidValue);
}

/* Between a thread's asking and its launch another one may launch the same kernel with less. */
Test(threads, a_launch_takes_no_shared_memory_from_others) {
    cudaLaunchConfig_t config = {};
    config.gridDim = config.blockDim = dim3(1);
    config.dynamicSmemBytes = 100 << 10;
    cr_assert_eq(launch(nothing, dim3(1), dim3(1), 100 << 10, nullptr), cudaSuccess);
    cr_assert_eq(launch(nothing, dim3(1), dim3(1), 60 << 10, nullptr), cudaSuccess);
    cr_assert_eq(cudaLaunchKernelEx(&config, nothing), cudaSuccess);
}

static __global__ void read_fresh(float *out) {
    TAU_DYNAMIC_SHARED(float, fresh);
    out[threadIdx.x] = fresh[threadIdx.x];
    fresh[threadIdx.x] = 1.0f;
}

Test(threads, fresh_shared_and_global_memory_is_nan) {
    on_card<float> out(32), untouched(8);
    cr_assert(std::isnan(untouched.read()[7]));
    cr_assert_eq(launch(read_fresh, dim3(3), dim3(32), 128, nullptr, out.data), cudaSuccess);
    for (float value : out.read()) cr_assert(std::isnan(value), "a block sees what the one before it left");
}

Test(threads, halves_round_as_the_card_does) {
    cr_assert_eq(__half_as_ushort(__float2half_rn(65519.0f)), 0x7bff);
    cr_assert_eq(__half_as_ushort(__float2half_rn(65520.0f)), 0x7c00);
    cr_assert_eq(__half_as_ushort(__float2half_rn(-1e9f)), 0xfc00);
    cr_assert_eq(__half_as_ushort(__float2half_rn(0x1p-24f)), 0x0001);
    cr_assert_eq(__half_as_ushort(__float2half_rn(0x1p-25f)), 0x0000);
    cr_assert_eq(__half_as_ushort(__float2half_rn(0x1.8p-25f)), 0x0001);
    cr_assert_eq(__half_as_ushort(__float2half_rn(1.0f + 0x1p-11f)), 0x3c00);
    cr_assert_eq(__half_as_ushort(__float2half_rn(1.0f + 0x3p-11f)), 0x3c02);
    cr_assert_eq(__half_as_ushort(__float2half_rn(-0.0f)), 0x8000);
    for (unsigned bits = 0; bits < 65536; bits++) {
        float value = __half2float(__ushort_as_half((unsigned short)bits));
        bool is_nan = (bits & 0x7fff) > 0x7c00;
        cr_assert_eq(std::isnan(value), is_nan);
        if (!is_nan) cr_assert_eq(__half_as_ushort(__float2half_rn(value)), bits);
    }
}
