/* Linear layers in training: few samples, many weights. Jobs are columns, so that weights are read and
 * derivatives written once. */
#include "backend_cpu/gradient.h"

enum { FORWARD_COLUMNS = 2 * TAU_CPU_PANEL, BACKWARD_COLUMNS = 4 * TAU_CPU_PANEL };

/* A layer with its operands. Samples whose rows follow each other without padding make one matrix. */
typedef struct layer {
    tau_cpu_linear_shape shape;
    bool transposed;
    const float *x, *weights, *bias;
    float *y, *dx;
    const float *dy;
    float *packed, *packed_backward;
    size_t matrices, rows;     /* products to be made, and rows of each */
    size_t x_row, y_row;       /* distance of rows */
    size_t x_matrix, y_matrix; /* distance of matrices */
} layer;

static layer layer_of(const tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    const tau_cpu_gradient *memory = run->memory;
    const tau_graph *graph = memory->program->graph;
    const tau_node *node = step->node;
    const tau_cpu_tensor *in = &memory->program->tensors[step->inputs[0]];
    const tau_cpu_tensor *out = &memory->program->tensors[step->output];
    layer l = {.shape = tau_cpu_linear_shape_of(graph, node),
               .transposed = node->attributes.transposed,
               .x = memory->data[step->inputs[0]],
               .weights = memory->theta + graph->values[node->inputs[1]].offset,
               .y = memory->data[step->output],
               .dx = memory->derivatives[step->inputs[0]],
               .dy = memory->derivatives[step->output],
               .packed = memory->packed + step->packed,
               .packed_backward = memory->packed + step->packed_backward,
               .x_matrix = in->stride,
               .y_matrix = out->stride};
    if (node->input_count > 2 && node->inputs[2] >= 0)
        l.bias = memory->theta + graph->values[node->inputs[2]].offset;
    l.matrices = 1;
    l.rows = run->batch->count * l.shape.rows;
    l.x_row = l.shape.in;
    l.y_row = l.shape.out;
    if (l.shape.rows == 1) {
        l.x_row = in->stride;
        l.y_row = out->stride;
    } else if (in->stride != l.shape.rows * l.shape.in || out->stride != l.shape.rows * l.shape.out) {
        l.matrices = run->batch->count;
        l.rows = l.shape.rows;
    }
    return l;
}

static size_t width_of(size_t start, size_t end, size_t most) {
    return end - start < most ? end - start : most;
}

static tau_status forward_job(void *payload, size_t index, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const layer l = layer_of(run, run->step);
    const size_t column = index * FORWARD_COLUMNS, columns = width_of(column, l.shape.out, FORWARD_COLUMNS);
    float *packed = l.packed + column * l.shape.in;
    (void)worker;
    tau_cpu_pack(packed, &(tau_cpu_packing){.weights = l.weights + column * (l.transposed ? l.shape.in : 1),
                                            .outers = 1,
                                            .inners = l.shape.in,
                                            .k_step = l.transposed ? 1 : l.shape.out,
                                            .n = columns,
                                            .n_step = l.transposed ? l.shape.in : 1});
    for (size_t i = 0; i < l.matrices; i++)
        run->plan->kernels->product(&(tau_cpu_product){.m = l.rows,
                                                       .n = columns,
                                                       .depth = l.shape.in,
                                                       .a = l.x + i * l.x_matrix,
                                                       .a_row = l.x_row,
                                                       .a_column = 1,
                                                       .b = packed,
                                                       .b_row = TAU_CPU_PANEL,
                                                       .b_panel = l.shape.in * TAU_CPU_PANEL,
                                                       .c = l.y + i * l.y_matrix + column,
                                                       .c_row = l.y_row,
                                                       .bias = l.bias ? l.bias + column : NULL});
    return TAU_STATUS_OK;
}

tau_status tau_cpu_gradient_linear(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    run->step = step;
    const size_t out = layer_of(run, step).shape.out;
    return tau_cpu_gradient_jobs(run, (out + FORWARD_COLUMNS - 1) / FORWARD_COLUMNS, forward_job);
}

/* Columns of dX = dY·W. */
static void derive_inputs(const tau_cpu_gradient_pass *run, const layer *l, size_t column, size_t columns) {
    tau_cpu_product product = {.m = l->rows,
                               .n = columns,
                               .depth = l->shape.out,
                               .a_row = l->y_row,
                               .a_column = 1,
                               .b = l->weights + column,
                               .b_row = l->shape.in,
                               .b_panel = TAU_CPU_PANEL,
                               .c_row = l->x_row,
                               .accumulate = run->step->accumulates[0]};
    if (!l->transposed) {
        product.b = l->packed_backward + column * l->shape.out;
        product.b_row = TAU_CPU_PANEL;
        product.b_panel = l->shape.out * TAU_CPU_PANEL;
        tau_cpu_pack(l->packed_backward + column * l->shape.out,
                     &(tau_cpu_packing){.weights = l->weights + column * l->shape.out,
                                        .outers = 1,
                                        .inners = l->shape.out,
                                        .k_step = 1,
                                        .n = columns,
                                        .n_step = l->shape.out});
    }
    for (size_t i = 0; i < l->matrices; i++) {
        product.a = l->dy + i * l->y_matrix;
        product.c = l->dx + i * l->x_matrix + column;
        run->plan->kernels->product(&product);
    }
}

/* What belongs to some inputs of dW: columns of dY^T·X where W is stored (out, in), rows of X^T·dY where it
 * is (in, out). */
static void derive_weights(const tau_cpu_gradient_pass *run, const layer *l, size_t column, size_t columns) {
    const int value = run->step->node->inputs[1];
    float *gradient = run->gradient + run->memory->program->graph->values[value].offset;
    tau_cpu_product product = {.depth = l->rows, .a_row = 1, .b_panel = TAU_CPU_PANEL};
    for (size_t i = 0; i < l->matrices; i++) {
        const float *x = l->x + i * l->x_matrix + column, *dy = l->dy + i * l->y_matrix;
        product.m = l->transposed ? l->shape.out : columns;
        product.n = l->transposed ? columns : l->shape.out;
        product.a = l->transposed ? dy : x;
        product.a_column = l->transposed ? l->y_row : l->x_row;
        product.b = l->transposed ? x : dy;
        product.b_row = l->transposed ? l->x_row : l->y_row;
        product.c = gradient + (l->transposed ? column : column * l->shape.out);
        product.c_row = l->transposed ? l->shape.in : l->shape.out;
        product.accumulate = i > 0 || !run->memory->direct[value];
        run->plan->kernels->product(&product);
    }
}

static void derive_bias(const tau_cpu_gradient_pass *run, const layer *l) {
    const int value = run->step->node->inputs[2];
    float *gradient = run->gradient + run->memory->program->graph->values[value].offset;
    for (size_t o = 0; o < l->shape.out; o++) {
        double sum = 0;
        for (size_t i = 0; i < l->matrices; i++)
            for (size_t r = 0; r < l->rows; r++) sum += (double)l->dy[i * l->y_matrix + r * l->y_row + o];
        gradient[o] = run->memory->direct[value] ? (float)sum : gradient[o] + (float)sum;
    }
}

static tau_status backward_job(void *payload, size_t index, int worker) {
    const tau_cpu_gradient_pass *run = payload;
    const layer l = layer_of(run, run->step);
    const size_t column = index * BACKWARD_COLUMNS, columns = width_of(column, l.shape.in, BACKWARD_COLUMNS);
    (void)worker;
    derive_weights(run, &l, column, columns);
    if (l.dx) derive_inputs(run, &l, column, columns);
    if (index == 0 && l.bias) derive_bias(run, &l);
    return TAU_STATUS_OK;
}

tau_status tau_cpu_gradient_linear_backward(tau_cpu_gradient_pass *run, const tau_cpu_step *step) {
    run->step = step;
    const size_t in = layer_of(run, step).shape.in;
    return tau_cpu_gradient_jobs(run, (in + BACKWARD_COLUMNS - 1) / BACKWARD_COLUMNS, backward_job);
}
