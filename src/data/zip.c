#include "data/zip.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/file.h"
#include "core/memory.h"

enum { END_SIZE = 22, ENTRY_SIZE = 46, LOCAL_SIZE = 30, COMMENT_MOST = 65535, STORED = 0, DEFLATED = 8 };

typedef struct archive {
    const char *path;
    uint8_t *bytes; /**< the whole file */
    size_t size;
    size_t directory, directory_end; /**< where the entries lie */
} archive;

typedef struct member {
    const char *name; /**< not closed with a zero */
    size_t name_length;
    uint32_t flags, method, checksum, packed, unpacked, offset;
} member;

static uint32_t u16(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}
static uint32_t u32(const uint8_t *at) {
    return u16(at) | u16(at + 2) << 16;
}

static tau_status damaged(const archive *zip) {
    return tau_fail(TAU_STATUS_INPUT,
                    "cannot read %s" TAU_WHY "the ZIP archive is damaged or cut off" TAU_FIX
                    "copy or save it again",
                    zip->path);
}

/* The end record lies at the end, before a comment of any length up to 65,535 bytes. */
static tau_status find_directory(archive *zip) {
    for (size_t back = END_SIZE; back <= zip->size && back <= END_SIZE + COMMENT_MOST; back++) {
        const uint8_t *end = zip->bytes + zip->size - back;
        if (memcmp(end, "PK\5\6", 4) != 0 || u16(end + 20) != back - END_SIZE) continue;
        size_t size = u32(end + 12);
        zip->directory = u32(end + 16);
        zip->directory_end = zip->directory + size;
        return zip->directory_end <= zip->size - back ? TAU_STATUS_OK : damaged(zip);
    }
    return damaged(zip);
}

/* The entry at `*at`, which moves behind it. */
static tau_status next_member(member *out, const archive *zip, size_t *at) {
    const uint8_t *entry = zip->bytes + *at;
    size_t room = zip->directory_end - *at;
    if (room < ENTRY_SIZE || memcmp(entry, "PK\1\2", 4) != 0) return damaged(zip);
    size_t length = ENTRY_SIZE + u16(entry + 28) + u16(entry + 30) + u16(entry + 32);
    if (room < length) return damaged(zip);
    *out = (member){(const char *)entry + ENTRY_SIZE,
                    u16(entry + 28),
                    u16(entry + 8),
                    u16(entry + 10),
                    u32(entry + 16),
                    u32(entry + 20),
                    u32(entry + 24),
                    u32(entry + 42)};
    *at += length;
    return TAU_STATUS_OK;
}

static bool is_named(const member *one, const char *name) {
    size_t length = strlen(name);
    if (one->name_length < length || memcmp(one->name, name, length) != 0) return false;
    return one->name_length == length ||
           (one->name_length == length + 4 && !memcmp(one->name + length, ".npy", 4));
}

/* @param[out] names  at least 300 bytes, the names there are */
static tau_status find_member(member *out, size_t *found, char *names, const archive *zip, const char *name) {
    size_t used = 0;
    *found = 0;
    for (size_t at = zip->directory; at < zip->directory_end;) {
        member one;
        TAU_TRY(next_member(&one, zip, &at));
        if (used + one.name_length + 3 < 300)
            used += (size_t)snprintf(names + used, 300 - used, "%s%.*s", used ? ", " : "",
                                     (int)one.name_length, one.name);
        if (name && !is_named(&one, name)) continue;
        *out = one;
        ++*found;
    }
    return TAU_STATUS_OK;
}

static bool inflate_raw(uint8_t *out, size_t size, const uint8_t *packed, size_t packed_size) {
    z_stream stream = {.next_in = (uint8_t *)packed,
                       .avail_in = (unsigned)packed_size,
                       .next_out = out,
                       .avail_out = (unsigned)size};
    if (inflateInit2(&stream, -15) != Z_OK) return false;
    bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    return whole;
}

static tau_status unpack(uint8_t **out, size_t *size, const archive *zip, const member *one) {
    if ((one->flags & 1) || (one->method != STORED && one->method != DEFLATED) ||
        one->unpacked == UINT32_MAX || one->packed == UINT32_MAX || one->offset == UINT32_MAX)
        return tau_fail(
            TAU_STATUS_UNSUPPORTED,
            "cannot unpack %s" TAU_WHY
            "a member is encrypted, packed otherwise than by deflate, or of 4 GiB and more" TAU_FIX
            "save the array as NPY",
            zip->path);
    if (zip->size < LOCAL_SIZE || one->offset > zip->size - LOCAL_SIZE) return damaged(zip);
    const uint8_t *local = zip->bytes + one->offset;
    size_t start = (size_t)one->offset + LOCAL_SIZE + u16(local + 26) + u16(local + 28);
    if (memcmp(local, "PK\3\4", 4) != 0 || start > zip->size || one->packed > zip->size - start)
        return damaged(zip);
    bool plausible = one->method == STORED ? one->unpacked == one->packed
                                           : one->unpacked <= UINT64_C(1032) * one->packed + 1032;
    if (!plausible) return damaged(zip);
    TAU_TRY(TAU_ALLOC(*out, one->unpacked));
    *size = one->unpacked;
    bool whole = true;
    if (one->method == STORED)
        memcpy(*out, zip->bytes + start, *size);
    else
        whole = inflate_raw(*out, *size, zip->bytes + start, one->packed);
    if (whole && crc32(0, *out, (unsigned)*size) == one->checksum) return TAU_STATUS_OK;
    tau_mem_free(*out);
    *out = NULL;
    return damaged(zip);
}

/* @param[in] found  members of the name, or all of them where none was given   @param[in] names  of all */
static tau_status refuse_name(const char *path, const char *name, size_t found, const char *names) {
    if (found == 0 && !*names)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot read %s" TAU_WHY "the archive is empty" TAU_FIX "save an array in it", path);
    if (!name)
        return tau_fail(TAU_STATUS_MISSING,
                        "cannot read %s" TAU_WHY "it holds several arrays: %s" TAU_FIX
                        "say which, as in %s:%.*s",
                        path, names, path, (int)strcspn(names, ".,"), names);
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot read '%.60s' of %s" TAU_WHY "the archive has %s of this name" TAU_FIX
                    "write %s:NAME; the archive holds %s",
                    name, path, found ? "more than one array" : "no array", path, names);
}

tau_status tau_zip_read(uint8_t **out, size_t *size, const char *path, const char *name) {
    archive zip = {.path = path};
    member one = {0};
    size_t found = 0;
    char names[300] = "";
    *out = NULL;
    TAU_TRY(tau_file_read(&zip.bytes, &zip.size, path, (size_t)1 << 36));
    tau_status status = find_directory(&zip);
    if (status == TAU_STATUS_OK) status = find_member(&one, &found, names, &zip, name);
    if (status == TAU_STATUS_OK && found != 1) status = refuse_name(path, name, found, names);
    if (status == TAU_STATUS_OK) status = unpack(out, size, &zip, &one);
    tau_mem_free(zip.bytes);
    return status;
}
