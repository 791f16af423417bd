#include "figure/image.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/output.h"
#include "figure/text.h"
#include "figure/theme.h"

/* What is drawn, and how it went: drawing itself has no status. */
typedef struct work {
    const tau_image *image;
    tau_figure_format format;
    tau_status *status;
} work;

/* cairo wants native words with the colour multiplied by alpha. */
static cairo_surface_t *copy_pixels(const tau_image *image) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, image->width, image->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) return surface;
    unsigned char *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < image->height; y++) {
        const uint8_t *in = image->rgba + (size_t)y * (size_t)image->width * 4;
        for (int x = 0; x < image->width; x++, in += 4) {
            uint32_t a = in[3], word = a << 24 | (in[0] * a + 127) / 255 << 16 |
                                       (in[1] * a + 127) / 255 << 8 | (in[2] * a + 127) / 255;
            memcpy(data + y * stride + 4 * x, &word, 4);
        }
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static void draw_lines(cairo_t *cr, const tau_image_overlay *overlay, bool below) {
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (size_t i = 0; i < overlay->line_count; i++) {
        const tau_image_line *line = &overlay->lines[i];
        if (line->below != below) continue;
        tau_theme_set_color(cr, line->color, line->opacity);
        cairo_set_line_width(cr, line->width);
        cairo_move_to(cr, line->from[0], line->from[1]);
        cairo_line_to(cr, line->to[0], line->to[1]);
        cairo_stroke(cr);
    }
}

static tau_status draw_text(cairo_t *cr, const tau_image *image, const tau_image_text *text) {
    const tau_text_font font = {image->font_family ? image->font_family : "DejaVu Sans", text->size,
                                text->bold};
    char *clean;
    TAU_TRY(tau_text_clean(&clean, text->text));
    tau_text_extent extent = tau_text_measure(cr, &font, clean);
    cairo_save(cr);
    cairo_translate(cr, text->x, text->y);
    cairo_rotate(cr, text->angle);
    cairo_translate(cr, -extent.width / 2, (extent.ascent - extent.descent) / 2);
    tau_theme_set_color(cr, text->color, 1);
    tau_text_draw(cr, &font, clean);
    cairo_restore(cr);
    tau_mem_free(clean);
    return TAU_STATUS_OK;
}

/* A PDF has no paper, unless it is a dark one. */
static bool has_ground(const work *w, bool paper) {
    const tau_color *ground = &w->image->ground;
    bool white = ground->r >= 1 && ground->g >= 1 && ground->b >= 1;
    return w->format == TAU_FIGURE_FORMAT_PDF ? w->image->paper && !white : paper;
}

static void draw(cairo_t *cr, const void *payload, bool paper) {
    const work *w = payload;
    const tau_image *image = w->image;
    cairo_surface_t *pixels = copy_pixels(image);
    tau_text_set_options(cr);
    cairo_scale(cr, 72 / image->dpi, 72 / image->dpi);
    if (has_ground(w, paper)) {
        tau_theme_set_color(cr, image->ground, 1);
        cairo_paint(cr);
    }
    draw_lines(cr, &image->overlay, true);
    cairo_set_source_surface(cr, pixels, 0, 0);
    /* Pixels of a PNG are those that were given. */
    if (w->format == TAU_FIGURE_FORMAT_PNG)
        cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    draw_lines(cr, &image->overlay, false);
    for (size_t i = 0; i < image->overlay.text_count && *w->status == TAU_STATUS_OK; i++)
        *w->status = draw_text(cr, image, &image->overlay.texts[i]);
    cairo_surface_destroy(pixels);
}

tau_status tau_image_encode(const tau_image *image, tau_figure_format format, uint8_t **bytes, size_t *size) {
    *bytes = NULL;
    *size = 0;
    if (image->width < 1 || image->height < 1 || image->width > 32767 || image->height > 32767 ||
        !(image->dpi > 0))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot write a picture of %d × %d pixels" TAU_FIX "choose 1 to 32767 pixels a side",
                        image->width, image->height);
    tau_status drawn = TAU_STATUS_OK;
    const work w = {image, format, &drawn};
    const tau_drawing drawing = {.draw = draw,
                                 .payload = &w,
                                 .width = image->width * 72 / image->dpi,
                                 .height = image->height * 72 / image->dpi,
                                 .pixel_width = image->width,
                                 .pixel_height = image->height,
                                 .dpi = image->dpi,
                                 .transparent = !image->paper,
                                 .title = image->title,
                                 .recipe = image->recipe};
    tau_status status = tau_output_encode(&drawing, format, bytes, size);
    if (status == TAU_STATUS_OK && drawn != TAU_STATUS_OK) {
        tau_mem_free(*bytes);
        *bytes = NULL, *size = 0;
    }
    return status == TAU_STATUS_OK ? drawn : status;
}

tau_status tau_image_write(const tau_image *image, const char *path, tau_figure_format format) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_image_encode(image, format, &bytes, &size));
    tau_status status = tau_file_write(path, bytes, size);
    tau_mem_free(bytes);
    return status;
}
