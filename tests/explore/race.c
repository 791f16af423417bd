/* Looks, zooms, reads, asks, cancels, pauses and changes the slice at random, for the sanitizers; then the
 * picture has to complete and equal a sweep. TAU_EXPLORE_RACE_SECONDS (3) and TAU_EXPLORE_RACE_SEED (1)
 * choose how long and which. */
#include <pthread.h>
#include <stdatomic.h>

#include "core/rng.h"
#include "explore/scene.h"
#include "train/train.h"

enum { SLICES = 3, SMALL_CACHE = 60000 };

typedef struct player {
    scene s;
    tau_slice *slices[SLICES]; /* two planes and a line */
    int slice;
    tau_explore_picture picture;
    tau_rng_key key;
    uint64_t draws;
    int last_id;
    size_t looks, reads, jobs, answers, finished, changes;
} player;

static atomic_uint_fast64_t wakes;

static void wake(void *payload) {
    atomic_fetch_add((atomic_uint_fast64_t *)payload, 1);
}

static double uniform(player *p, double lo, double hi) {
    return lo + (hi - lo) * tau_rng_uniform(p->key, p->draws++);
}

static uint64_t below(player *p, uint64_t bound) {
    return tau_rng_below(p->key, p->draws++, bound);
}

static void look(player *p) {
    const double width = pow(10, uniform(p, -4, 1)), x = uniform(p, -1, 1), y = uniform(p, -1, 1);
    tau_explore_region region =
        region_of(x - width, x + width, y - width, y + width, 20 + (int)below(p, 300));
    region.pixels[1] = 20 + (int)below(p, 300);
    if (below(p, 2)) region.focus[0] = x;
    if (below(p, 50) == 0) region.hi[below(p, 2)] = NAN;
    tau_explore_look(p->s.explore, &region);
    p->looks++;
}

static void read_picture(player *p) {
    succeed(tau_explore_read(p->s.explore, &p->picture));
    const tau_explore_picture *picture = &p->picture;
    for (size_t i = 0; i < picture->columns * picture->rows; i++) {
        require(picture->state[i] <= TAU_EXPLORE_POINT_PREVIEW, "a state that does not exist");
        require(picture->state[i] != TAU_EXPLORE_POINT_DONE || isfinite(picture->loss[i]),
                "done and not finite");
        require((picture->state[i] == TAU_EXPLORE_POINT_UNKNOWN) <= isnan(picture->loss[i]),
                "unknown with a loss");
    }
    p->reads++;
}

static void ask(player *p) {
    const tau_explore_job job = {.kind = (tau_explore_job_kind)below(p, 4),
                                 .from = {uniform(p, -2, 2), uniform(p, -2, 2)},
                                 .to = {uniform(p, -2, 2), uniform(p, -2, 2)},
                                 .count = 1 + below(p, 12),
                                 .optimizer = (int)below(p, TAU_OPTIMIZER_RMSPROP + 1),
                                 .rate = uniform(p, 0.001, 0.2),
                                 .full_space = below(p, 2),
                                 .samples = below(p, 200)};
    succeed(tau_explore_ask(p->s.explore, &job, &p->last_id));
    p->jobs++;
}

static void take_answers(player *p) {
    tau_explore_answer answer;
    while (tau_explore_take_answer(p->s.explore, &answer)) {
        require(answer.id > 0 && answer.id <= p->last_id, "an answer to nobody");
        require(!answer.error[0], answer.error);
        p->answers++;
        p->finished += answer.finished;
        tau_explore_answer_clear(&answer);
    }
}

static void change_slice(player *p) {
    const double lo[2] = {uniform(p, -1, 0), uniform(p, -1, 0)},
                 hi[2] = {uniform(p, 0.1, 1), uniform(p, 0.1, 1)};
    p->slice = (int)below(p, SLICES);
    p->s.slice = p->slices[p->slice];
    succeed(tau_explore_set_slice(p->s.explore, p->s.slice, lo, hi));
    p->changes++;
}

static void look_at_progress(const player *p) {
    tau_explore_progress progress;
    tau_explore_get_progress(p->s.explore, &progress);
    require(!progress.error[0], progress.error);
    require(progress.tiles_done <= progress.tiles_wanted, "more tiles than there are");
    require(progress.points_done <= progress.points_wanted, "more points than there are");
    require(progress.cached_points <= SMALL_CACHE, "the cache is too full");
}

static void act(player *p) {
    const uint64_t what = below(p, 100);
    if (what < 35)
        look(p);
    else if (what < 60)
        read_picture(p);
    else if (what < 68)
        ask(p);
    else if (what < 74)
        tau_explore_cancel_job(p->s.explore, p->last_id - (int)below(p, 3));
    else if (what < 84)
        take_answers(p);
    else if (what < 92)
        look_at_progress(p);
    else if (what < 96)
        tau_explore_pause(p->s.explore, below(p, 3) == 0);
    else if (what < 98)
        change_slice(p);
    else
        nap(uniform(p, 0, 0.08)); /* something gets finished */
    if (below(p, 3)) nap(uniform(p, 0, 0.004));
}

/* Everything that was asked for last has to come, and has to be right. */
static void finish(player *p) {
    scene *s = &p->s;
    tau_explore_pause(s->explore, false);
    const tau_explore_region region = region_of(-0.4, 0.5, -0.3, 0.6, 150);
    look_and_wait(s->explore, &region);
    take_answers(p);
    succeed(tau_explore_read(s->explore, &p->picture));
    const int last = s->stage_count - 1;
    tau_point *points = sweep_of(s, &p->picture, last, "cpu", TAU_PRECISION_EXACT);
    require(compare(&p->picture, points, last) == 0, "the picture is not that of a sweep");
    tau_mem_free(points);
}

static atomic_bool over;

/* A second caller, who only watches. */
static void *watch(void *explore) {
    tau_explore_picture picture = {0};
    tau_explore_progress progress;
    uint64_t version = 0;
    while (!atomic_load(&over)) {
        tau_explore_get_progress(explore, &progress);
        require(tau_explore_get_version(explore) >= version, "the version falls");
        succeed(tau_explore_read(explore, &picture));
        require(picture.version >= version, "an older picture");
        version = picture.version;
        nap(0.003);
    }
    tau_explore_picture_clear(&picture);
    return NULL;
}

static double number_of(const char *name, double otherwise) {
    const char *text = getenv(name);
    return text ? atof(text) : otherwise;
}

int main(void) {
    const size_t counts[SCENE_STAGES_MAX] = {20, 60, 150};
    const double seconds = number_of("TAU_EXPLORE_RACE_SECONDS", 3);
    player p = {.s = scene_create("mlp:2-8-2:tanh", "moons:n=200", counts, "cpu", TAU_PRECISION_EXACT, 3, 2)};
    p.key = (tau_rng_key){(uint64_t)number_of("TAU_EXPLORE_RACE_SEED", 1), 0};
    p.slices[0] = p.s.slice;
    p.slices[1] = scene_make_plane(&p.s, 1, 2);
    p.slices[2] = scene_make_plane(&p.s, 2, 1);
    const tau_explore_options options = {.stages = p.s.stages,
                                         .stage_count = p.s.stage_count,
                                         .graph = p.s.model->graph,
                                         .slice = p.s.slice,
                                         .lo = {-1, -1},
                                         .hi = {1, 1},
                                         .cache_points = SMALL_CACHE,
                                         .wake = wake,
                                         .payload = &wakes};
    succeed(tau_explore_create(&p.s.explore, &options));
    pthread_t watcher;
    require(pthread_create(&watcher, NULL, watch, p.s.explore) == 0, "no thread");
    const double start = tau_progress_now();
    while (tau_progress_now() - start < seconds) act(&p);
    atomic_store(&over, true);
    pthread_join(watcher, NULL);
    finish(&p);
    printf("%zu looks, %zu pictures, %zu jobs (%zu finished in %zu answers), %zu slices, %llu wakes\n",
           p.looks, p.reads, p.jobs, p.finished, p.answers, p.changes, (unsigned long long)wakes);
    /* A last one while the thread is at work: it is left in the middle. */
    look(&p);
    ask(&p);
    tau_explore_picture_clear(&p.picture);
    p.s.slice = p.slices[0];
    scene_destroy(&p.s);
    for (int i = 1; i < SLICES; i++) tau_slice_destroy(p.slices[i]);
    return 0;
}
