// Barriers in shared memory, with producers or consumers starved, and asynchronous copies.
#include "test_support.hpp"
#include <criterion/criterion.h>

enum { STAGES = 3, ITEMS = 20 };

struct ring {
    float slots[STAGES][64];
    uint64_t full[STAGES], empty[STAGES];
};

// 64 producers fill a ring, 64 consumers sum it: out[t] = sum over items of x[item][t].
static __global__ void producer_consumer(const float *x, float *out) {
    TAU_DYNAMIC_SHARED(ring, shared);
    if (threadIdx.x == 0) {
        for (int s = 0; s < STAGES; s++) {
            ptx_mbarrier_init(&shared->full[s], 64);
            ptx_mbarrier_init(&shared->empty[s], 64);
        }
        ptx_fence_mbarrier_init();
    }
    __syncthreads();
    int t = threadIdx.x % 64;
    float sum = 0;
    for (int item = 0; item < ITEMS; item++) {
        int slot = item % STAGES, round = item / STAGES;
        if (threadIdx.x < 64) {
            ptx_mbarrier_wait_parity(&shared->empty[slot], (round & 1) ^ 1);
            shared->slots[slot][t] = x[item * 64 + t];
            ptx_mbarrier_arrive(&shared->full[slot]);
        } else {
            ptx_mbarrier_wait_parity(&shared->full[slot], round & 1);
            sum += shared->slots[slot][63 - t];
            ptx_mbarrier_arrive(&shared->empty[slot]);
        }
    }
    if (threadIdx.x >= 64) out[63 - t] = sum;
}

Test(async, a_ring_of_mbarriers_hands_over_under_every_schedule) {
    std::vector<float> x(ITEMS * 64);
    for (size_t i = 0; i < x.size(); i++) x[i] = whole(i, 50);
    on_card<float> card_x(x), out(64);
    for (const char *schedule :
         {"ordered", "shuffled:1", "shuffled:2", "starve:0-63:1", "starve:64-127:1", "starve:5-5:9"}) {
        cr_assert(emulation_set_schedule(schedule));
        cr_assert_eq(
            launch(producer_consumer, dim3(2), dim3(128), sizeof(ring), nullptr, card_x.data, out.data),
            cudaSuccess);
        std::vector<float> got = out.read();
        for (int t = 0; t < 64; t++) {
            float sum = 0;
            for (int item = 0; item < ITEMS; item++) sum += x[item * 64 + t];
            cr_assert_eq(got[t], sum, "%s: %d is %g, not %g", schedule, t, got[t], sum);
        }
    }
}

// out[0] and out[1] what is seen of the two groups after the wait for the first, out[2..] after both.
static __global__ void copy_in(const float *x, float *out) {
    TAU_DYNAMIC_SHARED(float, shared);
    int t = threadIdx.x;
    ptx_cp_async_16(shared + 4 * t, x + 4 * t);
    ptx_cp_async_commit();
    ptx_cp_async_16(shared + 16 + 4 * t, x);
    ptx_cp_async_commit();
    ptx_cp_async_wait<1>();
    if (t == 0) out[0] = shared[3], out[1] = shared[16];
    ptx_cp_async_wait<0>();
    __syncthreads();
    for (int i = 0; i < 8; i++) out[2 + t * 8 + i] = shared[t * 8 + i];
}

Test(async, cp_async_delivers_in_its_wait) {
    std::vector<float> x(16);
    for (int i = 0; i < 16; i++) x[i] = (float)i + 1;
    on_card<float> card_x(x), out(34);
    cr_assert_eq(launch(copy_in, dim3(1), dim3(4), 32 * sizeof(float), nullptr, card_x.data, out.data),
                 cudaSuccess);
    std::vector<float> got = out.read();
    cr_assert_eq(got[0], 4.0f);
    cr_assert(std::isnan(got[1]), "the second group was still under way");
    for (int i = 0; i < 32; i++) {
        float expected = i < 16 ? x[i] : x[i % 4];
        cr_assert_eq(got[2 + i], expected, "%d is %g", i, got[2 + i]);
    }
}
