#include "cli/figure_spec.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "core/memory.h"

/* The end of the part that starts here: the separator outside parentheses, or the end of the text. */
static char *find_end(char *part, char separator) {
    int depth = 0;
    for (; *part; part++) {
        depth += (*part == '(') - (*part == ')');
        if (*part == separator && depth <= 0) break;
    }
    return part;
}

static tau_status add_key(tau_figure_spec *spec, char *part) {
    char *equals = strchr(part, '=');
    if (!equals || equals == part)
        return tau_fail(TAU_STATUS_USAGE,
                        "--figure %s: \"%s\" is not a setting" TAU_FIX "write %s:key=value,key=value",
                        spec->name, part, spec->name);
    if (spec->count == TAU_FIGURE_SPEC_KEYS)
        return tau_fail(TAU_STATUS_USAGE,
                        "--figure %s has too many settings" TAU_WHY "there may be %d" TAU_FIX
                        "leave some out",
                        spec->name, TAU_FIGURE_SPEC_KEYS);
    *equals = '\0';
    spec->keys[spec->count] = part;
    spec->values[spec->count++] = equals + 1;
    return TAU_STATUS_OK;
}

static tau_status parse(tau_figure_spec *spec) {
    char *colon = strchr(spec->text, ':');
    spec->name = spec->text;
    if (!colon) return TAU_STATUS_OK;
    *colon = '\0';
    for (char *part = colon + 1;;) {
        char *end = find_end(part, ',');
        bool last = *end == '\0';
        *end = '\0';
        TAU_TRY(add_key(spec, part));
        if (last) return TAU_STATUS_OK;
        part = end + 1;
    }
}

tau_status tau_figure_spec_parse(tau_figure_spec *out, const char *text) {
    *out = (tau_figure_spec){0};
    TAU_TRY(tau_string_copy(&out->text, text));
    tau_status status = parse(out);
    if (status != TAU_STATUS_OK) tau_figure_spec_clear(out);
    return status;
}

void tau_figure_spec_clear(tau_figure_spec *spec) {
    tau_mem_free(spec->text);
    *spec = (tau_figure_spec){0};
}

tau_status tau_figure_spec_check(const tau_figure_spec *spec, const char *const *keys) {
    for (int i = 0; i < spec->count; i++) {
        bool known = false;
        for (int k = 0; keys[k] && !known; k++) known = strcmp(keys[k], spec->keys[i]) == 0;
        if (known) continue;
        char list[256] = "";
        for (int k = 0; keys[k]; k++)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", k ? ", " : "", keys[k]);
        const char *near = tau_cli_nearest(spec->keys[i], keys);
        return tau_fail(TAU_STATUS_USAGE,
                        "--figure %s has no setting \"%s\"" TAU_WHY "it has %s" TAU_FIX "%s%s", spec->name,
                        spec->keys[i], list, near ? "did you mean " : "use one of these", near ? near : "");
    }
    return TAU_STATUS_OK;
}

const char *tau_figure_spec_get(const tau_figure_spec *spec, const char *key) {
    for (int i = spec->count; i-- > 0;)
        if (strcmp(spec->keys[i], key) == 0) return spec->values[i];
    return NULL;
}

tau_status tau_figure_spec_get_count(const tau_figure_spec *spec, const char *key, uint64_t *out,
                                     uint64_t lowest, uint64_t highest) {
    const char *text = tau_figure_spec_get(spec, key);
    char what[64];
    if (!text) return TAU_STATUS_OK;
    snprintf(what, sizeof what, "--figure %.30s:%.20s", spec->name, key);
    TAU_TRY(tau_cli_parse_count(out, text, what));
    if (*out >= lowest && *out <= highest) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "%s cannot be %s" TAU_WHY "it must be between %llu and %llu" TAU_FIX
                    "choose another number",
                    what, text, (unsigned long long)lowest, (unsigned long long)highest);
}

tau_status tau_figure_spec_get_range(const tau_figure_spec *spec, const char *key, double out[2]) {
    const char *text = tau_figure_spec_get(spec, key);
    char what[64];
    if (!text) return TAU_STATUS_OK;
    snprintf(what, sizeof what, "--figure %.30s:%.20s", spec->name, key);
    return tau_cli_parse_range(&out[0], &out[1], text, what);
}

tau_status tau_figure_spec_split(char *text, const char **parts, int limit) {
    int count = 0;
    for (char *part = text;;) {
        char *end = find_end(part, '+');
        bool last = *end == '\0';
        *end = '\0';
        if (!*part || count == limit)
            return tau_fail(TAU_STATUS_USAGE,
                            "--figure: a list has %s" TAU_FIX "write at most %d names, a+b+c",
                            *part ? "too many names" : "an empty name", limit);
        parts[count++] = part;
        parts[count] = NULL;
        if (last) return TAU_STATUS_OK;
        part = end + 1;
    }
}
