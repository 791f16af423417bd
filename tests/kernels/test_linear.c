/* Linear layers and products of activations against the reference backend. */
#include "backend_cuda/blas.h"
#include "emulation/emulation.h"
#include "kernels/rows.h"

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

static cudaError_t linear_backward(const tau_cuda_call *call) {
    tau_cuda_call with_blas = *call;
    tau_cuda_blas blas;
    if (tau_cuda_blas_open(&blas) != TAU_STATUS_OK) return cudaErrorUnknown;
    with_blas.blas = &blas;
    const cudaError_t error = tau_cuda_linear_backward(&with_blas);
    tau_cuda_blas_close(&blas);
    return error;
}

/* x[…,in] to y[…,out]. */
static rows_case linear(const tau_shape *x, int64_t out, bool transposed, bool bias) {
    const int64_t in = x->dim[x->rank - 1];
    rows_case c = {.name = transposed ? "linear (out, in)" : "linear (in, out)",
                   .op = TAU_OP_LINEAR,
                   .forward = tau_cuda_linear_forward,
                   .backward = linear_backward,
                   .operands = {{ROWS_ACTIVATION, *x},
                                {ROWS_PARAMETER, {2, {transposed ? out : in, transposed ? in : out}}},
                                {ROWS_PARAMETER, {1, {out}}}},
                   .operand_count = bias ? 3 : 2,
                   .shape = *x,
                   .attributes = {.transposed = transposed}};
    c.shape.dim[x->rank - 1] = out;
    return c;
}

static const tau_shape features[] = {SHAPE(1), SHAPE(7), SHAPE(3, 5), SHAPE(2, 3, 4), SHAPE(65)};
static const int64_t outputs[] = {1, 3, 8, 33};

Test(linear, agrees_with_the_reference) {
    for (int i = 0; i < 20; i++) {
        const rows_case c = linear(&features[i % 5], outputs[i % 4], i / 4 % 2 == 0, i % 3 != 0);
        rows_check(&c);
    }
}

Test(linear, networks_may_share_data_or_weights) {
    for (int transposed = 0; transposed < 2; transposed++) {
        rows_case c = linear(&features[2], 6, transposed != 0, true);
        c.operands[0].kind = ROWS_DATA;
        rows_check_forward(&c, ROWS_PLAIN, 3, 5);
        c.operands[1].kind = c.operands[2].kind = ROWS_CONSTANT;
        c.operands[0].kind = ROWS_ACTIVATION;
        rows_check_forward(&c, ROWS_PLAIN, 3, 5);
        rows_check_backward(&c, ROWS_PLAIN, 5);
    }
}

/* What no sample changes is allowed for x, though no network of today has it. */
Test(linear, samples_may_share_their_input) {
    rows_case c = linear(&features[2], 6, true, true);
    c.operands[0].kind = ROWS_CONSTANT;
    rows_check_forward(&c, ROWS_PLAIN, 2, 5);
}

Test(linear, tiles_and_partial_sums_may_end_anywhere) {
    static const tau_shape long_rows = SHAPE(3, 203);
    for (int transposed = 0; transposed < 2; transposed++) {
        const rows_case c = linear(&long_rows, 70, transposed != 0, true);
        rows_check_forward(&c, ROWS_PLAIN, 2, 50);
        rows_check_forward(&c, ROWS_SPECIALS, 2, 3);
        rows_check_backward(&c, ROWS_PLAIN, 50);
    }
}

/* Sums of sums: one after the other, 2^16 equal terms would lose a part of each and end 6e-4 off. */
Test(linear, long_sums_keep_their_precision) {
    static const tau_shape row = SHAPE(65536);
    rows_case c = linear(&row, 1, true, false);
    rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 1);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < r.total[k]; i++) r.host[k][i] = k == 0 ? 1.0f : 0.1f;
        rows_succeed(cudaMemcpy(r.device[k], r.host[k], r.total[k] * sizeof(float), cudaMemcpyHostToDevice),
                     "cudaMemcpy");
    }
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    rows_run_function(&call, &c, c.forward);
    float found;
    rows_read(&found, r.y, sizeof found);
    cr_assert_float_eq(found / (65536 * (double)0.1f), 1, 2e-5);
    rows_end(&r);
}

Test(linear, no_order_of_threads_changes_the_result) {
    cr_assert(emulation_set_schedule("shuffled:11"));
    const rows_case c = linear(&features[4], 35, true, true);
    rows_check_forward(&c, ROWS_PLAIN, 2, 5);
    rows_check_backward(&c, ROWS_PLAIN, 5);
}

/* ---- matrix products ---- */

typedef struct matmul_case {
    tau_shape a, b, y;
} matmul_case;

static const matmul_case products[] = {
    {SHAPE(1, 1), SHAPE(1, 1), SHAPE(1, 1)},
    {SHAPE(3, 5), SHAPE(5, 2), SHAPE(3, 2)},
    {SHAPE(4, 3, 5), SHAPE(4, 5, 6), SHAPE(4, 3, 6)},
    {SHAPE(1, 3, 5), SHAPE(4, 5, 6), SHAPE(4, 3, 6)},
    {SHAPE(4, 3, 5), SHAPE(1, 5, 6), SHAPE(4, 3, 6)},
    {SHAPE(2, 1, 3, 4), SHAPE(1, 3, 4, 2), SHAPE(2, 3, 3, 2)},
    {SHAPE(2, 1, 3, 2, 4), SHAPE(2, 2, 1, 4, 3), SHAPE(2, 2, 3, 2, 3)},
    {SHAPE(2, 1, 2, 1, 3, 4), SHAPE(1, 2, 1, 3, 4, 2), SHAPE(2, 2, 2, 3, 3, 2)},
    {SHAPE(35, 9), SHAPE(9, 33), SHAPE(35, 33)},
};
enum { PRODUCTS = sizeof products / sizeof products[0] };

static rows_case matmul(const matmul_case *of, rows_kind a, rows_kind b) {
    return (rows_case){.name = "matmul",
                       .op = TAU_OP_MATMUL,
                       .forward = tau_cuda_matmul_forward,
                       .backward = tau_cuda_matmul_backward,
                       .operands = {{a, of->a}, {b, of->b}},
                       .operand_count = 2,
                       .shape = of->y};
}

Test(matmul, agrees_with_the_reference) {
    for (int i = 0; i < PRODUCTS; i++) {
        const rows_case c = matmul(&products[i], ROWS_ACTIVATION, ROWS_ACTIVATION);
        rows_check(&c);
    }
}

Test(matmul, networks_or_samples_may_share_an_operand) {
    for (int i = 1; i < 6; i++) {
        const rows_case data = matmul(&products[i], ROWS_ACTIVATION, ROWS_DATA),
                        constant = matmul(&products[i], ROWS_CONSTANT, ROWS_ACTIVATION),
                        parameter = matmul(&products[i], ROWS_PARAMETER, ROWS_ACTIVATION);
        rows_check_forward(&data, ROWS_PLAIN, 3, 4);
        rows_check_forward(&constant, ROWS_PLAIN, 3, 4);
        rows_check_backward(&constant, ROWS_PLAIN, 4);
        rows_check_backward(&parameter, ROWS_PLAIN, 4);
    }
}

Test(matmul, no_order_of_threads_changes_the_result) {
    cr_assert(emulation_set_schedule("shuffled:13"));
    const rows_case c = matmul(&products[5], ROWS_ACTIVATION, ROWS_ACTIVATION);
    rows_check_forward(&c, ROWS_PLAIN, 2, 3);
    rows_check_backward(&c, ROWS_PLAIN, 3);
}
