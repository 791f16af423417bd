/* Which cells a chart has. */
#include <math.h>

#include "core/memory.h"
#include "figure/page.h"

/* Cells a little wider than high, and few of them empty. */
static int choose_columns(const tau_page *page, int cells) {
    double ideal = sqrt(0.9 * cells * page->plan.layout.width / page->plan.layout.height), least = INFINITY;
    int best = 1;
    for (int columns = 1; columns <= cells && columns <= 64; columns++) {
        int rows = (cells + columns - 1) / columns;
        double empty = (double)(rows * columns - cells) / (rows * columns);
        double cost = empty + 0.6 * fabs(columns - ideal) / ideal;
        if (cost < least) least = cost, best = columns;
    }
    return best;
}

static void choose_grid(const tau_page *page, int *rows, int *columns) {
    int cells = 0;
    for (size_t i = 0; i < page->chart_count; i++) {
        const tau_chart *chart = &page->charts[i];
        bool grows = chart->is_large && page->chart_count > 1 && chart->row_span * chart->column_span == 1;
        cells += grows ? 4 : chart->row_span * chart->column_span;
    }
    if (*columns <= 0) *columns = *rows > 0 ? (cells + *rows - 1) / *rows : choose_columns(page, cells);
    if (*rows <= 0) *rows = (cells + *columns - 1) / *columns;
}

static bool is_free(const bool *taken, int columns, int row, int column, int height, int width) {
    for (int r = row; r < row + height; r++)
        for (int c = column; c < column + width; c++)
            if (taken[r * columns + c]) return false;
    return true;
}

static bool place(tau_chart *chart, bool *taken, int rows, int columns) {
    int height = chart->row_span, width = chart->column_span;
    for (int row = 0; row + height <= rows; row++)
        for (int column = 0; column + width <= columns; column++) {
            if (!is_free(taken, columns, row, column, height, width)) continue;
            chart->row = row, chart->column = column;
            for (int r = row; r < row + height; r++)
                for (int c = column; c < column + width; c++) taken[r * columns + c] = true;
            return true;
        }
    return false;
}

static bool place_all(tau_page *page, bool *taken, int rows, int columns) {
    for (int i = 0; i < rows * columns; i++) taken[i] = false;
    for (size_t i = 0; i < page->chart_count; i++)
        if (!place(&page->charts[i], taken, rows, columns)) return false;
    return true;
}

/* Large charts grow one after the other as long as everything still fits. */
static bool grow(tau_page *page, bool *taken, int rows, int columns) {
    bool fits = place_all(page, taken, rows, columns);
    for (size_t i = 0; i < page->chart_count && fits; i++) {
        tau_chart *chart = &page->charts[i];
        if (!chart->is_large || chart->row_span * chart->column_span != 1) continue;
        chart->row_span = chart->column_span = 2;
        if (place_all(page, taken, rows, columns)) continue;
        chart->row_span = chart->column_span = 1;
        fits = place_all(page, taken, rows, columns);
    }
    return fits;
}

/* Rows that nothing stands in take no room. */
static void drop_empty_rows(tau_page *page) {
    int last = 0;
    for (size_t i = 0; i < page->chart_count; i++) {
        int end = page->charts[i].row + page->charts[i].row_span;
        last = end > last ? end : last;
    }
    page->rows = last;
}

tau_status tau_page_arrange(tau_page *page, int rows, int columns) {
    bool chosen = rows <= 0;
    choose_grid(page, &rows, &columns);
    if (rows > 64 || columns > 64)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot arrange %zu diagrams in %d × %d cells" TAU_WHY
                        "there may be 64 rows and 64 columns at most" TAU_FIX "draw fewer diagrams on a page",
                        page->chart_count, rows, columns);
    bool *taken;
    int limit = chosen ? rows + (int)page->chart_count * 2 : rows;
    TAU_TRY(TAU_ALLOC(taken, (size_t)(limit * columns)));
    bool fits = false;
    for (; rows <= limit && !fits; rows++) fits = grow(page, taken, rows, columns);
    rows--;
    tau_mem_free(taken);
    if (!fits)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot arrange %zu diagrams in %d × %d cells" TAU_WHY "there are too few" TAU_FIX
                        "give --layout more rows or columns, or leave it out",
                        page->chart_count, rows, columns);
    page->rows = rows, page->columns = columns;
    if (chosen) drop_empty_rows(page);
    return TAU_STATUS_OK;
}
