#include "figure/output.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>

#include "core/memory.h"
#include "figure/metadata.h"
#include "figure/text.h"

static cairo_status_t write_stream(void *closure, const unsigned char *data, unsigned int length) {
    return tau_bytes_append(closure, data, length) == TAU_STATUS_OK ? CAIRO_STATUS_SUCCESS
                                                                    : CAIRO_STATUS_NO_MEMORY;
}

static tau_status check(cairo_status_t status) {
    if (status == CAIRO_STATUS_SUCCESS) return TAU_STATUS_OK;
    return tau_fail(status == CAIRO_STATUS_NO_MEMORY ? TAU_STATUS_MEMORY : TAU_STATUS_IO,
                    "cannot draw the picture" TAU_WHY "cairo: %s", cairo_status_to_string(status));
}

static tau_status draw(cairo_surface_t *surface, const tau_drawing *drawing, double scale, bool paper) {
    TAU_TRY(check(cairo_surface_status(surface)));
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, scale, scale);
    drawing->draw(cr, drawing->payload, paper);
    tau_status status = check(cairo_status(cr));
    cairo_destroy(cr);
    return status;
}

static tau_status encode_png(const tau_drawing *drawing, tau_bytes *out) {
    cairo_format_t format = drawing->transparent ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24;
    cairo_surface_t *surface =
        cairo_image_surface_create(format, drawing->pixel_width, drawing->pixel_height);
    tau_status status = draw(surface, drawing, drawing->dpi / 72, !drawing->transparent);
    if (status == TAU_STATUS_OK)
        status = check(cairo_surface_write_to_png_stream(surface, write_stream, out));
    cairo_surface_destroy(surface);
    if (status != TAU_STATUS_OK) return status;
    return tau_metadata_add_png(out, drawing->dpi, drawing->title, drawing->recipe);
}

static tau_status encode_svg(const tau_drawing *drawing, tau_bytes *out) {
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(write_stream, out, drawing->width, drawing->height);
    tau_status status = draw(surface, drawing, 1, !drawing->transparent);
    cairo_surface_finish(surface);
    if (status == TAU_STATUS_OK) status = check(cairo_surface_status(surface));
    cairo_surface_destroy(surface);
    return status == TAU_STATUS_OK ? tau_metadata_add_svg(out, drawing->title, drawing->recipe) : status;
}

static tau_status set_pdf_text(cairo_surface_t *surface, cairo_pdf_metadata_t field, const char *text) {
    if (!text || !text[0]) return TAU_STATUS_OK;
    char *clean;
    TAU_TRY(tau_text_clean_all(&clean, text));
    cairo_pdf_surface_set_metadata(surface, field, clean);
    tau_mem_free(clean);
    return TAU_STATUS_OK;
}

static tau_status encode_pdf(const tau_drawing *drawing, tau_bytes *out) {
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_stream, out, drawing->width, drawing->height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "tauscape");
    tau_status status = set_pdf_text(surface, CAIRO_PDF_METADATA_TITLE, drawing->title);
    if (status == TAU_STATUS_OK) status = set_pdf_text(surface, CAIRO_PDF_METADATA_SUBJECT, drawing->recipe);
    if (status == TAU_STATUS_OK) status = draw(surface, drawing, 1, false);
    cairo_surface_finish(surface);
    if (status == TAU_STATUS_OK) status = check(cairo_surface_status(surface));
    cairo_surface_destroy(surface);
    tau_metadata_drop_pdf_date(out);
    return status;
}

tau_status tau_output_encode(const tau_drawing *drawing, tau_figure_format format, uint8_t **bytes,
                             size_t *size) {
    *bytes = NULL;
    *size = 0;
    tau_bytes out = {0};
    tau_status status = format == TAU_FIGURE_FORMAT_PNG   ? encode_png(drawing, &out)
                        : format == TAU_FIGURE_FORMAT_SVG ? encode_svg(drawing, &out)
                                                          : encode_pdf(drawing, &out);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(out.data);
        return status;
    }
    *bytes = out.data;
    *size = out.size;
    return TAU_STATUS_OK;
}

tau_status tau_output_render(const tau_drawing *drawing, uint32_t *pixels) {
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data((unsigned char *)pixels, CAIRO_FORMAT_RGB24, drawing->pixel_width,
                                            drawing->pixel_height, drawing->pixel_width * 4);
    tau_status status = draw(surface, drawing, drawing->dpi / 72, true);
    cairo_surface_destroy(surface);
    return status;
}
