/* Convolutions and linear layers on tensor cores against plain loops in double. */
#include "emulation.h"
#include "kernels/blocked.h"

typedef struct conv_case {
    int channels, height, width, outputs;
    int kernel[2], stride[2], dilation[2];
    int pad[4]; /* top, left, bottom, right */
    int points, groups, parts;
    bool shared, residual, rows, plain; /* shared data; f32 output; no affine */
    tau_op op;
} conv_case;

/* One call with all that it reads and writes. */
typedef struct conv_run {
    const conv_case *what;
    blocked x, y, residual;
    float *theta, *affine; /* on the host: [points][outputs·channels·taps]; [points][2][padded] */
    size_t weight_count, padded, row_count;
    float *affine_device, *rows, *rows_host;
    void *packed;
    unsigned char *flags;
    tau_fast_conv call;
} conv_run;

static int size_out(int size, int before, int after, int kernel, int stride, int dilation) {
    return (size + before + after - dilation * (kernel - 1) - 1) / stride + 1;
}

static void pack_weights(conv_run *r) {
    const conv_case *what = r->what;
    const int taps = what->kernel[0] * what->kernel[1];
    r->weight_count = (size_t)what->outputs * (size_t)what->channels * (size_t)taps;
    r->theta = draw_floats(1, r->weight_count * (size_t)what->points);
    const tau_fast_weights weights = {0,
                                      what->outputs,
                                      what->channels,
                                      {what->kernel[0], what->kernel[1]},
                                      (size_t)what->channels * (size_t)taps,
                                      1,
                                      1};
    float *theta = device_floats(r->theta, r->weight_count * (size_t)what->points);
    const tau_cuda_source source = {1, {theta}, NULL, r->weight_count};
    r->call.weights_stride = tau_fast_weights_size(&weights, what->parts) + 512;
    succeed(cudaMalloc(&r->packed, r->call.weights_stride * (size_t)what->points));
    succeed(tau_cuda_fast_pack(r->packed, r->call.weights_stride, &weights, what->parts, &source,
                               what->points, r->flags, NULL));
    succeed(cudaDeviceSynchronize());
    succeed(cudaFree(theta));
    r->call.weights = r->packed;
}

static void make_affine(conv_run *r) {
    const conv_case *what = r->what;
    r->padded = ((size_t)what->outputs + 15) / 16 * 16;
    const size_t count = 2 * r->padded * (size_t)what->points;
    r->affine = calloc(count, sizeof(float));
    for (size_t i = 0; i < count; i++)
        if (i % r->padded < (size_t)what->outputs) r->affine[i] = 1 + 0.25f * (float)draw(2, i);
    r->affine_device = device_floats(r->affine, count);
    r->call.affine = what->plain ? NULL : r->affine_device;
}

static void make_output(conv_run *r, int height, int width) {
    const conv_case *what = r->what;
    r->y = blocked_make(what->outputs, height, width, what->points, what->groups);
    r->call.y = r->y.tensor;
    if (!what->rows) return;
    r->row_count = (size_t)what->points * (size_t)what->groups * 8 * (size_t)(what->outputs * height * width);
    float *poison = draw_floats(3, r->row_count);
    for (size_t i = 0; i < r->row_count; i++) poison[i] = NAN;
    r->rows = device_floats(poison, r->row_count);
    free(poison);
    r->call.rows = r->rows;
    r->call.y.data = NULL;
}

static conv_run begin(const conv_case *what) {
    conv_run r = {.what = what, .flags = flags_make(what->points)};
    const int points = what->points, groups = what->groups;
    const int height = size_out(what->height, what->pad[0], what->pad[2], what->kernel[0], what->stride[0],
                                what->dilation[0]);
    const int width = size_out(what->width, what->pad[1], what->pad[3], what->kernel[1], what->stride[1],
                               what->dilation[1]);
    pack_weights(&r);
    make_affine(&r);
    make_output(&r, height, width);
    r.x = blocked_draw(4, what->channels, what->height, what->width, what->shared ? 0 : points, groups);
    if (what->residual) r.residual = blocked_draw(5, what->outputs, height, width, points, groups);
    r.call.points = points, r.call.groups = groups, r.call.parts = what->parts;
    r.call.x = r.x.tensor;
    r.call.residual = r.residual.tensor;
    r.call.activation = (tau_fast_activation){what->op, 0.5f, 0.75f, 1.5f};
    r.call.overflow = r.flags;
    r.call.window = (tau_window){.kernel = {what->kernel[0], what->kernel[1]},
                                 .stride = {what->stride[0], what->stride[1]},
                                 .dilation = {what->dilation[0], what->dilation[1]},
                                 .groups = 1};
    for (int i = 0; i < 4; i++) r.call.window.pad[i] = what->pad[i];
    return r;
}

static void run(conv_run *r) {
    succeed(tau_cuda_fast_conv(&r->call, NULL));
    blocked_read(&r->y);
    if (!r->rows) return;
    free(r->rows_host);
    r->rows_host = host_floats(r->rows, r->row_count);
}

static void end(conv_run *r) {
    blocked_free(&r->x);
    blocked_free(&r->y);
    if (r->residual.host) blocked_free(&r->residual);
    succeed(cudaFree(r->packed));
    succeed(cudaFree(r->rows));
    succeed(cudaFree(r->affine_device));
    free(r->theta);
    free(r->affine);
    free(r->rows_host);
}

/* ---- what must come out ---- */

/* A sum with the weights that tensor cores see, with those of the network, and of the terms' sizes. */
typedef struct conv_sum {
    double seen, meant, sizes;
} conv_sum;

static double weight_seen(const conv_case *what, float weight) {
    const double first = half_round((double)weight);
    return what->parts == 1 ? first : first + half_round((double)weight - first);
}

static conv_sum sum_of(const conv_run *r, int p, int s, int o, int y, int x) {
    const conv_case *what = r->what;
    conv_sum sum = {0, 0, 0};
    for (int c = 0; c < what->channels; c++)
        for (int u = 0; u < what->kernel[0]; u++)
            for (int v = 0; v < what->kernel[1]; v++) {
                const int row = y * what->stride[0] + u * what->dilation[0] - what->pad[0];
                const int column = x * what->stride[1] + v * what->dilation[1] - what->pad[1];
                if (row < 0 || row >= what->height || column < 0 || column >= what->width) continue;
                const size_t tap = (size_t)((c * what->kernel[0] + u) * what->kernel[1] + v);
                const size_t each = r->weight_count / (size_t)what->outputs;
                const float weight = r->theta[(size_t)p * r->weight_count + (size_t)o * each + tap];
                const double value = blocked_get(&r->x, p, s, c, row, column);
                sum.seen += weight_seen(what, weight) * value;
                sum.meant += (double)weight * value;
                sum.sizes += fabs((double)weight * value);
            }
    return sum;
}

static double activate(tau_fast_activation f, double x) {
    switch (f.op) {
    case TAU_OP_RELU:
        return x < 0 ? 0 : x;
    case TAU_OP_LEAKY_RELU:
        return x < 0 ? (double)f.alpha * x : x;
    case TAU_OP_CLIP:
        return x < (double)f.alpha ? (double)f.alpha : x > (double)f.beta ? (double)f.beta : x;
    case TAU_OP_TANH:
        return tanh(x);
    case TAU_OP_SIGMOID:
        return 1 / (1 + exp(-x));
    default:
        return x;
    }
}

static double after(const conv_run *r, int p, int s, int o, int y, int x, double sum) {
    const float *affine = r->affine + (size_t)p * 2 * r->padded;
    if (!r->what->plain) sum = (double)affine[o] * sum + (double)affine[r->padded + (size_t)o];
    if (r->what->residual) sum += blocked_get(&r->residual, p, s, o, y, x);
    return activate(r->call.activation, sum);
}

static double found_at(const conv_run *r, int p, int s, int o, int y, int x) {
    if (!r->rows) return blocked_get(&r->y, p, s, o, y, x);
    const tau_fast_tensor *t = &r->y.tensor;
    const size_t row = (size_t)(p * r->what->groups * 8 + s), positions = (size_t)(t->height * t->width);
    return (double)
        r->rows_host[(row * (size_t)t->channels + (size_t)o) * positions + (size_t)(y * t->width + x)];
}

/* FP32 sums err by less than 2^-20 of the terms' sizes; f16 outputs are rounded. The network's own weights
 * were rounded to f16, or kept to 2^-22 by two parts (and to half of 2^-24, the unit of the smallest). */
static void check_element(const conv_run *r, int p, int s, int o, int y, int x) {
    const conv_sum sum = sum_of(r, p, s, o, y, x);
    const double expected = after(r, p, s, o, y, x, sum.seen), meant = after(r, p, s, o, y, x, sum.meant);
    const double found = found_at(r, p, s, o, y, x),
                 slope = 3 * (r->call.activation.op == TAU_OP_COUNT ? 1 : 1.01);
    const double rounding = (r->rows ? ldexp(1, -22) : ldexp(1.001, -11)) * fabs(expected) + ldexp(1, -24);
    const double sums = slope * ldexp(sum.sizes, -20);
    cr_assert(fabs(found - expected) <= sums + rounding,
              "%d channels, %d outputs, kernel %d: network %d, sample %d, output %d at (%d, %d): %.9g "
              "instead of %.9g",
              r->what->channels, r->what->outputs, r->what->kernel[0], p, s, o, y, x, found, expected);
    const double weights =
        slope * (ldexp(sum.sizes, r->what->parts == 1 ? -11 : -22) + ldexp(1, -22) * (double)r->weight_count);
    cr_assert(fabs(found - meant) <= weights + sums + rounding, "%.9g is far from %.9g", found, meant);
}

static void check_all(const conv_run *r) {
    const tau_fast_tensor *t = &r->y.tensor;
    for (int p = 0; p < r->what->points; p++)
        for (int s = 0; s < r->what->groups * 8; s++)
            for (int o = 0; o < t->channels; o++)
                for (int i = 0; i < t->height * t->width; i++)
                    check_element(r, p, s, o, i / t->width, i % t->width);
    if (!r->rows) blocked_check_padding(&r->y);
}

static void check(const conv_case *what) {
    conv_run r = begin(what);
    run(&r);
    check_all(&r);
    flags_check(r.flags, what->points, 0);
    end(&r);
}

/* 3×3, padded so that the output has the input's size, ReLU. */
static conv_case same_size(int channels, int height, int width, int outputs) {
    return (conv_case){.channels = channels,
                       .height = height,
                       .width = width,
                       .outputs = outputs,
                       .kernel = {3, 3},
                       .stride = {1, 1},
                       .dilation = {1, 1},
                       .pad = {1, 1, 1, 1},
                       .points = 2,
                       .groups = 1,
                       .parts = 1,
                       .op = TAU_OP_RELU};
}

/* Any kernel, padded on all sides or not at all, no activation. */
static conv_case kernel_of(int rows, int columns, int pad, int channels, int height, int width, int outputs) {
    conv_case what = same_size(channels, height, width, outputs);
    what.kernel[0] = rows, what.kernel[1] = columns;
    for (int i = 0; i < 4; i++) what.pad[i] = pad;
    what.op = TAU_OP_COUNT;
    return what;
}

Test(fast_conv, counts_of_channels_that_do_not_fill_a_block) {
    static const int channels[] = {1, 3, 8, 16, 20};
    for (int i = 0; i < 5; i++) {
        conv_case what = same_size(channels[i], 5, 6, 10);
        what.groups = 2;
        check(&what);
    }
}

Test(fast_conv, counts_of_outputs_that_do_not_fill_a_tile) {
    static const int outputs[] = {1, 10, 16, 17, 64, 100};
    for (int i = 0; i < 6; i++)
        for (int parts = 1; parts <= 2; parts++) {
            conv_case what = same_size(8, 3, 3, outputs[i]);
            what.parts = parts;
            check(&what);
        }
}

Test(fast_conv, sixty_four_channels) {
    conv_case what = same_size(64, 4, 4, 64);
    what.residual = true;
    check(&what);
}

Test(fast_conv, kernels_of_any_size) {
    conv_case what = kernel_of(1, 1, 0, 20, 4, 3, 17);
    check(&what);
    what = kernel_of(5, 5, 2, 3, 7, 6, 6);
    check(&what);
    what = kernel_of(7, 7, 3, 1, 5, 5, 3);
    check(&what);
    what = kernel_of(1, 4, 0, 8, 1, 9, 5);
    what.pad[1] = 3;
    check(&what);
}

Test(fast_conv, a_kernel_that_covers_the_image_is_a_linear_layer_of_several_groups) {
    conv_case what = kernel_of(3, 4, 0, 20, 3, 4, 33);
    what.groups = 11;
    check(&what);
    what = kernel_of(1, 1, 0, 100, 1, 1, 10);
    what.groups = 5, what.parts = 2, what.rows = true;
    check(&what);
}

Test(fast_conv, strides_dilations_and_uneven_padding) {
    conv_case what = same_size(16, 7, 8, 20);
    what.stride[0] = what.stride[1] = 2;
    check(&what);
    what = kernel_of(1, 1, 0, 16, 6, 5, 32);
    what.stride[0] = what.stride[1] = 2;
    check(&what);
    what = kernel_of(3, 3, 2, 8, 8, 7, 8);
    what.dilation[0] = what.dilation[1] = 2;
    check(&what);
    what = kernel_of(3, 2, 0, 8, 7, 5, 8);
    what.stride[0] = 2, what.dilation[1] = 3;
    what.pad[1] = 2, what.pad[2] = 3, what.pad[3] = 1;
    check(&what);
}

Test(fast_conv, data_that_networks_share) {
    conv_case what = kernel_of(1, 1, 0, 9, 4, 5, 32);
    what.shared = true, what.points = 3, what.groups = 3;
    check(&what);
    what = kernel_of(1, 1, 0, 40, 1, 1, 100); /* fewer than the weights */
    what.shared = true, what.points = 3;
    check(&what);
}

Test(fast_conv, residuals_and_activations) {
    static const tau_op ops[] = {TAU_OP_COUNT, TAU_OP_RELU, TAU_OP_LEAKY_RELU,
                                 TAU_OP_CLIP,  TAU_OP_TANH, TAU_OP_SIGMOID};
    for (int i = 0; i < 6; i++)
        for (int outputs = 12; outputs <= 40; outputs += 14)
            for (int kind = 0; kind < 3; kind++) {
                conv_case what = same_size(8, 3, 3, outputs);
                what.op = ops[i], what.rows = kind == 1, what.residual = kind == 2;
                check(&what);
            }
}

Test(fast_conv, no_affine_means_scale_one_and_shift_zero) {
    conv_case what = same_size(8, 3, 3, 20);
    what.plain = true, what.parts = 2;
    check(&what);
}

Test(fast_conv, more_chunks_than_the_lanes_know_of_at_a_time) {
    conv_case what = kernel_of(5, 5, 1, 60, 5, 5, 4);
    what.parts = 2, what.rows = true;
    check(&what);
}

/* ---- what the bits depend on ---- */

Test(fast_conv, bits_do_not_depend_on_networks_and_samples_beside_them) {
    for (int parts = 1; parts <= 2; parts++) {
        conv_case what = same_size(16, 5, 5, 40);
        what.points = 3, what.groups = 5, what.parts = parts, what.op = TAU_OP_TANH;
        conv_run r = begin(&what);
        run(&r);
        for (int group = 0; group < what.groups; group += 2) {
            conv_case alone = what;
            alone.points = alone.groups = 1;
            conv_run one = begin(&alone);
            const int p = group / 2;
            const size_t size = tau_fast_group_size(16, 5, 5), offset = (size_t)p * r.x.tensor.point_stride;
            one.call.x.data = (uint16_t *)r.x.tensor.data + offset + (size_t)group * size;
            one.call.weights = (unsigned char *)r.packed + (size_t)p * r.call.weights_stride;
            one.call.affine = r.affine_device + (size_t)p * 2 * r.padded;
            run(&one);
            const size_t bytes = tau_fast_group_size(40, 5, 5) * sizeof(uint16_t);
            cr_expect_arr_eq(one.y.host + GUARD, r.y.host + blocked_offset(&r.y, p, 8 * group, 0, 0, 0),
                             bytes, "network %d, group %d", p, group);
            flags_check(one.flags, 1, 0);
            end(&one);
        }
        flags_check(r.flags, what.points, 0);
        end(&r);
    }
}

Test(fast_conv, bits_do_not_depend_on_the_schedule) {
    conv_case what = same_size(20, 4, 4, 20);
    what.groups = 3;
    conv_run r = begin(&what);
    run(&r);
    uint16_t *first = malloc(r.y.count * sizeof *first);
    memcpy(first, r.y.host, r.y.count * sizeof *first);
    static const char *const schedules[] = {"shuffled:1", "shuffled:2", "starve:0-31:3"};
    for (int i = 0; i < 3; i++) {
        cr_assert(emulation_set_schedule(schedules[i]));
        run(&r);
        cr_expect_arr_eq(r.y.host, first, r.y.count * sizeof *first, "%s", schedules[i]);
    }
    free(first);
    flags_check(r.flags, what.points, 0);
    end(&r);
}

/* ---- what leaves the range of f16 ---- */

/* A 1×1 layer of one channel whose weight is 1: what one sample makes of each network. */
static void check_flags(tau_op op, double x, float scale, float shift, bool flagged, double expected) {
    conv_case what = kernel_of(1, 1, 0, 1, 1, 2, 1);
    what.points = 3, what.groups = 2, what.op = op;
    conv_run r = begin(&what);
    for (int p = 0; p < 3; p++) r.theta[p] = 1;
    const tau_fast_weights weights = {0, 1, 1, {1, 1}, 1, 1, 1};
    float *theta = device_floats(r.theta, 3);
    const tau_cuda_source source = {1, {theta}, NULL, 1};
    succeed(tau_cuda_fast_pack(r.packed, r.call.weights_stride, &weights, 1, &source, 3, r.flags, NULL));
    succeed(cudaDeviceSynchronize());
    for (int p = 0; p < 3; p++) {
        r.affine[(size_t)p * 2 * r.padded] = p == 1 ? scale : 1;
        r.affine[(size_t)p * 2 * r.padded + r.padded] = p == 1 ? shift : 0;
    }
    succeed(cudaMemcpy(r.affine_device, r.affine, 6 * r.padded * sizeof(float), cudaMemcpyHostToDevice));
    memset(r.x.host, 0, r.x.count * sizeof *r.x.host);
    r.x.host[blocked_offset(&r.x, 1, 11, 0, 0, 1)] = half_bits(x);
    blocked_write(&r.x);
    run(&r);
    const double found = blocked_get(&r.y, 1, 11, 0, 0, 1);
    cr_expect(isnan(expected) ? isnan(found) : found == expected, "%g instead of %g", found, expected);
    flags_check(r.flags, 3, flagged ? 2 : 0);
    succeed(cudaFree(theta));
    end(&r);
}

Test(fast_conv, values_that_round_to_infinity_mark_their_network_alone) {
    check_flags(TAU_OP_RELU, 65504, 1, 15.9375f, false, 65504);
    check_flags(TAU_OP_RELU, 65504, 1, 16, true, INFINITY);
    check_flags(TAU_OP_COUNT, -65504, 1, -15.9375f, false, -65504);
    check_flags(TAU_OP_COUNT, -65504, 1, -16, true, -INFINITY);
}

Test(fast_conv, activations_that_bring_a_value_back_leave_no_mark) {
    check_flags(TAU_OP_RELU, -65504, 1e38f, 0, false, 0);
    check_flags(TAU_OP_TANH, 65504, 1e30f, 0, false, 1);
    check_flags(TAU_OP_CLIP, 65504, 1e30f, 0, false, 0.75);
}

Test(fast_conv, nan_and_infinity_travel_and_are_marked) {
    static const tau_op ops[] = {TAU_OP_COUNT, TAU_OP_RELU, TAU_OP_LEAKY_RELU, TAU_OP_CLIP, TAU_OP_TANH};
    for (int i = 0; i < 5; i++) check_flags(ops[i], NAN, 1, 0, true, NAN);
    check_flags(TAU_OP_RELU, INFINITY, 1, 0, true, INFINITY);
}

Test(fast_conv, nan_reaches_the_windows_that_hold_it_and_no_others) {
    conv_case what = same_size(8, 6, 6, 20);
    what.groups = 2;
    conv_run r = begin(&what);
    r.x.host[blocked_offset(&r.x, 1, 9, 3, 2, 4)] = half_bits(NAN);
    blocked_write(&r.x);
    run(&r);
    for (int p = 0; p < 2; p++)
        for (int s = 0; s < 16; s++)
            for (int i = 0; i < 36 * 20; i++) {
                const int o = i / 36, y = i / 6 % 6, x = i % 6;
                const bool reached = p == 1 && s == 9 && abs(y - 2) <= 1 && abs(x - 4) <= 1;
                cr_assert_eq(isnan(found_at(&r, p, s, o, y, x)), reached, "network %d, sample %d, (%d, %d)",
                             p, s, y, x);
            }
    flags_check(r.flags, 2, 2);
    end(&r);
}

Test(fast_conv, residual_may_be_the_output) {
    conv_case what = same_size(8, 4, 4, 8);
    what.groups = 2, what.residual = true;
    conv_run r = begin(&what);
    memcpy(r.y.host, r.residual.host, r.y.count * sizeof *r.y.host);
    blocked_write(&r.y);
    r.call.residual = r.y.tensor;
    run(&r);
    check_all(&r);
    flags_check(r.flags, 2, 0);
    end(&r);
}
