// Intrinsics of one thread: vectors, arithmetic, atomics. Part of cuda_runtime.h.
#pragma once

#define EMULATION_MAKE1(type, name)                                                                          \
    static inline name make_##name(type x) {                                                                 \
        return name{x};                                                                                      \
    }
#define EMULATION_MAKE2(type, name)                                                                          \
    static inline name make_##name(type x, type y) {                                                         \
        return name{x, y};                                                                                   \
    }
#define EMULATION_MAKE3(type, name)                                                                          \
    static inline name make_##name(type x, type y, type z) {                                                 \
        return name{x, y, z};                                                                                \
    }
#define EMULATION_MAKE4(type, name)                                                                          \
    static inline name make_##name(type x, type y, type z, type w) {                                         \
        return name{x, y, z, w};                                                                             \
    }
EMULATION_MAKE2(signed char, char2)
EMULATION_MAKE4(signed char, char4)
EMULATION_MAKE2(unsigned char, uchar2)
EMULATION_MAKE4(unsigned char, uchar4)
EMULATION_MAKE2(short, short2)
EMULATION_MAKE4(short, short4)
EMULATION_MAKE2(unsigned short, ushort2)
EMULATION_MAKE4(unsigned short, ushort4)
EMULATION_MAKE1(int, int1)
EMULATION_MAKE2(int, int2)
EMULATION_MAKE3(int, int3)
EMULATION_MAKE4(int, int4)
EMULATION_MAKE1(unsigned int, uint1)
EMULATION_MAKE2(unsigned int, uint2)
EMULATION_MAKE3(unsigned int, uint3)
EMULATION_MAKE4(unsigned int, uint4)
EMULATION_MAKE2(long long, longlong2)
EMULATION_MAKE2(unsigned long long, ulonglong2)
EMULATION_MAKE1(float, float1)
EMULATION_MAKE2(float, float2)
EMULATION_MAKE3(float, float3)
EMULATION_MAKE4(float, float4)
EMULATION_MAKE1(double, double1)
EMULATION_MAKE2(double, double2)
EMULATION_MAKE3(double, double3)
EMULATION_MAKE4(double, double4)
#undef EMULATION_MAKE1
#undef EMULATION_MAKE2
#undef EMULATION_MAKE3
#undef EMULATION_MAKE4

// Loads and stores with a caching hint.
template <typename T> inline T __ldg(const T *pointer) {
    return *pointer;
}
template <typename T> inline T __ldcs(const T *pointer) {
    return *pointer;
}
template <typename T> inline T __ldca(const T *pointer) {
    return *pointer;
}
template <typename T> inline T __ldcg(const T *pointer) {
    return *pointer;
}
template <typename T> inline T __ldcv(const T *pointer) {
    return *(const volatile T *)pointer;
}
template <typename T> inline T __ldlu(const T *pointer) {
    return *pointer;
}
template <typename T> inline void __stcs(T *pointer, T value) {
    *pointer = value;
}
template <typename T> inline void __stcg(T *pointer, T value) {
    *pointer = value;
}
template <typename T> inline void __stwb(T *pointer, T value) {
    *pointer = value;
}
template <typename T> inline void __stwt(T *pointer, T value) {
    *pointer = value;
}

// Arithmetic rounded to nearest even: each one operation, so that the compiler cannot contract across them.
inline float __fmaf_rn(float a, float b, float c) {
    return fmaf(a, b, c);
}
inline float __fmul_rn(float a, float b) {
    return a * b;
}
inline float __fadd_rn(float a, float b) {
    return a + b;
}
inline float __fsub_rn(float a, float b) {
    return a - b;
}
inline float __fdiv_rn(float a, float b) {
    return a / b;
}
inline float __frcp_rn(float a) {
    return 1.0f / a;
}
inline float __fsqrt_rn(float a) {
    return sqrtf(a);
}
inline double __fma_rn(double a, double b, double c) {
    return fma(a, b, c);
}
inline double __dmul_rn(double a, double b) {
    return a * b;
}
inline double __dadd_rn(double a, double b) {
    return a + b;
}
inline double __dsub_rn(double a, double b) {
    return a - b;
}
inline double __ddiv_rn(double a, double b) {
    return a / b;
}
inline double __dsqrt_rn(double a) {
    return sqrt(a);
}
inline float rsqrtf(float a) {
    return 1.0f / sqrtf(a);
}
inline double rsqrt(double a) {
    return 1.0 / sqrt(a);
}
// Fast approximations: here as good as the exact ones.
inline float __expf(float a) {
    return expf(a);
}
inline float __logf(float a) {
    return logf(a);
}
inline float __log2f(float a) {
    return log2f(a);
}
inline float __sinf(float a) {
    return sinf(a);
}
inline float __cosf(float a) {
    return cosf(a);
}
inline float __powf(float a, float b) {
    return powf(a, b);
}
inline float __fdividef(float a, float b) {
    return a / b;
}
inline float __saturatef(float a) {
    return a > 0.0f ? (a < 1.0f ? a : 1.0f) : 0.0f;
}

namespace emulation {
template <typename To, typename From> inline To bits_as(From value) {
    static_assert(sizeof(To) == sizeof(From), "a reinterpretation keeps the size");
    To result;
    memcpy(&result, &value, sizeof result);
    return result;
}
} // namespace emulation
inline unsigned __float_as_uint(float value) {
    return emulation::bits_as<unsigned>(value);
}
inline int __float_as_int(float value) {
    return emulation::bits_as<int>(value);
}
inline float __uint_as_float(unsigned value) {
    return emulation::bits_as<float>(value);
}
inline float __int_as_float(int value) {
    return emulation::bits_as<float>(value);
}
inline long long __double_as_longlong(double value) {
    return emulation::bits_as<long long>(value);
}
inline double __longlong_as_double(long long value) {
    return emulation::bits_as<double>(value);
}
inline float __double2float_rn(double value) {
    return (float)value;
}
inline float __int2float_rn(int value) {
    return (float)value;
}
inline float __uint2float_rn(unsigned value) {
    return (float)value;
}
inline double __int2double_rn(int value) {
    return (double)value;
}
inline int __float2int_rn(float value) {
    return (int)lrintf(value);
}
inline int __float2int_rz(float value) {
    return (int)value;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return (unsigned)(((unsigned long long)a * b) >> 32);
}
inline int __mulhi(int a, int b) {
    return (int)(((long long)a * b) >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}
inline int __clz(int value) {
    return value == 0 ? 32 : __builtin_clz((unsigned)value);
}
inline int __clzll(long long value) {
    return value == 0 ? 64 : __builtin_clzll((unsigned long long)value);
}
inline int __ffs(int value) {
    return __builtin_ffs(value);
}
inline int __popc(unsigned value) {
    return __builtin_popcount(value);
}
inline int __popcll(unsigned long long value) {
    return __builtin_popcountll(value);
}
inline unsigned __brev(unsigned value) {
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; bit++) reversed |= (value >> bit & 1u) << (31 - bit);
    return reversed;
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return (unsigned)(((((unsigned long long)high << 32) | low) << (shift & 31)) >> 32);
}
inline unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
    unsigned long long bytes = ((unsigned long long)high << 32) | low;
    unsigned result = 0;
    for (int i = 0; i < 4; i++)
        result |= (unsigned)(bytes >> (8 * (selector >> (4 * i) & 7)) & 0xff) << (8 * i);
    return result;
}

// CUDA has these without std::; the types that its own overloads take.
#define EMULATION_MIN_MAX(type)                                                                              \
    inline type min(type a, type b) {                                                                        \
        return b < a ? b : a;                                                                                \
    }                                                                                                        \
    inline type max(type a, type b) {                                                                        \
        return a < b ? b : a;                                                                                \
    }
EMULATION_MIN_MAX(int)
EMULATION_MIN_MAX(unsigned)
EMULATION_MIN_MAX(long)
EMULATION_MIN_MAX(unsigned long)
EMULATION_MIN_MAX(long long)
EMULATION_MIN_MAX(unsigned long long)
#undef EMULATION_MIN_MAX
// As on the device, min and max of floating-point numbers are fmin and fmax: they drop a NaN.
inline float min(float a, float b) {
    return fminf(a, b);
}
inline float max(float a, float b) {
    return fmaxf(a, b);
}
inline double min(double a, double b) {
    return fmin(a, b);
}
inline double max(double a, double b) {
    return fmax(a, b);
}

// Atomics return the old value.
namespace emulation {
template <typename T> struct same { typedef T type; }; // keeps the operand out of the deduction of T
template <typename T, typename Change> inline T atomic_change(T *address, Change change) {
    T old;
    __atomic_load(address, &old, __ATOMIC_RELAXED);
    for (;;) {
        T changed = change(old);
        if (__atomic_compare_exchange(address, &old, &changed, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return old;
        }
    }
}
} // namespace emulation
template <typename T> inline T atomicAdd(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return (T)(old + value); });
}
template <typename T> inline T atomicSub(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return (T)(old - value); });
}
template <typename T> inline T atomicMax(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return old < value ? value : old; });
}
template <typename T> inline T atomicMin(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return value < old ? value : old; });
}
template <typename T> inline T atomicOr(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return (T)(old | value); });
}
template <typename T> inline T atomicAnd(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return (T)(old & value); });
}
template <typename T> inline T atomicXor(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T old) { return (T)(old ^ value); });
}
template <typename T> inline T atomicExch(T *address, typename emulation::same<T>::type value) {
    return emulation::atomic_change(address, [value](T) { return value; });
}
template <typename T>
inline T atomicCAS(T *address, typename emulation::same<T>::type compare,
                   typename emulation::same<T>::type value) {
    return emulation::atomic_change(address,
                                    [compare, value](T old) { return old == compare ? value : old; });
}
inline unsigned atomicInc(unsigned *address, unsigned limit) {
    return emulation::atomic_change(address, [limit](unsigned old) { return old >= limit ? 0u : old + 1; });
}

// Threads of a block never run at the same moment, so memory is always in order.
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __nanosleep(unsigned, EMULATION_SITE) {
    emulation::poll(EMULATION_HERE);
}
