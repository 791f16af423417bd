/* Elementwise arithmetic of two operands: y = a + b, a - b, a·b, a / b.
 *
 * Shapes are aligned at their last axes; an axis of 1, or one that an operand lacks, is repeated. Leading
 * axes of 1 that a stored operand has beyond the output's rank do not count. Gradients of repeated elements
 * (in networks, samples or axes) add, in FP64 and in a fixed order.
 *
 * Networks and samples are two more axes of the walk. */
#include "kernels/sums.cuh"

/* Elements between neighbours along the axes of the output: 0 where an operand is repeated. */
struct steps {
    size_t along[TAU_SHAPE_MAX_RANK];
};

static steps steps_of(const tau_shape &operand, const tau_shape &output) {
    steps found = {};
    size_t step = 1;
    int axis = output.rank - 1;
    for (int i = operand.rank - 1; i >= 0 && axis >= 0; i--, axis--) {
        if (operand.dim[i] > 1) found.along[axis] = step;
        step *= (size_t)operand.dim[i];
    }
    return found;
}

static __device__ float value_of(tau_op op, float a, float b) {
    switch (op) {
    case TAU_OP_ADD:
        return a + b;
    case TAU_OP_SUB:
        return a - b;
    case TAU_OP_MUL:
        return a * b;
    default: /* TAU_OP_DIV */
        return a / b;
    }
}

/* d y / d a (which = 0) or d y / d b. */
static __device__ double slope_of(tau_op op, int which, double a, double b) {
    switch (op) {
    case TAU_OP_ADD:
        return 1;
    case TAU_OP_SUB:
        return which == 0 ? 1 : -1;
    case TAU_OP_MUL:
        return which == 0 ? b : a;
    default: /* TAU_OP_DIV */
        return which == 0 ? 1 / b : -a / (b * b);
    }
}

/* Operands of the walk: y, a, b. */
template <int width>
static __global__ void forward(walk w, tau_op op, float *y, const float *a, const float *b) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        pack<width> v = pack_load<width>(a + at[1], w.inner[1]);
        const pack<width> u = pack_load<width>(b + at[2], w.inner[2]);
        for (int j = 0; j < width; j++) v.at[j] = value_of(op, v.at[j], u.at[j]);
        pack_store(y + at[0], v);
    }
}

cudaError_t tau_cuda_binary_forward(const tau_cuda_call *call) {
    const tau_cuda_input *a = &call->inputs[0], *b = &call->inputs[1];
    const steps step_a = steps_of(a->shape, call->shape), step_b = steps_of(b->shape, call->shape);
    const size_t size = size_of(call->shape);
    walk w = walk_make();
    walk_add(&w, (size_t)call->points, (size_t)call->samples * size, a->point_stride, b->point_stride);
    walk_add(&w, (size_t)call->samples, size, a->sample_stride, b->sample_stride);
    for (int axis = 0; axis < call->shape.rank; axis++)
        walk_add(&w, (size_t)call->shape.dim[axis], size_between(call->shape, axis + 1, call->shape.rank),
                 step_a.along[axis], step_b.along[axis]);
    const bool wide = walk_widen(&w, call->y, a->value, b->value);
    return launch_walk(wide, forward<WALK_WIDTH>, forward<1>, call->stream, w, call->op, call->y, a->value,
                       b->value);
}

/* One input's gradient; operands of the walks: the input itself, the other one, dy. */
struct slope {
    tau_op op;
    int which; /* input that the gradient is of */
    const float *input, *other, *dy;
};

static __device__ double term(const slope &s, size_t, const size_t *at) {
    const double own = (double)s.input[at[0]], other = (double)s.other[at[1]];
    const double slope = s.which == 0 ? slope_of(s.op, 0, own, other) : slope_of(s.op, 1, other, own);
    return slope * (double)s.dy[at[2]];
}

/* No element is repeated: a thread an element. */
static __global__ void add_slopes(walk w, slope s, float *gradient) {
    for (size_t i = thread_index(); i < w.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(w, i, at);
        gradient[at[0]] += (float)term(s, i, at);
    }
}

static __global__ void add_sums(walk results, size_t pieces, const double *partial, float *gradient) {
    for (size_t i = thread_index(); i < results.count; i += thread_count()) {
        size_t at[WALK_OPERANDS] = {};
        walk_locate(results, i, at);
        const double sum = sum_of_pieces(partial, pieces, results.count, i);
        gradient[at[0]] = (float)((double)gradient[at[0]] + sum);
    }
}

/* The axes of an input's own elements, and those along which it is repeated. @param[in] sample_stride  of the
 * input: 0 = repeated from sample to sample */
static sums sums_of(const tau_cuda_call *call, int which, size_t sample_stride) {
    const tau_cuda_input *input = &call->inputs[which], *other = &call->inputs[1 - which];
    const steps step = steps_of(input->shape, call->shape), step_other = steps_of(other->shape, call->shape);
    walk results = walk_make(), summed = walk_make();
    bool columns = false;
    walk_add(sample_stride ? &results : &summed, (size_t)call->samples, sample_stride, other->sample_stride,
             size_of(call->shape));
    for (int axis = 0; axis < call->shape.rank; axis++) {
        if (call->shape.dim[axis] == 1) continue;
        columns = step.along[axis] != 0;
        walk_add(columns ? &results : &summed, (size_t)call->shape.dim[axis], step.along[axis],
                 step_other.along[axis], size_between(call->shape, axis + 1, call->shape.rank));
    }
    return sums_make(results, summed, columns);
}

static cudaError_t run_backward(const tau_cuda_call *call, int which) {
    const tau_cuda_input *input = &call->inputs[which];
    const slope s = {call->op, which, input->value, call->inputs[1 - which].value, call->dy};
    if (!input->gradient) return cudaSuccess;
    const sums n = sums_of(call, which, input->sample_stride);
    if (n.summed.count == 1)
        return launch(add_slopes, rows_grid(n.results.count), dim3(ROWS_THREADS), 0, call->stream, n.results,
                      s, input->gradient);
    double *partial = static_cast<double *>(call->scratch);
    const cudaError_t error =
        launch(sum_pieces<slope, term>, sums_grid(n), dim3(ROWS_THREADS), 0, call->stream, partial, n, s);
    if (error != cudaSuccess) return error;
    return launch(add_sums, rows_grid(n.results.count), dim3(ROWS_THREADS), 0, call->stream, n.results,
                  n.pieces, partial, input->gradient);
}

/* One after the other: both may be the same value. */
cudaError_t tau_cuda_binary_backward(const tau_cuda_call *call) {
    const cudaError_t error = run_backward(call, 0);
    return error != cudaSuccess ? error : run_backward(call, 1);
}

/* Whether an input is repeated from sample to sample is not known yet: room for both. */
size_t tau_cuda_binary_scratch(const tau_cuda_call *call) {
    size_t most = 0;
    for (int which = 0; call->dy && which < 2; which++) {
        const size_t strides[] = {0, size_of(call->inputs[which].shape)};
        for (size_t stride : strides) {
            const size_t room = sums_scratch(sums_of(call, which, stride));
            if (room > most) most = room;
        }
    }
    return most * sizeof(double);
}
