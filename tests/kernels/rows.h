/* One operator on the emulated device against the reference backend: the same call for some networks and
 * samples, forward and backward, whatever the layout of its operands. */
#ifndef TESTS_KERNELS_ROWS_H
#define TESTS_KERNELS_ROWS_H

#include <criterion/criterion.h>
#include <cuda_runtime_api.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend_ref/operators.h"
#include "core/rng.h"
#include "emulation/emulation.h"
#include "kernels/operators.h"

/* FP32 operands and results: a few roundings of 2^-24, relative to the largest value. */
#define ROWS_TOLERANCE 3e-6

/* How an operand lies in memory. */
typedef enum rows_kind {
    ROWS_ACTIVATION, /* of each network and sample */
    ROWS_PARAMETER,  /* of each network */
    ROWS_CONSTANT,   /* one for all */
    ROWS_DATA,       /* of each sample */
} rows_kind;

enum { ROWS_OPERANDS = 5, ROWS_POINTS_MAX = 3 };

typedef struct rows_operand {
    rows_kind kind;
    tau_shape shape;
} rows_operand;

typedef struct rows_case {
    const char *name;
    tau_op op;
    tau_cuda_function forward, backward;
    size_t (*scratch)(const tau_cuda_call *call);
    rows_operand operands[ROWS_OPERANDS]; /* up to the first without axes, unless `scalars` */
    int operand_count;
    tau_shape shape;
    tau_attributes attributes;
    bool training;
    tau_dropout_mask mask;
} rows_case;

/* What values look like. */
typedef enum rows_values {
    ROWS_PLAIN,    /* within some units of 0 */
    ROWS_SPECIALS, /* NaN, infinities and zeros of either sign among them */
    ROWS_TIES,     /* few different values */
} rows_values;

typedef struct rows_run {
    const rows_case *what;
    rows_values values;
    int points, samples;
    size_t point_stride[ROWS_OPERANDS], sample_stride[ROWS_OPERANDS], size[ROWS_OPERANDS];
    size_t total[ROWS_OPERANDS]; /* elements of an operand's memory */
    float *host[ROWS_OPERANDS], *device[ROWS_OPERANDS], *gradient[ROWS_OPERANDS];
    size_t lead[ROWS_OPERANDS]; /* elements before an operand in its memory */
    size_t output, outputs;     /* elements of a sample; of all */
    float *y, *dy;              /* on the device */
    float *dy_host, *running[2];
    void *scratch;
} rows_run;

static inline void rows_succeed(cudaError_t error, const char *what) {
    cr_assert_eq(error, cudaSuccess, "%s: %s", what, cudaGetErrorString(error));
}

/* Threads run in that order from now on. The first call of the runtime takes the environment's schedule, so
 * it comes first. */
static inline void rows_schedule(const char *schedule) {
    rows_succeed(cudaFree(NULL), "cudaFree");
    cr_assert(emulation_set_schedule(schedule));
}

/* [count] after `lead` elements that nobody may read. */
static inline float *rows_device_after(size_t lead, const float *host, size_t count) {
    float *device = NULL;
    rows_succeed(cudaMalloc((void **)&device, (lead + count) * sizeof(float)), "cudaMalloc");
    rows_succeed(cudaMemcpy(device + lead, host, count * sizeof(float), cudaMemcpyHostToDevice),
                 "cudaMemcpy");
    return device + lead;
}

static inline void *rows_device(const void *host, size_t bytes) {
    void *device = NULL;
    rows_succeed(cudaMalloc(&device, bytes ? bytes : 1), "cudaMalloc");
    if (host) rows_succeed(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
    return device;
}

static inline void rows_read(void *host, const void *device, size_t bytes) {
    rows_succeed(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    rows_succeed(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
}

static inline float rows_value(rows_values values, uint64_t stream, uint64_t i) {
    static const float specials[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f};
    const tau_rng_key key = {17, stream};
    const uint64_t draw = tau_rng_below(key, 2 * i + 1, 12);
    if (values == ROWS_TIES) return (float)draw / 4 - 1;
    if (values == ROWS_SPECIALS && draw < 5) return specials[draw];
    return (float)(1.5 * tau_rng_normal(key, 2 * i));
}

static inline float *rows_fill(rows_values values, uint64_t stream, size_t count) {
    float *out = malloc((count + 1) * sizeof(float));
    for (size_t i = 0; i < count; i++) out[i] = rows_value(values, stream, i);
    return out;
}

/* Networks' parameters lie apart by more than their size and, as constants do, anywhere: not where a wide
 * access may begin. Gradients of a single sample lie so, too. */
static inline void rows_lay_out(rows_run *r, int k) {
    const rows_operand *operand = &r->what->operands[k];
    const size_t size = tau_shape_size(&operand->shape), samples = (size_t)r->samples;
    r->size[k] = size;
    if (operand->kind == ROWS_ACTIVATION || operand->kind == ROWS_DATA) r->sample_stride[k] = size;
    if (operand->kind == ROWS_ACTIVATION) r->point_stride[k] = samples * size;
    if (operand->kind == ROWS_PARAMETER) r->point_stride[k] = size + 3;
    r->lead[k] = operand->kind == ROWS_PARAMETER || operand->kind == ROWS_CONSTANT;
    r->total[k] = (size_t)(r->points - 1) * r->point_stride[k] + (samples - 1) * r->sample_stride[k] + size;
}

/* Variances of a batch norm are positive; divisors are not close to 0. */
static inline void rows_make_valid(const rows_run *r, int k) {
    const bool variance = r->what->op == TAU_OP_BATCH_NORM && k == 4;
    const bool divisor = r->what->op == TAU_OP_DIV && k == 1;
    for (size_t i = 0; (variance || divisor) && i < r->total[k]; i++) {
        const float value = r->host[k][i];
        if (variance) r->host[k][i] = fabsf(value) + 0.1f;
        if (divisor && fabsf(value) < 0.5f && value != 0) r->host[k][i] = copysignf(0.5f, value) + value;
    }
}

static inline tau_cuda_call rows_call(const rows_run *r, tau_cuda_input *inputs) {
    for (int k = 0; k < r->what->operand_count; k++)
        inputs[k] = (tau_cuda_input){r->what->operands[k].shape, r->device[k], r->gradient[k],
                                     r->point_stride[k], r->sample_stride[k]};
    return (tau_cuda_call){
        .op = r->what->op,
        .attributes = &r->what->attributes,
        .inputs = inputs,
        .input_count = r->what->operand_count,
        .shape = r->what->shape,
        .y = r->y,
        .points = r->points,
        .samples = r->samples,
        .training = r->what->training,
        .running = {r->running[0], r->running[1]},
        .mask = r->what->mask,
    };
}

static inline void rows_run_function(tau_cuda_call *call, const rows_case *what, tau_cuda_function function) {
    const size_t bytes = what->scratch ? what->scratch(call) : 0;
    call->scratch = rows_device(NULL, bytes);
    rows_succeed(function(call), what->name);
    rows_succeed(cudaDeviceSynchronize(), what->name);
    rows_succeed(cudaFree(call->scratch), "cudaFree");
}

static inline rows_run rows_begin(const rows_case *what, rows_values values, int points, int samples) {
    rows_run r = {.what = what, .values = values, .points = points, .samples = samples};
    for (int k = 0; k < what->operand_count; k++) {
        rows_lay_out(&r, k);
        r.host[k] = rows_fill(values, (uint64_t)k, r.total[k]);
        rows_make_valid(&r, k);
        r.device[k] = rows_device_after(r.lead[k], r.host[k], r.total[k]);
    }
    r.output = tau_shape_size(&what->shape);
    r.outputs = (size_t)points * (size_t)samples * r.output;
    float *poison = rows_fill(ROWS_PLAIN, 40, r.outputs);
    for (size_t i = 0; i < r.outputs; i++) poison[i] = 12345;
    r.y = rows_device(poison, r.outputs * sizeof(float));
    free(poison);
    return r;
}

static inline size_t rows_gradient_lead(const rows_run *r) {
    return r->samples == 1 ? 1 : 0;
}

static inline void rows_end(rows_run *r) {
    for (int k = 0; k < r->what->operand_count; k++) {
        free(r->host[k]);
        cudaFree(r->device[k] - r->lead[k]);
        if (r->gradient[k]) cudaFree(r->gradient[k] - rows_gradient_lead(r));
    }
    cudaFree(r->y);
    cudaFree(r->dy);
    cudaFree(r->running[0]);
    cudaFree(r->running[1]);
    free(r->dy_host);
}

/* ---- the reference ---- */

/* Calls of one network's samples and all that they point to. */
typedef struct rows_twin {
    tau_ref_call *calls;   /* [samples] */
    tau_ref_input *inputs; /* [samples, operands] */
    double *value[ROWS_OPERANDS], *gradient[ROWS_OPERANDS], *y, *dy;
} rows_twin;

static inline double *rows_widen(const float *from, size_t count) {
    double *out = malloc((count + 1) * sizeof(double));
    for (size_t i = 0; i < count; i++) out[i] = (double)from[i];
    return out;
}

static inline rows_twin rows_twin_of(const rows_run *r, int point) {
    const int operands = r->what->operand_count;
    const size_t samples = (size_t)r->samples;
    rows_twin t = {.calls = calloc(samples, sizeof *t.calls),
                   .inputs = calloc(samples * (size_t)operands, sizeof *t.inputs),
                   .y = calloc(samples * r->output + 1, sizeof *t.y)};
    if (r->dy_host) t.dy = rows_widen(r->dy_host, samples * r->output);
    for (int k = 0; k < operands; k++) {
        const size_t count = (samples - 1) * r->sample_stride[k] + r->size[k];
        t.value[k] = rows_widen(r->host[k] + (size_t)point * r->point_stride[k], count);
    }
    for (size_t s = 0; s < samples; s++) {
        tau_ref_input *inputs = t.inputs + s * (size_t)operands;
        for (int k = 0; k < operands; k++)
            inputs[k] =
                (tau_ref_input){&r->what->operands[k].shape, t.value[k] + s * r->sample_stride[k], NULL};
        t.calls[s] = (tau_ref_call){&r->what->attributes,
                                    r->what->op,
                                    inputs,
                                    operands,
                                    &r->what->shape,
                                    t.y + s * r->output,
                                    t.dy ? t.dy + s * r->output : NULL,
                                    r->what->training,
                                    r->what->mask,
                                    s};
    }
    return t;
}

static inline void rows_twin_free(rows_twin *t) {
    for (int k = 0; k < ROWS_OPERANDS; k++) free(t->value[k]), free(t->gradient[k]);
    free(t->calls);
    free(t->inputs);
    free(t->y);
    free(t->dy);
}

static inline bool rows_couples_samples(const rows_case *what) {
    return what->op == TAU_OP_BATCH_NORM && what->training;
}

/* @param[in,out] running  [2][C] of a batch norm in training */
static inline void rows_twin_forward(const rows_run *r, rows_twin *t, float *running[2]) {
    const tau_ref_batch batch = {t->calls, (size_t)r->samples};
    if (rows_couples_samples(r->what)) {
        tau_ref_batch_norm_train_forward(&batch, running[0], running[1]);
        return;
    }
    for (int s = 0; s < r->samples; s++) tau_ref_operator_get(r->what->op)->forward(&t->calls[s]);
}

static inline void rows_twin_backward(const rows_run *r, rows_twin *t) {
    const tau_ref_batch batch = {t->calls, (size_t)r->samples};
    if (rows_couples_samples(r->what)) {
        tau_ref_batch_norm_train_backward(&batch);
        return;
    }
    for (int s = 0; s < r->samples; s++) tau_ref_operator_get(r->what->op)->backward(&t->calls[s]);
}

/* ---- comparison ---- */

static inline double rows_largest(const double *values, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]) && fabs(values[i]) > largest) largest = fabs(values[i]);
    return largest;
}

static inline void rows_compare(const char *name, const char *what, const float *found,
                                const double *expected, size_t count) {
    const double bound = ROWS_TOLERANCE * rows_largest(expected, count);
    for (size_t i = 0; i < count; i++) {
        const double e = expected[i], f = (double)found[i];
        const bool same = isnan(e) ? isnan(f) : isinf(e) ? f == e : fabs(f - e) <= bound;
        cr_assert(same, "%s: %s %zu is %.9g instead of %.9g", name, what, i, f, e);
    }
}

/* A part of the call must have the bits of the whole: the second half of the networks and samples. */
static inline void rows_check_part(const rows_run *r, const tau_cuda_call *whole, const float *expected) {
    if (rows_couples_samples(r->what) || (r->what->op == TAU_OP_DROPOUT && r->what->training)) return;
    const int point = r->points / 2, sample = r->samples / 2;
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call part = *whole;
    for (int k = 0; k < whole->input_count; k++) {
        inputs[k] = whole->inputs[k];
        inputs[k].value += (size_t)point * inputs[k].point_stride + (size_t)sample * inputs[k].sample_stride;
    }
    part.inputs = inputs;
    part.points = 1, part.samples = r->samples - sample;
    const size_t count = (size_t)part.samples * r->output;
    float *found = malloc((count + 1) * sizeof(float));
    part.y = rows_device(NULL, count * sizeof(float));
    rows_run_function(&part, r->what, r->what->forward);
    rows_read(found, part.y, count * sizeof(float));
    const float *of_whole = expected + ((size_t)point * (size_t)r->samples + (size_t)sample) * r->output;
    for (size_t i = 0; i < count; i++)
        cr_assert(memcmp(&found[i], &of_whole[i], sizeof(float)) == 0 ||
                      (isnan(found[i]) && isnan(of_whole[i])),
                  "%s: element %zu depends on what is computed beside it: %.9g or %.9g", r->what->name, i,
                  (double)found[i], (double)of_whole[i]);
    cudaFree(part.y);
    free(found);
}

static inline void rows_start_running(rows_run *r, float *host[2]) {
    const size_t channels = (size_t)r->what->shape.dim[0];
    for (int i = 0; i < 2 && rows_couples_samples(r->what); i++) {
        host[i] = rows_fill(ROWS_PLAIN, 20 + (uint64_t)i, channels);
        r->running[i] = rows_device(host[i], channels * sizeof(float));
    }
}

static inline void rows_compare_running(const rows_run *r, float *host[2]) {
    const size_t channels = (size_t)r->what->shape.dim[0];
    for (int i = 0; i < 2 && rows_couples_samples(r->what); i++) {
        float *found = rows_fill(ROWS_PLAIN, 0, channels);
        double *expected = rows_widen(host[i], channels);
        rows_read(found, r->running[i], channels * sizeof(float));
        rows_compare(r->what->name, "running statistic", found, expected, channels);
        free(found);
        free(expected);
        free(host[i]);
    }
}

static inline void rows_check_forward(const rows_case *what, rows_values values, int points, int samples) {
    rows_run r = rows_begin(what, values, points, samples);
    float *running[2] = {NULL, NULL};
    rows_start_running(&r, running);
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    rows_run_function(&call, what, what->forward);
    float *found = malloc((r.outputs + 1) * sizeof(float));
    rows_read(found, r.y, r.outputs * sizeof(float));
    for (int p = 0; p < points; p++) {
        rows_twin t = rows_twin_of(&r, p);
        rows_twin_forward(&r, &t, running);
        const size_t each = (size_t)samples * r.output;
        rows_compare(what->name, "output", found + (size_t)p * each, t.y, each);
        rows_twin_free(&t);
    }
    rows_compare_running(&r, running);
    rows_check_part(&r, &call, found);
    free(found);
    rows_end(&r);
}

/* What is in the gradients already, which backward adds to. */
static inline double *rows_start_gradient(rows_run *r, int k) {
    float *before = rows_fill(ROWS_PLAIN, 30 + (uint64_t)k, r->total[k]);
    r->gradient[k] = rows_device_after(rows_gradient_lead(r), before, r->total[k]);
    double *wide = rows_widen(before, r->total[k]);
    free(before);
    return wide;
}

static inline bool rows_wants_gradient(const rows_case *what, int k) {
    return what->operands[k].kind != ROWS_CONSTANT && !(what->op == TAU_OP_BATCH_NORM && k >= 3);
}

/* @param[in] wanted  a bit for each operand */
static inline void rows_check_backward_of(const rows_case *what, rows_values values, int samples,
                                          unsigned wanted) {
    rows_run r = rows_begin(what, values, 1, samples);
    float *running[2] = {NULL, NULL};
    r.dy_host = rows_fill(ROWS_PLAIN, 50, r.outputs);
    r.dy = rows_device(r.dy_host, r.outputs * sizeof(float));
    rows_start_running(&r, running);
    rows_twin t = rows_twin_of(&r, 0);
    for (int k = 0; k < what->operand_count; k++) {
        if (!rows_wants_gradient(what, k) || !(wanted >> k & 1)) continue;
        t.gradient[k] = rows_start_gradient(&r, k);
        for (int s = 0; s < samples; s++)
            t.inputs[s * what->operand_count + k].gradient = t.gradient[k] + (size_t)s * r.sample_stride[k];
    }
    tau_cuda_input inputs[ROWS_OPERANDS];
    tau_cuda_call call = rows_call(&r, inputs);
    rows_run_function(&call, what, what->forward);
    call.dy = r.dy;
    rows_run_function(&call, what, what->backward);
    rows_twin_forward(&r, &t, running);
    rows_twin_backward(&r, &t);
    rows_compare_running(&r, running);
    for (int k = 0; k < what->operand_count; k++) {
        if (!r.gradient[k]) continue;
        float *found = malloc((r.total[k] + 1) * sizeof(float));
        rows_read(found, r.gradient[k], r.total[k] * sizeof(float));
        char label[32];
        snprintf(label, sizeof label, "gradient of input %d", k);
        rows_compare(what->name, label, found, t.gradient[k], r.total[k]);
        free(found);
    }
    rows_twin_free(&t);
    rows_end(&r);
}

static inline void rows_check_backward(const rows_case *what, rows_values values, int samples) {
    rows_check_backward_of(what, values, samples, ~0u);
}

/* Networks and samples alone and together, ordinary values and those that must travel. */
static inline void rows_check(const rows_case *what) {
    static const rows_values values[] = {ROWS_PLAIN, ROWS_SPECIALS};
    for (int v = 0; v < 2; v++) {
        rows_check_forward(what, values[v], 1, 1);
        if (!rows_couples_samples(what)) rows_check_forward(what, values[v], 3, 5);
        rows_check_backward(what, values[v], 1);
        rows_check_backward(what, values[v], 5);
    }
}

#endif
