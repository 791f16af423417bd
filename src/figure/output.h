/** From something that draws to the bytes of a file. Private to the figure module. */
#ifndef TAU_FIGURE_OUTPUT_H
#define TAU_FIGURE_OUTPUT_H

#include <cairo.h>

#include "figure/figure.h"

/** A page and how it is drawn. @lifetime everything is borrowed */
typedef struct tau_drawing {
    void (*draw)(cairo_t *cr, const void *payload, bool paper); /**< one unit is a point */
    const void *payload;
    double width, height;          /**< points */
    int pixel_width, pixel_height; /**< of a PNG */
    double dpi;
    bool transparent;
    const char *title, *recipe; /**< for the metadata, or NULL */
} tau_drawing;

/** @param[out] bytes  freed with tau_mem_free; NULL on failure   @errors TAU_STATUS_IO, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_output_encode(const tau_drawing *drawing, tau_figure_format format, uint8_t **bytes,
                                       size_t *size);

/** Draws onto an opaque image of the size of a PNG.
 *  @param[out] pixels  [pixel_height,pixel_width] 32-bit words of 0xffRRGGBB, caller-owned */
TAU_CHECK tau_status tau_output_render(const tau_drawing *drawing, uint32_t *pixels);

#endif
