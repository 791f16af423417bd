/* Convolutions against the reference backend: strides, dilation, padding on one side, groups, windows larger
 * than the image, tiles that end anywhere. */
#include "backend_cuda/blas.h"
#include "emulation/emulation.h"
#include "kernels/rows.h"

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

typedef struct conv_case {
    tau_shape x, weight, y;
    tau_window window; /* kernel, stride, dilation, pad, groups */
} conv_case;

static const conv_case cases[] = {
    {SHAPE(3, 7, 6), SHAPE(5, 3, 3, 3), SHAPE(5, 5, 4), {{3, 3}, {1, 1}, {1, 1}, {0}, 1, false, false}},
    {SHAPE(2, 8, 7),
     SHAPE(4, 2, 3, 2),
     SHAPE(4, 4, 4),
     {{3, 2}, {2, 2}, {1, 1}, {1, 0, 0, 1}, 1, false, false}},
    {SHAPE(2, 9, 8),
     SHAPE(3, 2, 3, 3),
     SHAPE(3, 5, 3),
     {{3, 3}, {1, 2}, {2, 3}, {0, 2, 0, 1}, 1, false, false}},
    {SHAPE(6, 5, 5),
     SHAPE(4, 3, 3, 3),
     SHAPE(4, 5, 5),
     {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 2, false, false}},
    {SHAPE(4, 6, 5),
     SHAPE(24, 2, 3, 3),
     SHAPE(24, 6, 5),
     {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 2, false, false}},
    {SHAPE(4, 6, 5),
     SHAPE(4, 1, 3, 3),
     SHAPE(4, 3, 3),
     {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 4, false, false}},
    {SHAPE(3, 6, 5),
     SHAPE(6, 1, 3, 2),
     SHAPE(6, 4, 4),
     {{3, 2}, {1, 2}, {2, 1}, {2, 1, 0, 2}, 3, false, false}},
    {SHAPE(9, 4, 5), SHAPE(7, 9, 1, 1), SHAPE(7, 4, 5), {{1, 1}, {1, 1}, {1, 1}, {0}, 1, false, false}},
    {SHAPE(9, 4, 5), SHAPE(7, 9, 1, 1), SHAPE(7, 2, 3), {{1, 1}, {2, 2}, {1, 1}, {0}, 1, false, false}},
    {SHAPE(2, 2, 3),
     SHAPE(3, 2, 5, 5),
     SHAPE(3, 2, 3),
     {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1, false, false}},
    {SHAPE(2, 3, 3),
     SHAPE(2, 2, 2, 2),
     SHAPE(2, 6, 6),
     {{2, 2}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1, false, false}},
    {SHAPE(3, 11), SHAPE(4, 3, 4), SHAPE(4, 5), {{1, 4}, {1, 2}, {1, 1}, {0, 1, 0, 0}, 1, false, false}},
    {SHAPE(4, 9), SHAPE(4, 1, 3), SHAPE(4, 9), {{1, 3}, {1, 1}, {1, 2}, {0, 2, 0, 2}, 4, false, false}},
    {SHAPE(1, 1, 1), SHAPE(1, 1, 1, 1), SHAPE(1, 1, 1), {{1, 1}, {1, 1}, {1, 1}, {0}, 1, false, false}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* More rows, columns and products than a tile, a tile and a partial sum hold, and no multiples of them. */
static const conv_case wide[] = {
    {SHAPE(9, 7, 7),
     SHAPE(70, 9, 3, 3),
     SHAPE(70, 7, 7),
     {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, false, false}},
    {SHAPE(23, 6, 9),
     SHAPE(33, 23, 2, 3),
     SHAPE(33, 5, 9),
     {{2, 3}, {1, 1}, {1, 1}, {0, 1, 0, 1}, 1, false, false}},
};

static cudaError_t backward(const tau_cuda_call *call) {
    tau_cuda_call with_blas = *call;
    tau_cuda_blas blas;
    if (tau_cuda_blas_open(&blas) != TAU_STATUS_OK) return cudaErrorUnknown;
    with_blas.blas = &blas;
    const cudaError_t error = tau_cuda_conv_backward(&with_blas);
    tau_cuda_blas_close(&blas);
    return error;
}

static rows_case conv(const conv_case *of, rows_kind x, bool bias) {
    return (rows_case){
        .name = "conv",
        .op = TAU_OP_CONV,
        .forward = tau_cuda_conv_forward,
        .backward = backward,
        .scratch = tau_cuda_conv_scratch,
        .operands = {{x, of->x}, {ROWS_PARAMETER, of->weight}, {ROWS_PARAMETER, {1, {of->y.dim[0]}}}},
        .operand_count = bias ? 3 : 2,
        .shape = of->y,
        .attributes = {.window = of->window}};
}

Test(conv, agrees_with_the_reference) {
    for (int i = 0; i < CASES; i++) {
        const rows_case c = conv(&cases[i], ROWS_ACTIVATION, i % 2 == 0);
        rows_check(&c);
    }
}

Test(conv, networks_may_share_their_data) {
    for (int i = 0; i < CASES; i++) {
        const rows_case c = conv(&cases[i], ROWS_DATA, true);
        rows_check_forward(&c, ROWS_PLAIN, 3, 4);
    }
}

Test(conv, networks_may_share_their_weights) {
    rows_case c = conv(&cases[1], ROWS_ACTIVATION, true);
    c.operands[1].kind = c.operands[2].kind = ROWS_CONSTANT;
    rows_check_forward(&c, ROWS_PLAIN, 3, 4);
    rows_check_backward(&c, ROWS_PLAIN, 4);
}

Test(conv, tiles_and_partial_sums_may_end_anywhere) {
    for (int i = 0; i < 2; i++) {
        const rows_case c = conv(&wide[i], ROWS_ACTIVATION, true);
        rows_check_forward(&c, ROWS_PLAIN, 2, 5);
        rows_check_forward(&c, ROWS_SPECIALS, 2, 3);
        rows_check_backward(&c, ROWS_PLAIN, 3);
    }
}

Test(conv, backward_derives_what_is_wanted_alone) {
    for (int i = 3; i < 6; i++) {
        const rows_case c = conv(&cases[i], ROWS_ACTIVATION, true);
        for (unsigned wanted = 1; wanted < 7; wanted++) rows_check_backward_of(&c, ROWS_PLAIN, 2, wanted);
    }
}

Test(conv, no_order_of_threads_changes_the_result) {
    cr_assert(emulation_set_schedule("shuffled:7"));
    const rows_case c = conv(&cases[4], ROWS_ACTIVATION, true),
                    depthwise = conv(&cases[5], ROWS_ACTIVATION, true);
    rows_check_forward(&c, ROWS_PLAIN, 2, 5);
    rows_check_forward(&c, ROWS_SPECIALS, 2, 2);
    rows_check_backward(&c, ROWS_PLAIN, 3);
    rows_check_backward(&depthwise, ROWS_PLAIN, 3);
}

/* Infinity times what stands for padding would be NaN. */
Test(conv, infinite_weights_over_padding_take_no_part) {
    static const int places[] = {3, 4, 6, 9};
    for (int i = 0; i < 4; i++) {
        const rows_case c = conv(&cases[places[i]], ROWS_ACTIVATION, false);
        rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 3);
        for (size_t w = 0; w < r.total[1]; w += 4) r.host[1][w] = INFINITY;
        for (size_t x = 0; x < r.total[0]; x++) r.host[0][x] = fabsf(r.host[0][x]) + 0.1f;
        for (int k = 0; k < 2; k++)
            rows_succeed(
                cudaMemcpy(r.device[k], r.host[k], r.total[k] * sizeof(float), cudaMemcpyHostToDevice),
                "cudaMemcpy");
        tau_cuda_input inputs[ROWS_OPERANDS];
        tau_cuda_call call = rows_call(&r, inputs);
        rows_run_function(&call, &c, c.forward);
        float *found = malloc(r.outputs * sizeof(float));
        rows_read(found, r.y, r.outputs * sizeof(float));
        rows_twin t = rows_twin_of(&r, 0);
        rows_twin_forward(&r, &t, NULL);
        rows_compare(c.name, "output", found, t.y, r.outputs);
        for (size_t y = 0; y < r.outputs; y++)
            cr_assert_not(isnan(found[y]), "case %d, output %zu", places[i], y);
        rows_twin_free(&t);
        free(found);
        rows_end(&r);
    }
}

/* 4096 products an output: the memory for unfolding ends within the second sample. */
Test(conv, long_batches_are_derived_in_pieces) {
    static const conv_case large = {SHAPE(1, 155, 155),
                                    SHAPE(1, 1, 64, 64),
                                    SHAPE(1, 92, 92),
                                    {{64, 64}, {1, 1}, {1, 1}, {0}, 1, false, false}};
    const rows_case c = conv(&large, ROWS_ACTIVATION, true);
    rows_check_backward(&c, ROWS_PLAIN, 2);
}

Test(conv, scratch_is_bounded_and_only_for_backward) {
    const rows_case c = conv(&cases[0], ROWS_ACTIVATION, true);
    tau_cuda_input inputs[3] = {
        {.shape = {3, {64, 224, 224}}}, {.shape = {4, {64, 64, 3, 3}}}, {.shape = {1, {64}}}};
    float dy = 0;
    tau_cuda_call call = {.op = TAU_OP_CONV,
                          .attributes = &c.attributes,
                          .inputs = inputs,
                          .input_count = 3,
                          .shape = {3, {64, 222, 222}},
                          .points = 1,
                          .samples = 512};
    cr_assert_eq(tau_cuda_conv_scratch(&call), 0);
    call.dy = &dy;
    cr_assert_leq(tau_cuda_conv_scratch(&call), (size_t)256 << 20);
    cr_assert_gt(tau_cuda_conv_scratch(&call), (size_t)200 << 20);
}
