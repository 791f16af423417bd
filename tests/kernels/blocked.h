/* Blocked activations and half precision on the host, and device memory for tests of the fast path. */
#ifndef TESTS_KERNELS_BLOCKED_H
#define TESTS_KERNELS_BLOCKED_H

#include <criterion/criterion.h>
#include <cuda_runtime_api.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "kernels/fast.h"

/* ---- half precision ---- */

/* The nearest half; ties to even; infinite from 65520 on. */
static inline double half_round(double value) {
    if (isnan(value) || isinf(value) || value == 0) return value;
    int exponent;
    frexp(value, &exponent);
    const double unit = ldexp(1, exponent < -13 ? -24 : exponent - 11);
    const double rounded = nearbyint(value / unit) * unit;
    return fabs(rounded) > 65504 ? copysign(INFINITY, value) : rounded;
}

/* @param[in] value  a half */
static inline uint16_t half_bits(double value) {
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const double size = fabs(value);
    if (isnan(value)) return 0x7fff;
    if (isinf(value)) return sign | 0x7c00;
    if (size < ldexp(1, -14)) return (uint16_t)(sign | (uint16_t)ldexp(size, 24));
    int exponent;
    const double mantissa = frexp(size, &exponent);
    return (uint16_t)(sign | ((exponent + 14) << 10) | (uint16_t)ldexp(mantissa * 2 - 1, 10));
}

static inline double half_value(uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    if (exponent == 31) value = mantissa ? NAN : INFINITY;
    return bits >> 15 ? -value : value;
}

/* ---- memory ---- */

static inline void succeed(cudaError_t error) {
    cr_assert_eq(error, cudaSuccess, "%s", cudaGetErrorString(error));
}

static inline void *device_bytes(const void *host, size_t bytes) {
    void *device = NULL;
    succeed(cudaMalloc(&device, bytes));
    succeed(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
    return device;
}

/* What the device holds, once its work is done. @lifetime free() */
static inline void *host_bytes(const void *device, size_t bytes) {
    void *host = malloc(bytes);
    succeed(cudaDeviceSynchronize());
    succeed(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost));
    return host;
}

static inline float *device_floats(const float *host, size_t count) {
    return device_bytes(host, count * sizeof(float));
}

static inline float *host_floats(const float *device, size_t count) {
    return host_bytes(device, count * sizeof(float));
}

/* ---- numbers ---- */

/* Normal numbers, element `i` of a stream. */
static inline double draw(uint64_t stream, size_t i) {
    return tau_rng_normal((tau_rng_key){11, stream}, i);
}

static inline float *draw_floats(uint64_t stream, size_t count) {
    float *out = malloc((count + 1) * sizeof(float));
    for (size_t i = 0; i < count; i++) out[i] = (float)draw(stream, i);
    return out;
}

/* ---- activations ---- */

/* Guards of poison before, between and after the networks show stores that go astray. */
enum { GUARD = 64, POISON = 0x7e55 };

/* An activation of some networks, or one that all share, on both sides. */
typedef struct blocked {
    tau_fast_tensor tensor;
    int points, groups;
    size_t count;   /* f16 values, guards included */
    uint16_t *host; /* as last read or written */
    uint16_t *base; /* on the device: tensor.data lies a guard behind */
} blocked;

static inline size_t blocked_offset(const blocked *b, int point, int sample, int channel, int y, int x) {
    const tau_fast_tensor *t = &b->tensor;
    const size_t block =
        (((size_t)(sample / 8) * (size_t)t->height + (size_t)y) * (size_t)((t->channels + 7) / 8) +
         (size_t)(channel / 8)) *
            (size_t)t->width +
        (size_t)x;
    return GUARD + (size_t)point * t->point_stride + block * 64 + (size_t)(sample % 8 * 8 + channel % 8);
}

static inline double blocked_get(const blocked *b, int point, int sample, int channel, int y, int x) {
    const int of = b->tensor.point_stride ? point : 0;
    return half_value(b->host[blocked_offset(b, of, sample, channel, y, x)]);
}

/* All poison. @param[in] points  0 = one for all networks */
static inline blocked blocked_make(int channels, int height, int width, int points, int groups) {
    const size_t size = tau_fast_group_size(channels, height, width) * (size_t)groups + GUARD;
    blocked b = {.tensor = {NULL, channels, height, width, points ? size : 0},
                 .points = points ? points : 1,
                 .groups = groups};
    b.count = GUARD + (size_t)b.points * size;
    b.host = malloc(b.count * sizeof *b.host);
    for (size_t i = 0; i < b.count; i++) b.host[i] = POISON;
    b.base = device_bytes(b.host, b.count * sizeof *b.host);
    b.tensor.data = b.base + GUARD;
    return b;
}

static inline void blocked_write(blocked *b) {
    succeed(cudaMemcpy(b->base, b->host, b->count * sizeof *b->host, cudaMemcpyHostToDevice));
}

/* Normal halves everywhere, in channels past the last too. */
static inline blocked blocked_draw(uint64_t stream, int channels, int height, int width, int points,
                                   int groups) {
    blocked b = blocked_make(channels, height, width, points, groups);
    const size_t size = tau_fast_group_size(channels, height, width) * (size_t)groups;
    for (int p = 0; p < b.points; p++)
        for (size_t i = 0; i < size; i++) {
            const size_t at = GUARD + (size_t)p * b.tensor.point_stride + i;
            b.host[at] = half_bits(half_round(draw(stream, at)));
        }
    blocked_write(&b);
    return b;
}

/* Reads the device; all guards must be as they were. */
static inline void blocked_read(blocked *b) {
    free(b->host);
    b->host = host_bytes(b->base, b->count * sizeof *b->host);
    const size_t size =
        tau_fast_group_size(b->tensor.channels, b->tensor.height, b->tensor.width) * (size_t)b->groups;
    for (size_t i = 0; i < GUARD; i++) cr_assert_eq(b->host[i], POISON, "a store before the tensor");
    for (int p = 0; p < b->points; p++)
        for (size_t i = 0; i < GUARD; i++)
            cr_assert_eq(b->host[GUARD + (size_t)p * b->tensor.point_stride + size + i], POISON,
                         "a store behind network %d", p);
}

/* Channels past the last, all of whose values must be 0. */
static inline void blocked_check_padding(const blocked *b) {
    const tau_fast_tensor *t = &b->tensor;
    for (int p = 0; p < b->points; p++)
        for (int s = 0; s < b->groups * 8; s++)
            for (int c = t->channels; c % 8 != 0; c++)
                for (int i = 0; i < t->height * t->width; i++)
                    cr_assert_eq(blocked_get(b, p, s, c, i / t->width, i % t->width), 0,
                                 "channel %d of sample %d of network %d", c, s, p);
}

static inline void blocked_free(blocked *b) {
    free(b->host);
    succeed(cudaFree(b->base));
}

/* ---- overflow flags ---- */

static inline unsigned char *flags_make(int points) {
    unsigned char *zeros = calloc((size_t)points, 1), *flags = device_bytes(zeros, (size_t)points);
    free(zeros);
    return flags;
}

/* @param[in] expected  bit p = network p   @lifetime frees the flags */
static inline void flags_check(unsigned char *flags, int points, unsigned expected) {
    unsigned char *found = host_bytes(flags, (size_t)points);
    for (int p = 0; p < points; p++)
        cr_expect_eq(found[p], p < 32 ? expected >> p & 1 : 0, "overflow of network %d is %d", p, found[p]);
    free(found);
    succeed(cudaFree(flags));
}

#endif
