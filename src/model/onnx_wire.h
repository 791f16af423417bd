/** From bytes to ONNX messages, safely: the unpacking library recurses without limit and reserves memory for
 * whatever a file announces, so that a file is walked first. */
#ifndef TAU_MODEL_ONNX_WIRE_H
#define TAU_MODEL_ONNX_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "onnx/onnx.pb-c.h"

/** @param[out] out  freed with onnx__model_proto__free_unpacked
 *  @errors TAU_STATUS_INPUT: truncated, too deeply nested, too many parts, names with a NUL, not ONNX */
TAU_CHECK tau_status tau_onnx_unpack(Onnx__ModelProto **out, const uint8_t *bytes, size_t size);

#endif
