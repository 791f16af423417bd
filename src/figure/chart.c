#include "figure/chart.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"

#define TEXT_MAX 512

void tau_chart_release(tau_chart *chart) {
    for (size_t i = 0; i < chart->shape_count; i++)
        if (chart->shapes[i].image) cairo_surface_destroy(chart->shapes[i].image);
    for (size_t i = 0; i < chart->block_count; i++) tau_mem_free(chart->blocks[i]);
    tau_mem_free(chart->blocks);
    tau_mem_free(chart->shapes);
    tau_mem_free(chart->texts);
    tau_mem_free(chart->keys);
    *chart = (tau_chart){0};
}

tau_status tau_chart_alloc(tau_chart *chart, void **out, size_t count, size_t size) {
    *out = NULL;
    TAU_TRY(TAU_GROW(chart->blocks, chart->block_capacity, chart->block_count + 1));
    TAU_TRY(tau_mem_alloc(out, count, size));
    chart->blocks[chart->block_count++] = *out;
    return TAU_STATUS_OK;
}

static tau_status keep_text(tau_chart *chart, const char **out, const char *format, va_list arguments) {
    char text[TEXT_MAX];
    void *kept;
    vsnprintf(text, sizeof text, format, arguments);
    TAU_TRY(tau_chart_alloc(chart, &kept, strlen(text) + 1, 1));
    memcpy(kept, text, strlen(text));
    *out = kept;
    return TAU_STATUS_OK;
}

tau_status tau_chart_format(tau_chart *chart, const char **out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tau_status status = keep_text(chart, out, format, arguments);
    va_end(arguments);
    return status;
}

tau_status tau_chart_add(tau_chart *chart, tau_chart_shape_kind kind, const tau_look *look, size_t count,
                         double (**points)[2]) {
    void *block;
    TAU_TRY(TAU_GROW(chart->shapes, chart->shape_capacity, chart->shape_count + 1));
    TAU_TRY(tau_chart_alloc(chart, &block, count, sizeof **points));
    *points = block;
    chart->shapes[chart->shape_count++] = (tau_chart_shape){
        .kind = kind, .look = look ? *look : (tau_look){.opacity = 0}, .count = count, .points = block};
    return TAU_STATUS_OK;
}

tau_status tau_chart_add_series(tau_chart *chart, tau_chart_shape_kind kind, const tau_look *look,
                                const double *x, const double *y, size_t count) {
    double(*points)[2];
    TAU_TRY(tau_chart_add(chart, kind, look, count, &points));
    for (size_t i = 0; i < count; i++) points[i][0] = x ? x[i] : (double)i, points[i][1] = y[i];
    return TAU_STATUS_OK;
}

tau_status tau_chart_add_bar(tau_chart *chart, const tau_look *look, double x0, double x1, double y0,
                             double y1) {
    double(*points)[2];
    const double corners[4][2] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_AREA, look, 4, &points));
    memcpy(points, corners, sizeof corners);
    return TAU_STATUS_OK;
}

tau_status tau_chart_add_image(tau_chart *chart, const uint32_t *pixels, int width, int height, double left,
                               double right, double bottom, double top) {
    double(*points)[2];
    TAU_TRY(tau_chart_add(chart, TAU_CHART_SHAPE_KIND_IMAGE, NULL, 2, &points));
    points[0][0] = left, points[0][1] = top, points[1][0] = right, points[1][1] = bottom;
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    chart->shapes[chart->shape_count - 1].image = image;
    if (cairo_surface_status(image) != CAIRO_STATUS_SUCCESS)
        return tau_fail(TAU_STATUS_MEMORY, "cannot make an image of %d × %d pixels", width, height);
    uint8_t *data = cairo_image_surface_get_data(image);
    int stride = cairo_image_surface_get_stride(image);
    for (int y = 0; y < height; y++)
        memcpy(data + (ptrdiff_t)y * stride, pixels + (ptrdiff_t)y * width, (size_t)width * 4);
    cairo_surface_mark_dirty(image);
    return TAU_STATUS_OK;
}

tau_status tau_chart_add_key(tau_chart *chart, tau_key_kind kind, const tau_look *look, const char *format,
                             ...) {
    const char *text;
    va_list arguments;
    va_start(arguments, format);
    tau_status status = keep_text(chart, &text, format, arguments);
    va_end(arguments);
    TAU_TRY(status);
    TAU_TRY(TAU_GROW(chart->keys, chart->key_capacity, chart->key_count + 1));
    chart->keys[chart->key_count++] =
        (tau_chart_key){.kind = kind, .look = look ? *look : (tau_look){.opacity = 0}, .text = text};
    return TAU_STATUS_OK;
}

tau_status tau_chart_add_text(tau_chart *chart, double x, double y, double align_x, const char *text,
                              tau_color color) {
    TAU_TRY(TAU_GROW(chart->texts, chart->text_capacity, chart->text_count + 1));
    chart->texts[chart->text_count++] = (tau_chart_text){x, y, align_x, text, color, false};
    return TAU_STATUS_OK;
}

void tau_chart_set_range(tau_chart_axis *axis, double lo, double hi, double margin) {
    if (!isfinite(lo) || !isfinite(hi)) lo = isfinite(lo) ? lo : isfinite(hi) ? hi : 0, hi = lo == 0 ? 1 : lo;
    if (hi < lo) {
        double swap = lo;
        lo = hi, hi = swap;
    }
    double least = fmax(fabs(lo), fabs(hi)) * 1e-9;
    if (!(hi - lo > least)) {
        double half = lo == 0 && hi == 0 ? 1 : fmax(fabs(lo), fabs(hi)) * 0.5;
        lo -= half, hi += half;
    } else if (isfinite((hi - lo) * margin)) {
        double extra = (hi - lo) * margin;
        lo -= extra, hi += extra;
    }
    axis->lo = fmax(lo, -1e300), axis->hi = fmin(hi, 1e300);
}

double tau_chart_get_x(const tau_chart *chart, double x) {
    /* Halves, so that the differences of huge values cannot overflow. */
    double share = (x / 2 - chart->x.lo / 2) / (chart->x.hi / 2 - chart->x.lo / 2);
    return chart->plot.x + share * chart->plot.width;
}

double tau_chart_get_y(const tau_chart *chart, double y, bool right) {
    const tau_chart_axis *axis = right ? &chart->right : &chart->y;
    double share = (axis->hi / 2 - y / 2) / (axis->hi / 2 - axis->lo / 2);
    return chart->plot.y + share * chart->plot.height;
}
