#include "data/suggest.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 40 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein distance of two short texts. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++) row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *tau_suggest(char out[TAU_SUGGEST_TEXT], const char *typed, size_t length,
                        const char *const *names) {
    const char *best = NULL;
    size_t best_distance = length / 3 + 2; /* farther than this is no slip of the finger */
    for (const char *const *name = names; *name && length <= LONGEST; name++) {
        size_t name_length = strlen(*name);
        if (name_length > LONGEST) continue;
        size_t d = distance(typed, length, *name, name_length);
        if (d < best_distance) best = *name, best_distance = d;
    }
    if (best) {
        snprintf(out, TAU_SUGGEST_TEXT, "did you mean '%s'?", best);
        return out;
    }
    size_t used = (size_t)snprintf(out, TAU_SUGGEST_TEXT, "choose one of");
    for (const char *const *name = names; *name && used < TAU_SUGGEST_TEXT; name++)
        used +=
            (size_t)snprintf(out + used, TAU_SUGGEST_TEXT - used, "%s %s", name == names ? "" : ",", *name);
    return out;
}
