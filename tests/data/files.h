/** Small data files for tests. */
#ifndef TAU_TESTS_DATA_FILES_H
#define TAU_TESTS_DATA_FILES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/status.h"
#include "ok.h"
#include "scratch.h"

static inline const char *write_bytes(const char *name, const void *bytes, size_t size) {
    const char *path = scratch(name);
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static inline const char *write_words(const char *name, const char *text) {
    return write_bytes(name, text, strlen(text));
}

/* Four images of 2x3 bytes and their labels as IDX. @return bytes written */
static inline size_t idx_images(uint8_t out[64]) {
    const uint8_t header[16] = {0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3};
    memcpy(out, header, 16);
    for (int i = 0; i < 24; i++) out[16 + i] = (uint8_t)(i * 10);
    return 40;
}

static inline size_t idx_labels(uint8_t out[64]) {
    const uint8_t bytes[12] = {0, 0, 8, 1, 0, 0, 0, 4, 2, 0, 1, 2};
    memcpy(out, bytes, 12);
    return 12;
}

/* An NPY file of version 1 from its dictionary and numbers. @return bytes written */
static inline size_t npy(uint8_t *out, const char *dictionary, const void *numbers, size_t size) {
    size_t length = strlen(dictionary);
    memcpy(out, "\x93NUMPY\1\0", 8);
    out[8] = (uint8_t)length, out[9] = (uint8_t)(length >> 8);
    memcpy(out + 10, dictionary, length);
    memcpy(out + 10 + length, numbers, size);
    return 10 + length + size;
}

static inline void put_u32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

/* A ZIP archive of one member, "x.npy". @param[in] method  0 stored, 8 deflated   @return bytes written */
static inline size_t zip(uint8_t *out, int method, uint32_t checksum, const uint8_t *packed,
                         size_t packed_size, size_t size) {
    uint8_t local[30] = "PK\3\4\24", entry[46] = "PK\1\2\24\0\24", end[22] = "PK\5\6";
    local[8] = entry[10] = (uint8_t)method;
    put_u32(local + 14, checksum), put_u32(entry + 16, checksum);
    put_u32(local + 18, (uint32_t)packed_size), put_u32(entry + 20, (uint32_t)packed_size);
    put_u32(local + 22, (uint32_t)size), put_u32(entry + 24, (uint32_t)size);
    local[26] = entry[28] = 5;
    end[8] = end[10] = 1;
    put_u32(end + 12, 46 + 5), put_u32(end + 16, (uint32_t)(30 + 5 + packed_size));
    memcpy(out, local, 30), memcpy(out + 30, "x.npy", 5), memcpy(out + 35, packed, packed_size);
    memcpy(out + 35 + packed_size, entry, 46), memcpy(out + 81 + packed_size, "x.npy", 5);
    memcpy(out + 86 + packed_size, end, 22);
    return 108 + packed_size;
}

#endif
