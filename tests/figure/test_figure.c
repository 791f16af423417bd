#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "scenes.h"

static uint32_t get_big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The first place of a text in bytes, or NULL. */
static const uint8_t *find(const uint8_t *bytes, size_t size, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, text, length) == 0) return bytes + i;
    return NULL;
}

static void encode(scene *s, tau_figure_format format, uint8_t **bytes, size_t *size) {
    cr_assert_eq(tau_figure_encode(&s->figure, format, bytes, size), TAU_STATUS_OK, "%s: %s",
                 tau_error_last()->what, tau_error_last()->why);
}

TestSuite(figure, .fini = tau_figure_finish);

Test(figure, every_scene_encodes_in_every_format) {
    for (int kind = 0; kind < SCENE_COUNT; kind++)
        for (int format = 0; format < 3; format++) {
            scene s;
            scene_create(&s, kind);
            s.figure.options.dpi = 72;
            uint8_t *bytes;
            size_t size;
            encode(&s, format, &bytes, &size);
            cr_assert_gt(size, 2000, "%s", scene_get_name(kind));
            tau_mem_free(bytes);
            scene_release(&s);
        }
}

Test(figure, png_has_the_pixels_resolution_and_recipe_asked_for) {
    scene s;
    scene_create(&s, SCENE_CONTOUR);
    s.figure.options.pixel_width = 1280, s.figure.options.pixel_height = 720;
    s.figure.options.dpi = 200;
    uint8_t *bytes;
    size_t size;
    encode(&s, TAU_FIGURE_FORMAT_PNG, &bytes, &size);
    cr_assert_eq(get_big_endian(bytes + 16), 1280);
    cr_assert_eq(get_big_endian(bytes + 20), 720);
    const uint8_t *resolution = find(bytes, size, "pHYs");
    cr_assert(resolution);
    cr_assert_eq(get_big_endian(resolution + 4), (uint32_t)lround(200 / 0.0254));
    cr_assert_eq(resolution[12], 1);
    cr_assert(find(bytes, size, s.figure.recipe));
    tau_mem_free(bytes);
    scene_release(&s);
}

Test(figure, png_of_a_width_in_inches_has_the_pixels_of_its_resolution) {
    scene s;
    scene_create(&s, SCENE_LINE);
    s.figure.options.width = 3.25 * 72, s.figure.options.height = 2.6 * 72;
    s.figure.options.dpi = 300;
    s.figure.options.style = TAU_FIGURE_STYLE_ARTICLE;
    uint8_t *bytes;
    size_t size;
    encode(&s, TAU_FIGURE_FORMAT_PNG, &bytes, &size);
    cr_assert_eq(get_big_endian(bytes + 16), 975);
    cr_assert_eq(get_big_endian(bytes + 20), 780);
    tau_mem_free(bytes);
    scene_release(&s);
}

Test(figure, pdf_embeds_truetype_and_no_type_3) {
    if (system("command -v pdffonts >/dev/null 2>&1") != 0)
        cr_skip_test("pdffonts (poppler-utils) is not installed");
    for (int kind = 0; kind < SCENE_COUNT; kind++) {
        scene s;
        scene_create(&s, kind);
        char path[] = "figure-test-XXXXXX", command[128], line[256];
        close(mkstemp(path));
        cr_assert_eq(tau_figure_write(&s.figure, path, TAU_FIGURE_FORMAT_PDF), TAU_STATUS_OK);
        snprintf(command, sizeof command, "pdffonts %s", path);
        FILE *output = popen(command, "r");
        int fonts = 0, truetype = 0;
        for (int row = 0; fgets(line, sizeof line, output); row++) {
            if (row < 2) continue;
            fonts++;
            truetype += strstr(line, "TrueType") != NULL && strstr(line, "yes yes") != NULL;
        }
        pclose(output);
        unlink(path);
        cr_assert_geq(fonts, 1, "%s", scene_get_name(kind));
        cr_assert_eq(truetype, fonts, "%s: a font is not embedded TrueType", scene_get_name(kind));
        scene_release(&s);
    }
}

Test(figure, pdf_and_svg_carry_the_recipe) {
    scene s;
    scene_create(&s, SCENE_FILLED);
    s.figure.recipe = "{\"norm\": \"<filter> & more\"}";
    uint8_t *bytes;
    size_t size;
    encode(&s, TAU_FIGURE_FORMAT_SVG, &bytes, &size);
    cr_assert(find(bytes, size, "<desc>{\"norm\": \"&lt;filter&gt; &amp; more\"}</desc>"));
    tau_mem_free(bytes);
    encode(&s, TAU_FIGURE_FORMAT_PDF, &bytes, &size);
    cr_assert(find(bytes, size, "/Subject"));
    tau_mem_free(bytes);
    scene_release(&s);
}

Test(figure, the_same_picture_has_the_same_bytes) {
    for (int format = 0; format < 3;
         format += 2) { /* cairo numbers the parts of SVG files within a process */
        scene s;
        scene_create(&s, SCENE_TRAJECTORY);
        uint8_t *first, *second;
        size_t first_size, second_size;
        encode(&s, format, &first, &first_size);
        if (format == TAU_FIGURE_FORMAT_PDF) sleep(1); /* a date would differ */
        encode(&s, format, &second, &second_size);
        cr_assert_eq(first_size, second_size);
        cr_assert_arr_eq(first, second, first_size, "format %d", format);
        tau_mem_free(first);
        tau_mem_free(second);
        scene_release(&s);
    }
}

Test(figure, an_unwritable_path_leaves_nothing_behind) {
    scene s;
    scene_create(&s, SCENE_LINE);
    char folder[] = "figure-test-XXXXXX", path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/missing/figure.png", folder);
    cr_assert_eq(tau_figure_write(&s.figure, path, TAU_FIGURE_FORMAT_PNG), TAU_STATUS_MISSING);
    cr_assert_eq(tau_figure_write(&s.figure, folder, TAU_FIGURE_FORMAT_PNG), TAU_STATUS_IO);
    cr_assert_eq(rmdir(folder), 0, "the folder is still empty");
    scene_release(&s);
}

Test(figure, a_failure_leaves_the_old_picture) {
    scene s;
    scene_create(&s, SCENE_LINE);
    char path[] = "figure-test-XXXXXX";
    close(mkstemp(path));
    cr_assert_eq(tau_file_write(path, "old", 3), TAU_STATUS_OK);
    s.figure.options.colormap = "no such map";
    cr_assert_eq(tau_figure_write(&s.figure, path, TAU_FIGURE_FORMAT_PNG), TAU_STATUS_MISSING);
    struct stat info;
    cr_assert(stat(path, &info) == 0 && info.st_size == 3);
    unlink(path);
    scene_release(&s);
}

static void assert_refused(scene *s, tau_status expected) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_figure_encode(&s->figure, TAU_FIGURE_FORMAT_PNG, &bytes, &size), expected);
    cr_assert_null(bytes);
    scene_release(s);
    scene_create(s, SCENE_CONTOUR);
}

Test(figure, options_that_make_no_sense_are_refused) {
    scene s;
    scene_create(&s, SCENE_CONTOUR);
    s.figure.options.font_family = "No Such Font At All";
    assert_refused(&s, TAU_STATUS_MISSING);
    s.figure.options.pixel_width = 1000000, s.figure.options.pixel_height = 1000000;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.options.width = NAN;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.options.dpi = INFINITY;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.options.range_lo = 2, s.figure.options.range_hi = 1;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.options.range_lo = -1, s.figure.options.log = true;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.panel_count = 0;
    assert_refused(&s, TAU_STATUS_USAGE);
    s.figure.options.font_size = 150;
    assert_refused(&s, TAU_STATUS_USAGE);
    scene_release(&s);
}

static double ramp(double x, double y) {
    return 1 + x + 3 * y * y;
}

Test(figure, a_transparent_picture_has_an_alpha_channel) {
    scene s;
    scene_create(&s, SCENE_LINE);
    uint8_t *bytes;
    size_t size;
    encode(&s, TAU_FIGURE_FORMAT_PNG, &bytes, &size);
    cr_assert_eq(bytes[25], 2, "RGB");
    tau_mem_free(bytes);
    s.figure.options.transparent = true;
    encode(&s, TAU_FIGURE_FORMAT_PNG, &bytes, &size);
    cr_assert_eq(bytes[25], 6, "RGBA");
    tau_mem_free(bytes);
    scene_release(&s);
}

Test(figure, a_million_points_are_drawn) {
    for (int kind = 0; kind < 3; kind++) {
        scene s;
        scene_create(&s, SCENE_CONTOUR);
        const tau_figure_panel panel = {.field = scene_add_field(&s, 1000, 1000, 1, ramp)};
        s.figure.panels = &panel;
        s.figure.options.kind = (tau_figure_kind)kind;
        uint8_t *bytes;
        size_t size;
        encode(&s, TAU_FIGURE_FORMAT_PNG, &bytes, &size);
        tau_mem_free(bytes);
        scene_release(&s);
    }
}
