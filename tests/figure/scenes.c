#include "scenes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[SCENE_COUNT] = {
    "contour",      "contour-article",
    "filled",       "heatmap",
    "trajectory",   "trajectories",
    "paths-only",   "line",
    "lines",        "line-log",
    "panels",       "gaps",
    "gaps-contour", "huge",
    "constant",     "nan",
    "point",        "row",
    "column",       "noise",
    "long-texts",   "narrow-range",
};

const char *scene_get_name(scene_kind kind) {
    return names[kind];
}

void scene_release(scene *s) {
    fields_release(&s->memory);
    memset(s, 0, sizeof *s);
}

static double bowl(double x, double y) {
    double bend = y - 0.35 * x * x + 0.1;
    return 0.031 + 1.4 * x * x + 3.2 * bend * bend + 0.12 * sin(5 * x + 1) * sin(4 * y) + 0.12;
}

static double wide(double x, double y) {
    return 0.4 + 2 * bowl(0.6 * x + 0.2, y * 0.7);
}
static double broken(double x, double y) {
    return x > 0.55 && y > 0.3 ? NAN : bowl(x, y);
}
static double narrow(double x, double y) {
    return 2.302585 + 3e4 * (x * x + y * y);
}
static double noise(double x, double y) {
    return fmod(fabs(sin(x * 127.1 + y * 311.7) * 43758.5453), 1);
}
static double overflow(double x, double y) {
    double s = hypot(x, y) / 25000;
    return 0.03 + 2.6e35 * pow(s, 8);
}

tau_field *scene_add_field(scene *s, size_t nx, size_t ny, double range, double (*f)(double, double)) {
    return fields_add(&s->memory, nx, ny, range, f);
}

static tau_figure_panel *add_panels(scene *s, size_t count) {
    tau_figure_panel *panels = fields_alloc(&s->memory, count, sizeof *panels);
    s->figure.panels = panels;
    s->figure.panel_count = count;
    return panels;
}

static tau_figure_panel *add_plane(scene *s, const tau_field *field) {
    static const tau_figure_mark centre = {0, 0, "trained"};
    tau_figure_panel *panel = add_panels(s, 1);
    *panel = (tau_figure_panel){.xlabel = "α along δ",
                                .ylabel = "β along η",
                                .field = field,
                                .marks = &centre,
                                .mark_count = 1,
                                .mark_minimum = true};
    return panel;
}

static double path_loss(double x, double y, double u) {
    return bowl(x, y) * (0.9 + 0.1 * u);
}

static void fill_path(scene *s, tau_path *path, size_t count, double turn, const char *label) {
    int64_t *step = fields_alloc(&s->memory, count, sizeof *step);
    for (size_t t = 0; t < count; t++) step[t] = (int64_t)t * 20;
    fields_fill_path(&s->memory, path, count, turn, label, path_loss);
    path->step = step;
}

static tau_path *add_paths(scene *s, tau_figure_panel *panel, size_t count) {
    tau_path *paths = fields_alloc(&s->memory, count, sizeof *paths);
    for (size_t p = 0; p < count; p++) {
        fill_path(s, &paths[p], 90, 0.7 + 1.5 * (double)p, fields_optimizers[p % 4]);
        if (count > 1) paths[p].loss_true = NULL;
    }
    panel->paths = paths;
    panel->path_count = count;
    return paths;
}

static tau_figure_panel *add_lines(scene *s, size_t curves, size_t points) {
    static const tau_figure_mark ends[2] = {{0, 0, "initial"}, {1, 0, "trained"}};
    tau_curve *list = fields_alloc(&s->memory, curves, sizeof *list);
    for (size_t c = 0; c < curves; c++) {
        fields_fill_curve(&s->memory, &list[c], points, 0.08 * (double)c,
                          curves > 1 ? fields_optimizers[c % 6] : NULL);
        if (curves > 1) list[c].loss_se = NULL;
    }
    tau_figure_panel *panel = add_panels(s, 1);
    *panel = (tau_figure_panel){.xlabel = "α (0 = initial, 1 = trained)",
                                .curves = list,
                                .curve_count = curves,
                                .marks = ends,
                                .mark_count = 2};
    return panel;
}

static void make_panels(scene *s) {
    double (*const functions[4])(double, double) = {bowl, wide, broken, bowl};
    const tau_field *fields[4];
    for (int i = 0; i < 4; i++) fields[i] = scene_add_field(s, 41, 41, 1, functions[i]);
    tau_figure_panel *panels = add_panels(s, 4);
    for (int i = 0; i < 4; i++)
        panels[i] = (tau_figure_panel){.title = fields_optimizers[i],
                                       .xlabel = "δ (PC 1, 71.3 %)",
                                       .ylabel = "η (PC 2, 12.9 %)",
                                       .field = fields[i]};
    s->figure.options.share_scale = true;
    s->figure.options.kind = TAU_FIGURE_KIND_FILLED;
}

static void make_gaps(scene *s, tau_figure_kind kind) {
    tau_field *field = scene_add_field(s, 31, 31, 1, broken);
    uint8_t *done = fields_alloc(&s->memory, 31 * 31, 1);
    for (size_t i = 0; i < 31 * 31; i++) done[i] = i % 31 + i / 31 > 9 ? 1 : 0;
    field->done = done;
    add_plane(s, field);
    s->figure.options.kind = kind;
}

static void make_long_texts(scene *s) {
    tau_figure_panel *panel = add_plane(s, scene_add_field(s, 51, 51, 1, bowl));
    tau_path *paths = add_paths(s, panel, 4);
    paths[0].label = "stochastic gradient descent with momentum 0.9, weight decay 5e-4 and a cosine schedule "
                     "over 300 epochs";
    panel->xlabel =
        "δ, the first principal component of the states of all four trainings together (explained 71.3 %)";
    panel->ylabel =
        "η, the second principal component of the states of all four trainings together (explained 12.9 %)";
    s->figure.title =
        "A title that somebody wrote without any thought of the width of the page that it would have "
        "to be printed on, with \xff\xfe broken bytes\nand a line break";
    s->figure.footer =
        "seed 0 · 51×51 · 10 000 samples · fine · filter norm · ignore bias, bn · model 5f3e…91ab · data "
        "77aa…01ff · tauscape 0.1.0 · and much more that nobody will ever read in a footer";
}

static void make_line_log(scene *s) {
    tau_figure_panel *panel = add_lines(s, 1, 81);
    double *loss = (double *)panel->curves[0].loss;
    for (int i = 0; i < 81; i++) loss[i] = pow(loss[i], 6) + 1e-6;
    for (int i = 0; i < 9; i++) loss[i] = i % 2 ? NAN : INFINITY;
    s->figure.options.log = true;
}

static void make_planes(scene *s, scene_kind kind) {
    tau_figure_options *options = &s->figure.options;
    switch (kind) {
    case SCENE_CONTOUR:
        add_plane(s, scene_add_field(s, 51, 51, 1, bowl));
        break;
    case SCENE_CONTOUR_ARTICLE:
        add_plane(s, scene_add_field(s, 51, 51, 1, bowl));
        options->style = TAU_FIGURE_STYLE_ARTICLE;
        break;
    case SCENE_FILLED:
        add_plane(s, scene_add_field(s, 51, 51, 1, bowl));
        options->kind = TAU_FIGURE_KIND_FILLED;
        break;
    case SCENE_HEATMAP:
        add_plane(s, scene_add_field(s, 25, 21, 1, bowl));
        options->kind = TAU_FIGURE_KIND_HEATMAP;
        break;
    case SCENE_TRAJECTORY:
        add_paths(s, add_plane(s, scene_add_field(s, 51, 51, 1, bowl)), 1);
        break;
    case SCENE_TRAJECTORIES:
        add_paths(s, add_plane(s, scene_add_field(s, 51, 51, 1, bowl)), 4);
        options->kind = TAU_FIGURE_KIND_FILLED;
        break;
    case SCENE_PATHS_ONLY:
        add_paths(s, add_panels(s, 1), 3);
        break;
    case SCENE_HUGE:
        add_plane(s, scene_add_field(s, 51, 51, 25000, overflow));
        options->log = true;
        break;
    case SCENE_CONSTANT:
        add_plane(s, scene_add_field(s, 21, 21, 1, fields_flat));
        break;
    case SCENE_NAN:
        add_plane(s, scene_add_field(s, 21, 21, 1, fields_nothing));
        break;
    case SCENE_POINT:
        add_plane(s, scene_add_field(s, 1, 1, 1, bowl));
        break;
    case SCENE_ROW:
        add_plane(s, scene_add_field(s, 31, 1, 1, bowl));
        break;
    case SCENE_COLUMN:
        add_plane(s, scene_add_field(s, 1, 31, 1, bowl));
        break;
    case SCENE_NOISE:
        add_plane(s, scene_add_field(s, 61, 61, 1, noise));
        break;
    case SCENE_NARROW_RANGE:
        add_plane(s, scene_add_field(s, 31, 31, 1e-5, narrow));
        break;
    default:
        abort();
    }
}

void scene_create(scene *s, scene_kind kind) {
    memset(s, 0, sizeof *s);
    s->figure.options = tau_figure_default_options();
    s->figure.title = "MNIST CNN, filter-normalised plane";
    s->figure.footer = "seed 0 · 51×51 · 10 000 samples · fine · tauscape 0.1.0";
    s->figure.recipe = "{\"seed\": 0, \"grid\": [51, 51]}";
    switch (kind) {
    case SCENE_LINE:
        add_lines(s, 1, 21);
        break;
    case SCENE_LINES:
        add_lines(s, 4, 101);
        break;
    case SCENE_LINE_LOG:
        make_line_log(s);
        break;
    case SCENE_PANELS:
        make_panels(s);
        break;
    case SCENE_GAPS:
        make_gaps(s, TAU_FIGURE_KIND_HEATMAP);
        break;
    case SCENE_GAPS_CONTOUR:
        make_gaps(s, TAU_FIGURE_KIND_CONTOUR);
        break;
    case SCENE_LONG_TEXTS:
        make_long_texts(s);
        break;
    default:
        make_planes(s, kind);
    }
}
