/* Files made to harm: links and storage that lead elsewhere, sizes that are not there, damaged bytes. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <string.h>
#include <sys/wait.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/rng.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "ok.h"
#include "scratch.h"

/* The library asks for whatever size a damaged file names and copes with a refusal; so must the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void make_sparse(hid_t file) {
    hsize_t huge[2] = {UINT64_C(1) << 18, UINT64_C(1) << 18}, chunk[2] = {16, 16};
    hid_t space = H5Screate_simple(2, huge, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(list, 2, chunk);
    H5Dclose(H5Dcreate2(file, "huge", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Pclose(list);
    H5Sclose(space);
}

static void make_external(hid_t file) {
    hsize_t size = 4;
    hid_t space = H5Screate_simple(1, &size, NULL), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(list, "/etc/hostname", 0, 4);
    H5Dclose(H5Dcreate2(file, "external", H5T_NATIVE_UINT8, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Pclose(list);
    H5Sclose(space);
}

Test(hostile, data_outside_the_file_and_claims_beyond_it_are_refused) {
    hid_t raw = H5Fcreate(scratch("hostile.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    make_sparse(raw);
    make_external(raw);
    H5Lcreate_external(scratch("hostile.h5"), "/huge", raw, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nothing", raw, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(raw);
    tau_h5 *file;
    tau_h5_extent extent;
    float *floats;
    OK(tau_h5_open_read(&file, scratch("hostile.h5")));
    cr_assert_eq(tau_h5_read_floats(&floats, &extent, file, "/huge"), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_inspect(&extent, file, "/huge"), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_read_floats(&floats, &extent, file, "/external"), TAU_STATUS_UNSUPPORTED);
    cr_assert_neq(tau_h5_read_floats(&floats, &extent, file, "/elsewhere"), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_read_floats(&floats, &extent, file, "/dangling"), TAU_STATUS_MISSING);
    tau_h5_discard(file);
}

Test(hostile, booleans_as_h5py_writes_them_are_numbers) {
    hid_t raw = H5Fcreate(scratch("bool.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    const int8_t no = 0, yes = 1, flags[3] = {1, 0, 1};
    const hsize_t three = 3;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    hid_t space = H5Screate_simple(1, &three, NULL);
    hid_t dataset = H5Dcreate2(raw, "flags", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    cr_assert_geq(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, flags), 0);
    H5Dclose(dataset), H5Sclose(space), H5Tclose(type), H5Fclose(raw);
    tau_h5 *file;
    tau_h5_extent extent;
    float *floats;
    OK(tau_h5_open_read(&file, scratch("bool.h5")));
    OK(tau_h5_read_floats(&floats, &extent, file, "flags"));
    cr_assert(extent.type == TAU_H5_TYPE_I8 && floats[0] == 1 && floats[1] == 0 && floats[2] == 1);
    tau_mem_free(floats);
    tau_h5_discard(file);
}

static tau_status touch(void *payload, const char *name, bool is_group) {
    tau_h5 *file = payload;
    float *floats;
    char **texts, *text;
    size_t count;
    tau_h5_extent extent;
    (void)is_group;
    if (tau_h5_read_floats(&floats, &extent, file, name) == TAU_STATUS_OK) tau_mem_free(floats);
    if (tau_h5_read_texts(&texts, &count, file, name) == TAU_STATUS_OK) tau_mem_free(texts);
    if (tau_h5_get_text(&text, file, name, "note") == TAU_STATUS_OK) tau_mem_free(text);
    return TAU_STATUS_OK;
}

/* Opens and reads whatever is there; errors are fine. */
static void read_all(const char *path) {
    tau_h5 *file;
    if (tau_h5_open_follow(&file, path) != TAU_STATUS_OK) return;
    if (tau_h5_list(file, "/", touch, file) != TAU_STATUS_OK)
        cr_assert_neq(tau_error_last()->code, TAU_STATUS_OK);
    tau_h5_discard(file);
}

/* Reads in a child: 0, or the signal or sanitizer status that ended it. */
static int ends_with(const uint8_t *bytes, size_t size) {
    const char *path = scratch("damaged.h5");
    FILE *out = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, size, out), size);
    fclose(out);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        read_all(path);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static void make_small(const char *path, bool compatible) {
    tau_h5 *file;
    const float row[4] = {1, 2, 3, 4};
    OK(compatible ? tau_h5_create_compatible(&file, path) : tau_h5_create(&file, path));
    OK(tau_h5_write(file, "/fixed", TAU_H5_TYPE_F32, 1, (const int64_t[]){4}, row));
    OK(tau_h5_create_rows(file, "/rows", TAU_H5_TYPE_F32, 1, (const int64_t[]){4}));
    OK(tau_h5_append_rows(file, "/rows", TAU_H5_TYPE_F32, 1, row));
    OK(tau_h5_create_texts(file, "/texts", 8));
    OK(tau_h5_append_text(file, "/texts", "word"));
    OK(tau_h5_set_text(file, "/rows", "note", "written by a test"));
    OK(tau_h5_close(file));
}

static void truncate_everywhere(bool compatible) {
    unlink(scratch("small.h5"));
    uint8_t *bytes;
    size_t size;
    make_small(scratch("small.h5"), compatible);
    OK(tau_file_read(&bytes, &size, scratch("small.h5"), 1 << 20));
    for (size_t length = 0; length < size; length += length < 300 ? 1 : 37)
        cr_assert_eq(ends_with(bytes, length), 0, "cut to %zu bytes", length);
    tau_mem_free(bytes);
}

Test(hostile, a_truncated_file_is_an_error_or_less) {
    truncate_everywhere(false);
    truncate_everywhere(true);
}

/* Metadata of our own format is checksummed. The old format's is not, and the library is known to fall over
 * some changed bytes of it. */
Test(hostile, a_file_with_changed_bytes_is_an_error_or_other_numbers) {
    uint8_t *bytes, kept[3];
    size_t size, at[3];
    const tau_rng_key key = {1, 0};
    make_small(scratch("small.h5"), false);
    OK(tau_file_read(&bytes, &size, scratch("small.h5"), 1 << 20));
    for (uint64_t round = 0; round < 150; round++) {
        for (uint64_t k = 0; k < 3; k++) {
            at[k] = (size_t)tau_rng_below(key, round * 6 + k, size);
            kept[k] = bytes[at[k]];
            bytes[at[k]] = (uint8_t)tau_rng_bits(key, round * 6 + 3 + k);
        }
        cr_expect_eq(ends_with(bytes, size), 0, "round %d", (int)round);
        for (int k = 2; k >= 0; k--) bytes[at[k]] = kept[k];
    }
    tau_mem_free(bytes);
}
