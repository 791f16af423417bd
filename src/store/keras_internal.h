/** What keras.c and keras_layers.c share. */
#ifndef TAU_STORE_KERAS_INTERNAL_H
#define TAU_STORE_KERAS_INTERNAL_H

#include <jansson.h>

#include "model/builder.h"
#include "store/keras.h"

enum { KERAS_NAME = 200 };

/** A network while it is being built, and the layer at hand. */
typedef struct keras_work {
    tau_builder *builder;
    tau_keras_model *model;
    double *l1, *l2; /* per parameter made so far */
    size_t l1_capacity, l2_capacity;
    int parameters, buffers; /* made so far */
    int value;               /* output so far; -1 = no input yet */

    const json_t *config; /* of the layer */
    const char *kind;     /* its class, "Dense" */
    char name[KERAS_NAME];
    int index; /* among the layers that count */
} keras_work;

/** Adds the layer at hand. @errors TAU_STATUS_UNSUPPORTED naming the layer, TAU_STATUS_INPUT,
 * TAU_STATUS_SHAPE */
TAU_CHECK tau_status tau_keras_add_layer(keras_work *work);

/** Whether the class is one that reads images, so that the order of a sample's axes matters. */
bool tau_keras_reads_images(const char *kind);

/** Whether the layer at hand keeps channels last. */
bool tau_keras_channels_last(const char *kind, const json_t *config);

#endif
