/** Text on cairo: cleaned, measured, shortened, drawn. Superscript digits of Unicode are drawn as raised
 * digits of the font, so that powers of ten look alike in every font. Lengths are in points. */
#ifndef TAU_FIGURE_TEXT_H
#define TAU_FIGURE_TEXT_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct tau_text_font {
    const char *family; /**< borrowed */
    double size;        /**< points */
    bool bold;
} tau_text_font;

typedef struct tau_text_extent {
    double width, ascent, descent; /**< advance; above and below the baseline, both positive */
} tau_text_extent;

/** Does fontconfig know a scalable font of this family? Anything else would be replaced silently.
 *  @errors TAU_STATUS_MISSING */
TAU_CHECK tau_status tau_text_check_family(const char *family);

/** A copy that is valid UTF-8 on one line: broken bytes become U+FFFD, control characters blanks, and more
 * than 1000 bytes are cut. @param[out] out  freed with tau_mem_free   @param[in] text  NULL = empty */
TAU_CHECK tau_status tau_text_clean(char **out, const char *text);

/** The same without a limit, for what is stored and not drawn. */
TAU_CHECK tau_status tau_text_clean_all(char **out, const char *text);

/** @param[in] text  clean */
tau_text_extent tau_text_measure(cairo_t *cr, const tau_text_font *font, const char *text);

/** Shortens a clean text in place, with an ellipsis, to at most `width`. */
TAU_CHECK tau_status tau_text_fit(cairo_t *cr, const tau_text_font *font, char **text, double width);

/** Draws with the baseline starting at (0, 0) of the current coordinates, in the current colour. */
void tau_text_draw(cairo_t *cr, const tau_text_font *font, const char *text);

/** Adds the outlines of the same text to the path. */
void tau_text_add_path(cairo_t *cr, const tau_text_font *font, const char *text);

/** Sets what makes metrics the same in every output: no hinting, grey antialiasing. */
void tau_text_set_options(cairo_t *cr);

#endif
