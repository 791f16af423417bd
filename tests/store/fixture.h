/** Small landscapes whose values follow from their places. */
#ifndef TAU_TESTS_STORE_FIXTURE_H
#define TAU_TESTS_STORE_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "ok.h"
#include "scratch.h"
#include "store/landscape.h"

#define RECIPE(seed) "{\"identity\":{\"seed\":" #seed ",\"backend\":\"ref\"},\"provenance\":{}}"

/** A recipe with metrics. */
#define MEASURED "{\"identity\":{\"metrics\":[\"macro-f1\",\"mcc\"],\"seed\":0},\"provenance\":{}}"
enum { MEASURED_METRICS = 2 };

/** Metrics of the tiles that are sent: those of the landscape made last. */
static size_t fixture_metrics;

static inline tau_landscape *make_landscape(size_t columns, size_t rows, const char *recipe) {
    tau_grid grid = {.columns = columns, .rows = rows};
    tau_landscape *landscape;
    OK(TAU_ALLOC(grid.alpha, columns));
    OK(TAU_ALLOC(grid.beta, rows));
    for (size_t i = 0; i < columns; i++) grid.alpha[i] = -1 + 0.1 * (double)i;
    for (size_t i = 0; i < rows; i++) grid.beta[i] = -2 + 0.3 * (double)i;
    OK(tau_landscape_create(&landscape, "plane", "tau_2d", rows == 1, &grid, recipe));
    tau_mem_free(grid.alpha);
    tau_mem_free(grid.beta);
    fixture_metrics = (size_t)landscape->metric_count;
    return landscape;
}

/** Every seventh point is not finite, as real landscapes have it. */
static inline tau_point point_at(size_t column, size_t row) {
    const size_t n = row * 1000 + column;
    const double loss = n % 7 == 3 ? (n % 2 ? INFINITY : NAN) : sin((double)n);
    return (tau_point){loss, loss / 100, (double)(n % 11) / 10,
                       n % 2 ? TAU_PRECISION_FINE : TAU_PRECISION_EXACT};
}

/** Some are not defined. */
static inline double metric_at(size_t column, size_t row, size_t metric) {
    const size_t n = row * 1000 + column;
    return n % 5 == 2 ? NAN : cos((double)(n + 100000 * metric));
}

/** Gives a tile to a sink. */
static inline tau_status send_tile(tau_sweep_sink sink, size_t column, size_t row, size_t columns,
                                   size_t rows) {
    tau_point *points;
    double *regularisation, *metrics;
    OK(TAU_ALLOC(points, columns * rows));
    OK(TAU_ALLOC(regularisation, columns * rows));
    OK(TAU_ALLOC(metrics, columns * rows * (fixture_metrics + 1)));
    for (size_t i = 0; i < columns * rows; i++) {
        points[i] = point_at(column + i % columns, row + i / columns);
        regularisation[i] = (double)i;
        for (size_t m = 0; m < fixture_metrics; m++)
            metrics[i * fixture_metrics + m] = metric_at(column + i % columns, row + i / columns, m);
    }
    const tau_sweep_tile tile = {
        column, row, columns, rows, points, columns == 1 ? regularisation : NULL, metrics, fixture_metrics};
    tau_status status = sink.accept(sink.payload, &tile);
    tau_mem_free(metrics);
    tau_mem_free(regularisation);
    tau_mem_free(points);
    return status;
}

static inline tau_status put_tile(void *landscape, const tau_sweep_tile *tile) {
    tau_landscape_put(landscape, tile);
    return TAU_STATUS_OK;
}

static inline void fill_landscape(tau_landscape *landscape) {
    OK(send_tile((tau_sweep_sink){put_tile, landscape}, 0, 0, landscape->columns, landscape->rows));
}

static inline int same_doubles(const double *a, const double *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

static inline void assert_same_points(const tau_landscape *a, const tau_landscape *b) {
    cr_assert(a->columns == b->columns && a->rows == b->rows && a->line == b->line);
    const size_t points = a->columns * a->rows;
    cr_assert(same_doubles(a->alpha, b->alpha, a->columns) && same_doubles(a->beta, b->beta, a->rows));
    cr_assert(same_doubles(a->loss, b->loss, points), "losses differ");
    cr_assert(same_doubles(a->loss_se, b->loss_se, points), "standard errors differ");
    cr_assert(same_doubles(a->accuracy, b->accuracy, points), "accuracies differ");
    cr_assert(same_doubles(a->regularisation, b->regularisation, points), "regularisations differ");
    cr_assert_eq(a->metric_count, b->metric_count);
    for (int m = 0; m < a->metric_count; m++) {
        cr_assert_str_eq(a->metrics[m].name, b->metrics[m].name);
        cr_assert(same_doubles(a->metrics[m].values, b->metrics[m].values, points), "%s differs",
                  a->metrics[m].name);
    }
    cr_assert_arr_eq(a->done, b->done, points);
    cr_assert_arr_eq(a->precision, b->precision, points);
}

static inline void add_projection(tau_landscape *landscape, const char *group, size_t count) {
    tau_landscape_projection projection;
    OK(tau_landscape_projection_create(&projection, group, count));
    for (size_t i = 0; i < count; i++) {
        projection.coords[2 * i] = (double)i;
        projection.coords[2 * i + 1] = -(double)i;
        projection.residual[i] = 0.5 * (double)i;
        projection.distance[i] = 2 * (double)i;
        projection.step[i] = (int64_t)(i * i);
    }
    projection.explained = 0.875;
    OK(tau_landscape_set_projection(landscape, &projection));
    cr_assert_null(projection.group);
}

#endif
