/* Text in attributes and data sets, of fixed and of variable length. */
#include <string.h>

#include "core/memory.h"
#include "h5/internal.h"

enum { TEXT_LIMIT = 64 << 20 }; /* bytes */

static herr_t read_any(hid_t id, hid_t type, void *out) {
    if (H5Iget_type(id) == H5I_ATTR) return H5Aread(id, type, out);
    return H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

/* One block: the pointers, then the strings. `text(i)` is at[i], `length(i)` bytes of it. */
static tau_status pack(char ***out, size_t count, const char *const *at, const size_t *length) {
    size_t bytes = count * sizeof(char *);
    for (size_t i = 0; i < count; i++) bytes += length[i] + 1;
    void *block;
    TAU_TRY(tau_mem_alloc(&block, bytes + 1, 1));
    char **texts = block, *next = (char *)(texts + count);
    for (size_t i = 0; i < count; i++) {
        texts[i] = next;
        memcpy(next, at[i], length[i]);
        next += length[i] + 1;
    }
    *out = texts;
    return TAU_STATUS_OK;
}

static size_t fixed_length(const char *text, size_t size, H5T_str_t padding) {
    size_t length = strnlen(text, size);
    while (padding == H5T_STR_SPACEPAD && length && text[length - 1] == ' ') length--;
    return length;
}

/* Reads `count` strings of the type into `raw`, and notes where each lies. */
static herr_t locate(const char **at, size_t *length, hid_t id, hid_t type, size_t count, char *raw) {
    size_t size = H5Tget_size(type);
    bool variable = H5Tis_variable_str(type) > 0;
    if (read_any(id, type, raw) < 0) return -1;
    for (size_t i = 0; i < count; i++) {
        at[i] = variable ? ((char **)raw)[i] : raw + i * size;
        if (!at[i]) at[i] = "";
        length[i] = variable ? strlen(at[i]) : fixed_length(at[i], size, H5Tget_strpad(type));
    }
    return 0;
}

static tau_status read_texts(char ***out, size_t count, const tau_h5 *file, hid_t id, hid_t type, hid_t space,
                             const char *place) {
    char *raw = NULL;
    const char **at = NULL;
    size_t *length = NULL, size = H5Tget_size(type);
    if (size == 0 || count > TEXT_LIMIT / size)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read the text of %s of %s" TAU_WHY "it claims more than 64 MiB", place,
                        file->path);
    tau_status status = tau_mem_alloc((void **)&raw, count, size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(at, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(length, count);
    if (status == TAU_STATUS_OK && count) {
        if (locate(at, length, id, type, count, raw) < 0)
            status = tau_h5_fail(TAU_STATUS_INPUT, file, "read the text of", place);
    }
    if (status == TAU_STATUS_OK) status = pack(out, count, at, length);
    if (raw && H5Tis_variable_str(type) > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    tau_mem_free(length);
    tau_mem_free(at);
    tau_mem_free(raw);
    return status;
}

tau_status tau_h5_texts_of(char ***out, size_t *count, const tau_h5 *file, hid_t id, const char *place) {
    bool attribute = H5Iget_type(id) == H5I_ATTR;
    hid_t type = attribute ? H5Aget_type(id) : H5Dget_type(id);
    hid_t space = attribute ? H5Aget_space(id) : H5Dget_space(id);
    hssize_t points = H5Sget_simple_extent_npoints(space);
    tau_status status;
    *out = NULL;
    *count = 0;
    if (H5Tget_class(type) != H5T_STRING || points < 0)
        status = tau_fail(TAU_STATUS_INPUT, "%s of %s is not text" TAU_WHY "it is of another type", place,
                          file->path);
    else
        status = read_texts(out, (size_t)points, file, id, type, space, place);
    if (status == TAU_STATUS_OK) *count = (size_t)points;
    tau_h5_release(space);
    tau_h5_release(type);
    return status;
}

tau_status tau_h5_read_texts(char ***out, size_t *count, tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t dataset;
    *out = NULL;
    *count = 0;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = tau_h5_texts_of(out, count, file, dataset, path);
    tau_h5_release(dataset);
    return status;
}

tau_status tau_h5_create_texts(tau_h5 *file, const char *path, size_t width) {
    TAU_H5_LOCKED;
    hid_t type = tau_h5_text_type(width);
    tau_status status = tau_h5_create_growing(file, path, type, 0, NULL);
    tau_h5_release(type);
    return status;
}

tau_status tau_h5_append_text(tau_h5 *file, const char *path, const char *text) {
    TAU_H5_LOCKED;
    hid_t dataset;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    hid_t stored = H5Dget_type(dataset);
    size_t width =
        H5Tget_class(stored) == H5T_STRING && H5Tis_variable_str(stored) <= 0 ? H5Tget_size(stored) : 0;
    tau_h5_release(dataset);
    tau_status status;
    char *padded = NULL;
    if (strlen(text) > width)
        status = tau_fail(TAU_STATUS_USAGE,
                          "'%.60s' is too long for %s of %s" TAU_WHY "it takes %zu bytes of text", text, path,
                          file->path, width);
    else
        status = TAU_ALLOC(padded, width);
    if (status == TAU_STATUS_OK) {
        memcpy(padded, text, strlen(text));
        status = tau_h5_transfer_rows(file, path, stored, TAU_H5_TRANSFER_APPEND, 0, 1, padded);
    }
    tau_mem_free(padded);
    tau_h5_release(stored);
    return status;
}
