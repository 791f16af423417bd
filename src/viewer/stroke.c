#include "viewer/stroke.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Lengths in widths of the line: drawn, left out, drawn … as in the pictures of figure. */
static const double patterns[][6] = {
    {5, 2.4}, {1.1, 1.8}, {7, 2, 1.3, 2}, {3, 1.6}, {7, 2, 1.2, 1.6, 1.2, 2}};
static const int lengths[] = {2, 2, 4, 2, 6};

static double pattern_length(size_t pattern) {
    double sum = 0;
    for (int i = 0; i < lengths[pattern]; i++) sum += patterns[pattern][i];
    return sum;
}

/* Part and rest of the pattern at `phase` widths. */
static int find_part(size_t pattern, double phase, double *rest) {
    int part = 0;
    while (part < lengths[pattern] - 1 && phase >= patterns[pattern][part])
        phase -= patterns[pattern][part++];
    *rest = fmax(patterns[pattern][part] - phase, 1e-3);
    return part;
}

/* One straight piece of a dashed line. Round ends lengthen every dash by the width. */
static void dash(tau_paint *paint, const double from[3], const double to[3], size_t pattern, double phase,
                 double width, tau_color color, double opacity) {
    double length = hypot(to[0] - from[0], to[1] - from[1]) / width, period = pattern_length(pattern);
    for (double at = 0; at < length;) {
        double rest, a[3], b[3];
        bool drawn = find_part(pattern, fmod(phase + at, period), &rest) % 2 == 0;
        double end = fmin(at + rest, length);
        for (int i = 0; i < 3; i++) {
            a[i] = from[i] + (to[i] - from[i]) * at / length;
            b[i] = from[i] + (to[i] - from[i]) * fmax(at, end - 0.5) / length;
        }
        if (drawn) tau_paint_line(paint, a, b, width, color, opacity);
        at = end;
    }
}

void tau_stroke_series(tau_paint *paint, const double (*points)[3], size_t count, size_t series, double width,
                       tau_color color, double opacity, double *phase) {
    double own = 0;
    double *at = phase ? phase : &own;
    size_t pattern = (series + sizeof lengths / sizeof *lengths - 1) % (sizeof lengths / sizeof *lengths);
    for (size_t i = 1; i < count; i++) {
        double a[3], b[3], skipped, length;
        for (int k = 0; k < 3; k++) a[k] = points[i - 1][k], b[k] = points[i][k];
        length = hypot(b[0] - a[0], b[1] - a[1]) / width;
        /* Dashes out of sight would only cost time; those in sight stay where they are. */
        if (series == 0)
            tau_paint_line(paint, a, b, width, color, opacity);
        else if (tau_paint_clip_line(paint, a, b, width, &skipped))
            dash(paint, a, b, pattern, *at + skipped / width, width, color, opacity);
        if (series > 0 && isfinite(length)) *at = fmod(*at + length, pattern_length(pattern));
    }
}

/* Corners on a circle; every second one at `inner` of the radius if that is below 1. */
static size_t make_polygon(double (*out)[3], const double at[3], double radius, int corners, double turn,
                           double inner) {
    int points = inner < 1 ? 2 * corners : corners;
    for (int i = 0; i < points; i++) {
        double r = inner < 1 && i % 2 ? radius * inner : radius, a = turn + 2 * PI * i / points;
        out[i][0] = at[0] + r * sin(a), out[i][1] = at[1] - r * cos(a), out[i][2] = at[2];
    }
    return (size_t)points;
}

static size_t make_marker(double (*out)[3], tau_marker marker, const double at[3], double radius) {
    switch (marker) {
    case TAU_MARKER_SQUARE:
        return make_polygon(out, at, radius * 1.22, 4, PI / 4, 1);
    case TAU_MARKER_TRIANGLE:
        return make_polygon(out, at, radius * 1.25, 3, 0, 1);
    case TAU_MARKER_DIAMOND:
        return make_polygon(out, at, radius * 1.25, 4, 0, 1);
    case TAU_MARKER_INVERTED:
        return make_polygon(out, at, radius * 1.25, 3, PI, 1);
    case TAU_MARKER_PENTAGON:
        return make_polygon(out, at, radius * 1.15, 5, 0, 1);
    case TAU_MARKER_STAR:
        return make_polygon(out, at, radius * 1.6, 5, 0, 0.42);
    default:
        return make_polygon(out, at, radius, 24, 0, 1);
    }
}

static void stroke_cross(tau_paint *paint, const double at[3], double radius, double turn, tau_color color,
                         tau_color rim, double width) {
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < 2; i++) {
            double dx = radius * sin(turn + i * PI / 2), dy = radius * cos(turn + i * PI / 2);
            tau_paint_line(paint, (double[3]){at[0] - dx, at[1] - dy, at[2]},
                           (double[3]){at[0] + dx, at[1] + dy, at[2]}, pass ? width : width * 2.6,
                           pass ? color : rim, pass ? 1 : 0.9);
        }
    }
}

void tau_stroke_marker(tau_paint *paint, tau_marker marker, const double at[3], double radius, tau_color fill,
                       tau_color rim, double rim_width) {
    double outline[24][3];
    if (marker == TAU_MARKER_CROSS || marker == TAU_MARKER_PLUS) {
        stroke_cross(paint, at, radius, marker == TAU_MARKER_CROSS ? PI / 4 : 0, fill, rim, rim_width * 1.3);
        return;
    }
    size_t count = make_marker(outline, marker, at, radius);
    /* A star is not convex, but it is one seen from its middle. */
    for (size_t i = 0; i < count && marker != TAU_MARKER_RING; i++) {
        const double *a = outline[i], *b = outline[(i + 1) % count];
        const double fan[3][3] = {{at[0], at[1], at[2]}, {a[0], a[1], a[2]}, {b[0], b[1], b[2]}};
        tau_paint_polygon(paint, fan, 3, fill, 1);
    }
    for (size_t i = 0; i < count; i++)
        tau_paint_line(paint, outline[i], outline[(i + 1) % count], rim_width,
                       marker == TAU_MARKER_RING ? fill : rim, 1);
}
