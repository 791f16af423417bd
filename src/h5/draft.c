/* Copies of whole files: to change one without touching it, and so to mend one whose writer was killed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "h5/internal.h"

static herr_t copy_attribute(hid_t from, const char *name, const H5A_info_t *info, void *payload) {
    const hid_t to = *(const hid_t *)payload;
    hid_t attribute = H5Aopen(from, name, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    hid_t copy = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    void *value = NULL;
    herr_t result = -1;
    /* In memory a variable-length value may take more than in the file. */
    if (copy >= 0 &&
        tau_mem_alloc(&value, (size_t)info->data_size + H5Tget_size(type), 16) == TAU_STATUS_OK &&
        H5Aread(attribute, type, value) >= 0) {
        result = H5Awrite(copy, type, value);
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, value);
    }
    tau_mem_free(value);
    tau_h5_release(copy);
    tau_h5_release(space);
    tau_h5_release(type);
    tau_h5_release(attribute);
    return result;
}

typedef struct recovery {
    tau_h5 *from, *to;
} recovery;

static tau_status copy_member(void *payload, const char *name, bool is_group) {
    (void)is_group;
    recovery *both = payload;
    return tau_h5_copy(both->to, name, both->from, name);
}

/* All that is readable of `from` into a new file. */
static tau_status copy_all(const char *path, tau_h5 *from) {
    recovery both = {.from = from};
    TAU_TRY(tau_h5_new_file(&both.to, path));
    hid_t access = tau_h5_file_access(true, both.to), creation = tau_h5_file_creation(true);
    both.to->id = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    tau_status status = both.to->id < 0 ? tau_h5_fail(TAU_STATUS_IO, both.to, "make", NULL) : TAU_STATUS_OK;
    tau_h5_release(creation);
    tau_h5_release(access);
    if (status != TAU_STATUS_OK) {
        tau_h5_free_file(both.to);
        return status;
    }
    if (H5Aiterate2(from->id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, copy_attribute, &both.to->id) < 0)
        status = tau_h5_fail(TAU_STATUS_INPUT, from, "copy the attributes of", NULL);
    if (status == TAU_STATUS_OK) status = tau_h5_list(from, "/", copy_member, &both);
    if (status == TAU_STATUS_OK) return tau_h5_close(both.to);
    tau_h5_discard(both.to);
    return status;
}

void tau_h5_drop_draft(tau_h5 *file) {
    struct stat info;
    const bool made_here = file->draft.temporary && stat(file->path, &info) == 0 && info.st_size == 0;
    if (made_here) unlink(file->path);
    tau_file_replace_abort(&file->draft);
    if (file->original >= 0) close(file->original);
    file->original = -1;
}

/* Locks the file that a draft will replace; where there is none an empty one holds its place and the lock.
 * @param[out] empty  nothing to be copied */
static tau_status claim(int *lock, bool *empty, const char *path) {
    struct stat info;
    *lock = -1;
    *empty = false;
    const int made = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (made < 0)
        return tau_fail(TAU_STATUS_IO,
                        "cannot write %s" TAU_WHY "%s" TAU_FIX "choose a place that you may write to", path,
                        strerror(errno));
    close(made);
    TAU_TRY(tau_h5_lock_writer(lock, path));
    *empty = fstat(*lock, &info) == 0 && info.st_size == 0;
    return TAU_STATUS_OK;
}

/* Copies what the file at `path` holds to a new file. */
static tau_status copy_file(const char *temporary, const char *path) {
    tau_h5 *from;
    TAU_TRY(tau_h5_open_follow(&from, path));
    tau_status status = copy_all(temporary, from);
    tau_h5_discard(from);
    return status;
}

/* The child's part: its error goes to the parent, what the library prints while it crashes to nobody. */
static void copy_and_exit(const char *temporary, const char *path, int lock, int report) {
    tau_error_copy error = {0};
    const struct rlimit no_core = {0, 0};
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    close(lock); /* the parent's alone: it must end with the parent */
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &no_core);
    if (copy_file(temporary, path) != TAU_STATUS_OK) tau_error_save(&error);
    _exit(write(report, &error, sizeof error) == (ssize_t)sizeof error ? 0 : 1);
}

static tau_status await_copy(pid_t child, int report, const char *path) {
    tau_error_copy error;
    int status = 0;
    ssize_t got;
    while ((got = read(report, &error, sizeof error)) < 0 && errno == EINTR) continue;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (got != (ssize_t)sizeof error)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot copy %s" TAU_WHY
                        "it is damaged: the HDF5 library stopped while reading it" TAU_FIX
                        "write to another file",
                        path);
    return error.code == TAU_STATUS_OK ? TAU_STATUS_OK : tau_error_restore(&error);
}

/* Copies in a process of its own, because the library's copying crashes on damaged files where its reading
 * reports an error. @param[in] lock  on `path` */
static tau_status copy_in_child(const char *temporary, const char *path, int lock) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0)
        return tau_fail(TAU_STATUS_IO, "cannot copy %s" TAU_WHY "%s", path, strerror(errno));
    const pid_t child = fork();
    if (child == 0) copy_and_exit(temporary, path, lock, pipe_ends[1]);
    close(pipe_ends[1]);
    tau_status status = child < 0
                            ? tau_fail(TAU_STATUS_IO, "cannot copy %s" TAU_WHY "%s", path, strerror(errno))
                            : await_copy(child, pipe_ends[0], path);
    close(pipe_ends[0]);
    return status;
}

/* Fills the temporary file with what the original holds. */
static tau_status fill_draft(const char *temporary, const char *path, int lock, bool empty) {
    tau_h5 *made;
    if (!empty) return copy_in_child(temporary, path, lock);
    unlink(temporary); /* the name is ours now; the library wants to make the file itself */
    TAU_TRY(tau_h5_create(&made, temporary));
    return tau_h5_close(made);
}

tau_status tau_h5_open_draft(tau_h5 **out, const char *path) {
    TAU_H5_LOCKED;
    int original;
    bool empty;
    char *name = NULL;
    tau_h5 *file = NULL;
    tau_file_replacement draft = {0};
    *out = NULL;
    TAU_TRY(claim(&original, &empty, path));
    tau_status status = tau_string_copy(&name, path);
    if (status == TAU_STATUS_OK) status = tau_file_replace_begin(&draft, path);
    if (status == TAU_STATUS_OK) status = fill_draft(draft.temporary, path, original, empty);
    if (status == TAU_STATUS_OK) status = tau_h5_open_append(&file, draft.temporary);
    if (status != TAU_STATUS_OK) {
        tau_file_replace_abort(&draft);
        if (empty) unlink(path);
        close(original);
        tau_mem_free(name);
        return tau_error_context("cannot write %s", path);
    }
    tau_mem_free(file->path);
    file->path = name;
    file->draft = draft;
    file->original = original;
    *out = file;
    return TAU_STATUS_OK;
}

tau_status tau_h5_publish(tau_h5 *file) {
    TAU_H5_LOCKED;
    TAU_TRY(tau_h5_flush(file, NULL));
    TAU_TRY(tau_file_replace_commit(&file->draft));
    close(file->original);
    file->original = -1;
    return TAU_STATUS_OK;
}
