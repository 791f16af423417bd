/* DeepReplay's files as a source. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "replay/source.h"
#include "store/deepreplay.h"

static tau_status open_recording(void **file, const char *path, const char *group, const char *loss) {
    return tau_deepreplay_open((tau_deepreplay **)file, path, group, loss);
}

static void close_recording(void *file) {
    tau_deepreplay_close(file);
}

static const char *get_group(const void *file) {
    return tau_deepreplay_get_group(file);
}

static const char *get_created(const void *file) {
    (void)file;
    return "";
}

static const tau_graph *get_graph(const void *file) {
    return tau_deepreplay_get_graph(file);
}

static tau_status get_loss(const void *file, tau_loss *out) {
    *out = tau_deepreplay_get_loss(file);
    return TAU_STATUS_OK;
}

static size_t get_count(const void *file) {
    return tau_deepreplay_get_state_count(file);
}

static tau_moment get_moment(const void *file, size_t state) {
    const int64_t batches = tau_deepreplay_get_batches(file);
    return (tau_moment){state, batches > 0 ? batches * (int64_t)state : -1, (double)state};
}

static bool is_growing(const void *file, double *silence) {
    (void)file;
    *silence = 0;
    return false;
}

static tau_status get_penalties(const void *file, double *l1, double *l2) {
    const double *from1, *from2;
    const size_t bytes = (size_t)get_graph(file)->parameter_count * sizeof *l1;
    tau_deepreplay_get_penalties(file, &from1, &from2);
    if (bytes == 0) return TAU_STATUS_OK;
    memcpy(l1, from1, bytes);
    memcpy(l2, from2, bytes);
    return TAU_STATUS_OK;
}

static tau_status read_samples(void *file, tau_samples **out) {
    return tau_deepreplay_read_samples(file, out);
}

static tau_status read_state(void *file, size_t state, float *theta, float *buffers) {
    return tau_deepreplay_read_state(file, state, theta, buffers);
}

/* ---- states by name ---- */

static tau_status not_recorded(const void *file, const char *text) {
    return tau_fail(TAU_STATUS_MISSING,
                    "there is no state '%.60s' in '%s'" TAU_WHY
                    "states go from 0 to %zu, one an epoch" TAU_FIX "name one of these, or first, last, best",
                    text, get_group(file), get_count(file) - 1);
}

/* The epoch of the lowest of a series, which follows the state before training. */
static tau_status find_best(void *file, size_t *state) {
    static const char *const names[] = {"val_loss", "loss"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        double *values, lowest = INFINITY;
        size_t count, found = 0;
        if (tau_deepreplay_read_series(file, names[n], &values, &count) != TAU_STATUS_OK) continue;
        for (size_t i = 0; i < count && i + 1 < get_count(file); i++) {
            if (!(values[i] < lowest)) continue;
            lowest = values[i];
            found = i + 1;
        }
        tau_mem_free(values);
        *state = found;
        if (found > 0) return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_MISSING,
                    "cannot tell which state of '%s' is best" TAU_WHY "no losses were recorded" TAU_FIX
                    "name it by its number",
                    get_group(file));
}

static tau_status find_state(void *file, const char *text, size_t *state) {
    const size_t last = get_count(file) - 1;
    const double batches = (double)tau_deepreplay_get_batches(file);
    double number, unit = 1;
    char *end;
    *state = 0;
    if (!strcmp(text, "first")) return TAU_STATUS_OK;
    if (!strcmp(text, "best")) return find_best(file, state);
    *state = last;
    if (!strcmp(text, "last")) return TAU_STATUS_OK;
    const char *digits = text;
    if (!strncmp(text, "epoch:", 6)) digits += 6;
    if (!strncmp(text, "step:", 5) && batches > 0) {
        digits += 5;
        unit = batches;
    }
    number = strtod(digits, &end);
    if (end == digits || *end || isnan(number) ||
        (digits == text && strspn(text, "0123456789") != strlen(text)))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot tell which state '%.60s' is" TAU_WHY
                        "states are named first, last, best, by their number, or epoch:E, step:S" TAU_FIX
                        "for example: last, 17",
                        text);
    if (number < 0 || number / unit > (double)last) return not_recorded(file, text);
    *state = (size_t)floor(number / unit);
    return TAU_STATUS_OK;
}

static const char *const *get_series_names(const void *file) {
    return tau_deepreplay_get_series_names(file);
}

static tau_status read_series(void *file, const char *name, tau_series *out) {
    double *values;
    size_t count;
    const int64_t batches = tau_deepreplay_get_batches(file);
    TAU_TRY(tau_deepreplay_read_series(file, name, &values, &count));
    tau_status status = tau_series_create(out, count);
    for (size_t i = 0; status == TAU_STATUS_OK && i < count; i++) {
        out->epoch[i] = (double)(i + 1);
        out->step[i] = batches > 0 ? (double)batches * (double)(i + 1) : (double)(i + 1);
        out->value[i] = values[i];
    }
    tau_mem_free(values);
    return status;
}

const tau_source TAU_SOURCE_DEEPREPLAY = {
    .kind = TAU_REPLAY_KIND_DEEPREPLAY,
    .open = open_recording,
    .close = close_recording,
    .get_group = get_group,
    .get_created = get_created,
    .get_graph = get_graph,
    .get_loss = get_loss,
    .get_count = get_count,
    .get_moment = get_moment,
    .is_growing = is_growing,
    .get_penalties = get_penalties,
    .read_samples = read_samples,
    .read_state = read_state,
    .find_state = find_state,
    .get_series_names = get_series_names,
    .read_series = read_series,
};
