/* A landscape that grows safely on disk. The journal's lock is the writer's lock; whoever holds it may
 * replace the file. The file is always replaced before the journal is emptied, so a kill between the two
 * leaves points twice, never not at all. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/journal.h"
#include "core/memory.h"
#include "core/progress.h"
#include "store/landscape_internal.h"

static const double SECONDS_BETWEEN_WRITES = 60;

struct tau_landscape_writer {
    tau_landscape *landscape; /* borrowed */
    char *path, *journal_path;
    tau_journal *journal;
    double last_write;
    bool unsaved; /* the landscape has something that the file has not */
};

static void free_writer(tau_landscape_writer *writer) {
    tau_journal_close(writer->journal);
    tau_mem_free(writer->journal_path);
    tau_mem_free(writer->path);
    tau_mem_free(writer);
}

/* Writes the file and empties the journal, whose points are all in it now. */
static tau_status save(tau_landscape_writer *writer) {
    TAU_TRY(tau_landscape_write_file(writer->landscape, writer->path));
    writer->unsaved = false;
    writer->last_write = tau_progress_now();
    return tau_journal_clear(writer->journal);
}

/* What the file of an earlier, unfinished job holds: compared, and taken over where `into` is given. */
static tau_status resume_file(const tau_landscape *ours, tau_landscape *into, const char *path) {
    const tau_recipe_words words = {
        .verb = "resume",
        .path = path,
        .theirs = "it was computed",
        .ours = "this command says",
        .fix = "repeat the earlier command, write elsewhere with -o, or start afresh with --force",
    };
    tau_landscape *earlier;
    if (tau_landscape_read_file(&earlier, path, NULL) != TAU_STATUS_OK)
        return tau_error_context("cannot resume %s", path);
    tau_status status = tau_landscape_compare(ours, earlier, &words);
    if (status == TAU_STATUS_OK && into) status = tau_landscape_adopt(into, earlier);
    tau_landscape_destroy(earlier);
    return status;
}

/* Says what differs before the journal, which knows only that something does, could complain; and looks at
 * what --force would replace. */
static tau_status check_destination(const tau_landscape *landscape, const char *path, bool overwrite) {
    if (!tau_file_exists(path)) return TAU_STATUS_OK;
    if (!overwrite) return resume_file(landscape, NULL, path);
    if (!tau_landscape_is_run_file(path)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_EXISTS,
                    "cannot replace %s" TAU_WHY "it holds recorded trainings" TAU_FIX
                    "write the landscape to another file with -o",
                    path);
}

/* Takes the lock and the journal's points. A journal of other settings is dropped if that is wanted or if no
 * point is lost by it: a job can be killed before it has finished any. */
static tau_status open_journal(tau_landscape_writer *writer, const char *identity, bool overwrite) {
    if (overwrite) return tau_journal_create(&writer->journal, writer->journal_path, identity);
    bool has_records = false;
    tau_status status = tau_journal_open(&writer->journal, writer->journal_path, identity,
                                         tau_landscape_replay, writer->landscape);
    if (status != TAU_STATUS_MISMATCH) return status;
    TAU_TRY(tau_landscape_journal_has_records(&has_records, writer->journal_path));
    if (!has_records) return tau_journal_create(&writer->journal, writer->journal_path, identity);
    return tau_fail(TAU_STATUS_MISMATCH,
                    "cannot resume %s" TAU_WHY "its journal %s was written with other settings" TAU_FIX
                    "repeat the earlier command, write elsewhere with -o, or start afresh with --force",
                    writer->path, writer->journal_path);
}

static tau_status start(tau_landscape_writer *writer, bool overwrite) {
    char *identity;
    bool has_records = false;
    TAU_TRY(check_destination(writer->landscape, writer->path, overwrite));
    TAU_TRY(tau_landscape_journal_identity(&identity, writer->landscape));
    tau_status status = open_journal(writer, identity, overwrite);
    tau_mem_free(identity);
    if (status != TAU_STATUS_OK) return status;
    writer->unsaved = true;
    if (!overwrite && tau_file_exists(writer->path)) {
        TAU_TRY(resume_file(writer->landscape, writer->landscape, writer->path));
        TAU_TRY(tau_landscape_journal_has_records(&has_records, writer->journal_path));
        writer->unsaved = has_records;
    }
    writer->last_write = tau_progress_now();
    return writer->unsaved ? save(writer) : TAU_STATUS_OK;
}

tau_status tau_landscape_writer_open(tau_landscape_writer **out, const char *path, tau_landscape *landscape,
                                     bool overwrite) {
    *out = NULL;
    tau_landscape_writer *writer;
    TAU_TRY(TAU_ALLOC(writer, 1));
    writer->landscape = landscape;
    tau_status status = tau_string_copy(&writer->path, path);
    if (status == TAU_STATUS_OK) status = tau_landscape_journal_path(&writer->journal_path, path);
    if (status == TAU_STATUS_OK) status = start(writer, overwrite);
    if (status != TAU_STATUS_OK) {
        free_writer(writer);
        return status;
    }
    *out = writer;
    return TAU_STATUS_OK;
}

static tau_status append_record(void *payload, const void *bytes, size_t size) {
    return tau_journal_append(payload, bytes, size);
}

static tau_status accept_tile(void *payload, const tau_sweep_tile *tile) {
    tau_landscape_writer *writer = payload;
    TAU_TRY(tau_landscape_encode(tile, append_record, writer->journal));
    tau_landscape_put(writer->landscape, tile);
    writer->unsaved = true;
    if (tau_progress_now() - writer->last_write < SECONDS_BETWEEN_WRITES) return TAU_STATUS_OK;
    return save(writer);
}

tau_sweep_sink tau_landscape_writer_get_sink(tau_landscape_writer *writer) {
    return (tau_sweep_sink){.accept = accept_tile, .payload = writer};
}

tau_status tau_landscape_writer_close(tau_landscape_writer *writer) {
    if (!writer) return TAU_STATUS_OK;
    tau_status status = writer->unsaved ? save(writer) : TAU_STATUS_OK;
    /* Still under the lock: nobody else's journal is removed. */
    if (status == TAU_STATUS_OK && unlink(writer->journal_path) != 0 && errno != ENOENT)
        status =
            tau_fail(TAU_STATUS_IO, "cannot remove %s" TAU_WHY "%s", writer->journal_path, strerror(errno));
    free_writer(writer);
    return status;
}

/* Takes the lock of a journal that is there, as a writer would. @param[out] lock  -1 = no journal */
static tau_status lock_journal(int *lock, const char *path) {
    char *journal_path;
    TAU_TRY(tau_landscape_journal_path(&journal_path, path));
    tau_status status = TAU_STATUS_OK;
    *lock = open(journal_path, O_RDONLY | O_CLOEXEC);
    if (*lock >= 0 && flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(*lock);
        *lock = -1;
        status = tau_fail(TAU_STATUS_EXISTS,
                          "cannot write %s" TAU_WHY "another process is computing it" TAU_FIX
                          "wait for it, or stop it first: it keeps what it has",
                          path);
    }
    tau_mem_free(journal_path);
    return status;
}

tau_status tau_landscape_write(const tau_landscape *landscape, const char *path) {
    int lock;
    TAU_TRY(lock_journal(&lock, path));
    tau_status status = tau_landscape_write_file(landscape, path);
    if (lock >= 0) close(lock);
    return status;
}

/* The file with its journal. A writer may replace the file between the two looks, so that the journal's
 * points are in the new one only: then both are read again. */
static tau_status read_both(tau_landscape **out, bool *changed, const char *path, const char *journal_path,
                            const char *name) {
    struct stat before = {0}, after = {0};
    char *identity = NULL;
    bool has_records = false;
    (void)stat(path, &before);
    TAU_TRY(tau_landscape_read_file(out, path, name));
    tau_status status = tau_landscape_journal_has_records(&has_records, journal_path);
    if (status == TAU_STATUS_OK && has_records) {
        status = tau_landscape_journal_identity(&identity, *out);
        if (status == TAU_STATUS_OK)
            status = tau_journal_read(journal_path, identity, tau_landscape_replay, *out);
        tau_mem_free(identity);
    }
    (void)stat(path, &after);
    *changed = before.st_ino != after.st_ino || before.st_size != after.st_size ||
               before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
               before.st_mtim.tv_nsec != after.st_mtim.tv_nsec;
    if (status == TAU_STATUS_OK && !*changed) return TAU_STATUS_OK;
    tau_landscape_destroy(*out);
    *out = NULL;
    return status;
}

tau_status tau_landscape_read(tau_landscape **out, const char *path, const char *name) {
    enum { ATTEMPTS = 10 };
    char *journal_path;
    bool changed = true;
    *out = NULL;
    TAU_TRY(tau_landscape_journal_path(&journal_path, path));
    tau_status status = TAU_STATUS_OK;
    if (!tau_file_exists(path) && tau_file_exists(journal_path))
        status = tau_fail(TAU_STATUS_MISSING,
                          "cannot read %s" TAU_WHY "only its journal is there" TAU_FIX
                          "repeat the command that made it: it takes over the journal's points",
                          path);
    else
        for (int i = 0; i < ATTEMPTS && changed; i++) {
            changed = false;
            status = read_both(out, &changed, path, journal_path, name);
        }
    if (status == TAU_STATUS_OK && !*out)
        status = tau_fail(TAU_STATUS_IO, "cannot read %s" TAU_WHY "it is replaced again and again", path);
    tau_mem_free(journal_path);
    return status;
}
