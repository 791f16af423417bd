/** A fresh directory for one test, and small helpers to make and change files in it. */
#ifndef TAU_TESTS_CORE_TEMPORARY_H
#define TAU_TESTS_CORE_TEMPORARY_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

/** A place for paths of one test. */
typedef struct temporary {
    char directory[256];
    char path[512];
} temporary;

static inline temporary temporary_create(void) {
    temporary made = {0};
    folder_create(made.directory, sizeof made.directory);
    return made;
}

/** Path of `name` in the directory. @lifetime until the next call */
static inline const char *temporary_path(temporary *made, const char *name) {
    snprintf(made->path, sizeof made->path, "%s/%s", made->directory, name);
    return made->path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/** Entries of a directory, without "." and "..". */
static inline int count_entries(const char *path) {
    DIR *directory = opendir(path);
    cr_assert_not_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return count;
}

/** Removes the directory with its files (one level deep, as the tests make them). */
static inline void temporary_remove(temporary *made) {
    DIR *directory = opendir(made->directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (entry->d_name[0] != '.') remove(temporary_path(made, entry->d_name));
    if (directory) closedir(directory);
    rmdir(made->directory);
}

#endif
