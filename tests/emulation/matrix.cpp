// Matrix instructions of a warp. Fragments: PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point
// type".
#include "fragments.hpp"

namespace emulation {

struct multiply {
    float *d;
    const uint32_t *a, *b;
};

static void require_whole_warp(unsigned lanes, const char *what, site at) {
    if (lanes != 0xffffffffu) fault(at, "%s needs a whole warp, and lanes 0x%08x are here", what, lanes);
}

static void work_multiply(void *const operands[32], unsigned lanes, site at) {
    require_whole_warp(lanes, "mma", at);
    float a[16][16], b[16][8];
    for (unsigned lane = 0; lane < WARP; lane++) {
        const multiply *mine = (const multiply *)operands[lane];
        unpack_a(a, lane, mine->a);
        for (unsigned r = 0; r < 2; r++) {
            b[lane % 4 * 2 + 8 * r][lane / 4] = low_half(mine->b[r]);
            b[lane % 4 * 2 + 8 * r + 1][lane / 4] = high_half(mine->b[r]);
        }
    }
    for (unsigned lane = 0; lane < WARP; lane++) {
        float *d = ((multiply *)operands[lane])->d;
        for (unsigned i = 0; i < 4; i++) {
            unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
            float sum = d[i];
            for (unsigned k = 0; k < 16; k++) sum += a[row][k] * b[k][column];
            d[i] = sum;
        }
    }
}

void multiply_m16n8k16(float *d, const uint32_t *a, const uint32_t *b, site at) {
    multiply mine = {d, a, b};
    wait_warp(0xffffffffu, "mma.m16n8k16", &mine, work_multiply, at);
    perhaps_yield();
}

static uint16_t element(uint32_t pair, unsigned which) {
    return (uint16_t)(pair >> (16 * which));
}

// Lane l holds row l / 4, columns 2 (l % 4) and the next.
static void work_transpose(void *const operands[32], unsigned lanes, site at) {
    require_whole_warp(lanes, "movmatrix", at);
    uint16_t matrix[8][8];
    for (unsigned lane = 0; lane < WARP; lane++) {
        for (unsigned i = 0; i < 2; i++)
            matrix[lane / 4][lane % 4 * 2 + i] = element(*(uint32_t *)operands[lane], i);
    }
    for (unsigned lane = 0; lane < WARP; lane++) {
        *(uint32_t *)operands[lane] =
            (uint32_t)matrix[lane % 4 * 2][lane / 4] | (uint32_t)matrix[lane % 4 * 2 + 1][lane / 4] << 16;
    }
}

uint32_t transpose_matrix(uint32_t value, site at) {
    wait_warp(0xffffffffu, "movmatrix", &value, work_transpose, at);
    return value;
}

struct transfer {
    const uint8_t *row; // this lane's row of 8 halves: row lane % 8 of matrix lane / 8
    uint32_t *values;
    bool transposed;
};

// The halves i = 0, 1 of lane's register: where they stand in the 8 x 8 matrix.
static unsigned place(const transfer *mine, unsigned lane, unsigned i) {
    unsigned row = lane / 4, column = lane % 4 * 2 + i;
    return mine->transposed ? column * 8 + row : row * 8 + column;
}

static void work_load(void *const operands[32], unsigned lanes, site at) {
    require_whole_warp(lanes, "ldmatrix", at);
    for (unsigned m = 0; m < 4; m++) {
        uint16_t matrix[64];
        for (unsigned r = 0; r < 8; r++) {
            const uint8_t *row = ((const transfer *)operands[m * 8 + r])->row;
            check_shared(row, 16, "ldmatrix", at);
            note_read(row, 16);
            memcpy(matrix + 8 * r, row, 16);
        }
        for (unsigned lane = 0; lane < WARP; lane++) {
            const transfer *mine = (const transfer *)operands[lane];
            mine->values[m] = (uint32_t)matrix[place(mine, lane, 0)] | (uint32_t)matrix[place(mine, lane, 1)]
                                                                           << 16;
        }
    }
}

void load_matrices(uint32_t *d, const void *row, bool transposed, site at) {
    transfer mine = {(const uint8_t *)row, d, transposed};
    wait_warp(0xffffffffu, "ldmatrix", &mine, work_load, at);
}

} // namespace emulation
