/* Where values lie, and the conversions between layouts. */
#include <string.h>

#include "backend_cuda/fast_lower.h"
#include "core/memory.h"

bool tau_fast_is_activation(const tau_graph *graph, int value) {
    return value >= 0 && (graph->values[value].kind == TAU_VALUE_KIND_INPUT ||
                          graph->values[value].kind == TAU_VALUE_KIND_ACTIVATION);
}

bool tau_fast_geometry_of(tau_fast_geometry *out, const tau_shape *shape) {
    if (shape->rank < 1 || shape->rank > 3) return false;
    out->channels = (int)shape->dim[0];
    out->height = shape->rank == 3 ? (int)shape->dim[1] : 1;
    out->width = shape->rank > 1 ? (int)shape->dim[shape->rank - 1] : 1;
    return true;
}

static bool same_geometry(const tau_fast_geometry *a, const tau_fast_geometry *b) {
    return a->channels == b->channels && a->height == b->height && a->width == b->width;
}

static int find(const tau_fast_program *program, tau_fast_layout layout, int value,
                const tau_fast_geometry *geometry) {
    for (int p = 0; p < program->place_count; p++) {
        const tau_fast_place *place = &program->places[p];
        if (place->layout == layout && place->value == program->name_of[value] &&
            (!geometry || same_geometry(&place->geometry, geometry)))
            return p;
    }
    return -1;
}

int tau_fast_find_rows(const tau_fast_program *program, int value) {
    return find(program, TAU_FAST_LAYOUT_ROWS, value, NULL);
}

int tau_fast_find_blocked(const tau_fast_program *program, int value, const tau_fast_geometry *geometry) {
    return find(program, TAU_FAST_LAYOUT_BLOCKED, value, geometry);
}

bool tau_fast_is_resident(const tau_fast_program *program, int value) {
    const int rows = tau_fast_find_rows(program, value);
    return rows >= 0 && program->places[rows].resident;
}

/* Bytes of one group of one network. */
static size_t group_bytes(const tau_fast_place *place) {
    const tau_fast_geometry *g = &place->geometry;
    if (place->layout == TAU_FAST_LAYOUT_BLOCKED || place->layout == TAU_FAST_LAYOUT_UNFOLDED)
        return 2 * tau_fast_group_size(g->channels, g->height, g->width);
    return (size_t)g->channels * (size_t)g->height * (size_t)g->width * TAU_FAST_GROUP * sizeof(float);
}

size_t tau_fast_resident_size(const tau_fast_program *program, const tau_fast_place *place) {
    return (program->options.samples + TAU_FAST_GROUP - 1) / TAU_FAST_GROUP * group_bytes(place);
}

bool tau_fast_has_room(const tau_fast_program *program, size_t bytes) {
    return program->resident_size <= program->options.most_resident &&
           bytes <= program->options.most_resident - program->resident_size;
}

tau_status tau_fast_add_place(tau_fast_program *program, int *index, tau_fast_place place) {
    TAU_TRY(TAU_GROW(program->places, program->place_capacity, (size_t)program->place_count + 1));
    const size_t bytes = tau_fast_resident_size(program, &place);
    place.value = program->name_of[place.value];
    place.resident = place.resident && tau_fast_has_room(program, bytes);
    if (place.resident) program->resident_size += bytes;
    place.life = (tau_cuda_life){place.resident ? 0 : tau_fast_round(group_bytes(&place)), -1, -1, 0};
    *index = program->place_count++;
    program->places[*index] = place;
    return TAU_STATUS_OK;
}

void tau_fast_read(tau_fast_program *program, int place) {
    if (place < 0) return;
    program->places[place].life.last = program->step_count - 1;
    if (program->steps[program->step_count - 1].when != TAU_FAST_WHEN_ONCE)
        program->places[place].kept = true;
}

tau_status tau_fast_append(tau_fast_program *program, const tau_fast_step *step) {
    TAU_TRY(TAU_GROW(program->steps, program->step_capacity, (size_t)program->step_count + 1));
    tau_fast_step *added = &program->steps[program->step_count++];
    *added = *step;
    if (program->places[step->y].resident) added->when = TAU_FAST_WHEN_ONCE;
    tau_fast_read(program, step->x);
    tau_fast_read(program, step->residual);
    tau_fast_read(program, step->y);
    tau_cuda_life *life = &program->places[step->y].life;
    if (life->first < 0) life->first = program->step_count - 1;
    return TAU_STATUS_OK;
}

static tau_status convert(tau_fast_program *program, const tau_fast_operation *operation, int from,
                          tau_fast_place to, int *place) {
    tau_fast_step step = tau_fast_step_of(operation, -1);
    TAU_TRY(tau_fast_add_place(program, place, to));
    step.x = from;
    step.y = *place;
    return tau_fast_append(program, &step);
}

tau_status tau_fast_want_rows(tau_fast_program *program, int *place, int value) {
    *place = tau_fast_find_rows(program, value);
    if (*place >= 0) return TAU_STATUS_OK;
    const tau_fast_place rows = {
        .layout = TAU_FAST_LAYOUT_ROWS,
        .value = value,
        .geometry = {(int)tau_shape_size(&program->graph->values[value].shape), 1, 1},
        .node = -1};
    return convert(program, &tau_fast_op_to_rows, tau_fast_find_blocked(program, value, NULL), rows, place);
}

tau_status tau_fast_want_blocked(tau_fast_program *program, int *place, int value,
                                 tau_fast_geometry geometry) {
    *place = tau_fast_find_blocked(program, value, &geometry);
    if (*place >= 0) return TAU_STATUS_OK;
    int rows;
    TAU_TRY(tau_fast_want_rows(program, &rows, value));
    const tau_fast_place blocked = {.layout = TAU_FAST_LAYOUT_BLOCKED,
                                    .value = value,
                                    .geometry = geometry,
                                    .node = -1,
                                    .resident = program->places[rows].resident};
    return convert(program, &tau_fast_op_from_rows, rows, blocked, place);
}
