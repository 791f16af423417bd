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

static void *scene_alloc(scene *s, size_t count, size_t size) {
    void *block = calloc(count, size);
    if (!block || s->block_count == (int)(sizeof s->blocks / sizeof s->blocks[0])) abort();
    return s->blocks[s->block_count++] = block;
}

void scene_release(scene *s) {
    for (int i = 0; i < s->block_count; i++) free(s->blocks[i]);
    memset(s, 0, sizeof *s);
}

static double bowl(double x, double y) {
    double bend = y - 0.35 * x * x + 0.1;
    return 0.031 + 1.4 * x * x + 3.2 * bend * bend + 0.12 * sin(5 * x + 1) * sin(4 * y) + 0.12;
}

static double wide(double x, double y) {
    return 0.4 + 2 * bowl(0.6 * x + 0.2, y * 0.7);
}
static double flat(double x, double y) {
    return 2.302585 + 0 * x * y;
}
static double broken(double x, double y) {
    return x > 0.55 && y > 0.3 ? NAN : bowl(x, y);
}
static double nothing(double x, double y) {
    return x + y > 0 ? NAN : INFINITY;
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

static double *make_axis(scene *s, size_t count, double range) {
    double *axis = scene_alloc(s, count, sizeof *axis);
    for (size_t i = 0; i < count; i++)
        axis[i] =
            count == 1 ? 0 : (-range * (double)(count - 1 - i) + range * (double)i) / (double)(count - 1);
    return axis;
}

tau_field *scene_add_field(scene *s, size_t nx, size_t ny, double range, double (*f)(double, double)) {
    double *x = make_axis(s, nx, range), *y = make_axis(s, ny, range),
           *value = scene_alloc(s, nx * ny, sizeof *value);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) value[j * nx + i] = f(x[i], y[j]);
    tau_field *field = scene_alloc(s, 1, sizeof *field);
    *field = (tau_field){.nx = nx, .ny = ny, .alpha = x, .beta = y, .value = value, .name = "loss"};
    return field;
}

static tau_figure_panel *add_panels(scene *s, size_t count) {
    tau_figure_panel *panels = scene_alloc(s, count, sizeof *panels);
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

static void fill_path(scene *s, tau_path *path, size_t count, double turn, const char *label) {
    double(*coords)[2] = scene_alloc(s, count, sizeof *coords);
    int64_t *step = scene_alloc(s, count, sizeof *step);
    double *loss = scene_alloc(s, count, sizeof *loss);
    for (size_t t = 0; t < count; t++) {
        double u = (double)t / (double)(count - 1), r = exp(-3.2 * u) - exp(-3.2);
        coords[t][0] = 0.85 * r * cos(turn + 2.2 * u) + 0.03 * sin(25 * u) * r;
        coords[t][1] = 0.85 * r * sin(turn + 2.2 * u) + 0.05 * cos(31 * u) * r;
        step[t] = (int64_t)t * 20;
        loss[t] = bowl(coords[t][0], coords[t][1]) * (0.9 + 0.1 * u);
    }
    *path = (tau_path){.count = count,
                       .coords = (const double(*)[2])coords,
                       .step = step,
                       .label = label,
                       .loss_true = loss};
}

static tau_path *add_paths(scene *s, tau_figure_panel *panel, size_t count) {
    static const char *const labels[4] = {"SGD", "Adam", "RMSprop", "Nesterov"};
    tau_path *paths = scene_alloc(s, count, sizeof *paths);
    for (size_t p = 0; p < count; p++) {
        fill_path(s, &paths[p], 90, 0.7 + 1.5 * (double)p, labels[p % 4]);
        if (count > 1) paths[p].loss_true = NULL;
    }
    panel->paths = paths;
    panel->path_count = count;
    return paths;
}

static void fill_curve(scene *s, tau_curve *curve, size_t count, double shift, const char *label) {
    double *alpha = scene_alloc(s, count, sizeof *alpha), *loss = scene_alloc(s, count, sizeof *loss);
    double *se = scene_alloc(s, count, sizeof *se), *accuracy = scene_alloc(s, count, sizeof *accuracy);
    for (size_t i = 0; i < count; i++) {
        double a = alpha[i] = -0.5 + 2.0 * (double)i / (double)(count - 1);
        loss[i] = 0.05 + 2.2 * pow(fabs(a - 1 - shift), 1.7) + 0.15 * exp(-30 * (a - 0.4) * (a - 0.4));
        se[i] = 0.04 + 0.06 * loss[i];
        accuracy[i] = 0.1 + 0.88 / (1 + 6 * pow(fabs(a - 1 - shift), 3));
    }
    *curve = (tau_curve){
        .count = count, .alpha = alpha, .loss = loss, .loss_se = se, .accuracy = accuracy, .label = label};
}

static tau_figure_panel *add_lines(scene *s, size_t curves, size_t points) {
    static const tau_figure_mark ends[2] = {{0, 0, "initial"}, {1, 0, "trained"}};
    static const char *const labels[6] = {"SGD", "Adam", "RMSprop", "Nesterov", "Adagrad", "LBFGS"};
    tau_curve *list = scene_alloc(s, curves, sizeof *list);
    for (size_t c = 0; c < curves; c++) {
        fill_curve(s, &list[c], points, 0.08 * (double)c, curves > 1 ? labels[c % 6] : NULL);
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
    static const char *const titles[4] = {"SGD", "Adam", "RMSprop", "Nesterov"};
    double (*const functions[4])(double, double) = {bowl, wide, broken, bowl};
    const tau_field *fields[4];
    for (int i = 0; i < 4; i++) fields[i] = scene_add_field(s, 41, 41, 1, functions[i]);
    tau_figure_panel *panels = add_panels(s, 4);
    for (int i = 0; i < 4; i++)
        panels[i] = (tau_figure_panel){.title = titles[i],
                                       .xlabel = "δ (PC 1, 71.3 %)",
                                       .ylabel = "η (PC 2, 12.9 %)",
                                       .field = fields[i]};
    s->figure.options.share_scale = true;
    s->figure.options.kind = TAU_FIGURE_KIND_FILLED;
}

static void make_gaps(scene *s, tau_figure_kind kind) {
    tau_field *field = scene_add_field(s, 31, 31, 1, broken);
    uint8_t *done = scene_alloc(s, 31 * 31, 1);
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
        add_plane(s, scene_add_field(s, 21, 21, 1, flat));
        break;
    case SCENE_NAN:
        add_plane(s, scene_add_field(s, 21, 21, 1, nothing));
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
