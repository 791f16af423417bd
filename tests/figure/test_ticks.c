#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "figure/ticks.h"

static void assert_number(double value, int digits, const char *expected) {
    char text[TAU_NUMBER_TEXT];
    tau_number_format(text, value, digits);
    cr_assert_str_eq(text, expected, "%g gives %s", value, text);
}

Test(number, is_written_with_minimal_digits_and_a_true_minus) {
    assert_number(2.5, 6, "2.5");
    assert_number(-0.04, 6, "−0.04");
    assert_number(1e35, 3, "10³⁵");
    assert_number(-1e35, 3, "−10³⁵");
    assert_number(3.2e-7, 3, "3.2×10⁻⁷");
    assert_number(0, 6, "0");
    assert_number(-0.0, 6, "0");
    assert_number(2.302585093, 5, "2.3026");
    assert_number(9.9996, 4, "10");
    assert_number(12345, 2, "12000");
    assert_number(INFINITY, 3, "∞");
    assert_number(-DBL_MAX, 17, "−1.7976931348623157×10³⁰⁸");
}

Test(number, nice_steps_enclose_the_value) {
    for (double v = 1e-300; v < 1e300; v *= 37.3) {
        double below = tau_number_floor_nice(v), above = tau_number_ceil_nice(v);
        cr_assert(below <= v * (1 + 1e-11) && above >= v * (1 - 1e-11), "%g %g %g", below, v, above);
        cr_assert_leq(above / below, 2.5 + 1e-9);
    }
}

static void assert_ticks(const tau_ticks *ticks, int count, const char *first, const char *last,
                         int exponent) {
    cr_assert_eq(ticks->count, count, "%d ticks", ticks->count);
    cr_assert_str_eq(ticks->label[0], first, "first %s", ticks->label[0]);
    cr_assert_str_eq(ticks->label[count - 1], last, "last %s", ticks->label[count - 1]);
    cr_assert_eq(ticks->exponent, exponent, "exponent %d", ticks->exponent);
}

Test(ticks, of_usual_ranges) {
    tau_ticks ticks;
    tau_ticks_linear(&ticks, -1, 1, 5);
    assert_ticks(&ticks, 5, "−1.0", "1.0", 0);
    tau_ticks_linear(&ticks, -0.5, 1.5, 5);
    assert_ticks(&ticks, 5, "−0.5", "1.5", 0);
    tau_ticks_linear(&ticks, -25000, 25000, 5);
    assert_ticks(&ticks, 5, "−2", "2", 4);
    tau_ticks_linear(&ticks, 0, 2.6e35, 5);
    assert_ticks(&ticks, 6, "0.0", "2.5", 35);
    tau_ticks_linear(&ticks, 0, 3e-7, 3);
    assert_ticks(&ticks, 4, "0", "3", -7);
}

Test(ticks, of_extreme_ranges_stay_inside_and_end) {
    const double ranges[][2] = {{-DBL_MAX, DBL_MAX}, {0, DBL_MIN},   {1e16, 1e16 + 2}, {2.3, 2.3}, {0, 0},
                                {-1e-320, 1e-320},   {1, 1 + 1e-15}, {-DBL_MAX, 0}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++)
        for (int wanted = 0; wanted < 40; wanted++) {
            tau_ticks ticks;
            tau_ticks_linear(&ticks, ranges[r][0], ranges[r][1], wanted);
            cr_assert(ticks.count >= 1 && ticks.count <= TAU_TICKS_MAX, "range %zu: %d", r, ticks.count);
            for (int i = 0; i < ticks.count; i++) cr_assert(isfinite(ticks.position[i]));
        }
}

Test(ticks, of_logarithmic_axes) {
    tau_ticks ticks;
    tau_ticks_log(&ticks, 0, 35, 8);
    assert_ticks(&ticks, 8, "10⁰", "10³⁵", 0);
    tau_ticks_log(&ticks, -2, 2, 5);
    assert_ticks(&ticks, 5, "0.01", "100", 0);
    tau_ticks_log(&ticks, 0, 1, 5);
    assert_ticks(&ticks, 4, "1", "10", 0);
    tau_ticks_log(&ticks, log10(2.1), log10(2.6), 5); /* no 1, 2 or 5 in between */
    cr_assert_geq(ticks.count, 4);
    cr_assert_float_eq(ticks.position[0], log10(2.1), 1e-9);
}

Test(ticks, of_logarithmic_axes_are_within_the_range_and_ascend) {
    for (double lo = -40; lo < 40; lo += 3.7)
        for (double span = 0.001; span < 300; span *= 2.1)
            for (int wanted = 1; wanted < 12; wanted++) {
                tau_ticks ticks;
                tau_ticks_log(&ticks, lo, lo + span, wanted);
                cr_assert(ticks.count >= (wanted > 2) && ticks.count <= TAU_TICKS_MAX, "%d of %d",
                          ticks.count, wanted);
                for (int i = 0; i < ticks.count; i++) {
                    cr_assert(ticks.position[i] >= lo - 1e-6 && ticks.position[i] <= lo + span + 1e-6);
                    if (i) cr_assert_gt(ticks.position[i], ticks.position[i - 1]);
                }
            }
}
