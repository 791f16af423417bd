/** Tables of records (compound data sets), described by the C structure they are read to and written from. */
#ifndef TAU_H5_TABLE_H
#define TAU_H5_TABLE_H

#include "h5/dataset.h"

/** One member of the structure. */
typedef struct tau_h5_field {
    const char *name;
    tau_h5_type type;
    size_t offset; /**< offsetof in the structure */
    size_t size;   /**< TEXT: bytes of the char array, its closing zero included */
    size_t count;  /**< elements of an array; 0 = no array */
} tau_h5_field;

/** The structure. */
typedef struct tau_h5_record {
    const tau_h5_field *fields;
    size_t field_count;
    size_t size; /**< sizeof the structure */
} tau_h5_record;

/** Makes an empty table that grows. @errors TAU_STATUS_EXISTS, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_create_table(tau_h5 *file, const char *path, const tau_h5_record *record);

TAU_CHECK tau_status tau_h5_append_records(tau_h5 *file, const char *path, const tau_h5_record *record,
                                           size_t count, const void *records);

/** Overwrites records that exist. @errors TAU_STATUS_SHAPE */
TAU_CHECK tau_status tau_h5_write_records(tau_h5 *file, const char *path, const tau_h5_record *record,
                                          size_t first, size_t count, const void *records);

/** Reads records, fields matched by name; text is always closed with a zero.
 *  @errors TAU_STATUS_INPUT: a field is missing or of another kind; TAU_STATUS_SHAPE: records that are not
 * there */
TAU_CHECK tau_status tau_h5_read_records(tau_h5 *file, const char *path, const tau_h5_record *record,
                                         size_t first, size_t count, void *out);

#endif
