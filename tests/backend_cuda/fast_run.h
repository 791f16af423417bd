/** The fast engine on an emulated GPU: outputs of some networks, to compare with the reference's. */
#ifndef BACKEND_CUDA_FAST_RUN_H
#define BACKEND_CUDA_FAST_RUN_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/combine.h"
#include "backend_cuda/engine.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "core/rng.h"
#include "emulation.h"
#include "model/model.h"
#include "parity/networks.h"

enum { FAST_POINTS = 3 };

/** Networks along a line through a plane: at its centre, and at two more points. */
static const double fast_coefficients[FAST_POINTS][TAU_BASIS_MAX] = {
    {1, 0, 0}, {1, 0.5, -0.25}, {1, -0.125, 1}};

typedef struct fast_run {
    const parity_network *network;
    tau_cuda_data data;
    tau_cuda_engine *engine;
    void *inputs, *theta[PARITY_BASIS], *buffers[PARITY_BASIS], *coefficients, *overflow, *memory;
    size_t outputs, memory_size;
    bool move_buffers;                /**< statistics move with the coefficients */
    unsigned char flags[FAST_POINTS]; /**< overflow of the last run */
} fast_run;

static inline void succeed(tau_status status) {
    cr_assert_eq(status, TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
}

static inline void *uploaded(const void *values, size_t bytes) {
    void *out;
    succeed(tau_cuda_allocate(&out, bytes + 1));
    cr_assert_eq(cudaMemcpy(out, values, bytes, cudaMemcpyHostToDevice), cudaSuccess);
    return out;
}

static inline tau_status fast_run_open(fast_run *r, const parity_network *network, tau_precision precision) {
    const tau_graph *graph = network->graph;
    const tau_samples *samples = network->samples;
    tau_cuda_context context;
    *r = (fast_run){.network = network};
    TAU_TRY(tau_cuda_context_open(&context, 0));
    r->outputs = tau_shape_size(&graph->values[graph->output].shape);
    const size_t size = tau_shape_size(&samples->input_shape);
    r->inputs = uploaded(samples->inputs, samples->count * size * sizeof(float));
    for (int k = 0; k < PARITY_BASIS; k++) {
        r->theta[k] = uploaded(network->theta[k], graph->theta_size * sizeof(float));
        r->buffers[k] = uploaded(network->buffers[k], graph->buffer_size * sizeof(float));
    }
    r->coefficients = uploaded(fast_coefficients, sizeof fast_coefficients);
    r->overflow = uploaded((unsigned char[FAST_POINTS]){0}, FAST_POINTS);
    r->data = (tau_cuda_data){
        .inputs = r->inputs, .count = samples->count, .input_size = size, .output_size = r->outputs};
    return tau_cuda_fast_create(&r->engine, graph, &r->data, precision, &context);
}

static inline tau_cuda_source fast_source(void *const vectors[PARITY_BASIS], const double *coefficients) {
    tau_cuda_source source = {.count = PARITY_BASIS, .coefficients = coefficients};
    for (int k = 0; k < PARITY_BASIS; k++) source.vectors[k] = vectors[k];
    return source;
}

enum { FAST_GUARD = 512 };

/** Nothing was written past the engine's memory. */
static inline void check_guard(const fast_run *r) {
    unsigned char guard[FAST_GUARD];
    if (!r->memory) return;
    cr_assert_eq(
        cudaMemcpy(guard, (const char *)r->memory + r->memory_size, FAST_GUARD, cudaMemcpyDeviceToHost),
        cudaSuccess);
    for (int i = 0; i < FAST_GUARD; i++) cr_assert_eq(guard[i], 0xff, "byte %d past the memory", i);
}

/** Memory for so many networks and samples, filled with what is no number. */
static inline void fast_run_bind(fast_run *r, int points, int samples) {
    check_guard(r);
    tau_cuda_free(r->memory);
    r->memory_size = r->engine->memory(r->engine, points, samples);
    succeed(tau_cuda_allocate(&r->memory, r->memory_size + FAST_GUARD));
    cr_assert_eq(cudaMemset(r->memory, 0xff, r->memory_size + FAST_GUARD), cudaSuccess);
    r->engine->bind(r->engine, r->memory, points, samples);
}

/** One of several that are open. */
static inline void fast_run_free(fast_run *r) {
    check_guard(r);
    if (r->engine) r->engine->destroy(r->engine);
    tau_cuda_free(r->inputs);
    for (int k = 0; k < PARITY_BASIS; k++) {
        tau_cuda_free(r->theta[k]);
        tau_cuda_free(r->buffers[k]);
    }
    tau_cuda_free(r->coefficients);
    tau_cuda_free(r->overflow);
    tau_cuda_free(r->memory);
}

/** The last one that is open: nothing may be left on the card. */
static inline void fast_run_close(fast_run *r) {
    fast_run_free(r);
    cr_assert_eq(emulation_allocations(), 0);
}

/** Runs one chunk over all samples, block by block. @param[out] out  [points, samples, outputs] */
static inline void fast_run_chunk(fast_run *r, const tau_cuda_chunk *chunk, int block, float *out) {
    const size_t count = r->data.count;
    succeed(r->engine->load(r->engine, chunk, NULL));
    for (size_t first = 0; first < count; first += (size_t)block) {
        const int samples = count - first < (size_t)block ? (int)(count - first) : block;
        const float *output;
        int rows;
        succeed(r->engine->run(r->engine, chunk, first, samples, &output, &rows, NULL));
        cr_assert_geq(rows, samples);
        for (size_t p = 0; p < (size_t)chunk->points; p++)
            cr_assert_eq(cudaMemcpy(out + (p * count + first) * r->outputs,
                                    output + p * (size_t)rows * r->outputs,
                                    (size_t)samples * r->outputs * sizeof(float), cudaMemcpyDeviceToHost),
                         cudaSuccess);
    }
}

/** Outputs of the networks of `fast_coefficients`, some networks and samples at once. @param[out] out
 *  [FAST_POINTS, samples, outputs], freed with tau_mem_free */
static inline float *fast_run_line(fast_run *r, int points, int block) {
    float *out;
    const size_t size = r->data.count * r->outputs;
    succeed(TAU_ALLOC(out, FAST_POINTS * size));
    fast_run_bind(r, points, block);
    tau_cuda_source theta = fast_source(r->theta, NULL);
    if (r->engine->prepare) succeed(r->engine->prepare(r->engine, &theta, NULL));
    cr_assert_eq(cudaMemset(r->overflow, 0, FAST_POINTS), cudaSuccess);
    for (int first = 0; first < FAST_POINTS; first += points) {
        const int count = FAST_POINTS - first < points ? FAST_POINTS - first : points;
        const double *coefficients = (const double *)r->coefficients + first * TAU_BASIS_MAX;
        const tau_cuda_chunk chunk = {.theta = fast_source(r->theta, coefficients),
                                      .buffers =
                                          fast_source(r->buffers, r->move_buffers ? coefficients : NULL),
                                      .points = count,
                                      .overflow = (unsigned char *)r->overflow + first};
        fast_run_chunk(r, &chunk, block, out + (size_t)first * size);
    }
    cr_assert_eq(cudaMemcpy(r->flags, r->overflow, FAST_POINTS, cudaMemcpyDeviceToHost), cudaSuccess);
    return out;
}

/** Combinations of three vectors, one after the other. @param[out] out  [FAST_POINTS, size] on the host */
static inline float *fast_combinations(float *const vectors[PARITY_BASIS], size_t size) {
    float *out;
    succeed(TAU_ALLOC(out, FAST_POINTS * size + 1));
    for (int p = 0; p < FAST_POINTS; p++)
        tau_combine(out + (size_t)p * size, PARITY_BASIS, (const float *const *)vectors, fast_coefficients[p],
                    size);
    return out;
}

/** The same networks by their parameters and statistics, without a basis. */
static inline float *fast_run_states(fast_run *r) {
    const parity_network *network = r->network;
    const size_t theta_size = network->graph->theta_size, buffer_size = network->graph->buffer_size;
    float *theta = fast_combinations(network->theta, theta_size);
    float *buffers = fast_combinations(network->buffers, buffer_size), *out;
    succeed(TAU_ALLOC(out, FAST_POINTS * r->data.count * r->outputs));
    void *thetas[PARITY_BASIS] = {uploaded(theta, FAST_POINTS * theta_size * sizeof(float))};
    void *statistics[PARITY_BASIS] = {uploaded(buffers, FAST_POINTS * buffer_size * sizeof(float))};
    fast_run_bind(r, FAST_POINTS, (int)r->data.count);
    tau_cuda_chunk chunk = {.theta = fast_source(thetas, NULL),
                            .buffers = fast_source(statistics, NULL),
                            .points = FAST_POINTS,
                            .overflow = r->overflow};
    chunk.theta.point_stride = theta_size;
    chunk.buffers.point_stride = buffer_size;
    cr_assert_eq(cudaMemset(r->overflow, 0, FAST_POINTS), cudaSuccess);
    fast_run_chunk(r, &chunk, (int)r->data.count, out);
    cr_assert_eq(cudaMemcpy(r->flags, r->overflow, FAST_POINTS, cudaMemcpyDeviceToHost), cudaSuccess);
    tau_cuda_free(thetas[0]);
    tau_cuda_free(statistics[0]);
    tau_mem_free(theta);
    tau_mem_free(buffers);
    return out;
}

/** What the reference makes of them. @param[in] move_buffers  statistics move with the coefficients */
static inline float *reference_line(const parity_network *network, bool move_buffers) {
    const tau_graph *graph = network->graph;
    float *theta = fast_combinations(network->theta, graph->theta_size);
    float *buffers = fast_combinations(network->buffers, graph->buffer_size), *out;
    const size_t size = network->samples->count * tau_shape_size(&graph->values[graph->output].shape);
    tau_pool *pool;
    tau_evaluator *evaluator;
    tau_backend_register(tau_backend_ref_get());
    succeed(tau_pool_create(&pool, 1));
    const tau_evaluator_options options = {
        .backend = "ref", .precision = TAU_PRECISION_EXACT, .loss = network->loss};
    succeed(tau_evaluator_create(&evaluator, graph, network->samples, &options, pool));
    succeed(TAU_ALLOC(out, FAST_POINTS * size));
    for (size_t p = 0; p < FAST_POINTS; p++)
        succeed(tau_evaluator_capture(evaluator, theta + p * graph->theta_size,
                                      move_buffers ? buffers + p * graph->buffer_size : network->buffers[0],
                                      graph->output, out + p * size, NULL));
    tau_evaluator_destroy(evaluator);
    tau_pool_destroy(pool);
    tau_mem_free(theta);
    tau_mem_free(buffers);
    return out;
}

/** Largest difference of two sets of outputs, relative to the largest of the network's expected outputs. */
static inline double difference(const fast_run *r, const float *actual, const float *expected) {
    const size_t size = r->data.count * r->outputs;
    double worst = 0;
    for (size_t p = 0; p < FAST_POINTS; p++) {
        double largest = 0, off = 0;
        for (size_t i = p * size; i < (p + 1) * size; i++) {
            const double error = fabs((double)actual[i] - (double)expected[i]);
            largest = fabs((double)expected[i]) > largest ? fabs((double)expected[i]) : largest;
            off = error > off || isnan(error) ? error : off;
        }
        if (off / (largest > 0 ? largest : 1) > worst || isnan(off))
            worst = off / (largest > 0 ? largest : 1);
    }
    return worst;
}

/** The network of that name in the parity table. */
static inline void network_find(parity_network *out, const char *name) {
    for (int i = parity_network_count() - 1; i >= 0; i--) {
        succeed(parity_network_create(out, i));
        if (strcmp(out->name, name) == 0) return;
        parity_network_clear(out);
    }
    cr_assert_fail("there is no network '%s'", name);
}

#endif
