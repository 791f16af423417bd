#include "explore/agenda.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* A tile half the region's diagonal away from the focus waits as one of cells a third as wide. */
static const double distance_weight = 2;

/* The first and the last tile of a range. */
static void find_tiles(int64_t first[2], int64_t last[2], const tau_lattice_range *range) {
    for (int axis = 0; axis < 2; axis++) {
        first[axis] = tau_lattice_tile(range->first[axis]);
        last[axis] = tau_lattice_tile(range->last[axis] - 1);
        if (last[axis] < first[axis]) last[axis] = first[axis];
    }
}

/* The points of a unit that the view wants, ends included. */
static tau_lattice_range clip(const tau_agenda_unit *unit, const tau_wanted *view) {
    tau_lattice_range range = tau_wanted_range(view, unit->level);
    for (int axis = 0; axis < 2; axis++) {
        const int64_t first = unit->tile[axis] * TAU_EXPLORE_TILE_CELLS;
        const int64_t last = first + unit->tiles[axis] * TAU_EXPLORE_TILE_CELLS;
        if (range.first[axis] < first) range.first[axis] = first;
        if (range.last[axis] > last) range.last[axis] = last;
    }
    return range;
}

static double choose_priority(const tau_agenda_unit *unit, const tau_wanted *view,
                              const tau_lattice *lattice) {
    double squares = 0;
    for (int axis = 0; axis < (lattice->line ? 1 : 2); axis++) {
        const int64_t first = unit->tile[axis] * TAU_EXPLORE_TILE_CELLS;
        const double a = tau_lattice_coordinate(lattice, axis, unit->level, first);
        const double b = tau_lattice_coordinate(lattice, axis, unit->level,
                                                first + unit->tiles[axis] * TAU_EXPLORE_TILE_CELLS);
        const double lo = fmax(a, view->lo[axis]), hi = fmin(b, view->hi[axis]);
        const double away = view->focus[axis] - fmin(fmax(view->focus[axis], lo), hi);
        const double middle = view->focus[axis] - (0.5 * lo + 0.5 * hi);
        const double part = (0.75 * away + 0.25 * middle) / (view->hi[axis] - view->lo[axis]);
        squares += part * part;
    }
    const double nearness = 1 / (1 + distance_weight * sqrt(2 * squares));
    if (unit->level == view->start)
        return (1 + nearness) * ldexp(view->cell_pixels, 2); /* a whole picture first */
    return nearness * ldexp(view->cell_pixels, view->start - unit->level);
}

static int by_priority(const void *left, const void *right) {
    const tau_agenda_unit *a = left, *b = right;
    if (a->stage != b->stage) return a->stage < b->stage ? -1 : 1;
    if (a->priority != b->priority) return a->priority > b->priority ? -1 : 1;
    if (a->tile[1] != b->tile[1]) return a->tile[1] < b->tile[1] ? -1 : 1;
    return (a->tile[0] > b->tile[0]) - (a->tile[0] < b->tile[0]);
}

/* Whether anything is missing; what is missing of the finest level is counted, each point once. */
static bool has_work(tau_agenda *agenda, const tau_agenda_unit *unit, tau_cache_cursor *cursor) {
    const tau_lattice_range range = clip(unit, &agenda->view), *whole = &agenda->view.range;
    const bool count = unit->level == agenda->view.finest;
    const int64_t edge[2] = {(unit->tile[0] + unit->tiles[0]) * TAU_EXPLORE_TILE_CELLS,
                             (unit->tile[1] + unit->tiles[1]) * TAU_EXPLORE_TILE_CELLS};
    bool found = false;
    for (int64_t j = range.first[1]; j <= range.last[1]; j++)
        for (int64_t k = range.first[0]; k <= range.last[0]; k++) {
            if (tau_cache_get(cursor, unit->level, k, j)) continue;
            found = true;
            if (!count) return true;
            /* an edge that is shared belongs to the next unit */
            if ((k < edge[0] || k == whole->last[0]) && (j < edge[1] || j == whole->last[1]))
                agenda->points_left[unit->stage]++;
        }
    return found;
}

/* The first multiple of a group's side after a tile. */
static int64_t next_multiple(int64_t tile, int64_t group) {
    const int64_t inside = tile % group;
    return tile - inside + (inside < 0 ? 0 : group);
}

static tau_status add_level(tau_agenda *agenda, int stage, int level, const tau_lattice *lattice,
                            const tau_cache *cache) {
    const tau_lattice_range range = tau_wanted_range(&agenda->view, level);
    const int64_t group = agenda->group[stage];
    tau_cache_cursor cursor = tau_cache_look(cache, stage);
    int64_t first[2], last[2];
    find_tiles(first, last, &range);
    for (int64_t j = first[1], j_end; j <= last[1]; j = j_end) {
        j_end = next_multiple(j, group);
        if (j_end > last[1] + 1) j_end = last[1] + 1;
        for (int64_t i = first[0], i_end; i <= last[0]; i = i_end) {
            i_end = next_multiple(i, group);
            if (i_end > last[0] + 1) i_end = last[0] + 1;
            tau_agenda_unit unit = {
                .stage = stage, .level = level, .tile = {i, j}, .tiles = {i_end - i, j_end - j}};
            const size_t tiles = (size_t)(unit.tiles[0] * unit.tiles[1]);
            agenda->tiles_wanted += tiles;
            if (!has_work(agenda, &unit, &cursor)) {
                agenda->tiles_done += tiles;
                continue;
            }
            unit.priority = choose_priority(&unit, &agenda->view, lattice);
            TAU_TRY(TAU_GROW(agenda->units, agenda->capacity, agenda->count + 1));
            agenda->units[agenda->count++] = unit;
        }
    }
    return TAU_STATUS_OK;
}

tau_status tau_agenda_make(tau_agenda *agenda, const tau_wanted *view, const tau_lattice *lattice,
                           const tau_cache *cache, int stages, const int *group) {
    *agenda = (tau_agenda){.view = *view, .units = agenda->units, .capacity = agenda->capacity};
    memcpy(agenda->group, group, (size_t)stages * sizeof *group);
    if (!view->valid) return TAU_STATUS_OK;
    agenda->points_wanted = (size_t)tau_lattice_count_points(&view->range) * (size_t)stages;
    for (int level = view->start; level <= view->finest; level++)
        TAU_TRY(add_level(agenda, 0, level, lattice, cache));
    for (int stage = 1; stage < stages; stage++)
        TAU_TRY(add_level(agenda, stage, view->finest, lattice, cache));
    if (agenda->count > 1) qsort(agenda->units, agenda->count, sizeof *agenda->units, by_priority);
    return TAU_STATUS_OK;
}

void tau_agenda_clear(tau_agenda *agenda) {
    tau_mem_free(agenda->units);
    *agenda = (tau_agenda){0};
}

bool tau_agenda_is_wanted(const tau_agenda_unit *unit, const tau_wanted *view) {
    if (!view->valid || unit->level > view->finest || unit->level < view->start) return false;
    if (unit->stage > 0 && unit->level != view->finest) return false;
    const tau_lattice_range range = tau_wanted_range(view, unit->level);
    return tau_lattice_tiles_touch(&range, unit->tile, unit->tiles);
}

/* Which columns of a row are not known. */
typedef struct missing {
    uint8_t column[TAU_AGENDA_SIDE_MAX];
} missing;

static size_t find_missing(missing *out, const tau_agenda_unit *unit, const tau_lattice_range *range,
                           tau_cache_cursor *cursor, int64_t j) {
    size_t count = 0;
    memset(out, 0, sizeof *out);
    for (int64_t k = range->first[0]; k <= range->last[0]; k++)
        if (!tau_cache_get(cursor, unit->level, k, j)) {
            out->column[k - range->first[0]] = 1;
            count++;
        }
    return count;
}

bool tau_agenda_find_product(tau_agenda_product *out, const tau_agenda_unit *unit, const tau_wanted *view,
                             const tau_cache *cache, size_t points) {
    const tau_lattice_range range = clip(unit, view);
    tau_cache_cursor cursor = tau_cache_look(cache, unit->stage);
    missing first, row;
    out->columns = out->rows = 0;
    for (int64_t j = range.first[1]; j <= range.last[1]; j++) {
        const size_t count = find_missing(out->rows ? &row : &first, unit, &range, &cursor, j);
        if (out->rows ? memcmp(&row, &first, sizeof row) != 0 : count == 0) continue;
        if (out->rows == 0) {
            const size_t most = points > 1 ? points : 1;
            for (int64_t k = range.first[0]; k <= range.last[0] && out->columns < most; k++)
                if (first.column[k - range.first[0]]) out->k[out->columns++] = k;
        }
        out->j[out->rows++] = j;
        if ((out->rows + 1) * out->columns > points) break;
    }
    return out->rows > 0;
}
