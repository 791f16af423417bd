#include "data/data.h"
#include "data/files.h"

static tau_status load(tau_dataset *data, const char *text, const char *labels) {
    tau_data_options options = {.data = write_words("table.csv", text), .labels = labels};
    return tau_data_load(data, &options);
}

static void expect_iris(const char *text, const char *labels) {
    tau_dataset data;
    OK(load(&data, text, labels));
    cr_assert(data.train->count == 3 && data.train->input_shape.rank == 1 &&
              data.train->input_shape.dim[0] == 2);
    cr_assert_arr_eq(data.train->inputs, ((float[]){5.5f, -3, 1e-3f, 4, 0, 1}), 24);
    cr_assert_eq(data.train->class_count, 2);
    cr_assert_arr_eq(data.train->classes, ((int32_t[]){1, 0, 1}), 12);
    tau_dataset_clear(&data);
}

Test(csv, separators_quotes_headers_and_line_ends_do_not_matter) {
    expect_iris("5.5,-3,b\n1e-3,4,a\n0,1,b\n", NULL);
    expect_iris("x,y,kind\n5.5,-3,b\n1e-3,4,a\n0,1,b", NULL);
    expect_iris("\xEF\xBB\xBFx;y;kind\r\n5.5;-3;b\r\n1e-3;4;a\r\n0;1;b\r\n\r\n", NULL);
    expect_iris("x\ty\tkind\n5.5\t-3\tb\n1e-3\t4\ta\n0\t1\tb\n", NULL);
    expect_iris("\"x, 1\",\"y \"\"q\"\"\",kind\n\"5.5\",-3,\"b\"\n 1e-3 , 4 ,\"a\"\n0,1,\"b\"\r\n", NULL);
    expect_iris("5.5,-3,1\n1e-3,4,0\n0,1,1\n", NULL);
    expect_iris("kind,x,y\nb,5.5,-3\na,1e-3,4\nb,0,1\n", "kind");
    expect_iris("7,x,y\nb,5.5,-3\na,1e-3,4\nb,0,1\n", "7");
}

Test(csv, real_labels_are_values) {
    tau_dataset data;
    OK(load(&data, "1,0.5\n2,-1\n3,4\n", NULL));
    cr_assert(!data.train->classes && data.train->target_size == 1 && data.train->values[0] == 0.5f);
    tau_dataset_clear(&data);
}

Test(csv, words_have_the_same_numbers_in_both_parts) {
    tau_dataset data;
    tau_data_options options = {.data = write_words("a.csv", "1,dog\n2,cat\n3,fox\n"),
                                .test_data = write_words("b.csv", "1,fox\n2,ape\n")};
    OK(tau_data_load(&data, &options));
    cr_assert_arr_eq(data.train->classes, ((int32_t[]){2, 1, 3}), 12);
    cr_assert_arr_eq(data.test->classes, ((int32_t[]){3, 0}), 8);
    cr_assert(data.train->class_count == 4 && data.test->class_count == 4);
    tau_dataset_clear(&data);
    options.test_data = write_words("c.csv", "1,0\n2,1\n");
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISMATCH);
    options.test_data = write_words("d.csv", "1,2,dog\n2,1,cat\n");
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_SHAPE);
}

Test(csv, labels_may_lie_in_a_table_of_their_own) {
    tau_dataset data;
    const char *labels = write_words("labels.csv", "kind\nyes\nno\n");
    OK(load(&data, "1,2\n3,4\n", labels));
    cr_assert(data.train->input_shape.dim[0] == 2 && data.train->classes[0] == 1 &&
              data.train->classes[1] == 0);
    tau_dataset_clear(&data);
    labels = write_words("values.csv", "0.5,1\n2,3\n");
    OK(load(&data, "1,2\n3,4\n", labels));
    cr_assert(data.train->target_size == 2 && data.train->values[3] == 3);
    tau_dataset_clear(&data);
}

Test(csv, errors_name_line_and_column) {
    tau_dataset data;
    cr_assert_eq(load(&data, "x,y,k\n1,2,a\n\n1,oops,b\n", NULL), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->what, "line 4, column 2"));
    cr_assert_eq(load(&data, "1,2,a\n1,,b\n", NULL), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->why, "empty"));
    cr_assert_eq(load(&data, "1,2,a\n1,b\n", NULL), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->why, "fewer"));
    cr_assert_eq(load(&data, "1,2,a\n1,2,b,3\n", NULL), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->why, "more"));
    cr_assert_eq(load(&data, "1,\"2,a\n", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "1,\"2\"x,a\n", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "\n\n", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "x,y\n", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "1\n2\n", NULL), TAU_STATUS_INPUT);
    cr_assert_eq(load(&data, "x,kind\n1,a\n", "knd"), TAU_STATUS_MISSING);
    cr_assert_str_eq(tau_error_last()->fix, "did you mean 'kind'?");
}
