#include <criterion/criterion.h>
#include <math.h>

#include "slice/matrix_rows.h"
#include "slice/project.h"

enum { SIZE = 4 };
static const tau_graph graph = {.theta_size = SIZE};
static const float buffers[1];

static tau_projection project(const tau_slice *slice, const float *values, size_t count) {
    matrix_rows matrix = {values, SIZE, 0};
    const tau_rows rows = matrix_rows_as_rows(&matrix, count);
    tau_projection out;
    cr_assert_eq(tau_project_rows(&out, slice, &rows), TAU_STATUS_OK, "%s", tau_error_last()->why);
    return out;
}

static double distance_to(const tau_slice *slice, const float *row, double a, double b) {
    double squares = 0;
    for (int i = 0; i < SIZE; i++)
        squares +=
            pow((double)row[i] - slice->theta[0][i] - a * slice->theta[1][i] - b * slice->theta[2][i], 2);
    return sqrt(squares);
}

/* eq:project eq:offplane against a search: no neighbour of the answer is nearer, on oblique axes of length 3
 * and 0.7. */
Test(project, nearest_point_on_oblique_axes_beats_every_neighbour) {
    const float centre[SIZE] = {1, 2, 3, 4}, delta[SIZE] = {3, 0.2f, 0, 0}, eta[SIZE] = {0.6f, 0.3f, 0.1f, 0};
    const float rows[2 * SIZE] = {5, -1, 2, 2, 0, 0, 0, 9};
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, (tau_state_view){centre, buffers}, delta, eta),
                 TAU_STATUS_OK);
    tau_projection p = project(slice, rows, 2);
    double left = 0, all = 0;
    for (size_t t = 0; t < 2; t++) {
        const double a = p.coords[2 * t], b = p.coords[2 * t + 1];
        double best = distance_to(slice, rows + t * SIZE, a, b);
        cr_assert_float_eq(best, p.residual[t], 1e-12);
        cr_assert_float_eq(distance_to(slice, rows + t * SIZE, 0, 0), p.distance[t], 1e-12);
        for (int i = -1; i <= 1; i++)
            for (int j = -1; j <= 1; j++)
                if (i || j)
                    cr_assert_gt(distance_to(slice, rows + t * SIZE, a + 1e-4 * i, b + 1e-4 * j), best);
        left += p.residual[t] * p.residual[t], all += p.distance[t] * p.distance[t];
    }
    cr_assert_float_eq(p.explained, 1 - left / all, 1e-12);
    tau_projection_clear(&p);
    tau_slice_destroy(slice);
}

Test(project, points_of_the_plane_come_back_with_no_residual) {
    const float centre[SIZE] = {1, 2, 3, 4}, delta[SIZE] = {2, 0, 0, 1}, eta[SIZE] = {1, 1, 0, 0};
    const float rows[2 * SIZE] = {1 + 4 - 3, 2 - 3, 3, 4 + 2, 1, 2, 3, 4};
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, (tau_state_view){centre, buffers}, delta, eta),
                 TAU_STATUS_OK);
    tau_projection p = project(slice, rows, 2);
    cr_assert_float_eq(p.coords[0], 2, 1e-12);
    cr_assert_float_eq(p.coords[1], -3, 1e-12);
    cr_assert_float_eq(p.residual[0], 0, 1e-12);
    cr_assert(p.coords[2] == 0 && p.coords[3] == 0 && p.distance[1] == 0);
    cr_assert_float_eq(p.explained, 1, 1e-12);
    tau_projection_clear(&p);
    tau_slice_destroy(slice);
}

Test(project, lines_give_alpha_and_a_zero_beta) {
    const float a[SIZE] = {0, 0, 0, 0}, b[SIZE] = {0, 0, 3, 4}, row[SIZE] = {1, 0, 1.5f, 2};
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_line(&slice, &graph, (tau_state_view){a, buffers},
                                       (tau_state_view){b, buffers}, true),
                 TAU_STATUS_OK);
    tau_projection p = project(slice, row, 1);
    cr_assert_float_eq(p.coords[0], 0.5, 1e-14);
    cr_assert_eq(p.coords[1], 0);
    cr_assert_float_eq(p.residual[0], 1, 1e-14);
    tau_projection_clear(&p);
    tau_slice_destroy(slice);
}

Test(project, radial_slices_give_the_scale) {
    const float centre[SIZE] = {0, 0, 3, 4}, row[SIZE] = {1, 0, 6, 8};
    static const tau_transform transforms[] = {TAU_TRANSFORM_RADIAL, TAU_TRANSFORM_RADIAL_PLUS};
    for (int k = 0; k < 2; k++) {
        tau_slice *slice;
        cr_assert_eq(
            tau_slice_create_radial(&slice, &graph, (tau_state_view){centre, buffers}, transforms[k]),
            TAU_STATUS_OK);
        tau_projection p = project(slice, row, 1);
        cr_assert_float_eq(p.coords[0], 2 - k, 1e-14);
        cr_assert_float_eq(p.residual[0], 1, 1e-14);
        tau_projection_clear(&p);
        tau_slice_destroy(slice);
    }
}

Test(project, parallel_axes_and_other_widths_are_refused) {
    const float centre[SIZE] = {1, 2, 3, 4}, delta[SIZE] = {2, 0, 0, 1}, twice[SIZE] = {4, 0, 0, 2};
    matrix_rows matrix = {centre, SIZE, 0};
    tau_rows rows = matrix_rows_as_rows(&matrix, 1);
    tau_slice *slice;
    tau_projection p;
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, (tau_state_view){centre, buffers}, delta, twice),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_project_rows(&p, slice, &rows), TAU_STATUS_INPUT);
    rows.width = 3;
    cr_assert_eq(tau_project_rows(&p, slice, &rows), TAU_STATUS_SHAPE);
    cr_assert_null(p.coords);
    tau_slice_destroy(slice);
}

Test(project, a_diverged_state_is_not_finite_and_does_not_spoil_the_rest) {
    const float centre[SIZE] = {1, 2, 3, 4}, delta[SIZE] = {2, 0, 0, 1}, eta[SIZE] = {1, 1, 0, 0};
    const float rows[2 * SIZE] = {3, 2, 3, 5, NAN, 2, 3, 4};
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, (tau_state_view){centre, buffers}, delta, eta),
                 TAU_STATUS_OK);
    tau_projection p = project(slice, rows, 2);
    cr_assert_float_eq(p.coords[0], 1, 1e-12);
    cr_assert(isnan(p.coords[2]) && isnan(p.residual[1]));
    cr_assert_float_eq(p.explained, 1, 1e-12);
    tau_projection_clear(&p);
    tau_slice_destroy(slice);
}
