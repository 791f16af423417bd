/* From vectors of a slice to what layers read: packed weights, affine tables, shared first layers. */
#include "backend/combine.h"
#include "emulation.h"
#include "kernels/blocked.h"

/* ---- packed weights ---- */

typedef struct pack_case {
    tau_fast_weights weights;
    int parts, count, points; /* count 0 = no coefficients */
} pack_case;

/* A pack with all that it reads and writes, on the host. */
typedef struct pack_run {
    pack_case what;
    size_t size; /* elements of theta */
    float *vectors[TAU_CUDA_BASIS_MAX];
    double *coefficients; /* [points][TAU_CUDA_BASIS_MAX] */
    size_t stride;        /* f16 values from network to network */
    uint16_t *packed;
    unsigned flagged; /* networks that must be marked */
} pack_run;

static size_t stored_inputs(const tau_fast_weights *weights) {
    const int copies = weights->copies ? weights->copies : 1;
    return (size_t)(weights->channels / copies * weights->kernel[0] * weights->kernel[1]);
}

static pack_run pack_begin(const pack_case *what) {
    pack_run r = {.what = *what};
    const tau_fast_weights *weights = &what->weights;
    r.size = weights->offset + (size_t)(weights->outputs - 1) * weights->output_stride +
             (stored_inputs(weights) - 1) * weights->input_stride + 1;
    const size_t count = what->count ? r.size : r.size * (size_t)what->points;
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) r.vectors[k] = draw_floats((uint64_t)k, count);
    r.coefficients = calloc((size_t)what->points * TAU_CUDA_BASIS_MAX, sizeof(double));
    for (int i = 0; i < what->points * TAU_CUDA_BASIS_MAX; i++) r.coefficients[i] = draw(7, (size_t)i);
    r.stride = tau_fast_weights_size(weights, what->parts) / sizeof(uint16_t) + GUARD;
    return r;
}

static void pack(pack_run *r) {
    const pack_case *what = &r->what;
    const size_t points = (size_t)what->points, total = r->stride * points;
    tau_cuda_source source = {.count = what->count ? what->count : 1, .point_stride = r->size};
    for (int k = 0; k < source.count; k++)
        source.vectors[k] = device_floats(r->vectors[k], what->count ? r->size : r->size * points);
    double *coefficients =
        device_bytes(r->coefficients, points * TAU_CUDA_BASIS_MAX * sizeof *r->coefficients);
    if (what->count) source.coefficients = coefficients;
    r->packed = malloc(total * sizeof *r->packed);
    for (size_t i = 0; i < total; i++) r->packed[i] = POISON;
    uint16_t *out = device_bytes(r->packed, total * sizeof *out);
    unsigned char *flags = flags_make(what->points);
    succeed(tau_cuda_fast_pack(out, r->stride * sizeof *out, &what->weights, what->parts, &source,
                               what->points, flags, NULL));
    free(r->packed);
    r->packed = host_bytes(out, total * sizeof *out);
    flags_check(flags, what->points, r->flagged);
    for (int k = 0; k < source.count; k++) succeed(cudaFree((void *)source.vectors[k]));
    succeed(cudaFree(coefficients));
    succeed(cudaFree(out));
}

static void pack_end(pack_run *r) {
    for (int k = 0; k < TAU_CUDA_BASIS_MAX; k++) free(r->vectors[k]);
    free(r->coefficients);
    free(r->packed);
}

/* The weight that row `row` of m-tile `tile` and column k of step `step` must hold, by tau_combine. */
static float weight_at(const pack_run *r, int p, int output, int chunk, int channel) {
    const tau_fast_weights *w = &r->what.weights;
    const int blocks = (w->channels + 7) / 8, taps = w->kernel[0] * w->kernel[1];
    const int c = chunk % blocks * 8 + channel, tap = chunk / blocks;
    if (output >= w->outputs || c >= w->channels || tap >= taps) return 0;
    const size_t input = (size_t)(c * taps + tap) % stored_inputs(w);
    const size_t at = w->offset + (size_t)output * w->output_stride + input * w->input_stride;
    if (!r->what.count) return r->vectors[0][(size_t)p * r->size + at];
    const float *vectors[TAU_CUDA_BASIS_MAX];
    for (int k = 0; k < r->what.count; k++) vectors[k] = r->vectors[k] + at;
    float out;
    tau_combine(&out, r->what.count, vectors, r->coefficients + p * TAU_CUDA_BASIS_MAX, 1);
    return out;
}

/* Fragment A of mma.m16n8k16 (PTX ISA, 9.7.14.5): half i of lane l is row l/4, or l/4 + 8 for i in {2,3,6,7};
 * column 2·(l%4) + i%2, and 8 more for i >= 4. */
static void check_network(const pack_run *r, int p) {
    const tau_fast_weights *w = &r->what.weights;
    const int chunks = (w->channels + 7) / 8 * w->kernel[0] * w->kernel[1], steps = (chunks + 1) / 2;
    const uint16_t *packed = r->packed + (size_t)p * r->stride;
    for (int fragment = 0; fragment < (w->outputs + 15) / 16 * steps; fragment++)
        for (int half = 0; half < 256; half++) {
            const int lane = half / 8, i = half % 8;
            const int row = lane / 4 + (i & 2) * 4, column = 2 * (lane % 4) + i % 2;
            const float weight =
                weight_at(r, p, fragment / steps * 16 + row, fragment % steps * 2 + i / 4, column);
            const double first = half_round((double)weight), rest = half_round((double)weight - first);
            const uint16_t *at = packed + (size_t)(fragment * r->what.parts) * 256 + half;
            cr_assert_eq(half_value(at[0]), first, "network %d, fragment %d, half %d: %g instead of %g", p,
                         fragment, half, half_value(at[0]), first);
            if (r->what.parts == 2)
                cr_assert_eq(half_value(at[256]), rest, "network %d: the rest of %g", p, first);
        }
    for (size_t i = r->stride - GUARD; i < r->stride; i++)
        cr_assert_eq(packed[i], POISON, "a store behind network %d", p);
}

static void check_pack(const pack_case *what) {
    pack_run r = pack_begin(what);
    pack(&r);
    for (int p = 0; p < what->points; p++) check_network(&r, p);
    pack_end(&r);
}

Test(fast_pack, every_element_stands_in_its_place_and_padding_is_zero) {
    static const int channels[] = {1, 3, 8, 16, 20, 64}, outputs[] = {1, 10, 16, 17, 64, 100};
    for (int i = 0; i < 6; i++)
        for (int parts = 1; parts <= 2; parts++) {
            const int c = channels[i], o = outputs[5 - i];
            check_pack(&(pack_case){{3, o, c, {3, 3}, (size_t)c * 9, 1, 0}, parts, 3, 2});
            check_pack(&(pack_case){{0, o, c, {1, 2}, (size_t)c * 2, 1, 1}, parts, 2, 1});
        }
}

Test(fast_pack, linear_layers_store_inputs_or_outputs_first) {
    check_pack(&(pack_case){{5, 10, 20, {3, 4}, 240, 1, 0}, 1, 3, 2});
    check_pack(&(pack_case){{5, 10, 20, {3, 4}, 1, 10, 0}, 1, 3, 2});
    check_pack(&(pack_case){{0, 33, 100, {1, 1}, 1, 33, 0}, 2, 1, 3});
}

Test(fast_pack, copies_of_the_channels_share_their_weights) {
    check_pack(&(pack_case){{2, 6, 18, {1, 1}, 9, 1, 2}, 1, 3, 2});
    check_pack(&(pack_case){{2, 6, 150, {1, 1}, 75, 1, 2}, 2, 2, 1});
}

Test(fast_pack, parameters_of_their_own_need_no_coefficients) {
    check_pack(&(pack_case){{1, 17, 9, {2, 2}, 36, 1, 0}, 2, 0, 3});
}

Test(fast_pack, many_networks) {
    check_pack(&(pack_case){{0, 5, 8, {1, 1}, 8, 1, 0}, 1, 3, 35});
}

Test(fast_pack, a_coefficient_of_zero_leaves_its_vector_out) {
    pack_run r = pack_begin(&(pack_case){{0, 4, 8, {1, 1}, 8, 1, 0}, 2, 3, 2});
    for (size_t i = 0; i < r.size; i++) r.vectors[1][i] = i % 2 ? NAN : INFINITY;
    r.coefficients[1] = 0, r.coefficients[TAU_CUDA_BASIS_MAX + 1] = -0.0;
    pack(&r);
    check_network(&r, 0);
    check_network(&r, 1);
    pack_end(&r);
}

Test(fast_pack, a_weight_out_of_range_marks_its_network_alone) {
    static const float values[] = {65519, 65520, -65520, INFINITY, NAN};
    for (int i = 0; i < 5; i++)
        for (int parts = 1; parts <= 2; parts++) {
            pack_run r = pack_begin(&(pack_case){{0, 20, 3, {3, 3}, 27, 1, 0}, parts, 0, 3});
            r.vectors[0][r.size + 337] = values[i];
            r.flagged = i == 0 ? 0 : 2;
            pack(&r);
            pack_end(&r);
        }
}

/* ---- affine tables ---- */

enum { OUTPUTS = 19, PADDED = 32, POINTS = 3 };

static double of(const float *values, int channel, int point, bool shared, double otherwise) {
    return values ? (double)values[(shared ? 0 : point * OUTPUTS) + channel] : otherwise;
}

/* @param[in] given  bit by bit: bias, gamma, beta, mean, var */
static void check_affine(unsigned given, bool shared) {
    float *host[5] = {NULL}, *device[5] = {NULL};
    tau_fast_vector vectors[5] = {{NULL, 0}};
    for (int i = 0; i < 5; i++) {
        if (!(given >> i & 1)) continue;
        host[i] = draw_floats((uint64_t)(20 + i), OUTPUTS * POINTS);
        for (int j = 0; i == 4 && j < OUTPUTS * POINTS; j++) host[i][j] = fabsf(host[i][j]);
        device[i] = device_floats(host[i], OUTPUTS * POINTS);
        vectors[i] = (tau_fast_vector){device[i], shared ? 0 : OUTPUTS};
    }
    float *affine = draw_floats(30, 2 * PADDED * POINTS + GUARD), *out;
    out = device_floats(affine, 2 * PADDED * POINTS + GUARD);
    succeed(tau_cuda_fast_affine(out, OUTPUTS, vectors[0], vectors[1], vectors[2], vectors[3], vectors[4],
                                 1e-3, POINTS, NULL));
    float *found = host_floats(out, 2 * PADDED * POINTS + GUARD);
    for (int p = 0; p < POINTS; p++)
        for (int c = 0; c < PADDED; c++) {
            double scale = 0, shift = 0;
            if (c < OUTPUTS) {
                scale =
                    host[4] ? of(host[1], c, p, shared, 1) / sqrt(of(host[4], c, p, shared, 0) + 1e-3) : 1;
                shift = (of(host[0], c, p, shared, 0) - of(host[3], c, p, shared, 0)) * scale +
                        of(host[2], c, p, shared, 0);
            }
            cr_expect_float_eq(found[p * 2 * PADDED + c], scale, 1e-7 * fabs(scale), "scale %d of %d", c, p);
            cr_expect_float_eq(found[(p * 2 + 1) * PADDED + c], shift,
                               1e-6 * (1 + fabs(scale)) * (c < OUTPUTS), "shift %d of %d", c, p);
        }
    cr_expect_arr_eq(found + 2 * PADDED * POINTS, affine + 2 * PADDED * POINTS, GUARD * sizeof(float));
    for (int i = 0; i < 5; i++) free(host[i]), succeed(cudaFree(device[i]));
    succeed(cudaFree(out));
    free(affine);
    free(found);
}

Test(fast_affine, folds_bias_and_batch_norm_of_which_any_may_be_missing) {
    check_affine(0, false);
    check_affine(1, false);
    for (unsigned given = 0; given < 16; given++) check_affine(given | 16, given % 2 == 0);
}

/* ---- shared first layer ---- */

typedef struct share_run {
    int outputs, count, points, groups;
    float *products, *affine;
    double coefficients[40 * TAU_CUDA_BASIS_MAX];
    size_t stride, padded;
    blocked y;
} share_run;

static share_run share_begin(int outputs, int count, int points, int groups) {
    share_run r = {.outputs = outputs, .count = count, .points = points, .groups = groups};
    r.stride = (size_t)(groups * 8 * outputs) + 5;
    r.products = draw_floats(40, r.stride * (size_t)count);
    r.padded = ((size_t)outputs + 15) / 16 * 16;
    r.affine = draw_floats(41, 2 * r.padded * (size_t)points);
    for (int i = 0; i < points * TAU_CUDA_BASIS_MAX; i++) r.coefficients[i] = draw(42, (size_t)i);
    r.y = blocked_make(outputs, 1, 1, points, groups);
    return r;
}

static void share(share_run *r, tau_op op, unsigned flagged) {
    float *products = device_floats(r->products, r->stride * (size_t)r->count);
    float *affine = device_floats(r->affine, 2 * r->padded * (size_t)r->points);
    double *coefficients =
        device_bytes(r->coefficients, (size_t)r->points * TAU_CUDA_BASIS_MAX * sizeof(double));
    unsigned char *flags = flags_make(r->points);
    const tau_cuda_source source = {.count = r->count, .coefficients = coefficients};
    succeed(tau_cuda_fast_share(&r->y.tensor, products, r->stride, &source, affine,
                                (tau_fast_activation){.op = op}, r->points, r->groups, flags, NULL));
    blocked_read(&r->y);
    blocked_check_padding(&r->y);
    flags_check(flags, r->points, flagged);
    succeed(cudaFree(products));
    succeed(cudaFree(affine));
    succeed(cudaFree(coefficients));
}

static void share_check(const share_run *r, int point, bool relu) {
    for (int s = 0; s < r->groups * 8; s++)
        for (int o = 0; o < r->outputs; o++) {
            double sum = 0, sizes = 0;
            for (int k = 0; k < r->count; k++) {
                const double c = r->coefficients[point * TAU_CUDA_BASIS_MAX + k];
                const double product =
                    (double)r->products[(size_t)k * r->stride + (size_t)(s * r->outputs + o)];
                if (c != 0) sum += c * product, sizes += fabs(c * product);
            }
            const float *affine = r->affine + (size_t)point * 2 * r->padded;
            const double scale = (double)affine[o];
            double expected = scale * sum + (double)affine[r->padded + (size_t)o];
            if (relu && expected < 0) expected = 0;
            const double found = blocked_get(&r->y, point, s, o, 0, 0);
            const double bound = ldexp(sizes * fabs(scale) + 1, -22) + ldexp(1.001, -11) * fabs(expected);
            cr_assert(fabs(found - expected) <= bound, "network %d, sample %d, output %d: %g instead of %g",
                      point, s, o, found, expected);
        }
}

static void share_end(share_run *r) {
    free(r->products);
    free(r->affine);
    blocked_free(&r->y);
}

Test(fast_share, combines_products_as_the_slice_combines_parameters) {
    static const int outputs[] = {1, 8, 20, 100};
    for (int i = 0; i < 4; i++)
        for (int count = 1; count <= 3; count++) {
            share_run r = share_begin(outputs[i], count, i == 2 ? 35 : 2, 3);
            share(&r, i % 2 ? TAU_OP_RELU : TAU_OP_COUNT, 0);
            for (int p = 0; p < r.points; p++) share_check(&r, p, i % 2);
            share_end(&r);
        }
}

Test(fast_share, a_coefficient_of_zero_leaves_its_product_out) {
    share_run r = share_begin(10, 3, 3, 1);
    for (size_t i = 0; i < r.stride; i++) r.products[r.stride + i] = INFINITY;
    for (int p = 0; p < 2; p++) r.coefficients[p * TAU_CUDA_BASIS_MAX + 1] = 0;
    share(&r, TAU_OP_COUNT, 4);
    share_check(&r, 0, false);
    share_check(&r, 1, false);
    share_end(&r);
}

Test(fast_share, needs_coefficients_and_a_vector_of_outputs) {
    const tau_fast_tensor vector = {NULL, 8, 1, 1, 64}, image = {NULL, 8, 2, 1, 128};
    const double c[TAU_CUDA_BASIS_MAX] = {1, 1, 1};
    const tau_cuda_source without = {.count = 1}, with = {.count = 1, .coefficients = c};
    const tau_fast_activation none = {.op = TAU_OP_COUNT};
    cr_expect_neq(tau_cuda_fast_share(&vector, NULL, 0, &without, NULL, none, 1, 1, NULL, NULL), cudaSuccess);
    cr_expect_neq(tau_cuda_fast_share(&image, NULL, 0, &with, NULL, none, 1, 1, NULL, NULL), cudaSuccess);
}
