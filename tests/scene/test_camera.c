#include <criterion/criterion.h>
#include <math.h>

#include "scene/camera.h"

static const double poses[][4] = {/* yaw, pitch, roll, distance */
                                  {30, 32, 0, 5},     {0, 0, 0, 3},       {90, 0, 20, 4},
                                  {0, 90, 0, 5},      {123, 90, -45, 2},  {-170, -90, 180, 6},
                                  {-60, 89.99, 3, 5}, {45, -30, 90, 0.01}};

static tau_camera make_camera(size_t pose, bool orthographic) {
    return (tau_camera){.target = {0.1, -0.2, 0.3},
                        .yaw = poses[pose][0],
                        .pitch = poses[pose][1],
                        .roll = poses[pose][2],
                        .distance = poses[pose][3],
                        .field_of_view = 30,
                        .orthographic = orthographic};
}

#define POSES (sizeof poses / sizeof *poses)

static void assert_near(double a, double b, double tolerance) {
    cr_assert(fabs(a - b) <= tolerance, "%.17g is not %.17g", a, b);
}

Test(camera, a_ray_passes_the_points_that_project_to_its_place) {
    for (size_t pose = 0; pose < 2 * POSES; pose++) {
        tau_camera camera = make_camera(pose / 2, pose % 2);
        for (double x = -0.9; x < 1; x += 0.45)
            for (double y = -1; y <= 1; y += 0.5) {
                double origin[3], direction[3], found[2];
                tau_camera_get_ray(&camera, 1.6, x, y, origin, direction);
                for (double t = 0.5; t < 100; t *= 5) {
                    double point[3];
                    for (int i = 0; i < 3; i++) point[i] = origin[i] + t * direction[i];
                    cr_assert(tau_camera_project(&camera, 1.6, point, &found[0], &found[1]));
                    assert_near(found[0], x, 1e-8);
                    assert_near(found[1], y, 1e-8);
                }
            }
    }
}

Test(camera, matrices_say_the_same_as_project) {
    for (size_t pose = 0; pose < 2 * POSES; pose++) {
        tau_camera camera = make_camera(pose / 2, pose % 2);
        float view[16], projection[16];
        tau_camera_get_matrices(&camera, 1.25, view, projection);
        const double world[4] = {0.11, -0.2 + poses[pose / 2][3] * 0.02, 0.3, 1};
        double eye[4] = {0}, clip[4] = {0}, x, y;
        for (int row = 0; row < 4; row++)
            for (int k = 0; k < 4; k++) eye[row] += (double)view[4 * k + row] * world[k];
        for (int row = 0; row < 4; row++)
            for (int k = 0; k < 4; k++) clip[row] += (double)projection[4 * k + row] * eye[k];
        cr_assert(tau_camera_project(&camera, 1.25, world, &x, &y));
        assert_near(clip[0] / clip[3], x, 2e-4);
        assert_near(clip[1] / clip[3], y, 2e-4);
        cr_assert(fabs(clip[2] / clip[3]) < 1, "between the near and the far plane");
    }
}

Test(camera, the_basis_is_orthonormal_and_right_handed_everywhere) {
    for (double yaw = -180; yaw <= 180; yaw += 30)
        for (double pitch = -90; pitch <= 90; pitch += 15) {
            tau_camera camera = {.yaw = yaw, .pitch = pitch, .roll = 37, .distance = 1, .field_of_view = 30};
            double b[3][3];
            tau_camera_get_basis(&camera, b[0], b[1], b[2]);
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    assert_near(b[i][0] * b[j][0] + b[i][1] * b[j][1] + b[i][2] * b[j][2], i == j, 1e-14);
            assert_near(b[0][0] * b[1][1] - b[0][1] * b[1][0], b[2][2], 1e-14);
        }
}

Test(camera, orbit_turns_without_leaving_its_target_and_ends_at_the_poles) {
    tau_camera camera = make_camera(0, false);
    double target[2], yaw = camera.yaw;
    tau_camera_orbit(&camera, 100, 0, 500);
    assert_near(camera.yaw, yaw - 36, 1e-12);
    tau_camera_orbit(&camera, 0, 1e5, 500);
    cr_assert_eq(camera.pitch, 90);
    for (int i = 0; i < 50; i++) {
        tau_camera_orbit(&camera, 17, -13, 500);
        cr_assert(tau_camera_project(&camera, 1, camera.target, &target[0], &target[1]));
        assert_near(target[0], 0, 1e-12);
        assert_near(target[1], 0, 1e-12);
        cr_assert(camera.yaw > -180 && camera.yaw <= 180);
    }
}

/* What lies nearest moves with the pointer, however the camera is rolled. */
Test(camera, orbit_follows_the_pointer) {
    for (double roll = -150; roll <= 180; roll += 30)
        for (int way = 0; way < 2; way++) {
            tau_camera camera = {.yaw = 20, .pitch = 10, .roll = roll, .distance = 6, .field_of_view = 30};
            double right[3], up[3], back[3], before[2], after[2];
            tau_camera_get_basis(&camera, right, up, back);
            cr_assert(tau_camera_project(&camera, 1, back, &before[0], &before[1]));
            tau_camera_orbit(&camera, way ? 0 : 5, way ? -5 : 0, 500);
            cr_assert(tau_camera_project(&camera, 1, back, &after[0], &after[1]));
            double along = after[way] - before[way], aside = after[1 - way] - before[1 - way];
            cr_assert(along > 0 && fabs(aside) < along * 0.05, "roll %g: %g, %g", roll, along, aside);
        }
}

Test(camera, pan_moves_the_target_plane_with_the_pointer) {
    for (size_t pose = 0; pose < 2 * POSES; pose++) {
        tau_camera camera = make_camera(pose / 2, pose % 2);
        double held[3] = {camera.target[0], camera.target[1], camera.target[2]}, x, y;
        tau_camera_pan(&camera, 60, -30, 600);
        cr_assert(tau_camera_project(&camera, 1, held, &x, &y));
        assert_near(x, 0.2, 1e-9);
        assert_near(y, 0.1, 1e-9);
    }
}

Test(camera, zoom_keeps_its_point_in_place) {
    for (size_t pose = 0; pose < 2 * POSES; pose++) {
        tau_camera camera = make_camera(pose / 2, pose % 2);
        double origin[3], direction[3], towards[3], x, y;
        tau_camera_get_ray(&camera, 1.5, 0.4, -0.6, origin, direction);
        for (int i = 0; i < 3; i++) towards[i] = origin[i] + 1.3 * camera.distance * direction[i];
        for (int i = 0; i < 40; i++) {
            tau_camera_zoom(&camera, i < 20 ? 0.8 : 1.25, towards);
            cr_assert(tau_camera_project(&camera, 1.5, towards, &x, &y));
            assert_near(x, 0.4, 1e-5);
            assert_near(y, -0.6, 1e-5);
        }
    }
}

Test(camera, zoom_ends_and_ignores_what_is_no_factor) {
    tau_camera camera = make_camera(0, false);
    const double bad[] = {0, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) tau_camera_zoom(&camera, bad[i], NULL);
    cr_assert_eq(camera.distance, 5);
    for (int i = 0; i < 1000; i++) tau_camera_zoom(&camera, 0.5, NULL);
    cr_assert(camera.distance > 0);
    for (int i = 0; i < 1000; i++) tau_camera_zoom(&camera, 2, NULL);
    cr_assert(isfinite(camera.distance));
}

Test(camera, fit_shows_the_whole_box_and_does_not_waste_the_picture) {
    const double lo[3] = {-1, -0.4, -0.5}, hi[3] = {1, 0.4, 0.5};
    const double aspects[] = {0.4, 1, 16.0 / 9, 4};
    for (size_t pose = 0; pose < 2 * POSES; pose++)
        for (int a = 0; a < 4; a++) {
            tau_camera camera = make_camera(pose / 2, pose % 2);
            tau_camera_fit(&camera, lo, hi, aspects[a]);
            double largest = 0;
            for (int corner = 0; corner < 8; corner++) {
                double world[3], x, y;
                for (int i = 0; i < 3; i++) world[i] = corner >> i & 1 ? hi[i] : lo[i];
                cr_assert(tau_camera_project(&camera, aspects[a], world, &x, &y));
                largest = fmax(largest, fmax(fabs(x), fabs(y)));
            }
            cr_assert(largest < 0.9 && largest > 0.7, "pose %zu, aspect %g: %g", pose, aspects[a], largest);
        }
}

Test(camera, presets_look_from_where_their_names_say) {
    double eye[3];
    tau_camera camera = tau_camera_get_preset(TAU_CAMERA_PRESET_FRONT);
    tau_camera_get_eye(&camera, eye);
    cr_assert(eye[1] < -1 && fabs(eye[0]) < 1e-9 && fabs(eye[2]) < 1e-9);
    camera = tau_camera_get_preset(TAU_CAMERA_PRESET_RIGHT);
    tau_camera_get_eye(&camera, eye);
    cr_assert(eye[0] > 1 && fabs(eye[1]) < 1e-9);
    camera = tau_camera_get_preset(TAU_CAMERA_PRESET_TOP);
    const double east[3] = {1, 0, 0}, north[3] = {0, 1, 0};
    double x, y;
    cr_assert(tau_camera_project(&camera, 1, east, &x, &y) && x > 0.1 && fabs(y) < 1e-9);
    cr_assert(tau_camera_project(&camera, 1, north, &x, &y) && y > 0.1 && fabs(x) < 1e-9);
}

Test(camera, what_is_behind_the_eye_has_no_place_in_perspective) {
    tau_camera camera = tau_camera_get_preset(TAU_CAMERA_PRESET_ISO);
    double eye[3], behind[3], x, y;
    tau_camera_get_eye(&camera, eye);
    for (int i = 0; i < 3; i++) behind[i] = 1.5 * eye[i];
    cr_assert_not(tau_camera_project(&camera, 1, behind, &x, &y));
    cr_assert_not(tau_camera_project(&camera, 1, eye, &x, &y));
}

Test(camera, perspective_and_parallel_agree_in_the_plane_of_the_target) {
    for (size_t pose = 0; pose < POSES; pose++) {
        tau_camera camera = make_camera(pose, false);
        double right[3], up[3], back[3], point[3], near[2], parallel[2];
        tau_camera_get_basis(&camera, right, up, back);
        for (int i = 0; i < 3; i++)
            point[i] = camera.target[i] + camera.distance * (0.1 * right[i] - 0.05 * up[i]);
        cr_assert(tau_camera_project(&camera, 1, point, &near[0], &near[1]));
        camera.orthographic = true;
        cr_assert(tau_camera_project(&camera, 1, point, &parallel[0], &parallel[1]));
        assert_near(near[0], parallel[0], 1e-12);
        assert_near(near[1], parallel[1], 1e-12);
    }
}

/* Where the corners of a box lie in the picture: left, right, bottom, top. */
static void find_bounds(const tau_camera *camera, double aspect, const double lo[3], const double hi[3],
                        double bounds[4]) {
    bounds[0] = bounds[2] = INFINITY, bounds[1] = bounds[3] = -INFINITY;
    for (int corner = 0; corner < 8; corner++) {
        double world[3], at[2];
        for (int i = 0; i < 3; i++) world[i] = corner >> i & 1 ? hi[i] : lo[i];
        cr_assert(tau_camera_project(camera, aspect, world, &at[0], &at[1]));
        for (int axis = 0; axis < 2; axis++) {
            bounds[2 * axis] = fmin(bounds[2 * axis], at[axis]);
            bounds[2 * axis + 1] = fmax(bounds[2 * axis + 1], at[axis]);
        }
    }
}

Test(camera, fit_within_fills_what_the_margins_leave) {
    const double lo[3] = {-1, -0.4, -0.3}, hi[3] = {1, 0.4, 0.7}, aspects[] = {0.4, 1, 16.0 / 9, 4};
    const tau_camera_margins margins = {.side = 0.1, .top = 0.05, .bottom = 0.3};
    for (size_t pose = 0; pose < 2 * POSES; pose++)
        for (int a = 0; a < 4; a++) {
            tau_camera camera = make_camera(pose / 2, pose % 2);
            if (camera.roll != 0) continue;
            double b[4];
            tau_camera_fit_within(&camera, lo, hi, aspects[a], &margins, 0);
            find_bounds(&camera, aspects[a], lo, hi, b);
            cr_assert(b[0] >= -0.9 - 1e-6 && b[1] <= 0.9 + 1e-6 && b[2] >= -0.7 - 1e-6 &&
                      b[3] <= 0.95 + 1e-6);
            double sides = fmax(-b[0], b[1]) / 0.9, heights = fmax(b[2] / -0.7, b[3] / 0.95);
            cr_assert(fmax(sides, heights) > 1 - 1e-4, "pose %zu, aspect %g", pose, aspects[a]);
            assert_near(camera.target[0], 0, 1e-12);
            assert_near(camera.target[1], 0, 1e-12);
        }
}

Test(camera, fit_within_holds_while_the_camera_turns) {
    const double lo[3] = {-1, -0.4, -0.5}, hi[3] = {1, 0.4, 0.5};
    const tau_camera_margins margins = {0.1, 0.1, 0.1};
    tau_camera camera = make_camera(1, false), still = camera;
    tau_camera_fit_within(&camera, lo, hi, 1, &margins, 360);
    tau_camera_fit_within(&still, lo, hi, 1, &margins, 0);
    cr_assert_gt(camera.distance, still.distance);
    double widest = 0, b[4];
    for (int yaw = 0; yaw < 360; yaw++) {
        camera.yaw = yaw;
        find_bounds(&camera, 1, lo, hi, b);
        widest = fmax(widest, fmax(fmax(-b[0], b[1]), fmax(-b[2], b[3])));
    }
    cr_assert(widest < 0.905 && widest > 0.89, "%g", widest);
}

/* In perspective the surface would float over the ticks of its axes. */
Test(camera, straight_from_above_and_below_rays_are_parallel) {
    for (int side = -1; side <= 1; side += 2) {
        tau_camera camera = {.pitch = side * 90, .yaw = 20, .distance = 5, .field_of_view = 30};
        const double low[3] = {0.7, -0.4, -0.5}, high[3] = {0.7, -0.4, 0.5};
        double a[2], b[2];
        cr_assert(tau_camera_is_parallel(&camera));
        cr_assert(tau_camera_project(&camera, 1.3, low, &a[0], &a[1]));
        cr_assert(tau_camera_project(&camera, 1.3, high, &b[0], &b[1]));
        for (int i = 0; i < 2; i++) assert_near(a[i], b[i], 1e-12);
        camera.pitch = side * 89.9;
        cr_assert_not(tau_camera_is_parallel(&camera));
    }
}
