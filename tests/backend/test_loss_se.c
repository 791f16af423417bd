/* Mean and standard error of per-sample losses: eq:loss_se */
#include <criterion/criterion.h>
#include <math.h>

#include "backend/loss.h"
#include "core/rng.h"

enum { N = 1000 };

static void fill(double *losses, size_t count, double offset) {
    for (size_t i = 0; i < count; i++) losses[i] = offset + tau_rng_normal((tau_rng_key){1, 2}, i);
}

Test(loss_se, is_sd_over_root_n) {
    double losses[N], mean, se;
    fill(losses, N, 2);
    for (size_t count = 2; count <= N; count += 37) {
        long double sum = 0, squares = 0;
        for (size_t i = 0; i < count; i++) sum += losses[i];
        long double centre = sum / count;
        for (size_t i = 0; i < count; i++) squares += (losses[i] - centre) * (losses[i] - centre);
        tau_loss_reduce(&mean, &se, losses, count);
        cr_assert_float_eq(mean, (double)centre, 1e-14, "%zu", count);
        cr_assert_float_eq(se, (double)sqrtl(squares / (count - 1) / count), 1e-14, "%zu", count);
    }
}

Test(loss_se, survives_a_large_mean) {
    double losses[N], mean, se, shifted_se;
    fill(losses, N, 0);
    tau_loss_reduce(&mean, &se, losses, N);
    fill(losses, N, 1e9);
    tau_loss_reduce(&mean, &shifted_se, losses, N);
    cr_assert_float_eq(shifted_se, se, 1e-8);
}

Test(loss_se, is_unknown_for_one_sample) {
    const double loss = 3;
    double mean, se;
    tau_loss_reduce(&mean, &se, &loss, 1);
    cr_assert_eq(mean, 3);
    cr_assert(isnan(se));
}

Test(loss_se, is_zero_for_equal_losses) {
    double losses[N], mean, se;
    for (int i = 0; i < N; i++) losses[i] = 0.375;
    tau_loss_reduce(&mean, &se, losses, N);
    cr_assert_eq(mean, 0.375);
    cr_assert_eq(se, 0);
}

Test(loss_se, non_finite_losses_travel) {
    double losses[N], mean, se;
    fill(losses, N, 2);
    losses[17] = INFINITY;
    tau_loss_reduce(&mean, &se, losses, N);
    cr_assert_eq(mean, INFINITY);
    cr_assert(isnan(se));
    losses[900] = NAN;
    tau_loss_reduce(&mean, &se, losses, N);
    cr_assert(isnan(mean) && isnan(se));
}

/* The pinned tree: leaves of 8 summed from the left; the left half is the largest power of two below n. */
Test(loss_se, sums_follow_the_pinned_tree) {
    double v[21];
    fill(v, 21, 0);
    volatile double leaf[3] = {0, 0, 0};
    for (int i = 0; i < 21; i++) leaf[i / 8] += v[i];
    volatile double left = leaf[0] + leaf[1];
    cr_assert_eq(tau_loss_sum(v, 21), left + leaf[2]);
    cr_assert_eq(tau_loss_sum(v, 16), left);
    cr_assert_eq(tau_loss_sum(v, 8), leaf[0]);
    cr_assert_eq(tau_loss_sum(v, 0), 0);
}
