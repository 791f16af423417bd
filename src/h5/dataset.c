/* Data sets of numbers, read and written whole. */
#include "h5/dataset.h"

#include "core/memory.h"
#include "h5/internal.h"

static tau_h5_type nearest_type(hid_t type) {
    size_t size = H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        return size <= 4 ? TAU_H5_TYPE_F32 : TAU_H5_TYPE_F64;
    case H5T_STRING:
        return TAU_H5_TYPE_TEXT;
    case H5T_ENUM: /* booleans of h5py */
        return size == 1 ? TAU_H5_TYPE_I8 : TAU_H5_TYPE_I64;
    case H5T_INTEGER:
        break;
    default:
        return TAU_H5_TYPE_OTHER;
    }
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    if (size == 1) return is_signed ? TAU_H5_TYPE_I8 : TAU_H5_TYPE_U8;
    return size == 2 || (size == 4 && is_signed) ? TAU_H5_TYPE_I32 : TAU_H5_TYPE_I64;
}

static tau_status read_extent(tau_h5_extent *out, const tau_h5 *file, hid_t dataset, const char *path) {
    *out = (tau_h5_extent){.type = TAU_H5_TYPE_OTHER, .count = 1};
    hsize_t dim[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    bool simple = H5Sget_simple_extent_type(space) != H5S_NULL;
    out->rank = H5Sget_simple_extent_dims(space, dim, NULL);
    if (type >= 0) out->type = nearest_type(type);
    tau_h5_release(type);
    tau_h5_release(space);
    if (out->rank < 0) return tau_h5_fail(TAU_STATUS_INPUT, file, "read the shape of", path);
    if (!simple || out->rank > TAU_H5_MAX_RANK)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read %s of %s" TAU_WHY "it has %d axes, at most %d are possible", path,
                        file->path, out->rank, TAU_H5_MAX_RANK);
    for (int i = 0; i < out->rank; i++) {
        if (dim[i] && out->count > (UINT64_C(1) << 40) / dim[i])
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot read %s of %s" TAU_WHY "it claims more than 2^40 elements", path,
                            file->path);
        out->dim[i] = (int64_t)dim[i];
        out->count *= (size_t)dim[i];
    }
    return TAU_STATUS_OK;
}

/* A small file may claim a huge data set. Deflate packs at most 1032 to 1; 16 MiB may be fill values. */
static tau_status check_storage(const tau_h5 *file, hid_t dataset, const char *path,
                                const tau_h5_extent *extent) {
    hid_t type = H5Dget_type(dataset);
    double claimed = (double)extent->count * (double)H5Tget_size(type);
    tau_h5_release(type);
    double possible = 0x1p24 + 1100.0 * (double)H5Dget_storage_size(dataset);
    if (claimed <= possible) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s of %s" TAU_WHY "it claims %.0f bytes, far more than are stored", path,
                    file->path, claimed);
}

static tau_status check_numbers(const tau_h5 *file, const char *path, const tau_h5_extent *extent) {
    if (extent->type < TAU_H5_TYPE_TEXT) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "cannot read %s of %s as numbers" TAU_WHY "it holds %s", path,
                    file->path, extent->type == TAU_H5_TYPE_TEXT ? "text" : "records or other objects");
}

tau_status tau_h5_inspect(tau_h5_extent *out, tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t dataset;
    *out = (tau_h5_extent){.type = TAU_H5_TYPE_OTHER};
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = read_extent(out, file, dataset, path);
    if (status == TAU_STATUS_OK) status = check_storage(file, dataset, path, out);
    tau_h5_release(dataset);
    return status;
}

tau_status tau_h5_count_rows(size_t *out, tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t dataset;
    tau_h5_extent extent;
    *out = 0;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = read_extent(&extent, file, dataset, path);
    tau_h5_release(dataset);
    if (status != TAU_STATUS_OK) return status;
    if (extent.rank < 1)
        return tau_fail(TAU_STATUS_SHAPE, "%s of %s has no rows" TAU_WHY "it is one value", path, file->path);
    *out = (size_t)extent.dim[0];
    return TAU_STATUS_OK;
}

tau_status tau_h5_write(tau_h5 *file, const char *path, tau_h5_type type, int rank, const int64_t *dim,
                        const void *data) {
    TAU_H5_LOCKED;
    hsize_t extent[TAU_H5_MAX_RANK] = {0};
    for (int i = 0; i < rank; i++) extent[i] = (hsize_t)dim[i];
    hid_t space = rank ? H5Screate_simple(rank, extent, NULL) : H5Screate(H5S_SCALAR), dataset;
    tau_status status = tau_h5_create_dataset(&dataset, file, path, tau_h5_native(type), space, H5P_DEFAULT);
    if (status == TAU_STATUS_OK && H5Sget_simple_extent_npoints(space) > 0 &&
        H5Dwrite(dataset, tau_h5_native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        status = tau_h5_fail(TAU_STATUS_IO, file, "write", path);
    tau_h5_release(dataset);
    tau_h5_release(space);
    return status;
}

static tau_status read_whole(const tau_h5 *file, hid_t dataset, const char *path, tau_h5_type type, void *out,
                             size_t count) {
    if (count == 0 || H5Dread(dataset, tau_h5_native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0)
        return TAU_STATUS_OK;
    return tau_h5_fail(TAU_STATUS_INPUT, file, "read", path);
}

tau_status tau_h5_read(tau_h5 *file, const char *path, tau_h5_type type, void *out, size_t count) {
    TAU_H5_LOCKED;
    hid_t dataset;
    tau_h5_extent extent;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = read_extent(&extent, file, dataset, path);
    if (status == TAU_STATUS_OK) status = check_numbers(file, path, &extent);
    if (status == TAU_STATUS_OK && extent.count != count)
        status = tau_fail(TAU_STATUS_SHAPE, "%s of %s does not fit" TAU_WHY "it has %zu elements, not %zu",
                          path, file->path, extent.count, count);
    if (status == TAU_STATUS_OK) status = read_whole(file, dataset, path, type, out, count);
    tau_h5_release(dataset);
    return status;
}

tau_status tau_h5_read_floats(float **out, tau_h5_extent *extent, tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t dataset;
    *out = NULL;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    tau_status status = read_extent(extent, file, dataset, path);
    if (status == TAU_STATUS_OK) status = check_numbers(file, path, extent);
    if (status == TAU_STATUS_OK) status = check_storage(file, dataset, path, extent);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(*out, extent->count);
    if (status == TAU_STATUS_OK)
        status = read_whole(file, dataset, path, TAU_H5_TYPE_F32, *out, extent->count);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(*out);
        *out = NULL;
    }
    tau_h5_release(dataset);
    return status;
}
