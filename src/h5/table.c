#include "h5/table.h"

#include "h5/internal.h"

/* The type of one field in memory; its text closed by a zero. */
static hid_t field_type(const tau_h5_field *field, H5T_cset_t encoding) {
    hid_t one;
    if (field->type == TAU_H5_TYPE_TEXT) {
        one = H5Tcopy(H5T_C_S1);
        H5Tset_size(one, field->size);
        H5Tset_cset(one, encoding);
    } else {
        one = H5Tcopy(tau_h5_native(field->type));
    }
    if (!field->count) return one;
    hsize_t extent = field->count;
    hid_t array = H5Tarray_create2(one, 1, &extent);
    tau_h5_release(one);
    return array;
}

/* The structure as a type. @param[in] stored  the table's type, whose text encodings are taken; -1 = none yet
 */
static hid_t record_type(const tau_h5_record *record, hid_t stored) {
    hid_t type = H5Tcreate(H5T_COMPOUND, record->size);
    for (size_t i = 0; i < record->field_count; i++) {
        const tau_h5_field *field = &record->fields[i];
        H5T_cset_t encoding = H5T_CSET_UTF8;
        int index = stored >= 0 ? H5Tget_member_index(stored, field->name) : -1;
        if (index >= 0 && field->type == TAU_H5_TYPE_TEXT) {
            hid_t member = H5Tget_member_type(stored, (unsigned)index);
            encoding = H5Tget_cset(member);
            tau_h5_release(member);
        }
        hid_t member = field_type(field, encoding);
        H5Tinsert(type, field->name, field->offset, member);
        tau_h5_release(member);
    }
    return type;
}

/* Whether a stored field can be read as this one: numbers as numbers, fixed text as text, arrays of equal
 * length. */
static bool field_fits(const tau_h5_field *field, hid_t stored) {
    H5T_class_t class = H5Tget_class(stored);
    if (field->count) {
        if (class != H5T_ARRAY || H5Tget_array_ndims(stored) != 1) return false;
        hsize_t extent;
        H5Tget_array_dims2(stored, &extent);
        hid_t element = H5Tget_super(stored);
        class = H5Tget_class(element);
        tau_h5_release(element);
        return extent == field->count && (class == H5T_INTEGER || class == H5T_FLOAT);
    }
    if (field->type == TAU_H5_TYPE_TEXT) return class == H5T_STRING && H5Tis_variable_str(stored) == 0;
    return class == H5T_INTEGER || class == H5T_FLOAT;
}

static tau_status check_fields(const tau_h5 *file, const char *path, const tau_h5_record *record,
                               hid_t stored) {
    if (H5Tget_class(stored) != H5T_COMPOUND)
        return tau_fail(TAU_STATUS_INPUT, "%s of %s is no table" TAU_WHY "it is of another type", path,
                        file->path);
    for (size_t i = 0; i < record->field_count; i++) {
        const tau_h5_field *field = &record->fields[i];
        int index = H5Tget_member_index(stored, field->name);
        hid_t member = index >= 0 ? H5Tget_member_type(stored, (unsigned)index) : -1;
        bool fits = member >= 0 && field_fits(field, member);
        tau_h5_release(member);
        if (!fits)
            return tau_fail(TAU_STATUS_INPUT, "cannot read table %s of %s" TAU_WHY "its field '%s' is %s",
                            path, file->path, field->name, index < 0 ? "missing" : "of another type");
    }
    return TAU_STATUS_OK;
}

tau_status tau_h5_create_table(tau_h5 *file, const char *path, const tau_h5_record *record) {
    TAU_H5_LOCKED;
    hid_t type = record_type(record, -1);
    H5Tpack(type);
    tau_status status = tau_h5_create_growing(file, path, type, 0, NULL);
    tau_h5_release(type);
    return status;
}

static tau_status transfer(tau_h5 *file, const char *path, const tau_h5_record *record,
                           tau_h5_transfer direction, size_t first, size_t count, void *records) {
    hid_t dataset;
    TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    hid_t stored = H5Dget_type(dataset);
    tau_h5_release(dataset);
    tau_status status = check_fields(file, path, record, stored);
    if (status == TAU_STATUS_OK) {
        hid_t type = record_type(record, stored);
        status = tau_h5_transfer_rows(file, path, type, direction, first, count, records);
        tau_h5_release(type);
    }
    tau_h5_release(stored);
    return status;
}

tau_status tau_h5_append_records(tau_h5 *file, const char *path, const tau_h5_record *record, size_t count,
                                 const void *records) {
    TAU_H5_LOCKED;
    return transfer(file, path, record, TAU_H5_TRANSFER_APPEND, 0, count, (void *)records);
}

tau_status tau_h5_write_records(tau_h5 *file, const char *path, const tau_h5_record *record, size_t first,
                                size_t count, const void *records) {
    TAU_H5_LOCKED;
    return transfer(file, path, record, TAU_H5_TRANSFER_WRITE, first, count, (void *)records);
}

tau_status tau_h5_read_records(tau_h5 *file, const char *path, const tau_h5_record *record, size_t first,
                               size_t count, void *out) {
    TAU_H5_LOCKED;
    return transfer(file, path, record, TAU_H5_TRANSFER_READ, first, count, out);
}
