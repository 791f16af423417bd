/** Pictures of every kind and of ugly data, for tests of layout and output. */
#ifndef TESTS_FIGURE_SCENES_H
#define TESTS_FIGURE_SCENES_H

#include "figure/fields.h"
#include "figure/figure.h"

typedef enum scene_kind {
    SCENE_CONTOUR,
    SCENE_CONTOUR_ARTICLE,
    SCENE_FILLED,
    SCENE_HEATMAP,
    SCENE_TRAJECTORY,
    SCENE_TRAJECTORIES,
    SCENE_PATHS_ONLY,
    SCENE_LINE,
    SCENE_LINES,
    SCENE_LINE_LOG,
    SCENE_PANELS,
    SCENE_GAPS,
    SCENE_GAPS_CONTOUR,
    SCENE_HUGE,
    SCENE_CONSTANT,
    SCENE_NAN,
    SCENE_POINT,
    SCENE_ROW,
    SCENE_COLUMN,
    SCENE_NOISE,
    SCENE_LONG_TEXTS,
    SCENE_NARROW_RANGE,
    SCENE_COUNT,
} scene_kind;

/** A picture and the memory behind it. */
typedef struct scene {
    tau_figure figure;
    field_memory memory;
} scene;

const char *scene_get_name(scene_kind kind);
void scene_create(scene *out, scene_kind kind);
void scene_release(scene *scene);

/** f over nx × ny points of ±range; lives as long as the scene. */
tau_field *scene_add_field(scene *scene, size_t nx, size_t ny, double range, double (*f)(double, double));

#endif
