/** The two largest eigenpairs of a symmetric positive semi-definite matrix. */
#ifndef TAU_SLICE_EIGEN_H
#define TAU_SLICE_EIGEN_H

#include "core/cancel.h"
#include "core/status.h"

/** Block Krylov method with full reorthogonalisation and Rayleigh–Ritz, restarted until the residual
 * ‖A·v - lambda·v‖ is below 1e-12 of the largest eigenvalue. A block of four finds equal eigenvalues too.
 * LAPACK is not used because its threaded products may change bits with the number of threads.
 *  @param[out] values   [2], descending; 0 where the matrix has no further direction
 *  @param[out] vectors  [2, n], orthonormal   @param[in] matrix  [n, n]
 *  @errors TAU_STATUS_INPUT (no convergence), TAU_STATUS_CANCELLED, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_eigen_largest(double values[2], double *vectors, const double *matrix, size_t n,
                                       const tau_cancel *cancel);

#endif
