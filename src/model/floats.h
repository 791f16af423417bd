/** Stored floating-point numbers of several widths, little-endian, as float. */
#ifndef TAU_MODEL_FLOATS_H
#define TAU_MODEL_FLOATS_H

#include <stddef.h>
#include <stdint.h>

typedef enum tau_float_type {
    TAU_FLOAT_TYPE_F16,
    TAU_FLOAT_TYPE_BF16,
    TAU_FLOAT_TYPE_F32,
    TAU_FLOAT_TYPE_F64,
} tau_float_type;

/** Bytes of one number. */
size_t tau_float_type_size(tau_float_type type);

/** IEEE 754 half precision, exactly. */
float tau_floats_from_half(uint16_t half);
float tau_floats_from_bfloat(uint16_t bfloat);

/** @param[in] bytes  [count] numbers, unaligned   @param[out] out  [count] */
void tau_floats_convert(float *out, const uint8_t *bytes, size_t count, tau_float_type type);

#endif
