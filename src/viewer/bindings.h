/** Keys and drags: what is pressed, as text and as values. Knows no window. */
#ifndef TAU_VIEWER_BINDINGS_H
#define TAU_VIEWER_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

enum { TAU_MOD_SHIFT = 1, TAU_MOD_CTRL = 2, TAU_MOD_ALT = 4 };

/** Keys without a character of their own; printable ones are their upper-case ASCII character. */
enum {
    TAU_KEY_ESCAPE = 256,
    TAU_KEY_ENTER,
    TAU_KEY_TAB,
    TAU_KEY_BACKSPACE,
    TAU_KEY_INSERT,
    TAU_KEY_DELETE,
    TAU_KEY_RIGHT,
    TAU_KEY_LEFT,
    TAU_KEY_DOWN,
    TAU_KEY_UP,
    TAU_KEY_PAGE_UP,
    TAU_KEY_PAGE_DOWN,
    TAU_KEY_HOME,
    TAU_KEY_END,
    TAU_KEY_F1 = 290, /**< to F12 = 301 */
};

typedef struct tau_chord {
    int key; /**< 0 = none */
    int mods;
} tau_chord;

/** Reads "Ctrl+Shift+C", "F1", "Space", "Ctrl++". @errors TAU_STATUS_USAGE naming the word */
TAU_CHECK tau_status tau_chord_parse(tau_chord *out, const char *text, size_t length);

/** The chord as it stands in menus. @param[out] out  at least 48 bytes */
void tau_chord_format(char out[48], tau_chord chord);

bool tau_chord_equal(tau_chord a, tau_chord b);

/** What moving the pressed mouse does. */
typedef enum tau_drag {
    TAU_DRAG_NONE,
    TAU_DRAG_ORBIT,
    TAU_DRAG_PAN,
    TAU_DRAG_ZOOM,
    TAU_DRAG_ROLL,
    TAU_DRAG_LINE, /**< draws the line of a profile */
} tau_drag;

enum { TAU_BUTTON_LEFT = 0, TAU_BUTTON_RIGHT = 1, TAU_BUTTON_MIDDLE = 2 };

/** Orbit with the left button, pan with the middle or Shift and left, zoom with the right, roll with Ctrl and
 * left. A map has nothing to orbit: the left button pans.
 *  @param[in] flat  a map or a line   @param[in] swap  the right button pans, the middle one zooms */
tau_drag tau_bindings_get_drag(int button, int mods, bool flat, bool swap);

/** The same for the help: rows of what and how, ended by NULL. @lifetime static */
typedef struct tau_mouse_help {
    const char *how, *what;
} tau_mouse_help;
const tau_mouse_help *tau_bindings_get_mouse_help(void);

#endif
