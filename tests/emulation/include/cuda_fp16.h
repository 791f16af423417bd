// Half precision by integer arithmetic, so that it needs no support from compiler or processor. Rounds to
// nearest even, overflows to infinity, keeps subnormals and NaN. Kernels store halves and compute in FP32:
// there is no arithmetic on halves here.
#pragma once

#include "cuda_runtime.h"

namespace emulation {

inline uint16_t half_bits(float value) {
    uint32_t bits = bits_as<uint32_t>(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return 0x7fff;                     // NaN: the one that the device makes
    if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00); // 65520 and above round to infinity
    if (magnitude < 0x38800000) {
        // Subnormal: adding 0.5 leaves the mantissa, in units of 2^-24 and rounded, in the low bits.
        float shifted = bits_as<float>(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_as<uint32_t>(shifted) - 0x3f000000));
    }
    uint32_t odd = magnitude >> 13 & 1;
    return (uint16_t)(sign | ((magnitude - 0x38000000 + 0xfff + odd) >> 13));
}

inline float half_value(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) return bits_as<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    if (magnitude >= 0x0400) return bits_as<float>(sign | ((magnitude << 13) + 0x38000000));
    float value = (float)magnitude * 0x1p-24f;
    return sign != 0 ? -value : value;
}

} // namespace emulation

struct __attribute__((aligned(2))) __half {
    unsigned short bits;
};

struct __attribute__((aligned(4))) __half2 {
    __half x, y;
};

inline __half __ushort_as_half(unsigned short bits) {
    return {bits};
}
inline unsigned short __half_as_ushort(__half value) {
    return value.bits;
}
inline __half __float2half_rn(float value) {
    return {emulation::half_bits(value)};
}
inline float __half2float(__half value) {
    return emulation::half_value(value.bits);
}
inline __half2 __floats2half2_rn(float low, float high) {
    return {__float2half_rn(low), __float2half_rn(high)};
}
inline float2 __half22float2(__half2 value) {
    return {__half2float(value.x), __half2float(value.y)};
}
