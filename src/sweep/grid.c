#include "sweep/grid.h"

#include <float.h>
#include <math.h>

#include "core/memory.h"

static tau_status check_axis(size_t n, double lo, double hi) {
    if (n == 0)
        return tau_fail(TAU_STATUS_USAGE, "an axis needs at least one point" TAU_FIX "ask for 1 or more");
    if (!isfinite(lo * (double)n) || !isfinite(hi * (double)n))
        return tau_fail(TAU_STATUS_USAGE,
                        "the range %g:%g cannot be divided" TAU_WHY "it is not finite" TAU_FIX
                        "give two finite numbers",
                        lo, hi);
    if (n > 1 && lo == hi)
        return tau_fail(TAU_STATUS_USAGE,
                        "the range %g:%g cannot hold %zu points" TAU_WHY "its ends are equal" TAU_FIX
                        "give two different numbers, or ask for one point",
                        lo, hi, n);
    return TAU_STATUS_OK;
}

/* The states of a line lie at 0 and 1: a point that only rounding keeps away from them is there. */
static double snap(double x, double scale) {
    const double rounding = 4 * DBL_EPSILON * scale;
    if (fabs(x) <= rounding) return 0;
    return fabs(x - 1) <= rounding ? 1 : x;
}

tau_status tau_grid_axis(double *out, size_t n, double lo, double hi) {
    TAU_TRY(check_axis(n, lo, hi));
    const double scale = fmax(fabs(lo), fabs(hi));
    if (n == 1) {
        out[0] = snap(lo == hi ? lo : 0.5 * lo + 0.5 * hi, scale);
        return TAU_STATUS_OK;
    }
    const double last = (double)(n - 1);
    for (size_t i = 0; i < n; i++) out[i] = snap((lo * (double)(n - 1 - i) + hi * (double)i) / last, scale);
    out[0] = lo; /* hi·(n-1)/(n-1) may round away from hi */
    out[n - 1] = hi;
    return TAU_STATUS_OK;
}

static tau_status fill(tau_grid *grid, double x_lo, double x_hi, double y_lo, double y_hi) {
    TAU_TRY(TAU_ALLOC(grid->alpha, grid->columns));
    TAU_TRY(TAU_ALLOC(grid->beta, grid->rows));
    TAU_TRY(tau_grid_axis(grid->alpha, grid->columns, x_lo, x_hi));
    return tau_grid_axis(grid->beta, grid->rows, y_lo, y_hi);
}

tau_status tau_grid_create(tau_grid **out, size_t columns, double x_lo, double x_hi, size_t rows, double y_lo,
                           double y_hi) {
    const size_t limit = (size_t)1 << 31;
    *out = NULL;
    TAU_TRY(check_axis(columns, x_lo, x_hi));
    TAU_TRY(check_axis(rows, y_lo, y_hi));
    if (columns > limit / rows)
        return tau_fail(TAU_STATUS_USAGE,
                        "a grid of %zu x %zu points is too large" TAU_FIX "ask for 2^31 points at most",
                        columns, rows);
    tau_grid *grid;
    TAU_TRY(TAU_ALLOC(grid, 1));
    grid->columns = columns;
    grid->rows = rows;
    tau_status status = fill(grid, x_lo, x_hi, y_lo, y_hi);
    if (status == TAU_STATUS_OK)
        *out = grid;
    else
        tau_grid_destroy(grid);
    return status;
}

void tau_grid_destroy(tau_grid *grid) {
    if (!grid) return;
    tau_mem_free(grid->alpha);
    tau_mem_free(grid->beta);
    tau_mem_free(grid);
}

int tau_grid_misses(const double *axis, size_t n, double x) {
    int below = 0, above = 0;
    for (size_t i = 0; i < n; i++) {
        if (axis[i] == x) return 0;
        below |= axis[i] < x;
        above |= axis[i] > x;
    }
    return below && above;
}
