#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/temporary.h"

static void assert_content(const char *path, const char *expected) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, path, 1 << 20), TAU_STATUS_OK);
    cr_assert_eq(size, strlen(expected));
    cr_assert_str_eq((char *)bytes, expected);
    tau_mem_free(bytes);
}

Test(file, what_is_written_is_read) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    cr_assert_eq(tau_file_write(path, "hello", 5), TAU_STATUS_OK);
    assert_content(path, "hello");
    cr_assert_eq(tau_file_write(path, "", 0), TAU_STATUS_OK);
    assert_content(path, "");
    cr_assert_eq(count_entries(made.directory), 1);
    temporary_remove(&made);
}

Test(file, reading_refuses_what_is_not_a_file_of_that_size) {
    temporary made = temporary_create();
    uint8_t *bytes = (uint8_t *)&bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, temporary_path(&made, "none"), 10), TAU_STATUS_MISSING);
    cr_assert_null(bytes);
    cr_assert_eq(tau_file_read(&bytes, &size, made.directory, 10), TAU_STATUS_INPUT);
    const char *path = temporary_path(&made, "big");
    write_bytes(path, "12345678901", 11);
    cr_assert_eq(tau_file_read(&bytes, &size, path, 10), TAU_STATUS_INPUT);
    cr_assert_eq(tau_file_read(&bytes, &size, path, 11), TAU_STATUS_OK);
    tau_mem_free(bytes);
    temporary_remove(&made);
}

Test(file, reading_a_pipe_that_nobody_writes_does_not_hang, .timeout = 5) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, path, 10), TAU_STATUS_INPUT);
    temporary_remove(&made);
}

Test(file, a_replacement_shows_only_when_committed) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    write_bytes(path, "old", 3);
    tau_file_replacement replacement;
    cr_assert_eq(tau_file_replace_begin(&replacement, path), TAU_STATUS_OK);
    write_bytes(replacement.temporary, "new and longer", 14);
    assert_content(path, "old");
    cr_assert_eq(tau_file_replace_commit(&replacement), TAU_STATUS_OK);
    assert_content(path, "new and longer");
    cr_assert_eq(count_entries(made.directory), 1);
    tau_file_replace_abort(&replacement);
    assert_content(path, "new and longer");
    temporary_remove(&made);
}

Test(file, an_aborted_replacement_leaves_no_trace) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    tau_file_replacement replacement;
    cr_assert_eq(tau_file_replace_begin(&replacement, path), TAU_STATUS_OK);
    tau_file_replace_abort(&replacement);
    tau_file_replace_abort(&replacement);
    cr_assert_eq(count_entries(made.directory), 0);
    temporary_remove(&made);
}

Test(file, a_replacement_that_lost_its_temporary_leaves_the_old_file) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    write_bytes(path, "old", 3);
    tau_file_replacement replacement;
    cr_assert_eq(tau_file_replace_begin(&replacement, path), TAU_STATUS_OK);
    cr_assert_eq(unlink(replacement.temporary), 0);
    cr_assert_neq(tau_file_replace_commit(&replacement), TAU_STATUS_OK);
    assert_content(path, "old");
    temporary_remove(&made);
}

Test(file, two_replacements_at_once_have_two_names) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    tau_file_replacement one, two;
    cr_assert_eq(tau_file_replace_begin(&one, path), TAU_STATUS_OK);
    cr_assert_eq(tau_file_replace_begin(&two, path), TAU_STATUS_OK);
    cr_assert_str_neq(one.temporary, two.temporary);
    tau_file_replace_abort(&one);
    tau_file_replace_abort(&two);
    temporary_remove(&made);
}

Test(file, a_missing_directory_is_named) {
    cr_assert_eq(tau_file_write("/nonexistent-directory/a", "x", 1), TAU_STATUS_MISSING);
    cr_assert_not_null(strstr(tau_error_last()->what, "/nonexistent-directory/a"));
}

Test(file, a_directory_or_a_pipe_is_never_replaced) {
    temporary made = temporary_create();
    cr_assert_eq(tau_file_write(made.directory, "x", 1), TAU_STATUS_IO);
    const char *path = temporary_path(&made, "pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(tau_file_write(path, "x", 1), TAU_STATUS_IO);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert(S_ISFIFO(info.st_mode));
    temporary_remove(&made);
}

static bool writing_to_the_root_fails_politely(void) {
    return tau_file_write("/tauscape-must-not-exist", "x", 1) == TAU_STATUS_IO &&
           strstr(tau_error_last()->fix, "may write");
}

Test(file, an_unwritable_directory_is_an_error) {
    pid_t child = fork();
    if (child == 0) { /* root may write anywhere, so this process becomes nobody first */
        bool harmless = geteuid() != 0 || (setegid(65534) == 0 && seteuid(65534) == 0);
        _exit(harmless && writing_to_the_root_fails_politely() ? 0 : 1);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

Test(file, a_symbolic_link_stays_a_link_and_its_target_is_replaced) {
    temporary made = temporary_create(), place = made;
    char target[512];
    snprintf(target, sizeof target, "%s", temporary_path(&place, "target"));
    const char *path = temporary_path(&made, "link");
    write_bytes(target, "old", 3);
    cr_assert_eq(symlink(target, path), 0);
    cr_assert_eq(tau_file_write(path, "new", 3), TAU_STATUS_OK);
    struct stat info;
    cr_assert_eq(lstat(path, &info), 0);
    cr_assert(S_ISLNK(info.st_mode));
    assert_content(target, "new");
    temporary_remove(&made);
}

Test(file, permissions_follow_the_umask_and_then_the_file) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "a");
    struct stat info;
    umask(027);
    cr_assert_eq(tau_file_write(path, "x", 1), TAU_STATUS_OK);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0640);
    cr_assert_eq(chmod(path, 0664), 0);
    cr_assert_eq(tau_file_write(path, "y", 1), TAU_STATUS_OK);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0664);
    temporary_remove(&made);
}

Test(file, directories_are_made_with_their_parents) {
    temporary made = temporary_create();
    char path[512];
    snprintf(path, sizeof path, "%s/one/two//three/", made.directory);
    cr_assert_eq(tau_file_make_directory(path), TAU_STATUS_OK);
    cr_assert_eq(tau_file_make_directory(path), TAU_STATUS_OK);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert(S_ISDIR(info.st_mode));
    for (const char *part = "one/two/three"; *part;) {
        snprintf(path, sizeof path, "%s/%s", made.directory, part);
        cr_assert_eq(rmdir(path), 0);
        part = strcmp(part, "one/two/three") == 0 ? "one/two" : strcmp(part, "one/two") == 0 ? "one" : "";
    }
    temporary_remove(&made);
}

Test(file, a_directory_in_the_place_of_a_file_or_a_dangling_link_is_an_error) {
    temporary made = temporary_create();
    write_bytes(temporary_path(&made, "file"), "x", 1);
    cr_assert_eq(tau_file_make_directory(temporary_path(&made, "file")), TAU_STATUS_EXISTS);
    cr_assert_neq(tau_file_make_directory(temporary_path(&made, "file/below")), TAU_STATUS_OK);
    cr_assert_eq(symlink("nowhere", temporary_path(&made, "dangling")), 0);
    cr_assert_neq(tau_file_make_directory(temporary_path(&made, "dangling")), TAU_STATUS_OK);
    cr_assert_neq(tau_file_make_directory(""), TAU_STATUS_OK);
    temporary_remove(&made);
}

/* As ffmpeg does that has only just been started. */
Test(file, a_child_that_would_make_a_temporary_again_is_ended) {
    temporary made = temporary_create();
    tau_file_replacement film;
    cr_assert_eq(tau_file_replace_begin(&film, temporary_path(&made, "a")), TAU_STATUS_OK);
    const pid_t child = fork();
    cr_assert_neq(child, -1);
    if (child == 0) {
        usleep(300000);
        write_bytes(film.temporary, "x", 1);
        _exit(0);
    }
    tau_file_replace_set_writer(&film, child);
    tau_file_remove_temporaries();
    cr_assert(kill(child, 0) != 0 && errno == ESRCH);
    usleep(600000);
    cr_assert_eq(count_entries(made.directory), 0);
    tau_file_replace_abort(&film);
    temporary_remove(&made);
}

Test(file, temporaries_of_a_process_that_ends_at_once_are_removed) {
    temporary made = temporary_create();
    tau_file_replacement first, second;
    cr_assert_eq(tau_file_replace_begin(&first, temporary_path(&made, "a")), TAU_STATUS_OK);
    for (int i = 0; i < 100; i++) { /* finished ones leave their places to others */
        cr_assert_eq(tau_file_replace_begin(&second, temporary_path(&made, "b")), TAU_STATUS_OK);
        cr_assert_eq(tau_file_replace_commit(&second), TAU_STATUS_OK);
    }
    cr_assert_eq(tau_file_replace_begin(&second, temporary_path(&made, "b")), TAU_STATUS_OK);
    cr_assert_eq(count_entries(made.directory), 3);
    tau_file_remove_temporaries();
    cr_assert_eq(count_entries(made.directory), 1);
    cr_assert(tau_file_exists(temporary_path(&made, "b")));
    tau_file_replace_abort(&first);
    tau_file_replace_abort(&second);
    temporary_remove(&made);
}
