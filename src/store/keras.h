/** Keras's description of a Sequential model, as its HDF5 files hold it, turned into a graph. For this
 * module. */
#ifndef TAU_STORE_KERAS_H
#define TAU_STORE_KERAS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/graph.h"
#include "model/loss.h"

/** Where a tensor of the graph lies among the weights of the Keras layers. */
typedef struct tau_keras_weight {
    int layer; /**< Keras's layer, from 0; input layers do not count */
    int place; /**< in get_weights() of the layer; -1 = Keras has none there: all `fill` */
    float fill;
    bool buffer; /**< `entry` counts graph->buffers, not graph->parameters */
    int entry;
    bool is_kernel2d; /**< stored (height, width, in, out), ours (out, in, height, width) */
} tau_keras_weight;

typedef struct tau_keras_model {
    tau_graph *graph;
    int layer_count; /**< Keras's layers, input layers not counted */
    tau_keras_weight *weights;
    size_t weight_count, weight_capacity;
    double *l1, *l2;    /**< [graph->parameter_count] regularisation: l1·|w| + l2·w² */
    bool channels_last; /**< samples are (H, W, C) in the file; the graph takes (C, H, W) */
    bool has_loss;      /**< `loss` was compiled in and is known */
    tau_loss loss;
    char keras_loss[48]; /**< as Keras calls it; "" = none */
    bool classes;        /**< targets are classes, as one-hot rows or as numbers */
} tau_keras_model;

/** Builds the graph. The nodes are called like Keras's layers, activation functions NAME/FUNCTION, tensors
 * NAME/kernel, NAME/bias … It ends as in Keras: tau_loss_fit_graph makes of it what the loss takes.
 *  @param[in] model_config  JSON   @param[in] training_config  JSON; NULL = the model was not compiled
 *  @param[in] loss  one of ours instead of the compiled one; NULL = that one
 *  @param[in] where  the file, for messages
 *  @errors TAU_STATUS_UNSUPPORTED naming the layer, TAU_STATUS_INPUT (no such JSON), TAU_STATUS_SHAPE,
 *          TAU_STATUS_USAGE (no such loss); TAU_STATUS_UNSUPPORTED too where the compiled loss takes
 *          probabilities of classes and the model does not end in a softmax */
TAU_CHECK tau_status tau_keras_build(tau_keras_model **out, const char *model_config,
                                     const char *training_config, const char *loss, const char *where);
void tau_keras_destroy(tau_keras_model *model);

#endif
