/** The row of colours of a PNG. */
#ifndef TAU_FIGURE_COLORMAP_PNG_H
#define TAU_FIGURE_COLORMAP_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Decodes the middle row of a PNG of at least two columns.
 *  @param[out] rgb  [count,3] in 0..1, freed with tau_mem_free
 *  @errors TAU_STATUS_INPUT (damaged, or too large for a colour map), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_colormap_read_png_row(double (**rgb)[3], size_t *count, const uint8_t *bytes,
                                               size_t size, const char *path);

#endif
