/** The surface of a scene as triangles: what a view shows of it. Private to scene. */
#ifndef TAU_SCENE_TRIANGLES_H
#define TAU_SCENE_TRIANGLES_H

#include <stdint.h>

#include "core/status.h"
#include "scene/scene.h"

typedef struct tau_triangles_vertex {
    float position[3]; /**< world */
    float normal[3];   /**< unit, upwards */
    uint8_t color[3];  /**< sRGB */
} tau_triangles_vertex;

typedef struct tau_triangles {
    tau_triangles_vertex *vertices;
    size_t vertex_count, vertex_capacity;
    uint32_t (*corners)[3]; /**< into vertices, counterclockwise from above */
    size_t count, capacity;
} tau_triangles;

/** Cuts the surface at the top of the space, exactly.
 *  @errors TAU_STATUS_INPUT (no cell has all its points), TAU_STATUS_UNSUPPORTED (too many points),
 *  TAU_STATUS_MISSING (no such colour map), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_triangles_create(tau_triangles *out, const tau_scene *scene, const tau_view *view,
                                          const tau_space *space);
void tau_triangles_clear(tau_triangles *triangles);

#endif
