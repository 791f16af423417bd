#include "h5/dataset.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "ok.h"
#include "scratch.h"

static tau_h5 *file;

static void open_file(void) {
    OK(tau_h5_create(&file, scratch("data.h5")));
}
static void close_file(void) {
    OK(tau_h5_close(file));
}

TestSuite(dataset, .init = open_file, .fini = close_file);

Test(dataset, whole_arrays_come_back_converted) {
    const double written[6] = {1, -2, 3.5, NAN, INFINITY, 1e300};
    OK(tau_h5_write(file, "/g/a", TAU_H5_TYPE_F64, 2, (const int64_t[]){2, 3}, written));
    double back[6];
    OK(tau_h5_read(file, "/g/a", TAU_H5_TYPE_F64, back, 6));
    cr_assert_arr_eq(back, written, sizeof back);
    float *floats;
    tau_h5_extent extent;
    OK(tau_h5_read_floats(&floats, &extent, file, "g/a"));
    cr_assert(extent.rank == 2 && extent.dim[0] == 2 && extent.dim[1] == 3 && extent.count == 6);
    cr_assert_eq(extent.type, TAU_H5_TYPE_F64);
    cr_assert(floats[2] == 3.5f && isnan(floats[3]) && isinf(floats[5]));
    tau_mem_free(floats);
    cr_assert_eq(tau_h5_read(file, "/g/a", TAU_H5_TYPE_F64, back, 5), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_h5_write(file, "/g/a", TAU_H5_TYPE_F64, 0, NULL, written), TAU_STATUS_EXISTS);
    cr_assert_eq(tau_h5_read(file, "/g", TAU_H5_TYPE_F64, back, 6), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_read(file, "/none", TAU_H5_TYPE_F64, back, 6), TAU_STATUS_MISSING);
}

Test(dataset, scalars_and_empty_arrays_are_possible) {
    const int64_t seven = 7;
    int64_t back = 0;
    tau_h5_extent extent;
    OK(tau_h5_write(file, "/scalar", TAU_H5_TYPE_I64, 0, NULL, &seven));
    OK(tau_h5_read(file, "/scalar", TAU_H5_TYPE_I64, &back, 1));
    cr_assert_eq(back, 7);
    OK(tau_h5_write(file, "/empty", TAU_H5_TYPE_F32, 2, (const int64_t[]){0, 5}, NULL));
    OK(tau_h5_inspect(&extent, file, "/empty"));
    cr_assert(extent.count == 0 && extent.dim[1] == 5);
    OK(tau_h5_read(file, "/empty", TAU_H5_TYPE_F32, NULL, 0));
}

Test(dataset, rows_grow_and_are_overwritten_and_cut) {
    const float rows[6] = {0, 1, 2, 10, 11, 12};
    float back[9];
    OK(tau_h5_create_rows(file, "/rows", TAU_H5_TYPE_F32, 1, (const int64_t[]){3}));
    OK(tau_h5_append_rows(file, "/rows", TAU_H5_TYPE_F32, 2, rows));
    OK(tau_h5_append_rows(file, "/rows", TAU_H5_TYPE_F32, 1, rows + 3));
    OK(tau_h5_read_rows(file, "/rows", TAU_H5_TYPE_F32, 1, 2, back));
    cr_assert_arr_eq(back, ((float[]){10, 11, 12, 10, 11, 12}), 6 * sizeof(float));
    OK(tau_h5_write_rows(file, "/rows", TAU_H5_TYPE_F32, 2, 1, rows));
    OK(tau_h5_read(file, "/rows", TAU_H5_TYPE_F32, back, 9));
    cr_assert_arr_eq(back, ((float[]){0, 1, 2, 10, 11, 12, 0, 1, 2}), sizeof back);
    cr_assert_eq(tau_h5_read_rows(file, "/rows", TAU_H5_TYPE_F32, 2, 2, back), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_h5_read_rows(file, "/rows", TAU_H5_TYPE_F32, SIZE_MAX, 2, back), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_h5_write_rows(file, "/rows", TAU_H5_TYPE_F32, 3, 1, rows), TAU_STATUS_SHAPE);
    OK(tau_h5_cut_rows(file, "/rows", 1));
    size_t count;
    OK(tau_h5_count_rows(&count, file, "/rows"));
    cr_assert_eq(count, 1u);
    cr_assert_eq(tau_h5_cut_rows(file, "/rows", 2), TAU_STATUS_SHAPE);
}

Test(dataset, a_row_wider_than_a_chunk_survives) {
    enum { WIDE = (1 << 20) + 777 };
    float *row, *back;
    OK(TAU_ALLOC(row, WIDE));
    OK(TAU_ALLOC(back, WIDE));
    for (int k = 0; k < WIDE; k++) row[k] = (float)(k % 1009);
    OK(tau_h5_create_rows(file, "/wide", TAU_H5_TYPE_F32, 1, (const int64_t[]){WIDE}));
    OK(tau_h5_append_rows(file, "/wide", TAU_H5_TYPE_F32, 1, row));
    OK(tau_h5_read_rows(file, "/wide", TAU_H5_TYPE_F32, 0, 1, back));
    cr_assert_arr_eq(row, back, WIDE * sizeof(float));
    tau_mem_free(row);
    tau_mem_free(back);
}

Test(dataset, rows_without_elements_are_counted) {
    size_t count;
    OK(tau_h5_create_rows(file, "/none", TAU_H5_TYPE_F32, 1, (const int64_t[]){0}));
    OK(tau_h5_append_rows(file, "/none", TAU_H5_TYPE_F32, 3, &count));
    OK(tau_h5_count_rows(&count, file, "/none"));
    cr_assert_eq(count, 3u);
}

Test(dataset, texts_grow_and_numbers_are_not_text) {
    char **texts;
    size_t count;
    OK(tau_h5_create_texts(file, "/names", 8));
    OK(tau_h5_append_text(file, "/names", "loss"));
    OK(tau_h5_append_text(file, "/names", "val_loss"));
    cr_assert_eq(tau_h5_append_text(file, "/names", "val_loss2"), TAU_STATUS_USAGE);
    OK(tau_h5_read_texts(&texts, &count, file, "/names"));
    cr_assert(count == 2 && !strcmp(texts[0], "loss") && !strcmp(texts[1], "val_loss"));
    tau_mem_free(texts);
    float *floats;
    tau_h5_extent extent;
    cr_assert_eq(tau_h5_read_floats(&floats, &extent, file, "/names"), TAU_STATUS_INPUT);
    cr_assert_null(floats);
    cr_assert_eq(tau_h5_append_rows(file, "/names", TAU_H5_TYPE_F32, 1, &count), TAU_STATUS_INPUT);
    OK(tau_h5_write(file, "/n", TAU_H5_TYPE_I64, 0, NULL, &(int64_t){1}));
    cr_assert_eq(tau_h5_read_texts(&texts, &count, file, "/n"), TAU_STATUS_INPUT);
}
