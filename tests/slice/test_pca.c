#include <criterion/criterion.h>
#include <math.h>

#include "core/memory.h"
#include "core/rng.h"
#include "slice/directions.h"
#include "slice/dot.h"
#include "slice/eigen.h"
#include "slice/gram.h"
#include "slice/matrix_rows.h"

static tau_pca pca_of(const float *values, size_t count, size_t width, const float *origin) {
    matrix_rows matrix = {values, width, 0};
    const tau_rows rows = matrix_rows_as_rows(&matrix, count);
    tau_pca pca;
    cr_assert_eq(tau_direction_pca(&pca, &rows, origin, NULL), TAU_STATUS_OK, "%s: %s",
                 tau_error_last()->what, tau_error_last()->why);
    return pca;
}

static tau_status status_of(const float *values, size_t count, size_t width, const tau_cancel *cancel) {
    matrix_rows matrix = {values, width, 0};
    const tau_rows rows = matrix_rows_as_rows(&matrix, count);
    tau_pca pca;
    tau_status status = tau_direction_pca(&pca, &rows, values, cancel);
    if (status != TAU_STATUS_OK) cr_assert_null(pca.axis[0]);
    tau_pca_clear(&pca);
    return status;
}

/* eq:pca, by hand: about their mean (5,5,5) the rows are ±(3,0,4) and ±(0,2,0), so 2·25 and 2·4. */
Test(pca, axes_and_shares_match_a_case_by_hand) {
    const float values[] = {8, 5, 9, 2, 5, 1, 5, 3, 5, 5, 7, 5};
    tau_pca pca = pca_of(values, 4, 3, values + 9);
    const double first[3] = {0.6, 0, 0.8}, second[3] = {0, 1, 0};
    for (int i = 0; i < 3; i++) {
        cr_assert_float_eq(pca.axis[0][i], first[i], 1e-7);
        cr_assert_float_eq(pca.axis[1][i], second[i], 1e-7);
    }
    cr_assert_float_eq(pca.explained[0], 50.0 / 58, 1e-12);
    cr_assert_float_eq(pca.explained[1], 8.0 / 58, 1e-12);
    tau_pca_clear(&pca);
}

Test(pca, largest_component_is_positive) {
    const float values[] = {-8, 5, 9, -2, 5, 1, -5, 3, 5, -5, 7, 5};
    tau_pca pca = pca_of(values, 4, 3, values + 9);
    cr_assert_float_eq(pca.axis[0][0], -0.6, 1e-7);
    cr_assert_float_eq(pca.axis[0][2], 0.8, 1e-7);
    tau_pca_clear(&pca);
}

Test(pca, equal_variances_give_two_orthonormal_axes) {
    const float values[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    tau_pca pca = pca_of(values, 3, 3, values);
    cr_assert_float_eq(pca.explained[0], 0.5, 1e-12);
    cr_assert_float_eq(pca.explained[1], 0.5, 1e-12);
    cr_assert_float_eq(tau_dot_f32(pca.axis[0], pca.axis[1], 3), 0, 1e-7);
    cr_assert_float_eq(tau_dot_f32(pca.axis[1], pca.axis[1], 3), 1, 1e-6);
    tau_pca_clear(&pca);
}

/* Rows of a random walk: 200 states of 700 parameters, as training records them. */
static float *random_walk(size_t count, size_t width) {
    float *values;
    cr_assert_eq(tau_mem_alloc((void **)&values, count, width * sizeof *values), TAU_STATUS_OK);
    for (size_t t = 1; t < count; t++)
        for (size_t i = 0; i < width; i++)
            values[t * width + i] =
                values[(t - 1) * width + i] + (float)tau_rng_normal((tau_rng_key){1, t}, i);
    return values;
}

/* Covariance of the rows times a vector, the plain way: P×P never formed, the mean subtracted explicitly. */
static void covariance_times(double *out, const float *values, size_t count, size_t width, const float *v) {
    double *mean;
    cr_assert_eq(TAU_ALLOC(mean, width), TAU_STATUS_OK);
    for (size_t t = 0; t < count; t++)
        for (size_t i = 0; i < width; i++) mean[i] += values[t * width + i] / (double)count;
    memset(out, 0, width * sizeof *out);
    for (size_t t = 0; t < count; t++) {
        double along = 0;
        for (size_t i = 0; i < width; i++) along += (values[t * width + i] - mean[i]) * v[i];
        for (size_t i = 0; i < width; i++) out[i] += along * (values[t * width + i] - mean[i]);
    }
    tau_mem_free(mean);
}

Test(pca, axes_are_eigenvectors_of_the_covariance) {
    enum { COUNT = 200, WIDTH = 700 };
    float *values = random_walk(COUNT, WIDTH);
    tau_pca pca = pca_of(values, COUNT, WIDTH, values + (COUNT - 1) * WIDTH);
    double image[WIDTH], previous = INFINITY;
    for (int k = 0; k < 2; k++) {
        covariance_times(image, values, COUNT, WIDTH, pca.axis[k]);
        double value = 0, error = 0;
        for (int i = 0; i < WIDTH; i++) value += image[i] * pca.axis[k][i];
        for (int i = 0; i < WIDTH; i++) error += pow(image[i] - value * pca.axis[k][i], 2);
        cr_assert_lt(sqrt(error), 1e-5 * value);
        cr_assert_lt(value, previous);
        previous = value;
    }
    /* A random walk in many dimensions has shares 6/pi² and a quarter of that: Antognini & Sohl-Dickstein. */
    cr_assert_float_eq(pca.explained[0], 0.608, 0.03);
    cr_assert_float_eq(pca.explained[1], 0.152, 0.02);
    tau_pca_clear(&pca);
    tau_mem_free(values);
}

Test(pca, states_of_several_runs_are_analysed_together) {
    const float joint[] = {1, 0, 0, -1, 0, 0, 0, 3, 0, 0, -3, 0};
    tau_pca pca = pca_of(joint, 4, 3, joint);
    cr_assert_float_eq(pca.axis[0][1], 1, 1e-7, "each run alone has one axis; together the longer leads");
    cr_assert_float_eq(pca.axis[1][0], 1, 1e-7);
    cr_assert_float_eq(pca.explained[0], 0.9, 1e-12);
    tau_pca_clear(&pca);
}

Test(pca, what_has_no_plane_is_refused) {
    const float two[] = {1, 2, 3, 4}, bad[] = {1, 2, NAN, 4, 5, 7};
    const float point[] = {0.1f, 0.2f, 0.1f, 0.2f, 0.1f, 0.2f};
    float line[30];
    for (int t = 0; t < 10; t++)
        for (int i = 0; i < 3; i++) line[t * 3 + i] = (float)(0.3 + 0.1 * i + 0.07 * t * (i + 1));
    cr_assert_eq(status_of(two, 2, 2, NULL), TAU_STATUS_INPUT);
    cr_assert_eq(status_of(bad, 3, 2, NULL), TAU_STATUS_INPUT);
    cr_assert(strstr(tau_error_last()->why, "state 1"));
    cr_assert_eq(status_of(point, 3, 2, NULL), TAU_STATUS_INPUT);
    cr_assert_eq(status_of(line, 10, 3, NULL), TAU_STATUS_INPUT);
}

Test(pca, stops_on_request) {
    const float values[] = {8, 5, 9, 2, 5, 1, 5, 3, 5, 5, 7, 5};
    tau_cancel cancel = {0};
    tau_cancel_request(&cancel, 2);
    cr_assert_eq(status_of(values, 4, 3, &cancel), TAU_STATUS_CANCELLED);
}

Test(gram, blocks_do_not_change_a_bit) {
    enum { COUNT = 13, WIDTH = 1100 };
    float *values = random_walk(COUNT, WIDTH);
    matrix_rows matrix = {values, WIDTH, 0};
    const tau_rows rows = matrix_rows_as_rows(&matrix, COUNT);
    tau_gram whole, blocks;
    cr_assert_eq(tau_gram_compute(&whole, &rows, values, TAU_GRAM_BLOCK_BYTES, NULL), TAU_STATUS_OK);
    cr_assert_eq(matrix.reads, COUNT);
    cr_assert_eq(tau_gram_compute(&blocks, &rows, values, 8 * WIDTH * sizeof(double), NULL), TAU_STATUS_OK);
    cr_assert_arr_eq(whole.products, blocks.products, COUNT * COUNT * sizeof(double));
    cr_assert_float_eq(whole.products[5 * COUNT + 3],
                       tau_dot_f32(values + 5 * WIDTH, values + 3 * WIDTH, WIDTH), 1e-9);
    cr_assert_eq(whole.products[5 * COUNT + 3], whole.products[3 * COUNT + 5]);
    tau_gram_clear(&whole);
    tau_gram_clear(&blocks);
    tau_mem_free(values);
}

/* Known spectrum: H·diag(lambda)·H with the reflection H = I - 2·w·wᵀ. */
Test(eigen, finds_close_eigenvalues_of_a_large_matrix) {
    enum { N = 300 };
    double *matrix, w[N], lambda[N], values[2], vectors[2 * N];
    cr_assert_eq(TAU_ALLOC(matrix, N * N), TAU_STATUS_OK);
    for (int i = 0; i < N; i++) {
        w[i] = sqrt(1.0 / N) * (i % 2 ? 1 : -1);
        lambda[i] = i == 7 ? 2.0 : i == 9 ? 1.0001 : i == 200 ? 1.0 : 0.9 * i / N;
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                matrix[i * N + j] += ((i == k) - 2 * w[i] * w[k]) * lambda[k] * ((j == k) - 2 * w[j] * w[k]);
    cr_assert_eq(tau_eigen_largest(values, vectors, matrix, N, NULL), TAU_STATUS_OK);
    cr_assert_float_eq(values[0], 2, 1e-11);
    cr_assert_float_eq(values[1], 1.0001, 1e-11);
    double sign = vectors[N + 9] < 0 ? -1 : 1;
    for (int i = 0; i < N; i++) cr_assert_float_eq(sign * vectors[N + i], (i == 9) - 2 * w[i] * w[9], 1e-7);
    tau_mem_free(matrix);
}
