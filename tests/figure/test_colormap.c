#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "figure/colormap.h"

typedef struct published {
    char name[16];
    uint8_t first[3], middle[3], last[3];
} published;

/* Entries 0, 128 and 255 of the published tables. */
static const published maps[] = {
    {"viridis", {68, 1, 84}, {33, 145, 140}, {253, 231, 37}},
    {"cividis", {0, 34, 78}, {125, 124, 120}, {254, 232, 56}},
    {"magma", {0, 0, 4}, {183, 55, 121}, {252, 253, 191}},
    {"batlow", {1, 25, 89}, {130, 130, 49}, {250, 204, 250}},
    {"vik", {0, 18, 97}, {236, 229, 224}, {89, 0, 8}},
};

Test(colormap, built_in_tables_are_the_published_ones) {
    for (size_t m = 0; m < sizeof maps / sizeof maps[0]; m++) {
        tau_colormap map;
        cr_assert_eq(tau_colormap_load(&map, maps[m].name), TAU_STATUS_OK);
        cr_assert_arr_eq(map.rgb[0], maps[m].first, 3);
        cr_assert_arr_eq(map.rgb[128], maps[m].middle, 3);
        cr_assert_arr_eq(map.rgb[255], maps[m].last, 3);
        cr_assert(strstr(tau_colormap_get_names(), maps[m].name));
    }
}

Test(colormap, sequential_maps_rise_in_lightness) {
    for (size_t m = 0; m < 4; m++) {
        tau_colormap map;
        cr_assert_eq(tau_colormap_load(&map, maps[m].name), TAU_STATUS_OK);
        for (int i = 1; i <= 16; i++)
            cr_assert_gt(tau_color_get_lightness(tau_colormap_get(&map, i / 16.0)),
                         tau_color_get_lightness(tau_colormap_get(&map, (i - 1) / 16.0)), "%s %d",
                         maps[m].name, i);
    }
}

Test(colormap, positions_outside_and_nan_are_clamped) {
    tau_colormap map;
    cr_assert_eq(tau_colormap_load(&map, "viridis"), TAU_STATUS_OK);
    cr_assert_eq(tau_colormap_get(&map, -3).b, 84 / 255.0);
    cr_assert_eq(tau_colormap_get(&map, INFINITY).r, 253 / 255.0);
    cr_assert(isfinite(tau_colormap_get(&map, NAN).r));
}

static tau_status load_bytes(tau_colormap *map, const void *bytes, size_t size) {
    char path[] = "colormap-test-XXXXXX";
    close(mkstemp(path));
    cr_assert_eq(tau_file_write(path, bytes, size), TAU_STATUS_OK);
    tau_status status = tau_colormap_load(map, path);
    unlink(path);
    return status;
}

static tau_status load_text(tau_colormap *map, const char *text) {
    return load_bytes(map, text, strlen(text));
}

Test(colormap, text_files_are_read_in_both_scales) {
    tau_colormap map;
    cr_assert_eq(load_text(&map, "# red to blue\n1 0 0\n\n0, 0, 1 # end\r\n"), TAU_STATUS_OK);
    cr_assert_eq(map.rgb[0][0], 255);
    cr_assert_eq(map.rgb[255][2], 255);
    cr_assert_eq(load_text(&map, "0 0 0\n255 128 0"), TAU_STATUS_OK);
    cr_assert_eq(map.rgb[255][0], 255);
    cr_assert_eq(map.rgb[255][1], 128);
}

Test(colormap, hostile_files_are_refused) {
    tau_colormap map;
    const char *broken[] = {"",
                            "1 0 0\n",
                            "1 0\n0 1\n",
                            "1 0 0 0\n0 0 0 0\n",
                            "nan 0 0\n1 1 1\n",
                            "-1 0 0\n1 1 1",
                            "256 0 0\n0 0 0",
                            "red\nblue\n",
                            "1e999 0 0\n0 0 0"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        cr_assert_eq(load_text(&map, broken[i]), TAU_STATUS_INPUT, "%zu", i);
    cr_assert_eq(load_bytes(&map, "1 0 0\n\0 0 0 1", 13), TAU_STATUS_INPUT);
    cr_assert_eq(tau_colormap_load(&map, "no such map"), TAU_STATUS_MISSING);
    cr_assert_eq(tau_colormap_load(&map, "/"), TAU_STATUS_INPUT);
}

/* 3 × 1 pixels: red, green, blue; 8-bit RGB. */
static const uint8_t png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
                              0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01,
                              0x08, 0x02, 0x00, 0x00, 0x00, 0x94, 0x82, 0x83, 0xe3, 0x00, 0x00, 0x00,
                              0x0e, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0xc0,
                              0x00, 0xc6, 0x00, 0x0e, 0xfb, 0x02, 0xfe, 0x09, 0x1c, 0x16, 0x34, 0x00,
                              0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

Test(colormap, a_row_of_a_png_is_read) {
    tau_colormap map;
    cr_assert_eq(load_bytes(&map, png, sizeof png), TAU_STATUS_OK);
    const uint8_t red[3] = {255, 0, 0}, blue[3] = {0, 0, 255};
    cr_assert_arr_eq(map.rgb[0], red, 3);
    cr_assert_arr_eq(map.rgb[255], blue, 3);
    cr_assert_gt(map.rgb[127][1], 250);
}

Test(colormap, damaged_and_giant_pngs_are_refused) {
    tau_colormap map;
    for (size_t size = 8; size < sizeof png - 14; size++)
        cr_assert_eq(load_bytes(&map, png, size), TAU_STATUS_INPUT, "%zu bytes", size);
    uint8_t giant[sizeof png];
    memcpy(giant, png, sizeof png);
    giant[16] = 0x7f;
    cr_assert_eq(load_bytes(&map, giant, sizeof giant), TAU_STATUS_INPUT);
}
