/** Evaluators: a model compiled to a plan for one backend, with its samples resident. For those who call
 * them. */
#ifndef TAU_BACKEND_BACKEND_H
#define TAU_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cancel.h"
#include "core/status.h"
#include "core/threads.h"
#include "data/samples.h"
#include "model/graph.h"
#include "model/loss.h"

/** How exact a value is; each mode's error against double is measured in docs/performance.md. */
typedef enum tau_precision {
    TAU_PRECISION_NONE = 0, /**< not computed */
    TAU_PRECISION_EXACT,    /**< FP32, each point by itself: bits independent of grid and tile */
    TAU_PRECISION_FINE,     /**< FP32 that may share work between points and use Winograd */
    TAU_PRECISION_FAST,     /**< 16-bit operands, FP32 sums (GPU) */
} tau_precision;

/** "exact", "fine", "fast". */
const char *tau_precision_name(tau_precision precision);
TAU_CHECK tau_status tau_precision_parse(tau_precision *out, const char *name);

/** What is known of one point of a slice. Non-finite losses are data and kept as they are. */
typedef struct tau_point {
    double loss;             /**< mean over the sample */
    double loss_se;          /**< its standard error: eq:loss_se; NaN for one sample */
    double accuracy;         /**< share of samples right, 0..1; NaN where the loss knows no classes */
    tau_precision precision; /**< the mode that this point was really computed in */
} tau_point;

/** Most vectors a slice is spanned by: theta*, delta, eta. */
#define TAU_BASIS_MAX 3

/** Coefficients c_k(alpha, beta) of the basis vectors. */
typedef void (*tau_coefficients)(double alpha, double beta, double c[TAU_BASIS_MAX]);

/** What spans a slice: parameters are sum_k c_k(alpha, beta)·theta[k], formed in FP64 in this order and
 * rounded once. */
typedef struct tau_basis {
    int count;
    const float *theta[TAU_BASIS_MAX];   /**< each [P] */
    const float *buffers[TAU_BASIS_MAX]; /**< each [Q]; only [0] is read unless move_buffers */
    bool move_buffers; /**< batch-norm statistics move with the coefficients ("interpolated"), variances
                          clamped at 0 */
    tau_coefficients coefficients;
} tau_basis;

/** A product grid of points. */
typedef struct tau_tile {
    const double *alpha; /**< [columns] */
    size_t columns;
    const double *beta; /**< [rows] */
    size_t rows;
} tau_tile;

/** Samples for one gradient. */
typedef struct tau_batch {
    const uint32_t *indices; /**< [count], into the evaluator's samples */
    size_t count;
    bool training;       /**< batch norm uses the batch's statistics, dropout drops */
    uint64_t seed, step; /**< dropout masks are Philox(seed, step, layer, element) */
} tau_batch;

typedef struct tau_batch_result {
    double loss;     /**< mean over the batch, without regularisation */
    double accuracy; /**< as in tau_point */
} tau_batch_result;

typedef struct tau_evaluator tau_evaluator;

typedef struct tau_evaluator_options {
    const char *backend;     /**< "cpu", "ref", "auto", "cuda", "cuda:1" (its second device) */
    tau_precision precision; /**< NONE = the backend's default */
    tau_loss loss;
    bool confusion; /**< tiles and states are asked for confusion counts too */
} tau_evaluator_options;

/** Compiles `graph` for a backend and makes the samples resident.
 *  @lifetime graph, samples and pool are borrowed and must outlive the evaluator
 *  @threads one caller at a time; works on all threads of the pool
 *  @errors TAU_STATUS_DEVICE (no such backend, not available), TAU_STATUS_UNSUPPORTED (node and operator
 * named; confusion counts where the loss knows no classes), TAU_STATUS_SHAPE (samples, outputs or targets do
 * not fit the network or the loss), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_evaluator_create(tau_evaluator **out, const tau_graph *graph,
                                          const tau_samples *samples, const tau_evaluator_options *options,
                                          tau_pool *pool);
void tau_evaluator_destroy(tau_evaluator *evaluator);

/** Name of the backend, its instruction set or device, its kernel version and the mode: identity in a recipe.
 *  @lifetime of the texts: the evaluator's */
typedef struct tau_evaluator_identity {
    const char *backend;         /**< "cpu" */
    const char *instruction_set; /**< "avx512" */
    int kernel_version;          /**< grows whenever a backend's bits change */
    tau_precision precision;
} tau_evaluator_identity;
tau_evaluator_identity tau_evaluator_get_identity(const tau_evaluator *evaluator);

/** Classes that the network decides between: its outputs under a loss of classes, 2 for one binary output, 0
 * where the loss knows none. */
size_t tau_evaluator_get_classes(const tau_evaluator *evaluator);

/** Confusion counts of one point: [classes, classes] samples, row = the true class, column = the class
 * decided on; then [classes] samples of each class on which a NaN left no decision. */
static inline size_t tau_confusion_size(size_t classes) {
    return classes * (classes + 1);
}

/** Sets what spans the slice. @lifetime the vectors are borrowed until the next set_basis or destroy */
TAU_CHECK tau_status tau_evaluator_set_basis(tau_evaluator *evaluator, const tau_basis *basis);

/** Evaluates a tile.
 *  @param[out] out  [rows, columns], row = beta, column = alpha
 *  @param[out] confusion  [rows, columns, tau_confusion_size(classes)], or NULL; only of an evaluator that
 * was created for them (TAU_STATUS_USAGE)
 *  @errors TAU_STATUS_CANCELLED (out undefined); the cancel token is polled at least every 20 ms of work
 *  @numerics per-sample losses reduced in double by a fixed tree over the sample index: bits independent of
 * threads, blocks and, in EXACT, of the tile. A point that is not finite in FINE is computed again in EXACT.
 */
TAU_CHECK tau_status tau_evaluator_tile(tau_evaluator *evaluator, const tau_tile *tile, tau_point *out,
                                        uint64_t *confusion, const tau_cancel *cancel);

/** Evaluates parameter vectors as they are, each with its own batch-norm statistics.
 *  @param[in] theta  [count] pointers to [P]   @param[in] buffers  [count] pointers to [Q]
 *  @param[out] out  [count]   @param[out] confusion  [count, tau_confusion_size(classes)], or NULL */
TAU_CHECK tau_status tau_evaluator_states(tau_evaluator *evaluator, size_t count, const float *const *theta,
                                          const float *const *buffers, tau_point *out, uint64_t *confusion,
                                          const tau_cancel *cancel);

/** Values of one activation for all samples. @param[in] value  index into graph->values, or graph->output
 *  @param[out] out  [N, shape of the value] */
TAU_CHECK tau_status tau_evaluator_capture(tau_evaluator *evaluator, const float *theta, const float *buffers,
                                           int value, float *out, const tau_cancel *cancel);

/** Loss and gradient of one batch.
 *  @param[in,out] buffers  [Q]; running statistics, updated when batch->training
 *  @param[out] gradient  [P], of the mean loss over the batch
 *  @numerics the batch is cut into fixed chunks whose gradients are summed by a fixed tree: bits independent
 * of the number of threads */
TAU_CHECK tau_status tau_evaluator_gradient(tau_evaluator *evaluator, const float *theta, float *buffers,
                                            const tau_batch *batch, float *gradient, tau_batch_result *out);

#endif
