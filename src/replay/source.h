/** Where a replay reads from: the verbs that both kinds of files have. For this module. */
#ifndef TAU_REPLAY_SOURCE_H
#define TAU_REPLAY_SOURCE_H

#include "replay/replay.h"

/** What a file of a kind can be asked. `file` is what `open` gave. */
typedef struct tau_source {
    tau_replay_kind kind;
    /** @param[in] loss  asked for instead of the training's, or NULL */
    tau_status (*open)(void **file, const char *path, const char *group, const char *loss);
    void (*close)(void *file);
    const char *(*get_group)(const void *file);
    /** When the training began, as text; tells it from another of the same network. */
    const char *(*get_created)(const void *file);
    const tau_graph *(*get_graph)(const void *file);
    /** The training's own loss. */
    tau_status (*get_loss)(const void *file, tau_loss *out);
    size_t (*get_count)(const void *file);
    tau_moment (*get_moment)(const void *file, size_t state);
    bool (*is_growing)(const void *file, double *silence);
    /** Sets the weights of the penalty for each tensor, that of `get_decay` apart; NULL = there are none.
     * @param[out] l1,l2  [parameter_count], zeros before */
    tau_status (*get_penalties)(const void *file, double *l1, double *l2);
    /** Sets the weight of all squared parameters with which each state was trained; NULL = there is none.
     * @param[out] decay  [states], zeros before */
    tau_status (*get_decay)(void *file, double *decay);
    tau_status (*read_samples)(void *file, tau_samples **out);
    tau_status (*read_state)(void *file, size_t state, float *theta, float *buffers);
    tau_status (*find_state)(void *file, const char *text, size_t *state);
    const char *const *(*get_series_names)(const void *file);
    tau_status (*read_series)(void *file, const char *name, tau_series *out);
} tau_source;

extern const tau_source TAU_SOURCE_RUN, TAU_SOURCE_DEEPREPLAY;

/** Makes room for a series. @param[out] out  [count] each, in one block */
TAU_CHECK tau_status tau_series_create(tau_series *out, size_t count);

#endif
