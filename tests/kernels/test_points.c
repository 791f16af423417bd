/* Parameters of points, losses of samples and their sums, against the code of the host that defines them. */
#include <criterion/criterion.h>
#include <cuda_runtime_api.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend/combine.h"
#include "backend/loss.h"
#include "core/rng.h"
#include "emulation/emulation.h"
#include "kernels/points.h"

static void succeed(cudaError_t error) {
    cr_assert_eq(error, cudaSuccess, "%s", cudaGetErrorString(error));
}

static void *to_device(const void *host, size_t bytes) {
    void *device = NULL;
    succeed(cudaMalloc(&device, bytes));
    if (host) succeed(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
    return device;
}

static void from_device(void *host, const void *device, size_t bytes) {
    succeed(cudaDeviceSynchronize());
    succeed(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost));
}

static double normal(uint64_t stream, uint64_t i) {
    return tau_rng_normal((tau_rng_key){23, stream}, i);
}

/* ---- parameters ---- */

enum { P = 1001, OFFSET = 3, SIZE = P - OFFSET - 5, STRIDE = SIZE + 7, POINTS = 9 };

static const double coefficients[POINTS][TAU_BASIS_MAX] = {
    {1, 0, 0},           {0, 1, 0},     {0, 0, 0},   {0.3, 0.7, 0},
    {1, -0.25, 1.0 / 3}, {-0.0, 1, -1}, {1, NAN, 1}, {1e-30, 1e30, -1e-30},
    {INFINITY, 0, 1},
};

/* Numbers of very different sizes, and those that round or travel in their own way. */
static void make_vector(float *out, uint64_t stream) {
    const float specials[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 0x1p-149f, -0x1p-140f, 3.4e38f};
    for (uint64_t i = 0; i < P; i++) out[i] = (float)(normal(stream, i) * pow(10, (double)(i % 9) - 4));
    for (uint64_t i = 0; i < P; i += 7) out[i] = specials[(i / 7 * (stream + 1) + stream) % 8];
}

static void check_bits(const float *found, const float *expected, size_t count, int point) {
    for (size_t i = 0; i < count; i++)
        cr_assert(
            memcmp(&found[i], &expected[i], sizeof(float)) == 0 || (isnan(found[i]) && isnan(expected[i])),
            "point %d, element %zu: %.9g instead of %.9g", point, i, (double)found[i], (double)expected[i]);
}

static void check_combination(int count, bool clamp) {
    float v[TAU_BASIS_MAX][P], expected[SIZE], *found = malloc(POINTS * STRIDE * sizeof(float));
    tau_cuda_source source = {.count = count};
    for (uint64_t k = 0; k < TAU_BASIS_MAX; k++) {
        make_vector(v[k], k);
        if ((int)k < count) source.vectors[k] = to_device(v[k], sizeof v[k]);
    }
    for (int i = 0; i < POINTS * STRIDE; i++) found[i] = 77;
    float *out = to_device(found, POINTS * STRIDE * sizeof(float));
    source.coefficients = to_device(coefficients, sizeof coefficients);
    succeed(tau_cuda_combine(out, STRIDE, &source, OFFSET, SIZE, POINTS, clamp, NULL));
    from_device(found, out, POINTS * STRIDE * sizeof(float));
    for (int p = 0; p < POINTS; p++) {
        const float *vectors[] = {v[0] + OFFSET, v[1] + OFFSET, v[2] + OFFSET};
        tau_combine(expected, count, vectors, coefficients[p], SIZE);
        for (int i = 0; clamp && i < SIZE; i++)
            if (expected[i] < 0) expected[i] = 0;
        check_bits(found + p * STRIDE, expected, SIZE, p);
        for (int i = SIZE; i < STRIDE; i++) cr_assert_eq(found[p * STRIDE + i], 77, "beyond the end");
    }
    for (int k = 0; k < count; k++) cudaFree((void *)source.vectors[k]);
    cudaFree((void *)source.coefficients);
    cudaFree(out);
    free(found);
}

Test(points, combinations_have_the_bits_of_the_host) {
    for (int count = 1; count <= TAU_BASIS_MAX; count++) check_combination(count, false);
}

Test(points, combinations_clamp_what_must_not_be_negative) {
    check_combination(TAU_BASIS_MAX, true);
}

Test(points, vectors_without_coefficients_are_taken_as_they_are) {
    float v[P], found[2 * SIZE];
    make_vector(v, 0);
    const size_t strides[] = {0, 2};
    tau_cuda_source source = {.count = 1, .vectors = {to_device(v, sizeof v)}};
    float *out = to_device(NULL, sizeof found);
    for (int i = 0; i < 2; i++) {
        source.point_stride = strides[i];
        succeed(tau_cuda_combine(out, SIZE, &source, OFFSET, SIZE, 2, false, NULL));
        from_device(found, out, sizeof found);
        check_bits(found, v + OFFSET, SIZE, 0);
        check_bits(found + SIZE, v + OFFSET + strides[i], SIZE, 1);
    }
    cudaFree((void *)source.vectors[0]);
    cudaFree(out);
}

/* ---- losses ---- */

enum { SAMPLES = 37, ROW_SAMPLES = 40, LOSS_POINTS = 3, LOSS_STRIDE = 41, OUTPUTS_MAX = 1000 };

typedef struct losses {
    tau_loss loss;
    int outputs;
    float *output; /* [LOSS_POINTS, ROW_SAMPLES, outputs] */
    int32_t classes[SAMPLES];
    float *values; /* [SAMPLES, outputs] */
    float *output_device;
    tau_cuda_targets targets;
} losses;

/* Rows 0 and 1 of each network are ordinary and have ties; some of the others hold what must travel. */
static float output_value(tau_loss loss, size_t row, size_t i, uint64_t draw) {
    static const float specials[] = {NAN, INFINITY, -INFINITY, 0.0f, 1.0f};
    const double x = 2 * normal(5, draw);
    if (row % 5 == 4 && i % 3 == row % 3) return specials[(row / 5 + i) % 5];
    if (row % 5 == 3) return row % 2 ? -INFINITY : 1.0f;
    if (loss == TAU_LOSS_BCE) return (float)(1 / (1 + exp(-x)));
    return row % 5 == 1 ? (float)round(x) : (float)x;
}

static losses make_losses(tau_loss loss, int outputs) {
    const size_t row = (size_t)outputs, rows = LOSS_POINTS * ROW_SAMPLES;
    losses l = {.loss = loss, .outputs = outputs};
    l.output = malloc(rows * row * sizeof(float));
    l.values = malloc(SAMPLES * row * sizeof(float));
    for (size_t i = 0; i < rows * row; i++) l.output[i] = output_value(loss, i / row, i % row, i);
    for (size_t i = 0; i < SAMPLES * row; i++)
        l.values[i] = loss == TAU_LOSS_BCE || loss == TAU_LOSS_BCE_LOGITS
                          ? (float[]){0, 1, 0.25f, 0.75f}[i % 4]
                          : (float)normal(6, i);
    for (size_t s = 0; s < SAMPLES; s++) l.classes[s] = (int32_t)(s * s % row);
    l.output_device = to_device(l.output, rows * row * sizeof(float));
    if (tau_loss_takes_classes(loss))
        l.targets.classes = to_device(l.classes, sizeof l.classes);
    else
        l.targets.values = to_device(l.values, SAMPLES * row * sizeof(float));
    return l;
}

static void free_losses(losses *l) {
    cudaFree((void *)l->targets.classes);
    cudaFree((void *)l->targets.values);
    cudaFree(l->output_device);
    free(l->output);
    free(l->values);
}

static tau_target target_of(const losses *l, size_t sample) {
    if (tau_loss_takes_classes(l->loss)) return (tau_target){.class_index = l->classes[sample]};
    return (tau_target){.values = l->values + sample * (size_t)l->outputs};
}

static void widen(double *out, const losses *l, size_t row) {
    for (size_t i = 0; i < (size_t)l->outputs; i++) out[i] = (double)l->output[row * (size_t)l->outputs + i];
}

static size_t class_count(const losses *l) {
    const size_t classes = tau_loss_class_count(l->loss, (size_t)l->outputs);
    return classes > 1 ? classes : 0;
}

/* The counts that the host makes of a network's rows, on top of one in every cell. */
static void check_counts(const losses *l, const uint32_t *found, size_t point) {
    const size_t classes = class_count(l), size = tau_confusion_size(classes);
    const tau_samples samples = {.count = SAMPLES,
                                 .classes = tau_loss_takes_classes(l->loss) ? (int32_t *)l->classes : NULL,
                                 .values = l->values,
                                 .target_size = 1};
    double row[OUTPUTS_MAX];
    int32_t decided[SAMPLES];
    uint64_t *expected = malloc(size * sizeof *expected);
    for (size_t s = 0; s < SAMPLES; s++) {
        widen(row, l, point * ROW_SAMPLES + s);
        decided[s] = tau_loss_decide(l->loss, row, (size_t)l->outputs);
    }
    tau_loss_count(expected, classes, &samples, decided);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(found[i], expected[i] + 1, "%s of %d outputs, network %zu: count %zu is %u, not %zu",
                     tau_loss_name(l->loss), l->outputs, point, i, found[i], (size_t)expected[i] + 1);
    free(expected);
}

static bool same(double found, double expected, double tolerance) {
    if (isnan(expected)) return isnan(found);
    if (isinf(expected)) return found == expected;
    return fabs(found - expected) <= tolerance * fabs(expected);
}

/* A thread sums in the order of the host, a warp in its own: up to a thousand terms rounded to 2^-53. */
static double tolerance_of(int outputs) {
    return outputs <= 32 ? 0 : 1e-13;
}

static void check_losses(tau_loss loss, int outputs) {
    losses l = make_losses(loss, outputs);
    double found[2][LOSS_POINTS * LOSS_STRIDE], row[OUTPUTS_MAX], right;
    for (int i = 0; i < LOSS_POINTS * LOSS_STRIDE; i++) found[0][i] = found[1][i] = 77;
    double *device[] = {to_device(found[0], sizeof found[0]), to_device(found[1], sizeof found[1])};
    const size_t size = tau_confusion_size(class_count(&l));
    uint32_t *counts = malloc(LOSS_POINTS * size * sizeof *counts + 1), *counts_device = NULL;
    for (size_t i = 0; i < LOSS_POINTS * size; i++) counts[i] = 1;
    if (size > 0) counts_device = to_device(counts, LOSS_POINTS * size * sizeof *counts);
    succeed(tau_cuda_loss_sample(device[0], device[1], LOSS_STRIDE, counts_device, loss, l.output_device,
                                 LOSS_POINTS, SAMPLES, ROW_SAMPLES, outputs, l.targets, NULL));
    for (int i = 0; i < 2; i++) from_device(found[i], device[i], sizeof found[i]);
    if (size > 0) from_device(counts, counts_device, LOSS_POINTS * size * sizeof *counts);
    for (size_t p = 0; p < LOSS_POINTS && size > 0; p++) check_counts(&l, counts + p * size, p);
    free(counts);
    cudaFree(counts_device);
    for (size_t p = 0; p < LOSS_POINTS; p++)
        for (size_t s = 0; s < LOSS_STRIDE; s++) {
            const double *at[] = {&found[0][p * LOSS_STRIDE + s], &found[1][p * LOSS_STRIDE + s]};
            if (s >= SAMPLES) {
                cr_assert(*at[0] == 77 && *at[1] == 77, "written past the last sample");
                continue;
            }
            widen(row, &l, p * ROW_SAMPLES + s);
            const double expected = tau_loss_sample(loss, row, (size_t)outputs, target_of(&l, s), &right);
            cr_assert(same(*at[0], expected, tolerance_of(outputs)),
                      "%s of %d outputs, network %zu, sample %zu: %.17g instead of %.17g",
                      tau_loss_name(loss), outputs, p, s, *at[0], expected);
            cr_assert(same(*at[1], right, 0), "%s of %d outputs, network %zu, sample %zu: right %g, not %g",
                      tau_loss_name(loss), outputs, p, s, *at[1], right);
        }
    cudaFree(device[0]);
    cudaFree(device[1]);
    free_losses(&l);
}

static const int output_counts[] = {1, 2, 10, 32, 33, 100, OUTPUTS_MAX};
enum { OUTPUT_COUNTS = sizeof output_counts / sizeof output_counts[0] };

Test(points, losses_of_samples_are_those_of_the_host) {
    for (int loss = 0; loss < TAU_LOSS_COUNT; loss++)
        for (int i = 0; i < OUTPUT_COUNTS; i++) check_losses((tau_loss)loss, output_counts[i]);
}

/* The host takes the largest after the last NaN: infinite where that is, whatever came before. */
Test(points, losses_of_rows_with_nan_and_infinity_are_those_of_the_host) {
    static const float parts[] = {NAN, INFINITY, -INFINITY, 1, 0};
    enum { ROWS = 125, WIDTH = 40 };
    for (int width = 3; width <= WIDTH; width += WIDTH - 3) {
        float output[ROWS * WIDTH];
        int32_t classes[ROWS] = {0};
        double found[2][ROWS], row[WIDTH], right;
        for (int r = 0; r < ROWS; r++)
            for (int i = 0; i < width; i++)
                output[r * width + i] = parts[(i < width / 3 ? r / 25 : i < width * 2 / 3 ? r / 5 : r) % 5];
        float *output_device = to_device(output, sizeof output);
        const tau_cuda_targets targets = {.classes = to_device(classes, sizeof classes)};
        double *device[] = {to_device(NULL, sizeof found[0]), to_device(NULL, sizeof found[1])};
        succeed(tau_cuda_loss_sample(device[0], device[1], ROWS, NULL, TAU_LOSS_CROSS_ENTROPY, output_device,
                                     1, ROWS, ROWS, width, targets, NULL));
        for (int i = 0; i < 2; i++) from_device(found[i], device[i], sizeof found[i]);
        for (int r = 0; r < ROWS; r++) {
            for (int i = 0; i < width; i++) row[i] = (double)output[r * width + i];
            const double expected = tau_loss_sample(TAU_LOSS_CROSS_ENTROPY, row, (size_t)width,
                                                    (tau_target){.class_index = 0}, &right);
            cr_assert(same(found[0][r], expected, 1e-14), "row %d of %d: %g instead of %g", r, width,
                      found[0][r], expected);
            cr_assert_eq(found[1][r], right, "row %d of %d", r, width);
        }
        cudaFree(device[0]);
        cudaFree(device[1]);
        cudaFree(output_device);
        cudaFree((void *)targets.classes);
    }
}

static void check_gradients(tau_loss loss, int outputs) {
    losses l = make_losses(loss, outputs);
    const size_t count = SAMPLES * (size_t)outputs;
    float *found = malloc(count * sizeof(float));
    double row[OUTPUTS_MAX], expected[OUTPUTS_MAX];
    const double scale = 1.0 / SAMPLES;
    float *device = to_device(NULL, count * sizeof(float));
    succeed(tau_cuda_loss_gradient(device, loss, l.output_device, SAMPLES, outputs, l.targets, scale, NULL));
    from_device(found, device, count * sizeof(float));
    for (size_t s = 0; s < SAMPLES; s++) {
        widen(row, &l, s);
        tau_loss_gradient(expected, loss, row, (size_t)outputs, target_of(&l, s));
        for (size_t i = 0; i < (size_t)outputs; i++)
            cr_assert(
                same((double)found[s * (size_t)outputs + i], (double)(float)(scale * expected[i]), 1e-6),
                "%s of %d outputs, sample %zu, output %zu: %g instead of %g", tau_loss_name(loss), outputs, s,
                i, (double)found[s * (size_t)outputs + i], scale * expected[i]);
    }
    cudaFree(device);
    free(found);
    free_losses(&l);
}

Test(points, gradients_of_losses_are_those_of_the_host) {
    for (int loss = 0; loss < TAU_LOSS_COUNT; loss++)
        for (int i = 0; i < OUTPUT_COUNTS; i++) check_gradients((tau_loss)loss, output_counts[i]);
}

/* ---- sums ---- */

static const size_t counts[] = {1, 2, 7, 8, 9, 63, 64, 65, 1000, 4097};
enum { COUNTS = sizeof counts / sizeof counts[0], REDUCED = 3 };

static void check_equal(double found, double expected, const char *what, size_t count) {
    cr_assert(found == expected || (isnan(found) && isnan(expected)), "%s of %zu: %.17g instead of %.17g",
              what, count, found, expected);
}

/* Values of many magnitudes, so that another order of sums would have other bits. */
static void check_sums(size_t count) {
    const size_t stride = count + 5, bytes = REDUCED * stride * sizeof(double);
    double *losses_of = malloc(bytes), *right = malloc(bytes);
    for (size_t i = 0; i < REDUCED * stride; i++) {
        losses_of[i] = exp(4 * normal(8, i));
        right[i] = normal(9, i) * 0.37;
    }
    double *losses_device = to_device(losses_of, bytes), *right_device = to_device(right, bytes);
    double *scratch = to_device(NULL, REDUCED * tau_cuda_loss_reduce_scratch(count) * sizeof(double));
    tau_cuda_sums found[REDUCED], *device = to_device(NULL, sizeof found);
    succeed(tau_cuda_loss_reduce(device, losses_device, right_device, stride, REDUCED, count, scratch, NULL));
    from_device(found, device, sizeof found);
    for (int p = 0; p < REDUCED; p++) {
        double mean, se;
        tau_loss_reduce(&mean, &se, losses_of + (size_t)p * stride, count);
        check_equal(found[p].loss, mean, "mean", count);
        check_equal(found[p].loss_se, se, "standard error", count);
        check_equal(found[p].right, tau_loss_sum(right + (size_t)p * stride, count) / (double)count, "right",
                    count);
    }
    cudaFree(losses_device);
    cudaFree(right_device);
    cudaFree(scratch);
    cudaFree(device);
    free(losses_of);
    free(right);
}

Test(points, sums_have_the_bits_of_the_host) {
    for (int i = 0; i < COUNTS; i++) check_sums(counts[i]);
}

Test(points, no_result_depends_on_the_order_of_threads) {
    const char *schedules[] = {"shuffled:11", "starve:0-63:2"};
    succeed(cudaFree(NULL)); /* the first call of the runtime takes the environment's schedule */
    for (int k = 0; k < 2; k++) {
        cr_assert(emulation_set_schedule(schedules[k]));
        for (int i = 0; i < COUNTS; i++) check_sums(counts[i]);
        check_losses(TAU_LOSS_CROSS_ENTROPY, 100);
        check_combination(TAU_BASIS_MAX, false);
    }
}
