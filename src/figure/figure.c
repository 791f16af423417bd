#include "figure/figure.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <fontconfig/fontconfig.h>
#include <math.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/draw.h"
#include "figure/metadata.h"

tau_figure_options tau_figure_default_options(void) {
    return (tau_figure_options){.range_lo = NAN, .range_hi = NAN, .colorbar = true, .contour_labels = true};
}

static cairo_status_t write_stream(void *closure, const unsigned char *data, unsigned int length) {
    return tau_bytes_append(closure, data, length) == TAU_STATUS_OK ? CAIRO_STATUS_SUCCESS
                                                                    : CAIRO_STATUS_NO_MEMORY;
}

static tau_status check(cairo_status_t status) {
    if (status == CAIRO_STATUS_SUCCESS) return TAU_STATUS_OK;
    return tau_fail(status == CAIRO_STATUS_NO_MEMORY ? TAU_STATUS_MEMORY : TAU_STATUS_IO,
                    "cannot draw the picture" TAU_WHY "cairo: %s", cairo_status_to_string(status));
}

static tau_status draw(cairo_surface_t *surface, const tau_plan *plan, double scale, bool paper) {
    TAU_TRY(check(cairo_surface_status(surface)));
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, scale, scale);
    tau_draw_page(cr, plan, paper);
    tau_status status = check(cairo_status(cr));
    cairo_destroy(cr);
    return status;
}

static tau_status encode_png(const tau_plan *plan, tau_bytes *out) {
    const tau_figure *figure = plan->figure;
    cairo_format_t format = figure->options.transparent ? CAIRO_FORMAT_ARGB32 : CAIRO_FORMAT_RGB24;
    cairo_surface_t *surface = cairo_image_surface_create(format, plan->pixel_width, plan->pixel_height);
    tau_status status = draw(surface, plan, plan->dpi / 72, !figure->options.transparent);
    if (status == TAU_STATUS_OK)
        status = check(cairo_surface_write_to_png_stream(surface, write_stream, out));
    cairo_surface_destroy(surface);
    if (status != TAU_STATUS_OK) return status;
    return tau_metadata_add_png(out, plan->dpi, figure->title, figure->recipe);
}

static tau_status encode_svg(const tau_plan *plan, tau_bytes *out) {
    const tau_figure *figure = plan->figure;
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(write_stream, out, plan->layout.width, plan->layout.height);
    tau_status status = draw(surface, plan, 1, !figure->options.transparent);
    cairo_surface_finish(surface);
    if (status == TAU_STATUS_OK) status = check(cairo_surface_status(surface));
    cairo_surface_destroy(surface);
    return status == TAU_STATUS_OK ? tau_metadata_add_svg(out, figure->title, figure->recipe) : status;
}

static tau_status set_pdf_text(cairo_surface_t *surface, cairo_pdf_metadata_t field, const char *text) {
    if (!text || !text[0]) return TAU_STATUS_OK;
    char *clean;
    TAU_TRY(tau_text_clean_all(&clean, text));
    cairo_pdf_surface_set_metadata(surface, field, clean);
    tau_mem_free(clean);
    return TAU_STATUS_OK;
}

static tau_status encode_pdf(const tau_plan *plan, tau_bytes *out) {
    const tau_figure *figure = plan->figure;
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(write_stream, out, plan->layout.width, plan->layout.height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "tauscape");
    tau_status status = set_pdf_text(surface, CAIRO_PDF_METADATA_TITLE, figure->title);
    if (status == TAU_STATUS_OK) status = set_pdf_text(surface, CAIRO_PDF_METADATA_SUBJECT, figure->recipe);
    if (status == TAU_STATUS_OK) status = draw(surface, plan, 1, false);
    cairo_surface_finish(surface);
    if (status == TAU_STATUS_OK) status = check(cairo_surface_status(surface));
    cairo_surface_destroy(surface);
    tau_metadata_drop_pdf_date(out);
    return status;
}

tau_status tau_figure_encode(const tau_figure *figure, tau_figure_format format, uint8_t **bytes,
                             size_t *size) {
    *bytes = NULL;
    *size = 0;
    tau_plan *plan;
    TAU_TRY(tau_plan_create(&plan, figure));
    tau_bytes out = {0};
    tau_status status = format == TAU_FIGURE_FORMAT_PNG   ? encode_png(plan, &out)
                        : format == TAU_FIGURE_FORMAT_SVG ? encode_svg(plan, &out)
                                                          : encode_pdf(plan, &out);
    tau_plan_destroy(plan);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(out.data);
        return status;
    }
    *bytes = out.data;
    *size = out.size;
    return TAU_STATUS_OK;
}

tau_status tau_figure_write(const tau_figure *figure, const char *path, tau_figure_format format) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_figure_encode(figure, format, &bytes, &size));
    tau_status status = tau_file_write(path, bytes, size);
    tau_mem_free(bytes);
    return status;
}

void tau_figure_finish(void) {
    cairo_debug_reset_static_data();
    FcFini();
}
