/** Filters of a weight tensor, wherever its axis of outputs lies. eq:filter_norm */
#ifndef TAU_SLICE_FILTER_H
#define TAU_SLICE_FILTER_H

#include "model/graph.h"

/** A tensor seen as [outer, filters, inner], row-major. A tensor without a filter axis is one filter. */
typedef struct tau_filter_view {
    size_t outer, filters, inner;
} tau_filter_view;

static inline tau_filter_view tau_filter_view_of(const tau_parameter *parameter) {
    tau_filter_view view = {1, 1, 1};
    if (parameter->filter_axis < 0) {
        view.inner = tau_shape_size(&parameter->shape);
        return view;
    }
    for (int axis = 0; axis < parameter->shape.rank; axis++) {
        size_t dim = (size_t)parameter->shape.dim[axis];
        if (axis < parameter->filter_axis)
            view.outer *= dim;
        else if (axis == parameter->filter_axis)
            view.filters = dim;
        else
            view.inner *= dim;
    }
    return view;
}

/** Where element (outer, filter, 0) lies in the tensor. */
static inline size_t tau_filter_offset(tau_filter_view view, size_t outer, size_t filter) {
    return (outer * view.filters + filter) * view.inner;
}

#endif
