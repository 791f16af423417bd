#include "sweep/sweep.h"

#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "sweep/tiling.h"

/* Seconds that the work between two reports should take: long enough to keep all threads busy, short enough
 * for a sink, a progress bar and an interruption. */
static const double AREA_SHORTEST = 0.35, AREA_WANTED = 0.7, AREA_LONGEST = 1.0;
enum { AREA_POINTS_MAX = 1 << 14 };

/* Bytes of confusion counts, which grow with the square of the classes. */
static const size_t COUNTS_MAX = (size_t)64 << 20;

typedef struct sweep {
    tau_evaluator *evaluator;
    const tau_slice *slice;
    const tau_grid *grid;
    const tau_sweep_options *options;
    const tau_sweep_sink *sink;
    uint8_t *todo;  /* [rows, columns] */
    uint64_t left;  /* points to be done */
    uint64_t total; /* points of the shard, those done before included */
    double gram[TAU_BASIS_MAX * TAU_BASIS_MAX];
    tau_progress_meter meter;
    double lowest, highest; /* finite losses seen */
    uint64_t not_finite;
    size_t *columns;        /* [columns] of the call at hand */
    double *alpha;          /* [columns] */
    size_t classes;         /* of the confusion counts; 0 = none are asked for */
    size_t most;            /* points that the evaluator is given at once */
    size_t capacity;        /* points that the blocks below hold */
    tau_point *points;      /* as the evaluator gives them */
    tau_point *piece;       /* as the sink takes them */
    double *regularisation; /* as the sink takes them */
    uint64_t *confusion;    /* as the evaluator gives them */
    double *metrics;        /* [capacity, metric_count], as the sink takes them */
} sweep;

int tau_sweep_in_shard(size_t column, size_t row, size_t columns, int shard_index, int shard_count) {
    if (shard_count <= 1) return 1;
    return (row * columns + column) % (size_t)shard_count == (size_t)shard_index;
}

static void mark_todo(sweep *s) {
    const tau_sweep_options *o = s->options;
    for (size_t row = 0; row < s->grid->rows; row++)
        for (size_t column = 0; column < s->grid->columns; column++) {
            size_t index = row * s->grid->columns + column;
            if (!tau_sweep_in_shard(column, row, s->grid->columns, o->shard_index, o->shard_count)) continue;
            s->total++;
            if (o->done && o->done[index]) continue;
            s->todo[index] = 1;
            s->left++;
        }
}

static void free_blocks(sweep *s) {
    tau_mem_free(s->points);
    tau_mem_free(s->piece);
    tau_mem_free(s->regularisation);
    tau_mem_free(s->confusion);
    tau_mem_free(s->metrics);
    s->points = s->piece = NULL;
    s->regularisation = s->metrics = NULL;
    s->confusion = NULL;
    s->capacity = 0;
}

static tau_status reserve(sweep *s, size_t points) {
    if (points <= s->capacity) return TAU_STATUS_OK;
    free_blocks(s);
    TAU_TRY(TAU_ALLOC(s->points, points));
    TAU_TRY(TAU_ALLOC(s->piece, points));
    TAU_TRY(TAU_ALLOC(s->regularisation, points));
    if (s->classes > 0) {
        const size_t size = tau_confusion_size(s->classes) * sizeof *s->confusion;
        TAU_TRY(tau_mem_alloc((void **)&s->confusion, points, size));
        TAU_TRY(tau_mem_alloc((void **)&s->metrics, points, s->options->metric_count * sizeof *s->metrics));
    }
    s->capacity = points;
    return TAU_STATUS_OK;
}

static void note_loss(sweep *s, double loss) {
    if (!isfinite(loss)) {
        s->not_finite++;
        return;
    }
    if (!(s->lowest <= loss)) s->lowest = loss;
    if (!(s->highest >= loss)) s->highest = loss;
}

static void report(const sweep *s) {
    char detail[96] = "";
    int used = 0;
    if (s->lowest <= s->highest)
        used = snprintf(detail, sizeof detail, "loss %.3g–%.3g", s->lowest, s->highest);
    if (s->not_finite > 0)
        snprintf(detail + used, sizeof detail - (size_t)used, "%s%llu not finite", used ? ", " : "",
                 (unsigned long long)s->not_finite);
    tau_progress_update(&s->meter, s->total - s->left, detail);
}

/* A rectangle of what the evaluator computed at once: columns of s->columns, rows of the grid. */
typedef struct block {
    size_t first, columns, row, rows;
} block;

/* Brings a point of the evaluator to its place in what the sink takes. */
static void take_point(sweep *s, size_t to, size_t from, double alpha, double beta) {
    const tau_sweep_options *o = s->options;
    const size_t size = tau_confusion_size(s->classes);
    s->piece[to] = s->points[from];
    s->regularisation[to] =
        o->weight_decay != 0 ? o->weight_decay * tau_slice_squared_norm(s->slice, s->gram, alpha, beta) : 0;
    for (size_t m = 0; m < o->metric_count; m++)
        s->metrics[to * o->metric_count + m] =
            tau_metric_choice_value(o->metrics[m], s->confusion + from * size, s->classes);
}

/* Hands on `count` neighbouring columns of a finished block, from its column `first`. */
static tau_status deliver(sweep *s, const block *b, size_t first, size_t count) {
    for (size_t r = 0; r < b->rows; r++)
        for (size_t k = first; k < first + count; k++)
            take_point(s, r * count + k - first, r * b->columns + k, s->alpha[b->first + k],
                       s->grid->beta[b->row + r]);
    const tau_sweep_tile tile = {.column = s->columns[b->first + first],
                                 .row = b->row,
                                 .columns = count,
                                 .rows = b->rows,
                                 .points = s->piece,
                                 .regularisation = s->options->weight_decay != 0 ? s->regularisation : NULL,
                                 .metrics = s->metrics,
                                 .metric_count = s->options->metric_count};
    TAU_TRY(s->sink->accept(s->sink->payload, &tile));
    for (size_t at = 0; at < b->rows * count; at++) {
        s->todo[(b->row + at / count) * s->grid->columns + tile.column + at % count] = 0;
        note_loss(s, s->piece[at].loss);
    }
    s->left -= b->rows * count;
    return TAU_STATUS_OK;
}

static tau_status run_block(sweep *s, const block *b) {
    const size_t *columns = s->columns + b->first;
    TAU_TRY(reserve(s, b->columns * b->rows));
    const tau_tile tile = {s->alpha + b->first, b->columns, s->grid->beta + b->row, b->rows};
    TAU_TRY(tau_evaluator_tile(s->evaluator, &tile, s->points, s->confusion, s->options->cancel));
    for (size_t first = 0, last; first < b->columns; first = last) {
        for (last = first + 1; last < b->columns && columns[last] == columns[last - 1] + 1;) last++;
        TAU_TRY(deliver(s, b, first, last - first));
    }
    return TAU_STATUS_OK;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Evaluates the product of some columns and neighbouring rows, all with the same points to be done, in as
 * few blocks as may be. */
static tau_status run_product(sweep *s, const tau_area *area, size_t row, size_t rows) {
    const uint8_t *todo = s->todo + row * s->grid->columns;
    size_t count = 0;
    for (size_t column = area->column; column < area->column + area->columns; column++) {
        if (!todo[column]) continue;
        s->columns[count] = column;
        s->alpha[count++] = s->grid->alpha[column];
    }
    if (count == 0) return TAU_STATUS_OK;
    const size_t width = least(count, s->most), height = s->most / width;
    for (size_t r = 0; r < rows; r += height)
        for (size_t first = 0; first < count; first += width) {
            const block b = {first, least(width, count - first), row + r, least(height, rows - r)};
            TAU_TRY(run_block(s, &b));
        }
    return TAU_STATUS_OK;
}

static bool same_columns(const sweep *s, const tau_area *area, size_t row, size_t other) {
    const uint8_t *a = s->todo + row * s->grid->columns, *b = s->todo + other * s->grid->columns;
    for (size_t column = area->column; column < area->column + area->columns; column++)
        if (a[column] != b[column]) return false;
    return true;
}

static tau_status run_area(sweep *s, const tau_area *area) {
    const size_t end = area->row + area->rows;
    for (size_t row = area->row, next; row < end; row = next) {
        if (tau_cancel_requested(s->options->cancel))
            return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        for (next = row + 1; next < end && same_columns(s, area, row, next);) next++;
        TAU_TRY(run_product(s, area, row, next - row));
    }
    report(s);
    return TAU_STATUS_OK;
}

/* Points for the next areas, from the time that `points` took. Rounded up, so that a backend that needs
 * several points to fill its threads is given more until the time says otherwise. */
static size_t choose_points(const sweep *s, uint64_t points, double seconds) {
    const size_t threads = s->options->threads > 1 ? (size_t)s->options->threads : 1;
    double fitting = ceil((double)points * AREA_WANTED / fmax(seconds, 1e-6));
    size_t chosen = fitting < AREA_POINTS_MAX ? (size_t)fitting : AREA_POINTS_MAX;
    if (chosen < 1) return 1;
    return chosen > threads ? chosen - chosen % threads : chosen;
}

/* Runs areas in order until the work is done or their time asks for another size. */
static tau_status run_tiling(sweep *s, const tau_tiling *tiling, size_t *points) {
    const bool fixed = s->options->tile_points > 0;
    for (size_t i = 0; i < tiling->count; i++) {
        const uint64_t before = s->left;
        const double start = tau_progress_now();
        TAU_TRY(run_area(s, &tiling->areas[i]));
        const double seconds = tau_progress_now() - start;
        if (fixed || (seconds >= AREA_SHORTEST && seconds <= AREA_LONGEST)) continue;
        size_t better = choose_points(s, before - s->left, seconds);
        bool worthwhile = seconds > AREA_LONGEST ? better < *points : better > *points;
        if (!worthwhile) continue;
        *points = better;
        return TAU_STATUS_OK;
    }
    return TAU_STATUS_OK;
}

static tau_status run_rest(sweep *s, size_t points, const size_t centre[2]) {
    const size_t sparsity = s->options->shard_count > 1 ? (size_t)s->options->shard_count : 1;
    while (s->left > 0) {
        tau_tiling tiling;
        TAU_TRY(tau_tiling_create(&tiling, s->grid, s->todo, points * sparsity, s->options->order, centre));
        tau_status status = run_tiling(s, &tiling, &points);
        tau_tiling_clear(&tiling);
        TAU_TRY(status);
    }
    return TAU_STATUS_OK;
}

static tau_status run_all(sweep *s) {
    size_t centre[2], points = s->options->tile_points;
    tau_tiling_find_centre(&centre[0], &centre[1], s->slice, s->grid);
    const tau_area first = {.column = centre[0], .row = centre[1], .columns = 1, .rows = 1};
    const uint64_t before = s->left;
    const double start = tau_progress_now();
    if (s->options->order == TAU_ORDER_CENTRE_OUT) TAU_TRY(run_area(s, &first));
    if (points == 0) points = choose_points(s, s->left < before ? 1 : 0, tau_progress_now() - start);
    return run_rest(s, points, centre);
}

static tau_status limit_counts(sweep *s) {
    s->most = SIZE_MAX;
    if (s->options->metric_count == 0) return TAU_STATUS_OK;
    s->classes = tau_evaluator_get_classes(s->evaluator);
    if (s->classes == 0)
        return tau_fail(TAU_STATUS_USAGE, "there are no metrics" TAU_WHY "the loss knows no classes");
    const size_t fitting = COUNTS_MAX / sizeof *s->confusion / tau_confusion_size(s->classes);
    s->most = fitting > 0 ? fitting : 1;
    return TAU_STATUS_OK;
}

static tau_status prepare(sweep *s) {
    TAU_TRY(tau_mem_alloc((void **)&s->todo, s->grid->rows, s->grid->columns));
    TAU_TRY(TAU_ALLOC(s->columns, s->grid->columns));
    TAU_TRY(TAU_ALLOC(s->alpha, s->grid->columns));
    mark_todo(s);
    if (s->options->weight_decay != 0) tau_slice_gram(s->slice, s->gram);
    TAU_TRY(limit_counts(s));
    const tau_basis basis = tau_slice_get_basis(s->slice);
    TAU_TRY(tau_evaluator_set_basis(s->evaluator, &basis));
    tau_progress_start(&s->meter, s->options->progress, "compute", "points", s->total - s->left, s->total);
    report(s);
    return TAU_STATUS_OK;
}

static void release(sweep *s) {
    tau_mem_free(s->todo);
    tau_mem_free(s->columns);
    tau_mem_free(s->alpha);
    free_blocks(s);
}

tau_status tau_sweep_run(tau_evaluator *evaluator, const tau_slice *slice, const tau_grid *grid,
                         const tau_sweep_options *options, const tau_sweep_sink *sink) {
    if (options->shard_count > 1 &&
        (options->shard_index < 0 || options->shard_index >= options->shard_count))
        return tau_fail(TAU_STATUS_USAGE, "there is no shard %d of %d" TAU_FIX "shards count from 0",
                        options->shard_index, options->shard_count);
    sweep s = {.evaluator = evaluator,
               .slice = slice,
               .grid = grid,
               .options = options,
               .sink = sink,
               .lowest = NAN,
               .highest = NAN};
    tau_status status = prepare(&s);
    if (status == TAU_STATUS_OK) status = run_all(&s);
    release(&s);
    return status;
}
