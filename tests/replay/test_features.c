/* Feature spaces and boundaries of networks whose weights are set by hand. */
#include "replay/features.h"

#include "backend_cpu/backend_cpu.h"
#include "core/rng.h"
#include "model/builder.h"
#include "replay/axes.h"
#include "replay/tail.h"
#include "replay_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(features, .init = make_directory);

static double draw(uint64_t index) {
    return tau_rng_normal((tau_rng_key){7, 11}, index);
}

/* Rows that vary by 3 along (1,1,1,1)/2, by 2 along (1,-1,0,0)/√2 and by 1 along (0,0,1,-1)/√2. */
static tau_status read_rows(void *payload, size_t block, float *out) {
    const size_t rows = *(const size_t *)payload;
    for (size_t n = 0; n < rows; n++) {
        const uint64_t at = 3 * (block * rows + n);
        const double a = 3 * draw(at) / 2, b = 2 * draw(at + 1) / sqrt(2), c = draw(at + 2) / sqrt(2);
        out[4 * n] = (float)(a + b + 10);
        out[4 * n + 1] = (float)(a - b);
        out[4 * n + 2] = (float)(a + c);
        out[4 * n + 3] = (float)(a - c);
    }
    return TAU_STATUS_OK;
}

Test(features, principal_axes_are_those_of_all_blocks_together) {
    size_t rows = 500;
    tau_feature_axes axes;
    OK(tau_feature_axes_fit(&axes, &(tau_feature_axes_source){8, rows, 4, read_rows, &rows}, 3, NULL));
    for (int i = 0; i < 4; i++) NEAR(axes.vector[0][i], 0.5, 0.03);
    NEAR(fabs(axes.vector[1][0]), sqrt(0.5), 0.05);
    NEAR(axes.vector[1][0] + axes.vector[1][1], 0, 0.1);
    NEAR(axes.vector[2][2] + axes.vector[2][3], 0, 0.1);
    NEAR(axes.explained[0], 9.0 / 14, 0.03);
    NEAR(axes.explained[1], 4.0 / 14, 0.03);
    NEAR(axes.explained[2], 1.0 / 14, 0.01);
    NEAR(axes.explained[0] + axes.explained[1] + axes.explained[2], 1, 1e-6);
    NEAR(axes.base[0], 10, 0.2);
    /* What is placed and projected again is the same; axes are orthonormal. */
    const double point[3] = {1, -2, 0.5};
    float row[4];
    double back[3];
    tau_feature_axes_place(&axes, row, point, 1);
    tau_feature_axes_project(&axes, back, row, 1);
    for (int k = 0; k < 3; k++) NEAR(back[k], point[k], 1e-5);
    tau_feature_axes_clear(&axes);
}

/* Axes of three numbers, given by hand: [dims, 3] and their shares. */
static tau_feature_axes make_axes(int dims, const double *vectors, const double *shares) {
    tau_feature_axes axes;
    OK(tau_feature_axes_create_units(&axes, 3, dims, (int[]){0, 1, 2}));
    axes.projected = true;
    for (int k = 0; k < dims; k++) {
        memcpy(axes.vector[k], vectors + 3 * k, 3 * sizeof *vectors);
        axes.explained[k] = shares[k];
    }
    return axes;
}

static void check_aligned(int dims, const double *vectors, const double *before, const double *expected,
                          const double *shares, bool turned) {
    static const double some[3] = {0.6, 0.2, 0.1};
    tau_feature_axes axes = make_axes(dims, vectors, some), old = make_axes(dims, before, some);
    cr_assert_eq(tau_feature_axes_align(&axes, &old), turned);
    for (int k = 0; k < dims; k++) {
        for (int i = 0; i < 3; i++) NEAR(axes.vector[k][i], expected[3 * k + i], 1e-12);
        NEAR(axes.explained[k], shares[k], 1e-12);
    }
    tau_feature_axes_clear(&axes);
    tau_feature_axes_clear(&old);
}

Test(features, axes_that_are_fitted_anew_are_turned_to_those_before) {
    const double h = sqrt(0.5), same[3] = {0.6, 0.2, 0.1};
    /* One axis has a sign. Two in one plane come back whole, with the shares along them: swapped, turned by
     * 45°. */
    check_aligned(1, (double[]){-0.6, -0.8, 0}, (double[]){1, 0, 0}, (double[]){0.6, 0.8, 0}, same, false);
    check_aligned(2, (double[]){0, -1, 0, 1, 0, 0}, (double[]){1, 0, 0, 0, 1, 0},
                  (double[]){1, 0, 0, 0, 1, 0}, (double[]){0.2, 0.6}, true);
    check_aligned(2, (double[]){h, h, 0, h, -h, 0}, (double[]){1, 0, 0, 0, 1, 0},
                  (double[]){1, 0, 0, 0, 1, 0}, (double[]){0.4, 0.4}, true);
    check_aligned(3, (double[]){0, 0, -1, 1, 0, 0, 0, 1, 0}, (double[]){1, 0, 0, 0, 1, 0, 0, 0, 1},
                  (double[]){1, 0, 0, 0, 1, 0, 0, 0, 1}, (double[]){0.2, 0.1, 0.6}, true);
    /* A plane that tilts about the first axis by acos 0.8 stays as near as it can: its second one tilts. */
    check_aligned(2, (double[]){0, 0.8, 0.6, 1, 0, 0}, (double[]){1, 0, 0, 0, 1, 0},
                  (double[]){1, 0, 0, 0, 0.8, 0.6}, (double[]){0.2, 0.6}, true);
    /* Nothing is near to an axis that lies across, and nothing is turned where there is no second axis. */
    check_aligned(1, (double[]){0, -1, 0}, (double[]){1, 0, 0}, (double[]){0, -1, 0}, same, false);
    check_aligned(2, (double[]){0, -1, 0, 0, 0, 0}, (double[]){0, 1, 0, 1, 0, 0},
                  (double[]){0, -1, 0, 0, 0, 0}, same, false);
}

/* The states that follow vary most along another direction: without the turn the axes would swap. */
Test(features, a_space_of_a_recording_that_has_grown_lies_as_before) {
    enum { STATES = 4, SIZE = 3 + 3 + 3 + 1 };
    static const float inputs[] = {-1, -0.5f, 0.25f, 1}, targets[] = {0, 1, 0, 1};
    float theta[STATES][SIZE] = {{1, 0.2f, 0.1f}, {1.2f, 0.3f, 0}, {0.1f, -2, 0.2f}, {0.2f, -3, 0.1f}};
    tau_samples *samples = make_samples(4, 1, inputs, targets, 0);
    tau_features *first, *turned, *fresh;
    tau_feature_frame frame;
    double points[3][8];
    record(scratch("two.run.h5"), "mlp:1-3-1:tanh", "bce-logits", NULL, samples, theta[0], 2);
    record(scratch("four.run.h5"), "mlp:1-3-1:tanh", "bce-logits", NULL, samples, theta[0], STATES);
    tau_samples_destroy(samples);
    tau_replay *two = open_ref(scratch("two.run.h5")), *four = open_ref(scratch("four.run.h5"));
    tau_features_options options = {.layer = "fc1", .dims = 2, .mesh = 2};
    OK(tau_features_create(&first, two, &options));
    OK(tau_features_create(&fresh, four, &options));
    options.before = first;
    OK(tau_features_create(&turned, four, &options));
    tau_features *const views[3] = {first, turned, fresh};
    double away[3] = {0};
    for (int v = 0; v < 3; v++) {
        OK(tau_features_compute(views[v], 1, &frame));
        cr_assert(frame.projected && frame.count == 4);
        cr_expect_str_eq(frame.axis[0], v == 1 ? "axis 1" : "PC 1");
        memcpy(points[v], frame.points, sizeof points[v]);
        for (int i = 0; i < 8; i++)
            away[v] += fabs((points[v][i] - points[v][i % 2]) - (points[0][i] - points[0][i % 2]));
        tau_features_destroy(views[v]);
    }
    cr_assert(away[1] < 0.2 * away[2], "%g and %g", away[1], away[2]);
    tau_replay_close(two);
    tau_replay_close(four);
}

/* Fewer rows than columns go through the products of rows. */
static tau_status read_wide(void *payload, size_t block, float *out) {
    (void)payload;
    memset(out, 0, 2 * 50 * sizeof *out);
    out[7] = (float)(block == 0 ? 4 : -4); /* 4, 0, -4, 0 along unit 7; 0, 1, 0, -1 along unit 20 */
    out[50 + 20] = (float)(block == 0 ? 1 : -1);
    return TAU_STATUS_OK;
}

Test(features, wide_rows_have_the_same_axes) {
    tau_feature_axes axes;
    OK(tau_feature_axes_fit(&axes, &(tau_feature_axes_source){2, 2, 50, read_wide, NULL}, 2, NULL));
    NEAR(axes.vector[0][7], 1, 1e-9);
    NEAR(axes.vector[1][20], 1, 1e-9);
    NEAR(axes.explained[0], 16.0 / 17, 1e-9);
    NEAR(axes.explained[1], 1.0 / 17, 1e-9);
    tau_feature_axes_clear(&axes);
}

/* Rows of 64 numbers in a space of `rank` dimensions. */
static tau_status read_flat(void *payload, size_t block, float *out) {
    const int rank = *(const int *)payload;
    for (size_t n = 0; n < 300; n++)
        for (size_t i = 0; i < 64; i++) {
            double sum = 0;
            for (int r = 0; r < rank; r++)
                sum += draw(300 * block + n + 100000 * (size_t)r) * draw(i + 7000000 + 64 * (size_t)r);
            out[64 * n + i] = (float)sum;
        }
    return TAU_STATUS_OK;
}

Test(features, directions_that_are_not_there_explain_nothing) {
    for (int rank = 1; rank <= 64; rank += rank < 3 ? 1 : 61) {
        tau_feature_axes axes;
        OK(tau_feature_axes_fit(&axes, &(tau_feature_axes_source){4, 300, 64, read_flat, &rank}, 3, NULL));
        double sum = 0;
        for (int k = 0; k < 3; k++) {
            cr_assert(k < rank ? axes.explained[k] > 0.01 : axes.explained[k] < 1e-9, "rank %d, axis %d: %g",
                      rank, k, axes.explained[k]);
            sum += axes.explained[k];
        }
        cr_assert(rank > 3 ? sum < 0.5 : fabs(sum - 1) < 1e-9, "rank %d: %g", rank, sum);
        tau_feature_axes_clear(&axes);
    }
}

static tau_status read_nothing(void *payload, size_t block, float *out) {
    (void)block;
    for (int i = 0; i < 8; i++) out[i] = payload ? NAN : 2;
    return TAU_STATUS_OK;
}

Test(features, axes_of_equal_rows_are_flat_and_of_nan_an_error) {
    tau_feature_axes axes;
    OK(tau_feature_axes_fit(&axes, &(tau_feature_axes_source){1, 2, 4, read_nothing, NULL}, 2, NULL));
    NEAR(axes.explained[0], 0, 0);
    NEAR(axes.base[3], 2, 0);
    tau_feature_axes_clear(&axes);
    assert_fails(
        tau_feature_axes_fit(&axes, &(tau_feature_axes_source){1, 2, 4, read_nothing, &axes}, 2, NULL),
        TAU_STATUS_INPUT, "finite");
    cr_assert_null(axes.base);
}

/* ---- recordings ---- */

static void fill(float *out, size_t count, uint64_t stream) {
    for (size_t i = 0; i < count; i++) out[i] = (float)tau_rng_normal((tau_rng_key){3, stream}, i);
}

/* 6 samples, `states` states of random weights. */
static tau_replay *open_random(const char *name, int64_t width, int classes, size_t states) {
    enum { COUNT = 6 };
    float inputs[COUNT * 8], targets[COUNT], theta[4 * 400];
    tau_model *model;
    char path[32];
    fill(inputs, COUNT * (size_t)width, 1);
    for (int i = 0; i < COUNT; i++) targets[i] = (float)(classes ? i % classes : i % 2);
    OK(tau_model_builtin(&model, name, 1));
    cr_assert_leq(model->graph->theta_size, 400);
    fill(theta, states * model->graph->theta_size, 2);
    tau_model_destroy(model);
    snprintf(path, sizeof path, "random%d.run.h5", (int)width);
    tau_samples *samples = make_samples(COUNT, width, inputs, targets, classes);
    record(scratch(path), name, classes ? "cross-entropy" : "bce-logits", NULL, samples, theta, states);
    tau_samples_destroy(samples);
    return open_ref(scratch(path));
}

static void read_theta(const tau_replay *replay, size_t state, float *theta) {
    tau_run *run;
    OK(tau_run_open(&run, tau_replay_get_path(replay), NULL));
    OK(tau_run_read_state(run, state, theta, NULL));
    tau_run_close(run);
}

/* One layer of PyTorch's order: out = W·x + b. */
static void linear(double *out, const float *theta, const double *x, int in, int units) {
    for (int u = 0; u < units; u++) {
        out[u] = theta[units * in + u];
        for (int i = 0; i < in; i++) out[u] += theta[u * in + i] * x[i];
    }
}

Test(features, three_units_make_a_space_of_three_dimensions_with_a_bent_sheet) {
    tau_replay *replay = open_random("mlp:2-3-1:tanh", 2, 0, 2);
    tau_features *view;
    tau_feature_frame frame;
    float theta[13];
    const tau_features_options options = {
        .layer = "fc1", .x = {-2, 3}, .y = {-1, 4}, .mesh = 4, .lines = 2, .line_points = 2};
    OK(tau_features_create(&view, replay, &options));
    OK(tau_features_compute(view, 1, &frame));
    cr_assert(frame.dims == 3 && !frame.projected && frame.line_count == 4 && frame.mesh_rows == 4);
    read_theta(replay, 1, theta);
    const float *inputs = tau_replay_get_samples(replay)->inputs;
    double z[3], y;
    linear(z, theta, (double[]){inputs[2], inputs[3]}, 2, 3);
    for (int u = 0; u < 3; u++) NEAR(frame.points[3 + u], tanh(z[u]), 1e-6);
    /* The last vertex is the corner (3, 4), the last of the first line (-2, 4). */
    linear(z, theta, (double[]){3, 4}, 2, 3);
    for (int u = 0; u < 3; u++) NEAR(frame.mesh[3 * 15 + u], z[u] = tanh(z[u]), 1e-6);
    linear(&y, theta + 9, z, 3, 1);
    NEAR(frame.probability[15], 1 / (1 + exp(-y)), 1e-6);
    linear(z, theta, (double[]){-2, 4}, 2, 3);
    for (int u = 0; u < 3; u++) NEAR(frame.lines[3 + u], tanh(z[u]), 1e-6);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(features, a_wider_layer_is_projected_on_axes_that_stay_from_state_to_state) {
    tau_replay *replay = open_random("mlp:2-8-1:tanh", 2, 0, 4);
    tau_features *view;
    tau_feature_frame frame;
    double low[3], high[3];
    assert_fails(tau_features_create(&view, replay, &(tau_features_options){.layer = "fc2", .dims = 2}),
                 TAU_STATUS_USAGE, "1 units");
    OK(tau_features_create(&view, replay, &(tau_features_options){.layer = "fc1", .dims = 3, .mesh = 3}));
    OK(tau_features_compute(view, 3, &frame));
    cr_assert(frame.dims == 3 && frame.projected);
    cr_assert_str_eq(frame.axis[2], "PC 3");
    cr_assert(frame.explained[0] >= frame.explained[1] && frame.explained[1] >= frame.explained[2]);
    cr_assert(frame.explained[2] > 0 && frame.explained[0] + frame.explained[1] + frame.explained[2] <= 1);
    const double before = frame.points[4];
    OK(tau_features_compute(view, 0, &frame));
    cr_assert_neq(frame.points[4], before);
    OK(tau_features_get_limits(view, low, high));
    OK(tau_features_compute(view, 3, &frame));
    cr_assert_eq(frame.points[4], before, "the axes have moved");
    cr_assert_gt(frame.count, 0);
    for (size_t n = 0; n < frame.count; n++)
        cr_assert(low[0] <= frame.points[3 * n] && frame.points[3 * n] <= high[0]);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

/* Inputs of five features: the mesh spans the two units, and what is decided is the last layer's work. */
Test(features, without_a_grid_the_mesh_spans_the_layer_and_is_decided_from_there_onward) {
    tau_replay *replay = open_random("mlp:5-4-2-3:tanh", 5, 3, 2);
    tau_features *view;
    tau_feature_frame frame;
    float theta[43];
    OK(tau_features_create(&view, replay, &(tau_features_options){.mesh = 7}));
    OK(tau_features_compute(view, 1, &frame));
    cr_assert_eq(frame.dims, 2, "the layer of two units is the default");
    cr_assert(frame.line_count == 0 && frame.mesh_rows == 7 && frame.planes == 3);
    read_theta(replay, 1, theta);
    for (int m = 0; m < 49; m++) {
        double z[3], sum = 0;
        int best = 0;
        linear(z, theta + 34, (double[]){(float)frame.mesh[2 * m], (float)frame.mesh[2 * m + 1]}, 2, 3);
        for (int c = 0; c < 3; c++) sum += exp(z[c]);
        for (int c = 0; c < 3; c++) {
            NEAR(frame.probability[49 * c + m], exp(z[c]) / sum, 1e-6);
            if (z[c] > z[best]) best = c;
        }
        cr_assert_eq(frame.decision[m], best);
    }
    cr_assert_gt(frame.count, 0);
    for (size_t n = 0; n < frame.count; n++)
        cr_assert(frame.points[2 * n] > frame.mesh[0] && frame.points[2 * n] < frame.mesh[2 * 48]);
    const double corner = frame.mesh[0];
    OK(tau_features_compute(view, 0, &frame));
    cr_assert_neq(frame.mesh[0], corner, "each state has its own range");
    tau_features_destroy(view);
    OK(tau_features_create(&view, replay, &(tau_features_options){.mesh = 7, .one_scale = true}));
    OK(tau_features_compute(view, 0, &frame));
    const double shared = frame.mesh[0];
    OK(tau_features_compute(view, 1, &frame));
    cr_assert_eq(frame.mesh[0], shared);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(features, a_projected_mesh_lies_in_the_plane_of_the_layers_axes) {
    tau_replay *replay = open_random("mlp:5-4-2-3:tanh", 5, 3, 2);
    tau_features *view;
    tau_feature_frame frame;
    OK(tau_features_create(&view, replay, &(tau_features_options){.layer = "fc1", .mesh = 5}));
    OK(tau_features_compute(view, 1, &frame));
    cr_assert(frame.projected && frame.dims == 2 && frame.mesh_rows == 5);
    for (int m = 0; m < 25; m++) {
        double sum = 0;
        for (int c = 0; c < 3; c++) sum += frame.probability[25 * c + m];
        NEAR(sum, 1, 1e-6);
    }
    tau_features_destroy(view);
    /* The output itself: three logits, with no network behind them. */
    OK(tau_features_create(&view, replay, &(tau_features_options){.layer = "fc3", .dims = 2, .mesh = 5}));
    OK(tau_features_compute(view, 1, &frame));
    cr_assert_eq(frame.mesh_rows, 5);
    cr_assert_geq(frame.decision[12], 0);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(features, a_network_that_goes_around_a_layer_leaves_its_mesh_out) {
    tau_builder *builder;
    tau_graph *graph;
    tau_tail tail;
    const tau_shape shape = {1, {2}};
    int x, y;
    OK(tau_builder_create(&builder, "skip"));
    OK(tau_builder_input(builder, &x, "x", &shape));
    OK(tau_builder_node(builder, &y, TAU_OP_TANH, "a", &x, 1, NULL, NULL));
    OK(tau_builder_node(builder, &y, TAU_OP_ADD, "sum", (int[]){y, x}, 2, NULL, NULL));
    OK(tau_builder_node(builder, &y, TAU_OP_RELU, "b", &y, 1, NULL, NULL));
    OK(tau_builder_finish(builder, &graph, y));
    tau_builder_destroy(builder);
    OK(tau_tail_create(&tail, graph, tau_graph_find_value(graph, "a")));
    cr_assert(!tail.possible && !tail.graph);
    OK(tau_tail_create(&tail, graph, tau_graph_find_value(graph, "sum")));
    cr_assert(tail.possible && tail.graph->node_count == 1);
    tau_tail_clear(&tail);
    tau_graph_destroy(graph);
}

/* ---- boundaries ---- */

Test(features, a_boundary_of_a_pair_keeps_the_other_features_at_their_means) {
    tau_replay *replay = open_random("mlp:5-4-2-3:tanh", 5, 3, 2);
    tau_features *view;
    tau_feature_frame frame;
    float theta[43];
    const tau_boundary_options options = {.axis = {3, 1}, .x = {-1, 1}, .y = {0, 2}, .mesh = 3};
    OK(tau_boundary_create(&view, replay, &options));
    OK(tau_features_compute(view, 1, &frame));
    cr_assert_str_eq(frame.axis[0], "x4");
    cr_assert_str_eq(frame.axis[1], "x2");
    const float *inputs = tau_replay_get_samples(replay)->inputs;
    NEAR(frame.points[2], inputs[5 + 3], 0);
    NEAR(frame.points[3], inputs[5 + 1], 0);
    /* Vertex (row 2, column 0): feature 3 is -1, feature 1 is 2. */
    double x[5] = {0}, h[4], g[2], z[3], sum = 0;
    for (int i = 0; i < 5; i++)
        for (int n = 0; n < 6; n++) x[i] += inputs[5 * n + i] / 6.0;
    x[3] = -1;
    x[1] = 2;
    read_theta(replay, 1, theta);
    linear(h, theta, x, 5, 4);
    for (int i = 0; i < 4; i++) h[i] = tanh(h[i]);
    linear(g, theta + 24, h, 4, 2);
    for (int i = 0; i < 2; i++) g[i] = tanh(g[i]);
    linear(z, theta + 34, g, 2, 3);
    for (int c = 0; c < 3; c++) sum += exp(z[c]);
    for (int c = 0; c < 3; c++) NEAR(frame.probability[9 * c + 6], exp(z[c]) / sum, 1e-5);
    tau_features_destroy(view);
    assert_fails(tau_boundary_create(&view, replay, &(tau_boundary_options){.axis = {0, 5}}),
                 TAU_STATUS_USAGE, "0 to 4");
    tau_replay_close(replay);
}

Test(features, a_boundary_of_wide_inputs_is_drawn_over_their_principal_plane) {
    tau_replay *replay = open_random("mlp:5-4-2-3:tanh", 5, 3, 2);
    tau_features *view;
    tau_feature_frame frame;
    OK(tau_boundary_create(&view, replay, &(tau_boundary_options){.mesh = 3}));
    OK(tau_features_compute(view, 0, &frame));
    cr_assert(frame.projected && frame.explained[0] > frame.explained[1] && frame.explained[1] > 0);
    double sum = 0;
    for (size_t n = 0; n < frame.count; n++) sum += frame.points[2 * n];
    NEAR(sum, 0, 1e-5);
    cr_assert_eq(frame.mesh_rows, 3);
    tau_features_destroy(view);
    tau_replay_close(replay);
}

Test(features, a_regression_has_a_mesh_of_values) {
    static const float inputs[] = {0.5f, 5, -3, 2}, targets[] = {1, 2.5f}, theta[] = {2, -1, 0.25f};
    tau_samples *samples = make_samples(2, 2, inputs, targets, 0);
    record(scratch("plane.run.h5"), "mlp:2-1:tanh", "mse", NULL, samples, theta, 1);
    tau_samples_destroy(samples);
    tau_replay *replay = open_ref(scratch("plane.run.h5"));
    tau_features *view;
    tau_feature_frame frame;
    OK(tau_boundary_create(&view, replay, &(tau_boundary_options){.mesh = 2}));
    OK(tau_features_compute(view, 0, &frame));
    cr_assert(frame.planes == 1 && !frame.decision && !frame.labels && frame.class_count == 0);
    NEAR(frame.mesh[0], -3.175, 1e-6); /* the data's range and a twentieth around it */
    NEAR(frame.mesh[1], 1.85, 1e-6);
    NEAR(frame.probability[0], 2 * -3.175 - 1.85 + 0.25, 1e-5);
    tau_features_destroy(view);
    OK(tau_features_create(&view, replay, &(tau_features_options){.layer = "fc1"}));
    OK(tau_features_compute(view, 0, &frame));
    cr_assert(frame.dims == 1 && frame.mesh_rows == 0 && frame.line_count == 0);
    NEAR(frame.points[0], -3.75, 1e-6);
    tau_features_destroy(view);
    assert_fails(tau_boundary_create(&view, replay, &(tau_boundary_options){.x = {1, 1}}), TAU_STATUS_USAGE,
                 "range");
    tau_replay_close(replay);
}

Test(features, the_fast_backend_gives_the_same_picture) {
    tau_replay *ref = open_random("mlp:5-4-2-3:tanh", 5, 3, 2);
    tau_replay_options options = ref_options();
    tau_backend_register(tau_backend_cpu_get());
    options.backend = "cpu";
    tau_replay *cpu = open_with(tau_replay_get_path(ref), NULL, options);
    tau_features *a, *b;
    tau_feature_frame p, q;
    OK(tau_features_create(&a, ref, &(tau_features_options){.layer = "fc1", .mesh = 9}));
    OK(tau_features_create(&b, cpu, &(tau_features_options){.layer = "fc1", .mesh = 9}));
    OK(tau_features_compute(a, 1, &p));
    OK(tau_features_compute(b, 1, &q));
    for (size_t i = 0; i < 2 * p.count; i++) NEAR(p.points[i], q.points[i], 1e-5);
    for (int i = 0; i < 3 * 81; i++) NEAR(p.probability[i], q.probability[i], 1e-5);
    tau_features_destroy(a);
    tau_features_destroy(b);
    tau_replay_close(cpu);
    tau_replay_close(ref);
}
