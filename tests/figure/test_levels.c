#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure/levels.h"
#include "scenes.h"

static double bowl(double x, double y) {
    return 0.03 + x * x + 4 * y * y;
}
static double steep(double x, double y) {
    return 0.03 + 2.6e35 * pow(hypot(x, y), 8);
}
static double flat(double x, double y) {
    return 2.302585 + 0 * x * y;
}
static double nothing(double x, double y) {
    return NAN * x * y;
}

static tau_levels choose(double (*f)(double, double), int wanted, bool log, double lo, double hi) {
    scene s = {0};
    tau_mesh grid;
    tau_levels levels;
    cr_assert_eq(tau_mesh_create(&grid, scene_add_field(&s, 51, 51, 1, f), log), TAU_STATUS_OK);
    cr_assert_eq(tau_levels_choose(&levels, &grid, 1, wanted, lo, hi, log), TAU_STATUS_OK);
    tau_mesh_release(&grid);
    scene_release(&s);
    for (int i = 1; i < levels.count; i++) cr_assert_gt(levels.z[i], levels.z[i - 1]);
    return levels;
}

Test(levels, show_basin_and_walls) {
    tau_levels levels = choose(bowl, 10, false, NAN, NAN);
    cr_assert_eq(levels.count, 10);
    cr_assert_lt(levels.z[0], 0.03 + 0.15, "the basin: a fiftieth of the area");
    cr_assert_gt(levels.z[9], 0.7 * 5.03);
    double low_gap = levels.z[1] - levels.z[0], high_gap = levels.z[9] - levels.z[8];
    cr_assert_gt(high_gap, 5 * low_gap);
}

Test(levels, have_short_labels) {
    tau_levels levels = choose(bowl, 10, false, NAN, NAN);
    cr_assert_eq(levels.count, 10);
    for (int i = 0; i < levels.count; i++) cr_assert_leq(strlen(levels.label[i]), 5, "%s", levels.label[i]);
}

Test(levels, of_a_huge_range_are_powers_of_ten) {
    tau_levels levels = choose(steep, 10, true, NAN, NAN);
    cr_assert_geq(levels.count, 6);
    for (int i = 0; i < levels.count; i++) cr_assert_float_eq(levels.z[i], round(levels.z[i]), 1e-12);
    levels = choose(steep, 10, false, NAN, NAN);
    cr_assert_eq(levels.count, 10);
    cr_assert(isfinite(levels.z[9]));
}

Test(levels, keep_to_the_range_asked_for) {
    tau_levels levels = choose(bowl, 8, false, 0.5, 2);
    cr_assert_geq(levels.count, 6);
    cr_assert(levels.z[0] > 0.5 && levels.z[levels.count - 1] < 2);
}

static double correlation(double x, double y) {
    return x > 0.9 ? NAN : -0.25 + 0.5 * fabs(x) + 0.5 * fabs(y);
}

Test(levels, of_shares_are_even_numbers) {
    scene s = {0};
    tau_mesh grid;
    tau_levels levels;
    tau_field field = *scene_add_field(&s, 51, 51, 1, correlation);
    uint8_t *done = malloc(51 * 51);
    memset(done, TAU_FIELD_STATE_NOT_FINITE, 51 * 51); /* of the loss */
    field.share = true;
    field.done = done;
    cr_assert_eq(tau_mesh_create(&grid, &field, false), TAU_STATUS_OK);
    cr_assert(grid.drawable > 2000 && grid.not_finite > 0);
    cr_assert_eq(tau_levels_choose(&levels, &grid, 1, 10, NAN, NAN, false), TAU_STATUS_OK);
    cr_assert_eq(levels.count, 10);
    for (int i = 0; i < 10; i++) cr_assert_float_eq(levels.z[i], -0.2 + 0.1 * i, 1e-12);
    cr_assert_str_eq(levels.label[0], "−0.2");
    cr_assert_str_eq(levels.label[2], "0");
    cr_assert_str_eq(levels.label[9], "0.7");
    cr_assert_eq(tau_levels_choose(&levels, &grid, 1, 10, 0.5, 1, false), TAU_STATUS_OK);
    cr_assert(levels.z[0] > 0.5 && levels.z[levels.count - 1] < 1 && levels.count > 4);
    tau_levels plain, wide;
    cr_assert_eq(tau_levels_choose(&plain, &grid, 1, 10, NAN, NAN, false), TAU_STATUS_OK);
    cr_assert_eq(tau_levels_choose(&wide, &grid, 1, 10, -5, 5, false), TAU_STATUS_OK);
    cr_assert_eq(wide.count, plain.count, "levels lie where there are values");
    tau_mesh_release(&grid);
    free(done);
    scene_release(&s);
}

static double accuracy(double x, double y) {
    return 0.99 - 0.25 * (x * x + y * y);
}

Test(levels, of_shares_are_labelled_with_their_values_on_a_logarithmic_scale_too) {
    scene s = {0};
    tau_mesh grid;
    tau_levels levels;
    tau_field field = *scene_add_field(&s, 51, 51, 1, accuracy);
    field.share = true;
    cr_assert_eq(tau_mesh_create(&grid, &field, true), TAU_STATUS_OK);
    cr_assert_eq(tau_levels_choose(&levels, &grid, 1, 10, NAN, NAN, true), TAU_STATUS_OK);
    cr_assert_geq(levels.count, 5);
    for (int i = 0; i < levels.count; i++)
        cr_assert_float_eq(strtod(levels.label[i], NULL), pow(10, levels.z[i]), 1e-9, "%s", levels.label[i]);
    tau_mesh_release(&grid);
    scene_release(&s);
}

Test(levels, of_a_constant_or_empty_field_are_none) {
    cr_assert_eq(choose(flat, 10, false, NAN, NAN).count, 0);
    cr_assert_eq(choose(flat, 10, true, NAN, NAN).count, 0);
    cr_assert_eq(choose(nothing, 10, false, NAN, NAN).count, 0);
}

Test(levels, counts_asked_for_are_kept_within_bounds) {
    cr_assert_eq(choose(bowl, 1, false, NAN, NAN).count, 1);
    cr_assert_eq(choose(bowl, -5, false, NAN, NAN).count, 1);
    tau_levels many = choose(bowl, 100000, false, NAN, NAN);
    cr_assert(many.count > 50 && many.count <= TAU_LEVELS_MAX);
}

Test(levels, given_are_sorted_without_doubles) {
    const double values[4] = {3, 1, 3, 2};
    tau_levels levels;
    cr_assert_eq(tau_levels_take(&levels, values, 4, false), TAU_STATUS_OK);
    cr_assert_eq(levels.count, 3);
    cr_assert_str_eq(levels.label[2], "3");
}

Test(levels, given_that_make_no_sense_are_refused) {
    const double values[2] = {-1, NAN};
    static const double many[TAU_LEVELS_MAX + 1];
    tau_levels levels;
    cr_assert_eq(tau_levels_take(&levels, values, 1, true), TAU_STATUS_USAGE);
    cr_assert_eq(tau_levels_take(&levels, values, 2, false), TAU_STATUS_USAGE);
    cr_assert_eq(tau_levels_take(&levels, many, TAU_LEVELS_MAX + 1, false), TAU_STATUS_USAGE);
}
