/* Curves over one axis: loss with the band of its standard error, accuracy on an axis of its own. */
#include <math.h>

#include "core/memory.h"
#include "figure/series.h"
#include "viewer/draw.h"
#include "viewer/stroke.h"

/* A field of one row is a curve too. */
static size_t get_curves(const tau_frame *frame, const tau_curve **curves, tau_curve *own) {
    const tau_scene *scene = frame->scene;
    *curves = scene->curves;
    if (scene->curve_count > 0 || !scene->field || scene->field->nx == 0 || scene->field->ny == 0)
        return scene->curve_count;
    const tau_field *field = scene->field;
    *own = (tau_curve){.count = field->ny == 1 ? field->nx : field->ny,
                       .alpha = field->ny == 1 ? field->alpha : field->beta,
                       .loss = field->value,
                       .done = field->done};
    *curves = own;
    return field->nx == 1 || field->ny == 1 ? 1 : 0;
}

static bool is_computed(const tau_curve *curve, size_t i) {
    return !curve->done || curve->done[i] != TAU_FIELD_STATE_NOT_COMPUTED;
}

static bool get_loss(const tau_frame *frame, const tau_curve *curve, size_t i, double *scaled) {
    return is_computed(curve, i) && tau_space_get_scaled(&frame->space, curve->loss[i], scaled);
}

static void include(double *lo, double *hi, double value) {
    if (!isfinite(value)) return;
    *lo = isnan(*lo) ? value : fmin(*lo, value);
    *hi = isnan(*hi) ? value : fmax(*hi, value);
}

/* From what is shown: alpha, and the loss inside it with a margin. */
static void set_region(tau_frame *frame, const tau_curve *curves, size_t count) {
    const tau_view *view = frame->view;
    double lo[2] = {NAN, NAN}, hi[2] = {NAN, NAN}, scaled;
    bool given = view->map_hi[0] > view->map_lo[0];
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < curves[c].count; i++) include(&lo[0], &hi[0], curves[c].alpha[i]);
    if (given) lo[0] = view->map_lo[0], hi[0] = view->map_hi[0];
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < curves[c].count; i++)
            if (curves[c].alpha[i] >= lo[0] && curves[c].alpha[i] <= hi[0] &&
                get_loss(frame, &curves[c], i, &scaled))
                include(&lo[1], &hi[1], scaled);
    double margin = (hi[1] - lo[1]) * 0.05;
    if (margin > 0) lo[1] -= margin, hi[1] += margin;
    if (tau_space_get_scaled(&frame->space, view->clip, &scaled) && scaled > lo[1]) hi[1] = scaled;
    if (tau_space_get_scaled(&frame->space, view->range_hi, &scaled)) hi[1] = scaled;
    if (tau_space_get_scaled(&frame->space, view->range_lo, &scaled)) lo[1] = scaled;
    if (view->map_hi[1] > view->map_lo[1]) lo[1] = view->map_lo[1], hi[1] = view->map_hi[1];
    for (int axis = 0; axis < 2; axis++) {
        if (isnan(lo[axis])) lo[axis] = 0, hi[axis] = 1;
        if (!tau_mesh_range_varies(lo[axis], hi[axis])) {
            double pad = fmax(fabs(lo[axis]) * 0.1, 0.5);
            lo[axis] -= pad, hi[axis] += pad;
        }
        frame->slot->region_lo[axis] = lo[axis], frame->slot->region_hi[axis] = hi[axis];
    }
}

static void place(const tau_frame *frame, double alpha, double y, double out[3]) {
    tau_frame_place(frame, alpha, y, NAN, out);
    out[2] = 0;
}

static void draw_band(tau_frame *frame, const tau_curve *curve, tau_color color) {
    for (size_t i = 1; curve->loss_se && i < curve->count; i++) {
        double corner[4][3], scaled;
        bool good = true;
        for (int k = 0; k < 4 && good; k++) {
            size_t at = k == 1 || k == 2 ? i : i - 1;
            double se = curve->loss_se[at], loss = curve->loss[at] + (k >= 2 ? se : -se);
            good = get_loss(frame, curve, at, &scaled) && isfinite(se);
            /* On a logarithmic axis the band may reach below everything. */
            if (good && !tau_space_get_scaled(&frame->space, loss, &scaled))
                scaled = frame->slot->region_lo[1];
            if (good) place(frame, curve->alpha[at], scaled, corner[k]);
        }
        if (good) tau_paint_polygon(frame->paint, (const double(*)[3])corner, 4, color, 0.22);
    }
}

/* What is not finite is marked at the upper edge. */
static void mark_gaps(tau_frame *frame, const tau_curve *curve, tau_color color) {
    const tau_frame_rect *plot = &frame->plot;
    double radius = frame->font * 0.26, scaled;
    for (size_t i = 0; i < curve->count; i++) {
        double at[3];
        if (!is_computed(curve, i) || get_loss(frame, curve, i, &scaled)) continue;
        place(frame, curve->alpha[i], frame->slot->region_hi[1], at);
        at[1] = plot->y + radius * 1.6;
        if (at[0] < plot->x - 1 || at[0] > plot->x + plot->width + 1) continue;
        tau_stroke_marker(frame->paint, TAU_MARKER_TRIANGLE, at, radius, frame->colors.not_finite, color,
                          frame->scale * 0.8);
    }
}

static tau_status draw_curve(tau_frame *frame, const tau_curve *curve, size_t series, bool accuracy) {
    double(*points)[3], scaled;
    TAU_TRY(TAU_ALLOC(points, curve->count));
    const tau_slot *slot = frame->slot;
    for (size_t i = 0; i < curve->count; i++) {
        points[i][0] = points[i][1] = NAN;
        bool drawn = accuracy ? is_computed(curve, i) && isfinite(curve->right[i])
                              : get_loss(frame, curve, i, &scaled);
        if (accuracy)
            scaled = slot->region_lo[1] + curve->right[i] * (slot->region_hi[1] - slot->region_lo[1]);
        if (drawn) place(frame, curve->alpha[i], scaled, points[i]);
    }
    tau_color color =
        tau_frame_get_series_color(frame, accuracy && frame->scene->curve_count < 2 ? 1 : series);
    /* One curve: accuracy is the dashed one. Several: dashes tell the curves apart, thin lines are
     * accuracies. */
    size_t dash = accuracy && frame->scene->curve_count < 2 ? 1 : series;
    double width = frame->scale * (accuracy ? 1.3 : 2.2);
    tau_stroke_series(frame->paint, (const double(*)[3])points, curve->count, dash, width, color,
                      accuracy ? 0.9 : 1, NULL);
    if (curve->count == 1 && !accuracy)
        tau_stroke_marker(frame->paint, TAU_MARKER_CIRCLE, points[0], frame->font * 0.3, color,
                          frame->colors.paper, frame->scale);
    tau_mem_free(points);
    return TAU_STATUS_OK;
}

static void draw_mark(tau_frame *frame, const tau_scene_mark *mark) {
    const tau_frame_rect *plot = &frame->plot;
    double at[3];
    place(frame, mark->coords[0], frame->slot->region_lo[1], at);
    if (!(at[0] >= plot->x - 1 && at[0] <= plot->x + plot->width + 1)) return;
    const double dotted[2][3] = {{at[0], plot->y, 0}, {at[0], plot->y + plot->height, 0}};
    tau_stroke_series(frame->paint, dotted, 2, 2, frame->scale * 1.2, frame->colors.muted, 1, NULL);
}

static void label_mark(tau_frame *frame, const tau_scene_mark *mark) {
    const tau_frame_rect *plot = &frame->plot;
    double at[3];
    place(frame, mark->coords[0], frame->slot->region_lo[1], at);
    if (!mark->label || !(at[0] >= plot->x - 1 && at[0] <= plot->x + plot->width + 1)) return;
    tau_frame_text how = {.size = frame->small, .color = frame->colors.ink, .plate = true, .align_x = 0.5};
    char text[128];
    tau_frame_fit_text(frame, text, mark->label, frame->small, false, plot->width / 3);
    for (int attempt = 0; attempt < 3; attempt++) {
        how.align_x = attempt == 0 ? 0.5 : attempt == 1 ? 0 : 1;
        if (tau_frame_put_text(frame, text, at[0], plot->y + frame->font * 0.9, &how)) return;
    }
}

void tau_frame_draw_line_view(tau_frame *frame) {
    const tau_curve *curves;
    tau_curve own;
    size_t count = get_curves(frame, &curves, &own);
    set_region(frame, curves, count);
    const tau_scene *scene = frame->scene;
    tau_frame_axes axes = {.xlabel = scene->xlabel ? scene->xlabel : "α",
                           .ylabel = scene->zlabel ? scene->zlabel : "loss",
                           .log_y = frame->space.log,
                           .has_right = frame->has_right,
                           .right_label = "accuracy",
                           .grid = true};
    for (int axis = 0; axis < 2; axis++)
        axes.lo[axis] = frame->slot->region_lo[axis], axes.hi[axis] = frame->slot->region_hi[axis];
    tau_frame_plan_axes(frame, &axes);
    tau_frame_draw_axes(frame, &axes);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, false);
    for (size_t i = 0; i < scene->mark_count; i++) draw_mark(frame, &scene->marks[i]);
    tau_status status = TAU_STATUS_OK;
    for (size_t c = 0; c < count && status == TAU_STATUS_OK; c++) {
        tau_color color = tau_frame_get_series_color(frame, c);
        draw_band(frame, &curves[c], color);
        if (curves[c].right) status = draw_curve(frame, &curves[c], c, true);
        if (status == TAU_STATUS_OK) status = draw_curve(frame, &curves[c], c, false);
        mark_gaps(frame, &curves[c], color);
    }
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, true);
    for (size_t i = 0; i < scene->mark_count; i++) label_mark(frame, &scene->marks[i]);
    if (status != TAU_STATUS_OK && frame->status == TAU_STATUS_OK) frame->status = status;
}
