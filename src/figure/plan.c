#include "figure/plan.h"

#include <math.h>

#include "core/memory.h"

#define PIXELS_MAX      32000 /* cairo's images end at 32767 */
#define PAGE_POINTS_MIN 36.0
#define PAGE_POINTS_MAX 14400.0 /* 200 inches, the limit of PDF */
#define SCREEN_INCHES   5.0

static tau_status check_page(const tau_plan *plan) {
    double width = plan->layout.width, height = plan->layout.height;
    if (!(width >= PAGE_POINTS_MIN && height >= PAGE_POINTS_MIN && width <= PAGE_POINTS_MAX &&
          height <= PAGE_POINTS_MAX))
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a picture of %.4g × %.4g inches" TAU_WHY
                        "a side must be between 0.5 and 200 inches" TAU_FIX
                        "choose another size or resolution",
                        width / 72, height / 72);
    if (plan->pixel_width < 1 || plan->pixel_height < 1 || plan->pixel_width > PIXELS_MAX ||
        plan->pixel_height > PIXELS_MAX)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot make a picture of %d × %d pixels" TAU_WHY
                        "a side must be between 1 and %d pixels" TAU_FIX
                        "choose a smaller size or resolution",
                        plan->pixel_width, plan->pixel_height, PIXELS_MAX);
    return TAU_STATUS_OK;
}

static int to_pixels(double points, double dpi) {
    double pixels = points * dpi / 72;
    return pixels < 1e9 ? (int)lround(pixels) : PIXELS_MAX + 1;
}

/* Pixels set the page if they are given, points otherwise. */
static tau_status choose_size(tau_plan *plan, double *width, double *height) {
    const tau_figure_options *options = &plan->figure->options;
    bool article = options->style == TAU_FIGURE_STYLE_ARTICLE;
    int wide = options->pixel_width, high = options->pixel_height;
    if ((wide > 0) != (high > 0) || wide < 0 || high < 0 || !(options->dpi >= 0) || options->dpi > 1e5 ||
        !(options->width >= 0) || !(options->height >= 0))
        return tau_fail(TAU_STATUS_USAGE, "cannot make a picture of this size" TAU_WHY
                                          "width, height and resolution must be positive" TAU_FIX
                                          "give a size such as 1280x720, or a width such as 3.25in");
    plan->dpi = options->dpi > 0 ? options->dpi : wide > 0 ? fmin(wide, high) / SCREEN_INCHES : 300;
    if (wide > 0) {
        *width = wide * 72.0 / plan->dpi, *height = high * 72.0 / plan->dpi;
        plan->pixel_width = wide, plan->pixel_height = high;
        return TAU_STATUS_OK;
    }
    /* A column of a paper, or both; elsewhere a page that grows with the panels. */
    bool several = plan->panel_count > 1;
    double usual = article ? (several ? 504 : 234) : several ? 648 : 396;
    *width = options->width > 0 ? options->width : usual;
    *height = options->height > 0 ? options->height : *width * 0.8;
    plan->pixel_width = to_pixels(*width, plan->dpi), plan->pixel_height = to_pixels(*height, plan->dpi);
    return TAU_STATUS_OK;
}

tau_status tau_plan_set_page(tau_plan *plan) {
    const tau_figure_options *options = &plan->figure->options;
    double width = 0, height = 0;
    TAU_TRY(choose_size(plan, &width, &height));
    if (!(options->font_size >= 0) || options->font_size > 200)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot write in a font of %g points" TAU_WHY "it must be positive and at most 200",
                        options->font_size);
    const char *family = options->font_family ? options->font_family : "DejaVu Sans";
    TAU_TRY(tau_text_check_family(family));
    TAU_TRY(tau_colormap_load(&plan->colormap, options->colormap ? options->colormap : "viridis"));
    plan->theme = tau_theme_get(options->style, options->font_size);
    TAU_TRY(tau_layout_create(&plan->layout, width, height, family));
    return check_page(plan);
}

static tau_status set_all(tau_plan *plan) {
    if (plan->figure->panel_count == 0)
        return tau_fail(TAU_STATUS_USAGE, "cannot draw a picture" TAU_WHY "it has no panels");
    TAU_TRY(TAU_ALLOC(plan->panels, plan->figure->panel_count));
    plan->panel_count = plan->figure->panel_count;
    TAU_TRY(tau_plan_set_page(plan));
    TAU_TRY(tau_plan_set_data(plan));
    TAU_TRY(tau_plan_set_legend(plan));
    TAU_TRY(tau_plan_set_frames(plan));
    TAU_TRY(tau_plan_set_colorbars(plan));
    return tau_plan_set_labels(plan);
}

tau_status tau_plan_create(tau_plan **out, const tau_figure *figure) {
    TAU_TRY(TAU_ALLOC(*out, 1));
    (*out)->figure = figure;
    tau_status status = set_all(*out);
    if (status != TAU_STATUS_OK) {
        tau_plan_destroy(*out);
        *out = NULL;
    }
    return status;
}

void tau_plan_release_lines(tau_panel_plan *panel) {
    for (int k = 0; panel->regions && k <= panel->scale.levels.count; k++)
        tau_polylines_release(&panel->regions[k]);
    for (int k = 0; panel->lines && k < panel->scale.levels.count; k++)
        tau_polylines_release(&panel->lines[k]);
    tau_mem_free(panel->regions);
    tau_mem_free(panel->lines);
    panel->regions = panel->lines = NULL;
}

void tau_plan_destroy(tau_plan *plan) {
    if (!plan) return;
    for (size_t i = 0; i < plan->panel_count; i++) {
        tau_plan_release_lines(&plan->panels[i]);
        tau_mesh_release(&plan->panels[i].grid);
    }
    for (size_t i = 0; i < plan->legend_count; i++) tau_mem_free(plan->legend[i].text);
    tau_mem_free(plan->legend);
    tau_mem_free(plan->panels);
    tau_layout_release(&plan->layout);
    tau_mem_free(plan);
}

double tau_plan_get_x(const tau_panel_plan *panel, double x) {
    return panel->plot.x + (x - panel->x.lo) / (panel->x.hi - panel->x.lo) * panel->plot.width;
}

double tau_plan_get_y(const tau_panel_plan *panel, double y) {
    return panel->plot.y + (panel->y.hi - y) / (panel->y.hi - panel->y.lo) * panel->plot.height;
}

double tau_plan_get_loss(const tau_panel_plan *panel, const tau_curve *curve, size_t i) {
    if (curve->done && curve->done[i] != TAU_FIELD_STATE_DONE) return NAN;
    double loss = curve->loss[i];
    if (!isfinite(loss) || (panel->y.log && loss <= 0)) return NAN;
    return panel->y.log ? log10(loss) : loss;
}

bool tau_plan_marks_minimum(const tau_panel_plan *panel) {
    return panel->panel->mark_minimum && panel->grid.drawable > 0 &&
           tau_mesh_range_varies(panel->grid.lowest, panel->grid.highest);
}

bool tau_plan_has_white_bands(const tau_plan *plan) {
    return plan->figure->options.kind == TAU_FIGURE_KIND_CONTOUR && plan->theme.tint >= 1;
}

double tau_plan_get_position(const tau_scale *scale, double z) {
    /* Halves, so that the differences of huge values cannot overflow. */
    return scale->hi > scale->lo ? (z / 2 - scale->lo / 2) / (scale->hi / 2 - scale->lo / 2) : 0.5;
}
