// Intrinsics of one thread, those that kernels use: vectors, arithmetic, an atomic. Part of cuda_runtime.h.
#pragma once

static inline uint2 make_uint2(unsigned x, unsigned y) {
    return uint2{x, y};
}
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
    return uint4{x, y, z, w};
}
static inline float2 make_float2(float x, float y) {
    return float2{x, y};
}

template <typename T> inline T __ldg(const T *pointer) {
    return *pointer;
}

// Each one operation, rounded to nearest even, so that the compiler cannot contract across them.
inline double __dmul_rn(double a, double b) {
    return a * b;
}
inline double __dadd_rn(double a, double b) {
    return a + b;
}

namespace emulation {
template <typename To, typename From> inline To bits_as(From value) {
    static_assert(sizeof(To) == sizeof(From), "a reinterpretation keeps the size");
    To result;
    memcpy(&result, &value, sizeof result);
    return result;
}
} // namespace emulation
inline float __uint_as_float(unsigned value) {
    return emulation::bits_as<float>(value);
}
inline float __double2float_rn(double value) {
    return (float)value;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return (unsigned)(((unsigned long long)a * b) >> 32);
}

// CUDA has these without std::; those of floating-point numbers drop a NaN, so kernels do without them.
inline int min(int a, int b) {
    return b < a ? b : a;
}
inline unsigned min(unsigned a, unsigned b) {
    return b < a ? b : a;
}

/** Returns the old value. Kernels count whole numbers with it, whose sum does not depend on the order. */
template <typename T> inline T atomicAdd(T *address, T value) {
    return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
