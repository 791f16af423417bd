/** Directions in parameter space: random, normalised, principal, through three states. */
#ifndef TAU_SLICE_DIRECTIONS_H
#define TAU_SLICE_DIRECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cancel.h"
#include "core/status.h"
#include "model/graph.h"
#include "slice/rows.h"

/** A seeded Gaussian direction: element e of a tensor is Philox(seed, axis, hash of the tensor's canonical
 * name, e in output-major order), so a network has the same directions whether read from a run or from ONNX,
 * stored (out,in) or (in,out). @param[out] out  [P]   @param[in] axis  0 = delta, 1 = eta */
void tau_direction_random(float *out, const tau_graph *graph, uint64_t seed, int axis);

typedef enum tau_norm {
    TAU_NORM_NONE,
    TAU_NORM_FILTER, /**< eq:filter_norm */
    TAU_NORM_LAYER,  /**< eq:layer_norm_dir: one norm per tensor */
    TAU_NORM_MODEL,  /**< one norm for all */
    TAU_NORM_WEIGHT, /**< d·theta, element by element, sign kept */
} tau_norm;

/** "none", "filter", "layer", "model", "weight". */
const char *tau_norm_name(tau_norm norm);
TAU_CHECK tau_status tau_norm_parse(tau_norm *out, const char *name);

/** Tensors whose direction is zero. */
typedef struct tau_ignore {
    bool bias;
    bool bn; /**< gamma and beta of batch norm */
} tau_ignore;

/** Scales a direction to the weights it starts from. eq:filter_norm eq:layer_norm_dir
 * A filter is what feeds one output, along parameters[].filter_axis. Ignored tensors become zero in every
 * mode. Tensors of fewer than two axes that are kept become theta itself under FILTER, LAYER and WEIGHT (the
 * rule of Li et al.'s program), and count like all others under MODEL.
 *  @param[in,out] direction  [P]   @param[in] theta  [P], the centre */
void tau_direction_normalize(float *direction, const float *theta, const tau_graph *graph, tau_norm norm,
                             tau_ignore ignore);

/** What principal component analysis of a trajectory found. */
typedef struct tau_pca {
    float *axis[2];      /**< each [P], unit length; largest component positive */
    double explained[2]; /**< shares of variance, 0..1 */
} tau_pca;

/** Principal axes of the rows theta_t - theta_T about their mean, through the T×T Gram matrix: eq:pca. Rows
 * of several runs are given as one list. Reads rows in blocks; memory O(block·P + T²).
 *  @param[in] origin  [P], theta_T
 *  @errors TAU_STATUS_INPUT: fewer than 3 rows, rank below 2, or rows that are not finite;
 * TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_direction_pca(tau_pca *out, const tau_rows *rows, const float *origin,
                                       const tau_cancel *cancel);
void tau_pca_clear(tau_pca *pca);

/** Orthonormal plane through three states, origin the first: eq:plane3. u points to the third state.
 *  @param[out] u,v  [size]   @errors TAU_STATUS_INPUT: the states lie on a line, or are not finite */
TAU_CHECK tau_status tau_direction_plane3(float *u, float *v, const float *theta1, const float *theta2,
                                          const float *theta3, size_t size);

#endif
