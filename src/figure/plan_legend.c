/* What the legend says. Its place is decided with the frames. */
#include <math.h>
#include <stdio.h>

#include "core/memory.h"
#include "figure/plan.h"

static tau_status add_entry(tau_plan *plan, tau_legend_symbol symbol, size_t series, tau_marker marker,
                            const char *text) {
    TAU_TRY(TAU_GROW(plan->legend, plan->legend_capacity, plan->legend_count + 1));
    tau_legend_entry *entry = &plan->legend[plan->legend_count];
    *entry = (tau_legend_entry){.symbol = symbol, .series = series, .marker = marker};
    TAU_TRY(tau_string_copy(&entry->text, text));
    plan->legend_count++;
    return TAU_STATUS_OK;
}

static tau_status add_count(tau_plan *plan, tau_legend_symbol symbol, const char *what, size_t count) {
    if (count == 0) return TAU_STATUS_OK;
    char *text;
    TAU_TRY(tau_string_format(&text, "%s (%zu)", what, count));
    tau_status status = add_entry(plan, symbol, 0, TAU_MARKER_TRIANGLE, text);
    tau_mem_free(text);
    return status;
}

/* The panel with the most curves names them: panels of one picture show the same series in the same order. */
static const tau_figure_panel *find_richest(const tau_plan *plan, bool curves) {
    const tau_figure_panel *richest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_figure_panel *panel = plan->panels[i].panel;
        size_t count = curves ? panel->curve_count : panel->path_count;
        if (count > most) richest = panel, most = count;
    }
    return richest;
}

const char *tau_plan_name_right(const tau_figure_panel *panel) {
    for (size_t c = 0; c < panel->curve_count; c++)
        if (panel->curves[c].right && panel->curves[c].metric) return panel->curves[c].metric;
    return "accuracy";
}

/* A single curve is told apart from its accuracy; several by their names, and one line says what is dashed
 * thin. */
static tau_status add_curves(tau_plan *plan) {
    const tau_figure_panel *panel = find_richest(plan, true);
    if (!panel) return TAU_STATUS_OK;
    bool single = panel->curve_count == 1, accuracy = false, band = false;
    for (size_t c = 0; c < panel->curve_count; c++) {
        const tau_curve *curve = &panel->curves[c];
        accuracy |= curve->right != NULL;
        band |= curve->loss_se != NULL;
        const char *text = curve->label ? curve->label : single ? "loss" : NULL;
        char unnamed[32];
        snprintf(unnamed, sizeof unnamed, "%zu", c + 1);
        if (!single || accuracy || band || curve->label)
            TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_LOSS, c, tau_theme_get_series_marker(c),
                              text ? text : unnamed));
    }
    char right[96];
    snprintf(right, sizeof right, single ? "%s" : "%s (thin, right axis)", tau_plan_name_right(panel));
    if (accuracy)
        TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_ACCURACY, single ? 0 : SIZE_MAX, TAU_MARKER_CIRCLE, right));
    return band ? add_entry(plan, TAU_LEGEND_SYMBOL_BAND, single ? 0 : SIZE_MAX, TAU_MARKER_CIRCLE,
                            "± standard error")
                : TAU_STATUS_OK;
}

static tau_status add_paths(tau_plan *plan) {
    const tau_figure_panel *panel = find_richest(plan, false);
    if (!panel) return TAU_STATUS_OK;
    bool true_loss = false;
    for (size_t p = 0; p < panel->path_count; p++) {
        const char *label = panel->paths[p].label;
        char unnamed[48];
        snprintf(unnamed, sizeof unnamed, panel->path_count > 1 ? "trajectory %zu" : "trajectory", p + 1);
        TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_PATH, p, tau_theme_get_series_marker(p),
                          label ? label : unnamed));
        true_loss |= panel->paths[p].loss_true != NULL && panel->field;
    }
    if (panel->path_count > 1) {
        TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_MARKER, 0, TAU_MARKER_RING, "start"));
        TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_MARKER, 0, TAU_MARKER_STAR, "end"));
    }
    return true_loss ? add_entry(plan, TAU_LEGEND_SYMBOL_TRUE_LOSS, 0, TAU_MARKER_CIRCLE,
                                 "colour of marks: true loss")
                     : TAU_STATUS_OK;
}

static tau_status add_minimum(tau_plan *plan) {
    const tau_panel_plan *marked = NULL;
    size_t count = 0;
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_panel_plan *panel = &plan->panels[i];
        if (tau_plan_marks_minimum(panel)) marked = panel, count++;
    }
    if (count == 0) return TAU_STATUS_OK;
    if (count > 1) return add_entry(plan, TAU_LEGEND_SYMBOL_MARKER, 0, TAU_MARKER_CROSS, "minimum");
    char number[TAU_NUMBER_TEXT], *text;
    double value = marked->panel->field->value[marked->grid.lowest_index];
    double span = marked->grid.highest - marked->grid.lowest;
    tau_number_format(number, value, marked->scale.log ? 4 : tau_number_get_digits(value, span));
    TAU_TRY(tau_string_format(&text, "minimum %s", number));
    tau_status status = add_entry(plan, TAU_LEGEND_SYMBOL_MARKER, 0, TAU_MARKER_CROSS, text);
    tau_mem_free(text);
    return status;
}

/* Named places of a plane, once each. */
static tau_status add_marks(tau_plan *plan) {
    TAU_TRY(add_minimum(plan));
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_panel_plan *panel = &plan->panels[i];
        for (size_t m = 0; m < panel->panel->mark_count && !panel->is_line && i == 0; m++)
            if (panel->panel->marks[m].label)
                TAU_TRY(add_entry(plan, TAU_LEGEND_SYMBOL_MARKER, 0, TAU_MARKER_PLUS,
                                  panel->panel->marks[m].label));
    }
    return TAU_STATUS_OK;
}

static size_t count_undrawable(const tau_panel_plan *panel, bool computed) {
    size_t count = 0;
    for (size_t c = 0; c < panel->panel->curve_count; c++) {
        const tau_curve *curve = &panel->panel->curves[c];
        for (size_t i = 0; i < curve->count; i++) {
            bool done = !curve->done || curve->done[i] != TAU_FIELD_STATE_NOT_COMPUTED;
            count += done == computed && isnan(tau_plan_get_loss(panel, curve, i));
        }
    }
    return count;
}

static tau_status add_gaps(tau_plan *plan) {
    size_t not_finite = 0, not_defined = 0, not_positive = 0, not_computed = 0, above = 0;
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_panel_plan *panel = &plan->panels[i];
        *(panel->grid.share ? &not_defined : &not_finite) += panel->grid.not_finite;
        not_positive += panel->grid.not_positive;
        not_computed += panel->grid.not_computed + count_undrawable(panel, false);
        above += count_undrawable(panel, true);
    }
    TAU_TRY(add_count(plan, TAU_LEGEND_SYMBOL_ABOVE,
                      plan->figure->options.log ? "not finite or not positive" : "not finite", above));
    TAU_TRY(add_count(plan, TAU_LEGEND_SYMBOL_NOT_FINITE, "not finite", not_finite));
    TAU_TRY(add_count(plan, TAU_LEGEND_SYMBOL_NOT_FINITE, "not defined", not_defined));
    TAU_TRY(add_count(plan, TAU_LEGEND_SYMBOL_NOT_FINITE, "not positive", not_positive));
    return add_count(plan, TAU_LEGEND_SYMBOL_NOT_COMPUTED, "not computed", not_computed);
}

tau_status tau_plan_set_legend(tau_plan *plan) {
    TAU_TRY(add_curves(plan));
    TAU_TRY(add_paths(plan));
    TAU_TRY(add_marks(plan));
    return add_gaps(plan);
}
