#include <math.h>

#include "sweep/sweep.h"

enum { DOUBLINGS = 60, BISECTIONS = 6 };
static const double FIRST_STEP = 1e-3, LOSS_FLOOR = 1e-3;

typedef struct search {
    tau_evaluator *evaluator;
    const tau_cancel *cancel;
    double centre[2];
    int axis;
    double threshold;
} search;

static tau_status loss_at(double *loss, const search *s, double step) {
    double coords[2] = {s->centre[0], s->centre[1]};
    coords[s->axis] += step;
    const tau_tile tile = {&coords[0], 1, &coords[1], 1};
    tau_point point;
    TAU_TRY(tau_evaluator_tile(s->evaluator, &tile, &point, NULL, s->cancel));
    *loss = point.loss;
    return TAU_STATUS_OK;
}

static tau_status has_risen(bool *out, const search *s, double step) {
    double loss;
    TAU_TRY(loss_at(&loss, s, step));
    *out = !(loss < s->threshold); /* NaN counts as risen */
    return TAU_STATUS_OK;
}

/* @param[in] step  the first, signed   @param[out] end  where the loss has risen */
static tau_status search_side(double *end, const search *s, double step) {
    bool risen;
    double below = 0, above = step;
    TAU_TRY(has_risen(&risen, s, above));
    for (int i = 0; i < DOUBLINGS && !risen; i++) {
        below = above;
        above *= 2;
        TAU_TRY(has_risen(&risen, s, above));
    }
    for (int i = 0; i < BISECTIONS && risen; i++) {
        double middle = 0.5 * (below + above);
        bool risen_there;
        TAU_TRY(has_risen(&risen_there, s, middle));
        *(risen_there ? &above : &below) = middle;
    }
    *end = s->centre[s->axis] + above;
    return TAU_STATUS_OK;
}

/* Length of a move of one along an axis at theta*, relative to theta*'s norm. */
static double relative_length(const tau_slice *slice, int axis) {
    double gram[TAU_BASIS_MAX * TAU_BASIS_MAX], along, theta;
    tau_slice_gram(slice, gram);
    switch (slice->transform) {
    case TAU_TRANSFORM_TAU:
        along = gram[0] - 2 * gram[1] + gram[3];
        theta = gram[3];
        break;
    case TAU_TRANSFORM_TAU_2D:
        along = gram[(axis + 1) * slice->count + axis + 1];
        theta = gram[0];
        break;
    default:
        return 1;
    }
    double length = sqrt(along / (theta > 0 ? theta : 1));
    return length > 0 && isfinite(length) ? length : 1;
}

static tau_status check(const tau_slice *slice, int axis, double factor) {
    if (!(factor > 1) || isinf(factor))
        return tau_fail(TAU_STATUS_USAGE,
                        "the loss cannot rise by a factor of %g" TAU_FIX "give a number above 1", factor);
    if (axis == 1 && slice->line)
        return tau_fail(TAU_STATUS_USAGE, "a line has no range in beta" TAU_FIX "give one direction more");
    return TAU_STATUS_OK;
}

tau_status tau_sweep_auto_range(tau_evaluator *evaluator, const tau_slice *slice, int axis, double factor,
                                double *lo, double *hi, const tau_cancel *cancel) {
    TAU_TRY(check(slice, axis, factor));
    const tau_basis basis = tau_slice_get_basis(slice);
    TAU_TRY(tau_evaluator_set_basis(evaluator, &basis));
    search s = {.evaluator = evaluator, .cancel = cancel, .axis = axis};
    tau_slice_get_centre(slice, &s.centre[0], &s.centre[1]);
    double loss;
    TAU_TRY(loss_at(&loss, &s, 0));
    if (!isfinite(loss))
        return tau_fail(TAU_STATUS_INPUT,
                        "no range can be found for this slice" TAU_WHY "the loss at its centre is %g" TAU_FIX
                        "give ranges, or choose another centre",
                        loss);
    /* A negative loss (probabilities above 1) rises by its own size. */
    s.threshold = loss + (factor - 1) * fmax(fabs(loss), LOSS_FLOOR);
    const double step = FIRST_STEP / relative_length(slice, axis);
    TAU_TRY(search_side(lo, &s, -step));
    return search_side(hi, &s, step);
}
