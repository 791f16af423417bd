#include <criterion/criterion.h>
#include <math.h>

#include "scene/fields.h"
#include "scene/scene.h"

static const double unit_lo[2] = {-1, -1}, unit_hi[2] = {1, 1};

static double hills(double a, double b) {
    return 1 + 0.4 * sin(3 * a) * cos(4 * b) + a * a * 0.5;
}

static double saddle(double a, double b) {
    return a * b;
}

static double wall(double a, double b) {
    return a > 0.5 ? 1e35 : 0.1 + 0.05 * (a * a + b * b);
}

static tau_space fit(const tau_field *field, bool log) {
    tau_scene scene = {.field = field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.log = log;
    tau_space space;
    tau_space_fit(&space, &scene, &view);
    return space;
}

/* How far the ray is above the surface, in the world; NaN where there is no surface. */
static double gap(const tau_space *space, const tau_field *field, const double at[3]) {
    double alpha, beta, loss, world[3];
    tau_space_get_data(space, at, &alpha, &beta, &loss);
    return tau_scene_get_surface(space, field, alpha, beta, world) ? at[2] - world[2] : NAN;
}

/* The first change of sign along the ray, by small steps; -1 = none. */
static double march(const tau_space *space, const tau_field *field, const double origin[3],
                    const double direction[3], double step) {
    double last = NAN;
    for (double t = 0; t < 12; t += step) {
        double at[3];
        for (int i = 0; i < 3; i++) at[i] = origin[i] + t * direction[i];
        double now = at[2] > space->half[2] ? NAN : gap(space, field, at);
        if (now == 0 || now * last < 0) return t;
        last = now;
    }
    return -1;
}

static int compare_with_march(const owned_field *made, bool log) {
    tau_space space = fit(&made->field, log);
    int hits = 0;
    for (double yaw = -180; yaw < 180; yaw += 40)
        for (double pitch = -20; pitch <= 90; pitch += 22) {
            tau_camera camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO);
            camera.yaw = yaw, camera.pitch = pitch;
            for (double x = -0.75; x < 0.8; x += 0.21) {
                double origin[3], direction[3], coords[2], world[3];
                tau_camera_get_ray(&camera, 1.3, x, 0.37 * x + 0.11, origin, direction);
                bool hit = tau_scene_pick(&space, &made->field, origin, direction, coords);
                double t = march(&space, &made->field, origin, direction, 1e-3);
                if (t >= 0) cr_assert(hit, "yaw %g, pitch %g, x %g: the surface was passed", yaw, pitch, x);
                if (!hit) continue;
                hits++;
                cr_assert(tau_scene_get_surface(&space, &made->field, coords[0], coords[1], world));
                double along = 0, off = 0;
                for (int i = 0; i < 3; i++) along += (world[i] - origin[i]) * direction[i];
                for (int i = 0; i < 3; i++) off += fabs(world[i] - origin[i] - along * direction[i]);
                cr_assert(off < 1e-6, "yaw %g, pitch %g, x %g: %g beside the ray", yaw, pitch, x, off);
                /* Steps may miss a ridge that the ray cuts, but nothing nearer than what they find. */
                cr_assert(t < 0 || along <= t + 2e-3, "nearest: %g, not %g", t, along);
            }
        }
    return hits;
}

Test(pick, meets_what_small_steps_along_the_ray_meet) {
    static const surface kinds[] = {hills, saddle, wall};
    for (int k = 0; k < 3; k++)
        for (int log = 0; log < 2; log++) {
            owned_field made = fields_make(23, 17, unit_lo, unit_hi, kinds[k]);
            int hits = compare_with_march(&made, log);
            cr_assert(hits > 60, "surface %d, log %d: %d hits", k, log, hits);
            fields_free(&made);
        }
}

Test(pick, parallel_rays_meet_what_is_seen_at_their_place) {
    owned_field made = fields_make(31, 21, unit_lo, unit_hi, hills);
    tau_space space = fit(&made.field, false);
    int hits = 0;
    for (double yaw = -180; yaw < 180; yaw += 30)
        for (double x = -0.9; x < 1; x += 0.1) {
            tau_camera camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO);
            camera.yaw = yaw, camera.orthographic = true;
            tau_camera_zoom(&camera, 0.1, NULL); /* the eye is within the box now */
            double origin[3], direction[3], coords[2], world[3], seen[2];
            tau_camera_get_ray(&camera, 1.3, x, -0.3 * x, origin, direction);
            if (!tau_scene_pick(&space, &made.field, origin, direction, coords)) continue;
            hits++;
            cr_assert(tau_scene_get_surface(&space, &made.field, coords[0], coords[1], world));
            cr_assert(tau_camera_project(&camera, 1.3, world, &seen[0], &seen[1]));
            cr_assert(fabs(seen[0] - x) < 1e-6 && fabs(seen[1] + 0.3 * x) < 1e-6, "yaw %g, x %g", yaw, x);
        }
    cr_assert(hits > 150, "%d", hits);
    fields_free(&made);
}

Test(pick, from_straight_above_hits_every_place) {
    owned_field made = fields_make(31, 21, unit_lo, unit_hi, hills);
    tau_space space = fit(&made.field, false);
    for (double x = -1; x <= 1; x += 0.0625)
        for (double y = -1; y <= 1; y += 0.125) {
            const double origin[3] = {x, y, 3}, down[3] = {0, 0, -2};
            double coords[2];
            cr_assert(tau_scene_pick(&space, &made.field, origin, down, coords), "(%g, %g)", x, y);
            cr_assert_float_eq(coords[0], x, 1e-12);
            cr_assert_float_eq(coords[1], y, 1e-12);
        }
    fields_free(&made);
}

Test(pick, uneven_axes_and_huge_grids_are_found) {
    owned_field made = fields_make(1001, 1001, unit_lo, unit_hi, hills);
    for (int i = 0; i < 1001; i++) made.alpha[i] = exp(i * 0.003); /* uneven */
    tau_space space = fit(&made.field, false);
    tau_camera camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO);
    camera.pitch = 4;
    int hits = 0;
    for (double x = -0.9; x < 0.9; x += 0.003) {
        double origin[3], direction[3], coords[2], world[3], seen[2];
        tau_camera_get_ray(&camera, 1.3, x, 0, origin, direction);
        if (!tau_scene_pick(&space, &made.field, origin, direction, coords)) continue;
        hits++;
        cr_assert(tau_scene_get_surface(&space, &made.field, coords[0], coords[1], world));
        cr_assert(tau_camera_project(&camera, 1.3, world, &seen[0], &seen[1]));
        cr_assert(fabs(seen[0] - x) < 1e-7 && fabs(seen[1]) < 1e-7);
    }
    cr_assert(hits > 200, "%d", hits);
    fields_free(&made);
}

Test(pick, gaps_and_what_is_cut_are_not_met) {
    owned_field made = fields_make(11, 11, unit_lo, unit_hi, saddle);
    unsigned char done[121];
    for (int i = 0; i < 121; i++) done[i] = i % 11 < 5 ? TAU_FIELD_STATE_NOT_COMPUTED : TAU_FIELD_STATE_DONE;
    made.field.done = done;
    made.value[120] = NAN;
    tau_space space = fit(&made.field, false);
    const double down[3] = {0, 0, -1},
                 gaps[][3] = {{-0.5, 0.1, 3}, {-0.1, 0.1, 3}, {0.95, 0.95, 3}, {1.2, 0, 3}};
    double coords[2];
    for (int i = 0; i < 4; i++)
        cr_assert_not(tau_scene_pick(&space, &made.field, gaps[i], down, coords), "gap %d", i);
    const double there[3] = {0.5, 0.1, 3}, up[3] = {0, 0, 1}, nowhere[3] = {NAN, 0, 0};
    cr_assert(tau_scene_pick(&space, &made.field, there, down, coords));
    cr_assert_not(tau_scene_pick(&space, &made.field, there, up, coords), "behind the eye");
    cr_assert_not(tau_scene_pick(&space, &made.field, there, nowhere, coords));
    const double still[3] = {0, 0, 0}, inside[3] = {0.5, 0.1, 0};
    cr_assert_not(tau_scene_pick(&space, &made.field, inside, still, coords), "no direction");
    tau_scene scene = {.field = &made.field};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.clip = 0.02;
    tau_space_fit(&space, &scene, &view);
    cr_assert_not(tau_scene_pick(&space, &made.field, there, down, coords), "cut off");
    fields_free(&made);
}

/* The accuracy is known where the loss has overflowed. */
Test(pick, shares_are_met_where_the_loss_is_not_finite) {
    owned_field made = fields_make(11, 11, unit_lo, unit_hi, saddle);
    unsigned char done[121];
    for (int i = 0; i < 121; i++) done[i] = TAU_FIELD_STATE_NOT_FINITE;
    made.field.done = done;
    for (int share = 0; share < 2; share++) {
        made.field.share = share;
        tau_space space = fit(&made.field, false);
        const double above[3] = {0.3, 0.1, 3}, down[3] = {0, 0, -1};
        double coords[2];
        cr_assert_eq(tau_scene_pick(&space, &made.field, above, down, coords), share);
        cr_assert_eq(isfinite(tau_scene_sample(&made.field, 0.3, 0.1)), share);
    }
    fields_free(&made);
}

Test(pick, degenerate_grids_are_not_met) {
    static const size_t sizes[][2] = {{1, 1}, {1, 5}, {5, 1}};
    for (int s = 0; s < 3; s++) {
        owned_field made = fields_make(sizes[s][0], sizes[s][1], unit_lo, unit_hi, hills);
        tau_space space = fit(&made.field, false);
        const double origin[3] = {0, 0, 3}, down[3] = {0, 0, -1};
        double coords[2];
        cr_assert_not(tau_scene_pick(&space, &made.field, origin, down, coords));
        fields_free(&made);
    }
}

Test(sample, is_bilinear_within_and_nothing_outside) {
    owned_field made = fields_make(5, 3, unit_lo, unit_hi, saddle);
    for (double a = -1; a <= 1; a += 0.1)
        for (double b = -1; b <= 1; b += 0.1)
            cr_assert_float_eq(tau_scene_sample(&made.field, a, b), a * b, 1e-12, "(%g, %g)", a, b);
    cr_assert(isnan(tau_scene_sample(&made.field, 1.001, 0)));
    cr_assert(isnan(tau_scene_sample(&made.field, 0, -1.001)));
    cr_assert(isnan(tau_scene_sample(&made.field, NAN, 0)));
    fields_free(&made);
}

Test(sample, a_gap_takes_its_cells_and_not_its_neighbours) {
    owned_field made = fields_make(5, 5, unit_lo, unit_hi, hills);
    made.value[2 * 5 + 2] = INFINITY; /* in the middle */
    cr_assert(isnan(tau_scene_sample(&made.field, 0.1, 0.1)));
    cr_assert(isnan(tau_scene_sample(&made.field, 0, 0)));
    cr_assert_not(isnan(tau_scene_sample(&made.field, 0.6, 0.1)));
    cr_assert_eq(tau_scene_sample(&made.field, 0.5, 0), made.value[2 * 5 + 3], "a vertex beside the gap");
    fields_free(&made);
}

Test(sample, rows_columns_and_points_have_values_on_them) {
    owned_field row = fields_make(5, 1, unit_lo, unit_hi, hills),
                point = fields_make(1, 1, unit_lo, unit_hi, hills);
    cr_assert_float_eq(tau_scene_sample(&row.field, 0.25, -1), (row.value[2] + row.value[3]) / 2, 1e-12);
    cr_assert(isnan(tau_scene_sample(&row.field, 0.25, -0.99)));
    cr_assert_eq(tau_scene_sample(&point.field, -1, -1), point.value[0]);
    fields_free(&row);
    fields_free(&point);
}
