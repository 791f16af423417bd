/* Scenes that tests compare with reference pictures, and that the gallery shows. */
#ifndef TESTS_VIEWER_PICTURES_H
#define TESTS_VIEWER_PICTURES_H

#include "figure/fields.h"
#include "scene/scene.h"

typedef enum picture_kind {
    PICTURE_SURFACE,
    PICTURE_SURFACE_DARK,
    PICTURE_SURFACE_LOG,
    PICTURE_SURFACE_WALLS, /* thirty-five decades high */
    PICTURE_SURFACE_WIRE,
    PICTURE_SURFACE_CLIP,
    PICTURE_MAP,
    PICTURE_MAP_DARK,
    PICTURE_MAP_LOG,
    PICTURE_MAP_ZOOMED,
    PICTURE_LINE,
    PICTURE_LINE_DARK,
    PICTURE_LINES,
    PICTURE_LINE_LOG,
    PICTURE_PATH, /* on the surface */
    PICTURE_PATH_STEMS,
    PICTURE_PATHS_COMET,
    PICTURE_PATHS_MAP,
    PICTURE_GAPS,
    PICTURE_GAPS_DARK,
    PICTURE_GAPS_MAP,
    PICTURE_TOOLS, /* marks, arrows, profile */
    PICTURE_TOOLS_MAP,
    PICTURE_NOTHING,
    PICTURE_CONSTANT,
    PICTURE_NAN,
    PICTURE_POINT,
    PICTURE_ROW,
    PICTURE_COLUMN,
    PICTURE_ROW_MAP,
    PICTURE_LONG_TEXTS,
    PICTURE_COUNT,
} picture_kind;

typedef struct picture {
    tau_scene scene;
    tau_view view;
    field_memory memory;
} picture;

picture picture_create(picture_kind kind);
void picture_release(picture *p);
const char *picture_get_name(picture_kind kind);

/* Turns the camera's eye to the whole box in a picture of this size. */
void picture_fit(picture *p, int width, int height);

/* A field over [-range, range]² that lives as long as the picture. */
tau_field *picture_add_field(picture *p, size_t nx, size_t ny, double range, double (*f)(double, double));
double picture_bowl(double x, double y);

#endif
