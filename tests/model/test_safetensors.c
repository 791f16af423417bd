#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/rng.h"
#include "folder.h"
#include "model/floats.h"
#include "model/model.h"

static char directory[256], path[300];

static void make_directory(void) {
    folder_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/w.safetensors", directory);
}

static void remove_directory(void) {
    unlink(path);
    rmdir(directory);
}

static tau_model *make(const char *name, uint64_t seed) {
    tau_model *model;
    cr_assert_eq(tau_model_builtin(&model, name, seed), TAU_STATUS_OK);
    return model;
}

static tau_status read_into(const tau_model *model) {
    return tau_model_read_safetensors(model->graph, path, model->theta, model->buffers);
}

/* Without the syncing of tau_file_write, which the many broken files do not need. */
static void write_bytes(const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* A file with that JSON header before `size` bytes of tensors. */
static void write_file(const char *header, const void *data, size_t size) {
    const uint64_t length = strlen(header);
    uint8_t bytes[2048];
    cr_assert_lt(8 + length + size, sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    if (size) memcpy(bytes + 8 + length, data, size);
    write_bytes(bytes, 8 + length + size);
}

TestSuite(safetensors, .init = make_directory, .fini = remove_directory);

Test(safetensors, weights_and_statistics_come_back) {
    tau_model *saved = make("resnet20", 1), *loaded = make("resnet20", 2);
    for (size_t i = 0; i < saved->graph->buffer_size; i++) saved->buffers[i] = (float)i;
    cr_assert_eq(tau_model_write_safetensors(saved->graph, saved->theta, saved->buffers, path),
                 TAU_STATUS_OK);
    cr_assert_eq(read_into(loaded), TAU_STATUS_OK);
    cr_assert_arr_eq(saved->theta, loaded->theta, saved->graph->theta_size * sizeof(float));
    cr_assert_arr_eq(saved->buffers, loaded->buffers, saved->graph->buffer_size * sizeof(float));
    tau_model_destroy(saved);
    tau_model_destroy(loaded);
}

Test(safetensors, tensors_are_matched_by_name_and_converted) {
    static const struct {
        uint16_t half[2];
        uint16_t bfloat[1];
        uint16_t gap;
    } data = {{0x3c00, 0xc500}, {0x3fc0}, 0};
    tau_model *model = make("mlp:2-1", 1);
    write_file("{\"__metadata__\":{\"format\":\"pt\"},"
               "\"fc1.bias\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[4,6]},"
               "\"steps\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
               "\"fc1.weight\":{\"dtype\":\"F16\",\"shape\":[1,2],\"data_offsets\":[0,4]}}   ",
               &data, sizeof data);
    cr_assert_eq(read_into(model), TAU_STATUS_OK, "%s: %s", tau_error_last()->what, tau_error_last()->why);
    cr_assert(model->theta[0] == 1 && model->theta[1] == -5 && model->theta[2] == 1.5f);
    tau_model_destroy(model);
}

Test(safetensors, broken_and_foreign_files_are_refused) {
    static const char *const headers[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"fc1.weight\":3,\"fc1.bias\":3}",
        "{\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"fc1.weight\":{\"dtype\":\"I32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]},"
        "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[-8,0]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,9223372036854775807]}}",
        "{\"fc1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}",
        "{\"fc1.bias\":{},\"fc1.bias\":{}}"};
    const float data[3] = {1, 2, 3};
    tau_model *model = make("mlp:2-1", 1);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        write_file(headers[i], data, sizeof data);
        cr_assert_neq(read_into(model), TAU_STATUS_OK, "%s", headers[i]);
        cr_assert_gt(strlen(tau_error_last()->what), 0);
    }
    write_bytes("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    cr_assert_eq(read_into(model), TAU_STATUS_INPUT);
    unlink(path);
    cr_assert_eq(read_into(model), TAU_STATUS_MISSING);
    tau_model_destroy(model);
}

Test(safetensors, every_truncation_is_refused_and_mutations_do_no_harm) {
    tau_model *model = make("mlp:2-3-1:relu", 1);
    uint8_t *bytes, *copy;
    size_t size;
    cr_assert_eq(tau_model_write_safetensors(model->graph, model->theta, model->buffers, path),
                 TAU_STATUS_OK);
    cr_assert_eq(tau_file_read(&bytes, &size, path, 1 << 20), TAU_STATUS_OK);
    cr_assert_eq(TAU_ALLOC(copy, size), TAU_STATUS_OK);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes(bytes, cut);
        cr_assert_neq(read_into(model), TAU_STATUS_OK, "cut at %zu", cut);
    }
    const tau_rng_key key = {11, tau_rng_stream("mutations")};
    for (uint64_t i = 0; i < 1000; i++) {
        memcpy(copy, bytes, size);
        for (uint64_t k = 0; k <= i % 3; k++)
            copy[tau_rng_below(key, 8 * i + 2 * k, size)] = (uint8_t)tau_rng_bits(key, 8 * i + 2 * k + 1);
        write_bytes(copy, size);
        const tau_status status = read_into(model);
        cr_assert(status == TAU_STATUS_OK || *tau_error_last()->what);
    }
    tau_mem_free(copy);
    tau_mem_free(bytes);
    tau_model_destroy(model);
}

Test(floats, halves_are_converted_exactly) {
    static const struct {
        uint16_t half;
        float value;
    } cases[] = {{0x0000, 0},         {0x3c00, 1},
                 {0xc000, -2},        {0x7bff, 65504},
                 {0x0400, 0x1p-14f},  {0x03ff, 1023 * 0x1p-24f},
                 {0x8001, -0x1p-24f}, {0x3555, 1365 * 0x1p-12f}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(tau_floats_from_half(cases[i].half), cases[i].value, "%04x", cases[i].half);
    cr_assert(signbit(tau_floats_from_half(0x8000)));
    cr_assert(isinf(tau_floats_from_half(0xfc00)) && isnan(tau_floats_from_half(0x7e00)));
    cr_assert_eq(tau_floats_from_bfloat(0xc0a0), -5);
}
