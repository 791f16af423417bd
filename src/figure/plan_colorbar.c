/* Texts of colour bars. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "figure/plan.h"

static tau_status add_bar_label(tau_plan *plan, tau_rect bar, const char *text, double share) {
    const tau_theme *theme = &plan->theme;
    const tau_rect page = {1, 1, plan->layout.width - 2, plan->layout.height - 2};
    return tau_layout_try(&plan->layout, text,
                          &(tau_label_spec){.role = TAU_TEXT_ROLE_COLORBAR,
                                            .size = theme->small,
                                            .color = theme->ink,
                                            .x = bar.x + bar.width + theme->tick * 0.6 + theme->gap / 2,
                                            .y = bar.y + bar.height * (1 - share),
                                            .align_y = 0.5},
                          page, theme->font * 0.08, NULL);
}

/* What stands beside a bar: borders of bands carry the levels and the ends the range; a continuous bar has
 * ticks. */
typedef struct bar_text {
    int count, exponent;
    double share[TAU_LEVELS_MAX + 2];
    char label[TAU_LEVELS_MAX + 2][TAU_NUMBER_TEXT];
} bar_text;

static void get_band_text(bar_text *out, const tau_scale *scale) {
    int levels = scale->levels.count;
    out->exponent = 0;
    out->count = levels + 2;
    out->share[0] = 0, out->share[1] = 1;
    double lo = scale->log ? pow(10, scale->lo) : scale->lo, hi = scale->log ? pow(10, scale->hi) : scale->hi;
    tau_number_format(out->label[0], lo, scale->log ? 3 : tau_number_get_digits(lo, hi - lo));
    tau_number_format(out->label[1], hi, scale->log ? 3 : tau_number_get_digits(hi, hi - lo));
    for (int k = 0; k < levels; k++) {
        out->share[k + 2] = (double)(k + 1) / (levels + 1);
        memcpy(out->label[k + 2], scale->levels.label[k], TAU_NUMBER_TEXT);
    }
}

static void get_tick_text(bar_text *out, const tau_plan *plan, const tau_scale *scale, double height) {
    tau_ticks ticks;
    int wanted = (int)(height / (plan->theme.font * 2.8));
    if (scale->log)
        tau_ticks_log(&ticks, scale->lo, scale->hi, wanted);
    else
        tau_ticks_linear(&ticks, scale->lo, scale->hi, wanted);
    out->exponent = ticks.exponent;
    out->count = ticks.count;
    for (int i = 0; i < ticks.count; i++) {
        out->share[i] = tau_plan_get_position(scale, ticks.position[i]);
        memcpy(out->label[i], ticks.label[i], TAU_NUMBER_TEXT);
    }
}

static void get_bar_text(bar_text *out, const tau_plan *plan, const tau_scale *scale, double height) {
    if (scale->banded)
        get_band_text(out, scale);
    else
        get_tick_text(out, plan, scale, height);
}

/* From the edge of the bar to the name. */
static double labels_width(const tau_plan *plan, const bar_text *text) {
    double widest = 0;
    for (int i = 0; i < text->count; i++)
        widest =
            fmax(widest, tau_layout_measure(&plan->layout, text->label[i], plan->theme.small, false).width);
    return plan->theme.tick * 0.6 + plan->theme.gap * 1.5 + widest;
}

double tau_plan_measure_bar(const tau_plan *plan, const tau_scale *scale, double height) {
    bar_text text;
    get_bar_text(&text, plan, scale, height);
    tau_text_extent name = tau_layout_measure(&plan->layout, "Hg", plan->theme.font, false);
    return plan->theme.font * 1.95 + labels_width(plan, &text) + name.ascent + name.descent;
}

static tau_status label_bar(tau_plan *plan, tau_rect bar, const tau_scale *scale, const char *name) {
    bar_text text;
    get_bar_text(&text, plan, scale, bar.height);
    for (int i = 0; i < text.count; i++) TAU_TRY(add_bar_label(plan, bar, text.label[i], text.share[i]));
    char *full, power[TAU_NUMBER_TEXT];
    tau_number_format_power(power, text.exponent);
    TAU_TRY(text.exponent ? tau_string_format(&full, "%s (×%s)", name, power) : tau_string_copy(&full, name));
    tau_status status = tau_layout_add(&plan->layout, full,
                                       &(tau_label_spec){.role = TAU_TEXT_ROLE_COLORBAR,
                                                         .size = plan->theme.font,
                                                         .color = plan->theme.ink,
                                                         .x = bar.x + bar.width + labels_width(plan, &text),
                                                         .y = bar.y + bar.height / 2,
                                                         .align_x = 0.5,
                                                         .align_y = 0,
                                                         .angle = -M_PI / 2},
                                       bar.height);
    tau_mem_free(full);
    return status;
}

tau_status tau_plan_set_colorbars(tau_plan *plan) {
    for (size_t i = 0; i < plan->panel_count; i++) {
        const tau_panel_plan *panel = &plan->panels[i];
        if (!panel->grid.z) continue;
        const char *name = panel->panel->field->name ? panel->panel->field->name : "";
        if (plan->bar.width > 0) return label_bar(plan, plan->bar, &panel->scale, name);
        if (panel->bar.width > 0) TAU_TRY(label_bar(plan, panel->bar, &panel->scale, name));
    }
    return TAU_STATUS_OK;
}
