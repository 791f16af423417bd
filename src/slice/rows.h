/** Long lists of parameter vectors, read one at a time: a trajectory of 10,000 states never lies in memory
 * whole. */
#ifndef TAU_SLICE_ROWS_H
#define TAU_SLICE_ROWS_H

#include <stddef.h>

#include "core/status.h"

typedef struct tau_rows {
    size_t count; /**< T */
    size_t width; /**< P */
    /** Reads one row. @param[out] out  [width] */
    tau_status (*read)(void *payload, size_t row, float *out);
    void *payload;
} tau_rows;

#endif
