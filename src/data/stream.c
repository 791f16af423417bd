#include "data/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/memory.h"

struct tau_stream {
    gzFile file;           /**< NULL = memory */
    const uint8_t *memory; /**< what was not read yet */
    char *path;
    uint64_t size; /**< on disk; in memory what was not read yet */
};

static tau_status open_regular(int *out, uint64_t *size, const char *path) {
    struct stat info;
    *out = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*out < 0)
        return tau_fail(errno == ENOENT ? TAU_STATUS_MISSING : TAU_STATUS_IO, "cannot read %s" TAU_WHY "%s",
                        path, strerror(errno));
    if (fstat(*out, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(*out);
        return tau_fail(TAU_STATUS_IO, "cannot read %s" TAU_WHY "it is no regular file", path);
    }
    *size = (uint64_t)info.st_size;
    return TAU_STATUS_OK;
}

tau_status tau_stream_open(tau_stream **out, const char *path) {
    tau_stream *stream;
    int descriptor = -1;
    uint64_t size = 0;
    *out = NULL;
    TAU_TRY(open_regular(&descriptor, &size, path));
    tau_status status = TAU_ALLOC(stream, 1);
    if (status == TAU_STATUS_OK) {
        stream->size = size;
        stream->file = gzdopen(descriptor, "rb");
        status = stream->file ? tau_string_copy(&stream->path, path)
                              : tau_fail(TAU_STATUS_MEMORY, "cannot read %s" TAU_WHY "out of memory", path);
    }
    if (status == TAU_STATUS_OK) {
        gzbuffer(stream->file, 1 << 16);
        *out = stream;
        return TAU_STATUS_OK;
    }
    if (!stream || !stream->file) close(descriptor);
    tau_stream_close(stream);
    return status;
}

tau_status tau_stream_open_memory(tau_stream **out, const char *path, const void *bytes, size_t size) {
    tau_stream *stream;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(stream, 1));
    stream->memory = bytes;
    stream->size = size;
    tau_status status = tau_string_copy(&stream->path, path);
    if (status == TAU_STATUS_OK)
        *out = stream;
    else
        tau_mem_free(stream);
    return status;
}

void tau_stream_close(tau_stream *stream) {
    if (!stream) return;
    if (stream->file) gzclose(stream->file);
    tau_mem_free(stream->path);
    tau_mem_free(stream);
}

const char *tau_stream_path(const tau_stream *stream) {
    return stream->path;
}

tau_status tau_stream_read_some(tau_stream *stream, void *out, size_t size, size_t *count) {
    const size_t most = 1 << 30; /* what one gzread can return */
    *count = 0;
    if (!stream->file) {
        *count = size < stream->size ? size : (size_t)stream->size;
        memcpy(out, stream->memory, *count);
        stream->memory += *count;
        stream->size -= *count;
        return TAU_STATUS_OK;
    }
    while (*count < size) {
        size_t part = size - *count < most ? size - *count : most;
        int got = gzread(stream->file, (char *)out + *count, (unsigned)part);
        if (got > 0) *count += (size_t)got;
        if (got <= 0 || (size_t)got < part) break;
    }
    int code;
    const char *message = gzerror(stream->file, &code);
    if (code == Z_OK || code == Z_STREAM_END) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "cannot unpack %s" TAU_WHY "its gzip data is damaged or cut off (%s)",
                    stream->path, message);
}

tau_status tau_stream_read(tau_stream *stream, void *out, size_t size) {
    size_t count;
    TAU_TRY(tau_stream_read_some(stream, out, size, &count));
    if (count == size) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s" TAU_WHY "the file ends too early: %zu bytes are missing" TAU_FIX
                    "copy or download it again",
                    stream->path, size - count);
}

tau_status tau_stream_expect(const tau_stream *stream, uint64_t size) {
    bool as_it_is = !stream->file || gzdirect(stream->file);
    uint64_t most = as_it_is ? stream->size : stream->size * 1032 + 1032;
    if (size <= most) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s" TAU_WHY
                    "its header claims %llu bytes, more than the file can hold" TAU_FIX
                    "copy or download it again",
                    stream->path, (unsigned long long)size);
}

tau_status tau_stream_expect_end(tau_stream *stream) {
    char byte;
    size_t count;
    TAU_TRY(tau_stream_read_some(stream, &byte, 1, &count));
    if (count == 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT, "cannot read %s" TAU_WHY "the file is longer than its header says",
                    stream->path);
}
