/** Pictures that were drawn elsewhere, as files: pixels with texts and lines kept apart, which stay vectors
 * in SVG and PDF. Places are pixels from the left and upper edge. */
#ifndef TAU_FIGURE_IMAGE_H
#define TAU_FIGURE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "figure/colormap.h"
#include "figure/figure.h"

typedef struct tau_image_text {
    char text[128];
    double x, y;  /**< centre */
    double size;  /**< of the font, pixels */
    double angle; /**< radians, clockwise */
    bool bold;
    tau_color color;
} tau_image_text;

typedef struct tau_image_line {
    double from[2], to[2];
    double width;
    tau_color color;
    double opacity;
    bool below; /**< drawn before the pixels: what stands behind them */
} tau_image_line;

/** Texts and lines over or under the pixels. */
typedef struct tau_image_overlay {
    const tau_image_text *texts;
    size_t text_count;
    const tau_image_line *lines;
    size_t line_count;
} tau_image_overlay;

/** @lifetime everything is borrowed */
typedef struct tau_image {
    int width, height;
    const uint8_t *rgba; /**< [height, width, 4], upper row first, alpha not premultiplied */
    double dpi;
    tau_image_overlay overlay;
    bool paper; /**< fill the page with `ground` first (SVG, PNG; a PDF only where ground is not white) */
    tau_color ground;
    const char *font_family;    /**< NULL = DejaVu Sans */
    const char *title, *recipe; /**< into the file's metadata, or NULL */
} tau_image;

/** @param[out] bytes  freed with tau_mem_free; NULL on failure
 *  @errors TAU_STATUS_USAGE (a size of nothing), TAU_STATUS_IO, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_image_encode(const tau_image *image, tau_figure_format format, uint8_t **bytes,
                                      size_t *size);

/** Into a file, which appears complete or not at all. */
TAU_CHECK tau_status tau_image_write(const tau_image *image, const char *path, tau_figure_format format);

#endif
