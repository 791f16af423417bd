#include "model/section.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tau_status read_error(const char *path) {
    return tau_fail(errno == ENOENT ? TAU_STATUS_MISSING : TAU_STATUS_IO,
                    "cannot read %s" TAU_WHY "%s" TAU_FIX "check the path", path, strerror(errno));
}

tau_status tau_section_open(tau_section_file *out, const char *path) {
    *out = (tau_section_file){.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = path};
    if (out->descriptor < 0) return read_error(path);
    struct stat info;
    tau_status status = TAU_STATUS_OK;
    if (fstat(out->descriptor, &info) != 0)
        status = read_error(path);
    else if (!S_ISREG(info.st_mode))
        status = tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "it is not a regular file", path);
    else
        out->size = (uint64_t)info.st_size;
    if (status != TAU_STATUS_OK) tau_section_close(out);
    return status;
}

void tau_section_close(tau_section_file *file) {
    if (file->descriptor >= 0) close(file->descriptor);
    file->descriptor = -1;
}

static tau_status ends_early(const tau_section_file *file, uint64_t offset, size_t size) {
    return tau_fail(TAU_STATUS_INPUT,
                    "%s is too short" TAU_WHY "%zu bytes at %" PRIu64 " reach beyond its %" PRIu64
                    " bytes" TAU_FIX "copy the file again",
                    file->path, size, offset, file->size);
}

tau_status tau_section_read(const tau_section_file *file, void *out, uint64_t offset, size_t size) {
    if (offset > file->size || size > file->size - offset) return ends_early(file, offset, size);
    for (size_t done = 0; done < size;) {
        const ssize_t got = pread(file->descriptor, (char *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return read_error(file->path);
        if (got == 0) return ends_early(file, offset, size); /* shrank while being read */
        done += (size_t)got;
    }
    return TAU_STATUS_OK;
}
