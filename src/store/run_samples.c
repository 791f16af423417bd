/* The recorded sample of a run: data/inputs and data/targets. */
#include <string.h>

#include "core/memory.h"
#include "h5/attribute.h"
#include "store/run_internal.h"

tau_status tau_run_write_samples(tau_h5 *file, const char *group, const tau_samples *samples) {
    char path[TAU_STORE_PATH];
    const tau_shape *shape = &samples->input_shape;
    int64_t dim[TAU_H5_MAX_RANK] = {(int64_t)samples->count};
    for (int i = 0; i < shape->rank; i++) dim[1 + i] = shape->dim[i];
    TAU_TRY(tau_h5_write(file, tau_store_path(path, group, "data/inputs"), TAU_H5_TYPE_F32, 1 + shape->rank,
                         dim, samples->inputs));
    tau_store_path(path, group, "data/targets");
    dim[1] = (int64_t)samples->target_size;
    if (samples->classes)
        TAU_TRY(tau_h5_write(file, path, TAU_H5_TYPE_I32, 1, dim, samples->classes));
    else
        TAU_TRY(tau_h5_write(file, path, TAU_H5_TYPE_F32, 2, dim, samples->values));
    tau_store_path(path, group, "data");
    if (samples->classes) TAU_TRY(tau_h5_set_i64(file, path, "class_count", samples->class_count));
    TAU_TRY(tau_h5_set_text(file, path, "source", samples->source ? samples->source : ""));
    return tau_h5_set_text(file, path, "normalisation", samples->normalisation ? samples->normalisation : "");
}

static tau_status damaged(const tau_h5 *file, const char *path, const char *why) {
    return tau_fail(TAU_STATUS_INPUT, "cannot read %s of %s" TAU_WHY "%s", path, tau_h5_path(file), why);
}

/* Class numbers; without the attribute there are as many as the greatest says. */
static tau_status read_classes(int32_t **out, int *class_count, tau_h5 *file, const char *group,
                               size_t count) {
    char path[TAU_STORE_PATH], data[TAU_STORE_PATH];
    int64_t classes = 0, greatest = 0;
    TAU_TRY(TAU_ALLOC(*out, count));
    TAU_TRY(tau_h5_read(file, tau_store_path(path, group, "data/targets"), TAU_H5_TYPE_I32, *out, count));
    for (size_t i = 0; i < count; i++) {
        if ((*out)[i] < 0) return damaged(file, path, "a class number is negative");
        if ((*out)[i] > greatest) greatest = (*out)[i];
    }
    tau_store_path(data, group, "data");
    if (tau_h5_has_attribute(file, data, "class_count"))
        TAU_TRY(tau_h5_get_i64(&classes, file, data, "class_count"));
    else
        classes = greatest + 1;
    if (classes <= greatest || classes > INT32_MAX)
        return damaged(file, path, "a class number is not among the classes");
    *class_count = (int)classes;
    return TAU_STATUS_OK;
}

static tau_status read_text(char **out, tau_h5 *file, const char *group, const char *name) {
    char path[TAU_STORE_PATH];
    tau_mem_free(*out);
    *out = NULL;
    if (!tau_h5_has_attribute(file, tau_store_path(path, group, "data"), name))
        return tau_string_copy(out, "");
    return tau_h5_get_text(out, file, path, name);
}

/* Shapes of both data sets, checked against each other. */
typedef struct layout {
    tau_shape input;
    size_t count, target_size;
    bool classes;
} layout;

static tau_status read_layout(layout *out, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    tau_h5_extent inputs, targets;
    TAU_TRY(tau_h5_inspect(&inputs, file, tau_store_path(path, group, "data/inputs")));
    if (inputs.rank < 1 || inputs.count == 0) return damaged(file, path, "there are no samples in it");
    TAU_TRY(tau_shape_make(&out->input, inputs.rank - 1, inputs.dim + 1));
    out->count = (size_t)inputs.dim[0];
    TAU_TRY(tau_h5_inspect(&targets, file, tau_store_path(path, group, "data/targets")));
    if (targets.rank < 1 || targets.dim[0] != inputs.dim[0] || targets.count == 0)
        return damaged(file, path, "there are not as many targets as inputs");
    const bool whole_numbers = targets.type <= TAU_H5_TYPE_I64;
    out->target_size = targets.count / out->count;
    out->classes = whole_numbers && out->target_size == 1;
    return TAU_STATUS_OK;
}

static tau_status read_arrays(tau_samples *samples, tau_h5 *file, const char *group) {
    char path[TAU_STORE_PATH];
    const size_t inputs = samples->count * tau_shape_size(&samples->input_shape);
    TAU_TRY(tau_h5_read(file, tau_store_path(path, group, "data/inputs"), TAU_H5_TYPE_F32, samples->inputs,
                        inputs));
    if (samples->values)
        TAU_TRY(tau_h5_read(file, tau_store_path(path, group, "data/targets"), TAU_H5_TYPE_F32,
                            samples->values, samples->count * samples->target_size));
    TAU_TRY(read_text(&samples->source, file, group, "source"));
    return read_text(&samples->normalisation, file, group, "normalisation");
}

tau_status tau_run_load_samples(tau_samples **out, tau_h5 *file, const char *group) {
    layout shape = {0};
    int32_t *classes = NULL;
    int class_count = 0;
    *out = NULL;
    TAU_TRY(read_layout(&shape, file, group));
    tau_status status = TAU_STATUS_OK;
    if (shape.classes) status = read_classes(&classes, &class_count, file, group, shape.count);
    if (status == TAU_STATUS_OK)
        status = tau_samples_create(out, shape.count, &shape.input, class_count, shape.target_size);
    if (status == TAU_STATUS_OK && classes) memcpy((*out)->classes, classes, shape.count * sizeof *classes);
    if (status == TAU_STATUS_OK) status = read_arrays(*out, file, group);
    tau_mem_free(classes);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_samples_destroy(*out);
    *out = NULL;
    return status;
}
