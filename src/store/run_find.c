/* The groups and the state that a text names. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/text.h"
#include "store/run.h"

/* ---- groups ---- */

static bool has_group(const char *path, const char *name) {
    char **names;
    if (tau_run_list_groups(&names, path) != TAU_STATUS_OK) return false;
    size_t at = 0;
    while (names[at] && strcmp(names[at], name) != 0) at++;
    const bool found = names[at] != NULL;
    tau_run_free_names(names);
    return found;
}

tau_status tau_run_split_groups(char ***names, const char *path, const char *text) {
    size_t count = 0, most = 2;
    for (const char *c = text; *c; c++) most += *c == ',';
    const bool whole = most > 2 && has_group(path, text);
    TAU_TRY(TAU_ALLOC(*names, most));
    tau_status status = TAU_STATUS_OK;
    while (*text && status == TAU_STATUS_OK) {
        const size_t length = whole ? strlen(text) : strcspn(text, ",");
        if (length > 0) status = tau_string_format(&(*names)[count++], "%.*s", (int)length, text);
        text += length + (text[length] == ',');
    }
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_run_free_names(*names);
    *names = NULL;
    return status;
}

char *tau_run_cut_group(char *text) {
    char *last = strrchr(text, '#');
    if (!last || tau_file_exists(text)) return NULL;
    for (char *cut = strchr(text, '#'); cut != last; cut = strchr(cut + 1, '#')) {
        *cut = '\0';
        if (tau_file_exists(text)) return cut + 1;
        *cut = '#';
    }
    *last = '\0';
    return last + 1;
}

/* ---- states ---- */

static tau_status not_recorded(const tau_run *run, const char *text) {
    const size_t last = tau_run_get_state_count(run) - 1;
    return tau_fail(TAU_STATUS_MISSING,
                    "there is no state '%s' in '%s'" TAU_WHY "states go from 0 to %zu: steps %" PRId64
                    " to %" PRId64 ", epochs %g to %g" TAU_FIX "name one of these",
                    text, tau_run_get_group(run), last, tau_run_get_step(run, 0), tau_run_get_step(run, last),
                    tau_run_get_epoch(run, 0), tau_run_get_epoch(run, last));
}

static tau_status bad_text(const char *text) {
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot tell which state '%s' is" TAU_WHY
                    "states are named first, last, best, by their number, or epoch:E, step:S" TAU_FIX
                    "for example: last, 17, epoch:2.5",
                    text);
}

/* The last state whose place is not after `limit`; a limit beyond the last state has not been reached yet. */
static tau_status find_last(const tau_run *run, const char *text, double limit,
                            double (*place)(const tau_run *run, size_t state), size_t *out) {
    const size_t count = tau_run_get_state_count(run);
    size_t found = count;
    for (size_t i = 0; i < count; i++)
        if (place(run, i) <= limit) found = i;
    if (found == count || limit > place(run, count - 1)) return not_recorded(run, text);
    *out = found;
    return TAU_STATUS_OK;
}

static double step_of(const tau_run *run, size_t state) {
    return (double)tau_run_get_step(run, state);
}

static tau_status find_number(const tau_run *run, const char *text, size_t *out) {
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end) return bad_text(text);
    if (errno || number >= tau_run_get_state_count(run)) return not_recorded(run, text);
    *out = (size_t)number;
    return TAU_STATUS_OK;
}

static tau_status find_place(const tau_run *run, const char *text, size_t *out) {
    double limit;
    if (!tau_text_parse_real(&limit, strchr(text, ':') + 1)) return bad_text(text);
    return find_last(run, text, limit, *text == 'e' ? tau_run_get_epoch : step_of, out);
}

/* The state of the lowest number of a series: one recorded at the very step of a number if there are such,
 * otherwise the last one before it. @return whether there is one */
static bool lowest_state(const tau_run *run, const tau_metric *records, size_t count, bool exact,
                         size_t *out) {
    const size_t states = tau_run_get_state_count(run);
    double lowest = INFINITY;
    size_t state = 0;
    for (size_t i = 0; i < count; i++) {
        while (state + 1 < states && tau_run_get_step(run, state + 1) <= records[i].step) state++;
        while (state > 0 && tau_run_get_step(run, state) > records[i].step) state--;
        if (exact && tau_run_get_step(run, state) != records[i].step) continue;
        if (!(records[i].value < lowest)) continue;
        lowest = records[i].value;
        *out = state;
    }
    return lowest < INFINITY;
}

static bool has_series(const tau_run *run, const char *name) {
    for (const char *const *at = tau_run_get_metric_names(run); *at; at++)
        if (strcmp(*at, name) == 0) return true;
    return false;
}

static tau_status find_best(tau_run *run, size_t *out) {
    static const char *const series[] = {"test_loss", "val_loss", "epoch_loss", "loss"};
    for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
        tau_metric *records;
        size_t count;
        if (!has_series(run, series[i])) continue;
        TAU_TRY(tau_run_read_metric(run, series[i], &records, &count));
        const bool found =
            lowest_state(run, records, count, true, out) || lowest_state(run, records, count, false, out);
        tau_mem_free(records);
        if (found) return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot tell which state of '%s' is best" TAU_WHY "no losses were recorded" TAU_FIX
                    "name it by its number or step",
                    tau_run_get_group(run));
}

tau_status tau_run_find_state(tau_run *run, const char *text, size_t *state) {
    const size_t count = tau_run_get_state_count(run);
    *state = 0;
    if (count == 0)
        return tau_fail(TAU_STATUS_MISSING, "there is no state '%s' in '%s'" TAU_WHY "none was recorded yet",
                        text, tau_run_get_group(run));
    if (!strcmp(text, "first")) return TAU_STATUS_OK;
    if (!strcmp(text, "best")) return find_best(run, state);
    if (!strncmp(text, "epoch:", 6) || !strncmp(text, "step:", 5)) return find_place(run, text, state);
    if (strcmp(text, "last") != 0) return find_number(run, text, state);
    *state = count - 1;
    return TAU_STATUS_OK;
}
