#include <criterion/criterion.h>
#include <math.h>

#include "sweep/grid.h"

static double *axis_of(size_t n, double lo, double hi) {
    static double axis[1001];
    cr_assert_eq(tau_grid_axis(axis, n, lo, hi), TAU_STATUS_OK);
    return axis;
}

Test(axis, both_ends_and_the_states_are_exact) {
    static const double ranges[][2] = {{-0.5, 1.5}, {-20, 20},       {-25000, 25000}, {0.1, 0.7},
                                       {0, 1},      {-1.0 / 3, 4.1}, {-1e-7, 3e-7},   {-1, 1}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (size_t n = 2; n <= 1001; n += 7) {
            const double *axis = axis_of(n, ranges[r][0], ranges[r][1]);
            cr_assert_eq(axis[0], ranges[r][0]);
            cr_assert_eq(axis[n - 1], ranges[r][1]);
            for (size_t i = 1; i < n; i++) cr_assert_gt(axis[i], axis[i - 1]);
        }
    const double *axis = axis_of(201, -0.5, 1.5);
    cr_assert(axis[50] == 0 && axis[150] == 1);
    axis = axis_of(13, -0.3, 0.9);
    cr_assert_eq(axis[3], 0);
    axis = axis_of(8, 0.3, 1.7);
    cr_assert_float_eq(axis[3], 0.9, 1e-15);
    axis = axis_of(15, 0.3, 1.7);
    cr_assert_eq(axis[7], 1);
}

Test(axis, a_small_range_is_not_snapped_to_zero) {
    const double *axis = axis_of(3, 1e-18, 3e-18);
    cr_assert_eq(axis[0], 1e-18);
    cr_assert_float_eq(axis[1], 2e-18, 1e-30);
}

Test(axis, one_point_is_the_middle) {
    cr_assert_eq(axis_of(1, -1, 2)[0], 0.5);
    cr_assert_eq(axis_of(1, 3, 3)[0], 3);
}

Test(axis, ranges_that_cannot_be_divided_are_refused) {
    double out[4];
    cr_assert_eq(tau_grid_axis(out, 3, 1, 1), TAU_STATUS_USAGE);
    cr_assert_eq(tau_grid_axis(out, 3, NAN, 1), TAU_STATUS_USAGE);
    cr_assert_eq(tau_grid_axis(out, 3, 0, INFINITY), TAU_STATUS_USAGE);
    cr_assert_eq(tau_grid_axis(out, 4, -1e308, 1e308), TAU_STATUS_USAGE);
    cr_assert_eq(tau_grid_axis(out, 0, 0, 1), TAU_STATUS_USAGE);
}

Test(axis, tells_when_zero_lies_between_the_points) {
    cr_assert(tau_grid_misses(axis_of(4, -1, 1), 4, 0));
    cr_assert_not(tau_grid_misses(axis_of(5, -1, 1), 5, 0));
    cr_assert_not(tau_grid_misses(axis_of(4, 0.5, 1), 4, 0));
    cr_assert(tau_grid_misses(axis_of(4, 0, 2), 4, 1));
    cr_assert_not(tau_grid_misses(axis_of(5, 0, 2), 5, 1));
}

Test(grid, holds_both_axes_and_refuses_what_is_too_large) {
    tau_grid *grid;
    cr_assert_eq(tau_grid_create(&grid, 5, -1, 1, 3, 0, 4), TAU_STATUS_OK);
    cr_assert(grid->alpha[2] == 0 && grid->beta[1] == 2 && grid->columns == 5 && grid->rows == 3);
    tau_grid_destroy(grid);
    cr_assert_eq(tau_grid_create(&grid, (size_t)1 << 20, 0, 1, (size_t)1 << 20, 0, 1), TAU_STATUS_USAGE);
    cr_assert_null(grid);
    cr_assert_eq(tau_grid_create(&grid, 0, 0, 1, 3, 0, 1), TAU_STATUS_USAGE);
    tau_grid_destroy(NULL);
}
