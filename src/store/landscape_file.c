/* Landscapes as HDF5 files, written whole. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/groups.h"
#include "store/landscape_internal.h"

static tau_status write_values(tau_h5 *file, const tau_landscape *landscape) {
    char path[TAU_STORE_PATH];
    const char *name = landscape->name;
    const int64_t nx = (int64_t)landscape->columns, ny = (int64_t)landscape->rows, grid[] = {ny, nx};
    const struct {
        const char *name;
        tau_h5_type type;
        const void *data;
    } values[] = {{"loss", TAU_H5_TYPE_F64, landscape->loss},
                  {"loss_se", TAU_H5_TYPE_F64, landscape->loss_se},
                  {"accuracy", TAU_H5_TYPE_F64, landscape->accuracy},
                  {"regularisation", TAU_H5_TYPE_F64, landscape->regularisation},
                  {"done", TAU_H5_TYPE_U8, landscape->done},
                  {"precision", TAU_H5_TYPE_U8, landscape->precision}};
    TAU_TRY(
        tau_h5_write(file, tau_store_path(path, name, "alpha"), TAU_H5_TYPE_F64, 1, &nx, landscape->alpha));
    TAU_TRY(tau_h5_write(file, tau_store_path(path, name, "beta"), TAU_H5_TYPE_F64, 1, &ny, landscape->beta));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        TAU_TRY(tau_h5_write(file, tau_store_path(path, name, values[i].name), values[i].type, 2, grid,
                             values[i].data));
    for (int i = 0; i < landscape->metric_count; i++)
        TAU_TRY(tau_h5_write(file, tau_store_path(path, name, landscape->metrics[i].name), TAU_H5_TYPE_F64, 2,
                             grid, landscape->metrics[i].values));
    return TAU_STATUS_OK;
}

static tau_status write_directions(tau_h5 *file, const tau_landscape *landscape) {
    char path[TAU_STORE_PATH];
    const int64_t size = (int64_t)landscape->theta_size;
    if (landscape->delta)
        TAU_TRY(tau_h5_write(file, tau_store_path(path, landscape->name, "directions/delta"), TAU_H5_TYPE_F32,
                             1, &size, landscape->delta));
    if (landscape->eta)
        TAU_TRY(tau_h5_write(file, tau_store_path(path, landscape->name, "directions/eta"), TAU_H5_TYPE_F32,
                             1, &size, landscape->eta));
    return TAU_STATUS_OK;
}

static tau_status write_projection(tau_h5 *file, const char *name,
                                   const tau_landscape_projection *projection) {
    char group[TAU_STORE_PATH], path[TAU_STORE_PATH + 32];
    const int64_t pairs[] = {(int64_t)projection->count, 2};
    const struct {
        const char *name;
        tau_h5_type type;
        int rank;
        const void *data;
    } parts[] = {{"coords", TAU_H5_TYPE_F64, 2, projection->coords},
                 {"residual", TAU_H5_TYPE_F64, 1, projection->residual},
                 {"distance", TAU_H5_TYPE_F64, 1, projection->distance},
                 {"loss_true", TAU_H5_TYPE_F64, 1, projection->loss_true},
                 {"loss_in_plane", TAU_H5_TYPE_F64, 1, projection->loss_in_plane},
                 {"step", TAU_H5_TYPE_I64, 1, projection->step}};
    TAU_TRY(tau_store_check_name(projection->group));
    snprintf(group, sizeof group, "/%s/projection/%s", name, projection->group);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s/%s", group, parts[i].name);
        TAU_TRY(tau_h5_write(file, path, parts[i].type, parts[i].rank, pairs, parts[i].data));
    }
    return tau_h5_set_f64(file, group, "explained_variance", projection->explained);
}

static tau_status write_contents(void *payload, tau_h5 *file) {
    const tau_landscape *landscape = payload;
    char group[TAU_STORE_PATH];
    TAU_TRY(tau_store_set_format(file));
    TAU_TRY(tau_h5_make_group(file, tau_store_path(group, landscape->name, NULL)));
    TAU_TRY(tau_h5_set_text(file, group, "kind", landscape->line ? "line" : "plane"));
    TAU_TRY(tau_h5_set_text(file, group, "transform", landscape->transform));
    TAU_TRY(tau_h5_set_text(file, group, "recipe", landscape->recipe));
    TAU_TRY(tau_h5_set_f64(file, group, "explained_delta", landscape->explained[0]));
    TAU_TRY(tau_h5_set_f64(file, group, "explained_eta", landscape->explained[1]));
    TAU_TRY(write_values(file, landscape));
    TAU_TRY(write_directions(file, landscape));
    for (int i = 0; i < landscape->projection_count; i++)
        TAU_TRY(write_projection(file, landscape->name, &landscape->projections[i]));
    return TAU_STATUS_OK;
}

tau_status tau_landscape_write_file(const tau_landscape *landscape, const char *path) {
    TAU_TRY(tau_store_check_name(landscape->name));
    return tau_h5_replace(path, false, write_contents, (void *)landscape);
}

bool tau_landscape_is_run_file(const char *path) {
    tau_h5 *file;
    char **runs = NULL;
    if (tau_h5_open_follow(&file, path) != TAU_STATUS_OK) return false;
    bool found = tau_store_list_groups(&runs, file, &TAU_STORE_RUNS) == TAU_STATUS_OK && runs[0];
    tau_store_free_names(runs);
    tau_h5_discard(file);
    return found;
}

tau_status tau_landscape_list(char ***names, const char *path) {
    tau_h5 *file;
    *names = NULL;
    TAU_TRY(tau_h5_open_read(&file, path));
    tau_status status = tau_store_check_format(file);
    if (status == TAU_STATUS_OK) status = tau_store_list_groups(names, file, &TAU_STORE_LANDSCAPES);
    tau_h5_discard(file);
    return status;
}

void tau_landscape_free_names(char **names) {
    tau_store_free_names(names);
}
