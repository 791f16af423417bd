#include "explore/jobs.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/progress.h"
#include "train/optimizer.h"

/* Seconds between two answers of a job. */
static const double telling = 0.03;
/* Seconds after which a job lets the picture have its turn, a call of an evaluator. */
static const double turn = 0.1;

/* ---- answers ---- */

void tau_explore_answer_clear(tau_explore_answer *answer) {
    tau_mem_free(answer->coords);
    tau_mem_free(answer->loss);
    tau_mem_free(answer->loss_se);
    tau_mem_free(answer->residual);
    tau_mem_free(answer->vector);
    *answer = (tau_explore_answer){0};
}

static tau_status copy_array(void **out, const void *from, size_t count, size_t size) {
    *out = NULL;
    if (!from) return TAU_STATUS_OK;
    TAU_TRY(tau_mem_alloc(out, count, size));
    memcpy(*out, from, count * size);
    return TAU_STATUS_OK;
}

static tau_status copy_arrays(tau_explore_answer *to, const tau_explore_answer *from) {
    const size_t n = from->count;
    TAU_TRY(copy_array((void **)&to->coords, from->coords, n, sizeof *from->coords));
    TAU_TRY(copy_array((void **)&to->loss, from->loss, n, sizeof *from->loss));
    TAU_TRY(copy_array((void **)&to->loss_se, from->loss_se, n, sizeof *from->loss_se));
    TAU_TRY(copy_array((void **)&to->residual, from->residual, n, sizeof *from->residual));
    return copy_array((void **)&to->vector, from->vector, n, sizeof *from->vector);
}

static void free_held(tau_explore_held *held) {
    tau_explore_answer_clear(&held->answer);
    tau_mem_free(held);
}

/* Puts an answer in place of an older one of the same job, or last. Called with the mutex held. */
static void hold(tau_explore *e, tau_explore_held *held) {
    tau_explore_held **link = &e->answers;
    while (*link && (*link)->answer.id != held->answer.id) link = &(*link)->next;
    if (*link) {
        held->next = (*link)->next;
        free_held(*link);
    }
    *link = held;
}

static void show(tau_running *r) {
    tau_explore *e = r->explore;
    tau_explore_held *held;
    r->told = tau_progress_now();
    if (TAU_ALLOC(held, 1) != TAU_STATUS_OK) return;
    held->answer = r->answer;
    held->answer.coords = NULL;
    held->answer.loss = held->answer.loss_se = held->answer.residual = NULL;
    held->answer.vector = NULL;
    if (copy_arrays(&held->answer, &r->answer) != TAU_STATUS_OK) {
        const tau_explore_answer bare = held->answer;
        tau_explore_answer_clear(&held->answer);
        held->answer = (tau_explore_answer){.id = bare.id, .kind = bare.kind, .finished = bare.finished};
        tau_explore_format_error(held->answer.error, sizeof held->answer.error);
    }
    pthread_mutex_lock(&e->mutex);
    const bool wanted = !e->job_cancelled;
    if (wanted) hold(e, held);
    pthread_mutex_unlock(&e->mutex);
    if (wanted)
        tau_explore_tell(e);
    else
        free_held(held);
}

void tau_running_tell(tau_running *r) {
    if (tau_progress_now() - r->told >= telling) show(r);
    if (tau_progress_now() - r->began < turn) return;
    tau_explore_take_turn(r->explore);
    r->began = tau_progress_now();
}

bool tau_explore_take_answer(tau_explore *explore, tau_explore_answer *out) {
    *out = (tau_explore_answer){0};
    pthread_mutex_lock(&explore->mutex);
    tau_explore_held *held = explore->answers;
    if (held) explore->answers = held->next;
    pthread_mutex_unlock(&explore->mutex);
    if (!held) return false;
    *out = held->answer;
    tau_mem_free(held);
    return true;
}

tau_status tau_running_reserve(tau_running *r, size_t count, bool vectors) {
    tau_explore_answer *a = &r->answer;
    TAU_TRY(TAU_GROW(a->coords, r->capacity[0], count));
    TAU_TRY(TAU_GROW(a->loss, r->capacity[1], count));
    TAU_TRY(TAU_GROW(a->loss_se, r->capacity[2], count));
    if (vectors) TAU_TRY(TAU_ALLOC(a->vector, count));
    for (size_t i = a->count; i < count; i++) {
        a->loss[i] = a->loss_se[i] = NAN;
        if (vectors) a->vector[i][0] = a->vector[i][1] = NAN;
    }
    a->count = count;
    return TAU_STATUS_OK;
}

tau_status tau_running_add(tau_running *r, const double at[2], const tau_point *point, double residual) {
    tau_explore_answer *a = &r->answer;
    const size_t index = a->count;
    if (!isnan(residual)) TAU_TRY(TAU_GROW(a->residual, r->residual_capacity, index + 1));
    TAU_TRY(tau_running_reserve(r, index + 1, false));
    a->coords[index][0] = at[0];
    a->coords[index][1] = at[1];
    a->loss[index] = point->loss;
    a->loss_se[index] = point->loss_se;
    if (a->residual) a->residual[index] = residual;
    tau_running_tell(r);
    return TAU_STATUS_OK;
}

/* ---- the queue ---- */

static tau_status check_points(const tau_explore_job *job) {
    const size_t most =
        job->kind == TAU_EXPLORE_JOB_ARROWS ? TAU_EXPLORE_ARROWS_MAX : TAU_EXPLORE_JOB_POINTS_MAX;
    const bool both = job->kind == TAU_EXPLORE_JOB_PROFILE || job->kind == TAU_EXPLORE_JOB_ARROWS;
    if (job->count > most || (job->count == 0 && job->kind != TAU_EXPLORE_JOB_MINIMUM))
        return tau_fail(TAU_STATUS_USAGE, "%zu points cannot be computed" TAU_FIX "ask for 1 to %zu",
                        job->count, most);
    for (int axis = 0; axis < 2; axis++)
        if (!isfinite(job->from[axis]) || (both && !isfinite(job->to[axis])))
            return tau_fail(TAU_STATUS_USAGE,
                            "nothing can be computed there" TAU_WHY "the coordinates are not finite");
    return TAU_STATUS_OK;
}

static tau_status check_job(const tau_explore_job *job) {
    if ((int)job->kind < 0 || job->kind > TAU_EXPLORE_JOB_ARROWS)
        return tau_fail(TAU_STATUS_USAGE, "there is no job %d", (int)job->kind);
    TAU_TRY(check_points(job));
    if (job->kind != TAU_EXPLORE_JOB_DESCENT) return TAU_STATUS_OK;
    if (!(job->rate > 0) || !isfinite(job->rate))
        return tau_fail(TAU_STATUS_USAGE,
                        "an optimiser cannot run at the rate %g" TAU_FIX "give a finite rate above 0",
                        job->rate);
    if (job->optimizer < 0 || job->optimizer > TAU_OPTIMIZER_RMSPROP)
        return tau_fail(TAU_STATUS_USAGE, "there is no optimiser %d", job->optimizer);
    return TAU_STATUS_OK;
}

tau_status tau_explore_ask(tau_explore *explore, const tau_explore_job *job, int *id) {
    tau_explore_queued *queued;
    *id = 0;
    TAU_TRY(check_job(job));
    TAU_TRY(TAU_ALLOC(queued, 1));
    queued->job = *job;
    pthread_mutex_lock(&explore->mutex);
    tau_explore_queued **link = &explore->queue;
    while (*link) link = &(*link)->next;
    *link = queued;
    *id = queued->id = ++explore->last_id;
    pthread_cond_signal(&explore->work);
    pthread_mutex_unlock(&explore->mutex);
    return TAU_STATUS_OK;
}

/* Drops what belongs to a job, or to all (id 0). Called with the mutex held. */
static void drop(tau_explore *e, int id) {
    for (tau_explore_queued **link = &e->queue; *link;) {
        tau_explore_queued *queued = *link;
        if (id != 0 && queued->id != id) {
            link = &queued->next;
            continue;
        }
        *link = queued->next;
        tau_mem_free(queued);
    }
    for (tau_explore_held **link = &e->answers; *link;) {
        tau_explore_held *held = *link;
        if (id != 0 && held->answer.id != id) {
            link = &held->next;
            continue;
        }
        *link = held->next;
        free_held(held);
    }
    if (e->job_id == 0 || (id != 0 && e->job_id != id)) return;
    e->job_cancelled = true;
    if (e->current == TAU_EXPLORE_WORK_JOB) tau_cancel_request(&e->cancel, 1);
}

void tau_explore_cancel_job(tau_explore *explore, int id) {
    if (id <= 0) return;
    pthread_mutex_lock(&explore->mutex);
    drop(explore, id);
    pthread_mutex_unlock(&explore->mutex);
}

void tau_explore_drop_jobs(tau_explore *explore) {
    drop(explore, 0);
}

/* ---- running ---- */

static int choose_stage(const tau_explore *e, size_t samples) {
    int stage = e->stage_count - 1;
    if (samples == 0) return stage;
    while (stage > 0 && e->stages[stage].samples > samples) stage--;
    return stage;
}

static void run(tau_running *r) {
    static tau_status (*const runners[])(tau_running *) = {
        [TAU_EXPLORE_JOB_PROFILE] = tau_running_profile,
        [TAU_EXPLORE_JOB_DESCENT] = tau_running_descent,
        [TAU_EXPLORE_JOB_MINIMUM] = tau_running_minimum,
        [TAU_EXPLORE_JOB_ARROWS] = tau_running_arrows,
    };
    show(r);
    r->began = tau_progress_now();
    const tau_status status = runners[r->job.kind](r);
    r->answer.finished = true;
    if (status != TAU_STATUS_OK) tau_explore_format_error(r->answer.error, sizeof r->answer.error);
    show(r);
}

void tau_explore_run_job(tau_explore *e) {
    tau_explore_queued *queued = e->queue;
    tau_running r = {.explore = e, .job = queued->job, .slice = e->slice};
    e->queue = queued->next;
    e->current = TAU_EXPLORE_WORK_JOB;
    e->job_id = queued->id;
    e->job_cancelled = false;
    tau_cancel_request(&e->cancel, 0);
    pthread_mutex_unlock(&e->mutex);
    r.stage = choose_stage(e, queued->job.samples);
    r.answer.id = queued->id;
    r.answer.kind = queued->job.kind;
    r.answer.samples = e->stages[r.stage].samples;
    if (e->slice->line) r.job.from[1] = r.job.to[1] = 0;
    tau_mem_free(queued);
    run(&r);
    tau_explore_answer_clear(&r.answer);
    pthread_mutex_lock(&e->mutex);
    e->current = TAU_EXPLORE_WORK_NONE;
    e->job_id = 0;
}
