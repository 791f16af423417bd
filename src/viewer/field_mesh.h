/** A field as vertices and triangles. Private to the viewer. */
#ifndef TAU_VIEWER_FIELD_MESH_H
#define TAU_VIEWER_FIELD_MESH_H

#include <stdint.h>

#include "figure/mesh.h"
#include "scene/scene.h"

/** Heights beyond the box are clamped to this many boxes. */
#define TAU_FIELD_HEIGHT_MAX 4.0

typedef struct tau_field_vertex {
    float x, y;     /**< world */
    float height;   /**< units of the box: 0 = floor, 1 = top; 0 where there is none */
    float slope[2]; /**< of the height by world x and y */
    uint8_t shade;  /**< contact shading, 255 = darkest */
    uint8_t preview;
    uint8_t unused[2];
} tau_field_vertex;

typedef struct tau_field_mesh {
    tau_field_vertex *vertices; /**< [columns * rows]; a field of one row or column is a narrow band */
    size_t columns, rows;
    uint32_t *triangles; /**< of the surface */
    size_t triangle_indices;
    uint32_t *coarse; /**< fewer triangles of the same surface: blocks of cells that are as good as flat are
                         one cell; empty for small fields */
    size_t coarse_indices;
    uint32_t *not_finite; /**< of cells with a corner that is not finite */
    size_t not_finite_indices;
    uint32_t *not_computed;
    size_t not_computed_indices;
    bool preview; /**< some point is one */
} tau_field_mesh;

/** Fields of fewer points are not thinned. */
#define TAU_FIELD_THIN_LEAST 20000

/** @param[in] grid  of the field, on the scale of the space   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_field_mesh_create(tau_field_mesh *out, const tau_field *field, const tau_mesh *grid,
                                           const tau_space *space);
/** Adds the coarse triangles. @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_field_mesh_thin(tau_field_mesh *mesh);

void tau_field_mesh_release(tau_field_mesh *mesh);

#endif
