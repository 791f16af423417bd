/* Pins, arrows of the gradient, and the line of a profile. */
#include <math.h>

#include "figure/series.h"
#include "viewer/draw.h"
#include "viewer/stroke.h"

/* Pieces in which a line follows the surface. */
enum { PIECES = 64 };

/* The longest arrow, as a share of the slice. */
#define ARROW_SHARE 0.09

/* The shares of a way between which it lies in the region that is drawn. @return false = nowhere */
static bool clip_way(const tau_frame *frame, const double from[2], const double way[2], double share[2]) {
    share[0] = 0;
    share[1] = 1;
    for (int axis = 0; axis < 2; axis++) {
        double lo = frame->space.lo[axis] - from[axis], hi = frame->space.hi[axis] - from[axis];
        double slack = 1e-9 * (hi - lo), a = (lo + slack) / way[axis], b = (hi - slack) / way[axis];
        if (way[axis] == 0 && !(lo <= slack && hi >= -slack)) return false; /* beside it */
        if (way[axis] == 0) continue;
        share[0] = fmax(share[0], fmin(a, b));
        share[1] = fmin(share[1], fmax(a, b));
    }
    return share[0] < share[1];
}

/* A line on the slice, lying on the surface. */
static void get_draped(const tau_frame *frame, const double from[2], const double to[2], double (*out)[3]) {
    for (int i = 0; i <= PIECES; i++) {
        double share = (double)i / PIECES;
        if (!tau_frame_place(frame, from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]),
                             NAN, out[i]))
            out[i][0] = out[i][1] = NAN;
    }
}

static void draw_profile(tau_frame *frame) {
    double points[PIECES + 1][3];
    const double(*ends)[2] = frame->scene->profile;
    double way[2] = {ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]}, share[2], seen[2][2];
    if (!clip_way(frame, ends[0], way, share)) return;
    for (int end = 0; end < 2; end++)
        for (int axis = 0; axis < 2; axis++) seen[end][axis] = ends[0][axis] + share[end] * way[axis];
    get_draped(frame, seen[0], seen[1], points);
    tau_stroke_series(frame->paint, (const double(*)[3])points, PIECES + 1, 0, 4 * frame->scale,
                      frame->colors.paper, 0.8, NULL);
    tau_stroke_series(frame->paint, (const double(*)[3])points, PIECES + 1, 1, 2 * frame->scale,
                      frame->colors.ink, 1, NULL);
    for (int end = 0; end < 2; end++)
        if (isfinite(points[end * PIECES][0]) && share[end] == end) /* where it goes on there is no end */
            tau_stroke_marker(frame->paint, end ? TAU_MARKER_SQUARE : TAU_MARKER_CIRCLE, points[end * PIECES],
                              frame->font * 0.32, frame->colors.paper, frame->colors.ink, frame->scale * 1.6);
}

/* Length of a vector in units of the box, so that no axis counts more than it shows. */
static double get_length(const tau_frame *frame, const double vector[2]) {
    double x = vector[0] / (frame->space.hi[0] - frame->space.lo[0]) * frame->space.half[0];
    double y = vector[1] / (frame->space.hi[1] - frame->space.lo[1]) * frame->space.half[1];
    return hypot(x, y) * 2;
}

static void draw_head(tau_frame *frame, const double from[3], const double to[3], tau_color color) {
    double dx = to[0] - from[0], dy = to[1] - from[1], length = hypot(dx, dy);
    double size = fmin(frame->font * 0.6, length * 0.6);
    if (!(length > 0)) return;
    dx *= size / length, dy *= size / length;
    const double head[3][3] = {{to[0] + dx * 0.4, to[1] + dy * 0.4, to[2]},
                               {to[0] - dx * 0.6 - dy * 0.5, to[1] - dy * 0.6 + dx * 0.5, to[2]},
                               {to[0] - dx * 0.6 + dy * 0.5, to[1] - dy * 0.6 - dx * 0.5, to[2]}};
    tau_paint_polygon(frame->paint, head, 3, color, 1);
}

static void draw_arrows(tau_frame *frame) {
    double longest = 0;
    const tau_scene *scene = frame->scene;
    for (size_t i = 0; i < scene->arrow_count; i++) {
        double length = get_length(frame, scene->arrows[i].vector);
        if (isfinite(length)) longest = fmax(longest, length);
    }
    for (size_t i = 0; i < scene->arrow_count && longest > 0; i++) {
        const tau_scene_arrow *arrow = &scene->arrows[i];
        double length = get_length(frame, arrow->vector), a[3], b[3];
        if (!(length > 0) || !isfinite(length)) continue;
        /* Roots, so that short ones are seen: directions matter more than lengths. */
        double factor = ARROW_SHARE * 2 * sqrt(length / longest) / length, share[2];
        const double way[2] = {factor * arrow->vector[0], factor * arrow->vector[1]};
        if (!clip_way(frame, arrow->coords, way, share) || share[0] > 0.01) continue;
        factor *= share[1];
        if (!tau_frame_place(frame, arrow->coords[0], arrow->coords[1], NAN, a) ||
            !tau_frame_place(frame, arrow->coords[0] + factor * arrow->vector[0],
                             arrow->coords[1] + factor * arrow->vector[1], NAN, b))
            continue;
        tau_paint_line(frame->paint, a, b, 3.6 * frame->scale, frame->colors.paper, 0.7);
        tau_paint_line(frame->paint, a, b, 1.8 * frame->scale, frame->colors.ink, 1);
        draw_head(frame, a, b, frame->colors.ink);
    }
}

void tau_frame_draw_marks(tau_frame *frame) {
    const tau_scene *scene = frame->scene;
    draw_arrows(frame);
    if (scene->profile) draw_profile(frame);
    for (size_t i = 0; i < scene->mark_count; i++) {
        double at[3];
        if (tau_frame_place(frame, scene->marks[i].coords[0], scene->marks[i].coords[1], NAN, at))
            tau_stroke_marker(frame->paint, TAU_MARKER_PLUS, at, frame->font * 0.5, frame->colors.ink,
                              frame->colors.paper, frame->scale * 1.6);
    }
}

/* Beside the mark, at whichever side has room. */
static void put_label(tau_frame *frame, const tau_scene_mark *mark, const double at[3]) {
    static const double sides[][2] = {{1, -1}, {-1, -1}, {1, 1}, {-1, 1}, {1, 0}, {-1, 0}};
    const tau_frame_rect *plot = &frame->plot;
    char text[128];
    tau_frame_fit_text(frame, text, mark->label, frame->small, false, plot->width / 2);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        double away = frame->font * 0.75, x = at[0] + sides[i][0] * away,
               y = at[1] + sides[i][1] * away * 0.6;
        tau_frame_text how = {.size = frame->small,
                              .color = frame->colors.ink,
                              .align_x = sides[i][0] > 0 ? 0 : 1,
                              .align_y = (1 - sides[i][1]) / 2,
                              .plate = true};
        if (tau_frame_put_text(frame, text, x, y, &how)) return;
    }
}

void tau_frame_draw_mark_labels(tau_frame *frame) {
    const tau_frame_rect *plot = &frame->plot;
    for (size_t i = 0; i < frame->scene->mark_count; i++) {
        const tau_scene_mark *mark = &frame->scene->marks[i];
        double at[3];
        if (!mark->label || !tau_frame_place(frame, mark->coords[0], mark->coords[1], NAN, at)) continue;
        if (at[0] >= plot->x && at[1] >= plot->y && at[0] <= plot->x + plot->width &&
            at[1] <= plot->y + plot->height)
            put_label(frame, mark, at);
    }
}
