/** A graph as a Sequential model of Keras: the way back of keras.h. For this module. */
#ifndef TAU_STORE_KERAS_WRITE_H
#define TAU_STORE_KERAS_WRITE_H

#include <jansson.h>

#include "model/graph.h"
#include "model/loss.h"

enum { TAU_KERAS_WEIGHTS = 4, TAU_KERAS_NAME = 128 };

/** A tensor of a layer, in the order of get_weights(). */
typedef struct tau_keras_tensor {
    const tau_parameter *parameter;
    const char *what; /**< "kernel", "bias", … @lifetime static */
    bool buffer;      /**< lies in the buffers */
    bool turned;      /**< stored (out, in), Keras's are (in, out) */
} tau_keras_tensor;

typedef struct tau_keras_layer {
    char name[TAU_KERAS_NAME];
    const char *kind;     /**< Keras's class. @lifetime static */
    const char *function; /**< of Dense and Activation, "linear" … @lifetime static */
    json_t *config;
    tau_keras_tensor tensors[TAU_KERAS_WEIGHTS];
    int tensor_count;
} tau_keras_layer;

typedef struct tau_keras_chain {
    tau_keras_layer *layers;
    size_t count, capacity;
    const char *loss; /**< as Keras calls it. @lifetime static */
} tau_keras_chain;

/** The layers of a network that is a chain of dense layers, functions, dropouts and batch norms. Ends in
 * softmax or sigmoid where the loss takes what is before it, because Keras's losses take probabilities.
 *  @param[in] decay  weight of the squares of all parameters   @param[out] out  cleared with
 * tau_keras_chain_clear
 *  @errors TAU_STATUS_UNSUPPORTED naming the node; TAU_STATUS_MISMATCH: the loss does not fit */
TAU_CHECK tau_status tau_keras_chain_create(tau_keras_chain *out, const tau_graph *graph, tau_loss loss,
                                            double decay);
void tau_keras_chain_clear(tau_keras_chain *chain);

/** The description of the model, owned by the caller. @return NULL: memory is short */
json_t *tau_keras_chain_describe(const tau_keras_chain *chain);

#endif
