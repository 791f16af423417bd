/** Engines: what turns the parameters of some networks and a block of samples into the networks' outputs.
 * There are two: rows (FP32, one kernel an operator; also what is run again when the other overflows) and
 * fast (FP16 operands, fused layers). Everything around them (samples, tiles, losses, results) is shared:
 * evaluate.c. */
#ifndef TAU_BACKEND_CUDA_ENGINE_H
#define TAU_BACKEND_CUDA_ENGINE_H

#include "backend/backend_impl.h"
#include "backend_cuda/context.h"
#include "kernels/points.h"

_Static_assert(TAU_BASIS_MAX == TAU_CUDA_BASIS_MAX, "slices and kernels agree");

/** The samples, resident on the device for the life of a plan. */
typedef struct tau_cuda_data {
    const float *inputs;      /**< f32 [count, elements of one sample], row-major as the graph's input */
    tau_cuda_targets targets; /**< of all samples */
    size_t count, input_size, output_size;
} tau_cuda_data;

/** What an engine is told of one chunk of networks. */
typedef struct tau_cuda_chunk {
    tau_cuda_source theta, buffers; /**< [P] and [Q] of each network */
    int points;
    unsigned char *overflow; /**< [points] on the device, 0 at first; the rows engine leaves it alone */
} tau_cuda_chunk;

typedef struct tau_cuda_engine tau_cuda_engine;

struct tau_cuda_engine {
    /** Bytes of device memory for chunks of `points` networks over blocks of `samples` (a multiple of 8):
     * parameters, activations, scratch. Grows with both. */
    size_t (*memory)(const tau_cuda_engine *engine, int points, int samples);
    /** Lays out `memory(points, samples)` bytes. @lifetime borrowed until the next bind or destroy */
    void (*bind)(tau_cuda_engine *engine, void *memory, int points, int samples);
    /** Called when the slice changes, before any load: what does not depend on the coefficients (products of
     * a shared first layer), in memory of the engine's own. NULL = nothing. `theta` has coefficients NULL and
     * its vectors set. */
    tau_status (*prepare)(tau_cuda_engine *engine, const tau_cuda_source *theta, cudaStream_t stream);
    /** Enqueues the forming of the chunk's parameters. */
    tau_status (*load)(tau_cuda_engine *engine, const tau_cuda_chunk *chunk, cudaStream_t stream);
    /** Enqueues the networks of the last load over samples first .. first+samples-1 (first a multiple of 8).
     *  @param[out] output  [points, row_samples, outputs] f32 on the device, valid until the next run
     *  @param[out] row_samples  rows a network has there, at least samples */
    tau_status (*run)(tau_cuda_engine *engine, const tau_cuda_chunk *chunk, size_t first, int samples,
                      const float **output, int *row_samples, cudaStream_t stream);
    void (*destroy)(tau_cuda_engine *engine);
};

/** FP32, one kernel an operator; takes every graph that `supports` lets pass. */
TAU_CHECK tau_status tau_cuda_rows_create(tau_cuda_engine **out, const tau_graph *graph,
                                          const tau_cuda_data *data);

/** FP16 operands: `fast` (parts = 1) or `fine` (parts = 2, weights split in two f16). Layers that tensor
 * cores cannot do run through the rows kernels between conversions; outputs of the last layer stay in FP32,
 * for the loss. */
TAU_CHECK tau_status tau_cuda_fast_create(tau_cuda_engine **out, const tau_graph *graph,
                                          const tau_cuda_data *data, tau_precision precision,
                                          const tau_cuda_context *context);

#endif
