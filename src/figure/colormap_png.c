#include "figure/colormap_png.h"

#include <cairo.h>
#include <string.h>

#include "core/memory.h"

#define WIDTH_MAX  16384
#define HEIGHT_MAX 1024

typedef struct stream {
    const uint8_t *bytes;
    size_t left;
} stream;

static cairo_status_t read_stream(void *closure, unsigned char *data, unsigned int length) {
    stream *in = closure;
    if (length > in->left) return CAIRO_STATUS_READ_ERROR;
    memcpy(data, in->bytes, length);
    in->bytes += length;
    in->left -= length;
    return CAIRO_STATUS_SUCCESS;
}

static uint32_t get_big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* cairo gives 32-bit pixels whatever the file holds; transparency is taken out again. */
static tau_status copy_row(double (**rgb)[3], size_t *count, cairo_surface_t *surface, const char *path) {
    int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
    cairo_format_t format = cairo_image_surface_get_format(surface);
    if (width < 2 || (format != CAIRO_FORMAT_ARGB32 && format != CAIRO_FORMAT_RGB24))
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read the colour map %s" TAU_WHY "it is not a row of 8-bit colours" TAU_FIX
                        "save an RGB picture, one column a colour",
                        path);
    TAU_TRY(TAU_ALLOC(*rgb, (size_t)width));
    const uint8_t *row = cairo_image_surface_get_data(surface) +
                         (size_t)cairo_image_surface_get_stride(surface) * (size_t)(height / 2);
    for (int i = 0; i < width; i++) {
        uint32_t pixel;
        memcpy(&pixel, row + 4 * (size_t)i, 4);
        double alpha = format == CAIRO_FORMAT_RGB24 ? 255 : pixel >> 24;
        for (int c = 0; c < 3; c++) {
            double channel = (pixel >> (16 - 8 * c)) & 255;
            (*rgb)[i][c] = alpha > 0 ? (channel < alpha ? channel / alpha : 1) : 0;
        }
    }
    *count = (size_t)width;
    return TAU_STATUS_OK;
}

tau_status tau_colormap_read_png_row(double (**rgb)[3], size_t *count, const uint8_t *bytes, size_t size,
                                     const char *path) {
    *rgb = NULL;
    *count = 0;
    /* The header is read first: a small file may claim a picture that fills the memory. */
    if (size < 24 || get_big_endian(bytes + 16) > WIDTH_MAX || get_big_endian(bytes + 20) > HEIGHT_MAX)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot read the colour map %s" TAU_WHY "a map has at most %d × %d pixels" TAU_FIX
                        "cut the picture down to one row",
                        path, WIDTH_MAX, HEIGHT_MAX);
    stream in = {bytes, size};
    cairo_surface_t *surface = cairo_image_surface_create_from_png_stream(read_stream, &in);
    tau_status status = TAU_STATUS_OK;
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        status = tau_fail(TAU_STATUS_INPUT, "cannot read the colour map %s" TAU_WHY "the PNG is damaged: %s",
                          path, cairo_status_to_string(cairo_surface_status(surface)));
    else
        status = copy_row(rgb, count, surface, path);
    cairo_surface_destroy(surface);
    return status;
}
