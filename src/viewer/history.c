#include "viewer/history.h"

#include <string.h>

#include "core/memory.h"

struct tau_history {
    size_t size, limit;
    size_t count, present; /* states[present] is what is there now, if count > 0 */
    tau_history_equal equal;
    unsigned char *states;
};

static void *state_at(const tau_history *history, size_t index) {
    return history->states + index * history->size;
}

tau_status tau_history_create(tau_history **out, size_t size, size_t limit, tau_history_equal equal) {
    *out = NULL;
    tau_history *history;
    TAU_TRY(TAU_ALLOC(history, 1));
    *history = (tau_history){.size = size, .limit = limit < 2 ? 2 : limit, .equal = equal};
    tau_status status = tau_mem_alloc((void **)&history->states, history->limit, size);
    if (status != TAU_STATUS_OK)
        tau_mem_free(history);
    else
        *out = history;
    return status;
}

void tau_history_destroy(tau_history *history) {
    if (!history) return;
    tau_mem_free(history->states);
    tau_mem_free(history);
}

bool tau_history_settle(tau_history *history, const void *state) {
    if (history->count && history->equal(state_at(history, history->present), state)) return false;
    if (history->count) history->count = history->present + 1;
    if (history->count == history->limit) {
        memmove(history->states, state_at(history, 1), (history->count - 1) * history->size);
        history->count--;
    }
    memcpy(state_at(history, history->count), state, history->size);
    history->present = history->count++;
    return true;
}

bool tau_history_undo(tau_history *history, void *state) {
    if (tau_history_count_undo(history) == 0) return false;
    memcpy(state, state_at(history, --history->present), history->size);
    return true;
}

bool tau_history_redo(tau_history *history, void *state) {
    if (tau_history_count_redo(history) == 0) return false;
    memcpy(state, state_at(history, ++history->present), history->size);
    return true;
}

size_t tau_history_count_undo(const tau_history *history) {
    return history->count ? history->present : 0;
}

size_t tau_history_count_redo(const tau_history *history) {
    return history->count ? history->count - 1 - history->present : 0;
}

void tau_history_clear(tau_history *history) {
    history->count = history->present = 0;
}
