/* Frames a second of a turning surface: frames [POINTS [WIDTHxHEIGHT [SECONDS [PICTURE.png]]]].
 * The picture is the last frame. */
#define _POSIX_C_SOURCE 200809L
#include <GL/glew.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pictures.h"
#include "viewer/offscreen.h"
#include "viewer/renderer.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What a window has: colour and depth with four samples a pixel. */
static void bind_window(int width, int height) {
    GLuint framebuffer, buffers[2];
    glGenFramebuffers(1, &framebuffer);
    glGenRenderbuffers(2, buffers);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    for (int i = 0; i < 2; i++) {
        glBindRenderbuffer(GL_RENDERBUFFER, buffers[i]);
        glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, i ? GL_DEPTH_COMPONENT24 : GL_RGBA8, width,
                                         height);
        glFramebufferRenderbuffer(GL_FRAMEBUFFER, i ? GL_DEPTH_ATTACHMENT : GL_COLOR_ATTACHMENT0,
                                  GL_RENDERBUFFER, buffers[i]);
    }
}

/* The frame as a window shows it. */
static tau_status write_frame(const char *path, int width, int height) {
    GLuint framebuffer, buffer;
    GLint drawn;
    glGetIntegerv(GL_FRAMEBUFFER_BINDING, &drawn);
    glGenFramebuffers(1, &framebuffer);
    glGenRenderbuffers(1, &buffer);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffer);
    glBindRenderbuffer(GL_RENDERBUFFER, buffer);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, width, height);
    glFramebufferRenderbuffer(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, buffer);
    glBlitFramebuffer(0, 0, width, height, 0, height, width, 0, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_READ_FRAMEBUFFER, framebuffer);
    uint8_t *rgba = malloc((size_t)width * (size_t)height * 4);
    if (!rgba) return TAU_STATUS_MEMORY;
    glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, rgba);
    const tau_image image = {.width = width, .height = height, .rgba = rgba, .dpi = 96, .paper = true};
    tau_status status = tau_image_write(&image, path, TAU_FIGURE_FORMAT_PNG);
    free(rgba);
    glBindFramebuffer(GL_FRAMEBUFFER, (GLuint)drawn);
    return status;
}

int main(int argc, char **argv) {
    size_t points = argc > 1 ? (size_t)atoi(argv[1]) : 251;
    int width = 1280, height = 720;
    double seconds = argc > 3 ? atof(argv[3]) : 5;
    if (argc > 2 && sscanf(argv[2], "%dx%d", &width, &height) != 2) return 2;
    tau_offscreen *offscreen;
    tau_renderer *renderer;
    if (tau_offscreen_create(&offscreen) != TAU_STATUS_OK ||
        tau_renderer_create(&renderer, NULL) != TAU_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", tau_error_last()->what, tau_error_last()->why);
        return 1;
    }
    bind_window(width, height);
    picture p = picture_create(PICTURE_PATH);
    picture_add_field(&p, points, points, 1, picture_bowl);
    const tau_viewport viewport = {0, 0, width, height, 1};
    tau_status status = tau_renderer_draw(renderer, 0, &p.scene, &p.view, &viewport);
    glFinish();
    int frames = 0;
    double start = now(), longest = 0, worked = (double)clock();
    while (status == TAU_STATUS_OK && now() - start < seconds) {
        double begin = now();
        p.view.camera.yaw += 2;
        status = tau_renderer_draw(renderer, 0, &p.scene, &p.view, &viewport);
        glFinish();
        if (now() - begin > longest) longest = now() - begin;
        frames++;
    }
    double elapsed = now() - start;
    printf("%s: %zu x %zu points at %d x %d: %.1f frames/s, longest frame %.1f ms, %.1f ms of CPU a frame\n",
           tau_offscreen_describe(offscreen), points, points, width, height, frames / elapsed, 1e3 * longest,
           1e3 * ((double)clock() - worked) / CLOCKS_PER_SEC / frames);
    if (argc > 4 && status == TAU_STATUS_OK) status = write_frame(argv[4], width, height);
    picture_release(&p);
    tau_renderer_destroy(renderer);
    tau_offscreen_destroy(offscreen);
    return status != TAU_STATUS_OK;
}
