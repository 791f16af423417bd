/* Patterns of the kernels that do several layers at once. */
#include "backend_cuda/fast_lower.h"

static bool window_is(const tau_window *w, int64_t kernel, int64_t stride, int64_t pad) {
    for (int i = 0; i < 2; i++)
        if (w->kernel[i] != kernel || w->stride[i] != stride || w->dilation[i] != 1) return false;
    for (int i = 0; i < 4; i++)
        if (w->pad[i] != pad) return false;
    return true;
}

static bool shape_is(const tau_fast_lowering *low, int value, tau_fast_geometry wanted) {
    const tau_shape *s = &low->graph->values[value].shape;
    return s->rank == 3 && s->dim[0] == wanted.channels && s->dim[1] == wanted.height &&
           s->dim[2] == wanted.width;
}

/* Two chains, the second the only reader of the first, both square convolutions of stride 1. */
static bool match_pair(const tau_fast_lowering *low, int node, int64_t pad, tau_fast_chain chains[2]) {
    if (low->graph->nodes[node].op != TAU_OP_CONV || !tau_fast_chain_match(low, node, &chains[0]))
        return false;
    const int next = tau_fast_sole_reader(low, chains[0].end);
    if (next < 0 || low->graph->nodes[next].op != TAU_OP_CONV || !tau_fast_chain_match(low, next, &chains[1]))
        return false;
    for (int i = 0; i < 2; i++)
        if (!chains[i].layer || !window_is(&chains[i].layer->attributes.window, 3, 1, pad)) return false;
    return chains[0].residual < 0;
}

/* ---- convolutions of a 28×28 image, and the pool ---- */

static bool pools_by_two(const tau_node *node) {
    return node->op == TAU_OP_MAX_POOL && window_is(&node->attributes.window, 2, 2, 0) &&
           !node->attributes.window.ceil_mode;
}

static tau_fast_place images_of(const tau_fast_chain *chain) {
    return (tau_fast_place){.layout = TAU_FAST_LAYOUT_IMAGES,
                            .value = chain->input,
                            .geometry = {1, 28, 28},
                            .node = -1,
                            .resident = true};
}

bool tau_fast_match_cnn(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    tau_fast_chain *first = &match->chains[0], *second = &match->chains[1];
    if (!low->program->options.cnn || low->program->options.parts != 1 ||
        !match_pair(low, node, 0, match->chains))
        return false;
    const int pool = tau_fast_sole_reader(low, second->end);
    if (pool < 0 || !pools_by_two(&low->graph->nodes[pool])) return false;
    match->end = pool;
    const tau_fast_place images = images_of(first);
    return !first->batch_norm && first->layer->input_count > 2 && first->layer->inputs[2] >= 0 &&
           first->activation.op == TAU_OP_RELU && second->activation.op == TAU_OP_RELU &&
           second->residual < 0 && tau_fast_is_resident(low->program, first->input) &&
           tau_fast_has_room(low->program, tau_fast_resident_size(low->program, &images)) &&
           shape_is(low, first->input, (tau_fast_geometry){1, 28, 28}) &&
           shape_is(low, first->layer->output, (tau_fast_geometry){32, 26, 26}) &&
           shape_is(low, second->layer->output, (tau_fast_geometry){64, 24, 24});
}

tau_status tau_fast_lower_cnn(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_program *program = low->program;
    const tau_fast_chain *first = &match->chains[0], *second = &match->chains[1];
    tau_fast_chain whole = *second;
    whole.end = match->end;
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_cnn, first->head);
    tau_fast_step images = tau_fast_step_of(&tau_fast_op_images, -1);
    TAU_TRY(tau_fast_want_rows(program, &images.x, first->input));
    TAU_TRY(tau_fast_add_place(program, &images.y, images_of(first)));
    TAU_TRY(tau_fast_append(program, &images));
    step.x = images.y;
    step.first_layer = program->vector_count;
    for (int i = 1; i <= 2; i++) TAU_TRY(tau_fast_append_vector(program, first->layer->inputs[i]));
    TAU_TRY(tau_fast_add_layer_weights(low, second, (tau_fast_geometry){32, 26, 26}, &step.packing[0]));
    TAU_TRY(tau_fast_want_affine(program, &step.affine[0], second));
    TAU_TRY(tau_fast_add_output(low, &whole, &step.y));
    return tau_fast_append(program, &step);
}

/* ---- residual blocks ---- */

static bool is_rectified_or_not(tau_fast_activation activation) {
    return activation.op == TAU_OP_RELU || activation.op == TAU_OP_COUNT;
}

bool tau_fast_match_block(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    const tau_fast_options *options = &low->program->options;
    tau_fast_chain *first = &match->chains[0], *second = &match->chains[1];
    tau_fast_geometry x;
    if (!options->block_fits || !match_pair(low, node, 1, match->chains) || second->residual < 0 ||
        !tau_fast_geometry_of(&x, &low->graph->values[first->input].shape))
        return false;
    match->end = second->end;
    return low->program->name_of[second->residual] == low->program->name_of[first->input] &&
           is_rectified_or_not(first->activation) && is_rectified_or_not(second->activation) &&
           shape_is(low, first->layer->output, x) && shape_is(low, second->layer->output, x) &&
           options->block_fits(x.channels, x.height, x.width, options->parts) &&
           low->program->name_of[low->graph->nodes[second->end].output] !=
               low->program->name_of[low->graph->output];
}

tau_status tau_fast_lower_block(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_block, match->chains[0].head);
    tau_fast_geometry x;
    tau_fast_geometry_of(&x, &low->graph->values[match->chains[0].input].shape);
    TAU_TRY(tau_fast_want_blocked(low->program, &step.x, match->chains[0].input, x));
    for (int i = 0; i < 2; i++) {
        TAU_TRY(tau_fast_add_layer_weights(low, &match->chains[i], x, &step.packing[i]));
        TAU_TRY(tau_fast_want_affine(low->program, &step.affine[i], &match->chains[i]));
        step.activation[i] = match->chains[i].activation;
    }
    TAU_TRY(tau_fast_add_output(low, &match->chains[1], &step.y));
    return tau_fast_append(low->program, &step);
}

/* ---- a linear layer of the samples, shared by all networks ---- */

/* For a sample and an output a network reads the products with 3 vectors (12 bytes, less where a thread
 * serves several networks) instead of multiplying with that many inputs; at about 100 operations a byte of
 * memory traffic on tensor cores the two cost the same near here. */
enum { SHARED_LEAST_INPUTS = 256 };

static size_t products_size(const tau_fast_lowering *low, const tau_fast_chain *chain) {
    const size_t outputs = (size_t)low->graph->values[chain->layer->output].shape.dim[0];
    return TAU_BASIS_MAX * tau_fast_round_samples(low->program->options.samples) * outputs * sizeof(float);
}

/* The products, and the samples as the layer reads them where it is not shared. */
static bool has_room_to_share(const tau_fast_lowering *low, const tau_fast_chain *chain) {
    const size_t inputs = (size_t)low->graph->values[chain->input].shape.dim[0];
    const size_t samples = tau_fast_round_samples(low->program->options.samples) / TAU_FAST_GROUP * 2 *
                           tau_fast_group_size((int)inputs, 1, 1);
    return tau_fast_has_room(low->program, products_size(low, chain) + samples);
}

bool tau_fast_match_share(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    tau_fast_chain *chain = &match->chains[0];
    if (low->graph->nodes[node].op != TAU_OP_LINEAR || low->program->share >= 0 ||
        !tau_fast_chain_match(low, node, chain) || !chain->layer)
        return false;
    match->end = chain->end;
    return chain->residual < 0 && low->graph->values[chain->input].shape.dim[0] >= SHARED_LEAST_INPUTS &&
           tau_fast_is_resident(low->program, chain->input) && has_room_to_share(low, chain) &&
           !tau_fast_wants_rows(low, low->graph->nodes[chain->end].output);
}

/* The layer is there twice: for parameters that are no combination of a basis it is computed as usual. */
tau_status tau_fast_lower_share(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_program *program = low->program;
    program->resident_size += products_size(low, &match->chains[0]);
    TAU_TRY(tau_fast_lower_layer(low, match));
    tau_fast_step *layer = &program->steps[program->step_count - 1];
    layer->when = TAU_FAST_WHEN_UNSHARED;
    program->packings[layer->packing[0]].unshared = true;
    tau_fast_step shared = *layer;
    shared.operation = &tau_fast_op_share;
    shared.when = TAU_FAST_WHEN_SHARED;
    shared.packing[0] = -1;
    shared.x = tau_fast_find_rows(program, match->chains[0].input);
    program->share = program->step_count;
    return tau_fast_append(program, &shared);
}
