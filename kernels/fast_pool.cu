/** Pools over the blocked layout; twin: backend_ref/pool.c.
 *
 *  The window of y[c,i,j] holds x[c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1]. Max: the largest element inside the
 *  image, a NaN being larger than all; -infinity where there is none. Average: the sum in FP32 of what is
 *  inside of the image, u and v ascending, over the number of such elements, or with count_pad of those
 * inside of the padded image. A global pool is an average over the whole image.
 *
 *  A thread has the vector of one sample: 8 channels. Channels past the last become 0. */
#include "kernels/fast.cuh"

typedef struct pool_problem {
    tau_fast_tensor y, x;
    tau_window window; /* a global pool's covers the image */
    bool maximum;
    int points;
    unsigned char *overflow;
} pool_problem;

/** Where the window of an output begins in x. */
typedef struct pool_corner {
    int top, left;
} pool_corner;

/** The vector of a window's element, or false where it is padding. */
static __device__ inline bool find_element(unsigned *vector, const pool_problem &problem,
                                           const blocked_shape &shape, blocked_place place,
                                           pool_corner corner, int u, int v) {
    const int row = corner.top + u * static_cast<int>(problem.window.dilation[0]);
    const int column = corner.left + v * static_cast<int>(problem.window.dilation[1]);
    if (row < 0 || row >= problem.x.height || column < 0 || column >= problem.x.width) return false;
    place.row = static_cast<unsigned>(row), place.column = static_cast<unsigned>(column);
    *vector = blocked_index(shape, place);
    return true;
}

/** Maximum or sum over the window. @return how many elements of it are inside of the image */
static __device__ inline int reduce_window(float (&out)[8], const pool_problem &problem, const uint4 *x,
                                           const blocked_place &place, pool_corner corner) {
    const blocked_shape shape = blocked_shape_of(problem.x);
    int inside = 0;
    for (int u = 0; u < static_cast<int>(problem.window.kernel[0]); u++) {
        for (int v = 0; v < static_cast<int>(problem.window.kernel[1]); v++) {
            unsigned vector;
            if (!find_element(&vector, problem, shape, place, corner, u, v)) continue;
            inside++;
            float values[8];
            unpack_vector(values, x[vector]);
#pragma unroll
            for (int i = 0; i < 8; i++) {
                /* Nothing is larger than a NaN, and no comparison with one holds. */
                const bool larger = out[i] == out[i] && !(values[i] <= out[i]);
                out[i] = problem.maximum ? (larger ? values[i] : out[i]) : out[i] + values[i];
            }
        }
    }
    return inside;
}

/** Elements of the window inside of the padded image: what ceil mode adds beyond it never counts. */
static __device__ inline int count_padded(const pool_problem &problem, pool_corner corner) {
    const int rows = problem.x.height + static_cast<int>(problem.window.pad[2]) - corner.top;
    const int columns = problem.x.width + static_cast<int>(problem.window.pad[3]) - corner.left;
    const int height = static_cast<int>(problem.window.kernel[0]),
              width = static_cast<int>(problem.window.kernel[1]);
    return (rows < height ? rows : height) * (columns < width ? columns : width);
}

static __global__ void __launch_bounds__(FAST_THREADS) pool(unsigned count, const pool_problem problem) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_shape shape = blocked_shape_of(problem.y);
    const blocked_place place = blocked_place_at(shape, vector);
    const pool_corner corner = {
        static_cast<int>(place.row) * static_cast<int>(problem.window.stride[0]) -
            static_cast<int>(problem.window.pad[0]),
        static_cast<int>(place.column) * static_cast<int>(problem.window.stride[1]) -
            static_cast<int>(problem.window.pad[1]),
    };
    for (int point = static_cast<int>(blockIdx.y); point < problem.points;
         point += static_cast<int>(gridDim.y)) {
        float values[8];
#pragma unroll
        for (int i = 0; i < 8; i++) values[i] = problem.maximum ? -__uint_as_float(0x7f800000u) : 0.0f;
        const int inside = reduce_window(values, problem, blocked_vectors(problem.x, point), place, corner);
        const int divisor = problem.maximum            ? 1
                            : problem.window.count_pad ? count_padded(problem, corner)
                                                       : inside;
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            values[i] = place.block * 8 + i < shape.channels ? values[i] / static_cast<float>(divisor) : 0.0f;
        }
        bool overflow = false;
        blocked_vectors(problem.y, point)[vector] = pack_vector(values, &overflow);
        mark_overflow(problem.overflow, point, overflow);
    }
}

cudaError_t tau_cuda_fast_pool(const tau_fast_tensor *y, const tau_fast_tensor *x, tau_op op,
                               const tau_window *window, int points, int groups, unsigned char *overflow,
                               cudaStream_t stream) {
    tau_window whole = {};
    whole.kernel[0] = x->height, whole.kernel[1] = x->width;
    whole.stride[0] = whole.stride[1] = whole.dilation[0] = whole.dilation[1] = 1;
    const pool_problem problem = {
        *y, *x, op == TAU_OP_GLOBAL_AVERAGE_POOL ? whole : *window, op == TAU_OP_MAX_POOL, points, overflow};
    return launch_vectors(pool, blocked_count(y, groups), points, stream, problem);
}
