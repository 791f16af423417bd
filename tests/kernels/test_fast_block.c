#include "kernels/fused.h"

/** A residual block for some networks; activations are ReLU unless `linear`. */
typedef struct block_problem {
    int channels, height, width, parts, points, groups;
    bool linear;             /**< no activations */
    bool in_place, unscaled; /**< y is x; no affine maps are given */
    uint16_t *x;             /**< [points][groups] blocked */
    float *weights[2];       /**< [points][C][C][3][3] */
    float *affine[2];        /**< [points][2][C] */
} block_problem;

static size_t sample_size(const block_problem *problem) {
    return (size_t)problem->channels * (size_t)problem->height * (size_t)problem->width;
}

static size_t point_size(const block_problem *problem) {
    return sample_size(problem) * 8 * (size_t)problem->groups;
}

static size_t weight_count(const block_problem *problem) {
    return (size_t)(9 * problem->channels * problem->channels);
}

/** Fills a problem of given sizes. */
static block_problem make_problem(block_problem out) {
    uint64_t seed = (uint64_t)(out.channels * 1000 + out.height * 100 + out.width + out.parts);
    const size_t values = point_size(&out) * (size_t)out.points,
                 weights = weight_count(&out) * (size_t)out.points;
    out.x = host_memory(sizeof(uint16_t) * values);
    for (size_t i = 0; i < values; i++) out.x[i] = to_half(draw(&seed, 1));
    for (int layer = 0; layer < 2; layer++) {
        const int vectors = 2 * out.channels * out.points;
        out.weights[layer] = host_memory(sizeof(float) * weights);
        out.affine[layer] = host_memory(sizeof(float) * (size_t)vectors);
        for (size_t i = 0; i < weights; i++) out.weights[layer][i] = draw(&seed, 0.2f);
        round_weights(out.weights[layer], weights, out.parts);
        for (int i = 0; i < vectors; i++) out.affine[layer][i] = draw(&seed, 0.5f);
    }
    return out;
}

static void free_problem(block_problem *problem) {
    free(problem->x);
    for (int layer = 0; layer < 2; layer++) {
        free(problem->weights[layer]);
        free(problem->affine[layer]);
    }
}

static void *packed_memory(const block_problem *problem, int layer, int first, int points) {
    const size_t count = weight_count(problem), size = count * (size_t)problem->parts;
    uint16_t *packed = host_memory(sizeof(uint16_t) * size * (size_t)points);
    for (int p = 0; p < points; p++)
        pack_weights(packed + (size_t)p * size, problem->weights[layer] + (size_t)(first + p) * count,
                     problem->channels, problem->channels, problem->parts);
    void *memory = device_memory(packed, sizeof(uint16_t) * size * (size_t)points);
    free(packed);
    return memory;
}

/** What the kernel makes of points first .. first+points-1. */
static fused_answer run_points(const block_problem *problem, int first, int points) {
    const int channels = problem->channels;
    const size_t per_point = point_size(problem), vectors = 2 * (size_t)channels;
    const tau_fast_activation relu = {.op = TAU_OP_RELU}, none = {.op = TAU_OP_COUNT};
    fused_answer out = {.count = per_point * (size_t)points, .overflow = calloc((size_t)points, 1)};
    tau_fast_block block = {.points = points, .groups = problem->groups, .parts = problem->parts};
    block.x = (tau_fast_tensor){device_memory(problem->x + (size_t)first * per_point, 2 * out.count),
                                channels, problem->height, problem->width, per_point};
    block.y = block.x;
    if (!problem->in_place) block.y.data = device_memory(NULL, 2 * out.count);
    for (int layer = 0; layer < 2; layer++) {
        block.weights[layer] = packed_memory(problem, layer, first, points);
        block.weights_stride[layer] = 2 * weight_count(problem) * (size_t)problem->parts;
        block.affine[layer] = device_memory(problem->affine[layer] + (size_t)first * vectors,
                                            sizeof(float) * vectors * (size_t)points);
        block.activation[layer] = problem->linear ? none : relu;
        if (problem->unscaled) cudaFree((void *)(uintptr_t)block.affine[layer]), block.affine[layer] = NULL;
    }
    block.overflow = device_memory(out.overflow, (size_t)points);
    free(out.overflow);
    cr_assert_eq(tau_cuda_fast_block(&block, 0), cudaSuccess);
    cr_assert_eq(cudaDeviceSynchronize(), cudaSuccess);
    out.y = take_back(block.y.data, 2 * out.count);
    out.overflow = take_back(block.overflow, (size_t)points);
    if (!problem->in_place) cudaFree(block.x.data);
    for (int layer = 0; layer < 2; layer++) {
        cudaFree((void *)(uintptr_t)block.weights[layer]);
        cudaFree((void *)(uintptr_t)block.affine[layer]);
    }
    return out;
}

/** out = affine(conv(x)) of one sample, without activation: [C][H][W]. */
static void reference_layer(double *out, const double *x, const block_problem *problem, int layer,
                            int point) {
    const int channels = problem->channels, height = problem->height, width = problem->width;
    const float *weights = problem->weights[layer] + (size_t)point * weight_count(problem);
    const float *affine = problem->affine[layer] + point * 2 * channels;
    for (int i = 0; i < channels * height * width; i++) {
        const int output = i / (height * width), y = i / width % height, column = i % width;
        double sum = 0;
        for (int k = 0; k < channels * 9; k++) {
            const int row = y + k % 9 / 3 - 1, at = column + k % 3 - 1;
            if (row < 0 || row >= height || at < 0 || at >= width) continue;
            sum += (double)weights[output * channels * 9 + k] * x[(k / 9 * height + row) * width + at];
        }
        out[i] = (double)affine[output] * sum + (double)affine[channels + output];
    }
}

static double activated(const block_problem *problem, double value) {
    return !problem->linear && value < 0 ? 0 : value;
}

/** Largest distance of one sample's outputs from the reference, in units of 2^-11·(|value| + 1). */
static double distance(const block_problem *problem, const fused_answer *answer, int point, int sample) {
    const int channels = problem->channels, height = problem->height, width = problem->width;
    const size_t size = sample_size(problem), first = (size_t)point * point_size(problem);
    double *x = host_memory(sizeof(double) * size * 3), *u = x + size, *expected = u + size, worst = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            reference_layer(u, x, problem, 0, point);
            for (size_t i = 0; i < size; i++) u[i] = round_half(activated(problem, u[i]));
            reference_layer(expected, u, problem, 1, point);
        }
        for (size_t i = 0; i < size; i++) {
            const int channel = (int)i / (height * width), y = (int)i / width % height;
            const size_t at = first + blocked_at(channels, height, width, sample, channel, y, (int)i % width);
            if (pass == 0) {
                x[i] = from_half(problem->x[at]);
                continue;
            }
            const double value = activated(problem, expected[i] + x[i]);
            const double error = fabs(from_half(answer->y[at]) - value) / (fabs(value) + 1) * 2048;
            worst = error <= worst ? worst : error; // NaN stays
        }
    }
    free(x);
    return worst;
}

/** The kernel gives these bits for points first .. first+points-1. */
static void assert_gives(const block_problem *problem, int first, int points, const uint16_t *expected,
                         const char *what) {
    fused_answer answer = run_points(problem, first, points);
    assert_same(answer.y, expected, answer.count, what);
    free_answer(&answer);
}

// Half a unit in the last place of y, and what FP32 sums and a neighbouring f16 of some u add.
static void check_shape(block_problem sizes) {
    block_problem problem = make_problem(sizes);
    fused_answer answer = run_points(&problem, 0, problem.points);
    for (int p = 0; p < problem.points; p++) {
        for (int sample = 0; sample < 8 * problem.groups; sample++) {
            const double worst = distance(&problem, &answer, p, sample);
            cr_assert_leq(worst, 1.3, "%d×%d×%d, %d parts, network %d, sample %d: %g", problem.channels,
                          problem.height, problem.width, problem.parts, p, sample, worst);
        }
        cr_assert_eq(answer.overflow[p], 0);
    }
    free_answer(&answer);
    free_problem(&problem);
}

Test(fast_block, every_output_is_near_that_of_plain_loops) {
    const block_problem shapes[] = {{.channels = 16, .height = 5, .width = 32, .parts = 1},
                                    {.channels = 16, .height = 3, .width = 24, .parts = 2},
                                    {.channels = 16, .height = 2, .width = 40, .parts = 1},
                                    {.channels = 32, .height = 4, .width = 16, .parts = 1},
                                    {.channels = 32, .height = 3, .width = 16, .parts = 2},
                                    {.channels = 32, .height = 2, .width = 8, .parts = 1},
                                    {.channels = 64, .height = 8, .width = 8, .parts = 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        block_problem sizes = shapes[i];
        sizes.points = 2, sizes.groups = 2;
        check_shape(sizes);
    }
}

Test(fast_block, an_image_of_one_row_has_no_neighbours) {
    check_shape(
        (block_problem){.channels = 16, .height = 1, .width = 8, .parts = 1, .points = 3, .groups = 3});
    check_shape(
        (block_problem){.channels = 64, .height = 1, .width = 8, .parts = 1, .points = 2, .groups = 3});
}

Test(fast_block, activations_may_be_left_out) {
    check_shape((block_problem){
        .channels = 16, .height = 3, .width = 16, .parts = 1, .points = 1, .groups = 1, .linear = true});
}

Test(fast_block, without_affine_maps_sums_stay_as_they_are) {
    block_problem problem = make_problem(
        (block_problem){.channels = 16, .height = 3, .width = 8, .parts = 1, .points = 2, .groups = 1});
    for (int layer = 0; layer < 2; layer++)
        for (int i = 0; i < 2 * 32; i++) problem.affine[layer][i] = i % 32 < 16 ? 1 : 0;
    fused_answer given = run_points(&problem, 0, 2);
    problem.unscaled = true;
    assert_gives(&problem, 0, 2, given.y, "no affine maps");
    free_answer(&given);
    free_problem(&problem);
}

Test(fast_block, outputs_may_take_the_place_of_the_inputs) {
    block_problem problem = make_problem(
        (block_problem){.channels = 32, .height = 5, .width = 16, .parts = 1, .points = 2, .groups = 3});
    fused_answer apart = run_points(&problem, 0, 2);
    problem.in_place = true;
    assert_gives(&problem, 0, 2, apart.y, "in place");
    free_answer(&apart);
    free_problem(&problem);
}

// The layouts that these tests write out are those that the kernels of the parameters make.
Test(fast_block, takes_weights_and_affine_maps_as_they_are_packed) {
    block_problem problem = make_problem(
        (block_problem){.channels = 32, .height = 1, .width = 8, .parts = 2, .points = 2, .groups = 1});
    const size_t count = weight_count(&problem), bytes = 4 * count;
    uint8_t none[2] = {0}, *overflow = device_memory(none, 2);
    const tau_fast_weights weights = {
        .outputs = 32, .channels = 32, .kernel = {3, 3}, .output_stride = 288, .input_stride = 1};
    float *theta = device_memory(problem.weights[0], sizeof(float) * count * 2);
    const tau_cuda_source source = {.count = 1, .vectors = {theta}, .point_stride = count};
    void *packed = device_memory(NULL, 2 * bytes), *expected = packed_memory(&problem, 0, 0, 2);
    cr_assert_eq(tau_fast_weights_size(&weights, 2), bytes);
    cr_assert_eq(tau_cuda_fast_pack(packed, bytes, &weights, 2, &source, 2, overflow, 0), cudaSuccess);
    uint16_t *got = take_back(packed, 2 * bytes), *wanted = take_back(expected, 2 * bytes);
    for (size_t i = 0; i < bytes; i++) // a rest of 0 may have either sign
        cr_assert_eq(from_half(got[i]), from_half(wanted[i]), "half %zu", i);
    free(got);
    free(wanted);

    float bias[2][32], *device = NULL;
    for (int i = 0; i < 64; i++) bias[i / 32][i % 32] = (float)(i + 1);
    const tau_fast_vector given = {.data = device_memory(bias, sizeof bias), .point_stride = 32},
                          left_out = {0};
    device = device_memory(NULL, sizeof(float) * 128);
    cr_assert_eq(tau_cuda_fast_affine(device, 32, given, left_out, left_out, left_out, left_out, 0, 2, 0),
                 cudaSuccess);
    float *affine = take_back(device, sizeof(float) * 128);
    for (int i = 0; i < 128; i++)
        cr_assert_eq(affine[i], i % 64 < 32 ? 1.0f : bias[i / 64][i % 32], "value %d", i);
    free(affine);
    cudaFree((void *)(uintptr_t)given.data);
    cudaFree(theta);
    cudaFree(overflow);
    free_problem(&problem);
}

// Weights near 1 and inputs of 1 and -1 by turns: all that is left of a sum is what the second parts hold.
Test(fast_block, the_second_parts_of_weights_count) {
    block_problem problem = make_problem(
        (block_problem){.channels = 16, .height = 2, .width = 8, .parts = 2, .points = 1, .groups = 1});
    uint64_t seed = 1;
    for (size_t i = 0; i < point_size(&problem); i++) problem.x[i] = to_half(i % 2 ? -1 : 1);
    for (size_t i = 0; i < weight_count(&problem); i++) {
        problem.weights[0][i] = 1 + draw(&seed, 0x1p-12f);
        problem.weights[1][i] = i % 9 == 4 && i / 9 % 16 == i / 144 ? 1 : 0; // the identity
    }
    round_weights(problem.weights[0], weight_count(&problem), 2);
    for (int i = 0; i < 32; i++)
        problem.affine[0][i] = i < 16 ? 128 : 0, problem.affine[1][i] = i < 16 ? 1 : 0;
    fused_answer answer = run_points(&problem, 0, 1);
    cr_assert_leq(distance(&problem, &answer, 0, 3), 1.3);
    free_answer(&answer);
    free_problem(&problem);
}

Test(fast_block, bits_do_not_depend_on_networks_groups_or_multiprocessors) {
    block_problem problem = make_problem(
        (block_problem){.channels = 32, .height = 3, .width = 16, .parts = 1, .points = 3, .groups = 3});
    fused_answer together = run_points(&problem, 0, 3);
    const int multiprocessors[] = {1, 2, 100};
    for (int i = 0; i < 3; i++) {
        emulation_set_multiprocessors(multiprocessors[i]);
        assert_gives(&problem, 0, 3, together.y, "multiprocessors");
    }
    assert_gives(&problem, 2, 1, together.y + together.count / 3 * 2, "the third network alone");
    problem.groups = 1;
    assert_gives(&problem, 0, 1, together.y, "the first group alone");
    free_answer(&together);
    free_problem(&problem);
}

// Threads 0 to 127 make the values between the convolutions, the others the outputs; one block takes three
// networks of two groups.
Test(fast_block, bits_do_not_depend_on_the_schedule) {
    block_problem problem = make_problem(
        (block_problem){.channels = 16, .height = 6, .width = 32, .parts = 1, .points = 3, .groups = 2});
    emulation_set_multiprocessors(1);
    cr_assert(emulation_set_schedule("ordered"));
    fused_answer ordered = run_points(&problem, 0, 3);
    const char *const schedules[] = {"shuffled:1", "starve:0-127:2", "starve:128-255:3", "starve:32-63:4",
                                     "starve:160-191:5"};
    for (int i = 0; i < 5; i++) {
        cr_assert(emulation_set_schedule(schedules[i]));
        assert_gives(&problem, 0, 3, ordered.y, schedules[i]);
    }
    free_answer(&ordered);
    free_problem(&problem);
}

// 65520 is the least value that rounds to infinity.
Test(fast_block, overflow_marks_exactly_the_networks_whose_values_do_not_fit) {
    block_problem problem = make_problem(
        (block_problem){.channels = 16, .height = 2, .width = 8, .parts = 1, .points = 7, .groups = 1});
    memset(problem.x, 0, sizeof(uint16_t) * point_size(&problem) * 7);
    for (int layer = 0; layer < 2; layer++) memset(problem.affine[layer] + 32, 0, sizeof(float) * 32 * 6);
    problem.affine[0][1 * 32 + 16 + 5] = 65520;
    problem.affine[0][2 * 32 + 16 + 5] = 65519;
    problem.affine[1][3 * 32 + 16 + 15] = 65520;
    problem.affine[1][4 * 32 + 16 + 15] = 65519;
    problem.affine[1][5 * 32 + 16 + 9] = -INFINITY; // below zero: nothing is left of it
    problem.affine[0][6 * 32 + 16 + 9] = NAN;
    const uint8_t expected[7] = {0, 1, 0, 1, 0, 0, 1};
    fused_answer answer = run_points(&problem, 0, 7);
    for (int p = 0; p < 7; p++) cr_assert_eq(answer.overflow[p], expected[p], "network %d", p);
    free_answer(&answer);
    free_problem(&problem);
}

// Two 3×3 kernels see two rows and columns around; the network that follows in the same blocks sees nothing.
Test(fast_block, a_nan_reaches_the_outputs_that_see_it_and_no_others) {
    const int channels = 32, height = 6, width = 16, sample = 9, row = 0, column = 7;
    block_problem problem = make_problem((block_problem){
        .channels = channels, .height = height, .width = width, .parts = 1, .points = 2, .groups = 3});
    fused_answer clean = run_points(&problem, 0, 2);
    problem.x[blocked_at(channels, height, width, sample, 11, row, column)] = 0x7fff;
    fused_answer answer = run_points(&problem, 0, 2);
    size_t reached = 0, differ = 0;
    for (size_t i = 0; i < sample_size(&problem) * 24; i++) {
        const int s = (int)(i / sample_size(&problem)), rest = (int)(i % sample_size(&problem));
        const int y = rest / width % height, x = rest % width;
        const size_t at = blocked_at(channels, height, width, s, rest / (height * width), y, x);
        const bool sees = s == sample && y <= row + 2 && x >= column - 2 && x <= column + 2;
        reached += sees && isnan(from_half(answer.y[at]));
        differ += !sees && answer.y[at] != clean.y[at];
    }
    cr_assert_eq(reached, (size_t)channels * 3 * 5);
    cr_assert_eq(differ, 0);
    const size_t half = answer.count / 2;
    assert_same(answer.y + half, clean.y + half, half, "the other network");
    cr_assert_eq(answer.overflow[0], 1);
    cr_assert_eq(answer.overflow[1], 0);
    free_answer(&answer);
    free_answer(&clean);
    free_problem(&problem);
}

Test(fast_block, takes_the_shapes_that_registers_and_shared_memory_hold) {
    cr_assert(tau_cuda_fast_block_fits(16, 32, 32, 1));
    cr_assert(tau_cuda_fast_block_fits(32, 16, 16, 2));
    cr_assert(tau_cuda_fast_block_fits(64, 8, 8, 1));
    cr_assert_not(tau_cuda_fast_block_fits(64, 8, 8, 2));
    cr_assert_not(tau_cuda_fast_block_fits(24, 8, 8, 1));
    cr_assert_not(tau_cuda_fast_block_fits(16, 12, 12, 1));
    cr_assert(tau_cuda_fast_block_fits(16, 72, 72, 1));
    emulation_set_capability(8, 0);
    cr_assert(tau_cuda_fast_block_fits(16, 64, 64, 1));
    cr_assert_not(tau_cuda_fast_block_fits(16, 72, 72, 1));
    emulation_set_devices(0);
    cr_assert_not(tau_cuda_fast_block_fits(16, 32, 32, 1));
}

Test(fast_block, what_it_cannot_do_is_refused) {
    tau_fast_block block = {.points = 1, .groups = 1, .parts = 2};
    block.x = block.y = (tau_fast_tensor){.channels = 64, .height = 8, .width = 8};
    block.activation[0].op = block.activation[1].op = TAU_OP_RELU;
    cr_assert_eq(tau_cuda_fast_block(&block, 0), cudaErrorNotSupported);
    block.parts = 1, block.activation[1].op = TAU_OP_TANH;
    cr_assert_eq(tau_cuda_fast_block(&block, 0), cudaErrorNotSupported);
    cr_assert_eq(emulation_launches(), 0);
}
