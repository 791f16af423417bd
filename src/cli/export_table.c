/* Landscapes as tables, networks as files of others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/files.h"
#include "cli/subject.h"
#include "core/file.h"
#include "core/memory.h"
#include "store/deepreplay.h"
#include "store/landscape.h"

const char *tau_export_get_extension(const char *path) {
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    return dot && (!slash || dot > slash) ? dot + 1 : "";
}

/* A table is written through stdio into a temporary file beside the output. */
typedef tau_status (*table_writer)(FILE *file, const tau_landscape *landscape, const double *metric);

static tau_status write_csv(FILE *file, const tau_landscape *l, const double *metric) {
    (void)metric;
    static const char *const precisions[] = {"", "exact", "fine", "fast"};
    fputs("alpha,beta,loss,loss_se,accuracy,regularisation,precision", file);
    for (int m = 0; m < l->metric_count; m++) fprintf(file, ",%s", l->metrics[m].name);
    fputc('\n', file);
    for (size_t row = 0; row < l->rows; row++) {
        for (size_t column = 0; column < l->columns; column++) {
            size_t i = row * l->columns + column;
            if (!l->done[i]) continue;
            fprintf(file, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%s", l->alpha[column], l->beta[row],
                    l->loss[i], l->loss_se[i], l->accuracy[i], l->regularisation[i],
                    precisions[l->precision[i] & 3]);
            for (int m = 0; m < l->metric_count; m++) fprintf(file, ",%.17g", l->metrics[m].values[i]);
            fputc('\n', file);
        }
    }
    return TAU_STATUS_OK;
}

/* NPY 1.0: [ny, nx] float64, row = beta; a line is [nx]. */
static tau_status write_npy(FILE *file, const tau_landscape *l, const double *metric) {
    char shape[64], header[192];
    if (l->line)
        snprintf(shape, sizeof shape, "(%zu,)", l->columns);
    else
        snprintf(shape, sizeof shape, "(%zu, %zu)", l->rows, l->columns);
    int length =
        snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    int padded = (10 + length + 1 + 63) / 64 * 64 - 10;
    fwrite("\x93NUMPY\x01\x00", 1, 8, file);
    fputc(padded & 0xff, file);
    fputc(padded >> 8, file);
    fprintf(file, "%-*s\n", padded - 1, header);
    fwrite(metric, sizeof *metric, l->rows * l->columns, file);
    return TAU_STATUS_OK;
}

static json_t *json_axis(const double *values, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(array, tau_cli_json_real(values[i]));
    return array;
}

static json_t *json_values(const tau_landscape *l, const double *values) {
    json_t *rows = json_array();
    for (size_t row = 0; row < l->rows; row++)
        json_array_append_new(rows, json_axis(values + row * l->columns, l->columns));
    return rows;
}

static json_t *json_projection(const tau_landscape_projection *p) {
    json_t *coords = json_array(), *steps = json_array();
    for (size_t t = 0; t < p->count; t++) {
        json_array_append_new(coords, json_axis(p->coords + 2 * t, 2));
        json_array_append_new(steps, json_integer(p->step[t]));
    }
    return json_pack("{so so so so so so so}", "group", tau_cli_json_text(p->group), "step", steps, "coords",
                     coords, "residual", json_axis(p->residual, p->count), "loss_true",
                     json_axis(p->loss_true, p->count), "loss_in_plane",
                     json_axis(p->loss_in_plane, p->count), "explained", tau_cli_json_real(p->explained));
}

static tau_status write_json(FILE *file, const tau_landscape *l, const double *metric) {
    (void)metric;
    json_t *recipe = json_loads(l->recipe, 0, NULL), *paths = json_array(), *metrics = json_object();
    for (int m = 0; m < l->metric_count; m++)
        json_object_set_new(metrics, l->metrics[m].name, json_values(l, l->metrics[m].values));
    for (int p = 0; p < l->projection_count; p++)
        json_array_append_new(paths, json_projection(&l->projections[p]));
    json_t *object =
        json_pack("{so ss sb so so so so so so so so}", "name", tau_cli_json_text(l->name), "transform",
                  l->transform, "line", l->line, "alpha", json_axis(l->alpha, l->columns), "beta",
                  json_axis(l->beta, l->rows), "loss", json_values(l, l->loss), "loss_se",
                  json_values(l, l->loss_se), "accuracy", json_values(l, l->accuracy), "metrics", metrics,
                  "projections", paths, "recipe", recipe ? recipe : json_null());
    if (!object)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot write the landscape as JSON" TAU_WHY "a name in it is not UTF-8");
    json_dumpf(object, file, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    fputc('\n', file);
    json_decref(object);
    return TAU_STATUS_OK;
}

static tau_status write_table(const char *out, table_writer write, const tau_landscape *landscape,
                              const double *metric) {
    tau_file_replacement replacement;
    TAU_TRY(tau_file_replace_begin(&replacement, out));
    FILE *file = fopen(replacement.temporary, "wb");
    tau_status status = file ? write(file, landscape, metric) : TAU_STATUS_OK;
    bool written = file && !ferror(file);
    if (file && fclose(file) != 0) written = false;
    if (status == TAU_STATUS_OK && !written)
        status = tau_fail(TAU_STATUS_IO,
                          "cannot write %s" TAU_WHY "the disk may be full" TAU_FIX
                          "free some space, or write elsewhere",
                          out);
    if (status == TAU_STATUS_OK) return tau_file_replace_commit(&replacement);
    tau_file_replace_abort(&replacement);
    return status;
}

tau_status tau_export_table(tau_cli *cli, const char *out) {
    const tau_cli_arguments *a = &cli->arguments;
    if (a->positional_count != 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "a table holds one landscape" TAU_FIX "export the files one by one");
    tau_landscape *landscape;
    TAU_TRY(tau_cli_read_landscape(&landscape, a->positional[0], tau_cli_get(a, "group")));
    const char *extension = tau_export_get_extension(out);
    table_writer write = strcmp(extension, "csv") == 0   ? write_csv
                         : strcmp(extension, "npy") == 0 ? write_npy
                                                         : write_json;
    tau_export_quantity quantity;
    tau_status status = tau_export_choose_quantity(&quantity, cli, landscape, a->positional[0]);
    if (status == TAU_STATUS_OK && !cli->dry_run)
        status = write_table(out, write, landscape, quantity.values);
    tau_landscape_destroy(landscape);
    return status;
}

tau_status tau_export_deepreplay(tau_cli *cli, const char *out) {
    const tau_cli_arguments *a = &cli->arguments;
    tau_run *run;
    if (a->positional_count != 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "one training is written at a time" TAU_FIX "export the files one by one");
    TAU_TRY(tau_run_open(&run, a->positional[0], tau_cli_get(a, "group")));
    tau_status status = cli->dry_run ? TAU_STATUS_OK : tau_deepreplay_write(out, run, cli->force);
    tau_run_close(run);
    return status;
}

static tau_status write_network(const tau_subject *subject, const tau_state *state, const char *out) {
    if (strcmp(tau_export_get_extension(out), "safetensors") == 0)
        return tau_model_write_safetensors(subject->graph, state->theta, state->buffers, out);
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_model_format_onnx(subject->graph, state->theta, state->buffers, true, &bytes, &size));
    tau_status status = tau_file_write(out, bytes, size);
    tau_mem_free(bytes);
    return status;
}

tau_status tau_export_network(tau_cli *cli, const char *out) {
    const tau_cli_arguments *a = &cli->arguments;
    if (a->positional_count != 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "one network is written at a time" TAU_FIX "export the files one by one");
    const char *name = tau_cli_get(a, "state");
    tau_subject subject;
    TAU_TRY(tau_subject_open(&subject, a->positional[0], tau_cli_get(a, "group")));
    tau_state state = {0};
    tau_status status = tau_subject_read_state(&subject, name ? name : "last", &state);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = write_network(&subject, &state, out);
    tau_state_clear(&state);
    tau_subject_close(&subject);
    return status;
}
