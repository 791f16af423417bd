/** The table behind the plugin's symbol. Private to the viewer. */
#ifndef TAU_VIEWER_VIEWER_ENTRY_H
#define TAU_VIEWER_VIEWER_ENTRY_H

#include "viewer/viewer.h"

extern const tau_viewer tau_viewer_gl;

#endif
