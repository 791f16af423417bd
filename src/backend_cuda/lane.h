/** A lane: an engine with its share of the plan's memory, sized for chunks of networks over blocks of
 * samples, and the launches of a chunk, recorded where that pays. Neither size changes a bit of a result. */
#ifndef TAU_BACKEND_CUDA_LANE_H
#define TAU_BACKEND_CUDA_LANE_H

#include "backend_cuda/engine.h"

enum { TAU_CUDA_POINTS_MAX = 64, TAU_CUDA_SLOTS = 2 };

/** Most networks of a chunk: fewer where the confusion counts of many classes would fill the memory. */
size_t tau_cuda_lane_most_points(size_t classes);

/** What the host reads and writes of one chunk in flight; page-locked. */
typedef struct tau_cuda_slot {
    double *coefficients;    /**< [TAU_CUDA_POINTS_MAX, TAU_CUDA_BASIS_MAX] */
    tau_cuda_sums *sums;     /**< [TAU_CUDA_POINTS_MAX] */
    unsigned char *overflow; /**< [TAU_CUDA_POINTS_MAX] */
    uint32_t *confusion;     /**< [points of a lane at most, tau_confusion_size]; NULL = none are counted */
    cudaEvent_t done;
    bool busy;
    size_t first, count; /**< which points of a pass it holds */
} tau_cuda_slot;

/** The device memory that all lanes of a plan use in turn. */
typedef struct tau_cuda_block {
    char *memory;
    size_t size;
    unsigned generation; /**< grows when the memory moves */
} tau_cuda_block;

/** Where a lane's numbers lie in the block. */
typedef struct tau_cuda_layout {
    void *engine;
    double *losses, *right;  /**< [points, N] */
    double *scratch;         /**< [points, tau_cuda_loss_reduce_scratch(N)] */
    double *coefficients;    /**< [points, TAU_CUDA_BASIS_MAX] */
    tau_cuda_sums *sums;     /**< [points] */
    unsigned char *overflow; /**< [points] */
    uint32_t *confusion;     /**< [points, tau_confusion_size]; NULL = none are counted */
    float *theta, *buffers;  /**< [points, P], [points, Q] where parameters come from the host; else NULL */
} tau_cuda_layout;

typedef struct tau_cuda_lane {
    tau_cuda_engine *engine;
    tau_precision precision;
    int points_limit, samples_limit; /**< halved when memory runs out; 0 = none yet */
    size_t count;                    /**< of the pass that the sizes were chosen for */
    bool staged;                     /**< the layout has room for parameters from the host */
    int points, samples;             /**< of a chunk and of a block */
    bool laid_out;                   /**< in the block of `generation` */
    unsigned generation;
    tau_cuda_layout layout;
    bool prepared;                          /**< `prepare` has seen the slice as it is */
    size_t launched;                        /**< chunks since the lane was laid out or its sources changed */
    tau_cuda_source theta, buffers;         /**< of the last chunk */
    cudaGraphExec_t graphs[TAU_CUDA_SLOTS]; /**< a chunk's launches, recorded for each slot */
    bool graphs_refused;
} tau_cuda_lane;

/** Readies a lane for a pass over `count` points: sizes, memory, what the slice needs.
 *  @param[in] staged  parameters come from the host and not from the slice
 *  @errors TAU_STATUS_MEMORY: see tau_cuda_lane_shrink; TAU_STATUS_DEVICE */
TAU_CHECK tau_status tau_cuda_lane_open(tau_plan *plan, tau_cuda_lane *lane, size_t count, bool staged);

/** After memory ran out: makes the next tau_cuda_lane_open choose half the networks, or else half the
 * samples, and leaves a note. @return false: it was one network over eight samples already */
bool tau_cuda_lane_shrink(tau_cuda_lane *lane);

/** The slice of the plan changed. */
void tau_cuda_lane_forget(tau_cuda_lane *lane);

/** Enqueues one chunk: coefficients up, all samples, results down into the slot. */
TAU_CHECK tau_status tau_cuda_lane_launch(tau_plan *plan, tau_cuda_lane *lane, int slot,
                                          const tau_cuda_chunk *chunk);

/** Destroys the engine and what was recorded. */
void tau_cuda_lane_close(tau_cuda_lane *lane);

/** Gives the block back to the device, for something else that needs memory. @return whether there was one */
bool tau_cuda_block_release(tau_plan *plan);

#endif
