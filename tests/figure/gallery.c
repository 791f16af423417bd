/* Writes every scene into a folder, to be looked at: gallery FOLDER [png|svg|pdf [WIDTHxHEIGHT|article]] */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "scenes.h"

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "gallery", *format = argc > 2 ? argv[2] : "png";
    if (tau_file_make_directory(folder) != TAU_STATUS_OK) return 1;
    tau_figure_format code = strcmp(format, "pdf") == 0   ? TAU_FIGURE_FORMAT_PDF
                             : strcmp(format, "svg") == 0 ? TAU_FIGURE_FORMAT_SVG
                                                          : TAU_FIGURE_FORMAT_PNG;
    int failures = 0, wide = 0, high = 0;
    bool article = argc > 3 && strcmp(argv[3], "article") == 0;
    for (int kind = 0; kind < SCENE_COUNT; kind++) {
        scene s;
        scene_create(&s, kind);
        if (argc > 3 && sscanf(argv[3], "%dx%d", &wide, &high) == 2)
            s.figure.options.pixel_width = wide, s.figure.options.pixel_height = high;
        if (article) s.figure.options.style = TAU_FIGURE_STYLE_ARTICLE;
        char path[512];
        snprintf(path, sizeof path, "%s/%s.%s", folder, scene_get_name(kind), format);
        if (tau_figure_write(&s.figure, path, code) != TAU_STATUS_OK) {
            fprintf(stderr, "%s: %s: %s\n", path, tau_error_last()->what, tau_error_last()->why);
            failures++;
        }
        scene_release(&s);
    }
    tau_figure_finish();
    return failures > 0;
}
