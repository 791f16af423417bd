#include "core/rng.h"

#include <math.h>

#include "core/reproducible.h"

void tau_rng_philox(uint32_t out[4], const uint32_t key[2], const uint32_t counter[4]) {
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c0 = n0, c1 = (uint32_t)p1, c2 = n2, c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

static void draw(uint32_t out[4], tau_rng_key key, uint64_t index) {
    const uint32_t k[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
    const uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)key.stream,
                           (uint32_t)(key.stream >> 32)};
    tau_rng_philox(out, k, c);
}

static double unit(uint32_t high, uint32_t low) {
    return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

uint64_t tau_rng_bits(tau_rng_key key, uint64_t index) {
    uint32_t r[4];
    draw(r, key, index);
    return ((uint64_t)r[0] << 32) | r[1];
}

double tau_rng_uniform(tau_rng_key key, uint64_t index) {
    uint32_t r[4];
    draw(r, key, index);
    return unit(r[0], r[1]);
}

uint64_t tau_rng_below(tau_rng_key key, uint64_t index, uint64_t bound) {
    return (uint64_t)(((unsigned __int128)tau_rng_bits(key, index) * bound) >> 64);
}

double tau_rng_normal(tau_rng_key key, uint64_t index) {
    uint32_t r[4];
    draw(r, key, index);
    double u = 1.0 - unit(r[0], r[1]); /* (0, 1]: the logarithm stays finite */
    double turn = unit(r[2], r[3]);
    return sqrt(-2.0 * tau_repro_log(u)) * tau_repro_cos_turn(turn);
}

void tau_rng_permutation(uint64_t *out, uint64_t size, tau_rng_key key) {
    for (uint64_t i = 0; i < size; i++) out[i] = i;
    for (uint64_t i = 0; i + 1 < size; i++) {
        uint64_t j = i + tau_rng_below(key, i, size - i);
        uint64_t swapped = out[i];
        out[i] = out[j];
        out[j] = swapped;
    }
}

uint64_t tau_rng_stream(const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}
