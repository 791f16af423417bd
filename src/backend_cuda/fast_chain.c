/* Chains: a layer and what its epilogue takes along. */
#include "backend_cuda/fast_lower.h"

static const tau_fast_activation identity = {.op = TAU_OP_COUNT};

int tau_fast_sole_reader(const tau_fast_lowering *low, int node) {
    const int value = low->graph->nodes[node].output;
    if (low->readers[value] != 1 || value == low->graph->output) return -1;
    const int reader = low->reader[value];
    return low->claimed[reader] < 0 ? reader : -1;
}

/* Whether a node continues a chain (`end` is its last node, -1 before the first); if so, it is taken in. */
typedef bool (*link)(const tau_fast_lowering *low, const tau_node *node, tau_fast_chain *chain);

static const tau_shape *shape_of(const tau_fast_lowering *low, int value) {
    return &low->graph->values[value].shape;
}

/* A linear layer of rows has other features along the last axis than the blocked layout has channels. */
static bool take_layer(const tau_fast_lowering *low, const tau_node *node, tau_fast_chain *chain) {
    const bool conv = node->op == TAU_OP_CONV && node->attributes.window.groups <= 1;
    const bool linear = node->op == TAU_OP_LINEAR && shape_of(low, node->inputs[0])->rank == 1;
    if (!conv && !linear) return false;
    chain->layer = node;
    return true;
}

static bool take_batch_norm(const tau_fast_lowering *low, const tau_node *node, tau_fast_chain *chain) {
    tau_fast_geometry geometry;
    if (node->op != TAU_OP_BATCH_NORM || !tau_fast_geometry_of(&geometry, shape_of(low, node->inputs[0])))
        return false;
    chain->batch_norm = node;
    return true;
}

/* Is what a node gives, or a function of it alone, the network's output? That is best not rounded to 16 bits.
 */
static bool ends_network(const tau_fast_lowering *low, const tau_node *node) {
    const int *name_of = low->program->name_of, output = name_of[low->graph->output];
    const int reader = tau_fast_sole_reader(low, (int)(node - low->graph->nodes));
    return name_of[node->output] == output ||
           (reader >= 0 && name_of[low->graph->nodes[reader].output] == output);
}

/* Rows are summed by the operator's own kernel. */
static bool take_sum(const tau_fast_lowering *low, const tau_node *node, tau_fast_chain *chain) {
    if (node->op != TAU_OP_ADD || ends_network(low, node)) return false;
    int value = chain->end >= 0 ? low->graph->nodes[chain->end].output : node->inputs[0];
    int other = node->inputs[0] == value ? node->inputs[1] : node->inputs[0];
    tau_fast_geometry geometry;
    if (!tau_fast_is_activation(low->graph, value) || !tau_fast_is_activation(low->graph, other) ||
        !tau_shape_equal(shape_of(low, value), shape_of(low, other)) ||
        !tau_fast_geometry_of(&geometry, shape_of(low, value)))
        return false;
    if (chain->end < 0 && tau_fast_is_blocked(low, other)) {
        chain->input = other;
        other = value;
    }
    chain->residual = other;
    return true;
}

/* Functions of one element that epilogues know: all but the approximation of GELU. */
static bool is_function(const tau_node *node) {
    static const bool known[TAU_OP_COUNT] = {
        [TAU_OP_RELU] = true,     [TAU_OP_LEAKY_RELU] = true,   [TAU_OP_ELU] = true,
        [TAU_OP_SELU] = true,     [TAU_OP_GELU] = true,         [TAU_OP_SIGMOID] = true,
        [TAU_OP_TANH] = true,     [TAU_OP_HARD_SIGMOID] = true, [TAU_OP_SOFTPLUS] = true,
        [TAU_OP_SOFTSIGN] = true, [TAU_OP_ERF] = true,          [TAU_OP_CLIP] = true,
    };
    return known[node->op] && !node->attributes.approximate;
}

static bool take_activation(const tau_fast_lowering *low, const tau_node *node, tau_fast_chain *chain) {
    (void)low;
    if (!is_function(node)) return false;
    chain->activation = (tau_fast_activation){node->op, (float)node->attributes.alpha,
                                              (float)node->attributes.beta, (float)node->attributes.gamma};
    return true;
}

bool tau_fast_chain_match(const tau_fast_lowering *low, int node, tau_fast_chain *out) {
    static const link links[] = {take_layer, take_batch_norm, take_sum, take_activation};
    *out = (tau_fast_chain){.head = node,
                            .end = -1,
                            .input = low->graph->nodes[node].inputs[0],
                            .residual = -1,
                            .activation = identity};
    for (size_t i = 0; i < sizeof links / sizeof *links && node >= 0; i++) {
        if (!links[i](low, &low->graph->nodes[node], out)) continue;
        out->end = node;
        node = tau_fast_sole_reader(low, node);
    }
    return out->end >= 0;
}

bool tau_fast_is_blocked(const tau_fast_lowering *low, int value) {
    return tau_fast_find_blocked(low->program, value, NULL) >= 0 ||
           tau_fast_find_rows(low->program, value) < 0;
}

tau_fast_step tau_fast_step_of(const tau_fast_operation *operation, int node) {
    return (tau_fast_step){.operation = operation,
                           .node = node,
                           .x = -1,
                           .residual = -1,
                           .y = -1,
                           .packing = {-1, -1},
                           .affine = {-1, -1},
                           .activation = {identity, identity}};
}

/* Where the window covers the whole input, the layer is linear in all of it: elements (c, y, x) in order. */
static tau_fast_weights weights_of(const tau_fast_lowering *low, const tau_fast_chain *chain,
                                   tau_fast_geometry input, const tau_window *window) {
    const tau_node *layer = chain->layer;
    const tau_value *stored = &low->graph->values[layer->inputs[1]];
    const size_t inputs = (size_t)input.channels * (size_t)window->kernel[0] * (size_t)window->kernel[1];
    const bool by_outputs = layer->op == TAU_OP_CONV || layer->attributes.transposed;
    const size_t outputs = tau_shape_size(&stored->shape) / inputs;
    return (tau_fast_weights){.offset = stored->offset,
                              .outputs = (int)outputs,
                              .channels = input.channels,
                              .kernel = {(int)window->kernel[0], (int)window->kernel[1]},
                              .output_stride = by_outputs ? inputs : 1,
                              .input_stride = by_outputs ? 1 : outputs};
}

/* A first convolution of few channels would leave most of each block of 8 channels empty. */
enum { UNFOLDED_LEAST_CHANNELS = 8, UNFOLDED_MOST_INPUTS = 64 };

static bool find_unfolded(const tau_fast_lowering *low, const tau_fast_chain *chain, tau_fast_place *place) {
    const tau_node *layer = chain->layer;
    const tau_window *w = &layer->attributes.window;
    tau_fast_geometry x, y;
    if (layer->op != TAU_OP_CONV || !tau_fast_is_resident(low->program, chain->input) ||
        !tau_fast_geometry_of(&x, shape_of(low, chain->input)) ||
        !tau_fast_geometry_of(&y, shape_of(low, layer->output)))
        return false;
    const int64_t inputs = x.channels * w->kernel[0] * w->kernel[1];
    if (x.channels >= UNFOLDED_LEAST_CHANNELS || inputs > UNFOLDED_MOST_INPUTS) return false;
    *place = (tau_fast_place){.layout = TAU_FAST_LAYOUT_UNFOLDED,
                              .value = chain->input,
                              .geometry = {low->program->options.parts * (int)inputs, y.height, y.width},
                              .node = chain->head,
                              .resident = true};
    return tau_fast_has_room(low->program, tau_fast_resident_size(low->program, place));
}

static tau_status read_unfolded(tau_fast_lowering *low, const tau_fast_chain *chain, tau_fast_place place,
                                tau_fast_step *step, tau_fast_weights *weights) {
    tau_fast_program *program = low->program;
    tau_fast_step unfold = tau_fast_step_of(&tau_fast_op_unfold, chain->head);
    unfold.window = chain->layer->attributes.window;
    TAU_TRY(tau_fast_want_rows(program, &unfold.x, chain->input));
    TAU_TRY(tau_fast_add_place(program, &unfold.y, place));
    TAU_TRY(tau_fast_append(program, &unfold));
    tau_fast_geometry input = place.geometry;
    input.channels /= program->options.parts;
    step->x = unfold.y;
    step->window = (tau_window){.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    *weights = weights_of(low, chain, input, &step->window);
    weights->channels = place.geometry.channels;
    weights->copies = program->options.parts;
    return TAU_STATUS_OK;
}

/* A linear layer reads a flattened image as it lies: a convolution whose window is the whole image. */
static tau_status read_flattened(tau_fast_lowering *low, const tau_fast_chain *chain, tau_fast_step *step) {
    tau_fast_program *program = low->program;
    const int blocked = tau_fast_find_blocked(program, chain->input, NULL);
    tau_fast_geometry geometry = {(int)shape_of(low, chain->input)->dim[0], 1, 1};
    if (blocked >= 0) geometry = program->places[blocked].geometry;
    step->window = (tau_window){
        .kernel = {geometry.height, geometry.width}, .stride = {1, 1}, .dilation = {1, 1}, .groups = 1};
    return tau_fast_want_blocked(program, &step->x, chain->input, geometry);
}

static tau_status read_input(tau_fast_lowering *low, const tau_fast_chain *chain, tau_fast_step *step,
                             tau_fast_weights *weights) {
    tau_fast_program *program = low->program;
    tau_fast_place place;
    if (find_unfolded(low, chain, &place)) return read_unfolded(low, chain, place, step, weights);
    if (chain->layer->op == TAU_OP_LINEAR) {
        TAU_TRY(read_flattened(low, chain, step));
    } else {
        tau_fast_geometry geometry;
        tau_fast_geometry_of(&geometry, shape_of(low, chain->input));
        step->window = chain->layer->attributes.window;
        TAU_TRY(tau_fast_want_blocked(program, &step->x, chain->input, geometry));
    }
    *weights = weights_of(low, chain, program->places[step->x].geometry, &step->window);
    return TAU_STATUS_OK;
}

tau_status tau_fast_add_layer_weights(tau_fast_lowering *low, const tau_fast_chain *chain,
                                      tau_fast_geometry input, int *packing) {
    const tau_fast_weights weights = weights_of(low, chain, input, &chain->layer->attributes.window);
    return tau_fast_want_packing(low->program, packing, &weights);
}

tau_status tau_fast_add_output(tau_fast_lowering *low, const tau_fast_chain *chain, int *place) {
    const int value = low->graph->nodes[chain->end].output;
    tau_fast_place y = {.layout = TAU_FAST_LAYOUT_BLOCKED, .value = value, .node = -1};
    tau_fast_geometry_of(&y.geometry, shape_of(low, value));
    return tau_fast_add_place(low->program, place, y);
}

tau_status tau_fast_lower_layer(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_program *program = low->program;
    const tau_fast_chain *chain = &match->chains[0];
    const int value = low->graph->nodes[chain->end].output;
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_conv, chain->head);
    tau_fast_weights weights;
    tau_fast_geometry geometry;
    tau_fast_geometry_of(&geometry, shape_of(low, value));
    TAU_TRY(read_input(low, chain, &step, &weights));
    if (chain->residual >= 0)
        TAU_TRY(tau_fast_want_blocked(program, &step.residual, chain->residual, geometry));
    TAU_TRY(tau_fast_want_packing(program, &step.packing[0], &weights));
    TAU_TRY(tau_fast_want_affine(program, &step.affine[0], chain));
    step.activation[0] = chain->activation;
    if (chain->residual >= 0 || !tau_fast_wants_rows(low, value)) { /* the kernel adds to blocks alone */
        TAU_TRY(tau_fast_add_output(low, chain, &step.y));
        return tau_fast_append(program, &step);
    }
    const tau_fast_place rows = {.layout = TAU_FAST_LAYOUT_ROWS,
                                 .value = value,
                                 .geometry = {(int)tau_shape_size(shape_of(low, value)), 1, 1},
                                 .node = -1,
                                 .padded = true};
    step.outputs = geometry;
    TAU_TRY(tau_fast_add_place(program, &step.y, rows));
    return tau_fast_append(program, &step);
}
