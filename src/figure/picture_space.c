/* A feature space of three dimensions: seen from the side and a little from above, turned by the azimuth. */
#include <math.h>
#include <string.h>

#include "figure/picture_internal.h"

#define ELEVATION 22.0 /* degrees */
#define SLABS     24   /* of depth: what is behind is drawn first */

typedef struct camera {
    double low[3], high[3], sine, cosine, up, forward;
} camera;

static camera set_camera(const tau_features_picture *p) {
    camera c;
    double turn = (p->azimuth + 30) * M_PI / 180, tilt = ELEVATION * M_PI / 180;
    const tau_feature_frame *f = p->frame;
    for (int k = 0; k < 3; k++) {
        double lo = p->low[k], hi = p->high[k];
        if (!isfinite(lo) || !isfinite(hi)) {
            lo = INFINITY, hi = -INFINITY;
            for (size_t i = 0; i < f->count; i++) {
                double value = f->points[3 * i + (size_t)k];
                if (isfinite(value)) lo = fmin(lo, value), hi = fmax(hi, value);
            }
        }
        tau_chart_axis axis;
        tau_chart_set_range(&axis, lo, hi, 0.04);
        c.low[k] = axis.lo, c.high[k] = axis.hi;
    }
    c.sine = sin(turn), c.cosine = cos(turn), c.up = cos(tilt), c.forward = sin(tilt);
    return c;
}

/* @return depth, larger is nearer */
static double project(const camera *c, const double at[3], double out[2]) {
    double p[3];
    for (int k = 0; k < 3; k++) p[k] = 2 * (at[k] - c->low[k]) / (c->high[k] - c->low[k]) - 1;
    double across = p[0] * c->cosine - p[1] * c->sine, along = p[0] * c->sine + p[1] * c->cosine;
    out[0] = across;
    out[1] = p[2] * c->up - along * c->forward;
    return along * c->up + p[2] * c->forward;
}

static tau_status add_edge(tau_chart *chart, const camera *c, const tau_look *look, const double a[3],
                           const double b[3]) {
    double(*points)[2];
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_LINE, look, 2, &points));
    project(c, a, points[0]);
    project(c, b, points[1]);
    return TAU_STATUS_OK;
}

/* Twelve edges; those that meet in the corner farthest away are dashed. */
static tau_status add_box(const tau_page *page, tau_chart *chart, const camera *c) {
    double corners[8][3], lowest = INFINITY;
    int far = 0;
    for (int i = 0; i < 8; i++) {
        double place[2];
        for (int k = 0; k < 3; k++) corners[i][k] = i >> k & 1 ? c->high[k] : c->low[k];
        double depth = project(c, corners[i], place);
        if (depth < lowest) lowest = depth, far = i;
    }
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 3; k++) {
            int other = i ^ 1 << k;
            if (other < i) continue;
            bool hidden = i == far || other == far;
            const tau_look look = {
                .color = page->plan.theme.frame, .width = 0.4, .dash = hidden ? 2 : 0, .opacity = 0.7};
            TAU_TRY(add_edge(chart, c, &look, corners[i], corners[other]));
        }
    return TAU_STATUS_OK;
}

/* The edge along axis k that is seen farthest out: nothing lies behind its texts. */
static void find_outer_edge(const camera *c, int k, double start[3], double end[3]) {
    double best = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double a[3], b[3], pa[2], pb[2];
        int first = k == 0 ? 1 : 0, second = k == 2 ? 1 : 2;
        a[first] = b[first] = i & 1 ? c->high[first] : c->low[first];
        a[second] = b[second] = i & 2 ? c->high[second] : c->low[second];
        a[k] = c->low[k], b[k] = c->high[k];
        project(c, a, pa);
        project(c, b, pb);
        double out = k == 2 ? -(pa[0] + pb[0]) : -(pa[1] + pb[1]);
        if (out <= best) continue;
        best = out;
        memcpy(start, a, sizeof a);
        memcpy(end, b, sizeof b);
    }
}

/* Of the two lower edges one goes left from the nearest corner, the other right: their texts stand outside.
 */
static double find_side(const camera *c, int k) {
    double middle[2];
    for (int axis = 0; axis < 2; axis++) {
        double start[3], end[3], a[2], b[2];
        find_outer_edge(c, axis, start, end);
        project(c, start, a);
        project(c, end, b);
        middle[axis] = a[0] + b[0];
    }
    return middle[k] < middle[1 - k] ? -1 : 1;
}

/* The name in the middle of the edge, its numbers near the ends: left of an upright edge, below the others.
 */
static tau_status add_edge_text(tau_chart *chart, const camera *c, int k, double share, const double start[3],
                                const double end[3], const char *text, tau_color color) {
    double point[3], at[2];
    for (int d = 0; d < 3; d++) point[d] = start[d] + share * (end[d] - start[d]);
    project(c, point, at);
    if (k == 2) return tau_chart_add_text(chart, at[0] - 0.06, at[1], 1, text, color);
    double side = find_side(c, k), down = share == 0.5 ? 0.2 : 0.1;
    return tau_chart_add_text(chart, at[0] + 0.04 * side, at[1] - down, side < 0 ? 1 : 0, text, color);
}

static tau_status add_axis_texts(const tau_page *page, tau_chart *chart, const camera *c,
                                 const tau_feature_frame *f, int k) {
    double start[3], end[3];
    const char *text;
    find_outer_edge(c, k, start, end);
    TAU_TRY(tau_chart_format(chart, &text, "%s", f->axis[k]));
    TAU_TRY(add_edge_text(chart, c, k, 0.5, start, end, text, page->plan.theme.ink));
    double span = c->high[k] - c->low[k];
    int digits = tau_number_get_digits(fmax(fabs(c->low[k]), fabs(c->high[k])), span);
    for (int i = 0; i < 2; i++) {
        char number[TAU_NUMBER_TEXT];
        double share = i ? 0.88 : 0.12;
        tau_number_format(number, c->low[k] + share * span, digits > 3 ? digits : 3);
        TAU_TRY(tau_chart_format(chart, &text, "%s", number));
        TAU_TRY(add_edge_text(chart, c, k, share, start, end, text, page->plan.theme.muted));
    }
    return TAU_STATUS_OK;
}

static tau_status add_lines(const tau_page *page, tau_chart *chart, const camera *c,
                            const tau_feature_frame *f) {
    const tau_look look = {.color = page->plan.theme.ink, .opacity = 0.3, .width = 0.45};
    for (size_t i = 0; i < f->line_count; i++) {
        double(*points)[2];
        TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_LINE, &look, f->line_points, &points));
        for (size_t k = 0; k < f->line_points; k++)
            project(c, f->lines + 3 * (i * f->line_points + k), points[k]);
    }
    return TAU_STATUS_OK;
}

static int find_slab(double depth) {
    double slab = (depth + 1.8) / 3.6 * SLABS;
    return !(slab > 0) ? 0 : slab >= SLABS ? SLABS - 1 : (int)slab;
}

static tau_status add_points(const tau_page *page, tau_chart *chart, const camera *c,
                             const tau_feature_frame *f, int slab, int class_index) {
    double(*points)[2], place[2];
    double nearness = (double)slab / SLABS;
    size_t kept = 0;
    tau_color color = class_index < 0 ? page->plan.theme.ink : tau_picture_class_color(page, class_index);
    const tau_look look = {.color = tau_color_mix(page->plan.theme.paper, color, 0.55 + 0.45 * nearness),
                           .marker = class_index < 0 ? TAU_MARKER_CIRCLE
                                                     : tau_picture_class_marker(page, class_index),
                           .size = tau_picture_dot_size(f->count) * (0.75 + 0.5 * nearness)};
    for (int pass = 0; pass < 2; pass++) {
        size_t next = 0;
        if (pass == 1 && kept == 0) return TAU_STATUS_OK;
        if (pass == 1) TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_DOTS, &look, kept, &points));
        for (size_t i = 0; i < f->count; i++) {
            if (class_index >= 0 && f->labels[i] != class_index) continue;
            double depth = project(c, f->points + 3 * i, place);
            if (!isfinite(depth) || find_slab(depth) != slab) continue;
            if (pass == 1) memcpy(points[next], place, sizeof place);
            next++;
        }
        kept = next;
    }
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_space(tau_page *page, tau_chart *chart, const tau_features_picture *p) {
    const tau_feature_frame *f = p->frame;
    camera c = set_camera(p);
    chart->boxed = false;
    chart->square = true;
    chart->x.hidden = chart->y.hidden = true;
    chart->x.lo = -1.95, chart->x.hi = 1.75, chart->y.lo = -1.85, chart->y.hi = 1.6;
    TAU_TRY(add_box(page, chart, &c));
    TAU_TRY(add_lines(page, chart, &c, f));
    int first = f->class_count > 0 ? 0 : -1, end = f->class_count > 0 ? f->class_count : 0;
    for (int slab = 0; slab < SLABS; slab++)
        for (int k = first; k < end; k++) TAU_TRY(add_points(page, chart, &c, f, slab, k));
    for (int k = 0; k < 3; k++) TAU_TRY(add_axis_texts(page, chart, &c, f, k));
    if (f->projected)
        TAU_TRY(tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "explained: %.1f %%, %.1f %%, %.1f %%",
                                  100 * f->explained[0], 100 * f->explained[1], 100 * f->explained[2]));
    return tau_picture_add_classes(page, chart, f);
}
