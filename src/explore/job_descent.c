/* An optimiser started at a point of the slice, in the slice or among all parameters. */
#include <math.h>
#include <string.h>

#include "backend/combine.h"
#include "core/memory.h"
#include "explore/jobs.h"
#include "slice/project.h"
#include "train/optimizer.h"

static const double momentum = 0.9;

static tau_train_options options_of(const tau_explore_job *job) {
    return (tau_train_options){
        .optimizer = (tau_optimizer)job->optimizer, .rate = job->rate, .momentum = momentum};
}

static tau_status fail_not_finite(const char *what, size_t step) {
    return tau_fail(TAU_STATUS_INPUT,
                    "the optimiser stopped at step %zu" TAU_WHY "the %s is not finite" TAU_FIX
                    "lower the rate, or start elsewhere",
                    step, what);
}

/* ---- in the slice: the parameters of the optimiser are the way from the start, in orthonormal coordinates
 * ---- */

static tau_status step_in_slice(tau_running *r, tau_tangent *tangent, const tau_tangent_frame *frame,
                                tau_train_state *state, const double at[2]) {
    const tau_train_options options = options_of(&r->job);
    double slope[2], turned[2];
    TAU_TRY(tau_tangent_slope(tangent, at, slope));
    tau_tangent_turn(frame, slope, turned);
    const float gradient[2] = {(float)turned[0], (float)turned[1]};
    if (!isfinite(gradient[0]) || !isfinite(gradient[1])) return fail_not_finite("gradient", state->step);
    tau_optimizer_step(state, gradient, &options, r->job.rate);
    state->step++;
    return TAU_STATUS_OK;
}

static tau_status descend_in_slice(tau_running *r, tau_tangent *tangent, tau_train_state *state) {
    tau_tangent_frame frame;
    TAU_TRY(tau_tangent_make_frame(&frame, tangent, r->job.from));
    for (size_t step = 0;; step++) {
        const double u[2] = {state->theta[0], state->theta[1]};
        double at[2];
        tau_point point;
        tau_tangent_place(&frame, u, at);
        TAU_TRY(tau_tangent_loss(tangent, at, &point));
        TAU_TRY(tau_running_add(r, at, &point, NAN));
        if (!isfinite(point.loss)) return fail_not_finite("loss", step);
        if (step == r->job.count) return TAU_STATUS_OK;
        TAU_TRY(step_in_slice(r, tangent, &frame, state, at));
    }
}

/* ---- among all parameters ---- */

static tau_status read_theta(void *payload, size_t row, float *out) {
    const tau_train_state *state = payload;
    (void)row;
    memcpy(out, state->theta, state->theta_size * sizeof *out);
    return TAU_STATUS_OK;
}

static tau_status add_state(tau_running *r, tau_tangent *tangent, tau_train_state *state, double *loss) {
    const float *theta = state->theta, *buffers = tangent->buffers;
    const tau_rows rows = {1, state->theta_size, read_theta, state};
    tau_projection projection;
    tau_point point;
    TAU_TRY(tau_evaluator_states(tangent->evaluator, 1, &theta, &buffers, &point, NULL, tangent->cancel));
    TAU_TRY(tau_project_rows(&projection, r->slice, &rows));
    const double at[2] = {projection.coords[0], projection.coords[1]}, residual = projection.residual[0];
    tau_projection_clear(&projection);
    *loss = point.loss;
    return tau_running_add(r, at, &point, isnan(residual) ? INFINITY : residual);
}

static tau_status descend_in_full(tau_running *r, tau_tangent *tangent, tau_train_state *state, double *sum,
                                  float *gradient) {
    const tau_train_options options = options_of(&r->job);
    const tau_basis basis = tau_slice_get_basis(r->slice);
    double loss;
    (void)tau_combine_point(state->theta, tangent->buffers, &basis, r->explore->graph, r->job.from[0],
                            r->job.from[1]);
    for (size_t step = 0;; step++) {
        TAU_TRY(add_state(r, tangent, state, &loss));
        if (!isfinite(loss)) return fail_not_finite("loss", step);
        if (step == r->job.count) return TAU_STATUS_OK;
        memcpy(tangent->theta, state->theta, state->theta_size * sizeof *state->theta);
        TAU_TRY(tau_tangent_full(tangent, sum));
        for (size_t i = 0; i < state->theta_size; i++) gradient[i] = (float)sum[i];
        tau_optimizer_step(state, gradient, &options, r->job.rate);
        state->step++;
    }
}

static tau_status run_in_full(tau_running *r, tau_tangent *tangent, tau_train_state *state) {
    double *sum = NULL;
    float *gradient = NULL;
    tau_status status = TAU_ALLOC(sum, state->theta_size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(gradient, state->theta_size);
    if (status == TAU_STATUS_OK) status = descend_in_full(r, tangent, state, sum, gradient);
    tau_mem_free(sum);
    tau_mem_free(gradient);
    return status;
}

tau_status tau_running_descent(tau_running *r) {
    tau_explore *e = r->explore;
    tau_tangent tangent;
    tau_train_state *state = NULL;
    tau_status status = tau_tangent_create(&tangent, &e->stages[r->stage], e->graph, r->slice, &e->cancel);
    const size_t size = r->job.full_space ? r->slice->theta_size : 2;
    if (status == TAU_STATUS_OK) status = tau_train_state_create(&state, size, 0);
    if (status == TAU_STATUS_OK)
        status = r->job.full_space ? run_in_full(r, &tangent, state) : descend_in_slice(r, &tangent, state);
    tau_train_state_destroy(state);
    tau_tangent_clear(&tangent);
    return status;
}
