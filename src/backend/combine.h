/** Parameters of a point of a slice, formed as maths.md pins it: every sum_k c_k·v_k in FP64 in the order of
 * k, rounded once. eq:tau eq:tau_2d eq:radial */
#ifndef TAU_BACKEND_COMBINE_H
#define TAU_BACKEND_COMBINE_H

#include "backend/backend.h"

/** out = sum_k c[k]·vectors[k]; a coefficient of exactly 0 leaves its vector out, so that 0·inf does not
 * spoil a point on an end of a line. @param[out] out  [size] f32   @param[in] vectors  [count] pointers to
 * [size] */
void tau_combine(float *out, int count, const float *const *vectors, const double *c, size_t size);

/** theta and buffers of one point of a basis. Variances that interpolation makes negative become 0.
 *  @param[out] theta  [P]   @param[out] buffers  [Q]
 *  @return how many variances were clamped */
size_t tau_combine_point(float *theta, float *buffers, const tau_basis *basis, const tau_graph *graph,
                         double alpha, double beta);

#endif
