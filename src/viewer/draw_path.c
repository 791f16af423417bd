/* Trajectories: a line with the dash and markers of its series, on the surface or at the states' own losses.
 */
#include <math.h>

#include "core/memory.h"
#include "figure/series.h"
#include "viewer/draw.h"
#include "viewer/stroke.h"

/* Pixels between points where a line follows the surface. */
#define STEP 7.0

/* States with a marker and a stem, at most. */
#define MARKERS 9

typedef struct point {
    double place[3];
    double state; /* fractional between states */
} point;

/* The part of a path that is drawn, in pixels. */
typedef struct strip {
    const tau_path *path;
    size_t series;
    double first, last; /* states */
    point *points;
    size_t count, capacity;
} strip;

static double get_height(const tau_path *path, size_t i) {
    return path->loss_true && isfinite(path->loss_true[i]) ? path->loss_true[i] : NAN;
}

/* The place of a state, fractional states between their neighbours. A logarithmic axis interpolates what it
 * shows. */
static bool get_place(const tau_frame *frame, const tau_path *path, double state, double out[3]) {
    size_t i = (size_t)floor(state);
    if (i >= path->count - 1) i = path->count - 1;
    size_t next = i + 1 < path->count ? i + 1 : i;
    double share = state - (double)i, coords[2];
    for (int axis = 0; axis < 2; axis++)
        coords[axis] = path->coords[i][axis] +
                       (share > 0 ? share * (path->coords[next][axis] - path->coords[i][axis]) : 0);
    double a = get_height(path, i), b = get_height(path, next), height = a;
    if (share > 0) {
        height = frame->space.log ? pow(10, (1 - share) * log10(a) + share * log10(b)) : a + share * (b - a);
        if (isnan(a) != isnan(b)) height = NAN;
    }
    return isfinite(coords[0]) && isfinite(coords[1]) &&
           tau_frame_place(frame, coords[0], coords[1], height, out);
}

static tau_status add_point(const tau_frame *frame, strip *s, double state) {
    TAU_TRY(TAU_GROW(s->points, s->capacity, s->count + 1));
    point *p = &s->points[s->count++];
    p->state = state;
    if (!get_place(frame, s->path, state, p->place)) p->place[0] = p->place[1] = NAN;
    return TAU_STATUS_OK;
}

/* Between two states the line follows the surface, unless the states have heights of their own. */
static tau_status add_between(const tau_frame *frame, strip *s, double from, double to) {
    double a[3], b[3];
    size_t i = (size_t)floor(from);
    bool draped = frame->view->kind == TAU_VIEW_KIND_SURFACE && isnan(get_height(s->path, i));
    if (!draped || !get_place(frame, s->path, from, a) || !get_place(frame, s->path, to, b))
        return TAU_STATUS_OK;
    double pieces = fmin(ceil(hypot(b[0] - a[0], b[1] - a[1]) / (STEP * frame->scale)), 64);
    for (double k = 1; k < pieces; k++) TAU_TRY(add_point(frame, s, from + (to - from) * k / pieces));
    return TAU_STATUS_OK;
}

static tau_status fill(const tau_frame *frame, strip *s) {
    const tau_view *view = frame->view;
    double end = (double)(s->path->count - 1);
    s->last = isfinite(view->time) ? fmin(fmax(view->time, 0), end) : end;
    s->first = isfinite(view->time) && view->comet > 0 ? fmax(s->last - view->comet, 0) : 0;
    TAU_TRY(add_point(frame, s, s->first));
    for (double at = s->first; at < s->last;) {
        double next = fmin(floor(at) + 1, s->last);
        TAU_TRY(add_between(frame, s, at, next));
        TAU_TRY(add_point(frame, s, next));
        at = next;
    }
    return TAU_STATUS_OK;
}

/* A comet's tail fades away; everything else is opaque. */
static double get_opacity(const tau_frame *frame, const strip *s, double state) {
    if (!isfinite(frame->view->time) || frame->view->comet <= 0 || s->first <= 0) return 1;
    return 0.2 + 0.8 * pow((state - s->first) / fmax(s->last - s->first, 1e-9), 1.2);
}

static void draw_strip(tau_frame *frame, const strip *s, bool rim) {
    double width = 2.4 * frame->scale, phase = 0;
    tau_color color = rim ? frame->colors.paper : tau_frame_get_series_color(frame, s->series);
    for (size_t i = 1; i < s->count; i++) {
        double pair[2][3];
        for (int k = 0; k < 3; k++)
            pair[0][k] = s->points[i - 1].place[k], pair[1][k] = s->points[i].place[k];
        double opacity = get_opacity(frame, s, s->points[i].state) * (rim ? 0.75 : 1);
        /* The rim is a hair further away, so that the line is on it. */
        for (int k = 0; k < 2 && rim; k++) pair[k][2] = fmin(pair[k][2] + 2e-4, 1);
        tau_stroke_series(frame->paint, (const double(*)[3])pair, 2, rim ? 0 : s->series,
                          rim ? width + 1.8 * frame->scale : width, color, opacity, rim ? NULL : &phase);
    }
}

/* From a state at its own loss down, or up, to the surface. */
static void draw_stem(tau_frame *frame, const strip *s, double state) {
    size_t i = (size_t)floor(state);
    double top[3], foot[3], share = state - (double)i;
    size_t next = i + 1 < s->path->count ? i + 1 : i;
    if (isnan(get_height(s->path, i)) || !get_place(frame, s->path, state, top)) return;
    const double *a = s->path->coords[i], *b = s->path->coords[next];
    if (!tau_frame_place(frame, a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), NAN, foot))
        return;
    tau_paint_line(frame->paint, top, foot, 1.2 * frame->scale, frame->colors.ink, 0.8);
    tau_stroke_marker(frame->paint, TAU_MARKER_CIRCLE, foot, frame->font * 0.13, frame->colors.ink,
                      frame->colors.paper, 0.6 * frame->scale);
}

static void draw_markers(tau_frame *frame, const strip *s) {
    tau_color color = tau_frame_get_series_color(frame, s->series);
    tau_marker marker = tau_theme_get_series_marker(s->series);
    bool stems = frame->view->stems && frame->view->kind == TAU_VIEW_KIND_SURFACE;
    bool moving = isfinite(frame->view->time);
    double radius = frame->font * 0.27, at[3], end = (double)(s->path->count - 1);
    double every = fmax(ceil(end / (MARKERS - 1)), 1);
    for (double state = 0; state <= s->last; state += every) {
        if (state < s->first || !get_place(frame, s->path, state, at)) continue;
        if (get_opacity(frame, s, state) < 0.4) continue;
        if (stems) draw_stem(frame, s, state);
        bool start = state <= 0;
        tau_stroke_marker(frame->paint, marker, at, start ? radius * 1.2 : radius,
                          start ? frame->colors.paper : color, start ? color : frame->colors.paper,
                          frame->scale * (start ? 1.6 : 1));
    }
    if (!get_place(frame, s->path, s->last, at)) return;
    if (stems) draw_stem(frame, s, s->last);
    tau_stroke_marker(frame->paint, marker, at, frame->font * (moving ? 0.5 : 0.4), color, frame->colors.ink,
                      frame->scale * 1.4);
}

static tau_status draw_path(tau_frame *frame, const tau_path *path, size_t series) {
    strip s = {.path = path, .series = series};
    if (path->count == 0) return TAU_STATUS_OK;
    tau_status status = fill(frame, &s);
    if (status == TAU_STATUS_OK) {
        draw_strip(frame, &s, true);
        draw_strip(frame, &s, false);
        draw_markers(frame, &s);
    }
    tau_mem_free(s.points);
    return status;
}

void tau_frame_draw_paths(tau_frame *frame) {
    tau_status status = TAU_STATUS_OK;
    for (size_t p = 0; frame->view->paths && p < frame->scene->path_count && status == TAU_STATUS_OK; p++)
        status = draw_path(frame, &frame->scene->paths[p], p);
    if (status != TAU_STATUS_OK && frame->status == TAU_STATUS_OK) frame->status = status;
}
