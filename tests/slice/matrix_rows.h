/** Rows of a matrix in memory, counted as they are read. */
#ifndef TAU_TESTS_SLICE_MATRIX_ROWS_H
#define TAU_TESTS_SLICE_MATRIX_ROWS_H

#include <string.h>

#include "slice/rows.h"

typedef struct matrix_rows {
    const float *values; /* [count, width] */
    size_t width;
    size_t reads;
} matrix_rows;

static tau_status matrix_rows_read(void *payload, size_t row, float *out) {
    matrix_rows *matrix = payload;
    memcpy(out, matrix->values + row * matrix->width, matrix->width * sizeof *out);
    matrix->reads++;
    return TAU_STATUS_OK;
}

static inline tau_rows matrix_rows_as_rows(matrix_rows *matrix, size_t count) {
    return (tau_rows){count, matrix->width, matrix_rows_read, matrix};
}

#endif
