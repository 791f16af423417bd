/** What is kept from one session to the next, under $XDG_STATE_HOME/tauscape (or ~/.local/state/tauscape):
 * settings, recent files, and the documents with their views. Never in the working folder. */
#ifndef TAU_VIEWER_SESSION_H
#define TAU_VIEWER_SESSION_H

#include "viewer/app.h"

/** The file. @param[out] path  [size]   @errors TAU_STATUS_MISSING: neither XDG_STATE_HOME nor HOME is set to
 * an absolute path */
TAU_CHECK tau_status tau_session_get_path(char *path, size_t size);

/** Takes settings, recent files and, with `documents`, those that were open. A file that is no session is
 * ignored with a note in app->note; so are documents that cannot be opened any more. Nothing of a broken file
 * is taken. */
void tau_session_restore(tau_app *app, bool documents);

/** Keeps the session, whole or not at all. @errors TAU_STATUS_IO, TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_session_save(const tau_app *app);

/** The session as JSON, freed with tau_mem_free, and back. For tests and the two above.
 *  @errors TAU_STATUS_INPUT: no session of ours, naming what is wrong; the app is as it was */
TAU_CHECK tau_status tau_session_write(const tau_app *app, char **text);
TAU_CHECK tau_status tau_session_read(tau_app *app, const char *text, size_t size, bool documents);

#endif
