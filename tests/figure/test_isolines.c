#include <criterion/criterion.h>
#include <math.h>

#include "figure/isolines.h"

#define SIDE 41

/* A field over ±1 by ±1 whose values the test fills in. */
typedef struct square {
    double axis[SIDE], value[SIDE * SIDE];
    tau_field field;
    tau_mesh grid;
    tau_isolines *isolines;
    tau_polylines lines;
} square;

static void fill(square *s, double (*f)(double, double)) {
    for (int i = 0; i < SIDE; i++) s->axis[i] = -1 + 2.0 * i / (SIDE - 1);
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) s->value[j * SIDE + i] = f(s->axis[i], s->axis[j]);
    s->field = (tau_field){.nx = SIDE, .ny = SIDE, .alpha = s->axis, .beta = s->axis, .value = s->value};
}

static void open_square(square *s) {
    cr_assert_eq(tau_mesh_create(&s->grid, &s->field, false), TAU_STATUS_OK);
    cr_assert_eq(tau_isolines_create(&s->isolines, &s->grid), TAU_STATUS_OK);
}

static void close_square(square *s) {
    tau_isolines_destroy(s->isolines);
    tau_polylines_release(&s->lines);
    tau_mesh_release(&s->grid);
}

static double radius(double x, double y) {
    return hypot(x, y);
}
static double slope(double x, double y) {
    return x + 0 * y;
}
static double with_hole(double x, double y) {
    return hypot(x, y) < 0.31 ? NAN : x;
}

/* Signed area by the shoelace formula. */
static double get_area(const tau_polylines *lines) {
    double area = 0;
    for (size_t l = 0; l < lines->line_count; l++) {
        const tau_polyline *line = &lines->lines[l];
        for (size_t i = 0; i < line->count; i++) {
            const double *a = lines->points[line->first + i],
                         *b = lines->points[line->first + (i + 1) % line->count];
            area += (a[0] * b[1] - b[0] * a[1]) / 2;
        }
    }
    return area;
}

Test(isolines, a_cone_has_one_closed_circle_of_the_radius) {
    square s = {0};
    fill(&s, radius);
    open_square(&s);
    cr_assert_eq(tau_isolines_trace(s.isolines, &s.lines, 0.6), TAU_STATUS_OK);
    cr_assert_eq(s.lines.line_count, 1);
    cr_assert(s.lines.lines[0].closed);
    for (size_t i = 0; i < s.lines.point_count; i++)
        cr_assert_float_eq(hypot(s.lines.points[i][0], s.lines.points[i][1]), 0.6, 0.002);
    /* The higher side, outside, is on the left: the circle runs clockwise. */
    cr_assert_float_eq(get_area(&s.lines), -acos(-1) * 0.36, 0.01);
    close_square(&s);
}

Test(isolines, open_lines_end_at_the_border) {
    square s = {0};
    fill(&s, slope);
    open_square(&s);
    cr_assert_eq(tau_isolines_trace(s.isolines, &s.lines, 0.33), TAU_STATUS_OK);
    cr_assert_eq(s.lines.line_count, 1);
    cr_assert_not(s.lines.lines[0].closed);
    cr_assert_eq(s.lines.point_count, SIDE);
    for (size_t i = 0; i < SIDE; i++) cr_assert_float_eq(s.lines.points[i][0], 0.33, 1e-12);
    cr_assert_eq(fabs(s.lines.points[0][1]), 1);
    cr_assert_eq(s.lines.points[0][1], -s.lines.points[SIDE - 1][1]);
    close_square(&s);
}

/* Both diagonals high, the middle high or low: two lines either way, but around different corners. */
Test(isolines, an_ambiguous_cell_follows_its_mean) {
    for (int high = 0; high < 2; high++) {
        const double corners[4] = {high ? 3 : 1, -1, -1, high ? 3 : 0.5}, ends[2] = {0, 1};
        square s = {.field = {.nx = 2, .ny = 2, .alpha = ends, .beta = ends, .value = corners}};
        open_square(&s);
        cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, 0), TAU_STATUS_OK);
        cr_assert_eq(s.lines.line_count, high ? 1 : 2,
                     "a connected region has one outline, a parted one two");
        cr_assert_gt(get_area(&s.lines), 0);
        close_square(&s);
    }
}

Test(isolines, regions_above_and_below_fill_the_square) {
    square s = {0};
    fill(&s, radius);
    open_square(&s);
    cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, -INFINITY), TAU_STATUS_OK);
    cr_assert_float_eq(get_area(&s.lines), 4, 1e-9);
    tau_polylines_release(&s.lines);
    cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, 0.6), TAU_STATUS_OK);
    cr_assert_float_eq(get_area(&s.lines), 4 - acos(-1) * 0.36, 0.01);
    tau_polylines_release(&s.lines);
    cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, 7), TAU_STATUS_OK);
    cr_assert_eq(s.lines.line_count, 0);
    close_square(&s);
}

Test(isolines, lines_and_outlines_leave_out_a_hole) {
    square s = {0};
    fill(&s, with_hole);
    open_square(&s);
    cr_assert_eq(tau_isolines_trace(s.isolines, &s.lines, 0.01), TAU_STATUS_OK);
    cr_assert_eq(s.lines.line_count, 2, "the line is interrupted");
    for (size_t i = 0; i < s.lines.point_count; i++) cr_assert_geq(fabs(s.lines.points[i][1]), 0.3 - 1e-9);
    tau_polylines_release(&s.lines);
    cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, -INFINITY), TAU_STATUS_OK);
    cr_assert_eq(s.lines.line_count, 2, "the border and the hole");
    double area = get_area(&s.lines);
    cr_assert(area > 4 - 0.75 * 0.75 && area < 4 - 0.3, "%g", area);
    close_square(&s);
}

Test(isolines, cells_that_touch_at_a_corner_are_both_outlined) {
    const double ends[3] = {0, 1, 2};
    /* Drawable: lower left and upper right cell. */
    const double value[9] = {1, 1, NAN, 1, 1, 1, NAN, 1, 1};
    square s = {.field = {.nx = 3, .ny = 3, .alpha = ends, .beta = ends, .value = value}};
    open_square(&s);
    cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, -INFINITY), TAU_STATUS_OK);
    cr_assert_float_eq(get_area(&s.lines), 2, 1e-12);
    close_square(&s);
}

Test(isolines, values_near_the_largest_double_do_not_overflow) {
    const double ends[2] = {0, 1}, corners[4] = {-1.7e308, 1.7e308, -1.7e308, 1.7e308};
    square s = {.field = {.nx = 2, .ny = 2, .alpha = ends, .beta = ends, .value = corners}};
    open_square(&s);
    cr_assert_eq(tau_isolines_trace(s.isolines, &s.lines, 0), TAU_STATUS_OK);
    cr_assert_eq(s.lines.point_count, 2);
    cr_assert_float_eq(s.lines.points[0][0], 0.5, 1e-12);
    close_square(&s);
}

Test(isolines, a_single_row_or_point_has_no_lines) {
    const double ends[3] = {0, 1, 2}, value[3] = {0, 1, 2};
    for (size_t n = 1; n <= 3; n++) {
        square s = {.field = {.nx = n, .ny = 1, .alpha = ends, .beta = ends, .value = value}};
        open_square(&s);
        cr_assert_eq(tau_isolines_trace_region(s.isolines, &s.lines, 0.5), TAU_STATUS_OK);
        cr_assert_eq(s.lines.line_count, 0);
        close_square(&s);
    }
}

Test(grid, undrawable_points_are_counted_by_their_reason) {
    const double ends[4] = {0, 1, 2, 3}, value[4] = {1, INFINITY, -1, 100};
    const uint8_t done[4] = {1, 1, 1, 0};
    const tau_field field = {.nx = 4, .ny = 1, .alpha = ends, .beta = ends, .value = value, .done = done};
    tau_mesh grid;
    cr_assert_eq(tau_mesh_create(&grid, &field, true), TAU_STATUS_OK);
    cr_assert_eq(grid.drawable, 1);
    cr_assert_eq(grid.not_finite, 1);
    cr_assert_eq(grid.not_positive, 1);
    cr_assert_eq(grid.not_computed, 1);
    cr_assert_eq(grid.highest, 0);
    tau_mesh_release(&grid);
}

Test(grid, broken_axes_are_refused) {
    const double falling[2] = {1, 0}, broken[2] = {0, NAN}, good[2] = {0, 1}, value[4] = {0};
    tau_mesh grid;
    tau_field field = {.nx = 2, .ny = 2, .alpha = falling, .beta = good, .value = value};
    cr_assert_eq(tau_mesh_create(&grid, &field, false), TAU_STATUS_INPUT);
    field.alpha = broken;
    cr_assert_eq(tau_mesh_create(&grid, &field, false), TAU_STATUS_INPUT);
    field = (tau_field){.nx = SIZE_MAX / 2, .ny = 4, .alpha = good, .beta = good, .value = value};
    cr_assert_eq(tau_mesh_create(&grid, &field, false), TAU_STATUS_INPUT);
    field.nx = 0;
    cr_assert_eq(tau_mesh_create(&grid, &field, false), TAU_STATUS_INPUT);
}
