/* Jobs against closed forms: the quadratic bowl of a linear network. */
#include <math.h>

#include "explore/answers.h"
#include "sweep/bowl.h"
#include "train/train.h"

static const double noise = 0.25;

typedef struct fixture {
    bowl b;
    tau_slice *slice;
    tau_explore *explore;
} fixture;

static fixture fixture_create(const float delta[2], const float *eta) {
    fixture f = {.b = bowl_create(noise, 2)};
    const tau_state_view centre = {f.b.model->theta, f.b.model->buffers};
    succeed(tau_slice_create_plane(&f.slice, f.b.model->graph, centre, delta, eta));
    const tau_explore_stage stage = {f.b.evaluator, BOWL_SAMPLES};
    const tau_explore_options options = {.stages = &stage,
                                         .stage_count = 1,
                                         .graph = f.b.model->graph,
                                         .slice = f.slice,
                                         .lo = {-1, -1},
                                         .hi = {1, 1}};
    succeed(tau_explore_create(&f.explore, &options));
    return f;
}

static void fixture_destroy(fixture *f) {
    tau_explore_destroy(f->explore);
    tau_slice_destroy(f->slice);
    bowl_destroy(&f->b);
}

static void slope_of_bowl(double w, double b, double out[2]) {
    out[0] = out[1] = 0;
    for (int i = 0; i < BOWL_SAMPLES; i++) {
        const double error = w * bowl_x[i] + b - bowl_target(i, noise);
        out[0] += 2 * error * bowl_x[i] / BOWL_SAMPLES;
        out[1] += 2 * error / BOWL_SAMPLES;
    }
}

/* The least squares of the bowl. */
static void bowl_minimum(double *w, double *b) {
    double sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int i = 0; i < BOWL_SAMPLES; i++) {
        const double x = bowl_x[i], y = bowl_target(i, noise);
        sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    *w = (BOWL_SAMPLES * sxy - sx * sy) / (BOWL_SAMPLES * sxx - sx * sx);
    *b = (sy - *w * sx) / BOWL_SAMPLES;
}

static const float unit_w[2] = {1, 0}, unit_b[2] = {0, 1}, oblique[2] = {2, 0}, slanted[2] = {1, 0.5f};

Test(jobs, a_profile_is_exact_at_every_point) {
    fixture f = fixture_create(unit_w, unit_b);
    const double ends[][4] = {{-1, -0.5, 0.7, 2}, {-3, 0.5, 3, 0.5}, {0.25, 4, 0.25, -4}};
    for (size_t e = 0; e < 3; e++) {
        const tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_PROFILE,
                                                                       .from = {ends[e][0], ends[e][1]},
                                                                       .to = {ends[e][2], ends[e][3]},
                                                                       .count = 301});
        cr_assert(a.count == 301 && a.samples == BOWL_SAMPLES && a.error[0] == 0);
        cr_assert(a.coords[0][0] == ends[e][0] && a.coords[0][1] == ends[e][1]);
        cr_assert(a.coords[300][0] == ends[e][2] && a.coords[300][1] == ends[e][3]);
        for (size_t i = 0; i < a.count; i++) {
            cr_assert_float_eq(a.coords[i][0], ends[e][0] + (ends[e][2] - ends[e][0]) * (double)i / 300,
                               1e-12);
            cr_assert_float_eq(a.loss[i], bowl_loss(2 + a.coords[i][0], 1 + a.coords[i][1], noise), 1e-5);
            cr_assert(a.loss_se[i] > 0);
        }
        tau_explore_answer_clear((tau_explore_answer *)&a);
    }
    fixture_destroy(&f);
}

Test(jobs, profiles_of_any_length_are_complete) {
    fixture f = fixture_create(unit_w, unit_b);
    for (size_t count = 1; count < 40; count++) {
        tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_PROFILE,
                                                                 .from = {-1, 1},
                                                                 .to = {1, count % 2 ? 1 : 0},
                                                                 .count = count});
        cr_assert_eq(a.count, count);
        for (size_t i = 0; i < count; i++) cr_assert(isfinite(a.loss[i]), "%zu of %zu", i, count);
        tau_explore_answer_clear(&a);
    }
    fixture_destroy(&f);
}

Test(jobs, arrows_are_the_gradient_of_the_bowl_in_the_slice) {
    fixture f = fixture_create(oblique, slanted);
    tau_explore_answer a =
        ask(f.explore,
            &(tau_explore_job){.kind = TAU_EXPLORE_JOB_ARROWS, .from = {-1, -2}, .to = {1, 3}, .count = 6});
    cr_assert(a.count == 36 && a.error[0] == 0);
    cr_assert(a.coords[0][0] == -1 && a.coords[35][1] == 3);
    for (size_t i = 0; i < a.count; i++) {
        double slope[2];
        const double w = 2 + 2 * a.coords[i][0] + a.coords[i][1], b = 1 + 0.5 * a.coords[i][1];
        slope_of_bowl(w, b, slope);
        cr_assert_float_eq(a.loss[i], bowl_loss(w, b, noise), 1e-5);
        cr_assert_float_eq(a.vector[i][0], 2 * slope[0], 1e-4);
        cr_assert_float_eq(a.vector[i][1], slope[0] + 0.5 * slope[1], 1e-4);
    }
    tau_explore_answer_clear(&a);
    fixture_destroy(&f);
}

Test(jobs, the_minimum_is_that_of_least_squares) {
    const double starts[][2] = {{0.3, 0.4}, {-5, 8}, {100, -300}};
    for (int skew = 0; skew < 2; skew++) {
        fixture f = skew ? fixture_create(oblique, slanted) : fixture_create(unit_w, unit_b);
        for (size_t s = 0; s < 3; s++) {
            double w, b;
            bowl_minimum(&w, &b);
            tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_MINIMUM,
                                                                     .from = {starts[s][0], starts[s][1]}});
            cr_assert(a.error[0] == 0 && a.count >= 2 && a.count <= 101, "%zu: %s", a.count, a.error);
            const double alpha = a.coords[a.count - 1][0], beta = a.coords[a.count - 1][1];
            const double found_w = skew ? 2 + 2 * alpha + beta : 2 + alpha,
                         found_b = skew ? 1 + 0.5 * beta : 1 + beta;
            cr_expect_float_eq(found_w, w, 1e-4, "from %g: %g, not %g", starts[s][0], found_w, w);
            cr_expect_float_eq(found_b, b, 1e-4);
            cr_expect_float_eq(a.loss[a.count - 1], bowl_loss(w, b, noise), 1e-6);
            for (size_t i = 1; i < a.count; i++) cr_expect_lt(a.loss[i], a.loss[i - 1]);
            tau_explore_answer_clear(&a);
        }
        fixture_destroy(&f);
    }
}

Test(jobs, the_minimum_of_a_line_stays_on_it) {
    fixture f = fixture_create(slanted, NULL);
    tau_explore_answer a =
        ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_MINIMUM, .from = {7, 123}, .count = 50});
    double slope[2];
    const double alpha = a.coords[a.count - 1][0];
    cr_assert_eq(a.coords[a.count - 1][1], 0);
    slope_of_bowl(2 + alpha, 1 + 0.5 * alpha, slope);
    cr_assert_float_eq(slope[0] + 0.5 * slope[1], 0, 1e-4);
    tau_explore_answer_clear(&a);
    fixture_destroy(&f);
}

/* A plane of all parameters: descent in the slice, whatever its axes, is descent in parameter space. */
static void check_descent(bool full_space) {
    fixture f = fixture_create(oblique, slanted);
    tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_DESCENT,
                                                             .from = {1, -2},
                                                             .count = 30,
                                                             .optimizer = TAU_OPTIMIZER_SGD,
                                                             .rate = 0.1,
                                                             .full_space = full_space});
    cr_assert(a.count == 31 && a.error[0] == 0, "%zu %s", a.count, a.error);
    cr_assert_eq(a.residual != NULL, full_space);
    double w = 2 + 2 * 1 - 2, b = 1 - 1;
    for (size_t i = 0; i < a.count; i++) {
        double slope[2];
        cr_assert_float_eq(2 + 2 * a.coords[i][0] + a.coords[i][1], w, 1e-5);
        cr_assert_float_eq(1 + 0.5 * a.coords[i][1], b, 1e-5);
        cr_assert_float_eq(a.loss[i], bowl_loss(w, b, noise), 1e-5);
        if (full_space) cr_assert_lt(a.residual[i], 1e-6);
        slope_of_bowl(w, b, slope);
        w -= 0.1 * slope[0];
        b -= 0.1 * slope[1];
    }
    tau_explore_answer_clear(&a);
    fixture_destroy(&f);
}

Test(jobs, descent_in_a_plane_of_all_parameters_is_gradient_descent) {
    check_descent(false);
}

Test(jobs, descent_in_full_space_is_gradient_descent) {
    check_descent(true);
}

Test(jobs, descent_on_a_line_is_projected_and_full_space_leaves_it) {
    fixture f = fixture_create(slanted, NULL);
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_DESCENT, .from = {3, 0}, .count = 5, .rate = 0.1};
    tau_explore_answer a = ask(f.explore, &job);
    double alpha = 3;
    for (size_t i = 0; i < a.count; i++) {
        double slope[2];
        cr_assert_float_eq(a.coords[i][0], alpha, 1e-5);
        slope_of_bowl(2 + alpha, 1 + 0.5 * alpha, slope);
        alpha -= 0.1 * (slope[0] + 0.5 * slope[1]) / 1.25;
    }
    tau_explore_answer_clear(&a);
    job.full_space = true;
    a = ask(f.explore, &job);
    double w = 2 + 3, b = 1 + 1.5;
    for (size_t i = 0; i < a.count; i++) {
        double slope[2];
        const double along = ((w - 2) + 0.5 * (b - 1)) / 1.25;
        cr_assert_float_eq(a.coords[i][0], along, 1e-5);
        cr_assert_float_eq(a.residual[i], hypot(w - 2 - along, b - 1 - 0.5 * along), 1e-5);
        cr_assert_float_eq(a.loss[i], bowl_loss(w, b, noise), 1e-5);
        slope_of_bowl(w, b, slope);
        w -= 0.1 * slope[0];
        b -= 0.1 * slope[1];
    }
    cr_assert_gt(a.residual[5], 0.01);
    tau_explore_answer_clear(&a);
    fixture_destroy(&f);
}

Test(jobs, every_optimiser_goes_down) {
    fixture f = fixture_create(oblique, slanted);
    for (int optimizer = TAU_OPTIMIZER_SGD; optimizer <= TAU_OPTIMIZER_RMSPROP; optimizer++)
        for (int full = 0; full < 2; full++) {
            tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_DESCENT,
                                                                     .from = {1, 1},
                                                                     .count = 200,
                                                                     .optimizer = optimizer,
                                                                     .rate = 0.02,
                                                                     .full_space = full});
            cr_expect(a.error[0] == 0 && a.count == 201);
            cr_expect_lt(a.loss[200], 0.3 * a.loss[0], "%d", optimizer);
            if (optimizer == TAU_OPTIMIZER_ADAM && full) {
                const double w = 2 * (a.coords[1][0] - 1) + (a.coords[1][1] - 1),
                             b = 0.5 * (a.coords[1][1] - 1);
                cr_expect(fabs(fabs(w) - 0.02) < 1e-5 && fabs(fabs(b) - 0.02) < 1e-5,
                          "its first step is the rate");
            }
            tau_explore_answer_clear(&a);
        }
    fixture_destroy(&f);
}

Test(jobs, a_line_between_states_and_a_radial_plane_have_ways_down) {
    fixture f = fixture_create(unit_w, unit_b);
    const float start[2] = {-1, 3};
    const tau_state_view from = {start, f.b.model->buffers}, to = {f.b.model->theta, f.b.model->buffers};
    tau_slice *line, *radial;
    succeed(tau_slice_create_line(&line, f.b.model->graph, from, to, false));
    succeed(tau_slice_create_radial(&radial, f.b.model->graph, to, TAU_TRANSFORM_RADIAL));
    const double lo[2] = {-1, -1}, hi[2] = {2, 2};
    succeed(tau_explore_set_slice(f.explore, line, lo, hi));
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_MINIMUM, .from = {0, 0}};
    tau_explore_answer a = ask(f.explore, &job);
    double slope[2], t = a.coords[a.count - 1][0];
    slope_of_bowl(-1 + 3 * t, 3 - 2 * t, slope);
    cr_expect_float_eq(3 * slope[0] - 2 * slope[1], 0, 1e-4);
    tau_explore_answer_clear(&a);
    succeed(tau_explore_set_slice(f.explore, radial, lo, hi));
    job.from[0] = 0.2, job.from[1] = 0.5;
    a = ask(f.explore, &job);
    t = a.coords[a.count - 1][0] * 1.5;
    cr_expect_eq(a.coords[a.count - 1][1], 0.5);
    slope_of_bowl(2 * t, t, slope);
    cr_expect_float_eq(2 * slope[0] + slope[1], 0, 1e-4);
    tau_explore_answer_clear(&a);
    job = (tau_explore_job){.kind = TAU_EXPLORE_JOB_ARROWS, .from = {0.5, 0}, .to = {1.5, 1}, .count = 3};
    a = ask(f.explore, &job);
    for (size_t i = 0; i < a.count; i++) {
        const double alpha = a.coords[i][0], beta = a.coords[i][1], s = alpha * (1 + beta);
        slope_of_bowl(2 * s, s, slope);
        cr_expect_float_eq(a.vector[i][0], (1 + beta) * (2 * slope[0] + slope[1]), 1e-4);
        cr_expect_float_eq(a.vector[i][1], alpha * (2 * slope[0] + slope[1]), 1e-4);
    }
    tau_explore_answer_clear(&a);
    fixture_destroy(&f);
    tau_slice_destroy(line);
    tau_slice_destroy(radial);
}

Test(jobs, an_optimiser_that_flies_away_says_so) {
    fixture f = fixture_create(unit_w, unit_b);
    for (int full = 0; full < 2; full++) {
        tau_explore_answer a = ask(f.explore, &(tau_explore_job){.kind = TAU_EXPLORE_JOB_DESCENT,
                                                                 .from = {1, 1},
                                                                 .count = 100000,
                                                                 .rate = 1e6,
                                                                 .full_space = full});
        cr_expect(a.finished && strstr(a.error, "is not finite\nfix: lower the rate"), "%s", a.error);
        cr_expect(a.count > 1 && a.count < 100, "%zu", a.count);
        cr_expect(isfinite(a.loss[0]));
        tau_explore_answer_clear(&a);
    }
    fixture_destroy(&f);
}

Test(jobs, losses_that_are_not_finite_end_in_errors_or_numbers) {
    fixture f = fixture_create(unit_w, unit_b);
    f.b.samples->inputs[0] = INFINITY;
    for (int kind = TAU_EXPLORE_JOB_PROFILE; kind <= TAU_EXPLORE_JOB_ARROWS; kind++) {
        tau_explore_answer a = ask(
            f.explore,
            &(tau_explore_job){
                .kind = (tau_explore_job_kind)kind, .from = {1, 1}, .to = {2, 2}, .count = 4, .rate = 0.1});
        const bool moves = kind == TAU_EXPLORE_JOB_DESCENT || kind == TAU_EXPLORE_JOB_MINIMUM;
        cr_expect_eq(a.error[0] != 0, moves, "%d: %s", kind, a.error);
        cr_expect(moves || a.count > 0, "%d", kind);
        for (size_t i = 0; i < a.count; i++) cr_expect_not(isfinite(a.loss[i]));
        tau_explore_answer_clear(&a);
    }
    fixture_destroy(&f);
}

Test(jobs, axes_along_which_nothing_moves_are_told) {
    static const float nothing[2] = {0, 0}, twice[2] = {2, 0};
    fixture zero = fixture_create(unit_w, nothing), parallel = fixture_create(unit_w, twice);
    const tau_explore_job job = {.kind = TAU_EXPLORE_JOB_MINIMUM};
    tau_explore_answer a = ask(zero.explore, &job), b = ask(parallel.explore, &job);
    cr_expect(strstr(a.error, "parallel, zero or not finite"), "%s", a.error);
    cr_expect(strstr(b.error, "parallel, zero or not finite"), "%s", b.error);
    tau_explore_answer_clear(&a);
    tau_explore_answer_clear(&b);
    fixture_destroy(&zero);
    fixture_destroy(&parallel);
}

Test(jobs, what_makes_no_sense_is_refused) {
    fixture f = fixture_create(unit_w, unit_b);
    const tau_explore_job bad[] = {
        {.kind = (tau_explore_job_kind)17, .count = 1},
        {.kind = TAU_EXPLORE_JOB_PROFILE, .count = 0},
        {.kind = TAU_EXPLORE_JOB_PROFILE, .count = SIZE_MAX},
        {.kind = TAU_EXPLORE_JOB_PROFILE, .count = 5, .to = {NAN, 0}},
        {.kind = TAU_EXPLORE_JOB_MINIMUM, .from = {INFINITY, 0}},
        {.kind = TAU_EXPLORE_JOB_ARROWS, .count = TAU_EXPLORE_ARROWS_MAX + 1},
        {.kind = TAU_EXPLORE_JOB_DESCENT, .count = 5, .rate = 0},
        {.kind = TAU_EXPLORE_JOB_DESCENT, .count = 5, .rate = NAN},
        {.kind = TAU_EXPLORE_JOB_DESCENT, .count = 5, .rate = 1, .optimizer = 99},
        {.kind = TAU_EXPLORE_JOB_DESCENT, .count = 5, .rate = 1, .optimizer = -1},
    };
    int id = 5;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(tau_explore_ask(f.explore, &bad[i], &id), TAU_STATUS_USAGE, "job %zu", i);
        cr_expect_eq(id, 0);
    }
    tau_explore_answer none;
    cr_assert_not(tau_explore_take_answer(f.explore, &none));
    tau_explore_cancel_job(f.explore, 0);
    tau_explore_cancel_job(f.explore, 12345);
    fixture_destroy(&f);
}
