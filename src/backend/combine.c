#include "backend/combine.h"

/* One vector at a time over a block that stays in cache: the sum of each element still runs over k in order.
 */
enum { BLOCK = 1024 };

/* eq:tau eq:tau_2d eq:radial */
void tau_combine(float *out, int count, const float *const *vectors, const double *c, size_t size) {
    for (size_t start = 0; start < size; start += BLOCK) {
        size_t n = size - start < BLOCK ? size - start : BLOCK;
        double sum[BLOCK];
        for (size_t i = 0; i < n; i++) sum[i] = 0.0;
        for (int k = 0; k < count; k++) {
            if (c[k] == 0.0) continue;
            const float *vector = vectors[k] + start;
            for (size_t i = 0; i < n; i++) sum[i] += c[k] * (double)vector[i];
        }
        for (size_t i = 0; i < n; i++) out[start + i] = (float)sum[i];
    }
}

static size_t clamp_variances(float *buffers, const tau_graph *graph) {
    size_t clamped = 0;
    for (int b = 0; b < graph->buffer_count; b++) {
        const tau_parameter *buffer = &graph->buffers[b];
        if (buffer->role != TAU_ROLE_BN_VAR) continue;
        size_t size = tau_shape_size(&buffer->shape);
        for (size_t i = 0; i < size; i++) {
            float *variance = &buffers[buffer->offset + i];
            if (*variance < 0) *variance = 0, clamped++;
        }
    }
    return clamped;
}

size_t tau_combine_point(float *theta, float *buffers, const tau_basis *basis, const tau_graph *graph,
                         double alpha, double beta) {
    double c[TAU_BASIS_MAX] = {0};
    basis->coefficients(alpha, beta, c);
    tau_combine(theta, basis->count, basis->theta, c, graph->theta_size);
    const double frozen[] = {1.0};
    tau_combine(buffers, basis->move_buffers ? basis->count : 1, basis->buffers,
                basis->move_buffers ? c : frozen, graph->buffer_size);
    return basis->move_buffers ? clamp_variances(buffers, graph) : 0;
}
