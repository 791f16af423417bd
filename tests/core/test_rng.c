#include <criterion/criterion.h>
#include <math.h>

#include "core/reproducible.h"
#include "core/rng.h"

/* Known answers of the Random123 distribution (kat_vectors, philox4x32 10). */
Test(philox, matches_the_published_vectors) {
    const uint32_t zeros[4] = {0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
    const uint32_t expected_zeros[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    const uint32_t expected_ones[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    uint32_t out[4];
    tau_rng_philox(out, zeros, zeros);
    cr_assert_arr_eq(out, expected_zeros, sizeof out);
    tau_rng_philox(out, ones, ones);
    cr_assert_arr_eq(out, expected_ones, sizeof out);
}

Test(rng, normal_draws_have_mean_zero_and_variance_one) {
    const tau_rng_key key = {7, tau_rng_stream("test")};
    double sum = 0, squares = 0, fourth = 0;
    const int n = 100000;
    for (int i = 0; i < n; i++) {
        double x = tau_rng_normal(key, (uint64_t)i);
        sum += x, squares += x * x, fourth += x * x * x * x;
    }
    cr_assert_lt(fabs(sum / n), 0.01);
    cr_assert_lt(fabs(squares / n - 1), 0.02);
    cr_assert_lt(fabs(fourth / n - 3), 0.15);
}

Test(rng, permutation_holds_every_index_once) {
    uint64_t order[257];
    char seen[257] = {0};
    tau_rng_permutation(order, 257, (tau_rng_key){1, 2});
    for (int i = 0; i < 257; i++) seen[order[i]]++;
    for (int i = 0; i < 257; i++) cr_assert_eq(seen[i], 1);
}

Test(rng, streams_and_seeds_differ) {
    cr_assert_neq(tau_rng_bits((tau_rng_key){1, 2}, 0), tau_rng_bits((tau_rng_key){1, 3}, 0));
    cr_assert_neq(tau_rng_bits((tau_rng_key){1, 2}, 0), tau_rng_bits((tau_rng_key){2, 2}, 0));
}

Test(reproducible, functions_agree_with_the_c_library) {
    for (int i = 1; i < 4000; i++) {
        double x = i * 0.00731;
        cr_assert_float_eq(tau_repro_log(x), log(x), 1e-15 * (1 + fabs(log(x))), "log %g", x);
        cr_assert_float_eq(tau_repro_exp(x - 15), exp(x - 15), 4e-15 * exp(x - 15), "exp %g", x - 15);
        double turn = (i - 2000) * 0.00317;
        cr_assert_float_eq(tau_repro_sin_turn(turn), sin(2 * acos(-1) * turn), 1e-13);
        cr_assert_float_eq(tau_repro_cos_turn(turn), cos(2 * acos(-1) * turn), 1e-13);
    }
    cr_assert_eq(tau_repro_sin_turn(0.5), 0.0);
    cr_assert_eq(tau_repro_cos_turn(0.25), 0.0);
}
