#include "explore/cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Points of a block by the parity of their indices: 64 with k odd, 64 with j odd, 64 with both odd. Only on
 * the coarsest level there are points with neither. */
enum { CLASS_POINTS = 64, CLASSES = 4 };

struct tau_cache_block {
    tau_cache_block *next;
    int64_t place[2];
    int level, stage;
    uint64_t wanted; /* stamp of the last time */
    uint64_t known[CLASSES];
    tau_point points[];
};

/* Where a point is kept. */
typedef struct address {
    int64_t place[2];
    int level;
    int class, bit;
} address;

/* How often both indices can be halved, `most` at most. */
static int count_halvings(int64_t k, int64_t j, int most) {
    const uint64_t both = (uint64_t)k | (uint64_t)j;
    const int zeros = both ? __builtin_ctzll(both) : most;
    return zeros < most ? zeros : most;
}

static address find_address(int level, int64_t k, int64_t j) {
    const int steps = count_halvings(k, j, level - TAU_LATTICE_LEVEL_MIN);
    const int bits = steps < 62 ? steps : 62; /* only 0 can be halved more often */
    const int64_t own[2] = {tau_lattice_halve(k, bits), tau_lattice_halve(j, bits)};
    const int parity = (int)(own[0] & 1) | (int)(own[1] & 1) << 1;
    address out = {.level = level - steps, .class = parity ? parity - 1 : CLASSES - 1};
    int inside[2];
    for (int axis = 0; axis < 2; axis++) {
        out.place[axis] = tau_lattice_tile(own[axis]);
        inside[axis] = (int)(own[axis] - out.place[axis] * TAU_EXPLORE_TILE_CELLS) / 2;
    }
    out.bit = inside[1] * (TAU_EXPLORE_TILE_CELLS / 2) + inside[0];
    return out;
}

static size_t hash(int stage, const address *a) {
    uint64_t h = (uint64_t)a->place[0] * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 29 ^ (uint64_t)a->place[1]) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 32 ^ (uint64_t)(a->level * TAU_EXPLORE_STAGES_MAX + stage)) * 0x94d049bb133111ebu;
    return (size_t)(h ^ h >> 31);
}

static tau_cache_block *find_block(const tau_cache *cache, int stage, const address *a) {
    if (cache->bucket_count == 0) return NULL;
    tau_cache_block *block = cache->buckets[hash(stage, a) & (cache->bucket_count - 1)];
    while (block && (block->place[0] != a->place[0] || block->place[1] != a->place[1] ||
                     block->level != a->level || block->stage != stage))
        block = block->next;
    return block;
}

static address address_of(const tau_cache_block *block) {
    return (address){.place = {block->place[0], block->place[1]}, .level = block->level};
}

static void insert_block(tau_cache *cache, tau_cache_block *block) {
    const address a = address_of(block);
    tau_cache_block **bucket = &cache->buckets[hash(block->stage, &a) & (cache->bucket_count - 1)];
    block->next = *bucket;
    *bucket = block;
}

static tau_status grow_table(tau_cache *cache) {
    if (cache->count < cache->bucket_count) return TAU_STATUS_OK;
    tau_cache grown = {.bucket_count = cache->bucket_count ? 2 * cache->bucket_count : 256};
    TAU_TRY(TAU_ALLOC(grown.buckets, grown.bucket_count));
    for (size_t i = 0; i < cache->bucket_count; i++)
        for (tau_cache_block *block = cache->buckets[i], *next; block; block = next) {
            next = block->next;
            insert_block(&grown, block);
        }
    tau_mem_free(cache->buckets);
    cache->buckets = grown.buckets;
    cache->bucket_count = grown.bucket_count;
    return TAU_STATUS_OK;
}

static int by_age(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void drop_older(tau_cache *cache, uint64_t limit, size_t count) {
    for (size_t i = 0; i < cache->bucket_count && count > 0; i++)
        for (tau_cache_block **link = &cache->buckets[i]; *link && count > 0;) {
            tau_cache_block *block = *link;
            if (block->wanted > limit || block->wanted == cache->stamp) {
                link = &block->next;
                continue;
            }
            *link = block->next;
            tau_mem_free(block);
            cache->count--;
            count--;
        }
}

/* Makes room for a good many blocks at once, because finding the oldest means looking at all. */
static tau_status evict(tau_cache *cache) {
    const size_t count = cache->count_max / 8 + 1;
    uint64_t *ages;
    size_t known = 0;
    TAU_TRY(TAU_ALLOC(ages, cache->count));
    for (size_t i = 0; i < cache->bucket_count; i++)
        for (const tau_cache_block *block = cache->buckets[i]; block; block = block->next)
            ages[known++] = block->wanted;
    qsort(ages, known, sizeof *ages, by_age);
    const uint64_t limit = ages[count < known ? count - 1 : known - 1];
    /* Those of one age are told apart by nothing: the strictly older ones first. */
    const size_t before = cache->count;
    if (limit > 0) drop_older(cache, limit - 1, count);
    drop_older(cache, limit, count - (before - cache->count));
    tau_mem_free(ages);
    return TAU_STATUS_OK;
}

static tau_status add_block(tau_cache_block **out, tau_cache *cache, int stage, const address *a) {
    const bool coarsest = a->level == TAU_LATTICE_LEVEL_MIN;
    const size_t points = coarsest ? CLASSES * CLASS_POINTS : TAU_CACHE_BLOCK_POINTS;
    if (cache->count >= cache->count_max) TAU_TRY(evict(cache));
    TAU_TRY(grow_table(cache));
    TAU_TRY(tau_mem_alloc((void **)out, 1, sizeof **out + points * sizeof *(*out)->points));
    (*out)->place[0] = a->place[0];
    (*out)->place[1] = a->place[1];
    (*out)->level = a->level;
    (*out)->stage = stage;
    insert_block(cache, *out);
    cache->count++;
    const int depth = TAU_LATTICE_LEVEL_MAX + 1 - a->level;
    if (depth > cache->depth[stage]) cache->depth[stage] = (uint8_t)depth;
    return TAU_STATUS_OK;
}

tau_status tau_cache_put(tau_cache *cache, int stage, int level, const int64_t k[2], const tau_point *point) {
    const address a = find_address(level, k[0], k[1]);
    tau_cache_block *block = find_block(cache, stage, &a);
    if (!block) TAU_TRY(add_block(&block, cache, stage, &a));
    block->wanted = cache->stamp;
    block->points[a.class * CLASS_POINTS + a.bit] = *point;
    block->known[a.class] |= (uint64_t)1 << a.bit;
    return TAU_STATUS_OK;
}

void tau_cache_clear(tau_cache *cache) {
    for (size_t i = 0; i < cache->bucket_count; i++)
        for (tau_cache_block *block = cache->buckets[i], *next; block; block = next) {
            next = block->next;
            tau_mem_free(block);
        }
    tau_mem_free(cache->buckets);
    cache->buckets = NULL;
    cache->bucket_count = cache->count = 0;
    memset(cache->depth, 0, sizeof cache->depth);
}

void tau_cache_begin(tau_cache *cache) {
    cache->stamp++;
}

static void touch(tau_cache *cache, int stage, const address *a) {
    tau_cache_block *block = find_block(cache, stage, a);
    if (block) block->wanted = cache->stamp;
}

void tau_cache_touch(tau_cache *cache, int stage, const tau_wanted *view) {
    tau_lattice_range range = tau_wanted_range(view, view->start);
    for (int64_t j = range.first[1]; j <= range.last[1]; j++)
        for (int64_t k = range.first[0]; k <= range.last[0]; k++) {
            const address a = find_address(view->start, k, j);
            touch(cache, stage, &a);
        }
    for (int level = view->start + 1; level <= view->finest; level++) {
        int64_t first[2], last[2];
        range = tau_wanted_range(view, level);
        for (int axis = 0; axis < 2; axis++) {
            first[axis] = tau_lattice_tile(range.first[axis]);
            last[axis] = tau_lattice_tile(range.last[axis]);
        }
        for (int64_t j = first[1]; j <= last[1]; j++)
            for (int64_t i = first[0]; i <= last[0]; i++)
                touch(cache, stage, &(address){.place = {i, j}, .level = level});
    }
}

int tau_cache_get_coarsest(const tau_cache *cache, int stage) {
    return TAU_LATTICE_LEVEL_MAX + 1 - cache->depth[stage];
}

tau_cache_cursor tau_cache_look(const tau_cache *cache, int stage) {
    return (tau_cache_cursor){.cache = cache, .stage = stage};
}

const tau_point *tau_cache_get(tau_cache_cursor *cursor, int level, int64_t k, int64_t j) {
    const address a = find_address(level, k, j);
    const size_t slot =
        (size_t)(a.level - TAU_LATTICE_LEVEL_MIN) % (sizeof cursor->last / sizeof *cursor->last);
    if (!cursor->last[slot].valid || cursor->last[slot].level != a.level ||
        cursor->last[slot].place[0] != a.place[0] || cursor->last[slot].place[1] != a.place[1]) {
        cursor->last[slot].block = find_block(cursor->cache, cursor->stage, &a);
        cursor->last[slot].level = a.level;
        cursor->last[slot].place[0] = a.place[0];
        cursor->last[slot].place[1] = a.place[1];
        cursor->last[slot].valid = true;
    }
    const tau_cache_block *block = cursor->last[slot].block;
    if (!block || !(block->known[a.class] >> a.bit & 1)) return NULL;
    return &block->points[a.class * CLASS_POINTS + a.bit];
}
