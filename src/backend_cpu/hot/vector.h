/** One register of floats. Files of this folder are compiled once for each instruction set; HOT(name) carries
 * its name, and LANES is its width. */
#ifndef TAU_BACKEND_CPU_HOT_VECTOR_H
#define TAU_BACKEND_CPU_HOT_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "backend_cpu/kernels.h"

#define HOT_JOIN(name, isa)   tau_cpu_##name##_##isa
#define HOT_EXPAND(name, isa) HOT_JOIN(name, isa)
#define HOT(name)             HOT_EXPAND(name, TAU_CPU_ISA)
#define INLINE                static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX2__)
#define LANES 8
#else
#define LANES 4
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef float loose_vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vec load(const float *p) {
    return *(const loose_vec *)p;
}

INLINE void store(float *p, vec x) {
    *(loose_vec *)p = x;
}

INLINE vec splat(float x) {
    return x - (vec){0};
}

/** Lanes of a where the mask is set, else of b. */
INLINE vec choose(ivec mask, vec a, vec b) {
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

/** A rectifier that hands NaN on. */
INLINE vec rectify(vec x) {
    return (vec)(~(x < splat(0)) & (ivec)x);
}

/** The larger one; a NaN in either wins. */
INLINE vec larger(vec a, vec b) {
    return choose((a >= b) | (a != a), a, b);
}

/** The first `count` lanes; the others are 0. */
INLINE vec load_part(const float *p, size_t count) {
    float lanes[LANES] = {0};
    for (size_t i = 0; i < count; i++) lanes[i] = p[i];
    return load(lanes);
}

INLINE void store_part(float *p, vec x, size_t count) {
    float lanes[LANES];
    store(lanes, x);
    for (size_t i = 0; i < count; i++) p[i] = lanes[i];
}

void HOT(product)(const tau_cpu_product *product);
void HOT(apply)(float *y, const float *x, size_t count, const tau_cpu_function *function);
void HOT(apply_backward)(float *dx, const float *x, const float *y, const float *dy, size_t count,
                         const tau_cpu_function *function, bool accumulate);
void HOT(normalise)(float *y, const float *x, const float *mean, const float *scale, const float *shift,
                    size_t pixels, size_t channels);
void HOT(mix)(float *out, const float *const *terms, const float *c, int count, size_t size, bool relu);
void HOT(largest)(float *y, const float *a, const float *b, size_t count);
void HOT(add)(float *y, const float *a, const float *b, size_t count, bool relu);
void HOT(winograd_filters)(float *packed, const float *filters, size_t in, size_t out);
void HOT(winograd)(const tau_cpu_winograd *shape, const float *input, const float *packed, const float *bias,
                   float *output, float *scratch);
const float *HOT(tiny)(const tau_cpu_tiny_layer *layers, int count, const float *packed, const float *inputs,
                       float *scratch, size_t widest);
bool HOT(tiny_loss)(tau_loss loss, const float *outputs, size_t output_count, const int32_t *classes,
                    const float *values, size_t count, double *losses, double *right);

extern const tau_cpu_kernels HOT(kernels);

#endif
