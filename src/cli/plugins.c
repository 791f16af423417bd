#include "cli/plugins.h"

#include <string.h>

#include "backend/backend_impl.h"
#include "backend_cpu/backend_cpu.h"
#include "backend_ref/backend_ref.h"
#include "core/plugin.h"

/* Why there is no plugin for CUDA. */
static tau_error_copy cuda_missing;

static tau_status cuda_available(void) {
    return tau_error_restore(&cuda_missing);
}

static const tau_viewer *viewer;
/* Why there is none. */
static tau_error_copy viewer_missing;

/* Stands where the plugin's table would: it never gets further than `available`. */
static const tau_backend cuda_absent = {
    .name = "cuda", .default_precision = TAU_PRECISION_FAST, .available = cuda_available};

/* A plugin that does not load matters to doctor and to those who ask for it, not to every command. */
static void register_plugin(void *payload, const tau_plugin *plugin, const char *path) {
    bool *found = payload;
    if (plugin && plugin->kind == TAU_PLUGIN_KIND_BACKEND) {
        tau_backend_register(plugin->interface);
        *found |= strcmp(plugin->name, cuda_absent.name) == 0;
    } else if (plugin && plugin->kind == TAU_PLUGIN_KIND_VIEWER) {
        viewer = plugin->interface;
    } else if (!plugin && strstr(path, "/libtauscape_cuda.so")) {
        tau_error_context("the device cuda cannot be used");
        tau_error_save(&cuda_missing);
    } else if (!plugin && strstr(path, "/libtauscape_gl.so")) {
        tau_error_context("cannot draw in three dimensions");
        tau_error_save(&viewer_missing);
    }
}

void tau_cli_register_backends(void) {
    bool found = false;
    tau_fail(TAU_STATUS_DEVICE, "the device cuda cannot be used" TAU_WHY
                                "its plugin libtauscape_cuda.so is not installed" TAU_FIX
                                "build tauscape where there is nvcc (tools/setup --cuda gets one), or choose "
                                "--device cpu");
    tau_error_save(&cuda_missing);
    tau_fail(TAU_STATUS_DEVICE,
             "cannot draw in three dimensions" TAU_WHY "the plugin libtauscape_gl.so is not installed" TAU_FIX
             "build tauscape where there are GLFW, GLEW, EGL and Dear ImGui (tools/setup "
             "installs them)");
    tau_error_save(&viewer_missing);
    tau_plugin_open_all(register_plugin, &found);
    tau_backend_register(tau_backend_cpu_get());
    tau_backend_register(tau_backend_ref_get());
    if (!found) tau_backend_register(&cuda_absent);
}

tau_status tau_cli_get_viewer(const tau_viewer **out) {
    *out = viewer;
    return viewer ? TAU_STATUS_OK : tau_error_restore(&viewer_missing);
}
