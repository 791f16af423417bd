/** A learner of one feature and one label at work: data, the model's line, its loss. */
#ifndef TAU_REPLAY_LEARNER_H
#define TAU_REPLAY_LEARNER_H

#include "replay/replay.h"

typedef struct tau_learner_options {
    long loss_smoothing;   /**< window of the moving average over the band's losses, along the line; odd, even
                                ones are widened by one; 1 and less = off */
    long graph_sparsity;   /**< every n-th sample, sorted by x, makes the line; 0 = 1000, or less where fewer
                              than   200 points would remain */
    long scatter_sparsity; /**< every n-th sample, in its order, is drawn as a point; 0 = none */
} tau_learner_options;

#define TAU_LEARNER_DEFAULTS ((tau_learner_options){101, 0, 5})

typedef struct tau_learner_frame {
    tau_moment moment;

    size_t scatter_count;
    const double *scatter_x, *scatter_y;

    size_t line_count; /**< the last sample always among them */
    const double *line_x, *line_y;
    const double *line_loss;            /**< loss of the sample, smoothed */
    const double *band_low, *band_high; /**< line_y ∓ line_loss: where training pulls most */

    size_t total_count; /**< states up to this one */
    const double *total_step, *total_loss;
    double loss;         /**< of this state */
    tau_penalty penalty; /**< zero without one */

    size_t batch_count; /**< batches up to this state; 0 where none were recorded */
    const double *batch_step, *batch_loss;

    double x[2], y[2];      /**< the data's range: the same for all states */
    double last_step;       /**< of the training so far: end of the losses' axes */
    double loss_range[2];   /**< of total and batch loss over all states */
    const char *step_label; /**< "Batch", or "Epoch" where batches are not known */
} tau_learner_frame;

typedef struct tau_learner tau_learner;

/** Visits every state for the total loss.
 *  @errors TAU_STATUS_UNSUPPORTED: more than one feature or label, or classes; TAU_STATUS_USAGE: sparsities
 */
TAU_CHECK tau_status tau_learner_create(tau_learner **out, tau_replay *replay,
                                        const tau_learner_options *options);
void tau_learner_destroy(tau_learner *view);
/** Takes in states that came with a refresh. */
TAU_CHECK tau_status tau_learner_update(tau_learner *view);
TAU_CHECK tau_status tau_learner_compute(tau_learner *view, size_t state, tau_learner_frame *out);

#endif
