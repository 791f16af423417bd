/* tauscape export: pictures, tables and networks, by the extension of the output. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/export.h"
#include "cli/files.h"
#include "cli/subject.h"

static const tau_cli_option output_options[] = {
    {'o', "output", "OUT",
     "File to write; its extension says what: png svg pdf npy csv json onnx safetensors.", NULL, false},
    {0, "state", "STATE", "Of a run, for onnx and safetensors (last).", NULL, false},
    {0, "group", "NAME", "Group of a run file, or landscape of a landscape file.", NULL, false},
    {0},
};

static const tau_cli_option figure_options[] = {
    {0, "figure", "NAME", "contour (default for planes), filled, heatmap or line.",
     "contour|filled|heatmap|line", false},
    {0, "metric", "NAME", "What is drawn: loss (default), loss_se, accuracy or regularisation.",
     "loss|loss_se|accuracy|regularisation", false},
    {0, "layout", "ROWSxCOLUMNS", "Arrangement of several landscapes.", NULL, false},
    {0, "log", NULL, "Logarithmic loss.", NULL, false},
    {0, "levels", "N|A,B,C", "Number of contour levels, or the levels themselves.", NULL, false},
    {0, "range-loss", "LO:HI", "Range of the colours, or of the loss axis.", NULL, false},
    {0, "share-scale", NULL, "One scale for all landscapes.", NULL, false},
    {0, "colormap", "NAME|FILE", "viridis (default), cividis, batlow, vik, magma, or a file.", NULL, false},
    {0, "size", "WxH", "Size of a PNG in pixels.", NULL, false},
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
    {0, "style", "STYLE", "default, or article: for a column of a paper.", "default|article", false},
    {0},
};

typedef tau_status (*exporter)(tau_cli *cli, const char *out);

static const struct {
    const char *extension;
    exporter write;
} exporters[] = {
    {"png", tau_export_figure},   {"svg", tau_export_figure},          {"pdf", tau_export_figure},
    {"npy", tau_export_table},    {"csv", tau_export_table},           {"json", tau_export_table},
    {"onnx", tau_export_network}, {"safetensors", tau_export_network},
};

static tau_status run(tau_cli *cli) {
    const char *out = tau_cli_get(&cli->arguments, "output");
    if (!out) return tau_fail(TAU_STATUS_USAGE, "no output was named" TAU_FIX "add -o FILE.png");
    const char *extension = tau_export_get_extension(out);
    for (size_t i = 0; i < sizeof exporters / sizeof *exporters; i++) {
        if (strcmp(exporters[i].extension, extension) != 0) continue;
        TAU_TRY(tau_cli_check_inputs_differ(cli, out));
        TAU_TRY(tau_cli_check_output(cli, out, TAU_FILE_KIND_OTHER));
        TAU_TRY(exporters[i].write(cli, out));
        if (!cli->dry_run) tau_cli_say(cli, "wrote %s", out);
        if (!cli->dry_run) tau_cli_print_json(cli, json_pack("{ss}", "written", out));
        return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot tell what to write to %s" TAU_WHY "its extension is \"%s\"" TAU_FIX
                    "use png, svg, pdf, npy, csv, json, onnx or safetensors",
                    out, extension);
}

const tau_cli_command tau_cli_export = {
    .name = "export",
    .usage = "FILE… -o OUT [options]",
    .summary = "write pictures, tables and networks",
    .description = "Draws landscapes (PNG, SVG, PDF), writes them as tables (NPY, CSV, JSON), or writes the "
                   "network of a run at "
                   "one of its states (ONNX, safetensors). Several landscapes make one picture: lines share "
                   "their axes, planes "
                   "stand side by side. Every picture carries its recipe in its metadata.",
    .examples = "  tauscape export plane.land.h5 -o plane.pdf --width 3.25in --style article\n"
                "  tauscape export sgd.land.h5 adam.land.h5 -o both.png --share-scale --log\n"
                "  tauscape export line.land.h5 -o line.csv\n"
                "  tauscape export run.run.h5 --state epoch:2 -o net.onnx\n",
    .sections = {{"Output", output_options}, {"Figure", figure_options}},
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
