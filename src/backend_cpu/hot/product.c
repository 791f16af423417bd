/* Products of matrices and direct convolutions: a tile of C stays in registers while k passes. */
#include "backend_cpu/hot/vector.h"

/* A panel of B of this depth (8 KB a panel, 32 KB for four) stays in the first-level cache. */
enum { DEPTH_BLOCK = 128 };

/* Rows of a tile for each width of it in registers: as many sums as there are registers to hold them. */
#if LANES == 16
enum { WIDEST = 4, ROWS_WIDE = 6, ROWS_NARROW = 12 };
#elif LANES == 8
enum { WIDEST = 2, ROWS_WIDE = 6, ROWS_NARROW = 8 };
#else
enum { WIDEST = 2, ROWS_WIDE = 4, ROWS_NARROW = 8 };
#endif
enum { MOST_ROWS = 12 };

static const size_t no_taps[1] = {0};

/* Where a tile stands, and which part of k it sums. */
typedef struct tile_place {
    size_t row, column;
    size_t start, depth; /* within a tap */
    bool first, last;    /* part of k */
} tile_place;

INLINE const float *column_of(const tau_cpu_product *p, size_t column) {
    return p->b + column / TAU_CPU_PANEL * p->b_panel + column % TAU_CPU_PANEL;
}

static inline void finish_vector(const tau_cpu_product *p, const tile_place *at, size_t row, size_t column,
                                 vec sum) {
    float *c = p->c + row * p->c_row + column;
    const size_t left = p->n - column;
    const bool whole = left >= LANES;
    if (!at->first || p->accumulate) sum += whole ? load(c) : load_part(c, left);
    if (at->first && p->bias) sum += whole ? load(p->bias + column) : load_part(p->bias + column, left);
    if (at->last && p->residual) {
        const float *r = p->residual + row * p->residual_row + column;
        sum += whole ? load(r) : load_part(r, left);
    }
    if (at->last && p->relu) sum = rectify(sum);
    if (whole)
        store(c, sum);
    else
        store_part(c, sum, left);
}

static __attribute__((noinline)) void finish_tile(const tau_cpu_product *p, const tile_place *at,
                                                  const vec *sum, size_t rows, size_t width) {
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < width && at->column + v * LANES < p->n; v++)
            finish_vector(p, at, at->row + i, at->column + v * LANES, sum[i * WIDEST + v]);
}

/* Nothing to be added, and no column that stands over. */
INLINE bool is_plain(const tau_cpu_product *p, const tile_place *at, size_t width) {
    return at->first && at->last && !p->accumulate && !p->bias && !p->residual && !p->relu &&
           at->column + width * LANES <= p->n;
}

/* One row of a tile. Written out because GCC keeps an array in registers only if no loop over it is nested.
 */
INLINE void add_products(vec sum[WIDEST], vec x, const vec weights[WIDEST], const size_t width) {
    sum[0] += x * weights[0];
    if (width > 1) sum[1] += x * weights[1];
#if LANES == 16
    if (width > 2) sum[2] += x * weights[2];
    if (width > 3) sum[3] += x * weights[3];
#endif
}

INLINE void store_row(float *c, const vec sum[WIDEST], const size_t width) {
    store(c, sum[0]);
    if (width > 1) store(c + LANES, sum[1]);
#if LANES == 16
    if (width > 2) store(c + 2 * LANES, sum[2]);
    if (width > 3) store(c + 3 * LANES, sum[3]);
#endif
}

/* rows x width registers of C; both are constants wherever this is inlined. */
INLINE void tile(const tau_cpu_product *p, const tile_place *at, const size_t rows, const size_t width) {
    vec sum[MOST_ROWS * WIDEST];
    const float *b[WIDEST];
#pragma GCC unroll 48
    for (size_t i = 0; i < rows * WIDEST; i++) sum[i] = splat(0);
#pragma GCC unroll 4
    for (size_t v = 0; v < width; v++) b[v] = column_of(p, at->column + v * LANES) + at->start * p->b_row;
    const size_t *taps = p->taps ? p->taps : no_taps;
    const size_t tap_count = p->taps ? p->tap_count : 1;
    const size_t a_row = p->a_row, a_column = p->a_column, b_row = p->b_row;
    for (size_t t = 0; t < tap_count; t++) {
        const float *a = p->a + at->row * a_row + taps[t] + at->start * a_column;
        for (size_t d = 0; d < at->depth; d++) {
            vec weights[WIDEST];
#pragma GCC unroll 4
            for (size_t v = 0; v < width; v++) {
                weights[v] = load(b[v]);
                b[v] += b_row;
            }
#pragma GCC unroll 12
            for (size_t i = 0; i < rows; i++)
                add_products(sum + i * WIDEST, splat(a[i * a_row]), weights, width);
            a += a_column;
        }
    }
    if (!is_plain(p, at, width)) {
        vec finished[MOST_ROWS * WIDEST];
        memcpy(finished, sum, rows * WIDEST * sizeof *sum);
        finish_tile(p, at, finished, rows, width);
        return;
    }
    float *c = p->c + at->row * p->c_row + at->column;
#pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) store_row(c + i * p->c_row, sum + i * WIDEST, width);
}

#define TILE_CASE(rows, width)                                                                               \
    case rows:                                                                                               \
        tile(p, at, rows, width);                                                                            \
        break;

static void tile_wide(const tau_cpu_product *p, const tile_place *at, size_t rows) {
    switch (rows) {
        TILE_CASE(1, WIDEST)
        TILE_CASE(2, WIDEST)
        TILE_CASE(3, WIDEST)
        TILE_CASE(4, WIDEST)
#if LANES > 4
        TILE_CASE(5, WIDEST)
        TILE_CASE(6, WIDEST)
#endif
    }
}

#define NARROW_CASES(width)                                                                                  \
    TILE_CASE(1, width)                                                                                      \
    TILE_CASE(2, width)                                                                                      \
    TILE_CASE(3, width)                                                                                      \
    TILE_CASE(4, width)                                                                                      \
    TILE_CASE(5, width)                                                                                      \
    TILE_CASE(6, width)                                                                                      \
    TILE_CASE(7, width)                                                                                      \
    TILE_CASE(8, width)

#if LANES == 16
#define NARROWEST_CASES(width)                                                                               \
    NARROW_CASES(width)                                                                                      \
    TILE_CASE(9, width)                                                                                      \
    TILE_CASE(10, width)                                                                                     \
    TILE_CASE(11, width)                                                                                     \
    TILE_CASE(12, width)

static void tile_half(const tau_cpu_product *p, const tile_place *at, size_t rows) {
    switch (rows) { NARROWEST_CASES(2) }
}
#else
#define NARROWEST_CASES(width) NARROW_CASES(width)
#endif

static void tile_single(const tau_cpu_product *p, const tile_place *at, size_t rows) {
    switch (rows) { NARROWEST_CASES(1) }
}

typedef void (*tile_function)(const tau_cpu_product *p, const tile_place *at, size_t rows);

/* All rows of some columns, in tiles as equal as can be. */
static void sweep_rows(const tau_cpu_product *p, tile_place *at, tile_function function, size_t most_rows) {
    size_t tiles = (p->m + most_rows - 1) / most_rows;
    at->row = 0;
    for (; tiles > 0; tiles--) {
        const size_t rows = (p->m - at->row + tiles - 1) / tiles;
        function(p, at, rows);
        at->row += rows;
    }
}

static void sweep_columns(const tau_cpu_product *p, tile_place *at) {
    at->column = 0;
    while (at->column < p->n) {
        const size_t vectors = (p->n - at->column + LANES - 1) / LANES;
        if (vectors >= WIDEST) {
            sweep_rows(p, at, tile_wide, ROWS_WIDE);
            at->column += WIDEST * LANES;
#if LANES == 16
        } else if (vectors >= 2) {
            sweep_rows(p, at, tile_half, ROWS_NARROW);
            at->column += 2 * LANES;
#endif
        } else {
            sweep_rows(p, at, tile_single, ROWS_NARROW);
            at->column += LANES;
        }
    }
}

void HOT(product)(const tau_cpu_product *p) {
    if (p->taps) {
        sweep_columns(p, &(tile_place){.depth = p->depth, .first = true, .last = true});
        return;
    }
    size_t start = 0;
    do {
        const size_t left = p->depth - start, depth = left < DEPTH_BLOCK ? left : DEPTH_BLOCK;
        sweep_columns(
            p, &(tile_place){
                   .start = start, .depth = depth, .first = start == 0, .last = start + depth == p->depth});
        start += depth;
    } while (start < p->depth);
}
