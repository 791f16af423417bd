/* tauscape view: the window. */
#include <stdio.h>
#include <string.h>

#include "cli/exploration.h"
#include "cli/files.h"
#include "cli/plugins.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"

static const tau_cli_option view_options[] = {
    {'w', "watch", NULL, "Follow the files as they grow; the camera is kept.", NULL, false},
    {0, "state", "FILE", "Begin with a view that was copied with Ctrl+Shift+C.", NULL, false},
    {0, "screenshot", "OUT.png", "Draw the first file without a window, and end.", NULL, false},
    {0, "size", "WxH", "Pixels of the window or the screenshot.", NULL, false},
    {0, "scale", "FACTOR", "Size of type and lines; by default that of the screen, or TAUSCAPE_SCALE.", NULL,
     false},
    {0, "script", "FILE", "Run the actions in FILE, one a line: see tauscape help scripts.", NULL, false},
    {0, "fresh", NULL, "Neither take up the last session nor keep this one.", NULL, false},
    {0, "no-explore", NULL, "Show what runs have recorded, and compute nothing.", NULL, false},
    {0, "shaders", "DIR", "Read the shaders from a folder; F5 reads them again.", NULL, false},
    {0},
};

static const tau_cli_option explore_options[] = {
    {0, "samples", "N|all", "Explore with N samples in the end, fewer at first; all by default.", NULL,
     false},
    {0, "precision", "MODE", "exact, fine (default on processors) or fast (GPU only; default there).",
     "exact|fine|fast", false},
    {0},
};

/* Everything that the request borrows. */
typedef struct view {
    tau_cli *cli;
    const tau_viewer *viewer;
    tau_exploration exploration;
    tau_viewer_exploration shown;
    tau_viewer_request request;
    const char **files;
    char *state, *script;
} view;

/* The plugin that the explorer's thread wakes. */
static const tau_viewer *woken;

static void wake(void *payload) {
    (void)payload;
    if (woken && woken->wake) woken->wake();
}

static tau_status read_text(char **out, const char *path) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_file_read(&bytes, &size, path, (size_t)1 << 20));
    *out = (char *)bytes;
    return TAU_STATUS_OK;
}

/* Whether the command line speaks of a slice: then a failure to explore is a failure. */
static bool asks_to_explore(const tau_cli *cli) {
    for (const tau_cli_option *o = tau_cli_slice_options; o->name; o++)
        if (tau_cli_has(&cli->arguments, o->name)) return true;
    for (const tau_cli_option *o = tau_cli_data_options; o->name; o++)
        if (tau_cli_has(&cli->arguments, o->name)) return true;
    return tau_cli_has(&cli->arguments, "samples") || tau_cli_has(&cli->arguments, "precision");
}

static tau_status explore(view *v, const char *path, tau_file_kind kind) {
    bool must = kind == TAU_FILE_KIND_OTHER || asks_to_explore(v->cli);
    tau_status status = tau_exploration_open(&v->exploration, v->cli, path, wake);
    if (status == TAU_STATUS_OK) {
        tau_exploration_describe(&v->exploration, &v->shown);
        v->request.exploration = &v->shown;
        v->request.program = (tau_viewer_program){.replane = tau_exploration_replane,
                                                  .save = tau_exploration_save,
                                                  .get_progress = tau_exploration_get_progress,
                                                  .cancel = &v->exploration.cancel,
                                                  .payload = &v->exploration};
        return status;
    }
    if (must || status == TAU_STATUS_CANCELLED) return status;
    tau_log(TAU_LOG_LEVEL_NOTE, "%s is shown, but not explored: %s: %s", path, tau_error_last()->what,
            tau_error_last()->why);
    tau_exploration_close(&v->exploration);
    return TAU_STATUS_OK;
}

/* A network is explored, the first one if there are several; the rest is shown. */
static tau_status sort_files(view *v) {
    const tau_cli_arguments *a = &v->cli->arguments;
    bool wanted = !tau_cli_has(a, "no-explore") && !tau_cli_has(a, "screenshot") &&
                  (!tau_cli_has(a, "watch") || asks_to_explore(v->cli));
    TAU_TRY(TAU_ALLOC(v->files, (size_t)a->positional_count + 1));
    for (int i = 0; i < a->positional_count; i++) {
        const char *path = a->positional[i];
        tau_file_kind kind = TAU_FILE_KIND_RUN;
        if (!strchr(path, '#') || tau_file_exists(path)) {
            tau_status status = tau_file_find_kind(&kind, path);
            bool beside_others = a->positional_count > 1 && !v->request.screenshot;
            if (status != TAU_STATUS_OK && !beside_others) return status;
            if (status != TAU_STATUS_OK)
                kind = TAU_FILE_KIND_LANDSCAPE; /* the window tells what is wrong with it */
        }
        bool network = kind != TAU_FILE_KIND_LANDSCAPE && tau_file_exists(path);
        if (network && wanted && !v->request.exploration) TAU_TRY(explore(v, path, kind));
        if (kind != TAU_FILE_KIND_OTHER) {
            v->files[v->request.file_count++] = path;
        } else if (!v->request.exploration) {
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot show %s" TAU_WHY "it is neither a landscape nor a run" TAU_FIX
                            "a network is explored: leave --no-explore, --watch and --screenshot out",
                            path);
        }
    }
    v->request.files = v->files;
    return TAU_STATUS_OK;
}

static tau_status parse(view *v) {
    const tau_cli_arguments *a = &v->cli->arguments;
    tau_viewer_request *r = &v->request;
    const char *size = tau_cli_get(a, "size"), *state = tau_cli_get(a, "state"),
               *script = tau_cli_get(a, "script");
    r->cancel = v->cli->cancel;
    r->watch = tau_cli_has(a, "watch");
    r->fresh = tau_cli_has(a, "fresh");
    r->screenshot = tau_cli_get(a, "screenshot");
    r->shaders = tau_cli_get(a, "shaders");
    TAU_TRY(tau_cli_get_real(a, "scale", &r->scale, 0.25, 8));
    if (size) TAU_TRY(tau_cli_parse_pixels(&r->width, &r->height, size, "--size", 16, 16384));
    if (state) TAU_TRY(read_text(&v->state, state));
    if (script) TAU_TRY(read_text(&v->script, script));
    r->state = v->state;
    r->script = v->script;
    if (r->screenshot && a->positional_count == 0)
        return tau_fail(TAU_STATUS_USAGE, "--screenshot draws nothing" TAU_WHY "no file was named" TAU_FIX
                                          "name a landscape or a run");
    if (r->screenshot && strlen(r->screenshot) > 4 &&
        strcmp(r->screenshot + strlen(r->screenshot) - 4, ".png") != 0)
        return tau_fail(TAU_STATUS_USAGE, "--screenshot writes PNG only" TAU_FIX
                                          "name it OUT.png; tauscape export writes SVG, PDF and films");
    return TAU_STATUS_OK;
}

static tau_status run(tau_cli *cli) {
    view v = {.cli = cli};
    tau_status status = tau_cli_get_viewer(&v.viewer);
    if (status == TAU_STATUS_OK) status = parse(&v);
    woken = v.viewer;
    if (status == TAU_STATUS_OK) status = sort_files(&v);
    if (status == TAU_STATUS_OK && !cli->dry_run) status = v.viewer->run(&v.request);
    if (status == TAU_STATUS_OK && v.request.screenshot && !cli->dry_run)
        tau_cli_say(cli, "wrote %s", v.request.screenshot);
    tau_error_copy error;
    tau_error_save(&error);
    tau_exploration_close(&v.exploration);
    tau_mem_free(v.files);
    tau_mem_free(v.state);
    tau_mem_free(v.script);
    return status == TAU_STATUS_OK ? status : tau_error_restore(&error);
}

const tau_cli_command tau_cli_view = {
    .name = "view",
    .usage = "[FILE…] [options]",
    .summary = "look at landscapes and trainings, and explore networks",
    .description =
        "Opens a window on landscape and run files. A run, or an ONNX file with data, is explored: the loss "
        "of the real network is computed where you look, coarse to fine, with few samples first. The options "
        "of compute choose plane, samples and device. tauscape FILE does the same; without a file the last "
        "session is taken up.\n\nF1 in the window shows all keys, Ctrl+P finds an action by its name. The "
        "mouse orbits with the left button, pans with the middle one or Shift, zooms with the wheel.\n\nThe "
        "session is kept in $XDG_STATE_HOME/tauscape.",
    .examples = "  tauscape view plane.land.h5\n"
                "  tauscape view run.run.h5 --dirs random -s 3\n"
                "  tauscape view a.land.h5 b.land.h5\n"
                "  tauscape view -w run.run.h5\n"
                "  tauscape view net.onnx --data x.npy --labels y.npy -x auto -y auto\n"
                "  tauscape view plane.land.h5 --screenshot plane.png --size 1920x1080\n",
    .sections = {{"View", view_options},
                 {"Slice", tau_cli_slice_options},
                 {"Exploring", explore_options},
                 {"Data", tau_cli_data_options}},
    .arguments_min = 0,
    .arguments_max = -1,
    .run = run,
};
