/** A residual block of a network on many samples, for many networks, on tensor cores:
 *
 *    u = act1(affine1(conv1(x)))            [C,H,W], f16, in shared memory only
 *    y = act2(affine2(conv2(u)) + x)        [C,H,W], f16; both convolutions 3×3, stride 1, padding 1
 *
 *  Rows of one network's groups follow each other in memory: row r of group g is row g·H + r of a stream. A
 * block of threads takes a run of such streams and, step by step, keeps of them in shared memory what is
 * needed: rows s-2 .. s+3 of x in one ring, rows s-3 .. s of u in another, each row [C/8][W][8 samples]
 * [8 channels] as it is in device memory. At step s, between two barriers,
 *
 *    warps 0..3  make row s of u        from rows s-1, s, s+1 of x,
 *    warps 4..7  make row s-2 of y      from rows s-3, s-2, s-1 of u and row s-2 of x,
 *    all         fetch row s+3 of x;
 *
 *  the streams of several groups run through without a gap. Rows and columns outside an image contribute
 * nothing. A warp makes 16 channels at 8 columns at a time, m16n8k16: operand A is the packed weights of its
 * convolution, which stay in registers (C·9·parts/16 fragments); operand B is a position's 8 samples × 16
 * channels, one block of 128 bytes for 8 of them, and serves the three taps of a row of the kernel. */
#include "kernels/device.cuh"
#include "kernels/fast.cuh"
#include "kernels/fast.h"

enum {
    ROLE_WARPS = 4,
    THREADS = 2 * ROLE_WARPS * TAU_WARP,
    SEGMENT = 8, /**< columns of a warp at a time */
    BLOCK_BYTES = TAU_FAST_GROUP * TAU_FAST_CHANNELS * 2,
    INPUT_ROWS = 6,
    MIDDLE_ROWS = 4,
    /** How far rows of x are fetched ahead of the first convolution, and how far the second follows. */
    FETCH_AHEAD = 3,
    LAG = 2,
};

/** Operand A of one convolution and 16 channels. */
template <int C, int PARTS>
static __device__ inline void load_weights(uint32_t (&out)[9 * C / 16][PARTS][4], const void *weights,
                                           int tile) {
    const uint4 *const packed =
        static_cast<const uint4 *>(weights) + tile * (9 * C / 16 * PARTS * TAU_WARP) + threadIdx.x % TAU_WARP;
#pragma unroll
    for (int step = 0; step < 9 * C / 16; ++step)
#pragma unroll
        for (int part = 0; part < PARTS; ++part) {
            const uint4 fragment = packed[(step * PARTS + part) * TAU_WARP];
            out[step][part][0] = fragment.x;
            out[step][part][1] = fragment.y;
            out[step][part][2] = fragment.z;
            out[step][part][3] = fragment.w;
        }
}

/** Where a lane reads operand B of two columns by ldmatrix: lanes 0..15 the first column, 16..31 the second,
 * of each 16 two chunks of channels. A column outside the image is read where the image ends and made 0. */
struct column_reader {
    int place;        /**< bytes from a row's first chunk to columns -1 and 0 of the segment */
    int chunk_bytes;  /**< from one k-step to the next */
    bool left, right; /**< the segment is at the image's edge */
};

static __device__ inline column_reader read_columns(int column, int width) {
    const int lane = threadIdx.x % TAU_WARP;
    const int place = (lane / 8 % 2 * width + column - 1 + lane / 16) * BLOCK_BYTES + lane % 8 * 16;
    return {place, 2 * width * BLOCK_BYTES, column == 0, column + SEGMENT == width};
}

/** Operand B of columns pair-1 and pair of the segment: values[0..1] of the first, [2..3] of the second. */
static __device__ inline void load_columns(uint32_t (&values)[4], const unsigned char *chunk,
                                           const column_reader &reader, int pair) {
    const bool left = pair == 0 && reader.left, right = pair == SEGMENT && reader.right;
    const bool first = threadIdx.x % TAU_WARP < 16;
    const int step = left && first ? 1 : right && !first ? -1 : 0;
    ptx_ldmatrix_x4(values, chunk + reader.place + (pair + step) * BLOCK_BYTES);
    if (left) values[0] = values[1] = 0;
    if (right) values[2] = values[3] = 0;
}

/** The share of a block of threads: `rows` rows of the streams from the first row of item `first` on, where
 * item p·groups + g is group g of network p. */
struct row_stream {
    unsigned char *shared; /**< the ring of x, then the ring of u */
    int row_bytes;
    int first, rows;
    int role, warp; /**< of the calling warp: which convolution; number among its role's */
};

struct row_place {
    int point, group, row;
};

static __device__ inline row_place locate(const row_stream &stream, const tau_fast_block &block, int row) {
    const int item = stream.first + row / block.x.height;
    return {item / block.groups, item % block.groups, row % block.x.height};
}

/** Where a row of x, of u lies in shared memory; for rows from -1 on. */
static __device__ inline int input_row(const row_stream &stream, int row) {
    return (row + INPUT_ROWS) % INPUT_ROWS * stream.row_bytes;
}

static __device__ inline int middle_row(const row_stream &stream, int row) {
    return ((row + MIDDLE_ROWS) % MIDDLE_ROWS + INPUT_ROWS) * stream.row_bytes;
}

/** Where the row above (i = 0), at or below the convolution's row lies; negative = outside the image. */
static __device__ inline int source_row(const row_stream &stream, const tau_fast_block &block,
                                        const row_place &at, int row, int i) {
    if (at.row + i == 0 || at.row + i > block.x.height) return -1;
    return stream.role == 0 ? input_row(stream, row + i - 1) : middle_row(stream, row + i - 1);
}

/** Adds what columns pair-1 and pair of the segment bring through 16 channels of row i of the kernel: column
 * from-1 serves the sums at x = from - j with tap j.
 *  @param[in] values  operand B of both columns */
template <int C, int PARTS>
static __device__ __forceinline__ void add_columns(float (&sums)[SEGMENT][4],
                                                   const uint32_t (&weights)[9 * C / 16][PARTS][4],
                                                   const uint32_t (&values)[4], int i, int chunk, int pair) {
#pragma unroll
    for (int from = pair; from < pair + 2; ++from)
#pragma unroll
        for (int j = 0; j < 3; ++j)
#pragma unroll
            for (int part = 0; part < PARTS; ++part)
                if (from - j >= 0 && from - j < SEGMENT)
                    ptx_mma_m16n8k16(sums[from - j], weights[(i * 3 + j) * (C / 16) + chunk][part],
                                     values + (from - pair) * 2);
}

/** Sums of 16 channels × 8 samples at SEGMENT columns of a row. Their order: rows of the kernel, chunks of 16
 * channels, columns of the kernel from right to left, parts. */
template <int C, int PARTS>
static __device__ inline void
convolve(float (&sums)[SEGMENT][4], const uint32_t (&weights)[9 * C / 16][PARTS][4], const row_stream &stream,
         const tau_fast_block &block, const row_place &at, int row, const column_reader &reader) {
#pragma unroll
    for (int x = 0; x < SEGMENT; ++x)
#pragma unroll
        for (int i = 0; i < 4; ++i) sums[x][i] = 0;
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        const int source = source_row(stream, block, at, row, i);
        if (source < 0) continue;
#pragma unroll
        for (int chunk = 0; chunk < C / 16; ++chunk)
#pragma unroll
            for (int pair = 0; pair < SEGMENT + 2; pair += 2) {
                uint32_t values[4];
                load_columns(values, stream.shared + source + chunk * reader.chunk_bytes, reader, pair);
                add_columns<C, PARTS>(sums, weights, values, i, chunk, pair);
            }
    }
}

/** sums = scale·sums + shift. The map is read again for each segment: registers are scarce, and it stays in
 * the first cache.
 *  @param[in] affine  of the warp's first channel: scales, and shifts `channels` on */
static __device__ inline void apply_affine(float (&sums)[SEGMENT][4], const float *affine, int channels) {
    affine += threadIdx.x % TAU_WARP / 4;
    const float scale[2] = {affine[0], affine[8]}, shift[2] = {affine[channels], affine[channels + 8]};
#pragma unroll
    for (int x = 0; x < SEGMENT; ++x)
#pragma unroll
        for (int i = 0; i < 4; ++i) sums[x][i] = fmaf(scale[i / 2], sums[x][i], shift[i / 2]);
}

/** Adds x. @param[in] residual  in shared memory, at the warp's first chunk and column */
static __device__ inline void add_residual(float (&sums)[SEGMENT][4], const unsigned char *residual,
                                           int width) {
    const int lane = threadIdx.x % TAU_WARP;
    residual += (lane / 8 % 2 * width + lane / 16) * BLOCK_BYTES + lane % 8 * 16;
#pragma unroll
    for (int x = 0; x < SEGMENT; x += 2) {
        uint32_t blocks[4];
        ptx_ldmatrix_x4_trans(blocks, residual + x * BLOCK_BYTES);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float2 values = unpack_halves(blocks[i]);
            sums[x + i / 2][i % 2 * 2] += values.x;
            sums[x + i / 2][i % 2 * 2 + 1] += values.y;
        }
    }
}

/** Stores what the activation makes of the sums: values below `least` become it, NaN stays.
 *  @param[out] out  in shared or device memory, at the warp's first chunk and column */
static __device__ inline void store_segment(unsigned char *out, const float (&sums)[SEGMENT][4], int width,
                                            float least, bool *overflow) {
#pragma unroll
    for (int x = 0; x < SEGMENT; ++x)
#pragma unroll
        for (int chunk = 0; chunk < 2; ++chunk) {
            const float first = sums[x][2 * chunk], second = sums[x][2 * chunk + 1];
            const uint32_t packed =
                pack_halves(first < least ? least : first, second < least ? least : second, overflow);
            store_block(out + (chunk * width + x) * BLOCK_BYTES, threadIdx.x % TAU_WARP, packed, true);
        }
}

/** Bytes from a tensor's first value to a row. */
static __device__ inline size_t row_offset(const tau_fast_tensor &tensor, const row_place &at,
                                           int row_bytes) {
    return (size_t)at.point * tensor.point_stride * 2 +
           ((size_t)at.group * tensor.height + at.row) * (size_t)row_bytes;
}

/** Starts to copy a row of x; beyond the last row it only counts as a copy. */
static __device__ inline void fetch(const row_stream &stream, const tau_fast_block &block, int row) {
    if (row < stream.rows) {
        const unsigned char *const source = static_cast<const unsigned char *>(block.x.data) +
                                            row_offset(block.x, locate(stream, block, row), stream.row_bytes);
        unsigned char *const target = stream.shared + input_row(stream, row);
        for (int i = 16 * threadIdx.x; i < stream.row_bytes; i += 16 * THREADS)
            ptx_cp_async_16(target + i, source + i);
    }
    ptx_cp_async_commit();
}

/** One row of u (role 0) or y (role 1), by the four warps of the role. */
template <int C, int PARTS>
static __device__ inline void make_row(const row_stream &stream, const tau_fast_block &block,
                                       const uint32_t (&weights)[9 * C / 16][PARTS][4], const row_place &at,
                                       int row) {
    const int role = stream.role, warp = stream.warp, tile = warp % (C / 16), width = block.x.width;
    const float least = block.activation[role].op == TAU_OP_RELU ? 0.0f : -INFINITY;
    bool overflow = false;
    for (int column = warp / (C / 16) * SEGMENT; column < width; column += ROLE_WARPS / (C / 16) * SEGMENT) {
        float sums[SEGMENT][4];
        convolve<C, PARTS>(sums, weights, stream, block, at, row, read_columns(column, width));
        if (block.affine[role])
            apply_affine(sums, block.affine[role] + (size_t)at.point * 2 * C + tile * 16, C);
        const int place = (tile * 2 * width + column) * BLOCK_BYTES;
        if (role == 0) {
            store_segment(stream.shared + middle_row(stream, row) + place, sums, width, least, &overflow);
        } else {
            add_residual(sums, stream.shared + input_row(stream, row) + place, width);
            unsigned char *const y = static_cast<unsigned char *>(block.y.data) +
                                     row_offset(block.y, at, stream.row_bytes) + place;
            store_segment(y, sums, width, least, &overflow);
        }
    }
    mark_overflow(block.overflow, at.point, overflow);
}

template <int C, int PARTS>
static __global__ void __launch_bounds__(THREADS, C == 64 || PARTS == 2 ? 1 : 2)
    fast_block(const tau_fast_block block) {
    TAU_DYNAMIC_SHARED(unsigned char, memory);
    // Told by one lane, so that the compiler knows it to be the same for the whole warp.
    const int warp = __shfl_sync(0xffffffffu, (int)threadIdx.x / TAU_WARP, 0);
    const long long items = (long long)block.points * block.groups;
    const long long first = items * blockIdx.x / gridDim.x, end = items * (blockIdx.x + 1) / gridDim.x;
    const row_stream stream = {memory,
                               C * 2 * TAU_FAST_GROUP * block.x.width,
                               (int)first,
                               (int)(end - first) * block.x.height,
                               warp / ROLE_WARPS,
                               warp % ROLE_WARPS};
    for (int row = 0; row < FETCH_AHEAD; ++row) fetch(stream, block, row);
    ptx_cp_async_wait<1>();
    __syncthreads();

    uint32_t weights[9 * C / 16][PARTS][4];
    for (int step = 0; step < stream.rows + LAG; ++step) {
        fetch(stream, block, step + FETCH_AHEAD);
        const int row = stream.role == 0 ? step : step - LAG;
        if (row >= 0 && row < stream.rows) {
            const row_place at = locate(stream, block, row);
            if (row == 0 || (at.row == 0 && at.group == 0))
                load_weights<C, PARTS>(weights,
                                       static_cast<const unsigned char *>(block.weights[stream.role]) +
                                           (size_t)at.point * block.weights_stride[stream.role],
                                       stream.warp % (C / 16));
            make_row<C, PARTS>(stream, block, weights, at, row);
        }
        // The row fetched last may still be under way: it is read from the step after the next on.
        ptx_cp_async_wait<1>();
        __syncthreads();
    }
}

static size_t shared_bytes(int channels, int width) {
    return (size_t)(INPUT_ROWS + MIDDLE_ROWS) * (size_t)channels * (size_t)width * TAU_FAST_GROUP * 2;
}

bool tau_cuda_fast_block_fits(int channels, int height, int width, int parts) {
    // Registers hold the weights of 16 outputs: 9·64·2/16 = 72 fragments of four would be too many.
    const bool fragments =
        (channels == 16 || channels == 32) ? parts == 1 || parts == 2 : channels == 64 && parts == 1;
    if (!fragments || height < 1 || width < SEGMENT || width % SEGMENT != 0) return false;
    int device = 0, limit = 0;
    if (cudaGetDevice(&device)) return false;
    if (cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device)) return false;
    return shared_bytes(channels, width) <= (size_t)limit;
}

template <int C, int PARTS>
static cudaError_t launch_block(const tau_fast_block *block, cudaStream_t stream) {
    int device = 0, multiprocessors = 1;
    cudaError_t error = cudaGetDevice(&device);
    if (!error) error = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device);
    if (error) return error;
    const long long items = (long long)block->points * block->groups;
    const long long blocks = (long long)multiprocessors * (C == 64 || PARTS == 2 ? 1 : 2);
    return launch(fast_block<C, PARTS>, dim3((unsigned)(items < blocks ? items : blocks)), dim3(THREADS),
                  shared_bytes(C, block->x.width), stream, *block);
}

static bool known(tau_fast_activation activation) {
    return activation.op == TAU_OP_RELU || activation.op == TAU_OP_COUNT;
}

cudaError_t tau_cuda_fast_block(const tau_fast_block *block, cudaStream_t stream) {
    const int channels = block->x.channels;
    if (!tau_cuda_fast_block_fits(channels, block->x.height, block->x.width, block->parts))
        return cudaErrorNotSupported;
    if (!known(block->activation[0]) || !known(block->activation[1])) return cudaErrorNotSupported;
    if (block->points == 0 || block->groups == 0) return cudaSuccess;
    if (channels == 64) return launch_block<64, 1>(block, stream);
    if (channels == 32)
        return block->parts == 1 ? launch_block<32, 1>(block, stream) : launch_block<32, 2>(block, stream);
    return block->parts == 1 ? launch_block<16, 1>(block, stream) : launch_block<16, 2>(block, stream);
}
