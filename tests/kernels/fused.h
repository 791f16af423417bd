/** What the tests of the fused kernels share: seeded numbers, f16 on the host, the blocked layout and packed
 * weights of kernels/fast.h written out once more, and memory of the (emulated) device. */
#ifndef TAU_TESTS_KERNELS_FUSED_H
#define TAU_TESTS_KERNELS_FUSED_H

#include <criterion/criterion.h>
#include <cuda_runtime_api.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emulation/emulation.h"
#include "kernels/fast.h"

/** ---- numbers ---- */

/** Uniform in -scale .. scale, from a generator of 64 bits. */
static inline float draw(uint64_t *state, float scale) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return scale * ((float)(*state >> 40) / (float)(1 << 23) - 1.0f);
}

static inline float from_half(uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) value = mantissa ? NAN : INFINITY;
    return (float)(bits & 0x8000 ? -value : value);
}

/** Nearest, ties to even; for values that f16 has a finite neighbour of, and NaN. */
static inline uint16_t to_half(double value) {
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    if (isnan(value)) return 0x7fff;
    int exponent = 0;
    frexp(value, &exponent);
    if (value == 0 || exponent < -13) exponent = -13;
    const double rounded = nearbyint(ldexp(fabs(value), 11 - exponent));
    return (uint16_t)(sign + ((exponent + 13) << 10) + (int)rounded);
}

static inline double round_half(double value) {
    return from_half(to_half(value));
}

/** ---- layout ---- */

/** Index of an element of an activation [C,H,W] of one network, C a multiple of 8. */
static inline size_t blocked_at(int channels, int height, int width, int sample, int channel, int y, int x) {
    const size_t row = (size_t)(sample / 8) * (size_t)height + (size_t)y;
    const size_t chunk = row * (size_t)(channels / 8) + (size_t)(channel / 8);
    return (chunk * (size_t)width + (size_t)x) * 64 + (size_t)(sample % 8 * 8 + channel % 8);
}

/** Packs [outputs][channels][3][3]; outputs and channels multiples of 16. A lane's register r of a fragment
 * has output lane/4 + 8·(r%2) and, of the step's 16 values of k, 2·(lane%4) + 8·(r/2) and the next.
 *  @param[out] out  [outputs/16][9·channels/16][parts][32][4 registers][2] f16 */
static inline void pack_weights(uint16_t *out, const float *weights, int outputs, int channels, int parts) {
    const int steps = 9 * channels / 16;
    for (int i = 0; i < outputs * channels * 9; i++) {
        const int output = i / (channels * 9), channel = i / 9 % channels, tap = i % 9;
        const int step = tap * (channels / 16) + channel / 16, k = channel % 16, row = output % 16;
        const int lane = row % 8 * 4 + k % 8 / 2, reg = row / 8 + k / 8 * 2;
        double left = weights[i];
        for (int part = 0; part < parts; part++) {
            const size_t fragment =
                ((size_t)(output / 16) * (size_t)steps + (size_t)step) * (size_t)parts + (size_t)part;
            const uint16_t half = to_half(left);
            out[((fragment * 32 + (size_t)lane) * 4 + (size_t)reg) * 2 + (size_t)(k % 2)] = half;
            left -= from_half(half);
        }
    }
}

/** Rounds weights to what `parts` halves hold of them. */
static inline void round_weights(float *weights, size_t count, int parts) {
    for (size_t i = 0; i < count; i++) {
        double kept = 0;
        for (int part = 0; part < parts; part++) kept += round_half(weights[i] - kept);
        weights[i] = (float)kept;
    }
}

/** ---- memory ---- */

static inline void *host_memory(size_t bytes) {
    void *memory = malloc(bytes);
    cr_assert_not_null(memory);
    return memory;
}

/** Device memory with a copy of `source`, or where that is NULL, full of bytes 0xff: NaN in f16 and f32. */
static inline void *device_memory(const void *source, size_t bytes) {
    void *memory = NULL;
    cr_assert_eq(cudaMalloc(&memory, bytes), cudaSuccess);
    if (source)
        cr_assert_eq(cudaMemcpy(memory, source, bytes, cudaMemcpyHostToDevice), cudaSuccess);
    else
        cr_assert_eq(cudaMemset(memory, 0xff, bytes), cudaSuccess);
    return memory;
}

/** A copy on the host; the device memory is freed. */
static inline void *take_back(void *device, size_t bytes) {
    void *memory = host_memory(bytes);
    cr_assert_eq(cudaMemcpy(memory, device, bytes, cudaMemcpyDeviceToHost), cudaSuccess);
    cr_assert_eq(cudaFree(device), cudaSuccess);
    return memory;
}

/** ---- what a kernel gave ---- */

typedef struct fused_answer {
    size_t count;      /**< values of y */
    uint16_t *y;       /**< [points][groups] blocked */
    uint8_t *overflow; /**< [points] */
} fused_answer;

static inline void free_answer(fused_answer *answer) {
    free(answer->y);
    free(answer->overflow);
}

static inline void assert_same(const uint16_t *got, const uint16_t *expected, size_t count,
                               const char *what) {
    size_t differ = 0;
    for (size_t i = 0; i < count; i++) differ += got[i] != expected[i];
    cr_assert_eq(differ, 0, "%s: %zu of %zu values differ", what, differ, count);
}

#endif
