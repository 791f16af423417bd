/** Layers of the built-in models, named and stored as PyTorch does. A chain keeps the first failure, so that
 * a network reads as a list of its layers. */
#ifndef TAU_MODEL_LAYERS_H
#define TAU_MODEL_LAYERS_H

#include "model/builder.h"
#include "model/model.h"

typedef struct tau_layers {
    tau_builder *builder;
    int value; /**< output of the last layer */
    tau_status status;
} tau_layers;

typedef struct tau_conv_size {
    int64_t in, out, kernel, stride, pad;
} tau_conv_size;

void tau_layers_begin(tau_layers *layers, const char *model, int rank, const int64_t *input);

/** NAME.weight [out, in] and NAME.bias [out]. */
void tau_layers_linear(tau_layers *layers, const char *name, int64_t in, int64_t out);

/** NAME.weight [out, in, kernel, kernel] and, if wanted, NAME.bias [out]. */
void tau_layers_conv(tau_layers *layers, const char *name, const tau_conv_size *size, bool bias);

/** NAME.weight, bias, running_mean and running_var [channels]; epsilon 1e-5. */
void tau_layers_batch_norm(tau_layers *layers, const char *name, int64_t channels);

/** Square pools: TAU_OP_MAX_POOL or TAU_OP_AVERAGE_POOL, as far apart as they are wide. */
void tau_layers_pool(tau_layers *layers, tau_op op, const char *name, int64_t size);

/** An operator without parameters. @param[in] alpha  its attribute alpha, if it has one */
void tau_layers_apply(tau_layers *layers, tau_op op, const char *name, double alpha);

void tau_layers_add(tau_layers *layers, const char *name, int other);
void tau_layers_flatten(tau_layers *layers, const char *name);

/** Ends the chain, also after a failure. */
TAU_CHECK tau_status tau_layers_finish(tau_layers *layers, tau_graph **out);

#endif
