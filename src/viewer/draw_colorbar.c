/* The colour bar with its ticks and name. */
#include <math.h>
#include <stdio.h>

#include "figure/ticks.h"
#include "viewer/draw.h"

typedef struct bar {
    tau_frame_rect place;
    tau_ticks ticks;
    bool below, above; /* some values are outside the range */
    double texts;      /* width of the widest tick */
    char name[256];
} bar;

static void plan(tau_frame *frame, bar *b) {
    int wanted = (int)(frame->room.height / (frame->font * 3.2));
    wanted = wanted < 2 ? 2 : wanted > 10 ? 10 : wanted;
    if (frame->space.log)
        tau_ticks_log(&b->ticks, frame->color_lo, frame->color_hi, wanted);
    else
        tau_ticks_linear(&b->ticks, frame->color_lo, frame->color_hi, wanted);
    b->texts = 0;
    for (int i = 0; i < b->ticks.count; i++)
        b->texts = fmax(b->texts, tau_frame_measure(frame, b->ticks.label[i], frame->small, false).width);
    double slack = (frame->color_hi - frame->color_lo) * 1e-6;
    b->below = frame->data_lo < frame->color_lo - slack;
    b->above = frame->data_hi > frame->color_hi + slack;
    const tau_scene *scene = frame->scene;
    const char *name = scene->zlabel                        ? scene->zlabel
                       : scene->field && scene->field->name ? scene->field->name
                                                            : "loss";
    snprintf(b->name, sizeof b->name, "%s", name);
    if (b->ticks.exponent != 0) {
        char power[TAU_NUMBER_TEXT];
        tau_number_format_power(power, b->ticks.exponent);
        snprintf(b->name, sizeof b->name, "%.180s (×%s)", name, power);
    }
}

static void paint_bar(tau_frame *frame, const bar *b) {
    const tau_frame_rect *p = &b->place;
    /* As many as the map has colours. */
    int strips = (int)fmin(ceil(p->height), 256);
    for (int i = 0; i < strips; i++) {
        double top = p->y + p->height * i / strips, share = 1 - (i + 0.5) / strips;
        tau_paint_rectangle(frame->paint, p->x, top, p->width, p->height / strips,
                            tau_colormap_get(&frame->colormap, share), 1);
    }
    /* Points at the ends say that values go on beyond them. */
    double tip = p->width * 0.7, middle = p->x + p->width / 2, bottom = p->y + p->height;
    const double up[3][3] = {{p->x, p->y, 0}, {middle, p->y - tip, 0}, {p->x + p->width, p->y, 0}};
    const double down[3][3] = {{p->x, bottom, 0}, {middle, bottom + tip, 0}, {p->x + p->width, bottom, 0}};
    for (int end = 0; end < 2; end++) {
        const double(*corner)[3] = end ? up : down;
        bool pointed = end ? b->above : b->below;
        if (pointed) tau_paint_polygon(frame->paint, corner, 3, tau_colormap_get(&frame->colormap, end), 1);
        for (int i = 0; i < 2; i++)
            if (pointed)
                tau_frame_put_line(frame, corner[i], corner[i + 1], frame->scale, frame->colors.frame, 1,
                                   false);
        if (!pointed)
            tau_frame_put_line(frame, corner[0], corner[2], frame->scale, frame->colors.frame, 1, false);
    }
    for (int side = 0; side < 2; side++)
        tau_frame_put_line(frame, (double[3]){p->x + side * p->width, p->y, 0},
                           (double[3]){p->x + side * p->width, bottom, 0}, frame->scale, frame->colors.frame,
                           1, false);
}

static void put_texts(tau_frame *frame, const bar *b) {
    const tau_frame_rect *p = &b->place;
    double right = p->x + p->width, tick = frame->font * 0.28;
    for (int i = 0; i < b->ticks.count; i++) {
        double share = (b->ticks.position[i] - frame->color_lo) / (frame->color_hi - frame->color_lo);
        if (!(share >= -1e-9 && share <= 1 + 1e-9)) continue;
        double y = p->y + p->height * (1 - share);
        tau_frame_put_line(frame, (double[3]){right, y, 0}, (double[3]){right + tick, y, 0}, frame->scale,
                           frame->colors.frame, 1, false);
        tau_frame_put_text(
            frame, b->ticks.label[i], right + tick + frame->gap * 0.4, y,
            &(tau_frame_text){.size = frame->small, .color = frame->colors.ink, .align_y = 0.5});
    }
    char name[128];
    tau_frame_fit_text(frame, name, b->name, frame->font, false, p->height);
    tau_frame_put_text(frame, name, right + tick + frame->gap * 1.1 + b->texts, p->y + p->height / 2,
                       &(tau_frame_text){.size = frame->font,
                                         .color = frame->colors.ink,
                                         .align_y = 0.5,
                                         .vertical = true,
                                         .is_name = true});
}

static double get_thickness(const tau_frame *frame) {
    return frame->font * 1.05;
}

/* Width with ticks and name; 0 where there is no bar, or no room for one. */
static double get_width(tau_frame *frame, bar *b) {
    if (!frame->view->colorbar || !frame->scene->field || isnan(frame->data_lo)) return 0;
    plan(frame, b);
    tau_glyphs_extent name = tau_frame_measure(frame, "Hg", frame->font, false);
    double width =
        get_thickness(frame) + frame->font * 0.28 + frame->gap * 2.4 + b->texts + name.ascent + name.descent;
    return width > frame->width * 0.4 || frame->room.height < frame->font * 6 ? 0 : width;
}

void tau_frame_reserve_colorbar(tau_frame *frame) {
    bar b = {0};
    double width = get_width(frame, &b);
    frame->bar_width = width;
    if (width > 0) frame->room.width -= width + frame->gap * 0.6;
}

void tau_frame_draw_colorbar(tau_frame *frame, const tau_frame_rect *beside) {
    if (!(frame->bar_width > 0)) return;
    bar b = {0};
    plan(frame, &b);
    tau_frame_rect room = beside ? *beside : frame->room;
    /* The tips lie inside the height of the plot. */
    double inset = !beside ? frame->font * 1.4 : b.above || b.below ? frame->font * 0.75 : 0;
    b.place = (tau_frame_rect){room.x + room.width + frame->gap * (beside ? 2 : 0.6), room.y + inset,
                               get_thickness(frame), fmax(room.height - 2 * inset, 1)};
    frame->slot->bar = b.place;
    frame->slot->bar_lo = frame->color_lo, frame->slot->bar_hi = frame->color_hi;
    paint_bar(frame, &b);
    put_texts(frame, &b);
}
