#include <criterion/criterion.h>

#include "explore/cache.h"

static tau_point point_of(double loss) {
    return (tau_point){.loss = loss};
}

static void put(tau_cache *cache, int stage, int level, int64_t k, int64_t j, double loss) {
    const int64_t at[2] = {k, j};
    const tau_point point = point_of(loss);
    cr_assert_eq(tau_cache_put(cache, stage, level, at, &point), TAU_STATUS_OK);
}

static const tau_point *get(const tau_cache *cache, int stage, int level, int64_t k, int64_t j) {
    tau_cache_cursor cursor = tau_cache_look(cache, stage);
    return tau_cache_get(&cursor, level, k, j);
}

Test(cache, a_point_is_one_point_on_all_levels) {
    tau_cache cache = {.count_max = 1000};
    put(&cache, 0, 3, -24, 40, 7);
    for (int level = 0; level < 20; level++)
        cr_assert_eq(get(&cache, 0, level, -3 * (1 << level), 5 * (1 << level))->loss, 7);
    cr_assert_null(get(&cache, 0, 3, -24, 41));
    cr_assert_null(get(&cache, 1, 3, -24, 40), "another stage");
    put(&cache, 0, -2, 0, 0, 9);
    cr_assert_eq(get(&cache, 0, 40, 0, 0)->loss, 9);
    cr_assert_eq(get(&cache, 0, TAU_LATTICE_LEVEL_MIN, 0, 0)->loss, 9);
    tau_cache_clear(&cache);
}

Test(cache, points_do_not_mix) {
    tau_cache cache = {.count_max = 1000};
    for (int64_t j = -40; j <= 40; j++)
        for (int64_t k = -40; k <= 40; k++) put(&cache, 0, 2, k, j, (double)(k * 1000 + j));
    tau_cache_cursor cursor = tau_cache_look(&cache, 0);
    for (int64_t j = -40; j <= 40; j++)
        for (int64_t k = -40; k <= 40; k++)
            cr_assert_eq(tau_cache_get(&cursor, 2, k, j)->loss, (double)(k * 1000 + j));
    tau_cache_clear(&cache);
}

Test(cache, the_longest_unwanted_goes_first_and_what_is_wanted_stays) {
    tau_cache cache = {.count_max = 40};
    for (int64_t time = 0; time < 30; time++) {
        tau_cache_begin(&cache);
        for (int64_t i = 0; i < 4; i++) put(&cache, 0, 0, 16 * time + 1, 16 * i + 1, (double)time);
        cr_assert_leq(cache.count, 40);
        for (int64_t i = 0; i < 4; i++) cr_assert_not_null(get(&cache, 0, 0, 16 * time + 1, 16 * i + 1));
        if (time < 10) cr_assert_not_null(get(&cache, 0, 0, 1, 1), "there was room");
    }
    cr_assert_null(get(&cache, 0, 0, 1, 1));
    cr_assert_not_null(get(&cache, 0, 0, 16 * 28 + 1, 1));
    tau_cache_clear(&cache);
}

Test(cache, what_a_view_wants_is_not_evicted) {
    tau_cache cache = {.count_max = 60};
    tau_lattice lattice;
    tau_wanted view;
    const double lo[2] = {0, 0}, hi[2] = {1, 1};
    const tau_explore_region region = {.lo = {0, 0}, .hi = {1, 1}, .pixels = {96, 96}};
    cr_assert_eq(tau_lattice_create(&lattice, lo, hi, false), TAU_STATUS_OK);
    cr_assert(tau_wanted_choose(&view, &lattice, &region, 50));
    for (int64_t j = 0; j <= 16; j++)
        for (int64_t k = 0; k <= 16; k++) put(&cache, 0, 0, k, j, 1);
    for (int64_t time = 0; time < 100; time++) {
        tau_cache_begin(&cache);
        tau_cache_touch(&cache, 0, &view);
        put(&cache, 0, 5, 16 * time + 1, 1, 2);
    }
    cr_assert_leq(cache.count, 60);
    for (int64_t j = 0; j <= 16; j++)
        for (int64_t k = 0; k <= 16; k++) cr_assert_not_null(get(&cache, 0, 0, k, j));
    tau_cache_clear(&cache);
}

Test(cache, what_is_wanted_now_stays_even_if_there_is_too_much_of_it) {
    tau_cache cache = {.count_max = 10};
    tau_cache_begin(&cache);
    for (int64_t i = 0; i < 30; i++) put(&cache, 0, 0, 16 * i + 1, 1, (double)i);
    for (int64_t i = 0; i < 30; i++) cr_assert_eq(get(&cache, 0, 0, 16 * i + 1, 1)->loss, (double)i);
    tau_cache_begin(&cache);
    for (int64_t i = 0; i < 25; i++) put(&cache, 0, 0, 16 * i + 1, 17, (double)i);
    for (int64_t i = 0; i < 25; i++) cr_assert_not_null(get(&cache, 0, 0, 16 * i + 1, 17));
    tau_cache_clear(&cache);
}
