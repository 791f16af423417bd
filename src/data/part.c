#include "data/part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "data/csv.h"
#include "data/zip.h"
#include "h5/dataset.h"

void tau_part_clear(tau_part *part) {
    tau_array_clear(&part->inputs);
    tau_array_clear(&part->labels);
    for (size_t i = 0; part->words && i < part->word_count; i++) tau_mem_free(part->words[i]);
    tau_mem_free(part->words);
    tau_mem_free(part->source);
    tau_mem_free(part->label_source);
    *part = (tau_part){0};
}

/* FILE[:NAME]: the whole text where there is such a file, else what stands before the last colon. */
static tau_status split_name(char **path, const char **name, const char *spec) {
    const char *colon = strrchr(spec, ':');
    TAU_TRY(tau_string_copy(path, spec));
    *name = NULL;
    if (tau_file_exists(spec) || !colon) return TAU_STATUS_OK;
    (*path)[colon - spec] = '\0';
    *name = colon + 1;
    return TAU_STATUS_OK;
}

typedef struct listing {
    char names[300];
} listing;

static tau_status join_names(void *payload, const char *name, bool is_group) {
    listing *list = payload;
    size_t used = strlen(list->names);
    snprintf(list->names + used, sizeof list->names - used, "%s%s%s", used ? ", " : "", name,
             is_group ? "/" : "");
    return TAU_STATUS_OK;
}

static tau_status read_hdf5(tau_array *out, const char *path, const char *name) {
    tau_h5 *file;
    tau_h5_extent extent;
    TAU_TRY(tau_h5_open_follow(&file, path));
    tau_status status;
    if (name && tau_h5_exists(file, name)) {
        status = tau_h5_read_floats(&out->value, &extent, file, name);
        if (status == TAU_STATUS_OK) status = tau_array_set_shape(out, extent.rank, extent.dim, path);
    } else {
        listing list = {""};
        status = tau_h5_list(file, "/", join_names, &list);
        if (status == TAU_STATUS_OK)
            status = tau_fail(TAU_STATUS_MISSING,
                              "cannot read data from %s" TAU_WHY "%s%s%s" TAU_FIX
                              "write %s:NAME; the file holds %s",
                              path, name ? "it has no data set '" : "it holds many data sets",
                              name ? name : "", name ? "'" : "", path, *list.names ? list.names : "nothing");
    }
    if (status == TAU_STATUS_OK && extent.type < TAU_H5_TYPE_F32)
        out->kind = extent.type == TAU_H5_TYPE_U8 ? TAU_ARRAY_KIND_BYTES : TAU_ARRAY_KIND_INTEGERS;
    tau_h5_discard(file);
    return status;
}

static tau_status read_npz(tau_array *out, const char *path, const char *name) {
    uint8_t *bytes, magic[4];
    size_t size;
    tau_stream *stream;
    TAU_TRY(tau_zip_read(&bytes, &size, path, name));
    tau_status status = tau_stream_open_memory(&stream, path, bytes, size);
    if (status == TAU_STATUS_OK) status = tau_stream_read(stream, magic, 4);
    if (status == TAU_STATUS_OK && memcmp(magic, "\x93NUM", 4) != 0)
        status = tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "what was named is no NPY array", path);
    if (status == TAU_STATUS_OK) status = tau_array_read_npy(out, stream);
    tau_stream_close(stream);
    tau_mem_free(bytes);
    return status;
}

/* Words of one column, or numbers where all of them are. */
static tau_status read_label_column(tau_part *part, const tau_csv *csv, size_t column) {
    double number;
    size_t words = 0;
    for (size_t row = 0; row < csv->rows; row++)
        words += !tau_csv_number(&number, tau_csv_field(csv, row, column));
    if (words) {
        TAU_TRY(TAU_ALLOC(part->words, csv->rows));
        part->word_count = csv->rows;
        for (size_t row = 0; row < csv->rows; row++)
            TAU_TRY(tau_string_copy(&part->words[row], tau_csv_field(csv, row, column)));
        return TAU_STATUS_OK;
    }
    tau_array *labels = &part->labels;
    labels->kind = TAU_ARRAY_KIND_INTEGERS;
    TAU_TRY(tau_array_set_shape(labels, 1, &(int64_t){(int64_t)csv->rows}, csv->path));
    TAU_TRY(TAU_ALLOC(labels->value, csv->rows));
    for (size_t row = 0; row < csv->rows; row++) {
        tau_csv_number(&number, tau_csv_field(csv, row, column));
        if (number != floor(number)) labels->kind = TAU_ARRAY_KIND_REALS;
        labels->value[row] = (float)number;
    }
    return TAU_STATUS_OK;
}

/* What a file is for: both inputs and labels, or one of them. */
typedef enum reading { READING_BOTH, READING_INPUTS, READING_LABELS } reading;

/* @param[in] column  name of the label column when both are read; NULL = the last */
static tau_status read_csv(tau_part *part, tau_stream *stream, const uint8_t start[4], size_t start_size,
                           reading what, const char *column) {
    tau_csv csv;
    size_t label = SIZE_MAX;
    tau_status status = tau_csv_read(&csv, stream, start, start_size, column != NULL);
    if (status == TAU_STATUS_OK && what == READING_BOTH) {
        label = csv.columns - 1;
        if (column) status = tau_csv_find_column(&label, &csv, column);
        if (status == TAU_STATUS_OK && csv.columns < 2)
            status = tau_fail(TAU_STATUS_INPUT,
                              "cannot read %s" TAU_WHY "it has one column, which cannot be both input "
                              "and label" TAU_FIX "name the labels",
                              csv.path);
    }
    bool one_label = what == READING_LABELS && csv.columns == 1;
    if (status == TAU_STATUS_OK && (what == READING_BOTH || one_label))
        status = read_label_column(part, &csv, one_label ? 0 : label);
    if (status == TAU_STATUS_OK && !one_label)
        status = tau_csv_numbers(what == READING_LABELS ? &part->labels : &part->inputs, &csv, label);
    tau_csv_clear(&csv);
    return status;
}

typedef enum format { FORMAT_TABLE, FORMAT_IDX, FORMAT_NPY, FORMAT_NPZ, FORMAT_HDF5 } format;

/* The format as a file's first bytes tell it. */
static format tell_format(const uint8_t magic[4], size_t count) {
    if (count < 4) return FORMAT_TABLE;
    if (!memcmp(magic, "\x89HDF", 4)) return FORMAT_HDF5;
    if (!memcmp(magic, "\x93NUM", 4)) return FORMAT_NPY;
    if (!memcmp(magic, "PK\3\4", 4)) return FORMAT_NPZ;
    return magic[0] == 0 && magic[1] == 0 ? FORMAT_IDX : FORMAT_TABLE;
}

static tau_status read_stream(tau_part *part, tau_stream *stream, const char *name, reading what,
                              const char *column, format *found) {
    uint8_t magic[4] = {0};
    size_t count;
    tau_array *array = what == READING_LABELS ? &part->labels : &part->inputs;
    TAU_TRY(tau_stream_read_some(stream, magic, 4, &count));
    *found = tell_format(magic, count);
    if (name && *found != FORMAT_HDF5 && *found != FORMAT_NPZ)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot read '%s' of %s" TAU_WHY "only HDF5 and NPZ files have parts with names",
                        name, tau_stream_path(stream));
    switch (*found) {
    case FORMAT_IDX:
        return tau_array_read_idx(array, stream, magic);
    case FORMAT_NPY:
        return tau_array_read_npy(array, stream);
    case FORMAT_TABLE:
        return read_csv(part, stream, magic, count, what, column);
    default:
        return TAU_STATUS_OK; /* read by path */
    }
}

/* Reads a file of any format. @param[in] column  as read_csv */
static tau_status read_any(tau_part *part, const char *path, const char *name, reading what,
                           const char *column) {
    tau_stream *stream;
    format found = FORMAT_TABLE;
    tau_array *array = what == READING_LABELS ? &part->labels : &part->inputs;
    TAU_TRY(tau_stream_open(&stream, path));
    tau_status status = read_stream(part, stream, name, what, column, &found);
    tau_stream_close(stream);
    if (status == TAU_STATUS_OK && found == FORMAT_HDF5) return read_hdf5(array, path, name);
    if (status == TAU_STATUS_OK && found == FORMAT_NPZ) return read_npz(array, path, name);
    return status;
}

/* Whether a file is text with columns: then its labels may be one of them. */
static tau_status is_table(bool *out, const char *path) {
    uint8_t magic[4] = {0};
    size_t count;
    tau_stream *stream;
    *out = false;
    TAU_TRY(tau_stream_open(&stream, path));
    tau_status status = tau_stream_read_some(stream, magic, 4, &count);
    tau_stream_close(stream);
    *out = tell_format(magic, count) == FORMAT_TABLE;
    return status;
}

/* MNIST's files come in pairs: train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz. NULL where there is
 * none. */
static tau_status find_partner(char **out, const char *images) {
    const char *at = strstr(images, "images-idx3");
    *out = NULL;
    if (!at) return TAU_STATUS_OK;
    TAU_TRY(
        tau_string_format(out, "%.*slabels-idx1%s", (int)(at - images), images, at + strlen("images-idx3")));
    if (tau_file_exists(*out)) return TAU_STATUS_OK;
    tau_mem_free(*out);
    *out = NULL;
    return TAU_STATUS_OK;
}

/* What people call a file, or an array of one: without its folder. */
static tau_status name_source(char **out, const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    return tau_string_format(out, "%s%s%s", slash ? slash + 1 : path, name ? ":" : "", name ? name : "");
}

static tau_status read_labels(tau_part *out, const char *data, const char *labels) {
    char *partner = NULL, *path = NULL;
    const char *name = NULL;
    if (!labels) TAU_TRY(find_partner(&partner, data));
    const char *spec = labels ? labels : partner;
    tau_status status;
    if (!spec)
        status = tau_fail(TAU_STATUS_USAGE,
                          "%s has no labels" TAU_WHY "they lie in a file or data set of their own" TAU_FIX
                          "name them with --labels (--test-labels)",
                          data);
    else
        status = split_name(&path, &name, spec);
    if (status == TAU_STATUS_OK) status = name_source(&out->label_source, path, name);
    if (status == TAU_STATUS_OK) status = read_any(out, path, name, READING_LABELS, NULL);
    tau_mem_free(path);
    tau_mem_free(partner);
    return status;
}

/* Whether labels name a file rather than a column. */
static tau_status names_file(bool *out, const char *labels) {
    char *path;
    const char *name;
    *out = false;
    if (!labels) return TAU_STATUS_OK;
    TAU_TRY(split_name(&path, &name, labels));
    *out = tau_file_exists(path);
    tau_mem_free(path);
    return TAU_STATUS_OK;
}

static tau_status read_part(tau_part *out, const char *path, const char *name, const char *data,
                            const char *labels) {
    bool table, labels_apart;
    TAU_TRY(name_source(&out->source, path, name));
    TAU_TRY(is_table(&table, path));
    TAU_TRY(names_file(&labels_apart, labels));
    if (table && !labels_apart) return read_any(out, path, name, READING_BOTH, labels);
    TAU_TRY(read_any(out, path, name, READING_INPUTS, NULL));
    return read_labels(out, data, labels);
}

tau_status tau_part_read(tau_part *out, const char *data, const char *labels) {
    char *path = NULL;
    const char *name;
    *out = (tau_part){0};
    tau_status status = split_name(&path, &name, data);
    if (status == TAU_STATUS_OK) status = read_part(out, path, name, data, labels);
    tau_mem_free(path);
    if (status != TAU_STATUS_OK) tau_part_clear(out);
    return status;
}
