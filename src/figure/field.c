#include "figure/field.h"

#include <math.h>

bool tau_field_has_value(const tau_field *field, size_t i) {
    uint8_t state = field->done ? field->done[i] : TAU_FIELD_STATE_DONE;
    return isfinite(field->value[i]) && state != TAU_FIELD_STATE_NOT_COMPUTED &&
           (state != TAU_FIELD_STATE_NOT_FINITE || field->share);
}
