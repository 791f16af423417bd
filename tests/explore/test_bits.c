/* The explorer's numbers are those of a sweep. */
#include <criterion/criterion.h>

#include "explore/scene.h"

static const size_t stages[SCENE_STAGES_MAX] = {20, 60, 150};

static const double regions[][4] = {{-1, 1, -1, 1},
                                    {-0.3, 0.1, 0.2, 0.5},
                                    {-2.5, 2.2, -3, 1},
                                    {0.123, 0.1237, -0.0004, 0.0001},
                                    {3, 5, 3, 4}};

/* Largest difference over all regions. */
static double check(const char *model, const char *data, const char *backend, tau_precision precision,
                    int axes, int pixels) {
    scene s = scene_create(model, data, stages, backend, precision, 2, axes);
    tau_explore_picture picture = {0};
    double worst = 0;
    scene_explore(&s, -1, 1, 0);
    for (size_t r = 0; r < sizeof regions / sizeof *regions; r++) {
        const tau_explore_region region =
            region_of(regions[r][0], regions[r][1], regions[r][2], regions[r][3], pixels);
        look_and_wait(s.explore, &region);
        succeed(tau_explore_read(s.explore, &picture));
        cr_assert_eq(picture.rows == 1, axes == 1);
        tau_point *points = sweep_of(&s, &picture, 2, backend, precision);
        const double difference = compare(&picture, points, 2);
        cr_expect(isfinite(difference), "region %zu", r);
        worst = fmax(worst, difference);
        tau_mem_free(points);
    }
    tau_explore_picture_clear(&picture);
    scene_destroy(&s);
    return worst;
}

Test(bits, a_plane_of_the_reference_equals_a_sweep) {
    cr_assert_eq(check("mlp:2-4-2:tanh", "moons:n=200", "ref", TAU_PRECISION_EXACT, 2, 60), 0);
}

Test(bits, a_plane_in_exact_precision_equals_a_sweep) {
    cr_assert_eq(check("mlp:2-16-16-2:relu", "moons:n=300", "cpu", TAU_PRECISION_EXACT, 2, 180), 0);
}

Test(bits, a_line_in_exact_precision_equals_a_sweep) {
    cr_assert_eq(check("mlp:2-16-16-2:relu", "moons:n=300", "cpu", TAU_PRECISION_EXACT, 1, 900), 0);
}

Test(bits, convolutions_in_exact_precision_equal_a_sweep) {
    cr_assert_eq(check("lenet5", "digits:n=300", "cpu", TAU_PRECISION_EXACT, 2, 24), 0);
}

Test(bits, fine_precision_is_within_its_bound) {
    cr_assert_leq(check("mlp:784-24-10:relu", "digits:n=300", "cpu", TAU_PRECISION_FINE, 2, 48), 1e-6);
}
