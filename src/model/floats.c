#include "model/floats.h"

#include <math.h>
#include <string.h>

size_t tau_float_type_size(tau_float_type type) {
    switch (type) {
    case TAU_FLOAT_TYPE_F16:
    case TAU_FLOAT_TYPE_BF16:
        return 2;
    case TAU_FLOAT_TYPE_F32:
        return 4;
    default:
        return 8;
    }
}

float tau_floats_from_half(uint16_t half) {
    const int exponent = half >> 10 & 31, mantissa = half & 1023;
    float magnitude;
    if (exponent == 31)
        magnitude = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexpf((float)mantissa, -24);
    else
        magnitude = ldexpf((float)(mantissa + 1024), exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

float tau_floats_from_bfloat(uint16_t bfloat) {
    const uint32_t bits = (uint32_t)bfloat << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float convert_one(const uint8_t *bytes, tau_float_type type) {
    uint16_t narrow;
    double wide;
    if (type == TAU_FLOAT_TYPE_F64) {
        memcpy(&wide, bytes, sizeof wide);
        return (float)wide;
    }
    memcpy(&narrow, bytes, sizeof narrow);
    return type == TAU_FLOAT_TYPE_F16 ? tau_floats_from_half(narrow) : tau_floats_from_bfloat(narrow);
}

void tau_floats_convert(float *out, const uint8_t *bytes, size_t count, tau_float_type type) {
    const size_t size = tau_float_type_size(type);
    if (type == TAU_FLOAT_TYPE_F32) {
        if (count > 0) memcpy(out, bytes, count * size);
        return;
    }
    for (size_t i = 0; i < count; i++) out[i] = convert_one(bytes + i * size, type);
}
