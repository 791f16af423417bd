/* Files as they come from nowhere good: every one must end in an error or a model, never in a crash. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/rng.h"
#include "folder.h"
#include "model/model.h"
#include "onnx/onnx.pb-c.h"

static const char *const fixtures[] = {"torch_cnn_opset7",        "torch_mlp_opset11", "keras_cnn_opset13",
                                       "torch_attention_opset17", "jax_mlp_opset21",   "torch_pad_opset14"};

static uint8_t *load(const char *name, size_t *size) {
    char path[512];
    uint8_t *bytes;
    snprintf(path, sizeof path, "%s%s.onnx", FIXTURES, name);
    cr_assert_eq(tau_file_read(&bytes, size, path, 1 << 20), TAU_STATUS_OK);
    return bytes;
}

static Onnx__ModelProto *unpack(const char *name) {
    size_t size;
    uint8_t *bytes = load(name, &size);
    Onnx__ModelProto *file = onnx__model_proto__unpack(NULL, size, bytes);
    cr_assert_not_null(file);
    tau_mem_free(bytes);
    return file;
}

/* What the import says of a changed file. */
static tau_status parse(const Onnx__ModelProto *file, const char *directory) {
    uint8_t *bytes;
    tau_model *model;
    cr_assert_eq(TAU_ALLOC(bytes, onnx__model_proto__get_packed_size(file)), TAU_STATUS_OK);
    const size_t size = onnx__model_proto__pack(file, bytes);
    tau_status status = tau_model_parse_onnx(&model, bytes, size, directory, "hostile");
    cr_assert_eq(status == TAU_STATUS_OK, model != NULL);
    if (status != TAU_STATUS_OK) cr_assert_gt(strlen(tau_error_last()->why), 0);
    tau_model_destroy(model);
    tau_mem_free(bytes);
    return status;
}

static Onnx__NodeProto *find_node(Onnx__ModelProto *file, const char *type) {
    for (size_t i = 0; i < file->graph->n_node; i++)
        if (strcmp(file->graph->node[i]->op_type, type) == 0) return file->graph->node[i];
    cr_assert_fail("no %s", type);
    return NULL;
}

static Onnx__AttributeProto *find_attribute(Onnx__NodeProto *node, const char *name) {
    for (size_t i = 0; i < node->n_attribute; i++)
        if (strcmp(node->attribute[i]->name, name) == 0) return node->attribute[i];
    cr_assert_fail("no %s", name);
    return NULL;
}

static void rename_to(char **text, const char *name) {
    free(*text);
    *text = strdup(name);
}

Test(onnx_hostile, every_truncation_ends_in_an_error_or_a_model) {
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        size_t size;
        uint8_t *bytes = load(fixtures[i], &size);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *exact = malloc(cut + 1); /* so that the sanitizer sees a read beyond the end */
            tau_model *model;
            memcpy(exact, bytes, cut);
            exact = realloc(exact, cut ? cut : 1);
            if (tau_model_parse_onnx(&model, exact, cut, NULL, "cut") != TAU_STATUS_OK) cr_assert_null(model);
            tau_model_destroy(model);
            free(exact);
        }
        tau_mem_free(bytes);
    }
}

Test(onnx_hostile, a_thousand_mutations_do_no_harm) {
    const tau_rng_key key = {5, tau_rng_stream("mutations")};
    int accepted = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        size_t size;
        uint8_t *bytes = load(fixtures[i % (sizeof fixtures / sizeof *fixtures)], &size);
        tau_model *model;
        for (uint64_t k = 0; k <= i % 4; k++)
            bytes[tau_rng_below(key, 16 * i + 2 * k, size)] = (uint8_t)tau_rng_bits(key, 16 * i + 2 * k + 1);
        if (tau_model_parse_onnx(&model, bytes, size, NULL, "mutated") == TAU_STATUS_OK) accepted++;
        tau_model_destroy(model);
        tau_mem_free(bytes);
    }
    cr_assert(accepted > 0 && accepted < 1000);
}

Test(onnx_hostile, deep_nesting_does_not_exhaust_the_stack) {
    /* model.graph.node.attribute.g.node.attribute.g … : lengths are built from the inside out. */
    const size_t capacity = 4 << 20;
    uint8_t *bytes = malloc(capacity), *at = bytes + capacity;
    for (int level = 0; level < 100000; level++) {
        static const uint8_t tags[3] = {0x32, 0x2a,
                                        0x0a}; /* AttributeProto.g, NodeProto.attribute, GraphProto.node */
        uint64_t length = (uint64_t)(bytes + capacity - at);
        uint8_t varint[10];
        int count = 0;
        do varint[count++] = (uint8_t)((length & 127) | (length > 127 ? 128 : 0));
        while (length >>= 7);
        at -= count;
        memcpy(at, varint, (size_t)count);
        *--at = level == 99999 ? 0x3a : tags[level % 3];
    }
    tau_model *model;
    cr_assert_eq(tau_model_parse_onnx(&model, at, (size_t)(bytes + capacity - at), NULL, "deep"),
                 TAU_STATUS_INPUT);
    free(bytes);
}

Test(onnx_hostile, damaged_windows) {
    static const struct {
        char type[12], attribute[16];
        int64_t value;
    } cases[] = {{"Conv", "strides", 0},
                 {"Conv", "strides", -1},
                 {"Conv", "dilations", 0},
                 {"Conv", "kernel_shape", 2},
                 {"Conv", "pads", -1},
                 {"MaxPool", "kernel_shape", 0},
                 {"MaxPool", "pads", 2},
                 {"MaxPool", "kernel_shape", 99},
                 {"MaxPool", "strides", INT64_MIN},
                 {"Conv", "pads", INT64_MAX},
                 {"Conv", "dilations", INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Onnx__ModelProto *file = unpack("torch_cnn_opset7");
        find_attribute(find_node(file, cases[i].type), cases[i].attribute)->ints[0] = cases[i].value;
        cr_assert_neq(parse(file, NULL), TAU_STATUS_OK, "case %zu", i);
        onnx__model_proto__free_unpacked(file, NULL);
    }
}

Test(onnx_hostile, damaged_numbers) {
    Onnx__ModelProto *file = unpack("torch_cnn_opset7");
    Onnx__NodeProto *conv = find_node(file, "Conv");
    find_attribute(conv, "group")->i = 0;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_SHAPE);
    find_attribute(conv, "group")->i = INT64_MIN;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_SHAPE);
    find_attribute(conv, "group")->i = 1;
    find_attribute(conv, "strides")->n_ints = 1;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT);
    find_attribute(conv, "strides")->n_ints = 2;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_OK);
    file->opset_import[0]->version = 6;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    file->opset_import[0]->version = 22;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    onnx__model_proto__free_unpacked(file, NULL);
}

Test(onnx_hostile, damaged_tensors) {
    Onnx__ModelProto *file = unpack("torch_cnn_opset7");
    Onnx__TensorProto *weight = file->graph->initializer[0];
    weight->dims[0] = -2;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_SHAPE);
    weight->dims[0] = INT64_MAX;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_SHAPE);
    weight->dims[0] = 3;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT);
    weight->dims[0] = 2;
    weight->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    cr_assert_neq(parse(file, NULL), TAU_STATUS_OK);
    weight->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_OK);
    onnx__model_proto__free_unpacked(file, NULL);
}

Test(onnx_hostile, cycles_duplicates_and_strangers) {
    Onnx__ModelProto *file = unpack("torch_cnn_opset7");
    Onnx__NodeProto *relu = find_node(file, "Relu");
    rename_to(&relu->input[0], "23");
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT, "a cycle");
    rename_to(&relu->input[0], "nowhere");
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT, "a missing input");
    rename_to(&relu->input[0], "10");
    rename_to(&relu->op_type, "Einsum");
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    cr_assert(strstr(tau_error_last()->why, "Einsum") && strstr(tau_error_last()->why, "opset 7"));
    rename_to(&relu->op_type, "Relu");
    rename_to(&relu->output[0], "9");
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT, "two tensors of one name");
    rename_to(&relu->output[0], "11");
    rename_to(&file->graph->initializer[1]->name, "conv1.weight");
    cr_assert_eq(parse(file, NULL), TAU_STATUS_INPUT, "two weights of one name");
    onnx__model_proto__free_unpacked(file, NULL);
}

Test(onnx_hostile, samples_are_never_mixed) {
    Onnx__ModelProto *file = unpack("keras_cnn_opset13");
    Onnx__AttributeProto *order = find_attribute(find_node(file, "Transpose"), "perm");
    order->ints[0] = 1, order->ints[2] = 0;
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    order->ints[0] = 0, order->ints[2] = 99;
    cr_assert_neq(parse(file, NULL), TAU_STATUS_OK);
    order->ints[2] = 1;
    const int64_t mixing[2] = {-1, 18}, huge[2] = {-1, INT64_MAX}, fixed[2] = {7, 36};
    ProtobufCBinaryData *shape = &file->graph->initializer[4]->raw_data;
    memcpy(shape->data, mixing, sizeof mixing);
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    memcpy(shape->data, huge, sizeof huge);
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    memcpy(shape->data, fixed, sizeof fixed);
    cr_assert_eq(parse(file, NULL), TAU_STATUS_UNSUPPORTED);
    onnx__model_proto__free_unpacked(file, NULL);
}

static Onnx__StringStringEntryProto *entry(const char *key, const char *value) {
    Onnx__StringStringEntryProto *out = calloc(1, sizeof *out);
    onnx__string_string_entry_proto__init(out);
    out->key = strdup(key);
    out->value = strdup(value);
    return out;
}

/* Moves the first tensor's data into another file: location, offset, length. */
static void move_outside(Onnx__TensorProto *tensor, const char *location, const char *offset,
                         const char *length) {
    tensor->has_raw_data = 0;
    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    tensor->external_data = calloc(3, sizeof *tensor->external_data);
    tensor->external_data[0] = entry("location", location);
    tensor->external_data[1] = entry("offset", offset);
    tensor->external_data[2] = entry("length", length);
    tensor->n_external_data = 3;
}

static tau_status parse_with_external(const char *location, const char *offset, const char *length,
                                      const char *directory) {
    Onnx__ModelProto *file = unpack("torch_cnn_opset7");
    Onnx__TensorProto *tensor = file->graph->initializer[0];
    move_outside(tensor, location, offset, length);
    tau_status status = parse(file, directory);
    tensor->has_raw_data = 1; /* allocated still */
    onnx__model_proto__free_unpacked(file, NULL);
    return status;
}

Test(onnx_hostile, external_data_are_read_from_below_the_model_only) {
    char directory[256], path[300];
    const uint8_t bytes[80] = {0};
    folder_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/w.bin", directory);
    cr_assert_eq(tau_file_write(path, bytes, sizeof bytes), TAU_STATUS_OK);
    cr_assert_eq(parse_with_external("w.bin", "8", "72", directory), TAU_STATUS_OK);
    cr_assert_eq(parse_with_external("./w.bin", "0", "72", directory), TAU_STATUS_OK);
    cr_assert_eq(parse_with_external("w.bin", "9", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("w.bin", "18446744073709551615", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("w.bin", "-1", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("w.bin", "99999999999999999999", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("w.bin", "0", "71", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external(path, "0", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("../w.bin", "0", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("a/../../w.bin", "0", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("", "0", "72", directory), TAU_STATUS_INPUT);
    cr_assert_eq(parse_with_external("absent.bin", "0", "72", directory), TAU_STATUS_MISSING);
    cr_assert_eq(parse_with_external("w.bin", "0", "72", NULL), TAU_STATUS_MISSING);
    unlink(path);
    rmdir(directory);
}
