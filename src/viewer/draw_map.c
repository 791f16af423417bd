/* The field from above, with axes in two dimensions. */
#include <GL/glew.h>
#include <math.h>

#include "core/memory.h"
#include "viewer/draw.h"

/* What is shown: the region asked for, or everything; never empty. */
static void set_region(tau_frame *frame) {
    const tau_view *view = frame->view;
    for (int axis = 0; axis < 2; axis++) {
        double lo = view->map_lo[axis], hi = view->map_hi[axis];
        bool given = isfinite(lo) && isfinite(hi) && hi > lo && isfinite(hi - lo);
        frame->slot->region_lo[axis] = given ? lo : frame->space.lo[axis];
        frame->slot->region_hi[axis] = given ? hi : frame->space.hi[axis];
        /* A band has a width of its own. */
        const tau_field *field = frame->scene->field;
        if (!given && field && (axis == 0 ? field->nx : field->ny) == 1) {
            double middle = (frame->space.lo[axis] + frame->space.hi[axis]) / 2;
            double half = (frame->space.hi[axis] - frame->space.lo[axis]) / 8;
            frame->slot->region_lo[axis] = middle - half, frame->slot->region_hi[axis] = middle + half;
        }
    }
}

/* Units of alpha and beta are as long as in the space. */
static void keep_aspect(tau_frame *frame) {
    const tau_space *space = &frame->space;
    double size[2];
    for (int axis = 0; axis < 2; axis++)
        size[axis] = (frame->slot->region_hi[axis] - frame->slot->region_lo[axis]) /
                     (space->hi[axis] - space->lo[axis]) * space->half[axis];
    double wanted = fmin(fmax(size[0] / size[1], 1 / 3.0), 3);
    tau_frame_rect *plot = &frame->plot;
    if (plot->width > plot->height * wanted) {
        double width = plot->height * wanted;
        plot->x += (plot->width - width) / 2;
        plot->width = width;
    } else {
        double height = plot->width / wanted;
        plot->y += (plot->height - height) / 2;
        plot->height = height;
    }
    plot->x = floor(plot->x), plot->y = floor(plot->y);
    plot->width = fmax(floor(plot->width), 1), plot->height = fmax(floor(plot->height), 1);
}

/* World to clip space of the plot. */
static void get_transform(const tau_frame *frame, float out[16]) {
    const tau_space *space = &frame->space;
    for (int i = 0; i < 16; i++) out[i] = 0;
    for (int axis = 0; axis < 2; axis++) {
        /* world = (2 (v - lo) / (hi - lo) - 1) half, clip = 2 (v - from) / (to - from) - 1 */
        double per_world = (space->hi[axis] - space->lo[axis]) / (2 * space->half[axis]);
        double from = frame->slot->region_lo[axis], to = frame->slot->region_hi[axis];
        double middle = space->lo[axis] + space->half[axis] * per_world;
        out[5 * axis] = (float)(2 * per_world / (to - from));
        out[12 + axis] = (float)(2 * (middle - from) / (to - from) - 1);
    }
    out[15] = 1;
}

void tau_frame_draw_map(tau_frame *frame) {
    set_region(frame);
    tau_frame_reserve_colorbar(frame);
    tau_slot *slot = frame->slot;
    tau_frame_axes axes = {.xlabel = frame->scene->xlabel ? frame->scene->xlabel : "α",
                           .ylabel = frame->scene->ylabel ? frame->scene->ylabel : "β"};
    for (int axis = 0; axis < 2; axis++)
        axes.lo[axis] = slot->region_lo[axis], axes.hi[axis] = slot->region_hi[axis];
    tau_frame_plan_axes(frame, &axes);
    keep_aspect(frame);
    tau_frame_draw_colorbar(frame, &frame->plot);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, false);
    const tau_frame_rect *plot = &frame->plot;
    float transform[16];
    get_transform(frame, transform);
    tau_frame_clip(frame, true);
    glViewport(frame->x + (int)plot->x, frame->y + frame->height - (int)(plot->y + plot->height),
               (int)plot->width, (int)plot->height);
    glDisable(GL_DEPTH_TEST);
    tau_frame_draw_field(frame, transform, true);
    tau_frame_draw_paths(frame);
    tau_frame_draw_marks(frame);
    tau_frame_taken taken = {0};
    tau_status status = tau_frame_find_taken(frame, &taken);
    tau_frame_flush(frame, TAU_PAINT_DEPTH_IGNORED, true);
    tau_frame_draw_axes(frame, &axes);
    tau_frame_draw_mark_labels(frame);
    if (status == TAU_STATUS_OK) tau_frame_draw_values(frame, &taken);
    if (status != TAU_STATUS_OK && frame->status == TAU_STATUS_OK) frame->status = status;
    tau_mem_free(taken.cells);
}
