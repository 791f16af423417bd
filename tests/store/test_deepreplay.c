/* DeepReplay's recordings: its own fixture, and one of a convolutional network that is written here. */
#include "store/deepreplay.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend_impl.h"
#include "backend_ref/backend_ref.h"
#include "core/file.h"
#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "ok.h"
#include "scratch.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(deepreplay, .init = make_directory);

static void assert_fails(tau_status got, tau_status expected, const char *part) {
    const tau_error *error = tau_error_last();
    cr_assert_eq(got, expected, "%d: %s (%s)", got, error->what, error->why);
    cr_assert(strstr(error->what, part) || strstr(error->why, part), "'%s' is not in: %s (%s)", part,
              error->what, error->why);
}

Test(deepreplay, the_fixture_has_the_states_and_samples_of_its_authors) {
    tau_deepreplay *replay;
    tau_samples *samples;
    float theta[9];
    bool recognised;
    OK(tau_deepreplay_recognise(&recognised, FIXTURES "hyperparms_in_action.h5"));
    cr_assert(recognised);
    OK(tau_deepreplay_recognise(&recognised, FIXTURES "part1_activation_functions_model.h5"));
    cr_assert_not(recognised);
    OK(tau_deepreplay_open(&replay, FIXTURES "hyperparms_in_action.h5", NULL, NULL));
    cr_assert_str_eq(tau_deepreplay_get_group(replay), "part1_activation_functions");
    cr_assert_eq(tau_deepreplay_get_state_count(replay), 21);
    cr_assert_eq(tau_deepreplay_get_batches(replay), 125);
    const tau_graph *graph = tau_deepreplay_get_graph(replay);
    cr_assert_eq(graph->theta_size, 9);
    cr_assert_str_eq(graph->parameters[0].name, "hidden/kernel");
    cr_assert_eq(graph->parameters[0].filter_axis, 1, "a neuron's inputs are a column");
    OK(tau_deepreplay_read_state(replay, 20, theta, NULL));
    NEAR(theta[0], -0.0884251669049263, 1e-9);
    NEAR(theta[2], -3.2544944286346436, 1e-9);
    NEAR(theta[8], -0.8098368048667908, 1e-9);
    assert_fails(tau_deepreplay_read_state(replay, 21, theta, NULL), TAU_STATUS_MISSING, "state 21");
    OK(tau_deepreplay_read_samples(replay, &samples));
    cr_assert(samples->count == 2000 && samples->target_size == 1 && !samples->classes);
    NEAR(samples->inputs[3], -0.45870846, 1e-7);
    NEAR(samples->values[1], 1, 0);
    tau_samples_destroy(samples);
    tau_deepreplay_close(replay);
}

static void copy_file(const char *from, const char *to) {
    uint8_t *bytes;
    size_t size;
    OK(tau_file_read(&bytes, &size, from, 1 << 20));
    OK(tau_file_write(to, bytes, size));
    tau_mem_free(bytes);
}

Test(deepreplay, the_model_lies_beside_the_recording_or_in_the_working_directory) {
    tau_deepreplay *replay;
    copy_file(FIXTURES "hyperparms_in_action.h5", scratch("moved.h5"));
    assert_fails(tau_deepreplay_open(&replay, scratch("moved.h5"), NULL, NULL), TAU_STATUS_MISSING,
                 "working directory");
    cr_assert_null(replay);
    cr_assert(strstr(tau_error_last()->why, scratch("part1_activation_functions_model.h5")));
    cr_assert_eq(chdir(FIXTURES), 0);
    OK(tau_deepreplay_open(&replay, scratch("moved.h5"), NULL, NULL));
    tau_deepreplay_close(replay);
    assert_fails(tau_deepreplay_open(&replay, "hyperparms_in_action.h5", "part9", NULL), TAU_STATUS_MISSING,
                 "part1_activation_functions");
}

/* ---- recordings written here ---- */

#define DENSE(name, units, function, more)                                                                   \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"" name "\",\"units\":" #units                          \
    ",\"activation\":\"" function "\",\"use_bias\":true" more "}}"

static void write_f32(tau_h5 *file, const char *path, int rank, const int64_t *dim, const float *data) {
    OK(tau_h5_write(file, path, TAU_H5_TYPE_F32, rank, dim, data));
}

static void write_model(const char *name, const char *layers, const char *loss) {
    tau_h5 *file;
    char *config, *training;
    unlink(scratch(name));
    OK(tau_h5_create_compatible(&file, scratch(name)));
    OK(tau_string_format(&config, "{\"class_name\":\"Sequential\",\"config\":[%s]}", layers));
    OK(tau_string_format(&training, "{\"loss\":\"%s\"}", loss));
    OK(tau_h5_set_text(file, "/", "model_config", config));
    OK(tau_h5_set_text(file, "/", "training_config", training));
    OK(tau_h5_close(file));
    tau_mem_free(config);
    tau_mem_free(training);
}

/* One dense layer of two inputs and three units, two states. */
static void write_dense(int64_t layers) {
    const float kernel[2][2][3] = {{{1, 2, 3}, {4, 5, 6}}, {{0}}}, bias[2][3] = {{7, 8, 9}, {0}};
    const float inputs[2][2] = {{1, 10}, {0, 1}}, targets[2][3] = {{0, 0, 1}, {1, 0, 0}};
    tau_h5 *file;
    unlink(scratch("dense.h5"));
    OK(tau_h5_create_compatible(&file, scratch("dense.h5")));
    write_f32(file, "/g/layer0/weights0", 3, (int64_t[]){2, 2, 3}, &kernel[0][0][0]);
    write_f32(file, "/g/layer0/weights1", 2, (int64_t[]){2, 3}, &bias[0][0]);
    write_f32(file, "/g/inputs", 2, (int64_t[]){2, 2}, &inputs[0][0]);
    write_f32(file, "/g/targets", 2, (int64_t[]){2, 3}, &targets[0][0]);
    OK(tau_h5_set_i64(file, "/g", "n_layers", layers));
    OK(tau_h5_close(file));
}

#define INPUT2 ",\"batch_input_shape\":[null,2]"

Test(deepreplay, a_softmax_with_its_loss_has_classes) {
    tau_deepreplay *replay;
    tau_samples *samples;
    const double *l1, *l2;
    write_dense(1);
    write_model(
        "g_model.h5",
        DENSE("out", 3, "softmax",
              INPUT2 ",\"kernel_regularizer\":{\"class_name\":\"L1L2\",\"config\":{\"l1\":0.5,\"l2\":0.25}}"),
        "categorical_crossentropy");
    OK(tau_deepreplay_open(&replay, scratch("dense.h5"), "g", NULL));
    cr_assert_eq(tau_deepreplay_get_loss(replay), TAU_LOSS_CROSS_ENTROPY);
    cr_assert_eq(tau_deepreplay_get_graph(replay)->node_count, 2);
    cr_assert_eq(tau_deepreplay_get_batches(replay), 0);
    OK(tau_deepreplay_read_samples(replay, &samples));
    cr_assert(samples->class_count == 3 && samples->classes[0] == 2 && samples->classes[1] == 0);
    tau_deepreplay_get_penalties(replay, &l1, &l2);
    cr_assert(l1[0] == 0.5 && l2[0] == 0.25 && l1[1] == 0 && l2[1] == 0);
    tau_samples_destroy(samples);
    tau_deepreplay_close(replay);
    /* As values, where another loss is asked for. */
    OK(tau_deepreplay_open(&replay, scratch("dense.h5"), "g", "mse"));
    cr_assert_eq(tau_deepreplay_get_graph(replay)->node_count, 2);
    OK(tau_deepreplay_read_samples(replay, &samples));
    cr_assert(samples->target_size == 3 && samples->values[2] == 1);
    tau_samples_destroy(samples);
    tau_deepreplay_close(replay);
}

static void refuse(const char *layers, const char *loss, tau_status expected, const char *part) {
    tau_deepreplay *replay;
    write_model("g_model.h5", layers, loss);
    assert_fails(tau_deepreplay_open(&replay, scratch("dense.h5"), "g", NULL), expected, part);
    cr_assert_null(replay);
}

Test(deepreplay, what_is_not_known_is_named) {
    write_dense(1);
    refuse("{\"class_name\":\"LSTM\",\"config\":{\"name\":\"memory\",\"batch_input_shape\":[null,2]}}", "mse",
           TAU_STATUS_UNSUPPORTED, "'memory' (LSTM)");
    refuse(DENSE("out", 3, "swish", INPUT2), "mse", TAU_STATUS_UNSUPPORTED, "swish");
    refuse(DENSE("out", 3, "linear", INPUT2), "hinge", TAU_STATUS_UNSUPPORTED, "hinge");
    refuse(DENSE("out", 3, "linear", INPUT2), "categorical_crossentropy", TAU_STATUS_UNSUPPORTED, "softmax");
    refuse(DENSE("out", 3, "sigmoid", INPUT2), "sparse_categorical_crossentropy", TAU_STATUS_UNSUPPORTED,
           "softmax");
    refuse(DENSE("out", 3, "linear", ""), "mse", TAU_STATUS_INPUT, "shape");
    refuse(DENSE("out", 0, "linear", INPUT2), "mse", TAU_STATUS_INPUT, "units");
    refuse(DENSE("out", 1e30, "linear", INPUT2), "mse", TAU_STATUS_INPUT, "units");
    refuse(DENSE("out", 4, "linear", INPUT2), "mse", TAU_STATUS_MISMATCH, "out/kernel");
    refuse("", "mse", TAU_STATUS_INPUT, "no layers");
    refuse("7, null, []", "mse", TAU_STATUS_INPUT, "");
    write_dense(2);
    refuse(DENSE("out", 3, "linear", INPUT2), "mse", TAU_STATUS_MISMATCH, "2 layers");
}

Test(deepreplay, rows_that_are_not_one_hot_are_no_classes) {
    const float targets[2][3] = {{0, 0.5f, 0.5f}, {1, 0, 0}};
    tau_deepreplay *replay;
    tau_samples *samples;
    tau_h5 *file;
    write_dense(1);
    write_model("g_model.h5", DENSE("out", 3, "softmax", INPUT2), "categorical_crossentropy");
    OK(tau_h5_open_append(&file, scratch("dense.h5")));
    OK(tau_h5_write_rows(file, "/g/targets", TAU_H5_TYPE_F32, 0, 2, targets));
    OK(tau_h5_close(file));
    OK(tau_deepreplay_open(&replay, scratch("dense.h5"), "g", NULL));
    assert_fails(tau_deepreplay_read_samples(replay, &samples), TAU_STATUS_UNSUPPORTED, "one 1 among zeros");
    cr_assert_null(samples);
    tau_deepreplay_close(replay);
}

Test(deepreplay, batch_norm_without_gamma_and_beta_has_ones_and_zeros) {
    const float moments[2][3] = {{1, 2, 3}, {4, 5, 6}};
    tau_deepreplay *replay;
    tau_h5 *file;
    float theta[15], buffers[6];
    write_dense(2);
    OK(tau_h5_open_append(&file, scratch("dense.h5")));
    for (int i = 0; i < 2; i++) {
        char path[40];
        snprintf(path, sizeof path, "/g/layer1/weights%d", i);
        write_f32(file, path, 2, (int64_t[]){1, 3}, moments[i]);
    }
    OK(tau_h5_close(file));
    write_model(
        "g_model.h5",
        DENSE("out", 3, "linear", INPUT2) ",{\"class_name\":\"BatchNormalization\",\"config\":{"
                                          "\"name\":\"bn\",\"axis\":1,\"scale\":false,\"center\":false}}",
        "mse");
    OK(tau_deepreplay_open(&replay, scratch("dense.h5"), "g", NULL));
    cr_assert_eq(tau_deepreplay_get_graph(replay)->theta_size, 15);
    cr_assert_eq(tau_deepreplay_get_state_count(replay), 1, "as many as the shortest has");
    OK(tau_deepreplay_read_state(replay, 0, theta, buffers));
    for (int i = 0; i < 3; i++)
        cr_assert(theta[9 + i] == 1 && theta[12 + i] == 0 && buffers[i] == 1 + i && buffers[3 + i] == 4 + i);
    tau_deepreplay_close(replay);
}

/* ---- images ---- */

enum { N = 2, H = 5, W = 4, C = 2, F = 3, PH = 3, PW = 2, OUT = 2 };

/* Numbers between -1 and 1 that follow no pattern of the axes. */
static void fill(float *out, size_t count, int seed) {
    for (size_t i = 0; i < count; i++) out[i] = sinf((float)(i * i + 3 * i + 1) * (float)seed);
}

static float inputs[N][H][W][C], kernel[3][2][C][F], bias[F], beta[F], mean[F], variance[F],
    dense[PH * PW * F][OUT], dense_bias[OUT];

/* Keras's own order of axes throughout. "same" pads a kernel of 3×2 by (1, 1) rows and (0, 1) columns, and a
 * pool of 2×2 of 5×4 by one row below. */
static void expected_outputs(double out[N][OUT]) {
    double image[H][W][F], pooled[PH][PW][F];
    for (int n = 0; n < N; n++) {
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int f = 0; f < F; f++) {
                    double sum = bias[f];
                    for (int i = 0; i < 3; i++)
                        for (int j = 0; j < 2; j++)
                            for (int c = 0; c < C; c++)
                                if (y + i - 1 >= 0 && y + i - 1 < H && x + j < W)
                                    sum += (double)inputs[n][y + i - 1][x + j][c] * kernel[i][j][c][f];
                    sum = sum > 0 ? sum : 0;
                    image[y][x][f] = (sum - mean[f]) / sqrt(variance[f] + 1e-3) + beta[f];
                }
        for (int y = 0; y < PH; y++)
            for (int x = 0; x < PW; x++)
                for (int f = 0; f < F; f++) {
                    double best = -INFINITY;
                    for (int i = 2 * y; i < 2 * y + 2 && i < H; i++)
                        for (int j = 2 * x; j < 2 * x + 2; j++) best = fmax(best, image[i][j][f]);
                    pooled[y][x][f] = best;
                }
        for (int o = 0; o < OUT; o++) {
            out[n][o] = dense_bias[o];
            for (int k = 0; k < PH * PW * F; k++) out[n][o] += (&pooled[0][0][0])[k] * dense[k][o];
        }
    }
}

static void write_images(void) {
    const float targets[N] = {1, 0};
    tau_h5 *file;
    fill(&inputs[0][0][0][0], sizeof inputs / sizeof(float), 1);
    fill(&kernel[0][0][0][0], sizeof kernel / sizeof(float), 2);
    fill(bias, F, 3);
    fill(beta, F, 4);
    fill(mean, F, 5);
    for (int f = 0; f < F; f++) variance[f] = 0.5f + (float)f;
    fill(&dense[0][0], sizeof dense / sizeof(float), 6);
    fill(dense_bias, OUT, 7);
    unlink(scratch("conv.h5"));
    OK(tau_h5_create_compatible(&file, scratch("conv.h5")));
    write_f32(file, "/c/layer0/weights0", 5, (int64_t[]){1, 3, 2, C, F}, &kernel[0][0][0][0]);
    write_f32(file, "/c/layer0/weights1", 2, (int64_t[]){1, F}, bias);
    write_f32(file, "/c/layer2/weights0", 2, (int64_t[]){1, F}, beta);
    write_f32(file, "/c/layer2/weights1", 2, (int64_t[]){1, F}, mean);
    write_f32(file, "/c/layer2/weights2", 2, (int64_t[]){1, F}, variance);
    write_f32(file, "/c/layer6/weights0", 3, (int64_t[]){1, PH * PW * F, OUT}, &dense[0][0]);
    write_f32(file, "/c/layer6/weights1", 2, (int64_t[]){1, OUT}, dense_bias);
    write_f32(file, "/c/inputs", 4, (int64_t[]){N, H, W, C}, &inputs[0][0][0][0]);
    write_f32(file, "/c/targets", 1, (int64_t[]){N}, targets);
    OK(tau_h5_close(file));
    write_model(
        "c_model.h5",
        "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"conv\",\"filters\":3,\"kernel_size\":[3,2],"
        "\"strides\":[1,1],\"padding\":\"same\",\"data_format\":\"channels_last\",\"activation\":\"linear\","
        "\"batch_input_shape\":[null,5,4,2]}},"
        "{\"class_name\":\"Activation\",\"config\":{\"name\":\"act\",\"activation\":\"relu\"}},"
        "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"bn\",\"axis\":-1,\"scale\":false,"
        "\"center\":true,\"epsilon\":0.001}},"
        "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"pool\",\"pool_size\":[2,2],\"strides\":null,"
        "\"padding\":\"same\"}},"
        "{\"class_name\":\"Dropout\",\"config\":{\"name\":\"drop\",\"rate\":0.5}},"
        "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"flat\"}}," DENSE("out", 2, "softmax", ""),
        "sparse_categorical_crossentropy");
}

Test(deepreplay, images_with_channels_last_give_what_keras_computes) {
    tau_deepreplay *replay;
    tau_samples *samples;
    tau_pool *pool;
    tau_evaluator *evaluator;
    float *theta, *buffers, got[N][OUT];
    double expected[N][OUT];
    write_images();
    OK(tau_deepreplay_open(&replay, scratch("conv.h5"), NULL, NULL));
    const tau_graph *graph = tau_deepreplay_get_graph(replay);
    OK(tau_deepreplay_read_samples(replay, &samples));
    cr_assert(samples->input_shape.dim[0] == C && samples->input_shape.dim[2] == W &&
              samples->classes[0] == 1);
    OK(TAU_ALLOC(theta, graph->theta_size));
    OK(TAU_ALLOC(buffers, graph->buffer_size));
    OK(tau_deepreplay_read_state(replay, 0, theta, buffers));
    tau_backend_register(tau_backend_ref_get());
    OK(tau_pool_create(&pool, 1));
    const tau_evaluator_options options = {.backend = "ref", .loss = tau_deepreplay_get_loss(replay)};
    OK(tau_evaluator_create(&evaluator, graph, samples, &options, pool));
    OK(tau_evaluator_capture(evaluator, theta, buffers, graph->output, &got[0][0], NULL));
    expected_outputs(expected);
    for (int n = 0; n < N; n++) {
        double sum = 0;
        for (int o = 0; o < OUT; o++) sum += exp(expected[n][o]);
        for (int o = 0; o < OUT; o++) NEAR(got[n][o], exp(expected[n][o]) / sum, 1e-5);
    }
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    tau_mem_free(theta);
    tau_mem_free(buffers);
    tau_samples_destroy(samples);
    tau_deepreplay_close(replay);
}

/* ---- damage ---- */

typedef struct change {
    size_t at;
    uint8_t byte;
} change;

/* Changes of a model file that end HDF5 1.10.8 itself, found by changing bytes at random. */
static const change crashes[][3] = {{{734, 0x11}, {2228, 0x64}, {11956, 0x09}},
                                    {{1053, 0xfd}, {3586, 0x50}, {7834, 0x09}}};

Test(deepreplay, files_that_crash_the_library_are_refused) {
    uint8_t *bytes;
    size_t size;
    tau_deepreplay *replay;
    copy_file(FIXTURES "hyperparms_in_action.h5", scratch("moved.h5"));
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        OK(tau_file_read(&bytes, &size, FIXTURES "part1_activation_functions_model.h5", 1 << 20));
        for (int c = 0; c < 3; c++) bytes[crashes[i][c].at] = crashes[i][c].byte;
        OK(tau_file_write(scratch("part1_activation_functions_model.h5"), bytes, size));
        tau_mem_free(bytes);
        const tau_status status = tau_deepreplay_open(&replay, scratch("moved.h5"), NULL, NULL);
        cr_assert_neq(status, TAU_STATUS_OK, "damage %zu", i);
        cr_assert(!replay && *tau_error_last()->what && *tau_error_last()->why);
    }
}
