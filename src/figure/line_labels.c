#include "figure/line_labels.h"

#include <math.h>

#include "core/memory.h"

enum { LINES_LABELLED = 4, /* the longest */ PLACES_TRIED = 120 /* along each line */ };

#define STRAIGHTNESS 0.96 /* chord over arc */

/* A line on the page, or a part of it that is seen, with its length at every point. */
typedef struct ruler {
    double (*points)[2];
    double *length; /* from the first point */
    size_t count, capacity, length_capacity;
} ruler;

/* Points of a line; those of a closed one begin anew behind the last. */
typedef struct piece {
    size_t line, first, count;
    double length; /* lengths in points of the line suffice for the choice */
} piece;

static const double *get_point(const tau_polylines *lines, size_t line, size_t i) {
    const tau_polyline *l = &lines->lines[line];
    return lines->points[l->first + i % l->count];
}

static tau_status lay_ruler(ruler *r, const tau_line_labels *page, const tau_polylines *lines,
                            const piece *p) {
    r->count = p->count;
    TAU_TRY(TAU_GROW(r->points, r->capacity, r->count));
    TAU_TRY(TAU_GROW(r->length, r->length_capacity, r->count));
    for (size_t i = 0; i < r->count; i++) {
        page->place(page->payload, get_point(lines, p->line, p->first + i), r->points[i]);
        r->length[i] = i ? r->length[i - 1] + hypot(r->points[i][0] - r->points[i - 1][0],
                                                    r->points[i][1] - r->points[i - 1][1])
                         : 0;
    }
    return TAU_STATUS_OK;
}

/* The point at a length, by bisection. */
static void get_point_at(const ruler *r, double length, double out[2]) {
    size_t low = 0, high = r->count - 1;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (r->length[middle] <= length)
            low = middle;
        else
            high = middle;
    }
    double span = r->length[high] - r->length[low], part = span > 0 ? (length - r->length[low]) / span : 0;
    for (int c = 0; c < 2; c++) out[c] = r->points[low][c] + (r->points[high][c] - r->points[low][c]) * part;
}

/* How badly a text of this width sits on the line at a length; INFINITY where it bends too much.
 * @param[out] out  x, y, angle */
static double judge_place(const ruler *r, double at, double width, double out[3]) {
    double start[2], middle[2], end[2];
    get_point_at(r, at - width / 2, start);
    get_point_at(r, at, middle);
    get_point_at(r, at + width / 2, end);
    double dx = end[0] - start[0], dy = end[1] - start[1], chord = hypot(dx, dy);
    double sag =
        chord > 0 ? fabs((middle[0] - start[0]) * dy - (middle[1] - start[1]) * dx) / chord : INFINITY;
    if (chord < STRAIGHTNESS * width || !isfinite(sag)) return INFINITY;
    if (dx < 0) dx = -dx, dy = -dy; /* never upside down */
    for (int c = 0; c < 2; c++) out[c] = (start[c] + end[c] + 2 * middle[c]) / 4;
    out[2] = atan2(dy, dx);
    return sag / width * 8 + fabs(out[2]);
}

static tau_status write_on(const tau_line_labels *page, const ruler *r, const char *text, double width) {
    double total = r->length[r->count - 1], best = INFINITY, chosen[3] = {0};
    if (total < 2.2 * width) return TAU_STATUS_OK;
    for (int k = 0; k < PLACES_TRIED; k++) {
        double at = width / 2 + (total - width) * (k + 0.5) / PLACES_TRIED, spot[3] = {0};
        double badness = judge_place(r, at, width, spot);
        if (badness >= best || !page->is_free(page->payload, text, spot[0], spot[1], spot[2])) continue;
        best = badness;
        for (int c = 0; c < 3; c++) chosen[c] = spot[c];
    }
    return isfinite(best) ? page->put(page->payload, text, chosen[0], chosen[1], chosen[2]) : TAU_STATUS_OK;
}

/* Keeps the longest, longest first. */
static void keep_piece(piece kept[LINES_LABELLED], int *count, piece p) {
    int place = *count;
    if (p.count < 2) return;
    while (place > 0 && kept[place - 1].length < p.length) place--;
    if (place == LINES_LABELLED) return;
    if (*count < LINES_LABELLED) ++*count;
    for (int k = *count - 1; k > place; k--) kept[k] = kept[k - 1];
    kept[place] = p;
}

static bool is_seen(const tau_line_labels *page, const double point[2]) {
    double at[2];
    page->place(page->payload, point, at);
    return at[0] >= page->lo[0] && at[0] <= page->hi[0] && at[1] >= page->lo[1] && at[1] <= page->hi[1];
}

/* Cuts a line into what is seen of it. */
static void cut_line(const tau_line_labels *page, const tau_polylines *lines, size_t line,
                     piece kept[LINES_LABELLED], int *count) {
    const tau_polyline *l = &lines->lines[line];
    size_t first = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (is_seen(page, get_point(lines, line, i))) continue;
        keep_piece(kept, count, (piece){line, first, i - first, (double)(i - first)});
        first = i + 1;
    }
    bool whole = first == 0 && l->closed;
    keep_piece(kept, count, (piece){line, first, l->count - first + whole, (double)(l->count - first)});
}

tau_status tau_line_labels_write(const tau_line_labels *page, const tau_polylines *lines, const char *text,
                                 double width) {
    piece kept[LINES_LABELLED];
    ruler r = {0};
    int count = 0;
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; i < lines->line_count; i++) cut_line(page, lines, i, kept, &count);
    for (int k = 0; k < count && status == TAU_STATUS_OK; k++) {
        status = lay_ruler(&r, page, lines, &kept[k]);
        if (status == TAU_STATUS_OK) status = write_on(page, &r, text, width);
    }
    tau_mem_free(r.points);
    tau_mem_free(r.length);
    return status;
}
