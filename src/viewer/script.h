/** Scripts: the window driven by lines of text, for demonstrations, tours and tests. A line begins when what
 * the one before it asked for is done, and a failure that is reported until then ends the script. Each line
 * is
 *
 *      ACTION                  an action by its id: view.log, time.play …
 *      open FILE               as if it had been dropped; goes on when it was read
 *      wait SECONDS            lets the window go on
 *      wait done               until the explorer has computed what is seen, at most ten minutes
 *      seek STATE              a place of the timeline: a number, first, last, best, epoch:E, step:S
 *      pin ALPHA BETA          sets a pin
 *      line A B TO_A TO_B      the line of a profile
 *      plane WORDS             random:SEED, pca, states:A,B,C
 *      set JSON                settings of the view, as --state takes them
 *      size WxH                of the window
 *      picture FILE [WxH]      the landscape alone, its ink for light paper
 *      screenshot FILE         the window as it is
 *      record FILE             starts a film; file.record ends it
 *      save FILE               the region, as a landscape
 *      frames                  tells, in the log, how long the pictures since the last time took
 *      # a comment
 */
#ifndef TAU_VIEWER_SCRIPT_H
#define TAU_VIEWER_SCRIPT_H

#include "viewer/app.h"

typedef struct tau_script tau_script;

/** Checks every line. @param[in] text  borrowed until destroy
 *  @errors TAU_STATUS_USAGE naming the line and what is wrong with it */
TAU_CHECK tau_status tau_script_create(tau_script **out, const char *text);
void tau_script_destroy(tau_script *script);

/** Runs lines until one has to wait, for time or for what the app wants of the window.
 *  @errors those of the line, with its number; the script is then over */
TAU_CHECK tau_status tau_script_advance(tau_script *script, tau_app *app);

bool tau_script_is_over(const tau_script *script);

/** Seconds until it goes on; 0 = at once. */
double tau_script_get_patience(const tau_script *script, const tau_app *app);

#endif
