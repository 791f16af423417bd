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
    const size_t lo = *index = tau_field_find_interval(axis, n, x);
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

/* A place in a grid: its cell, or the point that it is read from. */
typedef struct grid_place {
    size_t column, row, nearest;
    double u, v;
    bool at_point;
} grid_place;

static double read_value(const grid_view *g, const grid_place *p, const double *values) {
    return p->at_point ? values[p->nearest] : mix(g, values, p->column, p->row, p->u, p->v);
}

static tau_reading read_grid(const grid_view *g, const tau_landscape *landscape, const double coords[2]) {
    tau_reading reading = {.coords = {coords[0], coords[1]}, .loss = NAN, .loss_se = NAN, .accuracy = NAN};
    grid_place p = {0};
    if (!find_cell(g->alpha, g->columns, coords[0], &p.column, &p.u)) return reading;
    if (g->rows > 1 && !find_cell(g->beta, g->rows, coords[1], &p.row, &p.v)) return reading;
    reading.inside = true;
    p.nearest = (p.row + (p.v > 0.5)) * g->columns + p.column + (p.u > 0.5);
    reading.state = g->state ? g->state[p.nearest] : TAU_FIELD_STATE_DONE;
    reading.exact = (p.u < 1e-6 || p.u > 1 - 1e-6) && (p.v < 1e-6 || p.v > 1 - 1e-6);
    p.at_point = reading.exact || reading.state == TAU_FIELD_STATE_NOT_FINITE;
    reading.loss = read_value(g, &p, g->loss);
    reading.loss_se = read_value(g, &p, g->loss_se);
    reading.accuracy = read_value(g, &p, g->accuracy);
    for (; landscape && reading.metric_count < landscape->metric_count; reading.metric_count++)
        reading.metrics[reading.metric_count] =
            read_value(g, &p, landscape->metrics[reading.metric_count].values);
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
        if (curve->right) reading.accuracy = curve->right[index];
        break;
    }
    return reading;
}

tau_reading tau_document_read(const tau_document *document, const double coords[2]) {
    grid_view grid;
    if (document->kind != TAU_DOCUMENT_KIND_RUN && get_grid(document, &grid))
        return read_grid(&grid, document->content->landscape, coords);
    return read_curve(document, coords);
}

static void append_metrics(char *out, const tau_reading *r, const tau_landscape *landscape) {
    char value[TAU_NUMBER_TEXT];
    for (int m = 0; m < r->metric_count && landscape && m < landscape->metric_count; m++) {
        tau_number_format(value, r->metrics[m], 3);
        tau_document_append_text(out, "   %s %s", landscape->metrics[m].name,
                                 isnan(r->metrics[m]) ? "not defined" : value);
    }
}

void tau_reading_format(char *out, const tau_reading *r, const tau_document *document) {
    char a[TAU_NUMBER_TEXT], b[TAU_NUMBER_TEXT], loss[TAU_NUMBER_TEXT], se[TAU_NUMBER_TEXT];
    tau_number_format(a, r->coords[0], 4);
    tau_number_format(b, r->coords[1], 4);
    tau_number_format(loss, r->loss, 4);
    tau_number_format(se, r->loss_se, 2);
    const bool run = document->kind == TAU_DOCUMENT_KIND_RUN;
    out[0] = '\0';
    tau_document_append_text(out, "%s %s", run ? "step" : "α", a);
    if (!run && !document->line) tau_document_append_text(out, "   β %s", b);
    if (!r->inside) return;
    if (r->state == TAU_FIELD_STATE_NOT_COMPUTED) {
        tau_document_append_text(out, "   not computed yet");
        return;
    }
    const char *name = run ? "value" : "loss";
    if (isnan(r->loss))
        tau_document_append_text(out, "   %s: not a number", name);
    else
        tau_document_append_text(out, "   %s %s", name, loss);
    if (isfinite(r->loss) && !isnan(r->loss_se)) tau_document_append_text(out, " ± %s", se);
    if (isfinite(r->accuracy)) tau_document_append_text(out, "   accuracy %.1f %%", 100 * r->accuracy);
    append_metrics(out, r, document->content->landscape);
    if (r->state == TAU_EXPLORE_POINT_PREVIEW) tau_document_append_text(out, "   (preview)");
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
