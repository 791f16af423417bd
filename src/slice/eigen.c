#include "slice/eigen.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/rng.h"
#include "slice/dot.h"

enum { BLOCK = 4, SPACE = 48, CYCLES = 500, SWEEPS = 60 };
static const double TOLERANCE = 1e-12;
/* A vector shorter than this share of the matrix's scale is rounding: the space is exhausted. */
static const double EXHAUSTED = 1e-14;

/* The search space: orthonormal vectors q_i and their images A·q_i. */
typedef struct krylov {
    const double *matrix; /* [n, n] */
    size_t n;
    const tau_cancel *cancel;
    double scale; /* the trace: an upper bound of the largest eigenvalue */
    size_t count;
    double *basis;                 /* [SPACE, n] */
    double *image;                 /* [SPACE, n] */
    double *next;                  /* [BLOCK, n], candidates */
    double small[SPACE * SPACE];   /* QᵀAQ, then its eigenvalues on the diagonal */
    double rotated[SPACE * SPACE]; /* eigenvectors of QᵀAQ, as columns */
} krylov;

static void add_multiple(double *out, double factor, const double *vector, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] += factor * vector[i];
}

static double norm_of(const double *vector, size_t n) {
    return sqrt(tau_dot_f64(vector, vector, n));
}

/* Adds the part of `candidate` that is new; candidates inside the space are left out. */
static void append(krylov *space, double *candidate, double negligible) {
    const size_t n = space->n;
    if (space->count == SPACE || space->count == n) return;
    for (int pass = 0; pass < 3; pass++) {
        for (size_t k = 0; k < space->count; k++) {
            const double *q = space->basis + k * n;
            add_multiple(candidate, -tau_dot_f64(q, candidate, n), q, n);
        }
        double length = norm_of(candidate, n);
        if (!(length > negligible)) return;
        for (size_t i = 0; i < n; i++) candidate[i] /= length;
        negligible = 0.5; /* once of unit length, a further pass may take only rounding away */
    }
    memcpy(space->basis + space->count * n, candidate, n * sizeof *candidate);
    double *image = space->image + space->count * n;
    for (size_t i = 0; i < n; i++) image[i] = tau_dot_f64(space->matrix + i * n, candidate, n);
    space->count++;
}

/* Fills the space from the candidates in `next`, block by block, until it is full or closed under A. */
static void expand(krylov *space, double negligible) {
    size_t first = 0;
    space->count = 0;
    for (size_t k = 0; k < BLOCK; k++) append(space, space->next + k * space->n, negligible);
    while (first < space->count && space->count < SPACE && !tau_cancel_requested(space->cancel)) {
        size_t last = space->count;
        for (size_t k = first; k < last; k++) {
            memcpy(space->next, space->image + k * space->n, space->n * sizeof *space->next);
            append(space, space->next, EXHAUSTED * space->scale);
        }
        first = last;
    }
}

static void rotate_columns(double *matrix, size_t rows, size_t p, size_t q, double c, double s) {
    for (size_t i = 0; i < rows; i++) {
        double *row = matrix + i * SPACE, a = row[p], b = row[q];
        row[p] = c * a - s * b;
        row[q] = s * a + c * b;
    }
}

static void rotate_rows(double *matrix, size_t columns, size_t p, size_t q, double c, double s) {
    for (size_t i = 0; i < columns; i++) {
        double *a = &matrix[p * SPACE + i], *b = &matrix[q * SPACE + i], kept = *a;
        *a = c * kept - s * *b;
        *b = s * kept + c * *b;
    }
}

/* Jacobi's cyclic method on the small matrix; leaves eigenvalues on its diagonal. */
static void diagonalize(krylov *space) {
    const size_t m = space->count;
    memset(space->rotated, 0, sizeof space->rotated);
    for (size_t i = 0; i < m; i++) space->rotated[i * SPACE + i] = 1;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double largest = 0;
        for (size_t p = 0; p < m; p++)
            for (size_t q = p + 1; q < m; q++) {
                double apq = space->small[p * SPACE + q];
                largest = fmax(largest, fabs(apq));
                if (apq == 0) continue;
                double ratio = (space->small[q * SPACE + q] - space->small[p * SPACE + p]) / (2 * apq);
                double t = copysign(1, ratio) / (fabs(ratio) + hypot(ratio, 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                rotate_columns(space->small, m, p, q, c, s);
                rotate_rows(space->small, m, p, q, c, s);
                rotate_columns(space->rotated, m, p, q, c, s);
                space->small[p * SPACE + q] = space->small[q * SPACE + p] = 0;
            }
        if (largest <= 1e-3 * EXHAUSTED * space->scale) return;
    }
}

static void project(krylov *space) {
    for (size_t i = 0; i < space->count; i++)
        for (size_t j = 0; j <= i; j++) {
            double product = tau_dot_f64(space->basis + i * space->n, space->image + j * space->n, space->n);
            space->small[i * SPACE + j] = space->small[j * SPACE + i] = product;
        }
}

/* Column of the `rank`-th largest eigenvalue of the small matrix. */
static size_t column_of_rank(const krylov *space, size_t rank) {
    for (size_t i = 0; i < space->count; i++) {
        size_t larger = 0;
        double value = space->small[i * SPACE + i];
        for (size_t j = 0; j < space->count; j++) {
            double other = space->small[j * SPACE + j];
            larger += other > value || (other == value && j < i);
        }
        if (larger == rank) return i;
    }
    return 0;
}

static void combine(double *out, const krylov *space, const double *vectors, size_t column) {
    memset(out, 0, space->n * sizeof *out);
    for (size_t k = 0; k < space->count; k++)
        add_multiple(out, space->rotated[k * SPACE + column], vectors + k * space->n, space->n);
}

/* The Ritz pair of a rank, and how far it is from an eigenpair. @return ‖A·v - lambda·v‖ */
static double take_pair(krylov *space, size_t rank, double *value, double *vector) {
    size_t column = column_of_rank(space, rank);
    *value = space->small[column * SPACE + column];
    combine(vector, space, space->basis, column);
    double *residual = space->next;
    combine(residual, space, space->image, column);
    add_multiple(residual, -*value, vector, space->n);
    return norm_of(residual, space->n);
}

/* The best vectors of this cycle begin the next one. */
static void restart(krylov *space) {
    for (size_t rank = 0; rank < BLOCK && rank < space->count; rank++)
        combine(space->next + rank * space->n, space, space->basis, column_of_rank(space, rank));
}

static tau_status run_cycles(krylov *space, double values[2], double *vectors) {
    const tau_rng_key key = {0, tau_rng_stream("eigen start")};
    for (size_t i = 0; i < BLOCK * space->n; i++) space->next[i] = tau_rng_normal(key, i);
    const double negligible = 1e-8;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        expand(space, negligible);
        if (tau_cancel_requested(space->cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        project(space);
        diagonalize(space);
        double error = 0;
        for (size_t rank = 0; rank < 2 && rank < space->count; rank++)
            error = fmax(error, take_pair(space, rank, &values[rank], vectors + rank * space->n));
        if (error <= TOLERANCE * values[0]) return TAU_STATUS_OK;
        restart(space);
    }
    return tau_fail(TAU_STATUS_INPUT,
                    "the principal axes cannot be told apart" TAU_WHY
                    "the eigenvalues did not converge in %d cycles" TAU_FIX "use other states",
                    CYCLES);
}

tau_status tau_eigen_largest(double values[2], double *vectors, const double *matrix, size_t n,
                             const tau_cancel *cancel) {
    values[0] = values[1] = 0;
    memset(vectors, 0, 2 * n * sizeof *vectors);
    krylov *space;
    TAU_TRY(TAU_ALLOC(space, 1));
    space->matrix = matrix;
    space->n = n;
    space->cancel = cancel;
    for (size_t i = 0; i < n; i++) space->scale += matrix[i * n + i];
    tau_status status = tau_mem_alloc((void **)&space->basis, SPACE, n * sizeof(double));
    if (status == TAU_STATUS_OK) status = tau_mem_alloc((void **)&space->image, SPACE, n * sizeof(double));
    if (status == TAU_STATUS_OK) status = tau_mem_alloc((void **)&space->next, BLOCK, n * sizeof(double));
    if (status == TAU_STATUS_OK && space->scale > 0) status = run_cycles(space, values, vectors);
    tau_mem_free(space->basis);
    tau_mem_free(space->image);
    tau_mem_free(space->next);
    tau_mem_free(space);
    return status;
}
