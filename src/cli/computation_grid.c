/* The points of a computation, and the landscape that they go into. */
#include <math.h>
#include <string.h>

#include "cli/computation.h"
#include "core/log.h"
#include "core/memory.h"

tau_status tau_computation_parse_size(const tau_computation *c, size_t *columns, size_t *rows) {
    const char *grid = tau_cli_get(&c->cli->arguments, "grid"),
               *transform = tau_cli_get(&c->cli->arguments, "transform");
    bool between = tau_cli_has(&c->cli->arguments, "from") || tau_cli_has(&c->cli->arguments, "to") ||
                   (transform && strcmp(transform, "tau") == 0);
    *columns = between ? 201 : 51;
    *rows = between ? 1 : 51;
    if (grid) TAU_TRY(tau_cli_parse_grid(columns, rows, grid, "--grid"));
    if (between && *rows != 1 && grid && strchr(grid, 'x'))
        return tau_fail(
            TAU_STATUS_USAGE,
            "a line between two states has one row" TAU_WHY "--grid says %s" TAU_FIX "write --grid N", grid);
    if (between) *rows = 1;
    if (*columns == 1 && *rows > 1)
        return tau_fail(TAU_STATUS_USAGE,
                        "--grid: %s has one column" TAU_WHY
                        "a line runs along alpha, and its grid has one row" TAU_FIX "write --grid %zux1",
                        grid, *rows);
    if (*rows == 1 && tau_cli_has(&c->cli->arguments, "y"))
        return tau_fail(TAU_STATUS_USAGE, "a line has no beta" TAU_FIX "leave --y out, or give --grid NxM");
    return TAU_STATUS_OK;
}

/* Moves a range that nobody asked for by at most half a step, so that the centre is a point of the grid. Half
 * a step of few points is more than the states have around them: then the range grows instead. A single point
 * is the middle of its range; two have no place for a centre between them. */
static void place_centre(double *lo, double *hi, size_t n, double centre) {
    const double below = centre - *lo, above = *hi - centre, last = (double)(n - 1);
    if (!(below > 0 && above > 0) || n == 2) return;
    if (n == 1) {
        *lo = centre - fmax(below, above);
        *hi = centre + fmax(below, above);
        return;
    }
    double step = (*hi - *lo) / last, before = floor(below / step + 0.5);
    if (n < 5) {
        before = below <= above ? 1 : last - 1;
        step = fmax(below / before, above / (last - before));
    }
    *lo = centre - before * step;
    *hi = centre + (last - before) * step;
}

tau_status tau_computation_choose_range(tau_computation *c, int axis, size_t points, double *lo, double *hi) {
    static const char *const names[] = {"x", "y"};
    const char *text = tau_cli_get(&c->cli->arguments, names[axis]);
    bool automatic = text ? strcmp(text, "auto") == 0 : !c->made.has_range;
    if (text && !automatic) return tau_cli_parse_range(lo, hi, text, axis ? "--y" : "--x");
    if (!automatic) {
        *lo = c->made.lo[axis];
        *hi = c->made.hi[axis];
        if (points) place_centre(lo, hi, points, 0);
        return TAU_STATUS_OK;
    }
    if (c->spec.transform == TAU_TRANSFORM_RADIAL || c->spec.transform == TAU_TRANSFORM_RADIAL_PLUS)
        return tau_fail(TAU_STATUS_USAGE, "--%s auto does not go with radial slices" TAU_FIX "give LO:HI",
                        names[axis]);
    TAU_TRY(tau_sweep_auto_range(c->evaluator, c->made.slice, axis, 10, lo, hi, c->cli->cancel));
    double centre[2];
    tau_slice_get_centre(c->made.slice, &centre[0], &centre[1]);
    if (points) place_centre(lo, hi, points, centre[axis]);
    tau_cli_say(c->cli, "range of %s chosen: %.4g:%.4g (the loss rises tenfold)", axis ? "beta" : "alpha",
                *lo, *hi);
    return TAU_STATUS_OK;
}

tau_status tau_computation_create_grid(tau_computation *c, size_t columns, size_t rows) {
    double x[2] = {0, 0}, y[2] = {0, 0}, centre[2];
    TAU_TRY(tau_computation_choose_range(c, 0, columns, &x[0], &x[1]));
    if (rows > 1) TAU_TRY(tau_computation_choose_range(c, 1, rows, &y[0], &y[1]));
    TAU_TRY(tau_grid_create(&c->grid, columns, x[0], x[1], rows, y[0], y[1]));
    tau_slice_get_centre(c->made.slice, &centre[0], &centre[1]);
    if (tau_grid_misses(c->grid->alpha, columns, centre[0]) ||
        (rows > 1 && tau_grid_misses(c->grid->beta, rows, centre[1])))
        tau_log(
            TAU_LOG_LEVEL_NOTE,
            "the grid spans the centre (alpha %g, beta 0) but has no point there: an odd number of points "
            "over a range that is as long on both sides has one",
            centre[0]);
    return TAU_STATUS_OK;
}

static bool keeps_directions(const tau_computation *c) {
    return c->spec.directions == TAU_DIRECTIONS_RANDOM ? tau_cli_has(&c->cli->arguments, "store-directions")
                                                       : c->spec.directions != TAU_DIRECTIONS_NONE;
}

tau_status tau_computation_create_landscape(tau_computation *c) {
    char *recipe;
    TAU_TRY(tau_computation_describe(c, &recipe));
    const char *name = c->subject.run ? tau_run_get_group(c->subject.run) : "landscape";
    const tau_slice *slice = c->made.slice;
    tau_status status = tau_landscape_create(&c->landscape, name, tau_transform_name(slice->transform),
                                             slice->line, c->grid, recipe);
    tau_mem_free(recipe);
    TAU_TRY(status);
    for (int axis = 0; axis < 2; axis++) c->landscape->explained[axis] = c->made.explained[axis];
    if (!keeps_directions(c)) return TAU_STATUS_OK;
    return tau_landscape_set_directions(c->landscape, slice->theta[1], slice->line ? NULL : slice->theta[2],
                                        slice->theta_size);
}
