/* Options that all pictures share. */
#include <string.h>

#include "cli/export.h"

/* Of figures; what draws them says so too, of sizes that are inches. */
enum { PICTURE_SIDE_MAX = 32000 };

tau_status tau_export_parse_length(double *out, const char *text, const char *what) {
    static const struct {
        const char *unit;
        double points;
    } units[] = {{"in", 72}, {"cm", 72 / 2.54}, {"mm", 72 / 25.4}, {"pt", 1}};
    char number[32] = "";
    size_t length = strlen(text);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        if (length <= 2 || length >= sizeof number || strcmp(text + length - 2, units[u].unit) != 0) continue;
        memcpy(number, text, length - 2);
        TAU_TRY(tau_cli_parse_real(out, number, what));
        *out *= units[u].points;
        if (*out > 0) return TAU_STATUS_OK;
        return tau_fail(TAU_STATUS_USAGE, "%s cannot be %s" TAU_FIX "write a length above 0", what, text);
    }
    return tau_fail(TAU_STATUS_USAGE, "%s: \"%s\" is not a length" TAU_FIX "write 3.25in, 8cm, 84mm or 234pt",
                    what, text);
}

static tau_status parse_size(tau_figure_options *o, const tau_cli_arguments *a, int *rows, int *columns) {
    const char *size = tau_cli_get(a, "size"), *width = tau_cli_get(a, "width"),
               *height = tau_cli_get(a, "height");
    const char *layout = tau_cli_get(a, "layout"), *font_size = tau_cli_get(a, "font-size");
    size_t w, h;
    if (size)
        TAU_TRY(tau_cli_parse_pixels(&o->pixel_width, &o->pixel_height, size, "--size", 1, PICTURE_SIDE_MAX));
    if (width) TAU_TRY(tau_export_parse_length(&o->width, width, "--width"));
    if (height) TAU_TRY(tau_export_parse_length(&o->height, height, "--height"));
    if (font_size) TAU_TRY(tau_export_parse_length(&o->font_size, font_size, "--font-size"));
    if (layout) {
        TAU_TRY(tau_cli_parse_grid(&h, &w, layout, "--layout"));
        if (w < 1 || h < 1 || w > 64 || h > 64)
            return tau_fail(TAU_STATUS_USAGE,
                            "--layout: \"%s\" is too large" TAU_FIX "write ROWSxCOLUMNS, as in 2x4", layout);
        *rows = (int)h, *columns = (int)w;
    }
    return tau_cli_get_real(a, "dpi", &o->dpi, 10, 4800);
}

tau_status tau_export_get_page(const tau_cli *cli, tau_figure_options *out, int *rows, int *columns) {
    const tau_cli_arguments *a = &cli->arguments;
    const char *style = tau_cli_get(a, "style");
    *out = tau_figure_default_options();
    *rows = *columns = 0;
    if (style && strcmp(style, "article") == 0) out->style = TAU_FIGURE_STYLE_ARTICLE;
    out->colormap = tau_cli_get(a, "colormap");
    out->font_family = tau_cli_get(a, "font");
    out->transparent = tau_cli_has(a, "transparent");
    return parse_size(out, a, rows, columns);
}

tau_figure_format tau_export_get_format(const char *path) {
    const char *extension = tau_export_get_extension(path);
    return strcmp(extension, "pdf") == 0   ? TAU_FIGURE_FORMAT_PDF
           : strcmp(extension, "svg") == 0 ? TAU_FIGURE_FORMAT_SVG
                                           : TAU_FIGURE_FORMAT_PNG;
}
