/* Regression: one number to one number, noise around a curve. */
#include "core/reproducible.h"
#include "data/synthetic.h"

/* A line whose noise grows with x: deviation noise * x. */
tau_status tau_synthetic_noisy_line(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 1, 0));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "noisy-line");
    for (size_t i = 0; i < (*out)->count; i++) {
        double x = tau_synthetic_uniform(&draw, 0, 1);
        (*out)->inputs[i] = (float)x;
        (*out)->values[i] = (float)(option[2] * x + option[3] + x * tau_synthetic_normal(&draw, option[1]));
    }
    return TAU_STATUS_OK;
}

/* Nothing, one period of the sine, nothing: x evenly over [0, 12], sin x on [pi, 3 pi), else 0. */
tau_status tau_synthetic_sine(tau_samples **out, const double *option, uint64_t seed) {
    const double two_pi = 6.283185307179586477;
    TAU_TRY(tau_synthetic_table(out, option[0], 1, 0));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "sine");
    double last = (*out)->count > 1 ? (double)((*out)->count - 1) : 1;
    for (size_t i = 0; i < (*out)->count; i++) {
        double x = 12 * (double)i / last, turn = x / two_pi;
        double y = turn >= 0.5 && turn < 1.5 ? tau_repro_sin_turn(turn) : 0;
        (*out)->inputs[i] = (float)x;
        (*out)->values[i] = (float)(y + tau_synthetic_normal(&draw, option[1]));
    }
    return TAU_STATUS_OK;
}
