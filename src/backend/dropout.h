/** Dropout masks, the same on every backend and for any number of threads. */
#ifndef TAU_BACKEND_DROPOUT_H
#define TAU_BACKEND_DROPOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rng.h"

/** One draw of Philox serves four neighbouring elements. */
#define TAU_DROPOUT_BLOCK 4

/** Which mask is meant. */
typedef struct tau_dropout_mask {
    uint64_t seed; /**< of the training */
    uint64_t step; /**< of the training */
    int layer;     /**< index of the node in graph->nodes */
    double rate;   /**< share that is dropped, 0 <= rate < 1 */
} tau_dropout_mask;

/** What a kept element is multiplied by; a dropped one is multiplied by 0. */
static inline double tau_dropout_scale(double rate) {
    return 1.0 / (1.0 - rate);
}

/** Words of the elements 4·block .. 4·block+3; an element is kept where its word reaches the threshold.
 *  A key of its own keeps masks apart from whatever else is drawn from the same seed. */
static inline void tau_dropout_draw(uint32_t words[TAU_DROPOUT_BLOCK], const tau_dropout_mask *mask,
                                    uint64_t block) {
    const uint32_t key[2] = {(uint32_t)mask->seed, (uint32_t)(mask->seed >> 32) ^ UINT32_C(0x64726f70)};
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)mask->step,
                                 (uint32_t)(mask->step >> 32) ^ ((uint32_t)mask->layer << 8)};
    tau_rng_philox(words, key, counter);
}

static inline uint32_t tau_dropout_threshold(double rate) {
    return (uint32_t)(rate * 0x1p32);
}

/** Whether an element is kept. @param[in] element  (position of the sample in the batch)·(elements of a
 *  sample) + index within the sample */
static inline bool tau_dropout_keeps(const tau_dropout_mask *mask, uint64_t element) {
    uint32_t words[TAU_DROPOUT_BLOCK];
    tau_dropout_draw(words, mask, element / TAU_DROPOUT_BLOCK);
    return words[element % TAU_DROPOUT_BLOCK] >= tau_dropout_threshold(mask->rate);
}

#endif
