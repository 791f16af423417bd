/* A plugin as small as they come, for the tests of the loader. */
#include "sample_plugin.h"

static tau_status fail_in_plugin(void) {
    return tau_fail(TAU_STATUS_DEVICE, "the card burns" TAU_WHY "it is hot" TAU_FIX "open a window");
}

static const sample_interface sample = {42, fail_in_plugin, tau_error_last};

TAU_PLUGIN_EXPORT = {SAMPLE_VERSION, TAU_PLUGIN_KIND_BACKEND, "sample", &sample};
