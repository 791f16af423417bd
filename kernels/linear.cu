/* Linear layers and matrix products of many samples by many networks, FP32.
 *
 * Linear: y[r,o] = sum_i x[r,i]·W(i,o) + b[o] for every row r of a sample x[…,I], y[…,O]. W is stored [O,I]
 * when `transposed`, else [I,O]. Rows of all samples of a network are the columns of one product: m = o,
 * n = (sample, r), k = i.
 *
 * MatMul: y[…,m,n] = sum_k a[…,m,k]·b[…,k,n]; the axes before the last two broadcast. Its derivatives are
 * products of the same kernel, da = dy·b^T and db = a^T·dy; where an operand was broadcast, the products of
 * all its copies are added up in their order.
 *
 * The derivatives of a linear layer sum over all samples; the vendor's library splits such sums better. */
#include "kernels/gemm.cuh"
#include "kernels/operators.h"

/* Networks, samples and the axes of a sample before the last two. */
enum { PRODUCT_AXES = 2 + TAU_SHAPE_MAX_RANK - 2 };

/* Axes over which a product repeats, the last one fastest, and how far each operand moves along them. */
struct product_axes {
    int count;
    int size[PRODUCT_AXES];
    int64_t left[PRODUCT_AXES], right[PRODUCT_AXES], y[PRODUCT_AXES];
};

/* y(m,n) = bias(m) + sum over the copies and k of left(m,k)·right(k,n), for each place on the outer axes. */
struct product {
    gemm_matrix left, right; /* lines are m and n */
    int64_t y_row, y_column; /* steps of y */
    float *y;
    const float *bias; /* NULL = none */
    int64_t bias_step; /* along the first of the outer axes */
    int rows, depth;
    int64_t columns;
    bool add; /* to what y holds */
    product_axes outer, copies;
};

struct product_offset {
    int64_t left, right, y;
};

static __device__ inline product_offset offset_of(const product_axes &axes, unsigned index) {
    product_offset offset = {0, 0, 0};
    for (int axis = axes.count - 1; axis >= 0; axis--) {
        const unsigned size = static_cast<unsigned>(axes.size[axis]), at = index % size;
        index /= size;
        offset.left += at * axes.left[axis];
        offset.right += at * axes.right[axis];
        offset.y += at * axes.y[axis];
    }
    return offset;
}

static __host__ __device__ inline int64_t places_of(const product_axes &axes) {
    int64_t places = 1;
    for (int axis = 0; axis < axes.count; axis++) places *= axes.size[axis];
    return places;
}

/* What a block works at. */
struct product_place {
    unsigned outer;
    int row;
    int64_t column;
};

template <int ROWS> static __device__ __forceinline__ product_place place_of(const product &p) {
    const unsigned row_tiles = static_cast<unsigned>(ceil_div(p.rows, ROWS));
    const unsigned column_tiles =
        static_cast<unsigned>(ceil_div(p.columns, static_cast<int64_t>(gemm_tile<ROWS>::columns)));
    const unsigned tile = blockIdx.x / row_tiles;
    return {tile / column_tiles, static_cast<int>(blockIdx.x % row_tiles) * ROWS,
            static_cast<int64_t>(tile % column_tiles) * gemm_tile<ROWS>::columns};
}

template <int ROWS>
static __device__ __forceinline__ void write_tile(const product &p, const product_place &place,
                                                  const gemm_sums<ROWS> &total) {
    unsigned first = place.outer; /* place on the first of the outer axes */
    for (int axis = p.outer.count - 1; axis > 0; axis--) first /= static_cast<unsigned>(p.outer.size[axis]);
    const int row = place.row + gemm_row<ROWS>();
    float *y = p.y + offset_of(p.outer, place.outer).y;
#pragma unroll
    for (int j = 0; j < gemm_tile<ROWS>::width; j++) {
        const int64_t column = place.column + gemm_column<ROWS>(j);
#pragma unroll
        for (int i = 0; i < GEMM_HEIGHT; i++) {
            if (row + i >= p.rows || column >= p.columns) continue;
            float *to = y + (row + i) * p.y_row + column * p.y_column;
            const float bias = p.bias ? p.bias[first * p.bias_step + row + i] : 0.0f;
            *to = (p.add ? *to : 0.0f) + (total.at[i][j] + bias);
        }
    }
}

/* Grid: tiles of rows, of columns, places on the outer axes, the first fastest. */
template <int ROWS>
static __global__ void __launch_bounds__(GEMM_THREADS, 2) product_tiles(const __grid_constant__ product p) {
    __shared__ gemm_shared<ROWS> shared;
    constexpr int columns = gemm_tile<ROWS>::columns;
    const product_place place = place_of<ROWS>(p);
    const unsigned copies = static_cast<unsigned>(places_of(p.copies));
    gemm_sums<ROWS> total = {};
    for (unsigned copy = 0; copy < copies; copy++) {
        const product_offset at = offset_of(p.outer, place.outer), moved = offset_of(p.copies, copy);
        const gemm_matrix a = {p.left.data + at.left + moved.left, p.left.line_step, p.left.k_step};
        const gemm_matrix b = {p.right.data + at.right + moved.right, p.right.line_step, p.right.k_step};
        gemm_reader left = gemm_read(a, place.row, p.rows, p.depth, ROWS, gemm_tile<ROWS>::left);
        gemm_reader right = gemm_read(b, place.column, p.columns, p.depth, columns, gemm_tile<ROWS>::right);
        gemm_accumulate<ROWS>(total, shared, left, right, a.k_step == 1, b.k_step == 1, p.depth);
    }
    write_tile<ROWS>(p, place, total);
}

template <int ROWS> static cudaError_t launch_tiles(const product &p, cudaStream_t stream) {
    const int64_t tiles = ceil_div(p.columns, static_cast<int64_t>(gemm_tile<ROWS>::columns)) *
                          ceil_div(p.rows, ROWS) * places_of(p.outer);
    if (tiles > INT32_MAX) return cudaErrorInvalidConfiguration;
    return launch(product_tiles<ROWS>, dim3(static_cast<unsigned>(tiles)), dim3(GEMM_THREADS), 0, stream, p);
}

static cudaError_t multiply(const product &p, cudaStream_t stream) {
    return p.rows <= 32 ? launch_tiles<32>(p, stream) : launch_tiles<64>(p, stream);
}

/* ---- linear ---- */

struct linear_size {
    int rows; /* of a sample */
    int in, out;
    int64_t in_step, out_step; /* of W(i,o) = weight[i·in_step + o·out_step] */
};

static linear_size size_of(const tau_cuda_call *call) {
    const tau_shape *x = &call->inputs[0].shape;
    const bool transposed = call->attributes->transposed;
    linear_size n = {1, static_cast<int>(x->dim[x->rank - 1]),
                     static_cast<int>(call->shape.dim[call->shape.rank - 1]), 0, 0};
    for (int axis = 0; axis < x->rank - 1; axis++) n.rows *= static_cast<int>(x->dim[axis]);
    n.in_step = transposed ? 1 : n.out;
    n.out_step = transposed ? n.in : 1;
    return n;
}

static const tau_cuda_input *bias_of(const tau_cuda_call *call) {
    return call->input_count > 2 && call->inputs[2].value ? &call->inputs[2] : nullptr;
}

extern "C" cudaError_t tau_cuda_linear_forward(const tau_cuda_call *call) {
    const linear_size n = size_of(call);
    const tau_cuda_input *x = &call->inputs[0], *weight = &call->inputs[1], *bias = bias_of(call);
    const int64_t network = static_cast<int64_t>(call->samples) * n.rows;
    const bool dense = x->sample_stride == static_cast<size_t>(n.rows) * static_cast<size_t>(n.in);
    product p = {};
    p.left = {weight->value, n.out_step, n.in_step};
    p.right = {x->value, n.in, 1};
    p.y = call->y;
    p.y_row = 1;
    p.y_column = n.out;
    p.bias = bias ? bias->value : nullptr;
    p.bias_step = bias ? static_cast<int64_t>(bias->point_stride) : 0;
    p.rows = n.out;
    p.depth = n.in;
    p.columns = dense ? network : n.rows;
    p.outer.count = dense ? 1 : 2;
    p.outer.size[0] = call->points;
    p.outer.left[0] = static_cast<int64_t>(weight->point_stride);
    p.outer.right[0] = static_cast<int64_t>(x->point_stride);
    p.outer.y[0] = network * n.out;
    p.outer.size[1] = call->samples;
    p.outer.right[1] = static_cast<int64_t>(x->sample_stride);
    p.outer.y[1] = static_cast<int64_t>(n.rows) * n.out;
    return multiply(p, call->stream);
}

enum { COLUMN_LANES = 32, COLUMN_SHARES = 8 };

/* out[column] += sum over the rows of a row-major matrix, in double: each of eight threads sums every eighth
 * row, the eight sums are added in order. Grid: 32 columns a block. */
static __global__ void add_rows(float *out, const float *matrix, int64_t rows, int columns) {
    __shared__ double sums[COLUMN_SHARES][COLUMN_LANES];
    const int column = static_cast<int>(blockIdx.x) * COLUMN_LANES + static_cast<int>(threadIdx.x);
    double sum = 0;
    if (column < columns)
        for (int64_t row = threadIdx.y; row < rows; row += COLUMN_SHARES)
            sum += static_cast<double>(matrix[row * columns + column]);
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0 || column >= columns) return;
    for (int share = 1; share < COLUMN_SHARES; share++) sum += sums[share][threadIdx.x];
    out[column] += static_cast<float>(sum);
}

static cudaError_t add_weight_gradient(const tau_cuda_call *call, const linear_size &n, int rows) {
    const tau_cuda_input *x = &call->inputs[0], *weight = &call->inputs[1];
    if (call->attributes->transposed)
        return call->blas->gemm(call->blas, n.out, n.in, rows, {call->dy, n.out, true},
                                {x->value, n.in, false}, 1.0f, weight->gradient, n.in, call->stream);
    return call->blas->gemm(call->blas, n.in, n.out, rows, {x->value, n.in, true}, {call->dy, n.out, false},
                            1.0f, weight->gradient, n.out, call->stream);
}

extern "C" cudaError_t tau_cuda_linear_backward(const tau_cuda_call *call) {
    const linear_size n = size_of(call);
    const tau_cuda_input *x = &call->inputs[0], *weight = &call->inputs[1], *bias = bias_of(call);
    const int64_t rows = static_cast<int64_t>(call->samples) * n.rows;
    const bool dense = x->sample_stride == static_cast<size_t>(n.rows) * static_cast<size_t>(n.in);
    if (rows > INT32_MAX || !dense) return cudaErrorInvalidValue;
    const int count = static_cast<int>(rows);
    cudaError_t error = cudaSuccess;
    if (weight->gradient) error = add_weight_gradient(call, n, count);
    if (error == cudaSuccess && x->gradient)
        error = call->blas->gemm(
            call->blas, count, n.in, n.out, {call->dy, n.out, false},
            {weight->value, call->attributes->transposed ? n.in : n.out, !call->attributes->transposed}, 1.0f,
            x->gradient, n.in, call->stream);
    if (error == cudaSuccess && bias && bias->gradient)
        error =
            launch(add_rows, dim3(static_cast<unsigned>(ceil_div(n.out, static_cast<int>(COLUMN_LANES)))),
                   dim3(COLUMN_LANES, COLUMN_SHARES), 0, call->stream, bias->gradient, call->dy, rows, n.out);
    return error;
}

/* ---- products of two activations ---- */

/* One axis of the output and how far each array moves along it; 0 = broadcast. */
struct matmul_axis {
    int size;
    int64_t a, b, y;
};

struct matmul_size {
    int m, n, k;
    int count;
    matmul_axis axes[PRODUCT_AXES];
};

static matmul_size matmul_size_of(const tau_cuda_call *call) {
    const tau_cuda_input *a = &call->inputs[0], *b = &call->inputs[1];
    const int rank = call->shape.rank;
    matmul_size s = {};
    s.m = static_cast<int>(a->shape.dim[rank - 2]);
    s.k = static_cast<int>(a->shape.dim[rank - 1]);
    s.n = static_cast<int>(b->shape.dim[rank - 1]);
    s.count = rank;
    int64_t step_a = static_cast<int64_t>(s.m) * s.k, step_b = static_cast<int64_t>(s.k) * s.n,
            step_y = static_cast<int64_t>(s.m) * s.n;
    for (int axis = rank - 3; axis >= 0; axis--) {
        const int64_t size = call->shape.dim[axis], size_a = a->shape.dim[axis], size_b = b->shape.dim[axis];
        s.axes[axis + 2] = {static_cast<int>(size), size_a > 1 ? step_a : 0, size_b > 1 ? step_b : 0, step_y};
        step_a *= size_a;
        step_b *= size_b;
        step_y *= size;
    }
    s.axes[1] = {call->samples, static_cast<int64_t>(a->sample_stride),
                 static_cast<int64_t>(b->sample_stride), step_y};
    s.axes[0] = {call->points, static_cast<int64_t>(a->point_stride), static_cast<int64_t>(b->point_stride),
                 step_y * call->samples};
    return s;
}

static void add_axis(product_axes *axes, int size, int64_t left, int64_t right, int64_t y) {
    axes->size[axes->count] = size;
    axes->left[axes->count] = left;
    axes->right[axes->count] = right;
    axes->y[axes->count++] = y;
}

extern "C" cudaError_t tau_cuda_matmul_forward(const tau_cuda_call *call) {
    const matmul_size s = matmul_size_of(call);
    product p = {};
    p.left = {call->inputs[0].value, s.k, 1};
    p.right = {call->inputs[1].value, 1, s.n};
    p.y = call->y;
    p.y_row = s.n;
    p.y_column = 1;
    p.rows = s.m;
    p.columns = s.n;
    p.depth = s.k;
    for (int i = 0; i < s.count; i++)
        add_axis(&p.outer, s.axes[i].size, s.axes[i].a, s.axes[i].b, s.axes[i].y);
    return multiply(p, call->stream);
}

/* da[m,k] += sum over copies and n of dy[m,n]·b[k,n]. */
static cudaError_t add_left_gradient(const tau_cuda_call *call, const matmul_size &s) {
    product p = {};
    p.left = {call->dy, s.n, 1};
    p.right = {call->inputs[1].value, s.n, 1};
    p.y = call->inputs[0].gradient;
    p.y_row = s.k;
    p.y_column = 1;
    p.rows = s.m;
    p.columns = s.k;
    p.depth = s.n;
    p.add = true;
    for (int i = 0; i < s.count; i++) {
        const matmul_axis *axis = &s.axes[i];
        add_axis(axis->a ? &p.outer : &p.copies, axis->size, axis->y, axis->b, axis->a);
    }
    return multiply(p, call->stream);
}

/* db[k,n] += sum over copies and m of a[m,k]·dy[m,n]. */
static cudaError_t add_right_gradient(const tau_cuda_call *call, const matmul_size &s) {
    product p = {};
    p.left = {call->inputs[0].value, 1, s.k};
    p.right = {call->dy, 1, s.n};
    p.y = call->inputs[1].gradient;
    p.y_row = s.n;
    p.y_column = 1;
    p.rows = s.k;
    p.columns = s.n;
    p.depth = s.m;
    p.add = true;
    for (int i = 0; i < s.count; i++) {
        const matmul_axis *axis = &s.axes[i];
        add_axis(axis->b ? &p.outer : &p.copies, axis->size, axis->a, axis->y, axis->b);
    }
    return multiply(p, call->stream);
}

extern "C" cudaError_t tau_cuda_matmul_backward(const tau_cuda_call *call) {
    const matmul_size s = matmul_size_of(call);
    cudaError_t error = cudaSuccess;
    if (call->inputs[0].gradient) error = add_left_gradient(call, s);
    if (error == cudaSuccess && call->inputs[1].gradient) error = add_right_gradient(call, s);
    return error;
}
