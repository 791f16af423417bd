/* The one symbol of libtauscape_gl.so. */
#include "core/plugin.h"
#include "viewer/viewer_entry.h"

TAU_PLUGIN_EXPORT = {TAU_PLUGIN_VERSION, TAU_PLUGIN_KIND_VIEWER, "gl", &tau_viewer_gl};
