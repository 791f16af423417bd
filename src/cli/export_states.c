#include "cli/export_states.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"

#define FRAMES_MAX  1000000.0
#define FPS_DEFAULT 15.0

/* Parts of "A:B:STEP"; "epoch:3" and "step:40" are one part. */
static tau_status split(char *text, char *parts[4], int *count) {
    for (*count = 0; text;) {
        if (*count == 4)
            return tau_fail(TAU_STATUS_USAGE, "--state: too many parts" TAU_FIX "write A:B or A:B:STEP");
        parts[(*count)++] = text;
        bool named = strncmp(text, "epoch:", 6) == 0 || strncmp(text, "step:", 5) == 0;
        char *colon = strchr(text, ':');
        if (named) colon = strchr(colon + 1, ':');
        if (colon) *colon++ = '\0';
        text = colon;
    }
    return TAU_STATUS_OK;
}

static tau_status fill(tau_export_states *out, size_t first, size_t last, size_t step) {
    size_t span = first <= last ? last - first : first - last;
    out->count = span / step + 1 + (span % step != 0);
    TAU_TRY(TAU_ALLOC(out->states, out->count));
    for (size_t i = 0; i < out->count; i++) {
        size_t moved = i * step < span ? i * step : span;
        out->states[i] = first <= last ? first + moved : first - moved;
    }
    return TAU_STATUS_OK;
}

static tau_status fill_range(tau_export_states *out, tau_replay *replay, char *text) {
    char *parts[4];
    int count;
    size_t first = 0, last = tau_replay_get_state_count(replay) - 1;
    uint64_t step = 1;
    if (!text) return fill(out, first, last, 1);
    TAU_TRY(split(text, parts, &count));
    if (count > 3)
        return tau_fail(TAU_STATUS_USAGE, "--state: too many parts" TAU_FIX "write A:B or A:B:STEP");
    TAU_TRY(tau_replay_find_state(replay, parts[0], &first));
    last = first;
    if (count > 1) TAU_TRY(tau_replay_find_state(replay, parts[1], &last));
    if (count > 2) TAU_TRY(tau_cli_parse_count(&step, parts[2], "--state A:B:STEP"));
    if (step < 1)
        return tau_fail(TAU_STATUS_USAGE, "--state: a step of 0 never ends" TAU_FIX "write 1 or more");
    return fill(out, first, last, step < SIZE_MAX / 2 ? step : SIZE_MAX / 2);
}

tau_status tau_export_parse_duration(double *seconds, const char *text) {
    char number[32] = "";
    size_t length = strlen(text);
    double unit = 1;
    if (length > 3 && strcmp(text + length - 3, "min") == 0)
        unit = 60, length -= 3;
    else if (length > 1 && text[length - 1] == 's')
        length -= 1;
    strncat(number, text, length < sizeof number ? length : sizeof number - 1);
    TAU_TRY(tau_cli_parse_real(seconds, number, "--duration"));
    *seconds *= unit;
    if (*seconds > 0 && *seconds < 1e6) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE, "--duration cannot be %s" TAU_FIX "write seconds above 0, as in 20s",
                    text);
}

/* Shows the states evenly over so many frames; the first and the last are always shown. */
static tau_status stretch(tau_export_states *s, double seconds) {
    double wanted = fmax(round(seconds * s->fps), 1);
    if (wanted > FRAMES_MAX)
        return tau_fail(TAU_STATUS_USAGE,
                        "a film of %.0f frames is too long" TAU_WHY "the limit is %.0f" TAU_FIX
                        "lower --fps or --duration",
                        wanted, FRAMES_MAX);
    size_t count = (size_t)wanted, *states;
    TAU_TRY(TAU_ALLOC(states, count));
    for (size_t i = 0; i < count; i++) {
        double share = count > 1 ? (double)i / (double)(count - 1) : 1;
        states[i] = s->states[(size_t)lround(share * (double)(s->count - 1))];
    }
    tau_mem_free(s->states);
    s->states = states;
    s->count = count;
    return TAU_STATUS_OK;
}

static tau_status check_not_empty(tau_replay *replay) {
    return tau_replay_get_state_count(replay)
               ? TAU_STATUS_OK
               : tau_fail(TAU_STATUS_MISSING,
                          "%s has no states yet" TAU_FIX "wait until the training has recorded one",
                          tau_replay_get_path(replay));
}

tau_status tau_export_find_state(const tau_cli *cli, tau_replay *replay, size_t *state) {
    const char *text = tau_cli_get(&cli->arguments, "state");
    tau_export_states states = {0};
    char *copy = NULL;
    TAU_TRY(check_not_empty(replay));
    *state = tau_replay_get_state_count(replay) - 1;
    if (!text) return TAU_STATUS_OK;
    TAU_TRY(tau_string_copy(&copy, text));
    tau_status status = fill_range(&states, replay, copy);
    if (status == TAU_STATUS_OK && states.count > 1)
        status = tau_fail(TAU_STATUS_USAGE,
                          "--state %s names several states" TAU_WHY "a picture shows one" TAU_FIX
                          "name one, or make a film: -o FILE.mp4",
                          text);
    if (status == TAU_STATUS_OK) *state = states.states[0];
    tau_mem_free(copy);
    tau_export_states_clear(&states);
    return status;
}

tau_status tau_export_find_states(const tau_cli *cli, tau_replay *replay, tau_export_states *out) {
    const char *text = tau_cli_get(&cli->arguments, "state"),
               *duration = tau_cli_get(&cli->arguments, "duration");
    char *copy = NULL;
    double seconds = 0;
    *out = (tau_export_states){.fps = FPS_DEFAULT};
    TAU_TRY(check_not_empty(replay));
    TAU_TRY(tau_cli_get_real(&cli->arguments, "fps", &out->fps, 0.1, 240));
    if (duration) TAU_TRY(tau_export_parse_duration(&seconds, duration));
    if (text) TAU_TRY(tau_string_copy(&copy, text));
    tau_status status = fill_range(out, replay, copy);
    if (status == TAU_STATUS_OK && duration) status = stretch(out, seconds);
    tau_mem_free(copy);
    if (status != TAU_STATUS_OK) tau_export_states_clear(out);
    return status;
}

void tau_export_states_clear(tau_export_states *states) {
    tau_mem_free(states->states);
    *states = (tau_export_states){0};
}
