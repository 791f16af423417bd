#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "explore/lattice.h"
#include "sweep/grid.h"

static tau_lattice lattice_of(double lo, double hi) {
    tau_lattice out;
    const double los[2] = {lo, lo}, his[2] = {hi, hi};
    cr_assert_eq(tau_lattice_create(&out, los, his, false), TAU_STATUS_OK);
    return out;
}

static tau_explore_region square(double lo, double hi, int pixels) {
    return (tau_explore_region){
        .lo = {lo, lo}, .hi = {hi, hi}, .pixels = {pixels, pixels}, .focus = {NAN, NAN}};
}

static tau_wanted view_of(const tau_lattice *lattice, double lo, double hi, int pixels) {
    tau_wanted view;
    const tau_explore_region region = square(lo, hi, pixels);
    cr_assert(tau_wanted_choose(&view, lattice, &region, 1e9));
    return view;
}

Test(lattice, points_agree_with_the_axis_of_a_grid) {
    const double ranges[][2] = {{-1, 1},    {-0.5, 1.5}, {-0.3, 0.7}, {1e-17, 1},          {-25000, 31000},
                                {0.1, 0.2}, {-3.8, 2.6}, {-3.6, 2.8}, {0, 1 + DBL_EPSILON}};
    static double axis[16 * 64 + 1];
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        const tau_lattice lattice = lattice_of(ranges[r][0], ranges[r][1]);
        for (int level = -4; level <= 6; level++) {
            const int64_t m = level < 0 ? 16 >> -level : 16 << level;
            cr_assert_eq(tau_grid_axis(axis, (size_t)m + 1, ranges[r][0], ranges[r][1]), TAU_STATUS_OK);
            for (int64_t k = 0; k <= m; k++)
                cr_assert_eq(tau_lattice_coordinate(&lattice, 0, level, k), axis[k]);
        }
    }
}

Test(lattice, finer_levels_hold_the_bits_of_coarser_ones) {
    const tau_lattice lattice = lattice_of(-0.3, 0.7);
    for (int level = -10; level < 30; level++)
        for (int64_t k = -50; k <= 50; k++)
            cr_assert_eq(tau_lattice_coordinate(&lattice, 1, level, k),
                         tau_lattice_coordinate(&lattice, 1, level + 1, 2 * k));
}

Test(lattice, division_rounds_down) {
    cr_assert_eq(tau_lattice_tile(-1), -1);
    cr_assert_eq(tau_lattice_tile(-16), -1);
    cr_assert_eq(tau_lattice_tile(-17), -2);
    cr_assert_eq(tau_lattice_tile(15), 0);
    cr_assert_eq(tau_lattice_tile(16), 1);
    const tau_lattice_range range = {{-3, 1}, {5, 4}};
    const tau_lattice_range coarse = tau_lattice_coarsen(&range, 2);
    cr_assert(coarse.first[0] == -1 && coarse.first[1] == 0 && coarse.last[0] == 2 && coarse.last[1] == 1);
}

Test(lattice, ranges_that_cannot_be_explored_are_refused) {
    tau_lattice out;
    const double bad[][2] = {{NAN, 1},       {0, INFINITY},   {1, 1},     {1, 0},
                             {1, 1 + 1e-15}, {-1e300, 1e300}, {0, 1e-300}};
    const double good[2] = {0, 1};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const double lo[2] = {bad[i][0], good[0]}, hi[2] = {bad[i][1], good[1]};
        cr_expect_eq(tau_lattice_create(&out, lo, hi, false), TAU_STATUS_USAGE, "%g:%g", lo[0], hi[0]);
        const double swapped_lo[2] = {good[0], bad[i][0]}, swapped_hi[2] = {good[1], bad[i][1]};
        cr_expect_eq(tau_lattice_create(&out, swapped_lo, swapped_hi, false), TAU_STATUS_USAGE);
        cr_expect_eq(tau_lattice_create(&out, swapped_lo, swapped_hi, true), TAU_STATUS_OK, "beta of a line");
    }
}

Test(view, the_root_area_begins_with_three_by_three_points) {
    const tau_lattice lattice = lattice_of(-1, 1);
    const tau_wanted view = view_of(&lattice, -1, 1, 720);
    const tau_lattice_range first = tau_wanted_range(&view, view.start);
    cr_assert(first.first[0] == 0 && first.last[0] == 2 && first.first[1] == 0 && first.last[1] == 2);
    cr_assert_eq(view.finest, 3, "128 cells of 5.6 pixels");
    cr_assert(view.range.first[0] == 0 && view.range.last[0] == 128);
}

Test(view, a_line_begins_with_seventeen_points) {
    tau_lattice line;
    const double lo[2] = {-0.5, NAN}, hi[2] = {1.5, NAN};
    cr_assert_eq(tau_lattice_create(&line, lo, hi, true), TAU_STATUS_OK);
    const tau_wanted view = view_of(&line, -0.5, 1.5, 640);
    cr_assert_eq(view.start, 0);
    cr_assert(view.range.first[1] == 0 && view.range.last[1] == 0 && view.range.last[0] == 128);
}

Test(view, regions_beside_and_beyond_the_root_area_have_their_points) {
    const tau_lattice lattice = lattice_of(-1, 1);
    const double regions[][2] = {{-5, -3}, {-100, 100}, {0.3, 0.3001}, {-1e6, 1e6}, {7, 7.000001}};
    for (size_t r = 0; r < sizeof regions / sizeof *regions; r++) {
        const double lo = regions[r][0], hi = regions[r][1];
        const tau_wanted view = view_of(&lattice, lo, hi, 300);
        for (int level = view.start; level <= view.finest; level++) {
            const tau_lattice_range range = tau_wanted_range(&view, level);
            const double tolerance = 1e-8 * (hi - lo);
            cr_expect_leq(tau_lattice_coordinate(&lattice, 0, level, range.first[0]), lo + tolerance);
            cr_expect_geq(tau_lattice_coordinate(&lattice, 0, level, range.first[0] + 1), lo - tolerance);
            cr_expect_geq(tau_lattice_coordinate(&lattice, 0, level, range.last[0]), hi - tolerance);
            cr_expect_leq(tau_lattice_coordinate(&lattice, 0, level, range.last[0] - 1), hi + tolerance);
        }
        const double cells = (double)(view.range.last[0] - view.range.first[0]);
        cr_expect(300 / cells <= 6.5 && 300 / cells >= 2.5, "%g cells", cells);
    }
}

Test(view, room_bounds_the_finest_level_but_not_the_first_picture) {
    const tau_lattice lattice = lattice_of(-1, 1);
    const tau_explore_region region = square(-1, 1, 100000);
    tau_wanted view;
    cr_assert(tau_wanted_choose(&view, &lattice, &region, 200));
    cr_assert_leq(tau_wanted_count_blocks(&view), 200);
    cr_assert_gt(view.finest, 0);
    cr_assert(tau_wanted_choose(&view, &lattice, &region, 0));
    cr_assert_eq(view.finest, view.start);
}

Test(view, points_stay_apart_however_deep_one_looks) {
    const tau_lattice lattice = lattice_of(-1, 1);
    const double widths[] = {1e-3, 1e-9, 1e-13, 1e-14, 1e-15, 1e-300};
    int apart = 0;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        tau_wanted view;
        const tau_explore_region region = square(0.3, 0.3 + widths[w], 1000);
        if (!tau_wanted_choose(&view, &lattice, &region, 1e9)) continue;
        for (int64_t k = view.range.first[0]; k < view.range.last[0]; k++)
            cr_assert_lt(tau_lattice_coordinate(&lattice, 0, view.finest, k),
                         tau_lattice_coordinate(&lattice, 0, view.finest, k + 1));
        apart += view.range.first[0] < view.range.last[0];
    }
    cr_assert_geq(apart, 3, "%d", apart);
}

Test(view, a_region_that_cannot_be_looked_at_is_not) {
    const tau_lattice lattice = lattice_of(-1, 1);
    const double bad[][2] = {{NAN, 1}, {-INFINITY, 1}, {1, 1}, {1, -1}, {-1e300, 1e300}, {1e100, 1.1e100}};
    tau_wanted view;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const tau_explore_region region = square(bad[i][0], bad[i][1], 100);
        cr_expect_not(tau_wanted_choose(&view, &lattice, &region, 1e9), "%g:%g", bad[i][0], bad[i][1]);
        cr_expect_not(view.valid);
    }
    const tau_explore_region dark = square(-1, 1, 0);
    cr_expect_not(tau_wanted_choose(&view, &lattice, &dark, 1e9));
}
