/* Places of documents: what is known there, the lowest one, how far they reach. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure/number.h"
#include "viewer/document_content.h"

/* A grid of values, of a landscape or of an explorer. */
typedef struct grid_view {
    size_t columns, rows;
    const double *alpha, *beta, *loss, *loss_se, *accuracy;
    const uint8_t *state;
} grid_view;

static bool get_grid(const tau_document *document, grid_view *out) {
    const tau_landscape *l = document->content->landscape;
    const tau_explore_picture *p = &document->content->picture;
    if (l)
        *out = (grid_view){l->columns, l->rows, l->alpha, l->beta, l->loss, l->loss_se, l->accuracy, l->done};
    else
        *out =
            (grid_view){p->columns, p->rows, p->alpha, p->beta, p->loss, p->loss_se, p->accuracy, p->state};
    return out->columns > 0 && out->rows > 0 && out->loss;
}

/* The last point that is not above x, and how far x is on the way to the next. @return false = outside */
static bool find_cell(const double *axis, size_t n, double x, size_t *index, double *share) {
    *index = 0;
    *share = 0;
    if (n == 1) return true;
    double slack = 1e-9 * fabs(axis[n - 1] - axis[0]);
    if (!(x >= axis[0] - slack && x <= axis[n - 1] + slack)) return false;
    size_t lo = 0, hi = n - 1;
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        if (axis[middle] <= x)
            lo = middle;
        else
            hi = middle;
    }
    *index = lo;
    *share = fmin(1, fmax(0, (x - axis[lo]) / (axis[lo + 1] - axis[lo])));
    return true;
}

/* Bilinear; a corner without weight does not count, so that NaN stays where it is. */
static double mix(const grid_view *g, const double *values, size_t column, size_t row, double u, double v) {
    double sum = 0;
    for (size_t k = 0; k < 4; k++) {
        double weight = (k & 1 ? u : 1 - u) * (k & 2 ? v : 1 - v);
        if (weight > 0) sum += weight * values[(row + (k >> 1)) * g->columns + column + (k & 1)];
    }
    return sum;
}

static tau_reading read_grid(const grid_view *g, const double coords[2]) {
    tau_reading reading = {.coords = {coords[0], coords[1]}, .loss = NAN, .loss_se = NAN, .accuracy = NAN};
    size_t column, row = 0;
    double u, v = 0;
    if (!find_cell(g->alpha, g->columns, coords[0], &column, &u)) return reading;
    if (g->rows > 1 && !find_cell(g->beta, g->rows, coords[1], &row, &v)) return reading;
    reading.inside = true;
    size_t nearest = (row + (v > 0.5)) * g->columns + column + (u > 0.5);
    reading.state = g->state ? g->state[nearest] : TAU_FIELD_STATE_DONE;
    reading.exact = (u < 1e-6 || u > 1 - 1e-6) && (v < 1e-6 || v > 1 - 1e-6);
    if (reading.exact || reading.state == TAU_FIELD_STATE_NOT_FINITE) {
        reading.loss = g->loss[nearest];
        reading.loss_se = g->loss_se[nearest];
        reading.accuracy = g->accuracy[nearest];
        return reading;
    }
    reading.loss = mix(g, g->loss, column, row, u, v);
    reading.loss_se = mix(g, g->loss_se, column, row, u, v);
    reading.accuracy = mix(g, g->accuracy, column, row, u, v);
    return reading;
}

/* The value of the first curve at or before a place. */
static tau_reading read_curve(const tau_document *document, const double coords[2]) {
    tau_reading reading = {.coords = {coords[0], coords[1]}, .loss = NAN, .loss_se = NAN, .accuracy = NAN};
    for (size_t c = 0; c < document->scene.curve_count; c++) {
        const tau_curve *curve = &document->scene.curves[c];
        size_t index;
        double share;
        if (curve->count == 0 || !find_cell(curve->alpha, curve->count, coords[0], &index, &share)) continue;
        if (share > 0.5) index++;
        reading.inside = true;
        reading.state = curve->done ? curve->done[index] : TAU_FIELD_STATE_DONE;
        reading.loss = curve->loss[index];
        reading.coords[0] = curve->alpha[index];
        reading.exact = true;
        if (curve->accuracy) reading.accuracy = curve->accuracy[index];
        break;
    }
    return reading;
}

tau_reading tau_document_read(const tau_document *document, const double coords[2]) {
    grid_view grid;
    if (document->kind != TAU_DOCUMENT_KIND_RUN && get_grid(document, &grid)) return read_grid(&grid, coords);
    return read_curve(document, coords);
}

void tau_reading_format(char *out, const tau_reading *r, const tau_document *document) {
    char a[TAU_NUMBER_TEXT], b[TAU_NUMBER_TEXT], loss[TAU_NUMBER_TEXT], se[TAU_NUMBER_TEXT];
    size_t size = TAU_DOCUMENT_TEXT;
    tau_number_format(a, r->coords[0], 4);
    tau_number_format(b, r->coords[1], 4);
    tau_number_format(loss, r->loss, 4);
    tau_number_format(se, r->loss_se, 2);
    int length = document->kind == TAU_DOCUMENT_KIND_RUN ? snprintf(out, size, "step %s", a)
                 : document->line                        ? snprintf(out, size, "α %s", a)
                                                         : snprintf(out, size, "α %s   β %s", a, b);
    if (!r->inside || length < 0 || (size_t)length >= size) return;
    char *rest = out + length;
    size -= (size_t)length;
    if (r->state == TAU_FIELD_STATE_NOT_COMPUTED) {
        snprintf(rest, size, "   not computed yet");
        return;
    }
    const char *name = document->kind == TAU_DOCUMENT_KIND_RUN ? "value" : "loss";
    length = isnan(r->loss) ? snprintf(rest, size, "   %s: not a number", name)
             : isnan(r->loss_se) || !isfinite(r->loss)
                 ? snprintf(rest, size, "   %s %s", name, loss)
                 : snprintf(rest, size, "   %s %s ± %s", name, loss, se);
    rest += length;
    size -= (size_t)length;
    if (isfinite(r->accuracy)) {
        length = snprintf(rest, size, "   accuracy %.1f %%", 100 * r->accuracy);
        rest += length;
        size -= (size_t)length;
    }
    if (r->state == TAU_EXPLORE_POINT_PREVIEW) snprintf(rest, size, "   (preview)");
}

bool tau_document_find_minimum(const tau_document *document, double coords[2]) {
    grid_view grid;
    if (document->kind == TAU_DOCUMENT_KIND_RUN || !get_grid(document, &grid)) return false;
    double lowest = INFINITY;
    for (size_t row = 0; row < grid.rows; row++)
        for (size_t column = 0; column < grid.columns; column++) {
            size_t i = row * grid.columns + column;
            if ((grid.state && grid.state[i] != TAU_FIELD_STATE_DONE) || !(grid.loss[i] < lowest)) continue;
            lowest = grid.loss[i];
            coords[0] = grid.alpha[column];
            coords[1] = grid.rows > 1 ? grid.beta[row] : 0;
        }
    return isfinite(lowest);
}

bool tau_document_get_extent(const tau_document *document, double lo[2], double hi[2]) {
    grid_view grid;
    lo[0] = lo[1] = INFINITY;
    hi[0] = hi[1] = -INFINITY;
    if (document->exploration) {
        memcpy(lo, document->exploration->lo, 2 * sizeof *lo);
        memcpy(hi, document->exploration->hi, 2 * sizeof *hi);
        return true;
    }
    if (document->kind != TAU_DOCUMENT_KIND_RUN && get_grid(document, &grid)) {
        lo[0] = grid.alpha[0];
        hi[0] = grid.alpha[grid.columns - 1];
        lo[1] = grid.beta[0];
        hi[1] = grid.beta[grid.rows - 1];
        return true;
    }
    for (size_t c = 0; c < document->scene.curve_count; c++) {
        const tau_curve *curve = &document->scene.curves[c];
        if (curve->count == 0) continue;
        lo[0] = fmin(lo[0], curve->alpha[0]);
        hi[0] = fmax(hi[0], curve->alpha[curve->count - 1]);
    }
    lo[1] = hi[1] = 0;
    return lo[0] <= hi[0];
}
