/* Linear layers and matrix products.
 *
 * Linear: y[r,o] = sum_i x[r,i]·W(i,o) + b[o] for every row r of a sample x[…,I], y[…,O]. W is stored [O,I]
 * when `transposed`, else [I,O].
 *
 * MatMul: y[…,m,n] = sum_k a[…,m,k]·b[…,k,n]; the axes before the last two broadcast. */
#include "backend_ref/operators.h"

typedef struct matrix_size {
    size_t rows, in, out;
    size_t in_step, out_step; /* of W(i,o) = weight[i·in_step + o·out_step] */
} matrix_size;

static matrix_size size_of(const tau_ref_call *call) {
    const tau_shape *x = call->inputs[0].shape;
    size_t in = (size_t)x->dim[x->rank - 1], out = (size_t)call->shape->dim[call->shape->rank - 1];
    bool transposed = call->attributes->transposed;
    return (matrix_size){tau_shape_size(x) / in, in, out, transposed ? 1 : out, transposed ? in : 1};
}

static bool has_bias(const tau_ref_call *call) {
    return call->input_count > 2 && call->inputs[2].value;
}

void tau_ref_linear_forward(const tau_ref_call *call) {
    const double *x = call->inputs[0].value, *weight = call->inputs[1].value;
    const matrix_size n = size_of(call);
    for (size_t r = 0; r < n.rows; r++) {
        for (size_t o = 0; o < n.out; o++) {
            double sum = has_bias(call) ? call->inputs[2].value[o] : 0;
            for (size_t i = 0; i < n.in; i++) sum += x[r * n.in + i] * weight[i * n.in_step + o * n.out_step];
            call->y[r * n.out + o] = sum;
        }
    }
}

void tau_ref_linear_backward(const tau_ref_call *call) {
    const double *x = call->inputs[0].value, *weight = call->inputs[1].value;
    double *dx = call->inputs[0].gradient, *dweight = call->inputs[1].gradient;
    const matrix_size n = size_of(call);
    for (size_t r = 0; r < n.rows; r++) {
        for (size_t o = 0; o < n.out; o++) {
            double dy = call->dy[r * n.out + o];
            if (has_bias(call) && call->inputs[2].gradient) call->inputs[2].gradient[o] += dy;
            for (size_t i = 0; i < n.in; i++) {
                size_t w = i * n.in_step + o * n.out_step;
                if (dx) dx[r * n.in + i] += dy * weight[w];
                if (dweight) dweight[w] += dy * x[r * n.in + i];
            }
        }
    }
}

/* Number of the matrix of `operand` that meets matrix `index` of the output. */
static size_t matrix_of(const tau_shape *operand, const tau_shape *output, size_t index) {
    size_t found = 0, step = 1;
    for (int axis = output->rank - 3; axis >= 0; axis--) {
        size_t place = index % (size_t)output->dim[axis];
        index /= (size_t)output->dim[axis];
        if (operand->dim[axis] > 1) found += place * step;
        step *= (size_t)operand->dim[axis];
    }
    return found;
}

typedef void (*product_term)(const tau_ref_call *call, size_t a, size_t b, size_t y);

/* Visits all terms a·b of all elements y, given as offsets. */
static void visit_products(const tau_ref_call *call, product_term visit) {
    const tau_shape *sa = call->inputs[0].shape, *sb = call->inputs[1].shape;
    size_t m = (size_t)sa->dim[sa->rank - 2], k = (size_t)sa->dim[sa->rank - 1];
    size_t n = (size_t)sb->dim[sb->rank - 1], matrices = tau_shape_size(call->shape) / (m * n);
    for (size_t p = 0; p < matrices; p++) {
        size_t a = matrix_of(sa, call->shape, p) * m * k, b = matrix_of(sb, call->shape, p) * k * n;
        for (size_t row = 0; row < m; row++)
            for (size_t column = 0; column < n; column++)
                for (size_t i = 0; i < k; i++)
                    visit(call, a + row * k + i, b + i * n + column, p * m * n + row * n + column);
    }
}

static void add_product(const tau_ref_call *call, size_t a, size_t b, size_t y) {
    call->y[y] += call->inputs[0].value[a] * call->inputs[1].value[b];
}

static void add_gradients(const tau_ref_call *call, size_t a, size_t b, size_t y) {
    const tau_ref_input *left = &call->inputs[0], *right = &call->inputs[1];
    if (left->gradient) left->gradient[a] += call->dy[y] * right->value[b];
    if (right->gradient) right->gradient[b] += call->dy[y] * left->value[a];
}

void tau_ref_matmul_forward(const tau_ref_call *call) {
    size_t size = tau_shape_size(call->shape);
    for (size_t i = 0; i < size; i++) call->y[i] = 0;
    visit_products(call, add_product);
}

void tau_ref_matmul_backward(const tau_ref_call *call) {
    visit_products(call, add_gradients);
}
