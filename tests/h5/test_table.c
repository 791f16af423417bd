#include "h5/table.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ok.h"
#include "scratch.h"

typedef struct parameter {
    char name[16];
    int64_t shape[4];
    double scale;
    int32_t role;
} parameter;

static const tau_h5_field fields[] = {
    {"name", TAU_H5_TYPE_TEXT, offsetof(parameter, name), 16, 0},
    {"shape", TAU_H5_TYPE_I64, offsetof(parameter, shape), 0, 4},
    {"scale", TAU_H5_TYPE_F64, offsetof(parameter, scale), 0, 0},
    {"role", TAU_H5_TYPE_I32, offsetof(parameter, role), 0, 0},
};
static const tau_h5_record record = {fields, 4, sizeof(parameter)};
static const parameter written[2] = {{"conv1.weight", {32, 1, 3, 3}, 0.5, 0},
                                     {"a name too long", {32}, -1, 1}};

Test(table, records_come_back_and_fields_are_found_by_name) {
    tau_h5 *file;
    parameter back[2];
    OK(tau_h5_create(&file, scratch("table.h5")));
    OK(tau_h5_create_table(file, "/g/table", &record));
    OK(tau_h5_append_records(file, "/g/table", &record, 1, written));
    OK(tau_h5_append_records(file, "/g/table", &record, 1, written + 1));
    memset(back, 0xff, sizeof back);
    OK(tau_h5_read_records(file, "/g/table", &record, 0, 2, back));
    for (int i = 0; i < 2; i++) {
        cr_assert_str_eq(back[i].name, written[i].name);
        cr_assert_arr_eq(back[i].shape, written[i].shape, sizeof back[i].shape);
        cr_assert(back[i].scale == written[i].scale && back[i].role == written[i].role);
    }
    typedef struct part {
        double role;
        char name[5];
    } part;
    const tau_h5_field some[] = {{"role", TAU_H5_TYPE_F64, offsetof(part, role), 0, 0},
                                 {"name", TAU_H5_TYPE_TEXT, offsetof(part, name), 5, 0}};
    part short_one;
    OK(tau_h5_read_records(file, "/g/table", &(tau_h5_record){some, 2, sizeof(part)}, 1, 1, &short_one));
    cr_assert(short_one.role == 1 && !strcmp(short_one.name, "a na"));
    OK(tau_h5_write_records(file, "/g/table", &record, 0, 1, written + 1));
    OK(tau_h5_read_records(file, "/g/table", &record, 0, 1, back));
    cr_assert_str_eq(back[0].name, "a name too long");
    OK(tau_h5_close(file));
}

Test(table, other_tables_are_refused) {
    tau_h5 *file;
    parameter back[2];
    OK(tau_h5_create(&file, scratch("other.h5")));
    OK(tau_h5_create_table(file, "/table", &(tau_h5_record){fields, 2, sizeof(parameter)}));
    OK(tau_h5_create_rows(file, "/rows", TAU_H5_TYPE_F32, 0, NULL));
    cr_assert_eq(tau_h5_read_records(file, "/table", &record, 0, 0, back), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->why, "'scale' is missing"));
    cr_assert_eq(tau_h5_read_records(file, "/rows", &record, 0, 0, back), TAU_STATUS_INPUT);
    tau_h5_record first = {fields, 2, sizeof(parameter)};
    cr_assert_eq(tau_h5_read_records(file, "/table", &first, 0, 1, back), TAU_STATUS_SHAPE);
    cr_assert_eq(tau_h5_append_rows(file, "/table", TAU_H5_TYPE_F32, 1, back), TAU_STATUS_INPUT);
    OK(tau_h5_close(file));
}
