// Halves in registers, and the fragment of A that mma.m16n8k16 and wgmma share.
#pragma once

#include "shared.hpp"

namespace emulation {

inline float low_half(uint32_t pair) {
    return half_value((uint16_t)pair);
}
inline float high_half(uint32_t pair) {
    return half_value((uint16_t)(pair >> 16));
}

/** Register r of lane l holds row l / 4 + 8 (r % 2), columns 2 (l % 4) + 8 (r / 2) and the next. */
inline void unpack_a(float (&a)[16][16], unsigned lane, const uint32_t *registers) {
    for (unsigned r = 0; r < 4; r++) {
        unsigned row = lane / 4 + r % 2 * 8, column = lane % 4 * 2 + r / 2 * 8;
        a[row][column] = low_half(registers[r]);
        a[row][column + 1] = high_half(registers[r]);
    }
}

} // namespace emulation
