#include "core/rng.h"
#include "slice/directions.h"
#include "slice/filter.h"

/* The stream of a tensor's name followed by one byte for the direction, so that delta, eta and whatever else
 * is drawn by that name have nothing in common. */
static uint64_t stream_of(const char *name, int axis) {
    return (tau_rng_stream(name) ^ (uint64_t)(axis + 1)) * UINT64_C(0x100000001b3);
}

/* Elements are counted filter by filter, so the order of storage does not matter. */
static void draw_tensor(float *out, const tau_parameter *parameter, tau_rng_key key) {
    const tau_filter_view view = tau_filter_view_of(parameter);
    uint64_t element = 0;
    for (size_t filter = 0; filter < view.filters; filter++)
        for (size_t outer = 0; outer < view.outer; outer++) {
            float *values = out + tau_filter_offset(view, outer, filter);
            for (size_t i = 0; i < view.inner; i++) values[i] = (float)tau_rng_normal(key, element++);
        }
}

void tau_direction_random(float *out, const tau_graph *graph, uint64_t seed, int axis) {
    for (int i = 0; i < graph->parameter_count; i++) {
        const tau_parameter *parameter = &graph->parameters[i];
        draw_tensor(out + parameter->offset, parameter,
                    (tau_rng_key){seed, stream_of(parameter->name, axis)});
    }
}
