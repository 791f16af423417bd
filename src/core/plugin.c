#define _GNU_SOURCE
#include "core/plugin.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "libtauscape_"
#define SUFFIX ".so"

enum { PATH_SIZE = 4096 };

tau_status tau_plugin_open(const tau_plugin **out, const char *path) {
    *out = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return tau_fail(TAU_STATUS_DEVICE,
                        "the plugin %s does not load" TAU_WHY "%s" TAU_FIX
                        "install what is missing, or remove the plugin",
                        path, dlerror());
    const tau_plugin *plugin = dlsym(library, "tau_plugin_entry");
    if (!plugin) {
        dlclose(library);
        return tau_fail(TAU_STATUS_INPUT,
                        "%s is no plugin of tauscape" TAU_WHY "it has no tau_plugin_entry" TAU_FIX
                        "remove it from this folder",
                        path);
    }
    if (plugin->version != TAU_PLUGIN_VERSION) {
        int version = plugin->version;
        dlclose(library);
        return tau_fail(TAU_STATUS_MISMATCH,
                        "the plugin %s does not fit this program" TAU_WHY
                        "it was made for interface %d, the program has %d" TAU_FIX
                        "install plugins and program of one version",
                        path, version, TAU_PLUGIN_VERSION);
    }
    *out = plugin; /* the library stays loaded: its interface is used to the end */
    return TAU_STATUS_OK;
}

static int is_plugin(const struct dirent *entry) {
    size_t length = strlen(entry->d_name), prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
    return length > prefix + suffix && strncmp(entry->d_name, PREFIX, prefix) == 0 &&
           strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

static void open_folder(const char *folder, tau_plugin_visit visit, void *payload) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_plugin, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        const tau_plugin *plugin = NULL;
        if (snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < PATH_SIZE &&
            tau_plugin_open(&plugin, path) != TAU_STATUS_OK)
            plugin = NULL;
        visit(payload, plugin, path);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

/* The program's own folder and ../lib/tauscape beside it. */
static void open_beside_program(tau_plugin_visit visit, void *payload) {
    char program[PATH_SIZE - 32], folder[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) return;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash) return;
    *slash = '\0';
    open_folder(program, visit, payload);
    snprintf(folder, sizeof folder, "%s/../lib/tauscape", program);
    open_folder(folder, visit, payload);
}

void tau_plugin_open_all(tau_plugin_visit visit, void *payload) {
    const char *path = getenv("TAUSCAPE_PLUGIN_PATH");
    if (!path) {
        open_beside_program(visit, payload);
        return;
    }
    while (*path) {
        char folder[PATH_SIZE];
        size_t length = strcspn(path, ":");
        snprintf(folder, sizeof folder, "%.*s", (int)(length < PATH_SIZE ? length : PATH_SIZE - 1), path);
        if (length > 0) open_folder(folder, visit, payload);
        path += length + (path[length] == ':');
    }
}
