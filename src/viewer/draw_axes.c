/* Axes: the box around a surface, and the frame of a plot of two dimensions. */
#include <math.h>
#include <stdio.h>

#include "figure/series.h"
#include "figure/ticks.h"
#include "viewer/draw.h"

/* ---- the box of a surface ---- */

static void measure(void *payload, const char *text, bool is_name, double *width, double *height) {
    tau_frame *frame = payload;
    tau_glyphs_extent extent = tau_frame_measure(frame, text, is_name ? frame->font : frame->small, false);
    *width = extent.width;
    *height = extent.ascent + extent.descent;
}

static void draw_box_line(tau_frame *frame, const tau_axes_line *line) {
    const double from[3] = {line->from[0], line->from[1], line->from[2]};
    const double to[3] = {line->to[0], line->to[1], line->to[2]};
    double a[3], b[3];
    if (!tau_frame_project_line(frame, from, to, a, b)) return;
    const double widths[3] = {0.8, 1.1, 1.1};
    const tau_frame_colors *c = &frame->colors;
    int weight = line->weight < 0 ? 0 : line->weight > 2 ? 2 : line->weight;
    tau_frame_put_line(frame, a, b, widths[weight] * frame->scale,
                       weight == 0   ? c->grid
                       : weight == 1 ? c->ink
                                     : c->frame,
                       1, true);
}

void tau_frame_draw_surface_axes(tau_frame *frame, bool texts) {
    if (!frame->view->axes) return;
    const tau_frame_rect *plot = &frame->plot;
    tau_axes axes = {0};
    tau_status status = tau_axes_plan(&axes, frame->scene, frame->view, &frame->space, (int)plot->width,
                                      (int)plot->height, measure, frame);
    for (size_t i = 0; i < axes.line_count && !texts; i++) draw_box_line(frame, &axes.lines[i]);
    for (size_t i = 0; i < axes.label_count && texts; i++) {
        const tau_axes_label *label = &axes.labels[i];
        tau_frame_put_text(frame, label->text, plot->x + label->x, plot->y + label->y,
                           &(tau_frame_text){.size = label->is_name ? frame->font : frame->small,
                                             .color = frame->colors.ink,
                                             .align_x = 0.5,
                                             .align_y = 0.5,
                                             .is_name = label->is_name});
    }
    tau_axes_clear(&axes);
    if (status != TAU_STATUS_OK && frame->status == TAU_STATUS_OK) frame->status = status;
}

/* ---- the frame of a plot ---- */

static void choose_ticks(const tau_frame *frame, const tau_frame_axes *axes, int axis, tau_ticks *out) {
    double length = axis == 0 ? frame->room.width : frame->room.height;
    int wanted = (int)(length / (frame->font * (axis == 0 ? 6 : 3.2)));
    wanted = wanted < 2 ? 2 : wanted > 10 ? 10 : wanted;
    if (axis == 1 && axes->log_y)
        tau_ticks_log(out, axes->lo[1], axes->hi[1], wanted);
    else
        tau_ticks_linear(out, axes->lo[axis], axes->hi[axis], wanted);
}

static double widest(tau_frame *frame, const tau_ticks *ticks) {
    double most = 0;
    for (int i = 0; i < ticks->count; i++)
        most = fmax(most, tau_frame_measure(frame, ticks->label[i], frame->small, false).width);
    return most;
}

static double tick_length(const tau_frame *frame) {
    return frame->font * 0.35;
}

static double line_height(tau_frame *frame, double size) {
    tau_glyphs_extent extent = tau_frame_measure(frame, "Hg", size, false);
    return extent.ascent + extent.descent;
}

/* A power of ten is taller than other text. */
static double name_height(tau_frame *frame) {
    tau_glyphs_extent extent = tau_frame_measure(frame, "10\u2075", frame->font, false);
    return fmax(extent.ascent + extent.descent, line_height(frame, frame->font));
}

void tau_frame_plan_axes(tau_frame *frame, const tau_frame_axes *axes) {
    frame->plot = frame->room;
    tau_frame_rect *plot = &frame->plot;
    double pad = frame->gap, left = pad, right = pad * 2, top = pad, bottom = pad;
    if (frame->view->axes) {
        tau_ticks y;
        choose_ticks(frame, axes, 1, &y);
        double tick = tick_length(frame) + pad / 2;
        left = tick + widest(frame, &y) + pad * 1.8 + name_height(frame);
        bottom = tick + line_height(frame, frame->small) + pad * 1.6 + name_height(frame);
        top = fmax(top, line_height(frame, frame->small) / 2 + 2 * frame->scale);
        if (axes->has_right)
            right = tick + tau_frame_measure(frame, "0.0", frame->small, false).width + pad * 2 +
                    name_height(frame);
    }
    plot->x += left, plot->y += top;
    plot->width = fmax(plot->width - left - right, 1), plot->height = fmax(plot->height - top - bottom, 1);
}

static double get_place(const tau_frame *frame, const tau_frame_axes *axes, int axis, double value) {
    double share = (value - axes->lo[axis]) / (axes->hi[axis] - axes->lo[axis]);
    return axis == 0 ? frame->plot.x + share * frame->plot.width
                     : frame->plot.y + (1 - share) * frame->plot.height;
}

static void put_edge(tau_frame *frame, double x0, double y0, double x1, double y1, bool grid) {
    tau_frame_put_line(frame, (double[3]){x0, y0, 0}, (double[3]){x1, y1, 0}, frame->scale * (grid ? 0.7 : 1),
                       grid ? frame->colors.grid : frame->colors.frame, 1, grid);
}

static void draw_tick(tau_frame *frame, const tau_frame_axes *axes, int axis, double position,
                      const char *text) {
    const tau_frame_rect *plot = &frame->plot;
    double at = get_place(frame, axes, axis, position), tick = tick_length(frame),
           bottom = plot->y + plot->height;
    double away = tick + frame->gap / 2;
    tau_frame_text how = {.size = frame->small, .color = frame->colors.ink};
    if (axis == 0) {
        if (at < plot->x - 0.5 || at > plot->x + plot->width + 0.5) return;
        if (axes->grid) put_edge(frame, at, plot->y, at, bottom, true);
        put_edge(frame, at, bottom, at, bottom + tick, false);
        how.align_x = 0.5;
        tau_frame_put_text(frame, text, at, bottom + away, &how);
    } else {
        if (at < plot->y - 0.5 || at > bottom + 0.5) return;
        if (axes->grid) put_edge(frame, plot->x, at, plot->x + plot->width, at, true);
        put_edge(frame, plot->x - tick, at, plot->x, at, false);
        how.align_x = 1, how.align_y = 0.5;
        tau_frame_put_text(frame, text, plot->x - away, at, &how);
    }
}

static void draw_right(tau_frame *frame, const tau_frame_axes *axes) {
    const tau_frame_rect *plot = &frame->plot;
    double right = plot->x + plot->width, tick = tick_length(frame), widest_text = 0;
    int steps = plot->height < frame->font * 12 ? 2 : 5;
    put_edge(frame, right, plot->y, right, plot->y + plot->height, false);
    for (int i = 0; i <= steps; i++) {
        char text[TAU_NUMBER_TEXT];
        tau_number_format_fixed(text, (double)i / steps, 1);
        double y = plot->y + plot->height * (1 - (double)i / steps);
        put_edge(frame, right, y, right + tick, y, false);
        widest_text = fmax(widest_text, tau_frame_measure(frame, text, frame->small, false).width);
        tau_frame_put_text(
            frame, text, right + tick + frame->gap / 2, y,
            &(tau_frame_text){.size = frame->small, .color = frame->colors.ink, .align_y = 0.5});
    }
    tau_frame_put_text(frame, axes->right_label, right + tick + frame->gap * 1.3 + widest_text,
                       plot->y + plot->height / 2,
                       &(tau_frame_text){.size = frame->font,
                                         .color = frame->colors.ink,
                                         .align_y = 0.5,
                                         .vertical = true,
                                         .is_name = true});
}

/* "α (×10⁻⁵)" where the ticks are in such units. */
static void draw_name(tau_frame *frame, int axis, const char *name, const tau_ticks *ticks) {
    const tau_frame_rect *plot = &frame->plot;
    char whole[256], fitted[128], power[TAU_NUMBER_TEXT];
    snprintf(whole, sizeof whole, "%s", name);
    if (ticks->exponent != 0) {
        tau_number_format_power(power, ticks->exponent);
        snprintf(whole, sizeof whole, "%.180s (×%s)", name, power);
    }
    double tick = tick_length(frame) + frame->gap / 2;
    double length = axis == 0 ? plot->width + frame->gap : plot->height + frame->gap;
    tau_frame_fit_text(frame, fitted, whole, frame->font, false, length);
    tau_frame_text how = {
        .size = frame->font, .color = frame->colors.ink, .vertical = axis == 1, .is_name = true};
    if (axis == 0) {
        how.align_x = 0.5;
        tau_frame_put_text(
            frame, fitted, plot->x + plot->width / 2,
            plot->y + plot->height + tick + line_height(frame, frame->small) + frame->gap * 0.5, &how);
    } else {
        how.align_x = 1, how.align_y = 0.5;
        tau_frame_put_text(frame, fitted, plot->x - tick - widest(frame, ticks) - frame->gap * 0.8,
                           plot->y + plot->height / 2, &how);
    }
}

void tau_frame_draw_axes(tau_frame *frame, const tau_frame_axes *axes) {
    if (!frame->view->axes) return;
    const tau_frame_rect *plot = &frame->plot;
    tau_ticks ticks[2];
    for (int axis = 0; axis < 2; axis++) {
        choose_ticks(frame, axes, axis, &ticks[axis]);
        for (int i = 0; i < ticks[axis].count; i++)
            draw_tick(frame, axes, axis, ticks[axis].position[i], ticks[axis].label[i]);
    }
    double right = plot->x + plot->width, bottom = plot->y + plot->height;
    put_edge(frame, plot->x, plot->y, plot->x, bottom, false);
    put_edge(frame, plot->x, bottom, right, bottom, false);
    if (!axes->grid) put_edge(frame, plot->x, plot->y, right, plot->y, false);
    if (!axes->grid) put_edge(frame, right, plot->y, right, bottom, false);
    if (axes->has_right) draw_right(frame, axes);
    draw_name(frame, 0, axes->xlabel, &ticks[0]);
    draw_name(frame, 1, axes->ylabel, &ticks[1]);
}
