/* Outputs of the fast engine against the reference's, for every network of the parity table. */
#include "backend_cuda/fast_run.h"

/* A value or weight of FP16 is off by up to 2^-12 of itself; over sums of many terms and several layers these
 * errors are independent and seldom add up to more. Weights in two parts leave the rounding of values. */
static const double tolerance[] = {[TAU_PRECISION_FINE] = 1e-3, [TAU_PRECISION_FAST] = 1.5e-3};

static void compare(const parity_network *network, tau_precision precision) {
    fast_run r;
    succeed(fast_run_open(&r, network, precision));
    float *expected = reference_line(network, false),
          *actual = fast_run_line(&r, FAST_POINTS, (int)r.data.count);
    const double off = difference(&r, actual, expected);
    cr_expect(off <= tolerance[precision], "%s: outputs differ by %.2e", network->name, off);
    for (int p = 0; p < FAST_POINTS; p++) cr_expect_eq(r.flags[p], 0, "%s: overflow", network->name);
    fast_run_close(&r);
    tau_mem_free(expected);
    tau_mem_free(actual);
}

static void compare_all(tau_precision precision, bool large) {
    for (int i = 0; i < parity_network_count(); i++) {
        parity_network network;
        emulation_reset();
        succeed(parity_network_create(&network, i));
        if (network.large == large) compare(&network, precision);
        parity_network_clear(&network);
    }
}

Test(fast_networks, operators_and_sequences_in_fast) {
    compare_all(TAU_PRECISION_FAST, false);
}
Test(fast_networks, operators_and_sequences_in_fine) {
    compare_all(TAU_PRECISION_FINE, false);
}
Test(fast_networks, built_in_models_in_fast) {
    compare_all(TAU_PRECISION_FAST, true);
}
Test(fast_networks, built_in_models_in_fine) {
    compare_all(TAU_PRECISION_FINE, true);
}
