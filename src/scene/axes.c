/* Lines of the axes, and which edges carry them. The texts are placed in axes_labels.c. */
#include "scene/axes.h"

#include <math.h>

#include "core/memory.h"
#include "scene/axes_work.h"

/* Pixels of an edge below which it has no ticks. */
#define LENGTH_MIN 12.0

static tau_status add_line(tau_axes_work *work, const double from[3], const double to[3], int weight) {
    tau_axes *out = work->out;
    TAU_TRY(TAU_GROW(out->lines, work->line_capacity, out->line_count + 1));
    tau_axes_line *line = &out->lines[out->line_count++];
    line->weight = weight;
    for (int i = 0; i < 3; i++) line->from[i] = (float)from[i], line->to[i] = (float)to[i];
    return TAU_STATUS_OK;
}

/* ---- which edges ---- */

/* Share of an edge that lies within the picture. */
static double visible_share(const tau_axes_work *work, const tau_sight_edge *edge) {
    int inside = 0;
    for (int i = 0; i <= 16; i++) {
        double x = edge->from[0] + (edge->to[0] - edge->from[0]) * i / 16;
        double y = edge->from[1] + (edge->to[1] - edge->from[1]) * i / 16;
        inside += x >= 0 && x <= work->sight.width && y >= 0 && y <= work->sight.height;
    }
    return inside / 17.0;
}

/* Readers look for numbers below and at the left. */
static double rate(const tau_axes_work *work, const tau_sight_edge *edge) {
    double x = (edge->from[0] + edge->to[0]) / 2, y = (edge->from[1] + edge->to[1]) / 2;
    double custom = edge->axis == 2 ? y - 4 * x : 4 * y - x;
    return custom / (work->sight.width + work->sight.height) + 16 * visible_share(work, edge);
}

static void choose_edges(tau_axes_work *work) {
    for (int axis = 0; axis < 3; axis++) {
        double best = -INFINITY;
        for (int e = 4 * axis; e < 4 * axis + 4; e++) {
            const tau_sight_edge *edge = &work->sight.edges[e];
            if (!edge->outline || edge->length < LENGTH_MIN) continue;
            double rating = rate(work, edge);
            if (rating <= best) continue;
            best = rating;
            work->axes[axis].edge = edge;
        }
    }
}

/* ---- ticks ---- */

void tau_axes_set_ticks(tau_axes_work *work, int axis, int wanted) {
    const tau_space *space = work->sight.space;
    if (axis == 2 && space->log)
        tau_ticks_log(&work->axes[axis].ticks, space->lo[2], space->hi[2], wanted);
    else
        tau_ticks_linear(&work->axes[axis].ticks, space->lo[axis], space->hi[axis], wanted);
}

double tau_axes_get_place(const tau_axes_work *work, int axis, int tick) {
    const tau_space *space = work->sight.space;
    double middle = space->lo[axis] + (space->hi[axis] - space->lo[axis]) / 2;
    double share = (work->axes[axis].ticks.position[tick] - middle) / (space->hi[axis] - space->lo[axis]);
    return fmin(fmax(share, -0.5), 0.5) * 2 * space->half[axis];
}

/* The tick continues the floor or a wall, whichever leads away from the edge less flatly. */
static void choose_tick_direction(tau_axes_work *work, tau_axes_axis *axis) {
    const tau_sight_edge *edge = axis->edge;
    double world[3], start[2], end[2], best = 0;
    tau_sight_get_corner(work->sight.space, edge->corner, world);
    world[edge->axis] = 0;
    if (!tau_sight_project(&work->sight, world, start)) return;
    for (int along = 0; along < 3; along++) {
        if (along == edge->axis) continue;
        double side = edge->corner >> along & 1 ? 1 : -1, step = 0.01 * work->sight.space->half[along];
        double moved[3] = {world[0], world[1], world[2]};
        moved[along] += side * step;
        if (!tau_sight_project(&work->sight, moved, end)) continue;
        double away = (end[0] - start[0]) * edge->outward[0] + (end[1] - start[1]) * edge->outward[1];
        double steepness = away / (hypot(end[0] - start[0], end[1] - start[1]) + 1e-12);
        if (away <= 0 || steepness * (along == 2 ? 0.6 : 1) <= best) continue;
        best = steepness * (along == 2 ? 0.6 : 1);
        axis->tick_axis = along;
        axis->tick_length = side * step * work->tick / away;
    }
}

static tau_status add_ticks(tau_axes_work *work, const tau_axes_axis *axis) {
    for (int t = 0; t < axis->ticks.count; t++) {
        double from[3], to[3];
        tau_sight_get_corner(work->sight.space, axis->edge->corner, from);
        from[axis->edge->axis] = tau_axes_get_place(work, axis->edge->axis, t);
        for (int i = 0; i < 3; i++) to[i] = from[i];
        to[axis->tick_axis] += axis->tick_length;
        TAU_TRY(add_line(work, from, to, 1));
    }
    return TAU_STATUS_OK;
}

/* ---- walls ---- */

/* Lines across one face at the ticks of one of its axes. */
static tau_status add_grid(tau_axes_work *work, int face, int axis) {
    int across = 3 - face / 2 - axis;
    for (int t = 0; t < work->axes[axis].ticks.count; t++) {
        double from[3], to[3];
        tau_sight_get_corner(work->sight.space, face % 2 ? 7 : 0, from);
        from[axis] = tau_axes_get_place(work, axis, t);
        for (int i = 0; i < 3; i++) to[i] = from[i];
        from[across] = -work->sight.space->half[across];
        to[across] = work->sight.space->half[across];
        TAU_TRY(add_line(work, from, to, 0));
    }
    return TAU_STATUS_OK;
}

static tau_status add_walls(tau_axes_work *work) {
    for (int face = 0; face < 6; face++)
        for (int axis = 0; axis < 3 && !work->sight.seen[face]; axis++)
            if (axis != face / 2) TAU_TRY(add_grid(work, face, axis));
    for (int e = 0; e < 12; e++) {
        const tau_sight_edge *edge = &work->sight.edges[e];
        double from[3], to[3];
        if (!edge->behind) continue;
        tau_sight_get_corner(work->sight.space, edge->corner, from);
        tau_sight_get_corner(work->sight.space, edge->corner | 1 << edge->axis, to);
        TAU_TRY(add_line(work, from, to, 2));
    }
    return TAU_STATUS_OK;
}

/* ---- all ---- */

static tau_status compose(tau_axes_work *work) {
    choose_edges(work);
    for (int axis = 0; axis < 3; axis++)
        if (work->axes[axis].edge) choose_tick_direction(work, &work->axes[axis]);
    TAU_TRY(tau_axes_place_labels(work));
    TAU_TRY(add_walls(work));
    for (int axis = 0; axis < 3; axis++)
        if (work->axes[axis].edge) TAU_TRY(add_ticks(work, &work->axes[axis]));
    return TAU_STATUS_OK;
}

tau_status tau_axes_plan(tau_axes *out, const tau_scene *scene, const tau_view *view, const tau_space *space,
                         int width, int height, tau_axes_measure measure, void *payload) {
    *out = (tau_axes){0};
    if (width < 1 || height < 1) return TAU_STATUS_OK;
    tau_axes_work work = {.out = out, .scene = scene, .measure = measure, .payload = payload};
    tau_sight_create(&work.sight, &view->camera, space, width, height);
    double digit;
    measure(payload, "0", false, &digit, &work.em);
    work.tick = 0.4 * work.em;
    work.gap = 0.35 * work.em;
    tau_status status = compose(&work);
    if (status != TAU_STATUS_OK) tau_axes_clear(out);
    return status;
}

void tau_axes_clear(tau_axes *axes) {
    tau_mem_free(axes->lines);
    tau_mem_free(axes->labels);
    *axes = (tau_axes){0};
}
