#include "kernels/fused.h"

enum { PIXELS = 784, FIRST = 32 * 9 + 32, SECOND = 64 * 32 * 9, OUTPUTS = 64 * 12 * 12 };

/** The network's parameters for some points, and samples of which the last group is not full. */
typedef struct cnn_problem {
    int points, groups, samples;
    bool unscaled; /**< no affine map is given */
    float *x;      /**< [samples][784] */
    float *first;  /**< [points][320] */
    float *second; /**< [points][64][32][9] */
    float *affine; /**< [points][2][64] */
} cnn_problem;

static cnn_problem make_problem(int points, int groups, uint64_t seed) {
    cnn_problem out = {.points = points, .groups = groups, .samples = groups * 8 - 3};
    out.x = host_memory(sizeof(float) * PIXELS * (size_t)out.samples);
    out.first = host_memory(sizeof(float) * FIRST * (size_t)points);
    out.second = host_memory(sizeof(float) * SECOND * (size_t)points);
    out.affine = host_memory(sizeof(float) * 128 * (size_t)points);
    for (int i = 0; i < PIXELS * out.samples; i++) out.x[i] = draw(&seed, 1);
    for (int i = 0; i < FIRST * points; i++) out.first[i] = draw(&seed, 0.5f);
    for (int i = 0; i < SECOND * points; i++) out.second[i] = draw(&seed, 0.1f);
    for (int i = 0; i < 128 * points; i++) out.affine[i] = draw(&seed, 1);
    round_weights(out.second, SECOND * (size_t)points, 1);
    return out;
}

static void free_problem(cnn_problem *problem) {
    free(problem->x);
    free(problem->first);
    free(problem->second);
    free(problem->affine);
}

/** What the kernel makes of points first .. first+points-1: y is [64,12,12]. */
static fused_answer run_points(const cnn_problem *problem, int first, int points) {
    const size_t per_point = (size_t)problem->groups * 8 * OUTPUTS;
    fused_answer out = {.count = per_point * (size_t)points};
    uint16_t *packed = host_memory(2 * SECOND * (size_t)points);
    for (int p = 0; p < points; p++)
        pack_weights(packed + (size_t)p * SECOND, problem->second + (size_t)(first + p) * SECOND, 64, 32, 1);
    float *x = device_memory(problem->x, sizeof(float) * PIXELS * (size_t)problem->samples);
    float *images = device_memory(NULL, sizeof(float) * PIXELS * (size_t)problem->groups * 8);
    float *weights =
        device_memory(problem->first + (size_t)first * FIRST, sizeof(float) * FIRST * (size_t)points);
    void *second = device_memory(packed, 2 * SECOND * (size_t)points);
    float *affine =
        device_memory(problem->affine + (size_t)first * 128, sizeof(float) * 128 * (size_t)points);
    uint8_t *none = calloc((size_t)points, 1), *overflow = device_memory(none, (size_t)points);
    const tau_fast_cnn cnn = {.points = points,
                              .groups = problem->groups,
                              .images = images,
                              .first = weights,
                              .first_stride = FIRST,
                              .second = second,
                              .second_stride = 2 * SECOND,
                              .parts = 1,
                              .affine = problem->unscaled ? NULL : affine,
                              .y = {device_memory(NULL, 2 * out.count), 64, 12, 12, per_point},
                              .overflow = overflow};
    cr_assert_eq(tau_cuda_fast_cnn_images(images, x, problem->samples, 0), cudaSuccess);
    cr_assert_eq(tau_cuda_fast_cnn(&cnn, 0), cudaSuccess);
    cr_assert_eq(cudaDeviceSynchronize(), cudaSuccess);
    out.y = take_back(cnn.y.data, 2 * out.count);
    out.overflow = take_back(overflow, (size_t)points);
    void *const inputs[] = {x, images, weights, second, affine};
    for (int i = 0; i < 5; i++) cudaFree(inputs[i]);
    free(packed);
    free(none);
    return out;
}

/** u of one sample: [32][26][26], rounded to f16. */
static void reference_first(double *u, const cnn_problem *problem, int point, int sample) {
    const float *weights = problem->first + (size_t)point * FIRST, *x = problem->x + (size_t)sample * PIXELS;
    for (int i = 0; i < 32 * 26 * 26; i++) {
        const int channel = i / 676, row = i / 26 % 26, column = i % 26;
        double sum = weights[288 + channel];
        for (int tap = 0; tap < 9; tap++) {
            const int pixel = (row + tap / 3) * 28 + column + tap % 3;
            sum += (double)weights[channel * 9 + tap] * (sample < problem->samples ? (double)x[pixel] : 0.0);
        }
        u[i] = round_half(sum < 0 ? 0 : sum);
    }
}

/** v of one output: [24][24]. */
static void reference_second(double *v, const double *u, const cnn_problem *problem, int point, int output) {
    const float *weights = problem->second + ((size_t)point * 64 + (size_t)output) * 288;
    const float *affine = problem->affine + (size_t)point * 128 + output;
    memset(v, 0, sizeof(double) * 576);
    for (int k = 0; k < 288; k++) {
        const double *corner = u + k / 9 * 676 + k % 9 / 3 * 26 + k % 3, weight = weights[k];
        for (int i = 0; i < 576; i++) v[i] += weight * corner[i / 24 * 26 + i % 24];
    }
    for (int i = 0; i < 576; i++) v[i] = fmax(affine[0] * v[i] + affine[64], 0);
}

/** Largest distance of one sample's outputs from the reference, in units of 2^-11·(value + 1). */
static double distance(const cnn_problem *problem, const fused_answer *answer, int point, int sample) {
    static double u[32 * 676], v[576];
    const uint16_t *y = answer->y + (size_t)point * (size_t)problem->groups * 8 * OUTPUTS;
    double worst = 0;
    reference_first(u, problem, point, sample);
    for (int output = 0; output < 64; output++) {
        reference_second(v, u, problem, point, output);
        for (int i = 0; i < 144; i++) {
            const double *corner = v + i / 12 * 48 + i % 12 * 2;
            const double expected = fmax(fmax(corner[0], corner[1]), fmax(corner[24], corner[25]));
            const double got = from_half(y[blocked_at(64, 12, 12, sample, output, i / 12, i % 12)]);
            const double error = fabs(got - expected) / (expected + 1) * 2048;
            worst = error <= worst ? worst : error; // NaN stays
        }
    }
    return worst;
}

/** The kernel gives these bits for points first .. first+points-1. */
static void assert_gives(const cnn_problem *problem, int first, int points, const uint16_t *expected,
                         const char *what) {
    fused_answer answer = run_points(problem, first, points);
    assert_same(answer.y, expected, answer.count, what);
    free_answer(&answer);
}

// Half a unit in the last place of y, and what FP32 sums and a neighbouring f16 of some u add.
Test(fast_cnn, every_output_is_near_that_of_plain_loops) {
    cnn_problem problem = make_problem(2, 2, 1);
    fused_answer answer = run_points(&problem, 0, 2);
    for (int p = 0; p < 2; p++) {
        for (int sample = 0; sample < 16; sample++) {
            const double worst = distance(&problem, &answer, p, sample);
            cr_assert_leq(worst, 1.1, "network %d, sample %d: %g", p, sample, worst);
        }
        cr_assert_eq(answer.overflow[p], 0);
    }
    free_answer(&answer);
    free_problem(&problem);
}

// Blocks of threads that take one item, several, parts of two networks; a single one that takes all.
Test(fast_cnn, bits_do_not_depend_on_networks_groups_or_multiprocessors) {
    cnn_problem problem = make_problem(2, 3, 2);
    fused_answer together = run_points(&problem, 0, 2);
    const int multiprocessors[] = {1, 4, 100};
    for (int i = 0; i < 3; i++) {
        emulation_set_multiprocessors(multiprocessors[i]);
        assert_gives(&problem, 0, 2, together.y, "multiprocessors");
    }
    assert_gives(&problem, 1, 1, together.y + together.count / 2, "the second network alone");
    problem.groups = 1, problem.samples = 8;
    assert_gives(&problem, 0, 1, together.y, "the first group alone");
    free_answer(&together);
    free_problem(&problem);
}

// The producer is threads 0 to 127, the consumers are the others.
Test(fast_cnn, bits_do_not_depend_on_the_schedule) {
    cnn_problem problem = make_problem(2, 2, 3);
    cr_assert(emulation_set_schedule("ordered"));
    fused_answer ordered = run_points(&problem, 0, 2);
    const char *const schedules[] = {"shuffled:1", "starve:0-127:2", "starve:128-383:3", "starve:128-255:4",
                                     "starve:32-63:5"};
    for (int i = 0; i < 5; i++) {
        cr_assert(emulation_set_schedule(schedules[i]));
        assert_gives(&problem, 0, 2, ordered.y, schedules[i]);
    }
    free_answer(&ordered);
    free_problem(&problem);
}

Test(fast_cnn, without_an_affine_map_sums_stay_as_they_are) {
    cnn_problem problem = make_problem(1, 1, 6);
    for (int i = 0; i < 128; i++) problem.affine[i] = i < 64 ? 1 : 0;
    fused_answer given = run_points(&problem, 0, 1);
    problem.unscaled = true;
    assert_gives(&problem, 0, 1, given.y, "no affine map");
    free_answer(&given);
    free_problem(&problem);
}

static void clear_network(cnn_problem *problem, int point) {
    memset(problem->first + (size_t)point * FIRST, 0, sizeof(float) * FIRST);
    memset(problem->affine + (size_t)point * 128, 0, sizeof(float) * 128);
}

// 65520 is the least value that rounds to infinity.
Test(fast_cnn, overflow_marks_exactly_the_networks_whose_values_do_not_fit) {
    cnn_problem problem = make_problem(7, 1, 4);
    for (int p = 1; p < 7; p++) clear_network(&problem, p);
    problem.first[1 * FIRST + 288 + 17] = 65520;
    problem.first[2 * FIRST + 288 + 17] = 65519;
    problem.affine[3 * 128 + 64 + 63] = 65520;
    problem.affine[4 * 128 + 64 + 63] = 65519;
    problem.affine[5 * 128 + 64 + 8] = -INFINITY; // below zero: nothing is left of it
    problem.affine[6 * 128 + 64 + 8] = NAN;
    const uint8_t expected[7] = {0, 1, 0, 1, 0, 0, 1};
    fused_answer answer = run_points(&problem, 0, 7);
    for (int p = 0; p < 7; p++) cr_assert_eq(answer.overflow[p], expected[p], "network %d", p);
    free_answer(&answer);
    free_problem(&problem);
}

Test(fast_cnn, a_nan_reaches_the_outputs_that_see_its_pixel_and_no_others) {
    cnn_problem problem = make_problem(1, 2, 5);
    fused_answer clean = run_points(&problem, 0, 1);
    const int sample = 10, row = 13, column = 27;
    problem.x[sample * PIXELS + row * 28 + column] = NAN;
    fused_answer answer = run_points(&problem, 0, 1);
    int reached = 0;
    for (int i = 0; i < 16 * OUTPUTS; i++) {
        const int s = i / OUTPUTS, channel = i / 144 % 64, y = i / 12 % 12, x = i % 12;
        const size_t at = blocked_at(64, 12, 12, s, channel, y, x);
        const bool sees = s == sample && 2 * y <= row && row <= 2 * y + 5 && column <= 2 * x + 5;
        reached += sees;
        if (sees)
            cr_assert(isnan(from_half(answer.y[at])), "channel %d, row %d, column %d", channel, y, x);
        else
            cr_assert_eq(answer.y[at], clean.y[at], "sample %d, channel %d, row %d, column %d", s, channel, y,
                         x);
    }
    cr_assert_eq(reached, 64 * 3);
    cr_assert_eq(answer.overflow[0], 1);
    free_answer(&answer);
    free_answer(&clean);
    free_problem(&problem);
}

Test(fast_cnn, what_it_cannot_do_is_refused) {
    tau_fast_cnn cnn = {
        .points = 1, .groups = 1, .parts = 2, .y = {.channels = 64, .height = 12, .width = 12}};
    cr_assert_eq(tau_cuda_fast_cnn(&cnn, 0), cudaErrorNotSupported);
    cnn.parts = 1, cnn.y.width = 13;
    cr_assert_eq(tau_cuda_fast_cnn(&cnn, 0), cudaErrorInvalidValue);
    cnn.y.width = 12;
    emulation_set_capability(8, 0);
    cr_assert_eq(tau_cuda_fast_cnn(&cnn, 0), cudaErrorNotSupported);
    cr_assert_eq(emulation_launches(), 0);
}

Test(fast_cnn, images_of_samples_past_the_last_are_zero) {
    float x[9][PIXELS], *device = NULL;
    for (int i = 0; i < 9 * PIXELS; i++) x[i / PIXELS][i % PIXELS] = (float)(i + 1);
    float *source = device_memory(x, sizeof x);
    device = device_memory(NULL, sizeof(float) * 16 * PIXELS);
    cr_assert_eq(tau_cuda_fast_cnn_images(device, source, 9, 0), cudaSuccess);
    float *images = take_back(device, sizeof(float) * 16 * PIXELS);
    for (int i = 0; i < 16 * PIXELS; i++) {
        const int sample = i / (8 * PIXELS) * 8 + i % 8, pixel = i / 8 % PIXELS;
        cr_assert_eq(images[i], sample < 9 ? x[sample][pixel] : 0.0f);
    }
    free(images);
    cudaFree(source);
}
