/* The timeline with the curves under it, and the profile of a drawn line. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "figure/number.h"
#include "viewer/actions.h"
#include "viewer/imgui.h"
#include "viewer/panels.h"

/* ---- curves ---- */

/* Lowest and highest finite value, and whether a logarithmic scale says more. */
typedef struct extent {
    double lo, hi;
    bool log;
} extent;

/* Accuracies and the like have a scale of their own, at the right. */
static bool is_other(const tau_series *series) {
    return strchr(series->label, ':') && !strstr(series->label, "loss");
}

static extent find_extent(const tau_panels_plot *plot, bool others) {
    extent e = {INFINITY, -INFINITY, false};
    for (size_t s = 0; s < plot->count; s++) {
        if (is_other(&plot->series[s]) != others) continue;
        for (size_t i = 0; i < plot->series[s].count; i++) {
            double value = plot->series[s].value[i];
            if (!isfinite(value)) continue;
            e.lo = fmin(e.lo, value);
            e.hi = fmax(e.hi, value);
        }
    }
    e.log = e.lo > 0 && e.hi > 30 * e.lo;
    if (!(e.hi > e.lo)) {
        double middle = isfinite(e.lo) ? e.lo : 0;
        e.lo = middle - 1;
        e.hi = middle + 1;
    }
    return e;
}

static double get_height(const extent *e, double value) {
    if (e->log) return (log(value) - log(e->lo)) / (log(e->hi) - log(e->lo));
    return (value - e->lo) / (e->hi - e->lo);
}

/* More points than pixels are drawn as the lowest and highest of each pixel, so that no peak is lost. */
static void draw_series(const double area[4], const tau_panels_plot *plot, const extent *e,
                        const tau_series *series, int ink, int dash) {
    enum { MOST = 4096 };
    float points[2 * MOST];
    size_t count = 0, columns = (size_t)fmax(1, area[2]);
    size_t stride = series->count > 2 * columns ? series->count / columns : 1;
    for (size_t i = 0; i < series->count && count + 2 < MOST; i += stride) {
        size_t lowest = i, highest = i;
        for (size_t k = i; k < i + stride && k < series->count; k++) {
            if (series->value[k] < series->value[lowest]) lowest = k;
            if (series->value[k] > series->value[highest]) highest = k;
        }
        const size_t order[] = {lowest < highest ? lowest : highest, lowest < highest ? highest : lowest};
        for (int k = 0; k < (stride > 1 ? 2 : 1); k++) {
            double u = (series->place[order[k]] - plot->lo) / (plot->hi - plot->lo);
            double v = get_height(e, series->value[order[k]]);
            if (!isfinite(u) || !isfinite(v)) { /* a gap stays a gap */
                if (count > 1) tau_ui_draw_polyline(points, count, ink, 1.5, dash);
                count = 0;
                continue;
            }
            points[2 * count] = (float)(area[0] + u * area[2]);
            points[2 * count + 1] = (float)(area[1] + (1 - v) * area[3]);
            count++;
        }
    }
    if (count > 1) tau_ui_draw_polyline(points, count, ink, 1.5, dash);
}

/* Colour and dash; one without a name is the other side of the one before. */
static int get_look(const tau_panels_plot *plot, size_t s) {
    return (int)(s > 0 && !plot->series[s].label[0] ? s - 1 : s);
}

/* Names from the right end on, as many as there is room for. */
static void draw_names(const double area[4], const tau_panels_plot *plot) {
    double right = area[0] + area[2] - 4, line = tau_ui_get_line_height();
    for (size_t s = 0; s < plot->count; s++) {
        double width = tau_ui_measure(plot->series[s].label), sample = 1.6 * line;
        if (!plot->series[s].label[0]) continue;
        if (right - width - sample < area[0] + area[2] * 0.3) return;
        int ink = TAU_UI_INK_SERIES + (int)s;
        float mark[] = {(float)(right - width - sample), (float)(area[1] + line / 2),
                        (float)(right - width - 0.4 * line), (float)(area[1] + line / 2)};
        float dashes[2 * 9];
        for (int k = 0; k < 9; k++) {
            dashes[2 * k] = mark[0] + (mark[2] - mark[0]) * (float)k / 8;
            dashes[2 * k + 1] = mark[1];
        }
        tau_ui_draw_polyline(dashes, 9, ink, 2, (int)(s % 3));
        tau_ui_draw_text(right - width, area[1], TAU_UI_INK_TEXT, plot->series[s].label);
        right -= width + sample + line;
    }
}

/* Lowest and highest value beside the frame. @return the width they take */
static double draw_scale(const double area[4], const extent *e, bool right) {
    char hi[TAU_NUMBER_TEXT], lo[TAU_NUMBER_TEXT];
    tau_number_format(hi, e->hi, 3);
    tau_number_format(lo, e->lo, 3);
    double width = fmax(tau_ui_measure(hi), tau_ui_measure(lo)) + 6;
    double x = right ? area[0] + area[2] - width + 6 : area[0];
    tau_ui_draw_text(x, area[1], TAU_UI_INK_MUTED, hi);
    tau_ui_draw_text(x, area[1] + area[3] - tau_ui_get_line_height(), TAU_UI_INK_MUTED, lo);
    return width;
}

void tau_panels_draw_plot(const double area[4], const tau_panels_plot *plot) {
    extent e[2] = {find_extent(plot, false), find_extent(plot, true)};
    bool others = false, losses = false;
    for (size_t s = 0; s < plot->count; s++) *(is_other(&plot->series[s]) ? &others : &losses) = true;
    double left = losses || !others ? draw_scale(area, &e[0], false) : 0;
    double right = others ? draw_scale(area, &e[1], true) : 0;
    double inner[4] = {area[0] + left, area[1], fmax(1, area[2] - left - right), area[3]};
    tau_ui_draw_rectangle(inner[0], inner[1], inner[2], inner[3], TAU_UI_INK_FRAME, false);
    tau_ui_clip(inner[0], inner[1], inner[2], inner[3]);
    double span = plot->hi - plot->lo;
    if (span > 0) {
        double names = 1.2 * tau_ui_get_line_height();
        double curves[4] = {inner[0], inner[1] + names, inner[2], fmax(1, inner[3] - names - 2)};
        if (!isnan(plot->range[0]) || !isnan(plot->range[1])) {
            double a = isnan(plot->range[0]) ? plot->lo : plot->range[0];
            double b = isnan(plot->range[1]) ? plot->hi : plot->range[1];
            tau_ui_draw_rectangle(inner[0] + (a - plot->lo) / span * inner[2], inner[1],
                                  (b - a) / span * inner[2], inner[3], TAU_UI_INK_MUTED, true);
        }
        for (size_t s = 0; s < plot->count; s++)
            draw_series(curves, plot, &e[is_other(&plot->series[s])], &plot->series[s],
                        TAU_UI_INK_SERIES + get_look(plot, s), get_look(plot, s) % 3);
        if (!isnan(plot->place)) {
            double x = inner[0] + (plot->place - plot->lo) / span * inner[2];
            tau_ui_draw_line(x, inner[1], x, inner[1] + inner[3], TAU_UI_INK_ACCENT, 1);
        }
        draw_names(inner, plot);
    }
    tau_ui_unclip();
}

/* ---- timeline ---- */

static void draw_control(tau_app *app, const char *id, const char *label) {
    const tau_action *action = tau_action_find(id);
    if (tau_ui_button(label)) (void)action->run(app, action->argument);
    char tip[256];
    snprintf(tip, sizeof tip, "%s  Key: %s", action->help, action->keys ? action->keys : "none");
    tau_ui_tooltip(tip);
    tau_ui_same_line();
}

static void draw_controls(tau_panels *p, tau_app *app) {
    tau_timeline *t = &app->timeline;
    draw_control(app, "time.start", "|<");
    draw_control(app, "time.step_back", "<");
    draw_control(app, "time.play", t->playing ? "Stop##play" : "Play##play");
    draw_control(app, "time.step_on", ">");
    draw_control(app, "time.follow", t->follow ? ">| following##follow" : ">|##follow");
    bool loop = t->loop;
    if (tau_ui_checkbox("repeat", &loop)) t->loop = loop;
    if (p->width > 900 * p->scale) {
        tau_ui_same_line();
        tau_ui_next_width(150 * p->scale);
        tau_ui_slider("states a second", &t->speed, 0.1, 1000, "%.3g", true);
    }
}

/* The document whose numbers stand under the timeline: that of the pane, or a run that is open beside. */
static const tau_document *find_curves(const tau_app *app) {
    const tau_document *document = tau_app_get_document(app);
    if (document && document->series_count) return document;
    for (int i = 0; i < app->document_count; i++)
        if (app->documents[i]->series_count && app->documents[i]->states == app->timeline.count)
            return app->documents[i];
    return NULL;
}

void tau_panels_draw_time(tau_panels *p, tau_app *app) {
    p->seeking = false;
    if (p->time_height <= 0) return;
    tau_timeline *t = &app->timeline;
    double width = p->width - p->side_width, area[4], u;
    if (tau_ui_begin_window("time", TAU_UI_STRIP, 0, p->height - p->status_height - p->time_height, width,
                            p->time_height)) {
        draw_controls(p, app);
        double position = t->position;
        char time[64];
        tau_app_format_time(app, time);
        tau_ui_next_width(-1);
        if (tau_ui_slider("##state", &position, 0, (double)(t->count - 1), time, false))
            tau_timeline_seek(t, position);
        const tau_document *document = find_curves(app);
        tau_panels_plot plot = {
            .lo = 0, .hi = (double)(t->count - 1), .place = t->position, .range = {t->loop_lo, t->loop_hi}};
        if (document) {
            plot.series = document->series;
            plot.count = document->series_count < 7 ? document->series_count : 7;
        }
        double used = 2 * (tau_ui_get_line_height() + 3 * tau_ui_get_spacing()) + 14 * p->scale;
        double height = fmax(10, p->time_height - used);
        p->seeking = tau_ui_canvas("curves", height, area, &u);
        tau_panels_draw_plot(area, &plot);
        if (p->seeking) tau_timeline_seek(t, u * (double)(t->count - 1));
    }
    tau_ui_end_window();
}

/* ---- profile ---- */

static void fill_profile(const tau_explore_answer *answer, tau_series series[3], double *arrays) {
    size_t n = answer->count;
    for (size_t i = 0; i < n; i++) {
        double x = answer->coords[i][0] - answer->coords[0][0],
               y = answer->coords[i][1] - answer->coords[0][1];
        arrays[i] = hypot(x, y);
        arrays[n + i] = answer->loss[i] + answer->loss_se[i];
        arrays[2 * n + i] = answer->loss[i] - answer->loss_se[i];
    }
    series[0] = (tau_series){"loss", n, arrays, answer->loss};
    series[1] = (tau_series){"± SE", n, arrays, arrays + n};
    series[2] = (tau_series){"", n, arrays, arrays + 2 * n};
}

void tau_panels_draw_profile(tau_panels *p, tau_app *app) {
    const tau_explore_answer *answer = &app->tools.profile;
    const tau_document *document = tau_app_get_document(app);
    double *arrays, area[4], u;
    if (p->profile_height <= 0 || answer->count < 2 || !document || !document->exploration) return;
    if (TAU_ALLOC(arrays, 3 * answer->count) != TAU_STATUS_OK) return;
    double height = p->profile_height;
    if (tau_ui_begin_window("profile", TAU_UI_STRIP, 0, p->scene[1] + p->scene[3], p->scene[2], height)) {
        tau_series series[3];
        char text[200];
        fill_profile(answer, series, arrays);
        snprintf(text, sizeof text, "Loss along the line, %zu samples%s", answer->samples,
                 answer->finished ? "" : " …");
        tau_ui_text(text);
        tau_ui_same_line();
        if (tau_ui_button("x##profile")) {
            app->state.has_line = false;
            tau_explore_answer_clear(&app->tools.profile);
        } else {
            tau_panels_plot plot = {series, 3, 0, arrays[answer->count - 1], NAN, {NAN, NAN}};
            tau_ui_canvas("profile", fmax(20, height - 48 * p->scale), area, &u);
            tau_panels_draw_plot(area, &plot);
        }
    }
    tau_ui_end_window();
    tau_mem_free(arrays);
}
