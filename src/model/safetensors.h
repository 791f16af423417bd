/** The header of a safetensors file: which tensor lies where. */
#ifndef TAU_MODEL_SAFETENSORS_H
#define TAU_MODEL_SAFETENSORS_H

#include <jansson.h>

#include "model/floats.h"
#include "model/section.h"
#include "model/shape.h"

/** One tensor of the file. */
typedef struct tau_safetensors_entry {
    tau_float_type type;
    tau_shape shape;
    uint64_t offset; /**< in the file, bytes */
    size_t size;     /**< bytes */
} tau_safetensors_entry;

/** @param[out] header  the JSON object, released with json_decref   @param[out] data  where the tensors begin
 *  @errors TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_safetensors_read_header(json_t **header, uint64_t *data,
                                                 const tau_section_file *file);

/** Checks and reads one entry of the header. @param[in] available  bytes of tensors in the file
 *  @errors TAU_STATUS_INPUT, TAU_STATUS_UNSUPPORTED (element type), TAU_STATUS_SHAPE */
TAU_CHECK tau_status tau_safetensors_read_entry(tau_safetensors_entry *out, const char *name,
                                                const json_t *entry, uint64_t data, uint64_t available);

#endif
