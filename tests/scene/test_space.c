#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

#include "scene/fields.h"
#include "scene/scene.h"

static const double unit_lo[2] = {-1, -1}, unit_hi[2] = {1, 1};

static double bowl(double a, double b) {
    return 0.05 + a * a + b * b;
}

static double quartic(double a, double b) {
    return (a * a + b * b) * (a * a + b * b);
}

/* What a network without normalisation does: thirty-five decades within the plane. */
static double decades(double a, double b) {
    return pow(10, 25 * sqrt(a * a + b * b) - 1);
}

static double spike(double a, double b) {
    return a > 0.97 && b > 0.97 ? 1e35 : bowl(a, b);
}

static double constant(double a, double b) {
    (void)a, (void)b;
    return 2.302585;
}

static double nothing(double a, double b) {
    return a > b ? NAN : INFINITY;
}

static double ragged(double a, double b) {
    return fabs(a) > 0.8 ? INFINITY : fabs(b) > 0.9 ? NAN : bowl(a, b);
}

static double enormous(double a, double b) {
    return a * DBL_MAX * (b > 0 ? 1 : 0.5);
}

static double sharp(double a, double b) {
    return a == 0 && b == 0 ? 0.01 : 2.3 + 0.02 * a;
}

static tau_space fit(const owned_field *made, tau_view view) {
    tau_scene scene = {.field = &made->field};
    tau_space space;
    tau_space_fit(&space, &scene, &view);
    return space;
}

static tau_view surface_view(bool log) {
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.log = log;
    return view;
}

/* Share of the points whose world height lies within the box, and the standard deviation of those heights in
 * units of the box: 0 = a flat sheet. */
static void measure(const owned_field *made, const tau_space *space, double *share, double *spread) {
    double n = 0, inside = 0, sum = 0, square = 0;
    for (size_t i = 0; i < made->field.nx * made->field.ny; i++) {
        double world[3];
        if (!tau_space_get_world(space, made->alpha[i % made->field.nx], made->beta[i / made->field.nx],
                                 made->value[i], world))
            continue;
        n++;
        double height = world[2] / (2 * space->half[2]);
        if (fabs(height) > 0.5 + 1e-9) continue;
        inside++;
        sum += height;
        square += height * height;
    }
    *share = inside / n;
    *spread = sqrt(fmax(square / inside - sum / inside * (sum / inside), 0));
}

Test(space, a_bowl_fills_its_box_exactly) {
    owned_field made = fields_make(51, 51, unit_lo, unit_hi, bowl);
    tau_space space = fit(&made, surface_view(false));
    double world[3], share, spread;
    cr_assert(tau_space_get_world(&space, 1, -1, bowl(1, -1), world));
    cr_assert_float_eq(world[0], 1, 1e-12);
    cr_assert_float_eq(world[1], -1, 1e-12);
    cr_assert_float_eq(world[2], space.half[2], 1e-12);
    cr_assert(tau_space_get_world(&space, 0, 0, bowl(0, 0), world));
    cr_assert_float_eq(world[2], -space.half[2], 1e-12);
    measure(&made, &space, &share, &spread);
    cr_assert(share == 1 && spread > 0.15);
    fields_free(&made);
}

Test(space, walls_are_cut_and_neither_sheet_nor_needle_is_left) {
    static const surface kinds[] = {quartic, decades, spike};
    for (int k = 0; k < 3; k++)
        for (int log = 0; log < 2; log++) {
            owned_field made = fields_make(101, 101, unit_lo, unit_hi, kinds[k]);
            tau_space space = fit(&made, surface_view(log));
            double share, spread;
            measure(&made, &space, &share, &spread);
            cr_assert(share >= 0.49, "surface %d, log %d: %g of the points are shown", k, log, share);
            if (k != 1 || log) cr_assert(spread > 0.08, "surface %d, log %d: spread %g", k, log, spread);
            fields_free(&made);
        }
}

Test(space, what_would_gain_little_is_not_cut) {
    owned_field made = fields_make(101, 101, unit_lo, unit_hi, quartic);
    tau_space space = fit(&made, surface_view(false));
    cr_assert(space.lo[2] == 0 && space.hi[2] == 4);
    fields_free(&made);
}

Test(space, a_sharp_minimum_is_never_cut) {
    owned_field made = fields_make(101, 101, unit_lo, unit_hi, sharp);
    tau_space space = fit(&made, surface_view(false));
    cr_assert_float_eq(space.lo[2], 0.01, 1e-12);
    cr_assert_float_eq(space.hi[2], 2.32, 1e-12);
    fields_free(&made);
}

Test(space, heights_are_monotone_and_finite_as_floats) {
    static const surface kinds[] = {bowl,    quartic, decades,  spike, constant,
                                    nothing, ragged,  enormous, sharp};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int log = 0; log < 2; log++) {
            owned_field made = fields_make(33, 21, unit_lo, unit_hi, kinds[k]);
            tau_space space = fit(&made, surface_view(log));
            for (int axis = 0; axis < 3; axis++) {
                cr_assert(isfinite(space.lo[axis]) && isfinite(space.hi[axis]), "surface %zu", k);
                cr_assert(space.lo[axis] < space.hi[axis] && space.half[axis] > 0, "surface %zu", k);
                cr_assert(space.half[axis] <= 1);
            }
            double last = -INFINITY;
            for (int e = -700; e <= 700; e++) {
                double loss = e == 0 ? 0 : e < 0 ? -pow(10, -e * 0.44) : pow(10, (e - 350) * 0.88), world[3];
                bool there = tau_space_get_world(&space, 0.3, 0.4, loss, world);
                cr_assert_eq(there, !(log && loss <= 0) && isfinite(loss), "loss %g", loss);
                if (!there) continue;
                float height = (float)world[2];
                cr_assert(isfinite(height * height) && world[2] >= last, "surface %zu, loss %g", k, loss);
                last = world[2];
            }
            fields_free(&made);
        }
}

Test(space, what_is_not_finite_has_no_place) {
    owned_field made = fields_make(5, 5, unit_lo, unit_hi, bowl);
    tau_space space = fit(&made, surface_view(true));
    double world[3];
    const double bad[] = {NAN, INFINITY, -INFINITY, 0, -1};
    for (int i = 0; i < 5; i++) cr_assert_not(tau_space_get_world(&space, 0, 0, bad[i], world));
    for (int i = 0; i < 3; i++) cr_assert_not(tau_space_get_world(&space, bad[i], 0, 1, world));
    for (int i = 0; i < 3; i++) cr_assert_not(tau_space_get_world(&space, 0, bad[i], 1, world));
    fields_free(&made);
}

Test(space, world_and_data_are_inverse) {
    const double lo[2] = {-25, 3}, hi[2] = {-5, 4};
    for (int log = 0; log < 2; log++) {
        owned_field made = fields_make(9, 9, lo, hi, bowl);
        tau_space space = fit(&made, surface_view(log));
        double world[3], data[3];
        cr_assert(tau_space_get_world(&space, -12.5, 3.25, 200, world));
        tau_space_get_data(&space, world, &data[0], &data[1], &data[2]);
        cr_assert_float_eq(data[0], -12.5, 1e-12);
        cr_assert_float_eq(data[1], 3.25, 1e-12);
        cr_assert_float_eq(data[2], 200, 1e-9);
        cr_assert_eq(space.half[0], 1);
        cr_assert_float_eq(space.half[1], 1.0 / 3, 1e-12);
        fields_free(&made);
    }
}

Test(space, degenerate_grids_have_a_box) {
    static const size_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}};
    for (int s = 0; s < 3; s++)
        for (int k = 0; k < 2; k++) {
            owned_field made = fields_make(sizes[s][0], sizes[s][1], unit_lo, unit_hi, k ? constant : bowl);
            tau_space space = fit(&made, surface_view(false));
            double world[3];
            cr_assert(tau_space_get_world(&space, made.alpha[0], made.beta[0], made.value[0], world));
            for (int i = 0; i < 3; i++) cr_assert(fabs(world[i]) <= space.half[i] * (1 + 1e-12));
            if (k) cr_assert_float_eq(world[2], 0, 1e-12, "a constant lies in the middle");
            fields_free(&made);
        }
    tau_scene empty = {0};
    tau_space space;
    tau_view view = surface_view(false);
    tau_space_fit(&space, &empty, &view);
    cr_assert(space.lo[0] == -1 && space.hi[0] == 1 && space.lo[2] < space.hi[2]);
}

Test(space, range_and_clip_say_how_high) {
    owned_field made = fields_make(21, 21, unit_lo, unit_hi, bowl);
    tau_view view = surface_view(false);
    view.range_lo = -1, view.range_hi = 5;
    tau_space space = fit(&made, view);
    cr_assert(space.lo[2] == -1 && space.hi[2] == 5);
    view.clip = 0.8;
    space = fit(&made, view);
    cr_assert(space.lo[2] == -1 && space.hi[2] == 0.8);
    view.clip = -3; /* below everything: nothing to be seen, but a box */
    space = fit(&made, view);
    cr_assert(space.lo[2] < space.hi[2]);
    view = surface_view(false);
    view.range_lo = 0.5;
    space = fit(&made, view);
    cr_assert_float_eq(space.lo[2], 0.05, 1e-12, "colours may saturate; the floor stays below the surface");
    view.stretch = 2;
    space = fit(&made, view);
    cr_assert_eq(space.half[2], 2 * fit(&made, surface_view(false)).half[2]);
    view.stretch = NAN;
    space = fit(&made, view);
    cr_assert(isfinite(space.half[2]));
    view = surface_view(true);
    view.clip = -1, view.range_hi = 0;
    space = fit(&made, view);
    cr_assert_float_eq(space.hi[2], log10(2.05), 1e-12, "what has no logarithm is no limit");
    fields_free(&made);
}

Test(space, true_losses_of_paths_are_within_unless_they_would_flatten_the_rest) {
    owned_field made = fields_make(21, 21, unit_lo, unit_hi, bowl);
    const double coords[3][2] = {{0, 0}, {0.5, 0.5}, {0, 0.2}};
    double loss[3] = {3.5, 0.01, NAN};
    tau_path path = {.count = 3, .coords = coords, .loss_true = loss};
    tau_scene scene = {.field = &made.field, .paths = &path, .path_count = 1};
    tau_view view = surface_view(false);
    tau_space space;
    tau_space_fit(&space, &scene, &view);
    cr_assert(space.hi[2] == 3.5 && space.lo[2] == 0.01);
    loss[0] = 1e35;
    tau_space_fit(&space, &scene, &view);
    cr_assert_float_eq(space.hi[2], 2.05, 1e-12);
    view.paths = false;
    tau_space_fit(&space, &scene, &view);
    cr_assert_float_eq(space.lo[2], 0.05, 1e-12);
    scene.field = NULL;
    view.paths = true;
    tau_space_fit(&space, &scene, &view);
    cr_assert(space.lo[0] == 0 && space.hi[0] == 0.5);
    fields_free(&made);
}

static double accuracy(double a, double b) {
    return 0.99 - 0.25 * (a * a + b * b);
}

Test(space, the_logarithm_is_for_losses_and_not_for_shares) {
    owned_field made = fields_make(11, 11, unit_lo, unit_hi, accuracy);
    cr_assert(fit(&made, surface_view(true)).log);
    made.field.share = true;
    tau_space space = fit(&made, surface_view(true)), plain = fit(&made, surface_view(false));
    cr_assert_not(space.log);
    cr_assert_eq(space.lo[2], plain.lo[2]);
    cr_assert_eq(space.hi[2], plain.hi[2]);
    fields_free(&made);
}

Test(space, points_not_computed_do_not_count_and_previews_do) {
    owned_field made = fields_make(11, 11, unit_lo, unit_hi, bowl);
    unsigned char done[121];
    for (int i = 0; i < 121; i++) done[i] = TAU_FIELD_STATE_DONE;
    made.value[0] = 77, done[0] = TAU_FIELD_STATE_NOT_COMPUTED;
    made.value[1] = 88, done[1] = TAU_FIELD_STATE_NOT_FINITE;
    made.value[2] = 2.5, done[2] = TAU_SCENE_STATE_PREVIEW;
    made.field.done = done;
    tau_space space = fit(&made, surface_view(false));
    cr_assert_eq(space.hi[2], 2.5);
    fields_free(&made);
}

static double narrow_peak(double a, double b) {
    return a == 0 && b == 0 ? 0.9 : 0.1 + 0.001 * (a + b);
}

Test(space, shares_go_from_0_to_1_and_are_not_cut) {
    owned_field made = fields_make(21, 21, unit_lo, unit_hi, narrow_peak);
    cr_assert_lt(fit(&made, surface_view(false)).hi[2], 0.5, "of a loss this is a wall");
    made.field.share = true;
    tau_space space = fit(&made, surface_view(false));
    cr_assert(space.lo[2] == 0 && space.hi[2] == 1);
    made.value[0] = -0.5; /* a correlation */
    space = fit(&made, surface_view(false));
    cr_assert(space.lo[2] == -0.5 && space.hi[2] == 1);
    fields_free(&made);
}

/* The accuracy is known where the loss has overflowed. */
Test(space, shares_count_where_the_loss_is_not_finite) {
    owned_field made = fields_make(11, 11, unit_lo, unit_hi, accuracy);
    unsigned char done[121];
    for (int i = 0; i < 121; i++) done[i] = TAU_FIELD_STATE_DONE;
    made.value[0] = -0.25, done[0] = TAU_FIELD_STATE_NOT_FINITE;
    made.value[1] = -0.5, done[1] = TAU_FIELD_STATE_NOT_COMPUTED;
    made.field.done = done;
    made.field.share = true;
    cr_assert_eq(fit(&made, surface_view(false)).lo[2], -0.25);
    made.field.share = false;
    cr_assert_gt(fit(&made, surface_view(false)).lo[2], 0);
    fields_free(&made);
}
