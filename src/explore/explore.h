/** The explorer: a slice evaluated where one looks, coarse to fine and with few samples first, in a thread of
 * its own. Knows no window and no file. Functions may be called from any thread, create, set_slice and
 * destroy from one at a time. */
#ifndef TAU_EXPLORE_EXPLORE_H
#define TAU_EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"
#include "slice/slice.h"

/** Cells along one side of a tile; neighbouring tiles share the points of their common edge. */
enum { TAU_EXPLORE_TILE_CELLS = 16 };
/** Most stages; most points or steps of a job; most arrows along a side. */
enum { TAU_EXPLORE_STAGES_MAX = 16, TAU_EXPLORE_JOB_POINTS_MAX = 1 << 20, TAU_EXPLORE_ARROWS_MAX = 512 };

/** One step of the refinement by samples: an evaluator over a prefix of the sample. */
typedef struct tau_explore_stage {
    tau_evaluator *evaluator; /**< borrowed; it and its pool are the explorer's thread's until destroy */
    size_t samples;
} tau_explore_stage;

typedef struct tau_explore_options {
    const tau_explore_stage *stages; /**< ascending in samples; the last has the whole sample */
    int stage_count;
    const tau_graph *graph; /**< of the network; borrowed until destroy */
    const tau_slice *slice; /**< borrowed until destroy or the next set_slice */
    /** Root area, lo < hi. Point k of level l lies at (lo·(m - k) + hi·k)/m with m = 16·2^l, so that the
     * lattice of a level holds that of the coarser ones, bit for bit, and agrees with tau_grid_axis. k may
     * leave 0..m and l may be negative. */
    double lo[2], hi[2];
    size_t cache_points; /**< most values kept, one a point and stage; 0 = 4 Mi. Bounds the finest level too;
                              a first, coarse picture always fits */
    /** Called from the explorer's thread when there is something new to read or to take, or NULL. It must not
     * call the explorer. */
    void (*wake)(void *payload);
    void *payload;
} tau_explore_options;

typedef struct tau_explore tau_explore;

/** Starts the thread, which rests until the first look or job.
 *  @errors TAU_STATUS_USAGE (ranges, stages), TAU_STATUS_SHAPE (a slice of another network),
 * TAU_STATUS_MEMORY, those of the evaluators */
TAU_CHECK tau_status tau_explore_create(tau_explore **out, const tau_explore_options *options);

/** Cancels what is under way and joins the thread. */
void tau_explore_destroy(tau_explore *explore);

/** Another slice of the same network: everything known is dropped, jobs too; the explorer rests until the
 * next look. Waits for a cancelled tile, 20 ms of work, or a gradient of 128 samples.
 *  @errors TAU_STATUS_USAGE (ranges), TAU_STATUS_SHAPE (another network): the former slice stays; those of
 * the evaluators (nothing is computed until a slice is accepted) */
TAU_CHECK tau_status tau_explore_set_slice(tau_explore *explore, const tau_slice *slice, const double lo[2],
                                           const double hi[2]);

/** What is looked at. */
typedef struct tau_explore_region {
    double lo[2], hi[2]; /**< in the slice's coordinates; only [0] counts on a line */
    int pixels[2];       /**< the size it is seen at: fixes the finest level wanted */
    double focus[2];     /**< what is nearest to this comes first; not finite = the middle */
    double cell_pixels;  /**< widest cell of the finest level on the screen; 0 = 6 */
} tau_explore_region;

/** Looks somewhere: returns at once, what is no longer wanted is cancelled. The first picture has about 3×3
 * points (17 on a line), then each level halves the cells until they are cell_pixels wide, all with the first
 * stage's samples; then the finest level's tiles go through the other stages. Nearer tiles come sooner. A
 * region that cannot be looked at (empty, not finite, no pixels, too far out for 2^52 steps) changes nothing;
 * nor does the region that is looked at already. */
void tau_explore_look(tau_explore *explore, const tau_explore_region *region);

/** Pauses or resumes the computing of the picture; jobs go on. */
void tau_explore_pause(tau_explore *explore, bool paused);

/** How a point of a picture is known; the first three agree with tau_field_state. */
typedef enum tau_explore_point_state {
    TAU_EXPLORE_POINT_UNKNOWN = 0,
    TAU_EXPLORE_POINT_DONE = 1,       /**< computed with the samples of its stage */
    TAU_EXPLORE_POINT_NOT_FINITE = 2, /**< computed, inf or NaN */
    TAU_EXPLORE_POINT_PREVIEW = 3,    /**< interpolated from a coarser level: to be drawn hatched */
} tau_explore_point_state;

/** The region of the last look on the lattice of the finest level wanted (cells that the region cuts are
 * there whole). Inside 4×4 cells all points are of one stage, that whose points lie densest, of equals the
 * one with most samples, so that samples make no bumps; points between them are previews, interpolated
 * bilinearly from the densest lattice that is known around them. NaN and inf travel into what is
 * interpolated. */
typedef struct tau_explore_picture {
    size_t columns, rows;              /**< 0 before the first look; rows = 1 on a line */
    double *alpha, *beta;              /**< [columns], [rows], ascending; 0 is the beta of a line */
    double *loss, *loss_se, *accuracy; /**< [rows, columns]; NaN where unknown */
    uint8_t *state;                    /**< [rows, columns] of tau_explore_point_state */
    uint8_t *stage;                    /**< [rows, columns] index of the stage the point was computed in */
    uint8_t *precision;                /**< [rows, columns] of tau_precision; NONE where not computed */
    int level;                         /**< of the lattice; grows by one as cells halve */
    uint64_t version;                  /**< that of the explorer it was read at */
    size_t capacity, axis_capacity;    /**< of the arrays */
} tau_explore_picture;

/** Grows with everything that changes what tau_explore_read gives. Never blocks. */
uint64_t tau_explore_get_version(const tau_explore *explore);

/** Reads the present picture; never waits for a computation.
 *  @param[in,out] picture  zeroed before the first call; its arrays are reused, freed with
 * tau_explore_picture_clear
 *  @errors TAU_STATUS_MEMORY (the picture is empty) */
TAU_CHECK tau_status tau_explore_read(tau_explore *explore, tau_explore_picture *picture);
void tau_explore_picture_clear(tau_explore_picture *picture);

/** For the status line. */
typedef struct tau_explore_progress {
    size_t tiles_done, tiles_wanted; /**< of the region: every level with the first stage, then the finest */
    size_t points_done, points_wanted; /**< values of the finest level, all stages */
    size_t samples, samples_total;     /**< of the stage under way, and of the last */
    double seconds_left;               /**< from the measured speed; NaN = not known yet */
    bool busy;            /**< tiles or jobs are computed or due; false while paused without jobs */
    size_t cached_points; /**< room taken of cache_points */
    /** of the worker: "what\nwhy: …\nfix: …"; empty = none. The picture then rests until one looks elsewhere,
     * set_slice or pause(false). */
    char error[512];
} tau_explore_progress;
void tau_explore_get_progress(const tau_explore *explore, tau_explore_progress *out);

/* ---- jobs: computed before tiles, in the order they were asked for; long ones take turns with tiles ---- */

typedef enum tau_explore_job_kind {
    /** The exact 1-D profile along from..to: `count` points, each evaluated at its own alpha and beta, at
     * first with the samples of the first stage. */
    TAU_EXPLORE_JOB_PROFILE,
    /** An optimiser started at from: `count` steps, each with the gradient of the whole sample. In the slice
     * it moves in orthonormal coordinates of the slice, so that a rate means what it means in parameter
     * space: plain SGD is gradient descent projected on the slice. Radial slices are lines: alpha moves.
     * Batch-norm statistics count as constants. */
    TAU_EXPLORE_JOB_DESCENT,
    /** The lowest point of the slice near from, by quasi-Newton steps in the slice, at most `count` (0 =
     * 100); the answer is the way, its last point the minimum. */
    TAU_EXPLORE_JOB_MINIMUM,
    /** Gradients in the slice over a grid of count×count points of the rectangle from..to (count points on a
     * line). */
    TAU_EXPLORE_JOB_ARROWS,
} tau_explore_job_kind;

typedef struct tau_explore_job {
    tau_explore_job_kind kind;
    double from[2], to[2]; /**< (alpha, beta); ARROWS: the corners; beta is 0 on a line, whatever it says */
    size_t count;          /**< points, steps, or points a side */
    int optimizer;         /**< DESCENT: tau_optimizer; momentum and Nesterov with 0.9 */
    double rate;           /**< DESCENT: > 0 */
    bool full_space; /**< DESCENT: over all parameters, then projected; otherwise restricted to the slice */
    size_t samples;  /**< of the stage to use: the largest that has no more; 0 = the last stage */
} tau_explore_job;

/** The answer so far; jobs report as they go. Arrays are owned by the caller of take. */
typedef struct tau_explore_answer {
    int id;
    tau_explore_job_kind kind;
    size_t count;        /**< PROFILE, ARROWS: all points; DESCENT, MINIMUM: those reached, the start first */
    double (*coords)[2]; /**< [count] */
    double *loss;        /**< [count] true loss at each; NaN where not evaluated */
    double *loss_se;     /**< [count] */
    double *residual;    /**< [count] distance from the slice (full_space), or NULL */
    double (*vector)[2]; /**< [count] d loss/d(alpha, beta) (ARROWS), NaN where not known yet, or NULL */
    size_t samples;      /**< that every value known was computed with, at least */
    bool finished;
    char error[512]; /**< as that of the progress; the job ended with it, what is there holds */
} tau_explore_answer;

/** Asks for a job; several queue up. Its first answer comes when it starts. @param[out] id  of its answers,
 * > 0   @errors TAU_STATUS_USAGE (coordinates, count, rate, optimiser), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_explore_ask(tau_explore *explore, const tau_explore_job *job, int *id);
/** Drops a job and its answers, at the latest after a gradient of 128 samples; an unknown id is legal. */
void tau_explore_cancel_job(tau_explore *explore, int id);

/** The newest answer, not taken yet, of the job that was asked for first. @return false = none. Freed with
 * tau_explore_answer_clear */
bool tau_explore_take_answer(tau_explore *explore, tau_explore_answer *out);
void tau_explore_answer_clear(tau_explore_answer *answer);

#endif
