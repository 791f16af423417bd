/* The explorer's thread: slices first, then jobs, then tiles. */
#include <math.h>
#include <stdio.h>

#include "core/progress.h"
#include "core/threads.h"
#include "explore/internal.h"

/* Seconds that one call of an evaluator should take: soon enough for the eye, and little is lost when it is
 * cancelled. */
static const double call_seconds = 0.1;
/* Points of the first call, before anything was measured. */
enum { FIRST_POINTS = 8 };

void tau_explore_tell(tau_explore *explore) {
    if (explore->wake) explore->wake(explore->payload);
}

void tau_explore_format_error(char *out, size_t size) {
    const tau_error *error = tau_error_last();
    snprintf(out, size, "%s%s%s%s%s", error->what, error->why[0] ? "\nwhy: " : "", error->why,
             error->fix[0] ? "\nfix: " : "", error->fix);
}

/* The mutex is held from here on, but while something is computed. */

static void fail(tau_explore *e) {
    tau_explore_format_error(e->error, sizeof e->error);
    e->failed = true;
    atomic_fetch_add(&e->version, 1);
}

static tau_status set_basis(const tau_explore *e, const tau_slice *slice) {
    const tau_basis basis = tau_slice_get_basis(slice);
    for (int s = 0; s < e->stage_count; s++) TAU_TRY(tau_evaluator_set_basis(e->stages[s].evaluator, &basis));
    return TAU_STATUS_OK;
}

static void take_slice(tau_explore *e) {
    const tau_slice *slice = e->next_slice;
    e->ready = false;
    e->view.valid = false;
    e->renew = e->failed = false;
    e->work_left = false;
    e->error[0] = 0;
    e->tiles_done = e->tiles_wanted = e->points_wanted = 0;
    e->stage_now = 0;
    for (int s = 0; s < e->stage_count; s++) {
        e->points_left[s] = 0;
        e->seconds_per_point[s] = 0;
    }
    tau_cache_clear(&e->cache);
    pthread_mutex_unlock(&e->mutex);
    const tau_status status = set_basis(e, slice);
    if (status != TAU_STATUS_OK) tau_error_save(&e->slice_error); /* the one who reads it waits */
    pthread_mutex_lock(&e->mutex);
    e->slice_status = status;
    e->slice = slice;
    e->lattice = e->next_lattice;
    e->ready = status == TAU_STATUS_OK;
    e->slice_due = false;
    atomic_fetch_add(&e->version, 1);
    pthread_cond_broadcast(&e->applied);
}

/* Points that a call should compute. */
static size_t choose_points(const tau_explore *e, int stage) {
    double seconds = e->seconds_per_point[stage];
    for (int s = stage - 1; s >= 0 && seconds == 0; s--)
        seconds = e->seconds_per_point[s] * (double)e->stages[stage].samples / (double)e->stages[s].samples;
    if (seconds == 0) return FIRST_POINTS;
    const double points = call_seconds / seconds;
    const double most = (double)TAU_AGENDA_SIDE_MAX * TAU_AGENDA_SIDE_MAX;
    return points < 1 ? 1 : (size_t)fmin(points, most);
}

/* Tiles along a side of a unit: what a call can compute. */
static int choose_group(const tau_explore *e, int stage) {
    const size_t points = choose_points(e, stage);
    int group = 1;
    while (group < TAU_AGENDA_GROUP_MAX) {
        const size_t side = (size_t)(2 * group) * TAU_EXPLORE_TILE_CELLS;
        if (points < side * (e->lattice.line ? 1 : side)) break;
        group *= 2;
    }
    return group;
}

static void show_agenda(tau_explore *e) {
    const tau_agenda *agenda = &e->agenda;
    e->work_left = agenda->next < agenda->count;
    if (e->work_left) e->stage_now = agenda->units[agenda->next].stage;
    e->tiles_done = agenda->tiles_done;
    e->tiles_wanted = agenda->tiles_wanted;
    e->points_wanted = agenda->points_wanted;
    for (int s = 0; s < e->stage_count; s++) e->points_left[s] = agenda->points_left[s];
}

static void make_agenda(tau_explore *e) {
    const tau_wanted view = e->view;
    int group[TAU_EXPLORE_STAGES_MAX];
    for (int s = 0; s < e->stage_count; s++) group[s] = choose_group(e, s);
    e->renew = false;
    e->current = TAU_EXPLORE_WORK_UNIT; /* of no unit: a newer look has nothing to cancel */
    e->unit = (tau_agenda_unit){.level = view.finest};
    pthread_mutex_unlock(&e->mutex);
    tau_cache_begin(&e->cache);
    for (int s = 0; s < e->stage_count; s++) tau_cache_touch(&e->cache, s, &view);
    const tau_status status =
        tau_agenda_make(&e->agenda, &view, &e->lattice, &e->cache, e->stage_count, group);
    pthread_mutex_lock(&e->mutex);
    e->current = TAU_EXPLORE_WORK_NONE;
    show_agenda(e);
    if (status != TAU_STATUS_OK) fail(e);
    pthread_mutex_unlock(&e->mutex);
    tau_explore_tell(e);
    pthread_mutex_lock(&e->mutex);
}

static bool is_inside(const tau_agenda *agenda, int level, int64_t k, int axis) {
    const int64_t at = k * ((int64_t)1 << (agenda->view.finest - level));
    return at >= agenda->view.range.first[axis] && at <= agenda->view.range.last[axis];
}

/* Adds computed points to what is known. */
static tau_status keep_points(tau_explore *e, const tau_agenda_unit *unit,
                              const tau_agenda_product *product) {
    for (size_t row = 0; row < product->rows; row++)
        for (size_t column = 0; column < product->columns; column++) {
            const int64_t k[2] = {product->k[column], product->j[row]};
            TAU_TRY(tau_cache_put(&e->cache, unit->stage, unit->level, k,
                                  &e->points[row * product->columns + column]));
            size_t *left = &e->agenda.points_left[unit->stage];
            if (is_inside(&e->agenda, unit->level, k[0], 0) && is_inside(&e->agenda, unit->level, k[1], 1) &&
                *left > 0)
                --*left;
        }
    return TAU_STATUS_OK;
}

static void measure(tau_explore *e, int stage, double seconds, size_t points) {
    const double one = fmax(seconds, 1e-9) / (double)points;
    double *known = &e->seconds_per_point[stage];
    *known = *known > 0 ? 0.5 * *known + 0.5 * one : one;
    /* Units that turn out far too small are made again, larger. */
    if (choose_group(e, stage) >= 2 * e->agenda.group[stage]) e->renew = true;
}

static tau_status evaluate(tau_explore *e, const tau_agenda_unit *unit, const tau_agenda_product *product) {
    double alpha[TAU_AGENDA_SIDE_MAX], beta[TAU_AGENDA_SIDE_MAX];
    for (size_t i = 0; i < product->columns; i++)
        alpha[i] = tau_lattice_coordinate(&e->lattice, 0, unit->level, product->k[i]);
    for (size_t i = 0; i < product->rows; i++)
        beta[i] = tau_lattice_coordinate(&e->lattice, 1, unit->level, product->j[i]);
    const tau_tile tile = {alpha, product->columns, beta, product->rows};
    return tau_evaluator_tile(e->stages[unit->stage].evaluator, &tile, e->points, NULL, &e->cancel);
}

/* Computes some points of the next unit, or finds that it is finished. */
static void work_on_unit(tau_explore *e) {
    const tau_agenda_unit unit = e->agenda.units[e->agenda.next];
    tau_agenda_product product;
    tau_cancel_request(&e->cancel, 0);
    e->current = TAU_EXPLORE_WORK_UNIT;
    e->unit = unit;
    const size_t points = choose_points(e, unit.stage);
    pthread_mutex_unlock(&e->mutex);
    tau_status status = TAU_STATUS_OK;
    const bool found = tau_agenda_find_product(&product, &unit, &e->agenda.view, &e->cache, points);
    const double start = tau_progress_now();
    if (found) status = evaluate(e, &unit, &product);
    const double seconds = tau_progress_now() - start;
    pthread_mutex_lock(&e->mutex);
    e->current = TAU_EXPLORE_WORK_NONE;
    if (found && status == TAU_STATUS_OK) {
        measure(e, unit.stage, seconds, product.columns * product.rows);
        status = keep_points(e, &unit, &product);
    }
    if (!found) {
        e->agenda.next++;
        e->agenda.tiles_done += (size_t)(unit.tiles[0] * unit.tiles[1]);
    }
    if (!e->slice_due) show_agenda(e);
    if (status != TAU_STATUS_OK && status != TAU_STATUS_CANCELLED) fail(e);
    if (status == TAU_STATUS_CANCELLED || (!found && e->work_left)) return;
    if (found) atomic_fetch_add(&e->version, 1);
    pthread_mutex_unlock(&e->mutex);
    tau_explore_tell(e);
    pthread_mutex_lock(&e->mutex);
}

/* Works on the picture if something of it is due. */
static bool work_on_picture(tau_explore *e) {
    if (!e->ready || !e->view.valid || e->paused || e->failed) return false;
    if (e->renew)
        make_agenda(e);
    else if (e->agenda.next < e->agenda.count)
        work_on_unit(e);
    else
        return false;
    return true;
}

void tau_explore_take_turn(tau_explore *e) {
    pthread_mutex_lock(&e->mutex);
    const double end = tau_progress_now() + call_seconds;
    while (!e->quit && !e->job_cancelled && work_on_picture(e) && tau_progress_now() < end) continue;
    e->current = TAU_EXPLORE_WORK_JOB;
    tau_cancel_request(&e->cancel, e->quit || e->job_cancelled);
    pthread_mutex_unlock(&e->mutex);
}

void *tau_explore_work_on(void *explore) {
    tau_explore *e = explore;
    tau_thread_give_way(); /* to who looks */
    pthread_mutex_lock(&e->mutex);
    while (!e->quit) {
        if (e->slice_due)
            take_slice(e);
        else if (e->ready && e->queue)
            tau_explore_run_job(e);
        else if (!work_on_picture(e))
            pthread_cond_wait(&e->work, &e->mutex);
    }
    pthread_mutex_unlock(&e->mutex);
    return NULL;
}
