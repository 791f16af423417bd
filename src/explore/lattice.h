/** The lattices of an explorer: nested levels over the root area, and what of them a region wants. */
#ifndef TAU_EXPLORE_LATTICE_H
#define TAU_EXPLORE_LATTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/explore.h"

/** Levels that exist: cells of 2^40 root areas to cells of 2^-52 of one. */
enum { TAU_LATTICE_LEVEL_MIN = -40, TAU_LATTICE_LEVEL_MAX = 48 };

/** Where point 0 and point m = 16·2^level of every level lie. */
typedef struct tau_lattice {
    double lo[2], hi[2];
    bool line; /**< only axis 0 counts; the second index is 0 */
} tau_lattice;

/** @errors TAU_STATUS_USAGE: not finite, not lo < hi, or too narrow or too wide for doubles */
TAU_CHECK tau_status tau_lattice_create(tau_lattice *out, const double lo[2], const double hi[2], bool line);

/** Coordinate of point k: (lo·(m - k) + hi·k)/m with the ends and the states at 0 and 1 exact, as
 * tau_grid_axis has it. The same point of a finer level has the same bits. */
double tau_lattice_coordinate(const tau_lattice *lattice, int axis, int level, int64_t k);

/** Floor of a/2^bits; the right shift of a negative number is left to the compiler by the standard. */
static inline int64_t tau_lattice_halve(int64_t a, int bits) {
    return a >= 0 ? a >> bits : ~(~a >> bits);
}

/** The tile that a point belongs to, along one axis. */
static inline int64_t tau_lattice_tile(int64_t k) {
    return tau_lattice_halve(k, 4);
}
_Static_assert(TAU_EXPLORE_TILE_CELLS == 1 << 4, "tau_lattice_tile divides by the cells of a tile");

/** A rectangle of points of one level, ends included. */
typedef struct tau_lattice_range {
    int64_t first[2], last[2];
} tau_lattice_range;

/** The same rectangle, or the smallest one around it, on a coarser level, `steps` >= 0 below. */
tau_lattice_range tau_lattice_coarsen(const tau_lattice_range *range, int steps);

/** Points of a range, and the blocks of cells that its points touch (tau_cache). */
double tau_lattice_count_points(const tau_lattice_range *range);
double tau_lattice_count_blocks(const tau_lattice_range *range);

/** Whether the tiles i, i + columns - 1 of a level touch the range of that level. */
bool tau_lattice_tiles_touch(const tau_lattice_range *range, const int64_t tile[2], const int64_t tiles[2]);

/** What a region wants. */
typedef struct tau_wanted {
    bool valid;
    int start, finest;       /**< levels of the first and of the last picture */
    tau_lattice_range range; /**< of the finest level */
    double lo[2], hi[2];     /**< the region */
    double focus[2];
    double cell_pixels; /**< of the start level */
} tau_wanted;

/** Chooses levels and ranges. @param[in] blocks_max  room of one stage: bounds the finest level
 *  @return false = a region that cannot be looked at; `out` is not valid */
bool tau_wanted_choose(tau_wanted *out, const tau_lattice *lattice, const tau_explore_region *region,
                       double blocks_max);

/** The points of a level, start to finest, that a view wants. */
tau_lattice_range tau_wanted_range(const tau_wanted *view, int level);

/** Blocks that a view keeps in the cache for each stage, at most. */
double tau_wanted_count_blocks(const tau_wanted *view);

#endif
