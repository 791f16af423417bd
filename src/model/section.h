/** Parts of a large file: weights that lie at an offset. */
#ifndef TAU_MODEL_SECTION_H
#define TAU_MODEL_SECTION_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct tau_section_file {
    int descriptor;
    uint64_t size;
    const char *path; /**< borrowed, for messages */
} tau_section_file;

/** @errors TAU_STATUS_MISSING, TAU_STATUS_IO, TAU_STATUS_INPUT (not a regular file); `out` needs no closing
 * then */
TAU_CHECK tau_status tau_section_open(tau_section_file *out, const char *path);
void tau_section_close(tau_section_file *file);

/** Reads `size` bytes at `offset`. @errors TAU_STATUS_INPUT when they reach beyond the file's end,
 * TAU_STATUS_IO */
TAU_CHECK tau_status tau_section_read(const tau_section_file *file, void *out, uint64_t offset, size_t size);

#endif
