/* The lowest point of the slice near a start: the quasi-Newton method of Broyden, Fletcher, Goldfarb and
 * Shanno in the slice's orthonormal coordinates, with a line search that halves and doubles (Nocedal and
 * Wright 2006, ch. 3 and 6). */
#include <float.h>
#include <math.h>

#include "explore/jobs.h"

enum { STEPS_DEFAULT = 100, HALVINGS_MAX = 40, DOUBLINGS_MAX = 60 };

/* Share of the promised descent that a step must bring; what single precision can tell apart. */
static const double sufficient = 1e-4, resolution = 1e-9;

typedef struct search {
    tau_running *running;
    tau_tangent tangent;
    tau_tangent_frame frame;
    double u[2], slope[2]; /* orthonormal */
    tau_point point;
    double inverse[2][2]; /* of the Hessian, as far as it is known */
    bool scaled;          /* the inverse knows the size of the curvature */
} search;

static tau_status evaluate(search *s, const double u[2], tau_point *out) {
    double at[2];
    tau_tangent_place(&s->frame, u, at);
    return tau_tangent_loss(&s->tangent, at, out);
}

static tau_status find_slope(search *s, double out[2]) {
    double at[2], slope[2];
    tau_tangent_place(&s->frame, s->u, at);
    TAU_TRY(tau_tangent_slope(&s->tangent, at, slope));
    tau_tangent_turn(&s->frame, slope, out);
    return TAU_STATUS_OK;
}

static double dot(const double a[2], const double b[2]) {
    return a[0] * b[0] + a[1] * b[1];
}

static void set_identity(search *s, double scale) {
    s->inverse[0][0] = s->inverse[1][1] = scale;
    s->inverse[0][1] = s->inverse[1][0] = 0;
}

static void multiply(double out[2], double m[2][2], const double v[2]) {
    out[0] = m[0][0] * v[0] + m[0][1] * v[1];
    out[1] = m[1][0] * v[0] + m[1][1] * v[1];
}

/* H <- (I - rho s y^T) H (I - rho y s^T) + rho s s^T, where the curvature along the step is positive. */
static void learn(search *s, const double step[2], const double change[2]) {
    const double curvature = dot(step, change);
    if (!(curvature > 1e-12 * sqrt(dot(step, step) * dot(change, change)))) {
        set_identity(s, s->scaled ? s->inverse[0][0] : 1);
        return;
    }
    if (!s->scaled) set_identity(s, curvature / dot(change, change));
    s->scaled = true;
    double hy[2];
    multiply(hy, s->inverse, change);
    const double rho = 1 / curvature, yhy = dot(change, hy);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            s->inverse[i][j] +=
                rho * ((1 + rho * yhy) * step[i] * step[j] - hy[i] * step[j] - step[i] * hy[j]);
}

static tau_status try_length(search *s, const double direction[2], double length, double u[2],
                             tau_point *out) {
    u[0] = s->u[0] + length * direction[0];
    u[1] = s->u[1] + length * direction[1];
    return evaluate(s, u, out);
}

/* Moves along a direction. @param[out] moved  false = nothing lower was found */
static tau_status search_line(search *s, const double direction[2], double promised, bool *moved) {
    double length = 1, u[2], next[2];
    tau_point point, other;
    *moved = false;
    TAU_TRY(try_length(s, direction, length, u, &point));
    for (int i = 0; !(point.loss <= s->point.loss - sufficient * length * promised); i++) {
        if (i == HALVINGS_MAX) return TAU_STATUS_OK;
        length *= 0.5;
        TAU_TRY(try_length(s, direction, length, u, &point));
    }
    for (int i = 0; !s->scaled && length >= 1 && i < DOUBLINGS_MAX; i++) {
        TAU_TRY(try_length(s, direction, 2 * length, next, &other));
        if (!(other.loss < point.loss)) break;
        length *= 2;
        point = other;
        u[0] = next[0];
        u[1] = next[1];
    }
    *moved = point.loss < s->point.loss;
    if (!*moved) return TAU_STATUS_OK;
    s->u[0] = u[0];
    s->u[1] = u[1];
    s->point = point;
    return TAU_STATUS_OK;
}

/* One step. @param[out] more  false = here it is as low as can be told */
static tau_status take_step(search *s, bool *more) {
    double direction[2], slope[2];
    const double before[2] = {s->u[0], s->u[1]};
    multiply(direction, s->inverse, s->slope);
    direction[0] = -direction[0];
    direction[1] = -direction[1];
    const double promised = -dot(direction, s->slope);
    *more = promised > resolution * (fabs(s->point.loss) * resolution + DBL_MIN) && isfinite(promised);
    if (!*more) return TAU_STATUS_OK;
    TAU_TRY(search_line(s, direction, promised, more));
    if (!*more) return TAU_STATUS_OK;
    TAU_TRY(find_slope(s, slope));
    const double step[2] = {s->u[0] - before[0], s->u[1] - before[1]};
    const double change[2] = {slope[0] - s->slope[0], slope[1] - s->slope[1]};
    learn(s, step, change);
    s->slope[0] = slope[0];
    s->slope[1] = slope[1];
    return TAU_STATUS_OK;
}

static tau_status add_point(search *s) {
    double at[2];
    tau_tangent_place(&s->frame, s->u, at);
    return tau_running_add(s->running, at, &s->point, NAN);
}

static tau_status minimise(search *s) {
    tau_running *r = s->running;
    const size_t steps = r->job.count ? r->job.count : STEPS_DEFAULT;
    TAU_TRY(tau_tangent_make_frame(&s->frame, &s->tangent, r->job.from));
    TAU_TRY(evaluate(s, s->u, &s->point));
    TAU_TRY(add_point(s));
    TAU_TRY(find_slope(s, s->slope));
    if (!isfinite(s->point.loss) || !isfinite(dot(s->slope, s->slope)))
        return tau_fail(TAU_STATUS_INPUT, "there is no way down from here" TAU_WHY
                                          "the loss or its gradient is not finite" TAU_FIX "start elsewhere");
    set_identity(s, 1);
    bool more = true;
    for (size_t step = 0; step < steps && more; step++) {
        TAU_TRY(take_step(s, &more));
        if (more) TAU_TRY(add_point(s));
        more = more && isfinite(dot(s->slope, s->slope));
    }
    return TAU_STATUS_OK;
}

tau_status tau_running_minimum(tau_running *r) {
    tau_explore *e = r->explore;
    search s = {.running = r};
    tau_status status = tau_tangent_create(&s.tangent, &e->stages[r->stage], e->graph, r->slice, &e->cancel);
    if (status == TAU_STATUS_OK) status = minimise(&s);
    tau_tangent_clear(&s.tangent);
    return status;
}
