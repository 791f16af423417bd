#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "ok.h"
#include "scratch.h"

enum { WIDTH = 1000 };

static void fill(float *row, int t) {
    for (int k = 0; k < WIDTH; k++) row[k] = (float)(t * 31 + k);
}

static void append_states(tau_h5 *file, int from, int to) {
    float row[WIDTH];
    for (int t = from; t < to; t++) {
        int64_t step = t;
        fill(row, t);
        OK(tau_h5_append_rows(file, "/run/theta", TAU_H5_TYPE_F32, 1, row));
        OK(tau_h5_append_rows(file, "/run/step", TAU_H5_TYPE_I64, 1, &step));
        OK(tau_h5_flush(file, "/run/theta"));
        OK(tau_h5_flush(file, "/run/step"));
    }
}

static tau_h5 *new_run(const char *path) {
    tau_h5 *file;
    int64_t width = WIDTH;
    OK(tau_h5_create(&file, path));
    OK(tau_h5_set_i64(file, "/", "tauscape_format", 1));
    OK(tau_h5_set_text(file, "/", "creator", "a test"));
    OK(tau_h5_make_group(file, "/run"));
    OK(tau_h5_set_f64(file, "/run", "rate", 0.5));
    OK(tau_h5_create_rows(file, "/run/theta", TAU_H5_TYPE_F32, 1, &width));
    OK(tau_h5_create_rows(file, "/run/step", TAU_H5_TYPE_I64, 0, NULL));
    return file;
}

/* Every row there is holds what was written. */
static size_t check_states(tau_h5 *file) {
    size_t rows;
    OK(tau_h5_count_rows(&rows, file, "/run/step"));
    for (size_t t = 0; t < rows; t++) {
        float row[WIDTH], expected[WIDTH];
        int64_t step;
        fill(expected, (int)t);
        OK(tau_h5_read_rows(file, "/run/theta", TAU_H5_TYPE_F32, t, 1, row));
        OK(tau_h5_read_rows(file, "/run/step", TAU_H5_TYPE_I64, t, 1, &step));
        cr_assert_arr_eq(row, expected, sizeof row);
        cr_assert_eq(step, (int64_t)t);
    }
    return rows;
}

/* A child that appends until it is killed, after telling the parent that the first rows are there. */
static void kill_a_writer(const char *path, useconds_t after) {
    int ready[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        tau_h5 *file = new_run(path);
        OK(tau_h5_start_swmr(file));
        append_states(file, 0, 5);
        if (write(ready[1], "r", 1) != 1) _exit(1);
        append_states(file, 5, 100000);
        _exit(1);
    }
    close(ready[1]);
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(file, a_killed_writer_leaves_a_file_that_is_followed_mended_and_continued) {
    for (int round = 0; round < 10; round++) {
        const char *path = scratch("killed.h5");
        unlink(path);
        kill_a_writer(path, (useconds_t)(round * 3700));
        tau_h5 *file;
        OK(tau_h5_open_follow(&file, path));
        size_t rows = check_states(file);
        cr_assert_geq(rows, 5u);
        tau_h5_discard(file);

        cr_assert_eq(tau_h5_open_append(&file, path), TAU_STATUS_EXISTS);
        cr_assert_null(file);
        OK(tau_h5_open_draft(&file, path));
        cr_assert_eq(check_states(file), rows);
        size_t thetas;
        OK(tau_h5_count_rows(&thetas, file, "/run/theta"));
        if (thetas > rows) OK(tau_h5_cut_rows(file, "/run/theta", rows));
        int64_t format;
        OK(tau_h5_get_i64(&format, file, "/", "tauscape_format"));
        cr_assert_eq(format, 1);
        OK(tau_h5_start_swmr(file));
        OK(tau_h5_publish(file));
        append_states(file, (int)rows, (int)rows + 3);
        OK(tau_h5_close(file));
        OK(tau_h5_open_read(&file, path));
        cr_assert_eq(check_states(file), rows + 3);
        double rate;
        OK(tau_h5_get_f64(&rate, file, "run", "rate"));
        cr_assert_float_eq(rate, 0.5, 0);
        tau_h5_discard(file);
    }
}

/* Bytes of the object header of version 2 at a place, with its checksum. */
static size_t header_size(const unsigned char *at) {
    const unsigned char flags = at[5];
    const size_t width = (size_t)1 << (flags & 3),
                 prefix = 6u + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    size_t size = 0;
    for (size_t i = width; i-- > 0;) size = size << 8 | at[prefix + i];
    return prefix + width + size + 4;
}

/* @return how many headers a file has; none of them crosses a page */
static size_t check_pages(const char *path) {
    enum { PAGE = 4096 };
    uint8_t *bytes;
    size_t size, count = 0;
    OK(tau_file_read(&bytes, &size, path, 1 << 24));
    for (size_t i = 0; i + 32 < size; i++) {
        if (memcmp(bytes + i, "OHDR\2", 5) != 0) continue;
        cr_assert_eq(i / PAGE, (i + header_size(bytes + i) - 1) / PAGE, "the header at %zu crosses", i);
        count++;
    }
    tau_mem_free(bytes);
    return count;
}

/* A write that is killed changes whole pages, or none: a header in two of them could be half new. */
Test(file, what_a_writer_changes_lies_within_pages) {
    tau_h5 *file = new_run(scratch("run.h5"));
    char name[32];
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "/run/series%d", i);
        OK(tau_h5_create_rows(file, name, TAU_H5_TYPE_F64, 0, NULL));
    }
    OK(tau_h5_close(file));
    cr_assert_geq(check_pages(scratch("run.h5")), 63);
    OK(tau_h5_open_draft(&file, scratch("run.h5")));
    OK(tau_h5_start_swmr(file));
    append_states(file, 0, 5);
    OK(tau_h5_publish(file));
    OK(tau_h5_close(file));
    cr_assert_geq(check_pages(scratch("run.h5")), 63);
}

Test(file, a_second_writer_is_refused_and_a_follower_reads_while_the_first_lives) {
    const char *path = scratch("two.h5");
    int ready[2], done[2];
    char byte;
    cr_assert_eq(pipe(ready), 0);
    cr_assert_eq(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        tau_h5 *file = new_run(path);
        OK(tau_h5_start_swmr(file));
        append_states(file, 0, 2);
        if (write(ready[1], "r", 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
        _exit(tau_h5_close(file) == TAU_STATUS_OK ? 0 : 1);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    tau_h5 *file;
    cr_assert_eq(tau_h5_open_append(&file, path), TAU_STATUS_EXISTS);
    cr_assert_not_null(strstr(tau_error_last()->why, "another process"));
    cr_assert_eq(tau_h5_open_draft(&file, path), TAU_STATUS_EXISTS);
    OK(tau_h5_open_follow(&file, path));
    cr_assert_eq(check_states(file), 2u);
    tau_h5_discard(file);
    cr_assert_eq(write(done[1], "d", 1), 1);
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    OK(tau_h5_open_append(&file, path));
    OK(tau_h5_close(file));
}

Test(file, opening_says_what_is_wrong) {
    tau_h5 *file;
    cr_assert_eq(tau_h5_open_read(&file, scratch("none.h5")), TAU_STATUS_MISSING);
    cr_assert_null(file);
    FILE *text = fopen(scratch("text.h5"), "w");
    fputs("no HDF5 at all", text);
    fclose(text);
    cr_assert_eq(tau_h5_open_read(&file, scratch("text.h5")), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_open_append(&file, scratch("text.h5")), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_create(&file, scratch("text.h5")), TAU_STATUS_EXISTS);
    cr_assert_eq(tau_h5_create(&file, "/no/such/directory/a.h5"), TAU_STATUS_IO);
}

static tau_status join_names(void *payload, const char *name, bool is_group) {
    char *names = payload;
    strcat(names, name);
    strcat(names, is_group ? "/ " : " ");
    return TAU_STATUS_OK;
}

Test(file, groups_are_made_listed_and_copied) {
    tau_h5 *from = new_run(scratch("from.h5")), *to;
    char names[100] = "";
    append_states(from, 0, 3);
    OK(tau_h5_make_group(from, "/a/b/c"));
    OK(tau_h5_make_group(from, "/a/b/c"));
    cr_assert_eq(tau_h5_make_group(from, "/run/theta"), TAU_STATUS_EXISTS);
    OK(tau_h5_list(from, "/", join_names, names));
    cr_assert_str_eq(names, "a/ run/ ");
    names[0] = '\0';
    OK(tau_h5_list(from, "run", join_names, names));
    cr_assert_str_eq(names, "step theta ");
    cr_assert(tau_h5_exists(from, "/a/b") && tau_h5_is_group(from, "a/b/") &&
              !tau_h5_is_group(from, "/run/step"));
    cr_assert(!tau_h5_exists(from, "/a/x/c") && !tau_h5_exists(from, "") && tau_h5_exists(from, "/"));
    OK(tau_h5_create(&to, scratch("to.h5")));
    OK(tau_h5_copy(to, "/run", from, "/run"));
    OK(tau_h5_copy(to, "/new/run", from, "/run"));
    cr_assert_eq(tau_h5_copy(to, "/run", from, "/run"), TAU_STATUS_EXISTS);
    cr_assert_eq(tau_h5_copy(to, "/other", from, "/none"), TAU_STATUS_MISSING);
    cr_assert_eq(check_states(to), 3u);
    OK(tau_h5_close(to));
    OK(tau_h5_close(from));
}

Test(file, attributes_come_back_as_they_were_set) {
    tau_h5 *file;
    char *text, **texts;
    size_t count;
    int64_t whole;
    double number;
    const char *const names[3] = {"relu", "", "sigmoid"};
    OK(tau_h5_create_compatible(&file, scratch("attributes.h5")));
    OK(tau_h5_set_text(file, "/", "t", "first"));
    OK(tau_h5_set_text(file, "/", "t", "α = 1, β = −2"));
    OK(tau_h5_set_text(file, "/", "empty", ""));
    OK(tau_h5_set_texts(file, "/", "names", names, 3));
    OK(tau_h5_set_i64(file, "/", "i", INT64_MIN));
    OK(tau_h5_set_f64(file, "/", "f", 0.1));
    OK(tau_h5_get_text(&text, file, "/", "t"));
    cr_assert_str_eq(text, "α = 1, β = −2");
    tau_mem_free(text);
    OK(tau_h5_get_text(&text, file, "/", "empty"));
    cr_assert_str_eq(text, "");
    tau_mem_free(text);
    OK(tau_h5_get_texts(&texts, &count, file, "/", "names"));
    cr_assert_eq(count, 3u);
    for (int i = 0; i < 3; i++) cr_assert_str_eq(texts[i], names[i]);
    tau_mem_free(texts);
    OK(tau_h5_get_i64(&whole, file, "/", "i"));
    cr_assert_eq(whole, INT64_MIN);
    OK(tau_h5_get_f64(&number, file, "/", "f"));
    cr_assert_float_eq(number, 0.1, 0);
    cr_assert_eq(tau_h5_get_i64(&whole, file, "/", "t"), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_get_text(&text, file, "/", "i"), TAU_STATUS_INPUT);
    cr_assert_eq(tau_h5_get_text(&text, file, "/", "none"), TAU_STATUS_MISSING);
    cr_assert(tau_h5_has_attribute(file, "/", "f") && !tau_h5_has_attribute(file, "/none", "f"));
    OK(tau_h5_close(file));
}
