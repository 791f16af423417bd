#include "scene/camera.h"

#include <math.h>
#include <stddef.h>

#define PI 3.14159265358979323846

/* World units: the box of a landscape is 2 wide. */
#define DISTANCE_MIN 0.002
#define DISTANCE_MAX 200.0
#define TARGET_MAX   50.0

/* Nothing that is drawn lies further from the origin. */
#define WORLD_RADIUS 30.0

/* Share of the picture that a fitted box fills at most; axes have their names and numbers around it. */
#define FIT_SHARE 0.78

/* Degrees between the poses of a turn for which a box is fitted. */
#define TURN_STEP 3

static double radians(double degrees) {
    return degrees * PI / 180;
}

static double clamp(double value, double lo, double hi) {
    return value < lo ? lo : value > hi ? hi : value;
}

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Half the height of the picture at the target. */
static double half_height(const tau_camera *camera) {
    return camera->distance * tan(radians(camera->field_of_view) / 2);
}

static double wrap(double degrees) {
    double turned = remainder(degrees, 360);
    return turned <= -180 ? turned + 360 : turned;
}

/* From yaw and pitch themselves and not from a direction of view: straight above, where a direction says
 * nothing about what is up, is a camera like any other. */
void tau_camera_get_basis(const tau_camera *camera, double right[3], double up[3], double back[3]) {
    double yaw = radians(camera->yaw), pitch = radians(camera->pitch), roll = radians(camera->roll);
    double level[3] = {cos(yaw), sin(yaw), 0};
    double raised[3] = {-sin(yaw) * sin(pitch), cos(yaw) * sin(pitch), cos(pitch)};
    double outwards[3] = {sin(yaw) * cos(pitch), -cos(yaw) * cos(pitch), sin(pitch)};
    for (int i = 0; i < 3; i++) {
        right[i] = cos(roll) * level[i] + sin(roll) * raised[i];
        up[i] = cos(roll) * raised[i] - sin(roll) * level[i];
        back[i] = outwards[i];
    }
}

void tau_camera_get_eye(const tau_camera *camera, double eye[3]) {
    double right[3], up[3], back[3];
    tau_camera_get_basis(camera, right, up, back);
    for (int i = 0; i < 3; i++) eye[i] = camera->target[i] + camera->distance * back[i];
}

bool tau_camera_is_parallel(const tau_camera *camera) {
    return camera->orthographic || fabs(camera->pitch) >= 90 - 1e-9;
}

/* ---- movements ---- */

void tau_camera_orbit(tau_camera *camera, double dx, double dy, double height) {
    if (!isfinite(dx) || !isfinite(dy) || !(height > 0)) return;
    double roll = radians(camera->roll);
    double across = cos(roll) * dx + sin(roll) * dy, down = cos(roll) * dy - sin(roll) * dx;
    camera->yaw = wrap(camera->yaw - 180 * across / height);
    camera->pitch = clamp(camera->pitch + 180 * down / height, -90, 90);
}

void tau_camera_pan(tau_camera *camera, double dx, double dy, double height) {
    if (!isfinite(dx) || !isfinite(dy) || !(height > 0)) return;
    double right[3], up[3], back[3], unit = 2 * half_height(camera) / height;
    tau_camera_get_basis(camera, right, up, back);
    for (int i = 0; i < 3; i++)
        camera->target[i] =
            clamp(camera->target[i] + unit * (dy * up[i] - dx * right[i]), -TARGET_MAX, TARGET_MAX);
}

void tau_camera_roll(tau_camera *camera, double dx, double height) {
    if (!isfinite(dx) || !(height > 0)) return;
    camera->roll = wrap(camera->roll + 180 * dx / height);
}

void tau_camera_zoom(tau_camera *camera, double factor, const double towards[3]) {
    if (!(factor > 0) || !isfinite(factor)) return;
    double distance = clamp(camera->distance * factor, DISTANCE_MIN, DISTANCE_MAX);
    double share = distance / camera->distance;
    camera->distance = distance;
    if (!towards) return;
    double right[3], up[3], back[3], from[3];
    tau_camera_get_basis(camera, right, up, back);
    for (int i = 0; i < 3; i++) from[i] = camera->target[i] - towards[i];
    /* Depth means nothing to parallel rays: the target stays in its plane. */
    double depth = tau_camera_is_parallel(camera) ? dot(from, back) : 0;
    /* A point stays where it is in the picture when everything shrinks towards it, the eye included. */
    for (int i = 0; i < 3; i++) {
        double aside = from[i] - depth * back[i];
        camera->target[i] = clamp(camera->target[i] + (share - 1) * aside, -TARGET_MAX, TARGET_MAX);
    }
}

/* ---- fitting ---- */

/* What a box needs of a picture. */
typedef struct need {
    double half[3];           /* of the box */
    double side, top, bottom; /* what of the picture it may fill: slopes at the eye */
} need;

static need make_need(const tau_camera *camera, const double lo[3], const double hi[3], double aspect,
                      const tau_camera_margins *margins) {
    double tall = tan(radians(camera->field_of_view) / 2);
    return (need){.half = {(hi[0] - lo[0]) / 2, (hi[1] - lo[1]) / 2, (hi[2] - lo[2]) / 2},
                  .side = tall * aspect * (1 - margins->side),
                  .top = tall * (1 - margins->top),
                  .bottom = tall * (1 - margins->bottom)};
}

/* How far the camera has to be from a target that lies `lift` above the middle of the box. */
static double find_distance(const tau_camera *camera, const need *room, double lift) {
    double right[3], up[3], back[3], distance = 0;
    tau_camera_get_basis(camera, right, up, back);
    for (int corner = 0; corner < 8; corner++) {
        double from[3];
        for (int i = 0; i < 3; i++) from[i] = corner >> i & 1 ? room->half[i] : -room->half[i];
        from[2] -= lift;
        double nearer = tau_camera_is_parallel(camera) ? 0 : dot(from, back), height = dot(from, up);
        distance = fmax(distance, nearer + fabs(dot(from, right)) / room->side);
        distance = fmax(distance, nearer + (height > 0 ? height / room->top : -height / room->bottom));
    }
    return distance;
}

static double find_distance_of_turn(const tau_camera *camera, const need *room, double lift, double turn) {
    turn = clamp(turn, -360, 360);
    int steps = (int)ceil(fabs(turn) / TURN_STEP);
    double distance = 0;
    for (int step = 0; step <= steps; step++) {
        tau_camera turned = *camera;
        turned.yaw += steps > 0 ? turn * step / steps : 0;
        distance = fmax(distance, find_distance(&turned, room, lift));
    }
    return distance;
}

static void place(tau_camera *camera, const double lo[3], const double hi[3], double lift, double distance) {
    for (int i = 0; i < 3; i++) camera->target[i] = lo[i] + (hi[i] - lo[i]) / 2 + (i == 2 ? lift : 0);
    camera->distance = clamp(distance, DISTANCE_MIN, DISTANCE_MAX);
}

void tau_camera_fit(tau_camera *camera, const double lo[3], const double hi[3], double aspect) {
    const tau_camera_margins margins = {1 - FIT_SHARE, 1 - FIT_SHARE, 1 - FIT_SHARE};
    need room = make_need(camera, lo, hi, aspect, &margins);
    place(camera, lo, hi, 0, find_distance(camera, &room, 0));
}

/* The distance needed is convex in the lift: a maximum of functions that are. */
void tau_camera_fit_within(tau_camera *camera, const double lo[3], const double hi[3], double aspect,
                           const tau_camera_margins *margins, double turn) {
    need room = make_need(camera, lo, hi, aspect, margins);
    double least = -room.half[2], most = room.half[2];
    for (int i = 0; i < 40; i++) {
        double third = (most - least) / 3, a = least + third, b = most - third;
        if (find_distance_of_turn(camera, &room, a, turn) <= find_distance_of_turn(camera, &room, b, turn))
            most = b;
        else
            least = a;
    }
    double lift = least + (most - least) / 2;
    place(camera, lo, hi, lift, find_distance_of_turn(camera, &room, lift, turn));
}

tau_camera tau_camera_get_preset(tau_camera_preset preset) {
    static const double angles[][2] = {{30, 32}, {0, 0}, {90, 0}, {0, 90}};
    static const double lo[3] = {-1, -1, -0.5}, hi[3] = {1, 1, 0.5};
    tau_camera camera = {.yaw = angles[preset][0],
                         .pitch = angles[preset][1],
                         .field_of_view = 30,
                         .orthographic = preset != TAU_CAMERA_PRESET_ISO};
    tau_camera_fit(&camera, lo, hi, 16.0 / 9);
    return camera;
}

/* ---- between world and picture ---- */

static void get_depths(const tau_camera *camera, double *nearest, double *farthest) {
    double reach = WORLD_RADIUS + sqrt(dot(camera->target, camera->target));
    *farthest = camera->distance + reach;
    /* Depth keeps its resolution when the nearest plane is not needlessly near. */
    *nearest = tau_camera_is_parallel(camera) ? camera->distance - reach
                                              : fmax(camera->distance * 0.02, camera->distance - reach);
}

void tau_camera_get_matrices(const tau_camera *camera, double aspect, float view[16], float projection[16]) {
    double axes[3][3], eye[3], nearest, farthest;
    tau_camera_get_basis(camera, axes[0], axes[1], axes[2]);
    tau_camera_get_eye(camera, eye);
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) view[4 * column + row] = (float)axes[row][column];
        view[12 + row] = (float)-dot(axes[row], eye);
        view[4 * row + 3] = 0;
    }
    view[15] = 1;
    get_depths(camera, &nearest, &farthest);
    for (int i = 0; i < 16; i++) projection[i] = 0;
    double tall =
        tau_camera_is_parallel(camera) ? half_height(camera) : tan(radians(camera->field_of_view) / 2);
    projection[0] = (float)(1 / (tall * aspect));
    projection[5] = (float)(1 / tall);
    double depth = farthest - nearest;
    if (tau_camera_is_parallel(camera)) {
        projection[10] = (float)(-2 / depth);
        projection[14] = (float)(-(farthest + nearest) / depth);
        projection[15] = 1;
    } else {
        projection[10] = (float)(-(farthest + nearest) / depth);
        projection[11] = -1;
        projection[14] = (float)(-2 * farthest * nearest / depth);
    }
}

void tau_camera_get_ray(const tau_camera *camera, double aspect, double x, double y, double origin[3],
                        double direction[3]) {
    double right[3], up[3], back[3], tall = half_height(camera), wide = tall * aspect;
    tau_camera_get_basis(camera, right, up, back);
    /* Parallel rays start outside everything, so that also what is behind the eye of a near camera is met. */
    double start =
        tau_camera_is_parallel(camera) ? WORLD_RADIUS + sqrt(dot(camera->target, camera->target)) : 0;
    for (int i = 0; i < 3; i++) {
        double aside = x * wide * right[i] + y * tall * up[i];
        origin[i] = camera->target[i] +
                    (tau_camera_is_parallel(camera) ? aside + start * back[i] : camera->distance * back[i]);
        direction[i] = tau_camera_is_parallel(camera) ? -back[i] : aside - camera->distance * back[i];
    }
    double length = sqrt(dot(direction, direction));
    for (int i = 0; i < 3; i++) direction[i] /= length;
}

bool tau_camera_project(const tau_camera *camera, double aspect, const double world[3], double *x,
                        double *y) {
    double right[3], up[3], back[3], from[3], tall = half_height(camera);
    tau_camera_get_basis(camera, right, up, back);
    for (int i = 0; i < 3; i++) from[i] = world[i] - camera->target[i];
    double depth = camera->distance - dot(from, back);
    if (!tau_camera_is_parallel(camera) && !(depth > camera->distance * 1e-6)) return false;
    double share = tau_camera_is_parallel(camera) ? 1 : camera->distance / depth;
    *x = dot(from, right) * share / (tall * aspect);
    *y = dot(from, up) * share / tall;
    return isfinite(*x) && isfinite(*y);
}
