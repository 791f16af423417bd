/* The picture of the last look, put together from what is known. */
#include <math.h>

#include "core/memory.h"
#include "explore/internal.h"

/* Coarser levels than this many below the picture's are not searched for a preview: indices stay in range. */
enum { PREVIEW_STEPS_MAX = 50 };

/* The picture is put together from patches of this many cells a side, each of one stage. */
enum { PATCH_BITS = 2 };

typedef struct painter {
    tau_explore_picture *picture;
    const tau_wanted *view;
    tau_cache_cursor cursors[TAU_EXPLORE_STAGES_MAX];
    int stages;
    int none; /* the level below all that are searched */
} painter;

static bool is_known(tau_cache_cursor *cursor, int level, const tau_lattice_range *range) {
    for (int64_t j = range->first[1]; j <= range->last[1]; j++)
        for (int64_t k = range->first[0]; k <= range->last[0]; k++)
            if (!tau_cache_get(cursor, level, k, j)) return false;
    return true;
}

/* The finest level above `floor` whose points around a range are all known, or `floor`. */
static int find_level(painter *p, int stage, const tau_lattice_range *range, int floor) {
    const int finest = p->view->finest, coarsest = tau_cache_get_coarsest(p->cursors[stage].cache, stage);
    for (int level = finest; level > floor && level >= coarsest; level--) {
        const tau_lattice_range around = tau_lattice_coarsen(range, finest - level);
        if (is_known(&p->cursors[stage], level, &around)) return level;
    }
    return floor;
}

static int find_fullest_stage(painter *p, const tau_lattice_range *range) {
    int best = 0;
    size_t most = 0;
    for (int stage = 0; stage < p->stages; stage++) {
        size_t count = 0;
        for (int64_t j = range->first[1]; j <= range->last[1]; j++)
            for (int64_t k = range->first[0]; k <= range->last[0]; k++)
                count += tau_cache_get(&p->cursors[stage], p->view->finest, k, j) != NULL;
        if (count > most) {
            most = count;
            best = stage;
        }
    }
    return best;
}

static void add_corner(tau_point *sum, const tau_point *corner, double weight) {
    sum->loss += weight * corner->loss;
    sum->loss_se += weight * corner->loss_se;
    sum->accuracy += weight * corner->accuracy;
}

/* Bilinear between the four points of a coarser level, all of them known. */
static tau_point interpolate(tau_cache_cursor *cursor, int level, int steps, int64_t k, int64_t j) {
    const int64_t factor = (int64_t)1 << steps;
    const int64_t k0 = tau_lattice_halve(k, steps), j0 = tau_lattice_halve(j, steps);
    const double x = (double)(k - k0 * factor) / (double)factor,
                 y = (double)(j - j0 * factor) / (double)factor;
    tau_point sum = {0};
    for (int corner = 0; corner < 4; corner++) {
        const int right = corner & 1, upper = corner >> 1;
        const double weight = (right ? x : 1 - x) * (upper ? y : 1 - y);
        if (weight == 0) continue; /* its NaN or inf must not spoil the sum; it may not even be known */
        add_corner(&sum, tau_cache_get(cursor, level, k0 + right, j0 + upper), weight);
    }
    return sum;
}

static void set_point(painter *p, size_t at, const tau_point *point, tau_explore_point_state state,
                      int stage) {
    tau_explore_picture *picture = p->picture;
    picture->loss[at] = point->loss;
    picture->loss_se[at] = point->loss_se;
    picture->accuracy[at] = point->accuracy;
    picture->precision[at] = (uint8_t)point->precision;
    picture->state[at] = (uint8_t)state;
    picture->stage[at] = (uint8_t)stage;
}

static size_t place_of(const painter *p, int64_t k, int64_t j) {
    return (size_t)(j - p->view->range.first[1]) * p->picture->columns +
           (size_t)(k - p->view->range.first[0]);
}

static tau_explore_point_state state_of(const tau_point *known) {
    return isfinite(known->loss) ? TAU_EXPLORE_POINT_DONE : TAU_EXPLORE_POINT_NOT_FINITE;
}

/* Paints a patch all of whose points are known, as most are. @return false = they are not */
static bool paint_whole(painter *p, int stage, const tau_lattice_range *range, const int64_t end[2]) {
    for (int64_t j = range->first[1]; j < end[1]; j++) {
        size_t at = place_of(p, range->first[0], j);
        for (int64_t k = range->first[0]; k < end[0]; k++, at++) {
            const tau_point *known = tau_cache_get(&p->cursors[stage], p->view->finest, k, j);
            if (!known) return false;
            set_point(p, at, known, state_of(known), stage);
        }
    }
    return true;
}

static void paint_point(painter *p, int stage, int level, int64_t k, int64_t j) {
    const int finest = p->view->finest;
    const tau_point *known = tau_cache_get(&p->cursors[stage], finest, k, j);
    tau_point point = {NAN, NAN, NAN, TAU_PRECISION_NONE};
    tau_explore_point_state state = TAU_EXPLORE_POINT_UNKNOWN;
    if (known) {
        point = *known;
        state = state_of(known);
    } else if (level > p->none) {
        point = interpolate(&p->cursors[stage], level, finest - level, k, j);
        state = TAU_EXPLORE_POINT_PREVIEW;
    }
    set_point(p, place_of(p, k, j), &point, state, stage);
}

/* @param[in] range  points of a patch, ends included   @param[in] end  one past those to be painted */
static void paint_patch(painter *p, const tau_lattice_range *range, const int64_t end[2]) {
    int best = p->none, stage = 0;
    for (int s = p->stages - 1; s >= 0; s--)
        if (paint_whole(p, s, range, end)) return;
    for (int s = p->stages - 1; s >= 0; s--) {
        const int level = find_level(p, s, range, best);
        if (level == best) continue;
        best = level;
        stage = s;
    }
    if (best == p->none) stage = find_fullest_stage(p, range);
    for (int64_t j = range->first[1]; j < end[1]; j++)
        for (int64_t k = range->first[0]; k < end[0]; k++) paint_point(p, stage, best, k, j);
}

static void paint(painter *p) {
    const tau_lattice_range *whole = &p->view->range;
    tau_lattice_range range;
    int64_t end[2], next[2];
    for (range.first[1] = whole->first[1]; range.first[1] <= whole->last[1]; range.first[1] = next[1]) {
        for (range.first[0] = whole->first[0]; range.first[0] <= whole->last[0]; range.first[0] = next[0]) {
            for (int axis = 0; axis < 2; axis++) {
                const int64_t edge =
                    (tau_lattice_halve(range.first[axis], PATCH_BITS) + 1) * (1 << PATCH_BITS);
                const bool is_last = edge >= whole->last[axis];
                range.last[axis] = is_last ? whole->last[axis] : edge;
                next[axis] = end[axis] = is_last ? whole->last[axis] + 1 : edge;
            }
            paint_patch(p, &range, end);
        }
    }
}

static void free_points(tau_explore_picture *p) {
    void *const arrays[] = {p->loss, p->loss_se, p->accuracy, p->state, p->stage, p->precision};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tau_mem_free(arrays[i]);
    p->loss = p->loss_se = p->accuracy = NULL;
    p->state = p->stage = p->precision = NULL;
    p->capacity = 0;
}

static tau_status reserve_points(tau_explore_picture *p, size_t points) {
    if (points <= p->capacity) return TAU_STATUS_OK;
    free_points(p);
    TAU_TRY(TAU_ALLOC(p->loss, points));
    TAU_TRY(TAU_ALLOC(p->loss_se, points));
    TAU_TRY(TAU_ALLOC(p->accuracy, points));
    TAU_TRY(TAU_ALLOC(p->state, points));
    TAU_TRY(TAU_ALLOC(p->stage, points));
    TAU_TRY(TAU_ALLOC(p->precision, points));
    p->capacity = points;
    return TAU_STATUS_OK;
}

static void free_axes(tau_explore_picture *p) {
    tau_mem_free(p->alpha);
    tau_mem_free(p->beta);
    p->alpha = p->beta = NULL;
    p->axis_capacity = 0;
}

static tau_status reserve_axes(tau_explore_picture *p, size_t longest) {
    if (longest <= p->axis_capacity) return TAU_STATUS_OK;
    free_axes(p);
    TAU_TRY(TAU_ALLOC(p->alpha, longest));
    TAU_TRY(TAU_ALLOC(p->beta, longest));
    p->axis_capacity = longest;
    return TAU_STATUS_OK;
}

static tau_status read_view(tau_explore *e, tau_explore_picture *picture) {
    const tau_wanted *view = &e->view;
    picture->version = atomic_load(&e->version);
    if (!view->valid) return TAU_STATUS_OK;
    const size_t columns = (size_t)(view->range.last[0] - view->range.first[0] + 1);
    const size_t rows = (size_t)(view->range.last[1] - view->range.first[1] + 1);
    TAU_TRY(reserve_axes(picture, columns > rows ? columns : rows));
    TAU_TRY(reserve_points(picture, columns * rows));
    picture->columns = columns;
    picture->rows = rows;
    picture->level = view->finest;
    for (size_t i = 0; i < picture->columns; i++)
        picture->alpha[i] =
            tau_lattice_coordinate(&e->lattice, 0, view->finest, view->range.first[0] + (int64_t)i);
    for (size_t i = 0; i < picture->rows; i++)
        picture->beta[i] =
            tau_lattice_coordinate(&e->lattice, 1, view->finest, view->range.first[1] + (int64_t)i);
    painter p = {
        .picture = picture, .view = view, .stages = e->stage_count, .none = TAU_LATTICE_LEVEL_MIN - 1};
    if (p.none < view->finest - PREVIEW_STEPS_MAX) p.none = view->finest - PREVIEW_STEPS_MAX;
    for (int s = 0; s < e->stage_count; s++) p.cursors[s] = tau_cache_look(&e->cache, s);
    paint(&p);
    return TAU_STATUS_OK;
}

tau_status tau_explore_read(tau_explore *explore, tau_explore_picture *picture) {
    picture->columns = picture->rows = 0;
    picture->level = 0;
    pthread_mutex_lock(&explore->mutex);
    const tau_status status = read_view(explore, picture);
    pthread_mutex_unlock(&explore->mutex);
    return status;
}

void tau_explore_picture_clear(tau_explore_picture *picture) {
    free_points(picture);
    free_axes(picture);
    *picture = (tau_explore_picture){0};
}
