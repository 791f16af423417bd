/** Dot products in double, summed in one fixed order whatever the machine. */
#ifndef TAU_SLICE_DOT_H
#define TAU_SLICE_DOT_H

#include <stddef.h>

/** <a, b>. @param[in] a,b  [size]   @numerics  eight running sums, added as a tree at the end */
double tau_dot_f32(const float *a, const float *b, size_t size);
double tau_dot_f64(const double *a, const double *b, size_t size);

#endif
