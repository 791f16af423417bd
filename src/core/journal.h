/** An append-only file of checksummed records: what a killed job had finished is still there. */
#ifndef TAU_CORE_JOURNAL_H
#define TAU_CORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct tau_journal tau_journal;

/** Receives one intact record. @param[in] bytes  borrowed for the call */
typedef tau_status (*tau_journal_visit)(void *payload, const void *bytes, size_t size);

/** Opens a journal for appending, made if missing, after visiting its intact records. A torn tail (a kill in
 * the middle of a write) is cut off; a journal with another `identity` is an error.
 *  @param[in] identity  text that must be the same for every writer, 1 byte to 64 KiB
 *  @errors TAU_STATUS_IO, TAU_STATUS_MISMATCH (another identity), TAU_STATUS_EXISTS (another process writes
 * it), TAU_STATUS_INPUT (not a journal, or its head is damaged) */
TAU_CHECK tau_status tau_journal_open(tau_journal **out, const char *path, const char *identity,
                                      tau_journal_visit visit, void *payload);

/** Opens a journal for appending and drops what an earlier one held, of whatever identity.
 *  @errors TAU_STATUS_IO, TAU_STATUS_EXISTS (another process writes it), TAU_STATUS_INPUT (not a journal) */
TAU_CHECK tau_status tau_journal_create(tau_journal **out, const char *path, const char *identity);

/** Appends and flushes one record of at least one byte; synced to disk at least once a second of appends.
 *  @errors TAU_STATUS_IO (a full disk …); earlier records are intact */
TAU_CHECK tau_status tau_journal_append(tau_journal *journal, const void *bytes, size_t size);

/** Drops all records but keeps the identity and the lock (after they were saved elsewhere). */
TAU_CHECK tau_status tau_journal_clear(tau_journal *journal);

/** Syncs and closes; NULL is legal. */
void tau_journal_close(tau_journal *journal);

/** Reads a journal that another process may be writing. A missing file has no records.
 *  @param[in] identity  NULL = any
 *  @errors TAU_STATUS_MISMATCH, TAU_STATUS_INPUT (not a journal), or what `visit` returned */
TAU_CHECK tau_status tau_journal_read(const char *path, const char *identity, tau_journal_visit visit,
                                      void *payload);

#endif
