/** Feature spaces and decision boundaries: where the network puts the samples, how it bends the input's grid,
 * and what it decides where. Both give the same frame, so that one picture draws both. */
#ifndef TAU_REPLAY_FEATURES_H
#define TAU_REPLAY_FEATURES_H

#include "replay/replay.h"

typedef struct tau_features tau_features;

typedef struct tau_features_options {
    const char *layer;  /**< NULL: as tau_replay_find_value */
    int dims;           /**< of the picture, 1 to 3; 0 = the layer's units up to 3, wider layers 2 */
    double x[2], y[2];  /**< range of the input's grid; both ends 0 = (-1, 1), or the data's where they lie
                             outside */
    size_t lines;       /**< grid lines each way; 0 = 11 */
    size_t line_points; /**< 0 = 1000 */
    size_t mesh;        /**< vertices of the mesh each way; 0 = 100 */
    /** An earlier feature space of the same layer: principal axes are turned to lie as near as can be to its
     * own, so that pictures of a recording that grows do not jump. NULL = none; borrowed for the call. */
    const tau_features *before;
    bool one_scale; /**< a mesh that spans the picture covers the range of all states, not each state's */
} tau_features_options;

typedef struct tau_boundary_options {
    int axis[2]; /**< the pair of features; equal ones: the first two, or the PCA plane where there are more
                  */
    double x[2], y[2];
    size_t lines, line_points, mesh; /**< as above; mesh 0 = 200, of wider inputs 60 */
} tau_boundary_options;

/** The numbers of one picture. Coordinates are [.., dims] and may be NaN; `dims` is 1 to 3. */
typedef struct tau_feature_frame {
    tau_moment moment;
    int dims;
    const char *axis[3]; /**< what the axes are: "unit 1", "PC 1", "axis 1" of turned ones, "x2" */
    bool projected;      /**< onto principal components, turned or not: `explained` counts */
    double explained[3]; /**< share of variance of each axis, 0..1 */

    size_t count;          /**< N */
    const double *points;  /**< [N, dims] */
    const int32_t *labels; /**< [N]; NULL for regression */
    int class_count;       /**< 0 for regression */
    size_t not_finite;     /**< points that cannot be drawn */

    size_t line_count;  /**< 0 where the input is not two-dimensional; first half: x fixed; second: y fixed */
    size_t line_points; /**< of each line */
    const double *lines; /**< [line_count, line_points, dims] */

    size_t mesh_rows, mesh_columns; /**< 0 where there is no mesh; row = second axis */
    const double *mesh;             /**< [rows, columns, dims]: a bent sheet, or a flat grid */
    int planes; /**< 1: probability of class 1, of two, or a regression's value; else one a class */
    const float *probability; /**< [planes, rows, columns] */
    const int32_t *decision;  /**< [rows, columns]; -1 = not a number; NULL for regression */
} tau_feature_frame;

/** Prepares the feature space of a layer. A layer wider than the picture is projected on the principal axes
 * of its values over all samples and all states, so that every state has the same axes. With two-dimensional
 * inputs the mesh and the lines are the input's, bent; else, in a picture of two dimensions, the mesh spans
 * the picture, and what is decided there is taken from the layer onward (no mesh where the network goes
 * around the layer).
 *  @errors TAU_STATUS_MISSING (no such layer), TAU_STATUS_USAGE (dims larger than the layer),
 *          TAU_STATUS_INPUT (nothing finite to fit axes to), those of the evaluator */
TAU_CHECK tau_status tau_features_create(tau_features **out, tau_replay *replay,
                                         const tau_features_options *options);

/** Prepares the decision boundary in the space of the inputs: two-dimensional inputs as they are; of wider
 * ones a pair of features, the others at their means, or the plane of the two principal axes through the
 * mean. Lines and mesh are straight.
 *  @errors TAU_STATUS_USAGE: no such feature; the input has one feature; those of the evaluator */
TAU_CHECK tau_status tau_boundary_create(tau_features **out, tau_replay *replay,
                                         const tau_boundary_options *options);
void tau_features_destroy(tau_features *features);

/** The frame of a state. @lifetime borrows from `features` until the next call */
TAU_CHECK tau_status tau_features_compute(tau_features *features, size_t state, tau_feature_frame *out);

/** The range of points and lines over all states, for one scale throughout. Visits every state once.
 *  @param[out] low,high  [dims]; -1, 1 where nothing is finite */
TAU_CHECK tau_status tau_features_get_limits(tau_features *features, double low[3], double high[3]);

#endif
