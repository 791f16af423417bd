/** Where the values of a graph lie on the device, and a node's call made of them. */
#ifndef TAU_BACKEND_CUDA_PLACES_H
#define TAU_BACKEND_CUDA_PLACES_H

#include "kernels/operators.h"

/** One value of the graph; the strides mean what those of tau_cuda_input mean. */
typedef struct tau_cuda_place {
    float *value;
    float *gradient; /**< NULL = not wanted */
    size_t point_stride, sample_stride;
} tau_cuda_place;

/** Fills what the graph and the places tell of a node's call: op, attributes, inputs, shapes, y, dy (the
 * gradient of the output's place). Counts, training, mask, scratch, blas and stream are the caller's.
 *  @param[out] inputs  [inputs of the node], borrowed by the call   @param[in] places  [values of the graph]
 */
void tau_cuda_bind(tau_cuda_call *out, tau_cuda_input *inputs, const tau_graph *graph, int node,
                   const tau_cuda_place *places);

#endif
