/** Sums over some axes of a walk in a fixed order, in FP64: gradients of repeated elements, statistics.
 *
 *  A sum is cut into pieces of a length that depends on the shapes alone. A block adds up one piece of some
 *  results, its threads each every so many terms and then by a tree; another kernel adds the pieces in order,
 *  so there are no atomics and the bits do not depend on what runs when. */
#ifndef TAU_KERNELS_SUMS_CUH
#define TAU_KERNELS_SUMS_CUH

#include "kernels/rows.cuh"

enum {
    SUMS_TERMS = 32,   /**< terms a thread adds up before pieces are cut */
    SUMS_COLUMNS = 32, /**< results side by side in a block where results lie along the innermost axis */
};

struct sums {
    walk results, summed;
    size_t piece, pieces; /**< terms of a piece; pieces of a result */
    int along;            /**< threads of a block that share a result: a power of two */
    bool columns;         /**< neighbouring threads have neighbouring results, rather than terms */
};

/** ---- host ---- */

/** @param[in] columns  the innermost axis of all is one of the results'
 *  @lifetime the walks are complete: their axes are not changed any more */
static inline sums sums_make(const walk &results, const walk &summed, bool columns) {
    sums s = {results, summed, 0, 0, 1, columns};
    const int most = columns ? ROWS_THREADS / SUMS_COLUMNS : ROWS_THREADS;
    while (s.along < most && (size_t)s.along * 2 <= summed.count) s.along *= 2;
    s.piece = (size_t)s.along * SUMS_TERMS;
    s.pieces = ceil_div(summed.count, s.piece);
    return s;
}

/** FP64 values of scratch memory for one sum of every result. */
static inline size_t sums_scratch(const sums &s) {
    return s.results.count * s.pieces;
}

/** Blocks have ROWS_THREADS threads. */
static inline dim3 sums_grid(const sums &s) {
    return rows_grid(ceil_div(s.results.count, (size_t)(ROWS_THREADS / s.along)) * s.pieces, ROWS_THREADS);
}

/** ---- device ---- */

/** The terms of a result from `first` to before `end` that are this thread's. */
template <class data, double (*term)(const data &d, size_t result, const size_t *at)>
static __device__ inline double sum_terms(const sums &s, const data &d, size_t result, size_t first,
                                          size_t end) {
    size_t base[WALK_OPERANDS] = {};
    walk_locate(s.results, result, base);
    double sum = 0;
    for (size_t i = first; i < end; i += (size_t)s.along) {
        size_t at[WALK_OPERANDS] = {base[0], base[1], base[2]};
        walk_locate(s.summed, i, at);
        sum += term(d, result, at);
    }
    return sum;
}

/** Sums of pieces of term(data, result, offsets of the operands).
 *  @param[out] partial  [pieces, results] */
template <class data, double (*term)(const data &d, size_t result, const size_t *at)>
static __global__ void sum_pieces(double *partial, sums s, data d) {
    __shared__ double shared[ROWS_THREADS];
    const int across = ROWS_THREADS / s.along, thread = (int)threadIdx.x;
    const int column = s.columns ? thread % across : thread / s.along;
    const int part = s.columns ? thread / across : thread % s.along;
    const size_t tiles = ceil_div(s.results.count, (size_t)across);
    for (size_t work = blockIdx.x; work < tiles * s.pieces; work += gridDim.x) {
        const size_t result = work / s.pieces * (size_t)across + (size_t)column, piece = work % s.pieces;
        const size_t first = piece * s.piece, left = s.summed.count - first;
        const bool exists = result < s.results.count;
        double *own = shared + column * s.along + part;
        *own = exists ? sum_terms<data, term>(s, d, result, first + (size_t)part,
                                              first + (left < s.piece ? left : s.piece))
                      : 0;
        for (int far = s.along / 2; far > 0; far /= 2) {
            __syncthreads();
            if (part < far) *own += own[far];
        }
        if (exists && part == 0) partial[piece * s.results.count + result] = *own;
        __syncthreads(); /* the next piece writes the same memory */
    }
}

/** The sum of a result's pieces. */
static __device__ inline double sum_of_pieces(const double *partial, size_t pieces, size_t results,
                                              size_t result) {
    double sum = 0;
    for (size_t i = 0; i < pieces; i++) sum += partial[i * results + result];
    return sum;
}

#endif
