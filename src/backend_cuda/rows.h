/** The rows engine for a value in the middle of a network. */
#ifndef TAU_BACKEND_CUDA_ROWS_H
#define TAU_BACKEND_CUDA_ROWS_H

#include "backend_cuda/engine.h"

/** As tau_cuda_rows_create, but `output` of run is another value of the graph; only what it depends on is
 * computed. @param[in] value  of kind ACTIVATION
 *  @errors TAU_STATUS_UNSUPPORTED (node and operator named), TAU_STATUS_MEMORY, TAU_STATUS_DEVICE */
TAU_CHECK tau_status tau_cuda_rows_create_value(tau_cuda_engine **out, const tau_graph *graph, int value,
                                                const tau_cuda_data *data);

/** Refuses a graph with an operator that has no kernels, naming node and operator:
 * TAU_STATUS_UNSUPPORTED. */
TAU_CHECK tau_status tau_cuda_rows_supports(const tau_graph *graph);

#endif
