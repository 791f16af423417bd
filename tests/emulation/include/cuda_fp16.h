// Half precision by integer arithmetic, so that it needs no support from compiler or processor. Rounds to
// nearest even, overflows to infinity, keeps subnormals and NaN. Arithmetic on halves is FP32 arithmetic
// rounded once.
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

// Not initialised by default, like the device's: it may stand in unions and shared memory.
struct __attribute__((aligned(2))) __half {
    unsigned short bits;
    __half() = default;
    __half(float value) : bits(emulation::half_bits(value)) {}
    __half(double value) : bits(emulation::half_bits((float)value)) {}
    __half(int value) : bits(emulation::half_bits((float)value)) {}
    operator float() const { return emulation::half_value(bits); }
};
typedef __half half;

struct __attribute__((aligned(4))) __half2 {
    __half x, y;
    __half2() = default;
    __half2(__half low, __half high) : x(low), y(high) {}
};
typedef __half2 half2;

inline __half __ushort_as_half(unsigned short bits) {
    return emulation::bits_as<__half>(bits);
}
inline unsigned short __half_as_ushort(__half value) {
    return value.bits;
}
inline __half __short_as_half(short bits) {
    return emulation::bits_as<__half>(bits);
}
inline short __half_as_short(__half value) {
    return (short)value.bits;
}

inline __half __float2half(float value) {
    return __half(value);
}
inline __half __float2half_rn(float value) {
    return __half(value);
}
inline __half __double2half(double value) {
    return __half(value);
}
inline __half __int2half_rn(int value) {
    return __half(value);
}
inline float __half2float(__half value) {
    return (float)value;
}
inline __half2 __floats2half2_rn(float low, float high) {
    return __half2(__half(low), __half(high));
}
inline __half2 __float22half2_rn(float2 value) {
    return __floats2half2_rn(value.x, value.y);
}
inline __half2 __float2half2_rn(float value) {
    return __floats2half2_rn(value, value);
}
inline float2 __half22float2(__half2 value) {
    return float2{(float)value.x, (float)value.y};
}
inline __half2 __halves2half2(__half low, __half high) {
    return __half2(low, high);
}
inline __half2 __half2half2(__half value) {
    return __half2(value, value);
}
inline __half2 make_half2(__half low, __half high) {
    return __half2(low, high);
}
inline __half __low2half(__half2 value) {
    return value.x;
}
inline __half __high2half(__half2 value) {
    return value.y;
}
inline float __low2float(__half2 value) {
    return (float)value.x;
}
inline float __high2float(__half2 value) {
    return (float)value.y;
}
inline bool __hisnan(__half value) {
    return (value.bits & 0x7fff) > 0x7c00;
}
inline int __hisinf(__half value) {
    return (value.bits & 0x7fff) != 0x7c00 ? 0 : value.bits >> 15 ? -1 : 1;
}

inline __half __hneg(__half a) {
    return __ushort_as_half((unsigned short)(a.bits ^ 0x8000));
}
inline __half __habs(__half a) {
    return __ushort_as_half((unsigned short)(a.bits & 0x7fff));
}
inline __half __hadd(__half a, __half b) {
    return __half((float)a + (float)b);
}
inline __half __hsub(__half a, __half b) {
    return __half((float)a - (float)b);
}
inline __half __hmul(__half a, __half b) {
    return __half((float)a * (float)b);
}
inline __half __hdiv(__half a, __half b) {
    return __half((float)a / (float)b);
}
// The product of halves is exact in double, and so is the sum wherever double rounding could matter to a
// half.
inline __half __hfma(__half a, __half b, __half c) {
    return __half((double)(float)a * (float)b + (double)(float)c);
}
inline bool __heq(__half a, __half b) {
    return (float)a == (float)b;
}
inline bool __hlt(__half a, __half b) {
    return (float)a < (float)b;
}
inline bool __hle(__half a, __half b) {
    return (float)a <= (float)b;
}
inline bool __hgt(__half a, __half b) {
    return (float)a > (float)b;
}
inline bool __hge(__half a, __half b) {
    return (float)a >= (float)b;
}
// The _nan variants hand a NaN on; the plain ones drop it.
inline __half __hmax(__half a, __half b) {
    return __half(fmaxf((float)a, (float)b));
}
inline __half __hmin(__half a, __half b) {
    return __half(fminf((float)a, (float)b));
}
inline __half __hmax_nan(__half a, __half b) {
    return __hisnan(a) ? a : __hisnan(b) ? b : __hmax(a, b);
}
inline __half __hmin_nan(__half a, __half b) {
    return __hisnan(a) ? a : __hisnan(b) ? b : __hmin(a, b);
}

inline __half operator+(__half a, __half b) {
    return __hadd(a, b);
}
inline __half operator-(__half a, __half b) {
    return __hsub(a, b);
}
inline __half operator*(__half a, __half b) {
    return __hmul(a, b);
}
inline __half operator/(__half a, __half b) {
    return __hdiv(a, b);
}
inline __half operator-(__half a) {
    return __hneg(a);
}
inline bool operator==(__half a, __half b) {
    return __heq(a, b);
}
inline bool operator!=(__half a, __half b) {
    return !__heq(a, b);
}
inline bool operator<(__half a, __half b) {
    return __hlt(a, b);
}
inline bool operator<=(__half a, __half b) {
    return __hle(a, b);
}
inline bool operator>(__half a, __half b) {
    return __hgt(a, b);
}
inline bool operator>=(__half a, __half b) {
    return __hge(a, b);
}

#define EMULATION_HALF2(name, one)                                                                           \
    inline __half2 name(__half2 a, __half2 b) {                                                              \
        return __half2(one(a.x, b.x), one(a.y, b.y));                                                        \
    }
EMULATION_HALF2(__hadd2, __hadd)
EMULATION_HALF2(__hsub2, __hsub)
EMULATION_HALF2(__hmul2, __hmul)
EMULATION_HALF2(__hmax2, __hmax)
EMULATION_HALF2(__hmin2, __hmin)
EMULATION_HALF2(__hmax2_nan, __hmax_nan)
EMULATION_HALF2(__hmin2_nan, __hmin_nan)
EMULATION_HALF2(operator+, __hadd)
EMULATION_HALF2(operator-, __hsub)
EMULATION_HALF2(operator*, __hmul)
#undef EMULATION_HALF2
inline __half2 __hfma2(__half2 a, __half2 b, __half2 c) {
    return __half2(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));
}
inline __half2 __hneg2(__half2 a) {
    return __half2(__hneg(a.x), __hneg(a.y));
}
