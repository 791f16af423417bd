/** A field made ready for drawing: on the scale of the picture, with everything undrawable as NaN. */
#ifndef TAU_FIGURE_MESH_H
#define TAU_FIGURE_MESH_H

#include <stdbool.h>

#include "core/status.h"
#include "figure/field.h"

typedef struct tau_mesh {
    size_t nx, ny;
    const double *x, *y;    /**< borrowed from the field */
    double *z;              /**< [ny,nx], value or log10(value); NaN where nothing can be drawn */
    double lowest, highest; /**< of the drawable z; NaN where there are none */
    size_t lowest_index;    /**< into z */
    size_t drawable;        /**< points with a z */
    size_t not_finite;      /**< computed, but inf or NaN */
    size_t not_positive;    /**< finite, but without a logarithm (log only) */
    size_t not_computed;
    bool share; /**< of the field */
} tau_mesh;

/** Checks the axes and copies the values.
 *  @param[in] log  z = log10(value)
 *  @errors TAU_STATUS_INPUT (axes not finite or not increasing, an empty grid), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_mesh_create(tau_mesh *out, const tau_field *field, bool log);

/** Is there a rectangle of four neighbouring drawable points? Lines and surfaces stand on these. */
bool tau_mesh_has_cells(const tau_mesh *grid);

/** Does a range hold more than rounding? Values that differ by less count as constant. */
bool tau_mesh_range_varies(double lo, double hi);

/** Frees the values; a zeroed grid is legal. */
void tau_mesh_release(tau_mesh *grid);

#endif
