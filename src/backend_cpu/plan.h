/** The plan: a model's programs with their samples, and the workers' memory. Between the files of this
 * backend. */
#ifndef TAU_BACKEND_CPU_PLAN_H
#define TAU_BACKEND_CPU_PLAN_H

#include "backend_cpu/operations.h"
#include "core/threads.h"

/** What one worker of the pool owns. */
typedef struct tau_cpu_worker {
    float *theta, *buffers, *packed; /**< of the point it works on */
    float *arena, *scratch;
    float **data;           /**< [tensors] */
    double *losses, *right; /**< [N] */
    int32_t *decided;       /**< [N] classes, where they are counted; else NULL */
    double *outputs;        /**< of one sample */
} tau_cpu_worker;

/** What a worker's memory must hold: the largest of some programs. */
typedef struct tau_cpu_sizes {
    size_t theta, buffers, packed, arena, scratch, tensors, samples, outputs;
    bool decisions;
} tau_cpu_sizes;

void tau_cpu_sizes_cover(tau_cpu_sizes *sizes, const tau_cpu_program *program);
TAU_CHECK tau_status tau_cpu_workers_create(tau_cpu_worker **out, int count, const tau_cpu_sizes *sizes);
void tau_cpu_workers_destroy(tau_cpu_worker *workers, int count);

/** Points a worker's tensors at its arena, and the input at a block of samples. */
void tau_cpu_worker_bind(tau_cpu_worker *worker, const tau_cpu_program *program, const float *input);

typedef struct tau_cpu_gradient tau_cpu_gradient;
typedef struct tau_cpu_tiny tau_cpu_tiny;

struct tau_plan {
    tau_plan_request request;
    const tau_cpu_kernels *kernels;
    tau_cpu_program *exact; /**< every point by itself */
    tau_cpu_program *fine;  /**< Winograd; NULL in exact mode */
    tau_cpu_program *line; /**< fine, with the first layer shared by the points of a slice; NULL if none is */
    tau_cpu_tiny *tiny;    /**< for narrow networks instead of the programs, or NULL */
    tau_cpu_share share;
    tau_basis basis;
    tau_cpu_sizes sizes;
    tau_cpu_worker *workers;    /**< [pool size] */
    tau_cpu_worker *slots;      /**< [pool size] points that several workers share; made when first needed */
    tau_cpu_gradient *gradient; /**< made by the first gradient */
};

/** Which linear layer a slice can share, or -1; decided by model, samples and largest basis alone. */
int tau_cpu_share_find(const tau_graph *graph, size_t samples);
/** Multiplies the samples with the vectors of a new basis. */
TAU_CHECK tau_status tau_cpu_share_set(tau_plan *plan, const tau_basis *basis);
void tau_cpu_share_clear(tau_cpu_share *share);

/** Samples laid out for the fused kernel of narrow networks. @param[out] out  NULL if the network is not one
 */
TAU_CHECK tau_status tau_cpu_tiny_create(tau_cpu_tiny **out, const tau_plan_request *request);
void tau_cpu_tiny_destroy(tau_cpu_tiny *tiny);
size_t tau_cpu_tiny_packed_size(const tau_cpu_tiny *tiny);
size_t tau_cpu_tiny_scratch_size(const tau_cpu_tiny *tiny);
/** Per-sample numbers of a point for samples [first, end), both multiples of the block but for the last end.
 *  @param[out] results  losses, right and decided of those samples */
TAU_CHECK tau_status tau_cpu_tiny_losses(const tau_plan *plan, const tau_cpu_point *point, size_t first,
                                         size_t end, tau_cpu_worker *worker, tau_cpu_worker *results,
                                         const tau_cancel *cancel);
void tau_cpu_tiny_prepare(const tau_cpu_tiny *tiny, const tau_cpu_point *point);

TAU_CHECK tau_status tau_cpu_tile(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                                  const tau_cancel *cancel);
TAU_CHECK tau_status tau_cpu_states(tau_plan *plan, size_t count, const float *const *theta,
                                    const float *const *buffers, tau_point *out, uint64_t *confusion,
                                    const tau_cancel *cancel);
TAU_CHECK tau_status tau_cpu_capture(tau_plan *plan, const float *theta, const float *buffers, int value,
                                     float *out, const tau_cancel *cancel);

TAU_CHECK tau_status tau_cpu_gradient_run(tau_plan *plan, const float *theta, float *buffers,
                                          const tau_batch *batch, float *gradient, tau_batch_result *out);
void tau_cpu_gradient_destroy(tau_cpu_gradient *gradient);

#endif
