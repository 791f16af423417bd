#include "h5/attribute.h"

#include <string.h>

#include "core/memory.h"
#include "h5/internal.h"

/* Writes an attribute of `count` values, or one where count is 0. */
static tau_status set(const tau_h5 *file, const char *path, const char *name, hid_t type, size_t count,
                      const void *value) {
    hid_t object;
    TAU_TRY(tau_h5_open_object(&object, file, path));
    hsize_t extent = count;
    hid_t space = count ? H5Screate_simple(1, &extent, NULL) : H5Screate(H5S_SCALAR);
    if (H5Aexists(object, name) > 0) H5Adelete(object, name);
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    tau_status status = TAU_STATUS_OK;
    if (attribute < 0 || H5Awrite(attribute, type, value) < 0)
        status = tau_h5_fail(TAU_STATUS_IO, file, "set an attribute of", path);
    tau_h5_release(attribute);
    tau_h5_release(space);
    tau_h5_release(object);
    return status;
}

tau_status tau_h5_set_i64(tau_h5 *file, const char *path, const char *name, int64_t value) {
    TAU_H5_LOCKED;
    return set(file, path, name, H5T_NATIVE_INT64, 0, &value);
}

tau_status tau_h5_set_f64(tau_h5 *file, const char *path, const char *name, double value) {
    TAU_H5_LOCKED;
    return set(file, path, name, H5T_NATIVE_DOUBLE, 0, &value);
}

tau_status tau_h5_set_text(tau_h5 *file, const char *path, const char *name, const char *text) {
    TAU_H5_LOCKED;
    hid_t type = tau_h5_text_type(strlen(text));
    tau_status status = set(file, path, name, type, 0, text);
    tau_h5_release(type);
    return status;
}

tau_status tau_h5_set_texts(tau_h5 *file, const char *path, const char *name, const char *const *texts,
                            size_t count) {
    TAU_H5_LOCKED;
    size_t width = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(texts[i]) > width) width = strlen(texts[i]);
    char *rows;
    TAU_TRY(tau_mem_alloc((void **)&rows, count, width));
    for (size_t i = 0; i < count; i++) memcpy(rows + i * width, texts[i], strlen(texts[i]));
    hid_t type = tau_h5_text_type(width);
    tau_status status = TAU_STATUS_OK;
    if (count)
        status = set(file, path, name, type, count, rows);
    else
        status = tau_fail(TAU_STATUS_USAGE,
                          "cannot set an attribute of %s to no texts" TAU_WHY "the list is empty", path);
    tau_h5_release(type);
    tau_mem_free(rows);
    return status;
}

bool tau_h5_has_attribute(tau_h5 *file, const char *path, const char *name) {
    TAU_H5_LOCKED;
    hid_t object;
    if (tau_h5_open_object(&object, file, path) != TAU_STATUS_OK) return false;
    bool has = H5Aexists(object, name) > 0;
    tau_h5_release(object);
    return has;
}

static tau_status open_attribute(hid_t *out, const tau_h5 *file, const char *path, const char *name) {
    hid_t object;
    *out = -1;
    TAU_TRY(tau_h5_open_object(&object, file, path));
    tau_status status = TAU_STATUS_OK;
    if (H5Aexists(object, name) <= 0)
        status = tau_fail(TAU_STATUS_MISSING,
                          "%s of %s has no attribute '%s'" TAU_WHY "there is none of this name", path,
                          file->path, name);
    else if ((*out = H5Aopen(object, name, H5P_DEFAULT)) < 0)
        status = tau_h5_fail(TAU_STATUS_INPUT, file, "open an attribute of", path);
    tau_h5_release(object);
    return status;
}

/* The first number of an attribute as this type of 8 bytes. */
static tau_status get_number(void *out, const tau_h5 *file, const char *path, const char *name, hid_t type) {
    enum { MOST = 1 << 20 };
    hid_t attribute;
    TAU_TRY(open_attribute(&attribute, file, path, name));
    hid_t space = H5Aget_space(attribute), stored = H5Aget_type(attribute);
    hssize_t points = H5Sget_simple_extent_npoints(space);
    H5T_class_t class = H5Tget_class(stored);
    uint64_t *values = NULL;
    tau_status status = TAU_STATUS_OK;
    if ((class != H5T_INTEGER && class != H5T_FLOAT) || points < 1 || points > MOST)
        status = tau_fail(TAU_STATUS_INPUT,
                          "attribute '%s' of %s in %s is no number" TAU_WHY "it is of another type or empty",
                          name, path, file->path);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(values, (size_t)points);
    if (status == TAU_STATUS_OK && H5Aread(attribute, type, values) < 0)
        status = tau_h5_fail(TAU_STATUS_INPUT, file, "read an attribute of", path);
    if (status == TAU_STATUS_OK) memcpy(out, values, sizeof *values);
    tau_mem_free(values);
    tau_h5_release(stored);
    tau_h5_release(space);
    tau_h5_release(attribute);
    return status;
}

tau_status tau_h5_get_i64(int64_t *out, tau_h5 *file, const char *path, const char *name) {
    TAU_H5_LOCKED;
    *out = 0;
    return get_number(out, file, path, name, H5T_NATIVE_INT64);
}

tau_status tau_h5_get_f64(double *out, tau_h5 *file, const char *path, const char *name) {
    TAU_H5_LOCKED;
    *out = 0;
    return get_number(out, file, path, name, H5T_NATIVE_DOUBLE);
}

tau_status tau_h5_get_texts(char ***out, size_t *count, tau_h5 *file, const char *path, const char *name) {
    TAU_H5_LOCKED;
    hid_t attribute;
    *out = NULL;
    *count = 0;
    TAU_TRY(open_attribute(&attribute, file, path, name));
    tau_status status = tau_h5_texts_of(out, count, file, attribute, name);
    tau_h5_release(attribute);
    return status;
}

tau_status tau_h5_get_text(char **out, tau_h5 *file, const char *path, const char *name) {
    char **texts;
    size_t count;
    *out = NULL;
    TAU_TRY(tau_h5_get_texts(&texts, &count, file, path, name));
    tau_status status = tau_string_copy(out, count ? texts[0] : "");
    tau_mem_free(texts);
    return status;
}
