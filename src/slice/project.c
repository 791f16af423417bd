/* eq:project eq:offplane */
#include "slice/project.h"

#include <math.h>

#include "core/memory.h"

/* A slice is projected on in pieces of this many parameters, in double. */
enum { PIECE = 1024 };

/* Origin and axes of a slice over one piece; a line has one axis. */
typedef struct frame {
    double origin[PIECE], axis[2][PIECE];
} frame;

/* Coefficients of the normal equations: <axis_i, axis_j>. */
typedef struct normal {
    int axes;
    double g00, g01, g11;
} normal;

static int axis_count(const tau_slice *slice) {
    return slice->transform == TAU_TRANSFORM_TAU_2D && slice->count == 3 ? 2 : 1;
}

static void load_frame(frame *out, const tau_slice *slice, size_t start, size_t size) {
    for (size_t i = 0; i < size; i++) {
        double centre = slice->theta[0][start + i];
        out->origin[i] = slice->transform == TAU_TRANSFORM_RADIAL ? 0 : centre;
        if (slice->transform == TAU_TRANSFORM_TAU)
            out->axis[0][i] = (double)slice->theta[1][start + i] - centre;
        else
            out->axis[0][i] = slice->transform == TAU_TRANSFORM_TAU_2D ? slice->theta[1][start + i] : centre;
        out->axis[1][i] = axis_count(slice) == 2 ? slice->theta[2][start + i] : 0;
    }
}

static size_t piece_size(const tau_slice *slice, size_t start) {
    size_t left = slice->theta_size - start;
    return left < PIECE ? left : PIECE;
}

static tau_status make_normal(normal *out, const tau_slice *slice) {
    *out = (normal){.axes = axis_count(slice)};
    frame f;
    for (size_t start = 0; start < slice->theta_size; start += PIECE) {
        size_t size = piece_size(slice, start);
        load_frame(&f, slice, start, size);
        for (size_t i = 0; i < size; i++) {
            out->g00 += f.axis[0][i] * f.axis[0][i];
            out->g01 += f.axis[0][i] * f.axis[1][i];
            out->g11 += f.axis[1][i] * f.axis[1][i];
        }
    }
    double independent = out->g00 * out->g11 - out->g01 * out->g01;
    bool sound = out->axes == 1 ? out->g00 > 0 : independent > 1e-12 * out->g00 * out->g11;
    if (sound && isfinite(out->g00 + out->g11)) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_INPUT,
                    "nothing can be projected on this slice" TAU_WHY "its %s" TAU_FIX
                    "choose other directions",
                    out->axes == 1 ? "axis is zero or not finite" : "axes are parallel, zero or not finite");
}

static void solve(double coords[2], const normal *n, double b0, double b1) {
    if (n->axes == 1) {
        coords[0] = b0 / n->g00;
        coords[1] = 0;
        return;
    }
    double determinant = n->g00 * n->g11 - n->g01 * n->g01;
    coords[0] = (n->g11 * b0 - n->g01 * b1) / determinant;
    coords[1] = (n->g00 * b1 - n->g01 * b0) / determinant;
}

static void find_nearest(double coords[2], double *distance, const tau_slice *slice, const normal *n,
                         const float *row) {
    double b0 = 0, b1 = 0, squares = 0;
    frame f;
    for (size_t start = 0; start < slice->theta_size; start += PIECE) {
        size_t size = piece_size(slice, start);
        load_frame(&f, slice, start, size);
        for (size_t i = 0; i < size; i++) {
            double d = (double)row[start + i] - f.origin[i];
            b0 += d * f.axis[0][i];
            b1 += d * f.axis[1][i];
            squares += d * d;
        }
    }
    solve(coords, n, b0, b1);
    *distance = sqrt(squares);
}

/* Formed element by element: the difference of two norms would lose a small residual. */
static double measure_residual(const double coords[2], const tau_slice *slice, const float *row) {
    double squares = 0;
    frame f;
    for (size_t start = 0; start < slice->theta_size; start += PIECE) {
        size_t size = piece_size(slice, start);
        load_frame(&f, slice, start, size);
        for (size_t i = 0; i < size; i++) {
            double left =
                (double)row[start + i] - f.origin[i] - coords[0] * f.axis[0][i] - coords[1] * f.axis[1][i];
            squares += left * left;
        }
    }
    return sqrt(squares);
}

static double share_explained(const tau_projection *projection) {
    double distances = 0, residuals = 0;
    for (size_t t = 0; t < projection->count; t++) {
        double d = projection->distance[t], r = projection->residual[t];
        if (!isfinite(d) || !isfinite(r)) continue;
        distances += d * d;
        residuals += r * r;
    }
    return distances > 0 ? fmax(0, 1 - residuals / distances) : 1;
}

static tau_status project_all(tau_projection *out, const tau_slice *slice, const tau_rows *rows) {
    normal n;
    TAU_TRY(make_normal(&n, slice));
    TAU_TRY(tau_mem_alloc((void **)&out->coords, rows->count, 2 * sizeof *out->coords));
    TAU_TRY(TAU_ALLOC(out->residual, rows->count));
    TAU_TRY(TAU_ALLOC(out->distance, rows->count));
    out->count = rows->count;
    float *row;
    TAU_TRY(TAU_ALLOC(row, rows->width));
    tau_status status = TAU_STATUS_OK;
    for (size_t t = 0; t < rows->count && status == TAU_STATUS_OK; t++) {
        status = rows->read(rows->payload, t, row);
        if (status != TAU_STATUS_OK) break;
        find_nearest(out->coords + 2 * t, &out->distance[t], slice, &n, row);
        out->residual[t] = measure_residual(out->coords + 2 * t, slice, row);
    }
    tau_mem_free(row);
    if (status == TAU_STATUS_OK) out->explained = share_explained(out);
    return status;
}

tau_status tau_project_rows(tau_projection *out, const tau_slice *slice, const tau_rows *rows) {
    *out = (tau_projection){0};
    if (rows->width != slice->theta_size)
        return tau_fail(TAU_STATUS_SHAPE,
                        "these states cannot be projected on the slice" TAU_WHY
                        "they have %zu parameters, the slice %zu" TAU_FIX "use states of the same network",
                        rows->width, slice->theta_size);
    tau_status status = project_all(out, slice, rows);
    if (status != TAU_STATUS_OK) tau_projection_clear(out);
    return status;
}

void tau_projection_clear(tau_projection *projection) {
    tau_mem_free(projection->coords);
    tau_mem_free(projection->residual);
    tau_mem_free(projection->distance);
    *projection = (tau_projection){0};
}
