#include "figure/field.h"

#include <math.h>

bool tau_field_has_value(const tau_field *field, size_t i) {
    uint8_t state = field->done ? field->done[i] : TAU_FIELD_STATE_DONE;
    return isfinite(field->value[i]) && state != TAU_FIELD_STATE_NOT_COMPUTED &&
           (state != TAU_FIELD_STATE_NOT_FINITE || field->share);
}

size_t tau_field_find_interval(const double *axis, size_t count, double value) {
    size_t lo = 0, hi = count - 1;
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        if (axis[middle] <= value)
            lo = middle;
        else
            hi = middle;
    }
    return lo;
}
