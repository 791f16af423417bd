// Matrix instructions against plain loops, and against the layouts of the PTX manual written out a second
// time.
#include "test_support.hpp"
#include <criterion/criterion.h>

static uint32_t pack(float low, float high) {
    return __half_as_ushort(__float2half_rn(low)) | (uint32_t)__half_as_ushort(__float2half_rn(high)) << 16;
}

// A [16,16] and B [16,8] row-major as floats; D [16,8] accumulated onto `c`.
static __global__ void warp_product(const float *a, const float *b, float *c) {
    int r = threadIdx.x / 4, q = threadIdx.x % 4 * 2;
    uint32_t left[4], right[2];
    for (int i = 0; i < 4; i++) {
        const float *at = a + (r + i % 2 * 8) * 16 + q + i / 2 * 8;
        left[i] = pack(at[0], at[1]);
    }
    for (int i = 0; i < 2; i++) right[i] = pack(b[(q + 8 * i) * 8 + r], b[(q + 8 * i + 1) * 8 + r]);
    float d[4] = {c[r * 8 + q], c[r * 8 + q + 1], c[(r + 8) * 8 + q], c[(r + 8) * 8 + q + 1]};
    ptx_mma_m16n8k16(d, left, right);
    ptx_mma_m16n8k16(d, left, right);
    c[r * 8 + q] = d[0];
    c[r * 8 + q + 1] = d[1];
    c[(r + 8) * 8 + q] = d[2];
    c[(r + 8) * 8 + q + 1] = d[3];
}

Test(matrix, mma_multiplies_and_accumulates) {
    std::vector<float> a(256), b(128), c(128);
    for (size_t i = 0; i < 256; i++) a[i] = whole(i, 17);
    for (size_t i = 0; i < 128; i++) b[i] = whole(i + 5, 13), c[i] = whole(i + 9, 50);
    on_card<float> card_a(a), card_b(b), card_c(c);
    cr_assert(emulation_set_schedule("shuffled:5"));
    cr_assert_eq(launch(warp_product, dim3(1), dim3(32), 0, nullptr, card_a.data, card_b.data, card_c.data),
                 cudaSuccess);
    std::vector<float> got = card_c.read();
    for (int i = 0; i < 128; i++) {
        float sum = c[i];
        for (int k = 0; k < 16; k++) sum += 2 * a[i / 8 * 16 + k] * b[k * 8 + i % 8];
        cr_assert_eq(got[i], sum, "element %d is %g, not %g", i, got[i], sum);
    }
}

// 4 matrices of 8 x 8 in shared memory, numbered through; loaded as they are and transposed, and transposed
// in registers.
static __global__ void move_matrices(uint16_t *plain, uint16_t *transposed) {
    TAU_DYNAMIC_SHARED(uint16_t, shared);
    for (int i = threadIdx.x; i < 256; i += 32) shared[i] = (uint16_t)i;
    __syncwarp();
    uint32_t v[4], w[4];
    ptx_ldmatrix_x4(v, shared + 8 * threadIdx.x);
    ptx_ldmatrix_x4_trans(w, shared + 8 * threadIdx.x);
    for (int m = 0; m < 4; m++) {
        plain[64 * m + 2 * threadIdx.x] = (uint16_t)v[m];
        plain[64 * m + 2 * threadIdx.x + 1] = (uint16_t)(v[m] >> 16);
        transposed[64 * m + 2 * threadIdx.x] = (uint16_t)w[m];
        transposed[64 * m + 2 * threadIdx.x + 1] = (uint16_t)(w[m] >> 16);
        if (ptx_movmatrix_trans(v[m]) != w[m]) plain[0] = 0xffff;
    }
}

Test(matrix, matrices_move_between_shared_memory_and_registers) {
    on_card<uint16_t> plain(256), transposed(256);
    cr_assert(emulation_set_schedule("shuffled:5"));
    cr_assert_eq(launch(move_matrices, dim3(1), dim3(32), 512, nullptr, plain.data, transposed.data),
                 cudaSuccess);
    std::vector<uint16_t> p = plain.read(), t = transposed.read();
    for (int i = 0; i < 256; i++) {
        cr_assert_eq(p[i], i, "lane l holds row l / 4, columns 2 (l %% 4) and the next");
        cr_assert_eq(t[i], i / 64 * 64 + i % 8 * 8 + i % 64 / 8, "element %d of the transpose is %d", i,
                     t[i]);
    }
}

enum { N = 96, K = 48 };

// A [64,K] from registers, B [K,N] in shared memory as core matrices [K/8][N/8][8 n][8 k]; two accumulators
// in turn.
static __global__ void group_product(const float *a, const float *b, float *c) {
    TAU_DYNAMIC_SHARED(uint16_t, shared);
    for (int i = threadIdx.x; i < K / 8 * N; i += 128) {
        float v[8];
        for (int k = 0; k < 8; k++) v[k] = b[(i / N * 8 + k) * N + i % N];
        ptx_store_shared_8(shared + 8 * i, make_uint2(pack(v[0], v[1]), pack(v[2], v[3])));
        ptx_store_shared_8(shared + 8 * i + 4, make_uint2(pack(v[4], v[5]), pack(v[6], v[7])));
    }
    ptx_fence_proxy_async();
    __syncthreads();
    int warp = threadIdx.x / 32, r = threadIdx.x % 32 / 4, q = threadIdx.x % 4 * 2;
    uint32_t left[K / 16][4];
    for (int step = 0; step < K / 16; step++) {
        for (int i = 0; i < 4; i++) {
            const float *at = a + (warp * 16 + r + i % 2 * 8) * K + step * 16 + q + i / 2 * 8;
            left[step][i] = pack(at[0], at[1]);
        }
    }
    uint64_t right = ptx_matrix_descriptor(ptx_shared_address(shared), N * 16, 128);
    float d[2][N / 2];
    ptx_wgmma_fence();
    ptx_wgmma_m64n96k16<false>(d[0], left[0], right);
    ptx_wgmma_commit();
    ptx_wgmma_m64n96k16<false>(d[1], left[1], right + 2 * N);
    ptx_wgmma_m64n96k16<true>(d[1], left[2], right + 4 * N);
    ptx_wgmma_commit();
    ptx_wgmma_wait<1>();
    float first[N / 2];
    for (int i = 0; i < N / 2; i++) first[i] = d[0][i];
    ptx_wgmma_wait<0>();
    for (int i = 0; i < N / 2; i++) {
        int row = warp * 16 + r + i % 4 / 2 * 8, column = i / 4 * 8 + q + i % 2;
        c[row * N + column] = first[i] + d[1][i];
    }
}

Test(matrix, wgmma_multiplies_and_accumulates) {
    std::vector<float> a(64 * K), b(K * N);
    for (size_t i = 0; i < a.size(); i++) a[i] = whole(i, 17);
    for (size_t i = 0; i < b.size(); i++) b[i] = whole(i + 5, 13);
    on_card<float> card_a(a), card_b(b), card_c(64 * N);
    for (const char *schedule : SCHEDULES) {
        cr_assert(emulation_set_schedule(schedule));
        cr_assert_eq(launch(group_product, dim3(1), dim3(128), K * N * 2, nullptr, card_a.data, card_b.data,
                            card_c.data),
                     cudaSuccess);
        std::vector<float> got = card_c.read();
        for (int i = 0; i < 64 * N; i++) {
            float sum = 0;
            for (int k = 0; k < K; k++) sum += a[i / N * K + k] * b[k * N + i % N];
            cr_assert_eq(got[i], sum, "%s: element %d is %g, not %g", schedule, i, got[i], sum);
        }
    }
}
