/** A model compiled for the reference backend: where each value lies, and the memory that runs need. */
#ifndef TAU_BACKEND_REF_PLAN_H
#define TAU_BACKEND_REF_PLAN_H

#include "backend/backend_impl.h"
#include "backend_ref/operators.h"

struct tau_plan {
    tau_plan_request request;
    tau_basis basis;
    size_t *offset;    /**< [values] of inputs and activations within a sample's arena */
    size_t arena_size; /**< elements of all inputs and activations of one sample */
    size_t inputs_max; /**< most inputs of a node */

    float *theta, *buffers;                             /**< [P], [Q] of a slice's point */
    double *theta_wide, *buffers_wide, *constants_wide; /**< the point at hand, in double */
    double *losses, *right;                             /**< [N] per sample */
    int32_t *decided;                                   /**< [N] classes, where they are counted; else NULL */
    double *arenas;                                     /**< [threads, arena_size] */
    tau_ref_input *inputs;                              /**< [threads, inputs_max] */
};

/** What one sample's values and gradients are kept in; the latter NULL in forward runs. */
typedef struct tau_ref_memory {
    double *values, *gradients; /**< [arena_size] */
    double *theta_gradient;     /**< [P] */
    tau_ref_input *inputs;      /**< [inputs_max], filled for the call */
} tau_ref_memory;

TAU_CHECK tau_status tau_ref_plan_create(tau_plan **out, const tau_plan_request *request);
void tau_ref_plan_destroy(tau_plan *plan);

/** Makes theta [P] and buffers [Q] the point at hand. */
void tau_ref_plan_load(tau_plan *plan, const float *theta, const float *buffers);

/** Copies a sample's input to the start of its arena. */
void tau_ref_plan_read_input(const tau_plan *plan, double *values, size_t sample);

/** The call of a node at one sample. */
tau_ref_call tau_ref_plan_bind(const tau_plan *plan, int node, const tau_ref_memory *memory);

/** The entries of the backend's table: points.c and gradient.c. */
TAU_CHECK tau_status tau_ref_plan_set_basis(tau_plan *plan, const tau_basis *basis);
TAU_CHECK tau_status tau_ref_plan_tile(tau_plan *plan, const tau_tile *tile, tau_point *out,
                                       uint64_t *confusion, const tau_cancel *cancel);
TAU_CHECK tau_status tau_ref_plan_states(tau_plan *plan, size_t count, const float *const *theta,
                                         const float *const *buffers, tau_point *out, uint64_t *confusion,
                                         const tau_cancel *cancel);
TAU_CHECK tau_status tau_ref_plan_capture(tau_plan *plan, const float *theta, const float *buffers, int value,
                                          float *out, const tau_cancel *cancel);
TAU_CHECK tau_status tau_ref_plan_gradient(tau_plan *plan, const float *theta, float *buffers,
                                           const tau_batch *batch, float *gradient, tau_batch_result *out);

#endif
