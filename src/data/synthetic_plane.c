/* Points of the plane in two classes. Sample i belongs to class i % 2. */
#include <math.h>

#include "core/reproducible.h"
#include "data/synthetic.h"

static void put(tau_samples *samples, size_t i, double x, double y, int32_t class) {
    samples->inputs[2 * i] = (float)x;
    samples->inputs[2 * i + 1] = (float)y;
    samples->classes[i] = class;
}

/* Place of sample i on a curve of its class: 0 at the first, 1 at the last. */
static double along(size_t i, size_t count) {
    size_t of_class = (count + 1 - i % 2) / 2;
    return of_class > 1 ? (double)(i / 2) / (double)(of_class - 1) : 0.5;
}

tau_status tau_synthetic_moons(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "moons");
    for (size_t i = 0; i < (*out)->count; i++) {
        double turn = 0.5 * along(i, (*out)->count);
        double c = tau_repro_cos_turn(turn), s = tau_repro_sin_turn(turn);
        double x = i % 2 ? 1 - c : c, y = i % 2 ? 0.5 - s : s;
        x += tau_synthetic_normal(&draw, option[1]);
        y += tau_synthetic_normal(&draw, option[1]);
        put(*out, i, x, y, i % 2);
    }
    return TAU_STATUS_OK;
}

tau_status tau_synthetic_circles(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "circles");
    for (size_t i = 0; i < (*out)->count; i++) {
        double turn = tau_synthetic_uniform(&draw, 0, 1), radius = i % 2 ? option[2] : 1;
        double x = radius * tau_repro_cos_turn(turn) + tau_synthetic_normal(&draw, option[1]);
        double y = radius * tau_repro_sin_turn(turn) + tau_synthetic_normal(&draw, option[1]);
        put(*out, i, x, y, i % 2);
    }
    return TAU_STATUS_OK;
}

tau_status tau_synthetic_spirals(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "spirals");
    for (size_t i = 0; i < (*out)->count; i++) {
        /* The square root spreads the points evenly along the arm. */
        double radius = sqrt(tau_synthetic_uniform(&draw, 0.01, 1));
        double turn = option[2] * radius + 0.5 * (double)(i % 2);
        double x = radius * tau_repro_cos_turn(turn) + tau_synthetic_normal(&draw, option[1]);
        double y = radius * tau_repro_sin_turn(turn) + tau_synthetic_normal(&draw, option[1]);
        put(*out, i, x, y, i % 2);
    }
    return TAU_STATUS_OK;
}

tau_status tau_synthetic_xor(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "xor");
    for (size_t i = 0; i < (*out)->count; i++) {
        double side_x = i / 2 % 2 ? 1 : -1, side_y = i % 2 ? -side_x : side_x;
        double x = side_x * tau_synthetic_uniform(&draw, 0, 1) + tau_synthetic_normal(&draw, option[1]);
        double y = side_y * tau_synthetic_uniform(&draw, 0, 1) + tau_synthetic_normal(&draw, option[1]);
        put(*out, i, x, y, i % 2);
    }
    return TAU_STATUS_OK;
}

/* DeepReplay's: y = x² is class 0, y = x² - 1/2 is class 1, x evenly over [-1, 1]. */
tau_status tau_synthetic_parabola(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "parabola");
    for (size_t i = 0; i < (*out)->count; i++) {
        double x = 2 * along(i, (*out)->count) - 1;
        double y = x * x - 0.5 * (double)(i % 2) + tau_synthetic_normal(&draw, option[1]);
        put(*out, i, x, y, i % 2);
    }
    return TAU_STATUS_OK;
}

/* Two sine lines that no straight line separates, one above the other (Olah 2014 draws the like). */
tau_status tau_synthetic_lines(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], 2, 2));
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "lines");
    for (size_t i = 0; i < (*out)->count; i++) {
        double x = 2 * along(i, (*out)->count) - 1;
        double y = 0.4 * tau_repro_sin_turn(0.75 * x) + (i % 2 ? 0.2 : -0.2);
        put(*out, i, x, y + tau_synthetic_normal(&draw, option[1]), i % 2);
    }
    return TAU_STATUS_OK;
}
