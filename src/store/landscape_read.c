/* Landscapes from HDF5 files. Nothing in a file is believed: sizes are checked before memory is taken, values
 * before they are used. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/groups.h"
#include "store/landscape_internal.h"

/* A landscape being read. */
typedef struct reading {
    tau_h5 *file;
    const char *name;
    tau_landscape *landscape;
} reading;

static tau_status damaged(const reading *from, const char *path, const char *why) {
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s of %s" TAU_WHY "%s" TAU_FIX
                    "the file is damaged or was changed by another program: compute it again",
                    path, tau_h5_path(from->file), why);
}

/* Checks that a data set has exactly this shape, and that the file can hold that much. */
static tau_status check_shape(const reading *from, const char *path, int rank, const size_t *dim) {
    tau_h5_extent extent;
    char why[128];
    TAU_TRY(tau_h5_inspect(&extent, from->file, path));
    bool fits = extent.rank == rank;
    for (int i = 0; fits && i < rank; i++) fits = (size_t)extent.dim[i] == dim[i];
    if (fits) return TAU_STATUS_OK;
    if (rank == 1)
        snprintf(why, sizeof why, "it must have %zu elements", dim[0]);
    else
        snprintf(why, sizeof why, "it must have %zu x %zu elements", dim[0], dim[1]);
    return damaged(from, path, why);
}

static tau_status read_array(const reading *from, const char *path, tau_h5_type type, int rank,
                             const size_t *dim, void *out) {
    TAU_TRY(check_shape(from, path, rank, dim));
    return tau_h5_read(from->file, path, type, out, rank == 1 ? dim[0] : dim[0] * dim[1]);
}

/* An axis: from 1 to 2^31 finite numbers. @param[out] out  freed with tau_mem_free */
static tau_status read_axis(const reading *from, const char *member, double **out, size_t *count) {
    char path[TAU_STORE_PATH];
    tau_h5_extent extent;
    *out = NULL;
    TAU_TRY(tau_h5_inspect(&extent, from->file, tau_store_path(path, from->name, member)));
    if (extent.rank != 1 || extent.count < 1 || extent.count > INT32_MAX)
        return damaged(from, path, "an axis is a list of 1 to 2^31 - 1 numbers");
    TAU_TRY(TAU_ALLOC(*out, extent.count));
    *count = extent.count;
    TAU_TRY(tau_h5_read(from->file, path, TAU_H5_TYPE_F64, *out, extent.count));
    for (size_t i = 0; i < extent.count; i++)
        if (!isfinite((*out)[i])) return damaged(from, path, "an axis must be finite");
    return TAU_STATUS_OK;
}

static tau_status get_text(const reading *from, const char *name, char **out) {
    char path[TAU_STORE_PATH];
    return tau_h5_get_text(out, from->file, tau_store_path(path, from->name, NULL), name);
}

static tau_status check_metrics(const reading *from, const char *recipe, const size_t shape[2]) {
    char path[TAU_STORE_PATH], names[TAU_LANDSCAPE_METRICS_MAX][TAU_LANDSCAPE_METRIC_NAME];
    int count;
    if (tau_recipe_get_metrics(names, &count, recipe) != TAU_STATUS_OK)
        return tau_error_context("cannot read %s of %s", from->name, tau_h5_path(from->file));
    for (int m = 0; m < count; m++)
        TAU_TRY(check_shape(from, tau_store_path(path, from->name, names[m]), 2, shape));
    return TAU_STATUS_OK;
}

/* Makes the empty landscape: name, kind, transform, recipe, axes. Memory for the points is taken only once
 * the file is known to hold as many. */
static tau_status read_frame(reading *from) {
    static const char *const grids[] = {"loss", "loss_se", "accuracy", "regularisation", "done", "precision"};
    char path[TAU_STORE_PATH], *kind = NULL, *transform = NULL, *recipe = NULL, *identity = NULL;
    tau_grid grid = {0};
    tau_status status = read_axis(from, "alpha", &grid.alpha, &grid.columns);
    if (status == TAU_STATUS_OK) status = read_axis(from, "beta", &grid.beta, &grid.rows);
    const size_t shape[] = {grid.rows, grid.columns};
    for (size_t i = 0; i < sizeof grids / sizeof *grids && status == TAU_STATUS_OK; i++)
        status = check_shape(from, tau_store_path(path, from->name, grids[i]), 2, shape);
    if (status == TAU_STATUS_OK) status = get_text(from, "kind", &kind);
    if (status == TAU_STATUS_OK) status = get_text(from, "transform", &transform);
    if (status == TAU_STATUS_OK) status = get_text(from, "recipe", &recipe);
    if (status == TAU_STATUS_OK) status = tau_recipe_get_identity(&identity, recipe);
    if (status == TAU_STATUS_OK) status = check_metrics(from, recipe, shape);
    if (status == TAU_STATUS_OK && strcmp(kind, "line") != 0 && strcmp(kind, "plane") != 0)
        status = damaged(from, from->name, "its kind is neither line nor plane");
    if (status == TAU_STATUS_OK)
        status = tau_landscape_create(&from->landscape, from->name, transform, !strcmp(kind, "line"), &grid,
                                      recipe);
    tau_mem_free(identity);
    tau_mem_free(recipe);
    tau_mem_free(transform);
    tau_mem_free(kind);
    tau_mem_free(grid.beta);
    tau_mem_free(grid.alpha);
    return status;
}

/* Brings the values into the form that tau_landscape_put gives them, whatever the file says. */
static tau_status check_points(const reading *from) {
    tau_landscape *landscape = from->landscape;
    for (size_t i = 0; i < landscape->columns * landscape->rows; i++) {
        if (landscape->done[i] > TAU_DONE_NOT_FINITE || landscape->precision[i] > TAU_PRECISION_FAST)
            return damaged(from, from->name, "a point has an unknown state or precision");
        if (landscape->done[i] != TAU_DONE_NOT) {
            landscape->done[i] = isfinite(landscape->loss[i]) ? TAU_DONE_FINITE : TAU_DONE_NOT_FINITE;
            continue;
        }
        landscape->loss[i] = landscape->loss_se[i] = NAN;
        landscape->accuracy[i] = landscape->regularisation[i] = NAN;
        for (int m = 0; m < landscape->metric_count; m++) landscape->metrics[m].values[i] = NAN;
        landscape->precision[i] = TAU_PRECISION_NONE;
    }
    return TAU_STATUS_OK;
}

static tau_status read_points(const reading *from) {
    const tau_landscape *landscape = from->landscape;
    const size_t shape[] = {landscape->rows, landscape->columns};
    const struct {
        const char *name;
        tau_h5_type type;
        void *out;
    } grids[] = {{"loss", TAU_H5_TYPE_F64, landscape->loss},
                 {"loss_se", TAU_H5_TYPE_F64, landscape->loss_se},
                 {"accuracy", TAU_H5_TYPE_F64, landscape->accuracy},
                 {"regularisation", TAU_H5_TYPE_F64, landscape->regularisation},
                 {"done", TAU_H5_TYPE_U8, landscape->done},
                 {"precision", TAU_H5_TYPE_U8, landscape->precision}};
    char path[TAU_STORE_PATH];
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++)
        TAU_TRY(read_array(from, tau_store_path(path, from->name, grids[i].name), grids[i].type, 2, shape,
                           grids[i].out));
    for (int m = 0; m < landscape->metric_count; m++)
        TAU_TRY(read_array(from, tau_store_path(path, from->name, landscape->metrics[m].name),
                           TAU_H5_TYPE_F64, 2, shape, landscape->metrics[m].values));
    return check_points(from);
}

/* One direction, if it is there. @param[out] out  NULL = not stored */
static tau_status read_direction(const reading *from, const char *member, float **out) {
    char path[TAU_STORE_PATH];
    size_t *size = &from->landscape->theta_size;
    tau_h5_extent extent;
    if (!tau_h5_exists(from->file, tau_store_path(path, from->name, member))) return TAU_STATUS_OK;
    TAU_TRY(tau_h5_inspect(&extent, from->file, path));
    if (extent.rank != 1 || extent.count == 0 || (*size && *size != extent.count))
        return damaged(from, path, "directions must be lists of one length");
    *size = extent.count;
    return tau_h5_read_floats(out, &extent, from->file, path);
}

static tau_status read_projection_parts(const reading *from, const char *group,
                                        tau_landscape_projection *projection) {
    const size_t pairs[] = {projection->count, 2};
    const struct {
        const char *name;
        tau_h5_type type;
        int rank;
        void *out;
    } parts[] = {{"coords", TAU_H5_TYPE_F64, 2, projection->coords},
                 {"residual", TAU_H5_TYPE_F64, 1, projection->residual},
                 {"distance", TAU_H5_TYPE_F64, 1, projection->distance},
                 {"loss_true", TAU_H5_TYPE_F64, 1, projection->loss_true},
                 {"loss_in_plane", TAU_H5_TYPE_F64, 1, projection->loss_in_plane},
                 {"step", TAU_H5_TYPE_I64, 1, projection->step}};
    char path[TAU_STORE_PATH + 32];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s/%s", group, parts[i].name);
        TAU_TRY(read_array(from, path, parts[i].type, parts[i].rank, pairs, parts[i].out));
    }
    return tau_h5_get_f64(&projection->explained, from->file, group, "explained_variance");
}

static tau_status read_projection(void *payload, const char *name, bool is_group) {
    const reading *from = payload;
    char group[TAU_STORE_PATH], path[TAU_STORE_PATH + 32];
    tau_h5_extent extent;
    tau_landscape_projection projection;
    if (!is_group) return TAU_STATUS_OK;
    TAU_TRY(tau_store_check_name(name));
    snprintf(group, sizeof group, "/%s/projection/%s", from->name, name);
    snprintf(path, sizeof path, "%s/residual", group);
    TAU_TRY(tau_h5_inspect(&extent, from->file, path));
    TAU_TRY(tau_landscape_projection_create(&projection, name, extent.count));
    tau_status status = read_projection_parts(from, group, &projection);
    if (status == TAU_STATUS_OK) status = tau_landscape_set_projection(from->landscape, &projection);
    tau_landscape_projection_clear(&projection);
    return status;
}

static tau_status read_contents(reading *from) {
    char path[TAU_STORE_PATH];
    TAU_TRY(read_frame(from));
    tau_landscape *landscape = from->landscape;
    TAU_TRY(read_points(from));
    tau_store_path(path, from->name, NULL);
    TAU_TRY(tau_h5_get_f64(&landscape->explained[0], from->file, path, "explained_delta"));
    TAU_TRY(tau_h5_get_f64(&landscape->explained[1], from->file, path, "explained_eta"));
    TAU_TRY(read_direction(from, "directions/delta", &landscape->delta));
    TAU_TRY(read_direction(from, "directions/eta", &landscape->eta));
    tau_store_path(path, from->name, "projection");
    if (!tau_h5_exists(from->file, path)) return TAU_STATUS_OK;
    return tau_h5_list(from->file, path, read_projection, from);
}

tau_status tau_landscape_read_file(tau_landscape **out, const char *path, const char *name) {
    char *group = NULL;
    *out = NULL;
    reading from = {0};
    TAU_TRY(tau_h5_open_read(&from.file, path));
    tau_status status = tau_store_check_format(from.file);
    if (status == TAU_STATUS_OK)
        status = tau_store_choose_group(&group, from.file, &TAU_STORE_LANDSCAPES, name);
    from.name = group;
    if (status == TAU_STATUS_OK) status = read_contents(&from);
    tau_h5_discard(from.file);
    tau_mem_free(group);
    if (status != TAU_STATUS_OK) {
        tau_landscape_destroy(from.landscape);
        return status;
    }
    *out = from.landscape;
    return TAU_STATUS_OK;
}
