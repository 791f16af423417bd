#include "model/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* No tensor of a network that fits a machine comes near; products below it cannot overflow. */
static const int64_t size_limit = INT64_C(1) << 40;

size_t tau_shape_size(const tau_shape *shape) {
    size_t size = 1;
    for (int i = 0; i < shape->rank; i++) size *= (size_t)shape->dim[i];
    return size;
}

bool tau_shape_equal(const tau_shape *a, const tau_shape *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

static tau_shape drop_axes_of_one(const tau_shape *shape) {
    tau_shape out = {0};
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] != 1) out.dim[out.rank++] = shape->dim[i];
    return out;
}

bool tau_shape_serves(const tau_shape *given, const tau_shape *wanted) {
    const tau_shape a = drop_axes_of_one(given), b = drop_axes_of_one(wanted);
    if (a.rank <= 1 || b.rank <= 1) return tau_shape_size(&a) == tau_shape_size(&b);
    return tau_shape_equal(&a, &b);
}

tau_status tau_shape_make(tau_shape *out, int rank, const int64_t *dim) {
    *out = (tau_shape){0};
    if (rank < 0 || rank > TAU_SHAPE_MAX_RANK)
        return tau_fail(TAU_STATUS_SHAPE, "a tensor with %d axes cannot be used" TAU_WHY "the most is %d",
                        rank, TAU_SHAPE_MAX_RANK);
    int64_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 1)
            return tau_fail(TAU_STATUS_SHAPE,
                            "a tensor has %" PRId64 " elements along axis %d" TAU_WHY
                            "every axis needs at least one",
                            dim[i], i);
        if (size > (size_limit - 1) / dim[i])
            return tau_fail(TAU_STATUS_SHAPE,
                            "a tensor is too large" TAU_WHY "it would have 2^40 elements or more");
        size *= dim[i];
    }
    out->rank = rank;
    for (int i = 0; i < rank; i++) out->dim[i] = dim[i];
    return TAU_STATUS_OK;
}

tau_status tau_shape_broadcast(tau_shape *out, const tau_shape *a, const tau_shape *b) {
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    int64_t dim[TAU_SHAPE_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        const int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        const int64_t da = ia < 0 ? 1 : a->dim[ia], db = ib < 0 ? 1 : b->dim[ib];
        if (da != db && da != 1 && db != 1) {
            char ta[TAU_SHAPE_TEXT], tb[TAU_SHAPE_TEXT];
            *out = (tau_shape){0};
            return tau_fail(TAU_STATUS_SHAPE,
                            "shapes %s and %s do not broadcast" TAU_WHY
                            "from the right, axes must be equal or 1",
                            tau_shape_format(ta, a), tau_shape_format(tb, b));
        }
        dim[i] = da == 1 ? db : da;
    }
    return tau_shape_make(out, rank, dim);
}

const char *tau_shape_format(char out[TAU_SHAPE_TEXT], const tau_shape *shape) {
    if (shape->rank == 0) return strcpy(out, "scalar");
    int used = 0;
    for (int i = 0; i < shape->rank; i++)
        used +=
            snprintf(out + used, (size_t)(TAU_SHAPE_TEXT - used), "%s%" PRId64, i ? "x" : "", shape->dim[i]);
    return out;
}

tau_status tau_shape_image(const tau_shape *shape, int64_t *c, int64_t *h, int64_t *w) {
    char text[TAU_SHAPE_TEXT];
    if (shape->rank != 2 && shape->rank != 3)
        return tau_fail(TAU_STATUS_SHAPE,
                        "a sample of shape %s is not an image" TAU_WHY
                        "channels, height and width (or channels and length) are needed",
                        tau_shape_format(text, shape));
    *c = shape->dim[0];
    *h = shape->rank == 3 ? shape->dim[1] : 1;
    *w = shape->dim[shape->rank - 1];
    return TAU_STATUS_OK;
}
