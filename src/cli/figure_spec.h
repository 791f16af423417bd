/** What one --figure asks for: "NAME[:key=value,…]". */
#ifndef TAU_CLI_FIGURE_SPEC_H
#define TAU_CLI_FIGURE_SPEC_H

#include <stdint.h>

#include "core/status.h"

enum { TAU_FIGURE_SPEC_KEYS = 16 };

typedef struct tau_figure_spec {
    char *text; /**< owned: name, keys and values point into it */
    const char *name;
    const char *keys[TAU_FIGURE_SPEC_KEYS], *values[TAU_FIGURE_SPEC_KEYS];
    int count;
} tau_figure_spec;

/** Commas within parentheses belong to a value. @param[out] out  freed with tau_figure_spec_clear
 *  @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_figure_spec_parse(tau_figure_spec *out, const char *text);
void tau_figure_spec_clear(tau_figure_spec *spec);

/** That every key is one of these. @param[in] keys  NULL-terminated   @errors TAU_STATUS_USAGE with the
 * nearest */
TAU_CHECK tau_status tau_figure_spec_check(const tau_figure_spec *spec, const char *const *keys);

/** Value of a key, or NULL. */
const char *tau_figure_spec_get(const tau_figure_spec *spec, const char *key);

/** Typed values; `out` keeps its default where the key was not given. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_figure_spec_get_count(const tau_figure_spec *spec, const char *key, uint64_t *out,
                                               uint64_t lowest, uint64_t highest);
TAU_CHECK tau_status tau_figure_spec_get_range(const tau_figure_spec *spec, const char *key, double out[2]);

/** Splits "a+b+c", where + in parentheses belongs to a part, in place.
 *  @param[out] parts  NULL-terminated, [limit + 1]   @errors TAU_STATUS_USAGE: empty or too many */
TAU_CHECK tau_status tau_figure_spec_split(char *text, const char **parts, int limit);

#endif
