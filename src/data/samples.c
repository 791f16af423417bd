#include "data/samples.h"

#include <string.h>

#include "core/memory.h"
#include "core/rng.h"

tau_status tau_samples_create(tau_samples **out, size_t count, const tau_shape *input_shape, int class_count,
                              size_t target_size) {
    *out = NULL;
    tau_samples *samples;
    TAU_TRY(TAU_ALLOC(samples, 1));
    samples->count = count;
    samples->input_shape = *input_shape;
    samples->class_count = class_count;
    samples->target_size = class_count ? 0 : target_size;
    tau_status status =
        tau_mem_alloc((void **)&samples->inputs, count, tau_shape_size(input_shape) * sizeof(float));
    if (status == TAU_STATUS_OK && class_count) status = TAU_ALLOC(samples->classes, count);
    if (status == TAU_STATUS_OK && !class_count)
        status = tau_mem_alloc((void **)&samples->values, count, target_size * sizeof(float));
    if (status != TAU_STATUS_OK) {
        tau_samples_destroy(samples);
        return status;
    }
    *out = samples;
    return TAU_STATUS_OK;
}

void tau_samples_destroy(tau_samples *samples) {
    if (!samples) return;
    tau_mem_free(samples->inputs);
    tau_mem_free(samples->classes);
    tau_mem_free(samples->values);
    tau_mem_free(samples->source);
    tau_mem_free(samples->normalisation);
    tau_mem_free(samples);
}

static void copy_sample(tau_samples *to, size_t at, const tau_samples *from, size_t index) {
    size_t width = tau_shape_size(&from->input_shape);
    memcpy(to->inputs + at * width, from->inputs + index * width, width * sizeof(float));
    if (from->classes) to->classes[at] = from->classes[index];
    if (from->values)
        memcpy(to->values + at * from->target_size, from->values + index * from->target_size,
               from->target_size * sizeof(float));
}

/* The samples order[0..count), copied. */
static tau_status gather(tau_samples **out, const tau_samples *from, const uint64_t *order, size_t count) {
    tau_samples *samples;
    *out = NULL;
    TAU_TRY(tau_samples_create(&samples, count, &from->input_shape, from->class_count, from->target_size));
    for (size_t i = 0; i < count; i++) copy_sample(samples, i, from, order[i]);
    tau_status status = tau_string_copy(&samples->source, from->source ? from->source : "");
    if (status == TAU_STATUS_OK)
        status = tau_string_copy(&samples->normalisation, from->normalisation ? from->normalisation : "");
    if (status == TAU_STATUS_OK)
        *out = samples;
    else
        tau_samples_destroy(samples);
    return status;
}

static tau_status permute(uint64_t **order, size_t count, uint64_t seed, const char *stream) {
    TAU_TRY(TAU_ALLOC(*order, count));
    tau_rng_permutation(*order, count, (tau_rng_key){seed, tau_rng_stream(stream)});
    return TAU_STATUS_OK;
}

tau_status tau_samples_take(tau_samples **out, const tau_samples *from, size_t count, uint64_t seed) {
    *out = NULL;
    if (count == 0 || count > from->count)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot take %zu samples" TAU_WHY "the data has %zu" TAU_FIX
                        "ask for 1 to %zu samples, or for all",
                        count, from->count, from->count);
    uint64_t *order;
    TAU_TRY(permute(&order, from->count, seed, "sample"));
    tau_status status = gather(out, from, order, count);
    tau_mem_free(order);
    return status;
}

tau_status tau_samples_split(tau_samples **train, tau_samples **test, const tau_samples *from,
                             double fraction, uint64_t seed) {
    *train = *test = NULL;
    if (!(fraction > 0 && fraction < 1))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot hold out a fraction of %g" TAU_WHY
                        "the fraction of test samples lies between 0 and 1",
                        fraction);
    size_t held_out = (size_t)((double)from->count * fraction + 0.5);
    if (held_out == 0 || held_out >= from->count)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot hold out %g of %zu samples" TAU_WHY
                        "one of the two parts would be empty" TAU_FIX
                        "choose another fraction, or name test data of its own",
                        fraction, from->count);
    uint64_t *order;
    TAU_TRY(permute(&order, from->count, seed, "split"));
    size_t kept = from->count - held_out;
    tau_status status = gather(train, from, order, kept);
    if (status == TAU_STATUS_OK) status = gather(test, from, order + kept, held_out);
    if (status != TAU_STATUS_OK) {
        tau_samples_destroy(*train);
        *train = NULL;
    }
    tau_mem_free(order);
    return status;
}

void tau_samples_digest(const tau_samples *samples, char out[TAU_HASH_TEXT]) {
    /* Sizes as fixed-width numbers first, so that no two data sets share one stream of bytes. */
    int64_t header[4 + TAU_SHAPE_MAX_RANK] = {(int64_t)samples->count, samples->class_count,
                                              (int64_t)samples->target_size, samples->input_shape.rank};
    for (int i = 0; i < samples->input_shape.rank; i++) header[4 + i] = samples->input_shape.dim[i];
    size_t inputs = samples->count * tau_shape_size(&samples->input_shape) * sizeof(float);
    tau_hash_part parts[3] = {{header, sizeof header}, {samples->inputs, inputs}, {NULL, 0}};
    if (samples->classes)
        parts[2] = (tau_hash_part){samples->classes, samples->count * sizeof *samples->classes};
    else
        parts[2] = (tau_hash_part){samples->values, samples->count * samples->target_size * sizeof(float)};
    tau_hash_sha256(out, parts, 3);
}
