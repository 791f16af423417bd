/** Where an axis has its ticks, and what they say. */
#ifndef TAU_FIGURE_TICKS_H
#define TAU_FIGURE_TICKS_H

#include <stdbool.h>

#include "figure/number.h"

#define TAU_TICKS_MAX 24

typedef struct tau_ticks {
    int count;
    double position[TAU_TICKS_MAX]; /**< in axis units: values, or log10(values) of a logarithmic axis */
    char label[TAU_TICKS_MAX][TAU_NUMBER_TEXT];
    int exponent; /**< labels are in units of 10^exponent, to be said at the axis; 0 = as they are */
} tau_ticks;

/** Ticks at 1, 2 or 5 times a power of ten, about `wanted` of them, never more than TAU_TICKS_MAX.
 *  @param[in] lo, hi  finite, lo <= hi; equal ends give one tick */
void tau_ticks_linear(tau_ticks *out, double lo, double hi, int wanted);

/** Ticks of a logarithmic axis: whole powers of ten where the range has enough of them, else 1-2-5 steps
 * between, else steps of the value itself. @param[in] lo, hi  log10 of the ends */
void tau_ticks_log(tau_ticks *out, double lo, double hi, int wanted);

#endif
