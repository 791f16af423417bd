/** What is to be computed for a view, in order: a list of groups of tiles. */
#ifndef TAU_EXPLORE_AGENDA_H
#define TAU_EXPLORE_AGENDA_H

#include "explore/cache.h"
#include "explore/lattice.h"

/** Most tiles along one side of a unit, and most points. */
enum { TAU_AGENDA_GROUP_MAX = 8, TAU_AGENDA_SIDE_MAX = TAU_AGENDA_GROUP_MAX * TAU_EXPLORE_TILE_CELLS + 1 };

/** Neighbouring tiles of one level and stage, computed together. */
typedef struct tau_agenda_unit {
    int stage, level;
    int64_t tile[2], tiles[2]; /**< first, and how many */
    double priority;
} tau_agenda_unit;

typedef struct tau_agenda {
    tau_wanted view;
    tau_agenda_unit *units;
    size_t count, capacity, next; /**< those before `next` are finished */
    size_t tiles_done, tiles_wanted;
    size_t points_wanted;                       /**< points of the finest level in all stages */
    size_t points_left[TAU_EXPLORE_STAGES_MAX]; /**< of the finest level, by stage */
    int group[TAU_EXPLORE_STAGES_MAX];          /**< tiles along a side of a unit */
} tau_agenda;

/** Lists what a view wants and the cache does not have: every level with the first stage, wider cells and
 * tiles nearer to the focus first; then the finest level with the stages after it.
 *  @param[in] group  [stages] tiles along a side of a unit, a power of two
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_agenda_make(tau_agenda *agenda, const tau_wanted *view, const tau_lattice *lattice,
                                     const tau_cache *cache, int stages, const int *group);
void tau_agenda_clear(tau_agenda *agenda);

/** Whether a view, perhaps a newer one, wants something of a unit. */
bool tau_agenda_is_wanted(const tau_agenda_unit *unit, const tau_wanted *view);

/** A product grid of points of a level. */
typedef struct tau_agenda_product {
    int64_t k[TAU_AGENDA_SIDE_MAX], j[TAU_AGENDA_SIDE_MAX];
    size_t columns, rows;
} tau_agenda_product;

/** Some of the points of a unit that are not known, at most `points` of them (but one at least).
 *  @return false = all are known */
bool tau_agenda_find_product(tau_agenda_product *out, const tau_agenda_unit *unit, const tau_wanted *view,
                             const tau_cache *cache, size_t points);

#endif
