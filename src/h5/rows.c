/* Data sets that grow along their first axis. */
#include "h5/internal.h"

enum { CHUNK_BYTES = 8 << 10, CHUNK_MOST = 1 << 20 /* elements */ };

/* Chunks of one row, cut along its leading axes into equal parts of at most CHUNK_MOST, so that the last one
 * is not mostly empty, or of as many rows as fill CHUNK_BYTES. */
static void choose_chunk(hsize_t *chunk, int rank, const int64_t *dim, size_t element) {
    hsize_t elements = 1;
    for (int i = rank - 1; i >= 0; i--) {
        hsize_t room = CHUNK_MOST / elements;
        hsize_t along = dim[i] > 0 ? (hsize_t)dim[i] : 1;
        const hsize_t parts = (along + room - 1) / room;
        chunk[1 + i] = (along + parts - 1) / parts;
        elements *= chunk[1 + i];
    }
    const hsize_t row = elements * element;
    chunk[0] = row < CHUNK_BYTES ? CHUNK_BYTES / row : 1;
}

tau_status tau_h5_create_growing(tau_h5 *file, const char *path, hid_t type, int rank, const int64_t *dim) {
    if (rank < 0 || rank >= TAU_H5_MAX_RANK)
        return tau_fail(TAU_STATUS_SHAPE,
                        "cannot make %s in %s" TAU_WHY "a row has %d axes, at most %d are possible", path,
                        file->path, rank, TAU_H5_MAX_RANK - 1);
    hsize_t chunk[TAU_H5_MAX_RANK], now[TAU_H5_MAX_RANK] = {0}, most[TAU_H5_MAX_RANK] = {H5S_UNLIMITED};
    for (int i = 0; i < rank; i++) now[1 + i] = most[1 + i] = (hsize_t)dim[i];
    choose_chunk(chunk, rank, dim, H5Tget_size(type));
    hid_t space = H5Screate_simple(rank + 1, now, most), creation = H5Pcreate(H5P_DATASET_CREATE), dataset;
    H5Pset_chunk(creation, rank + 1, chunk);
    tau_status status = tau_h5_create_dataset(&dataset, file, path, type, space, creation);
    tau_h5_release(dataset);
    tau_h5_release(creation);
    tau_h5_release(space);
    return status;
}

tau_status tau_h5_create_rows(tau_h5 *file, const char *path, tau_h5_type type, int rank,
                              const int64_t *dim) {
    TAU_H5_LOCKED;
    return tau_h5_create_growing(file, path, tau_h5_native(type), rank, dim);
}

/* One transfer between rows of an open data set and memory. */
static tau_status transfer(const tau_h5 *file, hid_t dataset, const char *path, hid_t type, bool read,
                           const hsize_t *start, const hsize_t *count, int rank, void *data) {
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(rank, count, NULL);
    herr_t result = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    if (result >= 0)
        result = read ? H5Dread(dataset, type, memory, space, H5P_DEFAULT, data)
                      : H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, data);
    tau_status status = TAU_STATUS_OK;
    if (result < 0)
        status = tau_h5_fail(read ? TAU_STATUS_INPUT : TAU_STATUS_IO, file, read ? "read" : "write", path);
    tau_h5_release(memory);
    tau_h5_release(space);
    return status;
}

/* Shape of an open data set with rows. */
static tau_status row_shape(int *rank, hsize_t *dim, const tau_h5 *file, hid_t dataset, const char *path) {
    hid_t space = H5Dget_space(dataset);
    *rank = H5Sget_simple_extent_ndims(space);
    if (*rank >= 1 && *rank <= TAU_H5_MAX_RANK) H5Sget_simple_extent_dims(space, dim, NULL);
    tau_h5_release(space);
    if (*rank >= 1 && *rank <= TAU_H5_MAX_RANK) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_SHAPE, "%s of %s has no rows" TAU_WHY "it has %d axes, 1 to %d are possible",
                    path, file->path, *rank, TAU_H5_MAX_RANK);
}

static tau_status append(const tau_h5 *file, hid_t dataset, const char *path, hid_t type, int rank,
                         hsize_t *dim, size_t count, void *data) {
    hsize_t start[TAU_H5_MAX_RANK] = {dim[0]}, size[TAU_H5_MAX_RANK];
    for (int i = 1; i < rank; i++) size[i] = dim[i];
    size[0] = count;
    dim[0] += count;
    if (H5Dset_extent(dataset, dim) < 0) return tau_h5_fail(TAU_STATUS_IO, file, "append to", path);
    tau_status status = transfer(file, dataset, path, type, false, start, size, rank, data);
    if (status != TAU_STATUS_OK) {
        dim[0] -= count; /* no rows that were never written */
        H5Dset_extent(dataset, dim);
    }
    return status;
}

/* Whether values of the file can be read as, or written from, this type: numbers as numbers, text as text. */
static bool same_kind(hid_t dataset, hid_t type) {
    hid_t stored = H5Dget_type(dataset);
    H5T_class_t a = H5Tget_class(stored), b = H5Tget_class(type);
    tau_h5_release(stored);
    bool numbers = (a == H5T_INTEGER || a == H5T_FLOAT) && (b == H5T_INTEGER || b == H5T_FLOAT);
    return numbers || (a == b && (a == H5T_STRING || a == H5T_COMPOUND));
}

tau_status tau_h5_transfer_rows(tau_h5 *file, const char *path, hid_t type, tau_h5_transfer direction,
                                size_t first, size_t count, void *data) {
    hid_t dataset;
    int rank;
    hsize_t dim[TAU_H5_MAX_RANK] = {0}, start[TAU_H5_MAX_RANK] = {first}, size[TAU_H5_MAX_RANK];
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = row_shape(&rank, dim, file, dataset, path);
    if (status == TAU_STATUS_OK && !same_kind(dataset, type))
        status = tau_fail(TAU_STATUS_INPUT,
                          "%s of %s is of another kind" TAU_WHY
                          "numbers, text and records cannot stand for each other",
                          path, file->path);
    bool appends = direction == TAU_H5_TRANSFER_APPEND;
    if (status == TAU_STATUS_OK && !appends && (first > dim[0] || count > dim[0] - first))
        status = tau_fail(TAU_STATUS_SHAPE, "%s of %s has no rows %zu to %zu" TAU_WHY "it has %zu rows", path,
                          file->path, first, first + count - 1, (size_t)dim[0]);
    hsize_t row = 1;
    for (int i = 1; i < rank && status == TAU_STATUS_OK; i++) row *= dim[i], size[i] = dim[i];
    size[0] = count;
    if (status == TAU_STATUS_OK && appends && count > 0)
        status = append(file, dataset, path, type, rank, dim, count, data);
    else if (status == TAU_STATUS_OK && count > 0 && row > 0)
        status =
            transfer(file, dataset, path, type, direction == TAU_H5_TRANSFER_READ, start, size, rank, data);
    tau_h5_release(dataset);
    return status;
}

tau_status tau_h5_append_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t count,
                              const void *data) {
    TAU_H5_LOCKED;
    return tau_h5_transfer_rows(file, path, tau_h5_native(type), TAU_H5_TRANSFER_APPEND, 0, count,
                                (void *)data);
}

tau_status tau_h5_write_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t first, size_t count,
                             const void *data) {
    TAU_H5_LOCKED;
    return tau_h5_transfer_rows(file, path, tau_h5_native(type), TAU_H5_TRANSFER_WRITE, first, count,
                                (void *)data);
}

tau_status tau_h5_read_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t first, size_t count,
                            void *out) {
    TAU_H5_LOCKED;
    return tau_h5_transfer_rows(file, path, tau_h5_native(type), TAU_H5_TRANSFER_READ, first, count, out);
}

tau_status tau_h5_cut_rows(tau_h5 *file, const char *path, size_t count) {
    TAU_H5_LOCKED;
    hid_t dataset;
    int rank;
    hsize_t dim[TAU_H5_MAX_RANK] = {0};
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = row_shape(&rank, dim, file, dataset, path);
    if (status == TAU_STATUS_OK && count > dim[0])
        status = tau_fail(TAU_STATUS_SHAPE, "cannot cut %s of %s to %zu rows" TAU_WHY "it has %zu", path,
                          file->path, count, (size_t)dim[0]);
    dim[0] = count;
    if (status == TAU_STATUS_OK && H5Dset_extent(dataset, dim) < 0)
        status = tau_h5_fail(TAU_STATUS_IO, file, "cut", path);
    tau_h5_release(dataset);
    return status;
}
