/* Units or principal components as axes. */
#include "replay/axes.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "slice/eigen.h"

/* Products of the covariance that take about a second; the rows that a Gram matrix is made of where rows are
 * longer than WIDE. */
enum { WIDE = 1024, GRAM_ROWS = 512 };
static const double PRODUCTS_MOST = 2e9, NUMBERS_MOST = 32e6, ROUNDING = 1e-10;

static tau_status allocate(tau_feature_axes *out, size_t width, int dims) {
    *out = (tau_feature_axes){.width = width, .dims = dims};
    TAU_TRY(TAU_ALLOC(out->base, width));
    for (int k = 0; k < dims; k++) TAU_TRY(TAU_ALLOC(out->vector[k], width));
    return TAU_STATUS_OK;
}

void tau_feature_axes_clear(tau_feature_axes *axes) {
    tau_mem_free(axes->base);
    for (int k = 0; k < TAU_AXES_MOST; k++) tau_mem_free(axes->vector[k]);
    *axes = (tau_feature_axes){0};
}

tau_status tau_feature_axes_create_units(tau_feature_axes *out, size_t width, int dims, const int *unit) {
    tau_status status = allocate(out, width, dims);
    if (status != TAU_STATUS_OK) {
        tau_feature_axes_clear(out);
        return status;
    }
    for (int k = 0; k < dims; k++) out->vector[k][unit[k]] = 1;
    return TAU_STATUS_OK;
}

/* A product with zero leaves its term out, so that a unit does not suffer from another's infinity. */
void tau_feature_axes_project(const tau_feature_axes *axes, double *out, const float *rows, size_t count) {
    for (size_t n = 0; n < count; n++) {
        const float *row = rows + n * axes->width;
        for (int k = 0; k < axes->dims; k++) {
            const double *vector = axes->vector[k];
            double sum = 0;
            for (size_t i = 0; i < axes->width; i++)
                if (vector[i] != 0) sum += ((double)row[i] - axes->base[i]) * vector[i];
            out[n * (size_t)axes->dims + (size_t)k] = sum;
        }
    }
}

void tau_feature_axes_place(const tau_feature_axes *axes, float *rows, const double *coordinates,
                            size_t count) {
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < axes->width; i++) {
            double value = axes->base[i];
            for (int k = 0; k < axes->dims; k++)
                value += coordinates[n * (size_t)axes->dims + (size_t)k] * axes->vector[k][i];
            rows[n * axes->width + i] = (float)value;
        }
}

/* ---- principal axes ---- */

/* The rows that axes are fitted to. */
typedef struct table {
    float *rows; /* [count, width], centred later in double */
    size_t count, capacity, width;
} table;

static bool all_finite(const float *row, size_t width) {
    for (size_t i = 0; i < width; i++)
        if (!isfinite(row[i])) return false;
    return true;
}

/* How far apart rows are taken, counted over all blocks; no multiple of a block, which would take the same
 * sample of each. */
static size_t choose_stride(const tau_feature_axes_source *source) {
    const double width = (double)source->width, all = (double)source->blocks * (double)source->rows;
    double most = source->width <= WIDE ? PRODUCTS_MOST / (width * width) : GRAM_ROWS;
    if (most < GRAM_ROWS) most = GRAM_ROWS;
    if (most * width > NUMBERS_MOST) most = NUMBERS_MOST / width;
    if (most < 2 * TAU_AXES_MOST) most = 2 * TAU_AXES_MOST;
    size_t stride = all <= most ? 1 : (size_t)ceil(all / most);
    if (stride > 1 && source->rows > 1 && stride % source->rows == 0) stride++;
    return stride;
}

static tau_status gather(table *out, const tau_feature_axes_source *source, const tau_cancel *cancel) {
    const size_t stride = choose_stride(source), width = source->width;
    float *block;
    TAU_TRY(TAU_ALLOC(block, source->rows * width));
    tau_status status = TAU_STATUS_OK;
    size_t next = 0; /* counted over all blocks */
    for (size_t b = 0; b < source->blocks && status == TAU_STATUS_OK; b++) {
        const size_t first = b * source->rows;
        if (next >= first + source->rows) continue;
        status = tau_cancel_requested(cancel) ? tau_fail(TAU_STATUS_CANCELLED, "fitting axes was cancelled")
                                              : source->read(source->payload, b, block);
        for (; next < first + source->rows && status == TAU_STATUS_OK; next += stride) {
            const float *row = block + (next - first) * width;
            if (!all_finite(row, width)) continue;
            status = TAU_GROW(out->rows, out->capacity, (out->count + 1) * width);
            if (status == TAU_STATUS_OK) memcpy(out->rows + out->count++ * width, row, width * sizeof *row);
        }
    }
    tau_mem_free(block);
    return status;
}

static void find_mean(double *mean, const table *t) {
    for (size_t n = 0; n < t->count; n++)
        for (size_t i = 0; i < t->width; i++) mean[i] += t->rows[n * t->width + i];
    for (size_t i = 0; i < t->width; i++) mean[i] /= (double)t->count;
}

/* [width, width]: sums of products of the centred columns. */
static void fill_covariance(double *matrix, const table *t, const double *mean, double *centred) {
    const size_t width = t->width;
    for (size_t n = 0; n < t->count; n++) {
        for (size_t i = 0; i < width; i++) centred[i] = t->rows[n * width + i] - mean[i];
        for (size_t i = 0; i < width; i++)
            for (size_t j = i; j < width; j++) matrix[i * width + j] += centred[i] * centred[j];
    }
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < i; j++) matrix[i * width + j] = matrix[j * width + i];
}

/* [count, count]: products of the centred rows. */
static void fill_gram(double *matrix, const table *t, const double *mean) {
    const size_t width = t->width, count = t->count;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a; b < count; b++) {
            double sum = 0;
            for (size_t i = 0; i < width; i++)
                sum += (t->rows[a * width + i] - mean[i]) * (t->rows[b * width + i] - mean[i]);
            matrix[a * count + b] = matrix[b * count + a] = sum;
        }
}

static double trace_of(const double *matrix, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += matrix[i * n + i];
    return sum;
}

/* The largest eigenpairs: two, then the largest of what they leave. Where that is only rounding, it has no
 * direction that could be found.
 * @param[out] vectors  [4, n]   @param[in,out] matrix  [n, n], deflated on return   @param[in] total  its
 * trace */
static tau_status find_pairs(double values[TAU_AXES_MOST], double *vectors, double *matrix, size_t n,
                             double total, int wanted, const tau_cancel *cancel) {
    double rest[2];
    TAU_TRY(tau_eigen_largest(values, vectors, matrix, n, cancel));
    values[2] = 0;
    if (wanted < TAU_AXES_MOST || n < TAU_AXES_MOST) return TAU_STATUS_OK;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                matrix[i * n + j] -= values[k] * vectors[(size_t)k * n + i] * vectors[(size_t)k * n + j];
    if (!(trace_of(matrix, n) > ROUNDING * total)) return TAU_STATUS_OK;
    TAU_TRY(tau_eigen_largest(rest, vectors + 2 * n, matrix, n, cancel));
    values[2] = rest[0];
    return TAU_STATUS_OK;
}

/* From an eigenvector over rows to one over columns. */
static void turn_vector(double *out, const double *vector, const table *t, const double *mean) {
    for (size_t n = 0; n < t->count; n++)
        for (size_t i = 0; i < t->width; i++)
            out[i] += vector[n] * ((double)t->rows[n * t->width + i] - mean[i]);
}

/* Unit length, largest component positive. */
static void normalise(double *vector, size_t width) {
    double squares = 0;
    size_t largest = 0;
    for (size_t i = 0; i < width; i++) {
        squares += vector[i] * vector[i];
        if (fabs(vector[i]) > fabs(vector[largest])) largest = i;
    }
    const double scale = squares > 0 ? (vector[largest] < 0 ? -1 : 1) / sqrt(squares) : 0;
    for (size_t i = 0; i < width; i++) vector[i] *= scale;
}

static tau_status find_axes(tau_feature_axes *out, const table *t, double *matrix, double *vectors, bool gram,
                            const tau_cancel *cancel) {
    const size_t n = gram ? t->count : t->width;
    double values[TAU_AXES_MOST];
    if (gram)
        fill_gram(matrix, t, out->base);
    else
        fill_covariance(matrix, t, out->base, vectors);
    const double total = trace_of(matrix, n);
    if (!(total > 0)) return TAU_STATUS_OK;
    TAU_TRY(find_pairs(values, vectors, matrix, n, total, out->dims, cancel));
    for (int k = 0; k < out->dims; k++) {
        if (!(values[k] > ROUNDING * total)) continue;
        out->explained[k] = values[k] / total;
        if (gram)
            turn_vector(out->vector[k], vectors + (size_t)k * n, t, out->base);
        else
            memcpy(out->vector[k], vectors + (size_t)k * n, n * sizeof *vectors);
        normalise(out->vector[k], out->width);
    }
    return TAU_STATUS_OK;
}

static tau_status fit_table(tau_feature_axes *out, const table *t, const tau_cancel *cancel) {
    double *matrix = NULL, *vectors = NULL;
    const bool gram = t->count < t->width;
    const size_t n = gram ? t->count : t->width;
    find_mean(out->base, t);
    if (n < 2) return TAU_STATUS_OK;
    tau_status status = tau_mem_alloc((void **)&matrix, n, n * sizeof *matrix);
    if (status == TAU_STATUS_OK) status = tau_mem_alloc((void **)&vectors, n, 4 * sizeof *vectors);
    if (status == TAU_STATUS_OK) status = find_axes(out, t, matrix, vectors, gram, cancel);
    tau_mem_free(matrix);
    tau_mem_free(vectors);
    return status;
}

tau_status tau_feature_axes_fit(tau_feature_axes *out, const tau_feature_axes_source *source, int dims,
                                const tau_cancel *cancel) {
    table t = {.width = source->width};
    tau_status status = allocate(out, source->width, dims);
    out->projected = true;
    if (status == TAU_STATUS_OK) status = gather(&t, source, cancel);
    if (status == TAU_STATUS_OK && t.count == 0)
        status = tau_fail(TAU_STATUS_INPUT,
                          "cannot find principal axes" TAU_WHY
                          "in no state is any of the values finite" TAU_FIX "choose a layer before them");
    if (status == TAU_STATUS_OK) status = fit_table(out, &t, cancel);
    tau_mem_free(t.rows);
    if (status != TAU_STATUS_OK) tau_feature_axes_clear(out);
    return status;
}

/* ---- axes as before ---- */

/* The orthogonal matrix nearest to a matrix, by Newton's iteration X = (X + X^-T)/2, where X^-T are the
 * cofactors by the determinant. @return false = the matrix is singular, as far as can be told */
static bool make_orthogonal(double m[3][3]) {
    enum { STEPS = 60 };
    for (int step = 0; step < STEPS; step++) {
        double cofactor[3][3], determinant = 0;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                cofactor[i][j] = m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3] -
                                 m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3];
        for (int j = 0; j < 3; j++) determinant += m[0][j] * cofactor[0][j];
        if (!(fabs(determinant) > 1e-6)) return false;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) m[i][j] = (m[i][j] + cofactor[i][j] / determinant) / 2;
    }
    return true;
}

static double dot(const double *a, const double *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

bool tau_feature_axes_align(tau_feature_axes *axes, const tau_feature_axes *before) {
    double turn[3][3] = {
        {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}; /* what is turned in fewer dimensions stays there */
    const int dims = axes->dims;
    bool turned = false;
    if (!axes->projected || !before->projected || axes->width != before->width || dims != before->dims)
        return false;
    for (int i = 0; i < dims; i++)
        for (int j = 0; j < dims; j++) turn[i][j] = dot(before->vector[i], axes->vector[j], axes->width);
    if (!make_orthogonal(turn)) return false;
    for (int i = 0; i < dims; i++) turned |= fabs(turn[i][i]) < 1 - ROUNDING;
    for (size_t n = 0; n < axes->width; n++) {
        double old[TAU_AXES_MOST];
        for (int j = 0; j < dims; j++) old[j] = axes->vector[j][n];
        for (int i = 0; i < dims; i++) {
            axes->vector[i][n] = 0;
            for (int j = 0; j < dims; j++) axes->vector[i][n] += turn[i][j] * old[j];
        }
    }
    double shares[TAU_AXES_MOST] = {0}; /* principal components do not vary together */
    for (int i = 0; i < dims; i++)
        for (int j = 0; j < dims; j++) shares[i] += turn[i][j] * turn[i][j] * axes->explained[j];
    memcpy(axes->explained, shares, sizeof shares);
    return turned;
}
