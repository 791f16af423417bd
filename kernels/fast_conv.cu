/** Convolutions and linear layers on tensor cores, over the blocked layout.
 *
 *      y[o, i, j] = activation(scale[o]·sum_{c,u,v} w[o,c,u,v]·x[c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1]
 *                              + shift[o] + residual[o, i, j])
 *
 *  is a product D = A·B of mma.m16n8k16: a row of A is an output channel (m-tiles of 16), a column of B is
 * one sample, and an n-tile is the 8 samples of one group at one position (i, j). k runs over chunks of 8
 * channels of one tap, q = (u·kw + v)·(C/8) + c/8, two a step; the order is the same for every element,
 * whatever the tile, so the bits do not depend on how many networks and samples there are.
 *
 *  - B: chunk q of an n-tile is one block of the layout, 128 contiguous bytes, and lane l needs word l of it:
 *    one coalesced load from L1, no shared memory and no barrier. A chunk outside of the image is 0.
 *  - A: packed by fast_pack.cu in the order of the fragment, 16 bytes a lane.
 *  - A warp holds MT m-tiles of NT consecutive n-tiles, counted group by group and position by position, so a
 *    layer of one position takes NT groups. Its lanes keep a table of 32 chunks: lane l says for chunk l
 * where it lies relative to the corner of a window and which n-tiles it is inside of the image for. */
#include "kernels/fast.cuh"

enum {
    WARPS = 4,            /* of a thread block: they share the weights, through L1 */
    TABLE = 32,           /* chunks that the lanes know of at a time */
    BLOCK_BYTES = 128,    /* 8 samples x 8 channels */
    OUTSIDE = -(1 << 29), /* a corner from which no tap reaches the image */
};

/** What the launcher works out of the call. */
typedef struct conv_problem {
    tau_fast_conv conv;
    int blocks;             /* channel blocks of x */
    int chunks, steps;      /* of k */
    int m_tiles, m_blocks;  /* m_blocks: how many thread blocks it takes to cover the outputs */
    int positions, n_tiles; /* n_tiles = groups·positions */
    bool points_first;      /* neighbouring thread blocks take different networks */
} conv_problem;

/** What a warp works on; the members of `own` differ by lane: lane j has those of n-tile first_n + j. */
typedef struct conv_warp {
    int lane, point, first_m, first_n;
    struct {
        int row, column; /* the window's corner in x */
        int x, y;        /* that corner's block, channel block 0, in x; the position's in y */
    } own;
} conv_warp;

static __device__ __forceinline__ conv_warp find_work(const conv_problem &problem, int mt, int nt) {
    const tau_fast_conv &conv = problem.conv;
    const unsigned points = static_cast<unsigned>(conv.points);
    const unsigned block = problem.points_first ? blockIdx.x / points : blockIdx.x;
    conv_warp warp;
    warp.lane = static_cast<int>(threadIdx.x % TAU_WARP);
    warp.point = static_cast<int>(problem.points_first ? blockIdx.x % points : blockIdx.y);
    const unsigned m_blocks = static_cast<unsigned>(problem.m_blocks);
    const unsigned m_block = m_blocks == 1 ? 0 : block % m_blocks,
                   n_block = m_blocks == 1 ? block : block / m_blocks;
    warp.first_m = static_cast<int>(m_block) * mt;
    warp.first_n = static_cast<int>(n_block * WARPS + threadIdx.x / TAU_WARP) * nt;

    const int n = warp.first_n + warp.lane, group = n / problem.positions, position = n % problem.positions;
    const int row = position / conv.y.width, column = position % conv.y.width;
    const int top = row * static_cast<int>(conv.window.stride[0]) - static_cast<int>(conv.window.pad[0]);
    warp.own.row = n < problem.n_tiles ? top : OUTSIDE;
    warp.own.column = column * static_cast<int>(conv.window.stride[1]) - static_cast<int>(conv.window.pad[1]);
    warp.own.x = (group * conv.x.height + top) * problem.blocks * conv.x.width + warp.own.column;
    warp.own.y = (group * conv.y.height + row) * ((conv.y.channels + 7) / 8) * conv.y.width + column;
    return warp;
}

static __device__ __forceinline__ int from_lane(int value, int lane) {
    return __shfl_sync(0xffffffffu, value, lane);
}

/** ---- operands ---- */

/** One chunk: its block relative to the corner of a window; bit j: it is inside of the image for n-tile j. */
typedef struct conv_chunk {
    int offset;
    unsigned inside;
} conv_chunk;

template <int NT>
static __device__ __forceinline__ conv_chunk look_up(const conv_problem &problem, const conv_warp &warp,
                                                     int q) {
    const tau_fast_conv &conv = problem.conv;
    const int tap = q / problem.blocks, width = static_cast<int>(conv.window.kernel[1]);
    const int row = tap / width * static_cast<int>(conv.window.dilation[0]);
    const int column = tap % width * static_cast<int>(conv.window.dilation[1]);
    conv_chunk chunk = {(row * problem.blocks + q % problem.blocks) * conv.x.width + column, 0};
#pragma unroll
    for (int j = 0; j < NT; j++) {
        const int y = from_lane(warp.own.row, j) + row, x = from_lane(warp.own.column, j) + column;
        const bool inside = y >= 0 && y < conv.x.height && x >= 0 && x < conv.x.width;
        chunk.inside |= static_cast<unsigned>(inside) << j;
    }
    if (q >= problem.chunks) chunk.inside = 0;
    return chunk;
}

/** The operands of one step of k. */
template <int MT, int NT, int PARTS> struct conv_operands {
    uint32_t a[MT][PARTS][4];
    uint32_t b[NT][2];
};

/** Where a lane reads next: its 16 bytes of a fragment of each m-tile, and for each n-tile its word of the
 * block at the window's corner, which need not exist. Pointers, so that an address takes one addition. */
template <int MT, int NT> struct conv_sources {
    const uint4 *weights[MT];
    const unsigned char *corner[NT];
    conv_chunk chunk;
};

template <int MT, int NT, int PARTS>
static __device__ __forceinline__ conv_sources<MT, NT> find_sources(const conv_problem &problem,
                                                                    const conv_warp &warp) {
    const tau_fast_conv &conv = problem.conv;
    const size_t point = static_cast<size_t>(warp.point);
    const unsigned char *x =
        static_cast<const unsigned char *>(conv.x.data) + (point * conv.x.point_stride * 2 + warp.lane * 4u);
    const uint4 *weights = reinterpret_cast<const uint4 *>(static_cast<const unsigned char *>(conv.weights) +
                                                           point * conv.weights_stride) +
                           warp.lane;
    conv_sources<MT, NT> from;
#pragma unroll
    for (int m = 0; m < MT; m++) {
        /* Tiles of outputs that do not exist repeat the last one: their sums are never stored. */
        const int tile = min(warp.first_m + m, problem.m_tiles - 1);
        from.weights[m] =
            weights + static_cast<size_t>(tile) * static_cast<size_t>(problem.steps) * PARTS * TAU_WARP;
    }
#pragma unroll
    for (int j = 0; j < NT; j++) {
        from.corner[j] = x + static_cast<ptrdiff_t>(from_lane(warp.own.x, j)) * BLOCK_BYTES;
    }
    return from;
}

/** Loads step `step`; steps are taken in order. */
template <int MT, int NT, int PARTS>
static __device__ __forceinline__ void load_step(conv_operands<MT, NT, PARTS> &out,
                                                 conv_sources<MT, NT> &from, const conv_problem &problem,
                                                 const conv_warp &warp, int step) {
    const int chunk = 2 * step % TABLE;
    if (chunk == 0) from.chunk = look_up<NT>(problem, warp, 2 * step + warp.lane);
#pragma unroll
    for (int m = 0; m < MT; m++) {
#pragma unroll
        for (int part = 0; part < PARTS; part++) {
            const uint4 a = __ldg(from.weights[m] + part * TAU_WARP);
            out.a[m][part][0] = a.x, out.a[m][part][1] = a.y;
            out.a[m][part][2] = a.z, out.a[m][part][3] = a.w;
        }
        from.weights[m] += PARTS * TAU_WARP;
    }
#pragma unroll
    for (int side = 0; side < 2; side++) {
        const ptrdiff_t offset =
            static_cast<ptrdiff_t>(from_lane(from.chunk.offset, chunk + side)) * BLOCK_BYTES;
        const unsigned inside =
            static_cast<unsigned>(from_lane(static_cast<int>(from.chunk.inside), chunk + side));
#pragma unroll
        for (int j = 0; j < NT; j++) {
            const uint32_t *word = reinterpret_cast<const uint32_t *>(from.corner[j] + offset);
            out.b[j][side] = (inside >> j & 1u) != 0 ? __ldg(word) : 0u;
        }
    }
}

template <int MT, int NT, int PARTS>
static __device__ __forceinline__ void multiply_step(float (&sums)[MT][NT][4],
                                                     const conv_operands<MT, NT, PARTS> &operands) {
#pragma unroll
    for (int part = 0; part < PARTS; part++) {
#pragma unroll
        for (int m = 0; m < MT; m++) {
#pragma unroll
            for (int j = 0; j < NT; j++) ptx_mma_m16n8k16(sums[m][j], operands.a[m][part], operands.b[j]);
        }
    }
}

/** The whole sum over k; the operands of a step are on their way while the step before is multiplied. */
template <int MT, int NT, int PARTS>
static __device__ __forceinline__ void multiply(float (&sums)[MT][NT][4], const conv_problem &problem,
                                                const conv_warp &warp) {
    conv_sources<MT, NT> from = find_sources<MT, NT, PARTS>(problem, warp);
    conv_operands<MT, NT, PARTS> even, odd;
    load_step(even, from, problem, warp, 0);
#pragma unroll 1
    for (int step = 0; step < problem.steps; step += 2) {
        const bool second = step + 1 < problem.steps;
        if (second) load_step(odd, from, problem, warp, step + 1);
        multiply_step(sums, even);
        if (!second) break;
        if (step + 2 < problem.steps) load_step(even, from, problem, warp, step + 2);
        multiply_step(sums, odd);
    }
}

/** ---- results ---- */

/** What the epilogue needs. Bit j of `exists` is about n-tile j. */
typedef struct conv_results {
    const float *affine; /* of the network: scales, then shifts; NULL = 1 and 0 */
    int padded;          /* outputs rounded up to 16 */
    unsigned exists;
    activation_form activation;
} conv_results;

static __device__ __forceinline__ conv_results find_results(const conv_problem &problem,
                                                            const conv_warp &warp) {
    const tau_fast_conv &conv = problem.conv;
    const int left = problem.n_tiles - warp.first_n;
    conv_results out;
    out.padded = problem.m_tiles * 16;
    out.affine = conv.affine == nullptr
                     ? nullptr
                     : conv.affine + static_cast<size_t>(warp.point) * 2 * static_cast<size_t>(out.padded);
    out.exists = left < TAU_WARP ? (1u << left) - 1 : ~0u;
    out.activation = activation_make(conv.activation);
    return out;
}

/** The results of 8 channels, those of an accumulator's upper or lower half, for NT n-tiles: lane l has those
 * of channel l/4 of them, of samples 2·(l%4) and the next. */
template <int NT> struct conv_eight {
    int channel; /* the lane's */
    float scale, shift;
    float2 value[NT];
};

template <int MT, int NT>
static __device__ __forceinline__ conv_eight<NT> take_eight(const float (&sums)[MT][NT][4], int m, int side,
                                                            const conv_results &out, const conv_warp &warp) {
    conv_eight<NT> eight;
    eight.channel = (warp.first_m + m) * 16 + side * 8 + warp.lane / 4;
    eight.scale = out.affine == nullptr ? 1.0f : __ldg(out.affine + eight.channel);
    eight.shift = out.affine == nullptr ? 0.0f : __ldg(out.affine + out.padded + eight.channel);
#pragma unroll
    for (int j = 0; j < NT; j++) {
        eight.value[j].x = fmaf(eight.scale, sums[m][j][2 * side], eight.shift);
        eight.value[j].y = fmaf(eight.scale, sums[m][j][2 * side + 1], eight.shift);
    }
    return eight;
}

template <bool RAMP>
static __device__ __forceinline__ float2 activate_pair(const activation_form &form, float2 pair) {
    if (RAMP) return make_float2(activate_ramp(form, pair.x), activate_ramp(form, pair.y));
    return make_float2(activate(form, pair.x), activate(form, pair.y));
}

/** Stores everything in the blocked layout. */
template <int MT, int NT, bool RAMP, bool RESIDUAL>
static __device__ __forceinline__ void store_blocked(const float (&sums)[MT][NT][4],
                                                     const conv_problem &problem, const conv_warp &warp) {
    const tau_fast_conv &conv = problem.conv;
    const conv_results out = find_results(problem, warp);
    const size_t point = static_cast<size_t>(warp.point);
    unsigned char *y = static_cast<unsigned char *>(conv.y.data) + point * conv.y.point_stride * 2;
    const unsigned char *residual = static_cast<const unsigned char *>(conv.residual.data);
    if (RESIDUAL) residual += point * conv.residual.point_stride * 2;
    int first[NT]; /* block of each n-tile, of the first of the 8 channels at hand */
#pragma unroll
    for (int j = 0; j < NT; j++) first[j] = from_lane(warp.own.y, j) + warp.first_m * 2 * conv.y.width;
    bool overflow = false;
#pragma unroll
    for (int i = 0; i < 2 * MT; i++) {
        if (warp.first_m * 16 + i * 8 >= conv.y.channels) break;
        conv_eight<NT> eight = take_eight(sums, i / 2, i % 2, out, warp);
#pragma unroll
        for (int j = 0; j < NT; j++) {
            const ptrdiff_t block = static_cast<ptrdiff_t>(first[j] + i * conv.y.width) * BLOCK_BYTES;
            const bool exists = (out.exists >> j & 1u) != 0;
            if (RESIDUAL) {
                const float2 rest = unpack_halves(load_block(residual + block, warp.lane, exists));
                eight.value[j].x += rest.x, eight.value[j].y += rest.y;
            }
            const float2 pair = activate_pair<RAMP>(out.activation, eight.value[j]);
            bool bad = false;
            const uint32_t bits = pack_halves(pair.x, pair.y, &bad);
            overflow = overflow || (bad && exists);
            store_block(y + block, warp.lane, eight.channel < conv.y.channels ? bits : 0u, exists);
        }
    }
    mark_overflow(conv.overflow, warp.point, overflow);
}

/** Stores the outputs of a network as rows of samples. */
template <int MT, int NT, bool RAMP>
static __device__ __forceinline__ void store_rows(const float (&sums)[MT][NT][4], const conv_problem &problem,
                                                  const conv_warp &warp) {
    const tau_fast_conv &conv = problem.conv;
    const conv_results out = find_results(problem, warp);
    const size_t positions = static_cast<size_t>(problem.positions);
    const size_t elements = static_cast<size_t>(conv.y.channels) * positions;
    const int tile = warp.first_n + warp.lane, group = warp.point * conv.groups + tile / problem.positions;
    int groups[NT], position[NT]; /* of each n-tile; a group among those of all networks */
#pragma unroll
    for (int j = 0; j < NT; j++) {
        groups[j] = from_lane(group, j), position[j] = from_lane(tile % problem.positions, j);
    }
#pragma unroll
    for (int i = 0; i < 2 * MT; i++) {
        if (warp.first_m * 16 + i * 8 >= conv.y.channels) break;
        const conv_eight<NT> eight = take_eight(sums, i / 2, i % 2, out, warp);
        float *channel = conv.rows + static_cast<size_t>(eight.channel) * positions;
#pragma unroll
        for (int j = 0; j < NT; j++) {
            if ((out.exists >> j & 1u) == 0 || eight.channel >= conv.y.channels) continue;
            const size_t sample = static_cast<size_t>(groups[j]) * 8 + static_cast<size_t>(warp.lane % 4 * 2);
            const float2 pair = activate_pair<RAMP>(out.activation, eight.value[j]);
            float *row = channel + sample * elements + position[j];
            row[0] = pair.x, row[elements] = pair.y;
        }
    }
}

/** ---- launch ---- */

/** No barrier stands here: a warp without work leaves. Two thread blocks a multiprocessor leave 255 registers
 * a thread: the widest tile takes 128 for its sums and 64 for operands. */
template <int MT, int NT, int PARTS, bool RAMP>
static __global__ void __launch_bounds__(WARPS *TAU_WARP, 2)
    convolve(const __grid_constant__ conv_problem problem) {
    const conv_warp warp = find_work(problem, MT, NT);
    if (warp.first_n >= problem.n_tiles) return;
    float sums[MT][NT][4] = {};
    multiply<MT, NT, PARTS>(sums, problem, warp);
    if (problem.conv.rows != nullptr) {
        store_rows<MT, NT, RAMP>(sums, problem, warp);
    } else if (problem.conv.residual.data != nullptr) {
        store_blocked<MT, NT, RAMP, true>(sums, problem, warp);
    } else {
        store_blocked<MT, NT, RAMP, false>(sums, problem, warp);
    }
}

/** Which networks neighbouring thread blocks take: what is read again and again should stay in the cache. One
 * network at a time keeps its weights there while activations, which differ by network, stream past. Data
 * that all networks share are better kept, where all the networks' weights are fewer. */
static bool takes_points_first(const tau_fast_conv *conv) {
    const size_t data = tau_fast_group_size(conv->x.channels, conv->x.height, conv->x.width) *
                        static_cast<size_t>(conv->groups) * 2;
    return conv->x.point_stride == 0 && conv->weights_stride * static_cast<size_t>(conv->points) < data;
}

template <int MT, int NT, int PARTS, bool RAMP>
static cudaError_t launch_tiles(conv_problem *problem, cudaStream_t stream) {
    problem->m_blocks = ceil_div(problem->m_tiles, MT);
    const size_t blocks =
        static_cast<size_t>(ceil_div(problem->n_tiles, WARPS * NT)) * static_cast<size_t>(problem->m_blocks);
    const size_t points = static_cast<size_t>(problem->conv.points);
    const size_t x = problem->points_first ? blocks * points : blocks;
    if (x > INT32_MAX || points > fast_grid_y) return cudaErrorInvalidConfiguration;
    const dim3 grid(static_cast<unsigned>(x), problem->points_first ? 1 : static_cast<unsigned>(points));
    return launch(convolve<MT, NT, PARTS, RAMP>, grid, dim3(WARPS * TAU_WARP), 0, stream, *problem);
}

/** Few outputs take few m-tiles; parts = 2 holds twice the weights of an m-tile. */
template <bool RAMP> static cudaError_t launch_convolve(conv_problem *problem, cudaStream_t stream) {
    if (problem->conv.parts == 2) {
        return problem->m_tiles == 1 ? launch_tiles<1, 8, 2, RAMP>(problem, stream)
                                     : launch_tiles<2, 8, 2, RAMP>(problem, stream);
    }
    if (problem->m_tiles == 1) return launch_tiles<1, 8, 1, RAMP>(problem, stream);
    if (problem->m_tiles == 2) return launch_tiles<2, 8, 1, RAMP>(problem, stream);
    return launch_tiles<4, 8, 1, RAMP>(problem, stream);
}

cudaError_t tau_cuda_fast_conv(const tau_fast_conv *conv, cudaStream_t stream) {
    const size_t taps = static_cast<size_t>(conv->window.kernel[0] * conv->window.kernel[1]);
    const size_t blocks = static_cast<size_t>(ceil_div(conv->x.channels, 8)),
                 groups = static_cast<size_t>(conv->groups);
    const size_t positions = static_cast<size_t>(conv->y.height) * static_cast<size_t>(conv->y.width);
    /* Blocks are counted in 32 bits: 2^31 of them are 256 GiB. */
    const size_t x_blocks =
        tau_fast_group_size(conv->x.channels, conv->x.height, conv->x.width) / 64 * groups;
    const size_t y_blocks =
        tau_fast_group_size(conv->y.channels, conv->y.height, conv->y.width) / 64 * groups;
    if ((conv->rows != nullptr && conv->residual.data != nullptr) || conv->points < 1 || conv->groups < 1 ||
        (conv->parts != 1 && conv->parts != 2) || x_blocks > INT32_MAX || y_blocks > INT32_MAX ||
        taps * blocks > INT32_MAX) {
        return cudaErrorInvalidValue;
    }
    conv_problem problem = {};
    problem.conv = *conv;
    problem.blocks = static_cast<int>(blocks);
    problem.chunks = static_cast<int>(taps * blocks);
    problem.steps = ceil_div(problem.chunks, 2);
    problem.m_tiles = ceil_div(conv->y.channels, 16);
    problem.positions = static_cast<int>(positions);
    problem.n_tiles = static_cast<int>(positions * groups);
    problem.points_first = takes_points_first(conv);
    const bool ramp = conv->activation.op == TAU_OP_COUNT || conv->activation.op == TAU_OP_RELU;
    return ramp ? launch_convolve<true>(&problem, stream) : launch_convolve<false>(&problem, stream);
}
