/* Pictures of their own: an own framebuffer, drawn finer than wanted and averaged. */
#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "viewer/renderer_internal.h"

/* Pictures up to this many pixels a side are drawn twice as fine: the edges of what is cut off, and of
 * contour lines, are not smoothed by multisampling. */
enum { FINE_MAX = 4096, SAMPLES = 8 };

typedef struct canvas {
    int width, height;
    GLuint many, single; /* framebuffers; many is 0 without multisampling */
    GLuint buffers[4];
} canvas;

static int get_fineness(int width, int height) {
    return width <= FINE_MAX && height <= FINE_MAX ? 2 : 1;
}

static void add_buffer(GLuint buffer, GLenum format, GLenum where, int samples, const canvas *c) {
    glBindRenderbuffer(GL_RENDERBUFFER, buffer);
    if (samples > 1)
        glRenderbufferStorageMultisample(GL_RENDERBUFFER, samples, format, c->width, c->height);
    else
        glRenderbufferStorage(GL_RENDERBUFFER, format, c->width, c->height);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, where, GL_RENDERBUFFER, buffer);
}

static bool make_framebuffer(GLuint *framebuffer, const GLuint buffers[2], int samples, const canvas *c) {
    glGenFramebuffers(1, framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, *framebuffer);
    add_buffer(buffers[0], GL_RGBA8, GL_COLOR_ATTACHMENT0, samples, c);
    add_buffer(buffers[1], GL_DEPTH_COMPONENT24, GL_DEPTH_ATTACHMENT, samples, c);
    return glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE && glGetError() == GL_NO_ERROR;
}

static void release(canvas *c) {
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    const GLuint framebuffers[2] = {c->many, c->single};
    glDeleteFramebuffers(2, framebuffers);
    glDeleteRenderbuffers(4, c->buffers);
}

static tau_status create(canvas *c) {
    GLint samples = 0, largest = 0;
    glGetIntegerv(GL_MAX_SAMPLES, &samples);
    glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &largest);
    while (glGetError() != GL_NO_ERROR) continue;
    if (c->width > largest || c->height > largest)
        return tau_fail(TAU_STATUS_DEVICE,
                        "cannot draw a picture of %d × %d pixels" TAU_WHY
                        "OpenGL draws up to %d pixels a side here" TAU_FIX "choose a smaller --size or --dpi",
                        c->width, c->height, largest);
    glGenRenderbuffers(4, c->buffers);
    if (samples > SAMPLES) samples = SAMPLES;
    bool good = make_framebuffer(&c->single, c->buffers, 1, c);
    if (good && samples > 1 && !make_framebuffer(&c->many, c->buffers + 2, samples, c)) {
        glDeleteFramebuffers(1, &c->many);
        c->many = 0;
        while (glGetError() != GL_NO_ERROR) continue;
    }
    if (good) return TAU_STATUS_OK;
    release(c);
    return tau_fail(TAU_STATUS_DEVICE,
                    "cannot draw a picture of %d × %d pixels" TAU_WHY
                    "OpenGL gives no framebuffer for it" TAU_FIX "choose a smaller --size or --dpi",
                    c->width, c->height);
}

static void read_pixels(const canvas *c, uint8_t *pixels) {
    if (c->many) {
        glBindFramebuffer(GL_READ_FRAMEBUFFER, c->many);
        glBindFramebuffer(GL_DRAW_FRAMEBUFFER, c->single);
        glBlitFramebuffer(0, 0, c->width, c->height, 0, 0, c->width, c->height, GL_COLOR_BUFFER_BIT,
                          GL_NEAREST);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, c->single);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    glReadPixels(0, 0, c->width, c->height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
}

/* The mean of factor² pixels, upper row first, with the colour divided by the alpha that it came multiplied
 * with. */
static void average(const canvas *c, const uint8_t *pixels, int factor, uint8_t *rgba) {
    int width = c->width / factor, height = c->height / factor;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++, rgba += 4) {
            unsigned sum[4] = {0};
            for (int j = 0; j < factor; j++) {
                size_t row = (size_t)(c->height - 1 - (y * factor + j));
                const uint8_t *in = pixels + 4 * (row * (size_t)c->width + (size_t)(x * factor));
                for (int i = 0; i < factor * 4; i++) sum[i % 4] += in[i];
            }
            unsigned count = (unsigned)(factor * factor);
            rgba[3] = (uint8_t)((sum[3] + count / 2) / count);
            for (int k = 0; k < 3; k++) {
                unsigned value = sum[3] ? (sum[k] * 255 + sum[3] / 2) / sum[3] : 0;
                rgba[k] = (uint8_t)(value > 255 ? 255 : value);
            }
        }
    }
}

static tau_status draw(tau_renderer *renderer, const tau_scene *scene, const tau_view *view, int width,
                       int height, double scale, bool transparent, bool layers, uint8_t *rgba) {
    if (width < 1 || height < 1 || width > 32768 || height > 32768)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw a picture of %d × %d pixels" TAU_FIX "choose 1 to 32768 a side", width,
                        height);
    int factor = get_fineness(width, height);
    canvas c = {.width = width * factor, .height = height * factor};
    uint8_t *pixels = NULL;
    GLint bound = 0;
    glGetIntegerv(GL_FRAMEBUFFER_BINDING, &bound);
    tau_status status = create(&c);
    if (status == TAU_STATUS_OK) {
        glBindFramebuffer(GL_FRAMEBUFFER, c.many ? c.many : c.single);
        const tau_viewport viewport = {0, 0, c.width, c.height, scale * factor};
        status = tau_renderer_draw_frame(renderer, TAU_RENDERER_IMAGE_SLOT, scene, view, &viewport,
                                         transparent, layers);
        if (status == TAU_STATUS_OK)
            status = tau_mem_alloc((void **)&pixels, (size_t)c.width * (size_t)c.height, 4);
        if (status == TAU_STATUS_OK) {
            read_pixels(&c, pixels);
            average(&c, pixels, factor, rgba);
        }
        tau_mem_free(pixels);
        release(&c);
    }
    glBindFramebuffer(GL_FRAMEBUFFER, (GLuint)bound);
    return status;
}

/* Places and lengths in pixels of the picture wanted. */
static void shrink(tau_slot *slot, double factor) {
    for (size_t i = 0; i < slot->label_count; i++) {
        tau_axes_label *label = &slot->labels[i];
        label->x /= factor, label->y /= factor, label->width /= factor, label->height /= factor;
    }
    for (size_t i = 0; i < slot->text_count; i++) {
        tau_image_text *text = &slot->texts[i];
        text->x /= factor, text->y /= factor, text->size /= factor;
    }
    for (size_t i = 0; i < slot->line_count; i++) {
        tau_image_line *line = &slot->lines[i];
        line->width /= factor;
        for (int axis = 0; axis < 2; axis++) line->from[axis] /= factor, line->to[axis] /= factor;
    }
    tau_frame_rect *const rects[2] = {&slot->plot, &slot->bar};
    for (int i = 0; i < 2; i++) {
        rects[i]->x /= factor, rects[i]->y /= factor;
        rects[i]->width /= factor, rects[i]->height /= factor;
    }
}

static tau_status draw_and_shrink(tau_renderer *renderer, const tau_scene *scene, const tau_view *view,
                                  int width, int height, double scale, bool transparent, bool layers,
                                  uint8_t *rgba) {
    TAU_TRY(draw(renderer, scene, view, width, height, scale, transparent, layers, rgba));
    shrink(&renderer->slots[TAU_RENDERER_IMAGE_SLOT], get_fineness(width, height));
    return TAU_STATUS_OK;
}

tau_status tau_renderer_draw_image(tau_renderer *renderer, const tau_scene *scene, const tau_view *view,
                                   int width, int height, double scale, bool transparent, uint8_t *rgba) {
    return draw_and_shrink(renderer, scene, view, width, height, scale, transparent, false, rgba);
}

tau_status tau_renderer_draw_layers(tau_renderer *renderer, const tau_scene *scene, const tau_view *view,
                                    int width, int height, double scale, uint8_t *rgba,
                                    tau_image_overlay *overlay) {
    TAU_TRY(draw_and_shrink(renderer, scene, view, width, height, scale, true, true, rgba));
    const tau_slot *slot = &renderer->slots[TAU_RENDERER_IMAGE_SLOT];
    *overlay = (tau_image_overlay){.texts = slot->texts,
                                   .text_count = slot->text_count,
                                   .lines = slot->lines,
                                   .line_count = slot->line_count};
    return TAU_STATUS_OK;
}
