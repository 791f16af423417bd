/* Pools over windows of one sample: x[C,H,W] -> y[C,H',W']; 1-D: x[C,L], height 1.
 *
 * The window of y[c,i,j] holds x[c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1] for 0 <= u < k0, 0 <= v < k1.
 * Max: the largest element inside the image; a NaN is larger than all. The gradient goes to the first largest
 * (or the first NaN) in row-major order.
 * Average: the sum inside the image over the number of elements inside the image, or with `count_pad` inside
 * the padded image; what ceil mode adds beyond the padding never counts (as in PyTorch).
 * Global average: y[c] = mean of x[c,…].
 *
 * Forward: a thread an output. Backward gathers: a thread an input goes through the windows that hold it in
 * row-major order, so that sums need no atomics. */
#include <math.h>

#include "kernels/rows.cuh"

struct pool {
    int channels, height, width, rows, columns; /* of the input; of the output */
    int kernel[2], stride[2], dilation[2], pad[4];
    bool count_pad;
    int samples;
    size_t count;                       /* outputs in forward, inputs in backward */
    size_t point_stride, sample_stride; /* of the input */
};

/* Where a window's first element would lie, which may be outside the image. */
struct corner {
    int top, left;
};

static __device__ corner corner_of(const pool &p, int i, int j) {
    return {i * p.stride[0] - p.pad[0], j * p.stride[1] - p.pad[1]};
}

/* Numbers of the elements of a window along an axis that lie inside 0 .. size-1: first .. end-1. */
static __device__ void inside(const pool &p, int axis, int start, int size, int *first, int *end) {
    const int step = p.dilation[axis];
    *first = start >= 0 ? 0 : (-start + step - 1) / step;
    *end = start >= size ? 0 : (size - start + step - 1) / step;
    if (*end > p.kernel[axis]) *end = p.kernel[axis];
}

/* Largest element of a window and where it lies in its channel; -inf and -1 if all is padding. */
static __device__ float largest(const pool &p, corner at, const float *x, int *place) {
    int u0, u1, v0, v1;
    inside(p, 0, at.top, p.height, &u0, &u1);
    inside(p, 1, at.left, p.width, &v0, &v1);
    float best = -INFINITY;
    *place = -1;
    for (int u = u0; u < u1; u++)
        for (int v = v0; v < v1; v++) {
            const int i = (at.top + u * p.dilation[0]) * p.width + at.left + v * p.dilation[1];
            if (*place >= 0 && (is_nan(best) || x[i] <= best)) continue;
            best = x[i];
            *place = i;
        }
    return best;
}

static __device__ float average(const pool &p, corner at, const float *x) {
    int u0, u1, v0, v1;
    inside(p, 0, at.top, p.height, &u0, &u1);
    inside(p, 1, at.left, p.width, &v0, &v1);
    double sum = 0;
    for (int u = u0; u < u1; u++)
        for (int v = v0; v < v1; v++)
            sum += (double)x[(at.top + u * p.dilation[0]) * p.width + at.left + v * p.dilation[1]];
    return (float)sum;
}

/* Elements of a window along an axis that count for an average; dilation is 1 there. */
static __device__ int counting(const pool &p, int axis, int start, int size) {
    int first, end;
    if (!p.count_pad) {
        inside(p, axis, start, size, &first, &end);
        return end - first;
    }
    const int left = size + p.pad[axis + 2] - start;
    return left < p.kernel[axis] ? left : p.kernel[axis];
}

static __device__ float divisor(const pool &p, corner at) {
    return (float)counting(p, 0, at.top, p.height) * (float)counting(p, 1, at.left, p.width);
}

/* Splits an index into row-major places: [network and sample][channel][i][j]. */
struct place {
    size_t row;
    int channel, i, j;
};

static __device__ place place_of(const pool &p, size_t index, int height, int width) {
    place at;
    at.j = (int)(index % (size_t)width), index /= (size_t)width;
    at.i = (int)(index % (size_t)height), index /= (size_t)height;
    at.channel = (int)(index % (size_t)p.channels);
    at.row = index / (size_t)p.channels;
    return at;
}

static __device__ size_t channel_offset(const pool &p, const place &at) {
    return at.row / (size_t)p.samples * p.point_stride + at.row % (size_t)p.samples * p.sample_stride +
           (size_t)at.channel * (size_t)p.height * (size_t)p.width;
}

template <bool maximum> static __global__ void forward(pool p, float *y, const float *x) {
    for (size_t index = thread_index(); index < p.count; index += thread_count()) {
        const place at = place_of(p, index, p.rows, p.columns);
        const float *channel = x + channel_offset(p, at);
        const corner window = corner_of(p, at.i, at.j);
        int taken;
        y[index] =
            maximum ? largest(p, window, channel, &taken) : average(p, window, channel) / divisor(p, window);
    }
}

/* Windows along an axis that may hold the element `at`: first .. end-1. */
static __device__ void windows_of(const pool &p, int axis, int at, int count, int *first, int *end) {
    const int reach = p.dilation[axis] * (p.kernel[axis] - 1), from = at + p.pad[axis];
    *first = from <= reach ? 0 : (from - reach + p.stride[axis] - 1) / p.stride[axis];
    *end = from / p.stride[axis] + 1;
    if (*end > count) *end = count;
}

static __device__ bool holds(const pool &p, corner window, int row, int column) {
    return (row - window.top) % p.dilation[0] == 0 && (column - window.left) % p.dilation[1] == 0;
}

/* What the window of output (i,j) gives to element (row,column) of its channel. */
template <bool maximum>
static __device__ float share(const pool &p, const float *x, float dy, corner window, int row, int column) {
    if (!maximum) return dy / divisor(p, window);
    int taken;
    largest(p, window, x, &taken);
    return taken == row * p.width + column ? dy : 0;
}

template <bool maximum> static __global__ void backward(pool p, float *dx, const float *x, const float *dy) {
    for (size_t index = thread_index(); index < p.count; index += thread_count()) {
        const place at = place_of(p, index, p.height, p.width);
        const size_t offset = channel_offset(p, at);
        const float *from =
            dy + (at.row * (size_t)p.channels + (size_t)at.channel) * (size_t)p.rows * (size_t)p.columns;
        int i0, i1, j0, j1;
        windows_of(p, 0, at.i, p.rows, &i0, &i1);
        windows_of(p, 1, at.j, p.columns, &j0, &j1);
        float sum = 0;
        for (int i = i0; i < i1; i++)
            for (int j = j0; j < j1; j++) {
                const corner window = corner_of(p, i, j);
                if (!holds(p, window, at.i, at.j)) continue;
                sum += share<maximum>(p, x + offset, from[i * p.columns + j], window, at.i, at.j);
            }
        dx[offset + (size_t)(at.i * p.width + at.j)] += sum;
    }
}

/* y[row·channels + c] = mean of x[c]: a warp a mean. Operands of the walk: y, x. */
static __global__ void global_forward(walk means, size_t positions, float *y, const float *x) {
    const size_t lane = threadIdx.x % TAU_WARP;
    for (size_t m = thread_index() / TAU_WARP; m < means.count; m += thread_count() / TAU_WARP) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(means, m, at);
        double sum = 0;
        for (size_t i = lane; i < positions; i += TAU_WARP) sum += (double)x[at[1] + i];
        sum = warp_sum(sum);
        if (lane == 0) y[at[0]] = (float)(sum / (double)positions);
    }
}

/* Operands of the walk: dy, x, dx. */
static __global__ void global_backward(walk w, float positions, float *dx, const float *dy) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        dx[at[2]] += dy[at[0]] / positions;
    }
}

/* A window with height as axis 0 of one or two axes of positions. */
static pool pool_of(const tau_cuda_call *call, bool backwards) {
    const tau_cuda_input *input = &call->inputs[0];
    const tau_shape &x = input->shape, &y = call->shape;
    const tau_window &window = call->attributes->window;
    const int last = x.rank - 1;
    pool p = {};
    p.channels = (int)x.dim[0];
    p.height = last == 2 ? (int)x.dim[1] : 1, p.width = (int)x.dim[last];
    p.rows = last == 2 ? (int)y.dim[1] : 1, p.columns = (int)y.dim[last];
    for (int i = 0; i < 2; i++) {
        p.kernel[i] = (int)window.kernel[i], p.stride[i] = (int)window.stride[i];
        p.dilation[i] = (int)window.dilation[i];
    }
    for (int i = 0; i < 4; i++) p.pad[i] = (int)window.pad[i];
    p.count_pad = window.count_pad;
    p.samples = call->samples;
    p.count = (size_t)call->points * (size_t)call->samples * size_of(backwards ? x : y);
    p.point_stride = input->point_stride, p.sample_stride = input->sample_stride;
    return p;
}

template <bool maximum> static cudaError_t run_forward(const tau_cuda_call *call) {
    const pool p = pool_of(call, false);
    return launch(forward<maximum>, rows_grid(p.count), dim3(ROWS_THREADS), 0, call->stream, p, call->y,
                  call->inputs[0].value);
}

template <bool maximum> static cudaError_t run_backward(const tau_cuda_call *call) {
    const tau_cuda_input *x = &call->inputs[0];
    const pool p = pool_of(call, true);
    if (!x->gradient) return cudaSuccess;
    return launch(backward<maximum>, rows_grid(p.count), dim3(ROWS_THREADS), 0, call->stream, p, x->gradient,
                  x->value, call->dy);
}

cudaError_t tau_cuda_max_pool_forward(const tau_cuda_call *call) {
    return run_forward<true>(call);
}

cudaError_t tau_cuda_max_pool_backward(const tau_cuda_call *call) {
    return run_backward<true>(call);
}

cudaError_t tau_cuda_average_pool_forward(const tau_cuda_call *call) {
    return run_forward<false>(call);
}

cudaError_t tau_cuda_average_pool_backward(const tau_cuda_call *call) {
    return run_backward<false>(call);
}

/* Networks, samples and channels; the last step of the output is 1, a channel's mean. */
static walk walk_means(const tau_cuda_call *call, size_t positions) {
    walk w = walk_make();
    walk_add_rows(&w, call, &call->inputs[0]);
    walk_add(&w, (size_t)call->inputs[0].shape.dim[0], 1, positions, positions);
    return w;
}

static size_t positions_of(const tau_shape &shape) {
    return size_between(shape, 1, shape.rank);
}

cudaError_t tau_cuda_global_average_pool_forward(const tau_cuda_call *call) {
    const size_t positions = positions_of(call->inputs[0].shape);
    const walk means = walk_means(call, positions);
    return launch(global_forward, rows_grid(means.count, TAU_WARP), dim3(ROWS_THREADS), 0, call->stream,
                  means, positions, call->y, call->inputs[0].value);
}

cudaError_t tau_cuda_global_average_pool_backward(const tau_cuda_call *call) {
    const size_t positions = positions_of(call->inputs[0].shape);
    walk w = walk_means(call, positions);
    walk_add(&w, positions, 0, 1, 1);
    if (!call->inputs[0].gradient) return cudaSuccess;
    return launch(global_backward, rows_grid(w.count), dim3(ROWS_THREADS), 0, call->stream, w,
                  (float)positions, call->inputs[0].gradient, call->dy);
}
