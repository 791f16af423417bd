/* Operators that move elements and compute nothing.
 *
 * Reshape: the same elements in the same order.
 * Transpose: y[i_0, i_1, …] = x at the place whose axis permutation[k] is i_k.
 * Concat: inputs one after another along `axis`.
 * Pad: x inside a frame of the constant `alpha`.
 *
 * Each is a walk over the elements of an input that knows where they lie in the output; backward adds along
 * the same walk. */
#include "kernels/rows.cuh"

/* Operands of the walk: y, x. */
template <int width> static __global__ void copy(walk w, float *y, const float *x) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        pack_store(y + at[0], pack_load<width>(x + at[1], w.inner[1]));
    }
}

/* Operands of the walk: dy, x, dx. */
template <int width> static __global__ void add(walk w, float *dx, const float *dy) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        const pack<width> d = pack_load<width>(dy + at[0], w.inner[0]);
        pack<width> sum = pack_load<width>(dx + at[2], w.inner[2]);
        for (int j = 0; j < width; j++) sum.at[j] += d.at[j];
        pack_store(dx + at[2], sum);
    }
}

static __global__ void fill(float *y, float value, size_t count) {
    for (size_t i = thread_index(); i < count; i += thread_count()) y[i] = value;
}

/* @param[in] start  elements of the output's sample before the input's first */
static cudaError_t run_copy(const tau_cuda_call *call, const tau_cuda_input *input, walk w, size_t start) {
    const bool wide = walk_widen(&w, call->y + start, input->value);
    return launch_walk(wide, copy<WALK_WIDTH>, copy<1>, call->stream, w, call->y + start, input->value);
}

static cudaError_t run_add(const tau_cuda_call *call, const tau_cuda_input *input, walk w, size_t start) {
    if (!input->gradient) return cudaSuccess;
    const bool wide = walk_widen(&w, call->dy + start, NULL, input->gradient);
    return launch_walk(wide, add<WALK_WIDTH>, add<1>, call->stream, w, input->gradient, call->dy + start);
}

cudaError_t tau_cuda_reshape_forward(const tau_cuda_call *call) {
    return run_copy(call, &call->inputs[0], walk_rows(call, &call->inputs[0]), 0);
}

cudaError_t tau_cuda_reshape_backward(const tau_cuda_call *call) {
    return run_add(call, &call->inputs[0], walk_rows(call, &call->inputs[0]), 0);
}

static walk walk_transposed(const tau_cuda_call *call) {
    const tau_shape &x = call->inputs[0].shape, &y = call->shape;
    walk w = walk_make();
    walk_add_rows(&w, call, &call->inputs[0]);
    for (int axis = 0; axis < y.rank; axis++) {
        const size_t step = size_between(x, call->attributes->permutation[axis] + 1, x.rank);
        walk_add(&w, (size_t)y.dim[axis], size_between(y, axis + 1, y.rank), step, step);
    }
    return w;
}

cudaError_t tau_cuda_transpose_forward(const tau_cuda_call *call) {
    return run_copy(call, &call->inputs[0], walk_transposed(call), 0);
}

cudaError_t tau_cuda_transpose_backward(const tau_cuda_call *call) {
    return run_add(call, &call->inputs[0], walk_transposed(call), 0);
}

typedef cudaError_t (*run_function)(const tau_cuda_call *call, const tau_cuda_input *input, walk w,
                                    size_t start);

static cudaError_t concat(const tau_cuda_call *call, run_function run) {
    const int axis = call->attributes->axis, rank = call->shape.rank;
    const size_t after = size_between(call->shape, axis + 1, rank);
    size_t start = 0;
    for (int k = 0; k < call->input_count; k++) {
        const tau_cuda_input *input = &call->inputs[k];
        const size_t together = (size_t)input->shape.dim[axis] * after;
        walk w = walk_make();
        walk_add_rows(&w, call, input);
        walk_add(&w, size_between(call->shape, 0, axis), (size_t)call->shape.dim[axis] * after, together,
                 together);
        walk_add(&w, together, 1, 1, 1);
        const cudaError_t error = run(call, input, w, start);
        if (error != cudaSuccess) return error;
        start += together;
    }
    return cudaSuccess;
}

cudaError_t tau_cuda_concat_forward(const tau_cuda_call *call) {
    return concat(call, run_copy);
}

cudaError_t tau_cuda_concat_backward(const tau_cuda_call *call) {
    return concat(call, run_add);
}

static cudaError_t pad(const tau_cuda_call *call, run_function run) {
    const tau_shape &x = call->inputs[0].shape, &y = call->shape;
    size_t start = 0;
    walk w = walk_make();
    walk_add_rows(&w, call, &call->inputs[0]);
    for (int axis = 0; axis < x.rank; axis++) {
        const size_t step_y = size_between(y, axis + 1, y.rank), step_x = size_between(x, axis + 1, x.rank);
        walk_add(&w, (size_t)x.dim[axis], step_y, step_x, step_x);
        start += (size_t)call->attributes->pads[axis] * step_y;
    }
    return run(call, &call->inputs[0], w, start);
}

cudaError_t tau_cuda_pad_forward(const tau_cuda_call *call) {
    const size_t count = (size_t)call->points * (size_t)call->samples * size_of(call->shape);
    const cudaError_t error = launch(fill, rows_grid(count), dim3(ROWS_THREADS), 0, call->stream, call->y,
                                     (float)call->attributes->alpha, count);
    return error != cudaSuccess ? error : pad(call, run_copy);
}

cudaError_t tau_cuda_pad_backward(const tau_cuda_call *call) {
    return pad(call, run_add);
}
