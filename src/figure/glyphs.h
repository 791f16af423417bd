/** Text as pixels, for those who draw without cairo. */
#ifndef TAU_FIGURE_GLYPHS_H
#define TAU_FIGURE_GLYPHS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

/** What measures and draws text of one family. */
typedef struct tau_glyphs tau_glyphs;

/** @param[in] family  NULL = DejaVu Sans   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_glyphs_create(tau_glyphs **out, const char *family);
void tau_glyphs_destroy(tau_glyphs *glyphs);

/** Lengths in pixels. */
typedef struct tau_glyphs_extent {
    double width, ascent, descent; /**< advance; above and below the baseline, both positive */
} tau_glyphs_extent;

/** @param[in] text  any bytes: they are cleaned as tau_text_clean does   @param[in] size  of the font */
tau_glyphs_extent tau_glyphs_measure(tau_glyphs *glyphs, const char *text, double size, bool bold);

/** A text drawn on a transparent ground. */
typedef struct tau_glyphs_image {
    int width, height;
    uint8_t *alpha;        /**< [height, width] coverage, upper row first; freed with tau_mem_free */
    double left, baseline; /**< where the text begins, from the left and the upper edge */
} tau_glyphs_image;

/** @errors TAU_STATUS_MEMORY, TAU_STATUS_USAGE (a size that makes no picture) */
TAU_CHECK tau_status tau_glyphs_draw(tau_glyphs *glyphs, tau_glyphs_image *out, const char *text, double size,
                                     bool bold);

#endif
