/** conv 3×3 (1 -> 32) + ReLU + conv 3×3 (32 -> 64) + affine + ReLU + max pool 2×2 of 28×28 images, for many
 * networks, on Hopper's asynchronous matrix product.
 *
 *    u[c,y,x] = relu(bias[c] + sum_{i,j} first[c,i,j] · image[y+i, x+j])             [32,26,26], FP32, then
 * f16 v[o,y,x] = relu(shift[o] + scale[o] · sum_{i,j,c} second[o,c,i,j] · u[c, y+i, x+j])     [64,24,24],
 * FP32 y[o,y,x] = max(v[o,2y,2x], v[o,2y,2x+1], v[o,2y+1,2x], v[o,2y+1,2x+1])                  [64,12,12],
 * f16
 *
 *  An item is one network on eight images. Blocks of threads are as many as multiprocessors and each takes a
 * run of items, network by network, so that parameters are loaded once for many items. In a block:
 *
 *  - one warp group produces: it computes u on CUDA cores, two rows at a time, into a ring in shared memory;
 *  - two warp groups consume, each one half of the columns: two rows of v, that is one row of y, take two
 *    stages of the ring. second[] stays in registers, as operand A: warp w holds outputs 16w .. 16w+15 of the
 *    64 of m64n96k16, whose 96 columns are 12 positions × 8 images.
 *
 *  A row of the ring is [4 chunks of 8 channels][26 positions][8 images][8 channels] f16: each 8×8 block is
 * one core matrix of operand B, so that a tap is nothing but an offset of 128 bytes. */
#include "kernels/device.cuh"
#include "kernels/fast.cuh"
#include "kernels/fast.h"

enum {
    IMAGE_SIZE = 28,
    MIDDLE_SIZE = IMAGE_SIZE - 2,
    POOLED_SIZE = (MIDDLE_SIZE - 2) / 2,
    MIDDLE_CHANNELS = 32,
    OUTPUTS = 64,
    TAPS = 9,
    IMAGE_FLOATS = IMAGE_SIZE * IMAGE_SIZE * TAU_FAST_GROUP,
    BLOCK_BYTES = TAU_FAST_GROUP * TAU_FAST_CHANNELS * 2,
    CHUNK_BYTES = MIDDLE_SIZE * BLOCK_BYTES,
    ROW_BYTES = MIDDLE_CHANNELS / TAU_FAST_CHANNELS * CHUNK_BYTES,
    /** A stage is two rows of u: consumers use two stages at a time, the producer writes the others. */
    STAGE_BYTES = 2 * ROW_BYTES,
    STAGES = 4,
    STAGES_PER_ITEM = MIDDLE_SIZE / 2,
    WARP_GROUP = 4 * TAU_WARP,
    CONSUMERS = 2 * WARP_GROUP,
    THREADS = WARP_GROUP + CONSUMERS,
    /** What a thread has at the launch: its share of a multiprocessor's registers, a multiple of 8. A warp
     * group only gets registers that another one of its block gave back: with one more than these it would
     * wait for ever. */
    LAUNCH_REGISTERS = 65536 / THREADS / 8 * 8,
    PRODUCER_REGISTERS = 88,
    CONSUMER_REGISTERS = 208,
    PRODUCER_BARRIER = 1,
    /** The producer: each thread has 4 channels of one image, each warp 16 channels and half of the columns.
     */
    PRODUCER_CHANNELS = 4,
    PRODUCER_COLUMNS = MIDDLE_SIZE / 2,
    /** The consumers: columns of v of a warp group, k-steps of 16 channels, operands and sums of a thread. */
    HALF_COLUMNS = POOLED_SIZE,
    STEPS = TAPS * MIDDLE_CHANNELS / 16,
    SUMS = HALF_COLUMNS * 4,
};

static_assert(PRODUCER_REGISTERS * WARP_GROUP + CONSUMER_REGISTERS * CONSUMERS <= LAUNCH_REGISTERS * THREADS,
              "more registers than a block has");

struct cnn_shared {
    alignas(128) unsigned char ring[STAGES][STAGE_BYTES];
    alignas(128) float images[2][IMAGE_FLOATS];
    uint64_t full[STAGES], empty[STAGES];
};

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || defined(TAU_CUDA_EMULATION)

/** A stage of the ring, and the parity of how often the ring has been gone round. */
struct ring_place {
    int stage;
    unsigned parity;
};

static __device__ inline ring_place next(ring_place at) {
    return at.stage + 1 < STAGES ? ring_place{at.stage + 1, at.parity} : ring_place{0, at.parity ^ 1u};
}

/** ---- the producer ---- */

static __device__ inline void load_images(float *shared, const float *images, int group) {
    const float *const source = images + (size_t)group * IMAGE_FLOATS;
    for (int i = 4 * (threadIdx.x % WARP_GROUP); i < IMAGE_FLOATS; i += 4 * WARP_GROUP)
        ptx_cp_async_16(shared + i, source + i);
    ptx_cp_async_commit();
}

/** One column of two rows of u.
 *  @param[in] window  [4 rows][3 columns] of the image   @param[out] out  row 0; row 1 lies ROW_BYTES on */
static __device__ inline void produce_column(unsigned char *out, const float (&window)[4][3],
                                             const float (&weights)[TAPS][PRODUCER_CHANNELS],
                                             const float (&bias)[PRODUCER_CHANNELS], bool *overflow) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
        float sum[PRODUCER_CHANNELS];
#pragma unroll
        for (int c = 0; c < PRODUCER_CHANNELS; ++c) sum[c] = bias[c];
            // The newest column of the window comes last, so that loading it overlaps with the others.
#pragma unroll
        for (int j = 0; j < 3; ++j)
#pragma unroll
            for (int i = 0; i < 3; ++i)
#pragma unroll
                for (int c = 0; c < PRODUCER_CHANNELS; ++c)
                    sum[c] = fmaf(weights[i * 3 + j][c], window[row + i][j], sum[c]);
#pragma unroll
        for (int c = 0; c < PRODUCER_CHANNELS; ++c) sum[c] = sum[c] < 0 ? 0 : sum[c];
        uint2 packed;
        packed.x = pack_halves(sum[0], sum[1], overflow);
        packed.y = pack_halves(sum[2], sum[3], overflow);
        ptx_store_shared_8(out + row * ROW_BYTES, packed);
    }
}

/** What this thread's warp has of a stage: rows 2·stage and 2·stage+1 of u.
 *  @param[in] image  its image at row 2·stage and its first column, pixels TAU_FAST_GROUP apart */
static __device__ inline void produce_stage(unsigned char *out, const float *image,
                                            const float (&weights)[TAPS][PRODUCER_CHANNELS],
                                            const float (&bias)[PRODUCER_CHANNELS], bool *overflow) {
    float window[4][3];
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 2; ++j) window[i][j + 1] = image[(i * IMAGE_SIZE + j) * TAU_FAST_GROUP];
#pragma unroll 1
    for (int column = 0; column < PRODUCER_COLUMNS; ++column) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            window[i][0] = window[i][1];
            window[i][1] = window[i][2];
            window[i][2] = image[(i * IMAGE_SIZE + column + 2) * TAU_FAST_GROUP];
        }
        produce_column(out + column * BLOCK_BYTES, window, weights, bias, overflow);
    }
}

static __device__ inline void produce(cnn_shared &shared, const tau_fast_cnn &cnn, long long first,
                                      long long end) {
    const int lane = threadIdx.x % TAU_WARP, warp = threadIdx.x % WARP_GROUP / TAU_WARP;
    const int image = lane % TAU_FAST_GROUP;
    const int channel = warp % 2 * 16 + lane / TAU_FAST_GROUP * PRODUCER_CHANNELS;
    const int column = warp / 2 * PRODUCER_COLUMNS;
    const int place = channel / 8 * CHUNK_BYTES + column * BLOCK_BYTES + image * 16 + channel % 8 * 2;
    float weights[TAPS][PRODUCER_CHANNELS], bias[PRODUCER_CHANNELS];
    int loaded = -1;
    ring_place at = {0, 0};
    load_images(shared.images[0], cnn.images, (int)(first % cnn.groups));
    for (long long item = first; item < end; ++item) {
        const int point = (int)(item / cnn.groups), buffer = (int)(item - first) % 2;
        if (point != loaded) {
            const float *const source = cnn.first + (size_t)point * cnn.first_stride;
#pragma unroll
            for (int c = 0; c < PRODUCER_CHANNELS; ++c) {
                bias[c] = source[MIDDLE_CHANNELS * TAPS + channel + c];
#pragma unroll
                for (int tap = 0; tap < TAPS; ++tap) weights[tap][c] = source[(channel + c) * TAPS + tap];
            }
            loaded = point;
        }
        // After the barrier all images of this item are there, and those of the item before are done with.
        ptx_cp_async_wait<0>();
        ptx_bar_sync(PRODUCER_BARRIER, WARP_GROUP);
        if (item + 1 < end)
            load_images(shared.images[buffer ^ 1], cnn.images, (int)((item + 1) % cnn.groups));
        const float *const pixels = shared.images[buffer] + column * TAU_FAST_GROUP + image;
        bool overflow = false;
        for (int stage = 0; stage < STAGES_PER_ITEM; ++stage, at = next(at)) {
            // The first time round, the parity of a round that never was counts as completed.
            ptx_mbarrier_wait_parity(&shared.empty[at.stage], at.parity ^ 1u);
            produce_stage(shared.ring[at.stage] + place, pixels + stage * 2 * IMAGE_SIZE * TAU_FAST_GROUP,
                          weights, bias, &overflow);
            ptx_fence_proxy_async();
            ptx_mbarrier_arrive(&shared.full[at.stage]);
        }
        mark_overflow(cnn.overflow, point, overflow);
    }
}

/** ---- the consumers ---- */

/** What a consumer holds of a network: operand A of all k-steps; channels lane/4 and lane/4 + 8 of the
 * affine map. */
struct consumer_parameters {
    uint32_t weights[STEPS][4];
    float scale[2], shift[2];
};

static __device__ inline void load_second(consumer_parameters &out, const tau_fast_cnn &cnn, int point) {
    const int lane = threadIdx.x % TAU_WARP, warp = threadIdx.x % WARP_GROUP / TAU_WARP;
    const uint4 *const packed =
        reinterpret_cast<const uint4 *>(static_cast<const unsigned char *>(cnn.second) +
                                        (size_t)point * cnn.second_stride) +
        (warp * STEPS) * TAU_WARP + lane;
#pragma unroll
    for (int k = 0; k < STEPS; ++k) {
        const uint4 fragment = packed[k * TAU_WARP];
        out.weights[k][0] = fragment.x;
        out.weights[k][1] = fragment.y;
        out.weights[k][2] = fragment.z;
        out.weights[k][3] = fragment.w;
    }
    const float *const affine =
        cnn.affine + (cnn.affine ? (size_t)point * 2 * OUTPUTS + warp * 16 + lane / 4 : 0);
#pragma unroll
    for (int chunk = 0; chunk < 2; ++chunk) {
        out.scale[chunk] = affine ? affine[chunk * 8] : 1;
        out.shift[chunk] = affine ? affine[OUTPUTS + chunk * 8] : 0;
    }
}

/** Operand B without swizzle: core matrices of 8 images × 8 channels; those of further channels lie a chunk
 * apart (leading), those of further positions follow each other (stride). */
static __device__ inline uint64_t describe(const unsigned char *row) {
    return ptx_matrix_descriptor(ptx_shared_address(row), CHUNK_BYTES, BLOCK_BYTES);
}

/** Adds one k-step, the first sets. A descriptor counts addresses in units of 16 bytes. */
static __device__ inline void multiply_step(float (&sums)[SUMS], const uint32_t (&weights)[4], uint64_t row,
                                            int offset, bool first) {
    if (first)
        ptx_wgmma_m64n96k16<false>(sums, weights, row + (uint64_t)(offset / 16));
    else
        ptx_wgmma_m64n96k16<true>(sums, weights, row + (uint64_t)(offset / 16));
}

/** Sums of two rows of v at HALF_COLUMNS columns, from four rows of u.
 *  @param[in] upper,lower  two rows of u each, at the first of the columns */
static __device__ inline void multiply(float (&sums)[2][SUMS], const uint32_t (&weights)[STEPS][4],
                                       const unsigned char *upper, const unsigned char *lower) {
    const uint64_t rows[4] = {describe(upper), describe(upper + ROW_BYTES), describe(lower),
                              describe(lower + ROW_BYTES)};
    ptx_wgmma_fence();
#pragma unroll
    for (int i = 0; i < 3; ++i)
#pragma unroll
        for (int j = 0; j < 3; ++j)
#pragma unroll
            for (int pair = 0; pair < 2; ++pair) {
                const int step = (i * 3 + j) * 2 + pair, offset = j * BLOCK_BYTES + pair * 2 * CHUNK_BYTES;
                multiply_step(sums[0], weights[step], rows[i], offset, step == 0);
                multiply_step(sums[1], weights[step], rows[i + 1], offset, step == 0);
            }
    ptx_wgmma_commit();
    ptx_wgmma_wait<0>();
    ptx_wgmma_fence_operand(sums[0]);
    ptx_wgmma_fence_operand(sums[1]);
}

/** One pooled value of output lane/4 + 8·chunk: image 2·(lane%4) + e at columns 2·column and 2·column+1. The
 * affine map comes before the maximum because its scale may be negative; ReLU commutes with the maximum. */
static __device__ inline float pool(const float (&sums)[2][SUMS], const consumer_parameters &parameters,
                                    int column, int chunk, int e) {
    const int at = column * 8 + chunk * 2 + e;
    const float scale = parameters.scale[chunk], shift = parameters.shift[chunk];
    const float upper = ptx_max_nan(fmaf(scale, sums[0][at], shift), fmaf(scale, sums[0][at + 4], shift));
    const float lower = ptx_max_nan(fmaf(scale, sums[1][at], shift), fmaf(scale, sums[1][at + 4], shift));
    const float value = ptx_max_nan(upper, lower);
    return value < 0 ? 0 : value;
}

/** Half a row of y from two rows of sums.
 *  @param[out] y  the row's first block of the warp's first chunk of channels and first column */
static __device__ inline void store_row(uint32_t *y, const float (&sums)[2][SUMS],
                                        const consumer_parameters &parameters, bool *overflow) {
    const int lane = threadIdx.x % TAU_WARP;
#pragma unroll
    for (int column = 0; column < POOLED_SIZE / 2; ++column)
#pragma unroll
        for (int chunk = 0; chunk < 2; ++chunk) {
            const float even = pool(sums, parameters, column, chunk, 0);
            const float odd = pool(sums, parameters, column, chunk, 1);
            store_block(y + (chunk * POOLED_SIZE + column) * (BLOCK_BYTES / 4), lane,
                        pack_halves(even, odd, overflow), true);
        }
}

static __device__ inline void consume(cnn_shared &shared, const tau_fast_cnn &cnn, long long first,
                                      long long end) {
    const int side = threadIdx.x / WARP_GROUP - 1, warp = threadIdx.x % WARP_GROUP / TAU_WARP;
    const int place = side * HALF_COLUMNS * BLOCK_BYTES;
    const size_t row_words = (size_t)(OUTPUTS / 8) * POOLED_SIZE * (BLOCK_BYTES / 4);
    consumer_parameters parameters;
    int loaded = -1;
    ring_place at = {0, 0};
    for (long long item = first; item < end; ++item) {
        const int point = (int)(item / cnn.groups), group = (int)(item % cnn.groups);
        if (point != loaded) {
            load_second(parameters, cnn, point);
            loaded = point;
        }
        uint32_t *y = reinterpret_cast<uint32_t *>(static_cast<__half *>(cnn.y.data) +
                                                   (size_t)point * cnn.y.point_stride) +
                      (size_t)group * POOLED_SIZE * row_words +
                      (warp * 2 * POOLED_SIZE + side * (POOLED_SIZE / 2)) * (BLOCK_BYTES / 4);
        bool overflow = false;
        ptx_mbarrier_wait_parity(&shared.full[at.stage], at.parity);
#pragma unroll 1
        for (int row = 0; row < POOLED_SIZE; ++row, y += row_words) {
            const ring_place lower = next(at);
            ptx_mbarrier_wait_parity(&shared.full[lower.stage], lower.parity);
            float sums[2][SUMS];
            multiply(sums, parameters.weights, shared.ring[at.stage] + place,
                     shared.ring[lower.stage] + place);
            ptx_mbarrier_arrive(&shared.empty[at.stage]);
            at = lower;
            store_row(y, sums, parameters, &overflow);
        }
        ptx_mbarrier_arrive(&shared.empty[at.stage]);
        at = next(at);
        mark_overflow(cnn.overflow, point, overflow);
    }
}

/** Threads 0..127 produce, 128..383 consume. */
static __device__ inline void run_items(const tau_fast_cnn &cnn) {
    TAU_DYNAMIC_SHARED(cnn_shared, shared);
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < STAGES; ++stage) {
            ptx_mbarrier_init(&shared->full[stage], WARP_GROUP);
            ptx_mbarrier_init(&shared->empty[stage], CONSUMERS);
        }
        ptx_fence_mbarrier_init();
    }
    __syncthreads();
    const long long items = (long long)cnn.points * cnn.groups;
    const long long first = items * blockIdx.x / gridDim.x, end = items * (blockIdx.x + 1) / gridDim.x;
    if (threadIdx.x < WARP_GROUP) {
        ptx_setmaxnreg_dec<PRODUCER_REGISTERS>();
        produce(*shared, cnn, first, end);
    } else {
        ptx_setmaxnreg_inc<CONSUMER_REGISTERS>();
        consume(*shared, cnn, first, end);
    }
}

#else

/** Devices without wgmma; the launcher refuses them. */
static __device__ inline void run_items(const tau_fast_cnn &) {
    __trap();
}

#endif

/** As many blocks as multiprocessors, or fewer. */
static __global__ void __launch_bounds__(THREADS, 1) fast_cnn(const tau_fast_cnn cnn) {
    run_items(cnn);
}

/** images[group][pixel][sample] = x[8·group + sample][pixel] */
static __global__ void arrange_images(float *images, const float *x, int samples) {
    const size_t pixels = IMAGE_SIZE * IMAGE_SIZE;
    const size_t size = ceil_div<size_t>((size_t)samples, TAU_FAST_GROUP) * IMAGE_FLOATS;
    const size_t stride = (size_t)gridDim.x * blockDim.x;
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < size; i += stride) {
        const size_t sample = i / IMAGE_FLOATS * TAU_FAST_GROUP + i % TAU_FAST_GROUP;
        const size_t pixel = i / TAU_FAST_GROUP % pixels;
        images[i] = sample < (size_t)samples ? x[sample * pixels + pixel] : 0;
    }
}

/** ---- launchers ---- */

cudaError_t tau_cuda_fast_cnn(const tau_fast_cnn *cnn, cudaStream_t stream) {
    // Registers hold the second convolution's weights once, not as two halves.
    if (cnn->parts != 1) return cudaErrorNotSupported;
    if (cnn->y.channels != OUTPUTS || cnn->y.height != POOLED_SIZE || cnn->y.width != POOLED_SIZE)
        return cudaErrorInvalidValue;
    int device = 0, major = 0, minor = 0, multiprocessors = 1;
    cudaError_t error = cudaGetDevice(&device);
    if (!error) error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    if (!error) error = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
    if (!error) error = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device);
    if (error) return error;
    if (major != 9 || minor != 0) return cudaErrorNotSupported;
    const long long items = (long long)cnn->points * cnn->groups;
    if (items == 0) return cudaSuccess;
    const unsigned blocks = (unsigned)(items < multiprocessors ? items : multiprocessors);
    return launch(fast_cnn, dim3(blocks), dim3(THREADS), sizeof(cnn_shared), stream, *cnn);
}

cudaError_t tau_cuda_fast_cnn_images(float *images, const float *x, int samples, cudaStream_t stream) {
    if (samples == 0) return cudaSuccess;
    const long long size = (long long)ceil_div(samples, (int)TAU_FAST_GROUP) * IMAGE_FLOATS;
    const int threads = 256;
    const long long blocks = ceil_div<long long>(size, threads);
    return launch(arrange_images, dim3((unsigned)(blocks < 65536 ? blocks : 65536)), dim3(threads), 0, stream,
                  images, x, samples);
}
