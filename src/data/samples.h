/** Samples: inputs with their targets, in memory. */
#ifndef TAU_DATA_SAMPLES_H
#define TAU_DATA_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/status.h"
#include "model/shape.h"

typedef struct tau_samples {
    size_t count;          /**< N */
    tau_shape input_shape; /**< of one sample: [C,H,W] for images, [F] for tables */
    float *inputs;         /**< [N, input_shape], normalised */
    int32_t *classes;      /**< [N] class numbers 0..class_count-1; NULL when the targets are values */
    int class_count;
    float *values; /**< [N, target_size]; NULL when the targets are classes */
    size_t target_size;
    char *source; /**< where they come from, for people: "digits (seed 1)", "train-images-idx3-ubyte.gz" */
    char *normalisation; /**< what was done to the inputs: "(x/255 - 0.1307)/0.3081", "" = nothing */
} tau_samples;

/** @lifetime all parts zeroed; the caller fills them. @param[in] class_count  0 = targets are values */
TAU_CHECK tau_status tau_samples_create(tau_samples **out, size_t count, const tau_shape *input_shape,
                                        int class_count, size_t target_size);
void tau_samples_destroy(tau_samples *samples);

/** The first `count` of a seeded permutation, copied, so that a larger sample contains the smaller. With
 * count = N all samples in that order. @errors TAU_STATUS_USAGE: count is 0 or more than there are */
TAU_CHECK tau_status tau_samples_take(tau_samples **out, const tau_samples *from, size_t count,
                                      uint64_t seed);

/** Cuts off `fraction` of a seeded permutation as held-out samples: train and test, both fresh copies. */
TAU_CHECK tau_status tau_samples_split(tau_samples **train, tau_samples **test, const tau_samples *from,
                                       double fraction, uint64_t seed);

/** SHA-256 of shapes, inputs and targets: identity of the data in a recipe. */
void tau_samples_digest(const tau_samples *samples, char out[TAU_HASH_TEXT]);

#endif
