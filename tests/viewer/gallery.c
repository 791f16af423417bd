/* Writes every picture into a folder, to be looked at: gallery FOLDER [WIDTHxHEIGHT [SCALE [NAME]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "figure/image.h"
#include "pictures.h"
#include "viewer/offscreen.h"
#include "viewer/renderer.h"

static int fail(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", what, tau_error_last()->what, tau_error_last()->why);
    return 1;
}

int main(int argc, char **argv) {
    const char *folder = argc > 1 ? argv[1] : "gallery";
    int width = 800, height = 600, failures = 0;
    double scale = argc > 3 ? atof(argv[3]) : 1;
    if (argc > 2 && sscanf(argv[2], "%dx%d", &width, &height) != 2) return 2;
    if (tau_file_make_directory(folder) != TAU_STATUS_OK) return fail(folder);
    tau_offscreen *offscreen;
    tau_renderer *renderer;
    if (tau_offscreen_create(&offscreen) != TAU_STATUS_OK) return fail("offscreen");
    puts(tau_offscreen_describe(offscreen));
    if (tau_renderer_create(&renderer, NULL) != TAU_STATUS_OK) return fail("renderer");
    uint8_t *rgba = malloc((size_t)width * (size_t)height * 4);
    for (int kind = 0; kind < PICTURE_COUNT && rgba; kind++) {
        if (argc > 4 && strcmp(argv[4], picture_get_name(kind)) != 0) continue;
        picture p = picture_create(kind);
        picture_fit(&p, width, height);
        char path[512];
        snprintf(path, sizeof path, "%s/%s.png", folder, picture_get_name(kind));
        tau_status status =
            tau_renderer_draw_image(renderer, &p.scene, &p.view, width, height, scale, false, rgba);
        const tau_image image = {.width = width, .height = height, .rgba = rgba, .dpi = 96};
        if (status == TAU_STATUS_OK) status = tau_image_write(&image, path, TAU_FIGURE_FORMAT_PNG);
        if (status != TAU_STATUS_OK) failures += fail(path);
        picture_release(&p);
    }
    free(rgba);
    tau_renderer_destroy(renderer);
    tau_offscreen_destroy(offscreen);
    tau_figure_finish();
    return failures > 0;
}
