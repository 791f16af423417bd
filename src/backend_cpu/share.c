/* The first linear layer of a slice: parameters are affine in the coefficients, so X·W = sum_k c_k·(X·V_k),
 * and the products with the basis are made once for all points. */
#include <string.h>

#include "backend_cpu/plan.h"
#include "core/memory.h"

/* Fewer inputs are as quickly multiplied again; more memory than this is not taken. */
enum { LEAST_INPUTS = 64 };
static const size_t most_bytes = (size_t)1 << 30;

int tau_cpu_share_find(const tau_graph *graph, size_t samples) {
    int value = graph->input;
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        if (node->inputs[0] != value) continue;
        if (node->op == TAU_OP_RESHAPE || node->op == TAU_OP_DROPOUT) {
            value = node->output;
            continue;
        }
        if (node->op != TAU_OP_LINEAR) return -1;
        const tau_cpu_linear_shape s = tau_cpu_linear_shape_of(graph, node);
        const size_t row = TAU_BASIS_MAX * tau_cpu_pad(s.out) * sizeof(float);
        return s.rows == 1 && s.in >= LEAST_INPUTS && samples <= most_bytes / row ? n : -1;
    }
    return -1;
}

void tau_cpu_share_clear(tau_cpu_share *share) {
    for (int k = 0; k < TAU_BASIS_MAX; k++) {
        tau_mem_free(share->products[k]);
        share->products[k] = NULL;
    }
    share->count = 0;
}

typedef struct sharing {
    const tau_plan *plan;
    const tau_basis *basis;
    const tau_cpu_step *step; /* of the layer, in the program that does not share it */
    float *packed[TAU_BASIS_MAX];
} sharing;

static tau_status pack_vector(void *payload, size_t index, int worker) {
    const sharing *s = payload;
    const tau_cpu_point point = {.theta = s->basis->theta[index],
                                 .buffers = s->basis->buffers[s->basis->move_buffers ? index : 0],
                                 .packed = s->packed[index] - s->step->packed};
    s->step->operation->prepare(s->step, &(tau_cpu_frame){.program = s->plan->fine,
                                                          .kernels = s->plan->kernels,
                                                          .point = &point,
                                                          .scratch = s->plan->workers[worker].scratch});
    return TAU_STATUS_OK;
}

static tau_status multiply_block(void *payload, size_t index, int worker) {
    const sharing *s = payload;
    const tau_plan *plan = s->plan;
    const tau_samples *samples = plan->request.samples;
    const tau_cpu_linear_shape shape = tau_cpu_linear_shape_of(plan->request.graph, s->step->node);
    const size_t block = plan->fine->block, blocks = (samples->count + block - 1) / block;
    const size_t k = index / blocks, first = index % blocks * block, row = tau_cpu_pad(shape.out);
    (void)worker;
    plan->kernels->product(
        &(tau_cpu_product){.m = samples->count - first < block ? samples->count - first : block,
                           .n = shape.out,
                           .depth = shape.in,
                           .a = samples->inputs + first * shape.in,
                           .a_row = shape.in,
                           .a_column = 1,
                           .b = s->packed[k],
                           .b_row = TAU_CPU_PANEL,
                           .b_panel = shape.in * TAU_CPU_PANEL,
                           .c = plan->share.products[k] + first * row,
                           .c_row = row,
                           .bias = s->packed[k] + shape.in * row});
    return TAU_STATUS_OK;
}

static const tau_cpu_step *step_of(const tau_cpu_program *program, int node) {
    for (int s = 0; s < program->step_count; s++)
        if (program->steps[s].node_index == node) return &program->steps[s];
    return NULL;
}

static tau_status multiply(tau_plan *plan, sharing *s) {
    const size_t outputs = tau_cpu_linear_shape_of(plan->request.graph, s->step->node).out;
    const size_t samples = plan->request.samples->count, vectors = (size_t)s->basis->count;
    for (int k = 0; k < s->basis->count; k++) {
        TAU_TRY(TAU_ALLOC(s->packed[k], s->step->packed_size));
        TAU_TRY(TAU_ALLOC(plan->share.products[k], samples * tau_cpu_pad(outputs)));
    }
    TAU_TRY(tau_pool_run(plan->request.pool, vectors, pack_vector, s, NULL));
    const size_t blocks = (samples + plan->fine->block - 1) / plan->fine->block;
    return tau_pool_run(plan->request.pool, vectors * blocks, multiply_block, s, NULL);
}

tau_status tau_cpu_share_set(tau_plan *plan, const tau_basis *basis) {
    tau_cpu_share_clear(&plan->share);
    sharing s = {.plan = plan, .basis = basis, .step = step_of(plan->fine, plan->share.node)};
    const tau_status status = multiply(plan, &s);
    for (int k = 0; k < TAU_BASIS_MAX; k++) tau_mem_free(s.packed[k]);
    if (status == TAU_STATUS_OK)
        plan->share.count = basis->count;
    else
        tau_cpu_share_clear(&plan->share);
    return status;
}
