#include "model/names.h"

#include <string.h>

#include "core/memory.h"
#include "core/rng.h"

void tau_names_clear(tau_names *names) {
    tau_mem_free(names->entries);
    *names = (tau_names){0};
}

/* The slot that holds the name, or the free one where it belongs. */
static tau_names_entry *find_slot(tau_names_entry *entries, size_t slots, const char *name) {
    size_t i = (size_t)tau_rng_stream(name) & (slots - 1);
    while (entries[i].name && strcmp(entries[i].name, name) != 0) i = (i + 1) & (slots - 1);
    return &entries[i];
}

int tau_names_find(const tau_names *names, const char *name) {
    if (names->slots == 0) return -1;
    const tau_names_entry *entry = find_slot(names->entries, names->slots, name);
    return entry->name ? entry->number : -1;
}

static tau_status enlarge(tau_names *names) {
    const size_t slots = names->slots ? 2 * names->slots : 64;
    tau_names_entry *entries;
    TAU_TRY(TAU_ALLOC(entries, slots));
    for (size_t i = 0; i < names->slots; i++)
        if (names->entries[i].name) *find_slot(entries, slots, names->entries[i].name) = names->entries[i];
    tau_mem_free(names->entries);
    names->entries = entries;
    names->slots = slots;
    return TAU_STATUS_OK;
}

tau_status tau_names_set(tau_names *names, const char *name, int number) {
    if (2 * (names->count + 1) > names->slots) TAU_TRY(enlarge(names));
    tau_names_entry *entry = find_slot(names->entries, names->slots, name);
    if (!entry->name) names->count++;
    *entry = (tau_names_entry){name, number};
    return TAU_STATUS_OK;
}
