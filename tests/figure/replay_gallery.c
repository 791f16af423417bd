/* Writes every picture of a training into a folder, to be looked at, or times a film of the canonical
 * composition: replay_gallery FOLDER [png|svg|pdf|mp4 [WIDTHxHEIGHT [article]]] */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "figure/animation.h"
#include "figure/picture.h"
#include "replays.h"

#define FRAMES 150

static tau_status draw(const tau_figure_options *options, replay_kind kind, double progress,
                       tau_page **page) {
    replay r;
    replay_create(&r, kind, progress);
    tau_status status = tau_page_create(page, options, r.pictures, r.count, r.rows, r.columns,
                                        kind == REPLAY_CANONICAL ? "Parabola, tanh" : NULL, NULL, "{}");
    replay_release(&r);
    return status;
}

static tau_status draw_frame(void *payload, size_t index, uint8_t *pixels) {
    tau_page *page;
    TAU_TRY(draw(payload, REPLAY_CANONICAL, (double)index / (FRAMES - 1), &page));
    tau_status status = tau_page_render(page, (uint32_t *)(void *)pixels);
    tau_page_destroy(page);
    return status;
}

static tau_status write_film(tau_figure_options *options, const char *folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/canonical.mp4", folder);
    double start = tau_progress_now();
    const tau_animation_options film = {.width = options->pixel_width,
                                        .height = options->pixel_height,
                                        .fps = 15,
                                        .order = TAU_PIXEL_ORDER_BGRA};
    TAU_TRY(tau_animation_write(path, &film, FRAMES, (tau_frame_source){draw_frame, options}, NULL));
    printf("%d frames of %d x %d in %.1f s\n", FRAMES, film.width, film.height, tau_progress_now() - start);
    return TAU_STATUS_OK;
}

static tau_status write_picture(const tau_figure_options *options, replay_kind kind, const char *folder,
                                const char *format) {
    char path[512];
    tau_page *page;
    tau_figure_format code = strcmp(format, "pdf") == 0   ? TAU_FIGURE_FORMAT_PDF
                             : strcmp(format, "svg") == 0 ? TAU_FIGURE_FORMAT_SVG
                                                          : TAU_FIGURE_FORMAT_PNG;
    snprintf(path, sizeof path, "%s/%s.%s", folder, replay_get_name(kind), format);
    TAU_TRY(draw(options, kind, 0.7, &page));
    tau_status status = tau_page_write(page, path, code);
    tau_page_destroy(page);
    return status;
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "gallery", *format = argc > 2 ? argv[2] : "png";
    if (tau_file_make_directory(folder) != TAU_STATUS_OK) return 1;
    tau_figure_options options = tau_figure_default_options();
    int wide = 1440, high = 720, failures = 0;
    if (argc > 3) sscanf(argv[3], "%dx%d", &wide, &high);
    options.pixel_width = wide, options.pixel_height = high;
    if (argc > 4) options.style = TAU_FIGURE_STYLE_ARTICLE;
    for (int kind = 0; kind < REPLAY_COUNT; kind++) {
        bool film = strcmp(format, "mp4") == 0;
        tau_status status =
            film ? write_film(&options, folder) : write_picture(&options, (replay_kind)kind, folder, format);
        if (status != TAU_STATUS_OK) {
            fprintf(stderr, "%s: %s: %s\n", replay_get_name((replay_kind)kind), tau_error_last()->what,
                    tau_error_last()->why);
            failures++;
        }
        if (film) break;
    }
    tau_figure_finish();
    return failures > 0;
}
