/** The pictures of a training that --figure names, computed state by state. */
#ifndef TAU_CLI_REPLAY_VIEWS_H
#define TAU_CLI_REPLAY_VIEWS_H

#include "figure/picture.h"
#include "replay/replay.h"

typedef struct tau_replay_views tau_replay_views;

typedef struct tau_replay_views_options {
    const char *const *figures;     /**< "NAME[:key=value,…]", NULL-terminated; none = "dashboard" */
    const char *const *definitions; /**< metrics by name, "NAME=EXPRESSION", NULL-terminated; or NULL */
    bool film;                      /**< scales are those of all states, unless a figure says otherwise */
    bool log;                       /**< logarithmic losses */
    const tau_replay_views *before; /**< of the same figures: axes lie as near as can be to its; or NULL */
} tau_replay_views_options;

/** @param[in] replay, options  the replay is borrowed until destroy, the options for the call
 *  @errors TAU_STATUS_USAGE: no such figure or setting; TAU_STATUS_MISSING: no such layer or metric;
 *          TAU_STATUS_UNSUPPORTED: a picture that this training does not have */
TAU_CHECK tau_status tau_replay_views_create(tau_replay_views **out, tau_replay *replay,
                                             const tau_replay_views_options *options);
void tau_replay_views_destroy(tau_replay_views *views);

/** Takes in states that came with a refresh of the replay. */
TAU_CHECK tau_status tau_replay_views_update(tau_replay_views *views);

/** The pictures of a state.
 *  @param[in] turn  degrees by which three-dimensional spaces are turned
 *  @param[out] pictures  borrowed until the next call */
TAU_CHECK tau_status tau_replay_views_compute(tau_replay_views *views, size_t state, double turn,
                                              const tau_picture **pictures, size_t *count);

#endif
