/* Every loader, on files cut at every byte and with bytes changed: an error or samples, never a crash. */
#include <zlib.h>

#include "core/rng.h"
#include "data/data.h"
#include "data/files.h"

static size_t gzipped(uint8_t *out, const uint8_t *bytes, size_t size) {
    z_stream stream = {
        .next_in = (uint8_t *)bytes, .avail_in = (unsigned)size, .next_out = out, .avail_out = 512};
    cr_assert_eq(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return 512 - stream.avail_out;
}

/* Samples that were made are whole; none were made where there is an error. @return whether it was an error
 */
static bool loads(const uint8_t *bytes, size_t size, const char *labels) {
    tau_dataset data;
    tau_data_options options = {.data = write_bytes("damaged.bin", bytes, size), .labels = labels};
    tau_status status = tau_data_load(&data, &options);
    cr_assert_eq(status == TAU_STATUS_OK, data.train != NULL);
    if (status == TAU_STATUS_OK) {
        char digest[TAU_HASH_TEXT];
        tau_samples_digest(data.train, digest);
        for (size_t i = 0; data.train->classes && i < data.train->count; i++)
            cr_assert(data.train->classes[i] >= 0 && data.train->classes[i] < data.train->class_count);
    } else {
        cr_assert(*tau_error_last()->what && *tau_error_last()->why);
    }
    tau_dataset_clear(&data);
    return status == TAU_STATUS_OK;
}

static void damage(const uint8_t *bytes, size_t size, const char *labels, bool any_cut_is_an_error) {
    const tau_rng_key key = {2, size};
    uint8_t copy[600];
    cr_assert(loads(bytes, size, labels));
    for (size_t length = 0; length < size; length++) {
        bool loaded = loads(bytes, length, labels);
        cr_assert(!loaded || !any_cut_is_an_error, "cut to %zu bytes", length);
    }
    for (uint64_t round = 0; round < 1000; round++) {
        memcpy(copy, bytes, size);
        for (uint64_t k = 0; k < 1 + round % 4; k++)
            copy[tau_rng_below(key, round * 8 + k, size)] = (uint8_t)tau_rng_bits(key, round * 8 + 4 + k);
        loads(copy, size, labels);
    }
}

static char label_path[500];

static void write_labels(void) {
    uint8_t labels[64];
    snprintf(label_path, sizeof label_path, "%s", write_bytes("labels.idx", labels, idx_labels(labels)));
}

TestSuite(damaged, .init = write_labels);

Test(damaged, idx) {
    uint8_t bytes[64];
    damage(bytes, idx_images(bytes), label_path, true);
}

Test(damaged, packed_idx) {
    uint8_t bytes[64], packed[512];
    damage(packed, gzipped(packed, bytes, idx_images(bytes)), label_path, true);
}

Test(damaged, npy) {
    uint8_t bytes[512];
    float numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    damage(bytes, npy(bytes, "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 2), }   \n", numbers, 32),
           label_path, true);
}

Test(damaged, npz) {
    uint8_t array[256], archive[600];
    float numbers[4] = {1, 2, 3, 4};
    size_t size = npy(array, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", numbers, 16);
    uint32_t checksum = (uint32_t)crc32(0, array, (unsigned)size);
    damage(archive, zip(archive, 0, checksum, array, size, size), label_path, true);
}

Test(damaged, csv) {
    const char *text = "x,\"y \"\"1\"\"\",kind\n1,2.5,red\n-3,\"4\",blue\n0,1e-3,\"red\"\n7,8,green\n";
    damage((const uint8_t *)text, strlen(text), NULL, false);
}
