#include "backend_cpu/operations.h"

#include <math.h>

static void pack_panel(float *panel, const tau_cpu_packing *p, size_t column, size_t columns) {
    const float *weights = p->weights + column * p->n_step;
    double scale[TAU_CPU_PANEL];
    for (size_t j = 0; j < columns; j++) scale[j] = p->scale ? p->scale[column + j] : 1.0;
    for (size_t outer = 0; outer < p->outers; outer++) {
        for (size_t inner = 0; inner < p->inners; inner++) {
            const float *from = weights + (outer * p->inners + inner) * p->k_step;
            float *row = panel + (inner * p->outers + outer) * TAU_CPU_PANEL;
            if (p->scale)
                for (size_t j = 0; j < columns; j++) row[j] = (float)((double)from[j * p->n_step] * scale[j]);
            else
                for (size_t j = 0; j < columns; j++) row[j] = from[j * p->n_step];
            for (size_t j = columns; j < TAU_CPU_PANEL; j++) row[j] = 0;
        }
    }
}

void tau_cpu_pack(float *packed, const tau_cpu_packing *p) {
    const size_t panel = p->outers * p->inners * TAU_CPU_PANEL;
    for (size_t column = 0; column < p->n; column += TAU_CPU_PANEL, packed += panel)
        pack_panel(packed, p, column, p->n - column < TAU_CPU_PANEL ? p->n - column : TAU_CPU_PANEL);
}

/* Scale and shift of a batch norm with running statistics. */
static void fold_batch_norm(const tau_cpu_frame *frame, const tau_node *node, double *scale, double *shift,
                            size_t channels) {
    const float *gamma = tau_cpu_stored(frame, node->inputs[1]),
                *beta = tau_cpu_stored(frame, node->inputs[2]);
    const float *mean = tau_cpu_stored(frame, node->inputs[3]), *var = tau_cpu_stored(frame, node->inputs[4]);
    for (size_t c = 0; c < channels; c++) {
        scale[c] = (double)gamma[c] / sqrt((double)var[c] + node->attributes.epsilon);
        shift[c] = (double)beta[c] - (double)mean[c] * scale[c];
    }
}

void tau_cpu_pack_bias(float *bias, double *scale, const tau_cpu_step *step, const tau_cpu_frame *frame,
                       size_t outputs) {
    const tau_node *node = step->node;
    const float *own =
        node->input_count > 2 && node->inputs[2] >= 0 ? tau_cpu_stored(frame, node->inputs[2]) : NULL;
    double *shift = scale + tau_cpu_pad(outputs);
    if (step->batch_norm) fold_batch_norm(frame, step->batch_norm, scale, shift, outputs);
    for (size_t c = 0; c < outputs; c++) {
        const double b = own ? (double)own[c] : 0.0;
        bias[c] = (float)(step->batch_norm ? b * scale[c] + shift[c] : b);
    }
    for (size_t c = outputs; c < tau_cpu_pad(outputs); c++) bias[c] = 0;
}
