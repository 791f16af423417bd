/** Builds a graph node by node, inferring every shape: used by the ONNX import and the built-in models alike.
 */
#ifndef TAU_MODEL_BUILDER_H
#define TAU_MODEL_BUILDER_H

#include "model/graph.h"

typedef struct tau_builder tau_builder;

TAU_CHECK tau_status tau_builder_create(tau_builder **out, const char *name);
void tau_builder_destroy(tau_builder *builder);

/** The network's input; exactly one. @param[in] shape  of one sample   @param[out] value  its index */
TAU_CHECK tau_status tau_builder_input(tau_builder *builder, int *value, const char *name,
                                       const tau_shape *shape);

/** A tensor of theta (or, for BN_MEAN and BN_VAR, of the buffers), appended to the table in the order of
 * calls. */
TAU_CHECK tau_status tau_builder_parameter(tau_builder *builder, int *value, const char *name, tau_role role,
                                           const tau_shape *shape);

/** A constant tensor. @param[in] data  [size of shape], copied */
TAU_CHECK tau_status tau_builder_constant(tau_builder *builder, int *value, const char *name,
                                          const tau_shape *shape, const float *data);

/** A node. Its inputs exist already; its output value is made and its shape inferred. For RESHAPE `shape` is
 * the wanted shape of a sample; otherwise NULL. Attributes are kept in single precision, as ONNX stores them;
 * those the operator does not name become zero. What LINEAR, CONV and BATCH_NORM read besides x must be
 * parameters (mean and variance: buffers). Fills in filter axes and layers of the parameters it reads.
 *  @param[out] output  may be one of `inputs`; -1 after a failure, which leaves the graph as it was
 *  @errors TAU_STATUS_SHAPE, TAU_STATUS_UNSUPPORTED naming node, operator and reason */
TAU_CHECK tau_status tau_builder_node(tau_builder *builder, int *output, tau_op op, const char *name,
                                      const int *inputs, int input_count, const tau_attributes *attributes,
                                      const tau_shape *shape);

/** Shape of a value made so far. @lifetime borrowed until the next call */
const tau_shape *tau_builder_shape(const tau_builder *builder, int value);

/** Name of the node made last. @lifetime that of the graph */
const char *tau_builder_last_node_name(const tau_builder *builder);

/** Ends the building. @param[out] out  the graph, the caller's; the builder is empty afterwards
 *  @errors TAU_STATUS_INPUT: no input, or a parameter that no node reads */
TAU_CHECK tau_status tau_builder_finish(tau_builder *builder, tau_graph **out, int output_value);

#endif
