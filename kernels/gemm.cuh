/** The FP32 matrix product that convolutions and linear layers are made of: C(m,n) = sum_k A(m,k)·B(k,n), one
 * tile of C a block.
 *
 *  A block of 256 threads makes 64 × 128 or 32 × 128 elements, each thread 4 × 8 or 4 × 4 of them in
 * registers. A and B pass through shared memory in slabs of 8 k's, two buffers deep: the next slab is read
 * while this one is multiplied. Sums of 64 products are formed first and then added up, k ascending, so an
 *  element's bits depend on its operands and the length of the sum alone, never on its tile. */
#ifndef TAU_KERNELS_GEMM_CUH
#define TAU_KERNELS_GEMM_CUH

#include "kernels/device.cuh"

enum {
    GEMM_THREADS = 256,
    GEMM_DEPTH = 8,  /**< k's of a slab */
    GEMM_CHUNK = 8,  /**< slabs of a partial sum: keeps the rounding error of long sums small */
    GEMM_HEIGHT = 4, /**< rows of a thread */
    GEMM_PAD = 4 /**< floats between lines in shared memory: threads that store along k meet no bank twice */
};

/** Columns of a tile of `rows` rows, and how many elements of a slab each thread reads. */
template <int ROWS> struct gemm_tile {
    static constexpr int lanes = GEMM_THREADS / (ROWS / GEMM_HEIGHT); /**< threads side by side */
    static constexpr int width =
        ROWS == 64 ? 8 : 4; /**< columns of a thread: runs of four, half a tile apart */
    static constexpr int columns = lanes * width;
    static constexpr int left = ROWS * GEMM_DEPTH / GEMM_THREADS;
    static constexpr int right = columns * GEMM_DEPTH / GEMM_THREADS;
};

/** A thread's elements of a tile. */
template <int ROWS> struct gemm_sums { float at[GEMM_HEIGHT][gemm_tile<ROWS>::width]; };

template <int ROWS> struct gemm_shared {
    __align__(16) float left[2][GEMM_DEPTH][ROWS + GEMM_PAD];
    __align__(16) float right[2][GEMM_DEPTH][gemm_tile<ROWS>::columns + GEMM_PAD];
    unsigned char padded[2][GEMM_THREADS]; /**< only where B has elements that are not there */
};

/** Which elements of a slab a thread reads: (line + i·line_step, k + i·k_step), i = 0 .. count-1. */
struct gemm_share {
    int line, line_step, k, k_step;
};

/** Neighbouring threads read along k or along the lines, whichever lies dense in memory. */
static __device__ inline gemm_share gemm_share_of(int lines, int count, bool along_k) {
    const int thread = static_cast<int>(threadIdx.x);
    if (along_k) return {thread / GEMM_DEPTH, GEMM_THREADS / GEMM_DEPTH, thread % GEMM_DEPTH, 0};
    return {thread % lines, 0, thread / lines * count, 1};
}

/** A matrix in memory: element (line, k) at data[line·line_step + k·k_step]; a line is a row of A or a column
 * of B. */
struct gemm_matrix {
    const float *data;
    int64_t line_step, k_step;
};

/** A thread's walk over its elements of a matrix, slab by slab; elements outside of it read as 0. */
struct gemm_reader {
    static constexpr bool pads = false;
    const float *at;
    int64_t step, slab_step;
    int rest;  /**< k's from the thread's first element to the end of the sum */
    int lines; /**< of the thread's lines, how many lie in the matrix; along the lines: `count` or none */
    bool along_k;
};

/** @param[in] first  line of the matrix that the tile starts at   @param[in] lines  of the whole matrix
 *  @param[in] tile_lines  lines of a tile   @param[in] count  elements of a slab for each thread */
static __device__ inline gemm_reader gemm_read(const gemm_matrix &matrix, int64_t first, int64_t lines,
                                               int depth, int tile_lines, int count) {
    const bool along_k = matrix.k_step == 1;
    const gemm_share share = gemm_share_of(tile_lines, count, along_k);
    gemm_reader reader;
    reader.at = matrix.data + (first + share.line) * matrix.line_step + share.k * matrix.k_step;
    reader.step = along_k ? share.line_step * matrix.line_step : matrix.k_step;
    reader.slab_step = GEMM_DEPTH * matrix.k_step;
    reader.rest = depth - share.k;
    reader.along_k = along_k;
    reader.lines = 0;
    for (int i = 0; i < count; i++)
        if (first + share.line + i * share.line_step < lines) reader.lines++;
    return reader;
}

/** Reads the thread's elements of the next slab. @return bit i: element i is padding, which no product may
 * touch; a matrix has none */
template <int COUNT>
static __device__ __forceinline__ unsigned gemm_fetch(float (&out)[COUNT], gemm_reader &reader) {
    const int most = reader.along_k ? (reader.rest > 0 ? COUNT : 0) : reader.rest;
    const int present = most < reader.lines ? most : reader.lines;
    const float *at = reader.at;
#pragma unroll
    for (int i = 0; i < COUNT; i++, at += reader.step) out[i] = i < present ? *at : 0.0f;
    reader.at += reader.slab_step;
    reader.rest -= GEMM_DEPTH;
    return 0;
}

template <int LINES, int COUNT>
static __device__ __forceinline__ void gemm_put(float (&slab)[GEMM_DEPTH][LINES],
                                                const float (&values)[COUNT], const gemm_share &share) {
    float *to = &slab[share.k][share.line];
    const int step = share.k_step * LINES + share.line_step;
#pragma unroll
    for (int i = 0; i < COUNT; i++) to[i * step] = values[i];
}

/** Infinity times the 0 that stands for padding would be NaN: slabs with such an A take the careful path. */
template <int COUNT> static __device__ __forceinline__ bool gemm_not_finite(const float (&values)[COUNT]) {
    bool found = false;
#pragma unroll
    for (int i = 0; i < COUNT; i++) found |= !(values[i] - values[i] == 0.0f);
    return found;
}

/** First of a thread's four rows, and the tile's column of its element j. */
template <int ROWS> static __device__ __forceinline__ int gemm_row() {
    return static_cast<int>(threadIdx.x) / gemm_tile<ROWS>::lanes * GEMM_HEIGHT;
}
template <int ROWS> static __device__ __forceinline__ int gemm_column(int j) {
    const int lane = static_cast<int>(threadIdx.x) % gemm_tile<ROWS>::lanes;
    return j / 4 * (gemm_tile<ROWS>::columns / 2) + lane * 4 + j % 4;
}

template <int ROWS>
static __device__ __forceinline__ void gemm_multiply(gemm_sums<ROWS> &sum, const gemm_shared<ROWS> &shared,
                                                     int buffer) {
#pragma unroll 4 /* all eight at once would want more registers than there are */
    for (int k = 0; k < GEMM_DEPTH; k++) {
        const float4 a = *reinterpret_cast<const float4 *>(&shared.left[buffer][k][gemm_row<ROWS>()]);
        const float left[GEMM_HEIGHT] = {a.x, a.y, a.z, a.w};
        float right[gemm_tile<ROWS>::width];
#pragma unroll
        for (int j = 0; j < gemm_tile<ROWS>::width; j += 4) {
            const float *from = &shared.right[buffer][k][gemm_column<ROWS>(j)];
            const float4 b = *reinterpret_cast<const float4 *>(from);
            right[j] = b.x, right[j + 1] = b.y, right[j + 2] = b.z, right[j + 3] = b.w;
        }
#pragma unroll
        for (int i = 0; i < GEMM_HEIGHT; i++)
#pragma unroll
            for (int j = 0; j < gemm_tile<ROWS>::width; j++) sum.at[i][j] += left[i] * right[j];
    }
}

/** The same sums in the same order, without the products of padded elements of B. */
template <int ROWS>
static __device__ __forceinline__ void gemm_multiply_present(gemm_sums<ROWS> &sum,
                                                             const gemm_shared<ROWS> &shared, int buffer) {
    constexpr int columns = gemm_tile<ROWS>::columns, count = gemm_tile<ROWS>::right;
#pragma unroll 1
    for (int k = 0; k < GEMM_DEPTH; k++) {
#pragma unroll
        for (int j = 0; j < gemm_tile<ROWS>::width; j++) {
            const int column = gemm_column<ROWS>(j);
            if (shared.padded[buffer][k / count * columns + column] >> k % count & 1) continue;
#pragma unroll
            for (int i = 0; i < GEMM_HEIGHT; i++)
                sum.at[i][j] +=
                    shared.left[buffer][k][gemm_row<ROWS>() + i] * shared.right[buffer][k][column];
        }
    }
}

template <int ROWS>
static __device__ __forceinline__ void gemm_add(gemm_sums<ROWS> &total, gemm_sums<ROWS> &sum) {
#pragma unroll
    for (int i = 0; i < GEMM_HEIGHT; i++)
#pragma unroll
        for (int j = 0; j < gemm_tile<ROWS>::width; j++) {
            total.at[i][j] += sum.at[i][j];
            sum.at[i][j] = 0.0f;
        }
}

/** What a thread holds between reading a slab and storing it. */
template <int ROWS> struct gemm_slab {
    float left[gemm_tile<ROWS>::left], right[gemm_tile<ROWS>::right];
    unsigned padded;
};

/** Stores a slab and waits for all threads'. @return whether its products need care */
template <int ROWS, bool PADS>
static __device__ __forceinline__ bool gemm_store(gemm_shared<ROWS> &shared, int buffer,
                                                  const gemm_slab<ROWS> &slab, const gemm_share &left,
                                                  const gemm_share &right) {
    gemm_put(shared.left[buffer], slab.left, left);
    gemm_put(shared.right[buffer], slab.right, right);
    if constexpr (PADS) {
        shared.padded[buffer][threadIdx.x] = static_cast<unsigned char>(slab.padded);
        return __syncthreads_or(gemm_not_finite(slab.left)) != 0;
    }
    __syncthreads();
    return false;
}

/** Adds the products of a whole tile. All threads of the block call it; the readers start at k = 0.
 *  @param[in,out] total  of the rows gemm_row .. +3 and the columns gemm_column(0 .. 7)
 *  @param[in] left_along_k,right_along_k  how gemm_share_of was called for the readers */
template <int ROWS, class Right>
static __device__ __forceinline__ void gemm_accumulate(gemm_sums<ROWS> &total, gemm_shared<ROWS> &shared,
                                                       gemm_reader &left, Right &right, bool left_along_k,
                                                       bool right_along_k, int depth) {
    constexpr int columns = gemm_tile<ROWS>::columns;
    const gemm_share left_share = gemm_share_of(ROWS, gemm_tile<ROWS>::left, left_along_k);
    const gemm_share right_share = gemm_share_of(columns, gemm_tile<ROWS>::right, right_along_k);
    const int slabs = ceil_div(depth, static_cast<int>(GEMM_DEPTH));
    gemm_sums<ROWS> sum = {};
    gemm_slab<ROWS> slab;
    slab.padded = gemm_fetch(slab.right, right);
    gemm_fetch(slab.left, left);
    bool careful = gemm_store<ROWS, Right::pads>(shared, 0, slab, left_share, right_share);
#pragma unroll 1
    for (int s = 0; s < slabs; s++) {
        if (s + 1 < slabs) {
            slab.padded = gemm_fetch(slab.right, right);
            gemm_fetch(slab.left, left);
        }
        if (Right::pads && careful)
            gemm_multiply_present(sum, shared, s & 1);
        else
            gemm_multiply(sum, shared, s & 1);
        if (s % GEMM_CHUNK == GEMM_CHUNK - 1) gemm_add(total, sum);
        if (s + 1 < slabs)
            careful = gemm_store<ROWS, Right::pads>(shared, (s + 1) & 1, slab, left_share, right_share);
    }
    gemm_add(total, sum);
    __syncthreads(); /* the next tile of the block may be stored from here on */
}

#endif
