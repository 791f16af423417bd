/** A recorded training opened for its pictures: one interface to run files and to DeepReplay's files. This
 * module turns states into numbers; it draws nothing and knows no file format.
 *
 *  What it hands out lives in objects ("views": features, histograms, violins …) that are made once, which
 * does what must be done over all states, and then computed state by state. A frame borrows from its view
 * until the view's next compute, update or destroy.
 *  @threads one caller per replay and its views */
#ifndef TAU_REPLAY_REPLAY_H
#define TAU_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"
#include "core/cancel.h"
#include "core/status.h"
#include "core/threads.h"

typedef struct tau_replay tau_replay;

typedef struct tau_replay_options {
    const char *backend;      /**< NULL = "auto" */
    tau_precision precision;  /**< NONE = the backend's default */
    tau_pool *pool;           /**< borrowed; must outlive the replay */
    const char *loss;         /**< name of a loss instead of the training's; NULL = the training's */
    size_t samples;           /**< use the first so many recorded samples; 0 = all */
    const tau_cancel *cancel; /**< borrowed; NULL = never cancelled */
} tau_replay_options;

/** When a state was recorded. */
typedef struct tau_moment {
    size_t state;
    int64_t step; /**< batches done; -1 = not known (DeepReplay's files count epochs) */
    double epoch;
} tau_moment;

/** Where a recording comes from. */
typedef enum tau_replay_kind {
    TAU_REPLAY_KIND_RUN,
    TAU_REPLAY_KIND_DEEPREPLAY,
} tau_replay_kind;

/** A layer: a node that has weights, with the activation function that follows it. */
typedef struct tau_replay_layer {
    const char *name;     /**< of the node with the weights */
    const char *function; /**< name of the activation function's operator, "Tanh"; "" = none */
    int z;                /**< index of the value that the activation function is given: the z-values */
    int activation;       /**< index of the value that it gives; z where there is none */
    size_t units;         /**< elements of that value */
} tau_replay_layer;

/** Opens a recording; the content and not the name decides what the file is.
 *  @param[in] group  NULL = the only one
 *  @errors TAU_STATUS_MISSING: no such file, group (the message lists them) or DeepReplay model file;
 *          TAU_STATUS_INPUT: neither kind of file, or damaged; TAU_STATUS_UNSUPPORTED: a layer or operator
 *          that tauscape does not know, named; TAU_STATUS_USAGE: a loss that does not fit the targets */
TAU_CHECK tau_status tau_replay_open(tau_replay **out, const char *path, const char *group,
                                     const tau_replay_options *options);
void tau_replay_close(tau_replay *replay);

/** Looks for states that were recorded since. Views see them at their next update.
 *  @param[out] grown  whether there are more; may be NULL
 *  @errors those of opening; TAU_STATUS_MISMATCH: another training lies in its place now (the replay stays
 *          as it was) */
TAU_CHECK tau_status tau_replay_refresh(tau_replay *replay, bool *grown);

/** Lets the file go until something is read from it again, so that a writer may open it meanwhile. */
void tau_replay_rest(tau_replay *replay);

tau_replay_kind tau_replay_get_kind(const tau_replay *replay);
const char *tau_replay_get_path(const tau_replay *replay);
const char *tau_replay_get_group(const tau_replay *replay);
const tau_graph *tau_replay_get_graph(const tau_replay *replay);
/** The recorded samples. Targets that DeepReplay kept as one-hot rows are class numbers here. */
const tau_samples *tau_replay_get_samples(const tau_replay *replay);
tau_loss tau_replay_get_loss(const tau_replay *replay);

/** Whether its writer still works on it, and the seconds since it last gave a sign of life (0 otherwise). */
bool tau_replay_is_growing(const tau_replay *replay, double *silence);

size_t tau_replay_get_state_count(const tau_replay *replay);
/** @param[in] state  below the count */
tau_moment tau_replay_get_moment(const tau_replay *replay, size_t state);
/** The state that a text names: as tau_run_find_state. DeepReplay's states are numbered by epoch. */
TAU_CHECK tau_status tau_replay_find_state(tau_replay *replay, const char *text, size_t *state);

/** The layers in the order of the network. @lifetime the replay's */
const tau_replay_layer *tau_replay_get_layers(const tau_replay *replay, size_t *count);
/** The value that a layer's name stands for: its activation; also any node (its output) or value by name.
 *  NULL: the last hidden layer of two units, else the last hidden layer, else the network's output.
 *  @errors TAU_STATUS_MISSING with the names there are */
TAU_CHECK tau_status tau_replay_find_value(const tau_replay *replay, const char *name, int *value);

/** Classes of the targets: 2 also for binary values; 0 where the targets are values (regression). */
int tau_replay_get_class_count(const tau_replay *replay);

/** Probabilities of the classes from the network's output for one sample, by the loss: exp of
 *  log-probabilities, softmax of logits, sigmoid of a logit, or the output as it is.
 *  @param[out] probability  [class count]   @param[in] output  of the network
 *  @return the class decided on: the most probable, of two the second where it has more than one half; -1
 *          where an output is not a number */
int32_t tau_replay_decide(const tau_replay *replay, const float *output, double *probability);

/** The parameters of a state. @param[out] theta  [P], caller-owned */
TAU_CHECK tau_status tau_replay_read_parameters(tau_replay *replay, size_t state, float *theta);

/** What the network puts out for all samples. @param[out] out  [N, outputs], caller-owned */
TAU_CHECK tau_status tau_replay_read_outputs(tau_replay *replay, size_t state, float *out);

/** One series of numbers that was recorded while training ran. */
typedef struct tau_series {
    size_t count;
    double *step, *epoch, *value; /**< [count] each, in one block at `step`; freed with tau_series_clear */
} tau_series;

/** Names of the recorded series, NULL-terminated. @lifetime the replay's, until a refresh */
const char *const *tau_replay_get_series_names(const tau_replay *replay);
/** @errors TAU_STATUS_MISSING with the names there are */
TAU_CHECK tau_status tau_replay_read_series(tau_replay *replay, const char *name, tau_series *out);
void tau_series_clear(tau_series *series);

/** The penalty that training added to the loss. */
typedef struct tau_penalty {
    double l1, l2;    /**< sum of lambda·|theta| and of lambda·theta² */
    double total;     /**< both */
    double share;     /**< of data loss + penalty, 0..1; NaN where that is not finite */
    bool significant; /**< share above one tenth: to be marked */
} tau_penalty;

/** As it was trained with up to a state: a weight decay that was changed while training ran counts from the
 * first state that it made. @param[in] theta  [P]   @param[in] data_loss  without the penalty */
void tau_replay_get_penalty(const tau_replay *replay, size_t state, const float *theta, double data_loss,
                            tau_penalty *out);

#endif
