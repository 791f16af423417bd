#include "viewer/actions.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct part {
    const tau_action *actions;
    const size_t *count;
} part;

static const part parts[] = {
    {tau_actions_file, &tau_actions_file_count},
    {tau_actions_view, &tau_actions_view_count},
    {tau_actions_time, &tau_actions_time_count},
    {tau_actions_tools, &tau_actions_tools_count},
};

enum { PARTS = sizeof parts / sizeof *parts };

size_t tau_action_count(void) {
    size_t count = 0;
    for (int p = 0; p < PARTS; p++) count += *parts[p].count;
    return count;
}

const tau_action *tau_action_get(size_t index) {
    for (int p = 0; p < PARTS; p++) {
        if (index < *parts[p].count) return &parts[p].actions[index];
        index -= *parts[p].count;
    }
    return NULL;
}

const tau_action *tau_action_find(const char *id) {
    for (size_t i = 0; i < tau_action_count(); i++)
        if (strcmp(tau_action_get(i)->id, id) == 0) return tau_action_get(i);
    return NULL;
}

int tau_action_get_chords(const tau_action *action, tau_chord *chords) {
    int count = 0;
    for (const char *word = action->keys; word && *word && count < TAU_ACTION_CHORDS;) {
        size_t length = strcspn(word, " ");
        if (tau_chord_parse(&chords[count], word, length) == TAU_STATUS_OK) count++;
        word += length + strspn(word + length, " ");
    }
    return count;
}

const tau_action *tau_action_find_chord(tau_chord chord) {
    for (size_t i = 0; i < tau_action_count(); i++) {
        tau_chord chords[TAU_ACTION_CHORDS];
        int count = tau_action_get_chords(tau_action_get(i), chords);
        for (int c = 0; c < count; c++)
            if (tau_chord_equal(chords[c], chord)) return tau_action_get(i);
    }
    return NULL;
}

bool tau_action_is_enabled(const tau_action *action, const tau_app *app) {
    return !action->is_enabled || action->is_enabled(app, action->argument);
}

void tau_action_format_value(const tau_action *action, const tau_app *app, char *out) {
    out[0] = '\0';
    if (action->get_value)
        action->get_value(app, action->argument, out);
    else if (action->is_on)
        snprintf(out, TAU_ACTION_VALUE, "%s", action->is_on(app, action->argument) ? "on" : "off");
}

tau_status tau_action_run(const tau_action *action, tau_app *app) {
    char value[TAU_ACTION_VALUE], before[TAU_ACTION_VALUE];
    if (!tau_action_is_enabled(action, app)) {
        tau_app_toast_text(app, "%s: not now", action->title);
        return tau_fail(TAU_STATUS_USAGE, "%s cannot be done now" TAU_WHY "%s", action->id, action->help);
    }
    tau_action_format_value(action, app, before);
    tau_status status = tau_app_report(app, action->run(app, action->argument));
    tau_action_format_value(action, app, value);
    if (status == TAU_STATUS_OK && strcmp(value, before) != 0)
        tau_app_toast_text(app, "%s: %s", action->title, value);
    return status;
}

const char *const *tau_action_get_menus(void) {
    static const char *const menus[] = {"File",   "Edit",    "View", "Camera", "Panes",
                                        "Replay", "Explore", "Help", NULL};
    return menus;
}

/* ---- search ---- */

/* Where a word stands in a text, case ignored. @return -1 = nowhere */
static int find_word(const char *text, const char *word, size_t length) {
    for (int at = 0; text[at]; at++) {
        size_t k = 0;
        while (k < length && text[at + (int)k] &&
               tolower((unsigned char)text[at + (int)k]) == tolower((unsigned char)word[k]))
            k++;
        if (k == length) return at;
    }
    return -1;
}

/* Lower is better: in the title before the rest, at its start before its middle. @return -1 = no match */
static int rate(const tau_action *action, const char *words) {
    int sum = 0;
    for (const char *word = words; *word;) {
        size_t length = strcspn(word, " ");
        if (length) {
            int at = find_word(action->title, word, length);
            if (at < 0 && (find_word(action->id, word, length) >= 0)) at = 100;
            if (at < 0 && (find_word(action->help, word, length) >= 0)) at = 200;
            if (at < 0) return -1;
            sum += at;
        }
        word += length + strspn(word + length, " ");
    }
    return sum;
}

size_t tau_action_search(const char *words, const tau_action **found, size_t capacity) {
    int rates[512];
    size_t count = 0;
    if (capacity > 512) capacity = 512;
    for (size_t i = 0; i < tau_action_count(); i++) {
        const tau_action *action = tau_action_get(i);
        int value = rate(action, words);
        if (value < 0) continue;
        size_t at = count;
        while (at > 0 && rates[at - 1] > value) at--; /* equals stay in the order of the table */
        if (at >= capacity) continue;
        size_t kept = count < capacity ? count : capacity - 1;
        memmove(found + at + 1, found + at, (kept - at) * sizeof *found);
        memmove(rates + at + 1, rates + at, (kept - at) * sizeof *rates);
        found[at] = action;
        rates[at] = value;
        count = kept + 1;
    }
    return count;
}
