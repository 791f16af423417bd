/** What the program does for the window in a thread of its own: another plane, saving a region. For this
 * module. */
#ifndef TAU_VIEWER_TASK_H
#define TAU_VIEWER_TASK_H

#include "viewer/app.h"

/** Begins a task that waits for a file, and takes over what one has brought, once it has ended.
 *  @param[in] wait  for its end; one that has not begun is dropped   @return whether it has ended */
bool tau_task_finish(tau_app *app, bool wait);

#endif
