#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PICTURE_COUNT] = {
    "surface",  "surface-dark", "surface-log", "surface-walls", "surface-wire", "surface-clip", "map",
    "map-dark", "map-log",      "map-zoomed",  "line",          "line-dark",    "lines",        "line-log",
    "path",     "path-stems",   "paths-comet", "paths-map",     "gaps",         "gaps-dark",    "gaps-map",
    "tools",    "tools-map",    "nothing",     "constant",      "nan",          "point",        "row",
    "column",   "row-map",      "long-texts",
};

const char *picture_get_name(picture_kind kind) {
    return names[kind];
}

static void *keep(picture *p, size_t count, size_t size) {
    void *block = calloc(count, size);
    if (!block || p->block_count == (int)(sizeof p->blocks / sizeof p->blocks[0])) abort();
    return p->blocks[p->block_count++] = block;
}

void picture_release(picture *p) {
    for (int i = 0; i < p->block_count; i++) free(p->blocks[i]);
    memset(p, 0, sizeof *p);
}

double picture_bowl(double x, double y) {
    double bend = y - 0.35 * x * x + 0.1;
    return 0.031 + 1.4 * x * x + 3.2 * bend * bend + 0.28 * sin(5 * x + 1) * sin(4 * y) + 0.28;
}

static double steep(double x, double y) {
    return 1e-3 * exp(7 * (picture_bowl(x, y) - 0.1) / 3);
}

static double flat(double x, double y) {
    return 2.302585 + 0 * x * y;
}

static double broken(double x, double y) {
    return x > 0.45 && y > 0.2 ? NAN : picture_bowl(x, y);
}

static double nothing(double x, double y) {
    return x + y > 0 ? NAN : INFINITY;
}

static double walls(double x, double y) {
    double s = hypot(x, y) / 25000;
    return 0.03 + 0.4 * s * s + 2.6e35 * pow(s, 40);
}

static double *make_axis(picture *p, size_t count, double range) {
    double *axis = keep(p, count, sizeof *axis);
    for (size_t i = 0; i < count; i++)
        axis[i] =
            count == 1 ? 0 : (-range * (double)(count - 1 - i) + range * (double)i) / (double)(count - 1);
    return axis;
}

tau_field *picture_add_field(picture *p, size_t nx, size_t ny, double range, double (*f)(double, double)) {
    double *x = make_axis(p, nx, range), *y = make_axis(p, ny, range),
           *value = keep(p, nx * ny, sizeof *value);
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) value[j * nx + i] = f(x[i], y[j]);
    tau_field *field = keep(p, 1, sizeof *field);
    *field = (tau_field){.nx = nx, .ny = ny, .alpha = x, .beta = y, .value = value, .name = "loss"};
    p->scene.field = field;
    return field;
}

static void fill_path(picture *p, tau_path *path, size_t count, double turn, const char *label, double lift) {
    double(*coords)[2] = keep(p, count, sizeof *coords);
    double *loss = keep(p, count, sizeof *loss);
    for (size_t t = 0; t < count; t++) {
        double u = (double)t / (double)(count - 1), r = exp(-3.2 * u) - exp(-3.2);
        coords[t][0] = 0.85 * r * cos(turn + 2.2 * u) + 0.03 * sin(25 * u) * r;
        coords[t][1] = 0.85 * r * sin(turn + 2.2 * u) + 0.05 * cos(31 * u) * r;
        loss[t] = picture_bowl(coords[t][0], coords[t][1]) + lift * (1 - 0.7 * u);
    }
    *path = (tau_path){.count = count,
                       .coords = (const double(*)[2])coords,
                       .label = label,
                       .loss_true = lift != 0 ? loss : NULL};
}

static void add_paths(picture *p, size_t count, double lift) {
    static const char *const labels[4] = {"SGD", "Adam", "RMSprop", "Nesterov"};
    tau_path *paths = keep(p, count, sizeof *paths);
    for (size_t i = 0; i < count; i++)
        fill_path(p, &paths[i], 90, 0.7 + 1.5 * (double)i, labels[i % 4], lift);
    p->scene.paths = paths;
    p->scene.path_count = count;
}

static void add_curves(picture *p, size_t count, bool errors) {
    static const char *const labels[4] = {"SGD", "Adam", "RMSprop", "Nesterov"};
    enum { POINTS = 81 };
    tau_curve *curves = keep(p, count, sizeof *curves);
    for (size_t c = 0; c < count; c++) {
        double *alpha = keep(p, POINTS, sizeof *alpha), *loss = keep(p, POINTS, sizeof *loss);
        double *se = keep(p, POINTS, sizeof *se), *accuracy = keep(p, POINTS, sizeof *accuracy);
        for (size_t i = 0; i < POINTS; i++) {
            double a = alpha[i] = -0.5 + 2.0 * (double)i / (POINTS - 1),
                   away = fabs(a - 1 - 0.08 * (double)c);
            loss[i] = 0.05 + 2.2 * pow(away, 1.7) + 0.15 * exp(-30 * (a - 0.4) * (a - 0.4));
            se[i] = 0.04 + 0.06 * loss[i];
            accuracy[i] = 0.1 + 0.88 / (1 + 6 * pow(away, 3));
        }
        curves[c] = (tau_curve){.count = POINTS,
                                .alpha = alpha,
                                .loss = loss,
                                .loss_se = errors ? se : NULL,
                                .accuracy = accuracy,
                                .label = count > 1 ? labels[c % 4] : NULL};
    }
    p->scene.field = NULL;
    p->scene.curves = curves;
    p->scene.curve_count = count;
    p->scene.xlabel = "α (0 = initial, 1 = trained)";
    tau_scene_mark *ends = keep(p, 2, sizeof *ends);
    ends[0] = (tau_scene_mark){{0, 0}, "initial"};
    ends[1] = (tau_scene_mark){{1, 0}, "trained"};
    p->scene.marks = ends;
    p->scene.mark_count = 2;
}

static void add_gaps(picture *p) {
    enum { SIDE = 41 };
    tau_field *field = picture_add_field(p, SIDE, SIDE, 1, broken);
    uint8_t *done = keep(p, SIDE * SIDE, 1);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        size_t x = i % SIDE, y = i / SIDE;
        done[i] = x + y <= 16 ? TAU_FIELD_STATE_NOT_COMPUTED : x > 22 && y < 15 ? TAU_SCENE_STATE_PREVIEW : 1;
    }
    field->done = done;
}

static void add_tools(picture *p) {
    static const double profile[2][2] = {{-0.8, -0.6}, {0.7, 0.75}};
    tau_scene_mark *marks = keep(p, 2, sizeof *marks);
    marks[0] = (tau_scene_mark){{0.1, -0.05}, "minimum 0.112"};
    marks[1] = (tau_scene_mark){{-0.6, 0.55}, "pin 1"};
    tau_scene_arrow *arrows = keep(p, 49, sizeof *arrows);
    for (int i = 0; i < 49; i++) {
        double x = -0.9 + 0.3 * (i % 7), y = -0.9 + 0.3 * (i / 7), h = 1e-4;
        arrows[i] = (tau_scene_arrow){{x, y},
                                      {(picture_bowl(x - h, y) - picture_bowl(x + h, y)) / h,
                                       (picture_bowl(x, y - h) - picture_bowl(x, y + h)) / h}};
    }
    p->scene.marks = marks, p->scene.mark_count = 2;
    p->scene.arrows = arrows, p->scene.arrow_count = 49;
    p->scene.profile = profile;
}

static tau_view_kind get_kind(picture_kind kind) {
    switch (kind) {
    case PICTURE_MAP:
    case PICTURE_MAP_DARK:
    case PICTURE_MAP_LOG:
    case PICTURE_MAP_ZOOMED:
    case PICTURE_PATHS_MAP:
    case PICTURE_GAPS_MAP:
    case PICTURE_TOOLS_MAP:
    case PICTURE_ROW_MAP:
        return TAU_VIEW_KIND_MAP;
    case PICTURE_LINE:
    case PICTURE_LINE_DARK:
    case PICTURE_LINES:
    case PICTURE_LINE_LOG:
        return TAU_VIEW_KIND_LINE;
    default:
        return TAU_VIEW_KIND_SURFACE;
    }
}

static void fill_plane(picture *p, picture_kind kind) {
    switch (kind) {
    case PICTURE_SURFACE_WALLS:
        picture_add_field(p, 61, 61, 25000, walls);
        break;
    case PICTURE_SURFACE_LOG:
    case PICTURE_MAP_LOG:
        picture_add_field(p, 61, 61, 1, steep);
        p->view.log = true;
        break;
    case PICTURE_GAPS:
    case PICTURE_GAPS_DARK:
    case PICTURE_GAPS_MAP:
        add_gaps(p);
        break;
    case PICTURE_NOTHING:
        p->scene.field = NULL;
        break;
    case PICTURE_CONSTANT:
        picture_add_field(p, 21, 21, 1, flat);
        break;
    case PICTURE_NAN:
        picture_add_field(p, 21, 21, 1, nothing);
        break;
    case PICTURE_POINT:
        picture_add_field(p, 1, 1, 1, picture_bowl);
        break;
    case PICTURE_ROW:
    case PICTURE_ROW_MAP:
        picture_add_field(p, 31, 1, 1, picture_bowl);
        break;
    case PICTURE_COLUMN:
        picture_add_field(p, 1, 31, 1, picture_bowl);
        break;
    default:
        picture_add_field(p, 81, 81, 1, picture_bowl);
    }
}

static void decorate(picture *p, picture_kind kind) {
    switch (kind) {
    case PICTURE_SURFACE_WIRE:
        p->view.wireframe = true;
        p->view.isolines = false;
        break;
    case PICTURE_SURFACE_CLIP:
        p->view.clip = 1.6;
        snprintf(p->view.colormap, sizeof p->view.colormap, "batlow");
        break;
    case PICTURE_MAP_ZOOMED:
        for (int axis = 0; axis < 2; axis++) p->view.map_lo[axis] = -0.4, p->view.map_hi[axis] = 0.2;
        break;
    case PICTURE_PATH:
        add_paths(p, 1, 0);
        break;
    case PICTURE_PATH_STEMS:
        add_paths(p, 1, 0.8);
        p->view.stems = true;
        break;
    case PICTURE_PATHS_COMET:
        add_paths(p, 3, 0);
        p->view.time = 24.5;
        p->view.comet = 20;
        break;
    case PICTURE_PATHS_MAP:
        add_paths(p, 4, 0);
        break;
    case PICTURE_TOOLS:
    case PICTURE_TOOLS_MAP:
        add_tools(p);
        break;
    case PICTURE_LONG_TEXTS:
        add_paths(p, 4, 0);
        ((tau_path *)p->scene.paths)[0].label =
            "stochastic gradient descent with momentum 0.9, weight decay 5e-4 and a cosine schedule";
        p->scene.title =
            "A title that somebody wrote without any thought of the width of the page that it would "
            "have to be printed on, with \xff\xfe broken bytes\nand a line break";
        p->scene.xlabel =
            "δ, the first principal component of the states of all four trainings together (71.3 %)";
        p->scene.ylabel =
            "η, the second principal component of the states of all four trainings together (12.9 %)";
        break;
    default:
        break;
    }
}

void picture_create(picture *p, picture_kind kind) {
    memset(p, 0, sizeof *p);
    p->view = tau_view_get_default(get_kind(kind));
    p->scene.version = 1;
    p->scene.title = "MNIST CNN, filter-normalised plane";
    p->scene.xlabel = "α along δ";
    p->scene.ylabel = "β along η";
    p->view.dark = kind == PICTURE_SURFACE_DARK || kind == PICTURE_MAP_DARK || kind == PICTURE_LINE_DARK ||
                   kind == PICTURE_GAPS_DARK;
    if (get_kind(kind) == TAU_VIEW_KIND_LINE) {
        add_curves(p, kind == PICTURE_LINES ? 4 : 1, kind != PICTURE_LINES);
        p->scene.title = "From the initial to the trained state";
        if (kind == PICTURE_LINE_LOG) {
            p->view.log = true;
            double *loss = (double *)p->scene.curves[0].loss;
            for (int i = 0; i < 81; i++) loss[i] = i < 6 ? NAN : pow(loss[i], 5);
        }
        return;
    }
    fill_plane(p, kind);
    decorate(p, kind);
}

void picture_fit(picture *p, int width, int height) {
    tau_space space;
    tau_space_fit(&space, &p->scene, &p->view);
    double lo[3];
    for (int i = 0; i < 3; i++) lo[i] = -space.half[i];
    tau_camera_fit(&p->view.camera, lo, space.half, 0.85 * width / (0.92 * height));
}
