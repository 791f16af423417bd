/** Arrays of numbers as files hold them, before they become samples. Private to this module. */
#ifndef TAU_DATA_ARRAY_H
#define TAU_DATA_ARRAY_H

#include <stdbool.h>

#include "data/stream.h"

#define TAU_ARRAY_MAX_RANK 7

typedef enum tau_array_kind {
    TAU_ARRAY_KIND_REALS,
    TAU_ARRAY_KIND_INTEGERS,
    TAU_ARRAY_KIND_BYTES, /**< unsigned, 0 to 255 */
} tau_array_kind;

typedef struct tau_array {
    tau_array_kind kind;
    int rank;
    int64_t dim[TAU_ARRAY_MAX_RANK];
    size_t count; /**< the product of dim */
    float *value; /**< [dim], row-major */
} tau_array;

/** How one number is stored. */
typedef struct tau_array_format {
    char kind; /**< 'f', 'i', 'u' or 'b' (bool) */
    int size;  /**< bytes: 1, 2, 4 or 8; of 'f' 4 or 8 */
    bool big_endian;
} tau_array_format;

void tau_array_clear(tau_array *array);

/** Takes over rank and dimensions, checked. @param[in] name  of the file, for messages
 *  @errors TAU_STATUS_INPUT: too many axes, a negative one, or 2^40 elements and more */
TAU_CHECK tau_status tau_array_set_shape(tau_array *array, int rank, const int64_t *dim, const char *name);

/** Reads array->count numbers from the stream, whose rest they must be. @errors TAU_STATUS_INPUT,
 * TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_array_read_values(tau_array *array, tau_stream *stream, tau_array_format format);

/** IDX, the format of MNIST's files: big-endian, 0 0 TYPE RANK, dimensions, numbers. `magic` was read
 * already. */
TAU_CHECK tau_status tau_array_read_idx(tau_array *array, tau_stream *stream, const uint8_t magic[4]);

/** NumPy's NPY, versions 1 to 3. The first four bytes were read already. */
TAU_CHECK tau_status tau_array_read_npy(tau_array *array, tau_stream *stream);

/** Turns the order of the axes round: a[i,j,k] to a[k,j,i], dimensions too. */
TAU_CHECK tau_status tau_array_reverse_axes(tau_array *array);

#endif
