/** From the operands of one node to the shape of its output; checks all that an operator demands of them. */
#ifndef TAU_MODEL_INFER_H
#define TAU_MODEL_INFER_H

#include "model/graph.h"

#define TAU_INFER_MAX_OPERANDS 5

/** A node about to be made. */
typedef struct tau_infer_request {
    tau_op op;
    const tau_value *const *inputs; /**< NULL entries = optional inputs left out */
    int input_count;
    tau_attributes *attributes;
    const tau_shape *wanted; /**< RESHAPE: shape of a sample */
} tau_infer_request;

/** Shape of the output of one sample. For pools and convolutions the kernel of the attributes is checked
 * against, or taken from, the weights.
 *  @errors TAU_STATUS_SHAPE, TAU_STATUS_UNSUPPORTED, TAU_STATUS_INPUT (number or kind of operands) */
TAU_CHECK tau_status tau_infer_shape(tau_shape *out, const tau_infer_request *request);

/** The same for operators with a sliding window. */
TAU_CHECK tau_status tau_infer_conv(tau_shape *out, const tau_infer_request *request);
TAU_CHECK tau_status tau_infer_pool(tau_shape *out, const tau_infer_request *request);

/** Keeps what `op` names, rounded to single precision, and zeroes the rest. @param[in] in  NULL = all zero
 *  @errors TAU_STATUS_INPUT for values that are not finite, an epsilon or momentum out of range */
TAU_CHECK tau_status tau_attributes_clean(tau_attributes *out, tau_op op, const tau_attributes *in);

#endif
