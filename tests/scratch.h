/** A directory of a test's own, removed with its files at the end of the process. */
#ifndef TAU_TESTS_SCRATCH_H
#define TAU_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "folder.h"

static char scratch_directory[256];
static pid_t scratch_owner;

static inline void scratch_remove(void) {
    if (getpid() != scratch_owner) return;
    DIR *directory = opendir(scratch_directory);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", scratch_directory, entry->d_name);
        unlink(path);
    }
    if (directory) closedir(directory);
    rmdir(scratch_directory);
}

/** Path of a file in the directory. @lifetime one of four buffers, reused in turn */
static inline const char *scratch(const char *name) {
    static char path[4][600];
    static int next;
    if (!scratch_directory[0]) {
        folder_create(scratch_directory, sizeof scratch_directory);
        scratch_owner = getpid();
        atexit(scratch_remove);
    }
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", scratch_directory, name);
    return out;
}

#endif
