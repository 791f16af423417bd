#include <cairo.h>
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/glyphs.h"
#include "figure/image.h"
#include "figure/metadata.h"
#include "scratch.h"

TestSuite(image, .fini = tau_figure_finish);
TestSuite(metadata, .fini = tau_figure_finish);
TestSuite(glyphs, .fini = tau_figure_finish);

enum { WIDTH = 5, HEIGHT = 3 };

static void fill(uint8_t *rgba) {
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const uint8_t pixel[4] = {(uint8_t)(17 * i), (uint8_t)(255 - 9 * i), 40,
                                  (uint8_t)(i % 4 == 3 ? 0 : 255)};
        memcpy(rgba + 4 * i, pixel, 4);
    }
}

typedef struct stream {
    const uint8_t *bytes;
    size_t size, at;
} stream;

static cairo_status_t read_stream(void *closure, unsigned char *data, unsigned int length) {
    stream *s = closure;
    if (s->size - s->at < length) return CAIRO_STATUS_READ_ERROR;
    memcpy(data, s->bytes + s->at, length);
    s->at += length;
    return CAIRO_STATUS_SUCCESS;
}

static bool contains(const uint8_t *bytes, size_t size, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, text, length) == 0) return true;
    return false;
}

Test(image, a_png_has_the_very_pixels_it_was_given) {
    static const double resolutions[] = {72, 96, 100, 144.4, 300, 333.3};
    uint8_t rgba[WIDTH * HEIGHT * 4], *bytes;
    size_t size;
    fill(rgba);
    for (int r = 0; r < 6; r++) {
        const tau_image image = {
            .width = WIDTH, .height = HEIGHT, .rgba = rgba, .dpi = resolutions[r], .recipe = "{}"};
        cr_assert_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_PNG, &bytes, &size), TAU_STATUS_OK);
        stream s = {bytes, size, 0};
        cairo_surface_t *surface = cairo_image_surface_create_from_png_stream(read_stream, &s);
        cr_assert_eq(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
        const uint8_t *data = cairo_image_surface_get_data(surface);
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            uint32_t word;
            memcpy(&word, data + i / WIDTH * cairo_image_surface_get_stride(surface) + 4 * (i % WIDTH), 4);
            cr_expect_eq(word >> 24, rgba[4 * i + 3], "alpha of pixel %d at %g dpi", i, resolutions[r]);
            if (rgba[4 * i + 3] == 255)
                cr_expect_eq(word & 0xffffff,
                             (uint32_t)rgba[4 * i] << 16 | (uint32_t)rgba[4 * i + 1] << 8 | 40,
                             "pixel %d at %g dpi", i, resolutions[r]);
        }
        cairo_surface_destroy(surface);
        tau_mem_free(bytes);
    }
}

Test(image, vector_files_keep_texts_lines_and_pixels) {
    uint8_t rgba[WIDTH * HEIGHT * 4], *bytes;
    size_t size;
    fill(rgba);
    const tau_image_text text = {.text = "α along δ", .x = 2, .y = 1, .size = 2};
    const tau_image_line line = {.from = {0, 0}, .to = {5, 3}, .width = 1, .opacity = 1, .below = true};
    const tau_image image = {.width = WIDTH,
                             .height = HEIGHT,
                             .rgba = rgba,
                             .dpi = 72,
                             .overlay = {&text, 1, &line, 1},
                             .paper = true,
                             .ground = {1, 1, 1},
                             .title = "a surface",
                             .recipe = "{\"seed\": 0}"};
    cr_assert_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_SVG, &bytes, &size), TAU_STATUS_OK);
    cr_expect(contains(bytes, size, "<image"));
    cr_expect(contains(bytes, size, "<use"), "letters");
    cr_expect(contains(bytes, size, "<path"), "the line");
    cr_expect(contains(bytes, size, "a surface"));
    tau_mem_free(bytes);
    cr_assert_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_PDF, &bytes, &size), TAU_STATUS_OK);
    cr_expect(contains(bytes, size, "/FontFile2"), "a TrueType font");
    cr_expect(contains(bytes, size, "/Subtype /Image"));
    cr_expect(contains(bytes, size, "[ 0 0 5 3 ]"), "the page");
    tau_mem_free(bytes);
}

Test(image, a_size_of_nothing_is_refused) {
    uint8_t *bytes, rgba[4] = {0};
    size_t size;
    const int sizes[][2] = {{0, 1}, {1, 0}, {-3, 2}, {40000, 1}};
    for (int i = 0; i < 4; i++) {
        const tau_image image = {.width = sizes[i][0], .height = sizes[i][1], .rgba = rgba, .dpi = 72};
        cr_expect_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_PNG, &bytes, &size), TAU_STATUS_USAGE);
        cr_expect_null(bytes);
    }
    const tau_image image = {.width = 1, .height = 1, .rgba = rgba, .dpi = NAN};
    cr_expect_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_PNG, &bytes, &size), TAU_STATUS_USAGE);
}

Test(metadata, of_pictures_and_films_is_utf8) {
    const uint8_t rgba[4] = {0, 0, 0, 255};
    const tau_image image = {
        .width = 1, .height = 1, .rgba = rgba, .dpi = 72, .title = "caf\xe9", .recipe = "\xff{}"};
    const char *path = scratch("x.gif");
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_image_encode(&image, TAU_FIGURE_FORMAT_PNG, &bytes, &size), TAU_STATUS_OK);
    cr_expect(contains(bytes, size, "caf\\xE9") && contains(bytes, size, "\\xFF{}"));
    tau_mem_free(bytes);
    cr_assert_eq(tau_file_write(path, "GIF;", 4), TAU_STATUS_OK);
    cr_assert_eq(tau_metadata_add_gif(path, image.title, image.recipe), TAU_STATUS_OK);
    cr_assert_eq(tau_file_read(&bytes, &size, path, 1000), TAU_STATUS_OK);
    cr_expect(contains(bytes, size, "caf\\xE9\n\\xFF{}"));
    tau_mem_free(bytes);
}

Test(glyphs, fill_the_box_that_was_measured) {
    static const char *const texts[] = {"loss", "10³⁵", "α (PC 1, 71.3 %)", "−0.5", "\xff\xfe broken\n"};
    tau_glyphs *glyphs;
    cr_assert_eq(tau_glyphs_create(&glyphs, NULL), TAU_STATUS_OK);
    for (int i = 0; i < 5; i++) {
        tau_glyphs_extent extent = tau_glyphs_measure(glyphs, texts[i], 24, i % 2);
        tau_glyphs_image image;
        cr_assert_eq(tau_glyphs_draw(glyphs, &image, texts[i], 24, i % 2), TAU_STATUS_OK);
        cr_expect(image.width >= extent.width && image.width < extent.width + 8);
        cr_expect(image.height >= extent.ascent + extent.descent);
        long inked = 0, edge = 0;
        for (int y = 0; y < image.height; y++)
            for (int x = 0; x < image.width; x++) {
                uint8_t alpha = image.alpha[y * image.width + x];
                inked += alpha > 128;
                if (y == 0 || y == image.height - 1) edge += alpha;
            }
        cr_expect_gt(inked, 30, "%s is seen", texts[i]);
        cr_expect_eq(edge, 0, "%s is not cut off", texts[i]);
        tau_mem_free(image.alpha);
    }
    tau_glyphs_destroy(glyphs);
}

Test(glyphs, sizes_that_make_no_picture_are_refused) {
    tau_glyphs *glyphs;
    tau_glyphs_image image;
    cr_assert_eq(tau_glyphs_create(&glyphs, NULL), TAU_STATUS_OK);
    const double sizes[] = {0, -1, NAN, 1e6};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(tau_glyphs_draw(glyphs, &image, "loss", sizes[i], false), TAU_STATUS_USAGE, "%g",
                     sizes[i]);
        cr_expect_null(image.alpha);
    }
    tau_glyphs_destroy(glyphs);
}
