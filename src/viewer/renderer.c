#include "viewer/renderer.h"

#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/series.h"
#include "viewer/program.h"
#include "viewer/renderer_internal.h"

/* Height of ordinary type at scale 1, pixels: ten points at 96 dpi. */
#define FONT 13.3

/* Pictures smaller than this have smaller type. */
#define SMALL 480.0

/* Room around a fitted box in heights of the type: for numbers, for the name of the height, for numbers and
 * names. */
#define SIDE_EMS   3.6
#define TOP_EMS    2.2
#define BOTTOM_EMS 3.8

static const char *const program_names[TAU_PROGRAM_COUNT] = {"stroke", "glyph", "surface", "gap"};

/* ---- programs ---- */

static tau_status create_programs(unsigned programs[TAU_PROGRAM_COUNT], const char *folder) {
    for (int i = 0; i < TAU_PROGRAM_COUNT; i++) programs[i] = 0;
    for (int i = 0; i < TAU_PROGRAM_COUNT; i++) {
        tau_status status = tau_program_create(&programs[i], program_names[i], folder);
        for (int k = 0; k < i && status != TAU_STATUS_OK; k++) glDeleteProgram(programs[k]);
        TAU_TRY(status);
    }
    return TAU_STATUS_OK;
}

static void delete_programs(unsigned programs[TAU_PROGRAM_COUNT]) {
    for (int i = 0; i < TAU_PROGRAM_COUNT; i++)
        if (programs[i]) glDeleteProgram(programs[i]);
}

tau_status tau_renderer_reload(tau_renderer *renderer) {
    unsigned fresh[TAU_PROGRAM_COUNT];
    TAU_TRY(create_programs(fresh, renderer->shaders));
    delete_programs(renderer->programs);
    for (int i = 0; i < TAU_PROGRAM_COUNT; i++) renderer->programs[i] = fresh[i];
    return TAU_STATUS_OK;
}

/* GLEW calls it an error that there is no X display; OpenGL's functions are loaded all the same. */
static tau_status load_functions(void) {
    glewExperimental = GL_TRUE;
    GLenum loaded = glewInit();
    if (loaded != GLEW_OK && loaded != GLEW_ERROR_NO_GLX_DISPLAY)
        return tau_fail(TAU_STATUS_DEVICE, "cannot draw with OpenGL" TAU_WHY "GLEW: %s",
                        (const char *)glewGetErrorString(loaded));
    while (glGetError() != GL_NO_ERROR) continue;
    GLint major = 0, minor = 0;
    glGetIntegerv(GL_MAJOR_VERSION, &major);
    glGetIntegerv(GL_MINOR_VERSION, &minor);
    if (major > 3 || (major == 3 && minor >= 3)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_DEVICE,
                    "cannot draw with OpenGL" TAU_WHY "it is version %d.%d, 3.3 is needed" TAU_FIX
                    "install a newer driver, or set LIBGL_ALWAYS_SOFTWARE=1 to draw without the GPU",
                    major, minor);
}

static bool is_software(void) {
    const char *name = (const char *)glGetString(GL_RENDERER);
    return name && (strstr(name, "llvmpipe") || strstr(name, "softpipe") || strstr(name, "SWR"));
}

tau_status tau_renderer_create(tau_renderer **out, const char *shaders) {
    *out = NULL;
    TAU_TRY(load_functions());
    tau_renderer *renderer;
    TAU_TRY(TAU_ALLOC(renderer, 1));
    tau_status status = shaders ? tau_string_copy(&renderer->shaders, shaders) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK) status = create_programs(renderer->programs, shaders);
    if (status == TAU_STATUS_OK) status = tau_paint_create(&renderer->paint);
    if (status == TAU_STATUS_OK) status = tau_atlas_create(&renderer->atlas);
    if (status != TAU_STATUS_OK) {
        tau_renderer_destroy(renderer);
        return status;
    }
    renderer->software = is_software();
    *out = renderer;
    return TAU_STATUS_OK;
}

void tau_renderer_destroy(tau_renderer *renderer) {
    if (!renderer) return;
    delete_programs(renderer->programs);
    tau_paint_destroy(renderer->paint);
    tau_atlas_destroy(renderer->atlas);
    for (int i = 0; i < TAU_SLOT_COUNT; i++) {
        tau_slot *slot = &renderer->slots[i];
        tau_field_buffers_destroy(slot->field);
        tau_mem_free(slot->labels);
        tau_mem_free(slot->texts);
        tau_mem_free(slot->lines);
    }
    tau_mem_free(renderer->shaders);
    tau_mem_free(renderer);
}

/* ---- a frame ---- */

static tau_color grey(double value) {
    return (tau_color){value, value, value};
}

static tau_frame_colors get_colors(bool dark) {
    if (dark)
        return (tau_frame_colors){.ink = grey(0.92),
                                  .muted = grey(0.66),
                                  .frame = grey(0.62),
                                  .grid = grey(0.27),
                                  .paper = {0.102, 0.110, 0.125},
                                  .not_finite = {0.50, 0.20, 0.29},
                                  .not_finite_line = {0.86, 0.52, 0.60},
                                  .hatch = grey(0.46)};
    tau_theme theme = tau_theme_get(TAU_FIGURE_STYLE_DEFAULT, 0);
    return (tau_frame_colors){.ink = theme.ink,
                              .muted = theme.muted,
                              .frame = theme.frame,
                              .grid = grey(0.85),
                              .paper = theme.paper,
                              .not_finite = theme.not_finite,
                              .not_finite_line = tau_color_mix(theme.not_finite, theme.ink, 0.5),
                              .hatch = theme.hatch};
}

static void set_type(tau_frame *frame) {
    double least = fmin(frame->width * 0.75, frame->height) / frame->scale;
    double shrink = fmin(fmax(least / SMALL, 0.72), 1);
    const tau_theme theme = tau_theme_get(TAU_FIGURE_STYLE_DEFAULT, FONT * frame->scale * shrink);
    frame->font = theme.font, frame->small = theme.small, frame->big = theme.title, frame->gap = theme.gap;
}

void tau_frame_set_camera(tau_frame *frame) {
    tau_frame_rect room = frame->room;
    frame->plot =
        (tau_frame_rect){ceil(room.x), ceil(room.y), fmax(floor(room.width), 1), fmax(floor(room.height), 1)};
    float view[16], projection[16];
    tau_camera_get_matrices(&frame->view->camera, frame->plot.width / frame->plot.height, view, projection);
    for (int i = 0; i < 16; i++) frame->matrix_view[i] = view[i], frame->matrix_projection[i] = projection[i];
    frame->distance = frame->view->camera.distance;
    for (int axis = 0; axis < 2; axis++) frame->slot->region_lo[axis] = frame->slot->region_hi[axis] = NAN;
}

static void draw_surface_view(tau_frame *frame) {
    tau_frame_reserve_colorbar(frame);
    tau_frame_draw_colorbar(frame, NULL);
    tau_frame_set_camera(frame);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, false);
    tau_frame_draw_surface(frame);
    tau_frame_draw_surface_axes(frame, false);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_TESTED, true);
    tau_frame_draw_paths(frame);
    tau_frame_draw_marks(frame);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_FAINT, true);
    tau_frame_draw_surface_axes(frame, true);
    tau_frame_draw_mark_labels(frame);
}

static tau_status draw_surroundings(tau_frame *frame) {
    const tau_scene *scene = frame->scene;
    frame->room = (tau_frame_rect){0, 0, frame->width, frame->height};
    for (size_t c = 0; c < scene->curve_count; c++) frame->has_right |= scene->curves[c].right != NULL;
    TAU_TRY(tau_frame_upload_field(frame));
    tau_frame_draw_title(frame);
    tau_frame_draw_legend(frame);
    return TAU_STATUS_OK;
}

static tau_status draw_parts(tau_frame *frame) {
    TAU_TRY(draw_surroundings(frame));
    switch (frame->view->kind) {
    case TAU_VIEW_KIND_SURFACE:
        draw_surface_view(frame);
        break;
    case TAU_VIEW_KIND_MAP:
        tau_frame_draw_map(frame);
        break;
    case TAU_VIEW_KIND_LINE:
        tau_frame_draw_line_view(frame);
        break;
    }
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, false);
    tau_frame_clip(frame, false);
    tau_atlas_flush(frame->atlas, frame->programs[TAU_PROGRAM_GLYPH], frame->width, frame->height);
    frame->slot->plot = frame->plot;
    return frame->status;
}

static void clear(const tau_frame *frame, bool transparent) {
    tau_color paper = frame->colors.paper;
    glViewport(frame->x, frame->y, frame->width, frame->height);
    tau_frame_clip(frame, false);
    glClearColor(transparent ? 0 : (float)paper.r, transparent ? 0 : (float)paper.g,
                 transparent ? 0 : (float)paper.b, transparent ? 0 : 1);
    glClearDepth(1);
    glDepthMask(GL_TRUE);
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glDisable(GL_CULL_FACE);
    glDisable(GL_STENCIL_TEST);
    /* Without a GPU the samples of a pixel cost more than all else; lines and letters are smooth without. */
    if (frame->quick)
        glDisable(GL_MULTISAMPLE);
    else
        glEnable(GL_MULTISAMPLE);
    glPolygonMode(GL_FRONT_AND_BACK, GL_FILL);
    glEnable(GL_BLEND);
    glBlendEquation(GL_FUNC_ADD);
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
}

/* Nothing is drawn before the frame is flushed. */
static tau_status begin_frame(tau_frame *out, tau_renderer *renderer, int slot, const tau_scene *scene,
                              const tau_view *view, const tau_viewport *viewport, bool layers) {
    if (slot < 0 || slot >= TAU_SLOT_COUNT || viewport->width < 1 || viewport->height < 1 ||
        !(viewport->scale > 0 && viewport->scale < 100))
        return tau_fail(TAU_STATUS_USAGE, "cannot draw a view of %d × %d pixels", viewport->width,
                        viewport->height);
    tau_slot *kept = &renderer->slots[slot];
    *out = (tau_frame){.scene = scene,
                       .view = view,
                       .slot = kept,
                       .programs = renderer->programs,
                       .paint = renderer->paint,
                       .atlas = renderer->atlas,
                       .x = viewport->x,
                       .y = viewport->y,
                       .width = viewport->width,
                       .height = viewport->height,
                       .scale = viewport->scale,
                       .layers = layers,
                       .quick = renderer->software && slot != TAU_RENDERER_IMAGE_SLOT,
                       .colors = get_colors(view->dark)};
    kept->bar = (tau_frame_rect){0};
    kept->label_count = kept->text_count = kept->line_count = 0;
    set_type(out);
    tau_atlas_begin(renderer->atlas, out->width, out->height);
    tau_paint_begin(renderer->paint, out->width, out->height);
    return TAU_STATUS_OK;
}

tau_status tau_renderer_draw_frame(tau_renderer *renderer, int slot, const tau_scene *scene,
                                   const tau_view *view, const tau_viewport *viewport, bool transparent,
                                   bool layers) {
    tau_frame frame;
    TAU_TRY(begin_frame(&frame, renderer, slot, scene, view, viewport, layers));
    clear(&frame, transparent);
    tau_status status = draw_parts(&frame);
    glDisable(GL_SCISSOR_TEST);
    glBindVertexArray(0);
    glUseProgram(0);
    return status;
}

/* Where room is short the box has half of it. */
static tau_camera_margins get_margins(const tau_frame *frame) {
    double em = frame->view->axes ? frame->font : frame->font * 0.3;
    return (tau_camera_margins){.side = fmin(2 * SIDE_EMS * em / frame->plot.width, 0.5),
                                .top = fmin(2 * TOP_EMS * em / frame->plot.height, 0.5),
                                .bottom = fmin(2 * BOTTOM_EMS * em / frame->plot.height, 0.5)};
}

tau_status tau_renderer_fit_camera(tau_renderer *renderer, const tau_scene *scene, const tau_view *view,
                                   int width, int height, double scale, double turn, tau_camera *camera) {
    const tau_viewport viewport = {.width = width, .height = height, .scale = scale};
    tau_frame frame;
    *camera = view->camera;
    if (view->kind != TAU_VIEW_KIND_SURFACE) return TAU_STATUS_OK;
    TAU_TRY(begin_frame(&frame, renderer, TAU_RENDERER_IMAGE_SLOT, scene, view, &viewport, false));
    TAU_TRY(draw_surroundings(&frame));
    tau_frame_reserve_colorbar(&frame);
    tau_frame_set_camera(&frame);
    double lo[3];
    for (int i = 0; i < 3; i++) lo[i] = -frame.space.half[i];
    tau_camera_margins margins = get_margins(&frame);
    tau_camera_fit_within(camera, lo, frame.space.half, frame.plot.width / frame.plot.height, &margins, turn);
    return frame.status;
}

bool tau_renderer_is_software(const tau_renderer *renderer) {
    return renderer->software;
}

tau_status tau_renderer_draw(tau_renderer *renderer, int slot, const tau_scene *scene, const tau_view *view,
                             const tau_viewport *viewport) {
    return tau_renderer_draw_frame(renderer, slot, scene, view, viewport, false, false);
}

const tau_axes_label *tau_renderer_get_labels(const tau_renderer *renderer, int slot, size_t *count) {
    *count = renderer->slots[slot].label_count;
    return renderer->slots[slot].labels;
}

void tau_renderer_get_plot(const tau_renderer *renderer, int slot, double plot[4]) {
    const tau_frame_rect *rect = &renderer->slots[slot].plot;
    plot[0] = rect->x, plot[1] = rect->y, plot[2] = rect->width, plot[3] = rect->height;
}

bool tau_renderer_get_colorbar(const tau_renderer *renderer, int slot, double bar[4], double *lo,
                               double *hi) {
    const tau_slot *kept = &renderer->slots[slot];
    const tau_frame_rect *rect = &kept->bar;
    bar[0] = rect->x, bar[1] = rect->y, bar[2] = rect->width, bar[3] = rect->height;
    *lo = kept->space.log ? pow(10, kept->bar_lo) : kept->bar_lo;
    *hi = kept->space.log ? pow(10, kept->bar_hi) : kept->bar_hi;
    return rect->width > 0;
}

void tau_renderer_get_region(const tau_renderer *renderer, int slot, double lo[2], double hi[2]) {
    for (int axis = 0; axis < 2; axis++) {
        lo[axis] = renderer->slots[slot].region_lo[axis];
        hi[axis] = renderer->slots[slot].region_hi[axis];
    }
}

const tau_space *tau_renderer_get_space(const tau_renderer *renderer, int slot) {
    return &renderer->slots[slot].space;
}
