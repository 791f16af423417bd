/** Trajectories of a run on a landscape: projection, residuals, true loss against the loss in the slice. */
#ifndef TAU_CLI_TRACING_H
#define TAU_CLI_TRACING_H

#include "cli/slice_spec.h"

/** Projects one group and evaluates both losses of every state: eq:project eq:offplane.
 *  @param[in] evaluator  its basis becomes that of the slice   @param[in,out] landscape  gains the projection
 *  @param[in] name  of the projection; one of the same name is replaced
 */
TAU_CHECK tau_status tau_trace_run(tau_landscape *landscape, tau_run *run, const tau_slice *slice,
                                   tau_evaluator *evaluator, const tau_progress *progress, const char *name,
                                   const tau_cancel *cancel);

/** The largest residual of a path as a share of its largest distance from the origin; NaN if it does not
 * move. */
double tau_trace_find_residual(const tau_landscape_projection *projection);

/** Says how far the path lies from the slice. */
void tau_trace_say(const tau_cli *cli, const tau_landscape_projection *projection, bool line);

#endif
