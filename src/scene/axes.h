/** Axes of a surface: the edges of its box that carry ticks from where it is seen, and the place of every
 * text. */
#ifndef TAU_SCENE_AXES_H
#define TAU_SCENE_AXES_H

#include <stddef.h>

#include "core/status.h"
#include "scene/scene.h"

/** Pixels of the picture. */
typedef struct tau_axes_label {
    char text[128];
    double x, y;          /**< centre, pixels from the left and upper edge */
    double width, height; /**< of the upright box */
    bool is_name;         /**< of an axis; otherwise a tick */
} tau_axes_label;

typedef struct tau_axes_line {
    float from[3], to[3]; /**< world */
    int weight;           /**< 0 = grid on a wall, 1 = tick, 2 = edge of the box */
} tau_axes_line;

typedef struct tau_axes {
    tau_axes_line *lines;
    size_t line_count;
    tau_axes_label *labels; /**< no two of them overlap, none leaves the picture or lies upon the box */
    size_t label_count;
} tau_axes;

/** Size of a text in pixels. */
typedef void (*tau_axes_measure)(void *payload, const char *text, bool is_name, double *width,
                                 double *height);

/** Plans the axes of a surface. Ticks and texts stand along edges on the outline of the box, where no part of
 * the surface is: of the two of each axis the lower or left one. Walls behind the surface have grid lines.
 * Distances and the density of ticks follow from the height of the texts. Where the eye is within the box,
 * there are no texts; what has no room is left out, ticks before names.
 *  @param[out] out  cleared by the caller with tau_axes_clear   @param[in] width, height  of the picture in
 *  pixels, whose aspect is that of the camera   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_axes_plan(tau_axes *out, const tau_scene *scene, const tau_view *view,
                                   const tau_space *space, int width, int height, tau_axes_measure measure,
                                   void *payload);
void tau_axes_clear(tau_axes *axes);

#endif
