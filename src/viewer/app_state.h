/** When two states of the app count as one, for its histories. */
#ifndef TAU_VIEWER_APP_STATE_H
#define TAU_VIEWER_APP_STATE_H

#include "viewer/app.h"

/** Settings of panes, pins and the line, without cameras and time. Of two tau_app_state. */
bool tau_app_state_equal(const void *a, const void *b);

/** Of two tau_app_cameras. */
bool tau_app_cameras_equal(const void *a, const void *b);

/** The cameras of all panes; the rest of `out` is zero. */
void tau_app_get_cameras(const tau_app *app, tau_app_cameras *out);

#endif
