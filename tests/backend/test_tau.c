/* Parameters of a point: eq:tau eq:tau_2d eq:radial */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "backend/combine.h"
#include "core/rng.h"

enum { P = 2500 }; /* more than two blocks of the implementation, and no multiple of one */

static void tau(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    (void)beta;
    c[0] = 1 - alpha, c[1] = alpha; /* of theta, theta* */
}

static void tau_2d(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = 1, c[1] = alpha, c[2] = beta; /* of theta*, delta, eta */
}

static void radial(double alpha, double beta, double c[TAU_BASIS_MAX]) {
    c[0] = alpha * (1 + beta);
}

/* Three vectors with numbers of very different sizes. */
typedef struct vectors {
    float of[TAU_BASIS_MAX][P];
    tau_graph graph;
} vectors;

static vectors make_vectors(void) {
    vectors v;
    memset(&v, 0, sizeof v);
    v.graph.theta_size = P;
    for (int k = 0; k < TAU_BASIS_MAX; k++)
        for (int i = 0; i < P; i++) {
            const tau_rng_key key = {3, (uint64_t)k};
            v.of[k][i] = (float)(tau_rng_normal(key, (uint64_t)i) * pow(10, i % 9 - 4));
        }
    return v;
}

static void point(float *out, const vectors *v, int count, tau_coefficients coefficients, double alpha,
                  double beta) {
    float no_buffers[1];
    const tau_basis basis = {.count = count,
                             .theta = {v->of[0], v->of[1], v->of[2]},
                             .buffers = {v->of[0], v->of[1], v->of[2]},
                             .coefficients = coefficients};
    (void)tau_combine_point(out, no_buffers, &basis, &v->graph, alpha, beta);
}

Test(tau, alpha_zero_returns_theta_exactly) {
    const vectors v = make_vectors();
    float out[P];
    point(out, &v, 2, tau, 0, 0);
    cr_assert_arr_eq(out, v.of[0], sizeof out);
}

Test(tau, alpha_one_returns_theta_star_exactly) {
    const vectors v = make_vectors();
    float out[P];
    point(out, &v, 2, tau, 1, 0);
    cr_assert_arr_eq(out, v.of[1], sizeof out);
}

Test(tau, ends_are_exact_even_where_the_other_end_is_not_finite) {
    vectors v = make_vectors();
    float out[P];
    for (int i = 0; i < P; i++) v.of[1][i] = i % 2 ? INFINITY : NAN;
    point(out, &v, 2, tau, 0, 0);
    cr_assert_arr_eq(out, v.of[0], sizeof out);
    point(out, &v, 2, tau, 0.5, 0);
    for (int i = 0; i < P; i++) cr_assert(!isfinite(out[i]));
}

Test(tau, between_the_ends_it_is_formed_in_double_and_rounded_once) {
    const vectors v = make_vectors();
    float out[P];
    const double alpha = 0.3;
    point(out, &v, 2, tau, alpha, 0);
    for (int i = 0; i < P; i++) {
        volatile double left = (1 - alpha) * (double)v.of[0][i], right = alpha * (double)v.of[1][i];
        cr_assert_eq(out[i], (float)(left + right), "element %d", i);
    }
}

Test(tau_2d, origin_is_theta_star_exactly) {
    const vectors v = make_vectors();
    float out[P];
    point(out, &v, 3, tau_2d, 0, 0);
    cr_assert_arr_eq(out, v.of[0], sizeof out);
}

Test(tau_2d, sums_in_the_order_of_the_basis) {
    const vectors v = make_vectors();
    float out[P];
    const double alpha = -0.7, beta = 1.9;
    point(out, &v, 3, tau_2d, alpha, beta);
    for (int i = 0; i < P; i++) {
        volatile double first = (double)v.of[0][i], second = alpha * (double)v.of[1][i];
        volatile double third = beta * (double)v.of[2][i], sum = first + second;
        cr_assert_eq(out[i], (float)(sum + third), "element %d", i);
    }
}

Test(radial, network_vanishes_on_its_axes) {
    const vectors v = make_vectors();
    float out[P];
    point(out, &v, 1, radial, 0, 0.4);
    for (int i = 0; i < P; i++) cr_assert_eq(out[i], 0.0f);
    point(out, &v, 1, radial, 0.4, -1);
    for (int i = 0; i < P; i++) cr_assert_eq(out[i], 0.0f);
}

Test(radial, depends_on_the_product_alone) {
    const vectors v = make_vectors();
    float out[P], same[P];
    point(out, &v, 1, radial, 0.5, 3);
    point(same, &v, 1, radial, 1, 1);
    cr_assert_arr_eq(out, same, sizeof out);
    for (int i = 0; i < P; i++) cr_assert_eq(out[i], 2 * v.of[0][i]);
}

/* A mean and a variance of two channels that either stay or move with the coefficients. */
static size_t buffers_at(float out[4], bool move, double alpha) {
    static const float here[] = {1, 2, 4, 1}, there[] = {3, 0, 1, 2};
    tau_parameter table[2] = {{.role = TAU_ROLE_BN_MEAN, .shape = {1, {2}}, .offset = 0},
                              {.role = TAU_ROLE_BN_VAR, .shape = {1, {2}}, .offset = 2}};
    const tau_graph graph = {.buffers = table, .buffer_count = 2, .buffer_size = 4};
    const tau_basis basis = {.count = 2,
                             .theta = {here, there},
                             .buffers = {here, there},
                             .move_buffers = move,
                             .coefficients = tau};
    float theta[1];
    return tau_combine_point(theta, out, &basis, &graph, alpha, 0);
}

Test(combine, frozen_statistics_are_those_of_the_first_vector) {
    float out[4];
    const float expected[] = {1, 2, 4, 1};
    cr_assert_eq(buffers_at(out, false, 0.5), 0);
    cr_assert_arr_eq(out, expected, sizeof out);
}

Test(combine, moving_statistics_follow_and_variances_stop_at_zero) {
    float out[4];
    const float half[] = {2, 1, 2.5f, 1.5f}, beyond[] = {5, -2, 0, 3};
    cr_assert_eq(buffers_at(out, true, 0.5), 0);
    cr_assert_arr_eq(out, half, sizeof out);
    cr_assert_eq(buffers_at(out, true, 2), 1);
    cr_assert_arr_eq(out, beyond, sizeof out);
}
