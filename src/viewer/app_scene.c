/* What a pane shows: the scene of its document with pins, ways and time; the lines of text around it; views
 * as text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "figure/number.h"
#include "viewer/loader.h"
#include "viewer/tools.h"

static void add_mark(tau_app_picture *out, double x, double y, const char *label) {
    out->marks[out->scene.mark_count++] = (tau_scene_mark){{x, y}, label};
    out->scene.marks = out->marks;
}

static void add_pins(const tau_app *app, int pane, tau_app_picture *out) {
    int document = app->state.panes[pane].document;
    for (int i = 0; i < app->state.pin_count; i++) {
        const tau_pin *pin = &app->state.pins[i];
        if (pin->document != document) continue;
        snprintf(out->labels[i], sizeof out->labels[i], "%d", i + 1);
        add_mark(out, pin->coords[0], pin->coords[1], out->labels[i]);
    }
}

/* The step of the present place among the recorded ones, between them too. */
static double get_step(const tau_app *app, const tau_document *document) {
    if (document->states == 0) return NAN;
    double last = (double)(document->states - 1), at = fmin(fmax(app->timeline.position, 0), last);
    size_t before = (size_t)at;
    if (!document->steps) return at;
    double step = (double)document->steps[before];
    if (before + 1 < document->states)
        step += (at - (double)before) * (double)(document->steps[before + 1] - document->steps[before]);
    return step;
}

static void add_ways(const tau_app *app, tau_app_picture *out) {
    const tau_scene *scene = &out->scene;
    if (TAU_ALLOC(out->paths, scene->path_count + TAU_APP_WAYS) != TAU_STATUS_OK) return;
    size_t count = scene->path_count;
    if (count) memcpy(out->paths, scene->paths, count * sizeof *out->paths);
    for (int w = 0; w < TAU_APP_WAYS; w++) {
        const tau_app_way *way = &app->tools.ways[w];
        if (!way->job || way->answer.count == 0) continue;
        out->paths[count++] = (tau_path){.count = way->answer.count,
                                         .coords = (const double(*)[2])way->answer.coords,
                                         .loss_true = way->answer.loss,
                                         .label = way->label};
    }
    out->scene.paths = out->paths;
    out->scene.path_count = count;
}

bool tau_app_compose(const tau_app *app, int pane, tau_app_picture *out) {
    memset(out, 0, sizeof *out);
    const tau_document *document = tau_app_get_pane_document(app, pane);
    if (app->show_reference && app->state.reference >= 0 && pane == app->state.active &&
        app->documents[app->state.reference]->line == (document && document->line))
        document = app->documents[app->state.reference];
    if (!document) return false;
    out->scene = document->scene;
    out->view = app->state.panes[pane].view;
    out->view.time = document->states > 1 ? app->timeline.position : NAN;
    add_pins(app, pane, out);
    if (document->kind == TAU_DOCUMENT_KIND_RUN && document->states > 1)
        add_mark(out, get_step(app, document), NAN, NULL);
    if (document->exploration) {
        add_ways(app, out);
        out->scene.arrows = app->tools.arrow_list;
        out->scene.arrow_count = app->tools.arrow_count;
    }
    if (app->state.has_line && !document->line) out->scene.profile = app->state.line;
    return true;
}

void tau_app_picture_clear(tau_app_picture *picture) {
    tau_mem_free(picture->paths);
    picture->paths = NULL;
}

/* ---- texts ---- */

void tau_app_format_time(const tau_app *app, char text[64]) {
    const tau_document *document = tau_app_get_document(app);
    text[0] = '\0';
    if (!document || document->states == 0) return;
    snprintf(text, 64, "state %.0f of %zu, step %.0f", floor(app->timeline.position), document->states - 1,
             get_step(app, document));
}

/* "12 345": thin groups, as large counts are read. */
static void format_count(char out[32], size_t count) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%zu", count), at = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) out[at++] = ' ';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void format_left(char out[32], double seconds) {
    if (!(seconds < 1e6))
        snprintf(out, 32, "…");
    else if (seconds < 60)
        snprintf(out, 32, "%.1f s left", seconds);
    else
        snprintf(out, 32, "%.0f min left", ceil(seconds / 60));
}

void tau_app_format_status(const tau_app *app, char *out) {
    const tau_document *document = tau_app_get_document(app);
    out[0] = '\0';
    const char *file = tau_loader_get_path(app);
    if (file) {
        const char *slash = strrchr(file, '/');
        snprintf(out, TAU_DOCUMENT_TEXT, "reading %.200s …", slash ? slash + 1 : file);
        return;
    }
    if (!document) return;
    if (!document->exploration) {
        snprintf(out, TAU_DOCUMENT_TEXT, "%s", document->summary);
        return;
    }
    double share;
    const char *task = tau_tools_get_task(app, &share);
    if (task) {
        if (isnan(share))
            snprintf(out, TAU_DOCUMENT_TEXT, "%s …", task);
        else
            snprintf(out, TAU_DOCUMENT_TEXT, "%s, %.0f %%", task, 100 * share);
        return;
    }
    tau_explore_progress p;
    char samples[32], total[32], left[32];
    tau_explore_get_progress(app->exploration.explore, &p);
    format_count(samples, p.samples);
    format_count(total, p.samples_total);
    format_left(left, p.seconds_left);
    snprintf(out, TAU_DOCUMENT_TEXT, "tile %zu/%zu · %s/%s samples · %s · %.60s", p.tiles_done,
             p.tiles_wanted, samples, total,
             p.error[0]          ? "stopped by an error"
             : app->tools.paused ? "paused"
             : p.busy            ? left
                                 : "done",
             app->exploration.device ? app->exploration.device : "");
}

/* ---- clipboard ---- */

tau_status tau_app_copy_view(tau_app *app) {
    char *text;
    if (!app->host.set_clipboard) return TAU_STATUS_OK;
    tau_view view = tau_app_get_pane(app)->view;
    const tau_document *document = tau_app_get_document(app);
    view.time = document && document->states > 1 ? app->timeline.position : NAN;
    TAU_TRY(tau_view_write_json(&view, &text));
    app->host.set_clipboard(app->host.payload, text);
    tau_mem_free(text);
    tau_app_toast_text(app, "the view is in the clipboard");
    return TAU_STATUS_OK;
}

tau_status tau_app_paste_view(tau_app *app) {
    const char *text = app->host.get_clipboard ? app->host.get_clipboard(app->host.payload) : NULL;
    if (!text || !*text)
        return tau_fail(TAU_STATUS_USAGE, "there is no view in the clipboard" TAU_FIX
                                          "copy one with Ctrl+Shift+C, here or in another window");
    tau_pane *pane = tau_app_get_pane(app);
    tau_view view = pane->view;
    TAU_TRY(tau_view_read_json(&view, text, strlen(text)));
    const tau_document *document = tau_app_get_document(app);
    if (document && document->line != (view.kind == TAU_VIEW_KIND_LINE)) view.kind = pane->view.kind;
    tau_timeline_seek(&app->timeline, view.time);
    pane->view = view;
    app->fit_due[app->state.active] = false;
    app->settings.dark = view.dark;
    tau_app_link(app, app->state.active);
    tau_app_toast_text(app, "view pasted");
    return TAU_STATUS_OK;
}

void tau_app_copy_reading(tau_app *app) {
    char text[TAU_DOCUMENT_TEXT];
    const tau_document *document =
        tau_app_get_pane_document(app, app->hovering ? app->hover_pane : app->state.active);
    tau_reading reading = app->hover;
    if (!document || !app->host.set_clipboard) return;
    if (!app->hovering) {
        if (app->state.pin_count == 0) return;
        const tau_pin *pin = &app->state.pins[app->state.pin_count - 1];
        document = app->documents[pin->document];
        reading = tau_document_read(document, pin->coords);
    }
    tau_reading_format(text, &reading, document);
    app->host.set_clipboard(app->host.payload, text);
    tau_app_toast_text(app, "copied: %s", text);
}
