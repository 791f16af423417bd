/* The one symbol of libtauscape_cuda.so. */
#include "core/plugin.h"
#include "backend_cuda/backend_cuda.h"

TAU_PLUGIN_EXPORT = {TAU_PLUGIN_VERSION, TAU_PLUGIN_KIND_BACKEND, "cuda", &tau_backend_cuda};
