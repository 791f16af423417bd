/* Values written into contour lines, where a line is straight and there is room. */
#include <math.h>

#include "core/memory.h"
#include "figure/plan.h"

#define LINES_LABELLED 4    /* of each level, the longest */
#define PLACES_TRIED   120  /* along each line */
#define STRAIGHTNESS   0.96 /* chord over arc */

/* One line on the page with its length at every point. */
typedef struct ruler {
    double (*points)[2];
    double *length; /* from the first point */
    size_t count, capacity, length_capacity;
} ruler;

typedef struct candidate {
    size_t line;
    double length;
} candidate;

static void release_ruler(ruler *r) {
    tau_mem_free(r->points);
    tau_mem_free(r->length);
}

static tau_status lay_ruler(ruler *r, const tau_panel_plan *panel, const tau_polylines *lines, size_t index) {
    const tau_polyline *line = &lines->lines[index];
    r->count = line->count + line->closed;
    TAU_TRY(TAU_GROW(r->points, r->capacity, r->count));
    TAU_TRY(TAU_GROW(r->length, r->length_capacity, r->count));
    for (size_t i = 0; i < r->count; i++) {
        const double *point = lines->points[line->first + i % line->count];
        r->points[i][0] = tau_plan_get_x(panel, point[0]);
        r->points[i][1] = tau_plan_get_y(panel, point[1]);
        r->length[i] = i ? r->length[i - 1] + hypot(r->points[i][0] - r->points[i - 1][0],
                                                    r->points[i][1] - r->points[i - 1][1])
                         : 0;
    }
    return TAU_STATUS_OK;
}

/* The point at a length, by bisection. */
static void get_point_at(const ruler *r, double length, double out[2]) {
    size_t low = 0, high = r->count - 1;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (r->length[middle] <= length)
            low = middle;
        else
            high = middle;
    }
    double span = r->length[high] - r->length[low], part = span > 0 ? (length - r->length[low]) / span : 0;
    for (int c = 0; c < 2; c++) out[c] = r->points[low][c] + (r->points[high][c] - r->points[low][c]) * part;
}

/* How badly a text of this width sits on the line at a length; INFINITY where it bends too much. */
static double judge_place(const ruler *r, double at, double width, double *x, double *y, double *angle) {
    double start[2], middle[2], end[2];
    get_point_at(r, at - width / 2, start);
    get_point_at(r, at, middle);
    get_point_at(r, at + width / 2, end);
    double dx = end[0] - start[0], dy = end[1] - start[1], chord = hypot(dx, dy);
    double sag =
        chord > 0 ? fabs((middle[0] - start[0]) * dy - (middle[1] - start[1]) * dx) / chord : INFINITY;
    if (chord < STRAIGHTNESS * width || !isfinite(sag)) return INFINITY;
    if (dx < 0) dx = -dx, dy = -dy; /* never upside down */
    *angle = atan2(dy, dx);
    *x = (start[0] + end[0] + 2 * middle[0]) / 4, *y = (start[1] + end[1] + 2 * middle[1]) / 4;
    return sag / width * 8 + fabs(*angle);
}

static tau_status label_line(tau_plan *plan, const tau_panel_plan *panel, const ruler *r, const char *text) {
    const tau_theme *theme = &plan->theme;
    tau_label_spec spec = {.role = TAU_TEXT_ROLE_CONTOUR,
                           .size = theme->small * 0.92,
                           .color = theme->ink,
                           .align_x = 0.5,
                           .align_y = 0.5};
    double margin = theme->font * 0.25;
    tau_rect bounds = {panel->plot.x + margin, panel->plot.y + margin, panel->plot.width - 2 * margin,
                       panel->plot.height - 2 * margin};
    double width = tau_layout_measure(&plan->layout, text, spec.size, false).width + theme->font * 0.5;
    double total = r->length[r->count - 1], best = INFINITY;
    if (total < 2.2 * width) return TAU_STATUS_OK;
    tau_label_spec chosen = spec;
    for (int k = 0; k < PLACES_TRIED; k++) {
        double at = width / 2 + (total - width) * (k + 0.5) / PLACES_TRIED;
        double badness = judge_place(r, at, width, &spec.x, &spec.y, &spec.angle);
        if (badness >= best) continue;
        if (!tau_layout_is_free(&plan->layout, tau_layout_get_box(&plan->layout, text, &spec), bounds,
                                margin))
            continue;
        best = badness;
        chosen = spec;
    }
    return isfinite(best) ? tau_layout_add(&plan->layout, text, &chosen, INFINITY) : TAU_STATUS_OK;
}

/* The longest lines of a level, longest first; lengths in points of the line suffice for the choice. */
static int find_longest(const tau_polylines *lines, candidate out[LINES_LABELLED]) {
    int count = 0;
    for (size_t i = 0; i < lines->line_count; i++) {
        candidate c = {i, (double)lines->lines[i].count};
        if (lines->lines[i].count < 2) continue;
        int place = count;
        while (place > 0 && out[place - 1].length < c.length) place--;
        if (place == LINES_LABELLED) continue;
        if (count < LINES_LABELLED) count++;
        for (int k = count - 1; k > place; k--) out[k] = out[k - 1];
        out[place] = c;
    }
    return count;
}

tau_status tau_plan_label_contours(tau_plan *plan, const tau_panel_plan *panel) {
    ruler r = {0};
    tau_status status = TAU_STATUS_OK;
    for (int k = 0; k < panel->scale.levels.count && panel->lines && status == TAU_STATUS_OK; k++) {
        candidate longest[LINES_LABELLED];
        int count = find_longest(&panel->lines[k], longest);
        for (int c = 0; c < count && status == TAU_STATUS_OK; c++) {
            status = lay_ruler(&r, panel, &panel->lines[k], longest[c].line);
            if (status == TAU_STATUS_OK) status = label_line(plan, panel, &r, panel->scale.levels.label[k]);
        }
    }
    release_ruler(&r);
    return status;
}
