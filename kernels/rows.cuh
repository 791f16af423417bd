/** What the FP32 operators share: walks over the elements of rows, and the grids that do them.
 *
 *  A walk counts through the elements of an output in row-major order and knows for each of up to three
 *  operands where the element lies, so that one kernel serves every layout: activations, parameters of each
 *  network, constants and data that networks share, repeated axes, permuted axes. */
#ifndef TAU_KERNELS_ROWS_CUH
#define TAU_KERNELS_ROWS_CUH

#include "kernels/device.cuh"
#include "kernels/operators.h"

enum {
    ROWS_THREADS = 256,
    ROWS_BLOCKS_MAX = 4096, /**< blocks beyond this stand in a queue: threads take several elements instead */
    WALK_AXES = TAU_SHAPE_MAX_RANK + 2, /**< points, samples, the axes of a sample */
    WALK_OPERANDS = 3,
    WALK_WIDTH = 4 /**< floats of one wide access */
};

/** Axes from the outermost to the innermost, and the elements from place to place along each. */
struct walk {
    int rank;
    size_t dim[WALK_AXES];
    size_t step[WALK_OPERANDS][WALK_AXES];
    size_t count;             /**< product of dim */
    int inner[WALK_OPERANDS]; /**< of a walk made wide: elements from one float of a pack to the next */
};

/** Elements that lie together and move in one access. */
template <int width> struct alignas(sizeof(float) * width) pack { float at[width]; };

/** ---- host ---- */

/** tau_shape_size, which has the linkage of C in a library that kernels do without. */
static inline size_t size_of(const tau_shape &shape) {
    size_t size = 1;
    for (int i = 0; i < shape.rank; i++) size *= (size_t)shape.dim[i];
    return size;
}

/** Elements of the axes from `first` to before `end`. */
static inline size_t size_between(const tau_shape &shape, int first, int end) {
    size_t size = 1;
    for (int i = first; i < end; i++) size *= (size_t)shape.dim[i];
    return size;
}

static inline walk walk_make(void) {
    walk w = {};
    w.count = 1;
    return w;
}

/** Adds an axis inside those there are. Axes of 1 vanish; an axis that goes on where the next inner one ends
 * becomes one with it, so that plain rows have one axis and need no division. */
static inline void walk_add(walk *w, size_t dim, size_t step0, size_t step1, size_t step2 = 0) {
    if (dim == 1) return;
    const size_t step[WALK_OPERANDS] = {step0, step1, step2};
    bool joins = w->rank > 0;
    for (int k = 0; joins && k < WALK_OPERANDS; k++) joins = w->step[k][w->rank - 1] == dim * step[k];
    if (!joins) w->dim[w->rank++] = 1;
    w->dim[w->rank - 1] *= dim;
    for (int k = 0; k < WALK_OPERANDS; k++) w->step[k][w->rank - 1] = step[k];
    w->count *= dim;
}

/** Adds the axes of networks and samples: operand 0 is the output, or its gradient; operand 1 an input, and
 * operand 2 that input's gradient. */
static inline void walk_add_rows(walk *w, const tau_cuda_call *call, const tau_cuda_input *input) {
    const size_t size = size_of(call->shape);
    walk_add(w, (size_t)call->points, (size_t)call->samples * size, input->point_stride, input->point_stride);
    walk_add(w, (size_t)call->samples, size, input->sample_stride, input->sample_stride);
}

/** Operands as above; every element of the output goes with that of the same place of the input. */
static inline walk walk_rows(const tau_cuda_call *call, const tau_cuda_input *input) {
    walk w = walk_make();
    walk_add_rows(&w, call, input);
    walk_add(&w, size_of(call->shape), 1, 1, 1);
    return w;
}

/** Whether wide accesses may begin there; NULL, which is not used, may stay. */
static inline bool is_aligned(const void *memory) {
    return (uintptr_t)memory % (WALK_WIDTH * sizeof(float)) == 0;
}

/** Turns elements into packs of WALK_WIDTH where every operand allows it: it lies densely and aligned along
 * the innermost axis, or is repeated there. @param[in] memory  of each operand; NULL = not used
 *  @return whether it did */
static inline bool walk_widen(walk *w, const void *memory0, const void *memory1, const void *memory2 = NULL) {
    const void *memory[WALK_OPERANDS] = {memory0, memory1, memory2};
    const int last = w->rank - 1;
    if (w->rank == 0 || w->dim[last] % WALK_WIDTH != 0) return false;
    for (int k = 0; k < WALK_OPERANDS; k++) {
        if (!memory[k] || w->step[k][last] == 0) continue;
        if (w->step[k][last] != 1 || !is_aligned(memory[k])) return false;
        for (int axis = 0; axis < last; axis++)
            if (w->step[k][axis] % WALK_WIDTH != 0) return false;
    }
    w->dim[last] /= WALK_WIDTH;
    w->count /= WALK_WIDTH;
    for (int k = 0; k < WALK_OPERANDS; k++) {
        w->inner[k] = w->step[k][last] == 1;
        w->step[k][last] *= WALK_WIDTH;
    }
    return true;
}

/** Blocks of ROWS_THREADS threads for as many pieces of work, each the work of `threads` threads. */
static inline dim3 rows_grid(size_t work, int threads = 1) {
    const size_t blocks = ceil_div(work, (size_t)(ROWS_THREADS / threads));
    return dim3((unsigned)(blocks < 1 ? 1 : blocks < ROWS_BLOCKS_MAX ? blocks : (size_t)ROWS_BLOCKS_MAX));
}

/** Launches the kernel for packs or the one for single elements. */
template <class... Expected, class... Actual>
static inline cudaError_t launch_walk(bool wide, void (*packs)(Expected...), void (*singles)(Expected...),
                                      cudaStream_t stream, const walk &w, Actual... arguments) {
    return launch(wide ? packs : singles, rows_grid(w.count), dim3(ROWS_THREADS), 0, stream, w, arguments...);
}

/** ---- device ---- */

static __device__ inline size_t thread_index(void) {
    return (size_t)blockIdx.x * blockDim.x + threadIdx.x;
}

static __device__ inline size_t thread_count(void) {
    return (size_t)gridDim.x * blockDim.x;
}

/** Adds to `offset` where element `index` of the walk lies in each operand. */
static __device__ inline void walk_locate(const walk &w, size_t index, size_t offset[WALK_OPERANDS]) {
    for (int axis = w.rank - 1; axis >= 0; axis--) {
        size_t place = index;
        if (axis > 0) {
            index /= w.dim[axis];
            place -= index * w.dim[axis];
        }
        for (int k = 0; k < WALK_OPERANDS; k++) offset[k] += place * w.step[k][axis];
    }
}

/** @param[in] inner  0 = one float for all of the pack */
template <int width> static __device__ inline pack<width> pack_load(const float *from, int inner) {
    if constexpr (width > 1) {
        if (!inner) {
            pack<width> all;
            for (int j = 0; j < width; j++) all.at[j] = *from;
            return all;
        }
    }
    return *reinterpret_cast<const pack<width> *>(from);
}

template <int width> static __device__ inline void pack_store(float *to, const pack<width> &from) {
    *reinterpret_cast<pack<width> *>(to) = from;
}

/** A NaN differs from itself; said so because the names of the C library differ between compilers. */
template <class T> static __device__ inline bool is_nan(T x) {
    return x != x;
}

/** Sums over the lanes of a warp in a fixed order; every lane gets the same bits. */
static __device__ inline double warp_sum(double x) {
    for (int far = TAU_WARP / 2; far > 0; far /= 2) x += __shfl_xor_sync(0xffffffffu, x, far);
    return x;
}

#endif
