#include <math.h>

#include "replay/curves.h"

/* Sums of prefixes would drown small numbers behind a large one; a window of at most a few hundred numbers is
 * summed anew for each place. */
void tau_curve_smooth(double *out, const double *values, size_t count, size_t window) {
    const size_t half = window > 1 ? window / 2 : 0;
    for (size_t i = 0; i < count; i++) {
        size_t reach = half;
        if (reach > i) reach = i;
        if (reach > count - 1 - i) reach = count - 1 - i;
        double sum = 0;
        size_t finite = 0;
        for (size_t j = i - reach; j <= i + reach; j++) {
            if (!isfinite(values[j])) continue;
            sum += values[j];
            finite++;
        }
        out[i] = finite > 0 ? sum / (double)finite : NAN;
        if (half == 0) out[i] = values[i];
    }
}
