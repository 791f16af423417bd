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

void picture_release(picture *p) {
    fields_release(&p->memory);
    memset(p, 0, sizeof *p);
}

double picture_bowl(double x, double y) {
    double bend = y - 0.35 * x * x + 0.1;
    return 0.031 + 1.4 * x * x + 3.2 * bend * bend + 0.28 * sin(5 * x + 1) * sin(4 * y) + 0.28;
}

static double steep(double x, double y) {
    return 1e-3 * exp(7 * (picture_bowl(x, y) - 0.1) / 3);
}

static double broken(double x, double y) {
    return x > 0.45 && y > 0.2 ? NAN : picture_bowl(x, y);
}

static double walls(double x, double y) {
    double s = hypot(x, y) / 25000;
    return 0.03 + 0.4 * s * s + 2.6e35 * pow(s, 40);
}

tau_field *picture_add_field(picture *p, size_t nx, size_t ny, double range, double (*f)(double, double)) {
    tau_field *field = fields_add(&p->memory, nx, ny, range, f);
    p->scene.field = field;
    return field;
}

static double above_the_surface(double x, double y, double u) {
    return picture_bowl(x, y) + 0.8 * (1 - 0.7 * u);
}

static void add_paths(picture *p, size_t count, double (*loss)(double x, double y, double u)) {
    tau_path *paths = fields_alloc(&p->memory, count, sizeof *paths);
    for (size_t i = 0; i < count; i++)
        fields_fill_path(&p->memory, &paths[i], 90, 0.7 + 1.5 * (double)i, fields_optimizers[i % 4], loss);
    p->scene.paths = paths;
    p->scene.path_count = count;
}

static void add_curves(picture *p, size_t count, bool errors) {
    tau_curve *curves = fields_alloc(&p->memory, count, sizeof *curves);
    for (size_t c = 0; c < count; c++) {
        fields_fill_curve(&p->memory, &curves[c], 81, 0.08 * (double)c,
                          count > 1 ? fields_optimizers[c % 4] : NULL);
        if (!errors) curves[c].loss_se = NULL;
    }
    p->scene.field = NULL;
    p->scene.curves = curves;
    p->scene.curve_count = count;
    p->scene.xlabel = "α (0 = initial, 1 = trained)";
    static const tau_scene_mark ends[2] = {{{0, 0}, "initial"}, {{1, 0}, "trained"}};
    p->scene.marks = ends;
    p->scene.mark_count = 2;
}

static void add_gaps(picture *p) {
    enum { SIDE = 41 };
    tau_field *field = picture_add_field(p, SIDE, SIDE, 1, broken);
    uint8_t *done = fields_alloc(&p->memory, SIDE * SIDE, 1);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        size_t x = i % SIDE, y = i / SIDE;
        done[i] = x + y <= 16 ? TAU_FIELD_STATE_NOT_COMPUTED : x > 22 && y < 15 ? TAU_SCENE_STATE_PREVIEW : 1;
    }
    field->done = done;
}

static void add_tools(picture *p) {
    static const double profile[2][2] = {{-0.8, -0.6}, {0.7, 0.75}};
    tau_scene_mark *marks = fields_alloc(&p->memory, 2, sizeof *marks);
    marks[0] = (tau_scene_mark){{0.1, -0.05}, "minimum 0.112"};
    marks[1] = (tau_scene_mark){{-0.6, 0.55}, "pin 1"};
    tau_scene_arrow *arrows = fields_alloc(&p->memory, 49, sizeof *arrows);
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
        picture_add_field(p, 21, 21, 1, fields_flat);
        break;
    case PICTURE_NAN:
        picture_add_field(p, 21, 21, 1, fields_nothing);
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
        add_paths(p, 1, NULL);
        break;
    case PICTURE_PATH_STEMS:
        add_paths(p, 1, above_the_surface);
        p->view.stems = true;
        break;
    case PICTURE_PATHS_COMET:
        add_paths(p, 3, NULL);
        p->view.time = 24.5;
        p->view.comet = 20;
        break;
    case PICTURE_PATHS_MAP:
        add_paths(p, 4, NULL);
        break;
    case PICTURE_TOOLS:
    case PICTURE_TOOLS_MAP:
        add_tools(p);
        break;
    case PICTURE_LONG_TEXTS:
        add_paths(p, 4, NULL);
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

picture picture_create(picture_kind kind) {
    picture p = {.view = tau_view_get_default(get_kind(kind)),
                 .scene = {.version = 1,
                           .title = "MNIST CNN, filter-normalised plane",
                           .xlabel = "α along δ",
                           .ylabel = "β along η"}};
    p.view.dark = kind == PICTURE_SURFACE_DARK || kind == PICTURE_MAP_DARK || kind == PICTURE_LINE_DARK ||
                  kind == PICTURE_GAPS_DARK;
    if (get_kind(kind) == TAU_VIEW_KIND_LINE) {
        add_curves(&p, kind == PICTURE_LINES ? 4 : 1, kind != PICTURE_LINES);
        p.scene.title = "From the initial to the trained state";
        if (kind == PICTURE_LINE_LOG) {
            p.view.log = true;
            double *loss = (double *)p.scene.curves[0].loss;
            for (int i = 0; i < 81; i++) loss[i] = i < 6 ? NAN : pow(loss[i], 5);
        }
        return p;
    }
    fill_plane(&p, kind);
    decorate(&p, kind);
    return p;
}

void picture_fit(picture *p, int width, int height) {
    tau_space space;
    tau_space_fit(&space, &p->scene, &p->view);
    double lo[3];
    for (int i = 0; i < 3; i++) lo[i] = -space.half[i];
    tau_camera_fit(&p->view.camera, lo, space.half, 0.85 * width / (0.92 * height));
}
