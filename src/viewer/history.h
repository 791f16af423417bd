/** What was before and after: states of one kind, as plain copies, with undo and redo. */
#ifndef TAU_VIEWER_HISTORY_H
#define TAU_VIEWER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

typedef struct tau_history tau_history;

/** Whether two states count as one. */
typedef bool (*tau_history_equal)(const void *a, const void *b);

/** @param[in] size  bytes of a state   @param[in] limit  most states kept; the oldest goes first
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_history_create(tau_history **out, size_t size, size_t limit,
                                        tau_history_equal equal);
void tau_history_destroy(tau_history *history);

/** Tells the present state once it has settled: a drag is one change. A change drops what was undone.
 *  @return whether it was a change */
bool tau_history_settle(tau_history *history, const void *state);

/** The state before or after the present one. @param[out] state  unchanged where there is none
 *  @return whether there is one */
bool tau_history_undo(tau_history *history, void *state);
bool tau_history_redo(tau_history *history, void *state);

/** How many steps back and forward there are. */
size_t tau_history_count_undo(const tau_history *history);
size_t tau_history_count_redo(const tau_history *history);

/** Forgets everything. */
void tau_history_clear(tau_history *history);

#endif
