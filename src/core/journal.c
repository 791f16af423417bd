#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/progress.h"

/* Layout: 8 bytes of magic, then records. A record: size, CRC32C of the bytes, the bytes. The first record is
 * the identity. Little-endian, like everything tauscape writes. No record is empty: eight zero bytes would
 * pass for one, and a machine that lost power can leave a file ending in zeros. */
static const char MAGIC[8] = "TAUJRNL1";
enum { RECORD_HEADER = 8, RECORD_LIMIT = 1 << 28, IDENTITY_LIMIT = 1 << 16 };

struct tau_journal {
    int file;
    char *path;
    off_t records_start; /* after the identity */
    off_t end;
    double last_sync;
};

static tau_status journal_error(const char *verb, const char *path) {
    int code = errno;
    return tau_fail(TAU_STATUS_IO, "cannot %s the journal %s" TAU_WHY "%s" TAU_FIX "%s", verb, path,
                    strerror(code),
                    code == ENOSPC || code == EDQUOT ? "free some space; the same command then goes on"
                                                     : "check the path and its permissions");
}

static uint32_t get_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

/* The record at `offset`, or NULL where the bytes end or do not check out. */
static const uint8_t *record_at(const uint8_t *bytes, size_t size, size_t offset, size_t *record_size) {
    if (size - offset < RECORD_HEADER) return NULL;
    uint32_t length = get_u32(bytes + offset), crc = get_u32(bytes + offset + 4);
    if (length == 0 || length > RECORD_LIMIT || length > size - offset - RECORD_HEADER) return NULL;
    const uint8_t *record = bytes + offset + RECORD_HEADER;
    if (tau_hash_crc32c(0, record, length) != crc) return NULL;
    *record_size = length;
    return record;
}

/* Whether the head is a part of one being written when the writer died, rather than a damaged one. */
static bool head_is_torn(const uint8_t *bytes, size_t size) {
    if (size < sizeof MAGIC + RECORD_HEADER) return true;
    uint32_t length = get_u32(bytes + sizeof MAGIC);
    return length <= IDENTITY_LIMIT && length > size - sizeof MAGIC - RECORD_HEADER;
}

/* Visits intact records; `intact` and `start` become the offsets after the last one and after the identity.
 * A file whose head is torn (killed while it was made) has intact = 0. */
static tau_status scan(const uint8_t *bytes, size_t size, const char *path, const char *identity,
                       tau_journal_visit visit, void *payload, size_t *start, size_t *intact) {
    *start = *intact = 0;
    size_t head = size < sizeof MAGIC ? size : sizeof MAGIC;
    if (memcmp(bytes, MAGIC, head) != 0)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot use %s" TAU_WHY "it is not a journal of tauscape" TAU_FIX
                        "move it away, or write elsewhere",
                        path);
    if (head_is_torn(bytes, size)) return TAU_STATUS_OK;
    size_t record_size, offset = sizeof MAGIC;
    const uint8_t *record = record_at(bytes, size, offset, &record_size);
    if (!record)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot use %s" TAU_WHY "the journal's head is damaged" TAU_FIX
                        "move it away to start anew, or write elsewhere",
                        path);
    if (identity && (record_size != strlen(identity) || memcmp(record, identity, record_size) != 0))
        return tau_fail(TAU_STATUS_MISMATCH,
                        "cannot go on with %s" TAU_WHY "it was written for other settings" TAU_FIX
                        "repeat the earlier command, or write elsewhere with -o",
                        path);
    offset += RECORD_HEADER + record_size;
    *start = offset;
    while ((record = record_at(bytes, size, offset, &record_size))) {
        if (visit) TAU_TRY(visit(payload, record, record_size));
        offset += RECORD_HEADER + record_size;
    }
    *intact = offset;
    return TAU_STATUS_OK;
}

tau_status tau_journal_read(const char *path, const char *identity, tau_journal_visit visit, void *payload) {
    if (!tau_file_exists(path)) return TAU_STATUS_OK;
    uint8_t *bytes;
    size_t size, start, intact;
    TAU_TRY(tau_file_read(&bytes, &size, path, SIZE_MAX / 2));
    tau_status status = scan(bytes, size, path, identity, visit, payload, &start, &intact);
    tau_mem_free(bytes);
    return status;
}

static tau_status write_all(tau_journal *journal, const void *bytes, size_t size) {
    const uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t written = pwrite(journal->file, rest, size, journal->end);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return journal_error("write to", journal->path);
        rest += written;
        size -= (size_t)written;
        journal->end += written;
    }
    return TAU_STATUS_OK;
}

static tau_status write_record(tau_journal *journal, const void *bytes, size_t size) {
    if (size == 0 || size > RECORD_LIMIT)
        return tau_fail(TAU_STATUS_INPUT, "a journal record cannot have %zu bytes", size);
    uint8_t *record;
    TAU_TRY(TAU_ALLOC(record, RECORD_HEADER + size));
    put_u32(record, (uint32_t)size);
    put_u32(record + 4, tau_hash_crc32c(0, bytes, size));
    memcpy(record + RECORD_HEADER, bytes, size);
    off_t before = journal->end;
    tau_status status = write_all(journal, record, RECORD_HEADER + size);
    if (status != TAU_STATUS_OK) { /* leave no torn record behind */
        journal->end = before;
        (void)!ftruncate(journal->file, before);
    }
    tau_mem_free(record);
    return status;
}

/* Whether the path still leads to the open file: the writer before us removes its journal when it is done. */
static bool is_at_path(const tau_journal *journal) {
    struct stat held, named;
    return fstat(journal->file, &held) == 0 && stat(journal->path, &named) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

static tau_status open_and_lock(tau_journal *journal) {
    for (;;) {
        journal->file = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (journal->file < 0) return journal_error("open", journal->path);
        if (flock(journal->file, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return journal_error("lock", journal->path);
            return tau_fail(TAU_STATUS_EXISTS,
                            "cannot write %s" TAU_WHY "another process is writing it" TAU_FIX
                            "wait for it, or split the work with --shard i/n and an own -o for each part",
                            journal->path);
        }
        if (is_at_path(journal)) return TAU_STATUS_OK;
        close(journal->file);
    }
}

/* Visits what is there, or drops it, and leaves the journal ready for the next record. */
static tau_status start_or_continue(tau_journal *journal, const char *identity, bool drop,
                                    tau_journal_visit visit, void *payload) {
    uint8_t *bytes;
    size_t size, start, intact;
    TAU_TRY(tau_file_read(&bytes, &size, journal->path, SIZE_MAX / 2));
    tau_status status =
        scan(bytes, size, journal->path, drop ? NULL : identity, visit, payload, &start, &intact);
    tau_mem_free(bytes);
    TAU_TRY(status);
    if (drop) intact = 0;
    if (ftruncate(journal->file, (off_t)intact) != 0) return journal_error("repair", journal->path);
    journal->end = (off_t)intact;
    journal->records_start = (off_t)start;
    if (intact > 0) return TAU_STATUS_OK;
    TAU_TRY(write_all(journal, MAGIC, sizeof MAGIC));
    TAU_TRY(write_record(journal, identity, strlen(identity)));
    journal->records_start = journal->end;
    return fdatasync(journal->file) == 0 ? TAU_STATUS_OK : journal_error("sync", journal->path);
}

static tau_status open_journal(tau_journal **out, const char *path, const char *identity, bool drop,
                               tau_journal_visit visit, void *payload) {
    *out = NULL;
    if (!*identity || strlen(identity) > IDENTITY_LIMIT)
        return tau_fail(TAU_STATUS_INPUT, "a journal's identity cannot have %zu bytes", strlen(identity));
    tau_journal *journal;
    TAU_TRY(TAU_ALLOC(journal, 1));
    journal->file = -1;
    tau_status status = tau_string_copy(&journal->path, path);
    if (status == TAU_STATUS_OK) status = open_and_lock(journal);
    if (status == TAU_STATUS_OK) status = start_or_continue(journal, identity, drop, visit, payload);
    if (status != TAU_STATUS_OK) {
        tau_journal_close(journal);
        return status;
    }
    journal->last_sync = tau_progress_now();
    *out = journal;
    return TAU_STATUS_OK;
}

tau_status tau_journal_open(tau_journal **out, const char *path, const char *identity,
                            tau_journal_visit visit, void *payload) {
    return open_journal(out, path, identity, false, visit, payload);
}

tau_status tau_journal_create(tau_journal **out, const char *path, const char *identity) {
    return open_journal(out, path, identity, true, NULL, NULL);
}

tau_status tau_journal_append(tau_journal *journal, const void *bytes, size_t size) {
    TAU_TRY(write_record(journal, bytes, size));
    double now = tau_progress_now();
    if (now - journal->last_sync >= 1.0) {
        if (fdatasync(journal->file) != 0) return journal_error("sync", journal->path);
        journal->last_sync = now;
    }
    return TAU_STATUS_OK;
}

tau_status tau_journal_clear(tau_journal *journal) {
    if (ftruncate(journal->file, journal->records_start) != 0) return journal_error("clear", journal->path);
    journal->end = journal->records_start;
    return TAU_STATUS_OK;
}

void tau_journal_close(tau_journal *journal) {
    if (!journal) return;
    if (journal->file >= 0) {
        (void)fdatasync(journal->file);
        close(journal->file);
    }
    tau_mem_free(journal->path);
    tau_mem_free(journal);
}
