/* From a graph to steps: each node in order goes to the first pattern that takes it. */
#include "backend_cuda/fast_lower.h"

#include <limits.h>

#include "core/memory.h"

/* A pattern takes a node and some that follow it; their steps are appended at its last node, when all that
 * they read is there. */
typedef struct pattern {
    bool (*match)(const tau_fast_lowering *low, int node, tau_fast_match *match);
    tau_status (*lower)(tau_fast_lowering *low, const tau_fast_match *match);
} pattern;

static bool is_alias(const tau_fast_lowering *low, int node) {
    const int value = low->graph->nodes[node].output;
    return low->program->name_of[value] != value;
}

static bool match_alias(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    match->end = node;
    return is_alias(low, node);
}

static tau_status lower_alias(tau_fast_lowering *low, const tau_fast_match *match) {
    (void)low, (void)match;
    return TAU_STATUS_OK;
}

static bool match_layer(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    if (!tau_fast_chain_match(low, node, &match->chains[0])) return false;
    match->end = match->chains[0].end;
    return match->chains[0].layer;
}

/* Batch norm, sum and function by themselves; rows stay rows. */
static bool match_elementwise(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    if (!tau_fast_chain_match(low, node, &match->chains[0])) return false;
    match->end = match->chains[0].end;
    return tau_fast_is_blocked(low, match->chains[0].input);
}

static tau_status lower_elementwise(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_program *program = low->program;
    const tau_fast_chain *chain = &match->chains[0];
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_elementwise, chain->head);
    /* Functions and sums take an image that was flattened as it lies. */
    tau_fast_geometry geometry = program->places[tau_fast_find_blocked(program, chain->input, NULL)].geometry;
    if (chain->batch_norm) tau_fast_geometry_of(&geometry, &low->graph->values[chain->input].shape);
    TAU_TRY(tau_fast_want_blocked(program, &step.x, chain->input, geometry));
    if (chain->residual >= 0)
        TAU_TRY(tau_fast_want_blocked(program, &step.residual, chain->residual, geometry));
    if (chain->batch_norm) TAU_TRY(tau_fast_want_affine(program, &step.affine[0], chain));
    step.activation[0] = chain->activation;
    TAU_TRY(tau_fast_add_place(program, &step.y,
                               (tau_fast_place){.layout = TAU_FAST_LAYOUT_BLOCKED,
                                                .value = low->graph->nodes[chain->end].output,
                                                .geometry = geometry,
                                                .node = -1}));
    return tau_fast_append(program, &step);
}

static bool match_pool(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    const tau_node *n = &low->graph->nodes[node];
    match->chains[0] = (tau_fast_chain){.head = node, .end = node, .input = n->inputs[0], .residual = -1};
    match->end = node;
    return (n->op == TAU_OP_MAX_POOL || n->op == TAU_OP_AVERAGE_POOL ||
            n->op == TAU_OP_GLOBAL_AVERAGE_POOL) &&
           low->graph->values[n->inputs[0]].shape.rank <= 3 && tau_fast_is_blocked(low, n->inputs[0]);
}

static tau_status lower_pool(tau_fast_lowering *low, const tau_fast_match *match) {
    const tau_fast_chain *chain = &match->chains[0];
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_pool, chain->head);
    tau_fast_geometry geometry;
    tau_fast_geometry_of(&geometry, &low->graph->values[chain->input].shape);
    TAU_TRY(tau_fast_want_blocked(low->program, &step.x, chain->input, geometry));
    step.window = low->graph->nodes[chain->head].attributes.window;
    TAU_TRY(tau_fast_add_output(low, chain, &step.y));
    return tau_fast_append(low->program, &step);
}

/* Along the channels, where each part begins with a block of its own. */
static bool match_concat(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    const tau_node *n = &low->graph->nodes[node];
    match->chains[0] = (tau_fast_chain){.head = node, .end = node, .residual = -1};
    match->end = node;
    if (n->op != TAU_OP_CONCAT || n->attributes.axis != 0) return false;
    bool blocked = false;
    for (int i = 0; i < n->input_count; i++) {
        const tau_shape *shape = &low->graph->values[n->inputs[i]].shape;
        tau_fast_geometry geometry;
        if (!tau_fast_is_activation(low->graph, n->inputs[i]) || !tau_fast_geometry_of(&geometry, shape) ||
            geometry.channels % TAU_FAST_CHANNELS != 0)
            return false;
        blocked = blocked || tau_fast_is_blocked(low, n->inputs[i]);
    }
    return blocked;
}

static tau_status lower_concat(tau_fast_lowering *low, const tau_fast_match *match) {
    const tau_node *n = &low->graph->nodes[match->end];
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_concat, match->end);
    TAU_TRY(tau_fast_add_output(low, &match->chains[0], &step.y));
    step.channel = 0;
    for (int i = 0; i < n->input_count; i++) {
        tau_fast_geometry geometry;
        tau_fast_geometry_of(&geometry, &low->graph->values[n->inputs[i]].shape);
        TAU_TRY(tau_fast_want_blocked(low->program, &step.x, n->inputs[i], geometry));
        TAU_TRY(tau_fast_append(low->program, &step));
        step.channel += geometry.channels;
    }
    return TAU_STATUS_OK;
}

static bool match_node(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    (void)low;
    match->end = node;
    return true;
}

/* The rows kernel of the operator. Of nodes that read samples and constants alone, the output is resident. */
static tau_status lower_node(tau_fast_lowering *low, const tau_fast_match *match) {
    tau_fast_program *program = low->program;
    const tau_node *n = &low->graph->nodes[match->end];
    tau_fast_step step = tau_fast_step_of(&tau_fast_op_node, match->end);
    bool resident = program->name_of[n->output] != program->name_of[low->graph->output];
    for (int i = 0; i < n->input_count; i++) {
        int place = -1;
        if (n->inputs[i] < 0) continue;
        if (!tau_fast_is_activation(low->graph, n->inputs[i])) {
            TAU_TRY(tau_fast_want_vector(program, n->inputs[i]));
            resident = resident && low->graph->values[n->inputs[i]].kind == TAU_VALUE_KIND_CONSTANT;
            continue;
        }
        TAU_TRY(tau_fast_want_rows(program, &place, n->inputs[i]));
        resident = resident && program->places[place].resident;
    }
    const tau_fast_place rows = {
        .layout = TAU_FAST_LAYOUT_ROWS,
        .value = n->output,
        .geometry = {(int)tau_shape_size(&low->graph->values[n->output].shape), 1, 1},
        .node = -1,
        .resident = resident};
    TAU_TRY(tau_fast_add_place(program, &step.y, rows));
    TAU_TRY(tau_fast_append(program, &step));
    for (int i = 0; i < n->input_count; i++)
        if (tau_fast_is_activation(low->graph, n->inputs[i]))
            tau_fast_read(program, tau_fast_find_rows(program, n->inputs[i]));
    return TAU_STATUS_OK;
}

/* In the order of preference; the last takes everything. */
static const pattern patterns[] = {
    {match_alias, lower_alias},
    {tau_fast_match_cnn, tau_fast_lower_cnn},
    {tau_fast_match_block, tau_fast_lower_block},
    {tau_fast_match_share, tau_fast_lower_share},
    {match_layer, tau_fast_lower_layer},
    {match_pool, lower_pool},
    {match_concat, lower_concat},
    {match_elementwise, lower_elementwise},
    {match_node, lower_node},
};

static const pattern *find_pattern(const tau_fast_lowering *low, int node, tau_fast_match *match) {
    const pattern *found = patterns;
    while (!found->match(low, node, match)) found++;
    return found;
}

static bool reads(const tau_fast_lowering *low, const tau_node *node, int name) {
    for (int i = 0; i < node->input_count; i++)
        if (node->inputs[i] >= 0 && low->program->name_of[node->inputs[i]] == name) return true;
    return false;
}

bool tau_fast_wants_rows(const tau_fast_lowering *low, int value) {
    const int name = low->program->name_of[value];
    if (name == low->program->name_of[low->graph->output]) return true;
    bool rows = true;
    for (int n = 0; n < low->graph->node_count && rows; n++) {
        tau_fast_match match;
        if (!low->wanted[n] || is_alias(low, n) || !reads(low, &low->graph->nodes[n], name)) continue;
        rows = low->claimed[n] < 0 && find_pattern(low, n, &match)->lower == lower_node;
    }
    return rows;
}

static void mark_wanted(tau_fast_lowering *low) {
    const tau_graph *graph = low->graph;
    for (int n = graph->node_count - 1; n >= 0; n--) {
        const tau_node *node = &graph->nodes[n];
        low->claimed[n] = -1;
        low->wanted[n] = node->output == graph->output || low->readers[node->output] > 0;
        for (int i = 0; low->wanted[n] && i < node->input_count; i++) {
            if (node->inputs[i] < 0) continue;
            low->readers[node->inputs[i]]++;
            low->reader[node->inputs[i]] = n;
        }
    }
}

/* Reshapes and dropout give their input another name; but an output that is nothing but the network's input
 * is copied, since every network has an output of its own. */
static void name_values(tau_fast_program *program) {
    const tau_graph *graph = program->graph;
    int *name_of = program->name_of;
    for (int v = 0; v < graph->value_count; v++) name_of[v] = v;
    for (int n = 0; n < graph->node_count; n++) {
        const tau_node *node = &graph->nodes[n];
        const bool moves_nothing = node->op == TAU_OP_RESHAPE || node->op == TAU_OP_DROPOUT;
        const bool gives_input = node->output == graph->output && name_of[node->inputs[0]] == graph->input;
        if (moves_nothing && !gives_input) name_of[node->output] = name_of[node->inputs[0]];
    }
}

static void claim(tau_fast_lowering *low, int node, int end) {
    low->claimed[node] = end;
    for (int n = node; n != end;) {
        n = low->reader[low->graph->nodes[n].output];
        low->claimed[n] = end;
    }
}

static tau_status lower_all(tau_fast_lowering *low, tau_fast_match *matches, const pattern **found) {
    tau_fast_program *program = low->program;
    for (int n = 0; n < low->graph->node_count; n++) {
        if (!low->wanted[n]) continue;
        if (low->claimed[n] < 0) {
            tau_fast_match match;
            const pattern *first = find_pattern(low, n, &match);
            claim(low, n, match.end);
            matches[match.end] = match;
            found[match.end] = first;
        }
        if (low->claimed[n] == n) TAU_TRY(found[n]->lower(low, &matches[n]));
    }
    TAU_TRY(tau_fast_want_rows(program, &program->output, low->graph->output));
    if (program->places[program->output].resident)
        return tau_fail(TAU_STATUS_UNSUPPORTED,
                        "the network cannot be evaluated" TAU_WHY "it has no operators");
    program->places[program->output].life.last = program->step_count;
    return TAU_STATUS_OK;
}

/* Sizes of a sample's values are counted in int: no device holds larger ones. */
static tau_status check_sizes(const tau_graph *graph) {
    for (int v = 0; v < graph->value_count; v++)
        if (tau_shape_size(&graph->values[v].shape) > INT_MAX / TAU_FAST_GROUP)
            return tau_fail(TAU_STATUS_UNSUPPORTED,
                            "value '%.64s' is too large for a GPU" TAU_WHY "it has more than 2^28 elements",
                            graph->values[v].name);
    return TAU_STATUS_OK;
}

static tau_status begin(tau_fast_program *program) {
    const tau_graph *graph = program->graph;
    const size_t values = (size_t)graph->value_count;
    int input;
    TAU_TRY(check_sizes(graph));
    TAU_TRY(TAU_ALLOC(program->name_of, values));
    TAU_TRY(TAU_ALLOC(program->vector_of, values));
    for (size_t v = 0; v < values; v++) program->vector_of[v] = SIZE_MAX;
    name_values(program);
    const tau_fast_place rows = {.layout = TAU_FAST_LAYOUT_ROWS,
                                 .value = graph->input,
                                 .geometry = {(int)tau_shape_size(&graph->values[graph->input].shape), 1, 1},
                                 .node = -1};
    TAU_TRY(tau_fast_add_place(program, &input, rows));
    program->places[input].resident = true; /* in any case, and not among what is made for this engine */
    program->places[input].life.size = 0;
    return TAU_STATUS_OK;
}

static tau_status lower(tau_fast_program *program) {
    const size_t nodes = (size_t)program->graph->node_count, values = (size_t)program->graph->value_count;
    tau_fast_lowering low = {.program = program, .graph = program->graph};
    tau_fast_match *matches = NULL;
    const pattern **found = NULL;
    tau_status status = TAU_ALLOC(low.readers, values);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(low.reader, values);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(low.wanted, nodes);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(low.claimed, nodes);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(matches, nodes);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(found, nodes);
    if (status == TAU_STATUS_OK) {
        mark_wanted(&low);
        status = lower_all(&low, matches, found);
    }
    tau_mem_free(low.readers);
    tau_mem_free(low.reader);
    tau_mem_free(low.wanted);
    tau_mem_free(low.claimed);
    tau_mem_free(matches);
    tau_mem_free(found);
    return status;
}

static tau_status place_values(tau_fast_program *program) {
    tau_cuda_life *lives;
    TAU_TRY(TAU_ALLOC(lives, (size_t)program->place_count));
    for (int p = 0; p < program->place_count; p++) lives[p] = program->places[p].life;
    program->arena_size = tau_cuda_arena_place(lives, program->place_count);
    for (int p = 0; p < program->place_count; p++) program->places[p].life = lives[p];
    tau_mem_free(lives);
    return TAU_STATUS_OK;
}

tau_status tau_fast_program_create(tau_fast_program **out, const tau_graph *graph,
                                   const tau_fast_options *options) {
    tau_fast_program *program;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(program, 1));
    program->graph = graph;
    program->options = *options;
    program->share = -1;
    tau_status status = begin(program);
    if (status == TAU_STATUS_OK) status = lower(program);
    if (status == TAU_STATUS_OK) status = place_values(program);
    if (status == TAU_STATUS_OK)
        tau_fast_place_parameters(program);
    else
        tau_fast_program_destroy(program);
    if (status == TAU_STATUS_OK) *out = program;
    return status;
}

void tau_fast_program_destroy(tau_fast_program *program) {
    if (!program) return;
    tau_mem_free(program->name_of);
    tau_mem_free(program->vector_of);
    tau_mem_free(program->places);
    tau_mem_free(program->steps);
    tau_mem_free(program->packings);
    tau_mem_free(program->affines);
    tau_mem_free(program->ranges);
    tau_mem_free(program);
}
