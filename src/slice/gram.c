#include "slice/gram.h"

#include <math.h>

#include "core/memory.h"
#include "slice/dot.h"

/* Columns taken at a time, so that the rows of two blocks stay in cache while they meet. */
enum { PANEL = 512 };

typedef struct gram_run {
    const tau_rows *rows;
    const float *origin;
    size_t block_rows;
    double *blocks[2]; /* each [block_rows, P], differences from the origin */
    float *scratch;    /* [P], a row as read */
    tau_gram *out;
} gram_run;

tau_status tau_gram_read_difference(double *difference, float *scratch, const tau_rows *rows, size_t row,
                                    const float *origin) {
    TAU_TRY(rows->read(rows->payload, row, scratch));
    for (size_t i = 0; i < rows->width; i++) {
        difference[i] = (double)scratch[i] - (double)origin[i];
        if (!isfinite(difference[i]))
            return tau_fail(TAU_STATUS_INPUT,
                            "the principal axes of this trajectory do not exist" TAU_WHY
                            "parameter %zu of state %zu, or of the centre, is not finite" TAU_FIX
                            "leave out the states after training diverged",
                            i, row);
    }
    return TAU_STATUS_OK;
}

static size_t block_size(const gram_run *run, size_t first) {
    size_t left = run->rows->count - first;
    return left < run->block_rows ? left : run->block_rows;
}

static tau_status load(gram_run *run, double *block, size_t first) {
    for (size_t i = 0; i < block_size(run, first); i++) {
        TAU_TRY(tau_gram_read_difference(block + i * run->rows->width, run->scratch, run->rows, first + i,
                                         run->origin));
        double square = tau_dot_f32(run->scratch, run->scratch, run->rows->width);
        run->out->largest_square = fmax(run->out->largest_square, square);
    }
    return TAU_STATUS_OK;
}

/* Adds the inner products over one panel of columns; only the lower triangle of the whole. */
static void multiply_panel(gram_run *run, const double *left, size_t first_left, const double *right,
                           size_t first_right, size_t column, size_t columns) {
    const size_t width = run->rows->width, count = run->rows->count;
    for (size_t i = 0; i < block_size(run, first_left); i++) {
        size_t s = first_left + i;
        for (size_t j = 0; j < block_size(run, first_right) && first_right + j <= s; j++)
            run->out->products[s * count + first_right + j] +=
                tau_dot_f64(left + i * width + column, right + j * width + column, columns);
    }
}

static tau_status multiply(gram_run *run, const double *left, size_t first_left, const double *right,
                           size_t first_right, const tau_cancel *cancel) {
    for (size_t column = 0; column < run->rows->width; column += PANEL) {
        if (tau_cancel_requested(cancel)) return tau_fail(TAU_STATUS_CANCELLED, "stopped on request");
        size_t columns = run->rows->width - column;
        multiply_panel(run, left, first_left, right, first_right, column, columns < PANEL ? columns : PANEL);
    }
    return TAU_STATUS_OK;
}

static tau_status multiply_blocks(gram_run *run, const tau_cancel *cancel) {
    for (size_t first = 0; first < run->rows->count; first += run->block_rows) {
        TAU_TRY(load(run, run->blocks[0], first));
        TAU_TRY(multiply(run, run->blocks[0], first, run->blocks[0], first, cancel));
        for (size_t other = 0; other < first; other += run->block_rows) {
            TAU_TRY(load(run, run->blocks[1], other));
            TAU_TRY(multiply(run, run->blocks[0], first, run->blocks[1], other, cancel));
        }
    }
    return TAU_STATUS_OK;
}

static tau_status allocate(gram_run *run, size_t block_bytes) {
    const size_t count = run->rows->count, width = run->rows->width;
    size_t fitting = block_bytes / (2 * sizeof(double)) / (width > 0 ? width : 1);
    run->block_rows = fitting < 1 ? 1 : fitting < count ? fitting : count;
    TAU_TRY(tau_mem_alloc((void **)&run->out->products, count, count * sizeof(double)));
    TAU_TRY(TAU_ALLOC(run->scratch, width));
    TAU_TRY(tau_mem_alloc((void **)&run->blocks[0], run->block_rows, width * sizeof(double)));
    if (run->block_rows == count) return TAU_STATUS_OK;
    return tau_mem_alloc((void **)&run->blocks[1], run->block_rows, width * sizeof(double));
}

tau_status tau_gram_compute(tau_gram *out, const tau_rows *rows, const float *origin, size_t block_bytes,
                            const tau_cancel *cancel) {
    *out = (tau_gram){0};
    gram_run run = {.rows = rows, .origin = origin, .out = out};
    tau_status status = allocate(&run, block_bytes);
    if (status == TAU_STATUS_OK) status = multiply_blocks(&run, cancel);
    tau_mem_free(run.scratch);
    tau_mem_free(run.blocks[0]);
    tau_mem_free(run.blocks[1]);
    if (status != TAU_STATUS_OK) {
        tau_gram_clear(out);
        return status;
    }
    for (size_t s = 0; s < rows->count; s++)
        for (size_t t = 0; t < s; t++)
            out->products[t * rows->count + s] = out->products[s * rows->count + t];
    return TAU_STATUS_OK;
}

void tau_gram_clear(tau_gram *gram) {
    tau_mem_free(gram->products);
    *gram = (tau_gram){0};
}
