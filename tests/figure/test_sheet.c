#include <criterion/criterion.h>
#include <math.h>

#include "figure/sheet.h"

/* 1 below one half, 2 above. */
static uint32_t paint(const void *payload, const float *values, uint8_t *region) {
    (void)payload;
    *region = values[0] > 0.5f;
    return 0xff000000u + (values[0] > 0.5f ? 2 : 1);
}

static tau_sheet sheet_of(size_t rows, size_t columns, const double *at, const float *values) {
    return (tau_sheet){.rows = rows,
                       .columns = columns,
                       .at = at,
                       .planes = 1,
                       .value = values,
                       .left = 0,
                       .right = 10,
                       .bottom = 0,
                       .top = 10,
                       .paint = paint};
}

static size_t count(const uint32_t *pixels, uint32_t color) {
    size_t found = 0;
    for (int i = 0; i < 100; i++) found += pixels[i] == color;
    return found;
}

Test(sheet, values_are_interpolated_across_the_cell) {
    const double at[] = {0, 0, 10, 0, 0, 10, 10, 10};
    const float values[] = {0, 1, 0, 1};
    uint32_t pixels[100];
    tau_sheet sheet = sheet_of(2, 2, at, values);
    cr_assert_eq(tau_sheet_rasterise(&sheet, pixels, 10, 10), TAU_STATUS_OK);
    for (int i = 0; i < 100; i++) cr_assert_eq(pixels[i], 0xff000000u + (i % 10 < 5 ? 1 : 2), "pixel %d", i);
}

Test(sheet, where_regions_meet_there_is_a_line) {
    const double at[] = {0, 0, 10, 0, 0, 10, 10, 10};
    const float values[] = {0, 1, 0, 1};
    uint32_t pixels[100];
    tau_sheet sheet = sheet_of(2, 2, at, values);
    sheet.line = 0xff0000ffu;
    cr_assert_eq(tau_sheet_rasterise(&sheet, pixels, 10, 10), TAU_STATUS_OK);
    cr_assert_eq(pixels[44], 0xff0000ffu);
    cr_assert_eq(pixels[41], 0xff000001u);
}

static uint32_t paint_nothing(const void *payload, const float *values, uint8_t *region) {
    (void)payload;
    (void)values;
    *region = TAU_SHEET_NOT_FINITE;
    return 0xff000001u;
}

Test(sheet, what_is_no_number_is_hatched) {
    const double at[] = {0, 0, 10, 0, 0, 10, 10, 10};
    const float values[] = {NAN, NAN, NAN, NAN};
    uint32_t pixels[100];
    tau_sheet sheet = sheet_of(2, 2, at, values);
    sheet.paint = paint_nothing;
    sheet.hatch = 0xff0000ffu;
    cr_assert_eq(tau_sheet_rasterise(&sheet, pixels, 10, 10), TAU_STATUS_OK);
    cr_assert_gt(count(pixels, 0xff0000ffu), 5);
    cr_assert_gt(count(pixels, 0xff000001u), 50);
}

/* A sheet folded along its middle covers its half, without a hole. */
Test(sheet, a_fold_leaves_no_hole) {
    const double at[] = {0, 0, 5, 0, 0, 0, 0, 10, 5, 10, 0, 10};
    const float values[] = {0, 0, 0, 0, 0, 0};
    uint32_t pixels[100];
    tau_sheet sheet = sheet_of(2, 3, at, values);
    cr_assert_eq(tau_sheet_rasterise(&sheet, pixels, 10, 10), TAU_STATUS_OK);
    cr_assert_eq(count(pixels, 0xff000001u), 50);
    cr_assert_eq(count(pixels, 0), 50);
}

Test(sheet, cells_that_are_no_cells_are_left_out) {
    const double broken[] = {0, 0, NAN, 0, 0, 10, 10, INFINITY}, point[] = {5, 5, 5, 5, 5, 5, 5, 5};
    const double huge[] = {-1e300, -1e300, 1e300, -1e300, -1e300, 1e300, 1e300, 1e300};
    const float values[] = {0, 0, 0, 0};
    uint32_t pixels[100];
    const double *meshes[] = {broken, point, huge};
    for (int i = 0; i < 3; i++) {
        tau_sheet sheet = sheet_of(2, 2, meshes[i], values);
        cr_assert_eq(tau_sheet_rasterise(&sheet, pixels, 10, 10), TAU_STATUS_OK);
        cr_assert_eq(count(pixels, 0), 100, "mesh %d", i);
    }
}
