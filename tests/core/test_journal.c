#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "core/file.h"
#include "core/journal.h"
#include "core/memory.h"
#include "core/temporary.h"

static const char IDENTITY[] = "model a, seed 1";
enum { RECORDS = 5 };

/* Record i is i + 1 bytes of value i. */
typedef struct reading {
    int count;
    int wrong;
} reading;

static tau_status visit(void *payload, const void *bytes, size_t size) {
    reading *self = payload;
    const uint8_t *byte = bytes;
    self->wrong += size != (size_t)self->count + 1;
    for (size_t i = 0; i < size; i++) self->wrong += byte[i] != self->count;
    self->count++;
    return TAU_STATUS_OK;
}

static tau_status append(tau_journal *journal, int number) {
    uint8_t bytes[256];
    memset(bytes, number, sizeof bytes);
    return tau_journal_append(journal, bytes, (size_t)number + 1);
}

static tau_journal *open_with(const char *path, int expected_records) {
    reading seen = {0};
    tau_journal *journal;
    cr_assert_eq(tau_journal_open(&journal, path, IDENTITY, visit, &seen), TAU_STATUS_OK);
    cr_assert_eq(seen.count, expected_records);
    cr_assert_eq(seen.wrong, 0);
    return journal;
}

static void write_journal(const char *path) {
    tau_journal *journal = open_with(path, 0);
    for (int i = 0; i < RECORDS; i++) cr_assert_eq(append(journal, i), TAU_STATUS_OK);
    tau_journal_close(journal);
}

static int count_records(const char *path) {
    reading seen = {0};
    cr_assert_eq(tau_journal_read(path, IDENTITY, visit, &seen), TAU_STATUS_OK);
    cr_assert_eq(seen.wrong, 0);
    return seen.count;
}

static size_t read_all(const char *path, uint8_t **bytes) {
    size_t size;
    cr_assert_eq(tau_file_read(bytes, &size, path, 1 << 20), TAU_STATUS_OK);
    return size;
}

Test(journal, records_come_back_in_order) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    cr_assert_eq(count_records(path), 0);
    write_journal(path);
    cr_assert_eq(count_records(path), RECORDS);
    tau_journal_close(open_with(path, RECORDS));
    temporary_remove(&made);
}

Test(journal, a_tail_torn_at_any_byte_is_cut_off_and_writing_goes_on) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    uint8_t *bytes;
    size_t size = read_all(path, &bytes);
    size_t end[RECORDS + 1] = {8 + 8 + sizeof IDENTITY - 1};
    for (int i = 0; i < RECORDS; i++) end[i + 1] = end[i] + 8 + (size_t)i + 1;
    cr_assert_eq(end[RECORDS], size);
    for (size_t cut = 0; cut <= size; cut++) {
        int whole = 0;
        while (whole < RECORDS && end[whole + 1] <= cut) whole++;
        write_bytes(path, bytes, cut);
        cr_assert_eq(count_records(path), whole, "cut at %zu", cut);
        tau_journal *journal = open_with(path, whole);
        cr_assert_eq(append(journal, whole), TAU_STATUS_OK);
        tau_journal_close(journal);
        cr_assert_eq(count_records(path), whole + 1, "cut at %zu", cut);
    }
    tau_mem_free(bytes);
    temporary_remove(&made);
}

/* Whatever byte changes, what is delivered is a prefix of what was written, or the file is refused. */
Test(journal, a_changed_byte_never_yields_a_wrong_record) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    uint8_t *bytes;
    size_t size = read_all(path, &bytes);
    for (size_t at = 0; at < size; at++) {
        for (int flip = 1; flip < 256; flip += flip) {
            bytes[at] ^= (uint8_t)flip;
            write_bytes(path, bytes, size);
            reading seen = {0};
            tau_status status = tau_journal_read(path, IDENTITY, visit, &seen);
            cr_assert(status == TAU_STATUS_OK || status == TAU_STATUS_INPUT || status == TAU_STATUS_MISMATCH);
            cr_assert_eq(seen.wrong, 0, "byte %zu", at);
            cr_assert_lt(seen.count, RECORDS, "byte %zu", at);
            bytes[at] ^= (uint8_t)flip;
        }
    }
    tau_mem_free(bytes);
    temporary_remove(&made);
}

Test(journal, a_damaged_identity_is_refused_and_nothing_is_lost) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    uint8_t *bytes, *after;
    size_t size = read_all(path, &bytes);
    bytes[20] ^= 1;
    write_bytes(path, bytes, size);
    tau_journal *journal = (tau_journal *)&journal;
    cr_assert_eq(tau_journal_open(&journal, path, IDENTITY, NULL, NULL), TAU_STATUS_INPUT);
    cr_assert_null(journal);
    cr_assert_eq(read_all(path, &after), size);
    cr_assert_arr_eq(after, bytes, size);
    tau_mem_free(bytes);
    tau_mem_free(after);
    temporary_remove(&made);
}

/* A crash of the machine can leave a file longer than what was written, filled with zeros. */
Test(journal, a_tail_of_zeros_holds_no_records) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(truncate(path, info.st_size + 4096), 0);
    cr_assert_eq(count_records(path), RECORDS);
    tau_journal_close(open_with(path, RECORDS));
    temporary_remove(&made);
}

Test(journal, another_identity_is_refused_and_nothing_is_lost) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    tau_journal *journal = (tau_journal *)&journal;
    cr_assert_eq(tau_journal_open(&journal, path, "model a, seed 2", NULL, NULL), TAU_STATUS_MISMATCH);
    cr_assert_null(journal);
    cr_assert_eq(tau_journal_read(path, "model a", NULL, NULL), TAU_STATUS_MISMATCH);
    cr_assert_eq(tau_journal_read(path, NULL, NULL, NULL), TAU_STATUS_OK);
    cr_assert_eq(count_records(path), RECORDS);
    temporary_remove(&made);
}

Test(journal, a_foreign_file_is_refused_and_untouched) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_bytes(path, "my thesis", 9);
    tau_journal *journal;
    cr_assert_eq(tau_journal_open(&journal, path, IDENTITY, NULL, NULL), TAU_STATUS_INPUT);
    cr_assert_eq(tau_journal_read(path, NULL, NULL, NULL), TAU_STATUS_INPUT);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_size, 9);
    temporary_remove(&made);
}

Test(journal, identities_and_records_that_cannot_be_kept_leave_no_file) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    static char identity[(1 << 16) + 2];
    memset(identity, 'x', sizeof identity - 1);
    tau_journal *journal;
    cr_assert_eq(tau_journal_open(&journal, path, identity, NULL, NULL), TAU_STATUS_INPUT);
    cr_assert_eq(tau_journal_open(&journal, path, "", NULL, NULL), TAU_STATUS_INPUT);
    cr_assert_not(tau_file_exists(path));
    journal = open_with(path, 0);
    cr_assert_eq(tau_journal_append(journal, "", 0), TAU_STATUS_INPUT);
    tau_journal_close(journal);
    temporary_remove(&made);
}

Test(journal, a_second_writer_is_refused) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    tau_journal *first = open_with(path, 0), *second;
    cr_assert_eq(tau_journal_open(&second, path, IDENTITY, NULL, NULL), TAU_STATUS_EXISTS);
    cr_assert_not_null(strstr(tau_error_last()->fix, "--shard"));
    pid_t child = fork();
    if (child == 0) _exit(tau_journal_open(&second, path, IDENTITY, NULL, NULL) == TAU_STATUS_EXISTS ? 0 : 1);
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    tau_journal_close(first);
    tau_journal_close(open_with(path, 0));
    temporary_remove(&made);
}

static tau_status refuse_third(void *payload, const void *bytes, size_t size) {
    (void)bytes, (void)size;
    return ++*(int *)payload == 3 ? tau_fail(TAU_STATUS_SHAPE, "not this one") : TAU_STATUS_OK;
}

Test(journal, a_failing_visitor_stops_the_opening_and_nothing_is_lost) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    int visited = 0;
    tau_journal *journal;
    cr_assert_eq(tau_journal_open(&journal, path, IDENTITY, refuse_third, &visited), TAU_STATUS_SHAPE);
    cr_assert_null(journal);
    cr_assert_eq(visited, 3);
    cr_assert_eq(count_records(path), RECORDS);
    temporary_remove(&made);
}

Test(journal, clearing_keeps_identity_and_lock) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    tau_journal *journal = open_with(path, 0), *second;
    cr_assert_eq(append(journal, 0), TAU_STATUS_OK);
    cr_assert_eq(tau_journal_clear(journal), TAU_STATUS_OK);
    cr_assert_eq(count_records(path), 0);
    cr_assert_eq(tau_journal_open(&second, path, IDENTITY, NULL, NULL), TAU_STATUS_EXISTS);
    cr_assert_eq(append(journal, 0), TAU_STATUS_OK);
    tau_journal_close(journal);
    cr_assert_eq(count_records(path), 1);
    temporary_remove(&made);
}

static void write_until_killed(const char *path) {
    tau_journal *journal;
    if (tau_journal_open(&journal, path, IDENTITY, NULL, NULL) != TAU_STATUS_OK) _exit(1);
    for (int i = 0; i < 250; i++)
        if (append(journal, i) != TAU_STATUS_OK) _exit(1);
    _exit(0); /* without closing, as a killed process does */
}

Test(journal, is_read_while_it_is_written_and_survives_the_writer) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    pid_t child = fork();
    if (child == 0) write_until_killed(path);
    int before = 0, status = -1;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int now = count_records(path);
        cr_assert_geq(now, before);
        before = now;
    }
    cr_assert_eq(status, 0);
    tau_journal_close(open_with(path, 250));
    temporary_remove(&made);
}

/* Finished jobs remove their journal. The library's flock is this one: the job before us ends between our
 * opening of the file and our lock, so that we hold a file that no path leads to any more. */
static const char *finishing;

int flock(int file, int operation);
int flock(int file, int operation) {
    if (finishing) unlink(finishing);
    finishing = NULL;
    return (int)syscall(SYS_flock, file, operation);
}

Test(journal, an_open_journal_is_always_the_one_at_its_path) {
    temporary made = temporary_create();
    const char *path = temporary_path(&made, "j");
    write_journal(path);
    finishing = path;
    tau_journal *journal = open_with(path, 0);
    cr_assert_null(finishing);
    cr_assert(tau_file_exists(path));
    cr_assert_eq(append(journal, 0), TAU_STATUS_OK);
    tau_journal_close(journal);
    cr_assert_eq(count_records(path), 1);
    temporary_remove(&made);
}
