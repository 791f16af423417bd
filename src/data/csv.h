/** Tables of text: fields divided by commas, semicolons or tabs. Private to this module. */
#ifndef TAU_DATA_CSV_H
#define TAU_DATA_CSV_H

#include "data/array.h"

/** A table as text. Fields are zero-terminated strings inside one block. */
typedef struct tau_csv {
    char *path;
    char *text;
    size_t rows, columns;
    char **name;  /**< [columns] of the header, or NULL; part of `field` */
    char **field; /**< [rows, columns]; behind the header where there is one: see tau_csv_field */
    size_t *line; /**< [rows] line of the file on which each row starts, from 1 */
} tau_csv;

/** Reads a table. The first row is a header where none of its fields is a number, or where `header` says so.
 *  `start` were read already. @errors TAU_STATUS_INPUT with line and column */
TAU_CHECK tau_status tau_csv_read(tau_csv *out, tau_stream *stream, const uint8_t *start, size_t start_size,
                                  bool header);
void tau_csv_clear(tau_csv *csv);

/** Number of a column by its name. @errors TAU_STATUS_MISSING with the names there are */
TAU_CHECK tau_status tau_csv_find_column(size_t *out, const tau_csv *csv, const char *name);

/** One field, of the rows that follow the header. @lifetime borrowed */
const char *tau_csv_field(const tau_csv *csv, size_t row, size_t column);

/** Whether a field is a number, and which. */
bool tau_csv_number(double *out, const char *field);

/** The columns but `left_out` as an array [rows, columns]. @param[in] left_out  SIZE_MAX = none
 *  @errors TAU_STATUS_INPUT: a field is no number, with line and column */
TAU_CHECK tau_status tau_csv_numbers(tau_array *out, const tau_csv *csv, size_t left_out);

#endif
