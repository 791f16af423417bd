/* tauscape devices, doctor, completion, help: about the program and the machine. */
#include <stdio.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/plugins.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/plugin.h"
#include "figure/figure.h"

/* ---- devices ---- */

/* Why a backend cannot compute here, and what to do; like what can compute, as JSON. */
static json_t *list_absent(const tau_cli *cli, const tau_backend *backend) {
    const tau_error *error = tau_error_last();
    tau_cli_say(cli, "%-6s %-10s not available: %s", backend->name, "-",
                *error->why ? error->why : error->what);
    if (*error->fix) tau_cli_say(cli, "%-6s %-10s fix: %s", "", "", error->fix);
    return json_pack("{ss sb ss ss ss ss s[]}", "name", backend->name, "available", 0, "instruction_set", "",
                     "default_precision", tau_precision_name(backend->default_precision), "why",
                     *error->why ? error->why : error->what, "fix", error->fix, "cards");
}

static json_t *list_backend(const tau_cli *cli, const tau_backend *backend) {
    if (backend->available() != TAU_STATUS_OK) return list_absent(cli, backend);
    const char *set = backend->instruction_set(), *precision = tau_precision_name(backend->default_precision);
    tau_cli_say(cli, "%-6s %-10s %s", backend->name, set, precision);
    json_t *cards = json_array();
    const char *words;
    for (int device = 0; backend->describe && (words = backend->describe(device)); device++) {
        tau_cli_say(cli, "  %s:%-3d %s", backend->name, device, words);
        json_array_append_new(cards, json_string(words));
    }
    return json_pack("{ss sb ss ss so}", "name", backend->name, "available", 1, "instruction_set", set,
                     "default_precision", precision, "cards", cards);
}

static tau_status run_devices(tau_cli *cli) {
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(cli, &pool));
    json_t *devices = json_array();
    for (int i = 0; tau_backend_get(i); i++)
        json_array_append_new(devices, list_backend(cli, tau_backend_get(i)));
    tau_cli_say(cli, "threads %d", tau_pool_size(pool));
    tau_cli_print_json(cli, json_pack("{so si}", "devices", devices, "threads", tau_pool_size(pool)));
    return TAU_STATUS_OK;
}

const tau_cli_command tau_cli_devices = {
    .name = "devices",
    .usage = "",
    .summary = "what can compute here",
    .description =
        "Lists the devices of --device with their instruction set and their default precision, every GPU by "
        "its name, and why a GPU is not used. The first one that is available is what auto takes. ref is "
        "the slow double-precision reference.",
    .arguments_max = 0,
    .run = run_devices,
};

/* ---- doctor ---- */

static bool check(tau_cli *cli, json_t *checks, const char *name, tau_status status, const char *good) {
    bool fine = status == TAU_STATUS_OK;
    const tau_error *error = tau_error_last();
    tau_cli_say(cli, "%-4s %-18s %s%s%s", fine ? "ok" : "bad", name, fine ? good : error->what,
                fine || !*error->why ? "" : ": ", fine ? "" : error->why);
    if (!fine && *error->fix) tau_cli_say(cli, "     %-18s %s", "fix", error->fix);
    json_array_append_new(
        checks, json_pack("{ss sb ss}", "check", name, "ok", fine, "detail", fine ? good : error->what));
    return fine;
}

/* A machine without a GPU is healthy; that and why is said all the same. */
static bool check_backend(tau_cli *cli, json_t *checks, const tau_backend *backend) {
    tau_status status = backend->available();
    if (status == TAU_STATUS_OK) {
        const char *words = backend->describe ? backend->describe(0) : NULL;
        return check(cli, checks, backend->name, status, words ? words : backend->instruction_set());
    }
    const tau_error *error = tau_error_last();
    tau_cli_say(cli, "off  %-18s %s", backend->name, *error->why ? error->why : error->what);
    if (*error->fix) tau_cli_say(cli, "     %-18s %s", "fix", error->fix);
    json_array_append_new(checks,
                          json_pack("{ss sb sb ss ss}", "check", backend->name, "ok", 1, "used", 0, "detail",
                                    *error->why ? error->why : error->what, "fix", error->fix));
    return true;
}

/* Draws a small picture into memory: fonts and cairo work. */
static tau_status try_drawing(void) {
    const double axis[] = {0, 1}, value[] = {0, 1, 1, 2};
    const tau_field field = {.nx = 2, .ny = 2, .alpha = axis, .beta = axis, .value = value, .name = "loss"};
    const tau_figure_panel panel = {.field = &field};
    tau_figure figure = {.options = tau_figure_default_options(), .panels = &panel, .panel_count = 1};
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_figure_encode(&figure, TAU_FIGURE_FORMAT_PNG, &bytes, &size));
    tau_mem_free(bytes);
    return TAU_STATUS_OK;
}

/* What a walk over the plugins reports to. */
typedef struct plugin_report {
    tau_cli *cli;
    json_t *checks;
    bool healthy;
    int found;
} plugin_report;

static void check_plugin(void *payload, const tau_plugin *plugin, const char *path) {
    plugin_report *report = payload;
    const char *slash = strrchr(path, '/');
    tau_status status = plugin ? TAU_STATUS_OK : tau_error_last()->code;
    report->healthy &= check(report->cli, report->checks, slash ? slash + 1 : path, status, path);
    report->found++;
}

static bool check_plugins(tau_cli *cli, json_t *checks) {
    plugin_report report = {.cli = cli, .checks = checks, .healthy = true};
    tau_plugin_open_all(check_plugin, &report);
    if (report.found == 0) tau_cli_say(cli, "ok   %-18s none installed", "plugins");
    return report.healthy;
}

/* What draws in three dimensions. A server without it computes and draws the other figures all the same. */
static void check_viewer(tau_cli *cli, json_t *checks) {
    const tau_viewer *viewer;
    char words[256] = "";
    tau_status status = tau_cli_get_viewer(&viewer);
    if (status == TAU_STATUS_OK) status = viewer->describe(words, sizeof words);
    if (status == TAU_STATUS_OK) {
        check(cli, checks, "surfaces", status, words);
        return;
    }
    const tau_error *error = tau_error_last();
    tau_cli_say(cli, "off  %-18s %s", "surfaces", *error->why ? error->why : error->what);
    if (*error->fix) tau_cli_say(cli, "     %-18s %s", "fix", error->fix);
    json_array_append_new(checks,
                          json_pack("{ss sb sb ss ss}", "check", "surfaces", "ok", 1, "used", 0, "detail",
                                    *error->why ? error->why : error->what, "fix", error->fix));
}

/* Only films need it. */
static void check_ffmpeg(tau_cli *cli, json_t *checks) {
    static const char missing[] = "no ffmpeg in PATH: films (mp4, webm, gif) end as numbered pictures",
                      cure[] = "apt install ffmpeg, or put it into PATH";
    char path[4096];
    if (tau_file_find_program(path, sizeof path, "ffmpeg")) {
        check(cli, checks, "films", TAU_STATUS_OK, path);
        return;
    }
    tau_cli_say(cli, "off  %-18s %s", "films", missing);
    tau_cli_say(cli, "     %-18s %s", "fix", cure);
    json_array_append_new(checks, json_pack("{ss sb sb ss ss}", "check", "films", "ok", 1, "used", 0,
                                            "detail", missing, "fix", cure));
}

static tau_status run_doctor(tau_cli *cli) {
    json_t *checks = json_array();
    tau_pool *pool;
    TAU_TRY(tau_cli_get_pool(cli, &pool));
    char threads[64];
    snprintf(threads, sizeof threads, "%d", tau_pool_size(pool));
    tau_cli_say(cli, "tauscape " TAU_VERSION);
    bool healthy = check(cli, checks, "threads", TAU_STATUS_OK, threads);
    for (int i = 0; tau_backend_get(i); i++) healthy &= check_backend(cli, checks, tau_backend_get(i));
    healthy &= check_plugins(cli, checks);
    check_viewer(cli, checks);
    healthy &= check(cli, checks, "pictures", try_drawing(), "cairo and the DejaVu Sans font work");
    check_ffmpeg(cli, checks);
    tau_cli_print_json(cli,
                       json_pack("{ss sb so}", "version", TAU_VERSION, "healthy", healthy, "checks", checks));
    if (!healthy)
        return tau_fail(TAU_STATUS_DEVICE, "something is missing" TAU_FIX "see the lines marked bad");
    return TAU_STATUS_OK;
}

const tau_cli_command tau_cli_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = "check that everything works here",
    .description = "Tries what the commands need and says of each thing whether it works and, if not, how to "
                   "mend it. What is marked off is not used here, such as a GPU that is not there.",
    .arguments_max = 0,
    .run = run_doctor,
};

/* ---- completion and help ---- */

static tau_status run_completion(tau_cli *cli) {
    return tau_help_print_completion(stdout, cli->arguments.positional[0]);
}

const tau_cli_command tau_cli_completion = {
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "print a completion script for a shell",
    .description = "Prints a script that completes commands, options and values. It is made from the same "
                   "table as --help.",
    .examples = "  tauscape completion bash > ~/.local/share/bash-completion/completions/tauscape\n",
    .words = "bash|zsh|fish",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_completion,
};

static tau_status run_help(tau_cli *cli) {
    if (cli->arguments.positional_count == 0) {
        tau_help_print_overview(stdout);
        return TAU_STATUS_OK;
    }
    if (strcmp(cli->arguments.positional[0], "man") == 0) {
        tau_help_print_man(stdout);
        return TAU_STATUS_OK;
    }
    return tau_help_print_topic(stdout, cli->arguments.positional[0]);
}

const tau_cli_command tau_cli_help = {
    .name = "help",
    .usage = "[COMMAND|concepts|figures|scripts|slurm|man]",
    .summary = "explain a command or a topic",
    .description =
        "Explains a command, the concepts behind landscapes, the figures of a training, the scripts "
        "of the window, or work on a Slurm cluster. man prints the manual page.",
    .words =
        "concepts|figures|scripts|slurm|man|view|demo|train|watch|compute|trace|export|info|merge|import|"
        "devices|doctor|completion|help",
    .arguments_max = 1,
    .run = run_help,
};
