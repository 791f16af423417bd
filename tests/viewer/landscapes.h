/** Landscapes for tests of the viewer. */
#ifndef TAU_TESTS_VIEWER_LANDSCAPES_H
#define TAU_TESTS_VIEWER_LANDSCAPES_H

#include <criterion/criterion.h>
#include <math.h>

#include "scratch.h"
#include "store/landscape.h"

/** A bowl (alpha - x)^2 + beta^2 over [-1, 1]^2, with a path of `states` towards its minimum; `holes` points
 *  are not computed. Its mcc is (alpha - x)/2, not defined in the first column. */
static inline const char *write_bowl(const char *name, size_t n, double x, size_t states, size_t holes) {
    tau_grid *grid;
    tau_landscape *landscape;
    cr_assert_eq(tau_grid_create(&grid, n, -1, 1, n, -1, 1), TAU_STATUS_OK);
    cr_assert_eq(tau_landscape_create(
                     &landscape, "bowl", "tau_2d", false, grid,
                     "{\"identity\": {\"samples\": 500, \"backend\": \"cpu\", \"metrics\": [\"mcc\"]}}"),
                 TAU_STATUS_OK);
    for (size_t i = holes; i < n * n; i++) {
        double a = grid->alpha[i % n] - x, b = grid->beta[i / n];
        landscape->loss[i] = a * a + b * b;
        landscape->loss_se[i] = 0.01;
        landscape->accuracy[i] = 1 - landscape->loss[i] / 4;
        landscape->metrics[0].values[i] = i % n == 0 ? NAN : 0.5 * a;
        landscape->done[i] = TAU_DONE_FINITE;
    }
    if (states) {
        tau_landscape_projection projection;
        cr_assert_eq(tau_landscape_projection_create(&projection, "run", states), TAU_STATUS_OK);
        for (size_t t = 0; t < states; t++) {
            double left = 1 - (double)t / (double)states;
            projection.coords[2 * t] = x + 0.8 * left;
            projection.coords[2 * t + 1] = 0.5 * left;
            projection.loss_true[t] = left;
            projection.loss_in_plane[t] = 0.9 * left;
            projection.step[t] = (int64_t)(10 * t);
            projection.distance[t] = left;
            projection.residual[t] = 0.25 * left;
        }
        projection.explained = 0.9;
        cr_assert_eq(tau_landscape_set_projection(landscape, &projection), TAU_STATUS_OK);
    }
    const char *path = scratch(name);
    cr_assert_eq(tau_landscape_write(landscape, path), TAU_STATUS_OK);
    tau_landscape_destroy(landscape);
    tau_grid_destroy(grid);
    return path;
}

#endif
