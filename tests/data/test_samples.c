#include "data/samples.h"

#include <criterion/criterion.h>
#include <string.h>

static tau_samples *numbered(size_t count) {
    tau_shape shape;
    tau_samples *samples;
    cr_assert_eq(tau_shape_make(&shape, 1, (const int64_t[]){2}), TAU_STATUS_OK);
    cr_assert_eq(tau_samples_create(&samples, count, &shape, 3, 0), TAU_STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        samples->inputs[2 * i] = (float)i;
        samples->inputs[2 * i + 1] = -(float)i;
        samples->classes[i] = (int32_t)(i % 3);
    }
    return samples;
}

static void check_whole(const tau_samples *samples) {
    for (size_t i = 0; i < samples->count; i++) {
        cr_assert_eq(samples->inputs[2 * i + 1], -samples->inputs[2 * i]);
        cr_assert_eq(samples->classes[i], (int32_t)samples->inputs[2 * i] % 3);
    }
}

Test(samples, a_larger_sample_contains_the_smaller_in_its_order) {
    tau_samples *all = numbered(100), *small, *large, *other;
    cr_assert_eq(tau_samples_take(&small, all, 30, 7), TAU_STATUS_OK);
    cr_assert_eq(tau_samples_take(&large, all, 100, 7), TAU_STATUS_OK);
    cr_assert_eq(tau_samples_take(&other, all, 30, 8), TAU_STATUS_OK);
    check_whole(large);
    cr_assert_arr_eq(small->inputs, large->inputs, 60 * sizeof(float));
    cr_assert_arr_neq(small->inputs, other->inputs, 60 * sizeof(float));
    char seen[100] = {0};
    for (int i = 0; i < 100; i++) seen[(int)large->inputs[2 * i]]++;
    for (int i = 0; i < 100; i++) cr_assert_eq(seen[i], 1);
    tau_samples_destroy(small), tau_samples_destroy(large), tau_samples_destroy(other),
        tau_samples_destroy(all);
}

Test(samples, a_split_shares_no_sample) {
    tau_samples *all = numbered(50), *train, *test;
    cr_assert_eq(tau_samples_split(&train, &test, all, 0.1, 1), TAU_STATUS_OK);
    cr_assert(train->count == 45 && test->count == 5);
    check_whole(train);
    check_whole(test);
    char seen[50] = {0};
    for (size_t i = 0; i < 45; i++) seen[(int)train->inputs[2 * i]]++;
    for (size_t i = 0; i < 5; i++) seen[(int)test->inputs[2 * i]]++;
    for (int i = 0; i < 50; i++) cr_assert_eq(seen[i], 1);
    tau_samples_destroy(train), tau_samples_destroy(test), tau_samples_destroy(all);
}

Test(samples, impossible_counts_and_fractions_are_refused) {
    tau_samples *all = numbered(4), *a, *b;
    cr_assert_eq(tau_samples_take(&a, all, 0, 1), TAU_STATUS_USAGE);
    cr_assert_eq(tau_samples_take(&a, all, 5, 1), TAU_STATUS_USAGE);
    cr_assert_null(a);
    const double fractions[] = {0, 1, -0.5, 0.1, 0.9, 0.0 / 0.0};
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(tau_samples_split(&a, &b, all, fractions[i], 1), TAU_STATUS_USAGE);
        cr_assert(!a && !b);
    }
    tau_samples_destroy(all);
}

Test(samples, the_digest_sees_inputs_targets_and_shape) {
    tau_samples *a = numbered(4), *b = numbered(4);
    char first[TAU_HASH_TEXT], second[TAU_HASH_TEXT];
    tau_samples_digest(a, first);
    tau_samples_digest(b, second);
    cr_assert_str_eq(first, second);
    b->classes[3] = 1;
    tau_samples_digest(b, second);
    cr_assert_str_neq(first, second);
    b->classes[3] = a->classes[3];
    b->inputs[0] = 0.5f;
    tau_samples_digest(b, second);
    cr_assert_str_neq(first, second);
    b->inputs[0] = a->inputs[0];
    b->count = 2, b->input_shape.dim[0] = 4;
    tau_samples_digest(b, second);
    cr_assert_str_neq(first, second);
    tau_samples_destroy(a), tau_samples_destroy(b);
}
