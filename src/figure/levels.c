#include "figure/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "figure/ticks.h"

/* As many values as suffice for quantiles. */
#define SAMPLE_MAX 65536

/* Share of the points that lie below the first level. */
#define BASIN_SHARE 0.02

/* The last level's share of the highest excess. */
#define TOP_SHARE 0.85

typedef struct sample {
    double *z;
    size_t count;
} sample;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted values of all grids within lo..hi, thinned evenly. */
static tau_status draw_sample(sample *out, const tau_mesh *grids, size_t grid_count, double lo, double hi) {
    size_t total = 0;
    for (size_t g = 0; g < grid_count; g++) total += grids[g].nx * grids[g].ny;
    size_t stride = total / SAMPLE_MAX + 1;
    *out = (sample){0};
    TAU_TRY(TAU_ALLOC(out->z, total / stride + grid_count + 1));
    for (size_t g = 0; g < grid_count; g++)
        for (size_t i = 0; i < grids[g].nx * grids[g].ny; i += stride) {
            double z = grids[g].z[i];
            if (z >= lo && z <= hi) out->z[out->count++] = z;
        }
    qsort(out->z, out->count, sizeof *out->z, compare);
    return TAU_STATUS_OK;
}

/* The smallest excess worth a line: that of the basin, or of the first point above the floor of a flat one.
 */
static double first_excess(const sample *values, double floor, double span) {
    if (values->count == 0) return span;
    double least = span * 1e-9;
    for (size_t i = (size_t)(BASIN_SHARE * (double)values->count); i < values->count; i++)
        if (values->z[i] - floor > least) return values->z[i] - floor;
    return span;
}

/* Rounds every value to the coarsest 1-2-5 step that is at most half the distance to its neighbours. */
static void round_levels(tau_levels *out, const double *raw, int count) {
    out->count = 0;
    for (int i = 0; i < count; i++) {
        double below = i > 0 ? raw[i] - raw[i - 1] : INFINITY,
               above = i + 1 < count ? raw[i + 1] - raw[i] : INFINITY;
        double gap = fmin(below, above);
        if (!isfinite(gap)) gap = fabs(raw[i]) / 2;
        if (!(gap > fabs(raw[i]) * 1e-13)) continue;
        double quantum = tau_number_floor_nice(gap / 2);
        double rounded = round(raw[i] / quantum) * quantum;
        if (!isfinite(rounded)) continue;
        int digits = tau_number_exponent(rounded) - tau_number_exponent(quantum) + 1;
        out->z[out->count] = rounded == 0 ? 0 : rounded;
        tau_number_format(out->label[out->count++], rounded, digits < 1 ? 1 : digits > 15 ? 15 : digits);
    }
}

static void drop_outside(tau_levels *levels, double lo, double hi) {
    int kept = 0;
    for (int i = 0; i < levels->count; i++) {
        if (!(levels->z[i] > lo && levels->z[i] < hi)) continue;
        if (kept != i) {
            levels->z[kept] = levels->z[i];
            memcpy(levels->label[kept], levels->label[i], TAU_NUMBER_TEXT);
        }
        kept++;
    }
    levels->count = kept;
}

/* Levels by excess on linear values lo..hi, where `first` is the excess of the basin. */
static void choose_by_excess(tau_levels *out, double lo, double hi, double first, int wanted) {
    double raw[TAU_LEVELS_MAX];
    double last = TOP_SHARE * (hi / 2 - lo / 2) * 2;
    if (!isfinite(last)) last = TOP_SHARE * hi;
    bool even = wanted < 2 || !(last / first > 4); /* a field without a basin */
    for (int i = 0; i < wanted; i++)
        raw[i] = even ? lo + (hi - lo) * (i + 1) / (wanted + 1)
                      : lo + exp(log(first) + (log(last) - log(first)) * i / (wanted - 1));
    round_levels(out, raw, wanted);
}

static void choose_powers(tau_levels *out, double lo, double hi, int wanted) {
    tau_ticks ticks;
    tau_ticks_log(&ticks, lo, hi, wanted);
    *out = (tau_levels){0};
    for (int i = 0; i < ticks.count; i++) {
        out->z[out->count] = ticks.position[i];
        if (ticks.exponent)
            tau_number_format(out->label[out->count++], pow(10, ticks.position[i]), 2);
        else
            memcpy(out->label[out->count++], ticks.label[i], TAU_NUMBER_TEXT);
    }
}

static void choose_even(tau_levels *out, double lo, double hi, int wanted) {
    tau_ticks ticks;
    tau_ticks_linear(&ticks, lo, hi, wanted);
    *out = (tau_levels){0};
    for (int i = 0; i < ticks.count; i++) {
        out->z[out->count] = ticks.position[i];
        tau_number_format(out->label[out->count++], ticks.position[i], 6);
    }
    drop_outside(out, lo, hi);
}

static double linear(double z, bool log) {
    return log ? pow(10, z) : z;
}

static tau_status choose_in_range(tau_levels *out, const tau_mesh *grids, size_t grid_count, int wanted,
                                  double lo, double hi, bool log) {
    if (log && hi - lo >= 2) {
        choose_powers(out, lo, hi, wanted);
        drop_outside(out, lo, hi);
        return TAU_STATUS_OK;
    }
    sample values;
    TAU_TRY(draw_sample(&values, grids, grid_count, lo, hi));
    for (size_t i = 0; i < values.count; i++) values.z[i] = linear(values.z[i], log);
    double floor = linear(lo, log), top = linear(hi, log);
    choose_by_excess(out, floor, top, first_excess(&values, floor, top - floor), wanted);
    tau_mem_free(values.z);
    for (int i = 0; i < out->count && log; i++) out->z[i] = out->z[i] > 0 ? log10(out->z[i]) : -INFINITY;
    drop_outside(out, lo, hi);
    return TAU_STATUS_OK;
}

tau_status tau_levels_choose(tau_levels *out, const tau_mesh *grids, size_t grid_count, int wanted, double lo,
                             double hi, bool log) {
    *out = (tau_levels){0};
    double lowest = INFINITY, highest = -INFINITY;
    bool share = false;
    for (size_t g = 0; g < grid_count; g++) {
        if (grids[g].drawable == 0) continue;
        share |= grids[g].share;
        lowest = fmin(lowest, grids[g].lowest);
        highest = fmax(highest, grids[g].highest);
    }
    /* The scale of a share may be much wider than its values. */
    if (isnan(lo) || (share && lo < lowest)) lo = lowest;
    if (isnan(hi) || (share && hi > highest)) hi = highest;
    if (!tau_mesh_range_varies(lo, hi)) return TAU_STATUS_OK;
    if (wanted < 1) wanted = 1;
    if (wanted > TAU_LEVELS_MAX) wanted = TAU_LEVELS_MAX;
    if (share && !log) {
        choose_even(out, lo, hi, wanted);
        return TAU_STATUS_OK;
    }
    return choose_in_range(out, grids, grid_count, wanted, lo, hi, log);
}

tau_status tau_levels_take(tau_levels *out, const double *values, size_t count, bool log) {
    *out = (tau_levels){0};
    if (count > TAU_LEVELS_MAX)
        return tau_fail(TAU_STATUS_USAGE,
                        "cannot draw %zu levels" TAU_WHY "%d is the most" TAU_FIX "name fewer levels", count,
                        TAU_LEVELS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]) || (log && values[i] <= 0))
            return tau_fail(
                TAU_STATUS_USAGE,
                "cannot draw a contour at level %g" TAU_WHY "%s" TAU_FIX "leave this level out", values[i],
                isfinite(values[i]) ? "a logarithmic scale has positive values only" : "it is not finite");
        out->z[i] = values[i];
    }
    qsort(out->z, count, sizeof *out->z, compare);
    for (size_t i = 0; i < count; i++) {
        if (out->count > 0 && out->z[i] == out->z[out->count - 1]) continue;
        out->z[out->count++] = out->z[i];
    }
    for (int i = 0; i < out->count; i++) {
        tau_number_format(out->label[i], out->z[i], 6);
        if (log) out->z[i] = log10(out->z[i]);
    }
    return TAU_STATUS_OK;
}
