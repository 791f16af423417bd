/** HDF5 files: open, follow, append, mend, copy. Objects are named by their path ("/group/states/theta");
 * handles of the library never leave this module.
 *
 *  Hostile files: external links, external and virtual storage, and filter plug-ins are refused, sizes are
 * checked before memory is taken. Every failure is a status with the library's own innermost message as its
 * why. Metadata of files made by tau_h5_create is checksummed; that of the old format is not, and HDF5 1.10.8
 * itself falls over some changed bytes in it (4 of 3,000 files with three random bytes changed):
 * h5/rehearse.h.
 *  @threads any: one lock of the module serialises all calls, because the library is not thread-safe */
#ifndef TAU_H5_FILE_H
#define TAU_H5_FILE_H

#include <stdbool.h>

#include "core/status.h"

/** An open file. */
typedef struct tau_h5 tau_h5;

/** Opens for reading.
 *  @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT (not HDF5, damaged), TAU_STATUS_EXISTS (being written: follow
 * it), TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_open_read(tau_h5 **out, const char *path);

/** Opens a file that a SWMR writer may be writing, or may have been killed while it wrote; any other file as
 *  tau_h5_open_read does. Read and close again at each poll: an open follower keeps writers from opening.
 *  A process cannot follow a file that it is writing itself. */
TAU_CHECK tau_status tau_h5_open_follow(tau_h5 **out, const char *path);

/** Makes a new file for appending and takes the writer's lock. @errors TAU_STATUS_EXISTS, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_create(tau_h5 **out, const char *path);

/** Makes a new file that any HDF5 since 1.0 reads (superblock 0, no SWMR), for other programs' formats. */
TAU_CHECK tau_status tau_h5_create_compatible(tau_h5 **out, const char *path);

/** Fills a new file. */
typedef tau_status (*tau_h5_fill)(void *payload, tau_h5 *file);

/** Writes a whole file: what was there before stays until the new one is complete.
 *  @param[in] compatible  as tau_h5_create_compatible makes it, else as tau_h5_create does
 *  @errors TAU_STATUS_IO, or what `fill` returned (the old file is as it was) */
TAU_CHECK tau_status tau_h5_replace(const char *path, bool compatible, tau_h5_fill fill, void *payload);

/** Whether a process, this one too, holds the writer's lock of a file: not known (false) on file systems
 * without locks. */
bool tau_h5_is_being_written(const char *path);

/** Opens for appending and takes the writer's lock, which another tauscape cannot take until the file is
 * closed or the process ends.
 *  @errors TAU_STATUS_MISSING; TAU_STATUS_EXISTS: another process writes it, or one was killed while it wrote
 * (then tau_h5_open_draft mends it); TAU_STATUS_INPUT, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_open_append(tau_h5 **out, const char *path);

/** Opens a copy of a file (or, where there is none, a new file) for appending: whatever happens to it, the
 * original stays as it is until tau_h5_publish. Also mends a file whose writer was killed. Closing or
 * discarding an unpublished draft removes it. Both the original and the draft are locked.
 *  @errors TAU_STATUS_EXISTS (another process writes it), TAU_STATUS_INPUT, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_open_draft(tau_h5 **out, const char *path);

/** Puts a draft that shares while writing (tau_h5_start_swmr) in the place of the original; it stays open.
 *  @errors TAU_STATUS_IO (the original is as it was) */
TAU_CHECK tau_status tau_h5_publish(tau_h5 *file);

/** From now on followers may read what was flushed, and a kill leaves a file that tau_h5_open_draft can mend.
 * All groups, attributes and data sets must exist by now: only rows can be added and overwritten afterwards.
 *  @errors TAU_STATUS_IO (the file system does not support it) */
TAU_CHECK tau_status tau_h5_start_swmr(tau_h5 *file);

/** Hands what was written to the operating system. Where a write has failed (a full disk), this, closing and
 * publishing say so, and nothing more reaches the file: it is as if its writer had been killed just then.
 * @param[in] path  one data set, or NULL for the whole file
 */
TAU_CHECK tau_status tau_h5_flush(tau_h5 *file, const char *path);

/** Closes and reports what only shows then (a full disk). NULL is legal. The file is gone either way. */
TAU_CHECK tau_status tau_h5_close(tau_h5 *file);

/** Closes a file where a failure does not matter: one that was read, or that is given up. NULL is legal. */
void tau_h5_discard(tau_h5 *file);

/** The path given at opening. @lifetime borrowed */
const char *tau_h5_path(const tau_h5 *file);

/** Whether there is a group or data set of this path. */
bool tau_h5_exists(tau_h5 *file, const char *path);

/** Whether the path is a group. */
bool tau_h5_is_group(tau_h5 *file, const char *path);

/** Makes a group and its parents where they are missing. */
TAU_CHECK tau_status tau_h5_make_group(tau_h5 *file, const char *path);

/** Receives the members of a group in the order of their names. @param[in] name  borrowed for the call */
typedef tau_status (*tau_h5_visit)(void *payload, const char *name, bool is_group);

/** @errors TAU_STATUS_MISSING, TAU_STATUS_INPUT, or what `visit` returned */
TAU_CHECK tau_status tau_h5_list(tau_h5 *file, const char *group, tau_h5_visit visit, void *payload);

/** Copies a group with all it holds, or a data set, to another file (or the same), parents made where
 * missing.
 *  @errors TAU_STATUS_EXISTS when `to_path` exists, TAU_STATUS_INPUT, TAU_STATUS_IO */
TAU_CHECK tau_status tau_h5_copy(tau_h5 *to, const char *to_path, tau_h5 *from, const char *from_path);

#endif
