#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "explore/internal.h"

enum { CACHE_POINTS_DEFAULT = 1 << 22, FIRST_PICTURE_BLOCKS = 64 };

/* Reasons given to a cancel token; any but 0 would do. */
enum { NO_LONGER_WANTED = 1 };

static tau_status check_stages(const tau_explore_options *o) {
    if (o->stage_count < 1 || o->stage_count > TAU_EXPLORE_STAGES_MAX)
        return tau_fail(TAU_STATUS_USAGE,
                        "an explorer cannot have %d stages" TAU_FIX "give it 1 to %d evaluators",
                        o->stage_count, TAU_EXPLORE_STAGES_MAX);
    for (int s = 0; s < o->stage_count; s++) {
        if (!o->stages[s].evaluator || o->stages[s].samples == 0)
            return tau_fail(TAU_STATUS_USAGE, "stage %d of the explorer has no evaluator or no samples", s);
        if (s > 0 && o->stages[s].samples <= o->stages[s - 1].samples)
            return tau_fail(TAU_STATUS_USAGE,
                            "the stages of the explorer are out of order" TAU_WHY
                            "stage %d has %zu samples, the one before %zu",
                            s, o->stages[s].samples, o->stages[s - 1].samples);
    }
    return TAU_STATUS_OK;
}

static tau_status check_slice(const tau_graph *graph, const tau_slice *slice) {
    if (graph->theta_size == slice->theta_size && graph->buffer_size == slice->buffer_size)
        return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_SHAPE,
                    "the slice cannot be explored" TAU_WHY "it has %zu parameters, the network %zu" TAU_FIX
                    "use states of the same network",
                    slice->theta_size, graph->theta_size);
}

static tau_status start_thread(tau_explore *explore) {
    if (pthread_mutex_init(&explore->mutex, NULL) != 0) goto no_mutex;
    if (pthread_cond_init(&explore->work, NULL) != 0) goto no_work;
    if (pthread_cond_init(&explore->applied, NULL) != 0) goto no_applied;
    if (pthread_create(&explore->thread, NULL, tau_explore_work_on, explore) == 0) return TAU_STATUS_OK;
    pthread_cond_destroy(&explore->applied);
no_applied:
    pthread_cond_destroy(&explore->work);
no_work:
    pthread_mutex_destroy(&explore->mutex);
no_mutex:
    return tau_fail(TAU_STATUS_MEMORY,
                    "cannot start the explorer's thread" TAU_WHY "the system has no room for another one");
}

/* Hands a slice to the thread and waits until the evaluators have it. */
static tau_status apply_slice(tau_explore *explore, const tau_slice *slice, const tau_lattice *lattice) {
    pthread_mutex_lock(&explore->mutex);
    explore->next_slice = slice;
    explore->next_lattice = *lattice;
    explore->slice_due = true;
    tau_explore_drop_jobs(explore);
    tau_cancel_request(&explore->cancel, NO_LONGER_WANTED);
    pthread_cond_signal(&explore->work);
    while (explore->slice_due) pthread_cond_wait(&explore->applied, &explore->mutex);
    const tau_status status = explore->slice_status;
    if (status != TAU_STATUS_OK) (void)tau_error_restore(&explore->slice_error);
    pthread_mutex_unlock(&explore->mutex);
    return status;
}

tau_status tau_explore_create(tau_explore **out, const tau_explore_options *options) {
    *out = NULL;
    tau_lattice lattice;
    tau_explore *explore;
    TAU_TRY(check_stages(options));
    TAU_TRY(check_slice(options->graph, options->slice));
    TAU_TRY(tau_lattice_create(&lattice, options->lo, options->hi, options->slice->line));
    TAU_TRY(TAU_ALLOC(explore, 1));
    memcpy(explore->stages, options->stages, (size_t)options->stage_count * sizeof *options->stages);
    explore->stage_count = options->stage_count;
    explore->graph = options->graph;
    explore->wake = options->wake;
    explore->payload = options->payload;
    const size_t points = options->cache_points ? options->cache_points : CACHE_POINTS_DEFAULT;
    const size_t least = (size_t)FIRST_PICTURE_BLOCKS * (size_t)options->stage_count;
    explore->cache.count_max = points / TAU_CACHE_BLOCK_POINTS;
    if (explore->cache.count_max < least) explore->cache.count_max = least;
    tau_status status = start_thread(explore);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(explore);
        return status;
    }
    status = apply_slice(explore, options->slice, &lattice);
    if (status == TAU_STATUS_OK)
        *out = explore;
    else
        tau_explore_destroy(explore);
    return status;
}

void tau_explore_destroy(tau_explore *explore) {
    if (!explore) return;
    pthread_mutex_lock(&explore->mutex);
    explore->quit = true;
    tau_explore_drop_jobs(explore);
    tau_cancel_request(&explore->cancel, NO_LONGER_WANTED);
    pthread_cond_signal(&explore->work);
    pthread_mutex_unlock(&explore->mutex);
    pthread_join(explore->thread, NULL);
    pthread_cond_destroy(&explore->applied);
    pthread_cond_destroy(&explore->work);
    pthread_mutex_destroy(&explore->mutex);
    tau_cache_clear(&explore->cache);
    tau_agenda_clear(&explore->agenda);
    tau_mem_free(explore);
}

tau_status tau_explore_set_slice(tau_explore *explore, const tau_slice *slice, const double lo[2],
                                 const double hi[2]) {
    tau_lattice lattice;
    TAU_TRY(check_slice(explore->graph, slice));
    TAU_TRY(tau_lattice_create(&lattice, lo, hi, slice->line));
    return apply_slice(explore, slice, &lattice);
}

static bool same_picture(const tau_wanted *a, const tau_wanted *b) {
    return a->valid && b->valid && a->start == b->start && a->finest == b->finest &&
           memcmp(&a->range, &b->range, sizeof a->range) == 0;
}

static bool same_wish(const tau_wanted *a, const tau_wanted *b) {
    return same_picture(a, b) && memcmp(a->lo, b->lo, sizeof a->lo) == 0 &&
           memcmp(a->hi, b->hi, sizeof a->hi) == 0 && memcmp(a->focus, b->focus, sizeof a->focus) == 0;
}

/* Called with the mutex held. */
static void want(tau_explore *e, const tau_wanted *view) {
    if (same_wish(&e->view, view)) return;
    const bool moved = !same_picture(&e->view, view);
    if (moved) atomic_fetch_add(&e->version, 1);
    e->view = *view;
    e->renew = true;
    e->failed = false;
    e->error[0] = 0;
    /* A point of many samples may take seconds: what has just come into sight does not wait for it. */
    const bool waits = moved && e->unit.stage > 0;
    if (e->current == TAU_EXPLORE_WORK_UNIT && (waits || !tau_agenda_is_wanted(&e->unit, view)))
        tau_cancel_request(&e->cancel, NO_LONGER_WANTED);
    pthread_cond_signal(&e->work);
}

void tau_explore_look(tau_explore *explore, const tau_explore_region *region) {
    tau_wanted view;
    pthread_mutex_lock(&explore->mutex);
    const double room = (double)explore->cache.count_max / explore->stage_count - 1;
    if (explore->ready && tau_wanted_choose(&view, &explore->lattice, region, room)) want(explore, &view);
    pthread_mutex_unlock(&explore->mutex);
}

void tau_explore_pause(tau_explore *explore, bool paused) {
    pthread_mutex_lock(&explore->mutex);
    explore->paused = paused;
    if (paused && explore->current == TAU_EXPLORE_WORK_UNIT)
        tau_cancel_request(&explore->cancel, NO_LONGER_WANTED);
    if (!paused && explore->failed) {
        explore->failed = false;
        explore->error[0] = 0;
    }
    pthread_cond_signal(&explore->work);
    pthread_mutex_unlock(&explore->mutex);
}

uint64_t tau_explore_get_version(const tau_explore *explore) {
    return atomic_load(&((tau_explore *)explore)->version);
}

/* Seconds for a point of a stage; that of another stage if this one was not measured yet. */
static double estimate_seconds(const tau_explore *explore, int stage) {
    for (int s = stage; s >= 0; s--)
        if (explore->seconds_per_point[s] > 0)
            return explore->seconds_per_point[s] * (double)explore->stages[stage].samples /
                   (double)explore->stages[s].samples;
    return NAN;
}

void tau_explore_get_progress(const tau_explore *explore, tau_explore_progress *out) {
    tau_explore *e = (tau_explore *)explore; /* to lock is no change */
    *out = (tau_explore_progress){0};
    pthread_mutex_lock(&e->mutex);
    out->tiles_done = e->tiles_done;
    out->tiles_wanted = e->tiles_wanted;
    out->points_wanted = e->points_wanted;
    out->points_done = e->points_wanted;
    for (int s = 0; s < e->stage_count; s++) {
        out->points_done -= e->points_left[s];
        if (e->points_left[s] > 0) out->seconds_left += (double)e->points_left[s] * estimate_seconds(e, s);
    }
    out->samples = e->stages[e->stage_now].samples;
    out->samples_total = e->stages[e->stage_count - 1].samples;
    const bool due = e->view.valid && !e->paused && !e->failed && (e->renew || e->work_left);
    out->busy = e->ready && (due || e->queue || e->job_id || e->current != TAU_EXPLORE_WORK_NONE);
    if (e->renew) out->seconds_left = NAN;
    out->cached_points = e->cache.count * TAU_CACHE_BLOCK_POINTS;
    memcpy(out->error, e->error, sizeof out->error);
    pthread_mutex_unlock(&e->mutex);
}
