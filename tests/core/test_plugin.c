#include "core/plugin.h"

#include "core/sample_plugin.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What a walk over the plugins of a folder came upon. */
typedef struct findings {
    int loaded, broken;
    const tau_plugin *last;
    char why[2048];
} findings;

static void note(void *payload, const tau_plugin *plugin, const char *path) {
    findings *found = payload;
    cr_assert_not_null(strstr(path, "libtauscape_"));
    if (plugin) {
        found->loaded++;
        found->last = plugin;
    } else {
        found->broken++;
        strncat(found->why, tau_error_last()->what, sizeof found->why - strlen(found->why) - 1);
        strncat(found->why, tau_error_last()->why, sizeof found->why - strlen(found->why) - 1);
    }
}

Test(plugin, folder_of_the_path_is_opened_and_the_interface_found) {
    findings found = {0};
    setenv("TAUSCAPE_PLUGIN_PATH", PLUGIN_FOLDER "/good", 1);
    tau_plugin_open_all(note, &found);
    cr_assert_eq(found.loaded, 1);
    cr_assert_eq(found.broken, 0);
    cr_assert_str_eq(found.last->name, "sample");
    cr_assert_eq(((const sample_interface *)found.last->interface)->answer, 42);
}

Test(plugin, program_and_plugin_share_the_last_error) {
    findings found = {0};
    setenv("TAUSCAPE_PLUGIN_PATH", PLUGIN_FOLDER "/good", 1);
    tau_plugin_open_all(note, &found);
    const sample_interface *sample = found.last->interface;
    cr_assert_eq(sample->fail(), TAU_STATUS_DEVICE);
    cr_assert_str_eq(tau_error_last()->what, "the card burns");
    cr_assert_str_eq(tau_error_last()->why, "it is hot");
    cr_assert_str_eq(tau_error_last()->fix, "open a window");
    cr_assert_eq(tau_fail(TAU_STATUS_USAGE, "the program's own"), TAU_STATUS_USAGE);
    cr_assert_str_eq(sample->error()->what, "the program's own");
}

Test(plugin, another_version_foreign_libraries_and_missing_symbols_are_reported) {
    findings found = {0};
    setenv("TAUSCAPE_PLUGIN_PATH", "/nowhere::" PLUGIN_FOLDER "/bad", 1);
    tau_plugin_open_all(note, &found);
    cr_assert_eq(found.loaded, 0);
    cr_assert_eq(found.broken, 3);
    cr_assert_not_null(strstr(found.why, "does not fit this program"), "%s", found.why);
    cr_assert_not_null(strstr(found.why, "is no plugin of tauscape"), "%s", found.why);
    cr_assert_not_null(strstr(found.why, "tau_no_such_function"), "%s", found.why);
}

Test(plugin, missing_library_is_an_error_that_names_it) {
    const tau_plugin *plugin;
    cr_assert_eq(tau_plugin_open(&plugin, "/nowhere/libtauscape_x.so"), TAU_STATUS_DEVICE);
    cr_assert_null(plugin);
    cr_assert_not_null(strstr(tau_error_last()->what, "libtauscape_x.so"));
}

Test(plugin, no_folder_means_no_plugins) {
    findings found = {0};
    setenv("TAUSCAPE_PLUGIN_PATH", "", 1);
    tau_plugin_open_all(note, &found);
    cr_assert_eq(found.loaded + found.broken, 0);
}
