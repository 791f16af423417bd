/* Plots, colour bars and every text outside the plots, from the edges of the page inwards. */
#include <math.h>

#include "core/memory.h"
#include "figure/plan.h"

/* What surrounds the plots, the same for all panels so that their frames align. */
typedef struct margins {
    double left, right, top, bottom;
    double y_labels, right_labels; /* widths of the tick labels */
} margins;

typedef struct panel_grid {
    size_t columns, rows;
    tau_rect area;
    double column_gap, row_gap;
} panel_grid;

static double line_height(const tau_plan *plan, double size) {
    tau_text_extent extent = tau_layout_measure(&plan->layout, "Hg", size, false);
    return extent.ascent + extent.descent;
}

/* ---- title, footer, legend ---- */

static tau_status place_title(tau_plan *plan, tau_rect *area) {
    if (!plan->figure->title || !plan->figure->title[0]) return TAU_STATUS_OK;
    const tau_theme *theme = &plan->theme;
    double height = line_height(plan, theme->title);
    TAU_TRY(tau_layout_add(&plan->layout, plan->figure->title,
                           &(tau_label_spec){.role = TAU_TEXT_ROLE_TITLE,
                                             .size = theme->title,
                                             .bold = true,
                                             .color = theme->ink,
                                             .x = area->x + area->width / 2,
                                             .y = area->y,
                                             .align_x = 0.5},
                           area->width));
    area->y += height + 1.4 * theme->gap;
    area->height -= height + 1.4 * theme->gap;
    return TAU_STATUS_OK;
}

static tau_status place_footer(tau_plan *plan, tau_rect *area) {
    if (!plan->figure->footer || !plan->figure->footer[0]) return TAU_STATUS_OK;
    const tau_theme *theme = &plan->theme;
    double size = theme->font * 0.7, height = line_height(plan, size);
    TAU_TRY(tau_layout_add(&plan->layout, plan->figure->footer,
                           &(tau_label_spec){.role = TAU_TEXT_ROLE_FOOTER,
                                             .size = size,
                                             .color = theme->muted,
                                             .x = area->x,
                                             .y = area->y + area->height,
                                             .align_y = 1},
                           area->width));
    area->height -= height + theme->gap;
    return TAU_STATUS_OK;
}

static double entry_width(const tau_plan *plan, const tau_legend_entry *entry) {
    bool small = entry->symbol == TAU_LEGEND_SYMBOL_MARKER || entry->symbol == TAU_LEGEND_SYMBOL_ABOVE ||
                 entry->symbol == TAU_LEGEND_SYMBOL_TRUE_LOSS;
    return (small ? 1.2 : 2.6) * plan->theme.font;
}

static tau_status place_legend_row(tau_plan *plan, size_t first, size_t end, double width, tau_rect area,
                                   double y) {
    const tau_theme *theme = &plan->theme;
    double x = area.x + (area.width - width) / 2, height = line_height(plan, theme->small);
    for (size_t i = first; i < end; i++) {
        tau_legend_entry *entry = &plan->legend[i];
        double symbol = entry_width(plan, entry);
        entry->place = (tau_rect){x, y, symbol, height};
        x += symbol + 0.4 * theme->font;
        TAU_TRY(tau_layout_add(&plan->layout, entry->text,
                               &(tau_label_spec){.role = TAU_TEXT_ROLE_LEGEND,
                                                 .size = theme->small,
                                                 .color = theme->ink,
                                                 .x = x,
                                                 .y = y + height / 2,
                                                 .align_y = 0.5},
                               area.x + area.width - x));
        x += tau_layout_measure(&plan->layout, entry->text, theme->small, false).width + 1.4 * theme->font;
    }
    return TAU_STATUS_OK;
}

/* Fills rows from the left; the rows are centred at the bottom of the area, which they shorten. */
static tau_status place_legend(tau_plan *plan, tau_rect *area) {
    const tau_theme *theme = &plan->theme;
    double pitch = line_height(plan, theme->small) + theme->gap;
    size_t starts[64], rows = 0;
    double widths[64];
    for (size_t i = 0; i < plan->legend_count; i++) {
        double text = tau_layout_measure(&plan->layout, plan->legend[i].text, theme->small, false).width;
        double width = fmin(entry_width(plan, &plan->legend[i]) + 0.4 * theme->font + text, area->width);
        bool fits = rows > 0 && widths[rows - 1] + 1.4 * theme->font + width <= area->width;
        if (!fits && rows == 64)
            return tau_fail(TAU_STATUS_USAGE,
                            "cannot fit the legend on the page" TAU_WHY "it has %zu entries" TAU_FIX
                            "draw fewer series",
                            plan->legend_count);
        if (fits) {
            widths[rows - 1] += 1.4 * theme->font + width;
        } else {
            starts[rows] = i;
            widths[rows++] = width;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        size_t end = r + 1 < rows ? starts[r + 1] : plan->legend_count;
        double y = area->y + area->height - pitch * (double)(rows - r) + theme->gap;
        TAU_TRY(place_legend_row(plan, starts[r], end, widths[r], *area, y));
    }
    if (rows > 0) area->height -= pitch * (double)rows + 0.4 * theme->gap;
    return TAU_STATUS_OK;
}

/* ---- axes ---- */

static void set_ticks(tau_axis *axis, int wanted) {
    if (axis->log)
        tau_ticks_log(&axis->ticks, axis->lo, axis->hi, wanted);
    else
        tau_ticks_linear(&axis->ticks, axis->lo, axis->hi, wanted);
}

static double widest_label(const tau_plan *plan, const tau_ticks *ticks) {
    double widest = 0;
    for (int i = 0; i < ticks->count; i++)
        widest =
            fmax(widest, tau_layout_measure(&plan->layout, ticks->label[i], plan->theme.small, false).width);
    return widest;
}

/* The most ticks whose labels stay apart. */
static void set_horizontal_ticks(const tau_plan *plan, tau_panel_plan *panel) {
    for (int wanted = 8; wanted >= 1; wanted--) {
        set_ticks(&panel->x, wanted);
        double widest = widest_label(plan, &panel->x.ticks);
        if (panel->x.ticks.count * (widest + 1.2 * plan->theme.font) <= panel->plot.width) return;
    }
}

static int count_vertical_ticks(const tau_plan *plan, double height) {
    int count = (int)(height / (plan->theme.font * 2.8));
    return count < 2 ? 2 : count > 8 ? 8 : count;
}

static margins measure_margins(const tau_plan *plan) {
    const tau_theme *theme = &plan->theme;
    double label = line_height(plan, theme->small), name = line_height(plan, theme->font);
    margins m = {.bottom = theme->tick + theme->gap / 2 + label + theme->gap + name, .top = label / 2};
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_figure_panel *panel = plan->panels[i].panel;
        if (panel->title) m.top = fmax(m.top, name + theme->gap);
        if (plan->panels[i].is_line && panel->mark_count > 0)
            m.top = fmax(m.top, label + theme->gap + (panel->title ? name + theme->gap : 0));
    }
    return m;
}

/* Widths left and right of the plots, which follow from the labels of ticks that their height allows. */
static void measure_sides(tau_plan *plan, margins *m, double plot_height) {
    const tau_theme *theme = &plan->theme;
    double name = line_height(plan, theme->font), bars = 0;
    int wanted = count_vertical_ticks(plan, plot_height);
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        set_ticks(&panel->y, wanted);
        m->y_labels = fmax(m->y_labels, widest_label(plan, &panel->y.ticks));
        if (panel->has_right) {
            set_ticks(&panel->right, wanted);
            m->right_labels = fmax(m->right_labels, widest_label(plan, &panel->right.ticks));
        }
        bars = fmax(bars, panel->bar.width);
    }
    double beside = theme->tick + theme->gap / 2 + theme->gap + name;
    m->left = m->y_labels + beside;
    m->right = fmax(fmax(m->right_labels > 0 ? m->right_labels + beside : 0, bars), theme->font);
}

static tau_status add_axis_name(tau_plan *plan, const tau_axis *axis, const char *name, tau_label_spec spec,
                                double width) {
    char *text;
    char power[TAU_NUMBER_TEXT];
    tau_number_format_power(power, axis->ticks.exponent);
    TAU_TRY(axis->ticks.exponent ? tau_string_format(&text, "%s (×%s)", name, power)
                                 : tau_string_copy(&text, name));
    spec.role = TAU_TEXT_ROLE_AXIS_NAME;
    spec.size = plan->theme.font;
    tau_status status = tau_layout_add(&plan->layout, text, &spec, width);
    tau_mem_free(text);
    return status;
}

/* The texts below: labels are kept on the page, and one that would touch another is left out. */
static tau_status place_horizontal_axis(tau_plan *plan, tau_panel_plan *panel, tau_rect cell) {
    const tau_theme *theme = &plan->theme;
    const tau_rect page = {1, 1, plan->layout.width - 2, plan->layout.height - 2};
    double y = panel->plot.y + panel->plot.height + theme->tick + theme->gap / 2;
    for (int i = 0; i < panel->x.ticks.count; i++) {
        const char *label = panel->x.ticks.label[i];
        double half = tau_layout_measure(&plan->layout, label, theme->small, false).width / 2;
        double x = fmin(tau_plan_get_x(panel, panel->x.ticks.position[i]), page.x + page.width - half);
        TAU_TRY(tau_layout_try(&plan->layout, label,
                               &(tau_label_spec){.role = TAU_TEXT_ROLE_TICK,
                                                 .size = theme->small,
                                                 .color = theme->ink,
                                                 .x = x,
                                                 .y = y,
                                                 .align_x = 0.5},
                               page, theme->font * 0.15, NULL));
    }
    const char *name = panel->panel->xlabel ? panel->panel->xlabel : "α";
    /* A long name may use the whole cell. */
    double width = cell.width,
           wide = fmin(tau_layout_measure(&plan->layout, name, theme->font, false).width, width);
    double centre = panel->plot.x + panel->plot.width / 2;
    centre = fmin(fmax(centre, cell.x + wide / 2), cell.x + cell.width - wide / 2);
    width = 2 * fmin(centre - cell.x, cell.x + cell.width - centre);
    return add_axis_name(plan, &panel->x, name,
                         (tau_label_spec){.color = theme->ink,
                                          .x = centre,
                                          .y = y + line_height(plan, theme->small) + theme->gap,
                                          .align_x = 0.5},
                         width);
}

/* The texts of one vertical axis. @param side  -1 = left of the plot, 1 = right */
static tau_status place_vertical_axis(tau_plan *plan, tau_panel_plan *panel, const tau_axis *axis,
                                      const char *name, int side, double labels, tau_color color) {
    const tau_theme *theme = &plan->theme;
    const tau_rect page = {1, 1, plan->layout.width - 2, plan->layout.height - 2};
    double edge = side < 0 ? panel->plot.x : panel->plot.x + panel->plot.width;
    double x = edge + side * (theme->tick + theme->gap / 2);
    for (int i = 0; i < axis->ticks.count; i++) {
        double share = (axis->hi - axis->ticks.position[i]) / (axis->hi - axis->lo);
        TAU_TRY(tau_layout_try(&plan->layout, axis->ticks.label[i],
                               &(tau_label_spec){.role = TAU_TEXT_ROLE_TICK,
                                                 .size = theme->small,
                                                 .color = color,
                                                 .x = x,
                                                 .y = panel->plot.y + share * panel->plot.height,
                                                 .align_x = side < 0 ? 1 : 0,
                                                 .align_y = 0.5},
                               page, theme->font * 0.1, NULL));
    }
    return add_axis_name(plan, axis, name,
                         (tau_label_spec){.color = color,
                                          .x = x + side * (labels + theme->gap),
                                          .y = panel->plot.y + panel->plot.height / 2,
                                          .align_x = 0.5,
                                          .align_y = side < 0 ? 1 : 0,
                                          .angle = -M_PI / 2},
                         panel->plot.height);
}

static tau_status place_panel_title(tau_plan *plan, const tau_panel_plan *panel, tau_rect cell) {
    if (!panel->panel->title) return TAU_STATUS_OK;
    return tau_layout_add(&plan->layout, panel->panel->title,
                          &(tau_label_spec){.role = TAU_TEXT_ROLE_PANEL_TITLE,
                                            .size = plan->theme.font,
                                            .color = plan->theme.ink,
                                            .x = panel->plot.x + panel->plot.width / 2,
                                            .y = cell.y,
                                            .align_x = 0.5},
                          panel->plot.width);
}

/* Names of vertical marks stand above the frame of a line plot. */
static tau_status place_line_marks(tau_plan *plan, const tau_panel_plan *panel) {
    const tau_theme *theme = &plan->theme;
    const tau_rect page = {1, 1, plan->layout.width - 2, plan->layout.height - 2};
    for (size_t m = 0; m < panel->panel->mark_count; m++) {
        const tau_figure_mark *mark = &panel->panel->marks[m];
        if (!mark->label || !(mark->x >= panel->x.lo && mark->x <= panel->x.hi)) continue;
        char *clean;
        TAU_TRY(tau_text_clean(&clean, mark->label));
        tau_status status = tau_layout_try(&plan->layout, clean,
                                           &(tau_label_spec){.role = TAU_TEXT_ROLE_MARK,
                                                             .size = theme->small,
                                                             .color = theme->muted,
                                                             .x = tau_plan_get_x(panel, mark->x),
                                                             .y = panel->plot.y - theme->gap * 0.6,
                                                             .align_x = 0.5,
                                                             .align_y = 1},
                                           page, theme->font * 0.2, NULL);
        tau_mem_free(clean);
        TAU_TRY(status);
    }
    return TAU_STATUS_OK;
}

static tau_status place_panel(tau_plan *plan, tau_panel_plan *panel, tau_rect cell, const margins *m) {
    const tau_theme *theme = &plan->theme;
    panel->plot = (tau_rect){cell.x + m->left, cell.y + m->top, cell.width - m->left - m->right,
                             cell.height - m->top - m->bottom};
    double least = 4 * theme->font;
    if (panel->plot.width < least || panel->plot.height < least)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot fit %zu panel%s on a page of %.3g × %.3g inches" TAU_WHY
                        "axes and texts leave no room for the picture" TAU_FIX
                        "choose a larger page or a smaller font",
                        plan->panel_count, plan->panel_count == 1 ? "" : "s", plan->layout.width / 72,
                        plan->layout.height / 72);
    if (panel->bar.width > 0)
        panel->bar = (tau_rect){panel->plot.x + panel->plot.width + theme->font, panel->plot.y,
                                theme->font * 0.95, panel->plot.height};
    set_horizontal_ticks(plan, panel);
    bool single = panel->is_line && panel->has_right && panel->panel->curve_count == 1;
    const char *vertical = panel->is_line ? "loss" : "β";
    TAU_TRY(place_panel_title(plan, panel, cell));
    if (panel->is_line) TAU_TRY(place_line_marks(plan, panel));
    TAU_TRY(place_vertical_axis(plan, panel, &panel->y,
                                panel->panel->ylabel ? panel->panel->ylabel : vertical, -1, m->y_labels,
                                single ? tau_theme_get_series_color(0) : theme->ink));
    if (panel->has_right)
        TAU_TRY(place_vertical_axis(plan, panel, &panel->right, tau_plan_name_right(panel->panel), 1,
                                    m->right_labels, single ? tau_theme_get_series_color(1) : theme->ink));
    return place_horizontal_axis(plan, panel, cell);
}

/* ---- the page ---- */

static size_t choose_columns(const tau_plan *plan, tau_rect area) {
    if (plan->figure->options.columns > 0) return (size_t)plan->figure->options.columns;
    size_t best = 1;
    double least = INFINITY;
    for (size_t columns = 1; columns <= plan->panel_count; columns++) {
        size_t rows = (plan->panel_count + columns - 1) / columns;
        double shape = area.width / (double)columns / (area.height / (double)rows);
        double badness = fabs(log(shape / 1.15)) + 0.3 * (double)(rows * columns - plan->panel_count);
        if (badness < least) least = badness, best = columns;
    }
    return best;
}

/* Decides who has a colour bar: all together, or each field its own. */
static void reserve_bars(tau_plan *plan, tau_rect *area, double plot_height, double all_height) {
    bool shared = plan->figure->options.share_scale || plan->panel_count == 1;
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_panel_plan *panel = &plan->panels[i];
        bool wanted = plan->figure->options.colorbar && panel->grid.z &&
                      tau_mesh_range_varies(panel->scale.lo, panel->scale.hi) &&
                      !tau_plan_has_white_bands(plan);
        if (wanted && !shared) panel->bar.width = tau_plan_measure_bar(plan, &panel->scale, plot_height);
        if (wanted && shared)
            plan->bar.width = fmax(plan->bar.width, tau_plan_measure_bar(plan, &panel->scale, all_height));
    }
    if (plan->bar.width > 0) area->width -= plan->bar.width - plan->theme.font;
}

static tau_rect get_cell(const panel_grid *grid, size_t index) {
    double width =
        (grid->area.width - grid->column_gap * (double)(grid->columns - 1)) / (double)grid->columns;
    double height = (grid->area.height - grid->row_gap * (double)(grid->rows - 1)) / (double)grid->rows;
    return (tau_rect){grid->area.x + (double)(index % grid->columns) * (width + grid->column_gap),
                      grid->area.y + (double)(index / grid->columns) * (height + grid->row_gap), width,
                      height};
}

static tau_status place_panels(tau_plan *plan, tau_rect area) {
    panel_grid grid = {.area = area,
                       .column_gap = plan->theme.gap * 1.6,
                       .row_gap = plan->theme.gap * 2.6,
                       .columns = choose_columns(plan, area)};
    grid.rows = (plan->panel_count + grid.columns - 1) / grid.columns;
    size_t rows = (size_t)fmax(plan->figure->options.rows, 0);
    if (rows > 0 && rows < grid.rows)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot arrange %zu diagrams in %zu × %zu cells" TAU_WHY "there are too few" TAU_FIX
                        "give --layout more rows or columns, or leave it out",
                        plan->panel_count, rows, grid.columns);
    if (rows > 0) grid.rows = rows;
    margins m = measure_margins(plan);
    double plot_height = get_cell(&grid, 0).height - m.top - m.bottom;
    reserve_bars(plan, &area, plot_height, area.height - m.top - m.bottom);
    grid.area = area;
    measure_sides(plan, &m, plot_height);
    for (size_t i = 0; i < plan->panel_count; i++)
        TAU_TRY(place_panel(plan, &plan->panels[i], get_cell(&grid, i), &m));
    if (plan->bar.width > 0) {
        tau_rect first = plan->panels[0].plot, last = plan->panels[plan->panel_count - 1].plot;
        plan->bar =
            (tau_rect){area.x + area.width, first.y, plan->theme.font * 0.95, last.y + last.height - first.y};
    }
    return TAU_STATUS_OK;
}

tau_status tau_plan_set_frames(tau_plan *plan) {
    double pad = plan->theme.font * 0.7;
    tau_rect area = {pad, pad, plan->layout.width - 2 * pad, plan->layout.height - 2 * pad};
    TAU_TRY(place_title(plan, &area));
    TAU_TRY(place_footer(plan, &area));
    TAU_TRY(place_legend(plan, &area));
    return place_panels(plan, area);
}
