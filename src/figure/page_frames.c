/* Plots and every text of a page of charts, from the edges of the page inwards. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "figure/page.h"

#define CELLS_MAX    64
#define KEY_ROWS_MAX 16

/* What surrounds the plots of a column or row of cells, so that frames align. */
typedef struct margins {
    double left[CELLS_MAX], right[CELLS_MAX], top[CELLS_MAX], bottom[CELLS_MAX];
} margins;

static double line_height(const tau_page *page, double size) {
    tau_text_extent extent = tau_layout_measure(&page->plan.layout, "Hg", size, false);
    return extent.ascent + extent.descent;
}

static double text_width(const tau_page *page, const char *text, double size) {
    return tau_layout_measure(&page->plan.layout, text, size, false).width;
}

/* ---- ticks ---- */

static void drop_fractions(tau_ticks *ticks, bool log) {
    int kept = 0;
    for (int i = 0; i < ticks->count; i++) {
        double value = log ? pow(10, ticks->position[i]) : ticks->position[i];
        if (fabs(value - round(value)) > 1e-9 * fmax(fabs(value), 1)) continue;
        ticks->position[kept] = ticks->position[i];
        memmove(ticks->label[kept], ticks->label[i], TAU_NUMBER_TEXT);
        if (!log && ticks->exponent == 0) tau_number_format(ticks->label[kept], round(value), 12);
        kept++;
    }
    ticks->count = kept;
}

static void set_ticks(tau_chart_axis *axis, int wanted) {
    axis->ticks.count = 0;
    axis->ticks.exponent = 0;
    if (axis->hidden || axis->category_count > 0) return;
    if (axis->log)
        tau_ticks_log(&axis->ticks, axis->lo, axis->hi, wanted);
    else
        tau_ticks_linear(&axis->ticks, axis->lo, axis->hi, wanted);
    if (axis->whole) drop_fractions(&axis->ticks, axis->log);
}

static double widest_label(const tau_page *page, const tau_chart_axis *axis) {
    double widest = 0;
    if (axis->hidden) return 0;
    for (int i = 0; i < axis->ticks.count; i++)
        widest = fmax(widest, text_width(page, axis->ticks.label[i], page->plan.theme.small));
    for (size_t i = 0; i < axis->category_count; i++)
        widest = fmax(widest, text_width(page, axis->categories[i], page->plan.theme.small));
    return fmin(widest, page->plan.theme.font * 10);
}

/* The most ticks whose labels stay apart. */
static void set_horizontal_ticks(const tau_page *page, tau_chart *chart) {
    for (int wanted = 8; wanted >= 1; wanted--) {
        set_ticks(&chart->x, wanted);
        double widest = widest_label(page, &chart->x);
        if (chart->x.ticks.count * (widest + 1.2 * page->plan.theme.font) <= chart->plot.width) return;
    }
}

/* ---- margins ---- */

/* A name that may end in a power of ten needs room for the raised digits; ticks come later. */
static double name_height(const tau_page *page, const tau_chart_axis *axis) {
    if (!axis->name || axis->hidden) return 0;
    double largest = fmax(fabs(axis->lo), fabs(axis->hi));
    bool plain = axis->log || axis->category_count > 0 || (largest < 1e4 && largest >= 1e-2);
    tau_text_extent extent =
        tau_layout_measure(&page->plan.layout, plain ? "Hg" : "Hg10⁻³⁰⁰", page->plan.theme.font, false);
    return page->plan.theme.gap + extent.ascent + extent.descent;
}

static double side_width(const tau_page *page, const tau_chart_axis *axis) {
    const tau_theme *theme = &page->plan.theme;
    if (axis->hidden) return theme->gap;
    return theme->tick + theme->gap / 2 + widest_label(page, axis) + name_height(page, axis);
}

static void measure_sides(tau_page *page, margins *m) {
    const tau_theme *theme = &page->plan.theme;
    double row = page->plan.layout.height / page->rows - 7 * theme->font;
    for (size_t i = 0; i < page->chart_count; i++) {
        tau_chart *chart = &page->charts[i];
        double height = row * chart->row_span;
        int wanted = (int)(height / (theme->font * 2.8));
        wanted = wanted < 3 ? 3 : wanted > 8 ? 8 : wanted;
        set_ticks(&chart->y, wanted);
        if (chart->has_right) set_ticks(&chart->right, wanted);
        int last = chart->column + chart->column_span - 1;
        m->left[chart->column] = fmax(m->left[chart->column], side_width(page, &chart->y));
        m->right[last] =
            fmax(m->right[last], chart->has_right ? side_width(page, &chart->right) : theme->font * 1.3);
    }
}

static double key_symbol(const tau_page *page, const tau_chart_key *key) {
    double font = page->plan.theme.small;
    return key->kind == TAU_KEY_KIND_NOTE ? 0 : key->kind == TAU_KEY_KIND_DOTS ? font : 2 * font;
}

static double key_width(const tau_page *page, const tau_chart_key *key) {
    double symbol = key_symbol(page, key), font = page->plan.theme.small;
    return symbol + (symbol > 0 ? 0.4 * font : 0) + text_width(page, key->text, font);
}

/* Rows that the legend takes in a width. @param[out] starts  first key of each row and one more; may be NULL
 */
static int count_key_rows(const tau_page *page, const tau_chart *chart, double width,
                          size_t starts[KEY_ROWS_MAX + 1]) {
    double used = 0, gap = 1.2 * page->plan.theme.small;
    int rows = 0;
    for (size_t i = 0; i < chart->key_count; i++) {
        double wide = fmin(key_width(page, &chart->keys[i]), width);
        if (rows == 0 || used + gap + wide > width) {
            if (rows == KEY_ROWS_MAX) break;
            if (starts) starts[rows] = i;
            rows++;
            used = wide;
        } else {
            used += gap + wide;
        }
    }
    if (starts) starts[rows] = chart->key_count;
    return rows;
}

static double key_pitch(const tau_page *page) {
    return line_height(page, page->plan.theme.small) + page->plan.theme.gap * 0.4;
}

static void measure_heights(const tau_page *page, margins *m) {
    const tau_theme *theme = &page->plan.theme;
    double label = line_height(page, theme->small), name = line_height(page, theme->font);
    for (size_t i = 0; i < page->chart_count; i++) {
        const tau_chart *chart = &page->charts[i];
        double top = label / 2;
        int rows = count_key_rows(page, chart, chart->slot_width, NULL);
        if (rows > 0) top = fmax(top, theme->gap * (0.6 + 0.35)) + rows * key_pitch(page);
        if (chart->title) top = fmax(top, theme->gap * 0.8) + name;
        double bottom = chart->x.hidden ? theme->gap
                                        : theme->tick + theme->gap / 2 + label + name_height(page, &chart->x);
        int last = chart->row + chart->row_span - 1;
        m->top[chart->row] = fmax(m->top[chart->row], top);
        m->bottom[last] = fmax(m->bottom[last], bottom);
    }
}

/* ---- places ---- */

/* Positions along one direction: every cell's plot has the same extent. */
static double place_cells(int count, double start, double extent, double gap, const double *before,
                          const double *after, double *at) {
    double taken = gap * (count - 1);
    for (int i = 0; i < count; i++) taken += before[i] + after[i];
    double size = (extent - taken) / count;
    for (int i = 0; i < count; i++) {
        at[i] = start + before[i];
        start = at[i] + size + after[i] + gap;
    }
    return size;
}

static tau_status check_room(const tau_page *page, double width, double height) {
    double least = 3.2 * page->plan.theme.font;
    if (width >= least && height >= least) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot fit %d × %d cells on a page of %.3g × %.3g inches" TAU_WHY
                    "the diagrams would be %.3g × %.3g points" TAU_FIX
                    "make the page larger or the font smaller",
                    page->rows, page->columns, page->plan.layout.width / 72, page->plan.layout.height / 72,
                    fmax(width, 0), fmax(height, 0));
}

static void shrink_to_square(tau_chart *chart) {
    double wide = chart->plot.width / (chart->x.hi - chart->x.lo),
           high = chart->plot.height / (chart->y.hi - chart->y.lo);
    if (!chart->square) return;
    if (wide > high) {
        double width = high * (chart->x.hi - chart->x.lo);
        chart->plot.x += (chart->plot.width - width) / 2;
        chart->plot.width = width;
    } else {
        double height = wide * (chart->y.hi - chart->y.lo);
        chart->plot.y += (chart->plot.height - height) / 2;
        chart->plot.height = height;
    }
}

static tau_status place_plots(tau_page *page, tau_rect area) {
    margins m = {0};
    double x[CELLS_MAX], y[CELLS_MAX], gap = page->plan.theme.gap * 1.4;
    measure_sides(page, &m);
    double width = place_cells(page->columns, area.x, area.width, gap, m.left, m.right, x);
    for (size_t i = 0; i < page->chart_count; i++) {
        tau_chart *chart = &page->charts[i];
        int last = chart->column + chart->column_span - 1;
        chart->plot.x = x[chart->column];
        chart->plot.width = x[last] + width - x[chart->column];
        chart->slot_x = chart->plot.x, chart->slot_width = chart->plot.width;
        chart->cell_x = chart->slot_x - m.left[chart->column];
        chart->cell_width = m.left[chart->column] + chart->slot_width + m.right[last];
    }
    TAU_TRY(check_room(page, width, area.height));
    measure_heights(page, &m);
    double height = place_cells(page->rows, area.y, area.height, gap, m.top, m.bottom, y);
    TAU_TRY(check_room(page, width, height));
    for (size_t i = 0; i < page->chart_count; i++) {
        tau_chart *chart = &page->charts[i];
        int last = chart->row + chart->row_span - 1;
        chart->plot.y = y[chart->row];
        chart->plot.height = y[last] + height - y[chart->row];
        shrink_to_square(chart);
    }
    return TAU_STATUS_OK;
}

/* ---- texts ---- */

static tau_status add_text(tau_page *page, const char *text, tau_text_role role, double size,
                           tau_label_spec spec, double width) {
    spec.role = role;
    spec.size = size;
    return tau_layout_add(&page->plan.layout, text, &spec, width);
}

static tau_status try_tick(tau_page *page, const char *text, tau_label_spec spec, double width) {
    const tau_theme *theme = &page->plan.theme;
    const tau_rect paper = {1, 1, page->plan.layout.width - 2, page->plan.layout.height - 2};
    char *clean;
    spec.role = TAU_TEXT_ROLE_TICK;
    spec.size = theme->small;
    spec.color = theme->ink;
    tau_text_font font = {page->plan.layout.family, theme->small, false};
    TAU_TRY(tau_text_clean(&clean, text));
    tau_status status =
        isfinite(width) ? tau_text_fit(page->plan.layout.measure, &font, &clean, width) : TAU_STATUS_OK;
    if (status == TAU_STATUS_OK)
        status = tau_layout_try(&page->plan.layout, clean, &spec, paper, theme->font * 0.1, NULL);
    tau_mem_free(clean);
    return status;
}

static tau_status add_axis_name(tau_page *page, const tau_chart_axis *axis, tau_label_spec spec,
                                double width) {
    char power[TAU_NUMBER_TEXT], text[256];
    if (!axis->name) return TAU_STATUS_OK;
    tau_number_format_power(power, axis->ticks.exponent);
    if (axis->ticks.exponent)
        snprintf(text, sizeof text, "%.150s (×%s)", axis->name, power);
    else
        snprintf(text, sizeof text, "%.250s", axis->name);
    spec.color = page->plan.theme.ink;
    return add_text(page, text, TAU_TEXT_ROLE_AXIS_NAME, page->plan.theme.font, spec, width);
}

static tau_status place_horizontal_axis(tau_page *page, const tau_chart *chart) {
    const tau_theme *theme = &page->plan.theme;
    const tau_chart_axis *axis = &chart->x;
    if (axis->hidden) return TAU_STATUS_OK;
    double y = chart->plot.y + chart->plot.height + theme->tick + theme->gap / 2;
    for (int i = 0; i < axis->ticks.count; i++)
        TAU_TRY(try_tick(
            page, axis->ticks.label[i],
            (tau_label_spec){.x = tau_chart_get_x(chart, axis->ticks.position[i]), .y = y, .align_x = 0.5},
            INFINITY));
    double slot = axis->category_count ? chart->plot.width / (double)axis->category_count : 0;
    for (size_t i = 0; i < axis->category_count; i++)
        TAU_TRY(try_tick(page, axis->categories[i],
                         (tau_label_spec){.x = tau_chart_get_x(chart, (double)i), .y = y, .align_x = 0.5},
                         slot - theme->font * 0.4));
    bool fits = !axis->name || text_width(page, axis->name, theme->font) <= chart->slot_width;
    double middle = fits ? chart->plot.x + chart->plot.width / 2 : chart->cell_x + chart->cell_width / 2;
    return add_axis_name(
        page, axis,
        (tau_label_spec){.x = middle, .y = y + line_height(page, theme->small) + theme->gap, .align_x = 0.5},
        fits ? chart->slot_width + 2 * theme->font : chart->cell_width);
}

static tau_status place_vertical_axis(tau_page *page, const tau_chart *chart, bool right) {
    const tau_theme *theme = &page->plan.theme;
    const tau_chart_axis *axis = right ? &chart->right : &chart->y;
    if (axis->hidden) return TAU_STATUS_OK;
    int side = right ? 1 : -1;
    double edge = right ? chart->plot.x + chart->plot.width : chart->plot.x,
           widest = widest_label(page, axis);
    double x = edge + side * (theme->tick + theme->gap / 2);
    tau_label_spec spec = {.x = x, .align_x = right ? 0 : 1, .align_y = 0.5};
    for (int i = 0; i < axis->ticks.count; i++) {
        spec.y = tau_chart_get_y(chart, axis->ticks.position[i], right);
        TAU_TRY(try_tick(page, axis->ticks.label[i], spec, INFINITY));
    }
    for (size_t i = 0; i < axis->category_count; i++) {
        spec.y = tau_chart_get_y(chart, (double)i, right);
        TAU_TRY(try_tick(page, axis->categories[i], spec, widest + 1));
    }
    return add_axis_name(page, axis,
                         (tau_label_spec){.x = x + side * (widest + theme->gap),
                                          .y = chart->plot.y + chart->plot.height / 2,
                                          .align_x = 0.5,
                                          .align_y = right ? 0 : 1,
                                          .angle = -M_PI / 2},
                         chart->plot.height + theme->font);
}

static tau_status place_key(tau_page *page, tau_chart_key *key, double x, double y, double limit) {
    const tau_theme *theme = &page->plan.theme;
    double symbol = key_symbol(page, key), height = line_height(page, theme->small);
    key->place = (tau_rect){x, y + height * 0.15, symbol, height * 0.7};
    if (symbol > 0) x += symbol + 0.4 * theme->small;
    return add_text(page, key->text, TAU_TEXT_ROLE_LEGEND, theme->small,
                    (tau_label_spec){.color = theme->ink, .x = x, .y = y + height / 2, .align_y = 0.5},
                    limit - x);
}

static tau_status place_keys(tau_page *page, tau_chart *chart, double *top) {
    const tau_theme *theme = &page->plan.theme;
    size_t starts[KEY_ROWS_MAX + 1];
    int rows = count_key_rows(page, chart, chart->slot_width, starts);
    if (rows == 0) return TAU_STATUS_OK;
    double pitch = key_pitch(page), gap = 1.2 * theme->small;
    double y = chart->plot.y - theme->gap * 0.6 - rows * pitch;
    *top = y - theme->gap * 0.35;
    for (int r = 0; r < rows; r++, y += pitch) {
        double width = -gap;
        for (size_t i = starts[r]; i < starts[r + 1]; i++) width += key_width(page, &chart->keys[i]) + gap;
        double right = chart->slot_x + chart->slot_width + theme->font * 0.6;
        double x = chart->slot_x + fmax(0, (chart->slot_width - width) / 2);
        for (size_t i = starts[r]; i < starts[r + 1]; i++) {
            TAU_TRY(place_key(page, &chart->keys[i], x, y, right));
            x += key_width(page, &chart->keys[i]) + gap;
        }
    }
    return TAU_STATUS_OK;
}

/* Over the plot; over the whole cell if that is too narrow. */
static tau_status place_chart_title(tau_page *page, const tau_chart *chart, double bottom) {
    const tau_theme *theme = &page->plan.theme;
    if (!chart->title) return TAU_STATUS_OK;
    bool fits = text_width(page, chart->title, theme->font) <= chart->slot_width + theme->font;
    double x = fits ? chart->slot_x : chart->cell_x, width = fits ? chart->slot_width : chart->cell_width;
    return add_text(
        page, chart->title, TAU_TEXT_ROLE_PANEL_TITLE, theme->font,
        (tau_label_spec){.color = theme->ink, .x = x + width / 2, .y = bottom, .align_x = 0.5, .align_y = 1},
        fits ? INFINITY : width);
}

static tau_status place_texts(tau_page *page, tau_chart *chart) {
    const tau_theme *theme = &page->plan.theme;
    double top = chart->plot.y - theme->gap * 0.8;
    set_horizontal_ticks(page, chart);
    TAU_TRY(place_keys(page, chart, &top));
    TAU_TRY(place_chart_title(page, chart, top));
    TAU_TRY(place_vertical_axis(page, chart, false));
    if (chart->has_right) TAU_TRY(place_vertical_axis(page, chart, true));
    TAU_TRY(place_horizontal_axis(page, chart));
    for (size_t i = 0; i < chart->text_count; i++) {
        const tau_chart_text *text = &chart->texts[i];
        const tau_label_spec spec = {.role = TAU_TEXT_ROLE_NOTE,
                                     .size = theme->small,
                                     .color = text->color,
                                     .bold = text->plate,
                                     .plate = text->plate,
                                     .x = tau_chart_get_x(chart, text->x),
                                     .y = tau_chart_get_y(chart, text->y, false),
                                     .align_x = text->align_x,
                                     .align_y = 0.5};
        const tau_rect bounds = {chart->slot_x, chart->plot.y, chart->slot_width, chart->plot.height};
        TAU_TRY(tau_layout_try(&page->plan.layout, text->text, &spec, bounds, 0, NULL));
    }
    return TAU_STATUS_OK;
}

/* ---- the page ---- */

static tau_status place_title(tau_page *page, tau_rect *area) {
    const tau_theme *theme = &page->plan.theme;
    if (!page->title || !*page->title) return TAU_STATUS_OK;
    TAU_TRY(add_text(
        page, page->title, TAU_TEXT_ROLE_TITLE, theme->title,
        (tau_label_spec){
            .bold = true, .color = theme->ink, .x = area->x + area->width / 2, .y = area->y, .align_x = 0.5},
        area->width));
    double height = line_height(page, theme->title) + 1.2 * theme->gap;
    area->y += height, area->height -= height;
    return TAU_STATUS_OK;
}

static tau_status place_footer(tau_page *page, tau_rect *area) {
    const tau_theme *theme = &page->plan.theme;
    if (!page->footer || !*page->footer) return TAU_STATUS_OK;
    double size = theme->font * 0.7;
    TAU_TRY(add_text(
        page, page->footer, TAU_TEXT_ROLE_FOOTER, size,
        (tau_label_spec){.color = theme->muted, .x = area->x, .y = area->y + area->height, .align_y = 1},
        area->width));
    area->height -= line_height(page, size) + theme->gap;
    return TAU_STATUS_OK;
}

tau_status tau_page_set_frames(tau_page *page) {
    double edge = page->plan.theme.font * 0.8;
    tau_rect area = {edge, edge, page->plan.layout.width - 2 * edge, page->plan.layout.height - 2 * edge};
    TAU_TRY(place_title(page, &area));
    TAU_TRY(place_footer(page, &area));
    TAU_TRY(place_plots(page, area));
    for (size_t i = 0; i < page->chart_count; i++) TAU_TRY(place_texts(page, &page->charts[i]));
    return TAU_STATUS_OK;
}
