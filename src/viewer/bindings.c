#include "viewer/bindings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct key_name {
    const char *name;
    int key;
} key_name;

static const key_name key_names[] = {
    {"Space", ' '},
    {"Esc", TAU_KEY_ESCAPE},
    {"Enter", TAU_KEY_ENTER},
    {"Tab", TAU_KEY_TAB},
    {"Backspace", TAU_KEY_BACKSPACE},
    {"Insert", TAU_KEY_INSERT},
    {"Delete", TAU_KEY_DELETE},
    {"Right", TAU_KEY_RIGHT},
    {"Left", TAU_KEY_LEFT},
    {"Down", TAU_KEY_DOWN},
    {"Up", TAU_KEY_UP},
    {"PageUp", TAU_KEY_PAGE_UP},
    {"PageDown", TAU_KEY_PAGE_DOWN},
    {"Home", TAU_KEY_HOME},
    {"End", TAU_KEY_END},
};

enum { KEY_NAMES = sizeof key_names / sizeof *key_names };

static const char *const mod_names[] = {"Shift", "Ctrl", "Alt"};

static bool word_is(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* @return 0 = there is no such key */
static int find_key(const char *text, size_t length) {
    if (length == 1 && isgraph((unsigned char)*text)) return toupper((unsigned char)*text);
    for (int i = 0; i < KEY_NAMES; i++)
        if (word_is(text, length, key_names[i].name)) return key_names[i].key;
    int number = 0, used = 0;
    if (length >= 2 && length <= 3 && toupper((unsigned char)*text) == 'F' &&
        sscanf(text + 1, "%2d%n", &number, &used) == 1 && (size_t)used >= length - 1 && number >= 1 &&
        number <= 12)
        return TAU_KEY_F1 + number - 1;
    return 0;
}

/* @return the modifier at the start of the text with its plus, or 0 */
static int take_mod(const char **text, size_t *length) {
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(mod_names[i]);
        if (*length > n + 1 && strncasecmp(*text, mod_names[i], n) == 0 && (*text)[n] == '+') {
            *text += n + 1;
            *length -= n + 1;
            return 1 << i;
        }
    }
    return 0;
}

tau_status tau_chord_parse(tau_chord *out, const char *text, size_t length) {
    const char *whole = text;
    size_t whole_length = length;
    *out = (tau_chord){0};
    for (int mod; (mod = take_mod(&text, &length));) out->mods |= mod;
    out->key = find_key(text, length);
    if (out->key) return TAU_STATUS_OK;
    *out = (tau_chord){0};
    return tau_fail(TAU_STATUS_USAGE, "\"%.*s\" is no key" TAU_FIX "write it as in Ctrl+Shift+C, F1 or Space",
                    (int)(whole_length > 40 ? 40 : whole_length), whole);
}

void tau_chord_format(char out[48], tau_chord chord) {
    out[0] = '\0';
    if (!chord.key) return;
    static const int order[] = {1, 2, 0}; /* Ctrl, Alt, Shift, as menus have it */
    for (int i = 0; i < 3; i++)
        if (chord.mods & (1 << order[i])) {
            strcat(out, mod_names[order[i]]);
            strcat(out, "+");
        }
    size_t length = strlen(out);
    for (int i = 0; i < KEY_NAMES; i++)
        if (key_names[i].key == chord.key) strcat(out, key_names[i].name);
    if (out[length]) return;
    if (chord.key >= TAU_KEY_F1)
        snprintf(out + length, 8, "F%d", (chord.key - TAU_KEY_F1) % 12 + 1);
    else
        snprintf(out + length, 8, "%c", (char)chord.key);
}

bool tau_chord_equal(tau_chord a, tau_chord b) {
    return a.key == b.key && a.mods == b.mods;
}

tau_drag tau_bindings_get_drag(int button, int mods, bool flat, bool swap) {
    if (mods & TAU_MOD_ALT) return TAU_DRAG_NONE;
    if (button == TAU_BUTTON_MIDDLE) return swap ? TAU_DRAG_ZOOM : TAU_DRAG_PAN;
    if (button == TAU_BUTTON_RIGHT) return swap ? TAU_DRAG_PAN : TAU_DRAG_ZOOM;
    if (button != TAU_BUTTON_LEFT) return TAU_DRAG_NONE;
    if (flat || mods & TAU_MOD_SHIFT) return TAU_DRAG_PAN;
    return mods & TAU_MOD_CTRL ? TAU_DRAG_ROLL : TAU_DRAG_ORBIT;
}

const tau_mouse_help *tau_bindings_get_mouse_help(void) {
    static const tau_mouse_help rows[] = {
        {"Left drag", "orbit; on a map: pan"},
        {"Middle drag, Shift+left drag", "pan"},
        {"Right drag", "zoom (or pan: see Settings)"},
        {"Ctrl+left drag", "roll"},
        {"Wheel", "zoom towards the pointer"},
        {"Wheel, drag on the colour bar", "move the end of the colours that is nearer"},
        {"Click", "pin the place"},
        {"Double click", "centre there; beside the landscape: show everything"},
        {"Right click", "menu of the place"},
        {"Hold Shift", "show the reference instead"},
        {"Drop files", "open them"},
        {NULL, NULL},
    };
    return rows;
}
