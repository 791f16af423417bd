/** Waits for the answers of jobs. */
#ifndef TAU_TESTS_EXPLORE_ANSWERS_H
#define TAU_TESTS_EXPLORE_ANSWERS_H

#include <criterion/criterion.h>

#include "explore/scene.h"

/* The last answer of a job. */
static inline tau_explore_answer wait_for(tau_explore *explore, int id) {
    tau_explore_answer answer;
    const double start = tau_progress_now();
    while (tau_progress_now() - start < 60) {
        if (!tau_explore_take_answer(explore, &answer)) {
            nap(0.001);
            continue;
        }
        cr_assert_eq(answer.id, id);
        if (answer.finished) return answer;
        tau_explore_answer_clear(&answer);
    }
    cr_assert_fail("no answer");
    return answer;
}

static inline tau_explore_answer ask(tau_explore *explore, const tau_explore_job *job) {
    int id;
    succeed(tau_explore_ask(explore, job, &id));
    return wait_for(explore, id);
}

#endif
