#include "figure/picture.h"

#include <math.h>
#include <stdio.h>

#include "core/file.h"
#include "core/memory.h"
#include "figure/output.h"
#include "figure/picture_internal.h"

#define SERIES_COLORS  7
#define SINGLE_INCHES  4.5 /* the shorter side of a page whose size is given in pixels */
#define SEVERAL_INCHES 6.2
#define SEVERAL        7.0 /* diagrams that such a page has room for */

/* ---- looks ---- */

bool tau_picture_is_article(const tau_page *page) {
    return page->figure.options.style == TAU_FIGURE_STYLE_ARTICLE;
}

tau_color tau_picture_class_color(const tau_page *page, int class_index) {
    static const tau_color article[] = {{0, 0, 1}, {0, 0.5, 0}};
    if (tau_picture_is_article(page) && class_index < 2) return article[class_index];
    /* Areas have no markers: a second round is darker, a third lighter. */
    tau_color color = tau_theme_get_series_color((size_t)class_index);
    int round_index = class_index / SERIES_COLORS % 3;
    return round_index == 1   ? tau_color_mix(color, page->plan.theme.ink, 0.45)
           : round_index == 2 ? tau_color_mix(color, page->plan.theme.paper, 0.45)
                              : color;
}

tau_marker tau_picture_class_marker(const tau_page *page, int class_index) {
    return tau_picture_is_article(page) && class_index < 2 ? TAU_MARKER_CIRCLE
                                                           : tau_theme_get_series_marker((size_t)class_index);
}

tau_color tau_picture_color(const tau_page *page, tau_picture_role role) {
    static const tau_color black = {0, 0, 0}, red = {1, 0, 0}, steel_blue = {0.275, 0.510, 0.706},
                           silver = {0.753, 0.753, 0.753};
    bool article = tau_picture_is_article(page);
    switch (role) {
    case TAU_PICTURE_ROLE_RIGHT:
        return article ? black : tau_theme_get_series_color(0);
    case TAU_PICTURE_ROLE_WRONG:
    case TAU_PICTURE_ROLE_LOSS:
        return article ? red : tau_theme_get_series_color(1);
    case TAU_PICTURE_ROLE_METRIC:
        return article ? black : tau_theme_get_series_color(0);
    case TAU_PICTURE_ROLE_MODEL:
        return steel_blue;
    case TAU_PICTURE_ROLE_DATA:
        return article ? silver : tau_color_mix(silver, black, 0.3);
    case TAU_PICTURE_ROLE_BODY:
        return article ? steel_blue : tau_theme_get_series_color(0);
    }
    return black;
}

void tau_picture_format_epoch(char out[64], const tau_moment *moment) {
    if (isfinite(moment->epoch))
        snprintf(out, 64, "Epoch: %.5g", moment->epoch);
    else
        snprintf(out, 64, "State: %zu", moment->state);
}

double tau_picture_dot_size(size_t count) {
    return fmin(0.85, fmax(0.25, 0.85 * sqrt(200.0 / (double)(count + 1))));
}

/* ---- the page ---- */

tau_status tau_page_add_chart(tau_page *page, tau_chart **out) {
    TAU_TRY(TAU_GROW(page->charts, page->chart_capacity, page->chart_count + 1));
    *out = &page->charts[page->chart_count++];
    **out = (tau_chart){.row_span = 1, .column_span = 1, .x = {.lo = 0, .hi = 1}, .y = {.lo = 0, .hi = 1}};
    return TAU_STATUS_OK;
}

static tau_status add_picture(tau_page *page, const tau_picture *picture) {
    switch (picture->kind) {
    case TAU_PICTURE_KIND_FEATURES:
        return tau_picture_add_features(page, picture);
    case TAU_PICTURE_KIND_PROBABILITY:
        return tau_picture_add_probability(page, picture);
    case TAU_PICTURE_KIND_DISTRIBUTION:
        return tau_picture_add_distribution(page, picture);
    case TAU_PICTURE_KIND_CURVES:
        return tau_picture_add_curves(page, picture);
    case TAU_PICTURE_KIND_LOSS_HISTOGRAM:
        return tau_picture_add_loss_histogram(page, picture);
    case TAU_PICTURE_KIND_VIOLINS:
        return tau_picture_add_violins(page, picture);
    case TAU_PICTURE_KIND_LEARNER:
        return tau_picture_add_learner(page, picture);
    case TAU_PICTURE_KIND_CONFUSION:
        return tau_picture_add_confusion(page, picture);
    }
    return tau_fail(TAU_STATUS_USAGE, "cannot draw a picture of kind %d", (int)picture->kind);
}

static tau_status name_group(tau_chart *chart, const char *group) {
    const char *title = chart->title;
    return title && *title ? tau_chart_format(chart, &chart->title, "%s - %s", group, title)
                           : tau_chart_format(chart, &chart->title, "%s", group);
}

static tau_status add_pictures(tau_page *page, const tau_picture *pictures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t first = page->chart_count;
        TAU_TRY(add_picture(page, &pictures[i]));
        for (size_t k = first; k < page->chart_count; k++) {
            tau_chart *chart = &page->charts[k];
            if (pictures[i].row_span > 0) chart->row_span = pictures[i].row_span;
            if (pictures[i].column_span > 0) chart->column_span = pictures[i].column_span;
            if (pictures[i].row_span > 0 || pictures[i].column_span > 0) chart->is_large = false;
            if (pictures[i].title) TAU_TRY(tau_chart_format(chart, &chart->title, "%s", pictures[i].title));
            if (pictures[i].group) TAU_TRY(name_group(chart, pictures[i].group));
        }
    }
    return TAU_STATUS_OK;
}

static tau_status copy_text(char **out, const char *text, const char **use) {
    *use = NULL;
    if (!text) return TAU_STATUS_OK;
    TAU_TRY(tau_string_copy(out, text));
    *use = *out;
    return TAU_STATUS_OK;
}

static size_t count_charts(const tau_picture *pictures, size_t count) {
    size_t charts = 0;
    for (size_t i = 0; i < count; i++) {
        bool all =
            pictures[i].kind == TAU_PICTURE_KIND_PROBABILITY && pictures[i].probability.class_index < 0;
        charts += all                                            ? pictures[i].probability.frame->case_count
                  : pictures[i].kind == TAU_PICTURE_KIND_LEARNER ? 3
                                                                 : 1;
    }
    return charts;
}

/* A screenful of several diagrams has smaller type than one of a single one. */
static double choose_dpi(const tau_figure_options *options, size_t charts) {
    if (options->dpi > 0 || options->pixel_width <= 0 || options->pixel_height <= 0) return options->dpi;
    int shorter = options->pixel_width < options->pixel_height ? options->pixel_width : options->pixel_height;
    double inches = charts <= 1 ? SINGLE_INCHES : SEVERAL_INCHES * fmax(1, sqrt((double)charts / SEVERAL));
    return shorter / inches;
}

static tau_status build(tau_page *page, const tau_figure_options *options, const tau_picture *pictures,
                        size_t count, int rows, int columns) {
    if (count == 0)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw a page" TAU_WHY "it has no pictures" TAU_FIX "name a figure");
    page->figure.options = *options;
    page->figure.options.dpi = choose_dpi(options, count_charts(pictures, count));
    TAU_TRY(copy_text(&page->family, options->font_family, &page->figure.options.font_family));
    page->plan.figure = &page->figure;
    page->plan.panel_count = count; /* the usual width is that of a page of several diagrams */
    tau_status status = tau_plan_set_page(&page->plan);
    page->plan.panel_count = 0;
    page->figure.options.colormap = NULL;
    TAU_TRY(status);
    TAU_TRY(add_pictures(page, pictures, count));
    TAU_TRY(tau_page_arrange(page, rows, columns));
    return tau_page_set_frames(page);
}

tau_status tau_page_create(tau_page **out, const tau_figure_options *options, const tau_picture *pictures,
                           size_t count, int rows, int columns, const char *title, const char *footer,
                           const char *recipe) {
    TAU_TRY(TAU_ALLOC(*out, 1));
    tau_page *page = *out;
    tau_status status = copy_text(&page->title, title, &page->figure.title);
    if (status == TAU_STATUS_OK) status = copy_text(&page->footer, footer, &page->figure.footer);
    if (status == TAU_STATUS_OK) status = copy_text(&page->recipe, recipe, &page->figure.recipe);
    if (status == TAU_STATUS_OK) status = build(page, options, pictures, count, rows, columns);
    if (status == TAU_STATUS_OK) return status;
    tau_page_destroy(page);
    *out = NULL;
    return status;
}

void tau_page_destroy(tau_page *page) {
    if (!page) return;
    for (size_t i = 0; i < page->chart_count; i++) tau_chart_release(&page->charts[i]);
    tau_mem_free(page->charts);
    tau_layout_release(&page->plan.layout);
    tau_mem_free(page->title);
    tau_mem_free(page->footer);
    tau_mem_free(page->recipe);
    tau_mem_free(page->family);
    tau_mem_free(page);
}

/* ---- output ---- */

static void draw(cairo_t *cr, const void *payload, bool paper) {
    tau_page_draw(cr, payload, paper);
}

static tau_drawing get_drawing(const tau_page *page) {
    return (tau_drawing){.draw = draw,
                         .payload = page,
                         .width = page->plan.layout.width,
                         .height = page->plan.layout.height,
                         .pixel_width = page->plan.pixel_width,
                         .pixel_height = page->plan.pixel_height,
                         .dpi = page->plan.dpi,
                         .transparent = page->figure.options.transparent,
                         .title = page->title,
                         .recipe = page->recipe};
}

tau_status tau_page_encode(const tau_page *page, tau_figure_format format, uint8_t **bytes, size_t *size) {
    tau_drawing drawing = get_drawing(page);
    return tau_output_encode(&drawing, format, bytes, size);
}

tau_status tau_page_write(const tau_page *page, const char *path, tau_figure_format format) {
    uint8_t *bytes;
    size_t size;
    TAU_TRY(tau_page_encode(page, format, &bytes, &size));
    tau_status status = tau_file_write(path, bytes, size);
    tau_mem_free(bytes);
    return status;
}

void tau_page_get_size(const tau_page *page, int *width, int *height) {
    *width = page->plan.pixel_width;
    *height = page->plan.pixel_height;
}

tau_status tau_page_render(const tau_page *page, uint32_t *pixels) {
    tau_drawing drawing = get_drawing(page);
    return tau_output_render(&drawing, pixels);
}
