/* tauscape export: pictures, meshes, tables and networks, by the extension of the output. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/export.h"
#include "cli/files.h"
#include "core/file.h"
#include "figure/animation.h"

static const tau_cli_option output_options[] = {
    {'o', "output", "OUT",
     "File to write; its extension says what: png svg pdf mp4 gif webm, vts vtp pvd ply obj glb, npy csv "
     "json, onnx safetensors, h5 with --format deepreplay; frames/%05d.png: numbered frames.",
     NULL, false},
    {0, "format", "FORMAT",
     "deepreplay: a run as a recording of DeepReplay, OUT.h5 and GROUP_model.h5 beside it; a state for each "
     "epoch.",
     "deepreplay", false},
    {0, "state", "STATE|A:B[:STEP]|FILE",
     "Of a run: the state of a picture or network (last), or a film's first and last (all). Of a surface or "
     "mesh: a view that the viewer saved.",
     NULL, false},
    {0, "group", "NAME[,NAME…]",
     "Group of a run file, or landscape of a landscape file; several trainings stand side by side.", NULL,
     false},
    {0},
};

static const tau_cli_option replay_options[] = {
    {0, "fps", "N", "Frames a second of a film (15).", NULL, false},
    {0, "duration", "TIME", "Length of a film, 20s or 2min (one frame a state).", NULL, false},
    {0, "define", "NAME=EXPRESSION",
     "A metric over tp, tn, fp, fn, loss …, for metrics:of= and loss-metric:metric=.", NULL, true},
    {0, "loss", "NAME", "A loss instead of the training's.", NULL, false},
    {0, "samples", "N", "Use the first N recorded samples (all).", NULL, false},
    {0},
};

static const tau_cli_option figure_options[] = {
    {0, "figure", "NAME[:KEY=VALUE,…]",
     "Of a landscape: contour (default for planes), filled, heatmap, surface (in three dimensions) or line, "
     "as heatmap:of=accuracy. "
     "Of a run, repeatable: dashboard (default), feature-space, boundary, probability, distribution, "
     "loss-metric, loss, metrics, loss-histogram, violins, learner, confusion (tauscape help figures).",
     "contour|filled|heatmap|surface|line|dashboard|feature-space|boundary|probability|distribution|"
     "loss-metric|loss|metrics|loss-histogram|violins|learner|confusion|*",
     true},
    {0, "metric", "NAME",
     "What of a landscape is drawn or written: loss (default), loss_se, accuracy, regularisation or a metric "
     "that was computed (compute --metric); --figure NAME:of=METRIC says the same. A line shows it beside "
     "the loss: accuracy where nothing is named, and nothing where loss is.",
     NULL, false},
    {0, "layout", "ROWSxCOLUMNS", "Arrangement of several landscapes or figures.", NULL, false},
    {0, "log", NULL, "Logarithmic loss; in meshes the height is its decimal logarithm.", NULL, false},
    {0, "levels", "N|A,B,C", "Number of contour levels, or the levels themselves.", NULL, false},
    {0, "range-loss", "LO:HI", "Range of the colours, or of the loss axis; surfaces are cut at HI.", NULL,
     false},
    {0, "share-scale", NULL, "One scale for all landscapes.", NULL, false},
    {0, "colormap", "NAME|FILE", "viridis (default), cividis, batlow, vik, magma, or a file.", NULL, false},
    {0, "size", "WxH", "Size of a PNG or film in pixels.", NULL, false},
    {0, "width", "LENGTH", "Width of the page: 3.25in, 8cm, 84mm or 234pt.", NULL, false},
    {0, "height", "LENGTH", "Height of the page.", NULL, false},
    {0, "dpi", "N", "Dots per inch of a PNG (300).", NULL, false},
    {0, "font", "FAMILY", "Font family (DejaVu Sans).", NULL, false},
    {0, "font-size", "SIZE", "Size of the text: 8pt.", NULL, false},
    {0, "title", "TEXT", "Title of the picture.", NULL, false},
    {0, "xlabel", "TEXT", "Name of the horizontal axis.", NULL, false},
    {0, "ylabel", "TEXT", "Name of the vertical axis.", NULL, false},
    {0, "no-colorbar", NULL, "Leave the colour bar out.", NULL, false},
    {0, "no-path", NULL, "Leave the trajectories out.", NULL, false},
    {0, "transparent", NULL, "No paper behind the picture.", NULL, false},
    {0, "camera", "YAW:PITCH", "Where a surface is seen from, degrees: 30:30, or 0:90 = from above.", NULL,
     false},
    {0, "turn", "DEGREES", "How far the surface of a film turns (360).", NULL, false},
    {0, "play", NULL, "A film of a surface plays the training on it.", NULL, false},
    {0, "clip", "LOSS", "A surface is cut off above this loss.", NULL, false},
    {0, "dark", NULL, "A surface on a dark ground.", NULL, false},
    {0, "style", "STYLE", "default, or article: for a column of a paper.", "default|article", false},
    {0},
};

typedef tau_status (*exporter)(tau_cli *cli, const char *out);

static const struct {
    const char *extension;
    exporter write;
} exporters[] = {
    {"vts", tau_export_mesh},     {"vtp", tau_export_mesh},
    {"pvd", tau_export_mesh},     {"ply", tau_export_mesh},
    {"obj", tau_export_mesh},     {"glb", tau_export_mesh},
    {"png", tau_export_figure},   {"svg", tau_export_figure},
    {"pdf", tau_export_figure},   {"npy", tau_export_table},
    {"csv", tau_export_table},    {"json", tau_export_table},
    {"onnx", tau_export_network}, {"safetensors", tau_export_network},
    {"mp4", tau_export_replay},   {"gif", tau_export_replay},
    {"webm", tau_export_replay},
};

static tau_status write_with(tau_cli *cli, exporter write, const char *out) {
    TAU_TRY(tau_export_check_output(cli, out));
    tau_cli_warn_without_ffmpeg(out);
    TAU_TRY(write(cli, out));
    if (!cli->dry_run) tau_cli_say(cli, "wrote %s", out);
    if (!cli->dry_run) tau_cli_print_json(cli, json_pack("{so}", "written", tau_cli_json_text(out)));
    return TAU_STATUS_OK;
}

static tau_status refuse(const tau_cli *cli, const char *const *names, const char *what) {
    for (; *names; names++)
        if (tau_cli_has(&cli->arguments, *names))
            return tau_fail(TAU_STATUS_USAGE,
                            "--%s does not go with %s" TAU_WHY "that is %s" TAU_FIX "leave --%s out", *names,
                            cli->arguments.positional[0], what, *names);
    return TAU_STATUS_OK;
}

/* An option that would do nothing is a mistake. */
static tau_status check_options(const tau_cli *cli, exporter write, bool is_film) {
    static const char *const of_surfaces[] = {"camera", "clip", "dark", "play", "turn", NULL};
    static const char *const of_turning[] = {"fps", "duration", "play", "turn", NULL};
    static const char *const of_landscapes[] = {
        "metric", "levels", "range-loss", "share-scale", "xlabel", "ylabel", "no-colorbar", "no-path", NULL};
    static const char *const of_trainings[] = {"state", "fps", "duration", "define", "loss", "samples", NULL};
    static const char *const of_runs[] = {"define", "loss", "samples", NULL};
    static const char *const of_films[] = {"fps", "duration", NULL};
    if (write == tau_export_surface) {
        TAU_TRY(refuse(cli, of_runs, "a landscape"));
        return is_film ? TAU_STATUS_OK : refuse(cli, of_turning, "drawn as one picture, no film");
    }
    TAU_TRY(refuse(cli, of_surfaces, "drawn flat, and the option is for surfaces"));
    if (write == tau_export_figure) return refuse(cli, of_trainings, "a landscape");
    TAU_TRY(refuse(cli, of_landscapes, "a training, and the option is for landscapes"));
    return is_film ? TAU_STATUS_OK : refuse(cli, of_films, "drawn as one picture, no film");
}

/* Pictures of a training, and surfaces, are drawn by other hands than figures of landscapes. */
static tau_status choose(const tau_cli *cli, exporter *write, const char *out) {
    const char *path = cli->arguments.positional[0], *figure = tau_cli_get(&cli->arguments, "figure");
    tau_animation_format film;
    bool is_film = tau_animation_find_format(&film, out), recording = false;
    if (!is_film && *write != tau_export_figure) return TAU_STATUS_OK;
    if (tau_file_exists(path)) TAU_TRY(tau_export_is_recording(&recording, path));
    if (recording)
        *write = tau_export_replay;
    else if (is_film || tau_export_is_figure(figure, "surface"))
        *write = tau_export_surface;
    return check_options(cli, *write, is_film);
}

/* As refuse, for a table of options. */
static tau_status refuse_all(const tau_cli *cli, const tau_cli_option *options, const char *what) {
    tau_status status = TAU_STATUS_OK;
    for (; options->name && status == TAU_STATUS_OK; options++)
        status = refuse(cli, (const char *const[]){options->name, NULL}, what);
    return status;
}

static tau_status write_deepreplay(tau_cli *cli, const char *out) {
    static const char whole[] = "written for DeepReplay as a whole";
    TAU_TRY(refuse(cli, (const char *const[]){"state", NULL}, whole));
    TAU_TRY(refuse_all(cli, figure_options, whole));
    TAU_TRY(refuse_all(cli, replay_options, whole));
    if (strcmp(tau_export_get_extension(out), "h5") == 0) return write_with(cli, tau_export_deepreplay, out);
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot write a recording of DeepReplay to %s" TAU_WHY "it is an HDF5 file" TAU_FIX
                    "name it OUT.h5",
                    out);
}

static tau_status run(tau_cli *cli) {
    const char *out = tau_cli_get(&cli->arguments, "output");
    if (!out) return tau_fail(TAU_STATUS_USAGE, "no output was named" TAU_FIX "add -o FILE.png");
    if (tau_cli_has(&cli->arguments, "format")) return write_deepreplay(cli, out);
    const char *extension = tau_export_get_extension(out);
    for (size_t i = 0; i < sizeof exporters / sizeof *exporters; i++) {
        if (strcmp(exporters[i].extension, extension) != 0) continue;
        exporter write = exporters[i].write;
        TAU_TRY(choose(cli, &write, out));
        return write_with(cli, write, out);
    }
    return tau_fail(
        TAU_STATUS_USAGE,
        "cannot tell what to write to %s" TAU_WHY "its extension is \"%s\"" TAU_FIX
        "use png, svg, pdf, mp4, gif, webm, vts, vtp, pvd, ply, obj, glb, npy, csv, json, onnx or "
        "safetensors",
        out, extension);
}

const tau_cli_command tau_cli_export = {
    .name = "export",
    .usage = "FILE… -o OUT [options]",
    .summary = "write pictures, films, meshes, tables and networks",
    .description =
        "Draws landscapes and trainings (PNG, SVG, PDF; as films MP4, GIF, WebM), writes landscapes as "
        "meshes "
        "or as tables (NPY, CSV, JSON), or writes the network of a run at one of its states (ONNX, "
        "safetensors), or a run in the format of DeepReplay. Several landscapes make one picture: lines "
        "share their axes, planes stand side by "
        "side. Several figures of a training stand on one page or in one film. Every picture carries its "
        "recipe in its metadata.\n\n"
        "Films of a landscape are of its surface, which turns once; --play replays the training on it.\n\n"
        "Meshes: .vts is the plane as ParaView's structured grid, in data units, with the loss as height "
        "and what is not finite blanked; .vtp has the trajectories with step, loss and distance from "
        "the plane; .pvd makes a series of several landscapes, each a .vts beside it. .ply, .obj and "
        ".glb (Blender, web pages) are coloured surfaces, scaled and cut as a view would show them; "
        ".glb has the trajectories too.\n\n"
        "Pictures and films of the same name are written anew. Other files are overwritten with --force "
        "only, "
        "numbered frames of an earlier film removed with it; and never what a landscape or training was made "
        "from.",
    .examples =
        "  tauscape export plane.land.h5 -o plane.pdf --width 3.25in --style article\n"
        "  tauscape export sgd.land.h5 adam.land.h5 -o both.png --share-scale --log\n"
        "  tauscape export plane.land.h5 --figure surface -o surface.png --size 1280x720\n"
        "  tauscape export metrics.land.h5 --figure heatmap:of=mcc -o mcc.png\n"
        "  tauscape export plane.land.h5 -o turntable.mp4 --duration 10s --size 1280x720\n"
        "  tauscape export line.land.h5 -o line.csv\n"
        "  tauscape export plane.land.h5 -o plane.vts --log\n"
        "  tauscape export plane.land.h5 -o plane.glb --colormap batlow --range-loss 0:5\n"
        "  tauscape export run.run.h5 --figure feature-space --figure probability --figure loss-metric \\\n"
        "      --figure loss-histogram --layout 2x4 --size 1440x720 -o training.mp4\n"
        "  tauscape export run.run.h5 --figure metrics:of=precision+recall+mcc --state epoch:20 -o "
        "metrics.pdf\n"
        "  tauscape export run.run.h5 --state epoch:2 -o net.onnx\n"
        "  tauscape export run.run.h5 --format deepreplay -o old.h5\n",
    .sections = {{"Output", output_options},
                 {"Figure", figure_options},
                 {"Film and training", replay_options}},
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
