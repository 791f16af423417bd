/** A backend that counts, waits and fails on command: loss = alpha² + 2·beta² + 1/samples. */
#ifndef TAU_TESTS_EXPLORE_FAKE_H
#define TAU_TESTS_EXPLORE_FAKE_H

#include <criterion/criterion.h>
#include <stdatomic.h>

#include "explore/scene.h"

enum { FAKE_LOG = 1 << 20 };

/* What it is told and what it saw. */
static struct {
    atomic_bool block;           /* calls wait until they are cancelled */
    atomic_size_t block_samples; /* the same, of plans with so many samples */
    atomic_bool fail;            /* calls fail */
    atomic_bool hostile;         /* NaN where alpha > 0.5, inf where beta > 0.5 */
    atomic_int calls, blocked, cancelled;
    atomic_int bases;
    atomic_long delay; /* nanoseconds a point */
    size_t count;      /* points seen */
    struct {
        double alpha, beta;
        size_t samples;
    } log[FAKE_LOG];
} fake;

struct tau_plan {
    size_t samples;
};

static const char *fake_instruction_set(void) {
    return "none";
}

static tau_status fake_available(void) {
    return TAU_STATUS_OK;
}

static tau_status fake_supports(const tau_graph *graph, tau_precision precision) {
    (void)graph, (void)precision;
    return TAU_STATUS_OK;
}

static tau_status fake_create(tau_plan **out, const tau_plan_request *request) {
    TAU_TRY(TAU_ALLOC(*out, 1));
    (*out)->samples = request->samples->count;
    return TAU_STATUS_OK;
}

static void fake_destroy(tau_plan *plan) {
    tau_mem_free(plan);
}

static tau_status fake_set_basis(tau_plan *plan, const tau_basis *basis) {
    (void)plan, (void)basis;
    fake.bases++;
    if (fake.fail) return tau_fail(TAU_STATUS_DEVICE, "the device takes no basis");
    return TAU_STATUS_OK;
}

static double fake_loss(double alpha, double beta, size_t samples) {
    if (fake.hostile && alpha > 0.5) return NAN;
    if (fake.hostile && beta > 0.5) return INFINITY;
    return alpha * alpha + 2 * beta * beta + 1.0 / (double)samples;
}

static tau_status fake_tile(tau_plan *plan, const tau_tile *tile, tau_point *out, uint64_t *confusion,
                            const tau_cancel *cancel) {
    (void)confusion; /* never asked for */
    fake.calls++;
    if (fake.fail)
        return tau_fail(TAU_STATUS_DEVICE,
                        "the device failed" TAU_WHY "it was told to" TAU_FIX "do not tell it");
    for (size_t i = 0; i < tile->columns * tile->rows; i++) {
        if (fake.delay) nap((double)fake.delay * 1e-9);
        while ((fake.block || fake.block_samples == plan->samples) && !tau_cancel_requested(cancel)) {
            fake.blocked = 1;
            nap(0.0005);
        }
        if (tau_cancel_requested(cancel)) {
            fake.cancelled++;
            return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        }
        const double alpha = tile->alpha[i % tile->columns], beta = tile->beta[i / tile->columns];
        out[i] = (tau_point){fake_loss(alpha, beta, plan->samples), 0.125, 0.5, TAU_PRECISION_EXACT};
    }
    for (size_t i = 0; i < tile->columns * tile->rows && fake.count < FAKE_LOG; i++) {
        fake.log[fake.count].alpha = tile->alpha[i % tile->columns];
        fake.log[fake.count].beta = tile->beta[i / tile->columns];
        fake.log[fake.count++].samples = plan->samples;
    }
    return TAU_STATUS_OK;
}

static const tau_backend fake_backend = {.name = "fake",
                                         .default_precision = TAU_PRECISION_EXACT,
                                         .instruction_set = fake_instruction_set,
                                         .available = fake_available,
                                         .supports = fake_supports,
                                         .create = fake_create,
                                         .destroy = fake_destroy,
                                         .set_basis = fake_set_basis,
                                         .tile = fake_tile};

static inline scene fake_scene(const size_t counts[SCENE_STAGES_MAX], int axes) {
    tau_backend_register(&fake_backend);
    return scene_create("mlp:2-2", "moons:n=64", counts, "fake", TAU_PRECISION_EXACT, 1, axes);
}

/* The same with an explorer of the plane over [lo, hi]², and a cache as large as it likes. */
static inline scene fake_explorer(const size_t counts[SCENE_STAGES_MAX], double lo, double hi) {
    scene s = fake_scene(counts, 2);
    scene_explore(&s, lo, hi, 0);
    return s;
}

/* The plane over [-1, 1]² in 17 x 17 points. */
static const tau_explore_region whole_plane = {
    .lo = {-1, -1}, .hi = {1, 1}, .pixels = {96, 96}, .focus = {NAN, NAN}};

static int fake_order(const void *left, const void *right) {
    return memcmp(left, right, sizeof fake.log[0]);
}

/* How many points were computed more than once with the same samples. */
static inline size_t fake_count_repeated(void) {
    size_t repeated = 0;
    for (size_t i = 0; i < fake.count; i++) {
        if (fake.log[i].alpha == 0) fake.log[i].alpha = 0; /* one zero */
        if (fake.log[i].beta == 0) fake.log[i].beta = 0;
    }
    qsort(fake.log, fake.count, sizeof fake.log[0], fake_order);
    for (size_t i = 1; i < fake.count; i++) repeated += fake_order(&fake.log[i - 1], &fake.log[i]) == 0;
    return repeated;
}

/* Waits until a call is held by `block`. */
static inline void fake_wait_until_blocked(void) {
    const double start = tau_progress_now();
    while (!fake.blocked && tau_progress_now() - start < 20) nap(0.0005);
    cr_assert(fake.blocked, "no call came");
}

/* Looks at a region while calls block. */
static inline void look_until_blocked(tau_explore *explore, const tau_explore_region *region) {
    fake.block = true;
    tau_explore_look(explore, region);
    fake_wait_until_blocked();
}

/* Waits until one call was cancelled, and holds the others no longer. */
static inline void fake_wait_until_cancelled(void) {
    const double start = tau_progress_now();
    while (fake.cancelled == 0 && tau_progress_now() - start < 20) nap(0.001);
    cr_assert_eq(fake.cancelled, 1);
    fake.block = false;
    fake.block_samples = 0;
}

#endif
