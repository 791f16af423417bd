/** A fresh folder of a test's own, where the system keeps what is temporary. */
#ifndef TAU_TESTS_FOLDER_H
#define TAU_TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

/** @param[out] path  [size] of the new folder, the caller's to remove; the process ends where none can be
 * made */
static inline void folder_create(char *path, size_t size) {
    const char *parent = getenv("TMPDIR");
    const int length = snprintf(path, size, "%s/tauscape-XXXXXX", parent && *parent ? parent : P_tmpdir);
    if (length < 0 || (size_t)length >= size || !mkdtemp(path)) abort();
}

#endif
