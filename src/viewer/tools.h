/** Tools of the explorer: where it looks, profiles, optimisers, minima, arrows, other planes, saving. All of
 * them return at once; answers come with tau_tools_tick. */
#ifndef TAU_VIEWER_TOOLS_H
#define TAU_VIEWER_TOOLS_H

#include "viewer/app.h"

void tau_tools_init(tau_app *app);
/** Ends what works in the background, and waits for it. */
void tau_tools_clear(tau_app *app);

/** Takes answers and ends finished tasks. @return whether there is something new */
bool tau_tools_tick(tau_app *app);

/** Points the explorer to what the panes show of it. Cheap; to be called after every picture. */
void tau_tools_look(tau_app *app);

/** Whether the active pane shows an exploration that can be asked. */
bool tau_tools_can_ask(const tau_app *app);

/** The true loss along the drawn line. @errors TAU_STATUS_USAGE: no line */
TAU_CHECK tau_status tau_tools_ask_profile(tau_app *app);

/** Starts an optimiser at the pointer, the last pin or the middle, whichever there is first, as the options
 * of the tools say. */
TAU_CHECK tau_status tau_tools_ask_descent(tau_app *app);

/** The lowest point near that place; a pin is set there, and the region moved to it. */
TAU_CHECK tau_status tau_tools_ask_minimum(tau_app *app);

/** Gradients over what is shown; or no more of them where they are shown. */
TAU_CHECK tau_status tau_tools_toggle_arrows(tau_app *app);

/** Removes lines, profiles, ways and arrows. */
void tau_tools_forget(tau_app *app);

void tau_tools_pause(tau_app *app, bool paused);

/** Another plane: "random:SEED", "pca", "states:A,B,C". @errors TAU_STATUS_USAGE: another task is under way
 */
TAU_CHECK tau_status tau_tools_replane(tau_app *app, const char *words);

/** Saves what the active pane shows, computed with all samples, as a landscape. */
TAU_CHECK tau_status tau_tools_save(tau_app *app, const char *path);

/** What works in the background, or NULL. @param[out] share  0..1, NaN = not known */
const char *tau_tools_get_task(const tau_app *app, double *share);
void tau_tools_stop_task(tau_app *app);

#endif
