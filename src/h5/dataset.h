/** Data sets of numbers and of text. The type named in a call is that of the memory; the library converts. */
#ifndef TAU_H5_DATASET_H
#define TAU_H5_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "h5/file.h"

/** Most axes of a data set. */
#define TAU_H5_MAX_RANK 7

typedef enum tau_h5_type {
    TAU_H5_TYPE_U8,
    TAU_H5_TYPE_I8,
    TAU_H5_TYPE_I32,
    TAU_H5_TYPE_I64,
    TAU_H5_TYPE_F32,
    TAU_H5_TYPE_F64,
    TAU_H5_TYPE_TEXT,  /**< of fixed length; in fields of tables and as what tau_h5_inspect found */
    TAU_H5_TYPE_OTHER, /**< only as what tau_h5_inspect found: neither numbers nor text, or compound */
} tau_h5_type;

/** What a data set holds; `type` is the nearest type that holds its values, u16 and u32 as i32 and i64, f16
 * as f32. */
typedef struct tau_h5_extent {
    tau_h5_type type;
    int rank; /**< 0 = one number */
    int64_t dim[TAU_H5_MAX_RANK];
    size_t count; /**< the product of dim, below 2^40 */
} tau_h5_extent;

/** @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT (too many axes or elements, more than the file can hold),
 *          TAU_STATUS_UNSUPPORTED (external or virtual storage) */
TAU_CHECK tau_status tau_h5_inspect(tau_h5_extent *out, tau_h5 *file, const char *path);

/** Writes a data set of fixed size, its parents made where missing. @param[in] data  row-major
 *  @errors TAU_STATUS_EXISTS, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_write(tau_h5 *file, const char *path, tau_h5_type type, int rank,
                                  const int64_t *dim, const void *data);

/** Reads all of a data set of numbers. @param[out] out  [count], caller-owned   @param[in] count  what
 * inspect said
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_SHAPE (not `count` elements), TAU_STATUS_INPUT (not numbers,
 * damaged) */
TAU_CHECK tau_status tau_h5_read(tau_h5 *file, const char *path, tau_h5_type type, void *out, size_t count);

/** Reads all of a data set of numbers as floats. @param[out] out  freed with tau_mem_free */
TAU_CHECK tau_status tau_h5_read_floats(float **out, tau_h5_extent *extent, tau_h5 *file, const char *path);

/** Makes a data set that grows along its first axis, now of length 0, with chunks of one row of at most 1 Mi
 * elements (rows smaller than 8 KiB: of as many rows as fill that).
 *  @param[in] rank, dim  of one row; rank 0 = a number a row   @errors TAU_STATUS_EXISTS, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_create_rows(tau_h5 *file, const char *path, tau_h5_type type, int rank,
                                        const int64_t *dim);

/** Appends rows. @param[in] data  [count, row]   @errors TAU_STATUS_MISSING, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_append_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t count,
                                        const void *data);

/** Overwrites rows that exist. @errors TAU_STATUS_SHAPE */
TAU_CHECK tau_status tau_h5_write_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t first,
                                       size_t count, const void *data);

/** Reads rows. @param[out] out  [count, row]   @errors TAU_STATUS_SHAPE (rows that are not there),
 * TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_h5_read_rows(tau_h5 *file, const char *path, tau_h5_type type, size_t first,
                                      size_t count, void *out);

/** Rows of a data set or records of a table: the length of the first axis. @errors TAU_STATUS_SHAPE (one
 * value) */
TAU_CHECK tau_status tau_h5_count_rows(size_t *out, tau_h5 *file, const char *path);

/** Cuts a growing data set, numbers or table, to its first `count` rows. @errors TAU_STATUS_SHAPE (it has
 * fewer) */
TAU_CHECK tau_status tau_h5_cut_rows(tau_h5 *file, const char *path, size_t count);

/** Makes a growing list of text, each at most `width` bytes. */
TAU_CHECK tau_status tau_h5_create_texts(tau_h5 *file, const char *path, size_t width);

/** @errors TAU_STATUS_USAGE (longer than the list's width), TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_append_text(tau_h5 *file, const char *path, const char *text);

/** Reads text of fixed or variable length, one or a list. @param[out] out  `count` strings in one block freed
 * with tau_mem_free   @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT */
TAU_CHECK tau_status tau_h5_read_texts(char ***out, size_t *count, tau_h5 *file, const char *path);

#endif
