#include <math.h>

#include "sweep/bowl.h"
#include "sweep/sweep.h"

/* Along b the mean squared error is noise² + db²; along w noise² ± … + 1.5·dw²: ten times noise² at ±3·noise
 * and at the roots of 1.5·dw² + slope·dw = 9·noise². */
Test(auto_range, ends_lie_where_the_loss_is_ten_times_the_centre) {
    bowl b = bowl_create(0.25, 1);
    tau_slice *slice = bowl_plane(&b);
    for (int axis = 0; axis < 2; axis++) {
        double lo, hi, target = 10 * bowl_loss(2, 1, 0.25);
        cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, axis, 10, &lo, &hi, NULL), TAU_STATUS_OK);
        cr_assert(lo < 0 && hi > 0);
        const double ends[2] = {lo, hi};
        for (int k = 0; k < 2; k++) {
            double at_end = axis ? bowl_loss(2, 1 + ends[k], 0.25) : bowl_loss(2 + ends[k], 1, 0.25);
            double inside =
                axis ? bowl_loss(2, 1 + 0.96 * ends[k], 0.25) : bowl_loss(2 + 0.96 * ends[k], 1, 0.25);
            cr_assert(at_end >= target && inside < target, "axis %d end %g: %g", axis, ends[k], at_end);
        }
    }
    tau_slice_destroy(slice);
    bowl_destroy(&b);
}

Test(auto_range, a_perfect_fit_has_a_range_too) {
    bowl b = bowl_create(0, 1);
    tau_slice *slice = bowl_plane(&b);
    double lo, hi;
    cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 1, 10, &lo, &hi, NULL), TAU_STATUS_OK);
    cr_assert_float_eq(hi, sqrt(0.009), 0.02 * sqrt(0.009));
    cr_assert_eq(lo, -hi);
    tau_slice_destroy(slice);
    bowl_destroy(&b);
}

Test(auto_range, length_of_the_axis_does_not_change_what_is_found) {
    static const float small[2] = {0, 1e-6f}, large[2] = {0, 1e4f};
    const float *axes[2] = {small, large};
    bowl b = bowl_create(0.25, 1);
    for (int k = 0; k < 2; k++) {
        tau_slice *slice;
        double lo, hi;
        cr_assert_eq(tau_slice_create_plane(&slice, b.model->graph,
                                            (tau_state_view){b.model->theta, b.model->buffers}, axes[k],
                                            NULL),
                     TAU_STATUS_OK);
        cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 0, 10, &lo, &hi, NULL), TAU_STATUS_OK);
        cr_assert_float_eq(hi * axes[k][1], 0.75, 0.015);
        cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 1, 10, &lo, &hi, NULL), TAU_STATUS_USAGE);
        tau_slice_destroy(slice);
    }
    bowl_destroy(&b);
}

Test(auto_range, lines_are_centred_on_the_trained_end) {
    static const float start[2] = {0, 1};
    bowl b = bowl_create(0.25, 1);
    tau_slice *slice;
    double lo, hi;
    cr_assert_eq(tau_slice_create_line(&slice, b.model->graph, (tau_state_view){start, b.model->buffers},
                                       (tau_state_view){b.model->theta, b.model->buffers}, true),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 0, 10, &lo, &hi, NULL), TAU_STATUS_OK);
    cr_assert(lo > 0.5 && lo < 1 && hi > 1 && hi < 1.5, "%g %g", lo, hi);
    tau_slice_destroy(slice);
    bowl_destroy(&b);
}

Test(auto_range, centres_and_factors_that_make_no_sense_are_refused) {
    bowl b = bowl_create(0.25, 1);
    tau_slice *slice = bowl_plane(&b);
    double lo, hi;
    cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 0, 1, &lo, &hi, NULL), TAU_STATUS_USAGE);
    cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 0, NAN, &lo, &hi, NULL), TAU_STATUS_USAGE);
    tau_slice_destroy(slice);
    b.model->theta[0] = NAN;
    slice = bowl_plane(&b);
    cr_assert_eq(tau_sweep_auto_range(b.evaluator, slice, 0, 10, &lo, &hi, NULL), TAU_STATUS_INPUT);
    tau_slice_destroy(slice);
    bowl_destroy(&b);
}
