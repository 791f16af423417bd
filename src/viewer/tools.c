/* Jobs of the explorer and their answers. */
#include "viewer/tools.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "figure/number.h"
#include "train/train.h"
#include "viewer/task.h"

enum { PROFILE_POINTS = 201, ARROWS_A_SIDE = 15 };

void tau_tools_init(tau_app *app) {
    app->tools.optimizer = TAU_OPTIMIZER_SGD;
    app->tools.rate = tau_optimizer_default_rate(TAU_OPTIMIZER_SGD);
    app->tools.steps = 50;
}

bool tau_tools_can_ask(const tau_app *app) {
    const tau_document *document = tau_app_get_document(app);
    return document && document->exploration && !app->task;
}

static tau_status check_can_ask(const tau_app *app) {
    if (tau_tools_can_ask(app)) return TAU_STATUS_OK;
    if (app->task)
        return tau_fail(TAU_STATUS_USAGE,
                        "the explorer is busy" TAU_FIX "wait, or stop it in the status line");
    return tau_fail(TAU_STATUS_USAGE,
                    "this needs the network itself" TAU_WHY "a landscape file holds values only" TAU_FIX
                    "explore the run: tauscape view RUN --dirs pca");
}

/* ---- looking ---- */

static bool get_shown(const tau_app *app, int pane, tau_explore_region *out) {
    const tau_document *document = tau_app_get_pane_document(app, pane);
    const tau_pane_place *place = &app->places[pane];
    const tau_view *view = &app->state.panes[pane].view;
    if (!document || !document->exploration || !(place->plot[2] >= 1) || !(place->plot[3] >= 1)) return false;
    double lo[2], hi[2];
    if (!tau_document_get_extent(document, lo, hi)) return false;
    bool flat = view->kind != TAU_VIEW_KIND_SURFACE;
    for (int axis = 0; axis < 2; axis++) {
        bool set = !isnan(view->map_lo[axis]) && !isnan(view->map_hi[axis]);
        out->lo[axis] = set ? view->map_lo[axis] : lo[axis];
        out->hi[axis] = set ? view->map_hi[axis] : hi[axis];
        out->pixels[axis] = (int)place->plot[2 + axis];
        out->focus[axis] = app->hovering && app->hover_pane == pane ? app->hover.coords[axis] : NAN;
        if (flat && set && place->hi[axis] > place->lo[axis] && view->kind == TAU_VIEW_KIND_MAP) {
            out->lo[axis] = place->lo[axis]; /* a map shows more where its shape is another */
            out->hi[axis] = place->hi[axis];
        }
    }
    return true;
}

void tau_tools_look(tau_app *app) {
    if (!app->exploration.explore || app->task || app->interacting) return;
    tau_explore_region region = {0};
    bool found = get_shown(app, app->state.active, &region);
    for (int p = 0; p < app->state.pane_count && !found; p++) found = get_shown(app, p, &region);
    if (!found) return;
    tau_explore_region *last = &app->looked;
    /* A pointer that wanders alone is no reason to plan anew. */
    if (memcmp(last->lo, region.lo, sizeof region.lo) == 0 &&
        memcmp(last->hi, region.hi, sizeof region.hi) == 0 && last->pixels[0] == region.pixels[0] &&
        last->pixels[1] == region.pixels[1])
        return;
    *last = region;
    tau_explore_look(app->exploration.explore, &region);
    if (app->host.wake) app->host.wake(app->host.payload);
}

void tau_tools_pause(tau_app *app, bool paused) {
    if (!app->exploration.explore || app->task) return;
    app->tools.paused = paused;
    tau_explore_pause(app->exploration.explore, paused);
}

/* ---- asking ---- */

/* Where a tool starts: under the pointer, at the last pin of this document, in the middle of what is shown.
 */
static void find_start(const tau_app *app, double coords[2]) {
    tau_explore_region region = {0};
    if (app->hovering && app->hover_pane == app->state.active) {
        memcpy(coords, app->hover.coords, 2 * sizeof *coords);
        return;
    }
    for (int i = app->state.pin_count - 1; i >= 0; i--)
        if (app->state.pins[i].document == app->state.panes[app->state.active].document) {
            memcpy(coords, app->state.pins[i].coords, 2 * sizeof *coords);
            return;
        }
    get_shown(app, app->state.active, &region);
    for (int axis = 0; axis < 2; axis++) coords[axis] = (region.lo[axis] + region.hi[axis]) / 2;
}

tau_status tau_tools_ask_profile(tau_app *app) {
    TAU_TRY(check_can_ask(app));
    if (!app->state.has_line)
        return tau_fail(TAU_STATUS_USAGE, "there is no line to compute along" TAU_FIX
                                          "draw one: press J, then drag over the landscape");
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_PROFILE, .count = PROFILE_POINTS};
    memcpy(job.from, app->state.line[0], sizeof job.from);
    memcpy(job.to, app->state.line[1], sizeof job.to);
    if (app->tools.profile_job) tau_explore_cancel_job(app->exploration.explore, app->tools.profile_job);
    return tau_explore_ask(app->exploration.explore, &job, &app->tools.profile_job);
}

static tau_app_way *find_free_way(tau_app *app) {
    for (int w = 0; w < TAU_APP_WAYS; w++)
        if (!app->tools.ways[w].job) return &app->tools.ways[w];
    tau_explore_cancel_job(app->exploration.explore, app->tools.ways[0].job);
    tau_explore_answer_clear(&app->tools.ways[0].answer);
    memmove(app->tools.ways, app->tools.ways + 1, (TAU_APP_WAYS - 1) * sizeof *app->tools.ways);
    app->tools.ways[TAU_APP_WAYS - 1] = (tau_app_way){0};
    return &app->tools.ways[TAU_APP_WAYS - 1];
}

tau_status tau_tools_ask_descent(tau_app *app) {
    TAU_TRY(check_can_ask(app));
    const tau_app_tools *t = &app->tools;
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_DESCENT,
                           .count = (size_t)t->steps,
                           .optimizer = t->optimizer,
                           .rate = t->rate,
                           .full_space = t->full_space};
    find_start(app, job.from);
    int id;
    TAU_TRY(tau_explore_ask(app->exploration.explore, &job, &id));
    tau_app_way *way = find_free_way(app);
    *way = (tau_app_way){.job = id};
    char rate[TAU_NUMBER_TEXT];
    tau_number_format(rate, t->rate, 3);
    snprintf(way->label, sizeof way->label, "%s %.20s%s", tau_optimizer_name((tau_optimizer)t->optimizer),
             rate, t->full_space ? ", all parameters" : "");
    tau_app_toast_text(app, "%s starts", way->label);
    return TAU_STATUS_OK;
}

tau_status tau_tools_ask_minimum(tau_app *app) {
    TAU_TRY(check_can_ask(app));
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_MINIMUM};
    find_start(app, job.from);
    TAU_TRY(tau_explore_ask(app->exploration.explore, &job, &app->tools.minimum_job));
    tau_app_toast_text(app, "going down from here");
    return TAU_STATUS_OK;
}

static void drop_arrows(tau_app *app) {
    if (app->tools.arrows_job && app->exploration.explore)
        tau_explore_cancel_job(app->exploration.explore, app->tools.arrows_job);
    tau_explore_answer_clear(&app->tools.arrows);
    tau_mem_free(app->tools.arrow_list);
    app->tools.arrow_list = NULL;
    app->tools.arrow_count = 0;
    app->tools.arrows_job = 0;
}

tau_status tau_tools_toggle_arrows(tau_app *app) {
    TAU_TRY(check_can_ask(app));
    if (app->tools.arrows_job) {
        drop_arrows(app);
        return TAU_STATUS_OK;
    }
    tau_explore_region region = {0};
    if (!get_shown(app, app->state.active, &region)) return TAU_STATUS_OK;
    tau_explore_job job = {.kind = TAU_EXPLORE_JOB_ARROWS, .count = ARROWS_A_SIDE};
    for (int axis = 0; axis < 2; axis++) { /* inside the frame, so that arrows at the edge are seen */
        double margin = (region.hi[axis] - region.lo[axis]) / (2 * ARROWS_A_SIDE);
        job.from[axis] = region.lo[axis] + margin;
        job.to[axis] = region.hi[axis] - margin;
    }
    return tau_explore_ask(app->exploration.explore, &job, &app->tools.arrows_job);
}

void tau_tools_forget(tau_app *app) {
    app->state.has_line = false;
    app->tools.drawing = false;
    if (app->tools.profile_job && app->exploration.explore)
        tau_explore_cancel_job(app->exploration.explore, app->tools.profile_job);
    app->tools.profile_job = 0;
    tau_explore_answer_clear(&app->tools.profile);
    for (int w = 0; w < TAU_APP_WAYS; w++) {
        if (app->tools.ways[w].job && app->exploration.explore)
            tau_explore_cancel_job(app->exploration.explore, app->tools.ways[w].job);
        tau_explore_answer_clear(&app->tools.ways[w].answer);
        app->tools.ways[w] = (tau_app_way){0};
    }
    drop_arrows(app);
}

/* ---- answers ---- */

/* Vectors point down the slope, as an optimiser would go. */
static void take_arrows(tau_app *app, const tau_explore_answer *answer) {
    tau_app_tools *t = &app->tools;
    tau_mem_free(t->arrow_list);
    t->arrow_list = NULL;
    t->arrow_count = 0;
    if (!answer->vector || TAU_ALLOC(t->arrow_list, answer->count) != TAU_STATUS_OK) return;
    for (size_t i = 0; i < answer->count; i++) {
        if (!isfinite(answer->vector[i][0]) || !isfinite(answer->vector[i][1])) continue;
        t->arrow_list[t->arrow_count++] = (tau_scene_arrow){{answer->coords[i][0], answer->coords[i][1]},
                                                            {-answer->vector[i][0], -answer->vector[i][1]}};
    }
}

static void take_minimum(tau_app *app, const tau_explore_answer *answer) {
    if (!answer->finished) return;
    app->tools.minimum_job = 0;
    if (answer->count == 0) return;
    const double *at = answer->coords[answer->count - 1];
    char loss[TAU_NUMBER_TEXT];
    tau_number_format(loss, answer->loss[answer->count - 1], 4);
    tau_app_toast_text(app, "minimum at α %.4g, β %.4g: loss %s", at[0], at[1], loss);
    tau_app_state *s = &app->state;
    if (s->pin_count < TAU_APP_PINS)
        s->pins[s->pin_count++] = (tau_pin){{at[0], at[1]}, s->panes[s->active].document};
}

static void keep(tau_explore_answer *to, tau_explore_answer *answer) {
    tau_explore_answer_clear(to);
    *to = *answer;
    *answer = (tau_explore_answer){0};
}

static void take_answer(tau_app *app, tau_explore_answer *answer) {
    tau_app_tools *t = &app->tools;
    if (answer->error[0]) tau_app_toast_text(app, "%.*s", (int)strcspn(answer->error, "\n"), answer->error);
    if (answer->id == t->profile_job) {
        keep(&t->profile, answer);
    } else if (answer->id == t->arrows_job) {
        take_arrows(app, answer);
    } else if (answer->id == t->minimum_job) {
        take_minimum(app, answer);
    } else {
        for (int w = 0; w < TAU_APP_WAYS; w++)
            if (t->ways[w].job && t->ways[w].job == answer->id) keep(&t->ways[w].answer, answer);
    }
    tau_explore_answer_clear(answer);
}

bool tau_tools_tick(tau_app *app) {
    bool changed = false;
    tau_explore_answer answer = {0};
    if (app->task) changed |= tau_task_finish(app, false);
    if (!app->exploration.explore || app->task) return changed;
    while (tau_explore_take_answer(app->exploration.explore, &answer)) {
        take_answer(app, &answer);
        answer = (tau_explore_answer){0};
        changed = true;
    }
    tau_explore_progress progress;
    tau_explore_get_progress(app->exploration.explore, &progress);
    if (progress.error[0] && strcmp(progress.error, app->told) != 0) {
        tau_fail(TAU_STATUS_DEVICE,
                 "the explorer stopped" TAU_WHY "%s" TAU_FIX "look somewhere else, or pause and go on with U",
                 progress.error);
        tau_app_report(app, TAU_STATUS_DEVICE);
        changed = true;
    }
    memcpy(app->told, progress.error, sizeof app->told);
    return changed;
}

void tau_tools_clear(tau_app *app) {
    if (app->task) {
        tau_tools_stop_task(app);
        tau_task_finish(app, true);
    }
    tau_tools_forget(app);
}
