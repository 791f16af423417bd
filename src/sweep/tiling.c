#include "sweep/tiling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static size_t nearest(const double *axis, size_t n, double wanted) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(axis[i] - wanted) < fabs(axis[best] - wanted)) best = i;
    return best;
}

void tau_tiling_find_centre(size_t *column, size_t *row, const tau_slice *slice, const tau_grid *grid) {
    double alpha, beta;
    tau_slice_get_centre(slice, &alpha, &beta);
    *column = nearest(grid->alpha, grid->columns, alpha);
    *row = nearest(grid->beta, grid->rows, beta);
}

static bool has_work(const tau_area *area, const uint8_t *todo, size_t stride) {
    for (size_t row = area->row; row < area->row + area->rows; row++)
        if (memchr(todo + row * stride + area->column, 1, area->columns)) return true;
    return false;
}

static int by_distance(const void *left, const void *right) {
    const tau_area *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

static void choose_size(size_t *width, size_t *height, const tau_grid *grid, size_t points) {
    double wide = ceil(2 * sqrt((double)points));
    size_t columns = grid->rows == 1 ? points : (size_t)wide;
    *width = columns < points ? columns : points;
    if (*width > grid->columns) *width = grid->columns;
    *height = points / *width;
    if (*height > grid->rows) *height = grid->rows;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

tau_status tau_tiling_create(tau_tiling *out, const tau_grid *grid, const uint8_t *todo, size_t points,
                             tau_order order, const size_t centre[2]) {
    *out = (tau_tiling){0};
    size_t width, height, capacity = 0;
    choose_size(&width, &height, grid, points > 0 ? points : 1);
    for (size_t row = 0; row < grid->rows; row += height)
        for (size_t column = 0; column < grid->columns; column += width) {
            tau_area area = {.column = column,
                             .row = row,
                             .columns = least(width, grid->columns - column),
                             .rows = least(height, grid->rows - row)};
            if (!has_work(&area, todo, grid->columns)) continue;
            area.distance = hypot((double)column + 0.5 * (double)(area.columns - 1) - (double)centre[0],
                                  (double)row + 0.5 * (double)(area.rows - 1) - (double)centre[1]);
            tau_status status = TAU_GROW(out->areas, capacity, out->count + 1);
            if (status != TAU_STATUS_OK) {
                tau_tiling_clear(out);
                return status;
            }
            out->areas[out->count++] = area;
        }
    if (order == TAU_ORDER_CENTRE_OUT && out->count > 1)
        qsort(out->areas, out->count, sizeof *out->areas, by_distance);
    return TAU_STATUS_OK;
}

void tau_tiling_clear(tau_tiling *tiling) {
    tau_mem_free(tiling->areas);
    *tiling = (tau_tiling){0};
}
