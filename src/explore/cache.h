/** The points that an explorer knows, each of them once: it belongs to the coarsest level that has it, so
 * that levels share their common points and neighbouring tiles their edges. Kept in blocks of 16×16 cells of
 * a level, which hold its points that no coarser level has. */
#ifndef TAU_EXPLORE_CACHE_H
#define TAU_EXPLORE_CACHE_H

#include "explore/lattice.h"

typedef struct tau_cache_block tau_cache_block;

/** @threads one writer; others may read while they keep the writer from writing */
typedef struct tau_cache {
    tau_cache_block **buckets;
    size_t bucket_count; /**< a power of two, or 0 */
    size_t count;        /**< blocks */
    size_t count_max;
    uint64_t stamp;                        /**< of what is wanted now */
    uint8_t depth[TAU_EXPLORE_STAGES_MAX]; /**< TAU_LATTICE_LEVEL_MAX + 1 - the coarsest level that had a
                                              block; 0 = none had */
} tau_cache;

/** Points for which a block has room. */
enum { TAU_CACHE_BLOCK_POINTS = 192 };

void tau_cache_clear(tau_cache *cache);

/** Begins a new time: what is touched or added from now on goes after everything older. */
void tau_cache_begin(tau_cache *cache);
/** Marks the blocks of a view's points as wanted now. */
void tau_cache_touch(tau_cache *cache, int stage, const tau_wanted *view);

/** Adds a point, or replaces it. Beyond count_max the blocks that were wanted longest ago go, never one of
 * now.
 *  @errors TAU_STATUS_MEMORY (nothing changed) */
TAU_CHECK tau_status tau_cache_put(tau_cache *cache, int stage, int level, const int64_t k[2],
                                   const tau_point *point);

/** Remembers where one looked last. @lifetime until the next put or clear */
typedef struct tau_cache_cursor {
    const tau_cache *cache;
    int stage;
    struct {
        int64_t place[2];
        const tau_cache_block *block;
        int level;
        bool valid;
    } last[16]; /**< by level */
} tau_cache_cursor;

tau_cache_cursor tau_cache_look(const tau_cache *cache, int stage);

/** The coarsest level of which a stage may know a point; TAU_LATTICE_LEVEL_MAX + 1 where it knows none. */
int tau_cache_get_coarsest(const tau_cache *cache, int stage);

/** A point of a level; NULL = not known. @lifetime until the next put or clear */
const tau_point *tau_cache_get(tau_cache_cursor *cursor, int level, int64_t k, int64_t j);

#endif
