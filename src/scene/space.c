#include <math.h>
#include <stdlib.h>

#include "scene/scene.h"

/* Values further out are taken for these, so that differences stay finite. */
#define VALUE_MAX 1e300

/* World heights further out are clamped: a wall of 1e35 as a float, squared, would not be finite. */
#define HEIGHT_MAX 1e6

/* Half the height of the box at stretch 1. */
#define HEIGHT_HALF 0.5

/* The longer side of the plane is at most this often the shorter one. */
#define ASPECT_MAX 3.0

/* As many values as suffice for quantiles. */
#define SAMPLE_MAX 4096

/* Relative difference below which values count as one. */
#define ROUNDING 1e-12

static double tame(double value) {
    return fmin(fmax(value, -VALUE_MAX), VALUE_MAX);
}

static bool get_scaled(bool log, double loss, double *scaled) {
    if (!isfinite(loss) || (log && loss <= 0)) return false;
    *scaled = log ? log10(loss) : tame(loss);
    return true;
}

/* ---- the plane ---- */

typedef struct interval {
    double lo, hi; /* lo > hi: nothing yet */
} interval;

static void include(interval *range, double value) {
    if (!isfinite(value)) return;
    range->lo = fmin(range->lo, tame(value));
    range->hi = fmax(range->hi, tame(value));
}

/* Never empty, and never so narrow that its numbers are rounding. */
static void widen(interval *range) {
    if (range->lo > range->hi) *range = (interval){-1, 1};
    double size = fmax(fabs(range->lo), fabs(range->hi));
    if (range->hi - range->lo > size * ROUNDING) return;
    double middle = range->lo + (range->hi - range->lo) / 2, pad = size > 0 ? size / 2 : 0.5;
    *range = (interval){middle - pad, middle + pad};
}

static void include_field(interval range[2], const tau_field *field) {
    include(&range[0], field->alpha[0]);
    include(&range[0], field->alpha[field->nx - 1]);
    include(&range[1], field->beta[0]);
    include(&range[1], field->beta[field->ny - 1]);
}

static void include_others(interval range[2], const tau_scene *scene) {
    for (size_t p = 0; p < scene->path_count; p++)
        for (size_t t = 0; t < scene->paths[p].count; t++)
            for (int axis = 0; axis < 2; axis++) include(&range[axis], scene->paths[p].coords[t][axis]);
    for (size_t m = 0; m < scene->mark_count; m++)
        for (int axis = 0; axis < 2; axis++) include(&range[axis], scene->marks[m].coords[axis]);
    for (size_t c = 0; c < scene->curve_count; c++) {
        const tau_curve *curve = &scene->curves[c];
        if (curve->count == 0) continue;
        include(&range[0], curve->alpha[0]);
        include(&range[0], curve->alpha[curve->count - 1]);
    }
}

static bool has_points(const tau_field *field) {
    return field && field->nx > 0 && field->ny > 0;
}

static void fit_plane(tau_space *out, const tau_scene *scene) {
    interval range[2] = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}};
    if (has_points(scene->field))
        include_field(range, scene->field);
    else
        include_others(range, scene);
    for (int axis = 0; axis < 2; axis++) {
        widen(&range[axis]);
        out->lo[axis] = range[axis].lo;
        out->hi[axis] = range[axis].hi;
    }
    double x = out->hi[0] - out->lo[0], y = out->hi[1] - out->lo[1], longest = fmax(x, y);
    out->half[0] = fmax(x / longest, 1 / ASPECT_MAX);
    out->half[1] = fmax(y / longest, 1 / ASPECT_MAX);
}

/* ---- the height ---- */

typedef struct heights {
    interval all;
    double sample[SAMPLE_MAX]; /* sorted */
    size_t count;
} heights;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void take_field(heights *out, const tau_field *field, bool log) {
    size_t total = field->nx * field->ny, next = 0, taken = 0;
    double lowest = INFINITY, highest = -INFINITY, least = log ? 0 : -INFINITY, scaled;
    for (size_t i = 0; i < total; i++) {
        double value = field->value[i];
        if (!(value > least) || !tau_field_has_value(field, i)) continue;
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
        /* Thinned evenly by place; where that hits a gap, the next value is taken. */
        if (i < next || out->count == SAMPLE_MAX || !get_scaled(log, value, &scaled)) continue;
        out->sample[out->count++] = scaled;
        next = (size_t)((double)total / SAMPLE_MAX * (double)++taken);
        if (next <= i) next = i + 1;
    }
    if (get_scaled(log, lowest, &scaled)) include(&out->all, scaled);
    if (get_scaled(log, highest, &scaled)) include(&out->all, scaled);
    qsort(out->sample, out->count, sizeof *out->sample, compare);
}

static double quantile(const heights *h, double share) {
    return h->sample[(size_t)(share * (double)(h->count - 1))];
}

/* Walls may be many times as high as the rest. A quantile of the excess over the floor may not vanish beside
 * the top: bowls and their like pass unchanged, a landscape of thirty decades shows its lower half. */
static void cut_walls(interval *range, const heights *h) {
    static const double rules[][2] = {{0.95, 1.6}, {0.5, 6}, {0.2, 60}, {0.05, 600}};
    double spread = quantile(h, 0.95) - quantile(h, 0.05);
    if (quantile(h, 0.05) - range->lo > 1000 * spread && spread > 0)
        range->lo = quantile(h, 0.05) - 3 * spread;
    double height = range->hi - range->lo;
    for (int i = 0; i < 4; i++) {
        double excess = quantile(h, rules[i][0]) - range->lo;
        if (excess > 0 && excess * rules[i][1] < height) height = excess * rules[i][1];
    }
    height = fmax(height, quantile(h, 0.5) - range->lo);
    /* What would gain less than half of the height is not worth a cut. */
    if (height > 0 && range->hi - range->lo > 2 * height) range->hi = range->lo + height;
}

static void include_true_losses(interval *range, const tau_scene *scene, bool log) {
    double height = range->hi - range->lo, scaled;
    interval allowed = {range->lo - 2 * height, range->hi + 2 * height};
    for (size_t p = 0; p < scene->path_count; p++)
        for (size_t t = 0; scene->paths[p].loss_true && t < scene->paths[p].count; t++)
            if (get_scaled(log, scene->paths[p].loss_true[t], &scaled) &&
                (!(height > 0) || (scaled >= allowed.lo && scaled <= allowed.hi)))
                include(range, scaled);
}

static void fit_height(tau_space *out, const tau_scene *scene, const tau_view *view) {
    const bool log = out->log;
    static _Thread_local heights h;
    h.all = (interval){INFINITY, -INFINITY};
    h.count = 0;
    if (has_points(scene->field)) take_field(&h, scene->field, log);
    for (size_t c = 0; c < scene->curve_count && h.count == 0; c++)
        for (size_t i = 0; i < scene->curves[c].count; i++) {
            double scaled;
            if (get_scaled(log, scene->curves[c].loss[i], &scaled)) include(&h.all, scaled);
        }
    interval range = h.all;
    if (scene->field && scene->field->share)
        include(&range, 0), include(&range, 1);
    else if (h.count > 0)
        cut_walls(&range, &h);
    if (view->paths) include_true_losses(&range, scene, log);
    double lo, hi;
    if (get_scaled(log, view->range_lo, &lo)) range.lo = fmin(range.lo, lo);
    if (get_scaled(log, view->clip, &hi) || get_scaled(log, view->range_hi, &hi))
        if (!(hi <= range.lo)) range.hi = hi;
    if (range.lo > range.hi) range = (interval){log ? -1 : 0, 1};
    widen(&range);
    out->lo[2] = range.lo;
    out->hi[2] = range.hi;
    double stretch = isfinite(view->stretch) ? fmin(fmax(view->stretch, 0.01), 20) : 1;
    out->half[2] = HEIGHT_HALF * stretch;
}

void tau_space_fit(tau_space *out, const tau_scene *scene, const tau_view *view) {
    /* A share may be 0 and ends at 1: logarithms are for losses. */
    *out = (tau_space){.log = view->log && !(scene->field && scene->field->share)};
    fit_plane(out, scene);
    fit_height(out, scene, view);
}

/* ---- between data and world ---- */

bool tau_space_get_scaled(const tau_space *space, double loss, double *scaled) {
    return get_scaled(space->log, loss, scaled);
}

static double to_world(const tau_space *space, int axis, double value) {
    double middle = space->lo[axis] + (space->hi[axis] - space->lo[axis]) / 2;
    return (tame(value) - middle) / (space->hi[axis] - space->lo[axis]) * 2 * space->half[axis];
}

static double from_world(const tau_space *space, int axis, double value) {
    double middle = space->lo[axis] + (space->hi[axis] - space->lo[axis]) / 2;
    return middle + value / (2 * space->half[axis]) * (space->hi[axis] - space->lo[axis]);
}

bool tau_space_get_world(const tau_space *space, double alpha, double beta, double loss, double world[3]) {
    double scaled;
    if (!isfinite(alpha) || !isfinite(beta) || !get_scaled(space->log, loss, &scaled)) return false;
    world[0] = to_world(space, 0, alpha);
    world[1] = to_world(space, 1, beta);
    world[2] = to_world(space, 2, scaled);
    for (int i = 0; i < 3; i++) world[i] = fmin(fmax(world[i], -HEIGHT_MAX), HEIGHT_MAX);
    return true;
}

void tau_space_get_data(const tau_space *space, const double world[3], double *alpha, double *beta,
                        double *loss) {
    *alpha = from_world(space, 0, world[0]);
    *beta = from_world(space, 1, world[1]);
    double scaled = from_world(space, 2, world[2]);
    *loss = space->log ? pow(10, scaled) : scaled;
}
