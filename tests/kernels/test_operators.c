/* The FP32 operators, but for pools and linear algebra, against the reference backend. */
#include "kernels/rows.h"

#define SHAPE(...)                                                                                           \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

static const tau_shape shapes[] = {{0}, SHAPE(1), SHAPE(7), SHAPE(8), SHAPE(3, 5), SHAPE(4, 3, 4)};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* ---- activations ---- */

static rows_case unary(const char *name, tau_op op, tau_cuda_function forward, tau_cuda_function backward,
                       tau_shape shape) {
    return (rows_case){.name = name,
                       .op = op,
                       .forward = forward,
                       .backward = backward,
                       .operands = {{ROWS_ACTIVATION, shape}},
                       .operand_count = 1,
                       .shape = shape};
}

typedef struct activation_case {
    const char *name;
    tau_op op;
    tau_attributes attributes;
} activation_case;

static const activation_case activations[] = {
    {"relu", TAU_OP_RELU, {.alpha = 0}},
    {"leaky relu", TAU_OP_LEAKY_RELU, {.alpha = 0.01}},
    {"elu", TAU_OP_ELU, {.alpha = 1.5}},
    {"selu", TAU_OP_SELU, {.alpha = 1.67326319217681884765625, .gamma = 1.05070102214813232421875}},
    {"gelu", TAU_OP_GELU, {.alpha = 0}},
    {"gelu by tanh", TAU_OP_GELU, {.approximate = true}},
    {"sigmoid", TAU_OP_SIGMOID, {.alpha = 0}},
    {"hard sigmoid", TAU_OP_HARD_SIGMOID, {.alpha = 0.2, .beta = 0.5}},
    {"tanh", TAU_OP_TANH, {.alpha = 0}},
    {"softplus", TAU_OP_SOFTPLUS, {.alpha = 0}},
    {"softsign", TAU_OP_SOFTSIGN, {.alpha = 0}},
    {"erf", TAU_OP_ERF, {.alpha = 0}},
    {"clip", TAU_OP_CLIP, {.alpha = -0.7, .beta = 0.7}},
    {"narrow clip", TAU_OP_CLIP, {.alpha = -0.1, .beta = 0.1}},
};
enum { ACTIVATIONS = sizeof activations / sizeof activations[0] };

static rows_case activation(int index, tau_shape shape) {
    const activation_case *a = &activations[index];
    rows_case c = unary(a->name, a->op, tau_cuda_activation_forward, tau_cuda_activation_backward, shape);
    c.attributes = a->attributes;
    return c;
}

Test(operators, activations_agree_with_the_reference) {
    for (int i = 0; i < ACTIVATIONS; i++)
        for (int k = 0; k < SHAPES; k++) {
            const rows_case c = activation(i, shapes[k]);
            rows_check(&c);
        }
}

Test(operators, activations_of_data_are_those_of_every_network) {
    rows_case c = activation(0, shapes[5]);
    c.operands[0].kind = ROWS_DATA;
    rows_check_forward(&c, ROWS_SPECIALS, 3, 5);
}

/* Where a ramp ends is decided in FP64: 0.1 in FP32 lies outside of it, 0.7 inside. */
Test(operators, slopes_at_kinks_are_those_of_the_reference) {
    for (int i = 0; i < ACTIVATIONS; i++) {
        rows_case c = activation(i, (tau_shape)SHAPE(12));
        rows_check_backward(&c, ROWS_TIES, 3);
    }
    const float kinks[] = {-2.5f, 2.5f, 0.0f, -0.0f, 0.7f, -0.7f, 0.1f, -0.1f};
    for (int i = 0; i < ACTIVATIONS; i++) {
        const rows_case c = activation(i, (tau_shape)SHAPE(8));
        rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 1);
        double gradient[8] = {0};
        float ones[8], found[8] = {0};
        for (int k = 0; k < 8; k++) ones[k] = 1;
        memcpy(r.host[0], kinks, sizeof kinks);
        rows_succeed(cudaMemcpy(r.device[0], kinks, sizeof kinks, cudaMemcpyHostToDevice), "cudaMemcpy");
        r.gradient[0] = rows_device_after(rows_gradient_lead(&r), found, 8);
        r.dy_host = malloc(sizeof ones);
        memcpy(r.dy_host, ones, sizeof ones);
        r.dy = rows_device(ones, sizeof ones);
        rows_twin t = rows_twin_of(&r, 0);
        t.inputs[0].gradient = gradient;
        rows_twin_backward(&r, &t);
        tau_cuda_input inputs[ROWS_OPERANDS];
        tau_cuda_call call = rows_call(&r, inputs);
        call.dy = r.dy;
        rows_run_function(&call, &c, c.backward);
        rows_read(found, r.gradient[0], sizeof found);
        rows_compare(c.name, "slope at a kink", found, gradient, 8);
        rows_twin_free(&t);
        rows_end(&r);
    }
}

/* More elements than the largest grid has threads. */
Test(operators, threads_take_several_elements_of_large_rows) {
    const rows_case odd = activation(0, (tau_shape)SHAPE(1048576 + 257));
    const rows_case wide = activation(0, (tau_shape)SHAPE(4 * (1048576 + 257)));
    rows_check_forward(&odd, ROWS_PLAIN, 1, 1);
    rows_check_forward(&wide, ROWS_PLAIN, 1, 1);
}

/* ---- arithmetic ---- */

static const struct {
    const char *name;
    tau_op op;
} arithmetics[] = {{"add", TAU_OP_ADD}, {"sub", TAU_OP_SUB}, {"mul", TAU_OP_MUL}, {"div", TAU_OP_DIV}};

static const struct {
    rows_operand a, b;
    tau_shape shape;
} pairs[] = {
    {{ROWS_ACTIVATION, SHAPE(4, 3, 4)}, {ROWS_ACTIVATION, SHAPE(4, 3, 4)}, SHAPE(4, 3, 4)},
    {{ROWS_ACTIVATION, SHAPE(3, 5)}, {ROWS_ACTIVATION, SHAPE(3, 5)}, SHAPE(3, 5)},
    {{ROWS_ACTIVATION, SHAPE(4, 3, 4)}, {ROWS_ACTIVATION, SHAPE(4, 1, 1)}, SHAPE(4, 3, 4)},
    {{ROWS_ACTIVATION, SHAPE(4, 1, 5)}, {ROWS_ACTIVATION, SHAPE(1, 3, 5)}, SHAPE(4, 3, 5)},
    {{ROWS_ACTIVATION, SHAPE(4, 3, 4)}, {ROWS_PARAMETER, SHAPE(4, 1, 1)}, SHAPE(4, 3, 4)},
    {{ROWS_ACTIVATION, SHAPE(4, 3, 4)}, {ROWS_PARAMETER, SHAPE(1, 4, 3, 4)}, SHAPE(4, 3, 4)},
    {{ROWS_ACTIVATION, SHAPE(3, 8)}, {ROWS_PARAMETER, SHAPE(8)}, SHAPE(3, 8)},
    {{ROWS_PARAMETER, SHAPE(1, 1, 1, 1, 8)}, {ROWS_ACTIVATION, SHAPE(3, 8)}, SHAPE(3, 8)},
    {{ROWS_ACTIVATION, SHAPE(3, 5)}, {ROWS_PARAMETER, {0}}, SHAPE(3, 5)},
    {{ROWS_CONSTANT, SHAPE(1)}, {ROWS_ACTIVATION, SHAPE(3, 5)}, SHAPE(3, 5)},
    {{ROWS_DATA, SHAPE(3, 4)}, {ROWS_CONSTANT, SHAPE(4)}, SHAPE(3, 4)},
    {{ROWS_DATA, SHAPE(3, 4)}, {ROWS_ACTIVATION, SHAPE(3, 4)}, SHAPE(3, 4)},
    {{ROWS_ACTIVATION, SHAPE(1)}, {ROWS_PARAMETER, SHAPE(40)}, SHAPE(40)},
};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static rows_case binary(int arithmetic, rows_operand a, rows_operand b, tau_shape shape) {
    return (rows_case){.name = arithmetics[arithmetic].name,
                       .op = arithmetics[arithmetic].op,
                       .forward = tau_cuda_binary_forward,
                       .backward = tau_cuda_binary_backward,
                       .scratch = tau_cuda_binary_scratch,
                       .operands = {a, b},
                       .operand_count = 2,
                       .shape = shape};
}

Test(operators, arithmetic_repeats_operands_as_the_reference_does) {
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < PAIRS; k++) {
            const rows_case c = binary(i, pairs[k].a, pairs[k].b, pairs[k].shape);
            rows_check(&c);
        }
}

Test(operators, arithmetic_gives_the_gradient_of_either_operand_alone) {
    for (int i = 0; i < 4; i++) {
        const rows_case c = binary(i, pairs[4].a, pairs[4].b, pairs[4].shape);
        rows_check_backward_of(&c, ROWS_PLAIN, 5, 1);
        rows_check_backward_of(&c, ROWS_PLAIN, 5, 2);
    }
}

/* Sums longer than a piece: by rows, by columns, into one number. */
Test(operators, gradients_of_repeated_operands_add_up_over_many_terms) {
    const tau_shape images = SHAPE(2, 60, 61), rows = SHAPE(40, 33);
    const rows_operand of_images = {ROWS_ACTIVATION, images}, of_rows = {ROWS_ACTIVATION, rows};
    const rows_operand channels = {ROWS_PARAMETER, SHAPE(2, 1, 1)}, features = {ROWS_PARAMETER, SHAPE(33)},
                       number = {ROWS_PARAMETER, {0}};
    const rows_case by_rows = binary(2, of_images, channels, images);
    const rows_case by_columns = binary(2, of_rows, features, rows);
    const rows_case to_one = binary(2, of_images, number, images);
    rows_check_backward(&by_rows, ROWS_PLAIN, 5);
    rows_check_backward(&by_columns, ROWS_PLAIN, 17);
    rows_check_backward(&to_one, ROWS_PLAIN, 5);
}

/* More sums than blocks of the largest grid. */
Test(operators, blocks_add_up_several_sums) {
    const tau_shape image = SHAPE(6, 16, 16);
    const rows_operand x = {ROWS_ACTIVATION, image}, gates = {ROWS_ACTIVATION, SHAPE(6, 1, 1)};
    const rows_case c = binary(2, x, gates, image);
    rows_schedule("shuffled:9");
    rows_check_backward(&c, ROWS_PLAIN, 700);
}

/* x·x: both inputs are one value with one gradient, which gets both shares. */
Test(operators, a_value_read_twice_collects_both_gradients) {
    const rows_operand x = {ROWS_ACTIVATION, SHAPE(8)};
    const rows_case c = binary(2, x, x, (tau_shape)SHAPE(8));
    rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 1);
    float dy[8], found[8] = {0};
    double expected[8];
    for (int i = 0; i < 8; i++) dy[i] = (float)i - 3, expected[i] = 2 * (double)r.host[0][i] * (double)dy[i];
    r.dy = rows_device(dy, sizeof dy);
    r.gradient[0] = rows_device_after(rows_gradient_lead(&r), found, 8);
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    inputs[1] = inputs[0];
    call.dy = r.dy;
    rows_run_function(&call, &c, c.backward);
    rows_read(found, r.gradient[0], sizeof found);
    rows_compare(c.name, "gradient", found, expected, 8);
    rows_end(&r);
}

/* ---- layout ---- */

Test(operators, reshape_keeps_the_order_of_elements) {
    rows_case c = unary("reshape", TAU_OP_RESHAPE, tau_cuda_reshape_forward, tau_cuda_reshape_backward,
                        (tau_shape)SHAPE(6, 8));
    c.operands[0].shape = (tau_shape)SHAPE(4, 3, 4);
    rows_check(&c);
    c.operands[0].kind = ROWS_DATA;
    rows_check_forward(&c, ROWS_PLAIN, 3, 5);
}

Test(operators, transpose_moves_axes_where_the_permutation_says) {
    static const struct {
        tau_shape x, y;
        int permutation[TAU_SHAPE_MAX_RANK];
    } cases[] = {
        {SHAPE(3, 5), SHAPE(5, 3), {1, 0}},
        {SHAPE(2, 3, 4), SHAPE(4, 2, 3), {2, 0, 1}},
        {SHAPE(2, 3, 4), SHAPE(3, 2, 4), {1, 0, 2}},
        {SHAPE(2, 1, 8, 3), SHAPE(1, 2, 8, 3), {1, 0, 2, 3}},
        {SHAPE(2, 3, 2, 1, 2, 4), SHAPE(4, 3, 1, 2, 2, 2), {5, 1, 3, 0, 4, 2}},
        {SHAPE(7), SHAPE(7), {0}},
    };
    for (int i = 0; i < 6; i++) {
        rows_case c = unary("transpose", TAU_OP_TRANSPOSE, tau_cuda_transpose_forward,
                            tau_cuda_transpose_backward, cases[i].y);
        c.operands[0].shape = cases[i].x;
        memcpy(c.attributes.permutation, cases[i].permutation, sizeof c.attributes.permutation);
        rows_check(&c);
    }
}

static rows_case concat(tau_shape a, tau_shape b, tau_shape shape, int axis) {
    rows_case c = unary("concat", TAU_OP_CONCAT, tau_cuda_concat_forward, tau_cuda_concat_backward, shape);
    c.operands[0].shape = c.operands[2].shape = a;
    c.operands[1].shape = b;
    c.operands[1].kind = ROWS_DATA;
    c.operand_count = 3;
    c.attributes.axis = axis;
    return c;
}

Test(operators, concat_joins_inputs_along_an_axis) {
    const rows_case cases[] = {
        concat((tau_shape)SHAPE(3), (tau_shape)SHAPE(2), (tau_shape)SHAPE(8), 0),
        concat((tau_shape)SHAPE(2, 3, 4), (tau_shape)SHAPE(1, 3, 4), (tau_shape)SHAPE(5, 3, 4), 0),
        concat((tau_shape)SHAPE(2, 3, 4), (tau_shape)SHAPE(2, 1, 4), (tau_shape)SHAPE(2, 7, 4), 1),
        concat((tau_shape)SHAPE(2, 3, 4), (tau_shape)SHAPE(2, 3, 3), (tau_shape)SHAPE(2, 3, 11), 2),
    };
    for (int i = 0; i < 4; i++) rows_check(&cases[i]);
}

Test(operators, pad_puts_a_frame_around_the_input) {
    rows_case c =
        unary("pad", TAU_OP_PAD, tau_cuda_pad_forward, tau_cuda_pad_backward, (tau_shape)SHAPE(3, 6, 8));
    c.operands[0].shape = (tau_shape)SHAPE(2, 3, 4);
    const int64_t pads[] = {1, 0, 4, 0, 3, 0};
    memcpy(c.attributes.pads, pads, sizeof pads);
    c.attributes.alpha = -1.25;
    rows_check(&c);
    c.operands[0].kind = ROWS_DATA;
    rows_check_forward(&c, ROWS_PLAIN, 3, 5);
}

/* ---- dropout ---- */

static rows_case dropout(tau_shape shape, bool training, double rate) {
    rows_case c =
        unary("dropout", TAU_OP_DROPOUT, tau_cuda_dropout_forward, tau_cuda_dropout_backward, shape);
    c.training = training;
    c.mask = (tau_dropout_mask){UINT64_C(0x123456789abcdef0), UINT64_C(0xfedcba9876543210), 77, rate};
    return c;
}

Test(operators, dropout_drops_what_the_reference_drops) {
    const double rates[] = {0, 0.25, 0.9};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < SHAPES; k++) {
            const rows_case training = dropout(shapes[k], true, rates[i]);
            const rows_case evaluation = dropout(shapes[k], false, rates[i]);
            rows_check(&training);
            rows_check(&evaluation);
        }
}

static bool keeps(uint64_t threshold, int element) {
    const rows_case c = dropout((tau_shape)SHAPE(11), true, (double)threshold * 0x1p-32);
    rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 1);
    float ones[11];
    for (int i = 0; i < 11; i++) ones[i] = 1;
    rows_succeed(cudaMemcpy(r.device[0], ones, sizeof ones, cudaMemcpyHostToDevice), "cudaMemcpy");
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    rows_run_function(&call, &c, c.forward);
    rows_read(ones, r.y, sizeof ones);
    rows_end(&r);
    return ones[element] != 0;
}

/* A word is known by the thresholds on either side of it. */
Test(operators, the_device_draws_the_words_of_the_host) {
    const tau_dropout_mask mask = dropout((tau_shape){0}, true, 0).mask;
    for (int element = 0; element < 11; element++) {
        uint32_t words[TAU_DROPOUT_BLOCK];
        tau_dropout_draw(words, &mask, (uint64_t)element / TAU_DROPOUT_BLOCK);
        const uint32_t word = words[element % TAU_DROPOUT_BLOCK];
        cr_assert(keeps(word, element), "word of element %d", element);
        cr_assert_not(keeps((uint64_t)word + 1, element), "word of element %d", element);
    }
}

/* ---- softmax ---- */

static rows_case softmax(bool logarithm, tau_shape shape, int axis) {
    rows_case c =
        unary(logarithm ? "log-softmax" : "softmax", logarithm ? TAU_OP_LOG_SOFTMAX : TAU_OP_SOFTMAX,
              logarithm ? tau_cuda_log_softmax_forward : tau_cuda_softmax_forward,
              logarithm ? tau_cuda_log_softmax_backward : tau_cuda_softmax_backward, shape);
    c.attributes.axis = axis;
    return c;
}

Test(operators, softmax_runs_over_any_axis) {
    static const tau_shape lanes[] = {SHAPE(1), SHAPE(10), SHAPE(33), SHAPE(3, 70), SHAPE(4, 3, 4)};
    for (int i = 0; i < 5; i++)
        for (int axis = 0; axis < lanes[i].rank; axis++)
            for (int logarithm = 0; logarithm < 2; logarithm++) {
                rows_case c = softmax(logarithm, lanes[i], axis);
                rows_check(&c);
                c.operands[0].kind = ROWS_DATA;
                rows_check_forward(&c, ROWS_SPECIALS, 3, 5);
            }
}

/* A loss close to 0 keeps its digits: the sum differs from 1 by less than FP32 shows. */
Test(operators, log_softmax_keeps_the_digits_of_small_losses) {
    const rows_case c = softmax(true, (tau_shape)SHAPE(4), 0);
    rows_run r = rows_begin(&c, ROWS_PLAIN, 1, 1);
    const float x[] = {20, 0, -1, 1};
    float y[4];
    rows_succeed(cudaMemcpy(r.device[0], x, sizeof x, cudaMemcpyHostToDevice), "cudaMemcpy");
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    rows_run_function(&call, &c, c.forward);
    rows_read(y, r.y, sizeof y);
    const double expected = -log1p(exp(-20) + exp(-21) + exp(-19));
    cr_assert_leq(fabs((double)y[0] - expected), 1e-6 * fabs(expected), "%g", (double)y[0]);
    rows_end(&r);
}

/* ---- batch norm ---- */

static rows_case batch_norm(tau_shape shape, bool training) {
    const tau_shape channels = {1, {shape.dim[0]}};
    return (rows_case){
        .name = training ? "batch norm in training" : "batch norm",
        .op = TAU_OP_BATCH_NORM,
        .forward = tau_cuda_batch_norm_forward,
        .backward = tau_cuda_batch_norm_backward,
        .scratch = tau_cuda_batch_norm_scratch,
        .operands = {{ROWS_ACTIVATION, shape},
                     {ROWS_PARAMETER, channels},
                     {ROWS_PARAMETER, channels},
                     {ROWS_PARAMETER, channels},
                     {ROWS_PARAMETER, channels}},
        .operand_count = 5,
        .shape = shape,
        .training = training,
        .attributes = {.epsilon = 1e-3, .momentum = 0.9},
    };
}

static const tau_shape images[] = {SHAPE(1),    SHAPE(5),       SHAPE(8),       SHAPE(36),
                                   SHAPE(1, 4), SHAPE(3, 1, 1), SHAPE(4, 3, 4), SHAPE(3, 5, 3)};
enum { IMAGES = sizeof images / sizeof images[0] };

Test(operators, batch_norm_uses_the_stored_statistics_of_each_network) {
    for (int i = 0; i < IMAGES; i++) {
        rows_case c = batch_norm(images[i], false);
        rows_check(&c);
        c.operands[0].kind = ROWS_DATA;
        c.operands[3].kind = c.operands[4].kind = ROWS_CONSTANT;
        rows_check_forward(&c, ROWS_PLAIN, 3, 5);
    }
}

/* One value a channel has no variance, and its gradient is a difference of equals. */
Test(operators, batch_norm_in_training_uses_those_of_the_batch) {
    for (int i = 0; i < IMAGES; i++) {
        const rows_case c = batch_norm(images[i], true);
        const int samples = tau_shape_size(&images[i]) > (size_t)images[i].dim[0] ? 1 : 3;
        rows_check_forward(&c, ROWS_PLAIN, 1, 1);
        rows_check_forward(&c, ROWS_PLAIN, 1, 5);
        rows_check_forward(&c, ROWS_SPECIALS, 1, 5);
        rows_check_backward(&c, ROWS_PLAIN, samples);
        rows_check_backward(&c, ROWS_PLAIN, 5);
        rows_check_backward_of(&c, ROWS_PLAIN, 5, 1 << 1);
    }
}

Test(operators, batch_norm_sums_more_values_than_a_piece_holds) {
    const rows_case images_of_two = batch_norm((tau_shape)SHAPE(2, 50, 49), true);
    const rows_case features = batch_norm((tau_shape)SHAPE(35), true);
    rows_check_backward(&images_of_two, ROWS_PLAIN, 7);
    rows_check_backward(&features, ROWS_PLAIN, 600);
}

Test(operators, batch_norm_in_training_refuses_several_networks) {
    const rows_case c = batch_norm((tau_shape)SHAPE(4), true);
    rows_run r = rows_begin(&c, ROWS_PLAIN, 2, 2);
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    call.scratch = rows_device(NULL, c.scratch(&call));
    cr_assert_eq(c.forward(&call), cudaErrorInvalidValue);
    cudaFree(call.scratch);
    rows_end(&r);
}

/* ---- any order of threads ---- */

Test(operators, no_result_depends_on_the_order_of_threads) {
    const tau_shape image = SHAPE(2, 60, 61), row = SHAPE(3, 70);
    const rows_operand x = {ROWS_ACTIVATION, image}, channels = {ROWS_PARAMETER, SHAPE(2, 1, 1)};
    const rows_case cases[] = {binary(2, x, channels, image), batch_norm(image, true), softmax(true, row, 1),
                               softmax(false, row, 0), dropout(row, true, 0.5)};
    const char *schedules[] = {"shuffled:7", "starve:0-31:5"};
    for (int i = 0; i < 2; i++) {
        rows_schedule(schedules[i]);
        for (int k = 0; k < 5; k++) rows_check_backward(&cases[k], ROWS_PLAIN, 3);
    }
}
