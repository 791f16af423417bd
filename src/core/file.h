/** Files: read whole, replaced atomically. */
#ifndef TAU_CORE_FILE_H
#define TAU_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/status.h"

/** Reads a whole file.
 *  @param[out] bytes  freed with tau_mem_free; one zero byte follows the last, so that text can be parsed
 *  @param[in]  limit  the largest size accepted, in bytes
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_IO, TAU_STATUS_INPUT (too large), TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_file_read(uint8_t **bytes, size_t *size, const char *path, size_t limit);

bool tau_file_exists(const char *path);

/** Looks for a program in the folders of PATH. @param[out] out  its path; at least `size` bytes
 *  @return whether there is one that may be run */
bool tau_file_find_program(char *out, size_t size, const char *name);

/** Makes the directory and its parents where they are missing. */
TAU_CHECK tau_status tau_file_make_directory(const char *path);

/** A file written beside its destination and renamed over it once complete, so that a reader sees the old one
 * or the new one and never a part. */
typedef struct tau_file_replacement {
    char *path;      /**< the destination, symbolic links resolved */
    char *temporary; /**< write here */
    int slot;        /**< where tau_file_remove_temporaries finds it, from 1 on; 0 = nowhere */
} tau_file_replacement;

/** Makes the temporary file in the destination's directory.
 * A symbolic link stays; what it leads to is replaced.
 *  @errors TAU_STATUS_MISSING (no such directory), TAU_STATUS_IO with the reason (no permission, read-only,
 * the destination is a directory, a device or a pipe) */
TAU_CHECK tau_status tau_file_replace_begin(tau_file_replacement *out, const char *path);

/** Gives the temporary file the permissions of the old one, syncs it, renames it, syncs the directory. Ends
 * the replacement either way.
 *  @errors TAU_STATUS_IO (the destination is as it was) */
TAU_CHECK tau_status tau_file_replace_commit(tau_file_replacement *replacement);

/** Removes the temporary file; the destination is as it was. A finished or zeroed replacement is legal. */
void tau_file_replace_abort(tau_file_replacement *replacement);

/** Says which child writes the temporary file, so that tau_file_remove_temporaries ends it first.
 *  @param[in] writer  a child of this process */
void tau_file_replace_set_writer(const tau_file_replacement *replacement, pid_t writer);

/** Removes the temporary files of all replacements that have begun, of up to 64 at a time, and ends children
 * that write them, before a process ends at once: async-signal-safe. The replacements fail after that. */
void tau_file_remove_temporaries(void);

/** Writes the bytes as the whole of a file, atomically. */
TAU_CHECK tau_status tau_file_write(const char *path, const void *bytes, size_t size);

#endif
