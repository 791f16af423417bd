#include <math.h>
#include <zlib.h>

#include "core/log.h"
#include "data/data.h"
#include "data/files.h"
#include "h5/dataset.h"

static const char *pack(const char *name, const void *bytes, size_t size) {
    const char *path = scratch(name);
    gzFile file = gzopen(path, "wb");
    cr_assert_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    cr_assert_eq(gzclose(file), Z_OK);
    return path;
}

static void check_images(const tau_dataset *data) {
    const tau_samples *train = data->train;
    cr_assert(train->count == 4 && train->class_count == 3 && !data->test);
    cr_assert(train->input_shape.rank == 3 && train->input_shape.dim[0] == 1 &&
              train->input_shape.dim[1] == 2 && train->input_shape.dim[2] == 3);
    for (int i = 0; i < 24; i++) cr_assert_eq(train->inputs[i], (float)((i * 10 / 255.0 - 0.1307) / 0.3081));
    cr_assert_arr_eq(train->classes, ((int32_t[]){2, 0, 1, 2}), 4 * sizeof(int32_t));
    cr_assert_str_eq(train->normalisation, "(x/255 - 0.1307)/0.3081");
}

Test(files, idx_plain_and_packed_give_the_same_samples) {
    uint8_t images[64], labels[64];
    size_t image_size = idx_images(images), label_size = idx_labels(labels);
    tau_dataset data;
    tau_data_options options = {.has_mean = true, .has_std = true, .mean = 0.1307, .std = 0.3081};
    options.data = write_bytes("train-images-idx3-ubyte", images, image_size);
    options.labels = write_bytes("labels", labels, label_size);
    OK(tau_data_load(&data, &options));
    check_images(&data);
    cr_assert_str_eq(data.train->source, "train-images-idx3-ubyte");
    tau_dataset_clear(&data);
    options.data = pack("t10k-images-idx3-ubyte.gz", images, image_size);
    pack("t10k-labels-idx1-ubyte.gz", labels, label_size);
    options.labels = NULL; /* the partner of its name */
    OK(tau_data_load(&data, &options));
    check_images(&data);
    tau_dataset_clear(&data);
}

Test(files, test_data_come_from_files_or_from_a_split) {
    uint8_t images[64], labels[64];
    size_t image_size = idx_images(images), label_size = idx_labels(labels);
    tau_dataset data;
    tau_data_options options = {.test_fraction = 0.25};
    options.data = write_bytes("a.idx", images, image_size);
    options.labels = write_bytes("b.idx", labels, label_size);
    OK(tau_data_load(&data, &options));
    cr_assert(data.train->count == 3 && data.test->count == 1);
    tau_dataset_clear(&data);
    labels[8] = 7;
    options.test_data = options.data;
    options.test_labels = write_bytes("c.idx", labels, label_size);
    OK(tau_data_load(&data, &options));
    cr_assert(data.train->count == 4 && data.test->count == 4);
    cr_assert(data.train->class_count == 8 && data.test->class_count == 8,
              "both parts count the classes of both");
    tau_dataset_clear(&data);
    options.test_labels = NULL;
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options.test_data = NULL, options.labels = NULL;
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    cr_assert(!data.train && !data.test);
}

/* Loads inputs of one NPY file with four labels. */
static tau_status load_npy(tau_dataset *data, const char *dictionary, const void *numbers, size_t size,
                           const tau_data_options *base) {
    uint8_t bytes[512], labels[64];
    tau_data_options options = *base;
    options.data = write_bytes("inputs.npy", bytes, npy(bytes, dictionary, numbers, size));
    options.labels = write_bytes("labels.idx", labels, idx_labels(labels));
    return tau_data_load(data, &options);
}

static const tau_data_options plain = {0};

Test(files, npy_types_orders_and_versions_are_read) {
    tau_dataset data;
    const float floats[8] = {0, 1, 2, 3, 4, 5, 6, -7.5f};
    OK(load_npy(&data, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }  \n", floats, 32,
                &plain));
    cr_assert_arr_eq(data.train->inputs, floats, 32);
    cr_assert(data.train->input_shape.rank == 1 && data.train->input_shape.dim[0] == 2);
    cr_assert_str_eq(data.train->normalisation, "");
    tau_dataset_clear(&data);
    OK(load_npy(&data, "{\"shape\":(4,2),\"fortran_order\":True,\"descr\":\"<f4\"}", floats, 32, &plain));
    cr_assert_arr_eq(data.train->inputs, ((float[]){0, 4, 1, 5, 2, 6, 3, -7.5f}), 32);
    tau_dataset_clear(&data);
    const uint8_t big[8] = {0, 1, 0xff, 0xfe, 0x80, 0, 0x7f, 0xff};
    OK(load_npy(&data, "{'descr': '>i2', 'fortran_order': False, 'shape': (4,)}", big, 8, &plain));
    cr_assert_arr_eq(data.train->inputs, ((float[]){1, -2, -32768, 32767}), 16);
    tau_dataset_clear(&data);
    const double doubles[4] = {1e-3, NAN, -INFINITY, 1};
    OK(load_npy(&data, "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 1)}", doubles, 32, &plain));
    cr_assert(data.train->inputs[0] == 1e-3f && isnan(data.train->inputs[1]) && isinf(data.train->inputs[2]));
    tau_dataset_clear(&data);
    const int8_t small[4] = {-1, 2, -128, 127};
    OK(load_npy(&data, "{'descr': '|i1', 'fortran_order': False, 'shape': (4,)}", small, 4, &plain));
    cr_assert_arr_eq(data.train->inputs, ((float[]){-1, 2, -128, 127}), 16);
    tau_dataset_clear(&data);
    const uint8_t flags[4] = {0, 1, 1, 0};
    OK(load_npy(&data, "{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}", flags, 4, &plain));
    cr_assert_arr_eq(data.train->inputs, ((float[]){0, 1, 1, 0}), 16);
    tau_dataset_clear(&data);
}

static void count_notes(void *payload, tau_log_level level, const char *message) {
    cr_assert(level == TAU_LOG_LEVEL_NOTE && strstr(message, "2 inputs of inputs.npy are not finite"));
    ++*(int *)payload;
}

Test(files, inputs_that_are_not_finite_are_kept_and_noted) {
    tau_dataset data;
    int notes = 0;
    const float floats[4] = {0, NAN, INFINITY, 1};
    tau_log_set_sink(count_notes, &notes);
    OK(load_npy(&data, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", floats, 16, &plain));
    cr_assert(notes == 1 && isnan(data.train->inputs[1]));
    tau_dataset_clear(&data);
}

Test(files, broken_npy_headers_are_refused) {
    const char *wrong[] = {
        "",
        "{}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'shape': (4, 2)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (4,)}",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (4, 2)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (4, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), 'x': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (8)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999, 99999999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,8)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (4, 2)}",
    };
    const float floats[8] = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tau_dataset data;
        cr_expect_eq(load_npy(&data, wrong[i], floats, 32, &plain), TAU_STATUS_INPUT, "%s", wrong[i]);
        cr_expect(!data.train && !data.test);
    }
}

Test(files, channels_last_images_become_channels_first) {
    tau_dataset data;
    uint8_t bytes[4 * 2 * 1 * 3];
    for (int i = 0; i < 24; i++) bytes[i] = (uint8_t)i;
    tau_data_options nhwc = {.nhwc = true};
    OK(load_npy(&data, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 2, 1, 3)}", bytes, 24, &nhwc));
    const tau_shape *shape = &data.train->input_shape;
    cr_assert(shape->rank == 3 && shape->dim[0] == 3 && shape->dim[1] == 2 && shape->dim[2] == 1);
    const int first[6] = {0, 3, 1, 4, 2, 5};
    for (int i = 0; i < 6; i++) cr_assert_eq(data.train->inputs[6 + i], (float)((6 + first[i]) / 255.0));
    cr_assert_str_eq(data.train->normalisation, "x/255");
    tau_dataset_clear(&data);
}

/* Four inputs with labels of one NPY file. */
static tau_status load_labels(tau_dataset *data, const char *dictionary, const void *numbers, size_t size,
                              bool values_wanted) {
    uint8_t bytes[512], inputs[128];
    const float zeros[4] = {0};
    tau_data_options options = {.values_wanted = values_wanted};
    options.labels = write_bytes("labels.npy", bytes, npy(bytes, dictionary, numbers, size));
    options.data = write_bytes(
        "x.npy", inputs, npy(inputs, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", zeros, 16));
    return tau_data_load(data, &options);
}

Test(files, labels_become_classes_or_values) {
    tau_dataset data;
    const int32_t whole[4] = {1, 0, 1, 3};
    const char *four = "{'descr': '<i4', 'fortran_order': False, 'shape': (4,)}";
    OK(load_labels(&data, four, whole, 16, false));
    cr_assert(data.train->class_count == 4 && data.train->classes[3] == 3 && !data.train->values);
    tau_dataset_clear(&data);
    OK(load_labels(&data, four, whole, 16, true));
    cr_assert(data.train->class_count == 0 && data.train->target_size == 1 && data.train->values[3] == 3);
    tau_dataset_clear(&data);
    OK(load_labels(&data, "{'descr': '<i4', 'fortran_order': False, 'shape': (4, 1)}", whole, 16, false));
    cr_assert_eq(data.train->class_count, 4);
    tau_dataset_clear(&data);
    const float hot[12] = {0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0};
    const char *rows = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3)}";
    OK(load_labels(&data, rows, hot, 48, false));
    cr_assert(data.train->class_count == 3 && data.train->classes[0] == 1 && data.train->classes[2] == 2);
    tau_dataset_clear(&data);
    OK(load_labels(&data, rows, hot, 48, true));
    cr_assert(data.train->target_size == 3 && data.train->values[1] == 1 && !data.train->classes);
    tau_dataset_clear(&data);
    const float warm[12] = {0, 0.5, 0.5, 1, 0, 0, 0, 0, 1, 0, 1, 0};
    OK(load_labels(&data, rows, warm, 48, false));
    cr_assert(data.train->target_size == 3 && data.train->values[1] == 0.5f);
    tau_dataset_clear(&data);
    const int32_t negative[4] = {1, 0, -1, 3}, huge[4] = {1, 0, 2000000, 3};
    cr_assert_eq(load_labels(&data, four, negative, 16, false), TAU_STATUS_INPUT);
    cr_assert_not_null(strstr(tau_error_last()->what, "label 2 of labels.npy"), "%s", tau_error_last()->what);
    cr_assert_eq(load_labels(&data, four, huge, 16, false), TAU_STATUS_INPUT);
    cr_assert_eq(
        load_labels(&data, "{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}", whole, 12, false),
        TAU_STATUS_SHAPE);
    cr_assert_not_null(strstr(tau_error_last()->why, "4 inputs and 3 labels"));
    cr_assert_not_null(strstr(tau_error_last()->fix, "one for each"));
    cr_assert_eq(load_labels(&data, "{'descr': '<i4', 'fortran_order': False, 'shape': ()}", whole, 4, false),
                 TAU_STATUS_SHAPE);
}

static size_t deflated(uint8_t *out, const uint8_t *bytes, size_t size) {
    z_stream stream = {
        .next_in = (uint8_t *)bytes, .avail_in = (unsigned)size, .next_out = out, .avail_out = 512};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return 512 - stream.avail_out;
}

Test(files, npz_members_stored_and_deflated_are_found_by_name) {
    uint8_t array[256], packed[512], archive[800], labels[64];
    const float floats[4] = {1, 2, 3, 4};
    size_t size = npy(array, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", floats, 16);
    uint32_t checksum = (uint32_t)crc32(0, array, (unsigned)size);
    size_t packed_size = deflated(packed, array, size);
    char name[500];
    tau_dataset data;
    tau_data_options options = {.labels = write_bytes("l.idx", labels, idx_labels(labels))};
    for (int method = 0; method <= 8; method += 8) {
        size_t whole = method ? zip(archive, 8, checksum, packed, packed_size, size)
                              : zip(archive, 0, checksum, array, size, size);
        options.data = write_bytes("set.npz", archive, whole);
        OK(tau_data_load(&data, &options));
        cr_assert_arr_eq(data.train->inputs, floats, 16);
        tau_dataset_clear(&data);
        snprintf(name, sizeof name, "%s:x", scratch("set.npz"));
        options.data = name;
        OK(tau_data_load(&data, &options));
        tau_dataset_clear(&data);
    }
    snprintf(name, sizeof name, "%s:y", scratch("set.npz"));
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISSING);
    cr_assert_not_null(strstr(tau_error_last()->fix, "x.npy"));
    options.data = write_bytes("bad.npz", archive, zip(archive, 0, checksum + 1, array, size, size));
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_INPUT);
}

/* An archive without data whose directory names two arrays. @return bytes written */
static size_t zip_of_two(uint8_t *out) {
    uint8_t entry[46] = "PK\1\2\24\0\24", end[22] = "PK\5\6";
    size_t size = 4;
    memcpy(out, "PK\3\4", 4);
    entry[28] = 5;
    for (const char *name = "x.npy"; name; name = *name == 'x' ? "y.npy" : NULL, size += 51) {
        memcpy(out + size, entry, 46);
        memcpy(out + size + 46, name, 5);
    }
    put_u32(end + 12, 102), put_u32(end + 16, 4);
    memcpy(out + size, end, 22);
    return size + 22;
}

Test(files, an_archive_of_several_arrays_needs_the_name_of_one) {
    uint8_t archive[200], labels[64];
    tau_dataset data;
    const tau_data_options options = {.data = write_bytes("two.npz", archive, zip_of_two(archive)),
                                      .labels = write_bytes("l.idx", labels, idx_labels(labels))};
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISSING);
    cr_assert_not_null(strstr(tau_error_last()->why, "it holds several arrays: x.npy, y.npy"), "%s",
                       tau_error_last()->why);
    cr_assert_not_null(strstr(tau_error_last()->fix, "two.npz:x"), "%s", tau_error_last()->fix);
}

Test(files, hdf5_data_sets_are_found_by_name) {
    tau_h5 *file;
    const double inputs[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int64_t labels[4] = {0, 1, 1, 0};
    char data_name[500], label_name[500];
    OK(tau_h5_create(&file, scratch("set.h5")));
    OK(tau_h5_write(file, "/run/inputs", TAU_H5_TYPE_F64, 2, (const int64_t[]){4, 2}, inputs));
    OK(tau_h5_write(file, "/run/targets", TAU_H5_TYPE_I64, 1, (const int64_t[]){4}, labels));
    OK(tau_h5_close(file));
    snprintf(data_name, sizeof data_name, "%s:run/inputs", scratch("set.h5"));
    snprintf(label_name, sizeof label_name, "%s:/run/targets", scratch("set.h5"));
    tau_dataset data;
    tau_data_options options = {.data = data_name, .labels = label_name};
    OK(tau_data_load(&data, &options));
    cr_assert(data.train->count == 4 && data.train->inputs[7] == 8 && data.train->classes[1] == 1);
    cr_assert_str_eq(data.train->source, "set.h5:run/inputs");
    tau_dataset_clear(&data);
    snprintf(data_name, sizeof data_name, "%s:none", scratch("set.h5"));
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISSING);
    cr_assert_not_null(strstr(tau_error_last()->fix, "run/"));
    options.data = scratch("set.h5");
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISSING);
}

Test(files, impossible_options_are_refused) {
    tau_dataset data;
    tau_data_options options = {0};
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options.data = "no/such/file.npy";
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_MISSING);
    options.data = "/";
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_IO);
    options.data = "moons";
    options.has_std = true;
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options.std = 1, options.has_mean = true, options.mean = NAN;
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options = (tau_data_options){.data = "moons", .test_fraction = 1};
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options = (tau_data_options){.data = "moons", .test_labels = "x"};
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
    options = (tau_data_options){.data = "digts"};
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_USAGE);
}
