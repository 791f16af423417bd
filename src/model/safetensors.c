#include "model/safetensors.h"

#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "model/model.h"

/* The limit of the format's own library. */
static const uint64_t header_limit = 100000000;

static tau_status broken(const char *path, const char *why) {
    return tau_fail(TAU_STATUS_INPUT,
                    "%s is not a sound safetensors file" TAU_WHY "%s" TAU_FIX
                    "save or copy the checkpoint again",
                    path, why);
}

tau_status tau_safetensors_read_header(json_t **header, uint64_t *data, const tau_section_file *file) {
    uint64_t length;
    char *text;
    json_error_t error;
    *header = NULL;
    if (file->size < sizeof length) return broken(file->path, "it is shorter than its first number");
    TAU_TRY(tau_section_read(file, &length, 0, sizeof length));
    if (length > header_limit || length > file->size - sizeof length)
        return broken(file->path, "its header is longer than the file or than 100 MB");
    TAU_TRY(TAU_ALLOC(text, (size_t)length));
    tau_status status = tau_section_read(file, text, sizeof length, (size_t)length);
    if (status == TAU_STATUS_OK) {
        *header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(*header)) {
            json_decref(*header);
            *header = NULL;
            status = broken(file->path, "its header is not a JSON object");
        }
    }
    *data = sizeof length + length;
    tau_mem_free(text);
    return status;
}

static tau_status read_type(tau_float_type *out, const char *name, const json_t *entry) {
    static const char *const types[] = {[TAU_FLOAT_TYPE_F16] = "F16",
                                        [TAU_FLOAT_TYPE_BF16] = "BF16",
                                        [TAU_FLOAT_TYPE_F32] = "F32",
                                        [TAU_FLOAT_TYPE_F64] = "F64"};
    const char *text = json_string_value(json_object_get(entry, "dtype"));
    for (int i = 0; text && i < 4; i++) {
        if (strcmp(types[i], text) != 0) continue;
        *out = (tau_float_type)i;
        return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "the tensor '%s' has the element type %.20s" TAU_WHY
                    "F16, BF16, F32 and F64 are supported",
                    name, text ? text : "(none)");
}

static tau_status read_shape(tau_shape *out, const char *name, const json_t *list) {
    int64_t dim[TAU_SHAPE_MAX_RANK] = {0};
    const size_t rank = json_array_size(list);
    if (!json_is_array(list) || rank > TAU_SHAPE_MAX_RANK)
        return tau_fail(TAU_STATUS_INPUT, "the shape of the tensor '%s' is not a list of at most %d sizes",
                        name, TAU_SHAPE_MAX_RANK);
    for (size_t i = 0; i < rank; i++) dim[i] = json_integer_value(json_array_get(list, i));
    return tau_shape_make(out, (int)rank, dim);
}

tau_status tau_safetensors_read_entry(tau_safetensors_entry *out, const char *name, const json_t *entry,
                                      uint64_t data, uint64_t available) {
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    const json_int_t end = json_integer_value(json_array_get(offsets, 1));
    TAU_TRY(read_type(&out->type, name, entry));
    TAU_TRY(read_shape(&out->shape, name, json_object_get(entry, "shape")));
    out->size = tau_shape_size(&out->shape) * tau_float_type_size(out->type);
    if (json_array_size(offsets) != 2 || begin < 0 || end < begin || (uint64_t)end > available ||
        (uint64_t)(end - begin) != out->size)
        return tau_fail(TAU_STATUS_INPUT,
                        "the tensor '%s' does not lie inside its file" TAU_WHY
                        "its offsets contradict its shape or the file's size" TAU_FIX
                        "save or copy the checkpoint again",
                        name);
    out->offset = data + (uint64_t)begin;
    return TAU_STATUS_OK;
}

/* Reads the tensors of one table of the graph. */
static tau_status read_table(float *out, const tau_parameter *table, int count, const tau_section_file *file,
                             const json_t *header, uint64_t data) {
    for (int i = 0; i < count; i++) {
        const json_t *entry = json_object_get(header, table[i].name);
        tau_safetensors_entry found;
        char got[TAU_SHAPE_TEXT], wanted[TAU_SHAPE_TEXT];
        uint8_t *bytes;
        if (!entry)
            return tau_fail(TAU_STATUS_MISMATCH, "%s does not fit the model" TAU_WHY "it has no tensor '%s'",
                            file->path, table[i].name);
        TAU_TRY(tau_safetensors_read_entry(&found, table[i].name, entry, data, file->size - data));
        if (!tau_shape_equal(&found.shape, &table[i].shape))
            return tau_fail(TAU_STATUS_MISMATCH,
                            "%s does not fit the model" TAU_WHY "'%s' has the shape %s instead of %s",
                            file->path, table[i].name, tau_shape_format(got, &found.shape),
                            tau_shape_format(wanted, &table[i].shape));
        TAU_TRY(TAU_ALLOC(bytes, found.size));
        tau_status status = tau_section_read(file, bytes, found.offset, found.size);
        if (status == TAU_STATUS_OK)
            tau_floats_convert(out + table[i].offset, bytes, tau_shape_size(&found.shape), found.type);
        tau_mem_free(bytes);
        TAU_TRY(status);
    }
    return TAU_STATUS_OK;
}

/* Tensors of the file that the model lacks, counters of batches aside, may mean that it is the wrong file. */
static void note_unread(const tau_graph *graph, const json_t *header, const char *path) {
    size_t held = json_object_size(header) - (json_object_get(header, "__metadata__") ? 1 : 0);
    const size_t read = (size_t)graph->parameter_count + (size_t)graph->buffer_count;
    if (held > read)
        tau_log(TAU_LOG_LEVEL_NOTE, "%s holds %zu more tensors than the model; they are not used", path,
                held - read);
}

tau_status tau_model_read_safetensors(const tau_graph *graph, const char *path, float *theta,
                                      float *buffers) {
    tau_section_file file;
    json_t *header = NULL;
    uint64_t data = 0;
    TAU_TRY(tau_section_open(&file, path));
    tau_status status = tau_safetensors_read_header(&header, &data, &file);
    if (status == TAU_STATUS_OK)
        status = read_table(theta, graph->parameters, graph->parameter_count, &file, header, data);
    if (status == TAU_STATUS_OK)
        status = read_table(buffers, graph->buffers, graph->buffer_count, &file, header, data);
    if (status == TAU_STATUS_OK) note_unread(graph, header, path);
    json_decref(header);
    tau_section_close(&file);
    return status;
}
