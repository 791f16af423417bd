#include "figure/mesh.h"

#include <math.h>

#include "core/memory.h"

/* Larger grids than this hold more points than any picture has pixels, and their indices still fit 32 bits.
 */
#define POINTS_MAX ((size_t)1 << 28)

/* Relative difference below which two values are the same: what a sum of float losses cannot tell apart. */
#define ROUNDING 1e-12

static tau_status check_axis(const double *values, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot draw the landscape" TAU_WHY "value %zu of axis %s is not finite", i,
                            name);
        if (i > 0 && !(values[i] > values[i - 1]))
            return tau_fail(TAU_STATUS_INPUT,
                            "cannot draw the landscape" TAU_WHY "axis %s does not increase at value %zu",
                            name, i);
    }
    return TAU_STATUS_OK;
}

static tau_status check_field(const tau_field *field) {
    if (field->nx == 0 || field->ny == 0)
        return tau_fail(TAU_STATUS_INPUT, "cannot draw the landscape" TAU_WHY "its grid has no points");
    if (field->nx > POINTS_MAX / field->ny)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot draw the landscape" TAU_WHY
                        "its %zu × %zu points are more than the %zu allowed",
                        field->nx, field->ny, POINTS_MAX);
    TAU_TRY(check_axis(field->alpha, field->nx, "alpha"));
    return check_axis(field->beta, field->ny, "beta");
}

/* Sorts one point into drawable, not finite, not positive or not computed. */
static void take_point(tau_mesh *grid, const tau_field *field, size_t i, bool log) {
    double value = field->value[i];
    grid->z[i] = NAN;
    if (field->done && field->done[i] == TAU_FIELD_STATE_NOT_COMPUTED) {
        grid->not_computed++;
    } else if (!tau_field_has_value(field, i)) {
        grid->not_finite++;
    } else if (log && value <= 0) {
        grid->not_positive++;
    } else {
        double z = grid->z[i] = log ? log10(value) : value;
        if (grid->drawable++ == 0 || z < grid->lowest) {
            grid->lowest = z;
            grid->lowest_index = i;
        }
        if (grid->drawable == 1 || z > grid->highest) grid->highest = z;
    }
}

tau_status tau_mesh_create(tau_mesh *out, const tau_field *field, bool log) {
    *out = (tau_mesh){.lowest = NAN, .highest = NAN, .share = field->share};
    TAU_TRY(check_field(field));
    out->nx = field->nx, out->ny = field->ny;
    out->x = field->alpha, out->y = field->beta;
    TAU_TRY(TAU_ALLOC(out->z, field->nx * field->ny));
    for (size_t i = 0; i < field->nx * field->ny; i++) take_point(out, field, i, log);
    return TAU_STATUS_OK;
}

bool tau_mesh_has_cells(const tau_mesh *grid) {
    for (size_t j = 0; j + 1 < grid->ny; j++)
        for (size_t i = 0; i + 1 < grid->nx; i++) {
            const double *z = &grid->z[j * grid->nx + i];
            if (!isnan(z[0]) && !isnan(z[1]) && !isnan(z[grid->nx]) && !isnan(z[grid->nx + 1])) return true;
        }
    return false;
}

bool tau_mesh_range_varies(double lo, double hi) {
    return hi / 2 - lo / 2 > fmax(fabs(lo), fabs(hi)) * ROUNDING;
}

void tau_mesh_release(tau_mesh *grid) {
    tau_mem_free(grid->z);
    *grid = (tau_mesh){0};
}
