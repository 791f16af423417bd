#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "model/graph.h"

/* A Merkle tree over the wiring: the digest of a value covers all it is computed from. So neither the order
 * in which nodes are stored nor what they are called matters. */

typedef char digest_text[TAU_HASH_TEXT];

static void digest_leaf(digest_text out, const tau_graph *graph, const tau_value *value) {
    char head[64 + TAU_SHAPE_TEXT], shape[TAU_SHAPE_TEXT];
    const bool named = value->kind == TAU_VALUE_KIND_PARAMETER || value->kind == TAU_VALUE_KIND_BUFFER;
    snprintf(head, sizeof head, "value %d %s ", (int)value->kind, tau_shape_format(shape, &value->shape));
    tau_hash_part parts[2] = {{head, strlen(head)}};
    if (named) parts[1] = (tau_hash_part){value->name, strlen(value->name)};
    if (value->kind == TAU_VALUE_KIND_CONSTANT)
        parts[1] =
            (tau_hash_part){graph->constants + value->offset, tau_shape_size(&value->shape) * sizeof(float)};
    tau_hash_sha256(out, parts, parts[1].bytes ? 2 : 1);
}

static uint32_t float_bits(double attribute) {
    const float value = (float)attribute;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void print_list(char *text, size_t size, const int64_t *list, int count) {
    for (int i = 0; i < count; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%" PRId64 ",", list[i]);
    }
}

static void print_node(char *text, size_t size, const tau_graph *graph, const tau_node *node) {
    const tau_attributes *a = &node->attributes;
    const tau_window *w = &a->window;
    char shape[TAU_SHAPE_TEXT];
    int64_t permutation[TAU_SHAPE_MAX_RANK];
    for (int i = 0; i < TAU_SHAPE_MAX_RANK; i++) permutation[i] = a->permutation[i];
    snprintf(text, size, "node %s %s %d %d%d%d%d %08x %08x %08x %08x %08x ", tau_op_name(node->op),
             tau_shape_format(shape, &graph->values[node->output].shape), a->axis, a->transposed,
             a->approximate, w->count_pad, w->ceil_mode, float_bits(a->alpha), float_bits(a->beta),
             float_bits(a->gamma), float_bits(a->epsilon), float_bits(a->momentum));
    print_list(text, size, w->kernel, 2);
    print_list(text, size, w->stride, 2);
    print_list(text, size, w->dilation, 2);
    print_list(text, size, w->pad, 4);
    print_list(text, size, &w->groups, 1);
    print_list(text, size, permutation, TAU_SHAPE_MAX_RANK);
    print_list(text, size, a->pads, 2 * TAU_SHAPE_MAX_RANK);
}

static void digest_node(digest_text *digests, const tau_graph *graph, const tau_node *node) {
    char text[1024];
    print_node(text, sizeof text, graph, node);
    digest_text folded;
    const tau_hash_part head = {text, strlen(text)};
    tau_hash_sha256(folded, &head, 1);
    for (int i = 0; i < node->input_count; i++) {
        const char *input = node->inputs[i] < 0 ? "none" : digests[node->inputs[i]];
        const tau_hash_part parts[2] = {{folded, strlen(folded)}, {input, strlen(input)}};
        digest_text next;
        tau_hash_sha256(next, parts, 2);
        memcpy(folded, next, sizeof folded);
    }
    memcpy(digests[node->output], folded, sizeof folded);
}

void tau_graph_digest(const tau_graph *graph, char *out) {
    digest_text *digests;
    out[0] = '\0';
    if (tau_mem_alloc((void **)&digests, (size_t)graph->value_count, sizeof *digests) != TAU_STATUS_OK)
        return;
    for (int i = 0; i < graph->value_count; i++)
        if (graph->values[i].kind != TAU_VALUE_KIND_ACTIVATION)
            digest_leaf(digests[i], graph, &graph->values[i]);
    for (int i = 0; i < graph->node_count; i++) digest_node(digests, graph, &graph->nodes[i]);
    memcpy(out, digests[graph->output], TAU_HASH_TEXT);
    tau_mem_free(digests);
}
