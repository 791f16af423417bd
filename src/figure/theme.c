#include "figure/theme.h"

#include <math.h>

#define PI 3.14159265358979323846

static tau_color grey(double value) {
    return (tau_color){value, value, value};
}

tau_theme tau_theme_get(tau_figure_style style, double font_size) {
    bool article = style == TAU_FIGURE_STYLE_ARTICLE;
    double font = font_size > 0 ? font_size : article ? 8 : 10;
    return (tau_theme){.font = font,
                       .small = font * 0.84,
                       .title = font * 1.15,
                       .line = font * (article ? 0.12 : 0.15),
                       .hairline = font * (article ? 0.06 : 0.07),
                       .tick = font * 0.35,
                       .gap = font * 0.5,
                       .marker = font * 0.32,
                       .tint = article ? 1 : 0.45,
                       .ink = grey(0.13),
                       .muted = grey(0.40),
                       .frame = grey(0.35),
                       .paper = grey(1),
                       .not_finite = {0.80, 0.40, 0.48},
                       .hatch = grey(0.62)};
}

tau_color tau_theme_get_series_color(size_t index) {
    static const tau_color okabe_ito[] = {
        {0.000, 0.447, 0.698}, {0.835, 0.369, 0.000}, {0.000, 0.620, 0.451}, {0.800, 0.475, 0.655},
        {0.337, 0.706, 0.914}, {0.902, 0.624, 0.000}, {0.15, 0.15, 0.15},
    };
    return okabe_ito[index % (sizeof okabe_ito / sizeof okabe_ito[0])];
}

tau_marker tau_theme_get_series_marker(size_t index) {
    return (tau_marker)(index % TAU_MARKER_SERIES_COUNT);
}

void tau_theme_set_series_dash(cairo_t *cr, size_t index, double width) {
    static const double patterns[][6] = {
        {5, 2.4}, {1.1, 1.8}, {7, 2, 1.3, 2}, {3, 1.6}, {7, 2, 1.2, 1.6, 1.2, 2}};
    static const int lengths[] = {2, 2, 4, 2, 6};
    if (index == 0) {
        cairo_set_dash(cr, NULL, 0, 0);
        return;
    }
    size_t k = (index - 1) % (sizeof lengths / sizeof lengths[0]);
    double scaled[6];
    for (int i = 0; i < lengths[k]; i++) scaled[i] = patterns[k][i] * width;
    cairo_set_dash(cr, scaled, lengths[k], 0);
}

void tau_theme_set_color(cairo_t *cr, tau_color color, double opacity) {
    if (opacity >= 1)
        cairo_set_source_rgb(cr, color.r, color.g, color.b);
    else
        cairo_set_source_rgba(cr, color.r, color.g, color.b, opacity);
}

/* Corners on a circle, every second one at `inner` of the radius if that is below 1. */
static void add_polygon(cairo_t *cr, double x, double y, double radius, int corners, double turn,
                        double inner) {
    int points = inner < 1 ? 2 * corners : corners;
    for (int i = 0; i < points; i++) {
        double r = inner < 1 && i % 2 ? radius * inner : radius, a = turn + 2 * PI * i / points;
        cairo_line_to(cr, x + r * sin(a), y - r * cos(a));
    }
    cairo_close_path(cr);
}

static void add_strokes(cairo_t *cr, double x, double y, double radius, double turn) {
    for (int i = 0; i < 2; i++) {
        double dx = radius * sin(turn + i * PI / 2), dy = radius * cos(turn + i * PI / 2);
        cairo_move_to(cr, x - dx, y - dy);
        cairo_line_to(cr, x + dx, y + dy);
    }
}

void tau_theme_add_marker(cairo_t *cr, tau_marker marker, double x, double y, double radius) {
    cairo_new_sub_path(cr);
    switch (marker) {
    case TAU_MARKER_CIRCLE:
    case TAU_MARKER_RING:
        cairo_arc(cr, x, y, radius, 0, 2 * PI);
        cairo_close_path(cr);
        break;
    case TAU_MARKER_SQUARE:
        add_polygon(cr, x, y, radius * 1.22, 4, PI / 4, 1);
        break;
    case TAU_MARKER_TRIANGLE:
        add_polygon(cr, x, y, radius * 1.25, 3, 0, 1);
        break;
    case TAU_MARKER_DIAMOND:
        add_polygon(cr, x, y, radius * 1.25, 4, 0, 1);
        break;
    case TAU_MARKER_INVERTED:
        add_polygon(cr, x, y, radius * 1.25, 3, PI, 1);
        break;
    case TAU_MARKER_PENTAGON:
        add_polygon(cr, x, y, radius * 1.15, 5, 0, 1);
        break;
    case TAU_MARKER_STAR:
        add_polygon(cr, x, y, radius * 1.6, 5, 0, 0.42);
        break;
    case TAU_MARKER_CROSS:
        add_strokes(cr, x, y, radius, PI / 4);
        break;
    case TAU_MARKER_PLUS:
        add_strokes(cr, x, y, radius, 0);
        break;
    }
}
