#include <criterion/criterion.h>
#include <math.h>

#include "core/memory.h"
#include "model/builder.h"
#include "model/model.h"
#include "slice/directions.h"

/* One linear layer 3 -> 2 named fc, its weight stored (out,in) or (in,out). */
static tau_graph *linear_graph(bool transposed) {
    tau_builder *builder;
    const tau_shape input = {1, {3}}, bias = {1, {2}};
    const tau_shape weight = transposed ? (tau_shape){2, {2, 3}} : (tau_shape){2, {3, 2}};
    const tau_attributes attributes = {.transposed = transposed};
    int values[3], output;
    tau_graph *graph;
    cr_assert_eq(tau_builder_create(&builder, "test"), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_input(builder, &values[0], "x", &input), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_parameter(builder, &values[1], "fc.weight", TAU_ROLE_WEIGHT, &weight),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_parameter(builder, &values[2], "fc.bias", TAU_ROLE_BIAS, &bias), TAU_STATUS_OK);
    cr_assert_eq(tau_builder_node(builder, &output, TAU_OP_LINEAR, "fc", values, 3, &attributes, NULL),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_builder_finish(builder, &graph, output), TAU_STATUS_OK);
    tau_builder_destroy(builder);
    return graph;
}

static const tau_ignore keep_all = {false, false}, ignore_both = {true, true};

Test(random, both_orders_of_storage_have_the_same_direction) {
    tau_graph *rows = linear_graph(true), *columns = linear_graph(false);
    float a[8], b[8];
    tau_direction_random(a, rows, 3, 0);
    tau_direction_random(b, columns, 3, 0);
    for (int out = 0; out < 2; out++)
        for (int in = 0; in < 3; in++) cr_assert_eq(a[out * 3 + in], b[in * 2 + out]);
    for (int i = 6; i < 8; i++) cr_assert_eq(a[i], b[i]);
    tau_graph_destroy(rows);
    tau_graph_destroy(columns);
}

Test(random, seeds_axes_and_tensors_differ_and_names_alone_matter) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, "mlp:30-30-30-2:tanh", 0), TAU_STATUS_OK);
    const size_t size = model->graph->theta_size;
    float *delta, *eta, *other, *again;
    cr_assert(TAU_ALLOC(delta, size) == 0 && TAU_ALLOC(eta, size) == 0 && TAU_ALLOC(other, size) == 0 &&
              TAU_ALLOC(again, size) == 0);
    tau_direction_random(delta, model->graph, 0, 0);
    tau_direction_random(eta, model->graph, 0, 1);
    tau_direction_random(other, model->graph, 1, 0);
    tau_direction_random(again, model->graph, 0, 0);
    cr_assert_arr_eq(delta, again, size * sizeof *delta);
    double squares = 0, products[2] = {0}, tensors = 0;
    for (size_t i = 0; i < size; i++) {
        squares += (double)delta[i] * delta[i];
        products[0] += (double)delta[i] * eta[i];
        products[1] += (double)delta[i] * other[i];
    }
    const size_t second = model->graph->parameters[2].offset;
    for (size_t i = 0; i < 900; i++) tensors += (double)delta[i] * delta[second + i];
    cr_assert_float_eq(squares / (double)size, 1, 0.1);
    cr_assert_lt(fabs(products[0]) / (double)size, 0.1);
    cr_assert_lt(fabs(products[1]) / (double)size, 0.1);
    cr_assert_lt(fabs(tensors) / 900, 0.15);
    tau_mem_free(delta), tau_mem_free(eta), tau_mem_free(other), tau_mem_free(again);
    tau_model_destroy(model);
}

/* eq:filter_norm, by hand: rows (3,4,0) and (0,0,2) have norms 5 and 2. */
Test(filter_norm, each_filter_takes_the_norm_of_its_weights) {
    tau_graph *rows = linear_graph(true), *columns = linear_graph(false);
    const float theta_rows[8] = {3, 4, 0, 0, 0, 2, 7, 8}, theta_columns[8] = {3, 0, 4, 0, 0, 2, 7, 8};
    float a[8] = {0, 0, 2, 1, 2, 2, -1, -1}, b[8] = {0, 1, 0, 2, 2, 2, -1, -1};
    tau_direction_normalize(a, theta_rows, rows, TAU_NORM_FILTER, keep_all);
    tau_direction_normalize(b, theta_columns, columns, TAU_NORM_FILTER, keep_all);
    const double expected[6] = {0, 0, 5, 2.0 / 3, 4.0 / 3, 4.0 / 3};
    for (int out = 0; out < 2; out++)
        for (int in = 0; in < 3; in++) {
            cr_assert_float_eq(a[out * 3 + in], expected[out * 3 + in], 1e-6);
            cr_assert_eq(a[out * 3 + in], b[in * 2 + out]);
        }
    cr_assert(a[6] == 7 && a[7] == 8 && b[6] == 7 && b[7] == 8, "one-dimensional tensors become theta");
    tau_direction_normalize(a, theta_rows, rows, TAU_NORM_FILTER, ignore_both);
    cr_assert(a[6] == 0 && a[7] == 0);
    cr_assert_float_eq(a[2], 5, 1e-6);
    tau_graph_destroy(rows);
    tau_graph_destroy(columns);
}

Test(filter_norm, holds_for_every_filter_of_a_network_with_batch_norm) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, "resnet20", 4), TAU_STATUS_OK);
    float *direction;
    cr_assert_eq(TAU_ALLOC(direction, model->graph->theta_size), TAU_STATUS_OK);
    tau_direction_random(direction, model->graph, 1, 0);
    tau_direction_normalize(direction, model->theta, model->graph, TAU_NORM_FILTER,
                            (tau_ignore){.bias = true, .bn = false});
    for (int p = 0; p < model->graph->parameter_count; p++) {
        const tau_parameter *parameter = &model->graph->parameters[p];
        const size_t size = tau_shape_size(&parameter->shape);
        const float *d = direction + parameter->offset, *w = model->theta + parameter->offset;
        if (parameter->role == TAU_ROLE_BIAS)
            for (size_t i = 0; i < size; i++) cr_assert_eq(d[i], 0);
        else if (parameter->filter_axis < 0)
            cr_assert_arr_eq(d, w, size * sizeof *d);
        else {
            cr_assert_eq(parameter->filter_axis, 0);
            size_t filters = (size_t)parameter->shape.dim[0], inner = size / filters;
            for (size_t f = 0; f < filters; f++) {
                double of_d = 0, of_w = 0;
                for (size_t i = f * inner; i < (f + 1) * inner; i++)
                    of_d += (double)d[i] * d[i], of_w += (double)w[i] * w[i];
                cr_assert_float_eq(sqrt(of_d), sqrt(of_w), 1e-6 * sqrt(of_w));
            }
        }
    }
    tau_mem_free(direction);
    tau_model_destroy(model);
}

/* eq:layer_norm_dir */
Test(layer_norm, one_norm_per_tensor_one_for_all_or_each_weight) {
    tau_graph *graph = linear_graph(true);
    const float theta[8] = {3, 0, 0, 0, 0, -4, 7, 8};
    float d[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    tau_direction_normalize(d, theta, graph, TAU_NORM_LAYER, ignore_both);
    for (int i = 0; i < 6; i++) cr_assert_float_eq(d[i], 5 / sqrt(6), 1e-6);
    cr_assert(d[6] == 0 && d[7] == 0);
    float all[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    tau_direction_normalize(all, theta, graph, TAU_NORM_MODEL, keep_all);
    for (int i = 0; i < 8; i++) cr_assert_float_eq(all[i], sqrt((25 + 49 + 64) / 8.0), 1e-6);
    float weights[8] = {1, 2, 3, 4, 5, 6, 9, 9};
    tau_direction_normalize(weights, theta, graph, TAU_NORM_WEIGHT, keep_all);
    cr_assert(weights[0] == 3 && weights[1] == 0 && weights[5] == -24 && weights[6] == 7);
    float plain[8] = {1, 2, 3, 4, 5, 6, 9, 9};
    tau_direction_normalize(plain, theta, graph, TAU_NORM_NONE, ignore_both);
    cr_assert(plain[0] == 1 && plain[5] == 6 && plain[6] == 0);
    tau_graph_destroy(graph);
}

Test(norm, names_are_known) {
    tau_norm norm;
    for (int i = TAU_NORM_NONE; i <= TAU_NORM_WEIGHT; i++) {
        cr_assert_eq(tau_norm_parse(&norm, tau_norm_name((tau_norm)i)), TAU_STATUS_OK);
        cr_assert_eq(norm, i);
    }
    cr_assert_eq(tau_norm_parse(&norm, "l2"), TAU_STATUS_USAGE);
}

/* eq:plane3, by hand: u along (0,3,4)/5; theta2 - theta1 = (2,0,5) has 4 of it along u. */
Test(plane3, axes_are_orthonormal_and_reach_the_states) {
    const float first[3] = {1, 1, 1}, second[3] = {3, 1, 6}, third[3] = {1, 4, 5};
    float u[3], v[3];
    cr_assert_eq(tau_direction_plane3(u, v, first, second, third, 3), TAU_STATUS_OK);
    const double left[3] = {2, -2.4, 1.8}, length = sqrt(4 + 5.76 + 3.24);
    for (int i = 0; i < 3; i++) {
        cr_assert_float_eq(u[i], (third[i] - first[i]) / 5, 1e-7);
        cr_assert_float_eq(v[i], left[i] / length, 1e-7);
    }
}

Test(plane3, states_on_a_line_are_refused) {
    const float first[3] = {1, 2, 3}, second[3] = {2, 3, 4}, third[3] = {4, 5, 6}, bad[3] = {1, NAN, 0};
    float u[3], v[3];
    cr_assert_eq(tau_direction_plane3(u, v, first, second, third, 3), TAU_STATUS_INPUT);
    cr_assert_eq(tau_direction_plane3(u, v, first, second, first, 3), TAU_STATUS_INPUT);
    cr_assert_eq(tau_direction_plane3(u, v, first, bad, third, 3), TAU_STATUS_INPUT);
}
