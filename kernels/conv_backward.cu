/* Derivatives of a convolution (conv.cu), one network, FP32.
 *
 * With n = (sample, i, j) numbering the output positions, k = (c,u,v) the products of an output and
 * X[k,n] = x[c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1] (0 outside of the image), for each group
 *   dW[o,k] += sum_n dy[o,n]·X[k,n]      dX[k,n] = sum_o W[o,k]·dy[o,n]      db[o] += sum_n dy[o,n]
 * and dx collects the elements of dX that were read from it: gathered, so that their order is fixed.
 *
 * The two products are the vendor's library's. X and dy^T are laid out for a piece of the positions at a
 * time, whose length depends on shapes alone: scratch = dy [O, piece], then X [C·k0·k1, piece], which dX
 * replaces. Groups with few outputs are computed directly and need no scratch. */
#include "kernels/conv.cuh"

enum { SUM_THREADS = 256 };

/* Floats of scratch: 256 MiB. */
static const int64_t scratch_most = INT64_C(1) << 26;

/* Consecutive output positions, of all samples. */
struct conv_piece {
    int64_t first;
    int count;
};

static int64_t positions_of(const conv_size &n) {
    return static_cast<int64_t>(n.samples) * n.rows * n.columns;
}

/* Rows of the scratch matrix: channels of dy, then k's of all groups. */
static int64_t lines_of(const conv_size &n) {
    return static_cast<int64_t>(n.outputs) + static_cast<int64_t>(n.groups) * n.depth;
}

static int piece_length(const conv_size &n) {
    int64_t length = scratch_most / lines_of(n);
    if (length < TAU_WARP) length = TAU_WARP;
    return static_cast<int>(length < positions_of(n) ? length : positions_of(n));
}

extern "C" size_t tau_cuda_conv_scratch(const tau_cuda_call *call) {
    if (!call->dy) return 0;
    const conv_size n = conv_size_of(call);
    if (conv_is_direct(n)) return 0;
    return static_cast<size_t>(lines_of(n)) * static_cast<size_t>(piece_length(n)) * sizeof(float);
}

/* ---- through matrix products ---- */

/* out[o, n] = dy[sample, o, i, j]. */
static __global__ void spread_outputs(float *out, const float *dy, const __grid_constant__ conv_size n,
                                      const __grid_constant__ conv_piece piece) {
    const int64_t count = static_cast<int64_t>(n.outputs) * piece.count,
                  positions = static_cast<int64_t>(n.rows) * n.columns;
    for (int64_t at = conv_first(); at < count; at += conv_stride()) {
        const int64_t column = piece.first + at % piece.count, sample = column / positions;
        out[at] = dy[(sample * n.outputs + at / piece.count) * positions + column % positions];
    }
}

/* out[(c,u,v), n] = X of all groups. */
static __global__ void unfold_inputs(float *out, const float *x, size_t x_sample,
                                     const __grid_constant__ conv_size n,
                                     const __grid_constant__ conv_piece piece) {
    const int64_t count = static_cast<int64_t>(n.groups) * n.depth * piece.count,
                  positions = static_cast<int64_t>(n.rows) * n.columns;
    for (int64_t at = conv_first(); at < count; at += conv_stride()) {
        const int64_t column = piece.first + at % piece.count, k = at / piece.count;
        const int position = static_cast<int>(column % positions), tap = static_cast<int>(k % n.taps.by);
        const int row = conv_corner(n, 0, position / n.columns) + tap / n.kernel[1] * n.dilation[0];
        const int across = conv_corner(n, 1, position % n.columns) + tap % n.kernel[1] * n.dilation[1];
        const float *channel = x + static_cast<size_t>(column / positions) * x_sample +
                               static_cast<size_t>(k / n.taps.by) * n.height * n.width;
        out[at] = conv_inside(n, row, across) ? channel[static_cast<size_t>(row) * n.width + across] : 0.0f;
    }
}

/* dx[sample, c, row, column] += what the piece's positions read from it. */
static __global__ void fold_inputs(float *dx, const float *unfolded, size_t x_sample, int first_sample,
                                   int samples, const __grid_constant__ conv_size n,
                                   const __grid_constant__ conv_piece piece) {
    const int64_t plane = static_cast<int64_t>(n.height) * n.width,
                  count = static_cast<int64_t>(samples) * n.channels * plane;
    for (int64_t at = conv_first(); at < count; at += conv_stride()) {
        const int column = static_cast<int>(at % n.width), row = static_cast<int>(at % plane / n.width);
        const int64_t c = at / plane % n.channels, sample = first_sample + at / plane / n.channels;
        const float *lines = unfolded + c * n.taps.by * piece.count;
        float sum = 0.0f;
        for (int u = 0; u < n.kernel[0]; u++) {
            const int i = conv_reader_of(n, 0, row, u);
            for (int v = 0; v < n.kernel[1]; v++, lines += piece.count) {
                const int j = i < 0 ? -1 : conv_reader_of(n, 1, column, v);
                const int64_t place = (sample * n.rows + i) * n.columns + j - piece.first;
                if (j >= 0 && place >= 0 && place < piece.count) sum += lines[place];
            }
        }
        dx[static_cast<size_t>(sample) * x_sample + static_cast<size_t>(at % (plane * n.channels))] += sum;
    }
}

/* A piece's matrices, rows as long as the piece. */
struct piece_memory {
    float *dy, *unfolded;
};

static cudaError_t add_weight_gradient(const tau_cuda_call *call, const conv_size &n, const conv_piece &piece,
                                       const piece_memory &memory) {
    const tau_cuda_input *x = &call->inputs[0];
    const int64_t count = static_cast<int64_t>(n.groups) * n.depth * piece.count;
    cudaError_t error = launch(unfold_inputs, dim3(conv_blocks(count, 256)), dim3(256), 0, call->stream,
                               memory.unfolded, x->value, x->sample_stride, n, piece);
    for (int group = 0; group < n.groups && error == cudaSuccess; group++) {
        const size_t output = static_cast<size_t>(group) * static_cast<size_t>(n.group_outputs);
        const size_t line = static_cast<size_t>(group) * static_cast<size_t>(n.depth);
        const size_t length = static_cast<size_t>(piece.count);
        error = call->blas->gemm(call->blas, n.group_outputs, n.depth, piece.count,
                                 {memory.dy + output * length, piece.count, false},
                                 {memory.unfolded + line * length, piece.count, true}, 1.0f,
                                 call->inputs[1].gradient + output * static_cast<size_t>(n.depth), n.depth,
                                 call->stream);
    }
    return error;
}

static cudaError_t add_input_gradient(const tau_cuda_call *call, const conv_size &n, const conv_piece &piece,
                                      const piece_memory &memory) {
    const tau_cuda_input *x = &call->inputs[0];
    for (int group = 0; group < n.groups; group++) {
        const size_t output = static_cast<size_t>(group) * static_cast<size_t>(n.group_outputs);
        const size_t line = static_cast<size_t>(group) * static_cast<size_t>(n.depth);
        const size_t length = static_cast<size_t>(piece.count);
        const cudaError_t error =
            call->blas->gemm(call->blas, n.depth, piece.count, n.group_outputs,
                             {call->inputs[1].value + output * static_cast<size_t>(n.depth), n.depth, true},
                             {memory.dy + output * length, piece.count, false}, 0.0f,
                             memory.unfolded + line * length, piece.count, call->stream);
        if (error != cudaSuccess) return error;
    }
    const int64_t positions = static_cast<int64_t>(n.rows) * n.columns;
    const int first = static_cast<int>(piece.first / positions);
    const int samples = static_cast<int>((piece.first + piece.count - 1) / positions) - first + 1;
    const int64_t count = static_cast<int64_t>(samples) * n.channels * n.height * n.width;
    return launch(fold_inputs, dim3(conv_blocks(count, 256)), dim3(256), 0, call->stream, x->gradient,
                  memory.unfolded, x->sample_stride, first, samples, n, piece);
}

static cudaError_t backward_piece(const tau_cuda_call *call, const conv_size &n, const conv_piece &piece) {
    float *scratch = static_cast<float *>(call->scratch);
    const piece_memory memory = {scratch,
                                 scratch + static_cast<size_t>(n.outputs) * static_cast<size_t>(piece.count)};
    const int64_t count = static_cast<int64_t>(n.outputs) * piece.count;
    cudaError_t error = launch(spread_outputs, dim3(conv_blocks(count, 256)), dim3(256), 0, call->stream,
                               memory.dy, call->dy, n, piece);
    if (error == cudaSuccess && call->inputs[1].gradient) error = add_weight_gradient(call, n, piece, memory);
    if (error == cudaSuccess && call->inputs[0].gradient) error = add_input_gradient(call, n, piece, memory);
    return error;
}

static cudaError_t backward_pieces(const tau_cuda_call *call, const conv_size &n) {
    const int length = piece_length(n);
    const int64_t positions = positions_of(n);
    cudaError_t error = cudaSuccess;
    for (int64_t first = 0; first < positions && error == cudaSuccess; first += length) {
        const int64_t rest = positions - first;
        error = backward_piece(call, n, {first, static_cast<int>(rest < length ? rest : length)});
    }
    return error;
}

/* ---- directly ---- */

/* Sum of the values that the block's threads bring, by a fixed tree; known to thread 0. */
static __device__ double sum_block(double value) {
    __shared__ double sums[SUM_THREADS];
    const unsigned thread = threadIdx.x;
    sums[thread] = value;
    __syncthreads();
    for (unsigned step = SUM_THREADS / 2; step > 0; step /= 2) {
        if (thread < step) sums[thread] += sums[thread + step];
        __syncthreads();
    }
    return sums[0];
}

/* A block an output channel. */
static __global__ void add_bias_gradient(float *dbias, const float *dy, const __grid_constant__ conv_size n) {
    const int64_t positions = static_cast<int64_t>(n.rows) * n.columns, count = n.samples * positions;
    double sum = 0;
    for (int64_t at = threadIdx.x; at < count; at += SUM_THREADS)
        sum +=
            static_cast<double>(dy[(at / positions * n.outputs + blockIdx.x) * positions + at % positions]);
    sum = sum_block(sum);
    if (threadIdx.x == 0) dbias[blockIdx.x] += static_cast<float>(sum);
}

/* A block an element (o, c, u, v) of W. */
static __global__ void add_direct_weight(float *dweight, const float *x, size_t x_sample, const float *dy,
                                         const __grid_constant__ conv_size n) {
    const int depth_place = static_cast<int>(blockIdx.x % static_cast<unsigned>(n.depth));
    const int output = static_cast<int>(blockIdx.x / static_cast<unsigned>(n.depth));
    const int c = output / n.group_outputs * n.per_group + depth_place / n.taps.by;
    const int u = depth_place % n.taps.by / n.kernel[1], v = depth_place % n.kernel[1];
    const int64_t positions = static_cast<int64_t>(n.rows) * n.columns, count = n.samples * positions;
    double sum = 0;
    for (int64_t at = threadIdx.x; at < count; at += SUM_THREADS) {
        const int64_t sample = at / positions;
        const int position = static_cast<int>(at % positions);
        const int row = conv_corner(n, 0, position / n.columns) + u * n.dilation[0];
        const int column = conv_corner(n, 1, position % n.columns) + v * n.dilation[1];
        if (!conv_inside(n, row, column)) continue;
        const float *channel =
            x + static_cast<size_t>(sample) * x_sample + static_cast<size_t>(c) * n.height * n.width;
        sum += static_cast<double>(channel[static_cast<size_t>(row) * n.width + column]) *
               static_cast<double>(dy[(sample * n.outputs + output) * positions + position]);
    }
    sum = sum_block(sum);
    if (threadIdx.x == 0) dweight[blockIdx.x] += static_cast<float>(sum);
}

/* A thread an element of x: the products of all outputs that read it, outputs and window in the order of W.
 */
static __global__ void add_direct_input(float *dx, size_t x_sample, const float *weight, const float *dy,
                                        const __grid_constant__ conv_size n) {
    const int64_t plane = static_cast<int64_t>(n.height) * n.width, size = n.channels * plane,
                  count = n.samples * size, positions = static_cast<int64_t>(n.rows) * n.columns;
    for (int64_t at = conv_first(); at < count; at += conv_stride()) {
        const int column = static_cast<int>(at % n.width), row = static_cast<int>(at % plane / n.width);
        const int c = static_cast<int>(at / plane % n.channels), group = c / n.per_group;
        const int64_t sample = at / size;
        float sum = 0.0f;
        for (int o = group * n.group_outputs; o < (group + 1) * n.group_outputs; o++) {
            const float *w = weight + static_cast<size_t>(o) * n.depth + c % n.per_group * n.taps.by;
            const float *from = dy + (sample * n.outputs + o) * positions;
            for (int u = 0; u < n.kernel[0]; u++) {
                const int i = conv_reader_of(n, 0, row, u);
                for (int v = 0; i >= 0 && v < n.kernel[1]; v++) {
                    const int j = conv_reader_of(n, 1, column, v);
                    if (j >= 0) sum += from[static_cast<size_t>(i) * n.columns + j] * w[u * n.kernel[1] + v];
                }
            }
        }
        dx[static_cast<size_t>(sample) * x_sample + static_cast<size_t>(at % size)] += sum;
    }
}

static cudaError_t backward_direct(const tau_cuda_call *call, const conv_size &n) {
    const tau_cuda_input *x = &call->inputs[0], *weight = &call->inputs[1];
    const int64_t elements = static_cast<int64_t>(n.outputs) * n.depth;
    const int64_t count = static_cast<int64_t>(n.samples) * n.channels * n.height * n.width;
    cudaError_t error = cudaSuccess;
    if (weight->gradient)
        error = launch(add_direct_weight, dim3(static_cast<unsigned>(elements)), dim3(SUM_THREADS), 0,
                       call->stream, weight->gradient, x->value, x->sample_stride, call->dy, n);
    if (error == cudaSuccess && x->gradient)
        error = launch(add_direct_input, dim3(conv_blocks(count, 256)), dim3(256), 0, call->stream,
                       x->gradient, x->sample_stride, weight->value, call->dy, n);
    return error;
}

extern "C" cudaError_t tau_cuda_conv_backward(const tau_cuda_call *call) {
    const conv_size n = conv_size_of(call);
    float *dbias = call->input_count > 2 ? call->inputs[2].gradient : nullptr;
    cudaError_t error = conv_is_direct(n) ? backward_direct(call, n) : backward_pieces(call, n);
    if (error == cudaSuccess && dbias)
        error = launch(add_bias_gradient, dim3(static_cast<unsigned>(n.outputs)), dim3(SUM_THREADS), 0,
                       call->stream, dbias, call->dy, n);
    return error;
}
