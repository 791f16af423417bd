/* Feature spaces and decision boundaries of one and two dimensions. */
#include <math.h>

#include "core/memory.h"
#include "figure/picture_internal.h"
#include "figure/sheet.h"

#define SIDE_MIN 300
#define SIDE_MAX 1200
#define BANDS    8  /* of probability, as DeepReplay's contours */
#define VALUES   12 /* of a regression */

/* ---- the sheet of decisions ---- */

typedef struct palette {
    int planes, bands;
    double lo, hi;       /* of a single plane's bands */
    uint32_t *colors;    /* [classes or 1, bands] */
    uint32_t not_finite; /* where the network gives no number */
} palette;

static uint32_t pack(tau_color color) {
    return 0xff000000u | (uint32_t)lround(color.r * 255) << 16 | (uint32_t)lround(color.g * 255) << 8 |
           (uint32_t)lround(color.b * 255);
}

static int find_band(const palette *p, double value) {
    double band = (value - p->lo) / (p->hi - p->lo) * p->bands;
    return band <= 0 ? 0 : band >= p->bands ? p->bands - 1 : (int)band;
}

static uint32_t paint_value(const void *payload, const float *values, uint8_t *region) {
    const palette *p = payload;
    *region = TAU_SHEET_NOT_FINITE;
    if (!isfinite(values[0])) return p->not_finite;
    int band = find_band(p, values[0]);
    *region = band >= p->bands / 2;
    return p->colors[band];
}

static uint32_t paint_classes(const void *payload, const float *values, uint8_t *region) {
    const palette *p = payload;
    int best = 0;
    *region = TAU_SHEET_NOT_FINITE;
    for (int k = 0; k < p->planes; k++) {
        if (!isfinite(values[k])) return p->not_finite;
        if (values[k] > values[best]) best = k;
    }
    *region = (uint8_t)(best % TAU_SHEET_NOT_FINITE);
    return p->colors[best * p->bands + find_band(p, values[best])];
}

/* From class 0 over paper, where nothing is decided, to class 1; in the article's style straight across. */
static tau_color binary_color(const tau_page *page, double share) {
    tau_color a = tau_picture_class_color(page, 0), b = tau_picture_class_color(page, 1),
              paper = page->plan.theme.paper;
    if (tau_picture_is_article(page)) return tau_color_mix(paper, tau_color_mix(a, b, share), 0.3);
    return share < 0.5 ? tau_color_mix(paper, a, 0.9 * (0.5 - share))
                       : tau_color_mix(paper, b, 0.9 * (share - 0.5));
}

static tau_status make_palette(const tau_page *page, tau_chart *chart, const tau_features_picture *picture,
                               palette *out) {
    const tau_feature_frame *f = picture->frame;
    bool binary = f->planes == 1 && f->class_count > 0, many = f->planes > 1;
    void *block;
    *out = (palette){.planes = f->planes, .bands = f->class_count ? BANDS : VALUES, .lo = 0, .hi = 1};
    out->not_finite = pack(tau_color_mix(page->plan.theme.not_finite, page->plan.theme.paper, 0.4));
    if (many) out->lo = 1.0 / f->planes;
    TAU_TRY(tau_chart_alloc(chart, &block, (size_t)(f->planes * out->bands), sizeof *out->colors));
    out->colors = block;
    for (int k = 0; k < f->planes; k++)
        for (int b = 0; b < out->bands; b++) {
            double share = (b + 0.5) / out->bands;
            tau_color color = many ? tau_color_mix(page->plan.theme.paper, tau_picture_class_color(page, k),
                                                   tau_picture_is_article(page) ? 0.3 : 0.08 + 0.34 * share)
                              : binary ? binary_color(page, share)
                                       : tau_color_mix(tau_colormap_get(&page->plan.colormap, share),
                                                       page->plan.theme.paper, 0.4);
            out->colors[k * out->bands + b] = pack(color);
        }
    return TAU_STATUS_OK;
}

/* The range of a regression's values, said in the legend because colours alone do not. */
static tau_status set_value_range(tau_chart *chart, const tau_features_picture *picture, palette *p) {
    const tau_feature_frame *f = picture->frame;
    p->lo = picture->value_low, p->hi = picture->value_high;
    if (!isfinite(p->lo) || !isfinite(p->hi)) {
        p->lo = INFINITY, p->hi = -INFINITY;
        for (size_t i = 0; i < f->mesh_rows * f->mesh_columns; i++) {
            if (!isfinite(f->probability[i])) continue;
            p->lo = fmin(p->lo, f->probability[i]), p->hi = fmax(p->hi, f->probability[i]);
        }
    }
    if (!(p->hi > p->lo)) p->lo = isfinite(p->lo) ? p->lo - 0.5 : 0, p->hi = p->lo + 1;
    return tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "output %.3g (dark) to %.3g (light)", p->lo,
                             p->hi);
}

/* Somewhat more pixels than a plot has. */
static int choose_side(const tau_page *page) {
    int wide = page->plan.pixel_width, high = page->plan.pixel_height, side = wide < high ? wide : high;
    return side < SIDE_MIN ? SIDE_MIN : side > SIDE_MAX ? SIDE_MAX : side;
}

/* The vertex of a class that is nearest to the middle of its region. @return false: too small for a text */
static bool find_middle(const tau_chart *chart, const tau_feature_frame *f, int class_index, size_t *middle) {
    size_t count = f->mesh_rows * f->mesh_columns, inside = 0;
    double x = 0, y = 0, nearest = INFINITY, wide = chart->x.hi - chart->x.lo,
           high = chart->y.hi - chart->y.lo;
    for (size_t i = 0; i < count; i++) {
        if (f->decision[i] != class_index || !isfinite(f->mesh[2 * i]) || !isfinite(f->mesh[2 * i + 1]))
            continue;
        x += f->mesh[2 * i], y += f->mesh[2 * i + 1];
        inside++;
    }
    if (inside < count / 100 + 1) return false;
    for (size_t i = 0; i < count; i++) {
        double distance = hypot((f->mesh[2 * i] - x / (double)inside) / wide,
                                (f->mesh[2 * i + 1] - y / (double)inside) / high);
        if (f->decision[i] == class_index && distance < nearest) nearest = distance, *middle = i;
    }
    return isfinite(nearest);
}

/* Colours alone would say which class a region is of. */
static tau_status name_regions(const tau_page *page, tau_chart *chart, const tau_feature_frame *f) {
    const char *text;
    size_t middle = 0;
    for (int c = 0; c < f->class_count && f->planes > 1 && f->decision; c++) {
        if (!find_middle(chart, f, c, &middle)) continue;
        TAU_TRY(tau_chart_format(chart, &text, "%d", c));
        TAU_TRY(tau_chart_add_text(chart, f->mesh[2 * middle], f->mesh[2 * middle + 1], 0.5, text,
                                   page->plan.theme.ink));
        chart->texts[chart->text_count - 1].plate = true;
    }
    return TAU_STATUS_OK;
}

/* Said in the legend where it occurs. */
static tau_status add_not_finite(const tau_page *page, tau_chart *chart, const tau_feature_frame *f) {
    const tau_theme *theme = &page->plan.theme;
    const tau_look look = {.color = tau_color_mix(theme->not_finite, theme->paper, 0.4),
                           .hatch = TAU_HATCH_FALLING};
    for (size_t i = 0; i < f->mesh_rows * f->mesh_columns * (size_t)f->planes; i++)
        if (!isfinite(f->probability[i]))
            return tau_chart_add_key(chart, TAU_KEY_KIND_AREA, &look, "no number");
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_sheet(const tau_page *page, tau_chart *chart,
                                 const tau_features_picture *picture) {
    const tau_feature_frame *f = picture->frame;
    if (f->mesh_rows < 2 || f->mesh_columns < 2 || f->planes < 1 || f->dims != 2) return TAU_STATUS_OK;
    palette p;
    uint32_t *pixels;
    TAU_TRY(make_palette(page, chart, picture, &p));
    if (f->class_count == 0) TAU_TRY(set_value_range(chart, picture, &p));
    const tau_sheet sheet = {
        .rows = f->mesh_rows,
        .columns = f->mesh_columns,
        .at = f->mesh,
        .planes = f->planes,
        .value = f->probability,
        .left = chart->x.lo,
        .right = chart->x.hi,
        .bottom = chart->y.lo,
        .top = chart->y.hi,
        .paint = f->planes > 1 ? paint_classes : paint_value,
        .payload = &p,
        .hatch = pack(tau_color_mix(page->plan.theme.not_finite, page->plan.theme.ink, 0.3)),
        .line =
            f->class_count > 0 ? pack(tau_color_mix(page->plan.theme.ink, page->plan.theme.paper, 0.35)) : 0};
    TAU_TRY(add_not_finite(page, chart, f));
    TAU_TRY(name_regions(page, chart, f));
    int side = choose_side(page);
    TAU_TRY(TAU_ALLOC(pixels, (size_t)(side * side)));
    tau_status status = tau_sheet_rasterise(&sheet, pixels, side, side);
    if (status == TAU_STATUS_OK)
        status = tau_chart_add_image(chart, pixels, side, side, chart->x.lo, chart->x.hi, chart->y.lo,
                                     chart->y.hi);
    tau_mem_free(pixels);
    return status;
}

/* ---- lines and points ---- */

static tau_status add_lines(const tau_page *page, tau_chart *chart, const tau_feature_frame *f) {
    const tau_look look = {.color = page->plan.theme.ink, .opacity = 0.4, .width = 0.45};
    for (size_t i = 0; i < f->line_count && f->dims == 2; i++) {
        double(*points)[2];
        const double *line = f->lines + i * f->line_points * 2;
        TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_LINE, &look, f->line_points, &points));
        for (size_t k = 0; k < f->line_points; k++)
            points[k][0] = line[2 * k], points[k][1] = line[2 * k + 1];
    }
    return TAU_STATUS_OK;
}

/* Points on one axis are spread across it: by a fixed sequence, so that a film does not flicker. */
static double spread(size_t i) {
    double share = (double)i * 0.6180339887498949;
    return (share - floor(share) - 0.5) * 0.7;
}

static tau_status add_points(const tau_page *page, tau_chart *chart, const tau_feature_frame *f,
                             int class_index) {
    double(*points)[2];
    const tau_look look = {
        .color = class_index < 0 ? page->plan.theme.ink : tau_picture_class_color(page, class_index),
        .marker = class_index < 0 ? TAU_MARKER_CIRCLE : tau_picture_class_marker(page, class_index),
        .size = tau_picture_dot_size(f->count),
        .opacity = 0.9};
    size_t dims = (size_t)f->dims, kept = 0;
    for (size_t i = 0; i < f->count; i++) kept += class_index < 0 || f->labels[i] == class_index;
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_DOTS, &look, kept, &points));
    kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (class_index >= 0 && f->labels[i] != class_index) continue;
        points[kept][0] = f->points[i * dims];
        points[kept++][1] = dims > 1 ? f->points[i * dims + 1] : fmax(class_index, 0) + spread(i);
    }
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_classes(const tau_page *page, tau_chart *chart, const tau_feature_frame *f) {
    for (int c = 0; c < f->class_count; c++) {
        const tau_look look = {.color = tau_picture_class_color(page, c),
                               .marker = tau_picture_class_marker(page, c)};
        TAU_TRY(f->class_count <= 4 ? tau_chart_add_key(chart, TAU_KEY_KIND_DOTS, &look, "class %d", c)
                                    : tau_chart_add_key(chart, TAU_KEY_KIND_DOTS, &look, "%d", c));
    }
    return f->not_finite ? tau_chart_add_key(chart, TAU_KEY_KIND_NOTE, NULL, "%zu not finite", f->not_finite)
                         : TAU_STATUS_OK;
}

/* ---- axes ---- */

static void find_range(const tau_feature_frame *f, int axis, double *lo, double *hi) {
    size_t dims = (size_t)f->dims;
    const double *sets[] = {f->points, f->lines};
    size_t counts[] = {f->count, f->line_count * f->line_points};
    *lo = INFINITY, *hi = -INFINITY;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < counts[s]; i++) {
            double value = sets[s][i * dims + (size_t)axis];
            if (isfinite(value)) *lo = fmin(*lo, value), *hi = fmax(*hi, value);
        }
}

static tau_status set_axis(tau_chart *chart, tau_chart_axis *axis, const tau_features_picture *p, int k) {
    const tau_feature_frame *f = p->frame;
    double lo = p->low[k], hi = p->high[k];
    if (!isfinite(lo) || !isfinite(hi)) find_range(f, k, &lo, &hi);
    tau_chart_set_range(axis, lo, hi, 0.04);
    if (f->projected)
        return tau_chart_format(chart, &axis->name, "%s (%.1f %%)", f->axis[k], 100 * f->explained[k]);
    return tau_chart_format(chart, &axis->name, "%s", f->axis[k]);
}

/* One unit: classes on the vertical axis. */
static tau_status set_class_axis(tau_chart *chart, const tau_feature_frame *f) {
    tau_chart_axis *axis = &chart->y;
    size_t count = f->class_count > 0 ? (size_t)f->class_count : 1;
    void *block;
    TAU_TRY(tau_chart_alloc(chart, &block, count, sizeof *axis->categories));
    axis->categories = block;
    for (size_t i = 0; i < count; i++) {
        if (f->class_count > 0)
            TAU_TRY(tau_chart_format(chart, &axis->categories[i], "class %zu", i));
        else
            axis->categories[i] = "";
    }
    axis->category_count = count;
    axis->lo = -0.5, axis->hi = (double)count - 0.5;
    return TAU_STATUS_OK;
}

tau_status tau_picture_add_features(tau_page *page, const tau_picture *picture) {
    const tau_features_picture *p = &picture->features;
    const tau_feature_frame *f = p->frame;
    tau_chart *chart;
    char epoch[64];
    TAU_TRY(tau_page_add_chart(page, &chart));
    tau_picture_format_epoch(epoch, &f->moment);
    TAU_TRY(tau_chart_format(chart, &chart->title, "%s", epoch));
    chart->boxed = chart->is_large = true;
    if (f->dims == 3) return tau_picture_add_space(page, chart, p);
    TAU_TRY(set_axis(chart, &chart->x, p, 0));
    TAU_TRY(f->dims == 2 ? set_axis(chart, &chart->y, p, 1) : set_class_axis(chart, f));
    TAU_TRY(tau_picture_add_sheet(page, chart, p));
    TAU_TRY(add_lines(page, chart, f));
    for (int c = 0; c < f->class_count; c++) TAU_TRY(add_points(page, chart, f, c));
    if (f->class_count == 0) TAU_TRY(add_points(page, chart, f, -1));
    return tau_picture_add_classes(page, chart, f);
}
