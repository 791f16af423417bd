/* A plugin as small as they come, for the tests of the loader. */
#include "core/plugin.h"

static const int answer = 42;

TAU_PLUGIN_EXPORT = {SAMPLE_VERSION, TAU_PLUGIN_KIND_BACKEND, "sample", &answer};
