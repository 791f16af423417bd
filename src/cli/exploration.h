/** What tauscape view computes: a network, its slice, and the explorer that evaluates it where one looks. */
#ifndef TAU_CLI_EXPLORATION_H
#define TAU_CLI_EXPLORATION_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/computation.h"
#include "viewer/viewer.h"

enum { TAU_EXPLORATION_STAGES = 3 };

/** A slice with everything that the window borrows of it. */
typedef struct tau_exploration_plane {
    tau_made_slice made;
    tau_slice_spec spec;
    char *words; /**< what the spec's strings point into, or NULL */
    double lo[2], hi[2];
    char name[256], axes[2][96];
    tau_landscape_projection *projections;
    int projection_count;
} tau_exploration_plane;

typedef struct tau_exploration {
    tau_cli *cli;
    tau_computation computation;                  /**< subject and first evaluator */
    tau_samples *samples[TAU_EXPLORATION_STAGES]; /**< of the stages before the last */
    tau_evaluator *evaluators[TAU_EXPLORATION_STAGES];
    tau_explore_stage stages[TAU_EXPLORATION_STAGES];
    int stage_count;
    tau_exploration_plane planes[2]; /**< the present one and, as the window may still draw it, the former */
    int present;
    tau_explore *explore;
    double *loss_true; /**< [states] of the run, or NULL: it would have taken too long */
    size_t state_count;
    char device[128];
    tau_cancel cancel;
    atomic_int progress; /**< of saving, in thousandths */
} tau_exploration;

/** Opens the run or ONNX file `path`, makes slice and evaluators by the options of compute, starts the
 *  explorer. @param[in] wake  called from the explorer's thread
 *  @param[out] out  zeroed by the caller, closed with tau_exploration_close also on failure */
TAU_CHECK tau_status tau_exploration_open(tau_exploration *out, tau_cli *cli, const char *path,
                                          void (*wake)(void *payload));
void tau_exploration_close(tau_exploration *exploration);

/** What the window borrows. */
void tau_exploration_describe(const tau_exploration *exploration, tau_viewer_exploration *out);

/** Entries of tau_viewer_program. The payload is the exploration. */
tau_status tau_exploration_replane(void *payload, const char *words, tau_viewer_exploration *out);
tau_status tau_exploration_save(void *payload, const char *path, const double lo[2], const double hi[2],
                                size_t columns, size_t rows);
double tau_exploration_get_progress(void *payload);

/* ---- parts ---- */

/** Makes the slice of a spec with its names, range and projections. @param[in] choose  asks for the ranges
 *  of the command line, which may evaluate; otherwise those of the slice */
TAU_CHECK tau_status tau_exploration_make_plane(tau_exploration *exploration, tau_exploration_plane *plane,
                                                const tau_slice_spec *spec, bool choose);
void tau_exploration_plane_clear(tau_exploration_plane *plane);

#endif
