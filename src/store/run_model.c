/* The network of a run: its graph as ONNX without weights, and the table of where each tensor lies in theta.
 * The table outranks the order of the graph. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "store/run_internal.h"

enum { NAME_SIZE = 256, PARAMETERS_MOST = 1 << 20 };

/* A row of model/parameters. Tensors of batch-norm statistics lie in the buffers. */
typedef struct parameter_row {
    char name[NAME_SIZE];
    char layer[NAME_SIZE];
    char role[16];
    int64_t shape[TAU_SHAPE_MAX_RANK]; /* zeros after the last axis */
    int64_t offset;
} parameter_row;

#define TEXT_FIELD(member)                                                                                   \
    {                                                                                                        \
        .name = #member, .type = TAU_H5_TYPE_TEXT, .offset = offsetof(parameter_row, member),                \
        .size = sizeof((parameter_row *)0)->member                                                           \
    }
static const tau_h5_field row_fields[] = {
    TEXT_FIELD(name),
    TEXT_FIELD(layer),
    TEXT_FIELD(role),
    {.name = "shape",
     .type = TAU_H5_TYPE_I64,
     .offset = offsetof(parameter_row, shape),
     .count = TAU_SHAPE_MAX_RANK},
    {.name = "offset", .type = TAU_H5_TYPE_I64, .offset = offsetof(parameter_row, offset)},
};
static const tau_h5_record ROW = {row_fields, sizeof row_fields / sizeof *row_fields, sizeof(parameter_row)};

static tau_status copy_name(char out[NAME_SIZE], const char *name) {
    const char *text = name ? name : "";
    if (strlen(text) >= NAME_SIZE)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "cannot record the tensor '%.60s…'" TAU_WHY "its name has more than %d bytes" TAU_FIX
                        "give it a shorter name",
                        text, NAME_SIZE - 1);
    memcpy(out, text, strlen(text) + 1);
    return TAU_STATUS_OK;
}

static tau_status fill_row(parameter_row *row, const tau_parameter *parameter) {
    TAU_TRY(copy_name(row->name, parameter->name));
    TAU_TRY(copy_name(row->layer, parameter->layer));
    snprintf(row->role, sizeof row->role, "%s", tau_role_name(parameter->role));
    for (int i = 0; i < parameter->shape.rank; i++) row->shape[i] = parameter->shape.dim[i];
    row->offset = (int64_t)parameter->offset;
    return TAU_STATUS_OK;
}

static tau_status write_table(tau_h5 *file, const char *group, const tau_graph *graph) {
    char path[TAU_STORE_PATH];
    parameter_row *rows;
    const size_t parameters = (size_t)graph->parameter_count, buffers = (size_t)graph->buffer_count;
    TAU_TRY(TAU_ALLOC(rows, parameters + buffers));
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; i < parameters && status == TAU_STATUS_OK; i++)
        status = fill_row(&rows[i], &graph->parameters[i]);
    for (size_t i = 0; i < buffers && status == TAU_STATUS_OK; i++)
        status = fill_row(&rows[parameters + i], &graph->buffers[i]);
    tau_store_path(path, group, "model/parameters");
    if (status == TAU_STATUS_OK) status = tau_h5_create_table(file, path, &ROW);
    if (status == TAU_STATUS_OK) status = tau_h5_append_records(file, path, &ROW, parameters + buffers, rows);
    tau_mem_free(rows);
    return status;
}

tau_status tau_run_write_model(tau_h5 *file, const char *group, const tau_model *model) {
    char path[TAU_STORE_PATH];
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_model_format_onnx(model->graph, model->theta, model->buffers, false, &bytes, &size));
    const int64_t extent = (int64_t)size;
    tau_status status =
        tau_h5_write(file, tau_store_path(path, group, "model/onnx"), TAU_H5_TYPE_U8, 1, &extent, bytes);
    tau_mem_free(bytes);
    if (status != TAU_STATUS_OK) return status;
    return write_table(file, group, model->graph);
}

/* ---- reading ---- */

static tau_status damaged(const tau_h5 *file, const char *group, const char *name, const char *why) {
    return tau_fail(TAU_STATUS_INPUT, "cannot read the model of '%s' in %s" TAU_WHY "tensor '%s' %s", group,
                    tau_h5_path(file), name, why);
}

static tau_status read_rows(parameter_row **out, size_t *count, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    *out = NULL;
    TAU_TRY(tau_h5_count_rows(count, file, tau_store_path(path, group, "model/parameters")));
    if (*count > PARAMETERS_MOST)
        return tau_fail(TAU_STATUS_INPUT, "cannot read %s of %s" TAU_WHY "it claims %zu tensors", path,
                        tau_h5_path(file), *count);
    TAU_TRY(TAU_ALLOC(*out, *count));
    return tau_h5_read_records(file, path, &ROW, 0, *count, *out);
}

static bool is_buffer(const parameter_row *row) {
    return !strcmp(row->role, tau_role_name(TAU_ROLE_BN_MEAN)) ||
           !strcmp(row->role, tau_role_name(TAU_ROLE_BN_VAR));
}

/* Parameters before buffers, each in the order of their offsets. */
static int by_place(const void *a, const void *b) {
    const parameter_row *x = a, *y = b;
    if (is_buffer(x) != is_buffer(y)) return is_buffer(x) - is_buffer(y);
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static const tau_parameter *find_parameter(const tau_graph *graph, const parameter_row *row) {
    const tau_parameter *table = is_buffer(row) ? graph->buffers : graph->parameters;
    const int count = is_buffer(row) ? graph->buffer_count : graph->parameter_count;
    for (int i = 0; i < count; i++)
        if (strcmp(table[i].name, row->name) == 0) return &table[i];
    return NULL;
}

/* After the reordering the table must say what the graph says: the same shapes at the same offsets. */
static tau_status check_rows(const tau_graph *graph, const parameter_row *rows, size_t count,
                             const tau_h5 *file, const char *group) {
    for (size_t i = 0; i < count; i++) {
        const tau_parameter *parameter = find_parameter(graph, &rows[i]);
        if (!parameter) return damaged(file, group, rows[i].name, "is unknown to its graph");
        if (rows[i].offset != (int64_t)parameter->offset)
            return damaged(file, group, rows[i].name, "does not lie where the one before it ends");
        for (int axis = 0; axis < TAU_SHAPE_MAX_RANK; axis++)
            if (rows[i].shape[axis] != (axis < parameter->shape.rank ? parameter->shape.dim[axis] : 0))
                return damaged(file, group, rows[i].name, "has another shape in the graph");
    }
    return TAU_STATUS_OK;
}

/* Gives theta the order of the table. */
static tau_status follow_table(tau_graph *graph, tau_h5 *file, const char *group) {
    parameter_row *rows;
    const char **names = NULL;
    size_t count = 0;
    tau_status status = read_rows(&rows, &count, file, group);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(names, count);
    if (status == TAU_STATUS_OK) {
        qsort(rows, count, sizeof *rows, by_place);
        for (size_t i = 0; i < count; i++) names[i] = rows[i].name;
        status = tau_graph_reorder(graph, names, (int)count);
    }
    if (status == TAU_STATUS_OK) status = check_rows(graph, rows, count, file, group);
    tau_mem_free(names);
    tau_mem_free(rows);
    return status;
}

tau_status tau_run_read_graph(tau_graph **out, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    tau_h5_extent extent;
    uint8_t *bytes = NULL;
    tau_model *model = NULL;
    *out = NULL;
    TAU_TRY(tau_h5_inspect(&extent, file, tau_store_path(path, group, "model/onnx")));
    TAU_TRY(TAU_ALLOC(bytes, extent.count));
    tau_status status = tau_h5_read(file, path, TAU_H5_TYPE_U8, bytes, extent.count);
    if (status == TAU_STATUS_OK)
        status = tau_model_parse_onnx(&model, bytes, extent.count, NULL, tau_h5_path(file));
    tau_mem_free(bytes);
    if (status == TAU_STATUS_OK) status = follow_table(model->graph, file, group);
    if (status == TAU_STATUS_OK) {
        *out = model->graph;
        model->graph = NULL;
    }
    tau_model_destroy(model);
    return status;
}

tau_status tau_run_compare_graphs(const tau_graph *ours, const tau_graph *theirs,
                                  const tau_recipe_words *words) {
    char our_digest[TAU_HASH_TEXT], their_digest[TAU_HASH_TEXT];
    tau_graph_digest(ours, our_digest);
    tau_graph_digest(theirs, their_digest);
    if (strcmp(our_digest, their_digest) != 0)
        return tau_recipe_differ(words, "model", our_digest, their_digest);
    for (int i = 0; i < ours->parameter_count; i++)
        if (strcmp(ours->parameters[i].name, theirs->parameters[i].name) != 0)
            return tau_recipe_differ(words, "parameter", ours->parameters[i].name,
                                     theirs->parameters[i].name);
    for (int i = 0; i < ours->buffer_count; i++)
        if (strcmp(ours->buffers[i].name, theirs->buffers[i].name) != 0)
            return tau_recipe_differ(words, "buffer", ours->buffers[i].name, theirs->buffers[i].name);
    return TAU_STATUS_OK;
}
