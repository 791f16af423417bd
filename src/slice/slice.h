/** Lines and planes in parameter space: what spans them and the coefficients of their points.
 *  eq:tau eq:tau_2d eq:radial */
#ifndef TAU_SLICE_SLICE_H
#define TAU_SLICE_SLICE_H

#include <stdbool.h>

#include "backend/backend.h"
#include "core/status.h"

typedef enum tau_transform {
    TAU_TRANSFORM_TAU,         /**< alpha·theta* + (1 - alpha)·theta: a line between two states */
    TAU_TRANSFORM_TAU_2D,      /**< theta* + alpha·delta + beta·eta; without eta a line */
    TAU_TRANSFORM_RADIAL,      /**< s·theta*, s = alpha·(1 + beta): the S5 article's printed code */
    TAU_TRANSFORM_RADIAL_PLUS, /**< (1 + s)·theta*, s = alpha·(1 + beta) */
} tau_transform;

/** "tau", "tau_2d", "radial", "radial+". */
const char *tau_transform_name(tau_transform transform);
TAU_CHECK tau_status tau_transform_parse(tau_transform *out, const char *name);

/** A slice with its own copies of the vectors that span it. */
typedef struct tau_slice {
    tau_transform transform;
    bool line;         /**< beta does not matter */
    size_t theta_size; /**< P */
    size_t buffer_size;
    int count;                   /**< vectors that span it: TAU: theta, theta*; TAU_2D: theta*, delta, eta */
    float *theta[TAU_BASIS_MAX]; /**< each [P] */
    float *buffers[TAU_BASIS_MAX]; /**< each [Q]; [0] always; the others only where they move */
    bool move_buffers;
} tau_slice;

/** A state: parameters with their batch-norm statistics. */
typedef struct tau_state_view {
    const float *theta;   /**< [P] */
    const float *buffers; /**< [Q] */
} tau_state_view;

/** The line from `from` (alpha = 0) to `to` (alpha = 1).
 *  @param[in] move_buffers  batch norm "interpolated"; false = frozen at the statistics of `to`, the trained
 * end */
TAU_CHECK tau_status tau_slice_create_line(tau_slice **out, const tau_graph *graph, tau_state_view from,
                                           tau_state_view to, bool move_buffers);

/** The plane theta* + alpha·delta + beta·eta, batch norm frozen at the centre. @param[in] eta  NULL = a line
 */
TAU_CHECK tau_status tau_slice_create_plane(tau_slice **out, const tau_graph *graph, tau_state_view centre,
                                            const float *delta, const float *eta);

/** The plane of multiples of theta*. @param[in] transform  RADIAL or RADIAL_PLUS
 *  @errors TAU_STATUS_USAGE: another transform; TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_slice_create_radial(tau_slice **out, const tau_graph *graph, tau_state_view centre,
                                             tau_transform transform);

void tau_slice_destroy(tau_slice *slice);

/** The slice as an evaluator takes it. @lifetime borrows the slice's vectors */
tau_basis tau_slice_get_basis(const tau_slice *slice);

/** Coordinates of theta*: (1, 0) on a TAU line and for RADIAL, (0, 0) otherwise. */
void tau_slice_get_centre(const tau_slice *slice, double *alpha, double *beta);

/** Inner products of the vectors that span the slice. @param[out] gram  [count, count] */
void tau_slice_gram(const tau_slice *slice, double gram[TAU_BASIS_MAX * TAU_BASIS_MAX]);

/** Squared norm of the parameters at a point, through the Gram matrix of the basis (no pass over P per
 * point).
 *  @param[in] gram  [count, count] from tau_slice_gram */
double tau_slice_squared_norm(const tau_slice *slice, const double *gram, double alpha, double beta);

#endif
