/** Histograms of probabilities and of losses of single samples. */
#ifndef TAU_REPLAY_HISTOGRAM_H
#define TAU_REPLAY_HISTOGRAM_H

#include "replay/replay.h"

/** Samples of one class: how probable the network finds it. */
typedef struct tau_probability_case {
    int class_index;
    char name[32];     /**< "Negative Cases", "Positive Cases"; "Class 3" where there are more than two */
    size_t total;      /**< samples of the class: the top of the axis */
    size_t not_finite; /**< of them without a probability; counted as wrong, in no bin */
    size_t right_total;
    const uint64_t *right; /**< [bins] samples that are decided rightly */
    const uint64_t *wrong; /**< [bins] */
} tau_probability_case;

typedef struct tau_probability_frame {
    tau_moment moment;
    bool binary; /**< both cases show the probability of class 1; else each that of its own class */
    size_t bins;
    const double *edges; /**< [bins + 1] from 0 to 1; a bin holds its lower edge, the last both */
    size_t case_count;   /**< the number of classes */
    const tau_probability_case *cases;
    const uint64_t *all; /**< [bins] over all samples: P(class 1), or of the class that was decided on */
    size_t not_finite;
} tau_probability_frame;

typedef struct tau_probabilities tau_probabilities;

/** @param[in] bins  0 = 10   @errors TAU_STATUS_UNSUPPORTED: the targets are no classes, or the outputs no
 * probabilities */
TAU_CHECK tau_status tau_probabilities_create(tau_probabilities **out, tau_replay *replay, size_t bins);
void tau_probabilities_destroy(tau_probabilities *view);
TAU_CHECK tau_status tau_probabilities_compute(tau_probabilities *view, size_t state,
                                               tau_probability_frame *out);

typedef struct tau_loss_frame {
    tau_moment moment;
    tau_loss loss;
    size_t bins;
    const double *edges;    /**< [bins + 1], the same for all states: the range of all finite losses */
    const uint64_t *counts; /**< [bins] */
    uint64_t highest;       /**< the greatest count in any bin of any state */
    size_t not_finite;      /**< samples in no bin */
    const double *losses;   /**< [N] per sample */
    double mean, se;        /**< eq:loss_se */
} tau_loss_frame;

typedef struct tau_loss_histogram tau_loss_histogram;

/** Visits every state for the range. @param[in] bins  0 = 30   @param[in] loss  any that fits the targets;
 * NULL = the replay's
 *  @errors TAU_STATUS_USAGE: a loss that does not fit, or of an unknown name */
TAU_CHECK tau_status tau_loss_histogram_create(tau_loss_histogram **out, tau_replay *replay, const char *loss,
                                               size_t bins);
void tau_loss_histogram_destroy(tau_loss_histogram *view);
/** Takes in states that came with a refresh; the bins may grow. */
TAU_CHECK tau_status tau_loss_histogram_update(tau_loss_histogram *view);
TAU_CHECK tau_status tau_loss_histogram_compute(tau_loss_histogram *view, size_t state, tau_loss_frame *out);

#endif
