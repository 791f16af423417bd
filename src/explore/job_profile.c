/* The exact profile along a segment, and arrows: points evaluated where they are. */
#include <math.h>

#include "core/memory.h"
#include "core/progress.h"
#include "explore/jobs.h"

/* Seconds for which a row of points is computed at once. */
static const double row_seconds = 0.05;
enum { ROW_POINTS = 256 };

static double place(double from, double to, size_t i, size_t n) {
    if (n == 1 || i == 0) return from;
    if (i == n - 1) return to;
    return (from * (double)(n - 1 - i) + to * (double)i) / (double)(n - 1);
}

/* Evaluates points index[0..count-1]: at once where they stand in one row or column, otherwise one by one. */
static tau_status evaluate(tau_running *r, int stage, const size_t *index, size_t count) {
    tau_explore *e = r->explore;
    tau_explore_answer *a = &r->answer;
    const bool row = r->job.from[1] == r->job.to[1], column = !row && r->job.from[0] == r->job.to[0];
    double alpha[ROW_POINTS], beta[ROW_POINTS];
    tau_point points[ROW_POINTS];
    for (size_t i = 0; i < count; i++) {
        alpha[i] = a->coords[index[i]][0];
        beta[i] = a->coords[index[i]][1];
    }
    tau_evaluator *evaluator = e->stages[stage].evaluator;
    const tau_tile tile = {alpha, row ? count : 1, beta, column ? count : 1};
    if (row || column) {
        TAU_TRY(tau_evaluator_tile(evaluator, &tile, points, NULL, &e->cancel));
    } else {
        for (size_t i = 0; i < count; i++)
            TAU_TRY(tau_evaluator_tile(evaluator, &(tau_tile){alpha + i, 1, beta + i, 1}, points + i, NULL,
                                       &e->cancel));
    }
    for (size_t i = 0; i < count; i++) {
        a->loss[index[i]] = points[i].loss;
        a->loss_se[index[i]] = points[i].loss_se;
    }
    return TAU_STATUS_OK;
}

/* All points of one stage, far apart at first and then between them. */
static tau_status run_stage(tau_running *r, int stage) {
    const size_t n = r->answer.count;
    size_t index[ROW_POINTS], pending = 0, most = 1, stride = 1;
    while (stride < n) stride *= 2;
    for (bool first = true; stride > 0; stride /= 2, first = false)
        for (size_t i = first ? 0 : stride; i < n; i += first ? stride : 2 * stride) {
            index[pending++] = i;
            const bool last = stride == 1 && i + 2 >= n;
            if (pending < most && !last) continue;
            const double start = tau_progress_now();
            TAU_TRY(evaluate(r, stage, index, pending));
            const double seconds = fmax(tau_progress_now() - start, 1e-9);
            most = (size_t)fmax(1, fmin(ROW_POINTS, (double)pending * row_seconds / seconds));
            pending = 0;
            tau_running_tell(r);
        }
    return pending > 0 ? evaluate(r, stage, index, pending) : TAU_STATUS_OK;
}

tau_status tau_running_profile(tau_running *r) {
    const tau_explore_job *job = &r->job;
    TAU_TRY(tau_running_reserve(r, job->count, false));
    for (size_t i = 0; i < job->count; i++)
        for (int axis = 0; axis < 2; axis++)
            r->answer.coords[i][axis] = place(job->from[axis], job->to[axis], i, job->count);
    r->answer.samples = r->explore->stages[0].samples;
    TAU_TRY(run_stage(r, 0));
    if (r->stage > 0) TAU_TRY(run_stage(r, r->stage));
    r->answer.samples = r->explore->stages[r->stage].samples;
    return TAU_STATUS_OK;
}

/* ---- arrows ---- */

static tau_status find_losses(tau_running *r, size_t columns, size_t rows) {
    tau_explore_answer *a = &r->answer;
    double alpha[TAU_EXPLORE_ARROWS_MAX], beta[TAU_EXPLORE_ARROWS_MAX];
    for (size_t i = 0; i < columns; i++) alpha[i] = a->coords[i][0];
    for (size_t i = 0; i < rows; i++) beta[i] = a->coords[i * columns][1];
    tau_point *points;
    TAU_TRY(TAU_ALLOC(points, columns));
    tau_status status = TAU_STATUS_OK;
    for (size_t row = 0; row < rows && status == TAU_STATUS_OK; row++) {
        const tau_tile tile = {alpha, columns, beta + row, 1};
        status = tau_evaluator_tile(r->explore->stages[r->stage].evaluator, &tile, points, NULL,
                                    &r->explore->cancel);
        for (size_t i = 0; i < columns && status == TAU_STATUS_OK; i++) {
            a->loss[row * columns + i] = points[i].loss;
            a->loss_se[row * columns + i] = points[i].loss_se;
        }
        tau_running_tell(r);
    }
    tau_mem_free(points);
    return status;
}

static tau_status find_slopes(tau_running *r, tau_tangent *tangent) {
    for (size_t i = 0; i < r->answer.count; i++) {
        TAU_TRY(tau_tangent_slope(tangent, r->answer.coords[i], r->answer.vector[i]));
        tau_running_tell(r);
    }
    return TAU_STATUS_OK;
}

tau_status tau_running_arrows(tau_running *r) {
    const tau_explore_job *job = &r->job;
    const size_t columns = job->count, rows = r->slice->line ? 1 : job->count;
    tau_explore *e = r->explore;
    TAU_TRY(tau_running_reserve(r, columns * rows, true));
    for (size_t i = 0; i < columns * rows; i++) {
        r->answer.coords[i][0] = place(job->from[0], job->to[0], i % columns, columns);
        r->answer.coords[i][1] = place(job->from[1], job->to[1], i / columns, rows);
    }
    tau_tangent tangent;
    tau_status status = tau_tangent_create(&tangent, &e->stages[r->stage], e->graph, r->slice, &e->cancel);
    if (status == TAU_STATUS_OK) status = find_slopes(r, &tangent);
    tau_tangent_clear(&tangent);
    TAU_TRY(status);
    return find_losses(r, columns, rows);
}
