#include "model/onnx_tensor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/floats.h"
#include "model/section.h"

static const char *name_of(const Onnx__TensorProto *tensor) {
    return tensor->name ? tensor->name : "unnamed";
}

bool tau_onnx_tensor_is_float(const Onnx__TensorProto *tensor) {
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return true;
    default:
        return false;
    }
}

bool tau_onnx_tensor_is_integer(const Onnx__TensorProto *tensor) {
    return tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 ||
           tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
}

tau_status tau_onnx_tensor_shape(tau_shape *out, const Onnx__TensorProto *tensor) {
    const int rank = tensor->n_dims > TAU_SHAPE_MAX_RANK ? TAU_SHAPE_MAX_RANK + 1 : (int)tensor->n_dims;
    if (tau_shape_make(out, rank, tensor->dims) == TAU_STATUS_OK) return TAU_STATUS_OK;
    return tau_error_context("the tensor '%s' cannot be used", name_of(tensor));
}

static tau_float_type float_type_of(const Onnx__TensorProto *tensor) {
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
        return TAU_FLOAT_TYPE_F16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return TAU_FLOAT_TYPE_BF16;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return TAU_FLOAT_TYPE_F64;
    default:
        return TAU_FLOAT_TYPE_F32;
    }
}

static tau_status wrong_size(const Onnx__TensorProto *tensor, size_t got, size_t wanted) {
    return tau_fail(TAU_STATUS_INPUT,
                    "the tensor '%s' is damaged" TAU_WHY "it holds %zu bytes or numbers of %zu" TAU_FIX
                    "export or copy the model again",
                    name_of(tensor), got, wanted);
}

static const char *external_entry(const Onnx__TensorProto *tensor, const char *key) {
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__StringStringEntryProto *entry = tensor->external_data[i];
        if (entry->key && entry->value && strcmp(entry->key, key) == 0) return entry->value;
    }
    return NULL;
}

/* A decimal number, or `otherwise` when the entry is absent. */
static tau_status external_number(uint64_t *out, const Onnx__TensorProto *tensor, const char *key,
                                  uint64_t otherwise) {
    const char *text = external_entry(tensor, key);
    *out = otherwise;
    if (!text) return TAU_STATUS_OK;
    char *end = NULL;
    errno = 0;
    if (*text >= '0' && *text <= '9') *out = strtoull(text, &end, 10);
    if (!end || *end || errno)
        return tau_fail(TAU_STATUS_INPUT, "the %s of the external tensor '%s' is not a number", key,
                        name_of(tensor));
    return TAU_STATUS_OK;
}

/* Only files below the model's directory may be read. */
static bool is_confined(const char *location) {
    if (!*location || *location == '/') return false;
    for (const char *part = location; part; part = strchr(part, '/')) {
        while (*part == '/') part++;
        const size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.') return false;
    }
    return true;
}

static tau_status read_external(uint8_t *out, size_t size, const Onnx__TensorProto *tensor,
                                const char *directory) {
    const char *location = external_entry(tensor, "location");
    uint64_t offset, length;
    TAU_TRY(external_number(&offset, tensor, "offset", 0));
    TAU_TRY(external_number(&length, tensor, "length", size));
    if (!location || !is_confined(location))
        return tau_fail(TAU_STATUS_INPUT,
                        "the external file of the tensor '%s' is refused" TAU_WHY
                        "its path must be relative and must not contain '..'",
                        name_of(tensor));
    if (!directory)
        return tau_fail(TAU_STATUS_MISSING,
                        "the tensor '%s' lies in another file" TAU_WHY "external data are not available here",
                        name_of(tensor));
    if (length != size) return wrong_size(tensor, (size_t)length, size);
    char *path;
    tau_section_file file;
    TAU_TRY(tau_string_format(&path, "%s/%s", directory, location));
    tau_status status = tau_section_open(&file, path);
    if (status == TAU_STATUS_OK) {
        status = tau_section_read(&file, out, offset, size);
        tau_section_close(&file);
    }
    tau_mem_free(path);
    return status == TAU_STATUS_OK ? status
                                   : tau_error_context("cannot read the tensor '%s'", name_of(tensor));
}

static tau_status read_external_floats(float *out, size_t count, const Onnx__TensorProto *tensor,
                                       const char *directory) {
    const tau_float_type type = float_type_of(tensor);
    uint8_t *bytes;
    TAU_TRY(tau_mem_alloc((void **)&bytes, count, tau_float_type_size(type)));
    tau_status status = read_external(bytes, count * tau_float_type_size(type), tensor, directory);
    if (status == TAU_STATUS_OK) tau_floats_convert(out, bytes, count, type);
    tau_mem_free(bytes);
    return status;
}

/* Numbers in the typed field of the tensor's type; half-width ones stand as the bits of integers. */
static size_t count_typed(const Onnx__TensorProto *tensor) {
    switch (float_type_of(tensor)) {
    case TAU_FLOAT_TYPE_F32:
        return tensor->n_float_data;
    case TAU_FLOAT_TYPE_F64:
        return tensor->n_double_data;
    default:
        return tensor->n_int32_data;
    }
}

static float typed_number(const Onnx__TensorProto *tensor, size_t i) {
    switch (float_type_of(tensor)) {
    case TAU_FLOAT_TYPE_F32:
        return tensor->float_data[i];
    case TAU_FLOAT_TYPE_F64:
        return (float)tensor->double_data[i];
    case TAU_FLOAT_TYPE_F16:
        return tau_floats_from_half((uint16_t)tensor->int32_data[i]);
    default:
        return tau_floats_from_bfloat((uint16_t)tensor->int32_data[i]);
    }
}

tau_status tau_onnx_tensor_check(const Onnx__TensorProto *tensor) {
    tau_shape shape;
    TAU_TRY(tau_onnx_tensor_shape(&shape, tensor));
    const size_t count = tau_shape_size(&shape), width = tau_float_type_size(float_type_of(tensor));
    if (tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) return TAU_STATUS_OK;
    if (tensor->has_raw_data && tensor->raw_data.len != count * width)
        return wrong_size(tensor, tensor->raw_data.len, count * width);
    if (!tensor->has_raw_data && count_typed(tensor) != 0 && count_typed(tensor) != count)
        return wrong_size(tensor, count_typed(tensor), count);
    return TAU_STATUS_OK;
}

tau_status tau_onnx_tensor_floats(float *out, const Onnx__TensorProto *tensor, const char *directory) {
    tau_shape shape;
    if (!tau_onnx_tensor_is_float(tensor))
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "the tensor '%s' does not hold floating-point numbers" TAU_WHY
                        "quantised models are not supported" TAU_FIX
                        "export the model before its quantisation",
                        name_of(tensor));
    if (tensor->segment)
        return tau_fail(TAU_STATUS_UNSUPPORTED, "the tensor '%s' is stored in segments", name_of(tensor));
    TAU_TRY(tau_onnx_tensor_check(tensor));
    TAU_TRY(tau_onnx_tensor_shape(&shape, tensor));
    const size_t count = tau_shape_size(&shape);
    if (tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return read_external_floats(out, count, tensor, directory);
    if (tensor->has_raw_data) {
        tau_floats_convert(out, tensor->raw_data.data, count, float_type_of(tensor));
        return TAU_STATUS_OK;
    }
    const bool filled = count_typed(tensor) == count;
    for (size_t i = 0; i < count; i++) out[i] = filled ? typed_number(tensor, i) : 0;
    return TAU_STATUS_OK;
}

static tau_status read_raw_integers(tau_onnx_integers *out, const Onnx__TensorProto *tensor, bool wide) {
    const size_t width = wide ? 8 : 4;
    if (tensor->raw_data.len != (size_t)out->count * width)
        return wrong_size(tensor, tensor->raw_data.len, (size_t)out->count * width);
    for (int i = 0; i < out->count; i++) {
        int32_t narrow;
        if (wide) {
            memcpy(&out->item[i], tensor->raw_data.data + 8 * i, 8);
        } else {
            memcpy(&narrow, tensor->raw_data.data + 4 * i, 4);
            out->item[i] = narrow;
        }
    }
    return TAU_STATUS_OK;
}

tau_status tau_onnx_tensor_integers(tau_onnx_integers *out, const Onnx__TensorProto *tensor) {
    const bool wide = tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    const int64_t count = tensor->n_dims == 1 ? tensor->dims[0] : 1;
    *out = (tau_onnx_integers){.rank = (int)tensor->n_dims, .count = (int)count};
    if (tensor->n_dims > 1 || count < 0 || count > TAU_ONNX_MAX_INTEGERS ||
        tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return tau_fail(TAU_STATUS_UNSUPPORTED, "the integers of '%s' are not a short list in the file",
                        name_of(tensor));
    if (tensor->has_raw_data) return read_raw_integers(out, tensor, wide);
    const size_t held = wide ? tensor->n_int64_data : tensor->n_int32_data;
    if (held != (size_t)count) return wrong_size(tensor, held, (size_t)count);
    for (size_t i = 0; i < held; i++) out->item[i] = wide ? tensor->int64_data[i] : tensor->int32_data[i];
    return TAU_STATUS_OK;
}
