#include <math.h>

#include "scene/scene.h"

/* A root so little outside a cell, in its units, belongs to it: neighbours share their edge. */
#define EDGE 1e-9

/* ---- vertices and cells ---- */

static bool get_vertex(const tau_space *space, const tau_field *field, size_t column, size_t row,
                       double world[3]) {
    size_t i = row * field->nx + column;
    return tau_field_has_value(field, i) &&
           tau_space_get_world(space, field->alpha[column], field->beta[row], field->value[i], world);
}

/* Place on one axis: between values `index` and `index + step`, at `share` of the way. */
typedef struct place {
    size_t index, step;
    double share;
} place;

static bool find_place(place *out, const double *axis, size_t count, double value) {
    if (count == 0 || !(value >= axis[0] && value <= axis[count - 1])) return false;
    *out = (place){0};
    if (count == 1) return true;
    size_t i = tau_field_find_interval(axis, count, value);
    /* Halved, because the difference of two finite numbers may not be. */
    out->index = i, out->step = 1;
    out->share = (value / 2 - axis[i] / 2) / (axis[i + 1] / 2 - axis[i] / 2);
    /* On a vertex its neighbours do not matter, be they drawn or not. */
    if (out->share >= 1) *out = (place){.index = i + 1};
    if (out->share <= 0) *out = (place){.index = i};
    return true;
}

static double mix(double a, double b, double share) {
    return share == 0 ? a : share == 1 ? b : a * (1 - share) + b * share;
}

double tau_scene_sample(const tau_field *field, double alpha, double beta) {
    place x, y;
    if (!find_place(&x, field->alpha, field->nx, alpha) || !find_place(&y, field->beta, field->ny, beta))
        return NAN;
    double value[2][2];
    for (size_t row = 0; row < 2; row++)
        for (size_t column = 0; column < 2; column++) {
            size_t i = (y.index + row * y.step) * field->nx + x.index + column * x.step;
            if (!tau_field_has_value(field, i)) return NAN;
            value[row][column] = field->value[i];
        }
    return mix(mix(value[0][0], value[0][1], x.share), mix(value[1][0], value[1][1], x.share), y.share);
}

bool tau_scene_get_surface(const tau_space *space, const tau_field *field, double alpha, double beta,
                           double world[3]) {
    place x, y;
    if (!find_place(&x, field->alpha, field->nx, alpha) || !find_place(&y, field->beta, field->ny, beta))
        return false;
    double corner[2][2][3];
    for (size_t row = 0; row < 2; row++)
        for (size_t column = 0; column < 2; column++)
            if (!get_vertex(space, field, x.index + column * x.step, y.index + row * y.step,
                            corner[row][column]))
                return false;
    for (int i = 0; i < 3; i++)
        world[i] = mix(mix(corner[0][0][i], corner[0][1][i], x.share),
                       mix(corner[1][0][i], corner[1][1][i], x.share), y.share);
    return true;
}

/* ---- rays ---- */

/* A ray on its way through the cells. Axes 0 and 1 in the world. */
typedef struct walk {
    const tau_space *space;
    const tau_field *field;
    const double *origin, *direction;
    double t, end;  /* of the ray, within the box */
    size_t cell[2]; /* column, row */
    double edge[2][2];
} walk;

static double edge_world(const walk *w, int axis, size_t index) {
    const double *values = axis == 0 ? w->field->alpha : w->field->beta;
    double world[3];
    bool there = tau_space_get_world(w->space, axis == 0 ? values[index] : w->space->lo[0],
                                     axis == 1 ? values[index] : w->space->lo[1], 1, world);
    return there ? world[axis] : NAN;
}

/* Keeps the part of the ray between lo and hi of an axis. */
static void cut_ray(walk *w, int axis, double lo, double hi) {
    double from = w->origin[axis], by = w->direction[axis];
    if (by == 0) {
        if (!(from >= lo && from <= hi)) w->end = -1;
        return;
    }
    double a = (lo - from) / by, b = (hi - from) / by;
    w->t = fmax(w->t, fmin(a, b));
    w->end = fmin(w->end, fmax(a, b));
}

static size_t get_count(const walk *w, int axis) {
    return axis == 0 ? w->field->nx : w->field->ny;
}

static void set_cell(walk *w, int axis, size_t index) {
    w->cell[axis] = index;
    w->edge[axis][0] = edge_world(w, axis, index);
    w->edge[axis][1] = edge_world(w, axis, index + 1);
}

/* The cell in which the ray enters. */
static void enter(walk *w, int axis) {
    double entry = w->origin[axis] + w->t * w->direction[axis];
    size_t lo = 0, hi = get_count(w, axis) - 1;
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        double edge = edge_world(w, axis, middle);
        /* On an edge the ray is about to enter the cell that it points to. */
        if (edge < entry || (edge == entry && w->direction[axis] >= 0))
            lo = middle;
        else
            hi = middle;
    }
    set_cell(w, axis, lo);
}

static bool begin(walk *w) {
    w->t = 0, w->end = INFINITY;
    for (int axis = 0; axis < 2; axis++)
        cut_ray(w, axis, edge_world(w, axis, 0), edge_world(w, axis, get_count(w, axis) - 1));
    cut_ray(w, 2, -INFINITY, w->space->half[2] * (1 + EDGE));
    if (!(w->t <= w->end) || !isfinite(w->t)) return false;
    enter(w, 0);
    enter(w, 1);
    return true;
}

/* Where the ray leaves the present cell, and through which axis. */
static double find_exit(const walk *w, int *through) {
    double exit = INFINITY;
    *through = 0;
    for (int axis = 0; axis < 2; axis++) {
        double by = w->direction[axis];
        if (by == 0) continue;
        double t = (w->edge[axis][by > 0] - w->origin[axis]) / by;
        if (t < exit) exit = t, *through = axis;
    }
    return fmax(exit, w->t);
}

/* The smallest root of a·s² + b·s + c in 0..1. */
static bool solve(double a, double b, double c, double *root) {
    double roots[2] = {NAN, NAN};
    double discriminant = b * b - 4 * a * c;
    if (discriminant >= 0) {
        /* This sum does not cancel; the other root follows from their product. */
        double q = -(b + (b < 0 ? -sqrt(discriminant) : sqrt(discriminant))) / 2;
        roots[0] = q != 0 ? c / q : c == 0 ? 0 : NAN;
        roots[1] = a != 0 ? q / a : NAN;
    }
    *root = INFINITY;
    for (int i = 0; i < 2; i++)
        if (roots[i] >= -EDGE && roots[i] <= 1 + EDGE) *root = fmin(*root, roots[i]);
    return isfinite(*root);
}

/* Between `w->t` and `until` the ray is in the present cell: there its height is linear, and that of the
 * bilinear surface below it quadratic. */
static bool meet(const walk *w, double until, double *t) {
    double corner[2][2][3], along[2][2];
    for (size_t row = 0; row < 2; row++)
        for (size_t column = 0; column < 2; column++)
            if (!get_vertex(w->space, w->field, w->cell[0] + column, w->cell[1] + row, corner[row][column]))
                return false;
    /* A ray straight down never leaves its cell: from the top it passes whatever is below. */
    bool endless = !isfinite(until);
    double length = endless ? 1 : until - w->t;
    for (int axis = 0; axis < 2; axis++) {
        double size = w->edge[axis][1] - w->edge[axis][0];
        along[axis][0] = (w->origin[axis] + w->t * w->direction[axis] - w->edge[axis][0]) / size;
        along[axis][1] = length * w->direction[axis] / size;
    }
    double z = corner[0][0][2], x = corner[0][1][2] - z, y = corner[1][0][2] - z;
    double twist = corner[1][1][2] - z - x - y;
    const double *u = along[0], *v = along[1];
    double c = w->origin[2] + w->t * w->direction[2] - z - u[0] * x - v[0] * y - u[0] * v[0] * twist;
    double b = length * w->direction[2] - u[1] * x - v[1] * y - (u[0] * v[1] + v[0] * u[1]) * twist;
    double root;
    if (endless) {
        root = -c / b;
        if (!(root >= 0 && isfinite(root))) return false;
    } else if (!solve(-u[1] * v[1] * twist, b, c, &root)) {
        return false;
    }
    *t = w->t + root * length;
    return true;
}

bool tau_scene_pick(const tau_space *space, const tau_field *field, const double origin[3],
                    const double direction[3], double coords[2]) {
    walk w = {.space = space, .field = field, .origin = origin, .direction = direction};
    for (int i = 0; i < 3; i++)
        if (!isfinite(origin[i]) || !isfinite(direction[i])) return false;
    if (field->nx < 2 || field->ny < 2 || !begin(&w)) return false;
    for (;;) {
        int axis;
        double exit = find_exit(&w, &axis), t;
        if (meet(&w, fmin(exit, w.end), &t)) {
            double world[3], loss;
            for (int i = 0; i < 3; i++) world[i] = origin[i] + t * direction[i];
            tau_space_get_data(space, world, &coords[0], &coords[1], &loss);
            coords[0] = fmin(fmax(coords[0], field->alpha[0]), field->alpha[field->nx - 1]);
            coords[1] = fmin(fmax(coords[1], field->beta[0]), field->beta[field->ny - 1]);
            return true;
        }
        if (!(exit < w.end)) return false;
        bool up = direction[axis] > 0;
        if (up ? w.cell[axis] + 2 >= get_count(&w, axis) : w.cell[axis] == 0) return false;
        set_cell(&w, axis, up ? w.cell[axis] + 1 : w.cell[axis] - 1);
        w.t = exit;
    }
}
