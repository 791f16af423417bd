/** A map from names to numbers (a hash table), so that looking names up stays cheap in hostile files as well.
 */
#ifndef TAU_MODEL_NAMES_H
#define TAU_MODEL_NAMES_H

#include <stddef.h>

#include "core/status.h"

typedef struct tau_names_entry {
    const char *name;
    int number;
} tau_names_entry;

/** Zero-initialised = empty. */
typedef struct tau_names {
    tau_names_entry *entries;
    size_t slots; /**< a power of two, or 0 */
    size_t count;
} tau_names;

void tau_names_clear(tau_names *names);

/** @return the number of the name, or -1 */
int tau_names_find(const tau_names *names, const char *name);

/** Adds a name or gives it a new number. @param[in] name  borrowed until the map is cleared */
TAU_CHECK tau_status tau_names_set(tau_names *names, const char *name, int number);

#endif
