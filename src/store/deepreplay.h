/** DeepReplay's recordings (docs/formats.md, section 3): a group of states in one HDF5 file, the Keras model
 * in another, `GROUP_model.h5`, beside it or in the working directory. */
#ifndef TAU_STORE_DEEPREPLAY_H
#define TAU_STORE_DEEPREPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "data/samples.h"
#include "model/graph.h"
#include "model/loss.h"

typedef struct tau_deepreplay tau_deepreplay;

/** Whether the content is a recording of DeepReplay, by its groups. @errors those of opening an HDF5 file */
TAU_CHECK tau_status tau_deepreplay_recognise(bool *out, const char *path);

/** Opens a group with its model. State 0 is before training, state k after epoch k.
 *  @param[in] group  NULL = the only one   @param[in] loss  one of ours instead of the compiled one; NULL =
 * that
 *  @errors TAU_STATUS_MISSING: no such file, group or model file (both places named); TAU_STATUS_UNSUPPORTED
 *          naming the layer or the loss; TAU_STATUS_MISMATCH: model and recording are not of one network;
 *          TAU_STATUS_INPUT: damaged */
TAU_CHECK tau_status tau_deepreplay_open(tau_deepreplay **out, const char *path, const char *group,
                                         const char *loss);
void tau_deepreplay_close(tau_deepreplay *replay);

const char *tau_deepreplay_get_group(const tau_deepreplay *replay);
const tau_graph *tau_deepreplay_get_graph(const tau_deepreplay *replay);
tau_loss tau_deepreplay_get_loss(const tau_deepreplay *replay);
size_t tau_deepreplay_get_state_count(const tau_deepreplay *replay);
/** Batches of an epoch; 0 = not recorded. */
int64_t tau_deepreplay_get_batches(const tau_deepreplay *replay);

/** Weights of the penalty that Keras added to the loss, l1·|w| + l2·w² for each tensor of
 * graph->parameters: those of kernels, biases, gammas and betas. @lifetime borrowed */
void tau_deepreplay_get_penalties(const tau_deepreplay *replay, const double **l1, const double **l2);

/** @param[out] theta  [P]   @param[out] buffers  [Q], or NULL */
TAU_CHECK tau_status tau_deepreplay_read_state(tau_deepreplay *replay, size_t state, float *theta,
                                               float *buffers);

/** The recorded inputs, images as (C, H, W), and the targets: classes where the loss takes classes, also from
 * one-hot rows. @errors TAU_STATUS_UNSUPPORTED: rows that are not one-hot; TAU_STATUS_SHAPE, TAU_STATUS_INPUT
 */
TAU_CHECK tau_status tau_deepreplay_read_samples(tau_deepreplay *replay, tau_samples **samples);

/** Names of the series, NULL-terminated: "loss", the compiled metrics, "lr". */
const char *const *tau_deepreplay_get_series_names(const tau_deepreplay *replay);
/** One number an epoch, the first of epoch 1. @param[out] values  freed with tau_mem_free */
TAU_CHECK tau_status tau_deepreplay_read_series(tau_deepreplay *replay, const char *name, double **values,
                                                size_t *count);

/* ---- writing ---- */

typedef struct tau_run tau_run;

/** Writes a run as such a recording, under its group's name, and its model beside it as `GROUP_model.h5`.
 * Each file is written whole or not at all. What is not known for an epoch is NaN.
 *  @param[in] replace  files that are there already
 *  @errors TAU_STATUS_EXISTS; TAU_STATUS_MISSING: no state was recorded where an epoch ends, or no loss;
 *          TAU_STATUS_MISMATCH: the network's end is not what the loss takes; TAU_STATUS_UNSUPPORTED naming
 *          the node that Keras cannot have; TAU_STATUS_USAGE: `path` is the model's; TAU_STATUS_IO */
TAU_CHECK tau_status tau_deepreplay_write(const char *path, tau_run *run, bool replace);

#endif
