/** Trains a network on an evaluator's gradients, telling an observer of every state and number. */
#ifndef TAU_TRAIN_TRAIN_H
#define TAU_TRAIN_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "core/cancel.h"
#include "core/progress.h"
#include "train/weights.h"

typedef enum tau_optimizer {
    TAU_OPTIMIZER_SGD,
    TAU_OPTIMIZER_MOMENTUM,
    TAU_OPTIMIZER_NESTEROV,
    TAU_OPTIMIZER_ADAM,
    TAU_OPTIMIZER_RMSPROP,
} tau_optimizer;

/** "sgd", "momentum", "nesterov", "adam", "rmsprop". */
const char *tau_optimizer_name(tau_optimizer optimizer);
TAU_CHECK tau_status tau_optimizer_parse(tau_optimizer *out, const char *name);
/** A learning rate to begin with: 0.001 for Adam and RMSprop, 0.02 with momentum, 0.05 for plain SGD. */
double tau_optimizer_default_rate(tau_optimizer optimizer);

typedef enum tau_schedule_kind {
    TAU_SCHEDULE_CONSTANT,
    TAU_SCHEDULE_STEP,
    TAU_SCHEDULE_COSINE
} tau_schedule_kind;

/** Learning rate over training. */
typedef struct tau_schedule {
    tau_schedule_kind kind;
    double every;  /**< STEP: epochs between drops */
    double factor; /**< STEP: the rate is multiplied by this at each drop */
} tau_schedule;

/** "constant", "cosine", "step:EVERY[,FACTOR]" (0.1). */
TAU_CHECK tau_status tau_schedule_parse(tau_schedule *out, const char *text);
/** The share of the base rate at `epoch` (fractional) of `epochs`. */
double tau_schedule_factor(const tau_schedule *schedule, double epoch, double epochs);

/** When states are recorded. The initial and the final state always are. */
typedef struct tau_record_rule {
    uint64_t every_steps; /**< 0 = not by steps */
    double every_epochs; /**< the first state at or after each multiple; 0 = not by epochs. A part of an epoch
                              that is passed where a changed batch cuts the epoch anew is left out */
    uint64_t max_states; /**< "max=N": steps between states are chosen so that at most N are kept; 0 = off */
} tau_record_rule;

/** "every=20", "every=1epoch", "max=200". */
TAU_CHECK tau_status tau_record_rule_parse(tau_record_rule *out, const char *text);
/** The steps between states that are recorded by steps, 1 to `steps`.
 *  @param[in] steps  to come   @param[in] recorded  states until now: 1 is that before training */
uint64_t tau_record_rule_stride(const tau_record_rule *rule, uint64_t steps, uint64_t recorded);
/** Whether the state at `epoch` is one of those recorded by epochs. @param[in] before  the state before it */
bool tau_record_rule_crosses(const tau_record_rule *rule, double before, double epoch);

typedef struct tau_train_options {
    tau_loss loss;
    tau_optimizer optimizer;
    double rate;         /**< > 0 */
    double momentum;     /**< 0..1, customarily 0.9; of momentum and nesterov */
    double weight_decay; /**< lambda of lambda·‖theta‖² */
    tau_schedule schedule;
    size_t batch;
    size_t epochs;
    uint64_t seed; /**< order of samples and dropout */
    tau_record_rule record;
    tau_class_weights class_weights; /**< zeroed = every sample counts the same */
} tau_train_options;

/** What was changed while a training ran, which holds from then on instead of the options. */
typedef struct tau_train_changes {
    bool has_rate, has_weight_decay, has_batch;
    double rate, weight_decay;
    size_t batch;
    /** Where the batch changed: the step, its epoch, the samples of that epoch that were done, and the states
     * that were recorded until then. */
    uint64_t batch_step, batch_epoch, batch_samples, batch_states;
} tau_train_changes;

/** What may be changed while a training runs, with the meaning of the options of these names. */
typedef struct tau_train_knobs {
    double rate, weight_decay;
    size_t batch;
} tau_train_knobs;

/** Everything that is needed to go on bit-identically. */
typedef struct tau_train_state {
    uint64_t step;             /**< batches done */
    tau_train_changes changes; /**< zero = none */
    /** Sums over the samples of the epoch that is not told yet, so that its numbers do not depend on where a
     * training was interrupted; zero once told. */
    double epoch_loss, epoch_accuracy;
    uint64_t epoch_samples;
    float *theta;   /**< [P] */
    float *buffers; /**< [Q] */
    float *moment1; /**< [P]: momentum, or Adam's first moment; zero for plain SGD */
    float *moment2; /**< [P]: Adam's and RMSprop's second moment */
    size_t theta_size, buffer_size;
} tau_train_state;

TAU_CHECK tau_status tau_train_state_create(tau_train_state **out, size_t theta_size, size_t buffer_size);
void tau_train_state_destroy(tau_train_state *state);

/** Told of what happens; any entry may be NULL. A failure stops the training with that status. */
typedef struct tau_train_observer {
    /** A state to be recorded: before training (step 0), by the rule, and the last. */
    tau_status (*state)(void *payload, const tau_train_state *state, double epoch);
    /** One number: "loss", "accuracy" per batch; "epoch_loss", "epoch_accuracy" (running means over the
     * epoch's batches), "lr", "test_loss", "test_accuracy" per epoch. No accuracy where the loss knows no
     * classes. */
    tau_status (*metric)(void *payload, const char *name, uint64_t step, double epoch, double value);
    /** Asked before every batch: may turn the knobs, which hold from this batch on, and may wait. What
     * changed is told as metrics "set_lr", "set_weight_decay", "set_batch" and "lr", at the step after which
     * it changed. Values out of range are refused as those of the options are. What is turned holds even with
     * TAU_STATUS_CANCELLED: who goes on goes on with it. */
    tau_status (*turn)(void *payload, const tau_train_state *state, double epoch, tau_train_knobs *knobs);
    void *payload;
} tau_train_observer;

/** Trains `state` in place from state->step to the end. Every epoch passes over a permutation of its own
 * that depends on seed and epoch alone; the last batch may be smaller, but with batch norm a last batch of
 * one sample, which has no variance, joins the one before. A batch that was changed cuts what is left of its
 * epoch; states that are recorded every so many steps stay at these, and those of max_states are spread anew
 * over the steps that are then to come. The gradient of lambda·‖theta‖² is 2·lambda·theta (PyTorch's
 * weight_decay is 2·lambda). A state that was interrupted goes on to the same bits and numbers.
 *  @param[in] test  evaluator over the held-out samples, evaluated after every epoch, or NULL
 *  @errors TAU_STATUS_USAGE (options out of range), TAU_STATUS_INPUT: the loss is no longer finite, told
 * after the observer was given the state; TAU_STATUS_CANCELLED (state is after the last whole step and can be
 * continued), those of the evaluators and of the observer */
TAU_CHECK tau_status tau_train_run(tau_train_state *state, tau_evaluator *train, size_t train_count,
                                   tau_evaluator *test, const tau_train_options *options,
                                   const tau_train_observer *observer, const tau_progress *progress,
                                   const tau_cancel *cancel);

#endif
