/** --class-weights of train: from the option to the weight of each training sample's class. */
#ifndef TAU_CLI_TRAIN_WEIGHTS_H
#define TAU_CLI_TRAIN_WEIGHTS_H

#include <jansson.h>

#include "data/samples.h"
#include "model/graph.h"
#include "train/weights.h"

typedef struct tau_train_weights {
    double *weight; /**< [count] */
    int32_t *classes;
    int count;             /**< 0 = the option was not given */
    tau_class_weights use; /**< borrows from the above */
} tau_train_weights;

/** Reads "balanced" or "W0,W1,…", one weight from 0 for each class. @param[in] text  NULL = no weights
 *  @param[in] samples  with classes, or with one value of 0 or 1 each
 *  @errors TAU_STATUS_USAGE (not so many weights, negative ones, all 0; targets that are no classes; a
 *          network with batch norm) */
TAU_CHECK tau_status tau_train_weights_read(tau_train_weights *out, const char *text, const tau_graph *graph,
                                            const tau_samples *samples);
void tau_train_weights_clear(tau_train_weights *weights);

/** The weights as a JSON array, for the run file. */
json_t *tau_train_weights_describe(const tau_train_weights *weights);

#endif
