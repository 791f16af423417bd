#include "figure/glyphs.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/text.h"

/* Around the text, for what leans out of its advance. */
#define MARGIN 2

/* Of a font, pixels. */
#define SIZE_MOST 4096.0

struct tau_glyphs {
    char *family;
    cairo_t *measure;
};

tau_status tau_glyphs_create(tau_glyphs **out, const char *family) {
    *out = NULL;
    tau_glyphs *glyphs;
    TAU_TRY(TAU_ALLOC(glyphs, 1));
    tau_status status = tau_string_copy(&glyphs->family, family ? family : "DejaVu Sans");
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    glyphs->measure = cairo_create(surface);
    cairo_surface_destroy(surface);
    if (status == TAU_STATUS_OK && cairo_status(glyphs->measure) != CAIRO_STATUS_SUCCESS)
        status = tau_fail(TAU_STATUS_MEMORY, "cannot measure text" TAU_WHY "%s",
                          cairo_status_to_string(cairo_status(glyphs->measure)));
    if (status != TAU_STATUS_OK) {
        tau_glyphs_destroy(glyphs);
        return status;
    }
    tau_text_set_options(glyphs->measure);
    *out = glyphs;
    return TAU_STATUS_OK;
}

void tau_glyphs_destroy(tau_glyphs *glyphs) {
    if (!glyphs) return;
    cairo_destroy(glyphs->measure);
    tau_mem_free(glyphs->family);
    tau_mem_free(glyphs);
}

tau_glyphs_extent tau_glyphs_measure(tau_glyphs *glyphs, const char *text, double size, bool bold) {
    char *clean;
    if (!(size > 0 && size < SIZE_MOST) || tau_text_clean(&clean, text) != TAU_STATUS_OK)
        return (tau_glyphs_extent){0};
    tau_text_extent extent =
        tau_text_measure(glyphs->measure, &(tau_text_font){glyphs->family, size, bold}, clean);
    tau_mem_free(clean);
    return (tau_glyphs_extent){extent.width, extent.ascent, extent.descent};
}

static tau_status draw_clean(tau_glyphs *glyphs, tau_glyphs_image *out, const char *text, double size,
                             bool bold) {
    const tau_text_font font = {glyphs->family, size, bold};
    tau_text_extent extent = {0};
    /* Beyond that cairo fails, for all that follows. */
    if (size > 0 && size < SIZE_MOST) extent = tau_text_measure(glyphs->measure, &font, text);
    double width = ceil(extent.width) + 2 * MARGIN,
           height = ceil(extent.ascent + extent.descent) + 2 * MARGIN;
    if (!(size > 0 && size < SIZE_MOST && width < 16384 && height < 16384))
        return tau_fail(TAU_STATUS_USAGE, "cannot draw a text %g pixels high", size);
    out->width = (int)width, out->height = (int)height;
    out->left = MARGIN, out->baseline = MARGIN + ceil(extent.ascent);
    TAU_TRY(TAU_ALLOC(out->alpha, (size_t)out->width * (size_t)out->height));
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, out->width, out->height);
    cairo_t *cr = cairo_create(surface);
    tau_text_set_options(cr);
    cairo_translate(cr, out->left, out->baseline);
    tau_text_draw(cr, &font, text);
    bool drawn = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
    cairo_surface_flush(surface);
    for (int y = 0; y < out->height && drawn; y++)
        memcpy(out->alpha + (size_t)y * (size_t)out->width,
               cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface),
               (size_t)out->width);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (drawn) return TAU_STATUS_OK;
    tau_mem_free(out->alpha);
    out->alpha = NULL;
    return tau_fail(TAU_STATUS_MEMORY, "cannot draw the text %s", text);
}

tau_status tau_glyphs_draw(tau_glyphs *glyphs, tau_glyphs_image *out, const char *text, double size,
                           bool bold) {
    *out = (tau_glyphs_image){0};
    char *clean;
    TAU_TRY(tau_text_clean(&clean, text));
    tau_status status = draw_clean(glyphs, out, clean, size, bold);
    tau_mem_free(clean);
    return status;
}
