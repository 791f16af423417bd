/* Values of the contour lines of a map. Each stands on a plate of its line's own colour, so that the line is
 * seen to be interrupted, and where it hides nothing: no other text, no path or mark, no other line. */
#include <math.h>

#include "core/memory.h"
#include "figure/line_labels.h"
#include "viewer/draw.h"

/* What a text of one level meets. */
typedef struct page {
    tau_frame *frame;
    const tau_frame_taken *taken;
    const tau_levels *levels;
    int level;
    double size, width, height; /* of the type; of the text with its room */
    tau_frame_rect bounds;
} page;

tau_status tau_frame_find_taken(const tau_frame *frame, tau_frame_taken *out) {
    out->cell = 3 * frame->scale;
    out->columns = (size_t)ceil(frame->width / out->cell);
    out->rows = (size_t)ceil(frame->height / out->cell);
    TAU_TRY(TAU_ALLOC(out->cells, out->columns * out->rows));
    tau_paint_find_taken(frame->paint, out->cell, out->columns, out->rows, out->cells);
    return TAU_STATUS_OK;
}

static bool is_taken(const tau_frame_taken *taken, double x, double y, double width, double height) {
    size_t left = (size_t)fmax(0, (x - width / 2) / taken->cell),
           right = (size_t)((x + width / 2) / taken->cell);
    size_t top = (size_t)fmax(0, (y - height / 2) / taken->cell),
           bottom = (size_t)((y + height / 2) / taken->cell);
    for (size_t row = top; row <= bottom && row < taken->rows; row++)
        for (size_t column = left; column <= right && column < taken->columns; column++)
            if (taken->cells[row * taken->columns + column]) return true;
    return false;
}

static size_t find_nearest(const double *axis, size_t n, double x) {
    const size_t lo = tau_field_find_interval(axis, n, x), hi = lo + 1 < n ? lo + 1 : lo;
    return x - axis[lo] <= axis[hi] - x ? lo : hi;
}

/* What is not computed yet has no values that could be read. */
static bool is_preview(const tau_field *field, const double coords[2]) {
    if (!field->done) return false;
    size_t column = find_nearest(field->alpha, field->nx, coords[0]),
           row = find_nearest(field->beta, field->ny, coords[1]);
    return field->done[row * field->nx + column] == TAU_SCENE_STATE_PREVIEW;
}

/* Whether only the line itself passes under the text: nowhere around is a level further, a hole, or a
 * preview. */
static bool is_alone(const page *p, double x, double y) {
    const tau_frame *frame = p->frame;
    const tau_slot *slot = frame->slot;
    const tau_space *space = &frame->space;
    double lower = p->level > 0 ? p->levels->z[p->level - 1] : -INFINITY;
    double upper = p->level + 1 < p->levels->count ? p->levels->z[p->level + 1] : INFINITY;
    for (int i = 0; i < 9; i++) {
        double world[3], coords[2];
        const double at[2] = {(x + (i % 3 - 1) * p->width / 2 - frame->plot.x) / frame->plot.width,
                              1 - (y + (i / 3 - 1) * p->height / 2 - frame->plot.y) / frame->plot.height};
        for (int axis = 0; axis < 2; axis++)
            coords[axis] = slot->region_lo[axis] + at[axis] * (slot->region_hi[axis] - slot->region_lo[axis]);
        if (!tau_scene_get_surface(space, frame->scene->field, coords[0], coords[1], world)) return false;
        double z = space->lo[2] + (world[2] / space->half[2] + 1) / 2 * (space->hi[2] - space->lo[2]);
        if (!(z > lower && z < upper) || is_preview(frame->scene->field, coords)) return false;
    }
    return true;
}

static void place(void *payload, const double point[2], double out[2]) {
    const page *p = payload;
    double at[3];
    bool finite = tau_frame_place(p->frame, point[0], point[1], NAN, at);
    for (int axis = 0; axis < 2; axis++) out[axis] = finite ? at[axis] : NAN;
}

static bool is_free(void *payload, const char *text, double x, double y, double angle) {
    const page *p = payload;
    const tau_frame_rect *b = &p->bounds;
    (void)text, (void)angle; /* upright letters are sharp */
    return x - p->width / 2 >= b->x && x + p->width / 2 <= b->x + b->width && y - p->height / 2 >= b->y &&
           y + p->height / 2 <= b->y + b->height && tau_frame_is_free(p->frame, x, y, p->width, p->height) &&
           !is_taken(p->taken, x, y, p->width, p->height) && is_alone(p, x, y);
}

/* Light or dark as the lines are, see surface.frag. */
static tau_status put(void *payload, const char *text, double x, double y, double angle) {
    const page *p = payload;
    tau_frame *frame = p->frame;
    (void)angle;
    double share = (p->levels->z[p->level] - frame->color_lo) / (frame->color_hi - frame->color_lo);
    tau_color ground = tau_colormap_get(&frame->colormap, fmin(fmax(share, 0), 1));
    double ink = 0.30 * ground.r + 0.59 * ground.g + 0.11 * ground.b > 0.32 ? 0.04 : 0.93;
    tau_frame_put_text(frame, text, x, y,
                       &(tau_frame_text){.size = p->size,
                                         .color = {ink, ink, ink},
                                         .align_x = 0.5,
                                         .align_y = 0.5,
                                         .plate = true,
                                         .ground = &ground});
    return TAU_STATUS_OK;
}

void tau_frame_draw_values(tau_frame *frame, const tau_frame_taken *taken) {
    const tau_frame_rect *plot = &frame->plot;
    double margin = 0.3 * frame->font;
    const tau_polylines *lines;
    page p = {.frame = frame, .taken = taken, .size = frame->small * 0.92};
    p.bounds = (tau_frame_rect){plot->x + margin, plot->y + margin, plot->width - 2 * margin,
                                plot->height - 2 * margin};
    tau_status status = tau_frame_get_contours(frame, &p.levels, &lines);
    const tau_line_labels labels = {.place = place,
                                    .is_free = is_free,
                                    .put = put,
                                    .lo = {plot->x, plot->y},
                                    .hi = {plot->x + plot->width, plot->y + plot->height},
                                    .payload = &p};
    for (int k = 0; status == TAU_STATUS_OK && lines && k < p.levels->count; k++) {
        tau_glyphs_extent extent = tau_frame_measure(frame, p.levels->label[k], p.size, false);
        p.level = k;
        p.width = extent.width + 0.6 * p.size;
        p.height = extent.ascent + extent.descent + 0.5 * p.size;
        status = tau_line_labels_write(&labels, &lines[k], p.levels->label[k], p.width);
    }
    if (status != TAU_STATUS_OK && frame->status == TAU_STATUS_OK) frame->status = status;
}
