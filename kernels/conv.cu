/* Convolution (cross-correlation) of many samples by many networks, FP32.
 *
 * y[o,i,j] = b[o] + sum_{c,u,v} x[g·C/G + c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1] · W[o,c,u,v]
 * with G groups, g = o / (O/G); what lies outside of the image takes no part, whatever W is.
 * x[C,H,W], W[O,C/G,k0,k1], b[O], y[O,H',W'] of each sample and network; a 1-D convolution has height 1.
 *
 * As a matrix product for each network and group: rows o, k = (c,u,v), columns n = (sample, i, j), so that a
 * tile holds positions of several small images. B is gathered from x while it is read; nothing is unfolded in
 * memory. Groups with few outputs are computed directly, one thread an output. */
#include "kernels/conv.cuh"
#include "kernels/gemm.cuh"

struct conv_operands {
    const float *x, *weight, *bias; /* bias may be NULL */
    float *y;
    size_t x_point, x_sample, weight_point, bias_point; /* strides */
};

/* A row above every image: where columns past the last one look. */
enum { CONV_NOWHERE = INT32_MIN / 2 };

/* A thread's walk over its column of B: one output position, k ascending. */
struct conv_reader {
    static constexpr bool pads = true;
    const conv_size *n;
    const float *image; /* the group's channels of the sample */
    int top, left, k;
};

template <int COUNT>
static __device__ __forceinline__ unsigned gemm_fetch(float (&out)[COUNT], conv_reader &reader) {
    const conv_size &n = *reader.n;
    const int plane = n.height * n.width;
    const int c = conv_quotient(reader.k, n.taps), tap = reader.k - c * n.taps.by;
    int u = conv_quotient(tap, n.across), v = tap - u * n.across.by;
    int channel = c * plane;
    unsigned padded = 0;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
        const int row = reader.top + u * n.dilation[0], column = reader.left + v * n.dilation[1];
        const bool inside = conv_inside(n, row, column);
        const bool there = inside && reader.k + i < n.depth;
        out[i] = there ? reader.image[channel + row * n.width + column] : 0.0f;
        padded |= (inside ? 0u : 1u) << i;
        if (++v == n.kernel[1]) {
            v = 0;
            if (++u == n.kernel[0]) {
                u = 0;
                channel += plane;
            }
        }
    }
    reader.k += GEMM_DEPTH;
    return padded;
}

/* What a block works at. */
struct conv_place {
    int point, group, row; /* first row of the tile, within the group */
    int64_t column;        /* first column of the tile */
};

template <int ROWS> static __device__ __forceinline__ conv_place conv_place_of(const conv_size &n) {
    const int64_t columns = static_cast<int64_t>(n.samples) * n.rows * n.columns;
    const unsigned row_tiles = static_cast<unsigned>(ceil_div(n.group_outputs, ROWS));
    const unsigned column_tiles =
        static_cast<unsigned>(ceil_div(columns, static_cast<int64_t>(gemm_tile<ROWS>::columns)));
    const unsigned tile = blockIdx.x / row_tiles, network = tile / column_tiles;
    return {static_cast<int>(network / static_cast<unsigned>(n.groups)),
            static_cast<int>(network % static_cast<unsigned>(n.groups)),
            static_cast<int>(blockIdx.x % row_tiles) * ROWS,
            static_cast<int64_t>(tile % column_tiles) * gemm_tile<ROWS>::columns};
}

template <int ROWS>
static __device__ __forceinline__ conv_reader read_columns(const conv_size &n, const conv_operands &o,
                                                           const conv_place &place) {
    const gemm_share share = gemm_share_of(gemm_tile<ROWS>::columns, gemm_tile<ROWS>::right, false);
    const int64_t column = place.column + share.line, positions = static_cast<int64_t>(n.rows) * n.columns;
    const int64_t sample = column / positions;
    const int position = static_cast<int>(column % positions);
    const bool present = sample < n.samples;
    const float *image = o.x + place.point * o.x_point +
                         static_cast<size_t>(present ? sample : 0) * o.x_sample +
                         static_cast<size_t>(place.group) * n.per_group * n.height * n.width;
    return {&n, image, present ? conv_corner(n, 0, position / n.columns) : CONV_NOWHERE,
            conv_corner(n, 1, position % n.columns), share.k};
}

/* Grid: tiles of rows, of columns, groups, networks, the first fastest. */
template <int ROWS>
static __global__ void __launch_bounds__(GEMM_THREADS, 2)
    conv_tiles(const __grid_constant__ conv_size n, const __grid_constant__ conv_operands o) {
    __shared__ gemm_shared<ROWS> shared;
    const conv_place place = conv_place_of<ROWS>(n);
    const int first_output = place.group * n.group_outputs;
    const gemm_matrix weight = {
        o.weight + place.point * o.weight_point + static_cast<size_t>(first_output) * n.depth, n.depth, 1};
    gemm_reader left = gemm_read(weight, place.row, n.group_outputs, n.depth, ROWS, gemm_tile<ROWS>::left);
    conv_reader right = read_columns<ROWS>(n, o, place);
    gemm_sums<ROWS> total = {};
    gemm_accumulate<ROWS>(total, shared, left, right, true, false, n.depth);
    const int64_t positions = static_cast<int64_t>(n.rows) * n.columns;
    const int row = place.row + gemm_row<ROWS>();
#pragma unroll
    for (int j = 0; j < gemm_tile<ROWS>::width; j++) {
        const int64_t column = place.column + gemm_column<ROWS>(j), sample = column / positions;
        if (sample >= n.samples) continue;
        float *y = o.y +
                   ((place.point * static_cast<int64_t>(n.samples) + sample) * n.outputs + first_output) *
                       positions +
                   column % positions;
#pragma unroll
        for (int i = 0; i < GEMM_HEIGHT; i++) {
            if (row + i >= n.group_outputs) continue;
            const float bias = o.bias ? o.bias[place.point * o.bias_point + first_output + row + i] : 0.0f;
            y[(row + i) * positions] = total.at[i][j] + bias;
        }
    }
}

/* One thread an output: a channel's window is summed first, then the channels, all in the order of W. */
static __global__ void conv_direct(const __grid_constant__ conv_size n,
                                   const __grid_constant__ conv_operands o) {
    const int64_t count = static_cast<int64_t>(n.points) * n.samples * n.outputs * n.rows * n.columns;
    for (int64_t at = conv_first(); at < count; at += conv_stride()) {
        const int j = static_cast<int>(at % n.columns), i = static_cast<int>(at / n.columns % n.rows);
        const int64_t plane = at / n.columns / n.rows, sample = plane / n.outputs;
        const int output = static_cast<int>(plane % n.outputs), group = output / n.group_outputs;
        const size_t point = static_cast<size_t>(sample / n.samples);
        const float *weight =
            o.weight + point * o.weight_point + static_cast<size_t>(output) * static_cast<size_t>(n.depth);
        const float *image = o.x + point * o.x_point + static_cast<size_t>(sample % n.samples) * o.x_sample +
                             static_cast<size_t>(group) * n.per_group * n.height * n.width;
        const int top = conv_corner(n, 0, i), left = conv_corner(n, 1, j);
        float total = 0.0f;
        for (int c = 0; c < n.per_group; c++, image += static_cast<size_t>(n.height) * n.width) {
            float sum = 0.0f;
            for (int u = 0; u < n.kernel[0]; u++)
                for (int v = 0; v < n.kernel[1]; v++, weight++) {
                    const int row = top + u * n.dilation[0], column = left + v * n.dilation[1];
                    if (conv_inside(n, row, column))
                        sum += image[static_cast<size_t>(row) * n.width + column] * *weight;
                }
            total += sum;
        }
        o.y[at] = total + (o.bias ? o.bias[point * o.bias_point + output] : 0.0f);
    }
}

template <int ROWS>
static cudaError_t launch_tiles(const conv_size &n, const conv_operands &o, cudaStream_t stream) {
    const int64_t columns = static_cast<int64_t>(n.samples) * n.rows * n.columns;
    const int64_t tiles = ceil_div(columns, static_cast<int64_t>(gemm_tile<ROWS>::columns)) *
                          ceil_div(n.group_outputs, ROWS) * n.groups * n.points;
    if (tiles > INT32_MAX) return cudaErrorInvalidConfiguration;
    return launch(conv_tiles<ROWS>, dim3(static_cast<unsigned>(tiles)), dim3(GEMM_THREADS), 0, stream, n, o);
}

extern "C" cudaError_t tau_cuda_conv_forward(const tau_cuda_call *call) {
    const conv_size n = conv_size_of(call);
    const tau_cuda_input *x = &call->inputs[0], *weight = &call->inputs[1];
    const tau_cuda_input *bias = call->input_count > 2 ? &call->inputs[2] : nullptr;
    const conv_operands o = {
        x->value,        weight->value,    bias ? bias->value : nullptr, call->y,
        x->point_stride, x->sample_stride, weight->point_stride,         bias ? bias->point_stride : 0};
    if (!conv_is_direct(n))
        return n.group_outputs <= 32 ? launch_tiles<32>(n, o, call->stream)
                                     : launch_tiles<64>(n, o, call->stream);
    const int64_t count = static_cast<int64_t>(n.points) * n.samples * n.outputs * n.rows * n.columns;
    return launch(conv_direct, dim3(conv_blocks(count, 256)), dim3(256), 0, call->stream, n, o);
}
