/** Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011). A draw depends on its key and index
 * alone, never on what was drawn before, so any thread may draw any element and every machine draws the same
 * bits. */
#ifndef TAU_CORE_RNG_H
#define TAU_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

/** Names one stream of numbers. Streams differ when any field does. */
typedef struct tau_rng_key {
    uint64_t seed;
    uint64_t stream; /**< what the numbers are for: a hash of a name, a step, a layer … */
} tau_rng_key;

/** The raw generator: 128 bits for a 64-bit key and a 128-bit counter. */
void tau_rng_philox(uint32_t out[4], const uint32_t key[2], const uint32_t counter[4]);

/** 64 random bits, element `index` of the stream. */
uint64_t tau_rng_bits(tau_rng_key key, uint64_t index);

/** Uniform on [0, 1), 53 bits. */
double tau_rng_uniform(tau_rng_key key, uint64_t index);

/** Uniform integer on [0, bound), bound > 0. */
uint64_t tau_rng_below(tau_rng_key key, uint64_t index, uint64_t bound);

/** Standard normal by Box–Muller in double with tau_repro_log, sin and cos: the same bits everywhere. */
double tau_rng_normal(tau_rng_key key, uint64_t index);

/** The first `count` places of a seeded permutation of 0..size-1 (Fisher–Yates); a longer prefix contains a
 * shorter.
 *  @param[out] out  [size], the permuted indices (all of them) */
void tau_rng_permutation(uint64_t *out, uint64_t size, tau_rng_key key);

/** FNV-1a hash of a name, for tau_rng_key.stream. */
uint64_t tau_rng_stream(const char *name);

#endif
