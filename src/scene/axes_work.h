/** Axes while they are planned. Private to scene. */
#ifndef TAU_SCENE_AXES_WORK_H
#define TAU_SCENE_AXES_WORK_H

#include "figure/ticks.h"
#include "scene/axes.h"
#include "scene/sight.h"

/** Labels of three axes with their names. */
#define TAU_AXES_LABELS_MAX (3 * (TAU_TICKS_MAX + 1))

typedef struct tau_axes_axis {
    const tau_sight_edge *edge; /**< that carries the ticks, or NULL */
    tau_ticks ticks;
    int tick_axis;      /**< the axis of the world along which ticks are drawn */
    double tick_length; /**< world, signed */
    double reach;       /**< pixels that the numbers take, outwards from their ticks */
} tau_axes_axis;

typedef struct tau_axes_work {
    tau_axes *out;
    const tau_scene *scene;
    tau_axes_measure measure;
    void *payload;
    tau_sight sight;
    double em, tick, gap; /**< pixels: height of a digit's box, a tick, between neighbours */
    tau_axes_axis axes[3];
    int label_axis[TAU_AXES_LABELS_MAX];
    size_t line_capacity;
} tau_axes_work;

void tau_axes_set_ticks(tau_axes_work *work, int axis, int wanted);

/** Where a tick stands along its axis, in the world. */
double tau_axes_get_place(const tau_axes_work *work, int axis, int tick);

/** Chooses the ticks of the axes that have an edge, and places numbers and names.
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_axes_place_labels(tau_axes_work *work);

#endif
