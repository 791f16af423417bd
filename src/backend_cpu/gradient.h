/** Inside the gradient: memory of a whole batch, and the steps that take all of it at once. */
#ifndef TAU_BACKEND_CPU_GRADIENT_H
#define TAU_BACKEND_CPU_GRADIENT_H

#include "backend_cpu/plan.h"

struct tau_cpu_gradient {
    tau_cpu_program *program;    /**< nothing fused, every tensor kept */
    size_t capacity;             /**< samples that there is room for */
    float **data, **derivatives; /**< [tensors]; a tensor that needs no derivative has NULL */
    bool *needed;                /**< [tensors] whether it depends on a parameter */
    float *theta;                /**< a copy, readable past its end */
    float *packed;
    float **scratch; /**< [workers] */
    int workers;

    /* Parameters of linear layers that one node reads get their derivative at once; all others are summed by
     * chunks of samples. */
    bool *direct;   /**< [values] */
    size_t *places; /**< [values] where a parameter stands in the sums of a chunk */
    size_t sum_size;
    float *sums; /**< [chunks, sum_size] */

    tau_cpu_norm_derivative *norms; /**< [steps] */
    double *norm_values;            /**< what `norms` points into */
    double *norm_sums;              /**< [chunks, 2·channels] */
    double *losses, *right;         /**< [capacity] */
    double *outputs;                /**< [workers, 2·outputs] */
};

/** One gradient under way. */
typedef struct tau_cpu_gradient_pass {
    tau_plan *plan;
    tau_cpu_gradient *memory;
    const tau_batch *batch;
    float *buffers, *gradient;
    tau_cpu_point point;
    size_t chunks;
    int from, to;             /**< steps of the present phase */
    const tau_cpu_step *step; /**< of the present step, where one is passed alone */
    tau_cpu_norm_sum sum;
    bool alone; /**< so little work that waking other threads would cost more */
} tau_cpu_gradient_pass;

/** Samples of a chunk as a frame; `training` must live as long as it. */
tau_cpu_frame tau_cpu_gradient_frame(const tau_cpu_gradient_pass *run, tau_cpu_training *training,
                                     size_t chunk, int worker);

/** Runs jobs on the pool, or one after the other here. The payload is the pass. */
TAU_CHECK tau_status tau_cpu_gradient_jobs(tau_cpu_gradient_pass *pass, size_t count, tau_pool_job job);

/** A linear layer for the whole batch, cut by its outputs (forward) or inputs (backward). */
TAU_CHECK tau_status tau_cpu_gradient_linear(tau_cpu_gradient_pass *run, const tau_cpu_step *step);
TAU_CHECK tau_status tau_cpu_gradient_linear_backward(tau_cpu_gradient_pass *run, const tau_cpu_step *step);

/** Statistics of the batch before a batch norm runs; sums of derivatives before it runs backward. */
TAU_CHECK tau_status tau_cpu_gradient_norm(tau_cpu_gradient_pass *run, const tau_cpu_step *step);
TAU_CHECK tau_status tau_cpu_gradient_norm_backward(tau_cpu_gradient_pass *run, const tau_cpu_step *step);

/** The pass itself: gradient.c. */
TAU_CHECK tau_status tau_cpu_gradient_pass_run(tau_cpu_gradient_pass *pass, const float *theta,
                                               tau_batch_result *out);

#endif
