#include "store/landscape.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "store/recipe.h"

enum { VALUE_FIELDS = 4 };

/* The columns of values of a landscape, for what is done to all of them alike. */
static void value_fields(tau_landscape *landscape, double **fields[VALUE_FIELDS]) {
    fields[0] = &landscape->loss;
    fields[1] = &landscape->loss_se;
    fields[2] = &landscape->accuracy;
    fields[3] = &landscape->regularisation;
}

static tau_status allocate_values(double **out, size_t points) {
    TAU_TRY(TAU_ALLOC(*out, points));
    for (size_t i = 0; i < points; i++) (*out)[i] = NAN;
    return TAU_STATUS_OK;
}

static tau_status allocate_metrics(tau_landscape *landscape, size_t points) {
    char names[TAU_LANDSCAPE_METRICS_MAX][TAU_LANDSCAPE_METRIC_NAME];
    int count;
    TAU_TRY(tau_recipe_get_metrics(names, &count, landscape->recipe));
    if (count == 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(landscape->metrics, (size_t)count));
    for (; landscape->metric_count < count; landscape->metric_count++) {
        tau_landscape_metric *metric = &landscape->metrics[landscape->metric_count];
        memcpy(metric->name, names[landscape->metric_count], sizeof metric->name);
        TAU_TRY(allocate_values(&metric->values, points));
    }
    return TAU_STATUS_OK;
}

static tau_status allocate_points(tau_landscape *landscape, size_t points) {
    double **fields[VALUE_FIELDS];
    value_fields(landscape, fields);
    for (int field = 0; field < VALUE_FIELDS; field++) TAU_TRY(allocate_values(fields[field], points));
    TAU_TRY(allocate_metrics(landscape, points));
    TAU_TRY(TAU_ALLOC(landscape->done, points));
    return TAU_ALLOC(landscape->precision, points);
}

static tau_status fill(tau_landscape *landscape, const char *name, const char *transform,
                       const tau_grid *grid, const char *recipe) {
    if (grid->columns == 0 || grid->rows == 0 || grid->columns > INT32_MAX / grid->rows)
        return tau_fail(TAU_STATUS_INPUT,
                        "cannot make a landscape of %zu x %zu points" TAU_WHY
                        "there must be at least one point and fewer than 2^31",
                        grid->columns, grid->rows);
    TAU_TRY(tau_string_copy(&landscape->name, name));
    TAU_TRY(tau_string_copy(&landscape->transform, transform));
    TAU_TRY(tau_string_copy(&landscape->recipe, recipe));
    TAU_TRY(TAU_ALLOC(landscape->alpha, grid->columns));
    TAU_TRY(TAU_ALLOC(landscape->beta, grid->rows));
    memcpy(landscape->alpha, grid->alpha, grid->columns * sizeof *grid->alpha);
    memcpy(landscape->beta, grid->beta, grid->rows * sizeof *grid->beta);
    landscape->columns = grid->columns;
    landscape->rows = grid->rows;
    landscape->explained[0] = landscape->explained[1] = NAN;
    return allocate_points(landscape, grid->columns * grid->rows);
}

tau_status tau_landscape_create(tau_landscape **out, const char *name, const char *transform, bool line,
                                const tau_grid *grid, const char *recipe) {
    *out = NULL;
    tau_landscape *landscape;
    TAU_TRY(TAU_ALLOC(landscape, 1));
    landscape->line = line;
    tau_status status = fill(landscape, name, transform, grid, recipe);
    if (status != TAU_STATUS_OK) {
        tau_landscape_destroy(landscape);
        return status;
    }
    *out = landscape;
    return TAU_STATUS_OK;
}

void tau_landscape_destroy(tau_landscape *landscape) {
    if (!landscape) return;
    double **fields[VALUE_FIELDS];
    value_fields(landscape, fields);
    for (int field = 0; field < VALUE_FIELDS; field++) tau_mem_free(*fields[field]);
    for (int i = 0; i < landscape->metric_count; i++) tau_mem_free(landscape->metrics[i].values);
    tau_mem_free(landscape->metrics);
    for (int i = 0; i < landscape->projection_count; i++)
        tau_landscape_projection_clear(&landscape->projections[i]);
    tau_mem_free(landscape->projections);
    tau_mem_free(landscape->precision);
    tau_mem_free(landscape->done);
    tau_mem_free(landscape->eta);
    tau_mem_free(landscape->delta);
    tau_mem_free(landscape->beta);
    tau_mem_free(landscape->alpha);
    tau_mem_free(landscape->recipe);
    tau_mem_free(landscape->transform);
    tau_mem_free(landscape->name);
    tau_mem_free(landscape);
}

static tau_status copy_floats(float **out, const float *from, size_t count) {
    *out = NULL;
    if (!from) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(*out, count));
    memcpy(*out, from, count * sizeof *from);
    return TAU_STATUS_OK;
}

tau_status tau_landscape_set_directions(tau_landscape *landscape, const float *delta, const float *eta,
                                        size_t theta_size) {
    float *delta_copy, *eta_copy;
    TAU_TRY(copy_floats(&delta_copy, delta, theta_size));
    tau_status status = copy_floats(&eta_copy, eta, theta_size);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(delta_copy);
        return status;
    }
    tau_mem_free(landscape->delta);
    tau_mem_free(landscape->eta);
    landscape->delta = delta_copy;
    landscape->eta = eta_copy;
    landscape->theta_size = delta || eta ? theta_size : 0;
    return TAU_STATUS_OK;
}

tau_status tau_landscape_projection_create(tau_landscape_projection *out, const char *group, size_t count) {
    *out = (tau_landscape_projection){.count = count, .explained = NAN};
    tau_status status = tau_string_copy(&out->group, group);
    if (status == TAU_STATUS_OK) status = tau_mem_alloc((void **)&out->coords, count, 2 * sizeof(double));
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->residual, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->distance, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->loss_true, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->loss_in_plane, count);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(out->step, count);
    if (status != TAU_STATUS_OK) {
        tau_landscape_projection_clear(out);
        return status;
    }
    for (size_t i = 0; i < count; i++) out->loss_true[i] = out->loss_in_plane[i] = NAN;
    return TAU_STATUS_OK;
}

void tau_landscape_projection_clear(tau_landscape_projection *projection) {
    tau_mem_free(projection->step);
    tau_mem_free(projection->loss_in_plane);
    tau_mem_free(projection->loss_true);
    tau_mem_free(projection->distance);
    tau_mem_free(projection->residual);
    tau_mem_free(projection->coords);
    tau_mem_free(projection->group);
    *projection = (tau_landscape_projection){0};
}

tau_status tau_landscape_set_projection(tau_landscape *landscape, tau_landscape_projection *projection) {
    int place = 0;
    while (place < landscape->projection_count &&
           strcmp(landscape->projections[place].group, projection->group) != 0)
        place++;
    if (place == landscape->projection_count) {
        size_t capacity = (size_t)place;
        TAU_TRY(TAU_GROW(landscape->projections, capacity, (size_t)place + 1));
        landscape->projection_count++;
    } else {
        tau_landscape_projection_clear(&landscape->projections[place]);
    }
    landscape->projections[place] = *projection;
    *projection = (tau_landscape_projection){0};
    return TAU_STATUS_OK;
}

static const char *skip(const char *name, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 ? name + length : name;
}

/* Whether a stored name is what is meant by a name without its average, or with one that makes no difference
 * to two classes. */
static bool means(const char *name, const char *stored) {
    const char *bare = skip(skip(name, "macro-"), "micro-");
    return strcmp(stored, name) == 0 || strcmp(skip(stored, "macro-"), name) == 0 ||
           strcmp(skip(stored, "binary-"), bare) == 0;
}

const tau_landscape_metric *tau_landscape_find_metric(const tau_landscape *landscape, const char *name) {
    for (int i = 0; i < landscape->metric_count; i++)
        if (means(name, landscape->metrics[i].name)) return &landscape->metrics[i];
    return NULL;
}

void tau_landscape_put(tau_landscape *landscape, const tau_sweep_tile *tile) {
    for (size_t row = 0; row < tile->rows; row++) {
        for (size_t column = 0; column < tile->columns; column++) {
            const size_t from = row * tile->columns + column;
            const size_t to = (tile->row + row) * landscape->columns + tile->column + column;
            const tau_point *point = &tile->points[from];
            if (point->precision == TAU_PRECISION_NONE) continue;
            landscape->loss[to] = point->loss;
            landscape->loss_se[to] = point->loss_se;
            landscape->accuracy[to] = point->accuracy;
            landscape->regularisation[to] = tile->regularisation ? tile->regularisation[from] : NAN;
            for (int m = 0; m < landscape->metric_count; m++)
                landscape->metrics[m].values[to] = (size_t)m < tile->metric_count
                                                       ? tile->metrics[from * tile->metric_count + (size_t)m]
                                                       : NAN;
            landscape->precision[to] = (uint8_t)point->precision;
            landscape->done[to] = isfinite(point->loss) ? TAU_DONE_FINITE : TAU_DONE_NOT_FINITE;
        }
    }
}

tau_landscape_summary tau_landscape_summarize(const tau_landscape *landscape) {
    tau_landscape_summary summary = {
        .points = landscape->columns * landscape->rows, .lowest = NAN, .highest = NAN};
    for (size_t i = 0; i < summary.points; i++) {
        if (landscape->done[i] == TAU_DONE_NOT) continue;
        const double loss = landscape->loss[i];
        summary.done++;
        summary.infinite += isinf(loss) != 0;
        summary.nan += isnan(loss) != 0;
        if (!isfinite(loss)) continue;
        if (!(loss <= summary.highest)) summary.highest = loss;
        if (loss >= summary.lowest) continue;
        summary.lowest = loss;
        summary.lowest_column = i % landscape->columns;
        summary.lowest_row = i / landscape->columns;
    }
    return summary;
}
