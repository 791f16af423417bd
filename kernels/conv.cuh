/** The geometry of a convolution, shared by its forward and its backward kernels. */
#ifndef TAU_KERNELS_CONV_CUH
#define TAU_KERNELS_CONV_CUH

#include "kernels/device.cuh"
#include "kernels/operators.h"

/** Division of n < 2^31 by a number known at launch: n / by = (n·multiplier/2^32 + n) >> shift (Granlund and
 * Montgomery 1994). */
struct conv_divisor {
    int by;
    uint32_t multiplier, shift;
};

static inline conv_divisor conv_divide_by(int by) {
    uint32_t shift = 0;
    while ((UINT64_C(1) << shift) < static_cast<uint64_t>(by)) shift++;
    const uint64_t rest = (UINT64_C(1) << shift) - static_cast<uint64_t>(by);
    return {by, static_cast<uint32_t>((rest << 32) / static_cast<uint64_t>(by) + 1), shift};
}

static __device__ inline int conv_quotient(int n, const conv_divisor &divisor) {
    const uint32_t value = static_cast<uint32_t>(n);
    return static_cast<int>((__umulhi(value, divisor.multiplier) + value) >> divisor.shift);
}

/** Sizes as backend_ref names them; [0] is height, [1] width. */
struct conv_size {
    int channels, height, width; /**< of the input */
    int outputs, rows, columns;  /**< of the output */
    int groups, per_group;       /**< input channels that one output channel reads */
    int group_outputs;           /**< output channels of a group */
    int kernel[2], stride[2], dilation[2], pad[2];
    int depth;                 /**< per_group · kernel[0] · kernel[1]: products of an output */
    conv_divisor taps, across; /**< kernel[0]·kernel[1], and kernel[1] */
    int samples, points;
};

static inline conv_size conv_size_of(const tau_cuda_call *call) {
    const tau_shape *x = &call->inputs[0].shape, *y = &call->shape;
    const tau_window *window = &call->attributes->window;
    const int last = x->rank - 1;
    conv_size n = {};
    n.channels = static_cast<int>(x->dim[0]);
    n.height = last == 2 ? static_cast<int>(x->dim[1]) : 1;
    n.width = static_cast<int>(x->dim[last]);
    n.outputs = static_cast<int>(y->dim[0]);
    n.rows = last == 2 ? static_cast<int>(y->dim[1]) : 1;
    n.columns = static_cast<int>(y->dim[last]);
    n.groups = static_cast<int>(window->groups);
    n.per_group = n.channels / n.groups;
    n.group_outputs = n.outputs / n.groups;
    for (int i = 0; i < 2; i++) {
        n.kernel[i] = static_cast<int>(window->kernel[i]);
        n.stride[i] = static_cast<int>(window->stride[i]);
        n.dilation[i] = static_cast<int>(window->dilation[i]);
        n.pad[i] = static_cast<int>(window->pad[i]);
    }
    n.depth = n.per_group * n.kernel[0] * n.kernel[1];
    n.taps = conv_divide_by(n.kernel[0] * n.kernel[1]);
    n.across = conv_divide_by(n.kernel[1]);
    n.samples = call->samples;
    n.points = call->points;
    return n;
}

/** Few outputs a group (depthwise convolutions) leave a tile of the matrix product almost empty. */
static inline bool conv_is_direct(const conv_size &n) {
    return n.groups > 1 && n.group_outputs < 8;
}

/** Where the window of an output position begins; may be outside of the image. */
static __device__ __host__ inline int conv_corner(const conv_size &n, int axis, int position) {
    return position * n.stride[axis] - n.pad[axis];
}

static __device__ inline bool conv_inside(const conv_size &n, int row, int column) {
    return static_cast<unsigned>(row) < static_cast<unsigned>(n.height) &&
           static_cast<unsigned>(column) < static_cast<unsigned>(n.width);
}

/** The output position along an axis whose window has its element `tap` over input `at`, or -1. */
static __device__ inline int conv_reader_of(const conv_size &n, int axis, int at, int tap) {
    const int from = at + n.pad[axis] - tap * n.dilation[axis];
    if (from < 0 || from % n.stride[axis] != 0) return -1;
    const int position = from / n.stride[axis];
    return position < (axis == 0 ? n.rows : n.columns) ? position : -1;
}

/** Blocks of `threads` for `count` elements, few enough for a grid; kernels stride over the rest. */
static inline unsigned conv_blocks(int64_t count, int threads) {
    const int64_t blocks = ceil_div(count, static_cast<int64_t>(threads)), most = 1 << 20;
    return static_cast<unsigned>(blocks < most ? blocks : most);
}

static __device__ inline int64_t conv_first() {
    return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
static __device__ inline int64_t conv_stride() {
    return static_cast<int64_t>(gridDim.x) * blockDim.x;
}

#endif
