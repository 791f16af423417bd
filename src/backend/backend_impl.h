/** For those who implement a backend: the table of a plan's entries, and what the plans share. */
#ifndef TAU_BACKEND_BACKEND_IMPL_H
#define TAU_BACKEND_BACKEND_IMPL_H

#include "backend/backend.h"

/** A backend's own compiled model; only its backend knows what is inside. */
typedef struct tau_plan tau_plan;

typedef struct tau_plan_request {
    const tau_graph *graph;
    const tau_samples *samples;
    tau_loss loss;
    tau_precision precision;
    tau_pool *pool;
    int device;     /**< index among the backend's devices; 0 where it has one */
    size_t classes; /**< of the confusion counts; 0 = none are asked for */
} tau_plan_request;

/** The unit is the plan, not the operator, so that a backend may fuse as it likes. The evaluator has checked
 * shapes and ranges before any of these is called; meanings are those of the functions of the same name in
 * backend.h. */
typedef struct tau_backend {
    const char *name;
    int kernel_version;
    tau_precision default_precision;
    const char *(*instruction_set)(void);
    /** Why the backend cannot run here: TAU_STATUS_DEVICE with the remedy. */
    tau_status (*available)(void);
    /** A device in words, "NVIDIA H200, 139 GiB"; NULL past the last one. The entry itself is NULL where the
     * backend has one device that needs no words. @lifetime the text until the thread's next call */
    const char *(*describe)(int device);
    /** Refuses a graph or precision, naming node and operator: TAU_STATUS_UNSUPPORTED. */
    tau_status (*supports)(const tau_graph *graph, tau_precision precision);
    tau_status (*create)(tau_plan **out, const tau_plan_request *request);
    void (*destroy)(tau_plan *plan);
    tau_status (*set_basis)(tau_plan *plan, const tau_basis *basis);
    tau_status (*tile)(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                       const tau_cancel *cancel);
    tau_status (*states)(tau_plan *plan, size_t count, const float *const *theta, const float *const *buffers,
                         tau_point *out, uint64_t *confusion, const tau_cancel *cancel);
    tau_status (*capture)(tau_plan *plan, const float *theta, const float *buffers, int value, float *out,
                          const tau_cancel *cancel);
    tau_status (*gradient)(tau_plan *plan, const float *theta, float *buffers, const tau_batch *batch,
                           float *gradient, tau_batch_result *out);
} tau_backend;

/** Makes a backend known; the first one registered that is available is "auto". @lifetime the table is static
 */
void tau_backend_register(const tau_backend *backend);

/** The backend that "NAME" or "NAME:INDEX" means ("auto" allowed, without an index).
 *  @param[out] device  the index, 0 where none is given
 *  @errors TAU_STATUS_DEVICE naming what there is */
TAU_CHECK tau_status tau_backend_find(const tau_backend **out, int *device, const char *name);

/** Backend number `index`, or NULL past the last one. */
const tau_backend *tau_backend_get(int index);

#endif
