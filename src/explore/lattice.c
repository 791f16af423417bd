#include "explore/lattice.h"

#include <float.h>
#include <math.h>

/* Doubles must tell the points of a level apart, with room for the rounding of the formula. */
static const double least_spacing = 64 * DBL_EPSILON;
/* Indices stay exact in a double, and their multiples in an int64_t. */
static const double index_max = 0x1p50;
/* A first picture has at most this many cells along a side. */
static const double start_cells = 2, start_cells_of_line = 16;
static const double default_cell_pixels = 6;

static double reach(double lo, double hi) {
    return fmax(fabs(lo), fabs(hi));
}

static tau_status check_axis(double lo, double hi) {
    const double widest = 1e280;
    const char *why = NULL;
    if (!isfinite(lo) || !isfinite(hi))
        why = "it is not finite";
    else if (!(lo < hi))
        why = "its ends are not in ascending order";
    else if (reach(lo, hi) > widest || hi - lo < 1 / widest)
        why = "numbers so large or so small cannot be divided";
    else if ((hi - lo) / TAU_EXPLORE_TILE_CELLS < least_spacing * reach(lo, hi))
        why = "it is too narrow for the precision of doubles";
    if (!why) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "the range %g:%g cannot be explored" TAU_WHY "%s" TAU_FIX
                    "give two finite numbers, the lower one first",
                    lo, hi, why);
}

tau_status tau_lattice_create(tau_lattice *out, const double lo[2], const double hi[2], bool line) {
    const int axes = line ? 1 : 2;
    tau_lattice lattice = {.hi = {1, 1}, .line = line};
    for (int axis = 0; axis < axes; axis++) {
        TAU_TRY(check_axis(lo[axis], hi[axis]));
        lattice.lo[axis] = lo[axis];
        lattice.hi[axis] = hi[axis];
    }
    *out = lattice;
    return TAU_STATUS_OK;
}

/* As in tau_grid_axis: a point that only rounding keeps away from a state of a line is there. */
static double snap(double x, double scale) {
    const double rounding = 4 * DBL_EPSILON * scale;
    if (fabs(x) <= rounding) return 0;
    return fabs(x - 1) <= rounding ? 1 : x;
}

double tau_lattice_coordinate(const tau_lattice *lattice, int axis, int level, int64_t k) {
    if (lattice->line && axis == 1) return 0;
    const double lo = lattice->lo[axis], hi = lattice->hi[axis];
    const double m = ldexp(TAU_EXPLORE_TILE_CELLS, level), at = (double)k;
    if (k == 0) return lo;
    if (at == m) return hi;
    return snap((lo * (m - at) + hi * at) / m, reach(lo, hi));
}

tau_lattice_range tau_lattice_coarsen(const tau_lattice_range *range, int steps) {
    tau_lattice_range out;
    for (int axis = 0; axis < 2; axis++) {
        out.first[axis] = tau_lattice_halve(range->first[axis], steps);
        out.last[axis] = -tau_lattice_halve(-range->last[axis], steps);
    }
    return out;
}

double tau_lattice_count_points(const tau_lattice_range *range) {
    return ((double)(range->last[0] - range->first[0]) + 1) *
           ((double)(range->last[1] - range->first[1]) + 1);
}

double tau_lattice_count_blocks(const tau_lattice_range *range) {
    double count = 1;
    for (int axis = 0; axis < 2; axis++)
        count *= (double)(tau_lattice_tile(range->last[axis]) - tau_lattice_tile(range->first[axis])) + 1;
    return count;
}

bool tau_lattice_tiles_touch(const tau_lattice_range *range, const int64_t tile[2], const int64_t tiles[2]) {
    for (int axis = 0; axis < 2; axis++)
        if (tile[axis] * TAU_EXPLORE_TILE_CELLS > range->last[axis] ||
            (tile[axis] + tiles[axis]) * TAU_EXPLORE_TILE_CELLS < range->first[axis])
            return false;
    return true;
}

/* Cells of level 0 across the region. */
static double cells_across(const tau_lattice *lattice, const tau_explore_region *region, int axis) {
    return (region->hi[axis] - region->lo[axis]) / (lattice->hi[axis] - lattice->lo[axis]) *
           TAU_EXPLORE_TILE_CELLS;
}

static bool is_sound(const tau_lattice *lattice, const tau_explore_region *region) {
    for (int axis = 0; axis < (lattice->line ? 1 : 2); axis++) {
        const double cells = cells_across(lattice, region, axis);
        if (!isfinite(region->lo[axis]) || !isfinite(region->hi[axis]) || !isfinite(cells) || !(cells > 0) ||
            region->pixels[axis] < 1)
            return false;
    }
    return true;
}

static void choose_levels(tau_wanted *view, const tau_lattice *lattice, const tau_explore_region *region) {
    const double widest =
        region->cell_pixels > 0 && isfinite(region->cell_pixels) ? region->cell_pixels : default_cell_pixels;
    const double first = lattice->line ? start_cells_of_line : start_cells, tolerance = 1e-9;
    double start = TAU_LATTICE_LEVEL_MAX, wanted = TAU_LATTICE_LEVEL_MIN, possible = TAU_LATTICE_LEVEL_MAX;
    for (int axis = 0; axis < (lattice->line ? 1 : 2); axis++) {
        const double cells = cells_across(lattice, region, axis);
        const double width = lattice->hi[axis] - lattice->lo[axis];
        const double scale =
            fmax(reach(region->lo[axis], region->hi[axis]), reach(lattice->lo[axis], lattice->hi[axis]));
        start = fmin(start, floor(log2(first / cells) + tolerance));
        wanted = fmax(wanted, ceil(log2(region->pixels[axis] / widest / cells) - tolerance));
        possible = fmin(possible, floor(log2(width / TAU_EXPLORE_TILE_CELLS / (least_spacing * scale))));
    }
    const double finest = fmin(fmax(wanted, start), possible);
    view->start = (int)fmax(fmin(start, finest), 2 * TAU_LATTICE_LEVEL_MIN);
    view->finest = (int)fmax(finest, view->start);
    for (int axis = 0; axis < 2; axis++)
        view->cell_pixels =
            fmax(view->cell_pixels,
                 region->pixels[axis] / (cells_across(lattice, region, axis) * ldexp(1, view->start)));
}

/* The points of a level that enclose the region. */
static bool choose_range(tau_lattice_range *out, const tau_lattice *lattice, const tau_explore_region *region,
                         int level) {
    *out = (tau_lattice_range){0};
    for (int axis = 0; axis < (lattice->line ? 1 : 2); axis++) {
        const double lo = lattice->lo[axis], m = ldexp(TAU_EXPLORE_TILE_CELLS, level);
        const double first = (region->lo[axis] - lo) / (lattice->hi[axis] - lo) * m;
        const double last = (region->hi[axis] - lo) / (lattice->hi[axis] - lo) * m;
        if (!(fabs(first) < index_max) || !(fabs(last) < index_max)) return false;
        const double tolerance = fmax(1e-9, 8 * DBL_EPSILON * fmax(fabs(first), fabs(last)));
        out->first[axis] = (int64_t)floor(first + tolerance);
        out->last[axis] = (int64_t)ceil(last - tolerance);
        if (out->last[axis] <= out->first[axis]) out->last[axis] = out->first[axis] + 1;
    }
    return true;
}

bool tau_wanted_choose(tau_wanted *out, const tau_lattice *lattice, const tau_explore_region *region,
                       double blocks_max) {
    *out = (tau_wanted){0};
    if (!is_sound(lattice, region)) return false;
    tau_wanted view = {0};
    choose_levels(&view, lattice, region);
    if (view.start < TAU_LATTICE_LEVEL_MIN) return false;
    for (; view.finest >= view.start; view.finest--) {
        if (!choose_range(&view.range, lattice, region, view.finest)) continue;
        if (view.finest == view.start || tau_wanted_count_blocks(&view) <= blocks_max) break;
    }
    if (view.finest < view.start) return false;
    for (int axis = 0; axis < 2; axis++) {
        view.lo[axis] = lattice->line && axis ? 0 : region->lo[axis];
        view.hi[axis] = lattice->line && axis ? 0 : region->hi[axis];
        const double middle = 0.5 * view.lo[axis] + 0.5 * view.hi[axis];
        view.focus[axis] = isfinite(region->focus[axis]) ? region->focus[axis] : middle;
    }
    view.valid = true;
    *out = view;
    return true;
}

tau_lattice_range tau_wanted_range(const tau_wanted *view, int level) {
    return tau_lattice_coarsen(&view->range, view->finest - level);
}

double tau_wanted_count_blocks(const tau_wanted *view) {
    tau_lattice_range range = tau_wanted_range(view, view->start);
    double count = tau_lattice_count_points(&range); /* each may lie in a block of its own */
    for (int level = view->start + 1; level <= view->finest; level++) {
        range = tau_wanted_range(view, level);
        count += tau_lattice_count_blocks(&range);
    }
    return count;
}
