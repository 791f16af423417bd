#include <criterion/criterion.h>
#include <math.h>

#include "backend/combine.h"
#include "slice/slice.h"

enum { SIZE = 5, BUFFERS = 2 };
static const float start[SIZE] = {1.1f, -2.3f, 0.1f, 1e-20f, 7};
static const float end[SIZE] = {0.7f, 3.9f, 1e6f, 1e20f, -0.3f};
static const float third[SIZE] = {0.5f, 0.25f, -1, 2, 3};
static const float start_buffers[BUFFERS] = {0, 1}, end_buffers[BUFFERS] = {4, 9};
static const tau_graph graph = {.theta_size = SIZE, .buffer_size = BUFFERS};
static const tau_state_view from = {start, start_buffers}, to = {end, end_buffers};

static void point(float *theta, float *buffers, const tau_slice *slice, double alpha, double beta) {
    const tau_basis basis = tau_slice_get_basis(slice);
    (void)tau_combine_point(theta, buffers, &basis, &graph, alpha, beta);
}

/* eq:tau */
Test(tau, both_ends_are_the_states_exactly) {
    tau_slice *slice;
    float theta[SIZE], buffers[BUFFERS];
    cr_assert_eq(tau_slice_create_line(&slice, &graph, from, to, true), TAU_STATUS_OK);
    point(theta, buffers, slice, 0, 0.5);
    cr_assert_arr_eq(theta, start, sizeof theta);
    cr_assert_arr_eq(buffers, start_buffers, sizeof buffers);
    point(theta, buffers, slice, 1, 0.5);
    cr_assert_arr_eq(theta, end, sizeof theta);
    cr_assert_arr_eq(buffers, end_buffers, sizeof buffers);
    point(theta, buffers, slice, 0.25, 0);
    cr_assert_eq(theta[1], (float)(0.75 * -2.3f + 0.25 * 3.9f));
    cr_assert_eq(buffers[1], 3);
    tau_slice_destroy(slice);
}

Test(tau, frozen_statistics_are_those_of_the_trained_end) {
    tau_slice *slice;
    float theta[SIZE], buffers[BUFFERS];
    cr_assert_eq(tau_slice_create_line(&slice, &graph, from, to, false), TAU_STATUS_OK);
    point(theta, buffers, slice, 0, 0);
    cr_assert_arr_eq(buffers, end_buffers, sizeof buffers);
    tau_slice_destroy(slice);
}

/* eq:tau_2d */
Test(tau_2d, points_are_the_centre_plus_multiples_of_the_axes) {
    tau_slice *slice;
    float theta[SIZE], buffers[BUFFERS];
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, from, end, third), TAU_STATUS_OK);
    cr_assert_not(slice->line);
    point(theta, buffers, slice, 0, 0);
    cr_assert_arr_eq(theta, start, sizeof theta);
    cr_assert_arr_eq(buffers, start_buffers, sizeof buffers);
    point(theta, buffers, slice, 2, -3);
    cr_assert_eq(theta[4], (float)(7.0 + 2 * (double)end[4] - 9));
    cr_assert_eq(theta[0], (float)(1.0 * start[0] + 2.0 * end[0] - 3.0 * third[0]));
    tau_slice_destroy(slice);
}

Test(tau_2d, without_eta_it_is_a_line) {
    tau_slice *slice;
    float theta[SIZE], buffers[BUFFERS];
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, from, third, NULL), TAU_STATUS_OK);
    cr_assert(slice->line);
    cr_assert_eq(slice->count, 2);
    point(theta, buffers, slice, 2, 100);
    cr_assert_eq(theta[4], 13);
    tau_slice_destroy(slice);
}

/* eq:radial */
Test(radial, points_are_multiples_of_the_centre) {
    tau_slice *slice;
    float theta[SIZE], buffers[BUFFERS];
    cr_assert_eq(tau_slice_create_radial(&slice, &graph, from, TAU_TRANSFORM_RADIAL), TAU_STATUS_OK);
    point(theta, buffers, slice, 2, 0.5);
    cr_assert_eq(theta[4], 21);
    point(theta, buffers, slice, 3, -1);
    for (int i = 0; i < SIZE; i++) cr_assert_eq(theta[i], 0);
    tau_slice_destroy(slice);
    cr_assert_eq(tau_slice_create_radial(&slice, &graph, from, TAU_TRANSFORM_RADIAL_PLUS), TAU_STATUS_OK);
    point(theta, buffers, slice, 2, 0.5);
    cr_assert_eq(theta[4], 28);
    point(theta, buffers, slice, 0, 8);
    cr_assert_arr_eq(theta, start, sizeof theta);
    tau_slice_destroy(slice);
    cr_assert_eq(tau_slice_create_radial(&slice, &graph, from, TAU_TRANSFORM_TAU), TAU_STATUS_USAGE);
    cr_assert_null(slice);
}

static void assert_norms(const tau_slice *slice) {
    static const double coords[][2] = {{0, 0}, {1, 0}, {-0.5, 2}, {3, -1}};
    double gram[TAU_BASIS_MAX * TAU_BASIS_MAX];
    float theta[SIZE], buffers[BUFFERS];
    tau_slice_gram(slice, gram);
    for (size_t k = 0; k < sizeof coords / sizeof *coords; k++) {
        double direct = 0;
        point(theta, buffers, slice, coords[k][0], coords[k][1]);
        for (int i = 0; i < SIZE; i++) direct += (double)theta[i] * theta[i];
        double norm = tau_slice_squared_norm(slice, gram, coords[k][0], coords[k][1]);
        cr_assert_float_eq(norm, direct, 1e-6 * direct, "%g against %g", norm, direct);
    }
}

Test(slice, squared_norms_come_from_the_inner_products) {
    tau_slice *slice;
    cr_assert_eq(tau_slice_create_line(&slice, &graph, from, to, true), TAU_STATUS_OK);
    assert_norms(slice);
    tau_slice_destroy(slice);
    cr_assert_eq(tau_slice_create_plane(&slice, &graph, from, third, start), TAU_STATUS_OK);
    assert_norms(slice);
    tau_slice_destroy(slice);
    cr_assert_eq(tau_slice_create_radial(&slice, &graph, from, TAU_TRANSFORM_RADIAL), TAU_STATUS_OK);
    assert_norms(slice);
    tau_slice_destroy(slice);
}

Test(slice, transforms_are_known_by_name) {
    for (int i = TAU_TRANSFORM_TAU; i <= TAU_TRANSFORM_RADIAL_PLUS; i++) {
        tau_transform parsed;
        cr_assert_eq(tau_transform_parse(&parsed, tau_transform_name((tau_transform)i)), TAU_STATUS_OK);
        cr_assert_eq(parsed, i);
    }
    tau_transform parsed;
    cr_assert_eq(tau_transform_parse(&parsed, "tau3"), TAU_STATUS_USAGE);
    tau_slice_destroy(NULL);
}
