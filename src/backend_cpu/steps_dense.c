/* Linear layers and products of activations. */
#include <string.h>

#include "backend_cpu/operations.h"

tau_cpu_linear_shape tau_cpu_linear_shape_of(const tau_graph *graph, const tau_node *node) {
    const tau_shape *x = &graph->values[node->inputs[0]].shape, *w = &graph->values[node->inputs[1]].shape;
    tau_cpu_linear_shape s;
    s.in = (size_t)x->dim[x->rank - 1];
    s.out = (size_t)w->dim[node->attributes.transposed ? 0 : 1];
    s.rows = tau_shape_size(x) / s.in;
    return s;
}

static void prepare_linear(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_linear_shape s = tau_cpu_linear_shape_of(frame->program->graph, step->node);
    float *packed = frame->point->packed + step->packed;
    double *scale = (double *)(void *)frame->scratch;
    const bool transposed = step->node->attributes.transposed;
    tau_cpu_pack_bias(packed + s.in * tau_cpu_pad(s.out), scale, step, frame, s.out);
    tau_cpu_packing packing = {.weights = tau_cpu_stored(frame, step->node->inputs[1]),
                               .outers = 1,
                               .inners = s.in,
                               .k_step = transposed ? 1 : s.out,
                               .n = s.out,
                               .n_step = transposed ? s.in : 1,
                               .scale = step->batch_norm ? scale : NULL};
    if (step->permuted) {
        const tau_cpu_tensor *image = &frame->program->tensors[step->inputs[0]];
        packing.outers = image->channels;
        packing.inners = image->height * image->width;
    }
    tau_cpu_pack(packed, &packing);
}

static void run_linear(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_linear_shape s = tau_cpu_linear_shape_of(frame->program->graph, step->node);
    const float *packed = frame->point->packed + step->packed;
    const tau_cpu_tensor *in = &frame->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &frame->program->tensors[step->output];
    tau_cpu_product product = {.m = frame->count,
                               .n = s.out,
                               .depth = s.in,
                               .a = tau_cpu_at(frame, step->inputs[0]),
                               .a_row = in->stride,
                               .a_column = 1,
                               .b = packed,
                               .b_row = TAU_CPU_PANEL,
                               .b_panel = s.in * TAU_CPU_PANEL,
                               .c = tau_cpu_at(frame, step->output),
                               .c_row = out->stride,
                               .bias = packed + s.in * tau_cpu_pad(s.out),
                               .relu = step->relu};
    if (s.rows == 1) {
        frame->kernels->product(&product);
        return;
    }
    product.m = s.rows;
    product.a_row = s.in;
    product.c_row = s.out;
    for (size_t i = 0; i < frame->count; i++, product.a += in->stride, product.c += out->stride)
        frame->kernels->product(&product);
}

/* X·W = sum_k c_k·(X·V_k): the products are there, only their sum is left. */
static void run_shared_linear(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_cpu_share *share = frame->point->share;
    const size_t row = frame->program->tensors[step->output].stride;
    const float *terms[TAU_BASIS_MAX];
    float c[TAU_BASIS_MAX];
    int count = 0;
    for (int k = 0; k < share->count; k++) {
        if (frame->point->coefficients[k] == 0.0f) continue;
        terms[count] = share->products[k] + (frame->block + frame->first) * row;
        c[count++] = frame->point->coefficients[k];
    }
    if (count == 0) { /* nothing but zeros: 0 times the first, unless that is not finite */
        float *out = tau_cpu_at(frame, step->output);
        for (size_t i = 0; i < frame->count * row; i++) out[i] = 0;
        return;
    }
    frame->kernels->mix(tau_cpu_at(frame, step->output), terms, c, count, frame->count * row, step->relu);
}

/* Product of the last two axes; leading axes of 1 in one operand serve all of the other. */
static size_t matrix_offset(const tau_shape *operand, const tau_shape *out, size_t index) {
    size_t offset = 0, step = 1;
    for (int axis = out->rank - 3; axis >= 0; axis--) {
        const size_t size = (size_t)out->dim[axis], place = index % size;
        index /= size;
        if (operand->dim[axis] > 1) offset += place * step;
        step *= (size_t)operand->dim[axis];
    }
    return offset * (size_t)(operand->dim[operand->rank - 2] * operand->dim[operand->rank - 1]);
}

typedef struct matmul_shape {
    const tau_shape *a, *b, *out;
    size_t m, k, n, matrices;
} matmul_shape;

static matmul_shape matmul_shape_of(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const tau_value *values = frame->program->graph->values;
    matmul_shape s = {&values[step->node->inputs[0]].shape,
                      &values[step->node->inputs[1]].shape,
                      &values[step->node->output].shape,
                      0,
                      0,
                      0,
                      0};
    s.m = (size_t)s.a->dim[s.a->rank - 2];
    s.k = (size_t)s.a->dim[s.a->rank - 1];
    s.n = (size_t)s.b->dim[s.b->rank - 1];
    s.matrices = tau_shape_size(s.out) / (s.m * s.n);
    return s;
}

static void run_matmul(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const matmul_shape s = matmul_shape_of(step, frame);
    const tau_cpu_tensor *tensors = frame->program->tensors;
    for (size_t i = 0; i < frame->count; i++) {
        const float *a = tau_cpu_at(frame, step->inputs[0]) + i * tensors[step->inputs[0]].stride;
        const float *b = tau_cpu_at(frame, step->inputs[1]) + i * tensors[step->inputs[1]].stride;
        float *c = tau_cpu_at(frame, step->output) + i * tensors[step->output].stride;
        for (size_t p = 0; p < s.matrices; p++) {
            /* Packed, because rows of an operand are not readable past its end. */
            tau_cpu_pack(frame->scratch, &(tau_cpu_packing){.weights = b + matrix_offset(s.b, s.out, p),
                                                            .outers = 1,
                                                            .inners = s.k,
                                                            .k_step = s.n,
                                                            .n = s.n,
                                                            .n_step = 1});
            frame->kernels->product(&(tau_cpu_product){.m = s.m,
                                                       .n = s.n,
                                                       .depth = s.k,
                                                       .a = a + matrix_offset(s.a, s.out, p),
                                                       .a_row = s.k,
                                                       .a_column = 1,
                                                       .b = frame->scratch,
                                                       .b_row = TAU_CPU_PANEL,
                                                       .b_panel = s.k * TAU_CPU_PANEL,
                                                       .c = c + p * s.m * s.n,
                                                       .c_row = s.n});
        }
    }
}

/* dA = dC·B^T and dB = A^T·dC, one row at a time: networks of the kinds drawn here hardly have any. */
static void add_matmul_derivatives(const matmul_shape *s, const float *a, const float *b, const float *dc,
                                   float *da, float *db) {
    for (size_t i = 0; i < s->m; i++)
        for (size_t k = 0; k < s->k; k++) {
            double sum = 0;
            for (size_t j = 0; j < s->n; j++) {
                const float d = dc[i * s->n + j];
                if (da) sum += (double)d * (double)b[k * s->n + j];
                if (db) db[k * s->n + j] += a[i * s->k + k] * d;
            }
            if (da) da[i * s->k + k] += (float)sum;
        }
}

static void run_matmul_backward(const tau_cpu_step *step, const tau_cpu_frame *frame) {
    const matmul_shape s = matmul_shape_of(step, frame);
    const tau_cpu_tensor *tensors = frame->program->tensors;
    const tau_cpu_tensor *ta = &tensors[step->inputs[0]], *tb = &tensors[step->inputs[1]];
    float *da = tau_cpu_derivative_at(frame, step->inputs[0]),
          *db = tau_cpu_derivative_at(frame, step->inputs[1]);
    const float *dc = tau_cpu_derivative_at(frame, step->output);
    if (da && !step->accumulates[0]) memset(da, 0, frame->count * ta->stride * sizeof *da);
    if (db && !step->accumulates[1] && db != da) memset(db, 0, frame->count * tb->stride * sizeof *db);
    for (size_t i = 0; i < frame->count; i++) {
        const float *a = tau_cpu_at(frame, step->inputs[0]) + i * ta->stride;
        const float *b = tau_cpu_at(frame, step->inputs[1]) + i * tb->stride;
        for (size_t p = 0; p < s.matrices; p++) {
            const size_t oa = matrix_offset(s.a, s.out, p), ob = matrix_offset(s.b, s.out, p);
            add_matmul_derivatives(&s, a + oa, b + ob, dc + i * tensors[step->output].stride + p * s.m * s.n,
                                   da ? da + i * ta->stride + oa : NULL,
                                   db ? db + i * tb->stride + ob : NULL);
        }
    }
}

/* The whole batch passes linear layers at once in training: gradient.c. */
const tau_cpu_operation tau_cpu_linear = {.prepare = prepare_linear, .run = run_linear};
const tau_cpu_operation tau_cpu_shared_linear = {.run = run_shared_linear};
const tau_cpu_operation tau_cpu_matmul = {.run = run_matmul, .run_backward = run_matmul_backward};
