/** Files of the app are read in a thread, one after the other, so that the window goes on meanwhile. HDF5 is
 * for one thread at a time: nothing is read while a task of task.h works or waits, and a task waits for what
 * is being read. */
#ifndef TAU_VIEWER_LOADER_H
#define TAU_VIEWER_LOADER_H

#include "viewer/app.h"

TAU_CHECK tau_status tau_loader_create(tau_loader **out);
/** Waits for the file that is being read. */
void tau_loader_destroy(tau_loader *loader);

/** Opens a file as tau_app_open does once those before it are read; what goes wrong then comes as a message.
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_loader_open(tau_app *app, const char *path);

/** Reads the file of a document again; on failure the document stays as it was, and a toast says so. Asked
 * again before that has begun, it reads once.
 *  @param[in] document  with a path   @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_loader_refresh(tau_app *app, tau_document *document);

/** The document is about to be closed: what is read for it is dropped. */
void tau_loader_forget(tau_app *app, const tau_document *document);

/** Takes over what was read and begins with the next file. @return whether there is something new */
bool tau_loader_tick(tau_app *app);

/** Whether files are read or wait for it. */
bool tau_loader_is_busy(const tau_app *app);

/** The file that is being read, or NULL. @lifetime until the next tick */
const char *tau_loader_get_path(const tau_app *app);

#endif
