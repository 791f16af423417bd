/* The blocked layout: conversions, unfolding, concatenation, pools and elementwise layers. Twins:
 * backend_ref. */
#include "backend_ref/operators.h"
#include "emulation.h"
#include "kernels/blocked.h"

/* ---- rows ---- */

static void check_rows(int channels, int height, int width, int points, int samples, bool shared) {
    const int groups = (samples + 7) / 8;
    const size_t size = (size_t)(channels * height * width), stride = (size_t)samples * size + 3;
    float *x = draw_floats(1, stride * (size_t)points), *device = device_floats(x, stride * (size_t)points);
    blocked y = blocked_make(channels, height, width, shared ? 0 : points, groups);
    unsigned char *flags = flags_make(points);
    succeed(tau_cuda_fast_from_rows(&y.tensor, device, stride, y.points, samples, flags, NULL));
    blocked_read(&y);
    blocked_check_padding(&y);
    float *poison = draw_floats(2, (size_t)points * (size_t)samples * size);
    float *back = device_floats(poison, (size_t)points * (size_t)samples * size);
    succeed(tau_cuda_fast_to_rows(back, &y.tensor, points, samples, NULL));
    float *found = host_floats(back, (size_t)points * (size_t)samples * size);
    for (int p = 0; p < points; p++)
        for (int s = 0; s < groups * 8; s++)
            for (size_t i = 0; i < size; i++) {
                const size_t of = shared ? 0 : (size_t)p * stride;
                const int at = (int)i, c = at / (height * width), row = at / width % height,
                          column = at % width;
                const double value = s < samples ? half_round((double)x[of + (size_t)s * size + i]) : 0;
                cr_assert_eq(blocked_get(&y, p, s, c, row, column), value, "network %d, sample %d, %zu", p, s,
                             i);
                if (s < samples)
                    cr_assert_eq((double)found[((size_t)p * (size_t)samples + (size_t)s) * size + i], value,
                                 "back: network %d, sample %d, %zu", p, s, i);
            }
    flags_check(flags, points, 0);
    succeed(cudaFree(device));
    succeed(cudaFree(back));
    free(x);
    free(poison);
    free(found);
    blocked_free(&y);
}

Test(fast_layout, rows_become_blocks_and_rows_again) {
    check_rows(1, 1, 1, 1, 1, false);
    check_rows(3, 5, 4, 2, 11, false);
    check_rows(8, 2, 7, 1, 8, false);
    check_rows(20, 3, 3, 3, 17, false);
    check_rows(100, 1, 1, 2, 9, false);
    check_rows(16, 4, 4, 3, 5, true);
}

Test(fast_layout, rows_that_do_not_fit_mark_their_network) {
    static const float values[] = {65519, 65520, -1e30f, INFINITY, NAN};
    for (int i = 0; i < 5; i++) {
        float *x = draw_floats(3, 3 * 10 * 12);
        x[2 * 120 + 119] = values[i];
        float *device = device_floats(x, 360);
        blocked y = blocked_make(3, 2, 2, 3, 2);
        unsigned char *flags = flags_make(3);
        succeed(tau_cuda_fast_from_rows(&y.tensor, device, 120, 3, 10, flags, NULL));
        blocked_read(&y);
        flags_check(flags, 3, i ? 4 : 0);
        const double found = blocked_get(&y, 2, 9, 2, 1, 1), expected = half_round((double)values[i]);
        cr_expect(isnan(expected) ? isnan(found) : found == expected, "%g instead of %g", found, expected);
        succeed(cudaFree(device));
        free(x);
        blocked_free(&y);
    }
}

/* ---- unfolding ---- */

typedef struct image {
    int channels, height, width, samples;
} image;

static tau_window window_of(int rows, int columns, int stride, int dilation, const int pad[4]) {
    tau_window window = {
        .kernel = {rows, columns}, .stride = {stride, stride}, .dilation = {dilation, dilation}, .groups = 1};
    for (int i = 0; i < 4; i++) window.pad[i] = pad[i];
    return window;
}

static int out_size(const tau_window *window, int axis, int size) {
    const int span = (int)(window->dilation[axis] * (window->kernel[axis] - 1)) + 1;
    return (size + (int)(window->pad[axis] + window->pad[axis + 2]) - span) / (int)window->stride[axis] + 1;
}

static double unfolded(const image *n, const float *x, const tau_window *window, int s, int channel, int y,
                       int column) {
    const int rows = (int)window->kernel[0], columns = (int)window->kernel[1],
              inputs = n->channels * rows * columns;
    const int part = channel / inputs, c = channel % inputs / (rows * columns);
    const int i = channel / columns % rows, j = channel % columns;
    const int at_y = y * (int)window->stride[0] + i * (int)window->dilation[0] - (int)window->pad[0];
    const int at_x = column * (int)window->stride[1] + j * (int)window->dilation[1] - (int)window->pad[1];
    if (s >= n->samples || at_y < 0 || at_y >= n->height || at_x < 0 || at_x >= n->width) return 0;
    const double value = (double)x[((s * n->channels + c) * n->height + at_y) * n->width + at_x];
    return half_round(part ? value - half_round(value) : value);
}

static void check_unfold(image n, tau_window window, int parts) {
    const size_t size = (size_t)(n.samples * n.channels * n.height * n.width);
    float *x = draw_floats(5, size), *device = device_floats(x, size);
    const int channels = parts * n.channels * (int)(window.kernel[0] * window.kernel[1]);
    blocked y = blocked_make(channels, out_size(&window, 0, n.height), out_size(&window, 1, n.width), 0,
                             (n.samples + 7) / 8);
    unsigned char *flags = flags_make(1);
    succeed(tau_cuda_fast_unfold(&y.tensor, device, n.channels, n.height, n.width, &window, parts, n.samples,
                                 flags, NULL));
    blocked_read(&y);
    blocked_check_padding(&y);
    for (int s = 0; s < y.groups * 8; s++)
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < y.tensor.height * y.tensor.width; i++) {
                const int row = i / y.tensor.width, column = i % y.tensor.width;
                cr_assert_eq(blocked_get(&y, 0, s, c, row, column),
                             unfolded(&n, x, &window, s, c, row, column), "sample %d, channel %d at (%d, %d)",
                             s, c, row, column);
            }
    flags_check(flags, 1, 0);
    succeed(cudaFree(device));
    free(x);
    blocked_free(&y);
}

Test(fast_layout, unfolded_data_hold_each_window_as_channels) {
    for (int parts = 1; parts <= 2; parts++) {
        check_unfold((image){1, 6, 5, 10}, window_of(3, 3, 1, 1, (int[]){0, 0, 0, 0}), parts);
        check_unfold((image){3, 5, 6, 8}, window_of(3, 3, 1, 1, (int[]){1, 1, 1, 1}), parts);
        tau_window window = window_of(3, 2, 2, 2, (int[]){0, 2, 3, 1});
        window.stride[1] = 1, window.dilation[1] = 3;
        check_unfold((image){2, 7, 8, 3}, window, parts);
    }
}

Test(fast_layout, data_that_do_not_fit_are_marked_when_unfolded) {
    const tau_window window = window_of(2, 2, 1, 1, (int[]){0, 0, 0, 0});
    for (int bad = 0; bad < 2; bad++) {
        float x[18] = {0};
        x[17] = bad ? 65520 : 65519;
        float *device = device_floats(x, 18);
        blocked y = blocked_make(8, 2, 2, 0, 1);
        unsigned char *flags = flags_make(1);
        succeed(tau_cuda_fast_unfold(&y.tensor, device, 1, 3, 3, &window, 2, 2, flags, NULL));
        blocked_read(&y);
        flags_check(flags, 1, bad ? 1 : 0);
        succeed(cudaFree(device));
        blocked_free(&y);
    }
}

/* ---- concatenation ---- */

Test(fast_layout, concatenation_fills_its_channels_and_no_others) {
    blocked a = blocked_draw(6, 16, 3, 2, 2, 2), b = blocked_draw(7, 8, 3, 2, 0, 2);
    blocked y = blocked_make(24, 3, 2, 2, 2);
    succeed(tau_cuda_fast_concat(&y.tensor, &b.tensor, 16, 2, 2, NULL));
    blocked_read(&y);
    cr_expect_eq(y.host[blocked_offset(&y, 1, 15, 15, 2, 1)], POISON);
    succeed(tau_cuda_fast_concat(&y.tensor, &a.tensor, 0, 2, 2, NULL));
    blocked_read(&y);
    for (int p = 0; p < 2; p++)
        for (int s = 0; s < 16; s++)
            for (int c = 0; c < 24; c++)
                for (int i = 0; i < 6; i++)
                    cr_assert_eq(blocked_get(&y, p, s, c, i / 2, i % 2),
                                 c < 16 ? blocked_get(&a, p, s, c, i / 2, i % 2)
                                        : blocked_get(&b, p, s, c - 16, i / 2, i % 2),
                                 "network %d, sample %d, channel %d, place %d", p, s, c, i);
    cr_expect_neq(tau_cuda_fast_concat(&y.tensor, &b.tensor, 4, 2, 2, NULL), cudaSuccess);
    blocked_free(&a);
    blocked_free(&b);
    blocked_free(&y);
}

/* ---- pools ---- */

/* One sample of one network by the reference. @lifetime free() */
static double *pooled(const blocked *x, const blocked *y, tau_op op, const tau_attributes *attributes, int p,
                      int s) {
    const tau_fast_tensor *n = &x->tensor, *m = &y->tensor;
    const tau_shape from = {3, {n->channels, n->height, n->width}},
                    to = {3, {m->channels, m->height, m->width}};
    double *values = malloc(tau_shape_size(&from) * sizeof *values);
    double *out = malloc(tau_shape_size(&to) * sizeof *out);
    for (int i = 0; i < n->channels * n->height * n->width; i++)
        values[i] = blocked_get(x, p, s, i / (n->height * n->width), i / n->width % n->height, i % n->width);
    const tau_ref_input input = {&from, values, NULL};
    const tau_ref_call call = {.op = op,
                               .attributes = attributes,
                               .inputs = (tau_ref_input *)&input,
                               .input_count = 1,
                               .shape = &to,
                               .y = out};
    tau_ref_operator_get(op)->forward(&call);
    free(values);
    return out;
}

/* A maximum is exact; FP32 sums of halves err far less than the rounding to f16. */
static void check_pool_of(const blocked *x, tau_op op, const tau_window *window, int height, int width,
                          unsigned flagged) {
    blocked y = blocked_make(x->tensor.channels, height, width, x->points, x->groups);
    unsigned char *flags = flags_make(x->points);
    const tau_attributes attributes = {.window = *window};
    succeed(tau_cuda_fast_pool(&y.tensor, &x->tensor, op, op == TAU_OP_GLOBAL_AVERAGE_POOL ? NULL : window,
                               x->points, x->groups, flags, NULL));
    blocked_read(&y);
    blocked_check_padding(&y);
    for (int p = 0; p < x->points; p++)
        for (int s = 0; s < x->groups * 8; s++) {
            double *expected = pooled(x, &y, op, &attributes, p, s);
            for (int i = 0; i < x->tensor.channels * height * width; i++) {
                const double e = expected[i];
                const double found =
                    blocked_get(&y, p, s, i / (height * width), i / width % height, i % width);
                const double bound = op == TAU_OP_MAX_POOL ? 0 : ldexp(1.001, -11) * fabs(e) + ldexp(1, -22);
                cr_assert(isfinite(e) ? fabs(found - e) <= bound
                          : isnan(e)  ? isnan(found)
                                      : found == e,
                          "network %d, sample %d, element %d: %g instead of %g", p, s, i, found, e);
            }
            free(expected);
        }
    flags_check(flags, x->points, flagged);
    blocked_free(&y);
}

static void check_pool(tau_op op, int channels, int size, const tau_window *window) {
    blocked x = blocked_draw(8, channels, size, size + 1, 2, 2);
    check_pool_of(&x, op, window, out_size(window, 0, size), out_size(window, 1, size + 1), 0);
    blocked_free(&x);
}

Test(fast_pool, pools_of_any_window) {
    static const tau_op ops[] = {TAU_OP_MAX_POOL, TAU_OP_AVERAGE_POOL};
    for (int i = 0; i < 2; i++) {
        tau_window window = window_of(2, 2, 2, 1, (int[]){0, 0, 0, 0});
        check_pool(ops[i], 20, 6, &window);
        window = window_of(3, 3, 2, 1, (int[]){1, 1, 1, 1});
        check_pool(ops[i], 3, 7, &window);
        window.count_pad = true;
        check_pool(ops[i], 8, 7, &window);
        window = window_of(3, 2, 2, 1, (int[]){1, 0, 0, 1});
        check_pool(ops[i], 16, 8, &window);
    }
    tau_window dilated = window_of(2, 3, 1, 2, (int[]){1, 1, 1, 1});
    dilated.stride[1] = 2, dilated.dilation[1] = 3;
    check_pool(TAU_OP_MAX_POOL, 8, 7, &dilated);
}

Test(fast_pool, windows_of_ceil_mode_reach_beyond_the_padding) {
    blocked x = blocked_draw(9, 8, 6, 6, 1, 1);
    tau_window window = window_of(3, 3, 2, 1, (int[]){0, 0, 0, 0});
    window.ceil_mode = true;
    check_pool_of(&x, TAU_OP_MAX_POOL, &window, 3, 3, 0);
    for (int count_pad = 0; count_pad < 2; count_pad++) {
        window.count_pad = count_pad;
        check_pool_of(&x, TAU_OP_AVERAGE_POOL, &window, 3, 3, 0);
    }
    blocked_free(&x);
}

Test(fast_pool, global_average_is_the_mean_of_the_image) {
    for (int size = 1; size <= 8; size += 7) {
        blocked x = blocked_draw(10, 20, size, size, 2, 2);
        const tau_window none = {.groups = 1};
        check_pool_of(&x, TAU_OP_GLOBAL_AVERAGE_POOL, &none, 1, 1, 0);
        blocked_free(&x);
    }
}

Test(fast_pool, nan_wins_and_infinities_travel_and_both_are_marked) {
    static const double values[] = {NAN, INFINITY, -INFINITY};
    const tau_window window = window_of(2, 2, 2, 1, (int[]){0, 0, 0, 0});
    for (int i = 0; i < 3; i++) {
        blocked x = blocked_draw(11, 8, 4, 4, 3, 1);
        x.host[blocked_offset(&x, 1, 3, 5, 1, 2)] = half_bits(values[i]);
        x.host[blocked_offset(&x, 1, 3, 5, 1, 3)] = half_bits(60000);
        blocked_write(&x);
        check_pool_of(&x, TAU_OP_MAX_POOL, &window, 2, 2, i < 2 ? 2 : 0);
        check_pool_of(&x, TAU_OP_AVERAGE_POOL, &window, 2, 2, 2);
        blocked_free(&x);
    }
}

/* ---- elementwise ---- */

typedef struct elementwise_run {
    blocked x, y, residual;
    float *affine, *affine_device;
    size_t padded;
} elementwise_run;

static elementwise_run elementwise_begin(int channels, int points, bool shared) {
    elementwise_run r = {.x = blocked_draw(12, channels, 3, 2, shared ? 0 : points, 2),
                         .y = blocked_make(channels, 3, 2, points, 2),
                         .residual = blocked_draw(13, channels, 3, 2, points, 2)};
    r.padded = ((size_t)channels + 15) / 16 * 16;
    r.affine = draw_floats(14, 2 * r.padded * (size_t)points);
    r.affine_device = device_floats(r.affine, 2 * r.padded * (size_t)points);
    return r;
}

static void elementwise_end(elementwise_run *r) {
    blocked_free(&r->x);
    blocked_free(&r->y);
    blocked_free(&r->residual);
    succeed(cudaFree(r->affine_device));
    free(r->affine);
}

static double activated(tau_op op, const tau_attributes *attributes, double x) {
    const tau_shape scalar = {0, {0}};
    double y = x;
    const tau_ref_input input = {&scalar, &x, NULL};
    const tau_ref_call call = {.op = op,
                               .attributes = attributes,
                               .inputs = (tau_ref_input *)&input,
                               .input_count = 1,
                               .shape = &scalar,
                               .y = &y};
    if (op != TAU_OP_COUNT) tau_ref_operator_get(op)->forward(&call);
    return y;
}

static void check_elementwise(int channels, bool shared, bool affine, bool residual, tau_op op) {
    const int points = 2;
    elementwise_run r = elementwise_begin(channels, points, shared);
    const tau_attributes attributes = {.alpha = 0.25, .beta = 0.5, .gamma = 1.5};
    unsigned char *flags = flags_make(points);
    succeed(tau_cuda_fast_elementwise(&r.y.tensor, &r.x.tensor, affine ? r.affine_device : NULL,
                                      residual ? &r.residual.tensor : NULL,
                                      (tau_fast_activation){op, 0.25f, 0.5f, 1.5f}, points, 2, flags, NULL));
    blocked_read(&r.y);
    blocked_check_padding(&r.y);
    for (int p = 0; p < points; p++)
        for (int s = 0; s < 16; s++)
            for (int i = 0; i < channels * 6; i++) {
                const int c = i / 6, y = i / 2 % 3, x = i % 2;
                const float *of = r.affine + (size_t)p * 2 * r.padded + c;
                double value = blocked_get(&r.x, p, s, c, y, x);
                if (affine) value = (double)of[0] * value + (double)of[r.padded];
                if (residual) value += blocked_get(&r.residual, p, s, c, y, x);
                const double expected = activated(op, &attributes, value),
                             found = blocked_get(&r.y, p, s, c, y, x);
                cr_assert(fabs(found - expected) <= ldexp(1.01, -11) * fabs(expected) + 4e-6,
                          "operator %d at %g: %g instead of %g", (int)op, value, found, expected);
            }
    flags_check(flags, points, 0);
    elementwise_end(&r);
}

Test(fast_elementwise, scales_shifts_adds_and_activates) {
    static const int channels[] = {1, 8, 20};
    for (int i = 0; i < 24; i++)
        check_elementwise(channels[i / 8], i & 1, i & 2, i & 4, i % 3 ? TAU_OP_RELU : TAU_OP_COUNT);
}

Test(fast_elementwise, activations_are_those_of_the_reference) {
    for (int op = TAU_OP_RELU; op <= TAU_OP_CLIP; op++)
        check_elementwise(10, false, true, op % 2, (tau_op)op);
}

Test(fast_elementwise, nan_travels_through_every_activation_and_is_marked) {
    for (int op = TAU_OP_RELU; op <= TAU_OP_CLIP + 1; op++) {
        elementwise_run r = elementwise_begin(9, 3, false);
        r.x.host[blocked_offset(&r.x, 1, 6, 8, 2, 1)] = half_bits(NAN);
        blocked_write(&r.x);
        unsigned char *flags = flags_make(3);
        const tau_fast_activation f = {op > TAU_OP_CLIP ? TAU_OP_COUNT : (tau_op)op, 0.25f, 0.5f, 1.5f};
        succeed(tau_cuda_fast_elementwise(&r.y.tensor, &r.x.tensor, NULL, NULL, f, 3, 2, flags, NULL));
        blocked_read(&r.y);
        cr_expect(isnan(blocked_get(&r.y, 1, 6, 8, 2, 1)), "operator %d", op);
        flags_check(flags, 3, 2);
        elementwise_end(&r);
    }
}

Test(fast_elementwise, the_largest_half_fits_and_what_rounds_beyond_is_marked) {
    for (int bad = 0; bad < 2; bad++) {
        elementwise_run r = elementwise_begin(8, 2, false);
        memset(r.x.host, 0, r.x.count * sizeof *r.x.host);
        r.x.host[blocked_offset(&r.x, 1, 15, 7, 2, 1)] = half_bits(-65504);
        blocked_write(&r.x);
        for (size_t i = 0; i < 4 * r.padded; i++)
            r.affine[i] = i / r.padded % 2 ? (bad ? -16 : -15.9375f) : 1;
        succeed(cudaMemcpy(r.affine_device, r.affine, 4 * r.padded * sizeof(float), cudaMemcpyHostToDevice));
        unsigned char *flags = flags_make(2);
        const tau_fast_activation none = {.op = TAU_OP_COUNT};
        succeed(tau_cuda_fast_elementwise(&r.y.tensor, &r.x.tensor, r.affine_device, NULL, none, 2, 2, flags,
                                          NULL));
        blocked_read(&r.y);
        cr_expect_eq(blocked_get(&r.y, 1, 15, 7, 2, 1), bad ? -INFINITY : -65504);
        flags_check(flags, 2, bad ? 2 : 0);
        elementwise_end(&r);
    }
}

Test(fast_layout, nothing_depends_on_the_schedule) {
    cr_assert(emulation_set_schedule("shuffled:5"));
    check_rows(20, 3, 3, 3, 17, false);
    check_unfold((image){3, 5, 6, 8}, window_of(3, 3, 1, 1, (int[]){1, 1, 1, 1}), 2);
    const tau_window window = window_of(2, 2, 2, 1, (int[]){0, 0, 0, 0});
    check_pool(TAU_OP_MAX_POOL, 20, 6, &window);
    check_elementwise(20, false, true, true, TAU_OP_TANH);
}
