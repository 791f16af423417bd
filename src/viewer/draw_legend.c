/* Names of curves, trajectories and gaps, in rows below the title. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figure/series.h"
#include "viewer/draw.h"
#include "viewer/stroke.h"

enum { ENTRIES_MAX = 32, ROWS_MAX = 4 };

typedef enum symbol {
    SYMBOL_CURVE,
    SYMBOL_ACCURACY,
    SYMBOL_BAND,
    SYMBOL_PATH,
    SYMBOL_ABOVE, /* what is not finite, at the upper edge of a plot */
    SYMBOL_NOT_FINITE,
    SYMBOL_NOT_COMPUTED,
    SYMBOL_PREVIEW,
} symbol;

typedef struct entry {
    symbol symbol;
    size_t series;
    char text[128];
    double width; /* of the text */
} entry;

typedef struct legend {
    entry entries[ENTRIES_MAX];
    int count;
} legend;

static void add(legend *l, tau_frame *frame, symbol kind, size_t series, const char *text) {
    if (l->count == ENTRIES_MAX) return;
    entry *e = &l->entries[l->count++];
    *e = (entry){.symbol = kind, .series = series};
    tau_frame_fit_text(frame, e->text, text, frame->small, false, frame->width * 0.45);
    e->width = tau_frame_measure(frame, e->text, frame->small, false).width;
}

static void add_curves(legend *l, tau_frame *frame) {
    const tau_scene *scene = frame->scene;
    bool accuracy = false, band = false;
    for (size_t c = 0; c < scene->curve_count; c++) {
        accuracy |= scene->curves[c].right != NULL;
        band |= scene->curves[c].loss_se != NULL;
    }
    for (size_t c = 0; c < scene->curve_count; c++) {
        const char *label = scene->curves[c].label;
        char number[32];
        snprintf(number, sizeof number, "curve %zu", c + 1);
        if (label || scene->curve_count > 1)
            add(l, frame, SYMBOL_CURVE, c, label ? label : number);
        else if (accuracy || band)
            add(l, frame, SYMBOL_CURVE, c, scene->zlabel ? scene->zlabel : "loss");
    }
    bool missing = false;
    for (size_t c = 0; c < scene->curve_count; c++)
        for (size_t i = 0; i < scene->curves[c].count; i++)
            missing |= !isfinite(scene->curves[c].loss[i]) &&
                       !(scene->curves[c].done && scene->curves[c].done[i] == TAU_FIELD_STATE_NOT_COMPUTED);
    if (missing) add(l, frame, SYMBOL_ABOVE, 0, "not finite");
    if (band) add(l, frame, SYMBOL_BAND, 0, "± 1 standard error");
    if (accuracy) add(l, frame, SYMBOL_ACCURACY, 1, scene->curve_count > 1 ? "accuracy (thin)" : "accuracy");
}

static void collect(legend *l, tau_frame *frame) {
    const tau_scene *scene = frame->scene;
    if (frame->view->kind == TAU_VIEW_KIND_LINE) {
        add_curves(l, frame);
        return;
    }
    for (size_t p = 0; frame->view->paths && p < scene->path_count; p++) {
        const char *label = scene->paths[p].label;
        char number[32];
        snprintf(number, sizeof number, "path %zu", p + 1);
        if (label || scene->path_count > 1) add(l, frame, SYMBOL_PATH, p, label ? label : number);
    }
    bool not_finite, not_computed, preview;
    tau_frame_has_gaps(frame, &not_finite, &not_computed, &preview);
    if (not_finite) add(l, frame, SYMBOL_NOT_FINITE, 0, scene->field->share ? "not defined" : "not finite");
    if (not_computed) add(l, frame, SYMBOL_NOT_COMPUTED, 0, "not computed");
    if (preview) add(l, frame, SYMBOL_PREVIEW, 0, "preview");
}

static void draw_swatch(tau_frame *frame, symbol kind, tau_frame_rect box) {
    const tau_frame_colors *c = &frame->colors;
    tau_color line = kind == SYMBOL_NOT_FINITE ? c->not_finite_line : c->hatch;
    tau_color fill = kind == SYMBOL_NOT_FINITE ? c->not_finite
                     : kind == SYMBOL_PREVIEW  ? tau_colormap_get(&frame->colormap, 0.45)
                                               : c->paper;
    tau_paint_rectangle(frame->paint, box.x, box.y, box.width, box.height, fill, 1);
    if (kind == SYMBOL_PREVIEW) line = c->paper;
    for (double along = box.height / 2; along < box.width + box.height; along += box.height / 2) {
        double x0 = fmin(along, box.width), y0 = along - x0, y1 = fmin(along, box.height), x1 = along - y1;
        tau_paint_line(frame->paint, (double[3]){box.x + x0, box.y + y0, 0},
                       (double[3]){box.x + x1, box.y + y1, 0}, frame->scale, line, 1);
        if (kind != SYMBOL_NOT_FINITE) continue;
        tau_paint_line(frame->paint, (double[3]){box.x + box.width - x0, box.y + y0, 0},
                       (double[3]){box.x + box.width - x1, box.y + y1, 0}, frame->scale, line, 1);
    }
    const double corner[5][3] = {{box.x, box.y, 0},
                                 {box.x + box.width, box.y, 0},
                                 {box.x + box.width, box.y + box.height, 0},
                                 {box.x, box.y + box.height, 0},
                                 {box.x, box.y, 0}};
    for (int i = 0; i < 4; i++)
        tau_paint_line(frame->paint, corner[i], corner[i + 1], frame->scale, c->frame, 1);
}

static void draw_symbol(tau_frame *frame, const entry *e, tau_frame_rect box) {
    double middle = box.y + box.height / 2;
    const double line[2][3] = {{box.x, middle, 0}, {box.x + box.width, middle, 0}};
    tau_color color = tau_frame_get_series_color(frame, e->series);
    switch (e->symbol) {
    case SYMBOL_CURVE:
        tau_stroke_series(frame->paint, line, 2, e->series, 2.2 * frame->scale, color, 1, NULL);
        break;
    case SYMBOL_ACCURACY:
        if (frame->scene->curve_count > 1) color = frame->colors.muted;
        tau_stroke_series(frame->paint, line, 2, frame->scene->curve_count > 1 ? 0 : 1, 1.3 * frame->scale,
                          color, 0.9, NULL);
        break;
    case SYMBOL_BAND:
        tau_paint_rectangle(frame->paint, box.x, box.y + box.height * 0.15, box.width, box.height * 0.7,
                            frame->scene->curve_count > 1 ? frame->colors.muted : color, 0.25);
        break;
    case SYMBOL_PATH:
        tau_stroke_series(frame->paint, line, 2, e->series, 2.2 * frame->scale, color, 1, NULL);
        tau_stroke_marker(frame->paint, tau_theme_get_series_marker(e->series),
                          (double[3]){box.x + box.width / 2, middle, 0}, frame->font * 0.3, color,
                          frame->colors.paper, frame->scale);
        break;
    case SYMBOL_ABOVE:
        tau_stroke_marker(frame->paint, TAU_MARKER_TRIANGLE, (double[3]){box.x + box.width / 2, middle, 0},
                          frame->font * 0.26, frame->colors.not_finite, color, frame->scale * 0.8);
        break;
    default:
        draw_swatch(frame, e->symbol, box);
    }
}

void tau_frame_draw_legend(tau_frame *frame) {
    legend l = {0};
    collect(&l, frame);
    if (l.count == 0) return;
    double sample = frame->font * 2.1, space = frame->gap * 0.8, apart = frame->font * 1.3;
    double row = frame->font * 1.5, room = frame->width - 2 * frame->gap;
    int most = (int)(frame->height * 0.25 / row), rows = 0;
    if (most > ROWS_MAX) most = ROWS_MAX;
    for (int first = 0; first < l.count && rows < most; rows++) {
        double width = -apart;
        int end = first;
        while (end < l.count && width + apart + sample + space + l.entries[end].width <= room)
            width += apart + sample + space + l.entries[end++].width;
        if (end == first) break; /* not one fits */
        double x = frame->gap + (room - width) / 2, y = frame->room.y + rows * row + frame->gap * 0.3;
        for (; first < end; first++) {
            const entry *e = &l.entries[first];
            bool swatch = e->symbol >= SYMBOL_NOT_FINITE;
            draw_symbol(frame, e,
                        (tau_frame_rect){swatch ? x + sample * 0.25 : x, y + row * 0.16,
                                         swatch ? sample * 0.75 : sample, row * 0.62});
            tau_frame_put_text(
                frame, e->text, x + sample + space, y + row * 0.47,
                &(tau_frame_text){.size = frame->small, .color = frame->colors.ink, .align_y = 0.5});
            x += sample + space + e->width + apart;
        }
    }
    double height = rows * row + frame->gap * 0.4;
    frame->room.y += height, frame->room.height -= height;
}
