/* The app's life, its documents, panes and messages. */
#include "viewer/app.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "train/train.h"
#include "viewer/app_state.h"
#include "viewer/loader.h"
#include "viewer/tools.h"

static const double TOAST_SECONDS = 4, POLL_SECONDS = 0.5;

/* ---- life ---- */

static tau_app_settings default_settings(void) {
    return (tau_app_settings){
        .side_panel = true, .timeline_panel = true, .status_line = true, .scale = 1, .dark = true};
}

static tau_status create_histories(tau_app *app) {
    TAU_TRY(tau_history_create(&app->data, sizeof app->state, 100, tau_app_state_equal));
    return tau_history_create(&app->cameras, sizeof(tau_app_cameras), 100, tau_app_cameras_equal);
}

tau_status tau_app_create(tau_app **out, const tau_viewer_request *request) {
    *out = NULL;
    tau_app *app;
    TAU_TRY(TAU_ALLOC(app, 1));
    app->request = request;
    app->settings = default_settings();
    app->state.reference = -1;
    app->state.linked = true;
    app->state.pane_count = 1;
    for (int p = 0; p < TAU_APP_PANES; p++) {
        app->state.panes[p].document = -1;
        app->state.panes[p].view = tau_view_get_default(TAU_VIEW_KIND_SURFACE);
        app->state.panes[p].view.dark = app->settings.dark;
    }
    tau_timeline_init(&app->timeline, 0);
    tau_tools_init(app);
    app->watch = request && request->watch;
    if (request && request->exploration) app->exploration = *request->exploration;
    tau_status status = create_histories(app);
    if (status == TAU_STATUS_OK) status = tau_loader_create(&app->loader);
    if (status == TAU_STATUS_OK && app->exploration.explore) {
        tau_document *document;
        status = tau_document_open_exploration(&document, &app->exploration);
        if (status == TAU_STATUS_OK) status = tau_app_add_document(app, document);
    }
    if (status != TAU_STATUS_OK) {
        tau_app_destroy(app);
        return status;
    }
    *out = app;
    return TAU_STATUS_OK;
}

void tau_app_destroy(tau_app *app) {
    if (!app) return;
    tau_tools_clear(app);
    tau_loader_destroy(app->loader);
    for (int i = 0; i < app->document_count; i++) tau_document_close(app->documents[i]);
    tau_history_destroy(app->data);
    tau_history_destroy(app->cameras);
    tau_frame_times_clear(&app->frames);
    tau_mem_free(app->note);
    tau_mem_free(app);
}

/* ---- messages ---- */

void tau_app_toast_text(tau_app *app, const char *format, ...) {
    tau_app_toast *toast = &app->toasts[TAU_APP_TOASTS - 1];
    memmove(app->toasts, app->toasts + 1, (TAU_APP_TOASTS - 1) * sizeof *app->toasts);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(toast->text, sizeof toast->text, format, arguments);
    va_end(arguments);
    toast->until = app->now + TOAST_SECONDS;
}

tau_status tau_app_report(tau_app *app, tau_status status) {
    if (status == TAU_STATUS_OK || status == TAU_STATUS_CANCELLED) return status;
    const tau_error *error = tau_error_last();
    tau_app_message *message = &app->message;
    snprintf(message->what, sizeof message->what, "%s", error->what);
    snprintf(message->why, sizeof message->why, "%s", error->why);
    snprintf(message->fix, sizeof message->fix, "%s", error->fix);
    message->open = true;
    tau_error_save(&app->failure);
    return status;
}

/* ---- documents ---- */

static void remember(tau_app *app, const char *path) {
    tau_app_settings *s = &app->settings;
    if (strlen(path) >= TAU_APP_PATH) return;
    int at = 0;
    while (at < s->recent_count && strcmp(s->recent[at], path) != 0) at++;
    if (at == s->recent_count && s->recent_count < TAU_APP_RECENT) s->recent_count++;
    if (at == TAU_APP_RECENT) at--;
    memmove(s->recent[1], s->recent[0], (size_t)at * sizeof s->recent[0]);
    snprintf(s->recent[0], sizeof s->recent[0], "%s", path);
}

tau_status tau_app_open(tau_app *app, const char *path) {
    tau_document *opened[TAU_APP_DOCUMENTS];
    int count;
    TAU_TRY(tau_document_open(opened, TAU_APP_DOCUMENTS - app->document_count, &count, path));
    return tau_app_take_documents(app, opened, count, path);
}

tau_status tau_app_take_documents(tau_app *app, tau_document *const *documents, int count, const char *path) {
    tau_status status = TAU_STATUS_OK;
    for (int i = 0; i < count; i++) { /* those without room are closed */
        tau_status added = tau_app_add_document(app, documents[i]);
        if (added != TAU_STATUS_OK) status = added;
    }
    TAU_TRY(status);
    if (count > 1) tau_app_show(app, app->state.active, app->document_count - count);
    remember(app, path);
    return TAU_STATUS_OK;
}

tau_status tau_app_add_document(tau_app *app, tau_document *document) {
    if (app->document_count == TAU_APP_DOCUMENTS) {
        tau_document_close(document);
        return tau_fail(TAU_STATUS_USAGE, "too many documents are open" TAU_FIX "close some with Ctrl+W");
    }
    app->documents[app->document_count++] = document;
    tau_app_show(app, app->state.active, app->document_count - 1);
    return TAU_STATUS_OK;
}

/* Documents after a closed one move up. */
static int move_index(int index, int closed) {
    return index == closed ? -1 : index > closed ? index - 1 : index;
}

void tau_app_close_document(tau_app *app, int index) {
    if (index < 0 || index >= app->document_count) return;
    if (app->task && app->documents[index]->exploration) return;
    tau_app_state *s = &app->state;
    tau_loader_forget(app, app->documents[index]);
    tau_document_close(app->documents[index]);
    app->document_count--;
    for (int i = index; i < app->document_count; i++) app->documents[i] = app->documents[i + 1];
    for (int p = 0; p < TAU_APP_PANES; p++) {
        s->panes[p].document = move_index(s->panes[p].document, index);
        if (s->panes[p].document < 0 && p < s->pane_count && app->document_count)
            tau_app_show(app, p, index < app->document_count ? index : app->document_count - 1);
    }
    s->reference = move_index(s->reference, index);
    int kept = 0;
    for (int i = 0; i < s->pin_count; i++) {
        tau_pin pin = s->pins[i];
        pin.document = move_index(pin.document, index);
        if (pin.document >= 0) s->pins[kept++] = pin;
    }
    s->pin_count = kept;
    tau_history_clear(app->data); /* what it holds names documents by their place */
    app->hovering = false;
}

tau_document *tau_app_get_pane_document(const tau_app *app, int pane) {
    int index = app->state.panes[pane].document;
    return index >= 0 && index < app->document_count ? app->documents[index] : NULL;
}

tau_document *tau_app_get_document(const tau_app *app) {
    return tau_app_get_pane_document(app, app->state.active);
}

tau_pane *tau_app_get_pane(tau_app *app) {
    return &app->state.panes[app->state.active];
}

/* ---- panes ---- */

/* A difference has two sides of a middle: a map of two colours with equal ends. */
static void suit_difference(tau_view *view, const tau_document *document) {
    const tau_field *field = document->scene.field;
    double most = 0;
    for (size_t i = 0; field && i < field->nx * field->ny; i++)
        if (isfinite(field->value[i])) most = fmax(most, fabs(field->value[i]));
    snprintf(view->colormap, sizeof view->colormap, "vik");
    view->log = false;
    if (most > 0) {
        view->range_lo = -most;
        view->range_hi = most;
    }
}

static void suit(tau_app *app, tau_view *view, const tau_document *document) {
    if (document->line && view->kind != TAU_VIEW_KIND_LINE) {
        view->kind = TAU_VIEW_KIND_LINE;
        view->map_lo[0] = view->map_lo[1] = view->map_hi[0] = view->map_hi[1] = NAN;
    }
    if (!document->line && view->kind == TAU_VIEW_KIND_LINE) {
        view->kind = TAU_VIEW_KIND_SURFACE;
        view->map_lo[0] = view->map_lo[1] = view->map_hi[0] = view->map_hi[1] = NAN;
    }
    if (document->kind == TAU_DOCUMENT_KIND_DIFFERENCE) suit_difference(view, document);
    view->dark = app->settings.dark;
}

/* Two landscapes over one region: the camera stays when one takes the other's place. */
static bool same_place(const tau_app *app, int before, int after) {
    double lo[2][2], hi[2][2];
    if (before < 0 || before >= app->document_count) return false;
    const tau_document *a = app->documents[before], *b = app->documents[after];
    if (a->line != b->line || !tau_document_get_extent(a, lo[0], hi[0]) ||
        !tau_document_get_extent(b, lo[1], hi[1]))
        return false;
    return memcmp(lo[0], lo[1], sizeof lo[0]) == 0 && memcmp(hi[0], hi[1], sizeof hi[0]) == 0;
}

void tau_app_show(tau_app *app, int pane, int document) {
    if (document < 0 || document >= app->document_count) return;
    tau_pane *p = &app->state.panes[pane];
    bool was_difference = p->document >= 0 && p->document < app->document_count &&
                          app->documents[p->document]->kind == TAU_DOCUMENT_KIND_DIFFERENCE;
    if (was_difference) {
        tau_view fresh = tau_view_get_default(p->view.kind);
        memcpy(p->view.colormap, fresh.colormap, sizeof fresh.colormap);
        p->view.range_lo = p->view.range_hi = NAN;
    }
    /* What is due from before stays due: it has not been drawn yet. */
    app->fit_due[pane] = app->fit_due[pane] || !same_place(app, p->document, document);
    p->document = document;
    suit(app, &p->view, app->documents[document]);
    if (pane == app->state.active || app->timeline.count == 0)
        tau_timeline_set_count(&app->timeline, app->documents[document]->states);
    if (app->timeline.speed == 2 && app->timeline.count > 20)
        app->timeline.speed = (double)(app->timeline.count - 1) / 10;
}

void tau_app_next_document(tau_app *app, int step) {
    if (app->document_count == 0) return;
    tau_pane *pane = tau_app_get_pane(app);
    int next = (pane->document + step + app->document_count) % app->document_count;
    tau_app_show(app, app->state.active, next);
}

static bool is_shown(const tau_app *app, int document) {
    for (int p = 0; p < app->state.pane_count; p++)
        if (app->state.panes[p].document == document) return true;
    return false;
}

/* The next one that no pane shows, or the next one. */
static int find_for_pane(const tau_app *app, int after) {
    for (int step = 1; step < app->document_count; step++)
        if (!is_shown(app, (after + step) % app->document_count)) return (after + step) % app->document_count;
    return (after + 1) % app->document_count;
}

void tau_app_add_pane(tau_app *app) {
    tau_app_state *s = &app->state;
    if (s->pane_count == TAU_APP_PANES || app->document_count == 0) return;
    tau_pane *from = tau_app_get_pane(app), *to = &s->panes[s->pane_count];
    int document = find_for_pane(app, from->document);
    *to = *from;
    s->pane_count++;
    app->fit_due[s->pane_count - 1] = true;
    if (app->document_count > 1)
        tau_app_show(app, s->pane_count - 1, document);
    else if (to->view.kind == TAU_VIEW_KIND_SURFACE) /* the same once more, from above */
        to->view.kind = TAU_VIEW_KIND_MAP;
    else if (to->view.kind == TAU_VIEW_KIND_MAP)
        to->view.kind = TAU_VIEW_KIND_SURFACE;
}

void tau_app_remove_pane(tau_app *app) {
    tau_app_state *s = &app->state;
    if (s->pane_count < 2) return;
    for (int p = s->active; p + 1 < s->pane_count; p++) {
        s->panes[p] = s->panes[p + 1];
        app->fitted[p] = app->fitted[p + 1];
    }
    s->pane_count--;
    if (s->active >= s->pane_count) s->active = s->pane_count - 1;
}

/* ---- time ---- */

static bool must_refresh(const tau_app *app, const tau_document *document) {
    return document->path && (app->watch || document->growing) && tau_document_is_stale(document);
}

static bool refresh_documents(tau_app *app) {
    bool changed = false, poll = app->now >= app->next_poll && !tau_loader_is_busy(app);
    for (int i = 0; i < app->document_count; i++) {
        tau_document *document = app->documents[i];
        if (document->exploration) {
            if (app->task || app->now < app->next_read || !tau_document_is_stale(document)) continue;
            changed |= tau_app_report(app, tau_document_refresh(document)) == TAU_STATUS_OK;
            app->next_read = app->now + app->rest;
        } else if (poll && must_refresh(app, document)) {
            changed |= tau_app_report(app, tau_loader_refresh(app, document)) == TAU_STATUS_OK;
        }
    }
    if (poll) app->next_poll = app->now + POLL_SECONDS;
    const tau_document *active = tau_app_get_document(app);
    if (active && active->states != app->timeline.count)
        tau_timeline_set_count(&app->timeline, active->states);
    return changed;
}

static bool end_toasts(tau_app *app) {
    bool changed = false;
    for (int i = 0; i < TAU_APP_TOASTS; i++)
        if (app->toasts[i].text[0] && app->now >= app->toasts[i].until) {
            app->toasts[i].text[0] = '\0';
            changed = true;
        }
    return changed;
}

bool tau_app_tick(tau_app *app, double now) {
    double passed = app->now > 0 ? now - app->now : 0;
    app->now = now;
    bool changed = tau_timeline_advance(&app->timeline, passed < 0.25 ? passed : 0.25);
    changed |= end_toasts(app);
    changed |= tau_tools_tick(app);
    changed |= tau_loader_tick(app);
    changed |= refresh_documents(app);
    tau_app_settle(app);
    return changed;
}

double tau_app_get_patience(const tau_app *app) {
    if (app->timeline.playing || app->recording) return 0;
    double until = 3600;
    for (int i = 0; i < TAU_APP_TOASTS; i++)
        if (app->toasts[i].text[0]) until = fmin(until, fmax(0.01, app->toasts[i].until - app->now));
    for (int i = 0; i < app->document_count; i++)
        if (app->documents[i]->path && (app->watch || app->documents[i]->growing))
            until = fmin(until, fmax(0.05, app->next_poll - app->now));
    for (int i = 0; i < app->document_count && !app->task; i++)
        if (app->documents[i]->exploration && tau_document_is_stale(app->documents[i]))
            until = fmin(until, fmax(0.005, app->next_read - app->now));
    return until;
}
