#include "scene/sight.h"

#include <math.h>

/* Pixels by which a rectangle may reach into the box: rounding. */
#define TOUCH 0.25

void tau_sight_get_corner(const tau_space *space, int corner, double world[3]) {
    for (int axis = 0; axis < 3; axis++)
        world[axis] = corner >> axis & 1 ? space->half[axis] : -space->half[axis];
}

bool tau_sight_project(const tau_sight *sight, const double world[3], double pixel[2]) {
    double x, y;
    if (!tau_camera_project(sight->camera, sight->aspect, world, &x, &y)) return false;
    pixel[0] = (x + 1) / 2 * sight->width;
    pixel[1] = (1 - y) / 2 * sight->height;
    return true;
}

static void find_faces(tau_sight *sight) {
    double right[3], up[3], back[3], eye[3];
    tau_camera_get_basis(sight->camera, right, up, back);
    tau_camera_get_eye(sight->camera, eye);
    for (int face = 0; face < 6; face++) {
        int axis = face / 2;
        double side = face % 2 ? 1 : -1;
        /* A face that is seen edge-on counts as not seen: that keeps the outline where it is about to be. */
        sight->seen[face] = tau_camera_is_parallel(sight->camera)
                                ? side * back[axis] > 1e-9
                                : side * eye[axis] > sight->space->half[axis] * (1 + 1e-9);
        sight->whole |= sight->seen[face];
    }
}

/* Away from the middle of the box; an edge too short to have a direction is none. */
static void find_outward(const tau_sight *sight, tau_sight_edge *edge) {
    double middle[2] = {0, 0}, along[2], aside[2];
    for (int i = 0; i < 2; i++) {
        for (int corner = 0; corner < 8; corner++) middle[i] += sight->corner[corner][i] / 8;
        along[i] = edge->to[i] - edge->from[i];
        aside[i] = (edge->from[i] + edge->to[i]) / 2 - middle[i];
    }
    edge->length = hypot(along[0], along[1]);
    if (!(edge->length > 1)) {
        edge->outline = false;
        return;
    }
    edge->outward[0] = along[1] / edge->length;
    edge->outward[1] = -along[0] / edge->length;
    if (edge->outward[0] * aside[0] + edge->outward[1] * aside[1] < 0)
        for (int i = 0; i < 2; i++) edge->outward[i] = -edge->outward[i];
}

static void find_edges(tau_sight *sight) {
    int count = 0;
    for (int axis = 0; axis < 3; axis++)
        for (int corner = 0; corner < 8; corner++) {
            if (corner >> axis & 1) continue;
            tau_sight_edge *edge = &sight->edges[count++];
            int one = (axis + 1) % 3, other = (axis + 2) % 3;
            bool a = sight->seen[2 * one + (corner >> one & 1)],
                 b = sight->seen[2 * other + (corner >> other & 1)];
            *edge = (tau_sight_edge){
                .axis = axis, .corner = corner, .outline = sight->whole && a != b, .behind = !a || !b};
            for (int i = 0; i < 2; i++) {
                edge->from[i] = sight->corner[corner][i];
                edge->to[i] = sight->corner[corner | 1 << axis][i];
            }
            if (sight->whole) find_outward(sight, edge);
        }
}

void tau_sight_create(tau_sight *out, const tau_camera *camera, const tau_space *space, double width,
                      double height) {
    *out = (tau_sight){.camera = camera, .space = space, .width = width, .height = height};
    out->aspect = width / height;
    find_faces(out);
    for (int corner = 0; corner < 8; corner++) {
        double world[3];
        tau_sight_get_corner(space, corner, world);
        if (!tau_sight_project(out, world, out->corner[corner])) out->whole = false;
    }
    find_edges(out);
}

/* Whether the box and the rectangle are apart in this direction. */
static bool is_apart(const tau_sight *sight, const double direction[2], const double place[2],
                     const double half[2]) {
    double lo = INFINITY, hi = -INFINITY;
    for (int corner = 0; corner < 8; corner++) {
        double at = sight->corner[corner][0] * direction[0] + sight->corner[corner][1] * direction[1];
        lo = fmin(lo, at);
        hi = fmax(hi, at);
    }
    double at = place[0] * direction[0] + place[1] * direction[1];
    double reach = fabs(direction[0]) * half[0] + fabs(direction[1]) * half[1] - TOUCH;
    return at + reach <= lo || at - reach >= hi;
}

/* Two convex shapes are apart if they are so across a side of one of them; the sides of the box's outline are
 * among its edges. */
bool tau_sight_covers(const tau_sight *sight, double x, double y, double width, double height) {
    const double place[2] = {x, y}, half[2] = {width / 2, height / 2};
    const double across[2] = {1, 0}, down[2] = {0, 1};
    if (is_apart(sight, across, place, half) || is_apart(sight, down, place, half)) return false;
    for (int e = 0; e < 12; e++)
        if (sight->edges[e].length > 1 && is_apart(sight, sight->edges[e].outward, place, half)) return false;
    return true;
}
