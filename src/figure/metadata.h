/** The recipe inside finished files. Texts that are no UTF-8 are made it (tau_text_make_utf8). */
#ifndef TAU_FIGURE_METADATA_H
#define TAU_FIGURE_METADATA_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Bytes that grow. */
typedef struct tau_bytes {
    uint8_t *data;
    size_t size, capacity;
} tau_bytes;

TAU_CHECK tau_status tau_bytes_append(tau_bytes *bytes, const void *data, size_t size);

/** Puts resolution (pHYs) and texts (iTXt "Title", "Description", "Software") behind the header of a PNG.
 *  @param[in] dpi  0 = no resolution   @param[in] title, recipe  or NULL */
TAU_CHECK tau_status tau_metadata_add_png(tau_bytes *png, double dpi, const char *title, const char *recipe);

/** Puts <title> and <desc> at the start of an SVG. */
TAU_CHECK tau_status tau_metadata_add_svg(tau_bytes *svg, const char *title, const char *recipe);

/** Puts title and recipe, on two lines, into a comment at the end of a finished GIF; no-op where both are
 * NULL or empty. @errors TAU_STATUS_IO */
TAU_CHECK tau_status tau_metadata_add_gif(const char *path, const char *title, const char *recipe);

/** Blanks the date that cairo writes into a PDF: the same picture is the same file. */
void tau_metadata_drop_pdf_date(tau_bytes *pdf);

#endif
