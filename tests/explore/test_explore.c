/* What is computed, when and how often, against a backend that counts. */
#include "explore/fake.h"

static const size_t one_stage[SCENE_STAGES_MAX] = {16}, three_stages[SCENE_STAGES_MAX] = {8, 16, 32};

static void assert_complete(tau_explore *explore, int stage, size_t samples) {
    tau_explore_picture p = {0};
    succeed(tau_explore_read(explore, &p));
    cr_assert_gt(p.columns, 0);
    for (size_t row = 0; row < p.rows; row++)
        for (size_t column = 0; column < p.columns; column++) {
            const size_t i = row * p.columns + column;
            cr_assert_eq(p.state[i], TAU_EXPLORE_POINT_DONE);
            cr_assert_eq(p.loss[i], fake_loss(p.alpha[column], p.beta[row], samples));
            cr_assert_eq(p.stage[i], stage);
            cr_assert_eq(p.precision[i], TAU_PRECISION_EXACT);
            cr_assert(p.loss_se[i] == 0.125 && p.accuracy[i] == 0.5);
        }
    tau_explore_picture_clear(&p);
}

Test(explore, every_point_is_computed_once_a_stage) {
    scene s = fake_explorer(three_stages, -1, 1);
    const tau_explore_region region = region_of(-1, 1, -1, 1, 300);
    look_and_wait(s.explore, &region);
    assert_complete(s.explore, 2, 32);
    cr_assert_eq(fake.count, 3 * 65 * 65);
    cr_assert_eq(fake_count_repeated(), 0);
    scene_destroy(&s);
}

Test(explore, panning_and_zooming_compute_only_what_is_new) {
    scene s = fake_explorer(three_stages, -1, 1);
    for (int i = 0; i < 12; i++) {
        const double shift = 0.11 * i, width = i % 3 == 0 ? 0.3 : i % 3 == 1 ? 1.7 : 9;
        const tau_explore_region region =
            region_of(shift - width, shift + width, -width, width, 100 + 40 * i);
        look_and_wait(s.explore, &region);
        assert_complete(s.explore, 2, 32);
    }
    cr_assert_eq(fake_count_repeated(), 0);
    const size_t before = fake.count;
    const tau_explore_region again = region_of(-0.3, 0.3, -0.3, 0.3, 100);
    look_and_wait(s.explore, &again);
    assert_complete(s.explore, 2, 32);
    cr_assert_eq(fake.count, before, "it was known");
    scene_destroy(&s);
}

Test(explore, a_line_is_one_row) {
    scene s = fake_scene(three_stages, 1);
    scene_explore(&s, -0.5, 1.5, 0);
    const tau_explore_region region = region_of(-0.5, 1.5, NAN, NAN, 700);
    look_and_wait(s.explore, &region);
    assert_complete(s.explore, 2, 32);
    tau_explore_picture p = {0};
    succeed(tau_explore_read(s.explore, &p));
    cr_assert(p.rows == 1 && p.columns == 129 && p.beta[0] == 0);
    cr_assert(p.alpha[0] == -0.5 && p.alpha[128] == 1.5 && p.alpha[32] == 0 && p.alpha[96] == 1);
    cr_assert_eq(fake_count_repeated(), 0);
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
}

Test(explore, coarse_points_come_first_and_few_samples_before_many) {
    scene s = fake_explorer(three_stages, -1, 1);
    const tau_explore_region region = region_of(-1, 1, -1, 1, 300);
    look_and_wait(s.explore, &region);
    cr_assert_eq(fake.count, 3 * 65 * 65);
    for (size_t i = 0; i < fake.count; i++) {
        cr_assert(i == 0 || fake.log[i].samples >= fake.log[i - 1].samples);
        const double k = fake.log[i].alpha + 1, j = fake.log[i].beta + 1;
        if (i < 9) cr_assert(k == floor(k) && j == floor(j), "the first picture has 3x3 points");
    }
    scene_destroy(&s);
}

Test(explore, what_is_near_the_focus_comes_first) {
    scene s = fake_explorer(one_stage, -1, 1);
    tau_explore_region region = region_of(-1, 1, -1, 1, 700);
    region.focus[0] = region.focus[1] = 0.9;
    fake.delay = 50000; /* fast points are computed in large groups */
    look_and_wait(s.explore, &region);
    double first = 0, last = 0; /* mean distance of the earlier and later half of the finest points */
    size_t count = 0, half = 0;
    for (int pass = 0; pass < 2; pass++, half = count / 2, count = 0)
        for (size_t i = 0; i < fake.count; i++) {
            const double k = (fake.log[i].alpha + 1) * 32, j = (fake.log[i].beta + 1) * 32;
            if (k == floor(k) && j == floor(j)) continue;
            if (pass)
                *(count < half ? &first : &last) += hypot(fake.log[i].alpha - 0.9, fake.log[i].beta - 0.9);
            count++;
        }
    cr_assert_lt(first, 0.7 * last);
    scene_destroy(&s);
}

/* Of the plane over [0, 1]², 5 x 5 points of 17 x 17 are known: the others are previews. */
static tau_explore_picture read_preview(const scene *s) {
    tau_explore_region region = region_of(0, 1, 0, 1, 24);
    look_and_wait(s->explore, &region);
    tau_explore_pause(s->explore, true);
    region.pixels[0] = region.pixels[1] = 96;
    tau_explore_look(s->explore, &region);
    tau_explore_picture p = {0};
    succeed(tau_explore_read(s->explore, &p));
    return p;
}

Test(explore, previews_are_bilinear_until_points_are_there) {
    scene s = fake_explorer(one_stage, 0, 1);
    tau_explore_picture p = read_preview(&s);
    cr_assert(p.columns == 17 && p.rows == 17);
    for (size_t row = 0; row < 17; row++)
        for (size_t column = 0; column < 17; column++) {
            const size_t i = row * 17 + column;
            const bool known = row % 4 == 0 && column % 4 == 0;
            const double x0 = floor(p.alpha[column] * 4) / 4, y0 = floor(p.beta[row] * 4) / 4;
            const double tx = (p.alpha[column] - x0) * 4, ty = (p.beta[row] - y0) * 4;
            const double expected =
                (1 - ty) * ((1 - tx) * fake_loss(x0, y0, 16) + tx * fake_loss(x0 + 0.25, y0, 16)) +
                ty * ((1 - tx) * fake_loss(x0, y0 + 0.25, 16) + tx * fake_loss(x0 + 0.25, y0 + 0.25, 16));
            cr_assert_eq(p.state[i], known ? TAU_EXPLORE_POINT_DONE : TAU_EXPLORE_POINT_PREVIEW);
            cr_assert_float_eq(p.loss[i], expected, 1e-12);
            cr_assert_eq(p.precision[i], known ? TAU_PRECISION_EXACT : TAU_PRECISION_NONE);
        }
    cr_assert_not(wait_until_idle(s.explore).busy, "a pause ends the work");
    tau_explore_pause(s.explore, false);
    wait_until_idle(s.explore);
    assert_complete(s.explore, 0, 16);
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
}

Test(explore, losses_that_are_not_finite_are_kept_and_travel_into_previews) {
    fake.hostile = true;
    scene s = fake_explorer(one_stage, 0, 1);
    tau_explore_picture p = read_preview(&s);
    for (size_t row = 0; row < 17; row++)
        for (size_t column = 0; column < 17; column++) {
            const double loss = p.loss[row * 17 + column];
            const int state = p.state[row * 17 + column];
            cr_assert_eq(state == TAU_EXPLORE_POINT_NOT_FINITE,
                         row % 4 == 0 && column % 4 == 0 && (row > 8 || column > 8));
            if (column > 8)
                cr_assert(isnan(loss));
            else
                cr_assert(row > 8 ? isinf(loss) : isfinite(loss), "%zu %zu", row, column);
        }
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
}

Test(explore, nothing_is_known_before_anything_was_computed) {
    scene s = fake_explorer(one_stage, -1, 1);
    tau_explore_picture p = {0};
    succeed(tau_explore_read(s.explore, &p));
    cr_assert(p.columns == 0 && p.rows == 0);
    tau_explore_pause(s.explore, true);
    tau_explore_look(s.explore, &whole_plane);
    succeed(tau_explore_read(s.explore, &p));
    cr_assert_eq(p.columns, 17);
    for (size_t i = 0; i < p.columns * p.rows; i++)
        cr_assert(p.state[i] == TAU_EXPLORE_POINT_UNKNOWN && isnan(p.loss[i]) && isnan(p.accuracy[i]));
    cr_assert_eq(fake.calls, 0);
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
}

Test(explore, looking_elsewhere_cancels_what_is_no_longer_wanted) {
    scene s = fake_explorer(one_stage, -1, 1);
    tau_explore_region region = whole_plane;
    look_until_blocked(s.explore, &region);
    region.focus[0] = 0.1;
    tau_explore_look(s.explore, &region);
    nap(0.05);
    cr_assert_eq(fake.cancelled, 0, "it is wanted still");
    region = region_of(50, 51, 50, 51, 96);
    tau_explore_look(s.explore, &region);
    fake_wait_until_cancelled();
    wait_until_idle(s.explore);
    assert_complete(s.explore, 0, 16);
    for (size_t i = 0; i < fake.count; i++) cr_assert_geq(fake.log[i].alpha, 49);
    scene_destroy(&s);
}

Test(explore, a_pause_and_a_farewell_cancel_too) {
    scene s = fake_explorer(one_stage, -1, 1);
    look_until_blocked(s.explore, &whole_plane);
    tau_explore_pause(s.explore, true);
    wait_until_idle(s.explore);
    cr_assert_eq(fake.cancelled, 1);
    fake.blocked = 0;
    tau_explore_pause(s.explore, false);
    fake_wait_until_blocked();
    scene_destroy(&s);
    cr_assert_eq(fake.cancelled, 2);
}

Test(explore, errors_of_the_evaluator_are_told_until_one_tries_again) {
    scene s = fake_explorer(one_stage, -1, 1);
    fake.fail = true;
    const uint64_t before = tau_explore_get_version(s.explore);
    tau_explore_look(s.explore, &whole_plane);
    const tau_explore_progress progress = wait_until_idle(s.explore);
    cr_assert_str_eq(progress.error, "the device failed\nwhy: it was told to\nfix: do not tell it");
    cr_assert_eq(fake.calls, 1, "it does not try for ever");
    cr_assert_gt(tau_explore_get_version(s.explore), before);
    tau_explore_look(s.explore, &whole_plane);
    cr_assert_not(wait_until_idle(s.explore).busy);
    cr_assert_eq(fake.calls, 1, "nor whenever the same is looked at");
    fake.fail = false;
    const tau_explore_region other = region_of(-1, 0.5, -1, 1, 96);
    look_and_wait(s.explore, &other);
    assert_complete(s.explore, 0, 16);
    fake.fail = true;
    tau_explore_look(s.explore, &whole_plane);
    cr_assert_neq(wait_until_idle(s.explore).error[0], 0);
    fake.fail = false;
    tau_explore_pause(s.explore, false);
    look_and_wait(s.explore, &whole_plane);
    assert_complete(s.explore, 0, 16);
    scene_destroy(&s);
}

Test(explore, the_cache_keeps_its_bound_and_evicted_points_come_back_the_same) {
    enum { POINTS = 40000 };
    scene s = fake_scene(three_stages, 2);
    scene_explore(&s, -1, 1, POINTS);
    for (int i = 0; i < 40; i++) {
        const tau_explore_region region = region_of(i, i + 2, -1, 1, 200);
        tau_explore_look(s.explore, &region);
        wait_until_idle(s.explore);
        tau_explore_progress progress;
        tau_explore_get_progress(s.explore, &progress);
        cr_assert_leq(progress.cached_points, POINTS);
        assert_complete(s.explore, 2, 32);
    }
    const size_t before = fake.count;
    const tau_explore_region first = region_of(0, 2, -1, 1, 200);
    look_and_wait(s.explore, &first);
    cr_assert_gt(fake.count, before);
    assert_complete(s.explore, 2, 32);
    scene_destroy(&s);
}

Test(explore, a_huge_window_is_bounded_by_the_cache) {
    scene s = fake_scene(one_stage, 2);
    scene_explore(&s, -1, 1, 50000);
    const tau_explore_region region = region_of(-1, 1, -1, 1, 2000000000);
    look_and_wait(s.explore, &region);
    tau_explore_progress progress;
    tau_explore_get_progress(s.explore, &progress);
    cr_assert(progress.cached_points <= 50000 && progress.points_done >= 10000);
    assert_complete(s.explore, 0, 16);
    scene_destroy(&s);
}

Test(explore, another_slice_forgets_everything) {
    scene s = fake_explorer(three_stages, -1, 1);
    look_and_wait(s.explore, &whole_plane);
    tau_slice *line = scene_make_plane(&s, 1, 1);
    const double lo[2] = {0, NAN}, hi[2] = {1, NAN};
    const int bases = fake.bases;
    succeed(tau_explore_set_slice(s.explore, line, lo, hi));
    cr_assert_eq(fake.bases, bases + 3);
    tau_explore_picture p = {0};
    succeed(tau_explore_read(s.explore, &p));
    cr_assert_eq(p.columns, 0);
    look_and_wait(s.explore, &whole_plane);
    succeed(tau_explore_read(s.explore, &p));
    cr_assert(p.rows == 1 && p.columns == 17);
    assert_complete(s.explore, 2, 32);
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
    tau_slice_destroy(line);
}

Test(explore, another_slice_does_not_wait_for_what_is_under_way) {
    scene s = fake_explorer(one_stage, -1, 1);
    look_until_blocked(s.explore, &whole_plane);
    const double lo[2] = {0, 0}, hi[2] = {1, 1};
    succeed(tau_explore_set_slice(s.explore, s.slice, lo, hi));
    cr_assert_eq(fake.cancelled, 1);
    fake.block = false;
    wait_until_idle(s.explore);
    cr_assert_eq(fake.count, 0);
    scene_destroy(&s);
}

Test(explore, a_slice_that_is_refused_is_told) {
    scene s = fake_explorer(one_stage, -1, 1);
    const double lo[2] = {0, 0}, hi[2] = {1, 1};
    cr_assert_eq(tau_explore_set_slice(s.explore, s.slice, hi, lo), TAU_STATUS_USAGE);
    look_and_wait(s.explore, &whole_plane);
    assert_complete(s.explore, 0, 16);
    fake.fail = true;
    cr_assert_eq(tau_explore_set_slice(s.explore, s.slice, lo, hi), TAU_STATUS_DEVICE);
    cr_assert_str_eq(tau_error_last()->what, "the device takes no basis");
    fake.fail = false;
    const int calls = fake.calls;
    tau_explore_look(s.explore, &whole_plane);
    cr_assert_not(wait_until_idle(s.explore).busy);
    cr_assert_eq(fake.calls, calls);
    succeed(tau_explore_set_slice(s.explore, s.slice, lo, hi));
    look_and_wait(s.explore, &whole_plane);
    assert_complete(s.explore, 0, 16);
    scene_destroy(&s);
}

static tau_status create(const scene *s, const tau_explore_stage *stages, int count, double lo, double hi) {
    tau_explore *explore = (tau_explore *)s;
    const tau_explore_options options = {.stages = stages,
                                         .stage_count = count,
                                         .graph = s->model->graph,
                                         .slice = s->slice,
                                         .lo = {lo, lo},
                                         .hi = {hi, hi}};
    tau_status status = tau_explore_create(&explore, &options);
    cr_assert_eq(status == TAU_STATUS_OK, explore != NULL);
    tau_explore_destroy(explore);
    return status;
}

Test(explore, options_that_make_no_sense_are_refused) {
    scene s = fake_scene(three_stages, 2);
    const tau_explore_stage falling[2] = {s.stages[1], s.stages[0]};
    const tau_explore_stage missing[1] = {{NULL, 8}};
    cr_expect_eq(create(&s, s.stages, 3, -1, 1), TAU_STATUS_OK);
    cr_expect_eq(create(&s, s.stages, 0, -1, 1), TAU_STATUS_USAGE);
    cr_expect_eq(create(&s, s.stages, 1000, -1, 1), TAU_STATUS_USAGE);
    cr_expect_eq(create(&s, falling, 2, -1, 1), TAU_STATUS_USAGE);
    cr_expect_eq(create(&s, missing, 1, -1, 1), TAU_STATUS_USAGE);
    cr_expect_eq(create(&s, s.stages, 3, 1, -1), TAU_STATUS_USAGE);
    cr_expect_eq(create(&s, s.stages, 3, NAN, 1), TAU_STATUS_USAGE);
    fake.fail = true;
    cr_expect_eq(create(&s, s.stages, 3, -1, 1), TAU_STATUS_DEVICE);
    scene_destroy(&s);
}

Test(explore, regions_that_cannot_be_looked_at_change_nothing) {
    scene s = fake_explorer(one_stage, -1, 1);
    look_and_wait(s.explore, &whole_plane);
    const uint64_t before = tau_explore_get_version(s.explore);
    const double bad[][2] = {{NAN, 1}, {1, INFINITY}, {1, 1}, {2, 1}, {-1e300, 1e300}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const tau_explore_region region = region_of(bad[i][0], bad[i][1], 0, 1, 96);
        tau_explore_look(s.explore, &region);
    }
    cr_assert_eq(tau_explore_get_version(s.explore), before);
    assert_complete(s.explore, 0, 16);
    scene_destroy(&s);
}

static atomic_int woken;

static void count_wake(void *payload) {
    *(atomic_int *)payload += 1;
}

Test(explore, progress_counts_wakes_and_knows_the_time_left) {
    scene s = fake_scene(three_stages, 2);
    const tau_explore_options options = {.stages = s.stages,
                                         .stage_count = 3,
                                         .graph = s.model->graph,
                                         .slice = s.slice,
                                         .lo = {-1, -1},
                                         .hi = {1, 1},
                                         .wake = count_wake,
                                         .payload = &woken};
    succeed(tau_explore_create(&s.explore, &options));
    fake.delay = 100000;
    const tau_explore_region region = region_of(-1, 1, -1, 1, 180);
    const uint64_t before = tau_explore_get_version(s.explore);
    tau_explore_look(s.explore, &region);
    tau_explore_progress now, last = {0};
    int estimates = 0;
    for (tau_explore_get_progress(s.explore, &now); now.busy; tau_explore_get_progress(s.explore, &now)) {
        cr_assert_geq(now.points_done, last.points_done);
        cr_assert_leq(now.points_done, now.points_wanted);
        cr_assert_leq(now.tiles_done, now.tiles_wanted);
        cr_assert_eq(now.samples_total, 32);
        cr_assert_geq(now.samples, last.samples);
        if (now.points_done > 0 && !isnan(now.seconds_left)) {
            estimates++; /* a point takes as long as it is told to, or longer */
            cr_assert_geq(now.seconds_left, 0.99e-4 * (double)(now.points_wanted - now.points_done));
            cr_assert_lt(now.seconds_left, 1000);
        }
        last = now;
        nap(0.001);
    }
    cr_assert_gt(estimates, 0);
    cr_assert(now.points_done == 3 * 33 * 33 && now.points_wanted == 3 * 33 * 33);
    cr_assert_eq(now.samples, 32);
    cr_assert_eq(now.seconds_left, 0);
    cr_assert_gt(woken, 0);
    cr_assert_gt(tau_explore_get_version(s.explore), before + 3);
    scene_destroy(&s);
}

Test(explore, looking_at_the_same_changes_nothing) {
    scene s = fake_explorer(one_stage, -1, 1);
    tau_explore_region region = whole_plane;
    look_and_wait(s.explore, &region);
    const uint64_t before = tau_explore_get_version(s.explore);
    for (int i = 0; i < 5; i++) tau_explore_look(s.explore, &region);
    region.focus[0] = region.focus[1] = 0.5;
    look_and_wait(s.explore, &region);
    cr_assert_eq(tau_explore_get_version(s.explore), before);
    cr_assert_eq(fake.count, 17 * 17);
    scene_destroy(&s);
}

/* Samples must not make bumps: inside 4x4 cells all known points are of one stage. */
Test(explore, stages_do_not_mix_inside_a_patch) {
    scene s = fake_explorer(three_stages, -1, 1);
    fake.delay = 100000;
    const tau_explore_region region = region_of(-1, 1, -1, 1, 180);
    tau_explore_look(s.explore, &region);
    tau_explore_picture p = {0};
    tau_explore_progress progress;
    size_t mixed = 0;
    do {
        succeed(tau_explore_read(s.explore, &p));
        uint8_t least = 2, most = 0;
        for (size_t row = 0; row < p.rows; row++)
            for (size_t column = 0; column < p.columns; column++) {
                const size_t i = row * p.columns + column, patch = (row & ~3u) * p.columns + (column & ~3u);
                if (row < 32 && column < 32) cr_assert_eq(p.stage[i], p.stage[patch]);
                if (p.stage[i] < least) least = p.stage[i];
                if (p.stage[i] > most) most = p.stage[i];
            }
        mixed += most > least;
        nap(0.002);
        tau_explore_get_progress(s.explore, &progress);
    } while (progress.busy);
    cr_assert_gt(mixed, 0, "patches change one by one");
    tau_explore_picture_clear(&p);
    scene_destroy(&s);
}

Test(explore, a_slice_of_another_network_is_refused) {
    scene s = fake_explorer(one_stage, -1, 1);
    tau_model *other;
    tau_slice *slice;
    succeed(tau_model_builtin(&other, "mlp:2-3-2", 1));
    succeed(tau_slice_create_plane(&slice, other->graph, (tau_state_view){other->theta, other->buffers},
                                   other->theta, NULL));
    const double lo[2] = {0, 0}, hi[2] = {1, 1};
    cr_assert_eq(tau_explore_set_slice(s.explore, slice, lo, hi), TAU_STATUS_SHAPE);
    tau_slice_destroy(slice);
    tau_model_destroy(other);
    scene_destroy(&s);
}

Test(explore, fast_points_are_computed_many_at_a_time) {
    scene s = fake_explorer(one_stage, -1, 1);
    const tau_explore_region region = region_of(-1, 1, -1, 1, 1400);
    look_and_wait(s.explore, &region);
    cr_assert_eq(fake.count, 257 * 257);
    cr_assert_lt(fake.calls, 200, "%d calls", (int)fake.calls);
    scene_destroy(&s);
}
