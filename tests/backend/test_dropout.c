#include <criterion/criterion.h>
#include <math.h>

#include "backend/dropout.h"

enum { ELEMENTS = 40000 };

static double share_kept(const tau_dropout_mask *mask) {
    int kept = 0;
    for (int i = 0; i < ELEMENTS; i++) kept += tau_dropout_keeps(mask, (uint64_t)i);
    return (double)kept / ELEMENTS;
}

static double share_equal(const tau_dropout_mask *a, const tau_dropout_mask *b) {
    int equal = 0;
    for (uint64_t i = 0; i < ELEMENTS; i++) equal += tau_dropout_keeps(a, i) == tau_dropout_keeps(b, i);
    return (double)equal / ELEMENTS;
}

Test(dropout, drops_the_share_it_is_told_to) {
    const double rates[] = {0, 0.1, 0.25, 0.5, 0.9};
    for (int i = 0; i < 5; i++) {
        const tau_dropout_mask mask = {.seed = 1, .step = 2, .layer = 3, .rate = rates[i]};
        double error = 4 * sqrt(rates[i] * (1 - rates[i]) / ELEMENTS); /* 4 standard errors */
        cr_assert_leq(fabs(share_kept(&mask) - (1 - rates[i])), error, "rate %g", rates[i]);
    }
}

Test(dropout, masks_of_other_seeds_steps_and_layers_are_independent) {
    const tau_dropout_mask mask = {1, 2, 3, 0.5};
    const tau_dropout_mask others[] = {{2, 2, 3, 0.5},
                                       {1, 3, 3, 0.5},
                                       {1, 2, 4, 0.5},
                                       {1 + (UINT64_C(1) << 32), 2, 3, 0.5},
                                       {1, 2 + (UINT64_C(1) << 32), 3, 0.5}};
    for (int i = 0; i < 5; i++) cr_assert_leq(fabs(share_equal(&mask, &others[i]) - 0.5), 0.01, "mask %d", i);
}

Test(dropout, blocks_hold_the_words_of_single_elements) {
    const tau_dropout_mask mask = {5, 6, 7, 0.3};
    uint32_t words[TAU_DROPOUT_BLOCK];
    for (uint64_t block = 0; block < 100; block++) {
        tau_dropout_draw(words, &mask, block);
        for (uint64_t i = 0; i < TAU_DROPOUT_BLOCK; i++)
            cr_assert_eq(words[i] >= tau_dropout_threshold(mask.rate),
                         tau_dropout_keeps(&mask, block * TAU_DROPOUT_BLOCK + i));
    }
}

Test(dropout, keeps_the_mean) {
    cr_assert_float_eq(tau_dropout_scale(0.25), 4.0 / 3, 1e-15);
}
