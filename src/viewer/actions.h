/** Everything that can be done, in one table: menus, the help overlay, the command palette, keys and scripts
 * are made from it. */
#ifndef TAU_VIEWER_ACTIONS_H
#define TAU_VIEWER_ACTIONS_H

#include "viewer/app.h"

typedef struct tau_action {
    const char *id;    /**< "view.log" */
    const char *menu;  /**< where it stands; NULL = in no menu, only keys and palette */
    const char *title; /**< "Logarithmic loss" */
    const char *keys;  /**< chords separated by blanks, or NULL; the first stands in menus */
    const char *help;  /**< what it changes, a sentence */
    tau_status (*run)(tau_app *app, int argument);
    int argument;
    /** Its present value: "on", "viridis", "2 states a second"; NULL = it has none. @param[out] out  [96] */
    void (*get_value)(const tau_app *app, int argument, char *out);
    bool (*is_on)(const tau_app *app, int argument);      /**< a tick in menus, or NULL */
    bool (*is_enabled)(const tau_app *app, int argument); /**< NULL = always */
} tau_action;

enum { TAU_ACTION_VALUE = 96, TAU_ACTION_CHORDS = 4 };

size_t tau_action_count(void);
const tau_action *tau_action_get(size_t index);

/** @return NULL = there is no such action */
const tau_action *tau_action_find(const char *id);

/** The action of a chord; those that take typed characters ("+", "?") match without modifiers.
 *  @return NULL = none */
const tau_action *tau_action_find_chord(tau_chord chord);

/** @param[out] chords  [TAU_ACTION_CHORDS]   @return how many */
int tau_action_get_chords(const tau_action *action, tau_chord *chords);

bool tau_action_is_enabled(const tau_action *action, const tau_app *app);

/** The value of the action as text, "on" or "off" where it is a switch; empty where it has none.
 *  @param[out] out  [TAU_ACTION_VALUE] */
void tau_action_format_value(const tau_action *action, const tau_app *app, char *out);

/** Runs it, tells its new value in a toast where it has one, and shows its error in the message box.
 *  @return the error, for scripts */
tau_status tau_action_run(const tau_action *action, tau_app *app);

/** The names of the menus in their order, NULL-terminated. @lifetime static */
const char *const *tau_action_get_menus(void);

/** Actions whose title, id or help holds all words of `words`, best first.
 *  @param[out] found  [capacity]   @return how many */
size_t tau_action_search(const char *words, const tau_action **found, size_t capacity);

/* ---- the parts of the table, one a file ---- */

extern const tau_action tau_actions_file[], tau_actions_view[], tau_actions_time[], tau_actions_tools[];
extern const size_t tau_actions_file_count, tau_actions_view_count, tau_actions_time_count,
    tau_actions_tools_count;

#endif
