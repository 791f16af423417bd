// CUDA's small vectors, with the alignment that vectorised loads and stores rely on. Usable from C and from
// C++.
#pragma once

#define EMULATION_VECTOR1(type, name)                                                                        \
    typedef struct name {                                                                                    \
        type x;                                                                                              \
    } name;
#define EMULATION_VECTOR2(type, name, alignment)                                                             \
    typedef struct __attribute__((aligned(alignment))) name {                                                \
        type x, y;                                                                                           \
    } name;
#define EMULATION_VECTOR3(type, name)                                                                        \
    typedef struct name {                                                                                    \
        type x, y, z;                                                                                        \
    } name;
#define EMULATION_VECTOR4(type, name, alignment)                                                             \
    typedef struct __attribute__((aligned(alignment))) name {                                                \
        type x, y, z, w;                                                                                     \
    } name;

EMULATION_VECTOR2(signed char, char2, 2)
EMULATION_VECTOR4(signed char, char4, 4)
EMULATION_VECTOR2(unsigned char, uchar2, 2)
EMULATION_VECTOR4(unsigned char, uchar4, 4)
EMULATION_VECTOR2(short, short2, 4)
EMULATION_VECTOR4(short, short4, 8)
EMULATION_VECTOR2(unsigned short, ushort2, 4)
EMULATION_VECTOR4(unsigned short, ushort4, 8)
EMULATION_VECTOR1(int, int1)
EMULATION_VECTOR2(int, int2, 8)
EMULATION_VECTOR3(int, int3)
EMULATION_VECTOR4(int, int4, 16)
EMULATION_VECTOR1(unsigned int, uint1)
EMULATION_VECTOR2(unsigned int, uint2, 8)
EMULATION_VECTOR3(unsigned int, uint3)
EMULATION_VECTOR4(unsigned int, uint4, 16)
EMULATION_VECTOR2(long long, longlong2, 16)
EMULATION_VECTOR2(unsigned long long, ulonglong2, 16)
EMULATION_VECTOR1(float, float1)
EMULATION_VECTOR2(float, float2, 8)
EMULATION_VECTOR3(float, float3)
EMULATION_VECTOR4(float, float4, 16)
EMULATION_VECTOR1(double, double1)
EMULATION_VECTOR2(double, double2, 16)
EMULATION_VECTOR3(double, double3)
EMULATION_VECTOR4(double, double4, 16)

#undef EMULATION_VECTOR1
#undef EMULATION_VECTOR2
#undef EMULATION_VECTOR3
#undef EMULATION_VECTOR4

typedef struct dim3 {
    unsigned int x, y, z;
#ifdef __cplusplus
    constexpr dim3(unsigned int width = 1, unsigned int height = 1, unsigned int depth = 1)
        : x(width), y(height), z(depth) {}
    constexpr dim3(uint3 size) : x(size.x), y(size.y), z(size.z) {}
    constexpr operator uint3() const {
        return uint3{x, y, z};
    }
#endif
} dim3;
