#include <string.h>

#include "backend_cpu/lower.h"
#include "core/memory.h"

/* What the lowering knows while it walks the nodes. */
typedef struct lowering {
    tau_cpu_program *program;
    const tau_graph *graph;
    const tau_cpu_lowering *options;
    int *readers;    /* [values] nodes that read it; the target has one reader more */
    int *reader;     /* [values] the last of them */
    bool *wanted;    /* [nodes] the target depends on it */
    int *chain_head; /* [nodes] first node of the fused chain that ends here; -1 = not the end of one */
} lowering;

static void mark_wanted(lowering *low) {
    const tau_graph *graph = low->graph;
    bool *needed = low->wanted + graph->node_count; /* [values] */
    needed[low->options->target] = true;
    low->readers[low->options->target]++;
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const tau_node *node = &graph->nodes[n];
        low->wanted[n] = needed[node->output];
        if (!low->wanted[n]) continue;
        for (int i = 0; i < node->input_count; i++) {
            const int value = node->inputs[i];
            if (value < 0) continue;
            needed[value] = true;
            if (low->readers[value]++ == 0) low->reader[value] = n;
        }
    }
}

/* Whether the only reader of what `node` gives is such an operator, in no chain yet. */
static bool reader_is(const lowering *low, int node, tau_op op, int *reader) {
    const int value = low->graph->nodes[node].output;
    if (low->readers[value] != 1 || value == low->options->target) return false;
    *reader = low->reader[value];
    return low->chain_head[*reader] == *reader && low->graph->nodes[*reader].op == op;
}

static bool adds_alike(const lowering *low, const tau_node *add, int value) {
    const tau_graph *graph = low->graph;
    const int other = add->inputs[0] == value ? add->inputs[1] : add->inputs[0];
    return add->inputs[0] != add->inputs[1] && tau_cpu_is_activation(graph, other) &&
           tau_shape_equal(&graph->values[other].shape, &graph->values[value].shape);
}

static bool pools_in_place(const tau_node *pool) {
    const tau_window *w = &pool->attributes.window;
    return w->kernel[0] == 2 && w->kernel[1] == 2 && w->stride[0] == 2 && w->stride[1] == 2 &&
           w->dilation[0] == 1 && w->dilation[1] == 1 && !w->ceil_mode && w->pad[0] + w->pad[1] == 0 &&
           w->pad[2] + w->pad[3] == 0;
}

/* Winograd pays for 3x3 windows of stride 1 with enough channels, unless most of a tile would be thrown away.
 */
static bool suits_winograd(const lowering *low, const tau_node *conv) {
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(low->graph, conv);
    if (!low->options->winograd || s.groups != 1 || s.channels % TAU_CPU_PANEL != 0 || s.out_channels < 16)
        return false;
    for (int i = 0; i < 2; i++)
        if (s.kernel[i] != 3 || s.stride[i] != 1 || s.dilation[i] != 1 || s.pad[i] > 2) return false;
    const size_t tiles = (s.out_height + 3) / 4 * ((s.out_width + 3) / 4);
    return 2 * tiles * 36 < s.out_height * s.out_width * 9;
}

static void extend(lowering *low, int *end, int next) {
    low->chain_head[*end] = low->chain_head[next] = -1;
    *end = next;
}

/* A batch norm of a linear layer's rows normalises its outputs only if each sample has one row. */
static bool can_fold(const lowering *low, const tau_node *node) {
    return node->op == TAU_OP_CONV ||
           (node->op == TAU_OP_LINEAR && low->graph->values[node->output].shape.rank == 1);
}

/* Convolution or linear layer [+ batch norm] [+ residual] [+ relu] [+ pool], or sum [+ relu]: marks the chain
 * that starts at `head`. */
static void mark_chain(lowering *low, int head) {
    const tau_node *node = &low->graph->nodes[head];
    const bool is_conv = node->op == TAU_OP_CONV && node->attributes.window.groups <= 1;
    if (!is_conv && node->op != TAU_OP_LINEAR && node->op != TAU_OP_ADD) return;
    int end = head, next;
    bool residual = false;
    if (can_fold(low, node) && reader_is(low, end, TAU_OP_BATCH_NORM, &next)) extend(low, &end, next);
    if (is_conv && reader_is(low, end, TAU_OP_ADD, &next) &&
        adds_alike(low, &low->graph->nodes[next], low->graph->nodes[end].output)) {
        residual = true;
        extend(low, &end, next);
    }
    if (reader_is(low, end, TAU_OP_RELU, &next)) extend(low, &end, next);
    if (is_conv && !residual && suits_winograd(low, node) && reader_is(low, end, TAU_OP_MAX_POOL, &next) &&
        pools_in_place(&low->graph->nodes[next]))
        extend(low, &end, next);
    low->chain_head[end] = head;
}

static tau_status new_step(lowering *low, tau_cpu_step **step, int node, const tau_cpu_operation *operation) {
    TAU_TRY(tau_cpu_step_append(low->program, step, operation, low->graph->nodes[node].input_count));
    (*step)->node = &low->graph->nodes[node];
    (*step)->node_index = node;
    return TAU_STATUS_OK;
}

static void reserve_packed(tau_cpu_program *program, tau_cpu_step *step, size_t size) {
    step->packed_size = tau_cpu_pad(size);
    program->packed_size += step->packed_size;
}

/* Fills in what a chain adds to its head: nodes between head and end. */
static void fuse_chain(lowering *low, tau_cpu_step *step, int head, int end) {
    for (int n = head; n != end;) {
        const int value = low->graph->nodes[n].output;
        n = low->reader[value];
        const tau_node *node = &low->graph->nodes[n];
        if (node->op == TAU_OP_BATCH_NORM) step->batch_norm = node;
        if (node->op == TAU_OP_RELU) step->relu = true;
        if (node->op == TAU_OP_MAX_POOL) step->pool = true;
        if (node->op == TAU_OP_ADD)
            step->residual = node->inputs[0] == value ? node->inputs[1] : node->inputs[0]; /* a value yet */
    }
}

static tau_status lower_conv(lowering *low, int node, int end) {
    tau_cpu_program *program = low->program;
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(low->graph, &low->graph->nodes[node]);
    const bool winograd = suits_winograd(low, &low->graph->nodes[node]);
    tau_cpu_step fused = {.residual = -1}, *step;
    fuse_chain(low, &fused, node, end);
    int input, residual = -1, output;
    TAU_TRY(tau_cpu_want_image(program, &input, low->graph->nodes[node].inputs[0]));
    if (fused.residual >= 0) TAU_TRY(tau_cpu_want_image(program, &residual, fused.residual));
    const size_t divisor = fused.pool ? 2 : 1;
    TAU_TRY(tau_cpu_tensor_image(program, &output, s.out_channels, s.out_height / divisor,
                                 s.out_width / divisor));
    TAU_TRY(new_step(low, &step, node, winograd ? &tau_cpu_winograd_conv : &tau_cpu_direct_conv));
    step->inputs[0] = input;
    step->output = output;
    step->residual = residual;
    step->batch_norm = fused.batch_norm;
    step->relu = fused.relu;
    step->pool = fused.pool;
    const size_t places = winograd ? 36 : s.kernel[0] * s.kernel[1], padded = tau_cpu_pad(s.out_channels);
    size_t packed = places * s.channels * padded + padded + TAU_CPU_PANEL;
    if (!low->options->fuse) {
        step->trains = true;
        step->packed_backward = step->packed + packed;
        packed += places * s.out_channels * tau_cpu_pad(s.channels);
    }
    reserve_packed(program, step, packed);
    step->scratch_size = winograd
                             ? tau_cpu_winograd_scratch(&s)
                             : tau_cpu_conv_scratch(&s, program->tensors[input].channel_stride, step->trains);
    step->cost = 2.0 * (double)(s.channels * s.kernel[0] * s.kernel[1]) *
                 (double)(s.out_channels * s.out_height * s.out_width);
    program->tensor_of[low->graph->nodes[end].output] = output;
    return TAU_STATUS_OK;
}

/* A flattened image may be read as it lies, the weights in its order instead. */
static bool reads_flattened(const lowering *low, const tau_node *node) {
    const int value = node->inputs[0];
    const tau_cpu_tensor *tensor = &low->program->tensors[low->program->tensor_of[value]];
    return low->options->fuse && tensor->layout == TAU_CPU_LAYOUT_IMAGE &&
           low->graph->values[value].shape.rank == 1 && tensor->channel_stride == tensor->channels;
}

static tau_status lower_linear(lowering *low, int node, int end) {
    tau_cpu_program *program = low->program;
    const tau_node *head = &low->graph->nodes[node];
    const tau_cpu_linear_shape s = tau_cpu_linear_shape_of(low->graph, head);
    tau_cpu_step fused = {.residual = -1}, *step;
    fuse_chain(low, &fused, node, end);
    const bool shared = node == low->options->shared_node && !fused.batch_norm;
    const bool permuted = reads_flattened(low, head) && !shared;
    int input = program->tensor_of[head->inputs[0]], output;
    if (!permuted) TAU_TRY(tau_cpu_want_plain(program, &input, head->inputs[0]));
    TAU_TRY(tau_cpu_tensor_plain(program, &output, &low->graph->values[head->output].shape));
    TAU_TRY(new_step(low, &step, node, shared ? &tau_cpu_shared_linear : &tau_cpu_linear));
    step->inputs[0] = input;
    step->output = output;
    step->permuted = permuted;
    step->batch_norm = fused.batch_norm;
    step->relu = fused.relu;
    const size_t padded = tau_cpu_pad(s.out);
    size_t packed = s.in * padded + padded;
    if (!low->options->fuse) {
        step->packed_backward = step->packed + packed;
        packed += s.out * tau_cpu_pad(s.in);
    }
    if (!shared) reserve_packed(program, step, packed);
    step->scratch_size = tau_cpu_scale_scratch(s.out);
    step->cost = 2.0 * (double)(s.rows * s.in) * (double)s.out;
    program->tensor_of[low->graph->nodes[end].output] = output;
    return TAU_STATUS_OK;
}

static tau_status lower_grouped_conv(lowering *low, int node) {
    tau_cpu_program *program = low->program;
    const tau_cpu_window_shape s = tau_cpu_window_shape_of(low->graph, &low->graph->nodes[node]);
    tau_cpu_step *step;
    int input, output;
    TAU_TRY(tau_cpu_want_plain(program, &input, low->graph->nodes[node].inputs[0]));
    TAU_TRY(
        tau_cpu_tensor_plain(program, &output, &low->graph->values[low->graph->nodes[node].output].shape));
    TAU_TRY(new_step(low, &step, node, &tau_cpu_grouped_conv));
    step->inputs[0] = input;
    step->output = output;
    step->cost = 8.0 * (double)(s.channels / s.groups * s.kernel[0] * s.kernel[1]) *
                 (double)(s.out_channels * s.out_height * s.out_width);
    program->tensor_of[low->graph->nodes[node].output] = output;
    return TAU_STATUS_OK;
}

/* Steps on images: pools and batch norms. */
static tau_status lower_on_image(lowering *low, int node, const tau_cpu_operation *operation) {
    tau_cpu_program *program = low->program;
    const tau_node *n = &low->graph->nodes[node];
    tau_cpu_step *step;
    int input, output;
    TAU_TRY(tau_cpu_want_image(program, &input, n->inputs[0]));
    if (n->op == TAU_OP_BATCH_NORM) {
        TAU_TRY(tau_cpu_tensor_like(program, &output, input));
    } else {
        const tau_shape *shape = &low->graph->values[n->output].shape;
        const size_t width = (size_t)shape->dim[shape->rank - 1];
        const size_t height =
            n->op == TAU_OP_GLOBAL_AVERAGE_POOL || shape->rank < 3 ? 1 : (size_t)shape->dim[1];
        TAU_TRY(tau_cpu_tensor_image(program, &output, (size_t)shape->dim[0], height, width));
    }
    TAU_TRY(new_step(low, &step, node, operation));
    step->inputs[0] = input;
    step->output = output;
    step->cost = 4.0 * (double)program->tensors[input].size;
    if (n->op == TAU_OP_BATCH_NORM) {
        reserve_packed(program, step, 3 * tau_cpu_pad(program->tensors[input].channels));
    }
    program->tensor_of[n->output] = output;
    return TAU_STATUS_OK;
}

/* Steps that take any layout and keep it. */
static tau_status lower_elementwise(lowering *low, int node, const tau_cpu_operation *operation) {
    tau_cpu_program *program = low->program;
    const tau_node *n = &low->graph->nodes[node];
    const int input = program->tensor_of[n->inputs[0]];
    tau_cpu_step *step;
    int output;
    TAU_TRY(tau_cpu_tensor_like(program, &output, input));
    TAU_TRY(new_step(low, &step, node, operation));
    step->inputs[0] = input;
    step->output = output;
    step->cost = 20.0 * (double)program->tensors[input].size;
    program->tensor_of[n->output] = output;
    return TAU_STATUS_OK;
}

/* Steps on plain tensors; operands that are stored tensors stay -1. */
static tau_status lower_on_plain(lowering *low, int node, const tau_cpu_operation *operation) {
    tau_cpu_program *program = low->program;
    const tau_node *n = &low->graph->nodes[node];
    tau_cpu_step *step;
    int output;
    for (int i = 0; i < n->input_count; i++) { /* conversions come before the step */
        int tensor;
        if (tau_cpu_is_activation(low->graph, n->inputs[i]))
            TAU_TRY(tau_cpu_want_plain(program, &tensor, n->inputs[i]));
    }
    TAU_TRY(tau_cpu_tensor_plain(program, &output, &low->graph->values[n->output].shape));
    TAU_TRY(new_step(low, &step, node, operation));
    for (int i = 0; i < n->input_count; i++)
        if (tau_cpu_is_activation(low->graph, n->inputs[i]))
            TAU_TRY(tau_cpu_want_plain(program, &step->inputs[i], n->inputs[i]));
    step->output = output;
    step->cost = 10.0 * (double)program->tensors[output].size;
    if (n->op == TAU_OP_MATMUL) {
        const tau_shape *a = &low->graph->values[n->inputs[0]].shape;
        const tau_shape *b = &low->graph->values[n->inputs[1]].shape;
        step->scratch_size = (size_t)b->dim[b->rank - 2] * tau_cpu_pad((size_t)b->dim[b->rank - 1]);
        step->cost = 2.0 * (double)program->tensors[output].size * (double)a->dim[a->rank - 1];
    }
    program->tensor_of[n->output] = output;
    return TAU_STATUS_OK;
}

/* A sum of two tensors that lie alike needs no layout of its own. */
static tau_status lower_arithmetic(lowering *low, int node, int end) {
    tau_cpu_program *program = low->program;
    const tau_node *n = &low->graph->nodes[node];
    const int a = tau_cpu_is_activation(low->graph, n->inputs[0]) ? program->tensor_of[n->inputs[0]] : -1;
    const int b = tau_cpu_is_activation(low->graph, n->inputs[1]) ? program->tensor_of[n->inputs[1]] : -1;
    const bool alike =
        a >= 0 && b >= 0 && tau_cpu_tensor_alike(program, a, b) &&
        tau_shape_equal(&low->graph->values[n->inputs[0]].shape, &low->graph->values[n->inputs[1]].shape);
    if (alike) {
        TAU_TRY(lower_elementwise(low, node, &tau_cpu_arithmetic));
        program->steps[program->step_count - 1].inputs[1] = b;
    } else {
        TAU_TRY(lower_on_plain(low, node, &tau_cpu_arithmetic));
    }
    tau_cpu_step *step = &program->steps[program->step_count - 1];
    fuse_chain(low, step, node, end);
    program->tensor_of[low->graph->nodes[end].output] = step->output;
    return TAU_STATUS_OK;
}

/* The same elements in the same order: the value is another name of the tensor. A reshaped image keeps its
 * tensor until someone wants it plain. */
static tau_status lower_alias(lowering *low, int node) {
    const tau_node *n = &low->graph->nodes[node];
    low->program->tensor_of[n->output] = low->program->tensor_of[n->inputs[0]];
    return TAU_STATUS_OK;
}

static tau_status lower_node(lowering *low, int node, int end) {
    const tau_node *n = &low->graph->nodes[node];
    switch (n->op) {
    case TAU_OP_LINEAR:
        return lower_linear(low, node, end);
    case TAU_OP_CONV:
        return n->attributes.window.groups > 1 ? lower_grouped_conv(low, node) : lower_conv(low, node, end);
    case TAU_OP_MAX_POOL:
    case TAU_OP_AVERAGE_POOL:
        return lower_on_image(low, node, &tau_cpu_window_pool);
    case TAU_OP_GLOBAL_AVERAGE_POOL:
        return lower_on_image(low, node, &tau_cpu_global_pool);
    case TAU_OP_BATCH_NORM:
        return lower_on_image(low, node, &tau_cpu_batch_norm);
    case TAU_OP_ADD:
    case TAU_OP_SUB:
    case TAU_OP_MUL:
    case TAU_OP_DIV:
        return lower_arithmetic(low, node, end);
    case TAU_OP_MATMUL:
        return lower_on_plain(low, node, &tau_cpu_matmul);
    case TAU_OP_SOFTMAX:
    case TAU_OP_LOG_SOFTMAX:
        return lower_on_plain(low, node, &tau_cpu_softmax);
    case TAU_OP_TRANSPOSE:
        return lower_on_plain(low, node, &tau_cpu_transpose);
    case TAU_OP_CONCAT:
        return lower_on_plain(low, node, &tau_cpu_concat);
    case TAU_OP_PAD:
        return lower_on_plain(low, node, &tau_cpu_pad_axes);
    case TAU_OP_RESHAPE:
        return lower_alias(low, node);
    case TAU_OP_DROPOUT:
        /* In training the mask counts elements in the graph's order. */
        return low->options->fuse ? lower_alias(low, node) : lower_on_plain(low, node, &tau_cpu_dropout);
    default:
        return lower_elementwise(low, node, &tau_cpu_function_step);
    }
}

static tau_status lower_all(lowering *low) {
    const tau_graph *graph = low->graph;
    mark_wanted(low);
    for (int n = 0; n < graph->node_count; n++) low->chain_head[n] = n;
    for (int n = 0; n < graph->node_count && low->options->fuse; n++)
        if (low->wanted[n] && low->chain_head[n] == n) mark_chain(low, n);
    for (int n = 0; n < graph->node_count; n++)
        if (low->wanted[n] && low->chain_head[n] >= 0) TAU_TRY(lower_node(low, low->chain_head[n], n));
    return tau_cpu_want_plain(low->program, &low->program->output, low->options->target);
}

static tau_status begin(lowering *low) {
    tau_cpu_program *program = low->program;
    const tau_graph *graph = low->graph;
    TAU_TRY(TAU_ALLOC(program->tensor_of, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(low->readers, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(low->reader, (size_t)graph->value_count));
    TAU_TRY(TAU_ALLOC(low->wanted, (size_t)(graph->node_count + graph->value_count)));
    TAU_TRY(TAU_ALLOC(low->chain_head, (size_t)graph->node_count));
    for (int i = 0; i < graph->value_count; i++) program->tensor_of[i] = -1;
    TAU_TRY(tau_cpu_tensor_plain(program, &program->input, &graph->values[graph->input].shape));
    program->tensors[program->input].stride = program->tensors[program->input].size;
    program->tensor_of[graph->input] = program->input;
    return TAU_STATUS_OK;
}

tau_status tau_cpu_program_create(tau_cpu_program **out, const tau_graph *graph,
                                  const tau_cpu_lowering *options) {
    lowering low = {.graph = graph, .options = options};
    *out = NULL;
    TAU_TRY(TAU_ALLOC(low.program, 1));
    low.program->graph = graph;
    tau_status status = begin(&low);
    if (status == TAU_STATUS_OK) status = lower_all(&low);
    if (status == TAU_STATUS_OK) status = tau_cpu_program_place(low.program);
    tau_mem_free(low.readers);
    tau_mem_free(low.reader);
    tau_mem_free(low.wanted);
    tau_mem_free(low.chain_head);
    if (status == TAU_STATUS_OK)
        *out = low.program;
    else
        tau_cpu_program_destroy(low.program);
    return status;
}

void tau_cpu_program_destroy(tau_cpu_program *program) {
    if (!program) return;
    for (int i = 0; i < program->step_count; i++) {
        tau_mem_free(program->steps[i].inputs);
        tau_mem_free(program->steps[i].accumulates);
    }
    tau_mem_free(program->steps);
    tau_mem_free(program->tensors);
    tau_mem_free(program->tensor_of);
    tau_mem_free(program);
}
