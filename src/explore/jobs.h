/** Jobs as the explorer's thread runs them. */
#ifndef TAU_EXPLORE_JOBS_H
#define TAU_EXPLORE_JOBS_H

#include "explore/internal.h"
#include "explore/tangent.h"

/** A running job and its answer so far. */
typedef struct tau_running {
    tau_explore *explore;
    tau_explore_job job;
    const tau_slice *slice;
    int stage; /**< whose samples are asked for */
    tau_explore_answer answer;
    size_t capacity[3]; /**< of coords, loss, loss_se */
    size_t residual_capacity;
    double told;  /**< when the answer was last shown */
    double began; /**< when its present turn began */
} tau_running;

/** Between two steps: shows the answer so far, unless that was done a moment ago, and lets the picture have
 * its turn. */
void tau_running_tell(tau_running *running);

/** Makes room for `count` points whose numbers are not known; answer.count is set.
 *  @param[in] vectors  arrows too   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_running_reserve(tau_running *running, size_t count, bool vectors);

/** Adds a point to a way. @param[in] residual  NaN = none is kept   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_running_add(tau_running *running, const double at[2], const tau_point *point,
                                     double residual);

TAU_CHECK tau_status tau_running_profile(tau_running *running);
TAU_CHECK tau_status tau_running_descent(tau_running *running);
TAU_CHECK tau_status tau_running_minimum(tau_running *running);
TAU_CHECK tau_status tau_running_arrows(tau_running *running);

#endif
