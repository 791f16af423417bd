/* Order, progress and interruption of jobs, against a backend that counts and waits. */
#include <math.h>

#include "explore/answers.h"
#include "explore/fake.h"

static const size_t two_stages[SCENE_STAGES_MAX] = {8, 32};

static const tau_explore_job long_profile = {
    .kind = TAU_EXPLORE_JOB_PROFILE, .from = {-1, -1}, .to = {1, 1}, .count = 600};

Test(queue, answers_come_as_they_are_found_first_with_few_samples) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.delay = 200000;
    int id, answers = 0;
    size_t known = 0, samples = 0;
    succeed(tau_explore_ask(s.explore, &long_profile, &id));
    tau_explore_answer a = {0};
    for (bool finished = false; !finished;) {
        if (!tau_explore_take_answer(s.explore, &a)) {
            nap(0.001);
            continue;
        }
        answers++;
        finished = a.finished;
        size_t count = 0;
        for (size_t i = 0; i < a.count; i++) {
            if (isnan(a.loss[i])) continue;
            count++;
            const double few = fake_loss(a.coords[i][0], a.coords[i][1], 8);
            const double many = fake_loss(a.coords[i][0], a.coords[i][1], 32);
            cr_assert(a.loss[i] == many || (a.loss[i] == few && a.samples == 8));
        }
        cr_assert_geq(count, known);
        cr_assert_geq(a.samples, samples);
        known = count;
        samples = a.count ? a.samples : 0;
        tau_explore_answer_clear(&a);
    }
    cr_assert(known == 600 && samples == 32);
    cr_assert_gt(answers, 1);
    scene_destroy(&s);
}

Test(queue, the_stage_is_chosen_by_its_samples) {
    scene s = fake_explorer(two_stages, -1, 1);
    const size_t asked[] = {0, 1, 8, 31, 32, 1000}, expected[] = {32, 8, 8, 8, 32, 32};
    for (int i = 0; i < 6; i++) {
        tau_explore_job job = long_profile;
        job.count = 3, job.samples = asked[i];
        tau_explore_answer a = ask(s.explore, &job);
        cr_assert_eq(a.samples, expected[i]);
        cr_assert_eq(a.loss[1], fake_loss(0, 0, expected[i]));
        tau_explore_answer_clear(&a);
    }
    scene_destroy(&s);
}

Test(queue, jobs_come_before_tiles_and_run_while_the_picture_rests) {
    scene s = fake_explorer(two_stages, -1, 1);
    tau_explore_pause(s.explore, true);
    tau_explore_look(s.explore, &whole_plane);
    tau_explore_job job = long_profile;
    job.count = 50;
    tau_explore_answer a = ask(s.explore, &job);
    cr_assert_eq(fake.count, 100);
    cr_assert_not(wait_until_idle(s.explore).busy);
    tau_explore_pause(s.explore, false);
    look_and_wait(s.explore, &whole_plane);
    cr_assert_eq(fake.count, 100 + 2 * 17 * 17);
    tau_explore_answer_clear(&a);
    scene_destroy(&s);
}

Test(queue, a_long_job_and_the_picture_take_turns) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.delay = 50000;
    tau_explore_job job = long_profile;
    job.count = TAU_EXPLORE_JOB_POINTS_MAX;
    int id;
    succeed(tau_explore_ask(s.explore, &job, &id));
    tau_explore_look(s.explore, &whole_plane);
    tau_explore_progress progress;
    const double start = tau_progress_now();
    do {
        nap(0.005);
        tau_explore_get_progress(s.explore, &progress);
        cr_assert(progress.busy);
        require(tau_progress_now() - start < 60, "the picture starves");
    } while (progress.points_done < 2 * 17 * 17 || progress.tiles_done < progress.tiles_wanted);
    tau_explore_answer a = {0};
    cr_assert(tau_explore_take_answer(s.explore, &a));
    cr_assert_not(a.finished);
    tau_explore_answer_clear(&a);
    tau_explore_cancel_job(s.explore, id);
    cr_assert_not(wait_until_idle(s.explore).busy);
    scene_destroy(&s);
}

Test(queue, a_cancelled_job_is_never_heard_of_again) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.block = true;
    int running, queued, last;
    succeed(tau_explore_ask(s.explore, &long_profile, &running));
    succeed(tau_explore_ask(s.explore, &long_profile, &queued));
    tau_explore_job job = long_profile;
    job.count = 2;
    succeed(tau_explore_ask(s.explore, &job, &last));
    cr_assert(running > 0 && queued > running && last > queued);
    fake_wait_until_blocked();
    tau_explore_cancel_job(s.explore, queued);
    tau_explore_cancel_job(s.explore, running);
    fake.block = false;
    tau_explore_answer a = wait_for(s.explore, last);
    cr_assert(a.count == 2 && a.error[0] == 0);
    cr_assert_eq(fake.cancelled, 1);
    cr_assert_eq(fake.count, 4);
    tau_explore_answer_clear(&a);
    scene_destroy(&s);
}

Test(queue, looking_elsewhere_leaves_a_job_alone_and_another_slice_ends_it) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.block = true;
    int id;
    succeed(tau_explore_ask(s.explore, &long_profile, &id));
    fake_wait_until_blocked();
    const tau_explore_region region = region_of(5, 6, 5, 6, 96);
    tau_explore_look(s.explore, &region);
    nap(0.02);
    cr_assert_eq(fake.cancelled, 0);
    const double lo[2] = {0, 0}, hi[2] = {1, 1};
    succeed(tau_explore_set_slice(s.explore, s.slice, lo, hi));
    cr_assert_eq(fake.cancelled, 1);
    tau_explore_answer a;
    cr_assert_not(tau_explore_take_answer(s.explore, &a));
    cr_assert_not(wait_until_idle(s.explore).busy);
    scene_destroy(&s);
}

Test(queue, errors_of_the_evaluator_end_the_job_and_not_the_picture) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.fail = true;
    tau_explore_answer a = ask(s.explore, &long_profile);
    cr_assert_str_eq(a.error, "the device failed\nwhy: it was told to\nfix: do not tell it");
    cr_assert(a.finished && a.count == 600);
    fake.fail = false;
    look_and_wait(s.explore, &whole_plane);
    tau_explore_answer_clear(&a);
    scene_destroy(&s);
}

Test(queue, what_comes_into_sight_does_not_wait_for_many_samples) {
    scene s = fake_explorer(two_stages, -1, 1);
    fake.block_samples = 32;
    tau_explore_region region = whole_plane;
    tau_explore_look(s.explore, &region);
    fake_wait_until_blocked();
    cr_assert_eq(fake.count, 17 * 17);
    region.focus[0] = 0.5;
    tau_explore_look(s.explore, &region);
    nap(0.02);
    cr_assert_eq(fake.cancelled, 0, "nothing new is in sight");
    region.hi[0] = 1.5;
    tau_explore_look(s.explore, &region);
    fake_wait_until_cancelled();
    look_and_wait(s.explore, &region);
    scene_destroy(&s);
}
