/** Plugins: shared libraries `libtauscape_NAME.so` that are opened at run time, so that the program itself
 * needs none of the vendor libraries they bring along. Each exports one symbol, `tau_plugin_entry`, and links
 * none of the program's modules: what it calls of core, model, data and the other modules marked EXPORTED it
 * finds in the program, so that both share the last error, the log and the memory. */
#ifndef TAU_CORE_PLUGIN_H
#define TAU_CORE_PLUGIN_H

#include <stddef.h>

#include "core/status.h"

/** Grows whenever an interface between program and plugins changes. */
#define TAU_PLUGIN_VERSION 3

/** What a plugin offers. */
typedef enum tau_plugin_kind {
    TAU_PLUGIN_KIND_BACKEND, /**< interface is a `const tau_backend *` (backend/backend_impl.h) */
    TAU_PLUGIN_KIND_VIEWER,  /**< interface is a `const tau_viewer *` (viewer/viewer.h) */
} tau_plugin_kind;

typedef struct tau_plugin {
    int version; /**< TAU_PLUGIN_VERSION of the headers it was built with */
    tau_plugin_kind kind;
    const char *name; /**< "cuda" */
    const void *interface;
} tau_plugin;

/** Makes the one exported symbol: TAU_PLUGIN_EXPORT = {TAU_PLUGIN_VERSION, …}; */
#define TAU_PLUGIN_EXPORT __attribute__((visibility("default"))) const tau_plugin tau_plugin_entry

/** Told of every plugin found. @param[in] plugin  NULL where it does not load: tau_error_last says why
 *  @param[in] path  of the library, borrowed for the call   @lifetime plugins stay loaded to the end */
typedef void (*tau_plugin_visit)(void *payload, const tau_plugin *plugin, const char *path);

/** Opens all plugins: those in the folders of TAUSCAPE_PLUGIN_PATH (separated by colons) if it is set,
 * otherwise those beside the program and in ../lib/tauscape. A folder that does not exist holds none. In the
 * order of their names. */
void tau_plugin_open_all(tau_plugin_visit visit, void *payload);

/** Opens one library.
 *  @errors TAU_STATUS_DEVICE (it or something it needs is missing), TAU_STATUS_INPUT (no plugin of tauscape),
 *          TAU_STATUS_MISMATCH (made for another version) */
TAU_CHECK tau_status tau_plugin_open(const tau_plugin **out, const char *path);

#endif
