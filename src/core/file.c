#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"

static tau_status io_error(const char *verb, const char *path) {
    int code = errno;
    const char *fix = code == ENOSPC || code == EDQUOT ? "free some space, or write to another disk"
                      : code == EACCES || code == EPERM || code == EROFS
                          ? "choose a place that you may write to"
                          : "check the path";
    return tau_fail(code == ENOENT ? TAU_STATUS_MISSING : TAU_STATUS_IO,
                    "cannot %s %s" TAU_WHY "%s" TAU_FIX "%s", verb, path, strerror(code), fix);
}

tau_status tau_file_read(uint8_t **bytes, size_t *size, const char *path, size_t limit) {
    *bytes = NULL;
    *size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not block */
    if (file < 0) return io_error("read", path);
    struct stat info;
    tau_status status = TAU_STATUS_OK;
    size_t length = 0;
    if (fstat(file, &info) != 0) {
        status = io_error("read", path);
    } else if (!S_ISREG(info.st_mode)) {
        status = tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "it is not a regular file", path);
    } else if ((uint64_t)info.st_size > limit) {
        status = tau_fail(TAU_STATUS_INPUT,
                          "cannot read %s" TAU_WHY "its %lld bytes are more than the %zu allowed", path,
                          (long long)info.st_size, limit);
    } else {
        length = (size_t)info.st_size;
        status = TAU_ALLOC(*bytes, length + 1);
    }
    for (size_t read_so_far = 0; status == TAU_STATUS_OK && read_so_far < length;) {
        ssize_t got = read(file, *bytes + read_so_far, length - read_so_far);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = io_error("read", path);
        if (got <= 0) {
            length = read_so_far; /* shrank while being read: what is there is the file */
            break;
        }
        read_so_far += (size_t)got;
    }
    close(file);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(*bytes);
        *bytes = NULL;
        return status;
    }
    (*bytes)[length] = 0;
    *size = length;
    return TAU_STATUS_OK;
}

bool tau_file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

bool tau_file_find_program(char *out, size_t size, const char *name) {
    const char *path = getenv("PATH");
    while (path && *path) {
        const int folder = (int)strcspn(path, ":");
        const int length = snprintf(out, size, "%.*s/%s", folder, path, name);
        if (length > 0 && (size_t)length < size && access(out, X_OK) == 0) return true;
        path += folder + (path[folder] == ':');
    }
    return false;
}

tau_status tau_file_make_directory(const char *path) {
    if (!*path) return tau_fail(TAU_STATUS_USAGE, "cannot make a directory without a name");
    char *copy;
    TAU_TRY(tau_string_copy(&copy, path));
    tau_status status = TAU_STATUS_OK;
    for (char *cut = copy + 1; status == TAU_STATUS_OK && *copy; cut++) {
        if (*cut != '/' && *cut != '\0') continue;
        char end = *cut;
        *cut = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) status = io_error("make the directory", copy);
        *cut = end;
        if (!end) break;
    }
    struct stat info;
    if (status == TAU_STATUS_OK && stat(path, &info) != 0)
        status = io_error("make the directory", path);
    else if (status == TAU_STATUS_OK && !S_ISDIR(info.st_mode))
        status = tau_fail(TAU_STATUS_EXISTS,
                          "cannot make the directory %s" TAU_WHY "a file of that name exists", path);
    tau_mem_free(copy);
    return status;
}

/* Follows symbolic links, so that a link stays and what it leads to is replaced; refuses what is not a file.
 */
static tau_status find_destination(char **out, const char *path) {
    *out = NULL;
    struct stat info;
    if (stat(path, &info) != 0) return tau_string_copy(out, path);
    if (!S_ISREG(info.st_mode))
        return tau_fail(TAU_STATUS_IO, "cannot write %s" TAU_WHY "it is %s" TAU_FIX "name a file", path,
                        S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
    if (access(path, W_OK) != 0) return io_error("write", path);
    char *resolved = realpath(path, NULL);
    if (!resolved) return io_error("write", path);
    tau_status status = tau_string_copy(out, resolved);
    free(resolved);
    return status;
}

/* Names for a signal's handler, which must not look at memory that another thread may free. */
static struct {
    atomic_int state;  /* one of those below */
    atomic_int writer; /* a child that writes the file; 0 = none */
    char path[4096];
} kept[64];
enum { SLOT_FREE, SLOT_FILLED_JUST_NOW, SLOT_KEPT };

static int keep_name(const char *path) {
    if (strlen(path) >= sizeof kept->path) return 0;
    for (int i = 0; i < (int)(sizeof kept / sizeof *kept); i++) {
        int expected = SLOT_FREE;
        if (!atomic_compare_exchange_strong(&kept[i].state, &expected, SLOT_FILLED_JUST_NOW)) continue;
        strcpy(kept[i].path, path);
        atomic_store(&kept[i].writer, 0);
        atomic_store(&kept[i].state, SLOT_KEPT);
        return i + 1;
    }
    return 0;
}

static void forget_name(tau_file_replacement *replacement) {
    if (replacement->slot) atomic_store(&kept[replacement->slot - 1].state, SLOT_FREE);
    replacement->slot = 0;
}

void tau_file_replace_set_writer(const tau_file_replacement *replacement, pid_t writer) {
    if (replacement->slot) atomic_store(&kept[replacement->slot - 1].writer, (int)writer);
}

/* One that has ended is no child any more, and its number may be another's. */
static void end_writer(pid_t writer) {
    if (writer > 0 && waitpid(writer, NULL, WNOHANG) == 0 && kill(writer, SIGKILL) == 0)
        (void)waitpid(writer, NULL, 0);
}

void tau_file_remove_temporaries(void) {
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (atomic_load(&kept[i].state) != SLOT_KEPT) continue;
        end_writer(atomic_load(&kept[i].writer)); /* it might make the file again */
        unlink(kept[i].path);
    }
}

/* Makes an empty file of a fresh name beside the destination. */
static tau_status create_temporary(tau_file_replacement *replacement) {
    static atomic_uint made;
    for (int attempt = 0; attempt < 1000; attempt++) {
        TAU_TRY(tau_string_format(&replacement->temporary, "%s.tmp-%ld-%u", replacement->path, (long)getpid(),
                                  atomic_fetch_add(&made, 1)));
        int file = open(replacement->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0) {
            close(file);
            replacement->slot = keep_name(replacement->temporary);
            return TAU_STATUS_OK;
        }
        int code = errno;
        tau_mem_free(replacement->temporary);
        replacement->temporary = NULL;
        errno = code;
        if (code != EEXIST) break;
    }
    return io_error("write", replacement->path);
}

tau_status tau_file_replace_begin(tau_file_replacement *out, const char *path) {
    *out = (tau_file_replacement){0};
    tau_status status = find_destination(&out->path, path);
    if (status == TAU_STATUS_OK) status = create_temporary(out);
    if (status != TAU_STATUS_OK) tau_file_replace_abort(out);
    return status;
}

static int sync_path(const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0) return -1;
    int result = fsync(file);
    int code = errno;
    close(file);
    errno = code;
    return result;
}

tau_status tau_file_replace_commit(tau_file_replacement *replacement) {
    struct stat info;
    if (stat(replacement->path, &info) == 0) (void)!chmod(replacement->temporary, info.st_mode & 0777);
    if (sync_path(replacement->temporary, O_RDWR) != 0 ||
        rename(replacement->temporary, replacement->path) != 0) {
        tau_status status = io_error("write", replacement->path);
        tau_file_replace_abort(replacement);
        return status;
    }
    forget_name(replacement);
    char *slash = strrchr(replacement->path, '/');
    if (slash) *(slash == replacement->path ? slash + 1 : slash) = '\0';
    (void)sync_path(slash ? replacement->path : ".",
                    O_RDONLY); /* some file systems cannot sync a directory */
    tau_mem_free(replacement->temporary);
    tau_mem_free(replacement->path);
    *replacement = (tau_file_replacement){0};
    return TAU_STATUS_OK;
}

void tau_file_replace_abort(tau_file_replacement *replacement) {
    if (replacement->temporary) unlink(replacement->temporary);
    forget_name(replacement);
    tau_mem_free(replacement->temporary);
    tau_mem_free(replacement->path);
    *replacement = (tau_file_replacement){0};
}

tau_status tau_file_write(const char *path, const void *bytes, size_t size) {
    tau_file_replacement replacement;
    TAU_TRY(tau_file_replace_begin(&replacement, path));
    FILE *file = fopen(replacement.temporary, "wb");
    bool written = file && fwrite(bytes, 1, size, file) == size;
    if (file && fclose(file) != 0) written = false;
    if (!written) {
        tau_status status = io_error("write", path);
        tau_file_replace_abort(&replacement);
        return status;
    }
    return tau_file_replace_commit(&replacement);
}
