#define _GNU_SOURCE /* F_OFD_SETLK: a lock that another handle of the same process does not drop */

#include "h5/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/internal.h"

/* A writer replaces the file under its lock: a lock on a file that has lost its name guards nothing. */
static bool has_name(int file, const char *path) {
    struct stat opened, named;
    return fstat(file, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* The writer's lock lies on one byte far behind the data and is none of the library's own locks, which SWMR
 * lets go. The kernel drops it when the process ends, however it ends. */
tau_status tau_h5_lock_writer(int *out, const char *path) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INT64_MAX - 1, .l_len = 1};
    *out = open(path, O_RDWR | O_CLOEXEC);
    if (*out < 0)
        return tau_fail(TAU_STATUS_IO, "cannot open %s for writing" TAU_WHY "%s", path, strerror(errno));
    const bool refused = fcntl(*out, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES);
    if (!refused && has_name(*out, path)) return TAU_STATUS_OK;
    close(*out);
    *out = -1;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot write %s" TAU_WHY "another process is writing it" TAU_FIX
                    "wait for it, or write to another file and merge",
                    path);
}

bool tau_h5_is_being_written(const char *path) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = INT64_MAX - 1, .l_len = 1};
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool held = fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
    close(file);
    return held;
}

void tau_h5_free_file(tau_h5 *file) {
    if (file->lock >= 0) close(file->lock);
    tau_h5_drop_draft(file);
    tau_mem_free(file->path);
    tau_mem_free(file);
}

tau_status tau_h5_new_file(tau_h5 **out, const char *path) {
    tau_h5 *file;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(file, 1));
    file->id = file->lock = file->original = -1;
    tau_status status = tau_string_copy(&file->path, path);
    if (status != TAU_STATUS_OK) {
        tau_h5_free_file(file);
        return status;
    }
    *out = file;
    return TAU_STATUS_OK;
}

hid_t tau_h5_file_access(bool growing, tau_h5 *file) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (file) tau_h5_use_writer_driver(access, &file->failure);
    if (growing) H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    /* A follower that meets half-written metadata waits 1, 2, 4, … ns between attempts: 17 ms in all, where
     * the library's default of 100 attempts never ends on a damaged file. */
    H5Pset_metadata_read_attempts(access, 24);
    return access;
}

/* Metadata lie within pages of the kernel, which a write changes as a whole: whoever is killed while he
 * writes leaves each of them as it was, or as it is. One that crossed a page could be left half changed, and
 * its checksum wrong. */
hid_t tau_h5_file_creation(bool growing) {
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (growing) {
        H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_PAGE, false, 1);
        H5Pset_file_space_page_size(creation, TAU_H5_PAGE);
    }
    return creation;
}

/* Which of the reasons for not opening it was: the library has no codes for them. */
static tau_status open_failure(const tau_h5 *file) {
    const char *why = tau_h5_why();
    if (strstr(why, "already open") || strstr(why, "lock file") || strstr(why, "lock request") ||
        strstr(why, "consistency flags"))
        return tau_fail(TAU_STATUS_EXISTS,
                        "cannot open %s" TAU_WHY
                        "another program is writing it, or one was killed while it was writing (%s)",
                        file->path, why);
    return tau_fail(TAU_STATUS_INPUT, "cannot open %s" TAU_WHY "it is not an HDF5 file, or is damaged (%s)",
                    file->path, why);
}

static tau_status open_with(tau_h5 **out, const char *path, unsigned flags, bool append) {
    *out = NULL;
    if (!tau_file_exists(path))
        return tau_fail(TAU_STATUS_MISSING, "cannot open %s" TAU_WHY "there is no such file", path);
    tau_h5 *file;
    TAU_TRY(tau_h5_new_file(&file, path));
    tau_status status = append ? tau_h5_lock_writer(&file->lock, path) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK) {
        hid_t access = tau_h5_file_access(append, append ? file : NULL);
        file->id = H5Fopen(path, flags, access);
        if (file->id < 0) status = open_failure(file);
        tau_h5_release(access);
    }
    if (status != TAU_STATUS_OK) {
        tau_h5_free_file(file);
        return status;
    }
    *out = file;
    return TAU_STATUS_OK;
}

tau_status tau_h5_open_read(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    return open_with(out, path, H5F_ACC_RDONLY, false);
}

tau_status tau_h5_open_follow(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    if (open_with(out, path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, false) == TAU_STATUS_OK)
        return TAU_STATUS_OK;
    return open_with(out, path, H5F_ACC_RDONLY, false);
}

tau_status tau_h5_open_append(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    return open_with(out, path, H5F_ACC_RDWR, true);
}

static tau_status create_with(tau_h5 **out, const char *path, bool growing) {
    *out = NULL;
    if (tau_file_exists(path))
        return tau_fail(TAU_STATUS_EXISTS, "cannot make %s" TAU_WHY "there is a file of this name", path);
    tau_h5 *file;
    TAU_TRY(tau_h5_new_file(&file, path));
    hid_t access = tau_h5_file_access(growing, file), creation = tau_h5_file_creation(growing);
    file->id = H5Fcreate(path, H5F_ACC_EXCL, creation, access);
    tau_status status = tau_h5_check_writes(file);
    if (status == TAU_STATUS_OK && file->id < 0) status = tau_h5_fail(TAU_STATUS_IO, file, "make", NULL);
    tau_h5_release(creation);
    tau_h5_release(access);
    if (status == TAU_STATUS_OK) status = tau_h5_lock_writer(&file->lock, path);
    if (status != TAU_STATUS_OK) {
        tau_h5_release(file->id);
        tau_h5_free_file(file);
        return status;
    }
    *out = file;
    return TAU_STATUS_OK;
}

tau_status tau_h5_create(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    return create_with(out, path, true);
}

tau_status tau_h5_create_compatible(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    return create_with(out, path, false);
}

tau_status tau_h5_replace(const char *path, bool compatible, tau_h5_fill fill, void *payload) {
    tau_file_replacement replacement;
    tau_h5 *file;
    TAU_TRY(tau_file_replace_begin(&replacement, path));
    unlink(replacement.temporary); /* the name is ours now; the library wants to make the file itself */
    tau_status status = compatible ? tau_h5_create_compatible(&file, replacement.temporary)
                                   : tau_h5_create(&file, replacement.temporary);
    if (status == TAU_STATUS_OK) {
        status = fill(payload, file);
        if (status == TAU_STATUS_OK)
            status = tau_h5_close(file);
        else
            tau_h5_discard(file);
    }
    if (status == TAU_STATUS_OK) return tau_file_replace_commit(&replacement);
    tau_file_replace_abort(&replacement);
    return tau_error_context("cannot write %s", path);
}

tau_status tau_h5_start_swmr(tau_h5 *file) {
    TAU_H5_LOCKED;
    if (H5Fstart_swmr_write(file->id) >= 0) return tau_h5_check_writes(file);
    return tau_h5_fail(TAU_STATUS_IO, file, "share while writing", NULL);
}

tau_status tau_h5_flush(tau_h5 *file, const char *path) {
    TAU_H5_LOCKED;
    hid_t dataset = -1;
    if (path) TAU_TRY(tau_h5_open_dataset(&dataset, file, path));
    const herr_t result = path ? H5Dflush(dataset) : H5Fflush(file->id, H5F_SCOPE_GLOBAL);
    tau_status status = tau_h5_check_writes(file);
    if (status == TAU_STATUS_OK && result < 0) status = tau_h5_fail(TAU_STATUS_IO, file, "flush", path);
    tau_h5_release(dataset);
    return status;
}

tau_status tau_h5_close(tau_h5 *file) {
    if (!file) return TAU_STATUS_OK;
    TAU_H5_LOCKED;
    const herr_t result = H5Fclose(file->id);
    tau_status status = tau_h5_check_writes(file);
    if (status == TAU_STATUS_OK && result < 0) status = tau_h5_fail(TAU_STATUS_IO, file, "close", NULL);
    tau_h5_free_file(file);
    return status;
}

void tau_h5_discard(tau_h5 *file) {
    if (!file) return;
    TAU_H5_LOCKED;
    H5Fclose(file->id);
    tau_h5_free_file(file);
}

const char *tau_h5_path(const tau_h5 *file) {
    return file->path;
}
