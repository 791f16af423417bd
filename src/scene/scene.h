/** What is looked at: plain borrowed arrays, and their place in the world of three dimensions. */
#ifndef TAU_SCENE_SCENE_H
#define TAU_SCENE_SCENE_H

#include <stdint.h>

#include "figure/field.h"
#include "scene/view.h"

/** In tau_field.done, beside tau_field_state: a value that stands in until the point is computed. */
#define TAU_SCENE_STATE_PREVIEW 3

/** A named place on the slice: a pin, what the pointer is over. */
typedef struct tau_scene_mark {
    double coords[2];
    const char *label; /**< or NULL */
} tau_scene_mark;

/** An arrow of the gradient in the slice. */
typedef struct tau_scene_arrow {
    double coords[2], vector[2];
} tau_scene_arrow;

/** @lifetime everything is borrowed */
typedef struct tau_scene {
    const tau_field *field;  /**< of surface and map, or NULL; points of state
                                TAU_SCENE_STATE_PREVIEW are drawn hatched */
    uint64_t version;        /**< changes whenever the field's numbers do */
    const tau_curve *curves; /**< of a line view */
    size_t curve_count;
    const tau_path *paths;
    size_t path_count;
    const tau_scene_mark *marks;
    size_t mark_count;
    const tau_scene_arrow *arrows;
    size_t arrow_count;
    const double (*profile)[2];                   /**< the line drawn for a profile: two ends, or NULL */
    const char *title, *xlabel, *ylabel, *zlabel; /**< NULL = none, α, β, loss */
} tau_scene;

/** From data to the world. The box stands around the origin. */
typedef struct tau_space {
    double lo[3], hi[3]; /**< alpha, beta, loss on its scale (log10 where logarithmic); lo < hi */
    double half[3];      /**< half the size of the box in the world; the longer of x and y is 1 */
    bool log;
} tau_space;

/** Fits the space to the field (else to paths, marks, curves) by the view, whose logarithm is for losses: a
 * share stays on a linear scale.
 *
 * Height: the floor is the lowest value, or range_lo where that is lower. The top is clip, else range_hi,
 * else chosen by quantiles: at least half of the surface is shown, and walls that would flatten the rest are
 * cut, where that at least doubles it. Paths at their true loss are included, unless they too would flatten
 * it. A share goes from 0, or its lowest value below that, to 1, and nothing of it is cut. Without a field
 * that varies the box is as high as usual, and the surface lies in its middle.
 *
 * Plane: equal units for alpha and beta, unless one is more than three times as long. */
void tau_space_fit(tau_space *out, const tau_scene *scene, const tau_view *view);

/** On the scale of the space. @return false where there is no such place: not finite, no logarithm */
bool tau_space_get_scaled(const tau_space *space, double loss, double *scaled);

/** Heights far outside the box are clamped, so that they are finite as floats too.
 * @return false where there is no such place: not finite, no logarithm */
bool tau_space_get_world(const tau_space *space, double alpha, double beta, double loss, double world[3]);

/** Back again. @param[out] loss  itself, not its logarithm */
void tau_space_get_data(const tau_space *space, const double world[3], double *alpha, double *beta,
                        double *loss);

/** The place of the drawn surface above (alpha, beta): bilinear between its vertices.
 *  @return false outside, or beside a vertex that is not drawn */
bool tau_scene_get_surface(const tau_space *space, const tau_field *field, double alpha, double beta,
                           double world[3]);

/** Where a ray first meets the surface, as tau_scene_get_surface has it; what is cut off at the top is not
 *  met. @param[in] direction  need not be a unit   @param[out] coords  alpha, beta   @return false = nowhere
 */
bool tau_scene_pick(const tau_space *space, const tau_field *field, const double origin[3],
                    const double direction[3], double coords[2]);

/** The field's value at a place, bilinear in the value; NaN outside or beside a point without one. Grids of
 * one row or column have values on it only. */
double tau_scene_sample(const tau_field *field, double alpha, double beta);

#endif
