#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "model/model.h"

/* Adds the tensors of one table to the header. @return false when memory runs out or a name is not UTF-8 */
static bool describe_table(json_t *header, const tau_parameter *table, int count, size_t *offset) {
    for (int i = 0; i < count; i++) {
        const size_t size = tau_shape_size(&table[i].shape) * sizeof(float);
        json_t *shape = json_array();
        for (int k = 0; k < table[i].shape.rank; k++)
            if (json_array_append_new(shape, json_integer(table[i].shape.dim[k])) != 0) return false;
        json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                                  (json_int_t)*offset, (json_int_t)(*offset + size));
        if (!entry || json_object_set_new(header, table[i].name, entry) != 0) return false;
        *offset += size;
    }
    return true;
}

/* The header with its length before it; blanks at its end align the tensors. */
static tau_status format_header(char **out, size_t *size, const tau_graph *graph) {
    json_t *header = json_object();
    size_t offset = 0;
    *size = 0;
    *out = NULL;
    char *text = NULL;
    if (header && describe_table(header, graph->parameters, graph->parameter_count, &offset) &&
        describe_table(header, graph->buffers, graph->buffer_count, &offset))
        text = json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(header);
    if (!text)
        return tau_fail(TAU_STATUS_INPUT, "cannot describe the tensors of the model" TAU_WHY
                                          "a name is not valid UTF-8, or memory ran out");
    const size_t length = strlen(text);
    const uint64_t padded = (length + 7) / 8 * 8;
    tau_status status = TAU_ALLOC(*out, sizeof padded + padded);
    if (status == TAU_STATUS_OK) {
        memcpy(*out, &padded, sizeof padded);
        memset(*out + sizeof padded, ' ', padded);
        memcpy(*out + sizeof padded, text, length);
        *size = sizeof padded + padded;
    }
    free(text);
    return status;
}

static bool write_table(FILE *file, const tau_parameter *table, int count, const float *data) {
    for (int i = 0; i < count; i++) {
        const size_t size = tau_shape_size(&table[i].shape);
        if (fwrite(data + table[i].offset, sizeof *data, size, file) != size) return false;
    }
    return true;
}

static tau_status write_file(const char *path, const char *header, size_t size, const tau_graph *graph,
                             const float *theta, const float *buffers) {
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(header, 1, size, file) == size &&
                   write_table(file, graph->parameters, graph->parameter_count, theta) &&
                   write_table(file, graph->buffers, graph->buffer_count, buffers);
    int code = errno;
    if (file && fclose(file) != 0 && written) {
        written = false;
        code = errno;
    }
    if (written) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_IO,
                    "cannot write %s" TAU_WHY "%s" TAU_FIX "free some space, or write elsewhere", path,
                    strerror(code));
}

tau_status tau_model_write_safetensors(const tau_graph *graph, const float *theta, const float *buffers,
                                       const char *path) {
    tau_file_replacement replacement = {0};
    char *header;
    size_t size;
    TAU_TRY(format_header(&header, &size, graph));
    tau_status status = tau_file_replace_begin(&replacement, path);
    if (status == TAU_STATUS_OK) {
        status = write_file(replacement.temporary, header, size, graph, theta, buffers);
        if (status == TAU_STATUS_OK)
            status = tau_file_replace_commit(&replacement);
        else
            tau_file_replace_abort(&replacement);
    }
    tau_mem_free(header);
    return status;
}
