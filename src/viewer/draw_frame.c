/* Texts, lines and places of a view. */
#include <GL/glew.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/series.h"
#include "viewer/draw.h"

#define ELLIPSIS "\u2026"

/* What lies on the surface is drawn this share of the distance nearer to the eye. */
#define LIFT 0.004

tau_glyphs_extent tau_frame_measure(tau_frame *frame, const char *text, double size, bool bold) {
    return tau_atlas_measure(frame->atlas, text, size, bold);
}

static void fail(tau_frame *frame, tau_status status) {
    if (frame->status == TAU_STATUS_OK) frame->status = status;
}

static size_t cut(char *out, const char *text, size_t bytes) {
    while (bytes > 0 && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
    memcpy(out, text, bytes);
    strcpy(out + bytes, ELLIPSIS);
    return bytes;
}

void tau_frame_fit_text(tau_frame *frame, char out[128], const char *text, double size, bool bold,
                        double width) {
    size_t length = strlen(text), limit = 127 - strlen(ELLIPSIS);
    if (length < 128) {
        memcpy(out, text, length + 1);
        if (tau_frame_measure(frame, out, size, bold).width <= width) return;
    }
    for (size_t bytes = length < limit ? length : limit; bytes > 0;) {
        bytes = cut(out, text, bytes);
        if (tau_frame_measure(frame, out, size, bold).width <= width) return;
        if (bytes > 0) bytes--;
    }
    out[0] = '\0';
}

/* ---- texts ---- */

bool tau_frame_is_free(const tau_frame *frame, double x, double y, double width, double height) {
    double margin = frame->scale;
    if (x - width / 2 < margin || y - height / 2 < margin || x + width / 2 > frame->width - margin ||
        y + height / 2 > frame->height - margin)
        return false;
    for (size_t i = 0; i < frame->slot->label_count; i++) {
        const tau_axes_label *other = &frame->slot->labels[i];
        if (fabs(x - other->x) < (width + other->width) / 2 + margin &&
            fabs(y - other->y) < (height + other->height) / 2 + margin)
            return false;
    }
    return true;
}

static tau_status keep_text(tau_frame *frame, const tau_axes_label *label, const tau_frame_text *how) {
    tau_slot *slot = frame->slot;
    if (!frame->layers)
        return tau_atlas_put(frame->atlas, label->text, label->x, label->y, how->size, how->bold,
                             how->vertical, how->color);
    TAU_TRY(TAU_GROW(slot->texts, slot->text_capacity, slot->text_count + 1));
    tau_image_text *text = &slot->texts[slot->text_count++];
    *text = (tau_image_text){.x = label->x,
                             .y = label->y,
                             .size = how->size,
                             .bold = how->bold,
                             .color = how->color,
                             .angle = how->vertical ? -1.57079632679489661923 : 0};
    memcpy(text->text, label->text, sizeof text->text);
    return TAU_STATUS_OK;
}

bool tau_frame_put_text(tau_frame *frame, const char *text, double x, double y, const tau_frame_text *how) {
    tau_slot *slot = frame->slot;
    tau_axes_label label = {.is_name = how->is_name};
    tau_frame_fit_text(frame, label.text, text, how->size, how->bold, INFINITY);
    if (!label.text[0]) return false;
    tau_glyphs_extent extent = tau_frame_measure(frame, label.text, how->size, how->bold);
    double height = extent.ascent + extent.descent;
    label.width = how->vertical ? height : extent.width;
    label.height = how->vertical ? extent.width : height;
    label.x = x + (0.5 - how->align_x) * label.width;
    label.y = y + (0.5 - how->align_y) * label.height;
    if (!tau_frame_is_free(frame, label.x, label.y, label.width, label.height)) return false;
    tau_status status = TAU_GROW(slot->labels, slot->label_capacity, slot->label_count + 1);
    if (status == TAU_STATUS_OK) slot->labels[slot->label_count++] = label;
    double pad = how->size * 0.22;
    if (how->plate)
        tau_paint_rectangle(frame->paint, label.x - label.width / 2 - pad, label.y - label.height / 2 - pad,
                            label.width + 2 * pad, label.height + 2 * pad,
                            how->ground ? *how->ground : frame->colors.paper, 0.8);
    if (status == TAU_STATUS_OK) status = keep_text(frame, &label, how);
    if (status != TAU_STATUS_OK) fail(frame, status);
    return true;
}

void tau_frame_put_line(tau_frame *frame, const double from[3], const double to[3], double width,
                        tau_color color, double opacity, bool below) {
    tau_slot *slot = frame->slot;
    if (!frame->layers) {
        tau_paint_line(frame->paint, from, to, width, color, opacity);
        return;
    }
    tau_status status = TAU_GROW(slot->lines, slot->line_capacity, slot->line_count + 1);
    if (status != TAU_STATUS_OK) {
        fail(frame, status);
        return;
    }
    slot->lines[slot->line_count++] = (tau_image_line){.from = {from[0], from[1]},
                                                       .to = {to[0], to[1]},
                                                       .width = width,
                                                       .color = color,
                                                       .opacity = opacity,
                                                       .below = below};
}

void tau_frame_draw_title(tau_frame *frame) {
    char text[128];
    if (!frame->scene->title || !frame->scene->title[0]) return;
    double pad = frame->gap;
    tau_frame_fit_text(frame, text, frame->scene->title, frame->big, true, frame->width - 2 * pad);
    if (!text[0]) return;
    tau_glyphs_extent extent = tau_frame_measure(frame, text, frame->big, true);
    double height = extent.ascent + extent.descent + 1.6 * pad;
    tau_frame_put_text(
        frame, text, frame->width / 2.0, frame->room.y + pad,
        &(tau_frame_text){
            .size = frame->big, .color = frame->colors.ink, .align_x = 0.5, .bold = true, .is_name = true});
    frame->room.y += height;
    frame->room.height -= height;
}

tau_color tau_frame_get_series_color(const tau_frame *frame, size_t series) {
    tau_color color = tau_theme_get_series_color(series);
    if (!frame->view->dark) return color;
    if (tau_color_get_lightness(color) < 0.3) return (tau_color){0.9, 0.9, 0.9};
    return tau_color_mix(color, (tau_color){1, 1, 1}, 0.15);
}

/* ---- drawing ---- */

void tau_frame_clip(const tau_frame *frame, bool inside) {
    glEnable(GL_SCISSOR_TEST);
    if (!inside) {
        glScissor(frame->x, frame->y, frame->width, frame->height);
        return;
    }
    const tau_frame_rect *plot = &frame->plot;
    int left = (int)floor(plot->x), top = (int)floor(plot->y);
    int right = (int)ceil(plot->x + plot->width), bottom = (int)ceil(plot->y + plot->height);
    glScissor(frame->x + left, frame->y + frame->height - bottom, right > left ? right - left : 0,
              bottom > top ? bottom - top : 0);
}

void tau_frame_flush(tau_frame *frame, tau_paint_depth depth, bool inside) {
    glViewport(frame->x, frame->y, frame->width, frame->height);
    tau_frame_clip(frame, inside);
    tau_status status = tau_paint_flush(frame->paint, frame->programs[TAU_PROGRAM_STROKE], frame->width,
                                        frame->height, depth);
    if (status != TAU_STATUS_OK) fail(frame, status);
}

/* ---- places ---- */

static void apply(const double matrix[16], const double in[4], double out[4]) {
    for (int row = 0; row < 4; row++) {
        out[row] = 0;
        for (int column = 0; column < 4; column++) out[row] += matrix[4 * column + row] * in[column];
    }
}

/* From camera space to pixels and depth. */
static bool to_pixels(const tau_frame *frame, const double eye[4], double lift, double out[3]) {
    double lifted[4] = {eye[0], eye[1], eye[2], 1}, clip[4], raised[4];
    apply(frame->matrix_projection, eye, clip);
    if (!(clip[3] > 1e-9)) return false;
    lifted[2] += lift * (tau_camera_is_parallel(&frame->view->camera) ? frame->distance : -eye[2]);
    apply(frame->matrix_projection, lifted, raised);
    if (!(raised[3] > 1e-9)) return false;
    const tau_frame_rect *plot = &frame->plot;
    out[0] = plot->x + (clip[0] / clip[3] + 1) / 2 * plot->width;
    out[1] = plot->y + (1 - clip[1] / clip[3]) / 2 * plot->height;
    out[2] = fmin(fmax((raised[2] / raised[3] + 1) / 2, 0), 1);
    return isfinite(out[0]) && isfinite(out[1]);
}

bool tau_frame_project(const tau_frame *frame, const double world[3], double out[3]) {
    const double point[4] = {world[0], world[1], world[2], 1};
    double eye[4];
    apply(frame->matrix_view, point, eye);
    return to_pixels(frame, eye, LIFT, out);
}

bool tau_frame_project_line(const tau_frame *frame, const double a[3], const double b[3], double out_a[3],
                            double out_b[3]) {
    const double points[2][4] = {{a[0], a[1], a[2], 1}, {b[0], b[1], b[2], 1}};
    double eye[2][4];
    for (int i = 0; i < 2; i++) apply(frame->matrix_view, points[i], eye[i]);
    double near = -0.02 * frame->distance;
    for (int i = 0; i < 2 && !tau_camera_is_parallel(&frame->view->camera); i++) {
        if (eye[i][2] <= near) continue;
        const double *other = eye[1 - i];
        if (other[2] > near) return false;
        double share = (near - other[2]) / (eye[i][2] - other[2]);
        for (int k = 0; k < 3; k++) eye[i][k] = other[k] + share * (eye[i][k] - other[k]);
    }
    return to_pixels(frame, eye[0], -LIFT, out_a) && to_pixels(frame, eye[1], -LIFT, out_b);
}

static bool place_on_map(const tau_frame *frame, double alpha, double beta, double out[3]) {
    const double value[2] = {alpha, beta};
    const tau_slot *slot = frame->slot;
    double share[2];
    for (int axis = 0; axis < 2; axis++)
        share[axis] = (value[axis] - slot->region_lo[axis]) / (slot->region_hi[axis] - slot->region_lo[axis]);
    out[0] = frame->plot.x + share[0] * frame->plot.width;
    out[1] = frame->plot.y + (1 - share[1]) * frame->plot.height;
    out[2] = 0;
    return isfinite(out[0]) && isfinite(out[1]);
}

bool tau_frame_place(const tau_frame *frame, double alpha, double beta, double loss, double out[3]) {
    if (frame->view->kind != TAU_VIEW_KIND_SURFACE) return place_on_map(frame, alpha, beta, out);
    double world[3];
    if (!isnan(loss)) {
        if (!tau_space_get_world(&frame->space, alpha, beta, loss, world)) return false;
    } else if (!frame->scene->field ||
               !tau_scene_get_surface(&frame->space, frame->scene->field, alpha, beta, world)) {
        /* Where there is no surface, on the floor. */
        double floor = frame->space.log ? pow(10, frame->space.lo[2]) : frame->space.lo[2];
        if (!tau_space_get_world(&frame->space, alpha, beta, floor, world)) return false;
    }
    /* What is cut off at the top has its paths at the top. */
    world[2] = fmin(fmax(world[2], -frame->space.half[2]), frame->space.half[2] * 1.0);
    return tau_frame_project(frame, world, out);
}
