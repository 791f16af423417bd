#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "scene/axes.h"
#include "scene/fields.h"
#include "scene/sight.h"

static const double unit_lo[2] = {-1, -1}, unit_hi[2] = {1, 1};

static double bowl(double a, double b) {
    return 0.1 + a * a + b * b;
}

static double decades(double a, double b) {
    return pow(10, 17 * (a * a + b * b) - 1);
}

/* A face of fixed width: six tenths of the size for each character. */
static void measure(void *payload, const char *text, bool is_name, double *width, double *height) {
    double size = *(double *)payload * (is_name ? 1.15 : 1);
    *width = 0;
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80) *width += 0.6 * size;
    *height = 1.2 * size;
}

typedef struct picture {
    int width, height;
    double size; /* of the type */
} picture;

static const picture pictures[] = {{320, 240, 10}, {800, 600, 13}, {1280, 720, 13}, {2560, 1440, 26}};

static void assert_sound(const tau_axes *axes, const tau_sight *sight, const picture *p, const char *where) {
    for (size_t i = 0; i < axes->label_count; i++) {
        const tau_axes_label *a = &axes->labels[i];
        cr_assert(a->text[0] && a->width > 0 && a->height > 0, "%s", where);
        cr_assert(a->x - a->width / 2 >= 0 && a->x + a->width / 2 <= p->width, "%s: %s", where, a->text);
        cr_assert(a->y - a->height / 2 >= 0 && a->y + a->height / 2 <= p->height, "%s: %s", where, a->text);
        cr_assert_not(tau_sight_covers(sight, a->x, a->y, a->width, a->height), "%s: %s on the box", where,
                      a->text);
        for (size_t j = 0; j < i; j++) {
            const tau_axes_label *b = &axes->labels[j];
            cr_assert(fabs(a->x - b->x) >= (a->width + b->width) / 2 ||
                          fabs(a->y - b->y) >= (a->height + b->height) / 2,
                      "%s: %s overlaps %s", where, a->text, b->text);
        }
    }
    for (size_t i = 0; i < axes->line_count; i++)
        for (int k = 0; k < 3; k++)
            cr_assert(fabsf(axes->lines[i].from[k]) < 3 && fabsf(axes->lines[i].to[k]) < 3, "%s", where);
}

static int count(const tau_axes *axes, bool names) {
    int found = 0;
    for (size_t i = 0; i < axes->label_count; i++) found += axes->labels[i].is_name == names;
    return found;
}

/* Axes that are long enough in the picture to be read. */
static int count_readable(const tau_sight *sight, double length) {
    int readable = 0;
    for (int axis = 0; axis < 3; axis++) {
        bool any = false;
        for (int e = 4 * axis; e < 4 * axis + 4; e++)
            any |= sight->edges[e].outline && sight->edges[e].length > length;
        readable += any;
    }
    return readable;
}

typedef struct sweep {
    surface kind;
    bool log;
    const char *xlabel;
    double roll, zoom;
    bool fitted; /* everything is in the picture, so that names and numbers must be there */
} sweep;

static void look_from(const tau_scene *scene, const sweep *s, const picture *p, tau_camera camera) {
    char where[128];
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.log = s->log;
    tau_space space;
    tau_space_fit(&space, scene, &view);
    double lo[3], hi[3], size = p->size;
    for (int i = 0; i < 3; i++) lo[i] = -space.half[i], hi[i] = space.half[i];
    camera.roll = s->roll;
    tau_camera_fit(&camera, lo, hi, (double)p->width / p->height);
    camera.distance *= s->zoom;
    view.camera = camera;
    snprintf(where, sizeof where, "%dx%d, yaw %g, pitch %g, parallel %d", p->width, p->height, camera.yaw,
             camera.pitch, camera.orthographic);
    tau_sight sight;
    tau_sight_create(&sight, &view.camera, &space, p->width, p->height);
    tau_axes axes;
    cr_assert_eq(tau_axes_plan(&axes, scene, &view, &space, p->width, p->height, measure, &size),
                 TAU_STATUS_OK);
    assert_sound(&axes, &sight, p, where);
    int readable = count_readable(&sight, 0.25 * p->height);
    cr_assert(axes.line_count > 0);
    if (s->fitted) {
        int spared = p->width < 640; /* so small that one may lack room */
        cr_assert(count(&axes, true) >= readable - spared, "%s: %d names for %d axes", where,
                  count(&axes, true), readable);
        int numbers = p->width < 640 ? 1 : 2;
        cr_assert(count(&axes, false) >= numbers * readable, "%s: %d numbers", where, count(&axes, false));
    }
    tau_axes_clear(&axes);
}

static void sweep_cameras(const sweep *s) {
    owned_field made = fields_make(9, 9, unit_lo, unit_hi, s->kind);
    tau_scene scene = {.field = &made.field, .xlabel = s->xlabel};
    for (size_t p = 0; p < sizeof pictures / sizeof *pictures; p++)
        for (double yaw = -180; yaw < 180; yaw += 12)
            for (double pitch = -90; pitch <= 90; pitch += 9)
                for (int parallel = 0; parallel < 2; parallel++)
                    look_from(&scene, s, &pictures[p],
                              (tau_camera){.yaw = yaw,
                                           .pitch = pitch,
                                           .field_of_view = 30,
                                           .distance = 5,
                                           .orthographic = parallel});
    fields_free(&made);
}

Test(axes, texts_never_overlap_nor_leave_the_picture) {
    sweep_cameras(&(sweep){bowl, false, NULL, 0, 1, true});
}

Test(axes, powers_of_ten_and_long_names_find_their_room) {
    sweep_cameras(&(sweep){decades, true, "α (PC 1, 62.3 % of the variance)", 0, 1, true});
}

Test(axes, huge_values_share_a_power_in_the_name) {
    sweep_cameras(&(sweep){decades, false, NULL, 0, 1, true});
}

Test(axes, of_a_rolled_camera_keep_apart) {
    sweep_cameras(&(sweep){bowl, false, NULL, 40, 1, true});
}

Test(axes, of_a_near_camera_keep_what_is_in_the_picture) {
    sweep_cameras(&(sweep){bowl, false, NULL, 0, 0.6, false});
    sweep_cameras(&(sweep){bowl, false, NULL, 0, 0.05, false});
}

/* The default camera, seen as text. */
static void plan_default(tau_axes *axes, const tau_scene *scene, bool log, tau_camera_preset preset) {
    double size = 13;
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    view.log = log;
    view.camera = tau_camera_get_preset(preset);
    tau_space space;
    tau_space_fit(&space, scene, &view);
    cr_assert_eq(tau_axes_plan(axes, scene, &view, &space, 1280, 720, measure, &size), TAU_STATUS_OK);
}

static bool says(const tau_axes *axes, const char *text, bool is_name) {
    for (size_t i = 0; i < axes->label_count; i++)
        if (axes->labels[i].is_name == is_name && strcmp(axes->labels[i].text, text) == 0) return true;
    return false;
}

Test(axes, say_what_they_are_and_where_ticks_stand) {
    owned_field made = fields_make(9, 9, unit_lo, unit_hi, bowl);
    tau_scene scene = {.field = &made.field};
    tau_axes axes;
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_ISO);
    cr_assert(says(&axes, "α", true) && says(&axes, "β", true) && says(&axes, "loss", true));
    cr_assert(says(&axes, "−0.5", false) && says(&axes, "1.5", false));
    tau_axes_clear(&axes);
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_TOP);
    cr_assert(says(&axes, "α", true) && says(&axes, "β", true) && !says(&axes, "loss", true));
    tau_axes_clear(&axes);
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_FRONT);
    cr_assert(says(&axes, "α", true) && says(&axes, "loss", true) && !says(&axes, "β", true));
    tau_axes_clear(&axes);
    fields_free(&made);
    made = fields_make(9, 9, unit_lo, unit_hi, decades);
    scene = (tau_scene){.field = &made.field, .xlabel = "first", .zlabel = "risk"};
    plan_default(&axes, &scene, true, TAU_CAMERA_PRESET_ISO);
    cr_assert(says(&axes, "first", true) && says(&axes, "risk", true) && says(&axes, "10¹⁴", false));
    tau_axes_clear(&axes);
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_ISO);
    bool power = false;
    for (size_t i = 0; i < axes.label_count; i++) power |= strncmp(axes.labels[i].text, "risk (×10", 9) == 0;
    cr_assert(power, "the power of ten that the numbers leave out");
    tau_axes_clear(&axes);
    fields_free(&made);
}

Test(axes, a_name_far_too_long_is_cut_between_characters) {
    char name[4000] = "";
    for (int i = 0; i < 900; i++) strcat(name, "ß");
    owned_field made = fields_make(9, 9, unit_lo, unit_hi, bowl);
    tau_scene scene = {.field = &made.field, .xlabel = name, .ylabel = "", .zlabel = "\xff\xfe"};
    tau_axes axes;
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_ISO);
    bool found = false;
    for (size_t i = 0; i < axes.label_count; i++) {
        const char *text = axes.labels[i].text;
        if (strncmp(text, "ß", 2) != 0) continue;
        size_t length = strlen(text);
        found = true;
        cr_assert(length > 8 && strcmp(text + length - 3, "…") == 0 && length % 2 == 1, "%s", text);
    }
    cr_assert(found);
    tau_axes_clear(&axes);
    fields_free(&made);
}

/* Grid lines stand on walls that are turned away, where they cannot hide the surface. */
Test(axes, walls_are_behind) {
    owned_field made = fields_make(9, 9, unit_lo, unit_hi, bowl);
    tau_scene scene = {.field = &made.field};
    tau_axes axes;
    plan_default(&axes, &scene, false, TAU_CAMERA_PRESET_ISO); /* from the front, the right and above */
    int edges = 0, grid = 0;
    for (size_t i = 0; i < axes.line_count; i++) {
        const tau_axes_line *line = &axes.lines[i];
        edges += line->weight == 2;
        if (line->weight != 0) continue;
        grid++;
        bool back = line->from[1] > 0.99f && line->to[1] > 0.99f,
             left = line->from[0] < -0.99f && line->to[0] < -0.99f;
        bool floor = line->from[2] < -0.49f && line->to[2] < -0.49f;
        cr_assert(back || left || floor);
    }
    cr_assert_gt(grid, 0);
    cr_assert_eq(edges, 9, "all but the three that meet before the surface");
    tau_axes_clear(&axes);
    fields_free(&made);
}

Test(axes, empty_pictures_and_degenerate_scenes_are_fine) {
    tau_scene scene = {0};
    tau_view view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
    tau_space space;
    tau_space_fit(&space, &scene, &view);
    static const int sizes[][2] = {{0, 0}, {1, 1}, {40, 20}, {20, 2000}, {30000, 10}};
    double size = 13;
    for (int s = 0; s < 5; s++) {
        tau_axes axes;
        cr_assert_eq(tau_axes_plan(&axes, &scene, &view, &space, sizes[s][0], sizes[s][1], measure, &size),
                     TAU_STATUS_OK);
        tau_axes_clear(&axes);
    }
}
