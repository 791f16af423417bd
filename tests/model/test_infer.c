#include <criterion/criterion.h>
#include <stdio.h>

#include "model/builder.h"
#include "model/loss.h"

static tau_shape shape_of(int rank, int64_t a, int64_t b, int64_t c, int64_t d) {
    return (tau_shape){rank, {a, b, c, d}};
}

/* A builder with an input of the given shape as value 0. */
static tau_builder *begin(tau_shape input) {
    tau_builder *builder;
    int value;
    cr_assert_eq(tau_builder_create(&builder, "test"), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_input(builder, &value, "x", &input), TAU_STATUS_OK);
    cr_assert_eq(value, 0);
    return builder;
}

static int parameter(tau_builder *builder, const char *name, tau_role role, tau_shape shape) {
    int value;
    cr_assert_eq(tau_builder_parameter(builder, &value, name, role, &shape), TAU_STATUS_OK);
    return value;
}

/* The output shape of one operator applied to x alone; destroys nothing, so that more nodes may follow. */
static tau_status apply(tau_builder *builder, tau_shape *out, tau_op op, const int *inputs, int count,
                        const tau_attributes *attributes) {
    static int serial;
    char name[32];
    int value;
    snprintf(name, sizeof name, "node%d", serial++);
    *out = (tau_shape){0};
    tau_status status = tau_builder_node(builder, &value, op, name, inputs, count, attributes, NULL);
    if (status == TAU_STATUS_OK) *out = *tau_builder_shape(builder, value);
    return status;
}

static void assert_shape(const tau_shape *got, tau_shape want) {
    char a[TAU_SHAPE_TEXT], b[TAU_SHAPE_TEXT];
    cr_assert(tau_shape_equal(got, &want), "%s instead of %s", tau_shape_format(a, got),
              tau_shape_format(b, &want));
}

static tau_attributes window(int64_t k, int64_t s, int64_t p, int64_t d, int64_t groups) {
    return (tau_attributes){
        .window = {
            .kernel = {k, k}, .stride = {s, s}, .dilation = {d, d}, .pad = {p, p, p, p}, .groups = groups}};
}

Test(shape, sizes_are_checked) {
    tau_shape out;
    cr_assert_eq(tau_shape_make(&out, 7, (int64_t[]){1, 1, 1, 1, 1, 1, 1}), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_shape_make(&out, 1, (int64_t[]){0}), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_shape_make(&out, 1, (int64_t[]){-1}), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_shape_make(&out, 2, (int64_t[]){INT64_MAX, INT64_MAX}), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_shape_make(&out, 2, (int64_t[]){1 << 20, 1 << 20}), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_shape_make(&out, 2, (int64_t[]){1 << 20, 1 << 19}), TAU_STATUS_OK);
    cr_assert_eq(tau_shape_size(&out), (size_t)1 << 39);
    cr_assert_eq(tau_shape_make(&out, 0, NULL), TAU_STATUS_OK);
    cr_assert_eq(tau_shape_size(&out), 1);
}

Test(shape, broadcasting_is_aligned_from_the_right) {
    tau_shape out, a = shape_of(3, 4, 1, 5, 0), b = shape_of(2, 3, 1, 0, 0), c = shape_of(1, 4, 0, 0, 0);
    cr_assert_eq(tau_shape_broadcast(&out, &a, &b), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 4, 3, 5, 0));
    cr_assert_eq(tau_shape_broadcast(&out, &a, &c), TAU_STATUS_SHAPE);
}

Test(shape, a_line_is_an_image_of_height_one) {
    int64_t c, h, w;
    const tau_shape line = shape_of(2, 3, 9, 0, 0), flat = shape_of(1, 3, 0, 0, 0);
    cr_assert_eq(tau_shape_image(&line, &c, &h, &w), TAU_STATUS_OK);
    cr_assert(c == 3 && h == 1 && w == 9);
    cr_assert_eq(tau_shape_image(&flat, &c, &h, &w), TAU_STATUS_SHAPE);
}

Test(infer, convolution_sizes) {
    static const struct {
        int64_t size, kernel, stride, pad, dilation, expected;
    } cases[] = {{28, 3, 1, 0, 1, 26}, {28, 5, 1, 2, 1, 28}, {7, 3, 2, 1, 1, 4}, {8, 3, 2, 1, 1, 4},
                 {9, 3, 1, 0, 3, 3},   {1, 1, 5, 0, 1, 1},   {5, 5, 1, 0, 1, 1}, {4, 1, 3, 2, 1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tau_builder *builder = begin(shape_of(3, 6, cases[i].size, cases[i].size, 0));
        const int64_t k = cases[i].kernel;
        const int inputs[] = {0, parameter(builder, "w", TAU_ROLE_WEIGHT, shape_of(4, 4, 3, k, k))};
        const tau_attributes a = window(k, cases[i].stride, cases[i].pad, cases[i].dilation, 2);
        tau_shape out;
        cr_assert_eq(apply(builder, &out, TAU_OP_CONV, inputs, 2, &a), TAU_STATUS_OK);
        assert_shape(&out, shape_of(3, 4, cases[i].expected, cases[i].expected, 0));
        tau_builder_destroy(builder);
    }
}

Test(infer, convolution_along_a_line) {
    tau_builder *builder = begin(shape_of(2, 3, 10, 0, 0));
    const int inputs[] = {0, parameter(builder, "w", TAU_ROLE_WEIGHT, shape_of(3, 8, 3, 4, 0))};
    tau_attributes a = {.window = {.stride = {1, 2}, .dilation = {1, 1}, .pad = {0, 1, 0, 2}, .groups = 1}};
    tau_shape out;
    cr_assert_eq(apply(builder, &out, TAU_OP_CONV, inputs, 2, &a), TAU_STATUS_OK);
    assert_shape(&out, shape_of(2, 8, 5, 0, 0));
    tau_builder_destroy(builder);
}

Test(infer, hostile_windows_are_refused) {
    tau_builder *builder = begin(shape_of(3, 6, 5, 5, 0));
    const int inputs[] = {0, parameter(builder, "w", TAU_ROLE_WEIGHT, shape_of(4, 4, 3, 3, 3))};
    const tau_attributes bad[] = {
        window(3, 0, 0, 1, 2),  window(3, 1, -1, 1, 2),        window(3, 1, 0, 0, 2),
        window(3, 1, 0, 1, 0),  window(3, 1, 0, 1, 4),         window(3, 1, 0, 1, 1),
        window(3, 1, 0, 3, 2),  window(2, 1, 0, 1, 2),         window(3, -1, 0, 1, 2),
        window(3, 1, 0, 1, -2), window(3, 1, INT64_MAX, 1, 2), window(3, 1, 0, INT64_MAX, 2)};
    tau_shape out;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_neq(apply(builder, &out, TAU_OP_CONV, inputs, 2, &bad[i]), TAU_STATUS_OK, "case %zu", i);
        cr_assert_neq(apply(builder, &out, TAU_OP_CONV, inputs, 2, NULL), TAU_STATUS_OK);
    }
    tau_builder_destroy(builder);
}

Test(infer, pools_in_floor_and_ceil_mode) {
    static const struct {
        int64_t size, kernel, stride, pad, floor, ceil;
    } cases[] = {
        {7, 2, 2, 0, 3, 4}, {6, 2, 2, 0, 3, 3}, {5, 3, 2, 1, 3, 3}, {6, 3, 2, 1, 3, 4}, {4, 2, 5, 1, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tau_builder *builder = begin(shape_of(3, 2, cases[i].size, cases[i].size, 0));
        tau_attributes a = window(cases[i].kernel, cases[i].stride, cases[i].pad, 1, 0);
        tau_shape out;
        const int x = 0;
        cr_assert_eq(apply(builder, &out, TAU_OP_MAX_POOL, &x, 1, &a), TAU_STATUS_OK);
        assert_shape(&out, shape_of(3, 2, cases[i].floor, cases[i].floor, 0));
        a.window.ceil_mode = true;
        cr_assert_eq(apply(builder, &out, TAU_OP_AVERAGE_POOL, &x, 1, &a), TAU_STATUS_OK);
        assert_shape(&out, shape_of(3, 2, cases[i].ceil, cases[i].ceil, 0));
        tau_builder_destroy(builder);
    }
}

Test(infer, pools_refuse_windows_of_nothing_but_padding) {
    tau_builder *builder = begin(shape_of(3, 2, 8, 8, 0));
    const tau_attributes a = window(2, 2, 2, 1, 0);
    tau_shape out;
    const int x = 0;
    cr_assert_eq(apply(builder, &out, TAU_OP_MAX_POOL, &x, 1, &a), TAU_STATUS_SHAPE);
    tau_builder_destroy(builder);
}

Test(infer, pools_take_ceil_mode_written_as_padding_at_the_end) {
    tau_builder *builder = begin(shape_of(3, 2, 10, 9, 0));
    tau_attributes a = window(3, 2, 1, 1, 0);
    tau_shape out;
    const int x = 0;
    a.window.pad[2] = 3; /* longer than the window reaches, but its last place begins at row 9 of 10 */
    cr_assert_eq(apply(builder, &out, TAU_OP_AVERAGE_POOL, &x, 1, &a), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 2, 6, 5, 0));
    a.window.pad[2] = 4;
    cr_assert_eq(apply(builder, &out, TAU_OP_AVERAGE_POOL, &x, 1, &a), TAU_STATUS_SHAPE);
    tau_builder_destroy(builder);
}

Test(infer, linear_layers_in_both_orientations) {
    tau_builder *builder = begin(shape_of(2, 7, 5, 0, 0));
    const int keras = parameter(builder, "k", TAU_ROLE_WEIGHT, shape_of(2, 5, 3, 0, 0));
    const int torch = parameter(builder, "t", TAU_ROLE_WEIGHT, shape_of(2, 3, 5, 0, 0));
    const int bias = parameter(builder, "b", TAU_ROLE_BIAS, shape_of(1, 3, 0, 0, 0));
    const tau_attributes transposed = {.transposed = true};
    tau_shape out;
    cr_assert_eq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0, keras, bias}, 3, NULL), TAU_STATUS_OK);
    assert_shape(&out, shape_of(2, 7, 3, 0, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0, torch, -1}, 3, &transposed), TAU_STATUS_OK);
    assert_shape(&out, shape_of(2, 7, 3, 0, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0, torch}, 2, NULL), TAU_STATUS_SHAPE);
    cr_assert_eq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0, 0}, 2, NULL), TAU_STATUS_UNSUPPORTED);
    cr_assert_neq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0, 99}, 2, NULL), TAU_STATUS_OK);
    cr_assert_neq(apply(builder, &out, TAU_OP_LINEAR, (int[]){0}, 1, NULL), TAU_STATUS_OK);
    cr_assert_neq(apply(builder, &out, TAU_OP_LINEAR, (int[]){-1, keras}, 2, NULL), TAU_STATUS_OK);
    tau_builder_destroy(builder);
}

Test(infer, filter_axes_follow_the_operator) {
    tau_builder *builder = begin(shape_of(1, 5, 0, 0, 0));
    const tau_attributes transposed = {.transposed = true};
    const int keras = parameter(builder, "k", TAU_ROLE_WEIGHT, shape_of(2, 5, 3, 0, 0));
    const int torch = parameter(builder, "t", TAU_ROLE_WEIGHT, shape_of(2, 2, 3, 0, 0));
    const int bias = parameter(builder, "b", TAU_ROLE_BIAS, shape_of(2, 1, 2, 0, 0));
    int value;
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_LINEAR, "a", (int[]){0, keras}, 2, NULL, NULL), 0);
    cr_assert_eq(
        tau_builder_node(builder, &value, TAU_OP_LINEAR, "b", (int[]){value, torch}, 2, &transposed, NULL),
        0);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_ADD, "c", (int[]){value, bias}, 2, NULL, NULL), 0);
    assert_shape(tau_builder_shape(builder, value), shape_of(1, 2, 0, 0, 0));
    tau_graph *graph;
    cr_assert_eq(tau_builder_finish(builder, &graph, value), TAU_STATUS_OK);
    cr_assert_eq(graph->parameters[0].filter_axis, 1);
    cr_assert_eq(graph->parameters[1].filter_axis, 0);
    cr_assert_eq(graph->parameters[2].filter_axis, -1);
    cr_assert_str_eq(graph->parameters[1].layer, "b");
    tau_graph_destroy(graph);
    tau_builder_destroy(builder);
}

Test(infer, arithmetic_never_mixes_samples) {
    tau_builder *builder = begin(shape_of(3, 4, 3, 3, 0));
    const int scale = parameter(builder, "s", TAU_ROLE_WEIGHT, shape_of(4, 1, 4, 1, 1));
    const int batch = parameter(builder, "n", TAU_ROLE_WEIGHT, shape_of(4, 2, 4, 1, 1));
    const tau_shape flat = shape_of(1, 36, 0, 0, 0);
    int pooled;
    tau_shape out;
    cr_assert_eq(apply(builder, &out, TAU_OP_MUL, (int[]){0, scale}, 2, NULL), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 4, 3, 3, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_MUL, (int[]){batch, 0}, 2, NULL), TAU_STATUS_SHAPE);
    cr_assert_eq(apply(builder, &out, TAU_OP_DIV, (int[]){scale, scale}, 2, NULL), TAU_STATUS_UNSUPPORTED);
    cr_assert_eq(tau_builder_node(builder, &pooled, TAU_OP_RESHAPE, "flat", (int[]){0}, 1, NULL, &flat), 0);
    cr_assert_eq(apply(builder, &out, TAU_OP_ADD, (int[]){0, pooled}, 2, NULL), TAU_STATUS_SHAPE);
    tau_builder_destroy(builder);
}

Test(infer, matrix_products_of_samples) {
    tau_builder *builder = begin(shape_of(3, 2, 5, 4, 0));
    const tau_attributes swap = {.permutation = {0, 2, 1}};
    int turned;
    tau_shape out;
    cr_assert_eq(tau_builder_node(builder, &turned, TAU_OP_TRANSPOSE, "t", (int[]){0}, 1, &swap, NULL), 0);
    assert_shape(tau_builder_shape(builder, turned), shape_of(3, 2, 4, 5, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_MATMUL, (int[]){0, turned}, 2, NULL), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 2, 5, 5, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_MATMUL, (int[]){0, 0}, 2, NULL), TAU_STATUS_SHAPE);
    tau_builder_destroy(builder);
}

Test(infer, joins_pads_and_axes) {
    tau_builder *builder = begin(shape_of(3, 2, 5, 4, 0));
    tau_attributes a = {.axis = 1};
    tau_shape out;
    cr_assert_eq(apply(builder, &out, TAU_OP_CONCAT, (int[]){0, 0, 0}, 3, &a), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 2, 15, 4, 0));
    a.axis = 3;
    cr_assert_eq(apply(builder, &out, TAU_OP_CONCAT, (int[]){0, 0}, 2, &a), TAU_STATUS_SHAPE);
    cr_assert_eq(apply(builder, &out, TAU_OP_SOFTMAX, (int[]){0}, 1, &a), TAU_STATUS_SHAPE);
    a = (tau_attributes){.pads = {0, 1, 2, 0, 3, 4}};
    cr_assert_eq(apply(builder, &out, TAU_OP_PAD, (int[]){0}, 1, &a), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 2, 9, 10, 0));
    a.pads[0] = -1;
    cr_assert_eq(apply(builder, &out, TAU_OP_PAD, (int[]){0}, 1, &a), TAU_STATUS_UNSUPPORTED);
    a = (tau_attributes){.permutation = {0, 0, 1}};
    cr_assert_eq(apply(builder, &out, TAU_OP_TRANSPOSE, (int[]){0}, 1, &a), TAU_STATUS_SHAPE);
    cr_assert_eq(apply(builder, &out, TAU_OP_GLOBAL_AVERAGE_POOL, (int[]){0}, 1, NULL), TAU_STATUS_OK);
    assert_shape(&out, shape_of(3, 2, 1, 1, 0));
    tau_builder_destroy(builder);
}

Test(infer, reshapes_keep_the_number_of_elements) {
    tau_builder *builder = begin(shape_of(3, 2, 5, 4, 0));
    const tau_shape good = shape_of(2, 8, 5, 0, 0), bad = shape_of(2, 8, 6, 0, 0);
    int value;
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_RESHAPE, "a", (int[]){0}, 1, NULL, &good),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_RESHAPE, "b", (int[]){0}, 1, NULL, &bad),
                 TAU_STATUS_SHAPE);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_RESHAPE, "c", (int[]){0}, 1, NULL, NULL),
                 TAU_STATUS_INPUT);
    tau_builder_destroy(builder);
}

Test(infer, batch_norm_needs_one_number_a_channel) {
    tau_builder *builder = begin(shape_of(3, 4, 3, 3, 0));
    const tau_attributes a = {.epsilon = 1e-5, .momentum = 0.9}, bad = {.epsilon = -1};
    int in[5] = {0};
    in[1] = parameter(builder, "g", TAU_ROLE_BN_GAMMA, shape_of(1, 4, 0, 0, 0));
    in[2] = parameter(builder, "b", TAU_ROLE_BN_BETA, shape_of(1, 4, 0, 0, 0));
    in[3] = parameter(builder, "m", TAU_ROLE_BN_MEAN, shape_of(1, 4, 0, 0, 0));
    in[4] = parameter(builder, "v", TAU_ROLE_BN_VAR, shape_of(1, 3, 0, 0, 0));
    tau_shape out;
    cr_assert_eq(apply(builder, &out, TAU_OP_BATCH_NORM, in, 5, &a), TAU_STATUS_SHAPE);
    in[4] = parameter(builder, "v2", TAU_ROLE_BN_VAR, shape_of(1, 4, 0, 0, 0));
    cr_assert_eq(apply(builder, &out, TAU_OP_BATCH_NORM, in, 5, &bad), TAU_STATUS_INPUT);
    cr_assert_eq(apply(builder, &out, TAU_OP_BATCH_NORM, in, 5, &a), TAU_STATUS_OK);
    in[3] = in[1];
    cr_assert_neq(apply(builder, &out, TAU_OP_BATCH_NORM, in, 5, &a), TAU_STATUS_OK);
    tau_builder_destroy(builder);
}

Test(builder, refuses_what_makes_no_network) {
    tau_builder *builder = begin(shape_of(1, 4, 0, 0, 0));
    tau_graph *graph;
    int value;
    const tau_shape other = shape_of(1, 4, 0, 0, 0);
    cr_assert_eq(tau_builder_input(builder, &value, "y", &other), TAU_STATUS_UNSUPPORTED);
    cr_assert_eq(tau_builder_parameter(builder, &value, "x", TAU_ROLE_BIAS, &other), TAU_STATUS_INPUT);
    cr_assert_eq(tau_builder_finish(builder, &graph, 0), TAU_STATUS_INPUT);
    cr_assert_eq(tau_builder_node(builder, &value, TAU_OP_RELU, "x", (int[]){0}, 1, NULL, NULL),
                 TAU_STATUS_OK);
    parameter(builder, "unread", TAU_ROLE_BIAS, other);
    cr_assert_eq(tau_builder_finish(builder, &graph, value), TAU_STATUS_INPUT);
    cr_assert_null(graph);
    tau_builder_destroy(builder);
}

Test(loss, names_are_read_back) {
    for (int i = 0; i < TAU_LOSS_COUNT; i++) {
        tau_loss loss;
        cr_assert_eq(tau_loss_parse(&loss, tau_loss_name((tau_loss)i)), TAU_STATUS_OK);
        cr_assert_eq((int)loss, i);
    }
    tau_loss loss;
    cr_assert_eq(tau_loss_parse(&loss, "hinge"), TAU_STATUS_USAGE);
}
